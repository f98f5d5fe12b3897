"""What is granted fits what the machine has: per device, per controller, per CPU.

# What it asks

For every value of the parameters: the lines that the devices need at least, together, are no more
than the lines of the controllers that they may come from, less those reserved (for each set of
controllers, so that no distribution is overlooked); no device asks for more of a pool than one
device can have; the interrupt vectors of all CPUs together suffice; and where lines are pinned
(`affinity line`), those of each CPU. `lines A..B` needs A, `lines E` needs E. Devices on `shared`
lines need them once.

# Why

"48 interrupts at most with two I/O APICs; one per queue gives fewer than 24 pairs; at least 32 are
wanted" (review of the posted patch). QEMU microvm has 24 for virtio-mmio, Firecracker on x86-64 17.

# Violated

One line per queue and one for the configuration, 24 queue pairs, 48 lines.

# Repaired

One line per pair (`lines pairs`), or sharing (`lines 1..pairs`, queue -> `... % lines`).

# Sources

Linux irq_calc_affinity_vectors(), arch/x86 irq_vectors.h; QEMU hw/i386/microvm.c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.pinned import pinned
from checker.properties.property import Property
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Controller, Device, Interval, LinesAsk
from model.design.mapping import Pool
from model.expr import (
    Expr,
    Lit,
    Value,
    Var,
    add,
    at_least_zero,
    between,
    disj,
    ite,
    less,
    mul,
    sub,
    substitute,
    text,
    value,
)
from model.meaning.fact import Fact, design_facts
from model.meaning.line_numbers import controllers_of

Demand = tuple[Device, LinesAsk, Expr]
_Bounds = tuple[Expr, Expr]
_MOST_COUNTED = 1 << 20
_MOST_TRIED = 4096
Fits = Callable[[Mapping[str, Value]], bool]


def size(i: Interval) -> Expr:
    """How many whole numbers are in an interval."""
    return at_least_zero(add(sub(i.hi, i.lo), Lit(1)))


def demands(design: Design) -> list[Demand]:
    """What each device needs at least, of each pool; arrays multiplied."""
    out = []
    for d in design.devices:
        for ask in d.lines:
            need = at_least_zero(ask.range.lo)
            if d.index:
                need = mul(size(d.index.range), need)
            out.append((d, ask, need))
    return out


def _total(some: list[Demand]) -> Expr:
    own = [e for _, ask, e in some if not ask.shared]
    shared = [ask.range.lo for _, ask, _ in some if ask.shared]
    most: Expr = Lit(0)
    for e in shared:  # Sharers need their lines once, not each.
        most = e if most == Lit(0) else ite(less(most, e), e, most)
    return add(*own, most)


def usable(controllers: Iterable[Controller]) -> Expr:
    """How many lines the controllers have that are not reserved."""
    return add(*(_usable(c) for c in controllers))


def _usable(c: Controller) -> Expr:
    both = [_meet(i, r) for i in c.lines for r in c.reserved]
    return sub(_union([(i.lo, i.hi) for i in c.lines]), _union(both))


def _meet(a: Interval, b: Interval) -> _Bounds:
    return _larger(a.lo, b.lo), _smaller(a.hi, b.hi)


def _union(intervals: Sequence[_Bounds]) -> Expr:
    """How many whole numbers are in any of them: constant ones merged, others one at a time.

    |A or B| = |A| + |B| - |A and B|; an intersection of intervals is one, so each step only makes
    more of them, and a platform names few that depend on a parameter.
    """
    known: set[int] = set()
    rest: list[_Bounds] = []
    for lo, hi in intervals:
        if isinstance(lo, Lit) and isinstance(hi, Lit) and hi.value - lo.value < _MOST_COUNTED:
            known.update(range(lo.value, hi.value + 1))
        else:
            rest.append((lo, hi))
    merged: list[_Bounds] = [*_runs(known), *rest]
    if not rest:
        return Lit(len(known))
    first, others = merged[-1], merged[:-1]
    both = [(_larger(first[0], lo), _smaller(first[1], hi)) for lo, hi in others]
    own = at_least_zero(add(sub(first[1], first[0]), Lit(1)))
    if not others:
        return own
    return add(own, _union(others), sub(Lit(0), _union(both)))


def _runs(known: set[int]) -> list[_Bounds]:
    out: list[_Bounds] = []
    start = last = None
    for n in sorted(known):
        if start is None or last is None or n != last + 1:
            if start is not None and last is not None:
                out.append((Lit(start), Lit(last)))
            start = n
        last = n
    if start is not None and last is not None:
        out.append((Lit(start), Lit(last)))
    return out


def _larger(a: Expr, b: Expr) -> Expr:
    return (
        Lit(max(a.value, b.value))
        if isinstance(a, Lit) and isinstance(b, Lit)
        else ite(less(a, b), b, a)
    )


def _smaller(a: Expr, b: Expr) -> Expr:
    return (
        Lit(min(a.value, b.value))
        if isinstance(a, Lit) and isinstance(b, Lit)
        else ite(less(a, b), a, b)
    )


def _obligations(design: Design) -> Iterable[Obligation]:
    goals = [*_limits(design), *_controllers(design), *_vectors(design)]
    if goals:
        yield Obligation("irq_limits", "the machine", tuple(goals))
    yield from pinned(design)


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
    for d, ask, _ in demands(design):
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


def _controllers(design: Design) -> Iterable[Goal]:
    """Hall's condition: what may come only from these controllers fits into them."""
    if design.platform is None:
        return
    by_set: dict[frozenset[str], list[Demand]] = {}
    for demand in demands(design):
        names = frozenset(c.name for c in controllers_of(design, demand[0], demand[1].pool))
        by_set.setdefault(names, []).append(demand)
    for union in _unions(sorted(by_set, key=sorted)):
        inside = [d for names, some in by_set.items() if names <= union for d in some]
        controllers = tuple(c for c in design.platform.controllers if c.name in union)
        have, need = usable(controllers), _total(inside)
        yield Goal(
            "controllers",
            _facts(design),
            less(have, need),
            _show(design),
            tell=_tell_fit(design, inside, controllers),
            about=", ".join(sorted(union)),
        )
        some = disj(*(less(Lit(0), ask.range.hi) for _, ask, _ in inside))
        yield Goal("witness", _facts(design), some, want_model=True)


