"""A run that shows how a property fails: who did what, where that is written, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from model.design.design import Design
from model.design.device import Trigger
from model.expr import Value
from model.meaning.instance import Setting
from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class Subject:
    """What a run is of, as plain data: enough to build the instance once more.

    `given` are the values that a device is laid out for (model/meaning/layout.py); `active` the
    sources that ever produce.
    """

    design: str
    device: str
    given: tuple[tuple[str, Value], ...]
    mode: str
    trigger: str
    numbers: tuple[int, ...]
    keeps_pending: bool
    active: tuple[str, ...]


def subject_of(design: Design, setting: Setting, active: Iterable[str]) -> Subject:
    """An instance in which these sources produce."""
    given = tuple(sorted(setting.given.items()))
    how = setting.mode, setting.trigger.value, setting.numbers, setting.keeps_pending
    return Subject(design.path, setting.device.name, given, *how, tuple(active))


def setting_of(design: Design, s: Subject) -> Setting | None:
    """The instance; None if the design has no device of that name."""
    device = next((d for d in design.devices if d.name == s.device), None)
    if device is None:
        return None
    trigger = Trigger(s.trigger)
    return Setting(device, dict(s.given), s.mode, trigger, s.numbers, s.keeps_pending)


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
    of: Subject | None = field(default=None, compare=False)


_DEVICE = "device "
_NOBODY = "enter for "


def of_device(step: TraceStep) -> bool:
    """Whether the device took the step, not a handler or a service of the driver."""
    return step.actor.startswith(_DEVICE)


def unrequested(step: TraceStep) -> str:
    """The line whose interrupt the step is, where no handler was requested for it; else empty.

    The kernel has an agent for each line; without a handler it has no text to come from.
    """
    nobody = step.origin is None and step.verb.startswith(_NOBODY)
    return step.verb.removeprefix(_NOBODY) if nobody else ""
