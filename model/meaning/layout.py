"""A device laid out for given values: every queue, where each side maps it, and who serves it.

This is the mapping by plain evaluation, queue by queue, with nothing symbolic: what `checker show`
prints, and the second opinion on every counterexample to a mapping property.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, assert_never

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
from model.design.program import (
    DRAIN_ONLY,
    Handler,
    LineAt,
    LineOf,
    LineRef,
    LineVar,
    Service,
)
from model.expr import TRUE, Expr, Lit, Tally, Undefined, Value, Var, free, rebuild, value
from model.meaning.columns import NOT_AT_ONCE, Column
from model.meaning.often import Formulas
from model.meaning.places import Settable, settable_bits
from model.meaning.rows import Landing, Layout, Queues, Row, Rows
from model.meaning.serving import Serves, serves, service_drains

Env = dict[str, Value]
MOST = 200_000
"""Queues of a family, and lines, that are laid out one by one."""


class TooLarge(Exception):
    """The device has more queues or lines than can be laid out one by one."""


def lay_out(
    design: Design, device: Device, given: Mapping[str, Value], numbers: tuple[int, ...] = ()
) -> Layout:
    """The device for these values.

    `given` has `param.NAME`, `index.NAME` of a device array, `feature.NAME` (absent: not there),
    `grant.POOL` (lines that can be had of a pool) and `cpus` where the platform leaves it open;
    `numbers` are the interrupt numbers of the granted lines, by ordinal (none: 0, 1, 2, ...).
    Raises `Undefined` if a formula outside the maps has no value, and `TooLarge`.
    """
    return _LayOut(design, device, given).layout(numbers)


Evaluate = Callable[[Expr, Mapping[str, Value]], Value]
"""A formula over the facts of a laid out device, and what is given beside."""


def lay_out_open(
    design: Design,
    device: Device,
    given: Mapping[str, Value],
    numbers: tuple[int, ...] = (),
    most: int = MOST,
) -> tuple[Layout, Evaluate]:
    """The same, and how further formulas over this device are evaluated.

    Of the last ones it gives what was laid out before: a search asks for the same few again and
    again, and a device may have thousands of queues.
    """
    key = (id(design), id(device), frozenset(given.items()), numbers, most)
    if key in _kept:
        return _kept[key][1]
    made = _LayOut(design, device, given, most)
    out = made.layout(numbers), made.value
    if len(out[0].rows) <= _MOST_ROWS:
        for old in list(_kept)[: len(_kept) + 1 - _MOST_KEPT]:
            _kept.pop(old, None)
        # With what the numbers of the key stand for: else they could come to mean something else.
        _kept[key] = (design, device), out
    return out


_kept: dict[tuple[object, ...], tuple[object, tuple[Layout, Evaluate]]] = {}
_MOST_KEPT, _MOST_ROWS = 16, 10_000


class _LayOut:
    def __init__(
        self, design: Design, device: Device, given: Mapping[str, Value], most: int = MOST
    ) -> None:
        self.most = most
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
        self._formulas = Formulas(self._settle)
        self._own = ["q.index", "q.callback", "q.slow"]
        self._own += [f"q.hint.{h.name}" for h in self.transport.hints]
        self._queues = [x for f in device.families if (x := self._present(f)) is not None]
        self._counted: dict[Tally, list[int] | None] = {}
        self._tallies: dict[tuple[Tally, int | None], int] = {}
        self._serves: dict[tuple[str, bool], tuple[Handler, tuple[Serves, ...]]] = {}
        self._drained: dict[tuple[str, bool], Expr] = {}
        self._chains: dict[int, tuple[str, ...]] = {}
        self._chosen: Attempt | None = None
        self._numbers: tuple[int, ...] = ()
        self._ordinals: dict[int, int] = {}
        """Of the interrupt numbers."""

    def _present(self, f: Family) -> Queues | None:
        if not value(f.present, self.env):
            return None
        lo = int(value(f.range.lo, self.env)) if f.indexed else 0
        hi = int(value(f.range.hi, self.env)) if f.indexed else 0
        if hi - lo >= self.most:
            raise TooLarge(f"{hi - lo + 1} queues")
        given = {h.name: h.value for h in f.hints}
        own = [f.at, f.callback, f.slow]
        own += [given.get(h.name, h.default) for h in self.transport.hints]
        numbers = range(lo, hi + 1)
        try:
            column = Column(self.env, self._tallied, (), "type.i")
            texts = [column.formula(e) for e in own]
            facts = column.of_each(texts, numbers, lo)
        except NOT_AT_ONCE:
            of = self._formulas.value
            facts = [tuple(of(e, {**self.env, "type.i": i}) for e in own) for i in numbers]
        return Queues(f, lo, facts)

    def _facts(self, x: Queues, i: int) -> Env:
        f = x.family
        facts: Env = dict(zip(self._own, x.facts[i - x.lo], strict=True))
        facts["q.nth"] = i
        facts["q.role"] = self.roles[f.role]
        facts["q.family"] = self.family_ids[f.name]
        return facts

    def _column(self, x: Queues) -> Column:
        """Of facts of the queues, which have names of the same kind in every formula."""
        env = {
            **self.env,
            "q.role": self.roles[x.family.role],
            "q.family": self.family_ids[x.family.name],
        }
        return Column(env, self._tallied, self._own, "q.nth")

    def every(self) -> Iterator[Env]:
        """The facts of each queue."""
        return (self._facts(x, i) for x in self._queues for i in range(x.lo, x.lo + len(x)))

    def layout(self, numbers: tuple[int, ...]) -> Layout:
        attempt = self._attempt()
        if attempt is None:
            return Layout(self.device, None, 0, (), Rows((), self, config=False))
        takes = attempt.takes
        lines = self.value(takes) if takes is not None else self.given[f"grant.{attempt.pool}"]
        if lines > self.most:
            raise TooLarge(f"{lines} lines")
        self.env["lines"] = lines
        numbers = numbers or tuple(range(int(lines)))
        self._chosen, self._numbers = attempt, numbers
        self._ordinals = {n: k for k, n in enumerate(numbers)}
        self.env["base"] = min(numbers, default=0)
        changes = bool(value(self.device.type.config_change, self.env))
        rows = Rows(self._queues, self, config=changes)
        config = self._both(attempt, None, self.env)
        return Layout(self.device, attempt, int(lines), numbers, rows, config)

    def _attempt(self) -> Attempt | None:
        for a in self.transport.driver.attempts:
            granted = self.given.get(f"grant.{a.pool}", 0)
            if self.value(a.when) and (a.takes is None or self.value(a.takes) <= granted):
                return a
        return None

    def value(self, e: Expr, facts: Mapping[str, Value] | None = None) -> Value:
        return self._formulas.value(e, {**self.env, **facts} if facts else self.env)

    def _settle(self, e: Expr, env: Mapping[str, Value]) -> Expr:
        """Tallies replaced by what is counted."""
        if isinstance(e, Tally):
            below = None if e.below is None else int(value(e.below, env))
            return Lit(self._count(e, below))
        if isinstance(e, Lit | Var):
            return e
        return rebuild(e, lambda a: self._settle(a, env))

    def _count(self, e: Tally, below: int | None) -> int:
        counted = self._tallied(e)
        if counted is not None:
            return len(counted) if below is None else bisect_left(counted, below)
        key = (e, below)
        if key not in self._tallies:
            some = (q for q in self.every() if below is None or q["q.index"] < below)
            self._tallies[key] = sum(1 for q in some if value(e.where, {**self.env, **q}))
        return self._tallies[key]

    def _tallied(self, e: Tally) -> list[int] | None:
        """The indices of the queues that it counts; None: they are looked at one by one."""
        if e not in self._counted:
            try:
                self._counted[e] = sorted(at for x in self._queues for at in self._those(x, e))
            except NOT_AT_ONCE:
                self._counted[e] = None
        return self._counted[e]

    def _those(self, x: Queues, e: Tally) -> Iterator[int]:
        column = self._column(x)
        texts = [column.name("q.index"), column.formula(e.where)]
        return (at for at, counts in column.of_each(texts, x.facts, x.lo) if counts)

    # The rows

    def row(self, x: Queues | None, nth: int) -> Row:
        """A queue of the family, or the configuration."""
        assert self._chosen is not None
        attempt, f = self._chosen, x.family if x else None
        facts = self._facts(x, nth) if x else {}
        driver, device = self._both(attempt, f, {**self.env, **facts})
        line = device.ordinal if device.kind == "line" else None
        handlers = () if line is None else self.chain(line)

        def serves(surely: bool) -> bool:
            if line is None:
                return False
            return any(self._served(h, line, f, facts, driver, surely=surely) for h in handlers)

        callback = f is None or bool(facts["q.callback"])
        index = -1 if f is None else int(facts["q.index"])
        return Row(f, nth, index, callback, facts, driver, device, handlers, serves)

    def places(self, x: Queues, asked: Sequence[Expr]) -> list[tuple[Any, ...]]:
        """See `Making`."""
        assert self._chosen is not None
        column, dev = self._column(x), self.transport.device
        mine = [r for r in self._chosen.rules if not r.for_config]
        texts = [f"(d := {column.rules(mine, self._ordinals)})[1]"]
        if dev.programmed:
            texts.append("d[1]")
        else:
            theirs = [r for r in dev.rules if not r.for_config]
            texts.append(f"{column.rules(theirs, self._ordinals)}[1]")
        texts += [self._answer(column, e) for e in asked]
        return column.of_each(texts, x.facts, x.lo)

    def _answer(self, column: Column, e: Expr) -> str:
        """A question about a queue, whatever a program calls it, and about its line."""
        at: dict[str, str] = {}
        for name in free(e):
            fact = f"q.{name.partition('.')[2]}"
            if fact in self._own or fact in ("q.nth", "q.role", "q.family"):
                at[name] = column.name(fact)
            elif name == "l":
                at[name] = "d[1]"
            elif name not in self.env:
                return "None"
        text = column.formula(e, at)
        return f"(None if d[1] is None else {text})" if "l" in at else text

    def _both(self, attempt: Attempt, f: Family | None, env: Env) -> tuple[Landing, Landing]:
        """Where the driver maps a source, and where the device does; `env` has its facts too."""
        driver = self._land(attempt.rules, f, env)
        dev = self.transport.device
        return driver, driver if dev.programmed else self._land(dev.rules, f, env)

    def chain(self, line: int) -> tuple[str, ...]:
        """The handlers of a line, in the order in which they are requested."""
        if line not in self._chains:
            requests = self._chosen.requests if self._chosen else ()
            self._chains[line] = tuple(r.handler for r in requests if self._requests(r, line))
        return self._chains[line]

    def _land(self, rules: tuple[MapRule, ...], f: Family | None, env: Env) -> Landing:
        for r in rules:
            if r.for_config != (f is None):
                continue
            try:
                if self._formulas.value(r.when, env):
                    return self._target(r, env)
            except Undefined as e:
                return Landing("undefined", rule=r, fault=e)
        return Landing("unmapped")

    def _target(self, r: MapRule, env: Env) -> Landing:
        numbers = self._numbers
        match r.target:
            case ToNone():
                return Landing("none", rule=r)
            case ToLine(e):
                k = int(self._formulas.value(e, env))
                number = numbers[k] if 0 <= k < len(numbers) else None
                return Landing("line", k, number, r)
            case ToNumber(e):
                n = int(self._formulas.value(e, env))
                if not numbers:  # The smallest number of no lines at all is no number.
                    return Landing("line", None, None, r)
                return Landing("line", self._ordinals.get(n), n, r)
            case _:
                assert_never(r.target)

    def _requests(self, r: Request, line: int) -> bool:
        env = {"l": line}
        if not self.value(r.when, env):
            return False
        lo, hi = self.value(r.lines.lo, env), self.value(r.lines.hi, env)
        return lo <= line <= hi

    def _served(
        self,
        handler: str,
        line: int,
        f: Family | None,
        facts: Env,
        driver: Landing,
        *,
        surely: bool,
    ) -> bool:
        h, places = self._places(handler, surely=surely)
        for place in places:
            if bool(place.queue) != (f is not None):
                continue
            env: Env = {"l": line, **facts}
            env.update({place.queue + k.removeprefix("q"): v for k, v in facts.items()})
            if not self._reached(place.when, env):
                continue
            if f is None:
                return True
            drained: Expr = TRUE
            if not place.directly:
                drained = self._drains(f, surely=surely)
            if self._reached(drained, env) and self._goes_through(h, place, line, env, driver):
                return True
        return False

    def _places(self, handler: str, *, surely: bool) -> tuple[Handler, tuple[Serves, ...]]:
        """The handler, and where it serves; the same for every queue."""
        key = (handler, surely)
        if key not in self._serves:
            h = next(h for h in self.transport.handlers if h.name == handler)
            self._serves[key] = h, serves(h, self._settable(), surely=surely)
        return self._serves[key]

    def _drains(self, f: Family, *, surely: bool) -> Expr:
        key = (f.service, surely)
        if key not in self._drained:
            service = service_of(self.transport, f)
            self._drained[key] = service_drains(service, self._settable(), surely=surely)
        return self._drained[key]

    def _settable(self) -> Settable:
        attempt_mode = self._chosen.mode if self._chosen else ""
        return settable_bits(self.transport, attempt_mode or self.device.mode)

    def _goes_through(
        self, h: Handler, place: Serves, line: int, env: Env, driver: Landing
    ) -> bool:
        """True if the loops around the place go through the queue that `driver` is about."""
        return all(driver.ordinal == self._line(h, r, line, env) for r in place.lines)

    def _line(self, h: Handler, r: LineRef, line: int, env: Env) -> int | None:
        """The ordinal of a line that a handler names; -1: it has none."""
        match r:
            case LineVar() as v:
                return line if v == h.line else -1
            case LineAt(e):
                try:
                    return int(self.value(e, env))
                except Undefined:
                    return -1
            case LineOf(None):
                rules = self._chosen.rules if self._chosen else ()
                return self._land(rules, None, self.env).ordinal
            case LineOf():
                return -1
            case _:
                assert_never(r)

    def _reached(self, when: Expr, env: Env) -> bool:
        try:
            return bool(self.value(when, env))
        except Undefined:
            return False


def service_of(transport: Transport, f: Family) -> Service | None:
    """The service program of a queue; None: it just drains."""
    if f.service in ("", DRAIN_ONLY):
        return None
    return next((s for s in transport.services if s.name == f.service), None)
