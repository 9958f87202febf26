"""Laws of the Bayesian network with two weights: derived formulas against posteriors by quadrature.

The oracle's quadrature is itself held against a plain grid over the box, and against data given one by one.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

import derivations
from checks.oracles import bayesian_network as oracle
from checks.oracles.bayesian_network import BOX, LINEAR, NETWORKS, RELU, SUM, TANH
from derivations import bayesian_network as bn
from derivations.evaluate import World, evaluate
from derivations.fields import Numbers

FIELD = Numbers(30)
INPUTS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
TRUTH = (0.5, 6.0)
AT = 0.75
HUGE = 10**12
few = settings(max_examples=settings().max_examples // 5)
networks = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)


def derived(name: str, **values) -> float:
    """The last right side of a derivation, its symbols given by name."""
    formula = derivations.get(name).result()
    given_ = {symbol: FIELD.number(values[symbol.name]) for symbol in formula.free_symbols}
    return float(evaluate(formula, World(given_, field=FIELD)))


def expected_posterior(network, n, truth=TRUTH, x=INPUTS, **options):
    centres = oracle.centres(network, truth)
    return oracle.posterior(network, oracle.expected(network, truth, x, n), centres, **options)


def on_a_grid(network, data, cells=1600):
    """Midpoints of equal cells of the box, and their posterior probabilities: no node is placed by the data."""
    middles = (np.arange(cells) + 0.5) / cells * 2 * BOX - BOX
    w1, w2 = np.meshgrid(middles, middles, indexing="ij")
    log_p = data.log_likelihood(network, w1, w2)
    p = np.exp(log_p - log_p.max())
    return oracle.Posterior(network, w1.ravel(), w2.ravel(), (p / p.sum()).ravel())


# --- the oracle ---------------------------------------------------------------------------------


@networks
@few
@given(
    x=st.lists(st.sampled_from(INPUTS), min_size=1, max_size=12),
    noise=st.integers(0, 2**32 - 1),
    weights=st.lists(st.floats(-BOX, BOX), min_size=4, max_size=4),
)
def test_counts_and_means_are_all_that_the_likelihood_keeps(network, x, noise, weights):
    """The difference of two log likelihoods, by counts and means and by a loop over the data."""
    x = np.array(x)
    y = network(*TRUTH, x) + np.random.default_rng(noise).standard_normal(len(x))
    data, (a, b, c, d) = oracle.of_samples(x, y), weights
    by_counts = data.log_likelihood(network, a, b) - data.log_likelihood(network, c, d)
    by_data = sum(
        ((yi - network(c, d, xi)) ** 2 - (yi - network(a, b, xi)) ** 2) / 2 for xi, yi in zip(x, y, strict=True)
    )
    assert by_counts == pytest.approx(by_data, rel=1e-9, abs=1e-8), f"x = {x}, y = {y}"


@networks
@pytest.mark.parametrize("n", [1, 10])
def test_the_quadrature_agrees_with_a_plain_grid(network, n):
    data = oracle.expected(network, TRUTH, INPUTS, n)
    fine = oracle.posterior(network, data, oracle.centres(network, TRUTH))
    coarse = on_a_grid(network, data)
    for name, a, b in [
        ("mean", fine.predict(AT), coarse.predict(AT)),
        ("variance", fine.variance(AT), coarse.variance(AT)),
        ("first weight", *(p.weights()[0] for p in (fine, coarse))),
        ("second weight", *(p.weights()[1] for p in (fine, coarse))),
    ]:
        assert a == pytest.approx(b, rel=2e-3, abs=1e-9), f"{network.name}, n = {n}, {name}: {a} against {b}"


@networks
@pytest.mark.parametrize("n", [1, 10**3, HUGE])
def test_more_nodes_change_nothing(network, n):
    some, more = (expected_posterior(network, n, nodes=nodes) for nodes in (10, 14))
    for name, a, b in zip(
        ("mean", "variance"), (some.predict(AT), some.variance(AT)), (more.predict(AT), more.variance(AT)), strict=True
    ):
        assert a == pytest.approx(b, rel=1e-5), f"{network.name}, n = {n}: {name} {a} with few nodes, {b} with more"
    assert some.weights() == pytest.approx(more.weights(), rel=1e-5, abs=1e-9)


def test_statistics_are_drawn_as_those_of_data_are():
    """Counts and means drawn from their own distributions, against those of data drawn one by one."""
    rng, n, repeats = np.random.default_rng(4), 30, 800
    x = np.array([0.5, 1.0, 2.0])
    drawn = [oracle.simulated(TANH, TRUTH, x, n, rng) for _ in range(repeats)]
    one_by_one = []
    for _ in range(repeats):
        at = rng.choice(x, n)
        one_by_one.append(oracle.of_samples(at, TANH(*TRUTH, at) + rng.standard_normal(n)))
    one_by_one = [data for data in one_by_one if len(data.x) == len(x)]
    for place in range(len(x)):
        for what in ("counts", "means"):
            a, b = ([getattr(data, what)[place] for data in group] for group in (drawn, one_by_one))
            p = stats.ks_2samp(a, b).pvalue
            assert p > 1e-3, f"{what} at x = {x[place]}: p = {p}"


# --- (a) the predictive distribution ------------------------------------------------------------


@networks
def test_with_many_data_the_prediction_is_the_truth_with_the_noise_alone(network):
    posterior = expected_posterior(network, HUGE)
    assert posterior.predict(AT) == pytest.approx(network(*TRUTH, AT), abs=1e-6)
    assert posterior.variance(AT) == pytest.approx(1, abs=1e-9)


@networks
@pytest.mark.parametrize("n", [10**4, HUGE])
def test_simulated_data_lead_there_too(network, n):
    """Means drawn at random move the prediction by a few posterior standard deviations, not more."""
    for seed in range(2):
        data = oracle.simulated(network, TRUTH, INPUTS, n, np.random.default_rng(seed))
        posterior = oracle.posterior(network, data, oracle.centres(network, TRUTH))
        spread = np.sqrt(posterior.variance(AT) - 1)
        off = abs(posterior.predict(AT) - network(*TRUTH, AT))
        assert off <= 6 * spread + 1e-9, f"{network.name}, n = {n}, seed {seed}: off by {off}, spread {spread}"
        assert spread <= 50 / np.sqrt(n)


@pytest.mark.parametrize("n", [5, 50])
@networks
def test_the_mass_far_off_keeps_its_bound(network, n):
    """e^{-nγ} π_far/π_near, on a grid: K >= δ + γ is far, K <= δ is near."""
    data = oracle.expected(network, TRUTH, INPUTS, n)
    posterior = on_a_grid(network, data, cells=400)
    discrepancy = -data.log_likelihood(network, posterior.w1, posterior.w2) / n
    for delta, gamma in [(0.05, 0.05), (0.1, 0.3), (0.5, 1.0)]:
        far, near = discrepancy >= delta + gamma, discrepancy <= delta
        bound = derived_bound(n, delta, gamma, np.mean(far), np.mean(near))
        mass = posterior.p[far].sum()
        assert mass <= bound * (1 + 1e-9), f"{network.name}: {mass} > {bound} for δ = {delta}, γ = {gamma}"


def derived_bound(n, delta, gamma, far, near) -> float:
    bound = bn.CONCENTRATION.result("bound").right
    values = {"n": n, "δ": delta, "γ": gamma, "pi_far": far, "pi_near": near}
    given_ = {symbol: FIELD.number(float(values[symbol.name])) for symbol in bound.free_symbols}
    return float(evaluate(bound, World(given_, field=FIELD)))


def test_one_input_alone_leaves_tanh_unknown_elsewhere():
    """F puts all its mass on x = 1: on w_2 tanh(w_1) = c the density in w_1 is 1/|tanh w_1|, by the coarea formula."""
    c = TANH(*TRUTH, 1.0)
    lowest = np.arctanh(c / BOX)
    data = oracle.expected(TANH, TRUTH, (1.0,), HUGE)
    posterior = oracle.posterior(TANH, data, (0.0, -lowest, lowest))
    density = lambda w: 1 / np.tanh(w)  # noqa: E731
    mass = integrate.quad(density, lowest, BOX)[0]
    moments = [
        integrate.quad(lambda w, k=k: (c * np.tanh(w * AT) / np.tanh(w)) ** k * density(w), lowest, BOX)[0] / mass
        for k in (1, 2)
    ]
    assert posterior.predict(1.0) == pytest.approx(c, abs=1e-6)
    assert posterior.predict(AT) == pytest.approx(moments[0], rel=1e-6)
    assert posterior.variance(AT) - 1 == pytest.approx(moments[1] - moments[0] ** 2, rel=1e-4)
    assert posterior.variance(AT) - 1 > 1e-3


# --- (b) the plug-in ----------------------------------------------------------------------------


@pytest.mark.parametrize("network", [TANH, LINEAR], ids=lambda network: network.name)
@pytest.mark.parametrize("n", [3, 10**6])
def test_sign_symmetry_holds_for_any_data(network, n):
    data = oracle.simulated(network, TRUTH, INPUTS, n, np.random.default_rng(n))
    posterior = oracle.posterior(network, data, oracle.centres(network, TRUTH))
    assert posterior.weights() == pytest.approx((0, 0), abs=1e-9)
    assert posterior.plug_in(AT) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("n", [3, 10**6])
def test_exchange_symmetry_holds_for_any_data(n):
    data = oracle.simulated(SUM, TRUTH, INPUTS, n, np.random.default_rng(n))
    first, second = oracle.posterior(SUM, data, oracle.centres(SUM, TRUTH)).weights()
    assert first == pytest.approx(second, rel=1e-5)


@few
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-2, 2))
def test_the_plug_in_of_the_sum_is_off_as_derived(s, d, x):
    measured = SUM(s, s, x) - SUM(s + d, s - d, x)
    assert derived("bayesian_network.plug_in_error_of_sum", s=s, d=d, x=x) == pytest.approx(
        measured, rel=1e-9, abs=1e-12
    )
    assert measured * s * x >= -1e-12, "too large in modulus, or right"


def test_with_many_data_the_plug_in_of_the_sum_is_off_by_that():
    posterior = expected_posterior(SUM, HUGE)
    s, d = sum(TRUTH) / 2, (TRUTH[0] - TRUTH[1]) / 2
    gap = derived("bayesian_network.plug_in_error_of_sum", s=s, d=d, x=AT)
    assert posterior.plug_in(AT) - posterior.predict(AT) == pytest.approx(gap, abs=1e-6)


@pytest.mark.parametrize("c", [0.01, 0.5, 3.0, 40.0, 99.0])
def test_on_the_ridge_the_means_are_as_derived(c):
    w1 = np.sqrt(c)
    posterior = expected_posterior(RELU, HUGE, truth=(w1, c / w1))
    for number in (0, 1):
        mean = derived(f"bayesian_network.ridge_mean_{number + 1}", B=BOX, c=c)
        assert posterior.weights()[number] == pytest.approx(mean, rel=1e-5), f"weight {number + 1}, c = {c}"
    s = np.log(BOX**2 / c) / 2
    slope = derived("bayesian_network.ridge_plug_in", c=c, s=s)
    assert posterior.plug_in(1.0) == pytest.approx(slope, rel=1e-5)
    assert slope > c


def test_on_the_ridge_of_slope_3_the_plug_in_has_slope_7_65():
    assert derived("bayesian_network.ridge_plug_in", c=3.0, s=np.log(100 / 3) / 2) == pytest.approx(7.65, abs=0.005)


def test_on_the_ridge_the_first_weight_is_log_uniform():
    posterior, (low, high) = expected_posterior(RELU, HUGE), (0.3, BOX)
    for share in (0.1, 0.25, 0.5, 0.9):
        split = low * (high / low) ** share
        below = float(posterior.p[posterior.w1 < split].sum())
        assert below == pytest.approx(share, abs=0.02), f"{below} below {split}"
        uniform = (split - low) / (high - low)
        assert abs(below - uniform) > 0.05, "not uniform"


@few
@given(st.lists(st.tuples(st.floats(0.01, 10), st.floats(0.01, 1)), min_size=1, max_size=8), st.floats(0.01, 50))
def test_any_posterior_on_a_ridge_overstates(weights, c):
    w, p = np.array(weights).T
    p = p / p.sum()
    assert np.sum(p * w) * np.sum(p * c / w) >= c * (1 - 1e-12)


# --- (c) the gap, and how it goes on ------------------------------------------------------------


@networks
def test_more_data_do_not_close_the_gap(network):
    """From n = 10⁹ to 10¹² the difference of plug-in and prediction settles, and not at 0."""
    gaps = [p.plug_in(AT) - p.predict(AT) for p in (expected_posterior(network, n) for n in (10**9, HUGE))]
    assert gaps[0] == pytest.approx(gaps[1], rel=1e-2), gaps
    assert abs(gaps[1]) > 0.3, gaps


@few
@given(
    st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(0.01, 1)), min_size=1, max_size=9),
    st.floats(-3, 3),
)
def test_the_gap_of_the_linear_network_is_a_covariance(weights, x):
    w1, w2, p = np.array(weights).T
    posterior = oracle.Posterior(LINEAR, w1, w2, p / p.sum())
    covariance = np.cov(w1, w2, aweights=p, ddof=0)[0, 1] if len(p) > 1 else 0.0
    gap = derived("bayesian_network.linear_plug_in_error", C=float(covariance), x=x)
    assert posterior.plug_in(x) - posterior.predict(x) == pytest.approx(gap, rel=1e-7, abs=1e-7)


def test_where_the_truth_lies_outside_the_box_plug_in_and_prediction_agree():
    """Slope 150: the posterior sits at the corner (10, 10), and both predict with slope 100."""
    for n, off in ((10**4, 0.2), (HUGE, 1e-6)):
        posterior = expected_posterior(RELU, n, truth=(15.0, 10.0))
        assert posterior.weights() == pytest.approx((BOX, BOX), abs=off)
        assert posterior.plug_in(AT) == pytest.approx(posterior.predict(AT), abs=off)
        assert posterior.predict(AT) == pytest.approx(BOX**2 * AT, abs=10 * off)


def quartic_rate(a: float) -> float:
    """κ: what is left of ½ E(f_w - f)² = κ d⁴ + … when (w_1 + w_2)/2 has been chosen best, true weights (a, a)."""
    x = np.array(INPUTS)
    by_sum = 2 * x / np.cosh(a * x) ** 2
    by_square = np.array([-derived("bayesian_network.fourth_order", s=a, x=float(at)) for at in x])
    left = np.mean(by_square**2) - np.mean(by_square * by_sum) ** 2 / np.mean(by_sum**2)
    return left / 2


def test_equal_weights_are_found_as_slowly_as_the_fourth_root():
    spreads, counts = [], (10**8, 10**10, HUGE)
    for n in counts:
        posterior = expected_posterior(SUM, n, truth=(1.0, 1.0))
        spreads.append(posterior.mean(((posterior.w1 - posterior.w2) / 2) ** 2))
    formula = [derived("bayesian_network.quartic_spread", n=n, κ=quartic_rate(1.0)) for n in counts]
    assert spreads[2] == pytest.approx(formula[2], rel=1e-3), (spreads, formula)
    slope = np.log(spreads[2] / spreads[0]) / np.log(counts[2] / counts[0]) / 2
    assert slope == pytest.approx(-0.25, abs=1e-3)
    assert 3e-4 < np.sqrt(spreads[2]) < 3e-3, "about 1e-3 at n = 10¹²"


def test_sum_plug_in_is_right_where_the_weights_are_equal_or_opposite():
    for truth in ((1.0, 1.0), (1.5, -1.5)):
        posterior = expected_posterior(SUM, 10**8, truth=truth)
        assert posterior.plug_in(AT) == pytest.approx(SUM(*truth, AT), abs=1e-3), truth
