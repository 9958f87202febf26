"""Named rules about Kullback-Leibler divergences: of distributions on finitely many points, and of normal ones."""

from __future__ import annotations

from sympy import Add, Basic, Expr, Integer, Mul, Rational, S, log
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    OneMatrix,
    Trace,
)
from sympy.matrices.expressions.determinant import Determinant

from .chain import PLUS_ONE, Mutant, Rule
from .context import Context
from .expressions import (
    ELEMENT,
    Elementwise,
    add,
    diagonal,
    diagonal_of,
    elementwise,
    hadamard,
    is_matrix,
    is_zero,
    product,
    scale,
    split_coefficient,
    substitute,
    subtract,
    transpose,
)
from .normal_form import trace
from .quantities import Divergence, Inner, NormalExpectation

COVER = "Cover & Thomas 2006"
HORN = "Horn & Johnson 2013"
BOUND_PLUS = Mutant("bound + 1/1000", lambda matched, result: add(result, Rational(1, 1000)))
FAR_TOO_LARGE = Mutant("bound + 10⁶", lambda matched, result: add(result, Integer(10**6)))
BOUND_MINUS = Mutant("bound - 1/1000", lambda matched, result: add(result, Rational(-1, 1000)))


def ones_like(column):
    return OneMatrix(*column.shape)


def sum_of_logarithms(column):
    """Σ_i log v_i."""
    return trace(product(transpose(ones_like(column)), elementwise(log, column)))


def is_positive(column, context: Context) -> bool:
    """Whether the domain says that the entries of a column are positive, factor by factor."""
    if isinstance(column, HadamardProduct):
        return all(is_positive(f, context) for f in column.args)
    if isinstance(column, Elementwise) and column.function.expr.is_Pow:
        return is_positive(column.expr, context)
    return context.is_positive_definite(diagonal(column))


# --- columns of probabilities -------------------------------------------------------------------


def _divergence(subterm, context):
    return subterm.formula() if isinstance(subterm, Divergence) else None


divergence = Rule(
    "Kullback–Leibler divergence",
    r"$\operatorname{KL}(q\,\|\,p)=\sum_iq_i\,(\log q_i-\log p_i)$",
    f"{COVER}, (2.26)",
    _divergence,
    everywhere=True,
)


def _recognise_divergence(subterm, context):
    """⟨q, log p - log q⟩ = -KL(q ‖ p)."""
    if not (isinstance(subterm, Inner) and isinstance(subterm.args[1], MatAdd)):
        return None
    q, difference = subterm.args
    rest = add(difference, elementwise(log, q))
    if isinstance(rest, Elementwise) and rest.function.expr == log(ELEMENT):
        return -Divergence(q, rest.expr)
    return None


recognise_divergence = Rule(
    "recognise a divergence",
    r"$\sum_iq_i\,(\log p_i-\log q_i)=-\operatorname{KL}(q\,\|\,p)$",
    f"{COVER}, (2.26)",
    _recognise_divergence,
)


def _one_inner(subterm, context):
    """Σ c_i ⟨q, v_i⟩ = ⟨q, Σ c_i v_i⟩, for one and the same q."""
    if not isinstance(subterm, Add):
        return None
    split = [(*term.as_coeff_Mul(), term) for term in subterm.args]
    inner = [(c, rest) for c, rest, _ in split if isinstance(rest, Inner)]
    if len(inner) < 2 or len({rest.args[0] for _, rest in inner}) != 1:
        return None
    others = [term for _, rest, term in split if not isinstance(rest, Inner)]
    joined = add(*(scale(c, rest.args[1]) for c, rest in inner))
    return Add(Inner(inner[0][1].args[0], joined), *others)


one_inner = Rule("one mean", r"$\mathbb E f+\mathbb E g=\mathbb E(f+g)$", "linearity of the mean", _one_inner)


