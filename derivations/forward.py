"""Differentials of columns, carried forward: d e = J dx, from which the Jacobian J is read off."""

from __future__ import annotations

from sympy import Basic, Integer, default_sort_key
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    Transpose,
    ZeroMatrix,
)

from .chain import Line, LineRule, Rule
from .context import Context
from .differentials import MAGNUS
from .expressions import (
    Elementwise,
    Jacobian,
    MatrixDifferential,
    Pairing,
    Unsupported,
    add,
    diagonal,
    differential,
    elementwise_derivative,
    equal_size,
    hadamard,
    negative,
    product,
    scale,
    transpose,
)
from .normal_form import as_scalar
from .printing import text


def _sum(e, context):
    return add(*(MatrixDifferential(part) for part in e.args))


def _product(e, context):
    coefficient, factors = e.as_coeff_matrices()
    terms = [
        product(coefficient, *factors[:i], MatrixDifferential(f), *factors[i + 1 :])
        for i, f in enumerate(factors)
        if context.varies(f)
    ]
    if context.varies(coefficient):
        terms.append(product(differential(coefficient), *factors))
    return add(*terms)


def _hadamard(e, context):
    varying = [i for i, f in enumerate(e.args) if context.varies(f)]
    return add(*(hadamard(*e.args[:i], MatrixDifferential(e.args[i]), *e.args[i + 1 :]) for i in varying))


def _elementwise(e, context):
    return hadamard(elementwise_derivative(e), MatrixDifferential(e.expr))


def _inverse(e, context):
    return negative(product(e, MatrixDifferential(e.arg), e))


def _rule(name, kinds, differentiate, reason, source) -> tuple[tuple[type, ...], Rule]:
    def rewrite(subterm: Basic, context: Context):
        if not isinstance(subterm, MatrixDifferential) or subterm.expression == context.variable:
            return None
        if not context.varies(subterm.expression):
            context.require("{} is constant", subterm.expression)
            return ZeroMatrix(*subterm.shape)
        return differentiate(subterm.expression, context) if isinstance(subterm.expression, kinds) else None

    return kinds, Rule(name, reason, source, rewrite, everywhere=True)


PUSHFORWARD = (
    _rule("sum rule", (MatAdd,), _sum, r"$\mathrm d(A+B)=\mathrm dA+\mathrm dB$", f"{MAGNUS}, 8.2"),
    _rule(
        "product rule",
        (MatMul,),
        _product,
        r"$\mathrm d(AB)=(\mathrm dA)B+A\,\mathrm dB$",
        f"{MAGNUS}, 8.2",
    ),
    _rule(
        "transpose rule",
        (Transpose,),
        lambda e, context: Transpose(MatrixDifferential(e.arg)),
        r"$\mathrm dA^\top=(\mathrm dA)^\top$",
        f"{MAGNUS}, 8.2",
    ),
    _rule(
        "Hadamard product rule",
        (HadamardProduct,),
        _hadamard,
        r"$\mathrm d(a\circ b)=\mathrm da\circ b+a\circ\mathrm db$",
        f"{MAGNUS}, 8.2",
    ),
    _rule(
        "elementwise chain rule",
        (Elementwise,),
        _elementwise,
        r"$\mathrm d\,g(z)=g'(z)\circ\mathrm dz$",
        f"{MAGNUS}, 5.12",
    ),
    _rule(
        "diagonal-matrix rule",
        (DiagMatrix,),
        lambda e, context: DiagMatrix(MatrixDifferential(e.args[0])),
        r"$\mathrm d\operatorname{diag}(v)=\operatorname{diag}(\mathrm dv)$",
        f"{MAGNUS}, 8.2",
    ),
    _rule(
        "inverse rule",
        (Inverse,),
        _inverse,
        r"$\mathrm dA^{-1}=-A^{-1}(\mathrm dA)A^{-1}$",
        f"{MAGNUS}, 8.4",
    ),
)

FORWARD = {rule.name: rule for _, rule in PUSHFORWARD}


# --- the differential at the right end ----------------------------------------------------------


