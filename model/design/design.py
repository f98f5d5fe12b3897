"""A whole design: what is to be checked, of what, under which assumptions."""

from __future__ import annotations

from model.design.device import Device, DeviceType, Param, Platform
from model.design.mapping import Transport
from model.expr import Expr
from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class Assume:
    """A condition on parameters that the design relies on."""

    formula: Expr
    origin: Span


@dataclass(frozen=True, slots=True)
class Claim:
    """`assert`: a condition on the mapping that the author states; checked as `assertions`."""

    name: str
    formula: Expr
    origin: Span


@dataclass(frozen=True, slots=True)
class Ask:
    """A property that the design is to be checked for."""

    property: str
    origin: Span


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect layering violated`: what the author says the outcome is."""

    property: str
    outcome: str
    origin: Span


@dataclass(frozen=True, slots=True)
class Design:
    """A file of the language, with all that it uses, resolved.

    `types` are all device types in scope, also those without a device: two of them that look the
    same to a layer are what `layering` is about. `roles` and `families` give the small whole
    numbers that stand for names in formulas. Formulas of assumptions and claims are over
    `param.NAME` and, of devices, `NAME.lines`, `NAME.attempt`, `NAME.queues`, `NAME.feature.F`.
    """

    path: str
    params: tuple[Param, ...]
    platform: Platform | None
    types: tuple[DeviceType, ...]
    transports: tuple[Transport, ...]
    devices: tuple[Device, ...]
    assumes: tuple[Assume, ...]
    claims: tuple[Claim, ...]
    asks: tuple[Ask, ...]
    expects: tuple[Expect, ...]
    roles: tuple[str, ...]
    family_names: tuple[str, ...]
    hint_names: tuple[str, ...] = ()

    def transport(self, name: str) -> Transport:
        """The transport of that name, which a device names."""
        return next(t for t in self.transports if t.name == name)
