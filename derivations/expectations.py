"""Named rules about finite expectations Σ_k p_k a_k, symmetries of a network's weights, and what happens in a limit."""

from __future__ import annotations

from sympy import Add, Basic, Dummy, Integer, Mul, Pow, cosh, default_sort_key, exp, factor, limit, nan, oo, sinh, tanh, together, zoo
from sympy.matrices.expressions.matexpr import MatrixElement

from .chain import BOUND_TOO_LARGE, NOT_THE_LIMIT, Mutant, Rule
from .context import Context
from .expressions import IndexSum, open_binder, reclose, substitute

DLMF_HYPERBOLIC = "DLMF, 4.35"

#: For bounds with some room: a scaled bound may still be true, but a a/b lies as far beyond a as the bound b lies above.
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
    for f in sorted(subterm.free_symbols, key=default_sort_key):
        square = subterm.coeff(f, 2)
        if square == 0 or not getattr(f, "is_Symbol", False):
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
    """Σ a_k e^{… ∓ n e_k} against Σ a_k e^{…}, where the fact `dropped` says e_k >= 0 and `weights` a_k >= 0."""

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

    sign = {"<=": r"$e^{-ne}\le1$", ">=": r"$e^{nd}\ge1$"}[relation]
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


tanh_of_half = Rule(
    "half argument", r"$\tanh p=\dfrac{\sinh 2p}{\cosh 2p+1}$", DLMF_HYPERBOLIC, _tanh_of_half
)


def _common_denominator(subterm, context):
    if not isinstance(subterm, Add):
        return None
    found = factor(together(subterm))
    return found if found.is_Mul and found != subterm else None


common_denominator = Rule("common denominator", r"$\frac ab-\frac cd=\frac{ad-bc}{bd}$", "arithmetic", _common_denominator)


# --- lines --------------------------------------------------------------------------------------


def limit_of_line(name: str, reason: str) -> Rule:
    """The limit of the right side as the context's variable, a scalar, grows without bound."""

    def rewrite(subterm: Basic, context: Context):
        grows = context.variable
        if grows is None or not subterm.has(grows) or context.varies(subterm.xreplace({grows: Dummy(positive=True)})):
            return None
        value = limit(subterm, grows, oo)
        return None if value.has(grows, oo, -oo, zoo, nan) else value

    return Rule(name, f"{reason} The limit is computed by SymPy.", "SymPy, Gruntz's algorithm", rewrite, relation="→",
        mutants=(NOT_THE_LIMIT,), limit="variable")
