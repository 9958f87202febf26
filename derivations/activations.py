"""Named rules about ReLU and tanh units, and about softmax."""

from __future__ import annotations

from sympy import Abs, Basic, Max, Mul, S, exp, powsimp, sign, sqrt, tanh
from sympy.matrices.expressions import MatAdd, MatMul

from .chain import BOUND_TOO_SMALL, Mutant, Rule
from .context import Context
from .expressions import (
    ELEMENT,
    Elementwise,
    IndexSum,
    Member,
    add,
    elementwise,
    equal_size,
    hadamard,
    open_binder,
    reclose,
    scale,
    split_coefficient,
    substitute,
    subtract,
)
from .quantities import Entry, LargestEntry, LargestValue, Norm, SmallestValue

ELEMENTARY = "elementary: case by case, entry by entry"


def relu(argument):
    """max(ξ, 0) of every entry."""
    return elementwise(lambda entry: Max(entry, 0), argument)


def _applies(function, expression) -> bool:
    return isinstance(expression, Elementwise) and expression.function.expr == function(ELEMENT)


def _is_relu(expression) -> bool:
    return _applies(lambda entry: Max(entry, 0), expression)


def _coefficients(matrix) -> dict:
    """A sum of matrices as {matrix: its coefficient}."""
    terms = matrix.args if isinstance(matrix, MatAdd) else (matrix,)
    return {rest: coefficient for coefficient, rest in map(split_coefficient, terms)}


# --- ReLU -----------------------------------------------------------------------------------------


def _into_relu(subterm, context: Context):
    if not isinstance(subterm, MatMul):
        return None
    coefficient, rest = split_coefficient(subterm)
    number, factor = coefficient.as_coeff_Mul()
    if not (_is_relu(rest) and factor != 1 and factor.is_nonnegative):
        return None
    context.require("{} >= 0", factor)
    return scale(number, relu(scale(factor, rest.expr)))


into_relu = Rule(
    "ReLU is positively homogeneous",
    r"$\alpha\operatorname{relu}(y)=\operatorname{relu}(\alpha y)$ for $\alpha\ge0$",
    ELEMENTARY,
    _into_relu,
)


def _relu_is_lipschitz(subterm, context):
    if not (isinstance(subterm, Norm) and isinstance(subterm.argument, MatAdd)):
        return None
    terms = {coefficient: rest for rest, coefficient in _coefficients(subterm.argument).items()}
    if set(terms) != {1, -1} or not all(map(_is_relu, terms.values())) or len(subterm.argument.args) != 2:
        return None
    return Norm(subtract(terms[1].expr, terms[-1].expr))


relu_is_lipschitz = Rule(
    "ReLU brings no two points further apart",
    r"$|\max(0,y)-\max(0,y')|\le|y-y'|$ in every entry: the slopes are 0 and 1",
    ELEMENTARY,
    _relu_is_lipschitz,
    relation="<=",
    mutants=(BOUND_TOO_SMALL,),
)


def past_its_kink(label: str) -> Rule:
    """relu(p + αt) = sign(relu(t)) ∘ p + α relu(t), where `label` says |p_i| <= α|t_i| for every i."""

    def rewrite(subterm: Basic, context: Context):
        if not (_is_relu(subterm) and isinstance(subterm.expr, MatAdd)):
            return None
        fact, terms = context.inequality(label, "<="), _coefficients(subterm.expr)
        for rates, factor in terms.items():
            offsets = subtract(subterm.expr, scale(factor, rates))
            said = Abs(Entry(offsets, fact.index)), factor * Abs(Entry(rates, fact.index))
            whole = fact.lower == 1 and equal_size(fact.upper, rates.rows)
            if factor.is_positive and whole and said == (fact.left, fact.right):
                context.require("{} <= {} for every {}", fact.left, fact.right, fact.index)
                slopes = relu(rates)
                return add(hadamard(elementwise(sign, slopes), offsets), scale(factor, slopes))
        return None

    return Rule(
        "a ReLU past its kink",
        r"$p_i+\alpha t_i$ has the sign of $t_i$: a unit with $t_i>0$ passes it on, one with $t_i<0$ is "
        r"dead. $\operatorname{sign}$ of the slope is 1 for the first and 0 for the second.",
        ELEMENTARY,
        rewrite,
    )


# --- tanh -----------------------------------------------------------------------------------------


def _without_offsets(matched, result):
    """The bound of a unit that starts at its centre."""
    return result.xreplace({offset: S.Zero for offset in result.atoms(LargestEntry)})


OFFSETS_FORGOTTEN = Mutant("offsets forgotten", _without_offsets)


