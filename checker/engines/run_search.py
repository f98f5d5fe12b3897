"""Instances of a design, and every state of them: the shortest run that loses a notification."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice

from checker.engines.candidates import Laid
from checker.engines.engine import GaveUp, Sat, Unsat
from checker.engines.run_asking import Asking
from checker.engines.run_question import IN_ALL, InstanceGoal, InstanceRecord, ProofCase, Tried
from checker.engines.run_trace import trace_of
from checker.verdict.trace import Trace, setting_of, subject_of
from model.design.design import Design
from model.expr import Expr, Lit, Undefined, Value, conj, less
from model.kernel.explore import (
    Run,
    TooManyStates,
    explore,
    shortest_served,
    stuck,
    unhandled,
)
from model.kernel.system import System
from model.meaning.instance import Instance, Setting
from model.meaning.layout import TooLarge
from model.meaning.programs import Unsupported
from model.meaning.rows import Row, Rows
from model.record import dataclass

VERY_FEW_STATES, SOME_STATES = 2_000, 10_000
FEW_STATES, MANY_STATES = 60_000, 1_000_000
_FEW_SOURCES = 12
_MOST_PLAYED = 24
SIZES = (1, 2)
"""Numbers of sources that produce."""

_EVERY = {1: _FEW_SOURCES, 2: _FEW_SOURCES, 3: _FEW_SOURCES // 2}
"""In the end, of a device with up to so many sources, all that are so many are tried: those that
are alike alone may differ beside others."""

Found = tuple[Trace, tuple[tuple[str, Value], ...]]
"""A run that shows a violation, and the values of the parameters."""
Ways = tuple[ProofCase, list[Expr]]
"""A case, and each way in which its undecided facts can be."""


@dataclass(frozen=True, slots=True)
class Instances:
    """Those that are tried, in this order, why others cannot be, and why none of them counts."""

    tried: tuple[Tried, ...]
    open: tuple[str, ...]
    missing: str


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
            reached = explore(tried.system, FEW_STATES)
        except TooManyStates:
            continue
        if reached.bad is not None:
            return Telling(tried, endless=False)
        if stuck(tried.system, reached) is not None:
            return Telling(tried, endless=True)
        if len(reached.states) > most:
            best, most = tried, len(reached.states)
    return None if best is None else Telling(best, endless=False)


class Search:
    """The instances of an obligation, made once, and searched as far as one asks."""

    def __init__(self, a: Asking) -> None:
        self.a = a
        self.settings: list[Setting] = []
        self.laid: dict[int, Laid | None] = {}
        self.is_further = self.is_last = False
        self.left: int | None = None
        """How many states may be visited yet; None: as many as each search says."""
        self.whole: dict[tuple[int, tuple[str, ...]], Setting] = {}
        """What was visited whole: the setting, kept so that its number stays its own, and who
        produces."""

    def begin(self) -> str:
        """Find the first devices; why nothing can happen at all, or ''."""
        self.settings = list(self.new_settings())
        missing = self.missing()
        if missing:  # A line that can never be granted shows nothing; to be granted none may.
            self.settings = [x for x in self.settings if x.laid and not x.laid[0].lines]
        return missing

    def instances(self) -> Instances:
        """What there is to be run."""
        missing = self.begin()
        tried = tuple(t for size in SIZES for t in self.tried(size))
        return Instances(tried, tuple(dict.fromkeys(self.a.known.open)), missing)

    def further(self, ways: Sequence[Ways]) -> Found | None:
        """What else may well lose something: suspects in pairs, wider instances; asked once."""
        if self.is_further:
            return None
        self.is_further = True
        return self.suspects(ways, pairs=True) or self.wider()

    def wider(self) -> Found | None:
        """Further instances: a source may be on a line, or beside a queue, that was not tried.

        Those with few queues stay, and count where they are not visited whole; larger ones are a
        search for a loss, and nothing is said of them.
        """
        known, self.settings = self.settings, list(self.new_settings(self.a.obligation.wider))
        passed = dict(self.a.known.passed)
        found = self.search(1, FEW_STATES, endless_too=True)
        if found is None:
            found = self.search(2, SOME_STATES, endless_too=True)
        self.a.known.passed = passed
        self.settings = [*known, *(x for x in self.settings if _callbacks(x) <= max(SIZES))]
        return found

    def smaller(self, found: Found) -> Found:
        """The run in a smaller device, if one that was not tried has one as short."""
        trace, _ = found
        setting = setting_of(self.a.obligation.design, trace.of) if trace.of else None
        if trace.of is None or setting is None or not any(v > 2 for _, v in trace.of.given):
            return found  # Two of a kind is as small as a reader could wish.
        design, size = self.a.obligation.design, len(trace.of.active)
        most = _sources(design, setting)
        known, passed = self.settings, dict(self.a.known.passed)
        self.settings = [x for x in known if _sources(design, x) < most]
        # Those were searched; what has less in it than a larger device is only of use here.
        enough = most if most <= _FEW_SOURCES else most // 2  # Else it reads no better.
        wider = (_with_fewer(x, enough) for x in self.a.obligation.wider)
        further = list(self.new_settings(wider)) if most > size else []
        for small in (x for x in further if _sources(design, x) < most):
            self.settings = [small]
            other = self.search(size, FEW_STATES, endless_too=trace.loop is not None)
            if other is not None and _as_good(other[0], trace):
                found = other
                break
        self.settings, self.a.known.passed = known, passed
        return found

    def missing(self) -> str:
        """Why nothing can happen at all, or ''."""
        for goal in self.a.obligation.required:
            answer = self.a.ask(goal, in_a_proof=False)
            if isinstance(answer, GaveUp):
                self.a.known.open.append(f"whether there is a line ({goal.about}): {answer.reason}")
            if isinstance(answer, Unsat):
                return goal.about
        return "" if self.settings or self.a.known.open else self.a.obligation.nowhere

    def passed(self) -> tuple[InstanceRecord, ...]:
        """What was tried and never visited whole."""
        whole = {i.words for i in self.a.known.explored}
        return tuple(i for w, i in self.a.known.passed.items() if w not in whole)

    def new_settings(self, asks: Iterable[InstanceGoal] | None = None) -> Iterator[Setting]:
        """Devices to try, the smallest first, apart from those that are known."""
        found = list(self.settings)
        seen: set[object] = {(x.numbers, tuple(sorted(x.given.items()))) for x in found}
        for ask in self.a.obligation.instances if asks is None else asks:
            if any(ask.is_enough(x) for x in found):
                continue
            answer = self.a.ask(ask.goal, in_a_proof=False)
            if isinstance(answer, GaveUp):
                self.a.known.open.append(f"an instance ({ask.goal.name}): {answer.reason}")
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

    def last(self) -> Found | None:
        """All that is left to be tried, the small ones first, up to so many states in all."""
        self.left, self.is_last, found = IN_ALL, True, None
        every = (1, 5 * FEW_STATES), (2, FEW_STATES), (2, MANY_STATES), (3, 5 * FEW_STATES)
        for size, most in every:
            found = self.search(size, most, endless_too=True)
            if found is not None:
                break
        self.left = None  # A smaller device that shows the same is looked for without it.
        return found or self.played()

    def played(self) -> Found | None:
        """Devices with all of their sources, and large ones, by chance: none is visited whole."""
        known, passed = self.settings, dict(self.a.known.passed)
        self.settings = [*known, *self.new_settings(self.a.obligation.large)]
        try:
            for laid in self.laid_out():
                found = self._play(laid)
                if found is not None:
                    return found
        finally:
            self.settings, self.a.known.passed = known, passed
        return None

    def witness(self) -> str:
        """That something is served, where no instance was visited whole; '' if none shows it."""
        from checker.engines.chance import gets_through  # noqa: PLC0415

        for laid in self.laid_out():
            rows = laid.candidates()[: max(SIZES)]
            tried = self._tried(laid, rows) if rows else None
            seen = gets_through(self.a.obligation.design, tried) if tried else ""
            if seen:
                return seen
        return ""

    def _play(self, laid: Laid) -> Found | None:
        """What fails by chance; the shortest run that does, if those who take part are few."""
        from checker.engines.chance import by_chance  # noqa: PLC0415  (most verdicts need no machine)

        rows = list(islice((r for r in laid.instance.rows if r.callback), _MOST_PLAYED))
        tried = self._tried(laid, rows)
        trace = by_chance(self.a.obligation.design, tried) if tried else None
        if trace is None:
            return None
        part = [r for r in rows if any(s.actor == f"device {r.name}" for s in trace.steps)]
        few = self._suspect(laid, part, MANY_STATES) if len(part) < len(rows) else None
        return few or trace, tuple(sorted(laid.setting.given.items()))

    def search(self, size: int, most: int, *, endless_too: bool) -> Found | None:
        """Every state of the instances in which so many sources produce."""
        for tried in self.tried(size):
            trace = self.visit(tried, most, endless_too=endless_too)
            if trace is not None:
                return trace, tuple(sorted(tried.setting.given.items()))
        return None

    def tried(self, size: int) -> Iterator[Tried]:
        """The instances in which so many sources produce, those alike left out."""
        seen: set[str] = set()
        sketches: set[object] = set()
        for laid in self.laid_out():
            every = self.is_last and _count(laid.instance.rows) <= _EVERY.get(size, 0)
            for active in combinations(laid.instance.sources if every else laid.candidates(), size):
                sketch = laid.sketch(active)
                if sketch in sketches and not every:
                    continue
                sketches.add(sketch)
                tried = self._tried(laid, active)
                if tried is None:
                    continue
                same = laid.signature(active)
                if same not in seen:
                    seen.add(same)
                    yield tried

    def laid_out(self) -> Iterator[Laid]:
        """The instances, each laid out once."""
        for setting in self.settings:
            key = id(setting)
            if key not in self.laid:
                try:
                    self.laid[key] = Laid(setting, Instance(self.a.obligation.design, setting))
                except TooLarge as e:
                    self.laid[key] = None
                    self.a.known.open.append(f"an instance cannot be laid out: {e}")
            laid = self.laid[key]
            if laid is not None:
                yield laid

    def suspects(self, ways: Sequence[Ways], *, pairs: bool = False) -> Found | None:
        """Sources as they would have to be for a proof to fail: each way its facts can be.

        `pairs`: each of them beside another source of its device, which has all that it can have.
        """
        most = next((i.goal.prefer for i in self.a.obligation.instances if i.goal.prefer), ())
        prefer = most if pairs else ()
        for ask, every in ways:
            for way in every:
                answer = self.a.ask(
                    replace(ask.possible, bad=way, want_model=False, show=ask.show, prefer=prefer),
                    in_a_proof=False,
                )
                found = ask.lay(answer.values) if isinstance(answer, Sat) else None
                if found is None:
                    continue
                setting, name = found
                laid = Laid(setting, Instance(self.a.obligation.design, setting))
                for rows in _with(laid, name, pairs=pairs):
                    trace = self._suspect(laid, rows, SOME_STATES if pairs else MANY_STATES)
                    if trace is not None:
                        return trace, tuple(sorted(setting.given.items()))
        return None

    def _suspect(self, laid: Laid, rows: Sequence[Row], most: int) -> Trace | None:
        tried = self._tried(laid, rows)
        return None if tried is None else self.visit(tried, most, endless_too=True)

    def _tried(self, laid: Laid, active: Sequence[Row]) -> Tried | None:
        """The instance in which these sources produce; None, and why not is noted."""
        system = self._system(laid, active)
        if system is None:
            return None
        names = tuple(r.name for r in active)
        return Tried(laid.words(active), laid.setting, system, names)

    def _spend(self, states: int) -> None:
        if self.left is not None:
            self.left = max(0, self.left - states)

    def _system(self, laid: Laid, active: Sequence[Row]) -> System | None:
        try:
            return laid.system(active)
        except Undefined as e:
            self.a.known.open.append(f"a program of an instance has no value: {e}")
        except Unsupported as e:
            self.a.known.open.append(f"{e} ({e.origin.source.path}:{e.origin.line})")
        return None

    def visit(self, tried: Tried, most: int, *, endless_too: bool) -> Trace | None:
        """Every state of an instance, up to so many: the shortest run with a violation, if any."""
        system, words = tried.system, tried.words
        of = subject_of(self.a.obligation.design, tried.setting, tried.active)
        instance = id(tried.setting), tried.active  # Two may have the same words.
        if instance in self.whole:
            return None
        limit = most if self.left is None else min(most, self.left)
        try:
            reached = explore(system, limit)
        except TooManyStates:
            self._spend(limit)
            known = self.a.known.passed.get(words)
            if endless_too and (known is None or known.states < limit):
                self.a.known.passed[words] = _record(words, system, limit, 0)
            return None
        self._spend(len(reached.states))
        if reached.bad is not None:
            return trace_of(system, Run(reached.run(reached.bad)), words, of)
        if not self.a.known.witness:
            self.a.known.witness = shortest_served(system, reached)
        if not endless_too:
            return None
        run = stuck(system, reached)
        if run is not None:
            return trace_of(system, run, words, of)
        run = unhandled(system, reached)
        if run is not None:
            return trace_of(system, run, words, of, kind="unhandled")
        self.a.known.explored.append(_record(words, system, len(reached.states), reached.depth()))
        self.whole[instance] = tried.setting
        return None


def _sources(design: Design, setting: Setting) -> int:
    return _count(setting.laid[0].rows if setting.laid else Instance(design, setting).rows)


def _with_fewer(ask: InstanceGoal, most: int) -> InstanceGoal:
    """The same, and fewer queues that want notifications than so many sources."""
    if ask.queues is None:
        return ask
    bad = conj(ask.goal.bad, less(ask.queues, Lit(most)))
    return replace(ask, goal=replace(ask.goal, bad=bad))


def _as_good(a: Trace, b: Trace) -> bool:
    return a.kind == b.kind and len(a.steps) <= len(b.steps)


def _record(words: str, system: System, states: int, depth: int) -> InstanceRecord:
    lines = {s.actor for s in system.steps if s.enters}
    return InstanceRecord(words, states, depth, len(system.sources), len(lines))


def _callbacks(x: Setting) -> int:
    return 0 if x.laid is None else _count(x.laid[0].rows)


def _count(rows: Rows) -> int:
    return sum(rows.callbacks().values()) + rows.config


def _has_no_more(a: Setting, b: Setting) -> bool:
    """Whether `a` has as many lines as `b`, as few queues, and no source of a kind that b has not.

    Then a feature that only `a` has shows in nothing that can notify.
    """
    if a.laid is None or b.laid is None:
        return False
    x, y = a.laid[0], b.laid[0]
    kinds = [{**z.rows.callbacks(), **({"": 1} if z.rows.config else {})} for z in (x, y)]
    few = sum(kinds[0].values()) <= sum(kinds[1].values()) and kinds[0].keys() <= kinds[1].keys()
    return x.lines == y.lines and x.numbers == y.numbers and few


def _with(laid: Laid, name: str, *, pairs: bool) -> Iterator[Sequence[Row]]:
    """The source of that name; or it and another one, of those that differ."""
    own = [r for r in laid.instance.sources if r.name == name]
    if own and not pairs:
        yield own
    if own and pairs:
        sources = laid.instance.sources
        for other in laid.candidates():
            if other.name != name:
                yield sorted((*own, other), key=sources.index)
