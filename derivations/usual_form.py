"""What brings an answer into its usual form, and Kronecker products into ordinary ones.

The rules are tried one after the other until none applies; each is a step of the derivation.
"""

from __future__ import annotations

from itertools import pairwise

from sympy import Add, Mul, default_sort_key
from sympy.matrices.expressions import (
    DiagMatrix,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    Trace,
    Transpose,
)
from sympy.matrices.expressions.determinant import Determinant

from .chain import Line, LineRule, Rule
from .context import Context
from .differentials import MAGNUS
from .expressions import (
    add,
    equal_size,
    hadamard,
    inverse,
    is_matrix,
    matrix_power,
    negative,
    product,
    rebuild,
    split_coefficient,
    transpose,
)
from .identities import inverse_of_product
from .normal_form import as_scalar, trace

# --- Kronecker products -------------------------------------------------------------------------


def _is_kronecker(e) -> bool:
    return isinstance(e, KroneckerProduct)


def _mixed_product(subterm, context):
    """(A ⊗ B)(C ⊗ D) = AC ⊗ BD for neighbours whose parts fit."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place, (left, right) in enumerate(pairwise(factors)):
        if _is_kronecker(left) and _is_kronecker(right) and _parts_fit(left, right):
            merged = KroneckerProduct(*map(product, left.args, right.args))
            return product(coefficient, *factors[:place], merged, *factors[place + 2 :])
    return None


def _parts_fit(left, right) -> bool:
    pairs = zip(left.args, right.args, strict=False)
    return len(left.args) == len(right.args) and all(equal_size(a.cols, b.rows) for a, b in pairs)


def _expand_kronecker(subterm, context):
    """(A + B) C = AC + BC, where a summand is a Kronecker product."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place, factor in enumerate(factors):
        if isinstance(factor, MatAdd) and factor.has(KroneckerProduct):
            before, after = factors[:place], factors[place + 1 :]
            return add(*(product(coefficient, *before, part, *after) for part in factor.args))
    return None


def _kronecker_inside(subterm, context):
    if isinstance(subterm, Transpose | Inverse) and _is_kronecker(subterm.arg):
        inward = transpose if isinstance(subterm, Transpose) else inverse
        if inward is transpose or all(part.rows == part.cols for part in subterm.arg.args):
            return KroneckerProduct(*map(inward, subterm.arg.args))
    return None


def _outer_product(subterm, context):
    """a ⊗ bᵀ = bᵀ ⊗ a = a bᵀ for columns a and b."""
    if not (_is_kronecker(subterm) and len(subterm.args) == 2):
        return None
    column, row = subterm.args if equal_size(subterm.args[0].cols, 1) else reversed(subterm.args)
    return product(column, row) if equal_size(column.cols, 1) and equal_size(row.rows, 1) else None


def _kronecker_trace(subterm, context):
    if not isinstance(subterm, Trace) or not subterm.has(KroneckerProduct):
        return None
    if isinstance(subterm.arg, MatAdd):
        return Add(*map(trace, subterm.arg.args))
    square = _is_kronecker(subterm.arg) and all(equal_size(part.rows, part.cols) for part in subterm.arg.args)
    return Mul(*map(trace, subterm.arg.args)) if square else None


def _kronecker_determinant(subterm, context):
    if not (isinstance(subterm, Determinant) and _is_kronecker(subterm.arg)):
        return None
    parts = subterm.arg.args
    if any(part.rows != part.cols for part in parts):
        return None
    return Mul(*(Determinant(part) ** (subterm.arg.rows / part.rows) for part in parts))


def _everywhere(name, reason, source, rewrite) -> Rule:
    return Rule(name, reason, source, rewrite, everywhere=True)


