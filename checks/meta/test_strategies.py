"""The strategies deliver what their names say, and a falsified formula is caught in a small world."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample
from sympy import Matrix, Rational

from checks.oracles import gaussian_process
from checks.strategies import (
    LARGE,
    ORDINARY,
    distinct_points,
    ill_conditioned_spd_matrices,
    nearly_coincident_points,
    spd_matrices,
    worlds,
)
from derivations import rnn
from derivations.domain import ACTIVATIONS, LOSSES, Declaration, Domain, describe_world
from derivations.evaluate import World, evaluate
from derivations.expressions import (
    elementwise,
    elementwise_derivative,
    hadamard,
    index_sum,
    product,
    scale,
    substitute,
    transpose,
)
from derivations.verification import AGREEMENT_DIGITS, numbers_in, residual

#: As many draws as a test makes under the profile "ci"; what does not occur in them is not tested.
DRAWS = settings(
    max_examples=100,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


SHRINK = settings(
    max_examples=300, derandomize=True, database=None, suppress_health_check=list(HealthCheck), deadline=None
)


def drawn(strategy) -> list:
    """What a test with this strategy is given."""
    values = []

    @DRAWS
    @given(strategy)
    def collect(value):
        values.append(value)

    collect()
    return values


def entries(world, symbol) -> list:
    return numbers_in(world.values[symbol])


# --- worlds -------------------------------------------------------------------------------------

NETWORKS = drawn(worlds(rnn.DOMAIN, largest={rnn.n: 3, rnn.T: 4}))
LARGEST = {rnn.n: 3, rnn.m: 2, rnn.T: 4}


@pytest.mark.parametrize("size", LARGEST, ids=str)
def test_every_size_occurs(size):
    assert {world.values[size] for world in NETWORKS} == set(range(1, LARGEST[size] + 1))


@pytest.mark.parametrize("symbol", [rnn.U, rnn.W, (rnn.h, 0)], ids=str)
def test_zero_and_saturating_and_ordinary_weights_occur(symbol):
    largest = [float(max(map(abs, entries(world, symbol)))) for world in NETWORKS]
    for what, occurs in {
        "all zero": lambda a: a == 0,
        "ordinary": lambda a: 0 < a <= max(map(abs, ORDINARY)),
        "large": lambda a: a >= min(map(abs, LARGE)),
    }.items():
        share = np.mean([bool(occurs(a)) for a in largest])
        assert share >= 1 / 10, f"{symbol} {what} in {share:.0%} of the worlds"


def test_saturated_activations_occur():
    """tanh with a slope below 1e-6 at some unit, in a network whose weights do not vanish."""
    tanh = [w for w in NETWORKS if w.values[rnn.g].name == "tanh"]
    states = [max(abs(x) for x in numbers_in(evaluate(rnn.h[1], w))) for w in tanh]
    assert any(1 - h < 1e-6 for h in states), f"largest |h_1|: {sorted(map(float, states))[-3:]}"


@pytest.mark.parametrize(
    ("symbol", "options"), [(rnn.g, [a.name for a in ACTIVATIONS]), (rnn.L, list(LOSSES))], ids=["g", "L"]
)
def test_every_choice_occurs(symbol, options):
    assert {world.values[symbol].name for world in NETWORKS} == set(options)


def test_numbers_are_exact_in_binary():
    for world in NETWORKS[:20]:
        for number in (*entries(world, rnn.U), *entries(world, rnn.W)):
            assert number == float(number)


@given(worlds(rnn.DOMAIN, sizes={rnn.T: 1, rnn.n: 2}, regimes={"U": "zero", "W": "large"}))
def test_what_is_given_is_not_drawn(world):
    assert (world.values[rnn.T], world.values[rnn.n]) == (1, 2)
    assert set(entries(world, rnn.U)) == {0}
    assert set(entries(world, rnn.W)) <= set(map(float, LARGE))


@given(worlds(rnn.DOMAIN, rnn.U))
def test_a_direction_has_the_variables_shape(world):
    n = world.values[rnn.n]
    assert np.shape(world.direction) == (n, n)
    assert world.variable == rnn.U


def test_worlds_shrink_to_the_simplest():
    simplest = find(worlds(rnn.DOMAIN), lambda world: True, settings=SHRINK)
    assert [simplest.values[size] for size in (rnn.n, rnn.m, rnn.T)] == [1, 1, 1]
    assert {*entries(simplest, rnn.U), *entries(simplest, rnn.W), *entries(simplest, (rnn.x, 0))} == {0}


def test_an_empty_range_makes_no_world():
    """An index that has no value at T = 1: every world drawn has T >= 2."""
    pair = Declaration(rnn.s, "index", "a time with a successor", 1, rnn.T - 1)
    domain = Domain((*rnn.DECLARATIONS, pair))
    assert {world.values[rnn.T] for world in drawn(worlds(domain))} == {2, 3}


# --- a falsified formula ------------------------------------------------------------------------

GRADIENT, UNROLLED = rnn.GRAD_U.result(), rnn.GRAD_U_UNROLLED.result()
SLOPES = elementwise_derivative(elementwise(rnn.g, rnn.z[rnn.t - 1]))
DEFINITIONS = (rnn.PREACTIVATION, rnn.STATE, rnn.ADJOINT_RECURRENCE.conclusion, rnn.LAST_ADJOINT.conclusion)
DIRECT = hadamard(SLOPES, rnn.L.gradient(rnn.t, rnn.h[rnn.t]))

#: Each with the smallest n and T at which it is wrong.
FALSIFIED = {
    "a thousandth too large": (scale(Rational(1001, 1000), GRADIENT), (1, 1)),
    "only the terms k = t": (
        index_sum(product(DIRECT, transpose(rnn.h[rnn.t - 1])), rnn.t, 1, rnn.T),
        (1, 2),
    ),
    "a missing transpose": (substitute(UNROLLED, {transpose(rnn.U): rnn.U}), (2, 2)),
}


def differ(formula):
    """Whether a formula is not the gradient by U in a world; 40 digits are what the core promises."""

    def wrong(world):
        derived = World(world.values, DEFINITIONS, field=world.field)
        return residual(evaluate(formula, derived), evaluate(GRADIENT, derived)) > 10.0**-AGREEMENT_DIGITS

    return wrong


def test_a_right_formula_has_no_counterexample():
    with pytest.raises(NoSuchExample):
        find(worlds(rnn.DOMAIN), differ(UNROLLED), settings=settings(SHRINK, max_examples=50))


@pytest.mark.parametrize("name", FALSIFIED)
def test_a_falsified_formula_is_refuted_in_the_smallest_world(name):
    """With the fewest units at which it is wrong and small numbers, half of them 0.

    A state that starts at 0 costs one time step more than the fewest.
    """
    formula, (n, T) = FALSIFIED[name]
    world = find(worlds(rnn.DOMAIN), differ(formula), settings=SHRINK)
    found = describe_world(world)
    assert world.values[rnn.n] == n, found
    assert T <= world.values[rnn.T] <= T + 1, found
    assert world.values[rnn.m] == 1, found
    members = [key for key in world.values if isinstance(key, tuple)]
    numbers = [abs(x) for key in (rnn.U, rnn.W, *members) for x in entries(world, key)]
    assert max(numbers) <= 2 and numbers.count(0) >= len(numbers) / 2, found


# --- points -------------------------------------------------------------------------------------


def gaps(X) -> np.ndarray:
    """The distances between different points."""
    rows, columns = np.triu_indices(len(X), 1)
    return np.linalg.norm(X[rows] - X[columns], axis=1)


def test_points_are_distinct_and_of_every_number_and_dimension():
    point_sets = drawn(distinct_points())
    assert all(np.all(gaps(X) > 0) for X in point_sets)
    assert {len(X) for X in point_sets} == {1, 2, 3, 4}
    assert {X.shape[1] for X in point_sets} == {1, 2, 3}


def test_nearly_coincident_points_make_the_kernel_matrix_nearly_singular():
    point_sets = drawn(nearly_coincident_points())
    nearest = np.array([gaps(X).min() for X in point_sets])
    assert np.all((nearest > 0) & (nearest <= 2.0**-5)), nearest
    assert np.any(nearest < 1e-4)
    conditions = np.array([np.linalg.cond(gaussian_process.kernel(X, X)) for X in point_sets])
    assert np.all(conditions > 3 / nearest**2 / 2), conditions / (3 / nearest**2)
    assert np.any(conditions > 1e8)


# --- matrices -----------------------------------------------------------------------------------


@pytest.mark.parametrize("matrices", [spd_matrices, ill_conditioned_spd_matrices], ids=lambda f: f.__name__)
@pytest.mark.parametrize("size", [2, 4])
def test_matrices_are_symmetric_positive_definite_and_not_diagonal(matrices, size):
    """Positive definite exactly: all leading minors, in rational numbers."""
    for matrix in drawn(matrices(size))[:30]:
        assert np.array_equal(matrix, matrix.T) and np.any(np.triu(matrix, 1))
        exact = Matrix(size, size, [Rational(x) for x in matrix.ravel()])
        assert all(exact[:k, :k].det(method="bareiss") > 0 for k in range(1, size + 1)), matrix


@pytest.mark.parametrize("size", [2, 4])
def test_ill_conditioned_matrices_are(size):
    """cond >= ‖A e_1‖ ‖A⁻¹ e_n‖, in rational numbers, where float64 could not tell."""
    for matrix in drawn(ill_conditioned_spd_matrices(size))[:20]:
        exact = Matrix(size, size, [Rational(x) for x in matrix.ravel()])
        assert exact[0, 0] * exact.inv()[size - 1, size - 1] > 10**8, matrix


def test_spd_matrices_of_size_one_and_well_conditioned_ones_occur():
    assert all(matrix.shape == (1, 1) and matrix > 0 for matrix in drawn(spd_matrices(1)))
    assert any(np.linalg.cond(matrix) < 100 for matrix in drawn(spd_matrices(3)))
