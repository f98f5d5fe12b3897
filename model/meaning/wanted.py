"""What the devices of a design want of the machine's lines, by number, for given values.

Devices whose numbers are listed have those and no others; what is left is wanted by the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from itertools import combinations

from model.design.design import Design
from model.design.device import Device, LinesAsk, Trigger
from model.expr import (
    TRUE,
    Expr,
    Lit,
    Var,
    at_least_zero,
    conj,
    equal,
    ite,
    less,
    sub,
    substitute,
    value,
)
from model.expr_linear import constant
from model.meaning.allotment import TooHard, Want, allot
from model.meaning.capacity import MOST_DEVICES, Demand, demands, each, largest, size
from model.meaning.free_lines import Hole, Piece, Values, free_pieces, overlap
from model.meaning.line_numbers import controllers_of
from model.record import dataclass


def numbered(design: Design, d: Device, pool: str) -> str:
    """How its lines are numbered: `run`, `any`, or `some run` (some controllers promise it)."""
    if d.numbers is not None:
        return "run" if d.numbers.contiguous else "any"
    promised = [c.contiguous for c in controllers_of(design, d, pool)]
    if not any(promised):
        return "any"
    return "run" if all(promised) else "some run"


def has_listed(design: Design, d: Device) -> bool:
    """Whether the lines of a device surely are those that it lists.

    With a policy they are only where just so many are granted.
    """
    if d.numbers is None or d.numbers.given is None or len(d.lines) != 1:
        return False
    if all(a.takes is None for a in design.transport(d.transport).driver.attempts):
        return True
    ask = d.lines[0].range
    return constant(ask.lo) == constant(ask.hi) == len(d.numbers.given)


def is_there(d: Device) -> Expr:
    """Whether there is a device of that name at all."""
    return TRUE if d.index is None else less(Lit(0), size(d.index.range))


@dataclass(slots=True)
class Wanted:
    """What is wanted, and of which numbers."""

    wants: list[Want] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    """Where more is wanted here than is needed: if it does not fit, nothing is known."""
    only_here: bool = False
    """True if the wants say nothing of other values."""


def fit(design: Design, values: Values) -> Expr | None:
    """Under which condition the machine has what is needed at least; None: not for these values.

    The condition holds for the given values. Raises `TooHard` where neither can be said.
    """
    found: Expr | None = None
    doubts: list[str] = []
    for as_run in (True, False):
        w = wanted(design, values, as_run=as_run)
        found = allot(w.wants, w.pieces, values)
        if found is not None:
            return _here(design, values) if w.only_here else found
        doubts = w.doubts
        if not doubts:
            return None
    raise TooHard("; ".join(dict.fromkeys(doubts)))


def _here(design: Design, values: Values) -> Expr:
    names = (f"param.{p.name}" for p in design.params)
    return conj(*(equal(Var(n), Lit(values[n])) for n in names if n in values))


def wanted(design: Design, values: Values, *, as_run: bool = True) -> Wanted:
    """All that is wanted for these values.

    Where only some controllers of a device promise contiguous numbers, either all is a run or all
    is of the other controllers (`as_run`).
    """
    out = Wanted()
    holes: list[Hole] = []
    shared: dict[frozenset[str], list[tuple[Want, str]]] = {}
    for d in demands(design):
        if has_listed(design, d.device):
            holes += _own(design, d.device, out)
            continue
        how = numbered(design, d.device, d.ask.pool)
        some = controllers_of(design, d.device, d.ask.pool)
        if how == "some run":
            out.doubts.append(
                f"only some controllers of {d.device.name} promise contiguous numbers"
            )
            if not as_run:
                some = tuple(c for c in some if not c.contiguous)
        names = frozenset(c.name for c in some)
        is_run = how == "run" or (how == "some run" and as_run)
        for lines, times in _sizes(d, values, out):
            w = Want(names, at_least_zero(lines), times, is_run)
            if d.ask.shared:
                shared.setdefault(names, []).append((w, d.device.name))
            else:
                out.wants.append(w)
    for names, sharers in shared.items():
        out.wants += _once(names, [w for w, _ in sharers])
    lists = [d.device for d in demands(design) if d.ask.shared and has_listed(design, d.device)]
    if shared and (lists or any(a & b for a, b in combinations(shared, 2))):
        out.doubts.append("which lines devices share that may have different ones")
    controllers = design.platform.controllers if design.platform else ()
    out.pieces = free_pieces(controllers, list(dict.fromkeys(holes)), values)
    if overlap(out.pieces):
        raise TooHard("a line's number belongs to two controllers")
    return out


def _own(design: Design, d: Device, out: Wanted) -> Iterator[Hole]:
    """The listed numbers of a device: nobody else has them."""
    given = d.numbers.given if d.numbers and d.numbers.given else ()
    spaces = {c.trigger is Trigger.MESSAGE for c in controllers_of(design, d, d.lines[0].pool)}
    if len(spaces) > 1:
        out.doubts.append(f"whether the numbers of {d.name} are those of messages")
    for is_message in sorted(spaces):
        for n in given:
            yield Hole(is_message, Lit(n), Lit(n), is_there(d))


def _sizes(d: Demand, values: Values, out: Wanted) -> Iterator[tuple[Expr, Expr]]:
    """How many lines each of so many devices needs."""
    index, lo = d.device.index, d.ask.range.lo
    if index is None:
        yield lo, Lit(1)
    elif not d.differs:
        yield lo, size(index.range)
    else:
        every = each(index, lo)
        if every is None:
            out.only_here = True
            first, last = (int(value(e, values)) for e in (index.range.lo, index.range.hi))
            if last - first >= MOST_DEVICES:
                raise TooHard(f"more than {MOST_DEVICES} devices that need different numbers")
            every = [
                substitute(lo, {f"index.{index.name}": Lit(k)}) for k in range(first, last + 1)
            ]
        yield from ((e, Lit(1)) for e in every)


def _once(names: frozenset[str], sharers: list[Want]) -> list[Want]:
    """Devices that may be on the same lines: the longest run, and what others need besides."""

    def most(run: bool) -> Expr:
        return largest(
            [ite(less(Lit(0), w.times), w.size, Lit(0)) for w in sharers if w.run == run]
        )

    more = at_least_zero(sub(most(run=False), most(run=True)))
    return [Want(names, most(run=True), Lit(1), True), Want(names, more, Lit(1), False)]


def asks_for_run(design: Design, d: Device, ask: LinesAsk) -> bool:
    """Whether the numbers of its lines may be a reason that they cannot be had."""
    return numbered(design, d, ask.pool) != "any" and ask.range.lo not in (Lit(0), Lit(1))
