"""Question 2 (b): exercises on planar flows: the gradient, and layers that are not one-to-one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import mpmath
from sympy.matrices.expressions.determinant import Determinant

from .arrays import Array, flat, remembered
from .chain import ChainExercise, Form
from .exercise import Disagreement, FunctionExercise, Parameter, Result, Situation, disagreement
from .witness import Piece, Requirement, Shortfall, WitnessExercise

_mp = mpmath.MPContext()
_mp.dps = 50


def inner(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


# --- the gradient by all u ------------------------------------------------------------------------

STEP = _mp.mpf(2) ** -55
# where a pre-activation is small and w and u are large and opposed, a determinant is negative
SMALL = (0, 0.25, -0.25, 0.5, -0.5, 1, -1)
LARGE = (1, -1, 2, -2, 0, 1.5, -1.5, 3, -3)
LEAST_DETERMINANT, LARGEST_TOLERANCE = 1 / 8, 1e-4


def objective(z0, u, w, b, x):
    """ln p(x, z_K) + Σ_k ln|det ∂z_k/∂z_{k-1}ᵀ|, run forward; lists of mpf."""
    z, total = z0, _mp.zero
    for u_k, w_k, b_k in zip(u, w, b, strict=True):
        moved = _mp.tanh(inner(w_k, z) + b_k)
        total += _mp.log(abs(1 + inner(w_k, u_k) * (1 - moved**2)))
        z = [p + q * moved for p, q in zip(z, u_k, strict=True)]
    return total - inner(z, z) / 2 - sum((p - q) ** 2 for p, q in zip(x, z, strict=True)) / 2


def _exact(nested):
    return [_exact(v) for v in nested] if isinstance(nested, list) else _mp.mpf(nested)


@remembered
def gradient_by_differences(inputs: Mapping[str, list]) -> list[list[float]]:
    """∂ objective/∂u by central differences; with 50 digits and a step of 2⁻⁵⁵ exact to some 30 digits."""
    exact = {name: _exact(rows) for name, rows in inputs.items()}
    return [[_difference(exact, layer, i) for i in range(len(row))] for layer, row in enumerate(inputs["u"])]


def _difference(inputs, layer: int, i: int) -> float:
    def shifted(step):
        u = [list(row) for row in inputs["u"]]
        u[layer][i] += step
        return objective(**{**inputs, "u": u})

    return float((shifted(STEP) - shifted(-STEP)) / (2 * STEP))


def determinants(inputs: Mapping[str, list]) -> list[float]:
    """The determinants of all layers at the points that the draw reaches."""
    z, found = inputs["z0"], []
    for u_k, w_k, b_k in zip(inputs["u"], inputs["w"], inputs["b"], strict=True):
        moved = float(_mp.tanh(inner(w_k, z) + b_k))
        found.append(1 + inner(w_k, u_k) * (1 - moved**2))
        z = [p + q * moved for p, q in zip(z, u_k, strict=True)]
    return found


def rounding_bound(inputs: Mapping[str, list], eps: float) -> float:
    """How far rounding may carry a sound computation of the gradient.

    An error grows by at most 1 + ‖u_k‖‖w_k‖ in each layer, on the way forward and on the way back. A
    pre-activation multiplies it by ‖w_k‖, and so does the way back; a log-determinant D multiplies it by
    up to ‖u_k‖‖w_k‖/D, and the rounding of D itself by as much again.
    """
    lengths = [(inner(p, p) ** 0.5, inner(q, q) ** 0.5) for p, q in zip(inputs["u"], inputs["w"], strict=True)]
    growth, steepest = 1.0, max(1 + p * q for p, q in lengths)
    for p, q in lengths:
        growth *= 1 + p * q
    planes = 1 + max(q for _, q in lengths)
    reach = 1 + sum(max(map(abs, flat(inputs[name]))) for name in ("z0", "x", "b")) + sum(p for p, _ in lengths)
    near_zero = 1 / min(1.0, *map(abs, determinants(inputs)))
    unit = 16 * eps * len(inputs["z0"]) * len(lengths)
    return unit * growth**2 * steepest**2 * planes**2 * reach * near_zero**2


def admissible(inputs: Mapping[str, list]) -> bool:
    """No determinant near 0, and double precision can tell a wrong answer."""
    far = min(map(abs, determinants(inputs))) >= LEAST_DETERMINANT
    return far and rounding_bound(inputs, 2.0**-52) <= LARGEST_TOLERANCE


def judge_grad_u(inputs: Mapping[str, list], results: Mapping[str, Array]) -> Disagreement | None:
    gradient = results["gradient"]
    demanded = Array(gradient.shape, tuple(flat(gradient_by_differences(inputs))))
    return disagreement("gradient", gradient, demanded, rounding_bound(inputs, gradient.eps))


def after_the_layer(pieces: Mapping, point):
    """wᵀ f(z): where the layer puts a point along w."""
    before = inner(pieces["w"], point)
    moved = _mp.tanh(_number(before + pieces["b"]))
    return _number(before) + _number(inner(pieces["w"], pieces["u"])) * moved


def _number(fraction):
    return _mp.mpf(fraction.numerator) / fraction.denominator


def first_is_behind(pieces: Mapping) -> Shortfall | None:
    p, q = (inner(pieces["w"], pieces[name]) for name in ("p", "q"))
    return None if p < q else Shortfall(p, q)


def overtaken(pieces: Mapping) -> Shortfall | None:
    p, q = (after_the_layer(pieces, pieces[name]) for name in ("p", "q"))
    return None if p > q else Shortfall(float(p), float(q))


grad_u = FunctionExercise(
    name="normalizing_flow.grad_u",
    question="Q2b",
    title="Gradient of a planar flow by all u",
    statement=r"""
