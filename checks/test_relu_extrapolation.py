"""Laws of networks far along a ray: the derived bounds and limits as NumPy code, against networks that are run.

The derivations' results are exported to NumPy; the oracle runs layers forward, solves by singular values and
integrates by quadrature.  Rounding of a forward run is far below the slack of 1e-9 of the size of the values.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr
from sympy import Trace, symbols, tanh
from sympy.matrices.expressions import MatrixSymbol, OneMatrix

import derivations
from checks.oracles import gaussian_process as process_oracle
from checks.oracles import relu_extrapolation as oracle
from derivations.activations import relu
from derivations.export import export
from derivations.expressions import add, elementwise, product, subtract, transpose
from derivations.matrix_calculus import gradient

few = settings(max_examples=settings().max_examples // 3)
SMALL = 1e-9


@cache
def exported(name: str, result: str | None = None):
    """A derivation's result as a NumPy function, and the names of its arguments."""
    return compiled(export(derivations.get(f"relu_extrapolation.{name}"), "numpy", name="f", result=result))


def compiled(source: str):
    space: dict = {}
    exec(source, space)
    return space["f"]


def value(name: str, result: str | None = None, **given_):
    """The result, with those of the given arguments that it has."""
    function = exported(name, result)
    return function(**{key: given_[key] for key in function.__code__.co_varnames[: function.__code__.co_argcount]})


# --- inputs ---------------------------------------------------------------------------------------

NUMBERS = st.integers(-24, 24).map(lambda k: k / 8)


def arrays(*shape):
    size = int(np.prod(shape))
    return st.lists(NUMBERS, min_size=size, max_size=size).map(lambda xs: np.array(xs).reshape(shape))


@st.composite
def deep_networks(draw, fewest=1):
    """A ReLU network with layers of different widths, where a ray starts and where it goes."""
    widths = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4), "input and hidden widths")
    widths.append(draw(st.integers(fewest, 3), "outputs"))
    pairs = list(pairwise(widths))
    layers = tuple((draw(arrays(1, b, a)), draw(arrays(1, b))) for a, b in pairs)
    x, v = draw(arrays(widths[0]), "x"), draw(arrays(widths[0]), "v")
    note(f"layers = {[(W[0].tolist(), b[0].tolist()) for W, b in layers]}, x = {x}, v = {v}")
    return oracle.Network(layers, "relu"), x, v


def padded(network, x, v):
    """The arguments of the derivations: hidden layers filled up with zeros to one width."""
    *hidden, (V, c) = [(W[0], b[0]) for W, b in network.layers]
    n = max(size for W, _ in hidden for size in W.shape)
    grow = lambda a, *shape: np.pad(a, [(0, m - k) for m, k in zip(shape, a.shape, strict=True)])  # noqa: E731
    W, b = (np.array(part) for part in ([grow(W, n, n) for W, _ in hidden], [grow(b, n) for _, b in hidden]))
    return {"W": W, "b": b, "V": grow(V, len(V), n), "c": c, "x": grow(x, n), "v": grow(v, n)}


def outputs(network, x, v, alpha):
    return network((x + alpha * v)[None, :])[0, 0]


FAR = st.sampled_from([2.0**-10, 0.5, 1.0, 7.0, 100.0, 1e4, 1e6])


# --- deep ReLU networks ------------------------------------------------------------------------------


@few
@given(deep_networks(), FAR)
def test_outputs_stay_within_the_reach_of_a_line(drawn, alpha):
    network, x, v = drawn
    reach = value("bounded_rest", **padded(network, x, v))
    apart = np.linalg.norm(outputs(network, x, v, alpha) - alpha * network.slope(v)[0])
    assert apart <= reach * (1 + SMALL) + SMALL * alpha * (1 + reach), f"{apart} > {reach} at α = {alpha}"


@few
@given(deep_networks())
def test_far_out_the_difference_quotient_is_the_derived_slope(drawn):
    network, x, v = drawn
    near, far = (outputs(network, x, v, alpha) for alpha in (1e6, 2e6))
    np.testing.assert_allclose((far - near) / 1e6, network.slope(v)[0], atol=1e-6 * (1 + np.abs(far).max() / 1e6))


