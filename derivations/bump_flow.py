"""Question 2 (c): a sum of Gaussian bumps as the map of a flow.

    z ~ N(0, 1),   t(z) = Σ_{i=1}^K v_i exp(-(z - μ_i)²/σ_i²)

t tends to 0 at both ends, so it is never injective.  The formula log q = log φ(z) - log|t'(z)| of question
2 (b) is then not the log density of t(z); `ENTROPY_GAP` says by how much it is off.  Its gradient is
derived per sample for every K (`ELBO_V`, `ELBO_MU`, `ELBO_SIGMA`), and in expectation as a principal value.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Abs, Function, Symbol, exp, log, sqrt
from sympy.matrices.expressions import MatrixSymbol

from .calculus import (
    by_parts,
    chain_rule,
    cite,
    density_to_zero,
    derivative_of_log_modulus,
    derivative_of_sum,
    elementary_derivative,
    linearity,
    log_of_product,
    log_of_ratio,
    log_standard_normal,
    moments,
    odd_integrand,
    only_own_term,
    place_to_zero,
    power_of_level,
    put,
    same_linear_equation,
    same_slope,
    standard_normal,
    sum_out_of_integral,
    term_by_term,
    two_exponentials,
    under_the_integral,
)
from .chain import PLUS_ONE, Derivation, Line, Step
from .domain import Declaration, Domain, Equation
from .expressions import index_sum
from .identities import unfold
from .integrals import Dawson, Partial, PrincipalValue, StandardNormal, expectation

INTEGRAL_DIGITS = 72
"""Enough for 40 digits of a derivative of an integral by differences, and several times as fast as 160."""
FEWER_DIGITS = 48
"""Enough where no line has a derivative."""

K = Symbol("K", integer=True, positive=True)
i, j = Symbol("i", integer=True), Symbol("j", integer=True)
z = Symbol("z", real=True)
V, MU, SIGMA = (MatrixSymbol(name, K, 1) for name in ("v", "μ", "σ"))
log_joint = Function("ℓ")
naive = Symbol("log q̃", real=True)


def bump(index):
    """exp(-(z - μ_i)²/σ_i²)."""
    return exp(-((z - MU[index - 1, 0]) ** 2) / SIGMA[index - 1, 0] ** 2)


t = index_sum(V[j - 1, 0] * bump(j), j, 1, K)

MAP = (
    Declaration(K, "size", "number of bumps", 1, 3),
    Declaration(V, "matrix", r"heights $v_1,\dots,v_K$, of either sign"),
    Declaration(MU, "matrix", r"centres $\mu_1,\dots,\mu_K$"),
    Declaration(SIGMA, "positive matrix", r"widths $\sigma_1,\dots,\sigma_K>0$"),
    Declaration(z, "real", r"a sample of $\mathcal N(0,1)$"),
)

# --- the map, its slope, and what part (b)'s formula makes of it ---------------------------------

SLOPE = Derivation(
    "bump_flow.slope",
    "The slope of the map",
    "Q2c",
    Domain(MAP),
    Line(Partial(t, z), Partial(t, z)),
    (Step(term_by_term), Step(elementary_derivative)),
    "What the change-of-variables formula needs.",
)
slope = SLOPE.result()

NAIVE = Equation(
    "naive density",
    naive,
    log(StandardNormal(z)) - log(Abs(Partial(t, z))),
    meaning=r"what part (b)'s formula gives at $t(z)$; not the log density of $t(z)$",
)
known_slope = put(SLOPE.name, "the slope of the map", "Term by term, as derived above.", SLOPE.name, PLUS_ONE)

NAIVE_LOG_DENSITY = Derivation(
    "bump_flow.naive_log_density",
    "The formula of part (b), used for this map",
    "Q2c",
    Domain(MAP, (NAIVE,), defined_where=(log(Abs(slope)),)),
    Line(naive, naive),
    (
        Step(
            unfold(
                "naive density",
                "change of variables, as if $t$ were injective",
                r"$\log\tilde q(t(z))=\log\varphi(z)-\log|t'(z)|$",
            )
        ),
        Step(known_slope),
        Step(log_standard_normal),
    ),
    "The number that one gets. The next chapters of this page say what it is, and what it is not.",
    uses=(SLOPE,),
)


# --- the gradient, sample by sample --------------------------------------------------------------

v_i, mu_i, sigma_i = (column[i - 1, 0] for column in (V, MU, SIGMA))
ELBO_DOMAIN = Domain(
    (
        *MAP,
        Declaration(i, "index", "which bump", 1, K),
        Declaration(log_joint, "activation", r"$\ell(y)=\log p(x,y)$, the log joint density, as a function of $y$"),
    ),
    defined_where=(log(Abs(slope)),),
)
ELBO_SAMPLE = log_joint(t) - log(StandardNormal(z)) + log(Abs(Partial(t, z)))


def gradient_of_sample(name: str, title: str, parameter) -> Derivation:
    """∂/∂parameter of ℓ(t(z)) - log φ(z) + log|t'(z)| at a fixed z."""
    asked = Partial(ELBO_SAMPLE, parameter)
    return Derivation(
        f"bump_flow.{name}",
        title,
        "Q2c",
        ELBO_DOMAIN,
        Line(asked, asked),
        (
            Step(known_slope),
            Step(derivative_of_sum),
            Step(chain_rule),
            Step(derivative_of_log_modulus),
            Step(only_own_term),
            Step(elementary_derivative),
        ),
        uses=(SLOPE,),
        assumptions=(r"$t'(z)\ne0$, which holds for almost every $z$.",),
    )


