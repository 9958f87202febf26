"""Question 2 (b): what the derivations yield with a slip in them."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Abs, Expr, Integer, Symbol
from sympy.matrices.expressions import MatrixSymbol, Trace

from derivations.evaluate import World, evaluate
from derivations.expressions import Elementwise, IndexSum, Member, open_binder
from derivations.fields import Numbers
from derivations.normalizing_flow import (
    DETERMINANT,
    LAYER,
    PREACTIVATION,
    D,
    K,
    b,
    delta,
    ell,
    h,
    k,
    n,
    u,
    w,
    z,
)

from .arrays import flat
from .exercise import Misconception
from .normalizing_flow import first_is_behind, inner, overtaken
from .slips import Change, Falsified, OnInputs, instead, negated_term, rewritten, scaled, without_term

COMMON = "normalizing_flow#what-commonly-goes-wrong"

# --- the gradient by all u, on the inputs of the exercise ----------------------------------------


def flow(inputs: Mapping[str, list]) -> World:
    """The world of the derivations with the exercise's draw, layers and joint density."""
    field = Numbers(40)

    def column(numbers):
        return [[field.number(v)] for v in numbers]

    def log_joint(field, _, state):
        distance = sum((x - v) ** 2 for x, [v] in zip(inputs["x"], state, strict=True))
        return -(sum(v * v for [v] in state) + distance) / 2

    values = {n: len(inputs["z0"]), K: len(inputs["b"]), (z, 0): column(inputs["z0"]), ell: log_joint}
    values |= {h: lambda field, v: field.context.tanh(v)}
    for family, name in ((u, "u"), (w, "w")):
        values |= {(family, i): column(row) for i, row in enumerate(inputs[name], 1)}
    values |= {(b, i): [[field.number(v)]] for i, v in enumerate(inputs["b"], 1)}
    return World(values, (LAYER, PREACTIVATION, DETERMINANT), field=field)


def same(formula: Expr) -> Expr:
    return formula


def slipped(own: Change = same, carried: Change = same):
    """The gradients by all u_k, with a slip in the formula itself, or in the adjoint recurrence."""
    both = Falsified("normalizing_flow.grad_u", own), Falsified("normalizing_flow.adjoint", carried)
    gradient, recurrence = (f.unchanged if f.slip is same else f.formula for f in both)
    last = Falsified("normalizing_flow.last_adjoint", same).unchanged

    def answer(inputs):
        world, layers = flow(inputs), len(inputs["b"])
        world.values[delta, layers] = evaluate(last, world)
        for layer in range(layers - 1, -1, -1):
            world.values[delta, layer] = evaluate(recurrence, world.bind(k, layer))
        return {"gradient": [flat(evaluate(gradient, world.bind(k, layer))) for layer in range(1, layers + 1)]}

    wrong = [f for f in both if f.slip is not same]
    return OnInputs(wrong[0], answer) if len(wrong) == 1 else answer


def of_determinant(change) -> Change:
    """A slip in what stands for the determinant of a layer, wherever it divides."""
    return instead(lambda node: isinstance(node, Trace) and node.has(D), change)


def layer_before(node):
    hit = isinstance(node, Member) and node.family == delta
    return delta[node.index - 1] if hit else None


GRAD_U_SLIPS = (
    Misconception(
        "minus the log-determinants",
        "The log density of the draw falls by the log-determinants. In the objective it stands with a minus.",
        slipped(negated_term(D[k]), negated_term(D[k + 1])),
        COMMON,
    ),
    Misconception(
        "log-determinants as constants",
        "How much a layer stretches the volume depends on its u.",
        slipped(without_term(D[k]), without_term(D[k + 1])),
        COMMON,
    ),
    Misconception(
        "later log-determinants as constants",
        "The log-determinant of a layer depends on where its input lies, and so on all layers before. For the "
        "last layer one sees no difference.",
        slipped(carried=without_term(D[k + 1])),
        COMMON,
    ),
    Misconception(
        "the layer's own log-determinant as a constant",
        "u moves the point, and it also changes how much the layer stretches the volume.",
        slipped(own=without_term(D[k])),
        COMMON,
    ),
    Misconception(
        "the determinant for its logarithm",
        "The derivative of a logarithm has what it was taken of in the denominator.",
        slipped(of_determinant(Integer(1)), of_determinant(Integer(1))),
        COMMON,
    ),
    Misconception(
        "the absolute value in the denominator",
        "The slope of ln|D| is negative where D is: it has the sign of D. Where no layer folds one sees no difference.",
        slipped(of_determinant(Abs), of_determinant(Abs)),
        COMMON,
    ),
    Misconception(
        "the later layers are skipped",
        "Between this layer and the joint density stand all later layers; each passes on what comes back to it.",
        slipped(carried=lambda formula: delta[k + 1]),
        COMMON,
    ),
    Misconception(
        "the adjoint on the wrong side of the layer",
        "u is added to the output of its layer, and the adjoint there is what it is multiplied with.",
        slipped(own=lambda formula: rewritten(formula, layer_before)),
        COMMON,
    ),
    Misconception(
        "downhill",
        "The gradient of the objective itself is asked for, not that of a loss.",
        slipped(scaled(-1)),
        COMMON,
    ),
)

