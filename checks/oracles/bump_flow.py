"""A flow of Gaussian bumps, by root-finding and quadrature in double precision.

`Bumps` holds v, μ, σ, each `(K,)`; z ~ N(0, 1) is mapped to t(z) = Σ_i v_i exp(-(z - μ_i)²/σ_i²).
Roots are bracketed on a grid that resolves the narrowest bump, and found by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from scipy.special import dawsn, logsumexp
from scipy.stats import norm

REACH = 12.0
"""Beyond ±12 a standard normal has probability 4e-33."""


@dataclass(frozen=True)
class Bumps:
    v: np.ndarray
    mu: np.ndarray
    sigma: np.ndarray

    def __post_init__(self):
        for name in ("v", "mu", "sigma"):
            object.__setattr__(self, name, np.atleast_1d(np.asarray(getattr(self, name), float)))

    def _parts(self, z):
        """u = (z - μ)/σ, and the bumps e^{-u²}, `(…, K)`."""
        u = (np.asarray(z, float)[..., None] - self.mu) / self.sigma
        return u, np.exp(-(u**2))

    def value(self, z):
        return self._parts(z)[1] @ self.v

    def slope(self, z):
        u, bump = self._parts(z)
        return (-2 * u * bump / self.sigma) @ self.v

    def curvature(self, z):
        u, bump = self._parts(z)
        return ((4 * u**2 - 2) * bump / self.sigma**2) @ self.v

    def by_parameters(self, z):
        """∂t/∂θ and ∂t'/∂θ for θ = v, μ, σ: two arrays `(3, …, K)`."""
        u, bump = self._parts(z)
        v, s = self.v, self.sigma
        value = [bump, 2 * v * u * bump / s, 2 * v * u**2 * bump / s]
        slope = [
            -2 * u * bump / s,
            v * (2 - 4 * u**2) * bump / s**2,
            v * u * (4 - 4 * u**2) * bump / s**2,
        ]
        return np.stack(value), np.stack(slope)

    def log_slope(self, z):
        """log|t'(z)|, in log space: no underflow where every bump is tiny."""
        u = (np.asarray(z, float)[..., None] - self.mu) / self.sigma
        return logsumexp(-(u**2), b=-2 * u * self.v / self.sigma, axis=-1, return_sign=True)[0]

    def ratio(self, z):
        """∂t'/t' for θ = v, μ, σ, `(3, …, K)`, with the largest exponent taken out of both."""
        u = (np.asarray(z, float)[..., None] - self.mu) / self.sigma
        exponent = -(u**2)
        scaled = np.exp(exponent - exponent.max(axis=-1, keepdims=True))
        s, v = self.sigma, self.v
        slope = (-2 * u * scaled / s) @ v
        above = np.stack(
            [-2 * u * scaled / s, v * (2 - 4 * u**2) * scaled / s**2, v * u * (4 - 4 * u**2) * scaled / s**2]
        )
        return above / slope[..., None]

    def turning_points(self):
        """Every zero of t' within ±`REACH` and where bumps are, ascending."""
        return self._turning_points

    @cached_property
    def _turning_points(self):
        return _roots(self._scaled_slope, self._grid())

    def inflections(self):
        """Zeros of t'' within the reach of φ, ascending."""
        found = _roots(self.curvature, self._grid())
        return found[np.abs(found) < REACH / 2]

    def _scaled_slope(self, z):
        """t' up to a positive factor that keeps it from underflowing."""
        u = (np.asarray(z, float)[..., None] - self.mu) / self.sigma
        exponent = -(u**2)
        return (-2 * u * np.exp(exponent - exponent.max(axis=-1, keepdims=True)) / self.sigma) @ self.v

    def _grid(self):
        fine = np.min(self.sigma) / 40
        near = [np.arange(m - 6 * s, m + 6 * s, min(s / 40, 0.05)) for m, s in zip(self.mu, self.sigma, strict=True)]
        return np.unique(np.concatenate([np.arange(-REACH, REACH, max(fine, 0.01)), *near]))

    def rise(self, a, h):
        """t(a + h) - t(a) - h t'(a): what t rises from a turning point a, without cancellation."""
        u = (a - self.mu) / self.sigma
        step = np.asarray(h, float)[..., None] / self.sigma
        return np.expm1(-step * (2 * u + step)) @ (self.v * np.exp(-(u**2))) - h * self.slope(a)

    def preimages(self, y):
        """Every z with t(z) = y, ascending."""
        cuts = self.cuts()
        found = []
        for a, b in pairwise(cuts):
            if (self.value(a) - y) * (self.value(b) - y) < 0:
                found.append(_bisect(self, a, b, np.array([y]))[0])
        return np.array(found)

    def cuts(self):
        """The ends of the monotone branches: turning points, and so far out that t underflows."""
        far = 27 * np.max(self.sigma) + np.max(np.abs(self.mu)) + REACH
        return np.concatenate([[-far], self.turning_points(), [far]])


