"""A system with its small numbers as bits: the same system, easier for a solver.

Program places and capped counters are numbers of a few values. Each becomes as many Boolean cells
as its values need; unbounded counters stay numbers. `back` says what a bit means in the numbers, so
that an invariant over bits can be read, and checked, over the cells that people know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from model.expr import (
    FALSE,
    TRUE,
    Add,
    And,
    Eq,
    Expr,
    Ite,
    Less,
    Lit,
    Mul,
    Not,
    Or,
    Var,
    between,
    conj,
    disj,
    equal,
    negate,
    rebuild,
)
from model.kernel.system import Cell, Step, System
from model.record import dataclass

_MOST_VALUES = 64
Cases = dict[int, Expr]
"""A small number: the values that it may have, each with its condition."""


class TooWide(Exception):
    """A number has too many values to be taken apart."""


@dataclass(frozen=True, slots=True)
class Blasted:
    """The system over bits, and each bit as a condition over the cells of the original."""

    system: System
    back: Mapping[str, Expr]
    ranges: Expr
    """The values that the numbers have: what no bit says."""


def blast(system: System) -> Blasted:
    """Numbers of up to 64 values as bits. Raises `TooWide` where one meets an unbounded one."""
    small = {
        c.name: c
        for c in system.cells
        if not c.is_bool and c.lo == 0 and c.hi is not None and c.hi < _MOST_VALUES
        and c.initial is not None
    }  # fmt: skip
    cells: list[Cell] = []
    back: dict[str, Expr] = {}
    for c in system.cells:
        if c.name not in small:
            cells.append(c)
            continue
        for k in range(_width(c)):
            name = _bit(c.name, k)
            first = bool(int(c.initial or 0) >> k & 1)
            cells.append(Cell(name, first, private=c.private))
            back[name] = disj(*(equal(c.var, Lit(v)) for v in range((c.hi or 0) + 1) if v >> k & 1))
    over = _Over(small)
    steps = tuple(over.step(s) for s in system.steps)
    made = replace(
        system,
        cells=tuple(cells),
        steps=steps,
        bad=over.condition(system.bad),
        where=over.condition(system.where),
        sources=(),
        quiet=TRUE,
        never=FALSE,
    )
    ranges = conj(*(between(Lit(0), c.var, Lit(c.hi or 0)) for c in small.values()))
    return Blasted(made, back, ranges)


def _width(c: Cell) -> int:
    return max(1, (c.hi or 0).bit_length())


def _bit(name: str, k: int) -> str:
    return f"{name}#{k}"


class _Over:
    def __init__(self, small: Mapping[str, Cell]) -> None:
        self.small = small

    def step(self, s: Step) -> Step:
        writes: list[tuple[str, Expr]] = []
        for name, e in s.writes:
            if name not in self.small:
                writes.append((name, self.term(e)))
                continue
            c = self.small[name]
            cases = self.cases(e)
            if cases is None:
                raise TooWide(name)
            for k in range(_width(c)):
                writes.append((_bit(name, k), disj(*(w for v, w in cases.items() if v >> k & 1))))
        return replace(s, guard=self.condition(s.guard), writes=tuple(writes), sees=())

    def term(self, e: Expr) -> Expr:
        """A truth value, or a number that stays one."""
        match e:
            case Var(_, True) | Not() | And() | Or() | Eq() | Less():
                return self.condition(e)
            case Lit():
                return e
            case Var(name):
                if name in self.small:
                    raise TooWide(name)
                return e
            case Ite(c, a, b):
                return Ite(self.condition(c), self.term(a), self.term(b))
            case _:
                return rebuild(e, self.term)

    def condition(self, e: Expr) -> Expr:
        """A truth value over bits."""
        match e:
            case Lit() | Var():
                return e
            case Eq(a, b):
                return self._compared(e, self.cases(a), self.cases(b), lambda x, y: x == y)
            case Less(a, b):
                return self._compared(e, self.cases(a), self.cases(b), lambda x, y: x < y)
            case Not() | And() | Or() | Ite():
                return rebuild(e, self.condition)
            case _:
                raise TooWide(repr(e))

    def _compared(self, e: Eq | Less, a: Cases | None, b: Cases | None, holds: object) -> Expr:
        if a is None or b is None:
            return rebuild(e, self.term)
        return disj(
            *(conj(p, q) for x, p in a.items() for y, q in b.items() if holds(x, y))  # type: ignore[operator]
        )

    def cases(self, e: Expr) -> Cases | None:
        """The values of a small number; None: it is a truth value, or not small."""
        match e:
            case Lit(v):
                return None if isinstance(v, bool) else {v: TRUE}
            case Var(name) if name in self.small:
                c = self.small[name]
                return {v: self._is(c, v) for v in range((c.hi or 0) + 1)}
            case Ite(c, a, b):
                return self._chosen(self.condition(c), self.cases(a), self.cases(b))
            case Add(args):
                return self._added([self.cases(a) for a in args])
            case Mul(Lit(k), b):
                some = self.cases(b)
                return None if some is None else {int(k) * v: w for v, w in some.items()}
            case _:
                return None

    def _is(self, c: Cell, v: int) -> Expr:
        bits = (Var(_bit(c.name, k), True) for k in range(_width(c)))
        return conj(*(b if v >> k & 1 else negate(b) for k, b in enumerate(bits)))

    def _chosen(self, test: Expr, a: Cases | None, b: Cases | None) -> Cases | None:
        if a is None or b is None:
            return None
        out: Cases = {}
        for v in dict.fromkeys((*a, *b)):
            yes, no = a.get(v, FALSE), b.get(v, FALSE)
            both = disj(conj(test, yes), conj(negate(test), no))
            if both != FALSE:
                out[v] = both
        return out

    def _added(self, every: list[Cases | None]) -> Cases | None:
        out: Cases = {0: TRUE}
        for some in every:
            if some is None:
                return None
            new: Cases = {}
            for x, p in out.items():
                for y, q in some.items():
                    new[x + y] = disj(new.get(x + y, FALSE), conj(p, q))
            out = new
        return out
