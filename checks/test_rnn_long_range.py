"""Laws of the bounds on products of Jacobians, on inputs made to break them.

The oracle multiplies the product out and takes its singular values by LAPACK.  A product of l matrices is
off by l n ε times the product of the factors' norms (Higham 2002, 3.5); singular values of U by n ε σ_max.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from sympy import Matrix, atanh, simplify, tanh

from checks.oracles import rnn as network_oracle
from checks.oracles import rnn_long_range as oracle
from checks.strategies import spd_matrices, vectors, worlds
from derivations import rnn
from derivations import rnn_long_range as topic
from derivations.evaluate import evaluate
from derivations.expressions import elementwise, elementwise_derivative, index_sum, transpose

EPS = 2.0**-52
few = settings(max_examples=settings().max_examples // 3)


# --- inputs ---------------------------------------------------------------------------------------


@st.composite
def orthogonal_matrices(draw, size: int) -> np.ndarray:
    """A product of reflections, orthogonal to rounding, `(size, size)`."""
    Q = np.eye(size)
    for _ in range(draw(st.integers(1, 3), "reflections")):
        u = draw(vectors(size), "normal") + np.eye(size)[0] / 8
        Q = Q - 2 * np.outer(Q @ u, u) / (u @ u)
    return Q


def ordinary(size):
    return vectors(size * size).map(lambda x: x.reshape(size, size))


@st.composite
def nearly_singular(draw, size: int) -> np.ndarray:
    """A matrix of rank one but for 2^-10 … 2^-40."""
    a, b = draw(vectors(size)), draw(vectors(size))
    tiny = 2.0 ** -draw(st.integers(10, 40), "distance from rank one 2^-")
    return np.outer(a, b) + tiny * np.eye(size)


@st.composite
def nilpotent(draw, size: int) -> np.ndarray:
    """Every eigenvalue 0, conjugated with an orthogonal matrix."""
    Q = draw(orthogonal_matrices(size))
    return 8 * Q @ np.triu(draw(ordinary(size)), 1) @ Q.T


WEIGHTS = {
    "ordinary": ordinary,
    "orthogonal": orthogonal_matrices,
    "nearly singular": nearly_singular,
    "nilpotent": nilpotent,
    "symmetric positive definite": spd_matrices,
}
AT_MOST = (1.0, -1.0, 0.5, 0.0, 2.0**-60, 0.999, 1e-12)
AT_LEAST = (1.0, 1.0 + EPS, 1.5, 2.0, 64.0, 1e6)


@st.composite
def jacobians(draw, weights: str, shares: tuple[float, ...]):
    """(U, slopes, λ): slopes are λ times one of the `shares`, which hold saturated ones and the bound."""
    n = draw(st.integers(1, 4), "n")
    lags = draw(st.integers(0, 8), "lag")
    U = draw(WEIGHTS[weights](n))
    lam = draw(st.sampled_from([1.0, 0.25, 2.0]), "λ")
    entries = draw(st.lists(st.sampled_from(shares), min_size=lags * n, max_size=lags * n), "slopes / λ")
    note(f"U = {U.tolist()}")
    return U, lam * np.array(entries).reshape(lags, n), lam


def rounding(U, slopes) -> np.ndarray:
    """How far rounding may carry the singular values of the product, and of bounds of its size."""
    n, lags = len(U), len(slopes)
    steepest = np.abs(slopes).max(axis=1, initial=0)
    return 16 * EPS * (lags + 1) * n**2 * np.prod(steepest * np.linalg.norm(U))


# --- the two theorems -----------------------------------------------------------------------------


@pytest.mark.parametrize("weights", WEIGHTS)
@few
@given(data=st.data())
def test_the_product_stretches_at_most_by_the_power_of_the_largest_singular_value(weights, data):
    U, slopes, lam = data.draw(jacobians(weights, AT_MOST))
    stretch = oracle.singular_values(oracle.products(U, slopes)[-1])[0]
    rate = lam * oracle.singular_values(U)[0]
    slack = 16 * EPS * (len(slopes) + 1) * len(U) ** 2
    assert stretch <= rate ** len(slopes) * (1 + slack) ** (len(slopes) + 1)


@pytest.mark.parametrize("weights", WEIGHTS)
@few
@given(data=st.data())
def test_the_product_stretches_at_least_by_the_power_of_the_smallest_singular_value(weights, data):
    U, slopes, lam = data.draw(jacobians(weights, AT_LEAST))
    stretch = oracle.singular_values(oracle.products(U, slopes)[-1])[-1]
    smallest = max(oracle.singular_values(U)[-1] - len(U) ** 2 * EPS * np.linalg.norm(U), 0)
    assert stretch >= (lam * smallest) ** len(slopes) - rounding(U, slopes)


@few
@given(st.integers(1, 4).flatmap(orthogonal_matrices), st.integers(0, 8), st.sampled_from([0.25, 2.0, 3.0]))
def test_both_bounds_are_reached_by_a_multiple_of_an_orthogonal_matrix(Q, lag, s):
    found = oracle.singular_values(oracle.products(s * Q, np.ones((lag, len(Q))))[-1])
    np.testing.assert_allclose(found, s**lag, rtol=16 * EPS * (lag + 1) * len(Q) ** 2)


@few
@given(st.integers(1, 4).flatmap(spd_matrices))
def test_for_symmetric_positive_definite_weights_both_readings_agree(U):
    np.testing.assert_allclose(oracle.moduli(U), oracle.singular_values(U), atol=64 * EPS * np.linalg.norm(U))


@few
@given(data=st.data())
def test_with_large_eigenvalues_the_norm_grows_whatever_single_directions_do(data):
    """σ_max of the product is at least the n-th root of its determinant: at least (λ |det U|^{1/n})^lag."""
    U, slopes, lam = data.draw(jacobians("ordinary", AT_LEAST))
    stretch = oracle.singular_values(oracle.products(U, slopes)[-1])[0]
    root = abs(np.linalg.det(U)) ** (1 / len(U))
    assert stretch >= (lam * root) ** len(slopes) * (1 - 1e-9) - rounding(U, slopes)


@few
@given(data=st.data())
def test_scaled_products_have_the_logarithms_of_the_plain_ones(data):
    U, slopes, _ = data.draw(jacobians("orthogonal", AT_LEAST[:4]))
    if len(slopes):
        plain = [np.log10(oracle.singular_values(P)[[0, -1]]) for P in oracle.products(2 * U, slopes)]
        np.testing.assert_allclose(oracle.log_stretches(2 * U, slopes), plain, atol=1e-6)


# --- the derived lines, evaluated -----------------------------------------------------------------

LARGEST = {rnn.n: 3, rnn.m: 2, rnn.T: 4}
CHAINS = {"<=": (topic.LARGEST_STRETCH, topic.TERM_UPPER), ">=": (topic.SMALLEST_STRETCH, topic.TERM_LOWER)}


def floats(value) -> np.ndarray:
    return np.array([[float(x) for x in row] for row in value])


@pytest.mark.parametrize("relation", CHAINS)
@few
@given(data=st.data())
def test_the_derived_product_is_the_transposed_jacobian_of_the_oracle(relation, data):
    chain = CHAINS[relation][0]
    world = data.draw(worlds(chain.domain, largest=LARGEST, regimes={"U": "ordinary"}))
    k, t = world.values[topic.k], world.values[topic.t]
    U = floats(world.values[rnn.U])
    steps = [floats(evaluate(_slopes(j), world)).ravel() for j in range(k, t)]
    slopes = np.array(steps).reshape(t - k, len(U))
    product = oracle.products(U, slopes)[-1]
    atol = 1e-12 * (1 + np.abs(product).max())
    np.testing.assert_allclose(floats(evaluate(transpose(topic.BACK), world)), product, atol=atol)
    extreme = oracle.singular_values(product)[0 if relation == "<=" else -1]
    assert abs(float(evaluate(chain.lines[0].left, world)) - extreme) <= 1e-6 * (1 + np.linalg.norm(product))


def _slopes(j: int):
    return elementwise_derivative(elementwise(rnn.g, rnn.z[j]))


@pytest.mark.parametrize("relation", CHAINS)
@few
@given(data=st.data())
def test_terms_of_a_real_network_keep_their_bounds(relation, data):
    """The term's size by the oracle's double sum, the bound by the derived line."""
    chain = CHAINS[relation][1]
    world = data.draw(worlds(chain.domain, largest=LARGEST, regimes={"U": "ordinary", "W": "ordinary"}))
    n, T, k, t = (world.values[s] for s in (rnn.n, rnn.T, topic.k, topic.t))
    column = lambda e: floats(evaluate(e, world)).ravel()  # noqa: E731
    slopes = np.array([column(_slopes(j)) for j in range(T)])
    h = np.array([column(rnn.h[j]) for j in range(T + 1)])
    gradients = np.array([column(rnn.L.gradient(j, rnn.h[j])) for j in range(1, T + 1)])
    size = network_oracle.term_sizes(floats(world.values[rnn.U]), slopes, h, gradients)[t - 1, k - 1]
    bound = float(evaluate(chain.lines[-1].right, world))
    slack = 1e-12 * n * (1 + size + bound)
    assert size <= bound + slack if relation == "<=" else size >= bound - slack


def test_the_bounded_term_is_the_summand_of_the_double_sum():
    """Summed over both times it gives the derived gradient back."""
    total = index_sum(index_sum(topic.TERM, topic.k, 1, topic.t), topic.t, 1, rnn.T)
    assert total == rnn.GRAD_U_UNROLLED.result()


# --- what does not follow -------------------------------------------------------------------------


def linear_network(u, h0, w, inputs):
    """The states of h_t = u h_{t-1} + w x_{t-1}, exact."""
    states = [Fraction(h0)]
    for x in inputs:
        states.append(u * states[-1] + w * x)
    return states


def test_large_terms_may_cancel():
    """h_t = 2h_{t-1} + x_{t-1}, loss h_2, h_0 = 1, x_0 = -4: the terms are 2 and -2, the gradient is 0."""
    h = linear_network(2, 1, 1, (-4, 0))
    terms = [2 ** (2 - k) * h[k - 1] for k in (1, 2)]
    assert terms == [2, -2] and sum(terms) == 0


def test_the_terms_with_equal_times_do_not_vanish():
    """However small U is, the direct term D_{t-1} ∇L_t h_{t-1}ᵀ stays."""
    U = 1e-9 * np.eye(2)
    slopes, h = np.ones((3, 2)), np.ones((4, 2))
    sizes = network_oracle.term_sizes(U, slopes, h, np.ones((3, 2)))
    assert np.all(np.diag(sizes) == 2) and np.all(np.tril(sizes, -1) < 1e-8)


# --- the reading with eigenvalues -----------------------------------------------------------------


def test_a_negative_largest_eigenvalue_does_not_bound():
    example = topic.NEGATIVE
    assert max(example.U.eigenvals()) < 0
    assert example.carried_back(9).norm() == 5**9


def test_a_spectral_radius_of_zero_does_not_bound():
    example = topic.NILPOTENT
    J = example.jacobian
    assert example.moduli(example.U) == (0, 0) and max(example.slopes) <= 1
    assert Matrix([[8, 8], [-6, -6]]) == J and J**2 == 2 * J, "so J^l = 2^{l-1} J for every l"
    norm = oracle.singular_values(np.array(J, dtype=float))[0]
    assert norm == pytest.approx(np.sqrt(200))
    assert example.carried_back(9) == 2**8 * Matrix([[8, 8]])


def test_a_nilpotent_network_may_be_chaotic():
    """Two roads to the Lyapunov exponent: tangent vectors, and two orbits without any derivative."""
    U, b = 8.0 * np.array([[1, 1], [-1, -1]]), np.array([-1.4, 1.8])
    assert not np.any(U @ U), "both eigenvalues of U are 0"
    along, apart = (f(U, b, 20_000) for f in (oracle.lyapunov_exponent, oracle.separation_exponent))
    assert along == pytest.approx(0.41, abs=0.015) and apart == pytest.approx(along, abs=1e-3)


@few
@given(data=st.data())
def test_the_exponent_of_a_network_at_rest_is_that_of_its_jacobian(data):
    """A contraction rests at a fixed point, where the exponent is the logarithm of the spectral radius."""
    Q = data.draw(orthogonal_matrices(2))
    U = Q @ np.diag([0.8, 0.3]) @ Q.T
    found = oracle.lyapunov_exponent(U, np.zeros(2), 500)
    assert found == pytest.approx(np.log(0.8), abs=0.02)


def test_these_slopes_are_those_of_tanh_at_a_fixed_point():
    U, state = topic.NILPOTENT.U, Matrix([0, atanh(simplify("1/2"))])
    b = state - U * state.applyfunc(tanh)
    assert simplify(U * state.applyfunc(tanh) + b - state) == Matrix([0, 0])
    slopes = state.applyfunc(lambda z: 1 - tanh(z) ** 2)
    assert tuple(slopes) == topic.NILPOTENT.slopes
    assert [float(x) for x in b] == pytest.approx([-4, 4.549306144])


def test_large_eigenvalues_do_not_keep_a_direction_from_shrinking():
    example = topic.SHRINKING
    assert example.moduli(example.U) == (2, 2) and min(example.slopes) >= 1
    assert sorted(example.jacobian.eigenvals()) == [Fraction(1, 2), 80]
    assert all(example.carried_back(lag) == example.v.T / 2**lag for lag in range(12))


@pytest.mark.parametrize("example", topic.COUNTEREXAMPLES, ids=lambda e: e.refutes)
def test_the_theorems_hold_for_the_counterexamples(example):
    U, d = (np.array(x, dtype=float) for x in (example.U, example.slopes))
    largest, smallest = oracle.singular_values(U)
    for lag, P in enumerate(oracle.products(U, np.tile(d, (12, 1)))):
        found = oracle.singular_values(P)
        assert found[0] <= (max(d) * largest) ** lag * (1 + 1e-12)
        assert np.linalg.norm(P) ** 2 >= (min(d) * smallest) ** (2 * lag) * (1 - 1e-12)


def test_the_search_finds_weights_that_refute_the_reading_of_c():
    found = oracle.growing_though_radius_is_small((1.0, 0.5))
    assert len(found) > 10
    for U in found[:40]:
        exact = Matrix(U.tolist())
        J = Matrix([[1, 0], [0, Fraction(1, 2)]]) * exact
        assert max(map(float, topic.Counterexample.moduli(exact))) < 1, U
        assert max(map(float, topic.Counterexample.moduli(J))) > 1, U


def test_the_search_finds_weights_that_refute_the_reading_of_b():
    found = oracle.shrinking_though_eigenvalues_are_large((1.0, 10.0))
    assert len(found) > 10
    for U in found[:40]:
        exact = Matrix(U.tolist())
        J = Matrix([[1, 0], [0, 10]]) * exact
        assert all(value.is_real and value > 1 for value in exact.eigenvals()), U
        assert min(map(float, topic.Counterexample.moduli(J))) < 1, U


@pytest.mark.parametrize(
    "search", [oracle.growing_though_radius_is_small, oracle.shrinking_though_eigenvalues_are_large]
)
def test_no_such_weights_are_found_where_all_slopes_are_equal(search):
    """With one slope for all units J is a multiple of U, and its eigenvalues are those multiples."""
    assert len(search((1.0, 1.0))) == 0
