"""A formula answer: read by allow-list, held against the problem in the trusted process."""

from __future__ import annotations

import sys
from random import Random

import mpmath

from derivations.parsing import ParseError

from ..equality import BoundedNumbers, Comparison, compare
from ..exercises.exercise import FormulaExercise, Situation
from .failure import Failure

NOTHING = 1e-40
LARGEST = sys.float_info.max


def check_formula(exercise: FormulaExercise, text: str, seed: int) -> tuple[Failure | None, int]:
    """What is wrong with the answer, if anything, and in how many situations it was right."""
    try:
        formula = exercise.parse(text)
    except ParseError as problem:
        display = tuple(problem.display().splitlines())
        return Failure("parse", f"Your formula cannot be read: {problem.message}.", display), 0
    field = BoundedNumbers()
    comparison = compare(formula, exercise.situations(field, Random(seed)), field)
    if comparison.verdict == "refuted":
        return refutation(exercise, text, comparison), comparison.points
    return None, comparison.points


def refutation(exercise: FormulaExercise, text: str, comparison: Comparison) -> Failure:
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
