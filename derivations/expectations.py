"""Named rules about finite expectations Σ_k p_k a_k, integrals, and symmetries of a network's weights."""

from __future__ import annotations

from sympy import (
    Add,
    Basic,
    Dummy,
    Integer,
    Integral,
    Mul,
    Pow,
    Symbol,
    cosh,
    default_sort_key,
    erf,
    exp,
    expand_mul,
    factor,
    gamma,
    integrate,
    log,
    sinh,
    sqrt,
    tanh,
    together,
)
from sympy.matrices.expressions import MatrixExpr
from sympy.matrices.expressions.matexpr import MatrixElement

from .chain import BOUND_TOO_LARGE, Mutant, Rule
from .context import Context
from .expressions import IndexSum, open_binder, reclose, substitute
from .integrals import OverReals, StandardNormal

DLMF_HYPERBOLIC = "DLMF, 4.35"

#: For bounds with some room: a scaled bound may still be true, but a²/b is as far beyond a as the bound b is above.
BEYOND_THE_BOUND = Mutant("what is bounded, squared, over its bound", lambda matched, result: matched**2 / result)


# --- sums whose terms have factors without the index --------------------------------------------


def _constant_out(subterm, context):
    if not isinstance(subterm, IndexSum):
        return None
    body, index = open_binder(subterm)
    outside, inside = body.as_independent(index, as_Add=False)
    return None if outside == 1 or inside == 1 else outside * reclose(subterm, inside, index)


constant_out = Rule(
    "constant factor out of the sum",
    r"$\sum_k c\,a_k=c\sum_k a_k$",
    "Graham, Knuth & Patashnik 1994, 2.3",
    _constant_out,
    everywhere=True,
)


def _split_factor(subterm, context):
    """Σ p_k (1 + a_k) = Σ p_k + Σ p_k a_k, with a_k left as it is."""
    if not isinstance(subterm, IndexSum):
        return None
    body, index = open_binder(subterm)
    sums = [f for f in Mul.make_args(body) if isinstance(f, Add)]
    if len(sums) != 1:
        return None
    return Add(*(reclose(subterm, body / sums[0] * term, index) for term in sums[0].args))


split_factor = Rule(
    "linearity of the sum",
    r"$\sum_kp_k(1+a_k)=\sum_kp_k+\sum_kp_ka_k$",
    "Graham, Knuth & Patashnik 1994, 2.3",
    _split_factor,
)


def _sum_of_constant(subterm, context):
    if not isinstance(subterm, IndexSum) or subterm.body.has(subterm.variable):
        return None
    if not context.is_nonnegative(subterm.upper - subterm.lower + 1):
        return None
    return (subterm.upper - subterm.lower + 1) * subterm.body


sum_of_constant = Rule(
    "sum of a constant",
    r"$\sum_{i=1}^{n}c=n\,c$",
    "Graham, Knuth & Patashnik 1994, 2.3",
    _sum_of_constant,
    everywhere=True,
)


def sum_by_mean(label: str) -> Rule:
    """Σ a_i = n ā, where the equation `label` says ā = (Σ a_i)/n."""

    def rewrite(subterm: Basic, context: Context):
        if not isinstance(subterm, IndexSum):
            return None
        equation = context.equation(label)
        ratio = equation.right / subterm
        return equation.left / ratio if not ratio.has(IndexSum) else None

    return Rule("the mean", r"$\sum_i y_i=n\,\bar y$", "definition", rewrite, everywhere=True)


def _complete_square(subterm, context):
    """a f² + b f + rest = a (f + b/(2a))² + rest - b²/(4a), for a symbol f in a sum."""
    if not isinstance(subterm, Add):
        return None
    for f in sorted((s for s in subterm.free_symbols if isinstance(s, Symbol)), key=default_sort_key):
        square = subterm.coeff(f, 2)
        if not square.is_nonzero:
            continue
        slope, rest = subterm.coeff(f, 1), subterm.coeff(f, 0)
        if not square.has(f) and not slope.has(f) and slope != 0:
            return square * (f + slope / (2 * square)) ** 2 + rest - slope**2 / (4 * square)
    return None


complete_square = Rule(
    "complete the square",
    r"$-\tfrac n2f^2+n\bar yf=-\tfrac n2(\bar y-f)^2+\tfrac n2\bar y^2$",
    "arithmetic",
    _complete_square,
)


