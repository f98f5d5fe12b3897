"""What each primitive of a program does to the machine: to rings, registers, lines and memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from model.machine.agents import Agent, Effects, Ready
from model.machine.memory import Stores
from model.machine.registers import Nothing
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

Do = Callable[[], object]


def effects(m: Machine, a: Agent) -> Effects:
    """For one agent."""
    made = _Effects(m, a)
    return Effects(made.perform, made.look, made.ready, made.lock)


class _Effects:
    def __init__(self, m: Machine, a: Agent) -> None:
        self.m, self.a = m, a
        self.number = len(m.agents) + 1
        self.is_device = a.kind == "device"

    def perform(self, p: object) -> Do | None:
        match p:
            case OfRegister():
                return self._register(p)
            case OfLine():
                return self._line(p)
            case OfQueue():
                return self._queue(p)
            case OfConfig("publish"):
                return self._changed
            case OfConfig():
                return self._noticed
            case OfMemory(agent, queue):
                return self.m.stores[agent, queue].arrive
            case Unlock(lock):
                return self._unlock(lock)
            case Returned(False):
                return self._declined
            case Returned() | Barrier() | None:
                return None
            case _:
                raise TypeError(p)

    # Registers

    def _register(self, p: OfRegister) -> Do:
        register = self.m.registers.at(p.register, p.of) if p.there else Nothing()
        bit = {b: k for k, b in enumerate(self.m.bits[p.register])}
        moved = self.m.moved(p.register)
        if p.verb == "read":
            return self._read(register, p, bit, moved if self.m.taken_by_read[p.register] else None)
        mask = 0
        for b in p.bits:
            mask |= 1 << bit[b]
        change = register.set if p.verb == "set" else register.clear
        if p.cells:
            return self._masked(change, p, bit, moved)
        if moved is None:
            return lambda: change(mask)

        def both() -> None:
            change(mask)
            moved()

        return both

    def _read(self, register: object, p: OfRegister, bit: dict[str, int], moved: Do | None) -> Do:
        loc = self.a.loc
        read: Callable[[], int] = register.read  # type: ignore[attr-defined]
        into = [(1 << bit[b], self.a.cells.index(c)) for b, c in zip(p.bits, p.cells, strict=True)]

        def act() -> None:
            word = read()
            for mask, k in into:
                loc[k] = word & mask != 0
            if moved is not None:
                moved()

        return act

    def _masked(
        self, change: Callable[[int], None], p: OfRegister, bit: dict[str, int], moved: Do | None
    ) -> Do:
        loc = self.a.loc
        by = [(1 << bit[b], self.a.cells.index(c)) for b, c in zip(p.bits, p.cells, strict=True)]

        def act() -> None:
            mask = 0
            for one, k in by:
                if loc[k]:
                    mask |= one
            change(mask)
            if moved is not None:
                moved()

        return act

    # Lines

    def _line(self, p: OfLine) -> Do | None:
        if p.line is None:
            return None
        line = self.m.lines[p.line]
        match p.verb:
            case "raise" | "lower" | "pulse" as how:
                drive = line.drive
                return lambda: drive(how)
            case "mask" | "unmask":
                on = p.verb == "mask"
                return lambda: line.mask(on)
            case "enter":
                return self._enter(line.enter)
            case "end":
                return line.eoi
            case _:
                raise TypeError(p)

    def _enter(self, enter: Do) -> Do:
        a = self.a

        def act() -> None:
            enter()
            a.declined = 0

        return act

    # Queues and the configuration

    def _queue(self, p: OfQueue) -> Do | None:
        ring = self.m.rings[p.queue]
        stores = self.m.stores
        match p.verb:
            case "publish":
                publish, mine = ring.publish, stores.get(("", p.queue))
                return lambda: publish(mine)
            case "drain":
                return ring.drain
            case "drain_one":
                return ring.drain_one
            case "enable" | "disable":
                if not self.m.suppressed:
                    return None
                own = self._buffer(p.queue)
                if self.m.weak and own is None:
                    return None  # It never produces: nobody asks whether it would notify.
                do = ring.enable if p.verb == "enable" else ring.disable
                return lambda: do(own)
            case "schedule":
                return self._schedule(p.queue)
            case "complete" | "start":
                return self._give_up(p.queue)
            case "resume":
                return None
            case _:
                raise TypeError(p)

    def _schedule(self, queue: str) -> Do:
        m, a, scheduled, service = self.m, self.a, self.m.scheduled, f"service {queue}"

        def act() -> None:
            if m.cpus is not None and not scheduled[queue]:
                m.cpus.scheduled(a, service)
            scheduled[queue] = True  # napi_schedule_prep(): once, however often it is asked.

        return act

    def _give_up(self, queue: str) -> Do:
        scheduled = self.m.scheduled

        def act() -> None:
            scheduled[queue] = False

        return act

    def _changed(self) -> None:
        self.m.window.generation = (self.m.window.generation + 1) & 0xFFFFFFFF

    def _noticed(self) -> None:
        # The driver reads the configuration between two equal generations (2.5.1).
        self.m.config_read = self.m.window.generation

    # Locks and the answer of a handler

    def lock(self, name: str) -> tuple[Ready, Do]:
        held, mine = self.m.locks, self.number
        held.setdefault(name, 0)

        def take() -> None:
            held[name] = mine

        return lambda: held[name] == 0, take

    def _unlock(self, name: str) -> Do:
        held, mine = self.m.locks, self.number
        held.setdefault(name, 0)

        def act() -> None:
            if held[name] == mine:
                held[name] = 0

        return act

    def _declined(self) -> None:
        self.a.declined += 1

    # Looks, and when an access may be made

    def look(self, p: object) -> Ready:
        match p:
            case OfLine("asserted", k):
                return self.m.lines[k].asserted if k is not None else bool
            case OfLine("masked", k):
                if k is None:
                    return bool
                desc = self.m.lines[k].desc
                return lambda: desc.disabled
            case OfQueue("pending", q):
                return self.m.rings[q].pending
            case OfQueue("wants" | "wants_last" as verb, q):
                if not self.m.suppressed:
                    return lambda: True
                ring, last = self.m.rings[q], verb == "wants_last"
                return lambda: ring.wants(last=last)
            case _:
                raise TypeError(p)

    def ready(self, p: object) -> Ready | None:
        if not self.m.weak:
            return None
        match p:
            case OfRegister("read"):
                return None
            case OfRegister() | Barrier() | OfLine("raise" | "lower" | "pulse"):
                return self._all_arrived()
            case OfQueue("schedule" | "complete"):
                return self._all_arrived()
            case OfQueue("enable" | "disable", q) if (own := self._buffer(q)) is not None:
                return lambda: not own.full()
            case _:
                return None

    def _all_arrived(self) -> Ready:
        """What the agent has stored is in memory."""
        if self.is_device:
            some = [s for (a, q), s in self.m.stores.items() if a == "" and q == self.a.own]
        else:
            some = [s for (a, _), s in self.m.stores.items() if a == self.a.name]
        if len(some) == 1:
            waiting = some[0].waiting
            return lambda: not waiting
        return lambda: not any(s.waiting for s in some)

    def _buffer(self, queue: str) -> Stores | None:
        return None if self.is_device else self.m.buffer(self.a.name, queue)
