"""Differentials of matrix expressions, without dimensions.

A line of a gradient is d f = Σ ⟨G_i, d e_i⟩.  A row of `PULLBACKS` turns one ⟨G, d e⟩ into terms with
smaller e; when every e is the variable X, the gradient is Σ G_i.  The table is the whole of the
calculus: a new kind of node is a new row.  (Magnus & Neudecker, Matrix Differential Calculus, 3rd
ed. 2019, chapters 8 and 9; the reverse order of evaluation is reverse-mode differentiation.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sympy import Add, Basic, Derivative, Dummy, Expr, Mul, Pow, Q, S, Subs, Symbol, default_sort_key, preorder_traversal
from sympy.assumptions import AppliedPredicate
from sympy.core.function import Application, AppliedUndef
from sympy.logic.boolalg import And, BooleanTrue
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.determinant import Determinant

from .chain import Derivation, Line, LineRule, Rule, Step
from .context import Context, DoesNotApply
from .domain import Declaration, Domain
from .expressions import (
    Applied,
    ELEMENT,
    Elementwise,
    Gradient,
    IndexSum,
    MatrixIndexSum,
    Member,
    Pairing,
    SymmetricSymbol,
    add,
    diagonal,
    diagonal_of,
    differential,
    elementwise_derivative,
    hadamard,
    index_sum,
    inverse,
    is_matrix,
    negative,
    open_binder,
    product,
    scale,
    transpose,
)
from .identities import inverse_of_product
from .normal_form import Unsupported, as_scalar, trace
from .printing import text

MAGNUS = "Magnus & Neudecker 2019"


def _sum(G, e):
    return [(G, part) for part in e.args]


def _scalar_function(G, e):
    """Of traces, determinants and other scalars s_i: ⟨G, d f(s)⟩ = Σ ⟨G ∂f/∂s_i, d s_i⟩."""
    parts = sorted(_outermost_scalars(e), key=default_sort_key)
    places = {part: Dummy("s", real=True) for part in parts}
    back = {place: part for part, place in places.items()}
    body = e.xreplace(places)
    return [(G * _derivative(body, places[part], e).xreplace(back), part) for part in parts]


def _outermost_scalars(e) -> set:
    if isinstance(e, Add | Mul | Pow | Application):
        return set().union(*map(_outermost_scalars, e.args))
    return set() if e.is_number or e.is_Symbol else {e}


def _derivative(body, place, of):
    """∂ body/∂ place by SymPy; refused where SymPy leaves the derivative of a function that it does not know."""
    found = body.diff(place)
    for left in found.atoms(Derivative, Subs):
        if not left.atoms(AppliedUndef):
            raise Unsupported(f"SymPy has no derivative for {text(of)}")
    return found


def _matrix_product(G, e):
    coefficient, factors = e.as_coeff_matrices()
    pairs = [(scale(coefficient, _around(factors[:i], G, factors[i + 1 :])), f) for i, f in enumerate(factors)]
    if not coefficient.is_number:
        pairs.append((trace(product(transpose(G), *factors)), coefficient))
    return pairs


def _trace(G, e):
    return [(scale(G, Identity(e.arg.rows)), e.arg)]


def _determinant(G, e):
    return [(scale(G * e, transpose(inverse(e.arg))), e.arg)]


def _inverse(G, e):
    turned = transpose(e)
    return [(negative(product(turned, G, turned)), e.arg)]


def _diagonal(G, e):
    return [(diagonal_of(G), e.args[0])]


def _diagonal_of(G, e):
    return [(diagonal(G), e.args[0])]


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
        "chain rule for scalars",
        (Mul, Pow, Application),
        _scalar_function,
        r"$\mathrm df(s_1,\dots)=\sum_i\frac{\partial f}{\partial s_i}\,\mathrm ds_i$ for scalars $s_i$",
        f"{MAGNUS}, 5.12",
    ),
    Pullback(
        "trace rule",
        (Trace,),
        _trace,
        r"$\mathrm d\operatorname{tr}A=\langle I,\mathrm dA\rangle$",
        f"{MAGNUS}, 8.3 (7)",
    ),
    Pullback(
        "determinant rule",
        (Determinant,),
        _determinant,
        r"$\mathrm d\det A=\det(A)\,\langle A^{-\top},\mathrm dA\rangle$ (Jacobi)",
        f"{MAGNUS}, 8.3 (12)",
    ),
    Pullback(
        "inverse rule",
        (Inverse,),
        _inverse,
        r"$\mathrm dA^{-1}=-A^{-1}(\mathrm dA)A^{-1}$",
        f"{MAGNUS}, 8.4 (1)",
    ),
    Pullback(
        "diagonal-matrix rule",
        (DiagMatrix,),
        _diagonal,
        r"$\langle G,\mathrm d\operatorname{diag}(v)\rangle=\langle\operatorname{diag}^{-1}(G),\mathrm dv\rangle$: "
        "only the diagonal of $G$ meets it",
        f"{MAGNUS}, 8.3",
    ),
    Pullback(
        "diagonal rule",
        (DiagonalOf,),
        _diagonal_of,
        r"the diagonal of $\mathrm dA$ is paired with $\operatorname{diag}(g)$",
        f"{MAGNUS}, 8.3",
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
    if not isinstance(subterm, Add | Mul):
        return None
    parts = [_coefficient_and_pairing(term) for term in Add.make_args(subterm)]
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
        if right == 0:
            right = Basic.__new__(Pairing, ZeroMatrix(*context.variable.shape), context.variable)
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


# --- Kronecker products -------------------------------------------------------------------------


def _mixed_product(subterm, context):
    """(A ⊗ B)(C ⊗ D) = AC ⊗ BD for neighbours whose parts fit."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place, (left, right) in enumerate(zip(factors, factors[1:], strict=False)):
        if isinstance(left, KroneckerProduct) and isinstance(right, KroneckerProduct) and _parts_fit(left, right):
            merged = KroneckerProduct(*map(product, left.args, right.args))
            return product(coefficient, *factors[:place], merged, *factors[place + 2 :])
    return None


