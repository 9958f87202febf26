"""What can be wrong with an answer, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

from ..exercises.exercise import Misconception


@dataclass(frozen=True)
class Failure:
    """Why an answer is not right.

    `reason`: a fixed word for programs; `message`: a sentence for the reader; `display`: lines shown as
    they are; `inputs`: where it shows, name -> nested lists; `got`, `demanded`: the two values there,
    `source`: what demands the second; `misconceptions`: the known wrong roads that lead to this answer;
    `right_parts`: the names of parts that are right nonetheless.
    """

    reason: str
    message: str
    display: tuple[str, ...] = ()
    inputs: Mapping[str, object] | None = None
    result: str = ""
    got: object = None
    demanded: object = None
    source: str = ""
    misconceptions: tuple[Misconception, ...] = ()
    right_parts: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The failure as plain text."""
        return [*self.said(), *self.evidence(), *self.diagnosis(), *self.credit()]

    def said(self) -> list[str]:
        return [part for line in self.message.splitlines() for part in wrap(line, 90)]

    def evidence(self) -> list[str]:
        """Where it shows, and the two values there."""
        text = [f"    {line}" for line in self.display]
        if self.inputs is not None:
            text += self.place()
        if self.demanded is not None:
            mine, theirs = "your value" + (f" of {self.result}" if self.result else ""), self.source
            width = max(len(mine), len(theirs))
            got, demanded = apart(self.got, self.demanded)
            text += [f"    {mine:{width}}  {got}", f"    {theirs:{width}}  {demanded}"]
        return text

    def diagnosis(self) -> list[str]:
        """The misconceptions by name, all that fit."""
        found = self.misconceptions
        if not found:
            return []
        first = ["This fits several known slips; which one is yours?"] if len(found) > 1 else []
        return first + [line for m in found for line in told(m)]

    def credit(self) -> list[str]:
        return [f"Right nonetheless: {', '.join(self.right_parts)}."] if self.right_parts else []

    def place(self, width: int = 90) -> list[str]:
        """The inputs, on one line if they fit."""
        parts = [f"{name} = {show(value)}" for name, value in self.inputs.items()]
        one_line = f"at {', '.join(parts)}"
        return [one_line] if len(one_line) <= width else ["at", *(f"    {part}" for part in parts)]

    def record(self) -> dict:
        """The failure as JSON has it."""
        data = {"reason": self.reason, "message": self.message, "display": list(self.display)}
        data["lines"] = self.lines()
        if self.inputs is not None:
            data["inputs"] = dict(self.inputs)
        if self.demanded is not None:
            data |= {"result": self.result, "got": self.got, "demanded": self.demanded, "source": self.source}
        if self.misconceptions:
            fields = ("name", "explanation", "see")
            data["misconceptions"] = [{f: getattr(m, f) for f in fields} for m in self.misconceptions]
        if self.right_parts:
            data["right_parts"] = list(self.right_parts)
        return data


def told(misconception: Misconception, width: int = 90) -> list[str]:
    lines = wrap(f"Known slip: {misconception.name}. {misconception.explanation}", width)
    return lines + ([f"    Read {misconception.see}"] if misconception.see else [])


def show(value, digits: int = 6) -> str:
    """A number or nested lists in as few characters as tell it to so many digits; a word as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return f"[{', '.join(show(v, digits) for v in value)}]"
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text


def apart(a, b) -> tuple[str, str]:
    """Two values that differ, with as many digits as it takes to see it."""
    for digits in range(6, 18):
        if show(a, digits) != show(b, digits):
            break
    return show(a, digits), show(b, digits)
