"""Question 2 (b): variational inference with normalizing flows.

    z_0 = μ + σ∘ε,   z_k = z_{k-1} + u_k h(a_k),   a_k = w_kᵀ z_{k-1} + b_k,   D_k = det ∂z_k/∂z_{k-1}ᵀ

Symbols follow Rezende & Mohamed 2015, section 4, with K planar layers; h is any smooth activation.  F is the
ELBO's integrand at one draw ε: ℓ(z_K) + Σ_k ln|D_k| - ln q_0(z_0), where ℓ(z) = ln p(x, z).  The adjoint δ_k
is the gradient, by z_k, of what F gains after layer k: the log-determinants of later layers are a part of it.
"""

from __future__ import annotations

from sympy import Abs, Derivative, Function, Symbol, exp, log, sqrt, tanh
from sympy.matrices.expressions import Identity, MatrixSymbol, OneMatrix
from sympy.matrices.expressions.determinant import Determinant

from .chain import Derivation, Induction, Line, Mutant, Step
from .differentials import CALCULUS, join_weights, read_off, through_layers
from .domain import Declaration, Domain, Equation
from .expressions import (
    Family,
    Gradient,
    Jacobian,
    MatrixDifferential,
    VectorFunction,
    add,
    diagonal,
    differential,
    elementwise,
    index_product,
    index_sum,
    product,
    scale,
    subtract,
    transpose,
)
from .forward import PUSHFORWARD, differential_to_the_right, read_off_jacobian
from .gaussian import (
    determinant_of_product,
    diagonal_across_inner,
    log_determinant_of_diagonal,
    log_of_product,
    normal_density,
)
from .identities import (
    absorb_factor,
    empty_sum,
    fold,
    induction_hypothesis,
    inverse_of_product,
    peel_first_term,
    split_range_at_variable,
    unfold,
    unfold_differential,
)
from .jacobians import (
    convex_combination,
    determinant_lemma,
    jacobian_through_state,
    log_determinant_of_product,
    named_jacobian,
    one_fraction,
    own_jacobian,
)
from .normal_form import trace
from .norms import empty_product
from .quantities import LogNormalDensity

n, K, m = (Symbol(name, integer=True, positive=True) for name in ("n", "K", "m"))
k, j = (Symbol(name, integer=True) for name in ("k", "j"))
z, u, w = Family("z", n), Family("u", n), Family("w", n)
a, b, D = Family("a", 1), Family("b", 1), Family("D", 1)
delta, J, P = Family("δ", n), Family("J", n, n), Family("P", n, n)
mu, sigma, eps = (MatrixSymbol(name, n, 1) for name in ("μ", "σ", "ε"))
ell, h = VectorFunction("ℓ"), Function("h")
F, log_q0, log_qK = (Symbol(name, real=True) for name in ("F", "log q_0(z_0)", "log q_K(z_K)"))
SCALE = diagonal(sigma)

REZENDE = "Rezende & Mohamed 2015"


def slope(preactivation):
    """h'(a_k)."""
    return elementwise(lambda x: Derivative(h(x), x), preactivation)


def remaining(start):
    """ℓ(z_K) + Σ_{j > start} ln|D_j|: what F gains after the layer `start`."""
    return ell(0, z[K]) + index_sum(log(Abs(trace(D[j]))), j, start + 1, K)


BASE = Equation("base sample", z[0], add(mu, product(SCALE, eps)), meaning="draw from $q_0$")
BASE_DENSITY = Equation(
    "base density",
    log_q0,
    LogNormalDensity(z[0], mu, product(SCALE, SCALE)),
    meaning="log density of $q_0$ at the draw",
)
LAYER = Equation("layer", z[k], add(z[k - 1], product(u[k], elementwise(h, a[k]))), k, 1, K, "output of layer $k$")
PREACTIVATION = Equation(
    "preactivation", a[k], add(product(transpose(w[k]), z[k - 1]), b[k]), k, 1, K, "pre-activation"
)
DETERMINANT = Equation(
    "determinant",
    D[k],
    add(Identity(1), product(transpose(w[k]), u[k], slope(a[k]))),
    k,
    1,
    K,
    "determinant of the Jacobian of layer $k$",
)
OBJECTIVE = Equation(
    "objective",
    F,
    remaining(0) - log_q0,
    meaning=r"the ELBO's integrand at one draw, $\ell(z_K)-\log q_K(z_K)$",
)
ADJOINT = Equation(
    "adjoint",
    delta[k],
    Gradient(remaining(k), z[k]),
    k,
    0,
    K,
    "adjoint: the gradient, by $z_k$, of what is added to $F$ after layer $k$",
)

