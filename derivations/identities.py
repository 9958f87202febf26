"""The named rules that steps cite: definitions and lemmas used, sums over an index, matrix algebra."""

from __future__ import annotations

from sympy import Add, Basic, S, preorder_traversal
from sympy.matrices.expressions import HadamardProduct, Identity, Inverse, MatAdd, MatMul, ZeroMatrix

from .chain import FIRST_TERM_LOST, LAST_TERM_LOST, OFF_BY_A_THOUSANDTH, PLUS_ONE, Mutant, Rule
from .context import Context
from .expressions import (
    Elementwise,
    Gradient,
    IndexProduct,
    IndexSum,
    MatrixDifferential,
    MatrixIndexSum,
    Member,
    Pairing,
    add,
    diagonal,
    fresh_index,
    hadamard,
    index_product,
    index_sum,
    inverse,
    is_matrix,
    is_zero,
    open_binder,
    product,
    reclose,
    scale,
    shape,
    split_coefficient,
    substitute,
    subtract,
)

GRAHAM = "Graham, Knuth & Patashnik 1994"
SUMS = f"{GRAHAM}, 2.3"
SUM_MUTANTS = (OFF_BY_A_THOUSANDTH, FIRST_TERM_LOST)


# --- definitions, lemmas, hypotheses ------------------------------------------------------------


def unfold(
    label: str,
    name: str,
    reason: str,
    source: str = "definition",
    value_is_zero: bool = False,
    mutants: tuple[Mutant, ...] = (),
) -> Rule:
    """A symbol or member of a family replaced by what the equation `label` says it is.

    `value_is_zero`: what stands there has the value 0, so that its mutant must add and not scale.
    `mutants`: others, where neither says anything.
    """

    def rewrite(subterm: Basic, context: Context):
        return None if context.may_be_variable(subterm) else context.use(label, subterm)

    usual = (PLUS_ONE,) if value_is_zero else (OFF_BY_A_THOUSANDTH,)
    return Rule(name, reason, source, rewrite, mutants=mutants or usual)


def fold(label: str, name: str, reason: str, source: str = "definition", everywhere: bool = False) -> Rule:
    """The right side of the equation `label`, which has no index, replaced by its left side."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        return equation.left if equation.index is None and subterm == equation.right else None

    return Rule(name, reason, source, rewrite, everywhere, mutants=(PLUS_ONE,))


def fold_member(label: str, name: str, reason: str, source: str = "definition") -> Rule:
    """The right side of the equation `label`, at some index, replaced by the member that it defines."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not is_matrix(subterm) or type(subterm) is not type(equation.right):
            return None
        for index in sorted({m.index for m in subterm.atoms(Member)}, key=str):
            right, conditions = equation.instance(index)
            if right == subterm and context.holds(conditions):
                context.require("{} <= {} <= {}", equation.lower, index, equation.upper)
                return equation.left_at(index)
        return None

    return Rule(name, reason, source, rewrite, everywhere=True)


def unfold_differential(
    label: str | tuple[str, ...], name: str, reason: str, source: str = "definition"
) -> Rule:
    """The same inside differentials only: ⟨G, d h_t⟩ becomes ⟨G, d(what h_t is)⟩, and d h_t likewise.

    Several labels: whatever one of the equations gives.
    """
    labels = (label,) if isinstance(label, str) else label

    def rewrite(subterm: Basic, context: Context):
        if not isinstance(subterm, Pairing | MatrixDifferential) or subterm.expression == context.variable:
            return None
        for known in labels:
            right = context.use(known, subterm.expression)
            if right is not None:
                return subterm.func(*subterm.args[:-1], right)
        return None

    return Rule(name, reason, source, rewrite, everywhere=True)


