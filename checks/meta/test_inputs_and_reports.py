"""What is graded (notebooks, folders, zip files) and how it is told (six formats); nothing gets out of a zip."""

import csv
import io
import json
import stat
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

import checks
from checks.__main__ import main
from checks.answers.rnn import ADJOINT
from checks.grader import sources as sources_module
from checks.grader.formats import as_csv, as_html, as_junit, page_names, plain
from checks.grader.grading import Grader
from checks.grader.notebook import NotANotebook, convert
from checks.grader.sources import Misuse, Source, sources
from checks.grader.submission import taken

SCHEMA = json.loads((Path(sources_module.__file__).parent / "report.schema.json").read_text())
ONE = ["--exercise", "gaussian_process.variance_one", "--exercise", "rnn.adjoint_step"]
RIGHT, WRONG = '"1 - exp(-(x-x1)^2)"', '"exp(-(x-x1)^2)"'


def answer(text):
    return f"gaussian_process_variance_one = {text}\n"


def notebook(*cells):
    """A notebook whose code cells have these sources."""
    return json.dumps({
        "nbformat": 4,
        "cells": [{"cell_type": "markdown", "source": ["# Title"]}]
        + [{"cell_type": "code", "source": c.splitlines(keepends=True), "outputs": []} for c in cells],
    }).encode()  # fmt: skip


# --- notebooks -----------------------------------------------------------------------------------


def test_magics_plots_and_broken_cells_disturb_no_definition():
    content = notebook(
        "%matplotlib inline\nimport numpy as np\nimport a_module_that_is_missing\n!pip install it",
        "%%time\n" + ADJOINT,
        "plt.plot([1])\nresult = undefined_name\nfor i in range(10**9): pass",
        "def broken(:",
        "%%bash\nrm -rf .",
        "rnn_grad_U?",
        "a = np.array([[1, 0.5]])\nb = 'text'",
    )
    submission = taken(Source("hw.ipynb", content))
    assert submission.problem is None and submission.data["b"] == "text" and submission.data["a"]
    assert submission.notes == ("Code cell 4 is not valid Python and is left out: invalid syntax.",)
    graded = Grader(examples=5).grade(submission, [checks.get("rnn.grad_U")])
    assert graded.passed, graded.results[0].failure


def test_an_exception_names_the_cell():
    content = notebook("import numpy as np", "def rnn_grad_U(U, W, x, h0, y):\n    return 1 / 0")
    graded = Grader(examples=5).grade(taken(Source("hw.ipynb", content)), [checks.get("rnn.grad_U")])
    assert "hw.ipynb, code cell 2, in rnn_grad_U: return 1 / 0" in graded.results[0].failure.display[0]


def test_notebooks_of_format_3():
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n"]}]}]}
    assert convert(json.dumps(old).encode()).source == b"x = 1\n"


BROKEN = [b"", b"{", b"[]", b"{}", b'{"cells": 3}', b'{"cells": [{"cell_type": "code"}]}', b"[" * 100_000]


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_notebook(content):
    with pytest.raises(NotANotebook):
        convert(content)
    assert taken(Source("hw.ipynb", content)).problem.reason == "notebook"


def test_a_notebook_that_defines_nothing():
    assert "No cell" in taken(Source("hw.ipynb", notebook("print(1)"))).problem.message


def test_large_outputs_of_a_notebook_are_no_matter():
    data = json.loads(notebook("b = 'text'"))
    data["cells"][1]["outputs"] = ["x" * (3 << 20)]
    assert taken(Source("hw.ipynb", json.dumps(data).encode())).data == {"b": "text"}


# --- folders -------------------------------------------------------------------------------------


def test_a_folder_in_order_and_links_not_followed(tmp_path):
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "a.toml").write_text(answer(RIGHT))
    (tmp_path / "alice.py").write_text(answer(RIGHT))
    (tmp_path / "notes.txt").write_text("no answer")
    secret = tmp_path.parent / "secret.py"
    secret.write_text("password = 'hidden'")
    (tmp_path / "link.py").symlink_to(secret)
    found = list(sources(tmp_path))
    assert [Path(s.name).name for s in found] == ["alice.py", "a.toml", "link.py"]
    assert found[2].problem.reason == "link" and not found[2].content


# --- zip files -----------------------------------------------------------------------------------


