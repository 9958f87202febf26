"""Never returns, and ignores every signal that can be ignored."""

import signal


def rnn_grad_U(U, W, x, h0, y):
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass
