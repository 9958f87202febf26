"""The search for the smallest inputs on which an answer fails: Hypothesis, seeded."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from ..exercises.arrays import Array
from ..exercises.exercise import FunctionExercise, Parameter
from .failure import Failure

Inputs = dict[str, Array]


class Failed(Exception):
    """These inputs show a failure."""


class Broken(BaseException):
    """The worker is gone: no shrinking.  A BaseException, as Hypothesis would catch any other."""

    def __init__(self, failure: Failure):
        super().__init__(failure)
        self.failure = failure


def filled(parameter: Parameter, sizes: dict[str, int]) -> st.SearchStrategy[Array]:
    shape = tuple(sizes[name] for name in parameter.shape)
    numbers = st.lists(st.sampled_from(parameter.entries), min_size=prod(shape), max_size=prod(shape))
    return numbers.map(lambda values: Array(shape, tuple(map(float, values))))


def inputs_of(exercise: FunctionExercise) -> st.SearchStrategy[Inputs]:
    """Inputs of every size that the exercise declares; small sizes and simple numbers are simplest."""
    names = [p.name for p in exercise.parameters]
    sizes = st.tuples(*(st.integers(low, high) for low, high in exercise.sizes.values()))
    arrays = sizes.flatmap(
        lambda drawn: st.tuples(
            *(filled(p, dict(zip(exercise.sizes, drawn, strict=True))) for p in exercise.parameters)
        )
    )
    named = arrays.map(lambda drawn: dict(zip(names, drawn, strict=True)))
    return named.filter(lambda inputs: exercise.admissible({n: a.nested() for n, a in inputs.items()}))


def smallest_failure(
    exercise: FunctionExercise, attempt: Callable[[Inputs], Failure | None], examples: int, seed: int
) -> tuple[Failure | None, int]:
    """The failure on the smallest inputs found, and how many inputs passed before the first failure.

    `attempt` may raise `Broken` to end the search at once.
    """
    failures, passed = [], 0

    def one(inputs):
        nonlocal passed
        failure = attempt(inputs)
        if failure:
            failures.append(failure)
            raise Failed
        passed += not failures

    try:
        seeded(one, inputs_of(exercise), examples, seed)()
    except Failed:
        return failures[-1], passed
    except Flaky:
        message = "Your function does not return the same for the same inputs. Among others:\n"
        return Failure(
            **{**vars(failures[0]), "reason": "flaky", "message": message + failures[0].message}
        ), passed
    except Broken as broken:
        return broken.failure, passed
    return None, passed


def seeded(test: Callable, strategy: st.SearchStrategy, examples: int, seed: int) -> Callable:
    """`test` as a property over `strategy`, the same inputs every time for one seed."""
    configured = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    return configured(hypothesis.seed(seed)(given(strategy)(test)))
