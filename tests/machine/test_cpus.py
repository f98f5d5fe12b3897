"""CPUs: what runs on one does not run at once; all that happens could happen without them."""

from __future__ import annotations

import random

import pytest

from model.design.device import Trigger
from model.machine.agents import IDLE
from model.machine.cpus import cpus_of_lines
from model.machine.lockstep import Lockstep
from model.machine.machine import Machine
from model.machine.schedule import play, random_schedules
from model.meaning.instance import Setting
from tests.agreement import laws
from tests.agreement.designs import Design
from tests.machine import small

NAPI = (("disable", "q"), ("drain", "q"), ("enable", "q"), ("complete", "q"),
        ("if", ("pending", "q"), (("schedule", "q"),), ()))  # fmt: skip


def with_cpus(m: Machine, design: object) -> Machine:
    return Machine(design, m.instance.setting, m.active, with_cpus=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", small.DESIGNS[::7], ids=small.name)
def test_what_it_does_the_kernel_does(path: object) -> None:
    design = small.read(path)  # type: ignore[arg-type]
    for m in small.machines(design, 3):
        there = with_cpus(m, design)
        both = Lockstep(there)
        both.restart()
        drawn = random.Random(1)
        for b in drawn.randbytes(150):
            k = b % len(there.agents)
            before = both.view.values()
            if not there.step(k):
                assert both.view.values() == before
                continue
            f = next(g for g, _ in both.moves[there.agents[k].name] if g(both.state) is not None)
            after = f(both.state)
            assert after is not None
            both.state = after
            saw, said = both.view.values(), both.values()
            assert saw == {c: said[c] for c in saw}


def test_handlers_of_one_cpu_run_one_after_the_other() -> None:
    design = small.read(small.SPECS / "mmio_multi_irq" / "cleaned_up.vq")
    m = next(m for m in small.machines(design) if len(m.lines) > 1)
    there = with_cpus(m, design)
    assert there.cpus is not None
    handlers = [a for a in there.agents if a.kind == "handler"]
    assert {len(some) for some in there.cpus.handlers.values()} != {0}
    draw = random_schedules(1, 64)
    for _ in range(100):
        there.reset()
        for b in draw():
            there.step(b % len(there.agents))
            by_cpu = [there.cpus.of_line[k] for k, a in enumerate(handlers) if a.at != IDLE]
            assert len(by_cpu) == len(set(by_cpu))


def test_a_service_waits_for_the_handlers_of_its_cpu(tmp_path: object) -> None:
    d = Design(
        lines=(2, 2),
        queue_to="q.index % lines",
        signal=(("if", ("wants", "q"), (("raise", ("of", "q")),), ()),),
        handlers=((("for", "q", ("l",), None, (("service", "q"),)),),),
        service=NAPI,
        deferred=True,
        suppression="flags",
    )
    design = laws.read(d, tmp_path)  # type: ignore[arg-type]
    for m in small.machines(design):
        there = with_cpus(m, design)
        assert cpus_of_lines(there) == [0, 1]
        assert there.cpus is not None
        services = [a for a in there.agents if a.kind == "service"]
        draw, ran = random_schedules(2, 96), 0
        for _ in range(150):
            schedule = draw()
            there.reset()
            for b in schedule:
                a = there.agents[b % len(there.agents)]
                cpu = there.cpus.at.get(a.name, 0)
                busy = any(h.at != IDLE for h in there.cpus.handlers.get(cpu, ()))
                if a.step() and a in services:
                    assert not busy
                    ran += 1
            assert play(there, schedule).kind == ""
        assert ran > 50


def test_lines_are_pinned_as_the_design_says() -> None:
    design = small.read(small.SPECS / "pci" / "affinity.vq")
    device = design.devices[0]
    given = {"param.ncpus": 3, "param.pairs": 3, "grant.msix": 7, "grant.intx": 1, "cpus": 3}
    m = Machine(design, Setting(device, given, "msix", Trigger.MESSAGE))
    # The configuration, then rx[i] and tx[i] by pairs.
    assert cpus_of_lines(m) == [0, 0, 0, 1, 1, 2, 2]
