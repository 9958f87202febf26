"""Question 1: exercises on backpropagation through time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import mpmath
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

from .arrays import Array, flat
from .chain import ChainExercise, Form
from .exercise import (
    Disagreement,
    FormulaExercise,
    FunctionExercise,
    Misconception,
    Parameter,
    Result,
    Situation,
    disagreement,
)
from .slips import (
    Change,
    Falsified,
    instead,
    negated_term,
    rewritten,
    scaled,
    untransposed,
    without_term,
)

COMMON = "rnn#what-commonly-goes-wrong"

SMALL = (0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 0.25, -0.25, 1.5, -1.5, 4, -4)

# --- the gradient of the loss by U --------------------------------------------------------------

_mp = mpmath.MPContext()
_mp.dps = 40
STEP = _mp.mpf(2) ** -45


def loss(U, W, x, h0, y):
    """½ Σ_t ‖h_t − y_t‖² of the network h_t = tanh(W x_{t−1} + U h_{t−1}), run forward; lists of mpf."""
    h, total = h0, 0
    for x_t, y_t in zip(x, y, strict=True):
        h = [_mp.tanh(_dot(W_i, x_t) + _dot(U_i, h)) for W_i, U_i in zip(W, U, strict=True)]
        total += sum((a - b) ** 2 for a, b in zip(h, y_t, strict=True)) / 2
    return total


def _dot(a, b):
    return sum((p * q for p, q in zip(a, b, strict=True)), _mp.zero)


def gradient_by_differences(inputs: Mapping[str, list]) -> list[list[float]]:
    """∂ loss/∂U by central differences; with 40 digits and a step of 2⁻⁴⁵ exact to some 25 digits."""
    exact = {name: _exact(rows) for name, rows in inputs.items()}
    n = len(exact["h0"])
    return [[_difference(exact, i, j) for j in range(n)] for i in range(n)]


def _difference(inputs, i: int, j: int) -> float:
    def shifted(step):
        U = [list(row) for row in inputs["U"]]
        U[i][j] += step
        return loss(**{**inputs, "U": U})

    return float((shifted(STEP) - shifted(-STEP)) / (2 * STEP))


def _exact(nested):
    return [_exact(x) for x in nested] if isinstance(nested, list) else _mp.mpf(nested)


def rounding_bound(inputs: Mapping[str, list], eps: float) -> float:
    """How far rounding may carry a sound computation of the gradient.

    A rounding error of one step grows by at most the row norm of U for each later step of the forward
    pass and by the column norm for each step back, as |tanh'| <= 1.
    """
    U, T = inputs["U"], len(inputs["y"])
    n, m = len(U), len(inputs["x"][0])
    forward = max(1.0, *(sum(map(abs, row)) for row in U))
    back = max(1.0, *(sum(map(abs, column)) for column in zip(*U, strict=True)))
    drive = 1 + max(sum(abs(w) for w in row) for row in inputs["W"]) * max(map(abs, flat(inputs["x"])))
    size = drive + forward * (1 + max(map(abs, inputs["h0"])))
    residual = 1 + max(map(abs, flat(inputs["y"])))
    return 64 * eps * (n + m) * T**2 * (forward * back) ** (T - 1) * size * residual


def judge_grad_U(inputs: Mapping[str, list], results: Mapping[str, Array]) -> Disagreement | None:
    gradient = results["gradient"]
    demanded = Array(gradient.shape, tuple(flat(gradient_by_differences(inputs))))
    return disagreement("gradient", gradient, demanded, rounding_bound(inputs, gradient.eps))


# what the derivation yields with one slip in it, on the inputs of the exercise


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
    return lambda inputs: {"gradient": evaluate(wrong.formula, network(inputs))}


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

grad_U = FunctionExercise(
    name="rnn.grad_U",
    question="Q1a",
    title="Gradient of the loss of a recurrent network by U",
    statement=r"""
A recurrent network starts from the state $h_0$ and reads the inputs $x_0, \dots, x_{T-1}$:

$$h_t = \tanh(W x_{t-1} + U h_{t-1}), \qquad t = 1, \dots, T.$$

