"""A derivation, or any expression, as NumPy, JAX, PyTorch, JavaScript or LaTeX source.

Arguments are the symbols that nothing defines.  A symbol with a definition becomes a line, a family
with a recurrence a loop, forward or backward as its indices ask; a definition that is only a meaning,
such as the adjoint ∂ℒ/∂h_t, is computed by the recurrence that a derivation in `uses` has shown for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy import Basic

from .chain import Derivation, Induction, Line
from .domain import Equation
from .exporters.languages import LANGUAGES
from .exporters.operations import ExportError
from .exporters.program import Program, Subject
from .printing import latex, text
from .report import RELATION_TEX

__all__ = ["TARGETS", "ExportError", "export"]

TARGETS = (*LANGUAGES, "latex")


def export(
    source,
    language: str,
    name: str | None = None,
    arguments: Sequence[str] = (),
    result: str | None = None,
    line: int | None = None,
    expression: Basic | None = None,
    given: Sequence[str] = (),
) -> str:
    """Source in `language` (one of `TARGETS`) of a function for an expression or a derivation's result.

    `name`: of the function.  `arguments`: names of those that come first, in this order.  Of a derivation,
    instead of what it concludes: `result`, one that has this name; `line`, the right side of this line, counted
    from 1 (the first is what is asked); `expression`, any in its symbols.  `given`: names of symbols that
    are arguments although the derivation defines them.  Axes of length one are dropped: columns and rows are
    vectors, 1 x 1 matrices are numbers.  Raises `ExportError` for what there is no source for.
    """
    if language not in TARGETS:
        raise ExportError(f"no language is called {language!r}; there are {', '.join(TARGETS)}")
    if isinstance(source, Derivation | Induction):
        subject = _other_subject(source, line, expression) or _subject_of(source, result)
        subject = _taken_as_given(subject, given)
    else:
        subject = Subject(source, "", text(source))
    if language == "latex":
        if line is not None or expression is not None:
            return latex(subject.expression) + "\n"
        return _as_latex(source, subject, result) + "\n"
    return Program(subject, LANGUAGES[language], name or subject.name).write(arguments)


def _subject_of(derivation, result) -> Subject:
    if result is not None and result not in derivation.results:
        known = ", ".join(derivation.results) or "none"
        raise ExportError(f"{derivation.name} has no result called {result!r}; named results: {known}")
    found = derivation.result(result)
    if isinstance(found, Line):
        left, relation, expression = text(found.left), found.relation, found.right
    else:
        left, relation, expression = result or text(_left(derivation)), derivation.relation, found
    name = "_".join(filter(None, (derivation.name.rpartition(".")[2], result)))
    equations = (*derivation.domain.definitions, *_lemmas(derivation))
    formula = f"{left} {relation} {text(expression)}"
    return Subject(expression, derivation.title, formula, name, derivation.domain.declarations, equations)


def _other_subject(derivation, line: int | None, expression: Basic | None) -> Subject | None:
    """A line of a derivation, or an expression in its symbols, if one of them is asked for."""
    if line is not None:
        if isinstance(derivation, Induction):
            raise ExportError(f"{derivation.name} is an induction: its lines are not lines of one chain")
        if not 1 <= line <= len(derivation.lines):
            raise ExportError(f"{derivation.name} has lines 1 to {len(derivation.lines)}, not {line}")
        expression = derivation.lines[line - 1].right
    if expression is None:
        return None
    equations = (*derivation.domain.definitions, *_lemmas(derivation, own=False))
    name = "_".join([derivation.name.rpartition(".")[2], *([str(line)] if line else [])])
    return Subject(expression, "", text(expression), name, derivation.domain.declarations, equations)


def _taken_as_given(subject: Subject, given: Sequence[str]) -> Subject:
    """Without the definitions of the symbols of these names."""
    defined = {str(e.left) for e in subject.equations if e.index is None}
    if unknown := [name for name in given if name not in defined]:
        raise ExportError(f"nothing defines {', '.join(unknown)}, so it is an argument as it is, or none")
    return replace(subject, equations=tuple(e for e in subject.equations if str(e.left) not in given))


def _left(derivation) -> Basic:
    return derivation.claim.left if isinstance(derivation, Induction) else derivation.lines[-1].left


def _lemmas(derivation, own: bool = True) -> Iterator[Equation]:
    """What the derivation and those that it uses conclude; not `own`: those that it uses alone."""
    for used in derivation.uses:
        yield from _lemmas(used)
    if own and derivation.relation == "=":
        yield derivation.conclusion


def _as_latex(source, subject, result) -> str:
    if result is not None or isinstance(source, Basic):
        return latex(subject.expression)
    return f"{latex(_left(source))} {RELATION_TEX[source.relation]} {latex(subject.expression)}"
