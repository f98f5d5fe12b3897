"""Whether a design allows the device of a run: what a file says is evaluated, not believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from model.design.design import Design
from model.design.device import Controller, Device, Interval
from model.design.mapping import Attempt
from model.expr import Undefined, Value, value
from model.meaning.instance import Instance, Setting
from model.meaning.line_numbers import controllers_of, triggers_of

_Given = Mapping[str, Value]


def not_allowed(design: Design, setting: Setting, instance: Instance) -> str:
    """The first thing of a device that its design does not allow; '' if it allows all of it.

    Whether the lines of all devices fit their controllers together is not asked.
    """
    try:
        return next(_every(design, setting, instance), "")
    except KeyError as e:
        return f"it gives no value to {e}"
    except Undefined as e:
        return f"it has no value for what it says of ranges: {e}"


def _every(design: Design, setting: Setting, instance: Instance) -> Iterator[str]:
    given, device = setting.given, setting.device
    yield from _values(design, device, given)
    yield from _grants(design, device, given)
    attempt = instance.layout.attempt
    if attempt is None:
        yield "the driver finds no lines for these values"
        return
    yield from _signalling(design, setting, attempt)
    yield from _numbers(design, setting, attempt, len(instance.lines))


def _values(design: Design, device: Device, given: _Given) -> Iterator[str]:
    ranges = {f"param.{p.name}": p.range for p in design.params}
    if device.index is not None:
        ranges[f"index.{device.index.name}"] = device.index.range
    for name, r in ranges.items():
        yield from _within(name.partition(".")[2], given[name], r, given)
    for a in design.assumes:
        if not value(a.formula, given):
            where = f"{a.origin.source.path}:{a.origin.line}"
            yield f"what it assumes is not so for these values ({where})"
    if given.get("cpus", 1) < 1:  # What the platform says goes before it.
        yield f"{given['cpus']} CPUs"
    for f in device.features:
        if given.get(f"feature.{f.name}", f.present) != f.present:
            yield f"`{device.name}` has {'the' if f.present else 'no'} feature {f.name}"


def _within(name: str, v: Value, r: Interval, given: _Given) -> Iterator[str]:
    lo, hi = value(r.lo, given), value(r.hi, given)
    if not lo <= v <= hi:
        yield f"{name} = {v} is not in {lo}..{hi}"


def _grants(design: Design, device: Device, given: _Given) -> Iterator[str]:
    pools = {p.name: p for p in design.transport(device.transport).pools}
    for pool in dict.fromkeys(a.pool for a in device.lines):
        asks = [a for a in device.lines if a.pool == pool]
        lo = sum(value(a.range.lo, given) for a in asks)
        hi = sum(value(a.range.hi, given) for a in asks)
        granted = given[f"grant.{pool}"]
        of = f" of {pool}" if pool else ""
        if not lo <= granted <= hi:
            yield f"`{device.name}` asks for {lo}..{hi} lines{of}, and has {granted}"
        limit = pools[pool].limit if pool in pools else None
        if limit is not None and granted > value(limit, given):
            yield f"one device has at most {value(limit, given)} lines{of}, not {granted}"


def _signalling(design: Design, setting: Setting, attempt: Attempt) -> Iterator[str]:
    device, transport = setting.device, design.transport(setting.device.transport)
    modes = {m for m in (device.mode, attempt.mode) if m} or set(transport.modes) or {""}
    if setting.mode not in modes:
        yield f"`{device.name}` does not signal in mode `{setting.mode}`"
    pool = next((p for p in transport.pools if p.name == attempt.pool), None)
    triggers = triggers_of(design, [device], attempt.pool)
    if setting.trigger not in triggers:
        some = " or ".join(t.value for t in triggers)
        yield f"its lines are {some} ones, not {setting.trigger.value}"
    keeps = pool.pending if pool is not None else True
    if setting.keeps_pending != keeps:
        yield f"a masked line {'keeps' if keeps else 'forgets'} what comes"


def _numbers(design: Design, setting: Setting, attempt: Attempt, lines: int) -> Iterator[str]:
    numbers = setting.numbers
    if numbers == tuple(range(lines)):  # As they are where no map or program asks for them.
        return
    if len(numbers) != lines:
        yield f"{len(numbers)} numbers for {lines} lines"
    if len(set(numbers)) != len(numbers):
        yield "two of its lines have the same number"
    some = controllers_of(design, setting.device, attempt.pool)
    fitting = [c for c in some if c.trigger is setting.trigger]
    for n in numbers:
        if some and not any(_gives(c, n, setting.given) for c in fitting):
            yield f"no controller has a {setting.trigger.value} line {n} to give"


def _gives(c: Controller, n: int, given: _Given) -> bool:
    return _has(c.lines, n, given) and not _has(c.reserved, n, given)


def _has(some: tuple[Interval, ...], n: int, given: _Given) -> bool:
    return any(value(r.lo, given) <= n <= value(r.hi, given) for r in some)
