"""Figures that follow the page's theme: drawn once by matplotlib, coloured by the page's style sheet.

``show(figure, name, description)`` puts the drawing into the page as SVG, twice: as it was laid out, and with its
panels one below the other, for phones.  Colours are the style sheet's variables, so the same figure is right in
light, in dark and in print, and nothing stands on a grey box.  Below it is a link to what was drawn, as CSV.
"""

from __future__ import annotations

import io
import re
from html import escape

import matplotlib
from IPython.display import HTML, display

matplotlib.use("svg")

import matplotlib.pyplot as plt
from matplotlib.gridspec import GridSpec

from drawn import columns, csv_text, data_link

# Colours that stand for roles; `show` puts the style sheet's variables in their place.
INK, FAINT = "#010101", "#020202"
SERIES = ("#030303", "#040404", "#050505", "#060606")
VARIABLES = {INK: "--figure-ink", FAINT: "--figure-faint"} | {
    colour: f"--figure-{number}" for number, colour in enumerate(SERIES, 1)
}

PHONE = 3.7
"""Width for a phone, in inches: 11 point are then some 14 pixels on a screen of 390."""
PANEL = 2.7
"""Height of a panel on a phone, in inches."""

plt.rcParams.update(
    {
        "figure.figsize": (7.2, 3.6),
        "figure.constrained_layout.use": True,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.transparent": True,
        "axes.prop_cycle": plt.cycler(color=SERIES),
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": FAINT,
        "grid.alpha": 0.35,
        "grid.linewidth": 0.6,
        "text.color": INK,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "legend.frameon": False,
        "lines.linewidth": 2.0,
        "font.size": 11.0,
        "mathtext.fontset": "stix",
        "svg.fonttype": "path",
        "svg.hashsalt": "checked derivations",
    }
)


def themed(svg: str, name: str) -> str:
    """The SVG element alone, with the style sheet's colours and with ids that no other figure has."""
    svg = svg[svg.index("<svg") :]
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    svg = re.sub(r'\b(id|xlink:href|href)="(#?)([^"]+)"', rf'\1="\g<2>{name}-\3"', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    return re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)


def drawing(figure, name: str, description: str, layout: str) -> str:
    """The figure as it stands: an SVG element of the class `layout`."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return re.sub(
        r'<svg\b[^>]*?(viewBox="[^"]+")[^>]*>',
        rf'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \1 class="{layout}" '
        rf'role="img" aria-label="{escape(description, quote=True)}">',
        themed(file.getvalue(), f"{name}-{layout}"),
        count=1,
    )


def stack(figure) -> None:
    """Put the panels one below the other, each with its own axes' labels, in the width of a phone."""
    panels = figure.axes
    grid = GridSpec(len(panels), 1, figure=figure)
    figure.set_size_inches(PHONE, PANEL * len(panels) + 0.3 * bool(figure.legends))
    for place, axes in zip(grid, panels, strict=True):
        axes.set_subplotspec(place)
        axes.tick_params(labelbottom=True, labelleft=True)
        axes.set_xlabel(shared_label(axes, "x"))
        axes.set_ylabel(shared_label(axes, "y"))
    for owner in (figure, *panels):
        for legend in figure.legends if owner is figure else filter(None, [owner.get_legend()]):
            two_columns(legend, owner)


def two_columns(legend, owner) -> None:
    """A legend of more columns than a phone has room for, again with two, above what it belongs to."""
    if legend._ncols <= 2:
        return
    above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}
    if not hasattr(owner, "get_legend"):  # a figure
        above = {"loc": "outside upper center"}
    texts = [text.get_text() for text in legend.get_texts()]
    legend.remove()
    owner.legend(legend.legend_handles, texts, ncols=2, fontsize=10, **above)


def shared_label(axes, which: str) -> str:
    """The label of an axis, or of one that it is shared with."""
    siblings = getattr(axes, f"get_shared_{which}_axes")().get_siblings(axes)
    labels = (getattr(other, f"get_{which}label")() for other in (axes, *siblings))
    return next(filter(None, labels), "")


def show(figure, name: str, description: str, data: dict | None = None) -> None:
    """Put a figure on the page.

    ``name``: unique on the page; ``description``: what a reader who does not see the drawing should know.  The data
    below it are those of the artists, each named by its label (``"_name"``: not in the legend; ``"_"``: no data);
    ``data``: columns that no artist holds.  Raises `drawn.Unnamed` for an artist without a name.
    """
    found = columns(figure, shared_label) | (data or {})
    wide = drawing(figure, name, description, "wide")
    stack(figure)
    narrow = drawing(figure, name, description, "narrow")
    plt.close(figure)
    link = data_link(name, csv_text(found))
    display(HTML(f'<div class="drawing" id="{name}">{wide}{narrow}{link}</div>'))
