"""Proofs, with an effort that is bounded by what is tried and by counted operations, never by a clock.

Scalars: the difference is brought to one fraction in the exponentials that occur, and its numerator is
0; or all its derivatives are, and its value at one point, on a domain without gaps.  Matrices: products
are multiplied out, inverses and transposes pushed inward, traces turned to one cyclic order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

import sympy
from sympy import (
    Add,
    Dummy,
    Expr,
    Max,
    Min,
    Mul,
    Pow,
    S,
    Trace,
    cosh,
    erfc,
    expand,
    expand_log,
    sinh,
    tanh,
    together,
)
from sympy.core.function import Function
from sympy.matrices.expressions import Determinant, Inverse, MatAdd, MatMul, MatrixExpr, Transpose

from derivations.expressions import Unsupported, add, inverse, product, split_coefficient, transpose
from derivations.normal_form import normalise

from .formula import Formula

MOST_OPERATIONS = 160
MOST_DERIVED = 80
MOST_GAMMA = 40
MOST_TERMS = 120
MOST_EXPONENTIALS = 6
SMOOTH = (sympy.exp, sympy.log, tanh, sinh, cosh, sympy.sin, sympy.cos, sympy.atan, sympy.asinh, sympy.erf)
SMOOTH += (erfc, sympy.erfi)


def is_proved(expected: Formula, answer: Formula) -> bool:
    """Whether one of the ways shows that the formulas are equal; False says nothing."""
    if not same_domain(expected, answer):
        return False
    try:
        if expected.shape:
            return expanded(normalise(expected.value)) == expanded(normalise(answer.value))
        difference = without_matrices(expected.value - answer.value)
        return any(difference_vanishes(difference, way) for way in WAYS)
    except (TypeError, ValueError, ArithmeticError, AttributeError, NotImplementedError):
        return False  # SymPy does not get through; the numbers decide


def same_domain(one: Formula, other: Formula) -> bool:
    return set(open_conditions(one)) == set(open_conditions(other))


def open_conditions(formula: Formula) -> Iterator[tuple[str, Expr]]:
    for function, argument in formula.conditions:
        always = argument.is_positive or (function == "sqrt" and argument.is_nonnegative)
        if not (function in ("ln", "sqrt", "loggamma") and always):
            yield function, argument


# --- scalars ------------------------------------------------------------------------------------


def difference_vanishes(difference: Expr, way: Callable[[Expr], bool]) -> bool:
    return difference.count_ops() <= MOST_OPERATIONS and breadth(difference) <= MOST_TERMS and way(difference)


def breadth(expression: Expr) -> int:
    """The number of terms when multiplied out, of the largest part."""
    inner = [breadth(a) for a in expression.args] or [1]
    if isinstance(expression, Add):
        return sum(inner)
    if isinstance(expression, Mul):
        return prod(inner)
    if isinstance(expression, Pow) and expression.exp.is_Integer:
        return inner[0] ** min(abs(int(expression.exp)), MOST_TERMS)
    return max(inner)


def by_expansion(difference: Expr) -> bool:
    return expand(difference) == 0


def by_logarithms(difference: Expr) -> bool:
    split = expand(expand_log(difference))
    return split == 0 or (bool(split.atoms(sympy.log)) and expand(expand_log(sympy.factor_terms(split))) == 0)


def by_fractions(difference: Expr) -> bool:
    """As one fraction in exponentials."""
    return is_zero_fraction(in_elementary_terms(difference))


def in_elementary_terms(expression: Expr) -> Expr:
    """Hyperbolic and trigonometric functions by exponentials, erfc by erf, maxima by absolute values."""
    found = expression.replace(lambda e: isinstance(e, Max | Min) and len(e.args) == 2, half_sum)
    found = found.replace(erfc, lambda x: 1 - sympy.erf(x))
    return found.rewrite([tanh, sinh, cosh, sympy.sin, sympy.cos, sympy.tan], sympy.exp)


def half_sum(extremum: Expr) -> Expr:
    a, b = sorted(extremum.args, key=sympy.default_sort_key)
    sign = 1 if isinstance(extremum, Max) else -1
    return (a + b + sign * abs(expand(a - b))) / 2


def is_zero_fraction(expression: Expr) -> bool:
    algebraic = without_exponentials(expand(expression, mul=False, multinomial=False, log=False))
    if algebraic is None or breadth(algebraic) > MOST_TERMS:
        return False
    numerator, _ = sympy.fraction(together(algebraic))
    return breadth(numerator) <= MOST_TERMS**2 and expand(numerator) == 0


def without_exponentials(expression: Expr) -> Expr | None:
    """Each exp(c m), c rational, as a power of one symbol for m; None if there are too many m."""
    nodes = sorted(expression.atoms(sympy.exp), key=sympy.default_sort_key)
    parts = {node: node.exp.as_coeff_Mul(rational=True) for node in nodes}
    rates: dict = {}
    for coefficient, rest in parts.values():
        rates.setdefault(rest, []).append(coefficient.q)
    if len(rates) > MOST_EXPONENTIALS:
        return None
    units = {rest: (Dummy(positive=True), sympy.ilcm(1, *rates[rest])) for rest in rates}
    powers = {node: units[rest][0] ** (c * units[rest][1]) for node, (c, rest) in parts.items()}
    return expression.xreplace(powers)


def by_derivatives(difference: Expr) -> bool:
    """A smooth function on a domain without gaps, whose derivatives are 0, and which is 0 at one point."""
    symbols = sorted(difference.free_symbols, key=lambda s: s.name)
    if difference.count_ops() > MOST_DERIVED or not symbols or not is_smooth_everywhere(difference):
        return False
    point = {s: S.One if s.is_positive else S.Zero for s in symbols}
    if expand(expand_log(difference.subs(point))) != 0:
        return False
    return all(is_zero_fraction(in_elementary_terms(difference.diff(s))) for s in symbols)


def is_smooth_everywhere(expression: Expr) -> bool:
    if not all(isinstance(f, SMOOTH) for f in expression.atoms(Function)):
        return False
    arguments = [f.args[0] for f in expression.atoms(sympy.log)]
    bases = [p.base for p in expression.atoms(Pow) if not (p.exp.is_Integer and p.exp.is_nonnegative)]
    real = all(s.is_real for s in expression.free_symbols)
    return real and all(x.is_positive for x in (*arguments, *bases))


def by_gamma(difference: Expr) -> bool:
    small = difference.count_ops() <= MOST_GAMMA
    return small and difference.has(sympy.gamma) and sympy.gammasimp(difference) == 0


WAYS = (by_expansion, by_logarithms, by_fractions, by_derivatives, by_gamma)


# --- matrices -----------------------------------------------------------------------------------


def expanded(matrix):
    """Products multiplied out, inverses of products split."""
    terms = summands(matrix)
    return add(*terms) if terms else matrix


def summands(matrix) -> list:
    if isinstance(matrix, MatAdd):
        return [term for part in matrix.args for term in summands(part)]
    if isinstance(matrix, Inverse):
        return [inverse_of(matrix)]
    if isinstance(matrix, Transpose) and isinstance(matrix.arg, Inverse):
        return [transpose(inverse_of(matrix.arg))]
    if not isinstance(matrix, MatMul):
        return [matrix]
    coefficient, factors = matrix.as_coeff_matrices()
    products = [[coefficient]]
    for factor in factors:
        products = [[*p, term] for p in products for term in summands(factor)]
        if len(products) > MOST_TERMS:
            raise Unsupported("too many terms")
    return [product(*p) for p in products]


def inverse_of(matrix) -> MatrixExpr:
    """(AB)⁻¹ = B⁻¹A⁻¹ for square factors."""
    coefficient, body = split_coefficient(expanded(matrix.arg))
    factors = body.args if isinstance(body, MatMul) else (body,)
    if any(f.rows != f.cols for f in factors):
        return inverse(matrix.arg)
    return product(1 / coefficient, *(inverse(f) for f in reversed(factors)))


def without_matrices(expression: Expr) -> Expr:
    """Each trace as a sum of traces in cyclic order, each determinant as a product."""
    traces = {t: cyclic_traces(normalise(t)) for t in expression.atoms(Trace)}
    determinants = {d: split_determinant(normalise(d)) for d in expression.atoms(Determinant)}
    replaced = {**traces, **determinants}
    names = {}
    found = expression.xreplace(replaced)
    for node in sorted(found.atoms(Trace, Determinant), key=sympy.default_sort_key):
        names[node] = Dummy(real=True)
    return found.xreplace(names)


def cyclic_traces(found) -> Expr:
    if not isinstance(found, Trace):
        return found
    return Add(*(turned(term) for term in summands(found.arg)))


def turned(matrix) -> Expr:
    """c tr(M), M the first of its turns and their transposes."""
    coefficient, body = split_coefficient(matrix)
    factors = list(body.args) if isinstance(body, MatMul) else [body]
    turns = [product(*factors[k:], *factors[:k]) for k in range(len(factors))]
    return coefficient * Trace(min([*turns, *map(transpose, turns)], key=sympy.default_sort_key))


def split_determinant(found) -> Expr:
    """det(AB) = det A det B, det A⁻¹ = 1/det A, det Aᵀ = det A, for square factors."""
    if not isinstance(found, Determinant):
        return found
    coefficient, body = split_coefficient(expanded(found.arg))
    factors = body.args if isinstance(body, MatMul) else (body,)
    if any(f.rows != f.cols for f in factors):
        return found
    return coefficient**body.rows * Mul(*map(determinant_of, factors))


def determinant_of(factor) -> Expr:
    if isinstance(factor, Inverse):
        return 1 / determinant_of(factor.arg)
    return determinant_of(factor.arg) if isinstance(factor, Transpose) else Determinant(factor)
