r"""LaTeX to a formula: a subset, rewritten as the tokens of the text reader, each with its place.

    x_1, x_{ij}, \sigma, \mathbf{x}, \hat{y}   names: x_1, x_ij, sigma, x, y_hat; \mathrm{any}
    2 x y, 2\cdot x, a \times b               products; a letter is a name, unless several make a declared one
    \frac{a}{b}, a/b, \sqrt{x}, \sqrt[3]{x}   quotients, roots
    x^2, A^{-1}, A^T, A^\top, A^{-\top}       powers, inverses, transposes
    |x|, \lvert x\rvert, |A|                  absolute value, or the determinant of a square matrix
    \lVert x\rVert, \|x\|_2                   norm
    \log\det A, \sin^2 x, \tanh(w x)          functions: of the bracket, else the product, that follows
    \operatorname{tr}(A), \mathrm{tr} A B     functions of the text reader by name
    u \odot v, u \circ v                      the entrywise product
    \left( \right), \bigl, \, \; \quad &      no meaning of their own

Sizes of brackets and spaces are read over.  Everything else is a `ParseError` with its place marked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr

from .expressions import is_matrix
from .parsing import BARS, DEEPEST_NESTING, FUNCTIONS, LONGEST_TEXT, ParseError, Token

PIECE = re.compile(
    r"(?P<command>\\(?:[a-zA-Z]+|[^a-zA-Z]))|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
    r"|(?P<letter>[^\W\d_])|(?P<space>[\s~&$]+)|(?P<symbol>\|\||.)",
    re.DOTALL,
)


def words(text: str) -> list[str]:
    return text.split()


IGNORED = {
    *(f"\\{c}" for c in ",;:!>/ "),
    *words(r"\quad \qquad \left \right \middle \displaystyle \textstyle \scriptstyle \limits \nolimits"),
    *words(r"\big \Big \bigg \Bigg \bigl \bigr \Bigl \Bigr \biggl \biggr \Biggl \Biggr \bigm"),
}
FONTS = set(words(r"\mathbf \boldsymbol \bm \mathit \vec \symbf \mathsf \mathcal \mathbb \bf \rm"))
UPRIGHT = set(words(r"\mathrm \operatorname \text \textrm \mathop \textbf \operatorname*"))
ACCENTS = {f"\\{name}": name for name in ("hat", "tilde", "bar", "widehat", "widetilde", "overline", "dot")}
GREEK = words(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi "
    "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega pi ell hbar"
)
VARIANTS = {f"\\var{name}": name for name in ("epsilon", "theta", "pi", "rho", "sigma", "phi", "kappa")}
NAMED = words(
    "exp log ln sin cos tan sinh cosh tanh arcsin arccos arctan det max min erf erfc tr Tr trace sign sgn "
    "sigmoid softplus diag relu ReLU logdet abs"
)
SPELLING = {"Tr": "tr", "sgn": "sign", "ReLU": "relu", "lg": "log10", "Diag": "diag", "arsinh": "asinh"}
CALLED = {"Gamma": "gamma", "sigma": "sigmoid", "psi": "digamma"}
"""Greek letters that are functions where a bracket follows, unless they are declared."""
ARCS = {"sin": "asin", "cos": "acos", "tan": "atan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}
BRACKETS = {"(": ")", "[": "]", "\\{": "\\}", "{": "}", "\\lbrack": "\\rbrack", "\\lbrace": "\\rbrace"}
BAR_PAIRS = {"|": "|", "\\lvert": "\\rvert", "\\vert": "\\vert"}
NORM_PAIRS = {"||": "||", "\\|": "\\|", "\\lVert": "\\rVert", "\\Vert": "\\Vert"}
TIMES = {"*": "*", "\\cdot": "*", "\\times": "*", "\\ast": "*", "/": "/", "\\div": "/", "·": "*", "×": "*"}
ENTRYWISE = {"\\odot", "\\circ", "⊙", "∘"}
TRANSPOSES = {"T", "\\top", "\\intercal", "\\mathsf", "\\mathrm", "\\prime"}
BEFORE_TRANSPOSE = ([], ["-"], ["−"], ["\\mathsf"], ["\\mathrm"])
FRACTIONS = {"\\frac", "\\tfrac", "\\dfrac", "\\cfrac", "\\sfrac"}


def is_latex(text: str) -> bool:
    """Whether a text is LaTeX: it has a command, a brace, a dollar or a bar."""
    return any(c in text for c in "\\{}$|")


@dataclass(frozen=True)
class Piece:
    """A piece of the LaTeX; `kind` is command, number, letter, symbol or end."""

    kind: str
    text: str
    start: int
    end: int


def latex_tokens(text: str, names: Mapping[str, Expr] | None = None) -> list[Token]:
    """A LaTeX formula as tokens of the text reader.  `names`: the declared ones.  Raises `ParseError`."""
    try:
        return Translator(text, names or {}).formula()
    except ParseError:
        if "||" not in text:
            raise
        return Translator(text, names or {}, double_bars=False).formula()


def pieces(text: str, double_bars: bool = True) -> list[Piece]:
    if len(text) > LONGEST_TEXT:
        raise ParseError(f"the formula is longer than {LONGEST_TEXT} characters", text, LONGEST_TEXT)
    found = [Piece(m.lastgroup, m.group(), *m.span()) for m in PIECE.finditer(text)]
    kept = [p for p in found if p.kind != "space" and p.text not in IGNORED]
    if not double_bars:
        kept = [half for p in kept for half in (halves(p) if p.text == "||" else (p,))]
    after = len(text.rstrip())
    return [*kept, Piece("end", "", after, after + 1)]


def halves(piece: Piece) -> tuple[Piece, Piece]:
    """A double bar as two bars: |x||y| is no norm."""
    middle = piece.start + 1
    return Piece("symbol", "|", piece.start, middle), Piece("symbol", "|", middle, piece.end)


class Translator:
    """One pass over the pieces; every rule returns the tokens of what it has read."""

    def __init__(self, text: str, names: Mapping[str, Expr], double_bars: bool = True):
        self.text, self.names = text, names
        self.pieces, self.at, self.depth = pieces(text, double_bars), 0, 0
        self.closing: list[str] = []
        self.plain = not any(c in text for c in "\\{$")

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
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise self.error(f"the formula is nested deeper than {DEEPEST_NESTING} levels", self.next)
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
        """Products, joined by the entrywise product, which binds weaker."""
        found = self.product()
        while self.next.text in ENTRYWISE:
            sign = self.take()
            other = self.product()
            name = Token("name", "hadamard", sign.start, sign.end)
            found = [name, symbol("(", sign), *found, symbol(",", sign), *other, symbol(")", sign)]
        return found

    def product(self) -> list[Token]:
        found = self.power()
        while True:
            if self.next.text in TIMES:
                piece = self.take()
                found += [symbol(TIMES[piece.text], piece), *self.signs(), *self.power()]
            elif self.starts_factor():
                found += [symbol("*", self.next), *self.power()]
            else:
                return found

    def starts_factor(self) -> bool:
        piece = self.next
        if piece.text in self.closing[-1:]:
            return False
        if piece.kind in ("number", "letter"):
            return True
        openings = {*BRACKETS, *BAR_PAIRS, *NORM_PAIRS}
        return piece.text in openings or self.is_atom_command(piece)

    def is_atom_command(self, piece: Piece) -> bool:
        known = {*FONTS, *UPRIGHT, *ACCENTS, *VARIANTS, *FRACTIONS, "\\sqrt", "\\log", "\\infty"}
        return piece.text in known or (piece.kind == "command" and piece.text[1:] in (*GREEK, *NAMED, *ARCS))

    # powers

    def power(self) -> list[Token]:
        start = self.next
        name = self.function_name()
        if name:
            return self.application(name, start)
        found = self.atom()
        return self.superscripts(found)

    def superscripts(self, base: list[Token]) -> list[Token]:
        while self.next.text in ("^", "'", "!"):
            mark = self.take()
            if mark.text == "!":
                base = call("factorial", base, mark)
            elif mark.text == "'":
                raise self.error("for the transpose write A^\\top", mark)
            else:
                base = self.raised(base, mark)
        return base

    def raised(self, base: list[Token], mark: Piece) -> list[Token]:
        group = self.group_pieces()
        texts = [p.text for p in group if p.text not in ("{", "}")]
        before = texts[:-1]
        if texts and self.is_transpose(texts[-1]) and before in BEFORE_TRANSPOSE:
            inverted = texts[0] in ("-", "−")
            base = [symbol("(", mark), *base, symbol(")", mark), symbol(".T", mark)]
            return call("inv", base, mark) if inverted else base
        exponent = self.translated(group)
        close = symbol(")", mark)
        return [symbol("(", mark), *base, symbol("**", mark), symbol("(", mark), *exponent, close, close]

    def is_transpose(self, text: str) -> bool:
        """\\top always; T only among matrices, for it may be a number, and where no name is T."""
        matrices = any(is_matrix(value) for value in self.names.values())
        return text in TRANSPOSES and (text != "T" or (matrices and "T" not in self.names))

    def group_pieces(self) -> list[Piece]:
        """The pieces of an argument: what is in braces, else one piece, a command with its own."""
        first = self.next
        if first.kind == "end":
            raise self.unexpected()
        if first.text != "{":
            start = self.at
            if first.kind == "number":
                return [self.take_digit()]
            if first.kind == "letter" or first.text in TRANSPOSES:
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
        if len(piece.text) > 1:
            middle = piece.start + 1
            first = Piece("number", piece.text[0], piece.start, middle)
            self.pieces[self.at : self.at + 1] = [first, Piece("number", piece.text[1:], middle, piece.end)]
        return self.take()

    def translated(self, group: list[Piece]) -> list[Token]:
        """The tokens of some pieces on their own."""
        inner = Translator.__new__(Translator)
        inner.plain = self.plain
        inner.text, inner.names, inner.depth, inner.closing = self.text, self.names, self.depth + 1, []
        end = group[-1].end if group else self.next.start
        inner.pieces, inner.at = [*group, Piece("end", "", end, end + 1)], 0
        return inner.formula()[:-1] if group else self.raise_missing()

    def raise_missing(self):
        raise self.error("something is missing here", self.next)

    # functions

    def function_name(self) -> str:
        """The function that starts here, its command taken; "" if none does."""
        piece = self.next
        if piece.text in UPRIGHT:
            return self.upright_function()
        if piece.kind == "letter":
            return self.plain_function()
        name = piece.text[1:] if piece.kind == "command" else ""
        if name in CALLED and self.called_next() and name not in self.names:
            self.take()
            return CALLED[name]
        if name in NAMED or name in ARCS:
            self.take()
            return SPELLING.get(name, name)
        return ""

    def plain_function(self) -> str:
        """A function of the text reader, spelt in letters before a bracket or a bar: exp(x), log|x|."""
        word, end = self.word()
        follows = self.pieces[end].text in ("(", *BAR_PAIRS, *NORM_PAIRS)
        if word not in FUNCTIONS or word in self.names or not follows:
            return ""
        self.at = end
        return word

    def called_next(self) -> bool:
        return self.pieces[self.at + 1].text == "("

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
                exponent = self.group_pieces()
        texts = [p.text for p in exponent]
        if texts in (["-", "1"], ["−", "1"]) and name in ARCS:
            name, exponent = ARCS[name], []
        found = call(name, self.argument(name), start)
        if base:
            found = self.with_base(found, name, base, start)
        if exponent:
            power = self.translated(exponent)
            found = [*found, symbol("**", start), symbol("(", start), *power, symbol(")", start)]
        elif self.next.text == "^":
            return self.superscripts(found)
        return found

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
            found = self.between(NORM_PAIRS[piece.text], "norm")
            return self.without_subscript(found)
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

    def without_subscript(self, found: list[Token]) -> list[Token]:
        if self.next.text == "_":
            mark = self.take()
            if "".join(p.text for p in self.group_pieces()) not in ("2", "F"):
                raise self.error("only the Euclidean (2) and the Frobenius norm (F) are read here", mark)
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
        one = Token("number", "1", mark.start, mark.end)
        exponent = [symbol("(", mark), one, symbol("/", mark), *degree, symbol(")", mark)]
        return [symbol("(", mark), *base, symbol(")", mark), symbol("**", mark), *exponent]

    def name(self) -> list[Token]:
        first = self.next
        stem = self.stem()
        if self.next.text == "^":
            self.index_first()
        if self.next.text == "_":
            self.take()
            stem = self.subscripted(stem, self.group_pieces())
        return [Token("name", stem, first.start, self.pieces[self.at - 1].end)]

    def index_first(self) -> None:
        r"""The index before the power: \sigma^2_1 as \sigma_1^2."""
        start = self.at
        self.take()
        self.group_pieces()
        middle = self.at
        if self.next.text == "_":
            self.take()
            self.group_pieces()
            moved = self.pieces[middle : self.at] + self.pieces[start:middle]
            self.pieces[start : self.at] = moved
        self.at = start

    def subscripted(self, stem: str, group: list[Piece]) -> str:
        index = "".join(p.text.lstrip("\\") for p in group if p.text not in ("{", "}", ",", *UPRIGHT))
        if not re.fullmatch(r"\w+", index):
            raise self.error("this index is not read here", group[0] if group else self.next)
        if stem == "I" and f"I_{index}" not in self.names:
            return stem  # the identity, whose size is the one that fits
        return stem + index if stem + index in self.names else f"{stem}_{index}"

    def stem(self) -> str:
        piece = self.next
        if piece.kind == "letter":
            return self.letters()
        if piece.text in FONTS | UPRIGHT:
            self.take()
            word = "".join(p.text.lstrip("\\") for p in self.group_pieces())
            if not re.fullmatch(r"[^\W\d]\w*", word):
                raise self.error("a name is wanted here", piece)
            return word
        if piece.text in ACCENTS:
            self.take()
            inner = self.translated(self.group_pieces())
            if len(inner) != 1 or inner[0].kind != "name":
                raise self.error("a name is wanted under the accent", piece)
            return f"{inner[0].text}_{ACCENTS[piece.text]}"
        if piece.text in VARIANTS or (piece.kind == "command" and piece.text[1:] in GREEK):
            self.take()
            return VARIANTS.get(piece.text, piece.text[1:])
        raise self.unexpected()

    def letters(self) -> str:
        """One letter; several where they make a declared name, the longest such, or in plain text."""
        word, last = self.word()
        for end in range(last, self.at, -1):
            word = "".join(p.text for p in self.pieces[self.at : end])
            if word in self.names or self.plain:
                self.at = end
                return word
        return self.take().text

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


def is_bracketed(found: list[Token]) -> bool:
    """Whether one pair of brackets holds all of the tokens."""
    depth = 0
    for k, token in enumerate(found):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            return k == len(found) - 1 and k > 0
    return False
