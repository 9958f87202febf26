"""Question 3: what the derivations yield with one slip in them."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Abs, Expr, Integer, Symbol, exp, sqrt
from sympy.matrices.expressions import Identity, Inverse, OneMatrix

from derivations.evaluate import World, evaluate
from derivations.expressions import add, product, scale, subtract
from derivations.fields import Numbers
from derivations.gaussian_process import K, K_s, K_ss, m, n
from derivations.gaussian_process import y as observed
from derivations.quantities import Norm

from .arrays import flat
from .exercise import Misconception
from .slips import Change, Falsified, OnInputs, instead, rewritten, without_term

COMMON = "gaussian_process#what-commonly-goes-wrong"

# --- mean and covariance, on the inputs of the exercise ------------------------------------------


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

    wrong = [f for f in formulas.values() if f.slip is not same]
    return OnInputs(wrong[0], answer) if len(wrong) == 1 else answer


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

# --- one training input --------------------------------------------------------------------------

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


# --- far from the data ----------------------------------------------------------------------------

FAR_AWAY_SLIPS = (
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
)

# --- how loud the mean may be ---------------------------------------------------------------------

LOUDEST_SLIPS = (
    Misconception(
        "variance for standard deviation",
        "A mean is measured like a standard deviation, not like a variance.",
        "E*(1 - v)",
        COMMON,
    ),
    Misconception(
        "the variance that is left",
        "Where everything is still uncertain the data say nothing, so the mean must be small there.",
        "E*sqrt(v)",
        COMMON,
    ),
    Misconception(
        "E squared",
        "E is a root already: twice the values give twice the mean.",
        "E^2*sqrt(1 - v)",
        COMMON,
    ),
    Misconception(
        "the variance does not matter",
        "Far from the data the mean goes to 0, whatever E is.",
        "E",
        COMMON,
    ),
    Misconception(
        "the standard deviation taken away",
        "Variances are subtracted, standard deviations are not.",
        "E*(1 - sqrt(v))",
        COMMON,
    ),
)

SLIPS = {
    "gaussian_process.predict": PREDICT_SLIPS,
    "gaussian_process.variance_one": VARIANCE_SLIPS,
    "gaussian_process.variance_chain": VARIANCE_SLIPS,
    "gaussian_process.far_away": FAR_AWAY_SLIPS,
    "gaussian_process.loudest": LOUDEST_SLIPS,
}
