"""Question 2 (c): exercises on a flow of Gaussian bumps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from math import ceil, exp, inf, log, pi, sqrt
from random import Random

import sympy

from derivations.fields import Numbers

from .chain import ChainExercise, Form
from .choice import ChoiceExercise, Option
from .exercise import FormulaExercise, Situation
from .witness import Piece, Requirement, Shortfall, WitnessExercise

# --- the entropy part of the gradient -------------------------------------------------------------

NAMES = ("z", "v1", "m1", "s1", "v2", "m2", "s2")


def two_bumps(at: Mapping, field, place=None):
    """t(place) for two bumps, in numbers of a field."""
    place = at["z"] if place is None else place
    total = field.number(0)
    for k in ("1", "2"):
        away = (place - at[f"m{k}"]) / at[f"s{k}"]
        total += at[f"v{k}"] * field.call(sympy.exp, -away * away)
    return total


def log_slope(at: Mapping, field):
    """log|t'(z)| with t' by differences."""
    slope = field.derivative(lambda h: two_bumps(at, field, at["z"] + h))
    return field.call(sympy.log, abs(slope))


PRECISE = Numbers(240)
"""More digits than the answer's field: a difference of differences keeps fewer than half of them."""


def height_situations(field, random: Random) -> Iterator[Situation]:
    """∂/∂v1 of log|t'(z)| by differences of differences."""
    for _ in range(24):
        exact = {name: Fraction(random.choice((-3, -2, -1, 1, 2, 3)), 2) for name in NAMES}
        exact |= {name: Fraction(random.randint(2, 6), 4) for name in ("s1", "s2")}
        exact["z"] += Fraction(1, 8)
        at = {name: PRECISE.number(value) for name, value in exact.items()}
        found = PRECISE.derivative(lambda h, at=at: log_slope({**at, "v1": at["v1"] + h}, PRECISE))
        yield Situation({name: field.number(value) for name, value in exact.items()}, field.number(found))


height = FormulaExercise(
    name="bump_flow.by_height",
    question="Q2c",
    title="The entropy part of the gradient, by a height",
    statement=r"""
Let $t(z) = v_1 e^{-(z-m_1)^2/s_1^2} + v_2 e^{-(z-m_2)^2/s_2^2}$. Give the derivative of $\log|t'(z)|$ by $v_1$, at
a fixed $z$ with $t'(z) \ne 0$, in `z`, `v1`, `m1`, `s1`, `v2`, `m2`, `s2`.
""".strip(),
    points=1,
    domain="simple numbers; the widths are positive, the heights of either sign",
    hints=(
        r"The derivative of $\log|u|$ is $u'/u$, whatever the sign of $u$.",
        r"In $t'$ only one of the two terms has $v_1$ in it, and it is linear in it.",
    ),
    real=("z", "v1", "m1", "v2", "m2"),
    positive=("s1", "s2"),
    situations=height_situations,
    source="differences of log|t'(z)| give",
)

# --- the density of one bump ----------------------------------------------------------------------


def chance_below(level, at: Mapping, field):
    """P(t(z) <= y) for one bump, by the distribution function of z: outside of the two preimages."""
    reach = at["s"] * field.power(field.call(sympy.log, at["v"] / level), field.number(1) / 2)
    root = field.power(field.number(2), field.number(1) / 2)
    below = [field.call(sympy.erf, (at["m"] + sign * reach) / root) / 2 for sign in (1, -1)]
    return 1 - (below[0] - below[1])


def density_situations(field, random: Random) -> Iterator[Situation]:
    for _ in range(24):
        at = {"m": field.number(random.choice((-4, -2, -1, 1, 2, 4))) / 4}
        at |= {name: field.number(random.randint(2, 8)) / 4 for name in ("v", "s")}
        at["y"] = at["v"] * random.randint(1, 15) / 16
        yield Situation(at, field.derivative(lambda h, at=at: chance_below(at["y"] + h, at, field)))


one_density = FormulaExercise(
    name="bump_flow.density",
    question="Q2c",
    title="The density of one bump",
    statement=r"""
Let $z \sim \mathcal N(0, 1)$ and $y = v\,e^{-(z-m)^2/s^2}$ with $v, s > 0$. Give the density of $y$ at a value
between $0$ and $v$, in `y`, `v`, `m`, `s`.
""".strip(),
    points=2,
    domain="0 < y < v, and simple numbers",
    hints=(
        "Which values of $z$ lead to the same $y$? There are two.",
        "Each of them contributes the density of $z$ there, divided by the modulus of the slope.",
    ),
    real=("m",),
    positive=("y", "v", "s"),
    situations=density_situations,
    source="differences of P(t(z) ≤ y) give",
)

