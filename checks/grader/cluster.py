"""A batch on the machines of a Dask cluster.  A worker that is lost costs nothing: Dask gives its work to another.

Each process of a worker grades one submission at a time, however many threads it has: what grades is not made to
share a process.  Its sandbox is started by that process, as on any machine.
"""

from __future__ import annotations

import logging
import platform
import tempfile
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from threading import Lock

from distributed import Client
from distributed.cfexecutor import ClientExecutor
from distributed.comm import CommClosedError, get_address_host_port, normalize_address
from distributed.scheduler import KilledWorker
from hypothesis.configuration import set_hypothesis_home_dir

from .kept import state_of_sources
from .sources import Misuse, Source

PATIENCE = 10.0
PACKAGES = ("hypothesis", "mpmath", "numpy", "scipy", "sympy")
TURN = Lock()


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """The cluster's workers, once they are known to grade as this machine would.  Raises `Misuse`."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it has to say is said by errors of ours
    try:
        get_address_host_port(normalize_address(address), strict=True)
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise Misuse(f"no Dask scheduler answers at {address}: {first_line(problem)}") from None
    with client:
        found = Cluster(client, address)
        try:
            yield found
        finally:
            found.executor.shutdown(wait=False)


class Cluster:
    """Takes tasks as a pool of processes does."""

    lost = (KilledWorker, CancelledError, CommClosedError)
    loss = "the scheduler is gone, or a submission has ended several workers"

    def __init__(self, client: Client, address: str):
        self.state = state()
        self.size = self.held_against_ours(client, address)
        self.executor = ClientExecutor(client, pure=False)

    def held_against_ours(self, client: Client, address: str) -> int:
        """How many workers there are; all of them have our sources and versions.  Raises `Misuse`."""
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
            states = client.run(state)
        except TimeoutError:
            raise Misuse(f"the Dask scheduler at {address} has no workers") from None
        except Exception as problem:
            hint = "start them in the folder of this checkout"
            raise Misuse(f"the workers of {address} cannot grade; {hint}: {first_line(problem)}") from None
        for worker, found in states.items():
            check(self.state, found, worker)
        return len(states)

    def submit(self, task, source: Source) -> Future:
        return self.executor.submit(graded, task, source, self.state)


def first_line(problem: Exception) -> str:
    return f"{type(problem).__name__} {problem}".split("\n")[0]


@cache
def state() -> dict[str, str]:
    """What a verdict depends on in this process."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"sources": state_of_sources(), "Python": python, **{name: version(name) for name in PACKAGES}}


def check(ours: dict[str, str], theirs: dict[str, str], worker: str) -> None:
    for name, wanted in ours.items():
        if theirs.get(name) != wanted:
            differs = "other sources" if name == "sources" else f"{name} {theirs.get(name)} and not {wanted}"
            raise Misuse(f"the worker {worker} has {differs}: its verdicts could be others than those given here")


# --- on the workers ------------------------------------------------------------------------------


def graded(task, source: Source, wanted: dict[str, str]) -> dict:
    """The record, made by a worker, which may have joined when the others had been looked at."""
    check(wanted, state(), platform.node())
    with TURN:
        set_hypothesis_home_dir(scratch().name)
        return task(source)


@cache
def scratch() -> tempfile.TemporaryDirectory:
    """Where Hypothesis keeps its files in this process."""
    return tempfile.TemporaryDirectory(prefix="hypothesis-")
