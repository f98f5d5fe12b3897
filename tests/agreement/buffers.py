"""Store buffers of the interpreter: of an agent, and under `relaxed` of an agent and a queue.

A place of a buffer is 0, or says for which queue it enables or disables; beside it stands how far
behind the used index the driver was, which grows while the store waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.agreement.designs import Design

Memory = list[int]


def stored(q: int, *, on: bool) -> int:
    """What stands in a place."""
    return 1 + 2 * q + on


class Buffers:
    """The part of the interpreter that has to do with them."""

    d: Design
    active: Sequence[str]
    weak: bool
    by_index: bool
    slots: dict[str, int]
    buffers: dict[str, list[tuple[int, int]]]
    waiting: list[tuple[int, int]]
    """All places of all buffers."""

    def slot(self, name: str, first: int = 0) -> int:
        """A number of the memory, by its name."""
        raise NotImplementedError

    def _can_wait(self, q: int) -> bool:
        return self.weak and self.d.suppression != "none" and str(q) in self.active

    def _buffer(self, agent: str, q: int) -> list[tuple[int, int]]:
        rings = sum(a != "config" for a in self.active) if self.d.memory == "tso" else 1
        name = agent if self.d.memory == "tso" else f"{agent} {q}"
        out = []
        for k in range(max(3, 2 * rings)):
            out.append((self.slot(f"store {name} {k}"), self.slot(f"past {name} {k}")))
        self.buffers[name] = out
        self.waiting += [x for x in out if x not in self.waiting]
        return out

    def _put(self, m: Memory, places: list[tuple[int, int]], q: int, *, on: bool) -> bool:
        """A store into the first free place; False if there is none."""
        for store, past in places:
            if not m[store]:
                m[store] = stored(q, on=on)
                m[past] = m[self.slot(f"unseen.{q}")] if on and self.by_index else 0
                return True
        return False

    def _reveals(self, hidden: int) -> Callable[[Memory], bool]:
        def act(m: Memory) -> bool:
            m[hidden] -= 1
            return m[hidden] >= 0

        return act

    def _oldest(self, places: list[tuple[int, int]]) -> Callable[[Memory], bool]:
        def act(m: Memory) -> bool:
            (store, past), rest = places[0], places[1:]
            if not m[store]:
                return False
            q, on = divmod(m[store] - 1, 2)
            m[self.slots[f"armed.{q}"]] = on
            if self.by_index and on:
                m[self.slots[f"since event.{q}"]] = m[past]
            for (to, to_past), (of, of_past) in zip(places, rest, strict=False):
                m[to], m[to_past] = m[of], m[of_past]
            m[places[-1][0]] = m[places[-1][1]] = 0
            return True

        return act