def _roots(f, grid):
    values = f(grid)
    k = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    low, high, below = grid[k], grid[k + 1], values[k] < 0
    for _ in range(60):
        middle = (low + high) / 2
        left = (f(middle) < 0) == below
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return np.unique(np.concatenate([(low + high) / 2, grid[values == 0]]))


def _bisect(flow, a, b, y):
    """The z in (a, b), where t is monotone, with t(z) = y, for every y at once."""
    rising = flow.value(b) > flow.value(a)
    return _halve(lambda h: (flow.value(a + h) < y) == rising, a, b - a, len(y))


def _halve(is_beyond, start, width, count):
    """start + h for the h in (0, |width|) at which `is_beyond(h)` turns false; `width` may be negative."""
    low, high = np.zeros(count), np.full(count, abs(width))
    for _ in range(75):
        middle = (low + high) / 2
        beyond = is_beyond(np.sign(width) * middle)
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return start + np.sign(width) * (low + high) / 2


# --- the density ----------------------------------------------------------------------------------


def density(flow: Bumps, y) -> np.ndarray:
    """q(y) = Σ φ(z_j)/|t'(z_j)| over all preimages, `(N,)`; 0 where there is none."""
    y = np.atleast_1d(np.asarray(y, float))
    q, cuts = np.zeros(len(y)), flow.cuts()
    for a, b in pairwise(cuts):
        ends = sorted((flow.value(a), flow.value(b)))
        hit = (ends[0] < y) & (y < ends[1])
        q[hit] += _weights(flow, _bisect(flow, a, b, y[hit]))
    return q


def _weights(flow, z):
    return np.exp(-(z**2) / 2 - flow.log_slope(z)) / np.sqrt(2 * np.pi)


def surplus(flow: Bumps, z) -> np.ndarray:
    """log q(t(z)) - log(φ(z)/|t'(z)|) at every sample: what the formula for an injective t leaves out."""
    return np.log(density(flow, flow.value(z))) - np.log(_weights(flow, z))


# --- entropies, by quadrature over z ---------------------------------------------------------------


def expected(f, splits=(), reach=REACH) -> float:
    """E f(z), z ~ N(0, 1): adaptive quadrature in pieces; f may have integrable singularities at `splits`."""
    ends = [-reach, *sorted(x for x in splits if -reach < x < reach), reach]
    total = 0.0
    for a, b in pairwise(ends):
        total += _between(lambda z: f(z) * norm.pdf(z), a, b)
    return total


def _between(f, a, b, nodes=60):
    """∫ f by the tanh-sinh rule, which forgives logarithms and roots at both ends."""
    u = np.linspace(-3.0, 3.0, 2 * nodes + 1)
    steep = np.pi / 2 * np.sinh(u)
    share = 1 / (1 + np.exp(-2 * steep))
    weight = np.pi / 4 * np.cosh(u) / np.cosh(steep) ** 2 * (u[1] - u[0])
    with np.errstate(all="ignore"):
        values = f(a + (b - a) * share)
    return (b - a) * np.sum(weight * np.where(np.isfinite(values), values, 0))


def _all_splits(flow):
    """Turning points, and points between them, so that no piece is long."""
    inner = np.concatenate([flow.turning_points(), flow.mu, flow.mu - flow.sigma, flow.mu + flow.sigma])
    return np.unique(np.concatenate([inner, np.arange(-8.0, 9.0, 2.0)]))


def naive_entropy(flow: Bumps) -> float:
    """E[-log φ(z) + log|t'(z)|], what the formula for an injective t gives."""
    return 0.5 * np.log(2 * np.pi * np.e) + expected(flow.log_slope, _all_splits(flow))


