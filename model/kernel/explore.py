"""Breadth-first search over the states of a small system: the oracle for everything symbolic.

Knows only cells and steps. `shortest` finds the shortest run into a bad state; `stuck` a fair run
that goes on for ever although nobody produces anything; `unhandled` one in which every interrupt of
a line is nobody's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from model.expr import Value
from model.kernel.compile import Packed, move, places, predicate, successors
from model.kernel.system import Step, System
from model.record import dataclass


class TooManyStates(Exception):
    """The search went beyond its limit."""


@dataclass(frozen=True, slots=True)
class Run:
    """Steps by their number in the system; `loop`: from this place on they repeat for ever."""

    steps: tuple[int, ...]
    loop: int | None = None


@dataclass(frozen=True, slots=True)
class Explored:
    """All states that can be reached, with how each was first reached."""

    states: dict[Packed, tuple[Packed | None, int]]
    bad: Packed | None

    def run(self, to: Packed) -> tuple[int, ...]:
        """The steps that lead there."""
        out: list[int] = []
        at: Packed = to
        while True:
            before, step = self.states[at]
            if before is None:
                return tuple(reversed(out))
            out.append(step)
            at = before

    def depth(self) -> int:
        """The length of the longest of all shortest runs."""
        depths: dict[Packed, int] = {}
        for s, (before, _) in self.states.items():  # In the order in which they were reached.
            depths[s] = 0 if before is None else depths[before] + 1
        return max(depths.values())


def explore(system: System, most: int = 2_000_000, *, stop: bool = True) -> Explored:
    """All states, or with `stop` those until the first bad one. Raises `TooManyStates`."""
    at = places(system)
    steps = successors(system.steps, at)
    is_bad = predicate(system.bad, at)
    first: Packed = tuple(system.start()[c.name] for c in system.cells)
    seen: dict[Packed, tuple[Packed | None, int]] = {first: (None, -1)}
    found = first if is_bad(first) else None
    todo = deque([first])
    while todo and not (found and stop):
        s = todo.popleft()
        for k, n in steps(s):
            if n in seen:
                continue
            seen[n] = (s, k)
            if found is None and is_bad(n):
                found = n
                if stop:
                    break
            todo.append(n)
        if len(seen) > most:
            raise TooManyStates(f"more than {most:,} states")
    return Explored(seen, found)


def shortest(system: System, most: int = 2_000_000) -> tuple[int, ...] | None:
    """The shortest run into a bad state; None if there is none."""
    found = explore(system, most)
    return None if found.bad is None else found.run(found.bad)


def shortest_served(system: System, reached: Explored) -> str:
    """The source that is served first in some run, with the steps it takes; '' if none ever is."""
    at = places(system)
    works = [(s.name, predicate(s.work, at)) for s in system.sources]
    for s, (before, _) in reached.states.items():
        if before is None:
            continue
        for name, work in works:
            if work(before) and not work(s):
                return f"{name} is served after {len(reached.run(s))} steps"
    return ""


def stuck(system: System, reached: Explored) -> Run | None:
    """A fair run that never ends though nobody produces, and starves a source or runs handlers.

    Fair: an agent that could step all the time does. Such a run goes round in a strongly connected
    part of the states, which every agent that is never idle there takes a step in.
    """
    at = places(system)
    numbers = [k for k, s in enumerate(system.steps) if not s.produces]
    quiet = successors([system.steps[k] for k in numbers], at)
    after = {s: [(numbers[k], n) for k, n in quiet(s)] for s in reached.states}
    work = [predicate(source.work, at) for source in system.sources]
    for part in _components(after):
        if _is_fair(system, part, after) and (
            any(all(w(s) for s in part) for w in work) or _enters(system, part, after)
        ):
            return _lasso(system, reached, part, after, lambda s: s.enters)
    return None


def unhandled(system: System, reached: Explored) -> Run | None:
    """A fair run in which a line fires for ever, and no handler ever says that it was for it.

    The device may go on producing. Linux counts such interrupts, and disables the line after 99,900
    of 100,000 (kernel/irq/spurious.c, note_interrupt()).
    """
    at = places(system)
    steps = successors(system.steps, at)
    for line in dict.fromkeys(s.actor for s in system.steps if s.unhandled):
        here = at[f"{line}.at"]
        after: _After = {
            s: [
                (k, n)
                for k, n in steps(s)
                if not _is_handled(system.steps[k], line, (s[here], n[here]))
            ]
            for s in reached.states
        }
        for part in _components(after):
            inside = (system.steps[k] for s in part for k, n in after[s] if n in part)
            if any(_is_nobodys(s, line) for s in inside) and _is_fair(system, part, after):
                return _lasso(system, reached, part, after, partial(_is_nobodys, line=line))
    return None


def _is_nobodys(step: Step, line: str) -> bool:
    return step.unhandled and step.actor == line


def _is_handled(step: Step, line: str, places: tuple[Value, Value]) -> bool:
    """Whether it ends a run of the line's handlers that handled something."""
    if step.actor != line or step.unhandled or places[1] != 0:
        return False
    return places[0] != 0 or step.enters


