"""The verdict on random designs, held against an interpreter that shares no code with the engine.

    proved     nothing goes wrong in any instance of up to three queues
    violated   the interpreter can do the very run, it ends as it says, and none is shorter
    bounded    nothing is lost in so few steps in an instance of that size
    vacuous    nobody is ever served

`AGREEMENT_DESIGNS=2000` draws so many designs, goes further in each, and takes half an hour.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.agreement import whole
from tests.agreement.designs import Design, design, drawn, text
from tests.agreement.drawing import examples, read
from tests.agreement.wilder import wilder

SHARDS = 4
LONG = int(os.environ.get("AGREEMENT_DESIGNS", "0"))
DESIGNS = LONG or 64
EFFORT = whole.Effort(20_000) if LONG else whole.Effort(2_000, glance=True, visited=1_000)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_verdict_is_so_in_every_small_instance(tmp_path: Path, shard: int) -> None:
    seen: set[str] = set()
    said: Counter[str] = Counter()
    met = 0

    @examples(DESIGNS // SHARDS, shard, drawn(wilder if shard % 2 else design))
    def each(d: Design) -> None:
        nonlocal met
        got = whole.every_verdict(d, read(d, tmp_path, seen), EFFORT)
        said[got.said] += 1
        met += got.met
        assert not got.wrong, f"{got.wrong}\n{text(d)}"

    each()
    assert said["proved"] > 1
    assert said["lost"] > 2
    assert met > 15
