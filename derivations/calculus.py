"""Named rules of the calculus of scalars: partial derivatives, logarithms, integrals over the real line."""

from __future__ import annotations

from sympy import (
    Abs,
    Add,
    Basic,
    Dummy,
    Expr,
    Mul,
    Poly,
    S,
    Subs,
    cosh,
    default_sort_key,
    exp,
    factorial2,
    log,
    pi,
)
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.polys.polyerrors import PolynomialError

from .chain import OFF_BY_A_THOUSANDTH, PLUS_ONE, Mutant, Rule
from .context import Context
from .expressions import (
    ELEMENT,
    Binder,
    IndexSum,
    index_sum,
    is_matrix,
    open_binder,
    partial_derivative,
    rebuild,
    reclose,
    substitute,
)
from .integrals import OverReals, Partial, PrincipalValue, StandardNormal

RUDIN = "Rudin 1976"
FOLLAND = "Folland 1999"


# --- partial derivatives ------------------------------------------------------------------------


def holds(expression: Expr, x: Expr) -> bool:
    """Whether a symbol, or any entry of the column of an entry, stands in an expression."""
    leaf = x.parent if isinstance(x, MatrixElement) else x
    return leaf in expression.free_symbols


def _derivative_of_sum(subterm, context):
    if not (isinstance(subterm, Partial) and subterm.expression.is_Add):
        return None
    return Add(*(_partial_or_zero(part, subterm.variable, context) for part in subterm.expression.args))


def _partial_or_zero(part, x, context: Context):
    if holds(part, x):
        return Partial(part, x)
    context.require("{} does not depend on {}", part, x)
    return S.Zero


derivative_of_sum = Rule(
    "derivative of a sum",
    r"$(f+g)'=f'+g'$; what does not hold the variable drops out",
    f"{RUDIN}, 5.3",
    _derivative_of_sum,
    everywhere=True,
)


def _derivative_of_log(subterm, context):
    """∂ log|u| = ∂u/u, where u ≠ 0."""
    if not (isinstance(subterm, Partial) and isinstance(subterm.expression, log)):
        return None
    (inside,) = subterm.expression.args
    if not isinstance(inside, Abs):
        return None
    (u,) = inside.args
    context.require("{} is not 0", u)
    return Partial(u, subterm.variable) / u


derivative_of_log_modulus = Rule(
    "derivative of log |u|",
    r"$(\log|u|)'=u'/u$ where $u\ne0$, whatever the sign of $u$",
    f"{RUDIN}, 5.5",
    _derivative_of_log,
    everywhere=True,
)


def _chain_rule(subterm, context):
    if not (isinstance(subterm, Partial) and isinstance(subterm.expression, AppliedUndef)):
        return None
    g, (u,) = subterm.expression.func, subterm.expression.args
    return Subs(g(ELEMENT).diff(ELEMENT), ELEMENT, u) * Partial(u, subterm.variable)


chain_rule = Rule("chain rule", r"$(g(u))'=g'(u)\,u'$", f"{RUDIN}, 5.5", _chain_rule, everywhere=True)


def _only_own_term(subterm, context):
    """∂/∂v_i Σ_j f_j = ∂f_i/∂v_i where f_j holds v_j and no other entry of v, and i is in the range of j."""
    if not (isinstance(subterm, Partial) and isinstance(subterm.expression, IndexSum)):
        return None
    x, total = subterm.variable, subterm.expression
    if not isinstance(x, MatrixElement) or x.j != 0:
        return None
    body, index = open_binder(total)
    own = {e for e in body.atoms(MatrixElement) if e.parent == x.parent}
    if own != {MatrixElement(x.parent, index - 1, 0)}:
        return None
    place = x.i + 1
    if not context.holds((place - total.lower, total.upper - place)):
        return None
    context.require("{} <= {} <= {}", total.lower, place, total.upper)
    return Partial(substitute(body, {index: place}), x)


only_own_term = Rule(
    "only the i-th term",
    r"$\frac{\partial}{\partial v_i}\sum_jf(v_j)=\frac{\partial}{\partial v_i}f(v_i)$: no other term holds $v_i$",
    "definition of the partial derivative",
    _only_own_term,
    everywhere=True,
)


def _term_by_term(subterm, context):
    if not (isinstance(subterm, Partial) and isinstance(subterm.expression, IndexSum)):
        return None
    if isinstance(subterm.variable, MatrixElement):
        return None
    body, index = open_binder(subterm.expression)
    return reclose(subterm.expression, Partial(body, subterm.variable), index)


