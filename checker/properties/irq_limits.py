"""What is granted fits what the machine has: per device, per controller, per CPU.

# What it asks

For every value of the parameters: the lines that the devices need at least, together, are no more
than the lines of the controllers that they may come from, less those reserved (for each set of
controllers, so that no distribution is overlooked); they can be granted as numbers; no device asks
for more of a pool than one device can have; the interrupt vectors of all CPUs together suffice; and
where lines are pinned (`affinity line`), those of each CPU: for all lines that one device may have,
and for what all devices together need. What is pinned, by line or by queue, is pinned to a CPU that
the platform has, whatever is granted. `lines A..B` needs A, `lines E` needs E. Devices on `shared`
lines need them once, if they may use the same controllers.

As numbers: where a device, or all controllers that it may use, say `numbers contiguous`, it needs a
run of free numbers, and there has to be a way to give all devices theirs. A listed number is a line
of those controllers that is not reserved, and no other device's unless both share their lines. With
a policy, what is listed is needed where just so many lines are granted.

# Why

"48 interrupts at most with two I/O APICs; one per queue gives fewer than 24 pairs; at least 32 are
wanted" (review of the posted patch). QEMU microvm has 24 for virtio-mmio, Firecracker on x86-64 17.

# Violated

One line per queue and one for the configuration, 24 queue pairs, 48 lines. Three contiguous lines
where only 0..1 and 4..5 are free.

# Repaired

One line per pair (`lines pairs`), or sharing (`lines 1..pairs`, queue -> `... % lines`). A map to
ordinals, which any numbers do for.

# Sources

Linux irq_calc_affinity_vectors(), arch/x86 irq_vectors.h; QEMU hw/i386/microvm.c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.numbers_fit import numbers_fit
from checker.properties.pinned import pinned
from checker.properties.pinned_together import pinned_together
from checker.properties.property import Property
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Controller, Device, LinesAsk
from model.design.mapping import Pool
from model.expr import (
    TRUE,
    Expr,
    Lit,
    Value,
    Var,
    between,
    disj,
    less,
    mul,
    negate,
    sub,
    substitute,
    text,
    value,
)
from model.meaning.allotment import unions
from model.meaning.capacity import Demand, demands, fewest, total, usable
from model.meaning.fact import Fact, design_facts
from model.meaning.line_numbers import controllers_of

_MOST_TRIED = 4096
_MOST_SETS = 64
Fits = Callable[[Mapping[str, Value]], bool]


def _obligations(design: Design) -> Iterable[Obligation]:
    fits, all_sets = _controllers(design)
    enough = [Fact(f"enough of {g.about}", negate(g.bad)) for g in fits if not g.want_model]
    by_number = numbers_fit(design, enough, all_sets=all_sets)
    goals = [*_limits(design), *fits, *by_number, *_vectors(design)]
    if goals:
        yield Obligation("irq_limits", "the machine", tuple(goals))
    yield from pinned(design)
    yield from pinned_together(design)


def _facts(design: Design) -> tuple[Fact, ...]:
    return tuple(design_facts(design))


def _show(design: Design) -> tuple[str, ...]:
    return tuple(f"param.{p.name}" for p in design.params)


def _indexed(d: Device, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    if d.index is None:
        return facts
    inside = between(d.index.range.lo, Var(f"index.{d.index.name}"), d.index.range.hi)
    return (*facts, Fact(f"index {d.index.name}", inside, d.origin))


def _limits(design: Design) -> Iterable[Goal]:
    """No device asks for more lines of a pool than the pool has for one device."""
    for demand in demands(design):
        d, ask = demand.device, demand.ask
        pools = design.transport(d.transport).pools
        pool = next((p for p in pools if p.name == ask.pool), None)
        if pool is None or pool.limit is None:
            continue
        most = substitute(pool.limit, {n: e for n, e in d.args if n.startswith("arg.")})
        yield Goal(
            "limit",
            _indexed(d, _facts(design)),
            less(most, ask.range.hi),
            _show(design),
            tell=_tell_limit(design, (d, ask), pool, most),
            about=d.name,
        )


def _tell_limit(design: Design, asked: tuple[Device, LinesAsk], pool: Pool, most: Expr) -> Tell:
    def tell(values: Mapping[str, Value]) -> Finding | NotConfirmed:
        d, ask = asked
        wanted, there = value(ask.range.hi, values), value(most, values)
        if wanted <= there:
            return NotConfirmed("it is within the limit", spurious=False)
        return Finding(
            "limit",
            f"{d.name} asks for up to {wanted} lines of {pool.name}, a device can have {there}",
            _values(design, values),
            (Place(ask.origin, ""), Place(pool.origin, "")),
            _pins(design, values),
            frontier=_frontier(design, values, lambda v: value(ask.range.hi, v) <= value(most, v)),
        )

    return tell


def _values(design: Design, values: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (p.name, str(values[f"param.{p.name}"]))
        for p in design.params
        if f"param.{p.name}" in values
    )


def _pins(design: Design, values: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(
        (p.name, values[f"param.{p.name}"]) for p in design.params if f"param.{p.name}" in values
    )


def _controllers(design: Design) -> tuple[list[Goal], bool]:
    """Hall's condition: what may come only from these controllers fits into them.

    And whether it was asked of all the sets that there are.
    """
    if design.platform is None:
        return [], True
    by_set: dict[frozenset[str], list[Demand]] = {}
    for d in demands(design):
        names = frozenset(c.name for c in controllers_of(design, d.device, d.ask.pool))
        by_set.setdefault(names, []).append(d)
    sets, all_sets = unions(sorted(by_set, key=sorted), _MOST_SETS)
    goals: list[Goal] = []
    for union in sorted(sets, key=lambda s: (len(s), sorted(s))):
        inside = [d for names, some in by_set.items() if names <= union for d in some]
        controllers = tuple(c for c in design.platform.controllers if c.name in union)
        have, need = usable(controllers), total(inside)
        goals.append(
            Goal(
                "controllers",
                _facts(design),
                less(have, need),
                _show(design),
                tell=_tell_fit(design, inside, controllers),
                about=", ".join(sorted(union)),
            )
        )
        some = disj(*(less(Lit(0), d.ask.range.hi) for d in inside))
        goals.append(Goal("witness", _facts(design), some, want_model=True))
    return goals, all_sets


def _tell_fit(
    design: Design,
    inside: Sequence[Demand],
    controllers: tuple[Controller, ...],
) -> Tell:
    def tell(values: Mapping[str, Value]) -> Finding | NotConfirmed:
        needed, there = _count(inside, values), _free_lines(controllers, values)
        if needed <= there:
            return NotConfirmed(f"{needed} lines fit into {there}", spurious=False)
        who = _who(inside)
        rows = [("device", "lines needed"), *_rows(inside, values)]
        return Finding(
            "controllers",
            f"{who} {'need' if len(inside) != 1 else 'needs'} {needed} lines, "
            f"{_there(design, controllers, there)}",
            _values(design, values),
            (
                *(Place(d.ask.origin, f"needs {text(d.ask.range.lo)}") for d in inside[:3]),
                *(Place(c.origin, "") for c in controllers),
            ),
            _pins(design, values),
            table=tuple(rows) if len(inside) > 1 else (),
            frontier=_frontier(
                design, values, lambda v: _count(inside, v) <= _free_lines(controllers, v)
            ),
            hint=_less(inside, there) if there else "",
        )

    return tell


def _less(inside: Sequence[Demand], there: int) -> str:
    """How the devices could do with the lines that there are."""
    if len(inside) == 1 and inside[0].device.index is None:
        return f"ask for at most {there}: `lines 1..{there}`, with a map `... % lines`"
    return "let devices share: `lines 1..n` with a map `... % lines`"


def _there(design: Design, controllers: tuple[Controller, ...], lines: int) -> str:
    if not controllers:
        name = design.platform.name if design.platform else "the machine"
        return f"and {name} has no controller with lines of that kind"
    names = ", ".join(c.name for c in controllers)
    return f"{names} {'have' if len(controllers) != 1 else 'has'} {lines} that are not reserved"


def _who(inside: Sequence[Demand]) -> str:
    names = list(dict.fromkeys(d.device.name for d in inside))
    return names[0] if len(names) == 1 else f"{len(names)} devices"


def _rows(inside: Sequence[Demand], values: Mapping[str, Value]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [(d.device.name, str(_lines(d, values))) for d in inside[:12]]
    return rows if len(inside) <= 12 else [*rows, (f"... and {len(inside) - 12} more", "")]


def _count(inside: Sequence[Demand], values: Mapping[str, Value]) -> int:
    """The lines needed, added up device by device."""
    own = sum(_lines(d, values) for d in inside if not d.ask.shared)
    return own + max((_lines(d, values) for d in inside if d.ask.shared), default=0)


def _lines(d: Demand, values: Mapping[str, Value]) -> int:
    """What a device needs; of an array all together, or the most of one where they share."""
    index, lo = d.device.index, d.ask.range.lo
    if index is None:
        return max(0, int(value(lo, values)))
    first, last = int(value(index.range.lo, values)), int(value(index.range.hi, values))
    name = f"index.{index.name}"
    if not d.differs:
        one = max(0, int(value(lo, {**values, name: first}))) if last >= first else 0
        return one if d.ask.shared else one * max(0, last - first + 1)
    some = [max(0, int(value(lo, {**values, name: k}))) for k in range(first, last + 1)]
    return max(some, default=0) if d.ask.shared else sum(some)


def _free_lines(controllers: Iterable[Controller], values: Mapping[str, Value]) -> int:
    """The lines that there are, counted one by one."""
    total = 0
    for c in controllers:
        lines: set[int] = set()
        for i in c.lines:
            lines.update(range(int(value(i.lo, values)), int(value(i.hi, values)) + 1))
        for r in c.reserved:
            lines.difference_update(range(int(value(r.lo, values)), int(value(r.hi, values)) + 1))
        total += len(lines)
    return total


def _frontier(design: Design, values: Mapping[str, Value], fits: Fits) -> str:
    """Up to where it fits, with one parameter; every value below is tried, none is assumed."""
    if len(design.params) != 1:
        return ""
    p = design.params[0]
    name = f"param.{p.name}"
    v, lo = int(values[name]), int(value(p.range.lo, values))
    if v <= lo or v - lo > _MOST_TRIED:
        return ""
    if not all(fits({**values, name: x}) for x in range(lo, v)):
        return ""
    return f"it fits up to {p.name} = {v - 1}"


def _vectors(design: Design) -> Iterable[Goal]:
    """Every line takes an interrupt vector of some CPU."""
    p = design.platform
    if p is None or p.vectors_per_cpu is None or p.cpus is None:
        return
    every = demands(design)
    have = sub(mul(p.cpus, p.vectors_per_cpu), p.vectors_reserved)
    least, most = fewest(design, every)
    odd = [d.device.name for d in every if d.need is None]

    def need(v: Mapping[str, Value]) -> int:
        return _fewest(design, every, v)

    def tell(values: Mapping[str, Value]) -> Finding | NotConfirmed:
        needed, there = need(values), int(value(have, values))
        if needed <= there:
            why = f", and {odd[0]} may need more for other values" if odd else ""
            unsure = bool(odd) or least != most
            return NotConfirmed(f"{needed} vectors fit into {there}{why}", spurious=unsure)
        return Finding(
            "vectors",
            f"{_who(every)} need {needed} interrupt vectors, all CPUs together have {there}",
            _values(design, values),
            (Place(p.origin, ""), *(Place(d.ask.origin, "") for d in every[:3])),
            _pins(design, values),
            frontier=_frontier(design, values, lambda v: need(v) <= int(value(have, v))),
        )

    bad = TRUE if odd else less(have, most)
    yield Goal("vectors", _facts(design), bad, _show(design), tell=tell, about="CPUs")


def _fewest(design: Design, every: Sequence[Demand], values: Mapping[str, Value]) -> int:
    """The fewest lines that they can do with: those that share, and may, need them once."""
    shared = [d for d in every if d.ask.shared]
    sets = [
        (frozenset(c.name for c in controllers_of(design, d.device, d.ask.pool)), _lines(d, values))
        for d in shared
    ]

    def apart(k: int, taken: frozenset[str]) -> int:
        if k == len(order):
            return 0
        names, lines = order[k]
        without = apart(k + 1, taken)
        return without if names & taken else max(without, lines + apart(k + 1, taken | names))

    most = {names: max(n for s, n in sets if s == names) for names, _ in sets}
    order = list(most.items())
    return sum(_lines(d, values) for d in every if not d.ask.shared) + apart(0, frozenset())


PROPERTY = Property(
    "irq_limits",
    "what is granted fits controllers, CPUs and devices",
    _obligations,
    "the design has no platform, or no device can be granted a line of any of its controllers",
)
