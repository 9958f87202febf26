"""The formula reader: what it accepts, how it marks a fault, and that no text runs, hangs or breaks it."""

import time

import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sympy import MatrixSymbol, Rational, Symbol, exp, tanh
from sympy.matrices.expressions import OneMatrix

from checks.equality import read_pair
from derivations.expressions import add, diagonal, elementwise, hadamard, inverse, product, scale, transpose
from derivations.parsing import FUNCTIONS, ParseError, RealTrace, parse

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
    "½*x² − x⁻¹": x**2 / 2 - 1 / x,
    "√p + √(x*x)": sympy.sqrt(p) + abs(x),
    "2·π": 2 * sympy.pi,
    "exp(0.123*log(p))": p ** Rational(123, 1000),
    "exp(65*log(p))": p**65,
    "exp(x*log(1000))": exp(x * sympy.log(1000)),
    "(1 + x/1000)^1000": (1 + x / 1000) ** 1000,
    "x^0.123456789": x ** Rational(123456789, 10**9),
    "cbrt(-8) + cbrt(0)": -2,
    "cbrt(x)": sympy.sign(x) * abs(x) ** Rational(1, 3),
    "σ(x)": 1 / (1 + exp(-x)),
    "sech(x)": 1 / sympy.cosh(x),
    "hypot(3, 4)": 5,
    "logaddexp(x, y)": sympy.log(exp(x) + exp(y)),
    "beta(2, 3)": Rational(1, 12),
    "Phi(0)": Rational(1, 2),
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
    "U⁻¹*v": product(inverse(U), v),
    "U⁻ᵀ*v": product(inverse(transpose(U)), v),
    "1 - hadamard(u, u)": add(OneMatrix(n, 1), scale(-1, hadamard(u, u))),
    "1 + u - 2": add(u, scale(-1, OneMatrix(n, 1))),
    "u^2": hadamard(u, u),
    "u·v·u": scale(RealTrace(product(transpose(u), v)), u),
    "U·U·v": product(U, U, v),
    "cbrt(u)": elementwise(lambda e: sympy.sign(e) * abs(e) ** Rational(1, 3), u),
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
    "u + x": ("cannot add u of shape n×1 and the scalar x", "+"),
    "1 + u.T": ("cannot add the scalar 1 and u.T of shape 1×n", "+"),
    "1 + x + u": ("cannot add", "+"),
    "u^(1/2)": ("only a square matrix has powers", "^"),
    "√x²": ("inside the root", "²"),
    "sinc(x)": ("sin(x)/x or", "sinc"),
    "hypot(u, v)": ("takes numbers", "hypot(u, v)"),
    "beta(x)": ("takes 2 arguments", "beta(x)"),
    "zzz(x)": ("there are abs, acos", "zzz"),
    "exp(10^9*log(3))": ("too large", "exp(10^9*log(3))"),
    "exp(10^9*x*log(3))": ("too large", "exp(10^9*x*log(3))"),
    "2^x*2^(10^30-x)": ("too large", "^"),
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


def test_greek_letters_are_their_names_whichever_is_declared():
    for declared_as in ("λ", "lambda"):
        number = Symbol(declared_as, real=True)
        assert parse("λ*x", real=(declared_as,)) == parse("lambda*x", real=(declared_as,)) == number * Symbol("x")
    assert parse("x₁ + x_1", real=("x1",)) == 2 * Symbol("x1", real=True)


