"""What every figure of a finished site must have: a description, and a link to data that are data."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote

BOX = re.compile(r'<div class="drawing" id="([\w-]+)">|<section class="explorable" id="([\w-]+)"')
SHORTEST = 60
"""Characters of a description; fewer say what kind of figure it is, not what is seen."""


def faults_of(path: Path, page: str) -> Iterator[str]:
    """The faults of the figures of one page, whose file is `path`."""
    starts = [*BOX.finditer(page)]
    ends = [match.start() for match in starts[1:]] + [len(page)]
    for match, end in zip(starts, ends, strict=False):  # without figures one end is left
        name, box = match[1] or match[2], page[match.start() : end]
        yield from (f"figure {name}: {fault}" for fault in (*_described(box), *_data(path, box)))


def _described(box: str) -> Iterator[str]:
    said = re.findall(r'<svg[^>]* role="img" aria-label="([^"]*)"', box)
    if not said or any(len(text) < SHORTEST for text in said):
        yield "no description, or one that says little"


def _data(path: Path, box: str) -> Iterator[str]:
    found = re.search(r'<a class="data"[^>]* href="([^"]*)"', box)
    if found is None:
        yield "no link to its data"
        return
    target = path.parent / unquote(unescape(found[1]))
    if not target.is_file():
        yield f"its data are not at {found[1][:80]}"
        return
    with target.open(encoding="utf-8", newline="") as file:
        yield from _table(list(csv.reader(file)))


def _table(rows: list[list[str]]) -> Iterator[str]:
    head, *body = rows or [[]]
    if not body or len(set(head)) != len(head) or not all(head):
        yield "its data have no rows, or columns without a name of their own"
    elif any(len(row) != len(head) for row in body):
        yield "its data have rows of different lengths"
    elif not any(_is_number(cell) for cell in body[0]):
        yield "its data have no number in the first row"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
