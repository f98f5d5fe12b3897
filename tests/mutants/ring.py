"""Defects of the C ring: compiled into a temporary copy, run against the tables and the corpus.

`python -m tests.mutants.ring` runs all of them; each must be noticed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.ring.build import CORE, HERE, RING, TABLES
from tests.ring.programs import corpus, weighted

LIST = Path(__file__).with_suffix(".toml")
SECONDS = 60
"""Of a run that loops: it is noticed."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A defect: a text that stands once in a file, and what stands there instead."""

    name: str
    file: str
    old: str
    new: str


def mutants() -> list[Mutant]:
    """The list."""
    return [Mutant(**m) for m in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]]


class Bench:
    """The sound ring as object files, and what a mutant needs to be compiled and run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus = folder / "corpus.bin"
        programs = [weighted(seed, 80, hostile=bool(seed % 2)) for seed in range(150)]
        self.corpus.write_bytes(corpus(programs))
        for source in (*CORE, *TABLES):
            self._object(source, folder / f"{source.stem}.o", RING)

    def _object(self, source: Path, to: Path, ring: Path) -> None:
        flags = ["-std=c11", "-O0", "-w", f"-I{ring}", f"-I{HERE / 'core'}", "-c"]
        subprocess.run(["gcc", *flags, str(source), "-o", str(to)], check=True)

    def survives(self, mutant: Mutant) -> bool:
        """Whether tables and corpus find nothing wrong with it."""
        text = (RING / mutant.file).read_text(encoding="utf-8")
        assert text.count(mutant.old) == 1, f"{mutant.name}: stands {text.count(mutant.old)} times"
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            ring = Path(name)
            for path in RING.glob("vq*.[ch]"):
                changed = text.replace(mutant.old, mutant.new)
                (ring / path.name).write_text(
                    changed if path.name == mutant.file else path.read_text(encoding="utf-8")
                )
            return self._passes(ring, mutant.file)

    def _passes(self, ring: Path, file: str) -> bool:
        objects = {p.stem: self.folder / f"{p.stem}.o" for p in (*CORE, *TABLES)}
        for source in CORE:
            if file.endswith(".h") or source.name == file:
                objects[source.stem] = ring / f"{source.stem}.o"
                self._object(ring / source.name, objects[source.stem], ring)
        table = ring / "table"
        subprocess.run(["gcc", *map(str, objects.values()), "-o", str(table)], check=True)
        try:
            done = subprocess.run(
                [str(table), str(self.corpus)], capture_output=True, check=False, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def sound_passes(self) -> bool:
        """That the unchanged ring passes: else nothing is said by a mutant that fails."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            return self._passes(Path(name), "none")


def survivors(these: Iterable[Mutant], folder: Path) -> Iterator[Mutant]:
    """Those that nothing notices; two at a time."""
    bench = Bench(folder)
    assert bench.sound_passes()
    every = list(these)
    with ThreadPoolExecutor(2) as pool:
        for mutant, survived in zip(every, pool.map(bench.survives, every), strict=True):
            if survived:
                yield mutant


def main() -> int:
    """All of them."""
    every = mutants()
    with tempfile.TemporaryDirectory() as folder:
        left = list(survivors(every, Path(folder)))
    for mutant in left:
        print(f"not noticed: {mutant.name} ({mutant.file})")
    print(f"{len(every) - len(left)} of {len(every)} defects of the ring are noticed")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
