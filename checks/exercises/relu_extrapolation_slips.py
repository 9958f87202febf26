"""Question 3 (b), (c): slips in the formulas, and objects that miss the point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import mpmath

from .exercise import Misconception, Situation
from .relu_extrapolation import NOISE, grows_behind, logit, size_of_units, stands_still

COMMON = "relu_extrapolation#what-commonly-goes-wrong"

_mp = mpmath.MPContext()
_mp.dps = 40


# --- the slope far out ------------------------------------------------------------------------------


def slope_at_the_start(situation: Situation):
    """What the units that are on at x = 0 rise by."""
    given = situation.values
    return sum(given[f"v{i}"] * given[f"w{i}"] * (given[f"b{i}"] > 0) for i in (1, 2))


SLOPE_SLIPS = (
    Misconception(
        "every unit taken for alive",
        "A unit whose argument falls along the ray is off from some point on, and adds nothing.",
        "v1*w1 + v2*w2",
        COMMON,
    ),
    Misconception(
        "the other end of the line",
        "These are the units that are alive far to the left.",
        "v1*min(w1, 0) + v2*min(w2, 0)",
        COMMON,
    ),
    Misconception(
        "the size of the weights",
        "A ReLU cuts off below 0; it does not reflect.",
        "v1*abs(w1) + v2*abs(w2)",
        COMMON,
    ),
    Misconception(
        "biases taken along",
        "A bias moves the line up or down; it does not tilt it.",
        "v1*max(w1 + b1, 0) + v2*max(w2 + b2, 0)",
        COMMON,
    ),
    Misconception(
        "the ReLU in the wrong place",
        "It acts on the unit before the output weight, whose sign may be anything.",
        "max(v1*w1, 0) + max(v2*w2, 0)",
        COMMON,
    ),
    Misconception(
        "the slope at 0",
        "Which units are on at x = 0 is decided by the biases; far out it is not.",
        slope_at_the_start,
        COMMON,
    ),
)

# --- the variance of a unit, line by line -----------------------------------------------------------

VARIANCE_CHAIN_SLIPS = (
    Misconception(
        "the factor not squared",
        "A variance is made of squares: a constant factor comes out squared.",
        "S*(w*(x + alpha*d) + b)",
        COMMON,
    ),
    Misconception(
        "the bias forgotten",
        "Far out the bias matters little, but the line is to be exact.",
        "S*(w*(x + alpha*d))^2",
        COMMON,
    ),
    Misconception(
        "the leading term alone",
        "This is what is left when the variance is divided by the square of the distance, and the limit is taken.",
        "S*alpha^2*w^2*d^2",
        COMMON,
    ),
    Misconception(
        "the mixed term lost",
        "The square of a sum has a mixed term.",
        "S*((w*x + b)^2 + alpha^2*w^2*d^2)",
        COMMON,
    ),
    Misconception(
        "S taken for a standard deviation",
        "S is the variance of the weight already.",
        "S^2*(w*(x + alpha*d) + b)^2",
        COMMON,
    ),
    Misconception(
        "a variance that stays",
        "The unit is alive: it grows along the ray, and what multiplies it is uncertain.",
        "S*(w*x + b)^2",
        COMMON,
    ),
)

# --- a network that is sure of the wrong thing --------------------------------------------------------


def stays(pieces: Mapping, side: int) -> bool:
    """Whether the logit no longer moves far out on one side."""
    return logit(pieces, side * 10**9) == logit(pieces, side * 2 * 10**9)


OVERCONFIDENT_SLIPS = (
    Misconception(
        "a straight line",
        "A line that rises to the right falls to the left. The network must rise on both sides.",
        {"w": [1, -1], "b": [0, 0], "v": [1, -1], "c": 0},
        COMMON,
        lambda pieces: logit(pieces, -100) < logit(pieces, -1),
    ),
    Misconception(
        "dead on the left",
        "Where every unit is off, the logit is a constant, and here it is that of class 0.",
        {"w": [1, 1], "b": [0, 1], "v": ["1/2", "1/2"], "c": "-1/2"},
        COMMON,
        lambda pieces: stays(pieces, -1) and logit(pieces, -100) <= 2,
    ),
    Misconception(
        "certain at the data already",
        "The network is to be modest where it has seen something. It becomes certain by itself further out.",
        {"w": [-1, 1], "b": [-2, 0], "v": [1, 20], "c": -1},
        COMMON,
        lambda pieces: max(abs(logit(pieces, x)) for x in (-1, 1)) > 2,
    ),
)

# --- a direction in which nothing is alive ------------------------------------------------------------

DEAD_SLIPS = (
    Misconception(
        "the other direction",
        "Along v it grows and along -v it stops; it is asked the other way round.",
        {"W": [[1, 0], [0, 1], [1, 1]], "b": [0, 0, 0], "v": [1, 1]},
        COMMON,
        lambda pieces: bool(stands_still(pieces)) and bool(grows_behind(pieces)),
    ),
    Misconception(
        "no direction",
        "With v = 0 nothing moves, in neither direction.",
        {"W": [[1, 0], [0, 1], [1, 1]], "b": [0, 0, 0], "v": [0, 0]},
        COMMON,
        lambda pieces: not any(pieces["v"]),
    ),
    Misconception(
        "units that are off for now",
        "A large negative bias puts the kink further out; it does not remove it.",
        {"W": [[1, 0], [0, -1], [-1, -1]], "b": [-1000000, 0, 0], "v": [1, 1]},
        COMMON,
        lambda pieces: (
            bool(stands_still(pieces)) and not grows_behind(pieces) and size_of_units(pieces, 1, Fraction(1000)) == 0
        ),
    ),
)

# --- a Bayesian last layer ----------------------------------------------------------------------------


def weights_posterior(inputs, prior=1, noise=NOISE):
    """Mean and covariance of the weights, by completing the square."""
    F = _mp.matrix(inputs["F"])
    covariance = (F.T * F / noise + _mp.eye(F.cols) * prior) ** -1
    return covariance * F.T * _mp.matrix(inputs["y"]) / noise, covariance


def layer_slip(change: Callable, **options) -> Callable:
    """Mean and variance from the weights' posterior, each told by `change(φ, mean, covariance)`."""

    def answer(inputs):
        mu, Sigma = weights_posterior(inputs, **options)
        found = [change(_mp.matrix(phi), mu, Sigma) for phi in inputs["Fs"]]
        return {"mean": [float(m) for m, _ in found], "var": [float(s) for _, s in found]}

    return answer


