"""A derivation: a chain of lines, each with its reason, each checked twice.

A `Rule` turns a line into the next.  `check` verifies every line by two roads: the rule, applied to
the line before, yields this line (symbolically, for every size); and, calling no rule, both lines
have the same value in many worlds (`derivations.domain.ladder`).  Verdicts say which roads held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from sympy import Basic, Dummy, Expr, Integer, Rational, Symbol, Tuple, simplify
from sympy.matrices.expressions import OneMatrix

from .context import Context, DoesNotApply
from .domain import Declaration, Domain, Equation, Inequality
from .expressions import (
    Binder,
    Gradient,
    IndexSum,
    Jacobian,
    add,
    is_matrix,
    is_zero,
    open_binder,
    rebuild,
    reclose,
    remake,
    scale,
    substitute,
)
from .printing import text


class Verdict(StrEnum):
    PROVED = "PROVED"
    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    UNDECIDED = "UNDECIDED"


class DerivationError(ValueError):
    """A chain that cannot be followed: a rule that does not apply to the line before it."""


@dataclass(frozen=True)
class Line:
    """left = right (or <=, >=, →)."""

    left: Basic
    right: Basic
    relation: str = "="


# --- mutants: how a rule's result is falsified --------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """Falsifies a rule's replacement: (matched subterm, replacement) -> a wrong replacement, or None."""

    name: str
    falsify: Callable[[Basic, Basic], Basic | None]


def _scaled(factor: Rational) -> Callable:
    def falsify(matched, result):
        return _ones(result) if is_zero(result) else scale(factor, result)

    return falsify


def _ones(zero: Basic) -> Basic:
    return OneMatrix(*zero.shape) if is_matrix(zero) else Integer(1)


def _shorter(end: str) -> Callable:
    """A sum over an index that loses its first or its last term."""

    def falsify(matched, result):
        if not isinstance(result, Binder):
            return None
        body, index = open_binder(result)
        limits = {"lower": result.lower + 1} if end == "first" else {"upper": result.upper - 1}
        return reclose(result, body, index, **limits)

    return falsify


OFF_BY_A_THOUSANDTH = Mutant("result × 1001/1000 (a zero result: 1)", _scaled(Rational(1001, 1000)))
A_THOUSANDTH_ONLY = Mutant("result × 1/1000", _scaled(Rational(1, 1000)))
NOT_THE_LIMIT = Mutant("limit + 1/1000", lambda matched, result: add(result, Rational(1, 1000)))
PLUS_ONE = Mutant("result + 1 in every entry", lambda matched, result: add(result, _ones(result)))
BOUND_TOO_SMALL = Mutant("bound × 999/1000", _scaled(Rational(999, 1000)))
BOUND_TOO_LARGE = Mutant("bound × 1001/1000", _scaled(Rational(1001, 1000)))
FIRST_TERM_LOST = Mutant("lower limit + 1", _shorter("first"))
LAST_TERM_LOST = Mutant("upper limit - 1", _shorter("last"))