def gather(label: str, name: str, reason: str, source: str = "definition") -> Rule:
    """f(a) + f(b) = f(a + b), where the equation `label` gives a + b, a one of its members, a name."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not isinstance(subterm, MatAdd) or not isinstance(equation.right, MatAdd):
            return None
        single = next((part for part in equation.right.args if isinstance(part, Member)), None)
        if single is None:
            return None
        terms = list(subterm.args)
        for member in sorted((m for m in subterm.atoms(Member) if m.family == single.family), key=str):
            whole, conditions = equation.instance(member.index)
            if context.holds(conditions):
                terms = _gathered(terms, member, subtract(whole, member), equation.left_at(member.index))
        return None if len(terms) == len(subterm.args) else add(*terms)

    return Rule(name, reason, source, rewrite)


def _gathered(terms: list, member, other, together) -> list:
    """The terms with each pair f(member), f(other) as f(together), f linear."""
    for term in list(terms):
        partner = substitute(term, {member: other})
        if term in terms and partner in terms and partner != term and _is_linear_in(term, member):
            terms = [t for t in terms if t not in (term, partner)] + [substitute(term, {member: together})]
    return terms


def _is_linear_in(term, member) -> bool:
    once = sum(node == member for node in preorder_traversal(term)) == 1
    return once and not any(e.has(member) for e in term.atoms(Elementwise))


def solved_for_term(label: str, name: str, reason: str, source: str) -> Rule:
    """An equation left = a + b, read as a = left - b, where the subterm is a."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        index = _index_of(subterm)
        if index is None or not isinstance(equation.right, MatAdd):
            return None
        right, conditions = equation.instance(index)
        if subterm not in right.args or not context.holds(conditions):
            return None
        rest = add(*(a for a in right.args if a != subterm))
        context.require("{} <= {} <= {}", equation.lower, index, equation.upper)
        return subtract(equation.left_at(index), rest)

    return Rule(name, reason, source, rewrite, everywhere=True)


def _index_of(subterm: Basic):
    return getattr(subterm, "index", None) if is_matrix(subterm) else None


induction_hypothesis = unfold(
    "hypothesis", "induction hypothesis", "The claim at the next index, supplied by the checker.", "induction"
)


# --- sums over an index -------------------------------------------------------------------------


def _split_sum(subterm, context):
    if not isinstance(subterm, IndexSum | MatrixIndexSum):
        return None
    body, index = open_binder(subterm)
    body = body.expand() if not is_matrix(body) else body
    if not isinstance(body, Add | MatAdd):
        return None
    return add(*(_sum_of_term(subterm, term, index) for term in body.args))


def _sum_of_term(binder, term, index):
    """Σ c a_t as c Σ a_t for a number c."""
    coefficient, rest = split_coefficient(term) if is_matrix(term) else term.as_coeff_Mul()
    return scale(coefficient, reclose(binder, rest, index))


split_sum = Rule(
    "linearity of the sum",
    r"$\sum(a_t+b_t)=\sum a_t+\sum b_t$",
    SUMS,
    _split_sum,
    everywhere=True,
    mutants=SUM_MUTANTS[:1],
)


def _peel_first(subterm, context):
    """Σ_{t=lo}^{hi} f(t) = f(lo) + Σ_{t=lo+1}^{hi} f(t), if lo <= hi is discharged."""
    total = subterm.expression if isinstance(subterm, Pairing) else subterm
    if not isinstance(total, IndexSum | MatrixIndexSum) or not context.is_nonnegative(
        total.upper - total.lower
    ):
        return None
    context.require("{} <= {}", total.lower, total.upper)
    body, index = open_binder(total)
    first = substitute(body, {index: total.lower})
    whole = add(first, reclose(total, body, index, lower=total.lower + 1))
    return Pairing(subterm.weight, whole) if isinstance(subterm, Pairing) else whole


peel_first_term = Rule(
    "first term apart",
    r"$\sum_{s=t}^{T}a_s=a_t+\sum_{s=t+1}^{T}a_s$",
    SUMS,
    _peel_first,
    mutants=SUM_MUTANTS[:1],
)