def _common_factor(subterm, context):
    """q e^{A+B}/Σ_j q_j e^{A+B_j} = q e^B/Σ_j q_j e^{B_j}."""
    if not isinstance(subterm, Mul):
        return None
    sums = [f for f in subterm.args if isinstance(f, Pow) and f.exp == -1 and isinstance(f.base, IndexSum)]
    powers = [f for f in subterm.args if isinstance(f, exp)]
    if len(sums) != 1 or len(powers) != 1:
        return None
    body, index = open_binder(sums[0].base)
    inner = [f for f in Mul.make_args(body) if isinstance(f, exp)]
    if len(inner) != 1:
        return None
    common = [t for t in Add.make_args(powers[0].args[0]) if t in Add.make_args(inner[0].args[0]) and not t.has(index)]
    if not common:
        return None
    shift = exp(-Add(*common))
    rest = Mul(*(f for f in subterm.args if f not in (sums[0], powers[0])))
    lower = reclose(sums[0].base, body.xreplace({inner[0]: _times(inner[0], shift)}), index)
    return rest * _times(powers[0], shift) / lower


def _times(power: exp, other: exp) -> Basic:
    return exp(power.args[0] + other.args[0])


common_factor = Rule(
    "a common factor cancels",
    r"What does not depend on the weights stands in the numerator and in every term of the denominator.",
    "arithmetic",
    _common_factor,
)


def entry_of(label: str, name: str, reason: str) -> Rule:
    """An entry of the column that the equation `label` defines entry by entry."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not (isinstance(subterm, MatrixElement) and subterm.parent == equation.left):
            return None
        return equation.right.lamda(subterm.i + 1, subterm.j + 1)

    return Rule(name, reason, "definition", rewrite, everywhere=True)


def solved_for_sum(label: str, name: str, reason: str) -> Rule:
    """A sum Σ where the equation `label` says left = Σ + rest: Σ = left - rest."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not (isinstance(subterm, IndexSum) and subterm in Add.make_args(equation.right)):
            return None
        return equation.left - (equation.right - subterm)

    return Rule(name, reason, label, rewrite, everywhere=True)


def _multiply_out(subterm, context):
    if not isinstance(subterm, Add | Mul) or subterm.has(MatrixExpr):
        return None
    found = expand_mul(subterm)
    return None if found == subterm else found


multiply_out = Rule("multiply out", r"$a(b+c)=ab+ac$", "arithmetic", _multiply_out)


# --- integrals ----------------------------------------------------------------------------------


def _sum_out_of_integral(subterm, context):
    """∫ a(y) Σ_k p_k b_k(y) dy = Σ_k p_k ∫ a(y) b_k(y) dy."""
    if not isinstance(subterm, OverReals):
        return None
    sums = [f for f in Mul.make_args(subterm.body) if isinstance(f, IndexSum)]
    if len(sums) != 1:
        return None
    body, index = open_binder(sums[0])
    outside, inside = (body * subterm.body / sums[0]).as_independent(subterm.variable, as_Add=False)
    return reclose(sums[0], outside * subterm.over(inside), index)


sum_out_of_integral = Rule(
    "linearity of the integral",
    r"$\int\sum_kp_kb_k(y)\,dy=\sum_kp_k\int b_k(y)\,dy$, for finitely many terms",
    "linearity",
    _sum_out_of_integral,
)


def _normal_moment(subterm, context):
    """∫ y φ(y - f) dy = f and ∫ (y - a)² φ(y - f) dy = 1 + (f - a)²."""
    if not isinstance(subterm, OverReals):
        return None
    y = subterm.variable
    densities = [g for g in Mul.make_args(subterm.body) if isinstance(g, StandardNormal)]
    if len(densities) != 1 or densities[0].args[0].diff(y) != 1:
        return None
    mean, factor_ = y - densities[0].args[0], subterm.body / densities[0]
    if factor_ == y:
        return mean
    if factor_.is_Pow and factor_.exp == 2 and factor_.base.diff(y) == 1:
        return 1 + (mean - (y - factor_.base)) ** 2
    return None


normal_moment = Rule(
    "moments of a normal distribution",
    r"$\int y\,\varphi(y-f)\,dy=f$ and $\int(y-a)^2\varphi(y-f)\,dy=1+(f-a)^2$",
    "mean and variance of $\\mathcal N(f,1)$",
    _normal_moment,
    everywhere=True,
)


