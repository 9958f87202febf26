"""A formula with its domain, as a stranger wrote it: text or LaTeX, scalars real unless declared positive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice, pairwise, product

import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, MatrixSymbol

from derivations.evaluate import World, evaluate
from derivations.expressions import is_matrix, shape
from derivations.latex_formulas import is_latex, latex_tokens
from derivations.parsing import (
    CONSTANTS,
    FUNCTIONS,
    NO_OPERATION,
    ParseError,
    Reader,
    Token,
    declared,
    tokens,
)

from .balls import BallField, within_domain

MOST_IDENTITIES = 64
EULER = "e"
IDENTITY = "I"
TRANSPOSE = "T"
PI = "π"
SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


@dataclass(frozen=True)
class Formula:
    """`value`: a scalar or a matrix expression; `conditions`: what must have a value too."""

    text: str
    value: Expr
    conditions: tuple[tuple[str, Expr], ...] = ()

    @property
    def shape(self) -> tuple:
        return shape(self.value)

    @property
    def symbols(self) -> list:
        """Scalars, matrices and sizes, by name."""
        parts = (self.value, *(argument for _, argument in self.conditions))
        found = set().union(*(p.free_symbols for p in parts))
        found |= {s for m in found if isinstance(m, MatrixSymbol) for s in m.shape if s.is_Symbol}
        return sorted(found, key=lambda s: s.name)

    def at(self, values: Mapping, field: BallField):
        """A number or rows of them.  Raises `Unevaluable` where the formula has no real value."""
        world = World(values, field=field)
        for function, argument in self.conditions:
            for x in entries(evaluate(argument, world)):
                within_domain(function, field.number(x))
        return evaluate(self.value, world)


def entries(value) -> list:
    return [x for row in value for x in row] if isinstance(value, list) else [value]


def read_pair(
    expected: str,
    answer: str,
    real: Iterable[str] = (),
    positive: Iterable[str] = (),
    shapes: Mapping[str, tuple] | None = None,
) -> tuple[Formula, Formula]:
    """Both formulas in the same symbols; an undeclared name is a real number.  Raises `ParseError`."""
    names = declared(shapes or {}, real, positive)
    return read(expected, names), read(answer, names)


def read(text: str, names: Mapping[str, Expr]) -> Formula:
    """Text, or LaTeX where the text looks so, or where only as LaTeX it can be read, as X^T A X."""
    text = SUPERSCRIPT.sub(lambda m: "^" + m.group().translate(DIGITS), text)
    if is_latex(text):
        return read_pieces(text, latex_tokens(text, names), names)
    pieces = transposed(tokens(text), names)
    try:
        return read_pieces(text, pieces, names)
    except ParseError as problem:
        lacks = problem.message == NO_OPERATION
        if not lacks or any(long_name(p, names) for p in pieces):
            raise
        fault = problem
    try:
        return read_pieces(text, latex_tokens(text, names), names)
    except ParseError:
        raise fault from None


def transposed(pieces: list[Token], names: Mapping[str, Expr]) -> list[Token]:
    """With T after a power sign read as the transpose, even of a number, where there are matrices."""
    if not has_matrices(names) or TRANSPOSE in names:
        return pieces
    found = []
    for piece in pieces:
        if piece.text == TRANSPOSE and found and found[-1].text == "**":
            found[-1] = replace(found[-1], text=".T", end=piece.end)
        else:
            found.append(piece)
    return found


def has_matrices(names: Mapping[str, Expr]) -> bool:
    return any(is_matrix(value) for value in names.values())


def long_name(piece: Token, names: Mapping[str, Expr]) -> bool:
    """Whether a name would fall into letters if it were read as LaTeX."""
    known = piece.text in names or piece.text in FUNCTIONS
    return piece.kind == "name" and not known and len(piece.text.partition("_")[0]) > 1


def read_pieces(text: str, pieces: list[Token], names: Mapping[str, Expr]) -> Formula:
    names = {**{n: sympy.Symbol(n, real=True) for n in undeclared(pieces, names)}, **names}
    names = {EULER: sympy.E, PI: sympy.pi, **names}
    if IDENTITY in names or not has_matrices(names):
        names.setdefault(IDENTITY, sympy.Symbol(IDENTITY, real=True))
        return _read(text, pieces, names)
    return _with_identities(text, pieces, names)


def _read(text: str, pieces: list[Token], names: Mapping[str, Expr]) -> Formula:
    reader = Reader(text, names, closed=False, pieces=pieces)
    value = reader.formula()
    return Formula(text, value, tuple(conditions(reader.applied)))


def undeclared(pieces: list[Token], names: Mapping[str, Expr]) -> set[str]:
    """Names that stand for numbers though nobody said so: no constants, no called functions."""
    found = set()
    for piece, after in pairwise(pieces):
        called = after.text == "(" and after.kind == "symbol"
        if piece.kind == "name" and not called and piece.text not in CONSTANTS:
            found.add(piece.text)
    return found - set(names) - {EULER, IDENTITY, PI} - (set(FUNCTIONS) - _as_variables(pieces))


def _as_variables(pieces: list[Token]) -> set[str]:
    """Functions' names that are never called, like gamma in gamma*x."""
    called = {p.text for p, after in pairwise(pieces) if after.text == "("}
    return {p.text for p in pieces if p.kind == "name"} - called


