"""The values of a run name the features that the design leaves open and something asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.options import Options
from checker.verdict.verdict import Violated
from checker.verify import verify

_TEXT = """
param n in 1..4
platform p {{ cpus 1; controller c : edge {{ lines 0..7 }} }}
device_type d(n: 1..8) {{
  id 1
  feature busy bit 3
  feature more bit 4
  feature unread bit 5
  queue q[i in 0..n-1] at i {{ role rx }}
  queue ctrl at n if more {{ role ctrl }}
}}
transport t {{
  map in driver {{ queue q -> line 0 }}
  map in device {{ programmed }}
  signal queue w {{ {signal} raise line(w) }}
  handler h on line m {{ {handler} for z on m {{ service z }} }}
}}
device d0 : d(n) on t {{ lines 1  {features} }}
check no_lost_notifications
"""
BUSY = "if device.feature.busy { stop }"
IDLE = "if not device.feature.busy { stop }"


@pytest.mark.parametrize(
    ("signal", "handler", "features", "expected"),
    [
        ("", BUSY, "", {"n": "1", "d0.busy": "yes", "d0.more": "no"}),
        (IDLE, "", "", {"n": "1", "d0.busy": "no", "d0.more": "no"}),
        # What the design says itself is no value of the run.
        ("", BUSY, "features busy, no more", {"n": "1"}),
        ("", BUSY, "features no more, unread", {"n": "1", "d0.busy": "yes"}),
        ("", "stop", "features no busy", {"n": "1", "d0.more": "no"}),
    ],
)
def test_open_features_are_among_the_values(
    tmp_path: Path, signal: str, handler: str, features: str, expected: dict[str, str]
) -> None:
    path = tmp_path / "some.vq"
    path.write_text(_TEXT.format(signal=signal, handler=handler, features=features), "utf-8")
    (line,) = verify(path, Options()).lines
    assert isinstance(line.verdict, Violated)
    assert dict(line.verdict.findings[0].values) == expected
