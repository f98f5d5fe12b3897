"""What must be true of a design before any property has a meaning.

Not a property that one asks for: asked of every design, and a violation is an error of the text
(exit code 3), because whatever a property said about such a design would be about nothing.

Two queues of one device never have the same virtqueue index, no index is negative, each argument is
within its parameter's range, the assumptions can hold together, and no division outside of the maps
is ever undefined (in the maps that is a hazard, which `coverage` reports).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.laid_out import Values
from checker.properties.program_formulas import dividing
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Device, Family, Interval, Param
from model.design.mapping import Attempt, HintDecl
from model.expr import (
    TRUE,
    Div,
    Expr,
    Lit,
    Mod,
    Undefined,
    Value,
    Var,
    at_most,
    between,
    conj,
    defined,
    disj,
    equal,
    free,
    less,
    negate,
    partial,
    sub,
    text,
    value,
)
from model.meaning.device_class import DeviceClass, device_classes
from model.meaning.fact import Fact, design_facts
from model.meaning.situation import Situation
from model.span import Span

NAME = "well_formed"


def well_formed(design: Design) -> Iterable[Obligation]:
    """What is asked of every design."""
    facts = tuple(design_facts(design))
    if facts:
        yield Obligation(
            NAME, "assumptions", (Goal("assumptions", facts, conj(), want_model=True),)
        )
    goals = list(_of_design(design))
    if goals:
        yield Obligation(NAME, "formulas", tuple(goals))
    for devices in device_classes(design):
        goals = [
            *_arguments(design, devices),
            *_indices(design, devices),
            *_of_devices(design, devices),
        ]
        if goals:
            yield Obligation(NAME, devices.name, tuple(goals))


def _device_facts(s: Situation) -> list[Fact]:
    return [f for f in s.device_facts() if not f.name.startswith(("not ", "try ", "lines "))]


def _show(design: Design, devices: DeviceClass) -> tuple[str, ...]:
    return (
        *(f"param.{p.name}" for p in design.params),
        *((f"index.{devices.first.index.name}",) if devices.first.index else ()),
        "device#",
        "type.i",
        "type.i@b",
    )


def _arguments(design: Design, devices: DeviceClass) -> Iterable[Goal]:
    transport = design.transport(devices.first.transport)
    s = Situation(design, devices, transport.driver.attempts[0])
    facts = tuple(_device_facts(s))
    ranged = [(f"type.{p.name}", p) for p in devices.first.type.params]
    ranged += [(f"arg.{p.name}", p) for p in transport.params]
    for name, p in ranged:
        inside = between(p.range.lo, Var(name), p.range.hi)

        yield Goal(
            "argument",
            facts,
            negate(inside),
            _show(design, devices),
            tell=_tell_argument(design, devices, name, p),
            about=p.name,
        )


def _tell_argument(design: Design, devices: DeviceClass, name: str, p: Param) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        device = _device(devices, values)
        v = value(dict(device.args)[name.removeprefix("type.")], values)
        return Finding(
            "argument",
            f"{device.name}: {p.name} is {v}, outside of {text(p.range.lo)}..{text(p.range.hi)}",
            _shown(design, values),
            (Place(device.origin, ""), Place(p.origin, "its range")),
        )

    return tell


def _device(devices: DeviceClass, values: Values) -> Device:
    many = len(devices.devices) > 1
    return devices.devices[int(values.get("device#", 0)) if many else 0]


def _shown(design: Design, values: Values) -> tuple[tuple[str, str], ...]:
    return tuple(
        (p.name, str(values[f"param.{p.name}"]))
        for p in design.params
        if f"param.{p.name}" in values
    )


def _indices(design: Design, devices: DeviceClass) -> Iterable[Goal]:
    s = Situation(design, devices, design.transport(devices.first.transport).driver.attempts[0])
    facts = _device_facts(s)
    families = s.device.families
    for k, f in enumerate(families):
        own = [*facts, *s.queue_facts(f, "")]
        if _may_be_negative(f):
            yield Goal(
                "negative",
                tuple(own),
                less(Var("q.index"), Lit(0)),
                _show(design, devices),
                tell=_tell_negative(design, devices, f),
                about=f.name,
            )
        for g in families[k + 1 :]:
            both = (*own, *s.queue_facts(g, "@b"))
            same = equal(Var("q.index"), Var("q.index@b"))
            yield Goal(
                "index",
                both,
                same,
                _show(design, devices),
                tell=_tell_same(design, devices, f, g),
                about=f"{f.name}, {g.name}",
            )


def _may_be_negative(f: Family) -> bool:
    return not (isinstance(f.at, Lit) and f.at.value >= 0)


def _at(f: Family, values: Mapping[str, Value], tag: str) -> int:
    env: dict[str, Value] = {
        k.replace("feature.", "type.feature.", 1) if k.startswith("feature.") else k: v
        for k, v in values.items()
    }
    env["type.i"] = values.get(f"type.i{tag}", 0) if f.indexed else 0
    for n in free(f.at):
        env.setdefault(n, False if n.startswith("type.feature.") else 0)
    return int(value(f.at, env))


def _name(f: Family, values: Values, tag: str) -> str:
    return f"{f.name}[{values.get(f'type.i{tag}', 0)}]" if f.indexed else f.name


def _tell_same(design: Design, devices: DeviceClass, f: Family, g: Family) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        try:
            a, b = _at(f, values, ""), _at(g, values, "@b")
        except Undefined as e:
            return NotConfirmed(f"an index has no value: {e}", spurious=False)
        if a != b:
            return NotConfirmed("the indices differ", spurious=False)
        one, other = _name(f, values, ""), _name(g, values, "@b")
        device = _device(devices, values).name
        return Finding(
            "index",
            f"{one} and {other} of {device} have the same virtqueue index, {a}",
            _shown(design, values),
            (Place(f.origin, ""), Place(g.origin, "")),
        )

    return tell


def _tell_negative(design: Design, devices: DeviceClass, f: Family) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        a = _at(f, values, "")
        return Finding(
            "negative",
            f"{_name(f, values, '')} of {_device(devices, values).name} has virtqueue index {a}",
            _shown(design, values),
            (Place(f.origin, ""),),
        )

    return tell


# Divisions outside of the maps


def _undefined(
    design: Design, formulas: Iterable[Expr], facts: Sequence[Fact], given: Expr = TRUE
) -> Iterable[Goal]:
    """One goal for each division in the formulas: it is never undefined."""
    seen: set[tuple[Expr, Span | None]] = set()
    for e in formulas:
        for when, node in partial(e, given):
            if isinstance(node.right, Lit) and node.right.value >= 1 and _counts(node.left):
                continue
            bad = conj(when, negate(defined(node)))
            if (bad, node.origin) in seen:
                continue
            seen.add((bad, node.origin))
            show = (*(f"param.{p.name}" for p in design.params), "lines", "l", "type.i")
            yield Goal(
                "undefined", tuple(facts), bad, show, tell=_tell_undefined(design, bad, node)
            )


def _counts(e: Expr) -> bool:
    """Certainly not negative, whatever the values."""
    return (isinstance(e, Lit) and e.value >= 0) or (isinstance(e, Var) and e.name == "type.i")


def _tell_undefined(design: Design, bad: Expr, node: Div | Mod) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        try:
            if not value(bad, values):
                return NotConfirmed("the operation is defined for these values", spurious=False)
            left, right = value(node.left, values), value(node.right, values)
        except Undefined:
            return NotConfirmed("another operation is undefined before this one", spurious=True)
        op = "/" if isinstance(node, Div) else "%"
        why = "division by zero" if right == 0 else "undefined operation"
        places = (Place(node.origin, f"evaluated as {left} {op} {right}"),) if node.origin else ()
        return Finding("undefined", why, _shown(design, values), places)

    return tell


def _empty(design: Design, facts: Sequence[Fact], i: Interval, words: str) -> Iterable[Goal]:
    """A range that is empty for some values: what it bounds would be about nothing there."""
    if not free(i.lo) | free(i.hi):
        return

    def tell(values: Values) -> Finding | NotConfirmed:
        lo, hi = value(i.lo, values), value(i.hi, values)
        if lo <= hi:
            return NotConfirmed("the range is not empty", spurious=False)
        statement = f"{words}: {lo}..{hi} is empty"
        return Finding("empty", statement, _shown(design, values), (Place(i.origin, ""),))

    show = (*(f"param.{p.name}" for p in design.params), *sorted(free(i.lo) | free(i.hi)))
    yield Goal("empty", tuple(facts), less(i.hi, i.lo), tuple(dict.fromkeys(show)), tell=tell)


def _of_design(design: Design) -> Iterable[Goal]:
    facts: list[Fact] = []
    for known, p in zip(_parameter_facts(design), design.params, strict=True):
        yield from _undefined(design, (p.range.lo, p.range.hi), facts)
        yield from _empty(design, facts, p.range, f"`{p.name}` can have no value")
        facts.append(known)
    for k, a in enumerate(design.assumes):
        yield from _undefined(design, (a.formula,), facts)
        if all(n.startswith("param.") for n in free(a.formula)):
            facts.append(Fact(f"assume {k + 1}", a.formula, a.origin))
    machine = design.platform
    if machine is not None:
        some = (machine.cpus, machine.vectors_per_cpu, machine.vectors_reserved)
        ranges = (i for c in machine.controllers for i in (*c.lines, *c.reserved))
        ends = (e for i in ranges for e in (i.lo, i.hi))
        yield from _undefined(design, [*(e for e in some if e is not None), *ends], facts)


def _parameter_facts(design: Design) -> list[Fact]:
    return design_facts(design)[: len(design.params)]


def _of_devices(design: Design, devices: DeviceClass) -> Iterable[Goal]:
    known = design_facts(design)
    for d in devices.devices:
        here = known
        if d.index:
            ends = [d.index.range.lo, d.index.range.hi]
            yield from _undefined(design, ends, known)
            n = Var(f"index.{d.index.name}")
            here = [*known, Fact("index", between(d.index.range.lo, n, d.index.range.hi))]
        asked = [e for a in d.lines for e in (a.range.lo, a.range.hi)]
        yield from _undefined(design, asked, here)
        for ask in d.lines:
            words = f"no number of lines can be granted to `{d.name}`"
            yield from _empty(design, here, ask.range, words)
        inside = (
            between(d.index.range.lo, Var(f"index.{d.index.name}"), d.index.range.hi)
            if (d.index)
            else TRUE
        )
        yield from _undefined(design, (arg for _, arg in d.args), known, inside)
    attempts = design.transport(devices.first.transport).driver.attempts
    s = Situation(design, devices, attempts[0])
    facts = _device_facts(s)
    if attempts[0].takes is None:
        possible = tuple(s.device_facts())
        yield Goal("assumptions", possible, conj(), want_model=True, about=devices.name)
    for f in s.device.families:
        ends = [s.at_device(e) for e in (f.range.lo, f.range.hi, f.present)]
        yield from _undefined(design, ends, facts)
        own = [f.at, f.callback, f.slow, *(h.value for h in f.hints)]
        here = [*facts, *s.queue_facts(f, "")]
        yield from _undefined(design, (s.at_device(e) for e in own), here)
    yield from _undefined(design, [s.at_device(s.device.type.config_change)], facts)
    for a in attempts:
        tried = [a.when] if a.takes is None else [a.when, a.takes]
        yield from _undefined(design, (s.at_device(e) for e in tried), facts)
        if a.takes is not None:
            yield _takes(s, facts, a)
    if attempts[0].takes is not None and s.assumed():
        ways = (Situation(design, devices, a) for a in attempts)
        some = disj(*(conj(*(f.formula for f in way.device_facts())) for way in ways))
        yield Goal("assumptions", tuple(facts), some, want_model=True, about=devices.name)
    for a in attempts:
        yield from _of_attempt(design, Situation(design, devices, a))
    for h in s.transport.hints:
        yield from _hints(s, facts, h)


def _takes(s: Situation, facts: Sequence[Fact], a: Attempt) -> Goal:
    """An attempt that asks for less than no lines would be granted, and be about nothing."""
    takes = s.at_device(a.takes or Lit(0))

    def tell(values: Values) -> Finding | NotConfirmed:
        n = value(takes, values)
        if n >= 0:
            return NotConfirmed("it takes some lines, or none", spurious=False)
        statement = f"attempt {a.name} of {_device(s.devices, values).name} takes {n} lines"
        return Finding("empty", statement, _shown(s.design, values), (Place(a.origin, ""),))

    bad = conj(s.at_device(a.when), less(takes, Lit(0)))
    return Goal("empty", tuple(facts), bad, _show(s.design, s.devices), tell=tell, about=a.name)


def _hints(s: Situation, facts: Sequence[Fact], h: HintDecl) -> Iterable[Goal]:
    """What is passed as a hint is in the range that the transport accepts."""
    lo, hi = s.at_device(h.range.lo), s.at_device(h.range.hi)
    for f in s.device.families:
        origin = next((x.origin for x in f.hints if x.name == h.name), h.origin)
        passed = s.of_queue(Var(f"q.hint.{h.name}"), f)

        yield Goal(
            "argument",
            (*facts, *s.queue_facts(f, "")),
            negate(between(lo, passed, hi)),
            _show(s.design, s.devices),
            tell=_tell_hint(s, f, h, (passed, lo, hi), origin),
            about=f"{f.name}, {h.name}",
        )


def _tell_hint(
    s: Situation, f: Family, h: HintDecl, formulas: tuple[Expr, Expr, Expr], origin: Span
) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        passed, lo, hi = (value(e, values) for e in formulas)
        if lo <= passed <= hi:
            return NotConfirmed("the hint is inside", spurious=False)
        name = f"{_device(s.devices, values).name}.{_name(f, values, '')}"
        words = f"the hint {h.name} of {name} is {passed}, outside of {lo}..{hi}"
        places = (Place(origin, ""), Place(h.origin, "its range"))
        return Finding("argument", words, _shown(s.design, values), places)

    return tell


def _of_attempt(design: Design, s: Situation) -> Iterable[Goal]:
    facts = [*s.device_facts(), Fact("base", at_most(Lit(0), Var("base")))]
    on_line = between(Lit(0), Var("l"), sub(Var("lines"), Lit(1)))
    for r in s.attempt.requests:
        ends = (s.at_device(e) for e in (r.when, r.lines.lo, r.lines.hi))
        yield from _undefined(design, ends, facts, on_line)
    for given, e, more in dividing(s):
        yield from _undefined(design, [e], [*facts, *more], given)
    for a in s.device.affinity:
        if not a.of_queue:
            yield from _undefined(design, [s.at_device(a.cpu)], facts, on_line)
            continue
        for f in s.device.families:
            here = [*facts, *s.queue_facts(f, "")]
            yield from _undefined(design, [s.of_queue(a.cpu, f)], here, s.callback(f))
