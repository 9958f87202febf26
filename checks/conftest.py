"""How Hypothesis runs: the same examples every time, or random and many more under `make test-more`."""

import os

from hypothesis import HealthCheck, settings

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
