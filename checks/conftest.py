"""How Hypothesis runs: the same examples every time, or random and many more under `make test-more`.  How graders
run where nothing isolates."""

import os

import pytest
from hypothesis import HealthCheck, settings

from checks.grader.isolation import CannotIsolate, strongest
from checks.grader.sandbox import UNSAFE

# A laden machine is slow; that is no defect of a test.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("more", settings.get_profile("ci"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def strongest_or_none():
    try:
        return strongest()
    except CannotIsolate:
        return UNSAFE


@pytest.fixture(autouse=True, scope="session")
def graders_need_no_sandbox():
    """Tests grade answers of our own; those of the sandbox skip where there is none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("checks.grader.grading.strongest", strongest_or_none)
        yield
