"""Named rules for Gaussian densities, block matrices, kernels and bounds."""

from __future__ import annotations

from sympy import (
    Abs,
    Add,
    Basic,
    Dummy,
    Integer,
    Limit,
    Mul,
    Pow,
    S,
    Symbol,
    default_sort_key,
    erf,
    limit,
    log,
    oo,
    pi,
    sqrt,
)
from sympy.matrices.expressions import (
    DiagMatrix,
    FunctionMatrix,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Trace,
    Transpose,
)
from sympy.matrices.expressions.determinant import Determinant

from .chain import BOUND_TOO_SMALL, NOT_THE_LIMIT, Rule
from .context import Context, DoesNotApply
from .expressions import (
    Binder,
    Blocks,
    Member,
    add,
    elementwise,
    inverse,
    is_zero,
    negative,
    product,
    subtract,
    transpose,
)
from .normal_form import trace
from .quantities import (
    Inner,
    Kernel,
    LargestEntry,
    LogNormalDensity,
    Norm,
    RealScalar,
    SmallestEigenvalue,
    SmallestValue,
)

RW = "Rasmussen & Williams 2006"
HORN = "Horn & Johnson 2013"


# --- Gaussian densities -------------------------------------------------------------------------


def _log_density(residual, covariance):
    """-½ rᵀC⁻¹r - ½ log det C - (rows/2) log 2π."""
    constant = (covariance.rows * log(2 * pi) / 2).expand(log=False)
    quadratic = Inner(residual, product(inverse(covariance), residual))
    return -quadratic / 2 - log(Determinant(covariance)) / 2 - constant


def _expand_normal(subterm, context):
    if not isinstance(subterm, LogNormalDensity):
        return None
    return _log_density(subtract(subterm.argument, subterm.mean), subterm.covariance)


normal_density = Rule(
    "Gaussian density",
    r"$\log\mathcal N(x;\mu,C)=-\tfrac12(x-\mu)^\top C^{-1}(x-\mu)-\tfrac12\log\det C-\tfrac n2\log2\pi$",
    f"{RW}, (A.4)",
    _expand_normal,
    everywhere=True,
)


def _recognise_normal(subterm, context):
    """The converse, for a density of the context's variable."""
    if not isinstance(subterm, Add) or context.variable is None:
        return None
    for term in subterm.args:
        factor, form = term.as_coeff_Mul()
        if factor == -S.Half and isinstance(form, Inner):
            found = _as_normal(form, subterm, context.variable)
            if found is not None:
                return found
    return None


def _as_normal(form: Inner, whole: Add, variable):
    residual, weighted = form.args
    if not (
        isinstance(weighted, MatMul)
        and isinstance(weighted.args[0], Inverse)
        and isinstance(residual, MatAdd)
    ):
        return None
    covariance = weighted.args[0].arg
    mean = subtract(variable, residual)
    if mean.has(variable) or covariance.has(variable):
        return None
    if variable not in residual.args or (_log_density(residual, covariance) - whole).expand(log=False) != 0:
        return None
    return LogNormalDensity(variable, mean, covariance)


recognise_normal = Rule(
    "recognise a Gaussian density",
    "The same identity read from right to left: what multiplies the residual is the inverse covariance.",
    f"{RW}, (A.4)",
    _recognise_normal,
)


# --- block matrices -----------------------------------------------------------------------------


def _multiply_blocks(subterm, context):
    """The rightmost pair of adjacent block matrices in a product, multiplied out."""
    if not isinstance(subterm, MatMul):
        return None
    coefficient, factors = subterm.as_coeff_matrices()
    for place in reversed(range(len(factors) - 1)):
        left, right = factors[place : place + 2]
        if isinstance(left, Blocks) and isinstance(right, Blocks):
            return product(coefficient, *factors[:place], _block_product(left, right), *factors[place + 2 :])
    return None


def _block_product(left: Blocks, right: Blocks) -> Blocks:
    columns = list(zip(*right.args, strict=True))
    return Blocks(*([add(*map(product, row, col)) for col in columns] for row in left.args))


multiply_blocks = Rule(
    "block product",
    r"Blocks multiply as entries do: $(AB)_{ij}=\sum_k A_{ik}B_{kj}$.",
    f"{HORN}, 0.7.2",
    _multiply_blocks,
    everywhere=True,
)


