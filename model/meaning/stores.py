"""Store buffers: what a driver has stored about notifications and others cannot see yet.

A store of `enable` or `disable` waits in a buffer of the agent that made it, and reaches memory in
a step of its own, after those before it: with `tso` after all of them, with `relaxed` after those
to the same ring. There may be any number of them. In an instance a buffer has room for a few and
the next store waits, as for a CPU whose buffer is full; so what is lost there can be lost.

A proof is about buffers of any size. There the newest store is kept as it is, and of those before
it only which kinds there are: each may become visible at any time, any number of times, with any
index. That has every order in which a buffer can empty, and more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from model.expr import FALSE, TRUE, Expr, Lit, Var, conj, disj, ite, negate
from model.meaning.cells import Cells
from model.meaning.graph import Writes
from model.meaning.world import QueueHere
from model.record import dataclass

_ROOM = 3
"""Stores that a buffer of an instance holds, or two for each ring where there are more rings."""


@dataclass(frozen=True, slots=True)
class Did:
    """What a primitive does, when it may."""

    writes: Writes
    guard: Expr = TRUE


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that may become visible: of which buffer, in words, and what it does."""

    agent: str
    queue: str
    words: str
    did: Did


class Wishes(Protocol):
    """The rings that stores go to (queues.py)."""

    @property
    def by_index(self) -> bool:
        """Whether a wish is about an index."""

    @property
    def exact(self) -> bool:
        """Whether everything is there, as in an instance."""

    @property
    def cap(self) -> int:
        """The largest distance that is told apart."""

    def asked(self, q: QueueHere, on: Expr, past: Expr, when: Expr = TRUE) -> Writes:
        """Under a condition, what stands in memory of the driver's wish becomes this."""

    def behind(self, q: QueueHere) -> Expr:
        """How far behind the used index the driver is."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place of a buffer: for which ring it enables or disables, and the distance to its index."""

    enables: Mapping[QueueHere, Var]
    disables: Mapping[QueueHere, Var]
    past: Var

    @property
    def full(self) -> Expr:
        """A store is in it."""
        return disj(*self.enables.values(), *self.disables.values())


