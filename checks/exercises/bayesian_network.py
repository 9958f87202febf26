"""Question 4: exercises on prediction with a Bayesian neural network that has two weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from math import ceil, exp, fsum, sqrt, tau
from random import Random

import mpmath

from .arrays import Array, remembered
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
from .witness import Piece, Requirement, Shortfall, WitnessExercise

QUADRATURE_DIGITS = 100
"""Of which the comparison needs 80; all 160 would take three times as long."""

# --- the mean on the ridge ------------------------------------------------------------------------


def mean_on_the_band(field, B, c):
    """The mean of w_1 over the thin band c <= w_1 w_2 <= c + h of the box, by quadrature; the width is per h.

    In steps of log w_1, where the integrands have no pole: Gauss's rule then takes an eighth of the time.
    """
    context = field.context

    def width(w):
        return (c + 1) / w - c / w

    def integral(of):
        ends = [context.log(c / B), context.log(B)]
        return context.quad(lambda u: of(context.exp(u)), ends, method="gauss-legendre")

    with context.workdps(QUADRATURE_DIGITS):
        return integral(lambda w: w * width(w) * w) / integral(lambda w: width(w) * w)


def ridge_situations(field, random: Random) -> Iterator[Situation]:
    """Boxes and slopes with c < B², the box of the homework first."""
    pairs = [(10, 3), (10, 1), (2, 1)]
    for _ in range(9):
        B = Fraction(random.randint(4, 60), 4)
        pairs.append((B, B * B * Fraction(random.randint(1, 15), 16)))
    for B, c in pairs:
        B, c = field.number(Fraction(B)), field.number(Fraction(c))
        yield Situation({"B": B, "c": c}, mean_on_the_band(field, B, c))


ridge_mean = FormulaExercise(
    name="bayesian_network.ridge_mean",
    question="Q4b",
    title="The posterior mean of a weight on a ridge",
    statement=r"""
The network $w_2 \operatorname{relu}(w_1 x)$ has a prior that is uniform on $[-B, B]$ for both weights. The
data were made by $c \operatorname{relu}(x)$ with $0 < c < B^2$, and there are more and more of them. Give
the limit of the posterior mean of $w_1$, in terms of `B` and `c`.
""".strip(),
    points=2,
    domain="B from 1/2 to 15, 0 < c < B²",
    hints=(
        "The likelihood depends on $w_1w_2$ alone, for $w_1>0$. Integrate $w_2$ out: what density is left for $w_1$?",
        "A thin band around $w_1w_2=c$ has at $w_1$ a width in $w_2$. How does it depend on $w_1$?",
    ),
    positive=("B", "c"),
    situations=ridge_situations,
    source="the mean over a thin band around the ridge is",
)

# --- the plug-in of the sum -----------------------------------------------------------------------


def sum_situations(field, random: Random) -> Iterator[Situation]:
    """The two weights that fit, equally likely: their mean put into the network."""
    tanh = field.context.tanh
    small = [(1, 2, 1), (1, 3, 2), (-1, 2, 1)]
    drawn = [[Fraction(random.randint(-24, 24), 8) for _ in range(3)] for _ in range(15)]
    for values in (*small, *drawn):
        a, b, x = (field.number(Fraction(v)) for v in values)
        half = field.number(1) / 2
        first, second = half * a + half * b, half * b + half * a
        yield Situation({"a": a, "b": b, "x": x}, tanh(first * x) + tanh(second * x))


sum_plug_in = FormulaExercise(
    name="bayesian_network.sum_plug_in",
    question="Q4b",
    title="The plug-in of a sum of two units",
    statement=r"""
The network $\tanh(w_1 x) + \tanh(w_2 x)$ has a uniform prior on a box. The data were made with the weights
`a` and `b` in the box, at so many inputs that only these weights, in either order, fit. In the limit of
many data, what does the network predict at `x` when the posterior *means* of its weights are put into it?
""".strip(),
    points=1,
    domain="real a, b and x",
    hints=(
        "Which weights fit? How probable is each of them in the limit?",
        "What is the mean of the first weight, and what is that of the second?",
    ),
    real=("a", "b", "x"),
    situations=sum_situations,
    source="the network at the mean of the two weights is",
)

# --- two weights on a ridge -----------------------------------------------------------------------

SLOPE, BOX, TIMES = 6, 10, 4


def both(pieces: Mapping) -> tuple:
    return pieces["first"], pieces["second"]


def plug_in_slope(pieces: Mapping) -> Fraction:
    (a, b), (p, q) = both(pieces)
    return (a + p) / 2 * (b + q) / 2


def inside(pieces: Mapping) -> Shortfall | None:
    largest = max(abs(w) for weights in both(pieces) for w in weights)
    return None if largest <= BOX else Shortfall(f"a weight has the size {float(largest):g}")


def fits_the_data(pieces: Mapping) -> Shortfall | None:
    wrong = [w1 * w2 for w1, w2 in both(pieces) if w1 * w2 != SLOPE]
    return Shortfall(wrong[0], Fraction(SLOPE)) if wrong else None


def far_off(pieces: Mapping) -> Shortfall | None:
    slope = plug_in_slope(pieces)
    if slope >= TIMES * SLOPE:
        return None
    return Shortfall(f"the plug-in has the slope {float(slope):g}")


two_weights = WitnessExercise(
    name="bayesian_network.two_weights",
    question="Q4b",
    title="Two weights that fit, and a mean that doesn't",
    statement=r"""