def _inner_of_blocks(subterm, context):
    if not (isinstance(subterm, Inner) and all(isinstance(a, Blocks) for a in subterm.args)):
        return None
    left, right = subterm.args
    return Add(*(Inner(a, b) for (a,), (b,) in zip(left.args, right.args, strict=True)))


inner_of_blocks = Rule(
    "inner product of stacked vectors",
    r"$\binom ab^{\!\top}\!\binom cd=a^\top c+b^\top d$",
    f"{HORN}, 0.7.2",
    _inner_of_blocks,
    everywhere=True,
)


def _inverse_of_blocks(subterm, context):
    """Of block-diagonal matrices, and of unit block-triangular ones."""
    if not (isinstance(subterm, Inverse) and isinstance(subterm.arg, Blocks)):
        return None
    if subterm.arg.shape_of_blocks != (2, 2):
        return None
    (a, b), (c, d) = subterm.arg.args
    if is_zero(b) and is_zero(c):
        return Blocks((inverse(a), b), (c, inverse(d)))
    unit = isinstance(a, Identity) and isinstance(d, Identity)
    if unit and (is_zero(b) or is_zero(c)):
        return Blocks((a, negative(b)), (negative(c), d))
    return None


inverse_of_blocks = Rule(
    "inverse of a block-triangular matrix",
    r"$\begin{pmatrix}I&0\\A&I\end{pmatrix}^{-1}=\begin{pmatrix}I&0\\-A&I\end{pmatrix}$, "
    "and a block-diagonal matrix is inverted block by block.",
    f"{HORN}, 0.9.4",
    _inverse_of_blocks,
    everywhere=True,
)


def _across_inner(subterm, context):
    """⟨a, B w⟩ = ⟨Bᵀ a, w⟩, for a block matrix B."""
    if not (isinstance(subterm, Inner) and isinstance(subterm.args[1], MatMul)):
        return None
    first, *rest = subterm.args[1].args
    if not isinstance(first, Blocks) or len(rest) < 2:
        return None
    return Inner(product(transpose(first), subterm.args[0]), product(*rest))


across_inner = Rule(
    "move a factor across the inner product",
    r"$a^\top Bw=(B^\top a)^\top w$",
    f"{HORN}, 0.2.5",
    _across_inner,
)


def _diagonal_across_inner(subterm, context):
    """⟨a, diag(d) w⟩ = ⟨diag(d) a, w⟩."""
    if not (isinstance(subterm, Inner) and isinstance(subterm.args[1], MatMul)):
        return None
    first, *rest = subterm.args[1].args
    if not isinstance(first, DiagMatrix):
        return None
    return Inner(product(first, subterm.args[0]), product(*rest))


diagonal_across_inner = Rule(
    "move a diagonal factor across the inner product",
    r"$a^\top\operatorname{diag}(d)\,w=(\operatorname{diag}(d)\,a)^\top w$",
    f"{HORN}, 0.2.5",
    _diagonal_across_inner,
)


def _log_determinant_of_diagonal(subterm, context):
    """log det diag(d) = Σ_i log d_i, for positive d_i."""
    if not (isinstance(subterm, log) and isinstance(subterm.args[0], Determinant)):
        return None
    matrix = subterm.args[0].arg
    if not (isinstance(matrix, DiagMatrix) and context.is_positive_definite(matrix)):
        return None
    logarithms = elementwise(log, matrix.args[0])
    return trace(product(transpose(OneMatrix(*logarithms.shape)), logarithms))


log_determinant_of_diagonal = Rule(
    "determinant of a diagonal matrix",
    r"$\log\det\operatorname{diag}(d)=\sum_i\log d_i$ for $d_i>0$",
    f"{HORN}, 0.9.1",
    _log_determinant_of_diagonal,
    everywhere=True,
)


def _determinant_of_product(subterm, context):
    if not (isinstance(subterm, Determinant) and isinstance(subterm.arg, MatMul)):
        return None
    coefficient, factors = subterm.arg.as_coeff_matrices()
    if coefficient != 1 or any(f.rows != f.cols for f in factors):
        return None
    return Mul(*(Determinant(f) for f in factors))


determinant_of_product = Rule(
    "determinant of a product",
    r"$\det(AB)=\det A\,\det B$",
    f"{HORN}, 0.3.5",
    _determinant_of_product,
    everywhere=True,
)


