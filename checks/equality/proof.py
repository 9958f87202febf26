"""Proofs, with an effort that is bounded by what is tried and by counted operations, never by a clock."""

from __future__ import annotations

from .formula import Formula


def is_proved(expected: Formula, answer: Formula) -> bool:
    return False