def _unions(sets: list[frozenset[str]]) -> list[frozenset[str]]:
    found = {
        frozenset().union(*some)
        for k in range(1, min(len(sets), 6) + 1)
        for some in combinations(sets, k)
    }
    return sorted(found, key=lambda s: (len(s), sorted(s)))


def _tell_fit(
    design: Design,
    inside: list[Demand],
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
                *(Place(ask.origin, f"needs {text(ask.range.lo)}") for _, ask, _ in inside[:3]),
                *(Place(c.origin, "") for c in controllers),
            ),
            _pins(design, values),
            table=tuple(rows) if len(inside) > 1 else (),
            frontier=_frontier(
                design, values, lambda v: _count(inside, v) <= _free_lines(controllers, v)
            ),
            hint="let devices share: `lines 1..n` with a map `... % lines`" if controllers else "",
        )

    return tell


def _there(design: Design, controllers: tuple[Controller, ...], lines: int) -> str:
    if not controllers:
        name = design.platform.name if design.platform else "the machine"
        return f"and {name} has no controller with lines of that kind"
    names = ", ".join(c.name for c in controllers)
    return f"{names} {'have' if len(controllers) != 1 else 'has'} {lines} that are not reserved"


def _who(inside: list[Demand]) -> str:
    names = list(dict.fromkeys(d.name for d, _, _ in inside))
    return names[0] if len(names) == 1 else f"{len(names)} devices"


def _rows(inside: list[Demand], values: Mapping[str, Value]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [(d.name, str(value(e, values))) for d, _, e in inside[:12]]
    return rows if len(inside) <= 12 else [*rows, (f"... and {len(inside) - 12} more", "")]


def _count(inside: list[Demand], values: Mapping[str, Value]) -> int:
    """The lines needed, added up device by device."""
    total, shared = 0, 0
    for d, ask, _ in inside:
        lo = max(0, int(value(ask.range.lo, values)))
        if ask.shared:
            shared = max(shared, lo)
            continue
        times = 1
        if d.index:
            first, last = value(d.index.range.lo, values), value(d.index.range.hi, values)
            times = max(0, int(last) - int(first) + 1)
        total += lo * times
    return total + shared


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
    need = _total(every)

    def tell(values: Mapping[str, Value]) -> Finding | NotConfirmed:
        needed, there = _count(every, values), int(value(have, values))
        if needed <= there:
            return NotConfirmed(f"{needed} vectors fit into {there}", spurious=False)
        return Finding(
            "vectors",
            f"{_who(every)} need {needed} interrupt vectors, all CPUs together have {there}",
            _values(design, values),
            (Place(p.origin, ""), *(Place(ask.origin, "") for _, ask, _ in every[:3])),
            _pins(design, values),
            frontier=_frontier(design, values, lambda v: _count(every, v) <= int(value(have, v))),
        )

    yield Goal("vectors", _facts(design), less(have, need), _show(design), tell=tell, about="CPUs")


PROPERTY = Property(
    "irq_limits",
    "what is granted fits controllers, CPUs and devices",
    _obligations,
    "no device can be granted a line of any controller",
)
