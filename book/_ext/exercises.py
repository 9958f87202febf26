"""Exercises on the page, from the exercises themselves: ``{exercises} name …`` or ``{exercises} rnn.*``."""

from __future__ import annotations

import fnmatch
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import checks
from pieces import disclosure, paragraph, rich, summary
from places import place_id
from reports import nearest

log = logging.getLogger(__name__)
ROOT = Path(checks.__file__).resolve().parent



class ExercisesDirective(SphinxDirective):
    """Each exercise: statement, hints folded away one by one, a starter, and the command that grades it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        for path in [*sorted(ROOT.glob("exercises/*.py")), ROOT / "__init__.py"]:
            self.env.note_dependency(str(path))
        return [self.exercise(checks.get(name)) for name in self.chosen()]

    def chosen(self) -> list[str]:
        names = list(checks.names())
        out: list[str] = []
        for pattern in self.arguments[0].split():
            found = fnmatch.filter(names, pattern)
            if not found:
                message = "no exercise %r%s"
                log.warning(message, pattern, nearest(pattern, names), location=self.get_location())
            out += [name for name in found if name not in out]
        return out

    def exercise(self, exercise) -> nodes.container:
        box = nodes.container("", classes=["exercise"], ids=[f"exercise-{place_id(exercise.name)}"])
        points = f"{exercise.points} point{'s' if exercise.points != 1 else ''}"
        box += nodes.paragraph("", "", *rich(exercise.title), classes=["exercise-title"])
        about = [nodes.literal("", exercise.name), nodes.Text(f" · {exercise.kind} · {points}")]
        box += nodes.paragraph("", "", *about, classes=["exercise-about"])
        box += self.markdown(exercise.statement, exercise.name)
        box += self.claims(exercise)
        for number, hint in enumerate(exercise.hints, 1):
            box += self.folded(f"Hint {number}", self.markdown(hint, exercise.name))
        starter = "answers.py" if exercise.kind == "function" else "answers.toml, or answers.py"
        box += self.folded(f"Starter for {starter}", [self.code(exercise.template, "python")])
        box += self.code(f"python -m checks grade answers.py --exercise {exercise.name}", "console")
        return box

    def claims(self, exercise) -> list[nodes.Node]:
        """What a choice exercise offers, each claim after its letter."""
        if exercise.kind != "choice":
            return []
        claims = [nodes.list_item("", paragraph(exercise.option(x).text)) for x in exercise.letters]
        listed = nodes.enumerated_list("", *claims, enumtype="loweralpha", prefix="(", suffix=")")
        return [listed]

    def markdown(self, text: str, source: str) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse(StringList(text.splitlines(), source=source), self.content_offset, holder)
        return holder.children

    def folded(self, title: str, content: list[nodes.Node]) -> disclosure:
        return disclosure("", summary("", title), *content, classes=["folded"])

    def code(self, text: str, language: str) -> nodes.literal_block:
        return nodes.literal_block(text, text, language=language)


def setup(app):
    app.setup_extension("pieces")
    app.add_directive("exercises", ExercisesDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
