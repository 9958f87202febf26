"""The value of an expression in a world: sums by loops, recurrences run forward, derivatives by differences.

Nothing here calls a rule of a derivation; this is the other road on which every line is checked.
A matrix value is a list of rows.  `EVALUATE` is one flat table, node by node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from itertools import chain, pairwise

import sympy
from sympy import (
    Add,
    Basic,
    Derivative,
    Integral,
    Mul,
    NumberSymbol,
    Piecewise,
    Pow,
    Rational,
    Subs,
    Sum,
    Symbol,
)
from sympy.core.function import Application, AppliedUndef
from sympy.core.numbers import ImaginaryUnit
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

from .expressions import (
    Applied,
    AppliedGradient,
    Blocks,
    Elementwise,
    EntryMatrix,
    Gradient,
    IndexProduct,
    IndexSum,
    Jacobian,
    MatrixDifferential,
    MatrixIndexSum,
    Member,
    Pairing,
    ScalarIndexProduct,
    SymmetricSymbol,
    Vec,
)
from .fields import Numbers, Unevaluable, combine
from .integrals import Dawson, OverReals, Partial, PrincipalValue, StandardNormal
from .quadrature import between, over_reals, principal_value
from .quantities import (
    Component,
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
    NormalExpectation,
    Same,
    SmallestEigenvalue,
    SmallestSingularValue,
    SmallestValue,
)


class World:
    """Values for every free symbol.

    `values` maps sizes and indices to integers, scalars to numbers, matrix symbols to rows, a member
    of a family, written ``(family, 3)``, to rows, an abstract function g or L to a callable
    ``g(field, x)`` or ``L(field, index, rows)``.  `definitions` are equations that give the members
    which have no value of their own.  `variable` and `direction` say along what differentials run.
    """

    def __init__(
        self, values: Mapping, definitions: Iterable = (), variable=None, direction=None, field=None
    ):
        self.values = dict(values)
        self.definitions = tuple(definitions)
        self.variable = variable
        self.direction = direction
        self.field = field or Numbers()
        self.computed: dict = {}

    def bind(self, symbol, value: int) -> World:
        """The same world with an index given; what was computed is shared."""
        world = World(
            {**self.values, symbol: value}, self.definitions, self.variable, self.direction, self.field
        )
        world.computed = self.computed
        return world

    def shifted(self, leaf, rows, step) -> World:
        """The world in which `leaf` has moved by step times rows; what depends on it is computed anew."""
        key = self.key(leaf)
        moved = combine(lambda value, direction: value + step * direction, self.lookup(leaf), rows)
        return World({**self.values, key: moved}, self.definitions, self.variable, self.direction, self.field)

    def key(self, leaf):
        return (leaf.family, self.integer(leaf.index)) if isinstance(leaf, Member) else leaf

    def integer(self, expression) -> int:
        """The value of a size or an index."""
        expression = sympy.sympify(expression)
        if expression.is_Integer:
            return int(expression)
        if expression.is_Add and all(part.is_Symbol or part.is_Integer for part in expression.args):
            return sum(map(self.integer, expression.args))  # nearly all are so, and this takes a fifth of the time
        if isinstance(value := self.values.get(expression), int):
            return value
        given = {s: sympy.Integer(self.values[s]) for s in expression.free_symbols if s in self.values}
        value = expression.xreplace(given)
        if not value.is_Integer:
            raise Unevaluable(f"no integer value for {expression}")
        return int(value)

    def lookup(self, leaf):
        """The value of a symbol or of a member of a family, given or by its definition."""
        key = self.key(leaf)
        if key in self.values:
            return self.values[key]
        if key not in self.computed:
            self.computed[key] = self._define(leaf, key)
        return self.computed[key]

    def _define(self, leaf, key):
        for equation in self.definitions:
            bound = equation.bind(leaf, self)
            if bound is not None:
                body, world = bound
                return evaluate(body, world)
        raise Unevaluable(f"{leaf} has neither a value nor a definition here ({key})")


def evaluate(expression: Basic, world: World):
    """The value of `expression`: a number, or a list of rows.

    Raises `Unevaluable` where there is none, `NotImplementedError` for a node not in the table.
    """
    for kind in type(expression).__mro__:
        if kind in EVALUATE:
            return EVALUATE[kind](expression, world)
    raise NotImplementedError(f"no numeric meaning for {type(expression).__name__}: {expression}")


def multiply(a, b):
    """The product of rows; numbers that bring their own way, as those that know their exact zeros, go it."""
    if a[0] and (own := getattr(a[0][0], "product_of_rows", None)):
        return own(a, b)
    columns = list(zip(*b, strict=True))
    return [[dot(row, column) for column in columns] for row in a]


def dot(a, b):
    """The sum of products, by mpmath at once where the numbers are mpmath's: that is several times faster."""
    if all(hasattr(x, "_mpf_") for x in (*a, *b)):
        return a[0].context.fdot(a, b)
    return reduce(lambda s, t: s + t, (x * y for x, y in zip(a, b, strict=True)))


