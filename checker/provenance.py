"""What the tool consists of: versions, and a digest of its own sources."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SUFFIXES = frozenset({".py", ".lark", ".c", ".h", ".so"})


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
    """Of every source file of both packages, and of what is compiled of them.

    The library of designs is not in it: its files are among the inputs of a run.
    """
    h = hashlib.sha256()
    for name, path in _files():
        data = path.read_bytes()
        h.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        h.update(data)
    return h.hexdigest()


def _files() -> Iterator[tuple[str, Path]]:
    for root in (_PACKAGE, _PACKAGE.parent / "model"):
        found = (p for p in root.rglob("*") if p.suffix in _SUFFIXES and "_specs" not in p.parts)
        for path in sorted(found):
            yield f"{root.name}/{path.relative_to(root).as_posix()}", path


@cache
def generator() -> str:
    """A digest of what decides the texts that are generated: of all Python sources and the grammar.

    Not of what a compiler makes, which differs from machine to machine and generates nothing.
    """
    h = hashlib.sha256()
    for name, path in _files():
        if path.suffix in (".py", ".lark"):
            h.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return f"sha256:{h.hexdigest()}"
