"""Obligations answered in the process of the test: a child for each costs more than most of them.

That each has a child of its own, with its budget and its end, is seen in `engines/test_child.py`
and wherever the command is run.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence

from checker.engines.child import Asked, Finished, Work
from checker.engines.engine import Budget


def run_here(
    obligations: Sequence[Asked],
    work: Work,
    budget: Budget,
    jobs: int,
    idle: Callable[[int], None] = lambda done: None,
) -> Iterator[Finished]:
    """Answers as `checker.engines.child.run_all` gives them."""
    for k, obligation in enumerate(obligations):
        gc.disable()  # As a child does.
        try:
            answered = work(obligation, budget)
        finally:
            gc.enable()
        yield Finished(k, answered)
        idle(k + 1)