def saturated(label: str) -> Rule:
    """max |tanh(p + αt) - sign t| <= 2 e^{2 max|p| - 2ατ}, where `label` defines τ = min |t_i|."""

    def rewrite(subterm: Basic, context: Context):
        if not (isinstance(subterm, LargestEntry) and isinstance(subterm.argument, MatAdd)):
            return None
        terms = {coefficient: rest for rest, coefficient in _coefficients(subterm.argument).items()}
        if set(terms) != {1, -1} or not (_applies(tanh, terms[1]) and _applies(sign, terms[-1])):
            return None
        moving, rates = terms[1].expr, terms[-1].expr
        factor = _coefficients(moving).get(rates, 0)
        smallest = context.equation(label)
        if not (len(subterm.argument.args) == 2 and factor and factor.is_nonnegative):
            return None
        if not _is_smallest_modulus(smallest.right, rates):
            return None
        offsets = subtract(moving, scale(factor, rates))
        return 2 * exp(2 * LargestEntry(offsets) - 2 * factor * smallest.left)

    return Rule(
        "a tanh unit saturates",
        r"$|\tanh y-\operatorname{sign}t|\le2e^{-2y\operatorname{sign}t}$ and "
        r"$(p_i+\alpha t_i)\operatorname{sign}t_i\ge\alpha\min_j|t_j|-\max_j|p_j|$",
        ELEMENTARY,
        rewrite,
        relation="<=",
        mutants=(OFFSETS_FORGOTTEN,),
    )


def _is_smallest_modulus(value, column) -> bool:
    """Whether a value is min_i |column_i| over all entries."""
    if not (type(value) is SmallestValue and equal_size(value.size, column.rows)):
        return False
    (index,) = value.entries.signature
    return value.entries.expr == Abs(Entry(column, index))


def _bounded_sum_of_units(subterm, context):
    if not (isinstance(subterm, Norm) and isinstance(subterm.argument, MatAdd)):
        return None
    terms = _coefficients(subterm.argument)
    bounded = all(abs(k) == 1 and (_applies(tanh, m) or _applies(sign, m)) for m, k in terms.items())
    if not bounded or not equal_size(subterm.argument.cols, 1):
        return None
    return len(terms) * sqrt(subterm.argument.rows)


bounded_sum_of_units = Rule(
    "entries of at most 1",
    r"$|\tanh|\le1$ and $|\operatorname{sign}|\le1$, so that the entries of a sum of two are at most 2.",
    ELEMENTARY,
    _bounded_sum_of_units,
    relation="<=",
    mutants=(BOUND_TOO_SMALL,),
)


# --- extreme values -------------------------------------------------------------------------------


def each_at_most_the_largest(label: str) -> Rule:
    """e_i <= m, where the equation `label` says m = max_i e_i, or the larger of that and a number."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        found = [e for e in (equation.right, *equation.right.args) if isinstance(e, LargestValue)]
        if len(found) != 1 or not isinstance(equation.right, LargestValue | Max):
            return None
        (index,) = found[0].entries.signature
        for place in sorted({member.index for member in subterm.atoms(Member)}, key=str):
            fits = substitute(found[0].entries.expr, {index: place}) == subterm
            if fits and context.holds((place - 1, found[0].size - place)):
                context.require("1 <= {} <= {}", place, found[0].size)
                return equation.left
        return None

    return Rule(
        "at most the largest",
        r"$e_l\le\max_{l'}e_{l'}$",
        "definition of the maximum",
        rewrite,
        relation="<=",
        mutants=(BOUND_TOO_SMALL,),
    )


def weight_at_least_one(label: str) -> Rule:
    """aˢ + b <= sᵐ a + sᵐ b for b >= 0, where `label` says s = max(1, …): all terms get the power of s."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not (subterm.is_Add and isinstance(equation.right, Max) and 1 in equation.right.args):
            return None
        base = equation.left
        powers = {p for p in subterm.atoms(type(base**2)) if p.base == base and context.is_nonnegative(p.exp)}
        if len(powers) != 1:
            return None
        (power,) = powers
        without = [t for t in subterm.args if not t.has(power)]
        if not without or not all(t.is_nonnegative for t in without):
            return None
        context.require("1 <= {}", base)
        return add(*(t if t.has(power) else power * t for t in subterm.args))

    return Rule(
        "a power of what is at least 1",
        r"$\beta\le s^l\beta$ for $s\ge1$",
        "arithmetic",
        rewrite,
        relation="<=",
        mutants=(BOUND_TOO_SMALL,),
    )


# --- softmax --------------------------------------------------------------------------------------


