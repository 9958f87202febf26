"""Named rules about sums of matrix products, quadratic forms, and the matrix inversion lemma."""

from __future__ import annotations

from dataclasses import replace

from sympy import Abs, Add, Basic, default_sort_key, sqrt
from sympy.matrices.expressions import Identity, Inverse, MatAdd, MatMul

from .chain import BOUND_TOO_SMALL, Rule
from .context import Context
from .expressions import (
    SymmetricSymbol,
    add,
    inverse,
    product,
    scale,
    split_coefficient,
    subtract,
    transpose,
)
from .gaussian import HORN, RW, cauchy_schwarz
from .norms import stretched
from .quantities import Inner, quadratic_form


def everywhere(rule: Rule) -> Rule:
    """The same rule, applied to every match and not to the first alone."""
    return replace(rule, everywhere=True)


def _terms(matrix) -> list[tuple]:
    """(coefficient, factors) of the terms of a sum of products."""
    terms = matrix.args if isinstance(matrix, MatAdd) else (matrix,)
    split = map(split_coefficient, terms)
    return [(c, list(m.args) if isinstance(m, MatMul) else [m]) for c, m in split]


# --- sums of products -----------------------------------------------------------------------------


def _common_factor(subterm, context):
    """AB + AC + D = A(B + C) + D, for the first factor that occurs twice."""
    if not isinstance(subterm, MatAdd):
        return None
    terms = _terms(subterm)
    heads = [factors[0] for _, factors in terms if len(factors) > 1]
    shared = next((head for head in heads if heads.count(head) > 1), None)
    if shared is None:
        return None
    inside = [scale(c, product(*f[1:])) for c, f in terms if f[0] == shared and len(f) > 1]
    outside = [scale(c, product(*f)) for c, f in terms if f[0] != shared or len(f) == 1]
    return add(product(shared, add(*inside)), *outside)


common_factor = Rule("common factor", r"$AB+AC=A(B+C)$", "distributivity", _common_factor)


def _matrix_times_sum(subterm, context):
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place, factor in enumerate(factors):
        if isinstance(factor, MatAdd):
            before, after = factors[:place], factors[place + 1 :]
            return add(*(product(coefficient, *before, term, *after) for term in factor.args))
    return None


matrix_times_sum = Rule("distributivity", r"$A(B+C)=AB+AC$", "distributivity", _matrix_times_sum)


def named_in_sum(*labels: str) -> Rule:
    """Multiples of the right sides of the equations `labels`, found in a sum, by their left sides."""

    def rewrite(subterm: Basic, context: Context):
        if not isinstance(subterm, MatAdd):
            return None
        for label in labels:
            equation = context.equation(label)
            multiple = _multiple_in(subterm, equation.right)
            if multiple is None:
                return None
            subterm = add(subtract(subterm, scale(multiple, equation.right)), scale(multiple, equation.left))
        return subterm

    return Rule("names", "What has a name gets it.", "definition", rewrite)


def _multiple_in(whole, part):
    """The c for which a sum holds every term of c · part; None if there is none."""
    found = {tuple(factors): c for c, factors in _terms(whole)}
    ratios = {found.get(tuple(factors), 0) / c for c, factors in _terms(part)}
    return ratios.pop() if len(ratios) == 1 and 0 not in ratios else None


def named_in_product(label: str, name: str, reason: str) -> Rule:
    """The right side of the equation `label`, which is a product, found among the factors of a longer one."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not isinstance(subterm, MatMul):
            return None
        ((part, inner),) = _terms(equation.right) if not isinstance(equation.right, MatAdd) else ((0, []),)
        ((whole, factors),) = _terms(subterm)
        for place in range(len(factors) - len(inner) + 1):
            if inner and factors[place : place + len(inner)] == inner:
                return product(whole / part, *factors[:place], equation.left, *factors[place + len(inner) :])
        return None

    return Rule(name, reason, "definition", rewrite)


# --- quadratic forms --------------------------------------------------------------------------------


def _expand_form(subterm, context):
    """aᵀb multiplied out; aᵀMb and bᵀMa are collected for a symmetric matrix M."""
    if not isinstance(subterm, Inner):
        return None
    left, right = subterm.args
    pairs = [(c * d, f, g) for c, f in _terms(left) for d, g in _multiplied_out(right)]
    if len(pairs) == 1 and pairs[0][0] == 1:
        return None
    return Add(*(c * _ordered(product(*f), g) for c, f, g in pairs))


def _multiplied_out(matrix) -> list[tuple]:
    expanded = _matrix_times_sum(matrix, None)
    return _terms(matrix if expanded is None else expanded)


def _ordered(left, factors):
    """⟨left, M w⟩ with the two columns in a fixed order where M is a symmetric symbol."""
    if len(factors) > 1 and isinstance(factors[0], SymmetricSymbol):
        left, right = sorted((left, product(*factors[1:])), key=default_sort_key)
        return Inner(left, product(factors[0], right))
    return Inner(left, product(*factors))


expand_form = Rule(
    "multiply out",
    r"$(a+b)^\top\Sigma(a+b)=a^\top\Sigma a+2a^\top\Sigma b+b^\top\Sigma b$ for a symmetric $\Sigma$",
    "distributivity",
    _expand_form,
    everywhere=True,
)


def _difference_of_forms(subterm, context):
    if not (isinstance(subterm, Abs) and subterm.args[0].is_Add and len(subterm.args[0].args) == 2):
        return None
    forms = {number: form for number, form in (t.as_coeff_Mul() for t in subterm.args[0].args)}
    if set(forms) != {1, -1} or not all(isinstance(f, Inner) for f in forms.values()):
        return None
    a, b = forms[1].args[0], forms[-1].args[0]
    matrix = next((f[0] for _, f in _terms(forms[1].args[1])), None)
    if not isinstance(matrix, SymmetricSymbol):
        return None
    if (forms[1], forms[-1]) != (quadratic_form(a, matrix), quadratic_form(b, matrix)):
        return None
    return Abs(Inner(subtract(a, b), product(matrix, add(a, b))))


DIFFERENCE = Rule(
    "difference of two forms",
    r"$a^\top\Sigma a-b^\top\Sigma b=(a-b)^\top\Sigma(a+b)$ for a symmetric $\Sigma$",
    "distributivity",
    _difference_of_forms,
)
difference_of_forms = (DIFFERENCE, cauchy_schwarz, stretched("<="))


def cauchy_schwarz_of_form(label: str) -> Rule:
    """|aᵀb| <= √(aᵀM⁻¹a) √g, where the equation `label` says g = bᵀMb, and M is positive definite."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not (isinstance(subterm, Abs) and isinstance(subterm.args[0], Inner)):
            return None
        vector = equation.right.args[0] if isinstance(equation.right, Inner) else None
        rest = [a for a in subterm.args[0].args if a != vector]
        if len(rest) != 1:
            return None
        matrix = _terms(equation.right.args[1])[0][1][0]
        if equation.right != quadratic_form(vector, matrix) or not context.is_positive_definite(matrix):
            return None
        return sqrt(quadratic_form(rest[0], inverse(matrix))) * sqrt(equation.left)

    return _weighted_cauchy_schwarz(rewrite, r"$|a^\top b|\le\sqrt{a^\top M^{-1}a}\,\sqrt{b^\top Mb}$")


