"""The expressions that lines are written in.

SymPy's own matrix expressions, built through a few constructors that check shapes and keep one
normal form, so that ``==`` means what it should; and the nodes that SymPy lacks: families indexed
by time, sums and ordered products over an index, functions of a vector, differentials.

Bound variables are named by nesting depth (`Bound`), so two sums that differ only in the name of
their index are equal.  Nothing outside this module sees a bound variable: `open_binder` replaces
it by a fresh symbol, `index_sum` and `index_product` close over one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count, pairwise
from math import gcd, lcm

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    DiracDelta,
    Dummy,
    Expr,
    Integer,
    KroneckerDelta,
    Lambda,
    Mod,
    Mul,
    Rational,
    S,
    Subs,
    Symbol,
    Tuple,
    default_sort_key,
    factor_terms,
    floor,
    powsimp,
    sign,
    sympify,
)
from sympy.core.function import AppliedUndef
from sympy.core.symbol import Str
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction


class Unsupported(NotImplementedError):
    """An expression of a kind that cannot be differentiated here; the message names it."""


class ShapeError(ValueError):
    """Two shapes that must fit do not; the message names both operands and both shapes.

    `sizes`: the pairs of sizes that would have to be equal.
    """

    def __init__(self, message: str, sizes: tuple = ()):
        super().__init__(message)
        self.sizes = tuple(sizes)


# --- families, and functions of a vector --------------------------------------------------------


class Family(Basic):
    """A sequence of matrices of one shape: ``h = Family("h", n, 1)``, its members ``h[t]``."""

    def __new__(cls, name: str, rows, cols=1):
        return Basic.__new__(cls, name if isinstance(name, Str) else Str(name), sympify(rows), sympify(cols))

    name = property(lambda self: self.args[0].name)
    shape = property(lambda self: self.args[1:])

    def __getitem__(self, index) -> Member:
        return Member(self, index)


class Member(MatrixExpr):
    """The member of a family at an index."""

    def __new__(cls, family: Family, index):
        return Basic.__new__(cls, family, sympify(index))

    family = property(lambda self: self.args[0])
    index = property(lambda self: self.args[1])
    shape = property(lambda self: self.family.shape)


class VectorFunction(Basic):
    """A sequence of differentiable scalar functions of a vector: ``L = VectorFunction("L")``, ``L(t, h)``."""

    def __new__(cls, name: str):
        return Basic.__new__(cls, name if isinstance(name, Str) else Str(name))

    name = property(lambda self: self.args[0].name)

    def __call__(self, index, argument) -> Applied:
        return Applied(self, index, argument)

    def gradient(self, index, argument) -> AppliedGradient:
        return AppliedGradient(self, index, argument)


class Applied(Expr):
    """The value L_t(v)."""

    is_commutative = True
    is_extended_real = True

    def __new__(cls, function, index, argument):
        return Basic.__new__(cls, function, sympify(index), argument)

    function = property(lambda self: self.args[0])
    index = property(lambda self: self.args[1])
    argument = property(lambda self: self.args[2])


class AppliedGradient(MatrixExpr):
    """The gradient of L_t, taken at v: a vector of v's shape."""

    def __new__(cls, function, index, argument):
        return Basic.__new__(cls, function, sympify(index), argument)

    function = property(lambda self: self.args[0])
    index = property(lambda self: self.args[1])
    argument = property(lambda self: self.args[2])
    shape = property(lambda self: self.argument.shape)


class SymmetricSymbol(MatrixSymbol):
    """A square matrix symbol that is its own transpose."""

    def __new__(cls, name, size, cols=None):
        return MatrixSymbol.__new__(cls, name, size, size)


class Column(MatrixSymbol):
    """A column whose entries are taken at symbolic indices, counted from 0 as SymPy does.

    SymPy would ask at each entry whether the index is in range, which takes most of the time of a rewriting.
    """

    def __new__(cls, name, size, cols=1):
        return MatrixSymbol.__new__(cls, name, size, cols)

    def valid_index(self, i, j):
        return True


