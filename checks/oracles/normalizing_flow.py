"""Planar and radial flows by NumPy, and gradients by dual numbers carried forward: no adjoint, no lemma.

Throughout: `eps`, `mu`, `sigma` (n,); `u`, `w` (K, n), `b` (K,), one row a layer; the activation is tanh.
"""

from __future__ import annotations

import numpy as np


class Dual:
    """Numbers with derivatives: `value` (…), `slope` (…, p) by p parameters."""

    __array_priority__ = 1.0

    def __init__(self, value, slope):
        self.value, self.slope = np.asarray(value, float), np.asarray(slope, float)

    @staticmethod
    def lift(x, like: Dual) -> Dual:
        if isinstance(x, Dual):
            return x
        return Dual(x, np.zeros((*np.shape(x), like.slope.shape[-1])))

    def __add__(self, other):
        other = Dual.lift(other, self)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        other = Dual.lift(other, self)
        slope = self.slope * other.value[..., None] + other.slope * self.value[..., None]
        return Dual(self.value * other.value, slope)

    def __getitem__(self, index):
        return Dual(self.value[index], self.slope[index])

    def sum(self) -> Dual:
        return Dual(self.value.sum(), self.slope.reshape(-1, self.slope.shape[-1]).sum(axis=0))

    def of(self, function, derivative) -> Dual:
        return Dual(function(self.value), derivative(self.value)[..., None] * self.slope)

    __radd__, __rmul__ = __add__, __mul__


def tanh(x: Dual) -> Dual:
    return x.of(np.tanh, lambda v: 1 - np.tanh(v) ** 2)


def log_modulus(x: Dual) -> Dual:
    return x.of(lambda v: np.log(np.abs(v)), lambda v: 1 / v)


def integrand(eps, mu, sigma, u, w, b, log_joint) -> Dual:
    """ℓ(z_K) - ln q_K(z_K) at the draw, in dual numbers; `log_joint`: z -> ℓ(z), likewise."""
    z = mu + sigma * eps
    total = log_modulus(sigma).sum() + (np.sum(np.square(eps)) / 2 + len(eps) * np.log(2 * np.pi) / 2)
    for layer in range(len(u.value)):
        moved = tanh((w[layer] * z).sum() + b[layer])
        slope = 1 + moved * moved * -1.0
        total = total + log_modulus((w[layer] * u[layer]).sum() * slope + 1.0)
        z = z + u[layer] * moved
    return total + log_joint(z)


def gradients(eps, parameters: dict, log_joint) -> dict:
    """The gradient of `integrand` by each of mu, sigma, u, w, b, by one run with a slope for every entry."""
    sizes = {name: np.size(value) for name, value in parameters.items()}
    total, start, duals = sum(sizes.values()), 0, {}
    for name, value in parameters.items():
        slope = np.zeros((sizes[name], total))
        slope[:, start : start + sizes[name]] = np.eye(sizes[name])
        duals[name] = Dual(value, slope.reshape(*np.shape(value), total))
        start += sizes[name]
    parts = np.split(
        integrand(np.asarray(eps, float), **duals, log_joint=log_joint).slope, np.cumsum([*sizes.values()])[:-1]
    )
    return {name: part.reshape(np.shape(parameters[name])) for name, part in zip(parameters, parts, strict=True)}


# --- maps and densities ---------------------------------------------------------------------------


def planar(z, u, w, b):
    """The layers in turn, for many points: `z` (N, n) -> (N, n)."""
    for u_k, w_k, b_k in zip(u, w, b, strict=True):
        z = z + np.tanh(z @ w_k + b_k)[:, None] * u_k
    return z


def radial(z, alpha, beta):
    """z + β z/(α + r) with r = ‖z‖, for many points."""
    r = np.linalg.norm(z, axis=1, keepdims=True)
    return z + beta * z / (alpha + r)


def jacobian(map_, z, step=1e-6):
    """∂map/∂zᵀ at one point by central differences, `(n, n)`."""
    n = len(z)
    ends = [map_(z + s * step * np.eye(n)) for s in (1, -1)]
    return ((ends[0] - ends[1]) / (2 * step)).T