def principal_values(flow: Bumps) -> np.ndarray:
    """p.v. E[∂t'/t'] for θ = v, μ, σ, `(3, K)`: folded about each zero of t', without any closed form."""
    zeros = flow.turning_points()
    gaps = np.diff(np.concatenate([[zeros[0] - 2.0], zeros, [zeros[-1] + 2.0]])) / 2
    radii = np.minimum(gaps[:-1], gaps[1:])

    def f(z):
        return flow.ratio(z) * norm.pdf(z)[:, None]

    total = sum(_gauss(lambda s, a=a: f(a + s) + f(a - s), 0.0, r) for a, r in zip(zeros, radii, strict=True))
    ends = np.concatenate([[-REACH], np.stack([zeros - radii, zeros + radii], 1).ravel(), [REACH]])
    for a, b in zip(ends[::2], ends[1::2], strict=True):
        edges = np.linspace(a, b, int(np.ceil(max(b - a, 0) / 0.5)) + 1)
        total = total + sum(_gauss(f, p, q) for p, q in pairwise(edges))
    return total


@lru_cache
def _legendre(order):
    return np.polynomial.legendre.leggauss(order)


def _gauss(f, a, b, order=80):
    """∫ f from a to b for f with values `(3, N, K)`, by Gauss and Legendre."""
    x, w = _legendre(order)
    return (b - a) / 2 * np.einsum("n,inj->ij", w, f((a + b) / 2 + (b - a) / 2 * x))


# --- Monte Carlo: the plain mean, and with the poles taken out ------------------------------------


def residues(flow: Bumps, zeros) -> np.ndarray:
    """r_j = ∂t'(a_j)/t''(a_j) for θ = v, μ, σ: `(3, J, K)`."""
    return flow.by_parameters(zeros)[1] / flow.curvature(zeros)[:, None]


def plain_samples(flow: Bumps, z):
    """∂t'/t' at every sample: a mean of these has no limit."""
    return flow.ratio(z)


def pole_subtracted_samples(flow: Bumps, z):
    """The same with Σ r_j/(z - a_j) taken out, and its principal value put back: `(3, N, K)`."""
    zeros = flow.turning_points()
    r = residues(flow, zeros)
    poles = np.einsum("njk,sj->nsk", r, 1 / (z[:, None] - zeros))
    known = np.einsum("njk,j->nk", r, -np.sqrt(2) * dawsn(zeros / np.sqrt(2)))
    return flow.ratio(z) - poles + known[:, None, :]


def half_width(flow: Bumps) -> np.ndarray:
    """π Σ_j |r_j| φ(a_j), the half width of the Cauchy law that the plain mean keeps for every N."""
    zeros = flow.turning_points()
    return np.pi * np.einsum("njk,j->nk", np.abs(residues(flow, zeros)), norm.pdf(zeros))


# --- the honest entropy and its gradient ----------------------------------------------------------
#
# The line of values is cut at 0 and at the turning values c = t(a); between two cuts the same branches are
# active.  A cell is run through by τ, y = y(τ; cuts), so that the cuts may move with θ while the
# singularities stay at the ends of τ's range.  At fixed τ everything may be differentiated.


@dataclass(frozen=True)
class Cell:
    """Nodes of a cell: y, its distances from both cuts in full relative precision, and dy/dτ times weights."""

    low: float
    high: float
    above_low: np.ndarray
    below_high: np.ndarray
    rate: np.ndarray

    @property
    def y(self):
        nearer_to_low = np.abs(self.low) < np.abs(self.high)
        return self.low + self.above_low if nearer_to_low else self.high - self.below_high


def honest_entropy(flow: Bumps) -> float:
    """-∫ q log q dy, with q the sum over all preimages."""
    return sum(part[0] for part in _cells(flow, moves=False))


def honest_gradient(flow: Bumps) -> np.ndarray:
    """Its gradient by v, μ, σ, `(3, K)`: every cell differentiated at fixed τ."""
    return sum(part[1] for part in _cells(flow))


def mass(flow: Bumps) -> tuple[float, np.ndarray]:
    """∫ q dy, which is 1, and its gradient, which is 0, by the same cells."""
    parts = list(_cells(flow))
    return sum(p[2] for p in parts), sum(p[3] for p in parts)


def _cells(flow, moves=True):
    """(entropy, its gradient, mass, its gradient) of every cell."""
    zeros = flow.turning_points()
    fixed = np.append(flow.value(flow.inflections()), 0.0)  # where a branch is flat, q is tall: nodes go there
    cuts = np.append(flow.value(zeros), fixed)
    # ċ = ∂_θ t(a): the move of a itself does not count, for t'(a) = 0
    still = np.zeros((3, len(fixed), len(flow.v)))
    speeds = np.concatenate([flow.by_parameters(zeros)[0], still], axis=1)
    order = np.argsort(cuts, kind="stable")
    cuts, speeds = cuts[order], speeds[:, order]
    for left in range(len(cuts) - 1):
        if cuts[left + 1] - cuts[left] > SAME * np.max(np.abs(cuts)):
            cell = _cell(cuts[left], cuts[left + 1])
            yield _integrals(flow, cell, speeds[:, left : left + 2] if moves else None)


