"""Every source reaches a line whose handler serves it.

# What it asks

For every value of the parameters, every number of lines that the design allows to be granted and,
where the platform does not promise contiguous numbers, every numbering of them: each queue with a
callback, and the configuration change, is mapped by the driver to exactly one line; that line is
granted and requested; the device maps it to that same line; and a handler that was requested for it
serves the source on some path. That the line ever rises is no question of maps: the note VQ0434 is
at a `signal` that drives none, and `no_lost_notifications` asks. No division in a map is ever
undefined, also not in that of a queue without a callback, and no line is requested that was not
granted: request_irq() fails there. For a policy, some attempt is granted whatever the grant, and
all this holds for the attempt that wins. Of a device that wants notifications, and that the machine
can grant no line at all to, this says nothing (`vacuous`).

Whether every grant that the design allows can be had from the controllers is asked by `irq_limits`.

# Why

A queue whose interrupt nobody requested, or that the device drives on another line than the driver
listens on, never completes a request. This is the first thing that goes wrong when fewer vectors
are granted than were asked for.

# Violated

`irq_base + (index / 2) % nirqs` names an interrupt that nobody requested as soon as the numbers
have a gap, and divides by zero when no interrupt was granted.

# Repaired

Map to ordinals, `line rank(q) % lines`, not to arithmetic on numbers; state `lines 1..n`.

# Sources

virtio 1.3 sections 4.1.5.1.2, 4.1.5.5, 4.2.3.4; Linux vp_find_vqs(), vm_find_vqs().
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.excluded import not_taken, passed_over
from checker.properties.grantable import grantable
from checker.properties.laid_out import Scene, Values, scene
from checker.properties.property import Property
from checker.properties.requests import granted_only
from checker.properties.words import named_values, pins
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Family
from model.design.program import Handler
from model.expr import (
    FALSE,
    TRUE,
    Expr,
    Lit,
    Var,
    at_most,
    conj,
    disj,
    equal,
    implies,
    less,
    negate,
)
from model.meaning.device_class import DeviceClass, device_classes
from model.meaning.fact import Fact
from model.meaning.never_set import NeverSet, never_set
from model.meaning.places import settable_bits
from model.meaning.rows import Landing, Row
from model.meaning.side_maps import LINE
from model.meaning.situation import Situation
from model.record import dataclass

_KIND, _LINE = Var("driver.kind"), Var("driver.line")
_DEV_KIND, _DEV_LINE = Var("device.kind"), Var("device.line")


def _is_line(kind: Expr) -> Expr:
    return at_most(Lit(LINE), kind)


def _inside(line: Expr) -> Expr:
    return conj(at_most(Lit(0), line), less(line, Var("lines")))


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that coverage asks of a source, assuming those before it."""

    name: str
    holds: Expr
    prefer: tuple[Expr, ...] = ()


def _hazard(s: Situation, f: Family | None) -> Expr:
    """Where a map of the source is undefined, on one of the two sides."""
    sides = _computing(s)
    return disj(*(h for side in sides for h, _ in s.hazards(side, f)))


def _aspects(s: Situation, f: Family | None) -> list[Aspect]:
    own = not s.transport.device.programmed
    hazard = _hazard(s, f)
    out = [Aspect("defined", negate(hazard))] if hazard != FALSE else []
    out.append(Aspect("mapped", _is_line(_KIND)))
    out.append(Aspect("granted", _inside(_LINE)))
    if own:
        out.append(Aspect("driven", conj(_is_line(_DEV_KIND), _inside(_DEV_LINE))))
        out.append(Aspect("agreed", equal(_LINE, _DEV_LINE)))
    requested = disj(*(s.requested(r, _DEV_LINE) for r in s.attempt.requests))
    out.append(Aspect("requested", requested))
    out.append(Aspect("served", s.served(f, _DEV_LINE)))
    return out


def _obligations(design: Design) -> Iterable[Obligation]:
    for devices in device_classes(design):
        goals = (*_goals(design, devices), *grantable(design, devices))
        yield Obligation("coverage", devices.name, goals)


