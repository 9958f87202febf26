"""A reader's file: its bytes, and the data in it, taken without running anything."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
import tomllib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from ..exercises import EXERCISES
from .failure import Failure
from .literals import NotData, of_python, of_toml, toml_number
from .notebook import NotANotebook, convert
from .sources import Source, sources

LARGEST_FILE = 1 << 20


@dataclass(frozen=True)
class Submission:
    """`data`: name -> text, exact number, or lists of these; `others`: names given something else;
    `problem`: why the file cannot be read, if it cannot; `cells`: for a notebook, the cell of each line
    of `source`; `notes`: what the reader is told beside the results."""

    file: str
    source: bytes = b""
    data: dict[str, object] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    problem: Failure | None = None
    cells: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    digest: str = ""

    def __post_init__(self):
        if not self.digest:
            object.__setattr__(self, "digest", hashlib.sha256(self.source).hexdigest())

    @property
    def runs(self) -> bool:
        """Whether the file is Python, which may define functions."""
        return self.file.endswith((".py", ".ipynb"))


def read(path: Path) -> Submission:
    """The submission in one file."""
    (source,) = sources(path)
    return taken(source)


def taken(source: Source) -> Submission:
    """The submission; what is wrong with the file as a whole is its `problem`."""
    if source.problem:
        return Submission(source.name, problem=source.problem)
    if source.suffix == ".ipynb":
        return read_notebook(source.name, source.content)
    if problem := unusable(source.content):
        return Submission(source.name, source.content[:LARGEST_FILE], problem=problem)
    of_kind = read_toml if source.suffix == ".toml" else read_python
    return of_kind(source.name, source.content)


def read_notebook(file: str, content: bytes) -> Submission:
    """The definitions of its cells, as a Python file."""
    try:
        converted = convert(content)
    except NotANotebook as problem:
        return Submission(file, content, problem=Failure("notebook", f"The file is no notebook: {problem}."))
    found = unusable(converted.source)
    if found and found.reason == "empty":
        found = Failure("empty", "No cell of the notebook defines anything.", converted.notes)
    if found:
        return Submission(file, content, problem=found)
    submission = read_python(file, converted.source)
    digest = hashlib.sha256(content).hexdigest()
    return replace(submission, cells=converted.cells, notes=converted.notes, digest=digest)


def unusable(source: bytes) -> Failure | None:
    if len(source) > LARGEST_FILE:
        return Failure("too_large", f"The file is larger than {LARGEST_FILE >> 20} MiB.")
    if not source.strip():
        return Failure("empty", "The file is empty.")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = source.decode(encoding)
    except (SyntaxError, ValueError, LookupError):
        return Failure("binary", "The file is not text in UTF-8.")
    return Failure("binary", "The file is binary, not text.") if "\0" in text else None


def read_python(file: str, source: bytes) -> Submission:
    """What is assigned at top level as data; the file is parsed, not run."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source, "<submission>")
        return with_data(file, source, assignments(tree), partial(of_python, source=decoded(source)))
    except SyntaxError as error:
        return Submission(file, source, problem=syntax_failure(error))
    except (ValueError, RecursionError, MemoryError):
        return Submission(file, source, problem=Failure("syntax", "The file is nested too deeply to be read."))


def decoded(source: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding)


def with_data(file: str, source: bytes, given: Iterator[tuple], read_value: Callable) -> Submission:
    data, others = {}, set()
    for name, value in given:
        others.discard(name)
        try:
            data[name] = read_value(value)
        except NotData:
            data.pop(name, None)
            others.add(name)
    return Submission(file, source, data, frozenset(others))


def assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Each name assigned at top level, with its value as it is written."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            targets = [statement.target]
        else:
            continue
        yield from ((target.id, statement.value) for target in targets if isinstance(target, ast.Name))


def syntax_failure(error: SyntaxError) -> Failure:
    message = f"The file is not valid Python: {error.msg}, line {error.lineno}."
    line = (error.text or "").rstrip("\n")
    if not line.strip():
        return Failure("syntax", message)
    shown = "".join(c if c.isprintable() else " " for c in line)[:200]
    return Failure("syntax", message, (shown, " " * max(0, (error.offset or 1) - 1) + "^"))


def read_toml(file: str, source: bytes) -> Submission:
    """``rnn_adjoint_step = "…"``, or ``adjoint_step = "…"`` in a table ``[rnn]``."""
    try:
        table = tomllib.loads(source.decode("utf-8"), parse_float=toml_number)
        submission = with_data(file, source, entries(table), of_toml)
        return replace(submission, notes=tuple(strangers(name for name, _ in entries(table))))
    except (ValueError, RecursionError) as error:
        return Submission(file, source, problem=Failure("syntax", f"The file is not valid TOML: {error}."))


def strangers(names: Iterator[str]) -> Iterator[str]:
    """A note on each name that belongs to no exercise, as a misspelt one."""
    known = [name for exercise in EXERCISES.values() for name in exercise.identifiers]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            yield f"No exercise is called {name}" + (f"; did you mean {near[0]}?" if near else ".")


def entries(table: dict) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{key}_{inner}", v) for inner, v in value.items())
        else:
            yield key.replace(".", "_"), value
