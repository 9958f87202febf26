"""Equality of formulas: a table of hard pairs; true rewrites never refuted, small faults always."""

import json
import math
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.__main__ import main
from checks.equality import equal
from checks.equality.balls import Ball, field
from checks.equality.formula import read_pair
from checks.equality.scan import MachineNumbers, ladder, scan
from checks.meta.hard_pairs import NAMES, TABLE
from derivations.parsing import ParseError

ROOT = Path(__file__).resolve().parents[2]
SLOWEST = 3

def decided(*arguments, **options):
    """The decision, and a failure if it took longer than a reader waits; other processes' time does not count."""
    began = time.process_time()
    decision = equal(*arguments, **options)
    assert time.process_time() - began < SLOWEST
    return decision


@pytest.mark.parametrize(("name", "expected", "answer", "options", "are_equal"), TABLE, ids=NAMES)
def test_a_hard_pair_both_ways_round(name, expected, answer, options, are_equal):
    for one, other in ((expected, answer), (answer, expected)):
        decision = decided(one, other, **options)
        assert decision.verdict != "undecided"
        assert decision.equal == are_equal, f"{one}  against  {other}: {decision}"
        assert bool(decision.witness) == (not are_equal)


@pytest.mark.parametrize(("name", "expected", "answer", "options", "are_equal"), TABLE, ids=NAMES)
def test_every_formula_equals_itself(name, expected, answer, options, are_equal):
    for text in (expected, answer):
        assert decided(text, text, **options).verdict in ("proved", "undecided")


def test_the_table_is_what_it_claims():
    assert len(TABLE) > 200 and len(set(NAMES)) == len(TABLE)
    assert sum(row[-1] for row in TABLE) > 100 and sum(not row[-1] for row in TABLE) > 80


# --- random formulas ----------------------------------------------------------------------------

LEAVES = st.sampled_from(["x", "y", "s", "2", "1/3", "0.7", "x*y", "100"])
TOTAL = ("exp(-({})^2)", "tanh({})", "sin({})", "log(1 + ({})^2)", "sqrt(1 + ({})^2)", "abs({})", "erf({})")


def larger(inner):
    pairs = st.tuples(
        st.sampled_from(["({}) + ({})", "({})*({})", "({}) - ({})", "({})/(1 + ({})^2)"]), inner, inner
    )
    single = st.tuples(st.sampled_from(TOTAL), inner)
    return pairs.map(lambda t: t[0].format(*t[1:])) | single.map(lambda t: t[0].format(t[1]))


