"""Hypothesis strategies: the worlds of a domain, points, and symmetric positive definite matrices.

A world is made by the same `Domain.world` as on the ladder of the derivations' own checks; only the
source of its values differs.  Numbers are small dyadic rationals, exact in binary, the simplest first, so
that counterexamples shrink to 0, 1, -1 and short sequences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import note, reject
from hypothesis import strategies as st
from sympy import Symbol

from derivations.domain import Declaration, Domain, describe_world
from derivations.evaluate import World
from derivations.fields import Numbers, Unevaluable


def dyadic(*numerators: int, denominator: int = 1) -> tuple[Fraction, ...]:
    return tuple(Fraction(p, denominator) for p in numerators)


WHOLE = dyadic(0, 1, -1, 2, -2, 3, -3)
BROKEN = dyadic(1, -1, 3, -3, 5, -5, denominator=2) + dyadic(1, -1, 7, denominator=4)
ORDINARY = WHOLE + BROKEN
LARGE = dyadic(8, -8, 16, -16, 32, -32)

#: What the entries of one symbol are drawn from.  `large` weights saturate tanh, logistic and softplus.
REGIMES = {"ordinary": ORDINARY, "zero": dyadic(0), "large": LARGE}


# --- worlds of a domain -------------------------------------------------------------------------


CHUNK = 6


@st.composite
def entries_in_one_regime(draw, regime: str | None) -> tuple[str, list[Fraction]]:
    """A regime, unless it is given, and six entries, the last of which is the first to become 0."""
    regime = draw(st.sampled_from(tuple(REGIMES))) if regime is None else regime
    digits, numbers = draw(st.integers(0, 16**CHUNK - 1)), REGIMES[regime]
    return regime, [numbers[(digits >> 4 * i) % 16 % len(numbers)] for i in range(CHUNK)]


class Drawn:
    """A `derivations.domain.Source` over Hypothesis: each symbol, by its label, stays in one regime.

    Entries are drawn six at a time, as the hexadecimal digits of one integer, whatever the shape of their
    symbol.  So the draws stay in step while Hypothesis lowers a size; and as it makes integers small, what is
    not 0 moves to the first entries, which a smaller size keeps.
    """

    def __init__(self, draw, regimes: Mapping[str, str]):
        self.draw = draw
        self.regimes = dict(regimes)
        self.left: dict[str, list[Fraction]] = {}

    def integer(self, lower: int, upper: int, label: str) -> int:
        return self.draw(st.integers(lower, upper), label)

    def number(self, label: str) -> Fraction:
        if not self.left.get(label):
            chunk = entries_in_one_regime(self.regimes.get(label))
            self.regimes[label], self.left[label] = self.draw(chunk, label)
        return self.left[label].pop(0)

    def choice(self, options: tuple, label: str, abstract=None):
        return self.draw(st.sampled_from(options), label)


@st.composite
def worlds(
    draw,
    domain: Domain,
    variable=None,
    *,
    largest: Mapping[Symbol, int] | None = None,
    sizes: Mapping[Symbol, int] | None = None,
    regimes: Mapping[str, str] | None = None,
    field: Numbers | None = None,
) -> World:
    """Worlds of a domain, with a direction in which `variable` moves if one is given.

    `largest`: upper ends of sizes where they are not those of the ladder; `sizes`: sizes that are given;
    `regimes`: label -> row of `REGIMES` for symbols whose regime is given; `field`: the numbers.
    """
    source = Drawn(draw, regimes or {})
    try:
        world = _enlarged(domain, largest or {}).world(source, sizes, field)
    except Unevaluable:
        reject()
    if variable is not None:
        world = domain.with_direction(world, variable, source)
    note(describe_world(world))
    return world


def _enlarged(domain: Domain, largest: Mapping[Symbol, int]) -> Domain:
    def enlarge(d: Declaration) -> Declaration:
        return replace(d, upper=largest[d.symbol]) if d.symbol in largest else d

    return replace(domain, declarations=tuple(map(enlarge, domain.declarations)))


# --- vectors and points -------------------------------------------------------------------------


def vectors(size: int) -> st.SearchStrategy[np.ndarray]:
    """Ordinary numbers, `(size,)`."""
    return st.lists(st.sampled_from(ORDINARY), min_size=size, max_size=size).map(_floats)


def _floats(numbers) -> np.ndarray:
    return np.array([float(x) for x in numbers])


@st.composite
def distinct_points(draw, most: int = 4, least: int = 1, dimension: int | None = None) -> np.ndarray:
    """From `least` to `most` points in one to three dimensions, no two equal, `(n, p)`, float64."""
    p = draw(st.integers(1, 3), "dimension") if dimension is None else dimension
    point = st.tuples(*[st.sampled_from(ORDINARY)] * p)
    points = draw(st.lists(point, min_size=least, max_size=most, unique=True), "points")
    return np.array([_floats(point) for point in points])


@st.composite
def nearly_coincident_points(draw, most: int = 4) -> np.ndarray:
    """Two to `most` distinct points of which two are 2**-5 to 2**-14 apart, `(n, p)`, float64.

    Two points at distance d give the kernel matrix a condition number above 3/d².
    """
    X = draw(distinct_points(most=most - 1))
    gap = 2.0 ** -draw(st.integers(5, 14), "gap 2^-")
    near = X[draw(st.integers(0, len(X) - 1), "neighbour of")].copy()
    near[draw(st.integers(0, X.shape[1] - 1), "coordinate")] += gap
    return np.concatenate([X, near[None, :]])


# --- symmetric positive definite matrices -------------------------------------------------------


@st.composite
def spd_matrices(draw, size: int) -> np.ndarray:
    """A Aᵀ + I/4, exact in float64, `(size, size)`; from size 2 on with an entry off the diagonal."""
    A = draw(vectors(size * size)).reshape(size, size)
    matrix = A @ A.T + np.eye(size) / 4
    if size > 1 and not np.any(np.triu(matrix, 1)):
        matrix[0, 1] = matrix[1, 0] = 1 / 8
    return matrix


@st.composite
def ill_conditioned_spd_matrices(draw, size: int) -> np.ndarray:
    """L D Lᵀ, exact in float64, `(size, size)` with size >= 2, of condition number 2**28 at least.

    The largest eigenvalue is at least the first pivot, 1 or 2, the smallest at most the last, 2**-28 or less.
    """
    below = st.sampled_from([1.0, -1.0, 0.5, -0.5, 2.0, 0.0])
    L = np.eye(size)
    rows, columns = np.tril_indices(size, -1)
    L[rows, columns] = draw(st.tuples(*[below] * len(rows)), "below the diagonal")
    if not np.any(L[rows, columns]):
        L[1, 0] = 1.0
    pivots = draw(st.tuples(*[st.sampled_from([1.0, 2.0])] * (size - 1)), "pivots")
    last = 2.0 ** -draw(st.integers(28, 40), "last pivot 2^-")
    return L @ np.diag([*pivots, last]) @ L.T