Its states are held against the targets $y_1, \dots, y_T$ by $L = \sum_{t=1}^T \tfrac12 \|h_t - y_t\|^2$.
Write a function that returns $\partial L / \partial U$. The rows of `x` are $x_0, \dots, x_{T-1}$, those of
`y` are $y_1, \dots, y_T$. The result must be exact up to rounding; numerical differences in double
precision are not.
""".strip(),
    points=2,
    domain="n and m from 1 to 3, T from 1 to 4 and 8, entries from -4 to 4, some zero, some that saturate",
    hints=(
        "Run the network forward once and keep every state.",
        "The adjoint of a state is the gradient of all losses from there on; find it from the next state's.",
        "U acts at every step; each step adds an outer product.",
    ),
    sizes={"n": (1, 3), "m": (1, 3), "T": (1, 4)},
    parameters=(
        Parameter("U", ("n", "n"), "recurrent weights", SMALL),
        Parameter("W", ("n", "m"), "input weights", SMALL),
        Parameter("x", ("T", "m"), "inputs x_0 … x_{T-1}, one a row", SMALL),
        Parameter("h0", ("n",), "initial state", SMALL),
        Parameter("y", ("T", "n"), "targets y_1 … y_T, one a row", SMALL),
    ),
    results=(Result("gradient", ("n", "n"), "the gradient of the loss by U"),),
    judge=judge_grad_U,
    source="differences of the loss give",
    generic={"T": 8},
    misconceptions=GRAD_U_SLIPS,
)

# --- the adjoint, one step back -----------------------------------------------------------------


def _square(field, z):
    return z * z / 2


def _tanh(field, z):
    return field.context.tanh(z)


def _sine(field, z):
    return field.context.sin(z)


def _logistic(field, z):
    return 1 / (1 + field.context.exp(-z))


ACTIVATIONS = (_tanh, _sine, _logistic, _square)
POINTS = 24


class SmallNetwork:
    """h_{s+1} = g(U h_s + c_s) for a few steps from h_t on, with losses L_s(h) = ½ a_s ‖h‖² + b_s·h.

    Everything is drawn at random; what the formula speaks of is found by running the network forward
    and taking differences.
    """

    def __init__(self, field, draw, n: int, steps: int, activation):
        self.field, self.activation = field, activation
        self.U = [[draw() for _ in range(n)] for _ in range(n)]
        self.state = [draw() for _ in range(n)]
        self.drives = [[draw() for _ in range(n)] for _ in range(steps)]
        self.losses = [(draw(), [draw() for _ in range(n)]) for _ in range(steps + 1)]

    def preactivation(self, step: int, state):
        return [_plain_dot(row, state) + c for row, c in zip(self.U, self.drives[step], strict=True)]

    def loss(self, step: int, state):
        a, b = self.losses[step]
        return a * _plain_dot(state, state) / 2 + _plain_dot(b, state)

    def remaining_loss(self, step: int, state):
        """All losses from `step` on, as a function of the state there."""
        total = self.loss(step, state)
        for s in range(step, len(self.drives)):
            state = [self.activation(self.field, z) for z in self.preactivation(s, state)]
            total += self.loss(s + 1, state)
        return total

    def gradient(self, function, at):
        """The partial derivatives of a function of a state, as a column."""

        def moved(i, step):
            return [v + step if i == j else v for j, v in enumerate(at)]

        return [[self.field.derivative(lambda s, i=i: function(moved(i, s)))] for i in range(len(at))]

    def situation(self) -> Situation:
        z = self.preactivation(0, self.state)
        ahead = [self.activation(self.field, v) for v in z]
        slopes = [[self.field.derivative(lambda s, v=v: self.activation(self.field, v + s))] for v in z]
        values = {
            "U": self.U,
            "dL": self.gradient(lambda h: self.loss(0, h), self.state),
            "gp": slopes,
            "d": self.gradient(lambda h: self.remaining_loss(1, h), ahead),
        }
        demanded = self.gradient(lambda h: self.remaining_loss(0, h), self.state)
        return Situation(values, demanded, {"n": len(self.state)})


def _plain_dot(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


def adjoint_situations(field, random: Random) -> Iterator[Situation]:
    """First one state, small integers and g(z) = z²/2; then up to three states and smooth activations."""

    def small():
        return field.number(random.choice((1, -1, 2)))

    def any_number():
        return field.number(random.randint(-24, 24) or 1) / 16

    for units in (1, 1, 1, 2, 2, 2):
        yield SmallNetwork(field, small, units, 1, _square).situation()
    for point in range(POINTS):
        activation = ACTIVATIONS[point % len(ACTIVATIONS)]
        yield SmallNetwork(field, any_number, 1 + point % 3, random.randint(1, 3), activation).situation()


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

adjoint_step = FormulaExercise(
    name="rnn.adjoint_step",
    question="Q1a",
    title="The adjoint of a state from the next one",
    statement=r"""
