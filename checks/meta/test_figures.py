"""Figures: what they offer as data is what is drawn, and a site in which one lacks data or a description is refused."""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "book" / "_ext"))

import figure
import figure_gate
from checks.meta.test_site import build
from drawn import Unnamed, columns, csv_text, data_link, plain
from figure import SERIES, plt, shared_label

DESCRIPTION = "A curve that rises from the left to the right, bends twice, and ends above the dotted level."


@pytest.fixture
def shown(monkeypatch):
    """What `figure.show` has put on the page."""
    pages: list[str] = []
    monkeypatch.setattr(figure, "display", lambda html: pages.append(html.data))
    yield pages
    plt.close("all")


def table(text: str) -> dict[str, list[str]]:
    head, *rows = csv.reader(io.StringIO(text))
    return {name: [row[i] for row in rows if row[i]] for i, name in enumerate(head)}


def data_of(page: str) -> dict[str, list[str]]:
    (href,) = re.findall(r'href="data:text/csv;charset=utf-8,([^"]*)"', page)
    return table(unquote(href.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")))


def curve():
    drawing, axes = plt.subplots()
    x = np.linspace(-3, 4, 23)
    axes.plot(x, x**3 - 4 * x, color=SERIES[0], label="cubic")
    axes.set(xlabel="$z$", ylabel="value $t(z)$")
    return drawing


def test_data_are_the_numbers_of_the_svg(shown):
    """The path that is drawn is an affine image of the numbers that are offered."""
    figure.show(curve(), "bends", DESCRIPTION)
    (page,) = shown
    data = data_of(page)
    assert list(data) == ["z of cubic", "value t(z), cubic"]
    numbers = np.array([list(map(float, values)) for values in data.values()]).T
    for layout in ("wide", "narrow"):
        svg = re.search(rf'<svg[^>]* class="{layout}".*?</svg>', page, re.DOTALL)[0]
        paths = [re.findall(r"[ML] (\S+) (\S+)", d) for d in re.findall(r' d="([^"]*)"', svg)]
        (points,) = [np.array(path, float) for path in paths if len(path) == len(numbers)]
        for drawn, offered in zip(points.T, numbers.T, strict=True):
            slope, start = np.polyfit(offered, drawn, 1)
            np.testing.assert_allclose(slope * offered + start, drawn, atol=0.01)


def test_every_kind_of_artist_gives_columns():
    drawing, (left, right) = plt.subplots(1, 2)
    x = np.array([1.0, 2.0, 4.0])
    left.plot(x, x**2, label="_square")
    left.plot(x, -x, "o", label="_")
    left.plot([], [], label="in the legend only")
    left.fill_between(x, x - 1, 2 * x, label="_band")
    left.axhline(7.5, label="_level")
    left.set(xlabel=r"$\mu$", ylabel="log$_{10}$ of it")
    right.hist([0.1, 0.2, 0.9], bins=2, range=(0, 1), label="_samples")
    side = np.linspace(-2, 2, 41)
    circle = right.contour(side, side, side[:, None] ** 2 + side**2, levels=[1.0])
    circle.set_label("_circle")
    right.set_title("right")
    found = columns(drawing, shared_label)
    plt.close(drawing)
    at = {name: found[name] for name in found if "circle" not in name}
    expected = {
        "panel 1: μ of square": [1, 2, 4], "panel 1: log_10 of it, square": [1, 4, 16],
        "panel 1: log_10 of it, level": [7.5], "panel 1: μ of band": [1, 2, 4],
        "panel 1: log_10 of it, band, lower": [0, 1, 3], "panel 1: log_10 of it, band, upper": [2, 4, 8],
        "right: x, from, of samples": [0, 0.5], "right: x, to, of samples": [0.5, 1], "right: y, samples": [2, 1],
    }  # fmt: skip
    assert set(at) == set(expected)
    for (name, values), got in zip(sorted(expected.items()), (at[n] for n in sorted(at)), strict=True):
        np.testing.assert_allclose(got, values, err_msg=name)
    radius = np.hypot(found["right: x of circle"], found["right: y, circle"])
    np.testing.assert_allclose(radius, 1, atol=2e-3)


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: axes.plot([1, 2], [3, 4]),
        lambda axes: axes.fill_between([1, 2], [3, 4]),
        lambda axes: axes.hist([1, 2]),
        lambda axes: axes.contour(np.eye(3)),
    ],
)
def test_series_without_a_name_is_refused(draw):
    drawing, axes = plt.subplots()
    draw(axes)
    with pytest.raises(Unnamed, match="needs a label"):
        columns(drawing, shared_label)
    plt.close(drawing)


def test_columns_of_one_name_are_numbered_and_gaps_stay_empty():
    drawing, axes = plt.subplots()
    axes.plot([1, 2, 3], [1, np.nan, 3], label="same")
    axes.plot([1, 2], [5, 6], label="same")
    head, *rows = csv.reader(io.StringIO(csv_text(columns(drawing, shared_label))))
    plt.close(drawing)
    assert head == ["x of same", "y, same", "x of same (2)", "y, same (2)"]
    assert rows == [["1", "1", "1", "5"], ["2", "", "2", "6"], ["3", "3", "", ""]]