def _absorb_first(subterm, context):
    """The converse: f(lo) + Σ_{t=lo+1}^{hi} f(t) = Σ_{t=lo}^{hi} f(t)."""
    if not isinstance(subterm, Add | MatAdd):
        return None
    for total in subterm.args:
        if not isinstance(total, IndexSum | MatrixIndexSum):
            continue
        body, index = open_binder(total)
        lower = total.lower - 1
        term = _empty_products_dropped(substitute(body, {index: lower}))
        rest = [a for a in subterm.args if a != total]
        if term in rest and context.is_nonnegative(total.upper - lower):
            rest.remove(term)
            context.require("{} <= {}", lower, total.upper)
            return add(reclose(total, body, index, lower=lower), *rest)
    return None


def _split_range(subterm, context):
    """Σ_{t=lo}^{hi} f(t) = Σ_{t=lo}^{k-1} f(t) + f(k) + Σ_{t=k+1}^{hi} f(t), k being the variable's index."""
    index_of_variable = getattr(context.variable, "index", None)
    if not isinstance(subterm, IndexSum | MatrixIndexSum) or index_of_variable is None:
        return None
    k = index_of_variable
    if not context.holds((k - subterm.lower, subterm.upper - k)):
        return None
    context.require("{} <= {} <= {}", subterm.lower, k, subterm.upper)
    body, index = open_binder(subterm)
    before, after = reclose(subterm, body, index, upper=k - 1), reclose(subterm, body, index, lower=k + 1)
    return add(before, substitute(body, {index: k}), after)


split_range_at_variable = Rule(
    "one term apart",
    r"$\sum_{j=1}^{K}a_j=\sum_{j<k}a_j+a_k+\sum_{j>k}a_j$",
    SUMS,
    _split_range,
    mutants=SUM_MUTANTS[:1],
)


def _empty_products_dropped(expression):
    """Products over an empty range, as in Π_{j=t}^{t-1}, are the identity."""
    empty = [p for p in expression.atoms(IndexProduct) if (p.upper - p.lower).expand() == -1]
    return substitute(expression, {p: Identity(p.rows) for p in empty})


absorb_first_term = Rule(
    "first term into the sum",
    r"$a_t+\sum_{s=t+1}^{T}a_s=\sum_{s=t}^{T}a_s$; a product over no factors is the identity",
    SUMS,
    _absorb_first,
    mutants=SUM_MUTANTS,
)


def _shift_index(subterm, context):
    """Σ_{t=lo}^{hi} f(t) = Σ_{t=lo+1}^{hi+1} f(t-1), for a sum whose terms mention the index plus one."""
    if not isinstance(subterm, IndexSum | MatrixIndexSum):
        return None
    body, index = open_binder(subterm)
    if not any(m.index == index + 1 for m in body.atoms(Member)):
        return None
    moved = substitute(body, {index: index - 1})
    return reclose(subterm, moved, index, subterm.lower + 1, subterm.upper + 1)


shift_index = Rule(
    "shift the index",
    r"$\sum_{t=1}^{T}a_{t}=\sum_{t=2}^{T+1}a_{t-1}$",
    SUMS,
    _shift_index,
    mutants=SUM_MUTANTS,
)


def move_range_down(*vanishing: str) -> Rule:
    """Σ_{t=lo}^{hi} f(t) = Σ_{t=lo-1}^{hi-1} f(t), where f(lo-1) and f(hi) are 0.

    `vanishing`: labels of equations that say a member is 0.  A term is 0 when its weight is, or when
    its differential is of something that does not vary.
    """

    def rewrite(subterm, context):
        if not isinstance(subterm, IndexSum):
            return None
        body, index = open_binder(subterm)
        ends = [substitute(body, {index: i}) for i in (subterm.lower - 1, subterm.upper)]
        if not all(_vanishes(end, vanishing, context) for end in ends):
            return None
        return reclose(subterm, body, index, subterm.lower - 1, subterm.upper - 1)

    return Rule(
        "end terms that vanish",
        "The term gained and the term lost are both 0.",
        SUMS,
        rewrite,
        mutants=(OFF_BY_A_THOUSANDTH, LAST_TERM_LOST),
    )