def _linear_substitution(subterm, context):
    """∫_a^b h φ(α v + β) dv = (h/α) ∫ φ(z) dz from α a + β to α b + β, for α > 0."""
    if not isinstance(subterm, Integral) or len(subterm.limits) != 1:
        return None
    v, lower, upper = subterm.limits[0]
    outside, density = subterm.function.as_independent(v, as_Add=False)
    inner = density.args[0] if isinstance(density, StandardNormal) else None
    slope = None if inner is None else inner.diff(v)
    if slope is None or slope == 1 or not slope.is_positive:
        return None
    context.require("{} > 0", slope)
    ends = (inner.xreplace({v: end}) for end in (lower, upper))
    return outside / slope * Integral(StandardNormal(v), (v, *ends))


linear_substitution = Rule(
    "change of variables",
    r"$z=\tau(w_1w_2-c)$, $\mathrm dz=\tau w_1\,\mathrm dw_2$",
    "substitution",
    _linear_substitution,
)


def _normal_probability(subterm, context):
    if not isinstance(subterm, Integral) or len(subterm.limits) != 1:
        return None
    v, lower, upper = subterm.limits[0]
    if subterm.function != StandardNormal(v):
        return None
    return (erf(upper / sqrt(2)) - erf(lower / sqrt(2))) / 2


normal_probability = Rule(
    "normal probability",
    r"$\int_a^b\varphi(z)\,dz=\tfrac12\bigl(\operatorname{erf}\tfrac b{\sqrt2}"
    r"-\operatorname{erf}\tfrac a{\sqrt2}\bigr)$",
    "DLMF, 7.2.1",
    _normal_probability,
)


def _antiderivative(subterm, context):
    """F(b) - F(a), for a power of the variable, which stays positive."""
    if not isinstance(subterm, Integral) or len(subterm.limits) != 1:
        return None
    v, lower, upper = subterm.limits[0]
    if not (v.is_positive and lower.is_positive and upper.is_positive):
        return None
    outside, power = subterm.function.as_independent(v, as_Add=False)
    base, exponent = power.as_base_exp()
    if power != 1 and (base != v or not exponent.is_number):
        return None
    found = integrate(power, v)
    if found.diff(v) != power:
        return None
    return outside * found.xreplace({v: upper}) - outside * found.xreplace({v: lower})


antiderivative = Rule(
    "fundamental theorem of calculus",
    r"$\int_a^bF'(w)\,dw=F(b)-F(a)$",
    "the antiderivative is SymPy's, and its derivative is compared",
    _antiderivative,
    everywhere=True,
)


def _one_logarithm(subterm, context):
    if not isinstance(subterm, Add) or not all(isinstance(t.as_coeff_Mul()[1], log) for t in subterm.args):
        return None
    parts = [t.as_coeff_Mul() for t in subterm.args]
    if not all(a.args[0].is_positive for _, a in parts):
        return None
    return log(Mul(*(a.args[0] ** q for q, a in parts)))


one_logarithm = Rule(
    "one logarithm", r"$\ln a-\ln b=\ln\frac ab$ for $a,b>0$", "arithmetic", _one_logarithm, everywhere=True
)


def _quartic_moment(subterm, context):
    """∫ t^m e^{-a t⁴} dt over the real line, for even m and a > 0."""
    if not isinstance(subterm, OverReals):
        return None
    t = subterm.variable
    powers = [g for g in Mul.make_args(subterm.body) if isinstance(g, exp)]
    if len(powers) != 1:
        return None
    rate = -powers[0].args[0] / t**4
    order = (subterm.body / powers[0]).as_base_exp()
    moment = Integer(0) if order[0] == 1 else order[1]
    if rate.has(t) or not rate.is_positive or t**moment * powers[0] != subterm.body or moment.is_even is not True:
        return None
    context.require("{} > 0", rate)
    place = (moment + 1) / 4
    return gamma(place) / (2 * rate**place)


quartic_moment = Rule(
    "gamma integral",
    r"$\int_{-\infty}^\infty t^me^{-at^4}\,dt=\tfrac12\,\Gamma\bigl(\tfrac{m+1}4\bigr)\,a^{-(m+1)/4}$ for even $m$",
    "DLMF, 5.9.1",
    _quartic_moment,
    everywhere=True,
    trusted=True,
)


# --- symmetries ---------------------------------------------------------------------------------


def symmetry(label: str, name: str, reason: str) -> Rule:
    """F(…) by its mirror image, where `label` says that they are equal and the image sorts first.

    The equation's right side has symbols as arguments; its left side has the same ones, in other places or
    with other signs.
    """

    def rewrite(subterm: Basic, context: Context):
        left, right = context.equation(label).left, context.equation(label).right
        if subterm.func != right.func:
            return None
        given = dict(zip(right.args, subterm.args, strict=True))
        image = right.func(*(argument.xreplace(given) for argument in left.args))
        return image if _signs(image) < _signs(subterm) else None

    return Rule(name, reason, "symmetry of the network", rewrite, everywhere=True)


