"""The grader: every way to fail has its own message, and no answer can fake or disturb a verdict."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import checks
from checks.__main__ import main
from checks.grader.frames import BrokenFrame, decode_arrays
from checks.grader.grading import RIGHT, UNANSWERED, WRONG, Grader
from checks.grader.process import Limits
from checks.grader.sandbox import UNSAFE
from checks.grader.submission import read, read_python

ROOT = Path(__file__).parents[2]
GRADER = Grader(examples=20, limits=Limits(load=2.0, call=1.0))
UNPROTECTED = Grader(examples=20, limits=Limits(load=2.0, call=1.0), tier=UNSAFE)
POINTS = sum(checks.get(name).points for name in checks.names())
GOOD = """import numpy as np
def rnn_grad_U(U, W, x, h0, y):
    h, d, G = [h0], 0 * h0, 0 * U
    for a in x:
        h.append(np.tanh(W @ a + U @ h[-1]))
    for t in range(len(x), 0, -1):
        e = (1 - h[t]**2) * (d + h[t] - y[t - 1])
        G, d = G + np.outer(e, h[t - 1]), U.T @ e
    return G
"""


def graded(source, name="rnn.grad_U", grader=GRADER):
    """What the grader says of a Python file about one exercise, as a whole submission's result."""
    return grader.grade(read_python("answers.py", source.encode()), [checks.get(name)])


def answer(body):
    """A file whose function has this body."""
    return f"import numpy as np\ndef rnn_grad_U(U, W, x, h0, y):\n    {body}\n"


# --- messages -------------------------------------------------------------------------------------

