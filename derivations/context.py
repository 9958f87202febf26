"""What a rule may rely on while it rewrites a line: ranges of indices, equations by label, what varies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sympy import Basic, Expr, Symbol, sympify
from sympy.matrices.expressions import MatrixSymbol

from .domain import Equation, Inequality
from .expressions import Binder, Member, fresh_index, open_binder, substitute

MOST_UNFOLDED = 20
"""How many definitions are unfolded, one within the other, to see that the variable is not among them."""


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

    def along(self, variable: Basic) -> Context:
        """The same context with another variable."""
        return replace(self, variable=variable)

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

    def may_be_variable(self, leaf: Basic) -> bool:
        """Whether a leaf may be what differentials run along, which must keep its name under them."""
        v = self.variable
        if not (isinstance(v, Member) and isinstance(leaf, Member) and leaf.family == v.family):
            return leaf == v
        ahead = v.index - leaf.index
        return not (self.is_nonnegative(ahead - 1) or self.is_nonnegative(-ahead - 1))

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
        if isinstance(v, Member) and self._comes_before(member, frozenset()):
            return False
        if self._is_constant(member) or self._is_made_of_constants(member):
            return False
        if isinstance(v, Member) and v.family == member.family:
            return True
        if member.family in visited or next(iter(self._possible_definitions(member)), None) is None:
            return False
        reached = visited | {member.family}
        if not self._is_recursive(member.family, visited):
            return any(self._varies(right, reached) for right in self._possible_definitions(member))
        return any(inside._varies(right, reached) for _, right, inside in self._steps(member.family))

    def _is_recursive(self, family: Basic, visited: frozenset) -> bool:
        """Whether a family is defined by its own members, on a way that leaves out the families `visited`."""
        return any(self.mentions(e.right, frozenset({family}), visited) for e in self.definitions(family))

    def _is_constant(self, member: Member) -> bool:
        """Whether a member's index alone shows that it does not depend on the variable."""
        v = self.variable
        if not isinstance(v, Member):
            return not self.definitions(member.family)
        earlier = self.is_nonnegative(v.index - member.index - 1)
        if v.family != member.family:
            if not self.definitions(member.family):
                return True
            return earlier and self._sees_no_later(member.family, frozenset())
        if not self.definitions(member.family):
            return earlier or self.is_nonnegative(member.index - v.index - 1)
        return earlier and self.runs_forward(member.family)

    def _is_made_of_constants(self, member: Member) -> bool:
        """Whether every definition that may give this member mentions, at its index, constants only."""
        rights = list(self._possible_definitions(member))
        leaves = {leaf for right in rights for leaf in right.atoms(Member, MatrixSymbol, Symbol)}
        if member == self.variable or not rights or any(right.atoms(Binder) for right in rights):
            return False
        return all(map(self._is_plainly_constant, leaves))

    def _is_plainly_constant(self, leaf: Basic) -> bool:
        if isinstance(leaf, Member):
            return self._is_constant(leaf)
        return leaf != self.variable and not self._definitions_of(leaf, frozenset())

    def varies_otherwise(self, expression: Basic, family: Basic) -> bool:
        """Whether `expression` may depend on the variable other than through members of `family`."""
        return self._varies(expression, frozenset({family}))

    def definitions(self, family: Basic) -> list[Equation]:
        """The equations that give members of a family."""
        return [e for e in self.equations.values() if _defines(e, family)]

    def _steps(self, family: Basic) -> Iterable[tuple[Expr, Basic, Context]]:
        """(index, right side there, context) of each definition of a family, a running index taken afresh."""
        for e in self.definitions(family):
            if e.index is None:
                yield e.left.index, e.right, self
                continue
            index = fresh_index()
            right, _ = e.instance(index)
            yield index, right, self.within(index, e.lower, e.upper)

    def _sees_no_later(self, family: Basic, visited: frozenset) -> bool:
        """Whether the member at t depends on members at t or earlier only, of whatever family.

        By induction over the evaluation: every definition on the way mentions no later index than its own.
        """
        for own, right, inside in self._steps(family):
            if any(self._definitions_of(leaf, frozenset()) for leaf in right.atoms(MatrixSymbol, Symbol)):
                return False
            for leaf in right.atoms(Member):
                if not inside.is_nonnegative(own - leaf.index):
                    return False
                if leaf.family not in visited and not self._sees_no_later(leaf.family, visited | {leaf.family}):
                    return False
        return True

    def runs_forward(self, family: Basic) -> bool:
        """Whether every definition of a family mentions only members before the one it defines."""
        return all(
            inside.is_nonnegative(own - i - 1)
            for own, right, inside in self._steps(family)
            for i in self.mentions(right, frozenset({family}))
        )

    def _comes_before(self, member: Member, visited: frozenset) -> bool:
        """Whether a member is made of members before the variable only, which no definition looks ahead to."""
        v = self.variable
        if self.is_nonnegative(v.index - member.index - 1):
            return self._looks_back(member.family)
        if member.family == v.family or member in visited or len(visited) > MOST_UNFOLDED:
            return False
        visited = visited | {member}
        return all(
            not self._defined_symbols(right)
            and all(self._comes_before(m, visited) for m in right.atoms(Member))
            for right in self._possible_definitions(member)
        )

    def _looks_back(self, family: Basic) -> bool:
        """Whether a family, and all that it is made of, is made of members at its own index and before."""
        found, open_ = set(), [family]
        while open_:
            found.add(current := open_.pop())
            for e in self._own_definitions(current):
                if e.index is None or self._defined_symbols(e.right):
                    return False
                for m in e.right.atoms(Member):
                    if not self.is_nonnegative(e.index - m.index):
                        return False
                    open_ += [m.family] * (m.family not in found)
        return True

    def _own_definitions(self, family: Basic) -> list[Equation]:
        return [e for e in self.equations.values() if _defines(e, family)]

    def _defined_symbols(self, expression: Basic) -> bool:
        """Whether `expression` mentions a symbol that is an abbreviation."""
        defined = {e.left for e in self.equations.values() if not isinstance(e.left, Member)}
        return any(leaf in defined for leaf in expression.atoms(MatrixSymbol, Symbol))

    def mentions(self, expression: Basic, families: frozenset, visited: frozenset = frozenset()) -> set:
        """The indices at which `expression`, other definitions unfolded, mentions one of the families."""
        found = set()
        for leaf in expression.atoms(Member, MatrixSymbol, Symbol):
            if isinstance(leaf, Member) and leaf.family in families:
                found.add(leaf.index)
                continue
            for right in self._definitions_of(leaf, visited):
                found |= self.mentions(right, families, visited | {getattr(leaf, "family", leaf)})
        return found

    def _definitions_of(self, leaf: Basic, visited: frozenset) -> Iterable[Basic]:
        if isinstance(leaf, Member):
            return () if leaf.family in visited else self._possible_definitions(leaf)
        return () if leaf in visited else [e.right for e in self.equations.values() if e.left == leaf]

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


def _at_any_index(equation: Equation) -> Basic:
    """The right side of a definition, its index renamed, so that it is not taken for an index of the line."""
    return equation.right if equation.index is None else substitute(equation.right, {equation.index: fresh_index()})


def _defines(equation: Equation, family: Basic) -> bool:
    return isinstance(equation.left, Member) and equation.left.family == family
