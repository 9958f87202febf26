"""``python -m checks.benchmark``: how long the grader takes, against the bars it is to stay under.

Beside the time on the clock stands that of the processors, own and children's, which the neighbours on a busy machine
do not change.  Exit status 1 if a bar is missed by both.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from textwrap import indent

from . import answers
from .equality import equal
from .exercises import EXERCISES
from .exercises.exercise import Exercise
from .meta.hard_pairs import TABLE

ROOT = Path(__file__).parents[1]
BATCH = 60


@dataclass(frozen=True)
class Measured:
    """Seconds, and the bar that they are to stay under."""

    what: str
    bar: float
    clock: float
    processor: float

    @property
    def verdict(self) -> str:
        if self.clock < self.bar:
            return "met"
        return "met by processor time" if self.processor < self.bar else "missed"


# --- what is graded ------------------------------------------------------------------------------


def right_answer(exercise: Exercise, style: int = 0) -> str:
    """Python source of a known right answer, its helpers kept to itself."""
    wheats, _ = answers.of_chapter(exercise.name.split(".")[0])
    known = list(wheats[exercise.name].values())
    answer = known[style % len(known)]
    if exercise.kind == "formula":
        return f"{exercise.identifier} = {answer!r}\n"
    body = f"def scope():\n{indent(answer, '    ')}\n    return {exercise.identifier}\n"
    return f"{body}\n\n{exercise.identifier} = scope()\n"


def of_kinds(*kinds: str) -> list[Exercise]:
    return [e for e in EXERCISES.values() if e.kind in kinds]


def everything(folder: Path) -> list[str]:
    """One file with all function and formula exercises; the words that grade it."""
    asked = of_kinds("function", "formula")
    (folder / "answers.py").write_text("import numpy as np\n\n" + "\n\n".join(map(right_answer, asked)))
    return [str(folder / "answers.py"), *named(asked)]


def one_each(folder: Path) -> list[str]:
    """Files with one function each, in all styles, so that each needs a process of its own."""
    asked = of_kinds("function")
    for k in range(BATCH):
        text = right_answer(asked[k % len(asked)], k // len(asked))
        (folder / f"{k:03}.py").write_text(f"import numpy as np\n\n{text}")
    return [str(folder), "--jobs", "1"]


def named(exercises: Iterable[Exercise]) -> list[str]:
    return [word for e in exercises for word in ("--exercise", e.name)]


# --- measuring -----------------------------------------------------------------------------------


def graded(prepare: Callable[[Path], list[str]]) -> tuple[float, float]:
    """Seconds of a whole run of the command, by the clock and of processors; every answer must be right."""
    with tempfile.TemporaryDirectory() as folder:
        words = prepare(Path(folder))
        before, began = children(), time.perf_counter()
        command = [sys.executable, "-m", "checks", "grade", *words, "--format", "json"]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        taken = time.perf_counter() - began, children() - before
    wrong = [e["name"] for s in json.loads(run.stdout)["submissions"] for e in s["exercises"] if e["failure"]]
    if wrong:
        raise SystemExit(f"right answers are refused: {', '.join(wrong)}")
    return taken


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def decided() -> list[tuple[float, float]]:
    """Seconds of each of the hard pairs, in one process as with `equal --stdin`."""
    found = []
    for _, expected, answer, options, are_equal in TABLE:
        clock, processor = time.perf_counter(), time.process_time()
        decision = equal(expected, answer, **options)
        found.append((time.perf_counter() - clock, time.process_time() - processor))
        if decision.equal != are_equal:
            raise SystemExit(f"a wrong verdict: {expected}  against  {answer}")
    return found


def measurements() -> Iterator[Measured]:
    count = len(of_kinds("function", "formula"))
    yield Measured(f"one submission, {count} functions and formulas", 5.0, *graded(everything))
    batch = graded(one_each)
    yield Measured(f"one function, in a batch of {BATCH}", 0.3, *(seconds / BATCH for seconds in batch))
    times = list(zip(*decided(), strict=True))
    yield Measured(f"a pair of formulas, median of {len(TABLE)}", 0.1, *map(median, times))
    yield Measured("a pair of formulas, the slowest", 3.0, *map(max, times))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m checks.benchmark", description=__doc__.split("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="as JSON")
    as_json = parser.parse_args().json
    found = []
    for m in measurements():
        found.append(m)
        if not as_json:
            seconds = f"clock {m.clock:7.3f} s   processor {m.processor:7.3f} s"
            print(f"{m.what:45} bar {m.bar:4g} s   {seconds}   {m.verdict}")
            sys.stdout.flush()
    if as_json:
        print(json.dumps([{**asdict(m), "verdict": m.verdict} for m in found], indent=2))
    return int(any(m.verdict == "missed" for m in found))


if __name__ == "__main__":
    sys.exit(main())
