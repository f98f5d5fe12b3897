"""For all tests: the user's cache of verdicts is left alone, and no example has a deadline."""

import os

from hypothesis import settings

os.environ["VQCHECK_NO_CACHE"] = "1"
# Hypothesis gives an example 200 ms: on a busy machine that fails by the clock.
settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")
