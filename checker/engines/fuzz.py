"""Runs of a design by chance, on the machine: bytes pick who steps, then everybody comes to rest.

First Hypothesis draws them, remembers what failed before and makes failures small; then, where more
runs are asked for, a generator of random bytes, at the speed of the machine. What fails is a
schedule without any superfluous step, told as the same kind of trace that a search gives.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Iterable, Sequence
from dataclasses import field

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from checker.engines.chance import told
from checker.engines.engine import Budget
from checker.engines.run_question import Fuzzed, RunObligation, RunResult, Tried
from checker.engines.runs import instances
from checker.verdict.trace import Trace
from model.expr import Undefined
from model.machine.machine import Machine
from model.machine.schedule import LONGEST, longest, play, random_schedules, record
from model.meaning.instance import Instance
from model.meaning.programs import Unsupported
from model.record import dataclass
from model.strategies import Program, programs

_BY_HYPOTHESIS = 1_000
"""Runs that Hypothesis draws before a plain generator goes on."""
_BATCH = 256
_FAILS = b"fails"
"""Under which schedules are kept: Hypothesis keeps its own, and can only make those again."""
_AT_LEAST = 64
_FOR_COVERAGE = 40
"""Schedules of each machine that are looked at step by step."""
_MOST_SOURCES = 4


@dataclass(frozen=True, slots=True)
class Effort:
    """How much, from which seed, and where failures are remembered ('': nowhere)."""

    examples: int
    seconds: float
    seed: int
    database: str
    home: str = ""
    """Where Hypothesis keeps what it can make again ('': where it would by itself)."""


class LastWords:
    """The schedule that is being run, in memory that outlives a process that dies of it."""

    def __init__(self) -> None:
        self.page = mmap.mmap(-1, 4096)

    def note(self, machine: int, schedule: bytes) -> None:
        """Before each run."""
        some = schedule[:4000]
        self.page[0:4] = machine.to_bytes(2, "little") + len(some).to_bytes(2, "little")
        self.page[4 : 4 + len(some)] = some

    def read(self) -> tuple[int, bytes]:
        """The machine and the schedule of the last run."""
        n = int.from_bytes(self.page[2:4], "little")
        return int.from_bytes(self.page[0:2], "little"), bytes(self.page[4 : 4 + n])


@dataclass(slots=True)
class _Tried:
    words: str
    machine: Machine
    of: Tried
    served: bool = False
    could: set[tuple[str, str]] = field(default_factory=set)
    did: set[tuple[str, str]] = field(default_factory=set)


def work(obligation: RunObligation, budget: Budget, effort: Effort, last: LastWords) -> RunResult:
    """The whole obligation, in this process."""
    if effort.home:
        set_hypothesis_home_dir(effort.home)
    started = time.monotonic()
    fuzzer = _Fuzzer(obligation, budget, effort, last)
    result = fuzzer.result()
    return RunResult(
        result, fuzzer.values, witness=fuzzer.witness(), open=tuple(fuzzer.open),
        seconds=time.monotonic() - started, missing=fuzzer.missing, fuzzed=fuzzer.fuzzed(),
    )  # fmt: skip


class _OfOne(ExampleDatabase):
    """What is kept of one obligation: what fails for another does not fail here, and would go."""

    def __init__(self, kept: ExampleDatabase, name: str) -> None:
        super().__init__()
        self.kept, self.name = kept, name.encode()

    def save(self, key: bytes, value: bytes) -> None:
        self.kept.save(self.name + key, value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return self.kept.fetch(self.name + key)

    def delete(self, key: bytes, value: bytes) -> None:
        self.kept.delete(self.name + key, value)


class _Found(Exception):
    """Ends an example of Hypothesis as a failure."""


class _Fuzzer:
    def __init__(
        self, obligation: RunObligation, budget: Budget, effort: Effort, last: LastWords
    ) -> None:
        self.asked, self.effort, self.last = obligation, effort, last
        self.database: ExampleDatabase | None = None
        if effort.database:
            name = f"{obligation.design.path}\n{obligation.property}\n{obligation.subject}\n"
            self.database = _OfOne(DirectoryBasedExampleDatabase(effort.database), name)
        self.until = 0.0
        self.open: list[str] = []
        self.values: tuple[tuple[str, bool | int], ...] = ()
        self.runs = self.steps = 0
        found = instances(obligation, budget)
        self.open += found.open
        self.missing = found.missing
        self.every = self._machines(found.tried)

    def _machines(self, tried: Sequence[Tried]) -> list[_Tried]:
        """The instances of a search, and each device once more with more of its sources active."""
        out: list[_Tried] = []
        devices: dict[int, Tried] = {}
        for t in tried:
            devices.setdefault(id(t.setting), t)
            self._add(out, t, t.words)
        for t in devices.values():
            names = [r.name for r in Instance(self.asked.design, t.setting).sources]
            if len(names) > 2:
                some = tuple(names[:_MOST_SOURCES])
                words = f"{t.words.split(': ')[0]}: {', '.join(some)}"
                more = Tried(words, t.setting, t.system, some)
                self._add(out, more, words)
        return out

    def _add(self, out: list[_Tried], t: Tried, words: str) -> None:
        try:
            m = Machine(self.asked.design, t.setting, frozenset(t.active))
        except (Undefined, Unsupported) as e:
            self.open.append(f"a machine cannot be made: {e}")
            return
        out.append(_Tried(words, m, t))

    # Running

    def result(self) -> Trace | None:
        """The first failure, made small; None if there is none."""
        if not self.every:
            return None
        for x in self.every:
            self._cover(x)
        self.until = time.monotonic() + self.effort.seconds
        found = self._kept() or self._by_hypothesis() or self._by_chance()
        if found is None:
            return None
        which, schedule = found
        if self.database is not None:
            self.database.save(_FAILS, which.to_bytes(2, "little") + bytes(schedule))
        return self._told(which, schedule)

    def _fails(self, p: Program) -> bool:
        self.last.note(p.machine, p.schedule)
        x = self.every[p.machine]
        self.runs += 1
        self.steps += len(p.schedule)
        return bool(play(x.machine, p.schedule).kind)

    def _goes_on(self) -> bool:
        """Until the time is up; a few runs are made however little of it there is."""
        return self.runs < _AT_LEAST or time.monotonic() < self.until

    def _kept(self) -> tuple[int, Sequence[int]] | None:
        """What failed before, by whomever it was found, and still does."""
        if self.database is None:
            return None
        for value in sorted(self.database.fetch(_FAILS), key=lambda v: (len(v), v)):
            p = Program(int.from_bytes(value[:2], "little"), value[2:])
            if p.machine < len(self.every) and self._fails(p):
                return p.machine, p.schedule
            self.database.delete(_FAILS, value)
        return None

    def _by_hypothesis(self) -> tuple[int, Sequence[int]] | None:
        found: list[Program] = []
        wanted = min(self.effort.examples, _BY_HYPOTHESIS)

        @settings(
            max_examples=wanted,
            deadline=None,
            database=self.database,
            phases=(Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @seed(self.effort.seed)  # Inside: it would switch the database off.
        @given(programs(len(self.every)))
        def example(p: Program) -> None:
            # What has failed fails again: when the time is up, Hypothesis still shows it once more.
            if p in found or (self._goes_on() and self._fails(p)):
                found.append(p)
                raise _Found

        try:
            example()
        except _Found:
            return found[-1].machine, found[-1].schedule
        return None

    def _by_chance(self) -> tuple[int, Sequence[int]] | None:
        n = len(self.every)
        draw = random_schedules(self.effort.seed, max(longest(x.machine) for x in self.every))
        while self.runs < self.effort.examples and self._goes_on():
            for _ in range(min(_BATCH, self.effort.examples - self.runs)):
                p = Program(self.runs % n, draw())
                if self._fails(p):
                    return p.machine, p.schedule
        return None

    # Telling

    def _told(self, which: int, schedule: Sequence[int]) -> Trace:
        x = self.every[which]
        self.values = tuple(sorted(x.of.setting.given.items()))
        return told(self.asked.design, x.machine, x.of, schedule)

    def _cover(self, x: _Tried) -> None:
        """Which steps of the programs are taken, and whether anything gets through."""
        m = x.machine
        x.could = {(s.actor, s.verb) for s in m.system.steps}
        draw = random_schedules(self.effort.seed, LONGEST)
        for _ in range(_FOR_COVERAGE):
            ended = record(m, draw())
            m.reset()
            used = False
            for k in ended.taken:
                a = m.agents[k]
                x.did.add((a.name, a.doing()[0]))
                used = used or bool(m.unserved())
                m.step(k)
            x.served = x.served or (used and not ended.kind)

    def witness(self) -> str:
        """That something was served, or ''."""
        served = next((x for x in self.every if x.served), None)
        return "" if served is None else f"a notification gets through ({served.words})"

    def fuzzed(self) -> Fuzzed:
        """How much was run, and what of the programs."""
        could = {s for x in self.every for s in x.could}
        did = {s for x in self.every for s in x.did}
        never = sorted(f"{a}: {v}" for a, v in could - did)
        return Fuzzed(self.runs, len(self.every), len(could), len(could & did), tuple(never))
