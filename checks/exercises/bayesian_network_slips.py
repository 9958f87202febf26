"""Question 4: slips in the means, and objects that miss the point."""

from __future__ import annotations

from math import fsum

from sympy import Expr, Integer, Symbol, log, sqrt

from derivations import bayesian_network as chains
from derivations.expressions import substitute

from .bayesian_network import demanded, fits_the_data, inside, outputs, plug_in_slope
from .exercise import Misconception
from .slips import Change, Falsified

COMMON = "bayesian_network#what-commonly-goes-wrong"
PLUG_IN = "bayesian_network#bnn-plug-in"
PREDICTIVE = "bayesian_network#bnn-predictive"


# --- the mean on the ridge ------------------------------------------------------------------------

B, c = Symbol("B", positive=True), Symbol("c", positive=True)


def in_symbols(mean: Expr) -> Expr:
    return substitute(mean, {chains.B: B, chains.c: c})


def ridge_slip(slip: Change) -> Falsified:
    return Falsified("bayesian_network.ridge_mean_1", slip, in_symbols)


RIDGE_SLIPS = (
    Misconception(
        "uniform on the ridge",
        "The band around the ridge is not equally wide everywhere: in w_2 it is wider where w_1 is small.",
        ridge_slip(lambda mean: (B + c / B) / 2),
        COMMON,
    ),
    Misconception(
        "the middle of the ridge",
        "That is where the logarithm of w_1 has its mean.",
        ridge_slip(lambda mean: sqrt(c)),
        COMMON,
    ),
    Misconception(
        "zero by symmetry",
        "relu is not odd: with the signs of both weights changed the network is another one.",
        ridge_slip(lambda mean: Integer(0)),
        PLUG_IN,
    ),
    Misconception(
        "not normalised",
        "A mean is a ratio of two integrals. Here the density was not divided by its own integral.",
        ridge_slip(lambda mean: mean * log(B**2 / c)),
        PLUG_IN,
    ),
    Misconception(
        "the lower end forgotten",
        "w_1 cannot be near 0: then w_2 would have to leave the box.",
        ridge_slip(lambda mean: mean.xreplace({-c / B: Integer(0)})),
        PLUG_IN,
    ),
    Misconception(
        "the wrong lower end",
        "The smallest w_1 belongs to the largest w_2.",
        ridge_slip(lambda mean: (B - c) / log(B / c)),
        PLUG_IN,
    ),
)

# --- the plug-in of the sum -----------------------------------------------------------------------

SUM_SLIPS = (
    Misconception(
        "the network at the mean is the mean network",
        "This is what the posterior predictive distribution says. The plug-in averages the weights first.",
        "tanh(a*x) + tanh(b*x)",
        COMMON,
    ),
    Misconception(
        "zero by symmetry",
        "This network changes its sign with its weights. It is their exchange that changes nothing.",
        "0",
        PLUG_IN,
    ),
    Misconception(
        "one unit forgotten",
        "The network has two hidden units, and both have the mean as their weight.",
        "tanh((a + b)*x/2)",
        PLUG_IN,
    ),
    Misconception(
        "the sum for the mean",
        "Each weight is a half of the time a and a half of the time b.",
        "2*tanh((a + b)*x)",
        PLUG_IN,
    ),
    Misconception(
        "tanh taken for linear",
        "A tanh of a sum is not a sum of tanh.",
        "(a + b)*x",
        PLUG_IN,
    ),
    Misconception(
        "one of the two weights",
        "A mode of the posterior, and a good choice; but not its mean.",
        "2*tanh(a*x)",
        PLUG_IN,
    ),
)

# --- two weights on a ridge -----------------------------------------------------------------------

