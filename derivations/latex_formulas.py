r"""LaTeX to a formula: a subset, rewritten as the tokens of the text reader, each with its place.

    x_1, x_{ij}, \sigma, \mathbf{x}, \hat{y}   names: x_1, x_ij, sigma, x, y_hat; \mathrm{any}
    h_{t-1}, k_{**}, x^*, x^{\ast}            names too: x^* is no power
    2 x y, 2\cdot x, a \times b               products; a letter is a name, unless several make a declared one
    x \cdot y, \langle x, y\rangle            of two columns, the inner product
    \frac{a}{b}, a/b, \sqrt{x}, \sqrt[3]{x}   quotients, roots; one of odd degree is real of negative numbers too
    x^2/2\sigma^2, x/2y, 1/2x, x/(y+z) w      quotients by 2\sigma^2 and 2y, but half of x, and a quotient times w
    x^2, A^{-1}, A^T, A^\top, A^{-\top}       powers, inverses, transposes; x^2 of a column entry by entry
    |x|, \lvert x\rvert, |A|                  absolute value, or the determinant of a square matrix
    \lVert x\rVert, \|x\|_2, \|A\|_F          Euclidean and Frobenius norm; \|A\|_2 is refused
    \log\det A, \sin^2 x, \tanh(w x)          functions: of the bracket, else the product, that follows
    \sin^{-1} x, \operatorname{erf}^{-1}(x)   inverse functions; where 1/f(x) may be meant as well, refused
    \operatorname{tr}(A), \mathrm{tr} A B     functions of the text reader by name, and no others
    u \odot v, u \circ v, A \otimes B          the entrywise product, the Kronecker product
    \Gamma(x), \psi(x), \sigma(x), \Phi(x)    gamma, digamma, sigmoid and the distribution function of the
                                              standard normal, unless known as numbers; \Phi^{-1}(p)
    \left( \right. \bigl, \, \; \quad & {}   no meaning of their own
    x², A⁻¹, xᵀ, ½, √x, ∥x∥, λ                signs for x^2, A^{-1}, x^\top, \frac12, \sqrt x, \|x\|, \lambda

Below a / is the bracket, root or call that follows; else the numbers and names that adjoin each other: x/2yz w is
x/(2yz) times w, and n/2\log x, a/2\|x\|^2 and a/2(x+1) begin with n/2 and a/2.  Of a number over a number, as in
1/2x, nothing more is below, save \pi below 1.  1/n(x+1), and a/2 w in LaTeX, which shows no spaces, are refused.

In text without commands, words are names, and .T, ** and numbers are as in the text reader.  A word
that is no name falls into names that are known, and functions: 2xy, Ax, x^TAx, sinx; abc and xy do in any case.
Where nobody has declared them, at most three do, and none in a text that has * for its products; never an index.
The common functions need no bracket: ln x, cos 2x, log det A, sin^2(x).  f(x) is a product only if f is known
to be a number.

Sizes of brackets and spaces are read over.  Everything else is a `ParseError` with its place marked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from sympy import Expr

from .expressions import is_matrix
from .parsing import (
    ASCII,
    BARS,
    CONSTANTS,
    DEEPEST_NESTING,
    EUCLIDEAN,
    FUNCTION_POWER,
    FUNCTIONS,
    GREEK,
    GREEK_FUNCTIONS,
    GREEK_NAMES,
    LONGEST_TEXT,
    NAME,
    NUMBER,
    ODD_ROOT,
    SIGNS,
    UNNAMED,
    VULGAR,
    ParseError,
    Token,
    ascii_form,
    no_function,
    normal_name,
    words,
)

PIECE = re.compile(
    r"(?P<command>\\(?:[a-zA-Z]+|[^a-zA-Z]))|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
    rf"|{SIGNS}|(?P<letter>[^\W\d_{UNNAMED}])|(?P<space>[\s~&$]+)|(?P<symbol>\|\||.)",
    re.DOTALL,
)
PLAIN_PIECE = re.compile(
    rf"{NUMBER}|(?P<letter>{NAME}(?:(?<=_)\*{{1,2}})?)|{SIGNS}|(?P<space>\s+)|(?P<symbol>\*\*|\.T\b|\|\||.)", re.DOTALL
)
IGNORED = {
    *(f"\\{c}" for c in ",;:!>/ "),
    *words(r"\quad \qquad \left \right \middle \displaystyle \textstyle \scriptstyle \limits \nolimits"),
    *words(r"\big \Big \bigg \Bigg \bigl \bigr \Bigl \Bigr \biggl \biggr \Biggl \Biggr \bigm"),
}
FONTS = set(words(r"\mathbf \boldsymbol \bm \mathit \vec \symbf \mathsf \mathcal \mathbb \bf \rm"))
OPERATORS = set(words(r"\operatorname \operatorname* \mathop"))
UPRIGHT = OPERATORS | set(words(r"\mathrm \text \textrm \textbf"))
ACCENTS = {f"\\{name}": name for name in ("hat", "tilde", "bar", "widehat", "widetilde", "overline", "dot")}
LETTERS = [*GREEK_NAMES, "ell", "hbar"]
VARIANTS = {f"\\var{name}": name for name in ("epsilon", "theta", "pi", "rho", "sigma", "phi", "kappa")}
NAMED = words(
    "exp log ln sin cos tan sec csc cot sinh cosh tanh sech csch coth arcsin arccos arctan arsinh arcosh artanh "
    "det max min erf erfc tr Tr trace sign sgn sigmoid expit softplus silu diag relu ReLU logdet abs"
)
SPELLING = {"Tr": "tr", "sgn": "sign", "ReLU": "relu", "lg": "log10", "Diag": "diag", "SiLU": "silu"}
OF_SEVERAL = {"max", "min", "hadamard", "dot", "kron", "eye", "ones", "hypot", "logaddexp", "logsumexp"}
GLUED = {*NAMED, "sqrt"} - OF_SEVERAL
"""Functions that may stand in one run of letters with what they are of: sinx."""
BARE = {*FUNCTIONS, *GLUED} - OF_SEVERAL - {*GREEK_NAMES}
"""Functions that need no bracket in text either."""
CALLED = {"Gamma": "gamma", "sigma": "sigmoid", "psi": "digamma", "Phi": "Phi"}
"""Greek letters that are functions where a bracket follows, unless they are declared."""
INVERSES = {"sin": "asin", "cos": "acos", "tan": "atan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}
INVERSES |= {"erf": "erfinv", "sigmoid": "logit", "expit": "logit", "logit": "sigmoid"}
RECIPROCALS = {"det", "tr", "trace", "abs", "gamma", "max", "min"}
"""Functions that have no inverse, so that the power -1 can only be meant."""
BRACKETS = {"(": ")", "[": "]", "\\{": "\\}", "{": "}", "\\lbrack": "\\rbrack", "\\lbrace": "\\rbrace"}
BAR_PAIRS = {"|": "|", "\\lvert": "\\rvert", "\\vert": "\\vert"}
NORM_PAIRS = {"||": "||", "\\|": "\\|", "\\lVert": "\\rVert", "\\Vert": "\\Vert", "∥": "∥", "‖": "‖"}
NORM_INDICES = {"2": EUCLIDEAN, "F": "norm"}
TIMES = {"*": "*", "\\cdot": "·", "\\times": "*", "\\ast": "*", "/": "/", "\\div": "/", "·": "·", "×": "*", "@": "*"}
BETWEEN = {**dict.fromkeys(("\\odot", "\\circ", "⊙", "∘"), "hadamard"), **dict.fromkeys(("\\otimes", "⊗"), "kron")}
"""Products by a sign, which binds weaker than those without."""
TRANSPOSES = {"T", "\\top", "\\intercal", "\\prime"}
BEFORE_TRANSPOSE = ([], ["-"], ["-", "1"])
FRACTIONS = {"\\frac", "\\tfrac", "\\dfrac", "\\cfrac", "\\sfrac"}
STARS = {"*", "\\ast", "\\star"}
FUNCTION_LETTERS = set("fghpq")
"""Letters that before a bracket are functions, unless they occur as numbers."""
ALPHABETS = ("abc", "uvw", "xyz")
"""Runs of these letters are products, though both formulas have them: xy^2."""
LONGEST_RUN = 40
MOST_FACTORS = 3
"""Of a run of letters that nobody has declared: loss is no product of four."""
OF_ONE_LETTER = re.compile(r"(exp|log|ln|sin|cos|tan|sinh|cosh|tanh)([^\W\d_])")
UNCLEAR = re.compile(r"log(2|10)[^\W\d_]")
"""log2x is log(2*x) or log2(x)."""
LATEX_ONLY = "\\$"


def is_latex(text: str) -> bool:
    """Whether a text is LaTeX: it has a command, a brace, a dollar, a bar or a sign that text lacks."""
    return any(c in text for c in "\\{}$|∥‖⊙∘⊗")


def is_plain(text: str) -> bool:
    """Whether a text has no command of LaTeX; its letters may then stand together in a name."""
    return not any(c in text for c in LATEX_ONLY)


@dataclass(frozen=True)
class Piece:
    """A piece of the LaTeX; `kind` is command, number, letter, symbol or end."""

    kind: str
    text: str
    start: int
    end: int


def latex_tokens(text: str, names: Mapping[str, Expr] | None = None, known: Collection[str] = ()) -> list[Token]:
    """A LaTeX formula as tokens of the text reader; also text whose letters or functions stand as in LaTeX.

    `names`: the declared ones; `known`: others that are names of numbers, as those of the formula that this one
    is compared with.  Raises `ParseError`.
    """
    lexicon = Lexicon(names or {}, known, text)
    try:
        return Translator(text, lexicon, pieces(text, lexicon)).formula()
    except ParseError:
        if "||" not in text:
            raise
        return Translator(text, lexicon, pieces(text, lexicon, double_bars=False)).formula()


# --- words ----------------------------------------------------------------------------------------


class Lexicon:
    """What a run of letters may be: a declared name, a known one, a function, or several of them in a row."""

    def __init__(self, names: Mapping[str, Expr], known: Collection[str] = (), text: str = ""):
        self.starred = "*" in text
        self.names = {**{ascii_form(name): value for name, value in names.items()}, **names}
        self.known = {*known} - set(FUNCTIONS)
        self.letters: set[str] = set()

    def is_number(self, word: str) -> bool:
        """Whether this is a name and no function, though a bracket may follow."""
        return any(word in some for some in (self.names, self.known, self.letters, CONSTANTS, ("e", "I")))

    @cached_property
    def has_matrices(self) -> bool:
        return any(map(is_matrix, self.names.values()))

    def is_transpose(self, text: str) -> bool:
        """\\top always; T only among matrices, for it may be a number, and where no name is T."""
        return text in TRANSPOSES and (text != "T" or (self.has_matrices and "T" not in self.names))

    def is_word(self, word: str) -> bool:
        """Whether the letters make one word that has a meaning of its own."""
        declared = word in self.names or word.replace("_", "") in self.names
        return declared or word in (*FUNCTIONS, *GREEK_NAMES, *NAMED, *GREEK_FUNCTIONS)

    def split(self, word: str, raised: bool = False) -> list[str]:
        """The word alone, or the names and functions that it is made of: 2xy, Ax, x^TAx."""
        form = ascii_form(word)
        if raised and word[0] == "T" and self.is_transpose("T") and (rest := self.segments(word[1:])) is not None:
            return ["T", *rest]
        if form[-1] == "*":
            return [next((n for n in (form.replace("*", "star"),) if n in self.names), form)]
        if len(form) < 2 or len(word) > LONGEST_RUN or self.is_word(form) or form in CONSTANTS:
            return [form]
        if any(set(form) <= set(letters) for letters in ALPHABETS):
            return [*form]
        elementary = OF_ONE_LETTER.fullmatch(form)
        found = self.segments(word, parts=2) or (list(elementary.groups()) if elementary else None)
        return found if found and self.is_product(form, found) else [form]

    def is_product(self, form: str, found: list[str]) -> bool:
        """Whether a run is rather these factors than a name of its own."""
        if self.declared.issuperset(found):
            return True
        if form in self.known or self.starred:  # who writes * for a product writes it everywhere
            return False
        return len(found) <= MOST_FACTORS and (len(found) == 2 or "e" not in found)

    @cached_property
    def declared(self) -> set[str]:
        """What needs no other formula to be a name or a function."""
        return {*self.names, *CONSTANTS, *GLUED, "e", *(("I",) if self.has_matrices else ())}

    def segments(self, word: str, parts: int = 1) -> list[str] | None:
        """The names and functions that make the word, if any do: declared ones before known ones, then the fewest.

        `parts`: how many there are to be at least, 1 or 2.
        """
        longest = len(word) - parts + 1
        best: list[list[str] | None] = [[], *[None] * len(word)]
        for end in range(1, len(word) + 1):
            starts = [k for k in range(max(0, end - longest), end) if best[k] is not None]
            lasts = ((start, ascii_form(word[start:end])) for start in starts)
            ways = [
                [*best[k], last]
                for k, last in lasts
                if (self.is_unit(last) or word[k:end] in GREEK) and not is_open(best[k])
            ]
            best[end] = min(ways, key=self.strangeness, default=None)
        return best[-1]

    def is_unit(self, word: str) -> bool:
        return word in self.declared or word in self.known

    def strangeness(self, found: list[str]) -> tuple[int, int]:
        return sum(part not in self.declared for part in found), len(found)


def is_open(found: list[str]) -> bool:
    """Whether an index may go on: x_ij is no x_i times j, but x_1y is x_1 times y."""
    return bool(found) and "_" in found[-1] and not found[-1][-1].isdecimal()


def reads_as_latex(found: list[Token], lexicon: Lexicon) -> bool:
    """Whether text has run letters together, functions without brackets, or stars in names, as LaTeX has them."""
    texts = ["", "", *(piece.text for piece in found), ""]
    return any(
        piece.kind == "name" and is_of_latex(piece.text, texts[k : k + 2], found[k + 1], texts[k + 4], lexicon)
        for k, piece in enumerate(found[:-1])
    )


def is_of_latex(name: str, before: list[str], after: Token, beyond: str, lexicon: Lexicon) -> bool:
    form, raised = ascii_form(name), before[1] == "**"
    if before == ["**", "-"] and lexicon.is_transpose(name):
        return True
    starred = (form[-1] == "_" and after.text in ("*", "**")) or (after.text, beyond) == ("**", "*")
    if starred or form.startswith("log_") or len(lexicon.split(name, raised)) > 1 or UNCLEAR.match(form):
        return True
    if after.text == "(":
        return form in lexicon.known
    applied = after.kind in ("name", "number") or after.text in ("**", "√")
    return applied and form in (*BARE, *OF_SEVERAL) and not lexicon.is_number(form)


# --- pieces ---------------------------------------------------------------------------------------


def pieces(text: str, lexicon: Lexicon, double_bars: bool = True) -> list[Piece]:
    if len(text) > LONGEST_TEXT:
        raise ParseError(f"the formula is longer than {LONGEST_TEXT} characters", text, LONGEST_TEXT)
    plain = is_plain(text)
    kept: list[Piece] = []
    fence = False
    for match in (PLAIN_PIECE if plain else PIECE).finditer(text):
        piece = Piece(match.lastgroup, match.group(), *match.span())
        if piece.kind == "space" or (fence and piece.text == "."):
            continue
        fence = piece.text in ("\\left", "\\right")
        if piece.text not in IGNORED:
            kept += spelt_out(piece, lexicon, kept, text) if plain or piece.kind != "letter" else [greek(piece)]
    if not double_bars:
        kept = [half for p in kept for half in (halves(p) if p.text == "||" else (p,))]
    after = len(text.rstrip())
    kept.append(Piece("end", "", after, after + 1))
    if not plain:
        lexicon.letters |= {p.text for p, q in pairwise(kept) if p.text in FUNCTION_LETTERS and q.text != "("}
    return kept


def greek(piece: Piece) -> Piece:
    """A Greek letter as its command."""
    return replace(piece, kind="command", text=f"\\{GREEK[piece.text]}") if piece.text in GREEK else piece


def spelt_out(piece: Piece, lexicon: Lexicon, before: list[Piece], text: str) -> list[Piece]:
    """The pieces that one stands for: those of x², of ½, and of letters that are run together."""
    if piece.kind == "letter":
        word = normal_name(piece.text)
        stem, _, index = word.partition("_")
        if word[-1] == "_" and stem:
            parts = [*(("letter", part) for part in lexicon.split(stem)), ("symbol", "_")]
        elif stem in ("", "log") and index:
            parts = [("letter", stem)] if stem else []
            parts += [("symbol", "_"), ("number" if index.isdecimal() else "letter", index)]
        else:
            parts = [("letter", part) for part in lexicon.split(word, raised=bool(before) and before[-1].text == "^")]
    elif piece.kind == "raised":
        parts = [("symbol", "^"), ("symbol", "{"), *raised_parts(piece.text), ("symbol", "}")]
    elif piece.kind == "fraction" and before and before[-1].kind == "number" and before[-1].end == piece.start:
        raise ParseError("is this a sum or a product? Write +, or *", text, piece.start)
    elif piece.kind == "fraction":
        above, below = VULGAR[piece.text].split("/")
        parts = [("symbol", "{"), ("number", above), ("symbol", "/"), ("number", below), ("symbol", "}")]
    else:
        power = piece.text == "**" and (not before or before[-1].text not in ("_", "{"))  # but k_{**} is a name
        parts = [(piece.kind, "^" if power else piece.text)]
    return [Piece(kind, text, piece.start, piece.end) for kind, text in parts]


def raised_parts(text: str) -> list[tuple[str, str]]:
    """What stands in a power: the signs, and the number or the transpose."""
    sign, rest = text.rstrip(UNNAMED), text.lstrip("⁺⁻")
    value = ("command", "\\top") if rest == "ᵀ" else ("number", rest.translate(ASCII))
    return [*(("symbol", c) for c in sign.translate(ASCII)), value]


def halves(piece: Piece) -> tuple[Piece, Piece]:
    """A double bar as two bars: |x||y| is no norm."""
    middle = piece.start + 1
    return Piece("symbol", "|", piece.start, middle), Piece("symbol", "|", middle, piece.end)


class Translator:
    """One pass over the pieces; every rule returns the tokens of what it has read."""

    def __init__(self, text: str, lexicon: Lexicon, found: list[Piece], depth: int = 0):
        self.text, self.lexicon, self.names = text, lexicon, lexicon.names
        self.pieces, self.at, self.depth = found, 0, depth
        self.closing: list[str] = []
        self.plain = is_plain(text)

    @property
    def next(self) -> Piece:
        return self.pieces[self.at]

    def take(self) -> Piece:
        self.at += 1
        return self.pieces[self.at - 1]

    def error(self, message: str, piece: Piece) -> ParseError:
        return ParseError(message, self.text, piece.start, piece.end)

    def formula(self) -> list[Token]:
        if self.next.kind == "end":
            raise ParseError("the formula is empty", self.text)
        found = self.sum()
        if self.next.kind != "end":
            raise self.unexpected()
        return [*found, Token("end", "", self.next.start, self.next.end)]

    def unexpected(self) -> ParseError:
        piece = self.next
        if piece.kind == "end":
            return self.error("something is missing at the end", piece)
        if piece.kind == "command":
            return self.error(f"{piece.text} is not read here", piece)
        if piece.text in (")", "]", "}"):
            return self.error("this bracket closes nothing", piece)
        return self.error(f"“{piece.text}” is not expected here", piece)

    # sums and products

    def sum(self) -> list[Token]:
        self.deeper()
        found = self.signs() + self.term()
        while self.next.text in ("+", "-", "−"):
            found += self.signs() + self.term()
        self.depth -= 1
        return found

    def signs(self) -> list[Token]:
        found = []
        while self.next.text in ("+", "-", "−"):
            piece = self.take()
            found.append(symbol("-" if piece.text == "−" else piece.text, piece))
        if len(found) > DEEPEST_NESTING:
            raise self.error(f"the formula is nested deeper than {DEEPEST_NESTING} levels", self.next)
        return found

    def term(self) -> list[Token]:
        """Products, joined by the entrywise or the Kronecker product, which bind weaker."""
        found = self.product()
        while self.next.text in BETWEEN:
            sign = self.take()
            other = self.product()
            name = Token("name", BETWEEN[sign.text], sign.start, sign.end)
            found = [name, symbol("(", sign), *found, symbol(",", sign), *other, symbol(")", sign)]
        return found

    def product(self) -> list[Token]:
        """Factors; those that follow one another after a / are all below it, save in 1/2 x."""
        found, above = self.power(), 0
        while True:
            self.skip_empty()
            if self.next.text in TIMES:
                piece = self.take()
                sign = symbol(TIMES[piece.text], piece)
                if sign.text == "/":
                    found += [sign, *self.denominator(found[above:])]
                else:
                    found.append(sign)
                    above = len(found)
                    found += [*self.signs(), *self.power()]
            elif self.starts_factor():
                found += [symbol("*", self.next), *self.power()]
            else:
                return found

    def denominator(self, above: list[Token]) -> list[Token]:
        """What is below a /: a bracket, a root or a call by itself; else names and numbers that adjoin each other.

        So 2\\sigma^2 is below in x^2/2\\sigma^2.  Of a number over a number, as in 1/2x, nothing more is, save \\pi
        below 1.  What may be below or not is refused: 1/n(x+1), and in LaTeX, which shows no spaces, a/2 w^2.
        """
        first, simple = self.next, self.starts_name() or self.next.kind == "number"
        found = [*self.signs(), *self.power()]
        if not simple:
            return found
        of_numbers, number_below = is_bare_number(above) and is_bare_number(found), is_bare_number(found)
        if of_numbers and not (above[0].text == "1" and self.next.text in ("\\pi", "pi") and self.adjoins()):
            return found
        while self.starts_name() and self.adjoins():
            found += [symbol("*", self.next), *self.power()]
            number_below = False
        if self.may_be_below(number_below):
            raise self.error("is this below the / too? Write \\frac{…}{…}, or brackets", self.next)
        return [symbol("(", first), *found, symbol(")", first)]

    def adjoins(self) -> bool:
        """Whether nothing stands between the next piece and the one before it, but {}."""
        self.skip_empty()
        return self.at > 0 and self.next.start <= self.pieces[self.at - 1].end

    def may_be_below(self, number_below: bool) -> bool:
        """Whether what follows without a sign may be below too: a bracket, or a name after a space of LaTeX."""
        if self.adjoins():
            opening = self.next.text in ("(", "[", "\\{", *BAR_PAIRS, *NORM_PAIRS)
            return opening and not number_below and self.next.text not in self.closing[-1:]
        between = self.text[self.pieces[self.at - 1].end : self.next.start] if self.at else ""
        return not self.plain and not between.strip() and self.starts_name()

    def starts_name(self) -> bool:
        """Whether the next factor is the name of a number."""
        start = self.at
        named = self.starts_factor() and self.next.kind in ("letter", "command") and not self.starts_function()
        if not named or self.next.text in {*BAR_PAIRS, *NORM_PAIRS, *BRACKETS, *FRACTIONS, "\\sqrt", "\\langle"}:
            return False
        (name,) = self.name()
        self.at = start
        return not is_matrix(self.names.get(name.text))

    def skip_empty(self) -> None:
        """Past {}, which has no meaning of its own."""
        while self.next.text == "{" and self.pieces[self.at + 1].text == "}":
            self.at += 2

    def starts_factor(self) -> bool:
        piece = self.next
        if piece.text in self.closing[-1:]:
            return False
        if piece.kind in ("number", "letter"):
            return True
        openings = {*BRACKETS, *BAR_PAIRS, *NORM_PAIRS, "\\langle", "√"}
        return piece.text in openings or self.is_atom_command(piece)

    def is_atom_command(self, piece: Piece) -> bool:
        known = {*FONTS, *UPRIGHT, *ACCENTS, *VARIANTS, *FRACTIONS, "\\sqrt", "\\log", "\\infty"}
        return piece.text in known or (piece.kind == "command" and piece.text[1:] in (*LETTERS, *NAMED))

    # powers

    def power(self) -> list[Token]:
        self.skip_empty()
        start = self.next
        name = self.function_name()
        if name:
            return self.application(name, start)
        found = self.atom()
        return self.superscripts(found)

    def superscripts(self, base: list[Token]) -> list[Token]:
        while self.next.text in ("^", "'", "!", ".T"):
            mark = self.take()
            if mark.text == "!":
                base = call("factorial", base, mark)
            elif mark.text == "'":
                raise self.error("for the transpose write A^\\top", mark)
            elif mark.text == ".T":
                base = [symbol("(", mark), *base, symbol(")", mark), symbol(".T", mark)]
            else:
                base = self.raised(base, mark)
        return base

    def raised(self, base: list[Token], mark: Piece) -> list[Token]:
        braced = self.next.text == "{"
        group = self.exponent_pieces()
        texts = [p.text.replace("−", "-") for p in group if p.text not in ("{", "}", *FONTS, *UPRIGHT)]
        transposes = [t for t in texts if self.lexicon.is_transpose(t)]
        if len(transposes) == 1 and [t for t in texts if t not in transposes] in BEFORE_TRANSPOSE:
            base = [symbol("(", mark), *base, symbol(")", mark), symbol(".T", mark)]
            return call("inv", base, mark) if "-" in texts else base
        if braced and len(texts) == 3 and texts[0] == "(" and texts[2] == ")":
            raise self.error("this may be an index or a power: write x_i or x^i", group[0])
        exponent = self.translated(group)
        bracketed = [symbol("(", group[0]), *exponent, symbol(")", group[-1])]
        return [symbol("(", mark), *base, symbol("**", mark), *bracketed, symbol(")", mark)]

    def exponent_pieces(self) -> list[Piece]:
        """Those of the exponent; in text it may have a sign, a call or a power of its own: x^-2, e^x^2."""
        if not self.plain and self.next.kind == "number" and len(self.next.text) > 1:
            raise self.error("put this number in braces", self.next)
        if not self.plain or self.next.text == "{" or self.lexicon.is_transpose(self.next.text):
            return self.group_pieces()
        start = self.at
        if self.next.text == "-" and self.lexicon.is_transpose(self.pieces[start + 1].text):
            return [self.take(), self.take()]
        self.deeper()
        self.signs()
        self.power()
        self.depth -= 1
        return self.pieces[start : self.at]

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise self.error(f"the formula is nested deeper than {DEEPEST_NESTING} levels", self.next)

    def group_pieces(self) -> list[Piece]:
        """The pieces of an argument: what is in braces, else one piece, a command with its own."""
        first = self.next
        if first.kind == "end":
            raise self.unexpected()
        if first.text != "{":
            start = self.at
            if first.kind == "number" and not self.plain:
                return [self.take_digit()]
            if first.kind in ("letter", "number") or first.text in TRANSPOSES:
                return [self.take()]
            self.atom()
            return self.pieces[start : self.at]
        self.take()
        start, depth = self.at, 1
        while depth:
            piece = self.take()
            if piece.kind == "end":
                raise self.error("this bracket is never closed", first)
            depth += {"{": 1, "}": -1}.get(piece.text, 0)
        return self.pieces[start : self.at - 1]

    def take_digit(self) -> Piece:
        """One digit: x^12 is x^1 2 in LaTeX, and \\frac12 is one half."""
        piece = self.next
        if "." in piece.text:
            raise self.error("put this number in braces", piece)
        if len(piece.text) > 1:
            middle = piece.start + 1
            first = Piece("number", piece.text[0], piece.start, middle)
            self.pieces[self.at : self.at + 1] = [first, Piece("number", piece.text[1:], middle, piece.end)]
        return self.take()

    def translated(self, group: list[Piece]) -> list[Token]:
        """The tokens of some pieces on their own."""
        if not group:
            raise self.error("something is missing here", self.next)
        end = group[-1].end
        inner = Translator(self.text, self.lexicon, [*group, Piece("end", "", end, end + 1)], self.depth + 1)
        return inner.formula()[:-1]

    # functions

    def function_name(self) -> str:
        """The function that starts here, its command taken; "" if none does."""
        piece = self.next
        if piece.text in UPRIGHT:
            return self.upright_function()
        if piece.kind == "letter":
            return self.function_of_words() if self.plain else self.plain_function()
        name = piece.text[1:] if piece.kind == "command" else ""
        if name in CALLED and not self.lexicon.is_number(name):
            return self.called_letter(name)
        if name in NAMED:
            self.take()
            return SPELLING.get(name, name)
        return ""

    def called_letter(self, name: str) -> str:
        r"""The function of a Greek letter with a bracket; \Phi^{-1}(p) is a quantile."""
        start = self.at
        self.take()
        if self.next.text == "(":
            return CALLED[name]
        if name == "Phi" and self.next.text == "^":
            self.take()
            group = [p.text for p in self.exponent_of_function()]
            if group in (["-", "1"], ["−", "1"]) and self.next.text == "(":
                return "probit"
        self.at = start
        return ""

    def function_of_words(self) -> str:
        """A function in text: before a bracket or a bar, and the common ones before what they are of."""
        word, after = self.next.text, self.pieces[self.at + 1]
        if self.lexicon.is_number(word):
            return ""
        if word in CALLED:
            return self.called_letter(word)
        encloses = after.text in ("(", "{", *BAR_PAIRS, *NORM_PAIRS)
        open_ = word in BARE and (after.kind in ("number", "letter") or after.text in ("^", "_", "√"))
        if open_ or (encloses and word in FUNCTIONS) or (after.text == "(" and word in GREEK_FUNCTIONS):
            self.take()
            return SPELLING.get(word, word)
        return ""

    def plain_function(self) -> str:
        r"""A function spelt in letters: exp(x), log|x|, ln x; where all letters are declared they are numbers."""
        word, end = self.word()
        after = self.pieces[end]
        encloses = after.text in ("(", *BAR_PAIRS, *NORM_PAIRS)
        open_ = word in GLUED and (after.kind in ("letter", "number", "command") or after.text == "^")
        if word in self.names or not (open_ or (encloses and SPELLING.get(word, word) in FUNCTIONS)):
            return ""
        if open_ and self.names.keys() >= {*word}:
            return ""
        self.at = end
        return SPELLING.get(word, word)

    def upright_function(self) -> str:
        start = self.at
        self.take()
        word = "".join(p.text for p in self.group_pieces() if p.text != "_")
        word = SPELLING.get(word, word)
        if word in FUNCTIONS and word not in self.names:
            return word
        self.at = start
        return ""

    def application(self, name: str, start: Piece) -> list[Token]:
        exponent, base = [], []
        while self.next.text in ("^", "_"):
            if self.take().text == "_":
                base = self.translated(self.group_pieces())
            else:
                exponent = self.exponent_of_function()
        texts = [p.text.replace("−", "-") for p in exponent]
        if texts == ["-", "1"] and name not in RECIPROCALS:
            name, exponent = self.inverse(name, start), []
        argument = self.argument(name)
        if is_bare_number(argument) and self.next.text == "/":
            raise self.error(f"is this below the / too? Write {name}(…)", self.next)
        found = call(name, argument, start)
        if base:
            found = self.with_base(found, name, base, start)
        if exponent:
            return self.power_of_function(found, self.translated(exponent), start)
        return self.superscripts(found) if self.next.text in ("^", ".T") else found

    def exponent_of_function(self) -> list[Piece]:
        """In sin^2 x and sin^-1 x: the number; a bracket would be the argument's."""
        start = self.at
        if self.plain and self.next.text in ("-", "−"):
            self.take()
        self.group_pieces()
        group = self.pieces[start : self.at]
        return group[1:-1] if group[0].text == "{" else group

    def inverse(self, name: str, start: Piece) -> str:
        if name not in INVERSES:
            raise self.error(f"{name} with the power -1 may be the inverse or 1/{name}(…): write the one meant", start)
        return INVERSES[name]

    def power_of_function(self, found: list[Token], exponent: list[Token], start: Piece) -> list[Token]:
        """f(x)^k; a whole power of a matrix of values is taken entry by entry."""
        close = symbol(")", start)
        if is_bare_number(exponent) and exponent[0].text.isdecimal():
            return call(FUNCTION_POWER, [symbol("(", start), *found, symbol(",", start), *exponent, close], start)
        return [*found, symbol("**", start), symbol("(", start), *exponent, close]

    def with_base(self, found, name: str, base, start: Piece) -> list[Token]:
        if name != "log":
            raise self.error(f"a subscript of {name} is not read here", start)
        return [symbol("(", start), *found, symbol("/", start), *call("log", base, start), symbol(")", start)]

    def argument(self, name: str) -> list[Token]:
        """The bracket that follows, else the product that follows, up to the next function or sign."""
        if self.next.text in BRACKETS:
            return self.bracketed(separators=True)
        if self.next.text in {*BAR_PAIRS, *NORM_PAIRS}:
            return self.atom()
        found = self.signs() + self.power()
        if name in ("max", "min"):
            return found
        while self.starts_factor() and not self.starts_function() and self.next.text not in ("[", "\\{"):
            found += [symbol("*", self.next), *self.power()]
        return found

    def starts_function(self) -> bool:
        start = self.at
        name = self.function_name()
        self.at = start
        return bool(name)

    # atoms

    def atom(self) -> list[Token]:
        piece = self.next
        if piece.kind == "number":
            self.take()
            return [Token("number", piece.text, piece.start, piece.end)]
        if piece.text in BRACKETS:
            return self.bracketed()
        if piece.text in BAR_PAIRS:
            return self.between(BAR_PAIRS[piece.text], BARS)
        if piece.text in NORM_PAIRS:
            return self.indexed_norm(self.between(NORM_PAIRS[piece.text], "norm"))
        if piece.text == "\\langle":
            return self.inner_product()
        if piece.text == "√":
            return self.root_of_atom()
        if piece.text in FRACTIONS:
            return self.fraction()
        if piece.text == "\\sqrt":
            return self.root()
        return self.name()

    def bracketed(self, separators: bool = False) -> list[Token]:
        opening = self.take()
        closing = BRACKETS[opening.text]
        self.closing.append(closing)
        found = [symbol("(", opening), *self.sum()]
        while separators and self.next.text == ",":
            found += [symbol(",", self.take()), *self.sum()]
        self.closing.pop()
        if self.next.text != closing:
            raise self.unclosed(opening)
        return [*found, symbol(")", self.take())]

    def unclosed(self, opening: Piece) -> ParseError:
        if self.next.kind != "end":
            return self.unexpected()
        return self.error("this bracket is never closed", opening)

    def between(self, closing: str, name: str) -> list[Token]:
        opening = self.take()
        self.closing.append(closing)
        inner = self.sum()
        self.closing.pop()
        if self.next.text != closing:
            raise self.unclosed(opening)
        self.take()
        return call(name, inner, opening)

    def indexed_norm(self, found: list[Token]) -> list[Token]:
        if self.next.text != "_":
            return found
        mark = self.take()
        index = "".join(p.text for p in self.index_pieces())
        if index not in NORM_INDICES:
            raise self.error("only the Euclidean (2) and the Frobenius norm (F) are read here", mark)
        return [replace(found[0], text=NORM_INDICES[index]), *found[1:]]

    def inner_product(self) -> list[Token]:
        opening = self.take()
        self.closing.append("\\rangle")
        found = [symbol("(", opening), *self.sum()]
        if self.next.text != ",":
            raise self.unclosed(opening)
        found += [symbol(",", self.take()), *self.sum()]
        self.closing.pop()
        if self.next.text != "\\rangle":
            raise self.unclosed(opening)
        return call("dot", [*found, symbol(")", self.take())], opening)

    def root_of_atom(self) -> list[Token]:
        """√ of what stands next; √x² might be either of two things."""
        mark = self.take()
        self.deeper()
        found = call("sqrt", self.atom(), mark)
        self.depth -= 1
        last = self.pieces[self.at - 1]
        joined = last.text not in (")", "}") and self.next.start <= last.end and self.starts_factor()
        if self.next.text == "^" or joined:
            raise self.error("is this inside the root? Write sqrt(…)", self.next)
        return found

    def fraction(self) -> list[Token]:
        mark = self.take()
        above, below = (self.translated(self.group_pieces()) for _ in range(2))
        parts = [symbol("(", mark), *above, symbol(")", mark), symbol("/", mark), symbol("(", mark), *below]
        return [symbol("(", mark), *parts, symbol(")", mark), symbol(")", mark)]

    def root(self) -> list[Token]:
        mark = self.take()
        if self.next.text != "[":
            return call("sqrt", self.translated(self.group_pieces()), mark)
        degree = self.bracketed()
        base = self.translated(self.group_pieces())
        if is_odd(degree[1:-1]):
            comma, close = symbol(",", mark), symbol(")", mark)
            return call(ODD_ROOT, [symbol("(", mark), *base, comma, *degree[1:-1], close], mark)
        one = Token("number", "1", mark.start, mark.end)
        exponent = [symbol("(", mark), one, symbol("/", mark), *degree, symbol(")", mark)]
        return [symbol("(", mark), *base, symbol(")", mark), symbol("**", mark), *exponent]

    def name(self) -> list[Token]:
        first = self.next
        stem = self.stem()
        if self.next.text == "^" and (not self.plain or self.pieces[self.at + 1].text in STARS):
            self.index_first()
        if self.next.text == "_":
            self.take()
            stem = self.subscripted(stem, self.index_pieces())
        stem = self.starred(stem)
        if (self.plain or stem in FUNCTION_LETTERS) and not self.lexicon.is_number(stem):
            self.refuse_function(stem, first)
        return [Token("name", stem, first.start, self.pieces[self.at - 1].end)]

    def refuse_function(self, stem: str, first: Piece) -> None:
        """f(x) is no product, unless f is known to be a number; nor is `max x`."""
        after = self.next
        adjacent = after.start == self.pieces[self.at - 1].end or not self.plain
        if after.text == "(" and adjacent:
            raise self.error(no_function(stem), first)
        if UNCLEAR.match(stem) or (stem in FUNCTIONS and stem not in GREEK_NAMES and self.starts_factor()):
            raise self.error("this looks like a function: write its argument in brackets", first)

    def index_pieces(self) -> list[Piece]:
        """An index: what is in braces, else one piece, which may be a star."""
        if self.next.text in STARS or self.next.text == "\\infty":
            return [self.take()]
        return self.group_pieces()

    def index_first(self) -> None:
        r"""The index before the power: \sigma^2_1 as \sigma_1^2."""
        start = self.at
        self.take()
        self.index_pieces()
        middle = self.at
        if self.next.text == "_":
            self.take()
            self.index_pieces()
            moved = self.pieces[middle : self.at] + self.pieces[start:middle]
            self.pieces[start : self.at] = moved
        self.at = start

    def subscripted(self, stem: str, group: list[Piece]) -> str:
        texts = ("*" if p.text in STARS else p.text.replace("−", "-").lstrip("\\") for p in group)
        index = "".join(t for t, p in zip(texts, group, strict=True) if p.text not in ("{", "}", ",", *UPRIGHT))
        if not re.fullmatch(r"[\w*+-]+", index):
            raise self.error("this index is not read here", group[0] if group else self.next)
        if stem == "I" and f"I_{index}" not in self.names:
            return stem  # the identity, whose size is the one that fits
        spellings = (stem + index, f"{stem}_{index.replace('*', 'star')}")
        return next((s for s in spellings if s in self.names), f"{stem}_{index}")

    def starred(self, stem: str) -> str:
        r"""The name with its star, as in x^* and x^{\ast}; of a matrix that might be an adjoint."""
        if self.next.text != "^":
            return stem
        start = self.at
        self.take()
        group = self.index_pieces() if self.next.text in (*STARS, "{") else []
        if [p.text for p in group if p.text not in STARS] or not group:
            self.at = start
            return stem
        if f"{stem}_star" in self.names:
            return f"{stem}_star"
        if is_matrix(self.names.get(stem)):
            raise self.error("for the transpose write A^\\top", group[0])
        return f"{stem}^{'*' * len(group)}"

    def stem(self) -> str:
        piece = self.next
        if piece.kind == "letter":
            return self.take().text if self.plain else self.letters()
        if piece.text in FONTS | UPRIGHT:
            self.take()
            word = "".join(p.text.lstrip("\\") for p in self.group_pieces())
            if not re.fullmatch(r"[^\W\d]\w*", word):
                raise self.error("a name is wanted here", piece)
            operator = piece.text in ("\\mathbb", "\\mathcal") or (piece.text in UPRIGHT and len(word) > 1)
            if operator and not self.lexicon.is_number(word):
                self.refuse_operator(word, piece)
            return word
        if piece.text in ACCENTS:
            self.take()
            inner = self.translated(self.group_pieces())
            if len(inner) != 1 or inner[0].kind != "name":
                raise self.error("a name is wanted under the accent", piece)
            return f"{inner[0].text}_{ACCENTS[piece.text]}"
        if piece.text in VARIANTS or (piece.kind == "command" and piece.text[1:] in LETTERS):
            self.take()
            return VARIANTS.get(piece.text, piece.text[1:])
        raise self.unexpected()

    def refuse_operator(self, word: str, piece: Piece) -> None:
        """Raises `ParseError` where an unknown operator has an argument: with a bracket, or as an \\operatorname."""
        start = self.at
        while self.next.text in ("^", "_"):
            self.take()
            self.index_pieces()
        applied = self.next.text in ("(", "[") or (piece.text in OPERATORS and self.starts_factor())
        self.at = start
        if applied:
            raise self.error(no_function(word), piece)

    def letters(self) -> str:
        """One letter; several where they make a declared name, the longest such."""
        _, last = self.word()
        for end in range(last, self.at, -1):
            word = "".join(p.text for p in self.pieces[self.at : end])
            if word in self.names or self.is_known(word) or (end == last and self.is_greek(word)):
                self.at = end
                return word
        return self.take().text

    def is_known(self, word: str) -> bool:
        """Whether it is a name of the other formula that is not split there: x1, sigma_f, momentum."""
        return word in self.lexicon.known and (not word.isalpha() or len(word) > MOST_FACTORS)

    def is_greek(self, word: str) -> bool:
        """Whether letters spell a Greek letter, and are not names one by one."""
        return word in GREEK_NAMES and not self.names.keys() | self.lexicon.known >= {*word}

    def word(self) -> tuple[str, int]:
        """The letters and digits from here on, and where they end."""
        last = self.at
        while self.pieces[last].kind in ("letter", "number") and self.adjoining(last):
            last += 1
        return "".join(p.text for p in self.pieces[self.at : last]), last

    def adjoining(self, place: int) -> bool:
        return place == self.at or self.pieces[place - 1].end == self.pieces[place].start


def symbol(text: str, place) -> Token:
    return Token("symbol", text, place.start, place.end)


def call(name: str, inner: list[Token], place) -> list[Token]:
    """name(inner); brackets that are there already do."""
    wrapped = inner if is_bracketed(inner) else [symbol("(", place), *inner, symbol(")", place)]
    return [Token("name", name, place.start, place.end), *wrapped]


def is_bare_number(found: list[Token]) -> bool:
    return len(found) == 1 and found[0].kind == "number"


def is_odd(found: list[Token]) -> bool:
    return is_bare_number(found) and found[0].text.isdecimal() and int(found[0].text) % 2 == 1


def is_bracketed(found: list[Token]) -> bool:
    """Whether one pair of brackets holds all of the tokens."""
    depth = 0
    for k, token in enumerate(found):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            return k == len(found) - 1 and k > 0
    return False
