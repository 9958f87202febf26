"""Functions answered in a page: called in the reader's browser, with nested lists where NumPy has arrays.

The browser is the sandbox, and nobody but the reader is told the verdict.  A function that needs
arrays is told so by its first use of one, and is not judged: a list that is doubled by ``2 * x``
would be another function than the same text is with NumPy.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from ..exercises.arrays import Array, array_of, flat
from . import worker
from .frames import decode_arrays, encode_array
from .process import Limits
from .sandbox import UNSAFE

WITH_ARRAYS = """
    add radd iadd sub rsub isub mul rmul imul matmul rmatmul truediv rtruediv floordiv rfloordiv mod rmod divmod rdivmod
    pow rpow neg pos abs invert and rand or ror xor rxor lt le gt ge eq ne bool delitem
""".split()  # noqa: SIM905
OF_LISTS_ONLY = ("append", "extend", "insert", "remove", "pop", "clear", "index", "count", "reverse")
PACKAGES = ("numpy", "np", "scipy")


class NeedsNumPy(Exception):
    """What an array can do and a list cannot, or does otherwise."""


class Rows(list):
    """An array as nested lists: entries, loops and `len`; everything else that an array has is refused."""

    def __getitem__(self, place):
        if not isinstance(place, int | slice):
            raise NeedsNumPy("write x[i][j] here, x[i, j] is of NumPy")
        found = super().__getitem__(place)
        return Rows(found) if isinstance(place, slice) else found

    def __setitem__(self, place, value):
        if not isinstance(place, int) or isinstance(value, list | tuple) or isinstance(self[place], list):
            raise NeedsNumPy("several entries are set at once")
        super().__setitem__(place, value)

    def __getattr__(self, name: str):
        if name.startswith("__") or name in OF_LISTS_ONLY:
            raise AttributeError(f"arrays have no {name}")
        raise NeedsNumPy(f".{name} of whole arrays")

    def copy(self):
        return wrapped(self)

    def __deepcopy__(self, _):
        return wrapped(self)

    __copy__ = copy


def refused(name: str) -> Callable:
    def refuse(self, *_):
        raise NeedsNumPy(f"{name} of whole arrays")

    return refuse


def missing(self):
    """As an array says it: what asks for it is sent on to `__getattr__`."""
    raise AttributeError


for _name in WITH_ARRAYS:
    setattr(Rows, f"__{_name}__", refused(_name))
for _name in OF_LISTS_ONLY:
    setattr(Rows, _name, property(missing))


def rows(array: Array):
    """The entries as a number, or as nested `Rows`."""
    nested = array.nested()
    return wrapped(nested) if isinstance(nested, list) else nested


def wrapped(nested: list) -> Rows:
    return Rows(wrapped(x) if isinstance(x, list) else x for x in nested)


class ListWorker:
    """The part of a worker, played in this process: the same requests, the same replies.

    `calling` is told before every call, so that whoever watches knows how long one takes.
    """

    def __init__(self, calling: Callable[[], None] = lambda: None):
        self.calling = calling
        self.limits, self.tier = Limits(), UNSAFE
        self.namespace: dict = {"__name__": "submission"}
        self.needs_numpy = ""

    def ask(self, kind: bytes, payload: bytes, seconds: float) -> tuple[bytes, bytes]:
        """The reply to a request; `seconds` are kept by whoever watches this process."""
        self.calling()
        try:
            if kind == b"S":
                return b"L", json.dumps(worker.load(payload, self.namespace)).encode()
            return b"R", worker.call(self.namespace, payload, decode, encode)
        except BaseException as error:
            self.note(error)
            return b"E", json.dumps(worker.report_of(error)).encode()

    def note(self, error: BaseException) -> None:
        package = (getattr(error, "name", "") or "").partition(".")[0]
        if isinstance(error, NeedsNumPy) or (isinstance(error, ImportError | NameError) and package in PACKAGES):
            self.needs_numpy = str(error) or package
        elif isinstance(error, ZeroDivisionError):
            self.needs_numpy = "where a division by 0 gives inf or nan"

    def without_folder(self, text: str) -> str:
        return text


def decode(payload: bytes, at: int, count: int) -> list:
    return [rows(array) for array in decode_arrays(payload[at:], count)]


def encode(value, position: int) -> bytes:
    """The same as a worker's `encode_array`, for numbers and nested lists of them."""
    entries = flat(value)
    strange = next((x for x in entries if isinstance(x, bool) or not isinstance(x, int | float)), None)
    if strange is not None or not entries:
        raise worker.Refused(reason="not_numeric", position=position, what=type(value if entries else strange).__name__)
    if len(entries) > worker.MOST_NUMBERS:
        raise worker.Refused(reason="too_large", position=position, shape=f"({len(entries)},)")
    try:
        plain = as_floats(value)
        array = array_of(plain)
    except (ValueError, OverflowError) as error:
        raise worker.Refused(reason="not_numeric", position=position, what=str(error)) from None
    if array.nested() != plain:
        raise worker.Refused(reason="not_numeric", position=position, what="rows of different lengths")
    return encode_array(array)


def as_floats(value):
    return [as_floats(x) for x in value] if isinstance(value, list | tuple) else float(value)
