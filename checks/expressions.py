"""Random well-shaped expressions of X, of every kind of node, and whether their gradients are right.

`scalars` composes them as people write them, with SymPy's own operators, over the sizes 1, m and n.
`agrees` holds a gradient against a difference of the expression along one random direction.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

from hypothesis import strategies as st
from sympy import (
    Basic,
    Determinant,
    Integer,
    Lambda,
    MatrixSymbol,
    Symbol,
    Trace,
    cos,
    exp,
    log,
    sin,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    OneMatrix,
    ZeroMatrix,
)

from derivations.domain import Generic
from derivations.evaluate import evaluate, inner, number_of
from derivations.fields import Numbers
from derivations.matrix_calculus import domain_of

n, m = symbols("n m", integer=True, positive=True)
SIZES = (Integer(1), n, m)
VARIABLES = tuple(
    MatrixSymbol("X", *shape) for shape in ((n, n), (n, m), (n, Integer(1)), (Integer(1), n), (m, m))
)
xi, alpha = Symbol("xi0", real=True), Symbol("alpha", real=True)
FUNCTIONS = (
    tanh,
    sin,
    cos,
    exp,
    Lambda(xi, xi**2 + sin(xi)),
    Lambda(xi, log(1 + exp(xi))),
    Lambda(xi, 3 * xi),
)
OF_SCALARS = (
    tanh,
    sin,
    lambda s: log(1 + s**2),
    lambda s: sqrt(1 + s**2),
    lambda s: exp(-(s**2)),
    lambda s: s**3,
    lambda s: 1 / (2 + s**2),
)


class NotBuilt(Exception):
    """SymPy itself raised while the expression was composed; the message says what."""


def built(make: Callable, *args) -> Basic:
    try:
        return make(*args)
    except (TypeError, ValueError, NotImplementedError, AttributeError, RecursionError) as problem:
        raise NotBuilt(type(problem).__name__) from None


def constant(rows, cols) -> MatrixSymbol:
    return MatrixSymbol(f"A_{rows}{cols}", rows, cols)


class Composer:
    """Draws expressions of a given shape and depth that are made of X and of constants."""

    def __init__(self, draw, variable: MatrixSymbol):
        self.draw = draw
        self.variable = variable

    def pick(self, options):
        return self.draw(st.sampled_from(tuple(options)))

    def size(self):
        return self.pick(SIZES)

    def leaf(self, rows, cols):
        """Three times of four X, with a constant on a side where its size does not fit; else a constant."""
        kind = self.pick(("variable", "variable", "variable", "constant", "special"))
        if kind == "variable":
            return self.of_variable(rows, cols)
        specials = (OneMatrix, ZeroMatrix) if rows != cols else (OneMatrix, lambda r, c: Identity(r))
        return constant(rows, cols) if kind == "constant" else self.pick(specials)(rows, cols)

    def of_variable(self, rows, cols):
        x = self.variable
        middle = x.T if x.shape != (rows, cols) and x.cols == rows else x
        left = constant(rows, middle.rows) if middle.rows != rows else Integer(1)
        right = constant(middle.cols, cols) if middle.cols != cols else Integer(1)
        return left * middle * right

    def matrix(self, rows, cols, depth):
        if depth == 0:
            return self.leaf(rows, cols)
        kinds = [
            "sum",
            "multiple",
            "product",
            "product",
            "product",
            "transpose",
            "hadamard",
            "power",
            "function",
        ]
        kinds += ["inverse", "matrix power", "diag"] if rows == cols else []
        kinds += ["diagonal"] if cols == 1 else []
        made = built(getattr(self, "_" + self.pick(kinds).replace(" ", "_")), rows, cols, depth - 1)
        if made.shape != (rows, cols):
            raise NotBuilt("a matrix of another shape")
        return made

    def _sum(self, rows, cols, depth):
        return self.matrix(rows, cols, depth) + self.pick((1, -1)) * self.matrix(rows, cols, depth)

    def _multiple(self, rows, cols, depth):
        factor = self.pick((Integer(-2), alpha, n, None))
        return (self.scalar(depth) if factor is None else factor) * self.matrix(rows, cols, depth)

    def _product(self, rows, cols, depth):
        between = self.size()
        return self.matrix(rows, between, depth) * self.matrix(between, cols, depth)

    def _transpose(self, rows, cols, depth):
        return self.matrix(cols, rows, depth).T

    def _hadamard(self, rows, cols, depth):
        return HadamardProduct(self.matrix(rows, cols, depth), self.matrix(rows, cols, depth))

    def _power(self, rows, cols, depth):
        return HadamardPower(self.matrix(rows, cols, depth), self.pick((2, 3)))

    def _function(self, rows, cols, depth):
        return self.matrix(rows, cols, depth).applyfunc(self.pick(FUNCTIONS))

    def _inverse(self, rows, cols, depth):
        return (constant(rows, cols) + self.matrix(rows, cols, depth)).inverse()

    def _matrix_power(self, rows, cols, depth):
        return self.matrix(rows, cols, depth) ** self.pick((2, 3))

    def _diag(self, rows, cols, depth):
        return DiagMatrix(self.matrix(rows, Integer(1), depth))

    def _diagonal(self, rows, cols, depth):
        return DiagonalOf(self.matrix(rows, rows, depth))

    def scalar(self, depth):
        kinds = ["trace", "trace", "trace", "determinant", "kronecker", "form"]
        kinds += ["function", "total", "times", "quotient"] if depth > 1 else []
        return built(getattr(self, "_scalar_" + self.pick(kinds)), max(depth - 1, 0))

    def _scalar_trace(self, depth):
        size = self.pick(self.variable.shape)
        return Trace(self.matrix(size, size, depth))

    def _scalar_determinant(self, depth):
        size = self.pick((n, m))
        return Determinant(constant(size, size) + self.matrix(size, size, depth))

    def _scalar_kronecker(self, depth):
        left, right = self.size(), self.size()
        return Trace(KroneckerProduct(self.matrix(left, left, depth), self.matrix(right, right, depth)))

    def _scalar_form(self, depth):
        rows, cols = self.variable.shape
        return Trace(constant(1, rows) * self.matrix(rows, cols, depth) * constant(cols, 1))

    def _scalar_function(self, depth):
        return self.pick(OF_SCALARS)(self.scalar(depth))

    def _scalar_total(self, depth):
        return self.scalar(depth) + self.pick((1, -1)) * self.scalar(depth)

    def _scalar_times(self, depth):
        return self.scalar(depth) * self.scalar(depth)

    def _scalar_quotient(self, depth):
        return self.scalar(depth) / (1 + self.scalar(depth) ** 2)


@st.composite
def scalars(draw, depth):
    """(an expression, its variable), or (a `NotBuilt`, the variable) where SymPy could not compose it."""
    variable = draw(st.sampled_from(VARIABLES))
    try:
        return Composer(draw, variable).scalar(draw(depth)), variable
    except NotBuilt as problem:
        return problem, variable


# --- is a gradient right? -----------------------------------------------------------------------

DIGITS, AGREEMENT = 60, 1e-14
CHOICES_OF_SIZES = ((2, 3), (3, 2), (1, 2), (2, 1), (2, 2))


class Mild(Generic):
    """Numbers in (-1/2, 1/2), so that functions of functions keep their values within bounds."""

    def number(self, label) -> Fraction:
        return super().number(label) / 4


def slopes(expression: Basic, variable: MatrixSymbol, gradient: Basic, seed: int):
    """(by differences, by the gradient) along one direction in one world; raises `Unevaluable`."""
    source, domain = Mild(Random(seed)), domain_of(expression, variable)
    sizes = dict(zip((n, m), CHOICES_OF_SIZES[seed % len(CHOICES_OF_SIZES)], strict=True))
    world = domain.world(source, sizes, Numbers(DIGITS))
    world = domain.with_direction(world, variable, source)

    def along(step):
        return number_of(evaluate(expression, world.shifted(variable, world.direction, step)))

    return world.field.derivative(along), inner(evaluate(gradient, world), world.direction, world.field)


def agree(by_differences, by_gradient) -> bool:
    scale = max(abs(by_differences), abs(by_gradient), 1e-12)
    return abs(by_differences - by_gradient) <= AGREEMENT * scale
