"""False or unproved lines that must not come out PROVED: each a small attack on the checker."""

import os
import zlib
from dataclasses import replace
from functools import cache

import pytest
from sympy import Abs, Function, Lambda, Symbol, cos, exp, log, sin
from sympy.matrices.expressions import MatrixSymbol
from sympy.matrices.expressions.determinant import Determinant

import derivations
from derivations.chain import Derivation, DerivationError, Line, Rule, Step, Verdict, steps_of
from derivations.context import Context, DoesNotApply
from derivations.differentials import through_layers, through_state
from derivations.domain import Declaration, Domain, Equation
from derivations.evaluate import evaluate
from derivations.expressions import (
    Family,
    Gradient,
    MatrixDifferential,
    SymmetricSymbol,
    VectorFunction,
    add,
    differential,
    elementwise,
    index_sum,
    inverse,
    product,
)
from derivations.fields import Unevaluable
from derivations.forward import differential_to_the_right
from derivations.gaussian import (
    limit_at_infinity,
    log_of_product,
    normal_density,
    rayleigh_bound,
    recognise_normal,
)
from derivations.identities import induction_hypothesis, unfold
from derivations.norms import stretched
from derivations.quantities import Inner, LogNormalDensity, Norm, SmallestValue
from derivations.usual_form import KRONECKER, USUAL_FORM
from derivations.verification import Worlds, check_chain, compare, is_proved, numeric_evidence

a, b = Symbol("a", real=True), Symbol("b", real=True)
n = Symbol("n", integer=True, positive=True)
T = Symbol("T", integer=True, positive=True)
t = Symbol("t", integer=True)
REALS = Domain((Declaration(a, "real", "a number"), Declaration(b, "real", "a number")))


def chain_of(start, *steps, domain=REALS, **options) -> Derivation:
    return Derivation("test.chain", "a chain", "-", domain, Line(start, start), steps, **options)


def rewriting(old, new, **options) -> Rule:
    return Rule("a rule", "because", "here", lambda e, c: new if e == old else None, **options)


def verdict(chain) -> Verdict:
    return check_chain(chain)[-1].verdict


# --- what a derivation may be -------------------------------------------------------------------


def test_a_first_line_that_claims_something_is_refused():
    with pytest.raises(DerivationError, match="starts with a claim"):
        Derivation("test", "", "-", REALS, Line(sin(a) ** 2, 1 - cos(a) ** 2), ())


def test_a_derivation_without_steps_proves_nothing():
    assert not is_proved(chain_of(a))


def test_bounds_in_both_directions_are_refused():
    up, down = rewriting(a, a + 1, relation="<="), rewriting(a, a - 2, relation=">=")
    with pytest.raises(DerivationError, match="both directions"):
        chain_of(a, Step(up), Step(down))


def test_a_hypothesis_cannot_be_handed_in():
    with pytest.raises(TypeError):
        chain_of(a, Step(induction_hypothesis), hypothesis=Equation("hypothesis", a, b))


def test_a_claim_cannot_pose_as_a_definition():
    with pytest.raises(ValueError, match="no symbol"):
        Domain(REALS.declarations, (Equation("pythagoras", sin(a) ** 2, 1 - cos(a) ** 2),))


def test_an_index_must_be_declared():
    with pytest.raises(DerivationError, match="not declared"):
        chain_of(a, index=Declaration(t, "index", "time", 1, T))


def test_a_lemma_that_a_rule_used_without_saying_so_still_counts():
    """The context sees which equations were used; no rule has to say it."""
    lemma = Derivation(
        "test.lemma", "", "-", REALS, Line(sin(a), sin(a)), (Step(rewriting(a, b), sin(a) + 0 * a),)
    )
    assert not is_proved(lemma)
    quiet = Rule(
        "quiet", "because", "here", lambda e, c: c.equation("test.lemma").right if e == sin(a) else None
    )
    assert verdict(chain_of(sin(a) + a, Step(quiet, sin(a) + a), uses=(lemma,))) is not Verdict.PROVED


# --- numbers that look away ---------------------------------------------------------------------


def test_a_value_that_is_lost_refutes():
    """log v² = 2 log v holds for positive v only."""
    chain = chain_of(log(a**2), Step(rewriting(log(a**2), 2 * log(a))))
    assert verdict(chain) is Verdict.REFUTED


