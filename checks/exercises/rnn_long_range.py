"""Question 1 (b), (c): exercises on how far back the gradient reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from random import Random

from sympy import Expr, Integer, Symbol

from derivations.expressions import substitute
from derivations.quantities import LargestSingularValue
from derivations.rnn import U, k, t
from derivations.rnn_long_range import lam as bound_on_slopes

from .arrays import Array
from .choice import ChoiceExercise, Option
from .exercise import (
    Disagreement,
    FormulaExercise,
    FunctionExercise,
    Misconception,
    Parameter,
    Result,
    Situation,
)
from .slips import Change, Falsified, instead, scaled
from .witness import Piece, Requirement, Shortfall, WitnessExercise

COMMON = "rnn_long_range#what-commonly-goes-wrong"
EIGENVALUES = "rnn_long_range#eigenvalues-fail"

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


lam, s, l = (Symbol(name, positive=True) for name in ("lam", "s", "l"))  # noqa: E741 - the lag


def in_symbols(bound: Expr) -> Expr:
    """The bound in the symbols of the exercise: slopes, largest singular value, lag."""
    return substitute(bound, {bound_on_slopes: lam, LargestSingularValue(U): s, t: k + l})


def bound_slip(slip: Change) -> Falsified:
    return Falsified("rnn_long_range.largest_stretch", slip, in_symbols)


STEEPEST_SLIPS = (
    Misconception(
        "one factor short",
        "Count the Jacobians: from h_t to h_{t+l} there are l steps, each with one.",
        bound_slip(instead(l, l - 1)),
        COMMON,
    ),
    Misconception(
        "one factor too many",
        "Count the Jacobians: from h_t to h_{t+l} there are l steps, each with one.",
        bound_slip(instead(l, l + 1)),
        COMMON,
    ),
    Misconception(
        "one step only",
        "The bound of one step is applied at every step, and the norms multiply.",
        bound_slip(instead(l, Integer(1))),
        COMMON,
    ),
    Misconception(
        "the slopes are forgotten",
        "Each step passes through the activation, whose slopes may be as large as lam.",
        bound_slip(instead(lam, Integer(1))),
        COMMON,
    ),
    Misconception(
        "the weights are forgotten",
        "Each step multiplies by U, which may stretch a vector by as much as s.",
        bound_slip(instead(s, Integer(1))),
        COMMON,
    ),
    Misconception(
        "norms added where they multiply",
        "A product of Jacobians is asked for; the norm of a product is at most the product of the norms.",
        bound_slip(lambda bound: scaled(l)(instead(l, Integer(1))(bound))),
        COMMON,
    ),
)

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
    misconceptions=STEEPEST_SLIPS,
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


def is_symmetric(inputs, results) -> bool:
    U = results["U"]
    return U[0][1] == U[1][0]


def identity_times(factor):
    """A multiple of the identity that depends on the slopes."""
    return lambda inputs: {"U": [[factor(inputs["slopes"]), 0.0], [0.0, factor(inputs["slopes"])]]}


def nilpotent(entry):
    """c [[1, 1], [-1, -1]], with c depending on the slopes."""

    def matrix(inputs):
        c = entry(*inputs["slopes"])
        return {"U": [[c, c], [-c, -c]]}

    return matrix


def large_radius(inputs, results) -> bool:
    return spectral_radius(exact(results["U"])) >= 1.01 / max(inputs["slopes"])


def on_the_circle(inputs, results) -> bool:
    """The spectral radius is the bound itself."""
    bound = 1 / max(inputs["slopes"])
    return abs(spectral_radius(exact(results["U"])) - bound) < 1e-6 * bound


def is_triangular(inputs, results) -> bool:
    U = results["U"]
    return 0 in (U[0][1], U[1][0]) and U[0][1] != U[1][0]


def is_slow(inputs, results) -> bool:
    """Eigenvalues 0, and an eigenvalue of J that is below 1 in modulus, or grows too slowly."""
    U = exact(results["U"])
    trace = sum(d * row[i] for i, (d, row) in enumerate(zip(inputs["slopes"], U, strict=True)))
    return invariants(U) == (0, 0) and 0 < abs(trace) < 1.5


GROWING_SLIPS = (
    Misconception(
        "large eigenvalues",
        "The eigenvalues are to be small; with large ones nobody is surprised that the gradient explodes.",
        identity_times(lambda slopes: 10 / min(slopes)),
        EIGENVALUES,
        large_radius,
    ),
    Misconception(
        "eigenvalues on the bound",
        "Below means below. With the modulus equal to the bound the claim says nothing.",
        identity_times(lambda slopes: 1 / max(slopes)),
        EIGENVALUES,
        on_the_circle,
    ),
    Misconception(
        "a symmetric matrix",
        "The singular values of a symmetric matrix are moduli of its eigenvalues: small, and nothing grows.",
        identity_times(lambda slopes: 0.5 / max(slopes)),
        EIGENVALUES,
        is_symmetric,
    ),
    Misconception(
        "a triangular matrix",
        "A large entry beside the diagonal makes the first steps grow. But the eigenvalues of diag(d) U are "
        "then the slopes times the diagonal entries, all below 1, and in the end the powers shrink.",
        lambda inputs: {"U": [[0.0, 100.0], [0.0, 0.0]]},
        EIGENVALUES,
        is_triangular,
    ),
    Misconception(
        "the right idea, too small",
        "Both eigenvalues of U are 0, that of J = diag(d) U is not; but it must exceed 1 by enough that 20 "
        "steps suffice, for every pair of slopes, also when they are close.",
        nilpotent(lambda d, e: 1 / (d - e) / 2),
        EIGENVALUES,
        is_slow,
    ),
)

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
    misconceptions=GROWING_SLIPS,
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


def weights_and(direction, weights):
    """Weights times 1/min(slopes), and a direction."""

    def answer(inputs):
        unit = 1 / min(inputs["slopes"])
        return {"U": [[unit * u for u in row] for row in weights], "v": direction}

    return answer


def eigenvalues(U) -> tuple[complex, complex]:
    trace, determinant = map(float, invariants(exact(U)))
    root = complex(trace * trace - 4 * determinant) ** 0.5
    return (trace - root) / 2, (trace + root) / 2


def is_rotating(inputs, results) -> bool:
    return any(abs(z.imag) > 1e-9 * abs(z) for z in eigenvalues(results["U"]))


def has_no_direction(inputs, results) -> bool:
    return not any(results["v"])


def shrinks_on_the_right(inputs, results) -> bool:
    """Power after power J v shrinks, which is not the transpose's business."""
    J = power(step(exact(inputs["slopes"]), exact(results["U"])), STEPS)
    column = [[v] for v in exact(results["v"])]
    return 0 < size(times(J, column)) <= SHRINKAGE * size(column)


