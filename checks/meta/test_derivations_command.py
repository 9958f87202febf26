"""``python -m derivations`` as a person meets it: what it prints, what it returns, how it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import derivations
from derivations import __main__ as command
from derivations.chain import Derivation, Line, Rule, Step
from derivations.rnn import DOMAIN, LOSS, loss

ROOT = Path(__file__).parents[2]


def run(capsys, *arguments):
    """(exit status, standard output, standard error)."""
    try:
        status = command.main(arguments)
    except SystemExit as stop:
        status = stop.code
    out = capsys.readouterr()
    return status, out.out, out.err


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "derivations", "show", "rnn.adjoint"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "PROVED" in done.stdout and "δ[t]" in done.stdout


def test_list_counts_verdicts_and_names_the_axioms(capsys):
    status, out, _ = run(capsys, "list", "gaussian_process", "rnn_long_range.largest_stretch")
    assert status == 0
    assert "rests on it rnn_long_range.largest_stretch" in out and "Cauchy–Schwarz" in out, out
    assert all(" PROVED " in line for line in out.splitlines() if line.startswith(("gaussian", "rnn"))), out
    listed = {line.split()[0] for line in out.splitlines() if line and not line.startswith((" ", "Theorems"))}
    assert listed == {*derivations.topic("gaussian_process"), "rnn_long_range.largest_stretch"}


def test_list_as_json_has_the_promised_keys(capsys):
    status, out, _ = run(capsys, "list", "gaussian_process", "--json")
    rows = json.loads(out)
    assert status == 0 and [r["name"] for r in rows] == list(derivations.topic("gaussian_process"))
    for row in rows:
        assert {"name", "title", "question", "verdicts", "axioms"} <= set(row)


def test_nothing_named_is_all():
    assert derivations.chosen([]) == derivations.names()


PREDICT = "gaussian_process.predict"


def test_a_topic_is_checked_as_a_whole_and_nothing_twice(capsys):
    status, out, _ = run(capsys, "check", PREDICT, "gaussian_process", "--examples", "1")
    assert status == 0 and [line.split()[0] for line in out.splitlines()] == [
        PREDICT, *(name for name in derivations.topic("gaussian_process") if name != PREDICT)
    ]  # fmt: skip


@pytest.mark.parametrize("format_", ["text", "latex", "markdown", "json"])
def test_show_prints_every_line_in_every_format(capsys, format_):
    status, out, err = run(capsys, "show", "rnn.unrolled_adjoint", "--format", format_)
    assert status == 0 and err == ""
    assert out.count("induction hypothesis") == 1, out


def test_a_repeated_left_side_is_not_claimed_equal_to_a_bound(capsys):
    """'|m| = bound' would be false: after a <= the chain goes on without its left side."""
    _, out, _ = run(capsys, "show", "gaussian_process.mean_far_away")
    lines = [line for line in out.splitlines() if "exp(-d**2/2)" in line]
    assert lines and all("m_*" not in line for line in lines), lines


def test_an_unknown_name_is_answered_by_the_nearest(capsys):
    status, out, err = run(capsys, "show", "rnn.grad_u")
    assert status == 2 and out == "" and "rnn.grad_U" in err and "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["check", "--examples", "0"], ["check", "--examples", "many"]]
)
def test_misuse_is_exit_status_2_and_no_traceback(capsys, arguments):
    status, _, err = run(capsys, *arguments)
    assert status == 2 and "usage:" in err and "Traceback" not in err


def test_the_same_seed_gives_the_same_report(capsys):
    first, second = (
        run(capsys, "check", "rnn.adjoint", "--seed", "7", "--examples", "3", "--json")[1] for _ in range(2)
    )
    assert first == second and '"seed": 7' in first


def test_a_refuted_step_is_exit_status_1_and_shows_its_counterexample(capsys, monkeypatch):
    off = Rule(
        "a falsified rule",
        "wrong by 0.1 %",
        "nowhere",
        lambda e, c: LOSS.right * 1001 / 1000 if e == loss else None,
    )
    wrong = Derivation("rnn.wrong", "wrong", "-", DOMAIN, Line(loss, loss), (Step(off),))
    monkeypatch.setattr(command.derivations, "get", lambda name: wrong)
    status, out, _ = run(capsys, "check", "rnn.wrong")
    assert status == 1 and "REFUTED" in out and "n = 1" in out and "≠" in out, out


def test_a_rule_that_does_not_apply_is_an_error_message(capsys, monkeypatch):
    none = Rule("a rule", "because", "nowhere", lambda e, c: None)
    broken = Derivation("rnn.broken", "broken", "-", DOMAIN, Line(loss, loss), (Step(none),))
    monkeypatch.setattr(command.derivations, "get", lambda name: broken)
    status, _, err = run(capsys, "check", "rnn.broken")
    assert status == 1 and "rnn.broken, line 2" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("format_", "expected"),
    [("text", "δ[t][i] = "), ("latex", r"\delta_{t,i} &="), ("markdown", r"$$\delta_{t,i} ="), ("json", "U_{ji}")],
)
def test_show_prints_lines_by_their_entries(capsys, format_, expected):
    status, out, err = run(capsys, "show", "rnn.adjoint", "--form", "components", "--format", format_)
    assert (status, err) == (0, "") and expected in out, out
    _, plain, _ = run(capsys, "show", "rnn.adjoint")
    assert "δ[t] = " in plain and "[i]" not in plain, "matrices unless asked for components"


def test_a_line_without_component_form_is_shown_as_it_is(capsys):
    _, out, _ = run(capsys, "show", "gaussian_process.block_factorisation", "--form", "components")
    _, plain, _ = run(capsys, "show", "gaussian_process.block_factorisation")
    assert out == plain


def test_an_unknown_form_is_misuse(capsys):
    status, _, err = run(capsys, "show", "rnn.adjoint", "--form", "tensors")
    assert status == 2 and "matrix" in err and "components" in err
