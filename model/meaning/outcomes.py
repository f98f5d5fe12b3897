"""What only the run of a program decides, as Booleans that are taken out of a condition.

`run.N` is one that the run decides; `guess.N` stands for something that nobody follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

from model.expr import (
    FALSE,
    TRUE,
    And,
    Eq,
    Expr,
    Ite,
    Less,
    Lit,
    Not,
    Or,
    Var,
    conj,
    disj,
    free,
    negate,
    substitute,
)

RUN, GUESS = "run.", "guess."
MOST_VARIABLES = 8
"""Run-time conditions of one place that are told apart; beyond that, they are guessed at."""


def project(e: Expr, surely: bool) -> Expr:
    """For some outcome of what the run decides: surely, whatever is guessed; or for some guess."""
    run = sorted(n for n in free(e) if n.startswith(RUN))
    guesses = sorted(n for n in free(e) if n.startswith(GUESS))
    if len(run) + len(guesses) > MOST_VARIABLES:
        return FALSE if surely else TRUE
    every = [substitute(e, v) for v in _values(run)]
    if surely:
        both = (conj(*dict.fromkeys(substitute(x, v) for v in _values(guesses))) for x in every)
        return disj(*dict.fromkeys(both))
    return disj(*dict.fromkeys(substitute(x, v) for x in every for v in _values(guesses)))


def some_outcome(e: Expr, names: list[str]) -> Expr:
    """For some outcome of the named Booleans."""
    return disj(*dict.fromkeys(substitute(e, v) for v in _values(names)))


def _values(names: list[str]) -> Iterable[dict[str, Expr]]:
    for some in product((TRUE, FALSE), repeat=len(names)):
        yield dict(zip(names, some, strict=True))


def leaves(e: Expr, f: Callable[[Expr], Expr]) -> Expr:
    """The Boolean structure of a formula with `f` applied to what is no connective."""
    match e:
        case Not(a):
            return negate(leaves(a, f))
        case And(args):
            return conj(*(leaves(a, f) for a in args))
        case Or(args):
            return disj(*(leaves(a, f) for a in args))
        case Ite(c, a, b) if _is_boolean(a):
            test = leaves(c, f)
            return disj(conj(test, leaves(a, f)), conj(negate(test), leaves(b, f)))
        case Eq(a, b) if _is_boolean(a):
            x, y = leaves(a, f), leaves(b, f)
            return disj(conj(x, y), conj(negate(x), negate(y)))
        case _:
            return f(e)


def _is_boolean(e: Expr) -> bool:
    match e:
        case Lit(v):
            return isinstance(v, bool)
        case Var():
            return e.is_bool
        case Ite(_, a, _):
            return _is_boolean(a)
        case _:
            return isinstance(e, Not | And | Or | Eq | Less)
