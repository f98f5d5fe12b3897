"""Which queue of a family a map may send to a line: its formulas, solved for the queue's number.

A guess, not a meaning: what is found here is given to the solver as an example to try, which says
whether it is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.design.device import Family
from model.design.mapping import ToLine, ToNumber
from model.expr import (
    Add,
    Div,
    Expr,
    Ite,
    Lit,
    Mod,
    Mul,
    Var,
    add,
    at_least_zero,
    free,
    mul,
    sub,
    substitute,
)
from model.meaning.situation import Situation

_I = "type.i"
_MOST = 12


def inverse(s: Situation, f: Family, target: Expr) -> list[Expr]:
    """Numbers within the family of queues that may be on the line `target`."""
    out: list[Expr] = []
    own: dict[str, Expr] = {"q.index": s.at_device(f.at)}
    for r in s.attempt.rules:
        if r.for_config or not isinstance(r.target, ToLine | ToNumber):
            continue
        if isinstance(r.target, ToLine):
            out += _solved(substitute(s.of_queue(r.target.ordinal, f), own), target)
        else:
            number = add(Var("base"), target)
            out += _solved(substitute(s.of_queue(r.target.number, f), own), number)
    return list(dict.fromkeys(out))[:_MOST]


def _solved(e: Expr, to: Expr) -> Iterator[Expr]:
    """Values of `type.i` for which the formula may be `to`."""
    match e:
        case Var(n) if n == _I:
            yield to
        case _ if _I not in free(e):
            return
        case Add(args):
            own = [a for a in args if _I in free(a)]
            rest = [a for a in args if _I not in free(a)]
            if len(own) == 1:
                yield from _solved(own[0], sub(to, add(*rest)))
        case Mul(Lit(k), a) | Mul(a, Lit(k)) if k < 0:
            yield from _solved(mul(Lit(-k), a), sub(Lit(0), to))
        case Mul(Lit(k), a) | Mul(a, Lit(k)) if k > 0:
            yield from _solved(a, Div(at_least_zero(add(to, Lit(k - 1))), Lit(k)))
            yield from _solved(a, Div(at_least_zero(to), Lit(k)))
        case Div(a, Lit(k)):
            yield from _solved(a, mul(Lit(k), to))
        case Mod(a, b):
            if _I not in free(b):
                yield from _solved(a, to)
                yield from _solved(a, add(to, b))
        case Ite(_, a, b):
            yield from _solved(a, to)
            yield from _solved(b, to)
        case _:
            return
