"""The exported sources, run against each other and against `evaluate`: derivations and random expressions.

NumPy runs here, JavaScript in one Node process for all cases; JAX and PyTorch where they are installed.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import assume, event, given, note, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Derivative,
    E,
    Float,
    Function,
    Heaviside,
    Lambda,
    Max,
    Min,
    Piecewise,
    Rational,
    Subs,
    Symbol,
    cos,
    exp,
    gamma,
    log,
    pi,
    preorder_traversal,
    sin,
    sqrt,
    symbols,
    sympify,
    tanh,
)
from sympy.matrices.expressions import (
    DiagonalOf,
    FunctionMatrix,
    HadamardPower,
    Identity,
    KroneckerProduct,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.determinant import Determinant
from sympy.matrices.expressions.inverse import Inverse

import derivations
from derivations import __main__ as command
from derivations import rnn
from derivations.domain import Declaration, Domain, Equation, NamedFunction, ladder
from derivations.evaluate import World, evaluate
from derivations.export import TARGETS, ExportError, export
from derivations.exporters.languages import LANGUAGES, NUMPY
from derivations.exporters.operations import LOWER
from derivations.exporters.program import Program, Subject, identifier, schedule
from derivations.expressions import (
    Blocks,
    Family,
    Gradient,
    SymmetricSymbol,
    VectorFunction,
    add,
    diagonal,
    elementwise,
    hadamard,
    index_product,
    index_sum,
    inverse,
    product,
    scale,
    shape,
    subtract,
    transpose,
)
from derivations.fields import Numbers, Unevaluable
from derivations.quantities import (
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

EPS = np.finfo(float).eps

# --- running a source ---------------------------------------------------------------------------


def python(source: str):
    """The function that a Python source defines."""
    namespace: dict = {}
    exec(compile(source, "<exported>", "exec"), namespace)
    name = next(node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return namespace[name]


SERVER = """
const revive = (value) => {
  if (value === null || typeof value !== "object") return value;
  if (value.source) return new Function("return " + value.source)();
  return Array.isArray(value) ? value.map(revive) : value;
};
const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { source, name, values } = JSON.parse(line);
  let answer;
  try {
    const body = source.replace(/^export /m, "") + "\\nreturn " + name + ";";
    answer = { value: new Function('"use strict";' + body)()(...values.map(revive)) };
  } catch (problem) {
    answer = { problem: String(problem) };
  }
  const spelled = (_, v) => (typeof v !== "number" || Number.isFinite(v) ? v : String(v));
  console.log(JSON.stringify(answer, spelled));
});
"""


class Node:
    """A Node process that runs one exported source after the other."""

    def __init__(self):
        beside = Path(sys.executable).with_name("node")
        program = str(beside) if os.access(beside, os.X_OK) else shutil.which("node")
        if program is None:
            pytest.skip("no node beside the interpreter or on PATH")
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([program, "-e", SERVER], stdin=pipe, stdout=pipe, encoding="utf-8")

    def run(self, source: str, values: list):
        name = source.split("export function ")[1].split("(")[0]
        self.process.stdin.write(json.dumps({"source": source, "name": name, "values": values}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "problem" in answer:
            raise RuntimeError(answer["problem"])
        return np.array(answer["value"], dtype=float)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


@pytest.fixture(scope="module")
def node():
    process = Node()
    yield process
    process.close()


# --- functions that every language has ----------------------------------------------------------

def _tanh_bends(z):
    return -2 * np.tanh(z) * (1 - np.tanh(z) ** 2)


ACTIVATIONS = {
    "tanh": (lambda f, x: f.context.tanh(x), np.tanh, lambda z: 1 - np.tanh(z) ** 2, _tanh_bends),
    "sin": (lambda f, x: f.context.sin(x), np.sin, np.cos, lambda z: -np.sin(z)),
    "x²": (lambda f, x: x * x, lambda z: z * z, lambda z: 2 * z, lambda z: 2 + 0 * z),
}
IN_JAVASCRIPT = {
    "tanh": (
        "Math.tanh",
        "(x) => 1 - Math.tanh(x) ** 2",
        "(x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2)",
    ),
    "sin": ("Math.sin", "Math.cos", "(x) => -Math.sin(x)"),
    "x²": ("(x) => x * x", "(x) => 2 * x", "(x) => 2"),
}
WEIGHTS = (1.5, -0.5, 2.0)


def loss(field, t, rows):
    """L_t(v) = Σ_i w_{t+i} sin(v_i + t)."""
    terms = (field.number(WEIGHTS[(t + i) % 3]) * field.context.sin(r[0] + t) for i, r in enumerate(rows))
    return sum(terms, field.number(0))


def weights(t, length):
    return np.array([WEIGHTS[(t + i) % 3] for i in range(length)])


W = f"{list(WEIGHTS)}[(t + i) % 3]"
LOSS_FUNCTIONS = {
    "L": (
        lambda t, v: weights(t, len(v)) @ np.sin(v + t),
        f"(t, v) => v.reduce((s, x, i) => s + {W} * Math.sin(x + t), 0)",
    ),
    "grad_L": (
        lambda t, v: weights(t, len(v)) * np.cos(v + t),
        f"(t, v) => v.map((x, i) => {W} * Math.cos(x + t))",
    ),
}


def with_functions(world: World, activation: str) -> World:
    """The world with an activation and losses that every language has."""
    chosen = {
        k: NamedFunction(activation, ACTIVATIONS[activation][0] if isinstance(k, type) else loss)
        for k in world.values
        if isinstance(k, type | VectorFunction)
    }
    return World({**world.values, **chosen}, world.definitions, field=world.field)


def plain(value):
    """mpmath rows as nested lists of floats without the axes of length one that symbols have."""
    return [plain(v) for v in value] if isinstance(value, list) else float(value)


def dropped(value, symbol_shape):
    """Rows as floats; axes whose size is literally one are dropped."""
    rows = np.array(plain(value), dtype=float)
    if not symbol_shape:
        return rows
    return rows.reshape([size for size, symbol in zip(rows.shape, symbol_shape, strict=True) if symbol != 1])


def bindings(world: World, activation: str) -> dict:
    """Argument name -> (value for Python, value for JavaScript), for everything that a world holds."""
    found: dict = {}
    families: dict = {}
    for key, value in world.values.items():
        if isinstance(key, tuple):
            families.setdefault(key[0], {})[key[1]] = dropped(value, key[0].shape)
        elif isinstance(key, type):
            of, js = ACTIVATIONS[activation][1:], IN_JAVASCRIPT[activation]
            for order in range(3):
                found["d" * order + key.__name__] = (of[order], {"source": js[order]})
        elif isinstance(key, VectorFunction):
            for name, (of, js) in LOSS_FUNCTIONS.items():
                found[name.replace("L", key.name)] = (of, {"source": f"({js})"})
        else:
            array = int(value) if isinstance(value, int) else dropped(value, getattr(key, "shape", ()))
            found[key.name] = (array, array if isinstance(array, int) else array.tolist())
    for family, members in families.items():
        array = np.array([members[i] for i in sorted(members)])
        found[family.name] = (array, array.tolist())
        first = min(members)
        found[f"{family.name}_{first}"] = (members[first], members[first].tolist())
    return {identifier(name, ()): pair for name, pair in found.items()}


def run_all(expression_or_derivation, world, node, activation="tanh", **options):
    """Its value in NumPy and in JavaScript, in a world."""
    values = bindings(world, activation)
    numpy_source = export(expression_or_derivation, "numpy", **options)
    function = python(numpy_source)
    names = list(inspect.signature(function).parameters)
    javascript = export(expression_or_derivation, "javascript", **options)
    with np.errstate(all="ignore"):
        ours = np.asarray(function(*(values[name][0] for name in names)), dtype=float)
    return ours, node.run(javascript, [values[name][1] for name in names])


def expected(expression, world):
    return dropped(evaluate(expression, world), shape(expression))


# --- the derivations ----------------------------------------------------------------------------

#: derivations whose result has no source, and the part that the refusal names
REFUSED = {
    "rnn_remedies.orthogonal_saturating": "ScalarIndexProduct",
    "rnn_remedies.lstm_by_c": "ranges of different lengths",
    "rnn_remedies.lstm_by_h": "ranges of different lengths",
    "bump_flow.pole_average_slope": "PrincipalValue",
    "bump_flow.dawson_slope": "Dawson",
    "bump_flow.pole_average": "Dawson",
    "bump_flow.log_distance_slope": "Dawson",
    "bump_flow.one_bump_entropy": "OverReals",
    "bump_flow.one_bump_mu": "Dawson",
    "bump_flow.pole_subtracted": "Dawson",
    "bayesian_network.quartic_spread": "gamma",
}
#: an abstract network of three arguments, which is no activation to hand in
WITH_A_NETWORK = {"bayesian_network.sign_plug_in"}
CASES = [
    (name, r) for name in derivations.names() if name not in REFUSED for r in (None, *derivations.get(name).results)
]


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("target", TARGETS)
def test_a_result_that_has_no_source_is_refused(name, target):
    if target == "latex":
        assert export(derivations.get(name), target)
        return
    with pytest.raises(ExportError, match=REFUSED[name]):
        export(derivations.get(name), target)


def result_of(name, result):
    derivation = derivations.get(name)
    found = derivation.result(result)
    return derivation, getattr(found, "right", found)


def worlds(derivation, activation, generic=2):
    """Worlds of the conclusion's domain: for an induction, at an index of its range."""
    domain = derivation.domain
    claim = getattr(derivation, "claim", None)
    if claim is not None:
        index = Declaration(claim.index, "index", "index", claim.lower, claim.upper)
        domain = Domain((*domain.declarations, index), domain.definitions)
    for world, _ in ladder(domain, generic=generic):
        if all(world.values[d.symbol] <= d.upper for d in domain.sizes()):  # long products overflow nine digits
            yield with_functions(world, activation)


