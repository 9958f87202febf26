"""Question 3: exercises on prediction with a Gaussian process, without noise, kernel exp(-½‖x-x'‖²)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import mpmath

from .arrays import Array, flat, remembered
from .chain import ChainExercise, Form
from .choice import ChoiceExercise, Option
from .exercise import (
    Disagreement,
    FormulaExercise,
    FunctionExercise,
    Parameter,
    Result,
    Situation,
    disagreement,
)

VALUES = (0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 1.5, -1.5)
# 0 and 1/256, 1 and 1 + 1/256: inputs that nearly coincide
PLACES = (0, 1, -1, 2, -2, 0.5, -0.5, 3, 1 / 256, 1 + 1 / 256, -1 - 1 / 256, 1.5, -1.5)
LARGEST_TOLERANCE = 1e-3

_mp = mpmath.MPContext()
_mp.dps = 40


# --- prediction from the joint density ----------------------------------------------------------


def kernel(a, b):
    """exp(-½‖a − b‖²) at 40 digits."""
    return _mp.exp(-sum((_mp.mpf(p) - _mp.mpf(q)) ** 2 for p, q in zip(a, b, strict=True)) / 2)


def gram(A, B):
    return _mp.matrix([[kernel(a, b) for b in B] for a in A])


@remembered
def condition_the_joint(X, y, Xs):
    """Mean and covariance of f(Xs) given f(X) = y, from the precision matrix of their joint density.

    The test values are seen through independent unit noise: it changes no mean and adds the
    identity to the covariance, and the joint matrix stays regular where a test point equals an input.
    """
    n, m = len(X), len(Xs)
    covariance = gram([*X, *Xs], [*X, *Xs])
    for i in range(n, n + m):
        covariance[i, i] += 1
    precision = covariance**-1
    noisy = precision[n:, n:] ** -1
    mean = -noisy * precision[n:, :n] * _mp.matrix(y)
    return mean, noisy - _mp.eye(m)


@remembered
def conditioning(X) -> tuple[float, float]:
    """‖K⁻¹‖ and the condition number of K, in the row norm; infinite if K is singular."""
    K = gram(X, X)
    try:
        inverse = K**-1
    except ZeroDivisionError:
        return float("inf"), float("inf")
    size = float(_mp.mnorm(inverse, "inf"))
    return size, size * float(_mp.mnorm(K, "inf"))


def rounding_bounds(inputs: Mapping[str, list], eps: float) -> tuple[float, float]:
    """How far rounding may carry a sound float computation of the mean and of the covariance.

    Solving with K, or multiplying by its computed inverse, errs by at most eps·cond(K)·‖K⁻¹‖ times the
    sizes of what it is multiplied with; squared distances found as ‖a‖² + ‖b‖² − 2a·b err by eps·‖a‖².
    """
    X, y, Xs = inputs["X"], inputs["y"], inputs["Xs"]
    size, condition = conditioning(X)
    reach = 1 + sum(max(abs(v) for v in column) ** 2 for column in zip(*X, *Xs, strict=True))
    unit = 64 * eps * len(X) ** 2 * reach * condition * size
    return unit * max(map(abs, y), default=0) + 64 * eps, unit + 64 * eps


def admissible(inputs: Mapping[str, list]) -> bool:
    """Distinct training inputs, so far apart that double precision can still tell a wrong answer."""
    return len({tuple(x) for x in inputs["X"]}) == len(inputs["X"]) and all(
        bound <= LARGEST_TOLERANCE for bound in rounding_bounds(inputs, 2.0**-52)
    )


def judge_predict(inputs: Mapping[str, list], results: Mapping[str, Array]) -> Iterator[Disagreement]:
    demanded = condition_the_joint(**inputs)
    bounds = rounding_bounds(inputs, max(r.eps for r in results.values()))
    for name, value, bound in zip(("mean", "cov"), demanded, bounds, strict=True):
        expected = Array(results[name].shape, tuple(float(v) for v in flat(value.tolist())))
        if problem := disagreement(name, results[name], expected, bound):
            yield problem


predict = FunctionExercise(
    name="gaussian_process.predict",
    question="Q3a",
    title="Predictive mean and covariance of a Gaussian process",
    statement=r"""
