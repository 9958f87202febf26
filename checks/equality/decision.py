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
from math import ceil, inf, log2

import mpmath
import sympy

from derivations.fields import Unevaluable

from .balls import Ball, Blurred, TooLarge, field, log_sum, magnitude
from .domains import inside
from .formula import Formula, entries
from .kinks import bumps, kinks, turning_points
from .large_sizes import carries_over, for_every_size, is_light, large_points, large_sizes, within_sizes
from .points import LARGEST_SIDE, more, neighbours, points, simpler
from .proof import is_proved

DIGITS = (50, 200, 600)
DEEP = (200, 600)
MOST_DEEP = 6
DEEPEST, SPARE_DIGITS, DEEPER = 3000, 60, (1, 2)
"""Digits, and by how much more of them than a part needs its square is seen as well."""
MOST_OPERATIONS = 100
NEAR_KINKS = (50, 200)
SLOW = (sympy.gamma, sympy.loggamma, sympy.polygamma, sympy.erfi, sympy.erfinv, sympy.Determinant, sympy.Inverse)
"""Functions that take long at thousands of digits."""
ENOUGH = 8
SPARSE = 3
MOST_MORE = 300
ROUNDS = 12
LONGEST_FRACTION = 1500
RADII = (Fraction(1, 2**10), Fraction(1, 2**40))
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
    for point, levels in everywhere(pair, agreeing):
        verdict = judge(pair, point, levels)
        if verdict == DIFFERENT or (verdict == PARTIAL and stays_partial(pair, point)):
            return Decision("refuted", len(agreeing), witness(pair, smallest(pair, point, verdict), levels))
        if verdict == SAME:
            agreeing.append(point)
    if not agreeing:
        return Decision("undecided")
    for point, levels in deep(pair, agreeing):
        if judge(pair, point, levels) == DIFFERENT:
            return Decision("refuted", len(agreeing), witness(pair, point, levels))
    return Decision("proved" if is_proved(expected, answer) else "supported", len(agreeing))


def decide_large(pair, large: set) -> Decision:
    """What holds for every size holds for these; what does not is held against the sizes themselves."""
    general = for_every_size(pair, large)
    if not general and max(large) <= LARGEST_SIDE:
        return decide_small(pair)
    found = decide_small(general) if general else Decision("undecided")
    agreeing: list = []
    for point, levels in at_the_sizes(pair, agreeing, thorough=not found.equal):
        verdict = judge(pair, point, levels)
        if verdict == DIFFERENT or (verdict == PARTIAL and found.verdict == "refuted"):
            return Decision("refuted", len(agreeing), witness(pair, point, levels))
        if verdict == SAME:
            agreeing.append(point)
    if found.equal or (differs(found) and carries_over(general)):
        return replace(found, points=found.points + len(agreeing))
    return Decision("supported", len(agreeing)) if agreeing else Decision("undecided")


def at_the_sizes(pair, agreeing: list, thorough: bool) -> Iterator[tuple[dict, tuple]]:
    """Points of the sizes themselves and their digits; as many as elsewhere if what holds in general says nothing."""
    for point in large_points(pair):
        yield point, DIGITS
    if thorough and agreeing and is_light(pair, agreeing[0]):
        sparse = agreeing[:SPARSE]
        for point, jump in turning_points(pair, sparse, kinks(pair)):
            yield point, DIGITS if jump else NEAR_KINKS
        yield from deep(pair, sparse)


def differs(found: Decision) -> bool:
    """Whether both formulas have a value at the witness, which is of no larger sizes."""
    shown = found.witness
    valued = bool(shown) and shown.expected is not None and shown.answer is not None
    return valued and within_sizes(shown.point)


def is_same(expected: Formula, answer: Formula) -> bool:
    return expected.value == answer.value and set(expected.conditions) == set(answer.conditions)


def same_shape(one: Formula, other: Formula) -> bool:
    return one.shape == other.shape


def sample(pair) -> Iterator[dict]:
    if large_sizes(pair):
        return large_points(pair)
    return chain(points(pair), more(pair, MOST_MORE))


def everywhere(pair, agreeing: list) -> Iterator[tuple[dict, tuple]]:
    """Points and their digits: anywhere, more while few have agreed, and about the kinks, at last about bumps.

    An irrational jump is met only at so many digits that what cannot be told from 0 is taken for it.
    """
    for point in chain(points(pair), lacking(pair, agreeing)):
        yield point, DIGITS
    for point, jump in turning_points(pair, agreeing, kinks(pair) if agreeing else [*kinks(pair), *bumps(pair)]):
        yield point, DIGITS if jump else NEAR_KINKS


def lacking(pair, agreeing: list) -> Iterator[dict]:
    """More points while few have agreed, first where all conditions hold."""
    if len(agreeing) < ENOUGH:
        yield from inside(pair)
    for point in more(pair, MOST_MORE):
        if len(agreeing) >= ENOUGH:
            return
        yield point


def deep(pair, agreeing: list) -> Iterator[tuple[dict, tuple]]:
    """Some of the points, spread over all of them, at many digits; at more where a sum swallows a part.

    What no number of digits shows at small numbers may be a narrow bump somewhere else.
    """
    step = max(1, len(agreeing) // MOST_DEEP)
    chosen = agreeing[::step][:MOST_DEEP]
    swallowed = []
    for point in chosen:
        forget_swallowed()
        yield point, DEEP
        swallowed.append(digits_to_see())
    deeper = sorted((digits, k) for k, digits in enumerate(swallowed) if DEEP[0] < digits <= DEEPEST)
    for factor, (digits, k) in zip(DEEPER[: min(map(how_many_deeper, pair))], deeper, strict=False):
        yield chosen[k], (min(factor * digits, DEEPEST),)
    if swallowed[0] > DEEPEST:
        yield from ((point, NEAR_KINKS) for point, _ in turning_points(pair, agreeing, bumps(pair)))


def forget_swallowed() -> None:
    for digits in DEEP:
        field(digits).swallowed = inf


def digits_to_see() -> int:
    """How many digits show the largest part that vanished in a sum; 0 if nothing did."""
    bits = min(field(digits).swallowed for digits in DEEP)
    return 0 if bits == inf else ceil(bits / log2(10)) + SPARE_DIGITS


def how_many_deeper(formula: Formula) -> int:
    if formula.value.has(*SLOW) or formula.value.count_ops() > MOST_OPERATIONS:
        return 0
    return 1 if formula.value.has(sympy.erf, sympy.erfc) else len(DEEPER)


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
    """Whether one formula lacks a value all about the point, however little, not only at it."""
    return any(all(judge(pair, p) == PARTIAL for p in neighbours(point, radius)) for radius in RADII)


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
    """A number of the point, exactly: an integer, or a fraction as text; of a long one so many digits."""
    if isinstance(x, list):
        return [[plain(y) for y in row] for row in x]
    if isinstance(x, Fraction) and x.denominator == 1 and abs(x) < 2**53:
        return int(x)
    if isinstance(x, Fraction) and x.denominator.bit_length() + x.numerator.bit_length() > LONGEST_FRACTION:
        return mpmath.nstr(field(DIGITS[0]).number(x).value, DIGITS[0]) + "…"
    return x if isinstance(x, int) else str(x)
