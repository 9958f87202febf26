"""One submission, all its exercises: the verdict is made here, in the trusted process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from difflib import get_close_matches

from ..exercises import EXERCISES
from ..exercises.exercise import Exercise, FunctionExercise
from .failure import Failure
from .functions import Loaded, check_function, plain
from .isolation import CannotIsolate, strongest
from .process import Limits, Worker
from .sandbox import Tier
from .submission import Submission
from .typed import RIGHT, UNANSWERED, WRONG, Result, not_typed, typed_result

NEAR = 0.75


@dataclass(frozen=True)
class Graded:
    """A submission's results; `output`: the beginning of what it printed; `isolation`: what its code ran in,
    empty if none was run."""

    submission: Submission
    results: tuple[Result, ...]
    output: str
    seconds: float
    isolation: str = ""

    @property
    def passed(self) -> bool:
        """Something is right and nothing is wrong; an exercise left out is no fault."""
        faultless = all(r.outcome != WRONG and r.failure is None for r in self.results)
        return not self.submission.problem and faultless and any(r.outcome == RIGHT for r in self.results)

    @property
    def complete(self) -> bool:
        return all(r.outcome == RIGHT for r in self.results)


def silence(text: str) -> None:
    """No progress is told."""


@dataclass
class Grader:
    """How to grade: `progress` is told what is being done, now and then; `tier`: what isolates the code of a
    submission, found by trying if None."""

    examples: int = 100
    seed: int = 0
    limits: Limits = field(default_factory=Limits)
    progress: Callable[[str], None] = silence
    tier: Tier | None = None

    def grade(self, submission: Submission, exercises: Iterable[Exercise]) -> Graded:
        began = time.monotonic()
        run = Run(self, submission)
        with run.stack:
            results = tuple(run.results(exercises))
        return Graded(submission, results, run.output, time.monotonic() - began, run.isolation)


class Run:
    """The grading of one submission.  Its worker starts when the first function is called for."""

    def __init__(self, grader: Grader, submission: Submission):
        self.grader, self.submission = grader, submission
        self.stack = ExitStack()
        self.loaded: Loaded | None = None
        self.load_failure: Failure | None = None
        self.output, self.isolation = "", ""
        self.deadline = time.monotonic() + grader.limits.total

    def results(self, exercises: Iterable[Exercise]) -> Iterator[Result]:
        for exercise in exercises:
            self.grader.progress(f"{self.submission.file}: {exercise.name}")
            yield self.result_or_fault(exercise)
        self.unload()

    def result_or_fault(self, exercise: Exercise) -> Result:
        """The result; a fault of the grader's own costs this exercise, not the report."""
        try:
            return self.result(exercise)
        except CannotIsolate:
            raise
        except Exception as error:
            said = plain(f"{type(error).__name__}: {error}")
            self.unload()
            return Result(exercise, WRONG, 0, Failure("grader", f"The grader fails on this answer: {said}."))

    def result(self, exercise: Exercise) -> Result:
        if self.submission.problem:
            return Result(exercise, UNANSWERED)
        if isinstance(exercise, FunctionExercise):
            return self.function(exercise)
        return self.typed(exercise)

    # formulas, witnesses, choices, chains: taken from the file as data, nothing is run

    def typed(self, exercise: Exercise) -> Result:
        data, others = self.submission.data, self.submission.others
        named = {*data, *others} & set(exercise.identifiers)
        if not named and exercise.identifier in {*data, *others}:  # one value, where the pieces have names of their own
            return Result(exercise, WRONG, 0, not_typed(exercise, exercise.identifiers[0]))
        if not named:
            return self.unanswered(exercise, data)
        return typed_result(exercise, data, others, self.grader.seed)

    def function(self, exercise: FunctionExercise) -> Result:
        if not self.submission.runs:
            return Result(exercise, UNANSWERED)
        self.load()
        if self.load_failure:
            mentioned = exercise.identifier.encode() in self.submission.source
            return Result(exercise, WRONG if mentioned else UNANSWERED, 0, self.load_failure)
        names = self.loaded.names
        if exercise.identifier not in names:
            return self.unanswered(exercise, [n for n, can_be_called in names.items() if can_be_called])
        if not names[exercise.identifier]:
            return Result(exercise, WRONG, 0, Failure("not_callable", f"{exercise.identifier} is not a function."))
        return self.called(exercise)

    def called(self, exercise: FunctionExercise) -> Result:
        failure, tried = check_function(exercise, self.loaded, self.grader.examples, self.grader.seed)
        if self.loaded.lost:
            self.unload()
        if failure is None:
            return Result(exercise, RIGHT, tried)
        if failure.message == "Your function raises NotImplementedError":
            return Result(exercise, UNANSWERED)
        return Result(exercise, WRONG, tried, failure)

    def load(self) -> None:
        """A fresh worker with the submission loaded; one that was lost is replaced."""
        if self.loaded or self.load_failure:
            return
        if time.monotonic() > self.deadline:
            message = f"The time for the file, {self.grader.limits.total:g} s, was used up before."
            self.load_failure = Failure("time_total", message)
            return
        tier = self.grader.tier or strongest()
        self.isolation = tier.text
        try:
            worker = self.stack.enter_context(Worker(self.grader.limits, tier))
        except (OSError, RuntimeError) as error:
            self.load_failure = Failure("cannot_start", f"No process can be started here: {error}.")
            return
        given = self.submission
        self.loaded = Loaded(worker, given.source, given.file, self.deadline, given.cells)
        self.load_failure = self.loaded.load(self.submission.source)

    def unload(self) -> None:
        if self.loaded:
            self.output = self.output or plain(self.loaded.worker.printed(), 2000)
        self.stack.close()
        self.loaded = None

    def unanswered(self, exercise: Exercise, candidates: Iterable[str]) -> Result:
        """Not answered, unless a name in the file is nearly the right one."""
        taken = {name for e in EXERCISES.values() for name in (e.identifier, *e.identifiers)}
        free = sorted(set(candidates) - taken)
        near = get_close_matches(exercise.identifier, free, n=1, cutoff=NEAR)
        if not near:
            return Result(exercise, UNANSWERED)
        message = f"There is no {exercise.identifier} in the file; rename {near[0]} if it is meant to be that."
        return Result(exercise, UNANSWERED, 0, Failure("misspelt", message))
