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
    side = attempt or transport.driver
    parts = side, transport.device, transport.handlers, transport.services
    return frozenset().union(*map(_read_by, parts), *map(free, more))


def features_read(device: Device, transport: Transport) -> tuple[str, ...]:
    """The features of the device that anything asks for: its type, its transport, its hints."""
    found = _read_by(device) | _read_by(transport)
    names = {n.partition(".feature.")[2] for n in found}
    return tuple(f.name for f in device.type.features if f.name in names)


_known: dict[int, tuple[object, frozenset[str]]] = {}
"""By identity what was asked before, each with the object: to hash a program costs as much."""
_MOST_KNOWN = 256


def _read_by(x: object) -> frozenset[str]:
    known = _known.get(id(x))
    if known is not None and known[0] is x:
        return known[1]
    found: set[str] = set()
    _collect(x, found)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[id(x)] = x, frozenset(found)
    return _known[id(x)][1]


def _collect(x: object, found: set[str]) -> None:
    if isinstance(x, Expr):
        found |= free(x)
    elif isinstance(x, tuple):
        for item in x:
            _collect(item, found)
    elif is_dataclass(x) and not isinstance(x, Span):
        for f in fields(x):
            _collect(getattr(x, f.name), found)
