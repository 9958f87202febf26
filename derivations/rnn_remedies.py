"""Question 1 (d): what the remedies for vanishing and exploding gradients do to the product of Jacobians.

Clipping changes a gradient after it has been carried back; all others change what carries it: the first
weights, the cell, the path around the cell, or how far one goes back.  Symbols are those of `rnn`:

    z_t = W x_t + U h_t,   h_t = g(z_{t-1})
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Function, Min, Symbol, sqrt
from sympy.matrices.expressions import Identity, MatrixSymbol, OneMatrix

from .chain import A_THOUSANDTH_ONLY, Derivation, Induction, Line, Rule, Step
from .differentials import CALCULUS, join_weights, read_off, through_state
from .domain import Declaration, Domain, Equation, Inequality
from .expressions import (
    Family,
    Gradient,
    MatrixDifferential,
    add,
    diagonal,
    differential,
    elementwise,
    elementwise_derivative,
    hadamard,
    index_product,
    index_sum,
    open_binder,
    product,
    scale,
    subtract,
    transpose,
)
from .forward import FORWARD, differential_to_the_right, read_off_jacobian
from .identities import (
    absorb_factor,
    fold,
    fold_member,
    gather,
    induction_hypothesis,
    peel_first_term,
    sum_by_lag,
    terms_apart,
    unfold,
    unfold_differential,
)
from .norms import (
    absorb_scalar,
    at_most,
    collect_norm,
    empty_product,
    extreme_of_every_vector,
    first_factor_apart,
    for_every_vector,
    inner_across,
    inner_as_norm,
    inner_of_multiple,
    into_minimum,
    into_norm,
    known_product,
    largest_slope,
    minimum_at_most,
    minimum_of_one,
    multiply_out,
    norm_as_inner,
    norm_of_multiple,
    norm_rule,
    slopes_bounded,
    square_of_column,
    stretched,
    transpose_keeps_singular_values,
    triangle_from_below,
    triangle_inequality,
)
from .quantities import Inner, LargestEntry, LargestSingularValue, Norm, SmallestSingularValue
from .rnn import DOMAIN as NETWORK
from .rnn import GRAD_U_UNROLLED, LOSS, L, T, U, g, h, j, k, losses_from, m, n, t, z
from .rnn_long_range import ACTIVATION, FACT, SAID, v

# --- norm clipping ------------------------------------------------------------------------------------

p = Symbol("p", integer=True, positive=True)
G = MatrixSymbol("G", p, 1)
kappa, factor, room = (Symbol(name, positive=True) for name in ("κ", "r", "ρ"))
CLIPPED = scale(factor, G)
FACTOR = Equation("factor", factor, Min(1, kappa / Norm(G)), meaning=r"factor of norm clipping")
GRADIENT = (
    Declaration(p, "size", "number of weights", 1, 3),
    Declaration(G, "matrix", "the gradient by all weights, in one column; not 0"),
)
THRESHOLD = Declaration(kappa, "positive", "threshold of the norm")
CLIPPING = Domain((*GRADIENT, THRESHOLD), (FACTOR,))
factor_of_clipping = unfold(
    "factor", "norm clipping", r"$r=\min(1,\kappa/\lVert G\rVert)$", "Pascanu et al. 2013, section 3.2"
)


def clipping(name: str, title: str, start, *steps, domain: Domain = CLIPPING, **options) -> Derivation:
    full, said = f"rnn_remedies.{name}", (r"$G\ne0$; the gradient 0 is left as it is.",)
    chain = tuple(map(Step, steps))
    return Derivation(full, title, "Q1d", domain, Line(start, start), chain, assumptions=said, **options)


CLIPPED_NORM = clipping(
    "clipped_norm",
    "The norm after clipping",
    Norm(CLIPPED),
    norm_of_multiple,
    factor_of_clipping,
    into_minimum,
    introduction=r"Norm clipping replaces the gradient $G$ by $rG$ with $r=\min(1,\kappa/\lVert G\rVert)$.",
)
norm_after_clipping = unfold(CLIPPED_NORM.name, "the norm after clipping", "Derived before.", CLIPPED_NORM.name)
CLIP_BOUND = clipping(
    "clip_bound",
    "Clipping bounds the norm",
    Norm(CLIPPED),
    norm_after_clipping,
    minimum_at_most("at most the threshold", None),
    uses=(CLIPPED_NORM,),
)
CLIP_NEVER_LENGTHENS = clipping(
    "clip_never_lengthens",
    "Clipping makes no gradient longer",
    Norm(CLIPPED),
    norm_after_clipping,
    minimum_at_most("at most the old norm", Norm),
    uses=(CLIPPED_NORM,),
)
CLIP_DIRECTION = clipping(
    "clip_direction",
    "Clipping the norm keeps the direction",
    Inner(CLIPPED, G),
    inner_of_multiple,
    inner_as_norm,
    into_norm,
    introduction=r"Two vectors point the same way when the cosine of their angle is 1: here, when "
    r"$(rG)^\top G=\lVert rG\rVert\,\lVert G\rVert$.",
)
SLACK = Equation("slack", kappa, Norm(G) + room, meaning="threshold, above the norm")
below_the_threshold = unfold(
    "slack", "below the threshold", r"$\kappa=\lVert G\rVert+\rho$ with $\rho>0$", "assumption"
)
CLIP_IDLE = clipping(
    "clip_idle",
    "A gradient below the threshold stays as it is",
    CLIPPED,
    factor_of_clipping,
    replace(below_the_threshold, mutants=(A_THOUSANDTH_ONLY,)),  # a threshold that stays above does the same
    minimum_of_one,
    domain=Domain((*GRADIENT, Declaration(room, "positive", "room below the threshold")), (FACTOR, SLACK)),
)

# --- orthogonal weights -------------------------------------------------------------------------------

w = MatrixSymbol("w", n, 1)
ORTHOGONAL = Equation("orthogonal", product(U, transpose(U)), Identity(n))
ORTHOGONAL_WEIGHTS = (
    Declaration(n, "size", "number of hidden units", 1, 3),
    Declaration(U, "orthogonal", r"weights from state to state, orthogonal: $UU^\top=I$"),
)
ISOMETRY = Derivation(
    "rnn_remedies.isometry",
    "An orthogonal matrix keeps the norm",
    "Q1d",
    Domain((*ORTHOGONAL_WEIGHTS, Declaration(w, "matrix", "any vector")), facts=(ORTHOGONAL,)),
    Line(Norm(product(transpose(U), w)), Norm(product(transpose(U), w))),
    (
        Step(norm_as_inner),
        Step(inner_across),
        Step(known_product("orthogonal", "U is orthogonal", r"$UU^\top=I$", "assumption")),
        Step(inner_as_norm),
    ),
)


def isometry(backward: bool = False) -> Rule:
    return for_every_vector(
        ISOMETRY.name, "an orthogonal matrix keeps the norm", "Derived before.", ISOMETRY.name, backward
    )


LINEAR_BACK = index_product(transpose(U), j, k, t - 1)
TIMES = (
    Declaration(T, "size", "length of the sequence", 1, 4),
    Declaration(v, "matrix", r"any vector; in the gradient $\nabla\mathcal L_t(h_t)$"),
    Declaration(t, "index", "time of the loss", 1, T),
)
ORTHOGONAL_PRODUCT = Induction(
    "rnn_remedies.orthogonal",
    "Orthogonal weights, linear units: the norm is kept for ever",
    "Q1d",
    Domain((*ORTHOGONAL_WEIGHTS, *TIMES), facts=(ORTHOGONAL,)),
    Equation("claim", Norm(v), Norm(product(LINEAR_BACK, v)), k, 1, t),
    base=(Step(empty_product),),
    step=(Step(induction_hypothesis), Step(isometry(backward=True)), Step(absorb_factor)),
    uses=(ISOMETRY,),
    assumptions=("The units are linear, $g(z)=z$, so that every slope is 1.",),
)
slopes_at = lambda index: elementwise_derivative(elementwise(g, z[index]))  # noqa: E731
SATURATING_BACK = index_product(product(transpose(U), diagonal(slopes_at(j))), j, k, t - 1)
SLOPES_PRODUCT = index_product(LargestEntry(slopes_at(j)), j, k, t - 1)
bounded_hypothesis = at_most(
    "hypothesis", "induction hypothesis", "The claim at the next index, supplied by the checker.", "induction"
)
ORTHOGONAL_SATURATING = Induction(
    "rnn_remedies.orthogonal_saturating",
    "Orthogonal weights, any activation: the slopes are left",
    "Q1d",
    Domain(
        (
            Declaration(n, "size", "number of hidden units", 1, 2),
            ORTHOGONAL_WEIGHTS[1],
            *TIMES,
            Declaration(z, "family", "pre-activations: any vectors", 0, T),
            Declaration(g, "activation", "activation, applied entrywise"),
        ),
        facts=(ORTHOGONAL,),
    ),
    Inequality("claim", Norm(product(SATURATING_BACK, v)), SLOPES_PRODUCT * Norm(v), "<=", k, 1, t),
    base=(Step(empty_product),),
    step=(
        Step(first_factor_apart),
        Step(isometry()),
        Step(largest_slope()),
        Step(bounded_hypothesis),
        Step(absorb_scalar),
    ),
    uses=(ISOMETRY,),
)

# --- the LSTM -----------------------------------------------------------------------------------------

sigma, phi = Function("σ"), Function("φ")
c, i, f, o, a = (Family(name, n) for name in ("c", "i", "f", "o", "a"))
GATES = {"i": i, "f": f, "o": o, "a": a}
PRE = {name: Family(f"z^{name}", n) for name in GATES}
U_OF = {name: MatrixSymbol(f"U_{name}", n, n) for name in GATES}
X_OF = {name: Family(f"x^{name}", n) for name in GATES}
GATE_MEANING = {"i": "input gate", "f": "forget gate", "o": "output gate", "a": "candidate"}
gamma, delta, epsilon = (Family(name, n) for name in ("γ", "δ", "ε"))


def gate_equations(name: str) -> tuple[Equation, Equation]:
    """z_t = U h_t + x_t of one gate, and the gate, which the step after reads; x_t stands for W x_t and a bias."""
    pre = add(product(U_OF[name], h[t]), X_OF[name][t])
    squash = phi if name == "a" else sigma
    meaning = GATE_MEANING[name]
    return (
        Equation(f"preactivation {name}", PRE[name][t], pre, t, 0, T, f"pre-activation of the {meaning}"),
        Equation(name, GATES[name][t], elementwise(squash, PRE[name][t - 1]), t, 1, T + 1, meaning),
    )


REMEMBERED = add(hadamard(f[t], c[t - 1]), hadamard(i[t], a[t]))
CELL = Equation("cell", c[t], REMEMBERED, t, 1, T + 1, "memory cell")
OUTPUT = Equation("output", h[t], hadamard(o[t], elementwise(phi, REMEMBERED)), t, 1, T + 1, "hidden state")
BY_H = Equation(
    "adjoint by h", delta[t], Gradient(losses_from(t), h[t]), t, 1, T + 1,
    "gradient of the losses from $t$ on by $h_t$, $c_t$ held fixed",
)  # fmt: skip
BY_C = Equation(
    "adjoint by c", gamma[t], Gradient(losses_from(t), c[t]), t, 1, T + 1,
    "gradient of the losses from $t$ on by $c_t$, $h_t$ held fixed",
)  # fmt: skip
squashed_slope = elementwise_derivative(elementwise(phi, c[t]))
TOTAL = Equation(
    "total", epsilon[t], add(gamma[t], hadamard(o[t], squashed_slope, delta[t])), t, 1, T + 1,
    "gradient by $c_t$, $h_t$ moving along",
)  # fmt: skip
LSTM_DEFINITIONS = (LOSS, *(e for name in GATES for e in gate_equations(name)), CELL, OUTPUT, BY_H, BY_C, TOTAL)
AT_TIME = Declaration(t, "index", "time", 1, T)


def lstm_domain(units: int, length: int, time: Declaration) -> Domain:
    """`units`, `length`: the largest sizes on the ladder."""
    return Domain(
        (
            Declaration(n, "size", "number of hidden units", 1, units),
            Declaration(T, "size", "length of the sequence", length, length),
            *(Declaration(U_OF[q], "matrix", f"weights from state to {GATE_MEANING[q]}") for q in GATES),
            *(Declaration(X_OF[q], "family", f"what the input adds to the {GATE_MEANING[q]}", 0, T) for q in GATES),
            Declaration(h, "family", "hidden states; $h_0$ is given", 0, 0),
            Declaration(c, "family", "memory cells; $c_0$ is given", 0, 0),
            Declaration(sigma, "bounded activation", "activation of the gates"),
            Declaration(phi, "bounded activation", r"activation of candidate and output, $\tanh$ as a rule"),
            Declaration(L, "vector function", "loss at time $t$, a function of the state"),
            time,
        ),
        LSTM_DEFINITIONS,
    )


BEFORE_THE_END = Declaration(t, "index", "time, before the last", 1, T - 1)
LSTM = lstm_domain(1, 2, BEFORE_THE_END)
LSTM_STEP = lstm_domain(1, 1, Declaration(t, "index", "time", 0, T - 1))

differentiate_output = unfold_differential(
    "output", "the output", r"$h_t=o_t\circ\varphi(c_t)$, with $c_t$ written out"
)
differentiate_cell = unfold_differential("cell", "the memory", r"$c_t=f_t\circ c_{t-1}+i_t\circ a_t$")
differentiate_gates = unfold_differential(
    tuple(GATES), "the gates", r"$i,f,o$ are $\sigma$ and $a$ is $\varphi$, each of its pre-activation"
)
differentiate_preactivations = unfold_differential(
    tuple(f"preactivation {q}" for q in GATES),
    "the pre-activations",
    "each is $Uh_t$ with weights of its own, plus what the input adds",
)
name_cell = fold_member("cell", "the memory by its name", r"$f_{t+1}\circ c_t+i_{t+1}\circ a_{t+1}=c_{t+1}$")
in_total = gather(
    "total", "both ways of the memory together", r"$\gamma_t+o_t\circ\varphi'(c_t)\circ\delta_t=\varepsilon_t$"
)


def lstm_adjoint(name: str, title: str, variable, label: str, middle) -> Derivation:
    start = differential(losses_from(t))
    return Derivation(
        f"rnn_remedies.{name}",
        title,
        "Q1d",
        LSTM,
        Line(start, start),
        tuple(map(Step, (*middle, join_weights, read_off(label), name_cell, in_total))),
        variable=variable,
        index=BEFORE_THE_END,
        assumptions=(r"The activations and the $\mathcal L_t$ are differentiable.",),
    )


through_both = through_state("adjoint by h", "adjoint by c")
LSTM_BY_C = lstm_adjoint(
    "lstm_by_c",
    "The gradient by the memory cell",
    c[t],
    "adjoint by c",
    (
        peel_first_term,
        CALCULUS["sum rule"],
        through_both,
        differentiate_cell,
        CALCULUS["sum rule"],
        CALCULUS["Hadamard product rule"],
        differentiate_output,
        CALCULUS["Hadamard product rule"],
        CALCULUS["elementwise chain rule"],
        CALCULUS["sum rule"],
        CALCULUS["Hadamard product rule"],
    ),
)
LSTM_BY_H = lstm_adjoint(
    "lstm_by_h",
    "The gradient by the hidden state",
    h[t],
    "adjoint by h",
    (
        peel_first_term,
        CALCULUS["sum rule"],
        CALCULUS["chain rule"],
        through_both,
        differentiate_cell,
        CALCULUS["sum rule"],
        CALCULUS["Hadamard product rule"],
        differentiate_output,
        CALCULUS["Hadamard product rule"],
        CALCULUS["elementwise chain rule"],
        CALCULUS["sum rule"],
        CALCULUS["Hadamard product rule"],
        differentiate_gates,
        CALCULUS["elementwise chain rule"],
        differentiate_preactivations,
        CALCULUS["sum rule"],
        CALCULUS["product rule"],
    ),
)


OUTPUT_FORWARD = (
    differentiate_output,
    FORWARD["Hadamard product rule"],
    FORWARD["elementwise chain rule"],
    FORWARD["sum rule"],
    FORWARD["Hadamard product rule"],
)
CELL_FORWARD = (differentiate_cell, FORWARD["sum rule"], FORWARD["Hadamard product rule"])
GATES_FORWARD = (
    differentiate_gates,
    FORWARD["elementwise chain rule"],
    differentiate_preactivations,
    FORWARD["sum rule"],
    FORWARD["product rule"],
)
RIGHT = (differential_to_the_right, read_off_jacobian)


def lstm_block(name: str, title: str, of, by, *rules) -> Derivation:
    """One of the four blocks of the Jacobian of (h_{t+1}, c_{t+1}) by (h_t, c_t)."""
    start = Line(MatrixDifferential(of[t + 1]), MatrixDifferential(of[t + 1]))
    return Derivation(
        f"rnn_remedies.{name}", title, "Q1d", LSTM_STEP, start, tuple(map(Step, rules)), variable=by[t]
    )


LSTM_CC = lstm_block("lstm_cc", "Memory by memory: the direct path", c, c, *CELL_FORWARD, *RIGHT)
LSTM_CH = lstm_block("lstm_ch", "Memory by state, through three gates", c, h, *CELL_FORWARD, *GATES_FORWARD, *RIGHT)
LSTM_HC = lstm_block("lstm_hc", "State by memory", h, c, *OUTPUT_FORWARD, *RIGHT, name_cell)
LSTM_HH = lstm_block("lstm_hh", "State by state", h, h, *OUTPUT_FORWARD, *GATES_FORWARD, *RIGHT, name_cell)


# --- a path around the unit ---------------------------------------------------------------------------

alpha, beta = (Symbol(name, positive=True) for name in ("α", "β"))
SKIP_STATE = Equation(
    "state",
    h[t],
    add(scale(alpha, h[t - 1]), scale(beta, elementwise(g, z[t - 1]))),
    t,
    1,
    T + 1,
    "hidden state",
)
SKIP_WEIGHTS = (
    Declaration(alpha, "positive", "weight of the path around the unit"),
    Declaration(beta, "positive", "weight of the path through the unit"),
)
SKIP = Domain(
    (*NETWORK.declarations, *SKIP_WEIGHTS, AT_TIME),
    (*(SKIP_STATE if e.label == "state" else e for e in NETWORK.definitions),),
)
differentiate_state = unfold_differential("state", "the recurrence", r"$h_t=\alpha h_{t-1}+\beta g(z_{t-1})$")
differentiate_preactivation = unfold_differential("preactivation", "the recurrence", r"$z_t=Wx_t+Uh_t$")
SKIP_JACOBIAN = Derivation(
    "rnn_remedies.skip_jacobian",
    "The Jacobian with a path around the unit",
    "Q1d",
    SKIP,
    Line(MatrixDifferential(h[t + 1]), MatrixDifferential(h[t + 1])),
    (
        Step(differentiate_state),
        Step(FORWARD["sum rule"]),
        Step(FORWARD["product rule"]),
        Step(FORWARD["elementwise chain rule"]),
        Step(differentiate_preactivation),
        Step(FORWARD["sum rule"]),
        Step(FORWARD["product rule"]),
        Step(differential_to_the_right),
        Step(read_off_jacobian),
    ),
    r"Residual: $\alpha=\beta=1$. Leaky: $\alpha=1-\beta$. The plain network is the case $\alpha=0$, $\beta=1$.",
    variable=h[t],
)
SKIP_ADJOINT = Derivation(
    "rnn_remedies.skip_adjoint",
    "The adjoint with a path around the unit",
    "Q1d",
    SKIP,
    Line(differential(losses_from(t)), differential(losses_from(t))),
    (
        Step(peel_first_term),
        Step(CALCULUS["sum rule"]),
        Step(CALCULUS["chain rule"]),
        Step(through_state("adjoint")),
        Step(differentiate_state),
        Step(CALCULUS["sum rule"]),
        Step(CALCULUS["product rule"]),
        Step(CALCULUS["elementwise chain rule"]),
        Step(differentiate_preactivation),
        Step(CALCULUS["sum rule"]),
        Step(CALCULUS["product rule"]),
        Step(join_weights),
        Step(read_off("adjoint")),
    ),
    variable=h[t],
    index=AT_TIME,
)

ONE_STEP = product(transpose(U), diagonal(slopes_at(t)))
SKIP_STEP = add(scale(alpha, Identity(n)), scale(beta, ONE_STEP))
STEP_DOMAIN = Domain(
    (
        Declaration(n, "size", "number of hidden units", 1, 2),
        Declaration(T, "size", "length of the sequence", 1, 2),
        Declaration(U, "matrix", "weights from state to state"),
        *SKIP_WEIGHTS,
        Declaration(z, "family", "pre-activations: any vectors", 0, T),
        ACTIVATION["<="],
        Declaration(w, "matrix", "any vector"),
        AT_TIME,
    ),
    facts=(FACT["<="],),
)


def step_bound(name: str, title: str, start, *steps, **options) -> Derivation:
    full, said = f"rnn_remedies.{name}", (SAID["<="],)
    chain = tuple(map(Step, steps))
    return Derivation(full, title, "Q1d", STEP_DOMAIN, Line(start, start), chain, assumptions=said, **options)


PLAIN_STEP = step_bound(
    "plain_step",
    "What one plain step stretches at most",
    Norm(product(ONE_STEP, w)),
    stretched("<="),
    transpose_keeps_singular_values,
    slopes_bounded("slopes", "<="),
)
SKIP_UPPER = step_bound(
    "skip_upper",
    "With a path around the unit, from above",
    Norm(product(SKIP_STEP, w)),
    multiply_out,
    triangle_inequality,
    norm_of_multiple,
    at_most(PLAIN_STEP.name, "a plain step, bounded", "Derived before.", PLAIN_STEP.name),
    collect_norm,
    uses=(PLAIN_STEP,),
)
SKIP_LOWER = step_bound(
    "skip_lower",
    "With a path around the unit, from below",
    Norm(product(SKIP_STEP, w)),
    multiply_out,
    triangle_from_below(PLAIN_STEP.name),
    norm_of_multiple,
    collect_norm,
    uses=(PLAIN_STEP,),
)
SKIP_LARGEST = step_bound(
    "skip_largest",
    "The largest singular value of one step",
    LargestSingularValue(SKIP_STEP),
    extreme_of_every_vector(SKIP_UPPER.name, "<="),
    uses=(SKIP_UPPER,),
)
SKIP_SMALLEST = step_bound(
    "skip_smallest",
    "The smallest singular value of one step",
    SmallestSingularValue(SKIP_STEP),
    extreme_of_every_vector(SKIP_LOWER.name, ">="),
    uses=(SKIP_LOWER,),
)

# --- truncated backpropagation ------------------------------------------------------------------------

tau, kept = Symbol("τ", integer=True), MatrixSymbol("K", n, n)
DOUBLE_SUM = GRAD_U_UNROLLED.result()
LAGS = sum_by_lag.rewrite(DOUBLE_SUM, None)




def smaller(d: Declaration) -> Declaration:
    """A network whose values stay of ordinary size over long sequences."""
    if d.symbol == g:
        return replace(d, kind="bounded activation")
    return replace(d, upper=1) if d.symbol in (n, m) else d


SMALL_NETWORK = tuple(map(smaller, NETWORK.declarations))


def shorter_lags(total):
    """The part of a sum over lags with lag < τ."""
    body, lag = open_binder(total)
    return index_sum(body, lag, total.lower, tau - 1)


KEPT = Equation("kept", kept, shorter_lags(LAGS), meaning=r"terms with a lag below $\tau$")
TRUNCATED = Derivation(
    "rnn_remedies.truncated",
    "What truncation keeps, and what it loses",
    "Q1d",
    Domain(
        (*SMALL_NETWORK, Declaration(tau, "index", "number of steps that are gone back", 1, T)),
        (*NETWORK.definitions, KEPT),
    ),
    Line(GRAD_U_UNROLLED.lines[0].left, GRAD_U_UNROLLED.lines[0].left),
    (
        Step(unfold(GRAD_U_UNROLLED.name, "the double sum", "Derived in part (a).", GRAD_U_UNROLLED.name)),
        Step(sum_by_lag),
        Step(terms_apart("kept")),
        Step(fold("kept", "what is kept", r"$K$ holds the terms with a lag below $\tau$")),
    ),
    uses=(GRAD_U_UNROLLED,),
)

# --- layer norm ---------------------------------------------------------------------------------------

q, u, y = MatrixSymbol("q", n, 1), MatrixSymbol("u", n, 1), MatrixSymbol("y", n, 1)
CENTRING = MatrixSymbol("C", n, n)
CENTRE = Equation(
    "centring", CENTRING, subtract(Identity(n), scale(1 / n, OneMatrix(n, n))), meaning="takes the mean away"
)
CENTRED = Equation("centred", u, product(CENTRING, q), meaning="$q$ less its mean")
NORMED = Equation("normed", y, scale(sqrt(n) / Norm(u), u), meaning="$q$ less its mean, over its standard deviation")
LAYER = Domain(
    (
        Declaration(n, "size", "number of hidden units", 2, 4),
        Declaration(q, "matrix", "what is normalised; its entries are not all equal"),
    ),
    (CENTRE, CENTRED, NORMED),
    defined_where=(y,),
)
LAYER_JACOBIAN = Derivation(
    "rnn_remedies.layer_norm",
    "The Jacobian of layer normalisation",
    "Q1d",
    LAYER,
    Line(MatrixDifferential(y), MatrixDifferential(y)),
    (
        Step(unfold_differential("normed", "layer normalisation", r"$y=\sqrt n\,u/\lVert u\rVert$")),
        Step(FORWARD["product rule"]),
        Step(CALCULUS["chain rule for scalars"]),
        Step(norm_rule),
        Step(unfold_differential("centred", "the centred vector", r"$u=Cq$")),
        Step(FORWARD["product rule"]),
        Step(CALCULUS["product rule"]),
        Step(differential_to_the_right),
        Step(read_off_jacobian),
    ),
    variable=q,
)

J_LAYER = LAYER_JACOBIAN.result()
centring = unfold("centring", "centring", r"$C=I-\tfrac1n\mathbf 1\mathbf 1^\top$", value_is_zero=True)
LAYER_MEAN = Derivation(
    "rnn_remedies.layer_norm_mean",
    "Layer normalisation does not see the mean",
    "Q1d",
    LAYER,
    Line(product(J_LAYER, OneMatrix(n, 1)), product(J_LAYER, OneMatrix(n, 1))),
    (Step(multiply_out), Step(replace(centring, everywhere=True)), Step(multiply_out)),
    r"The Jacobian, applied to $\mathbf 1$: all entries are moved by the same amount.",
)
fold_centred = known_product("centred", "the centred vector", "$Cq=u$", "definition", backward=True)
LAYER_SCALE = Derivation(
    "rnn_remedies.layer_norm_scale",
    "Layer normalisation does not see the scale",
    "Q1d",
    LAYER,
    Line(product(J_LAYER, q), product(J_LAYER, q)),
    (
        Step(multiply_out),
        Step(replace(fold_centred, everywhere=True)),
        Step(square_of_column),
    ),
    "The Jacobian, applied to $q$ itself: all entries are multiplied by the same number.",
)

# --- the regulariser of Pascanu, Mikolov and Bengio ---------------------------------------------------

omega = Symbol("Ω", real=True)
ADJOINTS = (
    Declaration(T, "size", "length of the sequence", 1, 3),
    Declaration(delta, "family", "adjoints, not 0", 1, T),
)
OMEGA = Equation(
    "regulariser",
    omega,
    index_sum((Norm(product(transpose(U), delta[t])) / Norm(delta[t]) - 1) ** 2, t, 1, T),
    meaning="regulariser, for linear units",
)
the_regulariser = unfold(
    "regulariser", "the regulariser", r"$D_t=I$ for linear units", "Pascanu et al. 2013, section 3.3", True
)
OMEGA_ZERO = Derivation(
    "rnn_remedies.regulariser_zero",
    "The regulariser is 0 for orthogonal weights and linear units",
    "Q1d",
    Domain((*ORTHOGONAL_WEIGHTS, *ADJOINTS), (OMEGA,), (ORTHOGONAL,)),
    Line(omega, omega),
    (
        Step(the_regulariser),
        Step(isometry()),
    ),
    uses=(ISOMETRY,),
)
d, size = MatrixSymbol("d", n, 1), Symbol("s", positive=True)
OMEGA_TERM = (Norm(product(transpose(U), d)) / size - 1) ** 2
OMEGA_GRADIENT = Derivation(
    "rnn_remedies.regulariser_gradient",
    "The gradient of one term of the regulariser",
    "Q1d",
    Domain(
        (
            Declaration(n, "size", "number of hidden units", 1, 3),
            Declaration(U, "matrix", "weights from state to state"),
            Declaration(d, "matrix", r"$D_t\delta_{t+1}$, held fixed; not 0"),
            Declaration(size, "positive", r"$\lVert\delta_{t+1}\rVert$, held fixed"),
        ),
        defined_where=(Norm(product(transpose(U), d)) ** -1,),
    ),
    Line(differential(OMEGA_TERM), differential(OMEGA_TERM)),
    (
        Step(CALCULUS["chain rule for scalars"]),
        Step(norm_rule),
        Step(CALCULUS["product rule"]),
        Step(CALCULUS["transpose rule"]),
        Step(read_off()),
    ),
    variable=U,
    assumptions=(
        "Only the explicit $U$ varies; the states and adjoints are held fixed, as the authors do.",
    ),
)

DERIVATIONS = (
    CLIPPED_NORM, CLIP_BOUND, CLIP_NEVER_LENGTHENS, CLIP_DIRECTION, CLIP_IDLE,
    ISOMETRY, ORTHOGONAL_PRODUCT, ORTHOGONAL_SATURATING,
    LSTM_CC, LSTM_CH, LSTM_HC, LSTM_HH, LSTM_BY_C, LSTM_BY_H,
    SKIP_JACOBIAN, SKIP_ADJOINT, PLAIN_STEP, SKIP_UPPER, SKIP_LOWER, SKIP_LARGEST, SKIP_SMALLEST,
    TRUNCATED, LAYER_JACOBIAN, LAYER_MEAN, LAYER_SCALE, OMEGA_ZERO, OMEGA_GRADIENT,
)  # fmt: skip
