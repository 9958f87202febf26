"""Question 1 (b), (c): exercises on how far back the gradient reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from random import Random

from .arrays import Array
from .exercise import (
    Disagreement,
    FormulaExercise,
    FunctionExercise,
    Parameter,
    Result,
    Situation,
)
from .rnn_long_range_claims import condition
from .two_units import exact, invariants, power, radius_below, size, spectral_radius, step, times
from .witness import Piece, Requirement, Shortfall, WitnessExercise

# --- the bound ------------------------------------------------------------------------------------


def steepest_situations(field, random: Random) -> Iterator[Situation]:
    """The network that reaches the bound: every slope lam, U = s times a rotation; multiplied out."""
    for point in range(30):
        lam, s = (field.number(random.randint(1, 40)) / 8 for _ in range(2))
        lag = 1 + point % 6
        cosine, sine = field.number(3) / 5, field.number(4) / 5
        x, y = field.number(1), field.number(0)
        for _ in range(lag):
            x, y = lam * s * (cosine * x - sine * y), lam * s * (sine * x + cosine * y)
        norm = field.power(x * x + y * y, field.number(1) / 2)
        yield Situation({"lam": lam, "s": s, "l": field.number(lag)}, norm)


steepest = FormulaExercise(
    name="rnn_long_range.steepest",
    question="Q1c",
    title="How fast a gradient may grow at most",
    statement=r"""
In a recurrent network $h_{t+1} = g(U h_t + W x_t)$ every slope obeys $|g'| \le \lambda$, and the largest
singular value of $U$ is $s$. Give the smallest number that bounds the spectral norm of
$\partial h_{t+l} / \partial h_t$ for *every* such network, in terms of `lam` ($\lambda$), `s` and `l`.
""".strip(),
    points=1,
    domain="l from 1 to 6, lam and s from 1/8 to 5",
    hints=(
        "The Jacobian of one step is a diagonal matrix times $U$. How much does each stretch a vector?",
        "In which network does every step stretch the vector as much as it can? No smaller bound will do.",
    ),
    positive=("lam", "s", "l"),
    situations=steepest_situations,
    source="a network that reaches the bound has",
)

# --- witnesses ------------------------------------------------------------------------------------

SLOPES = (0.5, 1.0, 0.25, 2.0, 0.75, 3.0, 4.0)
LAG, GROWTH = 20, 1000.0
STEPS, SHRINKAGE = 4, 0.1


def judge_growing(inputs: Mapping[str, list], results: Mapping[str, Array]) -> Disagreement | None:
    slopes, U = exact(inputs["slopes"]), exact(results["U"].nested())
    bound = 1 / max(slopes)
    if not radius_below(U, bound):
        return Disagreement("U: the spectral radius, which must lie below", spectral_radius(U), float(bound))
    growth = size(power(step(slopes, U), LAG))
    if growth < GROWTH:
        return Disagreement(f"U: the norm of the product of {LAG} Jacobians, at least", growth, GROWTH)
    return None


def different(inputs: Mapping[str, list]) -> bool:
    return inputs["slopes"][0] != inputs["slopes"][1]


slopes_parameter = Parameter("slopes", ("n",), "the slopes of the two units at every step", SLOPES)

growing = FunctionExercise(
    name="rnn_long_range.growing",
    question="Q1c",
    title="Small eigenvalues, and a gradient that explodes",
    statement=r"""
A recurrent network with two units rests at a fixed point, so that the slopes $d_1 \ne d_2$, both positive,
are the same at every step: each has the Jacobian $J = \operatorname{diag}(d)\,U$. Refute the claim that the
gradient must vanish when all eigenvalues of $U$ are small. Write a function that takes the slopes and
returns a $U$ whose eigenvalues all have modulus less than $1/\max(d_1, d_2)$, and for which the Frobenius
norm of $J^{20}$ is at least $1000$.
""".strip(),
    points=2,
    domain="two different slopes from 1/4 to 4",
    hints=(
        "The eigenvalues of $U$ say little about those of $J$. The trace of $J$ is easy.",
        "There are matrices, not zero, whose eigenvalues are all 0.",
    ),
    sizes={"n": (2, 2)},
    parameters=(slopes_parameter,),
    results=(Result("U", ("n", "n"), "the recurrent weights"),),
    judge=judge_growing,
    admissible=different,
    source="the problem sets",
)


def judge_shrinking(inputs: Mapping[str, list], results: Mapping[str, Array]) -> Disagreement | None:
    slopes = exact(inputs["slopes"])
    U, v = exact(results["U"].nested()), [exact(results["v"].nested())]
    bound = 1 / min(slopes)
    trace, determinant = invariants(U)
    if trace**2 < 4 * determinant:
        imaginary = float(4 * determinant - trace**2) ** 0.5 / 2
        return Disagreement("U: the imaginary part of an eigenvalue", imaginary, 0.0)
    if trace <= 2 * bound or determinant - bound * trace + bound**2 <= 0:
        smallest = (float(trace) - float(trace**2 - 4 * determinant) ** 0.5) / 2
        return Disagreement("U: the smallest eigenvalue, which must lie above", smallest, float(bound))
    if size(v) == 0:
        return Disagreement("v: the norm, which must lie above", 0.0, 0.0)
    shrunk = size(times(v, power(step(slopes, U), STEPS))) / size(v)
    if shrunk > SHRINKAGE:
        return Disagreement(f"v: what is left of its norm after {STEPS} steps, at most", shrunk, SHRINKAGE)
    return None


shrinking = FunctionExercise(
    name="rnn_long_range.shrinking",
    question="Q1b",
    title="Large eigenvalues, and a gradient that vanishes",
    statement=r"""
