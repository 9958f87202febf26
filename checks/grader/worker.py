"""Runs one submission in an interpreter of its own, and returns numbers.

The text of this file is handed to ``python -I -c``; it imports nothing of ours.  (`lists` calls its functions
where the reader's browser is the sandbox.)  Frames go through what were stdin and stdout at the start; afterwards
stdin is empty and whatever the submission prints goes to stderr.  Nothing here decides whether an answer is right.

A frame: length of the payload and number of the request (big-endian, 4 bytes each), one letter, payload.
    S  source of the submission            -> L  JSON {name: is callable}
    C  name, number of results, arrays     -> R  arrays        or, to both,  E  JSON {"reason": …}
An array: letter of its type, number of dimensions (1 byte), dimensions (4 bytes each), float64 values.
"""

import contextlib
import errno
import inspect
import json
import os
import random
import signal
import struct
import sys
import traceback
import types
from functools import partial

FILE_NAME = "<submission>"
HEADER = struct.Struct(">IIc")
PR_SET_PDEATHSIG = 1
MOST_NUMBERS = 1 << 16
MOST_LINES = 5
MOST_TEXT = 500
MOST_NAMES = 1000


class Refused(Exception):
    """A result that cannot be sent; `report` is what the grader is told."""

    def __init__(self, **report):
        self.report = report


def claim_channel():
    """Private descriptors for the frames; the submission keeps an empty stdin, and stderr for its outputs."""
    frames_in, frames_out = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)
    return frames_in, frames_out


def limit_resources(limits):
    """Where the system has them: memory, processor seconds, size of files written."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        "RLIMIT_AS": limits["memory"],
        "RLIMIT_CPU": limits["cpu"],
        "RLIMIT_FSIZE": limits["file"],
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 64,
    }
    for name, value in wanted.items():
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (AttributeError, ValueError, OSError):
            continue


def confine(wanted):
    """For good: no file but those readable, no call of the system but those allowed.

    `wanted`: the files and folders that may be read, the names of the calls; None where nothing is confined.
    """
    if wanted is None:
        return
    import ctypes.util

    # by their names, which need no search by other programs
    ctypes.util.find_library = {"c": "libc.so.6", "seccomp": "libseccomp.so.2"}.get
    import py_landlock
    import pyseccomp

    rules = py_landlock.Landlock(strict=True)
    access = py_landlock.AccessFs
    for path in wanted["readable"]:
        rules.add_path_rule(path, access=access.READ_FILE | (access.READ_DIR if os.path.isdir(path) else access(0)))
    rules.add_path_rule(os.devnull, access=access.WRITE_FILE)
    calls = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in wanted["calls"]:
        with contextlib.suppress(OSError, ValueError):  # one that the library does not know stays forbidden
            calls.add_rule(pyseccomp.ALLOW, name)
    calls.add_rule(pyseccomp.ALLOW, "prlimit64", pyseccomp.Arg(2, pyseccomp.EQ, 0))  # asks, sets nothing
    calls.add_rule(pyseccomp.ALLOW, "tgkill", pyseccomp.Arg(0, pyseccomp.EQ, os.getpid()))  # abort()
    calls.add_rule(pyseccomp.ERRNO(errno.ENOTTY), "ioctl")
    modes = ((os.O_TRUNC, 0), (os.O_ACCMODE, os.O_WRONLY), (os.O_ACCMODE, os.O_RDWR))
    for name, place in (("open", 1), ("openat", 2)):
        for mask, value in modes:  # not to read and truncate, which Landlock overlooks before Linux 6.2
            calls.add_rule(pyseccomp.ALLOW, name, pyseccomp.Arg(place, pyseccomp.MASKED_EQ, mask, value))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # no worker outlives its grader
    rules.apply()
    calls.load()


def read_exactly(descriptor, count):
    parts = bytearray()
    while len(parts) < count:
        part = os.read(descriptor, count - len(parts))
        if not part:
            os._exit(0)
        parts += part
    return bytes(parts)


def read_frame(descriptor):
    length, number, kind = HEADER.unpack(read_exactly(descriptor, HEADER.size))
    return number, kind, read_exactly(descriptor, length)


def write_frame(descriptor, number, kind, payload):
    frame = memoryview(HEADER.pack(len(payload), number, kind) + payload)
    while frame:
        frame = frame[os.write(descriptor, frame) :]


def report_of(error):
    """What the grader is told of an exception: type, message, and the submission's own lines."""
    if isinstance(error, Refused):
        return error.report
    if isinstance(error, SystemExit):
        return {"reason": "exit"}
    if isinstance(error, MemoryError):
        return {"reason": "memory"}
    own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == FILE_NAME]
    return {
        "reason": "exception",
        "type": type(error).__name__[:MOST_TEXT],
        "message": message_of(error),
        "lines": [[f.lineno, f.name[:MOST_TEXT]] for f in own[-MOST_LINES:]],
    }


