"""Statements as lines of source; what is shared, the same in every turn of a loop, or long gets a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from .languages import Language
from .operations import INDEX_NAMES, Operation, name_of

WIDTH = 88


@dataclass(frozen=True)
class Assign:
    name: str
    value: Operation


@dataclass(frozen=True)
class Members:
    """The members of a family from which its recurrence starts."""

    name: str
    given: tuple[tuple[Operation, Operation], ...]


@dataclass(frozen=True)
class Loop:
    """Members of families, computed for every index from lower to upper, or from upper to lower."""

    index: str
    limits: tuple[Operation, Operation, Operation]
    backward: bool
    body: tuple[tuple[str, Operation, Operation], ...]


Statement = Assign | Members | Loop

ARITHMETIC = {"add", "subtract", "negate", "multiply", "divide", "power", "pi", "e", "compare"}
UNNAMED = {"name", "number", "member", "element1", "element2", "rows", "columns", "count"}
CHEAP = {"identity", "zeros1", "zeros2", "ones1", "ones2", "row of blocks", "row", "row of numbers"}
# what a subexpression is called: from the names of its operands
NAMES = {
    **dict.fromkeys(("matmul", "matrix vector", "vector matrix", "dot", "outer", "apply"), "{0}_{1}"),
    **dict.fromkeys(("scale rows", "scale columns", "multiply", "scale"), "{0}_times_{1}"),
    "transpose": "{0}T",
    "solve": "{0}_solve_{1}",
    "inverse": "{0}_inverse",
    "determinant": "det_{0}",
    "log det": "log_det_{0}",
    "trace": "trace_{0}",
    "norm": "norm_{0}",
    "function": "{text}_{0}",
    "magnitude": "abs_{0}",
    "map": "map_{1}",
    "add": "{0}_plus_{1}",
    "subtract": "{0}_minus_{1}",
    "divide": "{0}_over_{1}",
    "diagonal": "diagonal_{0}",
    **dict.fromkeys(("sum", "sum of arrays"), "total"),
}


SUMS = ("sum", "sum of arrays")


class Body:
    """The lines of a function.

    `hints` are good names for operations, `like` an array of the arguments' type.
    """

    def __init__(self, language: Language, taken: Iterable[str], hints: Mapping[Operation, str], like: str):
        self.language, self.taken, self.hints, self.like = language, {*taken, *INDEX_NAMES}, hints, like
        self.open: tuple[str, ...] = ()
        self.names: dict[Operation, str] = {}
        self.uses: Counter = Counter()
        self.lines: list[str] = []

    def write(self, statements: list[Statement], value: Operation) -> list[str]:
        for operation in [*(o for s in statements for o in _operations(s)), value]:
            self._count(operation)
        for statement in statements:
            WRITERS[type(statement)](self, statement)
        self._prepare(value)
        self._add("return", value=self._source(value))
        return self.lines

    def _count(self, operation: Operation) -> None:
        self.uses[operation] += 1
        if self.uses[operation] == 1:
            for a in operation.args:
                self._count(a)

    def _source(self, operation: Operation):
        return self.language.write(operation, self.names, self.like)

    def _add(self, statement: str, **parts) -> None:
        line = self.language.statements[statement].format(**parts)
        self.lines.append(self.language.indent * len(self.open) + line)

    @contextmanager
    def _loop(self, index: str, direction: str, lower, upper, stop):
        """What is written inside is the body of a loop; names given there end with it."""
        self._add(direction, index=index, lower=lower, upper=upper, stop=stop)
        self.open = (*self.open, index)
        yield
        self.open = self.open[:-1]
        self.names = {o: name for o, name in self.names.items() if index not in o.bound}
        if self.language.statements["end"]:
            self._add("end")

    # what gets a name

    def _prepare(self, operation: Operation) -> None:
        """Lines for subexpressions that are shared, the same in every turn of a loop, or too long."""
        self._share(operation, repeated=False)
        while len(self._source(operation)) > WIDTH and operation not in self.names:
            parts = [o for o in self._parts(operation) if len(self._source(o)) > WIDTH // 4]
            if operation.kind in SUMS:
                return self._assign(operation)
            if not parts:
                return None
            self._assign(max(parts, key=lambda o: (len(self._source(o)) <= WIDTH, len(self._source(o)))))

    def _parts(self, operation: Operation) -> list[Operation]:
        """Everything below an operation that could have a name of its own."""
        below = [o for a in operation.args if a not in self.names for o in (a, *self._parts(a))]
        return [o for o in below if self._is_worth_a_name(o)]

    def _share(self, operation: Operation, repeated: bool) -> None:
        if operation in self.names:
            return
        named = self._is_worth_a_name(operation) and (repeated or self.uses[operation] > 1)
        for a in operation.args:
            self._share(a, (repeated or operation.index != "") and not named)
        if named:
            self._assign(operation)

    def _is_worth_a_name(self, operation: Operation) -> bool:
        kind = operation.kind
        if operation.bound - {*self.open} or operation.static or operation in self.names:
            return False
        if kind in UNNAMED or kind in CHEAP or kind in self.language.free:
            return False
        is_small = kind in ARITHMETIC and operation.rank == 0
        return not (is_small and all(a.kind in UNNAMED or a.kind in ARITHMETIC for a in operation.args))

    def _assign(self, operation: Operation) -> None:
        name = self._name(operation)
        self.taken.add(name)
        if operation.kind in SUMS and len(self._source(operation)) > WIDTH:
            self._add_up(name, operation)
        else:
            self._add("assign", name=name, value=self._source(operation))
        self.names[operation] = name

    def _add_up(self, name: str, operation: Operation) -> None:
        """A long sum over an index, as a loop."""
        body, lower, upper, stop, *zero = operation.args
        self._add("variable", name=name, value=self._source(zero[0]) if zero else "0")
        with self._loop(operation.index, "forward", *map(self._source, (lower, upper, stop))):
            self._prepare(body)
            total = Operation("add", (name_of(name, operation.rank), body), operation.rank)
            self._add("update", name=name, value=self._source(total))

    def _name(self, operation: Operation) -> str:
        name = self.hints.get(operation) or self._described(operation)
        if name is None or len(name) > 24 or name in self.taken:
            name = next(f"t{k}" for k in range(10**6) if f"t{k}" not in self.taken)
        return name

    def _described(self, operation: Operation) -> str | None:
        if operation in self.names:
            name = self.names[operation]
            return None if name[1:].isdigit() else name
        if operation.kind == "name":
            return operation.text
        parts = [] if operation.kind in SUMS else [self._described(a) for a in operation.args]
        if operation.kind not in NAMES or None in parts:
            return None
        name = NAMES[operation.kind].format(*parts, text=operation.text)
        short = NAMES[operation.kind] == "{0}_{1}" and all(len(part) <= 2 for part in parts)
        return name.replace("_", "") if short else name

    # statements

    def _write_assign(self, statement: Assign) -> None:
        self._prepare(statement.value)
        self._add("assign", name=statement.name, value=self._source(statement.value))

    def _write_members(self, statement: Members) -> None:
        for _, value in statement.given:
            self._prepare(value)
        members = [
            self.language.statements["member"].format(index=self._source(i), value=self._source(v))
            for i, v in statement.given
        ]
        self._add("family", name=statement.name, members=", ".join(members))

    def _write_loop(self, statement: Loop) -> None:
        for *_, value in statement.body:
            self._share(value, repeated=True)
        direction = "backward" if statement.backward else "forward"
        with self._loop(statement.index, direction, *map(self._source, statement.limits)):
            for name, index, value in statement.body:
                self._prepare(value)
                self._add("store", name=name, index=self._source(index), value=self._source(value))


WRITERS = {Assign: Body._write_assign, Members: Body._write_members, Loop: Body._write_loop}


def _operations(statement: Statement) -> list[Operation]:
    match statement:
        case Assign(value=value):
            return [value]
        case Members(given=given):
            return [value for _, value in given]
        case Loop(body=body):
            return [value for *_, value in body]
