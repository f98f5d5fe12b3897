"""Work begun earlier, in a process of its own: the same answers, and nothing left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from checker.engines import run_proofs, runs
from checker.engines.aside import Aside
from checker.engines.engine import Budget
from checker.engines.horn import Found
from checker.engines.run_question import RunObligation, RunResult
from checker.language.load import load
from checker.properties.property import properties

SPECS = Path(__file__).resolve().parents[2] / "specs"


def test_its_answer_is_asked_for_later() -> None:
    one, other = Aside(lambda: "x" * 1_000_000), Aside(os.getpid)
    assert other.result() not in (None, os.getpid())
    assert one.result() == "x" * 1_000_000


def test_one_that_died_has_no_answer() -> None:
    assert Aside(lambda: os._exit(3)).result() is None
    assert Aside(lambda: 1 // 0).result() is None


def test_one_that_nobody_wants_is_gone() -> None:
    aside = Aside(lambda: time.sleep(600))
    aside.stop()
    with pytest.raises(ChildProcessError):
        os.waitpid(aside.pid, 0)


ONLY_WITH_A_FEATURE = """
platform v { cpus 4 controller its : message { lines 0..63 } }
device_type dt() { id 2  feature B bit 2  queue a at 0 { role rx }  config_change }
transport t {
    pool p : message
    register status { USED }
    map in transport { queue q -> line 1; config -> line 0; request lines 0..lines-1 with h }
    map in device { programmed }
    signal queue q { set status.USED; pulse line(q) }
    signal config { pulse line(config) }
    handler h on line l {
        s = read status
        if device.feature.B { clear status s }
        if s.USED { for q on l { service q } }
        notify config
    }
}
device d : dt() on t { lines 2 of p }
check no_lost_notifications
"""
"""No proof at once, and a loss that only instances with the feature have."""


def _asked(path: Path) -> list[RunObligation]:
    known = properties()
    design = load(path, {}, known).design
    assert design is not None
    every = known["no_lost_notifications"].obligations(design)
    return [o for o in every if isinstance(o, RunObligation)]


def _results(asked: list[RunObligation], budget: Budget) -> list[RunResult]:
    return [replace(runs.work(o, budget), seconds=0.0) for o in asked]


@pytest.mark.parametrize("lost", [False, True])
def test_a_proof_that_is_begun_beside_the_search_is_the_same(
    lost: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def begin(work: Callable[[], Found]) -> Aside[Found]:
        begun.append(Aside(work))
        return begun[-1]

    monkeypatch.setattr(run_proofs, "Aside", begin)
    path = SPECS / "mmio_multi_irq" / "ack_then_all.vq"
    if lost:
        path = tmp_path / "lost.vq"
        path.write_text(ONLY_WITH_A_FEATURE)
    asked = _asked(path)
    alone = _results(asked, Budget())
    assert not begun
    assert any(r.found for r in alone) == lost
    assert _results(asked, Budget(processes=2)) == alone
    assert begun
    for aside in begun:
        with pytest.raises(ChildProcessError):
            os.waitpid(aside.pid, 0)
