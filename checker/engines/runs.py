"""Runs of a design: the shortest that loses a notification, or a proof that there is none.

In this order, each only if the one before did not settle it:

1. the smallest instances, every state of them: one source, then two, as far as that is quick;
2. the proof for any number of peers, which are forgotten and then counted;
3. where a proof is not at hand, sources as they would have to be for it to fail, and two sources;
4. larger instances, and those with more queues on more lines; what is known then is bounded by
   what was visited.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from itertools import combinations

from checker.engines import event_index, horn, inductive, mapping
from checker.engines.candidates import Laid
from checker.engines.engine import Answer, Budget, GaveUp, Goal, Sat, Unsat
from checker.engines.run_question import (
    InstanceGoal,
    InstanceRecord,
    ProofCase,
    ProofRecord,
    RunObligation,
    RunResult,
)
from checker.verdict.certificate import Query
from checker.verdict.trace import Subject, Trace, TraceStep, subject_of
from model.design.mapping import Transport
from model.expr import (
    TRUE,
    Expr,
    Undefined,
    Value,
    Var,
    conj,
    disj,
    free,
    negate,
    substitute,
    value,
)
from model.kernel import project
from model.kernel.explore import (
    Run,
    TooManyStates,
    explore,
    replay,
    shortest_served,
    stuck,
    unhandled,
)
from model.kernel.rest import endless
from model.kernel.system import System
from model.meaning.focus import Case, Focus
from model.meaning.instance import Instance, Setting
from model.meaning.layout import Row, TooLarge
from model.meaning.lower import most_published, nested_locks
from model.meaning.programs import Unsupported
from model.record import dataclass

_VERY_FEW_STATES, _SOME_STATES = 2_000, 10_000
_FEW_STATES, _MANY_STATES = 60_000, 1_000_000
_SIZES = (1, 2)
"""Numbers of sources that produce."""
_MOST_FACTS = 6


def work(obligation: RunObligation, budget: Budget, *, keep: bool = False) -> RunResult:
    """The whole obligation, in this process; `keep`: with what its proofs rest on, as text."""
    started = time.monotonic()
    result = _Runs(obligation, budget, keep=keep).result()
    return replace(result, seconds=time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class Tried:
    """An instance of which some sources produce, as a system."""

    words: str
    setting: Setting
    system: System
    active: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instances:
    """Those that are tried, in this order, why others cannot be, and why none of them counts."""

    tried: tuple[Tried, ...]
    open: tuple[str, ...]
    missing: str


def instances(obligation: RunObligation, budget: Budget) -> Instances:
    """What there is to be run.

    Of systems that are alike but for names there is one for each number of sources.
    """
    some = _Runs(obligation, budget)
    some.settings = list(some._settings())
    tried = tuple(t for size in _SIZES for t in some.tried(size))
    missing = some._missing()
    return Instances(tried, tuple(dict.fromkeys(some.known.open)), missing)


@dataclass(frozen=True, slots=True)
class Telling:
    """An instance that says most, and whether it has a run that never ends but serves nothing."""

    tried: Tried
    endless: bool


def telling(every: Sequence[Tried]) -> Telling | None:
    """The first of the instances that is a counterexample; else the one with the most states.

    Those with too many states to be searched at once count as neither.
    """
    best: Tried | None = None
    most = 0
    for tried in every:
        try:
            reached = explore(tried.system, _FEW_STATES)
        except TooManyStates:
            continue
        if reached.bad is not None:
            return Telling(tried, endless=False)
        if stuck(tried.system, reached) is not None:
            return Telling(tried, endless=True)
        if len(reached.states) > most:
            best, most = tried, len(reached.states)
    return None if best is None else Telling(best, endless=False)


@dataclass(slots=True)
class _Known:
    """What has been found out so far."""

    proofs: list[ProofRecord] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    explored: list[InstanceRecord] = field(default_factory=list)
    passed: dict[str, InstanceRecord] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    witness: str = ""


_Found = tuple[Trace, tuple[tuple[str, Value], ...]]


@dataclass(frozen=True, slots=True)
class _Open:
    """A case that is not proved yet."""

    asked: ProofCase
    system: System
    own: frozenset[str]
    facts: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


def _projected(x: _Open, how: str) -> System:
    if how == "forgotten":
        return project.forget(x.system, x.own).system
    return project.count(x.system, x.own, how_many=how == "counted").system


def _record(words: str, system: System, states: int, depth: int) -> InstanceRecord:
    lines = {s.actor for s in system.steps if s.enters}
    return InstanceRecord(words, states, depth, len(system.sources), len(lines))


def _why(how: str, found: horn.Found) -> str:
    match found:
        case horn.NoAnswer(reason):
            return f"with peers {how}, no answer ({reason})"
        case _:
            return f"with peers {how}, it may be lost"


class _Runs:
    def __init__(self, obligation: RunObligation, budget: Budget, *, keep: bool = False) -> None:
        self.asked = obligation
        self.budget = budget
        self.keep = keep
        self.kept: dict[str, tuple[Query, ...]] = {}
        self.asker = mapping.Asker(budget, keep=keep)
        self.used = 0
        self.known = _Known()
        self.settings: list[Setting] = []
        self.laid: dict[int, Laid | None] = {}
        self.answers: dict[str, horn.Found] = {}
        self.tried_before: dict[tuple[str, str], horn.Found] = {}
        self.ways: list[tuple[ProofCase, list[Expr]]] = []
        self.gates: dict[str, bool] = {}

    def result(self) -> RunResult:
        self.settings = list(self._settings())
        found = self._search(1, _MANY_STATES, endless_too=True)
        missing = self._missing() if found is None else ""
        if found is None and not missing:
            found = self._search(2, _VERY_FEW_STATES, endless_too=False)
        if found is None and not missing:
            found = self._prove_all()
            if found is None and self.known.unproved:
                found = self._search_wider()
                if found is None:
                    found = self._search(2, _MANY_STATES, endless_too=True)
                if found is None:
                    found = self._search(3, 5 * _FEW_STATES, endless_too=True)
        k = self.known
        trace, values = found if found is not None else (None, ())
        return RunResult(
            trace, values, tuple(k.proofs), tuple(k.unproved), tuple(dict.fromkeys(k.explored)),
            k.witness, tuple(dict.fromkeys(k.open)), 0.0, self.used, self._queries(),
            self._condition(), missing, self._passed(),
        )  # fmt: skip

    def _search_wider(self) -> _Found | None:
        """Further instances: a source may be on a line, or beside a queue, that was not tried.

        Those with few queues stay, and count where they are not visited whole; larger ones are a
        search for a loss, and nothing is said of them.
        """
        known, self.settings = self.settings, list(self._settings(self.asked.wider))
        passed = dict(self.known.passed)
        found = self._search(1, _FEW_STATES, endless_too=True)
        if found is None:
            found = self._search(2, _SOME_STATES, endless_too=True)
        self.known.passed = passed
        self.settings = [*known, *(x for x in self.settings if _callbacks(x) <= max(_SIZES))]
        return found

    def _missing(self) -> str:
        """Why nothing can happen at all, or ''."""
        for goal in self.asked.required:
            answer = self._ask(goal, in_a_proof=False)
            if isinstance(answer, GaveUp):
                self.known.open.append(f"whether there is a line ({goal.about}): {answer.reason}")
            if isinstance(answer, Unsat):
                return goal.about
        return "" if self.settings or self.known.open else self.asked.nowhere

    def _passed(self) -> tuple[InstanceRecord, ...]:
        """What was tried and never visited whole."""
        whole = {i.words for i in self.known.explored}
        return tuple(i for w, i in self.known.passed.items() if w not in whole)

    def _queries(self) -> tuple[Query, ...]:
        return (*self.asker.queries, *(q for some in self.kept.values() for q in some))

    def _prove_all(self) -> _Found | None:
        """Proofs of all cases; or, instead, a loss."""
        left: list[_Open] = []
        for case in self._prove():
            left.append(case)
            if len(left) == 1:  # What is not proved at once is a reason to look for a loss.
                found = self._suspects() or self._search(2, _SOME_STATES, endless_too=False)
                if found is not None:
                    return found
        left = [x for x in left if self._try(x, "told apart", "once").why[-1]]
        found = self._search(2, _FEW_STATES, endless_too=False) if left else None
        if found is None:
            self._prove_counted(left)
        return found

    def _ask(self, goal: Goal, *, in_a_proof: bool = True) -> Answer:
        self.asker.keep = self.keep and in_a_proof
        answer, cost = self.asker.ask(goal)
        self.used += cost
        return answer

    # Instances

    def _settings(self, asks: Iterable[InstanceGoal] | None = None) -> Iterator[Setting]:
        """Devices to try, the smallest first, apart from those that are known."""
        found = list(self.settings)
        seen: set[object] = {(x.numbers, tuple(sorted(x.given.items()))) for x in found}
        for ask in self.asked.instances if asks is None else asks:
            if any(ask.is_enough(x) for x in found):
                continue
            answer = self._ask(ask.goal, in_a_proof=False)
            if isinstance(answer, GaveUp):
                self.known.open.append(f"an instance ({ask.goal.name}): {answer.reason}")
            if not isinstance(answer, Sat):
                continue
            setting = ask.lay(answer.values)
            if setting is None:
                continue
            key = (setting.numbers, tuple(sorted(setting.given.items())))
            if key not in seen and not any(_has_no_more(setting, x) for x in found):
                seen.add(key)
                found.append(setting)
                yield setting

    def _search(self, size: int, most: int, *, endless_too: bool) -> _Found | None:
        """Every state of the instances in which so many sources produce."""
        for tried in self.tried(size):
            trace = self._one(tried, most, endless_too=endless_too)
            if trace is not None:
                return trace, tuple(sorted(tried.setting.given.items()))
        return None

    def tried(self, size: int) -> Iterator[Tried]:
        """The instances in which so many sources produce, those alike left out."""
        seen: set[str] = set()
        sketches: set[object] = set()
        for laid in self._laid():
            for active in combinations(laid.candidates(), size):
                sketch = laid.sketch(active)
                if sketch in sketches:
                    continue
                sketches.add(sketch)
                system = self._system(laid, active)
                if system is None:
                    continue
                same = laid.signature(active)
                if same not in seen:
                    seen.add(same)
                    names = tuple(r.name for r in active)
                    yield Tried(laid.words(active), laid.setting, system, names)

    def _laid(self) -> Iterator[Laid]:
        """The instances, each laid out once."""
        for setting in self.settings:
            key = id(setting)
            if key not in self.laid:
                try:
                    self.laid[key] = Laid(setting, Instance(self.asked.design, setting))
                except TooLarge as e:
                    self.laid[key] = None
                    self.known.open.append(f"an instance cannot be laid out: {e}")
            laid = self.laid[key]
            if laid is not None:
                yield laid

    def _suspects(self) -> _Found | None:
        """Sources as they would have to be for a proof to fail: each way its facts can be."""
        for ask, ways in self.ways:
            for way in ways:
                answer = self._ask(
                    replace(ask.possible, bad=way, want_model=False, show=ask.show),
                    in_a_proof=False,
                )
                if not isinstance(answer, Sat):
                    continue
                found = ask.lay(answer.values)
                if found is None:
                    continue
                setting, name = found
                laid = Laid(setting, Instance(self.asked.design, setting))
                rows = [r for r in laid.instance.sources if r.name == name]
                system = self._system(laid, rows) if rows else None
                if system is None:
                    continue
                tried = Tried(laid.words(rows), setting, system, (name,))
                trace = self._one(tried, _MANY_STATES, endless_too=True)
                if trace is not None:
                    return trace, tuple(sorted(setting.given.items()))
        return None

    def _system(self, laid: Laid, active: Sequence[Row]) -> System | None:
        try:
            return laid.system(active)
        except Undefined as e:
            self.known.open.append(f"a program of an instance has no value: {e}")
        except Unsupported as e:
            self.known.open.append(f"{e} ({e.origin.source.path}:{e.origin.line})")
        return None

    def _one(self, tried: Tried, most: int, *, endless_too: bool) -> Trace | None:
        system, words = tried.system, tried.words
        of = subject_of(self.asked.design, tried.setting, tried.active)
        try:
            reached = explore(system, most)
        except TooManyStates:
            if endless_too:
                self.known.passed[words] = _record(words, system, most, 0)
            return None
        if reached.bad is not None:
            return trace_of(system, Run(reached.run(reached.bad)), words, of)
        if not self.known.witness:
            self.known.witness = shortest_served(system, reached)
        if not endless_too:
            return None
        run = stuck(system, reached)
        if run is not None:
            return trace_of(system, run, words, of)
        run = unhandled(system, reached)
        if run is not None:
            return trace_of(system, run, words, of, kind="unhandled")
        self.known.explored.append(_record(words, system, len(reached.states), reached.depth()))
        return None

    # Proofs

    def _prove(self) -> Iterator[_Open]:
        """What is not proved where the peers are forgotten, as it is found."""
        k = self.known
        for premise in self.asked.premises:
            answer = self._ask(premise)
            if not isinstance(answer, Unsat):
                why = answer.reason if isinstance(answer, GaveUp) else "it does not hold"
                k.unproved.append(f"coverage, which a proof rests on ({premise.about}): {why}")
                return
        kinds = dict.fromkeys(self._transport(c).suppression for c in self.asked.cases)
        for kind in kinds:  # Distances stand for indices as far as the lemmas say so.
            why = event_index.shown(kind, self.budget)
            if why:
                k.unproved.append(why)
                return
            if self.keep:
                self.kept[kind] = event_index.lemmas(kind)
        cases = [c for c in self.asked.cases if self._may_be(c)]
        self._rest_of_lines(cases)
        for asked in cases:
            left = self._case(asked)
            if left is not None:
                yield left

    def _transport(self, asked: ProofCase) -> Transport:
        return self.asked.design.transport(asked.case.device.transport)

    def _condition(self) -> str:
        """What a proof asks of rings besides; '' if nothing.

        Of a packed ring, an event structure more than a lap behind says nothing.
        """
        packed = [
            t for c in self.asked.cases if (t := self._transport(c)).suppression == "packed_event"
        ]
        most = max((most_published(t) for t in packed), default=1)
        return f"rings of at least {most} entries" if most > 1 else ""

    def _rest_of_lines(self, cases: Sequence[ProofCase]) -> None:
        """Handlers that may go on for ever though their line has no source, or for a polled queue.

        A line with nothing on it may be fired too, and a loop over all queues comes to those that
        are no source of any case: its handler has to rest all the same.
        """
        seen: set[tuple[str, str]] = set()
        for case in (c.case for c in cases):
            key = (case.attempt.name, ", ".join(h.name for h in case.chain))
            if key in seen:
                continue
            seen.add(key)
            polled = [f for f in case.device.families if f.callback != TRUE]
            for f in (None, *polled):
                why = self._unsure(replace(case, family=f, polled=f is not None))
                words = key[1] if f is None else f"{f.name} with {key[1]}"
                if why:
                    self.known.unproved.append(f"{words}: {why}")

    def _may_be(self, asked: ProofCase) -> bool:
        """Whether what the case stands on may be; where it is not known, it may."""
        if asked.only_if is None:
            return True
        name = asked.only_if.name
        if name not in self.gates:
            self.gates[name] = not isinstance(self._ask(asked.only_if), Unsat)
        return self.gates[name]

    def _case(self, asked: ProofCase) -> _Open | None:
        possible = self._ask(asked.possible)
        if isinstance(possible, Unsat):
            return None
        if isinstance(possible, GaveUp):
            self.known.unproved.append(f"{asked.words}: {possible.reason}")
            return None
        there = [p for p in asked.peers if not isinstance(self._ask(p.possible), Unsat)]
        others = tuple(p.handler for p in there)
        case = replace(asked.case, others=others)
        try:
            return self._prove_case(asked, case)
        except Unsupported as e:
            self.known.unproved.append(f"{asked.words}: {e}")
        return None

    def _prove_case(self, asked: ProofCase, case: Case) -> _Open | None:
        focus = Focus(self.asked.design, case)
        system = focus.system()
        where, words = self._facts(asked, focus, system)
        why = words or self._endless(case)
        if why:
            self.known.unproved.append(f"{asked.words}: {why}")
            return None
        system = replace(system, where=where)
        self._prove_handled(asked, case, system)
        own = frozenset(s.actor for s in system.steps if not s.actor.startswith(PEERS))
        left = _Open(asked, system, own, tuple(focus.facts), ())
        for how, effort in (("forgotten", "once"), ("told apart", "glance")):
            left = self._try(left, how, effort)
            if left.why[-1] == "":
                return None
        return left

    def _prove_handled(self, asked: ProofCase, case: Case, system: System) -> None:
        """That whoever is entered for the line has something to handle.

        On a line that other devices share, their handlers may say so: nothing is asked.
        """
        told = [s for s in system.steps if s.unhandled and not s.actor.startswith(PEERS)]
        if not told or case.shared:
            return
        never = disj(*(s.guard for s in told))
        own = frozenset(s.actor for s in system.steps if not s.actor.startswith(PEERS))
        words = f"{asked.words}, each interrupt is handled"
        left = _Open(replace(asked, words=words), replace(system, sources=(), never=never), own)
        for how in ("forgotten", "told apart", "counted"):
            left = self._try(left, how)
            if left.why[-1] == "":
                return
        self.known.unproved.append(
            f"{asked.words}: that the kernel never counts only unhandled interrupts is searched, "
            f"not proved"
        )

    def _try(self, x: _Open, how: str, effort: str = "all") -> _Open:
        """One way to take the peers; the last reason is '' if the case is proved."""
        try:
            system = _projected(x, how)
        except project.TooManyStates as e:
            return replace(x, why=(*x.why, f"{e} has too many local states to count"))
        found = self._invariant(system, effort)
        if isinstance(found, horn.Invariant):
            if self.keep and (key := _key(system)) not in self.kept:
                words = f"{x.asked.words}, peers {how}"
                self.kept[key] = inductive.queries(system, found.smtlib, words)
            self.known.proofs.append(ProofRecord(x.asked.words, found.smtlib, how, x.facts))
            return replace(x, why=(*x.why, ""))
        return replace(x, why=(*x.why, _why(how, found)))

    def _prove_counted(self, every: Sequence[_Open]) -> None:
        """What is left, with all effort that there is; in the end with the peers counted."""
        for x in every:
            tried = replace(x, why=())
            for how in ("forgotten", "told apart", "counted"):
                tried = self._try(tried, how)
                if tried.why[-1] == "":
                    break
            else:
                why = "; ".join(dict.fromkeys(tried.why))
                self.known.unproved.append(f"{x.asked.words}: {why}")

    def _invariant(self, system: System, effort: str = "all") -> horn.Found:
        """The answer for a system; sources of two families often make the same one.

        `effort`: a `glance` at few states, `once` with Spacer, or `all` there is.
        """
        key = _key(system)
        known = self.answers.get(key) or self.tried_before.get((key, effort))
        if known is not None:
            return known
        most = self.budget.rlimit or max(horn.RLIMITS)
        rlimits = dict.fromkeys(min(r, most) for r in horn.RLIMITS)
        match effort:
            case "glance":
                found = horn.glance(system, self.asker.ctx)
            case "once":
                found = horn.once(system, min(rlimits), self.asker.ctx)
            case _:
                found = horn.prove(system, rlimits, self.asker.ctx)
        if isinstance(found, horn.NoAnswer) and effort != "all":
            self.tried_before[key, effort] = found
        else:
            self.answers[key] = found
        return found

    def _unsure(self, case: Case) -> str:
        try:
            return self._endless(case)
        except Unsupported as e:
            return str(e)

    def _endless(self, case: Case) -> str:
        """Why it is not shown that all come to rest, or '' if it is."""
        knot = nested_locks(self.asked.design.transport(case.device.transport))
        if knot:
            return f"locks inside of one another ({knot}) may wait for each other"
        system = Focus(self.asked.design, case).system(ending=True)
        return endless(system, {s.actor for s in system.steps if not s.actor.startswith(PEERS)})

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
            return conj(), "too many facts are undecided"
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
            answer = self._ask(question)
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


def _callbacks(x: Setting) -> int:
    return 0 if x.laid is None else sum(r.callback for r in x.laid[0].rows)


def _has_no_more(a: Setting, b: Setting) -> bool:
    """Whether `a` has as many lines as `b`, as few queues, and no source of a kind that b has not.

    Then a feature that only `a` has shows in nothing that can notify.
    """
    if a.laid is None or b.laid is None:
        return False
    x, y = a.laid[0], b.laid[0]
    kinds = [{r.family.name if r.family else "" for r in z.rows if r.callback} for z in (x, y)]
    few = len([r for r in x.rows if r.callback]) <= len([r for r in y.rows if r.callback])
    return x.lines == y.lines and x.numbers == y.numbers and few and kinds[0] <= kinds[1]


def trace_of(
    system: System, run: Run, words: str, of: Subject | None = None, kind: str = ""
) -> Trace:
    """The run with what each step changed; of what kind, if its steps do not tell."""
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
    kind = kind or _kind(system, run)
    loop = None if run.loop is None else run.loop + 1
    agents = tuple(dict.fromkeys(s.actor for s in system.steps))
    return Trace(kind, words, unserved, tuple(steps), loop, states[0], agents, of)


def _kind(system: System, run: Run) -> str:
    if run.loop is None:
        return "lost"
    enters = any(system.steps[k].enters for k in run.steps[run.loop :])
    return "storm" if enters else "starved"
