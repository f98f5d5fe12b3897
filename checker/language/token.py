"""A word, number or sign of a text, and where it stands."""

from __future__ import annotations


class Token(str):
    """The characters of a token; `type` is the terminal of the grammar that they are.

    Places are character offsets; lines and columns (from 1) are only known where somebody asked
    for them.
    """

    __slots__ = ("column", "end_pos", "line", "start_pos", "type")
    type: str
    start_pos: int
    end_pos: int
    line: int
    column: int

    def __new__(
        cls, kind: str, text: str, start: int = 0, end: int = 0, line: int = 0, column: int = 0
    ) -> Token:
        """A token of this kind that stands at these places."""
        made = str.__new__(cls, text)
        made.type, made.start_pos, made.end_pos, made.line, made.column = (
            kind, start, end, line, column,
        )  # fmt: skip
        return made