def filled(rows: int, cols: int, entry: Callable) -> list:
    return [[entry(i, j) for j in range(cols)] for i in range(rows)]


def shape_in(expression, world) -> tuple[int, int]:
    return world.integer(expression.rows), world.integer(expression.cols)


def _values(expressions, world):
    return [evaluate(e, world) for e in expressions]


def _plus(a, b):
    if not _matrices(a, b):
        a, b = number_of(a), number_of(b)
    return combine(lambda x, y: x + y, a, b)


def number_of(value):
    """A 1x1 matrix as the number that is meant."""
    return value[0][0] if _is_number(value) else value


def _is_number(value) -> bool:
    return isinstance(value, list) and len(value) == len(value[0]) == 1


def _scalars(expressions, w):
    return list(map(number_of, _values(expressions, w)))


def _product(e, w):
    """A product of matrices and scalars, in an order that fits: SymPy has flattened 1x1 products like (xᵀx) A."""
    factors = _values(e.args, w)
    while len(factors) > 1:
        i = _place_to_multiply(factors)
        factors[i : i + 2] = [_times(*factors[i : i + 2])]
    return factors[0]


def _place_to_multiply(factors) -> int:
    """The first pair whose product is a number, else the first that fits."""
    pairs = [i for i, pair in enumerate(pairwise(factors)) if _fits(*pair)]
    if not pairs:
        raise Unevaluable("the factors of a product do not fit")
    ones = [i for i in pairs if _matrices(*factors[i : i + 2]) and len(factors[i]) == len(factors[i + 1][0]) == 1]
    return (ones or pairs)[0]


def _fits(a, b) -> bool:
    return not _matrices(a, b) or len(a[0]) == len(b) or _is_number(a) or _is_number(b)


def _matrices(a, b) -> bool:
    return isinstance(a, list) and isinstance(b, list)


def _times(a, b):
    """A product in which scalars, and 1x1 matrices for scalars, may stand among matrices."""
    if _matrices(a, b) and len(a[0]) == len(b):
        return multiply(a, b)
    if _matrices(a, b):
        a, b = (number_of(a), b) if _is_number(a) else (a, number_of(b))
    if isinstance(b, list):
        a, b = b, a
    return combine(lambda x: x * b, a)


def _constant_matrix(entry):
    def fill(e, w):
        numbers = w.field.number(0), w.field.number(1)
        return filled(*shape_in(e, w), lambda i, j: numbers[entry(i, j)])

    return fill


def _entry_matrix(e, w):
    place = w.integer(e.i), w.integer(e.j)
    return filled(*shape_in(e, w), lambda i, j: w.field.number(int((i, j) == place)))


def _entry(e, w):
    rows, i, j = evaluate(e.parent, w), w.integer(e.i), w.integer(e.j)
    if not (i < len(rows) and j < len(rows[0])):
        raise Unevaluable(f"there is no entry ({i}, {j}) here")
    return rows[i][j]


def _subs(e, w):
    given = dict(zip(e.variables, _values(e.point, w), strict=True))
    return evaluate(e.expr, World({**w.values, **given}, field=w.field))


def _piecewise(e, w):
    for value, condition in e.args:
        if _holds(condition, w):
            return evaluate(value, w)
    raise Unevaluable(f"no case of {e} applies")


def _holds(condition, w) -> bool:
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    left, right = _values(condition.args, w)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[condition.rel_op]


def _symbol(e, w):
    if e in w.values:
        value = w.values[e]
        return w.field.number(value) if isinstance(value, int) else value
    return w.lookup(e)


def _diagonal(e, w):
    entries = [x for row in evaluate(e.args[0], w) for x in row]
    zero = w.field.number(0)
    return filled(len(entries), len(entries), lambda i, j: entries[i] if i == j else zero)