def _split_off_constant(subterm, context):
    """⟨q, c 1 + v⟩ = c ⟨q, 1⟩ + ⟨q, v⟩."""
    if not (isinstance(subterm, Inner) and isinstance(subterm.args[1], MatAdd)):
        return None
    q, total = subterm.args
    parts = [split_coefficient(part) for part in total.args]
    constant = [c for c, matrix in parts if isinstance(matrix, OneMatrix)]
    if len(constant) != 1:
        return None
    rest = add(*(scale(c, matrix) for c, matrix in parts if not isinstance(matrix, OneMatrix)))
    return constant[0] * Inner(q, ones_like(q)) + Inner(q, rest)


split_off_constant = Rule(
    "a constant out of the mean",
    r"$\mathbb E(c+f)=c\,\mathbb E1+\mathbb Ef$",
    "linearity of the mean",
    _split_off_constant,
)


def _joined_logarithms(subterm, context):
    """log a ± log b = log(a ∘ b^{±1}) for the logarithms of positive columns in a sum."""
    if not isinstance(subterm, MatAdd):
        return None
    parts = [split_coefficient(part) for part in subterm.args]
    logs = [(c, m.expr) for c, m in parts if _is_log(m) and c in (1, -1) and is_positive(m.expr, context)]
    if len([c for c, _ in logs if c == 1]) < 1 or len(logs) < 2:
        return None
    gained = [column for c, column in logs if c == 1]
    lost = [column for c, column in logs if c == -1] if len(gained) < 2 else []
    factors = [*gained, *(elementwise(lambda t: 1 / t, column) for column in lost)]
    used = [(1, g) for g in gained] + [(-1, g) for g in lost]
    rest = [scale(c, m) for c, m in parts if not (_is_log(m) and (c, m.expr) in used)]
    return add(elementwise(log, hadamard(*factors)), *rest)


def _is_log(matrix) -> bool:
    return isinstance(matrix, Elementwise) and matrix.function.expr == log(ELEMENT)


join_logarithms = Rule(
    "logarithm of a product",
    r"$\log a+\log b=\log(a\circ b)$ for positive entries",
    "arithmetic",
    _joined_logarithms,
)


def divided(label: str, name: str, reason: str, source: str) -> Rule:
    """A definition r = c M, read as M = r/c."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        c, matrix = split_coefficient(equation.right)
        if equation.index is not None or not is_matrix(subterm) or subterm != matrix:
            return None
        return scale(1 / c, equation.left)

    return Rule(name, reason, source, rewrite)


def _log_of_multiple(subterm, context):
    """log(c v) = (log c) 1 + log v, for a positive number c and positive entries."""
    if not (_is_log(subterm) and isinstance(subterm.expr, MatMul)):
        return None
    c, column = split_coefficient(subterm.expr)
    if not (c.is_positive and is_positive(column, context)):
        return None
    return add(scale(log(c), ones_like(column)), elementwise(log, column))


log_of_multiple = Rule(
    "logarithm of a multiple",
    r"$\log(c\,v)=\log c\cdot\mathbf 1+\log v$ for $c>0$ and positive entries",
    "arithmetic",
    _log_of_multiple,
)


def known_value(label: str, name: str, reason: str) -> Rule:
    """A scalar replaced by the number that the fact `label` says it is."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        return equation.right if equation.index is None and subterm == equation.left else None

    return Rule(name, reason, "definition", rewrite, everywhere=True, mutants=(PLUS_ONE,))


def _tangent(subterm, context):
    """⟨q, log t⟩ <= ⟨q, t - 1⟩ for positive q and t."""
    if not (isinstance(subterm, Inner) and _is_log(subterm.args[1])):
        return None
    q, t = subterm.args[0], subterm.args[1].expr
    if not (is_positive(q, context) and is_positive(t, context)):
        return None
    return Inner(q, subtract(t, ones_like(t)))


tangent = Rule(
    "the tangent of the logarithm",
    r"$\log t\le t-1$ for $t>0$: the logarithm is concave and lies below its tangent at $t=1$",
    f"{COVER}, (2.84)",
    _tangent,
    relation="<=",
    mutants=(BOUND_MINUS,),
)


def _across_quotient(subterm, context):
    """⟨q, p ∘ 1/q⟩ = ⟨1, p⟩."""
    if not isinstance(subterm, Inner):
        return None
    q, other = subterm.args
    product_ = hadamard(q, other)
    if q not in getattr(other, "args", ()) and is_positive(q, context) and not product_.has(q):
        return Inner(product_, ones_like(q))
    return None


