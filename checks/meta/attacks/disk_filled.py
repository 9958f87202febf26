"""Fills the folder for temporary files."""

import tempfile


def rnn_grad_U(U, W, x, h0, y):
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * (1 << 16))
    raise RuntimeError("ESCAPED: written")
