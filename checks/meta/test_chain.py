"""Tests of the checking itself, over every step of every derivation there is.

A new derivation is covered without a word: these tests walk `derivations.names()`.
"""

from dataclasses import replace

import pytest
from sympy import Integer, MatrixSymbol, Symbol, Trace, cos, sin

import derivations
from derivations.chain import (
    BOUND_TOO_SMALL,
    OFF_BY_A_THOUSANDTH,
    Derivation,
    DerivationError,
    Induction,
    Line,
    Rule,
    Step,
    Verdict,
    steps_of,
)
from derivations.context import DoesNotApply
from derivations.domain import Declaration, Domain, Equation
from derivations.evaluate import World, evaluate
from derivations.expressions import Family, Gradient, add, index_sum, product, transpose
from derivations.fields import Unevaluable
from derivations.identities import induction_hypothesis, unfold
from derivations.renaming import commutes
from derivations.verification import Worlds, check, check_chain, compare, refute_mutant

NAMES = derivations.names()


@pytest.fixture(scope="module")
def worlds_of():
    """The worlds of a chain, made once."""
    made = {}

    def of(chain):
        return made.setdefault(chain, Worlds(chain, 8, 0))

    return of


# --- every step of every derivation -------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_line_is_proved_or_supported_at_enough_points_and_not_at_zeros_only(name):
    for part in check(derivations.get(name)).values():
        for line in part:
            assert line.verdict in (Verdict.PROVED, Verdict.SUPPORTED, None), (
                f"{name}, line {line.number}: {line.verdict}; {line.evidence.counterexample} {line.problem}"
            )
        for line in part[1:]:
            assert line.evidence.points >= 8, (
                f"{name}, line {line.number}: only {line.evidence.points} points"
            )
        if all(line.evidence.nonzero == 0 for line in part):
            assert is_zero_everywhere(part), f"{name}: every value on the ladder is 0, so nothing was checked"


def is_zero_everywhere(part) -> bool:
    """Whether the chain itself says that its value is 0."""
    return any(line.line.right == 0 or getattr(line.line.right, "is_ZeroMatrix", False) for line in part)


@pytest.mark.parametrize("name", NAMES)
def test_every_mutant_of_every_rule_is_refuted_with_a_counterexample(name, worlds_of):
    for chain, position, step in steps_of(derivations.get(name)):
        for mutant in step.by.mutants:
            evidence = refute_mutant(chain, position, mutant, worlds_of(chain))
            said = f"{chain.name}, line {position + 1}, {step.by.name}, mutant {mutant.name}"
            assert evidence is not None, f"{said}: the mutant does not fit the rule; declare another"
            assert evidence.refuted, f"{said}: not refuted at {evidence.points} points"
            assert " = " in evidence.counterexample, f"{said}: no world named in {evidence.counterexample!r}"


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_commutes_with_renaming(name):
    for chain, position, step in steps_of(derivations.get(name)):
        before = chain.lines[position - 1]
        assert commutes(step.by, before, chain), (
            f"{chain.name}, line {position + 1}: {step.by.name} does not commute with renaming"
        )


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_says_why_and_whence(name):
    for chain, position, step in steps_of(derivations.get(name)):
        rule = step.by
        assert rule.name and rule.reason and rule.source, f"{chain.name}, line {position + 1}: {rule}"
        assert rule.mutants, f"{chain.name}, line {position + 1}: {rule.name} declares no mutant"


# --- the checker fails what it must fail --------------------------------------------------------

a, b = Symbol("a", real=True), Symbol("b", real=True)
REALS = Domain((Declaration(a, "real", "a number"), Declaration(b, "real", "a number")))


def chain_of(start, *steps, domain=REALS, **options) -> Derivation:
    return Derivation("test.chain", "a chain", "-", domain, Line(start, start), steps, **options)


def rule_of(rewrite, **options) -> Rule:
    return Rule("a rule", "because", "here", rewrite, **options)


def verdicts(chain) -> list:
    return [line.verdict for line in check_chain(chain)[1:]]


