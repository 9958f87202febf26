"""Points where two formulas may part though they agree at random: about their kinks.

A kink is an argument of |·|, sign, max, a logarithm, a root: the formula turns where it is 0.  It is searched along
lines through a point where both formulas have a value: one number moves, or all entries of a matrix by one factor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from itertools import combinations, islice, pairwise, product, zip_longest
from random import Random

import sympy
from sympy import Abs, Expr, Max, Min, Pow, sign

from derivations.evaluate import World, evaluate
from derivations.expressions import is_matrix
from derivations.fields import Numbers

from .points import admits, dimensions_of, drawn, largest_of, numbers_in
from .scan import SPARING, Scan, ascended, bisected, coarse_ladder, function_of, ladder, machine, scan

SEARCHED, MOST_BUMPS = 12, 4
MOST_ZEROS = 6
MOST_CENTRES = 4
MOST_POINTS, MOST_WORK = 60, 25_000
MOST_LINES, MOST_COSTLY = 24, 6
MOST_ASCENTS = 6
MOST_WEIGHED = 12
FAR = (1500, 20_000, -1500, -20_000)
JUMP_DIGITS, SECANTS = 700, 20
NEAR = tuple(Fraction(1, 2**k) for k in (6, 20, 40, 80))
SIMPLE = 10**4


@dataclass(frozen=True)
class Kink:
    """`argument` and its value at a point in machine precision.

    `jumps`: the formula has a value of its own where the argument is 0; `bump`: it matters where the argument comes
    near 0, even if it keeps its sign.
    """

    argument: Expr
    value: Callable[[Mapping], float | None]
    jumps: bool = False
    bump: bool = False


def kinks(formulas) -> list[Kink]:
    jumps = {node.args[0] for f in formulas for node in f.value.atoms(sign)}
    found = jumps | {argument for f in formulas for _, argument in f.conditions if not is_matrix(argument)}
    found |= {edge for f in formulas for name, argument in f.conditions for edge in edges(name, argument)}
    for f in formulas:
        found |= {node.args[0] for node in f.value.atoms(Abs)}
        found |= {p.base for p in f.value.atoms(Pow) if p.exp.is_Rational and not p.exp.is_Integer}
        for node in f.value.atoms(Max, Min):
            ordered = sorted(node.args, key=sympy.default_sort_key)
            found |= {one - other for one, other in combinations(ordered, 2)}
    known = set().union(*(f.symbols for f in formulas))
    turning = [a for a in sorted(found, key=sympy.default_sort_key) if a.free_symbols <= known and may_turn(a)]
    return [Kink(a, function_of(a), a in jumps) for a in turning[:SEARCHED]]


def bumps(formulas) -> list[Kink]:
    """Arguments of functions that are all but constant, except where these are near 0."""
    found = {node.args[0] for f in formulas for node in f.value.atoms(*LEVELLING)}
    known = set().union(*(f.symbols for f in formulas))
    named = [a for a in sorted(found, key=sympy.default_sort_key) if a.free_symbols and a.free_symbols <= known]
    return [Kink(a, function_of(a), bump=True) for a in named[:MOST_BUMPS]]


LEVELLING = (sympy.exp, sympy.tanh, sympy.erf, sympy.erfc)


def edges(name: str, argument: Expr) -> Iterator[Expr]:
    """The ends of a domain other than 0."""
    if name in BOUNDED and not is_matrix(argument):
        yield from (argument - 1, argument + 1)
    elif name == "acosh" and not is_matrix(argument):
        yield argument - 1


BOUNDED = ("acos", "asin", "atanh", "erfinv")


def may_turn(argument: Expr) -> bool:
    known = argument.is_positive or argument.is_negative
    return bool(argument.free_symbols) and not known and not argument.has(sympy.Derivative)


def turning_points(formulas, agreeing: list[dict], found: list[Kink], seed: int = 3) -> Iterator[tuple[dict, bool]]:
    """About the zeros of each kink in turn, along lines through points that agree; and whether at a jump itself."""
    if not found:
        return
    random = Random(seed)
    centres = mentioned(formulas)
    bases = through(agreeing, formulas, random)
    scalar = [k for k in found if not has_matrices(k.argument)]
    lines = [(k, s, base) for base in bases for k in scalar for s in movable(k.argument)][:MOST_LINES]
    costly = [k for k in found if has_matrices(k.argument)]
    lines += [(k, s, base) for k in costly for s in movable(k.argument) for base in extremes(k, agreeing)][:MOST_COSTLY]
    about = [about_zeros(kink, symbol, base, centres) for kink, symbol, base in lines]
    about += [beyond(kink, agreeing, bases, centres) for kink in found[:MOST_ASCENTS] if is_planar(kink.argument)]
    yield from islice(in_turn(about), how_many(formulas, agreeing))
    yield from ((point, False) for point in far_out(scalar, bases[:1]))


def how_many(formulas, agreeing: list[dict]) -> int:
    """Fewer points where matrices are large."""
    largest = max((largest_of(dimensions_of(formulas), p) for p in small_sizes(agreeing)[:1]), default=1)
    return min(MOST_POINTS, MOST_WORK // largest**3)


def in_turn(found: Iterable[Iterator]) -> Iterator:
    missing = object()
    for row in zip_longest(*found, fillvalue=missing):
        yield from (item for item in row if item is not missing)


def through(agreeing: list[dict], formulas, random: Random) -> list[dict]:
    """Two points to draw lines through, one of small numbers and one of random ones."""
    if not agreeing:
        symbols = sorted(set().union(*(f.symbols for f in formulas)), key=lambda s: s.name)
        return [] if any(map(is_matrix, symbols)) else [{s: drawn(s, random) for s in symbols}]
    small = small_sizes(agreeing)
    chosen = [small[min(2, len(small) - 1)], small[len(small) // 2]]
    return chosen if len(chosen[0]) > 1 else chosen[:1]


def small_sizes(points: list[dict]) -> list[dict]:
    return [p for p in points if all(x <= 2 for x in p.values() if isinstance(x, int))] or points


def extremes(kink: Kink, agreeing: list[dict]) -> list[dict]:
    """Of a few points that where the argument is largest, and that where it is smallest."""
    valued = [(y, k) for k, p in enumerate(small_sizes(agreeing)[:MOST_WEIGHED]) if (y := at(kink, p)) is not None]
    return [small_sizes(agreeing)[k] for k in dict.fromkeys(choice(valued)[1] for choice in (max, min) if valued)]


def at(kink: Kink, point: dict) -> float | None:
    return kink.value(low_precision(point))


def far_out(found: list[Kink], bases: list[dict]) -> Iterator[dict]:
    """Each number that a kink moves with beyond the range of machine numbers."""
    symbols = sorted({s for kink in found for s in movable(kink.argument)}, key=lambda s: s.name)
    for symbol, base, k, side in product(symbols[:2], bases, FAR, (1, -1)):
        if point := moved_to(base, symbol, side * Fraction(2) ** k):
            yield point


def mentioned(formulas) -> list[float]:
    return [x for c in numbers_in(formulas)[-MOST_CENTRES:] if math.isfinite(x := machine(c))]


def has_matrices(e: Expr) -> bool:
    return any(map(is_matrix, e.free_symbols))


def is_planar(e: Expr) -> bool:
    return len(movable(e)) > 1 and not has_matrices(e)


def movable(e: Expr) -> list:
    return sorted((s for s in e.free_symbols if is_matrix(s) or not s.is_integer), key=lambda s: s.name)


# --- along a line ---------------------------------------------------------------------------------


def about_zeros(kink: Kink, symbol, base: dict, centres: list[float]) -> Iterator[tuple[dict, bool]]:
    """Points at a jump, between two zeros, beside each, and at the extrema."""
    start = low_precision(base)
    moved = partial(moved_to, base, symbol)

    def along(x: float) -> float | None:
        return kink.value({**start, symbol: scaled(start[symbol], x)})

    if has_matrices(kink.argument):
        found = scan(along, coarse_ladder(symbol.is_positive), SPARING)
    else:
        found = scan(along, ladder(centres, symbol.is_positive))
    if kink.jumps:
        yield from ((point, True) for x in jumps(kink, symbol, base, found) if (point := moved(x)))
    yield from ((point, False) for x in beside(found) if (point := moved(x)))


def low_precision(point: Mapping) -> dict:
    return {s: in_rows(machine, x) for s, x in point.items()}


def in_rows(number: Callable, x):
    if isinstance(x, list):
        return [[number(y) for y in row] for row in x]
    return x if isinstance(x, int) else number(x)


def scaled(start, x):
    return [[y * x for y in row] for row in start] if isinstance(start, list) else x


def moved_to(base: dict, symbol, x) -> dict | None:
    """The point with the symbol's value x, or its matrix times x."""
    x = Fraction(x)
    if is_matrix(symbol):
        return {**base, symbol: [[y * x for y in row] for row in base[symbol]]}
    return {**base, symbol: x} if admits(symbol, x) else None


