"""`--format json`: one object with every property, its evidence, and what the run was given.

`checker schema` prints the JSON Schema of it (`result.schema.json` beside this file).
"""

from __future__ import annotations

import json

from checker import __version__
from checker.report.diagnostics import as_json
from checker.report.report import Line, Report
from checker.report.run import Provenance, Run, Style, tally, unjudged
from checker.verdict.certificate import Certificate
from checker.verdict.finding import Finding, Place
from checker.verdict.trace import Subject, Trace
from checker.verdict.verdict import (
    Bounded,
    Disagree,
    Failed,
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
"""A new number where a field goes or changes its meaning; fields may be added without one."""


def render(run: Run, style: Style) -> str:  # noqa: ARG001  (a form for machines)
    """The whole run."""
    return json.dumps(as_data(run), indent=2)


def as_data(run: Run) -> dict[str, object]:
    """The whole run as plain data."""
    return {
        **provenance_data(run.provenance),
        **ending_data(run),
        "designs": [design_data(r) for r in run.reports],
    }


def provenance_data(p: Provenance) -> dict[str, object]:
    """What the run was made with."""
    return {
        "schema_version": SCHEMA_VERSION,
        "command": p.command,
        "tool": {"name": "vqcheck", "version": __version__, **dict(p.versions)},
        "started": p.started,
        "options": dict(p.options),
    }


def ending_data(run: Run) -> dict[str, object]:
    """What the run ends with, and that nothing which was asked for is left out."""
    left = [
        {"design": r.path, "property": name, "why": why}
        for r in run.reports
        for name, why in unjudged(r)
    ]
    wrong = [r.path for r in run.reports if r.is_wrong]
    return {
        "exit_code": run.exit_code,
        "exit_meaning": run.meaning,
        "completeness": {
            "selected": len(run.lines) + len(left),
            "judged": len(run.lines),
            "as_expected": sum(line.as_expected for line in run.lines),
            "outcomes": tally(run.lines),
            "not_judged": left,
            "designs_with_errors": wrong,
            "complete": not left and not wrong,
        },
    }


def design_data(r: Report) -> dict[str, object]:
    """One design with its properties."""
    return {
        **summary_data(r),
        "properties": [line_data(line) for line in r.lines],
    }


def summary_data(r: Report) -> dict[str, object]:
    """One design without its properties."""
    return {
        "path": r.path,
        "digest": f"sha256:{r.digest}",
        "inputs": _inputs(r),
        "params": dict(r.options),
        "summary": r.summary,
        "seconds": round(r.seconds, 4),
        "selected": list(r.selected),
        "diagnostics": as_json(r.diagnostics),
        "parameters": [
            {"name": p.name, "low": p.low, "high": p.high, "place": _place(Place(p.origin))}
            for p in r.parameters
        ],
        "assumptions": [{**_place(p), "text": p.span.text} for p in r.assumptions],
        "not_needed": [_place(p) for p in r.unused],
    }


def line_data(line: Line) -> dict[str, object]:
    """One property with its evidence."""
    return {
        "property": line.name,
        "asks": line.asks,
        "outcome": outcome(line.verdict),
        "strength": strength(line.verdict),
        "expected": line.expected,
        "expected_is_stated": line.stated,
        "as_expected": line.as_expected,
        "proof_required": line.needs_proof,
        "seconds": round(line.seconds, 4),
        "rlimit": line.rlimit,
        "cached": line.cached or None,
        "asked_at": _place(Place(line.asked_at)) if line.asked_at else None,
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
        case Failed(where, reason, details):
            return {"error": {"where": where, "reason": reason, "details": details}}


def _how(how: Proved | Bounded | Sampled) -> dict[str, object]:
    match how:
        case Sampled(runs, machines, steps, taken, never):
            kept = {"steps": steps, "taken": taken, "never_taken": list(never)}
            return {"campaign": {"runs": runs, "coverage": {"machines": machines, **kept}}}
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
        "unserved_at": [_place(p) for p in f.unserved_at],
        **({"trace": trace_data(f.trace)} if f.trace else {}),
    }


def trace_file(t: Trace, r: Report) -> str:
    """The text of a file that has a run of this report alone; `checker replay` reads it."""
    data = {"schema_version": SCHEMA_VERSION, **trace_data(t), "inputs": _inputs(r)}
    return json.dumps(data, indent=2)


def _inputs(r: Report) -> list[dict[str, str]]:
    return [{"path": i.path, "digest": f"sha256:{i.sha256}"} for i in r.inputs]


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
        "path": s.source.path,
        "line": s.line,
        "column": s.column,
        "end_line": end_line,
        "end_column": end_column,
        "words": p.words,
    }
