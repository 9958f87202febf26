"""Question 3 (b), (c): exercises on what networks predict far from their data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import erf, exp, sqrt, tanh
from random import Random

import mpmath
from sympy import Max

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
from .witness import Piece, Requirement, Shortfall, WitnessExercise

_mp = mpmath.MPContext()
_mp.dps = 40


# --- the slope far out ------------------------------------------------------------------------------


def units_sum(w, b, v, x):
    """Σ_i v_i max(w_i x + b_i, 0)."""
    return sum(q * max(p * x + o, 0) for p, o, q in zip(w, b, v, strict=True))


def slope_situations(field, random: Random) -> Iterator[Situation]:
    """A network run at two points to the right of both kinks: how fast it rises between them."""
    for _ in range(30):
        w, b, v = (
            [field.number(random.choice((-1, 1)) * random.randint(1, 24)) / 8 for _ in range(2)] for _ in range(3)
        )
        far = 1 + max(abs(o / p) for p, o in zip(w, b, strict=True))
        rise = (units_sum(w, b, v, 2 * far) - units_sum(w, b, v, far)) / far
        names = {"w1": w[0], "w2": w[1], "b1": b[0], "b2": b[1], "v1": v[0], "v2": v[1]}
        yield Situation(names, rise)


slope = FormulaExercise(
    name="relu_extrapolation.slope",
    question="Q3b",
    title="The slope of a ReLU network far to the right",
    statement=r"""
A network on the line has two hidden units,
$f(x) = v_1 \max(w_1 x + b_1, 0) + v_2 \max(w_2 x + b_2, 0) + c$, and neither $w_1$ nor $w_2$ is 0. Give its
slope for large positive $x$, in `w1`, `w2`, `b1`, `b2`, `v1`, `v2`. You may write `max`.
""".strip(),
    points=1,
    domain="weights and biases from -3 to 3, not 0",
    hints=(
        "Which units are on when $x$ is large? What does such a unit rise by?",
        "A unit with $w_i < 0$ is off from some point on.",
    ),
    real=("w1", "w2", "b1", "b2", "v1", "v2"),
    situations=slope_situations,
    source="the network itself rises by",
)

# --- the variance of a unit, line by line -----------------------------------------------------------


def variance_situations(field, random: Random) -> Iterator[Situation]:
    """One living unit past its kink; the variance of uφ is the mean of (uφ)² over u = ±√S."""
    for _ in range(30):
        S, w, d = (field.number(random.randint(1, 24)) / 8 for _ in range(3))
        x, b = (field.number(random.choice((-1, 1)) * random.randint(1, 24)) / 8 for _ in range(2))
        sign = random.choice((-1, 1))
        w, d = sign * w, sign * d
        alpha = abs(w * x + b) / (w * d) + field.number(random.randint(1, 24)) / 8
        phi = max(w * (x + alpha * d) + b, 0)
        root = field.power(S, field.number(1) / 2)
        variance = ((root * phi) ** 2 + (-root * phi) ** 2) / 2
        values = {"v": variance, "phi": phi, "S": S, "w": w, "x": x, "d": d, "b": b, "alpha": alpha}
        yield Situation(values, variance)


LETTERS = ("S", "w", "x", "d", "b", "alpha")
variance_chain = ChainExercise(
    name="relu_extrapolation.variance_chain",
    question="Q3c",
    title="How the variance of a last layer grows, line by line",
    statement=r"""
A network has one hidden unit, $\varphi = \max(w\,(x + \alpha d) + b,\ 0)$, on a ray from $x$ in the direction
$d$, and its output is $u\,\varphi$ with a random weight $u \sim \mathcal N(0, S)$. The unit is alive,
$w\,d > 0$, and past its kink. *Derive* the variance of the output. Each line must equal it; the last one must
do without `v`, `phi` and `max`. You may use

