"""Gradients, Jacobians and Hessians of matrix expressions with symbolic sizes, step by step.

    >>> gradient(log(Determinant(X)), X)
    X.T**(-1)

Each answer is the last line of a derivation: differentials by the table of `differentials`, read off
at the end.  What has no rule is refused by name, never guessed.  (Magnus & Neudecker, Matrix
MatrixDifferential Calculus, 3rd ed. 2019; the Matrix Cookbook, 2012, for the usual forms.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import wraps
from itertools import islice

from sympy import Basic, Q, Symbol, default_sort_key, preorder_traversal
from sympy.assumptions import AppliedPredicate
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import And, BooleanTrue
from sympy.matrices.expressions import HadamardPower, KroneckerProduct, MatrixSymbol

from .chain import Derivation, Line, Rule, Step
from .context import Context
from .differentials import CALCULUS, PULLBACKS, constant, join_weights, read_off, symmetric_part
from .domain import Declaration, Domain
from .expressions import (
    ELEMENT,
    Elementwise,
    Gradient,
    Jacobian,
    MatrixDifferential,
    Pairing,
    ShapeError,
    SymmetricSymbol,
    Unsupported,
    describe,
    diagonal,
    diagonal_of,
    differential,
    equal_size,
    is_matrix,
    scale,
    subtract,
)
from .forward import PUSHFORWARD, differential_to_the_right, read_off_jacobian
from .normal_form import normalise, normalise_scalar
from .printing import text
from .usual_form import KRONECKER, USUAL_FORM

MOST_STEPS = 500
MOST_NODES = 20_000
WHERE = "The answer holds where it has a value: what it inverts is invertible, what it divides by is not 0."
READ_OFF = (join_weights, symmetric_part, read_off())
READ_OFF_JACOBIAN = (read_off_jacobian, differential_to_the_right)


def gradient(expression: Basic, variable: MatrixSymbol, assumptions=True):
    """∂ expression/∂ variable as a SymPy matrix expression of the variable's shape; see `derive_gradient`."""
    return plain(derive_gradient(expression, variable, assumptions).result())


def jacobian(expression: Basic, variable: MatrixSymbol, assumptions=True):
    """The derivative of a column by a column, of shape (rows of expression, rows of variable)."""
    return plain(derive_jacobian(expression, variable, assumptions).result())


def hessian(expression: Basic, variable: MatrixSymbol, assumptions=True):
    """The second derivative of a scalar by a column: the Jacobian of its gradient, (rows, rows)."""
    return jacobian(gradient(expression, variable, assumptions), variable, assumptions)


def bounded(derive):
    """A derivation by a matrix symbol, and a refusal where Python would break off."""

    @wraps(derive)
    def checked(expression: Basic, variable: MatrixSymbol, assumptions=True) -> Derivation:
        if not isinstance(variable, MatrixSymbol):
            raise Unsupported(f"derivatives are taken by a matrix symbol, not by {variable}")
        try:
            return derive(expression, variable, assumptions)
        except RecursionError:
            raise Unsupported("the expression is nested too deeply") from None

    return checked


@bounded
def derive_gradient(expression: Basic, variable: MatrixSymbol, assumptions=True) -> Derivation:
    """The gradient of a scalar by a matrix or vector, as a derivation whose result is of the variable's shape.

    `expression`: a scalar or 1x1 SymPy expression, sizes symbolic or numbers.  `assumptions`:
    ``Q.symmetric(A)``, several joined by ``&``.  For a symmetric variable the gradient is that under
    the Frobenius product, (G + Gᵀ)/2; `cookbook_form` gives the Matrix Cookbook's from it.
    Raises `ShapeError` where shapes do not fit, `Unsupported` for what cannot be differentiated.
    """
    renamed = symmetric_symbols(assumptions)
    scalar = normalise_scalar(expression.xreplace(renamed))
    target = renamed.get(variable, variable)
    start = Line(differential(scalar), differential(scalar))
    chain = Derivation("gradient", "Gradient", "", domain_of(scalar, target), start, (), variable=target)
    return driven(chain, _backward)


@bounded
def derive_jacobian(expression: Basic, variable: MatrixSymbol, assumptions=True) -> Derivation:
    """The Jacobian of a column (or scalar) by a column, as a derivation.  Raises as `derive_gradient` does."""
    renamed = symmetric_symbols(assumptions)
    column = normalise(expression.xreplace(renamed))
    if not is_matrix(column):
        raise ShapeError(f"the Jacobian of a scalar is its gradient transposed: {describe(column)}")
    for one in (column, variable):
        if not equal_size(one.cols, 1):
            raise ShapeError(f"a Jacobian is that of a column by a column, not of {describe(one)}")
    start = Line(MatrixDifferential(column), MatrixDifferential(column))
    chain = Derivation("jacobian", "Jacobian", "", domain_of(column, variable), start, (), variable=variable)
    return driven(chain, _forward)


def cookbook_form(gradient_: Basic):
    """The Matrix Cookbook's gradient by a symmetric X, 2G - G∘I, from G under the Frobenius product."""
    return subtract(scale(2, gradient_), diagonal(diagonal_of(gradient_)))


# --- preparing what the user wrote --------------------------------------------------------------


def symmetric_symbols(assumptions) -> dict:
    """Ordinary symbols -> symmetric ones, as the assumptions say; other structures are refused."""
    facts = () if assumptions in (True, None) else And.make_args(assumptions)
    found = {}
    for fact in facts:
        if isinstance(fact, BooleanTrue):
            continue
        if not (isinstance(fact, AppliedPredicate) and fact.function in (Q.symmetric, Q.invertible)):
            raise Unsupported(
                f"the assumption {fact} is not supported: only Q.symmetric and Q.invertible are"
            )
        if fact.function == Q.symmetric:
            (symbol,) = fact.arguments
            found[symbol] = _symmetric(symbol)
    return found


