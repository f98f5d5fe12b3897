"""Places of a text as editors count them: lines from 0, and code units of the agreed encoding."""

from __future__ import annotations

import re
from bisect import bisect_right

from lsprotocol import types as lsp

_ENDS = re.compile(r"\r\n|\n|\r")


class Lines:
    """A text cut into lines as the protocol has them: LF, CR LF and CR end one."""

    def __init__(self, text: str, encoding: lsp.PositionEncodingKind | str) -> None:
        self.text = text
        self._encoding = encoding
        ends = list(_ENDS.finditer(text))
        self._starts = [0, *(m.end() for m in ends)]
        self._ends = [*(m.start() for m in ends), len(text)]

    def position(self, offset: int) -> lsp.Position:
        """Where a character is; past the text, the end of it."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        upto = min(offset, self._ends[line])  # Inside of CR LF is the end of its line.
        return lsp.Position(line, self._units(self.text[self._starts[line] : upto]))

    def offset(self, position: lsp.Position) -> int:
        """The character at a place; past the end of its line, that end."""
        if position.line >= len(self._starts):
            return len(self.text)
        start, end = self._starts[position.line], self._ends[position.line]
        line = self.text[start:end]
        if line.isascii():
            return min(start + position.character, end)
        units = 0
        for k, c in enumerate(line):
            units += self._units(c)
            if units > position.character:
                return start + k
        return end

    def range(self, start: int, end: int) -> lsp.Range:
        """From a character to another (exclusive)."""
        return lsp.Range(self.position(start), self.position(max(start, end)))

    def whole(self) -> lsp.Range:
        """All of the text."""
        return self.range(0, len(self.text))

    def _units(self, words: str) -> int:
        if words.isascii() or self._encoding == lsp.PositionEncodingKind.Utf32:
            return len(words)
        if self._encoding == lsp.PositionEncodingKind.Utf8:
            return len(words.encode("utf-8", "surrogatepass"))
        return len(words.encode("utf-16-le", "surrogatepass")) // 2
