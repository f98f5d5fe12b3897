"""Any number of peers: what their steps may do to what the focus can see.

A system with the source's own agents and one peer of each kind stands for any number of peers. Of a
peer's step only its effect on visible cells is kept. `forget` gives up where the peers stand: each
of their steps may happen whenever what it sees allows it. `count` keeps it, as one integer for each
local state of a kind of peer: how many peers are there (counter abstraction). Both are computed
from the steps; nothing is written for a program in particular.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import product

from model.expr import (
    FALSE,
    TRUE,
    Add,
    And,
    Eq,
    Expr,
    Ite,
    Less,
    Lit,
    Mul,
    Not,
    Or,
    Value,
    Var,
    add,
    children,
    conj,
    disj,
    equal,
    free,
    less,
    negate,
    rebuild,
    substitute,
)
from model.kernel.system import Cell, Step, System
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Projected:
    """A system that stands for any number of peers, and what was done to get it."""

    system: System
    forgot: tuple[str, ...]
    """Cells that are arbitrary now."""
    counted: tuple[str, ...] = ()


def lost(system: System, focus: AbstractSet[str]) -> Expr:
    """The source's own agents rest, with nothing to wake them, and its work is unseen."""
    idle = [equal(Var(f"{a}.at"), Lit(0)) for a in sorted(focus) if _has(system, f"{a}.at")]
    entries = [
        negate(substitute(s.guard, {c.name: FALSE for c in s.choices}))
        for s in system.steps
        if s.actor in focus and not s.produces and _starts(s)
    ]
    waiting = conj(*idle, *entries, disj(*(x.work for x in system.sources)))
    return disj(waiting, system.never)


def _starts(s: Step) -> bool:
    """Whether it is the first step of its agent: taken where the agent is idle."""
    first = Eq(Var(f"{s.actor}.at"), Lit(0))
    return (
        s.guard == first
        or (isinstance(s.guard, And) and first in s.guard.args)
        or not any(n == f"{s.actor}.at" for n in free(s.guard))
    )


def _has(system: System, name: str) -> bool:
    return any(c.name == name for c in system.cells)


def visible(system: System, focus: AbstractSet[str], bad: Expr) -> frozenset[str]:
    """The cells that steps of the focus read or write, and those that `bad` reads.

    With them the undecided facts of which something is known: they are nobody's and never change.
    """
    out = set(free(bad) | free(system.where))
    for s in system.steps:
        if s.actor in focus:
            out |= free(s.guard)
            for name, e in s.writes:
                out |= {name} | free(e)
    # A cell of a peer's own is one for each peer, and never seen.
    peers = tuple(f"{s.actor}." for s in system.steps if s.actor not in focus)
    return frozenset(c.name for c in system.cells if c.name in out and not c.name.startswith(peers))


def forget(system: System, focus: AbstractSet[str]) -> Projected:
    """Peers may be anywhere in their programs at any time."""
    bad = lost(system, focus)
    seen = visible(system, focus, bad)
    steps = [_own(s, seen) for s in system.steps if s.actor in focus]
    fresh = _Fresh()
    for s in system.steps:
        if s.actor not in focus:
            blurred = _blurred(s, seen, fresh)
            if blurred is not None:
                steps.append(blurred)
    cells = tuple(c for c in system.cells if c.name in seen)
    forgot = tuple(c.name for c in system.cells if c.name not in seen)
    made = System(cells, tuple(steps), system.sources, TRUE, bad, where=system.where)
    return Projected(made, forgot)


def _own(s: Step, seen: AbstractSet[str]) -> Step:
    """A step of the focus, which may also write to what belongs to a peer."""
    return replace(s, writes=tuple((n, e) for n, e in s.writes if n in seen))


