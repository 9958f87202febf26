"""Does the site notice what it must notice?  Tiny books, built with the extensions of the real one."""

import io
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parents[2]
EXT = ROOT / "book" / "_ext"
sys.path.insert(0, str(EXT))

import ahead  # noqa: E402
import chains  # noqa: E402
import exercises  # noqa: E402
import finish  # noqa: E402
import fresh  # noqa: E402
import gate  # noqa: E402
import notation  # noqa: E402
import reports  # noqa: E402
import results  # noqa: E402


@dataclass
class Built:
    """A finished build: its exit status under -W, its warnings, its pages."""

    status: int
    warnings: str
    folder: Path

    def page(self, name: str) -> str:
        return (self.folder / f"{name}.html").read_text(encoding="utf-8")

    def text(self, name: str) -> str:
        return unescape(re.sub(r"<[^>]+>", "", self.page(name)))


def build(folder: Path, pages: dict[str, str], *extensions: str) -> Built:
    """Write pages and build them as ``-W --keep-going`` does; builds in the same folder are incremental."""
    source, out = folder / "source", folder / "html"
    source.mkdir(exist_ok=True)
    root = next(iter(pages))
    for name, text in pages.items():
        path = source / f"{name}.md"
        text = text if name == root else f"---\norphan: true\n---\n{text}"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    settings = {
        "extensions": ["myst_parser", "prerender", *extensions],
        "root_doc": root,
        "myst_enable_extensions": ["dollarmath"],
        "html_math_renderer": "katex",
        "html_theme": "basic",
        "html_show_sphinx": False,
    }
    warnings = io.StringIO()
    with patch_docutils(str(source)), docutils_namespace():
        app = Sphinx(
            str(source), None, str(out), str(folder / "doctrees"), "html",
            confoverrides=settings, status=None, warning=warnings, warningiserror=True, keep_going=True,
        )  # fmt: skip
        app.build()
    return Built(app.statuscode, warnings.getvalue(), out)


# ---- what the theme leaves to be mended ------------------------------------------------------------

OF_THE_THEME = """<head><meta name="viewport" content="a" /><title>T</title><meta name="viewport" content="b"/>
<script>document.documentElement.dataset.mode = localStorage.getItem("mode") || "";</script>
<script defer src="_static/scripts/fontawesome.js?digest=5"></script>
<script>DOCUMENTATION_OPTIONS.pagename = 'rnn';</script>
<script src="_static/searchtools.js"></script>
    <script src="_static/language_data.js"></script>
    <script src="searchindex.js"></script></head>
<body data-default-mode="">
<div class="sidebar-primary-item">
<a class="navbar-brand logo" href="intro.html"><p>Checked Derivations</p></a></div>
<button class="btn search-button-field search-button__button pst-js-only" title="Search" aria-label="Search">S</button>
<button class="btn btn-sm nav-link theme-switch-button pst-js-only" aria-label="Color mode" data-x="y">x</button>
<details><summary aria-label="Toggle hidden content"><p>Show the code</p></summary></details>
<div role="list"><div class="citation" id="id2" role="doc-biblioentry"></div></div></body>"""


def test_pages_are_mended_once():
    once = finish.mended(OF_THE_THEME)
    assert finish.mended(once) == once
    for piece in ("fontawesome", "aria-label=\"Search\"", "Color mode", "Toggle", '|| ""', '"b"', "searchindex"):
        assert piece not in once, piece
    for piece in ('content="a"', "<p>Checked Derivations</p>", "Show the code", 'role="navigation"', '"auto"'):
        assert piece in once, piece


def test_search_page_keeps_what_it_searches_with():
    assert "searchindex" in finish.mended(OF_THE_THEME.replace("'rnn'", "'search'"))


@pytest.mark.parametrize("mend", finish.MENDS, ids=[mend.piece[:40] for mend in finish.MENDS])
def test_every_mend_finds_its_piece(mend):
    assert re.search(mend.piece, OF_THE_THEME, re.DOTALL)


