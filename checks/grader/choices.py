"""A choice: a false claim is refuted by a case that is run, not by a key."""

from __future__ import annotations

from ..exercises.choice import ChoiceExercise, Option
from .failure import Failure


def check_choice(exercise: ChoiceExercise, answer) -> tuple[Failure | None, int]:
    """What is wrong with the chosen letters, if anything, and how many options were tried."""
    chosen = letters(answer)
    if not chosen or not set(chosen) <= set(exercise.letters):
        message = f"Answer with letters among {', '.join(exercise.letters)}."
        return Failure("letters", message), 0
    if not exercise.several and len(set(chosen)) > 1:
        return Failure("letters", "Exactly one option holds: answer with one letter."), 0
    for letter in sorted(set(chosen)):
        case = exercise.counterexample(letter)
        if case is not None:
            return refutation(exercise, letter, case, chosen), 0
    if exercise.several and any(holding(exercise, x) for x in set(exercise.letters) - set(chosen)):
        message = "What you chose holds, but it is not all that holds."
        return Failure("incomplete", message, misconceptions=agreeing(exercise, chosen)), len(set(chosen))
    return None, len(set(chosen))


def remarks(exercise: ChoiceExercise, answer) -> tuple[str, ...]:
    """Why what was chosen holds, and where it is proved."""
    return tuple(explained(exercise.option(letter)) for letter in letters(answer) or "")


def explained(option: Option) -> str:
    return f"{option.explanation} Proved: {', '.join(option.proofs)}." if option.proofs else option.explanation


def holding(exercise: ChoiceExercise, letter: str) -> bool:
    return exercise.counterexample(letter) is None


def letters(answer) -> str | None:
    """The letters in "b", "a, c" or ["a", "c"], in order."""
    parts = answer if isinstance(answer, list) else [answer]
    if not all(isinstance(part, str) for part in parts):
        return None
    return "".join(sorted({c.lower() for part in parts for c in part if not (c.isspace() or c in ",;()")}))


def refutation(exercise: ChoiceExercise, letter: str, case, chosen: str) -> Failure:
    option = exercise.option(letter)
    message = f"({letter}) does not hold.\n{option.tell(case)}"
    return Failure("counterexample", message, misconceptions=agreeing(exercise, chosen))


def agreeing(exercise: ChoiceExercise, chosen: str):
    """The misconceptions that lead to these letters, or to one of them that is refuted."""
    return tuple(m for m in exercise.misconceptions if set(m.answer) == set(chosen))
