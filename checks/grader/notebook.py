"""A Jupyter notebook as a Python file: imports, definitions and assignments; what draws or prints is left out."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from .literals import NotData, of_python

PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
MOST_CELLS = 2000


class NotANotebook(ValueError):
    """The bytes are no notebook; the message says why."""


@dataclass(frozen=True)
class Converted:
    """`source`: Python; `cells`: the cell that each line comes from; `notes`: what could not be taken."""

    source: bytes
    cells: tuple[int, ...]
    notes: tuple[str, ...]


def convert(content: bytes) -> Converted:
    """Every statement that defines something, in order.

    An import or an assignment that fails is passed over, as a notebook goes on after a cell that
    failed: what it was to define is then missing where it is used.
    """
    lines: list[str] = []
    cells: list[int] = []
    notes: list[str] = []
    for number, source in enumerate(code_cells(content), 1):
        try:
            kept = [text for statement in statements(source) if (text := written(statement))]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
            notes.append(f"Code cell {number} is not valid Python and is left out: {said(problem)}.")
            continue
        for text in kept:
            lines += (added := text.splitlines())
            cells += [number] * len(added)
    return Converted(("\n".join(lines) + "\n").encode(), tuple(cells), tuple(notes))


def said(problem: Exception) -> str:
    return problem.msg if isinstance(problem, SyntaxError) else "it is nested too deeply"


def code_cells(content: bytes) -> Iterator[str]:
    """The sources of the code cells, of format 4 or 3; raises `NotANotebook`."""
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
        sheets = notebook.get("worksheets") or [notebook]
        found = [cell for sheet in sheets for cell in sheet["cells"] if cell.get("cell_type") == "code"]
        sources = [cell["source"] if "source" in cell else cell["input"] for cell in found[:MOST_CELLS]]
        texts = ["".join(source) for source in sources]
    except (ValueError, RecursionError) as problem:
        raise NotANotebook(f"it is not JSON ({type(problem).__name__})") from None
    except (KeyError, TypeError, AttributeError):
        raise NotANotebook("it has no list of cells") from None
    yield from texts


def statements(source: str) -> list[ast.stmt]:
    """The statements of a cell, magics translated as IPython does."""
    from IPython.core.inputtransformer2 import TransformerManager  # half a second, so only for notebooks

    first, _, rest = source.lstrip().partition("\n")
    if first.startswith(PYTHON_MAGICS):
        source = rest
    elif first.startswith("%%"):
        return []
    with warnings.catch_warnings(action="ignore"):
        return ast.parse(TransformerManager().transform_cell(source)).body


def written(statement: ast.stmt) -> str:
    """The statement as source, guarded where it may fail; nothing, where it defines nothing."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return ast.unparse(statement)
    if uses_ipython(statement):
        return ""
    if isinstance(statement, ast.Assign | ast.AnnAssign) and is_data(statement.value):
        return ast.unparse(statement)
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.AugAssign):
        guarded = ast.unparse(statement).replace("\n", "\n    ")
        return f"try:\n    {guarded}\nexcept Exception: pass"
    return ""


def uses_ipython(statement: ast.stmt) -> bool:
    return any(isinstance(n, ast.Name) and n.id == "get_ipython" for n in ast.walk(statement))


def is_data(value: ast.expr | None) -> bool:
    """Texts, numbers and lists: what an answer is typed as, which is read without being run."""
    if value is None:
        return False
    text = ast.unparse(value)
    try:
        of_python(ast.parse(text, mode="eval").body, text)
    except NotData:
        return False
    return True
