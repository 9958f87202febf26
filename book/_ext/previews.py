"""What a link to a line or a derivation leads to, kept on the page of the link for a preview.

It is known when every page has been read.  A page that was opened from the disk may fetch nothing, so each page holds
what it links to, once, in ``<template>`` elements, which a browser does not lay out.
"""

from __future__ import annotations

from html import escape

from docutils import nodes

from pieces import HTML_ONLY, rich
from places import place_id
from prerender import html_or_warning
from reports import kept


class preview(nodes.General, nodes.Element):
    """What is shown of a place: ``target`` its anchor, ``tex`` its equation; the children say what it is."""


def visit_preview(translator, node):
    equation = html_or_warning(node["tex"], True, node)
    translator.body.append(f'<template data-preview="{escape(node["target"])}">')
    translator.body.append(f'<div class="math"><div class="equation">{equation}</div></div>')


def depart_preview(translator, node):
    translator.body.append("</template>\n")


def whole_equation(lines: list[dict], position: int) -> str:
    """A line with its left side, which in a chain may stand some lines above."""
    line = lines[position]
    left = next((row["left"] for row in reversed(lines[: position + 1]) if row["left"]), "")
    return left if line["left"] == line["right"] or not line["right"] else f"{left} {line['relation']} {line['right']}"


def of_line(checked: dict, label: str) -> preview | None:
    for part in checked["parts"]:
        for position, line in enumerate(part["lines"]):
            if line["label"] == label:
                words = f"{checked['title']}, line {line['number']}: {line['rule']}"
                return made(label, whole_equation(part["lines"], position), words)
    return None


def made(label: str, tex: str, words: str) -> preview:
    return preview("", nodes.paragraph("", "", *rich(words)), target=place_id(label), tex=tex)


def of_label(env, label: str) -> preview | None:
    """The preview of a derivation, its conclusion, or of one of its lines."""
    reports = kept(env)
    if label in reports:
        checked = reports[label][1]
        return made(label, checked["conclusion"], checked["title"])
    name = label.rpartition(".")[0]
    return of_line(reports[name][1], label) if name in reports else None


def add_previews(app, doctree, docname):
    """One for each place that the page links to by words; the number of a line is a link to itself."""
    labels = sorted({link["previewed"] for link in doctree.findall(nodes.reference) if "previewed" in link})
    doctree += [found for label in labels if (found := of_label(app.env, label)) is not None]


def setup(app):
    app.add_node(preview, html=(visit_preview, depart_preview), **HTML_ONLY)
    app.connect("doctree-resolved", add_previews)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
