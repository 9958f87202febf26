"""A line of a chain as a reader predicts it: typed, read, and held against the line in the chain's own worlds.

What the reader of formulas has no notation for gets a short name, which the reader of the page is told: a piece (a
state at a time, a differential) that of a symbol; what a whole line is a value of (a sum over an index, a derivative)
that of a function.  The line is typed in these names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from sympy import (
    Abs,
    Add,
    Basic,
    Dummy,
    Expr,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Number,
    NumberSymbol,
    Pow,
    Symbol,
    cos,
    exp,
    log,
    sin,
    tanh,
)
from sympy.matrices.expressions import (
    Determinant,
    DiagMatrix,
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
from .expressions import (
    Binder,
    Elementwise,
    Gradient,
    IndexProduct,
    MatrixDifferential,
    Pairing,
    ScalarIndexProduct,
    is_matrix,
    reclose,
    remake,
    substitute,
)
from .integrals import OverReals, Partial
from .latex_formulas import is_latex, latex_tokens
from .parsing import BUILDERS, ParseError, Reader
from .printing import Latex, latex
from .quantities import (
    Inner,
    LargestEigenvalue,
    LargestSingularValue,
    LogNormalDensity,
    Norm,
    NormalExpectation,
    SmallestEigenvalue,
    SmallestSingularValue,
)
from .verification import SEED, Evidence, Worlds, compare

POINTS = 6
NUMBERS = (Number, NumberSymbol, Trace, Determinant, Norm, Inner)
WRITABLE = (*NUMBERS, Add, Mul, Pow, exp, log, tanh, sin, cos, Abs, Max, Min)
WRITABLE_MATRICES = (MatAdd, MatMul, HadamardProduct, Transpose, Inverse, Identity, OneMatrix, ZeroMatrix, DiagMatrix)
OPERATORS: tuple[tuple[type, str, tuple[int, ...]], ...] = (
    (IndexProduct, "prod", (0,)),
    (ScalarIndexProduct, "prod", (0,)),
    (Binder, "sum", (0,)),
    (Partial, "partial", (0,)),
    (Gradient, "grad", (0,)),
    (Pairing, "pair", (0, 1)),
    (MatrixDifferential, "d", (0,)),
    (OverReals, "integral", (0,)),
    (NormalExpectation, "mean", (0,)),
    (LogNormalDensity, "logN", (0, 1, 2)),
    (Elementwise, "each", (1,)),
    (LargestSingularValue, "largest", (0,)),
    (SmallestSingularValue, "smallest", (0,)),
    (LargestEigenvalue, "largest", (0,)),
    (SmallestEigenvalue, "smallest", (0,)),
)
"""What a whole line may be a value of, the function's name, and which arguments are typed; the first that fits."""
HOLES = (("□", r"\square"), ("○", r"\bigcirc"), ("△", r"\triangle"))


@dataclass(frozen=True)
class Place:
    """Where a line stands: its chain, and its position there, from 0."""

    chain: Derivation
    position: int

    @property
    def line(self):
        return self.chain.lines[self.position]


@dataclass(frozen=True)
class Operator:
    """A function that makes a whole line of what is typed; `typed`: what the line itself has in these places."""

    name: str
    typed: tuple[Expr, ...]
    build: Callable[..., Expr]
    printer: Latex = field(default_factory=Latex)

    @property
    def legend(self) -> dict:
        """How it is written, and the TeX of what it stands for."""
        shown = HOLES[: len(self.typed)]
        holes = (hole_like(tex, part) for (_, tex), part in zip(shown, self.typed, strict=True))
        signs = ", ".join(sign for sign, _ in shown)
        return {"name": f"{self.name}({signs})", "tex": self.printer.doprint(self.build(*holes))}


class WithIndex(Latex):
    """Prints a binder with the index that the line has, whatever else stands in it."""

    def __init__(self, index: str):
        super().__init__()
        self.index = index

    def open(self, binder: Binder):
        return self.index, binder.body


def hole_like(tex: str, part: Expr) -> Expr:
    return MatrixSymbol(tex, *part.shape) if is_matrix(part) else Dummy(tex, real=True)


