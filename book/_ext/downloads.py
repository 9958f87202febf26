"""Data behind figures as files of the site: a page does not carry them, and a link needs no script.

A figure's link holds its data (`drawn.data_link`), since executed cells are cached and can leave no files.  When the
page is written they become ``_downloads/data/PAGE/NAME.csv``, and the link points there.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

LINK = re.compile(r'(<a class="data" download="([\w-]+\.csv)" href=")(data:text/csv;charset=utf-8,[^"]*)"')


def extract(app, pagename, templatename, context, doctree):
    if doctree is None or "body" not in context:
        return

    def filed(match: re.Match) -> str:
        place = f"_downloads/data/{pagename}/{match[2]}"
        path = Path(app.outdir) / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(unquote(unescape(match[3]).partition(",")[2]), encoding="utf-8")
        return f'{match[1]}{context["pathto"](place, 1)}"'

    context["body"] = LINK.sub(filed, context["body"])


def setup(app):
    app.connect("html-page-context", extract)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
