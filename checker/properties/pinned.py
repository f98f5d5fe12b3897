"""Vectors of one CPU: how many lines of a device are pinned to it (part of `irq_limits`).

Counting is not a formula without quantifiers. So two questions: no two lines on one CPU are closer
than the number of CPUs (unless all lines fit one CPU anyway); and then, at that distance, no CPU
has too many. Where the first does not hold, the lines are counted for the values that the solver
found; if that shows nothing wrong, the property is undecided, never assumed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.coverage import shown
from checker.properties.laid_out import scene
from checker.properties.words import named_values, pins
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Affinity
from model.expr import (
    Expr,
    Lit,
    Undefined,
    Value,
    Var,
    at_most,
    between,
    conj,
    equal,
    less,
    mul,
    sub,
    substitute,
    value,
)
from model.meaning.device_class import device_classes
from model.meaning.situation import Situation


def pinned(design: Design) -> Iterable[Obligation]:
    """For each device whose lines are pinned: no CPU has more of them than it has vectors."""
    p = design.platform
    if p is None or p.vectors_per_cpu is None or p.cpus is None:
        return
    for devices in device_classes(design):
        for a in devices.first.affinity:
            if a.of_queue:
                continue
            for attempt in design.transport(devices.first.transport).driver.attempts:
                s = Situation(design, devices, attempt)
                yield Obligation("irq_limits", devices.name, tuple(_goals(s, a, p.vectors_per_cpu)))


def _goals(s: Situation, a: Affinity, vectors: Expr) -> Iterable[Goal]:
    facts = (*s.device_facts(), *(s.numbering([]) if s.uses_numbers else []))
    n, one, other = Var("lines"), Var("line.a"), Var("line.b")
    cpu_a = s.at_device(substitute(a.cpu, {"l": one}))
    cpu_b = s.at_device(substitute(a.cpu, {"l": other}))
    too_many = less(vectors, n)
    close = conj(
        between(Lit(0), one, sub(n, Lit(1))),
        between(Lit(0), other, sub(n, Lit(1))),
        less(one, other),
        less(sub(other, one), s.cpus),
        equal(cpu_a, cpu_b),
    )
    tell = _tell(s, a, vectors)
    yield Goal("pinned", facts, conj(too_many, close), shown(s), tell=tell, about="CPUs")
    crowded = conj(too_many, less(mul(vectors, s.cpus), n), at_most(Lit(1), s.cpus))
    yield Goal("pinned", facts, crowded, shown(s), tell=tell, about="CPUs")


def _tell(s: Situation, a: Affinity, vectors: Expr) -> Tell:
    def tell(values: Mapping[str, Value]) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        env: dict[str, Value] = {**seen.given, "lines": seen.layout.lines}
        env["base"] = min(seen.layout.numbers, default=0)
        cpus = s.design.platform.cpus if s.design.platform else None
        env["cpus"] = value(cpus, env) if cpus is not None else 1
        try:
            used = Counter(
                int(value(a.cpu, {**env, "l": line})) for line in range(seen.layout.lines)
            )
        except Undefined as e:
            return NotConfirmed(f"a formula has no value: {e}", spurious=True)
        cpu, most = max(used.items(), key=lambda x: (x[1], -x[0]), default=(0, 0))
        there = int(value(vectors, env))
        if most <= there:
            return NotConfirmed(f"counted, no CPU has more than {most} lines", spurious=True)
        device = seen.layout.device.name
        return Finding(
            "pinned",
            f"{most} lines of {device} are pinned to CPU {cpu}, which has {there} vectors",
            named_values(seen),
            (Place(a.origin, ""),),
            pins(seen),
        )

    return tell
