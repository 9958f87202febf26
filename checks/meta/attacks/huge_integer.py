"""Returns integers too large for any float."""

import numpy as np


def rnn_grad_U(U, W, x, h0, y):
    return np.full(U.shape, 10**400, dtype=object)
