"""Question 1 (c): which condition makes long-range terms vanish; every claim is tried on networks that are run."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from .choice import ChoiceExercise, Option
from .two_units import eigenvalues, invariants, power, radius_below, size, step, times

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
        f"and the product of {MANY} Jacobians has the norm {grown:.3g}: it has not vanished."
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
)
