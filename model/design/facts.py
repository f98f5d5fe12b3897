"""Which facts the formulas and programs of a transport read."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from model.design.mapping import Transport
from model.expr import Expr, free
from model.span import Span


def facts_read(transport: Transport) -> frozenset[str]:
    """The names of all facts that its maps, requests and programs read."""
    found: set[str] = set()
    for part in (transport.driver, transport.device, transport.handlers, transport.services):
        _collect(part, found)
    return frozenset(found)


def _collect(x: object, found: set[str]) -> None:
    if isinstance(x, Expr):
        found |= free(x)
    elif isinstance(x, tuple):
        for item in x:
            _collect(item, found)
    elif is_dataclass(x) and not isinstance(x, Span):
        for f in fields(x):
            _collect(getattr(x, f.name), found)
