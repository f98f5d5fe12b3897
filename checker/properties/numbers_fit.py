"""Lines by their numbers: listed ones exist, and what has to be contiguous is (of `irq_limits`).

That there are enough lines says nothing of which. Listed numbers have to be lines that are free,
and of one device only. And where devices need runs of numbers, there is a way to grant all of them:
one is looked for, for some values, with the condition under which it is good for others too, until
no values are left or there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from checker.engines.engine import Goal, Tell
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.device import Controller, Device
from model.expr import (
    FALSE,
    TRUE,
    Expr,
    Lit,
    Value,
    between,
    conj,
    disj,
    less,
    negate,
    value,
)
from model.meaning.allotment import TooHard
from model.meaning.capacity import demands, size
from model.meaning.fact import Fact, design_facts
from model.meaning.free_lines import Piece, chains, spoken
from model.meaning.line_numbers import controllers_of
from model.meaning.wanted import asks_for_run, fit, has_listed, is_there, wanted
from model.record import dataclass

_MOST_TOLD = 12


def numbers_fit(design: Design, enough: Sequence[Fact], *, all_sets: bool) -> Iterable[Goal]:
    """What is asked of numbers; `enough`: that there are enough lines, which other goals ask.

    `all_sets`: they ask it of all sets of controllers that there are.
    """
    if design.platform is None:
        return
    yield from _listed(design)
    every = demands(design)
    by_number = any(
        has_listed(design, d.device) or asks_for_run(design, d.device, d.ask) for d in every
    )
    apart = {
        frozenset(c.name for c in controllers_of(design, d.device, d.ask.pool))
        for d in every
        if d.ask.shared
    }
    if by_number or len(apart) > 1 or not all_sets or any(d.need is None for d in every):
        yield _fit(design, enough)


# What is listed


@dataclass(frozen=True, slots=True)
class _Fault:
    """What may be wrong with a listed number: under which condition, and in words."""

    bad: Expr
    words: str
    places: tuple[Place, ...]


def _listed(design: Design) -> Iterable[Goal]:
    faults = [f for d in design.devices if d.numbers and d.numbers.given for f in _of(design, d)]
    faults += _twice(design)
    some = [f for f in faults if f.bad != FALSE]
    groups = [[f] for f in some[:_MOST_TOLD]] + ([some[_MOST_TOLD:]] if some[_MOST_TOLD:] else [])
    for group in groups:
        yield Goal(
            "listed",
            tuple(design_facts(design)),
            disj(*(f.bad for f in group)),
            tuple(f"param.{p.name}" for p in design.params),
            tell=_tell_listed(design, group),
            about="numbers",
        )


def _of(design: Design, d: Device) -> Iterable[_Fault]:
    """Listed numbers of which no line is free for the device."""
    given = d.numbers.given if d.numbers and d.numbers.given else ()
    own = [c for a in d.lines for c in controllers_of(design, d, a.pool)]
    all_of = design.platform.controllers if design.platform else ()
    place = (Place(d.numbers.origin, ""),) if d.numbers else ()
    there = is_there(d)
    for n in given:
        reserved = [(c, conj(_has(c, n), _reserved(c, n))) for c in own]
        good = disj(*(conj(_has(c, n), negate(_reserved(c, n))) for c in own))
        bad = conj(there, negate(good))
        if bad == FALSE:
            continue
        where = next((c for c, e in reserved if e != FALSE), None)
        other = next((c for c in all_of if c not in own and _has(c, n) != FALSE), None)
        words = f"{d.name} lists number {n}, which is no line of {_names(own)}"
        seen: tuple[Controller | None, ...] = ()
        if where is not None:
            words, seen = f"{d.name} lists number {n}, which {where.name} has reserved", (where,)
        elif other is not None:
            words, seen = f"{words}: it belongs to {other.name}", (other,)
        yield _Fault(bad, words, (*place, *(Place(c.origin, "") for c in seen if c)))


def _names(some: Sequence[Controller]) -> str:
    return ", ".join(dict.fromkeys(c.name for c in some)) or "any controller that it may use"


def _has(c: Controller, n: int) -> Expr:
    return disj(*(between(i.lo, Lit(n), i.hi) for i in c.lines))


def _reserved(c: Controller, n: int) -> Expr:
    return disj(*(between(r.lo, Lit(n), r.hi) for r in c.reserved))


def _twice(design: Design) -> Iterable[_Fault]:
    """Numbers that two devices list, if they do not both share."""
    first: dict[tuple[str, int], Device] = {}
    for d in design.devices:
        if d.numbers is None or not has_listed(design, d):
            continue
        shares = d.lines[0].shared
        place = Place(d.numbers.origin, "")
        if d.index is not None and not shares and d.numbers.given:
            words = f"each {d.name} lists number {d.numbers.given[0]}, and they do not share lines"
            yield _Fault(less(Lit(1), size(d.index.range)), words, (place,))
        names = [c.name for c in controllers_of(design, d, d.lines[0].pool)]
        for n in d.numbers.given or ():
            before = next((first[c, n] for c in names if (c, n) in first), None)
            for c in names:
                first.setdefault((c, n), d)
            if before is None or before.numbers is None or (shares and before.lines[0].shared):
                continue
            both = conj(is_there(before), is_there(d))
            words = f"{before.name} and {d.name} both list number {n}, and do not share lines"
            yield _Fault(both, words, (place, Place(before.numbers.origin, "")))
            break


def _tell_listed(design: Design, group: Sequence[_Fault]) -> Tell:
    def tell(values: Mapping[str, Value]) -> Finding | NotConfirmed:
        for f in group:
            if value(f.bad, values):
                shown = _shown(design, values)
                pins = tuple((n, values[f"param.{n}"]) for n, _ in shown)
                return Finding("listed", f.words, shown, f.places, pins)
        return NotConfirmed("every listed number is a line of its own", spurious=False)

    return tell


def _shown(design: Design, values: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (p.name, str(values[f"param.{p.name}"]))
        for p in design.params
        if f"param.{p.name}" in values
    )


# What fits


def _fit(design: Design, enough: Sequence[Fact]) -> Goal:
    def refine(values: Mapping[str, Value]) -> Expr | None:
        try:
            return fit(design, values)
        except TooHard:
            return None

    return Goal(
        "numbers",
        tuple(design_facts(design)),
        TRUE,
        tuple(f"param.{p.name}" for p in design.params),
        tuple(enough),
        about="numbers",
        tell=_tell_fit(design),
        refine=refine,
    )


def _tell_fit(design: Design) -> Tell:
    def tell(values: Mapping[str, Value]) -> Finding | NotConfirmed:
        try:
            if fit(design, values) is not None:
                return NotConfirmed("not all ways to grant the lines were followed", spurious=True)
            return _no_way(design, values)
        except TooHard as e:
            return NotConfirmed(str(e), spurious=True)

    return tell


@dataclass(frozen=True, slots=True)
class _Needy:
    """A device that needs so many lines in a run."""

    device: Device
    lines: int
    times: int
    controllers: tuple[Controller, ...]
    place: Place

    def is_hopeless(self, pieces: Sequence[Piece]) -> bool:
        """Whether there is no such run even if it were alone."""
        names = {c.name for c in self.controllers}
        own = chains([p for p in pieces if p.controller in names])
        return all(c[-1].hi - c[0].lo + 1 < self.lines for c in own)

    @property
    def words(self) -> str:
        """As it is said."""
        each = f"{self.device.name} needs" if self.times == 1 else f"each {self.device.name} needs"
        return f"{each} {self.lines} contiguous lines"


def _no_way(design: Design, values: Mapping[str, Value]) -> Finding:
    needy = [n for n in _needy(design, values) if n.lines > 1]
    pieces = wanted(design, values).pieces
    alone = next((n for n in needy if n.is_hopeless(pieces)), None)
    if alone is not None:
        return _finding(design, values, [alone], alone.words)
    total = sum(n.times for n in needy)
    words = f"{total} devices need contiguous lines, and not all of them find a run"
    if len({n.lines for n in needy}) == 1:
        words = f"{total} devices need {needy[0].lines} contiguous lines each, and there is no way"
    if not needy:
        words = "not every device can be granted what it needs at least"
    if any(has_listed(design, d) for d in design.devices):
        words = f"beside what is listed, {words}"
    return _finding(design, values, needy, words)


def _needy(design: Design, values: Mapping[str, Value]) -> Iterable[_Needy]:
    for d in demands(design):
        if not asks_for_run(design, d.device, d.ask) or has_listed(design, d.device):
            continue
        index, own = d.device.index, dict(values)
        times = 1
        if index is not None:
            first, last = int(value(index.range.lo, own)), int(value(index.range.hi, own))
            own[f"index.{index.name}"], times = last, max(0, last - first + 1)
        lines = int(value(d.ask.range.lo, own)) if times else 0
        yield _Needy(
            d.device,
            lines,
            times,
            controllers_of(design, d.device, d.ask.pool),
            Place(d.ask.origin, f"needs {lines}"),
        )


def _finding(
    design: Design, values: Mapping[str, Value], needy: Sequence[_Needy], words: str
) -> Finding:
    controllers = list(dict.fromkeys(c for n in needy for c in n.controllers))
    places = [n.place for n in needy]
    if not needy and design.platform:
        controllers = list(design.platform.controllers)
        places = [Place(d.ask.origin, "") for d in demands(design)]
    names = {c.name for c in controllers}
    free = chains([p for p in wanted(design, values).pieces if p.controller in names])
    told = ", ".join(spoken(c) for c in free[:_MOST_TOLD]) or "none"
    told += f", and {len(free) - _MOST_TOLD} more" if len(free) > _MOST_TOLD else ""
    rows = [(n.device.name, str(n.lines)) for n in needy[:_MOST_TOLD]]
    if len(needy) > _MOST_TOLD:
        rows.append((f"... and {len(needy) - _MOST_TOLD} more", ""))
    shown = _shown(design, values)
    return Finding(
        "numbers",
        f"{words}; free runs of {_names(controllers)}: {told}",
        shown,
        (*places[:3], *(Place(c.origin, "") for c in controllers)),
        tuple((n, values[f"param.{n}"]) for n, _ in shown),
        table=(("device", "contiguous lines"), *rows) if len(needy) > 1 else (),
        hint="leave the numbers open (`numbers any`), with a map to ordinals: `line ...`"
        if needy
        else "",
    )
