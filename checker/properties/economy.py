"""No line is wasted: polled queues take none, and every line serves something.

# What it asks

For every value of the parameters and every grant: a queue without a callback is mapped to no line,
and each granted line has at least one queue with a callback, or the configuration change, on it.

# Why

Lines are scarce (see `irq_limits`), and a queue that is polled has its notifications suppressed: a
line that it takes is missing elsewhere, or shares a handler with a data queue for nothing.

# Violated

`queue q -> line (q.index / 2) % lines` without a look at `q.callback`: the control queue takes one.

# Repaired

`queue q -> none if not q.callback` first.

# Sources

Linux vp_find_vqs_msix() (NO_VECTOR for a queue without a callback), commit 4d685629b727 (vp_vdpa).
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.coverage import shown
from checker.properties.inverse import inverse
from checker.properties.laid_out import Values, scene
from checker.properties.property import Property
from checker.properties.words import named_values, pins
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Family
from model.design.mapping import ToLine, ToNumber
from model.expr import (
    FALSE,
    Add,
    Div,
    Expr,
    Lit,
    Tally,
    Var,
    add,
    at_most,
    between,
    children,
    conj,
    equal,
    ite,
    less,
    mul,
    negate,
    sub,
    walk,
)
from model.meaning.device_class import device_classes
from model.meaning.fact import Fact
from model.meaning.side_maps import LINE
from model.meaning.situation import Situation


def _obligations(design: Design) -> Iterable[Obligation]:
    for devices in device_classes(design):
        for attempt in design.transport(devices.first.transport).driver.attempts:
            s = Situation(design, devices, attempt)
            subject = devices.name
            if attempt.takes is not None:
                subject += f", attempt {attempt.name}"
            yield Obligation("economy", subject, tuple(_goals(s)))


def _goals(s: Situation) -> Iterable[Goal]:
    device_facts = tuple(s.device_facts())
    for f in s.device.families:
        polled = negate(s.callback(f))
        if polled == FALSE:
            continue
        facts = [*device_facts, *s.source_facts(f), *(s.numbering([]) if s.uses_numbers else [])]
        ok = [negate(h) for h, _ in s.hazards("driver", f)]
        bad = conj(*ok, polled, at_most(Lit(LINE), Var("driver.kind")), less(Lit(0), Var("lines")))
        yield Goal("polled", tuple(facts), bad, shown(s), tell=_tell_polled(s, f), about=f.name)
    yield idle_line(s, device_facts)
    yield Goal("witness", device_facts, less(Lit(0), Var("lines")), want_model=True)


def _tell_polled(s: Situation, f: Family) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        row = seen.row(f.name, int(values.get("type.i", 0)) if f.indexed else 0)
        if row is None or row.callback or row.driver.kind != "line":
            return NotConfirmed("laid out, the polled queue takes no line", spurious=False)
        rule = row.driver.rule
        lines = seen.layout.lines
        there = row.driver.ordinal is not None and 0 <= row.driver.ordinal < lines
        beyond = (
            "" if there else f", which is not granted ({lines} line{'' if lines == 1 else 's'})"
        )
        name = f"{seen.layout.device.name}.{row.name}"
        return Finding(
            "polled",
            f"{name} is polled and takes {row.driver.short}{beyond}",
            named_values(seen, row),
            (*((Place(rule.origin, ""),) if rule else ()), Place(f.origin, "no callback")),
            pins(seen),
            hint="add `queue q -> none if not q.callback` before the rule",
        )

    return tell


def candidates(s: Situation, f: Family, target: Expr, reach: int = 1) -> list[Expr]:
    """Which queues of a family are likely to be the ones on the line `target`.

    A proof that each line serves something has to name a queue for each; these are tried, and the
    solver says whether they suffice. Where they do not, the property is undecided, never assumed.
    `reach` is how far beside the obvious ones to look.
    """
    if not f.indexed:
        return [Lit(0)]
    step, _ = s.index_parts(f)
    lo = s.at_device(f.range.lo)
    out: list[Expr] = []
    for divisor in sorted({1, abs(step) or 1}):
        for offset in range(reach + 1):
            j = sub(target, Lit(offset))
            out.append(j if divisor == 1 else Div(ite(less(j, Lit(0)), Lit(0), j), Lit(divisor)))
    if reach > 1:  # Several queues on a line: `index / 2`, of a family with each index.
        out += [mul(Lit(k), target) for k in sorted(_divisors(s)) if k > abs(step)]
        out += [Div(mul(Lit(k), target), Lit(abs(step) or 1)) for k in sorted(_divisors(s))]
        for start in _starts(s):  # Queues of one family after those of another.
            j = sub(target, start)
            out += [j, Div(ite(less(j, Lit(0)), Lit(0), j), Lit(abs(step) or 1))]
    shifted = [j if lo == Lit(0) else add(j, lo) for j in dict.fromkeys(out)]
    return list(dict.fromkeys([*shifted, *(inverse(s, f, target) if reach > 1 else ())]))


def _starts(s: Situation) -> list[Expr]:
    """What the driver's map adds to a queue's own number, where that is no constant."""
    formulas = [r.target.ordinal for r in s.attempt.rules if isinstance(r.target, ToLine)]
    out: list[Expr] = []
    for e in formulas:
        for x in walk(e):
            if not isinstance(x, Add) or not any(_is_of_queue(a) for a in x.args):
                continue
            start = add(*(a for a in x.args if not _is_of_queue(a)))
            if not isinstance(start, Lit):
                out.append(s.at_device(start))
    return list(dict.fromkeys(out))


def _is_of_queue(e: Expr) -> bool:
    """Whether it differs from queue to queue."""
    return any(
        (isinstance(x, Var) and x.name.startswith("q."))
        or (isinstance(x, Tally) and x.below is not None)
        for x in _outside_tallies(e)
    )


def _outside_tallies(e: Expr) -> Iterable[Expr]:
    yield e
    if not isinstance(e, Tally):
        for x in children(e):
            yield from _outside_tallies(x)


def _divisors(s: Situation) -> set[int]:
    """Constants by which the driver's map divides: how many queues it puts side by side."""
    formulas = [r.target.ordinal for r in s.attempt.rules if isinstance(r.target, ToLine)]
    formulas += [r.target.number for r in s.attempt.rules if isinstance(r.target, ToNumber)]
    return divisors(formulas)


