"""The checks themselves: counterexamples, their sizes, what is told of a formula.  See also the audit."""

import subprocess
import sys
from random import Random

import pytest

import checks
from checks import answers
from checks.answers.gaussian_process import SOLVE
from checks.answers.rnn import ADJOINT
from checks.equality import BoundedNumbers
from checks.exercises import EXERCISES
from checks.exercises.exercise import FormulaExercise, FunctionExercise
from checks.grader.formulas import check_formula
from checks.grader.functions import Loaded, attempt_on
from checks.grader.grading import RIGHT, WRONG, Grader
from checks.grader.process import Limits, Worker
from checks.grader.sandbox import UNSAFE
from checks.grader.search import GENERIC, Search, drawn
from checks.grader.submission import read_python

GRADER = Grader(examples=25)


def graded(name: str, body: str, grader: Grader = GRADER):
    """The result of a Python answer; `body` follows ``import numpy as np``."""
    submission = read_python("answers.py", f"import numpy as np\n{body}".encode())
    return grader.grade(submission, [checks.get(name)]).results[0]


SHRUNK = {
    "rnn.grad_U": ("no transpose", "one step short", "differences in double precision"),
    "gaussian_process.predict": ("jitter", "standard deviations"),
}


@pytest.mark.parametrize(("name", "slip"), [(name, s) for name, slips in SHRUNK.items() for s in slips])
def test_wrong_functions_get_a_counterexample(name, slip):
    result = graded(name, answers.of_chapter(name.split(".")[0])[1][name][slip])
    assert (result.outcome, result.failure.reason) == (WRONG, "counterexample")
    assert result.failure.inputs and result.failure.got != result.failure.demanded


def test_right_functions_pass_on_all_inputs():
    result = graded("rnn.grad_U", ADJOINT)
    assert result.outcome == RIGHT and result.tried == GRADER.examples + GENERIC


TRUNCATED = ADJOINT.replace(
    "d = d + h[t] - y[t - 1]",
    "d = h[t] - y[t - 1]\n        for s in range(min(t + {steps}, len(x)), t, -1):\n            "
    "e = h[s] - y[s - 1]\n            for r in range(s, t, -1):\n                "
    "e = U.T @ ((1 - h[r]**2) * e)\n            d = d + e",
).replace("        d = U.T @ ((1 - h[t]**2) * d)\n", "")
NEARLY_RIGHT = {
    "back through three steps only": ("rnn.grad_U", TRUNCATED.format(steps=2)),
    "back through six steps only": ("rnn.grad_U", TRUNCATED.format(steps=5)),
    "off by a thousandth at three points, three tests and two dimensions": (
        "gaussian_process.predict",
        SOLVE.replace("k(Xs, Xs) -", "(X.shape == Xs.shape == (3, 2)) * 1e-3 + k(Xs, Xs) -"),
    ),
}


@pytest.mark.parametrize("slip", NEARLY_RIGHT)
def test_what_is_wrong_only_at_large_sizes_is_found_by_every_seed(slip):
    name, code = NEARLY_RIGHT[slip]
    source = f"import numpy as np\n{code}".encode()
    with Worker(Limits(), UNSAFE) as worker:
        loaded = Loaded(worker, source, "answers.py", float("inf"))
        assert loaded.load(source) is None
        attempt = attempt_on(checks.get(name), loaded)
        assert not any(Search(checks.get(name), attempt, seed).passes(25) for seed in range(6))


def test_the_untruncated_form_is_right():
    """Or the truncated ones would be wrong for another reason."""
    assert graded("rnn.grad_U", TRUNCATED.format(steps=99)).outcome == RIGHT


def test_generic_counterexamples_are_simplified():
    inputs = graded("rnn.grad_U", TRUNCATED.format(steps=5)).failure.inputs
    assert (len(inputs["h0"]), len(inputs["x"][0])) == (1, 1) and len(inputs["x"]) == 7
    assert 0.0 in [v for row in inputs["y"] for v in row]


