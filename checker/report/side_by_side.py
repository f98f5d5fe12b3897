"""A replayed trace for people: what the trace says of each step, and what the bytes did."""

from __future__ import annotations

from checker.verdict.trace import Trace
from model.machine.replay import NotPossible, Replayed, Row


def side_by_side(trace: Trace, seen: Replayed | NotPossible) -> str:
    """One line a step, the trace to the left and the machine to the right."""
    rows = [(str(r.number), r.actor, r.verb, _changes(r), "; ".join(r.bytes_)) for r in seen.rows]
    head = ("", "agent", "step", "trace", "machine")
    widths = [max(len(r[k]) for r in (head, *rows)) for k in range(5)]
    out = [f"run: {trace.instance}", _line(head, widths)]
    for row, r in zip(seen.rows, rows, strict=True):
        if row.number == trace.loop:
            out.append("  from here on, for ever:")
        out.append(_line(r, widths))
    match seen:
        case Replayed(_, unserved):
            left = " and ".join(unserved) or "nothing"
            out.append(f"replayed on the machine: it happens; left unserved: {left}")
        case NotPossible():
            out.append(f"it does not happen: {seen}")
    return "\n".join(out)


def _changes(r: Row) -> str:
    return ", ".join(f"{k} = {int(v)}" for k, v in r.changes)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first = cells[0].rjust(widths[0])
    rest = (c.ljust(w) for c, w in zip(cells[1:], widths[1:], strict=True))
    return ("  " + "  ".join([first, *rest])).rstrip()


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
