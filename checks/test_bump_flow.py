"""Laws of the flow of bumps: the derived lines, evaluated, against quadrature, root-finding and sampling."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from scipy.special import dawsn
from scipy.stats import kstest, norm

from checks.oracles import bump_flow as oracle
from checks.oracles.bump_flow import Bumps
from checks.strategies import worlds
from derivations import bump_flow as topic
from derivations.evaluate import World, evaluate
from derivations.fields import Numbers

few = settings(max_examples=max(3, settings().max_examples // 8))
rare = settings(max_examples=max(3, settings().max_examples // 25))
FIELD = Numbers(40)


# --- inputs ---------------------------------------------------------------------------------------


@st.composite
def flows(draw, sizes=(1, 3)):
    """Heights of either sign away from 0, centres that keep apart, widths neither narrow nor very wide."""
    K = draw(st.integers(*sizes), "K")
    v = [draw(st.sampled_from([-1.5, -0.75, 0.5, 1.0, 2.0]), "v") for _ in range(K)]
    start = draw(st.floats(-1.5, 0.5), "first centre")
    gaps = [draw(st.floats(0.75, 1.5), "gap") for _ in range(K)]
    sigma = [draw(st.floats(0.5, 1.5), "σ") for _ in range(K)]
    flow = Bumps(v, start + np.cumsum(gaps) - gaps[0], sigma)
    note(f"{flow}")
    return flow


def is_generic(flow) -> bool:
    """Turning points apart and curved, turning values apart: differences don't step over a change of kind."""
    zeros = flow.turning_points()
    values = np.sort(np.append(flow.value(zeros), 0.0))
    apart = np.min(np.diff(zeros), initial=1.0) > 0.2 and np.min(np.diff(values)) > 0.01
    return bool(apart and np.all(np.abs(flow.curvature(zeros)) > 0.1) and np.all(np.abs(zeros) < 6))


generic_flows = flows().filter(is_generic)


def differences(value, flow, step):
    """Central differences by v, μ, σ, `(3, K)`."""
    found = np.zeros((3, len(flow.v)))
    for kind, name in enumerate(("v", "mu", "sigma")):
        for k in range(len(flow.v)):
            ends = []
            for sign in (1, -1):
                moved = {n: getattr(flow, n).copy() for n in ("v", "mu", "sigma")}
                moved[name][k] += sign * step
                ends.append(value(Bumps(**moved)))
            found[kind, k] = (ends[0] - ends[1]) / (2 * step)
    return found


def world_of(flow, z, i=1) -> World:
    """The flow as the values of a derivation's symbols; log p(x, y) is y's square."""
    column = lambda values: [[FIELD.number(float(x))] for x in values]  # noqa: E731
    values = {topic.K: len(flow.v), topic.V: column(flow.v), topic.MU: column(flow.mu)}
    values |= {topic.SIGMA: column(flow.sigma), topic.z: FIELD.number(float(z)), topic.i: i}
    return World(values | {topic.log_joint: lambda field, y: y * y}, field=FIELD)


# --- the derived lines, evaluated, against the oracle ----------------------------------------------


@few
@given(flows(), st.floats(-3, 3))
def test_the_slope_is_the_oracles(flow, z):
    found = float(evaluate(topic.SLOPE.result(), world_of(flow, z)))
    assert found == pytest.approx(float(flow.slope(z)), rel=1e-9, abs=1e-12)


GRADIENTS = (topic.ELBO_V, topic.ELBO_MU, topic.ELBO_SIGMA)


@few
@given(flows(), st.floats(-3, 3), st.data())
def test_the_gradient_of_a_sample_is_the_differences_of_its_term(flow, z, data):
    """ℓ(t) + log|t'| with ℓ(y) = y², by differences in double precision."""
    i = data.draw(st.integers(1, len(flow.v)), "i")
    if abs(flow.slope(z)) < 0.05:
        return
    term = lambda f: float(f.value(z)) ** 2 + float(f.log_slope(z))  # noqa: E731
    expected = differences(term, flow, 1e-5)[:, i - 1]
    for chain, wanted in zip(GRADIENTS, expected, strict=True):
        found = float(evaluate(chain.result(), world_of(flow, z, i)))
        assert found == pytest.approx(wanted, rel=1e-4, abs=1e-5), f"{chain.name} at z = {z}"


