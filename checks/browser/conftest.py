"""The built site that these tests open: run by `make test` after the build, or by hand after `make site`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
BUILT = HERE.parents[1] / "_build" / "html"
STUDENT = HERE.parents[1] / "_build" / "student" / "html"


def run_node(*arguments) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).parent / "node"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def node(script: str, *arguments) -> list[dict]:
    """What a script prints, one JSON object a line; its complaint is the test's if it breaks off."""
    run = run_node(HERE / script, *arguments)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def built(folder: Path, command: str) -> Path:
    assert (folder / "index.html").exists(), f"there is no site in {folder}: {command} builds it"
    return folder


@pytest.fixture(scope="session")
def site() -> Path:
    return built(BUILT, "make site")


@pytest.fixture(scope="session")
def student_site() -> Path:
    return built(STUDENT, "make site-student")
