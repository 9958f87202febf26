"""The audit of the grader: no right answer is refused and no wrong one passes; and the audit itself can fail."""

from dataclasses import replace
from pathlib import Path

import pytest

import checks
from checks import answers, audit
from checks.exercises import EXERCISES
from checks.exercises.exercise import FormulaExercise, Situation


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_no_right_answer_is_refused_and_no_wrong_one_passes(exercise):
    row = audit.audit(exercise)
    least = audit.LEAST_WHEATS[exercise.kind]
    assert row.enough, f"checks/answers has {row.wheats} right answers to {exercise.name}; write {least}"
    assert not row.rejected and not row.accepted, (row.rejected, row.accepted)


@pytest.mark.parametrize("name", [e.name for e in EXERCISES.values() if e.kind == "function"])
def test_functions_are_right_in_every_style(name):
    wheats, _ = answers.of_chapter(name.split(".")[0])
    for style in ("float32", "einsum", "for "):
        assert any(style in source for source in wheats[name].values()), f"no answer to {name} with {style}"


def test_every_known_answer_belongs_to_an_exercise():
    for stem in {name.split(".")[0] for name in EXERCISES}:
        for table in answers.of_chapter(stem):
            assert set(table) <= set(EXERCISES), set(table) - set(EXERCISES)


# --- the audit itself can fail -------------------------------------------------------------------


def square(field, random):
    """A check that looks at one place only."""
    yield Situation({"x": field.number(2)}, field.number(4))


LAX = FormulaExercise(
    name="toy.square", question="Q0", title="", statement="", points=1, domain="", real=("x",),
    situations=square, source="",
)  # fmt: skip


def test_a_check_that_looks_at_one_place_lets_mutants_pass():
    right, wrong = audit.audit_typed(LAX, {"square": "x^2", "product": "x*x"}, {"twice": "2*x", "cube": "x^3"})
    assert all(right.values())
    assert wrong["twice"] and not wrong["cube"], "2x is x² at 2 only"


def test_a_strict_check_refuses_what_is_right():
    strict = replace(LAX, situations=lambda field, random: [Situation({"x": field.number(2)}, field.number(5))])
    right, _ = audit.audit_typed(strict, {"square": "x^2"}, {})
    assert not right["square"]


def test_a_judge_that_is_blind_lets_mutants_pass():
    exercise = checks.get("rnn_long_range.growing")
    blind = replace(exercise, judge=lambda inputs, results: None)
    wheats, chaffs = (table[exercise.name] for table in answers.of_chapter("rnn_long_range"))
    _, wrong = audit.audit_function(blind, dict(list(wheats.items())[:1]), chaffs)
    assert all(wrong.values()) and set(wrong) > set(chaffs)


def test_mutants_that_are_no_mutants_are_left_out():
    """-(-x) and x·1 are the formula itself."""
    exercise = replace(LAX, situations=lambda field, random: (
        Situation({"x": field.number(k)}, field.number(k * k)) for k in (2, 3, -1, 5)
    ))  # fmt: skip
    found = dict(audit.formula_mutants(exercise, "abs(x)^2"))
    assert found and not any(found.values()), found


@pytest.mark.parametrize(("faults", "tried", "bound"), [(0, 5, 0.4507), (0, 59, 0.0495), (1, 10, 0.3942), (3, 3, 1.0)])
def test_upper_bounds(faults, tried, bound):
    """As tables of Clopper and Pearson have them, one-sided, 95 %."""
    assert audit.upper_bound(faults, tried) == pytest.approx(bound, abs=2e-4)


def test_the_page_says_how_many_inputs_were_used():
    text = (Path(__file__).parents[2] / "book" / "audit.md").read_text(encoding="utf-8")
    assert f"called on {audit.EXAMPLES} inputs" in " ".join(text.split())
