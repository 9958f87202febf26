"""What a derivation is about: its symbols, where their values come from, and what defines what.

A domain is data.  The ladder of worlds on which lines are checked, the Hypothesis strategies of
the property tests, the table of symbols on the page and the wording of feedback are all made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import count
from itertools import product as all_choices
from random import Random
from typing import ClassVar, Protocol

import sympy
from sympy import Basic, Dummy, Expr, Function, Integer, Symbol
from sympy.matrices.expressions import MatrixSymbol

from .evaluate import World, evaluate, filled, multiply
from .expressions import Member, SymmetricSymbol, substitute
from .fields import DIGITS, Numbers, Unevaluable, combine


@dataclass(frozen=True)
class Equation:
    """left = right, for every lower <= index <= upper where there is an index.

    `left` is a symbol or a member of a family; a member's index is either `index` itself or fixed.
    `rests_on` names the derivation whose result the right side is, if it is one's.  `every`: the symbols for
    which anything of their shape may be put, on both sides.
    """

    label: str
    left: Basic
    right: Basic
    index: Symbol | None = None
    lower: Expr | None = None
    upper: Expr | None = None
    meaning: str = ""
    rests_on: str = ""
    every: tuple[Basic, ...] = ()
    relation: ClassVar[str] = "="

    def at(self, leaf: Basic) -> tuple[Basic, tuple[Expr, ...]] | None:
        """The right side for `leaf`, and what must be >= 0 for it to hold; None for another leaf."""
        if self.index is None:
            return (self.right, ()) if leaf == self.left else None
        if not (
            isinstance(leaf, Member) and isinstance(self.left, Member) and leaf.family == self.left.family
        ):
            return None
        return self.instance(leaf.index)

    def instance(self, index: Expr) -> tuple[Basic, tuple[Expr, ...]]:
        return substitute(self.right, {self.index: index}), (index - self.lower, self.upper - index)

    def left_at(self, index: Expr) -> Basic:
        return substitute(self.left, {self.index: index})

    def bind(self, leaf: Basic, world: World) -> tuple[Basic, World] | None:
        """The right side and the world to evaluate it in, if this equation gives `leaf` there."""
        if self.index is None:
            same = leaf == self.left or (
                isinstance(leaf, Member)
                and isinstance(self.left, Member)
                and world.key(leaf) == world.key(self.left)
            )
            return (self.right, world) if same else None
        if not (isinstance(leaf, Member) and leaf.family == self.left.family):
            return None
        index = world.integer(leaf.index)
        if not world.integer(self.lower) <= index <= world.integer(self.upper):
            return None
        return self.right, world.bind(self.index, index)


@dataclass(frozen=True)
class Inequality:
    """left <= right or left >= right, both scalars; for every lower <= index <= upper if there is an index.

    `every`: the symbols for which anything of their shape may be put, on both sides.  An inequality of a
    domain's `facts` may speak of every real number: of `ELEMENT`.
    """

    label: str
    left: Basic
    right: Basic
    relation: str
    index: Symbol | None = None
    lower: Expr | None = None
    upper: Expr | None = None
    meaning: str = ""
    every: tuple[Basic, ...] = ()

    def left_at(self, index: Expr) -> Basic:
        return substitute(self.left, {self.index: index})


class Source(Protocol):
    """Where a world's values come from: a ladder, a random generator, or Hypothesis."""

    def integer(self, lower: int, upper: int, label: str) -> int: ...

    def number(self, label: str) -> Fraction: ...

    def choice(self, options: tuple, label: str, abstract=None):
        """One of `options`; a source of symbols takes `abstract` instead."""


@dataclass(frozen=True)
class Declaration:
    """One symbol of a domain: its kind (a row of `KINDS`), its meaning, and its range where it has one."""

    symbol: Basic
    kind: str
    meaning: str
    lower: Expr | int | None = None
    upper: Expr | int | None = None


