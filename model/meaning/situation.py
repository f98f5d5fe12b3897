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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from model.design.design import Assume, Design
from model.design.device import Controller, Device, Family, Trigger
from model.design.facts import facts_read
from model.design.mapping import Attempt, MapRule, Request, ToLine, ToNumber, Transport
from model.design.program import LineAt, LineOf, LineRef, LineVar
from model.expr import (
    FALSE,
    TRUE,
    Add,
    Expr,
    Lit,
    Mul,
    Tally,
    Var,
    add,
    at_least_zero,
    at_most,
    between,
    conj,
    defined,
    disj,
    equal,
    free,
    implies,
    ite,
    less,
    negate,
    partial,
    rebuild,
    sub,
    substitute,
)
from model.expr import Div as DivNode
from model.meaning.layout import service_of
from model.meaning.serving import Serves, serves, service_drains, settable_bits
from model.span import Span

NONE, UNMAPPED, LINE, NUMBER = 0, 1, 2, 3
"""Values of `driver.kind` and `device.kind`."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that holds, under a name; `origin` is the text that says so, if any does."""

    name: str
    formula: Expr
    origin: Span | None = None


def design_facts(design: Design) -> list[Fact]:
    """Ranges of the parameters, and what the design assumes about them."""
    facts = [
        Fact(
            f"param {p.name}",
            between(p.range.lo, Var(f"param.{p.name}"), p.range.hi),
            p.origin,
        )
        for p in design.params
    ]
    for k, a in enumerate(design.assumes):
        if all(n.startswith("param.") for n in free(a.formula)):
            facts.append(Fact(f"assume {k + 1}", a.formula, a.origin))
    return facts


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """Devices that differ only in numbers: one proof, for all of them at once."""

    devices: tuple[Device, ...]

    @property
    def first(self) -> Device:
        """The one that stands for all."""
        return self.devices[0]

    @property
    def name(self) -> str:
        """`eth0`, or `eth0 and 999 more`."""
        more = len(self.devices) - 1
        return self.first.name + (f" and {more} more" if more else "")


def device_classes(design: Design) -> tuple[DeviceClass, ...]:
    """The devices, grouped, in order of the text."""
    groups: dict[object, list[Device]] = {}
    for d in design.devices:
        key = (
            d.type.name,
            d.transport,
            d.index.name if d.index else "",
            tuple(
                (f.name, f.service, tuple((h.name, h.value) for h in f.hints)) for f in d.families
            ),
            tuple((a.pool, a.controllers, a.shared) for a in d.lines),
            (d.numbers.given, d.numbers.contiguous) if d.numbers else None,
            tuple((c.name, c.present) for c in d.features),
            d.mode,
            tuple((a.of_queue, a.cpu) for a in d.affinity),
            d.name if any(_is_about(a, d) for a in design.assumes) else "",
        )
        groups.setdefault(key, []).append(d)
    return tuple(DeviceClass(tuple(g)) for g in groups.values())


def _is_about(a: Assume, d: Device) -> bool:
    return any(n.startswith(f"{d.name}.") for n in free(a.formula))


