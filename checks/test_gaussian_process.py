"""Laws of prediction with a Gaussian process: the derived formulas, evaluated, against two other roads.

Tolerances follow from the condition of K: an error of the size ε in the joint covariance, or in solving
with K, moves the mean by ε ‖K⁻¹‖ (1 + ‖K⁻¹‖‖K_*‖) ‖y‖ and the covariance by ε (1 + ‖K⁻¹‖‖K_*‖)².
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from checks.oracles import gaussian_process as oracle
from checks.strategies import (
    distinct_points,
    ill_conditioned_spd_matrices,
    nearly_coincident_points,
    spd_matrices,
    vectors,
    worlds,
)
from derivations import gaussian_process as gp
from derivations.evaluate import World, evaluate
from derivations.fields import DIGITS, Numbers, Unevaluable

FIELD = Numbers()
UNIT = FIELD.context.mpf(10) ** (1 - DIGITS)
#: The oracle computes with twice the digits, so that its own errors are those of the derived value, squared.
FINE = oracle.exact_context(2 * DIGITS)
EPS = 2.0**-52

POINTS = {
    "any": distinct_points(),
    "n = 1": distinct_points(most=1),
    "n = 2": distinct_points(least=2, most=2),
    "nearly singular K": nearly_coincident_points(),
}
few = settings(max_examples=settings().max_examples // 3)


@dataclass(frozen=True)
class Problem:
    """Values to predict from observed ones: the joint `covariance`, `(n + m, n + m)`, and `y`, `(n,)`.

    Both are arrays of numbers of `FIELD`; `off`: how far rounding has moved the entries of the covariance.
    """

    covariance: np.ndarray
    y: np.ndarray
    off: float = 0

    @property
    def blocks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """K, K_* and K_**."""
        n = len(self.y)
        return self.covariance[:n, :n], self.covariance[:n, n:], self.covariance[n:, n:]

    @cached_property
    def derived(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean `(m,)` and covariance `(m, m)` by the derived formulas."""
        K, Ks, Kss = self.blocks
        values = {gp.n: Ks.shape[0], gp.m: Ks.shape[1], gp.y: self.y[:, None].tolist()}
        values |= {gp.K: K.tolist(), gp.K_s: Ks.tolist(), gp.K_ss: Kss.tolist()}
        mean, covariance = (
            evaluate(gp.PREDICT.result(name), World(values, field=FIELD)) for name in ("mean", "covariance")
        )
        return array(mean)[:, 0], array(covariance)

    @cached_property
    def inverse_norm(self):
        """‖K⁻¹‖."""
        return 1 / oracle.eigenvalues(oracle.exact(self.blocks[0], FINE), FINE)[0]

    @cached_property
    def tolerances(self) -> tuple:
        """How far the derived mean and covariance may be off, in norm.

        Gaussian elimination on a positive definite K commits an error of 8 n³ 2ⁿ u ‖K‖ at most, growth of
        pivots included (Higham 2002, theorem 9.5); the sums that follow, less.
        """
        K, Ks, Kss = self.blocks
        n, m = Ks.shape
        error = 8 * n**3 * 2**n * UNIT * norm(K) + (n + m) * self.off
        gain = 1 + self.inverse_norm * norm(Ks)
        mean = error * self.inverse_norm * gain * norm(self.y)
        return mean, error * gain**2 + (n + m) ** 2 * UNIT * norm(Kss)


def array(rows) -> np.ndarray:
    return np.array(rows, dtype=object)


def norm(values):
    """The Frobenius norm."""
    return FIELD.context.sqrt(np.sum(values * values))


def from_points(X, y, Xs) -> Problem:
    """The problem with the kernel's covariances; arrays of float64 or of numbers."""
    X, y, Xs = (oracle.exact(values, FIELD.context) for values in (X, y, Xs))
    everything = np.concatenate([X, Xs])
    reach = 4 * max(np.sum(point * point) for point in everything)
    off = UNIT * (8 + 4 * everything.shape[1] * reach)
    return Problem(oracle.exact_kernel(everything, everything, FIELD.context), y, off)


