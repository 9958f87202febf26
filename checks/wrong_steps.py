"""Classic wrong steps of a derivation: the misconceptions of the exercises that rest on it, in its own symbols.

Each is refuted here as `python -m derivations check` refutes a line: worlds are tried, the smallest first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from sympy import Basic, Expr, Symbol, preorder_traversal
from sympy.matrices.expressions import MatrixSymbol

import derivations
from derivations.chain import Derivation
from derivations.expressions import Bound, same_shape, substitute
from derivations.printing import latex
from derivations.report import RELATION_TEX
from derivations.verification import POINTS, SEED, Worlds, compare

from .exercises import EXERCISES
from .exercises.exercise import Misconception
from .exercises.slips import Falsified, OnInputs

READINGS = 1000
"""How many are tried; an exercise of few symbols has fewer, one of many tells only a part of a result."""


@dataclass(frozen=True)
class WrongStep:
    """A wrong result: `equation` in LaTeX, what it is called, why it is wrong, and where it fails."""

    name: str
    explanation: str
    equation: str
    counterexample: str


@lru_cache(maxsize=256)
def wrong_steps(name: str) -> tuple[WrongStep, ...]:
    """Every wrong result of the derivation that is known, and refuted in one of its worlds; each once."""
    found = {}
    for misconception, falsified in falsified_results():
        if falsified.derivation == name:
            step = refuted(misconception, falsified)
            if step is not None:
                found.setdefault(step.equation, step)
    return tuple(found.values())


def falsified_results() -> Iterator[tuple[Misconception, Falsified]]:
    for exercise in EXERCISES.values():
        for misconception in exercise.misconceptions:
            answer = misconception.answer
            answer = answer.falsified if isinstance(answer, OnInputs) else answer
            if isinstance(answer, Falsified):
                yield misconception, answer


def refuted(misconception: Misconception, falsified: Falsified) -> WrongStep | None:
    """None where the wrong result cannot be told in the derivation's symbols, or no world refutes it."""
    wrong = told_back(falsified)
    if wrong is None:
        return None
    derivation = derivations.get(falsified.derivation)
    _, chain = derivation.parts[-1]
    counterexample = where_it_fails(chain, derivation, falsified, wrong)
    if counterexample is None:
        return None
    equation = f"{left_of(chain, falsified)} {asked(derivation.relation)} {latex(wrong)}"
    return WrongStep(misconception.name, misconception.explanation, equation, counterexample)


def left_of(chain: Derivation, falsified: Falsified) -> str:
    return rf"\text{{{falsified.result}}}" if falsified.result else latex(chain.lines[-1].left)


def asked(relation: str) -> str:
    return rf"\overset{{?}}{{{RELATION_TEX[relation]}}}"


def where_it_fails(chain: Derivation, derivation, falsified: Falsified, wrong: Basic) -> str | None:
    """The smallest world in which the wrong result does not stand where the right one does."""
    worlds = Worlds(chain, POINTS, SEED)
    if derivation.relation == "=":
        right = derivation.result(falsified.result)
        return compare(right, wrong, "=", worlds).counterexample
    return compare(chain.lines[0].left, wrong, derivation.relation, worlds).counterexample


# --- from an exercise's symbols to those of the derivation ----------------------------------------


def told_back(falsified: Falsified) -> Basic | None:
    """The wrong result in the derivation's symbols; None where the exercise tells only a part of the result."""
    right = derivations.get(falsified.derivation).result(falsified.result)
    reading = reading_of(falsified.unchanged, right)
    if reading is None:
        return None
    wrong = substitute(falsified.formula, reading)
    return None if parts_of(wrong, Symbol, MatrixSymbol) & set(reading) else wrong


@lru_cache(maxsize=64)
def reading_of(told: Basic, right: Basic) -> dict | None:
    """What each symbol of an exercise stands for, so that what it tells is the derivation's result."""
    own = parts_of(right)
    names = sorted(parts_of(told, Symbol, MatrixSymbol) - own, key=str)
    fits = (reading for reading in readings(names, own - parts_of(told)) if substitute(told, reading) == right)
    return next(fits, None)


def readings(names: list, meanings: set) -> Iterator[dict]:
    """Ways to read each name as a part of the derivation's result of its shape, up to a number."""
    ordered = sorted(meanings, key=str)
    fitting = [[m for m in ordered if same_shape(m, name)] for name in names]
    for chosen in islice(product(*fitting), READINGS):
        yield dict(zip(names, chosen, strict=True))


def parts_of(expression: Basic, *kinds: type) -> set:
    """The subterms that stand alone: those that hold no bound variable."""
    found = (e for e in preorder_traversal(expression) if isinstance(e, kinds or Expr))
    return {e for e in found if not e.atoms(Bound)}