# --- differentials ------------------------------------------------------------------------------


class Pairing(Expr):
    """The scalar ⟨G, d e⟩ = tr(Gᵀ de): the differential of e, paired with the weight G of e's shape."""

    is_commutative = True
    is_extended_real = True

    def __new__(cls, weight, expression):
        weight, expression = sympify(weight), sympify(expression)
        if not same_shape(weight, expression):
            raise ShapeError(f"⟨G, de⟩ pairs {describe(weight)} with {describe(expression)}")
        if is_zero(weight) or is_zero(expression):
            return S.Zero
        return Basic.__new__(cls, weight, expression)

    weight = property(lambda self: self.args[0])
    expression = property(lambda self: self.args[1])


def differential(expression) -> Expr:
    """The differential d e of a scalar e."""
    return Pairing(S.One, expression)


class Gradient(MatrixExpr):
    """∂e/∂X by its meaning: the matrix of partial derivatives of the scalar e by the entries of X."""

    def __new__(cls, expression, variable):
        return Basic.__new__(cls, sympify(expression), variable)

    expression = property(lambda self: self.args[0])
    variable = property(lambda self: self.args[1])
    shape = property(lambda self: self.variable.shape)


class MatrixDifferential(MatrixExpr):
    """The differential d e of a matrix e."""

    def __new__(cls, expression):
        return Basic.__new__(cls, expression)

    expression = property(lambda self: self.args[0])
    shape = property(lambda self: self.expression.shape)


class Jacobian(MatrixExpr):
    """∂e/∂xᵀ by its meaning: the partial derivatives of the column e by the entries of the column x."""

    def __new__(cls, expression, variable):
        return Basic.__new__(cls, expression, variable)

    expression = property(lambda self: self.args[0])
    variable = property(lambda self: self.args[1])
    shape = property(lambda self: (self.expression.rows, self.variable.rows))


# --- sums and products over an index ------------------------------------------------------------


class Bound(Symbol):
    """A bound variable, named by the nesting depth of its binder."""


def _bound(depth: int) -> Bound:
    return Bound(f"b{depth}", integer=True)


class Binder:
    """What sums and products over an index share: ``args = (body, variable, lower, upper, …)``."""

    precedence = 45  # between sum and product, so that printers put it in parentheses as a factor

    body = property(lambda self: self.args[0])
    variable = property(lambda self: self.args[1])
    lower = property(lambda self: self.args[2])
    upper = property(lambda self: self.args[3])

    @property
    def free_symbols(self):
        limits = self.lower.free_symbols | self.upper.free_symbols
        return (self.body.free_symbols - {self.variable}) | limits


class IndexSum(Binder, Expr):
    """Σ of a scalar over lower <= index <= upper; 0 when empty."""

    is_commutative = True
    is_extended_real = True

    def _eval_is_nonnegative(self):
        return self.body.is_nonnegative or None


class MatrixIndexSum(Binder, MatrixExpr):
    """Σ of a matrix over lower <= index <= upper; the zero matrix when empty."""

    shape = property(lambda self: self.body.shape)


class IndexProduct(Binder, MatrixExpr):
    """The ordered product of square matrices over lower <= index <= upper; the identity when empty.

    ``order`` is 1 when the index grows from left to right and -1 when it falls.
    """

    order = property(lambda self: self.args[4])
    shape = property(lambda self: self.body.shape)


class ScalarIndexProduct(Binder, Expr):
    """Π of a scalar over lower <= index <= upper; 1 when empty."""

    is_commutative = True
    is_extended_real = True

    def _eval_is_nonnegative(self):
        return self.body.is_nonnegative


_fresh = count()


def fresh_index() -> Symbol:
    """A new integer symbol, for an index while its binder is open; named so that sorting is stable."""
    return Dummy("t", dummy_index=10**9 + next(_fresh), integer=True)


