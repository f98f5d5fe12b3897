"""How many lines devices need, and how many controllers have, as formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model.design.design import Design
from model.design.device import Controller, Device, Index, Interval, LinesAsk
from model.expr import (
    Div,
    Expr,
    Lit,
    add,
    at_least_zero,
    free,
    ite,
    less,
    mul,
    sub,
    substitute,
)
from model.expr_linear import constant, linear_in
from model.record import dataclass

_Bounds = tuple[Expr, Expr]
_MOST_COUNTED = 1 << 20
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
    below = Div(mul(n, sub(n, Lit(1))), Lit(2))
    return add(mul(n, rest), mul(Lit(factor), add(mul(n, first), below)))


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
