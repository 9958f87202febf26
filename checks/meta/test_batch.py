"""Batches: results kept as they come; a killed run goes on; several processes tell the same as one."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from checks.__main__ import main
from checks.grader import batch
from checks.grader.batch import Task, grade_all
from checks.grader.grading import Grader
from checks.grader.kept import Kept, settings_of
from checks.grader.sources import Misuse, Source

ROOT = Path(__file__).parents[2]
NAME = "gaussian_process.variance_one"
TASK = Task(Grader(examples=5), (NAME,))


def source(number, text="1 - exp(-(x-x1)^2)"):
    return Source(f"{number:03}.toml", f'gaussian_process_variance_one = "{text}"\n'.encode())


@pytest.fixture
def graded(monkeypatch):
    """The names of the files that are really graded, in order."""
    names, call = [], Task.__call__

    def spy(task, source):
        names.append(source.name)
        return call(task, source)

    monkeypatch.setattr(Task, "__call__", spy)
    return names


def test_nothing_is_graded_twice_unless_it_changed(tmp_path, graded):
    keep = tmp_path / "results.sqlite"
    sources = [source(1), source(2), source(3)]
    first = list(grade_all(TASK, sources, keep=keep))
    again = list(grade_all(TASK, sources, keep=keep))
    assert first == again and graded == ["001.toml", "002.toml", "003.toml"]
    changed = [source(1), source(2, "x"), source(3)]
    third = list(grade_all(TASK, changed, keep=keep))
    assert graded[3:] == ["002.toml"] and [r["passed"] for r in third] == [True, False, True]


@pytest.mark.parametrize(
    "task",
    [
        Task(Grader(examples=6), (NAME,)),
        Task(Grader(examples=5, seed=1), (NAME,)),
        Task(Grader(examples=5), (NAME, "rnn.adjoint_step")),
        Task(Grader(examples=5), (NAME,), hint=1),
    ],
)
def test_another_question_is_graded_anew(task, tmp_path, graded):
    keep = tmp_path / "results.sqlite"
    list(grade_all(TASK, [source(1)], keep=keep))
    list(grade_all(task, [source(1)], keep=keep))
    assert len(graded) == 2


def test_a_changed_grader_grades_anew(tmp_path, monkeypatch):
    before = Kept(tmp_path / "a", settings_of(TASK)).key(source(1))
    monkeypatch.setattr("checks.grader.kept.state_of_sources", lambda: "changed")
    assert Kept(tmp_path / "a", settings_of(TASK)).key(source(1)) != before


def test_what_may_pass_is_not_kept(tmp_path, graded, monkeypatch):
    def check(exercise, text, seed):
        raise KeyError(text)

    keep = tmp_path / "results.sqlite"
    with monkeypatch.context() as patched:
        patched.setattr("checks.grader.typed.check_formula", check)
        (fault,) = grade_all(TASK, [source(1)], keep=keep)
    (right,) = grade_all(TASK, [source(1)], keep=keep)
    assert fault["exercises"][0]["failure"]["reason"] == "grader" and right["passed"]


def test_results_are_there_before_the_run_ends(tmp_path):
    """One is known as soon as it is done, not when all are."""
    keep = tmp_path / "results.sqlite"
    run = grade_all(TASK, [source(1), source(2)], keep=keep)
    next(run)
    with sqlite3.connect(keep) as connection:
        assert connection.execute("select file from results").fetchall() == [("001.toml",)]


def test_order_and_results_do_not_depend_on_the_number_of_processes():
    sources = [source(k, "x" if k % 3 else "1 - exp(-(x-x1)^2)") for k in range(12)]
    one, two = (
        [{k: v for k, v in r.items() if k != "seconds"} for r in grade_all(TASK, sources, jobs)] for jobs in (1, 2)
    )
    assert one == two and [r["file"] for r in one] == [s.name for s in sources]


def test_no_more_is_read_ahead_than_there_is_work_for():
    read = []

    def sources():
        for k in range(100):
            read.append(k)
            yield source(k)

    run = grade_all(TASK, sources(), jobs=2)
    next(run)
    assert len(read) <= 2 * batch.AHEAD + 1
    run.close()


@pytest.mark.parametrize("content", [b"no database at all, but text" * 50])
def test_a_file_that_is_no_database_is_not_overwritten(content, tmp_path):
    path = tmp_path / "thesis.doc"
    path.write_bytes(content)
    with pytest.raises(Misuse, match="cannot be used"):
        list(grade_all(TASK, [source(1)], keep=path))
    assert path.read_bytes() == content


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, capsys):
    slow = "import time\ntime.sleep(0.1)\ndef rnn_long_range_growing(slopes): return [[0, 0], [0, 0]]\n"
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for k in range(7):
            archive.writestr(f"s{k:02}.py", f"# {k}\n{slow}")
    keep = tmp_path / "results.sqlite"
    words = [str(path), "--exercise", "rnn_long_range.growing", "--examples", "2", "--keep", str(keep), "--unsafe"]
    command = [sys.executable, "-m", "checks", "grade", *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and kept_files(keep) < 1:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = kept_files(keep)
    assert 1 <= done < 7
    times = recorded(keep)
    assert main(["grade", *words, "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert len(report["submissions"]) == kept_files(keep) == 7
    assert {key: recorded(keep)[key] for key in times} == times, "what was kept is not graded again"


def kept_files(path) -> int:
    return len(recorded(path))


def recorded(path) -> dict:
    """Key -> record as it is kept."""
    if not path.exists():
        return {}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        try:
            return dict(connection.execute("select key, record from results").fetchall())
        except sqlite3.OperationalError:
            return {}
