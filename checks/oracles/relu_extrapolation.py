"""Small networks trained in NumPy, what is done to make them unsure far away, and how good that is.

Several networks of one shape are trained at once: a `Network` holds M members.  Inputs `X` (N, d) or
(M, N, d), units and outputs (M, N, width).  Regression has one output and noise of the standard deviation
`NOISE`; a classifier has one output a class.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_ndtr, ndtr

from . import gaussian_process

NOISE = 0.1


# --- networks -------------------------------------------------------------------------------------


def relu(z):
    return np.maximum(z, 0)


#: activation, and its slope from its argument
ACTIVATIONS = {
    "relu": (relu, lambda z: (z > 0).astype(float)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
}


@dataclass(frozen=True)
class Network:
    """M members: `layers` are pairs of weights (M, out, in) and biases (M, out), the last without activation."""

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    activation: str

    def units(self, X):
        """The last hidden units, `(M, N, width)`."""
        function, _ = ACTIVATIONS[self.activation]
        for W, b in self.layers[:-1]:
            X = function(_affine(X, W, b))
        return X

    def __call__(self, X):
        """Outputs, `(M, N, outputs)`."""
        return _affine(self.units(X), *self.layers[-1])

    def member(self, m: int) -> Network:
        """One member alone, M = 1."""
        return Network(tuple((W[m : m + 1], b[m : m + 1]) for W, b in self.layers), self.activation)

    def slope(self, direction):
        """dz/dα for α → ∞ along x + αv: the outputs of the network without biases, `(M, outputs)`, at v."""
        bare = Network(tuple((W, np.zeros_like(b)) for W, b in self.layers), self.activation)
        return bare(np.asarray(direction, float)[None, :])[:, 0]


def _affine(X, W, b):
    return X @ np.swapaxes(W, -1, -2) + b[:, None, :]


def initial(widths, members: int, activation: str, rng) -> Network:
    """Normal weights of variance 2/in (1/in for tanh), small normal biases."""
    gain = 2.0 if activation == "relu" else 1.0
    layers = []
    for fan_in, fan_out in pairwise(widths):
        W = rng.normal(size=(members, fan_out, fan_in)) * np.sqrt(gain / fan_in)
        layers.append((W, rng.normal(size=(members, fan_out)) * 0.5))
    return Network(tuple(layers), activation)


def squared_error(outputs, y):
    """½ mean (f - y)², `(M,)`, and its slopes by the outputs."""
    residual = outputs[..., 0] - y
    return np.mean(residual**2, axis=-1) / 2, residual[..., None] / residual.shape[-1]


def cross_entropy(logits, labels):
    """Mean -log softmax, `(M,)`, and its slopes by the logits; labels are class numbers."""
    log_p = log_softmax(logits)
    chosen = np.eye(logits.shape[-1])[labels]
    return -np.mean(np.sum(log_p * chosen, axis=-1), axis=-1), (np.exp(log_p) - chosen) / len(labels)


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def gradients(network: Network, X, y, loss, keep=1.0, rng=None):
    """The loss of each member, `(M,)`, and its gradient, shaped as `network.layers`.

    `keep` < 1: each last hidden unit is kept with this probability and divided by it (dropout).
    """
    function, slope = ACTIVATIONS[network.activation]
    inputs, before = [X], []
    for W, b in network.layers[:-1]:
        before.append(_affine(inputs[-1], W, b))
        inputs.append(function(before[-1]))
    mask = 1.0 if keep == 1 else (rng.random(inputs[-1].shape) < keep) / keep
    inputs[-1] = inputs[-1] * mask
    value, back = loss(_affine(inputs[-1], *network.layers[-1]), y)
    found = []
    for place in reversed(range(len(network.layers))):
        W, _ = network.layers[place]
        found.append((np.swapaxes(back, -1, -2) @ inputs[place], back.sum(axis=-2)))
        if place:
            back = back @ W * slope(before[place - 1])
            back = back * mask if place == len(network.layers) - 1 else back
    return value, tuple(reversed(found))


def train(network: Network, X, y, loss=squared_error, steps=1500, rate=0.02, decay=1e-4, keep=1.0, seed=0):
    """Adam on the whole data set, with a falling rate and weight decay `decay` on every weight."""
    rng = np.random.default_rng(seed)
    layers = [[W.copy(), b.copy()] for W, b in network.layers]
    first = [[np.zeros_like(p) for p in layer] for layer in layers]
    second = [[np.zeros_like(p) for p in layer] for layer in layers]
    for step in range(1, steps + 1):
        current = Network(tuple(map(tuple, layers)), network.activation)
        _, found = gradients(current, X, y, loss, keep, rng)
        pace = rate * (1 - step / (steps + 1)) * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        for layer, slopes, m, v in zip(layers, found, first, second, strict=True):
            for i, slope in enumerate(slopes):
                slope = slope + decay * layer[i]
                m[i] += 0.1 * (slope - m[i])
                v[i] += 0.001 * (slope**2 - v[i])
                layer[i] -= pace * m[i] / (np.sqrt(v[i]) + 1e-8)
    return Network(tuple(map(tuple, layers)), network.activation)


# --- the data -------------------------------------------------------------------------------------


def trend(x):
    """A function with a trend, that goes on for ever."""
    return x / 2 + np.sin(2 * x)


def returns(x):
    """The same for |x| <= 3; further out it goes back to 0."""
    return trend(x) * np.exp(-(np.maximum(np.abs(x) - 3, 0) ** 2) / 2)


def observations(N=24, seed=2):
    """Inputs in (-2.5, 2.5), `(N, 1)`, and noisy values, `(N,)`."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-2.5, 2.5, N))
    return x[:, None], trend(x) + NOISE * rng.normal(size=N)


