"""Question 4: prediction with a Bayesian neural network that has two weights.

    w uniform on the box [-B, B]²,   y | x ~ N(f_w(x), 1)

Finite sums stand for the posterior: weights w_k with probabilities p_k, as many as one likes.  A posterior with a
density is the limit of such sums over finer and finer grids.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Function, Integral, Lambda, Rational, Symbol, exp, log, tanh
from sympy.matrices.expressions import FunctionMatrix

from .chain import Derivation, Line, Step
from .domain import Declaration, Domain, Equation, Inequality
from .expectations import (
    antiderivative,
    cauchy_schwarz_for_sums,
    cited_bound,
    common_denominator,
    common_factor,
    complete_square,
    constant_out,
    entry_of,
    exponent_bounded,
    factor_by_name,
    linear_substitution,
    multiply_out,
    normal_moment,
    normal_probability,
    one_less_exponential,
    one_logarithm,
    part_of_denominator,
    product_of_cosh,
    quartic_moment,
    reciprocal_of_bound,
    solved_for_sum,
    split_factor,
    sum_by_mean,
    sum_of_constant,
    sum_of_tanh,
    sum_out_of_integral,
    symmetry,
    tanh_of_half,
)
from .expressions import Column, index_sum
from .gaussian import limit_at_infinity
from .identities import fold, split_sum, unfold
from .integrals import OverReals, StandardNormal

m, n = (Symbol(name, integer=True, positive=True) for name in ("m", "n"))
i, k, chosen = (Symbol(name, integer=True) for name in ("i", "k", "l"))
x, f = Symbol("x", real=True), Symbol("f", real=True)
B, c = Symbol("B", positive=True), Symbol("c", positive=True)
U, V = Column("u", m), Column("v", m)
P, Q = Column("p", m), Column("q", m)
Y, X = Column("y", n), Column("x", n)


def at(column: Column, index):
    """The entry of a column, counted from 1."""
    return column[index - 1, 0]


def over_weights(body):
    return index_sum(body, k, 1, m)


def over_data(body):
    return index_sum(body, i, 1, n)


# --- the posterior ------------------------------------------------------------------------------

mean_y, log_likelihood = Symbol("ybar", real=True), Symbol("ℓ", real=True)
MEAN = Equation("mean", mean_y, over_data(at(Y, i)) / n, meaning="mean of the $n$ observations")
LOG_LIKELIHOOD = Equation(
    "log likelihood",
    log_likelihood,
    -over_data((at(Y, i) - f) ** 2) / 2,
    meaning="log likelihood of what is observed at this input, up to a constant",
)
STATISTICS = Derivation(
    "bayesian_network.sufficient_statistics",
    "All that the likelihood keeps of the data",
    "Q4",
    Domain(
        (
            Declaration(n, "size", "number of observations", 1, 4),
            Declaration(Y, "matrix", "what is observed at this input"),
            Declaration(f, "real", "the value of the network there"),
        ),
        (MEAN, LOG_LIKELIHOOD),
    ),
    Line(log_likelihood, log_likelihood),
    (
        Step(unfold("log likelihood", "log likelihood", r"$\log\mathcal N(y_i;f,1)$, without $-\tfrac12\log2\pi$")),
        Step(split_sum),
        Step(constant_out),
        Step(sum_of_constant),
        Step(sum_by_mean("mean")),
        Step(complete_square),
    ),
    "Many observations at one and the same input.  Only the term with $f$ depends on the weights.",
)

posterior_k = Symbol("P", positive=True)
F = Column("f", m)


def squares(value):
    return over_data((at(Y, i) - value) ** 2) / 2


POSTERIOR = Derivation(
    "bayesian_network.posterior",
    "The posterior of weights",
    "Q4",
    Domain(
        (
            Declaration(m, "size", "number of weights, or of pairs of weights", 1, 3),
            Declaration(n, "size", "number of observations", 1, 3),
            Declaration(Y, "matrix", "what is observed at this input"),
            Declaration(Q, "positive matrix", "prior probabilities, up to a factor"),
            Declaration(F, "matrix", "$f_k$: what the network with weights $w_k$ computes there"),
            Declaration(chosen, "index", "which weights", 1, m),
        ),
        (
            MEAN,
            Equation(
                "Bayes",
                posterior_k,
                at(Q, chosen) * exp(-squares(at(F, chosen))) / over_weights(at(Q, k) * exp(-squares(at(F, k)))),
                meaning="posterior probability of the weights $w_l$",
            ),
        ),
    ),
    Line(posterior_k, posterior_k),
    (
        Step(
            unfold(
                "Bayes",
                "Bayes' rule",
                "Prior times likelihood, divided by the sum of these over all weights.",
            )
        ),
        Step(split_sum),
        Step(constant_out),
        Step(sum_of_constant),
        Step(sum_by_mean("mean")),
        Step(common_factor),
    ),
    "The observations enter by their number and their mean alone; with more inputs, by those at each input.",
)


# --- (a) when every weight that is left computes the same ---------------------------------------

y_s, density, value = Symbol("y_*", real=True), Symbol("p_*", positive=True), Symbol("f_*", real=True)
TOTAL = Equation("total probability", over_weights(at(P, k)), Rational(1))
total_probability = unfold("total probability", "total probability", r"$\sum_kp_k=1$", "probabilities")


def normal(mean):
    """The density of N(mean, 1) at y_*."""
    return StandardNormal(y_s - mean)


ON_FIBRE = Derivation(
    "bayesian_network.predictive_on_fibre",
    "The predictive distribution when all weights compute the same",
    "Q4a",
    Domain(
        (
            Declaration(m, "size", "number of weights, or of pairs of weights", 1, 3),
            Declaration(P, "probabilities", "their probabilities, with sum 1"),
            Declaration(y_s, "real", "the observation to predict"),
            Declaration(value, "real", "the value that the network has at $x_*$ with each of these weights"),
        ),
        (
            Equation(
                "fibre",
                F,
                FunctionMatrix(m, 1, Lambda((i, k), value)),
                meaning="values at $x_*$: all the same",
            ),
            Equation(
                "predictive density",
                density,
                over_weights(at(P, k) * normal(at(F, k))),
                meaning="posterior predictive density at $y_*$",
            ),
        ),
        (TOTAL,),
    ),
    Line(density, density),
    (
        Step(unfold("predictive density", "predictive density", "The likelihood, averaged over the posterior.")),
        Step(entry_of("fibre", "on the fibre", "Every weight that the posterior still holds computes the same.")),
        Step(constant_out),
        Step(total_probability),
    ),
)

predicted = Symbol("mu_*", real=True)
MIXTURE = over_weights(at(P, k) * normal(at(F, k)))
FEW_DIGITS = 64
VALUES = (
    Declaration(m, "size", "number of weights, or of pairs of weights", 1, 2),
    Declaration(P, "probabilities", "their probabilities, with sum 1"),
    Declaration(F, "matrix", "$f_k$: the value at $x_*$ with the weights $w_k$"),
)


def moment(name: str, title: str, integrand, definitions: tuple, uses: tuple = (), rest: tuple = ()) -> Derivation:
    asked = OverReals(integrand * MIXTURE, y_s)
    return Derivation(
        name,
        title,
        "Q4a",
        Domain(VALUES, definitions, (TOTAL,), digits=FEW_DIGITS),
        Line(asked, asked),
        (Step(sum_out_of_integral), Step(normal_moment), *rest),
        "Each weight predicts a normal with variance 1; the posterior averages these.",
        uses=uses,
    )


PREDICTIVE_MEAN = moment("bayesian_network.predictive_mean", "The predictive mean is the mean of the outputs", y_s, ())
MEAN_OUTPUT = Equation(
    "predictive mean",
    predicted,
    PREDICTIVE_MEAN.result(),
    meaning="predictive mean",
    rests_on=PREDICTIVE_MEAN.name,
)
PREDICTIVE_VARIANCE = moment(
    "bayesian_network.predictive_variance",
    "The predictive variance: noise, and doubt about the network",
    (y_s - predicted) ** 2,
    (MEAN_OUTPUT,),
    (PREDICTIVE_MEAN,),
    (Step(split_factor), Step(total_probability)),
)

size, grown = Symbol("n", positive=True), Symbol("r", positive=True)
FAR, NEAR = Column("a", m), Column("q", m)
EXCESS, DEFICIT = Column("h", m), Column("b", m)
delta, gamma = Symbol("δ", positive=True), Symbol("γ", positive=True)
far_mass, near_evidence, far_evidence = (Symbol(name, positive=True) for name in ("pi_n", "Z_near", "Z_far"))
far_prior, near_prior = Symbol("pi_far", positive=True), Symbol("pi_near", positive=True)


def nonnegative(label: str, column: Column) -> Inequality:
    return Inequality(label, at(column, k), Rational(0), ">=", k, Rational(1), m)


CONCENTRATION_DOMAIN = Domain(
    (
        Declaration(m, "size", "number of weights, or of pairs of weights", 1, 3),
        Declaration(size, "positive", "number of observations"),
        Declaration(FAR, "positive matrix", "$a_k$: prior probabilities of weights far off"),
        Declaration(NEAR, "positive matrix", "$q_k$: prior probabilities of weights nearby"),
        Declaration(delta, "positive", r"weights nearby have a discrepancy of at most $\delta$"),
        Declaration(gamma, "positive", r"weights far off have one of at least $\delta+\gamma$"),
        Declaration(EXCESS, "positive matrix", "$h_k$: by how much more"),
        Declaration(DEFICIT, "positive matrix", "$b_k$: by how much less"),
    ),
    (
        Equation("far prior", far_prior, over_weights(at(FAR, k)), meaning="prior mass far off"),
        Equation("near prior", near_prior, over_weights(at(NEAR, k)), meaning="prior mass nearby"),
        Equation(
            "far",
            far_evidence,
            over_weights(at(FAR, k) * exp(-size * (delta + gamma + at(EXCESS, k)))),
            meaning="prior times likelihood, far off",
        ),
        Equation(
            "near",
            near_evidence,
            over_weights(at(NEAR, k) * exp(-size * (delta - at(DEFICIT, k)))),
            meaning="prior times likelihood, nearby",
        ),
        Equation(
            "posterior far off",
            far_mass,
            far_evidence / (far_evidence + near_evidence),
            meaning="posterior mass far off after $n$ data",
        ),
    ),
    tuple(nonnegative(label, column) for label, column in (("a", FAR), ("q", NEAR), ("e", EXCESS), ("d", DEFICIT))),
)


def one_side(name: str, title: str, label: str, symbol, dropped: tuple, relation: str, mass: str) -> Derivation:
    return Derivation(
        name,
        title,
        "Q4a",
        CONCENTRATION_DOMAIN,
        Line(symbol, symbol),
        (
            Step(unfold(label, "prior times likelihood", "The likelihood is $e^{-nK}$ with the discrepancy $K$.")),
            Step(exponent_bounded(*dropped, relation=relation)),
            Step(constant_out),
            Step(fold(mass, "prior mass", "Their prior probabilities, added up.")),
        ),
    )


FAR_BOUND = one_side(
    "bayesian_network.far_evidence",
    "Weights far off fit badly",
    "far",
    far_evidence,
    ("e", "a"),
    "<=",
    "far prior",
)
NEAR_BOUND = one_side(
    "bayesian_network.near_evidence",
    "Weights nearby fit well",
    "near",
    near_evidence,
    ("d", "q"),
    ">=",
    "near prior",
)
CONCENTRATION = Derivation(
    "bayesian_network.concentration",
    "The posterior leaves every weight that computes something else",
    "Q4a",
    CONCENTRATION_DOMAIN,
    Line(far_mass, far_mass),
    (
        Step(unfold("posterior far off", "posterior mass", "Bayes' rule: each part over the whole.")),
        Step(part_of_denominator),
        Step(cited_bound(FAR_BOUND.name, "far off", "Weights far off fit badly.")),
        Step(reciprocal_of_bound(NEAR_BOUND.name, "nearby", "Weights nearby fit well: the denominator is not small.")),
        Step(
            limit_at_infinity(
                None, "more and more data", r"$\gamma>0$, and neither $\delta$ nor the prior changes with $n$."
            )
        ),
    ),
    r"The discrepancy of weights $w$ is $K=\tfrac12\,\mathbb E_F\,(f_w(x)-f(x))^2$: by how much their expected log "
    "likelihood per observation falls short of the best. However near together the two groups are, all of the "
    "posterior goes to the better one.",
    variable=size,
    uses=(FAR_BOUND, NEAR_BOUND),
    results={"bound": lambda last: Line(far_mass, CONCENTRATION.lines[-2].right, "<=")},
)


# --- the gap is a covariance --------------------------------------------------------------------

MEAN_1, MEAN_2 = r"posterior mean $\mathbb E\,w_1$", r"posterior mean $\mathbb E\,w_2$"
mean_1, mean_2, covariance = (Symbol(name, real=True) for name in ("omega_1", "omega_2", "C"))
WEIGHTS = (
    Declaration(m, "size", "number of weights, or of pairs of weights", 1, 3),
    Declaration(P, "probabilities", "their probabilities, with sum 1"),
    Declaration(U, "matrix", "$u_k$: first weights"),
    Declaration(V, "matrix", "$v_k$: second weights"),
)
MEANS = (
    Equation("first mean", mean_1, over_weights(at(P, k) * at(U, k)), meaning=MEAN_1),
    Equation("second mean", mean_2, over_weights(at(P, k) * at(V, k)), meaning=MEAN_2),
)
GAP_DOMAIN = Domain(
    WEIGHTS,
    (
        *MEANS,
        Equation(
            "covariance",
            covariance,
            over_weights(at(P, k) * (at(U, k) - mean_1) * (at(V, k) - mean_2)),
            meaning="posterior covariance of the two weights",
        ),
    ),
    (TOTAL,),
)


def posterior_mean(label: str):
    return fold(label, "posterior mean", r"$\mathbb E\,w=\sum_kp_kw_k$", everywhere=True)


COVARIANCE = Derivation(
    "bayesian_network.covariance",
    "The mean of a product is not the product of the means",
    "Q4c",
    GAP_DOMAIN,
    Line(covariance, covariance),
    (
        Step(unfold("covariance", "covariance", r"$C=\mathbb E(w_1-\mathbb Ew_1)(w_2-\mathbb Ew_2)$")),
        Step(split_sum),
        Step(constant_out),
        Step(total_probability),
        Step(posterior_mean("first mean")),
        Step(posterior_mean("second mean")),
    ),
)

plug_in_gap = Symbol("Δ", real=True)
LINEAR_ERROR = Derivation(
    "bayesian_network.linear_plug_in_error",
    "The linear network: plug-in minus predictive mean",
    "Q4c",
    Domain(
        (*WEIGHTS, Declaration(x, "real", "the input")),
        (
            *GAP_DOMAIN.definitions,
            Equation(
                "plug-in gap",
                plug_in_gap,
                mean_1 * mean_2 * x - over_weights(at(P, k) * at(U, k) * at(V, k) * x),
                meaning="plug-in minus predictive mean at $x$",
            ),
        ),
        (TOTAL,),
    ),
    Line(plug_in_gap, plug_in_gap),
    (
        Step(unfold("plug-in gap", "definition", r"$f_{\mathbb Ew}(x)-\mathbb E f_w(x)$ for $f_w(x)=w_1w_2x$")),
        Step(constant_out),
        Step(solved_for_sum(COVARIANCE.name, "covariance", "The mean of the product, by the covariance.")),
        Step(multiply_out),
    ),
    uses=(COVARIANCE,),
)


# --- (b) symmetries -----------------------------------------------------------------------------

network, Z = Function("f"), Symbol("Z", positive=True)
a1, a2, a3 = (Symbol(name, real=True) for name in ("α", "β", "ξ"))
EVEN = Equation("even", network(-a1, -a2, a3), network(a1, a2, a3))
EXCHANGEABLE = Equation("exchangeable", network(a2, a1, a3), network(a1, a2, a3))


def likelihood(first, second):
    return exp(-over_data((at(Y, i) - network(first, second, at(X, i))) ** 2) / 2)


def symmetric_domain(kind: str, meaning: str, image, fact: Equation) -> Domain:
    """Pairs of weights (u_k, v_k) and their mirror images, which the prior takes for equally likely."""
    pair = [(at(U, k), at(V, k)), image(at(U, k), at(V, k))]
    evidence = sum(likelihood(*w) for w in pair)
    first, second = (sum(w[place] * likelihood(*w) for w in pair) for place in (0, 1))
    return Domain(
        (
            Declaration(m, "size", "number of weights, or of pairs of weights", 1, 2),
            Declaration(n, "size", "number of observations", 1, 2),
            Declaration(U, "matrix", "$u_k$: first weights"),
            Declaration(V, "matrix", "$v_k$: second weights"),
            Declaration(Q, "positive matrix", "prior probability of a pair, up to a factor"),
            Declaration(X, "matrix", "inputs"),
            Declaration(Y, "matrix", "observations"),
            Declaration(network, kind, meaning),
        ),
        (
            Equation("evidence", Z, over_weights(at(Q, k) * evidence), meaning="evidence: the sum over all weights"),
            Equation("first mean", mean_1, over_weights(at(Q, k) * first) / Z, meaning=MEAN_1),
            Equation("second mean", mean_2, over_weights(at(Q, k) * second) / Z, meaning=MEAN_2),
        ),
        (fact,),
    )


EVEN_DOMAIN = symmetric_domain(
    "network even in its weights",
    "the network $f_w(x)$: the same with $-w$ as with $w$",
    lambda a, b: (-a, -b),
    EVEN,
)
EXCHANGEABLE_DOMAIN = symmetric_domain(
    "network with exchangeable weights",
    "the network $f_w(x)$: the same when its weights change places",
    lambda a, b: (b, a),
    EXCHANGEABLE,
)
sign_flip = symmetry("even", "sign flip", r"$f_{-w}=f_w$: the two weights of a pair are equally likely, and cancel.")
swap = symmetry("exchangeable", "exchange of weights", r"$f_{(w_2,w_1)}=f_{(w_1,w_2)}$")


def sign_symmetry(number: int, symbol, label: str) -> Derivation:
    return Derivation(
        f"bayesian_network.sign_symmetry_{number}",
        f"The posterior mean of weight {number} is 0, whatever the data",
        "Q4b",
        EVEN_DOMAIN,
        Line(symbol, symbol),
        (
            Step(unfold(label, "posterior mean", "By Bayes' rule, over each $w$ and $-w$.", value_is_zero=True)),
            Step(sign_flip),
        ),
    )


SIGN_1, SIGN_2 = sign_symmetry(1, mean_1, "first mean"), sign_symmetry(2, mean_2, "second mean")
network_at = Symbol("x_*", real=True)
SIGN_PLUG_IN = Derivation(
    "bayesian_network.sign_plug_in",
    "The plug-in is the network without weights, whatever the data",
    "Q4b",
    replace(EVEN_DOMAIN, declarations=(*EVEN_DOMAIN.declarations, Declaration(network_at, "real", "test input"))),
    Line(network(mean_1, mean_2, network_at), network(mean_1, mean_2, network_at)),
    tuple(
        Step(unfold(d.name, "sign symmetry", "The posterior mean is 0.", d.name, value_is_zero=True))
        for d in (SIGN_1, SIGN_2)
    ),
    uses=(SIGN_1, SIGN_2),
)
EXCHANGE = Derivation(
    "bayesian_network.exchange_symmetry",
    "The posterior means of both weights are equal, whatever the data",
    "Q4b",
    EXCHANGEABLE_DOMAIN,
    Line(mean_1 - mean_2, mean_1 - mean_2),
    (
        Step(unfold("first mean", "posterior mean", "By Bayes' rule, over each pair and its mirror image.")),
        Step(unfold("second mean", "posterior mean", "By Bayes' rule, over each pair and its mirror image.")),
        Step(swap),
    ),
)


# the sum of two tanh: the posterior ends in the true weights (s + d, s - d), and in the same, exchanged

s, d, gap, curvature = (Symbol(name, real=True) for name in ("s", "d", "Δ", "κ"))
GAP = Equation(
    "gap",
    gap,
    2 * tanh(s * x) - tanh(s * x + d * x) - tanh(s * x - d * x),
    meaning="plug-in minus truth; also what equal weights $s$ compute, minus what $s\\pm d$ do",
)
SUM = (
    Declaration(s, "real", "half the sum of the weights"),
    Declaration(x, "real", "the input"),
)
SUM_ERROR = Derivation(
    "bayesian_network.plug_in_error_of_sum",
    "Two exchanged weights: how far off the plug-in is",
    "Q4b",
    Domain((*SUM, Declaration(d, "real", "half the difference of the weights")), (GAP,)),
    Line(gap, gap),
    (
        Step(unfold("gap", "plug-in minus truth", r"$f_{(s,s)}(x)-f_{(s+d,s-d)}(x)$")),
        Step(sum_of_tanh),
        Step(product_of_cosh),
        Step(tanh_of_half),
        Step(common_denominator),
    ),
)
FOURTH_ORDER = Derivation(
    "bayesian_network.fourth_order",
    "Equal weights: the network changes with the square of their difference only",
    "Q4c",
    Domain(
        (*SUM, Declaration(grown, "positive", "$1/d$: it grows as the weights come together")),
        (
            Equation("difference", d, 1 / grown, meaning="half the difference of the weights"),
            GAP,
            Equation("curvature", curvature, gap / d**2, meaning="change of the network over $d^2$"),
        ),
    ),
    Line(curvature, curvature),
    (
        Step(unfold("curvature", "over $d^2$", "definition of κ")),
        Step(unfold(SUM_ERROR.name, "the change", "The closed form of the difference.", SUM_ERROR.name)),
        Step(replace(unfold("difference", "the difference", r"$d=1/r$"), everywhere=True)),
        Step(limit_at_infinity(None, "equal weights", "The weights come together: $r\\to\\infty$.")),
    ),
    variable=grown,
    uses=(SUM_ERROR,),
)

# --- on the ridge w_1 w_2 = c -------------------------------------------------------------------

RIDGE_BOUND = Derivation(
    "bayesian_network.ridge_overstates",
    "On a ridge $w_1w_2=c$ the plug-in is too large, whatever the posterior on it",
    "Q4b",
    Domain(
        (
            Declaration(m, "size", "number of weights, or of pairs of weights", 1, 3),
            Declaration(P, "probabilities", "their probabilities, with sum 1"),
            Declaration(U, "positive matrix", "$u_k$: the first weight, positive"),
            Declaration(c, "positive", "the true slope"),
        ),
        (
            Equation("ridge", V, FunctionMatrix(m, 1, Lambda((i, k), c / at(U, i))), meaning="the second weight"),
            *MEANS,
        ),
        (TOTAL, nonnegative("p", P), nonnegative("u", U)),
    ),
    Line(mean_1 * mean_2, mean_1 * mean_2),
    (
        Step(unfold("first mean", "posterior mean", r"$\mathbb E\,w_1=\sum_kp_ku_k$")),
        Step(unfold("second mean", "posterior mean", r"$\mathbb E\,w_2=\sum_kp_kv_k$")),
        Step(entry_of("ridge", "on the ridge", "$v_k=c/u_k$")),
        Step(constant_out),
        Step(cauchy_schwarz_for_sums("p", "u")),
        Step(total_probability),
    ),
)


w, tau, margin = (Symbol(name, positive=True) for name in ("w_1", "τ", "a"))
second = Symbol("w_2", real=True)
OTHER_WEIGHT_OUT = Integral(tau * StandardNormal(tau * (w * second - c)), (second, -B, B))
DENSITY = Derivation(
    "bayesian_network.ridge_density",
    "On the ridge the first weight is log-uniform",
    "Q4b",
    Domain(
        (
            Declaration(w, "positive", "the first weight"),
            Declaration(c, "positive", "the true slope"),
            Declaration(margin, "positive", "$Bw_1-c$: the ridge meets this $w_1$ inside the box"),
            Declaration(tau, "positive", r"sharpness of the likelihood: it grows as $\sqrt n$"),
        ),
        (Equation("box", B, (c + margin) / w, meaning="half the width of the box"),),
        digits=FEW_DIGITS,
    ),
    Line(OTHER_WEIGHT_OUT, OTHER_WEIGHT_OUT),
    (
        Step(linear_substitution),
        Step(normal_probability),
        Step(replace(unfold("box", "inside the box", r"$Bw_1=c+a$ with $a>0$"), everywhere=True)),
        Step(limit_at_infinity(None, "more and more data", r"$\tau\to\infty$.")),
    ),
    "Uniform prior times the likelihood, which depends on the product $w_1w_2$ alone; the second weight integrated "
    "out. Factors that do not depend on $w_1$ are left out.",
    variable=tau,
)

RIDGE = Domain(
    (
        Declaration(B, "positive", "half the width of the box"),
        Declaration(c, "positive", "the true slope, less than $B^2$"),
    ),
    (
        Equation("first mean", mean_1, Integral(1, (w, c / B, B)) / Integral(1 / w, (w, c / B, B)), meaning=MEAN_1),
        Equation(
            "second mean",
            mean_2,
            Integral(c / w**2, (w, c / B, B)) / Integral(1 / w, (w, c / B, B)),
            meaning=MEAN_2,
        ),
    ),
    defined_where=(log(B**2 - c),),
    digits=FEW_DIGITS,
)


def ridge_mean(number: int, symbol, label: str, integrand: str) -> Derivation:
    return Derivation(
        f"bayesian_network.ridge_mean_{number}",
        f"On the ridge: the posterior mean of weight {number}",
        "Q4b",
        RIDGE,
        Line(symbol, symbol),
        (
            Step(
                unfold(
                    label,
                    "posterior mean",
                    f"The density is $1/w_1$, so the numerator has the integrand {integrand}.",
                )
            ),
            Step(antiderivative),
            Step(one_logarithm),
        ),
    )


RIDGE_MEAN_1 = ridge_mean(1, mean_1, "first mean", r"$w_1\cdot\frac1{w_1}$")
RIDGE_MEAN_2 = ridge_mean(2, mean_2, "second mean", r"$\frac c{w_1}\cdot\frac1{w_1}$")
half_log = Symbol("s", positive=True)
RIDGE_PLUG_IN = Derivation(
    "bayesian_network.ridge_plug_in",
    "On the ridge: how far off the plug-in is",
    "Q4b",
    Domain(
        (
            Declaration(B, "positive", "half the width of the box"),
            Declaration(half_log, "positive", r"$\tfrac12\ln(B^2/c)$: half the length of the ridge, in $\ln w_1$"),
        ),
        (Equation("slope", c, B**2 * exp(-2 * half_log), meaning="the true slope"), *RIDGE.definitions),
        digits=FEW_DIGITS,
    ),
    Line(mean_1 * mean_2, mean_1 * mean_2),
    (
        *(Step(unfold(d.name, "posterior mean", "Found above.", d.name)) for d in (RIDGE_MEAN_1, RIDGE_MEAN_2)),
        Step(replace(unfold("slope", "true slope", r"$c=B^2e^{-2s}$"), everywhere=True)),
        Step(one_less_exponential),
        Step(factor_by_name("slope", "true slope", r"$B^2e^{-2s}=c$")),
    ),
    uses=(RIDGE_MEAN_1, RIDGE_MEAN_2),
)

# --- how slowly equal weights are found ---------------------------------------------------------

rate = Symbol("κ", positive=True)
QUARTIC_DENSITY = exp(-size * rate * d**4)
MEAN_SQUARE = OverReals(d**2 * QUARTIC_DENSITY, d) / OverReals(QUARTIC_DENSITY, d)
QUARTIC = Derivation(
    "bayesian_network.quartic_spread",
    "A log likelihood of fourth order leaves a spread of $n^{-1/4}$",
    "Q4c",
    Domain(
        (
            Declaration(size, "positive", "number of observations"),
            Declaration(rate, "positive", "curvature of fourth order"),
        ),
        digits=FEW_DIGITS,
    ),
    Line(MEAN_SQUARE, MEAN_SQUARE),
    (Step(quartic_moment),),
    r"The mean of $d^2$ under a density proportional to $e^{-n\kappa d^4}$: it falls as $n^{-1/2}$, and $d$ itself "
    "as $n^{-1/4}$.",
)

DERIVATIONS = (
    STATISTICS,
    POSTERIOR,
    PREDICTIVE_MEAN,
    PREDICTIVE_VARIANCE,
    FAR_BOUND,
    NEAR_BOUND,
    CONCENTRATION,
    ON_FIBRE,
    SIGN_1,
    SIGN_2,
    SIGN_PLUG_IN,
    EXCHANGE,
    SUM_ERROR,
    DENSITY,
    RIDGE_MEAN_1,
    RIDGE_MEAN_2,
    RIDGE_PLUG_IN,
    RIDGE_BOUND,
    COVARIANCE,
    LINEAR_ERROR,
    FOURTH_ORDER,
    QUARTIC,
)
