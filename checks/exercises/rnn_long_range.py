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


def exact(nested):
    return [exact(x) for x in nested] if isinstance(nested, list) else Fraction(nested)


def step(slopes, U):
    """diag(slopes) U."""
    return [[d * u for u in row] for d, row in zip(slopes, U, strict=True)]


def times(A, B):
    columns = list(zip(*B, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in A]


def power(J, exponent: int):
    found = J
    for _ in range(exponent - 1):
        found = times(found, J)
    return found


def size(rows) -> float:
    return float(sum(x * x for row in rows for x in row)) ** 0.5


def invariants(U) -> tuple[Fraction, Fraction]:
    """Trace and determinant of a 2x2 matrix: the sum and the product of its eigenvalues."""
    return U[0][0] + U[1][1], U[0][0] * U[1][1] - U[0][1] * U[1][0]


def spectral_radius(U) -> float:
    trace, determinant = map(float, invariants(U))
    root = complex(trace * trace - 4 * determinant) ** 0.5
    return max(abs(trace + root), abs(trace - root)) / 2


def radius_below(U, bound: Fraction) -> bool:
    """Whether both eigenvalues have modulus < bound, exactly: Jury's criterion."""
    trace, determinant = invariants(U)
    return abs(determinant) < bound**2 and abs(trace) * bound < bound**2 + determinant


LAG, GROWTH = 20, 1000.0


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

STEPS, SHRINKAGE = 4, 0.1


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

EXERCISES = (steepest, growing, shrinking)