def coefficient_of(term, dx):
    """J with term = J dx, for a column that is linear in dx."""
    if term == dx:
        return Identity(dx.rows)
    if not _moves(term, dx):
        return ZeroMatrix(term.rows, dx.rows)
    if isinstance(term, MatAdd):
        return add(*(coefficient_of(part, dx) for part in term.args))
    if isinstance(term, HadamardProduct):
        return _of_hadamard(term, dx)
    if isinstance(term, MatMul):
        return _of_product(term, dx)
    raise Unsupported(f"no Jacobian of a term like {text(term)}")


def _of_hadamard(term, dx):
    moving = next(f for f in term.args if f.has(dx))
    others = hadamard(*(f for f in term.args if f != moving))
    return product(others if equal_size(others.rows, 1) else diagonal(others), coefficient_of(moving, dx))


def _of_product(term, dx):
    number, factors = term.as_coeff_matrices()
    if number.has(Pairing):
        return _of_scalar_factor(number, factors)
    place = next(i for i, f in enumerate(factors) if f.has(dx))
    left, moving, right = factors[:place], factors[place], factors[place + 1 :]
    if not right:
        return product(number, *left, coefficient_of(moving, dx))
    rest = product(*right)
    if isinstance(moving, MatAdd):
        return add(*(coefficient_of(product(number, *left, part, rest), dx) for part in moving.args))
    if moving.cols == 1:
        return product(number * as_scalar(rest), *left, coefficient_of(moving, dx))
    if isinstance(moving, Transpose):
        return product(number, *left, transpose(rest), coefficient_of(moving.arg, dx))
    if isinstance(moving, DiagMatrix) and rest.cols == 1:
        return product(number, *left, diagonal(rest), coefficient_of(moving.args[0], dx))
    raise Unsupported(f"no Jacobian of a term like {text(term)}")


def _of_scalar_factor(number, factors):
    """Σ c_i ⟨G_i, dx⟩ M is M (Σ c_i Gᵀ_i) dx; a coefficient c_i is what stays when ⟨G_i, dx⟩ is 1, the others 0."""
    pairings = sorted(number.atoms(Pairing), key=default_sort_key)
    slopes = (scale(number.xreplace({q: Integer(q == p) for q in pairings}), p.weight) for p in pairings)
    return product(*factors, transpose(add(*slopes)))


def _moves(term, dx) -> bool:
    """Whether a term is linear in dx: by dx itself, or by a scalar ⟨G, dx⟩."""
    return term.has(dx) or term.has(Pairing)


def _to_the_right(line: Line, context: Context) -> Line | None:
    """Only once no other differential is left: a term that has not got dx is taken to be constant."""
    dx = MatrixDifferential(context.variable)
    open_ = [d for d in line.right.atoms(MatrixDifferential, Pairing) if d.expression != context.variable]
    if isinstance(line.left, MatrixDifferential) and not open_:
        return Line(line.left, product(coefficient_of(line.right, dx), dx))
    return None


differential_to_the_right = LineRule(
    "the differential to the right",
    r"$a\circ\mathrm dx=\operatorname{diag}(a)\,\mathrm dx$, $\operatorname{diag}(\mathrm dx)\,b="
    r"\operatorname{diag}(b)\,\mathrm dx$, $(\mathrm dx)^\top b=b^\top\mathrm dx$",
    f"{MAGNUS}, 3.6",
    rewrite=_to_the_right,
)


def _read_off(line: Line, context: Context) -> Line | None:
    dx = MatrixDifferential(context.variable)
    if not isinstance(line.left, MatrixDifferential):
        return None
    matrix = _factor_before(line.right, dx)
    return None if matrix is None else Line(Jacobian(line.left.expression, context.variable), matrix)


def _factor_before(right, dx):
    """J of J dx; None where the line is not yet of that form."""
    if right == dx:
        return Identity(dx.rows)
    if isinstance(right, ZeroMatrix):
        return ZeroMatrix(right.rows, dx.rows)
    if not isinstance(right, MatMul):
        return None
    number, factors = right.as_coeff_matrices()
    if factors[-1] != dx or any(f.has(dx) for f in factors[:-1]):
        return None
    return scale(number, product(*factors[:-1]) if len(factors) > 1 else Identity(dx.rows))


read_off_jacobian = LineRule(
    "read off the Jacobian",
    r"$\mathrm de=J\,\mathrm dx$ in every direction $\mathrm dx$ means $\partial e/\partial x^\top=J$.",
    f"{MAGNUS}, 5.8 (first identification theorem)",
    rewrite=_read_off,
)
