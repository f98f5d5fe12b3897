"""What has to be shown of an invariant: the start implies it, steps keep it, it excludes the bad.

The same three questions are asked of a fresh solver before anybody hears of a proof, and are
written down for others to ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import z3

from checker.engines.contexts import fresh
from checker.engines.frame import Frame
from checker.engines.smtlib import Asserted, query
from checker.verdict.certificate import Query
from model.kernel.system import Step, System

_MILLISECONDS = 60_000
"""A safety net: these questions take a few milliseconds."""


def check(system: System, invariant: str, ctx: z3.Context | None = None) -> str:
    """Whether the condition is an invariant that excludes the bad states; '' or what is wrong."""
    ctx = ctx or fresh()
    for name, asserted in obligations(system, invariant, ctx).items():
        solver = z3.Solver(ctx=ctx)
        solver.set("timeout", _MILLISECONDS)
        solver.add(*(a.formula for a in asserted))
        answer = solver.check()
        if answer != z3.unsat:
            return f"{name}: {answer}"
    return ""


def queries(system: System, invariant: str, words: str) -> tuple[Query, ...]:
    """The questions as text."""
    asked = obligations(system, invariant, fresh())
    return tuple(query(f"{words}: {name}", some) for name, some in asked.items())


def obligations(
    system: System, invariant: str, ctx: z3.Context
) -> Mapping[str, Sequence[Asserted]]:
    """What must have no model, by what is so then."""
    frame = Frame(system, ctx)
    now = _parsed(frame, invariant)
    pairs = [(frame.now[c.name], frame.then[c.name]) for c in system.cells]
    then = z3.substitute(now, *pairs)
    holds = Asserted("the invariant", now)
    taken = z3.Or([frame.fires(s) for s in system.steps], ctx)
    steps = "; ".join(_named(s) for s in system.steps)
    return {
        "the start implies the invariant": [
            Asserted("a first state", frame.start()),
            Asserted("not the invariant", z3.Not(now)),
        ],
        "every step keeps the invariant": [
            holds,
            Asserted(f"a step is taken, one of: {steps}", taken),
            Asserted("not the invariant, after it", z3.Not(then)),
        ],
        "the invariant excludes what is bad": [
            holds,
            Asserted("a bad state", frame.formula(system.bad)),
        ],
    }


def _named(s: Step) -> str:
    return s.name + (f" ({s.origin.source.path}:{s.origin.line})" if s.origin is not None else "")


def _parsed(frame: Frame, invariant: str) -> z3.BoolRef:
    declared = {v.decl().name(): v for v in frame.now.values()}
    parsed = z3.parse_smt2_string(f"(assert {invariant})", decls=declared, ctx=frame.ctx)
    return z3.And(list(parsed), frame.ctx)
