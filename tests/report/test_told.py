"""Of runs with store buffers: a buffer is one thing, and what waits in it is said in order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.commands.main import main
from checker.report.told import told, told_at_start
from checker.verdict.trace import Trace, TraceStep
from model.expr import Value

SPECS = Path(__file__).resolve().parents[2] / "specs"

Changes = tuple[tuple[str, Value], ...]


def _trace(start: dict[str, Value], *steps: Changes) -> Trace:
    taken = tuple(TraceStep(n, "a", "does", None, s) for n, s in enumerate(steps, 1))
    return Trace("lost", "it", (), taken, start=start)


def test_stores_of_a_buffer_are_said_in_their_order() -> None:
    at = "service q.store"
    cells = [f"{at} {k}, {what} {q}" for k in (1, 2) for what in ("enables", "disables")
             for q in ("q", "req[1]")]  # fmt: skip
    start: dict[str, Value] = dict.fromkeys(cells, False) | {f"{at} 2, used since": 0}
    trace = _trace(
        start,
        ((f"{at} 1, disables req[1]", True),),
        ((f"{at} 2, enables q", True), (f"{at} 2, used since", 2), ("line 0.pending", True)),
        ((f"{at} 1, disables req[1]", False), (f"{at} 1, enables q", True),
         (f"{at} 2, enables q", False), (f"{at} 2, used since", 0)),
        ((f"{at} 1, enables q", False),),
    )  # fmt: skip
    name = "stores of service q not visible yet"
    assert told_at_start(trace) == ((name, "nothing"),)
    assert told(trace) == {
        1: ((name, "disable req[1]"),),
        2: (("line 0.pending", True), (name, "disable req[1] then enable q (2 used since)")),
        3: ((name, "enable q"),),
        4: ((name, "nothing"),),
    }


def test_a_bit_that_is_called_as_a_part_of_a_ring_keeps_its_name() -> None:
    changes: Changes = (("status.visible", True), ("req[0].visible", True), ("req[0].hidden", 1))
    (said,) = told(_trace({"req[0].unseen": 0}, changes)).values()
    names = ["status.visible", "req[0].pending", "req[0].unseen but not visible yet"]
    assert [name for name, _ in said] == names


@pytest.mark.parametrize("name", ["packed_no_driver_barrier", "flags_no_driver_barrier"])
def test_no_form_for_people_shows_a_place_of_a_buffer(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design = str(SPECS / "handshake" / f"{name}.vq")
    to = [tmp_path / "t.svg", tmp_path / "t.json"]
    words = [x for p in to for x in ("--trace", str(p))]
    main(["verify", design, "-p", "no_lost_notifications", *words])
    main(["report", design, "-o", str(tmp_path)])
    svg, data = (p.read_text() for p in to)
    capsys.readouterr()
    main(["replay", str(to[1]), design])
    shown = (svg, (tmp_path / "index.html").read_text(), capsys.readouterr().out)
    for text in shown:
        assert ".store" not in text
        assert "not visible yet" in text
    # Data is of the kernel's cells, which `replay` compares one by one.
    assert any(".store" in c for s in json.loads(data)["steps"] for c in s["changes"])
