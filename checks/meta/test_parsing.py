"""The formula reader: what it accepts, how it marks a fault, and that no text runs, hangs or breaks it."""

import time

import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sympy import MatrixSymbol, Rational, Symbol, exp, tanh

from derivations.expressions import add, diagonal, elementwise, hadamard, inverse, product, scale, transpose
from derivations.parsing import FUNCTIONS, ParseError, parse

n = Symbol("n", integer=True, positive=True)
m = Symbol("m", integer=True, positive=True)
U, A = MatrixSymbol("U", n, n), MatrixSymbol("A", n, m)
u, v = MatrixSymbol("u", n, 1), MatrixSymbol("v", n, 1)
SHAPES = {"U": ("n", "n"), "A": ("n", "m"), "u": ("n", 1), "v": ("n", 1), "s": (1, 1)}
x, y = Symbol("x", real=True), Symbol("y", real=True)
p = Symbol("p", positive=True)

SCALARS = {
    "x + 2*y - 1": x + 2 * y - 1,
    "-x^2": -(x**2),
    "-x**2": -(x**2),
    "2^3^2": 512,
    "2**-x": 2**-x,
    "x - y - x": -y,
    "x / y / 2": x / y / 2,
    "0.1": Rational(1, 10),
    "2.5e-3": Rational(1, 400),
    ".5": Rational(1, 2),
    "3": 3,
    "exp(-(x-y)**2/2)": exp(-((x - y) ** 2) / 2),
    "sqrt(p)*pi": sympy.sqrt(p) * sympy.pi,
    "ln(p) + log(p)": 2 * sympy.log(p),
    "abs(x)": abs(x),
    "sigmoid(x)": 1 / (1 + exp(-x)),
    "2·x × y − 1": 2 * x * y - 1,
    "x\n  + y": x + y,
    "x.T": x,
    "n*x": n * x,
}


@pytest.mark.parametrize("text", SCALARS)
def test_scalars(text):
    assert parse(text, SHAPES, real=("x", "y"), positive=("p",)) == SCALARS[text]


MATRICES = {
    "U*v": product(U, v),
    "U@v": product(U, v),
    "U.T*v": product(transpose(U), v),
    "U^T*v": product(transpose(U), v),
    "Uᵀ*v": product(transpose(U), v),
    "(U*A).T": product(transpose(A), transpose(U)),
    "u + U.T*hadamard(u, v)": add(u, product(transpose(U), hadamard(u, v))),
    "u + U.T*diag(u)*v": add(u, product(transpose(U), diagonal(u), v)),
    "tanh(U*v)": elementwise(tanh, product(U, v)),
    "inv(U)*v": product(inverse(U), v),
    "U^-1*v": product(inverse(U), v),
    "U^2": product(U, U),
    "U^0*v": v,
    "-U/2": scale(Rational(-1, 2), U),
    "x*U*2": scale(2 * x, U),
    "U - U + U": U,
    "transpose(A)": transpose(A),
}


@pytest.mark.parametrize("text", MATRICES)
def test_matrices(text):
    assert parse(text, SHAPES, real=("x",)) == MATRICES[text]


@pytest.mark.parametrize(
    "text",
    [
        "u.T*v",
        "u.T*U*v/2",
        "tr(U)",
        "det(2*U)",
        "s",
        "s + u.T*v*x",
        "exp(u.T*v)",
        "log(det(U*U.T))",
        "1/(u.T*u)",
    ],
)
def test_one_by_one_is_a_scalar(text):
    assert not parse(text, SHAPES).is_Matrix


def test_a_scalar_product_may_stand_anywhere():
    assert parse("u.T*v*U", SHAPES).shape == parse("U*(u.T*v)", SHAPES).shape == (n, n)


