"""`checker doctor`: says what is installed, what is missing, and what that costs."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from checker import __version__
from checker.commands.exit_codes import ExitCode
from checker.library import library_root
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Something that vqcheck uses; `found` is empty if it is missing."""

    name: str
    needed: bool
    found: str
    without: str
    """What is lost if it is missing."""


def parts() -> list[Part]:
    """All that is looked at, in the order shown."""
    needed = {
        "z3-solver": "nothing can be proved or refuted",
        "lark": "designs cannot be read",
        "click": "there is no command line",
        "rich": "reports cannot be shown",
        "hypothesis": "nothing can be fuzzed",
    }
    return [
        Part("vqcheck", True, __version__, ""),
        Part("Python", True, platform.python_version() if sys.version_info >= (3, 11) else "", ""),
        *(Part(name, True, _package(name), cost) for name, cost in needed.items()),
        Part("standard library", True, _library(), "`use lib....` finds nothing"),
        Part("cache", False, _cache(), "each run builds the parser anew, which takes 0.3 s"),
        Part("cvc5", False, _cvc5(), "proofs are checked by Z3 only, not by a second solver"),
        Part("pygls", False, _package("pygls"), "no `checker lsp`, which editors start"),
        Part("spin", False, _tool(["spin"], "-V"), "no comparison with SPIN in `benchmarks/`"),
        Part("ring in C", False, _ring(), "the rings cannot be run or fuzzed (decision 0008)"),
        Part("C compiler", False, _tool(["cc", "gcc", "clang"]), "the rings in C cannot be built"),
    ]


def _ring() -> str:
    """How the core is bound to Python here; empty where it was not built."""
    try:
        from model.ring.ring import binding

        return binding()
    except ImportError:
        return ""


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _library() -> str:
    root = library_root()
    count = sum(1 for _ in (root / "lib").rglob("*.vq")) if (root / "lib").is_dir() else 0
    return f"{root / 'lib'} ({count} modules)" if count else ""


def _cache() -> str:
    """The folder of the cache if a file can be written there."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    folder = Path(base) / "vqcheck"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(folder)
    except (OSError, RuntimeError):
        return ""


def _cvc5() -> str:
    return _package("cvc5") or _tool(["cvc5"])


def _tool(names: Sequence[str], option: str = "--version") -> str:
    """The first line that a program says about its version; empty if it is not there."""
    path = next((p for n in names if (p := shutil.which(n))), None)
    if path is None:
        return ""
    try:
        said = subprocess.run(
            [path, option], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return path
    words = (said.stdout or said.stderr).strip().splitlines()
    return f"{path} ({words[0].strip()})" if words else path


@click.command("doctor")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(form: str) -> int:
    """Say what is installed, what is missing, and what that costs.

    Exit codes: 0 if all that is needed is there, else 1.
    """
    found = parts()
    is_well = all(p.found for p in found if p.needed)
    if form == "json":
        click.echo(json.dumps({"ok": is_well, "parts": [asdict(p) for p in found]}, indent=2))
    else:
        click.echo(_text(found, is_well))
    return ExitCode.OK if is_well else ExitCode.VIOLATED


def _text(found: list[Part], is_well: bool) -> str:
    width = max(len(p.name) for p in found)
    lines = []
    for p in found:
        mark = "ok" if p.found else "MISSING" if p.needed else "-"
        lines.append(f"{mark:<8} {p.name:<{width}}  {p.found or 'not found'}")
        if not p.found and p.without:
            lines.append(f"{'':<8} {'':<{width}}  without it: {p.without}")
    end = "All that is needed is there." if is_well else "Something that is needed is missing."
    return "\n".join([*lines, "", end])
