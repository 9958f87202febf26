"""The component form of every line of every derivation has, at each index, the value of the matrix's entry there."""

from dataclasses import replace
from itertools import product

import pytest
from sympy import Symbol, exp
from sympy.matrices.expressions import Identity, KroneckerProduct, MatrixSymbol, OneMatrix, Trace

import derivations
from derivations.chain import Derivation, Line
from derivations.component_printing import component_text
from derivations.components import Components, NoComponents, by_entries, components, scalar
from derivations.domain import Declaration, Domain
from derivations.evaluate import evaluate, number_of
from derivations.expressions import (
    Blocks,
    Family,
    SymmetricSymbol,
    add,
    diagonal,
    elementwise,
    index_product,
    index_sum,
    inverse,
    transpose,
)
from derivations.expressions import product as times
from derivations.fields import Unevaluable
from derivations.printing import used_names
from derivations.quantities import Norm
from derivations.small_steps import SMALL, is_small
from derivations.verification import Worlds, residual

CHAINS = [(name, title, chain) for name in derivations.names() for title, chain in derivations.get(name).parts]
IDS = [f"{name} {title}".strip() for name, title, _ in CHAINS]
#: what cannot be written by entries, and where it stands
REFUSED = {"Blocks": {"gaussian_process.block_factorisation", "gaussian_process.predict"}}


def worlds_to_try(chain: Derivation) -> list:
    """A world of small numbers in which every size is large, and one of random numbers in which one size is long."""
    worlds = Worlds(chain, generic=0 if chain.domain.sizes() else 1, seed=0).list
    sizes = [d.symbol for d in chain.domain.sizes()]
    if not sizes:
        return worlds[-2:]
    largest = max(range(len(worlds)), key=lambda at: (min(worlds[at].values[s] for s in sizes), -at))
    longest = max(range(len(worlds)), key=lambda at: (max(worlds[at].values[s] for s in sizes), -at))
    return [worlds[at] for at in sorted({largest, longest})]


def entries(value) -> list:
    return value if isinstance(value, list) else [[value]]


def entries_by_components(side, form: Components, world) -> list:
    """The values of one side of a component form, at every row and column."""
    ranges = [range(1, world.integer(size) + 1) for _, size in form.indices]
    found = []
    for place in product(*ranges):
        here = world
        for (symbol, _), at in zip(form.indices, place, strict=True):
            here = here.bind(symbol, at)
        found.append(number_of(evaluate(side, here)))
    return found


@pytest.mark.parametrize(("name", "title", "chain"), CHAINS, ids=IDS)
def test_component_form_has_the_value_of_the_entries(name, title, chain):
    worlds, tried, found = worlds_to_try(chain), 0, 0
    for line in chain.lines:
        form = components(line, chain)
        if form is None:
            continue
        found += 1
        for matrix, side in ((line.left, form.line.left), (line.right, form.line.right)):
            for world in worlds:
                tried += agree(matrix, side, form, world)
    assert tried or not found, f"{found} lines have component forms, and none had a value"


def agree(matrix, side, form, world) -> bool:
    try:
        expected = [x for row in entries(evaluate(matrix, world)) for x in row]
    except Unevaluable:
        return False
    shown = f"{component_text(side, form)} is not the entry of {matrix}"
    assert residual([expected], [entries_by_components(side, form, world)]) < 1e-40, shown
    return True


def test_what_has_no_component_form_is_known_by_name():
    refused = {}
    for name, _, chain in CHAINS:
        for line in chain.lines:
            try:
                by_entries(line, frozenset())
            except NoComponents as node:
                refused.setdefault(str(node), set()).add(name)
    assert refused == REFUSED


@pytest.mark.parametrize(("name", "title", "chain"), CHAINS, ids=IDS)
def test_letters_of_entries_are_no_names_of_the_chain(name, title, chain):
    symbols = [s for d in chain.domain.declarations for s in (d.symbol if isinstance(d.symbol, tuple) else (d.symbol,))]
    declared = {getattr(symbol, "name", str(symbol)) for symbol in symbols}
    names = declared.union(*(used_names(side) for line in chain.lines for side in (line.left, line.right)))
    for line in chain.lines:
        form = components(line, chain)
        if form is not None:
            assert not {symbol.name for symbol, _ in form.indices} & names
            assert names <= form.taken


# --- single nodes, as a reader knows them ---------------------------------------------------------

