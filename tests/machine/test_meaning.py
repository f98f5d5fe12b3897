"""What the machine showed of the kernel: regressions, each seen to fail first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from model.machine.machine import Machine
from model.meaning.instance import Setting
from tests.agreement import laws
from tests.agreement.designs import Design, Register, Wire

RECHECK = (
    ("loop", (("disable", "q"), ("drain", "q"), ("enable", "q"),
              ("if", ("not", ("pending", "q")), (("stop",),), ()))),
)  # fmt: skip
INDEXED = Design(
    signal=(("if", ("wants", "q"), (("raise", ("of", "q")),), ()),),
    handlers=((("for", "q", None, None, (("service", "q"),)),),),
    service=RECHECK,
    suppression="event_idx",
)


def test_without_store_buffers_nothing_is_counted_in_them(tmp_path: Path) -> None:
    # Each agent had a counter of its store to used_event, which only grew and which nobody read:
    # four times the states for each agent and queue.
    made = laws.read(INDEXED, tmp_path)
    device = made.devices[0]
    pool = made.transport(device.transport).pools[0]
    setting = Setting(device, {"param.n": 1, "grant.p": 1}, "", pool.triggers[0])
    names = [c.name for c in Machine(made, setting).system.cells]
    assert "req[0].used since used_event" in names
    assert [n for n in names if "store" in n] == []


def test_nothing_waits_of_a_queue_that_never_produces(tmp_path: Path) -> None:
    # Its store was kept in a buffer that no step ever emptied.
    d = replace(INDEXED, suppression="flags", memory="tso", most=2)
    made = laws.read(d, tmp_path)
    device = made.devices[0]
    pool = made.transport(device.transport).pools[0]
    setting = Setting(device, {"param.n": 2, "grant.p": 1}, "", pool.triggers[0])
    names = [c.name for c in Machine(made, setting, frozenset({"req[0]"})).system.cells]
    assert [n for n in names if "store" in n and "req[0]" in n]
    assert [n for n in names if "store" in n and "req[1]" in n] == []


def test_a_pin_that_programs_only_lower_has_a_level(tmp_path: Path) -> None:
    # Its wire reads whether a raise holds it up, which was no cell of the system.
    d = Design(
        registers=(Register("status", ("A",)),),
        signal=(("set", "status", None, ("A",)), ("lower", ("of", "q"))),
        handlers=((("clear", "status", None, ("A",)), *INDEXED.handlers[0]),),
        wires=(Wire((("status", "A"),)),),
    )
    (x,) = laws.small(d, laws.read(d, tmp_path), queues=1)
    assert laws.with_oracle(d, x) == laws.Compared(lost=False)
