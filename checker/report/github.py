"""`--format github`: workflow commands that annotate the lines of a pull request.

What is not as expected is an error at the place that explains it. A summary for the page of the
run is the form `markdown`.
"""

from __future__ import annotations

from checker.report.diagnostics import as_github, escaped
from checker.report.report import Line, Report
from checker.report.run import Run, Style, counted
from checker.report.text import details
from checker.verdict.finding import Finding
from checker.verdict.verdict import Violated, outcome
from model.span import Span


def render(run: Run, style: Style) -> str:  # noqa: ARG001  (a form for machines)
    """The whole run; the last line says what it amounts to, where there is nothing to annotate."""
    out: list[str] = []
    for r in run.reports:
        out += as_github(r.diagnostics).splitlines()
        for line in r.lines:
            if not line.as_expected:
                out += _line(r, line)
        if not r.lines and not r.is_wrong:
            out.append(_command("error", r.path, None, "nothing checked", "nothing was checked"))
    counts = counted(run.lines) or "no properties"
    out.append(f"vqcheck: {counts}; {run.meaning} (exit code {run.exit_code})")
    return "\n".join(out)


def _line(report: Report, line: Line) -> list[str]:
    if isinstance(line.verdict, Violated):
        return [_finding(report, line, f) for f in line.verdict.findings]
    title = f"{line.name}: {outcome(line.verdict)}"
    title += ", not proved" * line.lacks_proof
    words = details(report, line) or f"{outcome(line.verdict)}, but {line.expected} is expected"
    return [_command("error", report.path, line.asked_at, title, words)]


def _finding(report: Report, line: Line, f: Finding) -> str:
    values = ", ".join(f"{k} = {v}" for k, v in f.values)
    words = [f.statement, f"values: {values}" if values else "", f.frontier]
    if f.trace is not None:
        words += [f"{s.number}. {s.actor}: {s.verb}" for s in f.trace.steps]
    # A place of the design's own file: a pull request shows no other.
    place = f.first_place(report.path)
    if place is not None and place in f.blamed:
        words.insert(1, place.words)
    words.append(f"hint: {f.hint}" if f.hint else "")
    at = place.span if place else line.asked_at
    return _command(
        "error", report.path, at, f"{line.name} violated", "\n".join(w for w in words if w)
    )


def _command(kind: str, path: str, at: Span | None, title: str, words: str) -> str:
    where = {"file": at.source.path if at else path}
    if at is not None:
        line, column = at.source.position(at.start)
        end_line, end_column = at.source.position(max(at.start, at.end))
        where |= {"line": str(line), "endLine": str(end_line)}
        if line == end_line:
            where |= {"col": str(column), "endColumn": str(end_column)}
    fields = ",".join(f"{k}={escaped(v, ',:')}" for k, v in {**where, "title": title}.items())
    return f"::{kind} {fields}::{escaped(words)}"
