"""Differentials of matrix expressions, without dimensions.

A line of a gradient is d f = Σ ⟨G_i, d e_i⟩.  A row of `PULLBACKS` turns one ⟨G, d e⟩ into terms with
smaller e; when every e is the variable X, the gradient is Σ G_i.  The table is the whole of the
calculus: a new kind of node is a new row.  (Magnus & Neudecker, Matrix Differential Calculus, 3rd
ed. 2019, chapters 8 and 9; the reverse order of evaluation is reverse-mode differentiation.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sympy import Add, Basic, Mul, S
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, Transpose

from .chain import Line, LineRule, Rule
from .context import Context
from .expressions import (
    Applied,
    Elementwise,
    Gradient,
    IndexSum,
    MatrixIndexSum,
    Member,
    Pairing,
    add,
    elementwise_derivative,
    hadamard,
    index_sum,
    open_binder,
    product,
    scale,
    transpose,
)

MAGNUS = "Magnus & Neudecker 2019"


def _sum(G, e):
    return [(G, part) for part in e.args]


def _scalar_product(G, e):
    return [(G * Mul(*e.args[:i], *e.args[i + 1 :]), factor) for i, factor in enumerate(e.args)]


def _matrix_product(G, e):
    coefficient, factors = e.as_coeff_matrices()
    return [
        (scale(coefficient, _around(factors[:i], G, factors[i + 1 :])), factor)
        for i, factor in enumerate(factors)
    ]


def _around(left, G, right):
    """⟨G, L dX R⟩ = ⟨Lᵀ G Rᵀ, dX⟩."""
    return product(*(transpose(a) for a in reversed(left)), G, *(transpose(b) for b in reversed(right)))


def _hadamard(G, e):
    return [(hadamard(G, *e.args[:i], *e.args[i + 1 :]), factor) for i, factor in enumerate(e.args)]


def _elementwise(G, e):
    return [(hadamard(G, elementwise_derivative(e)), e.expr)]


def _vector_function(G, e):
    return [(scale(G, e.function.gradient(e.index, e.argument)), e.argument)]


@dataclass(frozen=True)
class Pullback:
    """One row: for a node e of this kind, ⟨G, d e⟩ = Σ ⟨G_i, d e_i⟩ with the pairs that `pull` gives."""

    name: str
    kinds: tuple[type, ...]
    pull: Callable[[Basic, Basic], Iterable[tuple[Basic, Basic]]]
    reason: str
    source: str


PULLBACKS = (
    Pullback(
        "sum rule", (Add, MatAdd), _sum, r"$\mathrm d(A+B)=\mathrm dA+\mathrm dB$", f"{MAGNUS}, 8.3 (3)"
    ),
    Pullback(
        "product rule",
        (MatMul,),
        _matrix_product,
        r"$\langle G,\mathrm d(AB)\rangle=\langle GB^\top,\mathrm dA\rangle+\langle A^\top G,\mathrm dB\rangle$",
        f"{MAGNUS}, 8.3 (4)",
    ),
    Pullback(
        "product rule for scalars",
        (Mul,),
        _scalar_product,
        r"$\mathrm d(ab)=a\,\mathrm db+b\,\mathrm da$",
        f"{MAGNUS}, 8.3 (4)",
    ),
    Pullback(
        "transpose rule",
        (Transpose,),
        lambda G, e: [(transpose(G), e.arg)],
        r"$\langle G,\mathrm dA^\top\rangle=\langle G^\top,\mathrm dA\rangle$",
        f"{MAGNUS}, 8.3 (6)",
    ),
    Pullback(
        "Hadamard product rule",
        (HadamardProduct,),
        _hadamard,
        r"$\langle G,\mathrm d(A\circ B)\rangle=\langle G\circ B,\mathrm dA\rangle+\langle G\circ A,\mathrm dB\rangle$",
        f"{MAGNUS}, 8.3 (8)",
    ),
    Pullback(
        "elementwise chain rule",
        (Elementwise,),
        _elementwise,
        r"$\mathrm d\,g(z)=g'(z)\circ\mathrm dz$, so the weight is multiplied entrywise by $g'(z)$",
        f"{MAGNUS}, 5.12",
    ),
    Pullback(
        "chain rule",
        (Applied,),
        _vector_function,
        r"$\mathrm d L(v)=\langle\nabla L(v),\mathrm dv\rangle$",
        f"{MAGNUS}, 5.12",
    ),
)


def pull_back(row: Pullback, pairing: Pairing, context: Context):
    """⟨G, d e⟩ by one row of the table; terms whose e does not depend on the variable are dropped, and said so."""
    terms = []
    for weight, part in row.pull(pairing.weight, pairing.expression):
        if context.varies(part):
            terms.append(Pairing(weight, part))
        elif not part.is_number:
            context.require("{} is constant", part)
    return Add(*terms)


def _row_rule(row: Pullback) -> Rule:
    def rewrite(subterm, context):
        if isinstance(subterm, Pairing) and isinstance(subterm.expression, row.kinds):
            return pull_back(row, subterm, context)
        return None

    return Rule(row.name, row.reason, row.source, rewrite, everywhere=True)


CALCULUS = {row.name: _row_rule(row) for row in PULLBACKS}


# --- differentials and sums over an index -------------------------------------------------------


def _differentiate_sum(subterm, context):
    if not (isinstance(subterm, Pairing) and isinstance(subterm.expression, IndexSum | MatrixIndexSum)):
        return None
    total = subterm.expression
    body, index = open_binder(total)
    return index_sum(Pairing(subterm.weight, body), index, total.lower, total.upper)


differentiate_sum = Rule(
    "differential of a sum over an index",
    "The differential of a finite sum is the sum of the differentials.",
    f"{MAGNUS}, 8.3 (3)",
    _differentiate_sum,
    everywhere=True,
)


def _split_weight(subterm, context):
    if isinstance(subterm, Pairing) and isinstance(subterm.weight, MatAdd):
        return Add(*(_pair(part, subterm.expression) for part in subterm.weight.args))
    return None


def _pair(weight, expression):
    """⟨cG, d e⟩ as c ⟨G, d e⟩."""
    if isinstance(weight, MatMul):
        coefficient, matrices = weight.as_coeff_matrices()
        return coefficient * Pairing(product(*matrices), expression)
    return Pairing(weight, expression)


split_weight = Rule(
    "linearity in the weight",
    r"$\langle A+B,\mathrm de\rangle=\langle A,\mathrm de\rangle+\langle B,\mathrm de\rangle$",
    "bilinearity of the inner product",
    _split_weight,
    everywhere=True,
)


def _join_weights(subterm, context):
    """Σ c_i ⟨G_i, de⟩ with one and the same e becomes ⟨Σ c_i G_i, de⟩."""
    if not isinstance(subterm, Add):
        return None
    parts = [_coefficient_and_pairing(term) for term in subterm.args]
    if None in parts or len({pairing.expression for _, pairing in parts}) != 1:
        return None
    weight = add(*(scale(c, pairing.weight) for c, pairing in parts))
    return Pairing(weight, parts[0][1].expression)


def _coefficient_and_pairing(term):
    coefficient, rest = term.as_coeff_Mul()
    return (coefficient, rest) if isinstance(rest, Pairing) else None


join_weights = Rule(
    "collect",
    r"$\langle A,\mathrm de\rangle+\langle B,\mathrm de\rangle=\langle A+B,\mathrm de\rangle$",
    "bilinearity of the inner product",
    _join_weights,
)


def _move_sum_into_weight(subterm, context):
    if not isinstance(subterm, IndexSum):
        return None
    body, index = open_binder(subterm)
    if not isinstance(body, Pairing) or body.expression.has(index):
        return None
    return Pairing(index_sum(body.weight, index, subterm.lower, subterm.upper), body.expression)


move_sum_into_weight = Rule(
    "collect the sum",
    r"$\sum_t\langle A_t,\mathrm de\rangle=\langle\sum_t A_t,\mathrm de\rangle$: the same $\mathrm de$ in every term",
    "bilinearity of the inner product",
    _move_sum_into_weight,
)


# --- from a differential to a gradient ----------------------------------------------------------


def read_off(label: str | None = None) -> LineRule:
    """df = ⟨G, dX⟩ for every direction dX says ∂f/∂X = G; `label`: the definition that names the gradient."""

    def rewrite(line: Line, context: Context) -> Line | None:
        left, right = line.left, line.right
        if not (isinstance(left, Pairing) and isinstance(right, Pairing) and left.weight == S.One):
            return None
        if right.expression != context.variable:
            return None
        gradient = Gradient(left.expression, context.variable)
        return Line(gradient if label is None else _named(gradient, label, context), right.weight)

    return LineRule(
        "read off the gradient",
        r"$\mathrm df=\langle G,\mathrm dX\rangle$ in every direction $\mathrm dX$ means $\partial f/\partial X=G$.",
        f"{MAGNUS}, 9.3 (first identification theorem)",
        rewrite=rewrite,
    )


def _named(gradient: Gradient, label: str, context: Context) -> Basic:
    """The name that a definition gives to this gradient; the gradient itself if it is another one."""
    equation = context.equation(label)
    variable = gradient.variable
    if not isinstance(variable, Member):
        return gradient
    right, conditions = equation.instance(variable.index)
    return equation.left_at(variable.index) if right == gradient and context.holds(conditions) else gradient


def through_state(label: str) -> Rule:
    """Chain rule through a state: the differential of the tail of a sum, when the variable reaches it by one state only.

    `label` names a definition G_t := ∂(tail_t)/∂h_t.  If the variable is h_s and the tail begins at
    s + 1, then d tail = ⟨G_{s+1}, d h_{s+1}⟩, since each state is computed from the one before alone.
    """

    def rewrite(subterm: Basic, context: Context):
        variable, equation = context.variable, context.equation(label)
        if not (isinstance(subterm, Pairing) and subterm.weight == S.One and isinstance(variable, Member)):
            return None
        following = variable.index + 1
        gradient, conditions = equation.instance(following)
        if subterm.expression != gradient.expression or not context.holds(conditions):
            return None
        if not (
            _first_order(variable.family, context)
            and _of_own_index(gradient.expression, variable.family, context)
        ):
            return None
        state = variable.family[following]
        context.require("the terms from {} on depend on {} only through {}", following, variable, state)
        return Pairing(equation.left_at(following), state)

    return Rule(
        "chain rule through the next state",
        "The later losses see this state only through the next one, so their differential is "
        r"$\langle\delta_{t+1},\mathrm dh_{t+1}\rangle$.",
        "Werbos 1990, Proc. IEEE 78, eq. (15)-(18)",
        rewrite,
    )


def _first_order(family, context: Context) -> bool:
    """Whether every definition of h_t, other definitions unfolded, mentions h at t - 1 only."""
    own = [e for e in context.equations.values() if isinstance(e.left, Member) and e.left.family == family]
    return bool(own) and all(
        e.index is not None and _indices(e.right, family, context) == {e.index - 1} for e in own
    )


def _of_own_index(total: Basic, family, context: Context) -> bool:
    """Whether the term at t of a sum over t mentions the family at t only."""
    if not isinstance(total, IndexSum):
        return False
    body, index = open_binder(total)
    return _indices(body, family, context) == {index}


def _indices(expression: Basic, family, context: Context) -> set:
    """The indices at which `expression`, definitions of other families unfolded, mentions `family`."""
    found = set()
    for member in expression.atoms(Member):
        if member.family == family:
            found.add(member.index)
            continue
        for equation in context.equations.values():
            if equation.index is not None and getattr(equation.left, "family", None) == member.family:
                found |= _indices(equation.instance(member.index)[0], family, context)
    return found