ELBO_V = gradient_of_sample("grad_v", "By a height", v_i)
ELBO_MU = gradient_of_sample("grad_mu", "By a centre", mu_i)
ELBO_SIGMA = gradient_of_sample("grad_sigma", "By a width", sigma_i)


# --- several preimages: by how much the formula is off --------------------------------------------

n = Symbol("n", integer=True, positive=True)
W = MatrixSymbol("w", n, 1)
p = MatrixSymbol("p", n, 1)
q = Symbol("q", positive=True)
TOTAL = Equation("density", q, index_sum(W[j - 1, 0], j, 1, n), meaning=r"the density at $y$: all preimages")
_surplus = index_sum(W[j - 1, 0] / q * (log(q) - log(W[j - 1, 0])), j, 1, n)
ENTROPY_GAP = Derivation(
    "bump_flow.entropy_gap",
    "By how much the formula is off, on average over the preimages of one value",
    "Q2c",
    Domain(
        (
            Declaration(n, "size", r"number of preimages of $y$", 1, 3),
            Declaration(W, "positive matrix", r"$w_j=\varphi(z_j)/|t'(z_j)|$ for the preimages $z_1,\dots,z_n$"),
        ),
        (TOTAL,),
    ),
    Line(_surplus, _surplus),
    (Step(log_of_ratio),),
    r"Given $t(z)=y$, the preimage $z_j$ has probability $w_j/q$, and the formula says $\log w_j$ where "
    r"$\log q$ is right.",
)


# --- one pole -------------------------------------------------------------------------------------

a = Symbol("a", real=True)
POLE = Domain((Declaration(a, "real", "where the pole is"),), digits=INTEGRAL_DIGITS)


def pole_average(place):
    """p.v. ∫ φ(z)/(z - a) dz."""
    return PrincipalValue(StandardNormal(z) / (z - place), z, (place,))


CLOSED = Equation(
    "Dawson's function",
    Symbol("H", real=True),
    -sqrt(2) * Dawson(a / sqrt(2)),
    meaning="the candidate",
)
WITH_CLOSED = Domain(POLE.declarations, (CLOSED,), digits=INTEGRAL_DIGITS)

POLE_SLOPE = Derivation(
    "bump_flow.pole_average_slope",
    "How the average of a pole changes with its place",
    "Q2c",
    POLE,
    Line(Partial(pole_average(a), a), Partial(pole_average(a), a)),
    (
        Step(place_to_zero),
        Step(under_the_integral),
        Step(elementary_derivative),
        Step(linearity),
        Step(density_to_zero),
        Step(moments),
    ),
)
POLE_AT_ZERO = Derivation(
    "bump_flow.pole_average_at_zero",
    "A pole in the middle",
    "Q2c",
    POLE,
    Line(pole_average(0), pole_average(0)),
    (Step(odd_integrand),),
)
DAWSON_SLOPE = Derivation(
    "bump_flow.dawson_slope",
    "Dawson's function solves the same equation",
    "Q2c",
    POLE,
    Line(Partial(CLOSED.right, a), Partial(CLOSED.right, a)),
    (Step(elementary_derivative),),
)
POLE_AVERAGE = Derivation(
    "bump_flow.pole_average",
    "The average of a pole",
    "Q2c",
    WITH_CLOSED,
    Line(pole_average(a), pole_average(a)),
    (Step(same_linear_equation(POLE_SLOPE.name, DAWSON_SLOPE.name, POLE_AT_ZERO.name, CLOSED.label)),),
    uses=(POLE_SLOPE, DAWSON_SLOPE, POLE_AT_ZERO),
)
average_of_a_pole = cite(
    POLE_AVERAGE.name,
    "the average of a pole",
    r"$\mathrm{p.v.}\!\int\varphi(z)/(z-a)\,\mathrm dz=-\sqrt2\,F(a/\sqrt2)$",
)


