"""A machine of a large device has the queues that its programs go through, and does the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.language.load import load
from checker.properties.property import properties
from checker.verdict.confirm import Replayed, on_machine
from checker.verdict.verdict import Violated
from checker.verify import Options, verify
from model.design.device import Trigger
from model.machine import machine
from model.machine.machine import Machine
from model.meaning.instance import Setting

SPECS = Path(__file__).resolve().parents[2] / "specs"
PROPERTY = "no_lost_notifications"


@pytest.mark.parametrize("path", ["mmio_multi_irq/cleaned_up.vq", "mmio_multi_irq/posted.vq"])
def test_a_run_is_the_same_with_and_without_the_others(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load(SPECS / path, {"pairs": 100}, properties())
    design = loaded.design
    assert design is not None
    report = verify(SPECS / path, Options(properties=(PROPERTY,), params={"pairs": 100}))
    (verdict,) = (x.verdict for x in report.lines)
    assert isinstance(verdict, Violated)
    traces = [f.trace for f in verdict.findings if f.trace is not None]
    few = [on_machine(design, t) for t in traces]
    monkeypatch.setattr(machine, "_MOST_WHOLE", 10_000)
    assert few == [on_machine(design, t) for t in traces]
    assert all(isinstance(x, Replayed) for x in few)
    assert traces


def test_only_what_is_gone_through_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    design = load(SPECS / "mmio_multi_irq/status_per_line.vq", {"pairs": 100}, properties()).design
    assert design is not None
    given = {"param.pairs": 100, "grant.": 3, "cpus": 1, "feature.ctrl_vq": True}
    setting = Setting(design.devices[0], given, "", Trigger.EDGE)
    few = Machine(design, setting, frozenset({"rx[3]", "tx[7]"}))
    assert sorted(few.rings) == ["rx[3]", "tx[7]"]
    monkeypatch.setattr(machine, "_MOST_WHOLE", 10_000)
    assert len(Machine(design, setting, frozenset({"rx[3]"})).rings) == 201
