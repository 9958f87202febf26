"""The audit of the grader as a table: ``{audit}``."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import checks
from checks.audit import Row, audit, upper_bound
from checks.exercises import EXERCISES
from pieces import paragraph, table

log = logging.getLogger(__name__)
ROOT = Path(checks.__file__).resolve().parent
HEAD = ["exercise", "kind", "right answers", "refused", "at most", "wrong answers", "accepted", "at most"]


class AuditDirective(SphinxDirective):
    """Every exercise, held against its known answers while the page is built; a wrong verdict is a warning."""

    def run(self):
        for path in sorted(ROOT.rglob("*.py")):
            if "meta" not in path.parts:
                self.env.note_dependency(str(path))
        rows = [audit(exercise) for exercise in EXERCISES.values()]
        for row in rows:
            self.complain(row)
        return [table(HEAD, [cells(row) for row in rows], "audit"), self.total(rows)]

    def complain(self, row: Row) -> None:
        for said, names in (("refused", row.rejected), ("accepted", row.accepted)):
            for name in names:
                log.warning("%s: %s is %s", row.exercise.name, name, said, location=self.get_location())

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
    link = nodes.literal("", row.exercise.name)
    counted = [
        row.exercise.kind,
        row.wheats,
        refused,
        percent(upper_bound(refused, row.wheats)),
        row.chaffs,
        accepted,
        percent(upper_bound(accepted, row.chaffs)),
    ]
    return [[link], *([nodes.Text(str(value))] for value in counted)]


def percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"


def setup(app):
    app.setup_extension("pieces")
    app.add_directive("audit", AuditDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