def operator_of(line: Expr, taken: set[str]) -> Operator | None:
    """The function that a line is a value of, if it is one; its name is none of those `taken`."""
    for kind, name, positions in OPERATORS:
        if isinstance(line, kind):
            name = name if name not in taken | set(BUILDERS) else f"{name}_"
            if isinstance(line, Binder):
                index, body = Latex().open(line)
                return Operator(name, (body,), partial(bind, line, Symbol(index, integer=True)), WithIndex(index))
            return Operator(name, tuple(line.args[i] for i in positions), partial(put_into, line, positions))
    return None


def bind(binder: Binder, index: Symbol, body: Expr) -> Expr:
    return reclose(binder, body, index)


def put_into(expression: Expr, positions: tuple[int, ...], *parts: Expr) -> Expr:
    args = list(expression.args)
    for position, part in zip(positions, parts, strict=True):
        args[position] = part
    return remake(expression, args)


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


@dataclass(frozen=True)
class Notation:
    """What a line is typed in: its operator, if it is a value of one, and short names for pieces."""

    place: Place

    @property
    def right(self) -> Expr:
        return self.place.line.right

    @property
    def operator(self) -> Operator | None:
        if self.right not in set(pieces(self.right)):
            return None
        return operator_of(self.right, {s.name for s in self.right.free_symbols})

    @property
    def parts(self) -> tuple[Expr, ...]:
        return self.operator.typed if self.operator else (self.right,)

    @property
    def names(self) -> dict[str, Basic]:
        """For pieces of the line before this one, and then of this one."""
        before = self.place.chain.lines[max(0, self.place.position - 1)].right
        found = dict.fromkeys(p for part in (before, *self.parts) for p in pieces(part))
        free = {s.name for part in (*found, *self.parts) for s in part.free_symbols}
        fresh = (f"q{i}" for i in range(1, len(found) + 99) if f"q{i}" not in free)
        return dict(zip(fresh, found, strict=False))

    @property
    def symbols(self) -> dict[str, Basic]:
        """Those of the chain and of this line, by names that can be typed."""
        chain = self.place.chain
        told = [d.symbol for d in chain.domain.declarations if isinstance(d.symbol, Symbol | MatrixSymbol)]
        used = (s for part in (*(line.right for line in chain.lines), *self.parts) for s in part.free_symbols)
        return {s.name: s for s in (*told, *used) if s.name.isidentifier()}

    def read(self, text: str) -> Expr:
        """Raises `ParseError`."""
        pieces_named = self.names
        standing = {name: stand_in(name, piece) for name, piece in pieces_named.items()}
        meant = {standing[name]: piece for name, piece in pieces_named.items()}
        names = {**self.symbols, **standing}
        functions = {}
        if operator := self.operator:
            build = lambda *parts: operator.build(*(substitute(p, meant) for p in parts))  # noqa: E731
            functions[operator.name] = (len(operator.typed), build)
        tokens = latex_tokens(text, names) if is_latex(text) else None
        formula = Reader(text.removeprefix("="), names, closed=True, pieces=tokens, functions=functions).formula()
        return substitute(formula, meant)


def stand_in(name: str, piece: Basic) -> Expr:
    return MatrixSymbol(name, *piece.shape) if is_matrix(piece) else Symbol(name, real=True)


def legend(label: str) -> list[dict]:
    """The names, each with the TeX of what it stands for."""
    notation = Notation(place_of(label))
    operator = [notation.operator.legend] if notation.operator else []
    return operator + [{"name": n, "tex": latex(p)} for n, p in notation.names.items()]


def check_line(label: str, text: str) -> Evidence:
    """The line's right side against what was typed.  Raises `ParseError`."""
    place = place_of(label)
    typed, target = Notation(place).read(text), place.line.right
    if is_matrix(target) and typed == 0:
        typed = ZeroMatrix(*target.shape)
    if getattr(typed, "shape", ()) != getattr(target, "shape", ()):
        raise ParseError("this has another shape than the line", text, 0, len(text))
    return compare(typed, target, "=", Worlds(place.chain, POINTS, SEED))
