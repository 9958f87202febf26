"""Reports for other programs: JUnit XML, Gradescope's results.json, a gradebook, and a page for each student."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path, PurePath
from xml.etree import ElementTree

from .grading import RIGHT, UNANSWERED, Grader
from .report import NOUNS, as_json, as_text, below, ran_in

UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def said(exercise: dict) -> str:
    return "\n".join(below(exercise))


def faults(submission: dict) -> list[str]:
    """What is told of the file as a whole."""
    return (submission["problem"] or {}).get("lines", []) + submission["notes"]


# --- JUnit ---------------------------------------------------------------------------------------


def as_junit(records: Iterable[dict], grader: Grader) -> str:
    """A suite for each submission, a case for each exercise; what was not answered is skipped."""
    root = ElementTree.Element("testsuites")
    for submission in records:
        exercises = submission["exercises"]
        wrong = [e for e in exercises if e["outcome"] not in (RIGHT, UNANSWERED)]
        skipped = [e for e in exercises if e["outcome"] == UNANSWERED]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=printable(submission["file"]),
            tests=str(len(exercises)),
            failures=str(len(wrong)),
            errors=str(int(bool(submission["problem"]))),
            skipped=str(len(skipped)),
        )
        if faults(submission):
            add_text(suite, "system-err", "\n".join(faults(submission)))
        for note in ran_in([submission]):
            add_text(suite, "system-out", note)
        for exercise in exercises:
            add_case(suite, exercise)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def add_case(suite: ElementTree.Element, exercise: dict) -> None:
    name, group = exercise["name"], exercise["question"]
    case = ElementTree.SubElement(suite, "testcase", classname=group, name=name)
    if exercise["outcome"] == UNANSWERED:
        ElementTree.SubElement(case, "skipped", message=printable(said(exercise)) or UNANSWERED)
    elif exercise["outcome"] != RIGHT:
        failure = add_text(case, "failure", said(exercise))
        failure.set("message", printable(exercise["failure"]["message"]))
        failure.set("type", exercise["failure"]["reason"])


def add_text(parent: ElementTree.Element, tag: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag)
    element.text = printable(text)
    return element


def printable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return UNPRINTABLE.sub("?", text)


# --- Gradescope ----------------------------------------------------------------------------------


def as_gradescope(records: Sequence[dict], grader: Grader) -> str:
    """`results.json` of Gradescope's autograder: one submission, or the best of a student's files together."""
    best = best_of([e for submission in records for e in submission["exercises"]])
    tests = [
        {
            "name": f"{e['question']} {e['title']}",
            "number": e["name"],
            "score": e["earned"],
            "max_score": e["points"],
            "status": "passed" if e["outcome"] == RIGHT else "failed",
            "output": said(e) or e["outcome"],
            "output_format": "text",
            "visibility": "visible",
        }
        for e in best
    ]
    told = [line for submission in records for line in faults(submission)]
    data = {
        "score": sum(t["score"] for t in tests),
        "output": "\n".join([*told, *ran_in(records)]),
        "output_format": "text",
        "tests": tests,
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def best_of(exercises: Iterable[dict]) -> list[dict]:
    """Each exercise once, the answer that earned most; the first of equals, but any before none."""
    best: dict[str, dict] = {}
    for exercise in exercises:
        known = best.setdefault(exercise["name"], exercise)
        if rank(exercise) > rank(known):
            best[exercise["name"]] = exercise
    return list(best.values())


def rank(exercise: dict) -> tuple:
    return exercise["earned"], exercise["outcome"] != UNANSWERED


# --- gradebook -----------------------------------------------------------------------------------


def as_csv(records: Sequence[dict], grader: Grader) -> str:
    """A row for each student, a column for each exercise, the points; the best of a student's files."""
    rows: dict[str, list[dict]] = {}
    for submission in records:
        rows.setdefault(student(submission["file"], records), []).append(submission)
    names = [e["name"] for e in records[0]["exercises"]] if records else []
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["student", "points", "of", *names, "files", "problem", "isolation"])
    for name, submissions in rows.items():
        best = {e["name"]: e for e in best_of(e for s in submissions for e in s["exercises"])}
        earned = [best[n]["earned"] for n in names]
        problems = "; ".join(s["problem"]["message"] for s in submissions if s["problem"])
        files = "; ".join(PurePath(s["file"]).name for s in submissions)
        isolation = "; ".join(sorted({s["isolation"] for s in submissions} - {""}))
        total = sum(best[n]["points"] for n in names)
        table.writerow([*map(harmless, (name, sum(earned), total, *earned, files, problems, isolation))])
    return out.getvalue()


