"""Prediction with a Gaussian process, k(a, b) = exp(-‖a - b‖²/2), without the block formula.

Two roads: one observation at a time, each a division by one variance; and the precision matrix of the
joint density.  Throughout: `X` (n, p), the training inputs; `y` (n,), their values; `Xs` (m, p), the test
inputs.  Arrays hold float64 or, as objects, mpmath numbers.
"""

from __future__ import annotations

import mpmath
import numpy as np


class RepeatedObservation(ValueError):
    """An observation whose variance, given those before it, is 0: its input is a repetition."""


def kernel(A, B):
    """k(a, b) for the rows a of `A`, `(n, p)`, and b of `B`, `(m, p)`: `(n, m)`, float64."""
    return np.exp(-np.sum((A[:, None, :] - B[None, :, :]) ** 2, axis=-1) / 2)


def exact_kernel(A, B, context):
    """The same in mpmath numbers of `context`."""
    A, B = exact(A, context), exact(B, context)
    squares = np.sum((A[:, None, :] - B[None, :, :]) ** 2, axis=-1)
    return np.vectorize(lambda square: context.exp(-square / 2), otypes=[object])(squares)


def exact(array, context):
    """The same numbers, as mpmath numbers of `context`."""
    return np.vectorize(context.mpf, otypes=[object])(np.asarray(array))


# --- one observation at a time ------------------------------------------------------------------


def condition_one_by_one(covariance, y):
    """Mean `(m,)` and covariance `(m, m)` of the last m of n + m Gaussian values, given the first n.

    `covariance`: joint, `(n + m, n + m)`; the joint mean is 0.  Each observation moves the mean by
    c (y_i - mean_i)/c_i and takes c cᵀ/c_i from the covariance, c being its column; dividing first
    leaves exactly 0 for a repetition.  Raises `RepeatedObservation`.
    """
    covariance, mean = covariance.copy(), np.zeros_like(covariance[0])
    for i, value in enumerate(y):
        column = covariance[:, i].copy()
        if not column[i] > 0:
            raise RepeatedObservation(f"observation {i} has variance {column[i]} given those before it")
        mean = mean + column * ((value - mean[i]) / column[i])
        covariance = covariance - np.multiply.outer(column, column / column[i])
    return mean[len(y) :], covariance[len(y) :, len(y) :]


def predict(X, y, Xs):
    """Predictive mean `(m,)` and covariance `(m, m)`, float64.  Raises `RepeatedObservation`."""
    everything = np.concatenate([X, Xs])
    return condition_one_by_one(kernel(everything, everything), y)


def predict_marginals(X, y, Xs):
    """Predictive mean and variance at each test input, both `(m,)`; many inputs cost no m x m matrix."""
    at_each = [predict(X, y, x[None, :]) for x in Xs]
    return np.array([mean[0] for mean, _ in at_each]), np.array([cov[0, 0] for _, cov in at_each])


# --- from the joint precision matrix ------------------------------------------------------------


def condition_by_precision(covariance, y, context):
    """The same as `condition_one_by_one` from the precision matrix P: mean -P_ss⁻¹ P_sy y, covariance P_ss⁻¹.

    The values to predict are seen through independent noise of variance 1: this leaves the mean as it is
    and adds the identity to the covariance, and P exists where a value to predict is one of the observed.
    """
    n, m = len(y), len(covariance) - len(y)
    noisy = np.array(covariance, dtype=object)
    noisy[n:, n:] += np.eye(m, dtype=int)
    precision = inverse(noisy, context)
    spread = inverse(precision[n:, n:], context)
    return -spread @ precision[n:, :n] @ y, spread - np.eye(m, dtype=int)


def inverse(matrix, context):
    """The inverse of an array of mpmath numbers; raises `ZeroDivisionError` for a singular one."""
    return np.array(context.inverse(context.matrix(matrix.tolist())).tolist(), dtype=object)


def eigenvalues(symmetric, context):
    """The eigenvalues, ascending, `(n,)`, of an array of mpmath numbers."""
    values = context.eigsy(context.matrix(symmetric.tolist()), eigvals_only=True)
    return np.array(list(values), dtype=object)


def exact_context(digits):
    """An mpmath context that computes with so many digits."""
    context = mpmath.MPContext()
    context.dps = digits
    return context
