"""A device for given values as a system: every queue and line of it, and every agent.

The smallest of these are what is searched for a run that loses a notification. Only `active`
sources ever produce: leaving others silent is one of the things that a device may do, and makes the
system smaller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
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
from model.expr import (
    FALSE,
    TRUE,
    And,
    Expr,
    Ite,
    Lit,
    Or,
    Value,
    conj,
    disj,
    free,
    ite,
    rebuild,
)
from model.kernel.system import Source, System
from model.meaning.cells import Cells
from model.meaning.layout import Evaluate, lay_out_open, service_of
from model.meaning.lower import Lowering, is_own_alone, is_own_and_ends, is_own_at_once
from model.meaning.rows import Landing, Layout, Row, Rows
from model.meaning.world import LineHere, OneOf, QueueHere, Scope, wires_of
from model.record import dataclass

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
    laid: tuple[Layout, Evaluate] | None = field(default=None, compare=False)
    """The device for these values, where somebody laid it out already."""


class Instance:
    """A world in which everything is there. Raises `Undefined` and `TooLarge` as `lay_out` does."""

    def __init__(self, design: Design, setting: Setting) -> None:
        self.setting = setting
        self.transport: Transport = design.transport(setting.device.transport)
        self.mode = setting.mode
        laid, evaluate = setting.laid or lay_out_open(
            design, setting.device, setting.given, setting.numbers
        )
        self.layout: Layout = laid
        self.evaluate: Evaluate = evaluate
        self.rows: Rows = laid.rows
        self.lines = tuple(self._line(k) for k in range(laid.lines))
        self._here: dict[str, QueueHere] = {}
        self._by_service: dict[str, list[str]] = {}
        for x in laid.rows.of:
            service = service_of(self.transport, x.family)
            if len(x):
                self._by_service.setdefault(service.name if service else "", []).extend(x.names())
        self._kinds = tuple(s for s in self.transport.services if s.name in self._by_service)
        self._awake: Sequence[QueueHere] | None = None
        """Queues that may have work, or whose service does something without it; None: all."""

    @property
    def queues(self) -> list[QueueHere]:
        """All of them, in the order of their indices."""
        return [self._queue(r) for r in self.rows if r.family is not None]

    @property
    def sources(self) -> list[Row]:
        """What can notify: queues with a callback, and the configuration."""
        return [r for r in self.rows if r.callback]

    def met(self) -> list[Row]:
        """The queues that programs which were lowered may look at or change, as far as is known."""
        return [self._row(n) for n in self._in_order(self._here)]

    def _queue(self, r: Row) -> QueueHere:
        if r.name not in self._here:
            self._here[r.name] = QueueHere(r.name, facts=r.facts)
        return self._here[r.name]

    def _line(self, k: int) -> LineHere:
        s = self.setting
        return LineHere(f"line {k}", True, s.trigger, k, s.keeps_pending)

    # The world

    def fact(self, e: Expr, scope: Scope, cells: frozenset[str]) -> Expr:
        """With every fact known, what is left reads only cells."""
        env = self._named(e, scope)

        def settled(x: Expr) -> Expr:
            if not cells & free(x):
                return Lit(self.evaluate(x, env))
            match x:  # As lazily as `value`: what a known part decides says what is looked at.
                case Ite(c, a, b):
                    test = settled(c)
                    if isinstance(test, Lit):
                        return settled(a if test.value else b)
                    return ite(test, settled(a), settled(b))
                case And(args):
                    return conj(*_until(FALSE, map(settled, args)))
                case Or(args):
                    return disj(*_until(TRUE, map(settled, args)))
                case _:
                    return rebuild(x, settled)

        return settled(e)

    def _named(self, e: Expr, scope: Scope) -> dict[str, Value]:
        """The facts of the queues and the line that the formula names."""
        env: dict[str, Value] = {}
        for name in sorted(free(e)):
            owner, _, rest = name.partition(".")
            if owner in scope.queues:
                env[name] = scope.queues[owner].facts[f"q.{rest}"]
            elif name == "l" and scope.line is not None and scope.line.ordinal is not None:
                env[name] = scope.line.ordinal
        return env

    def loop(self, s: ForQueues, scope: Scope) -> Sequence[OneOf]:
        """The queues that the driver mapped to the line, or all of them, in index order."""
        own = is_own_alone(s.body, s.queue.name)
        queues = self._awake if own and self._awake is not None else self.queues
        if s.line is None:
            return [OneOf(q) for q in queues]
        lines = {x.ordinal for _, x in self.line(s.line, scope, device=False)}
        return [OneOf(q) for q in queues if self._ordinal(self._row(q.name).driver) in lines]

    def _row(self, name: str) -> Row:
        row = self.rows.named(name)
        assert row is not None
        return row

    def _ordinal(self, landing: Landing) -> int | None:
        return landing.ordinal if landing.kind == "line" else None

    def line(self, ref: LineRef, scope: Scope, *, device: bool) -> Sequence[tuple[Expr, LineHere]]:
        """The line, if it is one of those that are granted."""
        ordinal: int | None
        match ref:
            case LineVar():
                return [(TRUE, scope.line)] if scope.line is not None else []
            case LineAt(e):
                ordinal = int(self.evaluate(e, self._named(e, scope)))
            case LineOf(None):
                both = self.layout.config
                ordinal = None if both is None else self._ordinal(both[1 if device else 0])
            case LineOf(queue):
                row = None if queue is None else self.rows.named(scope.queues[queue.name].name)
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
        family = self._row(queue.name).family
        return None if family is None else service_of(self.transport, family)

    def choice(self) -> Expr:
        """Nothing is open here."""
        raise AssertionError("everything is known in an instance")

    # The system

    def system(self, active: AbstractSet[str]) -> System:
        """The system in which only these sources ever produce."""
        return self.lowered(active)[1]

    def lowered(self, active: AbstractSet[str]) -> tuple[Lowering, System]:
        """The same, with the programs that it was made of."""
        by_name = {n: self._queue(r) for n in self._in_order(active) if (r := self._row(n)).family}
        self._awake = self._awake_with(active)
        low = Lowering(self, Cells(), RING, self._kinds)
        for line in self.lines:
            low.add_line(line, wires_of(self.transport, self.mode), f"handler {line.name}")
        live = [r for n in self._in_order(active) if (r := self._row(n)).callback]
        handlers = [f"handler {line.name}" for line in self.lines]
        ending = (s for s in self._kinds if s.deferred and is_own_and_ends(s.body))
        silent = self._queues_with(ending) - active
        low.compiler.silent = frozenset(silent)
        later = self._queues_with(s for s in self._kinds if s.deferred) - silent
        by_name |= {n: self._queue(self._row(n)) for n in later}
        deferred = {n: s for n in self._in_order(later) if (s := self.service(by_name[n]))}
        drivers = [*handlers, *(f"service {n}" for n in deferred)]
        known = [by_name[r.name] for r in live if r.family is not None]
        low.queues.stores.of = dict.fromkeys(drivers, known)
        for r in live:
            low.device(self._signal(r), by_name.get(r.name), f"device {r.name}")
        for line in self.lines:
            low.handler(line, self.handlers(line), f"handler {line.name}")
        for name, service in deferred.items():
            low.service(service, by_name[name], f"service {name}")
        low.memory(known)
        return low, low.system(self._source(low, r, by_name) for r in live)

    def _in_order(self, names: Iterable[str]) -> list[str]:
        """Those that are names of sources, as these are laid out."""
        places = {n: k for n in names if (k := self.rows.place(n)) is not None}
        return sorted(places, key=places.__getitem__)

    def _awake_with(self, active: AbstractSet[str]) -> list[QueueHere] | None:
        # With store buffers, an access waits for the stores before it: none can be left out.
        if self.transport.memory != "sc":
            return None
        others = [
            s for s in self._kinds
            if not (is_own_and_ends(s.body) if s.deferred else is_own_at_once(s.body))
        ]  # fmt: skip
        names = self._in_order(self._queues_with(others) | active)
        return [self._queue(r) for n in names if (r := self._row(n)).family is not None]

    def _queues_with(self, some: Iterable[Service | None]) -> set[str]:
        """The names of the queues that have one of these service programs."""
        return {n for s in some for n in self._by_service.get(s.name if s else "", ())}

    def _source(self, low: Lowering, r: Row, by_name: Mapping[str, QueueHere]) -> Source:
        if r.family is None:
            return Source(r.name, low.compiler.config, self.setting.device.type.origin)
        return Source(r.name, low.queues.work(by_name[r.name]), r.family.origin)

    def _signal(self, r: Row) -> Signal | None:
        return signal_of(self.transport, self.mode, for_config=r.family is None)

    def handlers(self, line: LineHere) -> list[Handler]:
        """The handlers that were requested for a line, one after the other."""
        attempt = self.layout.attempt
        if attempt is None or line.ordinal is None:
            return []
        by_name = {h.name: h for h in self.transport.handlers}
        env: dict[str, Value] = {"l": line.ordinal}
        return [
            by_name[r.handler]
            for r in attempt.requests
            if self.evaluate(r.when, env)
            and self.evaluate(r.lines.lo, env) <= line.ordinal <= self.evaluate(r.lines.hi, env)
        ]


def _until(last: Expr, some: Iterable[Expr]) -> Iterator[Expr]:
    """As far as one that decides it all."""
    for e in some:
        yield e
        if e == last:
            return


def signal_of(transport: Transport, mode: str, *, for_config: bool) -> Signal | None:
    """The signal program of queues, or of the configuration, in a mode."""
    for s in transport.signals:
        if (s.queue is None) == for_config and s.mode in ("", mode):
            return s
    return None
