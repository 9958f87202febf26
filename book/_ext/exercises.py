"""Exercises on the page, from the exercises themselves: ``{exercises} name …`` or ``{exercises} rnn.*``."""

from __future__ import annotations

import fnmatch
import html
import json
import shlex
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import checks
from pieces import disclosure, paragraph, rich, summary
from places import place_id
from reports import nearest

log = logging.getLogger(__name__)
ROOT = Path(checks.__file__).resolve().parent
DERIVE_OPTIONS = ("wrt", "shapes", "scalars", "symmetric")


class ExercisesDirective(SphinxDirective):
    """Each exercise: statement, hints folded away one by one, a starter, and the command that grades it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        for path in [*sorted(ROOT.glob("exercises/*.py")), ROOT / "__init__.py"]:
            self.env.note_dependency(str(path))
        kept = nodes.raw("", '<div class="answers-kept"></div>', format="html")
        return [*(self.exercise(checks.get(name)) for name in self.chosen()), kept]

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
        box += answer_box(exercise)
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
        listed = nodes.enumerated_list(
            "", *claims, enumtype="loweralpha", prefix="(", suffix=")", classes=["claims"]
        )
        return [listed]

    def markdown(self, text: str, source: str) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse(StringList(text.splitlines(), source=source), self.content_offset, holder)
        return holder.children

    def folded(self, title: str, content: list[nodes.Node]) -> disclosure:
        return disclosure("", summary("", title), *content, classes=["folded"])

    def code(self, text: str, language: str) -> nodes.literal_block:
        return nodes.literal_block(text, text, language=language)


class DeriveDirective(SphinxDirective):
    """``{derive} log(det(X))`` with ``:wrt: X``: a box to change the expression in, and to derive it anew."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = dict.fromkeys(DERIVE_OPTIONS, directives.unchanged)

    def run(self):
        given = {"expression": self.arguments[0], **self.options}
        place = f"derive-{self.env.new_serialno('derive')}"
        options = [word for name in DERIVE_OPTIONS if name in given for word in (f"--{name}", given[name])]
        words = shlex.join(["python", "-m", "derivations", "gradient", *options, "--", given["expression"]])
        command = nodes.literal_block(words, words, language="console")
        return [nodes.raw("", f'<div id="{place}" data-derive="{attribute(given)}"></div>', format="html"), command]


def attribute(data: dict) -> str:
    return html.escape(json.dumps(data, ensure_ascii=False), quote=True)


def answer_box(exercise) -> nodes.raw:
    """Where a script puts the box to answer in; nothing without one."""
    about = {
        "place": f"exercise-{place_id(exercise.name)}",
        **{field: getattr(exercise, field) for field in ("name", "kind", "identifier")},
        **KINDS.get(exercise.kind, lambda exercise: {})(exercise),
    }
    return nodes.raw("", f'<div data-exercise="{attribute(about)}"></div>', format="html")


def in_symbols(exercise) -> dict:
    """The names that an answer is written in, with their shapes."""
    shaped = [f"<code>{name}</code> ({' × '.join(map(str, shape))})" for name, shape in exercise.shapes.items()]
    numbers = [f"<code>{name}</code>" for name in exercise.real]
    positive = [f"<code>{name}</code> (positive)" for name in exercise.positive]
    listed = ", ".join([*shaped, *numbers, *positive])
    return {"symbols": f"Write it in {listed}: as text, <code>A.T*x</code>, or as LaTeX."}


def pieces_of(exercise) -> dict:
    pieces = [{"name": p.name, "shape": [str(n) for n in p.shape], "meaning": p.meaning} for p in exercise.pieces]
    names = {
        p.name: {"name": name, "dimensions": len(p.shape)}
        for p, name in zip(exercise.pieces, exercise.identifiers, strict=True)
    }
    return {"pieces": pieces, "identifiers": names}


KINDS = {
    "formula": in_symbols,
    "chain": in_symbols,
    "witness": pieces_of,
    "choice": lambda exercise: {"letters": exercise.letters, "several": exercise.several},
    "function": lambda exercise: {"template": exercise.template},
}


def serve_scripts(app, pagename, templatename, context, doctree):
    """The scripts of the boxes go to the pages that have one."""
    if doctree is not None and any("data-" in raw.astext() for raw in doctree.findall(nodes.raw)):
        for script in ("engine.js", "answers.js"):
            app.add_js_file(f"engine/{script}", loading_method="defer")


def setup(app):
    app.setup_extension("pieces")
    app.add_directive("exercises", ExercisesDirective)
    app.add_directive("derive", DeriveDirective)
    app.connect("html-page-context", serve_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