- `v`, the variance itself: your derivation starts from it,
- `phi` $= \varphi$, `S`, `w`, `x`, `d`, `b` and `alpha` $= \alpha$.
""".strip(),
    points=2,
    domain="one living unit, past its kink",
    hints=(
        "What does a constant factor do to a variance?",
        "Past the kink the maximum is its first argument.",
    ),
    real=("v", "phi", "w", "x", "d", "b"),
    positive=("S", "alpha"),
    given="v",
    forms=(
        Form("a line without v and phi", LETTERS, points=1),
        Form("a line without v, phi and max", LETTERS, without=(Max,), points=1),
    ),
    situations=variance_situations,
    source="the weights ±√S give",
)

# --- a network that is sure of the wrong thing --------------------------------------------------------


def logit(pieces: Mapping, x) -> Fraction:
    return units_sum(pieces["w"], pieces["b"], pieces["v"], Fraction(x)) + pieces["c"]


def classifies(pieces: Mapping) -> Shortfall | None:
    low, high = logit(pieces, -1), logit(pieces, 1)
    return None if low < 0 < high else Shortfall(f"the logits are {float(low):g} at -1 and {float(high):g} at 1")


def modest(pieces: Mapping) -> Shortfall | None:
    largest = max(abs(logit(pieces, x)) for x in (-1, 1))
    return None if largest <= 2 else Shortfall(f"a logit there has the size {float(largest):g}")


def certain_at(x: int) -> Callable:
    def check(pieces: Mapping) -> Shortfall | None:
        found = logit(pieces, x)
        return None if found >= 7 else Shortfall(f"the logit at {x} is {float(found):g}")

    return check


overconfident = WitnessExercise(
    name="relu_extrapolation.overconfident",
    question="Q3b",
    title="Unsure at the data, certain where there are none",
    statement=r"""
A network on the line has two ReLU units: its logit is
$z(x) = v_1 \max(w_1 x + b_1, 0) + v_2 \max(w_2 x + b_2, 0) + c$, and the probability of class 1 is
$1 / (1 + e^{-z})$. There are two training points, $x = -1$ of class 0 and $x = 1$ of class 1. Find weights with
which the network gets both right and is modest there, $|z| \le 2$, a probability between 0.12 and 0.88; and yet
at $x = 100$ *and* at $x = -100$, beyond the point of class 0, it gives class 1 a probability above 0.999,
$z \ge 7$.
""".strip(),
    points=1,
    domain="exact fractions",
    hints=(
        "The graph of z must rise on both sides. In which direction must each unit look?",
        "Put one kink to the left of both points.",
    ),
    pieces=(
        Piece("w", (2,), "the weights w_1, w_2"),
        Piece("b", (2,), "the biases b_1, b_2"),
        Piece("v", (2,), "the output weights v_1, v_2"),
        Piece("c", (), "the output bias"),
    ),
    requirements=(
        Requirement("x = -1 is put into class 0 and x = 1 into class 1.", classifies),
        Requirement("at both points the logit is at most 2 in size.", modest),
        Requirement("at x = 100 the logit is at least 7.", certain_at(100)),
        Requirement("at x = -100 the logit is at least 7.", certain_at(-100)),
    ),
)

# --- a direction in which nothing is alive ------------------------------------------------------------

FAR = Fraction(10**12)


def size_of_units(pieces: Mapping, side: int, distance=FAR) -> Fraction:
    """‖φ‖² at ± distance · v: the variance of the output when the last weights have the covariance I."""
    found = Fraction(0)
    for row, bias in zip(pieces["W"], pieces["b"], strict=True):
        rate = sum(p * q for p, q in zip(row, pieces["v"], strict=True))
        found += max(side * distance * rate + bias, Fraction(0)) ** 2
    return found


def minors(W) -> list[Fraction]:
    return [W[i][0] * W[j][1] - W[i][1] * W[j][0] for i in range(3) for j in range(i)]


def different_rows(pieces: Mapping) -> Shortfall | None:
    return None if any(minors(pieces["W"])) else Shortfall("all rows of W are multiples of one")


def stands_still(pieces: Mapping) -> Shortfall | None:
    near, far = (size_of_units(pieces, 1, distance) for distance in (FAR, 2 * FAR))
    return None if far == near else Shortfall(f"it goes from {float(near):.3g} to {float(far):.3g}")


def grows_behind(pieces: Mapping) -> Shortfall | None:
    near, far = (size_of_units(pieces, -1, distance) for distance in (FAR, 2 * FAR))
    return None if far > near else Shortfall(f"it stays at {float(near):.3g}")


dead = WitnessExercise(
    name="relu_extrapolation.dead_direction",
    question="Q3c",
    title="A direction in which a Bayesian last layer learns of no doubt",
    statement=r"""
