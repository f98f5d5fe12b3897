"""What the tool is made of besides itself: the installed packages, in the form of CycloneDX 1.6."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from checker import __version__

_TOOL = "vqcheck"
_EXTRAS = ("certify",)
_REQUIRES = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


def sbom() -> dict[str, Any]:
    """Everything that is installed of what vqcheck requires, and of what that requires."""
    found = _installed()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(_TOOL, __version__, "application")},
        "components": [_library(d) for d in found.values()],
        "dependencies": [
            {"ref": _purl(_TOOL, __version__), "dependsOn": _refs(_needs(_TOOL), found)},
            *(
                {"ref": _purl(name, d.version), "dependsOn": _refs(_needs(name), found)}
                for name, d in found.items()
            ),
        ],
    }


def _installed() -> dict[str, Distribution]:
    """By name, sorted; what is not installed is not used."""
    found: dict[str, Distribution] = {}
    todo = list(_needs(_TOOL))
    while todo:
        name = todo.pop()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        todo += _needs(name)
    return {name: found[name] for name in sorted(found)}


def _needs(name: str) -> Iterator[str]:
    try:
        required = distribution(name).requires or []
    except PackageNotFoundError:  # Run from a source tree that nobody installed.
        return
    for words in required:
        extra = _EXTRA.search(words)
        m = _REQUIRES.match(words)
        if m and (extra is None or (name == _TOOL and extra[1] in _EXTRAS)):
            yield re.sub("[-_.]+", "-", m[1]).lower()


def _refs(names: Iterator[str], found: Mapping[str, Distribution]) -> list[str]:
    return sorted({_purl(n, found[n].version) for n in names if n in found})


def _library(d: Distribution) -> dict[str, Any]:
    name = re.sub("[-_.]+", "-", d.metadata["Name"]).lower()
    licence = next((words for words in _licences(d) if words), "")
    of = {"licenses": [{"license": {"name": licence}}]} if licence else {}
    return {**_component(name, d.version, "library"), **of}


def _licences(d: Distribution) -> Iterator[str]:
    """What a package says of its licence, the best first; some put the whole text there."""
    for field in ("License-Expression", "License"):
        for words in d.metadata.get_all(field) or []:
            yield words.strip().partition("\n")[0]
    for words in d.metadata.get_all("Classifier") or []:
        if words.startswith("License ::"):
            yield words.rpartition("::")[2].strip()


def _component(name: str, version: str, kind: str) -> dict[str, Any]:
    purl = _purl(name, version)
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"
