"""Named rules about Euclidean norms, singular values, and the factors of an ordered product."""

from __future__ import annotations

from sympy import Abs, Add, Basic, Mul, sqrt
from sympy.matrices.expressions import DiagMatrix, Identity, MatAdd, MatMul, MatrixSymbol, Transpose

from .chain import BOUND_TOO_LARGE, BOUND_TOO_SMALL, Rule
from .context import Context
from .domain import Inequality
from .expressions import (
    ELEMENT,
    Elementwise,
    IndexProduct,
    Member,
    add,
    equal_size,
    index_product,
    open_binder,
    product,
    scale,
    split_coefficient,
    substitute,
    transpose,
)
from .quantities import LargestEntry, LargestSingularValue, Norm, SingularValue, SmallestSingularValue

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
        "monotonicity",
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
