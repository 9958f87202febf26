"""The Matrix Cookbook's derivatives, chapter 2, as a flat table: what is derived here, and what is refused.

Petersen & Pedersen, The Matrix Cookbook, version of November 15, 2012, equations 46 to 132, real
case.  The mathematics is written in the notation of these pages.  An equation that is no gradient or
Jacobian of a real function of a matrix has the reason in place of an expression.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sympy import Abs, Basic, Determinant, Function, MatrixSymbol, Q, Trace, log, sqrt, symbols
from sympy.matrices.expressions import KroneckerProduct, OneMatrix
from sympy.matrices.expressions.matexpr import MatrixElement

from .chain import Verdict
from .domain import ladder
from .evaluate import evaluate
from .expressions import equal_size, is_matrix
from .fields import Unevaluable
from .matrix_calculus import (
    derive_gradient,
    derive_jacobian,
    domain_of,
    gradient,
    jacobian,
    symmetric_symbols,
)
from .verification import check, residual

n, m, p, k = symbols("n m p k", integer=True, positive=True)
X, A, B, C, D, W = (MatrixSymbol(name, n, n) for name in "XABCDW")
Z = MatrixSymbol("Z", n, m)
F, G = MatrixSymbol("F", m, m), MatrixSymbol("G", p, n)
H = MatrixSymbol("H", p, n)
K = MatrixSymbol("K", p, p)
x, a, b, c, d, s = (MatrixSymbol(name, n, 1) for name in "xabcds")
u, v = MatrixSymbol("u", p, 1), MatrixSymbol("v", p, 1)
y = MatrixSymbol("y", m, 1)
M = MatrixSymbol("M", n, m)
ones = OneMatrix(n, 1)
f, g = Function("f"), Function("g")
tr, det = Trace, Determinant


@dataclass(frozen=True)
class Row:
    """An equation of the Cookbook: what is differentiated, by what, with what assumed; or why it is not."""

    number: str
    expression: Basic | None = None
    variable: MatrixSymbol | None = None
    assumptions: object = True
    refused: str = ""
    note: str = ""

    @property
    def is_jacobian(self) -> bool:
        """Whether a column is differentiated and not a number."""
        e = self.expression
        return is_matrix(e) and not (equal_size(e.rows, 1) and equal_size(e.cols, 1))


BY_A_NUMBER = "the matrix is a function of a number, and is differentiated by it"
AN_IDENTITY = "an identity among partial derivatives, not a gradient"
EIGEN = "eigenvalues and eigenvectors are not among the expressions here"
MATRIX_FUNCTION = "a function of a matrix by its power series is not among the expressions here"


def refused(number: str, reason: str) -> Row:
    return Row(number, refused=reason)


ROWS = (
    # determinants
    refused("46", BY_A_NUMBER),
    refused("47", AN_IDENTITY),
    refused("48", BY_A_NUMBER),
    Row("49", det(X), X),
    refused("50", AN_IDENTITY),
    Row("51", det(A * X * B), X),
    Row("52", det(X.T * A * X), X),
    Row("53", det(Z.T * A * Z), Z, Q.symmetric(A)),
    Row("54", det(Z.T * A * Z), Z),
    Row("55", log(det(Z.T * Z)), Z),
    refused("56", "the variable is a pseudo-inverse, not a symbol"),
    Row("57", log(Abs(det(X))), X),
    Row("58", det(X**k), X),
    # inverses
    refused("59", BY_A_NUMBER),
    Row("60", MatrixElement(X.inverse(), 0, 0), X, note="the entry (1, 1)"),
    Row("61", a.T * X.inverse() * b, X),
    Row("62", det(X.inverse()), X),
    Row("63", tr(A * X.inverse() * B), X),
    Row("64", tr((X + A).inverse()), X),
    # eigenvalues
    Row("65", tr(X), X, note="the sum of the eigenvalues"),
    Row("66", det(X), X, note="the product of the eigenvalues"),
    refused("67", EIGEN),
    refused("68", EIGEN),
    # matrices, vectors and scalars
    Row("69", x.T * a, x),
    Row("70", a.T * M * y, M),
    Row("71", y.T * M.T * b, M),
    Row("72", a.T * X * a, X),
    Row("73", X[0, 0], X, note="the entry (1, 1)"),
    Row("74", MatrixElement(X * A, 0, 0), X, note="the entry (1, 1)"),
    Row("75", MatrixElement(X.T * A, 0, 0), X, note="the entry (1, 1)"),
    Row("76", (ones.T * X * ones) ** 2, X),
    Row("77", b.T * X.T * X * c, X),
    Row("78", (G * x + u).T * K * (H * x + v), x),
    Row("79", MatrixElement(X.T * B * X, 0, 0), X, note="the entry (1, 1)"),
    refused("80", "(79) as a matrix: all entries by one"),
    Row("81", x.T * B * x, x),
    Row("82", b.T * X.T * D * X * c, X),
    Row("83", (X * b + c).T * D * (X * b + c), X),
    Row("84", (x - A * s).T * W * (x - A * s), s, Q.symmetric(W)),
    Row("85", (x - s).T * W * (x - s), x, Q.symmetric(W)),
    Row("86", (x - s).T * W * (x - s), s, Q.symmetric(W)),
    Row("87", (x - A * s).T * W * (x - A * s), x, Q.symmetric(W)),
    Row("88", (x - A * s).T * W * (x - A * s), A, Q.symmetric(W)),
    refused("89", "complex"),
    Row("90", MatrixElement(X**3, 0, 0), X, note="the entry (1, 1) at n = 3"),
    Row("91", a.T * X**3 * b, X, note="at n = 3"),
    Row("92", a.T * (X**2).T * X**2 * b, X, note="at n = 2"),
    Row("93", x.applyfunc(f).T * A * x.applyfunc(g), x, note="functions entry by entry"),
    Row("94", tr((A * x).T * (A * x)) / tr((B * x).T * (B * x)), x),
    refused("95", "the right side of (94)"),
    refused("96", "the definition of the function in (97)"),
    Row("97", x.T * A * x + b.T * x, x),
    Row("98", (A + A.T) * x + b, x, note="the second derivative of (96), as the Jacobian of (97)"),
    # traces
    refused("99", MATRIX_FUNCTION),
    Row("100", tr(X), X),
    Row("101", tr(X * A), X),
    Row("102", tr(A * X * B), X),
    Row("103", tr(A * X.T * B), X),
    Row("104", tr(X.T * A), X),
    Row("105", tr(A * X.T), X),
    Row("106", tr(KroneckerProduct(A, X)), X),
    Row("107", tr(X**2), X),
    Row("108", tr(X**2 * B), X),
    Row("109", tr(X.T * B * X), X),
    Row("110", tr(B * X * X.T), X),
    Row("111", tr(X * X.T * B), X),
    Row("112", tr(X * B * X.T), X),
    Row("113", tr(B * X.T * X), X),
    Row("114", tr(X.T * X * B), X),
    Row("115", tr(A * X * B * X), X),
    Row("116", tr(X.T * X), X),
    Row("117", tr(B.T * X.T * C * X * B), X),
    Row("118", tr(X.T * B * X * C), X),
    Row("119", tr(A * X * B * X.T * C), X),
    Row("120", tr((A * X * B + C) * (A * X * B + C).T), X),
    Row("121", tr(KroneckerProduct(X, X)), X),
    Row("122", tr(X**k), X),
    Row("123", tr(A * X**3), X, note="at k = 3"),
    Row("124", tr(B.T * X.T * C * X * X.T * C * X * B), X),
    Row("125", tr(A * X.inverse() * B), X),
    Row("126", tr((Z.T * C * Z).inverse() * F), Z, Q.symmetric(C)),
    Row("127", tr((Z.T * C * Z).inverse() * (Z.T * B * Z)), Z, Q.symmetric(B) & Q.symmetric(C)),
    Row("128", tr((F + Z.T * C * Z).inverse() * (Z.T * B * Z)), Z, Q.symmetric(B) & Q.symmetric(C)),
    refused("129", MATRIX_FUNCTION),
    # norms
    Row("130", sqrt(tr((x - a).T * (x - a))), x),
    Row("131", (x - a) / sqrt(tr((x - a).T * (x - a))), x),
    Row("132", x.T * x, x),
)


# --- what is derived here -----------------------------------------------------------------------


@cache
def answer(row: Row) -> Basic:
    """The gradient of a row, or its Jacobian."""
    take = jacobian if row.is_jacobian else gradient
    return take(row.expression, row.variable, row.assumptions)


@cache
def verdict(row: Row) -> Verdict:
    """The weakest verdict among the steps that lead to the answer, each checked."""
    derive = derive_jacobian if row.is_jacobian else derive_gradient
    chain = derive(row.expression, row.variable, row.assumptions)
    found = {line.verdict for part in check(chain, points=3).values() for line in part}
    worst_first = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.SUPPORTED)
    return next((v for v in worst_first if v in found), Verdict.PROVED)


ENOUGH = 5


# --- what SymPy's own diff does -----------------------------------------------------------------


def right_wrong_or_error(row: Row, bounded: Callable[[Callable], object] = lambda compute: compute()) -> str:
    """What `expression.diff(variable)` is, held against our answer; `bounded` runs it within a time."""
    try:
        found = bounded(lambda: row.expression.diff(row.variable))
    except Exception as problem:  # whatever SymPy raises is what a reader meets
        return f"error: {type(problem).__name__}"
    try:
        return "right" if agrees(row, found) else "wrong"
    except NotImplementedError:
        return "error: no matrix expression"


def agrees(row: Row, found: Basic) -> bool:
    """Whether an expression has the values of the answer, which differences have confirmed, wherever both have one."""
    renamed = symmetric_symbols(row.assumptions)
    expression, found = row.expression.xreplace(renamed), found.xreplace(renamed)
    truth, points = answer(row).xreplace(renamed), 0
    for world, _ in ladder(domain_of(expression, row.variable), generic=3):
        try:
            off = residual(evaluate(truth, world), evaluate(found, world))
        except (ValueError, TypeError):  # another shape
            return False
        except Unevaluable:
            continue
        if off > 1e-40:
            return False
        points += 1
        if points == ENOUGH:
            break
    return points > 0
