"""The component form of a line, beside its matrix form where the reader wants it.

Typeset, the component forms weigh as much as the chains.  So a page has empty places for them, and a script of its own
(``components/<page>.js``) that fills them, which is fetched when a reader first chooses them.  A script, unlike data,
may be fetched by a page that was opened from the disk.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from docutils import nodes
from sphinx.util.osutil import relative_uri

from pieces import HTML_ONLY, display
from prerender import html_or_warning

FOLDER = "components"
CALL = "window.fillComponentForms"


class forms(nodes.General, nodes.Element):
    """The forms of one line: its matrix form, then the place of its component form."""


class component_form(nodes.General, nodes.Element):
    """The place of a component form; ``tex`` is what it holds, ``place`` its number on the page."""


class component_forms(nodes.General, nodes.Element):
    """Where a page says which script holds its component forms."""


def both_forms(matrix_form: str, by_entries: str | None) -> nodes.Node:
    """A line as mathematics; with both forms if it has two."""
    if by_entries is None:
        return display(matrix_form)
    return forms("", display(matrix_form), component_form(tex=by_entries))


def visit_forms(translator, node):
    translator.body.append('<div class="forms">')


def depart_div(translator, node):
    translator.body.append("</div>\n")


def visit_component_form(translator, node):
    translator.body.append(f'<div class="math component-form" data-place="{node["place"]}">')


def visit_component_forms(translator, node):
    translator.body.append(f'<div id="component-forms" hidden data-script="{node["script"]}">')


def write_script(app, doctree, docname):
    """The script of a page, written when the page is, and named by its content so that none is out of date."""
    places = list(doctree.findall(component_form))
    if not places or app.builder.format != "html":
        return
    for number, place in enumerate(places):
        place["place"] = number
    typeset = [f'<div class="equation">{html_or_warning(place["tex"], True, place)}</div>' for place in places]
    script = f"{CALL}({json.dumps(typeset, ensure_ascii=False)});\n"
    path = Path(app.outdir, FOLDER, f"{docname}.js")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, encoding="utf-8")
    here = relative_uri(app.builder.get_target_uri(docname), f"{FOLDER}/{docname}.js")
    digest = hashlib.sha256(script.encode()).hexdigest()[:8]
    doctree += component_forms(script=f"{here}?v={digest}")


def setup(app):
    app.add_node(forms, html=(visit_forms, depart_div), **HTML_ONLY)
    app.add_node(component_form, html=(visit_component_form, depart_div), **HTML_ONLY)
    app.add_node(component_forms, html=(visit_component_forms, depart_div), **HTML_ONLY)
    app.connect("doctree-resolved", write_script)
    # One Node process answers one asker: no parallel writing.
    return {"parallel_read_safe": True, "parallel_write_safe": False}
