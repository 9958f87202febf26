"""Question 2 (a): exercises on what a mean field misses, and what an encoder can express."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

from .exercise import FormulaExercise, Situation
from .variational_claims import more_expressive

MOST_STEPS = 40
DIGITS = 120
"""Of which the comparison needs 80; where a function is least, its value has twice the digits of the place."""


def divergence(field, rho, logs):
    """KL(q ‖ p) for q = N(0, diag(e^{t_i})), p with unit variances and correlation rho.

    log q - log p is quadratic, so that its mean is that over four points, one standard deviation off.
    """
    context = field.context
    total = field.number(0)
    for signs in product((1, -1), repeat=2):
        x, y = (sign * context.exp(t / 2) for sign, t in zip(signs, logs, strict=True))
        log_q = -sum(logs) / 2 - 1
        log_p = -context.log(1 - rho**2) / 2 - (x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho**2))
        total += (log_q - log_p) / 4
    return total


def least_divergence(field, rho):
    """The smallest of all variances' divergences, by Newton's method with differences."""
    logs, step = [field.number(0)] * 2, field.context.mpf(10) ** -(field.context.dps // 4)
    for _ in range(MOST_STEPS):
        before = list(logs)
        for i in range(2):
            values = []
            for s in (-1, 0, 1):
                moved = list(logs)
                moved[i] = moved[i] + s * step
                values.append(divergence(field, rho, moved))
            below, here, above = values
            slope, bend = (above - below) / (2 * step), (above - 2 * here + below) / step**2
            logs[i] = logs[i] - max(-1, min(1, slope / bend))
        if all(abs(new - old) < step for new, old in zip(logs, before, strict=True)):
            break
    return divergence(field, rho, logs)


def gap_situations(field, random: Random) -> Iterator[Situation]:
    """Simple correlations, then random ones, none twice."""
    for share in dict.fromkeys((8, -8, 0, 4, 12, *random.sample(range(-15, 16), 12))):
        rho = field.number(share) / 16
        with field.context.workdps(DIGITS):
            least = least_divergence(field, rho)
        yield Situation({"rho": rho}, least)


gap = FormulaExercise(
    name="variational.gap",
    question="Q2a",
    title="What a mean field misses, for two variables",
    statement=r"""
A posterior of two variables is normal, with unit variances and the correlation $\rho$. A mean field, normal and
without correlation, is fitted to it by maximising the ELBO. Give the divergence
$\operatorname{KL}(q\,\|\,p)$ that is left, in terms of `rho`.
""".strip(),
    points=2,
    domain="rho between -1 and 1",
    hints=(
        "The best variances are where the gradient by each variance is 0. What is the posterior's precision?",
        "At the best variances most terms of the divergence cancel; two logarithms are left.",
    ),
    real=("rho",),
    situations=gap_situations,
    source="a search over all variances finds",
)

EXERCISES = (gap, more_expressive)
