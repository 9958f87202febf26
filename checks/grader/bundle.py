"""The grader as a zip file for Gradescope: setup.sh and run_autograder, and what they need of this project.

No known answers go along, nor tests; exercises hold no key, so nothing in the bundle gives one away.
"""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("derivations", "checks/exercises", "checks/grader", "checks/equality")
FILES = ("checks/__init__.py", "checks/__main__.py", "LICENSE")
THEN = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same sources give the same bytes."""

SETUP = """\
#!/usr/bin/env bash
# Run once by Gradescope, in /autograder/source, to prepare the image.
set -euo pipefail
cd "$(dirname "$0")"

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    apt-get update
    apt-get install -y python3.11 python3.11-venv
    python=python3.11
fi
"$python" -m venv .venv
.venv/bin/python -m pip install --constraint constraints.txt --requirement requirements.txt
"""

RUN = """\
#!/usr/bin/env bash
# Run by Gradescope for each submission; leaves results/results.json whatever happens.
set -uo pipefail
root="${AUTOGRADER:-/autograder}"
python="${PYTHON:-$root/source/.venv/bin/python}"
mkdir -p "$root/results"
cd "$root/source"
"$python" -m checks grade "$root/submission" --format gradescope --out "$root/results" 2> "$root/results/errors.txt"
if [ $? -gt 1 ]; then
    "$python" - "$root/results" << 'END'
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
said = (folder / "errors.txt").read_text(errors="replace")[-2000:]
(folder / "results.json").write_text(json.dumps({"score": 0, "output": said, "output_format": "text"}))
END
fi
"""


def bundle(path: Path) -> None:
    """Write the zip file; an existing one is replaced."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in sorted(entries()):
            info = zipfile.ZipInfo(name, THEN)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100000 | mode) << 16
            archive.writestr(info, content)


def entries() -> Iterator[tuple[str, bytes, int]]:
    """Name, content and permissions of each entry."""
    yield "setup.sh", SETUP.encode(), 0o755
    yield "run_autograder", RUN.encode(), 0o755
    yield "requirements.txt", "\n".join([*needed(), ""]).encode(), 0o644
    yield "constraints.txt", (ROOT / "requirements.txt").read_bytes(), 0o644
    for path in sorted({*map(ROOT.joinpath, FILES), *sources()}):
        yield path.relative_to(ROOT).as_posix(), path.read_bytes(), 0o644


def sources() -> Iterator[Path]:
    for part in PARTS:
        found = (p for p in (ROOT / part).rglob("*") if p.suffix in (".py", ".json"))
        yield from (p for p in found if "__pycache__" not in p.parts)


def needed() -> list[str]:
    """The direct dependencies, and IPython for notebooks; their versions are those of the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], "ipython"]