def _determinant_of_blocks(subterm, context):
    if not (isinstance(subterm, Determinant) and isinstance(subterm.arg, Blocks)):
        return None
    if subterm.arg.shape_of_blocks != (2, 2):
        return None
    (a, b), (c, d) = subterm.arg.args
    return _determinant(a) * _determinant(d) if is_zero(b) or is_zero(c) else None


def _determinant(matrix):
    return S.One if isinstance(matrix, Identity) else Determinant(matrix)


determinant_of_blocks = Rule(
    "determinant of a block-triangular matrix",
    r"$\det\begin{pmatrix}A&0\\C&D\end{pmatrix}=\det A\,\det D$, and $\det I=1$",
    f"{HORN}, 0.8.5",
    _determinant_of_blocks,
    everywhere=True,
)


def _log_of_product(subterm, context):
    if not (isinstance(subterm, log) and isinstance(subterm.args[0], Mul | Pow)):
        return None
    factors = [f.as_base_exp() for f in Mul.make_args(subterm.args[0])]
    if not all(isinstance(d, Determinant) and context.is_positive_definite(d.arg) for d, _ in factors):
        return None
    return Add(*(exponent * log(d) for d, exponent in factors))


log_of_product = Rule(
    "logarithm of a product",
    r"$\log(ab)=\log a+\log b$ for $a,b>0$, and a positive definite matrix has a positive determinant.",
    f"{HORN}, 7.2.1",
    _log_of_product,
    everywhere=True,
)


# --- kernels ------------------------------------------------------------------------------------


def _trace_of_one_by_one(subterm, context):
    """A 1x1 matrix as the number it is."""
    if not (isinstance(subterm, Trace) and subterm.arg.shape == (1, 1)):
        return None
    return _number(subterm.arg, context)


def _number(matrix, context: Context):
    """The only entry of a 1x1 matrix: sums, scalar multiples, aᵀ b, and symbols defined entry by entry."""
    if matrix.shape != (1, 1):
        raise DoesNotApply(f"{matrix} of shape {matrix.shape} is no number")
    if isinstance(matrix, MatAdd):
        return Add(*(_number(part, context) for part in matrix.args))
    if isinstance(matrix, MatMul):
        coefficient, factors = matrix.as_coeff_matrices()
        if isinstance(factors[0], Transpose) and len(factors) > 1:
            return coefficient * Inner(factors[0].arg, product(*factors[1:]))
        return coefficient * Mul(*(_number(f, context) for f in factors))
    if isinstance(matrix, Inverse):
        return 1 / _number(matrix.arg, context)
    if isinstance(matrix, Transpose):
        return _number(matrix.arg, context)
    return _entry(matrix, context)


def _entry(symbol: MatrixSymbol, context: Context, i: int = 1, j: int = 1):
    """The entry (i, j), counted from 1: by the definition of the symbol if that is one entry by entry."""
    for equation in context.equations.values():
        if equation.left == symbol and isinstance(equation.right, FunctionMatrix):
            return equation.right.lamda(i, j)
    if not isinstance(symbol, MatrixSymbol):
        raise DoesNotApply(f"{symbol} has no entries that are known")
    return symbol[i - 1, j - 1]


one_by_one = Rule(
    "a 1 × 1 matrix is a number",
    r"$\operatorname{tr}(a^\top b)=a^\top b$ for columns",
    "definition",
    _trace_of_one_by_one,
)


def _inner_of_one_entry(subterm, context):
    if not (isinstance(subterm, Inner) and subterm.args[0].rows == 1):
        return None
    return Mul(*(_number(a, context) for a in subterm.args))


one_entry = Rule(
    "one training point",
    "With one training point every vector and matrix has one entry.",
    "definition",
    _inner_of_one_entry,
)


def _two_entries(subterm, context: Context):
    """⟨a, K⁻¹ b⟩ for columns of two entries, by the inverse of a 2x2 matrix."""
    if not (isinstance(subterm, Inner) and subterm.args[0].rows == 2 and isinstance(subterm.args[1], MatMul)):
        return None
    matrix, *rest = subterm.args[1].args
    if not (isinstance(matrix, Inverse) and len(rest) == 1 and context.is_positive_definite(matrix.arg)):
        return None
    (a, b), (c, d) = ([_entry(matrix.arg, context, i, j) for j in (1, 2)] for i in (1, 2))
    (p, q), (r, s) = ([_entry(column, context, i, 1) for i in (1, 2)] for column in (subterm.args[0], *rest))
    return (p * (d * r - b * s) + q * (a * s - c * r)) / (a * d - b * c)


