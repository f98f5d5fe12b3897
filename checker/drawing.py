"""The devices of a design laid out for small values, to be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from checker.properties.coverage import first_failure
from checker.report.drawing import Drawing, DrawnLine, DrawnQueue
from model.design.design import Design
from model.design.device import Device
from model.expr import Expr, Undefined, Value, value
from model.meaning.layout import MOST, Evaluate, TooLarge, lay_out_open
from model.meaning.line_numbers import controllers_of
from model.meaning.rows import Layout, Row

_LIKED = (3, 2, 4, 1)
"""Numbers that show what happens: more than one, and few."""
_MOST_TRIES = 200
_MOST = 16


def drawings(design: Design, most: int = MOST) -> tuple[Drawing, ...]:
    """A picture of each device, all for the same values of the parameters.

    A device with more lines, or queues of a family, than `most` is not laid out.
    """
    given = _values(design)
    if given is None:
        why = "no small values satisfy the assumptions"
        return tuple(Drawing(_title(d), "", why_not=why) for d in design.devices)
    return tuple(_drawn(design, d, given, most) for d in design.devices)


def _title(d: Device) -> str:
    return f"{d.name}: {d.type.name} on {d.transport}"


def _values(design: Design) -> dict[str, Value] | None:
    """Small values of the parameters that the assumptions allow; None if none are found."""
    names = [f"param.{p.name}" for p in design.params]
    some = [[*dict.fromkeys(_liked(p.range.lo, p.range.hi))] for p in design.params]
    for n, picked in enumerate(product(*some)):
        if n == _MOST_TRIES:
            return None
        given: dict[str, Value] = dict(zip(names, picked, strict=True))
        try:
            # Of assumptions about devices nothing is known yet; those are not looked at.
            if all(_true(a.formula, given) for a in design.assumes):
                return given
        except Undefined:
            continue
    return None


def _true(formula: Expr, given: Mapping[str, Value]) -> bool:
    try:
        return bool(value(formula, given))
    except KeyError:
        return True


def _liked(lo: Expr, hi: Expr) -> Iterator[int]:
    least = int(value(lo, {}))
    most = int(value(hi, {}))
    yield from (n for n in _LIKED if least <= n <= most)
    yield least
    yield most


def _drawn(design: Design, device: Device, params: Mapping[str, Value], most: int) -> Drawing:
    given = dict(params)
    try:
        if device.index:
            given[f"index.{device.index.name}"] = value(device.index.range.lo, given)
        for ask in device.lines:
            lo, hi = (int(value(x, given)) for x in (ask.range.lo, ask.range.hi))
            given[f"grant.{ask.pool}"] = max(lo, min(hi, 4))
        for f in device.type.features:
            given[f"feature.{f.name}"] = False
        for c in device.features:
            given[f"feature.{c.name}"] = c.present
        given.setdefault("cpus", _cpus(design, given))
        numbers = device.numbers.given if device.numbers and device.numbers.given else ()
        layout, evaluate = lay_out_open(design, device, given, numbers or (), most)
    except (Undefined, TooLarge, KeyError) as e:
        return Drawing(_title(device), _said(given), why_not=f"it cannot be laid out: {e}")
    if layout.attempt is None:
        return Drawing(_title(device), _said(given), why_not="no attempt can be granted")
    return _of_layout(design, device, given, layout, evaluate)


def _cpus(design: Design, given: Mapping[str, Value]) -> int:
    stated = design.platform.cpus if design.platform else None
    return int(value(stated, given)) if stated is not None else 4


def _of_layout(
    design: Design, device: Device, given: Mapping[str, Value], layout: Layout, evaluate: Evaluate
) -> Drawing:
    pool = layout.attempt.pool if layout.attempt else ""
    controllers = ", ".join(c.name for c in controllers_of(design, device, pool))
    rows = layout.rows[:_MOST]
    lines = tuple(
        DrawnLine(
            f"line {n}" + (f", number {layout.numbers[n]}" if layout.numbers[n] != n else ""),
            ", ".join(layout.rows.making.chain(n)),
            controllers,
            _cpu(device, layout, evaluate, n),
        )
        for n in range(min(layout.lines, _MOST))
    )
    left = [
        f"{len(some) - _MOST} more {what}"
        for some, what in ((layout.rows, "queues"), (range(layout.lines), "lines"))
        if len(some) > _MOST
    ]
    queues = tuple(_queue(r, layout.lines) for r in rows)
    return Drawing(_title(device), _said(given), queues, lines, " and ".join(left))


def _queue(r: Row, lines: int) -> DrawnQueue:
    failure = first_failure(r, lines) if r.callback else None
    note = f"virtqueue {r.index}" if r.family else "configuration change"
    note += "" if r.callback else ", polled"
    problem = f"not {failure}: {r.driver.short}" if failure else ""
    inside = [x.ordinal if x.kind == "line" else None for x in (r.driver, r.device)]
    return DrawnQueue(r.name, note, inside[0], inside[1], problem)


def _cpu(device: Device, layout: Layout, evaluate: Evaluate, n: int) -> str:
    """The CPU that a line is pinned to; of queues that share it any call may be the last."""
    found: dict[int, None] = {}
    for a in device.affinity:
        try:
            if a.of_queue:
                mine = (r for r in layout.rows if r.driver.ordinal == n and r.family)
                found |= {int(evaluate(a.cpu, r.facts)): None for r in mine}
            else:
                found[int(evaluate(a.cpu, {"l": n}))] = None
        except (Undefined, KeyError):
            return "a CPU that cannot be told"
    return " or ".join(f"CPU {c}" for c in found) or "any CPU"


def _said(given: Mapping[str, Value]) -> str:
    words = []
    for k, v in given.items():
        kind, _, name = k.partition(".")
        if kind in ("param", "index"):
            words.append(f"{name} = {v}")
        elif kind == "grant":
            words.append(
                f"{v} line{'' if v == 1 else 's'} granted" + (f" of {name}" if name else "")
            )
        elif kind == "feature" and v:
            words.append(f"with {name}")
    return ", ".join(words)