def _elementwise(e, w):
    """Each number once: many entries of a large matrix may be one and the same."""
    values: dict = {}

    def value(x):
        if id(x) not in values:
            values[id(x)] = x, scalar_function(e.function, x, w)
        return values[id(x)][1]

    return combine(value, evaluate(e.expr, w))


def scalar_function(function, x, world):
    """A Lambda of one real argument, at the number x."""
    (argument,) = function.signature
    return evaluate(function.expr, World({**world.values, argument: x}, field=world.field))


def _derivative(e, w):
    """d/dx of an abstract function at a number: differences, as often as the order says."""
    (variable, order), body = e.variable_count[0], e.expr
    if len(e.variable_count) > 1:
        raise NotImplementedError(f"mixed derivative {e}")
    if order > 1:
        body = Derivative(body, (variable, order - 1))
    at = w.values[variable]
    return w.field.derivative(lambda h: evaluate(body, World({**w.values, variable: at + h}, field=w.field)))


def _undefined(e, w):
    function = w.values.get(e.func)
    if function is None:
        raise Unevaluable(f"no function given for {e.func}")
    return function(w.field, *_values(e.args, w))


def _range(e, w):
    return range(w.integer(e.lower), w.integer(e.upper) + 1)


def _terms(e, w):
    return [evaluate(e.body, w.bind(e.variable, k)) for k in _range(e, w)]


def _sum(e, w):
    return reduce(_plus, _terms(e, w), w.field.number(0))


def _sympy_sum(e, w):
    """SymPy's sum over indices, which is how it writes an entry of a product."""
    (index, lower, upper), *inner_limits = reversed(e.limits)
    body = e.func(e.function, *reversed(inner_limits)) if inner_limits else e.function
    terms = (evaluate(body, w.bind(index, k)) for k in range(w.integer(lower), w.integer(upper) + 1))
    return reduce(_plus, terms, w.field.number(0))


def _matrix_sum(e, w):
    terms = _terms(e, w)
    return reduce(_plus, terms) if terms else _constant_matrix(lambda i, j: 0)(e, w)


def _matrix_product(e, w):
    factors = _terms(e, w)[:: int(e.order)]
    return reduce(multiply, factors) if factors else _constant_matrix(lambda i, j: int(i == j))(e, w)


def _scalar_product(e, w):
    return reduce(lambda a, b: a * b, _terms(e, w), w.field.number(1))


def _applied(e, w):
    return w.values[e.function](w.field, w.integer(e.index), evaluate(e.argument, w))


def _applied_gradient(e, w):
    function, index, at = w.values[e.function], w.integer(e.index), evaluate(e.argument, w)
    return gradient_by_differences(lambda rows: function(w.field, index, rows), at, w.field)


def gradient_by_differences(function, at, field):
    """The matrix of partial derivatives of a scalar function of rows, entry by entry."""

    def partial(i, j):
        def along(h):
            rows = [list(row) for row in at]
            rows[i][j] = rows[i][j] + h
            return function(rows)

        return field.derivative(along)

    return filled(len(at), len(at[0]), partial)


def _gradient(e, w):
    at = w.lookup(e.variable)
    key = w.key(e.variable)

    def value(rows):
        return number_of(evaluate(e.expression, World({**w.values, key: rows}, w.definitions, field=w.field)))

    found = gradient_by_differences(value, at, w.field)
    return _symmetric_part(found) if isinstance(e.variable, SymmetricSymbol) else found


def _symmetric_part(rows):
    """The gradient among symmetric matrices: the partial derivatives along (E_ij + E_ji)/2."""
    return combine(lambda a, b: (a + b) / 2, rows, [list(column) for column in zip(*rows, strict=True)])


def _pairing(e, w):
    def along(step):
        return evaluate(e.expression, w.shifted(w.variable, w.direction, step))

    change = w.field.derivative(along)
    return inner(evaluate(e.weight, w), change, w.field)


def _differential(e, w):
    return w.field.derivative(lambda step: evaluate(e.expression, w.shifted(w.variable, w.direction, step)))


def _jacobian(e, w):
    """Column by column: the derivative along each unit vector."""
    size = w.integer(e.variable.rows)
    number = w.field.number

    def column(j):
        unit = filled(size, 1, lambda i, _: number(int(i == j)))
        change = w.field.derivative(lambda step: evaluate(e.expression, w.shifted(e.variable, unit, step)))
        return [row[0] for row in change]

    return [list(row) for row in zip(*map(column, range(size)), strict=True)]