def test_words_and_numbers_of_the_author_are_added(shown):
    drawing = curve()
    figure.show(drawing, "discs", DESCRIPTION, data={"network": ["a, b", 'c "d"'], "share": [0.5, 1]})
    data = data_of(shown[0])
    assert data["network"] == ["a, b", 'c "d"'] and data["share"] == ["0.5", "1"]


@pytest.mark.parametrize(
    ("label", "said"),
    [("$x_*$", "x_*"), (r"log$_{10}$ of $\sigma_{\max}$", "log_10 of σ_max"), ("lag $t - k$", "lag t - k")],
)
def test_labels_without_tex(label, said):
    assert plain(label) == said


def test_panels_are_stacked_for_a_phone_with_the_labels_that_they_shared(shown):
    drawing, panels = plt.subplots(1, 3, sharex=True, sharey=True, figsize=(7.2, 3))
    for axes in panels:
        axes.plot([1, 2], [3, 4], label="line")
        axes.set(xlabel="lag")
    panels[0].set(ylabel="size")
    panels[0].legend(panels[0].plot([1, 2], [[1, 2, 3], [4, 5, 6]], label="_"), "abc", ncols=3)
    figure.show(drawing, "three", DESCRIPTION)
    boxes = [list(map(float, box.split())) for box in re.findall(r'viewBox="([^"]*)"', shown[0])]
    (_, _, wide, low), (_, _, narrow, tall) = boxes
    assert wide > low and tall > 2 * narrow and narrow < 270
    assert [axes.get_ylabel() for axes in panels] == ["size"] * 3
    tops = [axes.get_position().y0 for axes in panels]
    assert tops == sorted(tops, reverse=True) and panels[0].get_legend()._ncols == 2


def test_two_layouts_with_ids_of_their_own(shown):
    figure.show(curve(), "one", DESCRIPTION)
    ids = re.findall(r' id="([^"]+)"', shown[0])
    assert len(ids) == len(set(ids)) and "#0" not in shown[0].split("href")[0]
    assert shown[0].count('role="img"') == 2 == shown[0].count(f'aria-label="{DESCRIPTION}"')


# ---- in the site -----------------------------------------------------------------------------------

LINK = data_link("curve", "x,y\n1,2\n3,4\n")


def boxed(link: str = LINK, description: str = DESCRIPTION) -> str:
    svg = f'<svg class="wide" role="img" aria-label="{description}"></svg>'
    return f'<div class="drawing" id="curve">{svg}{link}</div>'


def test_data_become_files_of_the_site(tmp_path):
    built = build(tmp_path, {"index": f"# A\n\n```{{raw}} html\n{boxed()}\n```\n"}, "downloads")
    assert (built.status, built.warnings) == (0, "")
    assert 'href="_downloads/data/index/curve.csv"' in built.page("index") and "data:text" not in built.page("index")
    assert (built.folder / "_downloads/data/index/curve.csv").read_text() == "x,y\n1,2\n3,4\n"
    assert list(figure_gate.faults_of(built.folder / "index.html", built.page("index"))) == []


def test_page_without_figures_has_no_fault(tmp_path):
    assert list(figure_gate.faults_of(tmp_path / "page.html", "<p>words</p>")) == []


@pytest.mark.parametrize(
    ("box", "fault"),
    [
        (boxed(link=""), "no link to its data"),
        (boxed(description="A figure.", link='<a class="data" href="good.csv">'), "says little"),
        (boxed(), "its data are not at data:"),
        (boxed(link='<a class="data" href="no.csv">'), "its data are not at no.csv"),
        (boxed(link='<a class="data" href="empty.csv">'), "no rows"),
        (boxed(link='<a class="data" href="same.csv">'), "columns without a name of their own"),
        (boxed(link='<a class="data" href="ragged.csv">'), "rows of different lengths"),
        (boxed(link='<a class="data" href="words.csv">'), "no number"),
    ],
)
def test_gate_finds_figures_without(tmp_path, box, fault):
    files = {"empty": "x,y\n", "same": "x,x\n1,2\n", "ragged": "x,y\n1\n", "words": "x,y\na,b\n", "good": "x\n1\n"}
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    (found,) = figure_gate.faults_of(tmp_path / "page.html", box)
    assert found.startswith("figure curve: ") and fault in found


def test_scripts_are_loaded_where_they_are_used(tmp_path):
    pages = {"index": "# A\n\n```{explorable} gradient_norm\n```\n", "other": "# B\n\nnone\n"}
    built = build(tmp_path, pages, "downloads", "explorables")
    assert (built.status, built.warnings) == (0, "")
    page = built.page("index")
    for name in ("plot", "gradient_norm", "explorable"):
        assert re.search(rf'<script defer="defer" src="_static/explorables/{name}\.js', page), name
        assert (built.folder / f"_static/explorables/{name}.js").is_file()
    assert "explorables/" not in built.page("other") and 'type="module"' not in page
    assert 'type="range"' in page and "<noscript>" in page and "norm at lag 30" in page
    assert list(figure_gate.faults_of(built.folder / "index.html", page)) == []


def test_unknown_explorable_is_a_warning_that_helps(tmp_path):
    built = build(tmp_path, {"index": "# A\n\n```{explorable} gradient_nrom\n```\n"}, "explorables")
    assert built.status == 1 and "did you mean gradient_norm" in built.warnings
