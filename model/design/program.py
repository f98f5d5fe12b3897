"""Signal, handler and service programs: what an agent does, statement by statement.

A program is resolved text, not yet steps: every name has become a register, a line, a queue or a
local variable. Expressions may read the facts of mapping.py, with these differences: the facts of
a queue have the name of its variable in front, since loops may nest (`for a in queues` gives
`a.index`, `a.callback`, `a.hint.NAME`, ...; inside a tally the counted queue is still `q`), and the
line that a handler runs for, or that a `drive` rule is about, is as a number always `l`, whatever
its variable is called. And they may read run-time values:

    local.NAME        what was assigned by `x = E`
    local.NAME.BIT    one bit of what was read from a register
    reg.REG.BIT       in a `drive` condition: a bit of a register (of this line, if one for each)
    pending.q         the ring has unseen used entries
    wants.q           the driver asked to be notified about what was published since the last
                      notification (flags or EVENT_IDX, range test)
    wants_last.q      the same test made only on the newest entry
    asserted.l, masked.l    of a line

where `q` and `l` stand for the name of the queue or line variable in scope. A line may also be
given as `asserted.line(q)` or `asserted.line(config)`, the line of a queue or of the configuration.
"""

from __future__ import annotations

from model.expr import TRUE, Expr
from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class QueueVar:
    """A queue in scope: the program's own, or the variable of a `for`."""

    name: str


@dataclass(frozen=True, slots=True)
class LineOf:
    """The line that the executing side's map gives a queue, or the configuration change (None)."""

    queue: QueueVar | None


@dataclass(frozen=True, slots=True)
class LineVar:
    """The line that a handler runs for, or that a `drive` rule is about."""

    name: str


@dataclass(frozen=True, slots=True)
class LineAt:
    """A line by its ordinal among those granted (from 0)."""

    ordinal: Expr


LineRef = LineOf | LineVar | LineAt


@dataclass(frozen=True, slots=True)
class RegisterRef:
    """A register of the transport; of which line or queue, where there is one for each."""

    name: str
    of: LineRef | QueueVar | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """`x = expr`: a local variable of the running agent."""

    name: str
    value: Expr
    is_bool: bool
    origin: Span


@dataclass(frozen=True, slots=True)
class ReadRegister:
    """`x = read reg`: all bits at once; clears them if the register clears on read."""

    name: str
    register: RegisterRef
    origin: Span


@dataclass(frozen=True, slots=True)
class SetBits:
    """`set reg.BIT`: the device sets bits, leaving the others."""

    register: RegisterRef
    bits: tuple[str, ...]
    origin: Span


@dataclass(frozen=True, slots=True)
class ClearBits:
    """`clear reg.BIT`, or `clear reg x`: the bits that are set in x (write 1 to clear)."""

    register: RegisterRef
    bits: tuple[str, ...]
    mask: str | None
    origin: Span


@dataclass(frozen=True, slots=True)
class Drive:
    """`raise`, `lower`, `pulse` a line."""

    how: str
    line: LineRef
    origin: Span


@dataclass(frozen=True, slots=True)
class MaskLine:
    """`mask l`, `unmask l`."""

    masked: bool
    line: LineRef
    origin: Span


@dataclass(frozen=True, slots=True)
class QueueAction:
    """What one side does to a queue.

    Device: `publish` (used entry, then used.idx). Driver: `drain` (take all used entries),
    `drain_one`, `enable` and `disable` used-buffer notifications, `serve` (run the queue's service
    program), `schedule` (have it run later, once, as NAPI does), `complete` (give up the scheduling
    bit, as napi_complete_done() does).
    """

    verb: str
    queue: QueueVar
    origin: Span


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """`notify config`: the driver reads the new configuration."""

    origin: Span


@dataclass(frozen=True, slots=True)
class ChangeConfig:
    """`publish config`: the device changes its configuration."""

    origin: Span


@dataclass(frozen=True, slots=True)
class Fence:
    """A full barrier; does something only under `memory tso` and `memory relaxed`."""

    origin: Span


@dataclass(frozen=True, slots=True)
class If:
    """Branch; `test` may read static facts and run-time values."""

    test: Expr
    then: Block
    other: Block
    origin: Span


@dataclass(frozen=True, slots=True)
class Loop:
    """`loop { }` until `stop`; `while test { }`."""

    test: Expr
    body: Block
    origin: Span


@dataclass(frozen=True, slots=True)
class ForQueues:
    """`for q on l where c`, `for q in queues where c`: each queue once, in index order."""

    queue: QueueVar
    line: LineRef | None
    where: Expr
    body: Block
    origin: Span


@dataclass(frozen=True, slots=True)
class Locked:
    """`lock name { }`: at most one agent of the device is inside blocks of that name."""

    name: str
    body: Block
    origin: Span


@dataclass(frozen=True, slots=True)
class Stop:
    """Leave the innermost loop, or else the program."""

    origin: Span


@dataclass(frozen=True, slots=True)
class Return:
    """`return handled`, `return none`: what a handler tells the kernel (irqreturn_t)."""

    handled: bool
    origin: Span


Stmt = (
    Assign
    | ReadRegister
    | SetBits
    | ClearBits
    | Drive
    | MaskLine
    | QueueAction
    | NotifyConfig
    | ChangeConfig
    | Fence
    | If
    | Loop
    | ForQueues
    | Locked
    | Stop
    | Return
)
Block = tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Handler:
    """What the driver runs when a line that it requested fires."""

    name: str
    line: LineVar
    body: Block
    origin: Span


@dataclass(frozen=True, slots=True)
class Signal:
    """What the device does when it has used buffers of a queue, or changed its configuration.

    `queue` is None for the configuration. `mode` names the signalling mode (`emulated`, `irqfd`);
    empty where the transport has only one. A queue's program starts with `publish`, written or
    not.
    """

    queue: QueueVar | None
    mode: str
    body: Block
    origin: Span


@dataclass(frozen=True, slots=True)
class Wire:
    """`drive line l while c`, or with `resample`: a level that follows a condition.

    With `resample` the level is looked at again only at the end of interrupt (resamplefd).
    """

    line: LineVar
    test: Expr
    resample: bool
    mode: str
    origin: Span


@dataclass(frozen=True, slots=True)
class Service:
    """How the driver takes used buffers from a queue; `deferred`: after the handler (NAPI)."""

    name: str
    queue: QueueVar
    deferred: bool
    body: Block
    origin: Span


DRAIN_ONLY = "drain"
"""The name of the service program that a queue has when the design gives it none: one `drain`."""

ALWAYS = TRUE
