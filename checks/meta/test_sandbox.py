"""A corpus of attacks: none may pass, read or change what is not its own, leave anything, or hold up the next one.

Each file of `attacks/` is a submission whose first line says what it is after.  One that gets it raises "ESCAPED".
"""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import checks
from checks.__main__ import main
from checks.exercises.arrays import Array
from checks.grader import isolation, sandbox
from checks.grader.failure import Failure
from checks.grader.frames import encode_call
from checks.grader.grading import RIGHT, WRONG, Grader
from checks.grader.isolation import CannotIsolate, fault, strongest, targets
from checks.grader.process import Limits, Worker
from checks.grader.sandbox import TIERS, UNSAFE
from checks.grader.submission import read_python

ATTACKS = {path.stem: path.read_text() for path in sorted(Path(__file__).with_name("attacks").glob("*.py"))}
EXERCISE = checks.get("rnn.grad_U")
LIMITS = Limits(load=20.0, call=1.5, total=40.0, memory=512 << 20)
SLACK = 10.0
REFUSED = "PermissionError|BlockingIOError|FileNotFoundError|OSError|ProcessLookupError"
HONEST = """import numpy as np
def rnn_grad_U(U, W, x, h0, y):
    h, d, G = [h0], 0 * h0, 0 * U
    for a in x:
        h.append(np.tanh(W @ a + U @ h[-1]))
    for t in range(len(x), 0, -1):
        e = (1 - h[t]**2) * (d + h[t] - y[t - 1])
        G, d = G + np.outer(e, h[t - 1]), U.T @ e
    return G
"""

# How each attack must end: the reason that is reported, and a part of the message.  Those not listed ask the kernel
# for something, and are refused it.
ENDS = {
    "endless_call": ("time_call", "within 1.5 s"),
    "endless_deaf": ("time_call", "within 1.5 s"),
    "endless_exception": ("time_call", "within 1.5 s"),
    "endless_import": ("time_load", "finish loading within 2 s"),
    "byte_drip": ("time_call", "within 1.5 s"),
    "stdout_flooded": ("time_call", "within 1.5 s"),
    "stderr_flooded": ("time_call", "within 1.5 s"),
    "memory_bomb": ("memory|time_call", ""),
    "memory_bomb_quiet": ("not_finite|time_call", ""),
    "giant_result": ("memory", "512 MiB"),
    "thread_bomb": ("exception", "can't start new thread"),
    "limits_raised": ("exception", "ValueError: not allowed to raise maximum limit"),
    "header_4_gib": ("protocol", "channel"),
    "header_of_digits": ("protocol", "channel"),
    "shapes_that_lie": ("protocol", "promises more than came"),
    "deep_json": ("protocol", "channel"),
    "json_bomb": ("protocol", "channel"),
    "forged_guessed": ("protocol", "channel"),
    "forged_stolen": ("protocol", "channel"),
    "frame_too_many": ("protocol", "channel"),
    "list_of_names_forged": ("protocol", "channel"),
    "patched_worker": ("shape", "has shape ()"),
    "sys_exit": ("exit", "sys.exit()"),
    "os_exit": ("ended", "exit status 0"),
    "stack_overflow": ("ended", "SIGSEGV"),
    "segfault": ("ended", "SIGSEGV"),
    "aborted": ("ended", "by the signal SIG"),
    "always_equal": ("counterexample", ""),
    "patched_numpy": ("counterexample", ""),
    "patched_builtins": ("counterexample", ""),
    "frames_and_gc": ("counterexample", ""),
    "input_mutated": ("counterexample", ""),
    "nan": ("not_finite", "[[nan]]"),
    "infinite": ("not_finite", "[[inf]]"),
    "huge_integer": ("not_numeric", ""),
    "other_architecture": ("ended|exception", ""),
}
# Attacks that do no harm where nothing stops them, and must succeed there: else they would show nothing here.
LIVE = [
    "key_by_path",
    "other_submission",
    "grader_sources",
    "tcp_loopback",
    "tcp_server",
    "udp",
    "abstract_socket",
    "path_socket",
    "environment_of_others",
    "signals",
    "signals_to_group",
    "memory_as_file",
    "note_left",
    "shell",
]


