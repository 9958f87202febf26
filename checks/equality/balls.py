"""Numbers that know how wrong they are, so that a difference can be held against its own noise.

A `Ball` is a value at a number of digits with a bound on its error.  The bound is first order: each
operation adds what its arguments' errors become and one rounding.  Where the bound does not settle a
question (is this zero? is it positive?) the answer is `Blurred`, and the caller takes more digits.
"""

from __future__ import annotations

from functools import cache, reduce
from math import ceil, inf, log2

import mpmath
import sympy

from derivations.fields import Numbers, Unevaluable

LARGEST_EXPONENT = 10**7
LARGEST_GAMMA = 10**6
LARGEST_ANGLE = 10**60
GUARD_BITS = 6
LARGEST_STEP = -7
TRUSTED_DIGITS = 600
EXACT = -inf
"""The error of what is exact, as a logarithm."""


def magnitude(value) -> float:
    """A bound on log2 |value|, at most 1 too large."""
    _, mantissa, exponent, bits = value._mpf_
    return exponent + bits if mantissa else EXACT


def log_sum(a: float, b: float) -> float:
    """log2(2**a + 2**b)."""
    if a < b:
        a, b = b, a
    gap = a - b
    return a if not gap < 60 else a + log2(1 + 2.0**-gap)


class Blurred(ArithmeticError):
    """The digits do not suffice to tell."""


class TooLarge(ArithmeticError):
    """The value exists, but is not worth computing, like exp(exp(100))."""


class Ball:
    """`value`, a number of mpmath, and `error`, a logarithm: |true - value| <= 2**error."""

    __slots__ = ("error", "field", "value")

    def __init__(self, field: BallField, value, error: float):
        self.field, self.value, self.error = field, value, error

    def is_exact_zero(self) -> bool:
        return self.error == EXACT and not self.value

    def __add__(self, other):
        if other.__class__ is not Ball:
            other = self.field.number(other)
        if other.is_exact_zero():
            return self
        value = self.value + other.value
        error = log_sum(self.error, other.error)
        if value - self.value == other.value and value - other.value == self.value:
            return Ball(self.field, value, error)
        if value == self.value or value == other.value:
            self.field.note_swallowed(magnitude(self.value) - magnitude(other.value))
        return self.field.rounded(value, error)

    __radd__ = __add__

    def __neg__(self):
        return Ball(self.field, -self.value, self.error)

    def __sub__(self, other):
        return self + (-self.field.number(other))

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        if other.__class__ is not Ball:
            other = self.field.number(other)
        if self.is_exact_zero() or other.is_exact_zero():
            return self.field.zero
        error = EXACT
        if self.error != EXACT or other.error != EXACT:
            error = log_sum(magnitude(self.value) + other.error, magnitude(other.value) + self.error)
            error = log_sum(error, self.error + other.error)
        return self.field.rounded(self.value * other.value, error)

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = self.field.number(other)
        return self * other.reciprocal()

    @staticmethod
    def product_of_rows(a: list, b: list) -> list:
        """The product of two matrices; what is exactly 0 costs nothing."""
        zero, width = a[0][0].field.zero, len(b[0])
        entries = [[(j, y) for j, y in enumerate(row) if not y.is_exact_zero()] for row in b]
        found = []
        for row in a:
            sums: dict = {}
            for x, others in zip(row, entries, strict=True):
                if not x.is_exact_zero():
                    for j, y in others:
                        sums[j] = sums[j] + x * y if j in sums else x * y
            found.append([sums.get(j, zero) for j in range(width)])
        return found

    def __rtruediv__(self, other):
        return self.field.number(other) / self

    def reciprocal(self) -> Ball:
        if self.sign() == 0:
            raise Unevaluable("division by zero")
        inverse = 1 / self.value
        return self.field.rounded(inverse, self.error + 2 * magnitude(inverse) + 1)

    def __pow__(self, exponent):
        return self.field.power(self, self.field.number(exponent))

    def __abs__(self):
        return Ball(self.field, abs(self.value), self.error)

    def sign(self) -> int:
        """-1, 0 or 1; raises `Blurred` where the error leaves it open."""
        if self.error != EXACT and magnitude(self.value) <= self.error + 2:
            raise Blurred
        return (self.value > 0) - (self.value < 0)

    def is_zero(self) -> bool:
        """Whether this is 0, or cannot be told from it at so many digits that it is taken for it."""
        try:
            return self.sign() == 0
        except Blurred:
            if self.field.trusting:
                return True
            raise

    def integer(self) -> int | None:
        """The integer that this exactly is, if any."""
        exact = self.error == EXACT and self.value == int(self.value)
        return int(self.value) if exact else None

    def __lt__(self, other):
        return (self - other).sign() < 0

    def __gt__(self, other):
        return (self - other).sign() > 0

    def __le__(self, other):
        return not self > other

    def __ge__(self, other):
        return not self < other

    def __eq__(self, other):
        return (self - other).sign() == 0

    __hash__ = None


