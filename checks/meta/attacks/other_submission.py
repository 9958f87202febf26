"""Reads the submission of somebody else."""

import os


def rnn_grad_U(U, W, x, h0, y):
    names = os.listdir(FOLDER)
    raise RuntimeError(f"ESCAPED: {names}")
