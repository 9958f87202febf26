"""Question 1 (a): what the derivations yield with one slip in them."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, Identity, MatrixSymbol, OneMatrix, Transpose

from derivations.evaluate import World, evaluate
from derivations.expressions import (
    AppliedGradient,
    Elementwise,
    IndexProduct,
    MatrixIndexSum,
    Member,
    hadamard,
    open_binder,
    product,
    substitute,
    transpose,
)
from derivations.fields import Numbers
from derivations.rnn import DOMAIN, L, T, U, W, g, h, m, n, x, z

from .exercise import Misconception
from .slips import (
    Change,
    Falsified,
    OnInputs,
    instead,
    negated_term,
    rewritten,
    scaled,
    untransposed,
    without_term,
)

COMMON = "rnn#what-commonly-goes-wrong"

# --- the gradient by U, on the inputs of the exercise --------------------------------------------


def network(inputs: Mapping[str, list]) -> World:
    """The world of the derivation with the exercise's inputs, activation and loss."""
    field = Numbers(40)

    def column(numbers):
        return [[field.number(v)] for v in numbers]

    def rows(matrix):
        return [[field.number(v) for v in row] for row in matrix]

    def squared_error(field, t, state):
        return sum((a - b) ** 2 for [a], b in zip(state, inputs["y"][t - 1], strict=True)) / 2

    values = {n: len(inputs["h0"]), m: len(inputs["x"][0]), T: len(inputs["x"])}
    values |= {U: rows(inputs["U"]), W: rows(inputs["W"]), (h, 0): column(inputs["h0"])}
    values |= {(x, t): column(x_t) for t, x_t in enumerate(inputs["x"])}
    values |= {g: lambda field, v: field.context.tanh(v), L: squared_error}
    return World(values, DOMAIN.definitions, field=field)


def slipped(slip: Change):
    """The gradient as a double sum over Jacobian products, with a slip: a misconception's answer."""
    wrong = Falsified("rnn.grad_U_unrolled", slip)
    return OnInputs(wrong, lambda inputs: {"gradient": evaluate(wrong.formula, network(inputs))})


def in_jacobians(change) -> Change:
    """A slip inside the product of Jacobians only."""
    return instead(lambda node: isinstance(node, IndexProduct), lambda node: rewritten_inside(node, change))


def rewritten_inside(node: IndexProduct, change) -> Expr:
    return rewritten(node, lambda part: None if part == node else change(part))


def shifted(family, by: int):
    """Members of the family at another time."""

    def change(node):
        hit = isinstance(node, Member) and node.family == family
        return family[node.index + by] if hit else None

    return change


def at_upper_end(which) -> Change:
    """A sum of which only the last term is left; `which`: is it this sum?"""

    def last_term(node):
        body, index = open_binder(node)
        return substitute(body, {index: node.upper})

    return instead(lambda node: isinstance(node, MatrixIndexSum) and which(node), last_term)


def no_slopes(node):
    return Identity(node.rows) if isinstance(node, DiagMatrix) else None


def later_state(node):
    hit = isinstance(node, Transpose) and isinstance(node.arg, Member)
    return transpose(h[node.arg.index + 1]) if hit else None


GRAD_U_SLIPS = (
    Misconception(
        "no transpose on the way back",
        "A gradient that is carried back through z = U h is multiplied by the transpose of U. For one unit, "
        "and for symmetric U, one does not see the difference.",
        slipped(untransposed(U)),
        COMMON,
    ),
    Misconception(
        "the slopes of the step before",
        "From the adjoint at t + 1 to that at t one passes through z_t, so the slopes are those at z_t. With "
        "T = 1 one does not see the difference.",
        slipped(in_jacobians(shifted(z, -1))),
        COMMON,
    ),
    Misconception(
        "only the direct terms",
        "The state h_{t-1} depends on U as well; what is left when it is held constant are the terms k = t.",
        slipped(at_upper_end(lambda node: node.upper != T)),
        COMMON,
    ),
    Misconception(
        "only the last loss",
        "Every state has a loss of its own, and each of them moves with U.",
        slipped(at_upper_end(lambda node: node.upper == T)),
        COMMON,
    ),
    Misconception(
        "no slopes in the Jacobians",
        "On the way back one passes through the activation too, at every step.",
        slipped(in_jacobians(no_slopes)),
        COMMON,
    ),
    Misconception(
        "the state of the same step in the outer product",
        "U was multiplied with the state before, and that is what stands on the right.",
        slipped(lambda formula: rewritten(formula, later_state)),
        COMMON,
    ),
    Misconception(
        "the outer product the wrong way round",
        "Entry (i, j) says how the loss moves with the weight from unit j to unit i.",
        slipped(transpose),
        COMMON,
    ),
    Misconception("sign", "The residual is state minus target.", slipped(scaled(-1)), COMMON),
    Misconception(
        "the half of the loss is lost", "Half of a square has the slope 1, not 2.", slipped(scaled(2)), COMMON
    ),
)

# --- the adjoint, one step back ------------------------------------------------------------------

dL, gp, d = (MatrixSymbol(name, n, 1) for name in ("dL", "gp", "d"))
IN_SYMBOLS = {AppliedGradient: dL, Elementwise: gp, Member: d}


def in_symbols(formula: Expr) -> Expr:
    """The recurrence in the symbols of the exercise: gradient of the loss, slopes, next adjoint."""
    return rewritten(formula, lambda node: IN_SYMBOLS.get(type(node)))


def adjoint_slip(slip: Change) -> Falsified:
    return Falsified("rnn.adjoint", slip, in_symbols)


CARRIED_BACK = product(transpose(U), hadamard(gp, d))
ADJOINT_SLIPS = (
    Misconception(
        "no transpose",
        "Going back multiplies by the transpose of the Jacobian. For one unit one sees no difference.",
        adjoint_slip(untransposed(U)),
        COMMON,
    ),
    Misconception(
        "the loss at this time is forgotten",
        "The state moves its own loss too, not only the later ones.",
        adjoint_slip(without_term(dL)),
        COMMON,
    ),
    Misconception(
        "the loss of one step for the loss of all",
        "The adjoint is the gradient of all losses from here on, and this state moves the next one.",
        adjoint_slip(without_term(d)),
        COMMON,
    ),
    Misconception(
        "no slopes",
        "Between one state and the next stands the activation; on the way back its slopes are factors.",
        adjoint_slip(instead(gp, OneMatrix(n, 1))),
        COMMON,
    ),
    Misconception(
        "slopes after the matrix",
        "The state passes through U first, then through the activation; the way back has the reverse order.",
        adjoint_slip(instead(CARRIED_BACK, hadamard(gp, product(transpose(U), d)))),
        COMMON,
    ),
    Misconception(
        "a sign",
        "Both ways on which the state moves the losses add up.",
        adjoint_slip(negated_term(d)),
        COMMON,
    ),
)


SLIPS = {
    "rnn.grad_U": GRAD_U_SLIPS,
    "rnn.adjoint_step": ADJOINT_SLIPS,
    "rnn.adjoint_chain": ADJOINT_SLIPS,
}
