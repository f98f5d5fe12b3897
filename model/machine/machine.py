"""A device of a design for given values, as a machine that really does it.

Rings stand in guest memory, registers in a window, lines at pins or in an MSI-X table; Linux' line
handling runs the handlers. One agent makes one step at a time, and a schedule is data: each byte
picks an agent, and an agent that cannot step does nothing. Which registers and lines there are
follows from what the design declares, never from a name.

The kernel (model/kernel, model/meaning) says the same in formulas. What is shared with it is the
control flow of programs and nothing of what a step does: `view.py` and `lockstep.py` compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any

from model.design.design import Design
from model.design.device import Trigger
from model.expr import Expr, Or, Var, free
from model.kernel.compile import predicate
from model.machine.agents import Agent, assemble
from model.machine.bulk.bulk import Bulk, bulk
from model.machine.controllers import NO_VECTOR, EdgePin, LevelPin, Line, MsixTable, Vector
from model.machine.cpus import Cpus
from model.machine.effects import effects
from model.machine.memory import Memory, Stores
from model.machine.mmio import (
    EVENT_IDX,
    RING_PACKED,
    RING_RESET,
    VERSION_1,
    QueueRegisters,
    QueueSetup,
    Window,
    boot,
)
from model.machine.registers import RegisterFile
from model.machine.rings import PackedRing, Ring, SplitRing
from model.meaning.graph import Graph
from model.meaning.instance import RING, Instance, Setting
from model.meaning.lower import Lowering, verbs
from model.meaning.primitives import OfConfig, OfLine, OfMemory, OfQueue
from model.meaning.rows import Row

SIZE = 256
"""Entries of a ring; where it matters how many are used, the driver posts only two buffers."""
_MOST_WHOLE = 64
"""With more queues than this, those that never produce get a ring of two entries, and those that no
program goes through are left out: the driver that brings up 2,048 of them shows nothing more."""
_MANY = 1_000
"""Steps that are worth writing the state out for C and reading it back."""


class Machine:
    """`active` sources produce (none named: all). `latches`: controllers.py; CPUs: cpus.py."""

    def __init__(
        self,
        design: Design,
        setting: Setting,
        active: AbstractSet[str] | None = None,
        *,
        latches: bool = False,
        with_cpus: bool = False,
    ) -> None:
        self.instance = Instance(design, setting)
        self.active = frozenset(
            (r.name for r in self.instance.sources) if active is None else active
        )
        for name in sorted(self.active if active is not None else ()):
            row = self.instance.rows.named(name)
            if row is None or not row.callback:
                raise ValueError(f"the device has no source {name!r} for these values")
        low, self.system = self.instance.lowered(self.active)
        self.low: Lowering = low
        transport = self.instance.transport
        self.suppressed = transport.suppression != "none"
        self.weak = transport.memory != "sc"
        self.bits = {r.name: r.bits for r in transport.registers}
        self.taken_by_read = {r.name: r.clears_on_read for r in transport.registers}
        self.memory = Memory()
        self.rows = self._rows()
        """Of its sources; of a large device those alone that a program goes through."""
        self.rings = self._rings()
        names = [x.name for x in self.instance.lines]
        queues = [r.name for r in self.rows if r.family is not None]
        self.registers = RegisterFile(transport.registers, names, queues, self.memory)
        self.lines = self._lines(latches)
        self.window = self._window()
        self._boot()
        self.scheduled = dict.fromkeys(queues, False)
        self.config_read = self.window.generation
        self.locks: dict[str, int] = {}
        self.stores = self._stores()
        self.wires: list[tuple[int, Expr, frozenset[str]]] = []
        """Lines that follow a condition, it, and the registers that it is about."""
        self._looks: list[tuple[frozenset[str], Callable[[], None]]] = []
        """The same, as something to do when a register has changed."""
        self._add_wires()
        self.agents: list[Agent] = []
        self.cpus: Cpus | None = None
        for g in low.graphs:
            self._add_agent(g)
        self.cpus = Cpus(self) if with_cpus else None
        told = {s.actor for s in self.system.steps if s.unhandled}
        self.declining = tuple(
            k for k, x in enumerate(self.instance.lines) if f"handler {x.name}" in told
        )
        """Lines all of whose handlers may say that an interrupt was not for them."""
        self.producers = frozenset(k for k, a in enumerate(self.agents) if a.produces)
        self._first = self.state()

    # What it is made of

    def _rows(self) -> Sequence[Row]:
        rows = self.instance.rows
        if len(rows) <= _MOST_WHOLE:
            return rows
        return [*self.instance.met(), *(rows[-1:] if rows.config else ())]

    def _rings(self) -> dict[str, Ring]:
        queues = [r for r in self.rows if r.family is not None]
        buffers = RING if self.low.queues.counted else SIZE
        kind = self.instance.transport.suppression
        out: dict[str, Ring] = {}
        for q in queues:
            whole = q.name in self.active or len(queues) <= _MOST_WHOLE
            size, posted = (SIZE, buffers) if whole else (RING, RING)
            if kind == "packed_event":
                out[q.name] = PackedRing(self.memory, size, posted)
            else:
                by_index = kind == "event_idx"
                out[q.name] = SplitRing(self.memory, size, posted, by_index=by_index)
        return out

    def _lines(self, latches: bool) -> list[Line]:
        setting, lines = self.instance.setting, self.instance.lines
        keeps, lowers = setting.keeps_pending, "lower" in verbs(self.instance.transport)
        self.table = None
        if setting.trigger is Trigger.MESSAGE:
            self.table = MsixTable(len(lines), keeps=keeps)
        out: list[Line] = []
        for k, x in enumerate(lines):
            resample = x.name in self.low.lines.resampled
            if resample or setting.trigger is Trigger.LEVEL:
                out.append(LevelPin(resample=resample, latches=latches))
            elif self.table is not None:
                self.table.program(k, 0xFEE00000, 0x20 + k)
                out.append(Vector(self.table, k, lowers=lowers))
            else:
                out.append(EdgePin(lowers=lowers, keeps=keeps))
        return out

    def _window(self) -> Window:
        queues = {r.index: QueueRegisters(SIZE) for r in self.rows if r.family is not None}
        offered = VERSION_1 | EVENT_IDX | RING_PACKED | RING_RESET
        vectors = len(self.lines) if self.table is not None else 0
        type_id = self.instance.setting.device.type.id
        return Window(type_id, offered, self.registers, queues, vectors)

    def _boot(self) -> None:
        kind = self.instance.transport.suppression
        wanted = VERSION_1 | (EVENT_IDX if kind == "event_idx" else 0)
        wanted |= RING_PACKED | EVENT_IDX if kind == "packed_event" else 0
        setups, config = [], NO_VECTOR
        for r in self.rows:
            ordinal = r.driver.ordinal if r.driver.kind == "line" else None
            has = self.table is not None and ordinal is not None and ordinal < len(self.lines)
            vector = ordinal if has and ordinal is not None else NO_VECTOR
            if r.family is None:
                config = vector
                continue
            ring = self.rings[r.name]
            places = _places(ring)
            setups.append(QueueSetup(r.index, ring.size, *places, vector))  # type: ignore[attr-defined]
        boot(self.window, wanted, setups, config)

    def _stores(self) -> dict[tuple[str, str], Stores]:
        """By agent ('': the device) and queue ('': all of them)."""
        if not self.weak:
            return {}
        out: dict[tuple[str, str], Stores] = {}
        for g in self.low.graphs:
            if g.entry is not None and isinstance(g.entry.does, OfMemory):
                agent, queue = g.entry.does.agent, g.entry.does.queue
                # What the device uses is bounded by the buffers that it has.
                room = self.low.queues.stores.room(agent) if agent else SIZE
                out[agent, queue] = Stores(self.memory.ram, room)
        return out

    def buffer(self, agent: str, queue: str) -> Stores | None:
        """The buffer in which stores of the agent to the queue's ring wait; None: they do not."""
        if not any(q.name == queue for q in self.low.queues.stores.of.get(agent, ())):
            return None
        return self.stores.get((agent, queue)) or self.stores.get((agent, ""))

    def _add_wires(self) -> None:
        for k, (x, line) in enumerate(zip(self.instance.lines, self.lines, strict=True)):
            condition = self.low.lines.wire(x)
            if any(x == y for y in self.low.followed):
                holds = self._condition(condition)
                line.wire = holds()  # Up from the start, it has not risen.
                registers = frozenset(n.split(".")[0].split("[")[0] for n in free(condition))
                self.wires.append((k, condition, registers))
                self._looks.append((registers, _look(line, holds)))

    def _condition(self, e: Expr) -> Callable[[], bool]:
        """A condition over bits of registers, as `status.USED` or `wire[line 0].HIGH`."""
        names = sorted(free(e))
        places = {n.rpartition(".")[0] for n in names}
        some = e.args if isinstance(e, Or) else (e,)
        if len(places) == 1 and all(isinstance(x, Var) for x in some):  # Most of them, and fast.
            return self._any(places.pop(), [n.rpartition(".")[2] for n in names])
        get = [self.bit(n) for n in names]
        holds = predicate(e, {n: k for k, n in enumerate(names)})
        return lambda: holds(tuple(g() for g in get))

    def bit(self, name: str) -> Callable[[], bool]:
        """A bit of a register by its name, read without side effects."""
        place, _, bit = name.rpartition(".")
        return self._any(place, [bit])

    def _any(self, place: str, bits: Iterable[str]) -> Callable[[], bool]:
        """Whether one of these bits of a register is set."""
        register, _, of = place.removesuffix("]").partition("[")
        mask = sum(1 << self.bits[register].index(b) for b in bits)
        peek = self.registers.at(register, of).peek
        return lambda: peek() & mask != 0

    def moved(self, register: str) -> Callable[[], object] | None:
        """What follows when a register has changed: its wires look at it. None: it has none."""
        looks = [look for registers, look in self._looks if register in registers]

        def each() -> None:
            for look in looks:
                look()

        return looks[0] if len(looks) == 1 else each if looks else None

    def _add_agent(self, g: Graph) -> None:
        does = g.entry.does if g.entry is not None else None
        a = Agent(g.agent, *_kind(does), g, self.low.makers[g.agent])
        a.cells = tuple(g.locals)
        assemble(a, effects(self, a))
        a.wake = self._wake(does)
        if isinstance(does, OfLine) and does.line is not None:
            a.leave = self._left(a, self.lines[does.line], self.chain(does.line))
        self.agents.append(a)

    def _wake(self, does: object) -> Callable[[], bool]:
        match does:
            case OfQueue("publish", q):
                return self.rings[q].room
            case OfQueue(_, q):
                return lambda: self.scheduled[q]
            case OfLine(_, k) if k is not None:
                return self.lines[k].fires
            case OfMemory(agent, q):
                waiting = self.stores[agent, q].waiting
                return lambda: bool(waiting)
            case OfConfig():
                return lambda: True
            case _:
                raise TypeError(does)

    def chain(self, k: int) -> int:
        """How many handlers a line has to ask."""
        return max(1, len(self.instance.handlers(self.instance.lines[k])))

    def _left(self, a: Agent, line: Line, chain: int) -> Callable[[], None]:
        eoi, end = line.eoi, line.desc.end

        def leave() -> None:
            eoi()
            end(a.declined < chain)  # IRQ_HANDLED, unless each of them said IRQ_NONE.

        return leave

    # Running

    def step(self, k: int) -> bool:
        """A step of agent k; False if it cannot step."""
        return self.agents[k].step()

    @cached_property
    def bulk(self) -> Bulk | None:
        """The machine in C; None: one that C does not take."""
        return bulk(self)

    def run(self, schedule: Sequence[int]) -> int:
        """Each number picks an agent; how many of them could step."""
        if isinstance(schedule, bytes) and len(schedule) >= _MANY and self.bulk is not None:
            taken = self.bulk.run(schedule)
            if taken is not None:
                return taken
        steps = [a.step for a in self.agents]
        n, taken = len(steps), 0
        for b in schedule:
            if steps[b % n]():
                taken += 1
        return taken

    def enabled(self) -> list[int]:
        """Who can step."""
        return [k for k, a in enumerate(self.agents) if a.can_step()]

    def quiet(self) -> bool:
        """Nobody can step, apart from the device producing new work."""
        return not any(a.can_step() for a in self.agents if not (a.produces and a.at < 0))

    def unserved(self) -> list[str]:
        """Sources with work that the driver has not seen."""
        sources = (r for r in self.rows if r.callback and r.name in self.active)
        return [r.name for r in sources if self._work(r)]

    def _work(self, r: Any) -> bool:
        if r.family is None:
            return self.window.generation != self.config_read
        return self.rings[r.name].unseen() > 0

    # States

    def state(self) -> tuple[Any, ...]:
        """All that it will ever depend on (but for the counters of the spurious detector)."""
        return (
            bytes(self.memory.ram),
            bytes(self.registers.window),
            tuple(r.state() for r in self.rings.values()),
            tuple(x.state() for x in self.lines),
            tuple(a.state() for a in self.agents),
            tuple(self.scheduled.values()),
            (self.window.generation, self.config_read),
            tuple(self.locks.values()),
            tuple(s.state() for s in self.stores.values()),
            tuple(self.cpus.at.items()) if self.cpus is not None else (),
        )

    def restore(self, state: tuple[Any, ...]) -> None:
        """Back to a state of this machine."""
        ram, window, rings, lines, agents, scheduled, config, locks, stores, cpus = state
        self.memory.ram[:] = ram
        self.registers.window[:] = window
        for r, x in zip(self.rings.values(), rings, strict=True):
            r.restore(x)
        for line, x in zip(self.lines, lines, strict=True):
            line.restore(x)
        for a, x in zip(self.agents, agents, strict=True):
            a.restore(x)
        self.scheduled.update(zip(self.scheduled, scheduled, strict=True))
        self.window.generation, self.config_read = config
        self.locks.update(zip(self.locks, locks, strict=True))
        for s, x in zip(self.stores.values(), stores, strict=True):
            s.restore(x)
        if self.cpus is not None:
            self.cpus.at = dict(cpus)

    def reset(self) -> None:
        """As it was when it was made."""
        self.restore(self._first)


def _look(line: Line, condition: Callable[[], bool]) -> Callable[[], None]:
    follow = line.follow
    return lambda: follow(condition())


def _places(ring: Ring) -> tuple[int, int, int]:
    """What the driver writes into the three address registers."""
    match ring:
        case SplitRing():
            return ring.desc, ring.avail, ring.used
        case PackedRing():
            return ring.ring, ring.event_at, 0
        case _:
            raise TypeError(ring)


def _kind(does: object) -> tuple[str, str]:
    """What an agent is, by its first access; and the queue of a device's program."""
    match does:
        case OfQueue("publish", q):
            return "device", q
        case OfConfig():
            return "device", ""
        case OfLine():
            return "handler", ""
        case OfQueue():
            return "service", ""
        case OfMemory():
            return "memory", ""
        case _:
            raise TypeError(does)
