"""What a handler can serve: which queues, and the configuration, on some path through its program.

Conditions that only the run decides (registers, rings) may go either way, except that a register
bit is never found set if no signal program sets it. Conditions over facts of the design stay.

Two answers, `surely` and `perhaps`: a queue that a handler serves surely is served on some path,
one that it does not even serve perhaps is served on none. They differ only where a program is too
clever to be followed (a loop over queues that one of them ends, a local that a loop computes);
`holds` is built on the first, `violated` on the second.
"""

from __future__ import annotations

from collections.abc import Iterable

from model.design.program import Handler, LineAt, LineOf, LineRef, QueueVar, Service
from model.expr import FALSE, TRUE, Expr, Var, conj, disj, free, substitute, text
from model.meaning.outcomes import GUESS, leaves, project
from model.meaning.places import Reached, Settable, reached
from model.record import dataclass
from model.span import Span

_FACTS = ("device.", "arg.", "param.")


@dataclass(frozen=True, slots=True)
class Serves:
    """One place in a program that serves something.

    `queue` is the variable that stands for the queue (empty: the configuration); `lines` those
    that the loops around it go through, which all have to have the queue on them (None, for all
    queues, is left out); `when` a condition over facts of the design, of that queue
    (`NAME.index`, ...) and `l`, the handler's line.
    """

    queue: str
    lines: tuple[LineRef, ...]
    when: Expr
    directly: bool
    """True if the program drains; False if it has the queue's service program do so."""
    origin: Span


def serves(handler: Handler | Service, settable: Settable, *, surely: bool) -> tuple[Serves, ...]:
    """All places at which the program may serve; `settable`: (register, bit) that can be set."""
    own = handler.queue.name if isinstance(handler, Service) else ""
    made = (_place(p, own, surely) for p in reached(handler.body, settable))
    return tuple(p for p in made if p.when != FALSE)


def service_drains(service: Service | None, settable: Settable, *, surely: bool) -> Expr:
    """When the service program of a queue takes its used entries, over facts of `q`.

    No program: it just drains.
    """
    if service is None:
        return TRUE
    found = [p for p in serves(service, settable, surely=surely) if p.queue]
    own = service.queue.name
    direct = [p for p in found if p.directly and not p.lines]
    if not surely and any(not p.directly or p.queue != own for p in found):
        return TRUE  # It does something with other queues, or has others do it.
    # A loop over queues of its line, or over all of them, comes to this queue too.
    whens = (_of_queue(p.when, p.queue, "q") for p in direct)
    return disj(*(_of_queue(e, own, "q") for e in whens))


def _place(found: Reached, own: str, surely: bool) -> Serves:
    """The place with what only the run decides taken out of its condition."""
    alive, lines = found.alive, tuple(f.line for f in found.loops if f.line is not None)
    others = [f.queue.name for f in found.loops if f.queue.name != found.queue]
    if found.queue == own != "":
        others = [f.queue.name for f in found.loops]
    if not found.queue and others:
        # Whether a loop over queues is entered at all says nothing about the configuration.
        alive, lines, others = conj(alive, Var(GUESS + "entered", True)), (), []
    if surely:
        # A loop around is entered for the queue itself, if for no other.
        for name in others:
            alive = _of_queue(alive, name, found.queue)
        lines = tuple(r for r in (_for_itself(r, others, found.queue) for r in lines) if r)
    else:
        alive = _guessed(alive, others)
        own_loops = [f.line for f in found.loops if f.queue.name == found.queue and f.line]
        lines = tuple(r for r in own_loops if not _reads_other(r))
    return Serves(found.queue, lines, project(alive, surely), found.directly, found.origin)


def _for_itself(line: LineRef, others: Iterable[str], queue: str) -> LineRef | None:
    """The line of a loop where the queues of the loops around are this one; None: its own line."""
    match line:
        case LineOf(QueueVar()):
            return None
        case LineAt(e):
            for name in others:
                e = _of_queue(e, name, queue)
            return LineAt(e)
        case _:
            return line


def _reads_other(line: LineRef) -> bool:
    """Whether it is the line of some other queue, or reads one's facts."""
    match line:
        case LineOf(QueueVar()):
            return True
        case LineAt(e):
            return any("." in n and not n.startswith(_FACTS) for n in free(e))
        case _:
            return False


def _guessed(e: Expr, others: Iterable[str]) -> Expr:
    """Conditions over the facts of other queues become guesses."""
    starts = tuple(f"{n}." for n in others)
    if not starts:
        return e

    def guess(a: Expr) -> Expr:
        hit = any(n.startswith(starts) for n in free(a))
        return Var(f"{GUESS}other {text(a)}", True) if hit else a

    return leaves(e, guess)


def _of_queue(e: Expr, name: str, other: str) -> Expr:
    """The facts of one queue variable become those of another."""
    by: dict[str, Expr] = {
        n: Var(other + n.removeprefix(name), n.endswith((".callback", ".slow")))
        for n in free(e)
        if n.startswith(f"{name}.")
    }
    return substitute(e, by)