class Situation:
    """A class of devices in one attempt of its driver's map."""

    def __init__(self, design: Design, devices: DeviceClass, attempt: Attempt) -> None:
        self.design = design
        self.devices = devices
        self.device = devices.first
        self.attempt = attempt
        self.transport: Transport = design.transport(self.device.transport)
        # A feature that the type does not have is not offered.
        self._outer: dict[str, Expr] = {
            n: FALSE for n in facts_read(self.transport) if n.startswith("device.feature.")
        }
        self._outer |= {
            f"type.feature.{f.name}": Var(f"feature.{f.name}", True)
            for f in self.device.type.features
        }
        self._outer |= {
            f"device.feature.{f.name}": Var(f"feature.{f.name}", True)
            for f in self.device.type.features
        }
        self._outer |= {
            f"device.arg.{p.name}": Var(f"type.{p.name}") for p in self.device.type.params
        }
        self._outer["device.id"] = Lit(self.device.type.id)
        self.cpus: Expr = Var("cpus")
        if design.platform and design.platform.cpus is not None:
            self.cpus = design.platform.cpus
        self._outer["cpus"] = self.cpus
        affinity = tuple(a.cpu for a in self.device.affinity)
        self._reads_base = "base" in facts_read(self.transport, attempt, affinity)

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
        out += self._numbers_given()
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
            if _is_about(a, self.device)
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

    def _numbers_given(self) -> list[Fact]:
        if self._given is None or self.attempt.takes is not None:
            return []
        # A ladder takes what it takes; a list says nothing of attempts with other numbers of lines.
        return [Fact("numbers", self._listed, self._promise())]

    @property
    def _given(self) -> tuple[int, ...] | None:
        return self.device.numbers.given if self.device.numbers else None

    @property
    def _listed(self) -> Expr:
        """Whether there are as many lines as numbers are listed."""
        return equal(Var("lines"), Lit(len(self._given or ())))

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

    def at_device(self, e: Expr) -> Expr:
        """A formula over facts of the device, over this situation's variables."""
        return self._settle(substitute(e, self._outer))

    # Tallies, in closed form

    def _settle(self, e: Expr) -> Expr:
        if isinstance(e, Tally):
            return add(*(self._count(f, e) for f in self.device.families))
        if isinstance(e, Lit | Var):
            return e
        return rebuild(e, self._settle)

    def _count(self, f: Family, tally: Tally) -> Expr:
        """How many queues of the family count."""
        facts = {k: v for k, v in self._facts_of(f, "").items() if k not in ("q.index", "q.nth")}
        counts = conj(self.at_device(f.present), substitute(tally.where, {**self._outer, **facts}))
        below = None if tally.below is None else self._settle(tally.below)
        return ite(counts, self._size(f, below), Lit(0))

    def _size(self, f: Family, below: Expr | None) -> Expr:
        """How many of its queues there are; or how many with an index smaller than `below`."""
        at = self.at_device(f.at)
        if not f.indexed:
            return Lit(1) if below is None else ite(less(at, below), Lit(1), Lit(0))
        lo, hi = self.at_device(f.range.lo), self.at_device(f.range.hi)
        size = at_least_zero(add(sub(hi, lo), Lit(1)))
        if below is None:
            return size
        step, rest = linear(at)
        first = add(rest, _times(step, lo if step > 0 else hi))
        room = sub(below, first)
        count = DivNode(add(room, Lit(abs(step) - 1)), Lit(abs(step)))
        some = ite(less(count, size), count, size)
        return ite(less(Lit(0), room), some, Lit(0))

    # One source

    def _facts_of(self, f: Family, tag: str) -> dict[str, Expr]:
        own = {"type.i": Var("type.i" + tag)}
        out: dict[str, Expr] = {
            "q.index": Var("q.index" + tag),
            "q.nth": Var("type.i" + tag) if f.indexed else Lit(0),
            "q.role": Lit(self.design.roles.index(f.role)),
            "q.family": Lit(self.design.family_names.index(f.name)),
            "q.callback": self.at_device(substitute(f.callback, own)),
            "q.slow": self.at_device(substitute(f.slow, own)),
        }
        for h in self.transport.hints:
            out[f"q.hint.{h.name}"] = self.at_device(h.default)
        for given in f.hints:
            out[f"q.hint.{given.name}"] = self.at_device(substitute(given.value, own))
        return out

    def of_queue(self, e: Expr, f: Family | None, tag: str = "") -> Expr:
        """A formula over the facts of a queue of the family (None: of the configuration)."""
        facts = self._facts_of(f, tag) if f else {}
        return self._settle(substitute(e, {**self._outer, **facts}))

    def callback(self, f: Family, tag: str = "") -> Expr:
        """Whether the queue wants notifications."""
        return self.of_queue(f.callback, f, tag)

    def source_facts(self, f: Family | None, tag: str = "") -> list[Fact]:
        """Which queue it is, and where each side maps it."""
        if f is None:
            has = self.at_device(self.device.type.config_change)
            out = [Fact("config change", has, self.device.type.origin)]
        else:
            out = self.queue_facts(f, tag)
        driver = self._map_facts("driver", self.attempt.rules, f, tag)
        out += driver
        dev = self.transport.device
        if dev.programmed:
            for part in ("kind", "line"):
                same = equal(Var(f"device.{part}{tag}"), Var(f"driver.{part}{tag}"))
                out.append(Fact(f"device programmed {part}{tag}", same, dev.origin))
        else:
            out += self._map_facts("device", dev.rules, f, tag)
        return out

    def queue_facts(self, f: Family, tag: str) -> list[Fact]:
        """Which queue of the family it is, and its index."""
        i = Var("type.i" + tag)
        out = []
        if f.indexed:
            inside = between(self.at_device(f.range.lo), i, self.at_device(f.range.hi))
            out.append(Fact(f"{f.name} range{tag}", inside, f.range.origin))
        else:
            out.append(Fact(f"{f.name} single{tag}", equal(i, Lit(0))))
        at = self.at_device(substitute(f.at, {"type.i": i}))
        out.append(Fact(f"{f.name} index{tag}", equal(Var("q.index" + tag), at), f.origin))
        present = self.at_device(f.present)
        if present != TRUE:
            out.append(Fact(f"{f.name} present{tag}", present, f.origin))
        return out

    def _map_facts(
        self, side: str, rules: Sequence[MapRule], f: Family | None, tag: str
    ) -> list[Fact]:
        kind, line = Var(f"{side}.kind{tag}"), Var(f"{side}.line{tag}")
        out: list[Fact] = []
        earlier: list[Expr] = []
        for k, r in enumerate(rules):
            if r.for_config != (f is None):
                continue
            here = conj(*(negate(e) for e in earlier), self.of_queue(r.when, f, tag))
            match r.target:
                case ToLine(e):
                    to = conj(equal(kind, Lit(LINE)), equal(line, self.of_queue(e, f, tag)))
                case ToNumber(e):
                    number = Var(f"{side}.number{tag}")
                    to = conj(equal(kind, Lit(NUMBER)), equal(number, self.of_queue(e, f, tag)))
                case _:
                    to = equal(kind, Lit(NONE))
            out.append(Fact(f"{side} rule {k + 1}{tag}", implies(here, to), r.origin))
            earlier.append(self.of_queue(r.when, f, tag))
        left = conj(*(negate(e) for e in earlier))
        out.append(Fact(f"{side} no rule{tag}", implies(left, equal(kind, Lit(UNMAPPED)))))
        return out

    def hazards(self, side: str, f: Family | None, tag: str = "") -> list[tuple[Expr, Span | None]]:
        """Where an operation of the side's map would be undefined, with its place."""
        rules = self.attempt.rules if side == "driver" else self.transport.device.rules
        out: list[tuple[Expr, Span | None]] = []
        reach: Expr = TRUE
        for r in rules:
            if r.for_config != (f is None):
                continue
            when = self.of_queue(r.when, f, tag)
            parts = [(reach, when)]
            if isinstance(r.target, ToLine | ToNumber):
                e = r.target.ordinal if isinstance(r.target, ToLine) else r.target.number
                parts.append((conj(reach, when), self.of_queue(e, f, tag)))
            for given, e in parts:
                out += [(conj(c, negate(defined(n))), n.origin) for c, n in partial(e, given)]
            reach = conj(reach, negate(when))
        return out

    # Numbers of lines

    @property
    def uses_numbers(self) -> bool:
        """True if something in this attempt depends on interrupt numbers."""
        rules = (*self.attempt.rules, *self.transport.device.rules)
        return self._reads_base or any(isinstance(r.target, ToNumber) for r in rules)

    def number_facts(self, sides: Sequence[str]) -> list[Fact]:
        """What is known about the interrupt numbers that the maps of these sides speak of.

        For a source that a side maps to a number, `granted.SIDE` says whether a granted line has
        that number, and `SIDE.line` is that line's ordinal (-1: no line has it).
        """
        named = [n for side in sides for n in (side, f"found.{side}")]
        out = [f for side in sides for f in self._sought(side)]
        return [*out, *self.numbering(named)]

    def numbering(self, named: Sequence[str]) -> list[Fact]:
        """What is known of the numbers of some lines: `number.K` is the number of line `at.K`.

        `base` is the smallest number. Two lines have two numbers. A numbering of the named lines
        alone may have no completion, so who finds one must complete it.
        """
        n = Var("lines")
        smallest = Var("at.smallest")
        inside = conj(at_most(Lit(0), smallest), less(smallest, n))
        is_base = equal(Var("base"), Var("number.smallest"))
        first = Fact("smallest number", implies(less(Lit(0), n), conj(inside, is_base)))
        facts = [first, *self._numbering(["smallest", *named], n)]
        if self.contiguous:
            facts += self._all_usable(n)
        if self._given:
            least = implies(self._listed, equal(Var("base"), Lit(min(self._given))))
            facts.append(Fact("smallest given number", least, self._promise()))
        return facts

    def _all_usable(self, n: Expr) -> list[Fact]:
        """Numbers one after the other: the last one is usable too, and none between is reserved."""
        base, last = Var("base"), sub(add(Var("base"), n), Lit(1))
        out = [implies(less(Lit(0), n), conj(self._usable(base), self._usable(last)))]
        controllers = self._controllers()
        for r in controllers[0].reserved if len(controllers) == 1 else ():
            lo, hi = self.at_device(r.lo), self.at_device(r.hi)
            out.append(disj(less(hi, lo), less(last, lo), less(hi, base)))
        return [Fact("contiguous numbers", conj(*out), self._promise())]

    def same_place(self, a: str, b: str) -> Expr:
        """Whether the driver maps the sources with these tags to one line or number."""
        kinds = Var(f"driver.kind{a}"), Var(f"driver.kind{b}")
        lines = equal(Var(f"driver.line{a}"), Var(f"driver.line{b}"))
        numbers = equal(Var(f"driver.number{a}"), Var(f"driver.number{b}"))
        by_line = conj(*(equal(k, Lit(LINE)) for k in kinds), lines)
        if not self.uses_numbers:
            return by_line
        return disj(by_line, conj(*(equal(k, Lit(NUMBER)) for k in kinds), numbers))

    def on_line(self, tag: str, name: str) -> Expr:
        """Whether the driver maps the source to the line `at.NAME`, of number `number.NAME`."""
        kind = Var(f"driver.kind{tag}")
        by_line = conj(equal(kind, Lit(LINE)), equal(Var(f"driver.line{tag}"), Var(f"at.{name}")))
        if not self.uses_numbers:
            return by_line
        number = equal(Var(f"driver.number{tag}"), Var(f"number.{name}"))
        return disj(by_line, conj(equal(kind, Lit(NUMBER)), number))

    def _sought(self, side: str) -> list[Fact]:
        name = side
        here = Var(f"granted.{name}", True)
        line, kind, at = Var(f"{side}.line"), Var(f"{side}.kind"), Var(f"at.{name}")
        number, found = Var(f"{side}.number"), Var(f"at.found.{name}")
        n = Var("lines")
        inside = conj(at_most(Lit(0), found), less(found, n))
        is_it = conj(inside, equal(Var(f"number.found.{name}"), number))
        to_number = equal(kind, Lit(NUMBER))
        where = ite(here, found, Lit(-1))
        out = [
            Fact(f"{name} line", implies(equal(kind, Lit(LINE)), equal(at, line))),
            Fact(f"{name} number", implies(to_number, conj(equal(line, where), equal(at, where)))),
            Fact(f"{name} found", implies(conj(to_number, here), is_it)),
            Fact(f"sought {name}", equal(Var(f"sought.{name}"), number)),
        ]
        if self._given is not None:
            is_one = disj(*(equal(number, Lit(v)) for v in self._given))
            same = implies(conj(self._listed, to_number), equal(here, is_one))
            out.append(Fact(f"given {name}", same, self._promise()))
        elif self.contiguous:
            base = Var("base")
            inside = conj(at_most(base, number), less(number, add(base, n)))
            same = implies(to_number, equal(here, inside))
            out.append(Fact(f"contiguous {name}", same, self._promise()))
        return out

    def _numbering(self, named: list[str], n: Expr) -> list[Fact]:
        out: list[Fact] = []
        given = self._given
        for name in named:
            number, ordinal = Var(f"number.{name}"), Var(f"at.{name}")
            inside = conj(at_most(Lit(0), ordinal), less(ordinal, n))
            allowed = conj(self._usable(number), at_most(Var("base"), number))
            out.append(Fact(f"{name} has a number", implies(inside, allowed)))
            if given is not None:
                is_given = conj(
                    *(
                        implies(equal(ordinal, Lit(k)), equal(number, Lit(v)))
                        for k, v in enumerate(given)
                    )
                )
                listed = conj(self._listed, inside)
                out.append(Fact(f"{name} is given", implies(listed, is_given), self._promise()))
            elif self.contiguous:
                next_one = equal(number, add(Var("base"), ordinal))
                out.append(Fact(f"{name} follows", implies(inside, next_one), self._promise()))
        for k, a in enumerate(named):
            for b in named[k + 1 :]:
                lines = equal(Var(f"at.{a}"), Var(f"at.{b}"))
                out.append(
                    Fact(
                        f"{a} and {b}", equal(lines, equal(Var(f"number.{a}"), Var(f"number.{b}")))
                    )
                )
        for name in named:  # A number that no line has is not the number of a named line.
            for side in (x for x in named if x.startswith("found.")):
                here = Var(f"granted.{side.removeprefix('found.')}", True)
                number = Var(f"sought.{side.removeprefix('found.')}")
                ordinal = Var(f"at.{name}")
                inside = conj(at_most(Lit(0), ordinal), less(ordinal, n))
                other = negate(equal(Var(f"number.{name}"), number))
                out.append(
                    Fact(f"{side} is not {name}", implies(conj(inside, negate(here)), other))
                )
        return out

    def _controllers(self) -> tuple[Controller, ...]:
        return controllers_of(self.design, self.device, self.attempt.pool)

    @property
    def contiguous(self) -> bool:
        """True if the granted lines are promised to be numbered one after the other."""
        if self.device.numbers is not None:
            return self.device.numbers.contiguous
        controllers = self._controllers()
        return bool(controllers) and all(c.contiguous for c in controllers)

    def _promise(self) -> Span | None:
        if self.device.numbers is not None:
            return self.device.numbers.origin
        controllers = self._controllers()
        return controllers[0].origin if controllers else None

    def _usable(self, number: Expr) -> Expr:
        controllers = self._controllers()
        if not controllers:
            return at_most(Lit(0), number)
        at = self.at_device
        return disj(
            *(
                conj(
                    disj(*(between(at(i.lo), number, at(i.hi)) for i in c.lines)),
                    *(negate(between(at(i.lo), number, at(i.hi))) for i in c.reserved),
                )
                for c in controllers
            )
        )

    # Who serves

    def requested(self, r: Request, line: Expr) -> Expr:
        """Whether the request covers that line."""
        at = {"l": line}
        lo, hi = substitute(r.lines.lo, at), substitute(r.lines.hi, at)
        inside = conj(at_most(self.at_device(lo), line), at_most(line, self.at_device(hi)))
        return conj(self.at_device(substitute(r.when, at)), inside)

    def served(self, f: Family | None, line: Expr, tag: str = "") -> Expr:
        """Whether some handler requested for that line serves the source on some path."""
        return disj(
            *(
                conj(self.requested(r, line), self._handler_serves(r.handler, f, line, tag))
                for r in self.attempt.requests
            )
        )

    def _handler_serves(self, handler: str, f: Family | None, line: Expr, tag: str) -> Expr:
        """Whether the handler surely serves the source (see `model.meaning.serving`)."""
        h = next(h for h in self.transport.handlers if h.name == handler)
        settable = settable_bits(self.transport, self.attempt.mode or self.device.mode)
        places = serves(h, settable, surely=True)
        wanted = [p for p in places if bool(p.queue) == (f is not None)]
        drained: Expr = TRUE
        if f is not None:
            service = service_of(self.transport, f)
            drained = self.of_queue(service_drains(service, settable, surely=True), f, tag)
            drained = conj(*_only_defined(drained), drained)
        return disj(
            *(
                conj(self._place(p, h.line, f, line, tag), TRUE if p.directly else drained)
                for p in wanted
            )
        )

    def _place(self, p: Serves, own: LineVar, f: Family | None, line: Expr, tag: str) -> Expr:
        facts: Mapping[str, Expr] = self._facts_of(f, tag) if f else {}
        named: dict[str, Expr] = {p.queue + k.removeprefix("q"): v for k, v in facts.items()}
        by: dict[str, Expr] = {**self._outer, **named, "l": line}
        when = self._settle(substitute(p.when, by))
        here = [self._goes_through(r, own, line, tag, by) for r in p.lines]
        return conj(*here, *_only_defined(when), when)

    def _goes_through(
        self, r: LineRef, own: LineVar, line: Expr, tag: str, by: Mapping[str, Expr]
    ) -> Expr:
        """Whether the driver maps the source to the line that a loop goes through."""
        mapped = Var(f"driver.line{tag}")
        is_line = at_most(Lit(LINE), Var(f"driver.kind{tag}"))
        match r:
            case LineVar() as v:
                return conj(is_line, equal(mapped, line)) if v == own else FALSE
            case LineAt(e):
                at = equal(mapped, self._settle(substitute(e, by)))
                return conj(is_line, *_only_defined(at), at)
            case LineOf(None):
                return conj(is_line, self.config_line(mapped))
            case LineOf():
                return FALSE
            case _:
                assert_never(r)

    def config_line(self, line: Expr) -> Expr:
        """Whether the driver maps the configuration to that line (by ordinal)."""
        out: list[Expr] = []
        earlier: list[Expr] = []
        for r in self.attempt.rules:
            if not r.for_config:
                continue
            when = self.at_device(r.when)
            if isinstance(r.target, ToLine):
                is_it = equal(line, self.at_device(r.target.ordinal))
                out.append(conj(*(negate(e) for e in earlier), when, is_it))
            earlier.append(when)
        here = disj(*out)
        return conj(*_only_defined(here), here)


