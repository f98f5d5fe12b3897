"""Transports: pools, registers, hints, the maps of both sides, and the programs on a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard, assert_never

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.check_lines import check_lines
from checker.language.elaborate_formulas import Formula
from checker.language.elaborate_maps import EVERYTHING, Requests, device_map, driver_map, policy
from checker.language.elaborate_names import Reads
from checker.language.elaborate_params import check_inside, parameters
from checker.language.elaborate_platform import of_kind, only, trigger
from checker.language.elaborate_programs import Host, handler, service, signal, wire
from checker.language.resolve import Found, Scope
from checker.language.sink import Sink
from model.design.mapping import DeviceMap, DriverMap, HintDecl, Pool, Register, ToNone, Transport
from model.expr import Lit
from model.span import Span

_SETTINGS = {
    "memory": ("sc", "tso", "relaxed"),
    "suppression": ("none", "flags", "event_idx", "packed_event"),
}


def transport(found: Found[t.Transport]) -> tuple[Transport, Host]:
    """A transport, and what programs and devices need to know of its text."""
    scope, node = found.scope, found.node
    sink = scope.world.sink
    values, params = parameters(scope, node.params, "arg", "a transport")
    formula = Formula(scope, Reads("a transport", values))
    hints = of_kind(node.items, t.HintDecl)
    registers = of_kind(node.items, t.Register)
    sink.unique((r.name for r in registers), "register")
    sink.unique((h.name for h in hints), "hint")
    pools = _pools(formula, node)
    handlers = of_kind(node.items, t.Handler)
    host = Host(
        values=values,
        hints={h.name.text: h for h in hints},
        registers={r.name.text: r for r in registers},
        handlers=tuple(h.name.text if h.name else "handler" for h in handlers),
        pools=tuple(p.name for p in pools),
        modes=_modes(node),
        places=_places(node),
    )
    _check_handlers(sink, handlers)
    services = of_kind(node.items, t.Service)
    sink.unique((s.name for s in services), "service")
    signals = of_kind(node.items, t.Signal)
    drives = of_kind(node.items, t.Drive)
    _check_modes(sink, signals)
    driver = _driver(scope, host, node, Requests(_requests(node), tuple(handlers)))
    _check_signalled(sink, node, signals, driver)
    made = Transport(
        name=node.name.text,
        params=params,
        pools=pools,
        registers=tuple(_register(sink, r) for r in registers),
        hints=tuple(_hint(formula, h) for h in hints),
        driver=driver,
        device=_device(scope, host, node),
        handlers=tuple(handler(scope, host, h) for h in handlers),
        signals=tuple(signal(scope, host, s) for s in signals),
        wires=tuple(wire(scope, host, d) for d in drives),
        modes=host.modes,
        memory=_setting(sink, node, "memory"),
        suppression=_setting(sink, node, "suppression"),
        services=tuple(service(scope, host, s) for s in services),
        origin=node.span,
    )
    check_lines(sink, made)
    _check_memory(sink, node)
    return made, host


def _modes(node: t.Transport) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x.mode.text for x in node.items if _has_mode(x) and x.mode))


def _places(node: t.Transport) -> dict[tuple[str, str], t.Ident]:
    """Where pools and modes get their names."""
    pools = {("pool", p.name.text): p.name for p in of_kind(node.items, t.Pool)}
    named = [x.mode for x in node.items if _has_mode(x) and x.mode]
    return pools | {("mode", m.text): m for m in reversed(named)}


def _has_mode(item: object) -> TypeGuard[t.Signal | t.Drive]:
    return isinstance(item, t.Signal | t.Drive)


def _requests(node: t.Transport) -> tuple[t.Request, ...]:
    return tuple(of_kind(node.items, t.Request))


def _pools(formula: Formula, node: t.Transport) -> tuple[Pool, ...]:
    sink = formula.sink
    pools = of_kind(node.items, t.Pool)
    sink.unique((p.name for p in pools), "pool")
    made = []
    for p in pools:
        triggers = [trigger(sink, k) for k in p.triggers]
        sink.unique(p.triggers, "trigger")
        fits = tuple(k for k in triggers if k)
        limit = formula.number(p.limit) if p.limit else None
        made.append(Pool(p.name.text, fits, p.shared, p.span, limit, p.pending))
    return tuple(made) or (Pool("", (), False, node.name.span),)


def _register(sink: Sink, node: t.Register) -> Register:
    sink.unique(node.bits, "bit")
    bits = tuple(b.text for b in node.bits)
    return Register(node.name.text, bits, node.per, node.clears_on_read, node.span)


def _hint(formula: Formula, node: t.HintDecl) -> HintDecl:
    interval = formula.interval(node.range)
    default = formula.number(node.default) if node.default else Lit(0)
    if node.default:
        check_inside(formula, default, interval, Label(node.default.span, node.name.text))
    return HintDecl(node.name.text, interval, default, node.span)


def _setting(sink: Sink, node: t.Transport, what: str) -> str:
    given = [s for s in of_kind(node.items, t.Setting) if s.what == what]
    one = only(sink, given, f"`{what}`")
    known = _SETTINGS[what]
    if one and one.value.text not in known:
        sink.unknown("VQ0214", f"`{what}`", one.value, known)
    return one.value.text if one and one.value.text in known else known[0]


def _check_memory(sink: Sink, node: t.Transport) -> None:
    """Where suppression is asked about, a barrier may be what is missing."""
    settings = of_kind(node.items, t.Setting)
    asked = next((s for s in settings if s.what == "suppression" and s.value.text != "none"), None)
    if asked is not None and not any(s.what == "memory" for s in settings):
        headline = "suppression without `memory`: it is `sc`, and no missing barrier is found"
        hint = "say `memory tso` (x86) or `memory relaxed`; or `memory sc`, if that is meant"
        sink.note("VQ0430", headline, asked.span, hint)


def _check_handlers(sink: Sink, handlers: Sequence[t.Handler]) -> None:
    sink.unique((h.name for h in handlers if h.name), "handler")
    unnamed = [h for h in handlers if h.name is None]
    only(sink, unnamed, "a handler without a name")
    for h in handlers:
        if unnamed and h.name and h.name.text == "handler":
            also = Label(unnamed[0].span, "a handler without a name is called so")
            sink.error("VQ0204", "handler `handler` is declared twice", h.name.span, "", also)


def _check_modes(sink: Sink, signals: Sequence[t.Signal]) -> None:
    """For each source and mode there is one program; one without a mode is for all of them."""
    for of_queues in (True, False):
        first: dict[str, t.Signal] = {}
        for s in signals:
            if (s.queue is not None) != of_queues:
                continue
            mode = s.mode.text if s.mode else ""
            clash = first.get(mode) or (first.get("") if mode else next(iter(first.values()), None))
            if clash:
                what = "queues" if of_queues else "the configuration"
                headline = f"two `signal` programs of {what}"
                headline += f" in mode `{mode}`" if mode else ""
                also = Label(clash.span, "one is here")
                hint = "say with `in MODE` when each of them is used"
                sink.error("VQ0404", headline, Label(s.span, "and another one here"), hint, also)
            first.setdefault(mode, s)


def _check_signalled(
    sink: Sink, node: t.Transport, signals: Sequence[t.Signal], driver: DriverMap
) -> None:
    """What is mapped to a line is signalled in each mode, once any program is there at all."""
    modes = _modes(node) or ("",)
    for config in (False, True) if signals else ():
        rules = [r for a in driver.attempts for r in a.rules if r.for_config == config]
        mapped = next((r for r in rules if not isinstance(r.target, ToNone)), None)
        told = {s.mode.text if s.mode else "" for s in signals if (s.queue is None) == config}
        missing = [] if "" in told else [m for m in modes if m not in told]
        if mapped is None or not missing:
            continue
        what = "the configuration change" if config else "queues"
        where = f" in mode `{missing[0]}`" if missing[0] else ""
        name = "config" if config else "queue q"
        within = f" in {missing[0]}" if missing[0] else ""
        hint = f"add `signal {name}{within} {{ ... }}`: what the device does to be noticed"
        also = Label(mapped.origin, "and yet it is mapped to a line")
        headline = f"transport `{node.name.text}` has no `signal` for {what}{where}"
        sink.warning("VQ0424", headline, node.name.span, hint, also)


def _driver(scope: Scope, host: Host, node: t.Transport, requests: Requests) -> DriverMap:
    """The driver's side, of which there is exactly one."""
    sink = scope.world.sink
    sides = [
        x
        for x in node.items
        if isinstance(x, t.PolicyUse | t.Policy)
        or (isinstance(x, t.Map) and x.layer.text != "device")
    ]
    if not sides:
        headline = f"transport `{node.name.text}` does not say how the driver maps queues"
        hint = "add `map in transport { ... }`, `map in driver { ... }` or `use policy NAME`"
        sink.error("VQ0405", headline, node.name.span, hint)
        return DriverMap("transport", "", EVERYTHING, (), node.span)
    made = [_side(scope, host, x, requests) for x in sides]
    for extra in sides[1:]:
        also = Label(_head(sides[0]), "the driver's side is here")
        headline = "the driver's side is given twice"
        sink.error("VQ0406", headline, Label(_head(extra), "and here again"), "", also)
    return made[0]


