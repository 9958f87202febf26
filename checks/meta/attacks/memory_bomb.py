"""Asks for all memory there is, and touches it."""


def rnn_grad_U(U, W, x, h0, y):
    held = []
    while True:
        held.append(b"x" * (1 << 26))
