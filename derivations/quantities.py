"""Scalars of vectors and matrices that SymPy has no node for: norms, extreme values, Gaussian densities."""

from __future__ import annotations

from sympy import Basic, Expr, Mul, S, exp, log, sympify

from .expressions import ShapeError, describe, elementwise, equal_size, is_matrix, product, subtract


class RealScalar(Expr):
    """A real scalar that depends on matrices."""

    is_commutative = True
    is_extended_real = True
    is_finite = True

    def __new__(cls, *args):
        return Basic.__new__(cls, *map(_normal, args))

    argument = property(lambda self: self.args[0])


def _normal(argument):
    """The argument; SymPy's `Abs` has made an ordinary product of some -(A + B)."""
    argument = sympify(argument)
    if isinstance(argument, Mul) and not is_matrix(argument) and any(map(is_matrix, argument.args)):
        return product(*argument.args)
    return argument


class Norm(RealScalar):
    """The Euclidean norm ‖v‖ of a vector (of a matrix: Frobenius)."""

    is_extended_nonnegative = True
    is_nonnegative = True


class LargestEntry(RealScalar):
    """max_i |v_i|."""

    is_extended_nonnegative = True
    is_nonnegative = True


class SmallestEigenvalue(RealScalar):
    """λ_min of a symmetric positive definite matrix."""

    is_extended_positive = True
    is_positive = True


class LargestEigenvalue(RealScalar):
    """λ_max of a symmetric positive definite matrix."""

    is_extended_positive = True
    is_positive = True


class SingularValue(RealScalar):
    """A singular value of a square matrix."""

    is_extended_nonnegative = True
    is_nonnegative = True


class LargestSingularValue(SingularValue):
    """σ_max(A), the largest of ‖Av‖/‖v‖: the spectral norm."""


class SmallestSingularValue(SingularValue):
    """σ_min(A), the smallest of ‖Av‖/‖v‖."""


class Inner(RealScalar):
    """The inner product ⟨a, b⟩ = aᵀb of two columns, a scalar."""

    def __new__(cls, a, b):
        a, b = _normal(a), _normal(b)
        if not (equal_size(a.rows, b.rows) and equal_size(a.cols, 1) and equal_size(b.cols, 1)):
            raise ShapeError(f"inner product of {describe(a)} and {describe(b)}")
        return Basic.__new__(cls, a, b)


class LogNormalDensity(RealScalar):
    """log N(x; mean, covariance)."""

    mean = property(lambda self: self.args[1])
    covariance = property(lambda self: self.args[2])


class Divergence(RealScalar):
    """KL(q ‖ p) = Σ_i q_i log(q_i/p_i) of two columns of positive numbers."""

    def formula(self) -> Expr:
        """What the divergence is, written out."""
        q, p = self.args
        return Inner(q, subtract(elementwise(log, q), elementwise(log, p)))


class NormalExpectation(RealScalar):
    """The mean of a polynomial of degree at most 3 in z, for a normal z: ``args = (body, z, mean, covariance)``."""

    body = property(lambda self: self.args[0])
    point = property(lambda self: self.args[1])
    mean = property(lambda self: self.args[2])
    covariance = property(lambda self: self.args[3])

    @property
    def free_symbols(self):
        around = self.mean.free_symbols | self.covariance.free_symbols
        return (self.body.free_symbols - {self.point}) | around


class SmallestValue(RealScalar):
    """The smallest value of a scalar over an index 1 … size: ``args = (entries, size)``, entries a Lambda."""

    entries = property(lambda self: self.args[0])
    size = property(lambda self: self.args[1])


class LargestValue(SmallestValue):
    """The largest value of a scalar over an index 1 … size."""


class Entry(RealScalar):
    """The entry of a column at an index that counts from 1: ``args = (column, index)``."""

    index = property(lambda self: self.args[1])


class Component(RealScalar):
    """The entry of a matrix at a row and a column that count from 1: ``args = (matrix, row, column)``."""

    row = property(lambda self: self.args[1])
    column = property(lambda self: self.args[2])


class Same(RealScalar):
    """1 where two indices are equal, else 0: ``args = (i, j)``, also written [i = j]."""

    def __new__(cls, i, j):
        i, j = sympify(i), sympify(j)
        return S.One if i == j else Basic.__new__(cls, i, j)


class Kernel(RealScalar):
    """The squared-exponential kernel with unit length and variance, k(a, b) = exp(-‖a - b‖²/2)."""

    is_extended_positive = True
    is_positive = True

    def formula(self) -> Expr:
        """What the kernel is, written out."""
        return exp(-(Norm(subtract(*self.args)) ** 2) / 2)


def quadratic_form(vector, matrix) -> Inner:
    """vᵀ M v."""
    return Inner(vector, product(matrix, vector))