across_quotient = Rule(
    "cancel",
    r"$\sum_iq_i\,\frac{p_i}{q_i}=\sum_ip_i$",
    "arithmetic",
    _across_quotient,
    mutants=(PLUS_ONE,),
)


def bounded_by(label: str, name: str, reason: str, source: str, relation: str = "<=") -> Rule:
    """A scalar bounded as the inequality `label` says."""

    def rewrite(subterm: Basic, context: Context):
        known = context.inequality(label, relation)
        return known.right if known.index is None and subterm == known.left else None

    wrong = BOUND_MINUS if relation == "<=" else BOUND_PLUS
    return Rule(name, reason, source, rewrite, relation=relation, mutants=(wrong,))


# --- normal distributions -----------------------------------------------------------------------


def _log_determinant_of_inverse(subterm, context):
    if not (isinstance(subterm, log) and isinstance(subterm.args[0], Determinant)):
        return None
    matrix = subterm.args[0].arg
    if not (isinstance(matrix, Inverse) and context.is_positive_definite(matrix.arg)):
        return None
    return -log(Determinant(matrix.arg))


log_determinant_of_inverse = Rule(
    "determinant of the inverse",
    r"$\log\det\Lambda^{-1}=-\log\det\Lambda$",
    f"{HORN}, 0.3.5",
    _log_determinant_of_inverse,
    everywhere=True,
)


def _linear_expectation(subterm, context):
    """E Σ c_i f_i = Σ c_i E f_i, constants as they are."""
    if not isinstance(subterm, NormalExpectation):
        return None
    terms = Add.make_args(subterm.body)
    if len(terms) < 2:
        return None
    return Add(*(_mean_of_term(term, subterm) for term in terms))


def _mean_of_term(term: Expr, of: NormalExpectation):
    constant, rest = term.as_independent(of.point, as_Add=False) if term.has(of.point) else (term, S.One)
    return constant * (NormalExpectation(rest, *of.args[1:]) if rest != 1 else 1)


linear_expectation = Rule(
    "linearity of the mean",
    r"$\mathbb E(af+bg+c)=a\,\mathbb Ef+b\,\mathbb Eg+c$",
    "linearity of the mean",
    _linear_expectation,
)


def _mean_of_form(subterm, context):
    """E (z - a)ᵀM(z - a) = tr(M V) + (m - a)ᵀM(m - a), for z ~ N(m, V)."""
    if not (isinstance(subterm, NormalExpectation) and isinstance(subterm.body, Inner)):
        return None
    residual, weighted = subterm.body.args
    a = subtract(subterm.point, residual)
    matrix = _factor_of(weighted, residual)
    if matrix is None or a.has(subterm.point) or matrix.has(subterm.point):
        return None
    bias = subtract(subterm.mean, a)
    form = S.Zero if is_zero(bias) else Inner(bias, product(matrix, bias))
    return trace(product(matrix, subterm.covariance)) + form


def _factor_of(weighted, residual):
    """M of M r."""
    if not isinstance(weighted, MatMul) or weighted.args[-1] != residual:
        return None
    return product(*weighted.args[:-1])


mean_of_form = Rule(
    "mean of a quadratic form",
    r"$\mathbb E\,(z-a)^\top M(z-a)=\operatorname{tr}(MV)+(m-a)^\top M(m-a)$ for $z$ with mean $m$ and covariance $V$",
    "Petersen & Pedersen 2012, (318)",
    _mean_of_form,
    everywhere=True,
)


def _nonnegative_form(subterm, context):
    """vᵀ M v >= 0 for a positive definite M."""
    if not isinstance(subterm, Inner):
        return None
    matrix = _factor_of(subterm.args[1], subterm.args[0])
    return Integer(0) if matrix is not None and context.is_positive_definite(matrix) else None


drop_form = Rule(
    "a positive definite form is not negative",
    r"$v^\top\Lambda v\ge0$, with equality for $v=0$ only",
    f"{HORN}, 7.1.6",
    _nonnegative_form,
    relation=">=",
    mutants=(FAR_TOO_LARGE,),
)


