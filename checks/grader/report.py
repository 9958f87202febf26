"""Reports on graded submissions: records, which any program can read, and text for a reader.

On one machine a report is the same byte for byte for the same submissions, seed and examples, but for `timing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from .typed import RIGHT, WRONG, Result

if TYPE_CHECKING:  # the reader's browser writes the same records and grades no files
    from .grading import Graded, Grader

SCHEMA, WIDTH = 1, 90
NOUNS = {
    "function": "inputs",
    "formula": "cases",
    "witness": "requirements",
    "choice": "options",
    "chain": "lines",
}

# --- records -------------------------------------------------------------------------------------


def record(graded: Graded, hint: int = 0) -> dict:
    """A submission's results as plain data, with its `seconds`, which `report` takes apart.

    `hint`: which hint is added where an answer is not right, 0 for none.
    """
    problem = graded.submission.problem
    return {
        "file": graded.submission.file,
        "sha256": graded.submission.digest,
        "passed": graded.passed,
        "complete": graded.complete,
        "earned": sum(r.earned for r in graded.results),
        "points": sum(r.exercise.points for r in graded.results),
        "problem": problem.record() if problem else None,
        "notes": list(graded.submission.notes),
        "exercises": [result_record(r, hint) for r in graded.results],
        "output": graded.output,
        "isolation": graded.isolation,
        "seconds": round(graded.seconds, 3),
    }


def result_record(result: Result, hint: int = 0) -> dict:
    exercise = result.exercise
    return {
        "name": exercise.name,
        "title": exercise.title,
        "kind": exercise.kind,
        "question": exercise.question,
        "outcome": result.outcome,
        "earned": result.earned,
        "points": exercise.points,
        "tried": result.tried,
        "failure": result.failure.record() if result.failure else None,
        "remarks": list(result.remarks),
        "hint": hint_of(result, hint),
    }


def hint_of(result: Result, hint: int) -> dict | None:
    hints = result.exercise.hints
    if not hint or result.outcome == RIGHT or not hints:
        return None
    number = min(hint, len(hints))
    return {"number": number, "of": len(hints), "text": hints[number - 1]}


def report(records: Iterable[dict], grader: Grader) -> dict:
    """The whole report; nothing but `timing`, and what each ran in, depends on the machine."""
    records = list(records)
    return {
        "schema": SCHEMA,
        "seed": grader.seed,
        "examples": grader.examples,
        "submissions": [{k: v for k, v in r.items() if k != "seconds"} for r in records],
        "timing": {"seconds": [r["seconds"] for r in records]},
    }


def as_json(records: Sequence[dict], grader: Grader) -> str:
    return json.dumps(report(records, grader), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


# --- text ----------------------------------------------------------------------------------------


def as_text(records: Iterable[dict], grader: Grader) -> str:
    """Every submission with its exercises, what is wrong indented under its exercise."""
    records = list(records)
    blocks = ["\n".join(submission_lines(r)) for r in records]
    return "\n\n".join([*blocks, *ran_in(records)]) + "\n"


def ran_in(records: Iterable[dict]) -> list[str]:
    """What the code of the submissions ran in; nothing, if none was run."""
    return [f"Functions ran in {isolation}." for isolation in sorted({r["isolation"] for r in records} - {""})]


def submission_lines(submission: dict) -> Iterable[str]:
    yield f"{submission['file']}: {submission['earned']} of {submission['points']} points"
    if submission["problem"]:
        yield from (f"  {line}" for line in submission["problem"]["lines"])
        return
    yield from (f"  {note}" for note in submission["notes"])
    exercises = submission["exercises"]
    width = max((len(e["name"]) for e in exercises), default=0)
    for exercise in exercises:
        yield f"  {exercise['name']:{width}}  {verdict(exercise)}".rstrip()
        yield from (f"      {line}" for line in below(exercise))
    if submission["output"] and any(e["outcome"] == WRONG for e in exercises):
        yield f"  printed by the file: {submission['output']}"


def below(exercise: dict) -> Iterable[str]:
    """What is said of an answer, and the hint that was asked for."""
    yield from (line for remark in exercise["remarks"] for line in wrap(remark, WIDTH))
    if exercise["failure"]:
        yield from exercise["failure"]["lines"]
    if hint := exercise["hint"]:
        number, last = hint["number"], hint["of"]
        more = f" --hint {number + 1} shows the next." if number < last else ""
        yield from wrap(f"Hint {number} of {last}: {hint['text']}{more}", WIDTH)


def verdict(exercise: dict) -> str:
    points = f"{exercise['earned']}/{exercise['points']}"
    if exercise["outcome"] == RIGHT:
        return f"right         {points}  on {exercise['tried']} {NOUNS[exercise['kind']]}"
    return f"{exercise['outcome']:12}  {points}"
