"""A device laid out for given values: every queue, where each side maps it, and who serves it.

This is the mapping by plain evaluation, queue by queue, with nothing symbolic: what `checker show`
prints, and the second opinion on every counterexample to a mapping property.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from model.design.design import Design
from model.design.device import Device, Family
from model.design.facts import facts_read
from model.design.mapping import (
    Attempt,
    MapRule,
    Request,
    ToLine,
    ToNone,
    ToNumber,
    Transport,
)
from model.design.program import DRAIN_ONLY, Handler, LineAt, LineOf, LineVar, Service
from model.expr import Expr, Lit, Tally, Undefined, Value, Var, rebuild, value
from model.meaning.serving import Serves, drains, serves, settable_bits

Env = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a side maps a source.

    `kind`: `line` (with ordinal and, if numbers are known, number; ordinal None: a number that no
    granted line has), `none` (no line, on purpose), `unmapped` (no rule takes it), `undefined` (a
    division outside its domain).
    """

    kind: str
    ordinal: int | None = None
    number: int | None = None
    rule: MapRule | None = None
    fault: Undefined | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A source of the device: a queue, or the configuration change (`family` None)."""

    family: Family | None
    nth: int
    index: int
    callback: bool
    facts: Mapping[str, Value]
    driver: Landing
    device: Landing
    handlers: tuple[str, ...]
    """Handlers requested for the line that the device drives."""
    served: bool

    @property
    def name(self) -> str:
        """`rx[3]`, `ctrl`, `config`."""
        if self.family is None:
            return "config"
        return f"{self.family.name}[{self.nth}]" if self.family.indexed else self.family.name


@dataclass(frozen=True, slots=True)
class Layout:
    """A device with all its sources; `attempt` None: nothing that it tries can be granted."""

    device: Device
    attempt: Attempt | None
    lines: int
    numbers: tuple[int, ...]
    rows: tuple[Row, ...]


def lay_out(
    design: Design, device: Device, given: Mapping[str, Value], numbers: tuple[int, ...] = ()
) -> Layout:
    """The device for these values.

    `given` has `param.NAME`, `index.NAME` of a device array, `feature.NAME` (absent: not there),
    `grant.POOL` (lines that can be had of a pool) and `cpus` where the platform leaves it open;
    `numbers` are the interrupt numbers of the granted lines, by ordinal (none: 0, 1, 2, ...).
    Raises `Undefined` if a formula outside the maps has no value.
    """
    return _LayOut(design, device, given).layout(numbers)


class _LayOut:
    def __init__(self, design: Design, device: Device, given: Mapping[str, Value]) -> None:
        self.device = device
        self.transport = design.transport(device.transport)
        self.given = given
        outer: Env = {k: v for k, v in given.items() if k.startswith(("param.", "index."))}
        self.env: Env = dict(outer)
        for name, arg in device.args:
            target = name if name.startswith("arg.") else f"type.{name}"
            self.env[target] = value(arg, outer)
            if not name.startswith("arg."):
                self.env[f"device.arg.{name}"] = self.env[target]
        self.env["device.id"] = device.type.id
        for n in facts_read(self.transport):
            if n.startswith("device.feature."):
                self.env[n] = False
        for f in device.type.features:
            has = bool(given.get(f"feature.{f.name}", False))
            self.env[f"type.feature.{f.name}"] = self.env[f"device.feature.{f.name}"] = has
        cpus = design.platform.cpus if design.platform else None
        self.env["cpus"] = value(cpus, outer) if cpus is not None else given.get("cpus", 1)
        self.roles = {r: i for i, r in enumerate(design.roles)}
        self.family_ids = {r: i for i, r in enumerate(design.family_names)}
        self.queues = sorted(self._queues(), key=lambda q: int(q[2]["q.index"]))
        self._tallies: dict[tuple[Tally, int | None], int] = {}
        self._chosen: Attempt | None = None
        self._numbers: tuple[int, ...] = ()

    def _queues(self) -> Iterable[tuple[Family, int, Env]]:
        for f in self.device.families:
            if not value(f.present, self.env):
                continue
            lo = int(value(f.range.lo, self.env)) if f.indexed else 0
            hi = int(value(f.range.hi, self.env)) if f.indexed else 0
            for i in range(lo, hi + 1):
                yield f, i, self._facts(f, i)

    def _facts(self, f: Family, i: int) -> Env:
        own = {**self.env, "type.i": i}
        facts: Env = {
            "q.index": value(f.at, own),
            "q.nth": i,
            "q.role": self.roles[f.role],
            "q.family": self.family_ids[f.name],
            "q.callback": value(f.callback, own),
            "q.slow": value(f.slow, own),
        }
        for h in self.transport.hints:
            facts[f"q.hint.{h.name}"] = value(h.default, self.env)
        for given in f.hints:
            facts[f"q.hint.{given.name}"] = value(given.value, own)
        return facts

    def layout(self, numbers: tuple[int, ...]) -> Layout:
        attempt = self._attempt()
        if attempt is None:
            return Layout(self.device, None, 0, (), ())
        takes = attempt.takes
        lines = self._value(takes) if takes is not None else self.given[f"grant.{attempt.pool}"]
        self.env["lines"] = lines
        numbers = numbers or tuple(range(int(lines)))
        self._chosen, self._numbers = attempt, numbers
        self.env["base"] = min(numbers, default=0)
        rows = [self._row(attempt, f, i, facts, numbers) for f, i, facts in self.queues]
        if value(self.device.type.config_change, self.env):
            rows.append(self._row(attempt, None, 0, {}, numbers))
        return Layout(self.device, attempt, int(lines), numbers, tuple(rows))

    def _attempt(self) -> Attempt | None:
        for a in self.transport.driver.attempts:
            granted = self.given.get(f"grant.{a.pool}", 0)
            if self._value(a.when) and (a.takes is None or self._value(a.takes) <= granted):
                return a
        return None

    def _value(self, e: Expr, facts: Mapping[str, Value] | None = None) -> Value:
        env = {**self.env, **facts} if facts else self.env
        return value(self._settle(e, env), env)

    def _settle(self, e: Expr, env: Mapping[str, Value]) -> Expr:
        """Tallies replaced by what is counted."""
        if isinstance(e, Tally):
            below = None if e.below is None else int(value(e.below, env))
            key = (e, below)
            if key not in self._tallies:
                self._tallies[key] = sum(
                    1
                    for _, _, q in self.queues
                    if (below is None or q["q.index"] < below) and value(e.where, {**self.env, **q})
                )
            return Lit(self._tallies[key])
        if isinstance(e, Lit | Var):
            return e
        return rebuild(e, lambda a: self._settle(a, env))

    def _row(
        self, attempt: Attempt, f: Family | None, i: int, facts: Env, numbers: tuple[int, ...]
    ) -> Row:
        driver = self._land(attempt.rules, f, facts, numbers)
        dev = self.transport.device
        device = driver if dev.programmed else self._land(dev.rules, f, facts, numbers)
        handlers: list[str] = []
        served = False
        if device.kind == "line" and device.ordinal is not None:
            for r in attempt.requests:
                if self._requests(r, device.ordinal):
                    handlers.append(r.handler)
                    served = served or self._served(r.handler, device.ordinal, f, facts, driver)
        callback = f is None or bool(facts["q.callback"])
        index = -1 if f is None else int(facts["q.index"])
        return Row(f, i, index, callback, facts, driver, device, tuple(handlers), served)

    def _land(
        self,
        rules: tuple[MapRule, ...],
        f: Family | None,
        facts: Env,
        numbers: tuple[int, ...],
    ) -> Landing:
        for r in rules:
            if r.for_config != (f is None):
                continue
            try:
                if self._value(r.when, facts):
                    return self._target(r, facts, numbers)
            except Undefined as e:
                return Landing("undefined", rule=r, fault=e)
        return Landing("unmapped")

    def _target(self, r: MapRule, facts: Env, numbers: tuple[int, ...]) -> Landing:
        match r.target:
            case ToNone():
                return Landing("none", rule=r)
            case ToLine(e):
                k = int(self._value(e, facts))
                number = numbers[k] if 0 <= k < len(numbers) else None
                return Landing("line", k, number, r)
            case ToNumber(e):
                n = int(self._value(e, facts))
                if not numbers:  # The smallest number of no lines at all is no number.
                    return Landing("line", None, None, r)
                return Landing("line", numbers.index(n) if n in numbers else None, n, r)
            case _:
                assert_never(r.target)

    def _requests(self, r: Request, line: int) -> bool:
        env = {"l": line}
        if not self._value(r.when, env):
            return False
        lo, hi = self._value(r.lines.lo, env), self._value(r.lines.hi, env)
        return lo <= line <= hi

    def _served(
        self, handler: str, line: int, f: Family | None, facts: Env, driver: Landing
    ) -> bool:
        h = next(h for h in self.transport.handlers if h.name == handler)
        attempt_mode = self._chosen.mode if self._chosen else ""
        settable = settable_bits(self.transport, attempt_mode or self.device.mode)
        for place in serves(h, settable):
            if bool(place.queue) != (f is not None):
                continue
            if f is not None:
                if not (place.directly or drains(service_of(self.transport, f))):
                    continue
                if not self._goes_through(h, place, line, driver):
                    continue
            env: Env = {"l": line}
            env.update({place.queue + k.removeprefix("q"): v for k, v in facts.items()})
            if self._reached(place, env):
                return True
        return False

    def _goes_through(self, h: Handler, place: Serves, line: int, driver: Landing) -> bool:
        """True if the `for` around the place goes through the queue that `driver` is about."""
        match place.line:
            case None:
                return True
            case LineVar() as v:
                return v == h.line and driver.ordinal == line
            case LineAt(e):
                return driver.ordinal == self._value(e, {"l": line})
            case LineOf(None):
                rules = self._chosen.rules if self._chosen else ()
                return driver.ordinal == self._land(rules, None, {}, self._numbers).ordinal
            case LineOf():
                return False
            case _:
                assert_never(place.line)

    def _reached(self, place: Serves, env: Env) -> bool:
        try:
            return bool(self._value(place.when, env))
        except Undefined:
            return False


def service_of(transport: Transport, f: Family) -> Service | None:
    """The service program of a queue; None: it just drains."""
    if f.service in ("", DRAIN_ONLY):
        return None
    return next((s for s in transport.services if s.name == f.service), None)
