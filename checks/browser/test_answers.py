"""Answers that are checked in the page get the verdicts of the command line, in a real browser."""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from sympy import Basic, Expr

import checks
from checks import answers
from checks.audit import chain_mutants, mutants, typed, wrong_letters
from checks.exercises.exercise import Exercise, FormulaExercise, FunctionExercise, InSymbols
from checks.exercises.slips import Falsified
from checks.grader.grading import Grader
from checks.grader.report import record
from checks.grader.sandbox import UNSAFE
from checks.grader.sources import Source
from checks.grader.submission import Submission, taken
from checks.page import line, numbers
from derivations.parsing import ParseError
from derivations.printing import latex

from .conftest import node

PAGE = "rnn.html"
NOT_RUN = "not run"
# seconds
CHECK, HARDEST_CHECK = 1.0, 3.0


# what formulas are called when SymPy prints them, and when they are typed
NOTATION = {"HadamardProduct": "hadamard", "DiagMatrix": "diag", r"\bMax\b": "max", r"\bI\b": "eye(n)"}
CHANGES = ("1.001 * v", "-v", "0.0 * v", "v + 0.01")
SPOILT = """{source}
right_results = {name}

def spoilt(value):
    if isinstance(value, (int, float)):
        v = value
        return {change}
    return [spoilt(v) for v in value]

def {name}(*arguments):
    found = right_results(*arguments)
    results = list(found) if {several} else [found]
    results[{position}] = spoilt(results[{position}])
    return tuple(results) if {several} else results[0]
"""


def known(exercise: Exercise) -> tuple[dict, dict]:
    return tuple(table.get(exercise.name, {}) for table in answers.of_chapter(exercise.name.split(".")[0]))


def corpus(exercise: Exercise) -> list:
    """The known answers of every sort that can be typed, as a page sends them."""
    right, wrong = known(exercise)
    found = [*right.values(), *wrong.values()]
    if isinstance(exercise, InSymbols):
        found += filter(None, (written(exercise, m.answer) for m in exercise.misconceptions))
    elif exercise.kind == "choice":
        found += wrong_letters(exercise)
    elif exercise.kind == "witness":
        found += [m.answer for m in exercise.misconceptions]
    if exercise.kind == "chain":
        found += [mutant for lines in right.values() for _, mutant in chain_mutants(lines)]
    elif exercise.kind == "formula":
        found += filter(None, (written(exercise, m) for m in formula_mutants(exercise, next(iter(right.values())))))
    elif exercise.kind == "function":
        found += spoilt_sources(exercise, list(filter(runs_in_a_page, right.values())))
    return [as_typed(exercise, answer) for answer in found]


def formula_mutants(exercise: FormulaExercise, wheat: str) -> list[Expr]:
    formula = exercise.parse(wheat)
    return sorted(set(mutants(formula)) - {formula}, key=str)


def written(exercise: InSymbols, formula) -> str | None:
    """A formula, or what a slip comes to, as text or LaTeX that the reader of formulas takes."""
    if isinstance(formula, Falsified):
        formula = formula.formula
    if not isinstance(formula, Basic):
        return formula if isinstance(formula, str) else None
    text = str(formula)
    for name, notation in NOTATION.items():
        text = re.sub(name, notation, text)
    return next((t for t in (text, latex(formula)) if can_be_read(exercise, t)), None)


def can_be_read(exercise: InSymbols, text: str) -> bool:
    try:
        exercise.parse(text)
    except ParseError:
        return False
    return True


def spoilt_sources(exercise: FunctionExercise, wheats: list[str]) -> Iterator[str]:
    """A function of plain Python, one of whose results is falsified."""
    for source in wheats[:1]:
        for position in range(len(exercise.results)):
            for change in CHANGES:
                several = len(exercise.results) > 1
                yield SPOILT.format(
                    source=source, name=exercise.identifier, position=position, change=change, several=several
                )


def as_typed(exercise: Exercise, answer):
    """An answer as a reader types it into a box."""
    if exercise.kind == "witness":
        return {name: as_text(typed(value)) for name, value in answer.items()}
    if exercise.kind == "function":
        return answer if runs_in_a_page(answer) else f"import numpy as np\n{answer}"
    return list(answer) if exercise.kind == "choice" else answer


def as_text(value) -> str:
    return f"[{', '.join(map(as_text, value))}]" if isinstance(value, list) else value


@cache
def asked() -> list[tuple[Exercise, object]]:
    return [(e, answer) for e in map(checks.get, checks.names()) for answer in corpus(e)]


