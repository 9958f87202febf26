"""Two kinds of numbers to evaluate a line in.

`Numbers`: real numbers in mpmath at many digits; derivatives are central differences, so nothing
that a derivation's rules know is used.  `Entries`: SymPy expressions; derivatives are SymPy's own
on scalars, entry by entry.  Both offer the same few operations.
"""

from __future__ import annotations

from fractions import Fraction

import mpmath
import sympy

DIGITS = 160


class Unevaluable(ArithmeticError):
    """The expression has no value here: a singular matrix, a pole, a missing declaration."""


class Numbers:
    """Real numbers with `digits` digits, 160 unless told.

    A central difference with step h = 10**-50 is off by O(h²) = 1e-100 and by rounding 1e-160/h =
    1e-110; a difference of differences still has some 50 digits.
    """

    def __init__(self, digits: int = DIGITS):
        self.context = mpmath.MPContext()
        self.context.dps = digits
        self.step = self.context.mpf(10) ** -(5 * digits // 16)
        self.negligible = self.context.mpf(10) ** -(11 * digits // 16)
        self.root_two_pi = self.context.sqrt(2 * self.context.pi)

    def number(self, value):
        """An exact rational, an int or a float as a number of this field."""
        if isinstance(value, sympy.Rational | Fraction):
            return self.context.mpf(int(value.numerator)) / int(value.denominator)
        return self.context.mpf(value)

    def constant(self, value: sympy.NumberSymbol):
        return self.context.mpf(value._to_mpmath(self.context.prec + 10))

    def call(self, function: type, *args):
        """A SymPy function class, applied to numbers."""
        compute = COMPARISONS.get(function) or getattr(
            self.context, MPMATH_NAMES.get(function, function.__name__), None
        )
        if compute is None:
            raise Unevaluable(f"no numeric {function.__name__}")
        try:
            return self.real(compute(*args))
        except (ValueError, ZeroDivisionError) as problem:
            raise Unevaluable(f"{function.__name__}{args}: {problem}") from None

    def power(self, base, exponent):
        try:
            result = base**exponent
        except (ValueError, ZeroDivisionError) as problem:
            raise Unevaluable(f"{base}**{exponent}: {problem}") from None
        return self.real(result)

    def real(self, value):
        if isinstance(value, self.context.mpc) or not self.context.isfinite(value):
            raise Unevaluable("the value is not a real number")
        return value

    def derivative(self, function):
        """d/dη function(η) at 0; the value may be a number or rows."""
        ahead, behind = function(self.step), function(-self.step)
        return combine(lambda a, b: (a - b) / (2 * self.step), ahead, behind)

    def inverse(self, rows):
        if self.determinant(rows) == 0:
            raise Unevaluable("the matrix is singular")
        return self._linear_algebra(lambda: self.context.inverse(self.context.matrix(rows)).tolist())

    def determinant(self, rows):
        """The determinant; exactly 0 where only rounding keeps it from 0."""
        found = self._linear_algebra(lambda: self.context.det(self.context.matrix(rows)))
        size = self.context.fprod(max(abs(x) for x in row) for row in rows)
        return found if abs(found) > size * self.negligible else self.context.mpf(0)

    def eigenvalues(self, rows):
        """Of a symmetric matrix, ascending."""
        return list(self.context.eigsy(self.context.matrix(rows), eigvals_only=True))

    def cholesky(self, rows):
        return self._linear_algebra(lambda: self.context.cholesky(self.context.matrix(rows)).tolist())

    def _linear_algebra(self, compute):
        try:
            return compute()
        except (ZeroDivisionError, ValueError, TypeError) as problem:  # TypeError: mpmath found no pivot
            raise Unevaluable(str(problem)) from None


class Entries:
    """SymPy expressions, for proofs at explicit sizes."""

    def number(self, value):
        return sympy.sympify(value)

    def constant(self, value):
        return value

    def call(self, function: type, *args):
        return function(*args)

    def power(self, base, exponent):
        return base**exponent

    def derivative(self, function):
        step = sympy.Dummy("eta", real=True)
        return combine(lambda value: sympy.diff(value, step).subs(step, 0), function(step))

    def inverse(self, rows):
        return sympy.Matrix(rows).inv().tolist()

    def determinant(self, rows):
        return sympy.Matrix(rows).det()

    def eigenvalues(self, rows):
        if len(rows) != 1:
            raise Unevaluable("eigenvalues in closed form only for size 1")
        return [rows[0][0]]

    def cholesky(self, rows):
        return sympy.Matrix(rows).cholesky(hermitian=False).tolist()


COMPARISONS = {
    sympy.Max: lambda *xs: max(xs),
    sympy.Min: lambda *xs: min(xs),
    sympy.Abs: abs,
    sympy.Heaviside: lambda x, at_zero: at_zero if x == 0 else x > 0,
}
MPMATH_NAMES = {sympy.log: "ln"}


def combine(operation, *values):
    """An operation on numbers, applied to numbers or entry by entry to rows."""
    if isinstance(values[0], list):
        return [
            [operation(*entries) for entries in zip(*rows, strict=True)] for rows in zip(*values, strict=True)
        ]
    return operation(*values)
