"""Matrices with sizes given as numbers, as ``X:32,32``, that are too large to be filled at every point.

Two ways meet.  The sizes are made symbols, which says more than was asked: what holds for every size holds
for these.  And the formulas are evaluated at the sizes themselves, at points where most entries are 0 and
cost nothing: only this can refute, since tr(I) is 32 here and not in general.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from random import Random

import sympy
from sympy import Basic, Expr, Integer, Symbol
from sympy.matrices.expressions import (
    Determinant,
    DiagMatrix,
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

from derivations.expressions import Elementwise, Vec, is_matrix

from .formula import Formula
from .points import LARGEST_SIDE, block, block_and_diagonal, drawn, matrix, sizes_of

SIZED = (MatrixSymbol, Identity, OneMatrix, ZeroMatrix)
LARGEST_FILLED = 5
SIZE = "size_"
MOST_WORK, SLOWER, LIGHT = 1_000_000, 10, 3_000
"""Entries at all points, how much more one that is not 0 costs, and entries at one of many points."""


def large_sizes(formulas) -> set[Integer]:
    """The sizes that are large, or all where those of a Kronecker product of them are."""
    made = integer_sizes(formulas, (KroneckerProduct, Vec))
    least = LARGEST_SIDE if made else LARGEST_FILLED
    least = 1 if any(s > LARGEST_SIDE for s in made) else least
    return {s for s in integer_sizes(formulas, SIZED) if s > least}


def integer_sizes(formulas, kinds) -> set[Integer]:
    return {s for f in formulas for node in parts(f, kinds) for s in node.shape if s.is_Integer}


def parts(formula: Formula, kinds) -> Iterator[Basic]:
    for part in (formula.value, *(argument for _, argument in formula.conditions)):
        yield from (node for node in sympy.preorder_traversal(part) if isinstance(node, kinds))


# --- for every size ------------------------------------------------------------------------------


def for_every_size(formulas, large: set[Integer]) -> tuple[Formula, ...] | None:
    """The formulas with a symbol for each large size; None where they do not fit together so."""
    names = {size: Symbol(f"{SIZE}{size}", integer=True, positive=True) for size in large}
    try:
        found = tuple(generalised(f, names) for f in formulas)
    except (ValueError, TypeError, AttributeError):  # as where 600 is 20 times 30
        return None
    return found if all(same_shape(f, g, names) for f, g in zip(formulas, found, strict=True)) else None


def generalised(formula: Formula, names: dict) -> Formula:
    sized = {node: with_sizes(node, names) for node in parts(formula, SIZED)}
    conditions = tuple((name, argument.xreplace(sized)) for name, argument in formula.conditions)
    return replace(formula, value=formula.value.xreplace(sized), conditions=conditions)


def with_sizes(node: Expr, names: dict) -> Expr:
    """A symbol, identity or constant matrix with the sizes replaced."""
    rows, cols = (names.get(s, s) for s in node.shape)
    if isinstance(node, MatrixSymbol):
        return MatrixSymbol(node.name, rows, cols)
    return Identity(rows) if isinstance(node, Identity) else node.func(rows, cols)


def same_shape(formula: Formula, general: Formula, names: dict) -> bool:
    """Whether the general formula comes back to the formula's shape, here and in all of its parts."""
    back = {symbol: size for size, symbol in names.items()}
    shapes = [[s.xreplace(back) for s in node.shape] for node in parts(general, MatrixExpr)]
    return shapes == [list(node.shape) for node in parts(formula, MatrixExpr)]


PADDED = (MatrixSymbol, MatMul, MatAdd, Transpose, HadamardProduct, DiagMatrix, ZeroMatrix, Elementwise)


def carries_over(formulas) -> bool:
    """Whether a difference at small sizes is one at all larger ones.

    Each part of these kinds, given matrices that are padded with zeros, yields its value padded with zeros, and a trace
    stays as it is.  Identities and inverses yield direct sums of direct sums, to which no trace is invariant.
    """
    nodes = [node for f in formulas for node in parts(f, (MatrixExpr, Determinant, Trace))]
    traces = any(isinstance(node, Trace) for node in nodes)
    allowed = (*PADDED, *((Trace,) if traces else (Identity, Inverse)))
    return all(isinstance(node, allowed) and keeps_zero(node) for node in nodes)


