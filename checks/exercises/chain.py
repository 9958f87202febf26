"""Exercises whose answer is the reader's own derivation, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from sympy import Basic, Expr

from derivations.evaluate import World, evaluate
from derivations.fields import Unevaluable
from derivations.parsing import declared, parse

from .exercise import InSymbols, Part, Situation


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


# --- situations of a first line that has a value by itself ---------------------------------------

POINTS, LARGEST_SIZE = 30, 3


def equal_to(
    given: str, real: tuple[str, ...] = (), positive: tuple[str, ...] = (), shapes: Mapping[str, tuple] | None = None
) -> Callable[[object, Random], Iterator[Situation]]:
    """Situations in which the value of `given` is demanded: small numbers first, then random ones.

    For a question that is itself a formula ("simplify …", "expand …").  Where it has no value, nothing
    is asked.
    """

    def situations(field, random: Random) -> Iterator[Situation]:
        formula = parse(given, shapes, real=real, positive=positive, known=())
        names = declared(shapes or {}, real, positive)
        for point in range(POINTS):
            sizes = {n: 1 if point < 3 else random.randint(1, LARGEST_SIZE) for n in names if n in sizes_in(shapes)}
            draw = small if point < POINTS // 3 else any_number
            values = {n: abs(draw(field, random)) if n in positive else draw(field, random) for n in (*real, *positive)}
            values |= {
                n: rows(shape, sizes, lambda draw=draw: draw(field, random)) for n, shape in (shapes or {}).items()
            }
            known = {names[n]: v for n, v in {**values, **sizes}.items()}
            try:
                yield Situation(values, evaluate(formula, World(known, field=field)), sizes)
            except Unevaluable:
                continue

    return situations


def sizes_in(shapes: Mapping[str, tuple] | None) -> set[str]:
    return {d for shape in (shapes or {}).values() for d in shape if isinstance(d, str)}


def rows(shape: tuple, sizes: Mapping[str, int], draw: Callable) -> list[list]:
    height, width = (sizes.get(d, d) for d in shape)
    return [[draw() for _ in range(width)] for _ in range(height)]


def small(field, random: Random):
    return field.number(random.choice((1, 2, -1, 3, -2)))


def any_number(field, random: Random):
    return field.number(random.randint(-48, 48) or 1) / 16
