"""Where the driver and the device each map a source, and where such a map is undefined."""

from __future__ import annotations

from collections.abc import Sequence

from model.design.device import Family
from model.design.facts import facts_read
from model.design.mapping import Attempt, MapRule, ToLine, ToNumber
from model.expr import (
    TRUE,
    Expr,
    Lit,
    Var,
    between,
    conj,
    defined,
    disj,
    equal,
    implies,
    negate,
    partial,
    substitute,
)
from model.meaning.device_formulas import DeviceFormulas
from model.meaning.fact import Fact
from model.span import Span

NONE, UNMAPPED, LINE, NUMBER = 0, 1, 2, 3
"""Values of `driver.kind` and `device.kind`."""


class SideMaps:
    """The maps of both sides, in one attempt of the driver's."""

    def __init__(self, formulas: DeviceFormulas, attempt: Attempt) -> None:
        self.formulas = formulas
        self.attempt = attempt
        self.device = formulas.device
        self.transport = formulas.transport
        affinity = tuple(a.cpu for a in self.device.affinity)
        self._reads_base = "base" in facts_read(self.transport, attempt, affinity)

    @property
    def uses_numbers(self) -> bool:
        """True if something in this attempt depends on interrupt numbers."""
        rules = (*self.attempt.rules, *self.transport.device.rules)
        return self._reads_base or any(isinstance(r.target, ToNumber) for r in rules)

    def source_facts(self, f: Family | None, tag: str = "") -> list[Fact]:
        """Which queue it is, and where each side maps it."""
        if f is None:
            has = self.formulas.at_device(self.device.type.config_change)
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
            inside = between(
                self.formulas.at_device(f.range.lo), i, self.formulas.at_device(f.range.hi)
            )
            out.append(Fact(f"{f.name} range{tag}", inside, f.range.origin))
        else:
            out.append(Fact(f"{f.name} single{tag}", equal(i, Lit(0))))
        at = self.formulas.at_device(substitute(f.at, {"type.i": i}))
        out.append(Fact(f"{f.name} index{tag}", equal(Var("q.index" + tag), at), f.origin))
        present = self.formulas.at_device(f.present)
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
            here = conj(*(negate(e) for e in earlier), self.formulas.of_queue(r.when, f, tag))
            match r.target:
                case ToLine(e):
                    to = conj(
                        equal(kind, Lit(LINE)), equal(line, self.formulas.of_queue(e, f, tag))
                    )
                case ToNumber(e):
                    number = Var(f"{side}.number{tag}")
                    to = conj(
                        equal(kind, Lit(NUMBER)), equal(number, self.formulas.of_queue(e, f, tag))
                    )
                case _:
                    to = equal(kind, Lit(NONE))
            out.append(Fact(f"{side} rule {k + 1}{tag}", implies(here, to), r.origin))
            earlier.append(self.formulas.of_queue(r.when, f, tag))
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
            when = self.formulas.of_queue(r.when, f, tag)
            parts = [(reach, when)]
            if isinstance(r.target, ToLine | ToNumber):
                e = r.target.ordinal if isinstance(r.target, ToLine) else r.target.number
                parts.append((conj(reach, when), self.formulas.of_queue(e, f, tag)))
            for given, e in parts:
                out += [(conj(c, negate(defined(n))), n.origin) for c, n in partial(e, given)]
            reach = conj(reach, negate(when))
        return out

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
