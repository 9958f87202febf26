"""Where in the book each derivation and each of its lines stands, so that text anywhere can link to it."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.domains import Domain, ObjType
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from reports import nearest

log = logging.getLogger(__name__)


def place_id(label: str) -> str:
    """The anchor of a label: ``rnn.grad_U.3`` stands at ``#rnn-grad_U-3``."""
    return label.replace(".", "-")


def note_place(env, label: str, number: str = "") -> bool:
    """True when this is the first place in the book that shows the object; links go there."""
    return env.get_domain("derivation").note(label, env.docname, number)


def link_to(label: str, content: nodes.Node, docname: str, *, explicit: bool) -> addnodes.pending_xref:
    """A link to a derivation or a line; without words of its own it is given "line 3"."""
    return addnodes.pending_xref(
        "", content, refdomain="derivation", reftype="step", reftarget=label, refexplicit=explicit,
        refdoc=docname, refwarn=False,
    )  # fmt: skip


class DerivationDomain(Domain):
    """Labels of derivations (without a number) and of lines (with one), and the page that shows each."""

    name = "derivation"
    label = "Derivation"
    object_types = {"line": ObjType("line", "step")}  # noqa: RUF012
    initial_data = {"places": {}}  # noqa: RUF012

    def note(self, label: str, docname: str, number: str) -> bool:
        places = self.data["places"]
        if label in places:
            return False
        places[label] = (docname, number)
        return True

    def clear_doc(self, docname):
        places = self.data["places"]
        self.data["places"] = {label: place for label, place in places.items() if place[0] != docname}

    def get_objects(self):
        for label, (docname, number) in sorted(self.data["places"].items()):
            yield label, label, "line", docname, place_id(label), 1 if number else 0

    def resolve_xref(self, env, fromdocname, builder, typ, target, node, contnode):
        places = self.data["places"]
        if target not in places:
            message = "no page shows %r%s"
            log.warning(message, target, nearest(target, places), location=node)
            return contnode
        docname, number = places[target]
        if number and not node["refexplicit"]:
            derivation = target.rsplit(".", 1)[0]
            text = f"line {number}" if docname == fromdocname else f"{derivation}, line {number}"
            contnode = nodes.inline("", text, classes=["step"])
        link = make_refnode(builder, fromdocname, docname, place_id(target), contnode, target)
        link["previewed"] = target
        return link


def setup(app):
    app.add_domain(DerivationDomain)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
