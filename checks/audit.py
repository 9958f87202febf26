"""The grader, audited: every check faces known right answers (wheats) and known wrong ones (chaffs).

Chaffs are those that people wrote down, all misconceptions of the exercise, and mutants of its
wheats: every term dropped, every sign turned, every factor lost, every number one more, results off
by a thousandth.  A mutant that is equal to its wheat by `equality`, which the checks do not use
for this, is no chaff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

import mpmath
from sympy import Add, Expr, Integer, Mul, Rational
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, Transpose

from derivations.expressions import ShapeError, remake, scale
from derivations.latex_formulas import is_latex

from . import answers
from .equality import Formula, compare, decide
from .exercises.arrays import Array
from .exercises.chain import ChainExercise
from .exercises.choice import ChoiceExercise
from .exercises.exercise import Exercise, FormulaExercise, FunctionExercise, InSymbols
from .exercises.slips import rewritten
from .grader.chains import check_chain
from .grader.choices import check_choice
from .grader.failure import Failure
from .grader.formulas import check_formula, drawn, led_to, same
from .grader.functions import Loaded, attempt_on, check_function
from .grader.functions import led_to as results_of
from .grader.process import Limits, Worker
from .grader.sandbox import UNSAFE
from .grader.search import Search
from .grader.witnesses import check_witness

EXAMPLES = 25
LEAST_WHEATS = {"formula": 5, "function": 5, "witness": 5, "chain": 5, "choice": 1}
CONFIDENCE = 0.95
A_LITTLE = Rational(1001, 1000)

Answers = Mapping[str, object]


@dataclass(frozen=True)
class Row:
    """One exercise: how many answers it was tried on, and the names of those that it judged wrongly."""

    name: str
    kind: str
    wheats: int
    rejected: tuple[str, ...]
    chaffs: int
    accepted: tuple[str, ...]

    @property
    def enough(self) -> bool:
        return self.wheats >= LEAST_WHEATS[self.kind] and self.chaffs > 0


def upper_bound(faults: int, tried: int) -> float:
    """Clopper and Pearson's upper bound on a rate: with no faults in n, 1 − 0.05^(1/n), about 3/n."""
    if faults >= tried:
        return 1.0
    tail = 1 - mpmath.mpf(CONFIDENCE)

    def excess(rate):
        return mpmath.betainc(faults + 1, tried - faults, 0, rate, regularized=True) - (1 - tail)

    return float(mpmath.findroot(excess, (0, 1), solver="bisect", tol=1e-9, maxsteps=60))


def audit(exercise: Exercise) -> Row:
    wheats, chaffs = (table.get(exercise.name, {}) for table in answers.of_chapter(exercise.name.split(".")[0]))
    judge = audit_function if isinstance(exercise, FunctionExercise) else audit_typed
    right, wrong = judge(exercise, wheats, chaffs)
    rejected = tuple(name for name, passed in right.items() if not passed)
    accepted = tuple(name for name, passed in wrong.items() if passed)
    return Row(exercise.name, exercise.kind, len(right), rejected, len(wrong), accepted)


# --- typed answers -------------------------------------------------------------------------------


def audit_typed(exercise: Exercise, wheats: Answers, chaffs: Answers) -> tuple[dict, dict]:
    """Name -> whether it passed, for the wheats and for all chaffs."""
    right = {name: passes(exercise, answer) for name, answer in wheats.items()}
    wrong = {name: passes(exercise, answer) for name, answer in chaffs.items()}
    wrong |= {f"slip: {m.name}": slip_passes(exercise, m) for m in exercise.misconceptions}
    wrong |= dict(mutants_passed(exercise, list(wheats.values())))
    return right, wrong


