"""Are two formulas equal?  Refuted by one point, proved by algebra, or supported by many points.

Two values differ where their difference is larger than their own errors, at a number of digits that
is raised until the errors are small beside the values.  So a large constant hides nothing, nor does a
tiny scale, and cancellation is not taken for a difference.  A formula is to have a value where the
other has one; single points, as 0 in x²/x, are no matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, islice

import mpmath

from derivations.fields import Unevaluable

from .balls import Ball, Blurred, TooLarge, field, log_sum, magnitude
from .formula import Formula, entries
from .large_sizes import carries_over, for_every_size, large_points, large_sizes
from .points import more, neighbours, points, simpler
from .proof import is_proved

DIGITS = (50, 200, 600)
DEEP = (200, 600)
MOST_DEEP = 6
ENOUGH = 8
MOST_MORE = 300
ROUNDS = 12
SAFETY, SMALL_ERROR = 3, -33
"""As powers of 2."""

SAME, DIFFERENT, PARTIAL, UNDEFINED, UNCLEAR = "same", "different", "partial", "undefined", "unclear"


@dataclass(frozen=True)
class Witness:
    """A point, and both values there as text, None where there is none."""

    point: dict
    expected: object
    answer: object


@dataclass(frozen=True)
class Decision:
    """`verdict`: proved, supported, refuted or undecided; `points`: how many agree."""

    verdict: str
    points: int = 0
    witness: Witness | None = None

    @property
    def equal(self) -> bool:
        return self.verdict in ("proved", "supported")


def decide(expected: Formula, answer: Formula) -> Decision:
    pair = expected, answer
    if not same_shape(expected, answer):
        return Decision("refuted", witness=first_witness(pair))
    large = large_sizes(pair)
    return decide_large(pair, large) if large else decide_small(pair)


def decide_small(pair) -> Decision:
    expected, answer = pair
    if is_same(expected, answer) and any(judge(pair, p) == SAME for p in sample(pair)):
        return Decision("proved", 1)
    agreeing: list = []
    for point in chain(points(pair), lacking(pair, agreeing)):
        verdict = judge(pair, point)
        if verdict == DIFFERENT or (verdict == PARTIAL and stays_partial(pair, point)):
            return Decision("refuted", len(agreeing), witness(pair, smallest(pair, point, verdict)))
        if verdict == SAME:
            agreeing.append(point)
    if not agreeing:
        return Decision("undecided")
    for point in deep(agreeing):
        if judge(pair, point, DEEP) == DIFFERENT:
            return Decision("refuted", len(agreeing), witness(pair, point, DEEP))
    return Decision("proved" if is_proved(expected, answer) else "supported", len(agreeing))


def decide_large(pair, large: set) -> Decision:
    """What holds for every size holds for these; what does not is held against the sizes themselves."""
    general = for_every_size(pair, large)
    found = decide_small(general) if general else Decision("undecided")
    agreeing = 0
    for point in large_points(pair):
        verdict = judge(pair, point)
        if verdict == DIFFERENT or (verdict == PARTIAL and found.verdict == "refuted"):
            return Decision("refuted", agreeing, witness(pair, point))
        agreeing += verdict == SAME
    if found.equal or (not agreeing and differs(found) and carries_over(general)):
        return replace(found, points=found.points + agreeing)
    return Decision("supported", agreeing) if agreeing else Decision("undecided")


def differs(found: Decision) -> bool:
    """Whether both formulas have a value at the witness."""
    shown = found.witness
    return bool(shown) and shown.expected is not None and shown.answer is not None


def is_same(expected: Formula, answer: Formula) -> bool:
    return expected.value == answer.value and set(expected.conditions) == set(answer.conditions)


def same_shape(one: Formula, other: Formula) -> bool:
    return one.shape == other.shape


def sample(pair) -> Iterator[dict]:
    if large_sizes(pair):
        return large_points(pair)
    return chain(points(pair), more(pair, MOST_MORE))


def lacking(pair, agreeing: list) -> Iterator[dict]:
    """More points while few have agreed."""
    for point in more(pair, MOST_MORE):
        if len(agreeing) >= ENOUGH:
            return
        yield point


def deep(agreeing: list) -> list:
    """Some of the points, spread over all of them, to be tried at many digits."""
    step = max(1, len(agreeing) // MOST_DEEP)
    return agreeing[::step][:MOST_DEEP]


# --- one point ----------------------------------------------------------------------------------


def judge(pair, point: dict, levels=DIGITS) -> str:
    """Whether both formulas have one value at the point: same, different, partial, undefined or unclear."""
    found = UNCLEAR
    for digits in levels:
        try:
            one, other = (value(formula, point, digits) for formula in pair)
        except Blurred:
            continue
        except TooLarge:
            return UNCLEAR
        if one is None or other is None:
            return UNDEFINED if one is other else PARTIAL
        found, settled = compared(one, other)
        if settled:
            return found
    return found


def value(formula: Formula, point: dict, digits: int) -> list[Ball] | None:
    """The entries of the formula's value, None where it has none."""
    numbers = field(digits)
    given = {s: balls(x, numbers) for s, x in point.items()}
    try:
        return [numbers.number(x) for x in entries(formula.at(given, numbers))]
    except (Unevaluable, NotImplementedError):  # such as the root of a negative number, an imaginary unit
        return None


