"""The checks of the exercises on the long-range gradient, tried on right answers and on known wrong ones."""

import pytest

import checks
from checks.answers.rnn_long_range import NILPOTENT, SOLVED
from checks.grader.grading import WRONG, Grader
from checks.grader.submission import read_python

GRADER = Grader(examples=25)

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
            "def rnn_long_range_shrinking(slopes):\n    return 2 / min(slopes) * np.eye(2), np.array([1.0, 0.0])"
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


@pytest.mark.parametrize(("name", "slip"), [(n, s) for n, slips in WRONG_FUNCTIONS.items() for s in slips])
def test_wrong_witnesses_are_told_which_demand_they_miss(name, slip):
    result = graded(name, WRONG_FUNCTIONS[name][slip])
    assert (result.outcome, result.failure.reason) == (WRONG, "counterexample"), result.failure
    assert result.failure.result.startswith(("U: ", "v: ")) and result.failure.inputs