def test_page_is_described_by_its_first_words(tmp_path):
    page = "# A\n\n*Part one.*\n\nWith $a$, words that a list of results would garble.\n\nTime & space: " + "More " * 60
    built = build(tmp_path, {"index": page}, "finish")
    (said,) = re.findall('<meta name="description" content="([^"]*)"', built.page("index"))
    assert unescape(said).startswith("Time & space: More") and said.endswith("…") and len(said) < 200


# ---- work begun ahead ------------------------------------------------------------------------------


def test_what_was_begun_ahead_is_taken_once_and_its_error_is_raised(monkeypatch):
    connected = []
    app = SimpleNamespace(env=None, connect=lambda event, handler: connected.append((event, handler)))
    work = {"a": (divmod, 17, 5), "b": (divmod, 1, 0)}
    monkeypatch.setattr(ahead, "PLANS", [lambda env: work])
    ahead.begin(app)
    assert ahead.take("a", divmod, 0, 1) == (3, 2), "begun with other arguments than asked for: taken from ahead"
    assert ahead.take("a", divmod, 9, 2) == (4, 1), "a second time it is computed"
    with pytest.raises(ZeroDivisionError):
        ahead.take("b", divmod, 1, 1)
    ((event, stop),) = connected
    assert event == "build-finished"
    stop(app, None)


# ---- mathematics ---------------------------------------------------------------------------------


def test_good_tex_is_typeset_without_a_script(tmp_path):
    built = build(tmp_path, {"index": "# A\n\nInline $\\frac{1}{2}$.\n\n$$\na &= b \\\\\n  &= c\n$$\n"})
    assert (built.status, built.warnings) == (0, "")
    assert '<annotation encoding="application/x-tex">\\frac{1}{2}</annotation>' in built.page("index")
    assert "begin{aligned}" in built.page("index")
    assert list(gate.faults(built.folder)) == []


@pytest.mark.parametrize("tex", [r"\frac{1}{2", r"\nosuchcommand", r"a^b^c", r"\begin{pmatrix} 1"])
def test_bad_tex_fails_the_build_and_is_found_in_the_output(tmp_path, tex):
    built = build(tmp_path, {"index": f"# A\n\nfine\n\n$$\n{tex}\n$$\n"})
    assert built.status == 1
    assert "index.md" in built.warnings and "bad TeX" in built.warnings
    assert any("TeX" in fault for fault in gate.faults(built.folder))


# ---- two editions ----------------------------------------------------------------------------------

TOPIC = """# A topic

## The question

What is it?

```{admonition} Where the homework's wording fails
It is not.
```

## Short answer

It is this:

```{result} toy.square
```

## Symbols

See {step}`the second line <toy.square.2>` and {doc}`index`.

## The long way

```{derivation} toy.square
```

## Exercises

None yet.
"""
ASKED = ("What is it?", "See the second line", "None yet.")
ANSWERED = ("It is not.", "It is this", "x^2", "The long way", "expand")


@pytest.fixture
def toy_square(monkeypatch):
    monkeypatch.setattr(reports, "verified", lambda env, name: report_of(line(1), line(2)))
    for module in (chains, results):
        monkeypatch.setattr(module, "verified", reports.verified)


def test_answers_are_folded(tmp_path, toy_square):
    built = build(tmp_path, {"index": TOPIC}, "edition", "results")
    assert (built.status, built.warnings) == (0, "")
    page = built.page("index")
    assert all(words in built.text("index") for words in (*ASKED, *ANSWERED))
    assert page.count('<details class="answer">') == 2 and page.count("Show all answers") == 1
    before, _, after = page.partition("Show the answer</summary>")
    assert "It is this" in after and "It is this" not in before


