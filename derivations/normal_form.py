"""SymPy's matrix expressions, as people write them, brought into the normal form that rules match.

SymPy accepts products whose symbolic shapes do not fit, flattens (xᵀx) A into xᵀ x A, and lets 1x1
matrices stand where scalars are meant.  `normalise` checks every shape, finds the 1x1 groups again,
and writes each scalar as an expression in traces and determinants.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from sympy import (
    Add,
    Basic,
    Derivative,
    Dummy,
    Expr,
    Mul,
    Pow,
    S,
    Subs,
    Sum,
    default_sort_key,
    preorder_traversal,
    sympify,
)
from sympy.core.function import Application
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.determinant import Determinant
from sympy.matrices.expressions.matexpr import MatrixElement

from .expressions import (
    ELEMENT,
    Elementwise,
    ShapeError,
    Unsupported,
    Vec,
    add,
    describe,
    diagonal,
    diagonal_of,
    elementwise,
    equal_size,
    hadamard,
    inverse,
    is_matrix,
    is_zero,
    matrix_power,
    product,
    scale,
    split_coefficient,
    transpose,
)

MOST_FACTORS = 12
"""A higher power of a matrix is not written out as a product."""


def normalise(expression: Basic):
    """The same expression in normal form.  Raises `ShapeError` or `Unsupported`."""
    expression = sympify(expression)
    for kind in type(expression).__mro__:
        if kind in NORMAL_FORM:
            return NORMAL_FORM[kind](expression)
    if not expression.args:
        return expression
    raise Unsupported(f"{type(expression).__name__} is not an expression that is known here: {expression}")


def normalise_scalar(expression: Basic) -> Expr:
    """A scalar, or a 1x1 matrix as the scalar it is."""
    expression = normalise(expression)
    if not is_matrix(expression):
        return expression
    if not (equal_size(expression.rows, 1) and equal_size(expression.cols, 1)):
        raise ShapeError(f"a scalar is wanted, not {describe(expression)}")
    return as_scalar(expression)


# --- scalars ------------------------------------------------------------------------------------


def as_scalar(matrix) -> Expr:
    """The only entry of a 1x1 matrix in normal form, as an expression in traces."""
    handler = SCALAR.get(type(matrix))
    return handler(matrix) if handler else Trace(matrix)


def _scalar_product(matrix):
    """A 1x1 product as the product of the traces of its shortest 1x1 groups."""
    coefficient, factors = matrix.as_coeff_matrices()
    for end in range(1, len(factors)):
        if equal_size(factors[end - 1].cols, 1):
            return coefficient * as_scalar(product(*factors[:end])) * as_scalar(product(*factors[end:]))
    if len(factors) == 1:
        return coefficient * as_scalar(factors[0])
    return coefficient * Trace(simpler_of_transposes(product(*factors)))


def simpler_of_transposes(matrix):
    """A or Aᵀ, the same for both: they have one trace and one determinant."""
    return min(matrix, transpose(matrix), key=_transposes_then_name)


def _transposes_then_name(matrix):
    transposes = [node for node in preorder_traversal(matrix) if isinstance(node, Transpose)]
    return len(transposes), default_sort_key(matrix)


def trace(matrix) -> Expr:
    """tr A, linear, with 1x1 matrices as numbers and tr(A ⊗ B) = tr A tr B."""
    if equal_size(matrix.rows, 1) and equal_size(matrix.cols, 1):
        return as_scalar(matrix)
    if matrix.rows != matrix.cols:
        raise ShapeError(f"only a square matrix has a trace, not {describe(matrix)}")
    if is_zero(matrix):
        return S.Zero
    if isinstance(matrix, Identity):
        return matrix.rows
    if isinstance(matrix, OneMatrix):
        return matrix.rows
    coefficient, rest = split_coefficient(matrix)
    return coefficient * Trace(simpler_of_transposes(rest))


def _value_at(body: Expr, place: Expr) -> Expr:
    """A function of ξ at a scalar; g'(ξ), for an abstract g, becomes the derivative taken at that scalar."""
    held = {derivative: Dummy("d", real=True) for derivative in body.atoms(Derivative)}
    there = {dummy: Subs(derivative, ELEMENT, place) for derivative, dummy in held.items()}
    return body.xreplace(held).xreplace({ELEMENT: place}).xreplace(there)


SCALAR: dict[type, Callable] = {
    MatAdd: lambda m: Add(*map(as_scalar, m.args)),
    MatMul: _scalar_product,
    Elementwise: lambda m: _value_at(m.function.expr, as_scalar(m.expr)),
    Transpose: lambda m: as_scalar(m.arg),
    Identity: lambda m: S.One,
    OneMatrix: lambda m: S.One,
    ZeroMatrix: lambda m: S.Zero,
    Inverse: lambda m: 1 / as_scalar(m.arg),
    MatPow: lambda m: as_scalar(m.base) ** m.exp,
    HadamardProduct: lambda m: Mul(*map(as_scalar, m.args)),
    HadamardPower: lambda m: as_scalar(m.base) ** m.exp,
    DiagMatrix: lambda m: as_scalar(m.args[0]),
    DiagonalOf: lambda m: as_scalar(m.args[0]),
}


# --- products -----------------------------------------------------------------------------------


def _product(expression):
    coefficient, factors = S.One, []
    for factor in map(normalise, expression.args):
        if is_matrix(factor):
            factors.append(factor)
        else:
            coefficient *= factor
    if not factors:
        return coefficient
    scalars, matrices = _without_one_by_one_groups(factors)
    if matrices is None:
        left, right = next(p for p in pairwise(factors) if not _fits(*p))
        raise ShapeError(f"cannot multiply {describe(left)} and {describe(right)}")
    return product(coefficient, *scalars, *matrices)