LARGE = 1e6
"""Larger results come from sines of large numbers, or from a division by little: floats keep few digits."""


def require_close(got, want):
    """To nine digits of the largest entry: the worlds of the ladder are small and well-conditioned."""
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-9 * (1 + np.max(np.abs(want), initial=0)))


@pytest.mark.parametrize(("name", "result"), CASES)
def test_derivations_in_numpy_and_javascript(node, name, result):
    if name in WITH_A_NETWORK:
        pytest.skip("its argument is an abstract network")
    derivation, expression = result_of(name, result)
    activation = list(ACTIVATIONS)[len(name) % 3]
    count = 0
    for world in worlds(derivation, activation):
        want = expected(expression, world)
        if np.max(np.abs(want), initial=0) > LARGE:
            continue
        for got in run_all(derivation, world, node, activation, result=result):
            require_close(got, want)
        count += 1
    assert count >= 2, f"{name}: only {count} worlds"


@pytest.mark.parametrize(("name", "result"), CASES)
@pytest.mark.parametrize("target", TARGETS)
def test_every_derivation_has_a_source_in_every_language(capsys, name, result, target):
    arguments = ["export", name, "--to", target, *(("--result", result) if result else ())]
    assert command.main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == "" and out == export(derivations.get(name), target, result=result)


