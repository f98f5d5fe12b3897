"""Which lines are requested with which handler, and whether one of them serves a source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from model.design.device import Family
from model.design.mapping import Attempt, Request, ToLine
from model.design.program import LineAt, LineOf, LineRef, LineVar
from model.expr import (
    FALSE,
    TRUE,
    Expr,
    Lit,
    Var,
    always_defined,
    at_most,
    conj,
    disj,
    equal,
    negate,
    substitute,
)
from model.meaning.device_formulas import DeviceFormulas
from model.meaning.layout import service_of
from model.meaning.places import settable_bits
from model.meaning.serving import Serves, serves, service_drains
from model.meaning.side_maps import LINE
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class RequestedHandlers:
    """The requests of one attempt of the driver's map."""

    formulas: DeviceFormulas
    attempt: Attempt

    def requested(self, r: Request, line: Expr) -> Expr:
        """Whether the request covers that line."""
        at = {"l": line}
        lo, hi = substitute(r.lines.lo, at), substitute(r.lines.hi, at)
        inside = conj(
            at_most(self.formulas.at_device(lo), line), at_most(line, self.formulas.at_device(hi))
        )
        return conj(self.formulas.at_device(substitute(r.when, at)), inside)

    def served(self, f: Family | None, line: Expr, tag: str = "") -> Expr:
        """Whether some handler requested for that line serves the source on some path."""
        return disj(
            *(
                conj(self.requested(r, line), self._handler_serves(r.handler, f, line, tag))
                for r in self.attempt.requests
            )
        )

    def config_line(self, line: Expr) -> Expr:
        """Whether the driver maps the configuration to that line (by ordinal).

        Also if it never changes: the map says where its interrupts would go. Rules to a number are
        not among them.
        """
        out: list[Expr] = []
        earlier: list[Expr] = []
        for r in self.attempt.rules:
            if not r.for_config:
                continue
            when = self.formulas.at_device(r.when)
            if isinstance(r.target, ToLine):
                is_it = equal(line, self.formulas.at_device(r.target.ordinal))
                out.append(conj(*(negate(e) for e in earlier), when, is_it))
            earlier.append(when)
        here = disj(*out)
        return conj(always_defined(here), here)

    def _handler_serves(self, handler: str, f: Family | None, line: Expr, tag: str) -> Expr:
        """Whether the handler surely serves the source (see `model.meaning.serving`)."""
        h = next(h for h in self.formulas.transport.handlers if h.name == handler)
        settable = settable_bits(
            self.formulas.transport, self.attempt.mode or self.formulas.device.mode
        )
        places = serves(h, settable, surely=True)
        wanted = [p for p in places if bool(p.queue) == (f is not None)]
        drained: Expr = TRUE
        if f is not None:
            service = service_of(self.formulas.transport, f)
            drained = self.formulas.of_queue(service_drains(service, settable, surely=True), f, tag)
            drained = conj(always_defined(drained), drained)
        return disj(
            *(
                conj(self._place(p, h.line, f, line, tag), TRUE if p.directly else drained)
                for p in wanted
            )
        )

    def _place(self, p: Serves, own: LineVar, f: Family | None, line: Expr, tag: str) -> Expr:
        facts: Mapping[str, Expr] = self.formulas.facts_of(f, tag) if f else {}
        named: dict[str, Expr] = {p.queue + k.removeprefix("q"): v for k, v in facts.items()}
        given = {**named, "l": line}
        when = self.formulas.given(p.when, given)
        here = [self._goes_through(r, own, line, tag, given) for r in p.lines]
        return conj(*here, always_defined(when), when)

    def _goes_through(
        self, r: LineRef, own: LineVar, line: Expr, tag: str, given: Mapping[str, Expr]
    ) -> Expr:
        """Whether the driver maps the source to the line that a loop goes through."""
        mapped = Var(f"driver.line{tag}")
        is_line = at_most(Lit(LINE), Var(f"driver.kind{tag}"))
        match r:
            case LineVar() as v:
                return conj(is_line, equal(mapped, line)) if v == own else FALSE
            case LineAt(e):
                at = equal(mapped, self.formulas.given(e, given))
                return conj(is_line, always_defined(at), at)
            case LineOf(None):
                return conj(is_line, self.config_line(mapped))
            case LineOf():
                return FALSE
            case _:
                assert_never(r)
