"""Shapes as people declare them on a command line, and those that a formula implies.

An undeclared capital letter is a matrix, any other name a column; their sizes are unknowns at first,
and every place where two sizes must be equal makes them so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain, count

from .parsing import CONSTANTS, FUNCTIONS, TOKEN, ParseError, parse

DECLARATION = re.compile(r"([^\W\d]\w*):([^\W\d]\w*|\d+)(?:,([^\W\d]\w*|\d+))?")
LETTERS = "nmpqrskl"
MOST_EQUATIONS = 200


def read_shapes(text: str) -> dict[str, tuple]:
    """``"X:n,n a:n,1 b:n"`` as {name: (rows, columns)}; one size alone is a column.  Raises `ParseError`."""
    shapes = {}
    for part in text.split():
        found = DECLARATION.fullmatch(part)
        if not found:
            raise ParseError(f"the shape {part!r} is not of the form X:rows,columns", text)
        name, rows, cols = found.groups()
        shapes[name] = (rows, cols or "1")
    return shapes


def infer_shapes(text: str, declared: Mapping[str, tuple], scalars=(), wanted=()) -> dict[str, tuple]:
    """The shapes of all names of a formula: those declared, and for the others what the formula implies.

    `wanted`: further names, such as the variable.  Raises `ParseError` where no shapes fit.
    """
    sizes = {size for shape in declared.values() for size in shape if not str(size).isdecimal()}
    unknown = _undeclared(text, {*declared, *sizes, *scalars}) | (set(wanted) - set(declared))
    shapes = dict(declared)
    for name in sorted(unknown):
        shapes[name] = (f"rows_of_{name}", f"cols_of_{name}" if name[0].isupper() else "1")
    for _ in range(MOST_EQUATIONS):
        try:
            parse(text, shapes, real=scalars)
            return _with_letters(shapes, declared, sizes)
        except ParseError as problem:
            shapes = _made_equal(problem, shapes)
    raise ParseError("no shapes were found that fit; declare them", text)


def _undeclared(text: str, known: set) -> set[str]:
    names = {m.group("name") for m in TOKEN.finditer(text) if m.group("name")}
    return names - known - set(FUNCTIONS) - set(CONSTANTS)


def _made_equal(problem: ParseError, shapes: dict) -> dict:
    """The shapes with the first clashing pair of sizes made equal; raises if neither is unknown."""
    for pair in (p for sizes in problem.sizes for p in _factors(*sizes)):
        one, other = sorted(map(str, pair), key=_is_unknown)
        if one != other:
            if not _is_unknown(other):
                raise problem
            return {name: tuple(one if s == other else s for s in shape) for name, shape in shapes.items()}
    raise problem


def _factors(one, other) -> list[tuple]:
    """Two sizes that must be equal; of Kronecker products, factor by factor."""
    if one.is_Mul and other.is_Mul and len(one.args) == len(other.args):
        return list(zip(*(sorted(s.args, key=lambda f: str(f)[-1]) for s in (one, other)), strict=True))
    return [(one, other)]


def _is_unknown(size: str) -> bool:
    return size.startswith(("rows_of_", "cols_of_"))


def _with_letters(shapes: dict, declared, taken: set) -> dict[str, tuple]:
    """The unknown sizes that are left, as n, m, p, …"""
    letters = chain(LETTERS, (f"n{i}" for i in count(1)))
    free = (letter for letter in letters if letter not in {*taken, *shapes})
    names: dict = {}
    for shape in shapes.values():
        for s in shape:
            if _is_unknown(s) and s not in names:
                names[s] = next(free)
    return {name: tuple(names.get(s, s) for s in shape) for name, shape in shapes.items()}


def describe_shapes(shapes: Mapping[str, tuple]) -> str:
    """``X: n×n, a: n×1``."""
    return ", ".join(f"{name}: {'×'.join(map(str, shape))}" for name, shape in sorted(shapes.items()))
