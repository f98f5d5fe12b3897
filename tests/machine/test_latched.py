"""A level that a local APIC latches: what is proved of levels that nobody latches stands there.

An I/O APIC delivers when its pin goes up, and the local APIC keeps that until the handler runs,
also where the pin is down again by then. The kernel's handler is entered only while the line is up,
as on a GIC. It has every latched run, with the handler entered at once and stepping late; latched
lines do not have every run of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from model.design.device import Trigger
from model.machine.machine import Machine
from model.machine.schedule import play, random_schedules
from model.meaning.instance import Instance
from tests.machine import small

RUNS = 150
OWN = """
device_type disk(n: 2..2) { id 2  queue req[i in 0..n-1] at i }
platform board { cpus 2  controller pins : level { lines 0..7 } }
transport told {
    register status { USED }
    map in driver { queue q -> line q.index % lines }
    map in device { programmed }
    signal queue q { set status.USED }
    drive line l while status.USED
    handler on line l { s = read status  clear status s  for q on l { service q } }
}
device disk0 : disk(2) on told { lines 2 }
check no_lost_notifications
"""


def latched(path: Path) -> list[Machine]:
    """The machines of a design whose lines are levels."""
    design = small.read(path)
    out: list[Machine] = []
    for s in small.settings(design):
        names = [r.name for r in Instance(design, s).sources]
        if names and s.trigger is Trigger.LEVEL and len(out) < 4:
            active = frozenset(names[:2] + names[-1:])
            out.append(Machine(design, s, active, latches=True))
    return out


SAFE = [p for p in small.DESIGNS if p not in small.LOST and latched(p)]


@pytest.mark.parametrize("path", SAFE, ids=small.name)
def test_what_is_proved_stands_where_levels_are_latched(path: Path) -> None:
    draw = random_schedules(1, 48)
    for machine in latched(path):
        assert {play(machine, draw()).kind for _ in range(RUNS)} == {""}


def test_a_line_that_goes_down_early_is_served_all_the_same(tmp_path: Path) -> None:
    """The difference: on a GIC the second handler never comes."""
    path = tmp_path / "d.vq"
    path.write_text(OWN)
    design = small.read(path)
    (setting,) = (s for s in small.settings(design) if len(Instance(design, s).lines) == 2)
    found = {}
    for latches in (False, True):
        machine, draw = Machine(design, setting, latches=latches), random_schedules(1, 48)
        found[latches] = {play(machine, draw()).kind for _ in range(RUNS)}
    assert found == {False: {"", "lost"}, True: {""}}
