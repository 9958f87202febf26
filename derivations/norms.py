"""Named rules about Euclidean norms, singular values, and the factors of an ordered product."""

from __future__ import annotations

from sympy import Abs, Add, Basic, Dummy, Integer, Min, Mul, S, sqrt
from sympy.matrices.expressions import DiagMatrix, Identity, MatAdd, MatMul, MatrixSymbol, Transpose
from sympy.matrices.expressions.determinant import Determinant

from .chain import BOUND_TOO_LARGE, BOUND_TOO_SMALL, PLUS_ONE, Rule
from .context import Context
from .differentials import MAGNUS, Pullback, pull_back
from .domain import Inequality
from .expressions import (
    ELEMENT,
    Elementwise,
    IndexProduct,
    Member,
    Pairing,
    ScalarIndexProduct,
    add,
    equal_size,
    index_product,
    is_matrix,
    open_binder,
    product,
    scale,
    split_coefficient,
    substitute,
    transpose,
)
from .quantities import (
    Inner,
    LargestEigenvalue,
    LargestEntry,
    LargestSingularValue,
    Norm,
    SingularValue,
    SmallestEigenvalue,
    SmallestSingularValue,
)

HORN = "Horn & Johnson 2013"
EXTREME = {"<=": LargestSingularValue, ">=": SmallestSingularValue}
MUTANTS = {"<=": (BOUND_TOO_SMALL,), ">=": (BOUND_TOO_LARGE,)}


# --- ordered products ---------------------------------------------------------------------------


def _first_factor(subterm, context):
    """Π_{j=lo}^{hi} M(j) = M(lo) Π_{j=lo+1}^{hi} M(j), if lo <= hi is discharged."""
    if not (isinstance(subterm, IndexProduct) and subterm.order == 1):
        return None
    if not context.is_nonnegative(subterm.upper - subterm.lower):
        return None
    context.require("{} <= {}", subterm.lower, subterm.upper)
    body, index = open_binder(subterm)
    rest = index_product(body, index, subterm.lower + 1, subterm.upper)
    return product(substitute(body, {index: subterm.lower}), rest)


first_factor_apart = Rule(
    "first factor apart",
    r"$\prod_{j=k}^{t-1}M_j=M_k\prod_{j=k+1}^{t-1}M_j$",
    "definition of the ordered product",
    _first_factor,
)


def _empty_product(subterm, context):
    if isinstance(subterm, IndexProduct) and (subterm.lower - subterm.upper).expand() == 1:
        return Identity(subterm.rows)
    return None


empty_product = Rule(
    "empty product", "A product over no factors is the identity.", "definition", _empty_product
)


# --- norms --------------------------------------------------------------------------------------


def _factors(subterm) -> tuple:
    """The matrices of a product under a norm; () for anything else."""
    if not (isinstance(subterm, Norm) and isinstance(subterm.argument, MatMul)):
        return ()
    coefficient, factors = subterm.argument.as_coeff_matrices()
    return tuple(factors) if coefficient == 1 else ()


def _is_column(factors) -> bool:
    return bool(factors) and equal_size(factors[-1].cols, 1)


def _outer_product_norm(subterm, context):
    factors = _factors(subterm)
    for place in range(1, len(factors)):
        if equal_size(factors[place].rows, 1):
            return Norm(product(*factors[:place])) * Norm(transpose(product(*factors[place:])))
    return None


norm_of_outer_product = Rule(
    "norm of an outer product",
    r"$\lVert ab^\top\rVert=\lVert a\rVert\,\lVert b\rVert$: the entries are the products $a_ib_j$",
    "definition of the norm",
    _outer_product_norm,
)


def _triangle(subterm, context):
    if not (isinstance(subterm, Norm) and isinstance(subterm.argument, MatAdd)):
        return None
    split = map(split_coefficient, subterm.argument.args)
    return Add(*(_norm_of_multiple(coefficient, term) for coefficient, term in split))


