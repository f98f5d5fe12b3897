"""What a program is compiled against: the queues, lines and facts that its names stand for.

There are two worlds. In a concrete one (instance.py) every queue and line of a device is there and
every fact has a value. In the world of one source (focus.py) a single queue and its line are there;
every other queue and line is nobody in particular: what is read of it is arbitrary, and what is
written to it is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol

from model.design.device import Trigger
from model.design.mapping import Register, Transport
from model.design.program import ForQueues, LineRef, Service, Wire
from model.expr import TRUE, Expr, Value
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class QueueHere:
    """A queue of the world; not `known`: any other one. `facts` are by `q.NAME`."""

    name: str
    known: bool = True
    facts: Mapping[str, Value] = field(default_factory=dict, compare=False, hash=False)


@dataclass(frozen=True, slots=True)
class LineHere:
    """A line of the world; not `known`: any other one."""

    name: str
    known: bool = True
    trigger: Trigger = Trigger.EDGE
    ordinal: int | None = None
    keeps_pending: bool = True
    """Whether an interrupt that comes while the line is masked is kept (a pending bit)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names of a program stand for at one place of it."""

    agent: str
    queues: Mapping[str, QueueHere]
    line: LineHere | None = None
    line_name: str = ""
    local: str = ""
    """In front of the names of local variables."""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class OneOf:
    """A part of a loop over queues.

    `many`: any number of times, each time for any queue that is like this one.
    """

    queue: QueueHere
    when: Expr = TRUE
    many: bool = False


class World(Protocol):
    """See instance.py and focus.py."""

    @property
    def transport(self) -> Transport:
        """Whose programs these are."""

    @property
    def mode(self) -> str:
        """The signalling mode."""

    @property
    def queues(self) -> Sequence[QueueHere]:
        """All known queues with a callback or without, by index."""

    def fact(self, e: Expr, scope: Scope, cells: frozenset[str]) -> Expr:
        """A formula over facts and `cells` (local variables), as far as facts are known here."""

    def loop(self, s: ForQueues, scope: Scope) -> Sequence[OneOf]:
        """The queues that a loop goes through, in order; `where` is not looked at."""

    def line(self, ref: LineRef, scope: Scope, *, device: bool) -> Sequence[tuple[Expr, LineHere]]:
        """The line that a name stands for, by cases; none where there is no such line."""

    def services(self, queue: QueueHere) -> Sequence[Service | None]:
        """The service programs that a queue may have; None: it just drains."""

    def choice(self) -> Expr:
        """An arbitrary truth value, chosen anew by each step."""


def register_of(transport: Transport, name: str) -> Register:
    """The register of that name."""
    return next(r for r in transport.registers if r.name == name)


def wires_of(transport: Transport, mode: str) -> tuple[Wire, ...]:
    """The conditions that lines follow in a mode."""
    return tuple(w for w in transport.wires if w.mode in ("", mode))