For the network $w_2 w_1 x$ a posterior gives probability one half to each of two weights, `first` $= (w_1,
w_2)$ and `second` $= (w_1', w_2')$. Both lie in the box $[-10, 10]^2$ and compute $6x$ exactly. Give two
such weights for which the network at the posterior mean has a slope of at least 24.
""".strip(),
    points=1,
    domain="exact fractions",
    hints=(
        "Both lie on the ridge $w_1w_2=6$. Write the slope at the mean with $w_1$ and $w_1'$ alone.",
        "How far apart can two places on the ridge be, inside the box?",
    ),
    pieces=(
        Piece("first", (2,), "one pair of weights"),
        Piece("second", (2,), "the other pair"),
    ),
    requirements=(
        Requirement("all weights lie between -10 and 10.", inside),
        Requirement("both pairs have the product 6.", fits_the_data),
        Requirement("the network at the mean of the two has a slope of at least 24.", far_off),
    ),
)

# --- do more data close the gap? ------------------------------------------------------------------

COUNTS = (1, 100, 10**12)
HALF, TWO = Fraction(1, 2), Fraction(2)


def posteriors() -> Iterator[tuple]:
    """(what, weights): for w_1 w_2 x with the true slope 1; all are equally likely before, and x = 1 is seen."""
    ridge = [(HALF, TWO), (Fraction(1), Fraction(1)), (TWO, HALF), (TWO, TWO), (HALF, HALF)]
    yield "on one branch of the ridge", ridge
    yield "on both branches", [*ridge, *((-a, -b) for a, b in ridge)]
    yield "with one that fits", [(Fraction(1), Fraction(1)), (TWO, TWO), (HALF, HALF), (TWO, Fraction(1))]


def probabilities(weights, n: int) -> list:
    """Posterior probabilities, with n data."""
    rates = [mpmath.exp(-mpmath.mpf(n) / 2 * (float(a * b) - 1) ** 2) for a, b in weights]
    return [rate / sum(rates) for rate in rates]


def moments(case, n: int) -> dict:
    """Predictive slope, plug-in slope, means and variance of the first weight, with n data."""
    _, weights = case
    p = probabilities(weights, n)
    average = lambda f: sum(q * float(f(a, b)) for q, (a, b) in zip(p, weights, strict=True))  # noqa: E731
    first, second = average(lambda a, b: a), average(lambda a, b: b)
    return {
        "predictive": average(lambda a, b: a * b),
        "plug-in": first * second,
        "variance": average(lambda a, b: a * a) - first**2,
    }


def tell_moments(case) -> str:
    what, weights = case
    shown = ", ".join(f"({float(a):g}, {float(b):g})" for a, b in weights)
    rows = []
    for n in COUNTS:
        found = moments(case, n)
        rows.append(
            f"n = {n:g}: predictive slope {float(found['predictive']):.4g}, plug-in slope "
            f"{float(found['plug-in']):.4g}, variance of w_1 {float(found['variance']):.3g}"
        )
    return f"Take {len(weights)} weights {what}: {shown}. With the true slope 1, {'; '.join(rows)}."


def at_the_end(quantity: str, target: float):
    return lambda case: abs(moments(case, COUNTS[-1])[quantity] - target) < 1e-3


more_data = ChoiceExercise(
    name="bayesian_network.more_data",
    question="Q4c",
    title="Do more data close the gap?",
    statement=r"""
