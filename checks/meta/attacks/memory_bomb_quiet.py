"""Asks for all memory there is, and goes on as if nothing had been."""


def rnn_grad_U(U, W, x, h0, y):
    held = []
    try:
        while True:
            held.append(b"x" * (1 << 26))
    except MemoryError:
        taken = len(held) << 26
    del held
    if taken > 4 << 30:
        raise RuntimeError("ESCAPED: more than 4 GiB")
    return U * float("nan")