def _fits(left, right) -> bool:
    return equal_size(left.cols, right.rows)


def _conforms(factors) -> bool:
    return all(_fits(a, b) for a, b in pairwise(factors))


def _without_one_by_one_groups(factors):
    """(scalars, factors that fit): 1x1 factors, and the fewest 1x1 groups, taken out; (…, None) if nothing fits."""
    ones = [f for f in factors if _is_one_by_one([f])]
    rest = [f for f in factors if f not in ones]
    if ones and rest:
        scalars, matrices = _without_one_by_one_groups(rest)
        return (*map(as_scalar, ones), *scalars), matrices
    if _conforms(factors):
        return (), factors
    for size in range(1, len(factors)):
        for start in range(len(factors) - size + 1):
            group, rest = factors[start : start + size], factors[:start] + factors[start + size :]
            if _is_one_by_one(group):
                scalars, matrices = _without_one_by_one_groups(rest)
                if matrices is not None:
                    return (as_scalar(product(*group)), *scalars), matrices
    return (), None


def _is_one_by_one(group) -> bool:
    return _conforms(group) and equal_size(group[0].rows, 1) and equal_size(group[-1].cols, 1)


# --- the other nodes ----------------------------------------------------------------------------


def _matrix_power(expression):
    base, exponent = normalise(expression.base), expression.exp
    if base.rows != base.cols:
        raise ShapeError(f"only a square matrix has powers, not {describe(base)}")
    if equal_size(base.rows, 1):
        return scale(as_scalar(base) ** exponent, Identity(1))
    if exponent.is_integer is not True:
        raise Unsupported(f"the power {exponent} of a matrix is not an integer: {expression}")
    if not exponent.is_Integer or abs(exponent) > MOST_FACTORS:
        return matrix_power(base, exponent)
    return product(Identity(base.rows), *[base if exponent > 0 else inverse(base)] * abs(int(exponent)))


def _scalar_of_parts(expression):
    """A scalar function or power: its matrix parts must be 1x1."""
    parts = [normalise(a) for a in expression.args]
    for part in parts:
        if is_matrix(part) and not _is_one_by_one([part]):
            name = expression.func.__name__
            raise ShapeError(f"{name} of {describe(part)}: entry by entry is written .applyfunc({name})")
    return expression.func(*(as_scalar(p) if is_matrix(p) else p for p in parts))


def _add(expression):
    parts = [normalise(a) for a in expression.args]
    if any(is_matrix(p) for p in parts) and not all(is_matrix(p) for p in parts):
        parts = [as_scalar(p) if is_matrix(p) and p.shape == (1, 1) else p for p in parts]
    return add(*parts)


def _determinant(expression):
    matrix = normalise(expression.arg)
    if matrix.rows != matrix.cols:
        raise ShapeError(f"only a square matrix has a determinant, not {describe(matrix)}")
    if equal_size(matrix.rows, 1):
        return as_scalar(matrix)
    if isinstance(matrix, MatPow):
        return Determinant(matrix.base) ** matrix.exp
    return Determinant(simpler_of_transposes(matrix))


def _elementwise(expression):
    argument = normalise(expression.expr)
    function = expression.function
    return elementwise(function, argument)


def _kronecker(expression):
    return KroneckerProduct(*map(normalise, expression.args))


def _inverse(expression):
    argument = normalise(expression.arg)
    if argument.rows != argument.cols:
        raise ShapeError(f"only a square matrix has an inverse, not {describe(argument)}")
    return inverse(argument)


def _diagonal(expression):
    vector = normalise(expression.args[0])
    return diagonal(transpose(vector) if equal_size(vector.rows, 1) else vector)


def _entry(expression):
    parent = normalise(expression.parent)
    if _is_one_by_one([parent]):
        return as_scalar(parent)
    return MatrixElement(parent, expression.i, expression.j)


def _index_sum(expression):
    """SymPy writes the entry of a product as a sum over indices."""
    found = MatrixExpr.from_index_summation(expression)
    if not isinstance(found, MatrixElement):
        raise Unsupported(f"a sum over indices that is no entry of a product of matrices: {expression}")
    return normalise(found)


def _hadamard_power(expression):
    base, exponent = normalise(expression.base), expression.exp
    if not exponent.is_number and exponent.is_Matrix:
        raise Unsupported(f"a Hadamard power with a matrix as exponent: {expression}")
    return elementwise(lambda x: x**exponent, base)


NORMAL_FORM: dict[type, Callable] = {
    Add: _add,
    Mul: _product,
    Pow: _scalar_of_parts,
    Application: _scalar_of_parts,
    MatAdd: _add,
    MatMul: _product,
    MatPow: _matrix_power,
    Inverse: _inverse,
    Transpose: lambda e: transpose(normalise(e.arg)),
    Trace: lambda e: trace(normalise(e.arg)),
    Determinant: _determinant,
    HadamardProduct: lambda e: hadamard(*map(normalise, e.args)),
    HadamardPower: _hadamard_power,
    ElementwiseApplyFunction: _elementwise,
    DiagMatrix: _diagonal,
    DiagonalOf: lambda e: diagonal_of(normalise(e.arg)),
    MatrixElement: _entry,
    Sum: _index_sum,
    KroneckerProduct: _kronecker,
    Vec: lambda e: Vec(normalise(e.arg)),
    MatrixSymbol: lambda e: e,
    Identity: lambda e: e,
    ZeroMatrix: lambda e: e,
    OneMatrix: lambda e: e,
}
