"""Settings that hold for every test."""

import os

from hypothesis import settings

# Derandomised: the same examples each time, so a run that was green stays green. The nightly
# profile looks for new examples instead.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("nightly", deadline=None, print_blob=True, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
