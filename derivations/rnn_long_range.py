"""Question 1 (b), (c): how far back the gradient of a recurrent network reaches.

    z_t = W x_t + U h_t,   h_t = g(z_{t-1})

A loss gradient ∇L_t(h_t) comes back to time k through the matrix Π_{j=k}^{t-1} Uᵀ diag(g'(z_j)), the
transposed Jacobian ∂h_t/∂h_k.  Its norm is bounded by singular values of U, from above where |g'| <= λ,
from below where g' >= λ > 0, for every U, every size, every lag and any sequence z.  With eigenvalues in
their place both statements are false: `COUNTEREXAMPLES`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Abs, Derivative, Matrix, Rational, Symbol, diag
from sympy.matrices.expressions import MatrixSymbol
from sympy.matrices.expressions.determinant import Determinant

from .chain import Derivation, Induction, Line, Rule, Step
from .domain import Declaration, Domain, Inequality
from .expressions import ELEMENT, index_product, open_binder, product, substitute
from .gaussian import limit_at_infinity
from .identities import unfold
from .norms import (
    at_least,
    at_most,
    bernoulli,
    determinant_bound,
    determinant_of_slopes,
    eigenvalue_of_square,
    empty_product,
    extreme_bounded,
    extreme_of_every_vector,
    first_factor_apart,
    modulus_of_determinant,
    norm_by_determinant,
    norm_of_outer_product,
    one_power,
    scalar_hypothesis,
    singular_by_gram,
    slopes_bounded,
    stretched,
    symmetric,
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

# --- as the lag grows ---------------------------------------------------------------------------------

rho = Symbol("ρ", positive=True)
WHOLE_LAG = substitute(BACK, {k: 1})


def growing_domain(weights: Declaration, relation: str, *more) -> Domain:
    """Products from time 1 to a time t that grows, for weights declared in their own way."""
    declarations = (
        Declaration(n, "size", "number of hidden units", 1, 2),
        Declaration(t, "size", "time of the loss", 1, 4),
        ACTIVATION[relation],
        *(d for d in more if isinstance(d, Declaration)),
        weights,
        Declaration(z, "family", "pre-activations: any vectors", 0, t),
        Declaration(v, "matrix", r"any vector; in the gradient $\nabla\mathcal L_t(h_t)$"),
    )
    return Domain(declarations, facts=(FACT[relation], *(f for f in more if isinstance(f, Inequality))))


def whole_lag(name: str, title: str, lemma: Induction, domain: Domain, steps, **options) -> Derivation:
    """What an induction says of the product from time 1 to time t, carried further by `steps`."""
    relation = lemma.relation
    carried: Rule = CITE[relation](
        lemma.name, "the product of Jacobians, bounded", "By induction over the lag, for every vector.", lemma.name
    )
    start = Norm(product(WHOLE_LAG, v))
    return Derivation(
        name,
        title,
        lemma.question,
        domain,
        Line(start, start),
        (Step(carried), *map(Step, steps)),
        uses=(lemma, *options.pop("uses", ())),
        assumptions=(SAID[relation], *options.pop("assumptions", ())),
        **options,
    )


as_lag_grows = limit_at_infinity(None, "the lag grows", "A power of a number below 1; nothing else moves.")
SMALL_WEIGHTS = Inequality("contraction", LargestSingularValue(U), 1 / (lam * (1 + rho)), "<=")
VANISHES = whole_lag(
    "rnn_long_range.vanishes",
    "The long-range terms tend to 0",
    UPPER,
    growing_domain(
        Declaration(
            U,
            "matrix of norm at most",
            r"weights from state to state, with $\lambda\sigma_{\max}(U)\le1/(1+\rho)$",
            upper=SMALL_WEIGHTS.right,
        ),
        "<=",
        Declaration(rho, "positive", r"margin by which $\lambda\sigma_{\max}(U)$ stays below 1"),
        SMALL_WEIGHTS,
    ),
    (extreme_bounded("contraction"), as_lag_grows),
    introduction="A gradient that is carried back from time $t$ to time 1, as $t$ grows.",
    variable=t,
    assumptions=(r"$\lambda\,\sigma_{\max}(U)<1$, written as $\lambda\,\sigma_{\max}(U)\le1/(1+\rho)$ with $\rho>0$.",),
    results={"bound": lambda last: Line(VANISHES.lines[0].left, VANISHES.lines[-2].right, "<=")},
)
EXPLODES = whole_lag(
    "rnn_long_range.explodes",
    "The long-range terms grow at least along a line",
    LOWER,
    growing_domain(Declaration(U, "matrix", "weights from state to state"), ">="),
    (bernoulli,),
    introduction="The power is bounded from below by a line, which leaves every bound if its slope is positive.",
)


# --- positive definite weights: eigenvalues are singular values ---------------------------------------

SYMMETRIC = "weights from state to state, symmetric and positive definite"


def definite_domain(relation: str) -> Domain:
    domain = growing_domain(Declaration(U, "positive definite", SYMMETRIC), relation)
    return replace(domain, positive_definite={U: "assumed"})


def eigenvalue_is_singular_value(name: str, title: str, question: str, extreme: type) -> Derivation:
    domain = Domain(
        (Declaration(n, "size", "number of hidden units", 1, 3), Declaration(U, "positive definite", SYMMETRIC)),
        positive_definite={U: "assumed"},
    )
    return Derivation(
        name,
        title,
        question,
        domain,
        Line(extreme(U), extreme(U)),
        (Step(singular_by_gram), Step(symmetric), Step(eigenvalue_of_square)),
    )


LARGEST_EIGENVALUE = eigenvalue_is_singular_value(
    "rnn_long_range.largest_eigenvalue",
    "Positive definite: the largest eigenvalue is the largest singular value",
    "Q1c",
    LargestSingularValue,
)
SMALLEST_EIGENVALUE = eigenvalue_is_singular_value(
    "rnn_long_range.smallest_eigenvalue",
    "Positive definite: the smallest eigenvalue is the smallest singular value",
    "Q1b",
    SmallestSingularValue,
)


def with_eigenvalue(name: str, title: str, bound: Induction, lemma: Derivation) -> Derivation:
    eigenvalue = unfold(lemma.name, "eigenvalues for singular values", "$U$ is positive definite.", lemma.name)
    domain, said = definite_domain(bound.relation), "$U$ is symmetric and positive definite."
    return whole_lag(name, title, bound, domain, (eigenvalue,), uses=(lemma,), assumptions=(said,))


DEFINITE_UPPER = with_eigenvalue(
    "rnn_long_range.definite_upper",
    "Positive definite weights: the bound by the largest eigenvalue",
    UPPER,
    LARGEST_EIGENVALUE,
)
DEFINITE_LOWER = with_eigenvalue(
    "rnn_long_range.definite_lower",
    "Positive definite weights: the bound by the smallest eigenvalue",
    LOWER,
    SMALLEST_EIGENVALUE,
)


# --- large eigenvalues: the norm grows, whatever single directions do ---------------------------------

DETERMINANT = Induction(
    "rnn_long_range.determinant",
    "The determinant of the product of Jacobians",
    "Q1b",
    product_domain(">="),
    Inequality(
        "claim",
        Abs(Determinant(BACK)),
        (lam**n * Abs(Determinant(U))) ** (t - k),
        ">=",
        k,
        1,
        t,
    ),
    base=(Step(empty_product), Step(modulus_of_determinant)),
    step=(
        Step(first_factor_apart),
        Step(modulus_of_determinant),
        Step(modulus_of_determinant),
        Step(determinant_of_slopes("slopes")),
        Step(scalar_hypothesis(">=")),
        Step(one_power),
    ),
    introduction="The determinant is the product of the eigenvalues, and determinants of products multiply.",
    assumptions=(SAID[">="],),
)
NORM_GROWS = Derivation(
    "rnn_long_range.norm_at_least",
    "The norm of the product, by the determinant",
    "Q1b",
    growing_domain(Declaration(U, "matrix", "weights from state to state"), ">="),
    Line(LargestSingularValue(WHOLE_LAG), LargestSingularValue(WHOLE_LAG)),
    (Step(norm_by_determinant), Step(determinant_bound(DETERMINANT.name))),
    "What the reading with eigenvalues gives: if all of them exceed $1/\\lambda$ in modulus, then so does "
    "$|\\det U|^{1/n}$, their geometric mean.",
    uses=(DETERMINANT,),
    assumptions=(SAID[">="],),
)

DERIVATIONS = (
    UPPER,
    LARGEST_STRETCH,
    TERM_UPPER,
    VANISHES,
    LARGEST_EIGENVALUE,
    DEFINITE_UPPER,
    LOWER,
    SMALLEST_STRETCH,
    TERM_LOWER,
    EXPLODES,
    SMALLEST_EIGENVALUE,
    DEFINITE_LOWER,
    DETERMINANT,
    NORM_GROWS,
)


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
