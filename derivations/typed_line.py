"""A line of a chain as a reader predicts it: typed, read, and held against the line in the chain's own worlds.

What the reader of formulas has no notation for (a state at a time, a differential, a sum over an index) gets a
short name, which the reader of the page is told: the line is typed in these names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Abs, Add, Basic, Expr, MatrixSymbol, Mul, Number, NumberSymbol, Pow, Symbol, cos, exp, log, sin, tanh
from sympy.matrices.expressions import (
    Determinant,
    HadamardProduct,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    OneMatrix,
    Trace,
    Transpose,
    ZeroMatrix,
)

from . import get
from .chain import Derivation
from .expressions import is_matrix, substitute
from .latex_formulas import is_latex, latex_tokens
from .parsing import ParseError, Reader
from .printing import latex
from .verification import SEED, Evidence, Worlds, compare

POINTS = 6
WRITABLE = (Add, Mul, Pow, Number, NumberSymbol, exp, log, tanh, sin, cos, Abs, Trace, Determinant)
WRITABLE_MATRICES = (MatAdd, MatMul, HadamardProduct, Transpose, Inverse, Identity, OneMatrix, ZeroMatrix)


@dataclass(frozen=True)
class Place:
    """Where a line stands: its chain, and its position there, from 0."""

    chain: Derivation
    position: int

    @property
    def line(self):
        return self.chain.lines[self.position]


def place_of(label: str) -> Place:
    """The place of ``rnn.adjoint.5``, lines numbered through all parts.  Raises `LookupError`."""
    name, _, number = label.rpartition(".")
    left = int(number) - 1
    for _, part in get(name).parts:
        if left < len(part.lines):
            return Place(part, left)
        left -= len(part.lines)
    raise LookupError(f"{name} has no line {number}")


def pieces(expression: Basic) -> Iterator[Basic]:
    """The largest parts that have no notation, in the order in which they are read."""
    if isinstance(expression, Symbol | MatrixSymbol):
        if not expression.name.isidentifier():
            yield expression
    elif isinstance(expression, (*WRITABLE, *WRITABLE_MATRICES)):
        for part in expression.args:
            yield from pieces(part)
    else:
        yield expression


def can_be_typed(place: Place) -> bool:
    """Whether the line is made of pieces, and is not one itself."""
    return place.line.right not in set(pieces(place.line.right))


def names_of(place: Place) -> dict[str, Basic]:
    """Short names, for pieces of the line before this one and then of this one."""
    before = place.chain.lines[max(0, place.position - 1)]
    found = dict.fromkeys(p for line in (before, place.line) for p in pieces(line.right))
    free = {name for p in found for name in map(str, p.free_symbols)} | set(map(str, place.line.right.free_symbols))
    fresh = (f"{letter}{i}" for i in range(1, len(found) + 99) for letter in "q" if f"q{i}" not in free)
    return dict(zip(fresh, found, strict=False))


def legend(label: str) -> list[dict]:
    """The names, each with the TeX of what it stands for."""
    place = place_of(label)
    return [{"name": n, "tex": latex(p)} for n, p in names_of(place).items()] if can_be_typed(place) else []


def check_line(label: str, text: str) -> Evidence:
    """The line's right side against what was typed.  Raises `ParseError`, also where a line cannot be typed."""
    place = place_of(label)
    if not can_be_typed(place):
        raise ParseError("there is no notation to type this line in: show it, and compare", text)
    typed = read(text, place)
    target = place.line.right
    if getattr(typed, "shape", ()) != getattr(target, "shape", ()):
        raise ParseError("this has another shape than the line", text, 0, len(text))
    return compare(typed, target, "=", Worlds(place.chain, POINTS, SEED))


def read(text: str, place: Place) -> Expr:
    standing = {name: stand_in(name, piece) for name, piece in names_of(place).items()}
    known = {s.name: s for line in place.chain.lines for s in line.right.free_symbols if s.name.isidentifier()}
    names = {**known, **standing}
    tokens = latex_tokens(text, names) if is_latex(text) else None
    formula = Reader(text.removeprefix("="), names, closed=True, pieces=tokens).formula()
    meant = dict(zip(standing.values(), names_of(place).values(), strict=True))
    return substitute(formula, meant)


def stand_in(name: str, piece: Basic) -> Expr:
    return MatrixSymbol(name, *piece.shape) if is_matrix(piece) else Symbol(name, real=True)