@few
@given(flows(), st.floats(-3, 3))
def test_the_entropy_part_is_the_ratio_in_log_space(flow, z):
    if abs(flow.slope(z)) < 1e-6:
        return
    value_by, slope_by = flow.by_parameters(z)
    del value_by
    np.testing.assert_allclose(flow.ratio(z), slope_by / flow.slope(z), rtol=1e-8, atol=1e-9)


def test_the_ratio_is_a_number_where_the_slope_underflows():
    flow = Bumps([1.0, -2.0], [0.0, 3.0], [0.05, 0.04])
    assert flow.slope(1.5) == 0, "every bump underflows there"
    assert np.all(np.isfinite(flow.ratio(1.5))) and np.isfinite(flow.log_slope(1.5))
    nearer = Bumps([1.0], [0.0], [0.05])
    np.testing.assert_allclose(nearer.ratio(1.5)[:, 0], [1, 2 * 1.5 / 0.05**2 - 1 / 1.5, 2 * 1.5**2 / 0.05**3 - 40])


@few
@given(worlds(topic.ONE_BUMP_DENSITY.domain))
def test_the_density_of_one_bump_is_the_oracles(world):
    v, mu, sigma, s = (float(world.lookup(x)) for x in (topic.height, topic.mu, topic.sigma, topic.s))
    y = v * np.exp(-(s**2))
    if not 0.02 < s < 6:
        return
    found = float(evaluate(topic.ONE_BUMP_DENSITY.result(), world))
    assert found == pytest.approx(oracle.density(Bumps(v, mu, sigma), y)[0], rel=1e-6)


# --- never injective ------------------------------------------------------------------------------


@few
@given(flows((1, 4)))
def test_every_flow_turns_and_takes_some_value_twice(flow):
    zeros = flow.turning_points()
    assert len(zeros) >= 1
    value = float(flow.value(zeros[np.argmax(np.abs(flow.value(zeros)))]))
    assert len(flow.preimages(value / 2)) >= 2


@few
@given(flows((1, 4)))
def test_preimages_are_preimages_and_turning_points_turn(flow):
    zeros = flow.turning_points()
    np.testing.assert_allclose(flow._scaled_slope(zeros), 0, atol=1e-9)
    for share in (0.3, 0.8):
        y = share * float(np.max(np.abs(flow.value(zeros)))) * np.sign(flow.value(zeros)[0])
        np.testing.assert_allclose(flow.value(flow.preimages(y)), y, rtol=1e-9)


# --- the density ----------------------------------------------------------------------------------


@few
@given(generic_flows)
def test_the_density_has_mass_one_and_its_gradient_none(flow):
    total, change = oracle.mass(flow)
    assert total == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(change, 0, atol=2e-5)


def test_the_density_is_that_of_samples():
    flow = Bumps([1.2, -0.8, 0.5], [-0.9, 0.3, 1.4], [1.0, 0.8, 1.3])
    sample = flow.value(np.random.default_rng(0).normal(size=20_000))
    edges = np.quantile(sample, np.linspace(0.02, 0.98, 9))
    for a, b in pairwise(edges):
        cuts = np.unique(np.clip(np.concatenate([[a, b, 0.0], flow.value(flow.turning_points())]), a, b))
        mass = sum(oracle._between(lambda y: oracle.density(flow, y), p, q) for p, q in pairwise(cuts))
        assert mass == pytest.approx(0.12, abs=4 * np.sqrt(0.12 * 0.88 / 20_000)), f"between {a:.3f} and {b:.3f}"