def log_density(z, mu, sigma, u, w, b):
    """ln q_K at the images of the points `z` (N, n) of q_0, `(N,)`: by Jacobians of each layer, multiplied out."""
    n = z.shape[1]
    white = (z - mu) / sigma
    found = -np.sum(white**2, axis=1) / 2 - np.log(sigma).sum() - n * np.log(2 * np.pi) / 2
    for u_k, w_k, b_k in zip(u, w, b, strict=True):
        a = z @ w_k + b_k
        J = np.eye(n) + (1 - np.tanh(a) ** 2)[:, None, None] * np.outer(u_k, w_k)
        found = found - np.linalg.slogdet(J)[1]
        z = z + np.tanh(a)[:, None] * u_k
    return found


# --- many draws at once, and fitting --------------------------------------------------------------


def value_and_gradients(eps, parameters: dict, log_joint, gradient):
    """The mean of the integrand over draws `eps` (S, n), and its gradients, backwards through the layers.

    `log_joint`, `gradient`: of ℓ at the rows of an array (S, n).
    """
    mu, sigma, u, w, b = parameters.values()
    states, tanhs, total = [mu + sigma * eps], [], np.log(sigma).sum() + np.mean(np.sum(eps**2, axis=1)) / 2
    for u_k, w_k, b_k in zip(u, w, b, strict=True):
        tanhs.append(np.tanh(states[-1] @ w_k + b_k))
        total += np.mean(np.log(np.abs(1 + (1 - tanhs[-1] ** 2) * (w_k @ u_k))))
        states.append(states[-1] + tanhs[-1][:, None] * u_k)
    total += np.mean(log_joint(states[-1])) + eps.shape[1] * np.log(2 * np.pi) / 2
    back, found = gradient(states[-1]), {"u": [], "w": [], "b": []}
    for z, t, u_k, w_k in zip(reversed(states[:-1]), reversed(tanhs), u[::-1], w[::-1], strict=True):
        slope = 1 - t**2
        determinant = 1 + slope * (w_k @ u_k)
        by_slope = slope / determinant
        by_a = slope * (back @ u_k) - 2 * t * by_slope * (w_k @ u_k)
        found["u"].append(np.mean(back * t[:, None], axis=0) + np.mean(by_slope) * w_k)
        found["w"].append(np.mean(z * by_a[:, None], axis=0) + np.mean(by_slope) * u_k)
        found["b"].append(np.mean(by_a))
        back = back + by_a[:, None] * w_k
    layers = {name: np.array(values[::-1]).reshape(np.shape(parameters[name])) for name, values in found.items()}
    return total, {"mu": back.mean(axis=0), "sigma": np.mean(back * eps, axis=0) + 1 / sigma, **layers}


def fit(log_joint, gradient, layers, dimension=2, steps=1500, draws=100, rate=0.03, seed=0):
    """Parameters of a flow, fitted by Adam to the mean of the integrand; log σ moves, layers stay one-to-one."""
    rng = np.random.default_rng(seed)
    p = {
        "mu": np.zeros(dimension),
        "sigma": np.ones(dimension),
        "u": 0.1 * rng.normal(size=(layers, dimension)),
        "w": rng.normal(size=(layers, dimension)),
        "b": rng.normal(size=layers),
    }
    first, second = ({k: np.zeros_like(v) for k, v in p.items()} for _ in range(2))
    for step in range(1, steps + 1):
        _, g = value_and_gradients(rng.normal(size=(draws, dimension)), p, log_joint, gradient)
        g["sigma"] = g["sigma"] * p["sigma"]
        for k in p:
            first[k] = 0.9 * first[k] + 0.1 * g[k]
            second[k] = 0.99 * second[k] + 0.01 * g[k] ** 2
            change = rate * min(1, 2 * (1 - step / steps)) * first[k] / (1 - 0.9**step)
            change = change / (np.sqrt(second[k] / (1 - 0.99**step)) + 1e-8)
            p[k] = p[k] * np.exp(change) if k == "sigma" else p[k] + change
        for u_k, w_k in zip(p["u"], p["w"], strict=True):
            u_k += max(0.0, -0.99 - u_k @ w_k) * w_k / (w_k @ w_k)
    return p
