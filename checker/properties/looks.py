"""What is true of the facts of a device, whichever it is: no counterexample may contradict it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import permutations

from model.design.design import Design
from model.design.mapping import Transport
from model.expr import (
    TRUE,
    And,
    Expr,
    Tally,
    Var,
    at_most,
    between,
    free,
    implies,
    less,
    substitute,
)
from model.meaning.fact import design_facts

_INDEX = Var("q.index")


def of_params(design: Design, transport: Transport, names: Iterable[str], tag: str) -> list[Expr]:
    """Params and arguments are in their ranges, and as is assumed; `tag` is that of the params."""
    known = set(names)
    out: list[Expr] = []
    if any(n.startswith("param.") for n in known):
        some = (f.formula for f in design_facts(design))
        out += (substitute(e, {n: Var(n + tag) for n in free(e)}) for e in some)
    for p in transport.params:
        if f"arg.{p.name}" in known:
            inside = between(p.range.lo, Var(f"arg.{p.name}"), p.range.hi)
            out.append(substitute(inside, {n: Var(n + tag) for n in free(inside)}))
    return out


def of_tallies(tallies: Mapping[Tally, Var], *, of_config: bool) -> list[Expr]:
    """How tallies of one device are related to each other, to the queue, and to its index.

    Over the facts of the queue that is mapped, unless it is the configuration.
    """
    out: list[Expr] = []
    for (a, x), (b, y) in permutations(tallies.items(), 2):
        # A tally of more queues, under no more conditions, is no smaller.
        if _parts(b.where) <= _parts(a.where) and b.below in (None, a.below):
            out.append(at_most(x, y))
        if b.where == a.where and b.below is None and a.below == _INDEX and not of_config:
            out.append(implies(a.where, less(x, y)))
    for a, x in tallies.items():
        if a.below == _INDEX and not of_config:
            out.append(at_most(x, _INDEX))
    return out


def _parts(e: Expr) -> frozenset[Expr]:
    if e == TRUE:
        return frozenset()
    return frozenset(e.args) if isinstance(e, And) else frozenset((e,))
