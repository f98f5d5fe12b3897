"""A system as Z3 terms: its cells before and after a step, and what each step does to them."""

from __future__ import annotations

import z3

from checker.engines.z3_terms import Term, Terms
from model.expr import Expr, Lit, Var, between, conj, equal, negate
from model.kernel.system import Step, System


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
        self._kept = {n: self.terms.same(self.then[n], self.now[n]) for n in self.now}

    def formula(self, e: Expr) -> z3.BoolRef:
        """A condition before the step."""
        return self.terms.formula(e)

    def start(self) -> z3.BoolRef:
        """The first states."""
        return self.formula(first(self.system))

    def fires(self, step: Step) -> z3.BoolRef:
        """The step is taken: its guard, what it writes, and nothing else changes."""
        new = {name: self.terms.term(e) for name, e in step.writes}
        after = [
            self.terms.same(self.then[n], new[n]) if n in new else kept
            for n, kept in self._kept.items()
        ]
        return self.terms.all_of([self.formula(step.guard), *after])

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