FORMULAS = st.recursive(LEAVES, larger, max_leaves=6)
TRUE_REWRITES = (
    "({0})*1 + 0",
    "-(-({0}))",
    "({0}) + x^2 - x*x",
    "({0})*exp(y)*exp(-y)",
    "({0})*(sin(x)^2 + cos(x)^2)",
    "({0}) + log(s^2) - 2*log(s)",
    "({0})*(1 + 1/s)/((s + 1)/s)",
    "2*({0}) - ({0})",
    "({0}) + erf(x) + erfc(x) - 1",
    "({0}) + max(x, y) - (x + y + abs(x - y))/2",
    "({0}) + (1 + tanh(y/2))/2 - 1/(1 + exp(-y))",
    "({0}) + 10^20 - 10^20*tanh(x)^2 - 10^20/cosh(x)^2",
)
FAULTS = (
    "({0})*(1 + 1e-25) + 1e-25",
    "({0}) + 1e-30*exp(x)",
    "({0}) + 1e-15*s",
    "({0}) + log(1.0000000001)",
    "({0}) + 1e-20*(x - abs(x))",
    "({0}) + 1e20*(erf(x) - erf(x + 1e-38))",
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(FORMULAS, st.lists(st.sampled_from(TRUE_REWRITES), min_size=1, max_size=2))
def test_a_true_rewrite_is_never_refuted(formula, rewrites):
    rewritten = formula
    for rewrite in rewrites:
        rewritten = rewrite.format(rewritten)
    decision = decided(formula, rewritten, positive=("s",))
    assert decision.verdict != "refuted", f"{formula}  against  {rewritten}: {decision}"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(FORMULAS, st.sampled_from(FAULTS), st.sampled_from(TRUE_REWRITES))
def test_a_small_fault_is_always_found(formula, fault, rewrite):
    decision = decided(formula, fault.format(rewrite.format(formula)), positive=("s",))
    assert decision.verdict == "refuted" and decision.witness


PIECES = st.sampled_from(
    [
        *"xyAu+-*/^_(){}|,.e2",
        "\\frac",
        "\\log",
        "\\det",
        "\\top",
        "\\left(",
        "\\right)",
        "\\sqrt",
        "exp(",
        "log(",
        "10",
    ]
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(max_size=30) | st.lists(PIECES, max_size=15).map("".join))
def test_any_text_is_decided_or_a_marked_fault(text):
    try:
        decided(text, "x", shapes={"A": ("n", "n"), "u": ("n", 1)})
    except ParseError as problem:
        assert "^" in problem.display()


@pytest.mark.parametrize(
    "text",
    [
        "exp(exp(exp(x)))",
        "gamma(gamma(gamma(x)))",
        "x^x^x^x",
        "1e40^x^9",
        "((x^9)^5)^3",
        "+".join(f"exp({k}*x)" for k in range(1, 60)),
        "*".join(f"(x + {k})" for k in range(1, 60)),
        "inv(A^9 + A.T)^7",
        "det(kron(A, kron(A, A)))",
        "tanh(" * 20 + "x" + ")" * 20,
        "erfi(x^3)*erfc(x^3)",
    ],
)
def test_large_formulas_take_bounded_time(text):
    for other in ("x", f"({text})*(x + 1)/(1 + x)"):
        decided(text, other, shapes={"A": ("n", "n")})


# --- what a verdict says ------------------------------------------------------------------------


def test_the_witness_is_small():
    assert equal("abs(x)", "x").witness.point == {"x": -1}
    assert equal("x*y", "x + y").witness.point == {"x": 0, "y": 1}
    found = equal("log(x^2)", "2*log(x)").witness
    assert (found.point, found.answer) == ({"x": -1}, None)


def test_the_witness_shows_as_many_digits_as_it_takes():
    found = equal("x", "x + 1e-39").witness
    assert found.expected != found.answer


def test_a_witness_at_an_irrational_jump_or_far_out_shows_so_many_digits():
    at_root = equal("abs(sign(x^2-2))", "1").witness
    assert at_root.point["x"].lstrip("-").startswith("1.41421356") and len(at_root.point["x"]) < 60
    far = equal("max(log(x), 10^4)", "10^4", positive=("x",)).witness
    assert len(far.point["x"]) < 80 and far.expected != far.answer


def test_nothing_is_said_where_nothing_has_a_value():
    assert equal("log(-1 - x^2)", "log(-2 - x^2)").verdict == "undecided"


def test_what_algebra_can_show_is_proved():
    assert equal("(x + y)^2", "x^2 + 2*x*y + y^2").verdict == "proved"
    assert equal("log(s^2)", "2*log(s)", positive=("s",)).verdict == "proved"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (r"\frac{1}{x", "{"),
        (r"\frac{1}{}", "}"),
        (r"\int x dx", r"\int"),
        (r"(x + 1", "("),
        (r"\left(x + 1", "("),
        (r"|x", "|"),
        (r"x^{", "{"),
        (r"\sqrt", ""),
        (r"\log", ""),
        (r"x + \unknown{y}", r"\unknown"),
        (r"\lVert x \rVert_1", "_"),
        (r"A'", "'"),
        (r"\max(x)", r"\max(x)"),
    ],
)
def test_faults_of_latex_are_marked(text, marked):
    with pytest.raises(ParseError) as caught:
        equal("x", text)
    line, carets = caught.value.display().split("\n")
    place = slice(carets.index("^"), len(carets))
    assert line[place].strip() in (marked, "") or marked in line[place]


# --- where to look -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "zeros"),
    [
        (lambda x: x - 5, [5]),
        (lambda x: x * x - 5 * x + 6.2499, [2.49, 2.51]),
        (lambda x: math.log(x) - 400 if x > 0 else None, [math.exp(400)]),
        (lambda x: 1e-30 - x, [1e-30]),
        (lambda x: 1 - (x - 1e5) * (x - 1e5), [99_999, 100_001]),
        (lambda x: 1 + x * x, []),
    ],
)
def test_zeros_are_found_at_all_scales_and_in_pairs(f, zeros):
    assert scan(f, ladder([1e5])).zeros == pytest.approx(zeros, rel=1e-9)


