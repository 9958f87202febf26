"""Two editions of the book: answers folded behind a click, or, for students, left out with whatever tells them.

``EDITION=student`` in the environment of a build makes the second.  There, a page with exercises keeps the sections
that ask and none that answer; the directives that print derivations print nothing; a link to a line is plain text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxRole

import audit
from audience import is_for_students
from chains import DerivationDirective
from pieces import disclosure, paragraph, summary
from results import AxiomsDirective, ResultDirective, TotalsDirective

ROOT = Path(__file__).resolve().parents[2]
ANSWER = "Short answer"
# What a page with exercises keeps for students.
SECTIONS_THAT_ASK = {"The question", "Symbols", "Exercises", "Sources"}
# An admonition that says which claim of the question is false.
WORDING = "Where the homework's wording fails"
# Pages that are answers throughout, or about answers.
PAGES_OF_ANSWERS = {"errata", "audit"}
DIRECTIVES_THAT_ANSWER = {
    "derivation": DerivationDirective,
    "result": ResultDirective,
    "totals": TotalsDirective,
    "axioms": AxiomsDirective,
    "audit": audit.AuditDirective,
}
SWITCH = '<p class="pst-js-only"><button class="answers-switch" aria-pressed="false">Show all answers</button></p>'
# What stands above the lines of a derivation.
HEAD = {"derivation-title", "tallies", "introduction", "uses", "assumed-word", "assumptions"}


def title_of(node: nodes.Element) -> str:
    title = node.next_node(nodes.title)
    return title.astext() if title is not None else ""


def sections(document: nodes.document) -> list[nodes.section]:
    """The sections of a page, below the one that is the page itself."""
    return [s for page in document.findall(nodes.section) if page.parent is document for s in own(page)]


def own(section: nodes.section) -> list[nodes.section]:
    return [child for child in section.children if isinstance(child, nodes.section)]


# ---- the ordinary edition --------------------------------------------------------------------------


def fold(node: nodes.Element, start: int, title: str) -> None:
    """The children of a node from `start` on, behind a click."""
    folded = disclosure("", summary("", title), *node.children[start:], classes=["answer"])
    node.children[start:] = []
    node += folded


class FoldAnswers(SphinxTransform):
    """Short answers and the lines of derivations wait for a click; an excerpt, which has no title, is an example."""

    default_priority = 700

    def apply(self):
        for section in sections(self.document):
            if title_of(section) == ANSWER:
                fold(section, 1, "Show the answer")
        for chain in list(self.document.findall(is_derivation)):
            height = sum(1 for child in chain.children if HEAD & set(child.get("classes", ())))
            if height and not isinstance(chain.children[height], disclosure):
                fold(chain, height, "Show the derivation")
        if any("answer" in box["classes"] for box in self.document.findall(disclosure)):
            page = next(self.document.findall(nodes.section))
            page.insert(1, nodes.raw("", SWITCH, format="html"))


def is_derivation(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and "derivation" in node["classes"]


# ---- the students' edition -------------------------------------------------------------------------


class left_out(nodes.General, nodes.Element):
    """Where an answer stood."""


class LeftOutRole(SphinxRole):
    def run(self):
        return [left_out()], []


class LeaveAnswersOut(SphinxTransform):
    default_priority = 700

    def apply(self):
        if self.env.docname in PAGES_OF_ANSWERS:
            return self.empty_page()
        asked = sections(self.document)
        if "Exercises" in map(title_of, asked):
            remove(s for s in asked if title_of(s) not in SECTIONS_THAT_ASK)
        remove(a for a in self.document.findall(nodes.admonition) if title_of(a) == WORDING)
        remove(lead_in(place) for place in self.document.findall(left_out))
        remove(self.document.findall(left_out))
        unlink(self.document)

    def empty_page(self) -> None:
        page = next(self.document.findall(nodes.section))
        page.children[1:] = []
        page += paragraph("This page tells answers. It is not in the students' edition.")


def remove(found: Iterator[nodes.Node | None]) -> None:
    for node in list(found):
        if node is not None and node.parent is not None:
            node.parent.remove(node)


def lead_in(place: left_out) -> nodes.Node | None:
    """A paragraph that ends with a colon leads to what follows it."""
    before = place.previous_sibling()
    return before if isinstance(before, nodes.paragraph) and before.astext().endswith(":") else None


def unlink(document: nodes.document) -> None:
    """Links to derivations become their words."""
    for link in list(document.findall(addnodes.pending_xref)):
        if link.get("refdomain") == "derivation":
            link.replace_self(link.children)


def remove_marked(app, doctree, docname):
    """What only shows when the whole book is known."""
    remove(n for n in doctree.findall(nodes.Element) if "answer" in n.get("classes", ()))


def share_executed_pages(app, config):
    """The cells of both editions are the same: they are run once."""
    config.nb_execution_cache_path = str(ROOT / "_build" / ".jupyter_cache")


def override(app):
    for name, directive in DIRECTIVES_THAT_ANSWER.items():
        silent = type(name, (directive,), {"run": lambda self: [left_out()]})
        app.add_directive(name, silent, override=True)
    app.add_role("result", LeftOutRole(), override=True)


def setup(app):
    if not is_for_students():
        app.add_transform(FoldAnswers)
        return {"parallel_read_safe": True, "parallel_write_safe": True}
    app.add_node(left_out)
    app.add_transform(LeaveAnswersOut)
    app.connect("config-inited", share_executed_pages)
    app.connect("builder-inited", override)
    app.connect("doctree-resolved", remove_marked, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
