"""For a person at a terminal: a progress bar over a batch, and colours in the text report."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

STYLES = {
    r"(?m)^\S.*: \d+ of \d+ points$": "bold",
    r"(?m)^  [\w.]+ +right\b": "green",
    r"(?m)^  [\w.]+ +wrong\b": "red",
    r"(?m)^  [\w.]+ +not answered\b": "dim",
    r"(?m)^      Hint \d+ of \d+:": "cyan",
}
LONGEST = 60


class Bar:
    """How many are graded, and the file and exercise at hand.  It is drawn anew when something happens and not by a
    thread, which a fork might catch with a lock in its hands."""

    def __init__(self, total: int, console: Console | None = None):
        named = TextColumn("{task.description}", markup=False)
        columns = (MofNCompleteColumn(), BarColumn(), TimeElapsedColumn(), named)
        console = console or Console(stderr=True)
        quiet = {"redirect_stdout": False, "redirect_stderr": False}
        self.progress = Progress(*columns, console=console, transient=True, auto_refresh=False, **quiet)
        self.task = self.progress.add_task("", total=total)

    def __call__(self, text: str) -> None:
        shown = text if len(text) <= LONGEST else f"…{text[1 - LONGEST :]}"
        self.progress.update(self.task, description=shown, refresh=True)

    def done(self) -> None:
        self.progress.advance(self.task)
        self.progress.refresh()

    def __enter__(self) -> Bar:
        self.progress.start()
        return self

    def __exit__(self, *exception) -> None:
        self.progress.stop()


def coloured(report: str) -> Text:
    """The report with its verdicts coloured, not a character changed."""
    text = Text(report)
    for pattern, style in STYLES.items():
        text.highlight_regex(pattern, style)
    return text


def show(report: str) -> None:
    Console(highlight=False).print(coloured(report), end="", soft_wrap=True)
