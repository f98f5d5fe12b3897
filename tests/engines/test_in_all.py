"""Where nothing is proved, what is visited in the end has a limit in all, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checker.engines import run_search, runs
from checker.engines.engine import Budget
from checker.engines.run_question import RunObligation
from checker.language.load import load
from checker.options import Options
from checker.properties.property import properties
from checker.report.text import details
from checker.verify import verify
from model.kernel.explore import Explored, TooManyStates, explore

POLLS = """
device_type scsi(n: 1..4) {
    id 8
    queue ctl at 0 {}
    queue event at 1 {}
    queue req[i in 0..n-1] at i + 2 {}
}
transport mmio {
    register status { USED } per line
    map in driver { queue q -> line q.index % lines;  config -> none }
    map in device { programmed }
    signal queue q { publish q;  set status[line(q)].USED }
    drive line l while status.USED
    handler on line l { s = read status[l]  clear status[l] s  for q on l { schedule q } }
    service poll(q) deferred {
        left = 2
        loop {
            if left == 0 { stop }
            if not pending q { complete q  if pending q { schedule q }  stop }
            drain_one q
            left = left - 1
        }
    }
}
platform p { controller c : level { lines 0..7 } }
device scsi0 : scsi(2) on mmio { lines 1..3  service poll }
check no_lost_notifications
"""


@pytest.mark.parametrize("most", [0, 4_000])
def test_no_more_states_than_in_all(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d.vq"
    path.write_text(POLLS)
    visited: list[int] = []

    def counted(system: Any, limit: int) -> Explored:
        try:
            reached = explore(system, limit)
        except TooManyStates:
            visited.append(limit)
            raise
        visited.append(len(reached.states))
        return reached

    monkeypatch.setattr(run_search, "IN_ALL", most)
    monkeypatch.setattr(run_search, "explore", counted)
    last = run_search.Search.last

    def from_here(self: run_search.Search) -> Any:
        visited.clear()
        return last(self)

    monkeypatch.setattr(run_search.Search, "last", from_here)
    design = load(path, {}, properties()).design
    assert design is not None
    (asked,) = properties()["no_lost_notifications"].obligations(design)
    assert isinstance(asked, RunObligation)
    result = runs.work(asked, Budget())
    assert result.found is None
    assert result.unproved
    assert result.passed, "what was not visited whole is said"
    assert sum(visited) <= most
    whole = {i.words for i in result.explored}
    assert not whole & {i.words for i in result.passed}


def test_both_limits_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "d.vq"
    path.write_text(POLLS)
    monkeypatch.setattr(run_search, "IN_ALL", 500)
    report = verify(path, Options())
    said = " ".join(details(report, report.lines[0]).split())
    assert "passed over, with more states than are visited" in said
    assert "2,000,000 in all" in said