# --- a "bound" above the evidence -----------------------------------------------------------------

STEP, REACH, ABOVE = 1 / 400, 8.0, 0.05
LOG_EVIDENCE = -log(4 * pi) / 2 - 1 / 4
"""log p(x = 1) for y ~ N(0, 1), x | y ~ N(y, 1)."""


def bumps_of(pieces: Mapping) -> list[tuple[float, float, float]]:
    return [tuple(map(float, row)) for row in zip(pieces["v"], pieces["mu"], pieces["sigma"], strict=True)]


def map_and_slope(bumps, place: float) -> tuple[float, float]:
    """t and log|t'|; the largest exponent is taken out of t', so that it doesn't underflow."""
    aways = [(place - m) / s for _, m, s in bumps]
    largest = max(-u * u for u in aways)
    slope = sum(-2 * v * u / s * exp(-u * u - largest) for (v, _, s), u in zip(bumps, aways, strict=True))
    value = sum(v * exp(-u * u) for (v, _, _), u in zip(bumps, aways, strict=True))
    return value, log(abs(slope)) + largest if slope else -inf


def bound_by_the_formula(bumps) -> float:
    """E[log p(1, t(z)) - log φ(z) + log|t'(z)|] by the midpoint rule, off by less than 0.005."""
    total = 0.0
    for k in range(ceil(2 * REACH / STEP)):
        at = -REACH + (k + 0.5) * STEP
        value, steepness = map_and_slope(bumps, at)
        if steepness > -inf:
            term = -log(2 * pi) - value**2 / 2 - (1 - value) ** 2 / 2 + steepness
            total += STEP * exp(-at * at / 2) / sqrt(2 * pi) * term
    return total + log(2 * pi * exp(1)) / 2


def modest(pieces: Mapping) -> Shortfall | None:
    largest = max(abs(x) for x in (*pieces["v"], *pieces["mu"]))
    return None if largest <= 10 else Shortfall(f"one is {float(largest):g} in size")


def wide_enough(pieces: Mapping) -> Shortfall | None:
    narrowest = min(pieces["sigma"])
    return None if narrowest * 4 >= 1 and max(pieces["sigma"]) <= 10 else Shortfall(f"a width is {narrowest}")


def above_the_evidence(pieces: Mapping) -> Shortfall | None:
    if min(pieces["sigma"]) <= 0 or not any(pieces["v"]):
        return Shortfall("the map has no slope")
    found = bound_by_the_formula(bumps_of(pieces))
    return None if found >= LOG_EVIDENCE + ABOVE else Shortfall(found, LOG_EVIDENCE + ABOVE)


witness = WitnessExercise(
    name="bump_flow.not_a_bound",
    question="Q2c",
    title='An "ELBO" above the log evidence',
    statement=r"""
Take the model $y \sim \mathcal N(0,1)$, $x \mid y \sim \mathcal N(y, 1)$, and the observation $x = 1$, for which
$\log p(x) = -\tfrac12\log 4\pi - \tfrac14 \approx -1.5155$. Give the heights, centres and widths of $K = 2$ bumps
for which $\mathbb E[\log p(x, t(z)) - \log\varphi(z) + \log|t'(z)|]$ is at least $\log p(x) + 0.05$. The number is
no lower bound, then.
""".strip(),
    points=2,
    domain="heights and centres up to 10 in size, widths from 1/4 to 10; the expectation by quadrature",
    hints=(
        "What exceeds the truth is the entropy of the preimage: let the values have many preimages.",
        "A tall positive bump, and a lower negative one beside it. The model likes values near ½.",
    ),
    pieces=(
        Piece("v", (2,), "the heights"),
        Piece("mu", (2,), "the centres"),
        Piece("sigma", (2,), "the widths"),
    ),
    requirements=(
        Requirement("heights and centres are at most 10 in size.", modest),
        Requirement("the widths lie between 1/4 and 10.", wide_enough),
        Requirement("the number is at least log p(x) + 0.05.", above_the_evidence),
    ),
)

# --- which maps are injective ---------------------------------------------------------------------

PLACES = tuple(k / 8 for k in range(-64, 65))
HEIGHTS, WIDTHS, CENTRES = (0.5, 1.0, -1.0, 3.0, -3.0), (0.5, 1.0, 2.0), (0.0, 1.0, -2.0)


def single_bumps() -> Iterator[tuple]:
    """(v, m, s)."""
    yield from product(HEIGHTS, CENTRES, WIDTHS)


def pairs_of_bumps() -> Iterator[tuple]:
    """Two bumps, one of them at 0."""
    for (v, m, s), w in product(single_bumps(), HEIGHTS):
        yield ((v, m + 3.0, s), (w, 0.0, 1.0))


