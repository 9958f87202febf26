"""Witness, choice and chain answers; exact data from answer files; partial credit, names of slips, hints."""

from fractions import Fraction
from random import Random

import pytest
from sympy import exp

import checks
from checks.__main__ import main
from checks.answers.gaussian_process import SOLVE
from checks.answers.rnn import ADJOINT
from checks.audit import wrong_letters
from checks.equality import BoundedNumbers
from checks.exercises.chain import ChainExercise, Form, equal_to
from checks.exercises.choice import ChoiceExercise, Option
from checks.exercises.exercise import Misconception
from checks.grader.chains import check_chain
from checks.grader.choices import check_choice, letters
from checks.grader.grading import RIGHT, UNANSWERED, WRONG, Grader
from checks.grader.literals import NotData, number
from checks.grader.submission import read, read_python
from checks.grader.witnesses import check_witness

GRADER = Grader(examples=25)


def graded(source, name):
    return GRADER.grade(read_python("answers.py", source.encode()), [checks.get(name)]).results[0]


def slips(failure):
    return [m.name for m in failure.misconceptions]


# --- exact data ----------------------------------------------------------------------------------

NUMBERS = {
    "3": 3, "-0.1": Fraction(-1, 10), "1e-3": Fraction(1, 1000), "2/3": Fraction(2, 3), ".5": Fraction(1, 2),
    "-1.5/4": Fraction(-3, 8), "−2": -2,
}  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_are_exact(text):
    assert number(text) == NUMBERS[text]


@pytest.mark.parametrize("text", ["", "x", "1/0", "nan", "inf", "1e999", "9" * 50, "1//2", "__import__('os')"])
def test_what_is_no_number(text):
    with pytest.raises(NotData):
        number(text)


PYTHON = {
    "a = [[1, 0.1], [-2, '1/3']]": [[1, Fraction(1, 10)], [-2, "1/3"]],
    "a = np.array([1/3, 2*3, 1 - 4])": [Fraction(1, 3), 6, -3],
    "a = Fraction('2/6')": Fraction(1, 3),
    "a = (1, 2)": [1, 2],
    "a: float = -0.5": Fraction(-1, 2),
}


@pytest.mark.parametrize("source", PYTHON)
def test_data_of_a_python_file(source):
    assert read_python("a.py", source.encode()).data["a"] == PYTHON[source]


@pytest.mark.parametrize("value", ["f(2)", "True", "1j", "{1: 2}", "2**999", "1/0", "x", "[1, None]", "open('a')"])
def test_what_is_no_data_is_not_computed(value):
    submission = read_python("a.py", f"a = {value}".encode())
    assert submission.others == {"a"} and not submission.data


def test_data_of_a_toml_file(tmp_path):
    path = tmp_path / "answers.toml"
    path.write_text('a = [[1, 0.1], [-2, "1/3"]]\nb = true\nc = inf\n[rnn]\nx = 3\n')
    submission = read(path)
    assert submission.data == {"a": [[1, Fraction(1, 10)], [-2, "1/3"]], "rnn_x": 3}
    assert submission.others == {"b", "c"}


def test_numbers_too_long_and_lists_too_deep(tmp_path):
    assert read_python("a.py", b"a = 0x" + b"f" * 9999).others == {"a"}
    path = tmp_path / "answers.toml"
    path.write_text("a = " + "[" * 5000 + "]" * 5000)
    assert read(path).problem.reason == "syntax"


# --- a witness -----------------------------------------------------------------------------------

CANCELLING = "rnn_long_range.cancelling"


def cancelling(w, h0, x):
    names = checks.get(CANCELLING).identifiers
    lines = [f"{name} = {value!r}" for name, value in zip(names, (w, h0, x), strict=True)]
    return graded("\n".join(lines), CANCELLING)


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ((1, 100, [0, 0, 0]), "the weight is at least 2"),
        ((2, 10, [0, 0, 0]), "the term has the size 40"),
        ((2, 25, [0, 0, 0]), "the derivative of the loss by w is 0"),
        ((2, 25, [0, 0]), "must be (3,)"),
        ((2, 25, [[0, 0, 0]]), "must be (3,)"),
        ((2, "abc", [0, 0, 0]), "'abc' is not a number"),
        (([2], 25, [0, 0, 0]), "must be one number"),
    ],
)
def test_wrong_witnesses_are_told_what_fails(pieces, said):
    result = cancelling(*pieces)
    assert result.outcome == WRONG and said in "\n".join(result.failure.lines())


def test_a_missing_piece_and_an_empty_template():
    exercise = checks.get(CANCELLING)
    failure, _ = check_witness(exercise, {exercise.identifiers[0]: Fraction(2)})
    assert "rnn_long_range_cancelling_h0 is missing" in failure.message
    assert graded(exercise.template, CANCELLING).outcome == UNANSWERED
    assert graded("rnn_long_range_cancelling_w = f(2)", CANCELLING).failure.reason == "not_text"


# --- a choice ------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["b", "B", "(b)", ["b"], " b "])
def test_letters(answer):
    assert letters(answer) == "b"


