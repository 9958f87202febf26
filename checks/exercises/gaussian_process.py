"""Question 3: exercises on prediction with a Gaussian process, without noise, kernel exp(-½‖x-x'‖²)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import mpmath
from sympy import Abs, Expr, Integer, Symbol, exp, sqrt
from sympy.matrices.expressions import Identity, Inverse, OneMatrix

from derivations.evaluate import World, evaluate
from derivations.expressions import add, product, scale, subtract
from derivations.fields import Numbers
from derivations.gaussian_process import K, K_s, K_ss, m, n
from derivations.gaussian_process import y as observed
from derivations.quantities import Norm

from .arrays import Array, flat
from .chain import ChainExercise, Form
from .choice import ChoiceExercise, Option
from .exercise import (
    Disagreement,
    FormulaExercise,
    FunctionExercise,
    Misconception,
    Parameter,
    Result,
    Situation,
    disagreement,
)
from .slips import Change, Falsified, instead, rewritten, without_term

COMMON = "gaussian_process#what-commonly-goes-wrong"

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


# what the derivation yields with one slip in it, on the inputs of the exercise


def kernel_rows(field, A, B, width):
    """exp(-‖a − b‖²/width), row by row."""
    return [[field.context.exp(-_squared(field, a, b) / width) for b in B] for a in A]


def _squared(field, a, b):
    return sum((field.number(p) - field.number(q)) ** 2 for p, q in zip(a, b, strict=True))


def kernel_matrices(inputs: Mapping[str, list], width: int = 2) -> World:
    """The world of the derivation with the exercise's inputs, and a kernel that may be of another width."""
    field = Numbers(40)
    X, Xs = inputs["X"], inputs["Xs"]
    values = {n: len(X), m: len(Xs), observed: [[field.number(v)] for v in inputs["y"]]}
    values |= {K: kernel_rows(field, X, X, width), K_s: kernel_rows(field, X, Xs, width)}
    values |= {K_ss: kernel_rows(field, Xs, Xs, width)}
    return World(values, field=field)


def same(formula: Expr) -> Expr:
    return formula


def slipped(mean: Change = same, covariance: Change = same, width: int = 2):
    """Mean and covariance of the derivation, one of them with a slip: a misconception's answer."""
    slips = {"mean": mean, "covariance": covariance}
    formulas = {name: Falsified("gaussian_process.predict", slip, result=name) for name, slip in slips.items()}

    def answer(inputs):
        world = kernel_matrices(inputs, width)
        found = {name: evaluate(f.unchanged if f.slip is same else f.formula, world) for name, f in formulas.items()}
        return {"mean": flat(found["mean"]), "cov": found["covariance"]}

    return answer


def deviations(inputs):
    """The square roots of the derived covariances."""
    found = slipped()(inputs)
    return {**found, "cov": [[float(abs(c)) ** 0.5 for c in row] for row in found["cov"]]}


def centred(mean: Expr) -> Expr:
    """The mean of the data subtracted before, and added after."""
    average = scale(1 / n, product(OneMatrix(n, n), observed))
    around = rewritten(mean, lambda node: subtract(observed, average) if node == observed else None)
    return add(around, scale(1 / n, product(OneMatrix(m, n), observed)))


PREDICT_SLIPS = (
    Misconception(
        "the prior covariance is forgotten",
        "What the data explain is subtracted from the prior covariance of the test points. Far from the data "
        "this slip gives the variance 0 where nothing is known.",
        slipped(covariance=lambda c: scale(-1, without_term(K_ss)(c))),
        COMMON,
    ),
    Misconception(
        "back to the mean of the data",
        "The prior mean is zero, and not the average of the values seen.",
        slipped(mean=centred),
        COMMON,
    ),
    Misconception(
        "the kernel matrix is not inverted",
        "Values at neighbouring inputs say the same twice; the inverse takes that into account.",
        slipped(mean=instead(Inverse(K), K)),
        COMMON,
    ),
    Misconception(
        "the kernel without the half",
        "The exponent is half the squared distance.",
        slipped(width=1),
        COMMON,
    ),
    Misconception(
        "noise on what is predicted",
        "The function itself is asked for, not a noisy reading of it.",
        slipped(covariance=lambda c: add(c, Identity(m))),
        COMMON,
    ),
    Misconception(
        "standard deviations for variances",
        "A covariance matrix has variances on its diagonal.",
        deviations,
        COMMON,
    ),
    Misconception(
        "what is learnt is added",
        "Data can only lower the variance.",
        slipped(covariance=lambda c: add(scale(2, K_ss), scale(-1, c))),
        COMMON,
    ),
)

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
    misconceptions=PREDICT_SLIPS,
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


x, x1 = (Symbol(name, real=True) for name in ("x", "x1"))


def in_symbols(variance: Expr) -> Expr:
    """The derived variance on the line: a norm is an absolute value."""
    return rewritten(variance, lambda node: Abs(x - x1) if isinstance(node, Norm) else None)


def variance_slip(slip: Change) -> Falsified:
    return Falsified("gaussian_process.one_point_variance", slip, in_symbols)


def exponent_times(factor) -> Change:
    return instead(lambda node: isinstance(node, exp), lambda node: exp(node.args[0] * factor))


VARIANCE_SLIPS = (
    Misconception(
        "the prior variance is forgotten",
        "What the known value explains is subtracted from the prior variance. So near the data little is "
        "left, and far away everything.",
        variance_slip(lambda v: 1 - v),
        COMMON,
    ),
    Misconception(
        "the covariance is not squared",
        "The covariance comes in twice, once from each side.",
        variance_slip(exponent_times(Integer(1) / 2)),
        COMMON,
    ),
    Misconception(
        "standard deviation for variance",
        "The variance is asked for, not its root.",
        variance_slip(sqrt),
        COMMON,
    ),
    Misconception(
        "what is learnt is added",
        "A known value can only lower the variance.",
        variance_slip(lambda v: 2 - v),
        COMMON,
    ),
    Misconception(
        "the prior, as if nothing were known",
        "The known value says something about its neighbours.",
        variance_slip(lambda v: Integer(1)),
        COMMON,
    ),
    Misconception(
        "the kernel without the half",
        "The exponent of the kernel is half the squared distance.",
        variance_slip(exponent_times(2)),
        COMMON,
    ),
)

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
    misconceptions=VARIANCE_SLIPS,
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
    misconceptions=VARIANCE_SLIPS,
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
    misconceptions=(
        Misconception(
            "back to the mean of the data",
            "The process returns to its prior mean, which is 0 here.",
            "a",
            COMMON,
        ),
        Misconception(
            "variance k* K^-1 k*",
            "That is what the data explain. It tends to 0; what is left is the prior variance without it.",
            "b",
            COMMON,
        ),
        Misconception("the last value goes on", "No covariance, no influence.", "c", COMMON),
        Misconception(
            "variance that grows by itself",
            "A variance is never above that of the prior: data can only lower it.",
            "e",
            COMMON,
        ),
    ),
)

EXERCISES = (predict, variance_one, variance_chain, far_away)
