"""Divergences of normal and of discrete distributions by quadrature, sums and a minimiser: no formula for them."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.stats import multivariate_normal


def divergence_by_quadrature(m, V, mu, precision, nodes=12):
    """KL(N(m, V) ‖ N(mu, precision⁻¹)): the mean under q of log q - log p, by a product Gauss-Hermite rule."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    grid = np.stack(np.meshgrid(*[points] * len(m), indexing="ij"), axis=-1).reshape(-1, len(m))
    weight = np.prod(np.stack(np.meshgrid(*[weights] * len(m), indexing="ij"), axis=-1), axis=-1).ravel()
    z = m + grid @ np.linalg.cholesky(V).T
    q, p = multivariate_normal(m, V), multivariate_normal(mu, np.linalg.inv(precision))
    return weight @ (q.logpdf(z) - p.logpdf(z)).ravel() / weight.sum()


def best_mean_field(mu, precision):
    """(means, variances, divergence) of the closest product of normal densities, found by a minimiser."""
    n = len(mu)

    def distance(theta):
        return divergence_by_quadrature(theta[:n], np.diag(np.exp(theta[n:])), mu, precision, nodes=3)

    found = minimize(distance, np.zeros(2 * n), method="BFGS", options={"gtol": 1e-8})
    return found.x[:n], np.exp(found.x[n:]), found.fun


def best_tied(x, a, tau):
    """The least total divergence of q(z_i) = N(c, w), one c and w for all i, found by a minimiser."""
    precision, means = 1 + a**2 / tau, a * x / (a**2 + tau)

    def total(theta):
        c, w = theta[0], np.exp(theta[1])
        each = [
            divergence_by_quadrature(np.array([c]), np.array([[w]]), np.array([mean]), np.array([[precision]]), 3)
            for mean in means
        ]
        return sum(each)

    return minimize(total, np.zeros(2), method="BFGS", options={"gtol": 1e-9}).fun
