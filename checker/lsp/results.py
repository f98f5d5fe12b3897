"""A report on a design for the editor: a message, and diagnostics where the counterexample is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lsprotocol import types as lsp

from checker.lsp.analysis import Analysis

SOURCE = "vqcheck verify"
_Found = tuple[str, lsp.Diagnostic]
_Severity = lsp.DiagnosticSeverity


def is_wrong(report: Mapping[str, Any]) -> bool:
    """Whether the text has an error, so that nothing was judged."""
    return any(d["severity"] == "error" for d in report["diagnostics"])


def is_of(report: Mapping[str, Any], inputs: frozenset[tuple[str, str]]) -> bool:
    """Whether a report is about these texts, and not about files that have changed meanwhile."""
    found = {(i["path"], i["digest"].removeprefix("sha256:")) for i in report["inputs"]}
    return found == inputs


def title(line: Mapping[str, Any]) -> str:
    """The verdict on a property in a few words."""
    expected = "" if line["as_expected"] else f", {line['expected']} is expected"
    if line["as_expected"] and line["outcome"] != "holds":
        expected = " as expected"
    strength = f", {line['strength']}" if line["strength"] else ""
    return f"{line['property']} {line['outcome']}{expected}{strength}"


def message(report: Mapping[str, Any]) -> lsp.ShowMessageParams:
    """What is said of a run as a whole."""
    if is_wrong(report):
        first = next(d for d in report["diagnostics"] if d["severity"] == "error")
        words = f"Nothing was verified, the design is wrong: {first['code']} {first['headline']}"
        return lsp.ShowMessageParams(lsp.MessageType.Error, words)
    lines = report["properties"]
    if not lines:
        return lsp.ShowMessageParams(lsp.MessageType.Error, "Nothing was checked.")
    words = "; ".join(title(line) for line in lines)
    fine = all(line["as_expected"] for line in lines)
    return lsp.ShowMessageParams(lsp.MessageType.Info if fine else lsp.MessageType.Error, words)


def diagnostics(analysis: Analysis, report: Mapping[str, Any]) -> dict[str, list[lsp.Diagnostic]]:
    """Of each property that does not plainly hold, by address."""
    out: dict[str, list[lsp.Diagnostic]] = {}
    if is_wrong(report):
        wrong = report["diagnostics"]
        found: list[_Found] = [x for d in wrong for x in _of_text(analysis, d)]
    else:
        found = [x for line in report["properties"] for x in _of_line(analysis, line)]
    for uri, d in found:
        out.setdefault(uri, []).append(d)
    return out


def _of_text(analysis: Analysis, d: Mapping[str, Any]) -> Iterator[_Found]:
    """An error that takes a solver to be found; what is known of the text already is shown."""
    at = analysis.place(d["at"]) if d["at"] else None
    if at is None or any(k.code == d["code"] for k in analysis.loaded.diagnostics):
        return
    hint = f"\nhint: {d['hint']}" if d["hint"] else ""
    yield at.uri, _diagnostic(at, _Severity.Error, d["code"], f"{d['headline']}{hint}")


def _of_line(analysis: Analysis, line: Mapping[str, Any]) -> Iterator[_Found]:
    if line["outcome"] == "holds" and line["as_expected"]:
        return
    name = line["property"]
    kind = _Severity.Information if line["as_expected"] else _Severity.Error
    asked = analysis.place(line["asked_at"]) if line["asked_at"] else None
    if asked is None:
        return
    violations = line.get("violations", [])
    for v in violations:
        related = list(_places(analysis, v))
        shown = _diagnostic(asked, kind, name, _words(line, v), related)
        yield asked.uri, shown
        yield from _of_places(name, kind, related)
    if not violations:
        yield asked.uri, _diagnostic(asked, kind, name, f"{title(line)}: {_why(line)}")


def _words(line: Mapping[str, Any], violation: Mapping[str, Any]) -> str:
    values = ", ".join(f"{k} = {v}" for k, v in violation["values"].items())
    words = [title(line), violation["statement"], f"values: {values}" if values else ""]
    words += [violation["frontier"], f"hint: {violation['hint']}" if violation["hint"] else ""]
    return "\n".join(w for w in words if w)


def _why(line: Mapping[str, Any]) -> str:
    error = line.get("error", {})
    words: Sequence[str] = line.get("reasons") or line.get("disagreement") or ()
    return "; ".join(words) or line.get("missing") or error.get("reason") or line["asks"]


_Related = list[lsp.DiagnosticRelatedInformation]


def _places(
    analysis: Analysis, violation: Mapping[str, Any]
) -> Iterator[lsp.DiagnosticRelatedInformation]:
    """The lines of the design that it takes, then each step of the run, in order."""
    steps = [s for s in violation.get("trace", {}).get("steps", []) if "place" in s]
    stepped = {_start(s["place"]) for s in steps}
    for p in violation["places"]:
        if _start(p) not in stepped and (at := analysis.place(p)):
            yield lsp.DiagnosticRelatedInformation(at, p["words"] or violation["statement"])
    for s in steps:
        if at := analysis.place(s["place"]):
            words = f"step {s['number']}, {s['actor']}: {s['action']}"
            yield lsp.DiagnosticRelatedInformation(at, words)


def _start(place: Mapping[str, Any]) -> tuple[str, int, int]:
    return place["path"], place["line"], place["column"]


def _of_places(name: str, kind: lsp.DiagnosticSeverity, related: _Related) -> Iterator[_Found]:
    """One for each place of a counterexample, with all that happens there."""
    said: dict[tuple[str, int, int, int, int], list[lsp.DiagnosticRelatedInformation]] = {}
    for r in related:
        a, b = r.location.range.start, r.location.range.end
        said.setdefault((r.location.uri, a.line, a.character, b.line, b.character), []).append(r)
    quiet = max(kind, _Severity.Information)
    for group in said.values():
        words = "; ".join(dict.fromkeys(r.message for r in group))
        at = group[0].location
        yield at.uri, _diagnostic(at, quiet, name, f"counterexample to {name}: {words}")


def _diagnostic(
    at: lsp.Location,
    kind: lsp.DiagnosticSeverity,
    code: str,
    words: str,
    related: _Related | None = None,
) -> lsp.Diagnostic:
    return lsp.Diagnostic(
        range=at.range,
        severity=kind,
        code=code,
        source=SOURCE,
        message=words,
        related_information=related or None,
    )
