"""`--format sarif`: SARIF 2.1.0, for code scanning and for editors.

A rule is a property, or an error code of the language. Each property of each design has a result:
`fail` where it is not as expected, `open` without a verdict, `pass` where it holds, `informational`
where the violation is what the design expects. A run that shows the violation is a code flow with
a thread an agent; the lines that are to blame are related locations. What the tool itself failed
at is a notification, not a result.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from urllib.parse import quote

from checker import __version__
from checker.diagnostics.diagnostic import Diagnostic, Label
from checker.report.report import Line, Report
from checker.report.run import Run, Style, unjudged
from checker.report.text import details
from checker.verdict.finding import Finding, Place
from checker.verdict.trace import Trace, TraceStep
from checker.verdict.verdict import Disagree, Failed, Violated, outcome, strength
from model.expr import Value
from model.span import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_INSTANCE = re.compile(r"\[[^]]*\]|\d+")
Json = dict[str, object]


def render(run: Run, style: Style) -> str:  # noqa: ARG001  (a form for machines)
    """The whole run."""
    return json.dumps(as_data(run), indent=2)


def as_data(run: Run) -> Json:
    """The whole run as plain data."""
    results = list(_results(run))
    rules = _rules(run)
    for r in results:
        r["ruleIndex"] = list(rules).index(str(r["ruleId"]))
    driver = {
        "name": "vqcheck",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": list(rules.values()),
    }
    one = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"vqcheck {run.provenance.command}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(run)],
        "artifacts": _artifacts(run),
        "results": results,
        "properties": {
            "versions": dict(run.provenance.versions),
            "options": dict(run.provenance.options),
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [one]}


# What the run was


def _invocation(run: Run) -> Json:
    broken = [
        (r, line)
        for r in run.reports
        for line in r.lines
        if isinstance(line.verdict, Failed | Disagree)
    ]
    wrong = any(r.is_wrong for r in run.reports)
    notes = [_notification(r, line) for r, line in broken]
    nothing = not wrong and not any(r.lines for r in run.reports)
    if nothing:  # No result would read as nothing found.
        notes.append({"level": "error", "message": {"text": "nothing was checked"}})
    return {
        "executionSuccessful": not (broken or wrong or nothing),
        "exitCode": run.exit_code,
        "exitCodeDescription": run.meaning,
        "startTimeUtc": run.provenance.started,
        "toolExecutionNotifications": notes,
    }


def _notification(report: Report, line: Line) -> Json:
    out: Json = {
        "level": "error",
        "message": {"text": details(report, line)},
        "associatedRule": {"id": line.name},
    }
    if isinstance(line.verdict, Failed):
        out["exception"] = {"message": f"{line.verdict.where}: {line.verdict.reason}"}
    return out


def _artifacts(run: Run) -> list[Json]:
    inputs = {i.path: i.sha256 for r in run.reports for i in r.inputs}
    return [
        {"location": {"uri": _uri(path)}, "hashes": {"sha-256": digest}}
        for path, digest in inputs.items()
    ]


def _rules(run: Run) -> dict[str, Json]:
    out: dict[str, Json] = {}
    for r in run.reports:
        for line in r.lines:
            asks = {"text": line.asks or line.name}
            out.setdefault(line.name, {"id": line.name, "shortDescription": asks})
        for name, _ in unjudged(r):
            out.setdefault(name, {"id": name, "shortDescription": {"text": name}})
        for d in r.diagnostics:
            words = f"`checker explain {d.code}` explains it"
            out.setdefault(d.code, {"id": d.code, "shortDescription": {"text": words}})
    return out


# Results


def _results(run: Run) -> Iterator[Json]:
    for r in run.reports:
        seen: Counter[str] = Counter()
        for d in r.diagnostics:
            yield _diagnostic(r, d, seen)
        for line in r.lines:
            yield from _of_line(r, line, seen)
        for name, why in unjudged(r):
            result = _result(name, "open", f"not judged: {why}", [_location(r.path)])
            yield _marked(result, (r.path, name, "unjudged"), seen)


def _diagnostic(report: Report, d: Diagnostic, seen: Counter[str]) -> Json:
    words = d.headline + (f"\nhint: {d.hint}" if d.hint else "")
    at = d.at.span if d.at else None
    result = _result(d.code, "fail", words, [_location(d.path or report.path, at)])
    result["level"] = d.severity.value
    result["relatedLocations"] = _related(d.also)
    return _marked(result, (report.path, d.code, at.text if at else ""), seen)


def _of_line(report: Report, line: Line, seen: Counter[str]) -> Iterator[Json]:
    word = outcome(line.verdict)
    if isinstance(line.verdict, Violated):
        for f in line.verdict.findings:
            yield _violation(report, line, f, seen)
        return
    if word in ("unknown", "disagree", "error"):
        kind = "open"
    elif word == "skipped" and line.as_expected:
        kind = "notApplicable"
    else:
        kind = "pass" if line.as_expected else "fail"
    words = details(report, line) or f"{line.name}: {word}, {strength(line.verdict)}"
    if outcome(line.verdict) != line.expected and line.stated:
        words += f"\nThe design expects {line.expected}."
    result = _result(line.name, kind, words, [_location(report.path, line.asked_at)])
    result["properties"] = _bag(line)
    yield _marked(result, (report.path, line.name, word), seen)


def _violation(report: Report, line: Line, f: Finding, seen: Counter[str]) -> Json:
    values = ", ".join(f"{k} = {v}" for k, v in f.values)
    words = [f.statement, f"values: {values}" if values else "", f.frontier]
    words.append(f"likewise: {', '.join(f.same)}" if f.same else "")
    words.append(f"hint: {f.hint}" if f.hint else "")
    kind = "fail"
    if line.as_expected:
        kind = "informational"
        words.append("The design expects this violation.")
    place = f.first_place(report.path) or next(iter((*f.blamed, *f.places)), None)
    if place is not None and place in f.blamed:
        words.insert(1, place.words)
    at = place.span if place else line.asked_at
    text = "\n".join(w for w in words if w)
    result = _result(line.name, kind, text, [_location(report.path, at)])
    result["relatedLocations"] = _related((*f.unserved_at, *f.places))
    if f.trace is not None:
        result["codeFlows"] = [_flow(report, f.trace)]
    result["properties"] = {**_bag(line), "aspect": f.aspect, "values": dict(f.values)}
    # Of the design, not of the values that the solver happens to find.
    about = _INSTANCE.sub("", f.subject)
    return _marked(result, (report.path, line.name, f.aspect, about), seen)


def _bag(line: Line) -> Json:
    return {
        "outcome": outcome(line.verdict),
        "strength": strength(line.verdict),
        "expected": line.expected,
        **({"proof_required": True} if line.needs_proof else {}),
        **({"cached": line.cached} if line.cached else {}),
    }


def _result(rule: str, kind: str, words: str, at: list[Json]) -> Json:
    level = "error" if kind == "fail" else "none"
    return {
        "ruleId": rule,
        "kind": kind,
        "level": level,
        "message": {"text": words},
        "locations": at,
    }


def _marked(result: Json, about: Iterable[str], seen: Counter[str]) -> Json:
    """With a fingerprint that stays when lines move, and values change."""
    mark = hashlib.sha256("\0".join(about).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[mark] += 1
    return {**result, "partialFingerprints": {"vqcheck/v1": f"{mark}:{seen[mark]}"}}


# A run


def _flow(report: Report, trace: Trace) -> Json:
    actors = list(dict.fromkeys([*trace.agents, *(s.actor for s in trace.steps)]))
    threads = [_thread(report, trace, a) for a in actors if any(s.actor == a for s in trace.steps)]
    if threads and trace.start:
        threads[0]["initialState"] = _state(trace.start.items())
    return {"message": {"text": f"{trace.kind}: {trace.instance}"}, "threadFlows": threads}


def _thread(report: Report, trace: Trace, actor: str) -> Json:
    steps = [_step(report, trace, s) for s in trace.steps if s.actor == actor]
    return {"id": actor, "message": {"text": actor}, "locations": steps}


def _step(report: Report, trace: Trace, s: TraceStep) -> Json:
    words = f"{s.number}. {s.actor}: {s.verb}"
    if s.seen:
        words += " (found " + ", ".join(f"{k} = {_value(v)}" for k, v in s.seen) + ")"
    if s.number == trace.loop:
        words += " (from here on, for ever)"
    where = _location(report.path, s.origin) if s.origin else {}
    return {
        "executionOrder": s.number,
        "importance": "essential" if s.number == len(trace.steps) else "important",
        "location": {**where, "message": {"text": words}},
        **({"state": _state(s.changes)} if s.changes else {}),
    }


def _state(cells: Iterable[tuple[str, Value]]) -> Json:
    return {k: {"text": _value(v)} for k, v in cells}


def _value(v: Value) -> str:
    return str(int(v) if isinstance(v, bool) else v)


# Places


def _related(places: Iterable[Place | Label]) -> list[Json]:
    return [
        {
            "id": n,
            **_location(p.span.source.path, p.span),
            **({"message": {"text": p.words}} if p.words else {}),
        }
        for n, p in enumerate(places, 1)
    ]


def _location(path: str, at: Span | None = None) -> Json:
    if at is None:
        return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}}}
    line, column = at.source.position(at.start)
    end_line, end_column = at.source.position(max(at.start, at.end))
    region = {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
        "snippet": {"text": at.text},
    }
    where = {"artifactLocation": {"uri": _uri(at.source.path)}, "region": region}
    return {"physicalLocation": where}


def _uri(path: str) -> str:
    """A path as a reference by URI; a relative one stays relative."""
    pure = PurePosixPath(path)
    return pure.as_uri() if pure.is_absolute() else quote(str(pure))
