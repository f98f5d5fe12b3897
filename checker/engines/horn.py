"""An inductive invariant for a system, found by Spacer: it then holds however long it runs.

Horn clauses over Booleans and integers only. Spacer is sensitive to seeds and to the order of
rules, so a small portfolio of short runs is tried. Whatever it finds is checked by a fresh solver
before anybody hears of it: the start implies it, every step keeps it, it excludes what is bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import z3

from checker.engines.z3_terms import Term, Terms
from model.expr import Expr, Lit, Var, between, conj, equal, negate
from model.kernel.system import Step, System

_SEEDS = (0, 1, 2, 3)
_RLIMITS = (2_000_000, 20_000_000)
"""Spacer's own count of work, for each try: about 0.2 s and 2 s."""


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


class Frame:
    """The cells of a system as Z3 constants, before and after a step."""

    def __init__(self, system: System, ctx: z3.Context) -> None:
        self.system = system
        self.ctx = ctx
        self.terms = Terms(ctx)
        self.now: dict[str, Term] = {c.name: self.terms.variable(c.var) for c in system.cells}
        self.then: dict[str, Term] = {
            c.name: self.terms.variable(Var(_next(c.name), c.is_bool)) for c in system.cells
        }

    def formula(self, e: Expr) -> z3.BoolRef:
        """A condition before the step."""
        return self.terms.formula(e)

    def start(self) -> z3.BoolRef:
        """The first states."""
        return self.formula(first(self.system))

    def fires(self, step: Step) -> z3.BoolRef:
        """The step is taken: its guard, what it writes, and nothing else changes."""
        new = {name: self.terms.term(e) for name, e in step.writes}
        kept = [
            self.then[n] == new[n] if n in new else self.then[n] == self.now[n] for n in self.now
        ]
        return z3.And([self.formula(step.guard), *kept], self.ctx)

    def choices(self) -> list[Term]:
        """What steps choose freely."""
        return [self.terms.variable(v) for s in self.system.steps for v in s.choices]


def _next(name: str) -> str:
    return f"{name}'"


def first(system: System) -> Expr:
    """What holds at the start: initial values, and the ranges of what is not decided."""
    out: list[Expr] = [system.where]
    for c in system.cells:
        if c.initial is None:
            if c.lo is not None and c.hi is not None:
                out.append(between(Lit(c.lo), c.var, Lit(c.hi)))
        elif isinstance(c.initial, bool):
            out.append(c.var if c.initial else negate(c.var))
        else:
            out.append(equal(c.var, Lit(c.initial)))
    return conj(*out)


def prove(system: System, rlimits: Iterable[int] = _RLIMITS) -> Found:
    """An invariant that excludes the bad states, or that the abstraction reaches them."""
    reason = ""
    for rlimit in rlimits:
        for seed in _SEEDS:
            found = _try(system, seed, rlimit)
            if not isinstance(found, NoAnswer):
                return found
            reason = found.reason
    return NoAnswer(reason)


def _try(system: System, seed: int, rlimit: int) -> Found:
    ctx = z3.Context()
    frame = Frame(system, ctx)
    fp = z3.Fixedpoint(ctx=ctx)
    fp.set(engine="spacer")
    fp.set("spacer.random_seed", seed)
    fp.set("timeout", 1 + rlimit // 4_000)
    cells = [frame.now[c.name] for c in system.cells]
    after = [frame.then[c.name] for c in system.cells]
    inv = z3.Function("Inv", *(v.sort() for v in cells), z3.BoolSort(ctx))
    fp.register_relation(inv)
    # One rule for all steps: with a rule for each, Spacer takes ten times as long.
    moves = z3.Or([frame.fires(s) for s in system.steps], ctx)
    bad = frame.formula(system.bad)
    for v in dict.fromkeys([*cells, *after, *frame.choices()]):
        fp.declare_var(v)
    fp.rule(inv(*cells), frame.start())
    fp.rule(inv(*after), [inv(*cells), moves])
    try:
        answer = fp.query(z3.And(inv(*cells), bad))
    except z3.Z3Exception as e:
        return NoAnswer(str(e))
    if answer == z3.sat:
        return Reachable()
    if answer == z3.unknown:
        return NoAnswer(fp.reason_unknown())
    return _checked(frame, fp.get_answer(), cells)


def _checked(frame: Frame, answer: z3.ExprRef, cells: list[Term]) -> Found:
    body = _body(answer, cells)
    if body is None:
        return NoAnswer("Spacer gave no invariant that can be read")
    why = check(frame.system, body.sexpr(), frame.ctx)
    if why:
        return NoAnswer(f"what Spacer gave is no invariant: {why}")
    return Invariant(body.sexpr(), len(str(body)))


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


def check(system: System, invariant: str, ctx: z3.Context | None = None) -> str:
    """Whether the condition is an invariant that excludes the bad states; '' or what is wrong."""
    ctx = ctx or z3.Context()
    for name, goal in obligations(system, invariant, ctx).items():
        solver = z3.Solver(ctx=ctx)
        solver.set("timeout", 60_000)
        solver.add(goal)
        answer = solver.check()
        if answer != z3.unsat:
            return f"{name}: {answer}"
    return ""


def obligations(system: System, invariant: str, ctx: z3.Context) -> Mapping[str, z3.BoolRef]:
    """What has to be unsatisfiable: by name, for the start, each step, and the bad states."""
    frame = Frame(system, ctx)
    declared = {v.decl().name(): v for v in frame.now.values()}
    text = f"(assert {invariant})"
    now = z3.And(list(z3.parse_smt2_string(text, decls=declared, ctx=ctx)), ctx)
    pairs = [(frame.now[c.name], frame.then[c.name]) for c in system.cells]
    then = z3.substitute(now, *pairs)
    out = {"start": z3.And(frame.start(), z3.Not(now))}
    moves = z3.Or([frame.fires(s) for s in system.steps], ctx)
    out["steps"] = z3.And(now, moves, z3.Not(then))
    out["bad"] = z3.And(now, frame.formula(system.bad))
    return out