def is_positive_definite(inputs, results) -> bool:
    return is_symmetric(inputs, results) and min(z.real for z in eigenvalues(results["U"])) > 0


def between_the_bounds(inputs, results) -> bool:
    """Eigenvalues above 1/max of the slopes, not above 1/min."""
    slopes = inputs["slopes"]
    lower = min(z.real for z in eigenvalues(results["U"]))
    return 1 / max(slopes) < lower <= 1 / min(slopes)


def shrinking_on_the_right(inputs):
    """A matrix like the one that is asked for, with the direction that shrinks when J acts from the left."""
    d, e = inputs["slopes"]
    p = 2 / min(d, e)
    a = (0.5 + 2 * d * e * p * p - 2 * p * e) / (d - e)
    c = a * (2 * p - a) - p * p
    return {"U": [[a, 1.0], [c, 2 * p - a]], "v": [d, 0.5 - d * a]}


SHRINKING_SLIPS = (
    Misconception(
        "a positive definite matrix",
        "For these the eigenvalues are the singular values, and the claim is true: nothing shrinks.",
        weights_and([1.0, 0.0], [[2.0, 0.0], [0.0, 2.0]]),
        EIGENVALUES,
        is_positive_definite,
    ),
    Misconception(
        "complex eigenvalues",
        "A rotation hides its size. Both eigenvalues are to be real.",
        weights_and([1.0, 0.0], [[9.0, 9.0], [-9.0, 9.0]]),
        EIGENVALUES,
        is_rotating,
    ),
    Misconception(
        "no direction",
        "The zero vector shrinks under no matrix: there is nothing to shrink.",
        weights_and([0.0, 0.0], [[2.0, 1.0], [0.0, 3.0]]),
        EIGENVALUES,
        has_no_direction,
    ),
    Misconception(
        "the vector on the wrong side",
        "J v gets small, but a gradient is carried back by the transpose: it is the row v J that counts.",
        shrinking_on_the_right,
        EIGENVALUES,
        shrinks_on_the_right,
    ),
    Misconception(
        "the larger slope in the bound",
        "The condition must hold for every slope; the smaller one gives the larger bound.",
        lambda inputs: {
            "U": [[1.01 / max(inputs["slopes"]), 1.0], [0.0, 9 / min(inputs["slopes"])]],
            "v": [1.0, 0.0],
        },
        EIGENVALUES,
        between_the_bounds,
    ),
)

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
    misconceptions=SHRINKING_SLIPS,
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


