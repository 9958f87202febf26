"""``{homework}``: each part of the homework with the pages, derivations, exercises and tests that answer it."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

import checks
import derivations
from pieces import disclosure, facts, paragraph, summary
from places import place_id

log = logging.getLogger(__name__)
ROOT = Path(checks.__file__).resolve().parents[1]

PARTS = {
    "Q1a": "the gradient of a recurrent network by its weights",
    "Q1b": "when gradients explode",
    "Q1c": "when gradients vanish",
    "Q1d": "what can be done about both",
    "Q2a": "mean field or encoder: which is more expressive",
    "Q2b": "normalizing flows, with encoders, and their gradient",
    "Q2c": "a flow made of Gaussian bumps",
    "Q3a": "a Gaussian process far from its data",
    "Q3b": "a neural network far from its data",
    "Q3c": "the two compared, and remedies",
    "Q4a": "what the posterior predictive says",
    "Q4b": "what the expected weights say",
    "Q4c": "why the two differ",
}


class homework_index(nodes.General, nodes.Element):
    """Where the index will stand: places are known when every page has been read."""


class HomeworkDirective(SphinxDirective):
    """An entry for each part; a part without a derivation, an exercise or a test is a warning."""

    def run(self):
        self.env.note_dependency(checks.__file__)
        return [homework_index()]


def covers(question: str, part: str) -> bool:
    """Whether a question as a derivation or exercise names it, "Q1b, Q1c" or "Q2", is about a part."""
    return any(part.startswith(name.strip()) for name in question.split(","))


def answers(part: str) -> tuple[list[str], list, list[str]]:
    """The derivations of a part, its exercises, and the files that test both."""
    found = [name for name in derivations.names() if covers(derivations.get(name).question, part)]
    asked = [e for e in map(checks.get, checks.names()) if covers(e.question, part)]
    stems = dict.fromkeys(name.partition(".")[0] for name in [*found, *(e.name for e in asked)])
    return found, asked, [f"checks/test_{s}.py" for s in stems if (ROOT / f"checks/test_{s}.py").exists()]


def missing(part: str) -> list[str]:
    kinds = ("derivation", "exercise", "test")
    return [kind for kind, found in zip(kinds, answers(part), strict=True) if not found]


def joined(items: list[nodes.Node]) -> list[nodes.Node]:
    return [node for item in items for node in (nodes.Text(", "), item)][1:]


def entry(app, docname: str, part: str) -> nodes.container:
    """A part in a few lines; its derivations, which may be many, folded."""
    found, asked, tests = answers(part)
    places = app.env.get_domain("derivation").data["places"]
    pages = dict.fromkeys(places[name][0] for name in found if name in places)
    chapters = [make_refnode(app.builder, docname, page, "", title(app.env, page)) for page in pages]
    exercises = [linked(app, docname, e.name, e.name.partition(".")[0], "exercise-") for e in asked]
    chains = [linked(app, docname, name, *places.get(name, ("",))[:1]) for name in found]
    known = [
        ("Page", joined(chapters)),
        ("Exercises", joined(exercises)),
        ("Laws tested in", joined([nodes.literal("", test) for test in tests])),
    ]
    count = summary("", f"{len(chains)} derivations")
    folded = disclosure("", count, nodes.paragraph("", "", *joined(chains)), classes=["folded"])
    words = paragraph(f"**{part[1]} ({part[2]})** {PARTS[part]}", "derivation-title")
    return nodes.container("", words, facts(known), folded, classes=["homework-part"])


def title(env, page: str) -> nodes.inline:
    return nodes.inline("", env.titles[page].astext())


def linked(app, docname: str, name: str, page: str, prefix: str = "") -> nodes.Node:
    """A name that leads to its place on a page, if there is such a page."""
    words = nodes.literal("", name)
    if page not in app.env.titles:
        return words
    return make_refnode(app.builder, docname, page, prefix + place_id(name), words)


def fill_in(app, doctree, docname):
    for place in list(doctree.findall(homework_index)):
        place.replace_self([entry(app, docname, part) for part in PARTS])


def warn(app, env):
    for part in PARTS:
        for kind in missing(part):
            log.warning("part %s of the homework has no %s", part, kind, location="homework")


def setup(app):
    app.setup_extension("places")
    app.add_node(homework_index)
    app.add_directive("homework", HomeworkDirective)
    app.connect("env-check-consistency", warn)
    app.connect("doctree-resolved", fill_in)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