KRONECKER = (
    _everywhere(
        "transpose or inverse of a Kronecker product",
        r"$(A\otimes B)^\top=A^\top\otimes B^\top$, $(A\otimes B)^{-1}=A^{-1}\otimes B^{-1}$",
        f"{MAGNUS}, 2.2",
        _kronecker_inside,
    ),
    _everywhere(
        "mixed product", r"$(A\otimes B)(C\otimes D)=AC\otimes BD$", f"{MAGNUS}, 2.2", _mixed_product
    ),
    _everywhere("outer product", r"$a\otimes b^\top=ab^\top$", f"{MAGNUS}, 2.2", _outer_product),
    _everywhere("product of a sum", r"$(A+B)C=AC+BC$", "definition", _expand_kronecker),
    _everywhere(
        "trace of a Kronecker product",
        r"$\operatorname{tr}(A\otimes B)=\operatorname{tr}A\,\operatorname{tr}B$",
        f"{MAGNUS}, 2.2",
        _kronecker_trace,
    ),
    _everywhere(
        "determinant of a Kronecker product",
        r"$\det(A\otimes B)=(\det A)^q(\det B)^p$ for $A$ of size $p$ and $B$ of size $q$",
        f"{MAGNUS}, 2.2",
        _kronecker_determinant,
    ),
)


# --- the usual form of an answer ----------------------------------------------------------------


def _scalars_in_front(subterm, context):
    """A 1x1 group among the factors of a larger product, as the number it is, in front."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for size in range(1, len(factors)):
        for start in range(len(factors) - size + 1):
            end = start + size
            if equal_size(factors[start].rows, 1) and equal_size(factors[end - 1].cols, 1):
                number = as_scalar(product(*factors[start:end]))
                return product(coefficient * number, *factors[:start], *factors[end:])
    return None


def _diagonal_times_column(subterm, context):
    """diag(a) b = a ∘ b for the columns a and b at the end of a product."""
    if not isinstance(subterm, MatMul) or not equal_size(subterm.cols, 1):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place, factor in enumerate(factors[:-1]):
        if isinstance(factor, DiagMatrix):
            column = hadamard(factor.args[0], product(*factors[place + 1 :]))
            return product(coefficient, *factors[:place], column)
    return None


def _with_powers(subterm, context):
    """A A A as A³, in a product."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    powers: list = []
    for factor in factors:
        base, exponent = (factor.arg, -1) if isinstance(factor, Inverse) else (factor, 1)
        if powers and powers[-1][0] == base and powers[-1][1] * exponent > 0:
            powers[-1][1] += exponent
        else:
            powers.append([base, exponent])
    if len(powers) == len(factors):
        return None
    return product(coefficient, *(matrix_power(base, exponent) for base, exponent in powers))


def _one_sign(line: Line, context: Context) -> Line | None:
    """Where both M and -M stand among the factors, M is written for both; the one that comes first stays."""
    sums = sorted(line.right.atoms(MatAdd), key=lambda m: (_minus_signs(m), default_sort_key(m)))
    for place, kept in enumerate(sums):
        for turned in {negative(kept), transpose(negative(kept))}.intersection(sums[place + 1 :]):
            new = rebuild(_replace_factor(line.right, turned, kept))
            if new != line.right:
                return Line(line.left, new)
    return None


def _minus_signs(matrix) -> int:
    return sum(split_coefficient(part)[0].could_extract_minus_sign() for part in matrix.args)


def _replace_factor(expression, turned, kept):
    """`expression` with the factor `turned` = -`kept` (or -`kept`ᵀ) of its products written by `kept`."""
    if not expression.args or not is_matrix(expression):
        return expression
    args = [_replace_factor(a, turned, kept) for a in expression.args]
    if isinstance(expression, MatMul) and turned in args:
        sign = (-1) ** args.count(turned)
        written = kept if turned.shape == kept.shape and negative(kept) == turned else transpose(kept)
        return product(sign, *(written if a == turned else a for a in args))
    return expression.func(*args)


one_sign = LineRule(
    "one sign for a difference", r"$A(x-y)+B(y-x)=A(x-y)-B(x-y)$", "definition", rewrite=_one_sign
)
scalars_in_front = _everywhere(
    "numbers in front", r"$a\,(x^\top y)=(x^\top y)\,a$", "definition", _scalars_in_front
)
diagonal_times_column = _everywhere(
    "diagonal matrix times column",
    r"$\operatorname{diag}(a)\,b=a\circ b$",
    f"{MAGNUS}, 3.6",
    _diagonal_times_column,
)
with_powers = _everywhere("powers", r"$AA=A^2$", "definition", _with_powers)
USUAL_FORM = (inverse_of_product, scalars_in_front, diagonal_times_column, one_sign, with_powers)
