"""The machine and the kernel, step by step: over the library, and over designs drawn at random."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from model.machine.lockstep import Lockstep
from model.machine.machine import Machine
from model.machine.schedule import record
from model.meaning.instance import Setting
from tests.agreement import laws
from tests.agreement.designs import Draw, design, text
from tests.machine import small

SCHEDULES, STEPS = 4, 120


def compare(m: Machine, seed: int, schedules: int = SCHEDULES) -> str:
    """The first difference of some schedules, or ''."""
    both = Lockstep(m)
    drawn = random.Random(seed)
    for _ in range(schedules):
        found = both.restart() or both.run(drawn.randbytes(STEPS))
        if found is not None:
            return str(found)
    return ""


@pytest.mark.parametrize("path", small.DESIGNS, ids=small.name)
def test_over_the_library(path: Path) -> None:
    machines = small.machines(small.read(path), 6)
    assert machines
    for m in machines:
        assert compare(m, 1) == ""


@pytest.mark.parametrize("block", range(6))
def test_over_random_designs(block: int, tmp_path: Path) -> None:
    compared = 0
    for seed in range(30 * block, 30 * block + 30):
        drawn = random.Random(seed)
        d = design(Draw(lambda some, r=drawn: r.choice(list(some))))  # type: ignore[misc]
        try:
            made = laws.read(d, tmp_path)
        except laws.Refused:
            continue
        device = made.devices[0]
        pool = made.transport(device.transport).pools[0]
        queues = drawn.choice([n for n in (1, 2, 3) if n <= d.most])
        given = {"param.n": queues, "grant.p": drawn.randint(*d.lines)}
        m = Machine(made, Setting(device, given, "", pool.triggers[0]))
        assert compare(m, seed, 2) == "", text(d)
        compared += 1
    assert compared > 15


def test_a_state_can_be_gone_back_to() -> None:
    for path in small.DESIGNS[::6]:
        for m in small.machines(small.read(path), 2):
            schedule = random.Random(2).randbytes(60)
            m.reset()
            m.run(schedule[:30])
            there = m.state()
            m.run(schedule[30:])
            first = m.state()
            m.restore(there)
            m.run(schedule[30:])
            assert m.state() == first
            assert record(m, schedule) == record(m, schedule)