# --- rules --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A named rewriting of a subterm.

    `rewrite(subterm, context)` returns the replacement, or None where the rule does not match.  The
    first match (outermost, left to right) is rewritten, or every match if `everywhere`.  `reason` is
    the sentence beside the line.  A `trusted` rule is a theorem that is cited and not proved here.
    `limit` is the label of the symbol that grows, where the relation is →.
    """

    name: str
    reason: str
    source: str
    rewrite: Callable[[Basic, Context], Basic | None]
    everywhere: bool = False
    relation: str = "="
    trusted: bool = False
    mutants: tuple[Mutant, ...] = (OFF_BY_A_THOUSANDTH,)
    limit: str | None = None

    def apply(self, line: Line, context: Context, mutant: Mutant | None = None) -> Line:
        """The next line; raises `DoesNotApply`.  With a mutant, its first replacement is falsified."""
        new = self.attempt(line, context, mutant)
        if new is None:
            raise DoesNotApply(f"{self.name}: nothing to rewrite in {text(line.right)}")
        return new

    def attempt(self, line: Line, context: Context, mutant: Mutant | None = None) -> Line | None:
        """As `apply`, but None, and no message, where there is nothing to rewrite."""
        pass_ = _Rewriting(self, mutant)
        right = pass_.run(line.right, context)
        if not pass_.done:
            return None
        if self.relation in ("<=", ">="):
            self._require_growth(line, context)
        return Line(line.left, right, self.relation)

    def _require_growth(self, line: Line, context: Context) -> None:
        """A bound of a part bounds the whole only where the whole grows with that part, in each place."""
        pass_ = _Rewriting(self, places=[])
        marked = pass_.run(line.right, context)
        if is_matrix(marked):
            raise DoesNotApply(f"{self.name}: bounds are of numbers, not of {text(line.right)}")
        for place, part in pass_.places:
            if not grows_with(place, marked, context):
                raise DoesNotApply(f"{self.name}: {text(line.right)} does not grow with {text(part)}")


@dataclass
class _Rewriting:
    """One pass of a rule over an expression; with `places`, matches are only marked, by new symbols."""

    rule: Rule
    mutant: Mutant | None = None
    done: int = 0
    places: list | None = None

    def run(self, expression: Basic, context: Context) -> Basic:
        if self.done and not self.rule.everywhere:
            return expression
        replacement = self.rule.rewrite(expression, context)
        if replacement is not None:
            return self._replace(expression, replacement)
        if self.rule.relation == "→":
            return expression  # the limit of a part is not the limit of the whole
        if isinstance(expression, Gradient | Jacobian):
            return expression  # what is held fixed there may be what a definition unfolds
        if isinstance(expression, Binder):
            body, index = open_binder(expression)
            inside = context.within(index, expression.lower, expression.upper)
            new = self.run(body, inside)
            return expression if new == body else reclose(expression, new, index)
        return self._arguments(expression, context)

    def _replace(self, matched, replacement):
        self.done += 1
        if self.places is not None:
            place = Dummy("p", nonnegative=True) if matched.is_extended_nonnegative else Dummy("p", real=True)
            self.places.append((place, matched))
            return place
        if self.mutant is None or self.done > 1:
            return replacement
        wrong = self.mutant.falsify(matched, replacement)
        if wrong is None:
            raise DoesNotApply(f"mutant {self.mutant.name} does not fit {self.rule.name}")
        return wrong

    def _arguments(self, expression, context):
        new = [self.run(a, context) if isinstance(a, Expr | Tuple) else a for a in expression.args]
        if all(a is b for a, b in zip(new, expression.args, strict=True)):
            return expression
        return rebuild_node(expression, new)


def grows_with(place: Symbol, whole: Expr, context: Context | None = None) -> bool:
    """Whether a scalar grows (weakly) with a symbol in it, under sums over an index too.

    The context tells which exponents are not negative.
    """
    if whole == place or not whole.has(place):
        return True
    if isinstance(whole, Binder):
        return isinstance(whole, IndexSum) and grows_with(place, whole.body, context)
    if not whole.atoms(Binder) and whole.diff(place).is_nonnegative:
        return True
    if whole.is_Pow and context is not None and not whole.exp.has(place):
        safe = whole.exp.is_nonnegative or context.is_nonnegative(whole.exp)
        return bool(safe and whole.base.is_extended_nonnegative and grows_with(place, whole.base, context))
    if whole.is_Add:
        return all(grows_with(place, term, context) for term in whole.args)
    if whole.is_Mul:
        moving = [f for f in whole.args if f.has(place)]
        others = [f for f in whole.args if not f.has(place)]
        return len(moving) == 1 and all(map(_is_nonnegative, others)) and grows_with(place, moving[0], context)
    return False


def _is_nonnegative(factor: Expr) -> bool:
    """Values are finite wherever they are."""
    return bool(factor.is_extended_nonnegative)


def rebuild_node(expression: Basic, args: list) -> Basic:
    """A node of the same kind over new arguments, in normal form."""
    return expression.func(*args) if isinstance(expression, Binder) else remake(expression, args)


@dataclass(frozen=True)
class LineRule(Rule):
    """A rule that rewrites a whole line, its left side too."""

    rewrite: Callable[[Line, Context], Line | None] = field(default=None)  # type: ignore[assignment]

    def attempt(self, line, context, mutant=None):
        new = self.rewrite(line, context)
        if new is None or mutant is None:
            return new
        wrong = mutant.falsify(line.right, new.right)
        if wrong is None:
            raise DoesNotApply(f"mutant {mutant.name} does not fit {self.name}")
        return replace(new, right=wrong)


# --- derivations --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step: the rule, and, where the author wants it said, the right side it must yield.

    `small`: whether a page may fold it; None leaves that to the rule.
    """

    by: Rule
    stated: Basic | None = None
    note: str = ""
    small: bool | None = None