def test_students_get_no_answers(tmp_path, toy_square, monkeypatch):
    monkeypatch.setenv("EDITION", "student")
    built = build(tmp_path, {"index": TOPIC, "errata": "# Slips\n\nIt is this.\n"}, "edition", "results")
    assert (built.status, built.warnings) == (0, "")
    assert all(words in built.text("index") for words in ASKED)
    shipped = "".join(path.read_text("utf-8") for path in built.folder.rglob("*.[hj]*") if "katex" not in str(path))
    assert not [words for words in ANSWERED if words in shipped]
    assert "Slips" in built.page("errata")


def test_unknown_edition_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("EDITION", "teacher")
    with pytest.raises(Exception, match="no edition 'teacher'"):
        build(tmp_path, {"index": "# A\n"}, "edition")


# ---- the gate ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//cdn.example/x.css">',
        '<link rel="preload" as="font" href="http://cdn.example/x.woff2">',
        '<img alt="" src="https://example.org/x.png">',
        '<iframe src="https://example.org/"></iframe>',
        '<img src="x.png">',
    ],
)
def test_gate_finds(tmp_path, tag):
    (tmp_path / "page.html").write_text(f"<p>\n{tag}</p>", encoding="utf-8")
    (fault,) = gate.faults(tmp_path)
    assert "page.html: line 2:" in fault


def test_gate_finds_nothing_where_nothing_is_wrong(tmp_path):
    (tmp_path / "page.html").write_text(
        '<a href="https://example.org/">x</a><link rel="license" href="https://example.org/">'
        '<img alt="a plot" src="plot.png"><script src="_static/x.js"></script>',
        encoding="utf-8",
    )
    assert list(gate.faults(tmp_path)) == []


def test_gate_wants_pages(tmp_path):
    assert list(gate.faults(tmp_path)) == [f"{tmp_path}: no pages"]


# ---- derivations ---------------------------------------------------------------------------------


def line(number, verdict="PROVED", **changes) -> dict:
    evidence = {
        "method": "by numbers", "points": 48, "nonzero": 47, "worst_residual": "1.3e-45", "precision": 40,
        "seed": 0, "sizes": "", "counterexample": None,
    }  # fmt: skip
    return {
        "number": str(number), "label": f"toy.square.{number}", "left": "", "relation": "=", "right": "x^2",
        "text": "= x**2", "rule": "expand", "reason": "Multiply out $x \\cdot x$.", "source": "Euclid II.4",
        "trusted": False, "conditions": [], "verdict": verdict, "evidence": evidence,
    } | changes  # fmt: skip


