"""The one layout, as `checker fmt` makes it."""

from __future__ import annotations

from lsprotocol import types as lsp

from checker.language.format import formatted
from checker.lsp.positions import Lines
from model.span import Source


def edits(path: str, text: str, encoding: str) -> list[lsp.TextEdit]:
    """What brings a text into the layout; nothing for one with errors of syntax."""
    old = text.removeprefix("\ufeff")
    new, wrong = formatted(Source(path, old))
    if wrong or new == old:
        return []
    return [lsp.TextEdit(Lines(text, encoding).whole(), new)]
