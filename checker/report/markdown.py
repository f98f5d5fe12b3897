"""`--format markdown`: a table of all properties, and what went wrong, for a mail or a page."""

from __future__ import annotations

from checker.diagnostics.diagnostic import Diagnostic, Severity
from checker.report.diagnostics import render as diagnostics
from checker.report.diagnostics import summary
from checker.report.report import Line, Report
from checker.report.run import Run, Style, counted, unjudged
from checker.report.text import details
from checker.verdict.verdict import outcome, strength


def render(run: Run, style: Style) -> str:
    """The whole run; `quiet`: only designs with a warning, or that are not as expected."""
    asked = [line for line in run.lines if not line.is_left_out]
    good = sum(line.as_expected for line in asked)
    out = [f"## vqcheck: {run.meaning}", ""]
    counts = counted(run.lines) or "none checked"
    out.append(f"{good} of {len(asked)} properties as expected ({counts}).")
    for r in run.reports:
        bad = [line for line in r.lines if not line.as_expected]
        told = [d for d in r.diagnostics if not (style.quiet and d.severity is Severity.NOTE)]
        if not style.quiet or bad or told:
            out += ["", *_design(r, bad, told)]
    versions = ", ".join(f"{k} {v}" for k, v in run.provenance.versions if k != "sources")
    return "\n".join([*out, "", f"<sub>{_cell(versions)}, exit code {run.exit_code}</sub>"])


def _design(report: Report, bad: list[Line], told: list[Diagnostic]) -> list[str]:
    out = [f"### {_cell(report.path)}", ""]
    if report.summary:
        out += [_cell(report.summary), ""]
    if told:
        out += [*_folded(_headline(report, told), diagnostics(told)), ""]
    if report.lines:
        out += ["| property | outcome | strength | expected |", "| --- | --- | --- | --- |"]
        out += [_row(line) for line in report.lines]
    out += [f"- `{name}` was not judged: {why}" for name, why in unjudged(report)]
    for line in bad:
        out += ["", *_folded(f"{line.name}: {outcome(line.verdict)}", details(report, line))]
    return out


def _headline(report: Report, told: list[Diagnostic]) -> str:
    return "the text has errors" if report.is_wrong else f"about the text: {summary(told)}"


def _row(line: Line) -> str:
    word = outcome(line.verdict)
    mark = "" if line.as_expected else "**"
    expected = line.expected + ", proved" * line.lacks_proof
    cells = (f"`{line.name}`", f"{mark}{word}{mark}", strength(line.verdict), expected)
    return "| " + " | ".join(_cell(c) for c in cells) + " |"


def _folded(title: str, words: str) -> list[str]:
    if not words:
        return []
    fence = "```"
    while fence in words:
        fence += "`"
    head = f"<details><summary>{_cell(title)}</summary>"
    return [head, "", f"{fence}text", words.rstrip("\n"), fence, "", "</details>"]


def _cell(words: str) -> str:
    """Text that no Markdown and no HTML is read from."""
    for c, instead in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("\n", " ")):
        words = words.replace(c, instead)
    return words
