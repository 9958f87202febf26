"""``python -m derivations``: list, show and check the derivations."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import derivations
from derivations.chain import DerivationError
from derivations.export import TARGETS, ExportError, export
from derivations.expressions import ShapeError
from derivations.matrix_calculus import Unsupported
from derivations.parsing import ParseError
from derivations.report import as_dict, by_entries
from derivations.typed_gradient import typed_gradient
from derivations.verification import POINTS, SEED

MISUSE = 2


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(
        prog="python -m derivations", description="Derivations that check themselves."
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser(
        "list", help="every derivation with its verdicts", description="Check and list every derivation."
    )
    _add_names(listing, "derivations to list")
    listing.add_argument("--json", action="store_true", help="machine-readable")
    showing = commands.add_parser(
        "show", help="one derivation, line by line", description="Print a derivation, line by line."
    )
    showing.add_argument("name", metavar="NAME")
    showing.add_argument("--format", choices=tuple(FORMATS), default="text")
    showing.add_argument(
        "--form",
        choices=("matrix", "components"),
        default="matrix",
        help="lines as they are, or by their entries where they have a component form (default %(default)s)",
    )
    checking = commands.add_parser(
        "check",
        help="check every step again",
        description="Check every step again; exit status 1 if one is refuted.",
    )
    _add_names(checking, "derivations to check")
    checking.add_argument(
        "--examples",
        type=_positive,
        default=POINTS,
        metavar="N",
        help="random worlds per line (default %(default)s)",
    )
    checking.add_argument(
        "--seed", type=int, default=SEED, metavar="S", help="of the random worlds (default %(default)s)"
    )
    checking.add_argument("--json", action="store_true", help="machine-readable")
    _add_gradient(commands)
    _add_export(commands)
    return main


def _add_names(command, what: str) -> None:
    command.add_argument("names", metavar="NAME", nargs="*", help=f"{what}, or topics such as rnn (default: all)")


def _add_gradient(commands) -> None:
    differentiating = commands.add_parser(
        "gradient",
        help="differentiate a matrix expression, step by step",
        description="The gradient of a scalar, or the Jacobian of a column, step by step, each line checked.",
        epilog="example: python -m derivations gradient 'log(det(X))' --wrt X",
    )
    differentiating.add_argument("expression", metavar="EXPR", help="such as 'x.T*A*x' or 'log(det(X))'")
    differentiating.add_argument("--wrt", required=True, metavar="X", help="the variable")
    differentiating.add_argument(
        "--shapes",
        default="",
        metavar="'X:n,n a:n,1'",
        help="shapes; others are inferred, capitals as matrices, small letters as columns",
    )
    differentiating.add_argument("--scalars", default="", metavar="s,c", help="names that are real numbers")
    differentiating.add_argument("--symmetric", default="", metavar="A,B", help="matrices that are symmetric")
    differentiating.add_argument("--format", choices=tuple(FORMATS), default="text")


def _add_export(commands) -> None:
    exporting = commands.add_parser(
        "export",
        help="a result as source code",
        description="Print a function that computes a derivation's result; with --to latex the formula.",
        epilog="example: python -m derivations export rnn.grad_U --to numpy",
    )
    exporting.add_argument("name", metavar="NAME")
    exporting.add_argument("--to", choices=TARGETS, required=True, help="the language")
    what = exporting.add_mutually_exclusive_group()
    what.add_argument("--result", metavar="R", help="a named result, such as mean (default: the last)")
    what.add_argument("--line", type=_positive, metavar="N", help="the right side of this line instead")
    exporting.add_argument(
        "--given", default="", metavar="s,t", help="defined symbols that are to be arguments all the same"
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except derivations.UnknownName as problem:
        print(f"error: {problem}", file=sys.stderr)
        return MISUSE
    except (ExportError, ParseError, ShapeError, Unsupported) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return MISUSE
    except DerivationError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1


def run_list(options) -> int:
    reports = _reports(derivations.chosen(options.names), POINTS, SEED)
    if options.json:
        reports = list(reports)
        keys = ("name", "title", "question", "verdicts", "axioms", "assumptions")
        print(json.dumps([{k: r[k] for k in keys} for r in reports], indent=2, ensure_ascii=False))
    else:
        reports = list(_printed(reports))
        _print_axioms(reports)
    return _status(reports)


def _printed(reports):
    """A row for each report as soon as it is there."""
    for report in reports:
        print(f"{report['name']:38}{report['question']:6}{_verdicts(report):24}{report['title']}", flush=True)
        yield report


def run_show(options) -> int:
    report = as_dict(derivations.get(options.name))
    report = by_entries(report) if options.form == "components" else report
    print(FORMATS[options.format](report))
    return _status([report])


def run_check(options) -> int:
    names = derivations.chosen(options.names)
    broken: list[DerivationError] = []
    reports = list(_reports(names, options.examples, options.seed, broken))
    if options.json:
        print(json.dumps(reports, indent=2, ensure_ascii=False))
    else:
        for report in reports:
            print(f"{report['name']:38}{_verdicts(report)}")
            for line in _lines(report):
                if line["verdict"] in ("REFUTED", "UNDECIDED"):
                    why = line["evidence"]["counterexample"] or line["problem"]
                    print(f"  line {line['number']} {line['verdict']}: {why}")
    for problem in broken:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if broken else _status(reports)


def run_gradient(options) -> int:
    report, shapes = typed_gradient(
        options.expression, options.wrt, options.shapes, options.scalars, options.symmetric
    )
    if options.format == "text":
        print(f"shapes: {shapes}\n")
    print(FORMATS[options.format](report))
    return _status([report])


def run_export(options) -> int:
    given = [name.strip() for name in options.given.split(",") if name.strip()]
    derivation = derivations.get(options.name)
    print(export(derivation, options.to, result=options.result, line=options.line, given=given), end="")
    return 0


def _reports(names, examples, seed, broken=None):
    """Reports, with progress on a terminal; chains that cannot be followed go to `broken`, if given."""
    for done, name in enumerate(names, 1):
        _say(f"checking {done}/{len(names)} {name}")
        try:
            report = as_dict(derivations.get(name), examples, seed)
        except DerivationError as problem:
            if broken is None:
                raise
            broken.append(problem)
            continue
        finally:
            _say("")
        yield report


def _say(what: str) -> None:
    """In place of what was said before; a terminal's last line only."""
    if sys.stderr.isatty():
        print(f"\r{'':70}\r{what}", end="", file=sys.stderr, flush=True)