def _signs(applied: Basic) -> tuple:
    """Arguments with a minus sign count before the order of their names."""
    signs = sum(bool(a.could_extract_minus_sign()) for a in applied.args)
    return signs, tuple(map(default_sort_key, applied.args))


# --- inequalities -------------------------------------------------------------------------------


def cauchy_schwarz_for_sums(*positive: str) -> Rule:
    """(Σ a_k)(Σ b_k) >= (Σ √(a_k b_k))²; `positive`: labels of the facts from which a_k, b_k >= 0 follows."""

    def rewrite(subterm: Basic, context: Context):
        sums = [f for f in subterm.args if isinstance(f, IndexSum)] if isinstance(subterm, Mul) else []
        if len(sums) != 2 or sums[0].args[2:] != sums[1].args[2:]:
            return None
        (a, index), (b, other) = map(open_binder, sums)
        b = b.xreplace({other: index})
        geometric = _root_of_square(a * b)
        if geometric is None or not all(_is_positive(f, index, positive, context) for f in (a, b)):
            return None
        context.require("{} >= 0 and {} >= 0", a, b)
        rest = Mul(*(f for f in subterm.args if f not in sums))
        return rest * reclose(sums[0], geometric, index) ** 2

    return Rule(
        "Cauchy–Schwarz inequality",
        r"$\sum_k a_k\sum_k b_k\ge\bigl(\sum_k\sqrt{a_kb_k}\bigr)^2$ for $a_k,b_k\ge0$",
        "Hardy, Littlewood & Pólya 1952, theorem 7",
        rewrite,
        relation=">=",
        trusted=True,
        mutants=(BOUND_TOO_LARGE,),
    )


def _is_positive(term: Basic, index, labels, context: Context) -> bool:
    """Whether a term is positive by facts `entry >= 0 for every index`, and by the assumptions on its symbols."""
    facts = [context.inequality(label, ">=") for label in labels]
    known = {f.left_at(index): Dummy(positive=True) for f in facts if f.right == 0}
    return bool(substitute(term, known).is_positive)


def exponent_bounded(dropped: str, weights: str, relation: str) -> Rule:
    """Σ a_k e^{… ∓ n h_k} against Σ a_k e^{…}, where the fact `dropped` says h_k >= 0 and `weights` a_k >= 0."""

    def rewrite(subterm: Basic, context: Context):
        if not isinstance(subterm, IndexSum):
            return None
        body, index = open_binder(subterm)
        entry = context.inequality(dropped, ">=").left_at(index)
        without = body.xreplace({entry: Integer(0)})
        powers = sorted(body.atoms(exp), key=default_sort_key)
        if without == body or len(powers) != 1 or (body / powers[0]).has(entry):
            return None
        slope = powers[0].args[0].diff(entry)
        falls = slope.is_negative if relation == "<=" else slope.is_positive
        if not falls or not _is_positive(without, index, (weights,), context):
            return None
        context.require("{} >= 0", entry)
        return reclose(subterm, without, index)

    sign = {"<=": r"$e^{-nh}\le1$", ">=": r"$e^{nb}\ge1$"}[relation]
    return Rule(
        "the worst of them",
        f"{sign}, term by term",
        "monotonicity",
        rewrite,
        relation=relation,
        mutants=(BEYOND_THE_BOUND,),
    )


def _part_of_denominator(subterm, context):
    """a/(a + b) <= a/b for positive a and b."""
    if not isinstance(subterm, Mul):
        return None
    for power in subterm.args:
        if not (isinstance(power, Pow) and power.exp == -1 and isinstance(power.base, Add)):
            continue
        numerator = subterm / power
        rest = power.base - numerator
        if numerator in power.base.args and numerator.is_positive and rest.is_positive:
            return numerator / rest
    return None


part_of_denominator = Rule(
    "a smaller denominator",
    r"$\dfrac a{a+b}\le\dfrac ab$ for $a,b>0$",
    "monotonicity",
    _part_of_denominator,
    relation="<=",
    mutants=(BEYOND_THE_BOUND,),
)


