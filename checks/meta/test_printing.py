"""What is printed means what was meant: LaTeX is read back by the reader of formulas, and compared."""

from collections import Counter
from itertools import islice

import pytest
from sympy import Function, MatrixSymbol, Symbol, Trace, symbols
from sympy.matrices.expressions import HadamardProduct, OneMatrix

from checks.equality.formula import read
from checks.gradients import CASES
from derivations.domain import ladder
from derivations.evaluate import evaluate
from derivations.fields import Unevaluable
from derivations.matrix_calculus import domain_of, gradient
from derivations.parsing import ParseError, declared
from derivations.printing import latex, text
from derivations.verification import residual

WORLDS = 2


def names_of(expression) -> dict:
    """What the reader must be told: the symbols of an expression, with shapes and assumptions."""
    free = sorted(expression.free_symbols, key=str)
    shapes = {s.name: s.shape for s in free if isinstance(s, MatrixSymbol)}
    numbers = [s for s in free if isinstance(s, Symbol) and not s.is_integer]
    positive = [s.name for s in numbers if s.is_positive]
    return declared(shapes, [s.name for s in numbers if not s.is_positive], positive)


def read_back(expression, names):
    """The printed formula as it is read, or None where the reader has no such notation."""
    try:
        return read(latex(expression), names).value
    except ParseError:
        return None


def values(case, *expressions):
    """The values of expressions in the last, generic worlds of a case."""
    worlds = list(ladder(domain_of(case.expression, case.variable), generic=2 * WORLDS, seed=1))
    found = []
    for world, _ in reversed(worlds):
        try:
            found.append([evaluate(e, world) for e in expressions])
        except Unevaluable:
            continue
    return islice(found, WORLDS)


def test_latex_of_gradients_is_read_back_as_what_was_printed():
    counts = Counter()
    for case in CASES:
        answer = gradient(case.expression, case.variable, case.assumptions)
        back = None if not answer.free_symbols else read_back(answer, names_of(answer + 0 * case.variable))
        if back is None or getattr(back, "shape", ()) != answer.shape:
            counts["not read"] += 1
            continue
        for a, b in values(case, answer, back):
            assert residual(a, b) < 1e-30, f"{case.name}: {latex(answer)} is read as {text(back)}"
            counts["compared"] += 1
    print(counts)
    assert counts["compared"] > 400, counts


n = symbols("n", integer=True, positive=True)
a, x = MatrixSymbol("a", n, 1), MatrixSymbol("x", n, 1)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
X1 = MatrixSymbol("X", 1, 1)
ones = OneMatrix(n, 1)
f, g = Function("f"), Function("g")
dot = Trace(a.T * x)


@pytest.mark.parametrize(
    ("expression", "tex", "plain"),
    [
        (Trace(x.T * x) * x, r"\left(x^{\top} x\right) x", "(xᵀ x) x"),
        (dot**3, r"\left(a^{\top} x\right)^{3}", "(aᵀ x)**3"),
        (-HadamardProduct(A, B) * x, r"- \left(A \circ B\right) x", "-(A ∘ B) x"),
        (ones.T * A * ones, r"\mathbf{1}^{\top} A \mathbf{1}", "𝟏ᵀ A 𝟏"),
        (x.applyfunc(f), r"f\left(x\right)", "f(x)"),
        (gradient(g(dot), x), r"g'\left(a^{\top} x\right) a", "g'(aᵀ x) a"),
        (gradient(Trace(X1**2), X1), r"2 X", "2*X"),
        (gradient(Trace(x.T * x) / 4, x), r"\tfrac{1}{2} x", "(1/2) x"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() else "",
)
def test_printed(expression, tex, plain):
    assert (latex(expression), text(expression)) == (tex, plain)
