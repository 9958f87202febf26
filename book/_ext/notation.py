"""Symbols: the table of a page, the table of the book, and a warning about a symbol that no table lists.

Directives ``symbols``, the table of a page; ``notation``, what holds on every page; ``index-of-symbols``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from sphinx.domains import Domain
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from audience import is_for_students
from pieces import formula, rich, table
from reports import UnknownName, domain

log = logging.getLogger(__name__)

WORDS = re.compile(r"\\(?:text|operatorname\*?|mathrm|begin|end|tag|label|htmlId)\s*(?:\{[^{}]*\}|[A-Za-z])")
GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho "
    "varrho sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma "
    "Upsilon Phi Psi Omega ell"
)
SYMBOL = re.compile(
    r"\\(?P<face>mathcal|mathbb|mathbf|boldsymbol|mathsf|mathfrak)\s*\{?\s*(?P<letter>[A-Za-z]|\\[A-Za-z]+)"
    rf"|(?P<greek>\\(?:{'|'.join(GREEK.split())})(?![A-Za-z]))"
    r"|(?P<command>\\(?:[A-Za-z]+|.))"
    r"|(?P<plain>[A-Za-z])"
)
# Rules are stated in letters of their own; exercises say what theirs are.
APART = {"reason", "exercise", "axioms", "totals", "symbols", "conditions", "evidence", "wrong-steps"}


def symbols_in(tex: str) -> Iterator[str]:
    """The letters of a formula, with their typeface: ``\\mathcal{L}_t(h_t)`` has ``\\mathcal L``, t and h."""
    for found in SYMBOL.finditer(WORDS.sub(" ", tex)):
        if found["face"]:
            yield rf"\{found['face']} {found['letter']}"
        elif found["greek"] or found["plain"]:
            yield found[0]


def formulas(document: nodes.document) -> Iterator[nodes.Node]:
    """The mathematics of a page but for what is set `APART`."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.math | nodes.math_block):
            yield node
        elif not APART & set(node.get("classes", ())) if isinstance(node, nodes.Element) else False:
            waiting.extend(node.children)


UNLISTED = (
    "the symbol $%s$ (in $%s$) is listed nowhere: add a line `$%s$: what it is` to the page's {symbols}, "
    "or to the page `notation` if it has one meaning everywhere"
)


class NotationDomain(Domain):
    """What the tables of every page list, what they may take for granted, and what they use."""

    name = "notation"
    label = "Notation"
    initial_data = {"listed": {}, "general": {}, "used": {}, "indexes": {}}  # noqa: RUF012

    def clear_doc(self, docname):
        for kind in map(self.data.get, self.initial_data):
            kind.pop(docname, None)

    def process_doc(self, env, docname, document):
        used = self.data["used"][docname] = {}
        for node in formulas(document):
            for symbol in symbols_in(node.astext()):
                used.setdefault(symbol, node.astext())

    def check_consistency(self):
        general = set().union(*self.data["general"].values())
        for docname, used in sorted(self.data["used"].items()):
            listed = {s for row in self.data["listed"].get(docname, ()) for s in symbols_in(row[0])}
            for symbol in sorted(used.keys() - listed - general):
                where = " ".join(used[symbol].split())
                log.warning(UNLISTED, symbol, where, symbol, location=docname)


ROW = re.compile(r"\$(?P<symbol>[^$]+)\$(?:\s+\((?P<shape>\$[^$]+\$)\))?\s*:\s*(?P<meaning>.+)", re.DOTALL)


def rows_of(directive: Directive) -> Iterator[tuple[str, str, str]]:
    """Symbol, meaning and shape from lines ``$Q$ ($n \\times n$): an orthogonal matrix``.

    A line that is indented goes on from the one before.
    """
    for entry in re.split(r"\n(?=\S)", "\n".join(directive.content).strip()):
        found = ROW.fullmatch(entry)
        if found:
            yield found["symbol"], " ".join(found["meaning"].split()), (found["shape"] or "").strip("$")
        elif entry:
            log.warning("not `$symbol$: meaning`: %s", entry, location=directive.get_location())