def _norm_of_multiple(coefficient, term):
    return abs(coefficient) * Norm(term) if coefficient.is_number else Norm(scale(coefficient, term))


triangle_inequality = Rule(
    "triangle inequality",
    r"$\lVert a+b\rVert\le\lVert a\rVert+\lVert b\rVert$",
    f"{HORN}, 5.1.1",
    _triangle,
    relation="<=",
    trusted=True,
    mutants=(BOUND_TOO_SMALL,),
)


def _factor_out_of_norm(subterm, context: Context):
    """‖a/c + b‖ = ‖a + cb‖/c for a positive c."""
    if not (isinstance(subterm, Norm) and isinstance(subterm.argument, MatAdd)):
        return None
    for coefficient, _ in map(split_coefficient, subterm.argument.args):
        divisor = coefficient.as_numer_denom()[1]
        if not divisor.is_number and divisor.is_positive:
            context.require("{} > 0", divisor)
            return Norm(add(*(scale(divisor, term) for term in subterm.argument.args))) / divisor
    return None


factor_out_of_norm = Rule(
    "a factor out of the norm",
    r"$\lVert cw\rVert=c\,\lVert w\rVert$ for $c>0$",
    f"{HORN}, 5.1.1",
    _factor_out_of_norm,
)


def _by_largest_entry(subterm, context):
    if isinstance(subterm, Norm) and equal_size(subterm.argument.cols, 1):
        return sqrt(subterm.argument.rows) * LargestEntry(subterm.argument)
    return None


entries_of_any_vector = Rule(
    "a norm by its largest entry",
    r"$\lVert w\rVert\le\sqrt n\,\max_i|w_i|$",
    "Golub & Van Loan 2013, (2.2.6)",
    _by_largest_entry,
    relation="<=",
    trusted=True,
    mutants=(BOUND_TOO_SMALL,),
)


def stretched(relation: str) -> Rule:
    """‖Aw‖ <= σ_max(A)‖w‖, or ‖Aw‖ >= σ_min(A)‖w‖ for square A; A is a symbol, a member, or a transpose."""

    def rewrite(subterm: Basic, context: Context):
        factors = _factors(subterm)
        if not _is_column(factors[1:]):
            return None
        first = factors[0]
        bare = first.arg if isinstance(first, Transpose) else first
        if not isinstance(bare, MatrixSymbol | Member):
            return None
        if relation == ">=" and not equal_size(bare.rows, bare.cols):
            return None
        return EXTREME[relation](first) * Norm(product(*factors[1:]))

    extreme, sign = {"<=": ("max", r"\le"), ">=": ("min", r"\ge")}[relation]
    word = {"<=": "largest", ">=": "smallest"}[relation]
    return Rule(
        f"{word} singular value",
        rf"$\lVert Aw\rVert{sign}\sigma_{{\{extreme}}}(A)\,\lVert w\rVert$",
        f"{HORN}, 4.2.2, for $A^\\top A$",
        rewrite,
        relation=relation,
        trusted=True,
        mutants=MUTANTS[relation],
    )


def _transposed(subterm, context):
    if isinstance(subterm, SingularValue) and isinstance(subterm.argument, Transpose):
        return subterm.func(subterm.argument.arg)
    return None


transpose_keeps_singular_values = Rule(
    "singular values of the transpose",
    r"$A^\top$ has the singular values of $A$",
    f"{HORN}, 2.6.3",
    _transposed,
    everywhere=True,
    trusted=True,
)


