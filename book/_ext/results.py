"""What derivations come to: their results as formulas, and tables of verdicts and trusted rules.

Directives ``result``, ``totals``, ``axioms``; role ``result``.
"""

from __future__ import annotations

import json

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

import derivations
from pieces import bullets, display, paragraph, rich, span, table
from places import link_to
from reports import UnknownName, result_latex, tally, verified

log = logging.getLogger(__name__)


class ResultRole(SphinxRole):
    """``{result}`gaussian_process.predict:mean```: a result as a formula in the text."""

    def run(self):
        try:
            latex = result_latex(self.env, self.text)
        except UnknownName as error:
            log.warning("%s", error, location=self.get_location())
            return [], []
        return [nodes.math(latex, latex)], []


class ResultDirective(SphinxDirective):
    """``{result} name``: what a derivation comes to; ``{result} name:key``: one of its results.

    ``:left:`` is what stands before a result, with its relation; a conclusion has one of its own.
    """

    required_arguments = 1
    option_spec = {"left": directives.unchanged}  # noqa: RUF012

    def run(self):
        try:
            return [display(self.latex(self.arguments[0], self.options.get("left")), "result")]
        except UnknownName as error:
            log.warning("%s", error, location=self.get_location())
            return []

    def latex(self, text: str, left: str | None) -> str:
        if ":" not in text and left is None:
            return verified(self.env, text)["conclusion"]
        latex = result_latex(self.env, text)
        return f"{left} {latex}" if left else latex


class TableDirective(SphinxDirective):
    """A directive about some derivations: those it names, else all."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        names = self.arguments[0].split() if self.arguments else list(derivations.names())
        try:
            return self.about([verified(self.env, name) for name in names])
        except UnknownName as error:
            log.warning("%s", error, location=self.get_location())
            return []

    def link(self, name: str) -> nodes.Node:
        return link_to(name, nodes.literal("", name), self.env.docname, explicit=True)


class TotalsDirective(TableDirective):
    """``{totals}``: every derivation with what became of its lines."""

    def about(self, reports):
        head = ["Derivation", "Question", "Lines", "Trusted rules"]
        return [table(head, [self.row(checked) for checked in reports], "totals")]

    def row(self, checked):
        trusted = [nodes.Text(str(len(checked["axioms"])))]
        what = [*rich(checked["title"]), nodes.Text(" "), self.link(checked["name"])]
        return [what, rich(checked["question"]), tally(checked["verdicts"]), trusted]


class AxiomsDirective(TableDirective):
    """``{axioms}``: the rules that are trusted and not derived here, and who rests on them."""

    def about(self, reports):
        resting: dict[str, tuple[dict, list[str]]] = {}
        for checked in reports:
            for axiom in checked["axioms"]:
                resting.setdefault(json.dumps(axiom, sort_keys=True), (axiom, []))[1].append(checked["name"])
        if not resting:
            return [paragraph("There is none: every line is made by a rule that is derived or checked here.")]
        return [bullets([self.entry(axiom, names) for axiom, names in resting.values()], "axioms")]

    def entry(self, axiom, names) -> list[nodes.Node]:
        out = [span(axiom["name"], "rule"), nodes.Text(" — "), *rich(axiom["statement"])]
        if axiom["source"]:
            out += [nodes.Text(" "), span(f"[{axiom['source']}]", "source")]
        for position, name in enumerate(names):
            out += [nodes.Text(", " if position else " Used by "), self.link(name)]
        return out


def setup(app):
    app.setup_extension("chains")
    app.add_directive("result", ResultDirective)
    app.add_directive("totals", TotalsDirective)
    app.add_directive("axioms", AxiomsDirective)
    app.add_role("result", ResultRole())
    return {"parallel_read_safe": False, "parallel_write_safe": True}
