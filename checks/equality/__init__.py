"""Is a formula equal to what a problem demands, or to another formula?

`compare` holds a formula against situations that a problem yields; `decide` and `equal` hold two
formulas against each other on a domain.  Nothing here needs NumPy.
"""

from .decision import Decision, Witness, decide
from .formula import Formula, read_pair
from .situations import DIGITS, LARGEST_ARGUMENT, BoundedNumbers, Comparison, compare, differ, flat, world

__all__ = [
    "DIGITS",
    "LARGEST_ARGUMENT",
    "BoundedNumbers",
    "Comparison",
    "Decision",
    "Formula",
    "Witness",
    "compare",
    "decide",
    "differ",
    "equal",
    "flat",
    "read_pair",
    "world",
]


def equal(expected: str, answer: str, real=(), positive=(), shapes=None) -> Decision:
    """The verdict on two texts, each plain or LaTeX.  Raises `derivations.parsing.ParseError`."""
    return decide(*read_pair(expected, answer, real, positive, shapes))
