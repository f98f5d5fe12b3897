"""A replayed trace for people: what the trace says of each step, and what the bytes did."""

from __future__ import annotations

from checker.report.run_table import WIDTH, Row, Values, lay_out, noted, pieces
from checker.report.told import told
from checker.verdict.trace import Trace
from model.machine.replay import NotPossible, Replayed
from model.machine.replay import Row as Step

_INDENT = "  "
_HEADS = ("trace", "machine")


def side_by_side(trace: Trace, seen: Replayed | NotPossible, width: int | None = None) -> str:
    """One line a step, the trace to the left and the machine to the right."""
    head = Row(("", "agent", "step"), tuple((h,) for h in _HEADS))
    found = {s.number: s.seen for s in trace.steps}
    changed = told(trace)
    rows = [head, *(_row(r, found[r.number], changed[r.number]) for r in seen.rows)]
    room = (width or WIDTH) - len(_INDENT)
    first, *laid = lay_out(rows, room, _HEADS)
    out = [f"run: {trace.instance}", *(_INDENT + line for line in first[:1])]
    for row, lines in zip(seen.rows, laid, strict=True):
        if row.number == trace.loop:
            out.append("  from here on, for ever:")
        out += [_INDENT + line for line in lines]
    match seen:
        case Replayed(_, unserved):
            left = " and ".join(unserved) or "nothing"
            out.append(f"replayed on the machine: it happens; left unserved: {left}")
        case NotPossible():
            out.append(f"it does not happen: {seen}")
    return "\n".join(out)


def _row(r: Step, found: Values, changed: Values) -> Row:
    said = noted(found, changed)
    return Row((str(r.number), r.actor, r.verb), (said, pieces(r.bytes_, ";")))


def as_data(trace: Trace, seen: Replayed | NotPossible) -> dict[str, object]:
    """The same as data."""
    happens = isinstance(seen, Replayed)
    out: dict[str, object] = {
        "schema_version": 1,
        "instance": trace.instance,
        "kind": trace.kind,
        "replayed": happens,
        "steps": [
            {
                "number": r.number,
                "actor": r.actor,
                "action": r.verb,
                "changes": dict(r.changes),
                "machine": list(r.bytes_),
            }
            for r in seen.rows
        ],
    }
    if isinstance(seen, NotPossible):
        out["refused"] = {"step": seen.number, "why": seen.why}
    return out