def inner(a, b, field):
    if not isinstance(a, list):
        return a * b
    return sum((x * y for p, q in zip(a, b, strict=True) for x, y in zip(p, q, strict=True)), field.number(0))


def _power(e, w):
    return w.field.power(*_scalars(e.args, w))


def _matrix_power(e, w):
    exponent = w.integer(e.exp)
    base = evaluate(e.base, w)
    if exponent < 0:
        base, exponent = w.field.inverse(base), -exponent
    identity = filled(len(base), len(base), lambda i, j: w.field.number(int(i == j)))
    return reduce(multiply, [base] * exponent, identity)


def _block(e, w):
    return [list(chain.from_iterable(parts)) for row in e.args for parts in zip(*_values(row, w), strict=True)]


def _function_matrix(e, w):
    rows, cols = shape_in(e, w)
    return filled(rows, cols, lambda i, j: _indexed(e.lamda, (i + 1, j + 1), w))


def _imaginary(e, w):
    raise Unevaluable("the value is not a real number")


def _indexed(function, indices, w):
    """A Lambda of indices, which count from 1."""
    for symbol, index in zip(function.signature, indices, strict=True):
        w = w.bind(symbol, index)
    return evaluate(function.expr, w)


def _norm(e, w):
    rows = evaluate(e.argument, w)
    return w.field.power(inner(rows, rows, w.field), w.field.number(Rational(1, 2)))


def _largest_entry(e, w):
    return w.field.call(
        sympy.Max, *(w.field.call(sympy.Abs, x) for row in evaluate(e.argument, w) for x in row)
    )


def _extreme_value(function):
    def value(e, w):
        indices = range(1, w.integer(e.size) + 1)
        return w.field.call(function, *(_indexed(e.entries, (i,), w) for i in indices))

    return value


def _entry_of_column(e, w):
    rows, i = evaluate(e.argument, w), w.integer(e.index)
    if not 1 <= i <= len(rows):
        raise Unevaluable(f"there is no entry {i} here")
    return rows[i - 1][0]


def _component(e, w):
    rows, i, j = evaluate(e.argument, w), w.integer(e.row), w.integer(e.column)
    if not (1 <= i <= len(rows) and 1 <= j <= len(rows[0])):
        raise Unevaluable(f"there is no entry ({i}, {j}) here")
    return rows[i - 1][j - 1]


def _same(e, w):
    i, j = map(w.integer, e.args)
    return w.field.number(int(i == j))


def _log_normal_density(e, w):
    """By forward substitution with the Cholesky factor: the sum of the log densities of white residuals."""
    at, mean = evaluate(e.argument, w), evaluate(e.mean, w)
    factor = w.field.cholesky(evaluate(e.covariance, w))
    total, white = w.field.number(0), []
    for i, row in enumerate(factor):
        residual = at[i][0] - mean[i][0] - sum((row[j] * white[j] for j in range(i)), w.field.number(0))
        white.append(residual / row[i])
        total -= white[i] ** 2 / 2 + w.field.call(sympy.log, row[i])
    return total - len(factor) * w.field.call(sympy.log, 2 * w.field.constant(sympy.pi)) / 2


def _divergence(e, w):
    pairs = zip(*map(chain.from_iterable, _values(e.args, w)), strict=True)
    return sum((q * w.field.call(sympy.log, q / p) for q, p in pairs), w.field.number(0))


def _normal_expectation(e, w):
    """By two rules that are exact up to degree 3, in two bases; where they differ there is no value."""
    mean, factor = evaluate(e.mean, w), w.field.cholesky(evaluate(e.covariance, w))
    found, again = _star(e, w, mean, factor, 1), _star(e, w, mean, multiply(factor, _reflection(len(mean), w)), 3)
    if abs(found - again) > w.field.negligible * (1 + abs(found)):
        raise Unevaluable("the mean is only known for polynomials of degree 3")
    return found