def slopes_bounded(label: str, relation: str) -> Rule:
    """‖diag(g'(z)) w‖ against λ‖w‖, where `label` says |g'(ξ)| <= λ, or g'(ξ) >= λ > 0, for every ξ."""

    def rewrite(subterm: Basic, context: Context):
        factors = _factors(subterm)
        if not (_is_column(factors[1:]) and isinstance(factors[0], DiagMatrix)):
            return None
        slopes, fact = factors[0].args[0], context.inequality(label, relation)
        if not isinstance(slopes, Elementwise) or not _bounds(fact, slopes.function.expr):
            return None
        if relation == "<=":
            context.require("the slopes at {} are <= {} in modulus", slopes.expr, fact.right)
        else:
            context.require("{} <= the slopes at {}", fact.right, slopes.expr)
        return fact.right * Norm(product(*factors[1:]))

    sign = {"<=": r"\le", ">=": r"\ge"}[relation]
    return Rule(
        "slopes, entry by entry",
        rf"$\sum_i d_i^2w_i^2{sign}\lambda^2\sum_iw_i^2$",
        f"{HORN}, section 5.6 (norm of a diagonal matrix)",
        rewrite,
        relation=relation,
        mutants=MUTANTS[relation],
    )


def _bounds(fact: Inequality, slope: Basic) -> bool:
    """Whether the fact bounds the modulus of this slope at every ξ, by what does not vary with ξ."""
    if ELEMENT in fact.right.free_symbols:
        return False
    if fact.relation == ">=":
        return bool(fact.left == slope and fact.right.is_nonnegative)
    return fact.left == Abs(slope)


def _one_power(subterm, context):
    """b bᵐ = bᵐ⁺¹ where m >= 0 is discharged; b may be 0 or a product."""
    if not subterm.is_Mul:
        return None
    for power in subterm.args:
        if not (power.is_Pow and not power.exp.is_number and context.is_nonnegative(power.exp)):
            continue
        rest = [a for a in subterm.args if a != power]
        base = power.base.args if power.base.is_Mul else (power.base,)
        if all(b in rest for b in base):
            context.require("0 <= {}", power.exp)
            return Mul(power.base ** (power.exp + 1), *(a for a in rest if a not in base))
    return None


one_power = Rule("one power", r"$a\,a^m=a^{m+1}$ for $m\ge0$", "arithmetic", _one_power)


# --- inequalities cited -------------------------------------------------------------------------


def at_most(label: str, name: str, reason: str, source: str) -> Rule:
    """‖P w‖ <= c ‖w‖, where the inequality `label` says so of every w, or of this one."""
    return _cited(label, name, reason, source, "<=")


def at_least(label: str, name: str, reason: str, source: str) -> Rule:
    """‖P w‖ >= c ‖w‖, likewise."""
    return _cited(label, name, reason, source, ">=")


def _cited(label, name, reason, source, relation) -> Rule:
    def rewrite(subterm: Basic, context: Context):
        if not isinstance(subterm, Norm):
            return None
        known = context.inequality(label, relation)
        for left, right in _instances(known, subterm, context):
            for norm in (subterm, Norm(scale(-1, subterm.argument))):
                mapping = _vector_for(left, norm, known.every)
                if mapping is not None:
                    return substitute(right, mapping)
        return None

    return Rule(name, reason, source, rewrite, relation=relation, mutants=MUTANTS[relation])


def _instances(known: Inequality, subterm, context: Context):
    """Both sides, for each index in range at which a product in the subterm begins or a member stands."""
    if known.index is None:
        yield known.left, known.right
        return
    indices = {factor.lower for factor in subterm.atoms(IndexProduct)}
    indices |= {member.index for member in subterm.atoms(Member)}
    for index in sorted(indices, key=str):
        if context.holds((index - known.lower, known.upper - index)):
            context.require("{} <= {} <= {}", known.lower, index, known.upper)
            given = {known.index: index}
            yield substitute(known.left, given), substitute(known.right, given)


def _vector_for(left, subterm, every) -> dict | None:
    """What to put for the free vector so that `left` becomes `subterm`; {} if they are equal."""
    if left == subterm:
        return {}
    pattern, factors = _factors(left), _factors(subterm)
    head = pattern[:-1]
    if not pattern or pattern[-1] not in every or factors[: len(head)] != head:
        return None
    if any(pattern[-1] in factor.free_symbols for factor in head) or len(factors) == len(head):
        return None
    rest = product(*factors[len(head) :])
    return {pattern[-1]: rest} if equal_size(rest.cols, 1) else None


