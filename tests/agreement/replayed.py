"""A trace, step by step on the interpreter: whether it can be run, and ends as it says.

The two do not count alike: what touches nothing that can ever be otherwise is a step here and none
there. So with each step of the trace its agent does some of its own, and everything that the trace
shows (entries, bits of registers, lines, locks aside) must then be as it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from checker.verdict.trace import Trace, TraceStep
from model.expr import Value
from tests.agreement.oracle import MANY, Agent, Machine

Packed = tuple[int, ...]
_ROUNDS = 4


def wrong(machine: Machine, trace: Trace, queues: int) -> str:
    """Why the trace is no run that ends as it says; '' if it is one."""
    seen = _Seen(machine, queues)
    shown: dict[str, Value] = dict(trace.start)
    now = {tuple(machine.first)}
    loop = len(trace.steps) if trace.loop is None else trace.loop - 1
    now, why = _through(seen, now, shown, trace.steps[:loop])
    if why:
        return why
    if trace.loop is None:
        rested = (_settled(seen, m, trace) for m in now)
        return "" if any(_is_lost(machine, m) for m in rested) else "nothing is lost at its end"
    before = dict(shown)
    for _ in range(MANY):  # What is not shown settles: counters come to their caps.
        last = now
        now, why = _through(seen, now, shown, trace.steps[loop:])
        if why or shown != before:
            return why or "the loop does not close"
        if now == last:
            break
    for m in now:
        ends, shown = {m}, dict(before)
        for _ in range(_ROUNDS):
            ends, why = _through(seen, ends, shown, trace.steps[loop:])
            if why:
                break
            if shown != before:
                return "the loop does not close"
            if m in ends:
                return ""
    return "the loop closes for no state"


def _is_lost(machine: Machine, m: Packed) -> bool:
    able = (a for a in machine.agents if machine.step(m, a) is not None)
    return machine.is_lost(m) and all(a.produces and m[a.place] == 0 for a in able)


def _settled(seen: _Seen, m: Packed, trace: Trace) -> Packed:
    """The same once agents have rested that the trace leaves out: they do nothing that shows."""
    told = {seen.agent(a).name for a in trace.agents}
    for a in seen.machine.agents:
        if a.name not in told and a.name.startswith("service"):
            while m[a.place] or seen.machine.step(m, a) is not None:
                n = seen.machine.step(m, a)
                if n is None:
                    break
                m = n
    return m


def _through(
    seen: _Seen, now: set[Packed], shown: dict[str, Value], steps: Sequence[TraceStep]
) -> tuple[set[Packed], str]:
    for s in steps:
        shown.update(s.changes)
        agent = seen.agent(s.actor)
        now = {n for m in now for n in _on(seen.machine, m, agent) if seen.is_so(n, shown)}
        if not now:
            return now, f"step {s.number} ({s.actor}: {s.verb}) is none"
    return now, ""


def _on(machine: Machine, m: Packed, a: Agent) -> Iterable[Packed]:
    """Where the agent may be after some steps of its own, until it rests."""
    met = {m}
    yield m
    while True:
        n = machine.step(m, a)
        if n is None or n in met:
            return
        met.add(n)
        yield n
        m = n
        if m[a.place] == 0:
            return


class _Seen:
    """What the cells of a trace are called here."""

    def __init__(self, machine: Machine, queues: int) -> None:
        self.machine = machine
        self.queues = queues
        self.agents = {a.name: a for a in machine.agents}
        self.known: dict[str, int | None] = {}

    def agent(self, actor: str) -> Agent:
        name = actor.replace("line ", "").replace("req[", "").replace("]", "")
        return self.agents[re.sub(r"\bctl$", str(self.queues), name)]

    def is_so(self, m: Packed, shown: Mapping[str, Value]) -> bool:
        for cell, to in shown.items():
            if cell not in self.known:
                name = self._named(cell)
                self.known[cell] = None if name is None else self.machine.slots.get(name)
            at = self.known[cell]
            if at is not None and m[at] != int(to):
                return False
        return True

    def _named(self, cell: str) -> str | None:
        cell = re.sub(r"\bctl\b", f"req[{self.queues}]", cell)
        if x := re.fullmatch(r"req\[(\d+)\]\.(unseen|scheduled|notifications enabled)", cell):
            what = "armed" if x[2].startswith("notif") else x[2]
            return f"{what}.{x[1]}"
        if x := re.fullmatch(r"line (\d+)\.(pending|high|masked)", cell):
            return f"{x[2]}.{x[1]}"
        if x := re.fullmatch(r"(\w+)\[line (\d+)\]\.(\w+)", cell):
            return f"{x[1]}/line{x[2]}/{x[3]}"
        if x := re.fullmatch(r"(\w+)\[req\[(\d+)\]\]\.(\w+)", cell):
            return f"{x[1]}/queue{x[2]}/{x[3]}"
        if cell == "config.unseen":
            return cell
        x = re.fullmatch(r"(\w+)\.(\w+)", cell)
        return f"{x[1]}//{x[2]}" if x else None