def _star(e, w, mean, factor, square: int):
    """Σ_i (f(m + s L_i) + f(m - s L_i))/(2s²) + (1 - n/s²) f(m), with s² = `square` and L_i the columns of L."""
    step = w.field.power(w.field.number(square), w.field.number(Rational(1, 2)))

    def value(at):
        return number_of(evaluate(e.body, World({**w.values, e.point: at}, w.definitions, field=w.field)))

    columns = [[[step * row[i]] for row in factor] for i in range(len(mean))]
    around = [combine(lambda a, b, s=s: a + s * b, mean, column) for column in columns for s in (1, -1)]
    total = sum(map(value, around), w.field.number(0)) / (2 * square)
    return total + (1 - w.field.number(len(mean)) / square) * value(mean)


def _reflection(size: int, w):
    """I - 2 𝟏𝟏ᵀ/n."""
    number = w.field.number
    return filled(size, size, lambda i, j: number(int(i == j)) - number(2) / size)


def _singular_value(place: int):
    """The root of an eigenvalue of AᵀA, which rounding may have carried below 0."""

    def value(e, w):
        rows = evaluate(e.argument, w)
        gram = multiply([list(column) for column in zip(*rows, strict=True)], rows)
        square = w.field.call(sympy.Max, w.field.eigenvalues(gram)[place], w.field.number(0))
        return w.field.power(square, w.field.number(Rational(1, 2)))

    return value


def _kronecker(a, b):
    return [[x * y for x in p for y in q] for p in a for q in b]


def _fold(operation):
    return lambda e, w: reduce(operation, _values(e.args, w))


# --- integrals ------------------------------------------------------------------------------------


def _integrand(body, variable, w) -> Callable:
    """The body as a function of a number, for thousands of them: what is fixed is evaluated once.

    Sums, products, integer powers and functions of a number are composed; other nodes are evaluated.
    """
    if variable not in body.free_symbols:
        value = number_of(evaluate(body, w))
        return lambda x: value
    if body == variable:
        return lambda x: x
    make = _compositions(body)
    if make is None:
        return lambda x: number_of(evaluate(body, World({**w.values, variable: x}, w.definitions, field=w.field)))
    return make(w.field, *(_integrand(part, variable, w) for part in body.args))


def _compositions(body) -> Callable | None:
    """How the value of a node comes from those of its parts, for a field; None for a node of another kind."""
    if isinstance(body, Add):
        return lambda field, *parts: lambda x: sum(part(x) for part in parts)
    if isinstance(body, Mul):
        return lambda field, *parts: lambda x: field.context.fprod(part(x) for part in parts)
    if isinstance(body, Pow) and body.exp.is_Integer:
        power = int(body.exp)
        return lambda field, base, _: lambda x: field.power(base(x), power)
    if isinstance(body, StandardNormal):
        return lambda field, inner: lambda x: _standard_normal_at(inner(x), field)
    if isinstance(body, Application) and not isinstance(body, AppliedUndef | Dawson | Piecewise):
        return lambda field, *parts: lambda x: field.call(body.func, *(part(x) for part in parts))
    return None


def _places(e, w):
    """The numbers at which an integral has to be split, columns entry by entry."""
    columns = (value if isinstance(value, list) else [[value]] for value in _values(e.places, w))
    return [x for rows in columns for row in rows for x in row]


def _over_reals(e, w):
    return over_reals(_integrand(e.body, e.variable, w), w.field, _places(e, w))


def _principal_value(e, w):
    return principal_value(_integrand(e.body, e.variable, w), w.field, _places(e, w))


def _integral(e, w):
    """SymPy's integral of a function that is smooth inside its limits: both finite, or none given by ±oo."""
    (variable, *limits), *others = e.limits
    if others or len(limits) != 2:
        raise NotImplementedError(f"only one integral with two limits has a value here: {e}")
    f = _integrand(e.function, variable, w)
    if tuple(limits) == (-sympy.oo, sympy.oo):
        return over_reals(f, w.field)
    return between(f, *_values(limits, w), w.field)


def _partial(e, w):
    """By differences: a scalar, or one entry of a column, moves by a small step."""
    leaf, place = e.variable, None
    if isinstance(leaf, MatrixElement):
        leaf, place = leaf.parent, (w.integer(leaf.i), w.integer(leaf.j))
    at = w.lookup(leaf)

    def along(h):
        moved = at + h if place is None else filled(
            len(at), len(at[0]), lambda i, j: at[i][j] + h if (i, j) == place else at[i][j]
        )
        return evaluate(e.expression, World({**w.values, leaf: moved}, w.definitions, field=w.field))

    return w.field.derivative(along)


def _standard_normal(e, w):
    return _standard_normal_at(*_scalars(e.args, w), w.field)