term_by_term = Rule(
    "term by term",
    r"$\bigl(\sum_jf_j\bigr)'=\sum_jf_j'$",
    f"{RUDIN}, 5.3",
    _term_by_term,
    everywhere=True,
)


def _elementary(subterm, context):
    """A derivative of what is made of powers, exponentials, logarithms, φ and F alone."""
    if not isinstance(subterm, Partial):
        return None
    if subterm.expression.atoms(Binder, OverReals, AppliedUndef, Partial):
        return None
    entries = sorted(subterm.expression.atoms(MatrixElement) | {subterm.variable}, key=default_sort_key)
    names = {e: Dummy(f"x{i}", dummy_index=10**8 + i, real=True) for i, e in enumerate(entries)}
    body = subterm.expression.xreplace(names)
    found = _signs_as_in(body, partial_derivative(body, names[subterm.variable]))
    return found.xreplace({name: e for e, name in names.items()})


def _signs_as_in(body, found):
    """b - a written as -(a - b) where the body has a - b."""
    turned = {(-s).expand(): Mul(-1, s, evaluate=False) for s in sorted(body.atoms(Add), key=default_sort_key)}
    return rebuild(found.xreplace(turned))


elementary_derivative = Rule(
    "differentiate",
    "Product rule, chain rule and the derivatives of elementary functions, by SymPy.",
    f"{RUDIN}, 5.3, 5.5",
    _elementary,
    everywhere=True,
)


# --- logarithms and exponentials ----------------------------------------------------------------


def _log_of_product(subterm, context):
    """log of a product as a sum: positive factors and moduli; exp is undone."""
    if not (isinstance(subterm, log) and isinstance(subterm.args[0], Mul | Abs)):
        return None
    factors = [part for f in Mul.make_args(subterm.args[0]) for part in _under_modulus(f)]
    if len(factors) < 2 or not all(f.is_positive or isinstance(f, Abs) for f in factors):
        return None
    return Add(*map(_log_of_factor, factors))


def _under_modulus(factor) -> list:
    """|ab| as |a|, |b|; any other factor as it is."""
    return [Abs(f) for f in Mul.make_args(factor.args[0])] if isinstance(factor, Abs) else [factor]


def _log_of_factor(factor):
    if isinstance(factor, exp):
        return factor.args[0]
    base, power = factor.as_base_exp()
    return power * log(base)


log_of_product = Rule(
    "logarithm of a product",
    r"$\log|ab|=\log|a|+\log|b|$, $\log|a^k|=k\log|a|$, $\log e^u=u$",
    f"{RUDIN}, 8.6",
    _log_of_product,
    everywhere=True,
)


def _log_of_ratio(subterm, context):
    """log b - log a = -log(a/b) for positive a, b, as a summand or a factor."""
    if not (subterm.is_Add and len(subterm.args) == 2 and all(t.atoms(log) for t in subterm.args)):
        return None
    signs = {term.as_coeff_Mul() for term in subterm.args}
    if {c for c, _ in signs} != {S.One, S.NegativeOne}:
        return None
    logs = dict(signs)
    above, below = logs[S.One], logs[S.NegativeOne]
    if not (isinstance(above, log) and isinstance(below, log)):
        return None
    return -log(below.args[0] / above.args[0])


log_of_ratio = Rule(
    "logarithm of a ratio", r"$\log b-\log a=-\log(a/b)$", f"{RUDIN}, 8.6", _log_of_ratio, everywhere=True
)


def _log_normal(subterm, context):
    if isinstance(subterm, log) and isinstance(subterm.args[0], StandardNormal):
        (z,) = subterm.args[0].args
        return -(z**2) / 2 - log(2 * pi) / 2
    return None


log_standard_normal = Rule(
    "log density of N(0, 1)", r"$\log\varphi(z)=-\tfrac12z^2-\tfrac12\log2\pi$", "definition", _log_normal
)


def _write_normal(subterm, context):
    return subterm.formula() if isinstance(subterm, StandardNormal) else None


standard_normal = Rule(
    "density of N(0, 1)",
    r"$\varphi(z)=e^{-z^2/2}/\sqrt{2\pi}$",
    "definition",
    _write_normal,
    everywhere=True,
)


def _two_exponentials(subterm, context):
    """c eᴬ + c eᴮ = 2c e^{(A+B)/2} cosh((A-B)/2)."""
    if not (subterm.is_Add and len(subterm.args) == 2):
        return None
    (c, A), (d, B) = map(_as_exponential, subterm.args)
    if c != d or A is None or B is None:
        return None
    return 2 * c * exp(((A + B) / 2).expand()) * cosh(((A - B) / 2).expand())


