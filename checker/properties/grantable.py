"""That a device can be granted a line at all: what is proved of one that cannot says nothing.

The machine may have no line for it: no controller of that kind, all of it reserved, no run of
numbers that is long enough, listed numbers that are none. Then nothing can happen on its lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from checker.engines.engine import Goal
from model.design.design import Design
from model.design.device import Controller, Device
from model.expr import (
    FALSE,
    Expr,
    Lit,
    Var,
    at_most,
    between,
    conj,
    disj,
    equal,
    free,
    implies,
    less,
    negate,
)
from model.expr_linear import constant
from model.meaning.capacity import usable
from model.meaning.device_class import is_about
from model.meaning.free_lines import Chain, chains, free_pieces, spoken
from model.meaning.situation import DeviceClass, Situation, controllers_of


def grantable(design: Design, devices: DeviceClass) -> tuple[Goal, ...]:
    """Witnesses that each device of the class that wants notifications can have a line."""
    if design.platform is None or not _wants(devices.first):
        return ()
    known: dict[tuple[str, ...], list[Chain] | None] = {}
    odd: dict[object, Device] = {}
    for d in devices.devices:
        if not _surely(design, d, known):
            odd.setdefault((d.lines, d.args, d.index), d)
    alone = (DeviceClass((d,)) for d in odd.values())
    return tuple(_goal(design, some) for some in ((*alone,) or (devices,)))


def _wants(d: Device) -> bool:
    return d.type.config_change != FALSE or any(f.callback != FALSE for f in d.families)


def _surely(design: Design, d: Device, known: dict[tuple[str, ...], list[Chain] | None]) -> bool:
    """Whether a line of some pool is there for the device, as far as numbers alone tell."""
    if any(is_about(a, d) for a in design.assumes) or d.numbers is not None:
        return False
    for ask in d.lines:
        controllers = controllers_of(design, d, ask.pool)
        names = tuple(c.name for c in controllers)
        if names not in known:
            known[names] = _chains(controllers)
        runs, lo, hi = known[names], constant(ask.range.lo), constant(ask.range.hi)
        if runs is None or lo is None or hi is None or hi < 1:
            continue
        lengths = [c[-1].hi - c[0].lo + 1 for c in runs]
        run = any(c.contiguous for c in controllers)
        if max(1, lo) <= (max(lengths, default=0) if run else sum(lengths)):
            return True
    return False


def _chains(controllers: Sequence[Controller]) -> list[Chain] | None:
    """The runs of free numbers, if no parameter decides them."""
    ends = [e for c in controllers for i in (*c.lines, *c.reserved) for e in (i.lo, i.hi)]
    if any(free(e) for e in ends):
        return None
    return chains(free_pieces(controllers, (), {}))


def _goal(design: Design, devices: DeviceClass) -> Goal:
    attempts = design.transport(devices.first.transport).driver.attempts
    ways = [_way(Situation(design, devices, a)) for a in attempts]
    return Goal(
        "grantable", (), disj(*ways), about=_missing(design, devices), want_model=True,
        required=True,
    )  # fmt: skip


def _way(s: Situation) -> Expr:
    """All that has to be so for a line to be granted, and for this attempt to win."""
    controllers = controllers_of(s.design, s.device, s.attempt.pool)
    if not controllers:
        return FALSE
    lines = Var("lines")
    facts = [*s.device_facts(), *s.numbering([])]
    given = (s.device.numbers.given if s.device.numbers else None) or ()
    there = conj(*(disj(*(_is_free(c, n) for c in controllers)) for n in given))
    listed = implies(equal(lines, Lit(len(given))), there)
    had = at_most(lines, usable(controllers))
    runs = _chains(controllers)
    if s.contiguous and runs is not None and not given:
        had = disj(*(at_most(lines, Lit(c[-1].hi - c[0].lo + 1)) for c in runs))
    return conj(*(f.formula for f in facts), listed, less(Lit(0), lines), had)


def _is_free(c: Controller, n: int) -> Expr:
    return conj(
        disj(*(between(i.lo, Lit(n), i.hi) for i in c.lines)),
        *(negate(between(r.lo, Lit(n), r.hi)) for r in c.reserved),
    )


def _missing(design: Design, devices: DeviceClass) -> str:
    d = devices.first
    controllers = [c for ask in d.lines for c in controllers_of(design, d, ask.pool)]
    names = ", ".join(dict.fromkeys(c.name for c in controllers))
    if not controllers:
        name = design.platform.name if design.platform else "the machine"
        return f"no line can be granted to {devices.name}: {name} has no controller of that kind"
    if all(constant(ask.range.hi) == 0 for ask in d.lines):
        return f"no line can be granted to {devices.name}, which asks for none"
    runs = _chains(controllers)
    some = ", ".join(map(spoken, (runs or ())[:8])) or "none"
    known = "" if runs is None else f"; free in {names}: {some}"
    return f"no line can be granted to {devices.name}{known}"
