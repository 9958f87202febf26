"""Inductions over inequalities: what they may use, and what must fail."""

import pytest
from sympy import Abs, Integer, MatrixSymbol, Symbol

import derivations
from derivations.chain import DerivationError, Induction, Line, Rule, Step, Verdict
from derivations.context import DoesNotApply
from derivations.domain import Declaration, Domain, Equation, Inequality, ladder
from derivations.evaluate import World, evaluate
from derivations.expressions import ELEMENT, Family, product
from derivations.fields import Unevaluable
from derivations.identities import fold, unfold
from derivations.norms import at_least, at_most, one_power, stretched
from derivations.quantities import LargestSingularValue, Norm, SmallestSingularValue
from derivations.verification import check

n, N = (Symbol(name, integer=True, positive=True) for name in "nN")
k = Symbol("k", integer=True)
A, w = MatrixSymbol("A", n, n), MatrixSymbol("w", n, 1)
f = Family("f", n)
RECURRENCE = Equation("recurrence", f[k], product(A, f[k + 1]), k, 0, N - 1)
DOMAIN = Domain(
    (
        Declaration(n, "size", "rows", 1, 2),
        Declaration(N, "size", "steps", 1, 3),
        Declaration(A, "matrix", "A"),
        Declaration(w, "matrix", "w"),
        Declaration(f, "family", "f", N, N),
    ),
    (RECURRENCE,),
)
largest, smallest = LargestSingularValue(A), SmallestSingularValue(A)

as_it_is = Rule("the same", "nothing to do", "-", lambda e, c: e if isinstance(e, Norm) else None)
recurrence = unfold("recurrence", "recurrence", "f is multiplied")
upper = at_most("hypothesis", "hypothesis", "because", "induction")
lower = at_least("hypothesis", "hypothesis", "because", "induction")
STEPS = (Step(recurrence), Step(stretched("<=")), Step(upper), Step(one_power))


def growth(factor=largest, steps=STEPS) -> Induction:
    """‖f_k‖ <= factor^{N-k} ‖f_N‖, for f_k = A f_{k+1}."""
    claim = Inequality("claim", Norm(f[k]), factor ** (N - k) * Norm(f[N]), "<=", k, 0, N)
    return Induction("test.growth", "", "-", DOMAIN, claim, (Step(as_it_is),), steps)


def verdicts(induction) -> list:
    return [line.verdict for part in check(induction).values() for line in part[1:]]


def test_a_bound_is_proved_by_induction():
    assert verdicts(growth()) == [Verdict.PROVED] * 5


def test_an_induction_goes_upward_from_the_lower_end():
    """f_k = A f_{k-1} from k = 1 on; what is supplied is the claim at the index before."""
    up = Equation("recurrence", f[k], product(A, f[k - 1]), k, 1, N)
    domain = Domain((*DOMAIN.declarations[:-1], Declaration(f, "family", "f", 0, 0)), (up,))
    claim = Inequality("claim", Norm(f[k]), largest**k * Norm(f[0]), "<=", k, 0, N)
    induction = Induction("test.upward", "", "-", domain, claim, (Step(as_it_is),), (*STEPS,), onward=-1)
    (_, base), (_, step) = induction.parts
    assert (base.start.right, step.hypothesis.left) == (Norm(f[0]), Norm(f[k - 1]))
    assert verdicts(induction) == [Verdict.PROVED] * 5


def test_both_chains_lead_from_the_left_side_to_the_right():
    (_, base), (_, step) = growth().parts
    assert (base.start.right, base.lines[-1].right) == (Norm(f[N]), Norm(f[N]))
    assert (step.start.right, step.lines[-1].right) == (Norm(f[k]), growth().claim.right)


def test_the_hypothesis_is_the_inequality_at_the_next_index_and_no_equation():
    (_, step) = growth().parts[1]
    context = step.context()
    assert context.inequality("hypothesis", "<=").left == Norm(f[k + 1])
    at_next = Line(Norm(f[k + 1]), Norm(f[k + 1]))
    for rule in (unfold("hypothesis", "", "because"), fold("hypothesis", "", "because"), lower):
        with pytest.raises(DoesNotApply):
            rule.apply(at_next, context)
    assert upper.apply(at_next, context).relation == "<="


def test_the_hypothesis_is_not_used_where_the_whole_falls_with_the_part():
    (_, step) = growth().parts[1]
    with pytest.raises(DoesNotApply, match="does not grow"):
        upper.apply(Line(-Norm(f[k + 1]), -Norm(f[k + 1])), step.context())


def test_a_circular_proof_is_not_proved():
    """At the index itself the hypothesis says nothing."""
    with pytest.raises(DoesNotApply):
        upper.apply(Line(Norm(f[k]), Norm(f[k])), growth().parts[1][1].context())
    assert Verdict.SUPPORTED in verdicts(growth(steps=(Step(upper),)))


def test_a_bound_that_is_too_small_is_refuted():
    assert Verdict.REFUTED in verdicts(growth(smallest))


def test_a_step_in_the_other_direction_is_refused():
    with pytest.raises(DerivationError, match="relation is not that of the claim"):
        growth(steps=(Step(recurrence), Step(stretched(">=")), Step(upper))).parts  # noqa: B018


def test_an_inequality_is_cited_as_an_inequality_for_every_free_matrix():
    cited = growth().bound
    assert (cited.relation, cited.index, cited.every) == ("<=", k, (w,)), "A is not free: f is made of it"
    with pytest.raises(DerivationError, match="cannot be cited"):
        growth().conclusion  # noqa: B018
    with pytest.raises(DerivationError, match="shows an equation"):
        derivations.get("rnn.unrolled_adjoint").bound  # noqa: B018


# --- facts of a domain ---------------------------------------------------------------------------

POINTS = [Integer(p) / 4 for p in (-40, -9, -2, -1, 1, 3, 17, 60)]
WITH_FACTS = [
    (name, part, fact)
    for name in derivations.names()
    for _, part in derivations.get(name).parts
    for fact in part.domain.facts
    if fact.relation != "="  # equations are tried by test_soundness
]


def at_every_point(fact, world):
    """The world with ξ at each point; with each index of a fact that has one."""
    if fact.index is not None:
        for place in range(world.integer(fact.lower), world.integer(fact.upper) + 1):
            yield place, world.bind(fact.index, place)
        return
    for point in POINTS:
        values = {**world.values, ELEMENT: world.field.number(point)}
        yield point, World(values, world.definitions, field=world.field)


@pytest.mark.parametrize(("name", "part", "fact"), WITH_FACTS, ids=lambda x: x if isinstance(x, str) else "")
def test_facts_hold_in_every_world_at_every_point(name, part, fact):
    tight = tried = 0
    for world, _ in ladder(part.domain, generic=24):
        for point, at in at_every_point(fact, world):
            left, right = evaluate(fact.left, at), evaluate(fact.right, at)
            excess = (left - right) if fact.relation == "<=" else (right - left)
            tried, tight = tried + 1, tight + (abs(excess) < 1e-40)
            assert excess < 1e-40, f"{name}, {fact.label} at {point}: {left} against {right}"
    assert tried > 40
    assert tight > 0 or fact.right == 0, "a bound other than a sign that is never reached would be a weak assumption"


def test_a_fact_about_nothing_that_has_a_value_is_no_fact():
    with pytest.raises(Unevaluable):
        evaluate(Abs(Symbol("nowhere")), World({}))