def _vanishes(term, labels, context: Context) -> bool:
    if not isinstance(term, Pairing):
        return False
    if not context.varies(term.expression):
        context.require("{} is constant", term.expression)
        return True
    known = {e.left: e.right for e in map(context.equation, labels) if is_zero(e.right)}
    if is_zero(substitute(term.weight, known)):
        for left in known:
            context.require("{} = 0", left)
        return True
    return False


def _empty_sum(subterm, context):
    total = subterm.expression if isinstance(subterm, Gradient) else subterm
    if isinstance(total, IndexSum | MatrixIndexSum) and (total.lower - total.upper).expand() == 1:
        return ZeroMatrix(*subterm.shape) if is_matrix(subterm) else S.Zero
    return None


def _with_a_term(matched, result):
    """Under a differential a constant says nothing, so an empty sum gets the term at its lower end."""
    if not isinstance(matched, IndexSum):
        return PLUS_ONE.falsify(matched, result)
    body, index = open_binder(matched)
    return substitute(body, {index: matched.lower})


empty_sum = Rule(
    "empty sum",
    "A sum over no terms is 0, and so is its gradient.",
    f"{GRAHAM}, 2.1",
    _empty_sum,
    mutants=(Mutant("one term, or 1 in every entry", _with_a_term),),
)


def _distribute(subterm, context):
    """A (Σ B_t) C = Σ A B_t C, the sum going outside a product."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place, factor in enumerate(factors):
        if isinstance(factor, MatrixIndexSum):
            body, index = open_binder(factor)
            return reclose(factor, product(coefficient, *factors[:place], body, *factors[place + 1 :]), index)
    return None


distribute_over_sum = Rule(
    "distributivity",
    r"$A\bigl(\sum_t B_t\bigr)C=\sum_t AB_tC$",
    "matrix product is linear in each factor",
    _distribute,
    everywhere=True,
)


def _absorb_factor(subterm, context):
    """M(lo-1) Π_{j=lo}^{hi} M(j) = Π_{j=lo-1}^{hi} M(j), the factor standing where the product begins."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place, factor in enumerate(factors):
        if not isinstance(factor, IndexProduct):
            continue
        body, index = open_binder(factor)
        first = substitute(body, {index: factor.lower - 1})
        parts = list(first.args) if isinstance(first, MatMul) else [first]
        if factor.order == 1:
            start, end = place - len(parts), place
            before, after = factors[: max(start, 0)], factors[place + 1 :]
        else:
            start, end = place + 1, place + 1 + len(parts)
            before, after = factors[:place], factors[end:]
        there = start >= 0 and factors[start:end] == parts
        if there and context.is_nonnegative(factor.upper - factor.lower + 1):
            longer = index_product(body, index, factor.lower - 1, factor.upper, factor.order)
            return product(coefficient, *before, longer, *after)
    return None


absorb_factor = Rule(
    "factor into the product",
    r"$M_k\prod_{j=k+1}^{t-1}M_j=\prod_{j=k}^{t-1}M_j$",
    "definition of the ordered product",
    _absorb_factor,
    everywhere=True,
)


def _exchange(subterm, context):
    """Σ_{k=a}^{T} Σ_{t=k}^{T} f = Σ_{t=a}^{T} Σ_{k=a}^{t} f: the same triangle by its other side."""
    if not isinstance(subterm, MatrixIndexSum | IndexSum):
        return None
    body, outer = open_binder(subterm)
    if not isinstance(body, MatrixIndexSum | IndexSum) or body.lower != outer or body.upper != subterm.upper:
        return None
    term, inner = open_binder(body)
    return index_sum(index_sum(term, outer, subterm.lower, inner), inner, subterm.lower, subterm.upper)


