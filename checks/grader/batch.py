"""Many submissions, several at a time: each in a process of ours, the results in the order of the files."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

from hypothesis.configuration import set_hypothesis_home_dir

from ..exercises import EXERCISES
from .grading import Grader, silence
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

    def silent(self) -> Task:
        """The same for another process, which has nobody to tell what it does."""
        return replace(self, grader=replace(self.grader, progress=silence))


def grade_all(
    task: Task, sources: Iterable[Source], jobs: int = 1, keep: Path | None = None, scheduler: str | None = None
) -> Iterator[dict]:
    """A record for each submission, in order.  `keep`: a file from which results are taken, and to which
    they go as they come; `scheduler`: the address of a Dask cluster that does the work.  No more sources are
    read ahead than there is work for.
    """
    with ExitStack() as stack:
        kept = stack.enter_context(Kept(keep, settings_of(task))) if keep else None
        # Hypothesis keeps files, which are not to lie beside the answers
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="hypothesis-"))
        set_hypothesis_home_dir(scratch)
        pool = stack.enter_context(pool_of(jobs, scratch, scheduler))
        waiting: deque[Pending] = deque()
        for source in sources:
            waiting.append(Pending(task, source, pool, kept))
            if len(waiting) > (AHEAD * pool.size if pool else 0):
                yield first(waiting)
        while waiting:
            yield first(waiting)


def first(waiting: deque[Pending]) -> dict:
    """The record that is next in order; whatever else is done by then is kept first."""
    while not waiting[0].done:
        waiting[0].tell()
        wait([p.future for p in waiting if not p.done], return_when=FIRST_COMPLETED)
        for pending in waiting:
            if pending.done:
                pending.record()
    return waiting.popleft().record()


def pool_of(jobs: int, scratch: str, scheduler: str | None) -> AbstractContextManager:
    """What does the work, None if this process does it itself."""
    if scheduler is None:
        return nullcontext() if jobs == 1 else Processes(jobs, scratch)
    try:
        from .cluster import cluster  # an extra, which takes a second to load
    except ImportError as problem:
        wanted = f"--scheduler needs the package distributed, which is not installed here ({problem})"
        raise Misuse(f"{wanted}: pip install 'distributed>=2025.1'") from None
    return cluster(scheduler)


class Processes(ProcessPoolExecutor):
    """Processes of this machine."""

    lost = (BrokenProcessPool,)
    loss = "a process that grades was killed, perhaps for want of memory"

    def __init__(self, size: int, scratch: str):
        self.size = size
        context = get_context("fork" if "fork" in get_all_start_methods() else "spawn")
        super().__init__(size, context, set_hypothesis_home_dir, (scratch,))


class Pending:
    """A submission whose record is known, under way, or found when it is asked for."""

    def __init__(self, task: Task, source: Source, pool, kept: Kept | None):
        self.task, self.source, self.pool, self.kept = task, source, pool, kept
        self.known = kept.get(source) if kept else None
        self.future = pool.submit(task.silent(), source) if pool and self.known is None else None

    def tell(self) -> None:
        self.task.grader.progress(self.source.name)

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
        except self.pool.lost:
            hint = "with --keep FILE, what is done is kept and the run goes on"
            raise Misuse(f"{self.pool.loss}; {hint}") from None


def may_pass(record: dict) -> bool:
    """Whether something stood in the way that may be gone the next time."""
    reasons = {(e["failure"] or {}).get("reason") for e in record["exercises"]}
    return bool(reasons & {"grader", "cannot_start"})