def report_of(*lines) -> dict:
    return {
        "name": "toy.square", "title": "The square", "question": "Q0", "introduction": "A *square*.",
        "verdicts": {"PROVED": len(lines)}, "assumptions": ["$x$ is real"],
        "axioms": [{"name": "commutativity", "statement": "$ab = ba$", "source": "Peano 1889"}],
        "results": {"result": "x^2", "root": "x"}, "conclusion": "y = x^2", "uses": [],
        "domain": [{"symbol": "x", "meaning": "a side", "shape": ""}],
        "parts": [{"title": "", "claim": None, "lines": list(lines)}],
    }  # fmt: skip


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A derivation that rests on one file; `report`: what checking says, `checked`: how often."""
    module = tmp_path / "toy.py"
    module.write_text("first = 1\n", encoding="utf-8")
    state = SimpleNamespace(module=module, checked=0, report=report_of(line(1, None, left="y"), line(2)))

    def as_dict(derivation):
        state.checked += 1
        return state.report

    fake = SimpleNamespace(
        names=lambda: ("toy.square",), get=lambda name: name, modules=lambda name: (module,)
    )
    monkeypatch.setattr(reports, "derivations", fake)
    monkeypatch.setattr(results, "derivations", fake)
    monkeypatch.setattr(chains, "derivations", fake)
    shown = SimpleNamespace(as_dict=as_dict, domain=lambda derivation: as_dict(derivation)["domain"])
    monkeypatch.setattr(reports, "report", shown)
    return state


def chain_page(text: str = "") -> str:
    return f"# A\n\n{text}\n\n```{{derivation}} toy.square\n```\n"


def test_chain_shows_number_link_reason_and_verdict(tmp_path, toy):
    toy.report = report_of(line(1, None, left="y"), line(2, conditions=["$x \\ge 0$"], trusted=True))
    built = build(tmp_path, {"index": chain_page("See {step}`toy.square.2`.")}, "results")
    assert (built.status, built.warnings) == (0, "")
    page = built.page("index")
    for expected in (
        'id="toy-square-2"',
        'href="#toy-square-2"',
        "line 2",
        "expand",
        "Multiply out",
        "Euclid II.4",
        "Needs",
        "trusted",
        '<details class="verdict proved">',
        "<summary>PROVED</summary>",
        "1.3e-45",
    ):
        assert expected in page, expected
    assert page.count("<details") == 1, "a definition has no verdict"


def test_every_kind_of_table_and_result(tmp_path, toy):
    text = (
        "{result}`toy.square:root`\n\n```{result} toy.square\n```\n\n"
        "```{result} toy.square:root\n:left: s =\n```\n\n"
        "```{symbols} toy.square\n$s,\\ x,\\ y$: numbers\n```\n\n```{axioms} toy.square\n```\n\n```{totals}\n```\n"
    )
    built = build(tmp_path, {"index": chain_page(text)}, "results", "notation")
    assert (built.status, built.warnings) == (0, "")
    for expected in ("y = x^2", "s = x", "a side", "Peano 1889", "2 PROVED"):
        assert expected in built.page("index")


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\mathcal{L}_t(h_t)", [r"\mathcal L", "t", "h", "t"]),
        (r"\frac{\partial \log\det X}{\partial X}", ["X", "X"]),
        (r"\mathrm{d}x + \mathrm d y, \text{if } z", ["x", "y", "z"]),
        (r"A^\mathsf{T} \hat\Sigma", ["A", r"\mathsf T", r"\Sigma"]),
        (r"\begin{aligned}\sigma_{\max}&\le\varepsilon\end{aligned}", [r"\sigma", r"\varepsilon"]),
    ],
)
def test_letters_of_a_formula(tex, expected):
    assert list(notation.symbols_in(tex)) == expected


TABLE = "```{symbols}\n$a$ ($n \\times m$): a matrix\n$q$: a\n  charge\n```\n\n"


def test_symbols_of_the_content_are_listed_and_collected(tmp_path):
    pages = {
        "index": f"# A\n\n{TABLE}Here $a_q$.\n",
        "all": "# All\n\n```{notation}\n$\\pi$: 3.14\n```\n\n```{index-of-symbols}\n```\n\n$\\pi$\n",
    }
    built = build(tmp_path, pages, "notation")
    assert (built.status, built.warnings) == (0, "")
    assert "a charge" in built.text("all") and 'href="index.html"' in built.page("all")
    again = build(tmp_path, pages | {"index": pages["index"].replace("charge", "load")}, "notation")
    assert "a load" in again.text("all"), "the index of symbols follows an edit of another page"


def test_symbol_that_no_table_lists_fails_the_build(tmp_path):
    built = build(tmp_path, {"index": f"# A\n\n{TABLE}Here $a_q + \\Lambda$ and $\\sin a$.\n"}, "notation")
    assert built.status == 1
    assert built.warnings.count("is listed nowhere") == 1 and r"$\Lambda$" in built.warnings


def test_letters_of_examples_are_listed_nowhere(tmp_path):
    general = "```{notation}\n:examples:\n$\\mathbb R, A^\\top$: reals, transpose\n```\n"
    built = build(tmp_path, {"index": f"# A\n\n{general}\n$\\mathbb R$ and $A$\n"}, "notation")
    assert built.warnings.count("is listed nowhere") == 1 and "$A$" in built.warnings


def test_row_that_is_no_row_is_a_warning(tmp_path):
    built = build(tmp_path, {"index": "# A\n\n```{symbols}\na: a matrix\n```\n"}, "notation")
    assert built.status == 1 and "not `$symbol$: meaning`" in built.warnings


@pytest.mark.parametrize("verdict", ["REFUTED", "UNDECIDED"])
def test_failed_line_fails_the_build(tmp_path, toy, verdict):
    evidence = {"counterexample": "x = -1/2: 1/4, not 1/2"}
    toy.report = report_of(line(1, None), line(2, verdict, evidence=evidence))
    built = build(tmp_path, {"index": chain_page()}, "results")
    assert built.status == 1
    assert f"toy.square.2 is {verdict}: x = -1/2" in built.warnings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```{derivation} toy.sqare\n```", "did you mean toy.square"),
        ("{step}`toy.square.3`", "no page shows 'toy.square.3'"),
        ("{result}`toy.square:roots`", "has the results result, root"),
        ("```{result} toys.square\n```", "did you mean toy.square"),
        ("```{symbols} square\n```", "no derivation 'square'"),
        ("```{derivation} toy.square\n:parts: 2\n```", "has parts 1 to 1"),
    ],
)
def test_unknown_name_is_a_warning_that_helps(tmp_path, toy, text, expected):
    built = build(tmp_path, {"index": chain_page(text)}, "results", "notation")
    assert built.status == 1
    assert expected in built.warnings and "index.md" in built.warnings


def test_one_check_a_build_and_a_rebuild_only_of_what_changed(tmp_path, toy):
    other = "# B\n\n{result}`toy.square`\n"
    pages = {"index": chain_page(), "other": other, "aside": "# C\n\nnothing\n"}
    first = build(tmp_path, pages, "results")
    assert (first.status, toy.checked) == (0, 1), "two pages, one check"
    build(tmp_path, pages, "results")
    assert toy.checked == 1, "nothing changed, nothing is checked"

    toy.report = report_of(line(1, None, left="y"), line(2, right="x^{17}"))
    toy.module.write_text("second = 2\n", encoding="utf-8")
    later = time.time() + 5
    os.utime(toy.module, (later, later))
    aside = (tmp_path / "html" / "aside.html").stat().st_mtime_ns
    again = build(tmp_path, pages, "results")
    assert (again.status, toy.checked) == (0, 2)
    assert "x^{17}" in again.page("index"), "an edit of the module is seen"
    assert (tmp_path / "html" / "aside.html").stat().st_mtime_ns == aside, "a page without it is left alone"


def test_excerpt_takes_no_links(tmp_path, toy):
    excerpt = "```{derivation} toy.square\n:excerpt:\n```"
    pages = {"index": f"# A\n\n{{step}}`toy.square.2`\n\n{excerpt}\n", "proof": chain_page()}
    built = build(tmp_path, pages, "results")
    assert (built.status, built.warnings) == (0, "")
    assert 'href="proof.html#toy-square-2"' in built.page("index")


# ---- exercises -----------------------------------------------------------------------------------


def test_exercises_on_the_page(tmp_path, monkeypatch):
    exercise = SimpleNamespace(
        name="toy.square", kind="formula", question="Q0", title="A square", statement="What is $x \\cdot x$?",
        points=1, template="square = ...", hints=("Euclid.", "Book II."), identifier="toy_square",
        shapes={}, real=("x",), positive=(),
    )  # fmt: skip
    fake = SimpleNamespace(names=lambda: ("toy.square",), get=lambda name: exercise)
    monkeypatch.setattr(exercises, "checks", fake)
    built = build(tmp_path, {"index": "# A\n\n```{exercises} toy.*\n```\n"}, "exercises")
    assert (built.status, built.warnings) == (0, "")
    for expected in ("What is", "Hint 2", "square = ...", "1 point\n", "python -m checks grade answers.py"):
        assert expected in built.text("index"), expected
    missing = build(tmp_path, {"index": "# A\n\n```{exercises} toys.square\n```\n"}, "exercises")
    assert missing.status == 1 and "did you mean toy.square" in missing.warnings


# ---- executed cells ------------------------------------------------------------------------------


@pytest.fixture
def room(tmp_path):
    """A package whose `top` imports `deep` by a relative import, and a page that imports `top`."""
    package = tmp_path / "room"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "top.py").write_text("import math\nfrom .deep import answer\n", encoding="utf-8")
    (package / "deep.py").write_text("answer = 42\n", encoding="utf-8")
    (package / "stranger.py").write_text("", encoding="utf-8")
    return package


def test_modules_behind_a_cell_are_found_however_deep(room):
    used = fresh.modules_used("from room import top\nimport json", [room.parent])
    assert [path.name for path in used] == ["__init__.py", "deep.py", "top.py"]


def test_a_name_in_quotes_is_an_import_too():
    used = fresh.modules_used('import derivations\nderivations.get("rnn.grad_U")')
    assert ROOT / "derivations" / "rnn.py" in used
    assert ROOT / "book" / "_ext" / "figure.py" not in used


def test_cell_options_are_no_python():
    page = "# A\n\n```{code-cell} ipython3\n:tags: [hide-input]\n:mystnb:\n:  a: b\n\nimport room.top\n```\n"
    assert fresh.code_of(page).strip() == "import room.top"


def test_edit_of_an_imported_module_changes_the_page(room, monkeypatch):
    modules_used = fresh.modules_used
    monkeypatch.setattr(fresh, "modules_used", lambda code: modules_used(code, [room.parent]))
    noted = []
    app = SimpleNamespace(env=SimpleNamespace(note_dependency=noted.append))

    def source_read() -> str:
        source = ["```{code-cell} ipython3\nfrom room import top\n```\n"]
        fresh.note_imports(app, "page", source)
        return source[0]

    before = source_read()
    assert str(room / "deep.py") in noted
    assert source_read() == before, "the same code, the same page"
    (room / "deep.py").write_text("answer = 43\n", encoding="utf-8")
    assert source_read() != before


# ---- the commands --------------------------------------------------------------------------------

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def bare_checkout(folder: Path, python: str) -> subprocess.CompletedProcess:
    """``make environment`` in a folder with the Makefile, a lock, and a Python that answers as told."""
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").write_text("nothing==1\n", encoding="utf-8")
    stub = folder / "python-stub"
    stub.write_text(f"#!/bin/sh\n{python}\n", encoding="utf-8")
    stub.chmod(0o755)
    path = os.pathsep.join(["/usr/bin", "/bin"])
    return subprocess.run(
        ["make", "environment", "PYTHON=./python-stub"], cwd=folder, env={"PATH": path, "HOME": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@needs_make
def test_old_python_is_named(tmp_path):
    run = bare_checkout(tmp_path, 'case "$*" in *version_info*) exit 1;; -V) echo Python 3.9.2;; esac')
    assert run.returncode != 0 and "Python 3.11 or newer is needed" in run.stderr


@needs_make
def test_missing_venv_is_named(tmp_path):
    run = bare_checkout(tmp_path, 'case "$*" in *ensurepip*) exit 1;; esac')
    assert run.returncode != 0 and "apt install python3-venv" in run.stderr


@needs_make
def test_interrupted_set_up_does_not_count(tmp_path):
    """The environment folder is there, but installing failed: the next command has to start again."""
    making = "mkdir -p .venv/bin; printf '#!/bin/sh\\nexit 3' > .venv/bin/python; chmod +x .venv/bin/python"
    run = bare_checkout(tmp_path, f'case "$*" in *"-m venv"*) {making};; esac')
    assert run.returncode != 0
    assert (tmp_path / ".venv").exists() and not (tmp_path / ".venv" / "requirements.txt").exists()