def _symmetric(symbol) -> SymmetricSymbol:
    if not isinstance(symbol, MatrixSymbol) or symbol.rows != symbol.cols:
        raise Unsupported(f"{symbol} cannot be symmetric: it is no square matrix symbol")
    return SymmetricSymbol(symbol.name, symbol.rows)


def plain(expression):
    """An answer in SymPy's own terms: symmetric symbols as ordinary ones, entrywise powers as Hadamard powers."""
    own = {s: MatrixSymbol(s.name, *s.shape) for s in expression.atoms(SymmetricSymbol)}
    powers = {
        e: HadamardPower(e.expr, e.function.expr.exp) for e in expression.atoms(Elementwise) if _is_power(e)
    }
    return expression.xreplace(own | powers)


def _is_power(e: Elementwise) -> bool:
    body = e.function.expr
    return body.is_Pow and body.base == ELEMENT and body.exp.is_number


def domain_of(expression: Basic, *variables: MatrixSymbol) -> Domain:
    """A domain in which every matrix, scalar, function and size of an expression is arbitrary."""
    matrices = sorted(expression.atoms(MatrixSymbol) | set(variables), key=default_sort_key)
    nodes = [*matrices, *(node for node in preorder_traversal(expression) if is_matrix(node))]
    sizes = sorted(
        {s for node in nodes for size in node.shape for s in size.free_symbols}, key=default_sort_key
    )
    symbols = {s for s in expression.free_symbols if isinstance(s, Symbol)}
    sizes += sorted({s for s in symbols - set(sizes) if s.is_integer}, key=default_sort_key)
    scalars = sorted(symbols - set(sizes), key=default_sort_key)
    functions = sorted({f.func for f in expression.atoms(AppliedUndef)}, key=str)
    largest = 3 if len(sizes) <= 2 and not expression.has(KroneckerProduct) else 2
    return Domain(
        (
            *(Declaration(s, "size", "size", 1, largest) for s in sizes),
            *(Declaration(m, _kind(m), "vector" if m.cols == 1 else "matrix") for m in matrices),
            *(Declaration(s, "positive" if s.is_positive else "real", "scalar") for s in scalars),
            *(Declaration(f, "activation", "function") for f in functions),
        )
    )


def _kind(matrix) -> str:
    return "symmetric" if isinstance(matrix, SymmetricSymbol) else "matrix"


# --- which rule comes next ----------------------------------------------------------------------


def driven(chain: Derivation, candidates) -> Derivation:
    """The chain with the steps that lead to its answer: each time the first candidate that applies."""
    context, lines, steps = chain.context(), [chain.start], []
    while True:
        attempts = ((rule, rule.attempt(lines[-1], context)) for rule in candidates(lines[-1], context))
        rule, line = next((found for found in attempts if found[1] is not None), (None, None))
        if rule is None and not isinstance(lines[-1].left, Gradient | Jacobian):
            raise Unsupported(f"there is no rule for {text(lines[-1].right)}")
        if rule is None:
            return _with_lines(replace(chain, steps=tuple(steps)), lines)
        lines.append(line)
        steps.append(Step(rule))
        if len(steps) > MOST_STEPS or _has_more_nodes(line.right, MOST_NODES):
            raise Unsupported(f"the differential grows beyond {MOST_NODES} nodes or {MOST_STEPS} steps")


def _with_lines(chain: Derivation, lines: list[Line]) -> Derivation:
    """The chain, where question and answer have a value, with its lines; checking makes them once more."""
    domain = replace(chain.domain, defined_where=(lines[-1].left.expression, lines[-1].right))
    chain = replace(chain, domain=domain, assumptions=(WHERE,))
    vars(chain)["lines"] = tuple(lines)
    return chain


def _has_more_nodes(expression: Basic, limit: int) -> bool:
    return next(islice(preorder_traversal(expression), limit, None), None) is not None


def _backward(line: Line, context: Context) -> Iterable[Rule]:
    if isinstance(line.left, Gradient):
        return USUAL_FORM
    unfinished = _unfinished(line, context, Pairing)
    return _rules_for(unfinished[0].expression, context) if unfinished else READ_OFF


def _forward(line: Line, context: Context) -> Iterable[Rule]:
    if isinstance(line.left, Jacobian):
        return USUAL_FORM
    scalars = _unfinished(line, context, Pairing)
    if scalars:
        return _rules_for(scalars[0].expression, context)
    columns = _unfinished(line, context, MatrixDifferential)
    return _forward_rules_for(columns[0].expression, context) if columns else READ_OFF_JACOBIAN


def _unfinished(line: Line, context: Context, kind: type) -> list:
    """The differentials that are not yet that of the variable, in a fixed order."""
    found = (d for d in line.right.atoms(kind) if d.expression != context.variable)
    return sorted(found, key=default_sort_key)


def _rules_for(expression: Basic, context: Context) -> Iterable[Rule]:
    if not context.varies(expression):
        return (constant,)
    row = next((row for row in PULLBACKS if row.matches(expression)), None)
    if expression.has(KroneckerProduct):
        return KRONECKER if row is None else (*KRONECKER, CALCULUS[row.name])
    if row is None:
        raise Unsupported(f"there is no rule for {type(expression).__name__}: {text(expression)}")
    return (CALCULUS[row.name],)


def _forward_rules_for(expression: Basic, context: Context) -> Iterable[Rule]:
    for kinds, rule in PUSHFORWARD:
        if isinstance(expression, kinds) or not context.varies(expression):
            return (rule,)
    raise Unsupported(f"there is no rule for {type(expression).__name__}: {text(expression)}")
