"""Gradients, Jacobians and Hessians: numbers, entries, steps, mutants, renaming, refusals, time.

Two oracles know nothing of the rules: differences in high precision of the expression as it was
written, and SymPy's derivative entry by entry at explicit sizes.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from random import Random
from time import process_time

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Function, Lambda, Q, Rational, Symbol, exp, floor, log, sign, tanh
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    HadamardPower,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    OneMatrix,
    Trace,
    Transpose,
)

from checks.expressions import NotBuilt, agree, scalars, slopes
from checks.gradients import (
    CASES,
    A,
    B,
    C,
    Case,
    D,
    P,
    S,
    W,
    X,
    Z,
    a,
    al,
    b,
    det,
    k,
    lg,
    m,
    n,
    ones,
    sp,
    t,
    w,
    x,
)
from derivations.chain import Derivation, Verdict
from derivations.differentials import PULLBACKS
from derivations.domain import Generic, Small, describe_world, ladder
from derivations.evaluate import evaluate, number_of
from derivations.expressions import Gradient, Jacobian, ShapeError, Unsupported
from derivations.fields import Entries, Unevaluable
from derivations.matrix_calculus import (
    cookbook_form,
    derive_gradient,
    derive_jacobian,
    domain_of,
    gradient,
    hessian,
    jacobian,
    symmetric_symbols,
)
from derivations.printing import latex, text
from derivations.renaming import commutes
from derivations.verification import Worlds, check, refute_mutant, residual

SECONDS = 0.1
# `make test` holds every gradient against differences, and walks the steps to a third of them; `make test-more` to all.
MORE = os.environ.get("HYPOTHESIS_PROFILE") == "more"
WORLDS, EVERY = (6, 1) if MORE else (3, 3)


def each(chosen):
    return pytest.mark.parametrize("case", chosen, ids=[case.name[:70] for case in chosen])


cases, walked = each(CASES), each(CASES[::EVERY])


@cache
def derived(case: Case) -> Derivation:
    return derive_gradient(case.expression, case.variable, case.assumptions)


def as_assumed(case: Case, expression):
    """The expression with symmetric symbols where symmetry is assumed."""
    return expression.xreplace(symmetric_symbols(case.assumptions))


def worlds_of(case: Case, answer, wanted: int = WORLDS):
    """(world, gradient by differences, our answer) in a few worlds, of size 1 and not square among them."""
    expression, variable = as_assumed(case, case.expression), as_assumed(case, case.variable)
    found = 0
    for world, _ in ladder(domain_of(expression, variable), generic=12, seed=1):
        try:
            yield world, evaluate(Gradient(expression, variable), world), evaluate(answer, world)
        except Unevaluable:
            continue
        found += 1
        if found == wanted:
            return
    assert found >= 2, f"{case.name}: a value in {found} worlds only"


# --- two oracles --------------------------------------------------------------------------------


@cases
def test_a_gradient_agrees_with_differences_of_the_expression_as_written(case):
    answer = gradient(case.expression, case.variable, case.assumptions)
    assert answer.shape == case.variable.shape
    for world, truth, ours in worlds_of(case, as_assumed(case, answer)):
        off = residual(truth, ours)
        assert off < 1e-40, f"{text(answer)} is off by {float(off)} at {describe_world(world)}"


def entries(variable, world) -> list:
    """Symbols for the entries of the variable; one for both (i, j) and (j, i) where it is symmetric."""
    rows, cols = world.integer(variable.rows), world.integer(variable.cols)
    symmetric = type(variable).__name__ == "SymmetricSymbol"

    def symbol(i, j):
        i, j = (min(i, j), max(i, j)) if symmetric else (i, j)
        return Symbol(f"{variable.name}_{i}{j}", real=True)

    return [[symbol(i, j) for j in range(cols)] for i in range(rows)]


def entry_by_entry(scalar, symbols_) -> list:
    """SymPy's partial derivatives; a symbol that stands for two entries gives each one half."""
    flat = [s for row in symbols_ for s in row]
    return [[sympy.diff(scalar, s) / flat.count(s) for s in row] for row in symbols_]