FAULTS = {
    # reason: (file, part of the message)
    "shape": (answer("return np.zeros(3)"), "it must be (n, n) = (1, 1)"),
    "not_finite": (answer("return U * np.nan"), "not finite"),
    "not_numeric": (answer("return None"), "not an array of real numbers: NoneType"),
    "exception": (answer("return 1 / 0"), "ZeroDivisionError: division by zero"),
    "arguments": ("def rnn_grad_U(U, W): pass", "rnn_grad_U(U, W, x, h0, y); it is rnn_grad_U(U, W)"),
    "exit": (answer("import sys; sys.exit(0)"), "sys.exit()"),
    "ended": (answer("import os; os._exit(3)"), "exit status 3"),
    "time_call": (answer("while True: pass"), "within 1 s"),
    "time_load": ("rnn_grad_U = 1\nwhile True: pass", "within 2 s"),
    "memory": (answer("return np.ones((10**6, 10**6))"), "MiB of memory"),
    "too_large": (answer("return np.zeros((500, 500))"), "far too large, of shape (500, 500)"),
    "not_callable": ("rnn_grad_U = 3", "not a function"),
    "counterexample": (answer("return U"), "differs"),
    "unsteady": (
        "import numpy as np\nn = 0\ndef rnn_grad_U(U, W, x, h0, y):\n    global n\n    n += 1\n"
        "    return U * np.nan if n == 5 else rest(U, W, x, h0, y)\n" + GOOD.replace("rnn_grad_U", "rest"),
        "does not return the same",
    ),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_each_fault_has_its_message(reason):
    source, message = FAULTS[reason]
    (result,) = graded(source).results
    assert result.outcome == WRONG
    assert (result.failure.reason, message in result.failure.message) == (reason, True), result.failure
    assert "Traceback" not in "\n".join(result.failure.lines())


VALUES = [
    "'text'",
    "[[1, 2], [3]]",
    "U > 0",
    "U + 0j",
    "object()",
    "[[10**400]]",
    "lambda: 0",
    "{1: 2}",
    "U.astype(object)",
]


@pytest.mark.parametrize("value", VALUES)
def test_what_is_no_array_of_real_numbers(value):
    (result,) = graded(answer(f"return {value}")).results
    assert result.failure.reason == "not_numeric"


def test_results_that_should_be_a_pair():
    (result,) = graded("def gaussian_process_predict(X, y, Xs): return y", "gaussian_process.predict").results
    assert "must return 2 values, (mean, cov)" in result.failure.message


def test_an_exception_shows_the_lines_of_the_file_only():
    source = "import numpy as np\ndef helper(U):\n    return np.linalg.inv(0 * U)\n" + answer(
        "return helper(U)"
    )
    failure = graded(source).results[0].failure
    assert failure.message == "Your function raises LinAlgError: Singular matrix"
    assert failure.display == (
        "answers.py, line 6, in rnn_grad_U: return helper(U)",
        "answers.py, line 3, in helper: return np.linalg.inv(0 * U)",
    )


def test_an_exception_while_loading():
    failure = graded("x = 1\nrnn_grad_U = undefined").results[0].failure
    assert "while it is being loaded, raises NameError" in failure.message
    assert failure.display == ("answers.py, line 2: rnn_grad_U = undefined",)


def test_misspelt_and_missing_functions():
    near = graded(GOOD.replace("rnn_grad_U", "rnn_grad_u"))
    assert "rename rnn_grad_u" in near.results[0].failure.message and not near.passed
    missing = graded("def something_else(): pass")
    assert (missing.results[0].outcome, missing.results[0].failure) == (UNANSWERED, None)


def test_an_untouched_template_is_not_answered():
    template = "\n".join(checks.get(name).template for name in checks.names())
    results = GRADER.grade(read_python("a.py", template.encode()), map(checks.get, checks.names())).results
    assert {r.outcome for r in results} == {UNANSWERED}


def test_formulas_are_taken_as_text():
    name = "gaussian_process.variance_one"
    assert graded('gaussian_process_variance_one = "1 - exp(-(x-x1)**2)"', name).passed
    failure = graded("gaussian_process_variance_one = 1 - 2", name).results[0].failure
    assert failure.reason == "not_text"
    failure = graded('gaussian_process_variance_one = "1 - exp(-(x-x2)**2)"', name).results[0].failure
    assert "the names here are x, x1" in failure.message and failure.display[1].index("^") == 12
    failure = graded('gaussian_process_varience_one = "1"', name).results[0].failure
    assert "rename gaussian_process_varience_one" in failure.message


def test_formulas_in_a_table(tmp_path):
    path = tmp_path / "answers.toml"
    path.write_text('"rnn.adjoint_step" = "dL + U.T*diag(gp)*d"\n[gaussian_process]\nvariance_one = "1"\n')
    results = GRADER.grade(read(path), map(checks.get, checks.names())).results
    answered = {r.exercise.name: r.outcome for r in results if r.outcome != UNANSWERED}
    assert answered == {"rnn.adjoint_step": RIGHT, "gaussian_process.variance_one": WRONG}


@pytest.mark.parametrize("text", ["1/(x*x1)", "1-exp(10^7*(x-x1)^2)", "log(x-x1)", "10^400*x"])
@pytest.mark.parametrize("suffix", [".py", ".toml"])
def test_a_formula_without_a_value_is_told_and_not_raised(text, suffix, tmp_path, capsys):
    path = tmp_path / f"answers{suffix}"
    path.write_text(f'gaussian_process_variance_one = "{text}"\nrnn_adjoint_step = "dL + U.T*diag(gp)*d"\n')
    assert main(["grade", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"1 of {POINTS} points" in out and "your value" in out
    assert main(["grade", str(path), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["submissions"][0]["earned"] == 1


def test_a_fault_of_the_grader_costs_one_exercise_only(monkeypatch):
    def check(exercise, text, seed):
        raise KeyError(text)

    monkeypatch.setattr("checks.grader.typed.check_formula", check)
    source = f'gaussian_process_variance_one = "x"\n{GOOD}'
    names = ["gaussian_process.variance_one", "rnn.grad_U"]
    results = GRADER.grade(read_python("a.py", source.encode()), map(checks.get, names)).results
    assert [r.outcome for r in results] == [WRONG, RIGHT]
    assert results[0].failure.message == "The grader fails on this answer: KeyError: 'x'."


# --- files that cannot be read --------------------------------------------------------------------

FILES = {
    "syntax": (b"def f(:\n", "line 1"),
    "empty": (b" \n", "empty"),
    "binary": (b"\x7fELF\0\0", "binary"),
    "not UTF-8": (b"a = '\xff'", "not text"),
    "too large": (b"#" * (2 << 20), "larger than 1 MiB"),
    "deep": (b"x = " + b"(" * 5000, "not valid Python"),
    "deeper": (b"x = " + b"-" * 200_000 + b"1", "The file is"),
}


@pytest.mark.parametrize("kind", FILES)
def test_files_that_cannot_be_read(kind, tmp_path):
    content, message = FILES[kind]
    path = tmp_path / "answers.py"
    path.write_bytes(content)
    assert message in read(path).problem.message


def test_a_syntax_error_is_marked(tmp_path):
    path = tmp_path / "answers.py"
    path.write_text("x = 1\ny = x +* 2\n")
    assert read(path).problem.display == ("y = x +* 2", "       ^")


# --- hostile answers ------------------------------------------------------------------------------

ALWAYS_EQUAL = """
class Anything(np.ndarray):
    def __eq__(self, other): return True
    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__
    def __abs__(self): return 0
"""
HOSTILE = {
    "object whose comparisons are true": "import numpy as np\n"
    + ALWAYS_EQUAL
    + "def rnn_grad_U(U, W, x, h0, y): return np.zeros_like(U).view(Anything)\n",
    "patched numpy": answer("return U").replace(
        "def", "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True\ndef"
    ),
    "patched builtins": answer("return U").replace(
        "def", "import builtins\nbuiltins.abs = lambda v: 0\nbuiltins.all = lambda v: True\ndef"
    ),
    "forged output": answer("print('right'); import os; os.write(1, b'{\"outcome\": \"right\"}'); return U"),
    "flooded output": answer("print('x' * 10**6); return U"),
    "forged frame": answer(
        "import os\n    for f in range(3, 20):\n        try: os.write(f, b'\\0\\0\\0\\0\\0\\0\\0\\1R')\n"
        "        except OSError: pass\n    return U"
    ),
    "frame of 4 GiB": answer(
        "import os\n    for f in range(3, 20):\n        try: os.write(f, b'\\xff' * 4 + b'\\0\\0\\0\\2R')\n"
        "        except OSError: pass\n    return U"
    ),
    "signals ignored": answer(
        "import signal\n    for s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\n    while True: pass"
    ),
    "stack overflow": answer("f = lambda: f()\n    import sys; sys.setrecursionlimit(10**9)\n    return f()"),
    "exception that cannot be shown": answer(
        "class E(Exception):\n        def __str__(self): raise E\n    raise E"
    ),
    "inputs mutated": answer("U += 1; W[:] = 0; x[:] = 0; h0[:] = 0; y[:] = 0\n    return 0 * U"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_answers_are_wrong_and_soon(kind):
    began = time.monotonic()
    (result,) = graded(HOSTILE[kind]).results
    assert result.outcome == WRONG and result.failure.reason
    assert time.monotonic() - began < 20


def test_mutating_the_inputs_disturbs_no_right_answer():
    source = GOOD.replace("return G", "U += 1; W[:] = 0; x[:] = 0; h0[:] = 0; y[:] = 0; return G")
    source = source.replace("[h0], 0 * h0", "[h0.copy()], 0 * h0")
    assert graded(source).passed


def test_printing_and_warnings_disturb_no_right_answer():
    source = GOOD.replace(
        "return G", "print('G', G); import warnings; warnings.warn('w'); np.log(np.zeros(1)); return G"
    )
    result = graded(source)
    assert result.passed and "G [[" in result.output


def test_processes_left_behind_are_killed(tmp_path):
    note = tmp_path / "pid"
    source = GOOD + (
        "import os, time\nif os.fork() == 0:\n"
        f"    open({str(note)!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)\n    os._exit(0)\n"
        "time.sleep(0.3)\n"
    )
    began = time.monotonic()
    assert graded(source, grader=UNPROTECTED).passed and time.monotonic() - began < 20
    pid = int(note.read_text())
    assert gone(pid, within=3), os.kill(pid, signal.SIGKILL)


def gone(pid: int, within: float) -> bool:
    """Whether a process is dead soon: one that is killed still has to be given the time to die."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError, ProcessLookupError):
            if Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z":
                time.sleep(0.02)
                continue
        return True
    return False


def test_the_worker_sees_nothing_of_ours():
    """Neither our packages nor our environment; its folder is its own and empty."""
    os.environ["SECRET"] = "key"
    try:
        failure = (
            graded(
                "import os, sys\nfound = sorted(set(os.environ) & {'SECRET'}) + os.listdir('.')\n"
                "for name in ('checks', 'derivations'):\n    try: __import__(name); found.append(name)\n"
                "    except ImportError: pass\nraise ValueError(found)"
                "\nrnn_grad_U = None"
            )
            .results[0]
            .failure
        )
    finally:
        del os.environ["SECRET"]
    assert failure.message.endswith("ValueError: []")


def test_one_lost_worker_does_not_cost_the_next_exercise():
    predict = "def gaussian_process_predict(X, y, Xs): return y"
    source = f"{answer('import os; os._exit(0)')}\n{predict}\n"
    names = ["rnn.grad_U", "gaussian_process.predict"]
    results = GRADER.grade(read_python("a.py", source.encode()), map(checks.get, names)).results
    assert [r.failure.reason for r in results] == ["ended", "results"]


def test_a_process_that_cannot_be_started(monkeypatch):
    monkeypatch.setattr("checks.grader.process.sys.executable", "/nowhere/python")
    assert "No process can be started" in graded(GOOD, grader=UNPROTECTED).results[0].failure.message


def test_time_for_the_whole_submission():
    grader = Grader(examples=20, limits=Limits(load=2.0, call=1.0, total=1.0))
    (result,) = graded(answer("import time; time.sleep(0.3); return 0 * U"), grader=grader).results
    assert result.failure.reason in ("time_total", "time_call")


BROKEN_ARRAYS = [
    b"",
    b"d",
    b"d\x01\xff\xff\xff\xff",
    b"d\xff",
    b"z\x00" + bytes(8),
    b"d\x00" + bytes(9),
    b"d\x00" + bytes(7),
]


@pytest.mark.parametrize("payload", BROKEN_ARRAYS)
def test_arrays_that_lie_are_refused(payload):
    with pytest.raises(BrokenFrame):
        decode_arrays(payload, 1)


# --- the command ----------------------------------------------------------------------------------


def run(*arguments, cwd):
    """``python -m checks``, from another folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "checks", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


def test_reports_replay_byte_for_byte(tmp_path):
    (tmp_path / "a.py").write_text(answer("return U @ U"))
    (tmp_path / "b.py").write_text(GOOD)
    runs = [
        run("grade", ".", "--format", "json", "--seed", 3, "--examples", 15, "--unsafe", cwd=tmp_path)
        for _ in range(2)
    ]
    first, second = (json.loads(r.stdout) for r in runs)
    assert first.pop("timing") and second.pop("timing")
    assert first == second and [s["file"] for s in first["submissions"]] == ["a.py", "b.py"]
    assert first["schema"] == 1 and "not a sandbox" in first["submissions"][0]["isolation"]
    assert {p.name for p in tmp_path.iterdir()} == {"a.py", "b.py"}
    assert [r.returncode for r in runs] == [1, 1]


def test_exit_status(tmp_path, capsys):
    path = tmp_path / "answers.py"
    path.write_text('gaussian_process_variance_one = "1 - exp(-(x-x1)**2)"\n')
    assert main(["grade", str(path)]) == 0
    assert main(["grade", str(path), "--exercise", "rnn.grad_U"]) == 1
    assert "not answered" in capsys.readouterr().out
    path.write_text("pass\n")
    assert main(["grade", str(path)]) == 1


MISUSES = {
    "nowhere.py": "there is no file or folder nowhere.py",
    "notes.txt": "only .py, .ipynb and .toml files are graded",
    "empty": "the folder empty has no .py, .ipynb, .toml file",
    "a.py --exercise rnn.grad_u": "did you mean rnn.grad_U?",
    "a.py --examples 0": "must be at least 1",
    "a.py --time-limit nan": "must be positive",
}


@pytest.mark.parametrize("words", MISUSES)
def test_misuse_is_explained(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for name in ("a.py", "notes.txt"):
        (tmp_path / name).write_text("x = 1\n")
    try:
        status = main(["grade", *words.split()])
    except SystemExit as end:
        status = end.code
    assert status == 2 and MISUSES[words] in capsys.readouterr().err


def test_text_report(tmp_path, capsys):
    path = tmp_path / "answers.py"
    path.write_text('rnn_adjoint_step = "dL + U*hadamard(gp, d)"\ngaussian_process_variance_one = "1 -"\n')
    assert main(["grade", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"0 of {POINTS} points" in out and "differences of the remaining losses give" in out
    assert "something is missing at the end" in out and "sandbox" in out


def test_list_and_template(tmp_path, capsys):
    assert main(["list"]) == 0 and "rnn.grad_U" in capsys.readouterr().out
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [e["name"] for e in listed] == checks.names() and all(e["statement"] for e in listed)
    path = tmp_path / "answers.py"
    assert main(["template", str(path)]) == 0
    assert "def rnn_grad_U(U, W, x, h0, y):" in path.read_text()
    path.write_text("mine")
    assert main(["template", str(path)]) == 2 and path.read_text() == "mine"
    assert main(["template", str(path), "--force"]) == 0 and path.read_text() != "mine"
    assert main(["template"]) == 0