n, m, T = (Symbol(name, integer=True, positive=True) for name in ("n", "m", "T"))
t = Symbol("t", integer=True)
A, B, C = MatrixSymbol("A", n, n), MatrixSymbol("B", n, m), MatrixSymbol("C", m, n)
S, a, b = SymmetricSymbol("S", n), MatrixSymbol("a", n, 1), MatrixSymbol("b", n, 1)
h = Family("h", n)


def told(expression, taken=frozenset()) -> str:
    line, indices = by_entries(Line(expression, expression), frozenset(taken))
    return component_text(line.right, Components(line, indices, frozenset(taken)))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (transpose(A), "A[j,i]"),
        (times(transpose(A), a), "Σ[j=1..n] A[j,i]*a[j]"),
        (times(B, C), "Σ[k=1..m] B[i,k]*C[k,j]"),
        (times(a, transpose(b)), "a[i]*b[j]"),
        (times(diagonal(a), A), "A[i,j]*a[i]"),
        (times(A, diagonal(a)), "A[i,j]*a[j]"),
        (times(diagonal(a), diagonal(b)), "a[i]*b[i]*[i = j]"),
        (times(A, diagonal(a), A), "Σ[k=1..n] A[i,k]*A[k,j]*a[k]"),
        (diagonal(a), "a[i]*[i = j]"),
        (add(A, Identity(n)), "A[i,j] + [i = j]"),
        (inverse(A), "(A⁻¹)[i,j]"),
        (transpose(inverse(A)), "(A⁻ᵀ)[i,j]"),
        (elementwise(exp, a), "exp(a[i])"),
        (h[t + 1], "h[t + 1][i]"),
        (index_product(A, t, 1, T), "(Π→[j=1..T] A)[i,j]"),
        (times(OneMatrix(1, n), a), "Σ[i=1..n] a[i]"),
        (Trace(times(B, C)), "Σ[i=1..n] Σ[j=1..m] B[i,j]*C[j,i]"),
        (Trace(times(transpose(a), A, b)), "Σ[i=1..n] Σ[j=1..n] A[i,j]*a[i]*b[j]"),
        (Norm(a) ** 2, "Σ[i=1..n] a[i]**2"),
        (index_sum(Norm(h[t]), t, 1, T), "Σ[t=1..T] sqrt(Σ[i=1..n] h[t][i]**2)"),
    ],
)
def test_component_form_of(expression, expected):
    assert told(expression) == expected


def test_taken_letters_are_passed_over():
    assert told(times(transpose(A), a), {"i", "j"}) == "Σ[p=1..n] A[p,k]*a[p]"


@pytest.mark.parametrize("node", [KroneckerProduct(A, A), Blocks([A, B]), Trace(KroneckerProduct(A, A))])
def test_nodes_without_entries_are_refused_by_name(node):
    with pytest.raises(NoComponents, match=r"KroneckerProduct|Blocks"):
        by_entries(Line(node, node), frozenset())


def test_scalars_without_matrices_are_left_alone():
    x = Symbol("x", real=True)
    assert scalar(exp(x)) == exp(x)


def test_a_wrong_component_form_is_noticed():
    """The law is no tautology: a form whose transpose is lost does not pass."""
    declared = Declaration(n, "size", "size", 1, 2), Declaration(A, "matrix", "any"), Declaration(a, "matrix", "any")
    domain = Domain(declared)
    right, wrong = times(transpose(A), a), times(A, a)
    chain = Derivation("test.chain", "", "", domain, Line(right, right), ())
    form = components(Line(wrong, wrong), chain)
    with pytest.raises(AssertionError, match="is not the entry"):
        for world in worlds_to_try(chain):
            agree(right, form.line.right, form, world)


# --- small steps ----------------------------------------------------------------------------------


def test_every_small_rule_is_cited_somewhere():
    cited = {step.by.name for _, _, chain in CHAINS for step in chain.steps}
    assert cited >= SMALL


@pytest.mark.parametrize(("name", "title", "chain"), CHAINS, ids=IDS)
def test_what_is_asked_and_what_is_shown_is_never_small(name, title, chain):
    assert not is_small(chain, 1) and not is_small(chain, len(chain.lines))


def test_an_author_may_say_what_is_small():
    _, _, chain = next(entry for entry in CHAINS if entry[0] == "rnn.adjoint")
    assert [number for number in range(1, 13) if is_small(chain, number)] == [3, 9, 11]
    steps = list(chain.steps)
    steps[0], steps[1] = replace(steps[0], small=True), replace(steps[1], small=False)
    assert [number for number in range(1, 13) if is_small(replace(chain, steps=tuple(steps)), number)] == [2, 9, 11]