class Stores:
    """The buffers of all agents. `ordered`: one for each agent; else one for each of its rings."""

    def __init__(self, cells: Cells, wishes: Wishes, *, ordered: bool) -> None:
        self.cells, self.wishes, self.ordered = cells, wishes, ordered
        self.of: dict[str, list[QueueHere]] = {}
        """Agents, and the queues whose stores may wait."""

    def room(self, agent: str) -> int:
        """How many stores a buffer of the agent holds, in an instance."""
        rings = len(self.of.get(agent, ())) if self.ordered else 1
        return max(_ROOM, 2 * rings)

    def _buffers(self, agent: str) -> list[list[QueueHere]]:
        queues = self.of.get(agent, [])
        return [queues] if self.ordered and queues else [[q] for q in queues]

    def _slots(self, agent: str, queues: Sequence[QueueHere]) -> list[_Slot]:
        at = f"{agent}.store" if self.ordered else f"{agent}.store to {queues[0].name}"
        return [
            _Slot(
                {q: self.cells.flag(f"{at} {k}, enables {q.name}") for q in queues},
                {q: self.cells.flag(f"{at} {k}, disables {q.name}") for q in queues},
                self.cells.count(f"{at} {k}, used since", self.wishes.cap),
            )
            for k in range(1, self.room(agent) + 1)
        ]

    def _newest(self, agent: str, q: QueueHere) -> _Slot:
        at = f"{agent}.store to {q.name}"
        return _Slot(
            {q: self.cells.flag(f"{at}, enables")},
            {q: self.cells.flag(f"{at}, disables")},
            self.cells.count(f"{at}, used since", self.wishes.cap),
        )

    def _older(self, agent: str, q: QueueHere) -> tuple[Var, Var]:
        at = f"{agent}.store to {q.name}"
        return self.cells.flag(f"{at}, enabled before"), self.cells.flag(f"{at}, disabled before")

    def put(self, q: QueueHere, agent: str, *, on: bool) -> Did:
        """A store of the agent."""
        if self.of and agent not in self.of:
            raise AssertionError(f"the buffers do not know {agent}")
        if q not in self.of.get(agent, []):
            return Did({})  # It never produces: nobody asks whether it would notify.
        return self._put_exactly(q, agent, on) if self.wishes.exact else self._put(q, agent, on)

    def _put_exactly(self, q: QueueHere, agent: str, on: bool) -> Did:
        queues = next(some for some in self._buffers(agent) if q in some)
        slots = self._slots(agent, queues)
        writes: Writes = {}
        before: Expr = TRUE
        for x in slots:
            here = conj(before, negate(x.full))
            cell = (x.enables if on else x.disables)[q]
            writes[cell.name] = disj(cell, here)
            if on and self.wishes.by_index:
                writes[x.past.name] = ite(here, self.wishes.behind(q), x.past)
            before = x.full
        return Did(writes, negate(slots[-1].full))

    def _put(self, q: QueueHere, agent: str, on: bool) -> Did:
        x, older = self._newest(agent, q), self._older(agent, q)
        enables, disables = x.enables[q], x.disables[q]
        writes: Writes = {enables.name: Lit(on), disables.name: Lit(not on)}
        for was, before in zip((enables, disables), older, strict=True):
            writes[before.name] = disj(before, was)
        if on and self.wishes.by_index:
            writes[x.past.name] = self.wishes.behind(q)
        return Did(writes)

    def visible(self, agent: str) -> Expr:
        """All that the agent has stored is visible to others."""
        if not self.wishes.exact:
            every = (self._newest(agent, q).full for q in self.of.get(agent, []))
        else:
            every = (self._slots(agent, some)[0].full for some in self._buffers(agent))
        return conj(*(negate(e) for e in every))

    def events(self, q: QueueHere) -> Iterator[tuple[Var, Expr]]:
        """Distances that grow with each entry, and whether one is of this ring now."""
        for agent, queues in self.of.items():
            if q not in queues:
                continue
            if not self.wishes.exact:
                yield self._newest(agent, q).past, TRUE
                continue
            some = next(b for b in self._buffers(agent) if q in b)
            for x in self._slots(agent, some):
                yield x.past, x.enables[q]

    def arrivals(self) -> Iterator[Arrival]:
        """All that may become visible."""
        for agent, queues in self.of.items():
            if not self.wishes.exact:
                for q in queues:
                    yield from self._arrive(agent, q)
                continue
            for some in self._buffers(agent):
                name = "" if self.ordered else some[0].name
                words = f"the next store of {agent}" if self.ordered else f"suppression of {name}"
                yield Arrival(agent, name, words, self._next(agent, some))

    def _next(self, agent: str, queues: Sequence[QueueHere]) -> Did:
        """The first of a buffer arrives, and the others move up."""
        slots = self._slots(agent, queues)
        first = slots[0]
        writes: Writes = {}
        for q in queues:
            when = disj(first.enables[q], first.disables[q])
            writes |= self.wishes.asked(q, first.enables[q], first.past, when)
        for x, after in zip(slots, [*slots[1:], None], strict=True):
            for q in queues:
                writes[x.enables[q].name] = after.enables[q] if after else FALSE
                writes[x.disables[q].name] = after.disables[q] if after else FALSE
            if self.wishes.by_index:
                writes[x.past.name] = after.past if after else Lit(0)
        return Did(writes, first.full)

    def _arrive(self, agent: str, q: QueueHere) -> Iterator[Arrival]:
        x, older = self._newest(agent, q), self._older(agent, q)
        enables, disables = x.enables[q], x.disables[q]
        all_gone: Writes = {c.name: FALSE for c in (enables, disables, *older)}
        newest = {**self.wishes.asked(q, enables, x.past), **all_gone}
        yield Arrival(agent, q.name, f"suppression of {q.name}", Did(newest, x.full))
        past: Expr = Lit(0)
        for k in range(1, self.wishes.cap + 1) if self.wishes.by_index else ():
            past = ite(self.cells.choice(), Lit(k), past)
        for before, on in zip(older, (TRUE, FALSE), strict=True):
            left: Writes = {before.name: self.cells.choice()}
            words = f"an earlier {'enable' if on == TRUE else 'disable'} of {q.name}"
            did = Did({**self.wishes.asked(q, on, past), **left}, before)
            yield Arrival(agent, f"{q.name}, {words.split()[2]}", words, did)
