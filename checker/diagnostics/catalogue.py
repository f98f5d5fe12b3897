"""Every code with its explanation and examples: what `checker explain` shows."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from itertools import chain

from checker.diagnostics import catalogue_meaning, catalogue_syntax, catalogue_values
from checker.diagnostics.entry import Entry


@cache
def catalogue() -> dict[str, Entry]:
    """All entries by code, in the order of the codes."""
    entries: dict[str, Entry] = {}
    every = (catalogue_syntax.ENTRIES, catalogue_meaning.ENTRIES, catalogue_values.ENTRIES)
    for entry in chain(*every):
        if entry.code in entries:
            raise ValueError(f"{entry.code} has two entries")
        entries[entry.code] = entry
    return dict(sorted(entries.items()))


def close_codes(code: str) -> list[str]:
    """The codes most like this one, for a message about an unknown code."""
    digits = "".join(c for c in code if c.isdigit())
    wanted = f"VQ{digits.zfill(4)}" if digits else code.upper()
    if wanted in catalogue():
        return [wanted]
    return get_close_matches(wanted, list(catalogue()), 3, 0.6)
