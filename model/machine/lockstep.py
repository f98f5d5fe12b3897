"""The machine and the kernel side by side: after each step they say the same of every cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from model.expr import Value, value
from model.kernel.compile import Move, Packed, move, places
from model.kernel.system import Step
from model.machine.machine import Machine
from model.machine.view import View
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """The first one: after which step of whom, in which cell, and what the two say."""

    number: int
    actor: str
    cell: str
    kernel: object
    machine: object

    def __str__(self) -> str:
        at = f"after step {self.number} ({self.actor})" if self.number else "at the start"
        return f"{at}: {self.cell} is {self.kernel} in the kernel, {self.machine} on the machine"


class Lockstep:
    """Both, in the same state as far as anybody has looked."""

    def __init__(self, m: Machine) -> None:
        self.m = m
        self.view = View(m)
        at = places(m.system)
        self.moves: dict[str, list[tuple[Move, Step]]] = {a.name: [] for a in m.agents}
        for s in m.system.steps:
            self.moves[s.actor].append((move(s, at), s))
        self.state: Packed = ()
        self.number = 0
        self.restart()

    def restart(self) -> Difference | None:
        """Both at the start."""
        self.m.reset()
        first = self.m.system.start()
        self.state = tuple(first[c.name] for c in self.m.system.cells)
        self.number = 0
        return self.difference("")

    def difference(self, actor: str) -> Difference | None:
        """The first cell that differs, or the first agent that can step in one alone."""
        if self.view.missing:
            return Difference(self.number, actor, self.view.missing[0], "a cell", "nothing")
        saw = self.view.values()
        for c, known in zip(self.m.system.cells, self.state, strict=True):
            if c.name in saw and saw[c.name] != known:
                return Difference(self.number, actor, c.name, known, saw[c.name])
        for a in self.m.agents:
            can = any(f(self.state) is not None for f, _ in self.moves[a.name])
            if can != a.can_step():
                what = f"whether {a.name} can step"
                return Difference(self.number, actor, what, can, a.can_step())
        return None

    def step(self, k: int) -> Difference | None:
        """Agent k steps in both, if it can."""
        a = self.m.agents[k]
        for f, s in self.moves[a.name]:
            after = f(self.state)
            if after is None:
                continue
            self.number += 1
            if s.verb != a.doing()[0]:
                return Difference(self.number, a.name, "what it does", s.verb, a.doing()[0])
            if not a.step():
                return Difference(self.number, a.name, "whether it can step", True, False)
            self.state = after
            return self.difference(a.name)
        return None

    def taken(self, k: int) -> Step | None:
        """The step that agent k would take."""
        every = self.moves[self.m.agents[k].name]
        return next((s for f, s in every if f(self.state) is not None), None)

    def run(self, schedule: Iterable[int]) -> Difference | None:
        """The first difference of a schedule."""
        n = len(self.m.agents)
        for b in schedule:
            found = self.step(b % n)
            if found is not None:
                return found
        return None

    def values(self) -> dict[str, Value]:
        """What the kernel says of every cell."""
        names = (c.name for c in self.m.system.cells)
        return dict(zip(names, self.state, strict=True))


def found(m: Machine, actors: Iterable[str]) -> list[tuple[tuple[str, Value], ...]]:
    """What each step of a run finds; as far as the kernel has it."""
    both = Lockstep(m)
    number = {a.name: k for k, a in enumerate(m.agents)}
    out: list[tuple[tuple[str, Value], ...]] = []
    for actor in actors:
        before = both.values()
        taken = both.taken(number[actor])
        if both.step(number[actor]) is not None or taken is None:
            break
        out.append(tuple((label, value(e, before)) for label, e in taken.sees))
    return out


class _Step(Protocol):
    @property
    def actor(self) -> str:
        """Who steps."""


def in_kernel(m: Machine, steps: Sequence[_Step], loop: int | None) -> str:
    """What the kernel has against a run of the machine; '' if both say the same to the end.

    Without a loop its last state has to be what must never be.
    """
    both = Lockstep(m)
    number = {a.name: k for k, a in enumerate(m.agents)}
    for n, s in enumerate(steps, 1):
        found = both.step(number[s.actor])
        if found is not None:
            return str(found)
        if both.number != n:
            return f"step {n}: {s.actor} cannot step"
    if loop is None and not value(m.system.bad, both.values()):
        return "nothing is lost at the end"
    return ""
