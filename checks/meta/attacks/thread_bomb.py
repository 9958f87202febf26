"""Starts threads until there are no more."""

import threading
import time


def rnn_grad_U(U, W, x, h0, y):
    for _ in range(100_000):
        threading.Thread(target=time.sleep, args=(60,)).start()
    raise RuntimeError("ESCAPED: 100,000 threads")