def log_distance(place):
    """E log|z - a|."""
    return expectation(log(Abs(z - place)), z, (place,))


LOG_DISTANCE = Derivation(
    "bump_flow.log_distance_slope",
    "How the average logarithm of a distance changes",
    "Q2c",
    POLE,
    Line(Partial(log_distance(a), a), Partial(log_distance(a), a)),
    (
        Step(place_to_zero),
        Step(under_the_integral),
        Step(same_slope),
        Step(by_parts),
        Step(density_to_zero),
        Step(average_of_a_pole),
    ),
    uses=(POLE_AVERAGE,),
)


# --- several poles: an estimator with finite variance ---------------------------------------------

R, A = MatrixSymbol("r", n, 1), MatrixSymbol("a", n, 1)
rest = Function("g")
poles = index_sum(R[j - 1, 0] / (z - A[j - 1, 0]), j, 1, n)
asked_average = PrincipalValue(StandardNormal(z) * (rest(z) + poles), z, (A,))
POLE_SUBTRACTED = Derivation(
    "bump_flow.pole_subtracted",
    "Several poles, taken out",
    "Q2c",
    Domain(
        (
            Declaration(n, "size", "number of poles", 1, 1),
            Declaration(R, "matrix", "residues"),
            Declaration(A, "matrix", r"the poles $a_1,\dots,a_n$, the zeros of $t'$"),
            Declaration(rest, "activation", "what is left when the poles are subtracted: smooth"),
        ),
        digits=FEWER_DIGITS,
    ),
    Line(asked_average, asked_average),
    (Step(linearity), Step(sum_out_of_integral), Step(average_of_a_pole)),
    r"Write $\partial_\theta t'/t'=g+\sum_jr_j/(z-a_j)$. Only the poles need the principal value, and that is known.",
    uses=(POLE_AVERAGE,),
    assumptions=("The zeros of $t'$ are simple, so that the poles are.",),
)


# --- one bump: the gradient of the naive entropy in closed form -----------------------------------

v, mu, sigma = Symbol("v", real=True), Symbol("μ", real=True), Symbol("σ", positive=True)
HEIGHT = Declaration(v, "real", r"height $\ne0$")
CENTRE = Declaration(mu, "real", "centre")
WIDTH = Declaration(sigma, "positive", "width")
one_slope = -2 * v * (z - mu) / sigma**2 * exp(-((z - mu) ** 2) / sigma**2)
ONE_BUMP = Domain((HEIGHT, CENTRE, WIDTH), digits=INTEGRAL_DIGITS)
one_entropy = expectation(log(Abs(one_slope)), z, (mu,))
ONE_BUMP_ENTROPY = Derivation(
    "bump_flow.one_bump_entropy",
    r"One bump: the average of $\log|t'|$",
    "Q2c",
    replace(ONE_BUMP, digits=FEWER_DIGITS),
    Line(one_entropy, one_entropy),
    (Step(log_of_product), Step(linearity), Step(moments)),
)


def one_bump(name: str, title: str, parameter, *more: Step, uses=()) -> Derivation:
    asked = Partial(one_entropy, parameter)
    written_out = put(
        ONE_BUMP_ENTROPY.name,
        "the expectation, written out",
        r"Only $\mathbb E\log|z-\mu|$ is left of it as an integral.",
        ONE_BUMP_ENTROPY.name,
    )
    return Derivation(
        f"bump_flow.{name}",
        title,
        "Q2c",
        ONE_BUMP,
        Line(asked, asked),
        (Step(written_out), Step(derivative_of_sum), *more, Step(elementary_derivative)),
        uses=(ONE_BUMP_ENTROPY, *uses),
    )


