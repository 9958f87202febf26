"""Question 2 (b): an exercise on layers that are not one-to-one."""

from __future__ import annotations

from collections.abc import Mapping

import mpmath

from .exercise import Misconception
from .witness import Piece, Requirement, Shortfall, WitnessExercise

COMMON = "normalizing_flow#what-commonly-goes-wrong"
_mp = mpmath.MPContext()
_mp.dps = 50


def inner(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


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
    misconceptions=(
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
                inner(pieces["w"], pieces["u"]) < -1
                and first_is_behind(pieces) is None
                and overtaken(pieces) is not None
            ),
        ),
        Misconception(
            "behind in a coordinate, not along w",
            "The layer sees points along w only, and w may point the other way.",
            {"u": [2, 0], "w": [-1, 0], "b": 0, "p": ["-1/2", 0], "q": ["1/2", 0]},
            COMMON,
            lambda pieces: first_is_behind(pieces) is not None and inner(pieces["w"], pieces["u"]) < -1,
        ),
    ),
)

EXERCISES = (folding,)
