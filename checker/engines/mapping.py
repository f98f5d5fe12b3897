"""Mapping questions, all parameter values at once: integer formulas without quantifiers, in Z3.

A goal is asked first without the products that define divisions by variables: if it has no model
even so, it is proved. Otherwise with them, small values first, so that a counterexample is found
where a reader can follow it; then its values are made as small as they can be, one variable after
the other. Each check is a fresh solver with its own budget.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import z3

from checker.engines.contexts import fresh
from checker.engines.engine import (
    Answer,
    Answered,
    Budget,
    GaveUp,
    Goal,
    Obligation,
    Sat,
    Unsat,
)
from checker.engines.smtlib import Asserted, query
from checker.engines.z3_terms import Known, Terms
from checker.verdict.certificate import Query
from checker.verdict.finding import NotConfirmed
from model.expr import Value, conj, negate
from model.meaning.fact import Fact
from model.record import dataclass

_SMALL = (3, 8, 40, 300, 3000)
"""Bounds on the shown variables that are tried before none."""
_FEW = 300
_MOST_REFINED = 200


class Asker:
    """Answers goals as they come, each with a solver of its own; formulas are translated once.

    With `keep`, what has no model is written down for others to check.
    """

    def __init__(self, budget: Budget, *, keep: bool = False) -> None:
        self._budget = budget
        self.ctx = fresh()
        self._known = Known()
        self._tracked: dict[int, tuple[Sequence[Fact], list[_Tracked]]] = {}
        self.keep = keep
        self.queries: list[Query] = []

    def ask(self, goal: Goal) -> tuple[Answer, int]:
        """The answer to a goal, and the rlimit that it took."""
        terms = Terms(self.ctx, self._known)
        question = _Question(goal, self._budget, terms, self._facts(goal.facts, terms))
        found, used = question.answer()
        if self.keep and isinstance(found, Unsat):
            self.queries.append(question.query(found))
        return found, used

    def _facts(self, facts: Sequence[Fact], terms: Terms) -> list[_Tracked]:
        """Each with a label, so that an answer can say which it needed; many goals share them."""
        formulas = [terms.formula(f.formula) for f in facts]
        known = self._tracked.get(id(facts))
        if known is not None and known[0] is facts and all(map(_is, known[1], formulas)):
            return known[1]
        made = []
        for k, (fact, formula) in enumerate(zip(facts, formulas, strict=True)):
            label = z3.Bool(f"fact#{k}", self.ctx)
            made.append(_Tracked(label, fact.name, formula, terms.implies(label, formula)))
        self._tracked[id(facts)] = facts, made
        return made


@dataclass(frozen=True, slots=True)
class _Tracked:
    label: z3.BoolRef
    name: str
    formula: z3.BoolRef
    clause: z3.BoolRef
    """The formula, if the label is assumed."""


def _is(known: _Tracked, formula: z3.BoolRef) -> bool:
    return known.formula is formula


class _Question:
    def __init__(
        self, goal: Goal, budget: Budget, terms: Terms, tracked: Sequence[_Tracked]
    ) -> None:
        self.goal = goal
        self.budget = budget
        self.terms = terms
        self.used = 0
        self.tracked = tracked
        self.labels = [t.label for t in tracked]
        self.fixed = [terms.formula(f.formula) for f in goal.given]
        self.bad = terms.formula(goal.bad)
        self.needs_products = False

    def answer(self) -> tuple[Answer, int]:
        found: Answer | None = None
        if self.terms.products and not self.goal.want_model:
            found = self._prove()
        return found or self._decide(), self.used

    def _solver(self, products: bool) -> z3.Solver:
        solver = z3.Solver(ctx=self.terms.ctx)
        if self.budget.rlimit:
            solver.set("rlimit", self.budget.rlimit)
        solver.set("core.minimize", True)
        clauses = (t.clause for t in self.tracked)
        more = self.terms.products if products else ()
        for term in (*self.fixed, *self.terms.linear, self.bad, *clauses, *more):
            z3.Z3_solver_assert(self.terms.ctx.ref(), solver.solver, term.ast)
        return solver

    def _prove(self) -> Answer | None:
        """Unsat without products; None if there may be a model."""
        solver = self._solver(products=False)
        if self._check(solver, *self.labels) == z3.unsat:
            return self._core(solver)
        return None

    def query(self, found: Unsat) -> Query:
        """The question as text, with the facts that the answer needed."""
        origins = {f.name: f.origin for f in self.goal.facts}
        out = [Asserted("established by another question", f) for f in self.fixed]
        for t in self.tracked:
            if t.name in found.core:
                at = origins[t.name]
                where = f" ({at.source.path}:{at.line})" if at is not None else ""
                out.append(Asserted(f"{t.name}{where}", t.formula))
        out += [Asserted("what is known of a quotient and remainder", f) for f in self.terms.linear]
        if self.needs_products:
            out += [Asserted("what a quotient and remainder are", f) for f in self.terms.products]
        out.append(Asserted("and yet", self.bad))
        about = f" ({self.goal.about})" if self.goal.about else ""
        return query(f"{self.goal.name}{about}", out)

    def _core(self, solver: z3.Solver) -> Unsat:
        names = {t.label.get_id(): t.name for t in self.tracked}
        return Unsat(tuple(sorted({names[c.get_id()] for c in solver.unsat_core()})))

    def _decide(self) -> Answer:
        """With products; small values first, where there may be a model to show."""
        solver = self._solver(products=True)
        self.needs_products = bool(self.terms.products)
        if not self.terms.products:
            result = self._check(solver, *self.labels)
            if result != z3.sat:
                return self._core(solver) if result == z3.unsat else GaveUp(self._reason(solver))
        shows = bool(self.goal.show) and not (self.goal.screens or self.goal.want_model)
        for bound in [*_SMALL, None] if shows or self.terms.products else [None]:
            small = [] if bound is None else self._at_most(bound)
            result = self._check(solver, *self.labels, *small)
            if result == z3.sat:
                return self._smallest(solver) if shows else Sat({})
            if result == z3.unsat and bound is None:
                return self._core(solver)
        return GaveUp(self._reason(solver))

    def _at_most(self, bound: int) -> list[z3.BoolRef]:
        out = []
        for name in self.goal.show:
            v: Any = self.terms.variables.get(name)
            if z3.is_int(v):
                out.append(v <= bound)
        return out

    def _smallest(self, solver: z3.Solver) -> Answer:
        """The model with what is preferred, then the smallest values, one after the other."""
        labels = self.labels
        model = solver.model()
        for formula in self.goal.prefer:
            wanted = self.terms.formula(formula)
            solver.push()
            solver.add(wanted)
            if self._check(solver, *labels) == z3.sat:
                model = solver.model()
            else:
                solver.pop()
        for name in self.goal.show:
            if name in self.terms.variables:
                model = self._lower(solver, labels, self.terms.variables[name], model)
        # What is still open is as the solver left it; every variable of the goal gets a value.
        return Sat({n: _value(model, v) for n, v in self.terms.variables.items()})

    def _lower(
        self, solver: z3.Solver, labels: list[z3.BoolRef], v: z3.ExprRef, model: z3.ModelRef
    ) -> z3.ModelRef:
        if z3.is_bool(v):
            is_set = z3.is_true(model.eval(v, model_completion=True))
            if is_set and self._check(solver, *labels, z3.Not(v)) == z3.sat:
                model = solver.model()
            solver.add(v == model.eval(v, model_completion=True))
            return model
        low, high = 0, int(_value(model, v))
        first = high - 1 if high > _FEW else None  # One that is large was most likely given.
        while low < high:
            middle = (low + high) // 2 if first is None else first
            first = None
            result = self._check(solver, *labels, z3.And(v >= low, v <= middle))
            if result == z3.sat:
                model = solver.model()
                high = int(_value(model, v))
            elif result == z3.unsat:
                low = middle + 1
            else:
                break
        solver.add(v == high)
        return model

    def _check(self, solver: z3.Solver, *assumptions: z3.BoolRef) -> z3.CheckSatResult:
        before = _work(solver)  # It counts for all of the context.
        result = solver.check(*assumptions)
        self.used += _work(solver) - before
        return result

    def _reason(self, solver: z3.Solver) -> str:
        why = solver.reason_unknown()
        if "canceled" in why or "rlimit" in why or "resource" in why:
            return f"the budget of {self.budget.rlimit:,} (rlimit) is used up"
        if "memout" in why or "memory" in why:
            return "out of memory"
        return f"the solver gave up: {why}"


def _work(solver: z3.Solver) -> int:
    """Z3's own count of its work; of the statistics it is among the last."""
    every = solver.statistics()
    ref, stats = every.ctx.ref(), every.stats
    for k in reversed(range(len(every))):
        if z3.Z3_stats_get_key(ref, stats, k) == "rlimit count":
            return int(every[k][1])
    return 0