FAULTS = {
    # text: what the message says, what the carets mark
    "u*v": ("hadamard(u, v)", "*"),
    "A*u": ("cannot multiply A of shape n×m and u of shape n×1", "*"),
    "U + u": ("cannot add U of shape n×n and u of shape n×1", "+"),
    "U + 1": ("cannot add U of shape n×n and the scalar 1", "+"),
    "tanh(U*u) + A*A.T": ("cannot add tanh(U*u) of shape n×1 and A*A.T", "+"),
    "A^2": ("hadamard(A, A)", "^"),
    "U^x": ("must be an integer", "^"),
    "x/U": ("inv(", "U"),
    "hadamard(u, v.T)": ("of one shape", "hadamard(u, v.T)"),
    "hadamard(u)": ("takes 2 arguments or more, not 1", "hadamard(u)"),
    "diag(U)": ("takes a column", "diag(U)"),
    "tr(A)": ("square", "tr(A)"),
    "hadamrd(u, v)": ("did you mean hadamard?", "hadamrd"),
    "exp": ("write exp(…)", "exp"),
    "2x": ("perhaps *", "x"),
    "(x + 1": ("never closed", "("),
    "x + 1)": ("closes nothing", ")"),
    "x +": ("missing at the end", " "),
    "x ++* y": ("not expected", "*"),
    "x = 2": ("right-hand side", "="),
    "x[0]": ("round brackets", "["),
    "u'": ("A.T", "'"),
    "\\exp(x)": ("LaTeX", "\\"),
    "x.real": ("only T", "."),
    "9**9**9": ("too large", "**"),
    "exp(exp(exp(9)))": ("too large", "exp(exp(exp(9)))"),
    "1e999": ("too long", "1e999"),
    "1/0": ("no finite value", "0"),
    "log(0)": ("no finite value", "log(0)"),
    "sqrt(-1)": ("not a real number", "sqrt(-1)"),
    "": ("empty", None),
    "(" * 60 + "x" + ")" * 60: ("nested deeper", "("),
    "-" * 100 + "x": ("nested deeper", "-"),
    "x" * 3000: ("longer than", None),
}


@pytest.mark.parametrize("text", FAULTS)
def test_faults_are_explained_and_marked(text):
    message, marked = FAULTS[text]
    with pytest.raises(ParseError) as caught:
        parse(text, SHAPES)
    assert message in caught.value.message
    line, carets = caught.value.display().split("\n")
    place = slice(carets.index("^"), len(carets))
    assert marked is None or line[place].strip() in marked or line[place] == ""


def test_unknown_names_are_refused_where_names_are_known():
    with pytest.raises(ParseError, match="the names here are x1"):
        parse("x2", real=("x1",), known=())
    assert parse("z") == Symbol("z")


@pytest.mark.parametrize(
    "text", ["__import__('os').system('true')", "().__class__", "lambda: 0", "open(x)", "eval(x)"]
)
def test_python_is_not_a_formula(text):
    with pytest.raises(ParseError):
        parse(text)


PIECES = st.sampled_from(
    [
        *"xypUAuvs",
        *FUNCTIONS,
        *"+-*/^@(),.",
        "**",
        ".T",
        "^T",
        "0",
        "1",
        "2",
        "9",
        "0.1",
        "1e9",
        "999999",
        "pi",
        " ",
    ]
)
TEXTS = st.text(max_size=60) | st.lists(PIECES, max_size=30).map("".join)
ATOMS = st.sampled_from(["x", "p", "U", "A", "u", "s", "2", "1000", "0.1", "1e9", "1e30", "pi"])


def _larger(inner):
    operators = st.sampled_from(["+", "-", "*", "/", "**", "^"])
    pairs = st.tuples(inner, operators, inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})")
    return pairs | st.tuples(st.sampled_from(FUNCTIONS), inner).map(lambda t: f"{t[0]}({t[1]})")


@settings(max_examples=250)
@given(TEXTS | st.recursive(ATOMS, _larger, max_leaves=12))
@example("((2**900)**900)**900")
@example("exp(10**9*log(2))")
@example("((2**(1000*p))**(1/p))**1000")
@example("gamma(10**9)")
def test_any_text_is_a_formula_or_a_marked_fault_and_soon(text):
    began = time.perf_counter()
    try:
        parse(text, SHAPES, real=("x", "y"), positive=("p",), known=())
    except ParseError as problem:
        assert "^" in problem.display()
    assert time.perf_counter() - began < 5