def _as_exponential(term):
    """(c, A) with term = c eᴬ, (term, None) where there is no exponential."""
    exponents = [f.args[0] for f in Mul.make_args(term) if isinstance(f, exp)]
    if not exponents:
        return term, None
    return Mul(*(f for f in Mul.make_args(term) if not isinstance(f, exp))), Add(*exponents)


two_exponentials = Rule(
    "two exponentials as a cosh",
    r"$e^A+e^B=2e^{(A+B)/2}\cosh\tfrac{A-B}2$",
    "DLMF, 4.28.2",
    _two_exponentials,
)


def power_of_level(label: str) -> Rule:
    """e^{A + c s²} = (y/v)^{-c} e^A, where the equation `label` says y = v e^{-s²}."""

    def rewrite(subterm: Basic, context: Context):
        level = context.equation(label)
        v, exponent = _as_exponential(level.right)
        if exponent is None or not isinstance(subterm, exp):
            return None
        (s,) = exponent.free_symbols if len(exponent.free_symbols) == 1 else (None,)
        if s is None or exponent != -(s**2):
            return None
        c = subterm.args[0].expand().coeff(s, 2)
        rest = (subterm.args[0] - c * s**2).expand()
        if c == 0 or rest.has(s):
            return None
        return (level.left / v) ** (-c) * exp(rest)

    return Rule(
        "powers of y/v",
        r"$e^{-s^2}=y/v$, so $e^{cs^2}=(y/v)^{-c}$",
        "definition",
        rewrite,
    )


def put(
    label: str, name: str, reason: str, source: str = "definition", mutant: Mutant = OFF_BY_A_THOUSANDTH
) -> Rule:
    """What the equation `label` gives, replaced everywhere by what it is."""

    def rewrite(subterm: Basic, context: Context):
        return context.use(label, subterm)

    return Rule(name, reason, source, rewrite, everywhere=True, mutants=(mutant,))


# --- integrals ----------------------------------------------------------------------------------


def _smooth(body) -> bool:
    """Whether nothing in a body asks for a place at which to split."""
    return not body.has(Abs, log)


def _integral_of(integral, term, z):
    """∫ c f as c ∫ f, for a c that does not hold z; places are kept only where they are needed."""
    constant, body = term.as_independent(z, as_Add=False)
    if isinstance(integral, PrincipalValue) and _entire(body, z):
        return constant * OverReals(body, z)
    places = integral.places if isinstance(integral, PrincipalValue) or not _smooth(body) else ()
    return constant * integral.over(body, places=places)


def _entire(body, z) -> bool:
    """Whether a product of φ, polynomials and abstract smooth functions is left: no pole."""
    rest = Mul(*(f for f in Mul.make_args(body) if not isinstance(f, StandardNormal | AppliedUndef)))
    return bool(rest.is_polynomial(z))


def _linearity(subterm, context):
    if not isinstance(subterm, OverReals):
        return None
    terms = Add.make_args(_expanded(subterm.body, subterm.variable))
    if len(terms) == 1 and terms[0].as_independent(subterm.variable, as_Add=False)[0] == 1:
        return None
    return Add(*(_integral_of(subterm, term, subterm.variable) for term in terms))


def _expanded(body, z):
    """The factor that is a sum multiplied out over the others, once; powers of sums stay."""
    factors = Mul.make_args(body)
    sums = [f for f in factors if f.is_Add and f.has(z)]
    if len(sums) != 1:
        return body
    rest = Mul(*(f for f in factors if f != sums[0]))
    return Add(*(rest * term for term in sums[0].args))


linearity = Rule(
    "linearity of the integral",
    r"$\int(cf+g)=c\int f+\int g$; where no pole is left, the principal value is the integral",
    f"{FOLLAND}, 2.21",
    _linearity,
    everywhere=True,
)


def _sum_out_of_integral(subterm, context):
    """p.v.∫ φ Σ_j r_j/(z - a_j) = Σ_j r_j p.v.∫ φ/(z - a_j), the pole of each term its own place."""
    if not isinstance(subterm, PrincipalValue):
        return None
    z, factors = subterm.variable, Mul.make_args(subterm.body)
    sums = [f for f in factors if isinstance(f, IndexSum)]
    if len(sums) != 1:
        return None
    rest = Mul(*(f for f in factors if f != sums[0]))
    body, index = open_binder(sums[0])
    constant, moving = body.as_independent(z, as_Add=False)
    pole = (z - 1 / moving).expand()
    if pole.has(z) or not isinstance(pole, MatrixElement) or pole.parent not in subterm.places:
        return None
    one = PrincipalValue(rest * moving, z, (pole,))
    return index_sum(constant * one, index, sums[0].lower, sums[0].upper)


