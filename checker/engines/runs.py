"""Runs of a design: the shortest that loses a notification, or a proof that there is none.

In this order, each only if the one before did not settle it:

1. the smallest instances, every state of them: one source, then two, on one line and on two;
2. the proof for any number of peers, which are forgotten and then counted;
3. larger instances; what is known then is bounded by what was visited.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from checker.engines import horn, mapping
from checker.engines.engine import Answer, Budget, GaveUp, Goal, Sat, Unsat
from checker.engines.run_question import (
    InstanceRecord,
    ProofCase,
    ProofRecord,
    RunObligation,
    RunResult,
)
from checker.verdict.trace import Trace, TraceStep
from model.expr import Expr, Undefined, Value, Var, conj, disj, negate, substitute, value
from model.kernel import project
from model.kernel.explore import Run, TooManyStates, explore, replay, shortest_served, stuck
from model.kernel.system import System
from model.meaning.focus import Case, Focus
from model.meaning.instance import Instance, Setting
from model.meaning.layout import Row, TooLarge
from model.meaning.programs import Unsupported

_FEW_STATES, _MANY_STATES = 60_000, 1_000_000
_MOST_FACTS = 6


def work(obligation: RunObligation, budget: Budget) -> RunResult:
    """The whole obligation, in this process."""
    started = time.monotonic()
    result = _Runs(obligation, budget).result()
    return replace(result, seconds=time.monotonic() - started)


@dataclass(slots=True)
class _Known:
    """What has been found out so far."""

    proofs: list[ProofRecord] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    explored: list[InstanceRecord] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    witness: str = ""


class _Runs:
    def __init__(self, obligation: RunObligation, budget: Budget) -> None:
        self.asked = obligation
        self.budget = budget
        self.used = 0
        self.known = _Known()

    def result(self) -> RunResult:
        settings = list(self._settings())
        found = self._search(settings, _FEW_STATES)
        if found is None:
            self._prove()
            if self.known.unproved:
                found = self._search(settings, _MANY_STATES)
        k = self.known
        trace, values = found if found is not None else (None, ())
        return RunResult(
            trace, values, tuple(k.proofs), tuple(k.unproved), tuple(dict.fromkeys(k.explored)),
            k.witness, tuple(dict.fromkeys(k.open)), 0.0, self.used,
        )  # fmt: skip

    def _ask(self, goal: Goal) -> Answer:
        answer, cost = mapping.ask(goal, self.budget)
        self.used += cost
        return answer

    # Instances

    def _settings(self) -> Iterator[Setting]:
        """Devices to try, the smallest first."""
        seen: set[object] = set()
        last = len(self.asked.instances) - 1
        for k, ask in enumerate(self.asked.instances):
            if k == last and seen:
                return
            answer = self._ask(ask.goal)
            if isinstance(answer, GaveUp):
                self.known.open.append(f"an instance ({ask.goal.name}): {answer.reason}")
            if not isinstance(answer, Sat):
                continue
            setting = ask.lay(answer.values)
            key = (
                None if setting is None else (setting.numbers, tuple(sorted(setting.given.items())))
            )
            if setting is not None and key not in seen:
                seen.add(key)
                yield setting

    def _search(
        self, settings: Sequence[Setting], most: int
    ) -> tuple[Trace, tuple[tuple[str, Value], ...]] | None:
        for setting in settings:
            try:
                instance = Instance(self.asked.design, setting)
            except TooLarge as e:
                self.known.open.append(f"an instance cannot be laid out: {e}")
                continue
            for size in (1, 2):
                for active in combinations(_candidates(instance), size):
                    trace = self._one(instance, active, most)
                    if trace is not None:
                        return trace, tuple(sorted(setting.given.items()))
        return None

    def _one(self, instance: Instance, active: Sequence[Row], most: int) -> Trace | None:
        try:
            system = instance.system({r.name for r in active})
        except Undefined as e:
            self.known.open.append(f"a program of an instance has no value: {e}")
            return None
        except Unsupported as e:
            self.known.open.append(f"{e} ({e.origin.source.path}:{e.origin.line})")
            return None
        words = _words(instance, active)
        try:
            reached = explore(system, most)
            if reached.bad is not None:
                return trace_of(system, Run(reached.run(reached.bad)), words)
            endless = stuck(system, reached)
        except TooManyStates:
            return None
        if endless is not None:
            return trace_of(system, endless, words)
        if not self.known.witness:
            self.known.witness = shortest_served(system, reached)
        lines = {r.device.ordinal for r in active}
        depth = reached.depth()
        record = InstanceRecord(words, len(reached.states), depth, len(active), len(lines))
        self.known.explored.append(record)
        return None

    # Proofs

    def _prove(self) -> None:
        k = self.known
        for premise in self.asked.premises:
            answer = self._ask(premise)
            if not isinstance(answer, Unsat):
                why = answer.reason if isinstance(answer, GaveUp) else "it does not hold"
                k.unproved.append(f"coverage, which a proof rests on ({premise.about}): {why}")
                return
        for case in self.asked.cases:
            self._case(case)

    def _case(self, asked: ProofCase) -> None:
        possible = self._ask(asked.possible)
        if isinstance(possible, Unsat):
            return
        if isinstance(possible, GaveUp):
            self.known.unproved.append(f"{asked.words}: {possible.reason}")
            return
        others = tuple(
            p.handler for p in asked.peers if not isinstance(self._ask(p.possible), Unsat)
        )
        case = replace(asked.case, others=others)
        try:
            self._prove_case(asked, case)
        except Unsupported as e:
            self.known.unproved.append(f"{asked.words}: {e}")

    def _prove_case(self, asked: ProofCase, case: Case) -> None:
        focus = Focus(self.asked.design, case)
        system = focus.system()
        where, words = self._facts(asked, focus, system)
        if where is None:
            self.known.unproved.append(f"{asked.words}: {words}")
            return
        system = replace(system, where=where)
        own = {s.actor for s in system.steps if not s.actor.startswith(PEERS)}
        reasons = []
        for how, projection in (("forgotten", project.forget), ("counted", project.count)):
            try:
                projected = projection(system, own)
            except project.TooManyStates as e:
                reasons.append(f"{how}: {e} has too many local states")
                continue
            if how == "counted" and not projected.counted:
                continue
            found = horn.prove(projected.system)
            if isinstance(found, horn.Invariant):
                facts = tuple(focus.facts)
                self.known.proofs.append(ProofRecord(asked.words, found.smtlib, how, facts))
                return
            why = "the abstraction loses it" if isinstance(found, horn.Reachable) else found.reason
            reasons.append(f"peers {how}: {why}")
        self.known.unproved.append(f"{asked.words}: {'; '.join(reasons)}")

    def _facts(self, asked: ProofCase, focus: Focus, system: System) -> tuple[Expr | None, str]:
        """How the undecided facts can be decided, all ways that some values give."""
        named = [
            Var(c.name, True)
            for c in system.cells
            if c.initial is None and c.is_bool and c.name in focus.facts
        ]
        if not named:
            return conj(), ""
        if len(named) > _MOST_FACTS:
            return conj(), "too many facts are undecided"
        formulas = {v.name: asked.place(v.name, focus.facts[v.name]) for v in named}
        ways: list[Expr] = []
        while True:
            known = conj(*(negate(w) for w in ways))
            question = replace(
                asked.possible,
                bad=conj(asked.possible.bad, _over(known, formulas)),
                show=(),
                prefer=(),
            )
            answer = self._ask(question)
            if isinstance(answer, GaveUp):
                return conj(), answer.reason
            if isinstance(answer, Unsat):
                return disj(*ways), ""
            ways.append(conj(*self._way(named, formulas, question)))

    def _way(self, named: Sequence[Var], formulas: dict[str, Expr], question: Goal) -> list[Expr]:
        """One way, fact by fact."""
        out: list[Expr] = []
        for v in named:
            yes = conj(*(_over(e, formulas) for e in out), formulas[v.name])
            is_so = isinstance(self._ask(replace(question, bad=conj(question.bad, yes))), Sat)
            out.append(v if is_so else negate(v))
        return out


PEERS = ("peer", "memory of peer")
"""How agents that are not the source's own begin."""