two_entries = Rule(
    "two training points",
    r"$\begin{pmatrix}a&b\\c&d\end{pmatrix}^{-1}=\frac1{ad-bc}\begin{pmatrix}d&-b\\-c&a\end{pmatrix}$",
    f"{HORN}, 0.8.2",
    _two_entries,
)


def _kernel_of_itself(subterm, context):
    return S.One if isinstance(subterm, Kernel) and subterm.args[0] == subterm.args[1] else None


kernel_of_itself = Rule(
    "the kernel of a point with itself", r"$k(x,x)=e^0=1$", "definition", _kernel_of_itself, everywhere=True
)


def _symmetric_kernel(subterm, context):
    """k(b, a) as k(a, b), in one order: members of a family first."""
    if not isinstance(subterm, Kernel):
        return None
    ordered = sorted(subterm.args, key=lambda x: (not isinstance(x, Member), default_sort_key(x)))
    return None if tuple(ordered) == subterm.args else Kernel(*ordered)


symmetric_kernel = Rule(
    "the kernel is symmetric", r"$k(b,a)=k(a,b)$", "definition", _symmetric_kernel, everywhere=True
)


def _kernel(subterm, context):
    return subterm.formula() if isinstance(subterm, Kernel) else None


kernel_formula = Rule(
    "the kernel", r"$k(a,b)=\exp(-\tfrac12\lVert a-b\rVert^2)$", "definition", _kernel, everywhere=True
)


def _norm_of_zero(subterm, context):
    return S.Zero if isinstance(subterm, Norm) and is_zero(subterm.argument) else None


norm_of_zero = Rule(
    "the norm of zero",
    r"$\lVert0\rVert=0$, so $k(x,x)=e^0=1$",
    f"{HORN}, 5.1.1",
    _norm_of_zero,
    everywhere=True,
)


def largest_kernel_value(distance: str, vector: str) -> Rule:
    """max_i |f(r_i)| = f(min_i r_i) for a positive decreasing f.

    `distance` and `vector` are the labels of the definitions of min_i r_i and of the vector f(r_i).
    """

    def rewrite(subterm: Basic, context: Context):
        values, smallest = context.equation(vector), context.equation(distance)
        if not (isinstance(subterm, LargestEntry) and subterm.argument == values.left):
            return None
        profile = _profile(values.right, smallest.right)
        if profile is None or values.right.shape != (smallest.right.size, 1):
            return None
        function, radius = profile
        if not (function.is_positive and function.diff(radius).is_nonpositive):
            return None
        context.require("{} is positive and decreasing for {} >= 0", function, radius)
        return function.xreplace({radius: smallest.left})

    return Rule(
        "the nearest training point has the largest kernel value",
        r"$e^{-r^2/2}$ falls with $r$, so its largest value is at the smallest distance $d$.",
        "elementary calculus",
        rewrite,
    )


def _profile(entries: FunctionMatrix, smallest: SmallestValue):
    """(f(r), r) when the entries are f(r_i) and `smallest` is min_i r_i; else None."""
    i, _ = entries.lamda.signature
    (index,) = smallest.entries.signature
    radius = Symbol("r", nonnegative=True)
    entry = entries.lamda.expr
    entry = entry.formula() if isinstance(entry, Kernel) else entry
    function = entry.xreplace({smallest.entries.expr.xreplace({index: i}): radius})
    return (function, radius) if function.free_symbols == {radius} else None


# --- bounds and limits --------------------------------------------------------------------------


def _cauchy_schwarz(subterm, context):
    if isinstance(subterm, Abs) and isinstance(subterm.args[0], Inner):
        a, b = subterm.args[0].args
        return Norm(a) * Norm(b)
    return None


cauchy_schwarz = Rule(
    "Cauchy–Schwarz inequality",
    r"$|a^\top b|\le\lVert a\rVert\,\lVert b\rVert$",
    f"{HORN}, 5.1.4",
    _cauchy_schwarz,
    relation="<=",
    trusted=True,
    mutants=(BOUND_TOO_SMALL,),
)


def _rayleigh(subterm, context):
    if not isinstance(subterm, Inner):
        return None
    vector, weighted = subterm.args
    if not (isinstance(weighted, MatMul) and len(weighted.args) == 2 and weighted.args[1] == vector):
        return None
    matrix = weighted.args[0]
    if not (isinstance(matrix, Inverse) and context.is_positive_definite(matrix.arg)):
        return None
    return Norm(vector) ** 2 / SmallestEigenvalue(matrix.arg)


