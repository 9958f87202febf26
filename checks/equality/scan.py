"""Functions of real numbers, searched in machine precision: where they change their sign, where they are largest.

What is found only says where to look; the verdict is left to balls.  A function is evaluated on a fixed ladder of
abscissae of all scales, and about the numbers that the formulas mention; between two of them it is bisected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise

import mpmath
import sympy
from sympy import Add, Expr, Mul, Pow

from derivations.evaluate import World, evaluate

LINEAR = [k / 2 for k in range(-16, 17)]
SCALES = [*range(-40, 41, 2), -300, -100, -60, 50, 64, 100, 200, 400, 800]
ABOUT = (-20, -10, -6, -3, -1, 1, 4)
COARSE = (-300, -100, -64, *range(-40, 41, 4), 64, 100, 200, 400)
"""Exponents of 2."""
SWEEPS, MOST_PAIRED = 2, 3
STEPS = range(-12, 13, 2)
GOLDEN = (math.sqrt(5) - 1) / 2
NO_VALUE = (ValueError, ArithmeticError, NotImplementedError, TypeError, AttributeError, mpmath.libmp.NoConvergence)
LARGEST_ARGUMENT = 1000
"""Of functions that mpmath sums up."""

Function = Callable[[float], float | None]


@dataclass(frozen=True)
class Effort:
    """How many steps of bisection and of golden section, and how many extrema."""

    halvings: int
    sections: int
    extrema: int


THOROUGH, SPARING = Effort(90, 60, 6), Effort(45, 24, 1)


# --- formulas as functions ------------------------------------------------------------------------


def function_of(expression: Expr) -> Callable[[Mapping], float | None]:
    """The value at a point, None where there is none."""
    try:
        inner = compiled(expression)
    except (KeyError, OverflowError, TypeError):
        inner = partial(in_low_precision, expression)

    def value(point: Mapping) -> float | None:
        try:
            found = inner(point)
        except NO_VALUE:
            return None
        return found if found == found else None

    return value


def compiled(e: Expr) -> Callable:
    """Closures over floats; raises `KeyError` where a node is not in the table, as a trace."""
    if e.is_Symbol:
        return lambda point: point[e]
    if e.is_number and not e.args:
        constant = float(e)
        return lambda point: constant
    parts = [compiled(a) for a in e.args]
    if isinstance(e, Add):
        return lambda point: sum([part(point) for part in parts])
    if isinstance(e, Mul):
        return lambda point: math.prod([part(point) for part in parts])
    if isinstance(e, Pow):
        return _power(e, *parts)
    function = MACHINE[e.func]
    return lambda point: function(*[part(point) for part in parts])


def _power(e: Pow, base: Callable, exponent: Callable) -> Callable:
    if e.exp.is_Integer:
        n = int(e.exp)
        return lambda point: base(point) ** n
    return lambda point: math.pow(base(point), exponent(point))


MACHINE = {
    sympy.exp: math.exp,
    sympy.log: math.log,
    sympy.sin: math.sin,
    sympy.cos: math.cos,
    sympy.tan: math.tan,
    sympy.sinh: math.sinh,
    sympy.cosh: math.cosh,
    sympy.tanh: math.tanh,
    sympy.asin: math.asin,
    sympy.acos: math.acos,
    sympy.atan: math.atan,
    sympy.asinh: math.asinh,
    sympy.acosh: math.acosh,
    sympy.atanh: math.atanh,
    sympy.erf: math.erf,
    sympy.erfc: math.erfc,
    sympy.gamma: math.gamma,
    sympy.loggamma: math.lgamma,
    sympy.Abs: abs,
    sympy.sign: lambda x: (x > 0) - (x < 0),
    sympy.Max: max,
    sympy.Min: min,
}


def machine(x) -> float:
    try:
        return float(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def in_low_precision(expression: Expr, point: Mapping) -> float:
    return evaluate(expression, World(point, field=MachineNumbers()))


NAMES = {sympy.polygamma: "psi"}


class MachineNumbers:
    """Floats as a field for `derivations.evaluate`, matrices included."""

    def number(self, value) -> float:
        return float(value)

    def constant(self, value) -> float:
        return float(value)

    def call(self, function: type, *args) -> float:
        if function in MACHINE:
            return MACHINE[function](*args)
        if max(map(abs, args)) > LARGEST_ARGUMENT:
            raise OverflowError
        return float(getattr(mpmath.fp, NAMES.get(function, function.__name__))(*args))

    def power(self, base: float, exponent: float) -> float:
        return base**exponent if exponent == int(exponent) else math.pow(base, exponent)

    def determinant(self, rows: list) -> float:
        return eliminated(rows)[1]

    def inverse(self, rows: list) -> list:
        size = len(rows)
        solved, determinant = eliminated([[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(rows)])
        if not determinant:
            raise ZeroDivisionError
        return [row[size:] for row in solved]


def eliminated(rows: list) -> tuple[list, float]:
    """Gauss and Jordan with the largest pivots: the reduced rows, and the determinant of the square at their left."""
    rows, determinant = [list(row) for row in rows], 1.0
    for k in range(len(rows)):
        pivot = max(range(k, len(rows)), key=lambda i: abs(rows[i][k]))
        if pivot != k:
            rows[k], rows[pivot], determinant = rows[pivot], rows[k], -determinant
        determinant *= rows[k][k]
        if not determinant:
            return rows, 0.0
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i, row in enumerate(rows):
            if i != k and (factor := row[k]):
                rows[i] = [x - factor * y for x, y in zip(row, rows[k], strict=True)]
    return rows, determinant


# --- along a line ---------------------------------------------------------------------------------


def ladder(centres: Iterable[float] = (), positive: bool = False) -> list[float]:
    """Abscissae of all scales, and at and about the centres."""
    found = {*LINEAR, *(s * 2.0**k for k in SCALES for s in (1, -1))}
    for c in centres:
        found |= {c, *(c + s * 2.0**k for k in ABOUT for s in (1, -1))}
    return sorted(x for x in found if x > 0 or not positive)


def coarse_ladder(positive: bool = False) -> list[float]:
    """For what is costly to evaluate."""
    ahead = sorted(2.0**k for k in COARSE)
    return ahead if positive else [*(-x for x in reversed(ahead)), 0.0, *ahead]


@dataclass(frozen=True)
class Scan:
    """The zeros of a function, sorted, and where it comes closest to 0 on one side of it."""

    zeros: list[float]
    extrema: list[float]


def scan(f: Function, abscissae: list[float], effort: Effort = THOROUGH) -> Scan:
    """Zeros between two abscissae of opposite sign; and between three where it nears 0 and turns back."""
    values = [(x, y) for x in abscissae if (y := f(x)) is not None]
    extrema = [nearest(f, *(x for x, _ in three), effort.sections) for three in turning_back(values)[: effort.extrema]]
    values = sorted({*values, *((x, y) for x in extrema if (y := f(x)) is not None)})
    zeros = {x for x, y in values if y == 0}
    changes = [(a, b, y > 0) for (a, y), (b, z) in pairwise(values) if min(y, z) < 0 < max(y, z)]
    zeros |= {bisected(f, *change, effort.halvings) for change in changes}
    return Scan(sorted(zeros), extrema)


def turning_back(values: list[tuple]) -> list[tuple]:
    """Three neighbours of one sign, the middle one nearest to 0; those that come nearest first."""
    found = []
    for three in zip(values, values[1:], values[2:], strict=False):
        (_, a), (_, b), (_, c) = three
        if (0 < b <= min(a, c) or 0 > b >= max(a, c)) and not a == b == c:
            found.append(three)
    return sorted(found, key=lambda three: abs(three[1][1]))


def nearest(f: Function, a: float, middle: float, b: float, sections: int) -> float:
    """Where |f| is least between a and b, or f has passed to the other side of 0."""
    side = math.copysign(1, f(middle))
    return largest(lambda x: -math.inf if (y := f(x)) is None else -side * y, a, b, sections)


def largest(f: Callable, a: float, b: float, sections: int = THOROUGH.sections) -> float:
    """Where f is largest between a and b, by golden section."""
    x, y = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    at_x, at_y = f(x), f(y)
    for _ in range(sections):
        if at_x >= at_y:
            b, y, at_y = y, x, at_x
            x = b - GOLDEN * (b - a)
            at_x = f(x)
        else:
            a, x, at_x = x, y, at_y
            y = a + GOLDEN * (b - a)
            at_y = f(y)
    return x if at_x >= at_y else y


def bisected(f: Function, a: float, b: float, falling: bool, halvings: int = THOROUGH.halvings) -> float:
    """Where the sign changes between a and b; by their exponents while these are far apart."""
    for _ in range(halvings):
        middle = between(a, b)
        if middle in (a, b):
            break
        y = f(middle)
        if y == 0:
            return middle
        if y is not None and (y > 0) == falling:
            a = middle
        else:
            b = middle
    return b


def between(a: float, b: float) -> float:
    """The geometric mean of numbers of one sign and unlike scales, else the mean."""
    if min(abs(a), abs(b)) * 4 < max(abs(a), abs(b)) and (a > 0) == (b > 0) and a and b:
        return math.copysign(math.sqrt(abs(a)) * math.sqrt(abs(b)), a)
    return a + (b - a) / 2


# --- in several coordinates -----------------------------------------------------------------------


def ascended(f: Callable[[Mapping], object], start: Mapping, ladders: Mapping, effort: Effort = THOROUGH) -> dict:
    """From the start, each coordinate in turn moved to where f is largest, then each two of a few."""
    point = dict(start)
    for _ in range(SWEEPS):
        for s, abscissae in ladders.items():
            point[s] = best(lambda x, s=s: f({**point, s: x}), [*abscissae, point[s]], effort.sections)
        for pair in combinations(ladders, 2) if len(ladders) <= MOST_PAIRED else ():
            for side in (1, -1):
                point.update(moved_together(f, point, *pair, side, effort.sections))
    return point


def moved_together(f: Callable, point: dict, one, other, side: int, sections: int) -> dict:
    """Both coordinates moved by as much, or opposite: along a ridge that neither can follow alone."""

    def at(t: float) -> dict:
        return {one: point[one] + t, other: point[other] + side * t}

    steps = [t for t in (0.0, *(s * 2.0**k for k in STEPS for s in (1, -1))) if is_admitted(at(t))]
    return at(best(lambda t: f({**point, **at(t)}), steps, sections))


def is_admitted(values: Mapping) -> bool:
    return all(x > 0 or not s.is_positive for s, x in values.items())


def best(f: Callable, abscissae: list[float], sections: int) -> float:
    """The abscissa where f is largest, refined between its neighbours."""
    abscissae = sorted(set(abscissae))
    values = [f(x) for x in abscissae]
    k = max(range(len(values)), key=lambda i: (values[i], -abs(abscissae[i])))
    refined = largest(f, abscissae[max(k - 1, 0)], abscissae[min(k + 1, len(values) - 1)], sections)
    return refined if f(refined) > values[k] else abscissae[k]
