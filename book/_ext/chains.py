"""Derivations on the page, from the objects themselves: the directive ``derivation`` and the role ``step``.

A line that is refuted or undecided, and an unknown name, are warnings; the site is built with ``-W``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

import derivations
from forms import both_forms
from pieces import bullets, disclosure, display, facts, paragraph, rich, span, summary
from places import link_to, note_place, place_id
from reports import UnknownName, failures, tally, verified
from wrong_steps import wrong_steps

log = logging.getLogger(__name__)

CONTINUED = r"\quad {}"
EVIDENCE = {
    "method": "Method",
    "sizes": "Proved at",
    "points": "Points tried",
    "nonzero": "of which not zero",
    "worst_residual": "Worst residual",
    "digits": "Digits computed with",
    "precision": "Digits that must agree",
    "seed": "Seed",
    "counterexample": "Counterexample",
}


def equation(line: dict) -> str:
    """The line; without a left side it goes on from the line before; the first may be the question alone."""
    if line["left"] == line["right"]:
        return line["left"]
    return f"{line['left'] or CONTINUED} {line['relation']} {line['right']}"


def badge(verdict: str, evidence: dict) -> disclosure:
    """The verdict; opened, what it rests on."""
    known = [(title, evidence.get(key)) for key, title in EVIDENCE.items()]
    rows = [(title, rich(str(value))) for title, value in known if value not in (None, "")]
    return disclosure("", summary("", verdict), facts(rows, "evidence"), classes=["verdict", verdict.lower()])


def because(line: dict, docname: str) -> nodes.paragraph:
    """The reason of a line, always in view."""
    reason = nodes.paragraph("", "", span(line["rule"], "rule"), classes=["reason"])
    if line["trusted"]:
        reason += [nodes.Text(" "), span("trusted", "trusted")]
    if line["reason"]:
        reason += [nodes.Text(" — "), *rich(line["reason"])]
    if line["source"]:
        reason += [nodes.Text(" "), cited(line["source"], docname)]
    return reason


def cited(source: str, docname: str) -> nodes.inline:
    """Where a rule is from: the literature, or another derivation here, which is linked."""
    if source not in derivations.names():
        return span(f"[{source}]", "source")
    link = link_to(source, nodes.literal("", source), docname, explicit=True)
    return nodes.inline("", "", nodes.Text("["), link, nodes.Text("]"), classes=["source"])


def number_of(line: dict, linked: bool) -> nodes.paragraph:
    if not linked:
        return nodes.paragraph("", "", span(line["number"], "number"), classes=["number-cell"])
    link = nodes.reference("", line["number"], refid=place_id(line["label"]), classes=["number"])
    link["reftitle"] = f"Link to line {line['number']}"
    return nodes.paragraph("", "", link, classes=["number-cell"])


def mathematics(line: dict) -> nodes.Node:
    """The line in the form it is derived in, and by its entries."""
    by_entries = line.get("components")
    return both_forms(equation(line), by_entries and equation(by_entries | {"relation": line["relation"]}))


def line_item(line: dict, docname: str, linked: bool) -> nodes.list_item:
    item = nodes.list_item("", classes=["line"], ids=[place_id(line["label"])] if linked else [])
    item += [number_of(line, linked), mathematics(line), because(line, docname)]
    if line["conditions"]:
        item += paragraph(f"Needs: {'; '.join(line['conditions'])}.", "conditions")
    if line["verdict"]:
        item += badge(line["verdict"], line["evidence"] or {})
    return item


def part_nodes(part: dict, claim: str | None, docname: str, linked: bool) -> Iterator[nodes.Node]:
    if part["title"]:
        yield nodes.rubric("", "", *rich(part["title"]), classes=["part"])
    if claim:
        yield nodes.container("", paragraph("Claim", "claim-word"), display(claim), classes=["claim"])
    items = folded_where_small([(line, line_item(line, docname, linked)) for line in part["lines"]])
    yield nodes.enumerated_list("", *items, classes=["chain"], enumtype="arabic")


def folded_where_small(lines: list[tuple[dict, nodes.list_item]]) -> Iterator[nodes.list_item]:
    """The lines, runs of small steps folded; what they come to, the line after them, stays in view."""
    for small, run in groupby(lines, key=lambda entry: entry[0].get("small", False)):
        rows = list(run)
        items = [item for _, item in rows]
        yield from [small_steps([line["rule"] for line, _ in rows], items)] if small else items


def small_steps(rules: list[str], items: list[nodes.list_item]) -> nodes.list_item:
    count = f"{len(rules)} small step{'s' if len(rules) > 1 else ''}: {', '.join(dict.fromkeys(rules))}"
    inner = nodes.enumerated_list("", *items, classes=["chain"], enumtype="arabic")
    return nodes.list_item("", disclosure("", summary("", "", *rich(count)), inner, classes=["small-steps"]))


def chosen_parts(checked: dict, numbers: str) -> list[dict]:
    """The parts that ``:parts:`` names, by number from 1; all of them where it names none."""
    parts = checked["parts"]
    unknown = [n for n in numbers.split() if not n.isdigit() or not 1 <= int(n) <= len(parts)]
    if unknown:
        raise UnknownName(f"{checked['name']} has parts 1 to {len(parts)}, not {', '.join(unknown)}")
    return [parts[int(n) - 1] for n in numbers.split()] or parts


class DerivationDirective(SphinxDirective):
    """``{derivation} name``: the chain; ``:parts: 1 3`` shows some of its parts.

    ``:excerpt:`` is for a chain that is an example where it stands: no introduction, and links go elsewhere.
    ``:folded:`` is for a chain that repeats another one's argument.
    """

    required_arguments = 1
    option_spec = dict(parts=directives.unchanged, excerpt=directives.flag, folded=directives.flag)  # noqa: RUF012

    def run(self):
        try:
            checked = verified(self.env, self.arguments[0])
            parts = chosen_parts(checked, self.options.get("parts", ""))
        except UnknownName as error:
            log.warning("%s", error, location=self.get_location())
            return []
        for failure in failures(checked):
            log.warning("%s", failure, location=self.get_location())
        return [self.chain(checked, parts)]

    def chain(self, checked: dict, parts: list[dict]) -> nodes.container:
        excerpt = "excerpt" in self.options
        box = nodes.container("", classes=["derivation"])
        if not excerpt:
            box += self.head(checked)
        box += self.folded(list(self.lines(parts, excerpt)))
        if not excerpt:
            box += wrong_steps(self.env, checked["name"])
        return box

    def lines(self, parts: list[dict], excerpt: bool) -> Iterator[nodes.Node]:
        claimed = None
        for part in parts:
            linked = not excerpt and all(
                [note_place(self.env, line["label"], line["number"]) for line in part["lines"]]
            )
            # base case and induction step claim the same
            claim = part["claim"] if part["claim"] != claimed else None
            yield from part_nodes(part, claim, self.env.docname, linked)
            claimed = part["claim"]

    def folded(self, lines: list[nodes.Node]) -> list[nodes.Node]:
        if "folded" not in self.options:
            return lines
        return [disclosure("", summary("", "Show the lines"), *lines, classes=["folded"])]

    def head(self, checked: dict) -> list[nodes.Node]:
        title = nodes.paragraph("", "", *rich(checked["title"]), classes=["derivation-title"])
        if note_place(self.env, checked["name"]):
            title["ids"].append(place_id(checked["name"]))
        command = nodes.literal("", f"python -m derivations show {checked['name']}")
        counts = nodes.paragraph("", "", *tally(checked["verdicts"]), command, classes=["tallies"])
        return [title, counts, *self.introduction(checked), *self.uses(checked), *self.assumptions(checked)]

    def uses(self, checked: dict) -> list[nodes.Node]:
        sentence = nodes.paragraph("", "Uses ", classes=["uses"])
        for position, name in enumerate(checked["uses"]):
            link = link_to(name, nodes.literal("", name), self.env.docname, explicit=True)
            sentence += [nodes.Text(", " if position else ""), link]
        return [sentence] if checked["uses"] else []

    def introduction(self, checked: dict) -> list[nodes.Node]:
        box = nodes.container("", classes=["introduction"])
        source = StringList(checked["introduction"].splitlines(), source=checked["name"])
        self.state.nested_parse(source, self.content_offset, box)
        return [box] if box.children else []

    def assumptions(self, checked: dict) -> list[nodes.Node]:
        if not checked["assumptions"]:
            return []
        items = [rich(text) for text in checked["assumptions"]]
        return [paragraph("Assumed:", "assumed-word"), bullets(items, "assumptions")]


class StepRole(SphinxRole):
    """``{step}`rnn.grad_U.3```: a link to a line; ``{step}`words <rnn.grad_U.3>``` in words of one's own."""

    def run(self):
        explicit = re.fullmatch(r"(.+?)\s*<([^<>]+)>", self.text, re.DOTALL)
        text, target = explicit.groups() if explicit else (self.text, self.text)
        content = nodes.inline("", "", *rich(text), classes=["step"])
        link = link_to(target, content, self.env.docname, explicit=bool(explicit))
        link.source, link.line = self.get_source_info()
        return [link], []


def setup(app):
    app.setup_extension("pieces")
    app.setup_extension("places")
    app.setup_extension("forms")
    app.setup_extension("previews")
    app.add_directive("derivation", DerivationDirective)
    app.add_role("step", StepRole())
    # Reports are kept in the environment of one process.
    return {"parallel_read_safe": False, "parallel_write_safe": True, "env_version": 1}
