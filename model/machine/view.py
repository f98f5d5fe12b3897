"""From the machine to the kernel's cells: what each cell is, read from bytes, pins and agents.

A cell that the state of the machine does not determine is left out: how far behind an event index
is that asks for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from model.expr import Value
from model.kernel.system import Cell
from model.machine.agents import Agent
from model.machine.controllers import Line
from model.machine.machine import Machine
from model.machine.memory import Stores
from model.machine.rings import Ring

Get = Callable[[], Value | None]


class View:
    """The cells of the kernel's system, each with how it is read; None: not determined."""

    def __init__(self, m: Machine) -> None:
        known = dict(_all(m))
        self.missing = [c.name for c in m.system.cells if c.name not in known]
        self.cells: list[tuple[Cell, Get]] = [
            (c, known[c.name]) for c in m.system.cells if c.name in known
        ]

    def values(self) -> dict[str, Value]:
        """All cells that are determined."""
        return {c.name: v for c, get in self.cells if (v := get()) is not None}


def _all(m: Machine) -> Iterator[tuple[str, Get]]:
    for q, ring in m.rings.items():
        yield from _ring(m, q, ring)
    for x, line in zip(m.instance.lines, m.lines, strict=True):
        yield from _line(x.name, line)
    for register, of in m.registers.every:
        place = f"{register}[{of}]" if of else register
        for bit in m.bits[register]:
            yield f"{place}.{bit}", m.bit(f"{place}.{bit}")
    for (agent, queue), stores in m.stores.items():
        if agent:
            yield from _stored(m, agent, queue, stores)
    for q in m.scheduled:
        yield f"{q}.scheduled", partial(m.scheduled.__getitem__, q)
    yield "config.unseen", lambda: m.window.generation != m.config_read
    numbers = {0: 0}
    for k, a in enumerate(m.agents, 1):
        numbers[k] = m.low.compiler.owners.get(a.name, -1)
        yield from _agent(a)
    for name in m.locks:
        yield f"lock {name}", partial(_owner, m, name, numbers)


def _owner(m: Machine, lock: str, numbers: Mapping[int, int]) -> Value:
    return numbers[m.locks[lock]]


def _agent(a: Agent) -> Iterator[tuple[str, Get]]:
    yield f"{a.name}.at", a.place
    for k, name in enumerate(a.cells):
        yield name, partial(a.loc.__getitem__, k)


def _line(name: str, line: Line) -> Iterator[tuple[str, Get]]:
    yield f"{name}.pending", line.waiting
    yield f"{name}.high", line.high
    yield f"{name}.masked", lambda: line.desc.disabled


def _ring(m: Machine, q: str, ring: Ring) -> Iterator[tuple[str, Get]]:
    cap = m.low.queues.counting.cap

    def count(v: int) -> Value:
        return min(v, cap) if m.low.queues.counted else v > 0

    def past() -> Value | None:
        behind = ring.event()
        return None if behind is None else min(behind, cap)

    yield f"{q}.unseen", lambda: count(ring.unseen())
    yield f"{q}.hidden", lambda: count(ring.unseen() - ring.visible())
    yield f"{q}.visible", ring.pending
    yield f"{q}.notifications enabled", ring.armed
    yield f"{q}.each entry notifies", ring.each
    yield f"{q}.used since used_event", past
    yield f"{q}.used since last decision", lambda: min(ring.undecided(), cap)


def _stored(m: Machine, agent: str, queue: str, stores: Stores) -> Iterator[tuple[str, Get]]:
    """The places of a buffer of an agent."""
    queues = [queue] if queue else [q.name for q in m.low.queues.stores.of[agent]]
    at = f"{agent}.store" + (f" to {queue}" if queue else "")
    rings = {m.rings[q].wish_at(): m.rings[q] for q in queues}
    cap = m.low.queues.counting.cap

    def store(k: int) -> tuple[Ring, int] | None:
        if k >= len(stores.waiting):
            return None
        address, _, word = stores.waiting[k]
        return rings[address], word

    def is_for(k: int, ring: Ring, on: bool) -> Value:
        found = store(k)
        return found is not None and found[0] is ring and ring.armed(found[1]) == on

    def past(k: int) -> Value | None:
        found = store(k)
        if found is None or not found[0].armed(found[1]):
            return 0
        behind = found[0].event(found[1])
        return None if behind is None else min(behind, cap)

    for k in range(stores.room):
        for q in queues:
            yield f"{at} {k + 1}, enables {q}", partial(is_for, k, m.rings[q], True)
            yield f"{at} {k + 1}, disables {q}", partial(is_for, k, m.rings[q], False)
        yield f"{at} {k + 1}, used since", partial(past, k)