def _first_term_alone(subterm, context: Context):
    if not (subterm.is_Pow and subterm.exp == -1 and isinstance(subterm.base, IndexSum)):
        return None
    body, index = open_binder(subterm.base)
    first = substitute(body, {index: subterm.base.lower})
    if not (body.is_positive and context.is_nonnegative(subterm.base.upper - subterm.base.lower)):
        return None
    context.require("{} <= {}", subterm.base.lower, subterm.base.upper)
    return 1 / first


first_term_alone = Rule(
    "the first term alone",
    r"A sum of positive terms is at least its first: $\sum_{j\ge1}e^{z_j}\ge e^{z_1}$.",
    "monotonicity",
    _first_term_alone,
    relation="<=",
    mutants=(BOUND_TOO_SMALL,),
)


def _factor_into_sum(subterm, context):
    if not subterm.is_Mul:
        return None
    sums = [factor for factor in subterm.args if isinstance(factor, IndexSum)]
    if len(sums) != 1:
        return None
    body, index = open_binder(sums[0])
    factors = Mul(body, *(f for f in subterm.args if f != sums[0]))
    return reclose(sums[0], powsimp(factors, combine="exp"), index)


factor_into_sum = Rule(
    "a factor into the sum",
    r"$c\sum_ka_k=\sum_kc\,a_k$, and $e^ae^b=e^{a+b}$",
    "distributivity",
    _factor_into_sum,
)


def _constant_taken_away(matched, result):
    """κ a_k - C instead of κ a_k + C."""
    return add(*(term if term.atoms(Entry) else -term for term in result.args))


def entry_near(label: str) -> Rule:
    """z_k <= κ a_k + C and -z_k <= -κ a_k + C, where the inequality `label` says ‖z - κa‖ <= C."""

    def rewrite(subterm: Basic, context: Context):
        number, entry = subterm.as_coeff_Mul() if isinstance(subterm, Mul | Entry) else (0, None)
        if not (isinstance(entry, Entry) and abs(number) == 1):
            return None
        fact = context.inequality(label, "<=")
        if not (isinstance(fact.left, Norm) and isinstance(fact.left.argument, MatAdd)):
            return None
        terms = _coefficients(fact.left.argument)
        others = [m for m in terms if m != entry.argument]
        if terms.get(entry.argument) != 1 or len(others) != 1:
            return None
        (near,) = others
        return add(-number * terms[near] * Entry(near, entry.index), fact.right)

    return Rule(
        "no entry is larger than the norm",
        r"$|z_k-\alpha a_k|\le\lVert z-\alpha a\rVert\le C$",
        "definition of the norm, and the derivation cited",
        rewrite,
        everywhere=True,
        relation="<=",
        mutants=(Mutant("- C for + C", _constant_taken_away),),
    )


def margin_of_the_first(label: str) -> Rule:
    """κ(a_k - a_1) <= -κ Δ, where the equation `label` says Δ = min_i (a_1 - a_{i+1})."""

    def rewrite(subterm: Basic, context: Context):
        equation = context.equation(label)
        if not (subterm.is_Add and type(equation.right) is SmallestValue):
            return None
        (index,) = equation.right.entries.signature
        for entry in sorted(subterm.atoms(Entry), key=str):
            place = _place(equation.right.entries.expr, index, entry)
            if place is None or not context.holds((place - 1, equation.right.size - place)):
                continue
            gap = substitute(equation.right.entries.expr, {index: place})
            factor = -subterm.coeff(entry) / gap.coeff(entry)
            rest = (subterm + factor * gap).expand()
            if factor.is_nonnegative and not rest.has(entry):
                context.require("1 <= {} <= {}", place, equation.right.size)
                return rest - factor * equation.left
        return None

    return Rule(
        "at least the smallest margin",
        r"$a_1-a_k\ge\min_{j\ne1}(a_1-a_j)=\Delta$",
        "definition of the minimum",
        rewrite,
        relation="<=",
        mutants=(BOUND_TOO_SMALL,),
    )


def _place(pattern, index, entry: Entry):
    """The value of the index at which the pattern mentions an entry; None if it never does."""
    for candidate in sorted(pattern.atoms(Entry), key=str):
        offset = candidate.index - index
        if candidate.argument == entry.argument and candidate.index.has(index) and not offset.has(index):
            return entry.index - offset
    return None


def _equal_terms(subterm, context: Context):
    if not isinstance(subterm, IndexSum):
        return None
    body, index = open_binder(subterm)
    count = subterm.upper - subterm.lower + 1
    return count * body if not body.has(index) and context.is_nonnegative(count) else None


equal_terms = Rule("equal terms", r"$\sum_{k=2}^{q}c=(q-1)\,c$", "definition of the sum", _equal_terms)
