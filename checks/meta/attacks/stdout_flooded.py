"""Prints without end."""


def rnn_grad_U(U, W, x, h0, y):
    while True:
        print("right " * 10_000)
