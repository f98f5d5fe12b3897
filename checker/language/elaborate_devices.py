"""Devices: a type with arguments on a transport, what it is granted, and its service programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.elaborate_formulas import Formula
from checker.language.elaborate_maps import pool_of
from checker.language.elaborate_modules import Modules, TransportParts, key_of
from checker.language.elaborate_names import MAP_FACTS, Reads, check_variable
from checker.language.elaborate_params import arguments, check_inside
from checker.language.elaborate_platform import numbering, of_kind, only
from checker.language.elaborate_programs import service
from checker.language.elaborate_types import INDEX, TypeParts, with_hints
from checker.language.resolve import Found, Scope
from checker.language.sorts import Typed, number
from model.design.device import (
    Affinity,
    Controller,
    Device,
    Family,
    FeatureChoice,
    HintValue,
    Index,
    Interval,
    LinesAsk,
    Numbers,
    Platform,
    Trigger,
)
from model.design.facts import facts_read
from model.design.mapping import Pool, Transport
from model.design.program import DRAIN_ONLY, Service
from model.expr import Lit
from model.expr_linear import constant
from model.record import dataclass
from model.span import Span

_MAX_NUMBERS = 4096
_WIRED = (Trigger.EDGE, Trigger.LEVEL)


def lines_of(c: Controller) -> int | None:
    """How many lines a controller has that are not reserved; None if that depends on parameters."""
    lines, reserved = _ranges(c.lines), _ranges(c.reserved)
    if lines is None or reserved is None:
        return None
    taken = sum(
        max(0, min(hi, top) - max(lo, low) + 1) for lo, hi in lines for low, top in reserved
    )
    return sum(hi - lo + 1 for lo, hi in lines) - taken


def _ranges(intervals: Iterable[Interval]) -> list[tuple[int, int]] | None:
    """Apart from each other and in order; None if they depend on parameters."""
    out: list[tuple[int, int]] = []
    known = [(constant(i.lo), constant(i.hi)) for i in intervals]
    for lo, hi in sorted((lo, hi) for lo, hi in known if lo is not None and hi is not None):
        if lo > hi:
            continue
        if out and lo <= out[-1][1] + 1:
            out[-1] = out[-1][0], max(hi, out[-1][1])
        else:
            out.append((lo, hi))
    return None if any(None in x for x in known) else out


@dataclass(slots=True)
class Devices:
    """Reads devices; remembers which transports and service programs they need."""

    scope: Scope
    modules: Modules
    platform: Platform | None
    values: Mapping[str, Typed]
    platform_is_wrong: bool = False
    transports: dict[tuple[str, str], TransportParts] = field(default_factory=dict)
    services: dict[tuple[tuple[str, str], str], Found[t.Service]] = field(default_factory=dict)
    _resolved: dict[tuple[object, ...], tuple[str, Span | None]] = field(default_factory=dict)

    def parts(self, node: t.Device) -> tuple[TypeParts | None, TransportParts | None]:
        """The type and the transport of a device, as far as they exist."""
        kind = self.scope.find(t.DeviceType, node.type)
        on = self.scope.find(t.Transport, node.transport)
        return (
            self.modules.types[key_of(kind)] if kind else None,
            self.modules.transports[key_of(on)] if on else None,
        )

    def device(self, node: t.Device) -> Device | None:
        """The device; None if there is no such type or transport."""
        kind, on = self.parts(node)
        formula, index = self._index(node)
        if kind is None or on is None:
            return None
        key = key_of(on.found)
        self.transports.setdefault(key, on)
        self._check_args(node, kind, on)
        args = arguments(formula, kind.type.params, node.args, "type", node.type)
        given = arguments(formula, on.transport.params, node.transport_args, "arg", node.transport)
        reader = _Reader(self, node, formula, kind, on)
        return Device(
            name=node.name.text,
            index=index,
            type=kind.type,
            families=reader.families(),
            args=(*args, *((f"arg.{n}", e) for n, e in given)),
            transport=on.transport.name,
            lines=(asks := reader.lines()),
            numbers=reader.numbers(asks),
            features=reader.features(),
            mode=reader.mode(),
            affinity=reader.affinity(),
            origin=node.span,
        )

    def _check_args(self, node: t.Device, kind: TypeParts, on: TransportParts) -> None:
        """What the transport reads of the type's parameters has to be there."""
        has = {f"device.arg.{p.name}" for p in kind.type.params}
        for name in sorted(facts_read(on.transport)):
            if name.startswith("device.arg.") and name not in has:
                headline = (
                    f"transport `{on.transport.name}` reads `{name}`, "
                    f"and type `{kind.type.name}` has no such parameter"
                )
                label = Label(on.transport.driver.origin, "read here")
                self.scope.world.sink.error("VQ0421", headline, node.type.span, "", label)

    def _index(self, node: t.Device) -> tuple[Formula, Index | None]:
        formula = Formula(self.scope, Reads("a device", self.values))
        if node.index is None:
            return formula, None
        check_variable(self.scope, node.index.name, formula.reads)
        name = node.index.name.text
        index = Index(name, formula.interval(node.index.range))
        values = {**self.values, name: number(f"index.{name}", node.index.name.span)}
        return Formula(self.scope, Reads("a device", values)), index

    # Service programs

    def service(self, on: TransportParts, name: t.Ident, scope: Scope) -> str:
        """The name of a service program on this transport; what it means is remembered."""
        transport_key = key_of(on.found)
        asked = (transport_key, name.text, scope.file.key)
        if asked not in self._resolved:
            self._resolved[asked] = self._service(on, name, scope)
        meant, place = self._resolved[asked]
        self.scope.world.sink.means(name, place)
        return meant

    def _service(self, on: TransportParts, name: t.Ident, scope: Scope) -> tuple[str, Span | None]:
        sink = self.scope.world.sink
        own = {s.name: s.origin for s in on.transport.services}
        if name.text in own:
            return name.text, own[name.text]
        if not scope.peek(t.Service, name.text):
            if not scope.file.is_partial:
                known = [*own, *(f.node.name.text for f in scope.visible(t.Service))]
                sink.unknown("VQ0205", "service", name, known)
            return DRAIN_ONLY, None
        found = scope.find(t.Service, name)
        if found is None:
            return DRAIN_ONLY, None
        first = self.services.setdefault((key_of(on.found), name.text), found)
        if first.node is not found.node:
            also = [Label(f.node.name.span, "one of them") for f in (first, found)]
            headline = f"two services `{name.text}` are used on `{on.transport.name}`"
            sink.error("VQ0207", headline, name.span, "rename one of them", *also)
        return name.text, found.node.name.span

    def finished(self, on: TransportParts) -> Transport:
        """The transport with all service programs that queues on it have."""
        added: list[Service] = [
            service(found.scope, on.host, found.node)
            for (key, _), found in self.services.items()
            if key == key_of(on.found)
        ]
        return replace(on.transport, services=(*on.transport.services, *added))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the body of one device."""

    all: Devices
    node: t.Device
    formula: Formula
    kind: TypeParts
    on: TransportParts

    # Families

    def families(self) -> tuple[Family, ...]:
        """The type's families with this device's hints and service programs."""
        by_name = {f.name: f for f in self.kind.type.families}
        hints = self._hints(by_name)
        services = self._services(by_name)
        return tuple(
            replace(with_hints(f, hints.get(f.name, ())), service=services[f.name])
            if f.name in hints or services[f.name] != f.service
            else f
            for f in self.kind.type.families
        )

    def _services(self, families: Mapping[str, Family]) -> dict[str, str]:
        sink = self.formula.sink
        items = of_kind(self.node.items, t.DeviceService)
        given: dict[str, t.Ident] = {}
        only(sink, [i for i in items if not i.families], "the service of all queues")
        for item in items:
            self.all.service(self.on, item.name, self.all.scope)
            for family in item.families:
                self._names_family(family, families)
                if family.text not in families:
                    sink.unknown("VQ0206", "queue", family, families)
                elif family.text in given:
                    sink.twice(family, given[family.text], "the service of")
                else:
                    given[family.text] = item.name
        rest = next((i.name for i in items if not i.families), None)
        out: dict[str, str] = {}
        for name in families:
            chosen = given.get(name, rest)
            if chosen is not None:
                out[name] = self.all.service(self.on, chosen, self.all.scope)
            elif name in self.kind.services:
                out[name] = self.all.service(self.on, self.kind.services[name], self.kind.scope)
            else:
                out[name] = DRAIN_ONLY
        return out

    def _hints(self, families: Mapping[str, Family]) -> dict[str, list[HintValue]]:
        """What the driver passes to the transport, by family."""
        sink = self.formula.sink
        made: dict[str, list[HintValue]] = {}
        first: dict[tuple[str, str], t.Ident] = {}
        accepted = {h.name: h for h in self.on.transport.hints}
        for node in of_kind(self.node.items, t.Hint):
            family = self._member(node.member, families)
            value = self._indexed(node.member.index).number(node.value)
            key = (node.name.text, node.member.name.text)
            sink.means(node.name, accepted.get(node.name.text))
            if first.setdefault(key, node.name) is not node.name:
                sink.twice(node.name, first[key], f"for `{key[1]}`, hint")
            elif family:
                hint = HintValue(node.name.text, value, node.span)
                made.setdefault(family.name, []).append(hint)
            if node.name.text in accepted:
                allowed = accepted[node.name.text].range
                check_inside(self.formula, value, allowed, Label(node.value.span, node.name.text))
            else:
                self._not_accepted(node, accepted)
        return made

    def _not_accepted(self, node: t.Hint, accepted: Mapping[str, object]) -> None:
        name = self.on.transport.name
        headline = f"transport `{name}` does not accept hint `{node.name.text}`"
        guess = self.formula.sink.guess(node.name.text, accepted)
        hint = guess or f"it has no effect; `{name}` would declare `hint {node.name.text} in 0..7`"
        self.formula.sink.warning("VQ0414", headline, node.name.span, hint)

    def _names_family(self, name: t.Ident, families: Mapping[str, Family]) -> None:
        self.formula.sink.means(name, families.get(name.text))

    def _member(self, node: t.Member, families: Mapping[str, Family]) -> Family | None:
        sink = self.formula.sink
        family = families.get(node.name.text)
        self._names_family(node.name, families)
        if family is None:
            sink.unknown("VQ0206", "queue", node.name, families)
        elif node.index and not family.indexed:
            headline = f"`{family.name}` is a single queue, without an index"
            also = Label(family.origin, "declared here")
            sink.error("VQ0419", headline, node.span, f"write `{family.name}`", also)
            return None
        return family

    def _indexed(self, index: t.Ident | None) -> Formula:
        if index is None:
            return self.formula
        check_variable(self.all.scope, index, self.formula.reads)
        values = {**self.formula.reads.values, index.text: number(INDEX, index.span)}
        return Formula(self.all.scope, Reads("a device", values))

    # Lines

    def lines(self) -> tuple[LinesAsk, ...]:
        """What may be granted; one line of each pool, where nothing is said."""
        items = of_kind(self.node.items, t.DeviceLines)
        pools = self.on.transport.pools
        if not items:
            one = Interval(Lit(1), Lit(1), self.node.name.span)
            return tuple(LinesAsk(p.name, one, (), p.shared, self.node.name.span) for p in pools)
        first: dict[str, t.DeviceLines] = {}
        made: list[LinesAsk] = []
        for item in items:
            name = pool_of(self.all.scope, self.on.host, item.pool, item.span)
            if first.setdefault(name, item) is not item:
                also = Label(first[name].span, "first here")
                of = f" of `{name}`" if name else ""
                headline = f"lines{of} are asked for twice"
                label = Label(item.span, "and again here")
                self.formula.sink.error("VQ0404", headline, label, "join them into one", also)
                continue
            interval = self.formula.interval(item.count)
            self.formula.at_least(interval.lo, 0, "a number of lines", interval.origin)
            pool = next((p for p in pools if p.name == name), None)
            shared = item.shared or bool(pool and pool.shared)
            controllers = self._controllers(item, pool)
            if pool is not None and not item.controllers and interval.hi != Lit(0):
                self._check_any_fits(item, pool)
            if pool is not None:
                self._check_enough(item, interval, controllers, pool)
            made.append(LinesAsk(name, interval, controllers, shared, item.span))
        return tuple(made)

    def _controllers(self, item: t.DeviceLines, pool: Pool | None) -> tuple[str, ...]:
        sink, platform = self.formula.sink, self.all.platform
        if item.controllers and platform is None:
            if not self.all.platform_is_wrong:
                headline = "the design has no platform, and so no controllers"
                hint = "declare a `platform`, or choose one with `platform NAME`"
                sink.error("VQ0418", headline, item.controllers[0].span, hint)
            return ()
        sink.unique(item.controllers, "controller")
        known = {c.name: c for c in platform.controllers} if platform else {}
        for name in item.controllers:
            sink.means(name, known.get(name.text))
            if name.text not in known:
                sink.unknown("VQ0206", "controller", name, known)
            elif pool is not None:
                self._check_trigger(name, known[name.text], pool)
        return tuple(n.text for n in item.controllers if n.text in known)

    def _check_any_fits(self, item: t.DeviceLines, pool: Pool) -> None:
        """Lines of a kind that the platform has none of can never be granted."""
        platform = self.all.platform
        fits = pool.triggers or _WIRED
        if platform is None or any(c.trigger in fits for c in platform.controllers):
            return
        words = " or ".join(k.value for k in fits)
        headline = f"platform `{platform.name}` has no controller with {words} lines"
        of = f"lines of pool `{pool.name}`" if pool.name else "lines"
        also = Label(platform.origin, "the platform")
        hint = f"no {of} can ever be granted; `lines 0` would say so"
        self.formula.sink.warning("VQ0423", headline, Label(item.span), hint, also)

    def _check_enough(
        self, item: t.DeviceLines, wanted: Interval, chosen: Sequence[str], pool: Pool
    ) -> None:
        """Lines that are more than all of these controllers have, whatever the parameters are."""
        platform, least = self.all.platform, constant(wanted.lo)
        if platform is None or least is None:
            return
        fits = pool.triggers or _WIRED
        among = [
            c for c in platform.controllers if (c.name in chosen if chosen else c.trigger in fits)
        ]
        there = [lines_of(c) for c in among]
        have = sum(n for n in there if n is not None)
        if not among or None in there or have >= least:
            return
        names = " and ".join(f"`{c.name}`" for c in among)
        headline = f"{least} lines are asked for, and {names} has {have}"
        if len(among) > 1:
            headline = f"{least} lines are asked for, and {names} have {have} together"
        also = Label(among[0].origin, "the lines that there are")
        hint = f"ask for at most {have}, or for `lines 1..{least}`"
        self.formula.sink.warning("VQ0425", headline, Label(item.span), hint, also)

    def _check_trigger(self, name: t.Ident, controller: Controller, pool: Pool) -> None:
        fits = pool.triggers or _WIRED
        if controller.trigger in fits:
            return
        words = " or ".join(k.value for k in fits)
        of = f"pool `{pool.name}`" if pool.name else f"transport `{self.on.transport.name}`"
        headline = f"`{name.text}` has {controller.trigger.value} lines; {of} needs {words}"
        also = Label(controller.origin, "declared here")
        self.formula.sink.error("VQ0415", headline, name.span, "", also)

    def numbers(self, asks: Sequence[LinesAsk]) -> Numbers | None:
        """What is known of the numbers of the granted lines."""
        sink = self.formula.sink
        node = only(sink, of_kind(self.node.items, t.Numbers), "`numbers`")
        if node is None:
            return None
        if numbering(node):
            return Numbers(None, numbering(node) == "contiguous", node.span)
        given = self._listed(node)
        if given is None:
            return None
        if len(asks) == 1:
            lo, hi = constant(asks[0].range.lo), constant(asks[0].range.hi)
            if (lo is not None and len(given) < lo) or (hi is not None and len(given) > hi):
                lines = f"{lo}" if lo == hi else f"{lo}..{hi}"
                headline = f"{len(given)} numbers are listed for {lines} lines"
                also = Label(asks[0].origin, "lines are asked for here")
                sink.error("VQ0416", headline, node.span, "", also)
            elif not (lo == hi == len(given)) and not self._is_ladder():
                self._refuse(node, asks[0], len(given))
        return Numbers(tuple(given), False, node.span)

    def _is_ladder(self) -> bool:
        return any(a.takes is not None for a in self.on.transport.driver.attempts)

    def _refuse(self, node: t.Numbers, ask: LinesAsk, listed: int) -> None:
        """A list would be an assumption about how many lines there are, and nobody would see it."""
        be = "number is" if listed == 1 else "numbers are"
        headline = f"{listed} {be} listed, and another number of lines may be granted"
        hint = f"say `lines {listed}`, or leave out `numbers`: then any numbers are asked about"
        self.formula.sink.error("VQ0416", headline, node.span, hint, Label(ask.origin, "here"))

    def _listed(self, node: t.Numbers) -> list[int] | None:
        """The numbers of a list; None if something is wrong with it."""
        given: list[int] = []
        what = "a line's number"
        for item in node.items:
            ends = (item.lo, item.hi) if isinstance(item, t.Range) else (item, item)
            lo, hi = (self.formula.constant(x, what) for x in ends)
            if lo is None or hi is None:
                return None
            self.formula.at_least(Lit(lo), 0, what, item.span)
            self.formula.check_order(Interval(Lit(lo), Lit(hi), item.span))
            if len(given) + hi - lo + 1 > _MAX_NUMBERS:
                headline = f"more than {_MAX_NUMBERS} numbers are listed"
                self.formula.sink.error("VQ0416", headline, item.span)
                return None
            given += range(lo, hi + 1)
        if len(set(given)) < len(given):
            twice = next(n for n in given if given.count(n) > 1)
            headline = f"number {twice} is listed twice"
            self.formula.sink.error("VQ0416", headline, node.span, "leave out one of them")
            return None
        return given

    # The rest

    def features(self) -> tuple[FeatureChoice, ...]:
        """The features that the device fixes."""
        sink = self.formula.sink
        known = {f.name: f.origin for f in self.kind.type.features}
        first: dict[str, t.Ident] = {}
        made: list[FeatureChoice] = []
        for item in of_kind(self.node.items, t.Features):
            for choice in item.choices:
                name = choice.name
                sink.means(name, known.get(name.text))
                if name.text not in known:
                    what = f"feature of `{self.kind.type.name}`"
                    headline = f"there is no {what}: `{name.text}`"
                    sink.error("VQ0206", headline, name.span, sink.guess(name.text, known))
                elif first.setdefault(name.text, name) is not name:
                    also = Label(first[name.text].span, "first here")
                    headline = f"feature `{name.text}` is chosen twice"
                    sink.error("VQ0404", headline, name.span, "leave out one of them", also)
                else:
                    made.append(FeatureChoice(name.text, choice.present, choice.span))
        return tuple(made)

    def mode(self) -> str:
        """The signalling mode; the only one, where nothing is said."""
        node = only(self.formula.sink, of_kind(self.node.items, t.Mode), "`mode`")
        modes = self.on.transport.modes
        if node is None:
            return modes[0] if len(modes) == 1 else ""
        self.formula.sink.means(node.name, self.on.host.places.get(("mode", node.name.text)))
        if node.name.text not in modes:
            what = f"mode of `{self.on.transport.name}`"
            sink = self.formula.sink
            headline = f"there is no {what}: `{node.name.text}`"
            hint = sink.guess(node.name.text, modes) or "the transport's signals name no mode"
            sink.error("VQ0206", headline, node.name.span, hint)
            return ""
        return node.name.text

    def affinity(self) -> tuple[Affinity, ...]:
        """Which CPU lines are pinned to."""
        made: list[Affinity] = []
        hints = self.on.host.hints
        values = {k: v for k, v in self.formula.reads.values.items() if k != "cpus"}
        nodes = of_kind(self.node.items, t.Affinity)
        for of_queue, words in ((True, "`affinity queue`"), (False, "`affinity line`")):
            only(self.formula.sink, [n for n in nodes if n.of_queue is of_queue], words)
        for node in nodes:
            check_variable(self.all.scope, node.var, Reads(""))
            reads = Reads("an affinity", values, facts=MAP_FACTS, hints=hints)
            reads = reads.with_queue(node.var, "q") if node.of_queue else reads.with_line(node.var)
            cpu = Formula(self.all.scope, reads).number(node.cpu)
            made.append(Affinity(node.of_queue, cpu, node.span))
        return tuple(made)
