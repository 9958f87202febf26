"""The generator of expressions reaches every kind of node, and a falsified rule does not get past it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sympy import Rational
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    Trace,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.determinant import Determinant

from checks.expressions import NotBuilt, agree, scalars, slopes
from derivations import matrix_calculus
from derivations.differentials import PULLBACKS, _row_rule
from derivations.expressions import is_matrix, same_shape, scale, transpose
from derivations.fields import Unevaluable
from derivations.matrix_calculus import derive_gradient, gradient

KINDS = (
    DiagMatrix, DiagonalOf, Determinant, ElementwiseApplyFunction, HadamardPower, HadamardProduct, Inverse,
    KroneckerProduct, MatAdd, MatMul, MatPow, Trace, Transpose,
)  # fmt: skip
# Rows whose weights are scalars, columns, or diagonal matrices: a transpose falsifies nothing.
OWN_TRANSPOSES = {"chain rule for scalars", "trace rule", "diagonal-matrix rule", "diagonal rule"}
ELSEWHERE = {"chain rule", "entry rule", "trace of a power"}  # of L_t(v), of X[i, j], of a symbolic power


def drawn(count: int, depth: int) -> list:
    """(expression, variable) pairs that contain their variable."""
    found = []

    @settings(
        max_examples=count, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(scalars(st.just(depth)))
    def collect(pair):
        if not isinstance(pair[0], NotBuilt) and pair[0].has(pair[1]):
            found.append(pair)

    collect()
    return found


@pytest.fixture(scope="module")
def expressions():
    return drawn(200, 4)


def test_most_expressions_contain_the_variable_and_every_kind_of_node_occurs(expressions):
    assert len(expressions) >= 140, f"only {len(expressions)} of 200 contain X"
    kinds = Counter(kind for e, _ in expressions for kind in KINDS if e.has(kind))
    assert not [kind.__name__ for kind in KINDS if kinds[kind] < 5], kinds


def _thousandth(row):
    return lambda G, e: [(scale(Rational(1001, 1000), weight), part) for weight, part in row.pull(G, e)]


def _transposed(row):
    def pull(G, e):
        return [(_turned(weight), part) for weight, part in row.pull(G, e)]

    return pull


def _turned(weight):
    """Wᵀ where its shape allows it: a transpose too many, or one dropped."""
    turned = transpose(weight)
    return turned if is_matrix(weight) and same_shape(weight, turned) else weight


@pytest.fixture(scope="module")
def using(expressions):
    """The expressions whose derivation uses a rule, by its name; at most 60 of each."""
    found: dict = {}
    for e, x in expressions:
        for name in {step.by.name for step in derive_gradient(e, x).steps}:
            found.setdefault(name, []).append((e, x))
    return {name: pairs[:60] for name, pairs in found.items()}


@pytest.mark.parametrize("row", [row for row in PULLBACKS if row.name not in ELSEWHERE], ids=lambda r: r.name)
@pytest.mark.parametrize("falsified", [_thousandth, _transposed])
def test_a_falsified_row_is_caught(row, falsified, using, monkeypatch):
    if falsified is _transposed and row.name in OWN_TRANSPOSES:
        return  # nothing is falsified
    wrong = _row_rule(replace(row, pull=falsified(row)))
    monkeypatch.setitem(matrix_calculus.CALCULUS, row.name, wrong)
    assert any(is_wrong(e, x) for e, x in using[row.name]), f"{row.name} falsified, and nobody noticed"


def is_wrong(expression, variable) -> bool:
    try:
        return not agree(*slopes(expression, variable, gradient(expression, variable), 1))
    except Unevaluable:
        return False


def test_the_rows_as_they_are_pass(using):
    assert not [e for pairs in using.values() for e, x in pairs[:10] if is_wrong(e, x)]
