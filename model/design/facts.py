"""Which facts the formulas and programs of a transport read."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from model.design.device import Device
from model.design.mapping import Attempt, Transport
from model.expr import Expr, free
from model.span import Span


def facts_read(
    transport: Transport, attempt: Attempt | None = None, more: tuple[Expr, ...] = ()
) -> frozenset[str]:
    """The names of all facts that its maps, requests and programs read; of one attempt or all."""
    found: set[str] = set()
    side = attempt or transport.driver
    for part in (side, transport.device, transport.handlers, transport.services, more):
        _collect(part, found)
    return frozenset(found)


def features_read(device: Device, transport: Transport) -> tuple[str, ...]:
    """The features of the device that anything asks for: its type, its transport, its hints."""
    found: set[str] = set()
    _collect((device, transport), found)
    names = {n.partition(".feature.")[2] for n in found}
    return tuple(f.name for f in device.type.features if f.name in names)


def _collect(x: object, found: set[str]) -> None:
    if isinstance(x, Expr):
        found |= free(x)
    elif isinstance(x, tuple):
        for item in x:
            _collect(item, found)
    elif is_dataclass(x) and not isinstance(x, Span):
        for f in fields(x):
            _collect(getattr(x, f.name), found)
