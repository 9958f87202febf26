"""Listens for connections."""

import socket


def rnn_grad_U(U, W, x, h0, y):
    socket.create_server(("127.0.0.1", 0))
    raise RuntimeError("ESCAPED: listening")
