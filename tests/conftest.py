"""For all tests: the user's cache of verdicts is left alone, and no example has a deadline."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

os.environ["VQCHECK_NO_CACHE"] = "1"
# Hypothesis gives an example 200 ms: on a busy machine that fails by the clock.
settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")
# As the command does: a run makes few cycles.
gc.set_threshold(100_000, 50, 100)


@pytest.fixture(autouse=True)
def in_process(request: pytest.FixtureRequest) -> Iterator[None]:
    """Obligations are answered without a child process for each, which takes a third of the time.

    What is about the children, or the command as it is typed, is marked `children`.
    """
    with pytest.MonkeyPatch.context() as patch:  # `monkeypatch` may be undone by the test.
        if request.node.get_closest_marker("children") is None:
            from checker.engines import child
            from tests.here import run_here

            patch.setattr(child, "run_all", run_here)
        yield