def _close(body, index, lower, upper):
    depth = 1 + max((int(b.variable.name[1:]) for b in body.atoms(Binder)), default=-1)
    return rebuild(body.xreplace({index: _bound(depth)})), _bound(depth), sympify(lower), sympify(upper)


def index_sum(body, index, lower, upper):
    """Σ body for index from lower to upper; scalar or matrix as the body is."""
    if is_zero(body):
        return body
    cls = MatrixIndexSum if is_matrix(body) else IndexSum
    return Basic.__new__(cls, *_close(body, index, lower, upper))


def index_product(body, index, lower, upper, order=1):
    """The ordered product of body for index from lower to upper, index growing (1) or falling (-1)."""
    if not is_matrix(body):
        empty = sympify(lower - upper).expand() == 1
        return S.One if empty else Basic.__new__(ScalarIndexProduct, *_close(body, index, lower, upper))
    if body.rows != body.cols:
        raise ShapeError(f"a product over an index needs square factors, not {describe(body)}")
    return Basic.__new__(IndexProduct, *_close(body, index, lower, upper), Integer(order))


def open_binder(binder: Binder):
    """The body with a fresh index in place of the bound one, and that index."""
    index = fresh_index()
    return binder.body.xreplace({binder.variable: index}), index


def reclose(binder: Binder, body, index, lower=None, upper=None):
    """A binder of the same kind as `binder` over a new body (and limits, if given)."""
    lower = binder.lower if lower is None else lower
    upper = binder.upper if upper is None else upper
    if isinstance(binder, IndexProduct | ScalarIndexProduct):
        return index_product(body, index, lower, upper, getattr(binder, "order", 1))
    return index_sum(body, index, lower, upper)


# --- elementwise functions ----------------------------------------------------------------------

ELEMENT = Symbol("xi", real=True)


class Elementwise(ElementwiseApplyFunction):
    """A function of a real number applied to every entry; 1x1 matrices stay matrices."""

    def __new__(cls, function, expr):
        return Basic.__new__(cls, function, expr)


def elementwise(function: Callable, argument) -> MatrixExpr:
    """`function` (a SymPy function, Lambda or callable) of every entry of the matrix `argument`.

    A constant factor goes in front: c ξ is the multiple c of the matrix, a constant c a matrix of c.
    """
    factor, body = sympify(function(ELEMENT)).as_independent(ELEMENT, as_Add=False)
    if body == 1:
        return scale(factor, OneMatrix(*argument.shape))
    if body == ELEMENT:
        return scale(factor, argument)
    if _is_integer_power(body) and isinstance(argument, Elementwise):
        inner = argument.function.expr
        if _is_integer_power(inner):
            return scale(factor, elementwise(lambda x: x ** (inner.exp * body.exp), argument.expr))
    return scale(factor, Elementwise(Lambda(ELEMENT, body), argument))


def _is_integer_power(body) -> bool:
    return body.is_Pow and body.base == ELEMENT and body.exp.is_Integer


def elementwise_derivative(applied: ElementwiseApplyFunction) -> MatrixExpr:
    """g'(Z) for g(Z)."""
    return elementwise(lambda x: partial_derivative(applied.function(x), x), applied.expr)


def partial_derivative(body: Expr, x: Symbol) -> Expr:
    """∂ body/∂x by SymPy, for real scalars; `Unsupported` where SymPy has none, abstract functions g, L_t apart."""
    found = body.diff(x)
    if any(not left.atoms(AppliedUndef) for left in found.atoms(Derivative, Subs)) or found.has(DiracDelta):
        raise Unsupported(f"SymPy has no derivative for {body}")
    moduli = {a.args[0] for a in found.atoms(Abs)}
    signs = {s: s.args[0] / Abs(s.args[0]) for s in found.atoms(sign) if s.args[0] in moduli}
    return factor_terms(powsimp(found.xreplace(signs)))


