"""Laws of the ELBO, of the mean-field gap and of the amortisation gap, against quadrature and a minimiser."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from checks.exercises.variational_claims import SEES, Fit
from checks.oracles import variational as oracle
from checks.strategies import spd_matrices, vectors, worlds
from derivations import variational as topic
from derivations.evaluate import World, evaluate
from derivations.fields import Unevaluable
from derivations.quantities import Inner, NormalExpectation

few = settings(max_examples=settings().max_examples // 3)


def rows(array):
    return [[float(x) for x in row] for row in np.asarray(array, float).reshape(len(array), -1)]


def values(n, **arrays) -> World:
    by_name = {"Λ": topic.Lambda, "μ": topic.mu, "m": topic.mean, "V": topic.V}
    given = {by_name[name]: rows(array) for name, array in arrays.items()}
    return World({topic.n: n, **given})


def value(expression, world) -> float:
    return float(evaluate(expression, world))


@pytest.mark.parametrize("n", [1, 2, 3])
@few
@given(data=st.data())
def test_the_divergence_of_normal_distributions_is_that_of_quadrature(n, data):
    m, mu, V, precision = (data.draw(s) for s in (vectors(n), vectors(n), spd_matrices(n), spd_matrices(n)))
    derived = value(topic.GAUSSIAN.result(), values(n, Λ=precision, μ=mu, m=m, V=V))
    found = oracle.divergence_by_quadrature(m, V, mu, precision, nodes=3)
    scale = 1 + np.trace(precision @ V) + (m - mu) @ precision @ (m - mu)
    assert abs(derived - found) < 1e-9 * scale * np.linalg.cond(precision), (derived, found)


def gap(precision) -> float:
    return value(topic.BEST_GAP.result(), values(len(precision), Λ=precision))


@pytest.mark.parametrize("n", [2, 3])
def test_a_minimiser_finds_the_variances_and_the_gap(n):
    rng = np.random.default_rng(n)
    for _ in range(3):
        half = rng.normal(size=(n, n))
        precision, mu = half @ half.T + 0.25 * np.eye(n), rng.normal(size=n)
        means, variances, distance = oracle.best_mean_field(mu, precision)
        np.testing.assert_allclose(means, mu, atol=1e-4)
        np.testing.assert_allclose(variances, 1 / np.diag(precision), rtol=1e-4)
        assert distance == pytest.approx(gap(precision), abs=1e-7)
        assert np.all(variances < np.diag(np.linalg.inv(precision))), "smaller than the marginal variances"


@few
@given(st.integers(1, 4).flatmap(spd_matrices))
def test_the_gap_is_not_negative_and_does_not_see_scales(precision):
    found = gap(precision)
    scales = np.diag(2.0 ** np.arange(len(precision)))
    assert found >= -1e-12
    assert found == pytest.approx(gap(scales @ precision @ scales), abs=1e-9)


@few
@given(st.integers(1, 4).flatmap(vectors))
def test_the_gap_is_zero_for_a_diagonal_precision(x):
    assert gap(np.diag(x**2 + 0.25)) == pytest.approx(0, abs=1e-12)


def test_in_two_dimensions_the_gap_is_that_of_the_correlation():
    for rho in (0.0, 0.5, -0.9, 0.999):
        precision = np.linalg.inv([[1, rho], [rho, 1]])
        assert gap(precision) == pytest.approx(-np.log(1 - rho**2) / 2, abs=1e-9)


@pytest.mark.parametrize(("a", "tau"), [(1.0, 1.0), (-2.0, 0.5), (0.0, 2.0), (3.0, 0.1)])
def test_tying_costs_what_the_spread_of_the_data_says(a, tau):
    x = np.array([-1.0, 0.5, 2.0])
    expected = a**2 * np.sum((x - x.mean()) ** 2) / (2 * tau * (a**2 + tau))
    assert oracle.best_tied(x, a, tau) == pytest.approx(expected, abs=1e-6)


@few
@given(data=st.data())
def test_the_derived_cost_of_tying_is_the_spread_at_the_best_mean_and_variance(data):
    world = data.draw(worlds(topic.AMORTISED, regimes={"a": "ordinary", "x": "ordinary"}))
    a, tau = (float(world.values[s]) for s in (topic.loading, topic.noise))
    x = np.array([float(row[0]) for row in world.values[topic.x]])
    best = {topic.centre: a * x.mean() / (a**2 + tau), topic.width: tau / (a**2 + tau)}
    number = world.field.number
    there = World(world.values | {s: number(v) for s, v in best.items()}, world.definitions, field=world.field)
    spread = a**2 * np.sum((x - x.mean()) ** 2) / (2 * tau * (a**2 + tau))
    assert value(topic.AMORTISATION.result(), there) == pytest.approx(spread, abs=1e-9 * (1 + spread))
    for symbol in best:
        for step in (0.1, -0.1):
            off = number(float(there.values[symbol]) * (1 + step) + (step if symbol == topic.centre else 0))
            moved = World(there.values | {symbol: off}, world.definitions, field=world.field)
            assert value(topic.AMORTISATION.result(), moved) >= spread - 1e-9


@few
@given(data=st.data())
def test_the_elbo_is_the_log_evidence_less_the_divergence_from_the_posterior(data):
    world = data.draw(worlds(topic.MODEL))
    q, prior, likelihood = (
        np.array([float(row[0]) for row in world.values[s]]) for s in (topic.q, topic.prior, topic.likelihood)
    )
    joint = prior * likelihood
    direct = np.sum(q * np.log(joint / q))
    assert value(topic.ELBO.result(), world) == pytest.approx(direct, abs=1e-9)
    assert direct <= np.log(joint.sum()) + 1e-12
    posterior = joint / joint.sum()
    assert np.sum(posterior * np.log(joint / posterior)) == pytest.approx(np.log(joint.sum()))


def test_a_mean_of_degree_four_has_no_value_here():
    z, n = topic.z, 2
    square = Inner(z, z)
    world = World({topic.n: n, topic.mean: rows(np.zeros(n)), topic.V: rows(np.eye(n))})
    assert float(evaluate(NormalExpectation(square, z, topic.mean, topic.V), world)) == pytest.approx(2)
    with pytest.raises(Unevaluable):
        evaluate(NormalExpectation(square**2, z, topic.mean, topic.V), world)


@pytest.mark.parametrize("sees", SEES)
def test_a_minimiser_comes_as_close_as_the_fits_that_claims_are_tried_on(sees):
    fit = Fit((Fraction(2), Fraction(-1)), Fraction(1, 4), tuple(map(Fraction, (-1, 1, 2))), sees)
    a, x = np.array(fit.a, float), np.array(fit.data, float)
    precision = np.eye(2) + np.outer(a, a) * 4
    means = np.outer(x, np.linalg.solve(precision, a) * 4)
    alone = sum(oracle.best_mean_field(mean, precision)[2] for mean in means)
    assert float(fit.mean_field) == pytest.approx(alone, abs=1e-6)
    features = np.stack([np.ones(3), [float(SEES[sees](v)) for v in fit.data]])

    def total(theta, covariance):
        encoded = features.T @ theta[:4].reshape(2, 2)
        pairs = zip(encoded, means, strict=True)
        return sum(oracle.divergence_by_quadrature(m, covariance(theta[4:]), mu, precision, 3) for m, mu in pairs)

    def root(entries):
        return np.array([[np.exp(entries[0]), 0], [entries[2], np.exp(entries[1])]])

    factorised = minimize(lambda theta: total(theta, lambda e: np.diag(np.exp(e))), np.zeros(6)).fun
    full = minimize(lambda theta: total(theta, lambda e: root(e) @ root(e).T), np.zeros(7)).fun
    assert (float(fit.factorised_encoder), float(fit.full_encoder)) == pytest.approx((factorised, full), abs=1e-5)
