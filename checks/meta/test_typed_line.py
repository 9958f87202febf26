"""Lines of the chains as readers type them: what a line says itself agrees with it, and what is falsified differs."""

import os
import re

import pytest
from sympy import Basic, MatrixSymbol
from sympy.matrices.expressions import Identity, OneMatrix

import derivations
from derivations.expressions import substitute
from derivations.parsing import ParseError
from derivations.typed_line import Notation, check_line, legend, pieces, place_of, stand_in

# what SymPy prints, and how it is typed
TYPED = {
    "HadamardProduct": "hadamard", "DiagMatrix": "diag", "Trace": "tr", "Determinant": "det", "Norm": "norm",
    "Inner": "dot", "Abs": "abs", "Max": "max", "Min": "min", r"\*\*\(-1\)": "^-1",
}  # fmt: skip


def labels(name: str) -> list[str]:
    """Of the lines of a derivation that follow from the one before."""
    numbered, number = [], 0
    for _, part in derivations.get(name).parts:
        for position in range(len(part.lines)):
            number += 1
            if position:
                numbered.append(f"{name}.{number}")
    return numbered


LABELS = [label for name in derivations.names() for label in labels(name)]


def typed(label: str) -> str:
    """The line in its own notation."""
    notation = Notation(place_of(label))
    short = {piece: stand_in(name, piece) for name, piece in notation.names.items()}
    parts = [written(substitute(part, short)) for part in notation.parts]
    return f"{notation.operator.name}({', '.join(parts)})" if notation.operator else parts[0]


def written(expression: Basic) -> str:
    """As SymPy prints it, in the notation of the reader of formulas."""
    sized = expression.atoms(Identity, OneMatrix)
    text = str(expression.xreplace({m: MatrixSymbol(call_for(m), *m.shape) for m in sized}))
    for printed, instead in TYPED.items():
        text = re.sub(rf"{printed}", instead, text)
    return text


def call_for(matrix) -> str:
    return f"eye({matrix.rows})" if isinstance(matrix, Identity) else f"ones({matrix.rows}, {matrix.cols})"


EVERY = 12
"""Of the lines, so many apart; all of them by `make test-more`."""
TRIED = LABELS if os.environ.get("HYPOTHESIS_PROFILE") == "more" else LABELS[::EVERY]


@pytest.mark.parametrize("label", TRIED)
def test_a_line_typed_as_it_is_agrees_and_a_falsified_one_differs(label):
    text = typed(label)
    try:
        found = check_line(label, text)
    except ParseError as problem:
        pytest.skip(f"SymPy prints this line as no reader types it: {problem.message}")
    assert not found.refuted, f"{label} as {text}: {found.counterexample}"
    assert found.points >= 3
    wrong = f"1001/1000*({text})"
    assert not found.nonzero or check_line(label, wrong).refuted, f"{label} as {wrong}"


def test_nearly_every_line_can_be_typed():
    """Those that cannot are ones for which SymPy prints what is no formula of the reader's."""
    unread = [label for label in LABELS if not can_be_read(label)]
    assert len(unread) <= len(LABELS) / 100, unread


def can_be_read(label: str) -> bool:
    try:
        Notation(place_of(label)).read(typed(label))
    except ParseError:
        return False
    return True


@pytest.mark.parametrize("label", TRIED)
def test_the_reader_is_told_every_name_that_is_needed(label):
    told = {entry["name"].partition("(")[0] for entry in legend(label)}
    notation = Notation(place_of(label))
    needed = {piece for part in notation.parts for piece in pieces(part)}
    assert needed <= set(notation.names.values()) and set(notation.names) <= told
    assert notation.operator is None or notation.operator.name in told


@pytest.mark.parametrize(
    ("label", "text", "said"),
    [
        ("rnn.grad_U.3", "sum(nonsense)", "unknown name nonsense"),
        ("rnn.grad_U.3", "sum(q1, q1)", "sum takes 1 argument, not 2"),
        ("rnn.grad_U.3", "integral(q1)", "there is no function integral"),
        ("rnn.grad_U.3", "", "empty"),
        (labels("rnn.adjoint")[-1], "1", "another shape"),
    ],
)
def test_what_cannot_be_read_is_said(label, text, said):
    with pytest.raises(ParseError, match=re.escape(said)):
        check_line(label, text)


@pytest.mark.parametrize("label", ["rnn.grad_U.99", "rnn.nothing.1"])
def test_there_is_no_such_line(label):
    with pytest.raises(LookupError):
        check_line(label, "1")
