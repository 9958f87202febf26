"""The gradient of an expression that a reader types, as a chain whose every line is checked."""

from __future__ import annotations

from sympy import And, Q

from .expressions import is_matrix
from .matrix_calculus import derive_gradient, derive_jacobian
from .parsing import ParseError, declared, parse
from .report import as_dict
from .shapes import describe_shapes, infer_shapes, read_shapes


def typed_gradient(
    expression: str, wrt: str, shapes: str = "", scalars: str = "", symmetric: str = ""
) -> tuple[dict, str]:
    """The report on the gradient of a scalar, or the Jacobian of a column, and the shapes as they were understood.

    `shapes`: as in "X:n,n a:n,1", the others are inferred; `scalars`, `symmetric`: names with commas between
    them.  Raises `ParseError`, `Unsupported`, `ShapeError`.
    """
    numbers = split(scalars)
    known = infer_shapes(expression, read_shapes(shapes), numbers, (wrt,))
    if wrt in numbers:
        raise ParseError(f"--wrt takes a matrix or a column, and {wrt} is declared a number", wrt)
    formula = parse(expression, known, real=numbers)
    assumptions = And(*(Q.symmetric(declared_among(name, known)) for name in split(symmetric)))
    derive = derive_jacobian if is_matrix(formula) else derive_gradient
    return as_dict(derive(formula, declared(known)[wrt], assumptions)), describe_shapes(known)


def split(names: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in names.split(","))))


def declared_among(name: str, shapes: dict):
    if name not in shapes:
        raise ParseError(f"{name!r} does not occur in the expression", name)
    return declared(shapes)[name]
