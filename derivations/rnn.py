"""Question 1 (a): gradients of a recurrent network's loss, through time, for every size and length.

    z_t = W x_t + U h_t,   h_t = g(z_{t-1}),   ℒ = Σ_{t=1}^T L_t(h_t)

Symbols follow the homework; L_t is any differentiable function of the state h_t, g any activation.
The adjoint δ_t is the gradient of the losses from t on, by the state h_t.
"""

from __future__ import annotations

from sympy import Function, Symbol
from sympy.matrices.expressions import MatrixSymbol

from .chain import Derivation, Induction, Line, Step
from .differentials import (
    CALCULUS,
    differentiate_sum,
    join_weights,
    move_sum_into_weight,
    read_off,
    split_weight,
    through_state,
)
from .domain import Declaration, Domain, Equation
from .expressions import (
    Family,
    Gradient,
    VectorFunction,
    add,
    diagonal,
    differential,
    elementwise,
    elementwise_derivative,
    index_product,
    index_sum,
    product,
    transpose,
)
from .identities import (
    absorb_factor,
    absorb_first_term,
    distribute_over_sum,
    empty_sum,
    exchange_sums,
    fold,
    hadamard_as_diagonal,
    induction_hypothesis,
    move_range_down,
    peel_first_term,
    shift_index,
    solved_for_term,
    split_sum,
    unfold,
    unfold_differential,
)

n, m, T = (Symbol(name, integer=True, positive=True) for name in ("n", "m", "T"))
t, s, k, j = (Symbol(name, integer=True) for name in ("t", "s", "k", "j"))
U, W = MatrixSymbol("U", n, n), MatrixSymbol("W", n, m)
x, h, z, delta = Family("x", m), Family("h", n), Family("z", n), Family("δ", n)
L, g = VectorFunction("L"), Function("g")
loss = Symbol("ℒ", real=True)


def losses_from(start):
    """Σ_{s=start}^T L_s(h_s)."""
    return index_sum(L(s, h[s]), s, start, T)


LOSS = Equation("loss", loss, losses_from(1), meaning="the loss of one sequence")
PREACTIVATION = Equation(
    "preactivation", z[t], add(product(W, x[t]), product(U, h[t])), t, 0, T, "pre-activation"
)
STATE = Equation("state", h[t], elementwise(g, z[t - 1]), t, 1, T + 1, "hidden state")
ADJOINT = Equation(
    "adjoint",
    delta[t],
    Gradient(losses_from(t), h[t]),
    t,
    1,
    T + 1,
    "adjoint: the gradient of the losses from $t$ on by the state $h_t$",
)

DECLARATIONS = (
    Declaration(n, "size", "number of hidden units", 1, 2),
    Declaration(m, "size", "number of inputs", 1, 2),
    Declaration(T, "size", "length of the sequence", 1, 3),
    Declaration(U, "matrix", "weights from state to state"),
    Declaration(W, "matrix", "weights from input to state"),
    Declaration(x, "family", "inputs", 0, T),
    Declaration(h, "family", "hidden states; $h_0$ is given", 0, 0),
    Declaration(g, "activation", "activation, applied entrywise"),
    Declaration(L, "vector function", "loss at time $t$, a function of the state"),
)
DEFINITIONS = (LOSS, PREACTIVATION, STATE, ADJOINT)
DOMAIN = Domain(DECLARATIONS, DEFINITIONS)
STATE_AT = Declaration(t, "index", "time", 1, T)

ASSUMPTIONS = (
    "$g$ and the $\\mathcal L_t$ are differentiable at every point that is reached (ReLU is not at 0).",
    r"Each $\mathcal L_t$ depends on the weights through $h_t$ only.",
)
EXPLICIT = tuple({n: 2, m: 2, T: length} for length in (1, 2, 3))

differentiate_state = unfold_differential("state", "the recurrence", r"$h_t=g(z_{t-1})$")
differentiate_preactivation = unfold_differential("preactivation", "the recurrence", r"$z_t=Wx_t+Uh_t$")

ADJOINT_RECURRENCE = Derivation(
    "rnn.adjoint",
    "The adjoint recurrence",
    "Q1a",
    Domain((*DECLARATIONS, STATE_AT), DEFINITIONS),
    Line(differential(losses_from(t)), differential(losses_from(t))),
    (
        Step(peel_first_term),
        Step(CALCULUS["sum rule"]),
        Step(CALCULUS["chain rule"]),
        Step(through_state("adjoint")),
        Step(differentiate_state),
        Step(CALCULUS["elementwise chain rule"]),
        Step(differentiate_preactivation),
        Step(CALCULUS["sum rule"]),
        Step(CALCULUS["product rule"]),
        Step(join_weights),
        Step(read_off("adjoint")),
    ),
    r"The losses from time $t$ on depend on the state $h_t$ directly, through $\mathcal L_t$, "
    "and through the next state.",
    variable=h[t],
    index=STATE_AT,
    assumptions=ASSUMPTIONS,
)

