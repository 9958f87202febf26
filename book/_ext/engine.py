"""Python in the reader's browser: Pyodide, the modules that grade, and a picture of the memory they start from.

All of it is served from the site itself, below ``_static/engine``.  What it was made from is in its name, so that a
build that changes none of it makes none of it again, and no browser keeps an old one.  The students' edition gets
a library without the derivations of the topics and without the slips that are made of them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis
import mpmath
import sortedcontainers
import sympy
from sphinx.errors import ExtensionError
from sphinx.util import logging

import checks
import derivations
from audience import is_for_students
from prerender import VENDOR, find_node

log = logging.getLogger(__name__)
HERE = Path(__file__).resolve().parent
ENGINE = HERE.parent / "_engine"
ROOT = HERE.parents[1]
PYODIDE = Path(sys.prefix) / "node" / "node_modules" / "pyodide"
KEPT = ROOT / "_build" / "engine"
PLACE = "_static/engine"

RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
OURS = ("worker.mjs", "engine.js", "answers.js")
PACKAGES = (sympy, mpmath, hypothesis, sortedcontainers)
SINGLE = ("_hypothesis_globals.py",)
# Tests, and what grading never asks for.  Known answers are for the audit; no page is to hold them.
LEFT_OUT = {"tests", "benchmarks", "__pycache__", "answers", "meta", "oracles", "browser", "_cldr"}
LEFT_OUT_OF_SYMPY = {"physics"}
LEFT_OUT_OF_CHECKS = ("test_", "audit", "__main__", "strategies", "gradients", "expressions")
FILES = {".py", ".json", ".gz", ".txt"}


EDITION = "student" if is_for_students() else "full"


def modules() -> Iterator[tuple[str, Path]]:
    """What goes into the library: the name in it, and the file."""
    for package in (*PACKAGES, derivations, checks):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            if path.is_file() and path.suffix in FILES and not left_out(root.name, inside):
                yield f"{root.name}/{inside.as_posix()}", path
    for name in SINGLE:
        yield name, Path(hypothesis.__path__[0]).parent / name


def left_out(package: str, inside: Path) -> bool:
    if LEFT_OUT & set(inside.parts):
        return True
    if package == "sympy":
        return inside.parts[0] in LEFT_OUT_OF_SYMPY
    if EDITION == "student" and tells(package, inside):
        return True
    return package == "checks" and len(inside.parts) == 1 and inside.stem.startswith(LEFT_OUT_OF_CHECKS)


def tells(package: str, inside: Path) -> bool:
    """Whether a module holds solutions."""
    if package == "derivations":
        return inside.parts[0].removesuffix(".py") in derivations.TOPICS
    return package == "checks" and inside.stem.endswith("_slips")


def digest(wanted: list[tuple[str, Path]]) -> str:
    total = hashlib.sha256((ENGINE / "build.mjs").read_bytes())
    total.update((PYODIDE / "package.json").read_bytes())
    for name, path in wanted:
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]


def made() -> tuple[str, Path]:
    """The folder with the library and the memory, made anew if their sources have changed."""
    if not PYODIDE.is_dir():
        raise ExtensionError("Pyodide is needed for the answer boxes: run `make site`, which installs it")
    wanted = list(modules())
    name = digest(wanted)
    kept = KEPT / EDITION
    folder = kept / name
    if not (folder / "memory.bin").exists():
        log.info("making Python for the reader's browser ready ...")
        shutil.rmtree(kept, ignore_errors=True)
        make(folder, wanted)
    return name, folder


def make(folder: Path, wanted: list[tuple[str, Path]]) -> None:
    folder.mkdir(parents=True)
    sources = folder / "sources.zip"
    with zipfile.ZipFile(sources, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in wanted:
            archive.write(path, name)
    command = [find_node(), str(ENGINE / "build.mjs"), str(PYODIDE), str(sources), str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise ExtensionError(f"Python for the reader's browser cannot be made ready:\n{run.stderr[-4000:]}")
    sources.unlink()


def begin(app):
    """While pages are read and written, by the core that they leave free."""
    if app.builder.format == "html":
        app.making_of_engine = ThreadPoolExecutor(max_workers=1).submit(made)


def serve(app, exception):
    """Put everything into the finished site."""
    if exception or app.builder.format != "html":
        return
    name, folder = app.making_of_engine.result()
    place = Path(app.outdir) / PLACE
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for file in RUNTIME:
        shutil.copy(PYODIDE / file, place)
    for file in OURS:
        shutil.copy(ENGINE / file, place)
    shutil.copy(VENDOR / "node" / "katex.min.js", place)
    sizes = {}
    for file in ("library.zip", "memory.bin"):
        sizes[file] = (folder / file).stat().st_size
        shutil.copy(folder / file, place / file.replace(".", f"-{name}."))
    manifest = {"name": name, "bytes": sizes}
    (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def setup(app):
    app.connect("builder-inited", begin)
    app.connect("build-finished", serve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
