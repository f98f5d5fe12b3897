"""Transports: who maps which queue to which line, from what it knows, and what runs on a line.

Formulas in maps are over *facts*, variables of these names:

    q.index      virtqueue index                     q.nth     number within its family (i)
    q.role       what the queue is for (see Roles)   q.family  which family of the type
    q.callback   the driver wants notifications      q.slow    slow-path queue
    q.hint.NAME  what the driver passed about it
    device.id    virtio device id                    device.feature.NAME  a negotiated feature
    device.arg.NAME   a parameter of the device type
    lines        number of lines granted             base      smallest number among them
    cpus         number of CPUs                      l         ordinal of the line (affinity)
    arg.NAME     a parameter of the transport        param.NAME   a parameter of the design

and tallies of queues: `queues`, `callbacks`, `rank(q)`, `count(q where ...)`.
"""

from __future__ import annotations

from model.design.device import Interval, Param, Trigger
from model.design.program import Handler, Service, Signal, Wire
from model.expr import Expr
from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class ToLine:
    """A line by its ordinal among the granted ones, from 0."""

    ordinal: Expr


@dataclass(frozen=True, slots=True)
class ToNumber:
    """A line by its interrupt number, as arithmetic on numbers gives it."""

    number: Expr


@dataclass(frozen=True, slots=True)
class ToNone:
    """No line: NO_VECTOR, or nothing at all."""


Target = ToLine | ToNumber | ToNone


@dataclass(frozen=True, slots=True)
class MapRule:
    """`queue q -> line E if C`, `config -> line E`: the first rule whose condition holds wins."""

    for_config: bool
    when: Expr
    target: Target
    origin: Span


@dataclass(frozen=True, slots=True)
class Request:
    """`request lines A..B with H`: request_irq() for each of these ordinals, if it says `when`."""

    lines: Interval
    handler: str
    when: Expr
    origin: Span


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to map: how many lines of which pool it takes, its rules, and what it requests.

    `takes` None: whatever number is granted (a transport without a policy).
    """

    name: str
    pool: str
    takes: Expr | None
    when: Expr
    """Tried only if this holds (a formula over features and tallies)."""
    rules: tuple[MapRule, ...]
    requests: tuple[Request, ...]
    origin: Span
    mode: str = ""
    """The signalling mode that the device is in when this attempt wins; '': the device's own."""


@dataclass(frozen=True, slots=True)
class DriverMap:
    """The guest's side: attempts in order, the first that can be granted wins.

    `layer` is who computes it (`transport`, `driver`); `sees` the facts that this layer may use.
    """

    layer: str
    policy: str
    """The policy's name; empty where the transport has one map and no ladder."""
    sees: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    origin: Span


@dataclass(frozen=True, slots=True)
class DeviceMap:
    """The device's side; `programmed`: it uses what the driver wrote into its registers."""

    programmed: bool
    rules: tuple[MapRule, ...]
    sees: tuple[str, ...] | None
    """The facts that the device may use; None: no restriction is stated."""
    origin: Span


@dataclass(frozen=True, slots=True)
class Register:
    """A register of the device with named bits, bit 0 first.

    `per` is '', 'line' or 'queue'; `clears_on_read` as the PCI ISR does.
    """

    name: str
    bits: tuple[str, ...]
    per: str
    clears_on_read: bool
    origin: Span


@dataclass(frozen=True, slots=True)
class Pool:
    """A kind of line that a transport can use, such as MSI-X vectors and the INTx pin."""

    name: str
    triggers: tuple[Trigger, ...]
    """Triggers that fit; empty: any wired one (edge or level)."""
    shared: bool
    origin: Span
    limit: Expr | None = None
    """The most lines of the pool that one device can have; None: no limit of its own."""
    pending: bool = True
    """Whether an interrupt that comes while its line is masked is kept (a pending bit)."""


@dataclass(frozen=True, slots=True)
class HintDecl:
    """A hint that the transport's find_vqs accepts, its range, and what it is if not passed."""

    name: str
    range: Interval
    default: Expr
    origin: Span


@dataclass(frozen=True, slots=True)
class Transport:
    """Everything between a queue and an interrupt line."""

    name: str
    params: tuple[Param, ...]
    pools: tuple[Pool, ...]
    registers: tuple[Register, ...]
    hints: tuple[HintDecl, ...]
    driver: DriverMap
    device: DeviceMap
    handlers: tuple[Handler, ...]
    signals: tuple[Signal, ...]
    wires: tuple[Wire, ...]
    modes: tuple[str, ...]
    """Signalling modes, in the order they are first named; empty if there is only one."""
    memory: str
    """`sc`, `tso` or `relaxed`."""
    suppression: str
    """`none`, `flags`, `event_idx` or `packed_event`."""
    services: tuple[Service, ...]
    origin: Span
