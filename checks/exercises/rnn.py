"""Question 1: exercises on backpropagation through time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import mpmath

from .arrays import Array, flat, remembered
from .chain import ChainExercise, Form
from .exercise import (
    Disagreement,
    FormulaExercise,
    FunctionExercise,
    Parameter,
    Result,
    Situation,
    disagreement,
)

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


@remembered
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
)

EXERCISES = (grad_U, adjoint_step, adjoint_chain)
