"""What steps of a run change, as a reader is told it.

A store buffer is many cells of the kernel, one for each thing that may stand in each of its places.
Here it is one, with the stores that wait in it in the order in which they become visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from checker.verdict.trace import Trace
from model.expr import Value

Told = tuple[tuple[str, Value | str], ...]
EMPTY = "nothing"
"""What a buffer holds in which no store waits."""

_SLOT = re.compile(r"(?P<buffer>.+?\.store(?: to .+?)?) (?P<place>\d+), (?P<what>.+)")
_SINCE = "used since"
_WORDS = {"hidden": "unseen but not visible yet", "visible": "pending"}
"""Of a ring: used entries that the driver cannot see, and whether it sees some."""


def told(trace: Trace) -> dict[int, Told]:
    """What each step changes, by its number."""
    cells = dict(trace.start)
    out: dict[int, Told] = {}
    for s in trace.steps:
        cells |= dict(s.changes)
        out[s.number] = tuple(_told((c for c, _ in s.changes), cells))
    return out


def told_at_start(trace: Trace) -> Told:
    """All that is there at the start."""
    return tuple(_told(trace.start, trace.start))


def _told(changed: Iterable[str], cells: Mapping[str, Value]) -> Iterator[tuple[str, Value | str]]:
    buffers: dict[str, None] = {}
    for cell in changed:
        slot = _SLOT.fullmatch(cell)
        if slot:
            buffers[slot["buffer"]] = None
        else:
            yield _named(cell, cells), cells[cell]
    for buffer in buffers:
        agent, _, ring = buffer.partition(".store")
        yield f"stores of {agent}{ring} not visible yet", _waiting(buffer, cells)


def _named(cell: str, cells: Mapping[str, Value]) -> str:
    of, _, last = cell.rpartition(".")
    # A register may have a bit of that name.
    return f"{of}.{_WORDS[last]}" if last in _WORDS and f"{of}.unseen" in cells else cell


def _waiting(buffer: str, cells: Mapping[str, Value]) -> str:
    """The stores in a buffer, the one that becomes visible first before the others."""
    places: dict[int, dict[str, Value]] = {}
    for cell, v in cells.items():
        slot = _SLOT.fullmatch(cell) if v else None
        if slot and slot["buffer"] == buffer:
            places.setdefault(int(slot["place"]), {})[slot["what"]] = v
    return " then ".join(_store(places[k], buffer) for k in sorted(places)) or EMPTY


def _store(place: Mapping[str, Value], buffer: str) -> str:
    of_one_ring = ".store to " in buffer
    (verb, _, ring), *_ = (what.partition("s ") for what in place if what != _SINCE)
    since = f" ({place[_SINCE]} used since)" if _SINCE in place else ""
    return f"{verb}{'' if of_one_ring else f' {ring}'}{since}"
