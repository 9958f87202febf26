"""Tests of the derivations, and the exercises with their grader.

``checks.names()`` lists the exercises, ``checks.get(name)`` is one of them.
"""

from difflib import get_close_matches

from .exercises import EXERCISES
from .exercises.exercise import Exercise


class UnknownExercise(KeyError):
    """No exercise has this name; the message suggests the nearest."""

    def __str__(self) -> str:
        return self.args[0]


def names() -> list[str]:
    return list(EXERCISES)


def get(name: str) -> Exercise:
    """The exercise of that name, ``rnn.grad_U`` or, as in an answer file, ``rnn_grad_U``."""
    for exercise in EXERCISES.values():
        if name in (exercise.name, exercise.identifier):
            return exercise
    near = get_close_matches(name, EXERCISES, n=1, cutoff=0)
    raise UnknownExercise(f"there is no exercise {name}; did you mean {near[0]}?")
