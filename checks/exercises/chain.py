"""Exercises whose answer is the reader's own derivation, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sympy import Basic, Expr

from .exercise import InSymbols, Part


@dataclass(frozen=True)
class Form:
    """A form that a line is to come to: the only `symbols` it may have, and nodes that it must not have.

    `text`: the form in words, after "a line"; `points`: what it earns by itself.
    """

    text: str
    symbols: tuple[str, ...]
    without: tuple[type[Basic], ...] = ()
    points: int = 0

    def remains(self, formula: Expr) -> list[str]:
        """What is still in the formula that must not be."""
        names = sorted({s.name for s in formula.free_symbols if not s.is_integer} - set(self.symbols))
        return names + [node.__name__ for node in self.without if formula.has(node)]


@dataclass(frozen=True, kw_only=True)
class ChainExercise(InSymbols):
    """An answer that is a list of lines, each a formula or [formula, reason]; each equals what is asked.

    `given`: the first line, which the exercise gives, as a formula; every line is held against the
    value that the problem demands in each situation.  `forms`: what earns points, in order; the last
    line must have the last form.  `least`: how many different lines a derivation has at least.  A
    misconception's `answer` is the value of a wrong line: a formula, or a function of a situation.
    """

    kind: ClassVar[str] = "chain"

    given: str
    forms: tuple[Form, ...]
    least: int = 2

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(Part(form.text, form.points) for form in self.forms if form.points)

    @property
    def template(self) -> str:
        about = f"# {self.question}: {self.title}; lines, or [line, reason] pairs, in {', '.join(self.symbols)}"
        return f'{about}\n{self.identifier} = [\n    "",\n]\n'