class EntryMatrix(MatrixExpr):
    """The matrix whose entry (i, j), counted from 0, is 1, and whose other entries are 0."""

    def __new__(cls, rows, cols, i, j):
        return Basic.__new__(cls, *map(sympify, (rows, cols, i, j)))

    shape = property(lambda self: self.args[:2])
    i = property(lambda self: self.args[2])
    j = property(lambda self: self.args[3])

    def _entry(self, i, j, **options):
        return KroneckerDelta(i, self.i) * KroneckerDelta(j, self.j)


class Vec(MatrixExpr):
    """The columns of a matrix, one below the other."""

    arg = property(lambda self: self.args[0])
    shape = property(lambda self: (self.arg.rows * self.arg.cols, Integer(1)))

    def _entry(self, i, j, **options):
        return self.arg[Mod(i, self.arg.rows), floor(i / self.arg.rows)]


class Blocks(MatrixExpr):
    """A matrix of blocks, given as rows of matrices whose shapes fit."""

    def __new__(cls, *rows):
        rows = [Tuple(*row) for row in rows]
        for row in rows:
            for j, block in enumerate(row):
                if not equal_size(block.rows, row[0].rows) or not equal_size(block.cols, rows[0][j].cols):
                    raise ShapeError(f"{describe(block)} does not fit its row and column of blocks")
        return Basic.__new__(cls, *rows)

    shape = property(lambda self: (sum(r[0].rows for r in self.args), sum(b.cols for b in self.args[0])))
    shape_of_blocks = property(lambda self: (len(self.args), len(self.args[0])))


# --- constructors: shapes checked, one normal form ----------------------------------------------


def is_matrix(x) -> bool:
    return bool(getattr(x, "is_Matrix", False))


def is_zero(x) -> bool:
    """Whether x is the literal zero scalar or a zero matrix."""
    return isinstance(x, ZeroMatrix) or x == 0


def shape(x) -> tuple:
    """The shape; a scalar has the empty shape ()."""
    return tuple(x.shape) if is_matrix(x) else ()


def same_shape(a, b) -> bool:
    return len(shape(a)) == len(shape(b)) and all(equal_size(p, q) for p, q in zip(shape(a), shape(b), strict=True))


def equal_size(p, q) -> bool:
    return sympify(p - q).expand() == 0


def describe(x) -> str:
    """An operand as error messages name it."""
    return f"{x} of shape {'x'.join(map(str, shape(x)))}" if is_matrix(x) else f"the scalar {x}"


def add(*terms):
    """A sum of scalars, or of matrices of one shape; like terms collected."""
    terms = [sympify(t) for t in terms]
    for other in terms[1:]:
        if not same_shape(terms[0], other):
            pairs = tuple(zip(shape(terms[0]), shape(other), strict=False))
            raise ShapeError(f"cannot add {describe(terms[0])} and {describe(other)}", pairs)
    if not is_matrix(terms[0]):
        return Add(*terms)
    coefficients: dict = {}
    for term in terms:
        for part in term.args if isinstance(term, MatAdd) else (term,):
            scale_, rest = split_coefficient(part)
            coefficients[rest] = coefficients.get(rest, S.Zero) + scale_
    parts = [scale(c, m) for m, c in coefficients.items() if c != 0 and not is_zero(m)]
    if not parts:
        return ZeroMatrix(*terms[0].shape)
    return parts[0] if len(parts) == 1 else MatAdd(*sorted(parts, key=default_sort_key))


def negative(x):
    return scale(S.NegativeOne, x)


def subtract(a, b):
    return add(a, negative(b))


def split_coefficient(matrix):
    """(scalar c, matrix M without scalar factor) with matrix = c M."""
    if not isinstance(matrix, MatMul):
        return S.One, matrix
    coefficient, matrices = matrix.as_coeff_matrices()
    return coefficient, matrices[0] if len(matrices) == 1 else MatMul(*matrices)


