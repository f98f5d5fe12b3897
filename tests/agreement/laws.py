"""What has to be so of any design with programs; a law gives what is wrong, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path

from checker.engines import bounded, horn, runs
from checker.engines.engine import Budget, GaveUp
from checker.engines.run_asking import Asking
from checker.engines.run_proofs import Proofs
from checker.engines.run_question import RunObligation, RunResult
from checker.language.load import load
from checker.properties.property import properties
from checker.verdict.judge import judge_runs
from checker.verdict.trace import Trace
from checker.verdict.verdict import Holds, Proved, Verdict
from model.design import design as model
from model.expr import Expr, Lit, Value, Var, conj, equal, negate, value
from model.kernel.compile import places, predicate
from model.kernel.explore import TooManyStates, explore, stuck
from model.kernel.system import System, enabled, take
from model.meaning.focus import Case
from model.meaning.instance import Instance, Setting
from tests.agreement import oracle
from tests.agreement.designs import Design, text

PROPERTY = "no_lost_notifications"


@dataclass(frozen=True)
class Refused(Exception):
    """The text has errors."""

    codes: tuple[str, ...]


def read(d: Design, folder: Path) -> model.Design:
    """The design as the checker has it. Raises `Refused`."""
    path = folder / "design.vq"
    path.write_text(text(d), encoding="utf-8")
    loaded = load(path, {}, properties())
    wrong = tuple(x.code for x in loaded.diagnostics if x.is_error)
    if loaded.design is None or wrong:
        raise Refused(wrong)
    return loaded.design


@dataclass(frozen=True)
class Small:
    """An instance in which these sources are active."""

    queues: int
    lines: int
    active: tuple[str, ...]
    instance: Instance

    @cached_property
    def system(self) -> System:
        """Made where it is wanted: most instances of most designs are never gone through."""
        return self.instance.system(set(self.active))

    @property
    def words(self) -> str:
        return f"{self.queues} queues, {self.lines} lines, active {', '.join(self.active)}"


def _setting(made: model.Design, given: Mapping[str, Value]) -> Setting:
    device = made.devices[0]
    pool = made.transport(device.transport).pools[0]
    return Setting(device, given, "", pool.triggers[0], (), pool.pending)


def small(d: Design, made: model.Design, queues: int = 3, active: int = 3) -> Iterator[Small]:
    """The instances of a design, the smallest first."""
    for n in range(1, min(d.most, queues) + 1):
        for lines in range(d.lines[0], d.lines[1] + 1):
            given = {"param.n": n, "grant.p": lines}
            instance = Instance(made, _setting(made, given))
            names = [r.name for r in instance.sources]
            for size in range(1, active + 1):
                for some in combinations(names, size):
                    yield Small(n, lines, some, instance)


@dataclass(frozen=True)
class Compared:
    """What two searches said of an instance; `lost` None: it was too large, or is not compared."""

    lost: bool | None = None
    wrong: str = ""


def with_oracle(d: Design, x: Small, most: int = 2_000) -> Compared:
    """The search over steps finds a loss if and only if the interpreter does."""
    try:
        found = explore(x.system, most).bad is not None
        active = ["config" if a == "config" else a[4:-1] for a in x.active]
        lost = oracle.loses(d, x.queues, x.lines, active, 4 * most)
    except (TooManyStates, oracle.TooMany):
        return Compared()
    if found != lost:
        return Compared(lost, f"{x.words}: explore says {found}, the oracle says {lost}")
    return Compared(lost)


def with_bounded(x: Small, deepest: int = 12, most: int = 2_000) -> str:
    """Unrolling in Z3 gives the run that breadth-first search gives."""
    try:
        reached = explore(x.system, most)
    except TooManyStates:
        return ""
    run = None if reached.bad is None else reached.run(reached.bad)
    got = bounded.shortest(x.system, deepest)
    if isinstance(got, GaveUp):
        return f"{x.words}: bounded gave up: {got.reason}"
    want = run if run is not None and len(run) <= deepest else None
    return "" if got == want else f"{x.words}: explore {want}, bounded {got}"


@dataclass(frozen=True)
class Asked:
    """What the checker says about a design, and how it came to it."""

    verdict: Verdict
    results: tuple[tuple[RunObligation, RunResult], ...]

    @property
    def is_proved(self) -> bool:
        return isinstance(self.verdict, Holds) and isinstance(self.verdict.how, Proved)


def ask(made: model.Design, budget: Budget | None = None) -> Asked:
    """The verdict, in this process."""
    prop = properties()[PROPERTY]
    asked = [o for o in prop.obligations(made) if isinstance(o, RunObligation)]
    results = [runs.work(o, budget or Budget()) for o in asked]
    judged = judge_runs(asked, results, prop.scope, prop.nothing)
    return Asked(judged.verdict, tuple(zip(asked, results, strict=True)))


def proof(d: Design, made: model.Design, asked: Asked, most: int = 300_000) -> str:
    """What is proved is so in every instance that can be gone through."""
    if not asked.is_proved:
        return ""
    for x in small(d, made):
        try:
            reached = explore(x.system, most)
        except TooManyStates:
            continue
        if reached.bad is not None:
            steps = [x.system.steps[k].name for k in reached.run(reached.bad)]
            return f"PROVED, AND LOST: {x.words}: {steps}"
        endless = stuck(x.system, reached)
        if endless is not None:
            steps = [x.system.steps[k].name for k in endless.steps]
            return f"PROVED, AND ENDLESS: {x.words}: {steps}, from {endless.loop} on"
    return ""


def counterexample(made: model.Design, asked: Asked) -> str:
    """What is violated has a run that can be run, and shows it."""
    for obligation, result in asked.results:
        if result.found is not None:
            wrong = _replayed(made, obligation, result, result.found)
            if wrong:
                return f"VIOLATED, BUT {wrong}"
    return ""


def _replayed(
    made: model.Design, obligation: RunObligation, result: RunResult, trace: Trace
) -> str:
    instance = Instance(made, _setting(made, dict(result.values)))
    agents = {a for a in trace.agents if a.startswith("device ")}
    system = instance.system({a.removeprefix("device ") for a in agents})
    states = [system.start()]
    taken: list[int] = []
    for s in trace.steps:
        now = states[-1]
        ways = [
            k
            for k, x in enumerate(system.steps)
            if (x.actor, x.verb) == (s.actor, s.verb) and enabled(x, now)
        ]
        if not ways:
            return f"step {s.number} ({s.actor}: {s.verb}) cannot be taken"
        taken.append(ways[0])
        states.append(take(system.steps[ways[0]], now))
    if trace.loop is None:
        return "" if value(system.bad, states[-1]) else "nothing is lost at the end of the run"
    return _lasso(system, states, taken, trace)


def _lasso(
    system: System, states: Sequence[dict[str, bool | int]], taken: Sequence[int], trace: Trace
) -> str:
    assert trace.loop is not None
    loop = trace.loop - 1
    is_nobodys = trace.kind == "unhandled"
    if states[loop] != states[-1] or loop == len(taken):
        return "the loop does not close"
    inside = states[loop:]
    steps = [system.steps[k] for k in taken[loop:]]
    if not is_nobodys and any(s.produces for s in steps):
        return "the loop produces"
    acts = {s.actor for s in steps}
    for actor in {s.actor for s in system.steps}:
        mine = [s for s in system.steps if s.actor == actor and not s.produces]
        if actor not in acts and all(any(enabled(s, x) for s in mine) for x in inside):
            return f"the loop is not fair to {actor}"
    if is_nobodys:
        return "" if any(s.unhandled for s in steps) else "each interrupt is somebody's"
    starves = any(all(value(s.work, x) for x in inside) for s in system.sources)
    return "" if starves or any(s.enters for s in steps) else "the loop starves nobody"


class Finite(Proofs):
    """Proofs of what is finite alone: that is quick, with a `glance` more so."""

    glance = False

    def _invariant(self, system: System, effort: str = "all") -> horn.Found:
        steps = [(s.guard, s.writes) for s in system.steps]
        key = repr((system.cells, steps, system.bad, system.where))
        if key not in self.answers:
            self.answers[key] = horn.glance(system) if self.glance else horn.prove(system, ())
        return self.answers[key]


class _Anyway(Finite):
    """The proofs that nothing is lost, asked of every design, lost or not."""

    def _endless(self, case: Case) -> str:
        return ""

    def every(self) -> dict[str, str]:
        """How each case is proved that is."""
        self.with_all_effort(list(self.cases()))
        return {p.words: p.peers for p in self.a.known.proofs}


@dataclass
class Cases:
    """What the proofs of a design were held against."""

    wrong: str = ""
    proved: int = 0
    """Cases with a proof."""
    met: int = 0
    """Instances with a source of a case that is proved, every state of which was looked at."""
    too_large: int = 0


def cases(d: Design, made: model.Design, most: int = 60_000) -> Cases:
    """Each case that is proved is so of every source that it is about, in every instance.

    With peers forgotten the source's own agents alone must rest; with peers counted, everybody.
    """
    asked = [o for o in properties()[PROPERTY].obligations(made) if isinstance(o, RunObligation)]
    proved: dict[str, str] = {}
    for o in asked:
        proved |= _Anyway(Asking(o, Budget())).every()
    out = Cases(proved=len(proved))
    for x in small(d, made) if proved else ():
        _look_at_all(d, x, proved, most, out)
        if out.wrong:
            break
    return out


def _look_at_all(d: Design, x: Small, proved: dict[str, str], most: int, out: Cases) -> None:
    tests = _tests(d, x, proved)
    if not tests:
        return
    try:
        reached = explore(x.system, most, stop=False)
    except TooManyStates:
        out.too_large += 1
        return
    out.met += 1
    at = places(x.system)
    for name, how, lost in tests:
        is_lost = predicate(lost, at)
        found = next((s for s in reached.states if is_lost(s)), None)
        if found is not None:
            steps = [x.system.steps[k].name for k in reached.run(found)]
            out.wrong = f"PROVED, AND LOST: {x.words}: {name} ({how}): {steps}"


def _tests(d: Design, x: Small, proved: dict[str, str]) -> list[tuple[str, str, Expr]]:
    """The sources of the instance of which something is proved, and what must never be."""
    maps = oracle.Machine(d, x.queues, x.lines, ())
    out = []
    for name in x.active:
        k = maps.config_line() if name == "config" else maps.line_of(int(name[4:-1]))
        chain = ", ".join(f"h{h}" for h in maps.handlers_of(k))
        how = proved.get(f"map {'config' if name == 'config' else 'req'} with {chain}")
        if how is None:
            continue
        work = next(s.work for s in x.system.sources if s.name == name)
        own = {f"device {name}", f"service {name}", f"handler line {k}"}
        memory = {s.actor for s in x.system.steps if s.actor.startswith("memory")}
        actors = own | {a for a in memory if name in a or a.removeprefix("memory of ") in own}
        if how != "forgotten":
            actors = {s.actor for s in x.system.steps}
        rest = [negate(s.guard) for s in x.system.steps if s.actor in actors and not s.produces]
        at = places(x.system)
        idle = [equal(Var(f"{a}.at"), Lit(0)) for a in actors if f"{a}.at" in at]
        out.append((name, how, conj(work, *rest, *idle)))
    return out
