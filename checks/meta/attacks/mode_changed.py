"""Takes the key away from its owner."""

import os


def rnn_grad_U(U, W, x, h0, y):
    os.chmod(KEY, 0)
    raise RuntimeError("ESCAPED: changed")
