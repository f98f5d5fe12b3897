"""A run once more, on the machine: does it happen, step by step, and does it end as it says?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from model.expr import Value
from model.machine.agents import IDLE
from model.machine.machine import Machine
from model.machine.view import View
from model.record import dataclass


class Taken(Protocol):
    """A step of a run: whose, what it is called, and which cells it changed."""

    @property
    def number(self) -> int:
        """From 1."""

    @property
    def actor(self) -> str:
        """The agent."""

    @property
    def verb(self) -> str:
        """What it did."""

    @property
    def changes(self) -> tuple[tuple[str, Value], ...]:
        """Cells with their new values."""


@dataclass(frozen=True, slots=True)
class Row:
    """One step as it happened: what the run says of it, and what the machine's bytes did."""

    number: int
    actor: str
    verb: str
    changes: tuple[tuple[str, Value], ...]
    bytes_: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The run happened, and ended as it was said to end."""

    rows: tuple[Row, ...]
    unserved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotPossible:
    """It did not: the number of the step (0: the start; one more than there are: the end)."""

    number: int
    why: str
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        return f"step {self.number}: {self.why}" if self.number else f"at the start: {self.why}"


def replay(
    m: Machine,
    steps: Sequence[Taken],
    unserved: Sequence[str],
    loop: int | None = None,
    *,
    kind: str = "lost",
) -> Replayed | NotPossible:
    """Take the steps on the machine.

    `lost`: it must end where nobody can step and the sources are unserved. All others have a
    `loop`: the steps from that number on lead back to where they began, each agent that could step
    all the time takes part, and

        starved     nothing new is produced, and a source is unserved throughout
        storm       nothing new is produced, and a handler is entered
        unhandled   a line fires, and each time nobody says that it was for him
    """
    return _Replay(m, steps, unserved, loop, kind).run()


class _Replay:
    def __init__(
        self,
        m: Machine,
        steps: Sequence[Taken],
        unserved: Sequence[str],
        loop: int | None,
        kind: str,
    ) -> None:
        self.m, self.steps, self.unserved, self.loop = m, steps, unserved, loop
        self.kind = kind
        inside_of = steps[loop - 1 :] if loop is not None else ()
        published = any(s.verb.startswith("publish ") for s in inside_of)
        self.goes_on = published or kind == "unhandled"
        self.by_name = {a.name: a for a in m.agents}
        self.view = View(m)
        self.hidden = {c.name for c in m.system.cells if c.private}
        self.rows: list[Row] = []
        self.states: list[Any] = []
        self.could: list[frozenset[str]] = []
        self.left: list[frozenset[str]] = []
        self.began: list[bool] = []
        self.counts: list[list[tuple[int, int]]] = []

    def run(self) -> Replayed | NotPossible:
        self.m.reset()
        self._look()
        for s in self.steps:
            why = self._step(s)
            if why:
                return NotPossible(s.number, why, tuple(self.rows))
            self._look()
        why = self._end() if self.loop is None else self._round(self.loop - 1)
        if why:
            return NotPossible(len(self.steps) + 1, why, tuple(self.rows))
        return Replayed(tuple(self.rows), tuple(self.m.unserved()))

    def _look(self) -> None:
        """What the end of the run may be asked about."""
        if self.loop is None:
            return
        # Where something is published, indices go on: then it is the view that comes again.
        self.states.append(self.view.values() if self.goes_on else self.m.state())
        resting = (a for a in self.m.agents if not (a.produces and a.at == IDLE))
        self.could.append(frozenset(a.name for a in resting if a.can_step()))
        self.left.append(frozenset(self.m.unserved()))
        self.counts.append([(x.desc.ran, x.desc.nobodys) for x in self.m.lines])

    def _step(self, s: Taken) -> str:
        a = self.by_name.get(s.actor)
        if a is None:
            return f"there is no agent `{s.actor}`"
        doing = a.doing()[0]
        if doing != s.verb:
            return f"{s.actor} would do `{doing}`, not `{s.verb}`"
        self.began.append(a.produces and a.at == IDLE)
        before, bytes_before = self.view.values(), inside(self.m)
        if not a.step():
            return f"{s.actor} cannot do `{s.verb}` now"
        after, bytes_after = self.view.values(), inside(self.m)
        differ = tuple(f"{k} = {v}" for k, v in bytes_after.items() if bytes_before[k] != v)
        self.rows.append(Row(s.number, s.actor, s.verb, s.changes, differ))
        return self._compared(s, before, after)

    def _compared(self, s: Taken, before: dict[str, Value], after: dict[str, Value]) -> str:
        said = dict(s.changes)
        for cell, v in after.items():
            if cell in self.hidden:
                continue
            want = said.get(cell, before.get(cell, v))
            if v != want:
                return f"{cell} is {_word(v)} after it, not {_word(want)}"
        unknown = [c for c in said if c not in after and c not in before and c not in _names(self)]
        return f"there is no cell `{unknown[0]}`" if unknown else ""

    def _end(self) -> str:
        if not self.m.quiet():
            able = [a.name for a in self.m.agents if a.can_step() and not a.produces]
            return f"not everybody rests: {', '.join(able) or 'a device'} can still step"
        left = self.m.unserved()
        if not self.unserved or not set(self.unserved) <= set(left):
            return f"{' and '.join(self.unserved) or 'nothing'} should be left unserved, not {left}"
        return ""

    def _round(self, start: int) -> str:
        if not 0 <= start < len(self.steps) or self.states[start] != self.states[-1]:
            return "the loop does not close"
        inside_of = range(start, len(self.steps))
        acts = {self.steps[n].actor for n in inside_of}
        if self.kind != "unhandled" and any(self.began[start:]):
            return "something new is produced inside of the loop"
        always = frozenset.intersection(*(self.could[n] for n in inside_of))
        if not always <= acts:
            return f"the loop is not fair to {min(always - acts)}"
        served = set(self.unserved) - self.left[-1]
        if served:
            return f"{min(served)} is not left unserved"
        return self._shows([self.steps[n] for n in inside_of], start)

    def _shows(self, some: Sequence[Taken], start: int) -> str:
        """What the loop shows, or why it does not."""
        starved = frozenset.intersection(*self.left[start:])
        match self.kind:
            case "starved":
                return "" if starved & set(self.unserved) else "the loop starves nobody"
            case "storm":
                enters = any(s.verb == self.by_name[s.actor].entry[0] for s in some
                             if self.by_name[s.actor].enters)  # fmt: skip
                return "" if enters else "no handler is entered in the loop"
            case _:
                pairs = zip(self.counts[start], self.counts[-1], strict=True)
                bad = any(n > m and n - m == u - w for (m, w), (n, u) in pairs)
                return "" if bad else "some handler says that an interrupt was for it"


def _names(r: _Replay) -> set[str]:
    return {c.name for c in r.m.system.cells}


def _word(v: Value) -> str:
    return str(int(v))


def inside(m: Machine) -> dict[str, str]:
    """The machine as it is, in words: registers, ring indices, pins and vectors."""
    out: dict[str, str] = {}
    for (register, of), at in m.registers.offsets.items():
        name = f"{register}[{of}]" if of else register
        out[f"{name} at {at:#05x}"] = f"{m.registers.at(register, of).peek():#x}"
    for q, ring in m.rings.items():
        if q in m.active:
            out.update((f"{q} {k}", v) for k, v in ring.words().items())
    for x, line in zip(m.instance.lines, m.lines, strict=True):
        out[x.name] = line.words()
    for q, bit in m.scheduled.items():
        out[f"NAPI bit of {q}"] = str(int(bit))
    out["ConfigGeneration"] = f"{m.window.generation}, read {m.config_read}"
    return out
