"""Where two formulas are compared: small points first, then every scale, and both sides of every kink."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from random import Random

import sympy
from sympy import Rational
from sympy.matrices.expressions import KroneckerProduct, MatrixSymbol

from derivations.expressions import is_matrix

SMALL = tuple(map(Fraction, (1, 2, -1, 0, "1/2", -2, "-1/2", 3, -3)))
MOST_SMALL = 14
MOST_CONSTANTS = 4
RANDOM, SCALED, MIXED, PARTIAL = 10, 6, 6, 4
MATRIX_POINTS = 14
LARGEST_SIDE, MOST_WORK = 16, 10_000
SPREAD = 26
PARTS = (2**19, 3 * 2**15, 2**19, 7**6, 2**19, 10**9 + 7, 2**19, 2**61 - 1)
"""Denominators, of which not all are powers of 2: at such numbers alone sin(2^130 π x) is 0."""
SIZES_TRIED = 8


def points(formulas, seed: int = 0) -> Iterator[dict]:
    """Values of all symbols, exact: a fraction, rows of them, an integer for a size."""
    symbols = sorted(set().union(*(f.symbols for f in formulas)), key=lambda s: s.name)
    random = Random(seed)
    if any(map(is_matrix, symbols)):
        yield from affordable(formulas, with_matrices(formulas, symbols, random))
        return
    yield from small(symbols, random)
    if not symbols:
        return
    for k in range(RANDOM):
        yield {s: drawn(s, random, part=PARTS[k % len(PARTS)]) for s in symbols}
    for scale in spread(SCALED, random):
        yield {s: drawn(s, random, scale) for s in symbols}
    for _ in range(MIXED):
        yield {s: drawn(s, random, power(random.uniform(-SPREAD, SPREAD))) for s in symbols}
    for _ in range(PARTIAL):
        yield {s: part_of_one(s, len(symbols), random) for s in symbols}
    yield from near_constants(formulas, symbols, random)
    yield from all_sizes(symbols, random)


def more(formulas, count: int, seed: int = 1) -> Iterator[dict]:
    """Further points, for formulas that have a value at few of the first."""
    symbols = sorted(set().union(*(f.symbols for f in formulas)), key=lambda s: s.name)
    random = Random(seed)
    if any(map(is_matrix, symbols)):
        yield from affordable(formulas, further_matrices(symbols, count, random))
        return
    for _ in range(count if symbols else 0):
        widest = random.choice((1, 3, 6, 12))
        yield {s: drawn(s, random, power(random.uniform(-widest, widest))) for s in symbols}


def further_matrices(symbols, count: int, random: Random) -> Iterator[dict]:
    for _ in range(count):
        yield matrix_point(symbols, sizes_of(symbols, random), random.choice(KINDS), random)


def neighbours(point: dict, radius: Fraction, seed: int = 2, count: int = 4) -> Iterator[dict]:
    """Points about a point: every number moved by a little of its own."""
    random = Random(seed)

    def moved(x, symbol):
        if isinstance(x, list):
            return [[moved(y, symbol) for y in row] for row in x]
        step = radius * Fraction(random.randint(-1000, 1000), 1024)
        return x * (1 + step) if x else abs(step) if symbol.is_positive else step

    for _ in range(count):
        yield {s: x if isinstance(x, int) else moved(x, s) for s, x in point.items()}


def simpler(point: dict) -> Iterator[dict]:
    """The point with one number replaced by a smaller one."""
    for symbol, x in point.items():
        if isinstance(x, Fraction):
            for y in (v for v in SMALL if admits(symbol, v) and weight(v) < weight(x)):
                yield {**point, symbol: y}


def weight(x: Fraction) -> tuple:
    return x.denominator != 1, abs(x.numerator) + x.denominator, x < 0


# --- scalars ------------------------------------------------------------------------------------


def admits(symbol, x) -> bool:
    if symbol.is_integer:
        return x.denominator == 1 and x > 0
    return x > 0 or not symbol.is_positive


def small(symbols, random: Random) -> Iterator[dict]:
    """Combinations of small numbers, all of them where they are few."""
    choices = [[value_of(s, x) for x in SMALL if admits(s, x)] for s in symbols]
    if len(symbols) <= 1:
        yield from (dict(zip(symbols, values, strict=True)) for values in product(*choices))
        return
    yield {s: c[0] for s, c in zip(symbols, choices, strict=True)}
    for _ in range(MOST_SMALL):
        yield {s: random.choice(c) for s, c in zip(symbols, choices, strict=True)}


def value_of(symbol, x):
    return int(x) if symbol.is_integer else Fraction(x)


def power(exponent: float) -> Fraction:
    return Fraction(2.0**exponent)


def spread(count: int, random: Random) -> Iterator[Fraction]:
    """Scales from tiny to huge."""
    for k in range(count):
        yield power(SPREAD * (2 * k / (count - 1) - 1) + random.uniform(-1, 1))


def drawn(symbol, random: Random, scale: Fraction = Fraction(2), part: int = PARTS[0]):
    """A number about as large as the scale; of either sign unless the symbol is positive."""
    if symbol.is_integer:
        return random.randint(1, 6)
    x = Fraction(random.randint(1, 2 * part), part) * scale
    return x if symbol.is_positive or random.random() < 0.5 else -x


def part_of_one(symbol, parts: int, random: Random):
    """A number so small that `parts` of them stay below 1, as probabilities do."""
    return 1 if symbol.is_integer else Fraction(random.randint(1, 255), 256 * parts)


def numbers_in(formulas) -> list[Fraction]:
    """The numbers that the formulas mention, without signs and the smallest ones, in order."""
    found = {abs(x) for f in formulas for x in f.value.atoms(Rational)} - {0, 1, Rational(1, 2), 2}
    return [Fraction(int(x.p), int(x.q)) for x in sorted(found)]


def near_constants(formulas, symbols, random: Random) -> Iterator[dict]:
    """Each symbol at and about the numbers that the formulas mention, where a maximum may turn."""
    for number in numbers_in(formulas)[-MOST_CONSTANTS:]:
        for factor in (Fraction(9, 10), Fraction(11, 10), 1, -3):
            yield {s: moved_to(s, number * factor, random) for s in symbols}


def moved_to(symbol, x: Fraction, random: Random):
    if symbol.is_integer:
        return drawn(symbol, random)
    return abs(x) if symbol.is_positive else x


def all_sizes(symbols, random: Random) -> Iterator[dict]:
    """Where there are sizes, each small number for all of them."""
    if any(s.is_integer for s in symbols):
        for size in range(1, SIZES_TRIED + 1):
            yield {s: size if s.is_integer else drawn(s, random) for s in symbols}


# --- matrices -----------------------------------------------------------------------------------

KINDS = ("general", "definite", "integer", "skewed")
BLOCK = 3
LARGER_SIZES, SIZES_NAMED = (5, 6, 7), range(7, 12)
AT_AND_ABOUT = (1, 1, Fraction(9, 10), Fraction(11, 10))
MATRIX_SCALED = 6
MATRIX_SCALES = tuple(Fraction(2) ** k * sign for k, sign in ((-20, 1), (-7, -1), (7, 1), (11, -1), (20, 1), (-12, 1)))


def with_matrices(formulas, symbols, random: Random) -> Iterator[dict]:
    """Sizes 1 with small numbers first, then all sizes, general and positive definite matrices, then all scales."""
    sizes = [s for s in symbols if s.is_integer and not is_matrix(s)]
    yield matrix_point(symbols, dict.fromkeys(sizes, 1), "integer", random)
    yield matrix_point(symbols, dict.fromkeys(sizes, 2), "integer", random)
    for k in range(MATRIX_POINTS):
        chosen = {s: 2 + (i + k) % 2 for i, s in enumerate(sizes)} if k < 4 else sizes_of(symbols, random)
        yield matrix_point(symbols, chosen, KINDS[k % len(KINDS)], random)
    yield all_alike(matrix_point(symbols, dict.fromkeys(sizes, 2), "general", random))
    yield from at_scales(formulas, symbols, random)
    if sizes:
        yield from larger_sizes(formulas, symbols, sizes, random)


def all_alike(point: dict) -> dict:
    """The point with one value for all matrices of one shape."""
    first: dict = {}
    for x in point.values():
        if isinstance(x, list):
            first.setdefault((len(x), len(x[0])), x)
    return {s: first[len(x), len(x[0])] if isinstance(x, list) else x for s, x in point.items()}


def at_scales(formulas, symbols, random: Random) -> Iterator[dict]:
    """Matrices large and small, and the numbers beside them at scales and at constants of their own."""
    numbers = [s for s in symbols if not is_matrix(s) and not s.is_integer]
    for of_numbers, of_matrices in zip(spread(MATRIX_SCALED, random), MATRIX_SCALES, strict=True):
        kind = random.choice(KINDS[:2])
        point = matrix_point(symbols, sizes_of(symbols, random, (1, 2, 2)), kind, random, of_matrices)
        yield {**point, **{s: drawn(s, random, of_numbers) for s in numbers}}
    for number in numbers_in(formulas)[-MOST_CONSTANTS:]:
        yield matrix_point(symbols, sizes_of(symbols, random, (1, 2, 2)), "signs", random, number)
    for moved in near_constants(formulas, numbers, random) if numbers else ():
        yield {**matrix_point(symbols, sizes_of(symbols, random, (1, 2, 2)), "general", random), **moved}


def larger_sizes(formulas, symbols, sizes: list, random: Random) -> Iterator[dict]:
    """Sparse matrices of larger sizes; also of those about a size that the formulas mention."""
    named = {int(x) + k for x in numbers_in(formulas) if x.denominator == 1 and x in SIZES_NAMED for k in (0, 1)}
    for size in sorted({*LARGER_SIZES, *named}):
        yield matrix_point(symbols, dict.fromkeys(sizes, size), "general", random, fill=block_and_diagonal)


def affordable(formulas, found: Iterator[dict], most: int = MOST_WORK) -> Iterator[dict]:
    """As many of the points as their matrices, and Kronecker products of them, are small enough for."""
    dimensions, spent = dimensions_of(formulas), 0
    for point in found:
        largest = largest_of(dimensions, point)
        if spent and (largest > LARGEST_SIDE or spent + largest**3 > most):
            continue
        spent += largest**3
        if largest <= LARGEST_SIDE:
            yield point


def dimensions_of(formulas) -> set:
    nodes = set().union(*(f.value.atoms(MatrixSymbol, KroneckerProduct) for f in formulas))
    return {size for node in nodes for size in node.shape}


def largest_of(dimensions: set, point: dict) -> int:
    sizes = integers({s: x for s, x in point.items() if isinstance(x, int)})
    return max((int(d.xreplace(sizes)) for d in dimensions), default=1)


def sizes_of(symbols, random: Random, choices: tuple = (1, 2, 2, 3, 3, 4)) -> dict:
    return {s: random.choice(choices) for s in symbols if s.is_integer and not is_matrix(s)}


def matrix_point(symbols, sizes: dict, kind: str, random: Random, scale: Fraction | int = 1, fill=None) -> dict:
    point = dict(sizes)
    for symbol in symbols:
        if isinstance(symbol, MatrixSymbol):
            rows, cols = (int(size.xreplace(integers(sizes))) for size in symbol.shape)
            found = (fill or matrix)(rows, cols, kind, random)
            point[symbol] = found if scale == 1 else [[x * scale for x in row] for row in found]
        elif symbol not in sizes:
            point[symbol] = drawn(symbol, random)
    return point


def integers(sizes: dict) -> dict:
    return {s: sympy.Integer(k) for s, k in sizes.items()}


def matrix(rows: int, cols: int, kind: str, random: Random) -> list:
    """General entries; or, if square, symmetric and positive definite; small integers; mixed scales."""
    entry = ENTRIES[kind]
    found = [[entry(random) for _ in range(cols)] for _ in range(rows)]
    return gram(found) if kind == "definite" and rows == cols else found


def block(rows: int, cols: int, kind: str, random: Random) -> list:
    """A small block in zeros."""
    found = [[*row, *[0] * (cols - len(row))] for row in matrix(min(rows, BLOCK), min(cols, BLOCK), kind, random)]
    return found + [[0] * cols for _ in range(rows - len(found))]


def block_and_diagonal(rows: int, cols: int, kind: str, random: Random) -> list:
    found = block(rows, cols, kind, random)
    for k in range(BLOCK, rows if rows == cols else 0):
        found[k][k] = Fraction(random.randint(8, 32), 16)
    return found


def gram(rows: list) -> list:
    """M Mᵀ + I/4, which is positive definite."""
    size = range(len(rows))
    inner = [[sum(x * y for x, y in zip(rows[i], rows[j], strict=True)) for j in size] for i in size]
    return [[inner[i][j] + Fraction(int(i == j), 4) for j in size] for i in size]


def _fraction(random: Random) -> Fraction:
    return Fraction(random.choice((-1, 1)) * random.randint(1, 32), 16)


ENTRIES = {
    "signs": lambda random: Fraction(random.choice((-1, 1))) * random.choice(AT_AND_ABOUT),
    "general": _fraction,
    "definite": _fraction,
    "integer": lambda random: Fraction(random.choice((-2, -1, 1, 2, 3))),
    "skewed": lambda random: _fraction(random) * power(random.uniform(-8, 8)),
}