sum_out_of_integral = Rule(
    "linearity over the sum",
    r"$\mathrm{p.v.}\!\int\varphi\sum_jf_j=\sum_j\mathrm{p.v.}\!\int\varphi f_j$, each with its own pole",
    f"{FOLLAND}, 2.21",
    _sum_out_of_integral,
    everywhere=True,
)


def _moments(subterm, context):
    """∫ φ(z) p(z) dz for a polynomial p: E z^{2k} = (2k - 1)!!, odd moments 0."""
    if not isinstance(subterm, OverReals) or isinstance(subterm, PrincipalValue):
        return None
    z, density = subterm.variable, StandardNormal(subterm.variable)
    factors = Mul.make_args(subterm.body)
    if density not in factors:
        return None
    try:
        polynomial = Poly(Mul(*(f for f in factors if f != density)), z)
    except PolynomialError:
        return None
    if any(c.has(z) for c in polynomial.coeffs()):
        return None
    terms = (c * factorial2(k - 1) for (k,), c in polynomial.terms() if k % 2 == 0)
    return Add(*terms)


moments = Rule(
    "moments of N(0, 1)",
    r"$\mathbb E\,1=1$, $\mathbb E z=0$, $\mathbb E z^2=1$",
    "Johnson, Kotz & Balakrishnan 1994, (13.11)",
    _moments,
    everywhere=True,
    trusted=True,
)


def _translate(integral: OverReals, by: Expr):
    """∫ f(z) dz = ∫ f(z + by) dz; None where a derivative in f would see the shift."""
    z = integral.variable
    moved = by.free_symbols | {z}
    if is_matrix(by) or any(slope.variable in moved for slope in integral.body.atoms(Partial)):
        return None
    places = tuple(place - by for place in integral.places)
    return integral.over(integral.body.xreplace({z: z + by}), places=places)


def _place_to_zero(subterm, context):
    """The only place of an integral moved to 0."""
    if not (isinstance(subterm, OverReals) and len(subterm.places) == 1 and subterm.places[0] != 0):
        return None
    return _translate(subterm, subterm.places[0])


SHIFT = r"$\int f(z)\,\mathrm dz=\int f(z+a)\,\mathrm dz$"
place_to_zero = Rule(
    "shift the variable, the singularity to 0", SHIFT, f"{FOLLAND}, 2.44", _place_to_zero, everywhere=True
)


def _density_to_zero(subterm, context):
    """φ(z + a) back to φ(z)."""
    if not isinstance(subterm, OverReals):
        return None
    for density in sorted(subterm.body.atoms(StandardNormal), key=default_sort_key):
        by = density.args[0] - subterm.variable
        if by != 0 and not by.has(subterm.variable) and not any(map(is_matrix, subterm.places)):
            return _translate(subterm, -by)
    return None


density_to_zero = Rule(
    "shift the variable back", SHIFT, f"{FOLLAND}, 2.44", _density_to_zero, everywhere=True
)


def _under_the_integral(subterm, context):
    """∂/∂x ∫ f = ∫ ∂f/∂x, for f = φ(z + x) g(z) with g and the places free of x."""
    if not (isinstance(subterm, Partial) and isinstance(subterm.expression, OverReals)):
        return None
    x, integral = subterm.variable, subterm.expression
    moving = [f for f in Mul.make_args(integral.body) if f.has(x)]
    if integral.places.has(x) or len(moving) != 1 or not isinstance(moving[0], StandardNormal):
        return None
    if moving[0].args[0] != integral.variable + x:
        return None
    rest = Mul(*(f for f in Mul.make_args(integral.body) if f != moving[0]))
    context.require("the derivative of {} decays like a Gaussian, locally uniformly in {}", moving[0], x)
    return integral.over(Partial(moving[0], x) * rest)


under_the_integral = Rule(
    "derivative under the integral sign",
    r"$\partial_a\int\varphi(z+a)\,g(z)\,\mathrm dz=\int\partial_a\varphi(z+a)\,g(z)\,\mathrm dz$ "
    "by dominated convergence; a principal value is folded about its pole first, where nothing is singular",
    f"{FOLLAND}, 2.27",
    _under_the_integral,
    everywhere=True,
    trusted=True,
)


def _same_slope(subterm, context):
    """∂φ(z + a)/∂a = ∂φ(z + a)/∂z under an integral over z."""
    if not (isinstance(subterm, OverReals) and subterm.body.atoms(Partial)):
        return None
    z = subterm.variable
    for slope in sorted(subterm.body.atoms(Partial), key=default_sort_key):
        f = slope.expression
        if slope.variable != z and isinstance(f, StandardNormal) and f.args[0] == z + slope.variable:
            return subterm.over(subterm.body.xreplace({slope: Partial(f, z)}))
    return None


