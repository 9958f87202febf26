"""Question 1 (b), (c): slips in the bound, and objects that miss the point."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Integer, Symbol

from derivations.expressions import substitute
from derivations.quantities import LargestSingularValue
from derivations.rnn import U, k, t
from derivations.rnn_long_range import lam as bound_on_slopes

from .exercise import Misconception
from .rnn_long_range import SHRINKAGE, STEPS, run_forward
from .slips import Change, Falsified, instead, scaled
from .two_units import eigenvalues, exact, invariants, power, size, spectral_radius, step, times

COMMON = "rnn_long_range#what-commonly-goes-wrong"
EIGENVALUES = "rnn_long_range#eigenvalues-fail"

# --- the bound -----------------------------------------------------------------------------------

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

# --- eigenvalues that are small ------------------------------------------------------------------


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

# --- eigenvalues that are large ------------------------------------------------------------------


def weights_and(direction, weights):
    """Weights times 1/min(slopes), and a direction."""

    def answer(inputs):
        unit = 1 / min(inputs["slopes"])
        return {"U": [[unit * u for u in row] for row in weights], "v": direction}

    return answer


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


# --- terms that explode, and a gradient that is zero ----------------------------------------------


def states_of(pieces: Mapping) -> list:
    return run_forward(pieces["w"], pieces["h0"], pieces["x"])


def later_states_cancel(pieces: Mapping) -> bool:
    w, states = pieces["w"], states_of(pieces)
    return sum(w ** (3 - time) * states[time] for time in (1, 2, 3)) == 0


CANCELLING_SLIPS = (
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
)


CONDITION_SLIPS = (
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
)

SLIPS = {
    "rnn_long_range.steepest": STEEPEST_SLIPS,
    "rnn_long_range.growing": GROWING_SLIPS,
    "rnn_long_range.shrinking": SHRINKING_SLIPS,
    "rnn_long_range.cancelling": CANCELLING_SLIPS,
    "rnn_long_range.condition": CONDITION_SLIPS,
}
