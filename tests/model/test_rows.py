"""Rows made when asked for: what is said of all queues at once is what each of them says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from checker.engines import candidates
from checker.language.load import load
from checker.properties.property import properties
from model.design.design import Design
from model.design.device import Device, Trigger
from model.expr import TRUE, Expr, Tally, Undefined, Value, Var, value
from model.meaning import layout as layouts
from model.meaning.columns import Column
from model.meaning.instance import Instance, Setting
from tests.machine.small import EVERY, name, read

CALLBACK = Var("q.callback", True)
TALLIES: tuple[Expr, ...] = (Tally(TRUE), Tally(CALLBACK), Tally(CALLBACK, Var("lines")))
ODD = [
    "queue q -> line (q.index * q.index + q.nth / 3) % lines;",
    "queue q -> line 6 / q.index;",  # Of the first it has no value.
    "queue q -> line rank(q) % lines if q.callback; queue q -> none;",
    "queue q -> line rank(q where q.role == a) if q.role == a; queue q -> line callbacks % lines;",
    "queue q -> line count(q where 4 / n == 1) if q.nth % 2 == 0;",
    "queue q -> number 5 + 2 * q.nth;",
    "queue q -> number base + q.index if q.index % 3 != 1;",
]
DESIGN = """
param n in 1..6
platform box {{ controller c : edge {{ lines 0..127 }} }}
device_type some(n: 1..64) {{
  id 2
  queue b[i in 0..n-1] at 2 * i {{ role b {callback} }}
  queue a[i in 0..n-1] at 2 * i + 1 {{ role a }}
  queue ctl at 2 * n {{ role ctl polled }}
  config_change
}}
transport t {{
  pool p : edge
  register isr {{ USED }} per line
  map in transport {{ {rules} config -> line 0; request lines 0..lines-1 with h }}
  map in device {{ queue q -> line q.index % lines; config -> line 0; }}
  signal queue q {{ set isr[line(q)].{{USED}}; raise line(q) }}
  signal config {{ raise line(config) }}
  handler h on line l {{
    for q on l where q.nth % 2 == 0 {{ service q }}
    for q in queues where 6 / q.index == l {{ service q }}
  }}
}}
device d : some(n) on t {{ lines 0..4 of p }}
"""


def _givens(design: Design, device: Device) -> Iterator[dict[str, Value]]:
    pools = {p.name for p in design.transport(device.transport).pools} | {""}
    for size, granted, has in product((1, 5), (0, 2, 6), (False, True)):
        given: dict[str, Value] = {"cpus": 3}
        for p in design.params:
            lo, hi = (int(value(e, given)) for e in (p.range.lo, p.range.hi))
            given[f"param.{p.name}"] = min(max(lo, size), hi)
        if device.index is not None:
            given[f"index.{device.index.name}"] = int(value(device.index.range.lo, given))
        given |= {f"feature.{f.name}": has for f in device.type.features}
        given |= {f"grant.{p}": granted for p in sorted(pools)}
        yield given


def _said(design: Design, device: Device, given: dict[str, Value]) -> object:
    """All that is said of the device and its queues."""
    layouts._kept.clear()
    numbers = tuple(range(5, 5 + 2 * int(given["grant."]), 2))
    try:
        laid, evaluate = layouts.lay_out_open(design, device, given, numbers)
        if laid.attempt is None:
            return laid.lines
        rows = list(laid.rows)
        assert [laid.rows.named(r.name) for r in rows] == rows
        counted = [evaluate(e, {}) for e in TALLIES]
        instance = Instance(design, Setting(device, given, "", Trigger.EDGE, laid=(laid, evaluate)))
        asked = list(candidates._asked(instance.transport))
        some = [r.name for r in candidates._some(instance, asked)]
        return laid.lines, repr(rows), repr(laid.config), counted, some, laid.rows.callbacks()
    except Undefined as e:
        return str(e)


def _one_by_one(*_: object) -> list[tuple[object, ...]]:
    raise TypeError


def _compared(design: Design, monkeypatch: pytest.MonkeyPatch) -> int:
    compared = 0
    for device in design.devices[:2]:
        for given in _givens(design, device):
            at_once = _said(design, device, given)
            with monkeypatch.context() as m:
                m.setattr(Column, "of_each", _one_by_one)
                assert at_once == _said(design, device, given), given
            compared += isinstance(at_once, tuple)
    return compared


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_all_at_once_as_one_by_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    design = read(path)
    assert _compared(design, monkeypatch) or not design.devices or "budget" in str(path)


@pytest.mark.parametrize("callback", ["", "polled"])
@pytest.mark.parametrize("rules", ODD)
def test_odd_maps(
    rules: str, callback: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "odd.vq"
    path.write_text(DESIGN.format(rules=rules, callback=callback), encoding="utf-8")
    loaded = load(path, {}, properties())
    assert loaded.design is not None, loaded.diagnostics
    assert _compared(loaded.design, monkeypatch)