@cases
def test_a_gradient_agrees_with_sympys_derivative_entry_by_entry(case):
    """At size 2: the entries of the variable are symbols, differentiated, then rationals as the others."""
    expression, variable = as_assumed(case, case.expression), as_assumed(case, case.variable)
    domain = domain_of(expression, variable)
    for seed in range(20):
        source = Small(Random(f"{case.name} {seed}"))
        sizes = {size.symbol: 2 for size in domain.sizes()}
        world = domain.world(source, sizes, Entries())
        at = world.values[variable]
        try:
            compare_entries(case, expression, variable, world, at)
            return
        except (Unevaluable, sympy.matrices.exceptions.NonInvertibleMatrixError):
            continue
    raise AssertionError(f"{case.name}: no value in 20 worlds")


def compare_entries(case, expression, variable, world, at):
    symbols_ = entries(variable, world)
    world.values[variable] = symbols_
    scalar = sympy.sympify(number_of(evaluate(expression, world)))
    point = {s: v for row, values in zip(symbols_, at, strict=True) for s, v in zip(row, values, strict=True)}
    real_number(scalar.subs(point))
    truth = [[real_number(d.subs(point)) for d in row] for row in entry_by_entry(scalar, symbols_)]
    world.values[variable] = at
    answer = as_assumed(case, gradient(case.expression, case.variable, case.assumptions))
    ours = [[real_number(sympy.sympify(v)) for v in row] for row in evaluate(answer, world)]
    assert residual(truth, ours) < 1e-30, f"{case.name}: {ours}, entry by entry {truth}"


def real_number(value):
    found = value.doit().evalf(50)
    if not found.is_Number or not found.is_finite:
        raise Unevaluable(f"{value} is not a real number")
    return found


# --- steps, mutants, renaming -------------------------------------------------------------------


@walked
def test_every_step_is_proved(case):
    for part in check(derived(case), points=3).values():
        for line in part[1:]:
            said = f"line {line.number}, {line.step.by.name}: {line.verdict} {line.problem} {line.evidence}"
            assert line.verdict is Verdict.PROVED or only_zeros(line), said


def only_zeros(line) -> bool:
    """Whether the differential is 0 in every world, so that numbers decide nothing."""
    return line.verdict is Verdict.UNDECIDED and line.evidence.points >= 3 and line.evidence.nonzero == 0


@cases
def test_every_rule_commutes_with_renaming(case):
    chain = derived(case)
    for step, before in zip(chain.steps, chain.lines, strict=False):
        assert commutes(step.by, before, chain), f"{step.by.name} after {text(before.right)}"


CASES_OF_A_RULE = 3


@cache
def cases_by_rule() -> dict[str, list[tuple[Case, int]]]:
    """For every rule that occurs the cases that use it, with the position of the step."""
    found: dict = {}
    for case in CASES:
        for position, step in enumerate(derived(case).steps, 1):
            found.setdefault(step.by.name, []).append((case, position))
    return found


@pytest.mark.parametrize("rule", [*(row.name for row in PULLBACKS if row.name != "chain rule"), "collect"])
def test_the_mutants_of_a_rule_are_refuted(rule):
    for case, position in cases_by_rule()[rule][:CASES_OF_A_RULE]:
        chain = derived(case)
        worlds = Worlds(chain, 3, 0)
        for mutant in chain.steps[position - 1].by.mutants:
            evidence = refute_mutant(chain, position, mutant, worlds)
            assert evidence is not None
            assert evidence.refuted or is_zero_in_all(chain, position, worlds), (
                f"{case.name}, {mutant.name}: not refuted at {evidence.points} points"
            )


