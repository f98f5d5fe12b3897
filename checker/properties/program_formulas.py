"""The formulas of a transport's programs, with what is known where they are evaluated."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from itertools import count, product

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
    LineOf,
    LineRef,
    LineVar,
    Locked,
    Loop,
    MaskLine,
    QueueVar,
    ReadRegister,
    Return,
    SetBits,
    Stmt,
    Stop,
)
from model.expr import (
    FALSE,
    TRUE,
    Div,
    Expr,
    Lit,
    Mod,
    Var,
    always_defined,
    between,
    conj,
    disj,
    equal,
    free,
    negate,
    rebuild,
    sub,
    substitute,
    walk,
)
from model.meaning.fact import Fact
from model.meaning.side_maps import LINE
from model.meaning.situation import Situation
from model.record import dataclass

_RUN_TIME = ("local.", "reg.", "pending.", "wants.", "wants_last.", "asserted.", "masked.")
_ON_LINE = between(Lit(0), Var("l"), sub(Var("lines"), Lit(1)))
_KIND, _LINE = "at kind", "at line"
"""Facts of a queue of a loop: where the driver maps it."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, what the statements around and before it have decided, and the queues named.

    A device may signal where no line was granted; everything else runs for a line.
    """

    given: Expr
    e: Expr
    queues: tuple[str, ...]


_Formulas = Generator[Formula, None, Expr]
"""The formulas of a block; and what is known where its end is reached, beside what was before."""


def dividing(s: Situation) -> Iterator[tuple[Expr, Expr, list[Fact]]]:
    """What is given, and each formula with a division, over the facts of each queue it is about.

    In what is given, locals and what is looked up stay variables that may be anything.
    """
    for x in _Programs(s).formulas():
        divisions = [part for part in walk(x.e) if isinstance(part, Div | Mod)]
        # Engines refuse to divide what is only known when it runs: nothing is said of it.
        if not divisions or any(n.startswith(_RUN_TIME) for d in divisions for n in free(d)):
            continue
        names = free(x.given) | free(x.e)
        reads = {n.partition(".")[0] for n in names}
        queues = [q for q in x.queues if q in reads]
        for families in product(s.device.families, repeat=len(queues)):
            facts: list[Fact] = []
            given, e = x.given, x.e
            for k, (name, f) in enumerate(zip(queues, families, strict=True)):
                # Two queues have two tags: what has none would be renamed with the other's facts.
                tag = f"@{k}" if len(queues) > 1 else ""
                mapped = f"{name}.{_LINE}" in names
                facts += s.source_facts(f, tag) if mapped else s.queue_facts(f, tag)
                given, e = (s.of_queue(_called_q(y, name, tag), f, tag) for y in (given, e))
                if mapped:  # A queue whose map is undefined is on no line.
                    given = conj(*(negate(h) for h, _ in s.hazards("driver", f, tag)), given)
            given = s.at_device(given)
            # A run does not get past what is undefined; there it is reported.
            yield conj(always_defined(given), given), s.at_device(e), facts


def _called_q(e: Expr, name: str, tag: str) -> Expr:
    own: dict[str, Expr] = {
        v.name: Var(f"q.{v.name.removeprefix(f'{name}.')}", v.is_bool)
        for v in walk(e)
        if isinstance(v, Var) and v.name.startswith(f"{name}.")
    }
    own[f"{name}.{_KIND}"] = Var(f"driver.kind{tag}")
    own[f"{name}.{_LINE}"] = Var(f"driver.line{tag}")
    return substitute(e, own)


class _Programs:
    """The programs of a situation's transport."""

    def __init__(self, s: Situation) -> None:
        self.s = s
        self._looks = count()

    def formulas(self) -> Iterator[Formula]:
        """All that they evaluate."""
        t, mode = self.s.transport, self.s.device.mode or self.s.attempt.mode
        modes = ("", mode) if mode else ("", *t.modes)
        for signal in t.signals:
            if signal.mode in modes:
                yield from self._of_block(signal.body, Formula(TRUE, TRUE, _names(signal.queue)))
        for handler in t.handlers:
            runs = _runs(self.s.attempt, handler)
            yield from self._of_block(handler.body, Formula(runs, TRUE, ()))
        for service in t.services:
            around = Formula(_ON_LINE, TRUE, _names(service.queue))
            yield from self._of_block(service.body, around)
        yield from (Formula(_ON_LINE, w.test, ()) for w in t.wires if w.mode in modes)

    def _of_block(self, body: Block, around: Formula) -> _Formulas:
        known: Expr = TRUE
        for s in body:
            here = replace(around, given=conj(around.given, known))
            yield from (replace(here, e=self._anew(e)) for e in _own(s))
            match s:
                case If(test, then, other, _):
                    known = conj(known, (yield from self._of_if(test, then, other, here)))
                case Loop(test, inner, _):
                    given = conj(here.given, self._anew(test))
                    yield from self._of_block(inner, replace(here, given=given))
                case ForQueues():
                    yield from self._of_loop(s, here)
                case Locked(_, inner, _):
                    known = conj(known, (yield from self._of_block(inner, here)))
                case Return() | Stop():
                    return FALSE
                case _:
                    pass
            if known == FALSE:
                return FALSE
        return known

    def _of_if(self, test: Expr, then: Block, other: Block, here: Formula) -> _Formulas:
        test = self._anew(test)
        ways = []
        for c, body in ((test, then), (negate(test), other)):
            known = yield from self._of_block(body, replace(here, given=conj(here.given, c)))
            ways.append((c, known))
        if all(known == TRUE for _, known in ways):
            return TRUE
        return disj(*(conj(c, known) for c, known in ways))

    def _of_loop(self, s: ForQueues, here: Formula) -> Iterator[Formula]:
        q = s.queue.name
        given = conj(here.given, self._is_on(q, s.line))
        inside = Formula(given, TRUE, (*here.queues, q))
        yield replace(inside, e=self._anew(s.where))
        yield from self._of_block(s.body, replace(inside, given=conj(given, self._anew(s.where))))

    def _is_on(self, queue: str, line: LineRef | None) -> Expr:
        """That the driver maps the queue to the line, as far as that can be said."""
        kind, mapped = Var(f"{queue}.{_KIND}"), Var(f"{queue}.{_LINE}")
        match line:
            case LineVar():
                here = equal(mapped, Var("l"))
            case LineAt(e):
                here = equal(mapped, e)
            case LineOf(None):
                here = self.s.config_line(mapped)
            case _:
                return TRUE
        if self.s.uses_numbers:  # Which line has a number is not known here.
            return disj(negate(equal(kind, Lit(LINE))), here)
        return conj(equal(kind, Lit(LINE)), here)

    def _anew(self, e: Expr) -> Expr:
        """The formula with each value of the run as if it were another one, as it may be by now.

        What an `if` has found is no longer so after an assignment, or when another agent has run.
        """
        if isinstance(e, Var) and e.name.startswith(_RUN_TIME):
            return Var(f"{e.name}#{next(self._looks)}", e.is_bool)
        again: Callable[[Expr], Expr] = self._anew
        return rebuild(e, again)


def _runs(attempt: Attempt, handler: Handler) -> Expr:
    """That the handler was requested for the line."""
    asked = (r for r in attempt.requests if r.handler == handler.name)
    lines = (conj(r.when, between(r.lines.lo, Var("l"), r.lines.hi)) for r in asked)
    return conj(_ON_LINE, disj(*lines)) if attempt.requests else _ON_LINE


def _names(q: QueueVar | None) -> tuple[str, ...]:
    return () if q is None else (q.name,)


def _own(s: Stmt) -> Iterable[Expr]:
    match s:
        case Assign(_, e, _, _) | If(e, _, _, _) | Loop(e, _, _):
            return (e,)
        case ForQueues(_, LineAt(e), _, _, _):
            return (e,)
        case Drive(_, line, _) | MaskLine(_, line, _):
            return (line.ordinal,) if isinstance(line, LineAt) else ()
        case ReadRegister(_, r, _) | SetBits(r, _, _) | ClearBits(r, _, _, _):
            return (r.of.ordinal,) if isinstance(r.of, LineAt) else ()
        case _:
            return ()
