"""What a page of the book asks of Python in the reader's browser: verdicts, formulas typeset, gradients.

The verdicts are those of ``python -m checks grade``, made by the same functions and told by the same
records.  One JSON text goes in and one comes out, so that no object crosses into JavaScript.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from functools import partial

from derivations.matrix_calculus import Unsupported
from derivations.parsing import ParseError
from derivations.printing import latex
from derivations.typed_gradient import typed_gradient

from . import get
from .exercises import EXERCISES
from .exercises.choice import ChoiceExercise
from .exercises.exercise import Exercise, FunctionExercise, InSymbols
from .exercises.witness import WitnessExercise
from .grader.chains import read_line
from .grader.failure import Failure
from .grader.formulas import drawn, led_to
from .grader.literals import NotData, of_python
from .grader.report import result_record
from .grader.typed import RIGHT, UNANSWERED, WRONG, Result, typed_result

EXAMPLES, SEED = 100, 0
NOT_RUN = "not run"
AROUND_SLASH = re.compile(r"\s*/\s*")
NEEDS_NUMPY = "This answer needs NumPy ({}), which pages do not have: grade it with the command below."


def ask(request: str, calling: Callable[[], None] = lambda: None) -> str:
    """The answer to a request, ``{"do": …}``.  `calling` is told whenever a reader's function is called."""
    asked = json.loads(request)
    found = DEEDS[asked.pop("do")](asked, calling)
    return json.dumps(found, ensure_ascii=False, allow_nan=False)


# --- verdicts ------------------------------------------------------------------------------------


def check(asked: dict, calling: Callable[[], None]) -> dict:
    """`name`, `answer`: a text; letters; lines; texts by the names of pieces; the source of a function."""
    exercise, answer = get(asked["name"]), asked["answer"]
    judge = check_function_answer if exercise.kind == "function" else check_typed
    result = judge(exercise, answer, calling)
    return {**result_record(result), "evidence": result.failure.evidence() if result.failure else []}


def check_typed(exercise: Exercise, answer, calling: Callable[[], None]) -> Result:
    data, others = {}, set()
    read = pieces_of if isinstance(exercise, WitnessExercise) else the_answer
    for name, value in read(exercise, answer):
        try:
            data[name] = value()
        except NotData:
            others.add(name)
    return typed_result(exercise, data, others, SEED)


def the_answer(exercise: Exercise, answer) -> Iterator[tuple[str, Callable]]:
    yield exercise.identifier, lambda: answer


def pieces_of(exercise: WitnessExercise, answer: dict) -> Iterator[tuple[str, Callable]]:
    for name, piece in zip(exercise.identifiers, exercise.pieces, strict=True):
        yield name, partial(numbers, answer.get(piece.name, ""), len(piece.shape))


def numbers(text: str, dimensions: int):
    """Numbers as a reader types them: ``1/2``, ``1, 0``, rows on lines of their own, or ``[[1, 0], [0, 1/2]]``."""
    text = AROUND_SLASH.sub("/", text.replace("−", "-")).strip()
    if not text or text.startswith("["):
        return of_literal(text) if text else ""
    lines = [line.replace(",", " ").split() for line in text.replace(";", "\n").splitlines() if line.strip()]
    rows = [[of_literal(entry) for entry in line] for line in lines]
    if dimensions == 2:
        return rows
    entries = [entry for row in rows for entry in row]
    return entries[0] if dimensions == 0 and len(entries) == 1 else entries


