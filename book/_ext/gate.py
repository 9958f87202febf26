"""What a finished site must not hold, and Sphinx's warnings miss: ``python book/_ext/gate.py _build/html``.

Looked for on every page: TeX that was not understood, requests that leave the site, undescribed pictures, figures
without data.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from figure_gate import faults_of

# attributes that make a browser fetch something when it opens the page
FETCHED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src",
    "embed": "src", "object": "data", "link": "href",
}  # fmt: skip
FETCHING_LINKS = {"stylesheet", "preload", "modulepreload", "prefetch", "preconnect", "icon", "manifest"}


class Page(HTMLParser):
    """Collects the faults of one page, each with its line."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def fault(self, text: str) -> None:
        self.faults.append(f"line {self.getpos()[0]}: {text}")

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if "katex-error" in attributes.get("class", "").split():
            self.fault("TeX that KaTeX did not understand")
        if tag == "img" and "alt" not in attributes:
            self.fault(f"picture without a description: {attributes.get('src')}")
        self.check_request(tag, attributes)

    handle_startendtag = handle_starttag

    def check_request(self, tag, attributes):
        url = attributes.get(FETCHED.get(tag, ""), "")
        if tag == "link" and not FETCHING_LINKS & set(attributes.get("rel", "").lower().split()):
            return
        if url.lower().startswith(("http:", "https:", "//")):
            self.fault(f"a request that leaves the site: <{tag}> {url}")


def faults(folder: Path) -> Iterator[str]:
    """Every fault in every page below a folder, with its place."""
    pages = sorted(folder.rglob("*.html"))
    if not pages:
        yield f"{folder}: no pages"
    for path in pages:
        page, text = Page(), path.read_text(encoding="utf-8")
        page.feed(text)
        yield from (f"{path}: {fault}" for fault in (*page.faults, *faults_of(path, text)))
    for path in sorted(folder.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        if "url(http" in text or "url(//" in text or "@import url(http" in text:
            yield f"{path}: a request that leaves the site"


if __name__ == "__main__":
    found = list(faults(Path(sys.argv[1])))
    print("\n".join(found) or "gate: no bad TeX, no outside request, no picture without a description")
    sys.exit(bool(found))
