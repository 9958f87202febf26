"""The exercises, one file a chapter with the stem of its derivation."""

from . import (
    bayesian_network,
    bump_flow,
    gaussian_process,
    normalizing_flow,
    relu_extrapolation,
    rnn,
    rnn_long_range,
    rnn_remedies,
    variational,
)
from .exercise import Exercise

CHAPTERS = (
    rnn,
    rnn_long_range,
    rnn_remedies,
    variational,
    normalizing_flow,
    bump_flow,
    gaussian_process,
    relu_extrapolation,
    bayesian_network,
)
EXERCISES: dict[str, Exercise] = {e.name: e for chapter in CHAPTERS for e in chapter.EXERCISES}
