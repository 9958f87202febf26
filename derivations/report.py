"""A checked derivation as plain data, for the terminal, for JSON and for the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sympy import Symbol

from .chain import Derivation, Induction, Line, Rule, Verdict
from .component_printing import component_latex, component_text
from .components import components
from .domain import Declaration, Equation, Inequality
from .expressions import Family, VectorFunction
from .printing import TEX_NAMES, latex, text
from .small_steps import is_small
from .verification import AGREEMENT_DIGITS, POINTS, SEED, CheckedLine, check

METHODS = {
    Verdict.PROVED: "the rule yields this line, for every size; independent numbers agree",
    Verdict.SUPPORTED: "no symbolic proof; independent numbers agree",
    Verdict.REFUTED: "a counterexample",
    Verdict.UNDECIDED: "no point could be evaluated",
    None: "a definition",
}


def as_dict(derivation: Derivation | Induction, points: int = POINTS, seed: int = SEED) -> dict:
    """The derivation with every line checked.  The same arguments give the same answer."""
    parts = []
    number = 0
    for (title, part), lines in zip(derivation.parts, check(derivation, points, seed).values(), strict=True):
        rows = [_line_dict(derivation, part, line, number + line.number) for line in lines]
        number += len(lines)
        parts.append(
            {"title": title, "claim": _claim(derivation, part), "lines": _repeated_left_dropped(rows)}
        )
    return {
        "name": derivation.name,
        "title": derivation.title,
        "question": derivation.question,
        "introduction": derivation.introduction,
        "verdicts": _count(parts),
        "axioms": axioms(derivation),
        "assumptions": list(derivation.assumptions),
        "results": results(derivation),
        "conclusion": _conclusion(derivation),
        "uses": [d.name for d in derivation.uses],
        "domain": domain(derivation),
        "parts": parts,
    }


def domain(derivation: Derivation | Induction) -> list[dict]:
    """The symbols it uses, then what they are defined as; nothing is checked for it."""
    definitions = derivation.domain.definitions
    return [_symbol_row(d, definitions) for d in _declarations(derivation)] + [_definition_row(e) for e in definitions]


def _count(parts: list[dict]) -> dict[str, int]:
    counts = Counter(line["verdict"] for part in parts for line in part["lines"])
    return {verdict.value: counts[verdict.value] for verdict in Verdict}


def rules(derivation: Derivation | Induction) -> Iterator[Rule]:
    """Every rule its steps cite, each once."""
    seen = set()
    for _, part in derivation.parts:
        for step in part.steps:
            if step.by.name not in seen:
                seen.add(step.by.name)
                yield step.by


def axioms(derivation: Derivation | Induction) -> list[dict]:
    """The theorems that are cited and not proved here, those of the derivations it uses included."""
    found = {
        r.name: {"name": r.name, "statement": r.reason, "source": r.source}
        for r in rules(derivation)
        if r.trusted
    }
    for used in derivation.uses:
        found |= {a["name"]: a for a in axioms(used)}
    return list(found.values())


def results(derivation: Derivation | Induction) -> dict[str, str]:
    """The named results in LaTeX; the right side of the conclusion is always there as "result"."""
    named = {name: _shown(derivation.result(name)) for name in derivation.results}
    return {"result": latex(derivation.result()), **named}


def _shown(result) -> str:
    """A result in LaTeX; a line with its relation."""
    if not isinstance(result, Line):
        return latex(result)
    return f"{latex(result.left)} {RELATION_TEX[result.relation]} {latex(result.right)}"


def _conclusion(derivation) -> str:
    """The first left side against the last right side: what the chain shows."""
    if isinstance(derivation, Induction):
        return _equation(derivation.claim)
    last = derivation.lines[-1]
    return f"{latex(last.left)} {RELATION_TEX[derivation.relation]} {latex(last.right)}"


def _equation(equation: Equation | Inequality) -> str:
    return f"{latex(equation.left)} {RELATION_TEX[equation.relation]} {latex(equation.right)}"


def _claim(derivation, part) -> str | None:
    return None if part is derivation else _equation(derivation.claim)


def _line_dict(derivation, part: Derivation, checked: CheckedLine, number: int) -> dict:
    rule = checked.step.by if checked.step else None
    line = checked.line
    asked = line.left == line.right
    return {
        "number": str(number),
        "label": f"{derivation.name}.{number}",
        "left": latex(line.left),
        "relation": "" if asked else RELATION_TEX[line.relation],
        "right": "" if asked else latex(line.right),
        "left_text": text(line.left),
        "text": "" if asked else f"{line.relation} {text(line.right)}",
        "rule": rule.name if rule else "what is asked",
        "reason": rule.reason if rule else "The quantity that is to be found.",
        "source": rule.source if rule else "",
        "trusted": bool(rule and rule.trusted),
        "conditions": [_condition(c) for c in checked.conditions],
        "conditions_text": [c.template.format(*map(text, c.terms)) for c in checked.conditions],
        "small": is_small(part, checked.number),
        "components": _components(line, part, asked),
        "verdict": checked.verdict.value if checked.verdict else None,
        "problem": checked.problem,
        "evidence": _evidence_dict(checked, part),
    }


def _components(line: Line, part: Derivation, asked: bool) -> dict | None:
    """The line by its entries, in LaTeX and as text; None where the line has no such form of its own."""
    form = components(line, part)
    if form is None:
        return None
    left, right = form.line.left, form.line.right
    return {
        "left": component_latex(left, form),
        "right": "" if asked else component_latex(right, form),
        "left_text": component_text(left, form),
        "text": "" if asked else f"{line.relation} {component_text(right, form)}",
        "entries": [[str(index), str(size)] for index, size in form.indices],
    }


def by_entries(report: dict) -> dict:
    """The same report with each line in its component form, where it has one."""
    parts = [part | {"lines": [_line_by_entries(line) for line in part["lines"]]} for part in report["parts"]]
    return report | {"parts": parts}


def _line_by_entries(line: dict) -> dict:
    form = line["components"]
    return line if form is None else line | {key: form[key] for key in ("left", "right", "text")}


RELATION_TEX = {"=": "=", "<=": r"\le", ">=": r"\ge", "→": r"\to"}


def _condition(condition) -> str:
    words = condition.template.replace("<=", r"$\le$").replace(">=", r"$\ge$")
    return words.format(*(f"${latex(term)}$" for term in condition.terms)).replace("$$", "")


def _evidence_dict(checked: CheckedLine, part: Derivation) -> dict:
    evidence = checked.evidence
    return {
        "method": METHODS[checked.verdict],
        "points": evidence.points,
        "nonzero": evidence.nonzero,
        "worst_residual": f"{evidence.worst_residual:.1e}",
        "digits": part.domain.digits,
        "precision": AGREEMENT_DIGITS,
        "seed": evidence.seed,
        "sizes": sizes_proved(checked, part),
        "counterexample": evidence.counterexample,
    }


def sizes_proved(checked: CheckedLine, part: Derivation) -> str:
    """For which sizes the line is proved, and between which sizes it was tried in numbers."""
    tried = ", ".join(f"{d.symbol} = {d.lower} … {d.upper}" for d in part.domain.sizes())
    if checked.verdict != Verdict.PROVED:
        return f"tried with {tried}" if tried else ""
    free = ", ".join(str(d.symbol) for d in part.domain.sizes())
    proved = f"every {free}" if free else "no sizes to speak of"
    explicit = "; ".join(checked.evidence.explicit_sizes)
    entries = f"; entry by entry, by SymPy, at {explicit}" if explicit else ""
    return f"{proved}; numbers with {tried}{entries}" if tried else proved


def _repeated_left_dropped(rows: list[dict]) -> list[dict]:
    """A left side is shown where it is new, in the matrix form and in the component form."""
    shown = shown_by_entries = None
    for row in rows:
        shown = _drop_left(row, shown)
        form = row["components"]
        shown_by_entries = shown if form is None else _drop_left(form, shown_by_entries)
    return rows


def _drop_left(row: dict, shown: str | None) -> str:
    """The left side of the row, which is dropped if it is the one shown last."""
    left, left_text = row["left"], row.pop("left_text")
    if left == shown:
        row["left"] = ""
    else:
        row["text"] = f"{left_text} {row['text']}".rstrip()
    return left


def _declarations(derivation) -> tuple[Declaration, ...]:
    return derivation.domain.declarations


def _symbol_row(d: Declaration, definitions=()) -> dict:
    symbols = d.symbol if isinstance(d.symbol, tuple) else (d.symbol,)
    return {
        "symbol": ",\\ ".join(_symbol_tex(s, definitions) for s in symbols),
        "meaning": d.meaning,
        "shape": ",\\ ".join(filter(None, map(_shape_tex, symbols))),
    }


def _symbol_tex(symbol, definitions=()) -> str:
    """The symbol as a table lists it; of a family, its member at the index by which it is spoken of, else at t."""
    if isinstance(symbol, Family):
        said = (e.index for e in definitions if e.index is not None and e.right.has(symbol[e.index]))
        return latex(symbol[next(said, Symbol("t"))])
    if isinstance(symbol, VectorFunction):
        return rf"{latex(symbol)}_{{t}}"
    if isinstance(symbol, type):  # an abstract function
        return TEX_NAMES.get(symbol.__name__, symbol.__name__)
    return latex(symbol)


def _shape_tex(symbol) -> str:
    shape = getattr(symbol, "shape", ())
    return r" \times ".join(latex(size) for size in shape)


def _definition_row(equation: Equation) -> dict:
    meaning = equation.meaning or equation.label
    return {
        "symbol": latex(equation.left),
        "meaning": f"{meaning}: ${latex(equation.left)} = {latex(equation.right)}$",
        "words": meaning,
        "shape": _shape_tex(equation.left),
    }