@pytest.mark.parametrize("sigma", [0.7, 1.0, 2**0.5, 2.0])
def test_near_zero_the_density_is_a_power(sigma):
    """q(y) ~ y^{σ²/2 - 1} up to slower factors: for a centred bump just 1/√log(v/y)."""
    flow = Bumps(1.0, 0.0, sigma)
    y = np.array([1e-30, 1e-60])
    q = oracle.density(flow, y) * np.sqrt(np.log(1 / y))
    exponent = np.log(q[1] / q[0]) / np.log(y[1] / y[0])
    assert exponent == pytest.approx(sigma**2 / 2 - 1, abs=1e-6)


@few
@given(generic_flows)
def test_at_a_turning_value_the_density_is_an_inverse_root(flow):
    a = flow.turning_points()[0]
    side = np.sign(flow.curvature(a))
    near = np.array([1e-4, 1e-6]) * abs(flow.value(a))
    q = oracle.density(flow, flow.value(a) + side * near)
    spike = 2 * norm.pdf(a) / np.sqrt(2 * abs(flow.curvature(a)) * near)
    assert abs(q[1] / spike[1] - 1) < max(0.2, 2 * abs(q[0] / spike[0] - 1))


# --- entropies ------------------------------------------------------------------------------------


@rare
@given(generic_flows)
def test_the_formula_overstates_the_entropy_by_that_of_the_preimage(flow):
    """H(z | t(z)) by sampling, with all preimages of every sample."""
    surplus = oracle.surplus(flow, np.random.default_rng(3).normal(size=400))
    gap = oracle.naive_entropy(flow) - oracle.honest_entropy(flow)
    assert gap >= -1e-6
    assert abs(np.mean(surplus) - gap) <= 5 * np.std(surplus) / 20 + 1e-3


def test_the_bound_by_the_formula_is_none_and_the_honest_one_is():
    evidence = oracle.log_evidence(1.0)
    two = Bumps([1.51, -0.93], [-0.55, 1.53], [0.74, 0.49])
    assert oracle.naive_bound(two, 1.0) > evidence + 0.2 > oracle.honest_bound(two, 1.0) + 0.2
    rising = [oracle.naive_bound(oracle.comb(K), 1.0) for K in (5, 9, 17, 33)]
    assert np.all(np.diff(rising) > 0.4) and rising[-1] > evidence + 2
    assert abs(rising[-1] - rising[-2] - np.log(2)) < 0.05


@few
@given(generic_flows, st.floats(-2, 2))
def test_the_honest_bound_is_a_bound(flow, x):
    assert oracle.honest_bound(flow, x) <= oracle.log_evidence(x) + 1e-6


# --- the gradient in expectation ------------------------------------------------------------------


@few
@given(st.floats(0.25, 3), st.floats(-2, 2), st.floats(0.25, 2), st.sampled_from([1, -1]))
def test_one_bump_in_closed_form_is_the_principal_value(v, mu, sigma, sign):
    flow = Bumps(sign * v, mu, sigma)
    values = {topic.v: sign * v, topic.mu: mu, topic.sigma: sigma}
    world = World({symbol: FIELD.number(float(x)) for symbol, x in values.items()}, field=FIELD)
    chains = (topic.ONE_BUMP_V, topic.ONE_BUMP_MU, topic.ONE_BUMP_SIGMA)
    derived = [float(evaluate(chain.result(), world)) for chain in chains]
    np.testing.assert_allclose(oracle.principal_values(flow).ravel(), derived, rtol=1e-6, atol=1e-6)
    by_centre = np.sqrt(2) * dawsn(mu / np.sqrt(2)) - 2 * mu / sigma**2
    by_hand = [1 / flow.v[0], by_centre, -2 / sigma + 2 * (1 + mu**2) / sigma**3]
    np.testing.assert_allclose(derived, by_hand, rtol=1e-12)


@rare
@given(generic_flows)
def test_the_principal_value_is_the_derivative_of_the_expectation(flow):
    expected = differences(oracle.naive_entropy, flow, 1e-4)
    np.testing.assert_allclose(oracle.principal_values(flow), expected, rtol=1e-4, atol=1e-4)


