"""Runs by chance of what is too large to be visited whole, on the machine, and how they are told.

A search says what it has visited; what it passed over is played some thousand times all the same.
The schedules come from a seed, so that each run finds the same. What is found is made small by
leaving steps out: it is a run that happens, and not surely the shortest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from checker.engines.run_question import Tried
from checker.verdict.trace import Trace, TraceStep, subject_of
from model.design.design import Design
from model.expr import Undefined
from model.machine.lockstep import found
from model.machine.machine import Machine
from model.machine.schedule import (
    Ended,
    NeverRests,
    longest,
    play,
    random_schedules,
    record,
    smallest,
)
from model.machine.view import View
from model.meaning.programs import Unsupported

RUNS, LOOKS = 6_000, 200
"""Runs of a machine, and how many of them are looked at closer: that is a hundred times slower."""
_SEED = 1
BY_CHANCE = "found by chance, a shorter run may show it, too"


def by_chance(design: Design, tried: Tried) -> Trace | None:
    """The first run that fails, made small; None if none of them does."""
    try:
        m = Machine(design, tried.setting, frozenset(tried.active))
    except (Undefined, Unsupported):
        return None
    draw, looks = random_schedules(_SEED, longest(m)), 0
    for _ in range(RUNS):
        schedule = draw()
        if m.bulk is not None and m.bulk.ends_well(schedule):
            continue
        looks += 1
        try:
            if play(m, schedule).kind:
                words = f"{tried.words} ({BY_CHANCE})"
                return told(design, m, replace(tried, words=words), schedule)
        except NeverRests:
            return None
        if looks == LOOKS:
            break
    return None


def gets_through(design: Design, tried: Tried) -> str:
    """What is served in some run, with the steps it takes; '' if no run shows it."""
    try:
        m = Machine(design, tried.setting, frozenset(tried.active))
    except (Undefined, Unsupported):
        return ""
    draw = random_schedules(_SEED, longest(m))
    for _ in range(LOOKS):
        m.reset()
        left, taken = m.unserved(), 0
        for b in draw():
            taken += m.step(b % len(m.agents))
            before, left = left, m.unserved()
            served = next((name for name in before if name not in left), "")
            if served:
                return f"{served} is served after {taken} steps"
    return ""


def told(design: Design, m: Machine, tried: Tried, schedule: Sequence[int]) -> Trace:
    """A schedule that fails, without any superfluous step, as a search tells it."""
    kind = record(m, schedule).kind

    def fails(some: Sequence[int]) -> bool:
        return record(m, some).kind == kind

    ended = record(m, smallest(schedule, fails))
    of = subject_of(design, tried.setting, tried.active)
    return replace(trace_of(m, ended, tried.words), of=of)


def trace_of(m: Machine, ended: Ended, words: str) -> Trace:
    """The steps with what each changes in the machine's view."""
    view = View(m)
    hidden = {c.name for c in m.system.cells if c.private}
    m.reset()
    start = {k: v for k, v in view.values().items() if k not in hidden}
    before, steps = start, []
    seen = found(m, [m.agents[k].name for k in ended.taken])
    seen += [()] * (len(ended.taken) - len(seen))
    m.reset()
    for n, k in enumerate(ended.taken, 1):
        a = m.agents[k]
        verb, origin = a.doing()
        m.step(k)
        after = {c: v for c, v in view.values().items() if c not in hidden}
        changes = tuple((c, v) for c, v in after.items() if c in before and before[c] != v)
        steps.append(TraceStep(n, a.name, verb, origin, changes, seen[n - 1]))
        before = {**before, **after}
    loop = None if ended.loop is None else ended.loop + 1
    agents = tuple(a.name for a in m.agents)
    return Trace(ended.kind, words, ended.unserved, tuple(steps), loop, start, agents)