def extreme_of_every_vector(label: str, relation: str) -> Rule:
    """σ_max(P) <= c where the inequality `label` says ‖Pw‖ <= c‖w‖ for every w; σ_min(P) >= c likewise."""

    def rewrite(subterm: Basic, context: Context):
        if not isinstance(subterm, EXTREME[relation]):
            return None
        known = context.inequality(label, relation)
        for left, right in _instances(known, subterm, context):
            for vector in known.every:
                factor = right / Norm(vector)
                if left == Norm(product(subterm.argument, vector)) and vector not in factor.free_symbols:
                    return factor
        return None

    word = {"<=": r"$\sigma_{\max}$ is the largest", ">=": r"$\sigma_{\min}$ is the smallest"}[relation]
    return Rule(
        "the bound holds for every vector",
        f"{word} value of $\\lVert Pw\\rVert/\\lVert w\\rVert$ over all $w\\ne0$.",
        f"{HORN}, 5.6.1",
        rewrite,
        relation=relation,
        mutants=MUTANTS[relation],
    )


# --- norms of multiples and of sums ---------------------------------------------------------------


def _multiple(subterm, context):
    if not (isinstance(subterm, Norm) and isinstance(subterm.argument, MatMul)):
        return None
    coefficient, matrix = split_coefficient(subterm.argument)
    return None if coefficient == 1 else Abs(coefficient) * Norm(matrix)


norm_of_multiple = Rule(
    "norm of a multiple",
    r"$\lVert cw\rVert=|c|\,\lVert w\rVert$",
    f"{HORN}, 5.1.1",
    _multiple,
    everywhere=True,
)


def _into_norm(subterm, context):
    """c‖w‖ = ‖cw‖ for a factor c > 0 that is a symbol."""
    if not subterm.is_Mul or is_matrix(subterm):
        return None
    norms = [a for a in subterm.args if isinstance(a.as_base_exp()[0], Norm)]
    for factor in subterm.args:
        if factor.is_Symbol and factor.is_positive and norms:
            context.require("{} > 0", factor)
            norm = norms[0].as_base_exp()[0]
            return subterm / (factor * norm) * Norm(scale(factor, norm.argument))
    return None


into_norm = Rule(
    "a positive factor goes into the norm",
    r"$c\,\lVert w\rVert=\lVert cw\rVert$ for $c>0$",
    f"{HORN}, 5.1.1",
    _into_norm,
)


def triangle_from_below(label: str) -> Rule:
    """‖a + c P w‖ >= ‖a‖ - |c| b(w), where the inequality `label` says ‖P w‖ <= b(w) for every w."""

    def rewrite(subterm: Basic, context: Context):
        if not (isinstance(subterm, Norm) and isinstance(subterm.argument, MatAdd)):
            return None
        if len(subterm.argument.args) != 2:
            return None
        known = context.inequality(label, "<=")
        for part, other in (subterm.argument.args, subterm.argument.args[::-1]):
            coefficient, matrix = split_coefficient(part)
            mapping = _vector_for(known.left, Norm(matrix), known.every)
            if mapping is not None:
                return Norm(other) - Abs(coefficient) * substitute(known.right, mapping)
        return None

    return Rule(
        "triangle inequality, from below",
        r"$\lVert a+b\rVert\ge\lVert a\rVert-\lVert b\rVert$, and $\lVert b\rVert$ is bounded from above",
        f"{HORN}, 5.1.2",
        rewrite,
        relation=">=",
        trusted=True,
        mutants=(BOUND_TOO_LARGE,),
    )


