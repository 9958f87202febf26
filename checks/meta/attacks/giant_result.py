"""Returns 800 MB."""

import numpy as np


def rnn_grad_U(U, W, x, h0, y):
    return np.zeros((10_000, 10_000))
