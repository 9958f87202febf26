"""Integrals over the real line, as lines write them, partial derivatives, and two functions they lead to."""

from __future__ import annotations

from sympy import Basic, Expr, Function, S, Symbol, Tuple, exp, pi, sqrt, sympify


class StandardNormal(Function):
    """φ(z) = e^{-z²/2}/√(2π), the density of the standard normal distribution."""

    is_real = True
    is_positive = True

    def fdiff(self, argindex=1):
        (z,) = self.args
        return -z * self

    def formula(self) -> Expr:
        return exp(-(self.args[0] ** 2) / 2) / sqrt(2 * pi)


class Dawson(Function):
    """Dawson's function F(x) = e^{-x²} ∫_0^x e^{s²} ds; odd, and F' = 1 - 2xF (DLMF 7.2.5, 7.10.4)."""

    is_real = True

    @classmethod
    def eval(cls, x):
        if x.is_zero:
            return S.Zero
        if x.could_extract_minus_sign():
            return -cls(-x)
        return None

    def fdiff(self, argindex=1):
        (x,) = self.args
        return 1 - 2 * x * self


class OverReals(Expr):
    """∫ body d variable over the real line: ``args = (body, variable, places)``.

    `places`: numbers, or columns of numbers, where the body is not smooth (a logarithm that goes to -∞, a
    corner); they tell the quadrature where to split and change no value.
    """

    is_commutative = True
    is_extended_real = True

    def __new__(cls, body, variable: Symbol, places=()):
        body = sympify(body)
        return S.Zero if body == 0 else Basic.__new__(cls, body, variable, Tuple(*places))

    body = property(lambda self: self.args[0])
    variable = property(lambda self: self.args[1])
    places = property(lambda self: self.args[2])

    @property
    def free_symbols(self):
        return (self.body.free_symbols - {self.variable}) | self.places.free_symbols

    def over(self, body, variable=None, places=None) -> Expr:
        """An integral of the same kind over another body."""
        return self.func(
            body,
            self.variable if variable is None else variable,
            self.places if places is None else places,
        )


class PrincipalValue(OverReals):
    """The Cauchy principal value at each of its `places`: the limit without (a - ε, a + ε)."""


def expectation(body, z: Symbol, places=()) -> Expr:
    """E f(z) for a standard normal z."""
    return OverReals(StandardNormal(z) * body, z, places)


class Partial(Expr):
    """∂e/∂x by its meaning, for a scalar e and a scalar symbol, or entry of a column, x."""

    is_commutative = True
    is_extended_real = True

    def __new__(cls, expression, variable):
        return Basic.__new__(cls, sympify(expression), variable)

    expression = property(lambda self: self.args[0])
    variable = property(lambda self: self.args[1])
