"""Posteriors of networks with two weights, by quadrature over the box [-10, 10]², for any number of data.

    w uniform on the box,   y | x ~ N(f_w(x), 1),   x on finitely many points

The log likelihood is a sum over the points of x, -½ n_j (ȳ_j - f_w(x_j))², up to a constant: counts n_j and means
ȳ_j are all that is kept of the data, so n = 10¹² costs no more than n = 1.  The posterior is then a ridge or a spike
of width 10⁻⁶.  The nodes are nested: along the ridge panels that shrink geometrically towards given centres,
across it a window that is found for each node.  All in log space.
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

    def weights(self, along, across):
        """The weights at a point of the coordinates of quadrature: here they are the coordinates."""
        return along, across

    def across_limits(self, along):
        return np.full_like(along, -BOX), np.full_like(along, BOX)

    def across_start(self, along, data):
        return np.zeros_like(along)

    def across_slope(self, along, across, x):
        """∂f/∂(coordinate across)."""
        return self.g(along * x) + 0 * across


@dataclass(frozen=True)
class Sum:
    """f_w(x) = tanh(w_1 x) + tanh(w_2 x); along: (w_1 - w_2)/2, across: (w_1 + w_2)/2."""

    name: str

    def __call__(self, w1, w2, x):
        return np.tanh(w1 * x) + np.tanh(w2 * x)

    def weights(self, along, across):
        return across + along, across - along

    def across_limits(self, along):
        return np.abs(along) - BOX, BOX - np.abs(along)

    def across_start(self, along, data):
        """The best of 200 values in the box, for each value along."""
        low, high = self.across_limits(along)
        tried = low + (high - low) * np.linspace(0, 1, 200)[:, None]
        found = data.log_likelihood(self, *self.weights(along, tried))
        return np.take_along_axis(tried, found.argmax(axis=0)[None], axis=0)[0]

    def across_slope(self, along, across, x):
        w1, w2 = self.weights(along, across)
        return x * (2 - np.tanh(w1 * x) ** 2 - np.tanh(w2 * x) ** 2)


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
    """What the likelihood keeps of the data: the points `x`, how often each was seen, the mean of y there; `(m,)`."""

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
    """By nested Gauss–Legendre panels; `centres`: where the posterior may have a spike along the ridge."""
    finest = 0.1 / np.sqrt(1 + data.counts.sum())
    along, along_weight = panels(breakpoints(centres, finest), nodes)
    across, across_weight = _across_nodes(network, data, along, nodes)
    w1, w2 = np.broadcast_arrays(*network.weights(along, across))
    with np.errstate(divide="ignore"):
        log_p = np.log(across_weight) + np.log(along_weight) + data.log_likelihood(network, w1, w2)
    keep = log_p > log_p.max() - DROP
    p = np.exp(log_p[keep] - log_p.max())
    return Posterior(network, w1[keep], w2[keep], p / p.sum())


def _across_nodes(network, data: Data, along, nodes):
    """Panels that widen from the peak across the ridge to the edges of the box, for each node along it."""
    middle = across_peak(network, data, along)
    low, high = network.across_limits(along)
    scale = 1 / np.sqrt(np.maximum(_curvature(network, data, along, middle), 1e-2))
    widening = np.concatenate(
        [np.arange(0.0, 8.0, 1.5), 8 * 2.0 ** np.arange(np.log2(2 * BOX / scale.min()))]
    )
    steps = np.unique(np.concatenate([-widening, widening]))[:, None]
    return _on_panels(np.clip(middle + scale * steps, low, high), nodes)


def across_peak(network, data: Data, along):
    """Where across the ridge the likelihood is largest, for each value along: Gauss–Newton steps that only climb."""
    low, high = network.across_limits(along)
    at = network.across_start(along, data)
    value = data.log_likelihood(network, *network.weights(along, at))
    step = np.ones_like(at)
    for _ in range(60):
        w1, w2 = network.weights(along, at)
        gradient = np.zeros_like(at)
        for x, count, mean in zip(data.x, data.counts, data.means, strict=True):
            gradient += count * (mean - network(w1, w2, x)) * network.across_slope(along, at, x)
        move = gradient / np.maximum(_curvature(network, data, along, at), 1e-300)
        tried = np.clip(at + step * move, low, high)
        found = data.log_likelihood(network, *network.weights(along, tried))
        better = found > value
        at, value = np.where(better, tried, at), np.where(better, found, value)
        step = np.where(better, np.minimum(1.0, 2 * step), step / 2)
    return at


def _curvature(network, data: Data, along, across):
    """Σ_j n_j (∂f/∂across)²."""
    slopes = (
        count * network.across_slope(along, across, x) ** 2
        for x, count in zip(data.x, data.counts, strict=True)
    )
    return sum(slopes, np.zeros_like(along))


def breakpoints(centres, finest):
    """Points of [-10, 10] that come together geometrically around each centre, down to `finest`."""
    powers = finest * 2.0 ** np.arange(np.ceil(np.log2(2 * BOX / finest)) + 1)
    around = [c + sign * powers for c in centres for sign in (-1, 1)]
    points = np.unique(np.clip(np.concatenate([*around, centres, [-BOX, BOX]]), -BOX, BOX))
    return points[np.concatenate([[True], np.diff(points) > finest / 2])]


def panels(edges, nodes):
    """Gauss–Legendre nodes and weights on consecutive intervals, both `(nodes · intervals,)`."""
    at, weight = _on_panels(np.asarray(edges)[:, None], nodes)
    return at[:, 0], weight[:, 0]


def _on_panels(edges, nodes):
    """The same for each column of `edges`, `(k + 1, N)`: nodes and weights `(k · nodes, N)`; empty panels weigh 0."""
    at, weight = np.polynomial.legendre.leggauss(nodes)
    half, middle = np.diff(edges, axis=0) / 2, (edges[1:] + edges[:-1]) / 2
    points = middle[:, None] + half[:, None] * at[None, :, None]
    weights = half[:, None] * weight[None, :, None]
    return points.reshape(-1, edges.shape[1]), weights.reshape(-1, edges.shape[1])
