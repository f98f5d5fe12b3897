"""A report as JSON: every property asked for, its evidence, and what the run was given."""

from __future__ import annotations

from collections.abc import Iterable

from checker import __version__
from checker.report.diagnostics import as_json
from checker.report.report import Line, Report
from checker.verdict.certificate import Certificate
from checker.verdict.finding import Finding, Place
from checker.verdict.trace import Subject, Trace
from checker.verdict.verdict import (
    Bounded,
    Disagree,
    Holds,
    Proved,
    Sampled,
    Skipped,
    Unknown,
    Vacuous,
    Violated,
    outcome,
    strength,
)

SCHEMA_VERSION = 1


def as_data(
    reports: Iterable[Report], exit_code: int, versions: dict[str, str]
) -> dict[str, object]:
    """The whole run."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "vqcheck", "version": __version__, **versions},
        "exit_code": exit_code,
        "designs": [_design(r) for r in reports],
    }


def _design(r: Report) -> dict[str, object]:
    return {
        "path": r.path,
        "digest": f"sha256:{r.digest}",
        "options": dict(r.options),
        "summary": r.summary,
        "seconds": round(r.seconds, 4),
        "diagnostics": as_json(r.diagnostics),
        "properties": [_line(line) for line in r.lines],
        "assumptions": [_place(p) for p in r.assumptions],
        "not_needed": [_place(p) for p in r.unused],
    }


def _line(line: Line) -> dict[str, object]:
    return {
        "property": line.name,
        "asks": line.asks,
        "outcome": outcome(line.verdict),
        "strength": strength(line.verdict),
        "expected": line.expected,
        "expected_is_stated": line.stated,
        "as_expected": line.as_expected,
        "seconds": round(line.seconds, 4),
        "rlimit": line.rlimit,
        **_evidence(line),
    }


def _evidence(line: Line) -> dict[str, object]:
    match line.verdict:
        case Holds(how, witness, needs):
            return {**_how(how), "witness": witness, "needs": [_place(p) for p in needs]}
        case Violated(findings, still_open):
            return {"violations": [_finding(f) for f in findings], "undecided": list(still_open)}
        case Vacuous(missing):
            return {"missing": missing}
        case Unknown(reasons):
            return {"reasons": list(reasons)}
        case Skipped(why):
            return {"reasons": [why]}
        case Disagree(first, second):
            return {"disagreement": [first, second]}


def _how(how: Proved | Bounded | Sampled) -> dict[str, object]:
    match how:
        case Sampled(runs, machines, coverage, never):
            some = {"runs": runs, "machines": machines, "coverage": coverage}
            return {"fuzzed": {**some, "never_taken": list(never)}}
        case Proved(scope, certificate):
            return {"scope": scope, **_certificate(certificate)}
        case Bounded(steps, queues, lines, why):
            bound = {"steps": steps, "queues": queues, "lines": lines}
            return {"bound": bound, "not_proved": list(why)}


def _certificate(c: Certificate | None) -> dict[str, object]:
    if c is None:
        return {}
    queries = [{"proves": q.proves, "sha256": q.digest} for q in c.queries]
    return {"certificate": {"solvers": list(c.solvers), "queries": queries}}


def _finding(f: Finding) -> dict[str, object]:
    return {
        "aspect": f.aspect,
        "statement": f.statement,
        "values": dict(f.values),
        "params": dict(f.pins),
        "table": [list(r) for r in f.table],
        "likewise": list(f.same),
        "frontier": f.frontier,
        "hint": f.hint,
        "replayed": True,
        "places": [_place(p) for p in f.places],
        **({"trace": trace_data(f.trace)} if f.trace else {}),
    }


def trace_data(t: Trace) -> dict[str, object]:
    """A run as data: the same whether the checker, the model or a machine made it."""
    return {
        "kind": t.kind,
        "instance": t.instance,
        **({"of": _subject(t.of)} if t.of else {}),
        "unserved": list(t.sources),
        "agents": list(t.agents),
        "start": dict(t.start),
        "loop": t.loop,
        "steps": [
            {
                "number": s.number,
                "actor": s.actor,
                "action": s.verb,
                "changes": dict(s.changes),
                "found": dict(s.seen),
                **({"place": _place(Place(s.origin, ""))} if s.origin else {}),
            }
            for s in t.steps
        ],
    }


def _subject(s: Subject) -> dict[str, object]:
    """What `checker replay` builds the machine of."""
    return {
        "design": s.design,
        "device": s.device,
        "given": dict(s.given),
        "mode": s.mode,
        "trigger": s.trigger,
        "numbers": list(s.numbers),
        "keeps_pending": s.keeps_pending,
        "active": list(s.active),
    }


def _place(p: Place) -> dict[str, object]:
    s = p.span
    end_line, end_column = s.source.position(s.end)
    return {
        "file": s.source.path,
        "line": s.line,
        "column": s.column,
        "end_line": end_line,
        "end_column": end_column,
        "words": p.words,
    }
