"""A worker process and the channel to it: frames with a deadline, output kept apart and capped.

What isolates the process is a tier of `sandbox`, which launches the command; the frames use only the worker's stdin
and stdout.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .frames import HEADER, MOST_BYTES, BrokenFrame
from .sandbox import Tier

WORKER = Path(__file__).with_name("worker.py")
KEPT_OUTPUT = 4000
CHUNK = 1 << 16


@dataclass(frozen=True)
class Limits:
    """Seconds of wall time for loading, for one call and for all calls; bytes of memory and of files."""

    load: float = 20.0
    call: float = 5.0
    total: float = 120.0
    memory: int = 2 << 30
    file: int = 1 << 20

    def for_worker(self) -> dict[str, int]:
        return {"memory": self.memory, "cpu": int(self.load + self.total) + 5, "file": self.file}


class OutOfTime(Exception):
    """The deadline passed before the worker answered."""


class Ended(Exception):
    """The worker's process is gone; `status` as `subprocess` has it."""

    def __init__(self, status: int | None):
        super().__init__(status)
        self.status = status

    @property
    def how(self) -> str:
        if self.status is None or self.status >= 0:
            return f"with exit status {self.status}"
        try:
            return f"by the signal {signal.Signals(-self.status).name}"
        except ValueError:
            return f"by the signal {-self.status}"


def worker_command(limits: Limits, confinement: dict | None) -> list[str]:
    """The worker as text, so that it needs no file of ours."""
    told = json.dumps({"limits": limits.for_worker(), "confinement": confinement})
    return [sys.executable, "-I", "-c", WORKER.read_text(encoding="utf-8"), told]


def clean_environment(directory: str) -> dict[str, str]:
    """Nothing of ours but what a process needs; one thread for linear algebra."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    private = dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), directory)
    return {"PATH": os.defpath, "LANG": "C.UTF-8", **private, **threads}


class Worker:
    """One submission's process, in its own empty directory.  Use as a context manager: leaving kills the whole
    process group."""

    def __init__(self, limits: Limits, tier: Tier):
        self.limits, self.tier = limits, tier
        self.directory = tempfile.TemporaryDirectory(prefix="submission-", ignore_cleanup_errors=True)
        folder = self.directory.name
        self.process = tier.launch(worker_command(limits, tier.confinement(folder)), folder, clean_environment(folder))
        self.output, self.number = bytearray(), 0
        self.selector = selectors.DefaultSelector()
        for stream in (self.process.stdout, self.process.stderr):
            os.set_blocking(stream.fileno(), False)
            self.selector.register(stream, selectors.EVENT_READ)
        os.set_blocking(self.process.stdin.fileno(), False)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception) -> None:
        self.kill()
        self.selector.close()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        self.directory.cleanup()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask(self, kind: bytes, payload: bytes, seconds: float) -> tuple[bytes, bytes]:
        """Send a frame, await the one that answers it.

        Raises `OutOfTime`, `Ended`, or `BrokenFrame` for an answer that is not to this request.
        """
        deadline = time.monotonic() + seconds
        self.number += 1
        self._send(HEADER.pack(len(payload), self.number, kind) + payload, deadline)
        length, number, kind = HEADER.unpack(self._receive(HEADER.size, deadline))
        if number != self.number or length > MOST_BYTES:
            raise BrokenFrame("a frame that answers no request, or a longer one than allowed")
        return kind, self._receive(length, deadline)

    def printed(self) -> str:
        """The beginning of what was printed, the folder's name, which is another every time, left out."""
        return self.without_folder(self.output.decode("utf-8", "replace"))

    def without_folder(self, text: str) -> str:
        return text.replace(self.directory.name, ".")

    def last_words(self) -> str:
        """The last line that a process which has ended printed, such as why it could not start."""
        with contextlib.suppress(OutOfTime):
            self._ready(time.monotonic() + 0.1)
        lines = self.printed().split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _send(self, data: bytes, deadline: float) -> None:
        self.selector.register(self.process.stdin, selectors.EVENT_WRITE)
        try:
            while data:
                if self.process.stdin in self._ready(deadline):
                    data = data[self._write(data) :]
        finally:
            self.selector.unregister(self.process.stdin)

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self.process.stdin.fileno(), data[:CHUNK])
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            raise Ended(self._status()) from None

    def _receive(self, count: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            if self.process.stdout not in self._ready(deadline):
                continue
            part = os.read(self.process.stdout.fileno(), min(CHUNK, count - len(data)))
            if not part:
                raise Ended(self._status())
            data += part
        return bytes(data)

    def _ready(self, deadline: float) -> list:
        """The streams that can move; what the submission printed is taken aside here."""
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise OutOfTime
        ready = [key.fileobj for key, _ in self.selector.select(remaining)]
        if self.process.stderr in ready:
            self._keep_output()
        return ready

    def _keep_output(self) -> None:
        part = os.read(self.process.stderr.fileno(), CHUNK)
        if not part:
            self.selector.unregister(self.process.stderr)
        self.output += part[: KEPT_OUTPUT - len(self.output)]

    def _status(self) -> int | None:
        try:
            return self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return None