@few
@given(deep_networks(fewest=2), FAR)
def test_softmax_leaves_no_more_than_the_bound(drawn, alpha):
    network, x, v = drawn
    slopes = network.slope(v)[0]
    order = np.argsort(-slopes, kind="stable")
    assume(slopes[order[0]] - slopes[order[1]] > 2.0**-20)
    V, c = network.layers[-1]
    first = oracle.Network((*network.layers[:-1], (V[:, order], c[:, order])), "relu")
    log_p = oracle.log_softmax(outputs(first, x, v, alpha))
    with np.errstate(over="ignore"):  # a reach of some hundreds: near the start of the ray the bound says nothing
        bound = value("softmax", "bound", alpha=alpha, **padded(first, x, v))
    assert np.exp(log_p[1:]).sum() <= bound * (1 + 1e-6), f"{np.exp(log_p[1:]).sum()} > {bound}"


def test_two_steepest_classes_share_the_confidence_for_ever():
    """Without a unique steepest class the softmax does not grow certain: the condition is needed."""
    one = np.ones((1, 1, 1)), np.zeros((1, 1))
    tied = oracle.Network((one, (np.array([[[1.0], [1.0], [0.5]]]), np.array([[0.0, 1.0, 0.0]]))), "relu")
    p = np.exp(oracle.log_softmax(outputs(tied, np.zeros(1), np.ones(1), 1e6)))
    np.testing.assert_allclose(p, [1 / (1 + np.e), np.e / (1 + np.e), 0], atol=1e-12)


# --- one hidden layer ---------------------------------------------------------------------------------


@st.composite
def shallow_networks(draw, activation="relu"):
    """(arguments of the derivations, the network): one hidden layer, any number of inputs."""
    d, n, q = draw(st.tuples(*(st.integers(1, 4),) * 3), "d, n, q")
    given_ = {"W": draw(arrays(n, d)), "b": draw(arrays(n)), "V": draw(arrays(q, n)), "c": draw(arrays(q))}
    given_ |= {"x": draw(arrays(d)), "v": draw(arrays(d))}
    note(str(given_))
    layers = ((given_["W"][None], given_["b"][None]), (given_["V"][None], given_["c"][None]))
    return given_, oracle.Network(layers, activation)


def last_kink(given_) -> float:
    p, t = given_["W"] @ given_["x"] + given_["b"], given_["W"] @ given_["v"]
    assume(np.all(t != 0))
    return float(np.max(np.abs(p) / np.abs(t)))


@few
@given(shallow_networks(), st.sampled_from([0.0, 0.5, 10.0, 1e5]))
def test_past_the_last_kink_the_network_is_the_derived_line(drawn, further):
    given_, network = drawn
    alpha = last_kink(given_) + further
    run = outputs(network, given_["x"], given_["v"], alpha)
    np.testing.assert_allclose(run, value("one_layer", alpha=alpha, **given_), atol=SMALL * (1 + alpha) * 100)
    units = network.units((given_["x"] + alpha * given_["v"])[None, :])[0, 0]
    np.testing.assert_allclose(units, value("features", alpha=alpha, **given_), atol=SMALL * (1 + alpha))


def test_before_the_last_kink_it_need_not_be():
    given_ = {"W": np.ones((1, 1)), "b": np.array([-1.0]), "x": np.zeros(1), "v": np.ones(1)}
    assert value("features", alpha=0.5, **given_) == -0.5, "a unit that is still off is taken for alive"


@few
@given(shallow_networks("tanh"), FAR)
def test_a_tanh_network_is_as_near_its_limit_as_derived(drawn, alpha):
    given_, network = drawn
    t = given_["W"] @ given_["v"]
    assume(np.all(t != 0))
    limit = given_["V"] @ np.sign(t) + given_["c"]
    apart = np.linalg.norm(outputs(network, given_["x"], given_["v"], alpha) - limit)
    bound = value("tanh", "bound", alpha=alpha, **given_)
    assert apart <= bound * (1 + SMALL) + SMALL * (1 + np.abs(given_["V"]).sum()), f"{apart} > {bound}"


def test_a_tanh_unit_that_the_ray_does_not_move_keeps_its_value():
    """With t_i = 0 the limit is tanh(p_i), not sign(t_i) = 0: the condition is needed."""
    stays = oracle.Network(
        ((np.array([[[1.0, 0.0]]]), np.ones((1, 1))), (np.ones((1, 1, 1)), np.zeros((1, 1)))), "tanh"
    )
    assert outputs(stays, np.zeros(2), np.array([0.0, 1.0]), 1e6) == np.tanh(1)