def _standard_normal_at(x, field):
    return field.call(sympy.exp, -x * x / 2) / field.root_two_pi


def _dawson(e, w):
    """e^{-x²} erfi(x) √π/2."""
    (x,) = _scalars(e.args, w)
    half_root = w.field.power(w.field.constant(sympy.pi), w.field.number(Rational(1, 2))) / 2
    return half_root * w.field.call(sympy.exp, -x * x) * w.field.call(sympy.erfi, x)


def _no_value(e, w):
    raise Unevaluable(f"{e} is no number")


EVALUATE: dict[type, Callable] = {
    type(sympy.zoo): _no_value,
    type(sympy.nan): _no_value,
    Rational: lambda e, w: w.field.number(e),
    NumberSymbol: lambda e, w: w.field.constant(e),
    ImaginaryUnit: _imaginary,
    Symbol: _symbol,
    MatrixSymbol: lambda e, w: w.lookup(e),
    SymmetricSymbol: lambda e, w: w.lookup(e),
    Member: lambda e, w: w.lookup(e),
    Add: _fold(_plus),
    Mul: _fold(_times),
    Pow: _power,
    MatAdd: _fold(_plus),
    MatMul: _product,
    MatPow: _matrix_power,
    HadamardProduct: _fold(lambda a, b: combine(lambda x, y: x * y, a, b)),
    Transpose: lambda e, w: [list(column) for column in zip(*evaluate(e.arg, w), strict=True)],
    Inverse: lambda e, w: w.field.inverse(evaluate(e.arg, w)),
    Determinant: lambda e, w: w.field.determinant(evaluate(e.arg, w)),
    Trace: lambda e, w: sum((row[i] for i, row in enumerate(evaluate(e.arg, w))), w.field.number(0)),
    DiagMatrix: _diagonal,
    DiagonalOf: lambda e, w: [[row[i]] for i, row in enumerate(evaluate(e.arg, w))],
    KroneckerProduct: _fold(_kronecker),
    Vec: lambda e, w: [[x] for column in zip(*evaluate(e.arg, w), strict=True) for x in column],
    HadamardPower: lambda e, w: combine(lambda x: w.field.power(x, evaluate(e.exp, w)), evaluate(e.base, w)),
    Identity: _constant_matrix(lambda i, j: int(i == j)),
    ZeroMatrix: _constant_matrix(lambda i, j: 0),
    OneMatrix: _constant_matrix(lambda i, j: 1),
    EntryMatrix: _entry_matrix,
    Blocks: _block,
    FunctionMatrix: _function_matrix,
    ElementwiseApplyFunction: _elementwise,
    Elementwise: _elementwise,
    Derivative: _derivative,
    Subs: _subs,
    Piecewise: _piecewise,
    AppliedUndef: _undefined,
    Application: lambda e, w: w.field.call(e.func, *_scalars(e.args, w)),
    IndexSum: _sum,
    Sum: _sympy_sum,
    MatrixIndexSum: _matrix_sum,
    IndexProduct: _matrix_product,
    ScalarIndexProduct: _scalar_product,
    Applied: _applied,
    AppliedGradient: _applied_gradient,
    Gradient: _gradient,
    Pairing: _pairing,
    MatrixDifferential: _differential,
    Jacobian: _jacobian,
    Inner: lambda e, w: inner(*_values(e.args, w), w.field),
    Norm: _norm,
    Kernel: lambda e, w: evaluate(e.formula(), w),
    MatrixElement: _entry,
    LargestEntry: _largest_entry,
    SmallestValue: _extreme_value(sympy.Min),
    LargestValue: _extreme_value(sympy.Max),
    Entry: _entry_of_column,
    Component: _component,
    Same: _same,
    SmallestEigenvalue: lambda e, w: w.field.eigenvalues(evaluate(e.argument, w))[0],
    LargestEigenvalue: lambda e, w: w.field.eigenvalues(evaluate(e.argument, w))[-1],
    LargestSingularValue: _singular_value(-1),
    SmallestSingularValue: _singular_value(0),
    LogNormalDensity: _log_normal_density,
    StandardNormal: _standard_normal,
    Divergence: _divergence,
    NormalExpectation: _normal_expectation,
    Dawson: _dawson,
    OverReals: _over_reals,
    PrincipalValue: _principal_value,
    Integral: _integral,
    Partial: _partial,
}
