"""The checks themselves, tried on right answers in several styles and on known wrong ones.

An exercise holds no right answer; the right ones here are for testing its check only.
"""

import subprocess
import sys
from random import Random

import pytest

import checks
from checks.equality import BoundedNumbers
from checks.exercises import EXERCISES
from checks.exercises.exercise import FormulaExercise, FunctionExercise
from checks.grader.formulas import check_formula
from checks.grader.grading import RIGHT, WRONG, Grader
from checks.grader.search import GENERIC
from checks.grader.submission import read_python

GRADER = Grader(examples=25)


def graded(name: str, body: str, grader: Grader = GRADER):
    """The result of a Python answer; `body` follows ``import numpy as np``."""
    submission = read_python("answers.py", f"import numpy as np\n{body}".encode())
    return grader.grade(submission, [checks.get(name)]).results[0]


# --- rnn.grad_U -----------------------------------------------------------------------------------

STATES = """
def states(U, W, x, h0):
    h = [h0]
    for row in x:
        h.append(np.tanh(W @ row + U @ h[-1]))
    return h
"""
ADJOINT = (
    STATES
    + """
def rnn_grad_U(U, W, x, h0, y):
    h, d, G = states(U, W, x, h0), np.zeros_like(h0), np.zeros_like(U)
    for t in range(len(x), 0, -1):
        d = d + h[t] - y[t - 1]
        G += np.outer((1 - h[t]**2) * d, h[t - 1])
        d = U.T @ ((1 - h[t]**2) * d)
    return G
"""
)
UNROLLED = (
    STATES
    + """
def rnn_grad_U(U, W, x, h0, y):
    h, G = states(U, W, x, h0), 0
    for t in range(1, len(h)):
        v = h[t] - y[t - 1]
        for k in range(t, 0, -1):
            v = np.diag(1 - h[k]**2) @ v
            G = G + np.einsum("i,j->ij", v, h[k - 1])
            v = U.T @ v
    return G
"""
)
COMPLEX_STEP = """
def rnn_grad_U(U, W, x, h0, y):
    G = np.empty_like(U)
    for index in np.ndindex(U.shape):
        V = U.astype(complex)
        V[index] += 1e-30j
        h, loss = h0, 0
        for a, b in zip(x, y):
            h = np.tanh(W @ a + V @ h)
            loss = loss + ((h - b)**2).sum() / 2
        G[index] = loss.imag / 1e-30
    return G
"""
PLAIN_LISTS = """
from math import tanh
def rnn_grad_U(U, W, x, h0, y):
    n = len(h0)
    h = [list(h0)]
    for a in x:
        p = h[-1]
        z = [sum(w*v for w, v in zip(W[i], a)) + sum(u*v for u, v in zip(U[i], p)) for i in range(n)]
        h.append([tanh(v) for v in z])
    G, d = [[0.0]*n for _ in range(n)], [0.0]*n
    for t in range(len(x), 0, -1):
        e = [(1 - h[t][i]**2) * (d[i] + h[t][i] - y[t-1][i]) for i in range(n)]
        G = [[G[i][j] + e[i]*h[t-1][j] for j in range(n)] for i in range(n)]
        d = [sum(U[i][j]*e[i] for i in range(n)) for j in range(n)]
    return G
"""
FORWARD = """
def rnn_grad_U(U, W, x, h0, y):
    n = len(h0)
    h, J, G = h0, np.zeros((n, n, n)), np.zeros((n, n))
    for a, b in zip(x, y):
        J = np.einsum("ij,jkl->ikl", U, J) + np.einsum("ik,l->ikl", np.eye(n), h)
        h = np.tanh(W @ a + U @ h)
        J = (1 - h**2)[:, None, None] * J
        G += np.einsum("i,ikl->kl", h - b, J)
    return G
"""
SINGLE = ADJOINT.replace(
    "h, d, G = states", "U, W, x, h0, y = map(np.float32, (U, W, x, h0, y))\n    h, d, G = states"
)
CENTRAL = COMPLEX_STEP.replace(
    "    return G",
    """    return G


def loss(U, W, x, h0, y):
    h, total = h0, 0
    for a, b in zip(x, y):
        h = np.tanh(W @ a + U @ h)
        total += ((h - b)**2).sum() / 2
    return total

def rnn_grad_U(U, W, x, h0, y):
    G = np.empty_like(U)
    for index in np.ndindex(U.shape):
        E = np.zeros_like(U)
        E[index] = 1e-5
        G[index] = (loss(U + E, W, x, h0, y) - loss(U - E, W, x, h0, y)) / 2e-5
    return G
""",
)

# --- gaussian_process.predict ---------------------------------------------------------------------