TWO_WEIGHTS_SLIPS = (
    Misconception(
        "opposite signs",
        "The mean is then close to 0, or is 0, and so is the slope. A slope that is too large is asked for.",
        {"first": [2, 3], "second": [-2, -3]},
        PLUG_IN,
        lambda pieces: plug_in_slope(pieces) <= 0,
    ),
    Misconception(
        "twice the same function at the same place",
        "A mean of equal weights is that weight. The two are to lie far apart.",
        {"first": [2, 3], "second": [2, 3]},
        PLUG_IN,
        lambda pieces: pieces["first"] == pieces["second"],
    ),
    Misconception(
        "another function",
        "The slope at the mean may be as asked, but these weights do not compute 6x.",
        {"first": [10, 10], "second": [1, 1]},
        PLUG_IN,
        lambda pieces: fits_the_data(pieces) is not None and inside(pieces) is None and plug_in_slope(pieces) > 24,
    ),
    Misconception(
        "outside the box",
        "The prior gives no probability to weights beyond 10.",
        {"first": [60, "1/10"], "second": ["1/10", 60]},
        PLUG_IN,
        lambda pieces: inside(pieces) is not None,
    ),
)

# --- do more data close the gap? ------------------------------------------------------------------

MORE_DATA_SLIPS = (
    Misconception(
        "more data close the gap",
        "They leave only weights that fit; the mean of those need not fit.",
        "a",
        COMMON,
    ),
    Misconception(
        "the weights are identified",
        "Only the function is. Several weights may compute it.",
        "b",
        COMMON,
    ),
    Misconception(
        "there is always a gap",
        "If a single weight is left, its mean is that weight.",
        "d",
        COMMON,
    ),
)

# --- predictions from samples ---------------------------------------------------------------------


def answered(mean=None, variance=None):
    """The right results, but for one that is made by `mean` or `variance` from the inputs and x."""

    def answer(inputs):
        found = dict(demanded(inputs))
        for name, wrong in (("mean", mean), ("variance", variance)):
            if wrong is not None:
                found[name] = [wrong(inputs, x) for x in inputs["x"]]
        return found

    return answer


def average(values):
    return fsum(values) / len(values)


def plugged_in(inputs, x):
    return average(inputs["w2"]) * max(average(inputs["w1"]) * x, 0)


def mean_of(inputs, x):
    return average(outputs(inputs, x))


def spread_of(inputs, x):
    values = outputs(inputs, x)
    return average([v * v for v in values]) - average(values) ** 2


PREDICT_SLIPS = (
    Misconception(
        "the network at the mean weights",
        "The weights were averaged, and then put into the network. Average its outputs.",
        answered(mean=plugged_in),
        PLUG_IN,
    ),
    Misconception(
        "half averaged",
        "The outer weight was averaged by itself. It belongs to the inner weight of the same sample.",
        answered(mean=lambda inputs, x: average(inputs["w2"]) * average([max(a * x, 0) for a in inputs["w1"]])),
        COMMON,
    ),
    Misconception(
        "the noise is forgotten",
        "An observation is predicted, and observations have noise of variance 1.",
        answered(variance=spread_of),
        PREDICTIVE,
    ),
    Misconception(
        "the noise alone",
        "The samples disagree about the output, and that is doubt too.",
        answered(variance=lambda inputs, x: 1.0),
        PREDICTIVE,
    ),
    Misconception(
        "standard deviation for variance",
        "The variance is asked for, not its root.",
        answered(variance=lambda inputs, x: (1 + spread_of(inputs, x)) ** 0.5),
        PREDICTIVE,
    ),
    Misconception(
        "the mean square",
        "From the mean of the squares the square of the mean has to be taken off.",
        answered(variance=lambda inputs, x: 1 + average([v * v for v in outputs(inputs, x)])),
        PREDICTIVE,
    ),
    Misconception(
        "the noise averaged too",
        "Every sample predicts with noise of variance 1. A mixture of such does not get less noisy.",
        answered(variance=lambda inputs, x: 1 / len(inputs["w1"]) + spread_of(inputs, x)),
        PREDICTIVE,
    ),
)

SLIPS = {
    "bayesian_network.ridge_mean": RIDGE_SLIPS,
    "bayesian_network.sum_plug_in": SUM_SLIPS,
    "bayesian_network.two_weights": TWO_WEIGHTS_SLIPS,
    "bayesian_network.more_data": MORE_DATA_SLIPS,
    "bayesian_network.predict": PREDICT_SLIPS,
}
