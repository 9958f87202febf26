"""Results kept as they come, in one SQLite file: a run that was killed goes on where it stopped.

A result is found again by what it depends on: the file's name and content, what was asked (seed,
examples, limits, exercises, hint), and the sources of the grader and the derivations.  Whatever of
these changes, the submission is graded again.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path

import derivations

from .sources import Misuse, Source

CHECKS = Path(__file__).resolve().parents[1]
DERIVATIONS = Path(derivations.__file__).resolve().parent
TABLE = "create table if not exists results (key text primary key, file text, record text) without rowid"


class Kept:
    """Use as a context manager.  Raises `Misuse` if the file is no database of ours."""

    def __init__(self, path: Path, settings: Iterable):
        self.path = path
        self.asked = digest(json.dumps([*settings, state_of_sources()]).encode())

    def __enter__(self) -> Kept:
        try:
            self.connection = sqlite3.connect(self.path)
            self.connection.execute("pragma journal_mode = wal")  # a kill loses at most what is being written
            self.connection.execute(TABLE)
        except sqlite3.Error as problem:
            raise Misuse(f"{self.path} cannot be used to keep results in: {problem}") from None
        return self

    def __exit__(self, *exception) -> None:
        self.connection.close()

    def key(self, source: Source) -> str:
        return digest(json.dumps([self.asked, source.name, digest(source.content)]).encode())

    def get(self, source: Source) -> dict | None:
        row = self.connection.execute("select record from results where key = ?", [self.key(source)]).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, source: Source, record: dict) -> None:
        values = [self.key(source), source.name, json.dumps(record, allow_nan=False)]
        with self.connection:
            self.connection.execute("insert or replace into results values (?, ?, ?)", values)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@cache
def state_of_sources() -> str:
    """A digest of everything that a verdict may depend on here."""
    folders = (CHECKS / "exercises", CHECKS / "grader", CHECKS / "equality", DERIVATIONS)
    files = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return digest(b"".join(path.read_bytes() for path in files))


def settings_of(task) -> list:
    """What was asked, as plain data."""
    grader = task.grader
    tier = grader.tier.name if grader.tier else ""
    return [grader.seed, grader.examples, asdict(grader.limits), list(task.exercises), task.hint, tier]
