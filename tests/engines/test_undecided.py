"""With an event index that no program of the device asks about, nothing is counted by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.verdict.verdict import strength
from checker.verify import Options, verify

DESIGN = """\
use lib.virtio.requests
param n in 1..1024
platform box {{ controller c : message {{ lines 0..2047 }} }}
service poll(q) deferred {{
    disable q
    drain q
    enable q
    complete q
    fence
    if pending q {{ schedule q }}
}}
transport t {{
    pool vectors : message
    suppression {suppression}
    memory {memory}
    map in driver {{
        queue q -> line q.index % lines
        request lines 0..lines-1 with irq
    }}
    map in device {{ programmed }}
    signal queue q {{ {signal} }}
    handler irq on line l {{ for q on l {{ schedule q }} }}
}}
device d : requests(n) on t {{ lines 1..n of vectors; service poll }}
check no_lost_notifications
"""


def said(tmp_path: Path, **kinds: str) -> str:
    path = tmp_path / "d.vq"
    path.write_text(DESIGN.format(**kinds), encoding="utf-8")
    (line,) = verify(path, Options()).lines
    return strength(line.verdict)


@pytest.mark.parametrize("memory", ["sc", "relaxed"])
@pytest.mark.parametrize("suppression", ["event_idx", "packed_event"])
def test_a_device_that_always_notifies_is_proved(
    tmp_path: Path, suppression: str, memory: str
) -> None:
    # It was visited for a minute: what is used since a decision grew without end.
    found = said(tmp_path, suppression=suppression, memory=memory, signal="pulse line(q)")
    assert found.startswith("proved (any number")


def test_one_that_asks_in_vain_is_still_refuted(tmp_path: Path) -> None:
    kinds = {"suppression": "event_idx", "memory": "sc"}
    found = said(
        tmp_path, **kinds, signal="publish q; publish q; if wants_last q { pulse line(q) }"
    )
    assert found == "replayed"