KERNEL = """
def k(A, B):
    return np.exp(-0.5 * ((A[:, None] - B[None])**2).sum(-1))
"""
SOLVE = (
    KERNEL
    + """
def gaussian_process_predict(X, y, Xs):
    K, Ks = k(X, X), k(X, Xs)
    return Ks.T @ np.linalg.solve(K, y), k(Xs, Xs) - Ks.T @ np.linalg.solve(K, Ks)
"""
)
INVERSE = (
    KERNEL
    + """
def gaussian_process_predict(X, y, Xs):
    P, Ks = np.linalg.inv(k(X, X)), k(Xs, X)
    return Ks @ P @ y, k(Xs, Xs) - Ks @ P @ Ks.T
"""
)
CHOLESKY = (
    KERNEL
    + """
def gaussian_process_predict(X, y, Xs):
    L = np.linalg.cholesky(k(X, X))
    v = np.linalg.solve(L, k(X, Xs))
    return v.T @ np.linalg.solve(L, y), k(Xs, Xs) - v.T @ v
"""
)
EXPANDED_DISTANCES = SOLVE.replace(
    "((A[:, None] - B[None])**2).sum(-1)", "((A**2).sum(1)[:, None] + (B**2).sum(1) - 2 * A @ B.T)"
)
ONE_POINT_AT_A_TIME = """
def gaussian_process_predict(X, y, Xs):
    def kernel(a, b):
        return float(np.exp(-sum((p - q)**2 for p, q in zip(a, b)) / 2))
    K = np.array([[kernel(a, b) for b in X] for a in X])
    rows = np.array([[kernel(s, b) for b in X] for s in Xs])
    weights = [np.linalg.solve(K, row) for row in rows]
    mean = [float(w @ y) for w in weights]
    cov = [[kernel(s, t) - float(w @ row) for t, row in zip(Xs, rows)] for s, w in zip(Xs, weights)]
    return mean, cov
"""
WRAPPED = (
    SOLVE.replace("gaussian_process_predict", "solve")
    + """
def gaussian_process_predict(X, y, Xs):
    m, C = solve(X, y, Xs)
    return m, {}
"""
)

FUNCTIONS_RIGHT = {
    "rnn.grad_U": [ADJOINT, UNROLLED, COMPLEX_STEP, PLAIN_LISTS, FORWARD, SINGLE],
    "gaussian_process.predict": [SOLVE, INVERSE, CHOLESKY, EXPANDED_DISTANCES, ONE_POINT_AT_A_TIME],
}
FUNCTIONS_WRONG = {
    "rnn.grad_U": {
        "no transpose": ADJOINT.replace("U.T @", "U @"),
        "slopes one step early": ADJOINT.replace("d = U.T @ ((1 - h[t]**2)", "d = U.T @ ((1 - h[t - 1]**2)"),
        "only the last step": ADJOINT.replace("d = U.T @ ((1 - h[t]**2) * d)", "d = 0 * d"),
        "no slopes": ADJOINT.replace("d = U.T @ ((1 - h[t]**2) * d)", "d = U.T @ d"),
        "outer product the other way": ADJOINT.replace(
            "np.outer((1 - h[t]**2) * d, h[t - 1])", "np.outer(h[t - 1], (1 - h[t]**2) * d)"
        ),
        "sign": ADJOINT.replace("return G", "return -G"),
        "twice": ADJOINT.replace("return G", "return 2 * G"),
        "one step short": ADJOINT.replace("range(len(x), 0, -1)", "range(len(x), 1, -1)"),
        "off by a thousandth": ADJOINT.replace("return G", "return G * 1.001"),
        "differences in double precision": CENTRAL,
    },
    "gaussian_process.predict": {
        "jitter": SOLVE.replace("K, Ks = k(X, X),", "K, Ks = k(X, X) + 1e-9 * np.eye(len(X)),"),
        "no prior covariance": SOLVE.replace("k(Xs, Xs) - ", ""),
        "observation noise": SOLVE.replace("k(Xs, Xs) -", "np.eye(len(Xs)) + k(Xs, Xs) -"),
        "kernel without the half": SOLVE.replace("-0.5", "-1.0"),
        "centred on the data": SOLVE.replace("solve(K, y)", "solve(K, y - y.mean()) + y.mean()"),
        "variances only": WRAPPED.format("np.diag(np.diag(C))"),
        "standard deviations": WRAPPED.format("np.sqrt(np.abs(C))"),
        "K not inverted": SOLVE.replace("np.linalg.solve(K, y)", "K @ y"),
    },
}


@pytest.mark.parametrize(
    ("name", "code"), [(name, c) for name, codes in FUNCTIONS_RIGHT.items() for c in codes]
)
def test_right_functions_pass(name, code):
    result = graded(name, code)
    assert result.outcome == RIGHT, result.failure.lines()
    assert result.tried == GRADER.examples + GENERIC