def tests(place: str, truth, N=400, seed=3):
    """Noisy test data: near, in the range of the training inputs, or far, 5 to 8 from the centre."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2.5, 2.5, N) if place == "near" else rng.choice([-1, 1], N) * rng.uniform(5, 8, N)
    return x[:, None], truth(x) + NOISE * rng.normal(size=N)


def two_classes(N=60, seed=5):
    """Two overlapping clouds in the plane, `(N, 2)`, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(N) % 2
    centres = np.array([[-1.0, -0.4], [1.0, 0.4]])
    return centres[labels] + 0.7 * rng.normal(size=(N, 2)), labels


# --- predictions: mean and variance of a new observation, noise included, both `(m,)` -------------------


def plain(network, Xs):
    """One network, and the noise level that it was trained with."""
    f = network.member(0)(Xs)[0, :, 0]
    return f, np.full(len(f), NOISE**2)


def ensemble(network, Xs):
    """The members taken as equally likely."""
    f = network(Xs)[..., 0]
    return f.mean(axis=0), f.var(axis=0, ddof=1) + NOISE**2


def dropout(network, Xs, keep, samples=200, seed=7):
    """One network with fresh dropout masks, as many as samples (Monte Carlo dropout)."""
    rng = np.random.default_rng(seed)
    units = network.member(0).units(Xs)[0]
    masks = (rng.random((samples, 1, units.shape[1])) < keep) / keep
    W, b = network.layers[-1]
    f = (units * masks) @ W[0, 0] + b[0, 0]
    return f.mean(axis=0), f.var(axis=0, ddof=1) + NOISE**2


def with_one(units):
    """Features and a constant one, for the bias of the last layer."""
    return np.concatenate([units, np.ones((*units.shape[:-1], 1))], axis=-1)


