"""Expressions and lines as LaTeX for the page and as text for the terminal.

Both printers name bound variables as they go: the outermost sum takes the first name of `INDEX_NAMES`
that the expression does not use.
"""

from __future__ import annotations

from sympy import Basic, Derivative, Function, Max, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.mul import _keep_coeff
from sympy.matrices.expressions import (
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatMul,
    MatrixSymbol,
    Trace,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.determinant import Determinant
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from .expressions import ELEMENT, Binder, Family, IndexProduct, Member, scale
from .integrals import OverReals, StandardNormal

INDEX_NAMES = ("t", "k", "j", "i", "s", "r", "q")


def used_names(expression: Basic) -> set[str]:
    """Every name that stands in an expression, bound variables apart."""
    symbols = {s.name for s in expression.free_symbols if isinstance(s, Symbol | MatrixSymbol)}
    return symbols | {f.name for f in expression.atoms(Family)}


GREEK = {
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "κ": r"\kappa",
    "λ": r"\lambda",
    "μ": r"\mu",
    "ρ": r"\rho",
    "σ": r"\sigma",
    "τ": r"\tau",
    "φ": r"\varphi",
    "Δ": r"\Delta",
    "Σ": r"\Sigma",
    "Ω": r"\Omega",
    "ℓ": r"\ell",
    "Θ": r"\Theta",
    "Λ": r"\Lambda",
}
TEX_NAMES = GREEK | {
    "ℒ": r"\mathcal{L}",
    "ℓ": r"\ell",
    "log p(y_*|y)": r"\log p(y_*\mid y)",
    "σ²": r"\sigma^2",
    "f_∞": r"f_\infty",
    "σ": r"\sigma",
    "log q̃": r"\log\tilde q",
    "ELBO": r"\mathrm{ELBO}",
    "KL": r"\mathrm{KL}",
    "log q_0(z_0)": r"\log q_0(z_0)",
    "log q_K(z_K)": r"\log q_K(z_K)",
}


RELU = Function("relu")


class Named:
    """What the two printers share: bound indices get names that are free, negative terms come last."""

    def _as_ordered_terms(self, expr, order=None):
        terms = super()._as_ordered_terms(expr, order)
        return sorted(terms, key=_is_negative)

    def parenthesize(self, item, level, *arguments, **options):
        """A 1x1 matrix in a scalar's place is printed without its trace, so it binds as a matrix does."""
        shown = item.arg if isinstance(item, Trace) and item.arg.shape == (1, 1) else item
        return super().parenthesize(shown, level, *arguments, **options)

    def open(self, binder: Binder):
        """(name of the index, body with that name in place of the bound variable)."""
        taken = used_names(binder)
        counts_entries = isinstance(binder, IndexProduct) or binder.body.has(MatrixElement)
        pool = ("j", *INDEX_NAMES) if counts_entries else INDEX_NAMES
        name = next(n for n in pool if n not in taken)
        return name, binder.body.xreplace({binder.variable: Symbol(name, integer=True)})

    def ones(self, e, sign: str, transposed: str, sized: str) -> str:
        """A column of ones, a row, or a matrix with its size."""
        if e.cols == 1:
            return sign
        return sign + (transposed if e.rows == 1 else sized % tuple(map(self._print, e.shape)))

    def entrywise(self, e) -> Basic:
        """The formula of an elementwise function, with the printed matrix in place of ξ."""
        body, argument = body_of(e), self._print(e.expr)
        bare = isinstance(e.expr, MatrixSymbol | Member) or not _outside_functions(body)
        return body.xreplace({ELEMENT: Symbol(argument if bare else f"({argument})")})

    def factor(self, e) -> str:
        """A factor of a matrix product."""
        loose = isinstance(e, HadamardProduct | KroneckerProduct) and e.shape != (1, 1)
        return self.bracket(e) if loose else self.parenthesize(e, PRECEDENCE["Mul"], strict=True)

    def _print_Subs(self, e):
        """The derivative of an abstract function g at a place, as g'(place)."""
        derivative, variables, (place, *_) = e.args
        if isinstance(derivative, Derivative) and derivative.expr.args == tuple(variables):
            primes = "'" * int(derivative.derivative_count)
            inside = place.arg if isinstance(place, Trace) and place.arg.shape == (1, 1) else place
            return f"{self.abstract(derivative.expr.func.__name__)}{primes}{self.bracket(inside)}"
        return super()._print_Subs(e)

    def abstract(self, name: str) -> str:
        """The name of an abstract function."""
        return name

    def unbracketed(self, e) -> str:
        """A matrix where brackets stand already."""
        bare = isinstance(e, ElementwiseApplyFunction) and self.applied_elementwise(e, str) is None
        return self._print(self.entrywise(e)) if bare else self._print(e)

    def applied_elementwise(self, e, function_name):
        """What to print before (Z) for one named function, or a derivative of one; else None."""
        body = body_of(e)
        body = RELU(ELEMENT) if body == Max(0, ELEMENT) else body
        if body.is_Function and body.args == (ELEMENT,):
            return function_name(body)
        if body.is_Derivative and isinstance(body.expr, AppliedUndef):
            order = sum(count for _, count in body.variable_count)
            return function_name(body.expr) + "'" * int(order)
        return None


def body_of(e: ElementwiseApplyFunction) -> Basic:
    """The formula of an elementwise function of ξ; SymPy's own `applyfunc` makes a dummy of its own."""
    (variable,) = e.function.signature
    return e.function.expr.xreplace({variable: ELEMENT})


def _outside_functions(body: Basic) -> bool:
    """Whether ξ stands in `body` other than as the only argument of a function."""
    applied = {f: Symbol("f") for f in body.atoms(Function) if f.args == (ELEMENT,)}
    return body.xreplace(applied).has(ELEMENT)


def _expected(integral: OverReals) -> Basic | None:
    """f, where the integral is E f(z) for a standard normal z; else None."""
    density = StandardNormal(integral.variable)
    factors = integral.body.as_ordered_factors()
    return integral.body / density if density in factors else None


def is_number(product: MatMul) -> bool:
    """Whether a matrix product is a number times the 1x1 identity."""
    return product.shape == (1, 1) and all(isinstance(a, Identity) for a in product.as_coeff_matrices()[1])


def is_one_by_one_product(expression) -> bool:
    return isinstance(expression, Trace) and expression.arg.shape == (1, 1) and expression.arg.is_MatMul


def _is_negative(term) -> bool:
    """Whether a term is printed with a minus sign."""
    coefficient = term.as_coeff_matrices()[0] if isinstance(term, MatMul) else term.as_coeff_Mul()[0]
    return bool(coefficient.as_coeff_Mul()[0].is_negative)


def _is_sum(expression) -> bool:
    return expression.is_Add or getattr(expression, "is_MatAdd", False)


class Latex(Named, LatexPrinter):
    """LaTeX in the notation of the pages: ᵀ as \\top, ⟨G, de⟩, h_t, Σ with named indices."""

    def __init__(self):
        super().__init__({"mat_symbol_style": "plain"})

    def bracket(self, e) -> str:
        return rf"\left({self._print(e)}\right)"

    def abstract(self, name: str) -> str:
        return TEX_NAMES.get(name, name)

    def _hprint_Function(self, func: str) -> str:
        return TEX_NAMES.get(func) or super()._hprint_Function(func)

    def _index(self, family: str, index) -> str:
        return f"{family}_{{{self._print(index)}}}"

    def _print_Dummy(self, e):
        return e.name

    def _print_Member(self, e):
        return self._index(self._print_Family(e.family), e.index)

    def _print_Family(self, e):
        return TEX_NAMES.get(e.name, e.name)

    def _print_Symbol(self, e, style="plain"):
        return TEX_NAMES.get(e.name) or super()._print_Symbol(e, style)

    def _print_VectorFunction(self, e):
        return TEX_NAMES.get(e.name) or rf"\mathcal{{{e.name}}}"

    def function_at(self, e) -> str:
        """A function of a sequence with its index; one that stands alone has the index 0, not written."""
        name = self._print(e.function)
        return name if e.index == 0 else self._index(name, e.index)

    def _print_Applied(self, e):
        return rf"{self.function_at(e)}\left({self._print(e.argument)}\right)"

    def _print_AppliedGradient(self, e):
        return rf"\nabla {self.function_at(e)}\left({self._print(e.argument)}\right)"

    def differential(self, e) -> str:
        inner = self._print(e)
        simple = isinstance(e, Member | MatrixSymbol | Symbol) or e.func.__name__ == "Applied"
        return rf"\mathrm{{d}}{inner}" if simple else rf"\mathrm{{d}}\!\left[{inner}\right]"

    def _print_Pairing(self, e):
        if e.weight == 1:
            return self.differential(e.expression)
        return rf"\left\langle {self._print(e.weight)},\ {self.differential(e.expression)}\right\rangle"

    def _print_MatrixDifferential(self, e):
        return self.differential(e.expression)

    def _print_Jacobian(self, e):
        return (
            rf"\frac{{\partial {self._print(e.expression)}}}{{\partial {self._print(e.variable)}^{{\top}}}}"
        )

    def _print_Trace(self, e):
        if e.arg.shape == (1, 1):
            return self._print(e.arg)
        return rf"\operatorname{{tr}}\left({self._print(e.arg)}\right)"

    def _print_Gradient(self, e):
        below = self._print(e.variable)
        if isinstance(e.expression, Symbol):
            return rf"\frac{{\partial {self._print(e.expression)}}}{{\partial {below}}}"
        return rf"\frac{{\partial}}{{\partial {below}}}{self._print(e.expression)}"

    def _binder(self, e, sign):
        name, body = self.open(e)
        inner = self.bracket(body) if _is_sum(body) else self._print(body)
        return rf"{sign}_{{{name}={self._print(e.lower)}}}^{{{self._print(e.upper)}}} {inner}"

    def _print_IndexSum(self, e):
        return self._binder(e, r"\sum")

    _print_MatrixIndexSum = _print_IndexSum

    def _print_ScalarIndexProduct(self, e):
        return self._binder(e, r"\prod")

    def _print_IndexProduct(self, e):
        arrow = r"\overrightarrow" if e.order == 1 else r"\overleftarrow"
        return self._binder(e, rf"\mathop{{{arrow}{{\prod}}}}\limits")

    def _print_Elementwise(self, e):
        name = self.applied_elementwise(e, self._function_name)
        if name is not None:
            return rf"{name}\left({self._print(e.expr)}\right)"
        return self.bracket(self.entrywise(e))

    _print_ElementwiseApplyFunction = _print_Elementwise

    @staticmethod
    def _function_name(f) -> str:
        name = f.func.__name__
        if name in LATEX_FUNCTIONS:
            return rf"\{name}"
        if name in TEX_NAMES:
            return TEX_NAMES[name]
        return name if len(name) == 1 else rf"\operatorname{{{name}}}"

    def _print_Transpose(self, e):
        return rf"{self.parenthesize(e.arg, PRECEDENCE['Pow'])}^{{\top}}"

    def _print_Inverse(self, e):
        if isinstance(e.arg, Transpose):
            return rf"{self.parenthesize(e.arg.arg, PRECEDENCE['Pow'])}^{{-\top}}"
        return rf"{self.parenthesize(e.arg, PRECEDENCE['Pow'])}^{{-1}}"

    def _print_DiagMatrix(self, e):
        return rf"\operatorname{{diag}}\left({self.unbracketed(e.args[0])}\right)"

    def _print_DiagonalOf(self, e):
        return rf"\operatorname{{diagonal}}\left({self._print(e.arg)}\right)"

    def _print_Blocks(self, e):
        rows = r" \\ ".join(" & ".join(self._print(b) for b in row) for row in e.args)
        return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"

    def _print_Identity(self, e):
        return "1" if e.rows == 1 else "I"

    def _print_HadamardProduct(self, e):
        """Of numbers an ordinary product."""
        parts = [self.parenthesize(a, PRECEDENCE["Mul"], strict=e.shape == (1, 1)) for a in e.args]
        return r"\, ".join(parts) if e.shape == (1, 1) else r" \circ ".join(parts)

    def _print_OneMatrix(self, e):
        return self.ones(e, r"\mathbf{1}", r"^{\top}", r"_{%s \times %s}")

    def _print_ZeroMatrix(self, e):
        return "0"

    def _print_MatrixElement(self, e):
        parent, i, j = self._print(e.parent), e.i + 1, e.j + 1
        return rf"{parent}_{{{i}}}" if e.parent.cols == 1 else rf"{parent}_{{{i}{j}}}"

    def _print_Add(self, e, order=None):
        """As SymPy does, but a negative symbol before a matrix is a sign too."""
        shown = ""
        for i, term in enumerate(self._as_ordered_terms(e, order=order)):
            negative = i > 0 and (_is_negative(term) or term.could_extract_minus_sign())
            term = scale(-1, term) if negative else term
            shown += (" - " if negative else " + ") if i else ""
            shown += self.bracket(term) if self._needs_add_brackets(term) else self._print(term)
        return shown

    def _print_Mul(self, e):
        number, rest = e.as_coeff_Mul()
        if not number.is_Rational or number.is_Integer or rest.as_numer_denom()[1] != 1:
            return super()._print_Mul(e)
        sign = "- " if number < 0 else ""
        inner = self.bracket(rest) if rest.is_Add else self._print(rest)
        return rf"{sign}\tfrac{{{abs(number.p)}}}{{{number.q}}} {inner}"

    def _print_MatMul(self, e):
        coefficient, matrices = e.as_coeff_matrices()
        if is_number(e):
            return self._print(coefficient)
        negative = coefficient.as_coeff_Mul()[0].is_negative
        scalars = self.scalars(-coefficient if negative else coefficient)
        return ("- " if negative else "") + " ".join([*scalars, *map(self.factor, matrices)])

    def scalars(self, coefficient) -> list[str]:
        """What stands before the matrices of a product; sums and 1x1 products in brackets."""
        if coefficient == 1:
            return []
        if coefficient.is_Rational and not coefficient.is_Integer:
            return [rf"\tfrac{{{coefficient.p}}}{{{coefficient.q}}}"]
        if coefficient.is_Mul and coefficient.as_numer_denom()[1] == 1:
            return [shown for factor in coefficient.as_ordered_factors() for shown in self.scalars(factor)]
        loose = coefficient.is_Add or is_one_by_one_product(coefficient)
        return [self.bracket(coefficient) if loose else self._print(coefficient)]

    def _print_log(self, e, exp=None):
        if exp is None and isinstance(e.args[0], Determinant):
            return rf"\log {self._print(e.args[0])}"
        return super()._print_log(e, exp)

    def _print_Heaviside(self, e):
        return rf"\operatorname{{step}}\left({self._print(e.args[0])}\right)"

    def _print_Norm(self, e):
        return rf"\left\lVert {self._print(e.argument)}\right\rVert"

    def _print_LargestEntry(self, e):
        return rf"\max_i \left|{{{self.parenthesize(e.argument, PRECEDENCE['Pow'])}}}_i\right|"

    def _print_LargestSingularValue(self, e):
        return rf"\sigma_{{\max}}\left({self._print(e.argument)}\right)"

    def _print_SmallestSingularValue(self, e):
        return rf"\sigma_{{\min}}\left({self._print(e.argument)}\right)"

    def _print_SmallestEigenvalue(self, e):
        return rf"\lambda_{{\min}}\left({self._print(e.argument)}\right)"

    def _print_LargestEigenvalue(self, e):
        return rf"\lambda_{{\max}}\left({self._print(e.argument)}\right)"

    def _print_Inner(self, e):
        left, right = e.args
        turned = self.parenthesize(left, PRECEDENCE["Pow"])
        return rf"{turned}^{{\top}} {self.parenthesize(right, PRECEDENCE['Mul'], strict=True)}"

    def _print_LogNormalDensity(self, e):
        point, mean, covariance = map(self._print, e.args)
        return rf"\log\mathcal{{N}}\!\left({point};\ {mean},\ {covariance}\right)"

    def _print_Divergence(self, e):
        q, p = map(self._print, e.args)
        return rf"\operatorname{{KL}}\left({q}\,\middle\|\,{p}\right)"

    def _print_NormalExpectation(self, e):
        body, point, mean, covariance = map(self._print, e.args)
        return rf"\mathbb{{E}}_{{{point}\sim\mathcal{{N}}({mean},\,{covariance})}}\left[{body}\right]"

    def _print_SmallestValue(self, e, extreme="min"):
        (index,) = e.entries.signature
        return rf"\{extreme}_{{{index}}} {self._print(e.entries.expr)}"

    def _print_LargestValue(self, e):
        return self._print_SmallestValue(e, "max")

    def _print_Entry(self, e):
        return rf"{{{self.parenthesize(e.argument, PRECEDENCE['Pow'])}}}_{{{self._print(e.index)}}}"

    def _print_Kernel(self, e):
        return rf"k\left({self._print(e.args[0])}, {self._print(e.args[1])}\right)"

    def _print_FunctionMatrix(self, e):
        i, j = e.lamda.signature
        return rf"\left[{self._print(e.lamda.expr)}\right]_{{{i}{'' if e.cols == 1 else j}}}"

    def _print_EntryMatrix(self, e):
        return rf"E_{{{self._print(e.i + 1)}{self._print(e.j + 1)}}}"

    def _print_Determinant(self, e):
        return rf"\det\left({self._print(e.arg)}\right)"

    def _print_StandardNormal(self, e, exp=None):
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\varphi{power}\!\left({self._print(e.args[0])}\right)"

    def _print_Dawson(self, e, exp=None):
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"F{power}\!\left({self._print(e.args[0])}\right)"

    def _print_OverReals(self, e):
        expected = _expected(e)
        if expected is not None:
            return rf"\mathbb{{E}}\!\left[{self._print(expected)}\right]"
        return self._integral(r"\int", e)

    def _print_PrincipalValue(self, e):
        return self._integral(r"\operatorname{p.v.}\!\!\int", e)

    def _integral(self, sign, e):
        body = self.bracket(e.body) if _is_sum(e.body) else self._print(e.body)
        return rf"{sign}_{{-\infty}}^{{\infty}} {body}\,\mathrm{{d}}{self._print(e.variable)}"

    def _print_Partial(self, e):
        inner = self._print(e.expression)
        simple = e.expression.is_Atom or e.expression.is_Function or isinstance(e.expression, OverReals)
        shown = inner if simple else rf"\left[{inner}\right]"
        return rf"\frac{{\partial}}{{\partial {self._print(e.variable)}}} {shown}"


LATEX_FUNCTIONS = {"tanh", "sin", "cos", "exp", "log", "sinh", "cosh", "tan"}


class Text(Named, StrPrinter):
    """Plain Unicode text for the terminal."""

    def bracket(self, e) -> str:
        return f"({self._print(e)})"

    def _print_Mul(self, e):
        """SymPy leaves out the brackets of a sum over an index where a negative number stands before it."""
        number, rest = e.as_coeff_Mul()
        if not (number.is_negative and rest.is_Mul and rest.has(Binder)):
            return super()._print_Mul(e)
        return f"-{super()._print_Mul(_keep_coeff(-number, rest))}"

    def _print_Dummy(self, e):
        return e.name

    def _print_Member(self, e):
        return f"{e.family.name}[{self._print(e.index)}]"

    def _print_Family(self, e):
        return e.name

    def _print_VectorFunction(self, e):
        return e.name

    def _print_Applied(self, e):
        return f"{e.function.name}[{self._print(e.index)}]({self._print(e.argument)})"

    def _print_AppliedGradient(self, e):
        return f"∇{e.function.name}[{self._print(e.index)}]({self._print(e.argument)})"

    def differential(self, e):
        inner = self._print(e)
        return f"d{inner}" if e.is_Atom or isinstance(e, Member | MatrixSymbol) else f"d({inner})"

    def _print_Pairing(self, e):
        if e.weight == 1:
            return self.differential(e.expression)
        return f"⟨{self._print(e.weight)}, {self.differential(e.expression)}⟩"

    def _print_MatrixDifferential(self, e):
        return self.differential(e.expression)

    def _print_Jacobian(self, e):
        return f"∂({self._print(e.expression)})/∂{self._print(e.variable)}ᵀ"

    def _print_Trace(self, e):
        return f"({self._print(e.arg)})" if e.arg.shape == (1, 1) else f"tr({self._print(e.arg)})"

    def _print_Gradient(self, e):
        return f"∂({self._print(e.expression)})/∂{self._print(e.variable)}"

    def _binder(self, e, sign):
        name, body = self.open(e)
        inner = f"({self._print(body)})" if _is_sum(body) else self._print(body)
        return f"{sign}[{name}={self._print(e.lower)}..{self._print(e.upper)}] {inner}"

    def _print_IndexSum(self, e):
        return self._binder(e, "Σ")

    _print_MatrixIndexSum = _print_IndexSum

    def _print_ScalarIndexProduct(self, e):
        return self._binder(e, "Π")

    def _print_IndexProduct(self, e):
        return self._binder(e, "Π→" if e.order == 1 else "Π←")

    def _print_Elementwise(self, e):
        name = self.applied_elementwise(e, lambda f: f.func.__name__)
        if name is not None:
            return f"{name}({self._print(e.expr)})"
        return f"({self._print(self.entrywise(e))})"

    _print_ElementwiseApplyFunction = _print_Elementwise

    def _print_HadamardProduct(self, e):
        if e.shape == (1, 1):
            return " ".join(self.parenthesize(a, PRECEDENCE["Mul"], strict=True) for a in e.args)
        return " ∘ ".join(self.parenthesize(a, PRECEDENCE["Mul"]) for a in e.args)

    def _print_MatMul(self, e):
        coefficient, matrices = e.as_coeff_matrices()
        if is_number(e):
            return self._print(coefficient)
        sign = "-" if coefficient.as_coeff_Mul()[0].is_negative else ""
        size = -coefficient if sign else coefficient
        factors = " ".join(self.factor(a) for a in matrices)
        return sign + (factors if size == 1 else f"{self.parenthesize(size, PRECEDENCE['Mul'])} {factors}")

    def _print_DiagMatrix(self, e):
        return f"diag({self.unbracketed(e.args[0])})"

    def _print_Transpose(self, e):
        return f"{self.parenthesize(e.arg, PRECEDENCE['Pow'])}ᵀ"

    def _print_Inverse(self, e):
        if isinstance(e.arg, Transpose):
            return f"{self.parenthesize(e.arg.arg, PRECEDENCE['Pow'])}⁻ᵀ"
        return f"{self.parenthesize(e.arg, PRECEDENCE['Pow'])}⁻¹"

    def _print_DiagonalOf(self, e):
        return f"diagonal({self._print(e.arg)})"

    def _print_Blocks(self, e):
        return f"[{'; '.join(', '.join(self._print(b) for b in row) for row in e.args)}]"

    def _print_Identity(self, e):
        return "I"

    def _print_OneMatrix(self, e):
        return self.ones(e, "𝟏", "ᵀ", "[%s,%s]")

    def _print_MatrixElement(self, e):
        return (
            f"{self._print(e.parent)}[{e.i + 1}]"
            if e.parent.cols == 1
            else f"{self._print(e.parent)}[{e.i + 1},{e.j + 1}]"
        )

    def _print_Abs(self, e):
        return f"|{self._print(e.args[0])}|"

    def _print_Heaviside(self, e):
        return f"step({self._print(e.args[0])})"

    def _print_Norm(self, e):
        return f"‖{self._print(e.argument)}‖"

    def _print_LargestEntry(self, e):
        return f"max_i |{self.parenthesize(e.argument, PRECEDENCE['Pow'])}_i|"

    def _print_LargestSingularValue(self, e):
        return f"σ_max({self._print(e.argument)})"

    def _print_SmallestSingularValue(self, e):
        return f"σ_min({self._print(e.argument)})"

    def _print_SmallestEigenvalue(self, e):
        return f"λ_min({self._print(e.argument)})"

    def _print_LargestEigenvalue(self, e):
        return f"λ_max({self._print(e.argument)})"

    def _print_Inner(self, e):
        left, right = e.args
        return f"{self.parenthesize(left, PRECEDENCE['Pow'])}ᵀ {self.factor(right)}"

    def _print_LogNormalDensity(self, e):
        return f"log N({'; '.join(self._print(a) for a in e.args)})"

    def _print_Divergence(self, e):
        return f"KL({' ‖ '.join(map(self._print, e.args))})"

    def _print_NormalExpectation(self, e):
        body, point, mean, covariance = map(self._print, e.args)
        return f"E[{body} | {point} ~ N({mean}, {covariance})]"

    def _print_SmallestValue(self, e, extreme="min"):
        return f"{extreme}_{e.entries.signature[0]} {self._print(e.entries.expr)}"

    def _print_LargestValue(self, e):
        return self._print_SmallestValue(e, "max")

    def _print_Entry(self, e):
        return f"{self.factor(e.argument)}[{self._print(e.index)}]"

    def _print_Kernel(self, e):
        return f"k({self._print(e.args[0])}, {self._print(e.args[1])})"

    def _print_FunctionMatrix(self, e):
        return f"[{self._print(e.lamda.expr)}]"

    def _print_EntryMatrix(self, e):
        return f"E[{self._print(e.i + 1)},{self._print(e.j + 1)}]"

    def _print_Determinant(self, e):
        return f"det({self._print(e.arg)})"

    def _print_StandardNormal(self, e):
        return f"φ({self._print(e.args[0])})"

    def _print_OverReals(self, e):
        expected = _expected(e)
        return self._integral("∫", e) if expected is None else f"E[{self._print(expected)}]"

    def _print_PrincipalValue(self, e):
        return self._integral("p.v.∫", e)

    def _integral(self, sign, e):
        return f"{sign}({self._print(e.body)}) d{self._print(e.variable)}"

    def _print_Partial(self, e):
        return f"∂({self._print(e.expression)})/∂{self._print(e.variable)}"


def latex(expression: Basic) -> str:
    return Latex().doprint(expression)


def text(expression: Basic) -> str:
    return Text().doprint(expression)
