"""Exercises whose answer is an object with a required property, typed in as numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from .exercise import Exercise, tuple_text


@dataclass(frozen=True)
class Piece:
    """A part of the object: `shape` in numbers and names of sizes, () for a number."""

    name: str
    shape: tuple
    meaning: str


@dataclass(frozen=True)
class Shortfall:
    """How a requirement is missed: `got` against `demanded`, numbers, or `got` alone as text."""

    got: object
    demanded: object = None


@dataclass(frozen=True)
class Requirement:
    """`text`: a sentence that must hold; `check`: the pieces -> how it fails, or None.

    The pieces come by name, in exact fractions: a number, a list, a list of rows.
    """

    text: str
    check: Callable[[Mapping], Shortfall | None]


@dataclass(frozen=True, kw_only=True)
class WitnessExercise(Exercise):
    """An answer typed as numbers, judged by each requirement in turn, in exact arithmetic where it can be.

    `sizes`: name -> (smallest, largest).  A misconception has an example of its kind as `answer`
    (the pieces by name, nested lists of numbers or texts like "1/2"), and `fits`: the pieces -> whether the
    reader's object is of that kind.
    """

    kind: ClassVar[str] = "witness"

    pieces: tuple[Piece, ...]
    requirements: tuple[Requirement, ...]
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def identifiers(self) -> tuple[str, ...]:
        if len(self.pieces) == 1:
            return (self.identifier,)
        return tuple(f"{self.identifier}_{piece.name}" for piece in self.pieces)

    @property
    def template(self) -> str:
        lines = [f'# {self.question}: {self.title}; numbers like 3, 0.5 or "1/3", a matrix as a list of rows']
        for name, piece in zip(self.identifiers, self.pieces, strict=True):
            form = f", of shape {tuple_text(piece.shape)}" if piece.shape else ", a number"
            empty = "[]" if piece.shape else '""'
            lines.append(f"{name} = {empty}  # {piece.meaning}{form}")
        return "\n".join(lines) + "\n"