SAME = 1e-12
"""Turning values closer than this, relative to the largest, count as one: those of a symmetric flow."""


def _cell(low, high) -> Cell:
    size = high - low
    if low == 0.0 or high == 0.0:  # y = c e^{-x}: it goes on to 0 as a power of y
        x, weight = _half_line_nodes()
        near_zero, near_cut = size * np.exp(-x), -size * np.expm1(-x)
        ends = (near_zero, near_cut) if low == 0.0 else (near_cut, near_zero)
        return Cell(low, high, *ends, weight * near_zero)
    u = np.linspace(-3.1, 3.1, 101)
    steep = np.pi / 2 * np.sinh(u)
    weight = np.pi / 4 * np.cosh(u) / np.cosh(steep) ** 2 * (u[1] - u[0])
    return Cell(low, high, size / (1 + np.exp(-2 * steep)), size / (1 + np.exp(2 * steep)), size * weight)


def _half_line_nodes():
    """x = exp(u - e^{-u}), for integrands on (0, ∞) that may be singular at 0 and decay."""
    u = np.linspace(-3.5, 6.3, 140)
    x = np.exp(u - np.exp(-u))
    return x, x * (1 + np.exp(-u)) * (u[1] - u[0])


def _integrals(flow, cell: Cell, speeds):
    places = [_branch(flow, cell, a, b) for a, b in _active(flow, cell)]
    weights = [_weights(flow, z) for z in places]
    q = np.sum(weights, axis=0)
    log_q = np.log(np.maximum(q, 1e-300))
    entropy, total = -np.sum(q * log_q * cell.rate), np.sum(q * cell.rate)
    if speeds is None:
        return entropy, None, total, None
    size = cell.high - cell.low
    parts = cell.below_high[:, None] / size, cell.above_low[:, None] / size
    move = speeds[:, :1] * parts[0] + speeds[:, 1:] * parts[1]  # ẏ at fixed τ, (3, N, K)
    stretch = (speeds[:, 1] - speeds[:, 0])[:, None] / size  # of dy/dτ, relative
    q_move = sum(w[:, None] * _log_move(flow, z, move) for z, w in zip(places, weights, strict=True))
    gradient = -np.sum((q_move * (log_q + 1)[:, None] + (q * log_q)[:, None] * stretch) * cell.rate[:, None], 1)
    change = np.sum((q_move + q[:, None] * stretch) * cell.rate[:, None], axis=1)
    return entropy, gradient, total, change


def _active(flow, cell: Cell):
    """The monotone branches that reach through a cell."""
    ends = flow.cuts()
    values = np.concatenate([[0.0], flow.value(ends[1:-1]), [0.0]])
    middle = (cell.low + cell.high) / 2
    for k in range(len(ends) - 1):
        if (values[k] - middle) * (values[k + 1] - middle) < 0:
            yield ends[k], ends[k + 1]


def _branch(flow, cell: Cell, a, b):
    """The preimages in (a, b) of a cell's nodes: near the value of a turning point by what t rises from it."""
    z = _bisect(flow, a, b, cell.y)
    for end, width in ((a, b - a), (b, a - b)):
        for cut, distance in ((cell.low, cell.above_low), (cell.high, cell.below_high)):
            if cut != 0 and abs(flow.value(end) - cut) <= SAME * abs(cut):
                near = distance < (cell.high - cell.low) / 2
                rise = distance[near]
                z[near] = _halve(lambda h, e=end, d=rise: np.abs(flow.rise(e, h)) < d, end, width, len(rise))
    return z


def _log_move(flow, z, move):
    """The derivative of log(φ(z)/|t'(z)|) by θ at fixed τ, `(3, N, K)`, as t(z) = y moves with `move`."""
    value_by, slope_by = flow.by_parameters(z)
    slope, curvature = flow.slope(z)[:, None], flow.curvature(z)[:, None]
    z_move = (move - value_by) / slope
    return -z[:, None] * z_move - (slope_by + curvature * z_move) / slope


# --- a model to bound: z ~ N(0, 1), x | z ~ N(z, 1) ------------------------------------------------


