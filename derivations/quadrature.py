"""Integrals over the real line in numbers: the trapezoidal rule after a change of variables.

For an integrand that is analytic near the line and decays like a Gaussian the error of the rule falls
faster than any power of the step (Trefethen & Weideman 2014); integrable singularities are moved to
infinity by a double exponential (Takahasi & Mori 1974); smooth
pieces go by Fejér's rule.  A simple pole lies in the middle between two
nodes, so that its two sides cancel as the principal value says.  Each sum is refined, the step halved,
until two agree in 0.65 of the digits; the last is then about twice as good.  No rule of a derivation
is used, and no antiderivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

import mpmath

from .fields import Numbers, Unevaluable

LEVELS = 10
MARGIN = 8
"""How far beyond the bulk of a standard normal density its products with shifts and powers still count."""


def reach(digits: int) -> float:
    """Where φ has fallen below 10^-digits, and a margin."""
    return (2 * digits * 2.302585) ** 0.5 + MARGIN


def closest(digits: int) -> float:
    """How close nodes come to an end, as -log: some digits short of where they would be rounded into it."""
    return 2.302585 * (digits - 8)


def over_reals(f: Callable, field: Numbers, places: Sequence = ()):
    """∫ f over the real line; f is smooth but for integrable singularities at `places`."""
    if not places:
        return _even_nodes(f, field, field.number(0), nested=True)
    places = sorted(set(places))
    left = _half_line(lambda s: f(places[0] - s), field)
    right = _half_line(lambda s: f(places[-1] + s), field)
    return left + right + sum(between(f, a, b, field) for a, b in pairwise(places))


def principal_value(f: Callable, field: Numbers, poles: Sequence):
    """The principal value of ∫ f over the real line; f is smooth but for simple poles at `poles`."""
    poles = sorted(set(poles))
    if len(poles) == 1:
        return _even_nodes(f, field, poles[0], nested=False)
    radius = min(b - a for a, b in pairwise(poles)) / 2
    near = sum(_folded(f, pole, radius, field) for pole in poles)
    gaps = sum(_smooth(f, a + radius, b - radius, field) for a, b in pairwise(poles) if b - a > 2 * radius)
    left = _half_line(lambda s: f(poles[0] - radius - s), field)
    right = _half_line(lambda s: f(poles[-1] + radius + s), field)
    return near + gaps + left + right


def between(f: Callable, a, b, field: Numbers):
    """∫ f from a to b; integrable singularities at the ends do no harm."""

    def new_terms(level):
        nodes = _tanh_sinh(field.context.dps, level)
        return sum(weight * f(a + (b - a) * q) for q, weight in nodes)

    return (b - a) * _refined(new_terms, field)


# --- one rule each ------------------------------------------------------------------------------


def _even_nodes(f, field, centre, nested: bool):
    """The trapezoidal rule on the line; `nested`: with a node at the centre, else with none nearest to it."""
    digits = field.context.dps
    edge = field.number(reach(digits)) + abs(centre)
    if max(abs(f(edge)), abs(f(-edge))) > field.context.mpf(10) ** (10 - digits):
        raise Unevaluable("an integrand that does not decay")

    def halves(step):
        count = int(edge / step) + 1
        return [centre + sign * (k + field.number(1) / 2) * step for k in range(count) for sign in (1, -1)]

    if nested:
        return _refined(lambda level: _nested_terms(f, field, edge, level), field)
    steps = (field.number(1) / 2**level for level in range(2, LEVELS))
    return _settled((step * sum(map(f, halves(step))) for step in steps), field)


def _nested_terms(f, field, edge, level):
    """The nodes that are new at this level: every multiple of the step, then the odd ones."""
    step = field.number(1) / 2 ** (level + 1)
    count = int(edge / step)
    wanted = range(-count, count + 1) if level == 0 else [k for k in range(-count, count + 1) if k % 2]
    return step * sum(f(k * step) for k in wanted)


def _half_line(f, field):
    """∫ f(s) ds from 0 to ∞."""

    def new_terms(level):
        return sum(weight * f(s) for s, weight in _exp_exp(field.context.dps, level))

    return _refined(new_terms, field)


def _smooth(f, a, b, field):
    """∫ f from a to b, for an f that is analytic beyond both ends, by Fejér's rule: no node is at an end."""
    digits = field.context.dps

    def total(level):
        return (b - a) * sum(weight * f(a + (b - a) * q) for q, weight in _fejer(digits, 2**level))

    return _settled(map(total, range(4, LEVELS)), field)


