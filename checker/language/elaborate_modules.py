"""Everything reusable of all modules: params and lets, types, platforms, transports; each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from checker.diagnostics.diagnostic import Diagnostic, Label
from checker.language import tree as t
from checker.language.elaborate_formulas import Formula
from checker.language.elaborate_maps import Requests, policy
from checker.language.elaborate_names import Reads
from checker.language.elaborate_platform import of_kind, platform, platform_params
from checker.language.elaborate_programs import Host, service
from checker.language.elaborate_transports import transport
from checker.language.elaborate_types import TypeParts, device_type
from checker.language.imports import File
from checker.language.resolve import Found, Scope, World
from checker.language.sorts import POISON, Typed, number
from model.design.device import Interval, Param
from model.design.mapping import Transport
from model.expr import Lit, substitute
from model.expr_linear import constant
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class TransportParts:
    """A transport with its text and what its programs may read."""

    transport: Transport
    host: Host
    found: Found[t.Transport]


@dataclass(slots=True)
class Modules:
    """What has been read, by the place of the text that declares it."""

    scopes: list[Scope]
    types: dict[tuple[str, str], TypeParts] = field(default_factory=dict)
    transports: dict[tuple[str, str], TransportParts] = field(default_factory=dict)
    params: tuple[Param, ...] = ()


def key_of(found: Found[t.DeviceType] | Found[t.Transport]) -> tuple[str, str]:
    """What distinguishes a declaration from all others of its kind."""
    return found.scope.file.key, found.node.name.text


def open_scopes(world: World, files: Sequence[File]) -> list[Scope]:
    """A scope for each file without errors of syntax, in the same order."""
    scopes: dict[str, Scope] = {}
    for file in files:
        if file.is_sound:
            scope = Scope(world, file, is_main=file is files[-1])
            scope.imports = [scopes[key] for _, key in file.uses]
            scopes[file.key] = scope
    return list(scopes.values())


def read_modules(world: World, scopes: list[Scope], overrides: Mapping[str, int]) -> Modules:
    """Everything reusable, the design's own file first."""
    modules = Modules(scopes)
    for scope in scopes:
        params = _values(scope, overrides if scope.is_main else {})
        modules.params = params if scope.is_main else ()
    main_first = [*reversed(scopes)]
    world.gather(main_first)
    for scope in main_first:
        for kind in scope.declared(t.DeviceType):
            found = Found(kind, scope)
            modules.types[key_of(found)] = device_type(found)
    for scope in main_first:
        for machine in scope.declared(t.Platform):
            found_platform = Found(machine, scope)
            platform(found_platform, platform_params(found_platform)[0])
        for node in scope.declared(t.Transport):
            found_transport = Found(node, scope)
            made, host = transport(found_transport)
            modules.transports[key_of(found_transport)] = TransportParts(
                made, host, found_transport
            )
    for scope in main_first:
        _unused_policies(scope, scopes)
    return modules


# Params and lets


def _values(scope: Scope, overrides: Mapping[str, int]) -> tuple[Param, ...]:
    """Params and lets in the order of the text: each may read those before it."""
    params: list[Param] = []
    pinned: dict[str, int] = dict(overrides)
    formula = Formula(scope, Reads("a range"))
    for item in scope.file.tree.items:
        match item:
            case t.ParamDecl() if scope.places[item.name.text] is item.name:
                params.append(_param(scope, formula, item, pinned))
            case t.Let() if scope.places[item.name.text] is item.name:
                scope.values[item.name.text] = _let(scope, item)
                scope.lets.add(item.name.text)
            case _:
                pass
    names = [p.name for p in params]
    for name in overrides:
        if name not in names:
            hint = scope.world.sink.guess(name, names) or ("it has none" if not names else "")
            path = scope.file.source.path
            headline = f"the design has no param `{name}`"
            scope.world.sink.found.append(Diagnostic("VQ0213", headline, hint=hint, path=path))
    return tuple(params)


def _param(scope: Scope, formula: Formula, item: t.ParamDecl, pinned: Mapping[str, int]) -> Param:
    name = item.name.text
    interval = formula.interval(item.range)
    typed = number(f"param.{name}")
    scope.values[name] = typed if scope.is_main else replace(typed, foreign=name)
    if name not in pinned:
        return Param(name, interval, item.span)
    by = {f"param.{n}": Lit(v) for n, v in pinned.items()}
    lo, hi = constant(substitute(interval.lo, by)), constant(substitute(interval.hi, by))
    v = pinned[name]
    if (lo is not None and v < lo) or (hi is not None and v > hi):
        headline = f"{v} is outside of the range of param `{name}`, {lo}..{hi}"
        at = Label(interval.origin, "the range")
        scope.world.sink.error("VQ0403", headline, at, "give it one of these, or change the range")
    return Param(name, Interval(Lit(v), Lit(v), interval.origin), item.span)


def _let(scope: Scope, item: t.Let) -> Typed:
    reads = Reads("a `let`", may_be_foreign=not scope.is_main)
    formula = Formula(scope, reads)
    typed = formula.typed(item.value)
    if formula.names.foreign and typed is not POISON:
        return replace(typed, foreign=formula.names.foreign)
    return typed


# Policies that no transport uses are read too, so that their mistakes are seen.


def _unused_policies(scope: Scope, scopes: Iterable[Scope]) -> None:
    used = {
        x.name.text
        for other in scopes
        for node in other.declared(t.Transport)
        for x in of_kind(node.items, t.PolicyUse)
    }
    for node in scope.declared(t.Policy):
        if node.name.text not in used:
            policy(Found(node, scope), Host(is_open=True), Requests((), ()))


def unused_services(modules: Modules, used: Iterable[Found[t.Service]]) -> None:
    """Read the service programs that no device has; nothing is known of their transport."""
    known = {(f.scope.file.key, f.node.name.text) for f in used}
    for scope in modules.scopes:
        for node in scope.declared(t.Service):
            if (scope.file.key, node.name.text) not in known:
                service(scope, Host(is_open=True), node)
