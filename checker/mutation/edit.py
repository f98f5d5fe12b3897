"""One replacement in a text, made so that the layout around it stays and the diff can be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from model.record import dataclass
from model.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS_BEFORE = re.compile(r"[ \t]*\Z")
_REST_OF_LINE = re.compile(r"[ \t]*(#[^\n]*)?\r?(\n|\Z)")
_GAP = re.compile(r"(?:\s|#[^\n]*)*")


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` (exclusive) of a text, and what stands there instead."""

    start: int
    end: int
    new: str

    def applied(self, text: str) -> str:
        """The text with the replacement made."""
        return text[: self.start] + self.new + text[self.end :]


def replaced(span: Span, new: str) -> Edit:
    """Something else in place of a piece of text."""
    return Edit(span.start, span.end, new)


def removed(span: Span) -> Edit:
    """A statement, a rule or an item gone; with its lines, if it has them for itself."""
    span = whole(span) or span
    text = span.source.text
    line = text.rfind("\n", 0, span.start) + 1
    rest = _REST_OF_LINE.match(text, span.end)
    if rest and not text[line : span.start].strip():
        return Edit(line, rest.end(), "")
    after = re.compile(r"[ \t]*;[ \t]*").match(text, span.end)
    if after:
        return Edit(span.start, after.end(), "")
    before = re.search(r"[ \t]*;[ \t]*\Z", text[: span.start])
    if before:
        return Edit(before.start(), span.end, "")
    blanks = _BLANKS_BEFORE.search(text, line, span.start)
    return Edit(blanks.start() if blanks else span.start, span.end, "")


def exchanged(first: Span, second: Span) -> Edit:
    """Two pieces of text in each other's place; what is between them stays."""
    first, second = whole(first) or first, whole(second) or second
    between = first.source.text[first.end : second.start]
    return Edit(first.start, second.end, second.text + between + first.text)


def unwrapped(span: Span, body: Span) -> Edit:
    """The statements of a block in place of what the block belongs to."""
    inner = body.source.text[body.start + 1 : body.end - 1].strip()
    # A comment must not swallow what follows.
    end = "\n" if "#" in inner.rpartition("\n")[2] else ""
    return Edit(span.start, span.end, inner + end)


def whole(span: Span) -> Span | None:
    """An expression with the parentheses that open or close within it; None if they do not pair.

    The span of `(a + b) % c` starts at `a`: parentheses are no nodes of the tree.
    """
    text, closing, opening = span.source.text, 0, 0
    for at in _code(text, span.start, span.end):
        if text[at] == "(":
            opening += 1
        elif text[at] == ")" and opening:
            opening -= 1
        elif text[at] == ")":
            closing += 1
    start, end = span.start, span.end
    for _ in range(closing):
        start = len(text[:start].rstrip()) - 1
        if start < 0 or text[start] != "(":
            return None
    for _ in range(opening):
        gap = _GAP.match(text, end)
        end = (gap.end() if gap else end) + 1
        if text[end - 1 : end] != ")":
            return None
    return Span(span.source, start, end)


def between(left: Span, right: Span, words: tuple[str, ...]) -> Span | None:
    """Where one of these words stands between two expressions; comments do not count."""
    text = left.source.text
    for at in _code(text, left.end, right.start):
        for word in words:
            if text.startswith(word, at):
                return Span(left.source, at, at + len(word))
    return None


def _code(text: str, start: int, end: int) -> Iterator[int]:
    """The places of a piece of text that are not in a comment."""
    at = start
    while at < end:
        if text[at] == "#":
            at = text.find("\n", at)
            if at < 0:
                return
        yield at
        at += 1
