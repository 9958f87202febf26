"""What the theme leaves to be mended in every page, as a table.

Each row was found by axe-core, by Lighthouse, or by reading what a page loads.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from docutils import nodes


@dataclass(frozen=True)
class Mend:
    """A piece of a page, what stands in its place, and why."""

    piece: str
    instead: str
    why: str


NAMED_BY_ITS_TEXT = "an accessible name must hold the words that are seen (label-content-name-mismatch)"
MENDS = (
    Mend(r'<script defer src="[^"]*fontawesome\.js[^"]*"></script>', "", "541 kB for eight icons: book.css draws them"),
    Mend(
        r"(pagename = '(?!search')[^']*';.*?)<script src=\"[^\"]*searchtools\.js\"></script>\s*"
        r'<script src="[^"]*language_data\.js"></script>\s*<script src="[^"]*searchindex\.js"></script>',
        r"\1",
        "the page `search` searches, the others only lead to it",
    ),
    Mend(r'(<meta name="viewport"[^>]*>)(.*?)<meta name="viewport"[^>]*>', r"\1\2", "said more than once"),
    Mend(r'(<button class="btn search-button-field[^>]*?) aria-label="Search"', r"\1", NAMED_BY_ITS_TEXT),
    Mend(r'(<button class="[^"]*theme-switch-button[^>]*?) aria-label="Color mode"', r"\1", NAMED_BY_ITS_TEXT),
    Mend(r' aria-label="Toggle hidden content"', "", NAMED_BY_ITS_TEXT),
    Mend(
        r'<div class="sidebar-primary-item">(\s*<a class="navbar-brand.*?</a>)</div>',
        r'<div class="sidebar-primary-item" role="navigation" aria-label="Front page">\1</div>',
        "all content stands in a landmark (region)",
    ),
    Mend(r' role="doc-biblioentry"', ' role="listitem"', "deprecated, and no child of a list (aria-deprecated-role)"),
    Mend(r'<body data-default-mode="">', '<body data-default-mode="auto">', "an empty mode is an error in the console"),
    Mend(r'localStorage\.getItem\("mode"\) \|\| ""', 'localStorage.getItem("mode") || "auto"', "the same"),
)


def mended(page: str) -> str:
    for mend in MENDS:
        page = re.sub(mend.piece, mend.instead, page, flags=re.DOTALL)
    return page


def mend_pages(app):
    """Every page is mended between the theme's templates and the disk."""
    if app.builder.format != "html":
        return
    render = app.builder.templates.render
    app.builder.templates.render = lambda template, context: mended(render(template, context))


SHORTEST_DESCRIPTION, LONGEST_DESCRIPTION = 40, 155


def describe(app, pagename, templatename, context, doctree):
    """What a page says of itself, else its first paragraph that is all words, for search engines."""
    if doctree is None:
        return
    words = (context["meta"] or {}).get("description") or first_words(doctree)
    context["metatags"] += f'<meta name="description" content="{html.escape(words)}" />\n'


def first_words(doctree: nodes.document) -> str:
    paragraphs = (p.astext() for p in doctree.findall(nodes.paragraph) if not p.next_node(nodes.math))
    words = " ".join(next((text for text in paragraphs if len(text) > SHORTEST_DESCRIPTION), "").split())
    if len(words) > LONGEST_DESCRIPTION:
        words = words[:LONGEST_DESCRIPTION].rsplit(" ", 1)[0] + " …"
    return words


def setup(app):
    app.connect("builder-inited", mend_pages)
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