def last_layer(Phi, y, prior, noise=NOISE):
    """Posterior mean `(h,)` and covariance `(h, h)` of weights ~ N(0, prior·I), by least squares with a ridge.

    The singular value decomposition of Phi; no matrix of the size of the weights is inverted.
    """
    U, s, Vt = np.linalg.svd(Phi, full_matrices=True)
    squares = np.zeros(Phi.shape[1])
    squares[: len(s)] = s**2
    shrunk = s * prior / (s**2 * prior + noise**2)
    covariance = (Vt.T * (prior * noise**2 / (squares * prior + noise**2))) @ Vt
    return Vt[: len(s)].T @ (shrunk * (U.T @ y)[: len(s)]), covariance


def bayesian_last_layer(network, X, y, Xs, prior=1.0):
    """The hidden layers as they are, a normal prior on the weights of the last."""
    mu, Sigma = last_layer(with_one(network.member(0).units(X)[0]), y, prior)
    phi = with_one(network.member(0).units(Xs)[0])
    return phi @ mu, np.einsum("ni,ij,nj->n", phi, Sigma, phi) + NOISE**2


def process(X, y, Xs):
    """A Gaussian process with unit kernel and noise: conditioned by Cholesky factors."""
    factor = cho_factor(gaussian_process.kernel(X, X) + NOISE**2 * np.eye(len(X)), lower=True)
    cross = gaussian_process.kernel(X, Xs)
    taken = np.sum(cross * cho_solve(factor, cross), axis=0)
    return cross.T @ cho_solve(factor, y), 1 - taken + NOISE**2


def process_with_line(X, y, Xs, spread=1.0):
    """The same with a line a + bx for its mean, a and b ~ N(0, spread²): one more kernel, spread²(1 + xx')."""

    def covariance(A, B):
        return gaussian_process.kernel(A, B) + spread**2 * (1 + A @ B.T)

    factor = cho_factor(covariance(X, X) + NOISE**2 * np.eye(len(X)), lower=True)
    cross = covariance(X, Xs)
    own = 1 + spread**2 * (1 + np.sum(Xs**2, axis=1))
    return cross.T @ cho_solve(factor, y), own - np.sum(cross * cho_solve(factor, cross), axis=0) + NOISE**2


# --- how good a prediction is ---------------------------------------------------------------------------


def scores(mean, variance, y):
    """Root mean squared error, mean negative log density, share of the values within ±1.96 sd."""
    error = y - mean
    density = error**2 / variance / 2 + np.log(2 * np.pi * variance) / 2
    inside = np.abs(error) <= 1.96 * np.sqrt(variance)
    return np.sqrt(np.mean(error**2)), np.mean(density), np.mean(inside)


# --- a classifier whose last layer is uncertain ----------------------------------------------------------


def probit_laplace(Phi, labels, prior=1.0, steps=50):
    """Mode `(h,)` and Laplace covariance `(h, h)` of probit weights ~ N(0, prior·I): Newton's method.

    Rasmussen & Williams 2006, (3.16): slopes and curvatures of log Φ(y wᵀφ).
    """
    sign = 2 * np.asarray(labels) - 1.0
    w = np.zeros(Phi.shape[1])
    for _ in range(steps):
        margin = sign * (Phi @ w)
        ratio = np.exp(-(margin**2) / 2 - np.log(2 * np.pi) / 2 - log_ndtr(margin))
        curvature = ratio * (ratio + margin)
        precision = (Phi.T * curvature) @ Phi + np.eye(len(w)) / prior
        w = w + np.linalg.solve(precision, Phi.T @ (sign * ratio) - w / prior)
    return w, np.linalg.inv(precision)


def probit_confidence(phi, mu, Sigma):
    """P(class 1) averaged over the weights, `(m,)`."""
    variance = np.einsum("ni,ij,nj->n", phi, Sigma, phi)
    return ndtr(phi @ mu / np.sqrt(1 + variance))


def sampled_confidence(phi, mu, Sigma, samples=20000, seed=11):
    """The same by drawing weights."""
    w = np.random.default_rng(seed).multivariate_normal(mu, Sigma, size=samples)
    return ndtr(phi @ w.T).mean(axis=1)