def passes(exercise: Exercise, answer, seed: int = 0) -> bool:
    if isinstance(exercise, FormulaExercise):
        return check_formula(exercise, answer, seed)[0] is None
    if isinstance(exercise, ChainExercise):
        return check_chain(exercise, answer, seed)[0] is None
    if isinstance(exercise, ChoiceExercise):
        return check_choice(exercise, answer)[0] is None
    given = [typed(answer[piece.name]) for piece in exercise.pieces]
    return check_witness(exercise, dict(zip(exercise.identifiers, given, strict=True)))[0] is None


def typed(value):
    """Numbers as a reader types them."""
    return [typed(v) for v in value] if isinstance(value, list | tuple) else str(value)


def slip_passes(exercise: Exercise, misconception) -> bool:
    if not isinstance(exercise, InSymbols):
        return passes(exercise, misconception.answer)
    situations, field = drawn(exercise, 0)
    return all(same(led_to(exercise, misconception, s, field), s.demanded, field) for s in situations)


def mutants_passed(exercise: Exercise, wheats: list) -> Iterator[tuple[str, bool]]:
    if isinstance(exercise, FormulaExercise) and wheats:
        yield from formula_mutants(exercise, wheats[0])
    elif isinstance(exercise, ChainExercise):
        for number, lines in enumerate(wheats, 1):
            for name, mutant in chain_mutants(lines):
                yield f"wheat {number}: {name}", passes(exercise, mutant)
    elif isinstance(exercise, ChoiceExercise):
        yield from ((f"letters {letters}", passes(exercise, letters)) for letters in wrong_letters(exercise))


def formula_mutants(exercise: FormulaExercise, wheat: str) -> Iterator[tuple[str, bool]]:
    formula = exercise.parse(wheat)
    situations, field = drawn(exercise, 0)
    for mutant in sorted(set(mutants(formula)) - {formula}, key=str):
        passed = compare(mutant, situations, field).verdict != "refuted"
        if passed and decide(Formula("", formula), Formula("", mutant)).equal:
            continue
        yield f"mutant: {mutant}", passed


def mutants(formula: Expr) -> Iterator[Expr]:
    """The formula with one thing changed in it."""
    yield scale(A_LITTLE, formula)
    for node in formula.atoms(Add, MatAdd, Mul, MatMul, HadamardProduct, Transpose, Integer, Rational):
        for other in changed(node):
            try:
                mutant = rewritten(formula, lambda part, node=node, other=other: other if part == node else None)
            except (ShapeError, ValueError):
                continue
            if getattr(mutant, "shape", ()) == getattr(formula, "shape", ()):
                yield mutant


def changed(node: Expr) -> Iterator[Expr]:
    """A term or a factor lost, a term's sign turned, a transpose forgotten, a number one more."""
    if isinstance(node, Transpose):
        yield node.arg
    elif isinstance(node, Rational):
        yield node + 1
    else:
        for position, part in enumerate(node.args):
            rest = [*node.args[:position], *node.args[position + 1 :]]
            yield from attempts(partial(remake, node, rest))
            if isinstance(node, Add | MatAdd):
                yield from attempts(partial(remake, node, [*rest, scale(-1, part)]))


def attempts(make: Callable) -> Iterator[Expr]:
    try:
        yield make()
    except (ShapeError, ValueError, TypeError, IndexError):
        return


def chain_mutants(lines) -> Iterator[tuple[str, list]]:
    """One line scaled by 1.001, or its sign turned."""
    if not isinstance(lines, list):
        return
    for position, line in enumerate(lines):
        text = (line[0] if isinstance(line, list) else line).strip().removeprefix("=")
        if text.strip() and not is_latex(text) and "^T" not in text:
            for name, wrong in (("× 1.001", f"1001/1000*({text})"), ("sign", f"-({text})")):
                yield f"line {position + 1} {name}", [*lines[:position], wrong, *lines[position + 1 :]]


def wrong_letters(exercise: ChoiceExercise) -> Iterator[str]:
    """All answers but the right one."""
    right = {letter for letter in exercise.letters if exercise.counterexample(letter) is None}
    counts = range(1, len(exercise.letters) + 1) if exercise.several else (1,)
    for count in counts:
        yield from ("".join(c) for c in combinations(exercise.letters, count) if set(c) != right)