Three ReLU units read two inputs, $\varphi(x) = \operatorname{relu}(Wx + b)$, and the last weights are
$\mathcal N(0, I)$: the output at $x$ has the variance $\lVert \varphi(x) \rVert^2$. Find `W` ($3 \times 2$, not
all rows multiples of one), `b` and a direction `v` such that the variance at $\alpha v$ stops growing as
$\alpha \to \infty$, while in the opposite direction, at $-\alpha v$, it grows for ever.
""".strip(),
    points=1,
    domain="exact fractions",
    hints=(
        "What must hold of the rows of $W$ and $v$ for every unit to be off far out?",
        "A row at a right angle to $v$ does no harm.",
    ),
    pieces=(
        Piece("W", (3, 2), "the hidden weights"),
        Piece("b", (3,), "the hidden biases"),
        Piece("v", (2,), "the direction"),
    ),
    requirements=(
        Requirement("not all rows of W are multiples of one.", different_rows),
        Requirement("the variance stops growing along v.", stands_still),
        Requirement("the variance grows for ever along -v.", grows_behind),
    ),
)

# --- a Bayesian last layer ----------------------------------------------------------------------------

NOISE = 0.25
ENTRIES = (0, 1, -1, 2, -2, 0.5, -0.5, 1.5, 3)


@remembered
def condition_the_layer(F, y, Fs):
    """Mean and variance of the outputs at `Fs`, one at a time, from the joint precision of values and output."""
    means, variances = [], []
    for phi in Fs:
        rows = _mp.matrix([*F, phi])
        joint = rows * rows.T
        for i in range(len(F)):
            joint[i, i] += NOISE
        joint[len(F), len(F)] += 1  # seen through noise of variance 1, so that the matrix is regular
        *others, own = _mp.lu_solve(joint, _mp.matrix([0] * len(F) + [1]))  # the last column of the precision
        means.append(-sum(p * v for p, v in zip(others, y, strict=True)) / own)
        variances.append(1 / own - 1)
    return means, variances


def judge_layer(inputs: Mapping[str, list], results: Mapping[str, Array]) -> Iterator[Disagreement]:
    demanded = condition_the_layer(**inputs)
    size = 1 + max(map(abs, [*inputs["y"], *(q for row in (*inputs["F"], *inputs["Fs"]) for q in row)]))
    for name, value in zip(("mean", "var"), demanded, strict=True):
        bound = 4096 * results[name].eps * size**4
        expected = Array(results[name].shape, tuple(float(v) for v in flat(value)))
        if problem := disagreement(name, results[name], expected, bound):
            yield problem


last_layer = FunctionExercise(
    name="relu_extrapolation.last_layer",
    question="Q3c",
    title="A Bayesian last layer",
    statement=r"""
The hidden layers of a network are kept as they are; their units are features $\varphi(x)$. The last weights have
the prior $w \sim \mathcal N(0, I)$, and the values are $y_i = w^\top \varphi(x_i) + \varepsilon_i$ with independent
noise of *variance* $\tfrac14$. Write a function that takes the features of the training inputs, the rows of
`F`, the values `y`, and the features of new inputs, the rows of `Fs`. It returns the mean and the variance of
$w^\top \varphi$, without noise, at each new input.
""".strip(),
    points=2,
    domain="1 to 3 training and new inputs, 1 to 3 features, entries from -2 to 3",
    hints=(
        "Complete the square in $w$: what is the precision of the weights, given the data?",
        "Or see the outputs as a Gaussian process, with the covariance $\\varphi(x)^\\top \\varphi(x')$.",
    ),
    sizes={"n": (1, 3), "m": (1, 3), "h": (1, 3)},
    parameters=(
        Parameter("F", ("n", "h"), "features of the training inputs, one input a row", ENTRIES),
        Parameter("y", ("n",), "values at the training inputs", ENTRIES),
        Parameter("Fs", ("m", "h"), "features of the new inputs, one input a row", ENTRIES),
    ),
    results=(
        Result("mean", ("m",), "the means", points=1),
        Result("var", ("m",), "the variances", points=1),
    ),
    judge=judge_layer,
    source="conditioning the joint density of values and output gives",
    generic={},
)

# --- what happens far away ----------------------------------------------------------------------------

OUT = 1e4
NETWORKS = (
    ((1.0,), (0.0,), (1.0,)),
    ((1.0, -1.0), (0.0, 1.0), (2.0, 1.0)),
    ((0.5, 2.0), (-1.0, 3.0), (1.0, -0.5)),
)


def value_with(function, network, x: float) -> float:
    w, b, v = network
    return sum(q * function(p * x + o) for p, o, q in zip(w, b, v, strict=True))


def rectified(z: float) -> float:
    return max(z, 0.0)


def tell_values(function, name: str) -> Callable:
    def tell(network) -> str:
        w, b, v = network
        values = ", ".join(f"{value_with(function, network, x):.6g}" for x in (1, OUT, 2 * OUT))
        return f"The {name} network with w = {w}, b = {b}, v = {v} gives {values} at x = 1, {OUT:g}, {2 * OUT:g}."

    return tell


def returns_to_mean(network) -> bool:
    """Whether a network that fits its own values at 0, 1, 2 goes to their mean."""
    seen = [value_with(rectified, network, x) for x in (0, 1, 2)]
    return abs(value_with(rectified, network, OUT) - sum(seen) / 3) < 1


def is_line(network) -> bool:
    near, middle, far = (value_with(rectified, network, k * OUT) for k in (1, 2, 3))
    return abs(near - 2 * middle + far) < 1e-6 * OUT


def levels_off(network) -> bool:
    return abs(value_with(tanh, network, 2 * OUT) - value_with(tanh, network, OUT)) < 1e-9


def reported_noise(network, x: float) -> float:
    """What a network that was fitted by least squares reports at x: the mean squared residual of its data."""
    data = ((0.0, 0.5), (1.0, -0.5), (2.0, 0.25))
    residuals = [y - value_with(rectified, network, at) for at, y in data]
    return sum(r * r for r in residuals) / len(residuals)


def tell_noise(network) -> str:
    near, far = reported_noise(network, 1), reported_noise(network, OUT)
    return f"Fitted to three values, the network reports the variance {near:.4g} at x = 1 and {far:.4g} at x = {OUT:g}."


def most_certain(network) -> bool:
    """Softmax over z and z/2 + 1, two outputs with different slopes."""
    z = value_with(rectified, network, OUT)
    return 1 / (1 + exp(-abs(z / 2 - 1))) > 0.999999


def tell_certain(network) -> str:
    return f"The outputs differ by {abs(value_with(rectified, network, OUT) / 2 - 1):.4g} at x = {OUT:g}."


def confidence(mean: float, sd: float) -> float:
    """Φ averaged over a logit with mean `mean`·x and standard deviation `sd`·x, at x = OUT."""
    return (1 + erf(mean * OUT / sqrt(1 + (sd * OUT) ** 2) / sqrt(2))) / 2


def tell_confidence(case) -> str:
    return (
        f"One living unit, whose weight has the mean {case[0]:g} and the standard deviation {case[1]:g}: "
        f"at x = {OUT:g} the confidence is {confidence(*case):.4f}."
    )


def spread(w: float, x: float) -> float:
    """The variance of the output of one unit max(w x, 0) whose weight has the variance 1."""
    return rectified(w * x) ** 2


def tell_spread(w: float) -> str:
    return f"The unit max({w:g} x, 0) has the variance {spread(w, 1):g} at x = 1 and {spread(w, OUT):g} at x = {OUT:g}."


far_away = ChoiceExercise(
    name="relu_extrapolation.far_away",
    question="Q3b",
    title="Which of these happen far from the data?",
    statement=r"""