def _lines(report):
    return [line for part in report["parts"] for line in part["lines"]]


def _verdicts(report) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in report["verdicts"].items() if count)


def _print_axioms(reports) -> None:
    axioms = {a["name"]: a for r in reports for a in r["axioms"]}
    if axioms:
        print("\nTheorems that are cited, not proved here:")
    for axiom in axioms.values():
        users = [r["name"] for r in reports if axiom["name"] in {a["name"] for a in r["axioms"]}]
        print(f"  {axiom['name']} ({axiom['source']}): rests on it {', '.join(users)}")


def _status(reports) -> int:
    return int(any(r["verdicts"]["REFUTED"] or r["verdicts"]["UNDECIDED"] for r in reports))


# --- formats of `show` --------------------------------------------------------------------------


def _as_text(report) -> str:
    question = f" ({report['question']})" if report["question"] else ""
    out = [f"{report['name']}: {report['title']}{question}", ""]
    for part in report["parts"]:
        out += [part["title"], ""] if part["title"] else []
        for line in part["lines"]:
            out.append(f"{line['number']:>3}  {line['text']}")
            out.append(f"     by {line['rule']}" + (f" [{line['verdict']}]" if line["verdict"] else ""))
            out += [f"     {c}" for c in line["conditions_text"]]
    return "\n".join([*out, "", _verdicts(report)])


def _as_latex(report) -> str:
    rows = []
    for line in _lines(report):
        rows.append(rf"{line['left']} &{line['relation']} {line['right']} && \text{{{line['rule']}}}")
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def _as_markdown(report) -> str:
    out = [f"## {report['title']}", "", report["introduction"], ""]
    for line in _lines(report):
        left = f"{line['left']} " if line["left"] else ""
        verdict = f" **{line['verdict']}**" if line["verdict"] else ""
        out += [
            f"{line['number']}. $${left}{line['relation']} {line['right']}$$",
            f"   {line['rule']}: {line['reason']}{verdict}",
            "",
        ]
    return "\n".join(out)


FORMATS = {
    "text": _as_text,
    "latex": _as_latex,
    "markdown": _as_markdown,
    "json": lambda report: json.dumps(report, indent=2, ensure_ascii=False),
}
COMMANDS = {
    "list": run_list,
    "show": run_show,
    "check": run_check,
    "gradient": run_gradient,
    "export": run_export,
}

if __name__ == "__main__":
    sys.exit(main())
