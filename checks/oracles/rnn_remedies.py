"""Recurrent networks with the remedies for vanishing gradients, in NumPy, trained on one task with a long lag.

The task: the first input is the bit ±1, all later ones are noise; after `lag` further steps the network must
say what the bit was.  Every gradient is backpropagated by hand here, cell by cell.

    python -m checks.oracles.rnn_remedies       trains all networks anew and writes rnn_remedies.json

Throughout: S independent networks at a time, B sequences each; states (S, B, d); inputs (S, B).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).with_suffix(".json")
NOISE = 0.3
BATCH, UNITS = 32, 16
STEPS, MOMENTUM = 400, 0.9
RATES, SEEDS = (0.1, 0.03, 0.01), 5
NETWORKS = len(RATES) * SEEDS
LAGS = (10, 20, 40, 80)
TINY = 1e-300


# --- cells: one step forward, and the same step back ----------------------------------------------


def relu(z):
    return np.maximum(z, 0)


SLOPES: dict[Callable, Callable] = {
    np.tanh: lambda z: 1 - np.tanh(z) ** 2,
    relu: lambda z: (z > 0).astype(float),
}


@dataclass(frozen=True)
class Recurrent:
    """h' = α h + β g(ẑ), z = U h + W x + b, where ẑ is z or, with `layer_norm`, z less its mean, over its deviation.

    α = 0, β = 1 is the plain network, α = β = 1 the residual one, α = 1 - β the leaky one.
    """

    g: Callable = np.tanh
    alpha: float = 0.0
    beta: float = 1.0
    layer_norm: bool = False

    def zeros(self, shape, n):
        return np.zeros((*shape, n))

    def hidden(self, state):
        return state

    def forward(self, p, h, x):
        z = h @ p["U"].swapaxes(-1, -2) + x[..., None] * p["W"][:, None] + p["b"][:, None]
        scale = np.ones(1)
        if self.layer_norm:
            z, scale = standardised(z)
        return self.alpha * h + self.beta * self.g(z), (h, x, z, scale)

    def backward(self, p, kept, d):
        h, x, z, scale = kept
        dz = self.beta * d * SLOPES[self.g](z)
        if self.layer_norm:
            dz = through_standardisation(z, scale, dz)
        gradient = {"U": dz.swapaxes(-1, -2) @ h, "W": _rows(x[..., None] * dz), "b": _rows(dz)}
        return self.alpha * d + dz @ p["U"], gradient

    def from_hidden(self, dh):
        return dh

    def parameters(self, rng, n, U):
        return {"U": U(rng, n), "W": rng.normal(size=(NETWORKS, n)), "b": np.zeros((NETWORKS, n))}


def standardised(z):
    """(z - mean)/deviation over the units, and the deviation."""
    centred = z - z.mean(-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(-1, keepdims=True))
    return centred / deviation, deviation


def through_standardisation(y, deviation, d):
    """The gradient by z from that by y = (z - mean)/deviation: mean and direction projected out, over the deviation."""
    return (d - d.mean(-1, keepdims=True) - y * (d * y).mean(-1, keepdims=True)) / deviation


def _rows(x):
    return x.sum(-2)


def logistic(z):
    return 1 / (1 + np.exp(-z))


@dataclass(frozen=True)
class LSTM:
    """c' = f∘c + i∘a, h' = o∘tanh(c'); gates logistic, candidate a by tanh.  The state is (h, c), 2n numbers."""

    forget_bias: float = 4.0

    def zeros(self, shape, n):
        return np.zeros((*shape, 2 * n))

    def hidden(self, state):
        return state[..., : state.shape[-1] // 2]

    def forward(self, p, state, x):
        h, c = np.split(state, 2, -1)
        z = h @ p["U"].swapaxes(-1, -2) + x[..., None] * p["W"][:, None] + p["b"][:, None]
        i, f, o, a = np.split(z, 4, -1)
        i, f, o, a = logistic(i), logistic(f), logistic(o), np.tanh(a)
        new = f * c + i * a
        return np.concatenate([o * np.tanh(new), new], -1), (h, c, x, i, f, o, a, new)

    def backward(self, p, kept, d):
        h, c, x, i, f, o, a, new = kept
        dh, dc = np.split(d, 2, -1)
        squashed = np.tanh(new)
        dc = dc + dh * o * (1 - squashed**2)
        gates = (dc * a * i * (1 - i), dc * c * f * (1 - f), dh * squashed * o * (1 - o), dc * i * (1 - a**2))
        dz = np.concatenate(gates, -1)
        gradient = {"U": dz.swapaxes(-1, -2) @ h, "W": _rows(x[..., None] * dz), "b": _rows(dz)}
        return np.concatenate([dz @ p["U"], dc * f], -1), gradient

    def from_hidden(self, dh):
        return np.concatenate([dh, np.zeros_like(dh)], -1)

    def parameters(self, rng, n, U):
        b = np.zeros((NETWORKS, 4 * n))
        b[:, n : 2 * n] = self.forget_bias
        weights = np.concatenate([U(rng, n) for _ in range(4)], axis=1)
        return {"U": weights, "W": rng.normal(size=(NETWORKS, 4 * n)), "b": b}


# --- weights to begin with ------------------------------------------------------------------------


def gaussian(gain):
    return lambda rng, n: gain * rng.normal(size=(NETWORKS, n, n)) / np.sqrt(n)


def uniform(rng, n):
    """±1/√n, as PyTorch's recurrent layers begin."""
    return rng.uniform(-1, 1, size=(NETWORKS, n, n)) / np.sqrt(n)


def orthogonal(rng, n):
    return np.linalg.qr(rng.normal(size=(NETWORKS, n, n)))[0]


def identity(rng, n):
    return np.tile(np.eye(n), (NETWORKS, 1, 1))


# --- a whole sequence -----------------------------------------------------------------------------


def sequences(rng, lag, batch=BATCH):
    """Inputs `(lag + 1, S, B)` and the bits `(S, B)`."""
    x = NOISE * rng.normal(size=(lag + 1, NETWORKS, batch))
    bits = rng.choice([-1.0, 1.0], size=(NETWORKS, batch))
    x[0] = bits
    return x, bits


def run(cell, p, x):
    """The states `(T + 1, S, B, d)` and what each step has kept."""
    states, kept = [cell.zeros(x.shape[1:], p["read"].shape[-1])], []
    for x_t in x:
        state, step = cell.forward(p, states[-1], x_t)
        states.append(state)
        kept.append(step)
    return states, kept


def margins(cell, p, state):
    """The evidence for the bit +1, `(S, B)`."""
    return (cell.hidden(state) @ p["read"][..., None])[..., 0] + p["offset"][:, None]


def loss(cell, p, x, bits):
    """The mean logistic loss of each network, `(S,)`."""
    states, _ = run(cell, p, x)
    return np.logaddexp(0, -bits * margins(cell, p, states[-1])).mean(-1)


def adjoints(cell, p, kept, last, reach=None):
    """The gradients by the states, the last first, and the summed gradient by the parameters.

    `reach`: how many steps are gone back; None for all.
    """
    back, total = [last], {}
    for step in kept[::-1][:reach]:
        d, gradient = cell.backward(p, step, back[-1])
        back.append(d)
        for name, g in gradient.items():
            total[name] = total.get(name, 0) + g
    return back, total


def gradient(cell, p, x, bits, reach=None):
    """The gradient of the mean loss by all parameters, the loss `(S,)`, the adjoints, and what was kept."""
    states, kept = run(cell, p, x)
    margin = margins(cell, p, states[-1])
    d = -bits * logistic(-bits * margin) / bits.shape[-1]
    hidden = cell.hidden(states[-1])
    back, total = adjoints(cell, p, kept, cell.from_hidden(d[..., None] * p["read"][:, None]), reach)
    total |= {"read": (d[..., None] * hidden).sum(-2), "offset": d.sum(-1)}
    return total, np.logaddexp(0, -bits * margin).mean(-1), back, kept


# --- the remedies ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Remedy:
    """A cell, its first weights, and what is done to its gradient."""

    name: str
    cell: object = field(default_factory=Recurrent)
    U: Callable = uniform
    clip: float | None = None
    reach: int | None = None
    regulariser: float = 0.0


REACH = 16
REMEDIES = (
    Remedy("plain"),
    Remedy("clipped", clip=1.0),
    Remedy("truncated", reach=REACH),
    Remedy("large weights", Recurrent(g=relu), gaussian(2.0)),
    Remedy("large weights, clipped", Recurrent(g=relu), gaussian(2.0), clip=1.0),
    Remedy("orthogonal", U=orthogonal),
    Remedy("identity, ReLU, clipped", Recurrent(g=relu), identity, clip=0.1),
    Remedy("regulariser", regulariser=0.1),
    Remedy("layer norm", Recurrent(layer_norm=True)),
    Remedy("leaky", Recurrent(alpha=0.95, beta=0.05)),
    Remedy("residual", Recurrent(alpha=1.0)),
    Remedy("LSTM", LSTM()),
)


def parameters(remedy, rng, n=UNITS):
    p = remedy.cell.parameters(rng, n, remedy.U)
    return p | {"read": rng.normal(size=(NETWORKS, n)) / np.sqrt(n), "offset": np.zeros(NETWORKS)}


def norms(g):
    """The norm of all gradients of each network taken together, `(S,)`."""
    return np.sqrt(sum((v.reshape(NETWORKS, -1) ** 2).sum(-1) for v in g.values()))


def clipped(g, most):
    """All gradients of a network times min(1, most/norm)."""
    factor = np.minimum(1, most / np.maximum(norms(g), TINY))
    return {name: v * per_network(factor, v) for name, v in g.items()}


def per_network(factors, array):
    """Factors `(S,)` in a shape that multiplies arrays `(S, …)`."""
    return factors.reshape(-1, *[1] * (array.ndim - 1))


def stretch_gradient(cell, p, kept, back):
    """By U, of the mean over sequences and steps of (‖Uᵀ D δ‖/‖δ‖ - 1)², D δ and δ held fixed."""
    total = np.zeros_like(p["U"])
    for step, d in zip(kept[::-1], back, strict=False):
        w = d * SLOPES[cell.g](step[2])
        carried = w @ p["U"]
        size, before = (np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), TINY) for v in (carried, d))
        with np.errstate(over="ignore", invalid="ignore"):
            weight = 2 * (size / before - 1) / before
        total += (weight * w).swapaxes(-1, -2) @ (carried / size)
    return total / (len(kept) * back[0].shape[-2])


