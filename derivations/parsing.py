"""Text to a formula: a small grammar, read token by token; the text is never evaluated as code.

    sum      a + b - c
    product  a * b / c,  A @ B        between matrices, the matrix product
    power    a ** b,  a ^ b           binds tighter than a sign, and to the right: -x^2^n is -(x^(2^n))
    suffix   A.T, Aᵀ                  the transpose
    call     exp(x), hadamard(u, v)   of the functions in the two tables below, and of no others
    number   2, 0.5, 1e-3             exact rationals
    signs    x², A⁻¹, ½, √x           powers, fractions, and the root of what stands next
    λ, x₁                             the names lambda, x_1, whichever is declared

A function of one number is applied to every entry of a matrix.  A whole power of a column, e to a column
and the sum of a number and a column are taken entry by entry too; u·v of two columns is their inner
product.  A 1x1 product is a scalar, so ``x.T*A*x / 2`` needs no index.

cbrt is the real root, of negative numbers too; x^(1/3) has none of those.  sigma(x), psi(x), Gamma(x),
Phi(x) and beta(x, y) are the sigmoid, digamma, gamma, the distribution function of the standard normal
and the beta function, unless these names are declared.

Whatever cannot be read, does not fit, or would be too large to compute is a `ParseError` with its place
marked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from math import log2

import sympy
from sympy import Add, Expr, Integer, MatrixSymbol, Mul, Pow, Rational, Symbol
from sympy.matrices.expressions import Determinant, Identity, KroneckerProduct, OneMatrix, Trace

from .expressions import (
    ShapeError,
    Vec,
    add,
    diagonal,
    elementwise,
    equal_size,
    hadamard,
    inverse,
    is_matrix,
    product,
    scale,
    shape,
    split_coefficient,
    transpose,
)

LONGEST_TEXT = 2000
LONGEST_NUMBER = 40
LARGEST_SCALE = 400
DEEPEST_NESTING = 40
LARGEST_MATRIX_POWER = 20
MOST_LISTED = 12
LARGEST_EXPONENT = 10**6
LARGEST_DEGREE = 2**17
MOST_BITS = 2**13
MOST_SPLIT_BITS = 2**19
"""Of a root or a symbolic power of a number, of which SymPy writes out less than might be."""
LARGEST_VALUE_BITS = 2**16
LARGEST_GAMMA = 5001
LARGEST_LOG_GAMMA = 10**5
MOST_WRITTEN_GAMMA = 100
LARGEST_LOGARITHM = 10**10_000
TOO_LARGE = "this power is too large to compute"
MANY = 0
"""The number of arguments of a function that takes two or more."""
NO_OPERATION = "an operation is missing here, perhaps *"


class ParseError(ValueError):
    """A text that is no formula; `start` and `end` delimit the place, in characters of `text`.

    `sizes`: where shapes do not fit, the pairs of sizes that would have to be equal.
    """

    def __init__(self, message: str, text: str = "", start: int = 0, end: int = 0, sizes: tuple = ()):
        super().__init__(message)
        self.message, self.text, self.sizes = message, text, sizes
        self.start, self.end = start, max(end, start + 1)

    def display(self, width: int = 100) -> str:
        """Two lines: the line of the text that holds the place, and carets under the place."""
        first = self.text.rfind("\n", 0, self.start) + 1
        left = max(first, self.start - width // 2)
        line = self.text[left:].split("\n", 1)[0][:width]
        carets = max(1, min(self.end - self.start, len(line) - (self.start - left)))
        shown = "".join(c if c.isprintable() else " " for c in line)
        return f"{shown}\n{' ' * (self.start - left)}{'^' * carets}"

    def __str__(self) -> str:
        return f"{self.message}\n{self.display()}"


def parse(
    text: str,
    shapes: Mapping[str, tuple] | None = None,
    real: Collection[str] = (),
    positive: Collection[str] = (),
    known: Collection[str] | None = None,
) -> Expr:
    """The SymPy expression that `text` denotes: a scalar, or a matrix expression that is not 1x1.

    `shapes`: name -> (rows, columns) of each matrix, integers or names of sizes; a size becomes a
    positive integer symbol.  `real`, `positive`: scalars so assumed.  `known`: if given, no scalar
    may occur but these and the declared ones.  Raises `ParseError`.
    """
    names = declared(shapes or {}, real, positive)
    for name in known or ():
        names.setdefault(name, Symbol(name))
    return Reader(text, names, closed=known is not None).formula()


def declared(shapes: Mapping[str, tuple], real=(), positive=()) -> dict[str, Expr]:
    """Each declared name with its symbol; sizes are among them."""
    names: dict[str, Expr] = {name: Symbol(name, real=True) for name in real}
    names |= {name: Symbol(name, positive=True) for name in positive}
    for name, dimensions in shapes.items():
        rows, cols = map(size, dimensions)
        names |= {s.name: s for s in (rows, cols) if s.is_Symbol}
        names[name] = MatrixSymbol(name, rows, cols)
    return names


def size(dimension) -> Expr:
    """A dimension as SymPy has it: an integer, or the positive integer symbol of that name."""
    if isinstance(dimension, str) and not dimension.isdecimal():
        return Symbol(dimension, integer=True, positive=True)
    return dimension if isinstance(dimension, Expr) else Integer(dimension)


# --- tokens -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Token:
    """A piece of the text; `kind` is number, name, symbol or end."""

    kind: str
    text: str
    start: int
    end: int


RAISED_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8"}
UNNAMED = f"ᵀ{RAISED_DIGITS}{''.join(VULGAR)}"
"""Characters that Python takes for those of a word."""
NUMBER = r"(?P<number>(?:[0-9]+(?:\.(?!T\b)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
NAME = rf"[^\W\d{UNNAMED}][^\W{UNNAMED}]*"
SIGNS = rf"(?P<raised>[⁺⁻]?[{RAISED_DIGITS}]+|⁻?ᵀ)|(?P<fraction>[{''.join(VULGAR)}])"
TOKEN = re.compile(rf"{NUMBER}|(?P<name>{NAME})|{SIGNS}|(?P<symbol>\*\*|\.T\b|[-+*/@^(),−·×√])")
SAME = {"^": "**", "@": "*", "×": "*", "−": "-"}
TRANSPOSED = {"ᵀ": ".T", "⁻ᵀ": ".T ** ( - 1 )"}
ASCII = str.maketrans(dict(zip(RAISED_DIGITS + "⁻⁺", "0123456789-+", strict=True)))
LOWERED = re.compile("[₀-₉]+")


def words(text: str) -> list[str]:
    return text.split()


GREEK_NAMES = words(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi "
    "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", GREEK_NAMES, strict=True))
HINTS = {
    "∘": "for the entrywise product write hadamard(u, v)",
    "⊙": "for the entrywise product write hadamard(u, v)",
    "⊗": "for the Kronecker product write kron(A, B)",
    "'": "for the transpose write A.T",
    "=": "give the right-hand side only",
    ".": "after a dot only T, the transpose, can follow",
    "{": "use round brackets",
    "[": "use round brackets; lists and indices are not part of a formula",
    "\\": "LaTeX is not read here; write exp(x), not \\exp(x)",
}


def tokens(text: str) -> list[Token]:
    """The pieces of `text`, an end token last; raises `ParseError` at a character of no piece."""
    if len(text) > LONGEST_TEXT:
        raise ParseError(f"the formula is longer than {LONGEST_TEXT} characters", text, LONGEST_TEXT)
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None and not text[at].isspace():
            hint = f": {HINTS[text[at]]}" if text[at] in HINTS else ""
            raise ParseError(f"{shown(text[at])} cannot stand in a formula{hint}", text, at)
        if match:
            found += [Token(kind, piece, *match.span()) for kind, piece in read_piece(match)]
        at = match.end() if match else at + 1
    after = len(text.rstrip())
    return [*found, Token("end", "", after, after + 1)]


def read_piece(match: re.Match) -> list[tuple[str, str]]:
    """(kind, text) of the tokens that a piece stands for: several for x² and ½."""
    kind, piece = match.lastgroup, match.group()
    if kind == "raised":
        piece = TRANSPOSED.get(piece) or f"** ( {piece.translate(ASCII).replace('-', '- ').replace('+', '+ ')} )"
    elif kind == "fraction":
        piece = "( {} / {} )".format(*VULGAR[piece].split("/"))
    elif kind == "name":
        return [(kind, normal_name(piece))]
    else:
        return [(kind, SAME.get(piece, piece))]
    return [("number" if part.isdecimal() else "symbol", part) for part in piece.split()]


def normal_name(name: str) -> str:
    """The name without variants of characters; x₁ is x_1."""
    return unicodedata.normalize("NFKC", LOWERED.sub(r"_\g<0>", name))


def respelt(pieces: list[Token], names: Collection[str]) -> list[Token]:
    """The tokens with each name as it was declared: λ and lambda are one name, and so are x₁, x_1 and x1."""
    by_form = {ascii_form(name): name for name in names}
    return [replace(p, text=spelling(p.text, names, by_form)) if p.kind == "name" else p for p in pieces]


SHORTENED = {"lambda": "lam"}
"""Greek letters whose names are words of Python, and what is declared instead."""


def spelling(name: str, names: Collection[str], by_form: Mapping[str, str]) -> str:
    if name in names:
        return name
    form = ascii_form(name)
    unindexed = re.sub(r"(?<=[^\W\d_])_(?=\d+$)", "", form)
    return by_form.get(form) or by_form.get(unindexed) or by_form.get(SHORTENED.get(form)) or form


def ascii_form(name: str) -> str:
    """The name with its Greek letters by their names, and x₁ as x_1."""
    return name if name.isascii() else "".join(GREEK.get(c, c) for c in normal_name(name))


def shown(character: str) -> str:
    """A character as a message can show it."""
    return f"“{character}”" if character.isprintable() else f"the character U+{ord(character):04X}"


# --- sizes: nothing that SymPy would compute for minutes is built --------------------------------


def largest_number(expression: Expr) -> int:
    """The largest numerator or denominator among the numbers in `expression`, at least 1."""
    return max((max(abs(x.p), x.q) for x in expression.atoms(Rational)), default=1) or 1


def largest_exponent(expression: Expr) -> float:
    """The largest size of a coefficient in an exponent, at least 1: 3 for x**(3*y) + x**(1/2)."""
    exponents = [p.exp for p in expression.atoms(Pow, sympy.exp)]
    return max((abs(float(x)) for e in exponents for x in e.atoms(Rational)), default=1) or 1


def magnitude(expression: Expr) -> Expr | float:
    """The size of an expression without symbols, infinite where it cannot be told; 0 for any other."""
    if not expression.is_number:
        return 0.0
    try:
        found = abs(expression.evalf(15))
        return found if found.is_Float or found.is_Rational else abs(float(found))
    except TypeError:
        raise ParseError("this is not a real number") from None
    except (ValueError, OverflowError, ArithmeticError):
        return float("inf")


def written_bits(base: Expr, exponent: Expr) -> float:
    """The bits of the numbers that SymPy writes out in base**exponent; a sum with symbols is left as it is.

    Exponents meet, as in (2**(1000*p))**(1/p).  Of 12**(p/q) SymPy may write out the q-th power.
    """
    if base.is_Pow:
        return written_bits(base.base, base.exp * exponent)
    if isinstance(base, sympy.exp):
        return bits_of_exponential(base.args[0] * exponent)
    if base.is_Mul:
        return max(written_bits(factor, exponent) for factor in base.args)
    return log2(largest_number(base)) * times(exponent) if base.is_number else 0


def times(exponent: Expr) -> float:
    """How many bits a bit of the base becomes, against what is allowed to an integer power."""
    if exponent.is_Integer:
        return abs(int(exponent))
    return largest_number(exponent) * MOST_BITS / MOST_SPLIT_BITS


def bits_of_exponential(x: Expr) -> float:
    """Those that SymPy writes out in exp(x): exp(3*log(2)) is 8, and exp(3*log(x)) is x**3."""
    found = 0
    for term in Add.make_args(x):
        factors = Mul.make_args(term)
        for log in (f for f in factors if isinstance(f, sympy.log)):
            found = max(found, written_bits(log.args[0], term / log))
    return found


def power(base: Expr, exponent: Expr) -> Expr:
    """base**exponent, unless SymPy would write out a number of more than `MOST_BITS` bits."""
    size = magnitude(exponent)
    if size > LARGEST_EXPONENT or (size > 2 and largest_exponent(base) * size > LARGEST_DEGREE):
        raise ParseError(TOO_LARGE)
    if exponent.is_Rational and abs(exponent) <= 2 and exponent.q <= 2:
        return base**exponent
    if written_bits(base, exponent) > MOST_BITS:
        raise ParseError(TOO_LARGE)
    return base**exponent


def bounded(function: Callable, bound: float) -> Callable[[Expr], Expr]:
    """A function of one number; a constant argument beyond the bound is refused before it is computed."""

    def apply(x: Expr) -> Expr:
        if magnitude(x) > bound:
            name = getattr(function, "__name__", "this function")
            raise ParseError(f"the argument of {name} is too large to compute")
        return function(x)

    return apply


def exponential(x: Expr) -> Expr:
    """exp(x), unless SymPy would write out a power that is too large."""
    if bits_of_exponential(x) > MOST_BITS:
        raise ParseError("this exponential is too large to compute")
    return bounded(sympy.exp, LARGEST_EXPONENT)(x)


def log_gamma(x: Expr) -> Expr:
    """SymPy would write out the factorial of a whole number, of more digits than one computes with."""
    whole = x.is_Integer and x > MOST_WRITTEN_GAMMA
    return bounded(partial(sympy.loggamma, evaluate=not whole), LARGEST_LOG_GAMMA)(x)


def logarithm(base: int) -> Callable[[Expr], Expr]:
    return lambda x: bounded(sympy.log, LARGEST_LOGARITHM)(x) / sympy.log(base)


def odd_root(x: Expr, degree: Expr) -> Expr:
    """The real root, which a negative number has as well."""
    if x.is_nonnegative:
        return power(x, 1 / degree)
    if x.is_nonpositive:
        return -power(-x, 1 / degree)
    return bounded(sympy.sign, LARGEST_LOGARITHM)(x) * power(sympy.Abs(x), 1 / degree)


def normal_distribution(x: Expr) -> Expr:
    """The distribution function of the standard normal."""
    return (1 + bounded(sympy.erf, 10**6)(x / sympy.sqrt(2))) / 2


CIRCULAR = ("sin", "cos", "tan", "asin", "acos", "atan", "erf", "erfc", "erfi", "erfinv")
HYPERBOLIC = ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh")
ARC = {f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan")}
ARC |= {f"ar{name}": f"a{name}" for name in ("sinh", "cosh", "tanh")}
ARC |= {f"arc{name}": f"a{name}" for name in ("sinh", "cosh", "tanh")}
SCALAR_FUNCTIONS: dict[str, Callable[[Expr], Expr]] = {
    "exp": exponential,
    "log": bounded(sympy.log, LARGEST_LOGARITHM),
    "ln": bounded(sympy.log, LARGEST_LOGARITHM),
    "sqrt": lambda x: power(x, Rational(1, 2)),
    "abs": bounded(sympy.Abs, 10**300),
    "sign": bounded(sympy.sign, 10**300),
    **{name: bounded(getattr(sympy, name), 10**6) for name in CIRCULAR},
    **{name: bounded(getattr(sympy, name), 10**4) for name in HYPERBOLIC},
    **{name: bounded(getattr(sympy, short), 10**4) for name, short in ARC.items()},
    "log1p": lambda x: bounded(sympy.log, LARGEST_LOGARITHM)(1 + x),
    "log2": logarithm(2),
    "log10": logarithm(10),
    "expm1": lambda x: exponential(x) - 1,
    "gamma": bounded(sympy.gamma, LARGEST_GAMMA),
    **{name: log_gamma for name in ("loggamma", "lgamma", "gammaln")},
    "digamma": bounded(sympy.digamma, LARGEST_GAMMA),
    "factorial": lambda x: bounded(sympy.gamma, LARGEST_GAMMA)(x + 1),
    "dawson": lambda x: sympy.sqrt(sympy.pi) / 2 * exponential(-(x**2)) * bounded(sympy.erfi, 100)(x),
    **{name: lambda x: sympy.Max(0, x) for name in ("relu", "ReLU")},
    "logit": lambda x: bounded(sympy.log, LARGEST_LOGARITHM)(x / (1 - x)),
    "sigmoid": lambda x: 1 / (1 + exponential(-x)),
    "expit": lambda x: 1 / (1 + exponential(-x)),
    "softplus": lambda x: sympy.log(1 + exponential(x)),
    "silu": lambda x: x / (1 + exponential(-x)),
    "probit": lambda x: sympy.sqrt(2) * bounded(sympy.erfinv, 10**6)(2 * x - 1),
    "cbrt": lambda x: odd_root(x, Integer(3)),
    "sec": lambda x: 1 / bounded(sympy.cos, 10**6)(x),
    "csc": lambda x: 1 / bounded(sympy.sin, 10**6)(x),
    "cot": lambda x: 1 / bounded(sympy.tan, 10**6)(x),
    "sech": lambda x: 1 / bounded(sympy.cosh, 10**4)(x),
    "csch": lambda x: 1 / bounded(sympy.sinh, 10**4)(x),
    "coth": lambda x: 1 / bounded(sympy.tanh, 10**4)(x),
}


class RealTrace(Trace):
    """The trace of a real matrix; SymPy's assumptions need to be told that it is real."""

    is_extended_real = True


