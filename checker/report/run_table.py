"""Runs as text: a line a step, laid out so that it fits the terminal.

What changed in a step can be long: with a memory model, stores wait in several cells. It is then
wrapped in its column, or stands below its step where the column would be too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from model.expr import Value
from model.record import dataclass

WIDTH = 120
"""Where there is no terminal."""
_GAP = "  "
_BELOW = 8
"""How far what stands below a step is moved to the right."""

Pieces = tuple[str, ...]
Values = tuple[tuple[str, Value | str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A step: what it is, what is said of it in each column, and where it is written.

    What is said of it may be broken between its pieces.
    """

    lead: tuple[str, ...]
    notes: tuple[Pieces, ...]
    tail: str = ""


def lay_out(
    rows: Sequence[Row],
    width: int = WIDTH,
    heads: tuple[str, ...] = (),
    dim: Callable[[str], str] = str,
) -> list[list[str]]:
    """The lines of each row. `heads` name the columns of notes where these stand below a step."""
    if not rows:
        return []
    leads = [max(len(r.lead[k]) for r in rows) for k in range(len(rows[0].lead))]
    tail = max(len(r.tail) for r in rows)
    notes = list(zip(*(r.notes for r in rows), strict=True))
    full = [max(map(len, map("".join, column))) for column in notes]
    room = width - sum(leads) - tail - len(_GAP) * (len(leads) + len(full) - (tail == 0))
    widths = _shared(full, [_longest(column) for column in notes], room)
    if widths is not None:
        widths = [
            max(len(line) for cell in column for line in ("", *_wrapped(cell, w)))
            for column, w in zip(notes, widths, strict=True)
        ]
        return [list(_beside(r, leads, widths, dim)) for r in rows]
    return [list(_stacked(r, leads, width, heads, dim)) for r in rows]


def pieces(items: Iterable[str], mark: str = ",") -> Pieces:
    """Items with a mark between them, to be broken after it."""
    every = list(items)
    return tuple(x + f"{mark} " * (k < len(every) - 1) for k, x in enumerate(every))


def _longest(column: Iterable[Pieces]) -> int:
    return max((len(p.rstrip()) for cell in column for p in cell), default=0)


def _shared(full: Sequence[int], least: Sequence[int], room: int) -> list[int] | None:
    """The width of each column; None if there is not enough room for the longest pieces."""
    if sum(full) <= room:
        return list(full)
    if sum(least) > room:
        return None
    spare, wanted = room - sum(least), sum(full) - sum(least)
    return [a + (b - a) * spare // wanted for a, b in zip(least, full, strict=True)]


def _beside(
    row: Row, leads: Sequence[int], widths: Sequence[int], dim: Callable[[str], str]
) -> Iterator[str]:
    cells = [_wrapped(c, w) for c, w in zip(row.notes, widths, strict=True)]
    for k in range(max(1, *map(len, cells))):
        lead = _padded(row.lead if k == 0 else [""] * len(leads), leads)
        notes = [(c[k] if k < len(c) else "").ljust(w) for c, w in zip(cells, widths, strict=True)]
        tail = [dim(row.tail)] if k == 0 and row.tail else []
        yield _GAP.join([lead, *notes, *tail]).rstrip()


def _stacked(
    row: Row, leads: Sequence[int], width: int, heads: Sequence[str], dim: Callable[[str], str]
) -> Iterator[str]:
    first = _padded(row.lead, leads)
    if len(first) + len(_GAP) + len(row.tail) > width:
        first = _GAP.join([row.lead[0].rjust(leads[0]), *row.lead[1:]])
    yield (first + _GAP + dim(row.tail) if row.tail else first).rstrip()
    names = heads or [""] * len(row.notes)
    for name, cell in zip(names, row.notes, strict=True):
        said = f"{name}: " if name and cell else ""
        for k, line in enumerate(_wrapped(cell, max(20, width - _BELOW - len(said)))):
            yield " " * _BELOW + (said if k == 0 else " " * len(said)) + line


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The number to the right, the rest to the left."""
    rest = (c.ljust(w) for c, w in zip(cells[1:], widths[1:], strict=True))
    return _GAP.join([cells[0].rjust(widths[0]), *rest])


def _wrapped(cell: Pieces, width: int) -> list[str]:
    out: list[str] = []
    for piece in cell:
        if out and len(out[-1]) + len(piece.rstrip()) <= width:
            out[-1] += piece
        else:
            out.append(piece)
    return [line.rstrip() for line in out]


def noted(found: Values, changed: Values) -> Pieces:
    """What a step found, and what it changed."""
    some, new = pieces(map(_value, found)), pieces(map(_value, changed))
    if not some:
        return new
    first, *more = some
    said = [f"found {first}", *more]
    said[-1] += "; " * bool(new)
    return (*said, *new)


def _value(c: tuple[str, Value | str]) -> str:
    name, value = c
    if name == "it is":
        return "yes" if value else "no"
    shown = int(value) if isinstance(value, bool) else value
    return f"{name} = {shown}"