The network $w_1 w_2 x$ has a prior on finitely many weights, some of which compute the true function $x$
exactly. The number of data grows. Which of these claims is true whatever these weights are?
""".strip(),
    points=1,
    domain="three priors, with 1, 100 and 10^12 data",
    hints=(
        "Which weights are left when $n$ is very large?",
        "There may be one such weight, or several. Try both.",
    ),
    options=(
        Option(
            "The network at the posterior mean of the weights tends to the truth.",
            at_the_end("plug-in", 1.0),
            tell_moments,
        ),
        Option(
            "The posterior variance of each weight tends to 0.",
            at_the_end("variance", 0.0),
            tell_moments,
        ),
        Option(
            "The mean of the posterior predictive distribution tends to the truth.",
            at_the_end("predictive", 1.0),
            tell_moments,
            explanation="Weights that compute something else lose their probability, exponentially fast in n; all "
            "that are left compute the same.",
            proofs=("bayesian_network.concentration", "bayesian_network.predictive_on_fibre"),
        ),
        Option(
            r"In the end $\mathbb E[w_1 w_2] \ne \mathbb E[w_1]\,\mathbb E[w_2]$.",
            lambda case: abs(moments(case, COUNTS[-1])["plug-in"] - moments(case, COUNTS[-1])["predictive"]) > 1e-3,
            tell_moments,
        ),
        Option(
            "The gap between the plug-in and the predictive mean never grows with $n$.",
            lambda case: all(gap(case, more) <= gap(case, fewer) + 1e-9 for fewer, more in pairwise(COUNTS)),
            tell_moments,
        ),
    ),
    cases=posteriors,
)


def gap(case, n: int):
    found = moments(case, n)
    return abs(found["plug-in"] - found["predictive"])


# --- predictions from samples ---------------------------------------------------------------------

WEIGHTS = (1, 2, -1, 0.5, -2, 3, 0, -0.5, 1.5)


REACH, STEP = 9.0, 0.5
"""Of sums that integrate over y: nine deviations either side. A Gaussian loses 1e-17 there, and 1e-33 to the steps."""


def outputs(inputs: Mapping[str, list], x) -> list[float]:
    """What each sample computes at x."""
    return [b * max(a * x, 0.0) for a, b in zip(inputs["w1"], inputs["w2"], strict=True)]


def predicted(values: list[float]) -> list[tuple[float, float]]:
    """(y, its probability) in steps: the average of the densities that the samples predict."""
    low = min(values) - REACH
    steps = ceil((max(values) + REACH - low) / STEP)
    share = STEP / sqrt(tau) / len(values)
    places = [low + STEP * k for k in range(steps + 1)]
    return [(y, share * fsum(exp(-((y - f) ** 2) / 2) for f in values)) for y in places]


@remembered
def demanded(inputs: Mapping[str, list]) -> dict[str, list[float]]:
    """Mean and variance as they are defined: integrals over y."""
    found = {"mean": [], "variance": []}
    for x in inputs["x"]:
        density = predicted(outputs(inputs, x))
        mean = fsum(y * p for y, p in density)
        found["mean"].append(mean)
        found["variance"].append(fsum((y - mean) ** 2 * p for y, p in density))
    return found


def judge_predict(inputs: Mapping[str, list], results: Mapping[str, Array]) -> Iterator[Disagreement]:
    sizes = [abs(v) for x in inputs["x"] for v in outputs(inputs, x)]
    reach = (1 + max(sizes)) ** 2
    for name, values in demanded(inputs).items():
        expected = Array(results[name].shape, tuple(values))
        bound = 64 * results[name].eps * len(inputs["w1"]) * reach
        if problem := disagreement(name, results[name], expected, bound):
            yield problem


predict = FunctionExercise(
    name="bayesian_network.predict",
    question="Q4a",
    title="Predictions from samples of the posterior",
    statement=r"""
A posterior over the weights of $f_w(x) = w_2 \operatorname{relu}(w_1 x)$ is given by $N$ samples, all
equally probable: the entries of `w1` and `w2`. Observations are $y \mid x, w \sim \mathcal N(f_w(x), 1)$.
Write a function that returns the mean and the variance of the posterior predictive distribution of $y$ at
each of the inputs `x`. The samples *are* the posterior: divide by $N$.
""".strip(),
    points=2,
    domain="N from 1 to 4 samples, one to three inputs, weights and inputs from -2 to 3",
    hints=(
        "Which distribution does one sample predict? The posterior predictive is a mixture of these.",
        "The variance of a mixture: the mean of the variances, and the variance of the means.",
    ),
    sizes={"N": (1, 4), "m": (1, 3)},
    parameters=(
        Parameter("w1", ("N",), "inner weights", WEIGHTS),
        Parameter("w2", ("N",), "outer weights", WEIGHTS),
        Parameter("x", ("m",), "inputs", WEIGHTS),
    ),
    results=(
        Result("mean", ("m",), "the predictive mean", points=1),
        Result("variance", ("m",), "the predictive variance", points=1),
    ),
    judge=judge_predict,
    source="integrals over y with the average of the samples' densities give",
    generic={},
)

EXERCISES = (ridge_mean, sum_plug_in, two_weights, more_data, predict)
