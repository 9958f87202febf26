"""Connects to a server elsewhere."""

import socket


def rnn_grad_U(U, W, x, h0, y):
    socket.create_connection(("192.0.2.1", 80), 1)
    raise RuntimeError("ESCAPED: connected")
