"""Whether everything comes to rest once nothing new is produced, for any number of agents.

A run that never ends, in which the device produces nothing, would have some agent step for ever.
The argument that there is none goes in two strides, over the world of one source (focus.py):

1. Shared cells that handlers and services only ever take down (a bit that is only cleared, entries
   that are only drained) change finitely often. From some point on they do not change at all; a
   step that would change one cannot be taken any more.
2. In that frozen world an agent is looked at alone. What others may still change is arbitrary
   whenever it is read; what is frozen has one value, whichever. If the agent has no cycle then, it
   takes finitely many steps.

Handlers are looked at first, then services without handlers, or the other way round: who rests is
left out of what others may do. Every handler and every service is a source's own in some case, so
that all of them rest in the end, if it is the same way round in all cases: else a handler of one
could wait for the services of another to rest, and these for it. `rests` says which ways there are,
or the first agent of which it cannot be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import product

from model.expr import (
    FALSE,
    And,
    Eq,
    Expr,
    Ite,
    Less,
    Lit,
    Not,
    Or,
    Tally,
    Value,
    Var,
    children,
    free,
    substitute,
    value,
    walk,
)
from model.kernel.system import Cell, Step, System
from model.record import dataclass

_MOST_READ = 12
_NUMBERS = (0, 1, 2)
"""Stand for all values of a counter without a cap, which is compared with nothing but 0."""
_ANY_NUMBERS = (-2, -1, *_NUMBERS)
"""The same of a number that may be negative: what is arbitrary, or what a program computes."""
_CAP = 8
"""Counters with a cap up to this have all their values tried."""
State = tuple[Value, ...]


class _Unclear(Exception):
    """It cannot be said, and why."""


GROUPS = ("handler", "service")


@dataclass(frozen=True, slots=True)
class Rests:
    """Which of the groups may be looked at first; `why` there is none."""

    firsts: frozenset[str]
    why: str = ""


def rests(system: System, own: AbstractSet[str]) -> Rests:
    """Whether all agents of the source rest in the end.

    `own` are the agents of the source; all others are peers, which are sources' own elsewhere and
    need only end each of their runs here.
    """
    for a in _agents(system):
        if _group(a) == "device" and _loops(system, a):
            return Rests(frozenset(), f"{a}: its signal program has a loop")
    reasons = {g: _group_rests(system, own, GROUPS, g) for g in GROUPS}
    resting = frozenset(g for g in GROUPS if not reasons[g])
    if not resting:
        return Rests(frozenset(), next(iter(reasons.values())))
    for g in GROUPS:
        if g not in resting and (why := _group_rests(system, own, (g,), g)):
            return Rests(frozenset(), why)
    return Rests(resting)


def _agents(system: System) -> list[str]:
    return list(dict.fromkeys(s.actor for s in system.steps))


def _group(agent: str) -> str:
    name = agent.removeprefix("peer ")
    if name.startswith(("handler", "service", "memory")):
        return name.split()[0]
    return "device"


def _loops(system: System, agent: str) -> bool:
    """A cycle of program places that does not pass through rest."""
    at = f"{agent}.at"
    after: dict[int, set[int]] = {}
    for s in system.steps:
        if s.actor == agent:
            ends = {k for n, e in s.writes if n == at for k in _ends(e)}
            after.setdefault(_place(s, at), set()).update(ends or {_place(s, at)})
    return any(_reaches(after, k, k) for k in after if k != 0)


def _ends(e: Expr) -> Iterator[int]:
    """Where a step may lead: the leaves of its choice of a place."""
    match e:
        case Ite(_, a, b):
            yield from _ends(a)
            yield from _ends(b)
        case Lit(v):
            yield int(v)
        case _:
            raise TypeError(e)


def _place(s: Step, at: str) -> int:
    for x in walk(s.guard):
        if isinstance(x, Eq) and isinstance(x.left, Var) and x.left.name == at:
            return int(value(x.right, {}))
    return 0


def _reaches(after: Mapping[int, set[int]], start: int, end: int) -> bool:
    seen: set[int] = set()
    todo = list(after[start])
    while todo:
        k = todo.pop()
        if k == end:
            return True
        if k and k not in seen:
            seen.add(k)
            todo.extend(after.get(k, ()))
    return False


def _group_rests(system: System, own: AbstractSet[str], left: Sequence[str], group: str) -> str:
    """Why an agent of the group may never rest while agents of `left` still step."""
    # What the device has stored becomes visible, and that is that: it stores nothing more.
    moving = [
        s
        for s in system.steps
        if _group(s.actor) in (*left, "memory") and not s.actor.startswith("memory of device")
    ]
    try:
        frozen = _decaying(system, moving)
        for agent in _agents(system):
            if _group(agent) == group and _cycles(system, moving, frozen, agent, agent in own):
                return f"{agent} may go on for ever"
    except _Unclear as e:
        return str(e)
    return ""


def _decaying(system: System, moving: Sequence[Step]) -> frozenset[str]:
    """Cells that these steps only take down, apart from places and locals of the agents."""
    private = tuple(f"{a}." for a in _agents(system))
    sorts = {c.name: c for c in system.cells}
    out = set()
    for c in system.cells:
        if c.name.startswith(private):
            continue
        writes = [e for s in moving for n, e in s.writes if n == c.name]
        if all(_takes_down(c, e, sorts) for e in writes):
            out.add(c.name)
    return frozenset(out)


def _takes_down(c: Cell, e: Expr, sorts: Mapping[str, Cell]) -> bool:
    variables = {x.name: x for x in walk(e) if isinstance(x, Var)}
    variables.setdefault(c.name, c.var)
    if len(variables) > _MOST_READ or not _only_zero(e, sorts):
        return False
    for env in _assignments(variables.values(), sorts):
        new, old = value(e, env), env[c.name]
        if (new and not old) if c.is_bool else not 0 <= new <= old:
            return False
    return True


def _keeps(c: Cell, e: Expr, sorts: Mapping[str, Cell]) -> bool:
    """Whether the cell has its old value after it, whatever is read."""
    variables = {x.name: x for x in walk(e) if isinstance(x, Var)}
    if not c.is_bool or c.name not in variables or len(variables) > _MOST_READ:
        return False
    if not _only_zero(e, sorts):
        return False
    return all(value(e, env) == env[c.name] for env in _assignments(variables.values(), sorts))


def _range(v: Var, sorts: Mapping[str, Cell]) -> tuple[Value, ...]:
    if v.is_bool:
        return (False, True)
    c = sorts.get(v.name)
    if c is None or c.initial is None or c.lo is None:
        return _ANY_NUMBERS
    return tuple(range((c.hi or 0) + 1)) if _is_capped(c) else _NUMBERS


def _is_capped(c: Cell) -> bool:
    return c.lo == 0 and c.hi is not None and c.hi <= _CAP


def _assignments(variables: Iterable[Var], sorts: Mapping[str, Cell]) -> Iterator[dict[str, Value]]:
    every = list(variables)
    ranges = [_range(v, sorts) for v in every]
    for values in product(*ranges):
        yield dict(zip((v.name for v in every), values, strict=True))


def _only_zero(e: Expr, sorts: Mapping[str, Cell]) -> bool:
    """Counters without a cap are compared with 0 alone: then a few values stand for all."""
    for x in walk(e):
        if isinstance(x, Tally):  # It has a value only for a known device.
            return False
        if not isinstance(x, Eq | Less):
            continue
        wide = [v for v in walk(x) if isinstance(v, Var) and _is_wide(v, sorts)]
        if wide and not (len(wide) == 1 and Lit(0) in children(x)):
            return False
    return True


def _is_wide(v: Var, sorts: Mapping[str, Cell]) -> bool:
    return not v.is_bool and not (v.name in sorts and _is_capped(sorts[v.name]))


def _cycles(
    system: System,
    moving: Sequence[Step],
    frozen: AbstractSet[str],
    agent: str,
    enters: bool,
) -> bool:
    """Whether the agent, alone in the frozen world, can go round; `enters`: from rest again too."""
    steps = [s for s in moving if s.actor == agent]
    mine = _mine(system, moving, steps, agent)  # Without its place, if it does all in one step.
    sorts = {c.name: c for c in system.cells}
    # Of the frozen ones the few values that are tried stand for all: it takes none of them down.
    drained = [n for n in mine if n in frozen and _is_wide(sorts[n].var, sorts)]
    mine = [n for n in mine if n not in drained]
    rigid = [n for n in frozen if any(_reads(s, n) for s in steps) and n not in mine]
    _check_numbers(steps, agent, mine, sorts)
    if len(rigid) > _MOST_READ:
        raise _Unclear(f"{agent} reads too much to be looked at alone")
    loose = [s for s in steps if enters or _place(s, f"{agent}.at") != 0]
    starts = _reachable(steps, mine, sorts)
    world = _Alone(loose, mine, sorts, rigid)
    for env in _assignments((sorts[n].var for n in rigid), sorts):
        after = {s: list(world.after(s, env)) for s in starts}
        if _has_cycle(after):
            return True
    return False


def _mine(system: System, moving: Sequence[Step], steps: Sequence[Step], agent: str) -> list[str]:
    """Cells that only this agent writes while these steps are taken, and that it reads."""
    sorts = {c.name: c for c in system.cells}
    others = {
        n
        for s in moving
        if s.actor != agent
        for n, e in s.writes
        if n in sorts and not _keeps(sorts[n], e, sorts)
    }
    written = {n for s in steps for n, _ in s.writes}
    read = {n for s in steps for n in _all_read(s)}
    names = [c.name for c in system.cells]
    return [n for n in names if n in written and n in read and n not in others]


def _all_read(s: Step) -> frozenset[str]:
    return free(s.guard).union(*(free(e) for _, e in s.writes))


def _reads(s: Step, name: str) -> bool:
    return name in _all_read(s) or any(n == name for n, _ in s.writes)


def _check_numbers(
    steps: Sequence[Step],
    agent: str,
    mine: Sequence[str],
    sorts: Mapping[str, Cell],
) -> None:
    """That a few values stand for all, where not all values of a number are tried.

    So they do if such numbers are compared with 0 alone, and nothing is computed of them. What is
    written to other cells is no matter: a step that changes a frozen one is not taken.
    """
    exact = {n for n in mine if n.startswith(f"{agent}.") and sorts[n].initial is not None}

    def is_some(v: Expr) -> bool:
        if not isinstance(v, Var) or v.name == f"{agent}.at":
            return False
        return v.name not in exact and _is_wide(v, sorts)

    kept = [(n, e) for s in steps for n, e in s.writes if n in mine]
    while more := {n for n, e in kept if n in exact and any(map(is_some, walk(e)))}:
        exact -= more
    for e in [e for _, e in kept] + [s.guard for s in steps]:
        for x in walk(e):
            if isinstance(x, Tally) or (
                not isinstance(x, Var | Lit | Ite | Not | And | Or)
                and any(map(is_some, walk(x)))
                and not (isinstance(x, Eq | Less) and _is_with_zero(x))
            ):
                raise _Unclear(f"{agent} may go on for ever: it computes with numbers")


def _is_with_zero(x: Eq | Less) -> bool:
    """A comparison of a variable, or of one of two, with 0."""
    sides = [list(_leaves(side)) for side in (x.left, x.right)]
    return [Lit(0)] in sides and all(isinstance(v, Var | Lit) for side in sides for v in side)


def _leaves(e: Expr) -> Iterator[Expr]:
    if isinstance(e, Ite):
        yield from _leaves(e.then)
        yield from _leaves(e.other)
    else:
        yield e


def _reachable(steps: Sequence[Step], mine: Sequence[str], sorts: Mapping[str, Cell]) -> set[State]:
    """States of the agent's own that it may be in, whatever it reads."""
    firsts: list[tuple[Value, ...]] = []
    for n in mine:
        c = sorts[n]
        private = any(n.startswith(f"{s.actor}.") for s in steps)
        firsts.append((c.initial,) if private and c.initial is not None else _range(c.var, sorts))
    seen: set[State] = set(product(*firsts))
    todo = list(seen)
    world = _Alone(steps, mine, sorts, ())
    while todo:
        s = todo.pop()
        for end in world.after(s, {}):
            if end not in seen:
                seen.add(end)
                todo.append(end)
                if len(seen) > 50_000:
                    raise _Unclear("too many states of one agent")
    return seen