def turns(f) -> tuple[float, float, float] | None:
    """Three places in a row between which f goes up and down; None if it goes one way on the grid."""
    values = [f(at) for at in PLACES]
    for k in range(1, len(values) - 1):
        if (values[k] - values[k - 1]) * (values[k + 1] - values[k]) < 0:
            return PLACES[k - 1 : k + 2]
    return None


def bump_at(case):
    v, m, s = case
    return lambda at: v * exp(-(((at - m) / s) ** 2))


def identity_and_bump(case):
    f = bump_at(case)
    return lambda at: at + f(at)


def sum_of_pair(case):
    first, second = map(bump_at, case)
    return lambda at: first(at) + second(at)


def tell_turn(name, make):
    def tell(case) -> str:
        f, places = make(case), turns(make(case))
        shown = ", ".join(f"{name}({at:g}) = {f(at):.4g}" for at in places)
        return f"With (v, m, s) = {case} it turns: {shown}."

    return tell


injective = ChoiceExercise(
    name="bump_flow.injective",
    question="Q2c",
    title="Which of these maps can be inverted?",
    statement=r"""
Let $b(z) = v\,e^{-(z-m)^2/s^2}$ with $v \ne 0$, $s > 0$. Which of these claims is true for *all* values of the
parameters that it allows?
""".strip(),
    points=1,
    domain="heights, centres and widths on a grid; maps on a grid of 129 places",
    hints=(
        "What does a sum of bumps do far out, on both sides?",
        "Where is a bump steepest, and how steep is it there?",
    ),
    options=(
        Option(
            "$b$ is injective if it is wide enough.",
            lambda case: turns(bump_at(case)) is None,
            tell_turn("b", bump_at),
        ),
        Option(
            "The sum of a bump that goes up and one that goes down, side by side, is injective.",
            lambda case: case[0][0] * case[1][0] > 0 or turns(sum_of_pair(case)) is None,
            tell_turn("t", sum_of_pair),
            cases=pairs_of_bumps,
        ),
        Option(
            "$z + b(z)$ is injective, because $z$ is.",
            lambda case: turns(identity_and_bump(case)) is None,
            tell_turn("z + b", identity_and_bump),
        ),
        Option(
            r"$z + b(z)$ is injective if $|v| \le s$.",
            lambda case: abs(case[0]) > case[2] or turns(identity_and_bump(case)) is None,
            tell_turn("z + b", identity_and_bump),
            explanation="A bump is nowhere steeper than |v|/s times the root of 2/e, which is below 1; so z + b(z) "
            "always rises.",
            proofs=("bump_flow.repair_slope", "bump_flow.repair_curvature", "bump_flow.repair_steepest"),
        ),
    ),
    cases=single_bumps,
)

# --- the entropy of the preimage, line by line ----------------------------------------------------


def preimage_situations(field, random: Random) -> Iterator[Situation]:
    """Two weights; the average of log q - log w_j over the preimages, by its definition."""
    for _ in range(24):
        w1, w2 = (field.number(random.randint(1, 24)) / 8 for _ in range(2))
        if w1 == w2:
            continue
        q = w1 + w2
        demanded = sum(w / q * (field.call(sympy.log, q) - field.call(sympy.log, w)) for w in (w1, w2))
        yield Situation({"d": demanded, "w1": w1, "w2": w2, "p": w1 / q}, demanded)


gap_chain = ChainExercise(
    name="bump_flow.gap_chain",
    question="Q2c",
    title="By how much the formula is off, line by line",
    statement=r"""
A value $y$ has two preimages with the weights $w_1$ and $w_2$, $w_j = \varphi(z_j)/|t'(z_j)|$. Its density is
$w_1 + w_2$. The formula for an injective map says $\log w_j$ instead of $\log(w_1 + w_2)$ when the sample was $z_j$,
which has probability $w_j/(w_1+w_2)$. *Derive* by how much it is off on average, `d`. Each line must equal this number;
the last one may have only `p` in it, where $p = w_1/(w_1+w_2)$. On the way you may use `w1` and `w2`.
""".strip(),
    points=2,
    domain="positive weights, not equal",
    hints=(
        "Two cases, each with its probability. How far is the logarithm off in each?",
        r"$\log b - \log a = -\log(a/b)$.",
    ),
    real=("d",),
    positive=("w1", "w2", "p"),
    given="d",
    forms=(
        Form("a line without d", ("w1", "w2", "p"), points=1),
        Form("a line in p only", ("p",), points=1),
    ),
    situations=preimage_situations,
    source="averaging over the two preimages gives",
)

EXERCISES = (height, one_density, gap_chain, witness, injective)