def right_form(phi, mu, Sigma):
    return (phi.T * mu)[0], (phi.T * Sigma * phi)[0]


LAST_LAYER_SLIPS = (
    Misconception(
        "the prior forgotten",
        "Without the prior precision these are least squares, and with fewer points than features there is no "
        "single answer.",
        layer_slip(right_form, prior=_mp.mpf(10) ** -6),
        COMMON,
    ),
    Misconception(
        "the noise's standard deviation for its variance",
        "The variance of the noise is 1/4; its square root has no place here.",
        layer_slip(right_form, noise=0.5),
        COMMON,
    ),
    Misconception(
        "noise in the variance",
        "The variance of the output is asked for, not that of a new observation.",
        layer_slip(lambda phi, mu, Sigma: ((phi.T * mu)[0], (phi.T * Sigma * phi)[0] + NOISE)),
        COMMON,
    ),
    Misconception(
        "precision for covariance",
        "The precision says how much is known, the covariance how much is not. One is the inverse of the other.",
        layer_slip(lambda phi, mu, Sigma: ((phi.T * mu)[0], (phi.T * Sigma**-1 * phi)[0])),
        COMMON,
    ),
    Misconception(
        "the prior's variance",
        "The data have been forgotten: they lower the variance.",
        layer_slip(lambda phi, mu, Sigma: ((phi.T * mu)[0], (phi.T * phi)[0])),
        COMMON,
    ),
    Misconception(
        "the standard deviation",
        "The variance is asked for, not its root.",
        layer_slip(lambda phi, mu, Sigma: ((phi.T * mu)[0], _mp.sqrt((phi.T * Sigma * phi)[0]))),
        COMMON,
    ),
)

# --- what happens far away ----------------------------------------------------------------------------

FAR_AWAY_SLIPS = (
    Misconception(
        "back to the training mean",
        "Nothing pulls a network there: far out it does what its weights say.",
        "ace",
        COMMON,
    ),
    Misconception(
        "variance that grows by itself",
        "A network without uncertain weights has no variance but its noise level.",
        "bcde",
        COMMON,
    ),
    Misconception(
        "Bayesian, so one half",
        "Mean and standard deviation of the logit grow at the same rate.",
        "bcef",
        COMMON,
    ),
    Misconception(
        "Bayesian, so the variance grows",
        "Where every unit is off, the uncertain weights multiply zeros.",
        "bceg",
        COMMON,
    ),
)

SLIPS = {
    "relu_extrapolation.slope": SLOPE_SLIPS,
    "relu_extrapolation.variance_chain": VARIANCE_CHAIN_SLIPS,
    "relu_extrapolation.overconfident": OVERCONFIDENT_SLIPS,
    "relu_extrapolation.dead_direction": DEAD_SLIPS,
    "relu_extrapolation.last_layer": LAST_LAYER_SLIPS,
    "relu_extrapolation.far_away": FAR_AWAY_SLIPS,
}
