"""Question 2 (c): what the derivations yield with a slip in them, and objects that miss the point."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

import sympy
from sympy import Expr, Integer, Symbol
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.matexpr import MatrixElement

from derivations.bump_flow import MU, SIGMA, K, V, i, z
from derivations.expressions import IndexSum, open_binder, substitute

from .bump_flow import bumps_of, map_and_slope
from .exercise import Misconception
from .slips import Change, Falsified, rewritten, scaled

COMMON = "bump_flow#what-commonly-goes-wrong"
PREIMAGES = "bump_flow#what-the-formula-of-part-b-gets-wrong"


# --- the entropy part of the gradient -------------------------------------------------------------


def in_symbols(gradient: Expr) -> Expr:
    """The entropy part of a gradient for K = 2, i = 1, in the symbols of the exercise."""
    entropy = sympy.Add(*(term for term in gradient.args if not term.atoms(AppliedUndef)))
    own = substitute(rewritten(entropy, _written_out), {i: Integer(1)})
    return own.xreplace({entry: _named(entry) for entry in own.atoms(MatrixElement)})


def _written_out(node):
    if not isinstance(node, IndexSum) or node.upper != K:
        return None
    body, index = open_binder(node)
    return sympy.Add(*(substitute(body, {index: Integer(j)}) for j in (1, 2)))


def _named(entry: MatrixElement) -> Symbol:
    letter = {V: "v", MU: "m", SIGMA: "s"}[entry.parent]
    return Symbol(f"{letter}{entry.i + 1}", real=True, positive=True if letter == "s" else None)


def height_slip(slip: Change) -> Falsified:
    return Falsified("bump_flow.grad_v", slip, in_symbols)


def with_normal_exponents(formula: Expr) -> Expr:
    """e^{-u²/2} for e^{-u²}."""
    return formula.replace(sympy.exp, lambda exponent: sympy.exp(exponent / 2))


def times_slope(formula: Expr) -> Expr:
    """The numerator alone: not divided by t'."""
    return formula * _factor(formula)


def _factor(formula: Expr) -> Expr:
    """The sum in the denominator: t'."""
    return next(p.base for p in sympy.Mul.make_args(formula) if p.is_Pow and p.exp == -1 and p.base.is_Add)


def over_the_map(formula: Expr) -> Expr:
    """t in the denominator, where t' belongs."""
    t = sum(
        Symbol(f"v{k}", real=True)
        * sympy.exp(-((z - Symbol(f"m{k}", real=True)) ** 2) / Symbol(f"s{k}", positive=True) ** 2)
        for k in (1, 2)
    )
    return times_slope(formula) / t


def of_the_map(formula: Expr) -> Expr:
    """∂t/∂v1 over t', where ∂t'/∂v1 belongs."""
    away = z - Symbol("m1", real=True)
    return formula / (-2 * away / Symbol("s1", positive=True) ** 2)


HEIGHT_SLIPS = (
    Misconception(
        "as if there were one bump only",
        "1/v1 is the answer for a single bump: the slope has a second term, which stays when v1 changes.",
        "1/v1",
        COMMON,
    ),
    Misconception(
        "the map for its slope in the denominator",
        "It is the slope t' whose logarithm is differentiated, not the map t.",
        height_slip(over_the_map),
        COMMON,
    ),
    Misconception(
        "the map for its slope in the numerator",
        "What changes with v1 is the slope t'; its derivative by v1 has a factor -2(z-m1)/s1².",
        height_slip(of_the_map),
        COMMON,
    ),
    Misconception(
        "not divided by the slope",
        "This is the derivative of t'(z) itself. The logarithm brings a denominator.",
        height_slip(times_slope),
        COMMON,
    ),
    Misconception(
        "the wrong sign of the log-determinant",
        "log|t'| enters log q with a minus, but here log|t'| itself is to be differentiated.",
        height_slip(scaled(-1)),
        COMMON,
    ),
    Misconception(
        "the exponent of a normal density",
        "These bumps have the exponent -(z-m)²/s², without a 2 in the denominator.",
        height_slip(with_normal_exponents),
        COMMON,
    ),
)

# --- the density of one bump ----------------------------------------------------------------------


def _one_sided(sign: str) -> str:
    return f"exp(-(m{sign}s*sqrt(log(v/y)))^2/2)/sqrt(2*pi)*s/(2*y*sqrt(log(v/y)))"


RIGHT, LEFT = _one_sided("+"), _one_sided("-")