class BallField(Numbers):
    """Real numbers with their errors, for `derivations.evaluate`.

    `trusting`: pivots, signs and arguments of roots that cannot be told from 0 are taken for 0.
    """

    def __init__(self, digits: int, trusting: bool = False):
        super().__init__(digits)
        self.trusting = trusting
        self.rounding = GUARD_BITS - self.context.prec
        self.zero = Ball(self, self.context.zero, EXACT)
        self.swallowed = inf
        self.nearly_one = 1 - self.context.ldexp(1, self.rounding)

    def note_swallowed(self, bits: float) -> None:
        """That a part of a sum vanished beside the other, so many bits below it; the least is kept."""
        self.swallowed = min(self.swallowed, abs(bits))

    def rounded(self, value, error: float) -> Ball:
        """A value that was computed from others of this error, and then rounded."""
        return Ball(self, value, log_sum(error, magnitude(value) + self.rounding))

    def number(self, value) -> Ball:
        if isinstance(value, Ball):
            return value
        if value == 0:
            return self.zero
        found = super().number(value)
        numerator, denominator = _fraction(value)
        odd = numerator // (numerator & -numerator)
        exact = denominator & (denominator - 1) == 0 and odd.bit_length() < self.context.prec
        return Ball(self, found, EXACT) if exact else self.rounded(found, EXACT)

    def constant(self, value) -> Ball:
        return self.rounded(super().constant(value), EXACT)

    def call(self, function: type, *args) -> Ball:
        if function in SELECTIONS:
            return SELECTIONS[function](*args)
        if function is sympy.polygamma:
            return self._call("digamma", args[-1:]) if args[0].integer() == 0 else self._call("psi", args)
        return self._call(NAMES.get(function, function.__name__), args)

    def _call(self, name: str, args) -> Ball:
        if len(args) != 1 or not hasattr(self.context, name):
            raise Unevaluable(f"no numeric {name}")
        (x,) = args
        if name == "sqrt" and x.is_zero():
            return Ball(self, self.context.zero, x.error / 2 + 2)
        within_domain(name, x)
        found = self._compute(name, x.value)
        if name in SATURATING and abs(found) >= self.nearly_one:
            self.note_swallowed(SATURATING[name](x.value))
        return self.rounded(found, self._spread(name, x, found))

    def _compute(self, name: str, at):
        try:
            found = getattr(self.context, name)(at)
        except (ValueError, ZeroDivisionError) as problem:
            raise Unevaluable(f"{name}: {problem}") from None
        except (OverflowError, MemoryError, mpmath.libmp.NoConvergence):
            raise TooLarge from None
        if not self.context.isfinite(found):
            raise Unevaluable(f"{name} is not finite there")
        if isinstance(found, self.context.mpc):
            raise Unevaluable(f"{name} is not real there")
        return found

    def _spread(self, name: str, x: Ball, found) -> float:
        """How far the error of x carries: by the known slope, else by what the function does."""
        if x.error == EXACT:
            return EXACT
        if x.error > LARGEST_STEP + (max(magnitude(x.value) - 1, 0) if name in FLATTENING else 0):
            raise Blurred
        if name in SLOPES:
            return x.error + SLOPES[name](x.value, found) + 1
        step = self.context.ldexp(1, ceil(x.error))
        ends = [self._compute(name, x.value + s) for s in (step, -step)]
        return 1 + max(magnitude(end - found) for end in ends)

    def power(self, base, exponent) -> Ball:
        n = exponent.integer()
        if n is not None and abs(n) <= LARGEST_GAMMA:
            return self._integer_power(base, n)
        if exponent.value == 0.5 and exponent.error == EXACT:
            return self._call("sqrt", (base,))
        sign = base.sign()
        if sign < 0 or (sign == 0 and exponent.sign() <= 0):
            raise Unevaluable("a power without a real value")
        return self._call("exp", (exponent * self._call("ln", (base,)),)) if sign else base

    def _integer_power(self, base: Ball, n: int) -> Ball:
        if n < 0:
            return self._integer_power(base, -n).reciprocal()
        if abs(magnitude(base.value) if base.value else 0) * n > LARGEST_EXPONENT:
            raise TooLarge
        size = max(magnitude(base.value), base.error) if n else 0
        spread = base.error + log2(n) + (n - 1) * (size + 1) if n and base.error != EXACT else EXACT
        return self.rounded(base.value**n, spread)

    def inverse(self, rows):
        size = len(rows)
        unit = [[self.number(int(i == j)) for j in range(size)] for i in range(size)]
        solved, _ = eliminate([[*row, *e] for row, e in zip(rows, unit, strict=True)], size)
        if solved is None:
            raise Unevaluable("the matrix is singular")
        return [row[size:] for row in solved]

    def determinant(self, rows):
        return eliminate([list(row) for row in rows], len(rows))[1]


def eliminate(rows: list, size: int):
    """Gauss and Jordan: (the reduced rows, None if singular; the determinant); largest pivots."""
    determinant = rows[0][0].field.number(1)
    for k in range(size):
        pivot = max(range(k, size), key=lambda i: abs(rows[i][k].value))
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            determinant = -determinant
        determinant = determinant * rows[k][k]
        if rows[k][k].is_zero():
            return None, determinant
        scale = rows[k][k].reciprocal()
        rows[k] = [x * scale for x in rows[k]]
        for i in range(size):
            if i != k:
                factor = rows[i][k]
                if factor.is_exact_zero():
                    continue
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k], strict=True)]
    return rows, determinant


