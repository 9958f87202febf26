"""``python -m derivations gradient``: shapes declared or inferred, faults marked at their place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import __main__ as command
from derivations.parsing import ParseError
from derivations.shapes import describe_shapes, infer_shapes, read_shapes


def run(capsys, *arguments):
    """(exit status, standard output, standard error)."""
    try:
        status = command.main(arguments)
    except SystemExit as stop:
        status = stop.code
    out = capsys.readouterr()
    return status, out.out, out.err


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("log(det(X))", "X: n×n"),
        ("x.T*A*x", "A: n×n, x: n×1"),
        ("a.T*X*b", "X: n×m, a: n×1, b: m×1"),
        ("tr(A*X*B)", "A: n×m, B: p×n, X: m×p"),
        ("c.T*tanh(W*tanh(U*x))", "U: n×m, W: p×n, c: p×1, x: m×1"),
        ("log(det(X*X.T + A))", "A: n×n, X: n×m"),
        ("hadamard(u, v).T*w", "u: n×1, v: n×1, w: n×1"),
        ("tr(kron(A, X))", "A: n×n, X: m×m"),
        ("(y - X*w).T*(y - X*w)", "X: n×m, w: m×1, y: n×1"),
    ],
)
def test_shapes_are_what_the_formula_implies(text, shapes):
    assert describe_shapes(infer_shapes(text, {})) == shapes


@given(st.permutations(["A:n,m", "B:m,p", "C:p,n"]))
def test_declared_shapes_are_kept_whatever_their_order(parts):
    declared = read_shapes(" ".join(parts))
    assert infer_shapes("tr(A*B*C)", declared) == declared


@pytest.mark.parametrize("text", ["X", "X:", "X:n,m,p", "X:n;m", "1:n", "X:-1,2"])
def test_a_malformed_shape_is_named(text):
    with pytest.raises(ParseError, match="not of the form"):
        read_shapes(text)


def test_a_gradient_is_printed_line_by_line_with_verdicts(capsys):
    status, out, err = run(capsys, "gradient", "log(det(X))", "--wrt", "X")
    assert status == 0 and err == ""
    assert "shapes: X: n×n" in out and "= X⁻ᵀ" in out
    assert out.count("[PROVED]") == 3 and "SUPPORTED" not in out


def test_a_column_gets_its_jacobian(capsys):
    status, out, _ = run(capsys, "gradient", "tanh(A*x)", "--wrt", "x")
    assert status == 0 and "∂(tanh(A x))/∂xᵀ = diag(1 - tanh(A x)**2) A" in out, out


def test_symmetry_is_used(capsys):
    assert "= 2 A x" in run(capsys, "gradient", "x.T*A*x", "--wrt", "x", "--symmetric", "A")[1]
    assert "= 2 A x" not in run(capsys, "gradient", "x.T*A*x", "--wrt", "x")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("A*x", "--wrt", "x", "--shapes", "A:n,m x:p"),
            "cannot multiply A of shape n×m and x of shape p×1\nA*x\n ^",
        ),
        (("__import__('os').getcwd()", "--wrt", "X"), "cannot stand in a formula"),
        (("x.T*x", "--wrt", "x", "--symmetric", "Q"), "does not occur"),
        (("log(det(X)", "--wrt", "X"), "never closed"),
        (("", "--wrt", "X"), "empty"),
        (("9**9**9**9*x.T*x", "--wrt", "x"), "too large"),
        (("s*x.T*x", "--wrt", "s", "--scalars", "s"), "declared a number"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_place_and_no_traceback(capsys, arguments, said):
    status, out, err = run(capsys, "gradient", *arguments)
    assert status == 2 and out == "" and said in err and "Traceback" not in err, err


@given(st.text(alphabet="XaxT.*+-()/^,0123456789 tranhlogdeivkom", max_size=30))
def test_any_text_gets_shapes_or_a_parse_error(text):
    try:
        infer_shapes(text, {})
    except ParseError as problem:
        assert str(problem)