def message_of(error):
    try:
        return str(error)[:MOST_TEXT]
    except BaseException:
        return ""


def load(source, namespace):
    """Run the submission's top level; its names, each with whether it can be called."""
    code = compile(source, FILE_NAME, "exec", dont_inherit=True)
    exec(code, namespace)
    names = [n for n in namespace if isinstance(n, str) and not n.startswith("__")][:MOST_NAMES]
    return {name: callable(namespace[name]) for name in names}


def decode_arrays(numpy, payload, at, count):
    arrays = []
    for _ in range(count):
        (dimensions,) = struct.unpack_from(">xB", payload, at)
        shape = struct.unpack_from(f">{dimensions}I", payload, at + 2)
        at += 2 + 4 * dimensions
        size = 1
        for length in shape:
            size *= length
        arrays.append(numpy.frombuffer(payload, "<f8", size, at).reshape(shape).copy())
        at += 8 * size
    return arrays


def encode_array(numpy, value, position):
    """One returned value as bytes; raises `Refused` for what is no array of real numbers."""
    try:
        array = numpy.asarray(value)
    except Exception as error:
        raise Refused(reason="not_numeric", position=position, what=message_of(error)) from None
    if array.dtype.kind not in "fiu":
        what = f"{type(value).__name__} with entries of type {array.dtype}"
        raise Refused(reason="not_numeric", position=position, what=what[:MOST_TEXT])
    if array.size > MOST_NUMBERS or array.ndim > 8:
        raise Refused(reason="too_large", position=position, shape=str(array.shape)[:MOST_TEXT])
    letter = {2: b"e", 4: b"f"}.get(array.dtype.itemsize, b"d") if array.dtype.kind == "f" else b"d"
    header = letter + struct.pack(f">B{array.ndim}I", array.ndim, *array.shape)
    return header + numpy.ascontiguousarray(array, "<f8").tobytes()


def call(namespace, payload, decode, encode):
    """Call the function that the frame names; the bytes of what it returns.

    `decode`: payload, place and count -> arguments; `encode`: a value and its position -> bytes.
    """
    length, results, count = struct.unpack_from(">HBB", payload)
    name = payload[4 : 4 + length].decode()
    arguments = decode(payload, 4 + length, count)
    function = namespace[name]
    check_arguments(function, arguments)
    value = function(*arguments)
    if results == 1:
        return encode(value, 0)
    if not isinstance(value, tuple | list) or len(value) != results:
        held = f"{type(value).__name__} of {len(value)}" if isinstance(value, tuple | list) else type(value).__name__
        raise Refused(reason="results", what=held[:MOST_TEXT])
    return b"".join(encode(part, i) for i, part in enumerate(value))


def check_arguments(function, arguments):
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        raise Refused(reason="arguments", what=str(signature)[:MOST_TEXT]) from None


def serve():
    frames_in, frames_out = claim_channel()
    import numpy

    told = json.loads(sys.argv[1])
    limit_resources(told["limits"])
    confine(told["confinement"])
    random.seed(0)
    numpy.random.seed(0)
    module = types.ModuleType("submission")
    sys.modules["submission"] = module
    decode, encode = partial(decode_arrays, numpy), partial(encode_array, numpy)
    while True:
        number, kind, payload = read_frame(frames_in)
        try:
            if kind == b"S":
                answer = b"L", json.dumps(load(payload, module.__dict__)).encode()
            else:
                answer = b"R", call(module.__dict__, payload, decode, encode)
        except BaseException as error:
            answer = b"E", json.dumps(report_of(error)).encode()
        write_frame(frames_out, number, *answer)


if __name__ == "__main__":
    serve()
