"""Schedules, which are bytes: run one, let everybody come to rest, and see what is left.

Each byte picks an agent. After the last one nothing new is produced: all others go on in turn,
which is fair, until nobody can step or a state comes again. So any bytes end in a verdict.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from model.machine.agents import IDLE
from model.machine.machine import Machine
from model.record import dataclass

_WATCHED_FROM = 24
"""Rounds after which states are compared: most machines are at rest long before."""
_MOST_ROUNDS = 100_000


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended: '' (nothing is wrong), `lost`, `starved` or `storm`.

    `taken` are the agents that stepped, where they were recorded, and `loop` the place in it from
    which on they repeat for ever.
    """

    kind: str
    unserved: tuple[str, ...] = ()
    taken: tuple[int, ...] = ()
    loop: int | None = None


class NeverRests(Exception):
    """A machine that neither rests nor repeats."""


def play(m: Machine, schedule: Sequence[int]) -> Ended:
    """The schedule from the start, as fast as it goes."""
    m.reset()
    m.run(schedule)
    return _settle(m, None)


def record(m: Machine, schedule: Sequence[int]) -> Ended:
    """The same, with who stepped."""
    m.reset()
    n = len(m.agents)
    taken = [b % n for b in schedule if m.step(b % n)]
    return _settle(m, taken)


def _settle(m: Machine, taken: list[int] | None) -> Ended:
    agents, producers = m.agents, m.producers
    turns = [(k, a, k in producers) for k, a in enumerate(agents)]
    seen: dict[object, int] = {}
    laps: list[tuple[int, frozenset[str], bool]] = []
    for number in range(_MOST_ROUNDS):
        moved = entered = False
        for k, a, produces in turns:
            if produces and a.at == IDLE:
                continue
            starts = a.enters and a.at == IDLE
            if a.step():
                moved = True
                entered = entered or starts
                if taken is not None:
                    taken.append(k)
        if not moved:
            left = tuple(m.unserved())
            return Ended("lost" if left else "", left, tuple(taken or ()))
        if number >= _WATCHED_FROM:
            state = m.state()
            laps.append((len(taken or ()), frozenset(m.unserved()), entered))
            if state in seen:
                return _round(laps, seen[state], taken)
            seen[state] = len(laps) - 1
    raise NeverRests(f"{_MOST_ROUNDS:,} rounds without rest or repetition")


def _round(
    laps: Sequence[tuple[int, frozenset[str], bool]], first: int, taken: list[int] | None
) -> Ended:
    inside = laps[first + 1 :]
    start = laps[first][0] if taken is not None else None
    starved = frozenset.intersection(laps[first][1], *(left for _, left, _ in inside))
    if any(entered for _, _, entered in inside):
        return Ended("storm", tuple(sorted(laps[-1][1])), tuple(taken or ()), start)
    if starved:
        return Ended("starved", tuple(sorted(starved)), tuple(taken or ()), start)
    return Ended("")


def smallest(schedule: Sequence[int], fails: Callable[[Sequence[int]], bool]) -> list[int]:
    """A schedule that still fails and of which no part can be left out."""
    best = list(schedule)
    size = max(1, len(best) // 2)
    while True:
        at, shorter = 0, False
        while at < len(best):
            tried = best[:at] + best[at + size :]
            if fails(tried):
                best, shorter = tried, True
            else:
                at += size
        if size == 1 and not shorter:
            return best
        size = max(1, size // 2)


def random_schedules(seed: int, longest: int) -> Callable[[], bytes]:
    """Schedules from a seed, one a call."""
    source = random.Random(seed)
    return lambda: source.randbytes(source.randint(1, longest))