def test_zeros_alone_decide_nothing():
    x = Family("x", 1)
    domain = Domain((Declaration(T, "size", "length", 1, 3), Declaration(x, "family", "x", 1, T)))
    late = index_sum(x[t], t, 20, T)
    chain = chain_of(late, Step(rewriting(late, product(2, late))), domain=domain)
    assert verdict(chain) is Verdict.UNDECIDED


def test_what_is_false_for_longer_sums_only_is_refuted():
    x = Family("x", 1)
    domain = Domain((Declaration(T, "size", "length", 1, 3), Declaration(x, "family", "x", 1, T)))
    late = add(x[1], index_sum(x[t], t, 4, T))
    chain = chain_of(
        late,
        Step(rewriting(late, add(x[1], index_sum(x[t], t, 4, T), late, product(-1, x[1])))),
        domain=domain,
    )
    assert verdict(chain) is Verdict.REFUTED


def test_small_values_are_compared_relative_to_their_size():
    tiny = a / 10**40
    assert verdict(chain_of(tiny, Step(rewriting(tiny, 2 * tiny)))) is Verdict.REFUTED


# --- bounds and limits --------------------------------------------------------------------------


def test_a_bound_under_a_sum_needs_a_sum_that_grows():
    u = Family("u", 1)
    domain = Domain((Declaration(T, "size", "length", 1, 3), Declaration(u, "family", "u", 1, T)))

    def larger(e, c):
        return Norm(e.args[0].args[0]) * Norm(e.args[0].args[1]) if isinstance(e, Abs) else None

    bound = Rule("bound", "because", "here", larger, relation="<=", everywhere=True)
    total = index_sum(Abs(Inner(u[t], u[t])), t, 1, T)
    assert chain_of(total, Step(bound), domain=domain).lines[-1].relation == "<="
    with pytest.raises(DerivationError, match="does not grow"):
        chain_of(1 - total, Step(bound), domain=domain).lines  # noqa: B018


def test_every_place_of_a_bound_must_grow_not_only_the_last():
    above = Rule(
        "above",
        "because",
        "here",
        lambda e, c: e + 1 if e in (a, b) else None,
        everywhere=True,
        relation="<=",
    )
    with pytest.raises(DerivationError, match="does not grow"):
        chain_of(b - a, Step(above)).lines  # noqa: B018


p = Symbol("p", integer=True, positive=True)
x, x_s, d = Family("x", p), MatrixSymbol("x_*", p, 1), Symbol("d", positive=True)
i = Symbol("i", integer=True)


def far_domain(*more) -> Domain:
    nearest = SmallestValue(Lambda(i, Norm(add(x[i], product(-1, x_s)))), 1)
    return Domain(
        (
            Declaration(p, "size", "dimension", 1, 2),
            Declaration(x, "family", "inputs", 1, 1),
            Declaration(x_s, "matrix", "test input"),
        ),
        (Equation("distance", d, nearest), *more),
    )


far = limit_at_infinity("distance", "far away", "because")


def test_a_limit_holds_nothing_fixed_that_moves_along():
    """e^{-d} e^{‖x_1 - x_*‖} is 1 for ever."""
    start = exp(-d) * exp(Norm(add(x[1], product(-1, x_s))))
    with pytest.raises(DerivationError):
        chain_of(start, Step(far), domain=far_domain(), variable=x_s).lines  # noqa: B018


def test_a_limit_sees_through_definitions():
    E = Symbol("E", positive=True)
    start = E * exp(-d)
    with pytest.raises(DerivationError):
        chain_of(start, Step(far), domain=far_domain(Equation("E", E, exp(2 * d))), variable=x_s).lines  # noqa: B018


def test_a_slow_limit_is_a_limit():
    assert verdict(chain_of(1 / d, Step(far), domain=far_domain(), variable=x_s)) is Verdict.PROVED


def test_a_false_limit_is_refuted():
    assert (
        verdict(chain_of(1 + 1 / d, Step(far, 1 / d - 1 / d), domain=far_domain(), variable=x_s))
        is Verdict.REFUTED
    )


def test_a_limit_of_an_upper_bound_says_nothing_of_what_may_be_negative():
    """-1 <= e^{-d} → 0 does not make -1 go to 0."""
    minus_one = 0 * d - 1
    above = Rule("above", "because", "here", lambda e, c: exp(-d) if e == minus_one else None, relation="<=")
    chain = chain_of(minus_one, Step(above), Step(far), domain=far_domain(), variable=x_s)
    with pytest.raises(DerivationError, match="says nothing"):
        chain.relation  # noqa: B018


