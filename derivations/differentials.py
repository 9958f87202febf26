"""Differentials of matrix expressions, without dimensions.

A line of a gradient is d f = Σ ⟨G_i, d e_i⟩.  A row of `PULLBACKS` turns one ⟨G, d e⟩ into terms with
smaller e; when every e is the variable X, the gradient is Σ G_i.  The table is the whole of the
calculus: a new kind of node is a new row.  (Magnus & Neudecker, Matrix Differential Calculus, 3rd
ed. 2019, chapters 8 and 9; the reverse order of evaluation is reverse-mode differentiation.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sympy import (
    Add,
    Basic,
    Derivative,
    Dummy,
    Mul,
    Pow,
    S,
    Subs,
    default_sort_key,
    powsimp,
)
from sympy.core.function import Application
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardProduct,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.determinant import Determinant
from sympy.matrices.expressions.matexpr import MatrixElement

from .chain import Line, LineRule, Rule
from .context import Context
from .domain import Equation
from .expressions import (
    ELEMENT,
    Applied,
    Binder,
    Elementwise,
    EntryMatrix,
    Gradient,
    IndexSum,
    MatrixIndexSum,
    Member,
    Pairing,
    SymmetricSymbol,
    add,
    diagonal,
    diagonal_of,
    elementwise_derivative,
    fresh_index,
    hadamard,
    index_sum,
    inverse,
    is_matrix,
    matrix_power,
    negative,
    open_binder,
    partial_derivative,
    product,
    scale,
    transpose,
)
from .normal_form import trace

MAGNUS = "Magnus & Neudecker 2019"


def _sum(G, e):
    return [(G, part) for part in e.args]


def _scalar_function(G, e):
    """Of traces, determinants and other scalars s_i: ⟨G, d f(s)⟩ = Σ ⟨G ∂f/∂s_i, d s_i⟩."""
    parts = sorted(_outermost_scalars(e), key=default_sort_key)
    places = {part: Dummy("s", real=True) for part in parts}
    back = {place: part for part, place in places.items()}
    body = e.xreplace(places)
    return [(G * _put_back(partial_derivative(body, place), back), part) for part, place in places.items()]


def _outermost_scalars(e) -> set:
    if isinstance(e, Add | Mul | Pow | Application):
        return set().union(*map(_outermost_scalars, e.args))
    return set() if e.is_number or e.is_Symbol else {e}


def _put_back(found, back):
    """Parts for their dummies; a derivative g'(s) of an abstract function becomes one taken at the part."""
    taken = {
        d: Subs(d.xreplace({s: ELEMENT}), ELEMENT, s) for d in found.atoms(Derivative) for s in d.variables
    }
    return found.xreplace(taken).xreplace(back)


def _matrix_product(G, e):
    coefficient, factors = e.as_coeff_matrices()
    pairs = [
        (scale(coefficient, _around(factors[:i], G, factors[i + 1 :])), f) for i, f in enumerate(factors)
    ]
    if not coefficient.is_number:
        pairs.append((trace(product(transpose(G), *factors)), coefficient))
    return pairs


def _trace(G, e):
    return [(scale(G, Identity(e.arg.rows)), e.arg)]


def _trace_of_power(G, e):
    base, exponent = e.arg.base, e.arg.exp
    return [(scale(G * exponent, matrix_power(transpose(base), exponent - 1)), base)]


def _entry(G, e):
    return [(scale(G, EntryMatrix(*e.parent.shape, e.i, e.j)), e.parent)]


def _determinant(G, e):
    return [(scale(powsimp(G * e), transpose(inverse(e.arg))), e.arg)]


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
    among: Callable[[Basic], bool] = lambda e: True

    def matches(self, e: Basic) -> bool:
        return isinstance(e, self.kinds) and self.among(e)