# --- the determinant of one layer ------------------------------------------------------------------

normal, direction = (MatrixSymbol(name, n, 1) for name in ("w", "u"))
gp = Symbol("gp", real=True)


def of_one_layer(log_density: Expr) -> Expr:
    """The determinant that the log density holds the logarithm of, in the symbols of the exercise."""
    body, _ = open_binder(next(iter(log_density.atoms(IndexSum))))
    (size,) = body.atoms(Abs)
    named = {u: direction, w: normal}

    def told(node):
        if isinstance(node, Elementwise):
            return gp
        return named.get(node.family) if isinstance(node, Member) else None

    return rewritten(size.args[0], told)


def determinant_slip(slip: Change) -> Falsified:
    return Falsified("normalizing_flow.log_density", slip, of_one_layer)


PLANAR_SLIPS = (
    Misconception(
        "a minus",
        "The layer adds to its input; moved along its own normal, u stretches the volume.",
        determinant_slip(lambda formula: 2 - formula),
        COMMON,
    ),
    Misconception(
        "the identity is forgotten",
        "The layer keeps its input and adds to it. With u = 0 it changes nothing, and its determinant is 1.",
        determinant_slip(lambda formula: formula - 1),
        COMMON,
    ),
    Misconception(
        "no slope",
        "Between the pre-activation and the point stands the activation; its slope is a factor.",
        determinant_slip(instead(gp, Integer(1))),
        COMMON,
    ),
    Misconception(
        "the inverse",
        "That is what the density is multiplied by, not what the volume is.",
        determinant_slip(lambda formula: 1 / formula),
        COMMON,
    ),
    Misconception(
        "the trace",
        "The trace of a Jacobian is the sum of its eigenvalues, the determinant their product. For one dimension one "
        "sees no difference.",
        determinant_slip(lambda formula: formula + n - 1),
        COMMON,
    ),
    Misconception(
        "w with itself",
        "The matrix of rank one is made of u and w, and so is its one eigenvalue that is not 0.",
        determinant_slip(instead(direction, normal)),
        COMMON,
    ),
)


# --- a layer that is not one-to-one ---------------------------------------------------------------

FOLDING_SLIPS = (
    Misconception(
        "a layer that stretches",
        "A layer that pushes points apart along w, or draws them together a little, keeps their order, "
        "however steep it is.",
        {"u": [5, 0], "w": [1, 0], "b": 0, "p": [-1, 0], "q": [1, 0]},
        COMMON,
        lambda pieces: first_is_behind(pieces) is None and inner(pieces["w"], pieces["u"]) >= -1,
    ),
    Misconception(
        "points too far apart",
        "This layer does fold, but not between these points: it moves none by more than |u|.",
        {"u": [-2, 0], "w": [1, 0], "b": 0, "p": [-10, 0], "q": [10, 0]},
        COMMON,
        lambda pieces: (
            inner(pieces["w"], pieces["u"]) < -1 and first_is_behind(pieces) is None and overtaken(pieces) is not None
        ),
    ),
    Misconception(
        "behind in a coordinate, not along w",
        "The layer sees points along w only, and w may point the other way.",
        {"u": [2, 0], "w": [-1, 0], "b": 0, "p": ["-1/2", 0], "q": ["1/2", 0]},
        COMMON,
        lambda pieces: first_is_behind(pieces) is not None and inner(pieces["w"], pieces["u"]) < -1,
    ),
)

SLIPS = {
    "normalizing_flow.grad_u": GRAD_U_SLIPS,
    "normalizing_flow.planar_chain": PLANAR_SLIPS,
    "normalizing_flow.folding": FOLDING_SLIPS,
}
