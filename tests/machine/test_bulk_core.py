"""The C of the machine in bulk: with all warnings, under sanitizers, and with defects in it."""

from __future__ import annotations

import random
import subprocess
import tomllib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from model.machine.bulk.bulk import packed
from model.machine.bulk.table import Table
from model.machine.machine import Machine
from tests.machine import small
from tests.ring.build import COMPILERS, STRICT, compiler

HERE = Path(__file__).resolve().parent
BULK = HERE.parents[1] / "model" / "machine" / "bulk"
SANITIZED = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
SHOWN = (
    "handlers/no_status_pulse.vq", "handlers/acknowledge_then_all_edge.vq",
    "handlers/serve_all_resample.vq", "handshake/event_idx_complete.vq",
    "handshake/packed_complete.vq", "handshake/flags_complete.vq", "ccw/classic.vq",
    "pci/ladder.vq", "mmio_multi_irq/group_lines.vq", "museum/isr_early_return.vq",
    "museum/mask_and_look_again.vq", "museum/napi_look_too_early.vq",
)  # fmt: skip
DEFECTS = tomllib.loads((HERE / "core" / "bulk.toml").read_text(encoding="utf-8"))["mutant"]


@dataclass(frozen=True)
class Shown:
    """A machine as files, a schedule for it, and what Python's machine makes of that."""

    table: bytes
    state: bytes
    schedule: bytes
    memory: int
    taken: int
    after: bytes


@cache
def shown() -> tuple[Shown, ...]:
    return tuple(_shown())


def _shown() -> Iterator[Shown]:
    drawn = random.Random(2)
    for name in SHOWN:
        design = small.read(small.SPECS / name)
        for setting in list(small.settings(design))[-2:]:
            m = Machine(design, setting)
            made = Table(m)
            # The last goes round a ring of 256 entries.
            for length in (0, 60, 400, 6_000):
                before = bytes(packed(m, made.cells))
                schedule = drawn.randbytes(length)
                taken = sum(m.step(b % len(m.agents)) for b in schedule)
                after = bytes(packed(m, made.cells))
                words = array("i", made.words).tobytes()
                yield Shown(words, before, schedule, made.cells.bytes, taken, after)


def built(to: Path, cc: str, flags: list[str], source: str) -> Path:
    (to / "bulk.c").write_text(source, encoding="utf-8")
    sources = [str(to / "bulk.c"), str(HERE / "core" / "bulk_main.c")]
    command = [cc, *STRICT, *flags, f"-I{BULK}", *sources, "-o", str(to / "bulk")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return to / "bulk"


def differs(program: Path) -> str:
    """What the program makes of something else than Python does; '' if of nothing."""
    for x in shown():
        for name, data in (("t", x.table), ("s", x.state), ("b", x.schedule)):
            (program.parent / name).write_bytes(data)
        files = [str(program.parent / name) for name in ("t", "s", "b")]
        command = [str(program), *files, str(x.memory), "run"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=20)
        if done.returncode != 0:
            return done.stderr.decode(errors="replace")
        said, _, after = done.stdout.partition(b"\n")
        if int(said) != x.taken or after != x.after:
            return "another state"
    return ""


SOURCE = (BULK / "bulk.c").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMPILERS)
def test_it_does_the_same_under_sanitizers(name: str, tmp_path: Path) -> None:
    cc = compiler(name)
    if cc is None:
        pytest.skip(f"{name} is not installed")
    assert differs(built(tmp_path, cc, SANITIZED, SOURCE)) == ""


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d["name"])
def test_a_defect_is_noticed(defect: dict[str, str], tmp_path: Path) -> None:
    assert SOURCE.count(defect["old"]) == 1, "the text does not stand there once"
    cc = compiler("gcc") or "cc"
    changed = SOURCE.replace(defect["old"], defect["new"])
    assert differs(built(tmp_path, cc, ["-O0", "-w"], changed)) != ""