def _only_defined(e: Expr) -> list[Expr]:
    """That each division of a formula is defined where it is evaluated."""
    return [defined(n) if c == TRUE else implies(c, defined(n)) for c, n in partial(e)]


def controllers_of(design: Design, device: Device, pool: str) -> tuple[Controller, ...]:
    """The controllers that lines of this pool of the device may come from."""
    if design.platform is None:
        return ()
    ask = next((a for a in device.lines if a.pool == pool), None)
    if ask and ask.controllers:
        return tuple(c for c in design.platform.controllers if c.name in ask.controllers)
    transport = design.transport(device.transport)
    triggers = next((p.triggers for p in transport.pools if p.name == pool), ())
    wired = (Trigger.EDGE, Trigger.LEVEL)
    return tuple(c for c in design.platform.controllers if c.trigger in (triggers or wired))


def linear(at: Expr) -> tuple[int, Expr]:
    """An index formula as (constant factor of `type.i`, the rest)."""
    step = 0
    rest: list[Expr] = []
    for part in at.args if isinstance(at, Add) else (at,):
        factor = _factor(part)
        if factor is None:
            rest.append(part)
        else:
            step += factor
    return step, add(*rest)


def _factor(e: Expr) -> int | None:
    match e:
        case Var("type.i"):
            return 1
        case Mul(Lit(k), Var("type.i")) | Mul(Var("type.i"), Lit(k)):
            return int(k)
        case _:
            return None


def _times(step: int, e: Expr) -> Expr:
    return Mul(Lit(step), e) if step != 1 else e