@dataclass(frozen=True, eq=False)
class Derivation:
    """A chain: a first line, and steps.

    `uses` are the derivations whose conclusions steps may cite, by name.  `index` with its range makes
    the conclusion a statement for every index.  `results` picks named results from the last right
    side.  `explicit` lists sizes at which the conclusion is proved entry by entry as well.
    """

    name: str
    title: str
    question: str
    domain: Domain
    start: Line
    steps: tuple[Step, ...]
    introduction: str = ""
    variable: Basic | None = None
    uses: tuple[Derivation | Induction, ...] = ()
    index: Declaration | None = None
    hypothesis: Equation | Inequality | None = field(init=False, default=None)
    assumptions: tuple[str, ...] = ()
    results: Mapping[str, Callable[[Basic], Basic]] = field(default_factory=dict)
    explicit: tuple[Mapping[Symbol, int], ...] = ()

    def __post_init__(self):
        if self.start.left != self.start.right:
            raise DerivationError(
                f"{self.name} starts with a claim: its first line must only name what is asked"
            )
        relations = {step.by.relation for step in self.steps}
        if {"<=", ">="} <= relations:
            raise DerivationError(f"{self.name} has bounds in both directions, which compose to nothing")
        if self.index is not None and self.index not in self.domain.declarations:
            raise DerivationError(f"{self.name}: its index {self.index.symbol} is not declared in its domain")

    @property
    def parts(self) -> tuple[tuple[str, Derivation], ...]:
        """(title, chain) pairs: one here, base and step for an induction."""
        return (("", self),)

    def context(self) -> Context:
        known = {e.label: e for e in (*self.domain.definitions, *self.domain.facts)}
        known |= {d.name: d.conclusion if d.relation == "=" else d.bound for d in self.uses}
        if self.hypothesis is not None:
            known["hypothesis"] = self.hypothesis
        equations = {label: e for label, e in known.items() if e.relation == "="}
        inequalities = {label: e for label, e in known.items() if e.relation != "="}
        return Context(
            self.domain.ranges(),
            equations,
            self.variable,
            inequalities=inequalities,
            positive_definite=self.domain.positive_definite,
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every line, the first included; raises `DerivationError` naming the step that cannot be made."""
        lines = [self.start]
        for number, step in enumerate(self.steps, 2):
            try:
                made = step.by.apply(lines[-1], self.context())
            except DoesNotApply as problem:
                if step.stated is None:
                    raise DerivationError(f"{self.name}, line {number}: {problem}") from problem
                made = Line(lines[-1].left, step.stated, step.by.relation)
            lines.append(made if step.stated is None else replace(made, right=step.stated))
        return tuple(lines)

    @property
    def relation(self) -> str:
        """How the left side stands to the last right side: the relations of the chain composed."""
        seen = {line.relation for line in self.lines}
        if "→" in seen and seen & {"<=", ">="} and not self._squeezes():
            raise DerivationError(
                f"{self.name}: a limit of a bound says nothing of {text(self.lines[0].left)}"
            )
        return next(r for r in ("→", "<=", ">=", "=") if r in seen)

    def _squeezes(self) -> bool:
        """Whether bounds that tend to 0 take the left side along: it is not negative."""
        return bool(self.lines[0].left.is_nonnegative) and self.lines[-1].right == 0

    @property
    def conclusion(self) -> Equation:
        """What other derivations may cite: the last line, for every index of its range.

        Raises `DerivationError` for a chain that ends in a bound or a limit: that is no equation.
        """
        last = self.lines[-1]
        if self.relation != "=":
            raise DerivationError(
                f"{self.name} ends in {self.relation}, which cannot be cited as an equation"
            )
        if self.index is None:
            every = free_matrices(self.domain)
            return Equation(self.name, last.left, last.right, meaning=self.title, every=every)
        symbol, lower, upper = self.index.symbol, self.index.lower, self.index.upper
        return Equation(self.name, last.left, last.right, symbol, lower, upper, self.title)

    @property
    def bound(self) -> Inequality:
        """What other derivations may cite of a chain of bounds: its first left side against its last right.

        Raises `DerivationError` where the chain has another relation, or bounds in both directions.
        """
        seen = {line.relation for line in self.lines} - {"="}
        if seen not in ({"<="}, {">="}):
            raise DerivationError(f"{self.name} is no chain of bounds in one direction")
        left, right = self.lines[0].left, self.lines[-1].right
        every = free_matrices(self.domain)
        return Inequality(self.name, left, right, self.relation, meaning=self.title, every=every)

    def result(self, name: str | None = None) -> Basic:
        """A named result; without a name the right side of the last line."""
        last = self.lines[-1].right
        return last if name is None else self.results[name](last)


@dataclass(frozen=True, eq=False)
class Induction:
    """claim.left = claim.right for every index of the claim's range, downward from its upper end.

    The author gives steps only: `base` leads, at the upper end, from the right side to the left (sums
    collapse there); `step` leads, at an index below it, from the left side to the right.  Both ends of
    both chains, and the hypothesis that `step` may use (the claim at index + `onward`, 1 unless told), are
    supplied here.  With `onward` = -1 the induction goes upward, from the lower end.

    The claim may be an `Inequality`.  Then both chains lead from left to right, as bounds have a
    direction, no step may bound in the other one, and the hypothesis is an inequality too.
    """

    name: str
    title: str
    question: str
    domain: Domain
    claim: Equation | Inequality
    base: tuple[Step, ...]
    step: tuple[Step, ...]
    introduction: str = ""
    uses: tuple[Derivation | Induction, ...] = ()
    assumptions: tuple[str, ...] = ()
    results: Mapping[str, Callable[[Basic], Basic]] = field(default_factory=dict)
    onward: int = 1

    @cached_property
    def parts(self) -> tuple[tuple[str, Derivation], ...]:
        claim = self.claim
        lower, upper = claim.lower, claim.upper
        end, *limits = (upper, lower, upper - 1) if self.onward == 1 else (lower, lower + 1, upper)
        others = Declaration(claim.index, "index", "index of the induction", *limits)
        domain = replace(self.domain, declarations=(*self.domain.declarations, others))
        ends = claim.left_at(end), self._right(end)
        start, goal = reversed(ends) if claim.relation == "=" else ends
        base = self._chain("base", self.domain, start, self.base, goal)
        step = self._chain("step", domain, claim.left, self.step, claim.right)
        object.__setattr__(step, "hypothesis", self._hypothesis())  # frozen, and nobody else's to give
        return (("Base case", base), ("Induction step", step))

    def _hypothesis(self) -> Equation | Inequality:
        following = self.claim.index + self.onward
        left, right = self.claim.left_at(following), self._right(following)
        if self.claim.relation == "=":
            return Equation("hypothesis", left, right)
        return Inequality("hypothesis", left, right, self.claim.relation)

    def _right(self, index: Expr) -> Basic:
        return substitute(self.claim.right, {self.claim.index: index})

    def _chain(
        self, part: str, domain: Domain, start: Basic, steps: tuple[Step, ...], goal: Basic
    ) -> Derivation:
        steps = (*steps[:-1], replace(steps[-1], stated=goal))
        name = f"{self.name}.{part}"
        if {step.by.relation for step in steps} - {"=", self.claim.relation}:
            raise DerivationError(f"{name}: a step's relation is not that of the claim ({self.relation})")
        return Derivation(name, self.title, self.question, domain, Line(start, start), steps, uses=self.uses)

    @property
    def relation(self) -> str:
        return self.claim.relation

    @property
    def conclusion(self) -> Equation:
        if self.relation != "=":
            raise DerivationError(f"{self.name} shows {self.relation}, which cannot be cited as an equation")
        return replace(self.claim, label=self.name, meaning=self.title)

    @property
    def bound(self) -> Inequality:
        """The claim of an inequality, as other derivations may cite it."""
        if self.relation == "=":
            raise DerivationError(f"{self.name} shows an equation")
        every = free_matrices(self.domain)
        return replace(self.claim, label=self.name, meaning=self.title, every=every)

    def result(self, name: str | None = None) -> Basic:
        return self.claim.right if name is None else self.results[name](self.claim.right)


def free_matrices(domain: Domain) -> tuple[Basic, ...]:
    """Matrices of which a domain says nothing but their shape: what is shown holds of all such."""
    said = [side for e in (*domain.definitions, *domain.facts) for side in (e.left, e.right)]
    mentioned = {symbol for side in said for symbol in side.free_symbols}
    return tuple(d.symbol for d in domain.declarations if d.kind == "matrix" and d.symbol not in mentioned)


def steps_of(derivation: Derivation | Induction) -> Iterator[tuple[Derivation, int, Step]]:
    """Every step: (the chain it belongs to, the position of its line, the step)."""
    for _, part in derivation.parts:
        for position, step in enumerate(part.steps, 1):
            yield part, position, step


def is_same(a: Basic, b: Basic) -> bool:
    """Whether two right sides are proved equal: one normal form, or a difference that simplifies to 0."""
    a, b = rebuild(a), rebuild(b)
    if a == b:
        return True
    if is_matrix(a) or is_matrix(b):
        return False
    return simplify(a - b) == 0