class RealDeterminant(Determinant):
    is_extended_real = True


def trace(x) -> Expr:
    """tr(c M) = c tr(M), the scalar outside."""
    coefficient, matrix = split_coefficient(x)
    return coefficient * RealTrace(matrix)


def determinant(x) -> Expr:
    """det(c M) = cⁿ det(M), the scalar outside."""
    coefficient, matrix = split_coefficient(x)
    return power(coefficient, x.rows) * RealDeterminant(matrix)


def _on_matrix(of_matrix: Callable, of_scalar: Callable) -> Callable:
    return lambda x: of_matrix(x) if is_matrix(x) else of_scalar(x)


def _same(x):
    return x


def _entrywise(name: str) -> Callable:
    function = SCALAR_FUNCTIONS.get(name)
    return lambda x: elementwise(function, x) if is_matrix(x) else function(x)


def norm(x) -> Expr:
    """The Euclidean (Frobenius) norm."""
    return sympy.sqrt(trace(product(transpose(x), x)))


def _dot(a, b) -> Expr:
    """The sum of the products of the entries."""
    return trace(product(transpose(a), b))


def extremum(function: type) -> Callable:
    """Max or Min of scalars, or of every entry of one matrix and scalars."""

    def apply(*values):
        matrices = [v for v in values if is_matrix(v)]
        if not matrices:
            return function(*values)
        if len(matrices) > 1:
            raise ShapeError("max and min take scalars, or one matrix and scalars")
        bounds = [v for v in values if not is_matrix(v)]
        return elementwise(lambda entry: function(entry, *bounds), matrices[0])

    return apply


