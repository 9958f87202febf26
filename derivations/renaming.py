"""Renaming every symbol of a derivation, to see whether its rules commute with it.

A rule that rewrites gives the same answer whatever the symbols are called: rule(σ line) = σ(rule
line).  A rule that merely returns a typed answer does not.  Rules know symbols only through labels
of the context, and the context is renamed too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sympy import Basic, Function, Symbol, sympify
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions import MatrixSymbol

from .chain import Derivation, Line, Rule
from .context import Context
from .domain import Equation, Inequality
from .expressions import ELEMENT, Bound, Family, VectorFunction, rebuild, substitute

PREFIX = "r"


class Renaming:
    """σ: every symbol, family and abstract function gets a new name; the order of names is kept."""

    def __init__(self, expressions: Iterable[Basic]):
        self.mapping: dict = {}
        for expression in expressions:
            self._collect(expression)

    def _collect(self, expression: Basic) -> None:
        for leaf in expression.atoms(Symbol):
            if not isinstance(leaf, Bound) and leaf != ELEMENT:
                self.mapping[leaf] = Symbol(PREFIX + leaf.name, **leaf.assumptions0)
        for function in expression.atoms(AppliedUndef):
            self.mapping[function.func] = Function(PREFIX + function.func.__name__)
        for leaf in expression.atoms(MatrixSymbol, Family, VectorFunction):
            self.mapping[leaf] = self._renamed(leaf)

    def _renamed(self, leaf):
        if isinstance(leaf, VectorFunction):
            return VectorFunction(PREFIX + leaf.name)
        rows, cols = (size.xreplace(self._symbols(size)) for size in leaf.shape)
        return leaf.func(PREFIX + leaf.name, rows, cols)

    def _symbols(self, size: Basic) -> dict:
        return {s: Symbol(PREFIX + s.name, **s.assumptions0) for s in size.free_symbols}

    def __call__(self, expression: Basic) -> Basic:
        return substitute(expression, self.mapping)

    def line(self, line: Line) -> Line:
        return replace(line, left=self(line.left), right=self(line.right))

    def equation(self, e: Equation) -> Equation:
        e = replace(e, left=self(e.left), right=self(e.right), every=tuple(map(self, e.every)))
        if e.index is None:
            return e
        index, lower, upper = (self(sympify(part)) for part in (e.index, e.lower, e.upper))
        return replace(e, index=index, lower=lower, upper=upper)

    def inequality(self, e: Inequality) -> Inequality:
        every = tuple(self(symbol) for symbol in e.every)
        if e.index is None:
            return replace(e, left=self(e.left), right=self(e.right), every=every)
        index, lower, upper = (self(sympify(part)) for part in (e.index, e.lower, e.upper))
        return replace(
            e, left=self(e.left), right=self(e.right), index=index, lower=lower, upper=upper, every=every
        )

    def context(self, context: Context) -> Context:
        ranges = {
            self(s): (self(low), None if high is None else self(high))
            for s, (low, high) in context.ranges.items()
        }
        equations = {label: self.equation(e) for label, e in context.equations.items()}
        variable = None if context.variable is None else self(context.variable)
        inequalities = {label: self.inequality(e) for label, e in context.inequalities.items()}
        definite = {self(matrix): reason for matrix, reason in context.positive_definite.items()}
        return Context(ranges, equations, variable, inequalities=inequalities, positive_definite=definite)


def renaming_of(chain: Derivation) -> Renaming:
    """A renaming that covers everything a chain's lines, definitions and declarations mention."""
    context = chain.context()
    said = [side for line in chain.lines for side in (line.left, line.right)]
    statements = [*context.equations.values(), *context.inequalities.values()]
    said += [side for e in statements for side in (e.left, e.right)]
    said += [bound for low, high in context.ranges.values() for bound in (low, high) if bound is not None]
    said += [s for s in context.ranges]
    said += [e.index for e in statements if e.index is not None]
    return Renaming(said)


def commutes(rule: Rule, before: Line, chain: Derivation) -> bool:
    """Whether rule(σ before) == σ(rule(before))."""
    rename = renaming_of(chain)
    renamed_first = rule.apply(rename.line(before), rename.context(chain.context()))
    renamed_last = rename.line(rule.apply(before, chain.context()))
    return (rebuild(renamed_first.left), rebuild(renamed_first.right)) == (
        rebuild(renamed_last.left),
        rebuild(renamed_last.right),
    )
