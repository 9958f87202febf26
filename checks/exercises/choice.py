"""Exercises that ask which of several claims hold; each false claim is refuted by running a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase
from typing import ClassVar

from .exercise import Exercise


@dataclass(frozen=True)
class Option:
    """A claim.  Nothing here says whether it is true: it is, if no case contradicts it.

    `holds`: a case -> whether the claim is true of it, computed; `tell`: a case that contradicts the
    claim -> a sentence with the numbers that show it.  `cases`: own ones, where those of the exercise
    say nothing about this claim.  `explanation`: why it holds, if it does; `proofs`: the names of the
    derivations that prove it.
    """

    text: str
    holds: Callable[[object], bool]
    tell: Callable[[object], str]
    cases: Callable[[], Iterable] | None = None
    explanation: str = ""
    proofs: tuple[str, ...] = ()


@cache
def contradiction(option: Option, cases: Callable[[], Iterable]):
    """The first case of which the option is not true; every run finds the same."""
    return next((case for case in cases() if not option.holds(case)), None)


@dataclass(frozen=True, kw_only=True)
class ChoiceExercise(Exercise):
    """An answer that names options by their letters, a, b, c … in order.

    `several`: all that hold are asked for, else the only one that does.  `cases`: the cases on which
    claims are tried, the simplest first.  A misconception's `answer` is the text of letters that it
    leads to, as "b" or "ac".
    """

    kind: ClassVar[str] = "choice"

    options: tuple[Option, ...]
    cases: Callable[[], Iterable] = tuple
    several: bool = False

    @property
    def letters(self) -> str:
        return ascii_lowercase[: len(self.options)]

    def option(self, letter: str) -> Option:
        return self.options[self.letters.index(letter)]

    def counterexample(self, letter: str):
        """The first case that contradicts the option, or None.  A case must not be None itself."""
        option = self.option(letter)
        return contradiction(option, option.cases or self.cases)

    @property
    def template(self) -> str:
        form = '[]  # all letters that hold, as in ["a", "b"]' if self.several else '""  # one letter'
        return f"# {self.question}: {self.title} ({', '.join(self.letters)})\n{self.identifier} = {form}\n"
