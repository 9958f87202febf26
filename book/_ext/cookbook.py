"""The Matrix Cookbook's chapter 2 on the page: directives ``cookbook``, the table, and ``worked``, one chain.

Every cell is computed while the page is read: our gradient, its verdict, and what SymPy's own ``diff`` does.
"""

from __future__ import annotations

import signal
import threading
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from ahead import PLANS, take
from chains import part_nodes
from derivations import cookbook, report
from derivations.matrix_calculus import derive_gradient, derive_jacobian
from derivations.printing import latex
from pieces import formula, paragraph, rich, span, table

log = logging.getLogger(__name__)

SECONDS_OF_A_ROW = 5


def within_seconds(compute: Callable):
    """`compute()`, or `TimeoutError` after `SECONDS_OF_A_ROW`; unbounded outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return compute()

    def late(signum, frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_OF_A_ROW)
    try:
        return compute()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def judged(number: str) -> tuple[str, str, str]:
    """An equation's verdict, our gradient in LaTeX, and what SymPy's own `diff` does."""
    row = next(row for row in cookbook.ROWS if row.number == number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = cookbook.right_wrong_or_error(row, within_seconds)
    return str(cookbook.verdict(row)), latex(cookbook.answer(row)), theirs


def rows_to_judge(env) -> dict[tuple, tuple]:
    """Every equation that is derived, unless the page has been read already."""
    name = Path(cookbook.__file__).name
    read = any(Path(path).name == name for paths in env.dependencies.values() for path in paths)
    return {} if read else {("cookbook", r.number): (judged, r.number) for r in cookbook.ROWS if not r.refused}


PLANS.append(rows_to_judge)


class CookbookDirective(SphinxDirective):
    """``{cookbook}``: each equation's expression, gradient, verdict and SymPy's answer; and totals."""

    def run(self):
        self.env.note_dependency(cookbook.__file__)
        counts: Counter = Counter()
        rows = [self.row(row, counts) for row in cookbook.ROWS]
        head = ["No.", "Verdict", "SymPy", "Expression", "Our gradient"]
        return [self.totals(counts), table(head, rows, "cookbook")]

    def row(self, row: cookbook.Row, counts: Counter):
        number = [nodes.Text(row.number)]
        if row.refused:
            counts["refused"] += 1
            return [number, [span("refused", "refused")], [], rich(row.refused), []]
        verdict, ours, theirs = take(("cookbook", row.number), judged, row.number)
        counts[str(verdict)] += 1
        counts[f"SymPy {theirs.partition(':')[0]}"] += 1
        if verdict in ("REFUTED", "UNDECIDED"):
            log.warning("Matrix Cookbook (%s) is %s", row.number, verdict, location=self.get_location())
        note = f", {row.note}" if row.note else ""
        badge = span(str(verdict), "tally", str(verdict).lower())
        expression, variable = formula(latex(row.expression)), formula(latex(row.variable))
        asked = [expression, nodes.Text(" by "), variable, nodes.Text(note)]
        return [number, [badge], rich(theirs), asked, [formula(ours)]]

    def totals(self, counts: Counter) -> nodes.paragraph:
        derived = len(cookbook.ROWS) - counts["refused"]
        return paragraph(
            f"Of {len(cookbook.ROWS)} equations {derived} are derived here, {counts['PROVED']} of them with "
            f"every step proved; {counts['refused']} are refused. SymPy's `diff` is right on "
            f"{counts['SymPy right']} of these {derived}, wrong without a word on {counts['SymPy wrong']}, "
            f"and raises or returns no matrix on {counts['SymPy error']}."
        )


class WorkedDirective(SphinxDirective):
    """``{worked} 57``: the chain behind an equation of the table, line by line."""

    required_arguments = 1

    def run(self):
        self.env.note_dependency(cookbook.__file__)
        found = next((row for row in cookbook.ROWS if row.number == self.arguments[0]), None)
        if found is None or found.refused:
            log.warning("no equation (%s) is derived", self.arguments[0], location=self.get_location())
            return []
        derive = derive_jacobian if found.is_jacobian else derive_gradient
        checked = report.as_dict(derive(found.expression, found.variable, found.assumptions))
        lines = [
            node for part in checked["parts"] for node in part_nodes(part, None, self.env.docname, False)
        ]
        return [nodes.container("", *lines, classes=["derivation"])]


def setup(app):
    app.setup_extension("chains")
    app.add_directive("cookbook", CookbookDirective)
    app.add_directive("worked", WorkedDirective)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
