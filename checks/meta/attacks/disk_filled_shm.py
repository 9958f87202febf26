"""Fills the memory that is shared as files."""

import os


def rnn_grad_U(U, W, x, h0, y):
    with open(f"/dev/shm/filled-{os.getpid()}", "wb") as file:
        file.write(b"x" * (1 << 16))
    os.remove(f"/dev/shm/filled-{os.getpid()}")
    raise RuntimeError("ESCAPED: written")