A function $f$ has a Gaussian process prior with mean zero and the kernel
$k(x, x') = \exp(-\tfrac12 \|x - x'\|^2)$. Its values $y_i = f(x_i)$ at $n$ distinct inputs, the rows of
`X`, are known without noise. Write a function that returns the mean and the covariance matrix of $f$ at the
rows of `Xs`, given these values. Nothing is to be added to the diagonal of the kernel matrix. A test point
may coincide with an input.
""".strip(),
    points=2,
    domain="n and m from 1 to 3, one or two dimensions, inputs from -2 to 3, some 1/256 apart or tested on",
    hints=(
        "Write down the joint Gaussian of the known and the unknown values.",
        "Condition it: the covariance of the rest is a Schur complement.",
    ),
    sizes={"n": (1, 3), "m": (1, 3), "D": (1, 2)},
    parameters=(
        Parameter("X", ("n", "D"), "training inputs, one a row", PLACES),
        Parameter("y", ("n",), "values at the training inputs", VALUES),
        Parameter("Xs", ("m", "D"), "test inputs, one a row", PLACES),
    ),
    results=(
        Result("mean", ("m",), "the predictive mean", points=1),
        Result("cov", ("m", "m"), "the predictive covariance", points=1),
    ),
    judge=judge_predict,
    admissible=admissible,
    source="conditioning the joint density gives",
    generic={},
)

# --- one training input, one test input ---------------------------------------------------------

POINTS = 24


def log_joint_density(field, x, x1):
    """The log density of (f(x), f(x1)), up to a constant."""
    k = field.context.exp(-((x - x1) ** 2) / 2)

    def log_density(f, f1):
        return -(f * f - 2 * k * f * f1 + f1 * f1) / (2 * (1 - k * k))

    return log_density


def variance_by_differences(field, x, x1):
    """The variance of f(x) given f(x1): minus one over the curvature of the log density along f(x).

    The log density is quadratic, so its second difference is its curvature whatever the step.
    """
    log_density = log_joint_density(field, x, x1)
    values = [log_density(field.number(f), field.number(1)) for f in (-1, 0, 1)]
    return -1 / (values[0] - 2 * values[1] + values[2])


def variance_situations(field, random: Random) -> Iterator[Situation]:
    """Two inputs one apart, then a few small ones, then random ones; never equal."""
    small = ((1, 0), (0, 1), (2, 1), (1, -1), (-2, 1))
    scattered = ((random.randint(-64, 64), 0.5 + random.randint(-64, 64)) for _ in range(POINTS))
    for a, b in (*small, *((a / 32, b / 32) for a, b in scattered)):
        x, x1 = field.number(a), field.number(b)
        yield Situation({"x": x, "x1": x1}, variance_by_differences(field, x, x1))


variance_one = FormulaExercise(
    name="gaussian_process.variance_one",
    question="Q3a",
    title="Predictive variance from one training input",
    statement=r"""
A Gaussian process on the line has mean zero and the kernel $k(x, x') = \exp(-\tfrac12 (x - x')^2)$. Its value
at one input $x_1$ is known, without noise. Give the variance of its value at $x$, in terms of `x` and `x1`.
""".strip(),
    points=1,
    domain="real x and x1, not equal",
    hints=(
        "Which two numbers describe the joint density of f(x) and f(x₁)?",
        "The known value itself does not matter.",
    ),
    real=("x", "x1"),
    situations=variance_situations,
    source="conditioning the joint density gives",
)

# --- the same, line by line -----------------------------------------------------------------------


def with_kernel_values(field, random: Random) -> Iterator[Situation]:
    """Each situation with v, what is asked, and the values of the kernel."""
    for s in variance_situations(field, random):
        cross = field.context.exp(-((s.values["x"] - s.values["x1"]) ** 2) / 2)
        own = {"kss": field.number(1), "k11": field.number(1)}
        yield Situation({"v": s.demanded, "ks": cross, **own, **s.values}, s.demanded)


variance_chain = ChainExercise(
    name="gaussian_process.variance_chain",
    question="Q3a",
    title="Predictive variance from one training input, line by line",
    statement=r"""
The same process, with one value known at $x_1$. *Derive* the variance of the value at $x$. Each line must
equal this variance; the last one may have only `x` and `x1` in it. On the way you may use