def is_zero_in_all(chain, position, worlds) -> bool:
    """Whether what the rule rewrote has the value 0 everywhere: a thousandth of it is no falsification."""
    values = [worlds.value(i, chain.lines[position].right) for i in range(len(worlds.list))]
    return all(
        isinstance(v, Unevaluable) or abs(number_of(v)) < 1e-60 for v in values if not isinstance(v, list)
    )


# --- time and form ------------------------------------------------------------------------------


@cases
def test_a_gradient_takes_less_than_a_tenth_of_a_second(case):
    gradient(case.expression, case.variable, case.assumptions)
    best = min(timed(case) for _ in range(3))
    assert best < SECONDS, f"{best:.3f} s"


def timed(case) -> float:
    start = process_time()
    gradient(case.expression, case.variable, case.assumptions)
    return process_time() - start


FORMS = [
    (log(det(X)), X, True, "X⁻ᵀ"),
    (log(sympy.Abs(det(X))), X, True, "X⁻ᵀ"),
    (log(det(al * X)), X, True, "X⁻ᵀ"),
    (x.T * A * x, x, Q.symmetric(A), "2 A x"),
    (Trace(X.T * A * X), X, Q.symmetric(A), "2 A X"),
    (Trace(X**k), X, True, None),
    ((D * w - t).T * (D * w - t), w, True, "2 Dᵀ (D w - t)"),
    (a.T * DiagMatrix(x) * b, x, True, "a ∘ b"),
    (log(det(DiagMatrix(x))), x, True, None),
    (Trace(X), X, True, "I"),
    (ones.T * x.applyfunc(log), x, True, None),
]


@pytest.mark.parametrize(("expression", "variable", "assumptions", "form"), FORMS)
def test_an_answer_is_in_its_usual_form(expression, variable, assumptions, form):
    answer = gradient(expression, variable, assumptions)
    assert form is None or text(answer) == form
    assert latex(answer)
    assert not answer.has(Transpose(Transpose(X))) and answer.shape == variable.shape


def test_answers_are_sympy_expressions():
    """A power is a `MatPow`, an entrywise power a `HadamardPower`, a symmetric symbol the user's own."""
    assert gradient(Trace(X**k), X) == k * X.T ** (k - 1)
    assert gradient(log(det(DiagMatrix(x))), x) == HadamardPower(x, -1)
    assert gradient(log(det(X)), X, Q.symmetric(X)) == Inverse(X)


# --- symmetric matrices -------------------------------------------------------------------------


def test_by_a_symmetric_matrix_the_answer_is_the_symmetric_part():
    assert gradient(Trace(A * X), X, Q.symmetric(X)) == MatAdd(A / 2, A.T / 2)


def test_the_cookbooks_form_is_beside_it():
    """Matrix Cookbook (141): by a symmetric X, log det X has the gradient 2X⁻¹ - X⁻¹ ∘ I."""
    found = cookbook_form(gradient(log(det(X)), X, Q.symmetric(X)))
    half, size = Rational(1, 2), 2
    values = sympy.Matrix([[2, half], [half, 1]])
    inverse = values.inv()
    world = next(w for w, _ in ladder(domain_of(X), generic=0) if w.values[n] == size)
    world.values[X] = [[world.field.number(v) for v in row] for row in values.tolist()]
    expected = 2 * inverse - sympy.diag(*inverse.diagonal())
    shown = [[world.field.number(v) for v in row] for row in expected.tolist()]
    assert residual(evaluate(found, world), shown) < 1e-40


@pytest.mark.parametrize("fact", [Q.diagonal(X), Q.positive_definite(X), Q.orthogonal(X), Q.triangular(X)])
def test_other_structures_are_refused_by_name(fact):
    with pytest.raises(Unsupported, match=r"only Q.symmetric"):
        gradient(Trace(X), X, fact)


def test_a_matrix_that_is_not_square_is_not_symmetric():
    with pytest.raises(Unsupported, match="no square"):
        gradient(Trace(Z * Z.T), Z, Q.symmetric(Z))


