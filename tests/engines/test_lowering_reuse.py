"""Steps that are kept while constants are found out are those that would be made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checker.engines.engine import Budget
from checker.engines.run_question import RunObligation
from checker.engines.runs import instances
from checker.language.load import load
from checker.properties.property import properties
from model.design.design import Design
from model.meaning.focus import Focus
from model.meaning.lower import Lowering

SPECS = Path(__file__).parents[2] / "specs"
DESIGNS = (
    "mmio_multi_irq/posted.vq",
    "mmio_multi_irq/cleaned_up.vq",
    "mmio_multi_irq/ack_then_all.vq",
    "handshake/event_idx_batch.vq",
    "mmio/today_irqfd.vq",
    "ccw/classic.vq",
)


def _systems(design: Design) -> list[object]:
    out: list[object] = []
    for o in properties()["no_lost_notifications"].obligations(design):
        assert isinstance(o, RunObligation)
        out += [t.system for t in instances(o, Budget()).tried]
        for asked in o.cases:
            out += [Focus(design, asked.case).system(ending=e) for e in (False, True)]
    return out


@pytest.mark.parametrize("name", DESIGNS)
def test_kept_steps_are_those_made_anew(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    design = load(SPECS / name, {}, properties()).design
    assert design is not None
    kept = _systems(design)

    steps = Lowering._steps

    def anew(self: Any, every: Any, constants: Any, dead: Any, _changed: Any) -> Any:
        return steps(self, every, constants, dead, None)

    monkeypatch.setattr(Lowering, "_steps", anew)
    assert kept == _systems(design)
    assert len(kept) > 2
