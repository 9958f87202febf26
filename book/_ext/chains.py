"""Derivations on the page, from the objects themselves.

Directives: ``derivation`` (the chain), ``result`` (a formula), ``symbols``, ``axioms`` and ``totals`` (tables).
Roles: ``step`` (a link to a line), ``result`` (a formula in the text).
A line that is refuted or undecided, and an unknown name, are warnings; the site is built with ``-W``.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import derivations
from derivations import report
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.domains import Domain, ObjType
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

log = logging.getLogger(__name__)

VERDICTS = ("PROVED", "SUPPORTED", "REFUTED", "UNDECIDED")
FAILURES = ("REFUTED", "UNDECIDED")
RELATIONS = {"=": "=", "<=": r"\le", ">=": r"\ge", "<": "<", ">": ">", "→": r"\to", "->": r"\to"}
INLINE = re.compile(r"(\$[^$]+\$|`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)")


# ---- nodes ---------------------------------------------------------------------------------------------------------


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


# ---- reports -------------------------------------------------------------------------------------------------------


def anchor(label: str) -> str:
    return label.replace(".", "-")


def nearest(name: str, names) -> str:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    return f"; did you mean {' or '.join(close)}?" if close else f"; there are {', '.join(sorted(names)) or 'none'}"


def digest(paths) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(Path(path).read_bytes() + b"\0")
    return total.hexdigest()


def depend_on(env, name: str) -> tuple[Path, ...]:
    paths = tuple(derivations.modules(name))
    for path in paths:
        env.note_dependency(str(path))
    return paths


def verified(env, name: str) -> dict:
    """The report of a derivation, verified once for one state of the files that it depends on."""
    state = digest(depend_on(env, name))
    known = env.__dict__.setdefault("verified_derivations", {})
    if name not in known or known[name][0] != state:
        log.info("checking %s", name)
        known[name] = (state, report.as_dict(derivations.get(name)))
    return known[name][1]


def lines_of(facts_: dict) -> Iterator[dict]:
    for part in facts_["parts"]:
        yield from part["lines"]


def verdicts_of(facts_: dict) -> Iterator[tuple[str, str, dict]]:
    """Every label, verdict and evidence of a report."""
    for line in lines_of(facts_):
        if line["verdict"]:
            yield line["label"], line["verdict"], line.get("evidence") or {}


# ---- the chain -----------------------------------------------------------------------------------------------------


def equation(line: dict) -> str:
    relation = RELATIONS.get(line["relation"], line["relation"]) if line["relation"] else ""
    left = line["left"] or r"\qquad {}"
    return f"{left} {relation} {line['right']}" if relation else line["right"]


EVIDENCE = (
    ("method", "Method"),
    ("sizes", "Proved at"),
    ("points", "Points tried"),
    ("nonzero", "of which not zero"),
    ("worst_residual", "Worst residual"),
    ("precision", "Digits"),
    ("seed", "Seed"),
    ("counterexample", "Counterexample"),
)


def badge(verdict: str, evidence: dict) -> disclosure:
    """The verdict; opened, what it rests on."""
    box = disclosure("", classes=["verdict", verdict.lower()])
    box += summary("", "", nodes.Text(verdict))
    rows = [
        (title, rich(str(evidence[key]))) for key, title in EVIDENCE if evidence.get(key) not in (None, "")
    ]
    box += facts(rows, "evidence")
    return box


def because(line: dict) -> nodes.paragraph:
    """The reason of a line, always in view."""
    reason = nodes.paragraph("", classes=["reason"])
    reason += span(line["rule"], "rule")
    if line.get("trusted"):
        reason += [nodes.Text(" "), span("trusted", "trusted")]
    if line["reason"]:
        reason += [nodes.Text(" — "), *rich(line["reason"])]
    if line["source"]:
        reason += [nodes.Text(" "), span(f"[{line['source']}]", "source")]
    return reason


def line_item(line: dict, linked: bool) -> nodes.list_item:
    item = nodes.list_item("", classes=["line"])
    if linked:
        item["ids"].append(anchor(line["label"]))
        number = nodes.reference("", line["number"], refid=anchor(line["label"]), classes=["number"])
        number["reftitle"] = f"Link to line {line['number']}"
    else:
        number = nodes.inline("", line["number"], classes=["number"])
    item += nodes.paragraph("", "", number, classes=["number-cell"])
    item += display(equation(line))
    item += because(line)
    if line["conditions"]:
        conditions = "; ".join(line["conditions"])
        item += paragraph(f"Needs: {conditions}.", "conditions")
    if line["verdict"]:
        item += badge(line["verdict"], line.get("evidence") or {})
    return item


def part_nodes(part: dict, linked: bool) -> Iterator[nodes.Node]:
    if part["title"]:
        yield nodes.rubric("", "", *rich(part["title"]), classes=["part"])
    if part.get("claim"):
        yield nodes.container("", paragraph("Claim", "claim-word"), display(part["claim"]), classes=["claim"])
    yield nodes.enumerated_list(
        "", *[line_item(line, linked) for line in part["lines"]], classes=["chain"], enumtype="arabic"
    )


def tally(verdicts: dict[str, int]) -> list[nodes.Node]:
    shown = [(name, verdicts.get(name, 0)) for name in VERDICTS]
    out: list[nodes.Node] = []
    for name, count in shown:
        if count:
            out += [span(f"{count} {name}", "tally", name.lower()), nodes.Text(" ")]
    return out


class DerivationDirective(SphinxDirective):
    """``{derivation} name``: the chain; ``:parts: 1 3`` shows some of its parts.

    ``:excerpt:`` is for a chain that is an example where it stands: no introduction, and links go elsewhere.
    """

    required_arguments = 1
    option_spec = {"parts": directives.unchanged, "excerpt": directives.flag}  # noqa: RUF012

    def run(self):
        name = self.arguments[0]
        if name not in derivations.names():
            log.warning("no derivation %r%s", name, nearest(name, derivations.names()), location=self.get_location())
            return []
        facts_ = verified(self.env, name)
        self.warn_of_failures(facts_)
        excerpt = "excerpt" in self.options
        box = nodes.container("", classes=["derivation"])
        if not excerpt:
            box += self.head(facts_)
        for part in self.parts(facts_):
            box += list(part_nodes(part, linked=not excerpt and self.register(part)))
        return [box]

    def warn_of_failures(self, facts_):
        for label, verdict, evidence in verdicts_of(facts_):
            if verdict in FAILURES:
                why = evidence.get("counterexample") or evidence.get("method") or "nothing could be evaluated"
                log.warning("%s is %s: %s", label, verdict, why, location=self.get_location())

    def parts(self, facts_) -> list[dict]:
        wanted = self.options.get("parts")
        if wanted is None:
            return facts_["parts"]
        chosen = []
        for number in wanted.split():
            if not number.isdigit() or not 1 <= int(number) <= len(facts_["parts"]):
                message = "%s has parts 1 to %d, not %r"
                log.warning(message, facts_["name"], len(facts_["parts"]), number, location=self.get_location())
                continue
            chosen.append(facts_["parts"][int(number) - 1])
        return chosen

    def head(self, facts_) -> list[nodes.Node]:
        title = nodes.paragraph("", "", *rich(facts_["title"]), classes=["derivation-title"])
        self.note_object(facts_["name"], title)
        counts = nodes.paragraph("", "", *tally(facts_["verdicts"]), classes=["tallies"])
        counts += nodes.literal("", f"python -m derivations show {facts_['name']}")
        out = [title, counts]
        if facts_["introduction"]:
            introduction = nodes.container("", classes=["introduction"])
            source = StringList(facts_["introduction"].splitlines(), source=facts_["name"])
            self.state.nested_parse(source, self.content_offset, introduction)
            out.append(introduction)
        if facts_["assumptions"]:
            out.append(paragraph("Assumed:", "assumed-word"))
            out.append(bullets([rich(text) for text in facts_["assumptions"]], "assumptions"))
        return out

    def note_object(self, label, node) -> bool:
        """True when this is the first place in the book that shows the object, which links then go to."""
        first = self.env.get_domain("derivation").note(label, self.env.docname)
        if first:
            node["ids"].append(anchor(label))
        return first

    def register(self, part) -> bool:
        domain = self.env.get_domain("derivation")
        firsts = [domain.note(line["label"], self.env.docname, line["number"]) for line in part["lines"]]
        return all(firsts)


class DerivationDomain(Domain):
    """Where each derivation and each of its lines stands."""

    name = "derivation"
    label = "Derivation"
    object_types = {"line": ObjType("line", "step")}  # noqa: RUF012
    initial_data = {"places": {}}  # noqa: RUF012

    def note(self, label: str, docname: str, number: str = "") -> bool:
        places = self.data["places"]
        if label in places:
            return False
        places[label] = (docname, number)
        return True

    def clear_doc(self, docname):
        places = self.data["places"]
        self.data["places"] = {label: place for label, place in places.items() if place[0] != docname}

    def merge_domaindata(self, docnames, otherdata):
        self.data["places"].update(
            {label: place for label, place in otherdata["places"].items() if place[0] in docnames}
        )

    def get_objects(self):
        for label, (docname, number) in sorted(self.data["places"].items()):
            yield label, f"{label}" if number else label, "line", docname, anchor(label), 1 if number else 0

    def resolve_xref(self, env, fromdocname, builder, typ, target, node, contnode):
        place = self.data["places"].get(target)
        if place is None:
            if typ == "step":
                message = "no line %r on any page%s"
                log.warning(message, target, nearest(target, self.data["places"]), location=node)
            return contnode
        docname, number = place
        if not node.get("refexplicit") and number:
            here = docname == fromdocname
            text = f"line {number}" if here else f"{target.rsplit('.', 1)[0]}, line {number}"
            contnode = nodes.inline("", text, classes=["step"])
        return make_refnode(builder, fromdocname, docname, anchor(target), contnode, target)


def link_to(name: str, typ: str, content: nodes.Node, docname: str, explicit: bool) -> addnodes.pending_xref:
    return addnodes.pending_xref(
        "",
        content,
        refdomain="derivation",
        reftype=typ,
        reftarget=name,
        refexplicit=explicit,
        refdoc=docname,
        refwarn=False,
    )


class StepRole(SphinxRole):
    """``{step}`rnn.grad_U.3```: a link to a line; ``{step}`text <rnn.grad_U.3>``` with words of one's own."""

    def run(self):
        explicit = re.fullmatch(r"(.+?)\s*<([^<>]+)>", self.text, re.DOTALL)
        text, target = explicit.groups() if explicit else (self.text, self.text)
        content = nodes.inline("", "", *rich(text), classes=["step"])
        link = link_to(target, "step", content, self.env.docname, bool(explicit))
        link.source, link.line = self.get_source_info()
        return [link], []


# ---- results and tables --------------------------------------------------------------------------------------------


class UnknownResult(LookupError):
    """No such derivation, or it has no such result."""


def result_latex(env, text: str) -> str:
    """The formula that ``name`` or ``name:key`` names."""
    name, _, key = text.strip().partition(":")
    if name not in derivations.names():
        raise UnknownResult(f"no derivation {name!r}{nearest(name, derivations.names())}")
    results = verified(env, name)["results"]
    if not key and len(results) == 1:
        return next(iter(results.values()))
    if key not in results:
        raise UnknownResult(f"{name} has the results {', '.join(results)}, not {key!r}")
    return results[key]


class ResultRole(SphinxRole):
    """``{result}`gaussian_process.predict:mean```: a result as a formula in the text."""

    def run(self):
        try:
            latex = result_latex(self.env, self.text)
        except UnknownResult as error:
            log.warning("%s", error, location=self.get_location())
            return [], []
        return [nodes.math(latex, latex)], []


class ResultDirective(SphinxDirective):
    """``{result} name:key``: a result as an equation; ``:left:`` names what it is the value of, ``:label:`` links to it."""

    required_arguments = 1
    option_spec = {"left": directives.unchanged, "label": directives.unchanged}  # noqa: RUF012

    def run(self):
        try:
            latex = result_latex(self.env, self.arguments[0])
        except UnknownResult as error:
            log.warning("%s", error, location=self.get_location())
            return []
        left = self.options.get("left")
        node = display(f"{left} = {latex}" if left else latex, "result")
        label = self.options.get("label")
        return [node] if not label else self.numbered(node, label)

    def numbered(self, node, label):
        node.update_basic_atts({"ids": [nodes.make_id(f"equation-{label}")]})
        node["label"], node["docname"] = label, self.env.docname
        domain = self.env.get_domain("math")
        domain.note_equation(self.env.docname, label, location=node)
        node["number"] = domain.get_equation_number_for(label)
        return [node]


class SymbolsDirective(SphinxDirective):
    """``{symbols} name …``: the symbols of some derivations, with meaning and shape."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        seen: dict[str, list] = {}
        for name in self.arguments[0].split():
            if name not in derivations.names():
                log.warning(
                    "no derivation %r%s", name, nearest(name, derivations.names()), location=self.get_location()
                )
                continue
            for entry in verified(self.env, name)["domain"]:
                shape = [nodes.math("", entry["shape"])] if entry["shape"] else []
                seen.setdefault(
                    entry["symbol"], [[nodes.math("", entry["symbol"])], rich(entry["meaning"]), shape]
                )
        return [table(["Symbol", "Meaning", "Shape"], list(seen.values()), "symbols")]


class TotalsDirective(SphinxDirective):
    """``{totals}``: every derivation with what became of its lines."""

    def run(self):
        rows = []
        for name in sorted(derivations.names()):
            facts_ = verified(self.env, name)
            link = link_to(name, "derivation", nodes.literal("", name), self.env.docname, True)
            axioms = [nodes.Text(str(len(facts_["axioms"])))]
            rows.append([[link], rich(facts_["title"]), rich(facts_["question"]), tally(facts_["verdicts"]), axioms])
        head = ["Derivation", "What it derives", "Question", "Lines", "Trusted rules"]
        return [table(head, rows, "totals")]


class AxiomsDirective(SphinxDirective):
    """``{axioms}`` or ``{axioms} name …``: the rules that are trusted and not derived here, and who rests on them."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        names = (self.arguments[0].split() if self.arguments else None) or sorted(derivations.names())
        resting: dict[str, tuple[dict, list[str]]] = {}
        for name in names:
            for axiom in verified(self.env, name)["axioms"]:
                resting.setdefault(json.dumps(axiom, sort_keys=True), (axiom, []))[1].append(name)
        if not resting:
            return [paragraph("None: every line is made by a rule that is derived or checked here.")]
        return [bullets([self.entry(axiom, users) for axiom, users in resting.values()], "axioms")]

    def entry(self, axiom, users) -> list[nodes.Node]:
        source = [nodes.Text(" "), span(f"[{axiom['source']}]", "source")] if axiom["source"] else []
        links: list[nodes.Node] = []
        for name in users:
            links += [
                nodes.Text(", " if links else " Used by "),
                link_to(name, "derivation", nodes.literal("", name), self.env.docname, True),
            ]
        return [span(axiom["name"], "rule"), nodes.Text(" — "), *rich(axiom["statement"]), *source, *links]


def setup(app):
    app.add_node(disclosure, html=(visit_disclosure, depart_disclosure), **HTML_ONLY)
    app.add_node(summary, html=(visit_summary, depart_summary), **HTML_ONLY)
    app.add_domain(DerivationDomain)
    app.add_directive("derivation", DerivationDirective)
    app.add_directive("result", ResultDirective)
    app.add_directive("symbols", SymbolsDirective)
    app.add_directive("totals", TotalsDirective)
    app.add_directive("axioms", AxiomsDirective)
    app.add_role("step", StepRole())
    app.add_role("result", ResultRole())
    # Reports are kept in the environment of one process.
    return {"parallel_read_safe": False, "parallel_write_safe": True, "env_version": 1}