def train(remedy, lag, seed=0, steps=STEPS):
    """Gradient descent with momentum: the accuracy of each network on fresh sequences, `(rates, seeds)`.

    It is NaN where the training has diverged.
    """
    rng = np.random.default_rng(seed)
    p = parameters(remedy, rng)
    velocity = {name: np.zeros_like(v) for name, v in p.items()}
    rates = np.repeat(RATES, SEEDS)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            g, _, back, kept = gradient(remedy.cell, p, *sequences(rng, lag), remedy.reach)
            if remedy.regulariser:
                g["U"] = g["U"] + remedy.regulariser * stretch_gradient(remedy.cell, p, kept, back)
            if remedy.clip is not None:
                g = clipped(g, remedy.clip)
            for name, v in p.items():
                velocity[name] = MOMENTUM * velocity[name] - per_network(rates, v) * g[name]
                p[name] = v + velocity[name]
        return accuracy(remedy.cell, p, *sequences(rng, lag, 500)).reshape(len(RATES), SEEDS)


def accuracy(cell, p, x, bits):
    """The share of bits that are right, `(S,)`; NaN where a network gives no number."""
    states, _ = run(cell, p, x)
    evidence = margins(cell, p, states[-1])
    right = (evidence * bits > 0).mean(-1)
    return np.where(np.isfinite(evidence).all(-1), right, np.nan)