@st.composite
def data_sets(draw, points=POINTS["any"]):
    """X `(n, p)`, y `(n,)` and test inputs Xs `(m, p)`, float64; test inputs may be training inputs."""
    X = draw(points, "X")
    Xs = draw(distinct_points(most=3, dimension=X.shape[1]), "Xs")
    y = draw(vectors(len(X)), "y")
    note(f"X = {X.tolist()}, y = {y.tolist()}, Xs = {Xs.tolist()}")
    return X, y, Xs


def assert_close(got, demanded, tolerances, what: str):
    for name, a, b, tolerance in zip(("mean", "covariance"), got, demanded, tolerances, strict=True):
        assert a.shape == b.shape, f"{what}: {name} of shape {a.shape}, not {b.shape}"
        gap = max(abs(a - b).ravel())
        show = [FINE.nstr(value, 5) for value in (gap, tolerance)]
        assert gap <= tolerance, f"{what}: {name} {a} instead of {b}; they are {show[0]} apart, not {show[1]}"


def assert_at_most(value, bound, slack, what: str):
    show = [FINE.nstr(FINE.mpf(number), 20) for number in (value, bound, slack)]
    assert value <= bound + slack, "{}: {} > {} (slack {})".format(what, *show)


# --- against the oracles ------------------------------------------------------------------------


def assert_conditions_the_joint_density(problem: Problem):
    covariance, y = oracle.exact(problem.covariance, FINE), oracle.exact(problem.y, FINE)
    by_precision = oracle.condition_by_precision(covariance, y, FINE)
    assert_close(problem.derived, by_precision, problem.tolerances, "against the joint precision matrix")
    one_by_one = oracle.condition_one_by_one(covariance, y)
    assert_close(problem.derived, one_by_one, problem.tolerances, "against one observation at a time")


@pytest.mark.parametrize("kind", POINTS)
@few
@given(data=st.data())
def test_prediction_conditions_the_joint_density(kind, data):
    assert_conditions_the_joint_density(from_points(*data.draw(data_sets(POINTS[kind]))))


@few
@given(worlds(gp.JOINT_DOMAIN, largest={gp.n: 4, gp.m: 3}, field=FIELD))
def test_any_joint_covariance_of_the_domain(world):
    K, Ks, Kss, y = (array(world.values[symbol]) for symbol in (gp.K, gp.K_s, gp.K_ss, gp.y))
    assert_conditions_the_joint_density(Problem(np.block([[K, Ks], [Ks.T, Kss]]), y[:, 0]))


@pytest.mark.parametrize("matrices", [spd_matrices, ill_conditioned_spd_matrices], ids=lambda f: f.__name__)
@few
@given(data=st.data())
def test_any_positive_definite_joint_covariance(matrices, data):
    size = data.draw(st.integers(2, 5), "n + m")
    n = data.draw(st.integers(1, size - 1), "n")
    covariance, y = data.draw(matrices(size), "covariance"), data.draw(vectors(n), "y")
    exact = Problem(oracle.exact(covariance, FIELD.context), oracle.exact(y, FIELD.context))
    assert_conditions_the_joint_density(exact)


# --- at the data --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", POINTS)
@few
@given(data=st.data())
def test_at_the_training_inputs_the_data_come_back_without_doubt(kind, data):
    X, y, _ = data.draw(data_sets(POINTS[kind]))
    problem = from_points(X, y, X)
    nothing = np.zeros((len(y), len(y)), dtype=int)
    assert_close(problem.derived, (problem.y, nothing), problem.tolerances, "at the training inputs")


@few
@given(data_sets(), st.data())
def test_a_repeated_input_has_no_prediction(data_set, data):
    """K is singular: neither the derived formula nor conditioning gives numbers."""
    X, y, Xs = data_set
    again = data.draw(st.integers(0, len(X) - 1), "repeated")
    X, y = np.concatenate([X, X[again : again + 1]]), np.append(y, y[again])
    with pytest.raises(Unevaluable):
        _ = from_points(X, y, Xs).derived
    with pytest.raises(oracle.RepeatedObservation):
        oracle.predict(X, y, Xs)


