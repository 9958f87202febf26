"""Catches everything and begins again."""


def rnn_grad_U(U, W, x, h0, y):
    while True:
        try:
            raise SystemExit
        except BaseException:
            continue
