"""Which tier of isolation holds on this machine: found by trying to break out of it."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from ..exercises.arrays import Array
from .frames import BrokenFrame, decode_arrays, decode_json, encode_call
from .process import Ended, Limits, OutOfTime, Worker
from .sandbox import TIERS, Tier

CANARIES = Path(__file__).with_name("canaries.py")
LIMITS = Limits(load=30.0, call=10.0)
ESCAPED = "escaped_"


class CannotIsolate(Exception):
    """No tier holds here; the message says of each why not, and what can be done."""


@cache
def strongest(tiers: tuple[Tier, ...] = TIERS) -> Tier:
    """The first tier that no canary gets out of.  Raises `CannotIsolate`."""
    faults = []
    for tier in tiers:
        problem = fault(tier)
        if not problem:
            return tier
        faults.append(f"  {tier.name}: {problem}")
    raise CannotIsolate(
        "this machine cannot isolate a stranger's code:\n" + "\n".join(faults) + "\nRun it in a Linux container or "
        "virtual machine; or, for code that you would run anyway, with --unsafe. A .toml file of answers needs neither."
    )


def fault(tier: Tier) -> str:
    """Why a tier is not to be trusted, if it is not."""
    missing = tier.missing()
    if missing:
        return missing
    try:
        with Worker(LIMITS, tier) as worker:
            try:
                escapes = self_test(worker)
            except Ended as end:
                return f"its process ended {end.how}: {worker.last_words()}"
    except (OSError, RuntimeError, OutOfTime, BrokenFrame) as error:
        return f"does not start: {type(error).__name__} {error}"
    return f"a submission could {', '.join(escapes)}" if escapes else ""


def self_test(worker: Worker) -> list[str]:
    """What a submission could do that it must not.  Raises as `Worker.ask` does."""
    with targets() as constants:
        source = "".join(f"{name} = {value!r}\n" for name, value in constants.items())
        kind, answer = worker.ask(b"S", source.encode() + CANARIES.read_bytes(), LIMITS.load)
    names = decode_json(answer)
    escapes = [name.removeprefix(ESCAPED).replace("_", " ") for name in names if name.startswith(ESCAPED)]
    if kind != b"L" or not (escapes or "all_tried" in names):
        raise BrokenFrame(f"the canaries did not finish: {answer[:200].decode('utf-8', 'replace')}")
    kind, answer = worker.ask(b"C", encode_call("double", 1, [Array((2,), (1.0, 2.0))]), LIMITS.call)
    if kind != b"R" or decode_arrays(answer, 1)[0].values != (2.0, 4.0):
        raise BrokenFrame("a harmless function fails")
    return escapes


@contextmanager
def targets() -> Iterator[dict[str, object]]:
    """What the canaries go for: a file and a folder, and sockets that would answer."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        key = Path(folder, "key")
        key.write_text("secret")
        tcp, udp, abstract, path = (
            stack.enter_context(socket.socket(family, kind))
            for family, kind in (
                (socket.AF_INET, socket.SOCK_STREAM),
                (socket.AF_INET, socket.SOCK_DGRAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
            )
        )
        for listener, address in (
            (tcp, ("127.0.0.1", 0)),
            (udp, ("127.0.0.1", 0)),
            (abstract, ""),
            (path, f"{folder}/s"),
        ):
            listener.bind(address)
        for listener in (tcp, abstract, path):
            listener.listen()
        yield {
            "GRADER": os.getpid(),
            "KEY": str(key),
            "FOLDER": folder,
            "TCP": tcp.getsockname()[1],
            "UDP": udp.getsockname()[1],
            "ABSTRACT": abstract.getsockname(),
            "SOCKET": path.getsockname(),
        }