exchange_sums = Rule(
    "exchange the sums",
    r"$\sum_{k=1}^{T}\sum_{t=k}^{T}a_{tk}=\sum_{t=1}^{T}\sum_{k=1}^{t}a_{tk}$: "
    r"both run over $1\le k\le t\le T$",
    f"{GRAHAM}, 2.4, eq. (2.32)",
    _exchange,
    mutants=SUM_MUTANTS,
)


def _by_lag(subterm, context):
    """Σ_{t=a}^{T} Σ_{k=a}^{t} f(t, k) = Σ_{l=0}^{T-a} Σ_{t=a+l}^{T} f(t, t - l)."""
    if not isinstance(subterm, MatrixIndexSum | IndexSum):
        return None
    body, late = open_binder(subterm)
    if not isinstance(body, MatrixIndexSum | IndexSum) or body.upper != late or body.lower != subterm.lower:
        return None
    term, early = open_binder(body)
    lag = fresh_index()
    inner = index_sum(substitute(term, {early: late - lag}), late, subterm.lower + lag, subterm.upper)
    return index_sum(inner, lag, 0, subterm.upper - subterm.lower)


sum_by_lag = Rule(
    "sort by lag",
    r"$\sum_{t=1}^{T}\sum_{k=1}^{t}a_{tk}=\sum_{l=0}^{T-1}\sum_{t=l+1}^{T}a_{t,t-l}$: the lag is $l=t-k$",
    f"{GRAHAM}, 2.4",
    _by_lag,
    mutants=SUM_MUTANTS,
)


def terms_apart(label: str) -> Rule:
    """Σ_{l=lo}^{hi} = Σ_{l=lo}^{m} + Σ_{l=m+1}^{hi}, where the first part is the right side of `label`."""

    def rewrite(subterm: Basic, context: Context):
        part = context.equation(label).right
        if not (isinstance(subterm, MatrixIndexSum | IndexSum) and isinstance(part, type(subterm))):
            return None
        same = subterm.body == part.body and subterm.lower == part.lower
        if not same or subterm == part or not context.is_nonnegative(subterm.upper - part.upper):
            return None
        if not context.is_nonnegative(part.upper - part.lower + 1):
            return None
        context.require("{} <= {}", part.upper, subterm.upper)
        body, index = open_binder(subterm)
        return add(part, reclose(subterm, body, index, lower=part.upper + 1))

    return Rule(
        "terms apart",
        r"$\sum_{l=0}^{T-1}a_l=\sum_{l=0}^{\tau-1}a_l+\sum_{l=\tau}^{T-1}a_l$",
        SUMS,
        rewrite,
        mutants=SUM_MUTANTS[:1],
    )


# --- matrix algebra -----------------------------------------------------------------------------


def _hadamard_as_diagonal(subterm, context):
    """a ∘ b = diag(a) b for columns; the factor that is an elementwise function becomes the diagonal."""
    if not isinstance(subterm, HadamardProduct) or shape(subterm)[1] != 1:
        return None
    functions = [f for f in subterm.args if not isinstance(f, Member)]
    if len(functions) != 1 or len(subterm.args) < 2:
        return None
    rest = [f for f in subterm.args if f != functions[0]]
    return product(diagonal(functions[0]), hadamard(*rest))


hadamard_as_diagonal = Rule(
    "entrywise product as a diagonal matrix",
    r"$a\circ b=\operatorname{diag}(a)\,b$",
    "Magnus & Neudecker 2019, 3.6",
    _hadamard_as_diagonal,
    everywhere=True,
)


def _inverse_of_product(subterm, context):
    if not (isinstance(subterm, Inverse) and isinstance(subterm.arg, MatMul)):
        return None
    coefficient, factors = subterm.arg.as_coeff_matrices()
    if coefficient != 1 or any(f.rows != f.cols for f in factors):
        return None
    return product(*(inverse(f) for f in reversed(factors)))


inverse_of_product = Rule(
    "inverse of a product",
    r"$(AB)^{-1}=B^{-1}A^{-1}$",
    "Horn & Johnson 2013, 0.5",
    _inverse_of_product,
    everywhere=True,
)
