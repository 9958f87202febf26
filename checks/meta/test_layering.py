"""Who may import whom: derivations <- checks <- book; what runs in a reader's browser needs no NumPy, no solution."""

import ast
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from checks import answers
from checks.exercises import EXERCISES
from derivations import TOPICS

ROOT = Path(__file__).resolve().parents[2]
OURS = {"derivations", "checks", "book"}
STANDARD = frozenset(sys.stdlib_module_names)
SITE = {path.stem for path in (ROOT / "book" / "_ext").glob("*.py")}
# Tests of the site itself: the only ones that may reach into the book's extensions.
TESTS_OF_THE_SITE = {"checks/meta/test_site.py", "checks/meta/test_chain_pages.py"}


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

ARRAYS = ("numpy", "scipy", "matplotlib")
WITHOUT = (*ARRAYS, "hypothesis")
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


BLOCK = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, *place):
        return None if name in {modules} else self.finder.find_spec(name, *place)

sys.meta_path[:] = map(Without, sys.meta_path)
"""


def run_without(modules: tuple[str, ...], program: str, told: str = "") -> subprocess.CompletedProcess:
    """A new interpreter in which these modules are not to be found; `told`: what it can read."""
    command = [sys.executable, "-c", BLOCK.format(modules=modules) + textwrap.dedent(program)]
    return subprocess.run(command, cwd=ROOT, input=told, capture_output=True, text=True, timeout=120, check=False)


def test_what_runs_in_the_browser_needs_no_numpy():
    run = run_without(WITHOUT, IN_THE_BROWSER)
    assert run.returncode == 0 and run.stdout == "done\n", run.stderr


def test_a_blocked_module_cannot_be_imported():
    run = run_without(WITHOUT, "import checks.oracles.rnn")
    assert run.returncode == 1 and "numpy" in run.stderr, run.stderr


# --- in the edition for students ------------------------------------------------------------------

SLIPS = tuple(f"checks.exercises.{path.stem}" for path in (ROOT / "checks" / "exercises").glob("*_slips.py"))
SOLUTIONS = (*(f"derivations.{stem}" for stem in TOPICS), *SLIPS, "checks.answers", "checks.oracles")
WITHOUT_SOLUTIONS = """
    import json
    import sys

    from checks import page
    from checks.exercises import EXERCISES

    page.prepare()
    assert not any(exercise.misconceptions for exercise in EXERCISES.values())

    def outcome(name, answer):
        return json.loads(page.ask(json.dumps({"do": "check", "name": name, "answer": answer})))["outcome"]

    asked = json.load(sys.stdin)
    print(json.dumps([outcome(*question) for question in asked]))
"""


def typed_in_a_page(exercise, answer):
    """A known answer as a page sends it."""
    if exercise.kind != "witness":
        return answer
    return {name: piece if isinstance(piece, str) else json.dumps(piece) for name, piece in answer.items()}


def known(place: int) -> list[tuple]:
    """Exercise and answer, for all known answers that name no NumPy; `place`: 0 for right ones, 1 for wrong ones."""
    chapters = sorted({name.split(".")[0] for name in EXERCISES})
    found = ((name, a) for stem in chapters for name, t in answers.of_chapter(stem)[place].items() for a in t.values())
    return [
        (n, typed_in_a_page(EXERCISES[n], a)) for n, a in found if "np." not in a or EXERCISES[n].kind != "function"
    ]


def test_answers_are_graded_where_no_solution_is():
    """What the audit finds with the whole library: right ones are right, wrong ones are not."""
    right, wrong = known(0), known(1)
    run = run_without((*ARRAYS, *SOLUTIONS), WITHOUT_SOLUTIONS, json.dumps(right + wrong))
    assert run.returncode == 0, run.stderr
    found = [
        (name, answer, outcome) for (name, answer), outcome in zip(right + wrong, json.loads(run.stdout), strict=True)
    ]
    refused = [f for f in found[: len(right)] if f[2] not in ("right", "not run")]
    passed = [f for f in found[len(right) :] if f[2] == "right"]
    assert not refused and not passed, (refused, passed)
    called = {name for name, _, outcome in found if outcome == "right" and EXERCISES[name].kind == "function"}
    assert len(called) > 3, "functions were hardly called at all"


@pytest.mark.parametrize("path", modules("checks/exercises"), ids=lambda p: p.stem)
def test_exercises_import_no_solution(path):
    taken = {m for m in imports_of(path) if any(f"{m}.".startswith(f"{solution}.") for solution in SOLUTIONS)}
    assert path.stem.endswith("_slips") or not taken, taken