class SymbolsDirective(SphinxDirective):
    """``{symbols} name …``: the symbols of some derivations, then those of its content."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        try:
            rows = list(dict.fromkeys([*self.declared(), *rows_of(self)]))
        except UnknownName as error:
            log.warning("%s", error, location=self.get_location())
            return []
        listed = self.env.get_domain("notation").data["listed"]
        listed[self.env.docname] = listed.get(self.env.docname, []) + rows
        return [table(["Symbol", "Meaning", "Shape"], [self.cells(*row) for row in rows], "symbols")]

    def cells(self, symbol: str, meaning: str, shape: str) -> list[list[nodes.Node]]:
        return [[formula(symbol)], rich(meaning), [formula(shape)] if shape else []]

    def declared(self) -> Iterator[tuple[str, str, str]]:
        for name in self.arguments[0].split() if self.arguments else ():
            for entry in domain(self.env, name):
                # what a symbol is defined as may be what is asked
                meaning = entry.get("words") if is_for_students() else None
                yield entry["symbol"], meaning or entry["meaning"], entry["shape"]


class NotationDirective(SphinxDirective):
    """``{notation}``: what the lines of its content list holds on every page.

    With ``:examples:`` plain letters are examples, which stand for any; signs with a typeface, as ℝ, are not.
    """

    has_content = True
    option_spec = {"examples": directives.flag}  # noqa: RUF012

    def run(self):
        rows = list(rows_of(self))
        found = {s for row in rows for s in symbols_in(row[0]) if " " in s or "examples" not in self.options}
        general = self.env.get_domain("notation").data["general"]
        general[self.env.docname] = general.get(self.env.docname, set()) | found
        cells = [[[formula(symbol)], rich(meaning)] for symbol, meaning, _ in rows]
        return [table(["Notation", "Meaning"], cells, "symbols")]


class index_of_symbols(nodes.General, nodes.Element):
    """Where the table of all symbols will stand: it is known when every page has been read."""


class IndexOfSymbolsDirective(SphinxDirective):
    """``{index-of-symbols}``: every symbol that a page lists, with its meanings and where it has them."""

    def run(self):
        self.env.get_domain("notation").data["indexes"][self.env.docname] = True
        return [index_of_symbols()]


def order(entry: tuple[str, str]) -> tuple:
    """Latin letters first, without regard to case, then Greek ones, each with its typefaces together."""
    first = next(symbols_in(entry[0]), "")
    letter = first.split()[-1] if first else ""
    return (letter.startswith("\\"), letter.lower(), first, entry)


def collected(env) -> dict[tuple[str, str], list[str]]:
    """(Symbol, meaning) -> the pages that list it."""
    found: dict[tuple[str, str], list[str]] = {}
    for docname, rows in sorted(env.get_domain("notation").data["listed"].items()):
        for symbol, meaning, _ in rows:
            found.setdefault((symbol, meaning), []).append(docname)
    return found


def fill_in(app, doctree, docname):
    for place in list(doctree.findall(index_of_symbols)):
        found = collected(app.env)
        rows = [
            [[formula(key[0])], rich(key[1]), pages(app, docname, found[key])]
            for key in sorted(found, key=order)
        ]
        place.replace_self(table(["Symbol", "Meaning", "Where"], rows, "symbols"))


def pages(app, docname: str, targets: list[str]) -> list[nodes.Node]:
    links: list[nodes.Node] = []
    for target in dict.fromkeys(targets):
        words = nodes.inline("", app.env.titles[target].astext())
        links += [nodes.Text(", "), make_refnode(app.builder, docname, target, "", words)]
    return links[1:]


def write_again(app, env) -> list[str]:
    """Pages with an index of symbols depend on every page."""
    return list(env.get_domain("notation").data["indexes"])


def setup(app):
    app.setup_extension("pieces")
    app.add_domain(NotationDomain)
    app.add_node(index_of_symbols)
    app.add_directive("symbols", SymbolsDirective)
    app.add_directive("notation", NotationDirective)
    app.add_directive("index-of-symbols", IndexOfSymbolsDirective)
    app.connect("env-updated", write_again)
    app.connect("doctree-resolved", fill_in)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
