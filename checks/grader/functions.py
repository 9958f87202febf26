"""A function answer: called in the worker, judged here."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import chain

from ..exercises.arrays import Array, array_of
from ..exercises.exercise import FunctionExercise, Misconception, tuple_text
from .failure import Failure
from .frames import BrokenFrame, decode_arrays, decode_json, encode_call
from .process import Ended, OutOfTime, Worker
from .sandbox import UNSAFE
from .search import Broken, Inputs, Search, probes, sizes_of

PROBES = 8
FORBIDDEN = "Answers run without a network, other programs, and files to write; leave that out of the file."


class Loaded:
    """One loaded submission: its worker, its source for messages, and when its time is over."""

    def __init__(self, worker: Worker, source: bytes, file_name: str, deadline: float, cells: tuple[int, ...] = ()):
        self.worker, self.file_name, self.deadline, self.cells = worker, file_name, deadline, cells
        self.lines = source.decode("utf-8", "replace").splitlines()
        self.limits = worker.limits
        self.names: dict[str, bool] = {}
        self.lost = False

    def load(self, source: bytes) -> Failure | None:
        """Run the top level of the submission; what went wrong, if anything."""
        try:
            kind, payload = self.worker.ask(b"S", source, self.seconds(self.limits.load))
            report = decode_json(payload)
        except Broken as end:
            return end.failure
        except OutOfTime:
            return Failure("time_load", f"Your file does not finish loading within {self.limits.load:g} s.")
        except Ended as end:
            return Failure("ended", f"The process ended {end.how} while your file was being loaded.")
        except BrokenFrame as problem:
            return broken(problem)
        if kind == b"E":
            return self.told(report, "Your file, while it is being loaded,")
        self.names = {str(name): bool(callable_) for name, callable_ in report.items()}
        return None

    def seconds(self, limit: float) -> float:
        """What is left of a limit, and of the time for the whole submission."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            message = f"Your file takes longer than {self.limits.total:g} s in all."
            raise Broken(Failure("time_total", message))
        return min(limit, left)

    def call(self, exercise: FunctionExercise, inputs: Inputs) -> list[Array] | Failure:
        """The results for these inputs.  Raises `Broken` when the worker is gone."""
        try:
            return self.called(exercise, inputs)
        except Broken:
            self.lost = True
            raise

    def called(self, exercise: FunctionExercise, inputs: Inputs) -> list[Array] | Failure:
        payload = encode_call(exercise.identifier, len(exercise.results), list(inputs.values()))
        try:
            kind, reply = self.worker.ask(b"C", payload, self.seconds(self.limits.call))
            if kind == b"R":
                return decode_arrays(reply, len(exercise.results))
            return self.told(decode_json(reply), "Your function", exercise)
        except OutOfTime:
            raise Broken(
                Failure("time_call", f"Your function does not return within {self.limits.call:g} s.")
            ) from None
        except Ended as end:
            raise Broken(Failure("ended", f"The process ended {end.how} in your function.")) from None
        except BrokenFrame as problem:
            raise Broken(broken(problem)) from None

    def told(self, report: dict, who: str, exercise: FunctionExercise | None = None) -> Failure:
        """A report of the worker in words.  It is the submission's word, so everything in it is only text."""
        reason = report.get("reason")
        if reason == "exit":
            return Failure("exit", f"{who} calls sys.exit(); return the result instead.")
        if reason == "memory":
            return Failure("memory", f"{who} needs more than {self.limits.memory >> 20} MiB of memory.")
        if reason == "exception":
            message = self.worker.without_folder(str(report.get("message")))
            said = f"{plain(report.get('type'))}: {plain(message)}".rstrip(": ")
            forbidden = (FORBIDDEN,) if report.get("type") == "PermissionError" and self.worker.tier != UNSAFE else ()
            display = (*self.own_lines(report.get("lines")), *forbidden)
            return Failure("exception", f"{who} raises {said}", display)
        if exercise is None:
            return broken(BrokenFrame("an unknown report"))
        return result_failure(exercise, report)

    def own_lines(self, lines):
        """The submission's part of a traceback."""
        for entry in lines if isinstance(lines, list) else ():
            number, name = (*entry, None, None)[:2] if isinstance(entry, list) else (None, None)
            if isinstance(number, int) and 0 < number <= len(self.lines):
                where = "" if name == "<module>" else f", in {plain(name)}"
                place = f"{self.file_name}, {self.place(number)}{where}"
                yield f"{place}: {plain(self.lines[number - 1].strip())}"

    def place(self, line: int) -> str:
        return f"code cell {self.cells[line - 1]}" if line <= len(self.cells) else f"line {line}"


def broken(problem: BrokenFrame) -> Failure:
    return Failure("protocol", f"Your code wrote into the grader's channel ({problem}).")


def plain(text, longest: int = 300) -> str:
    """Text of a submission, without what could move a terminal's cursor."""
    return "".join(c if c.isprintable() else " " for c in str(text))[:longest].strip()


