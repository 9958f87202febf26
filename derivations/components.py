"""The component form of a line: its matrices written by their entries.

(Uᵀδ)_i becomes Σ_j U_{ji} δ_j.  `component` and `scalar` are one flat table each, node by node.  What they return is an
expression like any other, with a value in every world, so a component form is held against the matrix it tells.

An inverse, a power, and a product over an index have no elementary entries: they stay, as (A⁻¹)_{ij}.  So do
determinants, eigenvalues and functions of a whole vector, which are numbers already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise

from sympy import Add, Basic, Expr, Mul, Pow, S, Subs, Symbol, sqrt
from sympy.core.function import Application
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
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

from .chain import Derivation, Line
from .expressions import (
    ELEMENT,
    Applied,
    AppliedGradient,
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
    differential,
    equal_size,
    fresh_index,
    index_product,
    index_sum,
    is_matrix,
    open_binder,
)
from .integrals import OverReals, Partial
from .printing import Text, used_names
from .quantities import (
    Component,
    Divergence,
    Entry,
    Inner,
    Kernel,
    LargestEigenvalue,
    LargestEntry,
    LogNormalDensity,
    Norm,
    NormalExpectation,
    Same,
    SingularValue,
    SmallestEigenvalue,
    SmallestValue,
)

LEAVES = (MatrixSymbol, Member)
#: letters for entries; the first two that a chain leaves free are the row and the column
LETTERS = ("i", "j", "k", "p", "q", "r", "a", "b", "c", "u", "v", "w")


class NoComponents(ValueError):
    """A node that cannot be written by entries; the message names it."""


class EntrySum(IndexSum):
    """Σ over the entries of a row, a column or a diagonal."""


@dataclass(frozen=True)
class Components:
    """A line by its entries.  `indices`: the row and the column, as far as the line has them, with their sizes."""

    line: Line
    indices: tuple[tuple[Symbol, Expr], ...]
    taken: frozenset[str]


def components(line: Line, chain: Derivation) -> Components | None:
    """The component form of a line of a chain; None where there is none, or where it would be the line itself."""
    taken = names_of(chain)
    try:
        found, indices = by_entries(line, taken)
    except NoComponents:
        return None
    return None if found == line else Components(found, indices, taken)


def by_entries(line: Line, taken: frozenset[str]) -> tuple[Line, tuple]:
    """Both sides at one row and column, named by letters that are not `taken`; raises `NoComponents`."""
    shape = line.left.shape if is_matrix(line.left) else (1, 1)
    letters = (Symbol(name, integer=True) for name in LETTERS if name not in taken)
    place = [S.One if equal_size(size, 1) else next(letters) for size in shape]
    left, right = (component(side, *place) if is_matrix(side) else scalar(side) for side in (line.left, line.right))
    indices = tuple((index, size) for index, size in zip(place, shape, strict=True) if index != 1)
    return Line(left, right, line.relation), indices


@lru_cache(maxsize=64)
def names_of(chain: Derivation) -> frozenset[str]:
    """Every name that a chain's lines, declarations and definitions use, letters of sums included."""
    said = [side for line in chain.lines for side in (line.left, line.right)]
    said += [side for e in (*chain.domain.definitions, *chain.domain.facts) for side in (e.left, e.right)]
    declared = (d.symbol for d in chain.domain.declarations)
    symbols = [s for d in declared for s in (d if isinstance(d, tuple) else (d,))]
    plain = {getattr(s, "name", getattr(s, "__name__", "")) for s in symbols}
    return frozenset(plain.union(*map(used_names, said), letters_of_sums(chain)))


def letters_of_sums(chain: Derivation) -> set[str]:
    """The letters that sums and products over an index have where the chain's lines are printed."""
    printer = _Letters()
    for line in chain.lines:
        printer.doprint(line.left), printer.doprint(line.right)
    return printer.found


