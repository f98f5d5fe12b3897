"""A run is shown in the smallest device that has one as short."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.options import Options
from checker.verdict.verdict import Violated
from checker.verify import verify
from tests.small import HEAD

_TEXT = """
transport t {{
  register status {{ USED }}
  map in driver {{ queue q -> line 0; request line 0 with h }}
  map in device {{ queue q -> line 0 }}
  signal queue q {{ set status.USED; raise line(q) }}
  handler h on line l {{
    s = read status
    clear status s
    if s.USED {{ for q in queues where q.index < {served} {{ service q }} }}
  }}
}}
device d0 : d on t {{ lines 1 }}
check no_lost_notifications
"""


@pytest.mark.parametrize("served", [1, 2])
def test_one_queue_more_than_are_served_is_enough(tmp_path: Path, served: int) -> None:
    path = tmp_path / "some.vq"
    path.write_text(HEAD + _TEXT.format(served=served), encoding="utf-8")
    (line,) = verify(path, Options()).lines
    assert isinstance(line.verdict, Violated)
    (found,) = line.verdict.findings
    assert found.values == (("n", str(served + 1)),)
    assert found.trace is not None
    assert found.trace.sources == (f"q[{served}]",)
    assert len(found.trace.steps) == 6