def states_of(pieces: Mapping) -> list:
    return run_forward(pieces["w"], pieces["h0"], pieces["x"])


def later_states_cancel(pieces: Mapping) -> bool:
    w, states = pieces["w"], states_of(pieces)
    return sum(w ** (3 - time) * states[time] for time in (1, 2, 3)) == 0


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
    misconceptions=(
        Misconception(
            "h_t in place of h_{t-1}",
            "The weight of a step was multiplied with the state before it.",
            {"w": 2, "h0": 25, "x": [-50, 0, 0]},
            COMMON,
            later_states_cancel,
        ),
        Misconception(
            "only the direct term",
            "Holding h_2 constant while differentiating h_3 leaves one term of three.",
            {"w": 2, "h0": 25, "x": [0, -100, 1]},
            COMMON,
            lambda pieces: states_of(pieces)[2] == 0,
        ),
        Misconception(
            "the loss is zero, not its derivative",
            "A loss may be 0 where it is steep.",
            {"w": 2, "h0": 25, "x": [0, 0, -200]},
            COMMON,
            lambda pieces: states_of(pieces)[3] == 0,
        ),
        Misconception(
            "all terms are small",
            "Then nothing explodes. Large terms that cancel are asked for.",
            {"w": 2, "h0": 0, "x": [0, 0, 0]},
            COMMON,
            lambda pieces: abs(pieces["w"] ** 2 * pieces["h0"]) < 1,
        ),
    ),
)

# --- which condition --------------------------------------------------------------------------------

MANY = 30
# multiples of 1/2: sums and products of a few of them are exact in double precision
ENTRIES = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 4.0, -4.0)
SLOPE_PAIRS = ((1.0, 1.0), (1.0, 0.5))


def small_networks() -> Iterator[tuple]:
    """(slopes, U) of two units, slopes at most 1, simple entries first."""
    grid = sorted(product(ENTRIES, repeat=4), key=lambda e: sum(map(abs, e)))
    for a, b, c, d in grid:
        yield from ((slopes, [[a, b], [c, d]]) for slopes in SLOPE_PAIRS)


def vanishes(case) -> bool:
    slopes, U = case
    return size(power(step(slopes, U), MANY)) < 1


def largest_eigenvalue_below_one(U) -> bool:
    """Both eigenvalues are real and below 1, however negative."""
    trace, determinant = invariants(U)
    return trace**2 >= 4 * determinant and trace < 2 and 1 - trace + determinant > 0


def singular_values_below_one(U) -> bool:
    """The eigenvalues of UᵀU are below 1."""
    return radius_below(times([list(column) for column in zip(*U, strict=True)], U), 1)


def tell_network(case) -> str:
    slopes, U = case
    rows = "; ".join(" ".join(f"{float(u):g}" for u in row) for row in U)
    values = " and ".join(f"{z.real:.3g}" + f"{z.imag:+.3g}i" * bool(z.imag) for z in eigenvalues(U))
    grown = size(power(step(slopes, U), MANY))
    return (
        f"Take the slopes {float(slopes[0]):g} and {float(slopes[1]):g} at every step, lam = 1, and "
        f"U = [{rows}]: its eigenvalues are {values}, "
        f"and the product of {MANY} Jacobians has the norm {grown:.3g}."
    )


LONG = 60


def single_units() -> Iterator[tuple]:
    """(w, x): one linear unit that starts at 0 and reads x at every step; |w| < 1."""
    yield from product(map(Fraction, (0, "1/2", "-1/2")), map(Fraction, (0, 1, -1)))


def gradient_of_last_state(case, length: int = LONG) -> Fraction:
    """The derivative by w of h_T, carried along with the states."""
    w, x = case
    h = slope = Fraction(0)
    for _ in range(length):
        h, slope = w * h + x, h + w * slope
    return slope


def tell_unit(case) -> str:
    w, x = case
    found = float(gradient_of_last_state(case))
    return (
        f"Take one linear unit, h_t = w h_(t-1) + {float(x):g}, with w = {float(w):g} and h_0 = 0. After "
        f"{LONG} steps the derivative of the last state by w is {found:.4g}: "
        "the terms with a short lag are always there."
    )


