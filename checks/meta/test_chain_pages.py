"""Chains on the page: two forms, folded steps, previews, wrong steps and lines to predict.

A small book of real derivations is built with the extensions of the real one, and read in a real browser.
"""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
sys.path.insert(0, str(BOOK / "_ext"))

import prerender  # noqa: E402

PAGES = {
    "index": "# Chains\n\n```{derivation} rnn.adjoint\n```\n\n```{derivation} rnn.last_adjoint\n```\n\n"
    "{step}`other <rnn.unrolled_adjoint.2>`\n\n```{toctree}\nother\nplain\n```\n",
    "other": "# Other\n\nSee {step}`rnn.adjoint.12`.\n\n```{derivation} rnn.unrolled_adjoint\n```\n\n"
    "```{derivation} rnn.adjoint\n:excerpt:\n```\n",
    "plain": "# Plain\n\nNo chain.\n",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    source, out = folder / "source", folder / "html"
    source.mkdir()
    for name, text in PAGES.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    settings = {
        "extensions": ["fresh", "myst_parser", "prerender", "results"],
        "root_doc": "index",
        "html_math_renderer": "katex",
        "html_theme": "basic",
        "html_static_path": [str(BOOK / "_static")],
        "html_css_files": ["book.css", "chain.css"],
        "html_js_files": ["scroll.js", "folded.js", "chain.js"],
    }
    warnings = io.StringIO()
    with patch_docutils(str(source)), docutils_namespace():
        app = Sphinx(
            str(source), None, str(out), str(folder / "doctrees"), "html", settings, status=None, warning=warnings
        )
        app.build()
    assert warnings.getvalue() == ""
    return out


def page(book: Path, name: str) -> str:
    return (book / f"{name}.html").read_text(encoding="utf-8")


def folds(html: str) -> list[str]:
    return re.findall(r'<details class="small-steps">.*?</details>\s*</li>', html, re.DOTALL)


# --- what the pages hold --------------------------------------------------------------------------


def test_small_steps_are_folded_under_the_names_of_their_rules(book):
    html = page(book, "index")
    first, *_ = folds(html)
    assert "<summary>1 small step: sum rule</summary>" in first
    assert 'id="rnn-adjoint-3"' in first and 'id="rnn-adjoint-4"' not in first
    numbers = [int(n) for n in re.findall(r'id="rnn-adjoint-(\d+)"', html)]
    assert numbers == list(range(1, 13)), "folded or not, lines keep their numbers and their order"


def test_component_forms_are_in_a_script_of_the_page_and_not_on_it(book):
    html = page(book, "index")
    places = [int(number) for number in re.findall(r'component-form" data-place="(\d+)"', html)]
    (script,) = re.findall(r'data-script="(components/index\.js)\?v=[0-9a-f]{8}"', html)
    call, _, rest = (book / script).read_text(encoding="utf-8").partition("(")
    typeset = json.loads(rest.removesuffix(");\n"))
    assert call == "window.fillComponentForms" and places == list(range(len(typeset))) and places
    assert any("U_{ji}" in html for html in typeset) and "U_{ji}" not in html
    assert not (book / "components" / "plain.js").exists() and "data-script" not in page(book, "plain")


def test_a_page_holds_what_it_links_to_once(book):
    html = page(book, "other")
    previews = dict(re.findall(r'<template data-preview="([^"]+)">(.*?)</template>', html, re.DOTALL))
    assert "The adjoint recurrence, line 12: read off the gradient" in previews["rnn-adjoint-12"]
    assert r"\delta_{t} = \nabla" in previews["rnn-adjoint-12"], "with the left side"
    assert {"rnn-adjoint", "rnn-last_adjoint"} <= previews.keys(), "what a derivation uses and cites"
    assert html.count("<template") == len(previews)
    assert "<template" not in page(book, "plain")


def test_wrong_steps_stand_below_the_chain_with_computed_counterexamples(book):
    (block,) = re.findall(r'<details class="wrong-steps">.*?</details>', page(book, "index"), re.DOTALL)
    assert "the loss at this time is forgotten" in block and r"\delta_{t} \overset{?}{=} U^{\top}" in block
    assert block.count("Smallest counterexample") == block.count("<li>") >= 5
    assert "≠" in block and "wrong-steps" not in page(book, "other"), "an excerpt is not the chain's place"


# --- what a reader does ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen(book) -> dict:
    command = [prerender.find_node(), str(ROOT / "checks" / "meta" / "chain_pages.mjs"), str(book)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def scene(seen, request) -> dict:
    found = seen[request.param]
    ours = [error for error in found["errors"] if "sphinx_highlight.js" not in error]
    assert "broke" not in found and ours == [], found
    return found


def of(name: str):
    return pytest.mark.parametrize("scene", [name], indirect=True)


@of("forms")
def test_choice_of_the_form_is_remembered_on_every_page(scene):
    places = scene["places"]
    assert scene["first"] == {"components": 0, "matrices": scene["both"]["matrices"], "asked": 0}
    assert scene["both"]["components"] > 0 and scene["empty"] == 0 and places > 0
    assert scene["again"] == scene["both"], "after a reload"
    assert scene["components"]["matrices"] == 0 and scene["components"]["components"] == scene["both"]["components"]
    assert scene["elsewhere"] and scene["byKey"]["components"] == 0 < scene["byKey"]["matrices"]


@of("no storage")
def test_choice_works_where_storage_is_refused(scene):
    assert scene["both"]["components"] > 0


@of("no component script")
def test_missing_component_forms_are_told(scene):
    assert "could not be loaded" in scene["said"] and scene["matrix"]
    assert scene["components"] == 0 < scene["matrices"]


@of("no script")
def test_without_scripts_the_chain_stands(scene):
    assert scene["lines"] > 0 and scene["matrices"] > 0
    assert scene["tools"] == scene["components"] == 0


@of("permalink")
def test_permalink_opens_the_fold_that_its_line_is_in(scene):
    assert (scene["before"], scene["after"], scene["inView"]) == (0, 1, True)


@of("print")
def test_folds_are_open_in_print_and_closed_after(scene):
    assert scene["byStyle"] == 1 and scene["printing"] == scene["folds"] > 0 == scene["after"]


@of("preview by key")
def test_preview_opens_by_focus_and_closes_by_escape(scene):
    assert scene["focused"]["open"] and "line 12" in scene["focused"]["text"] and scene["typeset"] == 1
    assert scene["described"] == "preview"
    assert not scene["escaped"]["open"] and scene["still"]


@of("preview by pointer")
def test_preview_can_be_pointed_at_and_goes_with_the_pointer(scene):
    assert scene["kept"]["open"] and not scene["left"]["open"]


@of("preview by touch")
def test_first_tap_shows_the_preview_and_the_second_follows(scene):
    assert scene["first"]["open"] and not scene["first"]["moved"] and scene["fits"]


@of("predict")
def test_lines_are_predicted_one_at_a_time_by_keyboard(scene):
    assert scene["hidden"] == 1 and scene["boxes"] == 1 and scene["rules"] == 0
    assert scene["focus"] == scene["boxLine"] == "rnn-adjoint-3"
    assert scene["kept"] == "d(L) + rest" and scene["off"] >= scene["all"]
    assert scene["end"] > scene["all"], "with the folds open, every line is there"


@of("predict with a checker")
def test_a_checker_judges_what_was_typed_and_may_fail(scene):
    assert scene["answer"] == "refuted\nrnn.adjoint.2: x + y" and scene["line"] == 0
    assert scene["broken"] == "This could not be checked: no engine"