def archive(path, entries):
    """A zip file of (name, content) pairs; a name may be a `ZipInfo`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def test_a_zip_file_of_many_students(tmp_path):
    path = archive(tmp_path / "all.zip", [
        ("hw/zoe/a.toml", answer(RIGHT)), ("hw/adam/a.py", answer(WRONG)), ("hw/readme.txt", "x"),
        ("__MACOSX/hw/adam/._a.py", "\0"),
    ])  # fmt: skip
    assert [s.name.removeprefix(str(path)) for s in sources(path)] == ["/hw/adam/a.py", "/hw/zoe/a.toml"]


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


REFUSED = {
    "traversal": "../../evil.py",
    "traversal, Windows": "..\\evil.py",
    "absolute": "/etc/evil.py",
    "drive": "C:/evil.py",
    "link": link("link.py"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_leads_out_of_a_zip_file_is_refused_and_the_rest_is_graded(kind, tmp_path):
    path = archive(tmp_path / "a.zip", [(REFUSED[kind], "/etc/passwd"), ("good.py", answer(RIGHT))])
    found = {Path(s.name).name: s for s in sources(path)}
    assert found.pop("good.py").problem is None
    (bad,) = found.values()
    assert bad.problem.reason == ("link" if kind == "link" else "traversal") and not bad.content
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


def test_a_bomb_is_not_inflated(tmp_path, monkeypatch):
    monkeypatch.setattr(sources_module, "LARGEST_FILE", 1 << 20)
    path = archive(tmp_path / "bomb.zip", [("bomb.py", b"#" * (64 << 20))])
    assert path.stat().st_size < 1 << 20
    (found,) = sources(path)
    assert found.problem.reason == "too_large" and not found.content


def test_a_header_that_lies_about_the_size(tmp_path, monkeypatch):
    """Only what is read counts."""
    monkeypatch.setattr(sources_module, "LARGEST_FILE", 1 << 10)
    path = archive(tmp_path / "a.zip", [("a.py", b"#" * (1 << 20))])
    raw = path.read_bytes().replace((1 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(raw)
    (found,) = sources(path)
    assert found.problem is not None or len(found.content) <= 1 << 10


def test_too_many_and_too_much(tmp_path, monkeypatch):
    path = archive(tmp_path / "a.zip", [(f"{i}.py", b"x = 1") for i in range(20)])
    monkeypatch.setattr(sources_module, "LARGEST_IN_ALL", 50)
    with pytest.raises(Misuse, match="in all"):
        list(sources(path))
    monkeypatch.setattr(sources_module, "MOST_MEMBERS", 10)
    with pytest.raises(Misuse, match="entries"):
        list(sources(path))


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_zip_file(content, tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(Misuse):
        list(sources(path))


def test_a_damaged_entry_costs_one_file_only(tmp_path):
    path = archive(tmp_path / "a.zip", [("bad.py", answer(RIGHT) * 50), ("good.py", answer(RIGHT))])
    raw = bytearray(path.read_bytes())
    raw[60:80] = bytes(20)
    path.write_bytes(raw)
    found = {Path(s.name).name: s for s in sources(path)}
    assert found["bad.py"].problem and not found["good.py"].problem


# --- reports -------------------------------------------------------------------------------------


@pytest.fixture
def handed_in(tmp_path):
    """A zip file of three students, one of them with two files, one whose answer tries to be markup."""
    hostile = 'gaussian_process_variance_one = "<script>alert(1)</script> ]]> \\u0007 & x"\n'
    return archive(tmp_path / "all.zip", [
        ("hw/ann/a.toml", answer(RIGHT)), ("hw/ann/b.toml", 'rnn_adjoint_step = "dL"\n'),
        ("hw/=cmd()/a.toml", answer(WRONG)), ("hw/eve/<b>.toml", hostile),
    ])  # fmt: skip


def grade(capsys, *words):
    status = main(["grade", *map(str, words)])
    return status, capsys.readouterr().out


def test_the_json_report_fits_its_schema_and_is_replayed_byte_for_byte(handed_in, capsys):
    reports = []
    for jobs in (1, 1, 2):
        _, out = grade(capsys, handed_in, *ONE, "--format", "json", "--hint", "--jobs", jobs)
        data = json.loads(out)
        jsonschema.validate(data, SCHEMA)
        assert len(data.pop("timing")["seconds"]) == 4
        reports.append(json.dumps(data))
    assert reports[0] == reports[1] == reports[2]
    assert "the prior variance is forgotten" in reports[0] and '"number": 1' in reports[0]


@pytest.mark.parametrize("format_", ["text", "junit", "gradescope", "csv", "html"])
def test_other_reports_are_the_same_every_time(format_, handed_in, capsys):
    first, second = (grade(capsys, handed_in, *ONE, "--format", format_)[1] for _ in range(2))
    assert first == second and first.strip()


def test_junit(handed_in, capsys):
    root = ElementTree.fromstring(grade(capsys, handed_in, *ONE, "--format", "junit")[1])
    suites = {Path(s.get("name")).parts[-2:]: s for s in root}
    wrong = suites["=cmd()", "a.toml"]
    assert (wrong.get("tests"), wrong.get("failures"), wrong.get("skipped")) == ("2", "1", "1")
    assert "the prior variance is forgotten" in wrong.find("testcase/failure").text
    assert suites["ann", "a.toml"].get("failures") == "0"


def test_the_gradebook_has_a_row_for_each_student_with_the_best_of_the_files(handed_in, capsys):
    rows = list(csv.DictReader(io.StringIO(grade(capsys, handed_in, *ONE, "--format", "csv")[1])))
    assert [(r["student"], r["points"], r["of"]) for r in rows] == [
        ("'=cmd()", "0", "2"), ("ann", "1", "2"), ("eve", "0", "2"),
    ]  # fmt: skip
    assert rows[1]["files"] == "a.toml; b.toml" and rows[1]["gaussian_process.variance_one"] == "1"


def test_gradescope(handed_in, capsys, tmp_path):
    one = tmp_path / "a.toml"
    one.write_text(answer(RIGHT) + 'rnn_adjoint_step = "dL"\n')
    data = json.loads(grade(capsys, one, *ONE, "--format", "gradescope")[1])
    assert data["score"] == 1 and [t["max_score"] for t in data["tests"]] == [1, 1]
    assert {t["status"] for t in data["tests"]} == {"passed", "failed"}


def test_pages_for_each_student_hold_no_markup_of_theirs(handed_in, capsys, tmp_path):
    out = tmp_path / "out"
    grade(capsys, handed_in, *ONE, "--format", "html", "--out", out)
    pages = sorted(p.name for p in out.iterdir())
    assert len(pages) == 5 and "index.html" in pages
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") for name in pages)
    text = "".join(p.read_text() for p in out.iterdir())
    assert "&lt;script&gt;" in text and "<script" not in text and "src=" not in text and "http" not in text


@pytest.mark.parametrize("format_", ["text", "json", "junit", "gradescope", "csv"])
def test_reports_go_to_a_folder(format_, handed_in, tmp_path, capsys):
    out = tmp_path / "deep" / "out"
    status, printed = grade(capsys, handed_in, *ONE, "--format", format_, "--out", out)
    assert status == 1 and not printed and [p.stat().st_size > 0 for p in out.iterdir()] == [True]


def test_names_of_pages_are_plain():
    assert plain("../../a b/ü<x>.py") == "a-b-x-py"
    assert page_names([{"file": "a.py"}] * 10)[9] == "10-a-py.html"


def test_reports_of_nothing():
    assert as_csv([], Grader()).startswith("student,") and "</html>" in as_html([], Grader())
    assert "<testsuites" in as_junit([], Grader())


@pytest.mark.parametrize("format_", ["csv", "html"])
@pytest.mark.parametrize("place", ["answers.toml", "answers.toml/reports", "/proc/reports"])
def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_graded(
    format_, place, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "answers.toml"
    path.write_text(answer(RIGHT))
    monkeypatch.setattr("checks.__main__.grade_all", lambda *_: pytest.fail("it is graded for nothing"))
    assert main(["grade", str(path), *ONE, "--format", format_, "--out", str(tmp_path / place)]) == 2
    assert "cannot be written to: " in capsys.readouterr().err


def test_an_answer_that_should_come_in_pieces_is_told_so():
    exercise = checks.get("rnn_long_range.cancelling")
    graded = Grader().grade(taken(Source("a.toml", f'{exercise.identifier} = "x"\n'.encode())), [exercise])
    told = " ".join(graded.results[0].failure.lines())
    assert graded.results[0].outcome == "wrong" and f"{exercise.identifiers[0]} = " in told


def test_a_name_that_no_exercise_has_is_told():
    content = b'rnn_adjoint_stp = "d"\nrnn_adjoint_step = "d"\n[other]\nx = 1\n'
    misspelt, unknown = taken(Source("answers.toml", content)).notes
    assert misspelt == "No exercise is called rnn_adjoint_stp; did you mean rnn_adjoint_step?"
    assert unknown == "No exercise is called other_x."