def test_a_line_and_what_is_asked(node):
    """Line 1 of the bound is the norm that it bounds; both have sources."""
    bound = derivations.get("rnn_long_range.largest_stretch")
    for world in worlds(bound, "tanh"):
        for line in (1, 2):
            want = expected(bound.lines[line - 1].right, world)
            for got in run_all(bound, world, node, "tanh", line=line):
                require_close(got, want)


def test_any_expression_in_the_symbols_of_a_derivation(node):
    adjoint = derivations.get("rnn.adjoint")
    for world in worlds(adjoint, "sin"):
        expression = product(Transpose(rnn.h[1]), rnn.h[1])
        for got in run_all(adjoint, world, node, "sin", expression=expression, name="size"):
            require_close(got, expected(expression, world))


def test_a_definition_can_be_taken_as_given(node):
    posterior = derivations.get("bayesian_network.posterior")
    source = export(posterior, "numpy", given=["ybar"], arguments=("n", "q", "f", "l", "ybar"))
    one = python(source)(10**12, np.array([1.0, 2.0]), np.array([0.0, 1e-6]), 2, 0.0)
    assert one == pytest.approx(2 * np.exp(-0.5) / (1 + 2 * np.exp(-0.5)))
    assert "ybar: a number" in source and "y:" not in source


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"line": 99}, "has lines 1 to 17, not 99"),
        ({"line": 0}, "has lines 1 to 17, not 0"),
        ({"given": ["U"]}, "nothing defines U"),
    ],
)
def test_what_is_not_there_is_refused(options, said):
    with pytest.raises(ExportError, match=said):
        export(derivations.get("rnn.grad_U"), "numpy", **options)


def test_lines_of_an_induction_are_refused():
    with pytest.raises(ExportError, match="is an induction"):
        export(derivations.get("rnn_long_range.upper_bound"), "numpy", line=1)


def test_command_exports_a_line_and_takes_symbols_as_given(capsys):
    assert command.main(["export", "rnn_long_range.largest_stretch", "--to", "numpy", "--line", "1"]) == 0
    assert "def largest_stretch_1(U, z, dg, t, k):" in capsys.readouterr().out
    asked = ["export", "bayesian_network.posterior", "--to", "javascript", "--given", "ybar"]
    assert command.main(asked) == 0 and "function posterior(n, q, f, l, ybar)" in capsys.readouterr().out
    assert command.main(["export", "rnn.grad_U", "--to", "latex", "--line", "1"]) == 0
    assert command.main(["export", "rnn.grad_U", "--to", "numpy", "--line", "99"]) == 2
    assert "has lines 1 to 17" in capsys.readouterr().err


# --- random expressions -------------------------------------------------------------------------

n, m = symbols("n m", integer=True, positive=True)
a, b = Symbol("a", real=True), Symbol("b", real=True)
x, P, g, L = Family("x", n, 1), Family("P", n, n), Function("g"), VectorFunction("L")
t, i, j = symbols("t i j", integer=True)
MEMBERS = 3

MAPS = (
    tanh,
    sin,
    lambda v: v**2,
    lambda v: 1 / (1 + exp(-tanh(v))),
    lambda v: log(1 + v**2),
    lambda v: sqrt(1 + v**2) - v,
    lambda v: v * g(v) / 2,
    lambda v: Max(v, 0),
    lambda v: Abs(v),
    lambda v: Piecewise((v, v > Rational(1, 3)), (v / 4, True)),
    lambda v: 3 * pi / 2,
    lambda v: v * Heaviside(v, Rational(1, 3)),
)


