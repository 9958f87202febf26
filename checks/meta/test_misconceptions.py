"""Every misconception of every exercise: it is wrong, is named when met, and differs from the others."""

import re
from importlib import invalidate_caches
from itertools import combinations
from pathlib import Path

import pytest

import derivations
from checks import exercises
from checks.exercises import EXERCISES
from checks.exercises.chain import ChainExercise
from checks.exercises.choice import ChoiceExercise
from checks.exercises.exercise import FunctionExercise, InSymbols, slips_of_chapter
from checks.exercises.witness import WitnessExercise
from checks.grader import chains, choices, formulas, functions, witnesses
from checks.grader.search import probes
from derivations.verification import check

BOOK = Path(__file__).parents[2] / "book"
LEAST = {"formula": 5, "function": 5, "chain": 5, "witness": 2, "choice": 2}
ALL = [(e, m) for e in EXERCISES.values() for m in e.misconceptions]


def of_kind(kind):
    return [e for e in EXERCISES.values() if isinstance(e, kind)]


def named(item):
    return getattr(item, "name", None)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=named)
def test_there_are_enough(exercise):
    names = [m.name for m in exercise.misconceptions]
    assert len(set(names)) == len(names) >= LEAST[exercise.kind], names


def test_every_table_is_of_exercises_that_there_are():
    chapters = {name.split(".")[0] for name in EXERCISES}
    listed = [name for stem in chapters for name in slips_of_chapter(stem)]
    assert sorted(listed) == sorted(EXERCISES)


def test_a_chapter_may_lack_its_slips_and_they_may_not_be_broken(tmp_path, monkeypatch):
    for package in (exercises, derivations):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    assert slips_of_chapter("toy") == {}
    (tmp_path / "toy_slips.py").write_text("import no_such_module")
    invalidate_caches()
    assert slips_of_chapter("toy") == {}, "there is no topic toy that they are made from"
    (tmp_path / "toy.py").write_text("")
    invalidate_caches()
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        slips_of_chapter("toy")


# --- each is wrong, and found --------------------------------------------------------------------


CACHED: dict = {}


def cached(function):
    """Once for each exercise and misconception."""

    def call(exercise, *rest):
        key = (function.__name__, exercise.name, *(m.name for m in rest))
        if key not in CACHED:
            CACHED[key] = function(exercise, *rest)
        return CACHED[key]

    return call


@cached
def situations(exercise):
    return formulas.drawn(exercise, 0)


@cached
def nested_inputs(exercise):
    found = probes(exercise, functions.PROBES, 0)
    return [{name: array.nested() for name, array in inputs.items()} for inputs in found]


@cached
def values(exercise, misconception):
    """What a misconception leads to in each situation."""
    drawn, field = situations(exercise)
    return [formulas.led_to(exercise, misconception, s, field) for s in drawn]


@cached
def results(exercise, misconception):
    """What a misconception leads to for each of the inputs."""
    return [functions.led_to(exercise, misconception, inputs) for inputs in nested_inputs(exercise)]


def is_wrong(exercise, misconception) -> bool:
    if isinstance(exercise, InSymbols):
        drawn, field = situations(exercise)
        pairs = zip(values(exercise, misconception), drawn, strict=True)
        return any(not formulas.same(value, s.demanded, field) for value, s in pairs)
    if isinstance(exercise, FunctionExercise):
        pairs = zip(nested_inputs(exercise), results(exercise, misconception), strict=True)
        return any(disagrees(exercise, inputs, found) for inputs, found in pairs)
    if isinstance(exercise, ChoiceExercise):
        return choices.check_choice(exercise, misconception.answer)[0] is not None
    return witnesses.check_witness(exercise, as_data(exercise, misconception))[0] is not None


def disagrees(exercise, inputs, found) -> bool:
    assert found is not None, f"nothing comes of it at {inputs}"
    named_results = dict(zip((r.name for r in exercise.results), found, strict=True))
    return bool(exercise.disagreements(inputs, named_results))


def as_data(exercise, misconception):
    given = (misconception.answer[piece.name] for piece in exercise.pieces)
    return dict(zip(exercise.identifiers, map(texts, given), strict=True))


def texts(value):
    return [texts(v) for v in value] if isinstance(value, list | tuple) else str(value)


@pytest.mark.parametrize(("exercise", "misconception"), ALL, ids=named)
def test_each_is_wrong(exercise, misconception):
    assert is_wrong(exercise, misconception)


@pytest.mark.parametrize(("exercise", "misconception"), ALL, ids=named)
def test_each_is_named_when_it_is_met(exercise, misconception):
    assert misconception in diagnosed(exercise, misconception)