def beside(found: Scan) -> Iterator[Fraction]:
    zeros = [Fraction(x) for x in nearest_first(found.zeros)]
    yield from ((a + b) / 2 for a, b in pairwise(sorted(zeros)))
    yield from map(Fraction, found.extrema[:2])
    for step in NEAR:
        for x in zeros:
            yield from (x + step * (abs(x) or 1), x - step * (abs(x) or 1))


def nearest_first(zeros: list[float]) -> list[float]:
    return sorted(zeros, key=abs)[:MOST_ZEROS]


def jumps(kink: Kink, symbol, base: dict, found: Scan) -> Iterator[Fraction]:
    """Each zero as a simple fraction near it, and to so many digits that it cannot be told from the zero."""
    for x in nearest_first([*found.zeros, *found.extrema]):
        yield from {Fraction(x).limit_denominator(SIMPLE): None, Fraction(x): None}
        turning = x in found.extrema and x not in found.zeros and not is_matrix(symbol)
        exact = refined(kink.argument.diff(symbol) if turning else kink.argument, symbol, base, x)
        if exact is not None:
            yield exact


def refined(argument: Expr, symbol, base: dict, x: float) -> Fraction | None:
    """The zero near x by secants; not 0, of which no number of digits comes near."""
    numbers = precise(JUMP_DIGITS)
    start = {s: in_rows(numbers.number, value) for s, value in base.items()}

    def along(t):
        return evaluate(argument, World({**start, symbol: scaled(start[symbol], t)}, field=numbers))

    try:
        a, b = numbers.number(x) * (1 + numbers.number(2) ** -30) + numbers.number(2) ** -60, numbers.number(x)
        at_a = at_b = along(a)
        for _ in range(SECANTS):
            at_b = along(b)
            if at_b in (0, at_a):
                break
            a, at_a, b = b, at_b, b - at_b * (b - a) / (at_b - at_a)
        settled = not at_b or abs(b - a) <= abs(b) * numbers.negligible
        return exactly(b) if settled and abs(b) > numbers.negligible else None
    except (ArithmeticError, NotImplementedError, ValueError):
        return None


