"""Question 1 (d): exercises on what the remedies do to a gradient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import fsum, sqrt
from random import Random

from .arrays import Array, flat
from .chain import ChainExercise, Form
from .choice import ChoiceExercise, Option
from .exercise import (
    Disagreement,
    FormulaExercise,
    FunctionExercise,
    Parameter,
    Result,
    Situation,
    disagreement,
)
from .witness import Piece, Requirement, Shortfall, WitnessExercise

# --- a gradient that elementwise clipping turns ---------------------------------------------------

MOST_WEIGHTS = 12


def clip_entries(g: list) -> list:
    return [max(Fraction(-1), min(Fraction(1), x)) for x in g]


def squared_cosine(g: list) -> Fraction:
    """Of the angle between a gradient and itself clipped entry by entry; 1 for the gradient 0."""
    c = clip_entries(g)
    both = sum(x * x for x in g) * sum(x * x for x in c)
    return sum(x * y for x, y in zip(g, c, strict=True)) ** 2 / both if both else Fraction(1)


def something_clipped(pieces: Mapping) -> Shortfall | None:
    largest = max(map(abs, pieces["g"]))
    return None if largest > 1 else Shortfall(f"the largest entry is {float(largest):g} in size")


def turned_enough(pieces: Mapping) -> Shortfall | None:
    square = squared_cosine(pieces["g"])
    return None if square < Fraction(1, 4) else Shortfall(f"the cosine of the angle is {sqrt(square):.4f}")


turning = WitnessExercise(
    name="rnn_remedies.turning",
    question="Q1d",
    title="A gradient that is turned by clipping its entries",
    statement=r"""
Clipping each entry of a gradient to $[-1, 1]$ bounds its norm, but does not keep its direction. Give a
gradient `g` with at most 12 entries that is turned by *more than* 60 degrees.
""".strip(),
    points=1,
    domain="exact fractions, 1 to 12 entries",
    hints=(
        "One entry should dominate before clipping, and not afterwards.",
        "What does the clipped gradient look like if one entry is huge and all others are 1? How many do you need?",
    ),
    pieces=(Piece("g", ("n",), "the gradient"),),
    sizes={"n": (1, MOST_WEIGHTS)},
    requirements=(
        Requirement("some entry is clipped.", something_clipped),
        Requirement("the angle is more than 60 degrees.", turned_enough),
    ),
)

# --- what clipping does ---------------------------------------------------------------------------

BLOCKS = ((3.0, 4.0), (0.0, 12.0)), ((0.3, 0.0), (0.0, 0.4)), ((6.0, 8.0), (0.0, 0.0)), ((1.0, 0.0), (8.0, 0.0))


def norm(*blocks) -> float:
    return sqrt(sum(x * x for block in blocks for x in block))


def clipped_together(blocks, most: float) -> list:
    """Two gradients, clipped by their joint norm."""
    factor = min(1.0, most / norm(*blocks))
    return [[factor * x for x in block] for block in blocks]


def clipping_cases() -> Iterator[tuple]:
    """(two gradients, threshold): below it and above it."""
    yield from ((blocks, most) for blocks in BLOCKS for most in (1.0, 5.0))


def cosine(case) -> float:
    blocks, most = case
    after = clipped_together(blocks, most)
    inner = sum(x * y for a, b in zip(blocks, after, strict=True) for x, y in zip(a, b, strict=True))
    return inner / norm(*blocks) / norm(*after)


def one_by_one(case) -> list:
    blocks, most = case
    return [clipped_together([block], most)[0] if any(block) else list(block) for block in blocks]


def near(a, b) -> bool:
    return all(abs(x - y) < 1e-12 for x, y in zip(flat(list(a)), flat(list(b)), strict=True))


def rounded(blocks) -> list:
    return [[float(f"{x:.3g}") for x in block] for block in blocks]


def tell_clipped(case) -> str:
    blocks, most = case
    return (
        f"Take two weight matrices with the gradients {list(blocks[0])} and {list(blocks[1])}, of the joint "
        f"norm {norm(*blocks):g}, and the threshold {most:g}: afterwards the norm is "
        f"{norm(*clipped_together(blocks, most)):g}."
    )


def tell_apart(case) -> str:
    blocks, most = case
    return (
        f"Take the gradients {list(blocks[0])} and {list(blocks[1])} and the threshold {most:g}: together they "
        f"become {rounded(clipped_together(blocks, most))}, one by one {rounded(one_by_one(case))}."
    )


def long_memories() -> Iterator[tuple]:
    """(w, lag): a linear unit h_t = w h_{t-1} whose last state should be 1; it starts at 1, and |w| < 1."""
    yield from ((w, lag) for w in (0.5, 0.9) for lag in (10, 50))


def long_term(case) -> float:
    """How the loss ½(h_T - 1)² moves with h_0."""
    w, lag = case
    return (w**lag - 1) * w**lag


def still_felt(case) -> bool:
    """Whether the long-range term is above a thousandth after the gradient by h_0 was clipped at 1."""
    return abs(long_term(case)) * min(1.0, 1.0 / abs(long_term(case))) > 1e-3


def tell_memory(case) -> str:
    w, lag = case
    found = long_term(case)
    return (
        f"Take one linear unit with w = {w:g} and the loss (h_T - 1)²/2 after {lag} steps from h_0 = 1. The "
        f"gradient by h_0 is {found:.2g}; clipped at 1 it is {found * min(1.0, 1 / abs(found)):.2g}: the same."
    )


clipping = ChoiceExercise(
    name="rnn_remedies.clipping",
    question="Q1d",
    title="What does norm clipping do?",
    statement=r"""