alpha, w = Symbol("α", positive=True), MatrixSymbol("w", p, 1)
RAY = Domain(
    (
        Declaration(p, "size", "dimension", 1, 2),
        Declaration(alpha, "positive", "how far out"),
        Declaration(w, "matrix", "a direction"),
    )
)
along = limit_at_infinity(None, "along the ray", "because")


def test_a_limit_along_a_number_holds_no_norm_fixed_that_moves_along():
    """e^{-α} ‖e^α w‖ is ‖w‖ for ever."""
    start = exp(-alpha) * Norm(product(exp(alpha), w))
    with pytest.raises(DerivationError):
        chain_of(start, Step(along), domain=RAY, variable=alpha).lines  # noqa: B018


def test_a_limit_along_a_number_is_taken_with_all_else_fixed():
    chain = chain_of(Norm(w) + 1 / alpha, Step(along), domain=RAY, variable=alpha)
    assert (chain.lines[-1].right, verdict(chain)) == (Norm(w), Verdict.PROVED)


def test_a_false_limit_along_a_number_is_refuted():
    chain = chain_of(Norm(w) + 1 / alpha, Step(along, 2 * Norm(w)), domain=RAY, variable=alpha)
    assert verdict(chain) is Verdict.REFUTED


def test_a_wide_matrix_is_not_said_to_stretch_every_vector():
    """It has a null space: the smallest singular value of the square case is no lower bound."""
    A = MatrixSymbol("A", 1, 2)
    line = Line(a, Norm(product(A, MatrixSymbol("w", 2, 1))))
    with pytest.raises(DoesNotApply):
        stretched(">=").apply(line, Context({}, {}))


# --- side conditions ----------------------------------------------------------------------------


def test_a_logarithm_is_split_only_where_the_domain_says_positive_definite():
    A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
    line = Line(a, log(Determinant(A) * Determinant(B)))
    bare = Context({}, {})
    with pytest.raises(DoesNotApply):
        log_of_product.apply(line, bare)
    said = Context({}, {}, positive_definite={A: "declared", B: "declared"})
    assert log_of_product.apply(line, said).right == log(Determinant(A)) + log(Determinant(B))


def test_a_rayleigh_quotient_is_bounded_only_for_a_positive_definite_matrix():
    K, v = SymmetricSymbol("K", n), MatrixSymbol("v", n, 1)
    line = Line(a, Inner(v, product(inverse(K), v)))
    with pytest.raises(DoesNotApply):
        rayleigh_bound.apply(line, Context({}, {}))


def test_a_mean_that_contains_the_variable_is_no_mean():
    y, B, C = MatrixSymbol("y", n, 1), MatrixSymbol("B", n, n), SymmetricSymbol("C", n)
    density = LogNormalDensity(y, product(B, y), C)
    expanded = normal_density.apply(Line(a, density), Context({}, {}))
    with pytest.raises(DoesNotApply):
        recognise_normal.apply(expanded, Context({}, {}, variable=y))


h, L = Family("h", 1), VectorFunction("L")


def test_a_tail_that_sees_all_states_is_not_reached_through_one():
    C = MatrixSymbol("C", 1, 1)
    k = Symbol("k", integer=True)
    later = index_sum(L(t, add(h[t], C)), t, k + 1, T)
    delta = Family("δ", 1)
    equations = {
        "state": Equation("state", h[t], elementwise(Function("g"), h[t - 1]), t, 1, T + 1),
        "all states": Equation("all states", C, index_sum(h[t], t, 5, T)),
        "adjoint": Equation(
            "adjoint", delta[t], Gradient(index_sum(L(i, add(h[i], C)), i, t, T), h[t]), t, 1, T + 1
        ),
    }
    context = Context({k: (1, T), T: (1, None)}, equations, variable=h[k])
    with pytest.raises(DoesNotApply):
        through_state("adjoint").apply(Line(a, differential(later)), context)


def test_what_enters_by_the_first_member_only_still_varies():
    """f_0 depends on U, f_t on f_{t-1}: so does f_T."""
    U, f = MatrixSymbol("U", 1, 1), Family("f", 1)
    equations = {
        "start": Equation("start", f[t], product(2, U), t, 0, 0),
        "step": Equation("step", f[t], elementwise(sin, f[t - 1]), t, 1, T),
    }
    assert Context({T: (1, None)}, equations, variable=U).varies(f[T])