PULLBACKS = (
    Pullback(
        "sum rule", (Add, MatAdd), _sum, r"$\mathrm d(A+B)=\mathrm dA+\mathrm dB$", f"{MAGNUS}, 8.2"
    ),
    Pullback(
        "product rule",
        (MatMul,),
        _matrix_product,
        r"$\langle G,\mathrm d(AB)\rangle=\langle GB^\top,\mathrm dA\rangle+\langle A^\top G,\mathrm dB\rangle$",
        f"{MAGNUS}, 8.2",
    ),
    Pullback(
        "chain rule for scalars",
        (Mul, Pow, Application),
        _scalar_function,
        r"$\mathrm df(s_1,\dots)=\sum_i\frac{\partial f}{\partial s_i}\,\mathrm ds_i$ for scalars $s_i$",
        f"{MAGNUS}, 5.12",
        among=lambda e: not is_matrix(e),
    ),
    Pullback(
        "trace of a power",
        (Trace,),
        _trace_of_power,
        r"$\mathrm d\operatorname{tr}A^k=k\,\langle(A^\top)^{k-1},\mathrm dA\rangle$",
        f"{MAGNUS}, 8.2",
        among=lambda e: isinstance(e.arg, MatPow) and not isinstance(e.arg, Inverse),
    ),
    Pullback(
        "entry rule",
        (MatrixElement,),
        _entry,
        r"$\mathrm dA_{ij}=\langle E_{ij},\mathrm dA\rangle$, where $E_{ij}$ is 1 at $(i,j)$ and 0 elsewhere",
        "definition",
    ),
    Pullback(
        "trace rule",
        (Trace,),
        _trace,
        r"$\mathrm d\operatorname{tr}A=\langle I,\mathrm dA\rangle$",
        f"{MAGNUS}, 8.2",
    ),
    Pullback(
        "determinant rule",
        (Determinant,),
        _determinant,
        r"$\mathrm d\det A=\det(A)\,\langle A^{-\top},\mathrm dA\rangle$ (Jacobi)",
        f"{MAGNUS}, 8.3",
    ),
    Pullback(
        "inverse rule",
        (Inverse,),
        _inverse,
        r"$\mathrm dA^{-1}=-A^{-1}(\mathrm dA)A^{-1}$",
        f"{MAGNUS}, 8.4",
    ),
    Pullback(
        "diagonal-matrix rule",
        (DiagMatrix,),
        _diagonal,
        r"$\langle G,\mathrm d\operatorname{diag}(v)\rangle=\langle\operatorname{diag}^{-1}(G),\mathrm dv\rangle$: "
        "only the diagonal of $G$ meets it",
        f"{MAGNUS}, 8.2",
    ),
    Pullback(
        "diagonal rule",
        (DiagonalOf,),
        _diagonal_of,
        r"the diagonal of $\mathrm dA$ is paired with $\operatorname{diag}(g)$",
        f"{MAGNUS}, 8.2",
    ),
    Pullback(
        "transpose rule",
        (Transpose,),
        lambda G, e: [(transpose(G), e.arg)],
        r"$\langle G,\mathrm dA^\top\rangle=\langle G^\top,\mathrm dA\rangle$",
        f"{MAGNUS}, 8.2",
    ),
    Pullback(
        "Hadamard product rule",
        (HadamardProduct,),
        _hadamard,
        r"$\langle G,\mathrm d(A\circ B)\rangle=\langle G\circ B,\mathrm dA\rangle+\langle G\circ A,\mathrm dB\rangle$",
        f"{MAGNUS}, 8.2",
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
        if isinstance(subterm, Pairing) and row.matches(subterm.expression):
            return pull_back(row, subterm, context)
        return None

    return Rule(row.name, row.reason, row.source, rewrite, everywhere=True)


CALCULUS = {row.name: _row_rule(row) for row in PULLBACKS}


def _constant(subterm, context):
    if isinstance(subterm, Pairing) and not context.varies(subterm.expression):
        context.require("{} is constant", subterm.expression)
        return S.Zero
    return None


constant = Rule("constant", r"$\mathrm dc=0$", f"{MAGNUS}, 8.2", _constant, everywhere=True)


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
    f"{MAGNUS}, 8.2",
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


# --- from a differential to a gradient ----------------------------------------------------------


def read_off(label: str | None = None) -> LineRule:
    """df = ⟨G, dX⟩ for every direction dX says ∂f/∂X = G; `label`: the definition that names the gradient."""

    def rewrite(line: Line, context: Context) -> Line | None:
        left, right, variable = line.left, line.right, context.variable
        if variable is None or not (left == 0 or (isinstance(left, Pairing) and left.weight == 1)):
            return None
        scalar = S.Zero if left == 0 else left.expression
        weight = _weight_of(right, variable)
        if weight is None:
            return None
        gradient = Gradient(scalar, variable)
        return Line(gradient if label is None else _named(gradient, label, context), weight)

    return LineRule(
        "read off the gradient",
        r"$\mathrm df=\langle G,\mathrm dX\rangle$ in every direction $\mathrm dX$ means $\partial f/\partial X=G$.",
        f"{MAGNUS}, 5.8 (first identification theorem), for matrix functions 5.15",
        rewrite=rewrite,
    )


def _weight_of(right, variable):
    """G of ⟨G, dX⟩; None where the line is not yet of that form."""
    if right == 0:
        return ZeroMatrix(*variable.shape)
    return right.weight if isinstance(right, Pairing) and right.expression == variable else None


def _named(gradient: Gradient, label: str, context: Context) -> Basic:
    """The name that a definition gives to this gradient; the gradient itself if it is another one."""
    equation = context.equation(label)
    variable = gradient.variable
    if not isinstance(variable, Member):
        return gradient
    right, conditions = equation.instance(variable.index)
    return equation.left_at(variable.index) if right == gradient and context.holds(conditions) else gradient


def through_state(*labels: str) -> Rule:
    """Chain rule through a state: the differential of a sum's tail that the variable reaches by one state only.

    Each label names a definition G_t := ∂(tail_t)/∂h_t, one for each family that the state consists of.  If the
    variable is a member at s and the tail begins at s + 1, then d tail = Σ ⟨G_{s+1}, d h_{s+1}⟩, since each
    state is computed from the one before alone.
    """

    def rewrite(subterm: Basic, context: Context):
        variable = context.variable
        if not (isinstance(subterm, Pairing) and subterm.weight == S.One and isinstance(variable, Member)):
            return None
        following = variable.index + 1
        adjoints = [context.equation(label) for label in labels]
        found = [adjoint.instance(following) for adjoint in adjoints]
        if not all(g.expression == subterm.expression and context.holds(at) for g, at in found):
            return None
        states = frozenset(g.variable.family for g, _ in found)
        if variable.family not in states or not _is_markov(subterm.expression, states, context):
            return None
        members = [g.variable for g, _ in found]
        context.require(
            f"the terms from {{}} on depend on {{}} only through {' and '.join(['{}'] * len(members))}",
            following,
            variable,
            *members,
        )
        return Add(*(Pairing(a.left_at(following), m) for a, m in zip(adjoints, members, strict=True)))

    return Rule(
        "chain rule through the next state",
        "The later losses see this state only through the next one, so their differential is "
        r"$\langle\delta_{t+1},\mathrm dh_{t+1}\rangle$"
        + ("." if len(labels) == 1 else ", a term for each part of the state."),
        "Werbos 1990, section III (chain rule for ordered derivatives)",
        rewrite,
    )


def _is_markov(total: Basic, states: frozenset, context: Context) -> bool:
    return all(_first_order(family, states, context) for family in states) and _of_own_index(
        total, states, context
    )


def _first_order(family, states: frozenset, context: Context) -> bool:
    """Whether every definition of h_t, other definitions unfolded, mentions the states at t - 1 only."""
    own = [e for e in context.equations.values() if isinstance(e.left, Member) and e.left.family == family]
    return bool(own) and all(
        e.index is not None and context.mentions(e.right, states) == {e.index - 1} for e in own
    )


def _of_own_index(total: Basic, states: frozenset, context: Context) -> bool:
    """Whether the term at t of a sum over t mentions the states at t only."""
    if not isinstance(total, IndexSum):
        return False
    body, index = open_binder(total)
    return context.mentions(body, states) == {index}


def through_layers(label: str) -> Rule:
    """Chain rule through a state: the differential of a tail that the variable reaches by one state only.

    `label` names a definition G_t := ∂(tail_t)/∂h_t.  If the variable moves tail_s through h_s alone, then
    d tail_s = ⟨G_s, d h_s⟩.  The variable may be the state before, h_{s-1}, since each state is computed from
    the one before; or a parameter of the step that makes h_s; or one of the first state only.
    """

    def rewrite(subterm: Basic, context: Context):
        if context.variable is None or not isinstance(subterm, Add | Pairing):
            return None
        equation, terms = context.equation(label), Add.make_args(subterm)
        family = equation.right.variable.family
        for first in _first_states(context, family):
            gradient, conditions = equation.instance(first)
            tail = _pairings_of(gradient.expression, terms)
            if tail is None or not context.holds(conditions):
                continue
            if reaches_only_through(family, first, gradient.expression, context):
                state = family[first]
                context.require("the terms from {} on depend on {} only through {}", first, context.variable, state)
                return Add(Pairing(equation.left_at(first), state), *(t for t in terms if t not in tail))
        return None

    return Rule(
        "chain rule through the next state",
        "What comes later sees the variable only through the next state, so its differential is "
        r"$\langle\delta_{t+1},\mathrm dh_{t+1}\rangle$.",
        "Werbos 1990, section III (chain rule for ordered derivatives)",
        rewrite,
    )


def _first_states(context: Context, family) -> Iterable[Basic]:
    """The indices of the states that the variable may move first."""
    if isinstance(context.variable, Member):
        return context.variable.index + 1, context.variable.index
    return [e.left.index for e in context.definitions(family) if e.index is None]


def _pairings_of(tail: Basic, terms) -> list | None:
    """The terms that make up d tail; None where one is missing."""
    if Pairing(S.One, tail) in terms:
        return [Pairing(S.One, tail)]
    parts = [Pairing(S.One, part) for part in Add.make_args(tail)]
    return parts if all(part in terms for part in parts) else None


def reaches_only_through(family, first, tail: Basic, context: Context) -> bool:
    """Whether the variable moves the tail, which begins at index `first` of a family, by that member alone.

    The tail must see no earlier member; each later one is made from the one before alone; and the
    variable, unless it is the member before, must enter neither the tail nor a later step.
    """
    variable = context.variable
    own_state = isinstance(variable, Member) and variable.family == family
    if own_state and variable.index != first - 1:
        return False
    if not _sees_from(tail, family, first, context):
        return False
    if not own_state and context.varies_otherwise(tail, family):
        return False
    return all(_made_from_one_before(e, first, own_state, context) for e in context.definitions(family))


def _sees_from(expression: Basic, family, first, context: Context) -> bool:
    """Whether an expression, definitions unfolded, mentions members of a family from `first` on only."""
    if isinstance(expression, Binder):
        body, index = open_binder(expression)
        return _sees_from(body, family, first, context.within(index, expression.lower, expression.upper))
    if expression.atoms(Binder):
        return all(_sees_from(a, family, first, context) for a in expression.args)
    return all(context.is_nonnegative(i - first) for i in context.mentions(expression, frozenset({family})))


def _made_from_one_before(e: Equation, first, own_state: bool, context: Context) -> bool:
    """Whether a definition makes each member after `first` from the one before, and not from the variable."""
    family = e.left.family
    if e.index is None:
        return context.is_nonnegative(first - e.left.index)
    index = fresh_index()
    right, _ = e.instance(index)
    after = context.within(index, first + 1, e.upper)
    if context.mentions(right, frozenset({family})) != {index - 1}:
        return False
    return own_state or not after.varies_otherwise(right, family)