REFUSED = {
    # a formula beside x + y: what the message says, what the carets mark
    r"\operatorname{foo}(x)": ("there is no function foo", r"\operatorname"),
    r"\operatorname{foo}^2 x": ("there is no function foo", r"\operatorname"),
    r"\mathrm{softmx}(x)": ("did you mean", r"\mathrm"),
    r"\operatorname{sinc}(x)": ("sin(x)/x or", r"\operatorname"),
    r"\log^{-1}(x)": ("may be the inverse", r"\log"),
    r"\|A\|_2": ("Frobenius norm is", r"\|"),
    r"\|u\|_1": ("only the Euclidean", "_"),
    r"\|u\|_\infty": ("only the Euclidean", "_"),
    r"A^*": ("for the transpose", "*"),
    r"\langle u, v": ("never closed", r"\langle"),
    r"\langle u\rangle": ("not read here", r"\rangle"),
    "2 x + f(y)": ("there is no function f", "f"),
    "max x": ("in brackets", "max"),
    r"1/y(x + 1)\,": ("below the / too", "("),
    "√2u": ("inside the root", "u"),
    "3½": ("sum or a product", "½"),
    r"\log p(u)": ("there is no function p", "p"),
    r"\mathbb{E}[u]": ("there is no function E", r"\mathbb"),
    r"v^{(1)}": ("index or a power", "("),
    "log2x": ("in brackets", "log2x"),
    "exp -x": ("write exp(…)", "exp"),
    "∥u": ("never closed", "∥"),
    r"1 + \frac{1}{}": ("missing", "}"),
    r"{}": ("missing", ""),
    r"\frac0.5 u": ("in braces", "0.5"),
    r"\alpha^0.5": ("in braces", "0.5"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_might_be_misread_is_refused(text):
    message, marked = REFUSED[text]
    with pytest.raises(ParseError) as caught:
        read_pair("x + y", text, shapes=SHAPES)
    assert message in caught.value.message
    line, carets = caught.value.display().split("\n")
    place = slice(carets.index("^"), len(carets))
    assert line[place].strip() in marked or marked in line[place]


def test_letters_are_split_into_names_of_the_other_formula_only():
    one, other = read_pair("gp*x + dL + xy", "y*x + gp + dL")
    assert {s.name for s in one.symbols} == {"gp", "dL", "x", "y"} == {s.name for s in other.symbols}
    one, other = read_pair("AB", "A", shapes={"A": ("n", "n"), "B": ("n", "n")})
    assert one.shape == other.shape


LATEX_PIECES = st.sampled_from(
    [
        *"xypUAuvTe^_*/+-(){}|,.2!'",
        *("\\frac", "\\sqrt", "[3]", "\\langle", "\\rangle", "\\cdot", "\\left.", "\\right)", "\\|", "\\Phi"),
        *("\\operatorname{erf}", "^{-1}", "^{\\top}", "\\ast", "_{t-1}", "\\log", "{}", "xy", "sinx", "TA", "log_"),
        *("√", "½", "²", "⁻¹", "ᵀ", "∥", "λ", "σ(", "cos ", "||", " ", "**", ".T", "1e3"),
    ]
)


@settings(max_examples=250)
@given(st.text(max_size=40) | st.lists(LATEX_PIECES, max_size=25).map("".join))
@example("x^" * 300 + "x")
@example("√" * 300 + "x")
@example("{}" * 300)
@example("xy" * 900)
@example("|" * 300)
@example("x_" * 300)
@example("x/" * 300 + "x")
@example("\\langle" * 200)
@example("sin^" * 200)
@example("\\sqrt[3]{" * 100)
def test_any_pair_is_read_or_a_marked_fault_and_soon(text):
    began = time.perf_counter()
    for other in ("x*y + lambda", text):
        try:
            read_pair(text, other, real=("x",), positive=("p",), shapes=SHAPES)
        except ParseError as problem:
            assert "^" in problem.display()
    assert time.perf_counter() - began < 5


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
@example("exp(10**9*log(3)*p)**(1/p)")
@example("12^(99999999/100000007)")
@example("2^x*2^(10^39-x)")
@example("lgamma(10^5)*gamma(5000)^2")
@example("exp(exp(13))^(10^6)")
def test_any_text_is_a_formula_or_a_marked_fault_and_soon(text):
    began = time.perf_counter()
    try:
        parse(text, SHAPES, real=("x", "y"), positive=("p",), known=())
    except ParseError as problem:
        assert "^" in problem.display()
    assert time.perf_counter() - began < 5
