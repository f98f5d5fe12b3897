"""What a handler can serve: which queues, and the configuration, on some path through its program.

Conditions that only the run decides (registers, rings) may go either way, except that a register
bit is never found set if no signal program sets it. Conditions over facts of the design stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from model.design.mapping import Transport
from model.design.program import (
    Assign,
    Block,
    ForQueues,
    Handler,
    If,
    LineRef,
    Locked,
    Loop,
    NotifyConfig,
    QueueAction,
    ReadRegister,
    Return,
    Service,
    SetBits,
    Stmt,
    Stop,
)
from model.expr import FALSE, TRUE, And, Expr, Ite, Lit, Not, Or, Var, conj, disj, free
from model.span import Span

_RUN_TIME = ("local.", "pending.", "wants.", "wants_last.", "asserted.", "masked.", "reg.")
_TAKES = frozenset({"serve", "schedule", "drain", "drain_one"})


@dataclass(frozen=True, slots=True)
class Serves:
    """One place in a handler that serves something.

    `queue` is the variable that stands for the queue (empty: the configuration); `line` the line
    whose queues a `for` goes through, None for all queues; `when` a condition over facts of the
    design, of that queue (`NAME.index`, ...) and `l`, the handler's line.
    """

    queue: str
    line: LineRef | None
    when: Expr
    directly: bool
    """True if the handler drains; False if it has the queue's service program do so."""
    origin: Span


def serves(handler: Handler, settable: frozenset[tuple[str, str]]) -> tuple[Serves, ...]:
    """All places at which the handler may serve; `settable`: (register, bit) that can be set."""
    walk = _Walk(settable)
    walk.block(handler.body, TRUE, ())
    return tuple(walk.found)


def drains(service: Service | None) -> bool:
    """True if the service program takes used entries on some path (no program: it just drains)."""
    if service is None:
        return True
    walk = _Walk(frozenset())
    walk.block(service.body, TRUE, ())
    return any(f.queue for f in walk.found)


def settable_bits(transport: Transport, mode: str) -> frozenset[tuple[str, str]]:
    """Register bits that some signal program sets; in the given mode, or in any if that is ''."""
    return frozenset(
        (s.register.name, bit)
        for signal in transport.signals
        if not mode or not signal.mode or signal.mode == mode
        for s in _statements(signal.body)
        if isinstance(s, SetBits)
        for bit in s.bits
    )


def _statements(block: Block) -> Iterable[Stmt]:
    for s in block:
        yield s
        match s:
            case If(_, then, other):
                yield from _statements(then)
                yield from _statements(other)
            case Loop(_, body) | ForQueues(_, _, _, body) | Locked(_, body):
                yield from _statements(body)
            case _:
                pass


class _Walk:
    """Goes through a program with the condition under which each statement can be reached."""

    def __init__(self, settable: frozenset[tuple[str, str]]) -> None:
        self.settable = settable
        self.found: list[Serves] = []
        self._read: dict[str, set[str]] = {}

    def block(self, body: Block, alive: Expr, loops: tuple[ForQueues, ...]) -> Expr:
        """Reach condition after the block; constant false once nothing follows."""
        for s in body:
            if alive == FALSE:
                break
            alive = self._statement(s, alive, loops)
        return alive

    def _statement(self, s: Stmt, alive: Expr, loops: tuple[ForQueues, ...]) -> Expr:
        match s:
            case QueueAction(verb, queue, origin) if verb in _TAKES:
                around = next((f for f in reversed(loops) if f.queue == queue), None)
                line = around.line if around else None
                directly = verb in ("drain", "drain_one")
                self.found.append(Serves(queue.name, line, alive, directly, origin))
            case NotifyConfig(origin):
                self.found.append(Serves("", None, alive, True, origin))
            case ReadRegister(name, register):
                self._read.setdefault(name, set()).add(register.name)
            case If(test, then, other):
                yes = self.block(then, conj(alive, self.may(test)), loops)
                no = self.block(other, conj(alive, self.may(Not(test))), loops)
                return disj(yes, no)
            case Loop(test, inner):
                self.block(inner, conj(alive, self.may(test)), loops)
            case ForQueues(_, _, where, inner):
                self.block(inner, conj(alive, self.may(where)), (*loops, s))
            case Locked(_, inner):
                return self.block(inner, alive, loops)
            case Stop() | Return():
                return FALSE
            case Assign(name):
                self._read.setdefault(name, set())
            case _:
                pass
        return alive

    def may(self, e: Expr) -> Expr:
        """A condition over facts alone that holds wherever `e` can be true."""
        match e:
            case Not(Not(a)):
                return self.may(a)
            case Not(And(args)):
                return disj(*(self.may(Not(a)) for a in args))
            case Not(Or(args)):
                return conj(*(self.may(Not(a)) for a in args))
            case Not(Lit(v)):
                return Lit(not v)
            case And(args):
                return conj(*(self.may(a) for a in args))
            case Or(args):
                return disj(*(self.may(a) for a in args))
            case Ite(c, a, b):
                return disj(conj(self.may(c), self.may(a)), conj(self.may(Not(c)), self.may(b)))
            case Var(name) if not self._can_be_set(name):
                return FALSE
            case _:
                return TRUE if any(n.startswith(_RUN_TIME) for n in free(e)) else e

    def _can_be_set(self, name: str) -> bool:
        parts = name.split(".")
        if parts[0] != "local" or len(parts) != 3 or parts[1] not in self._read:
            return True
        registers = self._read[parts[1]]
        return not registers or any((r, parts[2]) in self.settable for r in registers)