# --- a Bayesian last layer ------------------------------------------------------------------------------


@st.composite
def linear_models(draw):
    """Features, values, a new input's features, the variance of the prior and of the noise."""
    N, n = draw(st.integers(1, 5), "N"), draw(st.integers(1, 4), "n")
    Phi, y, phi = draw(arrays(N, n), "Φ"), draw(arrays(N), "y"), draw(arrays(n), "φ")
    prior, noise = (draw(st.sampled_from([0.25, 1.0, 4.0]), name) for name in ("prior", "noise"))
    return Phi, y, phi, prior, noise


@given(linear_models())
def test_the_last_layer_predicts_as_its_gaussian_process_and_as_singular_values_say(drawn):
    Phi, y, phi, prior, noise = drawn
    given_ = {"F": Phi, "phi": phi, "S": prior * np.eye(len(phi)), "sigma2": noise, "y": y}
    derived = value("last_layer_mean", **given_), value("last_layer_variance", **given_)
    everything = np.vstack([Phi, phi])
    joint = prior * everything @ everything.T
    joint[: len(y), : len(y)] += noise * np.eye(len(y))
    mean, covariance = process_oracle.condition_one_by_one(joint, y)
    mu, Sigma = oracle.last_layer(Phi, y, prior, np.sqrt(noise))
    np.testing.assert_allclose(derived, [mean[0], covariance[0, 0]], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(derived, [phi @ mu, phi @ Sigma @ phi], rtol=1e-8, atol=1e-8)


@st.composite
def uncertain_layers(draw, activation="relu"):
    """A shallow network with a covariance and a mean for its last weights."""
    given_, network = draw(shallow_networks(activation))
    n = len(given_["b"])
    A = draw(arrays(n, n), "A")
    return given_ | {"Sigma": A @ A.T + np.eye(n) / 4, "mu": draw(arrays(n), "μ")}, network


def spread_at(given_, network, alpha):
    units = network.units((given_["x"] + alpha * given_["v"])[None, :])[0, 0]
    return units @ given_["Sigma"] @ units


@few
@given(uncertain_layers(), st.sampled_from([0.0, 1.0, 100.0]))
def test_the_variance_of_relu_features_is_the_derived_parabola(drawn, further):
    given_, network = drawn
    alpha = last_kink(given_) + further
    run = spread_at(given_, network, alpha)
    np.testing.assert_allclose(run, value("relu_variance", alpha=alpha, **given_), rtol=1e-9, atol=1e-9)
    if np.all(given_["W"] @ given_["v"] < 0):
        assert run < 1e-9, "all units dead: no variance at all"


@few
@given(uncertain_layers("tanh"), FAR)
def test_the_variance_of_tanh_features_stands_still(drawn, alpha):
    given_, network = drawn
    t = given_["W"] @ given_["v"]
    assume(np.all(t != 0))
    limit = np.sign(t) @ given_["Sigma"] @ np.sign(t)
    bound = value("tanh_variance", "bound", alpha=alpha, **given_)
    assert abs(spread_at(given_, network, alpha) - limit) <= bound + SMALL * (1 + np.abs(given_["Sigma"]).sum())


@few
@given(uncertain_layers())
def test_the_confidence_tends_to_the_derived_number_below_one(drawn):
    given_, network = drawn
    last_kink(given_)
    u = np.maximum(given_["W"] @ given_["v"], 0)
    assume(u.any())
    limit, bound = value("confidence", **given_), value("confidence_bound", **given_)
    assert abs(limit) <= bound * (1 + SMALL), f"{limit} > {bound}"
    units = network.units((given_["x"] + 1e9 * given_["v"])[None, :])[0, 0]
    kappa = given_["mu"] @ units / np.sqrt(1 + units @ given_["Sigma"] @ units)
    np.testing.assert_allclose(kappa, limit, rtol=1e-6, atol=1e-6)


@few
@given(NUMBERS, st.integers(0, 20).map(lambda k: k / 4))
def test_averaging_a_probit_over_a_normal_logit_is_the_formula(mean, sd):
    """E Φ(a) for a ~ N(mean, sd²), by quadrature: Rasmussen & Williams 2006, (3.82)."""
    averaged, _ = quad(lambda z: ndtr(mean + sd * z) * np.exp(-z * z / 2), -12, 12, epsabs=1e-11, limit=200)
    averaged /= np.sqrt(2 * np.pi)
    np.testing.assert_allclose(averaged, ndtr(mean / np.sqrt(1 + sd**2)), atol=1e-9)


# --- the oracle's own parts ------------------------------------------------------------------------------

N, d, n = symbols("N d n", integer=True, positive=True)
X, W, b = MatrixSymbol("X", N, d), MatrixSymbol("W", n, d), MatrixSymbol("b", n, 1)
V, c, y = MatrixSymbol("V", 1, n), MatrixSymbol("c", 1, 1), MatrixSymbol("y", N, 1)


@cache
def derived_gradients(activation: str) -> tuple:
    """∂/∂W, b, V, c of the squared error of one hidden layer, as NumPy functions."""
    units = add(product(X, transpose(W)), product(OneMatrix(N, 1), transpose(b)))
    units = relu(units) if activation == "relu" else elementwise(tanh, units)
    residual = subtract(add(product(units, transpose(V)), product(OneMatrix(N, 1), c)), y)
    loss = Trace(product(transpose(residual), residual)) / 2 / N
    return tuple(compiled(export(gradient(loss, p), "numpy", name="f")) for p in (W, b, V, c))


@pytest.mark.parametrize("activation", oracle.ACTIVATIONS)
@few
@given(st.integers(0, 2**16), st.integers(1, 3), st.integers(2, 4), st.integers(2, 5))
def test_backpropagation_is_the_derived_gradient(activation, seed, d, n, N):
    rng = np.random.default_rng(seed)
    network = oracle.initial((d, n, 1), 2, activation, rng)
    X, y = rng.normal(size=(N, d)), rng.normal(size=N)
    _, ((dW, db), (dV, dc)) = oracle.gradients(network, X, y, oracle.squared_error)
    for m in range(2):
        (W, b), (V, c) = ((P[m], q[m]) for P, q in network.layers)
        given_ = {"X": X, "y": y, "W": W, "b": b, "V": V[0], "c": c[0]}
        if d == 1:
            given_ |= {"X": X, "W": W}
        for f, found in zip(derived_gradients(activation), (dW[m], db[m], dV[m][0], dc[m][0]), strict=True):
            names = f.__code__.co_varnames[: f.__code__.co_argcount]
            np.testing.assert_allclose(found, f(**{k: given_[k] for k in names}), rtol=1e-9, atol=1e-12)


@few
@given(st.integers(0, 2**16))
def test_backpropagation_through_two_layers_is_the_slope_of_the_loss(seed):
    rng = np.random.default_rng(seed)
    network = oracle.initial((2, 3, 4, 3), 1, "tanh", rng)
    X, labels = rng.normal(size=(5, 2)), rng.integers(0, 3, 5)
    _, found = oracle.gradients(network, X, labels, oracle.cross_entropy)
    for place in range(3):
        for part in range(2):
            ahead, behind = (_moved(network, place, part, h) for h in (1e-6, -1e-6))
            rise = sum(
                s * oracle.gradients(w, X, labels, oracle.cross_entropy)[0][0] for s, w in ((1, ahead), (-1, behind))
            )
            np.testing.assert_allclose(found[place][part].sum(), rise / 2e-6, atol=1e-7)


def _moved(network, place, part, h):
    layers = [list(layer) for layer in network.layers]
    layers[place][part] = layers[place][part] + h
    return oracle.Network(tuple(map(tuple, layers)), network.activation)


def test_training_fits_the_data_and_is_the_same_every_time():
    X, y = oracle.observations()
    start = oracle.initial((1, 16, 1), 2, "relu", np.random.default_rng(1))
    first, second = (oracle.train(start, X, y, steps=600) for _ in range(2))
    for (W, b), (W2, b2) in zip(first.layers, second.layers, strict=True):
        assert np.array_equal(W, W2) and np.array_equal(b, b2)
    before, after = (oracle.gradients(w, X, y, oracle.squared_error)[0] for w in (start, first))
    assert np.all(after < 0.05) and np.all(after < before / 5), (before, after)


def test_a_trained_network_goes_off_along_its_derived_slope():
    X, y = oracle.observations()
    network = oracle.train(oracle.initial((1, 8, 8, 1), 1, "relu", np.random.default_rng(4)), X, y, steps=400)
    for direction in (-1.0, 1.0):
        run = network(direction * np.array([[1e5], [2e5]]))[0, :, 0]
        np.testing.assert_allclose((run[1] - run[0]) / 1e5, network.slope([direction])[0, 0], rtol=1e-9)


def test_the_process_with_a_line_is_the_process_where_the_line_has_no_room():
    X, y = oracle.observations(N=8)
    Xs = np.linspace(-4, 9, 7)[:, None]
    plain, without = oracle.process(X, y, Xs), oracle.process_with_line(X, y, Xs, spread=1e-9)
    np.testing.assert_allclose(plain, without, atol=1e-9)
    both = np.vstack([X, Xs])
    joint = process_oracle.kernel(both, both) + 1 + both @ both.T
    joint[:8, :8] += oracle.NOISE**2 * np.eye(8)
    mean, covariance = process_oracle.condition_one_by_one(joint, y)
    found = oracle.process_with_line(X, y, Xs)
    np.testing.assert_allclose(found, [mean, np.diag(covariance) + oracle.NOISE**2], rtol=1e-7)


def test_the_same_data_rank_two_methods_one_way_or_the_other():
    """A line for the mean helps where the trend goes on and harms where it does not; near it makes no difference."""
    X, y = oracle.observations()
    nll = {}
    for place, truth in (("near", oracle.trend), ("far", oracle.trend), ("far", oracle.returns)):
        Xs, values = oracle.tests(place, truth)
        plain, lined = (oracle.scores(*f(X, y, Xs), values)[1] for f in (oracle.process, oracle.process_with_line))
        nll[place, truth.__name__] = lined - plain
    assert abs(nll["near", "trend"]) < 0.05, nll
    assert nll["far", "trend"] < -1 and nll["far", "returns"] > 1, nll


def test_two_truths_agree_wherever_there_are_data():
    X, _ = oracle.observations()
    near, _ = oracle.tests("near", oracle.trend)
    for x in (X[:, 0], near[:, 0]):
        assert np.array_equal(oracle.trend(x), oracle.returns(x))


def test_scores_of_a_forecaster_who_knows():
    rng = np.random.default_rng(0)
    y = 3 + 2 * rng.normal(size=200_000)
    error, density, inside = oracle.scores(np.full_like(y, 3), np.full_like(y, 4), y)
    np.testing.assert_allclose([error, density, inside], [2, np.log(2 * np.pi * 4 * np.e) / 2, 0.95], atol=0.01)


def test_the_laplace_mode_is_a_maximum_and_its_covariance_the_inverse_curvature():
    rng = np.random.default_rng(3)
    Phi, labels = rng.normal(size=(12, 3)), rng.integers(0, 2, 12)
    mu, Sigma = oracle.probit_laplace(Phi, labels)

    def log_posterior(w):
        return np.sum(np.log(ndtr((2 * labels - 1) * (Phi @ w)))) - w @ w / 2

    step = 1e-4 * np.eye(3)
    slopes = [(log_posterior(mu + e) - log_posterior(mu - e)) / 2e-4 for e in step]
    curvature = [
        [
            (
                log_posterior(mu + e + f)
                - log_posterior(mu + e - f)
                - log_posterior(mu - e + f)
                + log_posterior(mu - e - f)
            )
            for f in step
        ]
        for e in step
    ]
    np.testing.assert_allclose(slopes, 0, atol=1e-7)
    np.testing.assert_allclose(np.array(curvature) / 4e-8, -np.linalg.inv(Sigma), atol=1e-5)


def test_sampled_weights_give_the_formula_of_the_confidence():
    Sigma, mu = np.array([[1.0, 0.3], [0.3, 0.5]]), np.array([0.8, -0.4])
    phi = np.array([[1.0, 0.0], [2.0, 1.0], [10.0, 30.0]])
    exact, drawn = oracle.probit_confidence(phi, mu, Sigma), oracle.sampled_confidence(phi, mu, Sigma)
    np.testing.assert_allclose(drawn, exact, atol=0.01)