def success(accuracies) -> float:
    """The share of the seeds that get at least 95 % of the bits right, at the rate that is best for this."""
    return float(np.mean(np.nan_to_num(np.asarray(accuracies, float)) >= 0.95, axis=1).max())


def sizes_back(remedy, lag, seed=0):
    """The size of the gradient by h_t as a multiple of that by the last state, before training; lags 0 … lag.

    Of each network the mean over sequences, of these the median.
    """
    rng = np.random.default_rng(seed)
    p = parameters(remedy, rng)
    x, _ = sequences(rng, lag)
    _, kept = run(remedy.cell, p, x)
    last = np.broadcast_to(p["read"][:, None], (*x.shape[1:], UNITS))
    back, _ = adjoints(remedy.cell, p, kept, remedy.cell.from_hidden(last))
    sizes = np.array([np.linalg.norm(d, axis=-1).mean(-1) for d in back[:-1]])
    return np.median(sizes / sizes[0], axis=1)


# --- Jacobians of many steps ----------------------------------------------------------------------


def orthogonal_stretch(units, drive, lag, linear=False, seed=0):
    """The largest stretch of the product of Jacobians of orthogonal weights after 0 … lag steps, `(lag + 1,)`.

    The units are driven by independent normal inputs of standard deviation `drive`.
    """
    rng = np.random.default_rng(seed)
    U, _ = np.linalg.qr(rng.normal(size=(units, units)))
    h, product, found = np.zeros(units), np.eye(units), [1.0]
    for _ in range(lag):
        z = U @ h + drive * rng.normal(size=units)
        h, slopes = (z, np.ones(units)) if linear else (np.tanh(z), 1 - np.tanh(z) ** 2)
        product = slopes[:, None] * (U @ product)
        found.append(np.linalg.norm(product, 2))
    return np.array(found)


