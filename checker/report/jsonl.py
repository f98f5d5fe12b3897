"""`--format jsonl`: one JSON object a line, as soon as it is known: for long runs.

First a `start`; of each design its properties, then itself; last an `end`, with the exit code and
the account of everything that was asked for. Without an `end` the run was broken off. The JSON
Schema of a line is that of `checker schema record`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from checker.report.json import ending_data, line_data, provenance_data, summary_data
from checker.report.report import Report
from checker.report.run import Provenance, Run, Style


def render(run: Run, style: Style) -> str:  # noqa: ARG001  (a form for machines)
    """The whole run, without what only says how far it is."""
    records = [start(run.provenance, [r.path for r in run.reports])]
    records += [line for r in run.reports for line in design(r)]
    return "\n".join([*records, end(run)])


def start(provenance: Provenance, paths: Iterable[str]) -> str:
    """What is to be done, with what."""
    return _record("start", {**provenance_data(provenance), "designs": list(paths)})


def progress(path: str, what: str, done: int, total: int) -> str:
    """How much of the work on a design is done; `what` names its parts."""
    return _record("progress", {"design": path, "what": what, "done": done, "total": total})


def design(report: Report) -> Iterator[str]:
    """The properties of a design, then the design."""
    for line in report.lines:
        yield _record("property", {"design": report.path, **line_data(line)})
    yield _record("design", summary_data(report))


def end(run: Run) -> str:
    """What all of it amounts to."""
    return _record("end", ending_data(run))


def _record(kind: str, data: dict[str, object]) -> str:
    return json.dumps({"record": kind, **data}, separators=(",", ":"))