@dataclass(frozen=True)
class Domain:
    """Declarations, in an order in which each uses only earlier ones, definitions, and facts.

    `facts`: what is true of the declared symbols by the way in which their values are chosen.
    `positive_definite`: the symmetric matrices that are positive definite, each with the reason.
    `defined_where`: worlds in which one of these has no value lie outside the domain.
    `digits`: with how many the worlds compute; fewer are enough, and integrals faster, where no line has a derivative.
    """

    declarations: tuple[Declaration, ...]
    definitions: tuple[Equation, ...] = ()
    facts: tuple[Equation | Inequality, ...] = ()
    positive_definite: Mapping[Basic, str] = field(default_factory=dict)
    defined_where: tuple[Basic, ...] = ()
    digits: int = DIGITS

    def __post_init__(self):
        for e in self.definitions:
            if not isinstance(e.left, Symbol | MatrixSymbol | Member):
                raise ValueError(
                    f"{e.label!r} defines {e.left}, which is no symbol: a claim needs a derivation"
                )

    def sizes(self) -> tuple[Declaration, ...]:
        return tuple(d for d in self.declarations if d.kind == "size")

    def ranges(self) -> dict[Symbol, tuple[Expr, Expr | None]]:
        """Bounds of every size and index, last declared first, so that bounds may mention earlier symbols.

        The upper bound of a size is for the ladder only, so it is None here.
        """
        bounds = {}
        for d in reversed(self.declarations):
            if d.kind == "size":
                bounds[d.symbol] = (Integer(d.lower), None)
            elif d.kind == "index":
                bounds[d.symbol] = (sympy.sympify(d.lower), sympy.sympify(d.upper))
        return bounds

    def world(self, source: Source, sizes: Mapping[Symbol, int] | None = None, field=None) -> World:
        """Values for every declared symbol, drawn from `source`; `Unevaluable` when a range is empty."""
        field = field or Numbers(self.digits)
        world = World(dict(sizes or {}), self.definitions, field=field)
        for declaration in self.declarations:
            if declaration.symbol not in world.values:
                KINDS[declaration.kind](declaration, world, source)
        return world

    def contains(self, world: World) -> bool:
        """Whether what must have a value has one in a world."""
        try:
            return all(evaluate(expression, world) is not None for expression in self.defined_where)
        except Unevaluable:
            return False

    def with_direction(self, world: World, variable, source: Source) -> World:
        """The same world with a direction in which `variable` moves: a size and a positive scalar upward."""
        if variable in (d.symbol for d in self.sizes()):
            return World(world.values, world.definitions, variable, 1, world.field)
        if isinstance(variable, Symbol):
            step = world.field.number(abs(source.number(f"d{variable}")) + Fraction(1, 4))
            return World(world.values, world.definitions, variable, step, world.field)
        rows_of = _symmetric_rows if isinstance(variable, SymmetricSymbol) else _rows
        rows = rows_of(variable, world, source, f"d{variable}")
        return World(world.values, world.definitions, variable, rows, world.field)


# --- how each kind of symbol gets its values ----------------------------------------------------


def _shape(symbol, world) -> tuple[int, int]:
    return tuple(world.integer(s) for s in symbol.shape)


def _rows(symbol, world, source, label=None):
    return filled(
        *_shape(symbol, world), lambda i, j: world.field.number(source.number(label or str(symbol)))
    )


def _size(d, world, source):
    world.values[d.symbol] = source.integer(d.lower, d.upper, str(d.symbol))


def _index(d, world, source):
    lower, upper = (world.integer(sympy.sympify(limit)) for limit in (d.lower, d.upper))
    if lower > upper:
        raise Unevaluable(f"no {d.symbol} between {lower} and {upper}")
    world.values[d.symbol] = source.integer(lower, upper, str(d.symbol))


def _matrix(d, world, source):
    world.values[d.symbol] = _rows(d.symbol, world, source)


def _symmetric_rows(symbol, world, source, label=None):
    half = _rows(symbol, world, source, label)
    return filled(len(half), len(half), lambda i, j: half[max(i, j)][min(i, j)])


def _symmetric(d, world, source):
    world.values[d.symbol] = _symmetric_rows(d.symbol, world, source)


def _small(d, world, source):
    """Entries so small that exponentials of products of two such matrices stay of ordinary size."""
    world.values[d.symbol] = combine(lambda x: x / 4, _rows(d.symbol, world, source))


def _positive_entries(d, world, source):
    quarter = world.field.number(Fraction(1, 4))
    world.values[d.symbol] = combine(lambda x: abs(x) + quarter, _rows(d.symbol, world, source))


def _real(d, world, source):
    world.values[d.symbol] = world.field.number(source.number(str(d.symbol)))


def _positive(d, world, source):
    world.values[d.symbol] = world.field.number(abs(source.number(str(d.symbol))) + Fraction(1, 4))


def _at_least(d, world, source):
    """The declared lower bound, an expression in what is declared before, or a number above it."""
    least = evaluate(sympy.sympify(d.lower), world)
    world.values[d.symbol] = least + world.field.number(max(source.number(str(d.symbol)), Fraction(0)))


