"""Is a formula equal to what a problem demands?  For now by numbers only.

A formula is evaluated in situations that the problem yields, at many digits, and compared there with
the demanded value.  One clear difference refutes it, with that situation as witness.  Agreement in
all situations supports it; that is no proof, and the verdict does not call it one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Expr, MatrixSymbol

from derivations.evaluate import World, evaluate
from derivations.fields import Numbers, Unevaluable, combine

DIGITS = 60
LARGEST_ARGUMENT = 10**6


class BoundedNumbers(Numbers):
    """Real numbers for formulas that a stranger typed: towers of exponentials have no value here."""

    def call(self, function, *args):
        return self.real(super().call(function, *(self._bounded(x) for x in args)))

    def power(self, base, exponent):
        return super().power(base, self._bounded(exponent))

    def _bounded(self, x):
        if not self.context.isfinite(x) or abs(x) > LARGEST_ARGUMENT:
            raise Unevaluable("a number too large to go on with")
        return x


@dataclass(frozen=True)
class Comparison:
    """`verdict`: supported, refuted, or undecided where nothing could be evaluated.

    `points`: situations that agree; `witness`: the situation that does not, with `value` the formula's
    value there, None if it has none.
    """

    verdict: str
    points: int
    witness: object = None
    value: object = None


def compare(formula: Expr, situations: Iterable, field: Numbers) -> Comparison:
    """Hold a formula against situations (`values` by name, and `demanded`), the first difference decides."""
    points = 0
    for situation in situations:
        try:
            value = evaluate(formula, world(formula, situation, field))
        except Unevaluable:
            return Comparison("refuted", points, situation)
        if differ(value, situation.demanded, field):
            return Comparison("refuted", points, situation, value)
        points += 1
    return Comparison("supported" if points else "undecided", points)


def world(formula: Expr, situation, field: Numbers) -> World:
    """The situation's values for the symbols that occur in the formula, and its sizes."""
    given = {**situation.values, **situation.sizes}
    values = {s: given[s.name] for s in formula.free_symbols if s.name in given}
    for symbol in formula.atoms(MatrixSymbol):
        values |= {size: given[size.name] for size in symbol.shape if size.is_Symbol}
    return World(values, field=field)


def differ(a, b, field: Numbers) -> bool:
    """Whether two values differ by more than the last of `DIGITS` digits of the largest entry, or 10**-80."""
    gaps = flat(combine(lambda x, y: abs(x - y), a, b))
    scale = max(abs(x) for x in (*flat(a), *flat(b)))
    ten = field.context.mpf(10)
    return max(gaps) > scale * ten**-DIGITS + ten**-80


def flat(value) -> list:
    return [x for row in value for x in row] if isinstance(value, list) else [value]
