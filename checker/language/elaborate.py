"""A design from its files: what is declared for others, then the devices, claims and questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.check_lines import check_scheduled, check_triggers
from checker.language.check_roles import check_modules, check_roles
from checker.language.elaborate_devices import Devices
from checker.language.elaborate_formulas import Formula
from checker.language.elaborate_modules import (
    Modules,
    key_of,
    open_scopes,
    read_modules,
    unused_services,
)
from checker.language.elaborate_names import DeviceFacts, Reads
from checker.language.elaborate_params import arguments
from checker.language.elaborate_platform import of_kind, platform, platform_params
from checker.language.imports import Files
from checker.language.resolve import Found, Scope, World
from checker.language.sink import Sink
from checker.language.sorts import Typed, measured
from model.design.design import Ask, Assume, Claim, Design, Expect
from model.design.device import DeviceType, Platform
from model.design.mapping import Transport
from model.expr import free
from model.record import dataclass

_OF_NO_DEVICE = ("layering", "assertions")
"""Properties that need none: they are about transports, and about parameters."""
_OF_RUNS = "no_lost_notifications"
"""The property that depends on the trigger of lines."""
_OUTCOMES = ("holds", "violated", "vacuous", "unknown")


def elaborate(
    files: Files, overrides: Mapping[str, int], properties: Collection[str], sink: Sink
) -> Design | None:
    """The design; None if its own file, or something that it uses, cannot be read."""
    if not files.files:
        return None
    main = files.files[-1]
    is_design = any(
        isinstance(i, t.Device | t.Check | t.Expect | t.Claim | t.PlatformChoice)
        for i in main.tree.items
    )
    world = World(sink, is_design)
    scopes = open_scopes(world, files.files)
    modules = read_modules(world, scopes, overrides if main.is_sound else {})
    if not scopes or not scopes[-1].is_main:
        return None
    return _Elaboration(scopes[-1], modules, properties).design()


@dataclass(frozen=True, slots=True)
class _Machine:
    """The platform; `is_wrong`: there would be one, but for an error that was reported."""

    platform: Platform | None
    is_wrong: bool = False


class _Elaboration:
    """Reads what only the design's own file says."""

    def __init__(self, scope: Scope, modules: Modules, properties: Collection[str]) -> None:
        self.scope = scope
        self.modules = modules
        self.properties = properties
        self.sink = scope.world.sink
        self.items = scope.file.tree.items

    def design(self) -> Design:
        machine = self._machine()
        cpus = machine.platform.cpus if machine.platform else None
        values = {"cpus": measured(cpus)} if cpus is not None else {}
        devices = Devices(self.scope, self.modules, machine.platform, values, machine.is_wrong)
        nodes = of_kind(self.items, t.Device)
        made = [d for d in map(devices.device, nodes) if d]
        assumes, claims = self._assumes(values), self._claims(values)
        asks = self._asks()
        expects = self._expects(asks)
        asks += self._also_asked(asks, expects)
        transports = self._transports(devices)
        by_name = {x.name: x for x in transports}
        placed = [(d, by_name[d.transport]) for d in made if d.transport in by_name]
        for d, on in placed:
            check_scheduled(self.sink, d, on)
        is_about_runs = any(a.property == _OF_RUNS for a in asks)
        check_roles(self.sink, of_kind(self.items, t.Transport), made)
        check_modules(self.scope.world, self.modules.scopes, made)
        if is_about_runs and machine.platform is None and not machine.is_wrong:
            check_triggers(self.sink, placed)
        if not nodes and not self.scope.file.is_partial:
            self._no_device(asks)
        unused_services(self.modules, devices.services.values())
        self._unused_params()
        world = self.scope.world
        return Design(
            path=self.scope.file.source.path,
            params=self.modules.params,
            platform=machine.platform,
            types=self._types(),
            transports=transports,
            devices=tuple(made),
            assumes=assumes,
            claims=claims,
            asks=asks,
            expects=expects,
            roles=tuple(world.roles),
            family_names=tuple(world.families),
            hint_names=tuple(sorted({h.name for k in transports for h in k.hints})),
        )

    def _types(self) -> tuple[DeviceType, ...]:
        return tuple(self.modules.types[key_of(f)].type for f in self.scope.visible(t.DeviceType))

    def _transports(self, devices: Devices) -> tuple[Transport, ...]:
        """The file's own ones, and those that devices are on."""
        own = {
            key_of(f): self.modules.transports[key_of(f)]
            for f in self.scope.visible(t.Transport)
            if f.scope is self.scope
        }
        return tuple(devices.finished(on) for on in (own | devices.transports).values())

    def _no_device(self, asks: Sequence[Ask]) -> None:
        """Report a question about devices where there are none."""
        about = [a for a in asks if a.property not in _OF_NO_DEVICE]
        if about:
            headline = "the design has no device, so that there is nothing to ask"
            hint = "add `device NAME : TYPE on TRANSPORT { lines 1 }`"
            self.sink.warning("VQ0427", headline, about[0].origin, hint)

    # The platform

    def _machine(self) -> _Machine:
        choices = of_kind(self.items, t.PlatformChoice)
        own = [p for p in self.scope.declared(t.Platform) if not p.params]
        chosen = {c.name.text for c in choices}
        exist = [c.name for c in choices if self.scope.peek(t.Platform, c.name.text)]
        named = [*(p.name for p in own if p.name.text not in chosen), *exist]
        if self.scope.world.is_design:
            for extra in named[1:]:
                also = Label(named[0].span, "the design is on this one")
                headline = "a design is on one platform only"
                hint = "move what is not meant into a module of its own"
                self.sink.error("VQ0418", headline, extra.span, hint, also)
        elif len(named) > 1:
            return _Machine(None)
        if choices:
            return self._chosen(choices[0])
        return _Machine(platform(Found(own[0], self.scope), {}) if own else None)

    def _chosen(self, node: t.PlatformChoice) -> _Machine:
        found = self.scope.find(t.Platform, node.name)
        formula = Formula(self.scope, Reads("the arguments of a platform"))
        if found is None:
            for arg in node.args:
                formula.number(arg)
            return _Machine(None, True)
        _, params = platform_params(found)
        args = arguments(formula, params, node.args, "platform", node.name)
        if len(args) < len(params):
            return _Machine(None, True)
        return _Machine(platform(found, {n: measured(e) for n, e in args}))

    # Assumptions and claims

    def _facts(self, is_claim: bool) -> dict[str, DeviceFacts]:
        out: dict[str, DeviceFacts] = {}
        for node in of_kind(self.items, t.Device):
            if node.name.text in out:
                continue
            kinds = self.scope.peek(t.DeviceType, node.type.text)
            transports = self.scope.peek(t.Transport, node.transport.text)
            features = attempts = None
            if len(kinds) == 1:
                kind = self.modules.types[key_of(kinds[0])].type
                features = {f.name: f.origin for f in kind.features}
            if len(transports) == 1:
                on = self.modules.transports[key_of(transports[0])].transport
                attempts = {a.name: a.origin for a in on.driver.attempts}
            out[node.name.text] = DeviceFacts(features, attempts, is_claim)
        return out

    def _assumes(self, values: Mapping[str, Typed]) -> tuple[Assume, ...]:
        nodes = of_kind(self.items, t.Assume)
        facts = self._facts(False) if nodes else {}
        formula = Formula(self.scope, Reads("an assumption", values, devices=facts))
        made = tuple(Assume(formula.condition(n.formula), n.span) for n in nodes)
        for a in made:
            about = sorted({n.split(".")[0] for n in free(a.formula)} - {"param"})
            if len(about) > 1:
                headline = f"an assumption about several devices: {', '.join(about)}"
                hint = "split it, so that each assumption is about one device"
                self.sink.error("VQ0422", headline, a.origin, hint)
        return made

    def _claims(self, values: Mapping[str, Typed]) -> tuple[Claim, ...]:
        nodes = of_kind(self.items, t.Claim)
        self.sink.unique((n.name for n in nodes if n.name), "assertion")
        facts = self._facts(True) if nodes else {}
        formula = Formula(self.scope, Reads("an assertion", values, devices=facts))
        return tuple(
            Claim(n.name.text if n.name else f"assertion {k}", formula.condition(n.formula), n.span)
            for k, n in enumerate(nodes, 1)
        )

    # Questions

    def _asks(self) -> tuple[Ask, ...]:
        first: dict[str, t.Ident] = {}
        asks: list[Ask] = []
        for node in of_kind(self.items, t.Check):
            for name in node.properties:
                every = name.text == "all" and "all" not in self.properties
                if not every and name.text not in self.properties:
                    known = [*self.properties, "all"]
                    self.sink.unknown("VQ0210", "property", name, known)
                    continue
                for wanted in sorted(self.properties) if every else [name.text]:
                    if wanted in first and not every:
                        also = Label(first[wanted].span, "first here")
                        headline = f"`{wanted}` is checked twice"
                        self.sink.error("VQ0204", headline, name.span, "leave out one", also)
                    elif wanted not in first:
                        first[wanted] = name
                        asks.append(Ask(wanted, name.span))
        return tuple(asks)

    def _expects(self, asks: tuple[Ask, ...]) -> tuple[Expect, ...]:
        asked = {a.property for a in asks}
        nodes = of_kind(self.items, t.Expect)
        self.sink.unique((n.property for n in nodes), "the expectation of")
        made: list[Expect] = []
        for node in nodes:
            name, outcome = node.property, node.outcome
            if outcome.text not in _OUTCOMES:
                self.sink.unknown("VQ0210", "outcome", outcome, _OUTCOMES)
            if name.text not in self.properties:
                self.sink.unknown("VQ0210", "property", name, self.properties)
            elif name.text not in asked:
                headline = f"`{name.text}` is expected, and no `check` asks for it"
                hint = f"`expect` asks for it, too; say so to the reader: `check {name.text}`"
                self.sink.warning("VQ0413", headline, name.span, hint)
            made.append(Expect(name.text, outcome.text, node.span))
        return tuple(made)

    def _also_asked(self, asks: tuple[Ask, ...], expects: tuple[Expect, ...]) -> tuple[Ask, ...]:
        """What is expected is asked, too: an expectation that nobody tests says nothing."""
        missing = set(self.properties) - {a.property for a in asks}
        found = {e.property: Ask(e.property, e.origin) for e in expects}
        return tuple(ask for name, ask in found.items() if name in missing)

    def _unused_params(self) -> None:
        """A param that nothing reads multiplies nothing; it is a mistake more often than not."""
        is_whole = not (self.sink.has_errors or self.scope.file.is_partial)
        if not is_whole or not self.scope.world.is_design:
            return
        for node in of_kind(self.items, t.ParamDecl):
            if node.name.text not in self.scope.used:
                headline = f"param `{node.name.text}` is never used"
                self.sink.warning("VQ0412", headline, node.name.span)
