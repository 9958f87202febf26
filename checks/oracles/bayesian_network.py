"""Posteriors of networks with two weights, by quadrature over the box [-10, 10]², for any number of data.

    w uniform on the box,   y | x ~ N(f_w(x), 1),   x on finitely many points

The log likelihood is a sum over the points of x, -½ n_j (ȳ_j - f_w(x_j))², up to a constant: counts n_j, means
ȳ_j are all that is kept of the data, so n = 10¹² costs no more than n = 1.  The posterior is then a ridge or
a spike of width 10⁻⁶.  The nodes are nested: for w_1 panels that shrink geometrically towards given centres,
for w_2 panels around the peak of the likelihood, found for each w_1.  All in log space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BOX = 10.0
DROP = 45.0
"""Nodes are placed where the log density is within so much of its largest value: e⁻⁴⁵ of the mass is lost."""


# --- the networks -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Product:
    """f_w(x) = w_2 g(w_1 x)."""

    name: str
    g: Callable

    def __call__(self, w1, w2, x):
        return w2 * self.g(w1 * x)

    def slope(self, w1, w2, x):
        """∂f/∂w_2."""
        return self.g(w1 * x) + 0 * w2


@dataclass(frozen=True)
class Sum:
    """f_w(x) = tanh(w_1 x) + tanh(w_2 x)."""

    name: str

    def __call__(self, w1, w2, x):
        return np.tanh(w1 * x) + np.tanh(w2 * x)

    def slope(self, w1, w2, x):
        return x * (1 - np.tanh(w2 * x) ** 2) + 0 * w1


def relu(z):
    return np.maximum(z, 0.0)


TANH = Product("w2 tanh(w1 x)", np.tanh)
RELU = Product("w2 relu(w1 x)", relu)
LINEAR = Product("w2 w1 x", lambda z: z)
SUM = Sum("tanh(w1 x) + tanh(w2 x)")
NETWORKS = (TANH, RELU, LINEAR, SUM)


# --- data ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Data:
    """What the likelihood keeps: the points `x`, how often each was seen, the mean of y there; all `(m,)`."""

    x: np.ndarray
    counts: np.ndarray
    means: np.ndarray

    def log_likelihood(self, network, w1, w2):
        """Up to a constant that does not depend on the weights; weights of any one shape."""
        total = np.zeros(np.broadcast(w1, w2).shape)
        for x, count, mean in zip(self.x, self.counts, self.means, strict=True):
            total -= count / 2 * (mean - network(w1, w2, x)) ** 2
        return total


def expected(network, truth, x, n) -> Data:
    """No data: counts and means put equal to their expectations, for x uniform on the points `x`.

    The expected log likelihood is, up to a constant, the log likelihood of these.
    """
    x = np.asarray(x, float)
    return Data(x, np.full(len(x), n / len(x)), network(*truth, x))


def simulated(network, truth, x, n, rng) -> Data:
    """Counts and means of n data, drawn from their own distributions: multinomial, and N(f(x_j), 1/n_j)."""
    x = np.asarray(x, float)
    counts = rng.multinomial(n, np.full(len(x), 1 / len(x)))
    spread = 1 / np.sqrt(np.maximum(counts, 1))
    return Data(x, counts, network(*truth, x) + spread * rng.standard_normal(len(x)))


def of_samples(x, y) -> Data:
    """Counts and means of data given one by one; `x`, `y`: `(n,)`."""
    points, where = np.unique(x, return_inverse=True)
    counts = np.bincount(where)
    return Data(points, counts, np.bincount(where, weights=y) / counts)


# --- the posterior ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Posterior:
    """Nodes `w1`, `w2` in the box with probabilities `p`, all `(N,)`."""

    network: Product | Sum
    w1: np.ndarray
    w2: np.ndarray
    p: np.ndarray

    def mean(self, values) -> float:
        return float(np.sum(self.p * values))

    def weights(self) -> tuple[float, float]:
        """E[w_1], E[w_2]."""
        return self.mean(self.w1), self.mean(self.w2)

    def predict(self, x) -> float:
        """The posterior predictive mean at x."""
        return self.mean(self.network(self.w1, self.w2, x))

    def variance(self, x) -> float:
        """The posterior predictive variance at x: that of the noise, 1, and that of f_w(x)."""
        centre = self.predict(x)
        return 1 + self.mean((self.network(self.w1, self.w2, x) - centre) ** 2)

    def plug_in(self, x) -> float:
        """The network at the expected weights."""
        return float(self.network(*self.weights(), x))


def posterior(network, data: Data, centres=(0.0,), nodes: int = 10) -> Posterior:
    """By nested Gauss–Legendre panels over w_1 and w_2; `centres`: values of w_1 where it may change fast."""
    finest = 0.1 / np.sqrt(1 + data.counts.sum())
    w1, weight = panels(breakpoints(centres, finest), nodes)
    peak = across_peak(network, data, w1)
    height = data.log_likelihood(network, w1, peak)
    near = height > height.max() - 2 * DROP
    w1, weight, peak = w1[near], weight[near], peak[near]
    w2, across_weight = _across_nodes(network, data, w1, peak, nodes)
    w1, w2 = np.broadcast_arrays(w1, w2)
    with np.errstate(divide="ignore"):
        log_p = np.log(across_weight) + np.log(weight) + data.log_likelihood(network, w1, w2)
    keep = log_p > log_p.max() - DROP
    p = np.exp(log_p[keep] - log_p.max())
    return Posterior(network, w1[keep], w2[keep], p / p.sum())


def centres(network, truth) -> tuple:
    """Where w_1 may change fast, by the weights that made the data; 0: the corner of relu."""
    first, second = truth
    if isinstance(network, Sum):
        return (0.0, first, second)
    end = abs(first * second) / BOX
    return (0.0, -end, end, -first, first)


def _across_nodes(network, data: Data, w1, peak, nodes):
    """Panels in w_2 that widen from the peak of the likelihood to the edges of the box, for each w_1."""
    slope = _gradient(network, data, w1, peak)  # not 0 at an edge of the box
    scale = 1 / np.sqrt(np.maximum(_curvature(network, data, w1, peak) + slope**2, 4.0))
    widening = np.concatenate([np.arange(0.0, 8.0, 1.5), 8 * 2.0 ** np.arange(np.log2(2 * BOX / scale.min()))])
    steps = np.unique(np.concatenate([-widening, widening]))[:, None]
    edges = np.concatenate([peak + scale * steps, np.linspace(-BOX, BOX, 13)[:, None] + 0 * peak])
    return _on_panels(np.sort(np.clip(edges, -BOX, BOX), axis=0), nodes)


def across_peak(network, data: Data, w1):
    """The w_2 with the largest likelihood for each w_1: the best of 200, then Gauss–Newton steps that climb."""
    tried = np.linspace(-BOX, BOX, 200)[:, None] + 0 * w1
    best = data.log_likelihood(network, w1, tried).argmax(axis=0)
    at = np.take_along_axis(tried, best[None], axis=0)[0]
    value, step = data.log_likelihood(network, w1, at), np.ones_like(at)
    for _ in range(40):
        move = _gradient(network, data, w1, at) / np.maximum(_curvature(network, data, w1, at), 1e-300)
        tried = np.clip(at + step * move, -BOX, BOX)
        found = data.log_likelihood(network, w1, tried)
        better = found > value
        at, value = np.where(better, tried, at), np.where(better, found, value)
        step = np.where(better, np.minimum(1.0, 2 * step), step / 2)
    return at


def _gradient(network, data: Data, w1, w2):
    """The derivative of the log likelihood by w_2."""
    total = np.zeros_like(w2)
    for x, count, mean in zip(data.x, data.counts, data.means, strict=True):
        total += count * (mean - network(w1, w2, x)) * network.slope(w1, w2, x)
    return total


def _curvature(network, data: Data, w1, w2):
    """Σ_j n_j (∂f/∂w_2)²."""
    terms = (count * network.slope(w1, w2, x) ** 2 for x, count in zip(data.x, data.counts, strict=True))
    return sum(terms, np.zeros_like(w2))


def breakpoints(centres, finest):
    """Points of [-10, 10], at most 1 apart, that come together geometrically around each centre.

    At an edge of the box a posterior falls off within 1/n, and not within 1/√n, so they come closer there.
    """
    around = [np.linspace(-BOX, BOX, 21), np.clip(centres, -BOX, BOX)]
    for centre in centres:
        closest = finest if abs(centre) < BOX else finest**2
        powers = closest * 2.0 ** np.arange(np.ceil(-np.log2(closest)) + 1)
        around += [np.clip(centre, -BOX, BOX) + sign * powers for sign in (-1, 1)]
    return np.unique(np.clip(np.concatenate(around), -BOX, BOX))


def panels(edges, nodes):
    """Gauss–Legendre nodes and weights on consecutive intervals, both `(nodes · intervals,)`."""
    at, weight = _on_panels(np.asarray(edges)[:, None], nodes)
    return at[:, 0], weight[:, 0]


def _on_panels(edges, nodes):
    """The same for each column of `edges`, `(k + 1, N)`: `(k · nodes, N)`; empty panels weigh 0."""
    at, weight = np.polynomial.legendre.leggauss(nodes)
    half, middle = np.diff(edges, axis=0) / 2, (edges[1:] + edges[:-1]) / 2
    points = middle[:, None] + half[:, None] * at[None, :, None]
    weights = half[:, None] * weight[None, :, None]
    return points.reshape(-1, edges.shape[1]), weights.reshape(-1, edges.shape[1])