# --- symmetries ---------------------------------------------------------------------------------


def assert_same(one: Problem, other: Problem, what: str):
    tolerances = [a + b for a, b in zip(one.tolerances, other.tolerances, strict=True)]
    assert_close(one.derived, other.derived, tolerances, what)


@few
@given(data_sets(), st.data())
def test_the_order_of_the_data_does_not_matter(data_set, data):
    X, y, Xs = data_set
    order = list(data.draw(st.permutations(range(len(X))), "order"))
    assert_same(from_points(X[order], y[order], Xs), from_points(X, y, Xs), f"data in the order {order}")


@few
@given(data_sets(), st.data())
def test_moving_all_inputs_changes_nothing(data_set, data):
    X, y, Xs = data_set
    shift = data.draw(vectors(X.shape[1]), "shift")
    assert_same_at_one_input((X, y, Xs[0]), (X + shift, y, Xs[0] + shift), f"inputs shifted by {shift}")


@few
@given(data_sets(), st.data())
def test_turning_all_inputs_changes_nothing(data_set, data):
    X, y, Xs = data_set
    p = X.shape[1]
    i, j = data.draw(st.tuples(*[st.integers(0, p - 1)] * 2), "axes")
    Q = rotation(p, i, j)
    X_turned, x_turned = (oracle.exact(points, FIELD.context) @ Q.T for points in (X, Xs[0]))
    assert_same_at_one_input((X, y, Xs[0]), (X_turned, y, x_turned), f"inputs turned by {Q}")


def assert_same_at_one_input(one, other, what: str):
    """With the derivation's own kernel."""
    got, demanded = (
        [array([evaluate(value, one_test_input(*points))]) for value in (gp.mean, gp.variance)]
        for points in (other, one)
    )
    X, y, x_star = other
    tolerances = [2 * t for t in from_points(X, y, x_star[None, :]).tolerances]
    assert_close(got, demanded, tolerances, what)


def rotation(p: int, i: int, j: int) -> np.ndarray:
    """In the plane of two axes by the angle of cosine 3/5; on a single axis a reflection."""
    Q = oracle.exact(np.eye(p), FIELD.context)
    cosine, sine = (FIELD.context.mpf(k) / 5 for k in (3, 4))
    if i == j:
        Q[i, i] = -Q[i, i]
    else:
        Q[i, i], Q[i, j], Q[j, i], Q[j, j] = cosine, -sine, sine, cosine
    return Q


@few
@given(data_sets(), st.data())
def test_the_mean_is_linear_in_the_values_and_the_covariance_knows_none(data_set, data):
    X, y, Xs = data_set
    other = data.draw(vectors(len(y)), "other values")
    a, b = data.draw(st.tuples(*[st.integers(-4, 4)] * 2), "a, b")
    one, two, mixed = (from_points(X, values, Xs) for values in (y, other, a * y + b * other))
    demanded = a * one.derived[0] + b * two.derived[0], one.derived[1]
    mean = abs(a) * one.tolerances[0] + abs(b) * two.tolerances[0] + mixed.tolerances[0]
    assert_close(mixed.derived, demanded, (mean, 2 * one.tolerances[1]), f"{a} y + {b} y'")


# --- the covariance -----------------------------------------------------------------------------


@few
@given(data_sets(st.one_of(POINTS.values())))
def test_the_covariance_is_symmetric_positive_semidefinite_and_below_the_prior(data_set):
    problem = from_points(*data_set)
    covariance, slack = problem.derived[1], problem.tolerances[1]
    assert max(abs(covariance - covariance.T).ravel()) <= 2 * slack
    taken = problem.blocks[2] - covariance
    for matrix, what in ((covariance, "covariance"), (taken, "what the data take away")):
        smallest = oracle.eigenvalues(oracle.exact((matrix + matrix.T) / 2, FINE), FINE)[0]
        assert_at_most(-smallest, 0, len(matrix) * slack, f"minus the smallest eigenvalue, {what}")


