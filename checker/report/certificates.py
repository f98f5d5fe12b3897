"""What proofs leave for others to check, as files: SMT-LIB scripts, and an index of them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping

from checker import __version__
from checker.report.report import Line, Report
from checker.verdict.certificate import Certificate
from checker.verdict.verdict import Holds, Proved, strength

_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST = 60


def certificate_files(reports: Iterable[Report]) -> dict[str, str]:
    """By path below the folder, what is in the file; empty if nothing is certified.

    What several proofs of a design rest on is there once.
    """
    out: dict[str, str] = {}
    index: list[dict[str, object]] = []
    for n, r in enumerate(reports, 1):
        folder = f"{n:02}-{_slug(os.path.splitext(os.path.basename(r.path))[0])}"
        some, entries = proofs_of(r, folder)
        out |= some
        index += entries
    if index:
        data = {"schema_version": 1, "tool": f"vqcheck {__version__}", "proofs": index}
        out["index.json"] = json.dumps(data, indent=2) + "\n"
    return out


def proofs_of(r: Report, folder: str) -> tuple[dict[str, str], list[dict[str, object]]]:
    """The scripts of a design, by path, and what its proofs rest on."""
    out: dict[str, str] = {}
    index: list[dict[str, object]] = []
    paths: dict[str, str] = {}
    for line in r.lines:
        c = certificate_of(line)
        if c is None:
            continue
        for q in c.queries:
            if q.digest not in paths:
                paths[q.digest] = f"{folder}/{len(paths) + 1:03}-{_slug(q.proves)}.smt2"
                out[paths[q.digest]] = q.smtlib
        index.append(_entry(r, line, c, paths))
    return out, index


def certificate_of(line: Line) -> Certificate | None:
    """The certificate of what is proved and certified."""
    match line.verdict:
        case Holds(Proved(_, certificate)):
            return certificate
        case _:
            return None


def _entry(r: Report, line: Line, c: Certificate, paths: Mapping[str, str]) -> dict[str, object]:
    return {
        "design": r.path,
        "sha256": r.digest,
        "params": dict(r.options),
        "property": line.name,
        "verdict": f"holds, {strength(line.verdict)}",
        "confirmed_by": list(c.solvers),
        "queries": [
            {
                "file": paths[q.digest],
                "sha256": q.digest,
                "proves": q.proves,
                "expected": "unsat",
            }
            for q in c.queries
        ],
    }


def _slug(words: str) -> str:
    return _NAME.sub("-", words.lower()).strip("-")[:_LONGEST].rstrip("-")
