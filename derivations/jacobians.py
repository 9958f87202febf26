"""Named rules for Jacobians of composed maps, and for their determinants."""

from __future__ import annotations

from sympy import Abs, Add, Basic, Dummy, Mul, Pow, S, cancel, factor, log, tanh
from sympy.matrices.expressions import Identity, MatAdd, MatMul, Trace
from sympy.matrices.expressions.determinant import Determinant

from .chain import FIRST_TERM_LOST, OFF_BY_A_THOUSANDTH, Line, LineRule, Rule
from .context import Context
from .differentials import reaches_only_through
from .expressions import (
    IndexProduct,
    Jacobian,
    Member,
    equal_size,
    index_sum,
    open_binder,
    product,
    split_coefficient,
)
from .forward import read_off_jacobian

HORN = "Horn & Johnson 2013"


def named_jacobian(label: str) -> LineRule:
    """Read off a Jacobian ∂z_t/∂z_{t-1}ᵀ to which the definition `label` gives a name."""

    def rewrite(line: Line, context: Context) -> Line | None:
        found = read_off_jacobian.rewrite(line, context)
        equation = context.equation(label)
        if found is None or not isinstance(found.left.expression, Member):
            return None
        right, conditions = equation.instance(found.left.expression.index)
        if right != found.left or not context.holds(conditions):
            return None
        return Line(equation.left_at(found.left.expression.index), found.right)

    return LineRule(read_off_jacobian.name, read_off_jacobian.reason, read_off_jacobian.source, rewrite=rewrite)


def _own_jacobian(subterm, context):
    same = isinstance(subterm, Jacobian) and subterm.expression == subterm.variable
    return Identity(subterm.rows) if same else None


own_jacobian = Rule("Jacobian of the identity", r"$\partial z/\partial z^\top=I$", "definition", _own_jacobian)


def jacobian_through_state(whole: str, step: str) -> Rule:
    """P_t = P_{t+1} J_{t+1}, where `whole` defines P_t := ∂e/∂z_tᵀ and `step` J_t := ∂z_t/∂z_{t-1}ᵀ.

    e must see z_t through z_{t+1} alone.
    """

    def rewrite(subterm: Basic, context: Context):
        outer, inner = context.equation(whole), context.equation(step)
        if not isinstance(subterm, Member) or subterm.family != outer.left.family:
            return None
        index = subterm.index
        (here, held), (later, ahead), (across, between) = (
            outer.instance(index),
            outer.instance(index + 1),
            inner.instance(index + 1),
        )
        state = here.variable
        if across != Jacobian(later.variable, state) or not context.holds((*held, *ahead, *between)):
            return None
        if not reaches_only_through(state.family, index + 1, here.expression, context.along(state)):
            return None
        context.require("{} depends on {} only through {}", here.expression, state, later.variable)
        return product(outer.left_at(index + 1), inner.left_at(index + 1))

    return Rule(
        "chain rule for Jacobians",
        r"$\frac{\partial z_K}{\partial z_k^\top}=\frac{\partial z_K}{\partial z_{k+1}^\top}"
        r"\frac{\partial z_{k+1}}{\partial z_k^\top}$",
        "Magnus & Neudecker 2019, 5.12",
        rewrite,
    )


# --- determinants -------------------------------------------------------------------------------


def _log_determinant_of_product(subterm, context):
    """ln|det Π_j M_j| = Σ_j ln|det M_j|."""
    found = _inside_log_modulus(subterm)
    if not (isinstance(found, Determinant) and isinstance(found.arg, IndexProduct)):
        return None
    body, index = open_binder(found.arg)
    return index_sum(log(Abs(Determinant(body))), index, found.arg.lower, found.arg.upper)


def _inside_log_modulus(subterm):
    if isinstance(subterm, log) and isinstance(subterm.args[0], Abs):
        return subterm.args[0].args[0]
    return None


log_determinant_of_product = Rule(
    "log-determinant of a product",
    r"$\ln\bigl|\det\prod_kJ_k\bigr|=\sum_k\ln|\det J_k|$, as $\det(AB)=\det A\,\det B$",
    f"{HORN}, 0.3.5",
    _log_determinant_of_product,
    mutants=(OFF_BY_A_THOUSANDTH, FIRST_TERM_LOST),
)


def _determinant_lemma(subterm, context):
    """det(cI + A vᵀ) = c^{n-1} (c + vᵀA), for columns A and v: A may be a product that ends in a 1x1 matrix."""
    if not (isinstance(subterm, Determinant) and isinstance(subterm.arg, MatAdd)):
        return None
    parts = [split_coefficient(part) for part in subterm.arg.args]
    multiples = [c for c, matrix in parts if isinstance(matrix, Identity)]
    others = [(c, matrix) for c, matrix in parts if not isinstance(matrix, Identity)]
    if len(multiples) != 1 or len(others) != 1 or not isinstance(others[0][1], MatMul):
        return None
    (c,), ((weight, outer),) = multiples, others
    for place in range(1, len(outer.args)):
        if equal_size(outer.args[place].rows, 1):
            column, row = product(*outer.args[:place]), product(*outer.args[place:])
            return c ** (subterm.arg.rows - 1) * (c + weight * Trace(product(row, column)))
    return None


determinant_lemma = Rule(
    "matrix determinant lemma",
    r"$\det(cI+av^\top)=c^{n-1}(c+v^\top a)$",
    f"{HORN}, 0.8.5",
    _determinant_lemma,
    everywhere=True,
)


def _one_fraction(subterm, context):
    """A sum of fractions in scalars s and roots √s as one fraction in lowest terms."""
    if not (isinstance(subterm, Add) and subterm.atoms(Trace) and _is_arithmetic(subterm)):
        return None
    roots = {p: Dummy("r", positive=True) for p in subterm.atoms(Pow) if p.exp == S.Half}
    squares = {p.base: r**2 for p, r in roots.items()}
    back = {r: p for p, r in roots.items()}
    plain = subterm.xreplace(roots).xreplace(squares)
    if plain.atoms(Trace):
        return None
    found = factor(cancel(plain)).xreplace(back)
    return found if found != subterm else None


def _is_arithmetic(e: Basic) -> bool:
    """Whether numbers, symbols and 1x1 products are only added, multiplied and raised to powers."""
    leaf = isinstance(e, Trace) or e.is_Number or e.is_Symbol
    return leaf or (isinstance(e, Add | Mul | Pow) and all(map(_is_arithmetic, e.args)))


one_fraction = Rule(
    "one fraction", "A common denominator, and lowest terms.", "arithmetic", _one_fraction, everywhere=True
)


def _convex_combination(subterm, context):
    """1 + c (1 - t) = t + (1 - t)(1 + c) for t = tanh²."""
    if not (isinstance(subterm, Add) and len(subterm.args) == 2 and S.One in subterm.args):
        return None
    factors = Mul.make_args(next(a for a in subterm.args if a != 1))
    slopes = [f for f in factors if (1 - f).is_Pow and (1 - f).exp == 2 and isinstance((1 - f).base, tanh)]
    if len(slopes) != 1:
        return None
    rest = Mul(*(f for f in factors if f != slopes[0]))
    return (1 - slopes[0]) + slopes[0] * (1 + rest)


convex_combination = Rule(
    "a weighted mean of two numbers",
    r"$1+c\,\tanh'(s)=\tanh^2(s)\cdot1+\tanh'(s)\cdot(1+c)$, and the weights $\tanh^2(s)$ and "
    r"$\tanh'(s)=1-\tanh^2(s)$ are at least 0 and add up to 1.",
    "arithmetic",
    _convex_combination,
)
