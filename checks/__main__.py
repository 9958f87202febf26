"""``python -m checks``: list the exercises, write a starter file, grade answers."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from . import UnknownExercise, get
from .equality import command as equality
from .exercises import EXERCISES
from .exercises.exercise import Exercise
from .grader.batch import Task, grade_all
from .grader.bundle import bundle
from .grader.formats import FORMATS, can_be_written, write
from .grader.grading import Grader
from .grader.isolation import CannotIsolate
from .grader.process import Limits
from .grader.progress import Lines
from .grader.sandbox import UNSAFE
from .grader.sources import ACCEPTED, Misuse, Source, how_many, listed, sources

RIGHT, WRONG, MISUSED, INTERRUPTED = 0, 1, 2, 130


def main(arguments: list[str] | None = None) -> int:
    gc.freeze()  # what is imported stays; looking through it again and again takes a twentieth of the time
    gc.set_threshold(20_000, 50, 50)
    options = parser().parse_args(arguments)
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status
    except (Misuse, UnknownExercise, CannotIsolate) as problem:
        print(f"checks {options.command}: {problem}", file=sys.stderr)
        return MISUSED
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return RIGHT
    except KeyboardInterrupt:
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m checks", description="The exercises of the book, and their grader.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_list(commands)
    add_template(commands)
    add_grade(commands)
    add_bundle(commands)
    equality.add(commands)
    return top


def add_list(commands) -> None:
    command = commands.add_parser("list", help="all exercises: name, kind, points, question")
    command.add_argument("--json", action="store_true", help="with statements, hints and domains, as JSON")
    command.set_defaults(run=list_exercises)


def add_template(commands) -> None:
    command = commands.add_parser("template", help="a starter file for your answers")
    command.add_argument(
        "path",
        nargs="?",
        type=Path,
        metavar="PATH",
        help="where to write it, else it is printed; a .toml file has all but the functions",
    )
    command.add_argument("--force", action="store_true", help="replace an existing file")
    command.set_defaults(run=write_template)


def add_grade(commands) -> None:
    command = commands.add_parser(
        "grade",
        help="grade answer files",
        description=f"Grade answer files ({listed(ACCEPTED)}), or folders and zip files of them. "
        "Exit status: 0 all answers right, 1 something wrong or nothing answered, 2 misuse.",
    )
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    command.add_argument("--exercise", action="append", metavar="NAME", help="only this one (may be repeated)")
    command.add_argument("--format", choices=tuple(FORMATS), default="text")
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="write the report there; html: a page for each submission"
    )
    where = command.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=positive, default=1, metavar="N", help="submissions at a time (default: 1)")
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on the workers of a Dask cluster, each one submission at a time; they need this checkout and its "
        "packages: in its folder, python -m dask scheduler and python -m dask worker ADDRESS",
    )
    command.add_argument("--seed", type=int, default=0, help="another seed, other inputs (default: 0)")
    command.add_argument("--examples", type=positive, default=100, help="inputs for each function (default: 100)")
    command.add_argument(
        "--keep",
        type=Path,
        metavar="FILE",
        help="keep results there as they come: a run that was broken off goes on, nothing is graded twice",
    )
    command.add_argument(
        "--hint",
        type=positive,
        nargs="?",
        const=1,
        default=0,
        metavar="N",
        help="with the N-th hint where an answer is not right (default: the first); write it after the files",
    )
    limit_help = "for one call of a function (default: %(default)g)"
    command.add_argument("--time-limit", type=seconds, default=Limits.call, metavar="SECONDS", help=limit_help)
    command.add_argument(
        "--unsafe", action="store_true", help="run the code of the files without a sandbox, as you would run your own"
    )
    command.set_defaults(run=grade)


def add_bundle(commands) -> None:
    command = commands.add_parser("bundle", help="the grader as a zip file for another system")
    command.add_argument("system", choices=("gradescope",), help="which system")
    command.add_argument(
        "path", nargs="?", type=Path, default=Path("gradescope.zip"), metavar="PATH", help="default: %(default)s"
    )
    command.set_defaults(run=write_bundle)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return int(text)


def seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be positive")
    return value


def list_exercises(options) -> int:
    if options.json:
        print(json.dumps([record(e) for e in EXERCISES.values()], indent=2, ensure_ascii=False))
        return RIGHT
    width = max(map(len, EXERCISES))
    for e in EXERCISES.values():
        points = f"{e.points} point{'s' if e.points > 1 else ' '}"
        print(f"{e.name:{width}}  {e.kind:8}  {points}  {e.question:4}  {e.title}")
    return RIGHT


def record(exercise: Exercise) -> dict:
    fields = (
        "name",
        "identifier",
        "kind",
        "question",
        "title",
        "points",
        "statement",
        "domain",
        "hints",
        "template",
    )
    record = {name: getattr(exercise, name) for name in fields}
    options = {x: exercise.option(x).text for x in exercise.letters} if exercise.kind == "choice" else {}
    return {**record, **({"options": options} if options else {})}


def typed_template() -> str:
    """The part of the starter that needs no Python, as TOML."""
    about = "# Answers. Fill in what you like and grade the file with `python -m checks grade`.\n"
    return "\n".join([about, *(e.template for e in EXERCISES.values() if e.kind != "function")])


def template() -> str:
    about = "Answers. Fill in what you like and grade the file with `python -m checks grade`."
    heading = f'"""{about}"""\n\nimport numpy as np\n'
    return "\n\n".join([heading, *(e.template for e in sorted(EXERCISES.values(), key=lambda e: e.kind))])


def write_template(options) -> int:
    if options.path is None:
        print(template(), end="")
        return RIGHT
    try:
        with options.path.open("w" if options.force else "x", encoding="utf-8") as stream:
            stream.write(typed_template() if options.path.suffix == ".toml" else template())
    except FileExistsError:
        raise Misuse(f"{options.path} exists; --force replaces it") from None
    except OSError as error:
        raise Misuse(f"{options.path} cannot be written: {error.strerror}") from None
    print(f"{options.path}: fill it in, then python -m checks grade {options.path}", file=sys.stderr)
    return RIGHT


def write_bundle(options) -> int:
    try:
        bundle(options.path)
    except OSError as error:
        raise Misuse(f"{options.path} cannot be written: {error.strerror}") from None
    print(f"{options.path}: upload it as the autograder of a programming assignment", file=sys.stderr)
    return RIGHT


def grade(options) -> int:
    names = tuple(get(name).name for name in options.exercise or EXERCISES)
    if options.unsafe:
        print("checks grade: --unsafe: the code in these files can read and do all that you can", file=sys.stderr)
    tier = UNSAFE if options.unsafe else None
    found = gathered(options.paths)
    if options.out:
        in_folder(options.out, can_be_written, options.out)  # before there is anything to lose
    with progress(options.paths) as told:
        grader = Grader(options.examples, options.seed, Limits(call=options.time_limit), told, tier)
        task, records = Task(grader, names, options.hint), []
        for record in grade_all(task, found, options.jobs, options.keep, options.scheduler):
            records.append(record)
            told.done()
    if options.out:
        files = in_folder(options.out, write, options.format, records, grader, options.out)
        print(f"{files[0]}: {len(records)} graded", file=sys.stderr)
    else:
        show(FORMATS[options.format][0](records, grader), options.format == "text" and sys.stdout.isatty())
    passed = (r["complete"] if options.exercise else r["passed"] for r in records)
    return RIGHT if all(passed) else WRONG


def in_folder(folder: Path, work: Callable, *arguments):
    try:
        return work(*arguments)
    except OSError as error:
        raise Misuse(f"the folder {folder} cannot be written to: {error.strerror}") from None


def gathered(paths: Iterable[Path]) -> Iterator[Source]:
    """All files, one after the other; a path that cannot be graded is told before any is."""
    found = [sources(path) for path in paths]
    first = [next(files) for files in found]
    return chain.from_iterable(chain([file], files) for file, files in zip(first, found, strict=True))


def progress(paths: Iterable[Path]):
    """A bar for a batch that somebody watches, else lines."""
    if not sys.stderr.isatty() or (total := sum(map(how_many, paths))) < 2:
        return Lines()
    from .grader.terminal import Bar  # rich, which takes its time to load, only where it is seen

    return Bar(total)


def show(report: str, in_colours: bool) -> None:
    if not in_colours:
        sys.stdout.write(report)
        return
    from .grader import terminal

    terminal.show(report)


if __name__ == "__main__":
    sys.exit(main())
