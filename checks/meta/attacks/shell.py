"""Starts a shell."""

import os


def rnn_grad_U(U, W, x, h0, y):
    os.posix_spawn("/bin/sh", ["sh", "-c", "true"], {})
    raise RuntimeError("ESCAPED: a shell")