def divisors(formulas: Iterable[Expr]) -> set[int]:
    """Constants above 1 by which something in the formulas is divided."""
    every = (x for e in formulas for x in walk(e) if isinstance(x, Div))
    return {x.right.value for x in every if isinstance(x.right, Lit) and x.right.value > 1}


def far(s: Situation) -> int:
    """How far to look for a candidate at most: past each queue that is no family."""
    return 2 + sum(not f.indexed for f in s.device.families)


def idle_line(s: Situation, device_facts: tuple[Fact, ...], reach: int = 1) -> Goal:
    """A granted line that no source is on."""
    idle = Var("at.idle")
    facts: list[Fact] = [*device_facts, *(s.numbering(["idle"]) if s.uses_numbers else [])]
    bad: list[Expr] = [between(Lit(0), idle, sub(Var("lines"), Lit(1)))]
    tried = [(f, j) for f in s.device.families for j in candidates(s, f, idle, reach)]
    for k, (f, j) in enumerate(tried):
        tag = f"@{k}"
        made, limits = candidate(s, f, j, tag)
        facts += made
        bad.append(negate(conj(limits, s.callback(f, tag), s.on_line(tag, "idle"))))
    if s.device.type.config_change != FALSE:
        made = s.source_facts(None, "@c")
        facts += made[1:]
        bad.append(negate(conj(made[0].formula, s.on_line("@c", "idle"))))
    return Goal(
        "idle",
        tuple(facts),
        conj(*bad),
        (*shown(s), "at.idle"),
        about="lines",
        wider=idle_line(s, device_facts, far(s)) if reach == 1 else None,
        tell=_tell_idle(s),
    )


def candidate(s: Situation, f: Family, j: Expr, tag: str) -> tuple[list[Fact], Expr]:
    """Facts about a queue that may not exist, and the condition that it does."""
    own = (f"{f.name} range", f"{f.name} present", f"{f.name} single")
    made = s.source_facts(f, tag)
    limits = conj(*(x.formula for x in made if x.name.startswith(own[:2])))
    facts = [x for x in made if not x.name.startswith(own)]
    return [*facts, Fact(f"candidate{tag}", equal(Var("type.i" + tag), j))], limits


def _tell_idle(s: Situation) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        line = int(values["at.idle"])
        on_it = [r.name for r in seen.layout.rows if r.callback and r.driver.ordinal == line]
        if on_it or not 0 <= line < seen.layout.lines:
            words = f"line {line} serves {', '.join(on_it)} here; no rule was found for all lines"
            return NotConfirmed(words, spurious=True)
        ask = next((a for a in seen.layout.device.lines if a.pool == s.attempt.pool), None)
        origin = ask.origin if ask and s.attempt.takes is None else s.attempt.origin
        return Finding(
            "idle",
            f"line {line} of {seen.layout.device.name} serves nothing",
            named_values(seen),
            (Place(origin, f"{seen.layout.lines} lines are taken"),),
            pins(seen),
        )

    return tell


PROPERTY = Property(
    "economy",
    "polled queues take no line, every line serves something",
    _obligations,
    "no line is ever granted",
)
