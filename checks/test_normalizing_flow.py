"""Laws of planar and radial flows: gradients against dual numbers, densities against volumes, one-to-one or not."""

from __future__ import annotations

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.oracles import normalizing_flow as oracle
from derivations import normalizing_flow as topic
from derivations.evaluate import World, evaluate
from derivations.export import export

few = settings(max_examples=settings().max_examples // 3)
BY = {"u": topic.GRAD_U, "w": topic.GRAD_W, "b": topic.GRAD_B, "mu": topic.GRAD_MU, "sigma": topic.GRAD_SIGMA}


def compiled(derivation):
    namespace: dict = {}
    exec(compile(export(derivation, "numpy"), derivation.name, "exec"), namespace)
    return namespace[derivation.name.rpartition(".")[2]]


GRADIENTS = {name: compiled(derivation) for name, derivation in BY.items()}
TANH = {
    "h": np.tanh,
    "dh": lambda x: 1 - np.tanh(x) ** 2,
    "ddh": lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
}


def log_joint(z: oracle.Dual) -> oracle.Dual:
    """-Σ_i (i + 1) cos(z_i) - ‖z‖²/8."""
    weights = -np.arange(1.0, len(z.value) + 1)
    waves = z.of(np.cos, lambda v: -np.sin(v))
    return (waves * weights).sum() + (z * z).sum() * (-1 / 8)


def gradient_of_log_joint(_, z):
    return np.arange(1.0, len(z) + 1) * np.sin(z) - z / 4


@st.composite
def flows(draw):
    """A draw and parameters, any number of layers and dimensions; some layers that fold."""
    n, K, seed = draw(st.integers(1, 4), "n"), draw(st.integers(1, 6), "K"), draw(st.integers(0, 10**6), "seed")
    rng = np.random.default_rng(seed)
    parameters = {
        "mu": rng.normal(size=n),
        "sigma": rng.uniform(0.25, 2, size=n),
        "u": rng.normal(size=(K, n)),
        "w": rng.normal(size=(K, n)),
        "b": rng.normal(size=K),
    }
    return rng.normal(size=n), parameters


def derived_gradients(eps, parameters, gradient_of_log_joint) -> dict:
    common = {"epsilon": eps, **parameters, **TANH, "grad_l": gradient_of_log_joint}
    K = len(parameters["b"])

    def by(name):
        function = GRADIENTS[name]
        wanted = {
            k: v for k, v in common.items() if k in function.__code__.co_varnames[: function.__code__.co_argcount]
        }
        if name in ("mu", "sigma"):
            return function(**wanted)
        return np.array([function(**wanted, k=k) for k in range(1, K + 1)])

    return {name: by(name) for name in GRADIENTS}


@given(flows())
def test_the_derived_gradients_are_those_of_dual_numbers(flow):
    eps, parameters = flow
    want = oracle.gradients(eps, parameters, log_joint)
    got = derived_gradients(eps, parameters, gradient_of_log_joint)
    for name, value in want.items():
        size = 1 + max(np.abs(v).max() for v in want.values())
        np.testing.assert_allclose(got[name], value, atol=1e-9 * size**2, err_msg=name)


def test_the_derived_gradients_are_those_of_reverse_mode():
    rng = np.random.default_rng(5)
    n, K = 3, 5
    eps = rng.normal(size=n)
    parameters = [rng.normal(size=n), rng.uniform(0.5, 2, n), *rng.normal(size=(2, K, n)), rng.normal(size=K)]

    def objective(mu, sigma, u, w, b):
        z = mu + sigma * eps
        total = anp.sum(anp.log(sigma))
        for k in range(K):
            a = anp.dot(w[k], z) + b[k]
            total = total + anp.log(anp.abs(1 + anp.dot(w[k], u[k]) * (1 - anp.tanh(a) ** 2)))
            z = z + u[k] * anp.tanh(a)
        return total - anp.sum(anp.arange(1.0, n + 1) * anp.cos(z)) - anp.sum(z**2) / 8

    names = ("mu", "sigma", "u", "w", "b")
    got = derived_gradients(eps, dict(zip(names, parameters, strict=True)), gradient_of_log_joint)
    for place, name in enumerate(names):
        np.testing.assert_allclose(got[name], autograd.grad(objective, place)(*parameters), atol=1e-9, err_msg=name)


def test_leaving_out_how_later_log_determinants_depend_on_earlier_layers_is_seen():
    """With h'' = 0 in the adjoint the log-determinants count as constants, and the gradient is another."""
    rng = np.random.default_rng(3)
    for _ in range(5):
        p = {"mu": rng.normal(size=2), "sigma": rng.uniform(0.5, 2, 2)}
        p |= {"u": rng.normal(size=(3, 2)), "w": rng.normal(size=(3, 2)), "b": rng.normal(size=3)}
        eps = rng.normal(size=2)
        want = oracle.gradients(eps, p, log_joint)["u"][0]
        found = [
            GRADIENTS["u"](eps, *p.values(), TANH["h"], TANH["dh"], bend, gradient_of_log_joint, 1)
            for bend in (TANH["ddh"], lambda x: 0 * x)
        ]
        np.testing.assert_allclose(found[0], want, atol=1e-9)
        assert np.abs(found[1] - want).max() > 1e-3, found


# --- densities ------------------------------------------------------------------------------------


def injective(rng, K, n):
    """Layers with wᵀu > -1."""
    u, w, b = rng.normal(size=(K, n)), rng.normal(size=(K, n)), rng.normal(size=K)
    for k in range(K):
        inner = w[k] @ u[k]
        u[k] += (np.log1p(np.exp(inner)) - 1 - inner) * w[k] / (w[k] @ w[k])
    return u, w, b


def test_the_density_of_a_flow_adds_up_to_one():
    """∫ q_K over the line, the points taken where q_0 is: dz_K = |det J| dz_0."""
    rng = np.random.default_rng(2)
    u, w, b = injective(rng, 4, 1)
    mu, sigma = np.array([0.3]), np.array([1.2])
    z0 = np.linspace(-12, 12, 200_001)[:, None]
    zK = oracle.planar(z0, u, w, b)[:, 0]
    assert np.all(np.diff(zK) > 0), "one-to-one"
    q = np.exp(oracle.log_density(z0, mu, sigma, u, w, b))
    assert np.trapezoid(q, zK) == pytest.approx(1, abs=1e-6)
    overcounted = np.exp(2 * oracle.log_density(z0, mu, sigma, 0 * u, w, b)) / q
    assert abs(np.trapezoid(overcounted, zK) - 1) > 0.05, "with + ln|det| it does not"


@few
@given(flows())
def test_the_derived_log_density_is_that_of_the_jacobians_multiplied_out(flow):
    eps, p = flow
    n, K = len(eps), len(p["b"])
    column = lambda x: [[float(v)] for v in np.ravel(x)]  # noqa: E731
    values = {
        topic.n: n,
        topic.K: K,
        topic.eps: column(eps),
        topic.mu: column(p["mu"]),
        topic.sigma: column(p["sigma"]),
    }
    for family, array in ((topic.u, p["u"]), (topic.w, p["w"]), (topic.b, p["b"])):
        values |= {(family, k + 1): column(array[k]) for k in range(K)}
    values[topic.h] = lambda field, x: field.context.tanh(x)
    derived = evaluate(topic.LOG_DENSITY.result(), World(values, topic.MAPS.definitions))
    z0 = p["mu"] + p["sigma"] * eps
    found = oracle.log_density(z0[None], p["mu"], p["sigma"], p["u"], p["w"], p["b"])[0]
    assert float(derived) == pytest.approx(found, abs=1e-7 * (1 + abs(found)))


# --- one-to-one or not ----------------------------------------------------------------------------


@few
@given(st.floats(-4, 4), st.floats(-3, 3), st.floats(0.25, 3))
def test_a_planar_layer_is_one_to_one_exactly_if_its_inner_product_is_at_least_minus_one(u, b, w):
    inner = w * u
    if abs(inner + 1) < 1e-3:
        return
    z = (np.linspace(-8, 8, 40_001) - b) / w
    image = oracle.planar(z[:, None], [[u]], [[w]], [b])[:, 0]
    assert bool(np.all(np.diff(image) > 0)) is (inner > -1)


@few
@given(st.floats(-4, 4), st.floats(0.25, 3))
def test_a_radial_layer_is_one_to_one_exactly_if_beta_is_at_least_minus_alpha(beta, alpha):
    if abs(beta + alpha) < 1e-3:
        return
    r = np.linspace(0, 20, 200_001)
    image = r + beta * r / (alpha + r)
    assert bool(np.all(np.diff(image) > 0)) is (beta > -alpha)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_the_derived_determinant_of_a_radial_layer_is_that_of_differences(n):
    rng = np.random.default_rng(n)
    for _ in range(5):
        z, alpha, beta = rng.normal(size=n), rng.uniform(0.5, 2), rng.normal()
        values = {topic.n: n, topic.point: [[float(v)] for v in z], topic.alpha: float(alpha), topic.beta: float(beta)}
        derived = float(evaluate(topic.RADIAL_DETERMINANT.result(), World(values)))
        J = oracle.jacobian(lambda x, a=alpha, b=beta: oracle.radial(x, a, b), z)
        assert derived == pytest.approx(np.linalg.det(J), rel=1e-6, abs=1e-8)