def _multiply_out(subterm, context):
    """(A + B) w = A w + B w under a norm."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place, factor in enumerate(factors):
        if isinstance(factor, MatAdd):
            left, right = factors[:place], factors[place + 1 :]
            return add(*(product(coefficient, *left, part, *right) for part in factor.args))
    return None


multiply_out = Rule(
    "multiply out",
    r"$(A+B)w=Aw+Bw$",
    "matrix product is linear in each factor",
    _multiply_out,
    everywhere=True,
    mutants=(PLUS_ONE,),
)


def _collect_norm(subterm, context):
    """a‖w‖ + b‖w‖ = (a + b)‖w‖."""
    if not isinstance(subterm, Add):
        return None
    common = set.intersection(*(set(Mul.make_args(term)) for term in subterm.args))
    norms = sorted((f for f in common if isinstance(f, Norm)), key=str)
    return Add(*(term / norms[0] for term in subterm.args)) * norms[0] if norms else None


collect_norm = Rule("common factor", r"$a\,c+b\,c=(a+b)\,c$", "arithmetic", _collect_norm)


def largest_slope(relation: str = "<=") -> Rule:
    """‖diag(d) w‖ <= max|d_i| ‖w‖."""

    def rewrite(subterm: Basic, context: Context):
        factors = _factors(subterm)
        if not (_is_column(factors[1:]) and isinstance(factors[0], DiagMatrix)):
            return None
        return LargestEntry(factors[0].args[0]) * Norm(product(*factors[1:]))

    return Rule(
        "the largest slope",
        r"$\lVert\operatorname{diag}(d)\,w\rVert\le\max_i|d_i|\,\lVert w\rVert$: each entry grows at most so much",
        f"{HORN}, section 5.6 (norm of a diagonal matrix)",
        rewrite,
        relation=relation,
        mutants=(BOUND_TOO_SMALL,),
    )


def _absorb_scalar(subterm, context):
    """f(lo - 1) Π_{j=lo}^{hi} f(j) = Π_{j=lo-1}^{hi} f(j), for scalars."""
    if not subterm.is_Mul or is_matrix(subterm):
        return None
    for whole in subterm.args:
        if not isinstance(whole, ScalarIndexProduct):
            continue
        body, index = open_binder(whole)
        first = substitute(body, {index: whole.lower - 1})
        if first in subterm.args and context.is_nonnegative(whole.upper - whole.lower + 1):
            rest = [a for a in subterm.args if a not in (whole, first)]
            return Mul(index_product(body, index, whole.lower - 1, whole.upper), *rest)
    return None


absorb_scalar = Rule(
    "factor into the product",
    r"$s_k\prod_{j=k+1}^{t-1}s_j=\prod_{j=k}^{t-1}s_j$",
    "definition of the product",
    _absorb_scalar,
)


def _square_of_column(subterm, context):
    """A wᵀ w B = ‖w‖² A B for a column w."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place in range(len(factors) - 1):
        left, right = factors[place : place + 2]
        if isinstance(left, Transpose) and left.arg == right and equal_size(right.cols, 1):
            rest = (*factors[:place], *factors[place + 2 :])
            return product(coefficient * Norm(right) ** 2, *rest) if rest else None
    return None


square_of_column = Rule(
    "inner product with itself", r"$w^\top w=\lVert w\rVert^2$", f"{HORN}, 5.1", _square_of_column
)


# --- orthogonal matrices, and equations for every vector ------------------------------------------


def _norm_as_inner(subterm, context):
    if isinstance(subterm, Norm) and equal_size(subterm.argument.cols, 1):
        return sqrt(Inner(subterm.argument, subterm.argument))
    return None


norm_as_inner = Rule(
    "definition of the norm", r"$\lVert w\rVert=\sqrt{w^\top w}$", f"{HORN}, 5.1", _norm_as_inner
)


def _inner_as_norm(subterm, context):
    if subterm.is_Pow and isinstance(subterm.base, Inner) and subterm.base.args[0] == subterm.base.args[1]:
        return Norm(subterm.base.args[0]) ** (2 * subterm.exp)
    if isinstance(subterm, Inner) and subterm.args[0] == subterm.args[1]:
        return Norm(subterm.args[0]) ** 2
    return None


inner_as_norm = Rule(
    "inner product with itself", r"$w^\top w=\lVert w\rVert^2$", f"{HORN}, 5.1", _inner_as_norm
)