class _Letters(Text):
    """Prints, and notes how bound variables are called."""

    def __init__(self):
        super().__init__()
        self.found: set[str] = set()

    def open(self, binder):
        name, body = super().open(binder)
        self.found.add(name)
        return name, body


# --- scalars ------------------------------------------------------------------------------------


def scalar(e: Basic) -> Expr:
    """A scalar with its vectors and matrices written by entries."""
    if is_matrix(e):
        if not all(equal_size(size, 1) for size in e.shape):
            raise NoComponents(f"{type(e).__name__} among numbers")
        return component(e, S.One, S.One)
    if not _has_matrices(e):
        return e
    return _handler(SCALARS, e)(e)


def _handler(table: dict, e: Basic) -> Callable:
    for kind in type(e).__mro__:
        if kind in table:
            return table[kind]
    raise NoComponents(type(e).__name__)


def _has_matrices(e: Basic) -> bool:
    return is_matrix(e) or any(_has_matrices(a) for a in e.args)


def entry_sum(body: Expr, index: Symbol, size: Expr) -> Expr:
    """Σ body for index from 1 to size, scalars that hold no entry in front."""
    factors = Mul.make_args(body)
    if not any(index in f.free_symbols for f in factors):
        return Mul(size, body)
    front = [f for f in factors if not f.has(Component) and index not in f.free_symbols]
    rest = Mul(*(f for f in factors if f not in front))
    return Mul(*front, EntrySum(*index_sum(rest, index, 1, size).args))


def over(size: Expr, body: Callable[[Expr], Expr]) -> Expr:
    """Σ body(index) over an index of that size; body(1) where there is only one."""
    if equal_size(size, 1):
        return body(S.One)
    index = fresh_index()
    return entry_sum(body(index), index, size)


def over_entries(matrix, body: Callable[[Expr, Expr], Expr]) -> Expr:
    return over(matrix.rows, lambda i: over(matrix.cols, lambda j: body(i, j)))


def _rebuilt(e):
    return e.func(*map(scalar, e.args))


def _as_it_is(e):
    return e


def _binder(close: Callable) -> Callable:
    def inside(e):
        body, index = open_binder(e)
        return close(scalar(body), index, e.lower, e.upper)

    return inside


def _pairing(e):
    """⟨G, de⟩ = Σ_ij G_ij de_ij."""
    if not is_matrix(e.expression):
        return Mul(scalar(e.weight), differential(scalar(e.expression)))
    moves = e.expression
    return over_entries(moves, lambda i, j: Mul(component(e.weight, i, j), differential(component(moves, i, j))))


def _inner(e):
    a, b = e.args
    return over_entries(a, lambda i, j: Mul(component(a, i, j), component(b, i, j)))


def _norm(e):
    return sqrt(over_entries(e.argument, lambda i, j: component(e.argument, i, j) ** 2))


def _entry(e, matrix, i, j):
    """An entry that is one already."""
    return e if isinstance(matrix, LEAVES) else component(matrix, i, j)


SCALARS: dict[type, Callable] = {
    **dict.fromkeys((Add, Mul, Pow, Application), _rebuilt),
    Subs: lambda e: Subs(e.expr, e.variables, tuple(map(scalar, e.point))),
    Trace: lambda e: over(e.arg.rows, lambda i: component(e.arg, i, i)),
    Inner: _inner,
    Norm: _norm,
    Divergence: lambda e: scalar(e.formula()),
    Pairing: _pairing,
    IndexSum: _binder(index_sum),
    ScalarIndexProduct: _binder(index_product),
    MatrixElement: lambda e: _entry(e, e.parent, e.i + 1, e.j + 1),
    Entry: lambda e: _entry(e, e.argument, e.index, S.One),
    Partial: lambda e: Partial(scalar(e.expression), e.variable),
    OverReals: lambda e: e.over(scalar(e.body)),
    # numbers of a whole matrix, and functions of a whole vector
    **dict.fromkeys((Determinant, SmallestEigenvalue, LargestEigenvalue, SingularValue), _as_it_is),
    **dict.fromkeys((LargestEntry, SmallestValue, Applied, Kernel, LogNormalDensity, NormalExpectation), _as_it_is),
}


