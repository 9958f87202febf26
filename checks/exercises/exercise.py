"""What an exercise is: a statement, a form of answer, and a property of the problem that decides.

No exercise holds a right answer.  A formula is held against values that the problem itself yields
(differences of a loss, conditioning of a density) in situations drawn from its domain; a function
is called on inputs drawn from its domain and its results are judged by the same kind of property.
What is known of wrong answers comes from the derivations, and stands apart, in ``<chapter>_slips``.
Formulas and functions are here; `witness`, `choice` and `chain` have the other three kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from random import Random
from typing import ClassVar

import sympy
from sympy import Expr

from derivations.latex_formulas import is_latex, latex_tokens
from derivations.parsing import ParseError, Reader, declared

from .arrays import Array


@dataclass(frozen=True)
class Misconception:
    """A known wrong road; it is named to a reader whose answer agrees with it wherever both were tried.

    `explanation`: why it is wrong, without the right answer.  `answer`: where the road leads, in the
    form that the kind of exercise says.  `see`: where on which page to read, as in
    ``rnn#what-commonly-goes-wrong``.  `fits`: for objects of which many will do, whether the reader's is
    of this kind; `answer` is then one example.
    """

    name: str
    explanation: str
    answer: object
    see: str = ""
    fits: Callable | None = None


@dataclass(frozen=True)
class Part:
    """What earns a share of the points by itself."""

    name: str
    points: int


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """`statement`: Markdown with ``$tex$``; `domain`: in words, what the answer is tried on."""

    kind: ClassVar[str]

    name: str
    question: str
    title: str
    statement: str
    points: int
    domain: str
    hints: tuple[str, ...] = ()

    @cached_property
    def misconceptions(self) -> tuple[Misconception, ...]:
        """Those of this name in the chapter's table."""
        return slips_of_chapter(self.name.partition(".")[0]).get(self.name, ())

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is credited apart; nothing, if it is all or nothing."""
        return ()

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The names in an answer file that belong to this exercise."""
        return (self.identifier,)

    @property
    def identifier(self) -> str:
        """The name under which an answer file gives the answer."""
        return self.name.replace(".", "_")

    @property
    def template(self) -> str:
        """The Python lines that a reader starts from."""
        raise NotImplementedError


def slips_of_chapter(stem: str) -> Mapping[str, tuple[Misconception, ...]]:
    """The misconceptions of a chapter, by exercise: the table `SLIPS` of ``<stem>_slips``.

    They are made from the derivations, which are solutions.  Nothing here is needed to judge an
    answer: an edition for students leaves out both, and then there are none.
    """
    name = f"{__package__}.{stem}_slips"
    if None in map(find_spec, (name, f"derivations.{stem}")):
        return {}
    return import_module(name).SLIPS


# --- formulas -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Situation:
    """Values of a formula's symbols, and the value that the problem demands there.

    A scalar is a number of the field, a matrix a list of rows.
    """

    values: Mapping[str, object]
    demanded: object
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class InSymbols(Exercise):
    """An exercise whose answer is made of formulas, text or LaTeX, in declared symbols.

    `shapes`: name -> shape of the matrices; `real`, `positive`: the scalars; `shape`: that of the
    value, () for a scalar; `situations`: a field and a random generator -> situations, the
    smallest first; `source`: what yields the demanded value, as the reader is told; `spellings`:
    notation that a reader may copy from the statement -> what to write here.
    """

    shapes: Mapping[str, tuple] = field(default_factory=dict)
    real: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    shape: tuple = ()
    situations: Callable[[object, Random], Iterator[Situation]]
    source: str
    spellings: Mapping[str, str] = field(default_factory=dict)

    @property
    def symbols(self) -> tuple[str, ...]:
        return (*self.shapes, *self.real, *self.positive)

    def parse(self, text: str) -> Expr:
        """The formula; raises `ParseError`, also when its shape is not that of the answer."""
        for written, instead in self.spellings.items():
            if written in text:
                start = text.index(written)
                raise ParseError(instead, text, start, start + len(written))
        formula = self.read(text)
        found = tuple(map(str, formula.shape)) if getattr(formula, "is_Matrix", False) else ()
        if found != tuple(map(str, self.shape)):
            message = f"the answer must be {name_shape(self.shape)}, this is {name_shape(found)}"
            raise ParseError(message, text, 0, len(text))
        return formula

    def read(self, text: str) -> Expr:
        """As text, or as LaTeX where it looks so or can be read only so, as ``J^T d``."""
        names = with_identity(declared(self.shapes, self.real, self.positive), self.shapes)
        if is_latex(text):
            return read_latex(text, names)
        try:
            return Reader(text, names, closed=True).formula()
        except ParseError as problem:
            with suppress(ParseError):
                return read_latex(text, names)
            raise problem