def _folded(f, pole, radius, field):
    """The two sides of a pole together: smooth, and no node comes close to the pole."""
    return _smooth(lambda s: f(pole + s) + f(pole - s), field.number(0), radius, field)


# --- nodes, refinement --------------------------------------------------------------------------


def _refined(new_terms: Callable, field):
    """T_0, T_1 = T_0/2 + new terms, …: until they settle.  The weights of `new_terms` hold the step."""

    def sums():
        total = None
        for level in range(LEVELS):
            total = new_terms(level) + (0 if total is None else total / 2)
            yield total

    return _settled(sums(), field)


def _settled(sums, field):
    """The first sum that agrees with the one before it in 0.65 of the digits."""
    before = None
    for total in sums:
        if before is not None:
            off = abs(total - before)
            if off <= field.context.mpf(10) ** (-0.65 * field.context.dps) * max(1, abs(total)):
                return total
        before = total
    raise Unevaluable("a quadrature that does not settle")


@lru_cache(maxsize=64)
def _exp_exp(digits: int, level: int) -> tuple:
    """Nodes s = exp(u - e^{-u}) of the half line and their weights, those that are new at this level."""
    ctx = _context(digits)
    low, high = -ctx.ln(closest(digits)), ctx.ln(reach(digits) + MARGIN)
    table = []
    for u, step in _steps(ctx, low, high, level):
        s = ctx.exp(u - ctx.exp(-u))
        table.append((s, step * s * (1 + ctx.exp(-u))))
    return tuple(table)


@lru_cache(maxsize=64)
def _tanh_sinh(digits: int, level: int) -> tuple:
    """Nodes q = (1 + tanh(π/2 sinh u))/2 of (0, 1) and their weights, those that are new at this level."""
    ctx = _context(digits)
    end = ctx.asinh(closest(digits) / ctx.pi)
    table = []
    for u, step in _steps(ctx, -end, end, level):
        steep = ctx.pi / 2 * ctx.sinh(u)
        table.append((1 / (1 + ctx.exp(-2 * steep)), step * ctx.pi / 4 * ctx.cosh(u) / ctx.cosh(steep) ** 2))
    return tuple(table)


@lru_cache(maxsize=16)
def _fejer(digits: int, count: int) -> tuple:
    """Fejér's first rule on (0, 1): nodes sin²(θ/2), θ in the middle of `count` equal parts of (0, π)."""
    ctx = _context(digits)
    cosines = [ctx.cos(ctx.pi * k / count) for k in range(2 * count)]
    table = []
    for odd in range(1, 2 * count, 2):
        terms = (cosines[(odd * j) % (2 * count)] / (4 * j * j - 1) for j in range(1, count // 2 + 1))
        table.append((ctx.sin(ctx.pi * odd / (4 * count)) ** 2, (1 - 2 * sum(terms)) / count))
    return tuple(table)


def _steps(ctx, low, high, level: int):
    """(u, step) for the multiples of the step 2^-(level+2) in the range that are new at this level."""
    step = ctx.mpf(1) / 2 ** (level + 2)
    for k in range(int(ctx.ceil(low / step)), int(ctx.floor(high / step)) + 1):
        if level == 0 or k % 2:
            yield k * step, step


def _context(digits: int):
    ctx = mpmath.MPContext()
    ctx.dps = digits
    return ctx
