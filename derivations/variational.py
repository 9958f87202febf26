"""Question 2 (a): the evidence lower bound, the mean-field gap, the amortisation gap.

The first two derivations are for a latent variable with m values, so that a mean is a sum; the others for normal
posteriors N(μ, Λ⁻¹).  Symbols follow Bishop 2006, chapter 10: precision Λ, q for the variational distribution.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Symbol, log
from sympy.matrices.expressions import Identity, MatrixSymbol, OneMatrix

from .chain import PLUS_ONE, Derivation, Line, Step
from .differentials import CALCULUS, join_weights, read_off
from .divergences import (
    across_quotient,
    bounded_by,
    divergence,
    divided,
    drop_form,
    form_of_zero,
    hadamard_inequality,
    inner_at_least,
    inner_of_inverse,
    join_logarithms,
    known_value,
    linear_expectation,
    log_determinant_of_inverse,
    log_determinant_of_multiple,
    log_of_inverse,
    log_of_multiple,
    mean_of_form,
    number_into_inner,
    number_out_of_inner,
    one_inner,
    pythagoras,
    recognise_divergence,
    split_inner,
    split_off_constant,
    tangent,
    trace_of_identity,
    trace_with_diagonal,
)
from .domain import Declaration, Domain, Equation
from .expressions import (
    SymmetricSymbol,
    diagonal,
    diagonal_of,
    differential,
    elementwise,
    hadamard,
    inverse,
    scale,
)
from .gaussian import log_determinant_of_diagonal, normal_density
from .identities import unfold
from .quadratic_forms import everywhere
from .quantities import Divergence, Inner, LogNormalDensity, NormalExpectation

# --- the bound ----------------------------------------------------------------------------------

m = Symbol("m", integer=True, positive=True)
q, prior, likelihood, posterior = (MatrixSymbol(name, m, 1) for name in ("q", "p", "f", "r"))
evidence, elbo = Symbol("p(x)", positive=True), Symbol("ELBO", real=True)

NORMALISED = Equation("normalised q", Inner(q, OneMatrix(m, 1)), Inner(q, OneMatrix(m, 1)) * 0 + 1)
NORMALISED_POSTERIOR = Equation("normalised posterior", Inner(posterior, OneMatrix(m, 1)), NORMALISED.right)
POSITIVE = {diagonal(v): "its entries are positive" for v in (q, prior, likelihood, posterior)}
LATENT = (
    Declaration(m, "size", "number of values of the latent variable", 1, 3),
    Declaration(q, "probabilities", "probabilities $q(z)$"),
)
MODEL = Domain(
    (
        *LATENT,
        Declaration(prior, "probabilities", "prior probabilities $p(z)$"),
        Declaration(likelihood, "positive entries", r"likelihoods $p(x\mid z)$ of the data $x$"),
    ),
    (
        Equation(
            "ELBO",
            elbo,
            Inner(q, elementwise(log, likelihood)) - Divergence(q, prior),
            meaning="evidence lower bound",
        ),
        Equation("evidence", evidence, Inner(likelihood, prior), meaning="evidence: the probability of the data"),
        Equation(
            "Bayes",
            posterior,
            scale(1 / evidence, hadamard(likelihood, prior)),
            meaning=r"posterior probabilities $p(z\mid x)$",
        ),
    ),
    (NORMALISED,),
    POSITIVE,
)

ELBO = Derivation(
    "variational.elbo",
    "What the ELBO is",
    "Q2a",
    MODEL,
    Line(elbo, elbo),
    (
        Step(unfold("ELBO", "definition of the ELBO", "Mean log likelihood, less the divergence from the prior.")),
        Step(divergence),
        Step(one_inner),
        Step(join_logarithms),
        Step(divided("Bayes", "Bayes' rule", r"$p(x\mid z)\,p(z)=p(x)\,p(z\mid x)$", "Bishop 2006, (1.12)")),
        Step(log_of_multiple),
        Step(split_off_constant),
        Step(known_value("normalised q", "probabilities add up to 1", r"$\sum_zq(z)=1$")),
        Step(recognise_divergence),
    ),
    r"A mean under $q$ is the inner product of its probabilities with the values. Functions are taken entry by entry.",
)
GIBBS = Derivation(
    "variational.gibbs",
    "A divergence is not negative",
    "Q2a",
    Domain(
        (*LATENT, Declaration(posterior, "probabilities", "other probabilities on the same values")),
        facts=(NORMALISED, NORMALISED_POSTERIOR),
        positive_definite={diagonal(v): POSITIVE[diagonal(v)] for v in (q, posterior)},
    ),
    Line(-Divergence(q, posterior), -Divergence(q, posterior)),
    (
        Step(divergence),
        Step(number_into_inner),
        Step(join_logarithms),
        Step(tangent),
        Step(split_inner),
        Step(across_quotient),
        Step(known_value("normalised posterior", "probabilities add up to 1", r"$\sum_zr(z)=1$")),
        Step(known_value("normalised q", "probabilities add up to 1", r"$\sum_zq(z)=1$")),
    ),
    "Gibbs' inequality.",
)
BOUND = Derivation(
    "variational.bound",
    "The ELBO is a lower bound",
    "Q2a",
    MODEL,
    Line(elbo, elbo),
    (
        Step(unfold(ELBO.name, "what the ELBO is", "Derived above.", ELBO.name)),
        Step(bounded_by(GIBBS.name, "Gibbs' inequality", "Derived above.", GIBBS.name)),
    ),
    uses=(ELBO, GIBBS),
)


# --- normal posteriors --------------------------------------------------------------------------

n = Symbol("n", integer=True, positive=True)
Lambda, V = SymmetricSymbol("Λ", n), SymmetricSymbol("V", n)
mean, mu, z, v = (MatrixSymbol(name, n, 1) for name in ("m", "μ", "z", "v"))
kl = Symbol("KL", real=True)
d = diagonal_of(Lambda)

DIVERGENCE = Equation(
    "divergence",
    kl,
    NormalExpectation(LogNormalDensity(z, mean, V) - LogNormalDensity(z, mu, inverse(Lambda)), z, mean, V),
    meaning=r"divergence of $q=\mathcal N(m,V)$ from the posterior $\mathcal N(\mu,\Lambda^{-1})$",
)
POSTERIOR = (
    Declaration(n, "size", "dimension of the latent variable", 1, 2),
    Declaration(Lambda, "positive definite", "precision of the posterior, the inverse of its covariance"),
    Declaration(mu, "matrix", "mean of the posterior"),
)
IS_DEFINITE = {Lambda: "it is the precision of a normal distribution", V: "it is a covariance"}
DIAGONAL = {diagonal(d): "the diagonal of a positive definite matrix is positive"}

GAUSSIAN = Derivation(
    "variational.gaussian_divergence",
    "The divergence of two normal distributions",
    "Q2a",
    Domain(
        (
            *POSTERIOR,
            Declaration(mean, "matrix", "mean of $q$"),
            Declaration(V, "positive definite", "covariance of $q$"),
        ),
        (DIVERGENCE,),
        positive_definite=IS_DEFINITE,
    ),
    Line(kl, kl),
    (
        Step(unfold("divergence", "Kullback–Leibler divergence", "The mean under $q$ of $\\log q-\\log p$.")),
        Step(normal_density),
        Step(linear_expectation),
        Step(log_determinant_of_inverse),
        Step(mean_of_form),
    ),
)
formula = unfold(GAUSSIAN.name, "divergence of normal distributions", "Derived above.", GAUSSIAN.name)
formula_of_zero = replace(formula, mutants=(PLUS_ONE,))
MEAN_FIELD = Equation("mean field", V, diagonal(v), meaning="covariance of $q$: diagonal")
covariance = everywhere(unfold("mean field", "mean field", "$V=\\operatorname{diag}(v)$: no correlations"))
FACTORISED = Domain(
    (
        *POSTERIOR,
        Declaration(mean, "matrix", "means of $q$"),
        Declaration(v, "positive entries", "variances of $q$"),
    ),
    (DIVERGENCE, MEAN_FIELD),
    positive_definite=IS_DEFINITE | DIAGONAL | {diagonal(v): "variances are positive"},
)

GRADIENT = Derivation(
    "variational.mean_field_gradient",
    "The gradient by the variances",
    "Q2a",
    FACTORISED,
    Line(differential(kl), differential(kl)),
    (
        Step(formula),
        Step(covariance),
        Step(CALCULUS["sum rule"]),
        Step(CALCULUS["chain rule for scalars"]),
        Step(CALCULUS["trace rule"]),
        Step(CALCULUS["determinant rule"]),
        Step(CALCULUS["product rule"]),
        Step(CALCULUS["diagonal-matrix rule"]),
        Step(join_weights),
        Step(read_off()),
    ),
    variable=v,
    uses=(GAUSSIAN,),
)
GAP = Derivation(
    "variational.mean_field_gap",
    "No mean field comes closer",
    "Q2a",
    FACTORISED,
    Line(kl, kl),
    (
        Step(formula),
        Step(drop_form),
        Step(covariance),
        Step(trace_with_diagonal),
        Step(log_determinant_of_diagonal),
        Step(inner_at_least),
    ),
    "Whatever the means and the variances of $q$.",
    uses=(GAUSSIAN,),
)
inverse_entry = elementwise(lambda t: 1 / t, d)
BEST = Domain(
    POSTERIOR,
    (
        DIVERGENCE,
        Equation("best means", mean, mu, meaning="means of $q$"),
        Equation("best variances", V, diagonal(inverse_entry), meaning="covariance of $q$"),
    ),
    positive_definite=IS_DEFINITE | DIAGONAL | {diagonal(inverse_entry): "inverses of positive numbers"},
)
BEST_GAP = Derivation(
    "variational.best_mean_field",
    r"Variances $1/\Lambda_{ii}$ come that close",
    "Q2a",
    BEST,
    Line(kl, kl),
    (
        Step(formula),
        Step(form_of_zero("best means", "the mean of the posterior", r"$m=\mu$, so $m-\mu=0$")),
        Step(everywhere(unfold("best variances", "best variances", r"$v_i=1/\Lambda_{ii}$: there the gradient is 0"))),
        Step(trace_with_diagonal),
        Step(inner_of_inverse),
        Step(log_determinant_of_diagonal),
        Step(log_of_inverse),
    ),
    uses=(GAUSSIAN,),
)
HADAMARD = Derivation(
    "variational.gap_is_not_negative",
    "The gap is 0 for a diagonal precision only",
    "Q2a",
    Domain(POSTERIOR[:2], positive_definite={Lambda: IS_DEFINITE[Lambda]}),
    Line(BEST_GAP.result(), BEST_GAP.result()),
    (Step(hadamard_inequality),),
    "Hadamard's inequality.",
)
FULL = Derivation(
    "variational.full_covariance",
    "A full covariance closes the gap",
    "Q2a",
    Domain(
        POSTERIOR,
        (
            DIVERGENCE,
            Equation("best means", mean, mu, meaning="mean of $q$"),
            Equation("full covariance", V, inverse(Lambda), meaning="covariance of $q$"),
        ),
        positive_definite=IS_DEFINITE,
    ),
    Line(kl, kl),
    (
        Step(formula_of_zero),
        Step(form_of_zero("best means", "the mean of the posterior", r"$m=\mu$, so $m-\mu=0$")),
        Step(everywhere(unfold("full covariance", "full covariance", r"$V=\Lambda^{-1}$"))),
        Step(trace_of_identity),
        Step(log_determinant_of_inverse),
    ),
    r"A linear flow $z=\mu+L\varepsilon$ has the covariance $V=LL^\top$, which can be any covariance at all.",
    uses=(GAUSSIAN,),
)


# --- amortisation -------------------------------------------------------------------------------

loading, noise, centre, width = (
    Symbol("a", real=True),
    Symbol("τ", positive=True),
    Symbol("c", real=True),
    Symbol("w", positive=True),
)
x = MatrixSymbol("x", n, 1)
precision, share = (loading**2 + noise) / noise, loading / (loading**2 + noise)
AMORTISED = Domain(
    (
        Declaration(n, "size", "number of data points, each with a latent variable of its own", 1, 3),
        Declaration(x, "matrix", "data"),
        Declaration(loading, "real", r"slope of the model: $x_i\mid z_i\sim\mathcal N(az_i,\tau)$"),
        Declaration(noise, "positive", "variance of the noise"),
        Declaration(centre, "real", "the encoder's mean, the same for every data point"),
        Declaration(width, "positive", "the encoder's variance, the same for every data point"),
    ),
    (
        DIVERGENCE,
        Equation("posterior means", mu, scale(share, x), meaning="means of the posteriors"),
        Equation("posterior precision", Lambda, scale(precision, Identity(n)), meaning="precision of the posteriors"),
        Equation("tied means", mean, scale(centre, OneMatrix(n, 1)), meaning="means of $q$: tied"),
        Equation("tied variances", V, scale(width, Identity(n)), meaning="covariance of $q$: tied"),
    ),
    positive_definite=IS_DEFINITE,
)
tied_variances = everywhere(unfold("tied variances", "one variance for all", r"$V=wI$"))
posterior_precision = everywhere(
    unfold("posterior precision", "precision of the posteriors", r"$1+a^2/\tau$ for each", "Bishop 2006, (2.117)")
)
tied_means = everywhere(unfold("tied means", "one mean for all", r"$m=c\,\mathbf 1$"))
posterior_means = everywhere(
    unfold("posterior means", "means of the posteriors", r"$ax_i/(a^2+\tau)$", "Bishop 2006, (2.116)")
)
AMORTISATION = Derivation(
    "variational.amortisation_gap",
    "What tying costs",
    "Q2a",
    AMORTISED,
    Line(kl, kl),
    (
        Step(formula),
        Step(tied_variances),
        Step(posterior_precision),
        Step(tied_means),
        Step(posterior_means),
        Step(trace_of_identity),
        Step(log_determinant_of_multiple),
        Step(number_out_of_inner),
        Step(pythagoras),
    ),
    "All data points at once: one normal distribution for all latent variables, of which the encoder may choose "
    "only one mean and one variance.",
    uses=(GAUSSIAN,),
)

DERIVATIONS = (
    ELBO,
    GIBBS,
    BOUND,
    GAUSSIAN,
    GRADIENT,
    GAP,
    BEST_GAP,
    HADAMARD,
    FULL,
    AMORTISATION,
)