def _trace_with_diagonal(subterm, context):
    """tr(M diag(v)) = ⟨diagonal of M, v⟩."""
    if not (isinstance(subterm, Trace) and isinstance(subterm.arg, MatMul)):
        return None
    coefficient, factors = subterm.arg.as_coeff_matrices()
    places = [i for i, f in enumerate(factors) if isinstance(f, DiagMatrix)]
    if len(places) != 1 or coefficient != 1:
        return None
    (i,) = places
    rest = product(*factors[i + 1 :], *factors[:i])
    return Inner(diagonal_of(rest), factors[i].args[0])


trace_with_diagonal = Rule(
    "trace with a diagonal matrix",
    r"$\operatorname{tr}(\Lambda\operatorname{diag}(v))=\sum_i\Lambda_{ii}v_i$",
    "definition",
    _trace_with_diagonal,
)


def _inner_at_least(subterm, context):
    """⟨a, b⟩ >= n + Σ log(a_i b_i), for positive a and b."""
    if not isinstance(subterm, Inner):
        return None
    a, b = subterm.args
    if not (is_positive(a, context) and is_positive(b, context)):
        return None
    return a.rows + sum_of_logarithms(a) + sum_of_logarithms(b)


inner_at_least = Rule(
    "the tangent of the logarithm",
    r"$t\ge1+\log t$ with equality for $t=1$ only, taken at each $t=\Lambda_{ii}v_i$",
    f"{COVER}, (2.84)",
    _inner_at_least,
    relation=">=",
    mutants=(FAR_TOO_LARGE,),
)


def _split_inner(subterm, context):
    """⟨a, Σ c_i v_i⟩ = Σ c_i ⟨a, v_i⟩."""
    if not (isinstance(subterm, Inner) and isinstance(subterm.args[1], MatAdd | MatMul)):
        return None
    parts = (
        [split_coefficient(p) for p in getattr(subterm.args[1], "args", ())]
        if isinstance(subterm.args[1], MatAdd)
        else [split_coefficient(subterm.args[1])]
    )
    if len(parts) == 1 and parts[0][0] == 1:
        return None
    return Add(*(c * Inner(subterm.args[0], v) for c, v in parts))


split_inner = Rule(
    "linearity",
    r"$a^\top(v+w)=a^\top v+a^\top w$",
    "linearity of the inner product",
    _split_inner,
    everywhere=True,
    mutants=(PLUS_ONE,),
)


def _inner_of_inverse(subterm, context):
    """⟨a, 1/a⟩ = n for entries that are not 0."""
    if not isinstance(subterm, Inner):
        return None
    a, b = subterm.args
    if hadamard(a, b) != ones_like(a) or isinstance(a, OneMatrix):
        return None
    return a.rows if is_positive(a, context) else None


inner_of_inverse = Rule("cancel", r"$\sum_ia_i\,\frac1{a_i}=n$", "arithmetic", _inner_of_inverse)


def _log_of_inverse(subterm, context):
    """Σ log(1/v_i) = -Σ log v_i, for positive entries."""
    if not (isinstance(subterm, Trace) and isinstance(subterm.arg, MatMul) and _is_log(subterm.arg.args[-1])):
        return None
    inside = subterm.arg.args[-1].expr
    if not (isinstance(inside, Elementwise) and inside.function.expr == 1 / ELEMENT):
        return None
    if subterm != sum_of_logarithms(inside) or not is_positive(inside.expr, context):
        return None
    return -sum_of_logarithms(inside.expr)


log_of_inverse = Rule(
    "logarithm of an inverse", r"$\log\frac1t=-\log t$", "arithmetic", _log_of_inverse, everywhere=True
)


def _log_determinant_of_multiple(subterm, context):
    """log det(c I) = n log c for c > 0."""
    if not (isinstance(subterm, log) and isinstance(subterm.args[0], Determinant)):
        return None
    c, matrix = split_coefficient(subterm.args[0].arg)
    return matrix.rows * log(c) if isinstance(matrix, Identity) and c.is_positive else None