def on_the_command_line(exercise: Exercise, answer) -> dict:
    """What ``checks grade`` says; our own functions need no sandbox."""
    if exercise.kind == "function":
        submission = taken(Source("answers.py", answer.encode()))
    elif exercise.kind == "witness":
        texts = {name: answer[piece.name] for name, piece in zip(exercise.identifiers, exercise.pieces, strict=True)}
        dimensions = {name: len(p.shape) for name, p in zip(exercise.identifiers, exercise.pieces, strict=True)}
        submission = Submission("answers.toml", data={n: numbers(t, dimensions[n]) for n, t in texts.items()})
    else:
        submission = Submission("answers.toml", data={exercise.identifier: answer})
    return record(Grader(tier=UNSAFE).grade(submission, [exercise]))["exercises"][0]


def request(name: str, answer) -> dict:
    return {"do": "check", "name": name, "answer": answer}


@pytest.fixture(scope="module")
def replies(site, tmp_path_factory) -> list[dict]:
    requests = [request(e.name, answer) for e, answer in asked()]
    file = tmp_path_factory.mktemp("asked") / "requests.json"
    file.write_text(json.dumps(requests), encoding="utf-8")
    ready, *found = node("asked.mjs", site, PAGE, file)
    print(f"Python was ready in {ready['seconds']:.2f} s; {len(found)} answers")
    return found


def told(result: dict) -> dict:
    """A result without the digits in which one machine's floats differ from another's."""
    failure = result["failure"] or {}
    slips = [m["name"] for m in failure.get("misconceptions", ())]
    evidence = failure.get("lines") if result["kind"] != "function" else failure.get("reason")
    return {"outcome": result["outcome"], "earned": result["earned"], "evidence": evidence, "slips": slips}


def test_the_verdicts_are_those_of_the_command_line(replies):
    differ, run = [], 0
    for (exercise, answer), reply in zip(asked(), replies, strict=True):
        assert "answer" in reply, f"{exercise.name}, {answer!r}: {reply}"
        if reply["answer"]["outcome"] == NOT_RUN:
            assert exercise.kind == "function", f"{exercise.name}: {reply}"
            continue
        run += 1
        here, there = told(on_the_command_line(exercise, answer)), told(reply["answer"])
        if here != there:
            differ.append(f"{exercise.name}, {answer!r}:\n  command line {here}\n  page         {there}")
    assert run > 0.75 * len(replies), f"{run} of {len(replies)} answers were checked in the page"
    assert not differ, "\n".join(differ)


def test_functions_without_numpy_are_run(replies):
    run = [e.name for (e, _), r in zip(asked(), replies, strict=True) if e.kind == "function" and ran(r)]
    assert len(set(run)) >= 5, f"functions were run for {sorted(set(run))} only"


def ran(reply: dict) -> bool:
    return reply["answer"]["outcome"] != NOT_RUN


