"""What a run may use and what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from checker.engines.engine import Budget
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What a run may use and what it is asked."""

    budget: Budget = field(default_factory=Budget)
    jobs: int = 2
    properties: tuple[str, ...] = ()
    """Only these, whatever the design asks for; empty: what the design asks for."""
    params: Mapping[str, int] = field(default_factory=dict)
    expectations: bool = True
    certify: tuple[str, ...] = ()
    """Solvers that have to confirm each proof; empty: it is not asked."""
    progress: Callable[[str, int, int], None] = lambda what, done, total: None
    library: Path | None = None
    """The folder that `use lib....` starts from; None: that of the installed library."""
    overlay: Mapping[str, str] = field(default_factory=dict)
    """Texts that are read in place of files, by the real paths that these have or would have."""
    among: frozenset[str] | None = None
    """Of what the design asks for only these, judged as if all were asked; None: all of it."""
