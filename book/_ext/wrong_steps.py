"""Classic wrong steps below a chain, each with the smallest world in which it fails."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes

from checks import wrong_steps as classic
from pieces import disclosure, display, rich, span, summary

#: what the steps and their explanations are made from, beside the derivation
FILES = (Path(classic.__file__), *sorted(Path(classic.__file__).parent.glob("exercises/*.py")))


def wrong_steps(env, name: str) -> list[nodes.Node]:
    """A folded block of class ``wrong-steps``; nothing where no wrong step of the derivation is known."""
    for path in FILES:
        env.note_dependency(str(path))
    steps = classic.wrong_steps(name)
    if not steps:
        return []
    items = nodes.bullet_list("", *map(item, steps), classes=["wrong-steps"])
    return [disclosure("", summary("", "Classic wrong steps"), items, classes=["wrong-steps"])]


def item(step: classic.WrongStep) -> nodes.list_item:
    name = nodes.paragraph("", "", span(step.name, "wrong-name"))
    name += [nodes.Text(": "), *rich(step.explanation)]
    fails = f"Smallest counterexample, what is derived first: {step.counterexample}."
    return nodes.list_item("", name, display(step.equation), nodes.paragraph(fails, fails, classes=["counterexample"]))