# --- matrices -----------------------------------------------------------------------------------


def component(e: Basic, i: Expr, j: Expr) -> Expr:
    """The entry (i, j), counted from 1, of a matrix."""
    return _handler(MATRICES, e)(e, i, j)


def _product(e, i, j):
    """Σ over the places between the factors; a diagonal factor has the same index on both sides."""
    coefficient, factors = e.as_coeff_matrices()
    if not all(equal_size(a.cols, b.rows) for a, b in pairwise(factors)):
        raise NoComponents("MatMul of factors that do not fit")
    last = max((place for place, factor in enumerate(factors) if not _is_diagonal(factor)), default=None)
    found, sums, at = [scalar(coefficient)], [], i
    for place, factor in enumerate(factors):
        if _is_diagonal(factor):
            found.append(_on_diagonal(factor, at))
            continue
        onward = j if place == last else _between(factor.cols, sums)
        found.append(component(factor, at, onward))
        at = onward
    body = Mul(*found) if last is not None else Mul(Same(i, j), *found)
    return reduce(lambda inner, summed: entry_sum(inner, *summed), reversed(sums), body)


def _between(size, sums: list) -> Expr:
    """The index of a place between two factors, noted among the sums unless there is only one."""
    if equal_size(size, 1):
        return S.One
    sums.append((fresh_index(), size))
    return sums[-1][0]


def _is_diagonal(e) -> bool:
    return isinstance(e, DiagMatrix | Identity)


def _on_diagonal(e, i):
    return S.One if isinstance(e, Identity) else component(e.args[0], i, S.One)


def _matrix_sum(e, i, j):
    body, index = open_binder(e)
    return index_sum(component(body, i, j), index, e.lower, e.upper)


def _elementwise(e, i, j):
    (argument,) = e.function.signature
    return e.function.expr.xreplace({argument: ELEMENT}).subs(ELEMENT, component(e.expr, i, j))


def _of_indices(e, i, j):
    return e.lamda(i, j) if len(e.lamda.signature) == 2 else e.lamda(i)


MATRICES: dict[type, Callable] = {
    **dict.fromkeys((*LEAVES, Inverse, MatPow, IndexProduct, AppliedGradient), Component),
    MatAdd: lambda e, i, j: Add(*(component(term, i, j) for term in e.args)),
    MatMul: _product,
    HadamardProduct: lambda e, i, j: Mul(*(component(factor, i, j) for factor in e.args)),
    HadamardPower: lambda e, i, j: component(e.base, i, j) ** scalar(e.exp),
    Transpose: lambda e, i, j: component(e.arg, j, i),
    ElementwiseApplyFunction: _elementwise,
    DiagMatrix: lambda e, i, j: Mul(Same(i, j), _on_diagonal(e, i)),
    DiagonalOf: lambda e, i, j: component(e.arg, i, i),
    Identity: lambda e, i, j: Same(i, j),
    OneMatrix: lambda e, i, j: S.One,
    ZeroMatrix: lambda e, i, j: S.Zero,
    EntryMatrix: lambda e, i, j: Mul(Same(i, e.i + 1), Same(j, e.j + 1)),
    FunctionMatrix: _of_indices,
    MatrixIndexSum: _matrix_sum,
    MatrixDifferential: lambda e, i, j: differential(component(e.expression, i, j)),
    Gradient: lambda e, i, j: Component(Gradient(scalar(e.expression), e.variable), i, j),
    # ∂e_i/∂x_j
    Jacobian: lambda e, i, j: Component(Gradient(component(e.expression, i, S.One), e.variable), j, S.One),
}