expand_square = rule_of(lambda e, c: e.expand() if e.is_Pow else None)


def test_a_right_step_is_proved():
    assert verdicts(chain_of((a + b) ** 2, Step(expand_square))) == [Verdict.PROVED]


def test_a_stated_line_that_the_rule_yields_in_other_words_is_proved():
    assert verdicts(chain_of((a + b) ** 2, Step(expand_square, a * (a + 2 * b) + b**2))) == [Verdict.PROVED]


def test_a_true_line_that_the_rule_does_not_yield_is_only_supported():
    silent = rule_of(lambda e, c: None)
    assert verdicts(chain_of(sin(a) ** 2, Step(silent, 1 - cos(a) ** 2))) == [Verdict.SUPPORTED]


def test_a_false_line_is_refuted_by_the_smallest_world():
    (line,) = check_chain(chain_of((a + b) ** 2, Step(expand_square, a**2 + b**2)))[1:]
    assert line.verdict is Verdict.REFUTED
    assert line.evidence.points == 1, "the first world on the ladder suffices"
    assert line.evidence.counterexample.startswith("a = "), line.evidence.counterexample


def test_a_false_line_is_refuted_though_its_rule_yields_it():
    wrong = rule_of(lambda e, c: a**2 + b**2 if e.is_Pow else None)
    assert verdicts(chain_of((a + b) ** 2, Step(wrong))) == [Verdict.REFUTED]


def test_a_rule_off_by_a_thousandth_is_refuted():
    chain = chain_of((a + b) ** 2, Step(expand_square))
    evidence = refute_mutant(chain, 1, OFF_BY_A_THOUSANDTH, Worlds(chain, 8, 0))
    assert evidence.refuted and float(evidence.worst_residual) == pytest.approx(1 / 1001)


def test_a_line_without_a_value_anywhere_is_undecided():
    pole = rule_of(lambda e, c: None)
    chain = chain_of(1 / (a - a + Symbol("z")), Step(pole, 1 / Symbol("z")))
    assert verdicts(chain) == [Verdict.UNDECIDED]


def test_a_bound_that_is_too_small_is_refuted():
    assert BOUND_TOO_SMALL.falsify(a, b) == b * 999 / 1000
    above = rule_of(lambda e, c: e**2 if e == a else None, relation="<=")
    assert verdicts(chain_of(a, Step(above))) == [Verdict.REFUTED], "a <= a² fails at a = 1/2"


def test_a_bound_is_not_applied_where_the_whole_falls_with_the_part():
    above = rule_of(lambda e, c: e + 1 if e == a else None, relation="<=")
    with pytest.raises(DerivationError, match="does not grow"):
        chain_of(-a, Step(above)).lines  # noqa: B018


def test_a_rule_that_returns_a_typed_answer_is_caught_by_renaming_only():
    typed = rule_of(lambda e, c: a**2 + 2 * a * b + b**2 if e.is_Pow else None)
    chain = chain_of((a + b) ** 2, Step(typed))
    assert verdicts(chain) == [Verdict.PROVED], "no number can tell"
    assert not commutes(typed, chain.lines[0], chain)
    assert commutes(expand_square, chain.lines[0], chain)


def test_a_lemma_that_is_only_supported_supports_no_proof():
    lemma = Derivation(
        "test.lemma",
        "",
        "-",
        REALS,
        Line(sin(a) ** 2, sin(a) ** 2),
        (Step(rule_of(lambda e, c: None), 1 - cos(a) ** 2),),
    )
    citing = unfold("test.lemma", "the lemma", "because", "test.lemma")
    assert verdicts(chain_of(sin(a) ** 2, Step(citing), uses=(lemma,))) == [Verdict.SUPPORTED]


def test_a_chain_that_ends_in_a_bound_is_not_cited_as_an_equation():
    above = rule_of(lambda e, c: e + 1 if e == a else None, relation="<=")
    chain = chain_of(a, Step(above))
    assert chain.relation == "<="
    with pytest.raises(DerivationError, match="cannot be cited"):
        chain.conclusion  # noqa: B018