def test_machine_numbers_invert_and_take_determinants():
    rows = [[0.0, 2.0], [4.0, 1.0]]
    assert MachineNumbers().determinant(rows) == -8
    assert MachineNumbers().inverse(rows) == [[-0.125, 0.25], [0.5, 0.0]]
    with pytest.raises(ZeroDivisionError):
        MachineNumbers().inverse([[1.0, 2.0], [2.0, 4.0]])


@pytest.mark.parametrize("text", ["log(1 + exp(-2000))", "1 + exp(-2000)", "tanh(1000)", "erf(40)"])
def test_a_sum_tells_how_many_digits_show_what_it_swallowed(text):
    numbers = field(50)
    numbers.swallowed = math.inf
    read_pair(text, text)[0].at({}, numbers)
    assert 2000 < numbers.swallowed < 3000


@pytest.mark.parametrize("name", ["ln", "sqrt", "asinh", "acosh", "atan"])
@pytest.mark.parametrize("size", [-3, 0, 1, 4, 40, 4000])
def test_the_error_of_a_large_number_is_carried_far_enough(name, size):
    numbers = field(50)
    x = numbers.context.mpf("1.37") * numbers.context.mpf(2) ** size
    if name == "acosh" and x < 2:
        return
    for error in (size - 9, size - 60):
        found = numbers._call(name, (Ball(numbers, x, error),))
        step = numbers.context.mpf(2) ** error
        for end in (x + step, x - step):
            assert abs(numbers._compute(name, end) - found.value) <= numbers.context.mpf(2) ** found.error


# --- the command --------------------------------------------------------------------------------


def run(capsys, *arguments):
    """(exit status, standard output, standard error)."""
    try:
        status = main(["equal", *arguments])
    except SystemExit as stop:
        status = stop.code
    out = capsys.readouterr()
    return status, out.out, out.err


def test_exit_status(capsys):
    assert run(capsys, "erfc(x)", "1-erf(x)")[0] == 0
    assert run(capsys, "abs(x)", "x")[0] == 1
    assert run(capsys, "abs(x)", "x", "--positive", "x")[0] == 0
    assert run(capsys, "x", "x +")[0] == 2
    assert run(capsys, "x")[0] == 2
    assert run(capsys, "x", "y", "--stdin")[0] == 2
    assert run(capsys, "x", "y", "--shapes", "n")[0] == 2


def test_json_has_verdict_witness_and_seconds(capsys):
    status, out, err = run(capsys, "x.T*A*y", "y.T*A*x", "--shapes", "A:n,n x:n,1 y:n,1", "--json")
    found = json.loads(out)
    assert (status, err, found["verdict"]) == (1, "", "refuted")
    assert set(found["witness"]) == {"point", "expected", "answer"} and found["seconds"] >= 0


LINES = """\
{"expected": "x", "answer": "x"}
no JSON
["a", "list"]
{"expected": "x", "answer": "((("}
{"expected": "x", "answer": 3}
{"expected": "x", "answer": "x", "colour": "red"}
{"expected": "x", "answer": "x", "real": [1]}

{"expected": "tr(A*B)", "answer": "tr(B*A)", "shapes": "A:n,m B:m,n", "real": ["x"], "positive": "s,t"}
{"expected": "abs(x)", "answer": "x", "shapes": null}
"""


def lines_of(hash_seed: int, text: str = LINES) -> list[dict]:
    command = [sys.executable, "-m", "checks", "equal", "--stdin"]
    environment = {"PYTHONHASHSEED": str(hash_seed), "PATH": "", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, input=text, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert "Traceback" not in done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_bad_line_stops_nothing():
    found = lines_of(0)
    assert len(found) == LINES.strip().count("\n")
    assert [line.get("verdict") for line in found] == ["proved", *[None] * 6, found[7]["verdict"], "refuted"]
    assert all(line["error"] and line["line"] == n for n, line in enumerate(found[1:7], 2))


def test_the_verdict_does_not_depend_on_the_hash_seed():
    pairs = [
        {"expected": e, "answer": a, "positive": o["positive"], "shapes": dict(o["shapes"])}
        for _, e, a, o, _ in TABLE[::9]
    ]
    text = "\n".join(map(json.dumps, pairs))
    one, other = ([{**line, "seconds": 0} for line in lines_of(seed, text)] for seed in (1, 2))
    assert one == other and len(one) == len(pairs)