def scale(factor, x):
    """A scalar times a scalar or a matrix; a number goes into a sum of matrices, as it does for scalars."""
    factor = sympify(factor)
    if not is_matrix(x):
        return Mul(factor, x)
    if isinstance(x, MatAdd) and factor.is_number:
        return add(*(scale(factor, part) for part in x.args))
    coefficient, matrix = split_coefficient(x)
    factor = factor * coefficient
    if factor == 0 or is_zero(matrix):
        return ZeroMatrix(*x.shape)
    if factor == 1:
        return matrix
    return MatMul(factor, *(matrix.args if isinstance(matrix, MatMul) else (matrix,)))


def product(*factors):
    """A matrix product of at least one factor; scalars in front, identities and A A⁻¹ dropped."""
    factors = [sympify(f) for f in factors]
    coefficient = Mul(*(f for f in factors if not is_matrix(f)))
    matrices = [f for f in factors if is_matrix(f)]
    if not matrices:
        return coefficient
    for left, right in pairwise(matrices):
        if not equal_size(left.cols, right.rows):
            raise ShapeError(f"cannot multiply {describe(left)} and {describe(right)}")
    rows, cols = matrices[0].rows, matrices[-1].cols
    kept: list = []
    for matrix in matrices:
        inner, matrix = split_coefficient(matrix)
        coefficient *= inner
        for part in matrix.args if isinstance(matrix, MatMul) else (matrix,):
            coefficient *= _append_factor(kept, part)
    if coefficient == 0 or any(is_zero(k) for k in kept):
        return ZeroMatrix(rows, cols)
    if not kept:
        return scale(coefficient, Identity(rows))
    if len(kept) == 1:
        return scale(coefficient, kept[0])
    contents, kept = zip(*map(split_content, kept), strict=True)
    return scale(Mul(coefficient, *contents), MatMul(*kept))


def _append_factor(kept: list, factor):
    """Put one more factor at the right end; A A⁻¹, A⁻¹ A and identities vanish.  Returns a scalar to multiply by."""
    if isinstance(factor, Identity):
        return S.One
    if kept and isinstance(factor, OneMatrix) and isinstance(kept[-1], OneMatrix):
        left = kept.pop()
        kept.append(OneMatrix(left.rows, factor.cols))
        return left.cols
    if kept and inverse(kept[-1], check=False) == factor:
        kept.pop()
        return S.One
    kept.append(factor)
    return S.One


def split_content(matrix):
    """(rational c > 0, matrix without a common rational factor) with matrix = c times the latter."""
    if not isinstance(matrix, MatAdd):
        return S.One, matrix
    numbers = [split_coefficient(part)[0].as_coeff_Mul()[0] for part in matrix.args]
    if not all(number.is_Rational for number in numbers):
        return S.One, matrix
    content = Rational(gcd(*(int(q.p) for q in numbers)), lcm(*(int(q.q) for q in numbers)))
    return content, matrix if content == 1 else scale(1 / content, matrix)


def transpose(x):
    """The transpose, pushed inward over sums, products and inverses; scalars are their own."""
    if not is_matrix(x):
        return x
    handler = _TRANSPOSE.get(type(x))
    return handler(x) if handler else Transpose(x)


def _transpose_product(x):
    coefficient, matrices = x.as_coeff_matrices()
    return product(coefficient, *(transpose(m) for m in reversed(matrices)))


def _transpose_sum(x):
    body, index = open_binder(x)
    return reclose(x, transpose(body), index)


def _transpose_index_product(x):
    body, index = open_binder(x)
    return index_product(transpose(body), index, x.lower, x.upper, -x.order)


