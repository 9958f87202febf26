"""What is in the finished folder: what the theme ships and no page uses is taken out of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

# Patterns below `_static`, and why they go.
NOT_SHIPPED = {
    "**/*.map": "for those who work on the theme",
    "scripts/fontawesome.js*": "book.css draws the eight icons that are used",
    "vendor": "the font of the same icons",
    "locales": "the book is in English",
    "file.png": "of a theme that is not in use",
    "minus.png": "the same",
    "plus.png": "the same",
    "*webpack-macros.html": "templates",
}
FONT_OF_ICONS = re.compile(r"@font-face\s*\{[^}]*Font Awesome[^}]*\}")


def without_font_of_icons(css: str) -> str:
    """157 kB that a browser would fetch for the first icon."""
    return FONT_OF_ICONS.sub("", css)


def take_out(static: Path) -> None:
    for pattern in NOT_SHIPPED:
        for path in list(static.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in static.glob("styles/*.css"):
        path.write_text(without_font_of_icons(path.read_text(encoding="utf-8")), encoding="utf-8")


def finish(app, exception):
    if exception is None and app.builder.format == "html":
        take_out(Path(app.outdir) / "_static")


def setup(app):
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
