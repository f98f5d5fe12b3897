"""Fuzzing on one page: a file in, runs by chance on machines of it, a report out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path

from checker.engines.engine import Answered, Budget, Crashed
from checker.engines.run_question import RunObligation, RunResult
from checker.language.load import Loaded, load
from checker.properties.property import Property, properties
from checker.report.report import Line, Report
from checker.verdict.judge import judge_crash, judge_fuzz
from checker.verdict.verdict import Skipped
from checker.verify import asked_by_all, nothing_to_ask, report_of
from model.design.design import Design
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class FuzzOptions:
    """How much is run, of what, from which seed."""

    examples: int = 20_000
    seconds: float = 60.0
    """For each obligation; what is not run by then is not run."""
    seed: int = 0
    database: str = ""
    """Where failures are kept; empty: nowhere."""
    home: str = ""
    """Where Hypothesis keeps what it can make again; empty: below the working directory."""
    jobs: int = 2
    properties: tuple[str, ...] = ()
    params: Mapping[str, int] = field(default_factory=dict)
    expectations: bool = True
    budget: Budget = field(default_factory=Budget)
    progress: Callable[[int, int], None] = lambda done, total: None
    library: Path | None = None


def fuzz(path: Path, options: FuzzOptions) -> Report:
    """Run a design by chance, for each property asked for that is about runs."""
    started = time.monotonic()
    known = properties()
    loaded = load(path, options.params, known, options.library)
    lines: list[Line] = []
    if loaded.design is not None and not any(d.is_error for d in loaded.diagnostics):
        asked = dict.fromkeys(options.properties or [a.property for a in loaded.design.asks])
        for name in asked:
            line = _line(loaded.design, name, known[name], options) if name in known else None
            lines += [line] if line is not None else []
    else:
        loaded = Loaded(None, loaded.diagnostics, loaded.sources)
    return report_of(
        path, loaded, tuple(lines), started, options.params, [line.name for line in lines]
    )


def _line(design: Design, name: str, prop: Property, options: FuzzOptions) -> Line | None:
    """The verdict; None if the property is about maps, and nobody asked for it by name."""
    every = list(prop.obligations(design))
    some = [o for o in every if isinstance(o, RunObligation)]
    expects = {e.property: e.outcome for e in design.expects} if options.expectations else {}
    expected, stated = expects.get(name, "holds"), name in expects
    at = next((a.origin for a in design.asks if a.property == name), None)
    if not some:
        if name not in options.properties and every:
            return None
        if not every and name in asked_by_all(design, expects, options.properties):
            return replace(nothing_to_ask(name, prop), asked_at=at)
        why = "it asks about maps, which do not run" if every else prop.nothing
        return Line(name, prop.asks, Skipped(why), expected, stated, 0.0, asked_at=at)
    answers = _run(some, options)
    crash = next((a for a in answers if isinstance(a, Crashed)), None)
    results = [a for a in answers if isinstance(a, RunResult)]
    judged = judge_crash(crash) if crash else judge_fuzz(some, results, prop.nothing)
    seconds = sum(r.seconds for r in results)
    return Line(name, prop.asks, judged.verdict, expected, stated, seconds, asked_at=at)


def _run(obligations: list[RunObligation], options: FuzzOptions) -> list[RunResult | Crashed]:
    """Each in a process of its own: what a machine dies of is not lost with it."""
    from checker.engines import fuzz as engine  # noqa: PLC0415
    from checker.engines.child import Asked, run_all  # noqa: PLC0415

    last = {id(o): engine.LastWords() for o in obligations}
    effort = engine.Effort(
        options.examples, options.seconds, options.seed, options.database, options.home
    )

    def work(asked: Asked, budget: Budget) -> Answered | RunResult:
        assert isinstance(asked, RunObligation)
        return engine.work(asked, budget, effort, last[id(asked)])

    out: dict[int, RunResult | Crashed] = {}

    def idle(done: int) -> None:
        options.progress(done, len(obligations))

    for f in run_all(obligations, work, options.budget, options.jobs, idle):
        result = f.answered
        assert not isinstance(result, Answered)
        if (
            isinstance(result, RunResult) and result.fuzzed is None
        ):  # The process died, or was stopped.
            machine, schedule = last[id(obligations[f.index])].read()
            words = f"; machine {machine} was running the schedule {schedule.hex() or 'empty'}"
            open_ = tuple(x + words for x in result.open)
            result = RunResult(None, open=open_, seconds=result.seconds)
        out[f.index] = result
    return [out[k] for k in range(len(obligations))]