class Writer:
    """Random well-shaped expressions; every row of `MATRIX` and `SCALAR` is one way to make one.

    Kronecker products are of symbols only: SymPy cannot print sums of others.
    """

    def __init__(self, random: Random):
        self.random = random
        self.index = None
        self.opened = 0

    def size(self):
        return self.random.choice((n, m, 1))

    def matrix(self, rows, cols, depth):
        ways = [w for w in MATRIX if depth > 0 or w in LEAVES]
        ways = [w for w in ways if rows == cols or w not in SQUARE]
        return self.random.choice(ways)(self, rows, cols, depth - 1)

    def scalar(self, depth):
        ways = SCALAR if depth > 0 else SCALAR_LEAVES
        return self.random.choice(ways)(self, depth - 1)

    def symbol(self, rows, cols, depth=0):
        which = self.random.choice("AB")
        return MatrixSymbol(f"{which}_{rows}{cols}", rows, cols)

    def column(self, depth):
        """A column of length n, at an index where there is one."""
        if self.random.random() < 0.5:
            return x[self.member()]
        return self.matrix(n, 1, depth)

    def member(self):
        here = self.index is not None and self.random.random() < 0.7
        return self.index if here else self.random.randrange(MEMBERS)

    def positive_definite(self, size, depth):
        half = self.matrix(size, self.size(), depth)
        return add(product(half, transpose(half)), Identity(size))

    def looped(self, make):
        """(body, index, lower, upper) of a sum or product over an index; the range may be empty.

        Not so with an inverse in it: sources compute before a loop what the loop does not change.
        """
        self.opened += 1
        outer, self.index = self.index, Symbol(f"t{self.opened}", integer=True)
        body, index = make(), self.index
        self.index = outer
        lower = self.random.randrange(MEMBERS)
        least = lower if body.has(Inverse, MatPow) else lower - 1
        return body, index, lower, self.random.randrange(least, MEMBERS)


def table(w, r, c, d):
    entry = w.random.choice(
        (Rational(1, 2) * i + j, sin(i * j), (i + 2 * j) * a, Kernel(x[0], scale(i, x[1])))
    )
    return FunctionMatrix(r, c, Lambda((i, j), entry))


def ordered_product(w, r, d):
    return index_product(
        *w.looped(lambda: scale(Rational(1, 2), w.matrix(r, r, d))), w.random.choice((1, -1))
    )


LEAVES = (Writer.symbol, Writer.symbol, lambda w, r, c, d: OneMatrix(r, c))
SQUARE = (
    lambda w, r, c, d: Identity(r),
    lambda w, r, c, d: SymmetricSymbol(f"S_{r}", r) if r != 1 else w.symbol(r, c),
    lambda w, r, c, d: inverse(w.matrix(r, r, d)) if r != 1 else w.symbol(r, c),
    lambda w, r, c, d: Inverse(w.positive_definite(r, d)),
    lambda w, r, c, d: Transpose(Inverse(w.positive_definite(r, d))),
    lambda w, r, c, d: MatPow(w.positive_definite(r, d), w.random.choice((2, 3, -1, -2))),
    lambda w, r, c, d: diagonal(w.matrix(r, 1, d)),
    lambda w, r, c, d: Inverse(diagonal(elementwise(lambda v: 1 + v**2, w.matrix(r, 1, d)))),
    lambda w, r, c, d: ordered_product(w, r, d) if r != 1 else w.symbol(r, c),
    lambda w, r, c, d: P[w.member()] if r == n else Identity(r),
)


def chain(w, r, c, d):
    """A product of two to four factors, inverses among them."""
    sizes = [r, *(w.size() for _ in range(w.random.randrange(1, 3))), c]
    factors = []
    for k, (p, q) in enumerate(pairwise(sizes)):
        if k and p != 1 and w.random.random() < 0.5:
            factors.append(inverse(w.positive_definite(p, d - 1)))
        factors.append(w.matrix(p, q, d))
    return product(*factors)


MATRIX = (
    *LEAVES,
    *SQUARE,
    chain,
    chain,
    chain,
    lambda w, r, c, d: ZeroMatrix(r, c),
    lambda w, r, c, d: add(w.matrix(r, c, d), w.matrix(r, c, d)),
    lambda w, r, c, d: subtract(w.matrix(r, c, d), w.matrix(r, c, d)),
    lambda w, r, c, d: scale(w.scalar(d), w.matrix(r, c, d)),
    lambda w, r, c, d: scale(Rational(-3, 4), w.matrix(r, c, d)),
    lambda w, r, c, d: Transpose(w.matrix(c, r, d)),
    lambda w, r, c, d: hadamard(w.matrix(r, c, d), w.matrix(r, c, d)),
    lambda w, r, c, d: HadamardPower(w.matrix(r, c, d), w.random.choice((2, 3))),
    lambda w, r, c, d: elementwise(w.random.choice(MAPS), w.matrix(r, c, d)),
    lambda w, r, c, d: elementwise(w.random.choice(MAPS), w.matrix(r, c, d)),
    lambda w, r, c, d: KroneckerProduct(w.symbol(r, 1), w.symbol(1, c)),
    lambda w, r, c, d: product(w.matrix(r, c, d), diagonal(w.matrix(c, 1, d))),
    lambda w, r, c, d: product(diagonal(w.matrix(r, 1, d)), w.matrix(r, c, d)),
    lambda w, r, c, d: DiagonalOf(w.matrix(r, r, d)) if c == 1 else w.symbol(r, c),
    lambda w, r, c, d: w.column(d) if (r, c) == (n, 1) else w.symbol(r, c),
    lambda w, r, c, d: index_sum(*w.looped(lambda: w.matrix(r, c, d))),
    lambda w, r, c, d: index_sum(
        *w.looped(lambda: product(w.matrix(r, n, d), w.column(d), w.matrix(1, c, d)))
    ),
    lambda w, r, c, d: L.gradient(w.member(), w.matrix(r, 1, d)) if c == 1 != r else w.symbol(r, c),
    table,
)
SCALAR_LEAVES = (
    lambda w, d: a,
    lambda w, d: b,
    lambda w, d: Rational(w.random.choice((1, -2, 3)), w.random.choice((1, 2, 3))),
    lambda w, d: sqrt(n) + m,
    lambda w, d: E / 2,
    lambda w, d: w.symbol(1, 1)[0, 0],
    lambda w, d: w.symbol(m, 1)[0, 0],
    lambda w, d: w.symbol(n, m)[0, 0],
)