_After = dict[Packed, list[tuple[int, Packed]]]


def _enters(system: System, part: set[Packed], after: _After) -> bool:
    return any(system.steps[k].enters and n in part for s in part for k, n in after[s])


def _is_fair(system: System, part: set[Packed], after: _After) -> bool:
    """Whether some run inside passes over nobody who could step all the time.

    A device need not produce, though it always may.
    """
    inside = {system.steps[k].actor for s in part for k, n in after[s] if n in part}
    if not inside:
        return False
    return _always(system, part, after) <= inside


def _always(system: System, part: Iterable[Packed], after: _After) -> set[str]:
    """Who could step in every one of these states."""
    return set.intersection(*(_able(system, after[s]) for s in part))


def _able(system: System, moves: Iterable[tuple[int, Packed]]) -> set[str]:
    return {system.steps[k].actor for k, _ in moves if not system.steps[k].produces}


def _components(after: _After) -> Iterator[set[Packed]]:
    """Strongly connected parts (Tarjan), without recursion."""
    index: dict[Packed, int] = {}
    low: dict[Packed, int] = {}
    on: set[Packed] = set()
    path: list[Packed] = []
    for root in after:
        if root in index:
            continue
        work: list[tuple[Packed, Iterator[tuple[int, Packed]]]] = [(root, iter(after[root]))]
        index[root] = low[root] = len(index)
        path.append(root)
        on.add(root)
        while work:
            s, rest = work[-1]
            for _, n in rest:
                if n not in index:
                    index[n] = low[n] = len(index)
                    path.append(n)
                    on.add(n)
                    work.append((n, iter(after[n])))
                    break
                if n in on:
                    low[s] = min(low[s], index[n])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[s])
                if low[s] == index[s]:
                    part = set()
                    while True:
                        x = path.pop()
                        on.discard(x)
                        part.add(x)
                        if x == s:
                            break
                    yield part


def _lasso(
    system: System,
    reached: Explored,
    part: set[Packed],
    after: _After,
    wanted: Callable[[Step], bool],
) -> Run:
    """The shortest way in, then round past a wanted step, if there is one inside.

    The part as a whole is fair. So that the round is, it takes for each agent a step of it, or
    comes through a state in which it cannot step.
    """
    start = min(part, key=lambda s: len(reached.run(s)))
    stem = reached.run(start)
    actor = [s.actor for s in system.steps]
    inside = {k for s in part for k, n in after[s] if n in part}
    loop: list[tuple[int, Packed]] = []
    at = start
    if any(wanted(system.steps[k]) for k in inside):
        loop += _walk(at, part, after, lambda k, n: wanted(system.steps[k]))
    for a in sorted({s.actor for s in system.steps}):
        at = loop[-1][1] if loop else start
        stepped = a in {actor[k] for k, _ in loop}
        if stepped or a not in _always(system, (start, *(n for _, n in loop)), after):
            continue
        loop += _walk(
            at, part, after, lambda k, n, a=a: actor[k] == a or a not in _able(system, after[n])
        )
    at = loop[-1][1] if loop else start
    if at != start or not loop:
        loop += _walk(at, part, after, lambda k, n: n == start)
    return Run((*stem, *(k for k, _ in loop)), len(stem))


def _walk(at: Packed, part: set[Packed], after: _After, wanted: object) -> list[tuple[int, Packed]]:
    """The shortest way inside of `part` whose last step is wanted: each step and where it leads."""
    seen: dict[Packed, tuple[Packed, int]] = {}
    todo = deque([at])
    while todo:
        s = todo.popleft()
        for k, n in after[s]:
            if n not in part:
                continue
            if wanted(k, n):  # type: ignore[operator]
                return [*_back(at, s, seen), (k, n)]
            if n not in seen and n != at:
                seen[n] = (s, k)
                todo.append(n)
    raise AssertionError("a strongly connected part has a way")


def _back(
    start: Packed, to: Packed, seen: dict[Packed, tuple[Packed, int]]
) -> Iterable[tuple[int, Packed]]:
    out: list[tuple[int, Packed]] = []
    while to != start:
        before, k = seen[to]
        out.append((k, to))
        to = before
    return reversed(out)


def replay(system: System, steps: Sequence[int]) -> list[dict[str, Value]]:
    """The states of a run, the first one included. Raises `ValueError` where a step cannot be."""
    at = places(system)
    names = [c.name for c in system.cells]
    state: Packed = tuple(system.start()[n] for n in names)
    out = [dict(zip(names, state, strict=True))]
    for k in steps:
        after = move(system.steps[k], at)(state)
        if after is None:
            raise ValueError(f"step {k} ({system.steps[k].name}) cannot be taken")
        state = after
        out.append(dict(zip(names, state, strict=True)))
    return out
