"""Linux' own ring on the other side, where LINUX_TREE names a kernel's sources."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.interop.linux_ring import RINGS, build, pairings
from tests.ring.build import run


def test_linux_takes_the_other_side(tmp_path: Path) -> None:
    tree = os.environ.get("LINUX_TREE")
    if tree is None or not all((Path(tree) / name).exists() for name in RINGS):
        missing = "LINUX_TREE names no kernel tree: its sources are never part of this repository"
        assert tree is None, f"{tree} has no virtio_ring.c and vringh.c"
        pytest.skip(missing)
    program = build(Path(tree).resolve(), tmp_path)
    for pairing in pairings():
        done = run(program, *pairing, 50_000)
        assert done.returncode == 0, done.stdout
        assert done.stdout.startswith("50000 buffers")
