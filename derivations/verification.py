"""Checking a chain: each line against the line before, by the rule and by numbers.

`compare` is the numeric road: it knows nothing of rules, only values of expressions in worlds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache

from sympy import Basic

from .chain import Derivation, Induction, Line, Mutant, Rule, Step, Verdict, is_same
from .context import Condition, DoesNotApply
from .domain import Symbolic, describe_world, ladder, show_value
from .evaluate import World, evaluate
from .expressions import is_zero
from .fields import Entries, Unevaluable
from .printing import text

POINTS = 8
SEED = 0
AGREEMENT_DIGITS = 40
SMALLEST_SCALE_DIGITS = 50


@dataclass(frozen=True)
class Evidence:
    """What the numbers said of one line.

    `points`: worlds in which both sides had a value; `nonzero`: of these, where it was not 0;
    `worst_residual`: the largest |a - b| / max(|a|, |b|, 1e-30); `counterexample`: the first, smallest
    world in which the line fails, with both values.
    """

    points: int = 0
    nonzero: int = 0
    worst_residual: float = 0.0
    seed: int = 0
    counterexample: str | None = None
    explicit_sizes: tuple[str, ...] = ()

    @property
    def refuted(self) -> bool:
        return self.counterexample is not None


@dataclass(frozen=True)
class CheckedLine:
    """A line with its verdict."""

    number: int
    line: Line
    step: Step | None
    verdict: Verdict | None
    evidence: Evidence
    conditions: tuple[Condition, ...] = ()
    problem: str = ""


def numbers_in(value) -> list:
    return [x for row in value for x in row] if isinstance(value, list) else [value]


def residual(a, b):
    """The largest entrywise |a - b| relative to the larger of the two values' largest entries."""
    a, b = numbers_in(a), numbers_in(b)
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values against {len(b)}")
    scale = max([abs(x) for x in (*a, *b)] + [10.0**-SMALLEST_SCALE_DIGITS])
    return max((abs(x - y) for x, y in zip(a, b, strict=True)), default=0) / scale


class Worlds:
    """The worlds of one chain, with the values already computed in them."""

    def __init__(self, chain: Derivation, generic: int, seed: int):
        self.seed = seed
        self.list = list(self._make(chain, generic, seed))
        self.values: dict = {}

    @staticmethod
    def _make(chain, generic, seed):
        for world, source in ladder(chain.domain, generic=generic, seed=seed):
            yield (
                world
                if chain.variable is None
                else chain.domain.with_direction(world, chain.variable, source)
            )

    def value(self, position: int, expression: Basic):
        key = (position, expression)
        if key not in self.values:
            try:
                self.values[key] = evaluate(expression, self.list[position])
            except Unevaluable as reason:
                self.values[key] = reason
        return self.values[key]


def compare(
    before: Basic, after: Basic, relation: str, worlds: Worlds, stop_at_first: bool = True
) -> Evidence:
    """Whether `before` relation `after` holds in every world, smallest first."""
    evidence = Evidence(seed=worlds.seed)
    for position, world in enumerate(worlds.list):
        a, b = worlds.value(position, before), worlds.value(position, after)
        if isinstance(a, Unevaluable):
            continue
        if isinstance(b, Unevaluable):
            found = f"{describe_world(world)}: {show_value(a)} before, and now no value ({b})"
            return replace(evidence, points=evidence.points + 1, counterexample=found)
        evidence = _with_point(evidence, a, b, relation, world)
        if evidence.refuted and stop_at_first:
            break
    return evidence


def _with_point(evidence: Evidence, a, b, relation: str, world: World) -> Evidence:
    off = RELATIONS[relation](a, b)
    nonzero = any(abs(x) > 10.0**-SMALLEST_SCALE_DIGITS for x in numbers_in(b))
    evidence = replace(
        evidence,
        points=evidence.points + 1,
        nonzero=evidence.nonzero + nonzero,
        worst_residual=max(evidence.worst_residual, float(off)),
    )
    if off <= 10.0**-AGREEMENT_DIGITS:
        return evidence
    found = f"{describe_world(world)}: {show_value(a)} {NOT[relation]} {show_value(b)}"
    return replace(evidence, counterexample=found)


def _excess(a, b):
    """How far a exceeds b, relative to their size."""
    return max(a - b, 0) / max(abs(a), abs(b), 10.0**-SMALLEST_SCALE_DIGITS)


RELATIONS = {"=": residual, "<=": _excess, ">=": lambda a, b: _excess(b, a)}
NOT = {"=": "≠", "<=": ">", ">=": "<"}


# --- checking a chain ---------------------------------------------------------------------------


def check(
    derivation: Derivation | Induction, points: int = POINTS, seed: int = SEED
) -> dict[str, tuple[CheckedLine, ...]]:
    """Every line, checked: part title -> lines.  `points`: random worlds beside the small ones."""
    return _check(derivation, points, seed)


@lru_cache(maxsize=256)
def _check(derivation, points, seed):
    return {title: check_chain(part, points, seed) for title, part in derivation.parts}


def check_chain(chain: Derivation, points: int = POINTS, seed: int = SEED) -> tuple[CheckedLine, ...]:
    worlds = Worlds(chain, points, seed)
    checked = [_first_line(chain, worlds)]
    for position, step in enumerate(chain.steps, 1):
        checked.append(check_step(chain, position, step, worlds))
    if chain.explicit:
        checked[-1] = _with_explicit_sizes(checked[-1], chain)
    return tuple(checked)