@dataclass(frozen=True, kw_only=True)
class FormulaExercise(InSymbols):
    """One formula.  A misconception's `answer` is a formula, or a function: situation -> value."""

    kind: ClassVar[str] = "formula"

    @property
    def template(self) -> str:
        return f'# {self.question}: {self.title}, in {", ".join(self.symbols)}\n{self.identifier} = ""\n'


def with_identity(names: dict[str, Expr], shapes: Mapping[str, tuple]) -> dict[str, Expr]:
    """The names, and I for the identity where only one size fits."""
    sizes = {size for shape in shapes.values() for size in shape if size != 1}
    return names if len(sizes) != 1 or "I" in names else {"I": sympy.Identity(names[sizes.pop()]), **names}


def read_latex(text: str, names: Mapping[str, Expr]) -> Expr:
    names = {"e": sympy.E, **names}
    return Reader(text, names, closed=True, pieces=latex_tokens(text, names)).formula()


def name_shape(shape: tuple) -> str:
    return f"of shape {'×'.join(map(str, shape))}" if shape else "a scalar"


# --- functions ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """An input: `shape` in names of sizes, `entries` the numbers it is filled with, simplest first."""

    name: str
    shape: tuple[str, ...]
    meaning: str
    entries: tuple[float, ...]


@dataclass(frozen=True)
class Result:
    """A returned array: `shape` in names of sizes; `points`: what it earns when another one is wrong."""

    name: str
    shape: tuple[str, ...]
    meaning: str
    points: int = 0


@dataclass(frozen=True)
class Disagreement:
    """A result that breaks the property: what came, what the property demands, as nested lists."""

    result: str
    got: object
    demanded: object


@dataclass(frozen=True, kw_only=True)
class FunctionExercise(Exercise):
    """An answer written as a Python function of arrays.

    `sizes`: name -> (smallest, largest); `judge`: inputs and results by name -> the disagreement, or
    None, or several of them, the first of each result; `admissible`: which inputs the problem allows;
    `source`: what yields the demanded value; `generic`: where any numbers in ±1 may be inputs, the
    sizes of such ones that are not the largest.  A misconception's `answer` is a function: inputs by
    name, as nested lists -> results by name, as nested lists; its `fits` takes both.
    """

    kind: ClassVar[str] = "function"

    sizes: Mapping[str, tuple[int, int]]
    parameters: tuple[Parameter, ...]
    results: tuple[Result, ...]
    judge: Callable[[Mapping[str, list], Mapping[str, Array]], Disagreement | Iterable[Disagreement] | None]
    admissible: Callable[[Mapping[str, list]], bool] = lambda inputs: True
    source: str
    generic: Mapping[str, int] | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(Part(r.name, r.points) for r in self.results if r.points)

    def disagreements(self, inputs: Mapping[str, list], results: Mapping[str, Array]) -> list[Disagreement]:
        found = self.judge(inputs, results)
        return [found] if isinstance(found, Disagreement) else list(found or ())

    @property
    def signature(self) -> str:
        return f"{self.identifier}({', '.join(p.name for p in self.parameters)})"

    @property
    def template(self) -> str:
        lines = [f"{p.name}: {p.meaning}, {tuple_text(p.shape)}" for p in self.parameters]
        returns = " and ".join(f"{r.meaning}, {tuple_text(r.shape)}" for r in self.results)
        text = "\n    ".join([f"{self.title}.\n", *lines, f"Returns {returns}."])
        return f'def {self.signature}:\n    """{text}\n    """\n    raise NotImplementedError\n'


def tuple_text(shape: tuple) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def disagreement(result: str, got: Array, demanded: Array, tolerance: float) -> Disagreement | None:
    """Where an entry is further than `tolerance` from what is demanded."""
    if all(abs(a - b) <= tolerance for a, b in zip(got.values, demanded.values, strict=True)):
        return None
    return Disagreement(result, got.nested(), demanded.nested())