# --- refusals -----------------------------------------------------------------------------------


REFUSALS = [
    (lambda: Trace(A * X**k), X, Unsupported, "MatPow"),
    (lambda: Trace(MatPow(X, Rational(1, 2))), X, Unsupported, "not an integer"),
    (lambda: Trace(HadamardPower(X, A)), X, Unsupported, "Hadamard power"),
    (lambda: Trace(BlockMatrix([[X, A], [A, X]])), X, Unsupported, "BlockMatrix"),
    (lambda: Trace(X.adjoint() * A), X, Unsupported, "Adjoint"),
    (lambda: floor(Trace(X)), X, Unsupported, "floor"),
    (lambda: sign(Trace(X)), X, Unsupported, "sign"),
    (lambda: Function("lambda_max")(X), X, ShapeError, "lambda_max of X"),
    (lambda: Trace(X), al, Unsupported, "by a matrix symbol"),
    (lambda: A * X, X, ShapeError, "a scalar is wanted"),
    (
        lambda: Trace(KroneckerProduct(X, P) * KroneckerProduct(A, Z.T) * KroneckerProduct(X, C)),
        X,
        ShapeError,
        "",
    ),
    (lambda: sum((x.T * A * x for _ in range(1)), start=x * x.T), x, ShapeError, "add"),
]


@pytest.mark.parametrize(("build", "variable", "error", "words"), REFUSALS)
def test_what_cannot_be_differentiated_is_refused_by_name(build, variable, error, words):
    try:
        expression = build()
    except (ValueError, TypeError):
        pytest.skip("SymPy itself refuses to build it")
    with pytest.raises(error, match=words):
        gradient(expression, variable)


def test_shapes_that_do_not_fit_are_named_at_the_offending_product():
    with pytest.raises(ShapeError, match="cannot multiply A of shape nxn and P of shape mxn"):
        gradient(Trace(bare(MatMul, A, P, B)), A)
    with pytest.raises(ShapeError, match="cannot add A of shape nxn and P of shape mxn"):
        gradient(Trace(bare(MatAdd, A, P)), A)


def bare(node, *args):
    """A node that SymPy's own checks have not seen."""
    return sympy.Basic.__new__(node, *args)


def test_the_second_derivative_of_the_modulus_is_refused():
    with pytest.raises(Unsupported, match="SymPy has no derivative"):
        hessian(ones.T * x.applyfunc(sympy.Abs), x)


def test_deep_and_large_inputs_end_in_an_error():
    deep = x
    for _ in range(70):
        deep = (A * deep).applyfunc(tanh)
    start = process_time()
    with pytest.raises(Unsupported):
        gradient(a.T * deep, A)
    assert process_time() - start < 20
    assert gradient(Trace(X**200), X) == 200 * X.T**199


def test_what_does_not_vary_has_the_gradient_zero():
    for expression in (Trace(A), Trace(A) * log(det(B)), a.T * b, sympy.Integer(3), Trace(X) - Trace(X)):
        assert gradient(expression, X) == sympy.ZeroMatrix(n, n)


# --- random expressions -------------------------------------------------------------------------

# Deep expressions take longer, and not much more is found in them.
EXAMPLES = {2: 440, 3: 380, 4: 370, 5: 150, 6: 40}
NONZERO = {2: 320, 3: 305, 4: 265, 5: 100, 6: 25}


@pytest.mark.parametrize("depth", EXAMPLES)
def test_the_gradients_of_random_expressions_are_right(depth):
    """At least 1,000 in all that contain X and whose slope is not zero; what was drawn is printed."""
    counts = Counter()

    @settings(max_examples=EXAMPLES[depth])
    @given(scalars(st.just(depth)), st.integers(0, 10**6))
    def each(drawn, seed):
        counts[outcome(*drawn, seed)] += 1

    each()
    print(f"depth {depth}: {dict(counts)}")
    tried = sum(counts[kind] for kind in counts if not kind.startswith("SymPy"))
    refused = sum(counts[kind] for kind in counts if kind.startswith("refused"))
    assert counts["right, not zero"] >= NONZERO[depth], counts
    assert refused <= tried / 20, counts