class _Fresh:
    """Names for arbitrary values, each used once."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *, is_bool: bool) -> Var:
        self.count += 1
        return Var(f"hidden.{self.count}", is_bool)


def _blurred(s: Step, seen: AbstractSet[str], fresh: _Fresh) -> Step | None:
    """The step as the focus sees it; None if it sees nothing of it."""
    chosen = {c.name for c in s.choices}
    keep = seen | chosen
    writes = tuple((n, blur(e, keep, fresh)) for n, e in s.writes if n in seen)
    if not writes:
        return None
    guard = blur(s.guard, keep, fresh)
    every = free(guard).union(*(free(e) for _, e in writes)) - seen
    sorts = {x.name: x.is_bool for e in (guard, *(e for _, e in writes)) for x in _vars(e)}
    choices = tuple(Var(n, sorts[n]) for n in sorted(every))
    return replace(s, guard=guard, writes=writes, choices=choices)


def _vars(e: Expr) -> Iterable[Var]:
    match e:
        case Var():
            yield e
        case _:
            for a in children(e):
                yield from _vars(a)


def blur(e: Expr, keep: AbstractSet[str], fresh: Callable[..., Var]) -> Expr:
    """The expression with an arbitrary value for what is hidden."""
    if free(e) <= keep:
        return e
    match e:
        case Var(_, is_bool):
            return fresh(is_bool=is_bool)
        case Not() | And() | Or():
            return rebuild(e, lambda a: blur(a, keep, fresh))
        case Ite(c, a, b):
            test, then, other = (blur(x, keep, fresh) for x in (c, a, b))
            return Ite(test, then, other)
        case Eq() | Less():
            return fresh(is_bool=True)
        case Add() | Mul():
            return fresh(is_bool=False)
        case _:
            raise TypeError(e)


# Counting


class TooManyStates(Exception):
    """A kind of peer has too many local states to count the peers in each."""


_MOST = 400
Local = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class _Move:
    """From a local state to another, with what is seen of it."""

    start: int
    end: int
    guard: Expr
    writes: tuple[tuple[str, Expr], ...]
    step: Step


def count(system: System, focus: AbstractSet[str], *, how_many: bool) -> Projected:
    """Peers are counted by where they stand; or only whether there are any. `TooManyStates`."""
    bad = lost(system, focus)
    seen = visible(system, focus, bad)
    own = _local_cells(system, focus)
    steps = [_own(s, seen) for s in system.steps if s.actor in focus]
    counters: list[Cell] = []
    fresh = _Fresh()
    for actor in sorted({s.actor for s in system.steps} - set(focus)):
        mine = [s for s in system.steps if s.actor == actor]
        made, names = _counted(actor, mine, own.get(actor, []), seen, fresh, how_many=how_many)
        steps += made
        if how_many:
            counters += [Cell(n, 0, 0, None, is_bool=False) for n in names]
        else:
            counters += [Cell(n, False) for n in names]
    none = (equal(c.var, Lit(0)) if how_many else negate(c.var) for c in counters)
    bad = disj(conj(bad, *none), system.never)
    cells = (*(c for c in system.cells if c.name in seen), *counters)
    forgot = tuple(
        c.name for c in system.cells
        if c.name not in seen and not any(c in some for some in own.values())
    )  # fmt: skip
    return Projected(
        System(cells, tuple(steps), system.sources, TRUE, bad, where=system.where),
        forgot,
        tuple(c.name for c in counters),
    )


def _local_cells(system: System, focus: AbstractSet[str]) -> dict[str, list[Cell]]:
    """By peer: the cells that make up its local state.

    What another agent writes is no part of it: a store buffer empties in steps of its own, and a
    peer that waits for that does not wait for ever. Such a cell is arbitrary whenever it is read.
    """
    writers: dict[str, set[str]] = {}
    for s in system.steps:
        for name, _ in s.writes:
            writers.setdefault(name, set()).add(s.actor)
    out: dict[str, list[Cell]] = {}
    for c in system.cells:
        for actor in {s.actor for s in system.steps} - set(focus):
            if c.name.startswith(f"{actor}.") and writers.get(c.name, set()) <= {actor}:
                out.setdefault(actor, []).append(c)
    return out


def _counted(
    actor: str,
    steps: list[Step],
    own: list[Cell],
    seen: AbstractSet[str],
    fresh: _Fresh,
    *,
    how_many: bool,
) -> tuple[list[Step], list[str]]:
    """Steps of a kind of peer over counters, one for each local state that matters."""
    moves, size = _local_moves(steps, own, seen, fresh)
    moves = _without_unseen(moves)
    moves, classes = _quotient(moves, size, seen)
    names = {k: f"{actor} at {k}" for k in sorted(classes) if k != 0}
    out = []
    for m in moves:
        guard, writes = m.guard, dict(m.writes)
        if m.start:
            here = Var(names[m.start], not how_many)
            guard = conj(guard, less(Lit(0), here) if how_many else here)
            if m.start != m.end:
                # One leaves; whether another one is left is not known where they are not counted.
                writes[here.name] = add(here, Lit(-1)) if how_many else fresh(is_bool=True)
        if m.end and m.start != m.end:
            there = Var(names[m.end], not how_many)
            writes[there.name] = add(there, Lit(1)) if how_many else TRUE
        if not writes:
            continue
        every = {x.name: x for e in (guard, *writes.values()) for x in _vars(e)}
        known = seen | set(names.values())
        choices = tuple(every[n] for n in sorted(every) if n not in known)
        out.append(replace(m.step, guard=guard, writes=tuple(writes.items()), choices=choices))
    return out, list(names.values())


def _local_moves(
    steps: list[Step], own: list[Cell], seen: AbstractSet[str], fresh: _Fresh
) -> tuple[list[_Move], int]:
    """All local states from rest, with the moves between them; state 0 is rest."""
    names = [c.name for c in own]
    start: Local = tuple(c.initial if c.initial is not None else False for c in own)
    numbers: dict[Local, int] = {start: 0}
    todo = [start]
    out: list[_Move] = []
    while todo:
        state = todo.pop(0)
        env: dict[str, Expr] = {n: Lit(v) for n, v in zip(names, state, strict=True)}
        for s in steps:
            guard = substitute(s.guard, env)
            if guard == FALSE:
                continue
            for case, end, writes in _cases(s, names, env):
                keep = seen | {c.name for c in s.choices}
                at = blur(conj(guard, case), keep, fresh)
                if at == FALSE:
                    continue
                if end not in numbers:
                    numbers[end] = len(numbers)
                    todo.append(end)
                    if len(numbers) > _MOST:
                        raise TooManyStates(s.actor)
                shown = tuple((n, blur(e, keep, fresh)) for n, e in writes if n in seen)
                out.append(_Move(numbers[state], numbers[end], at, shown, s))
    return out, len(numbers)


def _cases(
    s: Step, names: list[str], env: Mapping[str, Expr]
) -> Iterable[tuple[Expr, Local, tuple[tuple[str, Expr], ...]]]:
    """The local states that a step leads to, each with its condition."""
    new = {n: env[n] for n in names}
    others = []
    for n, e in s.writes:
        if n in new:
            new[n] = substitute(e, env)
        else:
            others.append((n, substitute(e, env)))
    tests = sorted({t for e in new.values() for t in _tests(e)}, key=repr)
    for values in product((True, False), repeat=len(tests)):
        decided = dict(zip(tests, values, strict=True))
        case = conj(*(t if v else negate(t) for t, v in decided.items()))
        ends = [_decide(new[n], decided) for n in names]
        if case == FALSE or not all(isinstance(e, Lit) for e in ends):
            if case == FALSE:
                continue
            raise TooManyStates(s.actor)
        end = tuple(e.value for e in ends if isinstance(e, Lit))
        yield case, end, tuple((n, _decide(e, decided)) for n, e in others)


def _tests(e: Expr) -> Iterable[Expr]:
    """What decides a local value: truth values that are read."""
    match e:
        case Lit():
            return
        case Var(_, True) | Eq() | Less():
            yield e
        case Not() | And() | Or() | Ite():
            for a in children(e):
                yield from _tests(a)
        case _:
            return


def _decide(e: Expr, decided: Mapping[Expr, bool]) -> Expr:
    if e in decided:
        return Lit(decided[e])
    return e if isinstance(e, Lit | Var) else rebuild(e, lambda a: _decide(a, decided))


def _without_unseen(moves: list[_Move]) -> list[_Move]:
    """Local states from which nothing visible is ever done are the same as rest."""
    useful = {m.start for m in moves if m.writes and m.start}
    while True:
        more = {m.start for m in moves if m.end in useful and m.start} - useful
        if not more:
            break
        useful |= more
    out = []
    for m in moves:
        start = m.start if m.start in useful else 0
        end = m.end if m.end in useful else 0
        if m.start and start == 0:
            continue
        out.append(replace(m, start=start, end=end))
    return out


def _quotient(
    moves: list[_Move], size: int, seen: AbstractSet[str]
) -> tuple[list[_Move], set[int]]:
    """States that do the same are one (partition refinement)."""
    block = {k: (0 if k == 0 else 1) for k in range(size)}
    shapes = [_shape(m.guard, m.writes, seen) for m in moves]
    while True:
        signature = {
            k: (
                block[k],
                frozenset((shapes[j], block[m.end]) for j, m in enumerate(moves) if m.start == k),
            )
            for k in range(size)
        }
        order: dict[object, int] = {}
        for k in range(size):
            order.setdefault(signature[k], len(order))
        new = {k: order[signature[k]] for k in range(size)}
        if len(set(new.values())) == len(set(block.values())):
            break
        block = new
    first: dict[int, int] = {}
    for k in range(size):
        first.setdefault(block[k], k)
    kept: dict[object, _Move] = {}
    for m, shape in zip(moves, shapes, strict=True):
        if first[block[m.start]] != m.start:
            continue
        moved = replace(m, end=first[block[m.end]])
        key = (moved.start, moved.end, shape)
        kept.setdefault(key, moved)
    out = list(kept.values())
    return out, {m.start for m in out} | {m.end for m in out}


def _shape(guard: Expr, writes: Iterable[tuple[str, Expr]], seen: AbstractSet[str]) -> object:
    """A move with its arbitrary values numbered as they come: the same for moves that differ in
    nothing but what these are called. Arbitrary is what is no cell, whatever its name."""
    order: dict[str, Expr] = {}
    every = [guard, *(e for _, e in writes)]
    for e in every:
        for x in _vars(e):
            if x.name not in seen:
                order.setdefault(x.name, Var(f"any {len(order)}", x.is_bool))
    return (substitute(guard, order), tuple((n, substitute(e, order)) for n, e in writes))
