"""A witness: exact numbers of the right shape, then each requirement in turn."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import mpmath

from ..exercises.exercise import Misconception, tuple_text
from ..exercises.witness import Piece, WitnessExercise
from .failure import Failure
from .literals import NotData, number


class Misshaped(ValueError):
    """The data are not numbers of the shape that is asked for."""


def check_witness(exercise: WitnessExercise, data: Mapping[str, object]) -> tuple[Failure | None, int]:
    """What is wrong with the object, if anything, and how many requirements it met before."""
    try:
        pieces = read_pieces(exercise, data)
    except Misshaped as problem:
        return Failure("shape", str(problem)), 0
    for met, requirement in enumerate(exercise.requirements):
        missed = requirement.check(pieces)
        if missed is not None:
            return unmet(exercise, requirement.text, missed, pieces), met
    return None, len(exercise.requirements)


def unmet(exercise: WitnessExercise, text: str, missed, pieces: Mapping) -> Failure:
    shown = {name: floats(value) for name, value in pieces.items()}
    found = agreeing(exercise, pieces)
    if missed.demanded is None:
        said = str(missed.got).rstrip(".")
        message = f"One requirement is not met: {text}\nHere {said}."
        return Failure("requirement", message, (), shown, misconceptions=found)
    message = f"One requirement is not met: {text}"
    values = {"got": floats(missed.got), "demanded": floats(missed.demanded), "source": "required"}
    return Failure("requirement", message, (), shown, misconceptions=found, **values)


def agreeing(exercise: WitnessExercise, pieces: Mapping) -> tuple[Misconception, ...]:
    return tuple(m for m in exercise.misconceptions if m.fits(pieces))


def floats(value):
    """For the eye; what no float holds as text."""
    if isinstance(value, list):
        return [floats(x) for x in value]
    try:
        return float(value)
    except OverflowError:
        return mpmath.nstr(mpmath.mpf(value.numerator) / value.denominator, 6)


def read_pieces(exercise: WitnessExercise, data: Mapping[str, object]) -> dict:
    """The pieces by their names, in fractions; sizes are the same wherever they occur."""
    sizes: dict[str, int] = {}
    read = {}
    for identifier, piece in zip(exercise.identifiers, exercise.pieces, strict=True):
        if identifier not in data:
            raise Misshaped(f"{identifier} is missing.")
        try:
            value = exact(data[identifier])
        except NotData as problem:
            raise Misshaped(f"{identifier} cannot be read: {problem}.") from None
        fit(exercise, piece, shape_of(value, identifier), sizes)
        read[piece.name] = value
    return read


def exact(value):
    if isinstance(value, list):
        return [exact(x) for x in value]
    return value if isinstance(value, Fraction) else number(str(value))


def shape_of(value, name: str) -> tuple[int, ...]:
    if not isinstance(value, list):
        return ()
    shapes = {shape_of(x, name) for x in value}
    if len(shapes) > 1:
        raise Misshaped(f"The rows of {name} are not all alike.")
    return (len(value), *(shapes.pop() if shapes else ()))


def fit(exercise: WitnessExercise, piece: Piece, shape: tuple[int, ...], sizes: dict[str, int]) -> None:
    """Bind names of sizes to what is found; raises `Misshaped`."""
    meant = tuple_text(piece.shape) if piece.shape else "one number"
    wrong = Misshaped(f"{piece.name} has shape {tuple_text(shape)}; it must be {meant}.")
    if len(shape) != len(piece.shape):
        raise wrong
    for wanted, found in zip(piece.shape, shape, strict=True):
        low, high = exercise.sizes[wanted] if isinstance(wanted, str) else (wanted, wanted)
        if not low <= found <= high or sizes.setdefault(str(wanted), found) != found:
            raise wrong