def within_sizes(point: dict) -> bool:
    """Whether the sizes that stand for given ones are not above them."""
    named = ((name.removeprefix(SIZE), n) for name, n in point.items() if name.startswith(SIZE))
    return all(n <= int(size) for size, n in named)


def keeps_zero(node) -> bool:
    return not isinstance(node, Elementwise) or node.function(0) == 0


# --- at the sizes themselves ---------------------------------------------------------------------


def large_points(formulas, seed: int = 0) -> Iterator[dict]:
    """As many points as are affordable: a small block in zeros, or in a diagonal; and some without zeros."""
    symbols = sorted(set().union(*(f.symbols for f in formulas)), key=lambda s: s.name)
    random, left = Random(seed), MOST_WORK
    for kind, fill, *scales in FILLS:
        sizes = sizes_of(symbols, random)
        given = {s: Integer(n) for s, n in sizes.items()}
        cost = work(formulas, given, fill in DENSE)
        if cost > left:
            continue
        left -= cost
        yield {s: value(s, given, fill, kind, scales, random) for s in symbols} | sizes


def is_light(formulas, point: dict) -> bool:
    """Whether the formulas can be evaluated at hundreds of sparse points."""
    given = {s: Integer(n) for s, n in point.items() if isinstance(n, int)}
    return work(formulas, given, dense=False) <= LIGHT


def work(formulas, given: dict, dense: bool) -> int:
    """The entries of all parts of the formulas; where they are not 0, with the products that make them."""
    nodes = [node for f in formulas for node in parts(f, (MatrixExpr, Determinant))]
    return sum(area(node, given) + dense * SLOWER * (area(node, given) + products(node, given)) for node in nodes)


def area(node, given: dict) -> int:
    rows, cols = sides(node.arg if isinstance(node, Determinant) else node, given)
    return rows * cols


def sides(node: MatrixExpr, given: dict) -> tuple[int, int]:
    rows, cols = (int(s.xreplace(given)) for s in node.shape)
    return rows, cols


def products(node, given: dict) -> int:
    """How many products of numbers a product, a power, an inverse or a determinant takes."""
    if isinstance(node, MatMul):
        factors = [sides(f, given) for f in node.args if is_matrix(f)]
        return sum(factors[0][0] * rows * cols for rows, cols in factors[1:])
    if isinstance(node, Inverse | MatPow | Determinant):
        return 2 * sides(node.args[0], given)[0] ** 3
    return 0


def value(symbol, given: dict, fill, kind: str, scales: list[int], random: Random):
    of_matrices, of_numbers = (Fraction(2) ** k for k in scales)
    if not is_matrix(symbol):
        return drawn(symbol, random, of_numbers)
    found = fill(*(int(s.xreplace(given)) for s in symbol.shape), kind, random)
    return found if of_matrices == 1 else [[x * of_matrices if x else 0 for x in row] for row in found]


def reflected(rows: int, cols: int, kind: str, random: Random) -> list:
    """As before, the determinant negative if the block's is positive."""
    found = block_and_diagonal(rows, cols, kind, random)
    found[-1][-1] *= -1
    return found


def positive(rows: int, cols: int, kind: str, random: Random) -> list:
    return [[abs(x) for x in row] for row in matrix(rows, cols, "general", random)]


DENSE = (matrix, positive)
FILLS = (
    ("general", block_and_diagonal, 0, 1),
    ("definite", reflected, 0, 1),
    ("definite", block_and_diagonal, 0, 1),
    ("general", block, 0, 1),
    ("general", block_and_diagonal, 12, -20),
    ("general", block_and_diagonal, -12, 8),
    ("definite", block_and_diagonal, 7, -9),
    ("general", block_and_diagonal, 18, 22),
    ("general", matrix, 0, 1),
    ("general", positive, 0, 1),
)
"""Kinds of entries, how they are filled in, and the scales of matrices and of numbers, as powers of 2."""