In a recurrent network $z_t = U h_t + W x_t$, $h_{t+1} = g(z_t)$, with losses $L_t(h_t)$, let
$\delta_t$ be the gradient by $h_t$ of all losses from time $t$ on. Give $\delta_t$ in terms of

- `dL`, the gradient $\nabla L_t(h_t)$, $n \times 1$,
- `U`, $n \times n$,
- `gp`, the slopes $g'(z_t)$, $n \times 1$,
- `d`, the next adjoint $\delta_{t+1}$, $n \times 1$.

The transpose is `U.T`; `hadamard(u, v)` is the entrywise product, `diag(v)` the diagonal matrix.
""".strip(),
    points=1,
    domain="n from 1 to 3, one to three later steps, g among tanh, sine, logistic and z²/2, quadratic losses",
    hints=(
        "The state moves its own loss, and all later losses through the next state only.",
        "What is the Jacobian of the next state by this one, and which side does it act from?",
    ),
    shapes={"dL": ("n", 1), "U": ("n", "n"), "gp": ("n", 1), "d": ("n", 1)},
    shape=("n", 1),
    situations=adjoint_situations,
    source="differences of the remaining losses give",
    spellings={"g'": "the slopes g'(z_t) are called gp here"},
    misconceptions=ADJOINT_SLIPS,
)

# --- the same, line by line -----------------------------------------------------------------------


def with_jacobian(situations):
    """Each situation with D, what is asked, and J, the Jacobian of the next state by this one."""

    def drawn(field, random: Random) -> Iterator[Situation]:
        for s in situations(field, random):
            slopes, weights = s.values["gp"], s.values["U"]
            jacobian = [[slope * u for u in row] for [slope], row in zip(slopes, weights, strict=True)]
            yield Situation({**s.values, "D": s.demanded, "J": jacobian}, s.demanded, s.sizes)

    return drawn


adjoint_chain = ChainExercise(
    name="rnn.adjoint_chain",
    question="Q1a",
    title="The adjoint recurrence, line by line",
    statement=r"""
Again $z_t = U h_t + W x_t$ and $h_{t+1} = g(z_t)$, with losses $L_t(h_t)$; $\delta_t$ is the gradient
by $h_t$ of all losses from time $t$ on. *Derive* how it comes from $\delta_{t+1}$. Each line must equal
$\delta_t$; the last one may have only `dL`, `U`, `gp` and `d` in it. On the way you may use

- `D`, the adjoint $\delta_t$ itself, $n \times 1$: your derivation starts from it,
- `J`, the Jacobian $\partial h_{t+1} / \partial h_t$, $n \times n$,
- `dL`, the gradient $\nabla L_t(h_t)$, `gp`, the slopes $g'(z_t)$, and `d`, the next adjoint $\delta_{t+1}$,
  all $n \times 1$,
- `U`, $n \times n$.
""".strip(),
    points=2,
    domain="n from 1 to 3, one to three later steps, g among tanh, sine, logistic and z²/2, quadratic losses",
    hints=(
        "The state moves its own loss, and all later losses through the next state: a sum of two terms.",
        "Write the second term with J first.",
        "J is a diagonal matrix times U. Transpose the product.",
    ),
    shapes={"D": ("n", 1), "J": ("n", "n"), "dL": ("n", 1), "U": ("n", "n"), "gp": ("n", 1), "d": ("n", 1)},
    shape=("n", 1),
    given="D",
    forms=(
        Form("a line without D", ("J", "dL", "U", "gp", "d"), points=1),
        Form("a line in dL, U, gp and d only", ("dL", "U", "gp", "d"), points=1),
    ),
    situations=with_jacobian(adjoint_situations),
    source="differences of the remaining losses give",
    spellings={"g'": "the slopes g'(z_t) are called gp here"},
    misconceptions=ADJOINT_SLIPS,
)

EXERCISES = (grad_U, adjoint_step, adjoint_chain)
