"""``python -m checks equal``: are two formulas equal on their domain?"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable

from derivations.parsing import ParseError
from derivations.shapes import read_shapes

from . import equal
from .decision import Decision

EQUAL, NOT_EQUAL, MISUSED = 0, 1, 2
KEYS = ("expected", "answer", "real", "positive", "shapes")
LONGEST_LINE = 100_000
DESCRIPTION = """\
Are two formulas equal wherever their symbols may be?  Each is text (x.T*A*x, log(1+exp(x))) or LaTeX
(x^\\top A x, \\log(1+e^x)).  Names that are not declared are real numbers; e is Euler's number and, among
matrices, I the identity, unless declared.  A formula must have a value where the other has one; single
points, as 0 in x^2/x, are no matter.

Letters that stand together, as in 2xy and x^TAx, are a product of names that are declared or that the other
formula has; ln x, cos 2x and log det A need no bracket.  λ is lambda, x² is x^2.  Below a / is the bracket or
call that follows, else what adjoins: x^2/2y is x^2/(2*y), but n/2 log x begins with n/2, a/(b+c) x with
a/(b+c), and 1/2x is half of x.  \\sqrt[3]{x} and cbrt(x) are the real root, x^(1/3) is not defined for negative x.
\\sigma(x) and \\Phi(x) are the sigmoid and the standard normal's distribution function, unless sigma or Phi is
a number.  Of a column, x^2, e^x and 1 - x are taken entry by entry, and x·y is the inner product.  \\|x\\|_2 is
of columns, \\|A\\|_F of matrices.

proved: by algebra, and values agree.  supported: equal at many points, at many digits.  refuted: with a
witness, the values at a point (null: no value).  undecided: no point was found where both have a value.
Sizes may be numbers, as in X:784,128; a witness of smaller sizes, named size_784, is one padded with zeros.

Exit status: 0 equal (proved or supported), 1 not, 2 misuse."""


class BadLine(ValueError):
    """A line of input that asks nothing; `message` says why."""


def add(commands) -> None:
    command = commands.add_parser(
        "equal",
        help="are two formulas equal on a domain?",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("expected", nargs="?", metavar="EXPECTED")
    command.add_argument("answer", nargs="?", metavar="ANSWER")
    command.add_argument("--real", default="", metavar="x,y", help="real numbers (the default)")
    command.add_argument("--positive", default="", metavar="s,l", help="positive numbers")
    command.add_argument("--shapes", default="", metavar='"X:n,n a:n,1"', help="matrices and columns")
    command.add_argument("--json", action="store_true", help="verdict, witness and seconds as JSON")
    command.add_argument(
        "--stdin",
        action="store_true",
        help=f"one pair a line as JSON, keys {', '.join(KEYS)}; one JSON line for each, at once",
    )
    command.set_defaults(run=run)


def run(options) -> int:
    if options.stdin:
        if options.expected is not None:
            return misuse("--stdin takes its pairs from the standard input, not from the command line")
        return answer_lines(sys.stdin.buffer, options)
    if options.answer is None:
        return misuse("two formulas are wanted, or --stdin")
    try:
        found = report(vars(options))
    except ParseError as problem:
        return misuse(f"{problem.message}\n{problem.display()}")
    except BadLine as problem:
        return misuse(str(problem))
    print(json.dumps(found, ensure_ascii=False) if options.json else as_text(found))
    return EQUAL if is_equal(found) else NOT_EQUAL


def misuse(message: str) -> int:
    print(f"checks equal: {message}", file=sys.stderr)
    return MISUSED


def answer_lines(lines: Iterable[bytes], defaults) -> int:
    """One object out for each line in; a line that cannot be answered gets its error and stops nothing."""
    status = EQUAL
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = guarded(lambda line=line: report(read_line(line, vars(defaults))), number)
        print(json.dumps(found, ensure_ascii=False), flush=True)
        wrong = MISUSED if "error" in found else EQUAL if is_equal(found) else NOT_EQUAL
        status = max(status, wrong)
    return status


def guarded(answer: Callable[[], dict], number: int) -> dict:
    try:
        return answer()
    except ParseError as problem:
        return {"error": problem.message, "line": number, "place": problem.display().split("\n")}
    except BadLine as problem:
        return {"error": str(problem), "line": number}
    except Exception:  # the other lines are to be answered, whatever SymPy stumbles over in this one
        return {"error": "this pair cannot be compared", "line": number}


def read_line(line: bytes, defaults: dict) -> dict:
    """The pair that a line of JSON asks about; raises `BadLine`."""
    try:
        found = json.loads(line[:LONGEST_LINE].decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadLine("this line is not JSON") from None
    if not isinstance(found, dict):
        raise BadLine("this line is no JSON object")
    if unknown := sorted(set(found) - {*KEYS, "name", "id"}):
        raise BadLine(f"unknown key {unknown[0]!r}; the keys are {', '.join(KEYS)}")
    return {**{k: defaults[k] for k in ("real", "positive", "shapes")}, **found}


def report(pair: dict) -> dict:
    """The verdict on a pair, as it goes to JSON; `seconds` covers reading and deciding."""
    began = time.perf_counter()
    texts = [formula(pair, key) for key in ("expected", "answer")]
    decision = equal(*texts, names(pair, "real"), names(pair, "positive"), shapes(pair))
    seconds = round(time.perf_counter() - began, 4)
    return {**as_record(decision), "seconds": seconds, **{k: pair[k] for k in ("name", "id") if k in pair}}


def formula(pair: dict, key: str) -> str:
    if not isinstance(pair.get(key), str):
        raise BadLine(f"{key} must be a formula, as text")
    return pair[key]


def names(pair: dict, key: str) -> tuple[str, ...]:
    """Names as a list, or as text with commas or spaces."""
    given = pair.get(key) or ()
    given = given.replace(",", " ").split() if isinstance(given, str) else given
    if not isinstance(given, list | tuple) or not all(isinstance(n, str) and n.isidentifier() for n in given):
        raise BadLine(f"{key} must be names, as in x,y")
    return tuple(given)


def shapes(pair: dict) -> dict:
    """Shapes as text, as in "X:n,n a:n,1", or as an object of lists."""
    given = pair.get("shapes") or ""
    if isinstance(given, dict):
        sizes = {n: s if isinstance(s, list) else [s] for n, s in given.items()}
        given = " ".join(f"{n}:{','.join(map(str, s))}" for n, s in sizes.items())
    if not isinstance(given, str):
        raise BadLine('shapes must be text, as in "X:n,n a:n,1"')
    return read_shapes(given)


def as_record(decision: Decision) -> dict:
    found = decision.witness
    shown = found and {"point": found.point, "expected": found.expected, "answer": found.answer}
    return {"verdict": decision.verdict, "witness": shown, "points": decision.points}


def is_equal(found: dict) -> bool:
    return found["verdict"] in ("proved", "supported")


def as_text(found: dict) -> str:
    shown = found["witness"]
    if not shown:
        return f"{found['verdict']} ({found['points']} points agree)"
    at = ", ".join(f"{name} = {x}" for name, x in shown["point"].items())
    sides = [f"  {side}: {shown[side] or 'no value'}" for side in ("expected", "answer")]
    return "\n".join([f"{found['verdict']} at {at or 'once'}", *sides])