@few
@given(data_sets(st.one_of(distinct_points(least=2), POINTS["nearly singular K"])))
def test_variances_do_not_grow_with_more_data(data_set):
    X, y, Xs = data_set
    more, less = from_points(X, y, Xs), from_points(X[:-1], y[:-1], Xs)
    for after, before in zip(np.diag(more.derived[1]), np.diag(less.derived[1]), strict=True):
        assert_at_most(after, before, more.tolerances[1] + less.tolerances[1], "variance with one point more")


@few
@given(data_sets(distinct_points(least=2)), st.data())
def test_data_in_two_portions_predict_as_all_at_once(data_set, data):
    """Condition on the first inputs, then on the rest with what that left as the prior."""
    X, y, Xs = data_set
    n, first = len(X), data.draw(st.integers(1, len(X) - 1), "size of the first portion")
    whole = from_points(X, y, Xs)
    begun = from_points(X[:first], y[:first], np.concatenate([X[first:], Xs]))
    mean, covariance = begun.derived
    rest = n - first
    then = Problem(covariance, whole.y[first:] - mean[:rest], max(begun.tolerances))
    got = then.derived[0] + mean[rest:], then.derived[1]
    tolerances = [sum(t) for t in zip(whole.tolerances, begun.tolerances, then.tolerances, strict=True)]
    # an error in the values that are left moves the mean by ‖K⁻¹‖‖K_*‖ times as much
    tolerances[0] += begun.tolerances[0] * then.inverse_norm * norm(then.blocks[1])
    assert_close(got, whole.derived, tolerances, f"{first} of {n} first")


# --- one test input: formulas and bounds ----------------------------------------------------------


def one_test_input(X, y, x_star, size=gp.n) -> World:
    """A world of `gaussian_process.point_domain`: one test input; `size`: the symbol n, or 1."""
    domain = gp.point_domain(size)
    symbol = {d.meaning: d.symbol for d in domain.declarations}
    X, y, x_star = (oracle.exact(values, FIELD.context) for values in (X, y, x_star))
    values = {(gp.x, i): x_i[:, None].tolist() for i, x_i in enumerate(X, 1)}
    values |= {gp.n: len(X), gp.p: X.shape[1]}
    values |= {symbol["test input"]: x_star[:, None].tolist(), symbol["training values"]: y[:, None].tolist()}
    return World(values, domain.definitions, field=FIELD)


@few
@given(data_sets(POINTS["n = 1"]))
def test_one_training_point_in_closed_form(data_set):
    X, y, Xs = data_set
    problem, world = from_points(X, y, Xs[:1]), one_test_input(X, y, Xs[0], 1)
    mean, variance = (evaluate(d.result(), world) for d in (gp.ONE_MEAN, gp.ONE_VARIANCE))
    demanded = oracle.condition_one_by_one(problem.covariance, problem.y)
    assert_close((array([mean]), array([[variance]])), demanded, problem.tolerances, "one training point")


@few
@given(data_sets(POINTS["n = 2"]))
def test_two_training_points_written_out(data_set):
    X, y, Xs = data_set
    problem, world = from_points(X, y, Xs[:1]), one_test_input(X, y, Xs[0], 2)
    mean, variance = (evaluate(d.result(), world) for d in (gp.TWO_MEAN, gp.TWO_VARIANCE))
    demanded = oracle.condition_one_by_one(problem.covariance, problem.y)
    assert_close((array([mean]), array([[variance]])), demanded, problem.tolerances, "two training points")


