"""Connects to a socket that has no place in the file system."""

import socket


def rnn_grad_U(U, W, x, h0, y):
    socket.socket(socket.AF_UNIX).connect(ABSTRACT)
    raise RuntimeError("ESCAPED: connected")
