"""What a figure shows, as columns of numbers with names: taken from matplotlib's artists, written as CSV.

An artist's label names its column; a label that starts with an underscore is not shown in the legend, and one
that is an underscore alone marks what is no data.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from urllib.parse import quote

import numpy as np
from matplotlib.contour import ContourSet

DIGITS = 9


class Unnamed(ValueError):
    """A series without a name: its column would mean nothing."""


def columns(figure, axis_label: Callable) -> dict[str, Sequence]:
    """Name -> numbers for everything drawn; ``axis_label(axes, "x")`` says what is along an axis."""
    found: dict[str, Sequence] = {}
    several = len(figure.axes) > 1
    for number, axes in enumerate(figure.axes, 1):
        title = plain(axes.get_title()) or f"panel {number}"
        panel = f"{title}: " if several else ""
        names = {which: plain(axis_label(axes, which)) or which for which in "xy"}
        for series, values in _series(axes, names):
            _keep(found, f"{panel}{series}", np.ma.filled(np.ma.asarray(values, float), np.nan))
    return found


def _keep(found: dict, name: str, values: np.ndarray) -> None:
    """A column that is there already is not repeated; another of its name is numbered."""
    for attempt in itertools.chain([name], (f"{name} ({k})" for k in itertools.count(2))):
        if attempt not in found:
            found[attempt] = values
            return
        if np.array_equal(found[attempt], values, equal_nan=True):
            return


def _series(axes, names: Mapping[str, str]) -> Iterator[tuple[str, Sequence]]:
    for container in axes.containers:
        yield from _bars(container, names)
    for line in axes.lines:
        yield from _line(axes, line, names)
    for collection in axes.collections:
        read = _contours if isinstance(collection, ContourSet) else _band
        yield from read(collection, names)


def label_of(artist) -> str | None:
    """The name of an artist's data; None for what is no data."""
    label = str(artist.get_label())
    if label == "_":
        return None
    if re.fullmatch(r"|_child\d+|_container\d+|_nolegend_", label):
        raise Unnamed(f"{type(artist).__name__} needs a label: its data are offered, and their column needs a name")
    return plain(label.removeprefix("_"))


def _line(axes, line, names):
    x, y = line.get_data(orig=False)
    label = label_of(line) if len(x) else None
    if label is None:
        return
    if line.get_transform() != axes.transData:  # axhline and axvline: one coordinate counts
        level, which = (y, "y") if y[0] == y[-1] else (x, "x")
        yield f"{names[which]}, {label}", level[:1]
        return
    yield f"{names['x']} of {label}", x
    yield f"{names['y']}, {label}", y


def _band(collection, names):
    """fill_between: one polygon, along its lower side and back along its upper one."""
    label = label_of(collection)
    if label is None:
        return
    (path,) = collection.get_paths()
    n = (len(path.vertices) - 3) // 2
    yield f"{names['x']} of {label}", path.vertices[1 : n + 1, 0]
    yield f"{names['y']}, {label}, lower", path.vertices[1 : n + 1, 1]
    yield f"{names['y']}, {label}, upper", path.vertices[n + 2 : 2 * n + 2, 1][::-1]


def _contours(contours, names):
    """Each level as its points; an empty row between two pieces of a line."""
    label = label_of(contours)
    if label is None:
        return
    for level, pieces in zip(contours.levels, contours.allsegs, strict=True):
        broken = [part for piece in pieces for part in (piece, np.full((1, 2), np.nan))]
        points = np.concatenate(broken)[:-1] if broken else np.empty((0, 2))
        at = f"{label}, at {level:.3g}" if len(contours.levels) > 1 else label
        yield f"{names['x']} of {at}", points[:, 0]
        yield f"{names['y']}, {at}", points[:, 1]


def _bars(bars, names):
    """``hist`` leaves its label with the first bar, ``bar`` with the container."""
    label = label_of(bars[0] if str(bars.get_label()).startswith("_container") else bars)
    if label is None:
        return
    upright = bars.orientation == "vertical"
    along, height = (names["x"], names["y"]) if upright else (names["y"], names["x"])
    edges = [(b.get_x(), b.get_width()) if upright else (b.get_y(), b.get_height()) for b in bars]
    yield f"{along}, from, of {label}", [start for start, _ in edges]
    yield f"{along}, to, of {label}", [start + width for start, width in edges]
    yield f"{height}, {label}", [b.get_height() if upright else b.get_width() for b in bars]


def plain(text: str) -> str:
    """A label without TeX: ``$\\log_{10}$ of it`` is ``log_10 of it``."""
    text = re.sub(r"\\[a-z]*rm|[${}]", "", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda match: _letter(match[1]), text)
    return " ".join(re.sub(r"\s*_\s*", "_", text).split())


def _letter(command: str) -> str:
    """A Greek letter for its TeX command; the command in words where it is none."""
    name = command.removeprefix("var").upper().replace("LAMBDA", "LAMDA")
    try:
        return unicodedata.lookup(f"GREEK {'CAPITAL' if command[0].isupper() else 'SMALL'} LETTER {name}")
    except KeyError:
        return f" {command} "


# --- CSV ----------------------------------------------------------------------------------------


def csv_text(table: Mapping[str, Sequence]) -> str:
    """Columns side by side, the names first; a shorter column ends in empty cells."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(itertools.zip_longest(*([*map(cell, values)] for values in table.values()), fillvalue=""))
    return file.getvalue()


def cell(value) -> str:
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else f"{float(value):.{DIGITS}g}"


def data_link(name: str, text: str) -> str:
    """A link that holds the data themselves; `downloads` makes a file of them where a site is built."""
    href = f"data:text/csv;charset=utf-8,{quote(text, safe=' ,.:;()=|-+*/^<>')}"
    return (
        f'<p class="data"><a class="data" download="{name}.csv" href="{escape(href, quote=True)}">'
        f'Data<span class="data-of"> of this figure</span> (CSV)</a></p>'
    )
