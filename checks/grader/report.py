"""Reports on graded submissions: plain text for a reader, JSON for a program.

A report is the same byte for byte for the same submissions, seed and examples, but for `timing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from textwrap import wrap

from .grading import RIGHT, WRONG, Graded, Grader, Result

SCHEMA, WIDTH = 1, 90
ISOLATION = "a separate process with limits on time and memory; this is not a sandbox"


def as_text(graded: Iterable[Graded], hint: int = 0) -> str:
    """Every submission with its exercises, what is wrong indented under its exercise.

    `hint`: which hint is added where an answer is not right, 0 for none.
    """
    blocks = ["\n".join(submission_lines(g, hint)) for g in graded]
    note = f"Functions ran in {ISOLATION}:\ngrade only code that you would run yourself."
    return "\n\n".join([*blocks, note]) + "\n"


def submission_lines(graded: Graded, hint: int = 0) -> Iterable[str]:
    earned = sum(r.earned for r in graded.results)
    possible = sum(r.exercise.points for r in graded.results)
    yield f"{graded.submission.file}: {earned} of {possible} points"
    if graded.submission.problem:
        yield from (f"  {line}" for line in graded.submission.problem.lines())
        return
    width = max((len(r.exercise.name) for r in graded.results), default=0)
    for result in graded.results:
        yield f"  {result.exercise.name:{width}}  {verdict(result)}".rstrip()
        yield from (f"      {line}" for line in below(result, hint))
    if graded.output and any(r.outcome == WRONG for r in graded.results):
        yield f"  printed by the file: {graded.output}"


def below(result: Result, hint: int) -> Iterable[str]:
    """What is said of an answer, and the hint that was asked for."""
    yield from (line for remark in result.remarks for line in wrap(remark, WIDTH))
    if result.failure:
        yield from result.failure.lines()
    hints = result.exercise.hints
    if not hint or result.outcome == RIGHT or not hints:
        return
    number = min(hint, len(hints))
    more = f" --hint {number + 1} shows the next." if number < len(hints) else ""
    yield from wrap(f"Hint {number} of {len(hints)}: {hints[number - 1]}{more}", WIDTH)


def verdict(result: Result) -> str:
    points = f"{result.earned}/{result.exercise.points}"
    if result.outcome == RIGHT:
        return f"right         {points}  on {result.tried} {tried_noun(result)}"
    return f"{result.outcome:12}  {points}"


NOUNS = {
    "function": "inputs",
    "formula": "cases",
    "witness": "requirements",
    "choice": "options",
    "chain": "lines",
}


def tried_noun(result: Result) -> str:
    return NOUNS[result.exercise.kind]


def as_json(graded: list[Graded], grader: Grader) -> str:
    data = {
        "schema": SCHEMA,
        "seed": grader.seed,
        "examples": grader.examples,
        "isolation": ISOLATION,
        "submissions": [submission_record(g) for g in graded],
        "timing": {"seconds": [round(g.seconds, 3) for g in graded]},
    }
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def submission_record(graded: Graded) -> dict:
    problem = graded.submission.problem
    return {
        "file": graded.submission.file,
        "sha256": graded.submission.digest,
        "passed": graded.passed,
        "earned": sum(r.earned for r in graded.results),
        "points": sum(r.exercise.points for r in graded.results),
        "problem": problem.record() if problem else None,
        "exercises": [result_record(r) for r in graded.results],
        "output": graded.output,
    }


def result_record(result: Result) -> dict:
    return {
        "name": result.exercise.name,
        "kind": result.exercise.kind,
        "question": result.exercise.question,
        "outcome": result.outcome,
        "earned": result.earned,
        "points": result.exercise.points,
        "tried": result.tried,
        "failure": result.failure.record() if result.failure else None,
        "remarks": list(result.remarks),
    }
