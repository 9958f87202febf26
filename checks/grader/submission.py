"""A reader's file: its bytes, and the data in it, taken without running anything."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
import tomllib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from .failure import Failure
from .literals import NotData, of_python, of_toml, toml_number

LARGEST_FILE = 1 << 20
ACCEPTED = (".py", ".toml")


class Misuse(Exception):
    """A path that cannot be graded at all; the message says what can."""


@dataclass(frozen=True)
class Submission:
    """`data`: name -> text, exact number, or lists of these; `others`: names given something else;
    `problem`: why the file cannot be read, if it cannot."""

    file: str
    source: bytes = b""
    data: dict[str, object] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    problem: Failure | None = None

    @property
    def runs(self) -> bool:
        """Whether the file is Python, which may define functions."""
        return self.file.endswith(".py")

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.source).hexdigest()


def find(path: Path) -> Iterator[Path]:
    """The files to grade: the path itself, or the answer files of a folder in order of their names."""
    if not path.exists():
        raise Misuse(f"there is no file or folder {path}")
    if not path.is_dir():
        if path.suffix not in ACCEPTED:
            raise Misuse(f"{path}: only {' and '.join(ACCEPTED)} files are graded, and folders of them")
        yield path
        return
    files = sorted(p for p in path.rglob("*") if p.suffix in ACCEPTED and p.is_file())
    if not files:
        raise Misuse(f"the folder {path} has no {' or '.join(ACCEPTED)} file in it")
    yield from files


def read(path: Path) -> Submission:
    """The submission at `path`; what is wrong with the file as a whole is its `problem`."""
    try:
        with path.open("rb") as stream:
            source = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        return Submission(str(path), problem=Failure("unreadable", f"The file cannot be read: {error.strerror}."))
    problem = unusable(source)
    if problem:
        return Submission(str(path), source[:LARGEST_FILE], problem=problem)
    taken = read_toml if path.suffix == ".toml" else read_python
    return taken(str(path), source)


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
    except (ValueError, RecursionError) as error:
        return Submission(file, source, problem=Failure("syntax", f"The file is not valid TOML: {error}."))
    return with_data(file, source, entries(table), of_toml)


def entries(table: dict) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{key}_{inner}", v) for inner, v in value.items())
        else:
            yield key.replace(".", "_"), value
