"""Vectors of one CPU for the lines of all devices that are pinned (part of `irq_limits`).

`pinned` asks of each device by itself. Here of all together: each needs the lines that it needs at
least, and those that its `affinity line` puts on one CPU add up. Counting is no formula without
quantifiers, so a device is given more than its share of the lines only where two of them are on
that CPU that are closer than the number of CPUs. If no values are left even so, all is well;
otherwise the lines are counted, for the values that the solver found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.assertions import named, named_facts
from checker.properties.laid_out import scene
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Affinity, Device
from model.expr import (
    TRUE,
    Div,
    Expr,
    Lit,
    Undefined,
    Value,
    Var,
    add,
    at_least_zero,
    at_most,
    conj,
    disj,
    equal,
    free,
    implies,
    less,
    mul,
    substitute,
    value,
)
from model.meaning.capacity import MOST_DEVICES, size
from model.meaning.device_class import DeviceClass
from model.meaning.fact import Fact, design_facts
from model.meaning.situation import Situation
from model.record import dataclass

_CPU = Var("cpu")


@dataclass(frozen=True, slots=True)
class _Pinned:
    """Devices that are alike, one after the other or of an array."""

    situation: Situation
    affinity: Affinity
    devices: tuple[Device, ...]

    @property
    def times(self) -> int:
        return len(self.devices)

    @property
    def name(self) -> str:
        """`eth0`, or `eth0 and 3 more`."""
        return DeviceClass(self.devices).name

    @property
    def device(self) -> Device:
        return self.situation.device

    @property
    def many(self) -> Expr:
        """How many devices they are."""
        index = self.device.index
        return mul(Lit(self.times), size(index.range) if index else Lit(1))

    def var(self, name: str) -> Var:
        return Var(f"{self.device.name}.{name}")

    def on(self, line: Var) -> Expr:
        """Whether that line is there, and pinned to the CPU."""
        cpu = self.situation.at_device(substitute(self.affinity.cpu, {"l": line}))
        is_it = equal(named(cpu, self.device.name), _CPU)
        return conj(at_most(Lit(0), line), less(line, self.var("lines")), is_it)

    def facts(self) -> Iterable[Fact]:
        """How many lines there are, and how many of them are on the CPU, if there is a device."""
        for f in self._facts():
            is_param = all(n.startswith("param.") for n in free(f.formula))
            some = TRUE if is_param else less(Lit(0), self.many)
            yield Fact(f.name, implies(some, f.formula), f.origin)

    def _facts(self) -> Iterable[Fact]:
        yield from named_facts(self.situation)
        name, s = self.device.name, self.situation
        for ask in self.device.lines:
            least = equal(Var(f"grant.{ask.pool}"), ask.range.lo)
            yield Fact(f"{name}: needs {ask.pool}", named(least, name), ask.origin)
        lines, cpus = self.var("lines"), named(s.cpus, name)
        some, one, other = self.var("on"), self.var("one"), self.var("other")
        share = Div(at_least_zero(add(lines, cpus, Lit(-1))), cpus)
        close = conj(less(one, other), less(other, add(one, cpus)), self.on(other))
        yield Fact(f"{name}: on the CPU", conj(
            at_most(Lit(0), some),
            at_most(some, at_least_zero(lines)),
            disj(equal(some, Lit(0)), self.on(one)),
            disj(at_most(some, share), close),
        ), self.affinity.origin)  # fmt: skip


def pinned_together(design: Design) -> Iterable[Obligation]:
    """That no CPU has more lines of all devices pinned to it than it has vectors."""
    p = design.platform
    if p is None or p.vectors_per_cpu is None or p.cpus is None:
        return
    some = list(_pinned(design))
    if not some or (len(some) == 1 and some[0].many == Lit(1)):
        return
    facts = list(dict.fromkeys(f for x in some for f in x.facts())) or design_facts(design)
    facts.append(Fact("the CPU", conj(at_most(Lit(0), _CPU), less(_CPU, p.cpus))))
    all_on = add(*(mul(at_least_zero(x.many), x.var("on")) for x in some))
    show = (
        *(f"param.{q.name}" for q in design.params),
        *(f"{x.device.name}|feature.{f.name}" for x in some for f in x.device.type.features),
        "cpu",
    )
    goal = Goal(
        "pinned",
        tuple(facts),
        less(p.vectors_per_cpu, all_on),
        show,
        tell=_tell(some, p.vectors_per_cpu),
        about="CPUs",
    )
    yield Obligation("irq_limits", "pinned lines", (goal,))


def _pinned(design: Design) -> Iterable[_Pinned]:
    alike: dict[object, list[Device]] = {}
    for d in design.devices:
        by_line = [a for a in d.affinity if not a.of_queue]
        if by_line:
            lines = tuple((a.pool, a.range.lo, a.shared) for a in d.lines)
            features = tuple((c.name, c.present) for c in d.features)
            type_ = (d.type.name, d.transport, d.args, lines, features)
            # What the design assumes of a device, and features that are open, are its own.
            own = d.name if len(features) < len(d.type.features) or d.index else ""
            alike.setdefault((type_, by_line[0].cpu, own), []).append(d)
    for some in alike.values():
        d = some[0]
        attempts = design.transport(d.transport).driver.attempts
        affinity = next(a for a in d.affinity if not a.of_queue)
        yield _Pinned(Situation(design, DeviceClass((d,)), attempts[0]), affinity, tuple(some))


def _tell(some: list[_Pinned], vectors: Expr) -> Tell:
    def tell(values: Mapping[str, Value]) -> Finding | NotConfirmed:
        env: dict[str, Value] = {k: v for k, v in values.items() if k.startswith("param.")}
        used: Counter[int] = Counter()
        shared: Counter[int] = Counter()
        of: dict[str, Counter[int]] = {}
        for x in some:
            counted = _count(x, env, values)
            if isinstance(counted, NotConfirmed):
                return counted
            own, common = counted
            of[x.name] = Counter({c: x.times * n for c, n in own.items()}) + common
            used.update({c: x.times * n for c, n in own.items()})
            shared |= common  # Those who share may be on the same lines.
        used += shared
        cpu, most = max(used.items(), key=lambda c: (c[1], -c[0]), default=(0, 0))
        there = int(value(vectors, env))
        if most <= there:
            return NotConfirmed(f"counted, no CPU has more than {most} lines", spurious=True)
        rows = [(x.name, str(of[x.name][cpu])) for x in some]
        shown = [(k.removeprefix("param."), v) for k, v in env.items()]
        return Finding(
            "pinned",
            f"{most} lines are pinned to CPU {cpu}, which has {there} vectors",
            tuple((k, str(v)) for k, v in shown),
            tuple(Place(d.affinity[0].origin, "") for x in some for d in x.devices)[:3],
            tuple(shown),
            table=(("device", f"lines on CPU {cpu}"), *rows[:12]),
        )

    return tell


def _count(
    x: _Pinned, env: Mapping[str, Value], values: Mapping[str, Value]
) -> tuple[Counter[int], Counter[int]] | NotConfirmed:
    """How many lines are on each CPU: of all devices in an array, and the most that one shares."""
    prefix, index, s = f"{x.device.name}|", x.device.index, x.situation
    own = {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}
    own = {k: v for k, v in own.items() if not k.startswith("grant.")}
    numbers = range(1)
    if index is not None:
        numbers = range(int(value(index.range.lo, env)), int(value(index.range.hi, env)) + 1)
    if len(numbers) > MOST_DEVICES:
        return NotConfirmed(f"an array of {len(numbers)} devices", spurious=True)
    used: Counter[int] = Counter()
    shared: Counter[int] = Counter()
    for k in numbers:
        here = {**env, **own, **({f"index.{index.name}": k} if index else {})}
        here |= {f"grant.{a.pool}": value(a.range.lo, here) for a in x.device.lines}
        seen = scene(s, here)
        if isinstance(seen, NotConfirmed):
            return seen
        if seen.layout.attempt is None:
            continue
        if "base" in free(x.affinity.cpu):
            return NotConfirmed("which CPU it is depends on interrupt numbers", spurious=True)
        try:
            lines = range(seen.layout.lines)
            here_on = Counter(int(seen.evaluate(x.affinity.cpu, {"l": n})) for n in lines)
        except (Undefined, KeyError) as e:
            return NotConfirmed(f"a formula has no value: {e}", spurious=True)
        pool = seen.layout.attempt.pool
        if any(a.shared for a in x.device.lines if a.pool == pool):
            shared |= here_on
        else:
            used += here_on
    return used, shared