def held() -> list[sandbox.Tier]:
    """The tiers to attack: the strongest that holds here, all that hold under `make test-more`."""
    found = (tier for tier in TIERS if not fault(tier))
    return list(found) if os.environ.get("HYPOTHESIS_PROFILE") == "more" else [t for t in [next(found, None)] if t]


@pytest.fixture(scope="module")
def tiers():
    return held() or pytest.skip("\n".join(f"{tier.name}: {fault(tier)}" for tier in TIERS))


@contextmanager
def planted():
    """What the attacks go for, as a line of assignments before each, and as values."""
    with targets() as constants:
        constants["OURS"] = str(Path(checks.__file__).parents[1])
        yield "".join(f"{name} = {value!r}; " for name, value in constants.items()) + "\n", constants


def graded(source: str, tier: sandbox.Tier, limits: Limits = LIMITS):
    grader = Grader(examples=5, limits=limits, tier=tier)
    return grader.grade(read_python("answers.py", source.encode()), [EXERCISE])


def all_said(graded) -> str:
    """What an attack can write into the report; its own lines, which are shown too, are no sign of success."""
    return "\n".join([*(r.failure.message for r in graded.results if r.failure), graded.output])


def run_attack(name: str, tier: sandbox.Tier) -> Failure:
    """The failure that is reported; everything that no attack may do is asserted here."""
    limits = replace(LIMITS, load=2.0) if name == "endless_import" else LIMITS
    with planted() as (assignments, constants):
        key = Path(constants["KEY"])
        before = key.stat()
        began = time.monotonic()
        result = graded(assignments + ATTACKS[name], tier, limits)
        seconds = time.monotonic() - began
        said = all_said(result)
        assert "ESCAPED" not in said and "secret" not in said, f"{name} in {tier.name}: {said}"
        assert sorted(os.listdir(key.parent)) == ["key", "s"] and key.read_text() == "secret"
        assert (key.stat().st_mode, key.stat().st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert result.results[0].outcome == WRONG, name
    assert seconds < limits.total + SLACK, f"{name} in {tier.name} took {seconds:.1f} s"
    return result.results[0].failure


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_fails_as_it_must(name, tiers):
    reasons, part = ENDS.get(name, ("exception", REFUSED))
    for tier in tiers:
        failure = run_attack(name, tier)
        assert failure.reason in reasons.split("|"), f"{name} in {tier.name}: {failure.reason}, {failure.message}"
        assert any(word in failure.message for word in part.split("|")), f"{name} in {tier.name}: {failure.message}"


def test_an_honest_answer_passes_right_after_the_worst(tiers):
    """No note, no process, no lack of anything is left by those that came before."""
    for tier in tiers:
        for name in ("fork_bomb", "daemon", "memory_bomb_quiet", "note_left", "os_exit"):
            run_attack(name, tier)
            (result,) = graded(HONEST, tier).results
            assert result.outcome == RIGHT, f"after {name} in {tier.name}: {result.failure}"


def test_nothing_is_left_of_a_worker(tiers):
    for tier in tiers:
        with Worker(LIMITS, tier) as worker:
            folder = Path(worker.directory.name)
            worker.ask(b"S", b"import time\ndef forever(): time.sleep(1000)\n", LIMITS.load)
            group = worker.process.pid
            assert folder.is_dir()
        assert not folder.exists()
        deadline = time.monotonic() + SLACK
        while (left := members(group)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left, f"{tier.name}: {left}"


GRADER_TO_KILL = """import sys, time
from checks.grader.process import Limits, OutOfTime, Worker
from checks.grader.sandbox import TIERS
with Worker(Limits(), next(t for t in TIERS if t.name == sys.argv[1])) as worker:
    worker.ask(b"S", b"", 20)
    print(worker.process.pid, flush=True)
    worker.ask(b"S", b"while True: pass", 60)
"""


def test_a_worker_does_not_outlive_a_killed_grader(tiers):
    for tier in (t for t in tiers if t.confines):
        command = [sys.executable, "-c", GRADER_TO_KILL, tier.name]
        root = Path(checks.__file__).parents[1]
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as grader:
            session = int(grader.stdout.readline())
            assert members(session)
            grader.kill()
        deadline = time.monotonic() + SLACK
        while (left := members(session)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left, f"{tier.name}: {left}"


def members(session: int) -> list[str]:
    """The processes of a session that still run: the sixth field of `stat` is the session, the third the state."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(stat.parent.name)
    return found


@pytest.mark.parametrize("name", LIVE)
def test_the_attack_succeeds_where_nothing_stops_it(name):
    with planted() as (assignments, _):
        said = all_said(graded(assignments + ATTACKS[name], UNSAFE))
    assert "ESCAPED" in said, f"{name}: {said}"


def test_every_attack_says_what_it_is_after():
    assert set(ENDS) | set(LIVE) <= set(ATTACKS) and len(ATTACKS) >= 39
    for name, source in ATTACKS.items():
        assert source.startswith('"""') and source.splitlines()[0].endswith('."""'), name


def test_packages_that_answers_use_can_be_imported(tiers):
    lines = "import scipy.linalg, scipy.special, sympy, matplotlib.pyplot, random, collections, ctypes, decimal\n"
    for tier in tiers:
        # what no program has read since the machine started comes from the disk, which is no matter here
        (result,) = graded(lines + HONEST, tier, Limits(load=100.0)).results
        assert result.outcome == RIGHT, f"{tier.name}: {result.failure}"


def test_what_may_be_read_cannot_be_emptied(tiers):
    """Files that are opened to be read and truncated at once, which not every Landlock forbids."""
    source = b"import os\ndef empty(x):\n    os.open('mine', os.O_RDONLY | os.O_TRUNC)\n    return x\n"
    for tier in tiers:
        with Worker(LIMITS, tier) as worker:
            mine = Path(worker.directory.name, "mine")
            mine.write_text("kept")
            worker.ask(b"S", source, LIMITS.load)
            kind, answer = worker.ask(b"C", encode_call("empty", 1, [Array((), (1.0,))]), LIMITS.load)
            assert kind == b"E" and mine.read_text() == "kept", f"{tier.name}: {answer}"


def test_harmless_habits_are_allowed(tiers):
    """Output thrown away, a time limit of one's own, the folder looked at, a seed from the system."""
    habits = """import contextlib, os, random, signal, time
with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
    print("thrown away")
signal.alarm(60); time.sleep(0.001); random.SystemRandom().random(); assert os.listdir() == [] and os.getpid()
"""
    for tier in tiers:
        (result,) = graded(habits + HONEST, tier).results
        assert result.outcome == RIGHT, f"{tier.name}: {result.failure}"


def test_a_file_that_saves_something_is_told_why_it_cannot(tiers):
    """The same words every time, though the folder has another name every time."""
    source = "import os\nprint(os.getcwd())\nopen(os.path.join(os.getcwd(), 'plot.png'), 'wb')\n" + HONEST
    for tier in tiers:
        first, second = graded(source, tier), graded(source, tier)
        failure = first.results[0].failure
        assert failure.message.endswith("raises PermissionError: [Errno 13] Permission denied: './plot.png'")
        assert "without a network, other programs, and files to write" in failure.display[-1]
        assert (failure, first.output) == (second.results[0].failure, second.output) and first.output == "."


# --- the choice of a tier ------------------------------------------------------------------------


def test_canaries_sing_where_nothing_stops_them():
    """Else their silence in a sandbox would say nothing."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the canaries are made for Linux")
    said = fault(UNSAFE)
    for escape in (
        "read a file",
        "write a file",
        "connect by tcp",
        "connect to a socket",
        "start a process",
        "start a program",
        "signal the grader",
        "change a mode",
        "make memory outside the limits",
    ):
        assert escape in said, escape


def test_a_tier_that_leaks_is_not_chosen(tiers):
    leaky = replace(UNSAFE, name="leaky")
    assert strongest((leaky, tiers[0])) == tiers[0]
    with pytest.raises(CannotIsolate, match=r"(?s)leaky: a submission could read a file.*--unsafe"):
        strongest((leaky,))


LEAKS = {
    "read a file": ("readable", lambda folder: [folder]),
    "start a process": ("calls", lambda folder: ["clone", "clone3", "fork", "wait4"]),
    "make memory outside the limits": ("calls", lambda folder: ["memfd_create"]),
    "send by udp": ("calls", lambda folder: ["socket", "sendto", "bind"]),
    "change a mode": ("calls", lambda folder: ["chmod", "fchmodat"]),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_one_hole_is_found(leak, monkeypatch):
    """The self-test notices a sandbox that is sound but for one thing."""
    tier = next(t for t in TIERS if t.name == "landlock")
    if fault(tier):
        pytest.skip(fault(tier))
    kind, more = LEAKS[leak]
    confinement = sandbox.Tier.confinement

    def leaky(self, directory):
        told = confinement(self, directory)
        return {**told, kind: [*told[kind], *more(os.path.dirname(directory))]}

    monkeypatch.setattr(sandbox.Tier, "confinement", leaky)
    assert leak in fault(tier)


def test_a_tier_that_cannot_start_is_not_chosen():
    def broken(command, directory, environment):
        return sandbox.piped(["/bin/sh", "-c", "echo because >&2; exit 3"], directory, environment)

    assert fault(replace(UNSAFE, launch=broken)) == "its process ended with exit status 3: because"
    assert "does not start" in fault(replace(UNSAFE, launch=lambda *_: sandbox.piped(["/nowhere"], *_[1:])))
    assert fault(replace(UNSAFE, packages=("no_such_package",))) in (
        "the package no_such_package not installed",
        "needs Linux",
    )


def test_where_nothing_isolates_nothing_is_graded(tmp_path, monkeypatch, capsys):
    def refuse():
        raise CannotIsolate("this machine cannot isolate a stranger's code: … with --unsafe")

    monkeypatch.setattr("checks.grader.grading.strongest", refuse)
    path = tmp_path / "answers.py"
    path.write_text(HONEST)
    assert main(["grade", str(path), "--exercise", "rnn.grad_U"]) == 2
    said = capsys.readouterr()
    assert "cannot isolate a stranger's code" in said.err and "--unsafe" in said.err and not said.out
    table = tmp_path / "answers.toml"
    table.write_text('gaussian_process_variance_one = "1 - exp(-(x-x1)**2)"\n')
    assert main(["grade", str(table)]) == 0
    assert "sandbox" not in capsys.readouterr().out


def test_other_systems_are_refused_with_a_reason(monkeypatch):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    with pytest.raises(CannotIsolate, match="bubblewrap: needs Linux"):
        strongest((*TIERS, *TIERS))


@pytest.mark.parametrize("format", ["text", "json", "html", "gradescope", "junit", "csv"])
def test_unsafe_is_marked_in_every_report(format, tmp_path, capsys):
    path = tmp_path / "answers.py"
    path.write_text(HONEST)
    words = ["grade", str(path), "--exercise", "rnn.grad_U", "--examples", "3", "--format", format]
    assert main([*words, "--unsafe"]) == 0
    said = capsys.readouterr()
    assert "not a sandbox" in said.out and "--unsafe" in said.out and "--unsafe" in said.err


def test_the_tier_is_told_in_reports(tiers, tmp_path, capsys):
    path = tmp_path / "answers.py"
    path.write_text(HONEST)
    words = ["grade", str(path), "--exercise", "rnn.grad_U", "--examples", "3"]
    assert main(words) == 0 and f"Functions ran in {strongest().text}." in capsys.readouterr().out
    assert main([*words, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["submissions"][0]["isolation"] == strongest().text


def test_what_may_be_read_is_not_ours():
    ours = Path(checks.__file__).parents[1]
    for path in map(Path, sandbox.readable()):
        assert not ours.is_relative_to(path) and path != Path.home(), path
        assert not path.is_relative_to(ours / "checks"), path
    assert isolation.CANARIES.exists()