def _first_line(chain: Derivation, worlds: Worlds) -> CheckedLine:
    """The first line only says what is meant; it is held against its own left side."""
    line = chain.start
    evidence = compare(line.left, line.right, "=", worlds)
    return CheckedLine(1, line, None, Verdict.REFUTED if evidence.refuted else None, evidence)


def check_step(chain: Derivation, position: int, step: Step, worlds: Worlds) -> CheckedLine:
    """One line against the one before it, by the rule and by numbers."""
    before, line = chain.lines[position - 1], chain.lines[position]
    proved, conditions, problem = yields(step.by, before, line, chain)
    evidence = numeric_evidence(before, line, step.by, chain, worlds)
    verdict = _verdict(proved, evidence, enough=len(worlds.list) // 4, zero=says_zero(chain))
    return CheckedLine(position + 1, line, step, verdict, evidence, conditions, problem)


def says_zero(chain: Derivation) -> bool:
    """Whether the chain itself says that its value is 0, so that zeros are no sign of an empty check."""
    return any(is_zero(line.right) for line in chain.lines)


@cache
def is_proved(derivation: Derivation | Induction) -> bool:
    """Whether a derivation has steps and every one of them is proved."""
    parts = check(derivation).values()
    return all(len(part) > 1 and all(line.verdict is Verdict.PROVED for line in part[1:]) for part in parts)


def yields(
    rule: Rule, before: Line, line: Line, chain: Derivation
) -> tuple[bool, tuple[Condition, ...], str]:
    """Whether the rule turns `before` into `line`, the side conditions it discharged, and why not."""
    context = chain.context()
    try:
        made = rule.apply(before, context)
    except DoesNotApply as problem:
        return False, (), str(problem)
    unproved = [used.name for used in chain.uses if used.name in context.used and not is_proved(used)]
    if unproved:
        return False, tuple(context.conditions), f"{', '.join(unproved)} is not proved itself"
    same = made.left == line.left and made.relation == line.relation and is_same(made.right, line.right)
    return same, tuple(context.conditions), "" if same else f"the rule yields {text(made.right)}"


def numeric_evidence(before: Line, line: Line, rule: Rule, chain: Derivation, worlds: Worlds) -> Evidence:
    """The line against the one before it; where the left side changed, the line against its own left side."""
    if rule.limit is not None:
        return limit_evidence(before, line, worlds)
    reference = before.right if line.left == before.left else line.left
    return compare(reference, line.right, line.relation, worlds)


def limit_evidence(before: Line, line: Line, worlds: Worlds) -> Evidence:
    """before → line as the chain's variable goes off along its direction: the distance must shrink."""
    evidence = Evidence(seed=worlds.seed)
    for world in worlds.list:
        try:
            distances = [_distance(before.right, line.right, far) for far in _going_off(world)]
        except Unevaluable:
            continue
        evidence = replace(
            evidence,
            points=evidence.points + 1,
            nonzero=evidence.nonzero + (distances[0] != 0),
            worst_residual=max(evidence.worst_residual, float(distances[-1])),
        )
        if distances[-1] > max(10.0**-AGREEMENT_DIGITS, distances[0] / 10):
            found = f"{describe_world(world)}: still {show_value(distances[-1])} away a thousand steps out"
            return replace(evidence, counterexample=found)
    return evidence


def _going_off(world: World) -> list[World]:
    """The world with its variable 10, 100 and 1000 steps out along its direction, all else computed anew."""
    return [world.shifted(world.variable, world.direction, size) for size in (10, 100, 1000)]


def _distance(expression: Basic, target: Basic, world: World):
    return abs(evaluate(expression, world) - evaluate(target, world))


def _verdict(proved: bool, evidence: Evidence, enough: int, zero: bool) -> Verdict:
    """`enough`: the least number of points; `zero`: the chain says that its value is 0."""
    if evidence.refuted:
        return Verdict.REFUTED
    if evidence.points <= enough or (evidence.nonzero == 0 and not zero):
        return Verdict.UNDECIDED
    return Verdict.PROVED if proved else Verdict.SUPPORTED


def refute_mutant(chain: Derivation, position: int, mutant: Mutant, worlds: Worlds) -> Evidence | None:
    """The numbers' answer to a step with its rule falsified, all else frozen; None if the mutant misfits."""
    rule, before = chain.steps[position - 1].by, chain.lines[position - 1]
    try:
        wrong = rule.apply(before, chain.context(), mutant)
    except DoesNotApply:
        return None
    return numeric_evidence(before, wrong, rule, chain, worlds)


# --- proof at explicit sizes --------------------------------------------------------------------


def _with_explicit_sizes(checked: CheckedLine, chain: Derivation) -> CheckedLine:
    """The same check with the sizes at which both sides were proved equal entry by entry."""
    for sizes in chain.explicit:
        text = ", ".join(f"{symbol} = {value}" for symbol, value in sizes.items())
        if not entries_agree(checked.line, chain, sizes):
            evidence = replace(checked.evidence, counterexample=f"the entries differ at {text}")
            return replace(checked, evidence=evidence, verdict=Verdict.REFUTED)
        evidence = replace(checked.evidence, explicit_sizes=(*checked.evidence.explicit_sizes, text))
        checked = replace(checked, evidence=evidence)
    return checked


def entries_agree(line: Line, chain: Derivation, sizes) -> bool:
    """Whether both sides of a line have equal entries at the given sizes, every symbol left symbolic."""
    world = chain.domain.world(Symbolic(), sizes, Entries())
    left, right = evaluate(line.left, world), evaluate(line.right, world)
    return all((a - b).expand() == 0 for a, b in zip(numbers_in(left), numbers_in(right), strict=True))
