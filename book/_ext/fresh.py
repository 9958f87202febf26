"""Executed cells see this repository, and are executed again when the code they import has changed.

The cache of executed pages compares cells only. So a page with cells gets one more, empty but for a digest
of every module of ours that its cells import, directly or not, and of the lock file. Sphinx is told to read
the page again when one of them changes.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

EXT = Path(__file__).resolve().parent
ROOT = EXT.parents[1]
# where modules of ours are looked for, in the kernel and here
SEARCH = (ROOT, EXT)

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
CELL_OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
DIGEST_CELL = "\n\n```{{code-cell}} ipython3\n:tags: [remove-cell]\n# what this page runs: {digest}\n```\n"


def module_files(name: str, search: Iterable[Path]) -> Iterator[Path]:
    """The files of a dotted module name, packages on the way included; nothing if it is not one of ours."""
    parts = name.split(".")
    for folder in search:
        for depth in range(1, len(parts) + 1):
            stem = folder.joinpath(*parts[:depth])
            yield from (path for path in (stem / "__init__.py", stem.with_suffix(".py")) if path.is_file())


def imported_names(source: str, package: str = "") -> Iterator[str]:
    """Every dotted name that a source file may be importing (``from a import b`` gives ``a.b``)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def named_modules(code: str) -> Iterator[str]:
    """Modules behind names in quotes: ``derivations.get("rnn.grad_U")`` imports `derivations.rnn` late."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and re.fullmatch(r"[a-z_]+\.\w+", str(node.value)):
            stem = node.value.partition(".")[0]
            yield from (f"derivations.{stem}", f"checks.exercises.{stem}")


def package_of(path: Path, search: Iterable[Path]) -> str:
    for folder in search:
        if path.is_relative_to(folder):
            return ".".join(path.relative_to(folder).parent.parts)
    return ""


def modules_used(source: str, search: Iterable[Path] = SEARCH) -> list[Path]:
    """The files of ours that a piece of Python imports, directly or not."""
    found: set[Path] = set()
    waiting = [(source, ""), ("\n".join(f"import {name}" for name in named_modules(source)), "")]
    while waiting:
        for name in imported_names(*waiting.pop()):
            for path in module_files(name, search):
                if path not in found:
                    found.add(path)
                    waiting.append((path.read_text(encoding="utf-8"), package_of(path, search)))
    return sorted(found)


def digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def code_of(page: str) -> str:
    return "\n".join(CELL_OPTIONS.sub("", cell) for cell in CELL.findall(page))


def note_imports(app, docname, source):
    """Append the digest cell, last so that no line number of the page moves."""
    code = code_of(source[0])
    if not code:
        return
    try:
        used = modules_used(code)
    except SyntaxError:
        return  # the kernel reports it, with its place
    for path in used:
        app.env.note_dependency(str(path))
    lock = ROOT / "requirements.txt"
    source[0] += DIGEST_CELL.format(digest=digest([*used, *([lock] if lock.exists() else [])]))


def setup(app):
    for folder in reversed(SEARCH):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([*map(str, SEARCH), *filter(None, inherited)]))
    app.connect("source-read", note_imports)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