def _inner_of_multiple(subterm, context):
    if not isinstance(subterm, Inner):
        return None
    coefficient, matrix = split_coefficient(subterm.args[0])
    return None if coefficient == 1 else coefficient * Inner(matrix, subterm.args[1])


inner_of_multiple = Rule(
    "inner product of a multiple", r"$(ca)^\top b=c\,a^\top b$", f"{HORN}, 5.1.3", _inner_of_multiple
)


def _inner_across(subterm, context):
    """⟨A a, B⟩ = ⟨a, Aᵀ B⟩, the first factor moved."""
    if not (isinstance(subterm, Inner) and isinstance(subterm.args[0], MatMul)):
        return None
    coefficient, (first, *rest) = subterm.args[0].as_coeff_matrices()
    if coefficient != 1 or not rest:
        return None
    return Inner(product(*rest), product(transpose(first), subterm.args[1]))


inner_across = Rule(
    "move a factor across the inner product", r"$(Aa)^\top b=a^\top(A^\top b)$", f"{HORN}, 0.2.5", _inner_across
)


def known_product(label: str, name: str, reason: str, source: str, backward: bool = False) -> Rule:
    """Neighbouring factors A B, where the equation `label` says what A B is; `backward`: on its right side."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        whole, instead = (equation.left, equation.right)[:: -1 if backward else 1]
        if not (isinstance(subterm, MatMul) and isinstance(whole, MatMul)):
            return None
        coefficient, factors = subterm.as_coeff_matrices()
        pattern = list(whole.args)
        for place in range(len(factors) - len(pattern) + 1):
            if list(factors[place : place + len(pattern)]) == pattern:
                after = factors[place + len(pattern) :]
                return product(coefficient, *factors[:place], instead, *after)
        return None

    return Rule(name, reason, source, rewrite)


def for_every_vector(label: str, name: str, reason: str, source: str, backward: bool = False) -> Rule:
    """‖P w‖ = f(w), or from right to left, where the equation `label` says so of every w."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        left, right = equation.left, equation.right
        if backward:
            left, right = right, left
        if not isinstance(subterm, Norm):
            return None
        bare = isinstance(left, Norm) and left.argument in equation.every
        same = bare and subterm.argument.shape == left.argument.shape
        mapping = {left.argument: subterm.argument} if same else _vector_for(left, subterm, equation.every)
        return None if mapping is None else substitute(right, mapping)

    return Rule(name, reason, source, rewrite)


# --- the smaller of two -----------------------------------------------------------------------------


def _into_minimum(subterm, context):
    """c min(a, b) = min(ca, cb) for c >= 0."""
    if not subterm.is_Mul or is_matrix(subterm):
        return None
    for smaller in subterm.args:
        factor = subterm / smaller
        if isinstance(smaller, Min) and factor.is_nonnegative:
            context.require("{} >= 0", factor)
            return Min(*(factor * a for a in smaller.args))
    return None


into_minimum = Rule(
    "a factor goes into the minimum", r"$c\min(a,b)=\min(ca,cb)$ for $c\ge0$", "arithmetic", _into_minimum
)


def minimum_at_most(name: str, chosen: type | None) -> Rule:
    """min(a, b) <= that one of the two which is of the kind `chosen`, or which is no norm."""

    def rewrite(subterm: Basic, context: Context):
        if not isinstance(subterm, Min):
            return None
        fits = [a for a in subterm.args if (isinstance(a, chosen) if chosen else not a.has(Norm))]
        return fits[0] if len(fits) == 1 else None

    return Rule(
        name,
        r"$\min(a,b)\le a$ and $\min(a,b)\le b$",
        "definition of the minimum",
        rewrite,
        relation="<=",
        mutants=(BOUND_TOO_SMALL,),
    )


def _minimum_of_one(subterm, context):
    """min(1, a) = 1 for a >= 1."""
    if not (isinstance(subterm, Min) and S.One in subterm.args and len(subterm.args) == 2):
        return None
    (other,) = (a for a in subterm.args if a != 1)
    excess = (other - 1).expand()
    if not excess.xreplace({q: Dummy(positive=True) for q in excess.atoms(Norm)}).is_nonnegative:
        return None
    context.require("{} >= 0 where it has a value", excess)
    return S.One