def _with_identities(text: str, pieces: list[Token], names: Mapping[str, Expr]) -> Formula:
    """Each undeclared I as the identity of the only size that fits."""
    places = [k for k, piece in enumerate(pieces) if piece.kind == "name" and piece.text == IDENTITY]
    sizes = {s for value in names.values() if is_matrix(value) for s in value.shape if s != 1}
    choices = product(sorted(sizes, key=str), repeat=len(places))
    found, fault = {}, None
    for chosen in islice(choices, MOST_IDENTITIES):
        given = {f"{IDENTITY}#{k}": Identity(size) for k, size in zip(places, chosen, strict=True)}
        renamed = [replace(p, text=f"{IDENTITY}#{k}") if k in places else p for k, p in enumerate(pieces)]
        try:
            formula = _read(text, renamed, {**names, **given})
            found.setdefault(formula.value, formula)
        except ParseError as problem:
            fault = fault or problem
    if not found:
        raise fault or ParseError("too many identities: write eye(n)", text)
    if len(found) > 1:
        place = pieces[places[0]]
        raise ParseError("the size of this identity is open: write eye(n)", text, place.start, place.end)
    return next(iter(found.values()))


# --- where a formula has a value -----------------------------------------------------------------

DOMAIN_OF = {
    **dict.fromkeys(("log", "ln", "log2", "log10", "logdet"), "ln"),
    **dict.fromkeys(("loggamma", "lgamma", "gammaln"), "loggamma"),
    **dict.fromkeys(("acos", "arccos"), "acos"),
    **dict.fromkeys(("asin", "arcsin"), "asin"),
    **dict.fromkeys(("atanh", "artanh", "arctanh"), "atanh"),
    **dict.fromkeys(("acosh", "arcosh", "arccosh"), "acosh"),
    "sqrt": "sqrt",
    "erfinv": "erfinv",
}


def conditions(applied: Iterable[tuple]) -> Iterable[tuple[str, Expr]]:
    """What SymPy may have simplified away, as exp(log(x)).  Isolated points, as in x/x, are no matter."""
    for name, first, *others in applied:
        if name == "**" and not is_matrix(first):
            yield from _of_power(first, *others)
        elif name == "logdet":
            yield "ln", sympy.Determinant(first) if is_matrix(first) else first
        elif name == "log1p":
            yield "ln", 1 + first
        elif name == "logit":
            yield from (("ln", first), ("ln", 1 - first))
        elif name in DOMAIN_OF and not (DOMAIN_OF[name] in ("ln", "sqrt", "loggamma") and first.is_positive):
            yield DOMAIN_OF[name], first


def _of_power(base: Expr, exponent: Expr) -> Iterable[tuple[str, Expr]]:
    if exponent.is_integer or base.is_positive:
        return
    yield ("sqrt", base) if exponent.is_positive else ("ln", base)
