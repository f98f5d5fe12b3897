"""An inductive invariant for a system: it then holds however long it runs.

A finite abstraction is decided by visiting its states, and the invariant is learnt from them
(reach.py). What counts without a bound goes to Spacer as Horn clauses over Booleans and integers,
with one rule for all steps: with a rule for each, it takes ten times as long. Whatever is found is
checked by a fresh solver before anybody hears of it: the start implies it, every step keeps it, it
excludes what is bad.
"""

from __future__ import annotations

from collections.abc import Iterable

import z3

from checker.engines.contexts import fresh
from checker.engines.frame import Frame
from checker.engines.inductive import check
from checker.engines.reach import NotLearnt, learn
from checker.engines.z3_terms import Term
from model.expr import TRUE, conj, substitute
from model.kernel.bits import Blasted, TooWide, blast
from model.kernel.explore import TooManyStates
from model.kernel.finite import is_finite
from model.kernel.system import System
from model.record import dataclass

_SEEDS = (0, 1, 2, 3)
RLIMITS = (2_000_000, 10_000_000)
"""Z3's count of its work in a try of Spacer, with each seed: about 0.5 s and 2.5 s."""
_FEW_STATES, _MOST_STATES = 6_000, 60_000


@dataclass(frozen=True, slots=True)
class Invariant:
    """A condition over the cells, as SMT-LIB text, that has been checked to be inductive."""

    smtlib: str
    size: int


@dataclass(frozen=True, slots=True)
class Reachable:
    """The abstraction has a run into the bad states; the design need not have one."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Neither; `reason` says why."""

    reason: str


Found = Invariant | Reachable | NoAnswer


def prove(system: System, rlimits: Iterable[int] = RLIMITS, ctx: z3.Context | None = None) -> Found:
    """An invariant that excludes the bad states, or that the abstraction reaches them.

    Few states are quicker to visit than Spacer is to start; for more, it has one go at first.
    """
    tries = [(seed, rlimit) for rlimit in rlimits for seed in _SEEDS]
    bits = _taken_apart(system)
    found = _by_states(system, bits, _FEW_STATES if tries else _MOST_STATES, ctx)
    if found is None and tries:
        found = _try(system, bits, *tries[0])
        if isinstance(found, NoAnswer):
            found = _by_states(system, bits, _MOST_STATES, ctx)
    return _by_spacer(system, bits, tries[1:]) if found is None else found


def once(system: System, rlimit: int = RLIMITS[0], ctx: z3.Context | None = None) -> Found:
    """The same with one go of Spacer, where there are too many states for a glance."""
    bits = _taken_apart(system)
    found = _by_states(system, bits, _FEW_STATES, ctx)
    return _try(system, bits, _SEEDS[0], rlimit) if found is None else found


def glance(system: System, ctx: z3.Context | None = None) -> Found:
    """The same, where a few states tell."""
    found = _by_states(system, _taken_apart(system), _FEW_STATES, ctx)
    return NoAnswer("too many states for a glance") if found is None else found


def _taken_apart(system: System) -> Blasted:
    """The system over bits; as it is, where a number cannot be taken apart."""
    try:
        return blast(system)
    except TooWide:
        return Blasted(system, {}, TRUE)


def _by_states(system: System, blasted: Blasted, most: int, ctx: z3.Context | None) -> Found | None:
    """The answer of a finite system that is small enough."""
    if not is_finite(blasted.system):
        return None
    ctx = ctx or fresh()  # To set one up takes longer than many a question.
    try:
        learnt = learn(blasted.system, most, ctx)
    except (TooManyStates, NotLearnt):
        return None
    if learnt.invariant is None:
        return Reachable()
    over_cells = conj(blasted.ranges, substitute(learnt.invariant, blasted.back))
    frame = Frame(system, ctx)
    text = frame.formula(over_cells).sexpr()
    why = check(system, text, frame.ctx)
    return Invariant(text, len(text)) if not why else None


def _by_spacer(system: System, blasted: Blasted, tries: Iterable[tuple[int, int]]) -> Found:
    reason = "too many states"
    for seed, rlimit in tries:
        found = _try(system, blasted, seed, rlimit)
        if not isinstance(found, NoAnswer):
            return found
        reason = found.reason
    return NoAnswer(reason)


def _try(system: System, blasted: Blasted, seed: int, rlimit: int) -> Found:
    """One go of Spacer, over bits: it is quicker with them than with small numbers."""
    ctx = fresh()  # What else has been made in it would change what Spacer does.
    frame = Frame(blasted.system, ctx)
    fp = z3.Fixedpoint(ctx=ctx)
    fp.set(engine="spacer")
    fp.set("spacer.random_seed", seed)
    fp.set("rlimit", rlimit)
    cells, after = list(frame.now.values()), list(frame.then.values())
    inv = z3.Function("Inv", *(v.sort() for v in cells), z3.BoolSort(ctx))
    fp.register_relation(inv)
    moves = z3.Or([frame.fires(s) for s in frame.system.steps], ctx)
    bad = frame.formula(frame.system.bad)
    for v in dict.fromkeys([*cells, *after, *frame.choices()]):
        fp.declare_var(v)
    fp.rule(inv(*cells), frame.start())
    fp.rule(inv(*after), [inv(*cells), moves])
    try:
        answer = fp.query(z3.And(inv(*cells), bad))
    except z3.Z3Exception as e:
        return NoAnswer(_words(e, rlimit))
    if answer == z3.sat:
        return Reachable()
    if answer == z3.unknown:
        return NoAnswer(fp.reason_unknown())
    body = _body(fp.get_answer(), cells)
    if body is None:
        return NoAnswer("Spacer gave no invariant that can be read")
    return _checked(system, blasted, frame, body)


def _words(e: z3.Z3Exception, rlimit: int) -> str:
    if "resource limit" in str(e):
        return f"Spacer used up {rlimit:,} units of work"
    return f"Spacer failed: {e}"


def _checked(system: System, blasted: Blasted, frame: Frame, body: z3.BoolRef) -> Found:
    """The invariant over the cells that people know, if it is one."""
    own = Frame(system, frame.ctx)
    meant = [(frame.now[n], own.formula(e)) for n, e in blasted.back.items()]
    over_cells = z3.And(own.formula(blasted.ranges), z3.substitute(body, *meant))
    text = (over_cells if meant else body).sexpr()
    why = check(system, text, frame.ctx)
    if why:
        return NoAnswer(f"what Spacer gave is no invariant: {why}")
    return Invariant(text, len(text))


def _body(answer: z3.ExprRef, cells: list[Term]) -> z3.BoolRef | None:
    """The invariant over the cells, out of `forall cells: Inv(cells) = ...`."""
    todo = [answer]
    while todo:
        e = todo.pop()
        if z3.is_quantifier(e):
            inner = e.body()
            if z3.is_eq(inner) and inner.arg(0).decl().name() == "Inv":
                order = [z3.get_var_index(x) for x in inner.arg(0).children()]
                by = [None] * len(order)
                for k, index in enumerate(order):
                    by[index] = cells[k]
                return z3.substitute_vars(inner.arg(1), *by)
            todo.append(inner)
        elif z3.is_and(e):
            todo.extend(e.children())
    return None
