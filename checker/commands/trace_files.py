"""The runs that show violations, as pictures, as data or as text, each in a file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from checker.commands.output import write
from checker.report.report import Report
from checker.verdict.trace import Trace


def write_runs(path: Path, reports: list[Report]) -> None:
    """The runs of the first property that has any; the first in the file, the others beside it."""
    runs = _first_runs(reports)
    if not runs:
        click.echo(f"`{path}` is not written: no violation is shown by a run.", err=True)
    form = SUFFIXES[path.suffix]
    for n, words in enumerate([form(*run) for run in runs], 1):
        to = path if n == 1 else path.with_name(f"{path.stem}-{n}{path.suffix}")
        write(to, words)


def _first_runs(reports: list[Report]) -> list[tuple[Trace, Report, str]]:
    """Each with its report and its title."""
    from checker.verdict.verdict import Violated

    for report in reports:
        for line in report.lines:
            if not isinstance(line.verdict, Violated):
                continue
            some = [f for f in line.verdict.findings if f.trace is not None]
            out = []
            for n, f in enumerate(some, 1):
                many = f" ({n} of {len(some)})" if len(some) > 1 else ""
                pins = "".join(f", {k} = {v}" for k, v in f.pins)
                title = f"{line.name} violated{many}: {os.path.normpath(report.path)}{pins}"
                if f.trace is not None:
                    out.append((f.trace, report, title))
            if out:
                return out
    return []


def _drawn(trace: Trace, report: Report, title: str) -> str:  # noqa: ARG001
    from checker.report.lanes import lanes

    return lanes(trace, title)


def _data(trace: Trace, report: Report, title: str) -> str:  # noqa: ARG001
    from checker.report.json import trace_file

    return trace_file(trace, report)


def _written(trace: Trace, report: Report, title: str) -> str:  # noqa: ARG001
    from checker.report.text import run_text

    return f"{title}\n{run_text(trace)}"


SUFFIXES = {".svg": _drawn, ".json": _data, ".txt": _written}
"""What a run is written as, by the suffix of its file."""
