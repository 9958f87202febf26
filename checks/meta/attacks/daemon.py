"""Leaves a process behind, in a session of its own."""

import os
import time


def rnn_grad_U(U, W, x, h0, y):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    raise RuntimeError("ESCAPED: a daemon")