def hidden_directions() -> Iterator[tuple]:
    """(slopes, U, v): slopes at least 1, both eigenvalues of U are 2, and v is such that v J = v/2."""
    for e in (2, 4, 10):
        d, e, p = Fraction(1), Fraction(e), Fraction(2)
        a = (Fraction(1, 2) + 2 * d * e * p * p - 2 * p * e) / (d - e)
        U = [[a, Fraction(1)], [a * (2 * p - a) - p * p, 2 * p - a]]
        yield (d, e), U, [e * U[1][0], Fraction(1, 2) - d * a]


def never_shrinks(case) -> bool:
    slopes, U, v = case
    above = invariants(U) == (4, 4)  # both eigenvalues are 2
    return not above or size(times([v], power(step(slopes, U), MANY))) >= size([v])


def tell_direction(case) -> str:
    slopes, U, v = case
    rows = "; ".join(" ".join(f"{float(u):g}" for u in row) for row in U)
    left = size(times([v], power(step(slopes, U), MANY))) / size([v])
    return (
        f"Take the slopes {float(slopes[0]):g} and {float(slopes[1]):g}, lam = 1, and U = [{rows}]: both its "
        f"eigenvalues are 2. Carried back over {MANY} steps, the vector "
        f"({float(v[0]):g}, {float(v[1]):g}) keeps {left:.2g} of its norm."
    )


condition = ChoiceExercise(
    name="rnn_long_range.condition",
    question="Q1c",
    title="Which condition makes long-range terms vanish?",
    statement=r"""
The slopes of a recurrent network's activation are at most $\lambda$ in (a) to (d), at least $\lambda > 0$ in
(e). Which of these claims is true for *every* $U$?
""".strip(),
    points=1,
    domain="two units with simple weights, one unit with simple inputs, all run",
    hints=(
        "The spectral radius says how the powers of U grow. Are powers of U what is multiplied here?",
        "How much can U stretch a vector in one step?",
    ),
    options=(
        Option(
            r"If all eigenvalues of $U$ have modulus below $1/\lambda$, the terms with a long lag vanish.",
            lambda case: not radius_below(case[1], 1) or vanishes(case),
            tell_network,
        ),
        Option(
            r"If the largest eigenvalue of $U$ is below $1/\lambda$, the terms with a long lag vanish.",
            lambda case: not largest_eigenvalue_below_one(case[1]) or vanishes(case),
            tell_network,
        ),
        Option(
            r"If the largest singular value of $U$ is below $1/\lambda$, the terms with a long lag vanish.",
            lambda case: not singular_values_below_one(case[1]) or vanishes(case),
            tell_network,
            explanation="No step can stretch a vector by more than the largest slope times the largest "
            "singular value, and these bounds multiply.",
            proofs=("rnn_long_range.upper_bound", "rnn_long_range.largest_stretch"),
        ),
        Option(
            r"If the largest singular value of $U$ is below $1/\lambda$, the whole gradient vanishes as the "
            "sequence gets longer.",
            lambda case: abs(gradient_of_last_state(case)) < Fraction(1, 1000),
            tell_unit,
            cases=single_units,
        ),
        Option(
            r"If all slopes are at least $\lambda$ and all eigenvalues of $U$ are real and above "
            r"$1/\lambda$, no vector that is carried back shrinks.",
            never_shrinks,
            tell_direction,
            cases=hidden_directions,
        ),
    ),
    cases=small_networks,
    misconceptions=(
        Misconception(
            "the spectral radius for the largest singular value",
            "The Jacobians are diag(g') U with slopes that differ: their product is no power of U.",
            "a",
            EIGENVALUES,
        ),
        Misconception(
            "the largest eigenvalue for the largest modulus",
            "An eigenvalue may be far below zero, and then U stretches a vector.",
            "b",
            EIGENVALUES,
        ),
        Misconception(
            "the whole gradient for its long-range terms",
            "The terms with a short lag hold few Jacobians, that with k = t none.",
            "d",
            "rnn_long_range#what-does-not-follow",
        ),
        Misconception(
            "the smallest eigenvalue for the smallest singular value",
            "A product of matrices with large eigenvalues may have a small one.",
            "e",
            EIGENVALUES,
        ),
    ),
)

EXERCISES = (steepest, growing, shrinking, cancelling, condition)
