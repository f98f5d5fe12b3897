"""What must be true of a design before any property has a meaning.

Not a property that one asks for: asked of every design, and a violation is an error of the text
(exit code 3), because whatever a property said about such a design would be about nothing.

Two queues of one device never have the same virtqueue index, no index is negative, each argument is
within its parameter's range, and the assumptions can hold together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.laid_out import Values
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Device, Family, Param
from model.expr import (
    Lit,
    Undefined,
    Value,
    Var,
    between,
    conj,
    equal,
    free,
    less,
    negate,
    text,
    value,
)
from model.meaning.situation import DeviceClass, Fact, Situation, design_facts, device_classes

NAME = "well_formed"


def well_formed(design: Design) -> Iterable[Obligation]:
    """What is asked of every design."""
    facts = tuple(design_facts(design))
    if facts:
        yield Obligation(
            NAME, "assumptions", (Goal("assumptions", facts, conj(), want_model=True),)
        )
    for devices in device_classes(design):
        goals = [*_arguments(design, devices), *_indices(design, devices)]
        if goals:
            yield Obligation(NAME, devices.name, tuple(goals))


def _device_facts(s: Situation) -> list[Fact]:
    return [f for f in s.device_facts() if not f.name.startswith(("not ", "try ", "lines "))]


def _show(design: Design, devices: DeviceClass) -> tuple[str, ...]:
    return (
        *(f"param.{p.name}" for p in design.params),
        *((f"index.{devices.first.index.name}",) if devices.first.index else ()),
        "device#",
        "type.i",
        "type.i@b",
    )


def _arguments(design: Design, devices: DeviceClass) -> Iterable[Goal]:
    transport = design.transport(devices.first.transport)
    s = Situation(design, devices, transport.driver.attempts[0])
    facts = tuple(_device_facts(s))
    ranged = [(f"type.{p.name}", p) for p in devices.first.type.params]
    ranged += [(f"arg.{p.name}", p) for p in transport.params]
    for name, p in ranged:
        inside = between(p.range.lo, Var(name), p.range.hi)

        yield Goal(
            "argument",
            facts,
            negate(inside),
            _show(design, devices),
            tell=_tell_argument(design, devices, name, p),
            about=p.name,
        )


def _tell_argument(design: Design, devices: DeviceClass, name: str, p: Param) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        device = _device(devices, values)
        v = value(dict(device.args)[name.removeprefix("type.")], values)
        return Finding(
            "argument",
            f"{device.name}: {p.name} is {v}, outside of {text(p.range.lo)}..{text(p.range.hi)}",
            _shown(design, values),
            (Place(device.origin, ""), Place(p.origin, "its range")),
        )

    return tell


def _device(devices: DeviceClass, values: Values) -> Device:
    many = len(devices.devices) > 1
    return devices.devices[int(values.get("device#", 0)) if many else 0]


def _shown(design: Design, values: Values) -> tuple[tuple[str, str], ...]:
    return tuple(
        (p.name, str(values[f"param.{p.name}"]))
        for p in design.params
        if f"param.{p.name}" in values
    )


def _indices(design: Design, devices: DeviceClass) -> Iterable[Goal]:
    s = Situation(design, devices, design.transport(devices.first.transport).driver.attempts[0])
    facts = _device_facts(s)
    families = s.device.families
    for k, f in enumerate(families):
        own = [*facts, *s.queue_facts(f, "")]
        if _may_be_negative(f):
            yield Goal(
                "negative",
                tuple(own),
                less(Var("q.index"), Lit(0)),
                _show(design, devices),
                tell=_tell_negative(design, devices, f),
                about=f.name,
            )
        for g in families[k + 1 :]:
            both = (*own, *s.queue_facts(g, "@b"))
            same = equal(Var("q.index"), Var("q.index@b"))
            yield Goal(
                "index",
                both,
                same,
                _show(design, devices),
                tell=_tell_same(design, devices, f, g),
                about=f"{f.name}, {g.name}",
            )


def _may_be_negative(f: Family) -> bool:
    return not (isinstance(f.at, Lit) and f.at.value >= 0)


def _at(f: Family, values: Mapping[str, Value], tag: str) -> int:
    env: dict[str, Value] = {
        k.replace("feature.", "type.feature.", 1) if k.startswith("feature.") else k: v
        for k, v in values.items()
    }
    env["type.i"] = values.get(f"type.i{tag}", 0) if f.indexed else 0
    for n in free(f.at):
        env.setdefault(n, False if n.startswith("type.feature.") else 0)
    return int(value(f.at, env))


def _name(f: Family, values: Values, tag: str) -> str:
    return f"{f.name}[{values.get(f'type.i{tag}', 0)}]" if f.indexed else f.name


def _tell_same(design: Design, devices: DeviceClass, f: Family, g: Family) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        try:
            a, b = _at(f, values, ""), _at(g, values, "@b")
        except Undefined as e:
            return NotConfirmed(f"an index has no value: {e}", spurious=False)
        if a != b:
            return NotConfirmed("the indices differ", spurious=False)
        one, other = _name(f, values, ""), _name(g, values, "@b")
        device = _device(devices, values).name
        return Finding(
            "index",
            f"{one} and {other} of {device} have the same virtqueue index, {a}",
            _shown(design, values),
            (Place(f.origin, ""), Place(g.origin, "")),
        )

    return tell


def _tell_negative(design: Design, devices: DeviceClass, f: Family) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        a = _at(f, values, "")
        return Finding(
            "negative",
            f"{_name(f, values, '')} of {_device(devices, values).name} has virtqueue index {a}",
            _shown(design, values),
            (Place(f.origin, ""),),
        )

    return tell