def blocks(w, d):
    """The trace or determinant of a matrix of blocks."""
    rows, cols = (w.size(), w.size()), (w.size(), w.size())
    made = Blocks(*((w.matrix(r, c, d) for c in cols) for r in rows))
    return Trace(product(made, transpose(made)))


def trace_of(w, d):
    size = w.random.choice((n, m))
    return Trace(w.matrix(size, size, d))


SCALAR = (
    *SCALAR_LEAVES,
    trace_of,
    trace_of,
    blocks,
    lambda w, d: Norm(Blocks((w.matrix(n, 1, d),), (w.matrix(1, 1, d),))),
    lambda w, d: Trace(KroneckerProduct(w.symbol(n, n), w.symbol(m, m))),
    lambda w, d: Trace(KroneckerProduct(w.symbol(n, m), w.symbol(m, n))),
    lambda w, d: w.scalar(d) + w.scalar(d),
    lambda w, d: w.scalar(d) - 2 * w.scalar(d),
    lambda w, d: w.scalar(d) * w.scalar(d),
    lambda w, d: w.scalar(d) / (1 + w.scalar(d) ** 2),
    lambda w, d: w.random.choice((sin, cos, tanh, lambda v: exp(sin(v)), lambda v: g(v)))(w.scalar(d)),
    lambda w, d: sqrt(1 + w.scalar(d) ** 2),
    lambda w, d: w.random.choice((Max, Min))(w.scalar(d), a),
    lambda w, d: Determinant(w.matrix(n, n, d)),
    lambda w, d: log(2 * Determinant(w.positive_definite(n, d)) / Determinant(w.positive_definite(m, d))),
    lambda w, d: log(Determinant(Inverse(w.positive_definite(m, d)))),
    lambda w, d: Inner(w.matrix(m, 1, d), w.matrix(m, 1, d)),
    lambda w, d: Norm(w.matrix(w.size(), w.size(), d)),
    lambda w, d: LargestEntry(w.matrix(m, 1, d)),
    lambda w, d: Divergence(*(elementwise(lambda v: 2 + tanh(v), w.matrix(m, 1, d)) for _ in range(2))),
    lambda w, d: SmallestEigenvalue(w.positive_definite(n, d)),
    lambda w, d: LargestEigenvalue(w.positive_definite(n, d)),
    lambda w, d: w.random.choice((LargestSingularValue, SmallestSingularValue))(w.matrix(n, n, d)),
    lambda w, d: LogNormalDensity(w.matrix(n, 1, d), w.matrix(n, 1, d), w.positive_definite(n, d)),
    lambda w, d: SmallestValue(Lambda(t, Norm(subtract(scale(t, x[0]), w.matrix(n, 1, d)))), m),
    lambda w, d: LargestValue(Lambda(t, Norm(subtract(scale(t, x[0]), w.matrix(n, 1, d)))), m),
    lambda w, d: Entry(w.matrix(n, 1, d), sympify(1)),
    lambda w, d: index_sum(*w.looped(lambda: Inner(w.column(d), w.matrix(n, 1, d)))),
    lambda w, d: L(w.member(), w.matrix(n, 1, d)),
)


