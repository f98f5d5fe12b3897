"""What was written, as typed nodes with spans. No name is looked up here."""

from __future__ import annotations

from model.record import dataclass
from model.span import Span

# Names and expressions


@dataclass(frozen=True, slots=True)
class Ident:
    """A name where it stands."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""

    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A name used as a value."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Attribute:
    """`base.name`."""

    base: Node
    name: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`name(args)`."""

    name: Ident
    args: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TallyCall:
    """`count(q where c)`, `rank(q where c)`."""

    name: Ident
    queue: Ident
    where: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`not a`, `-a`."""

    op: str
    arg: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """`a op b`, op one of: or and == != < <= > >= + - * / %."""

    op: str
    left: Node
    right: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """`test ? then : other`."""

    test: Node
    then: Node
    other: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Peek:
    """`pending q`, `wants q`, `wants_last q`, `asserted l`, `masked l`: run-time state."""

    what: str
    of: Ident | LineRef
    span: Span


Node = Number | Name | Attribute | Call | TallyCall | Unary | Binary | Conditional | Peek


@dataclass(frozen=True, slots=True)
class Range:
    """`lo..hi`, both included."""

    lo: Node
    hi: Node
    span: Span


# Programs


@dataclass(frozen=True, slots=True)
class LineRef:
    """`line(q)` (of: the name), `line(config)` (of None, ordinal None), `line[e]` (ordinal)."""

    of: Ident | None
    ordinal: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class RegisterRef:
    """`status`, `status[l]`, `status[line(q)]`, `isr[q]`."""

    name: Ident
    of: Ident | LineRef | None
    span: Span


@dataclass(frozen=True, slots=True)
class Assign:
    """`x = e`."""

    name: Ident
    value: Node
    span: Span


@dataclass(frozen=True, slots=True)
class ReadStmt:
    """`x = read reg`."""

    name: Ident
    register: RegisterRef
    span: Span


@dataclass(frozen=True, slots=True)
class SetBits:
    """`set reg.BIT`, `set reg.{A, B}`."""

    register: RegisterRef
    bits: tuple[Ident, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ClearBits:
    """`clear reg.BIT`."""

    register: RegisterRef
    bits: tuple[Ident, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ClearMask:
    """`clear reg x`: the bits set in x."""

    register: RegisterRef
    mask: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class LineStmt:
    """`raise`, `lower`, `pulse`, `mask`, `unmask` a line."""

    verb: str
    line: Ident | LineRef
    span: Span


@dataclass(frozen=True, slots=True)
class QueueStmt:
    """`publish q`, `drain q`, `drain_one q`, `enable q`, ... `service q`."""

    verb: str
    queue: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class Simple:
    """`publish config`, `notify config`, `fence`, `stop`, `return handled`, `return none`."""

    what: str
    span: Span


@dataclass(frozen=True, slots=True)
class IfStmt:
    """`if a { } else if b { } else { }`: branches in order, then what is left."""

    branches: tuple[tuple[Node, Block], ...]
    other: Block | None
    span: Span


@dataclass(frozen=True, slots=True)
class LoopStmt:
    """`loop { }` (test None), `while test { }`."""

    test: Node | None
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class ForStmt:
    """`for q on l where c { }` or, with line None, `for q in queues where c { }`."""

    queue: Ident
    line: Ident | LineRef | None
    where: Node | None
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class LockStmt:
    """`lock name { }`."""

    name: Ident
    body: Block
    span: Span


Stmt = (
    Assign
    | ReadStmt
    | SetBits
    | ClearBits
    | ClearMask
    | LineStmt
    | QueueStmt
    | Simple
    | IfStmt
    | LoopStmt
    | ForStmt
    | LockStmt
)


@dataclass(frozen=True, slots=True)
class Block:
    """`{ ... }`."""

    stmts: tuple[Stmt, ...]
    span: Span


# Items shared by several declarations


@dataclass(frozen=True, slots=True)
class TypeParam:
    """`name: lo..hi` in a parameter list."""

    name: Ident
    range: Range
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`[i in lo..hi]`."""

    name: Ident
    range: Range
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """`rx[i]`, `ctrl`."""

    name: Ident
    index: Ident | None
    span: Span


