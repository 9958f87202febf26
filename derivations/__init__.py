"""Derivations that check themselves.  `names()` lists them, `get(name)` returns one.

Nothing is imported before it is asked for, so that a reader's browser loads only what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

TOPICS = (
    "rnn",
    "rnn_long_range",
    "rnn_remedies",
    "variational",
    "normalizing_flow",
    "bump_flow",
    "gaussian_process",
    "relu_extrapolation",
    "bayesian_network",
)


class UnknownName(KeyError):
    """No derivation has this name; the message suggests the nearest."""

    def __str__(self) -> str:
        return self.args[0]


def topic(stem: str) -> dict:
    """The derivations of one module, by name."""
    return {d.name: d for d in import_module(f"{__name__}.{stem}").DERIVATIONS}


def names() -> tuple[str, ...]:
    """Every derivation's name, in the order of the homework."""
    return tuple(name for stem in TOPICS for name in topic(stem))


def get(name: str):
    """The `Derivation` or `Induction` of this name; raises `UnknownName`."""
    stem = name.partition(".")[0]
    found = topic(stem).get(name) if stem in TOPICS else None
    if found is None:
        near = get_close_matches(name, names(), n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(names())}"
        raise UnknownName(f"no derivation is called {name!r}{hint}")
    return found


def chosen(wanted: Iterable[str]) -> tuple[str, ...]:
    """The derivations that are named, by their names or by topics; all, if none is.  Raises `UnknownName`."""
    found = [name for each in wanted for name in (topic(each) if each in TOPICS else (get(each).name,))]
    return tuple(dict.fromkeys(found)) or names()


def modules(name: str) -> tuple[Path, ...]:
    """The source files that a derivation rests on: its topic's and the shared ones."""
    folder = Path(__file__).parent
    shared = [p for p in folder.glob("*.py") if p.stem not in TOPICS]
    return tuple(sorted([folder / f"{name.partition('.')[0]}.py", *shared]))
