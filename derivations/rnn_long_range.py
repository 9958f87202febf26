"""Question 1 (b), (c): how far back the gradient of a recurrent network reaches.

    z_t = W x_t + U h_t,   h_t = g(z_{t-1})

A loss gradient ∇L_t(h_t) comes back to time k through the matrix Π_{j=k}^{t-1} Uᵀ diag(g'(z_j)), the
transposed Jacobian ∂h_t/∂h_k.  Its norm is bounded by singular values of U, from above where |g'| <= λ,
from below where g' >= λ > 0, for every U, every size, every lag and any sequence z.  With eigenvalues in
their place both statements are false: `COUNTEREXAMPLES`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Abs, Derivative, Matrix, Rational, Symbol, diag
from sympy.matrices.expressions import MatrixSymbol

from .chain import Derivation, Induction, Line, Rule, Step
from .domain import Declaration, Domain, Inequality
from .expressions import ELEMENT, index_product, open_binder, product, substitute
from .norms import (
    at_least,
    at_most,
    empty_product,
    extreme_of_every_vector,
    first_factor_apart,
    norm_of_outer_product,
    one_power,
    slopes_bounded,
    stretched,
    transpose_keeps_singular_values,
)
from .quantities import LargestSingularValue, Norm, SmallestSingularValue
from .rnn import DOMAIN as NETWORK
from .rnn import GRAD_U_UNROLLED, T, U, g, j, jacobian_transposed, k, n, t, z

lam = Symbol("λ", positive=True)
v = MatrixSymbol("v", n, 1)
slope = Derivative(g(ELEMENT), ELEMENT)

AT_MOST = Inequality("slopes", Abs(slope), lam, "<=", meaning="slopes at most λ")
AT_LEAST = Inequality("slopes", slope, lam, ">=", meaning="slopes at least λ")
ACTIVATION = {
    "<=": Declaration(
        (g, lam),
        "activation with slopes at most",
        r"activation, and a bound of its slopes: $|g'|\le\lambda$ everywhere",
    ),
    ">=": Declaration(
        (g, lam),
        "activation with slopes at least",
        r"activation, and a bound of its slopes: $g'\ge\lambda>0$ everywhere",
    ),
}
FACT = {"<=": AT_MOST, ">=": AT_LEAST}
SAID = {"<=": r"$|g'|\le\lambda$ everywhere.", ">=": r"$g'\ge\lambda>0$ everywhere."}

BACK = index_product(jacobian_transposed, j, k, t - 1)


def product_domain(relation: str) -> Domain:
    """Any sequence of pre-activations, any vector."""
    return Domain(
        (
            Declaration(n, "size", "number of hidden units", 1, 2),
            Declaration(T, "size", "length of the sequence", 1, 4),
            Declaration(U, "matrix", "weights from state to state"),
            Declaration(z, "family", "pre-activations: any vectors", 0, T),
            ACTIVATION[relation],
            Declaration(v, "matrix", r"any vector; in the gradient $\nabla\mathcal L_t(h_t)$"),
            Declaration(t, "index", "time of the loss", 1, T),
        ),
        facts=(FACT[relation],),
    )


def network_domain(relation: str) -> Domain:
    """The network of question 1 (a) with bounded slopes, a loss at t and a use of U at k."""
    kept = tuple(ACTIVATION[relation] if d.symbol == g else d for d in NETWORK.declarations)
    times = (
        Declaration(t, "index", "time of the loss", 1, T),
        Declaration(k, "index", "time of the state that $U$ has moved", 1, t),
    )
    return Domain((*kept, *times), NETWORK.definitions, (FACT[relation],))


# --- the product of Jacobians -------------------------------------------------------------------

CITE = {"<=": at_most, ">=": at_least}
SINGULAR = {"<=": LargestSingularValue, ">=": SmallestSingularValue}


def transported(name: str, title: str, relation: str, introduction: str) -> Induction:
    """‖Π v‖ against (λσ)^{t-k} ‖v‖, for every v, by induction over k downward from t."""
    bound = (lam * SINGULAR[relation](U)) ** (t - k) * Norm(v)
    return Induction(
        name,
        title,
        {"<=": "Q1c", ">=": "Q1b"}[relation],
        product_domain(relation),
        Inequality("claim", Norm(product(BACK, v)), bound, relation, k, 1, t),
        base=(Step(empty_product),),
        step=(
            Step(first_factor_apart),
            Step(stretched(relation)),
            Step(transpose_keeps_singular_values),
            Step(slopes_bounded("slopes", relation)),
            Step(
                CITE[relation](
                    "hypothesis",
                    "induction hypothesis",
                    "The claim at the next index, supplied by the checker.",
                    "induction",
                )
            ),
            Step(one_power),
        ),
        introduction=introduction,
        assumptions=(SAID[relation],),
    )


UPPER = transported(
    "rnn_long_range.upper_bound",
    "No vector grows faster than $(\\lambda\\sigma_{\\max})^{t-k}$",
    "<=",
    "A step back multiplies by a diagonal matrix of slopes, then by $U^\\top$: how much can each stretch?",
)
LOWER = transported(
    "rnn_long_range.lower_bound",
    "No vector shrinks faster than $(\\lambda\\sigma_{\\min})^{t-k}$",
    ">=",
    "The same steps, and how much each of them stretches at least.",
)


def extreme_stretch(name: str, title: str, lemma: Induction) -> Derivation:
    """What the bound for every vector says of the matrix alone."""
    relation = lemma.relation
    stretch = SINGULAR[relation](BACK)
    domain = product_domain(relation)
    without_v = tuple(d for d in domain.declarations if d.symbol != v)
    below = Declaration(k, "index", "time to which the gradient is carried back", 1, t)
    return Derivation(
        name,
        title,
        lemma.question,
        Domain((*without_v, below), facts=domain.facts),
        Line(stretch, stretch),
        (Step(extreme_of_every_vector(lemma.name, relation)),),
        uses=(lemma,),
        assumptions=(SAID[relation],),
    )


LARGEST_STRETCH = extreme_stretch(
    "rnn_long_range.largest_stretch", "The spectral norm of the product of Jacobians", UPPER
)
SMALLEST_STRETCH = extreme_stretch(
    "rnn_long_range.smallest_stretch", "The least that the product of Jacobians stretches", LOWER
)


# --- the terms of the gradient ------------------------------------------------------------------


def gradient_term():
    """The term (t, k) of the double sum for ∂ℒ/∂U, taken from its derivation."""
    over_k, at_t = open_binder(GRAD_U_UNROLLED.result())
    term, at_k = open_binder(over_k)
    return substitute(term, {at_t: t, at_k: k})


TERM = gradient_term()


def term_bound(name: str, title: str, lemma: Induction, introduction: str) -> Derivation:
    relation = lemma.relation
    carried_back: Rule = CITE[relation](
        lemma.name,
        "the product of Jacobians, bounded",
        "By induction over the lag, for every vector.",
        lemma.name,
    )
    return Derivation(
        name,
        title,
        lemma.question,
        network_domain(relation),
        Line(Norm(TERM), Norm(TERM)),
        (Step(norm_of_outer_product), Step(slopes_bounded("slopes", relation)), Step(carried_back)),
        introduction,
        uses=(lemma,),
        assumptions=(SAID[relation],),
    )


TERM_UPPER = term_bound(
    "rnn_long_range.term_at_most",
    "A term of the gradient, bounded from above",
    UPPER,
    "What the use of $U$ at time $k$ contributes through the loss at time $t$: a term of the double sum.",
)
TERM_LOWER = term_bound(
    "rnn_long_range.term_at_least",
    "A term of the gradient, bounded from below",
    LOWER,
    "The same term, where the slopes are bounded from below.",
)

DERIVATIONS = (UPPER, LARGEST_STRETCH, TERM_UPPER, LOWER, SMALLEST_STRETCH, TERM_LOWER)


# --- with eigenvalues it is false ---------------------------------------------------------------


@dataclass(frozen=True)
class Counterexample:
    """Weights `U`, slopes d at every step and a direction `v`, in exact numbers; J = diag(d) U."""

    U: Matrix
    slopes: tuple
    v: Matrix
    refutes: str

    @property
    def jacobian(self) -> Matrix:
        return diag(*self.slopes) * self.U

    def carried_back(self, lag: int) -> Matrix:
        """vᵀ J^lag."""
        return self.v.T * self.jacobian**lag

    @staticmethod
    def moduli(matrix: Matrix) -> tuple:
        """The moduli of the eigenvalues, ascending, each as often as it occurs."""
        return tuple(sorted(abs(value) for value, times in matrix.eigenvals().items() for _ in range(times)))


NEGATIVE = Counterexample(
    Matrix([[-10, 0], [0, -10]]),
    (Rational(1, 2), Rational(1, 2)),
    Matrix([1, 0]),
    "(c) with the largest eigenvalue",
)
NILPOTENT = Counterexample(
    Matrix([[8, 8], [-8, -8]]),
    (1, Rational(3, 4)),
    Matrix([1, 0]),
    "(c) with the largest modulus of an eigenvalue",
)
SHRINKING = Counterexample(
    Matrix([[Rational(-9, 2), Rational(13, 2)], [Rational(-13, 2), Rational(17, 2)]]),
    (1, 10),
    Matrix([13, -1]),
    "(b) with the smallest modulus of an eigenvalue",
)
COUNTEREXAMPLES = (NEGATIVE, NILPOTENT, SHRINKING)