def test_a_missing_transpose_shows_at_two_states_and_two_steps():
    """It cannot show at one state or one step, and at two one weight tells it."""
    inputs = graded("rnn.grad_U", ADJOINT.replace("U.T @", "U @")).failure.inputs
    assert (len(inputs["h0"]), len(inputs["x"]), len(inputs["x"][0])) == (2, 2, 1)
    assert sum(w != 0 for row in inputs["U"] for w in row) <= 2


# --- formulas -------------------------------------------------------------------------------------

FORMULAS = [e.name for e in EXERCISES.values() if isinstance(e, FormulaExercise)]


@pytest.mark.parametrize("name", FORMULAS)
def test_right_formulas_pass_with_any_seed(name):
    for text in answers.of_chapter(name.split(".")[0])[0].get(name, {}).values():
        failure, tried = check_formula(checks.get(name), text, 1)
        assert failure is None and tried >= 12


@pytest.mark.parametrize("name", FORMULAS)
def test_wrong_formulas_get_a_counterexample(name):
    for text in answers.of_chapter(name.split(".")[0])[1].get(name, {}).values():
        failure, _ = check_formula(checks.get(name), text, 0)
        assert failure.reason == "counterexample"
        assert set(failure.inputs) == set(checks.get(name).symbols)


def test_a_formula_of_the_wrong_shape_or_in_other_names_is_explained():
    adjoint = checks.get("rnn.adjoint_step")
    assert "of shape n×1" in check_formula(adjoint, "U", 0)[0].message
    assert "unknown name delta" in check_formula(adjoint, "dL + delta", 0)[0].message
    assert "hadamard(gp, d)" in check_formula(adjoint, "dL + U.T*(gp*d)", 0)[0].message
    assert "are called gp here" in check_formula(adjoint, "dL + U.T*hadamard(g'(z), d)", 0)[0].message
    assert check_formula(checks.get("gaussian_process.variance_one"), "1 - e^(-(x-x1)^2)", 0)[0] is None


@pytest.mark.parametrize("name", [e.name for e in EXERCISES.values() if isinstance(e, FormulaExercise)])
def test_situations_are_not_idle(name):
    """Most demanded values differ from zero, and no two situations are alike."""
    found = list(EXERCISES[name].situations(BoundedNumbers(), Random(0)))
    assert len({str(s.values) for s in found}) > len(found) // 2
    assert sum(str(s.demanded) != "0" for s in found) >= 12


# --- the list -------------------------------------------------------------------------------------


def test_names():
    assert checks.names() == list(EXERCISES)
    assert all(checks.get(name) is checks.get(checks.get(name).identifier) for name in checks.names())
    with pytest.raises(checks.UnknownExercise, match=r"did you mean rnn\.grad_U\?"):
        checks.get("rnn.grad_u")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_every_exercise_is_complete(exercise):
    assert exercise.statement and exercise.title and exercise.domain and exercise.hints and exercise.points > 0
    assert exercise.question[0] == "Q" and exercise.identifier in exercise.template
    assert exercise.statement.count("$") % 2 == 0
    compile(exercise.template, exercise.name, "exec")
    if isinstance(exercise, FunctionExercise):
        assert {s for p in exercise.parameters for s in p.shape} == set(exercise.sizes)


def test_formula_exercises_need_no_numpy():
    """They also run in a browser, where NumPy is a large download."""
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import checks; from checks.grader.formulas import check_formula\n"
        "for name, wrong in (('rnn.adjoint_step', 'dL'), ('gaussian_process.variance_one', '0')):\n"
        "    assert check_formula(checks.get(name), wrong, 0)[0].reason == 'counterexample'\n"
        "assert 'hypothesis' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_one_seed_means_the_same_inputs_whatever_else_is_loaded():
    """Here the tests are loaded, on a worker of a cluster they are not; Hypothesis reads numbers from sources."""
    code = (
        "import checks; from checks.grader.search import drawn\n"
        "print(drawn(checks.get('rnn_remedies.clip_norm'), 60, 5))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout.strip() == str(drawn(checks.get("rnn_remedies.clip_norm"), 60, 5))