def test_a_choice_is_answered_with_what_was_run():
    failure, _ = check_choice(checks.get("gaussian_process.far_away"), "e")
    assert "the variance 1" in failure.message and slips(failure) == ["variance that grows by itself"]
    right = graded('gaussian_process_far_away = "d"', "gaussian_process.far_away")
    assert right.outcome == RIGHT and "gaussian_process.variance_far_away" in right.remarks[0]


@pytest.mark.parametrize("answer", ["z", "ab", "", 3, [["a"]]])
def test_what_is_no_choice(answer):
    failure, _ = check_choice(checks.get("gaussian_process.far_away"), answer)
    assert failure is not None and failure.reason in ("letters", "not_text")


class WithSlip(ChoiceExercise):
    misconceptions = (Misconception("odd squares", "Squares of odd numbers are odd.", "ab"),)


EVEN = WithSlip(
    name="toy.even",
    question="Q0",
    title="What holds of every integer?",
    statement="",
    points=1,
    domain="integers from 0 to 4",
    options=(
        Option("n² + n is even", lambda n: (n * n + n) % 2 == 0, lambda n: f"{n * n + n} is odd"),
        Option("n² + 1 is odd", lambda n: (n * n + 1) % 2 == 1, lambda n: f"n = {n} gives {n * n + 1}"),
        Option("n² >= n", lambda n: n * n >= n, lambda n: f"{n * n} < {n}"),
    ),
    cases=lambda: range(5),
    several=True,
)


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [("ac", None), (["c", "a"], None), ("a", "incomplete"), ("ab", "counterexample"), ("abc", "counterexample")],
)
def test_all_that_hold(chosen, reason):
    failure, _ = check_choice(EVEN, chosen)
    assert (failure and failure.reason) == reason
    if reason == "counterexample":
        assert "n = 1 gives 2" in failure.message
    if chosen == "ab":
        assert slips(failure) == ["odd squares"]
    if reason == "incomplete":
        assert "(c)" not in failure.message, "which one is missing is not told"


def test_the_audit_tries_every_wrong_set_of_letters():
    assert set(wrong_letters(EVEN)) == {"a", "b", "c", "ab", "bc", "abc"}


# --- a chain -------------------------------------------------------------------------------------

WRONG_CHAINS = {
    "the second line": (["D", "dL + J*d", "dL + U.T*hadamard(gp, d)"], "Line 2 does not follow", []),
    "the first line": (["J.T*d"], "it is the first line", []),
    "the last line": (["D", "dL + J.T*d", "dL + U*hadamard(gp, d)"], "Line 3 does not", ["a line without D"]),
    "restated": (["D", "2*D - D"], "restates the question", []),
    "not finished": (["D", "dL + J.T*d"], "it still has J", ["a line without D"]),
    "no route": (["dL + U.T*hadamard(gp, d)"], "at least 2 different lines", "all"),
    "unreadable": (["D", "dL + delta"], "Line 2 cannot be read", []),
    "no list of lines": ([["D", "a", "b"]], "Line 1 must be", []),
    "too long": (["D"] * 100, "at most", []),
}


@pytest.mark.parametrize("case", WRONG_CHAINS)
def test_the_first_wrong_line_is_named(case):
    lines, said, credited = WRONG_CHAINS[case]
    exercise = checks.get("rnn.adjoint_chain")
    failure, _ = check_chain(exercise, lines, 0)
    assert said in failure.message, failure.message
    assert list(failure.right_parts) == ([p.name for p in exercise.parts] if credited == "all" else credited)


def test_a_wrong_line_gets_its_slip_and_its_counterexample():
    failure, right = check_chain(checks.get("rnn.adjoint_chain"), ["D", "dL + J.T*d", "dL + U.T*d"], 0)
    assert right == 2 and slips(failure) == ["no slopes"] and set(failure.inputs) >= {"U", "d"}


LOG_SUM = ChainExercise(
    name="toy.log_sum",
    question="Q0",
    title="The softplus function as an even and an odd part",
    statement="",
    points=1,
    domain="real x",
    real=("x",),
    given="log(1 + exp(x))",
    situations=equal_to("log(1 + exp(x))", real=("x",)),
    forms=(Form("a sum with cosh", ("x",), (exp,)),),
    source="the first line has",
)


def test_a_first_line_that_is_a_formula_gives_the_situations():
    lines = ["log(1 + exp(x))", "x/2 + log(exp(x/2) + exp(-x/2))", "x/2 + log(2*cosh(x/2))"]
    assert check_chain(LOG_SUM, lines, 0) == (None, 3)
    failure, right = check_chain(LOG_SUM, [*lines[:2], "x + log(2*cosh(x/2))"], 0)
    assert (failure.reason, right) == ("wrong_line", 2) and set(failure.inputs) == {"x"}
    assert check_chain(LOG_SUM, lines[:2], 0)[0].reason == "unfinished"