minimum_of_one = Rule("the smaller one", r"$\min(1,a)=1$ for $a\ge1$", "definition of the minimum", _minimum_of_one)


# --- the differential of a norm ---------------------------------------------------------------------

_NORM = Pullback(
    "norm rule",
    (Norm,),
    lambda G, e: [(scale(G / e, e.argument), e.argument)],
    r"$\mathrm d\lVert w\rVert=\langle w,\mathrm dw\rangle/\lVert w\rVert$ for $w\ne0$",
    f"{MAGNUS}, 5.12",
)


def _differential_of_norm(subterm, context):
    if isinstance(subterm, Pairing) and _NORM.matches(subterm.expression):
        return pull_back(_NORM, subterm, context)
    return None


norm_rule = Rule(_NORM.name, _NORM.reason, _NORM.source, _differential_of_norm, everywhere=True)


# --- powers: bounds and limits ----------------------------------------------------------------------


def extreme_bounded(label: str) -> Rule:
    """σ_max(U) <= c, where the inequality `label` of the domain says so."""

    def rewrite(subterm: Basic, context: Context):
        known = context.inequality(label, "<=")
        return known.right if subterm == known.left else None

    return Rule(
        "the assumption on U",
        r"$\lambda\,\sigma_{\max}(U)$ stays below 1, by a margin",
        "assumption",
        rewrite,
        relation="<=",
        mutants=(BOUND_TOO_SMALL,),
    )


def _bernoulli(subterm, context):
    """bᵐ >= 1 + m(b - 1) for b >= 0 and an integer m >= 0."""
    if not (subterm.is_Pow and subterm.exp.is_integer and context.is_nonnegative(subterm.exp)):
        return None
    if not subterm.base.is_nonnegative or subterm.exp.is_number:
        return None
    context.require("0 <= {}", subterm.exp)
    return 1 + subterm.exp * (subterm.base - 1)


bernoulli = Rule(
    "Bernoulli's inequality",
    r"$b^m\ge1+m\,(b-1)$ for $b\ge0$ and a whole number $m\ge0$",
    "Hardy, Littlewood & Pólya 1952, section 2.15",
    _bernoulli,
    relation=">=",
    mutants=(BOUND_TOO_LARGE,),
)


# --- positive definite matrices, and determinants ---------------------------------------------------

_EIGENVALUE = {LargestSingularValue: LargestEigenvalue, SmallestSingularValue: SmallestEigenvalue}


def _singular_by_gram(subterm, context):
    if isinstance(subterm, SingularValue) and context.is_positive_definite(subterm.argument):
        A = subterm.argument
        return sqrt(_EIGENVALUE[type(subterm)](product(transpose(A), A)))
    return None


singular_by_gram = Rule(
    "definition of the singular values",
    r"The squares of the singular values of $A$ are the eigenvalues of $A^\top A$.",
    f"{HORN}, 2.6.3",
    _singular_by_gram,
)


def _symmetric(subterm, context):
    if isinstance(subterm, Transpose) and context.is_positive_definite(subterm.arg):
        return subterm.arg
    return None


symmetric = Rule("U is symmetric", r"$U^\top=U$", "assumption", _symmetric)


def _eigenvalue_of_square(subterm, context):
    """λ(A A) = λ(A)² for a positive definite A: squaring keeps the order of numbers that are positive."""
    if not (isinstance(subterm, SmallestEigenvalue | LargestEigenvalue) and isinstance(subterm.argument, MatMul)):
        return None
    factors = subterm.argument.args
    if len(factors) == 2 and factors[0] == factors[1] and context.is_positive_definite(factors[0]):
        return subterm.func(factors[0]) ** 2
    return None


