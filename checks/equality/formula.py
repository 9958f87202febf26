"""A formula with its domain, as a stranger wrote it: text or LaTeX, scalars real unless declared positive.

Two formulas are read beside one another: xy is a product where the other has x and y, and a name where it has xy.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice, pairwise, product

import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, MatrixSymbol

from derivations.evaluate import World, evaluate
from derivations.expressions import is_matrix, shape
from derivations.latex_formulas import Lexicon, is_latex, is_plain, latex_tokens, reads_as_latex
from derivations.parsing import (
    CONSTANTS,
    FUNCTIONS,
    GREEK_NAMES,
    NO_OPERATION,
    TOKEN,
    ParseError,
    Reader,
    Token,
    ascii_form,
    declared,
    respelt,
    tokens,
)

from .balls import BallField, within_domain

MOST_IDENTITIES = 64
EULER = "e"
IDENTITY = "I"
TRANSPOSE = "T"
INDEX_IN_BRACES = re.compile(r"_\{(\w+)\}")


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
    one, other = (Vocabulary.of(text, names) for text in (expected, answer))
    return read(expected, names, other.known_to(one)), read(answer, names, one.known_to(other))


def read(text: str, names: Mapping[str, Expr], known: Collection[str] = ()) -> Formula:
    """Text, or LaTeX where the text looks so, or where it is written as LaTeX is: X^T A X, 2xy, log det A.

    `known`: names of the formula that this one is compared with; they are numbers.
    """
    if is_latex(text):
        return read_pieces(text, latex_tokens(text, names, known), names)
    pieces = transposed(tokens(text), names)
    if reads_as_latex(pieces, Lexicon(names, known)):
        return read_pieces(text, latex_tokens(text, names, known), names)
    try:
        return read_pieces(text, pieces, names)
    except ParseError as problem:
        if problem.message != NO_OPERATION and not lacks_operations(pieces):
            raise
    return read_pieces(text, latex_tokens(text, names, known), names)


def lacks_operations(pieces: list[Token]) -> bool:
    """Whether factors stand side by side, as in y - X w; the text reader may stop before it comes to them."""
    return any(
        (one.kind in ("name", "number") or one.text in (")", ".T"))
        and (other.kind in ("name", "number") or (other.text == "(" and one.kind != "name"))
        for one, other in pairwise(pieces)
    )


# --- the names of a formula, before it is read ---------------------------------------------------


@dataclass(frozen=True)
class Vocabulary:
    """`numbers`: names that no bracket follows; `called`: those that one follows; `runs`: of several letters."""

    numbers: frozenset[str]
    called: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str, names: Mapping[str, Expr]) -> Vocabulary:
        if not is_plain(text):
            return cls(frozenset(names_of_latex(text, names)))
        text = INDEX_IN_BRACES.sub(r"_\1", text)
        found = [(m["name"], text[m.end() : m.end() + 1]) for m in TOKEN.finditer(text) if (m["name"] or "_")[0] != "_"]
        lexicon = Lexicon(names)
        free = {w for w, _ in found if not lexicon.is_word(ascii_form(w)) or ascii_form(w) in GREEK_NAMES}
        called = {ascii_form(w) for w, after in found if after == "(" and w in free}
        numbers = {w for w, after in found if after != "(" and w in free}
        runs = {w for w in numbers if len(w) > 1 and w.isalpha() and w not in GREEK_NAMES}
        return cls(frozenset(map(ascii_form, numbers)), frozenset(called), frozenset(runs))

    def known_to(self, other: Vocabulary) -> set[str]:
        """The names that the other formula may take for numbers: these, and what a bracket follows in one of the
        two and stands in a run of the other, as in a(b+c) and ab+ac."""
        return {*self.numbers, *(letters(other.runs, self) & self.called), *(letters(self.runs, other) & other.called)}


def letters(runs: Iterable[str], elsewhere: Vocabulary) -> set[str]:
    """Those of the runs that are no names elsewhere."""
    return {ascii_form(c) for run in runs if ascii_form(run) not in elsewhere.numbers for c in run}


def names_of_latex(text: str, names: Mapping[str, Expr]) -> set[str]:
    try:
        found = latex_tokens(text, names)
    except ParseError:
        return set()
    return {piece.text for piece, after in pairwise(found) if piece.kind == "name" and after.text != "("}


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


def read_pieces(text: str, pieces: list[Token], names: Mapping[str, Expr]) -> Formula:
    pieces = respelt(pieces, names)
    names = {**{n: sympy.Symbol(n, real=True) for n in undeclared(pieces, names)}, **names}
    names = {EULER: sympy.E, **names}
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
    functions = {name for name in FUNCTIONS if name not in GREEK_NAMES}
    return found - set(names) - {EULER, IDENTITY} - functions - _called(pieces)


def _called(pieces: list[Token]) -> set[str]:
    """Functions that are called; gamma is a number in gamma*x."""
    return {p.text for p, after in pairwise(pieces) if after.text == "(" and p.text in FUNCTIONS}


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