def result_failure(exercise: FunctionExercise, report: dict) -> Failure:
    """Results of the wrong kind, and wrong arguments."""
    reason, what = report.get("reason"), plain(report.get("what", ""))
    names = [r.name for r in exercise.results]
    position = report.get("position")
    name = names[position] if isinstance(position, int) and 0 <= position < len(names) else names[0]
    if reason == "arguments":
        found = exercise.identifier + what
        message = f"Your function must take the arguments of {exercise.signature}; it is {found}."
    elif reason == "results":
        message = f"Your function must return {len(names)} values, ({', '.join(names)}); it returns a {what}."
    elif reason == "not_numeric":
        message = f"The {name} that your function returns is not an array of real numbers: {what}."
    elif reason == "too_large":
        message = f"The {name} that your function returns is far too large, of shape {plain(report.get('shape'))}."
    else:
        return broken(BrokenFrame("an unknown report"))
    return Failure(reason, message)


def check_function(exercise: FunctionExercise, loaded: Loaded, examples: int, seed: int):
    """What is wrong with the answer, if anything, and how many inputs it was right on."""
    failure, tried = search(exercise, loaded, examples, seed)
    if failure is None or failure.reason != "counterexample":
        return failure, tried
    right = tuple(part.name for part in exercise.parts if part.name != failure.result)
    right = tuple(name for name in right if search(exercise, loaded, examples, seed, name)[0] is None)
    return replace(failure, misconceptions=agreeing(exercise, loaded, failure, seed), right_parts=right), tried


def search(exercise: FunctionExercise, loaded: Loaded, examples: int, seed: int, only: str = ""):
    """The smallest failure; `only`: no other result is looked at."""
    return Search(exercise, attempt_on(exercise, loaded, only), seed).smallest_failure(examples)


def attempt_on(exercise: FunctionExercise, loaded: Loaded, only: str = ""):
    """Judges one input."""

    def attempt(inputs: Inputs) -> Failure | None:
        shown = {name: array.nested() for name, array in inputs.items()}
        try:
            answer = loaded.call(exercise, inputs)
            failure = judge(exercise, shown, sizes_of(exercise, inputs), answer, only)
        except Broken as end:
            raise Broken(at(end.failure, shown)) from None
        return at(failure, shown) if failure else None

    return attempt


def at(failure: Failure, inputs: dict) -> Failure:
    """The failure with its inputs, unless they do not matter."""
    if failure.reason in ("arguments", "protocol", "time_total"):
        return failure
    return replace(failure, inputs=inputs)


def judge(
    exercise: FunctionExercise, inputs: dict, sizes: dict, answer: list[Array] | Failure, only: str = ""
) -> Failure | None:
    """Shape, finiteness, then the property of the problem."""
    if isinstance(answer, Failure):
        return answer
    for result, array in zip(exercise.results, answer, strict=True):
        shape = tuple(sizes[name] for name in result.shape)
        if array.shape != shape:
            meant = f"{tuple_text(result.shape)} = {tuple_text(shape)}"
            return Failure("shape", f"The {result.name} has shape {tuple_text(array.shape)}; it must be {meant}.")
    for result, array in zip(exercise.results, answer, strict=True):
        if not array.finite:
            return Failure("not_finite", f"The {result.name} is not finite: {array.nested()}.")
    results = {r.name: a for r, a in zip(exercise.results, answer, strict=True)}
    return judge_values(exercise, inputs, results, only)


def judge_values(exercise: FunctionExercise, inputs: dict, results: dict[str, Array], only: str = "") -> Failure | None:
    all_found = exercise.disagreements(inputs, results)
    found = next((d for d in all_found if only in ("", d.result)), None)
    if found is None:
        return None
    message = "Your function differs from what the problem demands."
    values = {"result": found.result, "got": found.got, "demanded": found.demanded, "source": exercise.source}
    return Failure("counterexample", message, **values)


# --- misconceptions -------------------------------------------------------------------------------


def agreeing(exercise: FunctionExercise, loaded: Loaded, failure: Failure, seed: int) -> tuple[Misconception, ...]:
    """The misconceptions with which the answer agrees where it failed, and on every probe."""
    remaining = list(exercise.misconceptions)
    failed = {name: array_of(value) for name, value in failure.inputs.items()}
    for inputs in chain([failed], probes(exercise, PROBES, seed)):
        if not remaining:
            break
        try:
            answer = loaded.call(exercise, inputs)
        except Broken:
            return ()
        if isinstance(answer, Failure):
            return ()
        shown = {name: array.nested() for name, array in inputs.items()}
        remaining = [m for m in remaining if agrees(exercise, m, shown, answer)]
    return tuple(remaining)


def agrees(exercise: FunctionExercise, misconception: Misconception, inputs: dict, answer: list[Array]) -> bool:
    if misconception.fits:
        results = {r.name: a.nested() for r, a in zip(exercise.results, answer, strict=True)}
        return misconception.fits(inputs, results)
    return same(answer, led_to(exercise, misconception, inputs))


def led_to(exercise: FunctionExercise, misconception: Misconception, inputs: dict) -> list[Array] | None:
    """The results that a misconception leads to, None where it leads to none."""
    try:
        results = misconception.answer(inputs)
        found = [array_of(results[r.name]) for r in exercise.results]
    except ArithmeticError:
        return None
    return found if all(array.finite for array in found) else None


def same(answer: list[Array], other: list[Array] | None) -> bool:
    """Whether all results agree, to half the digits of the type that the answer was computed in."""
    return other is not None and all(map(near, answer, other))


def near(a: Array, b: Array) -> bool:
    if a.shape != b.shape:
        return False
    size = max((abs(v) for v in (*a.values, *b.values)), default=0.0)
    return all(abs(x - y) <= a.eps**0.5 * size for x, y in zip(a.values, b.values, strict=True))