@cache
def precise(digits: int) -> Numbers:
    return Numbers(digits)


def exactly(x) -> Fraction:
    negative, mantissa, exponent, _ = x._mpf_
    return Fraction((-1) ** negative * int(mantissa)) * Fraction(2) ** exponent


# --- in several coordinates -----------------------------------------------------------------------


def beyond(kink: Kink, agreeing: list[dict], bases: list[dict], centres: list[float]) -> Iterator[tuple[dict, bool]]:
    """Where the kink's argument has the sign that it has at none of the points."""
    seen = {math.copysign(1, y) for p in agreeing if (y := at(kink, p))}
    ladders = {s: ladder(centres, s.is_positive) for s in movable(kink.argument)}
    for side in (1.0, -1.0) if kink.bump else sorted({1.0, -1.0} - seen):
        for base in bases:
            start = low_precision(base)
            top = ascended(lambda p, side=side: or_least(kink.value(p), side), start, ladders)
            if or_least(kink.value(top), side) > 0:
                yield from ((point, False) for point in past(kink, start, top, base))
                break
            if kink.bump:
                yield exact_point(top, base), False


def or_least(y: float | None, side: float) -> float:
    return -math.inf if y is None else side * y


def past(kink: Kink, start: dict, top: dict, base: dict) -> Iterator[dict]:
    """The top, and on the way to it just after the sign has changed."""

    def on_the_way(t: float) -> dict:
        return {s: x if isinstance(x, int) else x + t * (top[s] - x) for s, x in start.items()}

    yield exact_point(top, base)
    falling = (kink.value(start) or 0) > 0
    t = bisected(lambda t: kink.value(on_the_way(t)), 0.0, 1.0, falling)
    yield exact_point(on_the_way(t + (1 - t) / 64), base)


def exact_point(point: dict, base: dict) -> dict:
    """Fractions again; what has not moved stays as it was."""
    return {s: base[s] if isinstance(x, int | list) or x == base[s] else Fraction(x) for s, x in point.items()}
