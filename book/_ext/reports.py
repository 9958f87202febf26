"""What checking a derivation says, asked once for each state of the files that the derivation depends on."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging

import derivations
from ahead import PLANS, take
from derivations import report
from pieces import span

log = logging.getLogger(__name__)

VERDICTS = ("PROVED", "SUPPORTED", "REFUTED", "UNDECIDED")
FAILURES = ("REFUTED", "UNDECIDED")


class UnknownName(LookupError):
    """No such derivation, line, part or result; the message says what there is."""


def nearest(name: str, names) -> str:
    """The end of a message about an unknown name: what may have been meant."""
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    known = ", ".join(sorted(names)) or "none"
    return f"; did you mean {' or '.join(close)}?" if close else f"; there are {known}"


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


def checked_now(name: str) -> dict:
    try:
        return report.as_dict(derivations.get(name))
    except Exception as error:
        raise ExtensionError(f"checking {name} broke off: {error!r}") from error


def kept(env) -> dict[str, tuple[str, dict]]:
    """The reports that the environment holds: name -> (state of the files, report)."""
    return env.__dict__.setdefault("verified_derivations", {})


def is_kept(env, name: str) -> bool:
    return name in kept(env) and kept(env)[name][0] == digest(derivations.modules(name))


def known(name: str) -> str:
    if name not in derivations.names():
        raise UnknownName(f"no derivation {name!r}{nearest(name, derivations.names())}")
    return name


def domain(env, name: str) -> list[dict]:
    """The symbols of a derivation."""
    depend_on(env, known(name))
    return report.domain(derivations.get(name))


def verified(env, name: str) -> dict:
    """The report of a derivation; the page being read will be read again when one of its files changes."""
    known(name)
    state = digest(depend_on(env, name))
    if not is_kept(env, name):
        log.info("checking %s", name)
        kept(env)[name] = (state, take(name, checked_now, name))
    return kept(env)[name][1]


def missing(env) -> dict[str, tuple]:
    """What will have to be checked."""
    return {name: (checked_now, name) for name in derivations.names() if not is_kept(env, name)}


PLANS.append(missing)


def failures(checked: dict) -> Iterator[str]:
    """A sentence for every line that is refuted or undecided."""
    for line in (line for part in checked["parts"] for line in part["lines"]):
        if line["verdict"] in FAILURES:
            evidence = line.get("evidence") or {}
            why = evidence.get("counterexample") or line.get("problem") or evidence.get("method")
            yield f"{line['label']} is {line['verdict']}: {why}"


def result_latex(env, text: str) -> str:
    """The formula that ``name`` (its last line's right side) or ``name:key`` names."""
    name, _, key = text.strip().partition(":")
    results = verified(env, name)["results"]
    key = key or "result"
    if key not in results:
        raise UnknownName(f"{name} has the results {', '.join(results)}, not {key!r}")
    return results[key]


def tally(verdicts: dict[str, int]) -> list[nodes.Node]:
    """The verdicts that occur, each with its count and in its colour."""
    out: list[nodes.Node] = []
    for verdict in VERDICTS:
        if verdicts.get(verdict):
            out += [span(f"{verdicts[verdict]} {verdict}", "tally", verdict.lower()), nodes.Text(" ")]
    return out