def random_world(random: Random, digits: int) -> World:
    """Sizes from 1 to 3 and numbers with 53 bits for every symbol that a `Writer` may use."""
    field = Numbers(digits)
    field.negligible = field.context.mpf(10) ** -(DIGITS - 10) if digits == DIGITS else 0
    field.step = field.context.mpf(10) ** -(digits // 3)
    values: dict = {n: random.randint(1, 3), m: random.randint(1, 3)}

    def rows(r, c):
        return [[field.number(random.uniform(-2, 2)) for _ in range(c)] for _ in range(r)]

    count = {n: values[n], m: values[m], 1: 1}
    values |= {symbol: field.number(random.uniform(-2, 2)) for symbol in (a, b)}
    for which in "AB":
        values |= {
            MatrixSymbol(f"{which}_{r}{c}", r, c): rows(count[r], count[c]) for r in count for c in count
        }
    for size in (n, m):
        half = rows(count[size], count[size])
        both = zip(half, zip(*half, strict=True), strict=True)
        values[SymmetricSymbol(f"S_{size}", size)] = [
            [p + q for p, q in zip(*pair, strict=True)] for pair in both
        ]
    for k in range(MEMBERS):
        values[x, k], values[P, k] = rows(count[n], 1), rows(count[n], count[n])
    values[L] = values[g] = None
    return with_functions(World(values, field=field), "tanh")


FEW, DIGITS = (9, 10, 11), 40


def value_and_tolerance(expression, seed):
    """The value to 40 digits, and how far double precision may be off.

    The same evaluation with 9, 10 and 11 digits shows how much the rounding of inputs and of every
    operation is magnified; a hundred times the worst of that, at the precision of doubles, is allowed.
    """
    world = random_world(Random(seed), DIGITS)
    want = expected(expression, world)
    magnified = 1.0
    for digits in FEW:
        rough = np.array(expected(expression, random_world(Random(seed), digits)))
        magnified = max(magnified, np.max(np.abs(rough - want), initial=0) * 10.0**digits)
    return world, want, 100 * EPS * (magnified + np.max(np.abs(want), initial=0))


def random_expression(random: Random, depth: int):
    writer = Writer(random)
    if random.random() < 0.3:
        return writer.scalar(depth)
    return writer.matrix(writer.size(), writer.size(), depth)


def conditioned(seed: int, depth: int):
    """(expression, world, value, tolerance) of a random expression; None where doubles say nothing of it."""
    try:
        expression = random_expression(Random(seed), depth)
    except AttributeError:  # SymPy factors a sum of ours without its constructor, once in some thousands
        return None
    try:
        world, want, tolerance = value_and_tolerance(expression, seed)
    except (Unevaluable, ZeroDivisionError, OverflowError):
        return None
    size = np.max(np.abs(want), initial=0)
    fit = np.all(np.isfinite(want)) and tolerance < 1e-4 * (1 + size) and size < 1e12
    return (expression, world, want, tolerance) if fit else None


def require(language, expression, got, want, tolerance):
    assert got.shape == np.shape(want), f"{language}: shape {got.shape}, not {np.shape(want)}: {expression}"
    worst = np.max(np.abs(got - want), initial=0)
    assert worst <= tolerance, f"{language} is off by {worst:.1e}, allowed {tolerance:.1e}: {expression}"


@settings(max_examples=max(200, settings().max_examples))
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_random_expressions_in_numpy_and_javascript(node, seed, depth):
    case = conditioned(seed, depth)
    event("right side well-conditioned" if case else "no value in doubles")
    assume(case)
    expression, world, want, tolerance = case
    note(export(expression, "numpy"))
    for language, got in zip(("numpy", "javascript"), run_all(expression, world, node), strict=True):
        require(language, expression, got, want, tolerance)


def test_the_random_expressions_reach_every_node_and_every_operation():
    """All rows of the table of nodes and all templates but those named here; most have a value."""
    kinds, operations = Counter(), Counter()
    for seed in range(1000):
        expression = random_expression(Random(seed), 1 + seed % 4)
        for node_ in preorder_traversal(expression):
            kinds.update(kind for kind in type(node_).__mro__ if kind in LOWER)
        operations.update(kinds_of(Program(Subject(expression, "", ""), LANGUAGES["javascript"], "f").value))
    assert set(LOWER) - set(kinds) == {Derivative, Subs, Float}, "nodes that no random expression has"
    missed = {k for k in NUMPY if not operations[k]} - ELSEWHERE
    assert missed == set(), "operations that no random expression has"
    assert sum(conditioned(seed, 1 + seed % 4) is not None for seed in range(50)) >= 40


#: operations of lengths, and templates for the same operation on arrays
ELSEWHERE = {"rows", "columns", "count"}


def kinds_of(operation) -> set:
    return {operation.kind}.union(*map(kinds_of, operation.args))


# --- JAX and PyTorch, where they are installed --------------------------------------------------


def peer(name):
    """(array from NumPy, what is put around a function, the functions with the peer's names)."""
    if name == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
        return jax.numpy.asarray, jax.numpy
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    return lambda value: torch.as_tensor(np.asarray(value)), torch


def in_peer(name, expression, world, activation="tanh", **options):
    array, module = peer(name)
    functions = {
        "tanh": (module.tanh, lambda z: 1 - module.tanh(z) ** 2),
        "sin": (module.sin, module.cos),
        "x²": (lambda z: z * z, lambda z: 2 * z, lambda z: 2 + 0 * z),
    }
    g, dg = functions[activation]
    own = {
        "g": g,
        "dg": dg,
        "L": lambda t, v: array(weights(t, len(v))) @ module.sin(v + t),
        "grad_L": lambda t, v: array(weights(t, len(v))) * module.cos(v + t),
    }
    function = python(export(expression, name, **options))
    given_ = {k: v for k, (v, _) in bindings(world, activation).items()}
    chosen = {k: own.get(k, given_.get(k)) for k in inspect.signature(function).parameters}
    fixed = {k: v for k, v in chosen.items() if callable(v) or isinstance(v, int)}
    arrays = {k: array(v) for k, v in chosen.items() if k not in fixed}
    if name == "jax":
        import jax

        return np.asarray(jax.jit(lambda arrays: function(**fixed, **arrays))(arrays))
    return np.asarray(function(**fixed, **arrays))


@pytest.mark.parametrize("language", ["jax", "torch"])
@pytest.mark.parametrize(("name", "result"), CASES)
def test_derivations_in_jax_and_torch(language, name, result):
    peer(language)
    derivation, expression = result_of(name, result)
    activation = list(ACTIVATIONS)[len(name) % 3]
    for world in [*worlds(derivation, activation)][-3:]:
        want = expected(expression, world)
        got = in_peer(language, derivation, world, activation, result=result)
        require_close(got, want)


@pytest.mark.parametrize("language", ["jax", "torch"])
def test_random_expressions_in_jax_and_torch(language):
    peer(language)
    for seed in range(150):
        case = conditioned(seed, 1 + seed % 4)
        if case:
            expression, world, want, tolerance = case
            require(language, expression, in_peer(language, expression, world), want, tolerance)


# --- what a source looks like -------------------------------------------------------------------

A, B, C = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n), MatrixSymbol("C", n, m)
u, v = MatrixSymbol("u", n, 1), MatrixSymbol("v", m, 1)
gram = product(transpose(C), C)


