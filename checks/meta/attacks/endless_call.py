"""Never returns."""


def rnn_grad_U(U, W, x, h0, y):
    while True:
        pass
