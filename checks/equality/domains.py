"""Points in narrow domains: where all arguments of logarithms, roots and the like are within their bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import islice
from random import Random

import sympy
from sympy import Expr, Pow

from derivations.expressions import is_matrix

from .formula import Formula
from .kinks import BOUNDED, low_precision, mentioned, moved_to, scaled
from .points import admits, drawn, matrix_point
from .scan import SPARING, THOROUGH, ascended, coarse_ladder, function_of, ladder, machine

MOST_INSIDE, TRIES = 16, 80
SIZE = 2
"""Of matrices, where it is open."""


def inside(formulas: Iterable[Formula], seed: int = 4) -> Iterator[dict]:
    """Points where all conditions hold, found by ascent; and others about them where they hold too.

    A coordinate is a number, or the factor of a matrix.
    """
    formulas = tuple(formulas)
    symbols = sorted(set().union(*(f.symbols for f in formulas)), key=lambda s: s.name)
    slacks = [function_of(slack) for slack in slacks_of(formulas)]
    if not slacks or not symbols:
        return
    random, centres = Random(seed), mentioned(formulas)
    costly = any(map(is_matrix, symbols))
    moving = [s for s in symbols if is_matrix(s) or not s.is_integer]
    ladders = {s: coarse_ladder(s.is_positive) if costly else ladder(centres, s.is_positive) for s in moving}
    for base in starts(symbols, random):
        low = low_precision(base)
        values = [lambda p, slack=slack, low=low: slack(at_factors(low, p)) for slack in slacks]
        start = {s: 1.0 if is_matrix(s) else machine(base[s]) for s in moving}
        top = ascended(lambda p, v=values: openness(v, p), start, ladders, effort=SPARING if costly else THOROUGH)
        if is_inside(values, top):
            yield from islice(around(top, base, values, random), MOST_INSIDE)
            return


def starts(symbols, random: Random) -> Iterator[dict]:
    sizes = {s: SIZE for s in symbols if s.is_integer and not is_matrix(s)}
    if any(map(is_matrix, symbols)):
        yield from (matrix_point(symbols, sizes, kind, random) for kind in ("definite", "general"))
    else:
        yield {s: 1 if s.is_integer else Fraction(1) for s in symbols}
        yield {s: drawn(s, random) for s in symbols}


def at_factors(low: Mapping, factors: Mapping) -> dict:
    return {**low, **{s: scaled(low[s], x) for s, x in factors.items()}}


def openness(slacks: list[Callable], point: Mapping) -> tuple:
    """Ordered: fewer conditions without a value, then less violated ones, then larger slacks, the small ones first."""
    values = [slack(point) for slack in slacks]
    known = [y for y in values if y is not None]
    violated = sum(y for y in known if y < 0)
    return len(known) - len(values), violated, sum(y / (1 + y) for y in known if 0 < y < math.inf)


def is_inside(slacks: list[Callable], point: Mapping) -> bool:
    return all(y is not None and y > 0 for y in (slack(point) for slack in slacks))


def around(top: dict, base: dict, slacks: list[Callable], random: Random) -> Iterator[dict]:
    yield exact(top, base)
    for _ in range(TRIES):
        width = 2.0 ** -random.randint(0, 30)
        point = {s: x + random.uniform(-1, 1) * width * max(1, abs(x)) for s, x in top.items()}
        if is_inside(slacks, point) and all(is_matrix(s) or admits(s, x) for s, x in point.items()):
            yield exact(point, base)


def exact(factors: dict, base: dict) -> dict:
    point = base
    for s, x in factors.items():
        point = moved_to(point, s, x) or point
    return point


def slacks_of(formulas) -> list[Expr]:
    """What has to be positive, so that both formulas have a value."""
    conditions = {(name, a) for f in formulas for name, a in f.conditions if not is_matrix(a)}
    found = {slack for name, argument in conditions for slack in SLACKS[name](argument)}
    for f in formulas:
        found |= {p.base for p in f.value.atoms(Pow) if p.exp.is_Rational and not p.exp.is_Integer}
    known = set().union(*(f.symbols for f in formulas))
    open_ones = [s for s in found if s.free_symbols and s.free_symbols <= known and not s.is_positive]
    return sorted(open_ones, key=sympy.default_sort_key)


SLACKS = {
    **dict.fromkeys(("ln", "sqrt", "loggamma"), lambda x: (x,)),
    **dict.fromkeys(BOUNDED, lambda x: (1 - x, 1 + x)),
    "acosh": lambda x: (x - 1,),
}