def _goals(design: Design, devices: DeviceClass) -> Iterable[Goal]:
    attempts = design.transport(devices.first.transport).driver.attempts
    yield _ladder(Situation(design, devices, attempts[0]))
    count = 1
    for attempt in attempts:
        s = Situation(design, devices, attempt)
        sources: list[Family | None] = [*s.device.families]
        if s.device.type.config_change != FALSE:
            sources.append(None)
        device_facts = tuple(s.device_facts())
        for f in sources:
            for goal in _source(s, device_facts, f, count):
                yield goal
                count += 1
        for goal in _unasked(s, device_facts):
            yield goal
            count += 1
        for goal in granted_only(s, device_facts, shown(s)):
            yield goal
            count += 1


def premises(s: Situation) -> Iterable[Goal]:
    """What a proof about runs takes from the maps of an attempt: each is without a model."""
    sources: list[Family | None] = [*s.device.families]
    if s.device.type.config_change != FALSE:
        sources.append(None)
    device_facts = tuple(s.device_facts())
    for f in sources:
        yield next(g for g in _source(s, device_facts, f, 0) if g.screens)


def _ladder(s: Situation) -> Goal:
    """Some attempt can be granted, whatever is granted."""
    facts = [f for f in s.device_facts() if not f.name.startswith(("not ", "try ", "lines "))]
    attempts = s.transport.driver.attempts
    bad = conj(*(negate(s.granted(a)) for a in attempts))
    grants = tuple(f"grant.{a.pool}" for a in s.device.lines)

    def tell(values: Values) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        if seen.layout.attempt is not None:
            return NotConfirmed(f"attempt {seen.layout.attempt.name} is granted", spurious=False)
        return Finding(
            "ladder",
            f"no attempt of {seen.layout.device.name} can be granted",
            named_values(seen),
            tuple(Place(a.origin, "asks for more than there is") for a in attempts),
            pins(seen),
        )

    return Goal("ladder", tuple(facts), bad, (*shown(s), *grants), tell=tell, about="ladder")


def shown(s: Situation) -> tuple[str, ...]:
    """Variables of a counterexample, in the order in which they are made small."""
    return (
        *(f"param.{p.name}" for p in s.design.params),
        *((f"index.{s.device.index.name}",) if s.device.index else ()),
        "device#",
        "lines",
        *(f"grant.{a.pool}" for a in s.device.lines),
        "base",
        "type.i",
        *(f"feature.{f.name}" for f in s.device.type.features),
    )


def _computing(s: Situation) -> tuple[str, ...]:
    """Who computes the line of a source: a device that is programmed does not."""
    return ("driver",) if s.transport.device.programmed else ("driver", "device")


def _source(
    s: Situation, device_facts: tuple[Fact, ...], f: Family | None, first: int
) -> Iterable[Goal]:
    facts = [*device_facts, *s.source_facts(f)]
    given: list[Fact] = []
    if s.uses_numbers:
        facts += s.number_facts(_computing(s))
    if f is not None and s.callback(f) != TRUE:
        given.append(Fact("callback", s.callback(f)))
    aspects = _aspects(s, f)
    every = conj(
        *(implies(conj(*(b.holds for b in aspects[:k])), a.holds) for k, a in enumerate(aspects))
    )
    about = f.name if f else "config"
    if s.attempt.takes is not None:
        about = f"{s.attempt.name}: {about}"
    yield Goal("covered", tuple(facts), negate(every), (), tuple(given), about=about, screens=True)
    done = list(given)
    for a in aspects:
        yield Goal(
            a.name,
            tuple(facts),
            negate(a.holds),
            shown(s),
            tuple(done),
            about=about,
            screen=first,
            prefer=_ascending(s),
            tell=_tell(s, f, a.name),
        )
        done.append(Fact(f"{a.name} holds", a.holds))
    # The witness: there is such a source at all, and the device sends it somewhere.
    yield Goal(
        "witness",
        tuple(facts),
        conj(*(g.formula for g in given), _is_line(_DEV_KIND)),
        (),
        about=about,
        want_model=True,
    )