A draw $z_0$ goes through the planar layers $z_k = z_{k-1} + u_k \tanh(w_k^\top z_{k-1} + b_k)$,
$k = 1, \dots, K$. With the model $z \sim \mathcal N(0, I)$, $x \mid z \sim \mathcal N(z, I)$ the part of
the ELBO's integrand that depends on the layers is

$$F = -\tfrac12 \|z_K\|^2 - \tfrac12 \|x - z_K\|^2 + \sum_{k=1}^K \ln \left| D_k \right|, \qquad
D_k = \det \frac{\partial z_k}{\partial z_{k-1}^\top}.$$

Write a function that returns the gradients $\partial F / \partial u_k$ for this one draw, one a row. Layers
with $D_k < 0$ occur too. They fold, and $F$ is then no bound; its gradient is asked for all the same. The
result must be exact up to rounding; numerical differences in double precision are not.
""".strip(),
    points=3,
    domain="n from 1 to 3, K from 1 to 3, entries from -3 to 3, every determinant at least 1/8 in size",
    hints=(
        "Run the layers forward once and keep every point.",
        "The adjoint of a point is the gradient of all that is added to F after it; find it from the next one's.",
        "Each layer's u moves F in two ways, and so does each layer's input.",
    ),
    sizes={"n": (1, 3), "K": (1, 3)},
    parameters=(
        Parameter("z0", ("n",), "the draw", SMALL),
        Parameter("u", ("K", "n"), "u_1 … u_K, one a row", LARGE),
        Parameter("w", ("K", "n"), "w_1 … w_K, one a row", LARGE),
        Parameter("b", ("K",), "the offsets", SMALL),
        Parameter("x", ("n",), "the data point", SMALL),
    ),
    results=(Result("gradient", ("K", "n"), "the gradients of F by u_1 … u_K, one a row"),),
    judge=judge_grad_u,
    admissible=admissible,
    source="differences of the objective give",
    generic={},
)

# --- the determinant of one layer, line by line ----------------------------------------------------


def determinant(rows):
    """By the first row."""
    if not rows:
        return 1
    minors = ([[*row[:j], *row[j + 1 :]] for row in rows[1:]] for j in range(len(rows)))
    return sum((-1) ** j * rows[0][j] * determinant(minor) for j, minor in enumerate(minors))


def planar_jacobian(field, u, w, b, z):
    """∂f/∂zᵀ of the layer by differences."""

    def moved(i: int, j: int, step):
        z_there = [v + step if column == j else v for column, v in enumerate(z)]
        return z_there[i] + u[i] * field.context.tanh(inner(w, z_there) + b)

    return [[field.derivative(lambda s, i=i, j=j: moved(i, j, s)) for j in range(len(z))] for i in range(len(z))]


def planar_situations(field, random: Random) -> Iterator[Situation]:
    """One dimension and small numbers first."""
    for point in range(30):
        size, most = 1 if point < 4 else random.randint(1, 3), 2 if point < 8 else 24
        z, u, w, (b,) = (
            [field.number(random.randint(-most, most) or 1) * 2 / most for _ in range(count)]
            for count in (size, size, size, 1)
        )
        before = inner(w, z) + b
        slope = field.derivative(lambda s, before=before: field.context.tanh(before + s))
        jacobian = planar_jacobian(field, u, w, b, z)
        values = {"J": jacobian, "u": [[v] for v in u], "w": [[v] for v in w], "D": determinant(jacobian), "gp": slope}
        yield Situation(values, values["D"], {"n": size})


planar_chain = ChainExercise(
    name="normalizing_flow.planar_chain",
    question="Q2b",
    title="The determinant of a planar layer, line by line",
    statement=r"""