def last_line(expression, language="numpy", **options):
    return export(expression, language, **options).rstrip().rpartition("return ")[2]


@pytest.mark.parametrize(
    ("expression", "source"),
    [
        (product(inverse(gram), transpose(C), u), "np.linalg.solve(C.T @ C, C.T @ u)"),
        (product(transpose(inverse(A)), B), "np.linalg.solve(A.T, B)"),
        (Transpose(Inverse(A)) * B, "np.linalg.solve(A.T, B)"),
        (product(B, inverse(A)), "np.linalg.solve(A.T, B.T).T"),
        (product(B, inverse(SymmetricSymbol("S", n))), "np.linalg.solve(S, B.T).T"),
        (product(C, inverse(gram)), "np.linalg.solve(C.T @ C, C.T).T"),
        (product(transpose(u), inverse(A)), "np.linalg.solve(A.T, u)"),
        (Trace(product(transpose(u), inverse(A), u)), "u @ np.linalg.solve(A, u)"),
        (MatPow(A, -2) * u, "np.linalg.solve(A, np.linalg.solve(A, u))"),
        (Inverse(A) * Inverse(B), "np.linalg.inv(B @ A)"),
        (product(inverse(A), diagonal(u)), "np.linalg.solve(A, np.diag(u))"),
        (inverse(A), "np.linalg.inv(A)"),
        (log(Determinant(A)), "np.linalg.slogdet(A)[1]"),
        (log(Determinant(Inverse(A))), "-np.linalg.slogdet(A)[1]"),
        (Determinant(Inverse(A)), "1 / np.linalg.det(A)"),
        (product(diagonal(u), A), "u[:, None] * A"),
        (product(A, diagonal(u)), "A * u"),
        (product(A, B, u), "A @ (B @ u)"),
        (product(u, transpose(u), A), "np.outer(u, u @ A)"),
        (scale(Rational(-1, 2), A), "-A / 2"),
        (subtract(B, product(A, B)), "B - A @ B"),
        (scale(Float("0.75"), A), "0.75 * A"),
    ],
)
def test_numpy_as_one_would_write_it(expression, source):
    assert last_line(expression) == source


def test_what_is_used_twice_is_computed_once_and_named_by_what_it_is():
    source = export(
        hadamard(tanh_of(product(A, u)), subtract(OneMatrix(n, 1), tanh_of(product(A, u)))), "numpy"
    )
    assert "    tanh_Au = np.tanh(A @ u)\n    return (1 - tanh_Au) * tanh_Au" in source, source


def tanh_of(z):
    return elementwise(tanh, z)


def test_what_a_loop_does_not_change_is_computed_before_it():
    family = index_sum(product(inverse(A), B, P[t], Inverse(A), u), t, 0, 4)
    lines = export(family, "numpy").splitlines()
    loop = next(k for k, line in enumerate(lines) if "for " in line)
    before = [line for line in lines[:loop] if "solve(A, u)" in line]
    assert before, "\n".join(lines)


def test_the_gradient_through_time_is_two_loops_and_a_sum():
    source = export(derivations.get("rnn.grad_U"), "numpy")
    body = source.split('"""')[2]
    assert body == GRAD_U_BODY


GRAD_U_BODY = """
    n = U.shape[0]
    T = len(x) - 1
    h = {0: h_0}
    z = {}
    for t in range(T + 1):
        z[t] = U @ h[t] + W @ x[t]
        h[t + 1] = g(z[t])
    delta = {T + 1: np.zeros(n)}
    for t in reversed(range(1, T + 1)):
        delta[t] = U.T @ (dg(z[t]) * delta[t + 1]) + grad_L(t, h[t])
    total = np.zeros((n, n))
    for t in range(1, T + 1):
        total = total + np.outer(dg(z[t - 1]) * delta[t], h[t - 1])
    return total
"""


def test_the_work_of_the_gradient_through_time_grows_with_its_length_only():
    function = python(export(derivations.get("rnn.grad_U"), "numpy"))
    calls = Counter()

    def counted(z):
        calls[len(calls) and "g"] += 1
        return np.tanh(z)

    def work(length):
        calls.clear()
        eye = np.eye(2) / 2
        function(eye, eye, np.ones((length + 1, 2)), np.zeros(2), counted, counted, lambda t, h: h)
        return sum(calls.values())

    assert work(80) - work(40) == 2 * (work(40) - work(20)) > 0


