"""A formula answer: read by allow-list, held against the problem in the trusted process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from random import Random

import mpmath
from sympy import Expr

from derivations.evaluate import evaluate
from derivations.fields import Unevaluable
from derivations.parsing import ParseError

from ..equality import BoundedNumbers, Comparison, compare, differ, world
from ..exercises.exercise import FormulaExercise, InSymbols, Misconception, Situation
from ..exercises.slips import Falsified
from .failure import Failure

NOTHING = 1e-40
LARGEST = sys.float_info.max


def check_formula(exercise: FormulaExercise, text: str, seed: int) -> tuple[Failure | None, int]:
    """What is wrong with the answer, if anything, and in how many situations it was right."""
    try:
        formula = exercise.parse(text)
    except ParseError as problem:
        return unreadable(problem, "Your formula"), 0
    situations, field = drawn(exercise, seed)
    comparison = compare(formula, situations, field)
    if comparison.verdict == "supported":
        return None, comparison.points
    failure = refutation(exercise, text, comparison)
    found = agreeing(exercise, formula, situations, field)
    return replace(failure, misconceptions=found), comparison.points


def drawn(exercise: InSymbols, seed: int) -> tuple[list[Situation], BoundedNumbers]:
    """The situations, the same for every answer, and the field that their numbers belong to."""
    return drawn_from(exercise.situations, seed)


@lru_cache(maxsize=64)
def drawn_from(situations: Callable, seed: int) -> tuple[list[Situation], BoundedNumbers]:
    field = BoundedNumbers()
    return list(situations(field, Random(seed))), field


def unreadable(problem: ParseError, what: str) -> Failure:
    return Failure("parse", f"{what} cannot be read: {problem.message}.", tuple(problem.display().splitlines()))


def refutation(exercise: InSymbols, text: str, comparison: Comparison) -> Failure:
    situation: Situation = comparison.witness
    inputs = {name: floats(situation.values[name]) for name in exercise.symbols}
    if comparison.value is None:
        message, got = "Your formula has no real value in one case.", "none"
    else:
        message, got = "Your formula differs from what the problem demands.", floats(comparison.value)
    demanded = floats(situation.demanded)
    return Failure(
        "counterexample", message, (text.strip(),), inputs, got=got, demanded=demanded, source=exercise.source
    )


def floats(value):
    """For the eye: what is left of differences that vanish is shown as 0, what no float holds as text."""
    if isinstance(value, list):
        return [floats(x) for x in value]
    if abs(value) < NOTHING:
        return 0.0
    return float(value) if abs(value) <= LARGEST else mpmath.nstr(mpmath.mpf(value), 6)


# --- misconceptions -------------------------------------------------------------------------------


def agreeing(exercise: InSymbols, formula: Expr, situations: Iterable[Situation], field) -> tuple[Misconception, ...]:
    """The misconceptions with whose value the formula agrees in every situation."""
    remaining = list(exercise.misconceptions)
    for situation in situations:
        if not remaining:
            break
        value = value_at(formula, situation, field)
        remaining = [m for m in remaining if same(value, led_to(exercise, m, situation, field), field)]
    return tuple(remaining)


def led_to(exercise: InSymbols, misconception: Misconception, situation: Situation, field):
    """The value that a misconception leads to, None where it leads to none."""
    answer = misconception.answer
    if isinstance(answer, str):
        answer = exercise.parse(answer)
    elif isinstance(answer, Falsified):
        answer = answer.formula
    return value_at(answer, situation, field) if isinstance(answer, Expr) else answer(situation)


def value_at(formula: Expr, situation: Situation, field):
    try:
        return evaluate(formula, world(formula, situation, field))
    except Unevaluable:
        return None


def same(a, b, field) -> bool:
    return a is not None and b is not None and not differ(a, b, field)