eigenvalue_of_square = Rule(
    "eigenvalues of the square",
    r"$Av=\mu v$ gives $A^2v=\mu^2v$; squaring keeps the order of positive numbers.",
    f"{HORN}, 1.1.6",
    _eigenvalue_of_square,
    trusted=True,
)


def _modulus_of_determinant(subterm, context):
    """|det(ABC)| = |det A| |det B| |det C|; |det Aᵀ| = |det A|."""
    if not (isinstance(subterm, Abs) and isinstance(subterm.args[0], Determinant)):
        return None
    matrix = subterm.args[0].arg
    if isinstance(matrix, Identity):
        return Integer(1)
    if isinstance(matrix, Transpose):
        return Abs(Determinant(matrix.arg))
    if not isinstance(matrix, MatMul):
        return None
    coefficient, factors = matrix.as_coeff_matrices()
    if coefficient != 1 or any(f.rows != f.cols for f in factors):
        return None
    return Mul(*(Abs(Determinant(f)) for f in factors))


modulus_of_determinant = Rule(
    "determinants of products and transposes",
    r"$\det(AB)=\det A\,\det B$, $\det A^\top=\det A$, $\det I=1$",
    f"{HORN}, section 0.3",
    _modulus_of_determinant,
    everywhere=True,
)


def determinant_of_slopes(label: str) -> Rule:
    """|det diag(g'(z))| >= λⁿ, where `label` says g' >= λ > 0."""

    def rewrite(subterm: Basic, context: Context):
        if not (isinstance(subterm, Abs) and isinstance(subterm.args[0], Determinant)):
            return None
        matrix, fact = subterm.args[0].arg, context.inequality(label, ">=")
        if not (isinstance(matrix, DiagMatrix) and isinstance(matrix.args[0], Elementwise)):
            return None
        if not _bounds(fact, matrix.args[0].function.expr):
            return None
        context.require("{} <= the slopes at {}", fact.right, matrix.args[0].expr)
        return fact.right**matrix.rows

    return Rule(
        "determinant of a diagonal matrix",
        r"$\det\operatorname{diag}(d)=\prod_id_i\ge\lambda^n$",
        f"{HORN}, 0.9.1",
        rewrite,
        relation=">=",
        mutants=(BOUND_TOO_LARGE,),
    )


def scalar_hypothesis(relation: str) -> Rule:
    """A scalar replaced by the bound that the induction hypothesis gives it."""

    def rewrite(subterm: Basic, context: Context):
        known = context.inequality("hypothesis", relation)
        return known.right if subterm == known.left else None

    return Rule(
        "induction hypothesis",
        "The claim at the next index, supplied by the checker.",
        "induction",
        rewrite,
        relation=relation,
        mutants=MUTANTS[relation],
    )


def _norm_by_determinant(subterm, context):
    """σ_max(P) >= |det P|^{1/n}: |det P| is the product of the n singular values."""
    if not isinstance(subterm, LargestSingularValue):
        return None
    P = subterm.argument
    if not equal_size(P.rows, P.cols):
        return None
    return Abs(Determinant(P)) ** (1 / P.rows)


norm_by_determinant = Rule(
    "the largest of the singular values",
    r"$|\det P|=\sigma_1\cdots\sigma_n\le\sigma_{\max}(P)^n$",
    f"{HORN}, 2.6.3",
    _norm_by_determinant,
    relation=">=",
    trusted=True,
    mutants=(BOUND_TOO_LARGE,),
)


def determinant_bound(label: str) -> Rule:
    """A scalar replaced by the lower bound that the inequality `label` gives it."""

    def rewrite(subterm: Basic, context: Context):
        known = context.inequality(label, ">=")
        if not (isinstance(subterm, Abs) and isinstance(subterm.args[0], Determinant)):
            return None
        for left, right in _instances(known, subterm, context):
            if left == subterm:
                return right
        return None

    return Rule(
        "the determinant of the product, bounded",
        "By induction over the lag.",
        label,
        rewrite,
        relation=">=",
        mutants=(BOUND_TOO_LARGE,),
    )