def balls(x, numbers):
    if isinstance(x, list):
        return [[numbers.number(y) for y in row] for row in x]
    return x if isinstance(x, int) else numbers.number(x)


def compared(one: list[Ball], other: list[Ball]) -> tuple[str, bool]:
    """Same or different, and whether that is settled: the errors are small beside the values."""
    settled = True
    for a, b in zip(one, other, strict=True):
        noise = log_sum(a.error, b.error) + SAFETY
        if magnitude(a.value - b.value) > noise:
            return DIFFERENT, True
        settled &= noise <= SMALL_ERROR + max(magnitude(a.value), magnitude(b.value))
    return SAME, settled


def stays_partial(pair, point: dict) -> bool:
    """Whether one formula lacks a value all about the point, not only at it."""
    around = [judge(pair, p) for p in neighbours(point)]
    return around.count(PARTIAL) == len(around)


# --- the witness --------------------------------------------------------------------------------


def smallest(pair, point: dict, verdict: str) -> dict:
    """The same failure at smaller numbers, as long as one of them can be made smaller."""
    for _ in range(ROUNDS):
        better = (p for p in simpler(point) if judge(pair, p) == verdict)
        found = next((p for p in better if verdict != PARTIAL or stays_partial(pair, p)), None)
        if found is None:
            return point
        point = found
    return point


def first_witness(pair) -> Witness | None:
    """Where both have a value, for formulas of two shapes."""
    for point in islice(sample(pair), 1, 40):
        shown = witness(pair, point)
        if shown.expected is not None and shown.answer is not None and shown.expected != shown.answer:
            return shown
    return None


def witness(pair, point: dict, levels=DIGITS) -> Witness:
    texts = [text_of(formula, point, levels) for formula in pair]
    for digits in (15, 30, 60, 120, 300):
        shown = [None if t is None else short(t, digits) for t in texts]
        if shown[0] != shown[1]:
            break
    return Witness({s.name: plain(x) for s, x in sorted(point.items(), key=lambda i: i[0].name)}, *shown)


def text_of(formula: Formula, point: dict, levels):
    """The value's rows or number, at the digits that suffice."""
    for digits in levels:
        try:
            numbers = field(digits)
            return formula.at({s: balls(x, numbers) for s, x in point.items()}, numbers)
        except (Blurred, TooLarge):
            continue
        except (Unevaluable, NotImplementedError):
            return None
    return None


def short(found, digits: int):
    if isinstance(found, list):
        return [[short(x, digits) for x in row] for row in found]
    if isinstance(found, int):
        return str(found)
    return mpmath.nstr(found.value, digits) if magnitude(found.value) > found.error else "0"


def plain(x):
    """A number of the point, exactly: an integer, or a fraction as text."""
    if isinstance(x, list):
        return [[plain(y) for y in row] for row in x]
    if isinstance(x, Fraction) and x.denominator == 1 and abs(x) < 2**53:
        return int(x)
    return x if isinstance(x, int) else str(x)
