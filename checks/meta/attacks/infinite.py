"""Returns infinity."""


def rnn_grad_U(U, W, x, h0, y):
    return U + float("inf")
