"""All states of an instance as the interpreter has them, and the fair cycles among them.

Written from what a violation is (checker/properties/no_lost_notifications.py), not from how the
checker looks for one. A run is fair if nobody is passed over for ever who could step all the time;
a device that has something new to say is never obliged to say it. So a fair run that never ends
settles in a set of states between which it can go round, and each agent either steps among them or
is unable to in one of them at least. The largest such sets are enough: what is missing in one that
is not fair is missing in all parts of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.agreement.designs import Design
from tests.agreement.oracle import Machine, TooMany

Packed = tuple[int, ...]


@dataclass(frozen=True)
class Move:
    """An agent's step from one state to another, both by number."""

    agent: int
    start: int
    end: int
    produces: bool
    enters: bool
    leaves: bool = False
    """The handlers of a line, all of which may say `none`, have run."""
    handled: bool = False
    """At least one of them said that the interrupt was for it."""


@dataclass
class Graph:
    machine: Machine
    states: list[Packed] = field(default_factory=list)
    moves: list[list[Move]] = field(default_factory=list)
    """Of each state, those that lead on."""
    depths: list[int] = field(default_factory=lambda: [0])
    """Of each state, the steps of a shortest run to it."""

    def able(self, state: int) -> set[int]:
        """Who could step, other than to produce."""
        return {x.agent for x in self.moves[state] if not x.produces}

    def rests(self, state: int) -> bool:
        return not self.able(state)


def graph(d: Design, queues: int, lines: int, active: Sequence[str], most: int) -> Graph:
    """All states that can be reached. Raises `TooMany`."""
    machine = Machine(d, queues, lines, active)
    first = tuple(machine.first)
    out = Graph(machine, [first])
    numbers = {first: 0}
    for m in out.states:
        moves = []
        for k, a in enumerate(machine.agents):
            n = machine.step(m, a)
            if n is None:
                continue
            if n not in numbers:
                numbers[n] = len(out.states)
                out.states.append(n)
                out.depths.append(out.depths[numbers[m]] + 1)
                if len(out.states) > most:
                    raise TooMany(f"more than {most} states")
            idle = m[a.place] == 0
            told = machine.outcome(m, a)
            moves.append(
                Move(k, numbers[m], numbers[n], idle and a.produces, idle and a.enters,
                     told is not None, bool(told))
            )  # fmt: skip
        out.moves.append(moves)
    assert len(first) == len(machine.first), "a place in memory came up while the search went on"
    return out


@dataclass(frozen=True)
class Wrong:
    """What a run does that must not be, and to whom; `steps` to where it is seen."""

    kind: str
    who: str
    steps: int = 0


def wrongs(g: Graph) -> dict[str, Wrong]:
    """All that can go wrong in the instance, one of each kind."""
    out = {}
    for found in (_lost(g), _starved(g), _storm(g), _unhandled(g)):
        if found is not None:
            out[found.kind] = found
    return out


def serves(g: Graph) -> bool:
    """Whether some source's work is seen in some run."""
    before = [set(g.machine.unseen(m)) for m in g.states]
    return any(before[x.start] - before[x.end] for some in g.moves for x in some)


def _lost(g: Graph) -> Wrong | None:
    for k, m in enumerate(g.states):
        if g.rests(k) and g.machine.is_lost(m):
            return Wrong("lost", ", ".join(g.machine.unseen(m)), g.depths[k])
    return None


def _starved(g: Graph) -> Wrong | None:
    """From some point on nothing is produced, somebody is busy, and a source is never served."""
    for name in g.machine.active:
        waits = {k for k, m in enumerate(g.states) if name in g.machine.unseen(m)}
        for part in _fair(g, waits, lambda x: not x.produces):
            return Wrong("starved", name, len(part))
    return None


def _storm(g: Graph) -> Wrong | None:
    """From some point on nothing is produced, and handlers are entered for ever."""
    for part in _fair(g, range(len(g.states)), lambda x: not x.produces):
        for x in _between(g, part, lambda x: x.enters and not x.produces):
            return Wrong("storm", g.machine.agents[x.agent].name, len(part))
    return None


def _unhandled(g: Graph) -> Wrong | None:
    """A line's interrupts are nobody's for ever; the device may go on producing."""
    for k, a in enumerate(g.machine.agents):
        if a.handled is None:
            continue

        def of(x: Move, k: int = k) -> bool:
            return x.agent == k and x.leaves

        def allowed(x: Move, of: Callable[[Move], bool] = of) -> bool:
            return not (of(x) and x.handled)

        for part in _fair(g, range(len(g.states)), allowed):
            if any(_between(g, part, lambda x, of=of: of(x) and not x.handled)):  # type: ignore[misc]
                return Wrong("unhandled", a.name, len(part))
    return None


def _between(g: Graph, part: Iterable[int], wanted: Callable[[Move], bool]) -> Iterable[Move]:
    inside = set(part)
    return (x for k in inside for x in g.moves[k] if x.end in inside and wanted(x))


def _fair(g: Graph, among: Iterable[int], wanted: Callable[[Move], bool]) -> Iterable[set[int]]:
    """The largest sets of these states in which some fair run goes round by wanted moves."""
    for part in _circles(g, set(among), wanted):
        acts = {x.agent for x in _between(g, part, wanted)}
        if acts and set.intersection(*(g.able(k) for k in part)) <= acts:
            yield part


def _circles(g: Graph, among: set[int], wanted: Callable[[Move], bool]) -> Iterable[set[int]]:
    """States each of which can be reached from the others (Kosaraju: twice depth first)."""
    after: dict[int, list[int]] = {k: [] for k in among}
    before: dict[int, list[int]] = {k: [] for k in among}
    for k in among:
        for x in g.moves[k]:
            if x.end in among and wanted(x):
                after[k].append(x.end)
                before[x.end].append(k)
    seen: set[int] = set()
    for root in reversed(_finished(after)):
        if root in seen:
            continue
        part = {root}
        todo = deque([root])
        while todo:
            for n in before[todo.popleft()]:
                if n not in seen and n not in part:
                    part.add(n)
                    todo.append(n)
        seen |= part
        yield part


def _finished(after: dict[int, list[int]]) -> list[int]:
    """The states in the order in which a depth-first walk is done with them."""
    seen: set[int] = set()
    out: list[int] = []
    for root in after:
        if root in seen:
            continue
        seen.add(root)
        walk = [(root, iter(after[root]))]
        while walk:
            k, rest = walk[-1]
            n = next((n for n in rest if n not in seen), None)
            if n is None:
                out.append(k)
                walk.pop()
            else:
                seen.add(n)
                walk.append((n, iter(after[n])))
    return out
