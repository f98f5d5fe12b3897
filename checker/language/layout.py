"""Lines of a formatted text: columns of like rows and of trailing comments are aligned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from model.record import dataclass

WIDTH = 100
"""Rows and comments are aligned only where all of them still end at or before this column."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a line is a row of, and where its columns start in the code (-1: it has none)."""

    kind: str
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: code, a comment, or both."""

    indent: str
    code: str
    comment: str
    column: int
    """Where the comment stood before, from 0."""
    is_after_empty: bool
    row: Row | None = None

    @property
    def width(self) -> int:
        """Where the code ends."""
        return len(self.indent) + len(self.code)


def aligned(lines: Sequence[Line]) -> str:
    """The text of all lines."""
    out: list[str] = []
    for run in _comment_runs([row for table in _tables(lines) for row in _align(table)]):
        at = max((line.width + 2 for line in run if line.code), default=0)
        fits = all(at + len(line.comment) <= WIDTH for line in run)
        for line in run:
            at = line.width + 2 if line.code and not fits else at
            out += [""] if line.is_after_empty else []
            code = line.indent + line.code
            is_beside = line.comment and (line.code or at)
            out.append((code.ljust(at) if is_beside else code) + line.comment)
    return "".join(line.rstrip() + "\n" for line in out)


def _tables(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Splits into runs of rows of one kind; what is no row is a run by itself."""
    run: list[Line] = []
    for line in lines:
        last = run[-1] if run else None
        goes_on = (
            last is not None
            and last.row is not None
            and line.row is not None
            and (last.row.kind, last.indent) == (line.row.kind, line.indent)
            and not line.is_after_empty
        )
        if run and not goes_on:
            yield run
            run = []
        run.append(line)
    yield from [run] if run else []


def _align(table: list[Line]) -> list[Line]:
    """Pads the code so that each column starts at one place, unless a line became too long."""
    for k in range(len(table[0].row.columns) if table[0].row else 0):
        starts = [line.row.columns[k] if line.row else -1 for line in table]
        target = max(starts)
        padded = [_pad(line, at, target) for line, at in zip(table, starts, strict=True)]
        if all(line.width <= WIDTH for line in padded):
            table = padded
    return table


def _pad(line: Line, at: int, target: int) -> Line:
    if line.row is None or at < 0:
        return line
    by = target - at
    columns = tuple(c + by if c >= at else c for c in line.row.columns)
    code = line.code[:at] + " " * by + line.code[at:]
    return replace(line, code=code, row=replace(line.row, columns=columns))


def _comment_runs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Runs of lines whose comments share a column.

    A comment alone on its line goes on with the one beside the code above if both stood in the same
    column; otherwise it is a run by itself, as is a line without comment.
    """
    run: list[Line] = []
    for line in lines:
        in_column = bool(run) and bool(run[0].code and run[-1].comment) and not line.is_after_empty
        if line.code:
            goes_on = in_column and bool(line.comment)
        else:
            goes_on = in_column and line.column == run[-1].column != len(line.indent)
        if run and not goes_on:
            yield run
            run = []
        run.append(line)
    yield from [run] if run else []