def _positive_matrix(d, world, source):
    rows = _rows(d.symbol, world, source)
    world.values[d.symbol] = combine(lambda x: abs(x) + world.field.number(Fraction(1, 4)), rows)


def _probabilities(d, world, source):
    """A column of positive numbers whose sum is 1."""
    _positive_matrix(d, world, source)
    rows = world.values[d.symbol]
    total = sum((row[0] for row in rows), world.field.number(0))
    world.values[d.symbol] = combine(lambda x: x / total, rows)


def _family(d, world, source):
    for i in range(world.integer(sympy.sympify(d.lower)), world.integer(sympy.sympify(d.upper)) + 1):
        world.values[(d.symbol, i)] = _rows(d.symbol, world, source, f"{d.symbol.name}{i}")


def _spd(size, world, source, label):
    """A Aᵀ + I/4: symmetric positive definite, not diagonal."""
    number = world.field.number
    a = filled(size, size, lambda i, j: number(source.number(label)))
    square = multiply(a, [list(column) for column in zip(*a, strict=True)])
    return filled(size, size, lambda i, j: square[i][j] + (number(Fraction(1, 4)) if i == j else 0))


def _positive_definite(d, world, source):
    world.values[d.symbol] = _spd(_shape(d.symbol, world)[0], world, source, str(d.symbol))


def _joint_covariance(d, world, source):
    """The blocks A, B, C of one symmetric positive definite matrix [[A, B], [Bᵀ, C]]."""
    top, across, bottom = d.symbol
    n, m = _shape(across, world)
    joint = _spd(n + m, world, source, "joint covariance")
    world.values[top] = [row[:n] for row in joint[:n]]
    world.values[across] = [row[n:] for row in joint[:n]]
    world.values[bottom] = [row[n:] for row in joint[n:]]


def _orthogonal(d, world, source):
    """One or two reflections I - 2uuᵀ/uᵀu, multiplied."""
    size = _shape(d.symbol, world)[0]
    reflections = [_reflection(size, world, source, str(d.symbol)) for _ in range(source.integer(1, 2, "reflections"))]
    world.values[d.symbol] = reduce(multiply, reflections)


def _reflection(size, world, source, label):
    number = world.field.number
    u = [number(source.number(label)) for _ in range(size)]
    square = sum((x * x for x in u), number(0))
    if square == 0:
        u, square = [number(int(i == 0)) for i in range(size)], number(1)
    return filled(size, size, lambda i, j: int(i == j) - 2 * u[i] * u[j] / square)


def _of_norm_at_most(d, world, source):
    """A matrix whose Frobenius norm, and so its spectral norm, is at most the declared upper bound."""
    rows = _rows(d.symbol, world, source)
    number, half = world.field.number, world.field.number(Fraction(1, 2))
    square = sum((x * x for row in rows for x in row), number(0)) or number(1)
    share = min(number(1), abs(number(source.number(f"share of {d.symbol}"))))
    factor = share * evaluate(d.upper, world) / world.field.power(square, half)
    world.values[d.symbol] = filled(len(rows), len(rows[0]), lambda i, j: factor * rows[i][j])


@dataclass(frozen=True)
class NamedFunction:
    """A function that a world may choose for an abstract one, with its name for people."""

    name: str
    value: Callable

    def __call__(self, field, *args):
        return self.value(field, *args)


def _logistic(f, x):
    return 1 / (1 + f.call(sympy.exp, -x))


ACTIVATIONS = (
    NamedFunction("x²", lambda f, x: x * x),
    NamedFunction("tanh", lambda f, x: f.call(sympy.tanh, x)),
    NamedFunction("logistic", _logistic),
    NamedFunction("sin", lambda f, x: f.call(sympy.sin, x)),
    NamedFunction("softplus", lambda f, x: f.call(sympy.log, 1 + f.call(sympy.exp, x))),
    NamedFunction("x", lambda f, x: x),
)


@lru_cache(maxsize=256)
def abstract_function(name: str) -> type[Function]:
    """A SymPy function of which nothing is known but the names of its partial derivatives."""
    return type(name, (Function,), {"fdiff": lambda self, i=1: abstract_function(f"{name}.{i}")(*self.args)})


def _activation_among(options):
    def fill(d, world, source):
        name = str(d.symbol)
        abstract = NamedFunction(name, lambda f, x: abstract_function(name)(x))
        world.values[d.symbol] = source.choice(options, name, abstract)

    return fill