def of_numbers(function: Callable) -> Callable:
    """A function of several numbers, which takes no matrices."""

    def apply(*values):
        if any(map(is_matrix, values)):
            raise ShapeError("this function takes numbers, not matrices")
        return function(*values)

    return apply


def log_of_exponentials(*values: Expr) -> Expr:
    return sympy.log(Add(*map(exponential, values)))


def beta_function(a: Expr, b: Expr) -> Expr:
    gamma = SCALAR_FUNCTIONS["gamma"]
    return gamma(a) * gamma(b) / gamma(a + b)


def euclidean(x) -> Expr:
    """The norm with index 2, of a column or a number; of other matrices it is the largest singular value."""
    if is_matrix(x) and 1 not in x.shape:
        raise ShapeError("the norm with index 2 of a matrix is not read here; the Frobenius norm is \\|A\\|_F")
    return _norm_or_abs(x)


def squared(x, exponent: Expr):
    """A power of a function's value, entry by entry where that is a matrix: tanh²(z)."""
    return elementwise(lambda entry: power(entry, exponent), x) if is_matrix(x) else power(x, exponent)


MATRIX_FUNCTIONS: dict[str, tuple[int, Callable]] = {
    "det": (1, _on_matrix(determinant, _same)),
    "tr": (1, _on_matrix(trace, _same)),
    **{name: (1, _on_matrix(trace, _same)) for name in ("trace", "Tr")},
    "inv": (1, _on_matrix(inverse, lambda x: power(x, Integer(-1)))),
    "diag": (1, diagonal),
    "transpose": (1, transpose),
    "hadamard": (MANY, lambda *factors: hadamard(*factors) if is_matrix(factors[0]) else Mul(*factors)),
    "vec": (1, lambda x: Vec(x) if is_matrix(x) else x),
    "dot": (2, lambda a, b: _dot(a, b) if is_matrix(a) else a * b),
    "kron": (2, lambda a, b: KroneckerProduct(a, b) if is_matrix(a) and is_matrix(b) else a * b),
    "eye": (1, Identity),
    "ones": (2, OneMatrix),
    "logdet": (1, lambda x: sympy.log(_on_matrix(determinant, _same)(x))),
    "norm": (1, _on_matrix(norm, sympy.Abs)),
    "max": (MANY, extremum(sympy.Max)),
    "min": (MANY, extremum(sympy.Min)),
    "hypot": (2, of_numbers(lambda a, b: sympy.sqrt(power(a, Integer(2)) + power(b, Integer(2))))),
    **dict.fromkeys(("logaddexp", "logsumexp"), (MANY, of_numbers(log_of_exponentials))),
}
CONSTANTS = {"pi": sympy.pi}
FUNCTIONS = sorted({*SCALAR_FUNCTIONS, *MATRIX_FUNCTIONS}, key=str.lower)
BARS = "|·|"
EUCLIDEAN = "norm|2"
ODD_ROOT = "root|odd"
FUNCTION_POWER = "power|of"
"""Functions that LaTeX has signs for; no text can name them."""
BUILDERS = {
    **MATRIX_FUNCTIONS,
    BARS: (1, lambda x: determinant(x) if is_matrix(x) and x.rows == x.cols else _norm_or_abs(x)),
    EUCLIDEAN: (1, euclidean),
    ODD_ROOT: (2, lambda x, n: elementwise(lambda e: odd_root(e, n), x) if is_matrix(x) else odd_root(x, n)),
    FUNCTION_POWER: (2, squared),
}
GREEK_FUNCTIONS: dict[str, tuple[int, Callable]] = {
    **{greek: (1, _entrywise(name)) for greek, name in (("sigma", "sigmoid"), ("psi", "digamma"), ("Gamma", "gamma"))},
    "Phi": (1, lambda x: elementwise(normal_distribution, x) if is_matrix(x) else normal_distribution(x)),
    "beta": (2, of_numbers(beta_function)),
}
"""Names of numbers, but functions where a bracket follows, unless they are declared."""
AMBIGUOUS = {"sinc": "sinc is sin(x)/x or sin(pi*x)/(pi*x): write the one that you mean"}