# --- functions -----------------------------------------------------------------------------------

COMMON_WORKER = """import numpy as np
def loaded(source, name):
    space = {"np": np}
    exec(source, space)
    return space[name]
"""


def audit_function(exercise: FunctionExercise, wheats: Answers, chaffs: Answers) -> tuple[dict, dict]:
    """The same.  All sources are ours, so they share one worker, each in a namespace of its own."""
    sources = [*wheats.values(), *chaffs.values()]
    names = [replace(exercise, name=f"{exercise.name}_{i}") for i in range(len(sources))]
    text = COMMON_WORKER + "".join(
        f"{e.identifier} = loaded({source!r}, {exercise.identifier!r})\n"
        for e, source in zip(names, sources, strict=True)
    )
    with Worker(Limits(), UNSAFE) as worker:  # the answers are our own
        loaded = Loaded(worker, text.encode(), "known answers", float("inf"))
        if problem := loaded.load(text.encode()):
            raise ValueError(f"the known answers of {exercise.name} cannot be loaded: {problem.lines()}")
        right = {n: check_function(e, loaded, EXAMPLES, 0)[0] is None for n, e in zip(wheats, names, strict=False)}
        later = names[len(wheats) :]
        wrong = {n: no_failure(e, loaded) for n, e in zip(chaffs, later, strict=True)}
        for m in exercise.misconceptions:
            wrong[f"slip: {m.name}"] = no_failure(exercise, Computed(partial(results_of, exercise, m)))
        if wheats and not any(m.fits for m in exercise.misconceptions):
            for name, changed_loaded in spoilt(exercise, names[0], loaded):
                wrong[f"mutant: {name}"] = no_failure(exercise, changed_loaded)
    return right, wrong


def no_failure(exercise: FunctionExercise, loaded) -> bool:
    """What the grader would find, without its search for smaller inputs."""
    return Search(exercise, attempt_on(exercise, loaded), 0).passes(EXAMPLES)


@dataclass(frozen=True)
class Computed:
    """Stands for a loaded submission: a function of inputs by name that runs here."""

    results: Callable[[dict], list[Array] | None]

    def call(self, exercise: FunctionExercise, inputs: dict) -> list[Array] | Failure:
        found = self.results({name: array.nested() for name, array in inputs.items()})
        return Failure("exception", "No result.") if found is None else found


@dataclass(frozen=True)
class Spoilt:
    """A loaded wheat, one of whose results is falsified."""

    wheat: FunctionExercise
    loaded: Loaded
    position: int
    falsify: Callable[[float], float]
    entries: slice

    def call(self, exercise: FunctionExercise, inputs: dict) -> list[Array] | Failure:
        found = self.loaded.call(self.wheat, inputs)
        if isinstance(found, Failure):
            return found
        values = list(found[self.position].values)
        values[self.entries] = map(self.falsify, values[self.entries])
        found[self.position] = replace(found[self.position], values=tuple(values))
        return found


ALL, FIRST, LAST = slice(None), slice(0, 1), slice(-1, None)
FALSIFIED = {
    "× 1.001": (lambda v: v * 1.001, ALL),
    "sign": (lambda v: -v, ALL),
    "0": (lambda v: 0.0, ALL),
    "+ 0.01": (lambda v: v + 0.01, ALL),
    "first entry × 1.01": (lambda v: v * 1.01, FIRST),
    "last entry + 0.01": (lambda v: v + 0.01, LAST),
}


def spoilt(exercise: FunctionExercise, wheat: FunctionExercise, loaded: Loaded) -> Iterator[tuple[str, Spoilt]]:
    for position, result in enumerate(exercise.results):
        for name, (falsify, entries) in FALSIFIED.items():
            yield f"{result.name} {name}", Spoilt(wheat, loaded, position, falsify, entries)
