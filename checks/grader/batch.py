"""Many submissions, several at a time: each in a process of ours, the results in the order of the files."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_all_start_methods, get_context

from hypothesis.configuration import set_hypothesis_home_dir

from ..exercises import EXERCISES
from .grading import Grader
from .report import record
from .sources import Source
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


def grade_all(task: Task, sources: Iterable[Source], jobs: int = 1) -> Iterator[dict]:
    """A record for each submission.  No more sources are read ahead than there is work for."""
    # Hypothesis keeps files, which are not to lie beside the answers
    with tempfile.TemporaryDirectory(prefix="hypothesis-") as scratch:
        set_hypothesis_home_dir(scratch)
        yield from map(task, sources) if jobs == 1 else in_processes(task, iter(sources), jobs, scratch)


def in_processes(task: Task, sources: Iterator[Source], jobs: int, scratch: str) -> Iterator[dict]:
    context = get_context("fork" if "fork" in get_all_start_methods() else "spawn")
    with ProcessPoolExecutor(jobs, context, set_hypothesis_home_dir, (scratch,)) as pool:
        waiting = deque(pool.submit(task, source) for source in islice(sources, AHEAD * jobs))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(task, source) for source in islice(sources, 1))
