"""A reader's derivation: each line is held against the problem; the first wrong one is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sympy import Expr

from derivations.parsing import ParseError

from ..equality import Comparison, compare
from ..exercises.chain import ChainExercise
from .failure import Failure
from .formulas import agreeing, drawn, floats, refutation, unreadable

MOST_LINES = 60


@dataclass(frozen=True)
class Line:
    number: int
    text: str
    reason: str = ""


class Malformed(ValueError):
    """No list of lines."""


def read_lines(answer) -> list[Line]:
    """The lines that are not empty, numbered as the reader counts them."""
    entries = answer if isinstance(answer, list) else str(answer).splitlines()
    if len(entries) > MOST_LINES:
        raise Malformed(f"A derivation has at most {MOST_LINES} lines here.")
    return [line for number, entry in enumerate(entries, 1) if (line := read_line(number, entry)).text]


def read_line(number: int, entry) -> Line:
    parts = entry if isinstance(entry, list) else [entry]
    if not 1 <= len(parts) <= 2 or not all(isinstance(part, str) for part in parts):
        raise Malformed(f"Line {number} must be a text, or a pair of texts, [formula, reason].")
    return Line(number, parts[0].strip().removeprefix("=").strip(), parts[1] if len(parts) > 1 else "")


def check_chain(exercise: ChainExercise, answer, seed: int) -> tuple[Failure | None, int]:
    """What is wrong with the derivation, if anything, and how many lines are right."""
    try:
        lines = read_lines(answer)
    except Malformed as problem:
        return Failure("lines", str(problem)), 0
    right: list[Expr] = []
    for line in lines:
        formula, failure = read_or_refute(exercise, line, len(right), seed)
        if failure:
            return credited(exercise, failure, right), len(right)
        right.append(formula)
    failure = incomplete(exercise, lines, right)
    return (credited(exercise, failure, right) if failure else None), len(right)


def read_or_refute(exercise: ChainExercise, line: Line, before: int, seed: int) -> tuple[Expr | None, Failure | None]:
    try:
        formula = exercise.parse(line.text)
    except ParseError as problem:
        return None, unreadable(problem, f"Line {line.number}")
    situations, field = drawn(exercise, seed)
    comparison = compare(formula, situations, field)
    if comparison.verdict == "supported":
        return formula, None
    failure = wrong_line(exercise, line, before, comparison)
    return None, replace(failure, misconceptions=agreeing(exercise, formula, situations, field))


def wrong_line(exercise: ChainExercise, line: Line, before: int, comparison: Comparison) -> Failure:
    """The failure of the first wrong line, with only those symbols that it or the question has."""
    found = refutation(exercise, line.text, comparison)
    said = "has no real value in one case" if comparison.value is None else "does not follow"
    first = f"Line {line.number} {said}; "
    message = first + ("the lines before it are right." if before else "it is the first line.")
    reason = (f"your reason: {line.reason}",) if line.reason else ()
    demanded = floats(comparison.witness.demanded)
    return replace(found, reason="wrong_line", message=message, display=(*found.display, *reason), demanded=demanded)


def incomplete(exercise: ChainExercise, lines: list[Line], right: list[Expr]) -> Failure | None:
    """Lines that are all right, but do not come to what was asked, or only restate it."""
    if not right:
        return Failure("lines", "There is no line.")
    last, number = right[-1], lines[-1].number
    form = exercise.forms[-1]
    if remains := form.remains(last):
        again = "it restates the question" if last == exercise.parse(exercise.given) else "it still has"
        still = again if again.endswith("question") else f"{again} {', '.join(remains)}"
        message = f"Every line is right, but line {number}, the last, is not {form.text}: {still}."
        return Failure("unfinished", message, (lines[-1].text,))
    if len({line.text for line in lines}) < exercise.least:
        message = f"The result is right. Show how you came to it: at least {exercise.least} different lines."
        return Failure("too_short", message)
    return None


def credited(exercise: ChainExercise, failure: Failure, right: list[Expr]) -> Failure:
    return replace(failure, right_parts=tuple(reached(exercise, right)))


def reached(exercise: ChainExercise, right: list[Expr]) -> Iterator[str]:
    """The forms, worth points, that a right line has come to."""
    for form in exercise.forms:
        if form.points and any(not form.remains(formula) for formula in right):
            yield form.text