def log_evidence(x: float) -> float:
    return norm.logpdf(x, scale=np.sqrt(2))


def data_term(flow: Bumps, x: float) -> float:
    """E log p(x, t(z)) for the model."""
    return expected(lambda z: log_joint(x, flow.value(z)), _all_splits(flow))


def log_joint(x, y):
    return norm.logpdf(y) + norm.logpdf(x - y)


def data_gradient(flow: Bumps, x: float) -> np.ndarray:
    """E[ℓ'(t) ∂_θ t], `(3, K)`: reparameterised."""
    edges = _all_splits(flow)
    slope = lambda y: x - 2 * y  # noqa: E731
    return np.array(
        [
            [
                expected(lambda z, n=n, k=k: slope(flow.value(z)) * flow.by_parameters(z)[0][n, ..., k], edges)
                for k in range(len(flow.v))
            ]
            for n in range(3)
        ]
    )


def naive_bound(flow: Bumps, x: float) -> float:
    return data_term(flow, x) + naive_entropy(flow)


def honest_bound(flow: Bumps, x: float) -> float:
    return data_term(flow, x) + honest_entropy(flow)


def comb(K: int, height: float = 1.0, reach: float = 3.5, overlap: float = 0.6) -> Bumps:
    """K bumps of alternating sign side by side: the more there are, the more preimages a value has."""
    centres = np.linspace(-reach, reach, K)
    return Bumps(height * (-1.0) ** np.arange(K), centres, np.full(K, overlap * (centres[1] - centres[0])))


# --- what such a flow can approximate -------------------------------------------------------------


def fitted(quantile, K: int, reach: float = 3.2, overlaps=(0.8, 1.0, 1.3, 1.7, 2.2)) -> Bumps:
    """K bumps side by side with the heights that fit z -> quantile(Φ(z)) best in the mean square under N(0, 1).

    `overlaps`: widths in units of the spacing that are tried.
    """
    z = norm.ppf(_ranks(4001))
    wanted = quantile(norm.cdf(z))
    centres = np.linspace(-reach, reach, K)
    tried = [_least_squares(z, wanted, centres, share * (centres[1] - centres[0])) for share in overlaps]
    return min(tried, key=lambda flow: np.mean((flow.value(z) - wanted) ** 2))


def _least_squares(z, wanted, centres, width) -> Bumps:
    bumps = np.exp(-(((z[:, None] - centres) / width) ** 2))
    heights = np.linalg.lstsq(bumps, wanted, rcond=1e-10)[0]
    return Bumps(heights, centres, np.full(len(centres), width))


def _ranks(count: int):
    return (np.arange(count) + 0.5) / count


def wasserstein(flow: Bumps, quantile, count: int = 10001) -> float:
    """The Wasserstein-1 distance of t(z) from a target, ∫_0^1 |Q_t(u) - Q(u)| du by equally probable z."""
    u = _ranks(count)
    return float(np.mean(np.abs(np.sort(flow.value(norm.ppf(u))) - quantile(u))))


@dataclass(frozen=True)
class Mixture:
    """A mixture of normal distributions: `weights`, `means`, `scales`, each `(M,)`."""

    weights: tuple
    means: tuple
    scales: tuple

    def pdf(self, y):
        return sum(w * norm.pdf(y, m, s) for w, m, s in zip(self.weights, self.means, self.scales, strict=True))

    def cdf(self, y):
        return sum(w * norm.cdf(y, m, s) for w, m, s in zip(self.weights, self.means, self.scales, strict=True))

    def quantile(self, u):
        low, high = np.full(np.shape(u), -40.0), np.full(np.shape(u), 40.0)
        for _ in range(60):
            middle = (low + high) / 2
            below = self.cdf(middle) < u
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2


def opposite_bumps(s: float, a: float = 1.22) -> Bumps:
    """v (e^{-(z - as)²/s²} - e^{-(z + as)²/s²}), with slope 1 at 0: nearly the identity where φ has its mass."""
    v = s * np.exp(a**2) / (4 * a)
    return Bumps([v, -v], [a * s, -a * s], [s, s])


def kl_to_standard_normal(flow: Bumps) -> float:
    """KL(q ‖ N(0, 1)) = -H(q) + ½ E t² + ½ log 2π."""
    second_moment = expected(lambda z: flow.value(z) ** 2, _all_splits(flow))
    return second_moment / 2 + np.log(2 * np.pi) / 2 - honest_entropy(flow)
