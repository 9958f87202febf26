"""The search for the smallest inputs on which an answer fails: Hypothesis, seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import chain
from math import prod
from random import Random

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import providers

from ..exercises.arrays import Array, flat
from ..exercises.exercise import FunctionExercise, Parameter
from .failure import Failure

# Hypothesis also draws numbers that stand in the sources of the modules that are loaded: others on a worker of a
# cluster, none in a browser, and half a second to read them.  One seed is to mean the same inputs everywhere.
providers._get_local_constants = providers.Constants
providers.CONSTANTS_CACHE = LRUCache(1024)  # what was drawn before this line is not to matter either

Inputs = dict[str, Array]
Sizes = dict[str, int]
GENERIC, MOST_TRIES, MOST_PROBES = 6, 300, 1000


class Failed(Exception):
    """These inputs show a failure."""


class Broken(BaseException):
    """The worker is gone: no shrinking.  A BaseException, as Hypothesis would catch any other."""

    def __init__(self, failure: Failure):
        super().__init__(failure)
        self.failure = failure


def filled(parameter: Parameter, lengths: Sizes) -> st.SearchStrategy[Array]:
    shape = tuple(lengths[name] for name in parameter.shape)
    numbers = st.lists(st.sampled_from(parameter.entries), min_size=prod(shape), max_size=prod(shape))
    return numbers.map(lambda values: Array(shape, tuple(map(float, values))))


def inputs_of(exercise: FunctionExercise, largest: Sizes) -> st.SearchStrategy[Inputs]:
    """Inputs of every size up to `largest`; small sizes and simple numbers are simplest."""

    @cache  # Hypothesis takes longer to prepare a strategy than to draw from it
    def of_lengths(drawn):
        lengths = dict(zip(exercise.sizes, drawn, strict=True))
        return st.tuples(*(filled(p, lengths) for p in exercise.parameters))

    names = [p.name for p in exercise.parameters]
    lengths = st.tuples(*(st.integers(low, largest[name]) for name, (low, _) in exercise.sizes.items()))
    named = lengths.flatmap(of_lengths).map(lambda drawn: dict(zip(names, drawn, strict=True)))
    return named.filter(lambda inputs: exercise.admissible({n: a.nested() for n, a in inputs.items()}))


DRAWN: dict[tuple, list[Inputs]] = {}


def drawn(exercise: FunctionExercise, examples: int, seed: int) -> list[Inputs]:
    """What Hypothesis draws as long as nothing fails: the same inputs for every answer."""
    sizes = tuple(exercise.sizes.items())
    key = (exercise.name, sizes, exercise.parameters, exercise.admissible, examples, seed)
    if key not in DRAWN:
        found: list[Inputs] = []

        def keep(inputs):
            found.append(inputs)

        largest = {name: high for name, (_, high) in exercise.sizes.items()}
        seeded(keep, inputs_of(exercise, largest), examples, seed, (Phase.generate,))()
        DRAWN[key] = found
    return DRAWN[key]


def sizes_of(exercise: FunctionExercise, inputs: Inputs) -> Sizes:
    return {
        name: length
        for parameter in exercise.parameters
        for name, length in zip(parameter.shape, inputs[parameter.name].shape, strict=True)
    }


def generic_inputs(exercise: FunctionExercise, count: int, seed: int) -> Iterator[Inputs]:
    """Large inputs without structure: nothing vanishes, coincides or saturates.

    What Hypothesis draws is rich in zeros and in small sizes, where some wrong answers are right.
    """
    random = Random(f"{exercise.name} {seed}")
    lengths = {name: high for name, (_, high) in exercise.sizes.items()} | dict(exercise.generic)
    while count:
        inputs = {}
        for parameter in exercise.parameters:
            shape = tuple(lengths[name] for name in parameter.shape)
            values = (random.choice((-1, 1)) * random.randint(8, 64) / 64 for _ in range(prod(shape)))
            inputs[parameter.name] = Array(shape, tuple(values))
        if exercise.admissible({name: a.nested() for name, a in inputs.items()}):
            count -= 1
            yield inputs


def probes(exercise: FunctionExercise, count: int, seed: int) -> Iterator[Inputs]:
    """Inputs of sizes at random, half of them without structure where the exercise allows such."""
    if exercise.generic is not None:
        yield from generic_inputs(exercise, count - count // 2, seed)
        count //= 2
    random = Random(f"{exercise.name} probes {seed}")
    for _ in range(MOST_PROBES):
        if not count:
            return
        inputs = random_inputs(exercise, random)
        if exercise.admissible({name: a.nested() for name, a in inputs.items()}):
            count -= 1
            yield inputs


def random_inputs(exercise: FunctionExercise, random: Random) -> Inputs:
    lengths = {name: random.randint(low, high) for name, (low, high) in exercise.sizes.items()}
    found = {}
    for parameter in exercise.parameters:
        shape = tuple(lengths[name] for name in parameter.shape)
        values = (float(random.choice(parameter.entries)) for _ in range(prod(shape)))
        found[parameter.name] = Array(shape, tuple(values))
    return found


def simpler(exercise: FunctionExercise, inputs: Inputs) -> Iterator[Inputs]:
    """The inputs with one size less, one parameter all zeros, or one entry 0, 1 or of fewer digits."""
    sizes = sizes_of(exercise, inputs)
    for name, (low, _) in exercise.sizes.items():
        if sizes[name] > low:
            yield {p.name: cut(p, inputs[p.name], {**sizes, name: sizes[name] - 1}) for p in exercise.parameters}
    for name, array in inputs.items():
        if any(array.values):
            yield {**inputs, name: replace(array, values=(0.0,) * len(array.values))}
    for name, array in inputs.items():
        for i, value in enumerate(array.values):
            for other in dict.fromkeys((0.0, 1.0, float(round(value)), round(2 * value) / 2)):
                if complexity(other) < complexity(value):
                    values = (*array.values[:i], other, *array.values[i + 1 :])
                    yield {**inputs, name: replace(array, values=values)}


def complexity(value: float) -> tuple:
    return value.as_integer_ratio()[1], abs(value), value < 0


def cut(parameter: Parameter, array: Array, sizes: Sizes) -> Array:
    """The leading part of an array."""
    shape = tuple(sizes[name] for name in parameter.shape)
    nested = array.nested()
    return Array(shape, tuple(flat(_leading(nested, shape))))


def _leading(nested, shape: tuple[int, ...]):
    return [_leading(part, shape[1:]) for part in nested[: shape[0]]] if shape else nested


class Search:
    """The search on one answer.  `attempt` judges one input, and raises `Broken` to end the search."""

    def __init__(self, exercise: FunctionExercise, attempt: Callable[[Inputs], Failure | None], seed: int):
        self.exercise, self.attempt, self.seed = exercise, attempt, seed

    def smallest_failure(self, examples: int) -> tuple[Failure | None, int]:
        """A failure on small inputs, and how many inputs passed before the first failure.

        Hypothesis shrinks entries well and sizes badly, so each size is then lowered by one, as long
        as some input of those sizes still fails.
        """
        failure, inputs, passed = self.failure_among_the_drawn(examples)
        if failure is None and self.exercise.generic is not None:
            failure, inputs, more = self.failure_among(generic_inputs(self.exercise, GENERIC, self.seed))
            passed += more
        while failure and inputs:
            smaller = self.with_a_smaller_size(sizes_of(self.exercise, inputs), examples)
            if smaller is None:
                break
            failure, inputs = smaller
        return failure, passed

    def passes(self, examples: int) -> bool:
        """Whether there is no failure on the inputs on which `smallest_failure` first looks for one."""
        inputs: Iterable[Inputs] = drawn(self.exercise, examples, self.seed)
        if self.exercise.generic is not None:
            inputs = chain(inputs, generic_inputs(self.exercise, GENERIC, self.seed))
        try:
            return not any(self.attempt(i) for i in inputs)
        except Broken:
            return False

    def failure_among_the_drawn(self, examples: int) -> tuple[Failure | None, Inputs | None, int]:
        """The same as `failure_within` the largest sizes, but an answer that is right is not drawn for anew."""
        passed = 0
        try:
            for inputs in drawn(self.exercise, examples, self.seed):
                if failure := self.attempt(inputs):
                    break
                passed += 1
            else:
                return None, None, passed
        except Broken as broken:
            return broken.failure, None, passed
        largest = {name: high for name, (_, high) in self.exercise.sizes.items()}
        shrunk, smallest, _ = self.failure_within(largest, examples)
        return (shrunk, smallest, passed) if shrunk else (unsteady(failure), None, passed)

    def failure_among(self, candidates: Iterable[Inputs]) -> tuple[Failure | None, Inputs | None, int]:
        """The same for given inputs."""
        passed = 0
        try:
            for inputs in candidates:
                if failure := self.attempt(inputs):
                    if not self.attempt(inputs):
                        return unsteady(failure), None, passed
                    return *self.simplified(failure, inputs), passed
                passed += 1
        except Broken as broken:
            return broken.failure, None, passed
        return None, None, passed

    def simplified(self, failure: Failure, inputs: Inputs) -> tuple[Failure, Inputs]:
        """A failure on simpler inputs, found by changing one thing at a time."""
        tries, better = 0, True
        while better:
            better = False
            for other in simpler(self.exercise, inputs):
                if not self.exercise.admissible({name: a.nested() for name, a in other.items()}):
                    continue
                if tries == MOST_TRIES:
                    return failure, inputs
                tries += 1
                if found := self.attempt(other):
                    failure, inputs, better = found, other, True
                    break
        return failure, inputs

    def with_a_smaller_size(self, sizes: Sizes, examples: int) -> tuple[Failure, Inputs | None] | None:
        for name, (low, _) in self.exercise.sizes.items():
            if sizes[name] > low:
                lowered = {**sizes, name: sizes[name] - 1}
                failure, inputs, _ = self.failure_within(lowered, min(examples, 50))
                if failure and inputs:
                    return failure, inputs
        return None

    def failure_within(self, largest: Sizes, examples: int) -> tuple[Failure | None, Inputs | None, int]:
        """The shrunk failure, its inputs (None if smaller ones are not worth a search), how many passed."""
        failures, passed = [], 0

        def one(inputs):
            nonlocal passed
            if failure := self.attempt(inputs):
                failures.append((failure, inputs))
                raise Failed
            passed += not failures

        try:
            seeded(one, inputs_of(self.exercise, largest), examples, self.seed)()
        except Failed:
            return *failures[-1], passed
        except Flaky:
            return unsteady(failures[0][0]), None, passed
        except Broken as broken:
            return broken.failure, None, passed
        return None, None, passed


def unsteady(failure: Failure) -> Failure:
    message = f"Your function does not return the same for the same inputs. Once:\n{failure.message}"
    return replace(failure, reason="unsteady", message=message)


SHRUNK = (Phase.generate, Phase.shrink)


def seeded(
    test: Callable, strategy: st.SearchStrategy, examples: int, seed: int, phases: tuple[Phase, ...] = SHRUNK
) -> Callable:
    """`test` as a property over `strategy`, the same inputs every time for one seed."""
    configured = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=phases,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    return configured(hypothesis.seed(seed)(given(strategy)(test)))
