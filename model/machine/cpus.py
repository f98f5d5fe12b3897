"""CPUs with affinity: what runs on one CPU does not run at the same time.

A line's interrupts go to one CPU. There a handler runs to its end before another one is entered,
and a deferred service (NAPI, in a softirq) waits while a handler runs and while another service
does; it runs where it was scheduled. A handler that waits for a lock of a service of its own CPU
waits for ever, as one does that takes a lock without spin_lock_irqsave().

The kernel (model/meaning) knows no CPUs: there every agent has one of its own, which is coarser.
What a machine with CPUs does, one without can do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from model.expr import Value, Var
from model.machine.agents import IDLE, Agent, Ready

if TYPE_CHECKING:
    from model.machine.machine import Machine


def cpus_of_lines(m: Machine) -> list[int]:
    """The CPU of each line: as the design pins it, else one after the other."""
    evaluate, setting = m.instance.evaluate, m.instance.setting
    count = max(1, int(evaluate(Var("cpus"), {})))
    out = [k % count for k in range(len(m.lines))]
    for a in setting.device.affinity:
        if not a.of_queue:
            out = [int(evaluate(a.cpu, {"l": k})) % count for k in range(len(m.lines))]
            continue
        for r in m.instance.layout.rows:  # set_vq_affinity() in the order of queues: the last wins.
            k = r.driver.ordinal if r.driver.kind == "line" else None
            if r.family is not None and k is not None and k < len(out):
                facts: dict[str, Value] = dict(r.facts)
                out[k] = int(evaluate(a.cpu, facts)) % count
    return out


class Cpus:
    """Keeps agents of one CPU from running at once."""

    def __init__(self, m: Machine) -> None:
        self.of_line = cpus_of_lines(m)
        self.handlers: dict[int, list[Agent]] = {}
        self.services: list[Agent] = []
        self.at: dict[str, int] = {}
        """By service: the CPU that it was last scheduled on."""
        for a in m.agents:
            if a.kind == "handler":
                cpu = self.of_line[int(a.name.rsplit(" ", 1)[1])]
                self.handlers.setdefault(cpu, []).append(a)
                a.wake = _both(a.wake, self._no_handler(cpu))
        for a in m.agents:
            if a.kind == "service":
                self._hold_back(a)

    def scheduled(self, agent: Agent, service: str) -> None:
        """A handler, or a service itself, has scheduled a service."""
        if agent.kind == "handler":
            self.at[service] = self.of_line[int(agent.name.rsplit(" ", 1)[1])]

    def _no_handler(self, cpu: int) -> Ready:
        some = self.handlers[cpu]
        return lambda: all(a.at == IDLE for a in some)

    def _hold_back(self, a: Agent) -> None:
        self.services.append(a)

        def free() -> bool:
            cpu = self.at.get(a.name, 0)
            return all(h.at == IDLE for h in self.handlers.get(cpu, ()))

        def alone() -> bool:
            cpu = self.at.get(a.name, 0)
            here = (s for s in self.services if self.at.get(s.name, 0) == cpu and s is not a)
            return free() and all(s.at == IDLE for s in here)

        a.wake = _both(a.wake, alone)
        a.ready[:] = [free if r is None else _both(r, free) for r in a.ready]


def _both(first: Ready, second: Callable[[], bool]) -> Ready:
    return lambda: first() and second()
