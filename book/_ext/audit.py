"""The audit of the grader as a table: ``{audit}``."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import checks
import derivations
from ahead import PLANS, take
from checks.audit import Row, audit, upper_bound
from checks.exercises import EXERCISES
from pieces import paragraph, table
from reports import digest

log = logging.getLogger(__name__)
ROOT = Path(checks.__file__).resolve().parent
HEAD = ["exercise", "kind", "right answers refused", "at most", "wrong answers accepted", "at most"]


def files(name: str) -> list[Path]:
    """What the audit of an exercise depends on: the grader, its chapter, the derivations of that stem."""
    stem = name.split(".")[0]
    chapters = {other.split(".")[0] for other in EXERCISES} - {stem}
    grader = (p for p in ROOT.rglob("*.py") if not {"meta", "oracles"} & set(p.parts))
    return [*(p for p in grader if p.stem.removesuffix("_slips") not in chapters), *derivations.modules(name)]


def audited(name: str) -> Row:
    return audit(EXERCISES[name])


def kept(env) -> dict[str, tuple[str, Row]]:
    """The rows that the environment holds: exercise -> (state of the files, row)."""
    return env.__dict__.setdefault("audited_exercises", {})


def is_kept(env, name: str) -> bool:
    return name in kept(env) and kept(env)[name][0] == digest(files(name))


def row(env, name: str) -> Row:
    if not is_kept(env, name):
        log.info("auditing %s", name)
        kept(env)[name] = (digest(files(name)), take(("audit", name), audited, name))
    return kept(env)[name][1]


def missing(env) -> dict[tuple, tuple]:
    """What will have to be audited."""
    return {("audit", name): (audited, name) for name in EXERCISES if not is_kept(env, name)}


PLANS.append(missing)


class AuditDirective(SphinxDirective):
    """Every exercise, held against its known answers while the page is built; a wrong verdict is a warning."""

    def run(self):
        for path in {path for name in EXERCISES for path in files(name)}:
            self.env.note_dependency(str(path))
        rows = [row(self.env, name) for name in EXERCISES]
        for found in rows:
            self.complain(found)
        return [table(HEAD, [cells(found) for found in rows], "audit"), self.total(rows)]

    def complain(self, row: Row) -> None:
        for said, names in (("refused", row.rejected), ("accepted", row.accepted)):
            for name in names:
                log.warning("%s: %s is %s", row.name, name, said, location=self.get_location())

    def total(self, rows: list[Row]) -> nodes.paragraph:
        wheats, chaffs = sum(r.wheats for r in rows), sum(r.chaffs for r in rows)
        refused, accepted = sum(len(r.rejected) for r in rows), sum(len(r.accepted) for r in rows)
        return paragraph(
            f"In all {refused} of {wheats} right answers were refused (rate at most "
            f"{percent(upper_bound(refused, wheats))}), and {accepted} of {chaffs} wrong ones accepted (at most "
            f"{percent(upper_bound(accepted, chaffs))})."
        )


def cells(row: Row) -> list[list[nodes.Node]]:
    refused, accepted = len(row.rejected), len(row.accepted)
    link = nodes.literal("", row.name)
    counted = [
        row.kind,
        tally(refused, row.wheats),
        percent(upper_bound(refused, row.wheats)),
        tally(accepted, row.chaffs),
        percent(upper_bound(accepted, row.chaffs)),
    ]
    return [[link], *([nodes.Text(str(value))] for value in counted)]


def tally(faults: int, tried: int) -> str:
    return f"{faults} of {tried}".replace(" ", "\N{NO-BREAK SPACE}")


def percent(rate: float) -> str:
    return f"{100 * rate:.2g}\N{NO-BREAK SPACE}%"


def setup(app):
    app.setup_extension("pieces")
    app.add_directive("audit", AuditDirective)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