def outcome(expression, variable, seed) -> str:
    """What became of one random expression; raises where the gradient is wrong."""
    if isinstance(expression, NotBuilt):
        return f"SymPy could not build it: {expression}"
    if not expression.has(variable):
        return "constant"
    try:
        found = gradient(expression, variable)
    except Unsupported as reason:
        return f"refused: {str(reason)[:40]}"
    try:
        by_differences, by_gradient = slopes(expression, variable, found, seed)
    except Unevaluable:
        return "no value"
    assert agree(by_differences, by_gradient), f"{expression} by {variable}: {text(found)}"
    return "right, not zero" if abs(by_differences) > 1e-20 else "right, zero"


# --- Jacobians and Hessians ---------------------------------------------------------------------

COLUMNS = [
    A * x,
    x,
    a,
    A * x.applyfunc(tanh),
    (W * x).applyfunc(lg),
    DiagMatrix(x) * A * x,
    x * (x.T * x),
    Trace(x.T * x) * A * x,
    exp(Trace(a.T * x)) * x,
    x.applyfunc(exp) / Trace(ones.T * x.applyfunc(exp)),
    A.inverse() * x,
    x * x.T * a,
    x - ones * ones.T * x / n,
    x / sympy.sqrt(Trace(x.T * x)),
    W.T * (W * x).applyfunc(tanh),
    HadamardPower(x, 3),
]


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_jacobian_agrees_with_differences_and_its_steps_are_proved(column):
    answer = jacobian(column, x)
    assert answer.shape == (column.rows, n)
    for world, _ in ladder(domain_of(column, x), generic=3, seed=2):
        try:
            off = residual(evaluate(Jacobian(column, x), world), evaluate(answer, world))
        except Unevaluable:
            continue
        assert off < 1e-40, f"{text(column)}: {text(answer)}"
    for line in check(derive_jacobian(column, x))[""][1:]:
        assert line.verdict is Verdict.PROVED, (
            f"{line.step.by.name}: {line.evidence.counterexample} {line.problem}"
        )


def test_the_hessian_of_the_logistic_loss_is_a_gram_matrix_with_weights():
    """XᵀDX with D = diag(σ'(Xw)), Matrix Cookbook's notation apart."""
    loss = OneMatrix(1, m) * (D * w).applyfunc(sp) - t.T * D * w
    found = hessian(loss, w)
    xi = Symbol("xi", real=True)
    (weights,) = found.atoms(DiagMatrix)
    assert found == D.T * weights * D, text(found)
    slope = weights.args[0].function(xi)
    assert sympy.simplify(slope - exp(xi) / (1 + exp(xi)) ** 2) == 0
    for world, source in ladder(domain_of(loss, w), generic=2):
        if isinstance(source, Generic):
            differences = evaluate(Jacobian(gradient(loss, w), w), world)
            assert residual(differences, evaluate(found, world)) < 1e-40


def test_the_hessian_of_a_quadratic_form():
    assert hessian(x.T * A * x, x) == MatAdd(A, A.T)
    assert hessian(x.T * S * x, x, Q.symmetric(S)) == 2 * S


def test_a_jacobian_is_that_of_a_column_by_a_column():
    with pytest.raises(ShapeError, match="column by a column"):
        jacobian(A * X, X)
    with pytest.raises(ShapeError, match="gradient transposed"):
        jacobian(Trace(X), X)


def test_lambdas_and_bare_functions_are_one_function():
    xi = Symbol("xi")
    assert gradient(a.T * x.applyfunc(Lambda(xi, tanh(xi))), x) == gradient(a.T * x.applyfunc(tanh), x)
