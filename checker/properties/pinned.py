"""What is pinned to CPUs (part of `irq_limits`): to some that are there, and to none too much.

How many lines of a device are pinned to one: counting is not a formula without quantifiers. So two
questions: no two lines on one CPU are closer than the number of CPUs (unless all lines fit one CPU
anyway); and then, at that distance, no CPU has too many. Where the first does not hold, the lines
are counted for the values that the solver found; if that shows nothing wrong, the property is
undecided, never assumed.
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
from model.design.device import Affinity, Family
from model.expr import (
    Expr,
    Lit,
    Undefined,
    Value,
    Var,
    always_defined,
    at_most,
    between,
    conj,
    equal,
    less,
    mul,
    negate,
    sub,
    substitute,
    value,
)
from model.meaning.device_class import device_classes
from model.meaning.side_maps import LINE
from model.meaning.situation import Situation


def pinned(design: Design) -> Iterable[Obligation]:
    """For each device with an `affinity`: each CPU is there, and has as many vectors as lines."""
    p = design.platform
    if p is None or p.cpus is None:
        return
    for devices in device_classes(design):
        for a in devices.first.affinity:
            for attempt in design.transport(devices.first.transport).driver.attempts:
                s = Situation(design, devices, attempt)
                goals = list(_of_queues(s, a) if a.of_queue else _of_lines(s, a))
                if p.vectors_per_cpu is not None and not a.of_queue:
                    goals += _crowded(s, a, p.vectors_per_cpu)
                yield Obligation("irq_limits", devices.name, tuple(goals))


def _of_lines(s: Situation, a: Affinity) -> Iterable[Goal]:
    facts = (*s.device_facts(), *(s.numbering([]) if s.uses_numbers else []))
    line = Var("line.a")
    there = between(Lit(0), line, sub(Var("lines"), Lit(1)))
    cpu = s.at_device(substitute(a.cpu, {"l": line}))
    bad = conj(there, always_defined(cpu), negate(_is_cpu(s, cpu)))
    yield Goal("cpu", facts, bad, (*shown(s), "line.a"), tell=_tell_cpu(s, a, None), about="CPUs")
    yield Goal("witness", facts, there, want_model=True)


def _of_queues(s: Situation, a: Affinity) -> Iterable[Goal]:
    for f in s.device.families:
        facts = [*s.device_facts(), *s.source_facts(f)]
        facts += s.numbering([]) if s.uses_numbers else []
        ok = [negate(h) for h, _ in s.hazards("driver", f)]
        on_line = at_most(Lit(LINE), Var("driver.kind"))
        cpu = s.of_queue(a.cpu, f)
        there = conj(*ok, s.callback(f), on_line)
        bad = conj(there, always_defined(cpu), negate(_is_cpu(s, cpu)))
        tell = _tell_cpu(s, a, f)
        yield Goal("cpu", tuple(facts), bad, shown(s), tell=tell, about=f"CPUs, {f.name}")
        yield Goal("witness", tuple(facts), there, want_model=True)


def _is_cpu(s: Situation, cpu: Expr) -> Expr:
    return between(Lit(0), cpu, sub(s.cpus, Lit(1)))


def _tell_cpu(s: Situation, a: Affinity, f: Family | None) -> Tell:
    def tell(values: Mapping[str, Value]) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        facts: dict[str, Value] = {}
        row = None
        if f is None:
            line = int(values["line.a"])
            name, facts["l"] = f"line {line} of {seen.layout.device.name}", line
            there = 0 <= line < seen.layout.lines
        else:
            row = seen.row(f.name, int(values.get("type.i", 0)) if f.indexed else 0)
            there = row is not None and row.callback and row.driver.kind == "line"
            name = f"{seen.layout.device.name}.{row.name if row else f.name}"
            facts.update(row.facts if row else {})
        try:
            cpu, cpus = (int(seen.evaluate(e, facts)) for e in (a.cpu, Var("cpus")))
        except Undefined as e:
            return NotConfirmed(f"a formula has no value: {e}", spurious=True)
        if not there or 0 <= cpu < cpus:
            return NotConfirmed("laid out, that CPU is there", spurious=s.uses_numbers)
        have = "is only CPU 0" if cpus == 1 else f"are CPUs 0..{cpus - 1}"
        return Finding(
            "cpu",
            f"{name} is pinned to CPU {cpu}, and there {have}",
            named_values(seen, *([row] if row else [])),
            (Place(a.origin, ""),),
            pins(seen),
        )

    return tell


def _crowded(s: Situation, a: Affinity, vectors: Expr) -> Iterable[Goal]:
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
        try:
            used = Counter(
                int(seen.evaluate(a.cpu, {"l": line})) for line in range(seen.layout.lines)
            )
        except Undefined as e:
            return NotConfirmed(f"a formula has no value: {e}", spurious=True)
        cpu, most = max(used.items(), key=lambda x: (x[1], -x[0]), default=(0, 0))
        there = int(value(vectors, seen.given))
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
