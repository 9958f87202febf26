"""Question 1 (d): what the derivations yield with a slip in them, and objects that miss the point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import sqrt

from sympy import Expr, Integer, Symbol
from sympy.matrices.expressions import Identity, MatMul, MatrixSymbol

from derivations.expressions import Elementwise, product, transpose
from derivations.rnn import U, n
from derivations.rnn_remedies import alpha, beta

from .arrays import flat
from .exercise import Misconception
from .slips import Change, Falsified, instead, rewritten, without_term

COMMON = "rnn_remedies#what-commonly-goes-wrong"
CLIPPING = "rnn_remedies#clipping"
AROUND = "rnn_remedies#a-path-around-the-unit"
MEMORY = "rnn_remedies#the-lstm"
ORTHOGONAL = "rnn_remedies#orthogonal-weights"


# --- a gradient that elementwise clipping turns ---------------------------------------------------


def sizes_of(pieces: Mapping) -> list:
    """The sizes of the entries; none where there are so few that this alone is the trouble."""
    return [abs(x) for x in pieces["g"]] if len(pieces["g"]) > 4 else []


def all_alike(pieces: Mapping) -> bool:
    return len(set(sizes_of(pieces))) == 1


def unclipped(pieces: Mapping) -> bool:
    sizes = sizes_of(pieces)
    return len(set(sizes)) > 1 and max(sizes) <= 1


def one_dominates(pieces: Mapping) -> bool:
    sizes = sizes_of(pieces)
    return bool(sizes) and max(sizes) > 1 and sum(x < Fraction(1, 2) for x in sizes) == len(sizes) - 1


TURNING_SLIPS = (
    Misconception(
        "two weights",
        "With two weights the clipped gradient can't be further away than 45 degrees: it keeps its signs.",
        {"g": [1000, 1]},
        CLIPPING,
        lambda pieces: len(pieces["g"]) == 2,
    ),
    Misconception(
        "three or four weights",
        "The more weights are left beside the dominating one, the further it turns; so few don't suffice.",
        {"g": [1000, 1, 1, 1]},
        CLIPPING,
        lambda pieces: len(pieces["g"]) in (3, 4),
    ),
    Misconception(
        "all entries alike",
        "If all entries are equal in size, clipping scales them all by the same factor.",
        {"g": [7, -7, 7, 7, 7, -7]},
        CLIPPING,
        all_alike,
    ),
    Misconception(
        "nothing is clipped",
        "Entries within the bounds stay as they are.",
        {"g": [1, "1/2", "1/4", "-1/8", "1/16"]},
        CLIPPING,
        unclipped,
    ),
    Misconception(
        "the others are too small",
        "Entries near 0 stay near 0, and the dominating one still dominates after clipping.",
        {"g": [1000, "1/9", "1/9", "1/9", "1/9", "1/9"]},
        CLIPPING,
        one_dominates,
    ),
)

# --- what clipping does ---------------------------------------------------------------------------

CLIPPING_SLIPS = (
    Misconception(
        "clipping cures vanishing",
        "A factor of at most 1 makes nothing longer, and a gradient below the threshold is not touched.",
        "acdf",
        COMMON,
    ),
    Misconception(
        "clipping sets the norm",
        "Only a gradient that is longer than the threshold is changed.",
        "abcf",
        CLIPPING,
    ),
    Misconception(
        "each matrix by itself",
        "Two different factors turn the whole gradient.",
        "acef",
        COMMON,
    ),
)

# --- the Jacobian with a path around the unit -----------------------------------------------------

gp = MatrixSymbol("gp", n, 1)

a, b = Symbol("a", real=True), Symbol("b", real=True)


def in_symbols(jacobian: Expr) -> Expr:
    """The derived Jacobian in the symbols of the exercise."""
    told = {alpha: a, beta: b}
    return rewritten(jacobian, lambda node: gp if isinstance(node, Elementwise) else told.get(node))


def path_slip(slip: Change) -> Falsified:
    return Falsified("rnn_remedies.skip_jacobian", slip, in_symbols)


def branch(change: Callable) -> Change:
    """A slip in the factors b, diag(gp), U of the path through the unit."""

    def changed(node):
        coefficient, factors = node.as_coeff_matrices()
        return product(coefficient, *change(factors))

    return instead(lambda node: isinstance(node, MatMul) and node.has(gp), changed)


PATH_SLIPS = (
    Misconception(
        "the path around is forgotten",
        "The state enters the next one directly as well, not only through the activation.",
        path_slip(without_term(Identity(n))),
        AROUND,
    ),
    Misconception(
        "the path through is forgotten",
        "The state enters the next one through the activation as well.",
        path_slip(without_term(gp)),
        AROUND,
    ),
    Misconception(
        "the slopes on the wrong side",
        "The slopes belong to the outputs, one for each row. For one unit one sees no difference.",
        path_slip(branch(reversed)),
        AROUND,
    ),
    Misconception(
        "the Jacobian transposed",
        "Row i says how the i-th new state moves; it is the gradient that is carried back by the transpose.",
        path_slip(transpose),
        AROUND,
    ),
    Misconception(
        "U transposed",
        "z = U h, so dz = U dh without a transpose.",
        path_slip(instead(U, transpose(U))),
        AROUND,
    ),
    Misconception(
        "no slopes", "The branch passes through the activation.", path_slip(branch(lambda factors: factors[1:])), AROUND
    ),
    Misconception(
        "no weights on the two paths",
        "Each path has a factor of its own.",
        path_slip(lambda jacobian: rewritten(jacobian, {a: Integer(1), b: Integer(1)}.get)),
        AROUND,
    ),
    Misconception(
        "the two weights exchanged",
        "a belongs to the path around the unit, b to the path through it.",
        path_slip(lambda jacobian: rewritten(jacobian, {a: b, b: a}.get)),
        AROUND,
    ),
)

# --- clipping, written as a function --------------------------------------------------------------


def rescaled(inputs: Mapping[str, list], factor_of: Callable) -> dict:
    """Each gradient times the factor that `factor_of` gives for it."""
    return {f"new_{name}": _times(inputs[name], factor_of(inputs[name])) for name in ("G", "d")}


def _times(nested, factor):
    return [_times(x, factor) for x in nested] if isinstance(nested, list) else float(factor * nested)


def size_of(nested) -> float:
    return sqrt(sum(x * x for x in flat(nested)))


def factor_for(norm_: float, most: float) -> float:
    return min(1.0, most / norm_) if norm_ else 1.0


def each_entry(inputs):
    most = inputs["most"][0]

    def bounded(nested):
        return [bounded(x) for x in nested] if isinstance(nested, list) else max(-most, min(most, float(nested)))

    return {f"new_{name}": bounded(inputs[name]) for name in ("G", "d")}


def by_joint(of_norm: Callable) -> Callable:
    """Both gradients times a factor made of their joint norm and the threshold."""

    def answer(inputs):
        joint = size_of([inputs["G"], inputs["d"]])
        return rescaled(inputs, lambda _: of_norm(joint, inputs["most"][0]) if joint else 1.0)

    return answer


CLIP_SLIPS = (
    Misconception(
        "each gradient by itself",
        "Two different factors turn the whole gradient; the norm is that of all gradients together.",
        lambda inputs: rescaled(inputs, lambda part: factor_for(size_of(part), inputs["most"][0])),
        COMMON,
    ),
    Misconception(
        "each entry by itself",
        "That bounds the entries, and turns the gradient.",
        each_entry,
        CLIPPING,
    ),
    Misconception(
        "short gradients are made longer",
        "A gradient below the threshold stays as it is.",
        by_joint(lambda joint, most: most / joint),
        CLIPPING,
    ),
    Misconception(
        "the square of the norm",
        "The norm is the root of the sum of squares; compare that with the threshold, and divide by that.",
        by_joint(lambda joint, most: factor_for(joint**2, most)),
        CLIPPING,
    ),
    Misconception(
        "long gradients get length 1",
        "What is too long is shortened to the threshold, not to 1.",
        by_joint(lambda joint, most: 1 / joint if joint > most else 1.0),
        CLIPPING,
    ),
    Misconception(
        "long gradients are thrown away",
        "The direction of a long gradient is good; only its length is too much.",
        by_joint(lambda joint, most: 0.0 if joint > most else 1.0),
        CLIPPING,
    ),
    Misconception("nothing is done", "A long gradient must get shorter.", by_joint(lambda joint, most: 1.0), CLIPPING),
)

# --- a reflection keeps the norm ------------------------------------------------------------------

REFLECTION_SLIPS = (
    Misconception(
        "the mixed terms are forgotten",
        "The square of a difference has two mixed terms besides the two squares.",
        "w.T*w + 4*(v.T*w)**2/(v.T*v)",
        ORTHOGONAL,
    ),
    Misconception(
        "one mixed term only",
        "There are two mixed terms, and they are equal.",
        "w.T*w - 2*(v.T*w)**2/(v.T*v) + 4*(v.T*w)**2/(v.T*v)",
        ORTHOGONAL,
    ),
    Misconception(
        "the sign of the mixed terms",
        "The mixed terms of the square of a difference are subtracted.",
        "w.T*w + 8*(v.T*w)**2/(v.T*v)",
        ORTHOGONAL,
    ),
    Misconception(
        "the last term is not squared in full",
        "The factor 2 is squared as well.",
        "w.T*w - 4*(v.T*w)**2/(v.T*v) + 2*(v.T*w)**2/(v.T*v)",
        ORTHOGONAL,
    ),
    Misconception(
        "the norm of v is forgotten",
        "v need not have norm 1.",
        "w.T*w - 4*(v.T*w)**2 + 4*(v.T*w)**2*(v.T*v)",
        ORTHOGONAL,
    ),
    Misconception(
        "v.T*v is not cancelled once",
        "In the last term v.T*v stands once above the line and squared below it.",
        "w.T*w - 4*(v.T*w)**2/(v.T*v) + 4*(v.T*w)**2/(v.T*v)**2",
        ORTHOGONAL,
    ),
)

SLIPS = {
    "rnn_remedies.turning": TURNING_SLIPS,
    "rnn_remedies.clipping": CLIPPING_SLIPS,
    "rnn_remedies.path_around": PATH_SLIPS,
    "rnn_remedies.clip_norm": CLIP_SLIPS,
    "rnn_remedies.reflection": REFLECTION_SLIPS,
}
