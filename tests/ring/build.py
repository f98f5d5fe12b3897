"""How the tests compile the C core: which files, which warnings, which compilers there are."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RING = ROOT / "model" / "ring"
HERE = ROOT / "tests" / "ring"
CORE = sorted(p for p in RING.glob("vq*.c") if p.name != "vq_python.c")
TABLES = sorted(p for p in (HERE / "core").glob("*.c") if p.name != "need_event.c")
SHARED = HERE / "shared"
STRICT = "-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
COMPILERS = ("gcc", "clang")


def compiler(name: str) -> str | None:
    """The path of a compiler, None if it is not installed."""
    return shutil.which(name)


def compile_c(
    to: Path, sources: Sequence[Path], flags: Sequence[str], cc: str = "gcc", ring: Path = RING
) -> Path:
    """An executable (or what the flags ask for) with all warnings as errors."""
    folders = [f"-I{ring}", f"-I{HERE / 'core'}", f"-I{SHARED}"]
    command = [cc, *STRICT, *flags, *folders, *map(str, sources), "-o", str(to), "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return to


def run(executable: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """What an executable says; the caller looks at its exit code."""
    command = [str(executable), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
