"""Writes to stderr without end."""

import sys


def rnn_grad_U(U, W, x, h0, y):
    while True:
        sys.stderr.write("right " * 10_000)