LAST_ADJOINT = Derivation(
    "rnn.last_adjoint",
    "After the last state there is nothing to differentiate",
    "Q1a",
    DOMAIN,
    Line(delta[T + 1], delta[T + 1]),
    (
        Step(
            unfold(
                "adjoint",
                "definition of the adjoint",
                r"$\delta_{t}=\partial(\mathcal L_t+\dots+\mathcal L_T)/\partial h_t$",
                value_is_zero=True,
            )
        ),
        Step(empty_sum),
    ),
)


def through_time(name: str, title: str, variable: MatrixSymbol) -> Derivation:
    """The gradient of the loss by U or by W: the adjoint recurrence makes the sum over states telescope."""
    return Derivation(
        name,
        title,
        "Q1a",
        DOMAIN,
        Line(differential(loss), differential(loss)),
        (
            Step(unfold("loss", "definition of the loss", r"$\mathcal L=\sum_t L_t(h_t)$")),
            Step(differentiate_sum),
            Step(CALCULUS["chain rule"]),
            Step(
                solved_for_term(
                    "rnn.adjoint",
                    "adjoint recurrence, solved for ∇L",
                    r"$\nabla L_t(h_t)=\delta_t-U^\top(\delta_{t+1}\circ g'(z_t))$",
                    "rnn.adjoint",
                )
            ),
            Step(split_weight),
            Step(split_sum),
            Step(shift_index),
            Step(move_range_down("rnn.last_adjoint")),
            Step(differentiate_state),
            Step(CALCULUS["elementwise chain rule"]),
            Step(differentiate_preactivation),
            Step(CALCULUS["sum rule"]),
            Step(CALCULUS["product rule"]),
            Step(split_sum),
            Step(move_sum_into_weight),
            Step(read_off()),
        ),
        variable=variable,
        uses=(ADJOINT_RECURRENCE, LAST_ADJOINT),
        assumptions=ASSUMPTIONS,
        explicit=EXPLICIT,
    )


GRAD_U = through_time("rnn.grad_U", "Gradient by the recurrent weights", U)
GRAD_W = through_time("rnn.grad_W", "Gradient by the input weights", W)

adjoint_recurrence = unfold(
    "rnn.adjoint",
    "adjoint recurrence",
    r"$\delta_k=\nabla L_k(h_k)+U^\top(\delta_{k+1}\circ g'(z_k))$",
    "rnn.adjoint",
)
jacobian_transposed = product(transpose(U), diagonal(elementwise_derivative(elementwise(g, z[j]))))
UNROLLED = Induction(
    "rnn.unrolled_adjoint",
    "The adjoint as a sum of Jacobian products",
    "Q1a",
    DOMAIN,
    Equation(
        "claim",
        delta[k],
        index_sum(product(index_product(jacobian_transposed, j, k, t - 1), L.gradient(t, h[t])), t, k, T),
        k,
        1,
        T + 1,
    ),
    base=(
        Step(empty_sum),
        Step(fold("rnn.last_adjoint", "the last adjoint", r"$\delta_{T+1}=0$", "rnn.last_adjoint")),
    ),
    step=(
        Step(adjoint_recurrence),
        Step(hadamard_as_diagonal),
        Step(induction_hypothesis),
        Step(distribute_over_sum),
        Step(absorb_factor),
        Step(absorb_first_term),
    ),
    introduction="Unrolled, the adjoint is a sum over the later losses, each carried back by Jacobians.",
    uses=(ADJOINT_RECURRENCE, LAST_ADJOINT),
    assumptions=ASSUMPTIONS,
)


def unrolled(name: str, title: str, of: Derivation) -> Derivation:
    """The same gradient as a double sum of Jacobian products: the proof that the two forms agree."""
    gradient = Gradient(loss, of.variable)
    return Derivation(
        name,
        title,
        "Q1a",
        DOMAIN,
        Line(gradient, gradient),
        (
            Step(
                unfold(
                    of.name, "gradient by the adjoint", "The sum of outer products derived before.", of.name
                )
            ),
            Step(hadamard_as_diagonal),
            Step(
                unfold(
                    "rnn.unrolled_adjoint", "the adjoint unrolled", "By induction.", "rnn.unrolled_adjoint"
                )
            ),
            Step(distribute_over_sum),
            Step(exchange_sums),
        ),
        uses=(of, UNROLLED),
        assumptions=ASSUMPTIONS,
        explicit=EXPLICIT,
    )


GRAD_U_UNROLLED = unrolled("rnn.grad_U_unrolled", "Gradient by the recurrent weights, unrolled", GRAD_U)
GRAD_W_UNROLLED = unrolled("rnn.grad_W_unrolled", "Gradient by the input weights, unrolled", GRAD_W)

DERIVATIONS = (ADJOINT_RECURRENCE, LAST_ADJOINT, GRAD_U, GRAD_W, UNROLLED, GRAD_U_UNROLLED, GRAD_W_UNROLLED)