@pytest.mark.parametrize("language", ["numpy", "jax", "torch", "javascript"])
@pytest.mark.parametrize(("name", "result"), CASES)
def test_the_documentation_names_every_argument_with_its_shape(language, name, result):
    source = export(derivations.get(name), language, result=result)
    signature = re.search(r"(?:def|function) \w+\((.*?)\)", source)[1]
    documentation = source.split("/**" if language == "javascript" else '"""')[1]
    for argument in filter(None, signature.split(", ")):
        assert re.search(rf"^\W*{argument}: \S", documentation, re.MULTILINE), f"{argument} is not documented"
    assert "Returns a" in documentation
    if "U" in signature.split(", "):
        assert re.search(r"U: weights from state to state\b.*, \(n, n\)", documentation)


AWKWARD = (
    "np",
    "torch",
    "lambda",
    "def",
    "sum",
    "t0",
    "solve",
    "map",
    "K_*",
    "K_**",
    "δ",
    "Σ",
    "ℒ",
    "A'",
    "1st",
)


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_names(node, name):
    awkward, other = MatrixSymbol(name, n, n), MatrixSymbol(identifier(name, ()), n, n)
    expression = add(
        product(inverse(awkward), A), index_sum(product(awkward, x[t], transpose(x[t])), t, 0, 2)
    )
    if other != awkward:
        expression = add(expression, other)
    random, number = Random(name), Numbers().number
    square = [[random.uniform(-1, 1) + 3 * (p == q) for q in range(2)] for p in range(2)]
    members = [[[random.uniform(-1, 1)] for _ in range(2)] for _ in range(3)]
    floats = {awkward: square, other: square, A: [[1.0, 2.0], [3.0, 4.0]]}
    floats |= {(x, k): rows for k, rows in enumerate(members)}
    values = {key: [[number(entry) for entry in row] for row in rows] for key, rows in floats.items()}
    want = expected(expression, World({n: 2, **values}))
    arrays = {"A": [[1.0, 2.0], [3.0, 4.0]], "x": [[e for (e,) in rows] for rows in members]}
    function = python(export(expression, "numpy"))
    asked = list(inspect.signature(function).parameters)
    assert len(asked) == len(set(asked)) and all(a.isascii() and a.isidentifier() for a in asked)
    got = function(*(np.array(arrays.get(a, square)) for a in asked))
    np.testing.assert_allclose(got, want, rtol=1e-12)
    javascript = export(expression, "javascript")
    asked = re.search(r"function \w+\((.*?)\)", javascript)[1].split(", ")
    np.testing.assert_allclose(node.run(javascript, [arrays.get(a, square) for a in asked]), want, rtol=1e-12)


def test_a_name_cannot_leave_the_documentation():
    hostile = MatrixSymbol('K""" + evil() + """*/ evil(); /*\\', n, n)
    tree = ast.parse(export(product(hostile, hostile), "numpy"))
    assert not [c for c in ast.walk(tree) if isinstance(c, ast.Call)]
    assert export(hostile, "javascript").count("*/") == 1


def test_arguments_can_be_put_in_order():
    assert "def f(v, C, u):" in export(product(transpose(u), C, v), "numpy", arguments=("v",))
    with pytest.raises(ExportError, match="no argument is called w"):
        export(u, "numpy", arguments=("w",))


def test_derivatives_of_an_abstract_function():
    y, zeta = Symbol("y", real=True), Symbol("zeta", real=True)
    expression = Derivative(g(y), y) + Subs(Derivative(g(zeta), zeta), zeta, 2 * y) + Derivative(g(y), (y, 2))
    assert last_line(expression) == "dg(y) + ddg(y) + dg(2 * y)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_no_source_is_refused_by_name(language):
    for expression, name in (
        (Gradient(a, u), "Gradient"),
        (gamma(a), "gamma"),
        (MatPow(A, Rational(1, 2)), "A"),
    ):
        with pytest.raises(ExportError, match=name):
            export(expression, language)


def test_recurrences_that_no_single_loop_computes_are_refused():
    y = Family("y", n)
    circle = {x: Equation("x", x[t], y[t], t, 0, 4), y: Equation("y", y[t], x[t], t, 0, 4)}
    both = {x: Equation("x", x[t], add(x[t - 1], x[t + 1]), t, 0, 4)}
    for equations, message in ((circle, "circle"), (both, "both directions")):
        with pytest.raises(ExportError, match=message):
            schedule(equations)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rnn.grad", "--to", "numpy"), "did you mean"),
        (("rnn.grad_U", "--to", "numpy", "--result", "mean"), "named results: none"),
        (("gaussian_process.predict", "--to", "numpy", "--result", "x"), "mean, covariance"),
        (("rnn.grad_U", "--to", "cobol"), "invalid choice"),
        (("rnn.grad_U",), "--to"),
    ],
)
def test_misuse_is_explained(capsys, arguments, message):
    try:
        status = command.main(["export", *arguments])
    except SystemExit as stop:
        status = stop.code
    out, err = capsys.readouterr()
    assert status == 2 and out == "" and message in err and "Traceback" not in err