def _parts_fit(left, right) -> bool:
    return len(left.args) == len(right.args) and all(a.cols == b.rows for a, b in zip(left.args, right.args, strict=True))


def _kronecker_inside(subterm, context):
    if isinstance(subterm, Transpose | Inverse) and isinstance(subterm.arg, KroneckerProduct):
        inward = transpose if isinstance(subterm, Transpose) else inverse
        return KroneckerProduct(*map(inward, subterm.arg.args))
    return None


def _kronecker_trace(subterm, context):
    if isinstance(subterm, Trace) and isinstance(subterm.arg, KroneckerProduct):
        return Mul(*map(trace, subterm.arg.args))
    return None


KRONECKER = (
    Rule(
        "transpose or inverse of a Kronecker product",
        r"$(A\otimes B)^\top=A^\top\otimes B^\top$, $(A\otimes B)^{-1}=A^{-1}\otimes B^{-1}$",
        f"{MAGNUS}, 2.2",
        _kronecker_inside,
        everywhere=True,
    ),
    Rule("mixed product", r"$(A\otimes B)(C\otimes D)=AC\otimes BD$", f"{MAGNUS}, 2.2 (4)", _mixed_product, everywhere=True),
    Rule(
        "trace of a Kronecker product",
        r"$\operatorname{tr}(A\otimes B)=\operatorname{tr}A\,\operatorname{tr}B$",
        f"{MAGNUS}, 2.2 (7)",
        _kronecker_trace,
        everywhere=True,
    ),
)


# --- the usual form of an answer ----------------------------------------------------------------


def _with_powers(subterm, context):
    """A A A as A³, in a product."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    powers = []
    for factor in factors:
        base, exponent = (factor.arg, -1) if isinstance(factor, Inverse) else (factor, 1)
        if powers and powers[-1][0] == base and powers[-1][1] * exponent > 0:
            powers[-1][1] += exponent
        else:
            powers.append([base, exponent])
    if len(powers) == len(factors):
        return None
    return product(coefficient, *(_matrix_power(base, exponent) for base, exponent in powers))


def _matrix_power(base, exponent):
    return {1: base, -1: inverse(base)}.get(exponent) or MatPow(base, exponent)


def _symmetric_part(subterm, context):
    """⟨G, dX⟩ = ⟨(G + Gᵀ)/2, dX⟩ for a symmetric dX."""
    if not (isinstance(subterm, Pairing) and isinstance(subterm.expression, SymmetricSymbol)):
        return None
    weight = scale(S.Half, add(subterm.weight, transpose(subterm.weight)))
    if subterm.expression != context.variable or weight == subterm.weight:
        return None
    context.require("{} is symmetric", subterm.expression)
    return Pairing(weight, subterm.expression)


symmetric_part = Rule(
    "symmetric part",
    r"A symmetric $\mathrm dX$ meets only the symmetric part of its weight: $(G+G^\top)/2$.",
    f"{MAGNUS}, 3.8",
    _symmetric_part,
)


def _constant(subterm, context):
    if isinstance(subterm, Pairing) and not context.varies(subterm.expression):
        context.require("{} is constant", subterm.expression)
        return S.Zero
    return None


constant = Rule("constant", r"$\mathrm dc=0$", f"{MAGNUS}, 8.3 (1)", _constant, everywhere=True)
def _scalars_in_front(subterm, context):
    """A 1x1 group among the factors of a larger product, as the number it is, in front."""
    if not isinstance(subterm, MatMul) or subterm.shape == (1, 1):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for start in range(len(factors)):
        for end in range(start + 2, len(factors) + 1):
            if factors[start].rows == 1 and factors[end - 1].cols == 1:
                number = as_scalar(product(*factors[start:end]))
                return product(coefficient * number, *factors[:start], *factors[end:])
    return None


scalars_in_front = Rule(
    "numbers in front", r"$a\,(x^\top y)=(x^\top y)\,a$", "definition", _scalars_in_front, everywhere=True
)
with_powers = Rule("powers", r"$AA=A^2$", "definition", _with_powers, everywhere=True)
USUAL_FORM = (inverse_of_product, scalars_in_front, with_powers)
