"""Runs of the checker happen on the machine; runs that are not so do not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from checker.engines.chance import trace_of
from checker.verdict.confirm import on_machine
from checker.verdict.trace import Trace, TraceStep, subject_of
from model.design.design import Design
from model.machine.lockstep import in_kernel
from model.machine.machine import Machine
from model.machine.replay import NotPossible, Replayed
from model.machine.schedule import play, random_schedules, record, smallest
from tests.machine import small


@cache
def a_run(path: str, kind: str) -> tuple[Design, Trace]:
    """A failure of a design, found by chance and made small."""
    design = small.read(small.SPECS / path)
    draw = random_schedules(3, 64)
    machines = small.machines(design)
    for k in range(5_000):
        m, schedule = machines[k % len(machines)], draw()
        if play(m, schedule).kind == kind:
            return design, told(design, m, schedule, kind)
    raise AssertionError(f"no run of kind {kind}")


def told(design: Design, m: Machine, schedule: bytes, kind: str) -> Trace:
    ended = record(m, smallest(schedule, lambda some: record(m, some).kind == kind))
    of = subject_of(design, m.instance.setting, sorted(m.active))
    return replace(trace_of(m, ended, "by chance"), of=of)


LOST, STORM = ("mmio_multi_irq/cleaned_up.vq", "lost"), ("museum/xv6_level.vq", "storm")
RUNS = [
    LOST,
    STORM,
    ("mmio_multi_irq/posted_qemu.vq", "lost"),
    ("handshake/packed_no_recheck.vq", "lost"),
]


@pytest.mark.parametrize(("path", "kind"), RUNS)
def test_what_chance_finds_happens_again_and_in_the_kernel(path: str, kind: str) -> None:
    design, trace = a_run(path, kind)
    assert isinstance(on_machine(design, trace), Replayed)
    assert trace.of is not None
    m = next(x for x in small.machines(design) if sorted(x.active) == list(trace.of.active)
             and x.instance.setting.given == dict(trace.of.given))  # fmt: skip
    assert in_kernel(m, trace.steps, trace.loop) == ""


def edited(trace: Trace, how: str) -> Trace:
    steps = trace.steps
    first = steps[0]
    match how:
        case "without its last step":
            return replace(trace, steps=steps[:-1])
        case "without its first step":
            return replace(trace, steps=steps[1:])
        case "with a step of somebody else":
            return replace(trace, steps=(replace(first, actor="nobody"), *steps[1:]))
        case "with another action":
            return replace(trace, steps=(replace(first, verb="drain rx[0]"), *steps[1:]))
        case "with a change that is none":
            wrong = replace(first, changes=(*first.changes, ("status.VRING", True)))
            return replace(trace, steps=(wrong, *steps[1:]))
        case "with a cell that is none":
            wrong = replace(first, changes=(*first.changes, ("nothing", True)))
            return replace(trace, steps=(wrong, *steps[1:]))
        case "without a change":
            k = next(k for k, s in enumerate(steps) if s.changes)
            return replace(
                trace, steps=(*steps[:k], replace(steps[k], changes=()), *steps[k + 1 :])
            )
        case "with another loss":
            return replace(trace, sources=("nothing",))
        case "as a loop":
            return replace(trace, kind="storm", loop=1)
        case _:
            raise AssertionError(how)


EDITS = ["without its last step", "without its first step", "with a step of somebody else",
         "with another action", "with a change that is none", "with a cell that is none",
         "without a change", "with another loss", "as a loop"]  # fmt: skip


@pytest.mark.parametrize("how", EDITS)
def test_an_edited_run_does_not_happen(how: str) -> None:
    design, trace = a_run(*LOST)
    seen = on_machine(design, edited(trace, how))
    assert isinstance(seen, NotPossible)
    assert str(seen)


def test_a_loop_has_to_close_and_to_show_something() -> None:
    design, trace = a_run(*STORM)
    assert trace.loop is not None
    for wrong in (
        replace(trace, loop=trace.loop + 1),
        replace(trace, kind="starved"),
        replace(trace, kind="unhandled"),
        replace(trace, steps=trace.steps[:-1]),
        replace(trace, kind="lost", loop=None),
    ):
        assert isinstance(on_machine(design, wrong), NotPossible), wrong.kind


def test_a_run_of_no_device_does_not_happen() -> None:
    design, trace = a_run(*LOST)
    assert trace.of is not None
    assert isinstance(on_machine(design, replace(trace, of=None)), NotPossible)
    gone = replace(trace, of=replace(trace.of, device="eth9"))
    assert isinstance(on_machine(design, gone), NotPossible)


def test_the_kernel_refuses_what_it_does_not_do() -> None:
    design, _ = a_run(*LOST)
    m = next(iter(small.machines(design)))
    step = TraceStep(1, m.agents[-1].name, "", None, ())
    assert "cannot step" in in_kernel(m, [step], None)
    assert in_kernel(m, [], None) == "nothing is lost at the end"
    assert Path(design.path).exists()
