"""What the codes from VQ0201 on mean: names, kinds of values, and the design as a whole."""

from __future__ import annotations

from checker.diagnostics import (
    catalogue_design,
    catalogue_names,
    catalogue_notes,
    catalogue_sorts,
    catalogue_warnings,
)
from checker.diagnostics.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    *catalogue_names.ENTRIES,
    *catalogue_sorts.ENTRIES,
    *catalogue_design.ENTRIES,
    *catalogue_notes.ENTRIES,
    *catalogue_warnings.ENTRIES,
)
