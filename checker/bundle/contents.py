"""The files of a bundle that say what was found, each made from data alone.

Nothing in them depends on when or how fast they were made: two bundles of the same are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from checker.report import json as form
from checker.report.certificates import proofs_of
from checker.report.clause_matrix import Chapter, matrix
from checker.report.invariants import Invariant, invariants
from checker.report.lanes import lanes
from checker.report.report import Line, Report
from checker.report.run import Run, Style
from checker.report.side_by_side import as_data, side_by_side
from checker.verdict.confirm import on_machine
from checker.verdict.finding import Finding
from checker.verdict.trace import Trace
from checker.verdict.verdict import Violated
from model.design.design import Design

NEVER = "1970-01-01T00:00:00Z"
"""In place of the time at which a run began, which a bundle does not say."""
VERDICTS = "verdicts.tsv"
_SLUG_ENDS = ".smt2"


def timeless(report: Report) -> Report:
    """The report without what would be otherwise the next time."""
    lines = tuple(replace(line, seconds=0.0, cached="") for line in report.lines)
    return replace(report, seconds=0.0, lines=lines)


def as_json(data: object) -> str:
    """As it stands in a file."""
    return json.dumps(data, indent=2) + "\n"


def results(run: Run) -> str:
    """`results.json`, or that of fuzzing."""
    return form.render(run, Style()) + "\n"


# Proofs


def verdicts(properties: Iterable[Mapping[str, Any]]) -> str:
    """Of each property of results the outcome and the strength, a line each, for a shell.

    Not who confirmed a proof, which depends on the solvers that were there.
    """
    return "".join(
        f"{p['property']}\t{p['outcome']}\t{p['strength'].removesuffix(', certified')}\n"
        for p in properties
    )


def proofs(report: Report) -> dict[str, str]:
    """The scripts, an index of them, and a list that a shell can read."""
    scripts, entries = proofs_of(report, "proofs")
    out = dict(scripts)
    out["proofs/index.json"] = as_json({"schema_version": 1, "proofs": entries})
    out["proofs/index.tsv"] = "".join(_rows(entries))
    return out


def _rows(entries: list[dict[str, object]]) -> Iterator[str]:
    for e in entries:
        queries = e["queries"]
        assert isinstance(queries, list)
        for q in queries:
            yield f"{e['property']}\t{q['file']}\n"


def scripts_of(files: Mapping[str, str]) -> dict[str, str]:
    """Of some files those that a solver answers."""
    return {n: t for n, t in files.items() if n.startswith("proofs/") and n.endswith(_SLUG_ENDS)}


def invariant_files(files: Mapping[str, str]) -> dict[str, str]:
    """Each invariant that the scripts among the files show, for a reader."""
    found = invariants(scripts_of(files))
    return {f"invariants/{n:03}.txt": _invariant(i) for n, i in enumerate(found, 1)}


def _invariant(i: Invariant) -> str:
    return "\n".join(
        (
            f"An invariant: {i.words}",
            "",
            "All of these hold in every state that can be reached. `X.at` is the place in its",
            "program where X stands, 0 where it rests; `fact ...` is something that the design",
            "decides; `peer ...` are all others of a kind.",
            "",
            *(f"  - {c}" for c in i.conditions),
            "",
            "That the start implies it, that every step keeps it and that it excludes what is bad",
            "is shown by these scripts, each of which has no model:",
            "",
            *(f"  {s}" for s in i.scripts),
            "",
            "As it is asserted there:",
            "",
            i.smtlib,
            "",
        )
    )


# Runs


def runs_of(report: Report) -> Iterator[tuple[str, Line, Finding, Trace]]:
    """Each violation that a run shows, with the path of its files without a suffix."""
    for line in report.lines:
        found = line.verdict.findings if isinstance(line.verdict, Violated) else ()
        some = [(f, f.trace) for f in found if f.trace is not None]
        for n, (f, trace) in enumerate(some, 1):
            yield f"traces/{line.name}-{n}", line, f, trace


def trace_files(report: Report, design: Design) -> dict[str, str]:
    """Each run as data and as a picture, and what the machine did when it ran it again."""
    out: dict[str, str] = {}
    for name, line, f, trace in runs_of(report):
        pins = "".join(f", {k} = {v}" for k, v in f.pins)
        seen = on_machine(design, trace)
        out[f"{name}.json"] = trace_file(trace)
        out[f"{name}.svg"] = lanes(trace, f"{line.name} violated: {report.path}{pins}") + "\n"
        out[f"{name}.replay.json"] = as_json(as_data(trace, seen))
        out[f"{name}.replay.txt"] = side_by_side(trace, seen) + "\n"
    return out


def trace_file(trace: Trace) -> str:
    """The run as `checker replay` reads it."""
    return as_json({"schema_version": form.SCHEMA_VERSION, **form.trace_data(trace)})


# What virtio requires


def clauses(report: Report, texts: Mapping[str, str]) -> tuple[Chapter, ...]:
    """The normative statements, by chapter."""
    return tuple(matrix({line.name: line for line in report.lines}, texts))


def clauses_data(chapters: tuple[Chapter, ...]) -> dict[str, object]:
    """The same as data."""
    return {
        "specification": "virtio 1.3",
        "chapters": [
            {
                "chapter": c.number,
                "title": c.title,
                "blocks": c.total[0],
                "statements": c.total[1],
                "rows": [
                    {
                        "section": r.block.section,
                        "binds": r.block.side,
                        "statements": r.block.statements,
                        "title": r.block.title,
                        "properties": [
                            {"property": x.property, "how": x.how, "about": x.words, "known": k}
                            for x, k in r.links
                        ],
                        "named_at": [f"{path}:{line}" for path, line in r.named_at],
                    }
                    for r in c.rows
                ],
                "outside_the_model": [
                    {
                        "section": b.section,
                        "binds": b.side,
                        "statements": b.statements,
                        "title": b.title,
                    }
                    for b in c.outside
                ],
            }
            for c in chapters
        ],
    }