def harmless(value):
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def student(file: str, records: Sequence[dict]) -> str:
    """The part of the path that tells the submissions apart: a folder for each student, else the file."""
    common = common_folders([PurePath(r["file"]).parts for r in records])
    rest = PurePath(file).parts[common:]
    return rest[0] if len(rest) > 1 else PurePath(file).stem


def common_folders(paths: Sequence[tuple[str, ...]]) -> int:
    shortest = min(len(p) for p in paths) - 1
    differing = (i for i in range(shortest) if len({p[i] for p in paths}) > 1)
    return next(differing, shortest)


# --- pages ---------------------------------------------------------------------------------------

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #8888; padding: .5rem 0; }
h2 { font-size: 1.1rem; margin: .5rem 0; }
pre { overflow-x: auto; white-space: pre-wrap; background: #8881; padding: .5rem; }
.verdict { font-weight: 600; }
"""


def as_html(records: Iterable[dict], grader: Grader) -> str:
    """A page that needs no other file; with several submissions, one after the other."""
    found = list(records)
    title = found[0]["file"] if len(found) == 1 else f"{len(found)} submissions"
    body = "\n".join(part for submission in found for part in article(submission))
    footer = "".join(f"<p>{escape(note)}</p>" for note in ran_in(found))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n"
        f"<footer>{footer}</footer>\n</body>\n</html>\n"
    )


def article(submission: dict) -> Iterable[str]:
    yield f"<h1>{escape(submission['file'])}</h1>"
    yield f'<p class="verdict">{submission["earned"]} of {submission["points"]} points</p>'
    yield from (f"<pre>{escape(line)}</pre>" for line in faults(submission))
    for exercise in submission["exercises"]:
        yield f"<section>\n<h2>{escape(exercise['title'])}</h2>"
        yield f"<p><code>{exercise['name']}</code> · {exercise['question']} · "
        yield f'<span class="verdict">{summary(exercise)}</span></p>'
        if text := said(exercise):
            yield f"<pre>{escape(text)}</pre>"
        yield "</section>"


def summary(exercise: dict) -> str:
    points = f"{exercise['earned']} of {exercise['points']} points"
    tried = f" on {exercise['tried']} {NOUNS[exercise['kind']]}" if exercise["outcome"] == RIGHT else ""
    return f"{exercise['outcome']}{tried}, {points}"


# --- all -----------------------------------------------------------------------------------------

FORMATS = {
    "text": (as_text, "report.txt"),
    "json": (as_json, "report.json"),
    "junit": (as_junit, "report.xml"),
    "gradescope": (as_gradescope, "results.json"),
    "csv": (as_csv, "grades.csv"),
    "html": (as_html, "index.html"),
}


def can_be_written(folder: Path) -> None:
    """Makes the folder and tries it.  Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def write(format_: str, records: Sequence[dict], grader: Grader, folder: Path) -> list[Path]:
    """The report as files in a folder: one, or for `html` a page for each submission and an index of them."""
    can_be_written(folder)
    render, name = FORMATS[format_]
    if format_ != "html":
        return [written(folder / name, render(records, grader))]
    pages = {page: submission for page, submission in zip(page_names(records), records, strict=True)}
    index = [written(folder / name, as_index(pages))]
    return index + [written(folder / page, as_html([s], grader)) for page, s in pages.items()]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def page_names(records: Sequence[dict]) -> list[str]:
    """A plain name for each page, whatever the submission is called."""
    width = len(str(len(records)))
    return [f"{number:0{width}}-{plain(r['file'])}.html" for number, r in enumerate(records, 1)]


def plain(file: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", "-".join(PurePath(file).parts[-2:])).strip("-")[:80]


def as_index(pages: dict[str, dict]) -> str:
    rows = "\n".join(
        f'<li><a href="{page}">{escape(s["file"])}</a>: {s["earned"]} of {s["points"]}</li>'
        for page, s in pages.items()
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Grades</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>Grades</h1>\n<ul>\n{rows}\n</ul>\n</body>\n</html>\n"
    )