ONE_DENSITY_SLIPS = (
    Misconception(
        "one preimage only",
        "The formula for an invertible map, used for one that isn't: the other preimage is missing.",
        RIGHT,
        PREIMAGES,
    ),
    Misconception(
        "one preimage, the other one",
        "The formula for an invertible map, used for one that isn't: the other preimage is missing.",
        LEFT,
        PREIMAGES,
    ),
    Misconception(
        "twice the same preimage",
        "The preimages lie on both sides of the centre m, and the normal density differs there.",
        f"2*{RIGHT}",
        PREIMAGES,
    ),
    Misconception(
        "the mean for the sum",
        "Both preimages contribute in full: probabilities of disjoint events add.",
        f"({RIGHT}+{LEFT})/2",
        PREIMAGES,
    ),
    Misconception(
        "no slope",
        "These are densities of z. A density of y is one per unit of y: divide by |t'|.",
        "(exp(-(m+s*sqrt(log(v/y)))^2/2)+exp(-(m-s*sqrt(log(v/y)))^2/2))/sqrt(2*pi)",
        PREIMAGES,
    ),
    Misconception(
        "multiplied by the slope",
        "Where the map is steep, it spreads probability out, and the density is low: divide by |t'|.",
        "(exp(-(m+s*sqrt(log(v/y)))^2/2)+exp(-(m-s*sqrt(log(v/y)))^2/2))/sqrt(2*pi)*2*y*sqrt(log(v/y))/s",
        PREIMAGES,
    ),
)

# --- a "bound" above the evidence -----------------------------------------------------------------


def is_one_bump(pieces: Mapping) -> bool:
    (v1, v2), (m1, m2), (s1, s2) = pieces["v"], pieces["mu"], pieces["sigma"]
    return 0 in (v1, v2) or (m1 == m2 and s1 == s2)


def is_one_branch(pieces: Mapping) -> bool:
    """No turning point within ±3: as good as injective where φ has its mass."""
    bumps = bumps_of(pieces)
    if min(s for _, _, s in bumps) <= 0 or is_one_bump(pieces):
        return False
    values = [map_and_slope(bumps, -3 + k / 20)[0] for k in range(121)]
    rises = [b > a for a, b in pairwise(values)]
    return all(rises) or not any(rises)


WITNESS_SLIPS = (
    Misconception(
        "one bump",
        "One bump gives every value two preimages at most, and spreads the values badly: that is not enough.",
        {"v": [1, 0], "mu": [0, 1], "sigma": [1, 1]},
        PREIMAGES,
        is_one_bump,
    ),
    Misconception(
        "as good as injective",
        "Without a turning point where the normal density has its mass, the formula is nearly right, and so "
        "is the bound.",
        {"v": [5, -5], "mu": [8, -8], "sigma": [7, 7]},
        PREIMAGES,
        is_one_branch,
    ),
    Misconception(
        "a needle",
        "A narrow bump is steep, but almost no z falls on it: it is not steepness that lifts the number.",
        {"v": [1, 1], "mu": [0, 1], "sigma": ["1/100", 1]},
        PREIMAGES,
        lambda pieces: 0 < min(pieces["sigma"]) < Fraction(1, 4),
    ),
    Misconception(
        "ever taller",
        "Large values have a large entropy, but the model thinks nothing of them: the data term falls faster.",
        {"v": [50, -50], "mu": [-1, 1], "sigma": [1, 1]},
        PREIMAGES,
        lambda pieces: max(map(abs, pieces["v"])) > 10,
    ),
)

# --- which maps are injective ---------------------------------------------------------------------

INJECTIVE_SLIPS = (
    Misconception(
        "wide means monotone",
        "However wide it is, it comes down on both sides.",
        "a",
        "bump_flow#short-answer",
    ),
    Misconception(
        "monotone in the middle means monotone",
        "Between the two it may rise all the way; beyond them it turns.",
        "b",
        "bump_flow#short-answer",
    ),
    Misconception(
        "the identity repairs everything",
        "A bump that is steep enough falls faster than z rises.",
        "c",
        "bump_flow#what-repairs-it",
    ),
)

# --- the entropy of the preimage, line by line ----------------------------------------------------

GAP_CHAIN_SLIPS = (
    Misconception(
        "the wrong sign",
        "A sum over more preimages is larger than one of its terms: the average cannot be negative.",
        "p*log(p)+(1-p)*log(1-p)",
        PREIMAGES,
    ),
    Misconception(
        "the logarithm of the number of preimages",
        "That is right only if both are equally probable.",
        "log(2)",
        PREIMAGES,
    ),
    Misconception(
        "one case only",
        "The sample may have been the other preimage; its case counts too.",
        "-p*log(p)",
        PREIMAGES,
    ),
    Misconception(
        "not weighted",
        "The two cases are not equally probable: each counts with its probability.",
        "-(log(p)+log(1-p))/2",
        PREIMAGES,
    ),
    Misconception(
        "weighted by the other case",
        "The sample z_j has the probability w_j/(w1+w2), and it is log w_j that the formula then says.",
        "-p*log(1-p)-(1-p)*log(p)",
        PREIMAGES,
    ),
)

SLIPS = {
    "bump_flow.by_height": HEIGHT_SLIPS,
    "bump_flow.density": ONE_DENSITY_SLIPS,
    "bump_flow.not_a_bound": WITNESS_SLIPS,
    "bump_flow.injective": INJECTIVE_SLIPS,
    "bump_flow.gap_chain": GAP_CHAIN_SLIPS,
}
