"""Reports an error whose numbers have a hundred thousand digits."""

import os
import struct
import sys


def rnn_grad_U(U, W, x, h0, y):
    serve = sys._getframe(2).f_locals
    report = b'{"reason": "results", "position": ' + b"9" * 100_000 + b"}"
    os.write(serve["frames_out"], struct.pack(">IIc", len(report), serve["number"], b"E") + report)
    return U
