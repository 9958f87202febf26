"""Steps that a practised reader does in passing, which a page may fold.

A step is small by its rule, or because its author says so (`Step.small`).  The last line of a chain never is: it
is what the chain shows.
"""

from __future__ import annotations

from .chain import Derivation

#: rules by name: linearity, brackets, fractions, transposes, renamed and shifted indices
SMALL = frozenset(
    {
        "sum rule",
        "transpose rule",
        "trace rule",
        "multiply out",
        "collect",
        "collect the sum",
        "common factor",
        "common denominator",
        "one fraction",
        "one power",
        "cancel",
        "a common factor cancels",
        "distributivity",
        "linearity",
        "linearity in the weight",
        "linearity of the sum",
        "linearity over the sum",
        "linearity of the integral",
        "linearity of the mean",
        "constant factor out of the sum",
        "a factor into the sum",
        "a constant out of the mean",
        "factor into the product",
        "shift the index",
        "shift the variable back",
        "empty sum",
        "empty product",
        "names",
        "the differential to the right",
        "a 1 × 1 matrix is a number",
        "a number in front",
        "a number inside",
        "norm of a multiple",
        "inner product of a multiple",
        "equal terms",
    }
)


def is_small(chain: Derivation, number: int) -> bool:
    """Whether line `number` of a chain, counted from 1, may be folded."""
    if number in (1, len(chain.lines)):
        return False
    step = chain.steps[number - 2]
    return step.by.name in SMALL if step.small is None else step.small