def test_most_checks_take_less_than_a_second(replies):
    """Nearly all: this machine may have other things to do."""
    seconds = sorted(r["seconds"] for r in replies)
    assert seconds[int(0.9 * len(seconds))] < CHECK and seconds[len(seconds) // 2] < CHECK / 2, seconds[-40:]


# --- what must be stopped -------------------------------------------------------------------------

ENDLESS = "def rnn_remedies_clip_norm(G, d, most):\n    while True:\n        pass\n"
HUGE = "def rnn_remedies_clip_norm(G, d, most):\n    return 10 ** 10 ** 10\n"
AT_LOADING = "while True:\n    pass\n"
TOWERS = ("9^9^9^9^9", "exp(exp(exp(exp(100))))*dL", "U^(10^10)*d", "(" * 500 + "d", "gamma(10^8)*d", "d*2^(2^(2^30))")
RIGHT = "dL + U.T*hadamard(gp, d)"


def test_what_has_no_end_is_stopped_and_the_page_goes_on(site, tmp_path):
    functions = [request("rnn_remedies.clip_norm", code) for code in (ENDLESS, HUGE, AT_LOADING)]
    formulas = [request("rnn.adjoint_step", text) for text in (*TOWERS, RIGHT)]
    file = tmp_path / "requests.json"
    file.write_text(json.dumps([*functions, *formulas]), encoding="utf-8")
    _, *found = node("asked.mjs", site, PAGE, file)
    for reply in found[: len(functions)]:
        assert reply.get("stopped") and "stopped" in reply["problem"], reply
    for text, reply in zip(TOWERS, found[len(functions) : -1], strict=True):
        assert reply.get("stopped") or reply["answer"]["outcome"] == "wrong", f"{text}: {reply}"
    assert found[-1]["answer"]["outcome"] == "right"


# --- lines of the book's chains -------------------------------------------------------------------

PREDICTED = (
    ("rnn.grad_U.3", "sum(q2)", "agrees"),
    ("rnn.grad_U.3", "sum(q1)", "differs"),
    ("rnn.grad_U.3", "sum(q1", "cannot be read"),
    ("gaussian_process.one_point_mean.3", "y*exp(-d^2/2)", None),
    ("rnn_remedies.clip_bound.3", "min(norm(G), kappa)", None),
    ("variational.gap_is_not_negative.2", "0", None),
    ("bump_flow.slope.2", "sum(partial)", None),
)


def test_lines_are_predicted_in_the_page_as_they_are_here(site, tmp_path):
    file = tmp_path / "requests.json"
    requests = [{"do": "line", "label": label, "text": text} for label, text, _ in PREDICTED]
    file.write_text(json.dumps(requests), encoding="utf-8")
    _, *found = node("asked.mjs", site, PAGE, file)
    for (label, text, verdict), reply in zip(PREDICTED, found, strict=True):
        here = line({"label": label, "text": text}, lambda: None)
        assert reply["answer"] == here and verdict in (None, here["verdict"]), f"{label}, {text}: {reply}, {here}"


# --- boxes ----------------------------------------------------------------------------------------


def filled(exercise: Exercise, answer) -> dict:
    page = f"{exercise.name.split('.')[0]}.html"
    place = f"exercise-{exercise.name.replace('.', '-')}"
    return {"page": page, "place": place, "kind": exercise.kind, "answer": as_typed(exercise, answer)}


def runs_in_a_page(source: str) -> bool:
    return "np." not in source


def first(exercise: Exercise, known_answers: dict) -> object:
    """One that a page can judge, if there is one."""
    found = list(known_answers.values())
    if exercise.kind == "function":
        found = [*filter(runs_in_a_page, found), *found]
    return found[0] if found else None


@pytest.fixture(scope="module")
def boxes(site, tmp_path_factory) -> tuple[list, list]:
    """Every box with a wrong answer, then with a right one, and what came of them."""
    given = []
    for exercise in map(checks.get, checks.names()):
        right, wrong = (first(exercise, found) for found in known(exercise))
        if wrong is None:
            wrong = "".join(next(islice(wrong_letters(exercise), 1)))
        given += [(exercise, "wrong", filled(exercise, wrong)), (exercise, "right", filled(exercise, right))]
    file = tmp_path_factory.mktemp("boxes") / "answers.json"
    file.write_text(json.dumps([box for _, _, box in given]), encoding="utf-8")
    return given, node("boxes.mjs", site, file)


def test_every_box_tells_right_from_wrong(boxes):
    given, found = boxes
    not_run = 0
    for (exercise, outcome, box), reply in zip(given, found[:-2], strict=True):
        if exercise.kind == "function" and reply["outcome"] == NOT_RUN:
            assert "NumPy" in reply["text"], reply
            not_run += 1
        else:
            assert reply["outcome"] == outcome, f"{exercise.name}, {box['answer']!r}: {reply}"
    functions = sum(exercise.kind == "function" for exercise, _, _ in given)
    assert not_run <= functions - 4, f"{not_run} of {functions} functions need NumPy"


def test_answers_are_kept_saved_and_graded_by_the_command(boxes, tmp_path):
    kept = boxes[1][-2]
    assert kept["kept"] == len(checks.names()), kept["said"]
    for name, content in (("answers.toml", kept["toml"]), ("answers.py", kept["python"])):
        file = Path(tmp_path / name)
        file.write_text(content, encoding="utf-8")
        graded = Grader(tier=UNSAFE).grade(taken(Source(str(file), content.encode())), map(checks.get, checks.names()))
        wrong = [(r.exercise.name, r.failure.lines()) for r in graded.results if r.outcome == "wrong"]
        assert not wrong, f"{name}: {wrong}"
        kinds = {r.exercise.kind for r in graded.results if r.outcome == "right"}
        assert kinds == ({"function"} if name.endswith(".py") else {"formula", "chain", "witness", "choice"})


def test_answers_can_be_erased_and_nothing_went_wrong(boxes):
    last = boxes[1][-1]
    assert last["erased"] in (None, "{}") and not last["faults"], last
