"""Schedules, which are bytes: run one, let everybody come to rest, and see what is left.

Each byte picks an agent. After the last one nothing new is produced: all others go on in turn,
which is fair, until nobody can step or a state comes again. So any bytes end in a verdict.

Where handlers may say that an interrupt was for none of them, a schedule after which a line had no
others is run a second time: if that leads back to where it began, it can go on for ever, and Linux
disables the line (kernel/irq/spurious.c). All have come to rest in between, so it is fair.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from model.expr import Value
from model.machine.agents import IDLE
from model.machine.machine import Machine
from model.machine.view import View
from model.record import dataclass

_WATCHED_FROM = 24
"""Rounds after which states are compared: most machines are at rest long before. Of a run that is
recorded they are compared from the first on, so that what repeats is there once."""
_MOST_ROUNDS = 100_000
LONGEST, _PICKS = 96, 8
"""Bytes of a schedule, and how often each agent is picked in the longest, on average."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended: '' (nothing is wrong), `lost`, `starved`, `storm` or `unhandled`.

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
    """The schedule from the start, as fast as it goes: in C, where that says enough.

    The machine is then as the last run in Python left it.
    """
    if isinstance(schedule, bytes) and m.bulk is not None and m.bulk.ends_well(schedule):
        return Ended("")
    m.reset()
    return _ended(m, schedule, None)


def record(m: Machine, schedule: Sequence[int]) -> Ended:
    """The same, with who stepped."""
    m.reset()
    return _ended(m, schedule, [])


def _ended(m: Machine, schedule: Sequence[int], taken: list[int] | None) -> Ended:
    """How the schedule ends; where it ends well, how it does when it is done again and again."""
    before = _view(m) if taken is not None and m.declining else {}
    ended = _once(m, schedule, taken)
    if ended.kind or not m.declining or not _nobodys(m, [(0, 0)] * len(m.lines)):
        return ended
    rests, counts, first = _view(m), _counts(m), len(taken or ())
    if rests == before:  # From the start on, and everybody has come to rest meanwhile.
        return replace(ended, kind="unhandled", loop=0)
    again = _once(m, schedule, taken)
    if again.kind or _view(m) != rests or not _nobodys(m, counts):
        return ended
    return replace(again, kind="unhandled", loop=first)


def _once(m: Machine, schedule: Sequence[int], taken: list[int] | None) -> Ended:
    if taken is None:
        m.run(schedule)
    else:
        n = len(m.agents)
        taken += [b % n for b in schedule if m.step(b % n)]
    return _settle(m, taken)


def _view(m: Machine) -> dict[str, Value]:
    """What the state comes to: indices of rings go on where something new is produced."""
    return View(m).values()


def _counts(m: Machine) -> list[tuple[int, int]]:
    return [(x.desc.ran, x.desc.nobodys) for x in m.lines]


def _nobodys(m: Machine, since: Sequence[tuple[int, int]]) -> bool:
    """Whether a line has fired since, and no handler ever said that it was for it."""
    pairs = list(zip(since, _counts(m), strict=True))
    return any(
        now > was and now - was == declined - before
        for (was, before), (now, declined) in (pairs[k] for k in m.declining)
    )


def _settle(m: Machine, taken: list[int] | None) -> Ended:
    agents, producers = m.agents, m.producers
    turns = [(k, a, k in producers) for k, a in enumerate(agents)]
    seen: dict[object, int] = {}
    laps: list[tuple[int, frozenset[str], bool]] = []
    watched_from = _WATCHED_FROM if taken is None else 0
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
        if number >= watched_from:
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


def longest(m: Machine) -> int:
    """Bytes of the longest schedule drawn by a generator: with many agents each is picked less."""
    return max(LONGEST, _PICKS * len(m.agents))


def random_schedules(seed: int, longest: int) -> Callable[[], bytes]:
    """Schedules from a seed, one a call."""
    source = random.Random(seed)
    return lambda: source.randbytes(source.randint(1, longest))
