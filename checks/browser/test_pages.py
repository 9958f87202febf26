"""Every page in a real browser, in light and dark, on a desk and on a phone."""

import json
from collections import Counter
from pathlib import Path

import pytest

from .conftest import HERE, node, run_node

KINDS = {
    "console": "nothing goes wrong while a page loads",
    "outside": "no request leaves the site",
    "clipped": "all mathematics can be seen, or scrolled to",
    "sideways": "no page is wider than its window",
    "accessibility": "axe finds nothing",
}


@pytest.fixture(scope="session")
def visits(site):
    return node("pages.mjs", site)


def told(visits: list[dict], kind: str) -> list[str]:
    """The faults of a kind, each once, with where it was met."""
    met: dict[str, list[str]] = {}
    for visit in visits:
        where = f"{visit['page']} {visit['theme']} {visit['width']}"
        for fault in visit["faults"]:
            if fault["kind"] == kind:
                met.setdefault(fault["text"], []).append(where)
    return [f"{text}  [{', '.join(sorted(set(where)))}]" for text, where in met.items()]


def test_every_page_is_visited_in_every_look(site, visits):
    pages = {path.name for path in site.glob("*.html")} - {"index.html"}
    assert Counter(visit["page"] for visit in visits) == dict.fromkeys(pages, 4)
    assert len({(v["page"], v["theme"], v["width"]) for v in visits}) == 4 * len(pages)


@pytest.mark.parametrize("kind", KINDS)
def test_pages(visits, kind):
    found = told(visits, kind)
    assert not found, f"{KINDS[kind]}, but:\n" + "\n".join(found)


# ---- the tests of pages notice what they are for -----------------------------------------------------

SOUND = """<!DOCTYPE html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1.0"></head>
<body><main><h1>A page</h1>{}</main></body></html>"""
WIDE = (
    '<span class="katex"><span class="katex-html" aria-hidden="true">'
    '<span class="base" style="display: inline-block; width: 2000px">x = y</span></span></span>'
)
SPOILT = {
    "console": "<script>undefined.fail()</script>",
    "outside": '<img alt="a dot" src="http://127.0.0.1:9/dot.png">',
    "clipped": f'<div style="overflow: hidden">{WIDE}</div>',
    "sideways": '<div style="width: 2000px">wide</div>',
    "accessibility": '<p style="color: #bbb; background: #fff">hard to read</p>',
}
FINE = f'<div class="equation" style="overflow-x: auto" tabindex="0">{WIDE}</div>'


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict[str, set[str]]:
    """Which kinds of faults are found on pages that have one, and on one that has none."""
    folder: Path = tmp_path_factory.mktemp("spoilt")
    for name, body in {**SPOILT, "fine": FINE, "missing": '<script src="nowhere.js"></script>'}.items():
        (folder / f"{name}.html").write_text(SOUND.format(body), encoding="utf-8")
    found = node("pages.mjs", folder)
    return {v["page"].removesuffix(".html"): {f["kind"] for f in v["faults"]} for v in found if v["width"] == 390}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_page_is_noticed(seen, kind):
    assert kind in seen[kind]


def test_a_missing_file_is_noticed(seen):
    assert seen["missing"] == {"console"}


def test_nothing_is_found_where_nothing_is_wrong(seen):
    assert seen["fine"] == set()


# ---- where no browser starts -------------------------------------------------------------------------

SAID = "chromium: error while loading shared libraries: libnspr4.so: cannot open shared object file"


def test_a_missing_library_is_named():
    script = f"import {{ complaint }} from '{HERE}/browser.mjs'; console.log(complaint({json.dumps(SAID)}))"
    said = run_node("--input-type=module", "--eval", script).stdout
    assert "libnspr4.so is missing" in said and "apt install" in said


def test_a_script_that_breaks_off_is_no_success(tmp_path):
    with pytest.raises(AssertionError, match="ENOENT"):
        node("pages.mjs", tmp_path / "nowhere")