All gradients of a network are taken together as one long vector $G$, and this is multiplied by
$\min(1, \kappa/\lVert G \rVert)$. Which of these claims hold for every gradient that is not 0 and every
threshold $\kappa > 0$? Name all of them.
""".strip(),
    points=1,
    domain="two weight matrices with simple gradients, linear units with a long memory, all run",
    hints=("Which factors are possible?", "What happens to a gradient that has vanished?"),
    several=True,
    options=(
        Option(
            "The clipped gradient points in the same direction.",
            lambda case: abs(cosine(case) - 1) < 1e-12,
            tell_clipped,
            explanation="All entries are multiplied by the same positive number.",
            proofs=("rnn_remedies.clip_direction",),
        ),
        Option(
            "Its norm is the threshold.",
            lambda case: abs(norm(*clipped_together(*case)) - case[1]) < 1e-12,
            tell_clipped,
        ),
        Option(
            "Its norm is at most the threshold.",
            lambda case: norm(*clipped_together(*case)) <= case[1] * (1 + 1e-12),
            tell_clipped,
            explanation="The norm is multiplied by at most threshold/norm.",
            proofs=("rnn_remedies.clip_bound",),
        ),
        Option(
            "It is a cure for vanishing gradients, too: what comes from long ago is felt again.",
            still_felt,
            tell_memory,
            cases=long_memories,
        ),
        Option(
            "It is the same if the gradient of each weight matrix is clipped by itself.",
            lambda case: near(clipped_together(*case), one_by_one(case)),
            tell_apart,
        ),
        Option(
            "It is never longer than it was.",
            lambda case: norm(*clipped_together(*case)) <= norm(*case[0]) * (1 + 1e-12),
            tell_clipped,
            explanation="The factor is at most 1.",
            proofs=("rnn_remedies.clip_never_lengthens",),
        ),
    ),
    cases=clipping_cases,
)

# --- the Jacobian with a path around the unit -----------------------------------------------------

SQUASHED = (
    lambda field, z: field.context.tanh(z),
    lambda field, z: field.context.sin(z),
    lambda field, z: 1 / (1 + field.context.exp(-z)),
)


def path_situations(field, random: Random) -> Iterator[Situation]:
    """A unit with a path around it, run forward; the Jacobian by differences, column by column."""

    def draw():
        return field.number(random.randint(-24, 24) or 1) / 16

    for point in range(30):
        size, g = 1 + point % 3, SQUASHED[point % len(SQUASHED)]
        weights = [[draw() for _ in range(size)] for _ in range(size)]
        state, drive = ([draw() for _ in range(size)] for _ in "hc")
        keep, add = draw(), draw()

        def preactivation(h, weights=weights, drive=drive):
            sums = (sum(w * v for w, v in zip(row, h, strict=True)) for row in weights)
            return [total + c for total, c in zip(sums, drive, strict=True)]

        def following(h, keep=keep, add=add, g=g, preactivation=preactivation):
            return [keep * v + add * g(field, z) for v, z in zip(h, preactivation(h), strict=True)]

        def entry(i, j, state=state, following=following):
            moved = lambda s: [v + s if k == j else v for k, v in enumerate(state)]  # noqa: E731
            return field.derivative(lambda s: following(moved(s))[i])

        slopes = [[field.derivative(lambda s, z=z, g=g: g(field, z + s))] for z in preactivation(state)]
        demanded = [[entry(i, j) for j in range(size)] for i in range(size)]
        yield Situation({"U": weights, "gp": slopes, "a": keep, "b": add}, demanded, {"n": size})


path = FormulaExercise(
    name="rnn_remedies.path_around",
    question="Q1d",
    title="The Jacobian of a unit with a path around it",
    statement=r"""
A recurrent network has a path around its units: $h_{t+1} = a\,h_t + b\,g(z_t)$ with $z_t = U h_t + W x_t$
and numbers $a$, $b$. Give the Jacobian $\partial h_{t+1} / \partial h_t$, whose entry $(i, j)$ says how the
$i$-th new state moves with the $j$-th old one, in terms of

- `a` and `b`, numbers,
- `U`, $n \times n$,
- `gp`, the slopes $g'(z_t)$, $n \times 1$.