Again a network with two units and slopes $d_1 \ne d_2$, both positive, the same at every step:
$J = \operatorname{diag}(d)\,U$. Refute the claim that every gradient must explode when all eigenvalues of $U$
are large. Write a function that takes the slopes and returns a $U$ with two real eigenvalues above
$1/\min(d_1, d_2)$, and a vector $v \ne 0$ with
$\lVert v^\top J^4 \rVert \le \tfrac1{10} \lVert v \rVert$.
""".strip(),
    points=3,
    domain="two different slopes from 1/4 to 4",
    hints=(
        "Choose the trace and the determinant of $U$ by its eigenvalues. A diagonal entry is still free.",
        "Choose that entry so that $\\tfrac12$ becomes an eigenvalue of $J$. Which $v$ shrinks?",
    ),
    sizes={"n": (2, 2)},
    parameters=(slopes_parameter,),
    results=(Result("U", ("n", "n"), "the recurrent weights"), Result("v", ("n",), "the direction")),
    judge=judge_shrinking,
    admissible=different,
    source="the problem sets",
)

# --- terms that explode, and a gradient that is zero ----------------------------------------------

LARGE, STEEP = 100, 2


def run_forward(w, h0, x) -> list:
    """The states h_0, h_1, h_2, h_3 of h_t = w h_{t-1} + x_{t-1}."""
    states = [h0]
    for drive in x:
        states.append(w * states[-1] + drive)
    return states


def slope_at(function, w: Fraction) -> Fraction:
    """The derivative of a polynomial of degree at most 4, exactly, by five points."""
    near = function(w + 1) - function(w - 1)
    far = function(w + 2) - function(w - 2)
    return (8 * near - far) / 12


def gradient_by_w(pieces: Mapping) -> Fraction:
    return slope_at(lambda w: run_forward(w, pieces["h0"], pieces["x"])[-1], pieces["w"])


def steep_enough(pieces: Mapping) -> Shortfall | None:
    w = pieces["w"]
    return None if abs(w) >= STEEP else Shortfall(f"|w| = {float(abs(w)):g}")


def large_enough(pieces: Mapping) -> Shortfall | None:
    term = abs(pieces["w"] ** 2 * pieces["h0"])
    return None if term >= LARGE else Shortfall(f"the term has the size {float(term):g}")


def cancelled(pieces: Mapping) -> Shortfall | None:
    gradient = gradient_by_w(pieces)
    return Shortfall(gradient, Fraction(0)) if gradient else None


cancelling = WitnessExercise(
    name="rnn_long_range.cancelling",
    question="Q1b",
    title="Terms that explode, and a gradient that is zero",
    statement=r"""
One linear unit runs for three steps, $h_t = w h_{t-1} + x_{t-1}$, and the loss is $h_3$ itself. The term of
its derivative by $w$ with the longest lag is $w^2 h_0$. Give $w$ with $|w| \ge 2$, a start `h0` and the
inputs `x` $= (x_0, x_1, x_2)$, so that this term is at least 100 in size and yet the derivative of the loss
by $w$ is *exactly* 0.
""".strip(),
    points=1,
    domain="exact fractions",
    hints=(
        "Choose w and h0 first. What must the other two terms add up to?",
        "x_0 sets h_1 to anything you like, then x_1 sets h_2.",
    ),
    pieces=(
        Piece("w", (), "the weight"),
        Piece("h0", (), "the start"),
        Piece("x", (3,), "the inputs x_0, x_1, x_2"),
    ),
    requirements=(
        Requirement("the weight is at least 2 in size.", steep_enough),
        Requirement("the term with the longest lag, w² h_0, is at least 100 in size.", large_enough),
        Requirement("the derivative of the loss by w is 0.", cancelled),
    ),
)

EXERCISES = (steepest, growing, shrinking, cancelling, condition)