@pytest.mark.parametrize(
    ("name", "slip"), [(name, s) for name, slips in FUNCTIONS_WRONG.items() for s in slips]
)
def test_wrong_functions_get_a_counterexample(name, slip):
    result = graded(name, FUNCTIONS_WRONG[name][slip])
    assert (result.outcome, result.failure.reason) == (WRONG, "counterexample")
    assert result.failure.inputs and result.failure.got != result.failure.demanded


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


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("slip", NEARLY_RIGHT)
def test_what_is_wrong_only_at_large_sizes_is_found_by_every_seed(slip, seed):
    name, code = NEARLY_RIGHT[slip]
    result = graded(name, code, Grader(examples=25, seed=seed))
    assert (result.outcome, result.failure.reason) == (WRONG, "counterexample")


def test_the_untruncated_form_is_right():
    """Or the truncated ones would be wrong for another reason."""
    assert graded("rnn.grad_U", TRUNCATED.format(steps=99)).outcome == RIGHT


def test_generic_counterexamples_are_simplified():
    inputs = graded("rnn.grad_U", TRUNCATED.format(steps=5)).failure.inputs
    assert (len(inputs["h0"]), len(inputs["x"][0])) == (1, 1) and len(inputs["x"]) == 7
    assert 0.0 in [v for row in inputs["y"] for v in row]


def test_a_missing_transpose_shows_at_two_states_and_two_steps():
    """It cannot show at one state or one step, and at two one weight tells it."""
    inputs = graded("rnn.grad_U", FUNCTIONS_WRONG["rnn.grad_U"]["no transpose"]).failure.inputs
    assert (len(inputs["h0"]), len(inputs["x"]), len(inputs["x"][0])) == (2, 2, 1)
    assert sum(w != 0 for row in inputs["U"] for w in row) <= 2


# --- formulas -------------------------------------------------------------------------------------

FORMULAS_RIGHT = {
    "rnn.adjoint_step": [
        "dL + U.T*hadamard(gp, d)",
        "dL + U.T*diag(gp)*d",
        "U^T @ hadamard(d, gp) + dL",
        "dL + (diag(gp)*U).T*d",
        "(dL.T + d.T*diag(gp)*U).T",
        "dL - transpose(U)*(-hadamard(gp, d))",
    ],
    "gaussian_process.variance_one": [
        "1 - exp(-(x-x1)**2)",
        "1 - exp(-(x1-x)^2/2)^2",
        "(1 - exp(-(x-x1)^2/2))*(1 + exp(-(x-x1)^2/2))",
        "2*exp(-(x-x1)^2/2)*sinh((x-x1)^2/2)",
        "1 - 1/exp(x^2 - 2*x*x1 + x1^2)",
        "tanh((x-x1)^2/2)*(1 + exp(-(x-x1)^2))",
    ],
}
FORMULAS_WRONG = {
    "rnn.adjoint_step": [
        "dL + U*hadamard(gp, d)",
        "U.T*hadamard(gp, d)",
        "dL + U.T*d",
        "dL + hadamard(gp, U.T*d)",
        "dL - U.T*hadamard(gp, d)",
        "dL + U.T*hadamard(gp, d)*1001/1000",
        "dL + U.T*hadamard(gp, hadamard(gp, d))",
        "dL + inv(U)*hadamard(gp, d)",
    ],
    "gaussian_process.variance_one": [
        "exp(-(x-x1)^2)",
        "1 - exp(-(x-x1)^2/2)",
        "sqrt(1 - exp(-(x-x1)^2))",
        "1 + exp(-(x-x1)^2)",
        "1",
        "1 - exp(-(x+x1)^2)",
        "1 - exp(-x^2)",
        "1 - exp(-(x-x1)^2) + 1e-30",
        "log(x - x1)",
        "exp(exp(exp(x - x1 + 9)))",
    ],
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, t) for name, texts in FORMULAS_RIGHT.items() for t in texts]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_right_formulas_pass(name, text, seed):
    failure, tried = check_formula(checks.get(name), text, seed)
    assert failure is None and tried > 25


@pytest.mark.parametrize(
    ("name", "text"), [(name, t) for name, texts in FORMULAS_WRONG.items() for t in texts]
)
def test_wrong_formulas_get_a_counterexample(name, text):
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
    assert sum(str(s.demanded) != "0" for s in found) > 20


# --- the list -------------------------------------------------------------------------------------


def test_names():
    assert checks.names() == list(EXERCISES)
    assert all(checks.get(name) is checks.get(checks.get(name).identifier) for name in checks.names())
    with pytest.raises(checks.UnknownExercise, match=r"did you mean rnn\.grad_U\?"):
        checks.get("rnn.grad_u")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_every_exercise_is_complete(exercise):
    assert (
        exercise.statement and exercise.title and exercise.domain and exercise.hints and exercise.points > 0
    )
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