def _unasked(s: Situation, device_facts: tuple[Fact, ...]) -> Iterable[Goal]:
    """Maps of what wants no notification are evaluated too: they are nowhere undefined."""
    numbers = s.numbering([]) if s.uses_numbers else []
    config = s.at_device(s.device.type.config_change)
    sources: list[tuple[Family | None, Expr]] = [(f, s.callback(f)) for f in s.device.families]
    for f, wants in [*sources, (None, config)]:
        bad = conj(negate(wants), _hazard(s, f))
        if bad == FALSE:
            continue
        about = f"{f.name}, polled" if f else "config, never changed"
        if s.attempt.takes is not None:
            about = f"{s.attempt.name}: {about}"
        facts = (*device_facts, *(s.queue_facts(f, "") if f else ()), *numbers)
        yield Goal("defined", facts, bad, shown(s), tell=_tell_unasked(s, f), about=about)


def _tell_unasked(s: Situation, f: Family | None) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        row = _config(seen) if f is None else seen.row(f.name, int(values.get("type.i", 0)))
        if row is None or row.callback or first_failure(row, seen.layout.lines) != "defined":
            return NotConfirmed("laid out, its map has a value", spurious=s.uses_numbers)
        return _finding(s, seen, row, "defined")

    return tell


def _config(seen: Scene) -> Row | None:
    """The configuration of a device that never changes it: it is no row of a layout."""
    if seen.layout.config is None or seen.row("", 0) is not None:
        return None
    return Row(None, 0, -1, False, {}, *seen.layout.config, (), lambda _: False)


def _ascending(s: Situation) -> tuple[Expr, ...]:
    """Numbers that grow with the ordinals: how a reader expects them."""
    if not s.uses_numbers:
        return ()
    # Of others nothing is known: a number that they were given would be taken for that of a line.
    named = ("smallest", *_computing(s), "found.driver")
    pairs = [(a, b) for a in named for b in named if a != b]
    return (
        equal(Var("at.smallest"), Lit(0)),
        conj(
            *(
                implies(
                    less(Var(f"at.{a}"), Var(f"at.{b}")),
                    less(Var(f"number.{a}"), Var(f"number.{b}")),
                )
                for a, b in pairs
            )
        ),
    )


def _tell(s: Situation, f: Family | None, aspect: str) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        row = seen.row(f.name if f else "", int(values.get("type.i", 0)) if f and f.indexed else 0)
        if row is None or not row.callback:
            return NotConfirmed("the source is not there", spurious=False)
        failure = first_failure(row, seen.layout.lines)
        if failure != aspect:
            words = f"laid out, {row.name} fails {failure or 'nothing'}, not `{aspect}`"
            return NotConfirmed(words, spurious=s.uses_numbers)
        if aspect == "served" and row.perhaps:
            words = f"whether a handler serves {row.name} depends on more than can be followed"
            return NotConfirmed(words, spurious=True)
        return _finding(s, seen, row, aspect)

    return tell


def first_failure(row: Row, lines: int) -> str:
    """The first thing that coverage asks of a source and that it fails; empty: none."""
    driver, device = row.driver, row.device
    if "undefined" in (driver.kind, device.kind):
        return "defined"
    if driver.kind != "line":
        return "mapped"
    if driver.ordinal is None or not 0 <= driver.ordinal < lines:
        return "granted"
    if device.kind != "line" or device.ordinal is None or not 0 <= device.ordinal < lines:
        return "driven"
    if device.ordinal != driver.ordinal:
        return "agreed"
    if not row.handlers:
        return "requested"
    return "" if row.served else "served"


