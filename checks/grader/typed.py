"""What an answer comes to; and answers that are typed, which are data: nothing of them is run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..exercises.chain import ChainExercise
from ..exercises.choice import ChoiceExercise
from ..exercises.exercise import Exercise, FormulaExercise
from ..exercises.witness import WitnessExercise
from .chains import check_chain
from .choices import check_choice, remarks
from .failure import Failure
from .formulas import check_formula
from .witnesses import check_witness

RIGHT, WRONG, UNANSWERED = "right", "wrong", "not answered"


@dataclass(frozen=True)
class Result:
    """`tried`: on how many inputs or situations the answer was right before anything failed; `remarks`:
    what is said of a right answer."""

    exercise: Exercise
    outcome: str
    tried: int = 0
    failure: Failure | None = None
    remarks: tuple[str, ...] = ()

    @property
    def earned(self) -> int:
        """All points, or those of the parts that are right."""
        if self.outcome == RIGHT:
            return self.exercise.points
        right = self.failure.right_parts if self.failure else ()
        return sum(part.points for part in self.exercise.parts if part.name in right)


def typed_result(exercise: Exercise, data: Mapping[str, object], others: Collection[str], seed: int) -> Result:
    """The result for what stands under the exercise's names: `data`, or in `others` if it is no data."""
    given = {name: data[name] for name in exercise.identifiers if name in data}
    unread = [name for name in exercise.identifiers if name in others]
    if unread or (isinstance(exercise, FormulaExercise) and not all(isinstance(x, str) for x in given.values())):
        return Result(exercise, WRONG, 0, not_typed(exercise, (unread or list(given))[0]))
    if not any(map(filled, given.values())):
        return Result(exercise, UNANSWERED)
    failure, tried = checked(exercise, given, seed)
    if failure:
        return Result(exercise, WRONG, tried, failure)
    choice = isinstance(exercise, ChoiceExercise)
    return Result(exercise, RIGHT, tried, remarks=remarks(exercise, given[exercise.identifier]) if choice else ())


def checked(exercise: Exercise, given: Mapping[str, object], seed: int) -> tuple[Failure | None, int]:
    if isinstance(exercise, WitnessExercise):
        return check_witness(exercise, given)
    (answer,) = given.values()
    if isinstance(exercise, ChoiceExercise):
        return check_choice(exercise, answer)
    check = check_chain if isinstance(exercise, ChainExercise) else check_formula
    return check(exercise, answer, seed)


FORMS = {
    "formula": 'the formula as text in quotes: {} = "…"',
    "witness": 'numbers, written out: {} = [[1, 0], ["1/2", 0.5]] is a matrix',
    "choice": 'letters in quotes: {} = "a"',
    "chain": 'a list of lines, each a text in quotes: {} = ["…", "…"]',
}


def not_typed(exercise: Exercise, name: str) -> Failure:
    return Failure("not_text", f"Give {FORMS[exercise.kind].format(name)}.")


def filled(value) -> bool:
    """Whether there is anything in it; the lists and texts of a template are empty."""
    if isinstance(value, list):
        return any(map(filled, value))
    return bool(value.strip()) if isinstance(value, str) else True
