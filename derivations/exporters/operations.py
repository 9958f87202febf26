"""An expression as a tree of array operations, the same for every language.

Axes of length one are dropped: an n x 1 column and a 1 x n row are vectors, a 1 x 1 matrix is a
number.  Products are associated by cost, an inverse in a product becomes a solve, the logarithm of a
determinant is computed as one.  `LOWER` is one flat table, node by node; `languages.py` has a template
for each operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from functools import reduce

from sympy import (
    Add,
    Basic,
    Derivative,
    Dummy,
    E,
    Float,
    Mul,
    NumberSymbol,
    Piecewise,
    Pow,
    Rational,
    S,
    Subs,
    Symbol,
    default_sort_key,
    log,
    pi,
)
from sympy.core.function import Application, AppliedUndef
from sympy.core.relational import Relational
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.determinant import Determinant
from sympy.matrices.expressions.matexpr import MatrixElement

from ..expressions import (
    Applied,
    AppliedGradient,
    Blocks,
    IndexProduct,
    IndexSum,
    MatrixIndexSum,
    Member,
    is_matrix,
    open_binder,
    product,
    scale,
    split_coefficient,
    substitute,
    subtract,
    transpose,
)
from ..integrals import StandardNormal
from ..quantities import (
    Divergence,
    Entry,
    Inner,
    Kernel,
    LargestEigenvalue,
    LargestEntry,
    LargestSingularValue,
    LargestValue,
    LogNormalDensity,
    Norm,
    SmallestEigenvalue,
    SmallestSingularValue,
    SmallestValue,
)

INDEX_NAMES = ("t", "k", "j", "i", "s", "r", "q")


class ExportError(ValueError):
    """There is no source for this; the message names the node and the expression."""


class Operation:
    """One operation on arrays: its kind, operands, number of axes, and the loop indices it depends on.

    `text` is a name or a number; `index` the name that the operation binds.  `static` is a number
    known from the shapes alone, a Python number in every library.
    """

    __slots__ = ("_hash", "args", "bound", "index", "kind", "rank", "static", "text")

    def __init__(self, kind, args=(), rank=0, text="", index="", bound=frozenset(), static=None):
        self.kind, self.args, self.rank, self.text, self.index = kind, tuple(args), rank, text, index
        inside = frozenset().union(*(a.bound for a in self.args))
        self.bound = frozenset(bound) | (inside - {index})
        known = rank == 0 and bool(self.args) and all(a.static for a in self.args)
        self.static = known if static is None else static
        self._hash = hash((kind, self.args, text, index))

    def __hash__(self):
        return self._hash

    def __eq__(self, other):
        return self is other or (
            self._hash == other._hash
            and (self.kind, self.text, self.index) == (other.kind, other.text, other.index)
            and self.args == other.args
        )


def name_of(text: str, rank: int = 0, static: bool = False, bound: Iterable[str] = ()) -> Operation:
    return Operation("name", (), rank, text, bound=frozenset(bound), static=static)


def number(value) -> Operation:
    return Operation("number", (), 0, str(value), static=True)


ZERO, ONE = number(0), number(1)


def sizes_kept(shape) -> tuple:
    """The sizes of the axes that are not dropped."""
    return tuple(size for size in shape if size != 1)


def rank_of(expression) -> int:
    return len(sizes_kept(expression.shape)) if is_matrix(expression) else 0


# --- arithmetic: numbers and arrays alike -------------------------------------------------------


def arithmetic(kind: str, *args: Operation) -> Operation:
    return Operation(kind, args, max(a.rank for a in args))


def times(a: Operation, b: Operation) -> Operation:
    """A number times a number or an array; factors 1 dropped."""
    if ONE in (a, b):
        return b if a == ONE else a
    if a.rank > b.rank:
        a, b = b, a
    return arithmetic("multiply" if a.rank == b.rank else "scale", a, b)


def over(a: Operation, b: Operation) -> Operation:
    if b == ONE:
        return a
    return arithmetic("divide", a, b)


def signed_sum(terms: list[tuple[bool, Operation]]) -> Operation:
    """The sum of (is it negative, its absolute part); negative terms last."""
    terms = sorted(terms, key=lambda term: term[0])
    negative, total = terms[0]
    total = arithmetic("negate", total) if negative else total
    for negative, term in terms[1:]:
        total = arithmetic("subtract" if negative else "add", total, term)
    return total


def transposed(a: Operation) -> Operation:
    """Vectors and numbers are their own transposes here."""
    if a.kind == "transpose":
        return a.args[0]
    if a.kind in ("diagonal matrix", "identity"):
        return a
    return Operation("transpose", (a,), 2) if a.rank == 2 else a


class Factor:
    """A factor of a product, or a product of several: its operation, its shape and how it is applied.

    `form` is "plain"; "inverse", when the matrix is the inverse of `operation`; or "diagonal", when it
    is diag(`operation`).
    """

    def __init__(self, operation, shape, form="plain", symmetric=False, cost=0.0):
        self.operation, self.shape, self.form, self.symmetric = operation, tuple(shape), form, symmetric
        self.cost = cost

    def plain(self) -> Operation:
        match self.form:
            case "inverse":
                return Operation("inverse", (self.operation,), 2)
            case "diagonal":
                return Operation("diagonal matrix", (self.operation,), 2)
        return self.operation


def typical(size) -> float:
    """What an axis counts when products are associated by cost; loops are few, vectors thin."""
    return float(size) if getattr(size, "is_Integer", False) else 100.0


PRODUCTS = {(1, 1): "dot", (2, 1): "matrix vector", (1, 2): "vector matrix", (2, 2): "matmul"}


def join(a: Factor, b: Factor) -> Factor:
    """The product of two neighbours, written as directly as their forms allow, and what it costs."""
    shape = (a.shape[0], b.shape[1])
    rows, inner, cols = map(typical, (a.shape[0], a.shape[1], b.shape[1]))
    x, y = a.operation, b.operation
    rank = len(sizes_kept(shape))
    form, cost = "plain", rows * cols
    if a.form == b.form == "diagonal":
        form, made = "diagonal", arithmetic("multiply", x, y)
    elif a.form == "inverse":
        made, cost = Operation("solve", (x, b.plain()), rank), inner**2 * cols
        cost += inner**3 if b.form == "inverse" else 0
    elif b.form == "inverse":
        matrix = y if b.symmetric else transposed(y)
        solved = Operation("solve", (matrix, transposed(a.plain())), rank)
        made, cost = transposed(solved), inner**2 * rows + 1
    elif a.form == "diagonal":
        y = b.plain()
        made = arithmetic("multiply", x, y) if y.rank == 1 else Operation("scale rows", (x, y), 2)
    elif b.form == "diagonal":
        x = a.plain()
        made = arithmetic("multiply", x, y) if x.rank == 1 else Operation("scale columns", (x, y), 2)
    elif x.rank == 0 or y.rank == 0:
        made = times(x, y)
    elif a.shape[1] == 1:
        made = Operation("outer", (x, y), rank)
    else:
        made, cost = Operation(PRODUCTS[x.rank, y.rank], (x, y), rank), rows * inner * cols
    return Factor(made, shape, form, cost=a.cost + b.cost + cost)


def cheapest(factors: list[Factor]) -> Factor:
    """The product of a chain, associated as costs least, from left to right where that is as good."""
    best = {(i, i): factor for i, factor in enumerate(factors)}
    for length in range(1, len(factors)):
        for i in range(len(factors) - length):
            j = i + length
            ways = (join(best[i, s], best[s + 1, j]) for s in reversed(range(i, j)))
            best[i, j] = min(ways, key=lambda way: way.cost)
    return best[0, len(factors) - 1]


# --- expressions --------------------------------------------------------------------------------


class Lowering:
    """Expressions to operations.

    `leaf` gives the operation for a symbol, family member or function; `broadcasts` says whether a
    function of a number may be applied to an array as it stands; `taken` are names that no index may have.
    `hints` collects good names for operations, should they need one.
    """

    def __init__(self, leaf: Callable, broadcasts: bool, taken: Iterable[str] = ()):
        self.leaf, self.broadcasts, self.taken = leaf, broadcasts, set(taken)
        self.scope: dict = {}
        self.hints: dict[Operation, str] = {}

    def __call__(self, expression: Basic) -> Operation:
        if expression in self.scope:
            return self.scope[expression]
        for kind in type(expression).__mro__:
            if kind in LOWER:
                return LOWER[kind](self, expression)
        raise ExportError(f"no source for {type(expression).__name__}: {expression}")

    def all(self, expressions) -> list[Operation]:
        return [self(e) for e in expressions]

    def lengths(self, shape) -> list[Operation]:
        return self.all(sizes_kept(shape))

    def index_name(self, preferred: str = "") -> str:
        """A name for an index that nothing else has here."""
        taken = self.taken | {operation.text for operation in self.scope.values()}
        pool = (preferred, *INDEX_NAMES, *(f"i{k}" for k in range(1, 99)))
        return next(name for name in pool if name and name not in taken)

    @contextmanager
    def scoped(self, scope: dict):
        """Other operations for bound variables, for a while."""
        outer, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = outer

    def within(self, variables: dict, body: Basic) -> Operation:
        """`body`, with an operation for each of the variables."""
        with self.scoped({**self.scope, **variables}):
            return self(body)

    def over_index(self, kind, body, index, lower, upper, rank, *rest) -> Operation:
        """A loop as an expression; operands: the body, the first index, the last, one past it, `rest`."""
        name = self.index_name()
        inner = self.within({index: name_of(name, bound=(name,), static=True)}, body)
        limits = self.all((lower, upper, upper + 1))
        return Operation(kind, (inner, *limits, *rest), rank, index=name)


def _sum(lower: Lowering, e):
    number_last = bool(e.is_integer)
    terms = sorted(e.args, key=lambda term: (term.is_number == number_last, default_sort_key(term)))
    return signed_sum([_signed(lower, term) for term in terms])


def _matrix_sum(lower, e):
    """A matrix of ones is the number 1 beside other arrays: it goes with every entry."""
    parts = [(term, *split_coefficient(term)) for term in e.args]
    if all(isinstance(matrix, OneMatrix) for _, _, matrix in parts):
        return _sum(lower, e)
    numbers = [c for _, c, matrix in parts if isinstance(matrix, OneMatrix)]
    arrays = sorted((t for t, _, matrix in parts if not isinstance(matrix, OneMatrix)), key=default_sort_key)
    return signed_sum([_signed(lower, term) for term in (*numbers, *arrays)])


def _signed(lower, term):
    """(is it negative, absolute part)."""
    return (True, lower(_negated(term))) if _is_negative(term) else (False, lower(term))


def _is_negative(term) -> bool:
    coefficient = term.as_coeff_mmul()[0] if isinstance(term, MatMul) else term.as_coeff_Mul()[0]
    return bool(coefficient.as_coeff_Mul()[0].is_extended_negative)


def _negated(term):
    if isinstance(term, MatMul):
        coefficient, matrix = term.as_coeff_mmul()
        return matrix if coefficient == -1 else MatMul(-coefficient, *matrix.args)
    return -term


def _product(lower, e):
    """A product of numbers, its negative powers below the line."""
    return _scaled(lower, e, None)


def _scaled(lower, coefficient, array):
    """coefficient times array (None: the number 1)."""
    if coefficient.as_coeff_Mul()[0].is_extended_negative:
        return arithmetic("negate", _scaled(lower, -coefficient, array))
    above, below = ([] if array is None else [array]), []
    for factor in Mul.make_args(coefficient):
        if isinstance(factor, Rational):
            above += [number(factor.p)] * (factor.p != 1)
            below += [number(factor.q)] * (factor.q != 1)
        elif isinstance(factor, Pow) and factor.exp.is_number and factor.exp.is_extended_negative:
            below.append(lower(factor.base**-factor.exp))
        else:
            above.append(lower(factor))
    above.sort(key=lambda a: (a.rank, a.kind != "number"))
    top = reduce(lambda made, factor: times(factor, made) if made.rank else times(made, factor), above, ONE)
    return over(top, reduce(times, below)) if below else top


def _power(lower, e):
    if e.exp.is_number and e.exp.is_extended_negative:
        return over(ONE, lower(e.base**-e.exp))
    if e.exp == S.Half:
        return Operation("function", (lower(e.base),), lower(e.base).rank, "sqrt")
    return arithmetic("power", lower(e.base), lower(e.exp))


def _rational(lower, e):
    if e < 0:
        return arithmetic("negate", lower(-e))
    return number(e.p) if e.q == 1 else over(number(e.p), number(e.q))


FUNCTIONS = (
    *("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
    *("asinh", "acosh", "atanh", "sign", "Abs", "Max", "Min", "Heaviside", "floor", "ceiling"),
)


def _function(lower, e):
    if isinstance(e, StandardNormal):
        return lower(e.formula())
    name = e.func.__name__
    if name not in FUNCTIONS:
        raise ExportError(f"no source for the function {name}: {e}")
    if name == "log":
        return _log(lower, e.args[0])
    if name == "Heaviside":
        return arithmetic("step", *lower.all(e.args))
    if name in ("Max", "Min"):
        args = sorted(lower.all(e.args), key=lambda a: (a.kind == "number", a.text))
        return reduce(lambda a, b: arithmetic(f"{name} of two", a, b), args)
    argument = lower(e.args[0])
    if name == "Abs":
        return arithmetic("magnitude", argument)
    return Operation("function", (argument,), argument.rank, "ceil" if name == "ceiling" else name)


def _log(lower, argument):
    """log of a product with determinants: where it is defined, the sum of the logs of absolute values."""
    total, rest = [], []
    for factor in Mul.make_args(argument):
        base, exponent = factor.as_base_exp()
        if isinstance(base, Determinant) and rank_of(base.arg) == 2:
            total.append(_log_determinant(lower, base.arg, exponent))
        else:
            rest.append(factor)
    rest = Mul(*rest)
    if not total or rest != 1:
        inside = lower(rest)
        if total and not rest.is_positive:
            inside = arithmetic("magnitude", inside)
        total.append((False, Operation("function", (inside,), inside.rank, "log")))
    return signed_sum(total)


def _log_determinant(lower, matrix, exponent):
    """(is it negative, absolute part) of exponent times log |det matrix|."""
    if isinstance(matrix, Inverse):
        return _log_determinant(lower, matrix.arg, -exponent)
    negative = bool(exponent.is_extended_negative)
    logarithm = Operation("log det", (lower(matrix),))
    return negative, _scaled(lower, -exponent if negative else exponent, logarithm)


def _derivative(lower, e):
    """The derivative of an abstract function of one number, by its own name."""
    (variable, order), *others = e.variable_count
    if others or not isinstance(e.expr, AppliedUndef) or e.expr.args != (variable,):
        raise ExportError(f"no source for the derivative {e}")
    return _applied_function(lower, e.expr, int(order), variable)


def _subs(lower, e):
    """Subs(g'(u), u, value): g' at a value."""
    (variable,), (value,) = e.variables, e.point
    if not isinstance(e.expr, Derivative):
        return lower.within({variable: lower(value)}, e.expr)
    (of, order), *others = e.expr.variable_count
    if others or of != variable or e.expr.expr.args != (variable,):
        raise ExportError(f"no source for the derivative {e}")
    return _applied_function(lower, e.expr.expr, int(order), value)


def _applied_function(lower, application, order, *arguments):
    args = lower.all(arguments)
    return Operation("apply", (lower.leaf(application.func, order), *args), max(a.rank for a in args))


def _piecewise(lower, e):
    *branches, (last, condition) = e.args
    if condition is not S.true:
        raise ExportError(f"no source for a Piecewise without a last case: {e}")
    made = lower(last)
    for value, condition in reversed(branches):
        made = arithmetic("where", lower(condition), lower(value), made)
    return made


def _relation(lower, e):
    return Operation("compare", lower.all(e.args), max(lower(a).rank for a in e.args), e.rel_op)


# --- matrices -----------------------------------------------------------------------------------


def _matrix_product(lower, e):
    coefficient, matrices = e.as_coeff_matrices()
    factors = [f for m in matrices for f in _factors(lower, m)]
    if not factors:
        return _scaled(lower, coefficient, lower(Identity(e.rows)))
    if len(factors) > 1 and all(f.form == "inverse" for f in factors):
        inner = cheapest([Factor(f.operation, f.shape) for f in reversed(factors)])
        factors = [Factor(inner.operation, inner.shape, "inverse")]
    return _scaled(lower, coefficient, cheapest(factors).plain())


def _factors(lower, matrix) -> list[Factor]:
    """A matrix as the factors of a product: identities dropped, inverses and diagonals marked."""
    if isinstance(matrix, Identity):
        return []
    if isinstance(matrix, MatMul) and matrix.as_coeff_matrices()[0] == 1:
        return [f for m in matrix.as_coeff_matrices()[1] for f in _factors(lower, m)]
    if type(matrix) is MatPow and matrix.exp.is_Integer and -4 <= matrix.exp < 0:
        return _factors(lower, Inverse(matrix.base)) * -int(matrix.exp)
    if isinstance(matrix, Transpose) and isinstance(matrix.arg, Inverse | MatPow):
        return [_flipped(f) for f in reversed(_factors(lower, matrix.arg))]
    if rank_of(matrix) == 2 and isinstance(matrix, DiagMatrix):
        return [Factor(lower(matrix.args[0]), matrix.shape, "diagonal")]
    if rank_of(matrix) == 2 and isinstance(matrix, Inverse):
        if isinstance(matrix.arg, DiagMatrix):
            return [Factor(over(ONE, lower(matrix.arg.args[0])), matrix.shape, "diagonal")]
        return [Factor(lower(matrix.arg), matrix.shape, "inverse", _is_symmetric(matrix.arg))]
    return [Factor(lower(matrix), matrix.shape)]


def _flipped(factor):
    if factor.form == "diagonal":
        return factor
    shape = tuple(reversed(factor.shape))
    return Factor(transposed(factor.operation), shape, factor.form, factor.symmetric)


def _is_symmetric(matrix) -> bool:
    return transpose(matrix) == matrix


def _single(lower, e):
    """An inverse, a diagonal matrix, a transposed inverse: a product of one factor."""
    return _matrix_product(lower, MatMul(e, evaluate=False))


def _inverse(lower, e):
    return over(ONE, lower(e.arg)) if rank_of(e) == 0 else _single(lower, e)


def _transpose(lower, e):
    return _single(lower, e) if isinstance(e.arg, Inverse) and rank_of(e) else transposed(lower(e.arg))


def _matrix_power(lower, e):
    if rank_of(e) == 0:
        return _power(lower, e)
    if not e.exp.is_integer:
        raise ExportError(f"no source for the power {e}: the exponent must be an integer")
    if e.exp == -1:
        return _single(lower, e)
    return Operation("matrix power", (lower(e.base), lower(e.exp)), 2)


def _hadamard(lower, e):
    return reduce(times, sorted(lower.all(e.args), key=lambda a: a.rank))


def _hadamard_power(lower, e):
    if e.exp == -1:
        return over(ONE, lower(e.base))
    return arithmetic("power", lower(e.base), lower(e.exp))


def _kronecker(lower, e):
    return reduce(_kronecker_of_two, ((lower(a), a.shape) for a in e.args))[0]


def _kronecker_of_two(left, right):
    (a, shape), (b, other) = left, right
    made_shape = tuple(p * q for p, q in zip(shape, other, strict=True))
    rank = len(sizes_kept(made_shape))
    if a.rank == 0 or b.rank == 0:
        return times(a, b), made_shape
    if rank == 2:
        a, b = _lifted(a, shape), _lifted(b, other)
    return Operation("kronecker", (a, b), rank), made_shape


def _lifted(operation, shape):
    """A matrix with the axes that were dropped put back."""
    if operation.rank == 2:
        return operation
    kind = "as entry" if operation.rank == 0 else "as column" if shape[1] == 1 else "as row"
    return Operation(kind, (operation,), 2)


def _blocks(lower, e):
    rank = rank_of(e)
    if rank < 2:
        parts = [lower(block) for row in e.args for block in row]
        return Operation("join", [Operation("as vector", (a,), 1) if a.rank == 0 else a for a in parts], 1)
    rows = [Operation("row of blocks", [_lifted(lower(b), b.shape) for b in row], 2) for row in e.args]
    return Operation("blocks", rows, 2)


def _trace(lower, e):
    return Operation("trace", (lower(e.arg),)) if rank_of(e.arg) else lower(e.arg)


def _determinant(lower, e):
    if isinstance(e.arg, Inverse):
        return over(ONE, lower(Determinant(e.arg.arg)))
    return Operation("determinant", (lower(e.arg),)) if rank_of(e.arg) else lower(e.arg)


def _constant(kind, entry):
    def make(lower, e):
        rank = rank_of(e)
        return Operation(f"{kind}{rank}", lower.lengths(e.shape), rank) if rank else entry

    return make


def _identity(lower, e):
    return Operation("identity", lower.lengths(e.shape)[:1], 2) if rank_of(e) else ONE


def _elementwise(lower, e):
    argument = lower(e.expr)
    variable, body = _signature(e.function)
    if not body.has(variable):
        return _scaled(lower, body, _constant("ones", ONE)(lower, e))
    if lower.broadcasts or argument.rank == 0:
        return lower.within({variable: argument}, body)
    name = lower.index_name("v")
    entry = name_of(name, bound=(name,))
    inner = lower.within({variable: entry}, body)
    if inner.kind in ("function", "apply") and inner.args[-1] == entry:
        return Operation(inner.kind, (*inner.args[:-1], argument), argument.rank, inner.text)
    return Operation("map", (inner, argument), argument.rank, index=name)


def _signature(function):
    if hasattr(function, "signature"):
        (variable,) = function.signature
        return variable, function.expr
    variable = Dummy("xi", real=True)
    return variable, function(variable)


def _element(lower, e):
    indices = [i for i, size in zip((e.i, e.j), e.parent.shape, strict=True) if size != 1]
    parent = lower(e.parent)
    return Operation(f"element{len(indices)}", (parent, *lower.all(indices))) if indices else parent


def _diagonal_of(lower, e):
    return Operation("diagonal", (lower(e.arg),), 1) if rank_of(e.arg) == 2 else lower(e.arg)


# --- loops and quantities -----------------------------------------------------------------------


def _index_sum(lower, e):
    body, index = open_binder(e)
    rank = rank_of(e)
    zero = [lower(ZeroMatrix(*e.shape))] if rank else []
    return lower.over_index("sum of arrays" if rank else "sum", body, index, e.lower, e.upper, rank, *zero)


def _index_product(lower, e):
    body, index = open_binder(e)
    if rank_of(e) == 0:
        raise ExportError(f"no source for a product over an index of 1 x 1 matrices: {e}")
    kind = "growing product" if e.order == 1 else "falling product"
    return lower.over_index(kind, body, index, e.lower, e.upper, 2, lower(Identity(e.rows)))


def _function_matrix(lower, e):
    """Entries by a Lambda of indices that count from 1; the source counts from 0."""
    body, loops = e.lamda.expr, []
    for variable, size in zip(e.lamda.signature, e.shape, strict=True):
        counter = Dummy(variable.name, integer=True)
        body = substitute(body, {variable: counter + 1 if size != 1 else S.One})
        loops += [(counter, size)] * (size != 1)
    return _table(lower, body, loops, len(loops))


def _table(lower, body, loops, rank):
    if not loops:
        return lower(body)
    (counter, size), *inner = loops
    name = lower.index_name(counter.name)
    with lower.scoped({**lower.scope, counter: name_of(name, bound=(name,), static=True)}):
        made = _table(lower, body, inner, rank)
    kind = "table" if len(loops) == rank else "row"
    numbers = made.static or made.kind.endswith("numbers")
    return Operation(f"{kind} of numbers" if numbers else kind, (made, lower(size)), len(loops), index=name)


def _extreme_value(kind: str):
    def lowered(lower, e):
        (index,) = e.entries.signature
        counter = Dummy(index.name, integer=True)
        body = substitute(e.entries.expr, {index: counter + 1})
        return Operation(kind, (_table(lower, body, [(counter, e.size)], 1),))

    return lowered


def _entry_of_column(lower, e):
    column = lower(e.argument)
    return Operation("element1", (column, lower(e.index - 1))) if column.rank else column


def _norm(lower, e):
    argument = lower(e.argument)
    return Operation("norm", (argument,)) if argument.rank else arithmetic("magnitude", argument)


def _largest_entry(lower, e):
    argument = lower(e.argument)
    size = arithmetic("magnitude", argument)
    return Operation("largest", (size,)) if argument.rank else size


def _inner(lower, e):
    a, b = e.args
    return join(Factor(lower(a), (1, a.rows)), Factor(lower(b), b.shape)).operation


def _log_normal_density(lower, e):
    """-(rᵀ C⁻¹ r + log det C + n log 2π)/2 with the residual r and the covariance C."""
    residual = e.argument if isinstance(e.mean, ZeroMatrix) else subtract(e.argument, e.mean)
    form = Inner(residual, MatMul(Inverse(e.covariance), residual))
    lower.hints |= {lower(residual): "residual", lower(e.covariance): "covariance"}
    parts = [lower(part) for part in (form, log(Determinant(e.covariance)), residual.rows * log(2 * pi))]
    return arithmetic("negate", over(signed_sum([(False, part) for part in parts]), number(2)))


def _smallest_eigenvalue(lower, e):
    argument = lower(e.argument)
    return Operation("smallest eigenvalue", (argument,)) if argument.rank else argument


def _largest_eigenvalue(lower, e):
    """Minus the smallest eigenvalue of the negative matrix."""
    argument = lower(e.argument)
    if not argument.rank:
        return argument
    return arithmetic("negate", Operation("smallest eigenvalue", (arithmetic("negate", argument),)))


def _singular_value(sign: int):
    """The root of the smallest (1) or largest (-1: the smallest of the negative) eigenvalue of AᵀA."""

    def lowered(lower, e):
        if not rank_of(e.argument):
            return arithmetic("magnitude", lower(e.argument))
        gram = lower(scale(sign, product(transpose(e.argument), e.argument)))
        square = Operation("smallest eigenvalue", (gram,))
        square = square if sign > 0 else arithmetic("negate", square)
        return Operation("function", (arithmetic("Max of two", square, ZERO),), 0, "sqrt")

    return lowered


def _called(lower, function, e, rank):
    return Operation("call with index", (function, lower(e.index), lower(e.argument)), rank)


LOWER: dict[type, Callable] = {
    Rational: _rational,
    Float: lambda lower, e: number(repr(float(e))),
    type(pi): lambda lower, e: Operation("pi", static=True),
    type(E): lambda lower, e: Operation("e", static=True),
    NumberSymbol: lambda lower, e: number(repr(float(e))),
    Symbol: lambda lower, e: lower.leaf(e),
    MatrixSymbol: lambda lower, e: lower.leaf(e),
    Member: lambda lower, e: lower.leaf(e),
    Add: _sum,
    Mul: _product,
    Pow: _power,
    Application: _function,
    AppliedUndef: lambda lower, e: _applied_function(lower, e, 0, *e.args),
    Derivative: _derivative,
    Subs: _subs,
    Piecewise: _piecewise,
    Relational: _relation,
    MatAdd: _matrix_sum,
    MatMul: _matrix_product,
    MatPow: _matrix_power,
    HadamardProduct: _hadamard,
    HadamardPower: _hadamard_power,
    KroneckerProduct: _kronecker,
    Transpose: _transpose,
    Inverse: _inverse,
    Determinant: _determinant,
    Trace: _trace,
    DiagMatrix: lambda lower, e: _single(lower, e) if rank_of(e) else lower(e.args[0]),
    DiagonalOf: _diagonal_of,
    Identity: _identity,
    ZeroMatrix: _constant("zeros", ZERO),
    OneMatrix: _constant("ones", ONE),
    Blocks: _blocks,
    FunctionMatrix: _function_matrix,
    ElementwiseApplyFunction: _elementwise,
    MatrixElement: _element,
    IndexSum: _index_sum,
    MatrixIndexSum: _index_sum,
    IndexProduct: _index_product,
    Applied: lambda lower, e: _called(lower, lower.leaf(e.function, 0), e, 0),
    AppliedGradient: lambda lower, e: _called(lower, lower.leaf(e.function, 1), e, rank_of(e)),
    Inner: _inner,
    Divergence: lambda lower, e: lower(e.formula()),
    Norm: _norm,
    Kernel: lambda lower, e: lower(e.formula()),
    LargestEntry: _largest_entry,
    SmallestValue: _extreme_value("smallest"),
    LargestValue: _extreme_value("largest"),
    Entry: _entry_of_column,
    SmallestEigenvalue: _smallest_eigenvalue,
    LargestEigenvalue: _largest_eigenvalue,
    LargestSingularValue: _singular_value(-1),
    SmallestSingularValue: _singular_value(1),
    LogNormalDensity: _log_normal_density,
}