def cited_bound(label: str, name: str, reason: str) -> Rule:
    """The left side of the inequality `label` by its right side, an upper bound."""

    def rewrite(subterm: Basic, context: Context):
        known = context.inequality(label, "<=")
        return known.right if subterm == known.left else None

    return Rule(name, reason, label, rewrite, relation="<=", mutants=(BEYOND_THE_BOUND,))


def reciprocal_of_bound(label: str, name: str, reason: str) -> Rule:
    """1/Z <= 1/b, where the inequality `label` says Z >= b > 0."""

    def rewrite(subterm: Basic, context: Context):
        known = context.inequality(label, ">=")
        if subterm != 1 / known.left or not known.right.is_positive:
            return None
        context.require("{} > 0", known.right)
        return 1 / known.right

    return Rule(name, reason, label, rewrite, relation="<=", mutants=(BEYOND_THE_BOUND,))


def _root_of_square(product: Basic):
    """√(∏ a^{2e}) = ∏ a^e, for positive a; None if an exponent is odd."""
    powers = product.as_powers_dict()
    if any((exponent / 2).is_integer is not True for exponent in powers.values()):
        return None
    return Mul(*(base ** (exponent / 2) for base, exponent in powers.items()))


# --- hyperbolic functions -----------------------------------------------------------------------


def _sum_of_tanh(subterm, context):
    if not isinstance(subterm, Add):
        return None
    terms = [t for t in subterm.args if isinstance(t.as_coeff_Mul()[1], tanh)]
    for first in terms:
        for second in terms:
            (p, a), (q, b) = first.as_coeff_Mul(), second.as_coeff_Mul()
            if first != second and abs(p) == abs(q):
                x, y = a.args[0], q / p * b.args[0]
                rest = subterm - first - second
                return rest + p * sinh((x + y).expand()) / (cosh(x) * cosh(y))
    return None


sum_of_tanh = Rule(
    "addition theorem",
    r"$\tanh p+\tanh q=\dfrac{\sinh(p+q)}{\cosh p\,\cosh q}$",
    DLMF_HYPERBOLIC,
    _sum_of_tanh,
)


def _product_of_cosh(subterm, context):
    if not isinstance(subterm, Mul):
        return None
    for power in (1, -1):
        factors = [f for f in subterm.args if f.as_base_exp()[1] == power and isinstance(f.as_base_exp()[0], cosh)]
        if len(factors) == 2:
            x, y = (f.as_base_exp()[0].args[0] for f in factors)
            half = (cosh((x + y).expand()) + cosh((x - y).expand())) / 2
            return Mul(*(f for f in subterm.args if f not in factors)) * half**power
    return None


product_of_cosh = Rule(
    "product to sum",
    r"$2\cosh p\,\cosh q=\cosh(p+q)+\cosh(p-q)$",
    DLMF_HYPERBOLIC,
    _product_of_cosh,
)


def _tanh_of_half(subterm, context):
    if not isinstance(subterm, tanh):
        return None
    double = (2 * subterm.args[0]).expand()
    return sinh(double) / (cosh(double) + 1)


tanh_of_half = Rule("half argument", r"$\tanh p=\dfrac{\sinh 2p}{\cosh 2p+1}$", DLMF_HYPERBOLIC, _tanh_of_half)


def _one_less_exponential(subterm, context):
    """T - T e^{-2a} = 2 T e^{-a} sinh a."""
    if not isinstance(subterm, Add) or len(subterm.args) != 2:
        return None
    for first, second in (subterm.args, subterm.args[::-1]):
        ratio = -second / first
        if isinstance(ratio, exp):
            half = -ratio.args[0] / 2
            return 2 * first * exp(-half) * sinh(half)
    return None


one_less_exponential = Rule(
    "hyperbolic sine",
    r"$1-e^{-2s}=2e^{-s}\sinh s$",
    "definition of sinh",
    _one_less_exponential,
    everywhere=True,
)


def factor_by_name(label: str, name: str, reason: str) -> Rule:
    """A factor that is the right side of the equation `label`, replaced by its left side."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not isinstance(subterm, Mul) or not all(f in subterm.args for f in Mul.make_args(equation.right)):
            return None
        return equation.left * (subterm / equation.right)

    return Rule(name, reason, "definition", rewrite)


def _common_denominator(subterm, context):
    if not isinstance(subterm, Add) or subterm.has(MatrixExpr):
        return None
    found = factor(together(subterm))
    return found if found.is_Mul and found != subterm else None


common_denominator = Rule(
    "common denominator", r"$\frac ab-\frac cd=\frac{ad-bc}{bd}$", "arithmetic", _common_denominator
)