- `v`, the variance itself: your derivation starts from it,
- `kss` $= k(x, x)$, `ks` $= k(x, x_1)$ and `k11` $= k(x_1, x_1)$.
""".strip(),
    points=2,
    domain="real x and x1, not equal",
    hints=(
        "Condition the joint Gaussian of the two values: the formula in kss, ks and k11 is the first line.",
        "Put in the kernel. Two of its values are 1.",
    ),
    real=("v", "kss", "ks", "k11", "x", "x1"),
    given="v",
    forms=(
        Form("a line without v", ("kss", "ks", "k11", "x", "x1"), points=1),
        Form("a line in x and x1 only", ("x", "x1"), points=1),
    ),
    situations=with_kernel_values,
    source="conditioning the joint density gives",
)

# --- far from the data ----------------------------------------------------------------------------

FAR, CLOSE = 12, 1e-9
DATA = (([0], [1]), ([0], [0]), ([0, 1], [1, 2]), ([-1, 0, 2], [3, 1, 2]))


def far_predictions() -> Iterator[tuple]:
    """(X, y, mean, variance) at a point that is `FAR` from the nearest input, by conditioning."""
    for X, y in DATA:
        mean, covariance = condition_the_joint([[v] for v in X], y, [[max(X) + FAR]])
        yield X, y, float(mean[0]), float(covariance[0, 0])


def predicts(mean, variance):
    """A claim: the mean as a function of the data, the variance as a number."""

    def holds(case) -> bool:
        X, y, found, spread = case
        return abs(found - mean(X, y)) < CLOSE and abs(spread - variance) < CLOSE

    return holds


def tell_prediction(case) -> str:
    X, y, mean, variance = case
    return (
        f"With the values {y} at the inputs {X}, the process predicts at x = {max(X) + FAR} "
        f"the mean {mean:.3g} and the variance {variance:.6g}; "
        f"the values seen have the mean {sum(y) / len(y):.3g}."
    )


far_away = ChoiceExercise(
    name="gaussian_process.far_away",
    question="Q3a",
    title="What a Gaussian process says far from its data",
    statement=r"""
A Gaussian process with mean zero and the kernel $\exp(-\tfrac12 \|x - x'\|^2)$ has seen a few values,
without noise. What does it predict at a point that moves away from all inputs?
""".strip(),
    points=1,
    domain="a few small data sets, at a distance of 12",
    hints=(
        "What becomes of the covariance between the new value and those seen?",
        "What is left without them?",
    ),
    options=(
        Option(
            "The mean tends to the average of the values seen, the variance to 1.",
            predicts(lambda X, y: sum(y) / len(y), 1),
            tell_prediction,
        ),
        Option(
            "The mean tends to 0, and the variance to 0 as well.",
            predicts(lambda X, y: 0, 0),
            tell_prediction,
        ),
        Option(
            "The mean stays at the nearest value seen, and the variance tends to 1.",
            predicts(lambda X, y: y[X.index(max(X))], 1),
            tell_prediction,
        ),
        Option(
            "The mean tends to 0 and the variance to 1.",
            predicts(lambda X, y: 0, 1),
            tell_prediction,
            explanation="The covariances with all values seen vanish, and what is left is the prior.",
            proofs=("gaussian_process.mean_far_away", "gaussian_process.variance_far_away"),
        ),
        Option(
            "The mean tends to 0, and the variance grows without bound.",
            lambda case: case[3] > FAR,
            tell_prediction,
        ),
    ),
    cases=far_predictions,
)

# --- how loud the mean may be ---------------------------------------------------------------------


def loudest_situations(field, random: Random) -> Iterator[Situation]:
    """Two inputs, and values in proportion to the kernel vector: data that reach the bound."""
    points = 0
    while points < 30:
        k, p, q = (field.number(random.randint(1, 31)) / 32 for _ in range(3))
        t = field.number(random.randint(1, 24)) / 8
        taken = (p * p - 2 * k * p * q + q * q) / (1 - k * k)
        if taken >= 1:
            continue  # no three points have such kernel values
        root = field.power(taken, field.number(1) / 2)
        points += 1
        yield Situation({"v": 1 - taken, "E": t * root}, t * taken)


loudest = FormulaExercise(
    name="gaussian_process.loudest",
    question="Q3a",
    title="How far from 0 the mean may be where the variance is known",
    statement=r"""
A Gaussian process with mean zero and $k(x, x) = 1$ has seen values $y$ at some inputs, without noise; write
$E = \sqrt{y^\top K^{-1} y}$. At a new point its predictive variance is $v$. Give the largest size that the
predictive mean can have there, over all data with these two numbers, in terms of `E` and `v`.
""".strip(),
    points=1,
    domain="E > 0, 0 < v < 1",
    hints=(
        "Write the mean as an inner product of $k_*$ and $y$ with the matrix $K^{-1}$.",
        "Which number made of $k_*$ is fixed by the variance? When is the Cauchy–Schwarz inequality an equality?",
    ),
    positive=("E", "v"),
    situations=loudest_situations,
    source="data that reach the bound give the mean",
)

EXERCISES = (predict, variance_one, variance_chain, loudest, far_away)