def diagnosed(exercise, misconception):
    """What the grader says to an answer that follows the misconception."""
    answer = misconception.answer
    if isinstance(exercise, InSymbols):
        return [m for m in exercise.misconceptions if not apart_in_symbols(exercise, misconception, m)]
    if isinstance(exercise, FunctionExercise):
        return [m for m in exercise.misconceptions if agrees_everywhere(exercise, misconception, m)]
    if isinstance(exercise, ChoiceExercise):
        return choices.check_choice(exercise, answer)[0].misconceptions
    return witnesses.check_witness(exercise, as_data(exercise, misconception))[0].misconceptions


def agrees_everywhere(exercise, followed, other) -> bool:
    triples = zip(nested_inputs(exercise), results(exercise, followed), results(exercise, other), strict=True)
    if other.fits:
        return all(functions.agrees(exercise, other, inputs, found) for inputs, found, _ in triples)
    return all(functions.same(found, theirs) for _, found, theirs in triples)


# --- any two are told apart ----------------------------------------------------------------------


def apart_in_symbols(exercise, one, other) -> bool:
    _, field = situations(exercise)
    pairs = zip(values(exercise, one), values(exercise, other), strict=True)
    return any(not formulas.same(a, b, field) for a, b in pairs if not (a is None and b is None))


def told_apart(exercise, one, other) -> bool:
    if isinstance(exercise, InSymbols):
        return apart_in_symbols(exercise, one, other)
    if isinstance(exercise, FunctionExercise):
        return not (agrees_everywhere(exercise, one, other) and agrees_everywhere(exercise, other, one))
    if isinstance(exercise, ChoiceExercise):
        return set(one.answer) != set(other.answer)
    a, b = (witnesses.read_pieces(exercise, as_data(exercise, m)) for m in (one, other))
    return not (one.fits(b) and other.fits(a))


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=named)
def test_any_two_are_told_apart_by_a_witness(exercise):
    pairs = combinations(exercise.misconceptions, 2)
    alike = [(a.name, b.name) for a, b in pairs if not told_apart(exercise, a, b)]
    assert not alike, f"{exercise.name}: no witness tells these apart: {alike}"


# --- where to read -------------------------------------------------------------------------------


def anchors(page: str) -> set[str]:
    """The labels of a page, and its headings as links have them."""
    text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w]+", "-", re.sub(r"[$\\{}`]", "", h).lower()).strip("-") for h in headings}
    return slugs | set(re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE))


@pytest.mark.parametrize(("exercise", "misconception"), ALL, ids=named)
def test_each_says_where_to_read(exercise, misconception):
    page, _, anchor = misconception.see.partition("#")
    assert anchor in anchors(page), misconception.see
    assert misconception.explanation.endswith(".")


# --- choices -------------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", of_kind(ChoiceExercise), ids=named)
def test_every_wrong_option_is_contradicted_by_a_case_that_was_run(exercise):
    refuted = 0
    for letter in exercise.letters:
        option, case = exercise.option(letter), exercise.counterexample(letter)
        if case is None:
            assert option.explanation and option.proofs, f"({letter}) holds; why?"
            continue
        refuted += 1
        assert not option.holds(case) and re.search(r"\d", option.tell(case)), option.text
    assert 0 < refuted < len(exercise.options)
    assert exercise.several or refuted == len(exercise.options) - 1


@pytest.mark.parametrize("exercise", of_kind(ChoiceExercise), ids=named)
def test_right_options_rest_on_proofs(exercise):
    for name in (name for option in exercise.options for name in option.proofs):
        for lines in check(derivations.get(name), points=2).values():
            assert {line.verdict for line in lines[1:]} == {"PROVED"}, name


# --- chains, witnesses ---------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", of_kind(ChainExercise), ids=named)
def test_a_chain_starts_from_what_is_asked_and_does_not_end_there(exercise):
    assert sum(part.points for part in exercise.parts) in (0, exercise.points)
    failure, right = chains.check_chain(exercise, [exercise.given], 0)
    assert (failure.reason, right) == ("unfinished", 1) and "restates the question" in failure.message


@pytest.mark.parametrize("exercise", of_kind(WitnessExercise), ids=named)
def test_every_requirement_is_missed_by_some_known_slip(exercise):
    """Or it could be left out, or never fails."""
    missed = set()
    for misconception in exercise.misconceptions:
        pieces = witnesses.read_pieces(exercise, as_data(exercise, misconception))
        missed |= {r.text for r in exercise.requirements if r.check(pieces) is not None}
    assert len(missed) >= min(2, len(exercise.requirements)), missed