DECLARATIONS = (
    Declaration(n, "size", "dimension of the latent variable", 1, 2),
    Declaration(K, "size", "number of layers", 1, 3),
    Declaration(eps, "matrix", r"draw from $\mathcal N(0,I)$"),
    Declaration(mu, "matrix", "means of $q_0$"),
    Declaration(sigma, "positive entries", "standard deviations of $q_0$"),
    Declaration(u, "family", "direction in which layer $k$ moves a point", 1, K),
    Declaration(w, "family", "normal vector of the planes of layer $k$", 1, K),
    Declaration(b, "family", "offset of layer $k$", 1, K),
    Declaration(h, "activation", "activation, a smooth function of one number"),
    Declaration(ell, "vector function", r"log joint density $\log p(x,z)$, a function of $z$"),
)
DEFINITIONS = (BASE, BASE_DENSITY, LAYER, PREACTIVATION, DETERMINANT, OBJECTIVE, ADJOINT)
POSITIVE = {SCALE: "standard deviations are positive"}
DOMAIN = Domain(DECLARATIONS, DEFINITIONS, positive_definite=POSITIVE)
OF_LAYER = Declaration(k, "index", "layer", 1, K)
BEFORE_LAYER = Declaration(k, "index", "layer", 0, K - 1)

SMOOTH = "$h$ is twice differentiable, and $\\ell$ differentiable, at the points that are reached."
INVERTIBLE = "No $D_k$ is 0. For $q_K$ to be a density, every layer must be one-to-one."
EXPECTATION = (
    r"The gradient of the ELBO is the expectation of this one over $\varepsilon$: $\nabla$ and $\mathbb E$ commute. "
    "It suffices that near the parameters the gradient is bounded by a random variable with a finite mean."
)

differentiate_layer = unfold_differential("layer", "the layer", r"$z_k=z_{k-1}+u_kh(a_k)$")
differentiate_preactivation = unfold_differential("preactivation", "pre-activation", r"$a_k=w_k^\top z_{k-1}+b_k$")
differentiate_determinant = unfold_differential(
    "determinant", "the determinant", r"$D_k=1+w_k^\top u_k\,h'(a_k)$", f"{REZENDE}, (12)"
)
differentiate_draw = unfold_differential(
    "base sample", "reparameterisation", r"$z_0=\mu+\operatorname{diag}(\sigma)\,\varepsilon$", "Kingma & Welling 2014"
)
objective = unfold("objective", "the objective", r"$F=\ell(z_K)-\log q_K(z_K)$")


# --- the density of z_K -------------------------------------------------------------------------

JACOBIANS = (
    Equation("layer Jacobian", J[k], Jacobian(z[k], z[k - 1]), k, 1, K, "Jacobian of layer $k$"),
    Equation("remaining Jacobian", P[k], Jacobian(z[K], z[k]), k, 0, K, "Jacobian of all layers after $k$"),
    Equation(
        "change of variables", log_qK, log_q0 - log(Abs(Determinant(P[0]))), meaning="log density of $q_K$ at $z_K$"
    ),
)
MAPS = Domain(DECLARATIONS, (BASE, BASE_DENSITY, LAYER, PREACTIVATION, *JACOBIANS))
FORWARD = {rule.name: rule for _, rule in PUSHFORWARD}

