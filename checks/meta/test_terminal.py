"""What a person at a terminal sees, and a program does not: a progress bar, and colours."""

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from checks.grader.progress import Lines
from checks.grader.sources import how_many, sources
from checks.grader.terminal import Bar, coloured

ROOT = Path(__file__).parents[2]
NAME = "gaussian_process.variance_one"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
RIGHT, WRONG = (f'gaussian_process_variance_one = "{text}"\n' for text in ("1 - exp(-(x-x1)^2)", "exp(-(x-x1)^2)"))


@pytest.fixture
def folder(tmp_path):
    for name, text in (("a", RIGHT), ("b", WRONG), ("[bold]c", RIGHT)):
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


def run(folder, stdout, stderr, *words):
    command = [sys.executable, "-m", "checks", "grade", str(folder), "--exercise", NAME, *words]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200", "NO_COLOR": ""}
    return subprocess.run(command, cwd=ROOT, stdout=stdout, stderr=stderr, env=environment, timeout=120)


def at_a_terminal(folder, *words, shown: str) -> tuple[str, str]:
    """What the command writes to a terminal, `stdout` or `stderr`, and what it writes to the other, a pipe."""
    ours, theirs = os.openpty()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, shown: theirs}
    finished = run(folder, streams["stdout"], streams["stderr"], *words)
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 1 << 16):
            seen += part
    except OSError:  # all has been read
        pass
    os.close(ours)
    other = finished.stderr if shown == "stdout" else finished.stdout
    return seen.decode().replace("\r\n", "\n"), other.decode()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_batch_shows_a_bar_which_is_not_in_the_report(folder, jobs):
    bar, report = at_a_terminal(folder, "--jobs", jobs, shown="stderr")
    plain = run(folder, subprocess.PIPE, subprocess.PIPE).stdout.decode()
    seen = ESCAPE.sub("", bar)
    assert "0/3" in seen and "3/3" in seen
    # the bar is painted some times a second: of files that are done at once the last alone may be seen
    assert "[bold]c.toml" in seen or (jobs == "2" and ".toml" in seen), seen
    assert report == plain and "\x1b" not in plain
    assert (NAME in seen) == (jobs == "1"), "what another process does is not known here"


def test_one_file_needs_no_bar(folder):
    bar, _ = at_a_terminal(folder / "a.toml", shown="stderr")
    assert "1/1" not in bar


def test_colours_change_no_character(folder):
    seen, _ = at_a_terminal(folder, shown="stdout")
    plain = run(folder, subprocess.PIPE, subprocess.PIPE).stdout.decode()
    assert ESCAPE.sub("", seen) == plain and "\x1b[32m" in seen and "\x1b[31m" in seen


def test_a_report_for_a_program_has_no_colours_in_a_terminal(folder):
    seen, _ = at_a_terminal(folder, "--format", "json", shown="stdout")
    assert "\x1b" not in seen


def test_what_a_submission_says_is_no_markup():
    text = "x.py: 0 of 2 points\n  rnn.adjoint_step  wrong  0/2\n      [red]\\[/red] :smile:\n"
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=20, highlight=False).print(coloured(text), end="", soft_wrap=True)
    assert ESCAPE.sub("", out.getvalue()) == coloured(text).plain == text


def test_a_bar_says_where_it_is():
    out = io.StringIO()
    with Bar(2, Console(file=out, force_terminal=True, width=160, color_system=None)) as bar:
        bar("s1.py: rnn.adjoint_step")
        bar.done()
    assert "s1.py: rnn.adjoint_step" in out.getvalue() and "1/2" in out.getvalue()


def test_without_a_terminal_a_line_is_said_now_and_then(capsys, monkeypatch):
    lines = Lines()
    lines("a.py")
    monkeypatch.setattr("checks.grader.progress.PATIENCE", 0)
    lines("b.py")
    lines.done()
    assert capsys.readouterr().err == "grading b.py …\n"


def test_the_bar_knows_how_many_there_are(folder):
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.py", "b/c.toml", "__MACOSX/a.py", "notes.txt", "../evil.py"):
            archive.writestr(name, "")
    assert how_many(path) == len(list(sources(path))) == 3
    assert how_many(folder) == len(list(sources(folder))) == 3
    assert how_many(folder / "a.toml") == 1 and how_many(folder / "missing.py") == 0
    (folder / "broken.zip").write_text("no zip file")
    assert how_many(folder / "broken.zip") == 0
