"""Who may import whom: derivations <- checks <- book; and what runs in a reader's browser needs no NumPy."""

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"derivations", "checks", "book"}
STANDARD = frozenset(sys.stdlib_module_names)
SITE = {path.stem for path in (ROOT / "book" / "_ext").glob("*.py")}
# Tests of the site itself: the only ones that may reach into the book's extensions.
TESTS_OF_THE_SITE = {f"checks/meta/test_{name}.py" for name in ("site", "chain_pages", "explorables", "figures")}


def imports(source: str, package: str) -> set[str]:
    """The modules that a module of `package` imports, anywhere in it; `from a import b` gives a.b."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module
    parts = package.split(".")
    parents = parts[: len(parts) - node.level + 1]
    return ".".join([*parents, node.module] if node.module else parents)


def imports_of(path: Path) -> set[str]:
    return imports(path.read_text(encoding="utf-8"), ".".join(path.relative_to(ROOT).parent.parts))


def top(module: str) -> str:
    return module.partition(".")[0]


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def strangers(path: Path, allowed: set[str]) -> set[str]:
    """The imports of a module from outside `allowed` packages and the standard library."""
    return {module for module in imports_of(path) if top(module) not in allowed | STANDARD}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import numpy.linalg as la", {"numpy.linalg"}),
        ("from numpy import array", {"numpy.array"}),
        ("def f():\n    import numpy", {"numpy"}),
        ("from . import rnn", {"checks.oracles.rnn"}),
        ("from .rnn import loss", {"checks.oracles.rnn.loss"}),
        ("from .. import strategies", {"checks.strategies"}),
        ("from ..exercises.arrays import flat", {"checks.exercises.arrays.flat"}),
        ("try:\n    import book\nexcept ImportError:\n    pass", {"book"}),
    ],
)
def test_every_form_of_import_is_seen(source, found):
    assert imports(source, "checks.oracles") == found


@pytest.mark.parametrize("path", modules("derivations"), ids=lambda p: p.stem)
def test_derivations_rest_on_sympy_and_mpmath_alone(path):
    assert not strangers(path, {"derivations", "sympy", "mpmath"})


@pytest.mark.parametrize("path", modules("checks/oracles"), ids=lambda p: p.stem)
def test_oracles_import_nothing_of_ours(path):
    ours = {m for m in imports_of(path) if top(m) in OURS and not m.startswith("checks.oracles.")}
    assert not ours, f"an oracle that shares code with what it checks is no other road: {sorted(ours)}"


@pytest.mark.parametrize("path", modules("checks"), ids=lambda p: p.relative_to(ROOT / "checks").as_posix())
def test_checks_do_not_import_the_book(path):
    forbidden = {"book"} if path.relative_to(ROOT).as_posix() in TESTS_OF_THE_SITE else {"book", *SITE}
    assert not {m for m in imports_of(path) if top(m) in forbidden}


def test_the_rooms_are_not_empty():
    for room in ("derivations", "checks", "checks/oracles", "book"):
        assert modules(room), f"no modules in {room}: the tests above say nothing"
    assert SITE


# --- in the browser -----------------------------------------------------------------------------

WITHOUT = ("numpy", "scipy", "hypothesis", "matplotlib")
IN_THE_BROWSER = """
    import pkgutil
    from importlib import import_module
    from random import Random
    from itertools import islice

    import derivations
    import checks.equality
    for package in (derivations, checks.equality):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            import_module(module.name)
    for name in derivations.names():
        derivations.get(name)

    from checks.exercises import EXERCISES
    from checks.exercises.choice import ChoiceExercise
    from checks.exercises.exercise import InSymbols
    from derivations.fields import Numbers
    formulas = [e for e in EXERCISES.values() if isinstance(e, InSymbols)]
    assert formulas
    for exercise in formulas:
        assert list(islice(exercise.situations(Numbers(), Random(0)), 2)), exercise.name
    for exercise in EXERCISES.values():
        if isinstance(exercise, ChoiceExercise):
            assert any(exercise.counterexample(letter) for letter in exercise.letters), exercise.name
    print("done")
"""


def run_without(modules: tuple[str, ...], program: str) -> subprocess.CompletedProcess:
    """A new interpreter in which importing these modules fails."""
    block = "import sys\n" + "".join(f"sys.modules[{name!r}] = None\n" for name in modules)
    command = [sys.executable, "-c", block + textwrap.dedent(program)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_what_runs_in_the_browser_needs_no_numpy():
    run = run_without(WITHOUT, IN_THE_BROWSER)
    assert run.returncode == 0 and run.stdout == "done\n", run.stderr


def test_a_blocked_module_cannot_be_imported():
    run = run_without(WITHOUT, "import checks.oracles.rnn")
    assert run.returncode == 1 and "numpy" in run.stderr, run.stderr
