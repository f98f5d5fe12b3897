"""Where a piece of text stands: offsets inside, line and column only when shown."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field

from model.record import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A text and the name it is shown by. Two sources are the same only if they are one object."""

    path: str
    text: str
    _line_starts: list[int] = field(default_factory=list, repr=False)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (both from 1) of a character offset."""
        if not self._line_starts:
            self._line_starts.extend(_line_starts(self.text))
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The character offset of a line and column (both from 1), within the text."""
        if not self._line_starts:
            self._line_starts.extend(_line_starts(self.text))
        start = self._line_starts[max(0, min(line, len(self._line_starts)) - 1)]
        return min(start + column - 1, len(self.text))

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        if not self._line_starts:
            self._line_starts.extend(_line_starts(self.text))
        if not 1 <= number <= len(self._line_starts):
            return ""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line on which the span starts, from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The column at which the span starts, from 1."""
        return self.source.position(self.start)[1]

    @property
    def place(self) -> str:
        """`path:line:column`, as compilers write it."""
        return f"{self.source.path}:{self.line}:{self.column}"

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of the other, in the same source."""
        return Span(self.source, self.start, max(self.end, other.end))


def _line_starts(text: str) -> list[int]:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts
