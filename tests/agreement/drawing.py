"""Designs for a test: so many of them, the same ones on every run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from model.design import design as model
from tests.agreement import laws
from tests.agreement.designs import Design, text

_Examples = Callable[[Callable[..., None]], Callable[[], None]]


def examples(most: int, shard: int, *what: st.SearchStrategy[Any]) -> _Examples:
    """A test with that many examples; `shard` has a seed of its own."""
    quiet = settings(
        max_examples=most,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    def made(test: Callable[..., None]) -> Callable[[], None]:
        whole: Callable[[], None] = quiet(seed(shard)(given(*what)(test)))
        return whole

    return made


def read(d: Design, folder: Path, seen: set[str]) -> model.Design:
    """The design, if it is one, and none that was drawn before."""
    words = text(d)
    assume(words not in seen)
    try:
        made = laws.read(d, folder)
    except laws.Refused:
        assume(False)
        raise
    seen.add(words)
    return made