_Change = tuple[tuple[str, Value], ...]
"""New values of cells."""


class _Alone:
    """An agent by itself: its own cells, cells that are `rigid`, and all else arbitrary.

    What a step does is worked out once for all values that it reads.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        mine: Sequence[str],
        sorts: Mapping[str, Cell],
        rigid: Sequence[str],
    ) -> None:
        self.mine = mine
        self.sorts = sorts
        self.rigid = rigid
        known = {*mine, *rigid}
        self.steps = []
        for s in steps:
            kept = [(n, e) for n, e in s.writes if n in known]
            read = free(s.guard).union(*(free(e) for _, e in kept), (n for n, _ in kept))
            self.steps.append((s, kept, sorted(known & read)))
        self.done: dict[tuple[int, State], tuple[_Change, ...]] = {}

    def after(self, state: State, rigid: Mapping[str, Value]) -> Iterator[State]:
        """Where its steps lead from there, none of which changes what is rigid."""
        known: dict[str, Value] = {**rigid, **dict(zip(self.mine, state, strict=True))}
        for k, (_, _, read) in enumerate(self.steps):
            key = k, tuple([known[n] for n in read])
            changes = self.done.get(key)
            if changes is None:
                changes = self.done[key] = self._changes(k, known)
            for change in changes:
                new = dict(change)
                yield tuple([new.get(n, known[n]) for n in self.mine])

    def _changes(self, k: int, known: Mapping[str, Value]) -> tuple[_Change, ...]:
        step, kept, read = self.steps[k]
        fixed: dict[str, Expr] = {n: Lit(known[n]) for n in read}
        guard = substitute(step.guard, fixed)
        if guard == FALSE:
            return ()
        writes = [(n, substitute(e, fixed)) for n, e in kept]
        every = {x.name: x for e in (guard, *(e for _, e in writes)) for x in walk(e)
                 if isinstance(x, Var)}  # fmt: skip
        if len(every) > _MOST_READ or not all(
            _only_zero(e, self.sorts) for e in (guard, *(e for _, e in writes))
        ):
            raise _Unclear(f"{step.name} reads too much to be looked at alone")
        found: dict[_Change, None] = {}
        for env in _assignments(every.values(), self.sorts):
            if not value(guard, env):
                continue
            new = [(n, value(e, env)) for n, e in writes]
            # One that would change what does not change any more is not taken.
            if all(v == known[n] for n, v in new if n in self.rigid):
                found[tuple((n, v) for n, v in new if n not in self.rigid)] = None
        return tuple(found)


def _has_cycle(after: Mapping[State, Sequence[State]]) -> bool:
    """Leave out what leads nowhere, until nothing is left or every state leads somewhere."""
    before: dict[State, list[State]] = {s: [] for s in after}
    degree = {}
    for s, some in after.items():
        inside = [n for n in set(some) if n in after]
        degree[s] = len(inside)
        for n in inside:
            before[n].append(s)
    todo = [s for s, k in degree.items() if k == 0]
    gone = len(todo)
    while todo:
        for p in before[todo.pop()]:
            degree[p] -= 1
            if degree[p] == 0:
                todo.append(p)
                gone += 1
    return gone < len(after)
