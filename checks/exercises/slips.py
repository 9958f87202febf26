"""Misconceptions made from the derivations: what a chain yields, falsified in one place.

Here are the ways to falsify, for every chapter; the misconceptions themselves stand in ``<chapter>_slips``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sympy import Add, Basic, Expr, Lambda
from sympy.matrices.expressions import MatAdd, Transpose

import derivations
from derivations.expressions import (
    Binder,
    Family,
    VectorFunction,
    add,
    open_binder,
    reclose,
    remake,
    scale,
)

Change = Callable[[Expr], Expr]


@dataclass(frozen=True)
class Falsified:
    """The result of a derivation, told in an exercise's symbols by `read`, then changed by `slip`."""

    derivation: str
    slip: Change
    read: Change = lambda formula: formula
    result: str | None = None

    @cached_property
    def formula(self) -> Expr:
        """Raises `ValueError` if the slip changes nothing."""
        wrong = self.slip(self.unchanged)
        if wrong == self.unchanged:
            raise ValueError(f"the slip leaves the result of {self.derivation} as it is: {wrong}")
        return wrong

    @cached_property
    def unchanged(self) -> Expr:
        return self.read(derivations.get(self.derivation).result(self.result))


@dataclass(frozen=True)
class OnInputs:
    """A falsified result as an answer to a function exercise: its value on the exercise's inputs."""

    falsified: Falsified
    value: Callable[[Mapping], dict]

    def __call__(self, inputs: Mapping) -> dict:
        return self.value(inputs)


def rewritten(expression: Basic, change: Callable[[Basic], Basic | None]) -> Basic:
    """Every subterm for which `change` gives another one replaced, outermost first, inside binders too."""
    found = change(expression)
    if found is not None:
        return found
    if isinstance(expression, Binder):
        body, index = open_binder(expression)
        return reclose(expression, rewritten(body, change), index, expression.lower, expression.upper)
    if not expression.args or isinstance(expression, Family | VectorFunction | Lambda):
        return expression
    return remake(expression, [rewritten(a, change) for a in expression.args])


def instead(matches: Callable[[Basic], bool] | Basic, other: Callable[[Basic], Basic] | Basic) -> Change:
    """A slip that writes something else for a subterm."""

    def change(node):
        hit = node == matches if isinstance(matches, Basic) else matches(node)
        return (other if isinstance(other, Basic) else other(node)) if hit else None

    return lambda formula: rewritten(formula, change)


def untransposed(symbol: Basic) -> Change:
    """A slip that forgets the transpose of a matrix."""
    return instead(Transpose(symbol), symbol)


def without_term(part: Basic) -> Change:
    """A slip that loses the terms of a sum in which `part` occurs."""

    def change(node):
        if isinstance(node, Add | MatAdd) and any(not t.has(part) for t in node.args):
            return add(*(t for t in node.args if not t.has(part)))
        return None

    return lambda formula: rewritten(formula, change)


def negated_term(part: Basic) -> Change:
    """A slip in the sign of the terms of a sum in which `part` occurs."""

    def change(node):
        if isinstance(node, Add | MatAdd):
            return add(*(scale(-1, t) if t.has(part) else t for t in node.args))
        return None

    return lambda formula: rewritten(formula, change)


def scaled(factor) -> Change:
    return lambda formula: scale(factor, formula)