def lstm_memory_paths(units, lag, scale, seed=0):
    """Norms of ∂c_t/∂c_0, the whole and the product of the forget gates, t = 0 … lag; by complex step."""
    rng = np.random.default_rng(seed)
    cell, tiny = LSTM(0.0), 1e-150
    p = {
        "U": scale * rng.normal(size=(1, 4 * units, units)) / np.sqrt(units),
        "W": rng.normal(size=(1, 4 * units)),
        "b": np.zeros((1, 4 * units)),
    }
    # one sequence for every entry of c_0 that is moved
    state = np.zeros((1, units, 2 * units), complex)
    state[0, :, units:] = 1j * tiny * np.eye(units)
    gates, whole, direct = np.ones(units), [1.0], [1.0]
    for drive in rng.normal(size=lag):
        state, kept = cell.forward(p, state, np.full((1, units), drive))
        gates = gates * kept[4][0, 0].real
        whole.append(np.linalg.norm(state[0, :, units:].imag / tiny, 2))
        direct.append(gates.max())
    return np.array(whole), np.array(direct)


# --- the command ----------------------------------------------------------------------------------


def measure():
    """name -> lag -> accuracies, rates by seeds, for every remedy; says on stderr how far it is."""
    found = {}
    for remedy in REMEDIES:
        found[remedy.name] = {}
        for lag in LAGS:
            accuracies = train(remedy, lag)
            found[remedy.name][str(lag)] = [[None if np.isnan(a) else round(a, 3) for a in row] for row in accuracies]
            print(f"{remedy.name}, lag {lag}: {success(accuracies):.0%} succeed", file=sys.stderr, flush=True)
    return found


def recorded():
    """What `measure` has found, from the file beside this module."""
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def lines(found) -> str:
    """The results as JSON, a line for each remedy and lag."""
    blocks = [
        f'  "{name}": {{\n' + ",\n".join(f'    "{lag}": {json.dumps(rows)}' for lag, rows in by_lag.items()) + "\n  }"
        for name, by_lag in found.items()
    ]
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    RESULTS.write_text(lines(measure()), encoding="utf-8")