def _finding(s: Situation, seen: Scene, row: Row, aspect: str) -> Finding:
    name = f"{seen.layout.device.name}.{row.name}"
    places = [Place(r.rule.origin, w) for r, w in _sides(row, aspect) if r.rule]
    fault = row.driver.fault or row.device.fault
    hint = ""
    if aspect == "defined" and fault is not None and fault.node.origin is not None:
        places = [Place(fault.node.origin, f"evaluated as {fault}")]
        hint = (
            "state how many lines there are at least (`lines 1..n`), or guard the rule with `if`"
            if fault.right == 0
            else "nothing below 0 is divided: guard the rule with `if`, or count from 0 (`q.nth`)"
        )
    if aspect == "requested":
        places += _who(s, seen, row)
    if aspect == "served":
        places = _who(s, seen, row) + places
    if aspect == "mapped" and row.driver.kind == "unmapped":
        # The last one first: it was to take what is left.
        places += not_taken(s.attempt.rules, row)[::-1] or [
            Place(s.transport.driver.origin, "the driver's map")
        ]
        which = "config" if row.family is None else "queue q"
        hint = f"add a rule: `{which} -> line 0`"
    if row.family is not None:
        places.append(Place(row.family.origin, ""))
    ask = next((a for a in seen.layout.device.lines if a.pool == s.attempt.pool), None)
    if ask is not None:
        places.append(Place(ask.origin, ""))
    return Finding(
        aspect,
        _statement(s, name, row, seen, aspect),
        named_values(seen, row),
        tuple(places),
        pins(seen),
        subject=name,
        hint=hint,
    )


def _sides(row: Row, aspect: str) -> list[tuple[Landing, str]]:
    driver = (row.driver, "the driver's map")
    device = (row.device, "the device's map")
    if aspect in ("mapped", "granted"):
        return [driver]
    return [device] if aspect == "driven" else [driver, device]


def _who(s: Situation, seen: Scene, row: Row) -> list[Place]:
    if not row.handlers:
        return [Place(r.origin, "what is requested") for r in s.attempt.requests]
    closed = [_closed(s, h, row) for h in _handlers(s, row)]
    ifs = [Place(x.origin, "never true") for c in closed for x in c.tests]
    if ifs or row.device.ordinal is None:
        return ifs
    settable, line = settable_bits(s.transport, s.attempt.mode or s.device.mode), row.device.ordinal
    return [
        p
        for h in _handlers(s, row)
        for p in passed_over(h, row, settable, seen.evaluate, line)
        or [Place(h.origin, "its handler")]
    ]


def _handlers(s: Situation, row: Row) -> list[Handler]:
    return [h for h in s.transport.handlers if h.name in row.handlers]


def _closed(s: Situation, h: Handler, row: Row) -> NeverSet:
    """What keeps the handler from serving the source, if it is bits that nothing sets."""
    mode = s.attempt.mode or s.device.mode
    return never_set(h, settable_bits(s.transport, mode), queue=row.family is not None)


def _statement(s: Situation, name: str, row: Row, seen: Scene, aspect: str) -> str:
    match aspect:
        case "defined":
            fault = row.driver.fault or row.device.fault
            kind = "division by zero" if fault is not None and fault.right == 0 else "undefined"
            return f"{kind} in the map of {name}: {fault}"
        case "mapped":
            why = "no rule takes it" if row.driver.kind == "unmapped" else "it is mapped to none"
            return f"{name} wants notifications and has no line: {why}"
        case "granted":
            return f"{name} is mapped to {row.driver.short}, which is not granted{_granted(seen)}"
        case "driven":
            return f"the device does not drive a granted line for {name}: {row.device.short}"
        case "agreed":
            return (
                f"the driver maps {name} to {row.driver.short}, "
                f"the device drives {row.device.short}"
            )
        case "requested":
            return f"{name} is on {row.device.short}, which nobody requested"
        case _:
            words = f"no handler of {row.device.short} serves {name}"
            return words + _only_if(s, row)


def _only_if(s: Situation, row: Row) -> str:
    """Which bits would have to be set, where the handlers serve the source if they are."""
    closed = [_closed(s, h, row) for h in _handlers(s, row)]
    bits = list(dict.fromkeys(b for c in closed for b in c.bits))
    if not bits:
        return ""
    mode = s.attempt.mode or s.device.mode
    where = f" in mode `{mode}`" if mode and s.transport.modes else ""
    return f": that takes {' or '.join(bits)}, which no signal sets{where}"


def _granted(seen: Scene) -> str:
    numbers = seen.layout.numbers
    shown_numbers = ", ".join(map(str, numbers[:8])) + (", ..." if len(numbers) > 8 else "")
    return f" (granted: {shown_numbers})" if numbers else " (none is)"


PROPERTY = Property(
    "coverage",
    "every queue and the configuration reach a line whose handler serves them",
    _obligations,
    "no source of notifications is mapped to any line",
)
