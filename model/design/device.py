"""Device types, platforms, and the devices of a design."""

from __future__ import annotations

from enum import Enum

from model.expr import Expr
from model.record import dataclass
from model.span import Span


class Trigger(Enum):
    """How a line tells its controller: an edge, a level, or a message (MSI)."""

    EDGE = "edge"
    LEVEL = "level"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Interval:
    """Whole numbers from lo to hi, both included; empty if hi < lo."""

    lo: Expr
    hi: Expr
    origin: Span


@dataclass(frozen=True, slots=True)
class Param:
    """A number that the design is proved for every value of."""

    name: str
    range: Interval
    origin: Span


@dataclass(frozen=True, slots=True)
class Controller:
    """An interrupt controller: its lines by number, and which of them are taken already."""

    name: str
    trigger: Trigger
    lines: tuple[Interval, ...]
    reserved: tuple[Interval, ...]
    contiguous: bool
    """True if lines granted to one device are promised to be numbered one after the other."""
    origin: Span


@dataclass(frozen=True, slots=True)
class Platform:
    """What a machine offers: controllers, CPUs, and interrupt vectors of each CPU."""

    name: str
    cpus: Expr | None
    vectors_per_cpu: Expr | None
    vectors_reserved: Expr
    """Vectors, over all CPUs together, that are taken already."""
    controllers: tuple[Controller, ...]
    origin: Span


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature bit that decides what a device has; `bit` is its number where one is given."""

    name: str
    bit: int | None
    origin: Span


@dataclass(frozen=True, slots=True)
class HintValue:
    """What the driver passes to the transport about a queue, at find_vqs time."""

    name: str
    value: Expr
    origin: Span


@dataclass(frozen=True, slots=True)
class Family:
    """Queues of one kind, numbered by `type.i` from lo to hi (a single queue: 0 to 0).

    `at` is the virtqueue index as a formula over `type.i` and the type's parameters and features;
    `present` whether the queues are there; `callback` whether the driver wants used-buffer
    notifications (virtqueue_info.callback is not NULL); `slow` marks a slow-path queue that may
    share the configuration interrupt.
    """

    name: str
    indexed: bool
    range: Interval
    at: Expr
    present: Expr
    callback: Expr
    slow: Expr
    role: str
    hints: tuple[HintValue, ...]
    service: str
    origin: Span


@dataclass(frozen=True, slots=True)
class PairRule:
    """`pair rx[i] with tx[i]`: which queues one CPU ought to serve."""

    first: str
    second: str
    origin: Span


@dataclass(frozen=True, slots=True)
class DeviceType:
    """A device type of virtio (chapter 5): identifier, features, queues in families."""

    name: str
    id: int
    params: tuple[Param, ...]
    features: tuple[Feature, ...]
    families: tuple[Family, ...]
    config_change: Expr
    """Whether the device has configuration change notifications."""
    pairs: tuple[PairRule, ...]
    origin: Span


@dataclass(frozen=True, slots=True)
class LinesAsk:
    """How many lines of a pool a device may be granted, and by which controllers.

    Any number from lo to hi; `controllers` empty: any controller of a fitting trigger.
    """

    pool: str
    range: Interval
    controllers: tuple[str, ...]
    shared: bool
    """True if other devices may be on the same lines (IRQF_SHARED)."""
    origin: Span


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is known of the numbers of the granted lines: given, contiguous, or any."""

    given: tuple[int, ...] | None
    contiguous: bool
    origin: Span


@dataclass(frozen=True, slots=True)
class Affinity:
    """Which CPU a line is pinned to: by the line's ordinal, or by each queue's own call.

    `of_queue`: the formula is over the facts of a queue and is what the driver passes to
    set_vq_affinity for it; where queues share a line, the last caller wins, and no order of the
    calls is promised. Otherwise over `l`, the line's ordinal.
    """

    of_queue: bool
    cpu: Expr
    origin: Span


@dataclass(frozen=True, slots=True)
class FeatureChoice:
    """A feature that this device has, or has not; what is not chosen may be either way."""

    name: str
    present: bool
    origin: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`device blk[n in 0..k-1]`: as many devices of the same kind."""

    name: str
    range: Interval


@dataclass(frozen=True, slots=True)
class Device:
    """A device of the design: a type with arguments, on a transport, with what it is granted.

    `families` are the type's, with this device's hints and services filled in. `args` gives each
    parameter of the type (and, by `arg.NAME`, of the transport) as a formula over `param.NAME`.
    """

    name: str
    index: Index | None
    type: DeviceType
    families: tuple[Family, ...]
    args: tuple[tuple[str, Expr], ...]
    transport: str
    lines: tuple[LinesAsk, ...]
    numbers: Numbers | None
    features: tuple[FeatureChoice, ...]
    mode: str
    affinity: tuple[Affinity, ...]
    origin: Span
