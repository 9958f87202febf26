"""The pieces that pages are put together from: marked-up text, equations, tables, native disclosures."""

from __future__ import annotations

import re

from docutils import nodes

INLINE = re.compile(r"(\$[^$]+\$|`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)")


class disclosure(nodes.General, nodes.Element):
    """A native ``<details>``: works by keyboard, by touch and without scripts."""


class summary(nodes.General, nodes.TextElement):
    """What a `disclosure` shows while it is closed."""


def visit_disclosure(translator, node):
    translator.body.append(translator.starttag(node, "details", ""))


def depart_disclosure(translator, node):
    translator.body.append("</details>\n")


def visit_summary(translator, node):
    translator.body.append(translator.starttag(node, "summary", ""))


def depart_summary(translator, node):
    translator.body.append("</summary>\n")


def skip(translator, node):
    """Other output formats print the content and no box."""


HTML_ONLY = {"text": (skip, skip), "latex": (skip, skip)}


def rich(text: str) -> list[nodes.Node]:
    """Text in which ``$…$`` is mathematics, ```…``` code, ``*…*`` and ``**…**`` emphasis."""
    return [inline for piece in INLINE.split(text) if piece for inline in [styled(piece)]]


def styled(piece: str) -> nodes.Node:
    if INLINE.fullmatch(piece) is None:
        return nodes.Text(piece)
    if piece.startswith("$"):
        return nodes.math(piece[1:-1], piece[1:-1])
    if piece.startswith("`"):
        return nodes.literal(piece[1:-1], piece[1:-1])
    if piece.startswith("**"):
        return nodes.strong("", piece[2:-2])
    return nodes.emphasis("", piece[1:-1])


def paragraph(text: str, *classes: str) -> nodes.paragraph:
    return nodes.paragraph(text, "", *rich(text), classes=list(classes))


def span(text: str, *classes: str) -> nodes.inline:
    return nodes.inline(text, "", *rich(text), classes=list(classes))


def formula(latex: str) -> nodes.math:
    return nodes.math(latex, latex)


def display(latex: str, *classes: str) -> nodes.math_block:
    return nodes.math_block(latex, latex, nowrap=False, number=None, classes=list(classes))


def bullets(items: list[list[nodes.Node]], *classes: str) -> nodes.bullet_list:
    entries = [nodes.list_item("", nodes.paragraph("", "", *item)) for item in items]
    return nodes.bullet_list("", *entries, classes=list(classes))


def facts(rows: list[tuple[str, list[nodes.Node]]], *classes: str) -> nodes.definition_list:
    """Names and values, as a description list."""
    entries = [
        nodes.definition_list_item(
            "", nodes.term("", "", *rich(name)), nodes.definition("", nodes.paragraph("", "", *value))
        )
        for name, value in rows
    ]
    return nodes.definition_list("", *entries, classes=list(classes))


def table(head: list[str], rows: list[list[list[nodes.Node]]], *classes: str) -> nodes.container:
    """A table that scrolls in its own box when it is wider than the page."""
    group = nodes.tgroup("", *[nodes.colspec(colwidth=1) for _ in head], cols=len(head))
    group += nodes.thead("", table_row([rich(name) for name in head]))
    group += nodes.tbody("", *[table_row(row) for row in rows])
    return nodes.container("", nodes.table("", group, classes=list(classes)), classes=["scrolls"])


def table_row(cells: list[list[nodes.Node]]) -> nodes.row:
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells])


def setup(app):
    app.add_node(disclosure, html=(visit_disclosure, depart_disclosure), **HTML_ONLY)
    app.add_node(summary, html=(visit_summary, depart_summary), **HTML_ONLY)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
