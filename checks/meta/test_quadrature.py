"""Tests of the integrals of lines, against closed forms and against mpmath's own quadrature."""

import mpmath
import pytest
from sympy import Abs, Integral, Symbol, cos, exp, log, oo, sqrt
from sympy.matrices.expressions import MatrixSymbol

from derivations.evaluate import World, evaluate
from derivations.expressions import index_sum
from derivations.fields import Numbers, Unevaluable
from derivations.integrals import Dawson, OverReals, Partial, PrincipalValue, StandardNormal, expectation
from derivations.printing import latex, text

z, a, b = (Symbol(name, real=True) for name in "zab")
r, A = MatrixSymbol("r", 2, 1), MatrixSymbol("a", 2, 1)
j = Symbol("j", integer=True)
FIELD = Numbers(60)
MP = FIELD.context
VALUES = {a: MP.mpf(7) / 5, b: MP.mpf(-1) / 3}
LOST = 12
"""Digits that a sum of a thousand terms may lose."""


def value(expression, **more):
    return evaluate(expression, World(VALUES | more.get("values", {}), field=FIELD))


def agree(found, expected, digits=60 - LOST):
    off = abs(found - expected)
    assert off <= MP.mpf(10) ** -digits * max(1, abs(expected)), MP.nstr(off, 5)


def test_a_smooth_expectation():
    agree(value(expectation(cos(a * z), z)), MP.exp(-VALUES[a] ** 2 / 2))


def test_a_logarithm_with_its_place():
    agree(value(expectation(log(Abs(z)), z, (0,))), -(MP.euler + MP.ln(2)) / 2)


def test_two_logarithms_are_the_sum_of_each():
    both = value(expectation(log(Abs(z - a)) + log(Abs(z - b)), z, (a, b)))
    agree(both, sum(value(expectation(log(Abs(z - c)), z, (c,))) for c in (a, b)))


def test_a_principal_value_is_by_dawsons_function():
    """∫ φ(z)/(z - a) dz = -√2 F(a/√2), by DLMF 7.2.5 with erfi."""
    found = value(PrincipalValue(StandardNormal(z) / (z - a), z, (a,)))
    agree(found, value(-sqrt(2) * Dawson(a / sqrt(2))))
    x = VALUES[a]
    with MP.workdps(40):
        by_mpmath = MP.exp(-x * x / 2) * MP.quad(lambda s: MP.exp(s * s), [0, x / MP.sqrt(2)])
    agree(found, -MP.sqrt(2) * by_mpmath, digits=38)


def test_a_principal_value_of_several_poles_is_the_sum_of_each():
    poles = index_sum(r[j - 1, 0] / (z - A[j - 1, 0]), j, 1, 2)
    rows = {r: [[MP.mpf(2)], [MP.mpf(-3)]], A: [[VALUES[a]], [VALUES[b]]]}
    both = value(PrincipalValue(StandardNormal(z) * poles, z, (A,)), values=rows)
    single = {c: value(PrincipalValue(StandardNormal(z) / (z - c), z, (c,))) for c in (a, b)}
    agree(both, 2 * single[a] - 3 * single[b])


def test_the_order_and_repetition_of_places_do_not_matter():
    f = StandardNormal(z) * log(Abs(z - b))
    agree(value(OverReals(f, z, (b, a, b))), value(OverReals(f, z, (b,))))


def test_sympys_integral_with_limits_and_without():
    agree(value(Integral(1 / z, (z, 1, 1 + a))), MP.ln(1 + VALUES[a]))
    agree(value(Integral(log(z), (z, 0, 1))), -1)
    agree(value(Integral(exp(-(z**2)), (z, -oo, oo))), MP.sqrt(MP.pi))


def test_a_derivative_of_an_integral_by_differences_keeps_its_digits():
    slope = value(Partial(expectation(cos(a * z), z), a))
    agree(slope, -VALUES[a] * MP.exp(-VALUES[a] ** 2 / 2), digits=30)


def test_a_derivative_by_an_entry_moves_that_entry_only():
    rows = {r: [[MP.mpf(2)], [MP.mpf(3)]]}
    for place, expected in ((0, 4), (1, 1)):
        agree(value(Partial(r[0, 0] ** 2 + r[1, 0], r[place, 0]), values=rows), expected, digits=30)


@pytest.mark.parametrize("body", [1 / (1 + z**2), exp(z)], ids=str)
def test_what_does_not_decay_has_no_value(body):
    with pytest.raises(Unevaluable, match="does not decay"):
        value(OverReals(body, z))


def test_an_undeclared_singularity_has_no_value_rather_than_a_wrong_one():
    with pytest.raises(Unevaluable, match="does not settle"):
        evaluate(expectation(log(Abs(z - a)), z), World(VALUES, field=Numbers(20)))


def test_the_bound_variable_is_not_free():
    assert expectation(z * a, z).free_symbols == {a}


def test_dawsons_function_is_odd_and_has_its_slope():
    assert Dawson(-a) == -Dawson(a) and Dawson(a).diff(a) == 1 - 2 * a * Dawson(a)
    by_its_definition = mpmath.mp.quad(lambda s: mpmath.exp(s * s - mpmath.mpf("1.96")), [0, 1.4])
    agree(value(Dawson(a)), MP.mpf(str(by_its_definition)), digits=13)


def test_integrals_are_printed_as_expectations_where_they_are():
    assert text(expectation(z**2, z)) == "E[z**2]"
    assert latex(expectation(z**2, z)) == r"\mathbb{E}\!\left[z^{2}\right]"
    assert "p.v." in latex(PrincipalValue(StandardNormal(z) / (z - a), z, (a,)))