The identity matrix is `eye(n)`, the diagonal matrix `diag(v)`, the transpose `U.T`.
""".strip(),
    points=1,
    domain="n from 1 to 3, g among tanh, sine and the logistic function",
    hints=("Differentiate the two paths one by one, and add.", "A slope multiplies a row of U."),
    shapes={"U": ("n", "n"), "gp": ("n", 1)},
    real=("a", "b"),
    shape=("n", "n"),
    situations=path_situations,
    source="differences of the next state give",
    spellings={"g'": "the slopes g'(z_t) are called gp here"},
)

# --- clipping, written as a function --------------------------------------------------------------

NUMBERS = (0, 1, -1, 2, -2, 0.5, -0.5, 3, -4, 100, 0.125)
LIMITS = (1, 2, 0.5, 5, 100, 0.25)


HALVINGS = 60


def short_enough(factor: float, inputs: Mapping[str, list]) -> bool:
    entries = [factor * x for name in ("G", "d") for x in flat(inputs[name])]
    return fsum(x * x for x in entries) <= inputs["most"][0] ** 2


def largest_factor(inputs: Mapping[str, list]) -> float:
    """At most 1, and such that both gradients together are short enough: by halving an interval."""
    if short_enough(1.0, inputs):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if short_enough(middle, inputs) else (low, middle)
    return low


def judge_clip(inputs: Mapping[str, list], results: Mapping[str, Array]) -> Iterator[Disagreement]:
    """One factor for both, the largest of those that may be."""
    factor = largest_factor(inputs)
    for name in ("G", "d"):
        result = results[f"new_{name}"]
        demanded = Array(result.shape, tuple(factor * x for x in flat(inputs[name])))
        slack = 64 * result.eps * (1 + max(map(abs, flat(inputs[name])), default=0))
        if problem := disagreement(f"new_{name}", result, demanded, slack):
            yield problem


clip_norm = FunctionExercise(
    name="rnn_remedies.clip_norm",
    question="Q1d",
    title="Clip the norm of all gradients together",
    statement=r"""
A network has two gradients, a matrix `G` and a vector `d`. Write a function that clips the norm of *both
together*, seen as one long vector: it is to be at most the threshold, the only entry of `most`; the
direction is to stay; and no more is to be taken away than that needs. All gradients may be 0.
""".strip(),
    points=1,
    domain="up to 3 by 3 and 3 entries, from -4 to 100, thresholds from 1/4 to 100",
    hints=("Which single number multiplies everything?", "What if both gradients are 0?"),
    sizes={"n": (1, 3), "m": (1, 3), "k": (1, 3), "one": (1, 1)},
    parameters=(
        Parameter("G", ("n", "m"), "the gradient by a weight matrix", NUMBERS),
        Parameter("d", ("k",), "the gradient by a bias", NUMBERS),
        Parameter("most", ("one",), "the threshold, positive", LIMITS),
    ),
    results=(
        Result("new_G", ("n", "m"), "the clipped gradient by the matrix"),
        Result("new_d", ("k",), "the clipped gradient by the bias"),
    ),
    judge=judge_clip,
    source="the largest factor up to 1 that makes both short enough, found by trying, gives",
)

# --- a reflection keeps the norm ------------------------------------------------------------------


def reflection_situations(field, random: Random) -> Iterator[Situation]:
    """‖w‖² after w has been reflected, entry by entry."""

    def draw():
        return field.number(random.randint(-24, 24) or 1) / 8

    for point in range(30):
        size = 1 + point % 3
        w, v = [draw() for _ in range(size)], [draw() for _ in range(size)]
        share = 2 * sum(p * q for p, q in zip(v, w, strict=True)) / sum(p * p for p in v)
        reflected = [p - share * q for p, q in zip(w, v, strict=True)]
        columns = {name: [[x] for x in column] for name, column in (("w", w), ("v", v))}
        yield Situation(columns, sum(x * x for x in reflected), {"n": size})


reflection = ChainExercise(
    name="rnn_remedies.reflection",
    question="Q1d",
    title="A reflection keeps the norm",
    statement=r"""
The matrix $U = I - 2 v v^\top / (v^\top v)$ reflects in the plane that is orthogonal to $v \ne 0$. Show by a
chain of equal lines that it keeps the norm of every $w$: start from $\lVert U w \rVert^2$, which is

`(w - 2*v*(v.T*w)/(v.T*v)).T * (w - 2*v*(v.T*w)/(v.T*v))`,

multiply out in at least one line, and come to a line without `v`. Both `v` and `w` are columns.
""".strip(),
    points=1,
    domain="n from 1 to 3, entries from -3 to 3, v not 0",
    hints=(
        "Multiply out: four terms, of which two are equal.",
        "In the last of them v.T*v occurs above the line and, squared, below it.",
    ),
    shapes={"v": ("n", 1), "w": ("n", 1)},
    given="(w - 2*v*(v.T*w)/(v.T*v)).T * (w - 2*v*(v.T*w)/(v.T*v))",
    forms=(Form("a line without v", ("w",)),),
    least=2,
    situations=reflection_situations,
    source="reflecting w entry by entry gives",
)

EXERCISES = (turning, clipping, path, clip_norm, reflection)
