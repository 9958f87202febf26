"""Removes the key."""

import os


def rnn_grad_U(U, W, x, h0, y):
    os.remove(KEY)
    raise RuntimeError("ESCAPED: removed")