def of_literal(text: str):
    try:
        return of_python(ast.parse(text, mode="eval").body, text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotData(f"{text!r} is no number and no list of numbers") from None


def check_function_answer(exercise: Exercise, source: str, calling: Callable[[], None]) -> Result:
    # Hypothesis is loaded by those only who answer with a function
    from .grader.functions import Loaded, check_function
    from .grader.lists import ListWorker

    if not source.strip():
        return Result(exercise, UNANSWERED)
    worker = ListWorker(calling)
    loaded = Loaded(worker, source.encode(), "your answer", float("inf"))
    failure, tried = loaded.load(source.encode()), 0
    if failure is None and not loaded.names.get(exercise.identifier):
        failure = Failure("missing", f"There is no function {exercise.identifier} in the answer.")
    if failure is None:
        failure, tried = check_function(exercise, loaded, EXAMPLES, SEED)
    if failure is None:
        return Result(exercise, RIGHT, tried)
    if worker.needs_numpy and failure.reason == "exception":
        return Result(exercise, NOT_RUN, 0, Failure("needs_numpy", NEEDS_NUMPY.format(worker.needs_numpy)))
    if failure.message == "Your function raises NotImplementedError":
        return Result(exercise, UNANSWERED)
    return Result(exercise, WRONG, tried, failure)


# --- formulas ------------------------------------------------------------------------------------


def typeset(asked: dict, calling: Callable[[], None]) -> dict:
    """`name`, `text`: a formula, or a line of a chain -> its TeX, or what cannot be read and where."""
    exercise = get(asked["name"])
    if not isinstance(exercise, InSymbols):
        raise ValueError(f"{exercise.name} is not answered by formulas")
    try:
        return {"tex": latex(exercise.parse(read_line(1, asked["text"]).text))}
    except ParseError as problem:
        return fault(problem)


def fault(problem: ParseError) -> dict:
    return {"message": problem.message, "display": problem.display().split("\n")}


def gradient(asked: dict, calling: Callable[[], None]) -> dict:
    """`expression`, `wrt`, and if wanted `shapes`, `scalars`, `symmetric` -> the chain, every line checked."""
    try:
        report, shapes = typed_gradient(**asked)
        return {"report": report, "shapes": shapes}
    except ParseError as problem:
        return fault(problem)
    except Unsupported as problem:
        return {"message": str(problem), "display": []}


# --- lines of the book's own chains --------------------------------------------------------------

AGREES, DIFFERS, UNREAD = "agrees", "differs", "cannot be read"


def line(asked: dict, calling: Callable[[], None]) -> dict:
    """`label` of a line, `text` typed for its right side -> whether they agree, in words."""
    from derivations.typed_line import check_line  # which asks for topics that students are not given

    try:
        found = check_line(asked["label"], asked["text"])
    except ParseError as problem:
        return {"verdict": UNREAD, "lines": [problem.message, *problem.display().split("\n")]}
    if found.refuted:
        return {"verdict": DIFFERS, "lines": [found.counterexample]}
    return {"verdict": AGREES, "lines": [f"at {found.points} points"]}


def legend(asked: dict, calling: Callable[[], None]) -> dict:
    """`label` of a line -> the names that its pieces have, where it is typed."""
    from derivations.typed_line import legend

    return {"legend": legend(asked["label"])}


# --- ahead of time -------------------------------------------------------------------------------


def prepare() -> None:
    """Work out what does not depend on an answer, for a picture of the memory that the reader's browser starts from."""
    from .grader.functions import led_to as results_of
    from .grader.search import drawn as inputs_drawn

    for exercise in EXERCISES.values():
        if isinstance(exercise, InSymbols):
            situations, field = drawn(exercise, SEED)
            for misconception in exercise.misconceptions:
                led_to(exercise, misconception, situations[0], field)
        elif isinstance(exercise, ChoiceExercise):
            for letter in exercise.letters:
                exercise.counterexample(letter)
        elif isinstance(exercise, FunctionExercise):
            first = inputs_drawn(exercise, EXAMPLES, SEED)[0]
            for misconception in exercise.misconceptions:
                results_of(exercise, misconception, {name: array.nested() for name, array in first.items()})
    gradient({"expression": "log(det(X)) + a.T*X*a", "wrt": "X"}, lambda: None)


DEEDS = {"check": check, "typeset": typeset, "gradient": gradient, "line": line, "legend": legend}
