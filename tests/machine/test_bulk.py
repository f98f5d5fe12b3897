"""The machine in C does what the machine does, step for step, and calls well only what is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.design.design import Design
from model.expr import Add, Lit, Mul, Var
from model.machine.bulk import _bulk
from model.machine.bulk.bulk import Bulk, bulk, packed
from model.machine.bulk.table import Op, Table, TooLarge
from model.machine.machine import Machine
from model.machine.schedule import play, record
from tests.agreement import laws
from tests.agreement.designs import Draw, design
from tests.machine import small

LONG, RUNS, DRAWN = 200, 30, 150


def in_c(m: Machine) -> Bulk:
    made = bulk(m)
    assert made is not None
    return made


def differs(m: Machine, twin: Machine, seed: int) -> str:
    """Where the two come to after the same schedules; '' if it is the same."""
    drawn, made = random.Random(seed), in_c(m)
    for _ in range(4):
        schedule = drawn.randbytes(LONG)
        if made.run(schedule) != sum(twin.step(b % len(twin.agents)) for b in schedule):
            return "not the same steps"
        if packed(m, made.cells) != packed(twin, made.cells):
            return "not the same state"
    return ""


def calls_well_what_is_not(m: Machine, seed: int) -> str:
    drawn, made = random.Random(seed), in_c(m)
    for _ in range(RUNS):
        schedule = drawn.randbytes(drawn.randint(1, 64))
        if made.ends_well(schedule) and (ended := record(m, schedule)).kind:
            return f"{ended.kind} after {schedule.hex()}"
    return ""


def drawn(folder: Path) -> Iterator[tuple[Machine, Machine]]:
    for seed in range(DRAWN):
        source = random.Random(seed)
        d = design(Draw(lambda some, r=source: r.choice(list(some))))  # type: ignore[misc]
        try:
            made = laws.read(d, folder)
        except laws.Refused:
            continue
        yield from twins(made)


def twins(made: Design) -> Iterator[tuple[Machine, Machine]]:
    for setting in small.settings(made):
        yield Machine(made, setting), Machine(made, setting)


@pytest.mark.parametrize("path", small.DESIGNS, ids=small.name)
def test_it_does_what_the_machine_does(path: Path) -> None:
    for k, (m, twin) in enumerate(twins(small.read(path))):
        assert differs(m, twin, k) == ""
        assert calls_well_what_is_not(m, k) == ""


def test_it_does_what_machines_of_random_designs_do(tmp_path: Path) -> None:
    number = 0
    for number, (m, twin) in enumerate(drawn(tmp_path), 1):
        assert differs(m, twin, number) == ""
        assert calls_well_what_is_not(m, number) == ""
    assert number > DRAWN // 2


def test_a_loss_is_never_called_well_and_a_schedule_that_is_fine_mostly_is() -> None:
    lost = next(p for p in small.LOST if p.stem == "serve_own_edge")
    m = next(iter(small.machines(small.read(lost))))
    drawn = random.Random(1)
    kinds = {}
    for _ in range(2_000):
        schedule = drawn.randbytes(drawn.randint(1, 64))
        kinds[schedule] = (in_c(m).ends_well(schedule), play(m, schedule).kind)
    assert (False, "lost") in kinds.values()
    assert (True, "") in kinds.values()
    assert not any(well and kind for well, kind in kinds.values())


def test_operators_are_numbered_as_in_c() -> None:
    assert [op.name for op in Op] == _bulk.ops().split()
    assert [int(op) for op in Op] == list(range(len(Op)))


def test_what_c_does_not_take_is_left_to_python() -> None:
    m = next(iter(small.machines(small.read(small.DESIGNS[0]))))
    table = Table(m)
    with pytest.raises(TooLarge):
        table.add(2**31)
    with pytest.raises(TooLarge):
        table.expression(Mul(Mul(Lit(2), Lit(3)), Lit(4)), lambda _: [])
    with pytest.raises(TooLarge):
        table.expression(Add((Var("x"),) * 80), lambda _: [Op.CELL, 0])
    made = small.read(small.DESIGNS[0])
    assert Machine(made, next(small.settings(made)), with_cpus=True).bulk is None


def test_it_starts_where_the_machine_started() -> None:
    m = next(iter(small.machines(small.read(small.DESIGNS[0]))))
    first = packed(m, Table(m).cells)
    m.run(bytes(range(200)))
    now = packed(m, Table(m).cells)
    made = in_c(m)
    assert packed(m, made.cells) == now != first
    m.reset()
    assert made.ends_well(b"")
    assert packed(m, made.cells) == first
