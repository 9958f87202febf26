"""Aborts the interpreter."""

import os


def rnn_grad_U(U, W, x, h0, y):
    os.abort()