SLOPES_AT_MOST = (
    NamedFunction("λx", lambda f, x: x),
    NamedFunction("-λx", lambda f, x: -x),
    NamedFunction("λ tanh x", lambda f, x: f.call(sympy.tanh, x)),
    NamedFunction("λ sin x", lambda f, x: f.call(sympy.sin, x)),
    NamedFunction("4λ logistic x", lambda f, x: 4 * _logistic(f, x)),
    NamedFunction("λ max(x, 0)", lambda f, x: f.call(sympy.Max, x, f.number(0))),
)
SLOPES_AT_LEAST = (
    NamedFunction("λx", lambda f, x: x),
    NamedFunction("λ(x + 1)", lambda f, x: x + 1),
    NamedFunction("λ(x + tanh x)", lambda f, x: x + f.call(sympy.tanh, x)),
    NamedFunction("λ(2x + sin x)", lambda f, x: 2 * x + f.call(sympy.sin, x)),
    NamedFunction("λ(x + softplus x)", lambda f, x: x + f.call(sympy.log, 1 + f.call(sympy.exp, x))),
)


def _scaled_activation(options):
    """An activation g = λ f, and λ > 0, where the slopes of every f in `options` have the bound 1."""

    def fill(d, world, source):
        g, bound = d.symbol
        value = world.field.number(abs(source.number(str(bound))) + Fraction(1, 4))
        chosen = source.choice(options, str(g))
        world.values[bound] = value
        world.values[g] = NamedFunction(chosen.name, lambda f, x: value * chosen(f, x))

    return fill


def _weighted(weights, entry):
    """L_t(v) = Σ_i w v_i-term, with weights that differ from one t, and one i, to the next."""

    def value(field, t, rows):
        pick = lambda i: weights[(2 * t + 3 * i) % len(weights)]  # noqa: E731
        return sum(
            (pick(i) * entry(field, row[0], pick(i + 1)) for i, row in enumerate(rows)), field.number(0)
        )

    return value


#: f(w_1, w_2, x) with f(-w_1, -w_2, x) = f(w_1, w_2, x), and with f(w_2, w_1, x) = f(w_1, w_2, x).
EVEN_NETWORKS = (
    NamedFunction("w1 w2 x", lambda f, a, b, x: a * b * x),
    NamedFunction("w2 sin(w1 x)", lambda f, a, b, x: b * f.call(sympy.sin, a * x)),
    NamedFunction("w2 tanh(w1 x)", lambda f, a, b, x: b * f.call(sympy.tanh, a * x)),
    NamedFunction("cos(w1 x + w2)", lambda f, a, b, x: f.call(sympy.cos, a * x + b) + a * b),
)
EXCHANGEABLE_NETWORKS = (
    NamedFunction("w1 w2 x", lambda f, a, b, x: a * b * x),
    NamedFunction("w1² x + w2² x", lambda f, a, b, x: a * a * x + b * b * x),
    NamedFunction("tanh(w1 x) + tanh(w2 x)", lambda f, a, b, x: f.call(sympy.tanh, a * x) + f.call(sympy.tanh, b * x)),
)


def _network(options):
    def fill(d, world, source):
        world.values[d.symbol] = source.choice(options, str(d.symbol))

    return fill


LOSSES = {
    "Σ a v": lambda f, v, b: v,
    "Σ a (v + b)²": lambda f, v, b: (v + b) * (v + b),
    "Σ a sin(v + b)": lambda f, v, b: f.call(sympy.sin, v + b),
}


def _vector_function(d, world, source):
    name = d.symbol.name
    weights = [world.field.number(source.number(f"weight of {name}")) for _ in range(5)]
    abstract = NamedFunction(
        name, lambda f, t, rows: abstract_function(f"{name}_{t}")(*(row[0] for row in rows))
    )
    options = tuple(NamedFunction(shape, _weighted(weights, entry)) for shape, entry in LOSSES.items())
    world.values[d.symbol] = source.choice(options, name, abstract)


