"""What a register is called changes no proof: names of cells are not told from their spelling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checker.language.load import load
from checker.properties.property import properties
from model.kernel import project
from model.meaning.focus import Focus

# Handlers of even lines read one register, those of odd lines the other one, and then do the same.
_DESIGN = """
platform edges { cpus 4  controller ioapic : edge { lines 24..47 } }
device_type blk(n: 1..64) { id 2  queue req[i in 0..n-1] at i { role req } }
transport t {
    register st { U }
    register FIRST { A }
    register SECOND { A }
    map in transport { queue q -> line q.index; request lines 0..lines-1 with h }
    map in device { queue q -> line q.index }
    signal queue q { set SECOND.A  set st.U  lock m { set FIRST.A  clear FIRST.A }  raise line(q) }
    handler h on line l {
        s = read st
        clear st s
        if l % 2 == 0 {
            lock m { x = read FIRST  b = x.A }
        } else {
            lock m { y = read SECOND  b = y.A }
        }
        if s.U and not b { for q in queues { service q } }
    }
}
device d : blk(4) on t { lines 4 }
check no_lost_notifications
"""


def _counted(first: str, second: str, path: Path, *, how_many: bool) -> list[tuple[int, int]]:
    """Cells and steps of each case with its peers counted."""
    text = _DESIGN.replace("FIRST", first).replace("SECOND", second)
    path.write_text(text, encoding="utf-8")
    loaded = load(path, {}, properties())
    assert loaded.design is not None, loaded.diagnostics
    out = []
    for o in properties()["no_lost_notifications"].obligations(loaded.design):
        for asked in o.cases:  # type: ignore[union-attr]
            case = replace(asked.case, others=tuple(p.handler for p in asked.peers))
            system = Focus(loaded.design, case).system()
            own = {s.actor for s in system.steps if not s.actor.startswith("peer")}
            made = project.count(system, own, how_many=how_many).system
            out.append((len(made.cells), len(made.steps)))
    return out


@pytest.mark.parametrize("how_many", [False, True])
def test_registers_called_like_arbitrary_values(how_many: bool, tmp_path: Path) -> None:
    path = tmp_path / "d.vq"
    plain = _counted("one", "two", path, how_many=how_many)
    assert plain
    assert _counted("any", "hidden", path, how_many=how_many) == plain