def _head(x: t.Map | t.Policy | t.PolicyUse) -> Span:
    return x.span if isinstance(x, t.PolicyUse) else _name(x).span


def _name(x: t.Map | t.Policy) -> t.Ident:
    return x.layer if isinstance(x, t.Map) else x.name


def _side(
    scope: Scope, host: Host, x: t.Map | t.Policy | t.PolicyUse, requests: Requests
) -> DriverMap:
    match x:
        case t.Map():
            return driver_map(scope, host, x, requests)
        case t.Policy():
            return policy(Found(x, scope), host, requests)
        case t.PolicyUse():
            found = scope.find(t.Policy, x.name)
            if found:
                return policy(found, host, requests)
            return DriverMap("transport", x.name.text, EVERYTHING, (), x.span)
        case _:
            assert_never(x)


def _device(scope: Scope, host: Host, node: t.Transport) -> DeviceMap:
    sink = scope.world.sink
    maps = [m for m in of_kind(node.items, t.Map) if m.layer.text == "device"]
    made = [device_map(scope, host, m) for m in maps]
    only(sink, maps, "`map in device`")
    if not made:
        headline = f"transport `{node.name.text}` does not say how the device maps queues"
        hint = (
            "`map in device { programmed }` if the driver tells the device (PCI, CCW); else its"
            " own rules, `map in device { queue q -> line ...; config -> line 0 }`, to be compared"
        )
        sink.error("VQ0405", headline, node.name.span, hint)
        return DeviceMap(True, (), None, node.span)
    return made[0]
