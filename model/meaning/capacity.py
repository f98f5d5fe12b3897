"""How many lines devices need, and how many controllers have, as formulas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from model.design.design import Design
from model.design.device import Controller, Device, Index, Interval, LinesAsk
from model.expr import (
    TRUE,
    Div,
    Expr,
    Lit,
    add,
    at_least_zero,
    at_most,
    conj,
    free,
    ite,
    less,
    mul,
    sub,
    substitute,
)
from model.expr_linear import constant, linear_in
from model.meaning.line_numbers import controllers_of
from model.record import dataclass

_Bounds = tuple[Expr, Expr]
_MOST_COUNTED = 1 << 20
_MOST_GROUPS = 6
MOST_DEVICES = 4096


@dataclass(frozen=True, slots=True)
class Demand:
    """What a device, or an array of them, needs of a pool at least.

    `need`: all of them together, or the most that one needs where they share; None: it depends on
    the number of the device in a way that is no formula.
    """

    device: Device
    ask: LinesAsk
    need: Expr | None

    @property
    def differs(self) -> bool:
        """Whether devices of the array need different numbers of lines."""
        d = self.device
        return d.index is not None and f"index.{d.index.name}" in free(self.ask.range.lo)


def size(i: Interval) -> Expr:
    """How many whole numbers are in an interval."""
    return at_least_zero(add(sub(i.hi, i.lo), Lit(1)))


def demands(design: Design) -> list[Demand]:
    """What each device needs at least, of each pool; arrays as a whole."""
    return [Demand(d, ask, _need(d, ask)) for d in design.devices for ask in d.lines]


def _need(d: Device, ask: LinesAsk) -> Expr | None:
    lo = ask.range.lo
    if d.index is None:
        return at_least_zero(lo)
    n = size(d.index.range)
    parts = linear_in(lo, f"index.{d.index.name}")
    if parts is not None and parts[0] == 0:
        lo = at_least_zero(parts[1])
        return ite(less(Lit(0), n), lo, Lit(0)) if ask.shared else mul(n, lo)
    one_each = each(d.index, lo)
    if one_each is not None:
        return largest(one_each) if ask.shared else add(*map(at_least_zero, one_each))
    return None if parts is None else _of_array(d.index, ask, parts)


def _of_array(index: Index, ask: LinesAsk, parts: tuple[int, Expr]) -> Expr:
    """What an array needs whose devices need more, or less, the higher their number is."""
    n, first = size(index.range), index.range.lo
    factor, rest = parts
    if ask.shared:
        ends = [add(mul(Lit(factor), e), rest) for e in (first, index.range.hi)]
        return ite(less(Lit(0), n), largest(ends), Lit(0))
    last = index.range.hi
    ends = [add(mul(Lit(factor), e), rest) for e in (first, last)]
    none_below = conj(*(at_most(Lit(0), e) for e in ends))
    if factor < 0:  # The same numbers the other way round.
        factor, first, last = -factor, sub(Lit(0), last), sub(Lit(0), first)
    # From where on a device asks for 0 lines or more: the others need none, not less than none.
    start = _larger(first, _rounded_up(sub(Lit(0), rest), factor))
    some = size(Interval(start, last, index.range.origin))
    every = _sum((factor, rest), first, n)
    if none_below == TRUE:
        return every
    return ite(none_below, every, _sum((factor, rest), start, some))


def _sum(parts: tuple[int, Expr], first: Expr, n: Expr) -> Expr:
    """`factor * k + rest` for n numbers k from `first` on, added up."""
    below = Div(mul(n, sub(n, Lit(1))), Lit(2))
    return add(mul(n, parts[1]), mul(Lit(parts[0]), add(mul(n, first), below)))


def _rounded_up(e: Expr, by: int) -> Expr:
    """`e / by`, rounded up; a division is of what is not negative."""
    up = Div(at_least_zero(add(e, Lit(by - 1))), Lit(by))
    down = sub(Lit(0), Div(at_least_zero(sub(Lit(0), e)), Lit(by)))
    return ite(less(Lit(0), e), up, down)


def each(index: Index, e: Expr) -> list[Expr] | None:
    """A formula for each device of an array; None if their number depends on a parameter."""
    lo, hi = constant(index.range.lo), constant(index.range.hi)
    if lo is None or hi is None or hi - lo >= MOST_DEVICES:
        return None
    return [substitute(e, {f"index.{index.name}": Lit(k)}) for k in range(lo, hi + 1)]


def largest(some: Sequence[Expr]) -> Expr:
    """The largest of some numbers, or 0."""
    known = max((e.value for e in some if isinstance(e, Lit)), default=0)
    most: Expr = Lit(max(0, known))
    for e in dict.fromkeys(e for e in some if not isinstance(e, Lit)):
        most = ite(less(most, e), e, most)
    return most


def total(some: Sequence[Demand]) -> Expr:
    """What they need together: those that share lines need them once, not each."""
    own = [d.need for d in some if d.need is not None and not d.ask.shared]
    return add(*own, largest([d.need for d in some if d.need is not None and d.ask.shared]))


def fewest(design: Design, some: Sequence[Demand]) -> tuple[Expr, Expr]:
    """The fewest lines that they can do with, as (at least, at most); mostly these are the same.

    Those that share may be on the same lines only where they may use the same controllers.
    """
    own = add(*(d.need for d in some if d.need is not None and not d.ask.shared))
    groups: dict[frozenset[str], list[Expr | None]] = {}
    for d in some:
        if d.ask.shared:
            names = frozenset(c.name for c in controllers_of(design, d.device, d.ask.pool))
            groups.setdefault(names, []).append(d.need)
    needs = {k: largest([e for e in v if e is not None]) for k, v in groups.items()}
    apart = [add(*(needs[k] for k in family)) for family in _disjoint(list(needs))]
    least, most = largest(apart), add(*needs.values())
    # Of sets that are disjoint or one inside the other it is the most of any disjoint ones.
    laminar = all(not a & b or a <= b or b <= a for a, b in combinations(needs, 2))
    return add(own, least), add(own, least if laminar and len(needs) <= _MOST_GROUPS else most)


def _disjoint(sets: list[frozenset[str]]) -> Iterator[tuple[frozenset[str], ...]]:
    """The families of disjoint sets; beyond some number of sets these alone."""
    if len(sets) > _MOST_GROUPS:
        yield from ((s,) for s in sets)
        return
    for n in range(1, len(sets) + 1):
        for family in combinations(sets, n):
            if all(not a & b for a, b in combinations(family, 2)):
                yield family


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
