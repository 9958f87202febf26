"""Batches on a Dask cluster: the same reports as on one machine, workers lost or not; what cannot work is told."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from checks.__main__ import main
from checks.grader import cluster as cluster_module
from checks.grader.batch import AHEAD, Task, grade_all
from checks.grader.grading import WRONG, Grader
from checks.grader.sources import Misuse, Source

distributed = pytest.importorskip("distributed")

ROOT = Path(__file__).parents[2]
NAMES = ("rnn_long_range.growing", "gaussian_process.variance_one")
TASK = Task(Grader(examples=3), NAMES)
SLOW = "import time\ntime.sleep({pause})\ndef rnn_long_range_growing(slopes): return [[0, 0], [0, {number}]]\n"


def source(number, pause=0.0):
    return Source(f"{number:03}.py", f"# {number}\n{SLOW.format(pause=pause, number=number)}".encode())


def typed(number):
    return Source(f"{number:03}.toml", b'gaussian_process_variance_one = "1 - exp(-(x-x1)^2)"\n')


def untimed(records):
    return [{k: v for k, v in record.items() if k != "seconds"} for record in records]


@pytest.fixture(scope="module")
def local():
    """A cluster of two processes, which can import what this one can."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
    ) as found:
        yield found


def test_the_same_reports_as_on_one_machine(local):
    sources = [source(1), typed(2), source(3), typed(4), Source("005.py", b"def broken(:")]
    here = list(grade_all(TASK, sources))
    there = list(grade_all(TASK, sources, scheduler=local.scheduler_address))
    assert json.dumps(untimed(here)) == json.dumps(untimed(there))
    assert [r["file"] for r in there] == [s.name for s in sources] and any(r["isolation"] for r in there)


def test_no_more_is_read_ahead_than_there_is_work_for(local):
    read = []

    def sources():
        for k in range(100):
            read.append(k)
            yield typed(k)

    run = grade_all(TASK, sources(), scheduler=local.scheduler_address)
    next(run)
    assert len(read) <= 2 * AHEAD + 1
    run.close()


def at_work(local) -> list[int]:
    """The processes that have something to do just now."""
    with distributed.Client(local.scheduler_address, set_as_default=False) as client:
        busy = client.processing()
        return [pid for worker, pid in client.run(os.getpid).items() if busy[worker]]


def test_a_worker_killed_while_it_grades_costs_nothing(local, tmp_path):
    keep, sources = tmp_path / "results.sqlite", [source(k, pause=0.5) for k in range(10)]
    run = grade_all(TASK, sources, keep=keep, scheduler=local.scheduler_address)
    records = [next(run)]
    os.kill(at_work(local)[0], signal.SIGKILL)
    records += run
    assert [r["file"] for r in records] == [s.name for s in sources]
    assert all(r["exercises"][0]["outcome"] == WRONG for r in records)
    with sqlite3.connect(keep) as connection:
        assert sorted(f for (f,) in connection.execute("select file from results")) == [s.name for s in sources]
    assert untimed(records) == untimed(grade_all(TASK, sources, keep=keep)), "what was kept there serves here"


def test_other_sources_are_told_apart(local, monkeypatch):
    ours = cluster_module.state()
    monkeypatch.setattr(cluster_module, "state", lambda: {**ours, "sources": "changed"})
    with pytest.raises(Misuse, match="has other sources"):
        list(grade_all(TASK, [typed(1)], scheduler=local.scheduler_address))
    monkeypatch.setattr(cluster_module, "state", lambda: {**ours, "sympy": "0.1"})
    with pytest.raises(Misuse, match=r"has sympy 1\.\S+ and not 0\.1"):
        list(grade_all(TASK, [typed(1)], scheduler=local.scheduler_address))


def test_a_worker_that_joins_late_is_held_to_the_same(local):
    with pytest.raises(Misuse, match="other sources"):
        cluster_module.graded(TASK, typed(1), {**cluster_module.state(), "sources": "changed"})


# --- the command ---------------------------------------------------------------------------------


def grade(path, *words, **options):
    command = [sys.executable, "-m", "checks", "grade", str(path), "--exercise", NAMES[1], *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, **options)


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "answers.toml"
    path.write_bytes(typed(1).content)
    return path


def test_the_command_on_a_cluster(local, answers):
    run = grade(answers, "--scheduler", local.scheduler_address, "--format", "json")
    assert run.returncode == 0 and "Traceback" not in run.stderr, run.stderr
    assert json.loads(run.stdout)["submissions"][0]["passed"]


def test_a_scheduler_without_workers_is_told(answers, monkeypatch, capsys):
    monkeypatch.setattr(cluster_module, "PATIENCE", 1.0)
    with distributed.LocalCluster(n_workers=0, processes=True, dashboard_address=":0") as empty:
        assert main(["grade", str(answers), "--scheduler", empty.scheduler_address]) == 2
    assert "has no workers" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["nonsense", "bogus://localhost:8786", "tcp://127.0.0.1:1"])
def test_an_address_where_nobody_answers_is_told(address, answers, monkeypatch, capsys):
    monkeypatch.setattr(cluster_module, "PATIENCE", 1.0)
    assert main(["grade", str(answers), "--scheduler", address]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"checks grade: no Dask scheduler answers at {address}: ") and told.count("\n") == 1


def test_without_the_extra_the_command_says_so(answers, tmp_path):
    package = tmp_path / "without" / "distributed.py"
    package.parent.mkdir()
    package.write_text("raise ImportError('distributed is not here')")
    run = grade(answers, "--scheduler", "tcp://127.0.0.1:1", env={**os.environ, "PYTHONPATH": str(package.parent)})
    assert run.returncode == 2 and "--scheduler needs the package distributed" in run.stderr
    assert "Traceback" not in run.stderr


def test_either_processes_or_a_cluster(answers, capsys):
    with pytest.raises(SystemExit) as end:
        main(["grade", str(answers), "--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"])
    assert end.value.code == 2 and "not allowed with" in capsys.readouterr().err