LAYER_JACOBIAN = Derivation(
    "normalizing_flow.layer_jacobian",
    "The Jacobian of a planar layer",
    "Q2b",
    Domain((*DECLARATIONS, OF_LAYER), MAPS.definitions),
    Line(MatrixDifferential(z[k]), MatrixDifferential(z[k])),
    (
        Step(differentiate_layer),
        Step(FORWARD["sum rule"]),
        Step(FORWARD["product rule"]),
        Step(FORWARD["elementwise chain rule"]),
        Step(differentiate_preactivation),
        Step(FORWARD["sum rule"]),
        Step(FORWARD["product rule"]),
        Step(differential_to_the_right),
        Step(named_jacobian("layer Jacobian")),
    ),
    "The identity, plus a matrix of rank one.",
    variable=z[k - 1],
    index=OF_LAYER,
    assumptions=(SMOOTH,),
)
NO_LAYERS = Derivation(
    "normalizing_flow.no_layers",
    "After the last layer there is no further Jacobian",
    "Q2b",
    MAPS,
    Line(P[K], P[K]),
    (
        Step(unfold("remaining Jacobian", "definition", r"$P_k=\partial z_K/\partial z_k^\top$")),
        Step(own_jacobian),
    ),
)
COMPOSITION = Induction(
    "normalizing_flow.composition",
    "The Jacobian of all layers",
    "Q2b",
    MAPS,
    Equation("claim", P[k], index_product(J[j], j, k + 1, K, -1), k, 0, K),
    base=(
        Step(empty_product),
        Step(fold(NO_LAYERS.name, "no further layers", r"$P_K=I$", NO_LAYERS.name)),
    ),
    step=(
        Step(jacobian_through_state("remaining Jacobian", "layer Jacobian")),
        Step(induction_hypothesis),
        Step(absorb_factor),
    ),
    introduction="A product of the Jacobians of the layers, the last one first.",
    uses=(NO_LAYERS, LAYER_JACOBIAN),
    assumptions=(SMOOTH,),
)
LOG_DENSITY = Derivation(
    "normalizing_flow.log_density",
    "The log density of $z_K$",
    "Q2b",
    MAPS,
    Line(log_qK, log_qK),
    (
        Step(
            unfold(
                "change of variables",
                "change of variables",
                r"$q_K(z_K)\,|\det\partial z_K/\partial z_0^\top|=q_0(z_0)$ for a one-to-one map: "
                "volumes grow, densities fall",
                f"{REZENDE}, (5)",
            )
        ),
        Step(unfold(COMPOSITION.name, "the Jacobian of all layers", "By induction.", COMPOSITION.name)),
        Step(log_determinant_of_product),
        Step(unfold(LAYER_JACOBIAN.name, "the Jacobian of a layer", "Derived above.", LAYER_JACOBIAN.name)),
        Step(determinant_lemma),
    ),
    r"The density of the draw, divided by how much the layers have stretched the volume around it.",
    uses=(LAYER_JACOBIAN, COMPOSITION),
    assumptions=(SMOOTH, INVERTIBLE),
)


# --- when is a layer one-to-one? ----------------------------------------------------------------

s, c = Symbol("s", real=True), Symbol("c", real=True)
PLANAR_SLOPE = Derivation(
    "normalizing_flow.planar_slope",
    "The determinant of a planar layer with tanh",
    "Q2b",
    Domain(
        (
            Declaration(s, "real", "pre-activation $w^\\top z+b$"),
            Declaration(c, "real", "$w^\\top u$: how far the layer moves a point along $w$"),
        )
    ),
    Line(1 + c * (1 - tanh(s) ** 2), 1 + c * (1 - tanh(s) ** 2)),
    (Step(convex_combination),),
    r"The determinant is $1+w^\top u\,\tanh'(a)$, and $\tanh'=1-\tanh^2$.",
)

