"""A machine as the table that `bulk.c` reads, and where its state has what.

What a node does follows from the primitive that it names (model/meaning/primitives.py), as in
`effects.py`; here it becomes an operator and its operands. A record is a few numbers, known by
where it begins; 0 stands for none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from itertools import count
from typing import TYPE_CHECKING

from model.expr import Add, And, Eq, Expr, Ite, Less, Lit, Mul, Not, Or, Var
from model.machine.agents import END, PASS, ROUND, STAND, Agent
from model.machine.bulk import _bulk
from model.machine.controllers import EdgePin, LevelPin, Line, Vector
from model.machine.registers import Indicator, IsrRegister, StatusRegister
from model.machine.rings import PackedRing, Ring, SplitRing
from model.meaning.graph import Acquire, Do, Exit, Fault, Look, Round, Test
from model.meaning.primitives import (
    Barrier,
    OfConfig,
    OfLine,
    OfMemory,
    OfQueue,
    OfRegister,
    Returned,
    Unlock,
)

if TYPE_CHECKING:
    from model.machine.machine import Machine


class Op(IntEnum):
    """The operators of bulk.h, in its order."""

    GOTO, TEST, ASSIGN, FAULT, ACQUIRE, UNLOCK, DECLINED = range(7)
    SET, CLEAR, CLEAR_BY, READ, TAKE = range(7, 12)
    RAISE, LOWER, PULSE, MASK, UNMASK, ENTER, EOI = range(12, 19)
    PUBLISH, DRAIN, DRAIN_ONE, ENABLE, DISABLE, SCHEDULE, COMPLETE = range(19, 26)
    CHANGE, NOTICE, ARRIVE = range(26, 29)
    ASSERTED, MASKED, PENDING, WANTS, WANTS_LAST = range(29, 34)
    ALWAYS, ROOM, FLAG, FIRES, WAITING, FREE, ARRIVED, NOT_FULL = range(34, 42)
    LIT, CELL, BIT, NOT, AND, OR, EQ, LESS, ADD, MUL, ITE = range(42, 53)


if _bulk.ops().split() != [op.name for op in Op]:
    raise ImportError("model/machine/bulk is compiled from other sources: make setup")

HEAD, NODE = 5, 8
_DEPTH = 64
"""Of the stack of an expression, and of values that are assigned at once."""
_BOUND = 2**31
PIN = 15
"""Cells of a line; the last four are counters."""


class TooLarge(Exception):
    """A machine that C does not take: a register of many bits, a long expression."""


class Cells:
    """Where the state of a machine has what: cells by the object that they are of."""

    def __init__(self, m: Machine) -> None:
        free = count()

        def some(n: int) -> int:
            first = next(free)
            for _ in range(n - 1):
                next(free)
            return first

        self.generation = some(2)
        self.at = {a.name: some(2) for a in m.agents}
        """Where an agent stands; then how many handlers have declined."""
        self.loc = {a.name: some(len(a.loc)) for a in m.agents}
        self.line = [some(PIN) for _ in m.lines]
        self.ring = {q: some(5) for q in m.rings}
        self.scheduled = {q: some(1) for q in m.scheduled}
        self.lock = {name: some(1) for name in m.locks}
        self.stores = {k: some(1 + 3 * s.room) for k, s in m.stores.items()}
        self.size = some(1)
        self.window = len(m.memory.ram)
        """Where the bytes of the register window begin, behind guest memory."""
        self.bytes = -(-(self.window + len(m.registers.window)) // 8) * 8


class Table:
    """The table of a machine. Raises `TooLarge`."""

    def __init__(self, m: Machine) -> None:
        self.m, self.cells = m, Cells(m)
        self.words: list[int] = [0] * HEAD
        self.lines = [self._line(k, x) for k, x in enumerate(m.lines)]
        self.rings = {q: self._ring(q, r) for q, r in m.rings.items()}
        self.stores = {k: self.add(self.cells.stores[k], s.room) for k, s in m.stores.items()}
        self._registers: dict[tuple[str, str], int] = {}
        agents = [self._agent(k, a) for k, a in enumerate(m.agents)]
        at = self.add(*(word for a in agents for word in a))
        sources = [r for r in m.rows if r.callback and r.name in m.active]
        of = [self.rings[r.name] if r.family is not None else 0 for r in sources]
        left, declining = self.listed(of), self.listed([self.lines[k] for k in m.declining])
        self.words[:HEAD] = [at, len(agents), left, declining, self.cells.generation]

    def add(self, *words: int) -> int:
        """A record; where it begins."""
        if any(not -_BOUND <= w < _BOUND for w in words):
            raise TooLarge("a number is beyond 32 bits")
        self.words += words
        return len(self.words) - len(words)

    def listed(self, words: Sequence[int], each: int = 1) -> int:
        """A list: how many, and then they."""
        return self.add(len(words) // each, *words)

    # What agents work on

    def _line(self, k: int, x: Line) -> int:
        cells = self.cells.line[k]
        match x:
            case EdgePin():
                return self.add(0, x.lowers, x.keeps, False, False, cells)
            case LevelPin():
                return self.add(1, False, False, x.resample, x.latches, cells)
            case Vector():
                return self.add(2, x.lowers, x.table.keeps, False, False, cells)
            case _:
                raise TypeError(x)

    def _ring(self, q: str, r: Ring) -> int:
        cells = self.cells.ring[q]
        match r:
            case SplitRing():
                places = r.desc, r.avail, r.used, r.used_event
                return self.add(False, r.by_index, r.size, *places, cells)
            case PackedRing():
                return self.add(True, False, r.size, r.ring, 0, 0, r.event_at, cells)
            case _:
                raise TypeError(r)

    def register(self, name: str, of: str) -> int:
        """A register, which may be one that is not there."""
        known = self._registers.get((name, of))
        if known is None:
            known = self._registers[name, of] = self._register(self.m.registers.at(name, of))
        return known

    def _register(self, r: object) -> int:
        match r:
            case StatusRegister():
                if r.defined >= _BOUND:
                    raise TooLarge("a register of many bits")
                return self.add(self.cells.window + r.at, 4, 0, r.defined)
            case Indicator():
                return self.add(r.at, 1, r.shift, r.defined)
            case _:
                return self.add(0, 0, 0, 0)

    def wires(self, register: str) -> int:
        """The lines that follow a register, each with its condition."""
        some: list[int] = []
        for k, condition, registers in self.m.wires:
            if register in registers:
                some += [self.lines[k], self.expression(condition, self._bit)]
        return self.listed(some, 2) if some else 0

    def _bit(self, name: str) -> list[int]:
        place, _, bit = name.rpartition(".")
        register, _, of = place.removesuffix("]").partition("[")
        mask = 1 << self.m.bits[register].index(bit)
        return [Op.BIT, self.register(register, of), mask]

    # Expressions

    def expression(self, e: Expr, variable: Callable[[str], list[int]]) -> int:
        """How many numbers it takes, and then they."""
        words = _postfix(e, variable)
        if len(words) > _DEPTH:
            raise TooLarge("a long expression")
        return self.listed(words)

    # Agents

    def _agent(self, k: int, a: Agent) -> list[int]:
        at, loc = self.cells.at[a.name], self.cells.loc[a.name]
        nodes = _Nodes(self, a, k + 1).all()
        first = self.listed([int(v) for v in a.first])
        does = a.graph.entry.does if a.graph.entry is not None else None
        line, chain = 0, 1
        if isinstance(does, OfLine) and does.line is not None:
            line, chain = self.lines[does.line], self.m.chain(does.line)
        wake = self._wake(does)
        return [at, at + 1, k + 1, first, loc, nodes, *wake, line, chain, a.produces]

    def _wake(self, does: object) -> tuple[int, int]:
        match does:
            case OfQueue("publish", q):
                return Op.ROOM, self.rings[q]
            case OfQueue(_, q):
                return Op.FLAG, self.cells.scheduled[q]
            case OfLine(_, k) if k is not None:
                return Op.FIRES, self.lines[k]
            case OfMemory(agent, q):
                return Op.WAITING, self.stores[agent, q]
            case OfConfig():
                return Op.ALWAYS, 0
            case _:
                raise TypeError(does)


_KINDS = {PASS: 0, STAND: 1, END: 2, ROUND: 3}
Node = tuple[int, int, int, int]
"""Operator and operands."""
_NOTHING: Node = (Op.GOTO, 0, 0, 0)


class _Nodes:
    """The nodes of one agent."""

    def __init__(self, table: Table, a: Agent, number: int) -> None:
        self.t, self.a, self.number = table, a, number
        self.loc = {n: table.cells.loc[a.name] + k for k, n in enumerate(a.cells)}

    def all(self) -> int:
        """Their records, after that of the entry; where the first of them is."""
        graph, records = self.a.graph, list[list[int]]()
        for label, node in enumerate(graph.nodes):
            kind = _KINDS[self.a.node[label]]
            op, then, other, may = self._node(label, node)
            records.append([*op, then, other, kind, self._ready(may)])
        entry = graph.entry
        first = [*self._does(entry.does), entry.next, 0, 0, 0] if entry else [0] * NODE
        return self.t.add(*first, *(w for r in records for w in r)) + NODE

    def _node(self, label: int, node: object) -> tuple[Node, int, int, list[int]]:
        match node:
            case Do():
                return self._do(node), node.next, 0, self._access(node.does)
            case Look():
                return self._look(node.does), node.then, node.other, []
            case Test():
                e = self.t.expression(node.test, self._variable)
                return (Op.TEST, e, 0, 0), node.then, node.other, []
            case Acquire():
                return self._acquire(label, node)
            case Round():
                return _NOTHING, node.next, 0, []
            case Exit():
                return _NOTHING, label, 0, []
            case Fault():
                return (Op.FAULT, 0, 0, 0), 0, 0, []
            case _:
                raise TypeError(node)

    def _ready(self, some: list[int]) -> int:
        return self.t.listed(some, 2) if some else 0

    def _variable(self, name: str) -> list[int]:
        return [Op.CELL, self.loc[name]]

    def _do(self, node: Do) -> Node:
        if node.does is not None or not node.writes:
            return self._does(node.does)
        made: list[int] = []
        for name, e in node.writes.items():
            made += [self.loc[name], self.t.expression(e, self._variable)]
        if len(made) > 2 * _DEPTH:
            raise TooLarge("many variables are assigned at once")
        return Op.ASSIGN, self.t.listed(made, 2), 0, 0

    def _acquire(self, label: int, node: Acquire) -> tuple[Node, int, int, list[int]]:
        lock = self.t.cells.lock[node.verb]
        may = [int(Op.FREE), lock]
        after = self.a.maker.taken_with(label)
        if after is None:
            return (Op.ACQUIRE, lock, 0, 0), node.next, 0, may
        op, then, other, more = self._node(after, self.a.graph.nodes[after])
        inner = self.t.add(*op, then, other, 0, 0)
        return (Op.ACQUIRE, lock, inner, 0), 0, 0, [*may, *more]

    # What a node does

    def _does(self, p: object) -> Node:
        t = self.t
        match p:
            case OfRegister():
                return self._register(p)
            case OfLine():
                return (Op.GOTO if p.line is None else _LINE[p.verb],
                        t.lines[p.line] if p.line is not None else 0, 0, 0)  # fmt: skip
            case OfQueue():
                return self._queue(p)
            case OfConfig("publish"):
                return Op.CHANGE, t.cells.generation, 0, 0
            case OfConfig():
                return Op.NOTICE, t.cells.generation, 0, 0
            case OfMemory(agent, queue):
                return Op.ARRIVE, t.stores[agent, queue], 0, 0
            case Unlock(lock):
                return Op.UNLOCK, t.cells.lock[lock], 0, 0
            case Returned(False):
                return Op.DECLINED, 0, 0, 0
            case Returned() | Barrier() | None:
                return _NOTHING
            case _:
                raise TypeError(p)

    def _register(self, p: OfRegister) -> Node:
        t = self.t
        register = t.register(p.register, p.of) if p.there else t.add(0, 0, 0, 0)
        bits = {b: 1 << k for k, b in enumerate(t.m.bits[p.register])}
        wires = t.wires(p.register)
        if not p.cells and p.verb != "read":
            mask = sum(bits[b] for b in set(p.bits))
            return Op.SET if p.verb == "set" else Op.CLEAR, register, mask, wires
        by = [w for b, c in zip(p.bits, p.cells, strict=True) for w in (bits[b], self.loc[c])]
        if p.verb != "read":
            if p.verb == "set":
                raise TooLarge("bits are set by variables")
            return Op.CLEAR_BY, register, t.listed(by, 2), wires
        takes = t.m.taken_by_read[p.register]
        is_isr = isinstance(t.m.registers.at(p.register, p.of), IsrRegister) and p.there
        return Op.TAKE if is_isr else Op.READ, register, t.listed(by, 2), wires if takes else 0

    def _queue(self, p: OfQueue) -> Node:
        t, m = self.t, self.t.m
        ring = t.rings[p.queue]
        match p.verb:
            case "publish":
                return Op.PUBLISH, ring, t.stores.get(("", p.queue), 0), 0
            case "drain":
                return Op.DRAIN, ring, 0, 0
            case "drain_one":
                return Op.DRAIN_ONE, ring, 0, 0
            case "enable" | "disable":
                own = self._buffer(p.queue)
                if not m.suppressed or (m.weak and own is None):
                    return _NOTHING
                where = t.stores[own] if own is not None else 0
                return Op.ENABLE if p.verb == "enable" else Op.DISABLE, ring, where, 0
            case "schedule":
                return Op.SCHEDULE, t.cells.scheduled[p.queue], 0, 0
            case "complete" | "start":
                return Op.COMPLETE, t.cells.scheduled[p.queue], 0, 0
            case "resume":
                return _NOTHING
            case _:
                raise TypeError(p)

    # Looks, and when an access may be made

    def _look(self, p: object) -> Node:
        t = self.t
        match p:
            case OfLine(_, None):
                return Op.TEST, t.expression(Lit(False), self._variable), 0, 0
            case OfLine("asserted" | "masked" as verb, int(k)):
                return Op.ASSERTED if verb == "asserted" else Op.MASKED, t.lines[k], 0, 0
            case OfQueue("pending", q):
                return Op.PENDING, t.rings[q], 0, 0
            case OfQueue("wants" | "wants_last", q) if not t.m.suppressed:
                return _NOTHING
            case OfQueue("wants", q):
                return Op.WANTS, t.rings[q], 0, 0
            case OfQueue("wants_last", q):
                return Op.WANTS_LAST, t.rings[q], 0, 0
            case _:
                raise TypeError(p)

    def _access(self, p: object) -> list[int]:
        if not self.t.m.weak:
            return []
        match p:
            case OfRegister("read"):
                return []
            case OfRegister() | Barrier() | OfLine("raise" | "lower" | "pulse"):
                return self._all_arrived()
            case OfQueue("schedule" | "complete"):
                return self._all_arrived()
            case OfQueue("enable" | "disable", q) if (own := self._buffer(q)) is not None:
                return [Op.NOT_FULL, self.t.stores[own]]
            case _:
                return []

    def _all_arrived(self) -> list[int]:
        if self.a.kind == "device":
            mine = [k for k in self.t.stores if k == ("", self.a.own)]
        else:
            mine = [k for k in self.t.stores if k[0] == self.a.name]
        return [w for k in mine for w in (int(Op.ARRIVED), self.t.stores[k])]

    def _buffer(self, queue: str) -> tuple[str, str] | None:
        if self.a.kind == "device":
            return None
        own = self.t.m.buffer(self.a.name, queue)
        return next((k for k, s in self.t.m.stores.items() if s is own), None)


_LINE = {
    "raise": Op.RAISE, "lower": Op.LOWER, "pulse": Op.PULSE, "mask": Op.MASK,
    "unmask": Op.UNMASK, "enter": Op.ENTER, "end": Op.EOI,
}  # fmt: skip


def _postfix(e: Expr, variable: Callable[[str], list[int]]) -> list[int]:
    def of(*some: Expr) -> list[int]:
        return [w for x in some for w in _postfix(x, variable)]

    match e:
        case Lit(v):
            return [Op.LIT, int(v)]
        case Var(name):
            return variable(name)
        case Not(a):
            return [*of(a), Op.NOT]
        case And(args):
            return [*of(*args), Op.AND, len(args)]
        case Or(args):
            return [*of(*args), Op.OR, len(args)]
        case Eq(a, b):
            return [*of(a, b), Op.EQ]
        case Less(a, b):
            return [*of(a, b), Op.LESS]
        case Add(args):
            return [*of(*(args or (Lit(0),))), *[int(Op.ADD)] * (len(args) - 1)]
        case Mul(a, b) if all(isinstance(x, Lit | Var) for x in (a, b)):
            return [*of(a, b), Op.MUL]
        case Ite(test, then, other):
            return [*of(test, then, other), Op.ITE]
        case _:  # A product of products may be beyond 64 bits; a step does not divide.
            raise TooLarge("an expression that C does not take")
