"""Many submissions, several at a time: each in a process of ours, the results in the order of the files."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

from hypothesis.configuration import set_hypothesis_home_dir

from ..exercises import EXERCISES
from .grading import Grader
from .kept import Kept, settings_of
from .report import record
from .sources import Misuse, Source
from .submission import taken

AHEAD = 4


@dataclass(frozen=True)
class Task:
    """What is asked of every submission: the grader's settings and the exercises by name."""

    grader: Grader
    exercises: tuple[str, ...]
    hint: int = 0

    def __call__(self, source: Source) -> dict:
        graded = self.grader.grade(taken(source), [EXERCISES[name] for name in self.exercises])
        return record(graded, self.hint)


def grade_all(task: Task, sources: Iterable[Source], jobs: int = 1, keep: Path | None = None) -> Iterator[dict]:
    """A record for each submission, in order.  `keep`: a file from which results are taken, and to which
    they go as they come.  No more sources are read ahead than there is work for.
    """
    with ExitStack() as stack:
        kept = stack.enter_context(Kept(keep, settings_of(task))) if keep else None
        # Hypothesis keeps files, which are not to lie beside the answers
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="hypothesis-"))
        set_hypothesis_home_dir(scratch)
        pool = None if jobs == 1 else stack.enter_context(processes(jobs, scratch))
        waiting: deque[Pending] = deque()
        for source in sources:
            waiting.append(Pending(task, source, pool, kept))
            if len(waiting) > (AHEAD * jobs if pool else 0):
                yield first(waiting)
        while waiting:
            yield first(waiting)


def first(waiting: deque[Pending]) -> dict:
    """The record that is next in order; whatever else is done by then is kept first."""
    while not waiting[0].done:
        wait([p.future for p in waiting if not p.done], return_when=FIRST_COMPLETED)
        for pending in waiting:
            if pending.done:
                pending.record()
    return waiting.popleft().record()


def processes(jobs: int, scratch: str) -> ProcessPoolExecutor:
    context = get_context("fork" if "fork" in get_all_start_methods() else "spawn")
    return ProcessPoolExecutor(jobs, context, set_hypothesis_home_dir, (scratch,))


class Pending:
    """A submission whose record is known, under way, or found when it is asked for."""

    def __init__(self, task: Task, source: Source, pool: ProcessPoolExecutor | None, kept: Kept | None):
        self.task, self.source, self.kept = task, source, kept
        self.known = kept.get(source) if kept else None
        self.future = pool.submit(task, source) if pool and self.known is None else None

    @property
    def done(self) -> bool:
        return self.future is None or self.future.done()

    def record(self) -> dict:
        if self.known is None:
            self.known = self.graded()
            if self.kept and not may_pass(self.known):
                self.kept.put(self.source, self.known)
        return self.known

    def graded(self) -> dict:
        if self.future is None:
            return self.task(self.source)
        try:
            return self.future.result()
        except BrokenProcessPool:
            hint = "with --keep FILE, what is done is kept and the run goes on"
            raise Misuse(f"a process that grades was killed, perhaps for want of memory; {hint}") from None


def may_pass(record: dict) -> bool:
    """Whether something stood in the way that may be gone the next time."""
    reasons = {(e["failure"] or {}).get("reason") for e in record["exercises"]}
    return bool(reasons & {"grader", "cannot_start"})
