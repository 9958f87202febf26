"""Data in an answer file, read without running it: text, exact numbers, and lists of them."""

from __future__ import annotations

import ast
import re
from fractions import Fraction

LONGEST_NUMBER = 40
LARGEST_EXPONENT = 40
MOST_ENTRIES = 1000
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?(/\d+)?", re.IGNORECASE)
ARITHMETIC = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


class NotData(ValueError):
    """Something that is neither text nor a number nor a list of these."""


def number(text: str) -> Fraction:
    """A decimal or a fraction of them, exactly: "-0.5", "1e-3", "2/3".  Raises `NotData`."""
    plain = text.replace(" ", "").replace("_", "").replace("−", "-")
    if len(plain) > LONGEST_NUMBER or not NUMBER.fullmatch(plain):
        raise NotData(f"{text[:LONGEST_NUMBER]!r} is not a number")
    above, _, below = plain.partition("/")
    _, _, exponent = above.lower().partition("e")
    if abs(int(exponent or 0)) > LARGEST_EXPONENT or (below and not int(below)):
        raise NotData(f"{text!r} is not a number that can be used here")
    return Fraction(above) / int(below or 1)


def of_toml(value):
    """A value of `tomllib`, which is asked for numbers as `toml_number` has them."""
    if isinstance(value, bool):
        raise NotData("true or false")
    if isinstance(value, str | Fraction):
        return value
    if isinstance(value, int) and abs(value) < 10**LONGEST_NUMBER:
        return Fraction(value)
    if isinstance(value, list):
        return [of_toml(x) for x in value[:MOST_ENTRIES]]
    raise NotData("neither text nor a number nor a list")


def toml_number(text: str):
    """A float of TOML as an exact decimal; inf and nan, and what is too long, stay what they are not."""
    try:
        return number(text)
    except NotData:
        return None


def of_python(node: ast.expr, source: str):
    """A constant expression of numbers, texts and lists; ``np.array([...])`` counts as its list."""
    if isinstance(node, ast.List | ast.Tuple):
        return [of_python(x, source) for x in node.elts[:MOST_ENTRIES]]
    if isinstance(node, ast.Call) and len(node.args) == 1 and _called(node) in ("array", "Fraction"):
        inner = of_python(node.args[0], source)
        return number(inner) if _called(node) == "Fraction" and isinstance(inner, str) else inner
    if isinstance(node, ast.Constant):
        return _constant(node, source)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        sign = -1 if isinstance(node.op, ast.USub) else 1
        return sign * _of_numbers(node.operand, source)
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        return _bounded(node, _of_numbers(node.left, source), _of_numbers(node.right, source))
    raise NotData("neither text nor a number nor a list")


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _constant(node: ast.Constant, source: str):
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise NotData("neither text nor a number nor a list")
    if isinstance(node.value, int):
        return of_toml(node.value)
    return number(ast.get_source_segment(source, node) or repr(node.value))


def _of_numbers(node: ast.expr, source: str) -> Fraction:
    value = of_python(node, source)
    if not isinstance(value, Fraction):
        raise NotData("arithmetic is for numbers")
    return value


def _bounded(node: ast.BinOp, left: Fraction, right: Fraction) -> Fraction:
    if isinstance(node.op, ast.Div) and not right:
        raise NotData("a division by zero")
    value = ARITHMETIC[type(node.op)](left, right)
    if max(abs(value.numerator), value.denominator) > 10 ** (2 * LONGEST_NUMBER):
        raise NotData("a number too long")
    return value