def test_a_rule_that_finds_nothing_names_the_line():
    with pytest.raises(DerivationError, match="line 2: a rule: nothing to rewrite"):
        chain_of(a, Step(expand_square)).lines  # noqa: B018


# --- induction ----------------------------------------------------------------------------------

k, n = Symbol("k", integer=True), Symbol("n", integer=True, positive=True)
f = Family("f", 1)
RECURRENCE = Equation("recurrence", f[k], add(f[k + 1], f[k + 1]), k, 0, n - 1)
POWERS = Domain((Declaration(n, "size", "steps", 1, 3), Declaration(f, "family", "f", n, n)), (RECURRENCE,))


def doubling(claimed, steps) -> Induction:
    """f_k = claimed, for f_k = 2 f_{k+1}."""
    merge = rule_of(lambda e, c: 2 ** (n - n) * e if e == f[n] else None)
    return Induction(
        "test.induction", "", "-", POWERS, Equation("claim", f[k], claimed, k, 0, n), (Step(merge),), steps
    )


recurrence = unfold("recurrence", "recurrence", "f doubles")


def test_the_hypothesis_is_the_claim_at_the_next_index_and_at_no_other():
    base, step = (part for _, part in doubling(product(2 ** (n - k), f[n]), (Step(recurrence),)).parts)
    assert step.hypothesis.left == f[k + 1]
    assert step.hypothesis.right == product(2 ** (n - k - 1), f[n])
    assert base.hypothesis is None
    with pytest.raises(DoesNotApply):
        induction_hypothesis.apply(Line(f[k], f[k]), step.context())


def test_an_induction_that_assumes_its_claim_is_not_proved():
    """The one-line circular proof: rewrite f_k by the claim itself."""
    circular = doubling(product(2 ** (n - k), f[n]), (Step(induction_hypothesis),))
    (_, step) = circular.parts[1]
    (line,) = check_chain(step)[1:]
    assert line.verdict is Verdict.SUPPORTED, "true, but the supplied hypothesis does not give it"


def test_a_false_claim_is_refuted_in_the_base_or_in_the_step():
    wrong = doubling(product(2 ** (n - k + 1), f[n]), (Step(recurrence), Step(induction_hypothesis)))
    found = [line.verdict for part in check(wrong).values() for line in part]
    assert Verdict.REFUTED in found, found


# --- numbers know no rule -----------------------------------------------------------------------


def test_the_value_of_a_gradient_is_by_differences():
    """∂ tr(AᵀX)/∂X = A, with no rule in sight."""
    A, X = MatrixSymbol("A", 2, 3), MatrixSymbol("X", 2, 3)
    domain = Domain((Declaration(A, "matrix", "A"), Declaration(X, "matrix", "X")))
    gradient = Gradient(Trace(product(transpose(A), X)), X)
    evidence = compare(gradient, A, "=", Worlds(chain_of(gradient, domain=domain), 8, 0))
    assert evidence.points > 0 and not evidence.refuted, evidence


def test_a_sum_over_no_terms_is_zero_and_its_index_stays_bound():
    total = index_sum(f[k], k, 1, n)
    assert total.free_symbols == {n}
    other = Symbol("q", integer=True)
    assert total == index_sum(f[other], other, 1, n), "equal up to the name of the index"
    world = World({n: 0})
    assert evaluate(total, world) == [[0]], "a sum over no terms"


def test_a_world_without_a_value_says_so():
    with pytest.raises(Unevaluable):
        Domain((Declaration(k, "index", "an index", Integer(2), Integer(1)),)).world(None)


def test_a_falsified_line_is_refuted_alone():
    """The lines before it keep their verdicts, and it is the first to be refuted."""
    chain = derivations.get("rnn.adjoint")
    steps = list(chain.steps)
    steps[4] = replace(steps[4], stated=2 * chain.lines[5].right)
    found = [line.verdict for line in check_chain(replace(chain, steps=tuple(steps)))]
    assert found.index(Verdict.REFUTED) == 5, found
    assert found[1:5] == [Verdict.PROVED] * 4, found