alpha, beta = Symbol("α", positive=True), Symbol("β", real=True)
point = MatrixSymbol("z", n, 1)
radius = sqrt(trace(product(transpose(point), point)))
RADIAL_MAP = add(point, scale(beta / (alpha + radius), point))
RADIAL = Derivation(
    "normalizing_flow.radial",
    "The Jacobian of a radial layer",
    "Q2b",
    Domain(
        (
            Declaration(n, "size", "dimension of the latent variable", 1, 3),
            Declaration(point, "matrix", "point, measured from the centre of the layer"),
            Declaration(alpha, "positive", "radius at which the layer works"),
            Declaration(beta, "real", "strength of the layer"),
        )
    ),
    Line(MatrixDifferential(RADIAL_MAP), MatrixDifferential(RADIAL_MAP)),
    (
        Step(FORWARD["product rule"]),
        Step(CALCULUS["sum rule"]),
        Step(CALCULUS["chain rule for scalars"]),
        Step(CALCULUS["trace rule"]),
        Step(CALCULUS["product rule"]),
        Step(CALCULUS["transpose rule"]),
        Step(differential_to_the_right),
        Step(read_off_jacobian),
    ),
    r"The layer $z\mapsto z+\beta z/(\alpha+r)$ with $r=\lVert z\rVert$ moves points away from its centre, or "
    "towards it. Again the Jacobian is a multiple of the identity, plus a matrix of rank one.",
    variable=point,
    assumptions=("$z\\ne0$: at the centre the norm has no derivative.",),
)
RADIAL_DETERMINANT = Derivation(
    "normalizing_flow.radial_determinant",
    "The determinant of a radial layer",
    "Q2b",
    RADIAL.domain,
    Line(Determinant(Jacobian(RADIAL_MAP, point)), Determinant(Jacobian(RADIAL_MAP, point))),
    (
        Step(unfold(RADIAL.name, "the Jacobian", "Derived above.", RADIAL.name)),
        Step(determinant_lemma),
        Step(one_fraction),
    ),
    uses=(RADIAL,),
    assumptions=RADIAL.assumptions,
)


# --- the gradient by what belongs to a layer ----------------------------------------------------

DETERMINANT_OF_LAYER = (
    Step(CALCULUS["chain rule for scalars"]),
    Step(CALCULUS["trace rule"]),
    Step(differentiate_determinant),
    Step(CALCULUS["sum rule"]),
    Step(CALCULUS["product rule"]),
)
THROUGH_PREACTIVATION = (
    Step(CALCULUS["elementwise chain rule"]),
    Step(differentiate_preactivation),
    Step(CALCULUS["sum rule"]),
)

LAST_ADJOINT = Derivation(
    "normalizing_flow.last_adjoint",
    "The last adjoint",
    "Q2b",
    DOMAIN,
    Line(differential(remaining(K)), differential(remaining(K))),
    (Step(empty_sum), Step(CALCULUS["chain rule"]), Step(read_off("adjoint"))),
    variable=z[K],
    assumptions=(SMOOTH,),
)
ADJOINT_RECURRENCE = Derivation(
    "normalizing_flow.adjoint",
    "The adjoint recurrence",
    "Q2b",
    Domain((*DECLARATIONS, BEFORE_LAYER), DEFINITIONS),
    Line(differential(remaining(k)), differential(remaining(k))),
    (
        Step(peel_first_term),
        Step(CALCULUS["sum rule"]),
        Step(through_layers("adjoint")),
        Step(differentiate_layer),
        *DETERMINANT_OF_LAYER,
        *THROUGH_PREACTIVATION,
        Step(CALCULUS["product rule"]),
        Step(join_weights),
        Step(read_off("adjoint")),
    ),
    "What comes after layer $k$ depends on $z_k$ in two ways: through $z_{k+1}$, and through the "
    "log-determinant of the next layer, which is taken at $z_k$.",
    variable=z[k],
    uses=(LAST_ADJOINT,),
    index=BEFORE_LAYER,
    assumptions=(SMOOTH, INVERTIBLE),
)


