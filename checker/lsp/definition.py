"""Where a name is declared: in the text, in a module that it uses, in the standard library."""

from __future__ import annotations

from lsprotocol import types as lsp

from checker.language import tree as t
from checker.lsp.analysis import Analysis
from checker.lsp.nodes import declares
from model.span import Span


def definition(analysis: Analysis, position: lsp.Position) -> list[lsp.Location]:
    """The declarations of the name at a place; none where there is no name."""
    word = analysis.word(position)
    if word is None:
        return []
    module = used(analysis, word)
    places = [module] if module else analysis.declared(word) or _itself(analysis, word)
    return [analysis.location(place) for place in places]


def _itself(analysis: Analysis, word: Span) -> list[Span]:
    """The word, if it is where a name is declared: editors then ask no further."""
    if analysis.file is None:
        return []
    node, _ = declares(analysis.file.tree, word)
    return [word] if node is not None else []


def used(analysis: Analysis, word: Span) -> Span | None:
    """The start of the module, if the word is part of the path of a `use`."""
    if analysis.file is None:
        return None
    for use, key in analysis.file.uses:
        if _is_part(use, word):
            found = next(f for f in analysis.loaded.files if f.key == key)
            return Span(found.source, 0, 0)
    return None


def _is_part(use: t.Use, word: Span) -> bool:
    return any(part.span == word for part in use.path)
