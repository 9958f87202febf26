"""Question 3 (b), (c): what networks predict far from their data, and what it takes to be unsure there.

    h_0 = x + αv,   h_l = relu(W_l h_{l-1} + b_l),   z = V h_L + c

The input goes out along the ray x + αv, α → ∞.  Seen from far away the biases vanish: h_l/α tends to the
units u_l of the same network without biases, fed with the direction v, at the rate 1/α.  So every output is
affine but for a bounded rest, and a softmax over outputs grows certain.  With one hidden layer everything is
exact as soon as the last unit has passed its kink.  A normal distribution over the last layer's weights has
a variance that grows where units stay alive, and nowhere else.

Hein, Andriushchenko & Bitterwolf 2019 (theorem 3.1: confidence); Kristiadi, Hein & Hennig 2020 (Gaussian
weights); Rasmussen & Williams 2006, 2.1 (weight space) and (3.82) (probit).
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Abs, Lambda, Max, Rational, Symbol, exp, log, sign, sqrt, tanh
from sympy.matrices.expressions import Identity, MatrixSymbol

from .activations import (
    OFFSETS_FORGOTTEN,
    bounded_sum_of_units,
    each_at_most_the_largest,
    entry_near,
    equal_terms,
    factor_into_sum,
    first_term_alone,
    into_relu,
    margin_of_the_first,
    past_its_kink,
    relu,
    relu_is_lipschitz,
    saturated,
    weight_at_least_one,
)
from .chain import Derivation, Induction, Line, Mutant, Step
from .domain import Declaration, Domain, Equation, Inequality
from .expressions import (
    Family,
    SymmetricSymbol,
    add,
    elementwise,
    index_sum,
    inverse,
    product,
    scale,
    subtract,
    transpose,
)
from .gaussian import limit_at_infinity, one_by_one
from .gaussian_process import PREDICT, at_one_point, bound_of, predicted
from .identities import fold, unfold
from .norms import (
    at_most,
    entries_of_any_vector,
    factor_out_of_norm,
    one_power,
    stretched,
    triangle_inequality,
)
from .quadratic_forms import (
    cauchy_schwarz_of_form,
    common_factor,
    difference_of_forms,
    everywhere,
    expand_form,
    matrix_inversion_lemma,
    matrix_times_sum,
    named_in_product,
    named_in_sum,
    push_through,
)
from .quantities import Entry, Inner, LargestSingularValue, LargestValue, Norm, SmallestValue, quadratic_form

n, q, L, N = (Symbol(name, integer=True, positive=True) for name in ("n", "q", "L", "N"))
i, k, l = (Symbol(name, integer=True) for name in ("i", "k", "l"))  # noqa: E741
alpha = Symbol("α", positive=True)
x, v = MatrixSymbol("x", n, 1), MatrixSymbol("v", n, 1)
W, b, h, u = Family("W", n, n), Family("b", n), Family("h", n), Family("u", n)
V, c = MatrixSymbol("V", q, n), MatrixSymbol("c", q, 1)
z, a = MatrixSymbol("z", q, 1), MatrixSymbol("a", q, 1)
s, beta, reach = Symbol("s", positive=True), Symbol("β", nonnegative=True), Symbol("C", nonnegative=True)

WEIGHTS = (
    Declaration(n, "size", "number of units in a layer; narrower layers are filled up with zeros", 1, 2),
    Declaration(L, "size", "number of hidden layers", 1, 2),
    Declaration(W, "family", "weights of the hidden layers", 1, L),
    Declaration(b, "family", "biases of the hidden layers", 1, L),
)
RAY = (
    Declaration(x, "matrix", "where the ray starts"),
    Declaration(v, "matrix", "the direction in which it goes"),
    Declaration(alpha, "positive", "how far out on the ray"),
)
LAYERS = (
    Equation("input", h[0], add(x, scale(alpha, v)), meaning="units of the network; $h_0$ is its input"),
    Equation("layer", h[l], relu(add(product(W[l], h[l - 1]), b[l])), l, 1, L),
    Equation("direction", u[0], v, meaning="the same network without biases, fed with the direction $v$"),
    Equation("layer without bias", u[l], relu(product(W[l], u[l - 1])), l, 1, L),
    Equation(
        "weights",
        s,
        Max(1, LargestValue(Lambda(l, LargestSingularValue(W[l])), L)),
        meaning=r"the largest stretch of a layer, or 1 if all are smaller",
    ),
    Equation("biases", beta, LargestValue(Lambda(l, Norm(b[l])), L), meaning="the largest norm of a bias"),
)
HIDDEN = Domain((*WEIGHTS, *RAY), LAYERS)
DEPTH = s**l * (Norm(x) + l * beta)

largest_stretch, largest_bias = each_at_most_the_largest("weights"), each_at_most_the_largest("biases")
stretch = stretched("<=")
far_out = limit_at_infinity(None, "far out on the ray", r"Only $\alpha\to\infty$; nothing else moves.")


def meaning(label: str, reason: str, source: str = "definition"):
    return unfold(label, label, reason, source)


DEEP = Induction(
    "relu_extrapolation.layers",
    "Far out, a ReLU network is one without biases",
    "Q3b",
    HIDDEN,
    Inequality("claim", Norm(subtract(h[l], scale(alpha, u[l]))), DEPTH, "<=", l, 0, L),
    base=(
        Step(meaning("input", r"$h_0=x+\alpha v$")),
        Step(meaning("direction", r"$u_0=v$")),
    ),
    step=(
        Step(meaning("layer", r"$h_l=\operatorname{relu}(W_lh_{l-1}+b_l)$")),
        Step(meaning("layer without bias", r"$u_l=\operatorname{relu}(W_lu_{l-1})$")),
        Step(into_relu),
        Step(relu_is_lipschitz),
        Step(common_factor),
        Step(triangle_inequality),
        Step(stretch),
        Step(largest_stretch),
        Step(largest_bias),
        Step(at_most("hypothesis", "induction hypothesis", "The claim for the layer before.", "induction")),
        Step(one_power),
        Step(weight_at_least_one("weights")),
    ),
    introduction="How far are the units of layer $l$ from $\\alpha$ times those of the network without "
    "biases? The claim holds for every depth, all weights and every $\\alpha>0$, near or far.",
    assumptions=("All layers have $n$ units; narrower ones are filled up with zero weights.",),
    onward=-1,
)

OUTPUTS = (
    Declaration(q, "size", "number of outputs", 1, 2),
    Declaration(V, "matrix", "weights of the output layer"),
    Declaration(c, "matrix", "biases of the output layer"),
)
OUTPUT = (
    Equation("output", z, add(product(V, h[L]), c), meaning="outputs of the network at $x+\\alpha v$"),
    Equation("slopes", a, product(V, u[L]), meaning="slopes of the outputs far out"),
    Equation(
        "reach",
        reach,
        LargestSingularValue(V) * s**L * (Norm(x) + L * beta) + Norm(c),
        meaning=r"a constant of the network and of $x$, the same for all $\alpha$ and $v$",
    ),
)
# Small worlds reach the bound of a whole network only roughly, so its mutant must be a coarser one.
ROUGHLY = (Mutant("half the bound", lambda matched, result: scale(Rational(1, 2), result)),)
the_hidden_layers = replace(
    at_most(DEEP.name, "the hidden layers", "By induction over the layers.", DEEP.name), mutants=ROUGHLY
)
REST = Derivation(
    "relu_extrapolation.bounded_rest",
    "The outputs are linear along the ray, but for a bounded rest",
    "Q3b",
    Domain((*WEIGHTS, *OUTPUTS, *RAY), (*LAYERS, *OUTPUT)),
    Line(Norm(subtract(z, scale(alpha, a))), Norm(subtract(z, scale(alpha, a)))),
    (
        Step(meaning("output", r"$z=Vh_L+c$")),
        Step(meaning("slopes", r"$a=Vu_L$")),
        Step(common_factor),
        Step(triangle_inequality),
        Step(stretch),
        Step(the_hidden_layers),
        Step(
            fold(
                "reach",
                "name of the constant",
                r"$C=\sigma_{\max}(V)\,s^L(\lVert x\rVert+L\beta)+\lVert c\rVert$",
            )
        ),
    ),
    uses=(DEEP,),
)
the_bounded_rest = replace(
    at_most(REST.name, "the bounded rest", "The derivation before.", REST.name), mutants=ROUGHLY
)
# The bound falls as 1/α only: a thousand steps out it is still above the wrong limit of the usual mutant.
slowly = replace(far_out, mutants=(Mutant("limit + 1", lambda matched, result: result + 1),))
SLOPE = Derivation(
    "relu_extrapolation.slope",
    "The slope far out",
    "Q3b",
    Domain((*WEIGHTS, *OUTPUTS, *RAY), (*LAYERS, *OUTPUT)),
    Line(Norm(subtract(scale(1 / alpha, z), a)), Norm(subtract(scale(1 / alpha, z), a))),
    (
        Step(factor_out_of_norm),
        Step(the_bounded_rest),
        Step(slowly),
    ),
    "What is left when the outputs are divided by the distance.",
    variable=alpha,
    uses=(REST,),
    results={"bound": lambda last: bound_of(SLOPE)},
)


# --- softmax --------------------------------------------------------------------------------------

doubt, margin = Symbol("r", nonnegative=True), Symbol("Δ", positive=True)


def exponentials(lower):
    return index_sum(exp(Entry(z, k)), k, lower, q)


CLASSES = Domain(
    (*WEIGHTS, Declaration(q, "size", "number of classes", 2, 3), *OUTPUTS[1:], *RAY),
    (
        *LAYERS,
        *OUTPUT,
        Equation(
            "softmax",
            doubt,
            exponentials(2) / exponentials(1),
            meaning="what softmax leaves for the classes other than class 1",
        ),
        Equation(
            "margin",
            margin,
            SmallestValue(Lambda(i, Entry(a, 1) - Entry(a, i + 1)), q - 1),
            meaning="by how much the slope of class 1 is the steepest",
        ),
    ),
    defined_where=(log(margin),),
)
SOFTMAX = Derivation(
    "relu_extrapolation.softmax",
    "Softmax grows certain along the ray",
    "Q3b",
    CLASSES,
    Line(doubt, doubt),
    (
        Step(meaning("softmax", r"$p_k=e^{z_k}/\sum_je^{z_j}$; $r=\sum_{k\ge2}p_k=1-p_1$")),
        Step(first_term_alone),
        Step(factor_into_sum),
        Step(entry_near(REST.name)),
        Step(margin_of_the_first("margin")),
        Step(equal_terms),
        Step(far_out),
    ),
    "Call the class whose slope is the steepest class 1. What is left for the others?",
    variable=alpha,
    uses=(REST,),
    assumptions=("One class has a slope above all others: $\\Delta>0$.",),
    results={"bound": lambda last: bound_of(SOFTMAX)},
)


# --- one hidden layer, past the last kink -----------------------------------------------------------

d = Symbol("d", integer=True, positive=True)
W1, b1 = MatrixSymbol("W", n, d), MatrixSymbol("b", n, 1)
x1, v1 = MatrixSymbol("x", d, 1), MatrixSymbol("v", d, 1)
p, t, phi = (MatrixSymbol(name, n, 1) for name in ("p", "t", "φ"))
u1 = MatrixSymbol("u", n, 1)
f = MatrixSymbol("f", q, 1)
PRE_ACTIVATIONS = (
    Equation("offsets", p, add(product(W1, x1), b1), meaning="pre-activations at the start of the ray"),
    Equation("rates", t, product(W1, v1), meaning="how fast the pre-activations grow along the ray"),
)
SHALLOW = (
    Declaration(n, "size", "number of hidden units", 1, 2),
    Declaration(d, "size", "dimension of the inputs", 1, 2),
    Declaration(W1, "matrix", "weights of the hidden layer"),
    Declaration(b1, "matrix", "biases of the hidden layer"),
    Declaration(x1, "matrix", "where the ray starts"),
    Declaration(v1, "matrix", "the direction in which it goes"),
)
LAST_KINK = LargestValue(Lambda(i, Abs(Entry(p, i)) / Abs(Entry(t, i))), n)
PAST_KINKS = Declaration(
    alpha,
    "at least",
    "how far out on the ray: past the last kink, where every unit has the sign that it keeps",
    LAST_KINK,
)
PASSED = Inequality("past the last kink", Abs(Entry(p, i)), alpha * Abs(Entry(t, i)), "<=", i, 1, n)
ALIVE = (
    Equation("features", phi, relu(add(product(W1, add(x1, scale(alpha, v1))), b1)), meaning="hidden units"),
    Equation("alive", u1, relu(t), meaning="slopes of the hidden units: 0 for those that are dead"),
)


def shallow(*more, facts=(PASSED,), first=(), ray=PAST_KINKS, units=ALIVE, **options) -> Domain:
    """One hidden layer on a ray; `first`: more declarations, `more`: more definitions."""
    return Domain((*SHALLOW, *first, ray), (*PRE_ACTIVATIONS, *units, *more), facts, **options)


along_ray = (
    Step(matrix_times_sum),
    Step(named_in_sum("offsets", "rates")),
)
FEATURES = Derivation(
    "relu_extrapolation.features",
    "Past the last kink every unit is linear or dead",
    "Q3b",
    shallow(),
    Line(phi, phi),
    (
        Step(meaning("features", r"$\varphi=\operatorname{relu}(W(x+\alpha v)+b)$")),
        *along_ray,
        Step(past_its_kink("past the last kink")),
        Step(fold("alive", "slopes of the units", r"$u=\operatorname{relu}(t)$", everywhere=True)),
    ),
    "Unit $i$ has the pre-activation $p_i+\\alpha t_i$, and its kink at $\\alpha=-p_i/t_i$.",
    assumptions=("$\\alpha\\ge\\max_i|p_i|/|t_i|$: all kinks of the ray are behind us.",),
)
features = unfold(
    FEATURES.name, "the hidden units past the last kink", "The derivation before.", FEATURES.name
)
ONE_LAYER = Derivation(
    "relu_extrapolation.one_layer",
    "Past the last kink the network is exactly affine",
    "Q3b",
    shallow(
        Equation("network", f, add(product(V, phi), c), meaning="outputs of the network"),
        first=OUTPUTS,
    ),
    Line(f, f),
    (
        Step(meaning("network", r"$f=V\varphi+c$")),
        Step(features),
        Step(matrix_times_sum),
    ),
    uses=(FEATURES,),
    assumptions=FEATURES.assumptions,
)


# --- tanh -------------------------------------------------------------------------------------------

tau = Symbol("τ", positive=True)
SATURATING = (
    Equation(
        "features",
        phi,
        elementwise(tanh, add(product(W1, add(x1, scale(alpha, v1))), b1)),
        meaning="hidden units",
    ),
)
SLOWEST = Equation(
    "slowest", tau, SmallestValue(Lambda(i, Abs(Entry(t, i))), n), meaning="the slowest rate of a unit"
)
CORNER = elementwise(sign, t)


def saturating(*more, first=(), **options) -> Domain:
    return shallow(
        SLOWEST,
        *more,
        first=first,
        facts=(),
        ray=RAY[2],
        units=SATURATING,
        defined_where=(log(tau),),
        **options,
    )


TANH = Derivation(
    "relu_extrapolation.tanh_units",
    "Every tanh unit saturates",
    "Q3b",
    saturating(),
    Line(Norm(subtract(phi, CORNER)), Norm(subtract(phi, CORNER))),
    (
        Step(meaning("features", r"$\varphi=\tanh(W(x+\alpha v)+b)$")),
        *along_ray,
        Step(entries_of_any_vector),
        Step(saturated("slowest")),
    ),
    "The same ray, with $\\tanh$ in the hidden layer. How far are its units from $\\pm1$?",
    assumptions=("No unit stays where it is along the ray: $t_i\\ne0$ for all $i$.",),
)
saturated_units = replace(
    at_most(TANH.name, "saturated units", "Every tanh unit saturates.", TANH.name),
    mutants=(OFFSETS_FORGOTTEN,),
)
limit_output = MatrixSymbol("f_∞", q, 1)
TANH_OUTPUT = Derivation(
    "relu_extrapolation.tanh",
    "A tanh network tends to a constant",
    "Q3b",
    saturating(
        Equation("network", f, add(product(V, phi), c), meaning="outputs of the network"),
        Equation("corner", limit_output, add(product(V, CORNER), c), meaning="what they tend to"),
        first=OUTPUTS,
    ),
    Line(Norm(subtract(f, limit_output)), Norm(subtract(f, limit_output))),
    (
        Step(meaning("network", r"$f=V\varphi+c$")),
        Step(meaning("corner", r"$f_\infty=V\operatorname{sign}(t)+c$")),
        Step(common_factor),
        Step(stretch),
        Step(saturated_units),
        Step(far_out),
    ),
    variable=alpha,
    uses=(TANH,),
    assumptions=TANH.assumptions,
    results={"bound": lambda last: bound_of(TANH_OUTPUT)},
)


# --- a Bayesian last layer ----------------------------------------------------------------------------

F, prior = MatrixSymbol("F", N, n), SymmetricSymbol("S", n)
Sigma, mu = SymmetricSymbol("Σ", n), MatrixSymbol("μ", n, 1)
noise = Symbol("σ²", positive=True)
mean, variance = Symbol("m_*", real=True), Symbol("v_*", real=True)


def _prediction(key: str):
    return at_one_point(PREDICT.result(key), N)


def _kernel_matrices():
    """K, k_*, k_** of a Gaussian process whose functions are weighted sums of features."""
    found = {
        symbol.name: symbol
        for key in ("mean", "covariance")
        for symbol in _prediction(key).atoms(MatrixSymbol)
    }
    return found["K"], found["k_*"], found["k_**"], found["y"]


gram, cross, own, y = _kernel_matrices()
ROOM = (
    Declaration(n, "size", "number of features: hidden units", 1, 2),
    Declaration(N, "size", "number of training points", 1, 3),
    Declaration(F, "matrix", "features of the training inputs, one input a row"),
    Declaration(phi, "matrix", "features of the new input"),
    Declaration(prior, "positive definite", "prior covariance of the last layer's weights"),
    Declaration(noise, "positive", "noise variance"),
    Declaration(y, "matrix", "training values"),
)
NOISE = scale(noise, Identity(N))
LINEAR = (
    Equation(
        "K",
        gram,
        add(product(F, prior, transpose(F)), NOISE),
        meaning="covariance of the training values",
    ),
    Equation("k", cross, product(F, prior, phi), meaning="their covariance with the new value"),
    Equation("k own", own, product(transpose(phi), prior, phi), meaning="prior variance of the new value"),
    Equation(
        "posterior covariance",
        Sigma,
        inverse(add(inverse(prior), scale(1 / noise, product(transpose(F), F)))),
        meaning="posterior covariance of the weights",
    ),
    Equation(
        "posterior mean",
        mu,
        scale(1 / noise, product(Sigma, transpose(F), y)),
        meaning="posterior mean of the weights",
    ),
    Equation("mean", mean, _prediction("mean"), meaning="predictive mean", rests_on=PREDICT.name),
    Equation(
        "variance", variance, _prediction("covariance"), meaning="predictive variance", rests_on=PREDICT.name
    ),
)
LAST_LAYER = Domain(
    ROOM,
    LINEAR,
    positive_definite={
        prior: "a covariance with independent weights in every direction",
        gram: "the noise makes it so",
    },
)
KERNEL = r"$K=F SF^\top+\sigma^2I$, $k_*=FS\varphi$, $k_{**}=\varphi^\top S\varphi$"
matrices = tuple(
    everywhere(unfold(label, "kernel of a linear model", KERNEL)) for label in ("K", "k", "k own")
)
LAYER_VARIANCE = Derivation(
    "relu_extrapolation.last_layer_variance",
    "A normal distribution over the last layer: the variance",
    "Q3c",
    LAST_LAYER,
    Line(variance, variance),
    (
        Step(predicted("variance")),
        *(Step(rule) for rule in matrices),
        Step(matrix_inversion_lemma),
        Step(
            fold(
                "posterior covariance",
                "posterior covariance",
                r"$\Sigma=(S^{-1}+F^\top F/\sigma^2)^{-1}$",
            )
        ),
        Step(one_by_one),
    ),
    "Keep the hidden layers, give the last weights the prior $\\mathcal N(0,S)$: a Gaussian process with the "
    "kernel $\\varphi(x)^\\top S\\,\\varphi(x')$, so that its prediction is known.",
    uses=(PREDICT,),
)
LAYER_MEAN = Derivation(
    "relu_extrapolation.last_layer_mean",
    "A normal distribution over the last layer: the mean",
    "Q3c",
    LAST_LAYER,
    Line(mean, mean),
    (
        Step(predicted("mean")),
        *(Step(rule) for rule in matrices[:2]),
        Step(push_through),
        Step(
            fold(
                "posterior covariance",
                "posterior covariance",
                r"$\Sigma=(S^{-1}+F^\top F/\sigma^2)^{-1}$",
            )
        ),
        Step(named_in_product("posterior mean", "posterior mean", r"$\mu=\Sigma F^\top y/\sigma^2$")),
        Step(one_by_one),
    ),
    uses=(PREDICT,),
)

NORMAL_WEIGHTS = (
    Declaration(Sigma, "positive definite", "covariance of the last layer's weights"),
    Declaration(mu, "matrix", "mean of the last layer's weights"),
)
spread = Symbol("v_*", real=True)
SPREAD = Equation("spread", spread, quadratic_form(phi, Sigma), meaning="variance of the output")
POSITIVE = {Sigma: "a covariance with every direction of weights uncertain"}
GROWTH = Derivation(
    "relu_extrapolation.relu_variance",
    "With ReLU the variance grows where units are alive, and nowhere else",
    "Q3c",
    shallow(SPREAD, first=NORMAL_WEIGHTS[:1], positive_definite=POSITIVE),
    Line(spread, spread),
    (
        Step(meaning("spread", r"$v_*=\varphi^\top\Sigma\varphi$", LAYER_VARIANCE.name)),
        Step(everywhere(features)),
        Step(expand_form),
    ),
    uses=(FEATURES,),
    assumptions=FEATURES.assumptions,
)
STANDSTILL = Derivation(
    "relu_extrapolation.tanh_variance",
    "With tanh the variance stands still",
    "Q3c",
    saturating(SPREAD, first=NORMAL_WEIGHTS[:1], positive_definite=POSITIVE),
    Line(Abs(spread - quadratic_form(CORNER, Sigma)), Abs(spread - quadratic_form(CORNER, Sigma))),
    (
        Step(meaning("spread", r"$v_*=\varphi^\top\Sigma\varphi$", LAYER_VARIANCE.name)),
        *map(Step, difference_of_forms),
        Step(saturated_units),
        Step(meaning("features", r"$\varphi=\tanh(W(x+\alpha v)+b)$")),
        Step(bounded_sum_of_units),
        Step(far_out),
    ),
    variable=alpha,
    uses=(TANH,),
    assumptions=TANH.assumptions,
    results={"bound": lambda last: bound_of(STANDSTILL)},
)


# --- confidence of a Bayesian classifier --------------------------------------------------------------

argument, growth = Symbol("κ", real=True), Symbol("g", positive=True)
PROBIT = Equation(
    "probit",
    argument,
    Inner(mu, phi) / sqrt(1 + quadratic_form(phi, Sigma)),
    meaning=r"the confidence is $\Phi(\kappa)$",
)
GROWS = Equation(
    "growth", growth, quadratic_form(u1, Sigma), meaning="how fast the variance grows with $\\alpha^2$"
)
CONFIDENCE = Derivation(
    "relu_extrapolation.confidence",
    "The confidence of a Bayesian last layer does not go to one half",
    "Q3c",
    shallow(PROBIT, GROWS, first=NORMAL_WEIGHTS, positive_definite=POSITIVE, defined_where=(log(growth),)),
    Line(argument, argument),
    (
        Step(
            meaning(
                "probit",
                r"$\mathbb E\,\Phi(w^\top\varphi)=\Phi(\kappa)$",
                "Rasmussen & Williams 2006, (3.82)",
            )
        ),
        Step(everywhere(features)),
        Step(expand_form),
        Step(fold("growth", "growth of the variance", r"$g=u^\top\Sigma u$", everywhere=True)),
        Step(far_out),
    ),
    variable=alpha,
    uses=(FEATURES,),
    assumptions=(*FEATURES.assumptions, "Some unit is alive: $u\\ne0$, so that $g>0$."),
)
BELOW_ONE = Derivation(
    "relu_extrapolation.confidence_bound",
    "No direction makes it certain",
    "Q3c",
    shallow(GROWS, first=NORMAL_WEIGHTS, positive_definite=POSITIVE, defined_where=(log(growth),)),
    Line(Abs(Inner(mu, u1)) / sqrt(growth), Abs(Inner(mu, u1)) / sqrt(growth)),
    (Step(cauchy_schwarz_of_form("growth")),),
    "How large can that limit become, whatever the direction?",
)

DERIVATIONS = (
    DEEP,
    REST,
    SLOPE,
    SOFTMAX,
    FEATURES,
    ONE_LAYER,
    TANH,
    TANH_OUTPUT,
    LAYER_VARIANCE,
    LAYER_MEAN,
    GROWTH,
    STANDSTILL,
    CONFIDENCE,
    BELOW_ONE,
)