distance_moves = cite(
    LOG_DISTANCE.name,
    "the average logarithm of a distance",
    r"$\partial_a\,\mathbb E\log|z-a|=\sqrt2\,F(a/\sqrt2)$",
)
ONE_BUMP_V = one_bump("one_bump_v", "One bump, by its height", v, Step(derivative_of_log_modulus))
ONE_BUMP_MU = one_bump(
    "one_bump_mu", "One bump, by its centre", mu, Step(distance_moves), uses=(LOG_DISTANCE,)
)
ONE_BUMP_SIGMA = one_bump("one_bump_sigma", "One bump, by its width", sigma)


# --- one bump: its true density --------------------------------------------------------------------

s, y, height = Symbol("s", positive=True), Symbol("y", positive=True), Symbol("v", positive=True)
density = Symbol("q(y)", positive=True)
LEVEL = Equation("level", y, height * exp(-(s**2)), meaning="the value, at the distance $\\sigma s$ from the centre")


def branch(side: int):
    """φ(z)/|t'(z)| at the preimage z = μ ± σ s of y."""
    at = mu + side * sigma * s
    return StandardNormal(at) / Abs(one_slope.subs(v, height).subs(z, at))


BOTH = Equation("two preimages", density, branch(1) + branch(-1), meaning="density of $t(z)$ at $y$")
ONE_BUMP_DENSITY = Derivation(
    "bump_flow.one_bump_density",
    "The density of one bump",
    "Q2c",
    Domain(
        (
            Declaration(height, "positive", "height"),
            CENTRE,
            WIDTH,
            Declaration(s, "positive", r"distance of the preimages from the centre, in widths"),
        ),
        (LEVEL, BOTH),
    ),
    Line(density, density),
    (
        Step(
            unfold(
                "two preimages",
                "two preimages",
                r"$q(y)=\sum_\pm\varphi(z_\pm)/|t'(z_\pm)|$ with $z_\pm=\mu\pm\sigma s$, $s=\sqrt{\log(v/y)}$",
                "density of a function of a random variable, branch by branch",
            )
        ),
        Step(standard_normal),
        Step(two_exponentials),
        Step(power_of_level("level")),
    ),
    r"A value $0<y<v$ is reached twice, at $\mu\pm\sigma s$.",
)


# --- what repairs it ------------------------------------------------------------------------------

gentle = z + v * exp(-((z - mu) ** 2) / sigma**2)
REPAIRED = Domain((Declaration(z, "real", "a sample of $\\mathcal N(0,1)$"), HEIGHT, CENTRE, WIDTH))
REPAIR_SLOPE = Derivation(
    "bump_flow.repair_slope",
    "The identity plus one bump: its slope",
    "Q2c",
    REPAIRED,
    Line(Partial(gentle, z), Partial(gentle, z)),
    (Step(elementary_derivative),),
)
REPAIR_CURVATURE = Derivation(
    "bump_flow.repair_curvature",
    "Where the slope is least and largest",
    "Q2c",
    REPAIRED,
    Line(Partial(REPAIR_SLOPE.result(), z), Partial(REPAIR_SLOPE.result(), z)),
    (Step(elementary_derivative),),
    r"It is 0 where $2(z-\mu)^2=\sigma^2$, and nowhere else.",
)
STEEPEST = Equation("steepest", z, mu + sigma / sqrt(2), meaning="where the bump falls most steeply")
REPAIR_STEEPEST = Derivation(
    "bump_flow.repair_steepest",
    "The least slope",
    "Q2c",
    Domain((HEIGHT, CENTRE, WIDTH), (STEEPEST,)),
    Line(REPAIR_SLOPE.result(), REPAIR_SLOPE.result()),
    (Step(put("steepest", "the steepest place", r"$z=\mu+\sigma/\sqrt2$ where the curvature is 0")),),
    r"For $v>0$. For $v<0$ the other side, $\mu-\sigma/\sqrt2$, gives $1-\sqrt{2/e}\,|v|/\sigma$ as well.",
)

DERIVATIONS = (
    SLOPE,
    NAIVE_LOG_DENSITY,
    ELBO_V,
    ELBO_MU,
    ELBO_SIGMA,
    ENTROPY_GAP,
    ONE_BUMP_DENSITY,
    POLE_SLOPE,
    POLE_AT_ZERO,
    DAWSON_SLOPE,
    POLE_AVERAGE,
    LOG_DISTANCE,
    ONE_BUMP_ENTROPY,
    ONE_BUMP_V,
    ONE_BUMP_MU,
    ONE_BUMP_SIGMA,
    POLE_SUBTRACTED,
    REPAIR_SLOPE,
    REPAIR_CURVATURE,
    REPAIR_STEEPEST,
)