def test_first_lines_of_matrices():
    shapes = {"A": ("n", "m"), "x": ("m", 1)}
    situations = list(equal_to("tr(A.T*A) + norm(A*x)^2", shapes=shapes)(BoundedNumbers(), Random(0)))
    assert len(situations) > 20 and {tuple(s.sizes.values()) for s in situations} > {(1, 1), (2, 3)}
    assert all(s.demanded > 0 for s in situations)


def test_where_the_first_line_has_no_value_nothing_is_asked():
    situations = list(equal_to("log(x)", real=("x",))(BoundedNumbers(), Random(0)))
    assert 5 < len(situations) < 30 and all(s.values["x"] > 0 for s in situations)


# --- several slips, parts, hints -----------------------------------------------------------------


def test_every_slip_that_fits_is_named(monkeypatch):
    exercise = checks.get("rnn_long_range.growing")
    source = "import numpy as np\ndef rnn_long_range_growing(slopes): return 10 / min(slopes) * np.eye(2)"
    failure = graded(source, exercise.name).failure
    assert set(slips(failure)) == {"large eigenvalues", "a symmetric matrix"}
    assert any("several known slips" in line for line in failure.lines())


def test_a_function_that_is_right_in_part_earns_that_part():
    source = (
        "import numpy as np\ndef k(A, B): return np.exp(-((A[:, None] - B[None])**2).sum(-1) / 2)\n"
        "def gaussian_process_predict(X, y, Xs):\n    K, Ks = k(X, X), k(X, Xs)\n"
        "    return Ks.T @ np.linalg.solve(K, y), Ks.T @ np.linalg.solve(K, Ks)\n"
    )
    result = graded(source, "gaussian_process.predict")
    assert (result.outcome, result.earned, result.failure.right_parts) == (WRONG, 1, ("mean",))
    assert slips(result.failure) == ["the prior covariance is forgotten"]


def test_hints_come_one_at_a_time(tmp_path, capsys):
    path = tmp_path / "answers.toml"
    path.write_text('rnn_adjoint_step = "dL"\n')
    command = ["grade", str(path), "--exercise", "rnn.adjoint_step"]
    first, second = checks.get("rnn.adjoint_step").hints
    said = {}
    for words in ((), ("--hint",), ("--hint", "2"), ("--hint", "9")):
        main([*command, *words])
        said[words] = " ".join(capsys.readouterr().out.split())
    assert "Hint" not in said[()]
    assert first in said["--hint",] and second not in said["--hint",] and "--hint 2" in said["--hint",]
    assert second in said["--hint", "2"] and first not in said["--hint", "2"]
    assert "Hint 2 of 2" in said["--hint", "9"]


# --- the misconceptions most worth naming, met in an answer --------------------------------------

MET = {
    "the adjoint with the slopes of the step before": (
        "rnn.grad_U", ADJOINT.replace("d = U.T @ ((1 - h[t]**2)", "d = U.T @ ((1 - h[t - 1]**2)"),
        "the slopes of the step before",
    ),
    "only the term k = t": (
        "rnn.grad_U", ADJOINT.replace("d = U.T @ ((1 - h[t]**2) * d)", "d = 0 * d"), "only the direct terms"
    ),
    "smallest eigenvalue": (
        "rnn_long_range.condition", "e", "the smallest eigenvalue for the smallest singular value"
    ),
    "spectral radius": ("rnn_long_range.condition", "a", "the spectral radius for the largest singular value"),
    "the whole gradient": ("rnn_long_range.condition", "d", "the whole gradient for its long-range terms"),
    "variance 0": (
        "gaussian_process.predict", SOLVE.replace("k(Xs, Xs) - ", ""), "the prior covariance is forgotten"
    ),
    "mean of the data": (
        "gaussian_process.predict", SOLVE.replace("solve(K, y)", "solve(K, y - y.mean()) + y.mean()"),
        "back to the mean of the data",
    ),
    "variance 0, as a formula": (
        "gaussian_process.variance_one", "exp(-(x1 - x)^2/2)^2", "the prior variance is forgotten"
    ),
    "back to the training mean": ("relu_extrapolation.far_away", "ace", "back to the training mean"),
    "its variance grows": ("relu_extrapolation.far_away", "bcde", "variance that grows by itself"),
    "Bayesian, so one half": ("relu_extrapolation.far_away", "bcef", "Bayesian, so one half"),
}  # fmt: skip


@pytest.mark.parametrize("case", MET)
def test_the_misconceptions_most_worth_naming_are_named(case):
    name, answer, slip = MET[case]
    exercise = checks.get(name)
    source = f"import numpy as np\n{answer}" if exercise.kind == "function" else f"{exercise.identifier} = {answer!r}"
    failure = graded(source, name).failure
    assert slips(failure) == [slip], failure.lines()


def test_templates(tmp_path, capsys):
    """Both can be read, and nothing in them counts as an answer."""
    for name in ("answers.py", "answers.toml"):
        path = tmp_path / name
        assert main(["template", str(path)]) == 0
        assert main(["grade", str(path)]) == 1
        assert " 0 of " in capsys.readouterr().out
    assert "def " not in path.read_text() and "rnn_adjoint_chain = [" in path.read_text()
