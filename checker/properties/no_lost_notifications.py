"""No queue is left waiting for ever, and no line fires for ever.

# What it asks

Is there a fair run in which, from some point on, nothing new is produced by anyone, and yet work
that the driver asked to be told about is never served? Either everybody rests (stuck for ever), or
somebody is busy for ever and the queue is not served all the same. A queue with a callback asks to
be told; a driver that disables notifications promises to look again by itself. And is there a run
in which nothing new is produced, and a handler is entered for ever (a storm)? And one in which a
line fires for ever and its handlers return IRQ_NONE each time, so that the kernel disables it
(Linux counts 99,900 of 100,000)? That is asked where every handler of the line has a `return none`;
a handler without a `return` is taken to have handled its interrupt. On a line that other devices
share, their handlers may have.

A run interleaves the device's signal programs, one for each queue with a callback and one for the
configuration (a device is taken to leave a `polled` queue's buffers without a notification), the
handlers of all lines, each never re-entered while it runs, and deferred service programs. A
step is one access to shared state; any agent that can step may step next. Of a device that the
machine can grant no line to, or that says a `mode` it is never in, this says nothing (`vacuous`).

# Why

A handler that serves only the queues of its own line, a status register that several lines share,
an acknowledgement in the wrong place: each alone looks right, and loses an interrupt once a week.

# Violated

Two lines share one status bit, and the handler clears it and serves its own queues only: the other
line's handler finds 0 and its queue is never served.

# Repaired

After clearing a bit, serve every queue that may have set it; or give each line a status of its own;
or have no status for used buffers at all.

# Sources

virtio 1.3 sections 2.7.7, 2.7.14, 4.2.2.1, 4.2.2.2, 4.2.3.4, 4.2.3.4.1; Linux vm_interrupt(),
vp_interrupt(), handle_edge_irq(), handle_fasteoi_irq(), note_interrupt(),
virtqueue_napi_complete().
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import combinations, product

from checker.engines.engine import Goal
from checker.engines.run_question import InstanceGoal, Lay, Peer, ProofCase, RunObligation
from checker.properties import coverage
from checker.properties.coverage import shown
from checker.properties.grantable import grantable
from checker.properties.laid_out import scene
from checker.properties.property import Property
from checker.verdict.finding import NotConfirmed
from model.design.design import Design
from model.design.device import Family, Trigger
from model.design.mapping import Attempt, ToNumber
from model.expr import (
    FALSE,
    TRUE,
    Expr,
    Lit,
    Tally,
    Value,
    Var,
    at_most,
    conj,
    disj,
    equal,
    less,
    negate,
    substitute,
)
from model.meaning.fact import Fact
from model.meaning.focus import CONFIG_HERE, Case
from model.meaning.instance import Setting
from model.meaning.line_numbers import triggers_of
from model.meaning.situation import (
    LINE,
    DeviceClass,
    Situation,
    device_classes,
)

_LINES, _QUEUES = (1, 2, 3), 4
"""Numbers of lines and of queues of the instances that are visited."""
_LARGE = (4, 4), (5, 5), (6, 6), (8, 2), (8, 8), (12, 12), (18, 4), (18, 18)
"""Queues and lines, at least so many, of devices that are played by chance."""
_CHAIN = 3
"""Handlers that one device has on one line, at most, where that is proved."""


def _obligations(design: Design) -> Iterable[RunObligation]:
    for devices in device_classes(design):
        if not _attempts(design, devices, devices.first.mode or ""):
            yield _no_attempt(design, devices)
        for mode in _modes(design, devices):
            for trigger in _triggers(design, devices, mode):
                made = _obligation(design, devices, mode, trigger)
                if made is not None:
                    yield made


def _modes(design: Design, devices: DeviceClass) -> tuple[str, ...]:
    """The signalling modes that a device of the class may be in."""
    transport = design.transport(devices.first.transport)
    if devices.first.mode:
        return (devices.first.mode,)
    attempts = transport.driver.attempts
    if all(a.mode for a in attempts):
        return tuple(dict.fromkeys(a.mode for a in attempts if a.mode))
    # An attempt without a mode leaves it open.
    return transport.modes or ("",)


def _attempts(design: Design, devices: DeviceClass, mode: str) -> tuple[Attempt, ...]:
    attempts = design.transport(devices.first.transport).driver.attempts
    return tuple(a for a in attempts if a.mode in ("", mode))


def _triggers(design: Design, devices: DeviceClass, mode: str) -> tuple[Trigger, ...]:
    """The triggers that lines may have: of the controllers, else of the pools."""
    out: dict[Trigger, None] = {}
    for a in _attempts(design, devices, mode):
        out.update(dict.fromkeys(triggers_of(design, devices.devices, a.pool)))
    return tuple(t for t in Trigger if t in out)


def _obligation(
    design: Design, devices: DeviceClass, mode: str, trigger: Trigger
) -> RunObligation | None:
    attempts = [
        a
        for a in _attempts(design, devices, mode)
        if trigger in triggers_of(design, devices.devices, a.pool)
    ]
    subject = ", ".join(x for x in (devices.name, mode, f"{trigger.value} lines") if x)
    situations = [Situation(design, devices, a) for a in attempts]
    instances = [i for s in situations for i in _instances(s, mode, trigger)]
    cases = [c for s in situations for c in _cases(s, mode, trigger)]
    premises = [g for s in situations for g in (*coverage.premises(s), *_short_chains(s))]
    if not instances:
        return None
    return RunObligation(
        "no_lost_notifications", subject, design, tuple(instances), tuple(cases), tuple(premises),
        required=grantable(design, devices), nowhere=_nowhere(design, devices),
        wider=tuple(i for s in situations for i in _wider(s, mode, trigger)),
        large=tuple(i for s in situations for i in _large(s, mode, trigger)),
    )  # fmt: skip


def _no_attempt(design: Design, devices: DeviceClass) -> RunObligation:
    """A device in a mode that no attempt leads to: nothing can be asked of it."""
    nowhere = _nowhere(design, devices)
    return RunObligation("no_lost_notifications", devices.name, design, (), (), (), nowhere=nowhere)


def _nowhere(design: Design, devices: DeviceClass) -> str:
    """Why a device that says its mode is never in it; '' if it says none."""
    mode = devices.first.mode
    if not mode:
        return ""
    attempts = design.transport(devices.first.transport).driver.attempts
    own = next((k for k, a in enumerate(attempts) if a.mode in ("", mode)), None)
    says = f"{devices.name} says `mode {mode}` and is never in it"
    if own is None:
        return f"{says}: no attempt of {devices.first.transport} is in that mode"
    earlier = " or ".join(f"`{a.name}`" for a in attempts[:own])
    why = f"attempt {earlier} wins whatever is granted" if earlier else "it is granted nothing"
    return f"{says}: {why}"


def _keeps_pending(s: Situation) -> bool:
    return next((p.pending for p in s.transport.pools if p.name == s.attempt.pool), True)


def _shared(s: Situation) -> bool:
    """Whether other devices may be on the lines of the attempt (IRQF_SHARED)."""
    pool = next((p for p in s.transport.pools if p.name == s.attempt.pool), None)
    asks = [a for d in s.devices.devices for a in d.lines if a.pool == s.attempt.pool]
    return (pool is not None and pool.shared) or any(a.shared for a in asks)


def _device(s: Situation, mode: str, trigger: Trigger) -> tuple[tuple[Fact, ...], Lay]:
    """What is so of every device, and a model of it as one."""
    facts = tuple(s.device_facts())
    if s.uses_numbers:
        facts += tuple(s.numbering([]))

    def lay(values: Mapping[str, Value]) -> Setting | None:
        found = _laid(s, mode, trigger, values)
        return None if found is None else found[0]

    return facts, lay


def _instances(s: Situation, mode: str, trigger: Trigger) -> Iterable[InstanceGoal]:
    facts, lay = _device(s, mode, trigger)
    # With more lines: only where there is no other instance. Without any, somebody waits for ever.
    wanted = [equal(Var("lines"), Lit(k)) for k in _LINES]
    many = s.at_device(Tally(Var("q.callback", True)))
    wanted.append(conj(less(Lit(0), Var("lines")), less(Lit(_QUEUES - 1), many)))
    wanted.append(TRUE)
    wanted.append(conj(equal(Var("lines"), Lit(0)), less(Lit(0), many)))
    enough = [_never, _never, _never, _is_many, _is_any, _never]
    for k, (bad, is_enough) in enumerate(zip(wanted, enough, strict=True)):
        name = f"instance {s.attempt.name} {k}".replace("  ", " ")
        yield InstanceGoal(Goal(name, facts, bad, shown(s)), lay, is_enough)
    # A small device has nothing that it can be without; one with all of it may lose something.
    all_there = _optional(s)
    for k in _LINES if all_there else ():
        name = f"instance {s.attempt.name} {k} with all".replace("  ", " ")
        bad = equal(Var("lines"), Lit(k))
        yield InstanceGoal(Goal(name, facts, bad, shown(s), prefer=all_there), lay)


def _wider(s: Situation, mode: str, trigger: Trigger) -> Iterable[InstanceGoal]:
    """For each number of lines devices with two, three and four queues.

    The smallest device with two lines has one queue: nothing is on the second line, or beside it.
    And for each chain of handlers one that has a line with it, wherever that is.
    """
    facts, lay = _device(s, mode, trigger)
    callbacks = s.at_device(Tally(Var("q.callback", True)))
    for queues, lines in product(range(2, _QUEUES + 1), _LINES):
        bad = conj(equal(Var("lines"), Lit(lines)), less(Lit(queues - 1), callbacks))
        name = f"instance {s.attempt.name} {lines} with {queues} queues".replace("  ", " ")
        is_enough = partial(_has_both, lines, queues)
        yield InstanceGoal(Goal(name, facts, bad, shown(s)), lay, is_enough, callbacks)
    inside = conj(at_most(Lit(0), _ELSEWHERE), less(_ELSEWHERE, Var("lines")))
    for names, there in _chains(s, _ELSEWHERE).items():
        name = f"instance {s.attempt.name} with {', '.join(names)} on a line".replace("  ", " ")
        goal = Goal(name, facts, conj(inside, disj(*there)), shown(s))
        yield InstanceGoal(goal, lay, partial(_has_chain, names), callbacks)


def _large(s: Situation, mode: str, trigger: Trigger) -> Iterable[InstanceGoal]:
    """Devices with many queues and lines, so that few numbers in a program are beyond them."""
    facts, lay = _device(s, mode, trigger)
    callbacks = s.at_device(Tally(Var("q.callback", True)))
    for queues, lines in _LARGE:
        bad = conj(less(Lit(queues - 1), callbacks), less(Lit(lines - 1), Var("lines")))
        name = f"instance {s.attempt.name} of {queues} queues and {lines} lines".replace("  ", " ")
        yield InstanceGoal(Goal(name, facts, bad, shown(s)), lay)


def _has_chain(names: tuple[str, ...], setting: Setting) -> bool:
    if setting.laid is None:
        return False
    layout = setting.laid[0]
    return any(layout.rows.making.chain(k) == names for k in range(layout.lines))


def _has_both(lines: int, queues: int, setting: Setting) -> bool:
    if setting.laid is None:
        return False
    layout = setting.laid[0]
    return layout.lines == lines and sum(layout.rows.callbacks().values()) == queues


def _optional(s: Situation) -> tuple[Expr, ...]:
    """What of a device depends on features or parameters: configuration changes, families."""
    conditions = [s.device.type.config_change, *(f.present for f in s.device.families)]
    return tuple(s.at_device(e) for e in conditions if not isinstance(e, Lit))


def _never(_: Setting) -> bool:
    return False


def _is_any(_: Setting) -> bool:
    return True


def _is_many(setting: Setting) -> bool:
    if setting.laid is None:
        return False
    layout = setting.laid[0]
    return layout.lines > 0 and sum(layout.rows.callbacks().values()) >= _QUEUES


def _laid(
    s: Situation, mode: str, trigger: Trigger, values: Mapping[str, Value], f: Family | None = None
) -> tuple[Setting, str] | None:
    """The device of a model, and the name of the source that it is about."""
    seen = scene(s, values)
    if isinstance(seen, NotConfirmed) or seen.layout.attempt is not s.attempt:
        return None
    row = seen.row(f.name if f else "", int(values.get("type.i", 0)) if f and f.indexed else 0)
    layout = seen.layout
    keeps = _keeps_pending(s)
    laid = layout, seen.evaluate
    setting = Setting(layout.device, seen.given, mode, trigger, layout.numbers, keeps, laid)
    return setting, row.name if row else ""


def _cases(s: Situation, mode: str, trigger: Trigger) -> Iterable[ProofCase]:
    sources: list[Family | None] = [f for f in s.device.families if s.callback(f) != FALSE]
    if s.device.type.config_change != FALSE:
        sources.append(None)
    by_name = {h.name: h for h in s.transport.handlers}
    for f in sources:
        source = " ".join(x for x in (s.attempt.name, f.name if f else "config") if x)
        several = _possible(s, f, _several(s), f"{source} with several handlers")
        for names, here in _chains(s).items():
            chain = tuple(by_name[n] for n in names)
            case = Case(
                s.device, s.attempt, f, chain, (), mode, trigger, _keeps_pending(s), _shared(s)
            )
            words = f"{source} with {', '.join(names)}"
            possible = _possible(s, f, disj(*here), words)
            peers = tuple(
                Peer(by_name[other], _elsewhere(s, possible, other))
                for other in dict.fromkeys(r.handler for r in s.attempt.requests)
            )
            yield ProofCase(
                case, peers, possible, _place(s, f), words, shown(s), _lay(s, mode, trigger, f),
                several if len(names) > 1 else None,
            )  # fmt: skip


def _lay(
    s: Situation, mode: str, trigger: Trigger, f: Family | None
) -> Callable[[Mapping[str, Value]], tuple[Setting, str] | None]:
    return lambda values: _laid(s, mode, trigger, values, f)


_LINE = Var("driver.line")
_ELSEWHERE = Var("at.elsewhere")


def _several(s: Situation) -> Expr:
    """More than one request covers the source's line."""
    return disj(
        *(
            conj(s.requested(a, _LINE), s.requested(b, _LINE))
            for a, b in combinations(s.attempt.requests, 2)
        )
    )


