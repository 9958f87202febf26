"""Figures that follow the page's theme: drawn once by matplotlib, coloured by the page's style sheet.

``show(figure, name, description)`` puts the drawing into the page as SVG. Its colours are the style sheet's
variables, so the same figure is right in light, in dark and in print, and nothing stands on a grey box.
"""

from __future__ import annotations

import io
import re
from html import escape

import matplotlib
from IPython.display import HTML, display

matplotlib.use("svg")

import matplotlib.pyplot as plt

# Colours that stand for roles; `show` puts the style sheet's variables in their place.
INK, FAINT = "#010101", "#020202"
SERIES = ("#030303", "#040404", "#050505", "#060606")
VARIABLES = {INK: "--figure-ink", FAINT: "--figure-faint"} | {
    colour: f"--figure-{number}" for number, colour in enumerate(SERIES, 1)
}

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


def show(figure, name: str, description: str) -> None:
    """Put a figure on the page.

    ``name``: unique on the page; ``description``: what a reader who does not see the drawing should know.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    plt.close(figure)
    svg = themed(file.getvalue(), name)
    svg = re.sub(
        r'<svg\b[^>]*?(viewBox="[^"]+")[^>]*>',
        rf'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \1 role="img" '
        rf'aria-label="{escape(description, quote=True)}">',
        svg,
        count=1,
    )
    display(HTML(f'<div class="drawing" id="{name}">{svg}</div>'))