@pytest.mark.parametrize("kind", POINTS)
@few
@given(data=st.data())
def test_mean_and_variance_keep_their_bounds(kind, data):
    """|mean| <= √n ‖K⁻¹y‖ e^{-d²/2} and 1 - variance <= n e^{-d²}/λ_min(K), with equality for one point."""
    X, y, Xs = data.draw(data_sets(POINTS[kind]))
    problem, world = from_points(X, y, Xs[:1]), one_test_input(X, y, Xs[0])
    mean, taken = abs(problem.derived[0][0]), 1 - problem.derived[1][0, 0]
    for value, derivation, slack in zip(
        (mean, taken), (gp.MEAN_BOUND, gp.VARIANCE_BOUND), problem.tolerances, strict=True
    ):
        bound = evaluate(derivation.result("bound").right, world)
        assert_at_most(value, bound, slack, derivation.title)
        if len(X) == 1:
            assert_at_most(bound, value, slack, f"{derivation.title}: equality for one point")


@few
@given(data_sets(st.one_of(POINTS.values())))
def test_the_mean_is_large_only_where_the_variance_has_fallen(data_set):
    """|mean| <= √(1 - variance) √(yᵀK⁻¹y): the derived bound's root, at one input, and its square at all."""
    X, y, Xs = data_set
    problem, world = from_points(*data_set), one_test_input(X, y, Xs[0])
    bound, mean = evaluate(gp.MEAN_BY_VARIANCE.result(), world), problem.derived[0][0]
    slack = FIELD.context.sqrt(max(problem.tolerances)) * (1 + problem.inverse_norm * norm(problem.y))
    assert_at_most(abs(mean), bound, slack, gp.MEAN_BY_VARIANCE.title)
    K = oracle.exact(problem.blocks[0], FINE)
    y = oracle.exact(problem.y, FINE)
    energy = y @ oracle.inverse(K, FINE) @ y
    means, variances = problem.derived[0], np.diag(problem.derived[1])
    mean_off, variance_off = problem.tolerances
    for mean, variance in zip(means, variances, strict=True):
        # squared, as the root of an error is larger than the error
        slack = 2 * abs(mean) * mean_off + variance_off * energy + mean_off**2
        assert_at_most(mean**2, (1 - variance) * energy, slack, "mean²")


@few
@given(data_sets(st.one_of(POINTS.values())), st.data())
def test_along_every_ray_the_prediction_returns_to_the_prior(data_set, data):
    """At distance r from the origin every input is at least d = r - max ‖x_i‖ away."""
    X, y, _ = data_set
    axis = data.draw(st.integers(0, X.shape[1] - 1), "axis")
    direction = np.eye(X.shape[1])[axis] * data.draw(st.sampled_from([1, -1]), "sign")
    reach = FIELD.context.sqrt(max(np.sum(x_i * x_i) for x_i in X))
    for r in (8, 16, 32):
        problem = from_points(X, y, r * direction[None, :])
        nearest = FIELD.context.exp(-((r - reach) ** 2) / 2)
        mean, taken = abs(problem.derived[0][0]), 1 - problem.derived[1][0, 0]
        size = problem.inverse_norm * norm(problem.y) * FIELD.context.sqrt(len(X))
        assert_at_most(mean, size * nearest, problem.tolerances[0], f"|mean| at r = {r}")
        assert_at_most(taken, problem.inverse_norm * len(X) * nearest**2, problem.tolerances[1], f"r = {r}")


# --- the oracle in float64 ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", POINTS)
@few
@given(data=st.data())
def test_the_oracle_in_float64_is_off_by_no_more_than_its_conditioning(kind, data):
    X, y, Xs = data.draw(data_sets(POINTS[kind]))
    problem = from_points(X, y, Xs)
    size = sum(problem.blocks[1].shape)
    # elimination: Higham 2002, theorem 10.3, N (N + 1) u for unit variances; entries: exp and its argument
    error = EPS * size * (size + 1 + 8)
    assume(error * problem.inverse_norm < 1 / 4)
    gain = 1 + problem.inverse_norm * norm(problem.blocks[1])
    tolerances = 2 * error * problem.inverse_norm * gain * (norm(problem.y) + 1), 2 * error * gain**2
    mean, covariance = oracle.predict(X, y, Xs)
    assert_close((mean, covariance), problem.derived, tolerances, "float64")
    marginals = oracle.predict_marginals(X, y, Xs)
    assert_close(marginals, (problem.derived[0], np.diag(problem.derived[1])), tolerances, "marginals")
