"""Connects to a server on this machine."""

import socket


def rnn_grad_U(U, W, x, h0, y):
    socket.create_connection(("127.0.0.1", TCP), 1)
    raise RuntimeError("ESCAPED: connected")