log_determinant_of_multiple = Rule(
    "determinant of a multiple of the identity",
    r"$\log\det(cI)=n\log c$ for $c>0$",
    f"{HORN}, 0.3.5",
    _log_determinant_of_multiple,
    everywhere=True,
)


def _hadamard_inequality(subterm, context):
    """Σ log Λ_ii >= log det Λ for a positive definite Λ."""
    if not isinstance(subterm, Trace):
        return None
    for matrix in sorted(context.positive_definite, key=str):
        entries = diagonal_of(matrix)
        if subterm == sum_of_logarithms(entries) and context.is_positive_definite(matrix):
            return log(Determinant(matrix))
    return None


hadamard_inequality = Rule(
    "Hadamard's inequality",
    r"$\det\Lambda\le\prod_i\Lambda_{ii}$ for a positive definite $\Lambda$, with equality only for a diagonal one",
    f"{HORN}, 7.8.1",
    _hadamard_inequality,
    relation=">=",
    trusted=True,
    mutants=(BOUND_PLUS,),
)


def _pythagoras(subterm, context):
    """⟨d, d⟩ for d = c 1 + κ y: n (c + κ ȳ)² + κ² ‖y - ȳ 1‖², ȳ the mean of y."""
    if not (isinstance(subterm, Inner) and subterm.args[0] == subterm.args[1]):
        return None
    d = subterm.args[0]
    if not (isinstance(d, MatAdd) and len(d.args) == 2):
        return None
    parts = [split_coefficient(part) for part in d.args]
    constant = [c for c, matrix in parts if isinstance(matrix, OneMatrix)]
    others = [(c, matrix) for c, matrix in parts if not isinstance(matrix, OneMatrix)]
    if len(constant) != 1 or len(others) != 1:
        return None
    (c,), ((factor, y),) = constant, others
    one = ones_like(y)
    mean = Inner(one, y) / y.rows
    deviation = subtract(y, scale(mean, one))
    return y.rows * (c + factor * mean) ** 2 + factor**2 * Inner(deviation, deviation)


pythagoras = Rule(
    "mean and deviations",
    r"$\sum_i(c-y_i)^2=n\,(c-\bar y)^2+\sum_i(y_i-\bar y)^2$: the mixed terms add up to 0",
    "arithmetic",
    _pythagoras,
    everywhere=True,
)


def _number_out_of_inner(subterm, context):
    """⟨a, c v⟩ = c ⟨a, v⟩ for a number c."""
    if not isinstance(subterm, Inner):
        return None
    c, rest = split_coefficient(subterm.args[1])
    return None if c == 1 else c * Inner(subterm.args[0], rest)


def _number_into_inner(subterm, context):
    """c ⟨a, v⟩ = ⟨a, c v⟩ for a number c."""
    c, rest = subterm.as_coeff_Mul() if isinstance(subterm, Mul) else (S.One, subterm)
    return Inner(rest.args[0], scale(c, rest.args[1])) if c != 1 and isinstance(rest, Inner) else None


number_into_inner = Rule(
    "a number inside",
    r"$c\,a^\top v=a^\top(cv)$",
    "linearity of the inner product",
    _number_into_inner,
)
number_out_of_inner = Rule(
    "a number in front",
    r"$a^\top(cv)=c\,a^\top v$",
    "linearity of the inner product",
    _number_out_of_inner,
    everywhere=True,
)


def form_of_zero(label: str, name: str, reason: str) -> Rule:
    """vᵀ M v = 0 where the definition `label` makes v vanish."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not isinstance(subterm, Inner) or equation.index is not None:
            return None
        vector = substitute(subterm.args[0], {equation.left: equation.right})
        return Integer(0) if is_zero(vector) else None

    return Rule(name, reason, "definition", rewrite)


def _trace_of_identity(subterm, context):
    """tr I = n, and tr(cI) = cn."""
    if not isinstance(subterm, Trace):
        return None
    c, matrix = split_coefficient(subterm.arg)
    return c * matrix.rows if isinstance(matrix, Identity) else None


trace_of_identity = Rule(
    "trace of the identity", r"$\operatorname{tr}I=n$", "definition", _trace_of_identity, everywhere=True
)
