"""What a rule may rely on while it rewrites a line: ranges of indices, equations by label, what varies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sympy import Basic, Expr, Symbol, sympify
from sympy.matrices.expressions import MatrixSymbol

from .domain import Equation, Inequality
from .expressions import Binder, Member, open_binder


class DoesNotApply(ValueError):
    """A rule found nothing to rewrite, or a side condition that it could not discharge."""


@dataclass(frozen=True)
class Condition:
    """A discharged side condition: a sentence with {} where its terms go."""

    template: str
    terms: tuple[Basic, ...]

    def __str__(self) -> str:
        return self.template.format(*self.terms)


@dataclass(frozen=True)
class Context:
    """The surroundings of a line.

    `ranges` maps an index or a size to its bounds (None: unbounded); `equations` are the definitions
    and lemmas, by label, and `inequalities` those that are none; `variable` is what differentials run
    along.  While a rule is applied, `conditions` collects the side conditions that it discharged, and
    `used` the labels of what it used: a line is no better proved than the lemmas it rests on.
    """

    ranges: Mapping[Symbol, tuple[Expr, Expr | None]]
    equations: Mapping[str, Equation]
    variable: Basic | None = None
    conditions: list[Condition] = field(default_factory=list)
    inequalities: Mapping[str, Inequality] = field(default_factory=dict)
    positive_definite: Mapping[Basic, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def within(self, index: Symbol, lower: Expr, upper: Expr) -> Context:
        """The context inside a sum: its index has a range too."""
        return replace(self, ranges={index: (lower, upper), **self.ranges})

    def equation(self, label: str) -> Equation:
        if label not in self.equations:
            raise DoesNotApply(
                f"no equation is called {label!r} here; there are {', '.join(sorted(self.equations))}"
            )
        self.used.update((label, self.equations[label].rests_on))
        return self.equations[label]

    def inequality(self, label: str, relation: str) -> Inequality:
        """The inequality `label`, which must have this relation; raises `DoesNotApply`."""
        found = self.inequalities.get(label)
        if found is None or found.relation != relation:
            raise DoesNotApply(f"no inequality {label!r} with {relation} here")
        self.used.add(label)
        return found

    def is_positive_definite(self, matrix: Basic) -> bool:
        """Whether the domain says so; the reason is noted."""
        reason = self.positive_definite.get(matrix)
        if reason is not None:
            self.require(f"{{}} is positive definite: {reason}", matrix)
        return reason is not None

    def require(self, template: str, *terms: Basic | int) -> None:
        """Note a side condition that has been discharged; `template` has {} where the terms go."""
        condition = Condition(template, tuple(sympify(term) for term in terms))
        if condition not in self.conditions:
            self.conditions.append(condition)

    def is_nonnegative(self, expression: Expr) -> bool:
        """Whether a linear expression in indices is >= 0 on the declared ranges: each at its worst bound."""
        expression = sympify(expression).expand()
        for symbol, (lower, upper) in self.ranges.items():
            slope = expression.coeff(symbol, 1)
            if slope == 0:
                continue
            worst = lower if slope.is_positive else upper
            if worst is None or not slope.is_number:
                return False
            expression = (expression - slope * symbol + slope * worst).expand()
        return bool(expression.is_number and expression >= 0)

    def holds(self, conditions: Iterable[Expr]) -> bool:
        return all(self.is_nonnegative(c) for c in conditions)

    def use(self, label: str, leaf: Basic) -> Basic | None:
        """The right side that equation `label` gives for `leaf`, if its range is discharged."""
        equation = self.equation(label)
        found = equation.at(leaf)
        if found is None or not self.holds(found[1]):
            return None
        if equation.index is not None:
            self.require("{} <= {} <= {}", equation.lower, leaf.index, equation.upper)
        return found[0]

    def varies(self, expression: Basic) -> bool:
        """Whether `expression` may depend on the variable, through definitions too; False is certain."""
        return self._varies(expression, frozenset())

    def _varies(self, expression: Basic, visited: frozenset) -> bool:
        """Reachability in the graph of definitions; `visited` holds the families on the path so far."""
        if expression == self.variable:
            return True
        if isinstance(expression, Binder):
            body, index = open_binder(expression)
            return self.within(index, expression.lower, expression.upper)._varies(body, visited)
        if isinstance(expression, Member):
            return self._member_varies(expression, visited)
        if isinstance(expression, MatrixSymbol | Symbol):
            return any(
                self._varies(e.right, visited) for e in self.equations.values() if e.left == expression
            )
        return any(self._varies(a, visited) for a in expression.args)

    def _member_varies(self, member: Member, visited: frozenset) -> bool:
        v = self.variable
        if isinstance(v, Member) and v.family == member.family:
            earlier = self.is_nonnegative(v.index - member.index - 1)
            return not (earlier and self.runs_forward(member.family))
        if member.family in visited or next(iter(self._possible_definitions(member)), None) is None:
            return False
        visited = visited | {member.family}
        own = (e.right for e in self.equations.values() if _defines(e, member.family))
        return any(self._varies(right, visited) for right in own)

    def runs_forward(self, family: Basic) -> bool:
        """Whether every definition of a family mentions only members before the one it defines."""
        own = [e for e in self.equations.values() if _defines(e, family)]
        return all(
            e.index is not None and self.is_nonnegative(e.index - i - 1)
            for e in own
            for i in self.mentions(e.right, family)
        )

    def mentions(self, expression: Basic, family: Basic, visited: frozenset = frozenset()) -> set:
        """The indices at which `expression`, other definitions unfolded, mentions a family."""
        found = set()
        for leaf in expression.atoms(Member, MatrixSymbol, Symbol):
            if isinstance(leaf, Member) and leaf.family == family:
                found.add(leaf.index)
                continue
            for right in self._definitions_of(leaf, visited):
                found |= self.mentions(right, family, visited | {getattr(leaf, "family", leaf)})
        return found

    def _definitions_of(self, leaf: Basic, visited: frozenset) -> Iterable[Basic]:
        if isinstance(leaf, Member):
            return () if leaf.family in visited else self._possible_definitions(leaf)
        return () if leaf in visited else (e.right for e in self.equations.values() if e.left == leaf)

    def _possible_definitions(self, member: Member) -> Iterable[Basic]:
        for equation in self.equations.values():
            if not (isinstance(equation.left, Member) and equation.left.family == member.family):
                continue
            if equation.index is None:
                yield equation.right
                continue
            right, conditions = equation.instance(member.index)
            if not any(self.is_nonnegative(-c - 1) for c in conditions):
                yield right


def _defines(equation: Equation, family: Basic) -> bool:
    return isinstance(equation.left, Member) and equation.left.family == family
