"""Proofs for any number of peers: each case forgotten, told apart, or counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from checker.engines import event_index, horn, inductive
from checker.engines.aside import Aside
from checker.engines.engine import GaveUp, Goal, Sat, Unsat
from checker.engines.run_asking import Asking
from checker.engines.run_question import ProofCase, ProofRecord
from checker.engines.run_search import Ways
from checker.verdict.certificate import Query
from model.design.mapping import Transport
from model.design.program import Handler
from model.expr import TRUE, Expr, Var, conj, disj, free, negate, substitute, text
from model.kernel import project
from model.kernel.rest import GROUPS, rests
from model.kernel.system import System
from model.meaning.counting import counts_queues
from model.meaning.focus import Case, Focus
from model.meaning.lower import may_return_none, most_published, nested_locks
from model.meaning.programs import Unsupported
from model.record import dataclass

_MOST_FACTS = 6
_BOUND = {"lines", "l"}
"""Facts that the words of a bound are about."""


@dataclass(frozen=True, slots=True)
class Open:
    """A case that is not proved yet."""

    words: str
    system: System
    own: frozenset[str]
    facts: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


def _projected(x: Open, how: str) -> System:
    if how == "forgotten":
        return project.forget(x.system, x.own).system
    return project.count(x.system, x.own, how_many=how == "counted").system


def _why(how: str, found: horn.Found) -> str:
    match found:
        case horn.NoAnswer(reason):
            return f"with peers {how}, no answer ({reason})"
        case _:
            return f"with peers {how}, it may be lost"


class Proofs:
    """The cases of an obligation, each proved or with the reasons why not."""

    def __init__(self, a: Asking) -> None:
        self.a = a
        self.kept: dict[str, tuple[Query, ...]] = {}
        self.answers: dict[str, horn.Found] = {}
        self.tried_before: dict[tuple[str, str], horn.Found] = {}
        self.begun: dict[tuple[str, str], Aside[horn.Found]] = {}
        self.ways: list[Ways] = []
        self.untried: dict[str, str] = {}
        """By case: what may decide a run, and is not tried every way by a search."""
        self.gates: dict[str, bool] = {}
        self.firsts: dict[str, frozenset[str]] = {}
        """By attempt: who may be said to rest first in every case that was looked at."""

    def queries(self) -> tuple[Query, ...]:
        """What the proofs rest on, as text."""
        return tuple(q for some in self.kept.values() for q in some)

    def cases(self) -> Iterator[Open]:
        """What is not proved where the peers are forgotten, as it is found."""
        k = self.a.known
        for premise in self.a.obligation.premises:
            answer = self.a.ask(premise)
            if not isinstance(answer, Unsat):
                why = answer.reason if isinstance(answer, GaveUp) else "it is not so, or not shown"
                k.unproved.append(f"coverage, which a proof rests on ({premise.about}): {why}")
                self._ways_at_least()
                return
        kinds = dict.fromkeys(self._transport(c).suppression for c in self.a.obligation.cases)
        for kind in kinds:  # Distances stand for indices as far as the lemmas say so.
            why = event_index.shown(kind, self.a.budget)
            if why:
                k.unproved.append(why)
                return
            if self.a.keep:
                self.kept[kind] = event_index.lemmas(kind)
        cases = [c for c in self.a.obligation.cases if self._may_be(c)]
        self._rest_of_lines(cases)
        for asked in cases:
            left = self._case(asked)
            if left is not None:
                yield left

    def _ways_at_least(self) -> None:
        """Where nothing can be proved: what there is to be searched, all the same."""
        for asked in self.a.obligation.cases:
            if not isinstance(self.a.ask(asked.possible), Sat):
                continue
            focus = Focus(self.a.obligation.design, asked.case)
            try:
                system = focus.system()
            except Unsupported:
                continue
            self._note_untried(asked, focus, system)
            self._facts(asked, focus, system)

    def _transport(self, asked: ProofCase) -> Transport:
        return self.a.obligation.design.transport(asked.case.device.transport)

    def condition(self) -> str:
        """What a proof asks of rings besides; '' if nothing.

        Of a packed ring, an event structure more than a lap behind says nothing.
        """
        every = map(self._transport, self.a.obligation.cases)
        packed = [t for t in every if t.suppression == "packed_event"]
        most = max((most_published(t) for t in packed), default=1)
        return f"rings of at least {most} entries" if most > 1 else ""

    def _rest_of_lines(self, cases: Sequence[ProofCase]) -> None:
        """Handlers that may go on for ever though their line has no source, or for a polled queue.

        A line with nothing on it may be fired too, and a loop over all queues comes to those that
        are no source of any case: its handler has to rest all the same.
        """
        seen: set[tuple[str, str]] = set()
        requested: dict[str, dict[Handler, None]] = {}
        for c in cases:
            some = requested.setdefault(c.case.attempt.name, {})
            some.update(dict.fromkeys(p.handler for p in c.peers))
        for case in (c.case for c in cases):
            key = (case.attempt.name, ", ".join(h.name for h in case.chain))
            if key in seen:
                continue
            seen.add(key)
            polled = [f for f in case.device.families if f.callback != TRUE]
            others = tuple(requested[case.attempt.name])
            self._prove_silent(replace(case, family=None, nobody=True, others=others), key)
            for f in (None, *polled):
                why = self._unsure(replace(case, family=f, polled=f is not None, others=others))
                words = key[1] if f is None else f"{f.name} with {key[1]}"
                if why:
                    self.a.known.unproved.append(f"{words}: {why}")

    def _prove_silent(self, case: Case, key: tuple[str, str]) -> None:
        """That a line with no source on it is not fired, or somebody says that it was for him.

        Nothing would be lost, but the kernel switches the line off: and with it the next source
        that is put there, or the device that shares it.
        """
        if case.shared or not all(map(may_return_none, case.chain)):
            return
        words = " ".join(x for x in (key[0], f"a line with no source, with {key[1]}") if x)
        try:
            system = Focus(self.a.obligation.design, case).system()
        except Unsupported as e:
            self.a.known.unproved.append(f"{words}: {e}")
            return
        self._prove_handled(words, case, system)

    def _may_be(self, asked: ProofCase) -> bool:
        """Whether what the case stands on may be; where it is not known, it may."""
        if asked.only_if is None:
            return True
        name = asked.only_if.name
        if name not in self.gates:
            self.gates[name] = not isinstance(self.a.ask(asked.only_if), Unsat)
        return self.gates[name]

    def _case(self, asked: ProofCase) -> Open | None:
        possible = self.a.ask(asked.possible)
        if isinstance(possible, Unsat):
            return None
        if isinstance(possible, GaveUp):
            self.a.known.unproved.append(f"{asked.words}: {possible.reason}")
            return None
        there = [p for p in asked.peers if not isinstance(self.a.ask(p.possible), Unsat)]
        others = tuple(p.handler for p in there)
        case = replace(asked.case, others=others)
        try:
            return self._prove_case(asked, case)
        except Unsupported as e:
            self.a.known.unproved.append(f"{asked.words}: {e}")
        return None

    def _prove_case(self, asked: ProofCase, case: Case) -> Open | None:
        focus = Focus(self.a.obligation.design, case)
        system = focus.system()
        self._note_untried(asked, focus, system)
        where, words = self._facts(asked, focus, system)
        why = words or self._endless(case)
        if why:
            self.a.known.unproved.append(f"{asked.words}: {why}")
            return None
        system = replace(system, where=where)
        self._prove_handled(asked.words, case, system)
        own = frozenset(s.actor for s in system.steps if not s.actor.startswith(PEERS))
        left = Open(asked.words, system, own, tuple(focus.facts), ())
        for how, effort in (("forgotten", "once"), ("told apart", "glance")):
            left = self.attempt(left, how, effort)
            if left.why[-1] == "":
                return None
        return left

    def _prove_handled(self, of: str, case: Case, system: System) -> None:
        """That whoever is entered for the line has something to handle.

        On a line that other devices share, their handlers may say so: nothing is asked.
        """
        told = [s for s in system.steps if s.unhandled and not s.actor.startswith(PEERS)]
        if not told or case.shared:
            return
        never = disj(*(s.guard for s in told))
        own = frozenset(s.actor for s in system.steps if not s.actor.startswith(PEERS))
        words = f"{of}, each interrupt is handled"
        left = Open(words, replace(system, sources=(), never=never), own)
        for how in ("forgotten", "told apart", "counted"):
            left = self.attempt(left, how)
            if left.why[-1] == "":
                return
        self.a.known.unproved.append(
            f"{of}: that the kernel never counts only unhandled interrupts is searched, not proved"
        )

    def _note_untried(self, asked: ProofCase, focus: Focus, system: System) -> None:
        """Numbers that programs compute with: instances have some of their values."""
        named = [c.name for c in system.cells if c.name in focus.facts and not c.is_bool]
        alone = (focus.facts[n] for n in named)
        numbers = focus.mixed.union(*(free(e) for e in alone)) - _BOUND
        words = [text(Var(n)) for n in sorted(numbers)]
        bodies = [h.body for h in asked.case.chain]
        bodies += [x.body for x in self._transport(asked).services]
        if any(counts_queues(b) for b in bodies):
            words.append("the number of queues")
        if some := ", ".join(words):
            why = f"programs compute with {some}: not all values were searched"
            self.untried[asked.words] = why

    def not_searched(self) -> Iterator[str]:
        """Of cases without a proof, what a search has not tried: `bounded` would say it had."""
        proved = {p.words for p in self.a.known.proofs}
        yield from (f"{w}: {why}" for w, why in self.untried.items() if w not in proved)

    def attempt(self, x: Open, how: str, effort: str = "all") -> Open:
        """One way to take the peers; the last reason is '' if the case is proved."""
        try:
            system = _projected(x, how)
        except project.TooManyStates as e:
            return replace(x, why=(*x.why, f"{e} has too many local states to count"))
        found = self._invariant(system, effort)
        if isinstance(found, horn.Invariant):
            if self.a.keep and (key := _key(system)) not in self.kept:
                words = f"{x.words}, peers {how}"
                self.kept[key] = inductive.queries(system, found.smtlib, words)
            self.a.known.proofs.append(ProofRecord(x.words, found.smtlib, how, x.facts))
            return replace(x, why=(*x.why, ""))
        return replace(x, why=(*x.why, _why(how, found)))

    def begin(self, x: Open, how: str, effort: str) -> None:
        """Have an attempt under way while a search looks for a loss."""
        if self.a.budget.processes < 2:
            return
        try:
            system = _projected(x, how)
        except project.TooManyStates:
            return
        self.begun[_key(system), effort] = Aside(lambda: self._found(system, effort))

    def stop(self) -> None:
        """What was begun and nobody has asked for."""
        for aside in self.begun.values():
            aside.stop()
        self.begun.clear()

    def with_more_effort(self, every: Sequence[Open]) -> list[Open]:
        """One go at what is left, in the end with the peers counted; and what is left then."""
        return [x for x in every if self._every_way(x, "once")]

    def with_all_effort(self, every: Sequence[Open]) -> None:
        """The same with all effort that there is; what is left is unproved."""
        for x in every:
            why = self._every_way(x, "all")
            if why:
                self.a.known.unproved.append(f"{x.words}: {why}")

    def _every_way(self, x: Open, effort: str) -> str:
        """Why there is no proof of a case; '' if there is one."""
        tried = replace(x, why=())
        for how in ("forgotten", "told apart", "counted"):
            tried = self.attempt(tried, how, effort)
            if tried.why[-1] == "":
                return ""
        return "; ".join(dict.fromkeys(tried.why))

    def _invariant(self, system: System, effort: str = "all") -> horn.Found:
        """The answer for a system; sources of two families often make the same one.

        `effort`: a `glance` at few states, `once` with Spacer, or `all` there is.
        """
        key = _key(system)
        known = self.answers.get(key) or self.tried_before.get((key, effort))
        if known is not None:
            return known
        aside = self.begun.pop((key, effort), None)
        found = (aside.result() if aside else None) or self._found(system, effort)
        if isinstance(found, horn.NoAnswer) and effort != "all":
            self.tried_before[key, effort] = found
        else:
            self.answers[key] = found
        return found

    def _found(self, system: System, effort: str) -> horn.Found:
        most = self.a.budget.rlimit or max(horn.RLIMITS)
        rlimits = dict.fromkeys(min(r, most) for r in horn.RLIMITS)
        match effort:
            case "glance":
                return horn.glance(system, self.a.asker.ctx)
            case "once":
                return horn.once(system, min(rlimits), self.a.asker.ctx)
            case _:
                return horn.prove(system, rlimits, self.a.asker.ctx)

    def _unsure(self, case: Case) -> str:
        try:
            return self._endless(case)
        except Unsupported as e:
            return str(e)

    def _endless(self, case: Case) -> str:
        """Why it is not shown that all come to rest, or '' if it is."""
        knot = nested_locks(self.a.obligation.design.transport(case.device.transport))
        if knot:
            return f"locks inside of one another ({knot}) may wait for each other"
        system = Focus(self.a.obligation.design, case).system(ending=True)
        own = {s.actor for s in system.steps if not s.actor.startswith(PEERS)}
        found = rests(system, own)
        firsts = self.firsts.get(case.attempt.name, frozenset(GROUPS)) & found.firsts
        if not firsts:
            return found.why or "handlers and services may keep one another going"
        self.firsts[case.attempt.name] = firsts
        return ""

    def _facts(self, asked: ProofCase, focus: Focus, system: System) -> tuple[Expr, str]:
        """How the undecided facts can be decided, all ways that some values give."""
        named = [
            Var(c.name, True)
            for c in system.cells
            if c.initial is None and c.is_bool and c.name in focus.facts
        ]
        if not named:
            return conj(), ""
        if len(named) > _MOST_FACTS:
            why = "too many facts are undecided"
            self.untried[asked.words] = f"{why}: not each way that they may be was searched"
            return conj(), why
        formulas = {v.name: asked.place(v.name, focus.facts[v.name]) for v in named}
        ways: list[tuple[Expr, ...]] = []
        reason = self._ways(asked.possible, formulas, named, (), ways)
        if reason:
            return conj(), reason
        concrete = [conj(asked.possible.bad, *(_over(e, formulas) for e in w)) for w in ways]
        self.ways.append((asked, concrete))
        return disj(*(conj(*w) for w in ways)), ""

    def _ways(
        self,
        possible: Goal,
        formulas: dict[str, Expr],
        named: Sequence[Var],
        so_far: tuple[Expr, ...],
        ways: list[tuple[Expr, ...]],
    ) -> str:
        """All ways in which the facts can be decided that agree with those so far, which can be.

        Returns why it is not known, or ''.
        """
        if not named:
            ways.append(so_far)
            return ""
        first, *rest = named
        for fact in (first, negate(first)):
            here = (*so_far, fact)
            question = replace(
                possible,
                name=f"{possible.name}, and " + " and ".join(map(_named, here)),
                bad=conj(possible.bad, *(_over(e, formulas) for e in here)),
                show=(),
                prefer=(),
            )
            answer = self.a.ask(question)
            if isinstance(answer, GaveUp):
                return answer.reason
            if isinstance(answer, Sat):
                reason = self._ways(possible, formulas, rest, here, ways)
                if reason:
                    return reason
            elif fact is first:  # Then the other way is how it is.
                return self._ways(possible, formulas, rest, (*so_far, negate(first)), ways)
        return ""


def _named(fact: Expr) -> str:
    return fact.name if isinstance(fact, Var) else f"not {next(iter(free(fact)))}"


PEERS = ("peer", "memory of peer")
"""How agents that are not the source's own begin."""


def _key(system: System) -> str:
    """The same for systems that differ in nothing that a proof sees."""
    steps = [(s.guard, s.writes) for s in system.steps]
    return repr((system.cells, steps, system.bad, system.where))


def _over(e: Expr, formulas: dict[str, Expr]) -> Expr:
    return substitute(e, formulas)