def _chains(s: Situation, line: Expr = _LINE) -> dict[tuple[str, ...], list[Expr]]:
    """What may run for a line: the handlers in the order in which they are requested.

    Each with the conditions under which it is that, and nothing else, that runs.
    """
    out: dict[tuple[str, ...], list[Expr]] = {}
    every = s.attempt.requests
    for size in range(1, min(len(every), _CHAIN) + 1):
        for some in combinations(every, size):
            only = conj(
                *(
                    s.requested(r, line) if r in some else negate(s.requested(r, line))
                    for r in every
                )
            )
            out.setdefault(tuple(r.handler for r in some), []).append(only)
    return out


def _short_chains(s: Situation) -> Iterable[Goal]:
    """No line has more handlers than chains are made of."""
    every = combinations(s.attempt.requests, _CHAIN + 1)
    more = [conj(*(s.requested(r, _LINE) for r in some)) for some in every]
    if more:
        inside = conj(at_most(Lit(0), _LINE), less(_LINE, Var("lines")))
        about = f"at most {_CHAIN} handlers on a line"
        yield Goal(about, tuple(s.device_facts()), conj(inside, disj(*more)), about=about)


def _possible(s: Situation, f: Family | None, requested: Expr, words: str) -> Goal:
    """There is such a source, on a line of which `requested` is so."""
    facts = [*s.device_facts(), *s.source_facts(f)]
    if s.uses_numbers:
        facts += s.number_facts(("driver",))
    wants = [] if f is None else [s.callback(f)]
    on_line = at_most(Lit(LINE), Var("driver.kind"))
    inside = conj(at_most(Lit(0), _LINE), less(_LINE, Var("lines")))
    return Goal(words, tuple(facts), conj(*wants, on_line, inside, requested), want_model=True)


def _elsewhere(s: Situation, possible: Goal, handler: str) -> Goal:
    """Another line was requested with that handler."""
    there = disj(*(s.requested(r, _ELSEWHERE) for r in s.attempt.requests if r.handler == handler))
    inside = conj(at_most(Lit(0), _ELSEWHERE), less(_ELSEWHERE, Var("lines")))
    bad = conj(possible.bad, negate(equal(_ELSEWHERE, _LINE)), inside, there)
    return Goal(f"{possible.name}, {handler} elsewhere", possible.facts, bad, want_model=True)


def _place(s: Situation, f: Family | None) -> Callable[[str, Expr], Expr]:
    by_number = any(r.for_config and isinstance(r.target, ToNumber) for r in s.attempt.rules)

    def place(name: str, e: Expr) -> Expr:
        if name == CONFIG_HERE:
            # Which line has a number is not followed here: it may be this one, or another.
            return Var("config.here", True) if by_number else s.config_line(_LINE)
        return s.of_queue(substitute(e, {"l": _LINE}), f)

    return place


PROPERTY = Property(
    "no_lost_notifications",
    "no queue waits for ever, and no line fires for ever",
    _obligations,
    "no source ever notifies",
    "any number of queues, lines and CPUs",
)
