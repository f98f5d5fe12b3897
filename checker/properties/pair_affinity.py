"""The lines of one pair fire on one CPU, and pairs are spread.

# What it asks

For every value of the parameters and every grant: the two queues of each `pair` are mapped to lines
that fire on the same CPU. Where the design says which CPU a line is pinned to (`affinity`), that
decides; otherwise two lines may be on different CPUs, so the pair must be on one line. And no line
is left without a pair while another serves two, unless it is the line of the configuration that is
left; with `affinity`, no CPU is left without a pair for which another one is asked twice. There a
pair counts by the queue of it that takes interrupts: its first, or where that is polled its second.
A queue that is mapped to a line that is not there has no CPU: `coverage` reports it, and here it
counts for nothing. Who else may serve a queue is not asked: where the handler of a line serves all
queues, another CPU may come to a queue of the pair too.

# Why

Linux puts rx i and tx i on the same CPU (virtnet_set_affinity()), so that a flow stays in one
cache. A mapping with fewer lines than queues must keep that, or it gains nothing.

# Violated

`queue q -> line q.index % lines`: rx 0 on line 0, tx 0 on line 1.

# Repaired

`queue q -> line (q.index / 2) % lines`, or by a hint `group`.

# Sources

Linux virtnet_set_affinity(), vp_set_vq_affinity() (on a shared vector the last caller wins).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.coverage import shown
from checker.properties.economy import candidate, candidates, far
from checker.properties.laid_out import Scene, Values, scene
from checker.properties.on_cpus import on_cpu
from checker.properties.property import Property
from checker.properties.words import named_values, pins
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Affinity, Family, PairRule
from model.expr import (
    TRUE,
    Expr,
    Lit,
    Undefined,
    Value,
    Var,
    add,
    always_defined,
    between,
    conj,
    disj,
    equal,
    less,
    negate,
    sub,
    substitute,
)
from model.meaning.device_class import device_classes
from model.meaning.fact import Fact
from model.meaning.rows import Row
from model.meaning.side_maps import LINE, NUMBER
from model.meaning.situation import Situation
from model.record import dataclass


def _obligations(design: Design) -> Iterable[Obligation]:
    for devices in device_classes(design):
        if not devices.first.type.pairs:
            continue
        for attempt in design.transport(devices.first.transport).driver.attempts:
            s = Situation(design, devices, attempt)
            subject = devices.name
            if attempt.takes is not None:
                subject += f", attempt {attempt.name}"
            goals = [g for p in s.device.type.pairs for g in _pair_goals(s, p)]
            if not s.device.affinity:
                goals += [_spread(s, two) for two in _beside(s)]
            yield Obligation("pair_affinity", subject, tuple(goals))
            # By itself: how many queues are on each CPU is the hardest of the questions.
            for a in s.device.affinity[:1]:
                every = (_balanced(s, x, a) for x in _beside(s))
                yield Obligation("pair_affinity", subject, tuple(every))


def _families(s: Situation, p: PairRule) -> tuple[Family, Family]:
    by_name = {f.name: f for f in s.device.families}
    return by_name[p.first], by_name[p.second]


def _has_line(s: Situation, tag: str) -> Expr:
    """That the line which a queue is mapped to is there; `at.ownTAG` may be which one it is.

    The solver picks that one. Where it is to say that a queue has no line it may pick badly; what
    it finds so is laid out and not confirmed.
    """
    kind, last = Var(f"driver.kind{tag}"), sub(Var("lines"), Lit(1))
    by_line = conj(equal(kind, Lit(LINE)), between(Lit(0), Var(f"driver.line{tag}"), last))
    if not s.uses_numbers:
        return by_line
    number = Var(f"driver.number{tag}")
    if s.contiguous:
        inside = between(Var("base"), number, add(Var("base"), last))
        return disj(by_line, conj(equal(kind, Lit(NUMBER)), inside))
    return conj(between(Lit(0), Var(f"at.own{tag}"), last), s.on_line(tag, f"own{tag}"))


def _numbers(s: Situation, tags: Iterable[str], *named: str) -> list[Fact]:
    """What is known of the numbers of the lines that the queues with these tags are on."""
    if not s.uses_numbers:
        return []
    own = [] if s.contiguous else [f"own{tag}" for tag in tags]
    return s.numbering([*named, *own])


def _wanting(s: Situation, f: Family, tag: str) -> tuple[list[Fact], Expr]:
    """Facts about a queue, and that it wants notifications and is mapped.

    Where its map is undefined it is not; that is a hazard, which `coverage` reports.
    """
    ok = [negate(h) for h, _ in s.hazards("driver", f, tag)]
    return s.source_facts(f, tag), conj(*ok, s.callback(f, tag))


def _queue(s: Situation, f: Family, tag: str) -> tuple[list[Fact], Expr]:
    """Facts about a queue, and that it wants notifications and has a line."""
    facts, ok = _wanting(s, f, tag)
    return facts, conj(ok, _has_line(s, tag))


def _pair_goals(s: Situation, p: PairRule) -> Iterable[Goal]:
    first, second = _families(s, p)
    facts_a, ok_a = _queue(s, first, "")
    facts_b, ok_b = _queue(s, second, "@b")
    one_pair = Fact("one pair", equal(Var("type.i"), Var("type.i@b")), p.origin)
    facts = (*s.device_facts(), *facts_a, *facts_b, *_numbers(s, ("", "@b")), one_pair)
    there = conj(ok_a, ok_b)
    apart = negate(s.same_place("", "@b"))
    affinity = s.device.affinity[0] if s.device.affinity else None
    for more, bad in _cpus_differ(s, affinity):
        yield Goal(
            "pair",
            (*facts, *more),
            conj(there, apart, bad),
            shown(s),
            tell=_tell_pair(s, p, affinity),
            about=f"{p.first}, {p.second}",
        )
    yield Goal("witness", facts, there, want_model=True)


@dataclass(frozen=True, slots=True)
class _Stands:
    """Queues of a family that stand for their pairs: all, or those whose partner is polled."""

    family: Family
    rule: PairRule
    polled: tuple[Family, ...] = ()

    def when(self, s: Situation, tag: str) -> Expr:
        """Under which condition one does."""
        if not self.polled:
            return conj()
        some = (conj(_exists(s, f, tag), negate(s.callback(f, tag))) for f in self.polled)
        return disj(*some)


def _exists(s: Situation, f: Family, tag: str) -> Expr:
    """Whether the family has a queue of that number."""
    facts = (x for x in s.queue_facts(f, tag) if not x.name.startswith(f"{f.name} index"))
    return conj(*(x.formula for x in facts))


def _standing(s: Situation) -> list[_Stands]:
    """What takes the interrupts of pairs: their first queues; where one is polled, the second."""
    rules = s.device.type.pairs
    out: dict[str, _Stands] = {}
    for p in rules:
        out.setdefault(p.first, _Stands(_families(s, p)[0], p))
    for p in rules:
        first, second = _families(s, p)
        known = out.get(p.second, _Stands(second, p))
        if s.callback(first) != TRUE and (p.second not in out or known.polled):
            out[p.second] = replace(known, polled=(*known.polled, first))
    return list(out.values())


@dataclass(frozen=True, slots=True)
class _Two:
    """Two queues that stand for pairs, for two different ones if `apart`."""

    first: _Stands
    second: _Stands
    apart: Expr

    @property
    def names(self) -> tuple[str, ...]:
        """Of their families, each once."""
        return tuple(dict.fromkeys((self.first.family.name, self.second.family.name)))


def _beside(s: Situation) -> Iterable[_Two]:
    """Each kind of queue that stands for a pair, with one of the same and of each later kind."""
    rules = s.device.type.pairs
    every = _standing(s)
    i, j = Var("type.i"), Var("type.i@b")
    for k, one in enumerate(every):
        yield _Two(one, one, less(i, j))
        for other in every[k + 1 :]:
            # Rules that have a family in common say that what has one number belongs together.
            together = other.family.name in _together(rules, one.rule)
            yield _Two(one, other, negate(equal(i, j)) if together else conj())


def _together(rules: Sequence[PairRule], p: PairRule) -> set[str]:
    """The families that rules tie to those of this one, one after the other."""
    out = {p.first, p.second}
    for _ in rules:
        for r in rules:
            if {r.first, r.second} & out:
                out |= {r.first, r.second}
    return out


def _cpus_differ(s: Situation, affinity: Affinity | None) -> Iterable[tuple[list[Fact], Expr]]:
    """Ways in which two different lines may fire on different CPUs."""
    if affinity is None:
        yield [], conj()
        return
    if not affinity.of_queue:
        a = s.at_device(substitute(affinity.cpu, {"l": Var("driver.line")}))
        b = s.at_device(substitute(affinity.cpu, {"l": Var("driver.line@b")}))
        yield [], conj(always_defined(a), always_defined(b), negate(equal(a, b)))
        return
    # Any queue on a line may be the one whose call to set_vq_affinity came last.
    for f in s.device.families:
        for g in s.device.families:
            facts_f, ok_f = _wanting(s, f, "@w")
            facts_g, ok_g = _wanting(s, g, "@x")
            cpu_f = s.of_queue(affinity.cpu, f, "@w")
            cpu_g = s.of_queue(affinity.cpu, g, "@x")
            yield (
                [*facts_f, *facts_g],
                conj(
                    ok_f,
                    ok_g,
                    s.same_place("@w", ""),
                    s.same_place("@x", "@b"),
                    always_defined(cpu_f),
                    always_defined(cpu_g),
                    negate(equal(cpu_f, cpu_g)),
                ),
            )


def _cpus_of(seen: Scene, row: Row, affinity: Affinity) -> set[int]:
    """CPUs that the line of a row may be pinned to."""
    out: set[int] = set()
    for other in seen.layout.rows:
        if other.family is None or not other.callback:
            continue
        if other.driver.ordinal != row.driver.ordinal:
            continue
        env: dict[str, Value] = dict(other.facts)
        if row.driver.ordinal is not None:
            env["l"] = row.driver.ordinal
        try:
            out.add(int(seen.evaluate(affinity.cpu, env)))
        except (Undefined, KeyError):
            continue
    return out


def _tell_pair(s: Situation, p: PairRule, affinity: Affinity | None) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        i = int(values.get("type.i", 0))
        a, b = seen.row(p.first, i), seen.row(p.second, i)
        if a is None or b is None or not all(_landed(r, seen.layout.lines) for r in (a, b)):
            return NotConfirmed("laid out, one of the pair has no line", spurious=s.uses_numbers)
        if a.driver.ordinal == b.driver.ordinal:
            return NotConfirmed("laid out, the pair is on one line", spurious=s.uses_numbers)
        where = ""
        if affinity is not None:
            cpus = _cpus_of(seen, a, affinity), _cpus_of(seen, b, affinity)
            if len(cpus[0] | cpus[1]) < 2:
                words = "laid out, both lines are on one CPU"
                return NotConfirmed(words, spurious=s.uses_numbers)
            on = [" or ".join(map(str, sorted(c))) for c in cpus]
            where = f", on CPU {on[0]} and CPU {on[1]}"
        device = seen.layout.device.name
        rules = [r.driver.rule for r in (a, b) if r.driver.rule]
        places = [Place(r.origin, "") for r in dict.fromkeys(rules)]
        if affinity is not None:
            places.append(Place(affinity.origin, ""))
        return Finding(
            "pair",
            f"{device}.{a.name} is on {a.driver.short}, {device}.{b.name} on {b.driver.short}"
            f"{where}: one pair, two CPUs",
            named_values(seen, a, b),
            (*places, Place(p.origin, "")),
            pins(seen),
            hint="" if affinity else "map both to one line, or say where lines fire: `affinity`",
        )

    return tell


def _standing_queue(s: Situation, of: _Stands, tag: str) -> tuple[list[Fact], Expr]:
    facts, ok = _queue(s, of.family, tag)
    return facts, conj(ok, of.when(s, tag))


def _spread(s: Situation, two: _Two, reach: int = 1) -> Goal:
    """Two pairs on one line while another line, without the configuration, has none."""
    facts = [*s.device_facts(), *_numbers(s, ("", "@b"), "idle")]
    facts_a, ok_a = _standing_queue(s, two.first, "")
    facts_b, ok_b = _standing_queue(s, two.second, "@b")
    facts += [*facts_a, *facts_b]
    idle = Var("at.idle")
    bad = [
        ok_a,
        ok_b,
        two.apart,
        s.same_place("", "@b"),
        between(Lit(0), idle, sub(Var("lines"), Lit(1))),
    ]
    every = _standing(s)
    tried = [(g, j) for g in every for j in candidates(s, g.family, idle, reach)]
    for k, (g, j) in enumerate(tried):
        tag = f"@{k}"
        made, limits = candidate(s, g.family, j, tag)
        facts += made
        stands = conj(_wanting(s, g.family, tag)[1], g.when(s, tag))
        bad.append(negate(conj(limits, stands, s.on_line(tag, "idle"))))
    config = s.source_facts(None, "@c")
    facts += config[1:]
    bad.append(negate(conj(config[0].formula, s.on_line("@c", "idle"))))

    def tell(values: Values) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        crowd = _crowd(two, seen, values)
        return _tell_spread(two, seen, int(values["at.idle"]), crowd)

    return Goal(
        "spread",
        tuple(facts),
        conj(*bad),
        (*shown(s), "type.i@b", "at.idle"),
        about=", ".join(two.names),
        wider=_spread(s, two, far(s)) if reach == 1 else None,
        tell=tell,
    )


def _cpu(s: Situation, f: Family, affinity: Affinity, tag: str) -> Expr:
    """The CPU that is asked for a queue, or for the line that it is on."""
    if affinity.of_queue:
        return s.of_queue(affinity.cpu, f, tag)
    return s.at_device(substitute(affinity.cpu, {"l": Var(f"driver.line{tag}")}))


def _balanced(s: Situation, two: _Two, affinity: Affinity, guess: int = 0) -> Goal:
    """Two pairs on one CPU while another CPU has none.

    `guess`: which of the ways to name a queue for each CPU (see `on_cpu`).
    """
    facts_a, ok_a = _standing_queue(s, two.first, "")
    facts_b, ok_b = _standing_queue(s, two.second, "@b")
    facts = [*s.device_facts(), *facts_a, *facts_b]
    one, other = _cpu(s, two.first.family, affinity, ""), _cpu(s, two.second.family, affinity, "@b")
    idle = Var("cpu.idle")
    bad = [
        ok_a, ok_b, two.apart,
        always_defined(one), always_defined(other), equal(one, other),
        between(Lit(0), idle, sub(s.cpus, Lit(1))),
    ]  # fmt: skip
    every = _standing(s)
    each = (on_cpu(s, g.family, affinity, idle) for g in every)
    guesses = [x for x in zip(*each, strict=True) if any(x)]
    tried = [(g, j) for g, some in zip(every, guesses[guess], strict=True) for j in some]
    for k, (g, j) in enumerate(tried):
        tag = f"@{k}"
        made, limits = candidate(s, g.family, j, tag)
        facts += made
        cpu = _cpu(s, g.family, affinity, tag)
        on_it = conj(always_defined(cpu), equal(cpu, idle))
        there = conj(limits, _standing_queue(s, g, tag)[1], on_it)
        bad.append(negate(there))
    facts += _numbers(s, ("", "@b", *(f"@{k}" for k in range(len(tried)))))

    def tell(values: Values) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        return _tell_balanced(s, seen, int(values["cpu.idle"]), _crowd(two, seen, values))

    return Goal(
        "balance",
        tuple(facts),
        conj(*bad),
        (*shown(s), "type.i@b", "cpu.idle"),
        about=", ".join(two.names),
        wider=_balanced(s, two, affinity, guess + 1) if guess + 1 < len(guesses) else None,
        tell=tell,
    )


def _crowd(two: _Two, seen: Scene, values: Values) -> tuple[Row | None, Row | None]:
    i, j = int(values.get("type.i", 0)), int(values.get("type.i@b", 0))
    return seen.row(two.first.family.name, i), seen.row(two.second.family.name, j)


def _stand(seen: Scene) -> list[Row]:
    """The queues that stand for pairs and have a line, laid out."""
    rules = seen.layout.device.type.pairs
    named = {(r.family.name, r.nth): r for r in seen.layout.rows if r.family}

    def stands(name: str, nth: int) -> bool:
        if any(p.first == name for p in rules):
            return True
        firsts = (named.get((p.first, nth)) for p in rules if p.second == name)
        return any(first is not None and not first.callback for first in firsts)

    lines = seen.layout.lines
    mapped = {at: r for at, r in named.items() if r.callback and _landed(r, lines)}
    return [r for (name, nth), r in mapped.items() if stands(name, nth)]


def _landed(row: Row, lines: int) -> bool:
    """Whether the driver maps it to a line that is there."""
    at = row.driver.ordinal
    return row.driver.kind == "line" and at is not None and 0 <= at < lines


def _tell_balanced(
    s: Situation, seen: Scene, idle: int, crowd: tuple[Row | None, Row | None]
) -> Finding | NotConfirmed:
    affinity = s.device.affinity[0]
    of_pairs = _stand(seen)
    cpus = {r.name: _asked_cpu(seen, r, affinity) for r in of_pairs}
    a, b = crowd
    if a is None or b is None or not {a.name, b.name} <= {r.name for r in of_pairs}:
        return NotConfirmed("laid out, one of the pairs has no line", spurious=True)
    if cpus.get(a.name) is None or cpus.get(a.name) != cpus.get(b.name):
        return NotConfirmed("laid out, the pairs are on two CPUs", spurious=True)
    if any(cpus.get(r.name) == idle for r in of_pairs):
        return NotConfirmed("laid out, every CPU has a pair", spurious=True)
    device = seen.layout.device.name
    return Finding(
        "balance",
        f"{device}.{a.name} and {device}.{b.name} are on CPU {cpus[a.name]}, and CPU {idle} has no "
        "pair at all",
        named_values(seen, a, b),
        (Place(affinity.origin, ""),),
        pins(seen),
    )


def _asked_cpu(seen: Scene, row: Row, affinity: Affinity) -> int | None:
    """The CPU that is asked for a queue, or for its line; None if there is none."""
    env: dict[str, Value] = dict(row.facts)
    if row.driver.ordinal is not None:
        env["l"] = row.driver.ordinal
    try:
        return int(seen.evaluate(affinity.cpu, env))
    except (Undefined, KeyError):
        return None


def _tell_spread(
    two: _Two, seen: Scene, idle: int, pair: tuple[Row | None, Row | None]
) -> Finding | NotConfirmed:
    of_pairs = _stand(seen)
    some = [*of_pairs, *(r for r in seen.layout.rows if r.family is None and r.callback)]
    empty = all(r.driver.ordinal != idle for r in some)
    row, other = pair
    pairs = [r for r in of_pairs if r.family and r.family.name in two.names]
    crowd = [r for r in pairs if row and r.driver.ordinal == row.driver.ordinal]
    if not empty or row is None or other not in crowd:
        return NotConfirmed("laid out, every line has a pair", spurious=True)
    names = ", ".join(r.name for r in crowd[:6])
    names += f", ... ({len(crowd)} in all)" if len(crowd) > 6 else ""
    rule, device = row.driver.rule, seen.layout.device.name
    return Finding(
        "spread",
        f"{row.driver.short} of {device} serves {names}, line {idle} no pair at all",
        named_values(seen),
        (Place(rule.origin, ""),) if rule else (),
        pins(seen),
    )


PROPERTY = Property(
    "pair_affinity",
    "the lines of one pair fire on one CPU, and pairs are spread",
    _obligations,
    "no device has a `pair` whose queues both have lines",
)
