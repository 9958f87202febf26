"""The exercises, one file a chapter with the stem of its derivation."""

from . import gaussian_process, rnn
from .exercise import Exercise

EXERCISES: dict[str, Exercise] = {e.name: e for e in (*rnn.EXERCISES, *gaussian_process.EXERCISES)}