def _fraction(value) -> tuple[int, int]:
    if hasattr(value, "numerator"):
        return int(value.numerator), int(value.denominator)
    return value.as_integer_ratio()


# --- functions: domains, slopes, choices ---------------------------------------------------------


def within_domain(name: str, x: Ball) -> None:
    """Raises `Unevaluable` outside the function's domain, `TooLarge` or `Blurred` where it cannot be told."""
    for bounded, bound in LARGEST:
        if name in bounded and abs(x.value) > bound:
            raise TooLarge
    if name in DOMAINS and not DOMAINS[name](x):
        raise Unevaluable(f"{name} has no real value there")


def _no_pole(x: Ball) -> bool:
    nearest = round(x.value)
    return nearest > 0 or (x - nearest).sign() != 0


LARGEST = (
    (("exp", "sinh", "cosh", "tanh"), LARGEST_EXPONENT),
    (("gamma", "loggamma", "digamma", "psi"), LARGEST_GAMMA),
    (("erfi",), 3000),
    (("erf", "erfc"), 10**4),
    (("sin", "cos", "tan"), LARGEST_ANGLE),
)
DOMAINS = {
    "ln": lambda x: x.sign() > 0,
    "loggamma": lambda x: x.sign() > 0,
    "sqrt": lambda x: x.is_zero() or x.sign() > 0,
    "acos": lambda x: abs(x) <= 1,
    "asin": lambda x: abs(x) <= 1,
    "atanh": lambda x: abs(x) < 1,
    "erfinv": lambda x: abs(x) < 1,
    "acosh": lambda x: x >= 1,
    "gamma": _no_pole,
    "digamma": _no_pole,
}


def _to_pole(x) -> float:
    """A bound on log2(1/d + 1), d the distance to the nearest of 0, -1, -2, …"""
    distance = x - min(round(x), 0) if x < 0.5 else x
    return max(2 - magnitude(distance), 1) if distance else inf


def _growth(x) -> float:
    """A bound on log2 |digamma x|."""
    return _to_pole(x) + log2(abs(magnitude(x)) + 8)


def _circle(x, found) -> float:
    """-log2(1 - x²)/2, a little more: the slope of arcs at x."""
    rest = 1 - x * x
    return 1 - magnitude(rest) / 2 if rest else inf


SLOPES = {
    "exp": lambda x, found: magnitude(found),
    "ln": lambda x, found: 1 - magnitude(x),
    "sqrt": lambda x, found: 1 - magnitude(found) if found else inf,
    **dict.fromkeys(("sin", "cos", "tanh"), lambda x, found: 0),
    "asinh": lambda x, found: min(0, 1 - magnitude(x)),
    "atan": lambda x, found: min(0, 2 - 2 * magnitude(x)),
    "sinh": lambda x, found: max(magnitude(found), 0) + 1,
    "cosh": lambda x, found: magnitude(found),
    **dict.fromkeys(("erf", "erfc"), lambda x, found: 1 - 1.4426 * float(x) ** 2),
    "erfi": lambda x, found: 1 + 1.4428 * float(x) ** 2,
    "erfinv": lambda x, found: 1.4428 * float(found) ** 2,
    "tan": lambda x, found: 2 * max(magnitude(found), 0) + 1,
    **dict.fromkeys(("asin", "acos", "acosh"), _circle),
    "atanh": lambda x, found: 2 * _circle(x, found),
    "gamma": lambda x, found: magnitude(found) + _growth(x),
    "loggamma": lambda x, found: _growth(x),
    "digamma": lambda x, found: 2 * _to_pole(x) + 3,
}
"""The logarithm (to base 2) of a bound on the slope, from the argument and the value."""
SATURATING = {
    "tanh": lambda x: 2.8854 * abs(float(x)),
    "erf": lambda x: 1.4427 * float(x) ** 2,
}
"""How many bits below 1 the rest is, 1 - |f(x)|."""
FLATTENING = ("ln", "sqrt", "asinh", "acosh", "atan")
"""Their slope at x is at most of the order of 1/x, so that of a large x only the relative error matters."""
NAMES = {sympy.log: "ln"}


def _sign(x: Ball) -> Ball:
    return x.field.number(0 if x.is_zero() else x.sign())


def _largest(*values):
    top = reduce(lambda a, b: a if a.value >= b.value else b, values)
    return Ball(top.field, top.value, max(x.error for x in values))


def _smallest(*values):
    return -_largest(*(-x for x in values))


SELECTIONS = {
    sympy.Abs: abs,
    sympy.sign: _sign,
    sympy.Max: _largest,
    sympy.Min: _smallest,
}


@cache
def field(digits: int) -> BallField:
    return BallField(digits, trusting=digits >= TRUSTED_DIGITS)
