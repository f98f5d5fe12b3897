"""A device for given values as a system: every queue and line of it, and every agent.

The smallest of these are what is searched for a run that loses a notification. Only `active`
sources ever produce: leaving others silent is one of the things that a device may do, and makes the
system smaller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import assert_never

from model.design.design import Design
from model.design.device import Device, Trigger
from model.design.mapping import Transport
from model.design.program import (
    ForQueues,
    Handler,
    LineAt,
    LineOf,
    LineRef,
    LineVar,
    Service,
    Signal,
)
from model.expr import TRUE, Expr, Lit, Undefined, Value, Var, free, substitute
from model.kernel.system import Source, System
from model.meaning.cells import Cells
from model.meaning.layout import Evaluate, Landing, Layout, Row, lay_out_open, service_of
from model.meaning.lower import Lowering, is_own
from model.meaning.world import LineHere, OneOf, QueueHere, Scope, wires_of

RING = 2
"""Entries of a ring in a concrete instance, where their number matters."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What an instance is of: a device, values, a signalling mode and a trigger of its lines."""

    device: Device
    given: Mapping[str, Value]
    mode: str
    trigger: Trigger
    numbers: tuple[int, ...] = ()
    keeps_pending: bool = True


class Instance:
    """A world in which everything is there. Raises `Undefined` and `TooLarge` as `lay_out` does."""

    def __init__(self, design: Design, setting: Setting) -> None:
        self.setting = setting
        self.transport: Transport = design.transport(setting.device.transport)
        self.mode = setting.mode
        laid, evaluate = lay_out_open(design, setting.device, setting.given, setting.numbers)
        self.layout: Layout = laid
        self._evaluate: Evaluate = evaluate
        self.rows = {r.name: r for r in laid.rows}
        self.queues = tuple(
            QueueHere(r.name, facts=r.facts) for r in laid.rows if r.family is not None
        )
        self.lines = tuple(self._line(k) for k in range(laid.lines))

    def _line(self, k: int) -> LineHere:
        s = self.setting
        return LineHere(f"line {k}", True, s.trigger, k, s.keeps_pending)

    # The world

    def fact(self, e: Expr, scope: Scope, cells: frozenset[str]) -> Expr:
        """With every fact known, what is left reads only cells."""
        env = self._named(e, scope)
        if not cells & free(e):
            return Lit(self._evaluate(e, env))
        return substitute(e, {n: Lit(self._evaluate(Var(n), env)) for n in free(e) - cells})

    def _named(self, e: Expr, scope: Scope) -> dict[str, Value]:
        """The facts of the queues and the line that the formula names."""
        env: dict[str, Value] = {}
        for name in free(e):
            owner, _, rest = name.partition(".")
            if owner in scope.queues:
                env[name] = scope.queues[owner].facts[f"q.{rest}"]
            elif name == "l" and scope.line is not None and scope.line.ordinal is not None:
                env[name] = scope.line.ordinal
        return env

    def _counted(self, e: Expr, scope: Scope) -> int | None:
        try:
            return int(self._evaluate(e, self._named(e, scope)))
        except Undefined:
            return None

    def loop(self, s: ForQueues, scope: Scope) -> Sequence[OneOf]:
        """The queues that the driver mapped to the line, or all of them, in index order."""
        if s.line is None:
            return [OneOf(q) for q in self.queues]
        lines = {x.ordinal for _, x in self.line(s.line, scope, device=False)}
        return [OneOf(q) for q in self.queues if self._ordinal(self.rows[q.name].driver) in lines]

    def _ordinal(self, landing: Landing) -> int | None:
        return landing.ordinal if landing.kind == "line" else None

    def line(self, ref: LineRef, scope: Scope, *, device: bool) -> Sequence[tuple[Expr, LineHere]]:
        """The line, if it is one of those that are granted."""
        match ref:
            case LineVar():
                return [(TRUE, scope.line)] if scope.line is not None else []
            case LineAt(e):
                ordinal = self._counted(e, scope)
            case LineOf(queue):
                name = "config" if queue is None else scope.queues[queue.name].name
                row = self.rows.get(name)
                side = None if row is None else row.device if device else row.driver
                ordinal = None if side is None else self._ordinal(side)
            case _:
                assert_never(ref)
        if ordinal is None or not 0 <= ordinal < len(self.lines):
            return []
        return [(TRUE, self.lines[ordinal])]

    def services(self, queue: QueueHere) -> Sequence[Service | None]:
        """The service program that the device gives the queue."""
        return [self.service(queue)]

    def service(self, queue: QueueHere) -> Service | None:
        """The same, as the only one."""
        family = self.rows[queue.name].family
        return None if family is None else service_of(self.transport, family)

    def choice(self) -> Expr:
        """Nothing is open here."""
        raise AssertionError("everything is known in an instance")

    # The system

    @property
    def sources(self) -> tuple[Row, ...]:
        """What can notify: queues with a callback, and the configuration."""
        return tuple(r for r in self.layout.rows if r.callback)

    def system(self, active: AbstractSet[str]) -> System:
        """The system in which only these sources ever produce."""
        services = {q.name: self.service(q) for q in self.queues}
        used = [s for s in services.values() if s is not None]
        low = Lowering(self, Cells(), RING, used)
        for line in self.lines:
            low.add_line(line, wires_of(self.transport, self.mode), f"handler {line.name}")
        by_name = {q.name: q for q in self.queues}
        live = [r for r in self.sources if r.name in active]
        handlers = [f"handler {line.name}" for line in self.lines]
        deferred = {n: s for n, s in services.items() if s is not None and s.deferred}
        silent = {n for n, s in deferred.items() if n not in active and is_own(s.body)}
        low.compiler.silent = frozenset(silent)
        deferred = {n: s for n, s in deferred.items() if n not in silent}
        drivers = [*handlers, *(f"service {n}" for n in deferred)]
        known = [by_name[r.name] for r in live if r.family is not None]
        low.queues.stores = dict.fromkeys(drivers, known)
        for r in live:
            low.device(self._signal(r), by_name.get(r.name), f"device {r.name}")
        for line in self.lines:
            low.handler(line, self._chain(line), f"handler {line.name}")
        for name, service in deferred.items():
            low.service(service, by_name[name], f"service {name}")
        for q in known:
            low.memory(q, drivers)
        return low.system(self._source(low, r, by_name) for r in live)

    def _source(self, low: Lowering, r: Row, by_name: Mapping[str, QueueHere]) -> Source:
        if r.family is None:
            return Source(r.name, low.compiler.config, self.setting.device.type.origin)
        return Source(r.name, low.queues.work(by_name[r.name]), r.family.origin)

    def _signal(self, r: Row) -> Signal | None:
        return signal_of(self.transport, self.mode, for_config=r.family is None)

    def chain_of(self, r: Row) -> tuple[str, ...]:
        """The names of the handlers that run for the line which the device drives for a source."""
        ordinal = self._ordinal(r.device)
        if ordinal is None or not 0 <= ordinal < len(self.lines):
            return ()
        return tuple(h.name for h in self._chain(self.lines[ordinal]))

    def _chain(self, line: LineHere) -> list[Handler]:
        attempt = self.layout.attempt
        if attempt is None or line.ordinal is None:
            return []
        by_name = {h.name: h for h in self.transport.handlers}
        env: dict[str, Value] = {"l": line.ordinal}
        return [
            by_name[r.handler]
            for r in attempt.requests
            if self._evaluate(r.when, env)
            and self._evaluate(r.lines.lo, env) <= line.ordinal <= self._evaluate(r.lines.hi, env)
        ]


def signal_of(transport: Transport, mode: str, *, for_config: bool) -> Signal | None:
    """The signal program of queues, or of the configuration, in a mode."""
    for s in transport.signals:
        if (s.queue is None) == for_config and s.mode in ("", mode):
            return s
    return None
