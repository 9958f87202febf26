"""The checks of the exercises on the long-range gradient, tried on right answers and on known wrong ones."""

import pytest

import checks
from checks.grader.formulas import check_formula
from checks.grader.grading import RIGHT, WRONG, Grader
from checks.grader.submission import read_python

GRADER = Grader(examples=25)

NILPOTENT = """
def rnn_long_range_growing(slopes):
    c = 2 / (slopes[0] - slopes[1])
    return c * np.array([[1, 1], [-1, -1]])
"""
SOLVED = """
def rnn_long_range_shrinking(slopes):
    d, e = slopes
    m = min(slopes)
    p, q = 1.5 / m, 2 / m
    a = (0.5 + 2 * d * e * p * q - (p + q) * e) / (d - e)
    U = np.array([[a, 1.0], [0.0, p + q - a]])
    U[1, 0] = U[0, 0] * U[1, 1] - p * q
    J = np.diag(slopes) @ U
    return U, np.array([J[1, 0], 0.5 - J[0, 0]])
"""
RIGHT_FUNCTIONS = {
    "rnn_long_range.growing": [NILPOTENT, NILPOTENT.replace("c * np", "-3 * c * np")],
    "rnn_long_range.shrinking": [SOLVED, SOLVED.replace("1.5 / m, 2 / m", "1.25 / m, 8 / m")],
}
WRONG_FUNCTIONS = {
    "rnn_long_range.growing": {
        "large eigenvalues": "def rnn_long_range_growing(slopes):\n    return 10 / min(slopes) * np.eye(2)",
        "nothing grows": "def rnn_long_range_growing(slopes):\n    return np.zeros((2, 2))",
        "on the circle": "def rnn_long_range_growing(slopes):\n    return np.eye(2) / max(slopes)",
        "grows too slowly": NILPOTENT.replace("2 /", "1.1 /"),
        "large and negative": "def rnn_long_range_growing(slopes):\n    return -9 / min(slopes) * np.eye(2)",
        "one slope order": NILPOTENT.replace("slopes[0] - slopes[1]", "slopes[0]"),
    },
    "rnn_long_range.shrinking": {
        "symmetric positive definite": (
            "def rnn_long_range_shrinking(slopes):\n"
            "    return 2 / min(slopes) * np.eye(2), np.array([1.0, 0.0])"
        ),
        "no direction": SOLVED.replace("np.array([J[1, 0], 0.5 - J[0, 0]])", "np.zeros(2)"),
        "right eigenvector": SOLVED.replace("[J[1, 0], 0.5", "[J[0, 1], 0.5"),
        "small eigenvalues": SOLVED.replace("1.5 / m", "0.5 / m"),
        "complex eigenvalues": (
            "def rnn_long_range_shrinking(slopes):\n"
            "    return 9 / min(slopes) * np.array([[1.0, 1.0], [-1.0, 1.0]]), np.array([1.0, 0.0])"
        ),
    },
}


def graded(name, body):
    submission = read_python("answers.py", f"import numpy as np\n{body}".encode())
    return GRADER.grade(submission, [checks.get(name)]).results[0]


@pytest.mark.parametrize(("name", "body"), [(n, b) for n, bodies in RIGHT_FUNCTIONS.items() for b in bodies])
def test_right_witnesses_pass(name, body):
    result = graded(name, body)
    assert result.outcome == RIGHT, result.failure and result.failure.lines()


@pytest.mark.parametrize(("name", "slip"), [(n, s) for n, slips in WRONG_FUNCTIONS.items() for s in slips])
def test_wrong_witnesses_are_told_which_demand_they_miss(name, slip):
    result = graded(name, WRONG_FUNCTIONS[name][slip])
    assert (result.outcome, result.failure.reason) == (WRONG, "counterexample"), result.failure
    assert result.failure.result.startswith(("U: ", "v: ")) and result.failure.inputs


FORMULAS = {
    True: ["(lam*s)^l", "lam^l*s^l", "exp(l*log(lam*s))", "(s*lam)**(l-1)*s*lam"],
    False: ["lam*s", "(lam*s)^(l-1)", "(lam*s)^(l+1)", "lam*s^l", "l*lam*s", "(lam*s)^l*1001/1000"],
}


@pytest.mark.parametrize(("right", "text"), [(right, t) for right, texts in FORMULAS.items() for t in texts])
def test_the_bound_as_a_formula(right, text):
    failure, _ = check_formula(checks.get("rnn_long_range.steepest"), text, 0)
    assert (failure is None) == right, failure
