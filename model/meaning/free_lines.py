"""Which numbers of controllers are free, run by run: for given values, and for which others too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from model.design.device import Controller, Trigger
from model.expr import (
    TRUE,
    Expr,
    Lit,
    Value,
    add,
    at_most,
    conj,
    disj,
    equal,
    less,
    negate,
    sub,
    value,
)
from model.record import dataclass

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers that nobody else can have: reserved, or a device's own; only if it `applies`."""

    is_message: bool
    lo: Expr
    hi: Expr
    applies: Expr = TRUE


@dataclass(frozen=True, slots=True)
class Piece:
    """Free numbers of one controller, one after the other.

    `lo` to `hi` for the given values; as long as it `stays`, `first` to `last` for others.
    """

    controller: str
    is_message: bool
    lo: int
    hi: int
    first: Expr
    last: Expr
    stays: Expr

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.hi - self.lo + 1

    @property
    def length(self) -> Expr:
        """The same for other values."""
        return add(sub(self.last, self.first), Lit(1))


Chain = tuple[Piece, ...]
"""Pieces whose numbers go on from one to the next."""


def free_pieces(
    controllers: Iterable[Controller], holes: Sequence[Hole], values: Values
) -> list[Piece]:
    """The free numbers of the controllers, in the order of the numbers."""
    out: list[Piece] = []
    for c in controllers:
        is_message = c.trigger is Trigger.MESSAGE
        own = [Hole(is_message, r.lo, r.hi) for r in c.reserved]
        own += [h for h in holes if h.is_message == is_message]
        for i in c.lines:
            out += _pieces(c.name, (i.lo, i.hi), is_message, own, values)
    return sorted(out, key=lambda p: (p.is_message, p.lo, p.hi))


def chains(pieces: Sequence[Piece]) -> list[Chain]:
    """The pieces, joined where the numbers go on."""
    out: list[list[Piece]] = []
    for p in pieces:
        last = out[-1][-1] if out else None
        if last and last.is_message == p.is_message and last.hi + 1 == p.lo:
            out[-1].append(p)
        else:
            out.append([p])
    return [tuple(c) for c in out]


def overlap(pieces: Sequence[Piece]) -> bool:
    """Whether a number belongs to two of the pieces (in order): the design has no such meaning."""
    return any(a.is_message == b.is_message and b.lo <= a.hi for a, b in pairwise(pieces))


def still_apart(pieces: Sequence[Piece]) -> Expr:
    """That for other values all the pieces are there, in the same order."""
    parts: list[Expr] = []
    for p in pieces:
        parts += [p.stays, at_most(p.first, p.last)]
    for a, b in pairwise(pieces):
        if a.is_message == b.is_message:
            parts.append(less(a.last, b.first))
    return conj(*parts)


def still_joined(chain: Chain) -> Expr:
    """That for other values the numbers of the chain still go on from piece to piece."""
    return conj(*(equal(add(a.last, Lit(1)), b.first) for a, b in pairwise(chain)))


def spoken(chain: Sequence[Piece]) -> str:
    """`4..5`, or `7`."""
    lo, hi = chain[0].lo, chain[-1].hi
    return str(lo) if lo == hi else f"{lo}..{hi}"


def _pieces(
    name: str,
    lines: tuple[Expr, Expr],
    is_message: bool,
    holes: Sequence[Hole],
    values: Values,
) -> list[Piece]:
    lo, hi = int(value(lines[0], values)), int(value(lines[1], values))
    there = [
        (int(value(h.lo, values)), int(value(h.hi, values)), h)
        for h in holes
        if value(h.applies, values)
    ]
    inside = sorted((x for x in there if x[0] <= min(x[1], hi) and lo <= x[1]), key=lambda x: x[:2])
    out: list[Piece] = []
    start, first = lo, lines[0]
    fixed = all(isinstance(e, Lit) for e in (*lines, *(e for h in holes for e in (h.lo, h.hi))))
    fixed = fixed and all(h.applies == TRUE for h in holes)

    def free(end: int, last: Expr) -> None:
        if start <= end:
            stays = TRUE if fixed else _stays((first, last), lines, holes)
            out.append(Piece(name, is_message, start, end, first, last, stays))

    for a, b, h in inside:
        free(a - 1, sub(h.lo, Lit(1)))
        if b + 1 > start:
            start, first = b + 1, add(h.hi, Lit(1))
    free(hi, lines[1])
    return out


def _stays(run: tuple[Expr, Expr], lines: tuple[Expr, Expr], holes: Sequence[Hole]) -> Expr:
    first, last = run
    inside = conj(at_most(lines[0], first), at_most(last, lines[1]))
    outside = (
        disj(negate(h.applies), less(h.hi, h.lo), less(h.hi, first), less(last, h.lo))
        for h in holes
    )
    return conj(inside, *outside)