def test_what_a_differential_runs_along_is_not_unfolded():
    """d Σ_s L_s(h_s) along h_t: with h_t written out, nothing would move any more."""
    f = Family("f", 1)
    equations = {"step": Equation("step", f[t], elementwise(sin, f[t - 1]), t, 1, T)}
    context = Context({t: (1, T), T: (1, None)}, equations, variable=f[t])
    rule = unfold("step", "the recurrence", "because")
    with pytest.raises(DoesNotApply):
        rule.apply(Line(a, differential(index_sum(L(i, f[i]), i, t, T))), context)
    assert rule.apply(Line(a, f[t - 1]), replace(context, ranges={t: (2, T), T: (2, None)})).right != f[t - 1]


def test_members_of_one_state_that_come_before_the_variable_do_not_vary():
    """f_t and c_t are made of f_{t-1} and c_{t-1}: f_t does not move with c_t, f_{t+1} does."""
    f, c = Family("f", 1), Family("c", 1)
    step = {name: elementwise(sin, add(f[t - 1], c[t - 1])) for name in "fc"}
    equations = {"f": Equation("f", f[t], step["f"], t, 1, T), "c": Equation("c", c[t], step["c"], t, 1, T)}
    context = Context({t: (1, T), T: (1, None)}, equations, variable=c[t])
    assert not context.varies(f[t]) and context.varies(f[t + 1]) and context.varies(c[t])


def test_a_family_that_looks_ahead_may_vary_before_the_variable():
    f, c = Family("f", 1), Family("c", 1)
    equations = {"f": Equation("f", f[t], add(f[t + 1], c[t]), t, 1, T)}
    assert Context({t: (1, T), T: (1, None)}, equations, variable=c[t]).varies(f[t - 1])


def test_a_jacobian_is_not_read_off_while_a_differential_is_open():
    """A term whose differential has not been worked out yet is no constant."""
    v = MatrixSymbol("v", n, 1)
    still = MatrixDifferential(elementwise(sin, v))
    line = Line(still, add(still, MatrixDifferential(v)))
    with pytest.raises(DoesNotApply):
        differential_to_the_right.apply(line, Context({}, {}, variable=v))


def test_a_recurrence_that_runs_backward_is_not_taken_to_run_forward():
    f = Family("f", 1)
    equations = {"back": Equation("back", f[t], elementwise(sin, f[t + 1]), t, 0, T - 1)}
    assert Context({T: (1, None)}, equations, variable=f[T]).varies(f[0])


# --- what a parameter of one step reaches -------------------------------------------------------

z, u, G = Family("z", 1), Family("u", 1), Family("G", 1)
k = Symbol("k", integer=True)


def steps_with(right, tail=lambda start: index_sum(L(t, z[t]), t, start, T), *more) -> dict[str, Equation]:
    """z_t = `right`, a formula in the index t, from z_0, and G_t = ∂(tail from t)/∂z_t."""
    adjoint = Equation("adjoint", G[t], Gradient(tail(t), z[t]), t, 0, T)
    return {"step": Equation("step", z[t], right, t, 1, T), "adjoint": adjoint} | {e.label: e for e in more}


def through(equations, variable, tail):
    context = Context({k: (1, T - 1), T: (2, None)}, equations, variable=variable)
    return through_layers("adjoint").apply(Line(a, differential(tail)), context).right


OWN = add(z[t - 1], elementwise(sin, u[t]))


def losses(start):
    return index_sum(L(i, z[i]), i, start, T)


def test_a_parameter_of_one_step_acts_through_the_state_that_the_step_makes():
    assert through(steps_with(OWN), u[k], losses(k)).expression == z[k]


@pytest.mark.parametrize(
    "right", [add(OWN, u[k]), add(OWN, u[t - 1])], ids=["in every step", "in the next step"]
)
def test_a_parameter_that_enters_a_later_step_acts_through_more_than_one_state(right):
    with pytest.raises(DoesNotApply):
        through(steps_with(right), u[k], losses(k))


def test_a_parameter_in_the_tail_acts_without_the_state():
    def tail(start):
        return index_sum(L(i, add(z[i], u[i])), i, start, T)

    with pytest.raises(DoesNotApply):
        through(steps_with(OWN, tail), u[k], tail(k))