# --- the grammar --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A value, and the place in the text that it was read from."""

    value: Expr
    start: int
    end: int


class Reader:
    """One pass over one text, from left to right.

    `applied`: every application as it was written, (name, arguments), with "**" for a power.  SymPy writes
    exp(log(x)) as x at once; where the formula has a value can be told only from what was written.
    `functions`: more of them, name -> (number of arguments, what builds the value).
    """

    def __init__(
        self,
        text: str,
        names: Mapping[str, Expr],
        closed: bool,
        pieces: list[Token] | None = None,
        functions: Mapping[str, tuple[int, Callable]] | None = None,
    ):
        self.text, self.names, self.closed = text, {**CONSTANTS, **names}, closed
        self.builders = {**BUILDERS, **(functions or {})}
        self.tokens = respelt(tokens(text) if pieces is None else pieces, self.names)
        self.at = self.depth = 0
        self.applied: list[tuple] = []

    def formula(self) -> Expr:
        if self.next.kind == "end":
            raise ParseError("the formula is empty", self.text)
        whole = self.sum()
        if self.next.kind != "end":
            raise self.unexpected()
        return whole.value

    # moving along the tokens

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *symbols: str) -> Token | None:
        return self.take() if self.next.kind == "symbol" and self.next.text in symbols else None

    def unexpected(self) -> ParseError:
        token = self.next
        if token.kind == "end":
            return self.error("something is missing at the end", token)
        if token.text == ")":
            return self.error("this bracket closes nothing", token)
        if token.kind != "symbol" or token.text == "(":
            return self.error(NO_OPERATION, token)
        return self.error(f"“{token.text}” is not expected here", token)

    def error(self, message: str, place, sizes: tuple = ()) -> ParseError:
        return ParseError(message, self.text, place.start, place.end, sizes)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise self.error(f"the formula is nested deeper than {DEEPEST_NESTING} levels", self.next)

    def make(self, place, build: Callable, *values) -> Expr:
        """build(*values), its complaints marked at the place; a 1x1 matrix becomes a scalar."""
        try:
            return checked(build(*values))
        except (ShapeError, ParseError) as problem:
            raise self.error(str(problem.args[0]), place, problem.sizes) from None
        except Exception:  # whatever SymPy stumbles over, at a text that anybody may have typed
            raise self.error("this cannot be computed", place) from None

    # the rules

    def sum(self) -> Part:
        """Terms of one shape, or a column and numbers, which are added to every entry."""
        first = lead = self.product()
        terms = [first]
        while sign := self.accept("+", "-"):
            term = self.product()
            if not _alike(lead.value, term.value):
                scalars = [term] if is_matrix(lead.value) else terms
                lead = self.column_among(lead, term, scalars, sign)
            terms.append(replace(term, value=scale(-1, term.value)) if sign.text == "-" else term)
        values = [spread(t.value, lead.value.rows) if is_matrix(lead.value) else t.value for t in terms]
        place = self.since(first)
        return replace(place, value=self.make(place, add, *values)) if len(terms) > 1 else first

    def column_among(self, one: Part, other: Part, scalars: list[Part], sign: Token) -> Part:
        """The column that numbers are to be added to; raises `ParseError` for other terms of two shapes."""
        column = one if is_matrix(one.value) else other
        if is_column(column.value) and all(not is_matrix(s.value) and s.value.is_number for s in scalars):
            return column
        pairs = tuple(zip(shape(one.value), shape(other.value), strict=False))
        raise self.error(f"cannot add {self.describe(one)} and {self.describe(other)}", sign, pairs)

    def product(self) -> Part:
        """Factors; a · between two columns of one shape is their inner product."""
        first = self.signed()
        scalars, left, run, dot = [], [], [], first
        self.factor(first, first, scalars, run)
        while operator := self.accept("*", "/", "·"):
            if operator.text == "·":
                left, run, dot = self.joined(left, run, dot, scalars), [], operator
            part = self.signed()
            self.factor(self.reciprocal(part) if operator.text == "/" else part, operator, scalars, run)
        run = self.joined(left, run, dot, scalars)
        place = self.since(first)
        return replace(place, value=self.make(place, _join, scalars, [p.value for p in run]))

    def joined(self, left: list[Part], right: list[Part], dot, scalars: list) -> list[Part]:
        """Two runs of matrices, with · between them, as one; none is left of two columns of one shape."""
        if not (left and right):
            return left or right
        one, other = (product(*(p.value for p in run)) for run in (left, right))
        if is_column(one) and _alike(one, other):
            scalars.append(_dot(one, other))
            return []
        for part in right:
            self.factor(part, dot, scalars, left)
        return left

    def since(self, first: Part) -> Part:
        """The place from `first` up to here."""
        return Part(first.value, first.start, self.tokens[self.at - 1].end)

    def describe(self, part: Part) -> str:
        text = self.text[part.start : part.end]
        return f"{text} of shape {_shape(part.value)}" if is_matrix(part.value) else f"the scalar {text}"

    def reciprocal(self, part: Part) -> Part:
        if is_matrix(part.value):
            raise self.error("division by a matrix: multiply by inv(…) on the side you mean", part)
        self.applied.append(("**", part.value, Integer(-1)))
        return Part(self.make(part, power, part.value, Integer(-1)), part.start, part.end)

    def factor(self, part: Part, operator, scalars: list, run: list[Part]) -> None:
        """One more factor; a run of matrices that has come to 1x1 becomes a scalar where only that fits."""
        if not is_matrix(part.value):
            scalars.append(part.value)
            return
        if run and not equal_size(run[-1].value.cols, part.value.rows):
            left = Part(product(*(p.value for p in run)), run[0].start, run[-1].end)
            if left.value.shape != (1, 1):
                raise self.error(self.mismatch(left, part), operator, ((left.value.cols, part.value.rows),))
            scalars.append(trace(left.value))
            run.clear()
        run.append(part)

    def mismatch(self, left: Part, right: Part) -> str:
        message = f"cannot multiply {self.describe(left)} and {self.describe(right)}"
        if not _alike(left.value, right.value):
            return message
        u, v = (self.text[p.start : p.end] for p in (left, right))
        return f"{message}; for the entrywise product write hadamard({u}, {v})"

    def signed(self) -> Part:
        sign = self.accept("+", "-")
        if not sign:
            return self.power()
        self.deeper()
        part = self.signed()
        self.depth -= 1
        return Part(scale(-1 if sign.text == "-" else 1, part.value), sign.start, part.end)

    def power(self) -> Part:
        base = self.suffixed()
        operator = self.accept("**")
        if not operator:
            return base
        if is_matrix(base.value) and self.next.text == "T":
            return Part(transpose(base.value), base.start, self.take().end)
        self.deeper()
        exponent = self.signed()
        self.depth -= 1
        if base.value == sympy.E and is_column(exponent.value):
            power_of_e = self.make(operator, elementwise, exponential, exponent.value)
            return Part(power_of_e, base.start, exponent.end)
        if is_matrix(exponent.value):
            raise self.error(f"the exponent is {self.describe(exponent)}; it must be a scalar", exponent)
        build = self.power_of(base, exponent, operator)
        self.applied.append(("**", base.value, exponent.value))
        return Part(self.make(operator, build, base.value, exponent.value), base.start, exponent.end)

    def power_of(self, base: Part, exponent: Part, operator: Token) -> Callable:
        """How the power is built: of a square matrix by products, of a column entry by entry."""
        if not is_matrix(base.value):
            return power
        if equal_size(*base.value.shape):
            return _matrix_power
        if is_column(base.value) and exponent.value.is_Integer:
            return squared
        raise self.error(self.no_power(base), operator)

    def no_power(self, base: Part) -> str:
        u = self.text[base.start : base.end]
        hint = f"; for the entrywise square write hadamard({u}, {u})"
        return f"only a square matrix has powers, not {self.describe(base)}{hint}"

    def suffixed(self) -> Part:
        part = self.atom()
        while suffix := self.accept(".T"):
            if part.value.is_Rational:
                raise self.error("a number has no transpose; a column of ones is ones(n, 1)", part)
            part = Part(transpose(part.value), part.start, suffix.end)
        return part

    def atom(self) -> Part:
        token = self.next
        if token.kind == "number":
            return Part(self.number(self.take()), token.start, token.end)
        if token.kind == "name":
            return self.named(self.take())
        if self.accept("√"):
            return self.root(token)
        if not self.accept("("):
            raise self.unexpected()
        (inner,), close = self.arguments(token)
        return Part(inner.value, token.start, close.end)

    def root(self, sign: Token) -> Part:
        """√ of the number, name or bracket that follows; √x² might be either of two things."""
        self.deeper()
        part = self.atom()
        self.depth -= 1
        if self.next.text == "**":
            raise self.error("is this inside the root? Write sqrt(…)", self.next)
        self.applied.append(("sqrt", part.value))
        return Part(self.make(sign, _entrywise("sqrt"), part.value), sign.start, part.end)

    def number(self, token: Token) -> Expr:
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > LONGEST_NUMBER or abs(int(exponent[:6] or 0)) > LARGEST_SCALE:
            raise self.error("this number is too long", token)
        return Rational(mantissa) * Integer(10) ** int(exponent or 0)

    def named(self, token: Token) -> Part:
        known = self.names.get(token.text)
        called = self.next.text == "("
        if token.text in (*FUNCTIONS, *self.builders) and (known is None or called):
            return self.call(token)
        if token.text in GREEK_FUNCTIONS and known is None and called:
            return self.call(token)
        if called and known is None:
            raise self.error(no_function(token.text), token)
        if known is None and self.closed:
            raise self.error(f"unknown name {token.text}{self.which_names(token.text)}", token)
        value = self.make(token, lambda: Symbol(token.text) if known is None else known)
        return Part(value, token.start, token.end)

    def which_names(self, name: str) -> str:
        if name == "e":
            return "; for a power of Euler's number write exp(…)"
        few = sorted(set(self.names) - set(CONSTANTS))
        return f"; the names here are {', '.join(few)}" if len(few) <= MOST_LISTED else _suggest(name, few)

    def call(self, name: Token) -> Part:
        opening = self.accept("(")
        if not opening:
            raise self.error(f"{name.text} is a function: write {name.text}(…)", name)
        arguments, close = self.arguments(opening, separator=",")
        arity, build = {**GREEK_FUNCTIONS, **self.builders}.get(name.text) or (1, _entrywise(name.text))
        place = Part(None, name.start, close.end)
        if complaint := miscounted(arity, len(arguments)):
            raise self.error(f"{name.text} takes {complaint}", place)
        if complaint := self.misfit(name.text, arguments):
            raise self.error(complaint, place, wanted_equal(name.text, arguments))
        values = [a.value for a in arguments]
        self.applied.append((name.text, *values))
        return replace(place, value=self.make(place, build, *values))

    def misfit(self, name: str, arguments: list[Part]) -> str:
        """What is wrong with the shapes of the arguments of a matrix function, if anything."""
        first, last = arguments[0], arguments[-1]
        rows_cols = shape(first.value)
        if name in ("det", "logdet", "tr", "trace", "inv") and rows_cols and not equal_size(*rows_cols):
            return f"{name} needs a square matrix, not {self.describe(first)}"
        if name == "diag" and not (rows_cols and equal_size(rows_cols[1], 1)):
            return f"diag takes a column, not {self.describe(first)}"
        if name in ("hadamard", "dot") and not _alike(first.value, last.value):
            return f"{name} takes two of one shape, not {self.describe(first)} and {self.describe(last)}"
        return ""

    def arguments(self, opening: Token, separator: str = "") -> tuple[list[Part], Token]:
        """What stands between brackets, and the closing bracket."""
        self.deeper()
        parts = [self.sum()]
        while separator and self.accept(separator):
            parts.append(self.sum())
        self.depth -= 1
        if self.next.kind == "end":
            raise self.error("this bracket is never closed", opening)
        if self.next.text != ")":
            raise self.unexpected()
        return parts, self.take()


