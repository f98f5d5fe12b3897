"""A text as it is in the editor, read by the language's one reader, and what is asked of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from lsprotocol import types as lsp
from pygls import uris

from checker.language.imports import File
from checker.language.load import Loaded, load
from checker.lsp.positions import Lines
from checker.report.drawing import Drawing
from checker.report.report import sha256
from model.span import Source, Span

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_MOST_DRAWN = 1000
"""Queues of a family that are laid out for a hover: a tenth of a second's work."""


def path_of(uri: str) -> Path:
    """The file that an address means; of a text without one, where it could be saved."""
    path = uris.to_fs_path(uri)
    if uri.startswith("file:") and path:
        return Path(path)
    return Path.cwd() / (re.sub(r"[^A-Za-z0-9_.-]+", "-", uri.partition(":")[2]) or "unnamed")


def key_of(uri: str) -> str:
    """The real path, by which texts are told apart."""
    return os.path.realpath(path_of(uri))


class Analysis:
    """What is known of one text: its tree, its design if there is one, and what names mean."""

    def __init__(
        self, uri: str, overlay: Mapping[str, str], opened: Mapping[str, str], encoding: str
    ) -> None:
        self.uri = uri
        self.path = path_of(uri)
        self.key = key_of(uri)
        self.loaded: Loaded = load(self.path, overlay=overlay)
        self._opened = opened
        self._encoding = encoding
        self._lines: dict[int, Lines] = {}
        self._keys = {f.source.path: f.key for f in self.loaded.files}

    @cached_property
    def file(self) -> File | None:
        """The text's own tree; None if it could not be read at all."""
        files = self.loaded.files
        return files[-1] if files and files[-1].key == self.key else None

    @cached_property
    def keys(self) -> frozenset[str]:
        """The real paths of all texts that it consists of."""
        return frozenset({self.key, *self._keys.values()})

    @cached_property
    def inputs(self) -> frozenset[tuple[str, str]]:
        """All texts that were read, by the names that they are shown by, with their digests."""
        return frozenset((s.path, sha256(s.text)) for s in self.loaded.sources)

    def lines(self, source: Source) -> Lines:
        """A text with its lines as the editor counts them."""
        if id(source) not in self._lines:
            self._lines[id(source)] = Lines(source.text, self._encoding)
        return self._lines[id(source)]

    def uri_of(self, shown: str) -> str:
        """The address of a file, by the name that it is shown by."""
        key = self._keys.get(shown, self.key)
        if key == self.key:
            return self.uri
        return self._opened.get(key) or uris.from_fs_path(key) or self.uri

    def range(self, span: Span) -> lsp.Range:
        """A place as the editor has it."""
        return self.lines(span.source).range(span.start, span.end)

    def location(self, span: Span) -> lsp.Location:
        """A place with its file."""
        return lsp.Location(self.uri_of(span.source.path), self.range(span))

    def place(self, data: Mapping[str, object]) -> lsp.Location | None:
        """A place of a result, which has lines and columns from 1; None if it has no such file."""
        path, line, column = str(data["path"]), data["line"], data["column"]
        source = next((f.source for f in self.loaded.files if f.source.path == path), None)
        if source is None or not isinstance(line, int) or not isinstance(column, int):
            return None
        end_line, end_column = data["end_line"], data["end_column"]
        start = source.offset(line, column)
        end = source.offset(int(str(end_line)), int(str(end_column)))
        return self.location(Span(source, start, end))

    def word(self, position: lsp.Position) -> Span | None:
        """The word at a place; None in a comment, and where there is none."""
        if self.file is None:
            return None
        source = self.file.source
        at = self.lines(source).offset(position)
        start = source.text.rfind("\n", 0, at) + 1
        line = source.text[start:].partition("\n")[0]
        comment = line.find("#")
        if 0 <= comment < at - start:
            return None
        for m in _WORD.finditer(line):
            if m.start() <= at - start <= m.end():
                return Span(source, start + m.start(), start + m.end())
        return None

    @cached_property
    def _declared(self) -> dict[int, list[Span]]:
        """Of each name of the text, by its start, what it means."""
        found: dict[int, list[Span]] = {}
        for r in self.loaded.references:
            if self.file is not None and r.use.source is self.file.source:
                found.setdefault(r.use.start, []).append(r.declared)
        return found

    def declared(self, word: Span) -> list[Span]:
        """Where the declarations of a name are."""
        return self._declared.get(word.start, [])

    @cached_property
    def drawings(self) -> dict[str, Drawing]:
        """The devices of the design, laid out for small values, by their names."""
        design = self.loaded.design
        if design is None:
            return {}
        # Not at the top: a text that is only typed in needs none of it.
        from checker.drawing import drawings  # noqa: PLC0415

        names = (d.name for d in design.devices)
        return dict(zip(names, drawings(design, _MOST_DRAWN), strict=True))
