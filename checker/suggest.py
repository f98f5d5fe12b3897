"""What may help somebody who did not expect that a notification is lost: single changes, as a hint.

They are looked for after the verdict, and change nothing about it (checker/verdict/repairs.py).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from checker.language.load import load
from checker.options import Options
from checker.properties.property import properties
from checker.report.report import Line, Report
from checker.verdict.finding import Finding
from checker.verdict.repairs import Repairs, repairs
from checker.verdict.verdict import Violated
from model.design.design import Design

_MOST = 2
"""Changes in a hint; a bundle has more."""


def suggested(path: Path, report: Report, options: Options) -> Report:
    """The report with a hint at each run that was not expected and says nothing else."""
    if not any(_is_open(f) for line in report.lines for f in _unexpected(line)):
        return report
    design = load(path, options.params, properties(), options.library, options.overlay).design
    if design is None:
        return report
    return replace(report, lines=tuple(_hinted(design, line) for line in report.lines))


def _unexpected(line: Line) -> tuple[Finding, ...]:
    v = line.verdict
    return v.findings if isinstance(v, Violated) and not line.as_expected else ()


def _is_open(f: Finding) -> bool:
    return f.trace is not None and not f.hint


def _hinted(design: Design, line: Line) -> Line:
    if not _unexpected(line):
        return line
    assert isinstance(line.verdict, Violated)
    made = tuple(_with_hint(design, f) if _is_open(f) else f for f in line.verdict.findings)
    return replace(line, verdict=replace(line.verdict, findings=made))


def _with_hint(design: Design, f: Finding) -> Finding:
    assert f.trace is not None
    words = _words(repairs(design, f.trace, _MOST))
    return replace(f, hint=words) if words else f


def _words(found: Repairs) -> str:
    some = [f"{r.words} ({os.path.basename(r.at.source.path)}:{r.at.line})" for r in found.found]
    if not some:
        return ""
    return f"{', or '.join(some)}: then no such run of this device fails"
