"""Products of Jacobians by NumPy: multiplied out, held against singular values and eigenvalues of U.

A product of l Jacobians is diag(d_l) U … diag(d_1) U.  Throughout: `U` (n, n); `slopes` (l, n), rows d_i.
"""

from __future__ import annotations

import itertools

import numpy as np


def singular_values(matrix):
    """Descending."""
    return np.linalg.svd(matrix, compute_uv=False)


def moduli(matrix):
    """The moduli of the eigenvalues, descending."""
    return np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1]


def products(U, slopes):
    """The products of 0, 1, …, l Jacobians, `(l + 1, n, n)`."""
    found = [np.eye(len(U))]
    for d in slopes:
        found.append(d[:, None] * (U @ found[-1]))
    return np.array(found)


def log_stretches(U, slopes):
    """log10 of the largest and of the smallest singular value of `products`, `(l + 1, 2)`.

    Each product is scaled to norm 1 before it grows on, so that nothing overflows.  The smallest comes from
    the inverses: U must be regular and no slope 0.
    """
    largest = _log_norms([d[:, None] * U for d in slopes])
    smallest = -_log_norms([np.linalg.inv(d[:, None] * U).T for d in slopes])
    return np.stack([largest, smallest], axis=1)


def _log_norms(factors):
    product, logs = np.eye(len(factors[0])), [0.0]
    total = 0.0
    for factor in factors:
        product = factor @ product
        size = np.linalg.norm(product, 2)
        product, total = product / size, total + np.log10(size)
        logs.append(total)
    return np.array(logs)


# --- the autonomous network z' = U tanh(z) + b ----------------------------------------------------

SETTLE = 1000


def lyapunov_exponent(U, b, steps):
    """The mean growth of a tangent vector, a step, as a logarithm: that of a product of Jacobians on the orbit."""
    z, total = np.zeros(len(b)), 0.0
    v = np.ones(len(b)) / np.sqrt(len(b))
    for step in range(SETTLE + steps):
        squashed = np.tanh(z)
        v = U @ ((1 - squashed**2) * v)
        z = U @ squashed + b
        size = np.sqrt(v @ v)
        v = v / size
        total += np.log(size) * (step >= SETTLE)
    return total / steps


def separation_exponent(U, b, steps, distance=1e-8):
    """The same from two orbits: how fast they part, one of them drawn close again after each step.

    No derivative is taken (Benettin, Galgani & Strelcyn 1976).
    """
    z, total = np.zeros(len(b)), 0.0
    near = z + distance / np.sqrt(len(b))
    for step in range(SETTLE + steps):
        z, near = U @ np.tanh(z) + b, U @ np.tanh(near) + b
        apart = near - z
        size = np.sqrt(apart @ apart)
        near = z + apart * (distance / size)
        total += np.log(size / distance) * (step >= SETTLE)
    return total / steps


# --- a search for weights with which the reading with eigenvalues fails ---------------------------


def integer_weights(largest):
    """All 2x2 matrices of integers up to `largest` in modulus, the smallest first, `(N, 2, 2)`."""
    entries = np.array(list(itertools.product(range(-largest, largest + 1), repeat=4)))
    size = np.abs(entries).sum(axis=1)
    return entries[np.argsort(size, kind="stable")].reshape(-1, 2, 2)


def growing_though_radius_is_small(slopes, largest=8):
    """Weights whose eigenvalues have modulus < 1/max(slopes), and whose Jacobian has one of modulus > 1.

    With the same `slopes`, `(2,)`, at every step the product then grows like a power.  The product and the
    sum of the eigenvalues decide, determinant and trace: no root is taken of a defective matrix.
    """
    U, slopes = integer_weights(largest), np.asarray(slopes, float)
    inside = _inside(U, 1 / slopes.max())
    return U[inside & ~_inside_or_on(slopes[:, None] * U, 1.0)]


def shrinking_though_eigenvalues_are_large(slopes, largest=8):
    """Weights with real eigenvalues > 1/min(slopes), and a left eigenvector that the Jacobian shrinks."""
    U, slopes = integer_weights(largest), np.asarray(slopes, float)
    trace, determinant = _invariants(U)
    bound = 1 / slopes.min()
    real = trace**2 >= 4 * determinant
    above = (trace > 2 * bound) & (determinant - bound * trace + bound**2 > 0)
    T, D = _invariants(slopes[:, None] * U)
    below_one = (T > 0) & (1 - T + D < 0) & (D > 0)
    return U[real & above & below_one]


def _invariants(U):
    return U[:, 0, 0] + U[:, 1, 1], U[:, 0, 0] * U[:, 1, 1] - U[:, 0, 1] * U[:, 1, 0]


def _inside(U, radius):
    """Whether both eigenvalues lie within the circle: Jury's criterion."""
    trace, determinant = _invariants(U)
    return (np.abs(determinant) < radius**2) & (np.abs(trace) * radius < radius**2 + determinant)


def _inside_or_on(U, radius):
    trace, determinant = _invariants(U)
    return (np.abs(determinant) <= radius**2) & (np.abs(trace) * radius <= radius**2 + determinant)
