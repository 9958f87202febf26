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
    along.  `conditions` collects, while a rule is applied, the side conditions that it discharged.
    """

    ranges: Mapping[Symbol, tuple[Expr, Expr | None]]
    equations: Mapping[str, Equation]
    variable: Basic | None = None
    conditions: list[Condition] = field(default_factory=list)
    inequalities: Mapping[str, Inequality] = field(default_factory=dict)

    def within(self, index: Symbol, lower: Expr, upper: Expr) -> Context:
        """The context inside a sum: its index has a range too."""
        return replace(self, ranges={index: (lower, upper), **self.ranges})

    def equation(self, label: str) -> Equation:
        if label not in self.equations:
            raise DoesNotApply(
                f"no equation is called {label!r} here; there are {', '.join(sorted(self.equations))}"
            )
        return self.equations[label]

    def inequality(self, label: str, relation: str) -> Inequality:
        """The inequality `label`, which must have this relation; raises `DoesNotApply`."""
        found = self.inequalities.get(label)
        if found is None or found.relation != relation:
            raise DoesNotApply(f"no inequality {label!r} with {relation} here")
        return found

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
            return not self.is_nonnegative(
                v.index - member.index - 1
            )  # earlier states: recurrences run forward
        if member.family in visited:
            return False
        visited = visited | {member.family}
        return any(self._varies(right, visited) for right in self._possible_definitions(member))

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
