"""What came of the mutants of a design, for machines; its schema is `mutation.schema.json`."""

from __future__ import annotations

import json
from typing import Any, assert_never

from checker.mutation.result import (
    Broken,
    Fate,
    Kill,
    Killed,
    Mutant,
    Mutation,
    Same,
    Stillborn,
    Survived,
    Tried,
    Undecided,
    fate_name,
)
from checker.report.json import provenance_data
from checker.report.run import Provenance

MUTATION_VERSION = 1
"""A new number where a field goes or changes its meaning; fields may be added without one."""
FATES = ("killed", "survived", "undecided", "broken", "stillborn", "same")


class NotOne(Exception):
    """A text that is no mutation result, or of another version; and why."""


def as_data(m: Mutation, made_with: Provenance, exit_code: int) -> dict[str, object]:
    """All of it as plain data."""
    return {
        **provenance_data(made_with),
        "schema_version": MUTATION_VERSION,
        "exit_code": exit_code,
        "design": m.path,
        "inputs": [{"path": path, "sha256": sha} for path, sha in m.inputs],
        "original": dict(m.original),
        "made": m.made,
        "left_out": m.left_out,
        "tried": len(m.tried),
        "score": {"killed": m.killed, "counted": m.counted, "percent": round(m.percent, 2)},
        "properties": [
            {"name": name, "kills": kills, "alone": alone} for name, kills, alone in m.kills()
        ],
        "operators": [
            {
                "name": r.name,
                "stands_for": r.words,
                "tried": r.made,
                **{f: r.count(f) for f in FATES},
            }
            for r in m.rows()
        ],
        "mutants": [_mutant(x) for x in m.tried],
    }


def _mutant(x: Tried) -> dict[str, object]:
    m = x.mutant
    return {
        "number": m.number,
        "operator": m.operator,
        "path": m.path,
        "line": m.line,
        "start": m.start,
        "end": m.end,
        "new": m.new,
        "diff": m.diff,
        "fate": fate_name(x.fate),
        **_fate(x.fate),
    }


def _fate(fate: Fate) -> dict[str, object]:
    match fate:
        case Killed(by):
            return {
                "killed_by": [
                    {"property": k.property, "outcome": k.outcome, "statement": k.statement}
                    for k in by
                ]
            }
        case Survived(mended, bounded):
            return {"mended": list(mended), "bounded": list(bounded)}
        case Undecided(why):
            return {"why": list(why)}
        case Stillborn(why):
            return {"why": [why]}
        case Broken(outcome, why):
            return {"outcome": outcome, "why": [why]}
        case Same():
            return {}
        case _:
            assert_never(fate)


def from_text(text: str) -> Mutation:
    """The result that a text of `checker mutate --format json` holds; raises `NotOne`."""
    try:
        data = json.loads(text)
        if data["command"] != "mutate":
            raise NotOne("it is not written by `checker mutate`")
        if data["schema_version"] != MUTATION_VERSION:
            raise NotOne(f"it has version {data['schema_version']}, not {MUTATION_VERSION}")
        return Mutation(
            data["design"],
            tuple((i["path"], i["sha256"]) for i in data["inputs"]),
            tuple(data["original"].items()),
            data["made"],
            tuple(_tried(x) for x in data["mutants"]),
            tuple((o["name"], o["stands_for"]) for o in data["operators"]),
            data.get("left_out", 0),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise NotOne(f"it cannot be read as one ({type(e).__name__})") from e


def _tried(x: dict[str, Any]) -> Tried:
    names = ("number", "operator", "path", "line", "start", "end", "new", "diff")
    return Tried(Mutant(*(x[n] for n in names)), _fate_of(x))


def _fate_of(x: dict[str, Any]) -> Fate:
    match x["fate"]:
        case "killed":
            by = (Kill(k["property"], k["outcome"], k["statement"]) for k in x["killed_by"])
            return Killed(tuple(by))
        case "survived":
            return Survived(tuple(x["mended"]), tuple(x["bounded"]))
        case "undecided":
            return Undecided(tuple(x["why"]))
        case "stillborn":
            return Stillborn(x["why"][0])
        case "broken":
            return Broken(x["outcome"], x["why"][0])
        case "same":
            return Same()
        case other:
            raise ValueError(other)
