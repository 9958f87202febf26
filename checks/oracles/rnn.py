"""A recurrent network run forward; its gradients by differences, its Jacobians multiplied out.

    z_t = W x_t + U h_t,   h_t = g(z_{t-1}),   ℒ = Σ_{t=1}^T L_t(h_t)

Arrays may hold float64, complex128 or, as objects, mpmath numbers: `g` and the losses decide which.
Throughout: `U` (n, n); `W` (n, m); `x` (T, m), the inputs x_0 … x_{T-1}; `h0` (n,); `g` maps an array
entry by entry; `losses(t, h_t)` is the loss at time t = 1 … T, a number.
"""

from __future__ import annotations

import numpy as np

TINY = 2.0**-600


def states(U, W, x, h0, g):
    """h_0 … h_T, `(T + 1, n)`."""
    h = [h0]
    for x_t in x:
        h.append(g(W @ x_t + U @ h[-1]))
    return np.stack(h)


def preactivations(U, W, x, h):
    """z_0 … z_{T-1}, `(T, n)`, from the states `h`, `(T + 1, n)`."""
    return x @ W.T + h[:-1] @ U.T


def loss(U, W, x, h0, g, losses):
    """ℒ, a number."""
    h = states(U, W, x, h0, g)
    return sum(losses(t, h[t]) for t in range(1, len(h)))


def later_losses(h_t, t, U, W, x, g, losses):
    """Σ_{s=t}^T L_s(h_s), a number, of a network put into the state `h_t`, `(n,)`, at time t >= 1."""
    h = states(U, W, x[t:], h_t, g)
    return sum(losses(t + i, state) for i, state in enumerate(h))


# --- derivatives that know no rule --------------------------------------------------------------


def derivative_by_complex_step(function, at):
    """The derivatives of `function` by each entry of the float64 array `at`, `at.shape + value.shape`.

    Im f(x + iε)/ε cancels nothing, so ε = 2**-600 leaves rounding as the only error (Squire & Trapp 1998).
    `function` must be analytic and take complex128.
    """
    return _entry_by_entry(lambda unit: np.imag(function(at + 1j * TINY * unit)) / TINY, at)


def derivative_by_differences(function, at, step):
    """The same by central differences, for an array of mpmath numbers; the error is O(step²)."""
    return _entry_by_entry(
        lambda unit: (function(at + step * unit) - function(at - step * unit)) / (2 * step), at
    )


def _entry_by_entry(along, at):
    units = np.eye(at.size, dtype=int).reshape(at.size, *at.shape)
    slopes = np.array([along(unit) for unit in units])
    return slopes.reshape(at.shape + slopes.shape[1:])


def slopes_by_differences(g, z, step):
    """g'(z), of z's shape."""
    return (g(z + step) - g(z - step)) / (2 * step)


# --- the double sum, term by term ---------------------------------------------------------------


def jacobian_product(U, slopes, k, t):
    """∂h_t/∂h_k, `(n, n)`: the product of diag(g'(z_j)) U, j falling from t - 1 to k, multiplied out.

    `slopes`: g'(z_0) … g'(z_{T-1}), `(T, n)`.
    """
    total = np.eye(len(U), dtype=U.dtype)
    for j in range(k, t):
        total = slopes[j][:, None] * (U @ total)
    return total


def terms(U, slopes, h, loss_gradients):
    """What the weights used at time k contribute through the loss at time t, `(T, T, n, n)`.

    Entry [t - 1, k - 1], k <= t, is D_{k-1} (∂h_t/∂h_k)ᵀ ∇L_t h_{k-1}ᵀ; those with k > t are 0.  Every
    Jacobian is multiplied out anew, in O(T³) products.  `slopes` (T, n); `h` (T + 1, n), the states for
    the gradient by U, the inputs for that by W; `loss_gradients` (T, n), row t - 1 for ∇L_t(h_t).
    """
    T, n = slopes.shape
    found = np.zeros((T, T, n, h.shape[1]), dtype=slopes.dtype)
    for t in range(1, T + 1):
        for k in range(1, t + 1):
            back = jacobian_product(U, slopes, k, t).T @ loss_gradients[t - 1]
            found[t - 1, k - 1] = np.multiply.outer(slopes[k - 1] * back, h[k - 1])
    return found


def term_sizes(U, slopes, h, loss_gradients):
    """The Frobenius norms of the `terms`, `(T, T)`, float64."""
    return np.sqrt(np.sum(terms(U, slopes, h, loss_gradients).astype(float) ** 2, axis=(2, 3)))
