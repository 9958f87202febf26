"""Component forms as LaTeX and as text: the entry of h_t is h_{t,i}, that of an inverse (A⁻¹)_{ij}."""

from __future__ import annotations

from sympy import Mul, Symbol
from sympy.matrices.expressions import MatrixSymbol

from .components import LEAVES, LETTERS, Components, EntrySum
from .expressions import Gradient, Member, Pairing, SymmetricSymbol
from .printing import Latex, Text, used_names
from .quantities import Component


class Indexed:
    """What the two printers share: letters of entries, which no name of the chain takes."""

    def __init__(self, taken: frozenset[str] = frozenset()):
        super().__init__()
        self.taken = taken

    def open(self, binder):
        if not isinstance(binder, EntrySum):
            return super().open(binder)
        taken = used_names(binder) | self.taken
        name = next(n for n in LETTERS if n not in taken)
        return name, binder.body.xreplace({binder.variable: Symbol(name, integer=True)})

    def places(self, e) -> list[str]:
        """The indices of an entry, as far as its matrix has that side."""
        sides = zip(e.args[1:], e.argument.shape, strict=True)
        return [self._print(index) for index, size in sides if size != 1]

    def differential(self, e) -> str:
        bare = isinstance(e, Component) and isinstance(e.argument, LEAVES)
        return self.moved(self._print(e)) if bare else super().differential(e)

    def _print_Mul(self, e):
        """A differential stands behind what it is multiplied with."""
        moves = [factor for factor in e.args if isinstance(factor, Pairing)]
        rest = Mul(*(factor for factor in e.args if factor not in moves))
        if not moves or rest == -1:
            return super()._print_Mul(e)
        weight = self.bracket(rest) if rest.is_Add else self._print(rest)
        return self.between.join([weight, *map(self._print, moves)])

    def _print_Component(self, e):
        if isinstance(e.argument, LEAVES):
            return self.leaf(e.argument, self.places(e))
        if isinstance(e.argument, Gradient) and not isinstance(e.argument.variable, SymmetricSymbol):
            return self.derivative(e.argument, self.leaf(e.argument.variable, self.places(e)))
        return self.at(self.bracket(e.argument), self.places(e))


class ComponentLatex(Indexed, Latex):
    """LaTeX of component forms."""

    between = r"\, "

    def moved(self, leaf: str) -> str:
        return rf"\mathrm{{d}}{leaf}"

    def at(self, name: str, places: list[str]) -> str:
        between = "" if all(place.isalpha() for place in places) else ","
        return rf"{name}_{{{between.join(places)}}}" if places else name

    def leaf(self, e, places: list[str]) -> str:
        if isinstance(e, Member):
            between = r" " if all(place.isalpha() for place in places) else ","
            return self._index(self._print_Family(e.family), e.index, between.join(places))
        name = self._print(e)
        bare = not places or not ({"_", "^"} & set(name))
        return self.at(name if bare else rf"\left({name}\right)", places)

    def _index(self, family: str, index, places: str = "") -> str:
        return f"{family}_{{{self._print(index)}{',' if places else ''}{places}}}"

    def derivative(self, e, below: str) -> str:
        if isinstance(e.expression, Symbol):
            return rf"\frac{{\partial {self._print(e.expression)}}}{{\partial {below}}}"
        return rf"\frac{{\partial}}{{\partial {below}}}{self.bracketed_sum(e.expression)}"

    def bracketed_sum(self, e) -> str:
        return self.bracket(e) if e.is_Add else self._print(e)

    def _print_Same(self, e):
        return rf"\left[{' = '.join(map(self._print, e.args))}\right]"


class ComponentText(Indexed, Text):
    """Component forms as plain text."""

    between = "*"

    def moved(self, leaf: str) -> str:
        return f"d{leaf}"

    def at(self, name: str, places: list[str]) -> str:
        return f"{name}[{','.join(places)}]" if places else name

    def leaf(self, e: MatrixSymbol | Member, places: list[str]) -> str:
        return self.at(self._print(e), places)

    def derivative(self, e, below: str) -> str:
        inner = self._print(e.expression)
        return f"∂{inner if isinstance(e.expression, Symbol) else f'({inner})'}/∂{below}"

    def _print_Same(self, e):
        return f"[{' = '.join(map(self._print, e.args))}]"


def component_latex(side, form: Components) -> str:
    return ComponentLatex(form.taken).doprint(side)


def component_text(side, form: Components) -> str:
    return ComponentText(form.taken).doprint(side)