@rare
@given(generic_flows)
def test_with_the_poles_taken_out_the_mean_has_the_same_value(flow):
    """By quadrature, so that no noise hides a bias."""
    zeros = flow.turning_points()
    nodes, weights = np.polynomial.legendre.leggauss(60)
    z = (np.arange(-12, 12, 0.5)[:, None] + (nodes + 1) / 4).ravel()
    z = np.where(np.min(np.abs(z[:, None] - zeros), axis=1) < 1e-6, z + 1e-5, z)
    density = np.tile(weights / 4, 48) * norm.pdf(z)
    total = np.einsum("nsk,s->nk", oracle.pole_subtracted_samples(flow, z), density)
    np.testing.assert_allclose(total, oracle.principal_values(flow), rtol=1e-5, atol=1e-5)


def test_the_plain_mean_is_cauchy_for_every_number_of_samples():
    """Its error over the predicted half-width is standard Cauchy; with poles out, the error falls as 1/√N."""
    flow = Bumps([1.2, -0.8, 0.5], [-0.9, 0.3, 1.4], [1.0, 0.8, 1.3])
    exact, width = oracle.principal_values(flow)[0, 0], oracle.half_width(flow)[0, 0]
    spread = []
    for size in (250, 1000):
        z = np.random.default_rng(size).normal(size=400 * size)
        plain = oracle.plain_samples(flow, z)[0, :, 0].reshape(400, size).mean(axis=1)
        found = kstest((plain - exact) / width, "cauchy")
        assert found.pvalue > 1e-3, f"N = {size}: {found}"
        better = oracle.pole_subtracted_samples(flow, z)[0, :, 0].reshape(400, size).mean(axis=1)
        spread.append(np.std(better - exact))
    assert spread[0] / spread[1] == pytest.approx(2, rel=0.2)


@rare
@given(generic_flows)
def test_the_honest_gradient_is_the_differences_of_the_honest_entropy(flow):
    step = 1e-4
    expected = differences(oracle.honest_entropy, flow, step)
    found = oracle.honest_gradient(flow)
    scale = 1 + np.max(np.abs(expected))
    np.testing.assert_allclose(found / scale, expected / scale, atol=2e-3)


@few
@given(flows(), st.floats(-2, 2))
def test_the_data_part_is_the_reparameterised_gradient(flow, x):
    expected = differences(lambda f: oracle.data_term(f, x), flow, 1e-4)
    np.testing.assert_allclose(oracle.data_gradient(flow, x), expected, rtol=1e-5, atol=1e-5)


# --- what it can approximate, and what repairs it -------------------------------------------------


def test_more_bumps_come_closer_to_a_target_with_two_modes():
    target = oracle.Mixture((0.65, 0.35), (-1.0, 1.8), (0.5, 1.0))
    distances = [oracle.wasserstein(oracle.fitted(target.quantile, K), target.quantile) for K in (2, 4, 8, 16)]
    assert np.all(np.diff(np.log(distances)) < np.log(0.6)), distances
    assert distances[-1] < 0.05


def test_two_wide_bumps_come_close_to_the_normal_density():
    found = [oracle.kl_to_standard_normal(oracle.opposite_bumps(s)) for s in (2, 4, 8)]
    assert found[0] > 50 * found[1] > 2500 * found[2] > 0, found
    assert found[2] == pytest.approx(5.7e-6, rel=0.05)


@few
@given(worlds(topic.REPAIRED))
def test_the_identity_and_a_bump_rises_exactly_as_long_as_the_bump_is_not_too_steep(world):
    v, mu, sigma = (float(world.lookup(s)) for s in (topic.v, topic.mu, topic.sigma))
    z = mu + sigma * np.linspace(-3, 3, 2001)
    slope = 1 - 2 * v * (z - mu) / sigma**2 * np.exp(-(((z - mu) / sigma) ** 2))
    positive = World({topic.v: FIELD.number(abs(v)), topic.sigma: FIELD.number(sigma)}, field=FIELD)
    least = float(evaluate(topic.REPAIR_STEEPEST.result(), positive))
    assert slope.min() == pytest.approx(least, abs=1e-5 * (1 + abs(v) / sigma))
    assert (least > 0) == (abs(v) / sigma < np.sqrt(np.e / 2))
