"""A device and one source of it as formulas: where each side maps it, for all values at once.

Everything is *named facts* over variables, each leading to a place in the text, so that a proof
can say which lines it needed. Variables of a situation:

    param.X, index.n          parameters of the design, index of a device array
    type.X, feature.F, arg.X  arguments and features of the device, arguments of its transport
    grant.POOL                lines that can be had; `lines` taken by the attempt; `base`, `cpus`
    type.i, q.index           which queue of its family, and its virtqueue index
    driver.kind, driver.line, driver.number, driver.granted      where the driver maps it
    device.kind, device.line                                     where the device maps it

A second queue of the same device has the same names with a tag: `q.index@b`.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.design.design import Design
from model.design.device import Device, Family
from model.design.mapping import Attempt, Request, Transport
from model.expr import (
    TRUE,
    Expr,
    Lit,
    Var,
    at_most,
    between,
    conj,
    disj,
    equal,
    free,
    negate,
    substitute,
)
from model.meaning.device_class import DeviceClass, device_classes, is_about
from model.meaning.device_formulas import DeviceFormulas
from model.meaning.fact import Fact, design_facts
from model.meaning.line_numbers import LineNumbers, controllers_of
from model.meaning.requested import RequestedHandlers
from model.meaning.side_maps import LINE, SideMaps
from model.span import Span

__all__ = ["LINE", "DeviceClass", "Fact", "Situation", "controllers_of", "device_classes"]


class Situation:
    """A class of devices in one attempt of its driver's map: what a property may ask about it."""

    def __init__(self, design: Design, devices: DeviceClass, attempt: Attempt) -> None:
        self.design = design
        self.devices = devices
        self.device = devices.first
        self.attempt = attempt
        self._formulas = DeviceFormulas(design, self.device)
        self._maps = SideMaps(self._formulas, attempt)
        self._numbers = LineNumbers(self._formulas, attempt)
        self._requested = RequestedHandlers(self._formulas, attempt)
        self.transport: Transport = self._formulas.transport
        self.cpus: Expr = self._formulas.cpus

    # The device

    def device_facts(self) -> list[Fact]:
        """Arguments, features, grants, which attempt wins, and how many lines it takes."""
        out = [*design_facts(self.design), *self._which_device()]
        for c in self.device.features:
            has = Var(f"feature.{c.name}", True)
            out.append(Fact(f"feature {c.name}", has if c.present else negate(has), c.origin))
        out += self.assumed()
        if "cpus" in free(self.cpus):
            out.append(Fact("cpus", at_most(Lit(1), Var("cpus"))))
        out += self._numbers.number_of_lines()
        out += self._ladder()
        return out

    def assumed(self) -> list[Fact]:
        """What the design assumes about this very device."""
        name = self.device.name
        by: dict[str, Expr] = {f"{name}.lines": Var("lines")}
        for f in self.device.type.features:
            by[f"{name}.feature.{f.name}"] = Var(f"feature.{f.name}", True)
        return [
            Fact(f"assume {k + 1} of {name}", substitute(a.formula, by), a.origin)
            for k, a in enumerate(self.design.assumes)
            if is_about(a, self.device)
        ]

    def _which_device(self) -> list[Fact]:
        each = [self._device_is(k, d) for k, d in enumerate(self.devices.devices)]
        origin = self.device.origin
        if len(each) > 1:
            return [Fact("devices", disj(*(conj(*e) for e in each)), origin)]
        facts = [Fact(f"device {self.device.name}", conj(*each[0]), origin)]
        return [f for f in facts if f.formula != TRUE]

    def _device_is(self, k: int, d: Device) -> list[Expr]:
        out = [equal(Var("device#"), Lit(k))] if len(self.devices.devices) > 1 else []
        for name, arg in d.args:
            out.append(equal(Var(name if name.startswith("arg.") else f"type.{name}"), arg))
        for ask in d.lines:
            out.append(between(ask.range.lo, Var(f"grant.{ask.pool}"), ask.range.hi))
        if d.index:
            n = Var(f"index.{d.index.name}")
            out.append(between(d.index.range.lo, n, d.index.range.hi))
        return out

    def _ladder(self) -> list[Fact]:
        """This attempt is the first that can be granted."""
        out = []
        for a in self.transport.driver.attempts:
            if a is self.attempt:
                break
            out.append(Fact(f"not {a.name}", negate(self.granted(a)), a.origin))
        out.append(
            Fact(f"try {self.attempt.name}", self.granted(self.attempt), self.attempt.origin)
        )
        takes = self.attempt.takes
        lines = Var(f"grant.{self.attempt.pool}") if takes is None else self.at_device(takes)
        out.append(Fact(f"lines of {self.attempt.name}", equal(Var("lines"), lines)))
        out.append(Fact("lines are counted", at_most(Lit(0), Var("lines"))))
        return out

    def granted(self, a: Attempt) -> Expr:
        """Whether an attempt can be granted."""
        when = self.at_device(a.when)
        if a.takes is None:
            return when
        asked = any(ask.pool == a.pool for ask in self.device.lines)
        there: Expr = Var(f"grant.{a.pool}") if asked else Lit(0)
        return conj(when, at_most(self.at_device(a.takes), there))

    # Formulas of the design, over this situation's variables

    def at_device(self, e: Expr) -> Expr:
        """A formula over facts of the device."""
        return self._formulas.at_device(e)

    def of_queue(self, e: Expr, f: Family | None, tag: str = "") -> Expr:
        """A formula over the facts of a queue of the family (None: of the configuration)."""
        return self._formulas.of_queue(e, f, tag)

    def callback(self, f: Family, tag: str = "") -> Expr:
        """Whether the queue wants notifications."""
        return self._formulas.callback(f, tag)

    def index_parts(self, f: Family) -> tuple[int, Expr]:
        """The index of a queue of the family, as (factor of `type.i`, the rest)."""
        return self._formulas.index_parts(f)

    # One source

    def source_facts(self, f: Family | None, tag: str = "") -> list[Fact]:
        """Which queue it is, and where each side maps it."""
        return self._maps.source_facts(f, tag)

    def queue_facts(self, f: Family, tag: str) -> list[Fact]:
        """Which queue of the family it is, and its index."""
        return self._maps.queue_facts(f, tag)

    def hazards(self, side: str, f: Family | None, tag: str = "") -> list[tuple[Expr, Span | None]]:
        """Where an operation of the side's map would be undefined, with its place."""
        return self._maps.hazards(side, f, tag)

    def same_place(self, a: str, b: str) -> Expr:
        """Whether the driver maps the sources with these tags to one line or number."""
        return self._maps.same_place(a, b)

    def on_line(self, tag: str, name: str) -> Expr:
        """Whether the driver maps the source to the line `at.NAME`, of number `number.NAME`."""
        return self._maps.on_line(tag, name)

    # Numbers of lines

    @property
    def uses_numbers(self) -> bool:
        """True if something in this attempt depends on interrupt numbers."""
        return self._maps.uses_numbers

    @property
    def contiguous(self) -> bool:
        """True if the granted lines are promised to be numbered one after the other."""
        return self._numbers.contiguous

    def number_facts(self, sides: Sequence[str]) -> list[Fact]:
        """What is known about the interrupt numbers that the maps of these sides speak of."""
        return self._numbers.number_facts(sides)

    def numbering(self, named: Sequence[str]) -> list[Fact]:
        """What is known of the numbers of some lines."""
        return self._numbers.numbering(named)

    # Who serves

    def requested(self, r: Request, line: Expr) -> Expr:
        """Whether the request covers that line."""
        return self._requested.requested(r, line)

    def served(self, f: Family | None, line: Expr, tag: str = "") -> Expr:
        """Whether some handler requested for that line serves the source on some path."""
        return self._requested.served(f, line, tag)

    def config_line(self, line: Expr) -> Expr:
        """Whether the driver maps the configuration to that line (by ordinal)."""
        return self._requested.config_line(line)
