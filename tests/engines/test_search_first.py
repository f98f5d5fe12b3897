"""A loss that a search finds is not kept waiting for Spacer to have tried everything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from checker.engines import runs
from checker.engines.engine import Budget
from checker.engines.run_proofs import Proofs
from checker.engines.run_question import RunObligation
from checker.engines.run_search import Search
from checker.language.load import load
from checker.properties.property import properties

# The second line has a handler of its own, whose last statement clears what came meanwhile. With
# one queue there is no second line, and two queues have too many states to be searched at first.
LATE = """
param n in 1..3
platform box { cpus 2 controller c : message { lines 0..127 } }
device_type blk(n: 1..64) { id 2 queue req[i in 0..n-1] at i }
transport t {
    pool p : message
    register st { A, B }
    register mi { A }
    map in transport {
        queue q -> line q.index % lines; config -> none
        request line 0 with h0; request lines 1..lines-1 with h1
    }
    map in device { queue q -> line q.index % lines; config -> none }
    signal queue q { set mi.A; set st.A; pulse line(q) }
    handler h0 on line l {
        s = read st; clear st s
        if s.A { t = read mi; clear mi t; if t.A { for q in queues { service q } } }
    }
    handler h1 on line l {
        s = read st
        if s.A {
            t = read mi; clear mi.A
            if t.A { for q in queues { while pending q { if pending q { service q } } } }
        }
        clear st.A
    }
}
device d : blk(n) on t { lines 1..2 of p }
check no_lost_notifications
"""


def _asked(folder: Path) -> RunObligation:
    path = folder / "d.vq"
    path.write_text(LATE)
    design = load(path, {}, properties()).design
    assert design is not None
    (asked,) = properties()["no_lost_notifications"].obligations(design)
    assert isinstance(asked, RunObligation)
    return asked


def test_wider_instances_come_before_all_effort(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_self: Proofs, every: object) -> NoReturn:
        raise AssertionError(f"all effort for {every}")

    monkeypatch.setattr(Proofs, "with_all_effort", never)
    asked = _asked(tmp_path)
    found = runs.work(asked, Budget()).found
    assert found is not None
    assert found.kind == "lost"
    assert len(found.steps) == 20


def test_what_could_not_be_searched_is_no_matter_where_all_is_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gives_up(self: Search, ways: object) -> None:
        self.a.known.open.append("an instance cannot be laid out")

    def at_last(self: Proofs, every: Sequence[object]) -> None:
        assert every
        if not is_proved:
            self.a.known.unproved.append("no invariant was found")

    monkeypatch.setattr(Proofs, "with_more_effort", lambda _self, every: [*every])
    monkeypatch.setattr(Search, "further", gives_up)
    monkeypatch.setattr(Proofs, "with_all_effort", at_last)
    asked = _asked(tmp_path)
    monkeypatch.setattr(Search, "last", lambda _self: None)
    for is_proved in (True, False):
        said = "an instance cannot be laid out" in runs.work(asked, Budget()).open
        assert said is not is_proved