def _value(model: z3.ModelRef, v: z3.ExprRef) -> Value:
    x = model.eval(v, model_completion=True)
    if z3.is_bool(v):
        return bool(z3.is_true(x))
    return int(x.as_long())


def work(obligation: Obligation, budget: Budget, *, keep: bool = False) -> Answered:
    """All goals of an obligation, in this process, each with a solver of its own."""
    started = time.monotonic()
    asker = Asker(budget, keep=keep)
    answers: list[Answer] = []
    used = 0
    for goal in obligation.goals:
        screened = None if goal.screen is None else answers[goal.screen]
        if isinstance(screened, Unsat):
            answers.append(screened)
            continue
        asker.keep = keep and not goal.want_model  # No proof rests on a witness that is not there.
        found, cost = _refined(asker, goal) if goal.refine else asker.ask(goal)
        used += cost
        while goal.wider is not None and _shows_nothing(goal, found):
            goal = goal.wider
            found, cost = asker.ask(goal)
            used += cost
        answers.append(found)
    return Answered(tuple(answers), time.monotonic() - started, used, tuple(asker.queries))


def _refined(asker: Asker, goal: Goal) -> tuple[Answer, int]:
    """The answer with all left out of which it turns out that all is well."""
    assert goal.refine is not None
    used = 0
    for _ in range(_MOST_REFINED):
        found, cost = asker.ask(goal)
        used += cost
        fine = goal.refine(found.values) if isinstance(found, Sat) else None
        if fine is None:
            return found, used
        goal = replace(goal, bad=conj(goal.bad, negate(fine)))
    return GaveUp(f"{_MOST_REFINED} cases were told apart, and more are left"), used


def _shows_nothing(goal: Goal, found: Answer) -> bool:
    if goal.tell is None or isinstance(found, Unsat):
        return False
    return not isinstance(found, Sat) or isinstance(goal.told(found.values), NotConfirmed)
