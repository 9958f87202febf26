"""The students' edition holds no answer: no line of a derivation, no known right answer, in no file of any kind."""

import re
import zlib
from functools import cache
from html import unescape
from pathlib import Path

import pytest

import checks
import derivations
from checks.answers import of_chapter
from derivations.printing import latex, text
from derivations.report import results

# Signs in a formula, or in a line of code; one with fewer, as `U h_t` or `return G`, says nothing.
TELLING = 5
TELLING_CODE = 10
BARE = re.compile(r"\\(left|right|middle|operatorname|mathrm|mathcal|mathbb|l?r?Vert)|[{}]")
TAG = re.compile(r"<[^>]*>")
COMMAND_SPACING = re.compile(r"\\[,;:! ]|\s")
BINARY = {".woff2", ".png", ".ico", ".wasm", ".pdf", ".zip", ".bin"}


def plain(words: str) -> str:
    """Without tags, entities and white space, so that no layout hides a formula."""
    return COMMAND_SPACING.sub("", unescape(TAG.sub("", words)))


def content(path: Path) -> str:
    data = path.read_bytes()
    if path.name == "objects.inv":
        head, _, body = data.partition(b"using zlib.\n")
        data = head + zlib.decompress(body)
    return data.decode("utf-8")


@cache
def shipped(folder: Path) -> dict[str, str]:
    """Every file of a site that has words: its name, and its words with tags (alt texts) and without."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix not in BINARY)
    read = {str(p.relative_to(folder)): content(p) for p in files if "katex" not in p.parts}
    return {name: both(words) for name, words in read.items()}


def both(words: str) -> str:
    """With tags, for what stands in their attributes, and without."""
    return plain(words) + COMMAND_SPACING.sub("", unescape(words))


@cache
def asked() -> str:
    """What exercises say themselves, and symbols that they are told in, is no secret."""
    exercises = list(map(checks.get, checks.names()))
    said = [s for e in exercises for s in (e.statement, e.template, *e.hints)]
    said += [option.text for e in exercises if e.kind == "choice" for option in e.options]
    return both(" ".join(said))


def telling(formula: str) -> bool:
    signs = re.sub(r"\\[a-zA-Z]+", "#", BARE.sub("", formula))
    return len(signs) >= (TELLING if "\\" in formula else TELLING_CODE)


def secrets(formulas) -> set[str]:
    """The formulas that tell something, and are not part of a question."""
    told = {COMMAND_SPACING.sub("", formula) for formula in formulas}
    return {s for s in told if telling(s) and s not in asked()}


def lines_of(name: str) -> set[str]:
    """All that a derivation finds: its results, and every line but the first of each part."""
    derivation = derivations.get(name)
    found = [line.right for _, part in derivation.parts for line in part.lines[1:]]
    return {*results(derivation).values(), *(form(f) for f in found for form in (latex, text))}


def right_answers(name: str) -> set[str]:
    """The known right answers to an exercise, line by line; letters of a choice say nothing."""
    known = of_chapter(name.partition(".")[0])[0].get(name, {}).values()
    pieces = [p for answer in known for p in (answer if isinstance(answer, list) else [answer])]
    return {line for piece in pieces if isinstance(piece, str) for line in [piece, *piece.splitlines()]}


def found_in(folder: Path, secrets: set[str]) -> list[str]:
    return [f"{name}: {s}" for name, words in shipped(folder).items() for s in sorted(secrets) if s in words]


@pytest.mark.parametrize("name", derivations.names())
def test_no_line_of_a_derivation_is_told(student_site, name):
    assert not found_in(student_site, secrets(lines_of(name)))


@pytest.mark.parametrize("name", checks.names())
def test_no_right_answer_is_told(student_site, name):
    assert not found_in(student_site, secrets(right_answers(name)))


@pytest.mark.parametrize("name", checks.names())
def test_every_exercise_is_asked(student_site, name):
    page = shipped(student_site)[f"{name.partition('.')[0]}.html"]
    assert plain(f'id="exercise-{name.replace(".", "-")}"') in page


def test_no_key_is_shipped(student_site):
    assert not [name for name, words in shipped(student_site).items() if "WHEATS" in words or "CHAFFS" in words]


def test_what_is_looked_for_is_what_the_ordinary_edition_tells(site):
    """Else the tests above would find nothing anywhere."""
    names = list(derivations.names())
    told = [name for name in names if found_in(site, secrets(results(derivations.get(name)).values()))]
    secret = [name for name in names if secrets(results(derivations.get(name)).values())]
    assert len(told) >= 0.9 * len(secret) and len(secret) >= 0.5 * len(names)
