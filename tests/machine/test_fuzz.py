"""What chance finds on the machine: every loss of the library, and none where there is a proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.machine.machine import Machine
from model.machine.schedule import play, random_schedules, record, smallest
from tests.machine import small, table

RUNS = 2_500
"""Within so many runs each loss of the library is found; most within twenty."""
SURVIVE = 500
"""Runs that a design without a loss survives here; many more by hand (docs/decisions/0010)."""
SAFE = [p for p in small.DESIGNS if p not in small.LOST]


def first_loss(machines: list[Machine], runs: int) -> tuple[Machine, bytes] | None:
    draw = random_schedules(1, 64)
    for k in range(runs):
        m, schedule = machines[k % len(machines)], draw()
        if play(m, schedule).kind:
            return m, schedule
    return None


@pytest.mark.parametrize("path", small.LOST, ids=small.name)
def test_a_loss_is_found_and_made_small(path: Path) -> None:
    found = first_loss(small.machines(small.read(path)), RUNS)
    assert found is not None
    m, schedule = found
    kind = record(m, schedule).kind
    least = smallest(schedule, lambda some: record(m, some).kind == kind)
    assert len(least) <= len(schedule)
    for k in range(len(least)):
        assert record(m, least[:k] + least[k + 1 :]).kind != kind


@pytest.mark.parametrize("path", SAFE, ids=small.name)
def test_what_is_safe_survives(path: Path) -> None:
    assert first_loss(small.machines(small.read(path)), SURVIVE) is None


def test_the_table_at_length_has_the_safe_cells_and_notices_a_loss(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(table.cells()) == 7
    assert table.main(["--runs", "20"]) == 0
    assert capsys.readouterr().out.count("survives 20 runs") == 7
    lost = next(p for p in small.LOST if p.parent.name == "handlers")
    monkeypatch.setattr(table, "cells", lambda: [lost])
    assert table.main(["--runs", "2500"]) == 1
    assert "FAILS after" in capsys.readouterr().out


def test_the_handler_table_has_a_cell_for_each_design() -> None:
    every = {p.stem: p in small.LOST for p in small.DESIGNS if p.parent.name == "handlers"}
    assert len(every) == 18
    assert sum(every.values()) == 11
