"""One style sheet for all pages: thirteen requests before anything is seen are a second on a slow line.

The links of a page are replaced as it is written, the sheet is made when all pages are there (``style.mjs``).
Scripts wait until the page is read, in their order.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.util import logging

from prerender import find_node

log = logging.getLogger(__name__)
MAKER = Path(__file__).resolve().parents[1] / "_node" / "style.mjs"
PACKAGES = Path(sys.prefix) / "node" / "node_modules"
LINK = re.compile(r'[ \t]*<link\b[^>]*\brel="stylesheet"[^>]*>\n?')
HREF = re.compile(r'href="([^"]*?)(_static/[^"?]+)[^"]*"')
BLOCKING = re.compile(r'<script src="')
# These need the options at once, and only the page of the search asks for what they say.
OPTIONS = re.compile(r"<script>DOCUMENTATION_OPTIONS\.\w+ = [^<]*;</script>")


class Sheets:
    """The sheets that pages ask for, which must be the same on all."""

    def __init__(self):
        self.names: list[str] = []

    def replaced(self, page: str) -> str:
        links = LINK.findall(page)
        found = [HREF.search(link) for link in links]
        if not links or not all(found):
            return page
        names = [match.group(2) for match in found]
        if self.names and names != self.names:
            log.warning("a page with other style sheets than the rest: %s", set(names) ^ set(self.names))
        self.names = names
        version = hashlib.sha256("".join(links).encode()).hexdigest()[:8]
        one = f'<link rel="stylesheet" href="{found[0].group(1)}_static/style.css?v={version}" />\n'
        return LINK.sub("", page.replace(links[0], one, 1).replace(one, "\0", 1)).replace("\0", one)


def deferred(page: str) -> str:
    """Scripts run when the page is read; the page of the search has some that need each other at once."""
    if "searchtools.js" in page:
        return page
    return BLOCKING.sub('<script defer src="', OPTIONS.sub("", page))


def replace_links(app):
    if app.builder.format != "html":
        return
    app.style_sheets = Sheets()
    render = app.builder.templates.render
    app.builder.templates.render = lambda template, context: deferred(
        app.style_sheets.replaced(render(template, context))
    )


def make_sheet(app, exception):
    if exception or app.builder.format != "html" or not app.style_sheets.names:
        return
    command = [find_node(), str(MAKER), str(app.outdir), *app.style_sheets.names]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env={"NODE_PACKAGES": str(PACKAGES)})
    if run.returncode:
        raise ExtensionError(f"the style sheet cannot be made:\n{run.stderr[-2000:]}")


def setup(app):
    app.connect("builder-inited", replace_links, priority=600)
    # after what is not shipped is taken out, and the scripts of all pages are there
    app.connect("build-finished", make_sheet, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