def miscounted(arity: int, given: int) -> str:
    """How many arguments are wanted and how many are there, if that differs."""
    if arity == MANY:
        return "" if given > 1 else f"2 arguments or more, not {given}"
    return "" if given == arity else f"{arity} argument{'s' if arity > 1 else ''}, not {given}"


def wanted_equal(name: str, arguments: list[Part]) -> tuple:
    """The pairs of sizes that a matrix function wants equal: square, a column, or two of one shape."""
    first, last = (shape(arguments[i].value) for i in (0, -1))
    if name in ("hadamard", "dot"):
        return tuple(zip(first, last, strict=False))
    if name == "diag":
        return ((first[1], Integer(1)),) if first else ()
    return (first,) if first else ()


def checked(value: Expr) -> Expr:
    """The value, a 1x1 matrix as a scalar; raises `ParseError` if it is no finite real number or too long."""
    if is_matrix(value):
        return trace(value) if value.shape == (1, 1) else value
    if value.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        raise ParseError("this has no finite value")
    if largest_number(value).bit_length() > LARGEST_VALUE_BITS:
        raise ParseError("this number is too large")
    if value.is_number and not value.is_Rational and value.evalf(15).has(sympy.I):
        raise ParseError("this is not a real number")
    return value


# --- values -------------------------------------------------------------------------------------


