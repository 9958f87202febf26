"""The grader's side of the frames that `worker.py` speaks: bytes checked before they are believed."""

from __future__ import annotations

import json
import struct
from math import prod

from ..exercises.arrays import Array

HEADER = struct.Struct(">IIc")
MOST_BYTES = 1 << 20
EPS = {b"d": 2.0**-52, b"f": 2.0**-23, b"e": 2.0**-10}


class BrokenFrame(ValueError):
    """Bytes that are no frame of the protocol."""


def encode_array(array: Array) -> bytes:
    header = b"d" + struct.pack(f">B{len(array.shape)}I", len(array.shape), *array.shape)
    return header + struct.pack(f"<{len(array.values)}d", *array.values)


def encode_call(function: str, results: int, arguments: list[Array]) -> bytes:
    name = function.encode()
    header = struct.pack(">HBB", len(name), results, len(arguments))
    return header + name + b"".join(map(encode_array, arguments))


def decode_arrays(payload: bytes, count: int) -> list[Array]:
    """Exactly `count` arrays and nothing after them; raises `BrokenFrame`."""
    arrays, at = [], 0
    for _ in range(count):
        array, at = _decode_array(payload, at)
        arrays.append(array)
    if at != len(payload):
        raise BrokenFrame("bytes after the last array")
    return arrays


def _decode_array(payload: bytes, at: int) -> tuple[Array, int]:
    try:
        letter, dimensions = struct.unpack_from(">cB", payload, at)
        shape = struct.unpack_from(f">{dimensions}I", payload, at + 2)
        at += 2 + 4 * dimensions
        size = prod(shape)
        if size > (len(payload) - at) // 8:
            raise BrokenFrame("a shape that promises more than came")
        values = struct.unpack_from(f"<{size}d", payload, at)
        return Array(shape, values, EPS[letter]), at + 8 * size
    except (struct.error, KeyError, OverflowError) as problem:
        raise BrokenFrame(str(problem)) from None


def decode_json(payload: bytes) -> dict:
    """A flat JSON object; raises `BrokenFrame`."""
    try:
        data = json.loads(payload)
    except (ValueError, RecursionError) as problem:
        raise BrokenFrame(str(problem)) from None
    if not isinstance(data, dict):
        raise BrokenFrame("no JSON object")
    return data