def through_layer(name: str, title: str, variable, *last: Step) -> Derivation:
    """The gradient of F by a parameter of layer k: by its log-determinant, and by z_k."""
    return Derivation(
        name,
        title,
        "Q2b",
        Domain((*DECLARATIONS, OF_LAYER), DEFINITIONS),
        Line(differential(F), differential(F)),
        (
            Step(objective),
            Step(split_range_at_variable),
            Step(CALCULUS["sum rule"]),
            Step(through_layers("adjoint")),
            Step(differentiate_layer),
            *DETERMINANT_OF_LAYER,
            *last,
            Step(join_weights),
            Step(read_off()),
        ),
        variable=variable,
        uses=(ADJOINT_RECURRENCE, LAST_ADJOINT),
        index=OF_LAYER,
        assumptions=(SMOOTH, INVERTIBLE, EXPECTATION),
    )


GRAD_U = through_layer("normalizing_flow.grad_u", "Gradient by $u_k$", u[k])
GRAD_W = through_layer(
    "normalizing_flow.grad_w",
    "Gradient by $w_k$",
    w[k],
    *THROUGH_PREACTIVATION,
    Step(CALCULUS["product rule"]),
    Step(CALCULUS["transpose rule"]),
)
GRAD_B = through_layer("normalizing_flow.grad_b", "Gradient by $b_k$", b[k], *THROUGH_PREACTIVATION)


# --- the gradient by what makes the first draw --------------------------------------------------

BASE_LOG_DENSITY = Derivation(
    "normalizing_flow.base_density",
    "The log density of the first draw",
    "Q2b",
    DOMAIN,
    Line(log_q0, log_q0),
    (
        Step(unfold("base density", "the base density", r"$q_0=\mathcal N(\mu,\operatorname{diag}(\sigma)^2)$")),
        Step(
            unfold(
                "base sample",
                "reparameterisation",
                r"$z_0=\mu+\operatorname{diag}(\sigma)\,\varepsilon$",
                "Kingma & Welling 2014, section 2.4",
            )
        ),
        Step(normal_density),
        Step(inverse_of_product),
        Step(diagonal_across_inner),
        Step(determinant_of_product),
        Step(log_of_product),
        Step(log_determinant_of_diagonal),
    ),
    "Taken at the draw itself, the exponent does not depend on the parameters any more.",
)


STILL_OF_THE_DRAW = Mutant(
    "plus the sum of z_0", lambda matched, result: result + trace(product(transpose(OneMatrix(n, 1)), z[0]))
)


def through_draw(name: str, title: str, variable, domain: Domain, *last: Step) -> Derivation:
    """The gradient of F by what the first draw is made of."""
    return Derivation(
        name,
        title,
        "Q2b",
        domain,
        Line(differential(F), differential(F)),
        (
            Step(objective),
            Step(
                unfold(
                    BASE_LOG_DENSITY.name,
                    "log density of the draw",
                    r"$-\log q_0(z_0)$ is $\sum_i\log\sigma_i$ but for what does not depend on parameters.",
                    BASE_LOG_DENSITY.name,
                    mutants=(STILL_OF_THE_DRAW,),
                )
            ),
            Step(CALCULUS["sum rule"]),
            Step(through_layers("adjoint")),
            Step(differentiate_draw),
            Step(CALCULUS["sum rule"]),
            *last,
            Step(read_off()),
        ),
        variable=variable,
        uses=(BASE_LOG_DENSITY, ADJOINT_RECURRENCE, LAST_ADJOINT),
        assumptions=(SMOOTH, INVERTIBLE, EXPECTATION),
    )


OF_SCALE = (
    Step(CALCULUS["trace rule"]),
    Step(CALCULUS["product rule"]),
    Step(CALCULUS["diagonal-matrix rule"]),
    Step(CALCULUS["elementwise chain rule"]),
)
GRAD_MU = through_draw("normalizing_flow.grad_mu", r"Gradient by $\mu$", mu, DOMAIN)
GRAD_SIGMA = through_draw(
    "normalizing_flow.grad_sigma", r"Gradient by $\sigma$", sigma, DOMAIN, *OF_SCALE, Step(join_weights)
)

x = MatrixSymbol("x", m, 1)
A, B, Theta = MatrixSymbol("A", n, m), MatrixSymbol("B", n, m), MatrixSymbol("Θ", m, n)
residual = MatrixSymbol("r", m, 1)
DATA_SIZE = Declaration(m, "size", "dimension of the data", 1, 2)