def _cauchy_schwarz_by_inverse(subterm, context: Context):
    if not (isinstance(subterm, Abs) and isinstance(subterm.args[0], Inner)):
        return None
    left, right = subterm.args[0].args
    first = right.args[0] if isinstance(right, MatMul) else None
    if not (isinstance(first, Inverse) and context.is_positive_definite(first.arg)):
        return None
    return sqrt(quadratic_form(left, first)) * sqrt(quadratic_form(product(*right.args[1:]), first))


def _weighted_cauchy_schwarz(rewrite, statement: str) -> Rule:
    return Rule(
        "Cauchy–Schwarz inequality in another inner product",
        f"{statement} for a positive definite $M$",
        f"{HORN}, 5.1.4",
        rewrite,
        relation="<=",
        trusted=True,
        mutants=(BOUND_TOO_SMALL,),
    )


cauchy_schwarz_by_inverse = _weighted_cauchy_schwarz(
    _cauchy_schwarz_by_inverse, r"$|a^\top M^{-1}b|\le\sqrt{a^\top M^{-1}a}\,\sqrt{b^\top M^{-1}b}$"
)


# --- the matrix inversion lemma -----------------------------------------------------------------------


def _low_rank_and_noise(matrix):
    """(U, S, Uᵀ, ρ) for a matrix U S Uᵀ + ρI; else None."""
    if not (isinstance(matrix, MatAdd) and len(matrix.args) == 2):
        return None
    split = sorted(_terms(matrix), key=lambda term: isinstance(term[1][0], Identity))
    (c, factors), (noise, identity) = split
    if c != 1 or len(factors) != 3 or not isinstance(identity[0], Identity):
        return None
    if transpose(factors[0]) != factors[2] or transpose(factors[1]) != factors[1]:
        return None
    return (*factors, noise)


def _small_inverse(middle, right, noise):
    """(S⁻¹ + UᵀU/ρ)⁻¹."""
    return inverse(add(inverse(middle), scale(1 / noise, product(right, transpose(right)))))


def _matrix_inversion_lemma(subterm, context: Context):
    if not isinstance(subterm, MatAdd):
        return None
    terms = _terms(subterm)
    for c, factors in terms:
        for place, factor in enumerate(factors):
            parts = _low_rank_and_noise(factor.arg) if isinstance(factor, Inverse) else None
            if parts is None:
                continue
            left, middle, right, noise = parts
            before, after = factors[: place - 2], factors[place + 3 :]
            around = factors[place - 2 : place], factors[place + 1 : place + 3]
            if place < 2 or around != ([middle, right], [left, middle]):
                continue
            if (-c, [*before, middle, *after]) not in terms or not context.is_positive_definite(middle):
                continue
            whole = product(-c, *before, _small_inverse(middle, right, noise), *after)
            taken = scale(-c, product(*before, middle, *after)), scale(c, product(*factors))
            return add(whole, *(t for t in subterm.args if t not in taken))
    return None


matrix_inversion_lemma = Rule(
    "matrix inversion lemma",
    r"$S-SF^\top(F SF^\top+\sigma^2I)^{-1}FS=(S^{-1}+F^\top F/\sigma^2)^{-1}$",
    f"{RW}, (A.9)",
    _matrix_inversion_lemma,
)


def _push_through(subterm, context: Context):
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place, factor in enumerate(factors):
        parts = _low_rank_and_noise(factor.arg) if isinstance(factor, Inverse) else None
        if parts is None or place < 2 or factors[place - 2 : place] != [parts[1], parts[2]]:
            continue
        _, middle, right, noise = parts
        if context.is_positive_definite(middle):
            small = _small_inverse(middle, right, noise)
            return product(coefficient / noise, *factors[: place - 2], small, right, *factors[place + 1 :])
    return None


push_through = Rule(
    "push-through identity",
    r"$SF^\top(F SF^\top+\sigma^2I)^{-1}=(S^{-1}+F^\top F/\sigma^2)^{-1}F^\top/\sigma^2$",
    f"{RW}, (2.11)–(2.12)",
    _push_through,
)
