"""Defects of the C ring are noticed: some of them in each run, all of them by `make mutants`."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from tests.mutants.ring import Mutant, mutants, survivors
from tests.ring.build import RING

AT_ONCE = 10


def chosen() -> list[Mutant]:
    """Some, by the text of the ring: others after each change of it, the same ones until then."""
    text = b"".join(p.read_bytes() for p in sorted(RING.glob("vq*.[ch]")))
    return random.Random(hashlib.sha256(text).digest()).sample(mutants(), AT_ONCE)


def test_some_defects_are_noticed(tmp_path: Path) -> None:
    assert list(survivors(chosen(), tmp_path)) == []


@pytest.mark.parametrize("mutant", mutants(), ids=lambda m: m.name)
def test_each_defect_has_its_place(mutant: Mutant) -> None:
    assert (RING / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1
    assert mutant.old != mutant.new
