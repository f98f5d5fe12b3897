"""The whole flow on one page: a file in, a report out."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from checker.diagnostics.diagnostic import Diagnostic, Label
from checker.engines.certify import ask_all, certificate
from checker.engines.engine import Answered, Budget, Crashed, GaveUp, Obligation, Sat
from checker.engines.run_question import RunObligation, RunResult
from checker.language.load import Loaded, load
from checker.options import Options as Options
from checker.properties.property import Property, properties
from checker.properties.well_formed import well_formed
from checker.report.report import Input, Line, Parameter, Report, sha256
from checker.verdict.certificate import Query
from checker.verdict.finding import Finding, Place
from checker.verdict.judge import certified, judge, judge_crash, judge_runs
from checker.verdict.verdict import Holds, Proved, Skipped, Verdict
from model.design.design import Design
from model.design.device import Device, Param
from model.expr_linear import constant
from model.span import Span

_CODES = {
    "index": "VQ0502",
    "negative": "VQ0503",
    "argument": "VQ0504",
    "undefined": "VQ0505",
    "empty": "VQ0506",
}
_Every = Obligation | RunObligation
_Answer = Answered | RunResult
_Reply = _Answer | Crashed
_Asked = tuple[Sequence[_Every], Sequence[_Reply], tuple[str, ...]]


def verify(path: Path, options: Options) -> Report:
    """Check a design: its text, that it means something, then each property asked for."""
    started = time.monotonic()
    known = properties()
    loaded = load(path, options.params, known, options.library, options.overlay)
    design = loaded.design
    if design is None:
        return report_of(path, loaded, (), started, options.params, options.properties)
    asked = _asked(design, options)
    basic = list(well_formed(design))
    by_property = {p: list(known[p].obligations(design)) for p in asked if p in known}
    everything: list[_Every] = [*basic, *(o for some in by_property.values() for o in some)]
    answers = _answer(everything, options)
    wrong = _text_errors(basic, answers[: len(basic)], options.params)
    if wrong:
        every = dict.fromkeys((*loaded.diagnostics, *wrong))
        loaded = Loaded(None, tuple(every), loaded.sources)
        return report_of(path, loaded, (), started, options.params, asked)
    lines: list[Line] = []
    rests_on: list[tuple[Query, ...]] = []
    used: set[tuple[str, int]] = set()
    at = len(basic)
    at_text = {a.property: a.origin for a in reversed(design.asks)}
    expects = {e.property: e.outcome for e in design.expects} if options.expectations else {}
    anything = asked_by_all(design, expects, options.properties)
    undecided = _undecided(basic, answers[: len(basic)])
    # Without an answer whether the design means something, no property can be judged.
    crashed = [a for a in answers[: len(basic)] if isinstance(a, Crashed)]
    for name in asked:
        mine = by_property.get(name, [])
        some = [*crashed, *answers[at : at + len(mine)]]
        at += len(mine)
        if name in anything and not mine and not crashed:
            lines.append(replace(nothing_to_ask(name, known[name]), asked_at=at_text.get(name)))
            rests_on.append(())
            continue
        line, facts = _line(name, known.get(name), (mine, some, undecided), expects.get(name))
        lines.append(replace(line, asked_at=at_text.get(name)))
        rests_on.append(_questions([*answers[: len(basic)], *some]))
        used |= facts
    if options.certify:
        lines = _confirmed(lines, rests_on, options)
    report = report_of(path, loaded, tuple(lines), started, options.params, asked)
    report = replace(report, library=str(options.library or ""))
    if any(isinstance(o, RunObligation) for o in everything):
        return report  # A proof about runs does not say which lines of the design it needed.
    return _with_unused(report, everything, used) if _tells_unused(report, options) else report


def _asked(design: Design, options: Options) -> list[str]:
    asked = dict.fromkeys(options.properties or [a.property for a in design.asks])
    return [name for name in asked if options.among is None or name in options.among]


def _answer(obligations: Sequence[_Every], options: Options) -> list[_Reply]:
    """All answers, in the order of the obligations."""
    if not obligations:
        return []
    # Loaded here, not at the top: a run that only finds syntax errors needs no solver.
    from checker.engines import contexts, mapping, runs  # noqa: PLC0415
    from checker.engines.child import run_all  # noqa: PLC0415

    out: dict[int, _Reply] = {}

    keep = bool(options.certify)

    def work(asked: _Every, budget: Budget) -> _Answer:
        if isinstance(asked, RunObligation):
            return runs.work(asked, budget, keep=keep)
        return mapping.work(asked, budget, keep=keep)

    def idle(done: int) -> None:
        options.progress("obligations", done, len(obligations))

    contexts.prepare()
    budget = replace(options.budget, processes=min(2, options.jobs))
    for f in run_all(obligations, work, budget, options.jobs, idle):
        out[f.index] = f.answered
    return [out[k] for k in range(len(obligations))]


def asked_by_all(
    design: Design, expects: Collection[str], by_name: Collection[str]
) -> frozenset[str]:
    """Properties of which `check all` asks what there is to ask.

    One that is asked for by name, or of which something is expected, has to have a subject.
    """
    by_all = {a.property for a in design.asks if a.origin.text == "all"}
    return frozenset(by_all - set(expects) - set(by_name))


def nothing_to_ask(name: str, prop: Property) -> Line:
    """A property that `check all` found no subject of: it says nothing for or against."""
    return Line(name, prop.asks, Skipped(prop.nothing), "skipped", False, 0.0)


def _line(
    name: str, prop: Property | None, asked: _Asked, expected: str | None
) -> tuple[Line, frozenset[tuple[str, int]]]:
    verdict: Verdict
    used: frozenset[tuple[str, int]] = frozenset()
    if prop is None:
        verdict = Skipped(f"this version of the checker has no engine for `{name}` yet")
    else:
        obligations, answers, undecided = asked
        crash = next((a for a in answers if isinstance(a, Crashed)), None)
        runs = [a for a in answers if isinstance(a, RunResult)]
        if crash is not None:
            judged = judge_crash(crash)
        elif runs:
            asked_of = [o for o in obligations if isinstance(o, RunObligation)]
            judged = judge_runs(asked_of, runs, prop.scope, prop.nothing, undecided)
        else:
            some = [
                (o, a)
                for o, a in zip(obligations, answers, strict=True)
                if isinstance(o, Obligation) and isinstance(a, Answered)
            ]
            plain = [o for o, _ in some], [a for _, a in some]
            judged = judge(*plain, prop.scope, prop.nothing, undecided)
        verdict, used = judged.verdict, judged.used
    line = Line(
        name,
        prop.asks if prop else "",
        verdict,
        expected or "holds",
        expected is not None,
        sum(a.seconds for a in asked[1]),
        sum(a.rlimit_used for a in asked[1]),
    )
    return line, used


def _confirmed(
    lines: Sequence[Line], rests_on: Sequence[tuple[Query, ...]], options: Options
) -> list[Line]:
    """The lines after other solvers were asked about what each proof rests on."""
    every = [
        q for line, some in zip(lines, rests_on, strict=True) if _is_proved(line) for q in some
    ]
    options.progress("proofs certified", 0, sum(map(_is_proved, lines)))
    checks = ask_all(every, options.certify, options.budget.timeout_seconds) if every else ()
    return [
        replace(line, verdict=certified(line.verdict, certificate(some, checks)))
        for line, some in zip(lines, rests_on, strict=True)
    ]


def _questions(answers: Sequence[_Reply]) -> tuple[Query, ...]:
    return tuple(q for a in answers if not isinstance(a, Crashed) for q in a.queries)


def _is_proved(line: Line) -> bool:
    return isinstance(line.verdict, Holds) and isinstance(line.verdict.how, Proved)


def _text_errors(
    obligations: Sequence[Obligation], answers: Sequence[_Reply], given: Mapping[str, int]
) -> tuple[Diagnostic, ...]:
    """What makes the design meaningless, as errors of the text."""
    out: list[Diagnostic] = []
    contradictory: list[set[Span]] = []
    for obligation, answered in zip(obligations, answers, strict=True):
        if not isinstance(answered, Answered):
            continue
        for goal, answer in zip(obligation.goals, answered.answers, strict=True):
            if goal.want_model and not isinstance(answer, Sat | GaveUp):
                spans = [f.origin for f in goal.facts if f.origin is not None]
                every = set(spans)
                if not any(known <= every for known in contradictory):
                    out.append(_contradiction(spans, given))
                contradictory.append(every)
            elif isinstance(answer, Sat) and not goal.want_model:
                told = goal.told(answer.values)
                if isinstance(told, Finding):
                    out.append(_diagnostic(told))
    return tuple(out)


def _contradiction(spans: list[Span], given: Mapping[str, int]) -> Diagnostic:
    values = ", ".join(f"{k} = {v}" for k, v in sorted(given.items()))
    given_words = f" (given: {values})" if values else ""
    return Diagnostic(
        "VQ0501",
        f"no values satisfy the ranges and assumptions together{given_words}",
        Label(spans[-1]),
        tuple(Label(s) for s in spans[:-1]),
        "a property of such a design would hold because nothing can happen",
    )


def _diagnostic(found: Finding) -> Diagnostic:
    code = _CODES[found.aspect]
    values = ", ".join(f"{k} = {v}" for k, v in found.values)
    first, *rest = found.places
    return Diagnostic(
        code,
        found.statement + (f" (for {values})" if values else ""),
        Label(first.span, first.words),
        tuple(Label(p.span, p.words) for p in rest),
    )


def _undecided(obligations: Sequence[Obligation], answers: Sequence[_Reply]) -> tuple[str, ...]:
    """Questions about the text itself that stayed open: then nothing is proved."""
    found = [
        f"{goal.name} ({goal.about or o.subject}): {answer.reason}"
        for o, answered in zip(obligations, answers, strict=True)
        if isinstance(answered, Answered)
        for goal, answer in zip(o.goals, answered.answers, strict=True)
        if isinstance(answer, GaveUp)
    ]
    if not found:
        return ()
    more = f", and {len(found) - 1} more questions" if len(found) > 1 else ""
    return (f"whether the design means something at all: {found[0]}{more}",)


def report_of(
    path: Path,
    loaded: Loaded,
    lines: tuple[Line, ...],
    started: float,
    params: Mapping[str, int],
    selected: Sequence[str],
) -> Report:
    """All that is shown of a run, from what was read and the verdicts."""
    design = loaded.design
    assumed = tuple(Place(a.origin, "") for a in design.assumes) if design else ()
    return Report(
        str(path),
        _summary(design) if design else "",
        loaded.diagnostics,
        lines,
        (),
        assumed,
        time.monotonic() - started,
        tuple((k, str(v)) for k, v in sorted(params.items())),
        digest_of(loaded),
        design is not None and not (design.devices or design.asks or design.claims),
        tuple(selected),
        tuple(Input(s.path, sha256(s.text)) for s in loaded.sources),
        opened=loaded.opened,
        parameters=tuple(map(_parameter, design.params)) if design else (),
    )


def _parameter(p: Param) -> Parameter:
    written = p.range.origin.text.split("..")
    ends = [constant(e) for e in (p.range.lo, p.range.hi)]
    low, high = (
        " ".join(w.split()) if v is None else str(v) for v, w in zip(ends, written, strict=True)
    )
    return Parameter(p.name, low, high, p.origin)


def digest_of(loaded: Loaded) -> str:
    """Of all texts of a design, in the order in which they were read."""
    h = hashlib.sha256()
    for s in loaded.sources:
        h.update(s.text.encode("utf-8", "surrogatepass") + b"\0")
    return h.hexdigest()


def _summary(design: Design) -> str:
    types = sorted({f"{d.type.name} on {d.transport}" for d in design.devices})
    some = ", ".join(types[:3]) + (", ..." if len(types) > 3 else "")
    where = f", platform {design.platform.name}" if design.platform else ", no platform"
    how_many = _how_many(design.devices)
    return f"{how_many} ({some}){where}" if how_many else "no device"


def _how_many(devices: Sequence[Device]) -> str:
    """How many there are; arrays of which that hangs on a param are named beside."""
    n, arrays = 0, []
    for d in devices:
        ends = [constant(e) for e in (d.index.range.lo, d.index.range.hi)] if d.index else [0, 0]
        lo, hi = ends
        if lo is None or hi is None:
            assert d.index is not None
            arrays.append(f"{d.name}[{' '.join(d.index.range.origin.text.split())}]")
        else:
            n += max(0, hi - lo + 1)
    if not devices:
        return ""
    known = f"{n} device{'' if n == 1 else 's'}"
    if not arrays:
        return known
    return f"{f'{known} and ' if n else ''}devices {', '.join(arrays)}"


def _tells_unused(report: Report, options: Options) -> bool:
    """Whether what was not needed means anything: where all that is asked is proved.

    With one property picked, others would need it; of what is violated or was only searched, a line
    that no proof needs may be the very reason.
    """
    checked = [line.verdict for line in report.lines if not isinstance(line.verdict, Skipped)]
    return (
        not options.properties
        and options.among is None
        and all(isinstance(v, Holds) and isinstance(v.how, Proved) for v in checked)
    )


def _with_unused(
    report: Report, obligations: Sequence[_Every], used: set[tuple[str, int]]
) -> Report:
    """Lines of the design that no proof needed and no counterexample used."""
    every = {
        (f.origin.source.path, f.origin.start): f.origin
        for o in obligations
        for g in o.goals
        for f in g.facts
        if f.origin is not None
    }
    own = {key: span for key, span in every.items() if key[0] == report.path}
    needed = [span for key, span in own.items() if key in used]
    unused: dict[int, Place] = {}
    for key, span in sorted(own.items(), key=lambda x: x[0]):
        if key not in used and not _is_needed(span, needed):
            unused.setdefault(span.line, Place(span, ""))
    return replace(report, unused=tuple(unused.values()))


_DECLARED = re.compile(r"(?:param|device_type)\s+(\w+)")


def _is_needed(span: Span, needed: Sequence[Span]) -> bool:
    """A line is needed with another one in it or on it, or with one that names what it declares."""
    declared = _DECLARED.match(span.text)
    name = re.compile(rf"\b{declared[1]}\b") if declared else None
    return any(
        n.line == span.line
        or span.start <= n.start < span.end
        or (name is not None and name.search(n.text) is not None)
        for n in needed
    )
