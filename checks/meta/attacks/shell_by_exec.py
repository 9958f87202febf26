"""Becomes a shell."""

import os


def rnn_grad_U(U, W, x, h0, y):
    os.execv("/bin/sh", ["sh", "-c", "echo ESCAPED >&2; exit 3"])
