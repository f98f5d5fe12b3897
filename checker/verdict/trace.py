"""A run that shows how a property fails: who did what, where that is written, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model.expr import Value
from model.span import Span


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step: the agent, the action with its place in the text, and only what changed."""

    number: int
    actor: str
    verb: str
    origin: Span | None
    changes: tuple[tuple[str, Value], ...]
    seen: tuple[tuple[str, Value], ...] = ()
    """What the agent found."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A run from the start, every agent idle.

    `kind`: `lost` (it ends where nobody can step and work is unseen), `starved` (from step number
    `loop` on it repeats for ever, and never serves the source), `storm` (it repeats for ever and
    runs handlers), `unhandled` (it repeats for ever, and each interrupt of a line is nobody's).
    `instance` says what it is a run of; `sources` what was left unserved.
    """

    kind: str
    instance: str
    sources: tuple[str, ...]
    steps: tuple[TraceStep, ...]
    loop: int | None = None
    start: Mapping[str, Value] = field(default_factory=dict, compare=False, hash=False)
    agents: tuple[str, ...] = ()
