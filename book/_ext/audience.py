"""Whom a build is for: ``EDITION=student`` in its environment makes the edition without answers (`edition`)."""

from __future__ import annotations

import os

from sphinx.errors import ExtensionError

EDITIONS = ("", "student")


def is_for_students() -> bool:
    edition = os.environ.get("EDITION", "")
    if edition not in EDITIONS:
        raise ExtensionError(f"no edition {edition!r}: EDITION is unset or {EDITIONS[1]!r}")
    return edition == "student"