def is_column(x) -> bool:
    """Whether x is a column of more than one entry."""
    return is_matrix(x) and equal_size(x.cols, 1) and not equal_size(x.rows, 1)


def spread(x, rows):
    """A number as a column of as many equal entries; a column as it is."""
    return x if is_matrix(x) else scale(x, OneMatrix(rows, 1))


def _alike(a, b) -> bool:
    """Whether both are scalars, or matrices of one shape."""
    return len(shape(a)) == len(shape(b)) and all(map(equal_size, shape(a), shape(b)))


def _shape(matrix) -> str:
    return "×".join(map(str, matrix.shape))


def _join(scalars: list, run: list):
    coefficient = Mul(*scalars)
    return scale(coefficient, product(*run)) if run else coefficient


def _matrix_power(base, exponent):
    if not exponent.is_Integer or abs(exponent) > LARGEST_MATRIX_POWER:
        raise ParseError(f"the exponent of a matrix must be an integer up to {LARGEST_MATRIX_POWER}, or T")
    factor = inverse(base) if exponent < 0 else base
    return product(*[factor] * abs(int(exponent))) if exponent else Identity(base.rows)


def _norm_or_abs(x):
    return norm(x) if is_matrix(x) else sympy.Abs(x)


def _suggest(name: str, names) -> str:
    near = get_close_matches(name, list(names), n=1, cutoff=0.5)
    folded = [n for n in names if n.lower() == name.lower()]
    return f"; did you mean {(folded or near)[0]}?" if folded or near else ""


def no_function(name: str) -> str:
    """That there is no such function, and which there are."""
    if name in AMBIGUOUS:
        return AMBIGUOUS[name]
    known = _suggest(name, FUNCTIONS) or f"; there are {', '.join(FUNCTIONS)}"
    return f"there is no function {name}{known}"
