"""What can be written at a place: modules after `use`, properties after `check`, names, words."""

from __future__ import annotations

import re
from functools import cache

from lsprotocol import types as lsp

from checker.language import tree as t
from checker.language.imports import library_modules
from checker.language.load import PROPERTIES
from checker.library import library_root
from checker.lsp.analysis import Analysis
from checker.lsp.words import WORDS

_Kind = lsp.CompletionItemKind
_USE = re.compile(r"^\s*use\s+([A-Za-z0-9_.]*)$")
_ASK = re.compile(r"^\s*(?:check\s+(?:\w+\s*,\s*)*|expect\s+)\w*$")
_DOT = re.compile(r"\.\w*$")


def completion(analysis: Analysis, position: lsp.Position) -> list[lsp.CompletionItem]:
    """All candidates; the editor picks those that begin as what is typed."""
    before = _line_before(analysis, position)
    if "#" in before:
        return []
    if m := _USE.match(before):
        # Editors complete the part behind the last dot.
        typed = m[1].rpartition(".")[0]
        rest = [x.removeprefix(f"{typed}.") for x in _modules() if _is_below(x, typed)]
        return [lsp.CompletionItem(x, kind=_Kind.Module) for x in rest]
    if _ASK.match(before):
        return [lsp.CompletionItem(p, kind=_Kind.Property) for p in sorted({*PROPERTIES, "all"})]
    if _DOT.search(before):
        return []
    return [*_names(analysis), *_words()]


def _line_before(analysis: Analysis, position: lsp.Position) -> str:
    file = analysis.file
    if file is None:
        return ""
    at = analysis.lines(file.source).offset(position)
    return file.source.text[file.source.text.rfind("\n", 0, at) + 1 : at]


def _is_below(module: str, typed: str) -> bool:
    return not typed or module.startswith(f"{typed}.")


@cache
def _modules() -> tuple[str, ...]:
    return tuple(library_modules(library_root()))


def _words() -> list[lsp.CompletionItem]:
    return [lsp.CompletionItem(w, kind=_Kind.Keyword, detail=d) for w, d in WORDS.items()]


def _names(analysis: Analysis) -> list[lsp.CompletionItem]:
    """What the text declares, and the reusable declarations of the modules that it uses."""
    if analysis.file is None:
        return []
    found: dict[str, lsp.CompletionItem] = {}
    used = {key for _, key in analysis.file.uses}
    for file in reversed(analysis.loaded.files):
        own = file is analysis.file
        for item in file.tree.items if own or file.key in used else ():
            if isinstance(item, _REUSABLE) or (own and isinstance(item, t.ParamDecl | t.Device)):
                name = item.name.text
                head = item.span.text.split("{")[0].split("\n")[0].strip()
                found.setdefault(name, lsp.CompletionItem(name, kind=_Kind.Value, detail=head))
    return list(found.values())


_REUSABLE = (t.Let, t.Platform, t.DeviceType, t.Transport, t.Policy, t.Service)