def _nonnegative_form(subterm, context):
    """|vᵀ K⁻¹ v| = vᵀ K⁻¹ v for a positive definite K."""
    if not isinstance(subterm, Abs) or _rayleigh(subterm.args[0], context) is None:
        return None
    return subterm.args[0]


nonnegative_form = Rule(
    "positive definite form",
    r"$v^\top K^{-1}v\ge0$ for a positive definite $K$, so the absolute value may go.",
    f"{HORN}, 7.1.6",
    _nonnegative_form,
)
rayleigh_bound = Rule(
    "Rayleigh quotient",
    r"$v^\top K^{-1}v\le\lVert v\rVert^2/\lambda_{\min}(K)$",
    f"{HORN}, 4.2.2",
    _rayleigh,
    relation="<=",
    trusted=True,
    mutants=(BOUND_TOO_SMALL,),
)


def entries_bound(vector: str) -> Rule:
    """‖v‖ <= √n max_i |v_i| for the vector that the equation `vector` defines."""

    def rewrite(subterm: Basic, context: Context):
        column = context.equation(vector).left
        if isinstance(subterm, Norm) and subterm.argument == column and column.cols == 1:
            return sqrt(subterm.argument.rows) * LargestEntry(subterm.argument)
        return None

    return Rule(
        "a norm by its largest entry",
        r"$\lVert v\rVert\le\sqrt n\,\max_i|v_i|$",
        "Golub & Van Loan 2013, (2.2.6)",
        rewrite,
        relation="<=",
        trusted=True,
        mutants=(BOUND_TOO_SMALL,),
    )


def limit_at_infinity(label: str | None, name: str, reason: str) -> Rule:
    """The limit of a scalar as the symbol that the equation `label` defines grows without bound.

    What grows it is the context's variable; other quantities must not depend on that.  Without a label
    the variable is itself the positive number that grows.
    """

    def rewrite(subterm: Basic, context: Context):
        symbol = context.variable if label is None else context.equation(label).left
        if not isinstance(symbol, Symbol):
            return None
        fixed = _outermost_quantities(subterm)
        rest = subterm.xreplace({symbol: Dummy(positive=True)})
        moving = (*fixed, *subterm.atoms(Binder))
        if context.variable is None or context.varies(rest) or any(part.has(symbol) for part in moving):
            return None
        for q in fixed:
            context.require("{} does not depend on {}", q, context.variable)
        standing = {q: Dummy(positive=True) if _is_positive(q, context) else Dummy(real=True) for q in fixed}
        value = _limit(subterm.xreplace(standing), symbol)
        if value is None or value.has(symbol, oo, Limit) or value is S.NaN:
            return None
        return value.xreplace({dummy: q for q, dummy in standing.items()})

    return Rule(
        name,
        f"{reason} The limit is computed by SymPy.",
        "definition of the limit",
        rewrite,
        relation="→",
        mutants=(NOT_THE_LIMIT,),
        limit=label or "the variable",
    )


def _limit(expression: Basic, grows: Symbol) -> Basic | None:
    """SymPy's limit, or None where it has none, or not without knowing a sign."""
    try:
        return limit(_error_functions_at_the_end(expression, grows), grows, oo)
    except (NotImplementedError, TypeError):
        return None


def _error_functions_at_the_end(expression: Basic, grows) -> Basic:
    """erf(a t) → ±1 with the sign of a, where t stands nowhere else; SymPy takes such limits wrongly."""
    ends = {}
    for e in expression.atoms(erf):
        slope = (e.args[0] / grows).expand()
        if not slope.has(grows) and (slope.is_positive or slope.is_negative):
            ends[e] = Integer(1 if slope.is_positive else -1)
    found = expression.xreplace(ends)
    return expression if found.has(grows) else found


def _outermost_quantities(expression: Basic) -> list[Basic]:
    """The norms, inner products, … in an expression, those within another one apart; in a fixed order."""
    if isinstance(expression, RealScalar):
        return [expression]
    found = {q for a in expression.args for q in _outermost_quantities(a)}
    return sorted(found, key=default_sort_key)


def _is_positive(quantity: Basic, context: Context) -> bool:
    """Norms count as positive here: their being 0 is the limit of their being small."""
    return bool(quantity.is_nonnegative)