def _over(e: Expr, formulas: dict[str, Expr]) -> Expr:
    return substitute(e, formulas)


def _candidates(instance: Instance) -> list[Row]:
    """Sources of each kind: the first of a family, one more on its line, one on another line."""
    out: list[Row] = []
    by_family: dict[str, list[Row]] = {}
    for r in instance.sources:
        by_family.setdefault(r.family.name if r.family else "", []).append(r)
    for some in by_family.values():
        first = some[0]
        out.append(first)
        same = (r for r in some[1:] if _place(r) == _place(first))
        other = (r for r in some[1:] if _place(r) != _place(first))
        out += [r for r in (next(same, None), next(other, None)) if r is not None]
    return sorted(out, key=lambda r: (r.family is None, r.index))


def _place(r: Row) -> tuple[int | None, int | None]:
    return r.driver.ordinal, r.device.ordinal


def _words(instance: Instance, active: Iterable[Row]) -> str:
    some = ", ".join(f"{r.name} on line {r.device.ordinal}" for r in active)
    s = instance.setting
    lines = len(instance.lines)
    kind = f"{lines} {s.trigger.value} line{'' if lines == 1 else 's'}"
    mode = f", {s.mode}" if s.mode else ""
    return f"{s.device.name} with {kind}{mode}: {some}"


def trace_of(system: System, run: Run, words: str) -> Trace:
    """The run with what each step changed."""
    states = replay(system, run.steps)
    hidden = {c.name for c in system.cells if c.private}
    steps = []
    for n, k in enumerate(run.steps):
        s = system.steps[k]
        before, after = states[n], states[n + 1]
        changes = tuple((c, after[c]) for c in after if before[c] != after[c] and c not in hidden)
        seen = tuple((label, value(e, before)) for label, e in s.sees)
        steps.append(TraceStep(n + 1, s.actor, s.verb, s.origin, changes, seen))
    last = states[-1]
    unserved = tuple(x.name for x in system.sources if value(x.work, last))
    if run.loop is None:
        kind = "lost"
    else:
        inside = range(run.loop, len(run.steps))
        enters = any(system.steps[run.steps[n]].enters for n in inside)
        kind = "storm" if enters else "starved"
    loop = None if run.loop is None else run.loop + 1
    agents = tuple(dict.fromkeys(s.actor for s in system.steps))
    return Trace(kind, words, unserved, tuple(steps), loop, states[0], agents)