_TRANSPOSE: dict[type, Callable] = {
    Member: lambda x: x if x.shape == (1, 1) else Transpose(x),
    Transpose: lambda x: x.arg,
    MatAdd: lambda x: add(*map(transpose, x.args)),
    MatMul: _transpose_product,
    HadamardProduct: lambda x: hadamard(*map(transpose, x.args)),
    Elementwise: lambda x: Elementwise(x.function, transpose(x.expr)),
    Inverse: lambda x: Inverse(transpose(x.arg)),
    MatPow: lambda x: MatPow(transpose(x.base), x.exp),
    EntryMatrix: lambda x: EntryMatrix(x.cols, x.rows, x.j, x.i),
    DiagMatrix: lambda x: x,
    Blocks: lambda x: Blocks(*([transpose(b) for b in column] for column in zip(*x.args, strict=True))),
    Identity: lambda x: x,
    OneMatrix: lambda x: OneMatrix(x.cols, x.rows),
    KroneckerProduct: lambda x: KroneckerProduct(*map(transpose, x.args)),
    SymmetricSymbol: lambda x: x,
    ZeroMatrix: lambda x: ZeroMatrix(x.cols, x.rows),
    MatrixIndexSum: _transpose_sum,
    IndexProduct: _transpose_index_product,
}


def inverse(x, check=True):
    """The inverse of a square matrix; that of an inverse is the matrix itself."""
    if isinstance(x, Inverse):
        return x.arg
    if isinstance(x, Identity):
        return x
    if x.rows != x.cols:
        if check:
            raise ShapeError(f"only a square matrix has an inverse, not {describe(x)}")
        return None
    if isinstance(x, MatPow):
        return MatPow(x.base, -x.exp)
    if isinstance(x, DiagMatrix):
        return DiagMatrix(elementwise(lambda entry: 1 / entry, x.args[0]))
    coefficient, matrix = split_coefficient(x)
    content, matrix = split_content(matrix)
    return scale(1 / (coefficient * content), Inverse(matrix))


def matrix_power(base, exponent):
    """A square matrix to an integer power, which may be a symbol."""
    if exponent == 0:
        return Identity(base.rows)
    return base if exponent == 1 else inverse(base) if exponent == -1 else MatPow(base, exponent)


def hadamard(*factors):
    """The entrywise product of matrices of one shape; scalars in front."""
    coefficient, parts = S.One, []
    for factor in factors:
        if not is_matrix(factor):
            coefficient *= factor
            continue
        inner, matrix = split_coefficient(factor)
        coefficient *= inner
        parts.extend(matrix.args if isinstance(matrix, HadamardProduct) else (matrix,))
    for other in parts[1:]:
        if not same_shape(parts[0], other):
            raise ShapeError(f"entrywise product of {describe(parts[0])} and {describe(other)}")
    if any(is_zero(p) for p in parts):
        return ZeroMatrix(*parts[0].shape)
    if len(parts) > 1:
        ones = OneMatrix(*parts[0].shape)
        contents, parts = zip(*map(split_content, parts), strict=True)
        coefficient *= Mul(*contents)
        parts = [p for p in _with_hadamard_powers(parts) if not isinstance(p, OneMatrix)] or [ones]
    parts = sorted(parts, key=default_sort_key)
    return scale(coefficient, parts[0] if len(parts) == 1 else HadamardProduct(*parts))


def _with_hadamard_powers(parts) -> list:
    """Entrywise powers of one matrix collected: Z ∘ Z becomes the elementwise square of Z."""
    exponents: dict = {}
    for part in parts:
        base, exponent = _base_and_exponent(part)
        exponents[base] = exponents.get(base, S.Zero) + exponent
    return [elementwise(lambda x, k=k: x**k, base) for base, k in exponents.items()]


def _base_and_exponent(matrix):
    if isinstance(matrix, Elementwise):
        base, exponent = matrix.function.expr.as_base_exp()
        if base == ELEMENT and exponent.is_number:
            return matrix.expr, exponent
    return matrix, S.One


def diagonal(vector) -> MatrixExpr:
    """diag(v) of a column v."""
    if not equal_size(vector.cols, 1):
        raise ShapeError(f"diag takes a column, not {describe(vector)}")
    coefficient, vector = split_coefficient(vector)
    return scale(coefficient, Identity(vector.rows) if isinstance(vector, OneMatrix) else DiagMatrix(vector))