Networks with one hidden layer are taken far out along a ray on which every hidden unit moves. Which of these
claims are true? There are several.
""".strip(),
    points=2,
    domain="a few small networks, at distances of 10000 and more",
    hints=(
        "Look at one unit at a time. What does it do far out, if it is a ReLU, and if it is a tanh?",
        "Some claims are true of one direction and false of the opposite one.",
    ),
    options=(
        Option(
            "A ReLU network goes back to the mean of the values it was trained on.",
            returns_to_mean,
            tell_values(rectified, "ReLU"),
        ),
        Option(
            "A ReLU network becomes a straight line.",
            is_line,
            tell_values(rectified, "ReLU"),
            explanation="Past its kink every unit is linear or off.",
            proofs=("relu_extrapolation.one_layer", "relu_extrapolation.slope"),
        ),
        Option(
            "A tanh network tends to a constant.",
            levels_off,
            tell_values(tanh, "tanh"),
            explanation="Every unit that moves saturates.",
            proofs=("relu_extrapolation.tanh",),
        ),
        Option(
            "A network trained by least squares reports a larger noise variance there.",
            lambda network: reported_noise(network, OUT) > reported_noise(network, 1),
            tell_noise,
        ),
        Option(
            "A softmax over ReLU outputs of which one has the steepest slope becomes certain.",
            most_certain,
            tell_certain,
            explanation="The logits move apart at a constant rate.",
            proofs=("relu_extrapolation.softmax",),
        ),
        Option(
            "With a normal distribution over the last weights, the confidence of a classifier goes to one half.",
            lambda case: abs(confidence(*case) - 0.5) < 0.01,
            tell_confidence,
            cases=lambda: ((1.0, 1.0), (1.0, 0.5), (-1.0, 2.0)),
        ),
        Option(
            "With a normal distribution over the last weights, the variance of a ReLU network grows.",
            lambda w: spread(w, OUT) > spread(w, 1),
            tell_spread,
            cases=lambda: (1.0, -1.0),
        ),
    ),
    cases=lambda: NETWORKS,
    several=True,
)

EXERCISES = (slope, variance_chain, overconfident, dead, last_layer, far_away)
