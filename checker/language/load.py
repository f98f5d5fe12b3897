"""From a path to a design: everything that is wrong with the text, in one run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from checker.diagnostics.diagnostic import Diagnostic
from checker.language.elaborate import elaborate
from checker.language.imports import NO_OVERLAY, File, Overlay, read_all
from checker.language.references import Reference
from checker.language.sink import Sink
from model.design.design import Design
from model.record import dataclass
from model.span import Source

PROPERTIES = frozenset(
    """layering coverage irq_limits no_lost_notifications pair_affinity economy assertions
    ring""".split()
)
_NO_OVERRIDES: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file holds; `design` is None if something in it is wrong."""

    design: Design | None
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]
    opened: tuple[tuple[str, str], ...] = ()
    """Each path that was opened (absolute), and the real path that it led to."""
    files: tuple[File, ...] = ()
    """The trees of all that could be read; the last is the design's."""
    references: tuple[Reference, ...] = ()
    """What names mean; of files with errors of syntax, and of those that use them, none."""


def load(
    path: Path,
    overrides: Mapping[str, int] = _NO_OVERRIDES,
    properties: Collection[str] = PROPERTIES,
    library: Path | None = None,
    overlay: Overlay = NO_OVERLAY,
) -> Loaded:
    """Read a design and all that it uses; never raises for bad input.

    `overrides` gives params of the design one value each; `properties` are the names that `check`
    and `expect` may use; `library` is where `use lib....` starts if not in the one that is
    installed; `overlay` has texts that are read in place of files, by their real paths.
    Diagnostics are sorted by place, each of them once.
    """
    files = read_all(path, library, overlay)
    sink = Sink()
    design = elaborate(files, overrides, properties, sink)
    found = sorted({*files.diagnostics, *sink.found}, key=lambda d: d.order)
    if any(d.is_error for d in found):
        design = None
    references = tuple(dict.fromkeys(sink.references))
    return Loaded(design, tuple(found), files.sources, files.opened, files.files, references)
