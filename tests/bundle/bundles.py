"""Bundles to check again, and ways to tamper with one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from checker.bundle.contents import as_json
from checker.bundle.store import MANIFEST, sealed

SPECS = Path(__file__).resolve().parents[2] / "specs"
PROVED = SPECS / "handshake" / "flags_complete.vq"
LOST = SPECS / "handlers" / "no_status_pulse.vq"
FEW = ["--fuzz-examples", "5"]

Files = dict[str, bytes]


def resealed(files: Files) -> Files:
    """With a manifest that says what is there now: the work of somebody who knows how."""
    return sealed({n: d for n, d in files.items() if n != MANIFEST})


def written(files: Files, folder: Path) -> str:
    """As a folder."""
    for name, data in files.items():
        to = folder / name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(data)
    return str(folder)


def edited(files: Files, name: str, change: Callable[[Any], None]) -> Files:
    """With one JSON file changed, and the manifest as it then has to be."""
    data = json.loads(files[name])
    change(data)
    return resealed({**files, name: as_json(data).encode()})


def line_of(results: Any, name: str) -> Any:
    """A property of results."""
    return next(p for p in results["designs"][0]["properties"] if p["property"] == name)


def with_script(files: Files, name: str, text: str) -> Files:
    """A script changed, and with it everything that names its digest: all that can be forged."""
    old, new = (hashlib.sha256(d).hexdigest() for d in (files[name], text.encode()))
    out = {n: d.replace(old.encode(), new.encode()) for n, d in files.items() if n != MANIFEST}
    return resealed({**out, name: text.encode()})


def scripts(files: Files, ends: str) -> Iterator[str]:
    """The scripts that show this."""
    for name in sorted(files):
        if name.endswith(".smt2") and files[name].split(b"\n", 1)[0].endswith(ends.encode()):
            yield name
