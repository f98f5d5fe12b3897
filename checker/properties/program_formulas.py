"""The formulas of a transport's programs, with what is known where they are evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from model.design.mapping import Attempt
from model.design.program import (
    Assign,
    Block,
    ClearBits,
    Drive,
    ForQueues,
    Handler,
    If,
    LineAt,
    Locked,
    Loop,
    MaskLine,
    QueueVar,
    ReadRegister,
    SetBits,
    Stmt,
)
from model.expr import (
    TRUE,
    Div,
    Expr,
    Lit,
    Mod,
    Var,
    between,
    conj,
    disj,
    free,
    negate,
    sub,
    substitute,
    walk,
)
from model.meaning.fact import Fact
from model.meaning.situation import Situation
from model.record import dataclass

_RUN_TIME = ("local.", "reg.", "pending.", "wants.", "wants_last.", "asserted.", "masked.")
_ON_LINE = between(Lit(0), Var("l"), sub(Var("lines"), Lit(1)))


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, what the statements around it have decided, and the queues that they name.

    A device may signal where no line was granted; everything else runs for a line.
    """

    given: Expr
    e: Expr
    queues: tuple[str, ...]


def dividing(s: Situation) -> Iterator[tuple[Expr, Expr, list[Fact]]]:
    """What is given, and each formula with a division, over the facts of each queue it is about.

    In what is given, locals and what is looked up stay variables that may be anything.
    """
    for x in _of_programs(s):
        divisions = [part for part in walk(x.e) if isinstance(part, Div | Mod)]
        # Engines refuse to divide what is only known when it runs: nothing is said of it.
        if not divisions or any(n.startswith(_RUN_TIME) for d in divisions for n in free(d)):
            continue
        reads = {n.partition(".")[0] for n in free(x.given) | free(x.e)}
        queues = [q for q in x.queues if q in reads]
        for families in product(s.device.families, repeat=len(queues)):
            facts: list[Fact] = []
            given, e = x.given, x.e
            for k, (name, f) in enumerate(zip(queues, families, strict=True)):
                tag = f"@{k}" if k else ""
                facts += s.queue_facts(f, tag)
                given, e = (s.of_queue(_called_q(y, name), f, tag) for y in (given, e))
            yield s.at_device(given), s.at_device(e), facts


def _called_q(e: Expr, name: str) -> Expr:
    own = {
        v.name: Var(f"q.{v.name.removeprefix(f'{name}.')}", v.is_bool)
        for v in walk(e)
        if isinstance(v, Var) and v.name.startswith(f"{name}.")
    }
    return substitute(e, own)


def _of_programs(s: Situation) -> Iterator[Formula]:
    t, mode = s.transport, s.device.mode or s.attempt.mode
    modes = ("", mode) if mode else ("", *t.modes)
    for signal in t.signals:
        if signal.mode in modes:
            yield from _of_block(signal.body, Formula(TRUE, TRUE, _names(signal.queue)))
    for handler in t.handlers:
        yield from _of_block(handler.body, Formula(_runs(s.attempt, handler), TRUE, ()))
    for service in t.services:
        yield from _of_block(service.body, Formula(_ON_LINE, TRUE, _names(service.queue)))
    yield from (Formula(_ON_LINE, w.test, ()) for w in t.wires if w.mode in modes)


def _runs(attempt: Attempt, handler: Handler) -> Expr:
    """That the handler was requested for the line."""
    asked = (r for r in attempt.requests if r.handler == handler.name)
    lines = (conj(r.when, between(r.lines.lo, Var("l"), r.lines.hi)) for r in asked)
    return conj(_ON_LINE, disj(*lines)) if attempt.requests else _ON_LINE


def _names(q: QueueVar | None) -> tuple[str, ...]:
    return () if q is None else (q.name,)


def _of_block(body: Block, around: Formula) -> Iterator[Formula]:
    given = around.given
    for s in body:
        inside = around
        if isinstance(s, ForQueues):
            others = (q for q in around.queues if q != s.queue.name)
            inside = replace(around, queues=(*others, s.queue.name))
        yield from (replace(inside, e=e) for e in _own(s))
        match s:
            case If(test, then, other, _):
                yield from _of_block(then, replace(inside, given=conj(given, test)))
                yield from _of_block(other, replace(inside, given=conj(given, negate(test))))
            case Loop(test, inner, _) | ForQueues(_, _, test, inner, _):
                yield from _of_block(inner, replace(inside, given=conj(given, test)))
            case Locked(_, inner, _):
                yield from _of_block(inner, inside)
            case _:
                pass


def _own(s: Stmt) -> Iterable[Expr]:
    match s:
        case Assign(_, e, _, _) | If(e, _, _, _) | Loop(e, _, _):
            return (e,)
        case ForQueues(_, line, e, _, _):
            return (e, line.ordinal) if isinstance(line, LineAt) else (e,)
        case Drive(_, line, _) | MaskLine(_, line, _):
            return (line.ordinal,) if isinstance(line, LineAt) else ()
        case ReadRegister(_, r, _) | SetBits(r, _, _) | ClearBits(r, _, _, _):
            return (r.of.ordinal,) if isinstance(r.of, LineAt) else ()
        case _:
            return ()