@dataclass(frozen=True, slots=True)
class Hint:
    """`hint group(rx[i]) = i`."""

    name: Ident
    member: Member
    value: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Numbers:
    """`numbers 5, 6, 8..9`, `numbers contiguous`, `numbers any`."""

    items: tuple[Node | Range, ...]
    span: Span


# Top-level items


@dataclass(frozen=True, slots=True)
class Use:
    """`use lib.virtio.net`."""

    path: tuple[Ident, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ParamDecl:
    """`param pairs in 1..32`."""

    name: Ident
    range: Range
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    """`let name = expr`."""

    name: Ident
    value: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Assume:
    """`assume expr`."""

    formula: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Claim:
    """`assert name: expr`."""

    name: Ident | None
    formula: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Check:
    """`check layering, coverage`, `check all`."""

    properties: tuple[Ident, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect layering violated`."""

    property: Ident
    outcome: Ident
    span: Span


# Platforms


@dataclass(frozen=True, slots=True)
class Cpus:
    """`cpus 32`."""

    count: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Vectors:
    """`vectors 202 per cpu reserved 15`: `reserved` is the total over all CPUs."""

    count: Node
    reserved: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class ControllerLines:
    """`lines 0..23` or, with `reserved`, `reserved 0..4, 8`."""

    reserved: bool
    items: tuple[Node | Range, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Controller:
    """`controller ioapic0 : edge { ... }`."""

    name: Ident
    trigger: Ident
    items: tuple[ControllerLines | Numbers, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Platform:
    """`platform name(params) { ... }`."""

    name: Ident
    params: tuple[TypeParam, ...]
    items: tuple[Cpus | Vectors | Controller, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class PlatformChoice:
    """`platform name(args)`: use a platform declared elsewhere."""

    name: Ident
    args: tuple[Node, ...]
    span: Span


# Device types


@dataclass(frozen=True, slots=True)
class TypeId:
    """`id 1`."""

    value: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Feature:
    """`feature ctrl_vq bit 17`."""

    name: Ident
    bit: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class QueueFlag:
    """`polled`, `callback`, `slow`, each perhaps with `if c`."""

    what: str
    test: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Role:
    """`role rx`."""

    name: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class QueueHint:
    """`hint group = i` inside a queue."""

    name: Ident
    value: Node
    span: Span


@dataclass(frozen=True, slots=True)
class QueueService:
    """`service napi` inside a queue."""

    name: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class Queue:
    """`queue rx[i in 0..pairs-1] at 2*i if c { ... }`."""

    name: Ident
    index: Index | None
    at: Node
    present: Node | None
    items: tuple[QueueFlag | Role | QueueHint | QueueService, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """`config_change if c`."""

    test: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Pair:
    """`pair rx[i] with tx[i]`."""

    first: Member
    second: Member
    span: Span


@dataclass(frozen=True, slots=True)
class DeviceType:
    """`device_type net(pairs: 1..0x8000) { ... }`."""

    name: Ident
    params: tuple[TypeParam, ...]
    items: tuple[TypeId | Feature | Queue | ConfigChange | Pair | Hint, ...]
    span: Span


# Devices


@dataclass(frozen=True, slots=True)
class DeviceLines:
    """`lines 1..pairs of msix from ioapic0, ioapic1 shared`."""

    count: Node | Range
    pool: Ident | None
    controllers: tuple[Ident, ...]
    shared: bool
    span: Span


@dataclass(frozen=True, slots=True)
class FeatureChoice:
    """`ctrl_vq`, `no admin_vq`."""

    present: bool
    name: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class Features:
    """`features ctrl_vq, no admin_vq`."""

    choices: tuple[FeatureChoice, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mode:
    """`mode irqfd`."""

    name: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class Affinity:
    """`affinity line l -> cpu e`, `affinity queue q -> cpu e`."""

    of_queue: bool
    var: Ident
    cpu: Node
    span: Span


@dataclass(frozen=True, slots=True)
class DeviceService:
    """`service napi for rx, tx`."""

    name: Ident
    families: tuple[Ident, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Device:
    """`device eth0 : net(pairs) on mmio { ... }`."""

    name: Ident
    index: Index | None
    type: Ident
    args: tuple[Node, ...]
    transport: Ident
    transport_args: tuple[Node, ...]
    items: tuple[DeviceLines | Numbers | Features | Mode | Affinity | Hint | DeviceService, ...]
    span: Span


# Transports


@dataclass(frozen=True, slots=True)
class Pool:
    """`pool msix : message shared no pending limit 2048`."""

    name: Ident
    triggers: tuple[Ident, ...]
    shared: bool
    pending: bool
    limit: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Register:
    """`register status { USED, CONFIG } per line clears on read`."""

    name: Ident
    bits: tuple[Ident, ...]
    per: str
    clears_on_read: bool
    span: Span


@dataclass(frozen=True, slots=True)
class HintDecl:
    """`hint group in 0..7 default 0`."""

    name: Ident
    range: Range
    default: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Setting:
    """`memory tso`, `suppression event_idx`."""

    what: str
    value: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class Target:
    """`line e`, `number e`, `none` (value None)."""

    kind: str
    value: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class When:
    """`if e`, or `otherwise` (test None)."""

    test: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Rule:
    """`queue q -> target if c`; `config -> target` (queue None)."""

    queue: Ident | None
    target: Target
    when: When | None
    span: Span


@dataclass(frozen=True, slots=True)
class Programmed:
    """`programmed`: the device uses what the driver wrote."""

    span: Span


@dataclass(frozen=True, slots=True)
class Request:
    """`request line e with h`, `request lines a..b with h`."""

    lines: Node | Range
    handler: Ident
    when: When | None
    span: Span


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact in a `sees` list: `index`, `hint.group`."""

    parts: tuple[Ident, ...]
    span: Span

    @property
    def text(self) -> str:
        """With dots, as written."""
        return ".".join(p.text for p in self.parts)


@dataclass(frozen=True, slots=True)
class Sees:
    """`sees index, queues, lines`."""

    facts: tuple[Fact, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Map:
    """`map in transport sees ... { ... }`."""

    layer: Ident
    sees: Sees | None
    items: tuple[Rule | Programmed | Request, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Takes:
    """`lines 1 + callbacks of msix` in an attempt."""

    count: Node
    pool: Ident | None
    span: Span


@dataclass(frozen=True, slots=True)
class Attempt:
    """`try each in msix if c { ... }`."""

    name: Ident
    mode: Ident | None
    test: Node | None
    items: tuple[Takes | Rule | Request, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Policy:
    """`policy name sees ... { try ... }`."""

    name: Ident
    sees: Sees | None
    attempts: tuple[Attempt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """`use policy name`."""

    name: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class Signal:
    """`signal queue q in irqfd { }`; `signal config { }` (queue None)."""

    queue: Ident | None
    mode: Ident | None
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Drive:
    """`drive line l while e resample in emulated`."""

    line: Ident
    test: Node
    resample: bool
    mode: Ident | None
    span: Span


@dataclass(frozen=True, slots=True)
class Handler:
    """`handler name on line l { }`."""

    name: Ident | None
    line: Ident
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Service:
    """`service napi(q) deferred { }`."""

    name: Ident
    queue: Ident
    deferred: bool
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Transport:
    """`transport name(params) { ... }`."""

    name: Ident
    params: tuple[TypeParam, ...]
    items: tuple[
        Pool
        | Register
        | HintDecl
        | Map
        | Policy
        | PolicyUse
        | Request
        | Signal
        | Drive
        | Handler
        | Service
        | Setting,
        ...,
    ]
    span: Span


Item = (
    Use
    | ParamDecl
    | Let
    | Platform
    | PlatformChoice
    | DeviceType
    | Transport
    | Policy
    | Service
    | Device
    | Assume
    | Claim
    | Check
    | Expect
)


@dataclass(frozen=True, slots=True)
class Module:
    """A file: its items in order."""

    items: tuple[Item, ...]
    span: Span
