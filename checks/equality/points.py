"""Where two formulas are compared: small points first, then every scale, and both sides of every kink."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, islice, product
from random import Random

import sympy
from sympy import Abs, Max, Min, Pow, Rational, sign
from sympy.matrices.expressions import KroneckerProduct, MatrixSymbol

from derivations.expressions import is_matrix

SMALL = tuple(map(Fraction, (1, 2, -1, 0, "1/2", -2, "-1/2", 3, -3)))
MOST_SMALL = 14
MOST_KINKS = 10
RANDOM, SCALED, MIXED, PARTIAL = 10, 6, 6, 4
MATRIX_POINTS = 14
LARGEST_SIDE, MOST_WORK = 16, 10_000
SPREAD = 26


def points(formulas, seed: int = 0) -> Iterator[dict]:
    """Values of all symbols, exact: a fraction, rows of them, an integer for a size."""
    symbols = sorted(set().union(*(f.symbols for f in formulas)), key=lambda s: s.name)
    random = Random(seed)
    if any(map(is_matrix, symbols)):
        yield from affordable(formulas, with_matrices(symbols, random))
        return
    yield from small(symbols, random)
    if not symbols:
        return
    for _ in range(RANDOM):
        yield {s: drawn(s, random) for s in symbols}
    for scale in spread(SCALED, random):
        yield {s: drawn(s, random, scale) for s in symbols}
    for _ in range(MIXED):
        yield {s: drawn(s, random, power(random.uniform(-SPREAD, SPREAD))) for s in symbols}
    for _ in range(PARTIAL):
        yield {s: part_of_one(s, len(symbols), random) for s in symbols}
    yield from near_constants(formulas, symbols, random)
    yield from islice(near_kinks(formulas, symbols, random), MOST_KINKS)


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


def neighbours(point: dict, seed: int = 2, count: int = 4) -> Iterator[dict]:
    """Points about a point: every number moved by a little of its own."""
    random = Random(seed)

    def moved(x, symbol):
        if isinstance(x, list):
            return [[moved(y, symbol) for y in row] for row in x]
        step = Fraction(random.randint(-1000, 1000), 2**20)
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


def drawn(symbol, random: Random, scale: Fraction = Fraction(2)):
    """A number about as large as the scale; of either sign unless the symbol is positive."""
    if symbol.is_integer:
        return random.randint(1, 6)
    x = Fraction(random.randint(1, 2**20), 2**19) * scale
    return x if symbol.is_positive or random.random() < 0.5 else -x


def part_of_one(symbol, parts: int, random: Random):
    """A number so small that `parts` of them stay below 1, as probabilities do."""
    return 1 if symbol.is_integer else Fraction(random.randint(1, 255), 256 * parts)


def near_constants(formulas, symbols, random: Random) -> Iterator[dict]:
    """Each symbol at and about the numbers that the formulas mention, where a maximum may turn."""
    numbers = {abs(x) for f in formulas for x in f.value.atoms(Rational)} - {0, 1, Rational(1, 2), 2}
    for number in sorted(numbers)[-4:]:
        c = Fraction(int(number.p), int(number.q))
        for factor in (Fraction(9, 10), Fraction(11, 10), -3):
            yield {s: moved_to(s, c * factor, random) for s in symbols}


def moved_to(symbol, x: Fraction, random: Random):
    if symbol.is_integer:
        return drawn(symbol, random)
    return abs(x) if symbol.is_positive else x


def near_kinks(formulas, symbols, random: Random) -> Iterator[dict]:
    """Both sides of the places where an argument of |·|, sign, max or a root changes its sign."""
    for argument in kinks(formulas):
        for symbol in sorted(argument.free_symbols & set(symbols), key=lambda s: s.name):
            slope = argument.diff(symbol)
            if symbol.is_integer or slope.has(symbol) or slope.has(sympy.Derivative):
                continue
            others = {s: drawn(s, random) for s in symbols if s != symbol}
            given = {s: Rational(x.numerator, x.denominator) for s, x in others.items()}
            root = (-argument.subs(symbol, 0) / slope).xreplace(given)
            if root.is_number and root.is_real and root.is_finite:
                yield from about(symbol, Fraction(str(root.evalf(15))), others)


def about(symbol, root: Fraction, others: dict) -> Iterator[dict]:
    for step in (Fraction(1, 64), Fraction(-1, 64)):
        x = root + step * (abs(root) or 1)
        if admits(symbol, x):
            yield {**others, symbol: x}


def kinks(formulas) -> list:
    found = {argument for f in formulas for _, argument in f.conditions if not is_matrix(argument)}
    for f in formulas:
        found |= {node.args[0] for node in f.value.atoms(Abs, sign)}
        found |= {p.base for p in f.value.atoms(Pow) if p.exp.is_Rational and not p.exp.is_Integer}
        for node in f.value.atoms(Max, Min):
            ordered = sorted(node.args, key=sympy.default_sort_key)
            found |= {one - other for one, other in combinations(ordered, 2)}
    return sorted(found, key=sympy.default_sort_key)


# --- matrices -----------------------------------------------------------------------------------

KINDS = ("general", "definite", "integer", "skewed")


def with_matrices(symbols, random: Random) -> Iterator[dict]:
    """Sizes 1 with small numbers first, then all sizes, general and positive definite matrices."""
    sizes = [s for s in symbols if s.is_integer and not is_matrix(s)]
    yield matrix_point(symbols, dict.fromkeys(sizes, 1), "integer", random)
    yield matrix_point(symbols, dict.fromkeys(sizes, 2), "integer", random)
    for k in range(MATRIX_POINTS):
        chosen = {s: 2 + (i + k) % 2 for i, s in enumerate(sizes)} if k < 4 else sizes_of(symbols, random)
        yield matrix_point(symbols, chosen, KINDS[k % len(KINDS)], random)


def affordable(formulas, found: Iterator[dict]) -> Iterator[dict]:
    """As many of the points as their matrices, and Kronecker products of them, are small enough for."""
    nodes = set().union(*(f.value.atoms(MatrixSymbol, KroneckerProduct) for f in formulas))
    dimensions = {size for node in nodes for size in node.shape}
    if any(d.is_Integer and d > LARGEST_SIDE for d in dimensions):
        return
    spent = 0
    for point in found:
        sizes = integers({s: x for s, x in point.items() if isinstance(x, int)})
        largest = max((int(d.xreplace(sizes)) for d in dimensions), default=1)
        if spent and (largest > LARGEST_SIDE or spent + largest**3 > MOST_WORK):
            continue
        spent += largest**3
        if largest <= LARGEST_SIDE:
            yield point


def sizes_of(symbols, random: Random) -> dict:
    return {s: random.choice((1, 2, 2, 3, 3, 4)) for s in symbols if s.is_integer and not is_matrix(s)}


def matrix_point(symbols, sizes: dict, kind: str, random: Random) -> dict:
    point = dict(sizes)
    for symbol in symbols:
        if isinstance(symbol, MatrixSymbol):
            rows, cols = (int(size.xreplace(integers(sizes))) for size in symbol.shape)
            point[symbol] = matrix(rows, cols, kind, random)
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


def gram(rows: list) -> list:
    """M Mᵀ + I/4, which is positive definite."""
    size = range(len(rows))
    inner = [[sum(x * y for x, y in zip(rows[i], rows[j], strict=True)) for j in size] for i in size]
    return [[inner[i][j] + Fraction(int(i == j), 4) for j in size] for i in size]


def _fraction(random: Random) -> Fraction:
    return Fraction(random.choice((-1, 1)) * random.randint(1, 32), 16)


ENTRIES = {
    "general": _fraction,
    "definite": _fraction,
    "integer": lambda random: Fraction(random.choice((-2, -1, 1, 2, 3))),
    "skewed": lambda random: _fraction(random) * power(random.uniform(-8, 8)),
}