def test_a_tail_that_begins_before_its_state_is_not_reached_through_it():
    """G_t = ∂(L_{t-1} + L_t + …)/∂z_t leaves out what z_{t-1} does to L_{t-1} itself."""

    def tail(start):
        return losses(start - 1)

    with pytest.raises(DoesNotApply):
        through(steps_with(OWN, tail), z[k], tail(k + 1))


def varies_with(variable, equations, expression) -> bool:
    return Context({k: (1, T - 1), T: (2, None)}, equations, variable=variable).varies(expression)


def test_an_index_of_a_definition_is_not_the_index_of_the_variable():
    """y_k = z_{k-1}, written with the very k of the variable z_k: y_{k+1} is z_k."""
    y = Family("y", 1)
    equations = {
        "step": Equation("step", z[k], elementwise(sin, z[k - 1]), k, 1, T),
        "copy": Equation("copy", y[k], elementwise(sin, z[k - 1]), k, 1, T),
    }
    assert varies_with(z[k], equations, y[k + 1])
    assert not varies_with(z[k], equations, y[k])


def test_states_before_a_step_do_not_vary_with_its_parameter_and_later_ones_do():
    equations = steps_with(OWN)
    assert not varies_with(u[k], equations, z[k - 1])
    assert varies_with(u[k], equations, z[k]) and varies_with(u[k], equations, z[k + 1])


def test_a_state_before_a_step_varies_where_steps_look_ahead():
    seen, y = Symbol("seen", real=True), Family("y", 1)
    ahead = Equation("ahead", y[t], u[t + 1], t, 0, T - 1)
    assert varies_with(u[k], steps_with(add(z[t - 1], u[t + 1])), z[k - 1])
    assert varies_with(u[k], steps_with(add(z[t - 1], y[t]), losses, ahead), z[k - 1])
    whole = Equation("seen", seen, index_sum(L(i, u[i]), i, 1, T))
    assert varies_with(u[k], steps_with(product(seen, z[t - 1]), losses, whole), z[k - 1])


# --- declared facts -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", derivations.names())
def test_what_a_domain_says_is_positive_definite_is_so_in_every_world(name):
    for _, chain in derivations.get(name).parts:
        for world in Worlds(chain, 4, 0).list:
            for matrix in chain.domain.positive_definite:
                try:
                    rows = evaluate(inverse(inverse(matrix)), world)
                    evaluate(inverse(matrix), world)
                except Unevaluable:
                    continue  # two equal inputs: the case that the assumption excludes
                smallest = world.field.eigenvalues(rows)[0]
                assert smallest > 0, f"{name}: {matrix} has the eigenvalue {smallest}"


@pytest.mark.parametrize("name", derivations.names())
def test_no_world_refutes_an_equation_that_a_domain_states_as_a_fact(name):
    for _, chain in derivations.get(name).parts:
        for fact in (f for f in chain.domain.facts if f.relation == "=" and f.index is None):
            evidence = compare(fact.left, fact.right, "=", Worlds(chain, 4, 0))
            assert not evidence.refuted, evidence.counterexample


# --- every rule on lines that it was not written for --------------------------------------------


# `make test` tries a part of all pairs of a line and a rule, always the same one; `make test-more` tries them all.
STRIDE = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "more" else 12


@cache
def all_rules() -> list[Rule]:
    found = {}
    for name in derivations.names():
        for _, _, step in steps_of(derivations.get(name)):
            found.setdefault((step.by.name, id(step.by)), step.by)
    return [*found.values(), *KRONECKER, *USUAL_FORM]


@pytest.mark.parametrize("name", derivations.names())
def test_every_rule_tells_the_truth_on_every_line_it_applies_to(name):
    """A rule with a typed answer in a definition passes renaming; here it fails, on the lines of others."""
    for _, chain in derivations.get(name).parts:
        worlds, context = Worlds(chain, 2, 0), chain.context()
        for number, line in enumerate(chain.lines, zlib.crc32(chain.name.encode())):
            for rule in all_rules()[number % STRIDE :: STRIDE]:
                try:
                    made = rule.apply(line, context)
                except DoesNotApply:
                    continue
                evidence = numeric_evidence(line, made, rule, chain, worlds)
                assert not evidence.refuted, f"{rule.name} on {chain.name}: {evidence.counterexample}"
