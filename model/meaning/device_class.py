"""Which devices differ only in numbers, so that one proof covers them all."""

from __future__ import annotations

from model.design.design import Assume, Design
from model.design.device import Device
from model.expr import free
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """Devices that differ only in numbers: one proof, for all of them at once."""

    devices: tuple[Device, ...]

    @property
    def first(self) -> Device:
        """The one that stands for all."""
        return self.devices[0]

    @property
    def name(self) -> str:
        """`eth0`, or `eth0 and 999 more`."""
        more = len(self.devices) - 1
        return self.first.name + (f" and {more} more" if more else "")


def device_classes(design: Design) -> tuple[DeviceClass, ...]:
    """The devices, grouped, in order of the text."""
    groups: dict[object, list[Device]] = {}
    for d in design.devices:
        key = (
            d.type.name,
            d.transport,
            d.index.name if d.index else "",
            tuple(
                (f.name, f.service, tuple((h.name, h.value) for h in f.hints)) for f in d.families
            ),
            tuple((a.pool, a.controllers, a.shared) for a in d.lines),
            (d.numbers.given, d.numbers.contiguous) if d.numbers else None,
            tuple((c.name, c.present) for c in d.features),
            d.mode,
            tuple((a.of_queue, a.cpu) for a in d.affinity),
            d.name if any(is_about(a, d) for a in design.assumes) else "",
        )
        groups.setdefault(key, []).append(d)
    return tuple(DeviceClass(tuple(g)) for g in groups.values())


def is_about(a: Assume, d: Device) -> bool:
    """Whether something that the design assumes speaks of that very device."""
    return any(n.startswith(f"{d.name}.") for n in free(a.formula))