same_slope = Rule(
    "the same slope in z",
    r"$\partial_a\varphi(z+a)=\partial_z\varphi(z+a)$",
    f"{RUDIN}, 5.5",
    _same_slope,
    everywhere=True,
)


def _by_parts(subterm, context):
    """∫ u'(z) log|z| dz = -p.v.∫ u(z)/z dz for a u that decays; the boundary terms at ±ε tend to 0."""
    if not isinstance(subterm, OverReals) or isinstance(subterm, PrincipalValue):
        return None
    z = subterm.variable
    factors = Mul.make_args(subterm.body)
    slopes = [f for f in factors if isinstance(f, Partial) and f.variable == z]
    if len(slopes) != 1 or len(factors) != 2 or log(Abs(z)) not in factors:
        return None
    u = slopes[0].expression
    if not isinstance(u, StandardNormal):
        return None
    context.require("{} is smooth and decays, so the boundary terms vanish", u)
    return -PrincipalValue(u / z, z, (0,))


by_parts = Rule(
    "integration by parts",
    r"$\int u'\log|z|\,\mathrm dz=-\mathrm{p.v.}\!\int u/z\,\mathrm dz$: the boundary terms "
    r"$\bigl(u(\varepsilon)-u(-\varepsilon)\bigr)\log\varepsilon$ vanish with $\varepsilon$",
    f"{RUDIN}, 6.22",
    _by_parts,
)


def _odd(subterm, context):
    """The principal value of an odd function is 0."""
    if not isinstance(subterm, OverReals):
        return None
    z = subterm.variable
    mirrored = subterm.body.xreplace({z: -z, StandardNormal(z): StandardNormal(z)})
    places = {place for place in subterm.places}
    if (mirrored + subterm.body).expand() != 0 or {-p for p in places} != places:
        return None
    return S.Zero


odd_integrand = Rule(
    "odd integrand", r"$\int f=0$ where $f(-z)=-f(z)$", f"{FOLLAND}, 2.44", _odd, mutants=(PLUS_ONE,)
)


def same_linear_equation(slope: str, slope_of_other: str, at_zero: str, other: str) -> Rule:
    """G = H where both solve y' = c + d(a) y, by the equations with these labels, and both are 0 at a = 0.

    `slope`: ∂G/∂a = …; `slope_of_other`: ∂H/∂a = …; `at_zero`: G at a = 0 is 0; `other`: defines H.
    """

    def rewrite(subterm: Basic, context: Context):
        first, second = context.equation(slope), context.equation(slope_of_other)
        a, H = first.left.variable, context.equation(other).right
        if subterm != first.left.expression or second.left != Partial(H, a):
            return None
        y = Dummy("y", dummy_index=10**8, real=True)
        field = _as_field(first.right, subterm, y)
        if field != _as_field(second.right, H, y) or not _is_linear(field, y, a):
            return None
        start = context.equation(at_zero)
        if start.left != substitute(subterm, {a: S.Zero}) or start.right != 0 or H.subs(a, 0) != 0:
            return None
        context.require("both are 0 at {} = 0", a)
        return H

    return Rule(
        "the same linear differential equation",
        r"Both sides solve $y'=-1-ay$ with $y(0)=0$, and there is only one solution.",
        "Teschl 2012, theorem 2.2",
        rewrite,
        trusted=True,
    )


def _as_field(right, solution, y):
    """The right side of y' = …, with y for the solution, multiplied out."""
    number = Mul(*(f for f in Mul.make_args(solution) if f.is_number))
    return right.expand().xreplace({solution / number: y / number}).expand()


def _is_linear(field, y, a) -> bool:
    return bool(field.is_polynomial(y, a) and Poly(field, y).degree() <= 1)


def cite(label: str, name: str, reason: str) -> Rule:
    """An equation about an integral with one place, which is a parameter, used for another parameter."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        old, new = _place_of(equation.left), _place_of(subterm)
        if old is None or new is None or not old[0].is_Symbol:
            return None
        given = dict(zip(old, new, strict=True))
        return substitute(equation.right, given) if substitute(equation.left, given) == subterm else None

    return Rule(name, reason, label, rewrite, everywhere=True)


def _place_of(expression) -> tuple | None:
    """(place, variable) of an integral with one place, or of the derivative of one."""
    integral = expression.expression if isinstance(expression, Partial) else expression
    if not isinstance(integral, OverReals) or len(integral.places) != 1 or is_matrix(integral.places[0]):
        return None
    return integral.places[0], integral.variable