ENCODED = Domain(
    (
        *(d for d in DECLARATIONS if d.symbol not in (mu, sigma)),
        DATA_SIZE,
        Declaration(x, "small", "data point, or the last features that the encoder makes of it"),
        Declaration(A, "matrix", "weights of the encoder's output for the means"),
        Declaration(B, "small", "weights of the encoder's output for the log standard deviations"),
    ),
    (
        *DEFINITIONS,
        Equation("encoder mean", mu, product(A, x), meaning="means of $q_0$, an output of the encoder"),
        Equation(
            "encoder scale",
            sigma,
            elementwise(exp, product(B, x)),
            meaning="standard deviations of $q_0$, whose logarithms are an output of the encoder",
        ),
    ),
    positive_definite=POSITIVE,
)
ENCODER_MEAN = through_draw(
    "normalizing_flow.encoder_mean",
    "Gradient by the encoder's weights for the means",
    A,
    ENCODED,
    Step(unfold_differential("encoder mean", "the encoder", r"$\mu=Ax$")),
    Step(CALCULUS["product rule"]),
)
ENCODER_SCALE = through_draw(
    "normalizing_flow.encoder_scale",
    "Gradient by the encoder's weights for the scales",
    B,
    ENCODED,
    *OF_SCALE,
    Step(unfold_differential("encoder scale", "the encoder", r"$\sigma=\exp(Bx)$")),
    Step(CALCULUS["elementwise chain rule"]),
    Step(fold("encoder scale", "the encoder, back", r"$\exp(Bx)=\sigma$", everywhere=True)),
    Step(CALCULUS["product rule"]),
    Step(join_weights),
)

DECODED = Domain(
    (
        *DECLARATIONS,
        DATA_SIZE,
        Declaration(x, "matrix", "data point"),
        Declaration(Theta, "matrix", "weights of the decoder"),
    ),
    (
        Equation(
            "objective",
            F,
            remaining(0) - trace(product(transpose(residual), residual)) / 2 - log_q0,
            meaning=r"the ELBO's integrand; now $\ell$ is the log prior, and $x\mid z\sim\mathcal N(\Theta z,I)$",
        ),
        Equation("residual", residual, subtract(x, product(Theta, z[K])), meaning="residual of the decoder"),
        *(e for e in DEFINITIONS if e is not OBJECTIVE),
    ),
    positive_definite=POSITIVE,
)
GRAD_THETA = Derivation(
    "normalizing_flow.grad_theta",
    "Gradient by the weights of a linear decoder",
    "Q2b",
    DECODED,
    Line(differential(F), differential(F)),
    (
        Step(unfold("objective", "the objective", r"$F=\log p_\Theta(x,z_K)-\log q_K(z_K)$")),
        Step(CALCULUS["sum rule"]),
        Step(CALCULUS["chain rule for scalars"]),
        Step(CALCULUS["trace rule"]),
        Step(CALCULUS["product rule"]),
        Step(CALCULUS["transpose rule"]),
        Step(join_weights),
        Step(unfold_differential("residual", "the residual", r"$r=x-\Theta z_K$")),
        Step(CALCULUS["sum rule"]),
        Step(CALCULUS["product rule"]),
        Step(read_off()),
    ),
    r"The draw does not depend on $\theta$, so only $\log p_\theta(x, z_K)$ is differentiated. For a linear "
    "decoder with unit noise:",
    variable=Theta,
    assumptions=(SMOOTH, EXPECTATION),
)

DERIVATIONS = (
    LAYER_JACOBIAN,
    NO_LAYERS,
    COMPOSITION,
    LOG_DENSITY,
    PLANAR_SLOPE,
    RADIAL,
    RADIAL_DETERMINANT,
    LAST_ADJOINT,
    ADJOINT_RECURRENCE,
    GRAD_U,
    GRAD_W,
    GRAD_B,
    BASE_LOG_DENSITY,
    GRAD_MU,
    GRAD_SIGMA,
    ENCODER_MEAN,
    ENCODER_SCALE,
    GRAD_THETA,
)