def diagonal_of(matrix) -> MatrixExpr:
    """The diagonal of a square matrix, as a column; that of u vᵀ is u ∘ v."""
    if not equal_size(matrix.rows, matrix.cols):
        raise ShapeError(f"only of a square matrix is the diagonal taken, not of {describe(matrix)}")
    if isinstance(matrix, MatAdd):
        return add(*map(diagonal_of, matrix.args))
    if isinstance(matrix, Transpose):
        return diagonal_of(matrix.arg)
    if isinstance(matrix, DiagMatrix):
        return matrix.args[0]
    if isinstance(matrix, Identity):
        return OneMatrix(matrix.rows, 1)
    if isinstance(matrix, ZeroMatrix):
        return ZeroMatrix(matrix.rows, 1)
    if isinstance(matrix, MatMul):
        return _diagonal_of_product(matrix)
    return DiagonalOf(matrix)


def _diagonal_of_product(matrix):
    coefficient, factors = matrix.as_coeff_matrices()
    for place in range(1, len(factors)):
        if equal_size(factors[place - 1].cols, 1):
            outer = hadamard(product(*factors[:place]), transpose(product(*factors[place:])))
            return scale(coefficient, outer)
    if isinstance(factors[0], DiagMatrix) and len(factors) > 1:
        return scale(coefficient, hadamard(factors[0].args[0], diagonal_of(product(*factors[1:]))))
    if isinstance(factors[-1], DiagMatrix) and len(factors) > 1:
        return scale(coefficient, hadamard(factors[-1].args[0], diagonal_of(product(*factors[:-1]))))
    return scale(coefficient, diagonal_of(factors[0]) if len(factors) == 1 else DiagonalOf(MatMul(*factors)))


_CONSTRUCTORS: dict[type, Callable] = {
    Add: add,
    MatAdd: add,
    MatMul: product,
    HadamardProduct: hadamard,
    Transpose: transpose,
    Inverse: inverse,
    DiagMatrix: diagonal,
    DiagonalOf: diagonal_of,
}


def rebuild(expression):
    """The same expression in normal form: every node made again by its constructor, binders as they are."""
    if isinstance(expression, Binder) or not getattr(expression, "args", ()):
        return expression
    if isinstance(expression, Family | VectorFunction | Lambda):
        return expression
    return remake(expression, [rebuild(a) if isinstance(a, Basic) else a for a in expression.args])


def remake(node, args):
    """A node of the same kind over other arguments, by its constructor here."""
    return _CONSTRUCTORS.get(type(node), node.func)(*args)


def _substitute_inside(function: Lambda, mapping: Mapping) -> Lambda:
    """A variable that the function binds is not meant; one that a replacement would bring under it is renamed."""
    mapping = {old: new for old, new in mapping.items() if old not in function.variables}
    brought = set().union(*(new.free_symbols for new in mapping.values() if isinstance(new, Basic)))
    fresh = {v: v.as_dummy() if v in brought else v for v in function.variables}
    body = substitute(function.expr.xreplace(fresh), mapping)
    return Lambda(tuple(fresh[v] for v in function.variables), body)


def substitute(expression, mapping: Mapping):
    """Replace whole subterms by others, inside sums and products over an index too, in normal form."""
    if expression in mapping:
        return mapping[expression]
    if isinstance(expression, Binder):
        body, index = open_binder(expression)
        lower, upper = (substitute(limit, mapping) for limit in (expression.lower, expression.upper))
        return reclose(expression, substitute(body, mapping), index, lower, upper)
    if isinstance(expression, Lambda):
        return _substitute_inside(expression, mapping)
    if not expression.args:
        return expression
    args = [substitute(a, mapping) for a in expression.args]
    if isinstance(expression, AppliedUndef) and expression.func in mapping:
        return mapping[expression.func](*args)
    return remake(expression, args)
