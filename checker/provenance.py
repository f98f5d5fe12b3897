"""What the tool consists of: versions, and a digest of its own sources."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Of Python, of the solver, and `sources`: what else decides a verdict, as a digest."""
    return (
        ("python", platform.python_version()),
        ("z3", version("z3-solver")),
        *_optional("cvc5"),
        ("sources", f"sha256:{_sources()}"),
    )


def _optional(package: str) -> Iterator[tuple[str, str]]:
    try:
        yield package, version(package)
    except PackageNotFoundError:
        return


def _sources() -> str:
    """Of every source file of both packages; the library of designs is among a run's inputs."""
    h = hashlib.sha256()
    for name, path in _files():
        data = path.read_bytes()
        h.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        h.update(data)
    return h.hexdigest()


def _files() -> Iterator[tuple[str, Path]]:
    for root in (_PACKAGE, _PACKAGE.parent / "model"):
        found = [*root.rglob("*.py"), *root.rglob("*.lark")]
        for path in sorted(p for p in found if "_specs" not in p.parts):
            yield f"{root.name}/{path.relative_to(root).as_posix()}", path