KINDS: dict[str, Callable] = {
    "size": _size,
    "index": _index,
    "matrix": _matrix,
    "small": _small,
    "positive entries": _positive_entries,
    "symmetric": _symmetric,
    "real": _real,
    "positive": _positive,
    "at least": _at_least,
    "positive matrix": _positive_matrix,
    "probabilities": _probabilities,
    "family": _family,
    "positive definite": _positive_definite,
    "joint covariance": _joint_covariance,
    "orthogonal": _orthogonal,
    "matrix of norm at most": _of_norm_at_most,
    "activation": _activation_among(ACTIVATIONS),
    "bounded activation": _activation_among(ACTIVATIONS[1:4]),
    "activation with slopes at most": _scaled_activation(SLOPES_AT_MOST),
    "activation with slopes at least": _scaled_activation(SLOPES_AT_LEAST),
    "vector function": _vector_function,
    "network even in its weights": _network(EVEN_NETWORKS),
    "network with exchangeable weights": _network(EXCHANGEABLE_NETWORKS),
}


# --- the ladder: smallest worlds first, then random ones ----------------------------------------


class Small:
    """Small dyadic rationals without zero, from a seeded generator; simple choices only."""

    numbers = tuple(Fraction(p, q) for p, q in ((1, 1), (2, 1), (-1, 1), (1, 2), (-1, 2), (3, 2), (3, 1)))

    def __init__(self, random: Random):
        self.random = random

    def integer(self, lower, upper, label):
        return self.random.randint(lower, upper)

    def number(self, label):
        return self.random.choice(self.numbers)

    def choice(self, options, label, abstract=None):
        return self.random.choice(options[:2])


class Generic(Small):
    """40-digit numbers in (-2, 2), any choice."""

    def number(self, label):
        return Fraction(self.random.randrange(-2 * 10**40 + 1, 2 * 10**40), 10**40)

    def choice(self, options, label, abstract=None):
        return self.random.choice(options)


class Symbolic:
    """A new real symbol for every number, the abstract function for every choice; sizes must be given."""

    def __init__(self):
        self.count = count(1)

    def integer(self, lower, upper, label):
        raise Unevaluable(f"a proof by entries needs a value for {label}")

    def number(self, label):
        return Dummy(f"{label}_{next(self.count)}", real=True)

    def choice(self, options, label, abstract=None):
        return abstract


class Positive(Generic):
    """40-digit numbers in (0, 2): for logarithms and roots, which half of all numbers do not have."""

    def number(self, label):
        return abs(super().number(label))


DRAWS = 6
"""How often a rung of the ladder is drawn until it lies in the domain."""


def ladder(domain: Domain, generic: int = 8, seed: int = 0) -> Iterator[World]:
    """Worlds, smallest first: all combinations of sizes with small numbers, then `generic` random ones."""
    random = Random(f"{seed}")
    sizes = domain.sizes()
    grid = list(all_choices(*(range(int(d.lower), int(d.upper) + 1) for d in sizes)))
    grid.sort(key=lambda values: (sum(values), values))
    rungs = [(values, Small(random)) for values in grid]
    rungs += [(_stretched(sizes, i), Generic(random)) for i in range(len(sizes))]
    rungs += [(random.choice(grid), (Generic, Generic, Positive)[i % 3](random)) for i in range(generic)]
    for values, source in rungs:
        for _ in range(DRAWS):
            world = _world(domain, source, dict(zip((d.symbol for d in sizes), values, strict=True)))
            if world is not None:
                yield world, source
                break


def _world(domain: Domain, source: Source, sizes: Mapping[Symbol, int]) -> World | None:
    """A world of the domain, or None where the values drawn do not make one."""
    try:
        world = domain.world(source, sizes)
    except Unevaluable:
        return None
    return world if domain.contains(world) else None


def _stretched(sizes: tuple[Declaration, ...], place: int) -> tuple[int, ...]:
    """The smallest sizes but for one, which goes beyond its range: what is false only for longer sums shows there."""
    return tuple(2 * int(d.upper) + 1 if i == place else int(d.lower) for i, d in enumerate(sizes))


def describe_world(world: World) -> str:
    """The values of a world, for a counterexample."""
    shown = []
    for key, value in world.values.items():
        name = f"{key[0].name}_{key[1]}" if isinstance(key, tuple) else getattr(key, "name", str(key))
        shown.append(f"{name} = {show_value(value)}")
    return ", ".join(shown)


def show_value(value) -> str:
    """A number, rows or a function in few characters: fractions where they are short, else six digits."""
    if isinstance(value, list):
        rows = [", ".join(map(show_value, row)) for row in value]
        return f"[{'; '.join(rows)}]"
    if isinstance(value, NamedFunction):
        return value.name
    if isinstance(value, int | sympy.Basic):
        return str(value)
    exact = Fraction(str(value)) if abs(value) < 10**6 else None
    if exact is not None and exact.denominator <= 64:
        return str(exact)
    return f"{float(value):.6g}"