A planar layer maps $z \mapsto f(z) = z + u\,h(w^\top z + b)$ in $n$ dimensions. *Derive* the determinant of its
Jacobian. Each line must equal this determinant; the last one may have only `u`, `w` and `gp` in it, and no
determinant. On the way you may use

- `D`, the determinant itself: your derivation starts from it,
- `J`, the Jacobian $\partial f / \partial z^\top$, $n \times n$,
- `u` and `w`, $n \times 1$, and `gp`, the slope $h'(w^\top z + b)$, a number.

The determinant of a matrix is `det(M)`, the identity `eye(n)`, the transpose `w.T`.
""".strip(),
    points=2,
    domain="n from 1 to 3, h = tanh, entries from -2 to 2",
    hints=(
        "Write the Jacobian as the identity and a matrix of rank one.",
        "Which vectors does a matrix of rank one leave alone, and what is its one eigenvalue that is not 0?",
    ),
    shapes={"J": ("n", "n"), "u": ("n", 1), "w": ("n", 1)},
    real=("D", "gp"),
    given="D",
    forms=(
        Form("a line in u, w and gp only", ("u", "w", "gp"), points=1),
        Form("a line in u, w and gp only, without a determinant", ("u", "w", "gp"), (Determinant,), points=1),
    ),
    situations=planar_situations,
    source="differences of the layer give",
    spellings={"h'": "the slope h'(w.T*z + b) is called gp here"},
)

# --- a layer that is not one-to-one ---------------------------------------------------------------

folding = WitnessExercise(
    name="normalizing_flow.folding",
    question="Q2b",
    title="A planar layer that is not one-to-one",
    statement=r"""
A planar layer maps $z \mapsto f(z) = z + u \tanh(w^\top z + b)$. Give $u$, $w$ and $b$ for two dimensions, and two
points $p$ and $q$, so that $p$ lies behind $q$ along $w$, that is $w^\top p < w^\top q$, but the layer carries it
past: $w^\top f(p) > w^\top f(q)$. (Far away the layer keeps the order; so it takes some values more than once.)
""".strip(),
    points=1,
    domain="exact fractions; tanh at 50 digits",
    hints=(
        "All that happens along w depends on one number, made of u and w.",
        "Where is tanh steepest? Take both points near there.",
    ),
    pieces=(
        Piece("u", (2,), "the direction in which the layer moves points"),
        Piece("w", (2,), "the normal vector of its planes"),
        Piece("b", (), "its offset"),
        Piece("p", (2,), "the point behind"),
        Piece("q", (2,), "the point ahead"),
    ),
    requirements=(
        Requirement("p lies behind q along w.", first_is_behind),
        Requirement("the layer carries p past q.", overtaken),
    ),
)

EXERCISES = (planar_chain, grad_u, folding)
