"""What a function computes: its arguments, the definitions and recurrences it runs, its result."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Basic, Integer, Symbol, preorder_traversal, sympify
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions import ZeroMatrix

from ..domain import Declaration, Equation
from ..expressions import (
    Binder,
    Family,
    Gradient,
    IndexSum,
    Jacobian,
    MatrixIndexSum,
    Member,
    Pairing,
    VectorFunction,
    is_matrix,
    substitute,
)
from ..printing import text
from .languages import Language
from .operations import ExportError, Lowering, Operation, name_of, rank_of, sizes_kept
from .writing import Assign, Body, Loop, Members, Statement


@dataclass(frozen=True)
class Subject:
    """What is exported: an expression, its title, itself as text, and the world around it."""

    expression: Basic
    title: str
    formula: str
    name: str = "f"
    declarations: tuple[Declaration, ...] = ()
    equations: tuple[Equation, ...] = ()


# --- names --------------------------------------------------------------------------------------


def identifier(name: str, taken: Iterable[str]) -> str:
    """An ASCII identifier that is not `taken`: for K_* it is K_star, for δ delta, for lambda lambda_."""
    spelled = "".join(_ascii(c) for c in unicodedata.normalize("NFKC", name))
    spelled = re.sub(r"[\W_]+", "_", spelled, flags=re.ASCII).strip("_") or "x"
    spelled = f"x{spelled}" if spelled[0].isdigit() else spelled
    while spelled in taken:
        spelled += "_"
    return spelled


def _ascii(character: str) -> str:
    if character.isascii():
        return {"*": "_star", "'": "_prime"}.get(character, character)
    words = unicodedata.name(character, "").split()
    if "LETTER" not in words:
        return "_"
    letter = words[words.index("LETTER") + 1]
    return letter.capitalize() if "CAPITAL" in words else letter.lower()


def _leaves(expressions: Iterable[Basic]) -> list:
    """Symbols, families and abstract functions that occur free, in a fixed order."""
    found: set = set()
    for e in expressions:
        found |= e.free_symbols | e.atoms(Family, VectorFunction) | {f.func for f in e.atoms(AppliedUndef)}
    return sorted(found, key=lambda leaf: (_spelling(leaf), str(type(leaf))))


def _spelling(leaf) -> str:
    return leaf.__name__ if isinstance(leaf, type) else leaf.name


@dataclass(frozen=True)
class Argument:
    """One argument: its name, what the docstring says of it, and the sizes that its axes show."""

    name: str
    meaning: str
    axes: tuple = ()
    is_array: bool = False


# --- from a subject to statements ---------------------------------------------------------------


class Program:
    """The function that computes a subject, in one language."""

    def __init__(self, subject: Subject, language: Language, name: str):
        self.subject, self.language = subject, language
        equations = [e for e in subject.equations if not e.right.atoms(Pairing, Gradient, Jacobian)]
        self.meanings = [e for e in subject.equations if e.right.atoms(Pairing, Gradient, Jacobian)]
        self.fixed = {e.left: e.right for e in equations if e.index is None}
        self.recurrences = _recurrences(equations)
        self.declared = {s: d for d in subject.declarations for s in _symbols(d)}
        leaves = _leaves([subject.expression, *self._rights(equations)])
        self.spellings = {identifier(_spelling(leaf), language.reserved) for leaf in leaves}
        self.names: dict = {}
        self.name = identifier(name, language.reserved)
        self.sizes = _sizes(subject.expression) | {s for s in leaves if getattr(s, "is_integer", False)}
        self.lower = Lowering(self.leaf, language.broadcasts, self._taken())
        self.arguments: dict[object, Argument] = {}
        self.defined: set = set()
        self.local: dict[Family, str] = {}
        self.statements: list[Statement] = []
        self.value = self.lower(subject.expression)

    def _rights(self, equations):
        return [e.right if e.index is None else substitute(e.right, {e.index: Integer(0)}) for e in equations]

    def _taken(self) -> set[str]:
        return {*self.names.values(), *self.spellings, *self.language.reserved}

    def _named(self, key, wanted: str = "") -> str:
        """The identifier of a leaf, or of what `key` stands for; the first to be used gets the plain name."""
        if key not in self.names:
            taken = {*self.names.values(), *self.language.reserved}
            self.names[key] = identifier(wanted or _spelling(key), taken)
            self.lower.taken = self._taken()
        return self.names[key]

    # what a leaf is: an argument, a line before, or a member of a family

    def leaf(self, leaf, order: int = 0) -> Operation:
        if isinstance(leaf, Member):
            return self._member(leaf)
        if isinstance(leaf, type | VectorFunction):
            return self._function(leaf, order)
        if leaf in self.declared or leaf not in self.fixed:
            self._argue(leaf)
        elif leaf not in self.defined:
            self.defined.add(leaf)
            with self.lower.scoped({}):
                self.statements.append(Assign(self._named(leaf), self.lower(self.fixed[leaf])))
        return name_of(self._named(leaf), rank_of(leaf), static=leaf in self.sizes)

    def _function(self, function, order: int) -> Operation:
        prefix = ("", "grad_")[order] if isinstance(function, VectorFunction) else "d" * order
        key = (function, order)
        self._named(key, prefix + _spelling(function))
        meaning = self._meaning(function)
        if isinstance(function, VectorFunction):
            said = f"{self.names[key]}(t, v)" + (f": gradient of {function.name}_t at v" if order else "")
            meaning = f"{meaning}; {said}" if meaning else said
        elif order:
            meaning = f"derivative of {self.names[key][1:]}, entry by entry"
        self.arguments.setdefault(key, Argument(self.names[key], meaning or "a function of every entry"))
        return name_of(self.names[key])

    def _argue(self, leaf) -> None:
        """Note an argument, once."""
        if leaf in self.arguments:
            return
        if isinstance(leaf, Family):
            axes, said = self._family_axes(leaf)
        elif is_matrix(leaf):
            axes = tuple(zip(sizes_kept(leaf.shape), ("rows", "columns"), strict=False))
            said = shape_text(leaf.shape)
        else:
            axes, said = (), "an integer" if leaf in self.sizes else "a number"
        meaning = ", ".join(filter(None, (self._meaning(leaf), said)))
        self.arguments[leaf] = Argument(self._named(leaf), meaning, axes, is_matrix(leaf))

    def _meaning(self, leaf) -> str:
        return self.declared[leaf].meaning.replace("$", "") if leaf in self.declared else ""

    # families

    def _range(self, family) -> tuple:
        """(first index, length or None) of a family that is given as an array."""
        d = self.declared.get(family)
        if d is None or d.lower is None:
            return Integer(0), None
        return sympify(d.lower), sympify(d.upper - d.lower + 1)

    def _family_axes(self, family):
        first, length = self._range(family)
        sizes = (length if length is not None else Symbol("…"), *sizes_kept(family.shape))
        axes = tuple(zip(sizes, ("count", "rows of one", "columns of one"), strict=False))
        start = f"from index {first}, " if length is not None else "one after the other, "
        return axes, f"{start}{shape_text(sizes, dropped=True)}"

    def _member(self, member: Member) -> Operation:
        family, index = member.family, member.index
        if family in self.recurrences and family not in self.local:
            with self.lower.scoped({}):
                self._recur(family)
        if family in self.local:
            return self._entry(family, self.lower(index))
        self._argue(family)
        first, _ = self._range(family)
        return self._entry(family, self.lower(index - first))

    def _entry(self, family, index: Operation) -> Operation:
        """A member of a family; inside the loop that computes it, it is bound to that loop."""
        loop = self.local.get(family)
        bound = (loop,) if loop else ()
        return Operation(
            "member", (name_of(self._named(family)), index), len(sizes_kept(family.shape)), bound=bound
        )

    def _recur(self, family: Family) -> None:
        """The loop that computes a family, with those that depend on it and on which it depends."""
        both = [f for f in self._reach(family) if family in self._reach(f)]
        group = sorted({family, *both}, key=lambda f: f.name)
        plan = schedule({f: self.recurrences[f] for f in group})
        index = self.lower.index_name(self.recurrences[family].index.name)
        for f in group:
            self.local[f] = index
        counter = Symbol(index, integer=True)
        body = []
        for f, shift in plan.order:
            equation = self.recurrences[f]
            right = substitute(equation.right, {equation.index: counter + shift})
            inside = {counter: name_of(index, bound=(index,), static=True)}
            value = self.lower.within(inside, right)
            body.append((self._named(f), self.lower.within(inside, counter + shift), value))
        for f in group:
            starts = [self._start(f, at) for at in plan.starts.get(f, ())]
            self.statements.append(Members(self._named(f), tuple(starts)))
            self.local[f] = ""
        limits = tuple(self.lower.all((plan.lower, plan.upper, plan.upper + 1)))
        self.statements.append(Loop(index, limits, plan.backward, tuple(body)))

    def _reach(self, family, seen=frozenset()) -> set:
        """The families on which a family depends."""
        found = {m.family for m in self.recurrences[family].right.atoms(Member)} & set(self.recurrences)
        for f in found - seen:
            found = found | self._reach(f, seen | found)
        return found

    def _start(self, family: Family, at) -> tuple[Operation, Operation]:
        """(index, value) of a member before the first that the recurrence computes."""
        d = self.declared.get(family)
        member = family[at]
        if d is not None and d.lower == d.upper == at:
            key = (family, at)
            self._named(key, f"{family.name}_{at}")
            said = ", ".join(filter(None, (self._meaning(family), shape_text(family.shape))))
            axes = tuple(zip(sizes_kept(family.shape), ("rows", "columns"), strict=False))
            self.arguments.setdefault(key, Argument(self.names[key], said, axes, True))
            return self.lower(at), name_of(self.names[key], len(sizes_kept(family.shape)))
        if member in self.fixed:
            return self.lower(at), self.lower(self.fixed[member])
        for equation in self.meanings:
            found = equation.at(member)
            if found and _is_gradient_of_nothing(found[0]):
                return self.lower(at), self.lower(_zero_like(member))
        raise ExportError(f"nothing says what {text(member)} is, from which the recurrence starts")

    # the source

    def write(self, first: Sequence[str]) -> str:
        lengths = list(self._lengths())
        arguments = self._ordered(first)
        like = next((a.name for a in arguments if a.is_array), "")
        body = Body(self.language, self._taken(), self.lower.hints, like)
        lines = body.write([*lengths, *self.statements], self.value)
        language = self.language
        head = language.statements["function"].format(
            name=self.name, arguments=", ".join(a.name for a in arguments)
        )
        comment = language.comment(self._documentation(arguments))
        inside = [*comment.splitlines(), *lines] if not language.library else lines
        source = "\n".join([head, *(f"{language.indent}{line}".rstrip() for line in inside), ""])
        source = source.replace("range(0, ", "range(") + language.statements["end"].format()
        if language.library:
            return f"{comment}\n{source}\n{language.functions(source)}"
        headers = language.headers("\n".join([head, *lines]))
        return f"{headers}\n\n{source}" if headers else source

    def _lengths(self) -> Iterator[Assign]:
        """Sizes read off the shapes of arguments; those that no shape shows stay arguments."""
        for size in [s for s in self.arguments if s in self.sizes and self._kind(s) != "index"]:
            found = self._measured(size)
            if found is not None:
                yield Assign(self.arguments.pop(size).name, found)

    def _kind(self, leaf) -> str:
        return self.declared[leaf].kind if leaf in self.declared else ""

    def _measured(self, size: Symbol) -> Operation | None:
        ways = [(a, axis, kind) for a in self.arguments.values() for axis, kind in a.axes]
        ways.sort(key=lambda way: ("rows", "columns", "count", "rows of one", "columns of one").index(way[2]))
        for argument, axis, kind in ways:
            rest = axis - size
            if rest.is_number:
                array = name_of(argument.name, 2)
                if kind.endswith("of one"):
                    array = Operation("member", (array, self.lower(Integer(0))), 2)
                length = Operation(kind.removesuffix(" of one"), (array,))
                counter = Symbol(argument.name, integer=True)
                return self.lower.within({counter: length}, counter - rest)
        return None

    def _ordered(self, first: Sequence[str]) -> list[Argument]:
        """Those named first, then in the order of the declarations, or by name."""
        declared = list(self.declared)

        def place(key):
            leaf, order = key if isinstance(key, tuple) else (key, 0)
            name = self.arguments[key].name
            asked = first.index(name) if name in first else len(first)
            return asked, declared.index(leaf) if leaf in declared else len(declared), int(order), name

        unknown = set(first) - {a.name for a in self.arguments.values()}
        if unknown:
            raise ExportError(f"no argument is called {', '.join(sorted(unknown))}")
        return [self.arguments[key] for key in sorted(self.arguments, key=place)]

    def _documentation(self, arguments: list[Argument]) -> str:
        value = self.subject.expression
        returned = f"an array {shape_text(value.shape)}" if rank_of(value) else "a number"
        lines = [f"{self.subject.title or self.subject.formula}.", ""]
        lines += [f"    {self.subject.formula}", ""] if self.subject.title else []
        lines += [f"{a.name}: {a.meaning}" for a in arguments]
        return "\n".join([*lines, f"Returns {returned}."])


def shape_text(shape, dropped: bool = False) -> str:
    """A shape as Python shows it, without axes of length one."""
    sizes = [text(size) for size in (shape if dropped else sizes_kept(shape))]
    if not sizes:
        return "a number"
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"


def _symbols(declaration: Declaration) -> tuple:
    return declaration.symbol if isinstance(declaration.symbol, tuple) else (declaration.symbol,)


def _sizes(expression: Basic) -> set[Symbol]:
    """Symbols that count: in shapes, in indices, in limits of sums."""
    counted: set = set()
    for node in preorder_traversal(expression):
        parts = list(getattr(node, "shape", ())) if is_matrix(node) else []
        parts += [node.index] if isinstance(node, Member) else []
        parts += [node.lower, node.upper] if isinstance(node, Binder) else []
        for part in parts:
            counted |= part.free_symbols
    return counted


def _is_gradient_of_nothing(value: Basic) -> bool:
    """Whether the value is the gradient of a sum over no terms."""
    total = getattr(value, "expression", None)
    return isinstance(total, IndexSum | MatrixIndexSum) and (total.lower - total.upper).expand() == 1


def _zero_like(member: Member) -> Basic:
    return ZeroMatrix(*member.shape)


# --- recurrences --------------------------------------------------------------------------------


def _recurrences(equations: Iterable[Equation]) -> dict[Family, Equation]:
    """For each family the equation that computes its members: one without sums where there is one."""
    found: dict = {}
    for e in equations:
        if e.index is None or not isinstance(e.left, Member):
            continue
        family = e.left.family
        if family not in found or (found[family].right.atoms(Binder) and not e.right.atoms(Binder)):
            found[family] = e
    return found


@dataclass(frozen=True)
class Schedule:
    """One loop for a group of families: each with the shift of its index, and the members to start from."""

    lower: Basic
    upper: Basic
    backward: bool
    order: tuple[tuple[Family, Basic], ...]
    starts: Mapping[Family, tuple[Basic, ...]]


def schedule(equations: Mapping[Family, Equation]) -> Schedule:
    """The loop that computes families which define one another; raises `ExportError` when there is none.

    A use of g by f has a step: how many turns of the loop later (negative: earlier) g is computed.
    """
    names = ", ".join(sorted(f.name for f in equations))
    equations = {f: replace(e, lower=sympify(e.lower), upper=sympify(e.upper)) for f, e in equations.items()}
    first = min(equations, key=lambda f: (str(equations[f].lower), f.name))
    lower, upper = equations[first].lower, equations[first].upper
    shifts = {f: e.lower - lower for f, e in equations.items()}
    if any((e.upper - upper - shifts[f]).expand() != 0 for f, e in equations.items()):
        raise ExportError(f"the recurrences of {names} run over ranges of different lengths")
    steps = [
        (f, m.family, (shifts[f] + m.index - e.index - shifts[m.family]).expand())
        for f, e in equations.items()
        for m in e.right.atoms(Member)
        if m.family in equations
    ]
    if not all(step.is_Integer for *_, step in steps):
        raise ExportError(f"the recurrences of {names} do not go by a fixed number of steps")
    if any(step > 0 for *_, step in steps) and any(step < 0 for *_, step in steps):
        raise ExportError(f"the recurrences of {names} run in both directions")
    order = _in_turn(sorted(equations, key=lambda f: f.name), {(f, g) for f, g, step in steps if step == 0})
    starts: dict[Family, set] = {}
    for _, g, step in steps:
        before = {equations[g].lower - k for k in range(1, 1 - int(step))}
        after = {equations[g].upper + k for k in range(1, 1 + int(step))}
        starts[g] = starts.get(g, set()) | before | after
    backward = any(step > 0 for *_, step in steps)
    sorted_starts = {f: tuple(sorted(at, key=str)) for f, at in starts.items()}
    return Schedule(lower, upper, backward, tuple((f, shifts[f]) for f in order), sorted_starts)


def _in_turn(families: list[Family], uses: set[tuple[Family, Family]]) -> list[Family]:
    """Families in an order in which each comes after those that it uses in the same turn."""
    done: list[Family] = []
    while len(done) < len(families):
        ready = [f for f in families if f not in done and all(g in done for h, g in uses if h == f)]
        if not ready:
            raise ExportError(f"{', '.join(f.name for f in families)} define one another in a circle")
        done.append(ready[0])
    return done
