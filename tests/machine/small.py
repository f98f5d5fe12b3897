"""Small machines of a design, without a solver: the least values that give it a device."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from checker.language.load import load
from checker.properties.property import properties
from model.design.design import Design
from model.design.device import Device, Trigger
from model.expr import Undefined, Value, value
from model.machine.machine import Machine
from model.meaning.instance import Instance, Setting
from model.meaning.layout import lay_out

SPECS = Path(__file__).resolve().parents[2] / "specs"
EVERY = sorted(p for p in SPECS.rglob("*.vq") if SPECS / "lib" not in p.parents)
DESIGNS = [p for p in EVERY if "no_lost_notifications" in p.read_text(encoding="utf-8")]
LOST = [p for p in DESIGNS if "no_lost_notifications violated" in p.read_text(encoding="utf-8")]


def name(path: Path) -> str:
    return str(path.relative_to(SPECS))


def read(path: Path) -> Design:
    design = load(path, {}, properties()).design
    assert design is not None
    return design


def settings(design: Design) -> Iterator[Setting]:
    """Each device, mode, attempt and trigger with few queues and few lines."""
    seen = set()
    for device in design.devices:
        for given in _given(design, device):
            for s in _of(design, device, given):
                key = (s.device.type.name, s.device.transport, s.mode, s.trigger, _shape(design, s))
                if key not in seen:
                    seen.add(key)
                    yield s


def _given(design: Design, device: Device) -> Iterator[dict[str, Value]]:
    transport = design.transport(device.transport)
    pools = [p.name for p in transport.pools] or ["wired"]
    for size, *grants in product((1, 2), *((1, 2, 3) for _ in pools)):
        given: dict[str, Value] = {"cpus": 2}
        for p in design.params:
            lo, hi = (int(value(e, given)) for e in (p.range.lo, p.range.hi))
            given[f"param.{p.name}"] = min(max(lo, size), hi)
        if device.index is not None:
            given[f"index.{device.index.name}"] = int(value(device.index.range.lo, given))
        absent = {f.name for f in device.features if not f.present}
        given |= {f"feature.{f.name}": f.name not in absent for f in device.type.features}
        given |= {f"grant.{p}": n for p, n in zip(pools, grants, strict=True)}
        if all(_may_have(device, p, given) for p in pools):
            yield given


def _may_have(device: Device, pool: str, given: dict[str, Value]) -> bool:
    """Whether the device may be granted so many lines; one of each pool if it does not say."""
    granted = given[f"grant.{pool}"]
    asks = [a for a in device.lines if a.pool == pool]
    if not asks:
        return granted == 1
    lo, hi = (sum(int(value(e, given)) for e in some) for some in
              ([a.range.lo for a in asks], [a.range.hi for a in asks]))  # fmt: skip
    return lo <= granted <= hi


def _of(design: Design, device: Device, given: dict[str, Value]) -> Iterator[Setting]:
    transport = design.transport(device.transport)
    try:
        layout = lay_out(design, device, given)
    except (Undefined, KeyError):
        return
    if layout.attempt is None:
        return
    pool = next((p for p in transport.pools if p.name == layout.attempt.pool), None)
    found = dict.fromkeys(c.trigger for c in design.platform.controllers) if design.platform else {}
    fits = [t for t in found if pool is None or not pool.triggers or t in pool.triggers]
    if pool is None or not pool.triggers:
        fits = [t for t in fits if t is not Trigger.MESSAGE]
    modes = (layout.attempt.mode or device.mode,) if layout.attempt.mode or device.mode else (
        transport.modes or ("",)
    )  # fmt: skip
    for mode, trigger in product(modes, fits or [Trigger.EDGE]):
        yield Setting(device, given, mode, trigger, (), pool.pending if pool else True)


def _shape(design: Design, s: Setting) -> object:
    layout = Instance(design, s).layout
    rows = tuple((r.name, r.driver.ordinal, r.device.ordinal) for r in layout.rows)
    return layout.lines, rows


def machines(design: Design, most: int = 12) -> list[Machine]:
    out = []
    for s in settings(design):
        names = [r.name for r in Instance(design, s).sources]
        if names:
            # The first and the last: queues of one line, of two, and the configuration.
            out.append(Machine(design, s, frozenset(names[:3] + names[-1:])))
        if len(out) == most:
            break
    return out
