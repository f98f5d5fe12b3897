"""The texts that a design consists of, at places that do not depend on where they came from.

The design and what lies beside it go below `inputs/design`, the library's modules to `inputs/lib`:
with `inputs` as the library, the copy means what the original does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from checker.language.load import Loaded
from checker.library import library_root
from checker.verify import digest_of
from model.record import dataclass

LIBRARY = "inputs"
"""The folder of a bundle that `use lib....` starts from."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The path of the design in the bundle, the texts of all its files by theirs, their digest."""

    design: str
    texts: Mapping[str, str]
    digest: str


def freeze(path: Path, loaded: Loaded, library: Path | None) -> Frozen:
    """What was read, at its place in a bundle."""
    reals = list(dict.fromkeys(real for _, real in loaded.opened))
    texts = dict(zip(reals, (s.text for s in loaded.sources), strict=True))
    root = os.path.abspath(library or library_root())
    folders = [os.path.dirname(p) for p in (os.path.abspath(path), os.path.realpath(path))]
    out: dict[str, str] = {}
    for opened, real in loaded.opened:
        out[_place(opened, root, folders)] = texts[real]
    return Frozen(next(iter(out)), out, digest_of(loaded))


def _place(opened: str, library: str, folders: list[str]) -> str:
    inside = _below(opened, os.path.join(library, "lib"))
    if inside is not None:
        return f"{LIBRARY}/lib/{inside}"
    for folder in folders:
        beside = _below(opened, folder)
        if beside is not None:
            return f"{LIBRARY}/design/{re.sub('[^A-Za-z0-9._/-]|(?<![^/])[.-]', '_', beside)}"
    raise ValueError(f"{opened} is neither of the library nor beside the design")


def _below(path: str, folder: str) -> str | None:
    inside = os.path.relpath(path, folder)
    return None if inside.startswith(os.pardir) else Path(inside).as_posix()
