"""What a handler can serve: which queues, and the configuration, on some path through its program.

Conditions that only the run decides (registers, rings) may go either way, except that a register
bit is never found set if no signal program sets it. Conditions over facts of the design stay.

Two answers, `surely` and `perhaps`: a queue that a handler serves surely is served on some path,
one that it does not even serve perhaps is served on none. They differ only where a program is too
clever to be followed (a loop over queues that one of them ends, a local that a loop computes);
`holds` is built on the first, `violated` on the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import product

from model.design.mapping import Transport
from model.design.program import (
    Assign,
    Block,
    ForQueues,
    Handler,
    If,
    LineAt,
    LineOf,
    LineRef,
    Locked,
    Loop,
    NotifyConfig,
    QueueAction,
    QueueVar,
    ReadRegister,
    Return,
    Service,
    SetBits,
    Stmt,
    Stop,
)
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
    text,
)
from model.span import Span

_VOLATILE = ("pending.", "wants.", "wants_last.", "asserted.", "masked.", "reg.")
_RUN, _GUESS = "run.", "guess."
_FACTS = ("device.", "arg.", "param.")
_TAKES = frozenset({"serve", "schedule", "drain", "drain_one"})
_MOST_VARIABLES = 8
"""Run-time conditions of one place that are told apart; beyond that, they are guessed at."""

Settable = frozenset[tuple[str, str]]


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
    walk = _Walk(settable)
    walk.block(handler.body, TRUE, {}, ())
    own = handler.queue.name if isinstance(handler, Service) else ""
    made = (_place(p, own, surely) for p in walk.found)
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


def settable_bits(transport: Transport, mode: str) -> Settable:
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


def _of_queue(e: Expr, name: str, other: str) -> Expr:
    """The facts of one queue variable become those of another."""
    by: dict[str, Expr] = {
        n: Var(other + n.removeprefix(name), n.endswith((".callback", ".slow")))
        for n in free(e)
        if n.startswith(f"{name}.")
    }
    return substitute(e, by)


# Places as they are found


@dataclass(frozen=True, slots=True)
class _Found:
    queue: str
    loops: tuple[ForQueues, ...]
    alive: Expr
    directly: bool
    origin: Span


def _place(found: _Found, own: str, surely: bool) -> Serves:
    """The place with what only the run decides taken out of its condition."""
    alive, lines = found.alive, tuple(f.line for f in found.loops if f.line is not None)
    others = [f.queue.name for f in found.loops if f.queue.name != found.queue]
    if found.queue == own != "":
        others = [f.queue.name for f in found.loops]
    if not found.queue and others:
        # Whether a loop over queues is entered at all says nothing about the configuration.
        alive, lines, others = conj(alive, Var(_GUESS + "entered", True)), (), []
    if surely:
        # A loop around is entered for the queue itself, if for no other.
        for name in others:
            alive = _of_queue(alive, name, found.queue)
        lines = tuple(r for r in (_for_itself(r, others, found.queue) for r in lines) if r)
    else:
        alive = _guessed(alive, others)
        own_loops = [f.line for f in found.loops if f.queue.name == found.queue and f.line]
        lines = tuple(r for r in own_loops if not _reads_other(r))
    return Serves(found.queue, lines, _project(alive, surely), found.directly, found.origin)


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
        return Var(f"{_GUESS}other {text(a)}", True) if hit else a

    return _leaves(e, guess)


def _leaves(e: Expr, f: Callable[[Expr], Expr]) -> Expr:
    """The Boolean structure of a formula with `f` applied to what is no connective."""
    match e:
        case Not(a):
            return negate(_leaves(a, f))
        case And(args):
            return conj(*(_leaves(a, f) for a in args))
        case Or(args):
            return disj(*(_leaves(a, f) for a in args))
        case Ite(c, a, b) if _is_boolean(a):
            test = _leaves(c, f)
            return disj(conj(test, _leaves(a, f)), conj(negate(test), _leaves(b, f)))
        case Eq(a, b) if _is_boolean(a):
            x, y = _leaves(a, f), _leaves(b, f)
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


def _project(e: Expr, surely: bool) -> Expr:
    """For some outcome of what the run decides: surely, whatever is guessed; or for some guess."""
    run = sorted(n for n in free(e) if n.startswith(_RUN))
    guesses = sorted(n for n in free(e) if n.startswith(_GUESS))
    if len(run) + len(guesses) > _MOST_VARIABLES:
        return FALSE if surely else TRUE
    every = [substitute(e, v) for v in _values(run)]
    if surely:
        both = (conj(*dict.fromkeys(substitute(x, v) for v in _values(guesses))) for x in every)
        return disj(*dict.fromkeys(both))
    return disj(*dict.fromkeys(substitute(x, v) for x in every for v in _values(guesses)))


def _values(names: list[str]) -> Iterable[dict[str, Expr]]:
    for some in product((TRUE, FALSE), repeat=len(names)):
        yield dict(zip(names, some, strict=True))


# The walk


@dataclass(frozen=True, slots=True)
class _Read:
    """What a local holds that was read from a register; each reading has a number."""

    registers: frozenset[str]
    number: int


_Env = dict[str, "Expr | _Read | None"]
"""What each local holds; None: it cannot be told."""


class _Walk:
    """Goes through a program with the condition under which each statement can be reached.

    In these conditions `run.N` is a Boolean that the run decides, and `guess.N` one that stands for
    something that this walk does not follow.
    """

    def __init__(self, settable: Settable) -> None:
        self.settable = settable
        self.found: list[_Found] = []
        self._stops: list[list[Expr]] = []
        self._count = 0

    def block(self, body: Block, alive: Expr, env: _Env, loops: tuple[ForQueues, ...]) -> Expr:
        """Reach condition after the block, constant false once nothing follows; `env` updated."""
        for s in body:
            if alive == FALSE:
                break
            alive = self._statement(s, alive, env, loops)
        return alive

    def _statement(self, s: Stmt, alive: Expr, env: _Env, loops: tuple[ForQueues, ...]) -> Expr:
        match s:
            case QueueAction(verb, queue, origin) if verb in _TAKES:
                directly = verb in ("drain", "drain_one")
                self.found.append(_Found(queue.name, loops, alive, directly, origin))
            case NotifyConfig(origin):
                self.found.append(_Found("", loops, alive, True, origin))
            case ReadRegister(name, register):
                self._count += 1
                env[name] = _Read(frozenset({register.name}), self._count)
            case Assign(name, value, is_bool):
                env[name] = self._assigned(value, is_bool, env)
            case If():
                return self._if(s, alive, env, loops)
            case Loop():
                return self._loop(s, alive, env, loops)
            case ForQueues():
                return self._for(s, alive, env, loops)
            case Locked(_, inner):
                return self.block(inner, alive, env, loops)
            case Stop():
                if self._stops:
                    self._stops[-1].append(alive)
                return FALSE
            case Return():
                return FALSE
            case _:
                pass
        return alive

    def _if(self, s: If, alive: Expr, env: _Env, loops: tuple[ForQueues, ...]) -> Expr:
        before = self._count
        test = self.condition(s.test, env)
        then, other = dict(env), dict(env)
        yes = self.block(s.then, conj(alive, test), then, loops)
        no = self.block(s.other, conj(alive, negate(test)), other, loops)
        self._merge(env, [e for e, a in ((then, yes), (other, no)) if a != FALSE])
        return self._forget(disj(yes, no), before, env)

    def _loop(self, s: Loop, alive: Expr, env: _Env, loops: tuple[ForQueues, ...]) -> Expr:
        before = self._count
        test = self.condition(s.test, env)
        self._stops.append([])
        out = [conj(alive, negate(test))]
        inside = dict(env)
        end = self.block(s.body, conj(alive, test), inside, loops)
        out.append(conj(end, negate(self.condition(s.test, inside))))
        changed = _locals(s.body)
        if changed and end != FALSE:
            # The first round was followed; what later rounds find in these locals was not.
            for name in changed:
                inside[name] = None
            later = conj(end, self.condition(s.test, inside), self._fresh(_GUESS))
            end = self.block(s.body, later, inside, loops)
            out.append(conj(end, negate(self.condition(s.test, inside))))
        out += self._stops.pop()
        for name in changed:
            env[name] = None
        return self._forget(disj(*out), before, env)

    def _for(self, s: ForQueues, alive: Expr, env: _Env, loops: tuple[ForQueues, ...]) -> Expr:
        before, first = self._count, len(self.found)
        changed = _locals(s.body)
        for name in changed:
            env[name] = None
        inside = dict(env)
        test = self.condition(s.where, inside)
        self._stops.append([])
        end = self.block(s.body, conj(alive, test), inside, (*loops, s))
        stops = disj(*self._stops.pop())
        if not _can_leave(s.body):
            return alive
        # Who comes later in the loop needs those before not to leave it.
        goes_on = self._forget(disj(end, conj(alive, negate(test))), before, env)
        stops = self._forget(stops, before, env)
        same = tuple(
            FALSE if any(n.startswith(f"{s.queue.name}.") for n in free(e)) else e
            for e in (goes_on, stops)
        )
        perhaps = self._fresh(_GUESS)
        for k in range(first, len(self.found)):
            f = self.found[k]
            self.found[k] = replace(f, alive=conj(f.alive, disj(perhaps, same[0])))
        return disj(*same, conj(alive, perhaps))

    # Conditions

    def condition(self, test: Expr, env: _Env) -> Expr:
        """A condition over facts, `run.N` and `guess.N`."""
        known = _known(env)

        def leaf(a: Expr) -> Expr:
            a = substitute(a, known)
            if isinstance(a, Var) and a.name.startswith("local.") and a.name.count(".") == 2:
                return self._bit(a.name, env)
            names = free(a)
            if any(n.startswith("local.") for n in names):
                return self._fresh(_GUESS)
            return self._fresh(_RUN) if any(n.startswith(_VOLATILE) for n in names) else a

        return _leaves(test, leaf)

    def _bit(self, name: str, env: _Env) -> Expr:
        _, local, bit = name.split(".")
        read = env.get(local)
        if not isinstance(read, _Read):
            return self._fresh(_GUESS)
        if not any((r, bit) in self.settable for r in read.registers):
            return FALSE
        return Var(f"{_RUN}{read.number}.{bit}", True)

    def _assigned(self, value: Expr, is_bool: bool, env: _Env) -> Expr | None:
        if is_bool:
            return self.condition(value, env)
        made = substitute(value, _known(env))
        return None if any(n.startswith(("local.", *_VOLATILE)) for n in free(made)) else made

    def _fresh(self, kind: str) -> Expr:
        self._count += 1
        return Var(f"{kind}{self._count}", True)

    def _merge(self, env: _Env, ways: list[_Env]) -> None:
        """What is known after a branch: where its ways differ, nothing; of registers, which."""
        for name in {n for w in ways for n in w}:
            every = [w.get(name) for w in ways]
            if all(v == every[0] for v in every):
                env[name] = every[0]
            elif all(isinstance(v, _Read) for v in every):
                registers = (v.registers for v in every if isinstance(v, _Read))
                self._count += 1
                env[name] = _Read(frozenset().union(*registers), self._count)
            else:
                env[name] = None

    def _forget(self, e: Expr, before: int, env: _Env) -> Expr:
        """For some outcome of what nothing can read any more."""
        kept = {v.number for v in env.values() if isinstance(v, _Read)}
        kept |= {_number(n) for v in _known(env).values() for n in free(v)}
        gone = [
            n
            for n in sorted(free(e))
            if n.startswith(_RUN) and _number(n) > before and _number(n) not in kept
        ]
        if not 0 < len(gone) <= _MOST_VARIABLES:
            return e
        return disj(*dict.fromkeys(substitute(e, v) for v in _values(gone)))


def _known(env: _Env) -> dict[str, Expr]:
    """The locals whose values are formulas."""
    return {f"local.{n}": v for n, v in env.items() if v is not None and not isinstance(v, _Read)}


def _number(name: str) -> int:
    parts = name.split(".")
    return int(parts[1]) if name.startswith(_RUN) else -1


def _locals(body: Block) -> tuple[str, ...]:
    names = (s.name for s in _statements(body) if isinstance(s, Assign | ReadRegister))
    return tuple(dict.fromkeys(names))


def _can_leave(body: Block) -> bool:
    return any(isinstance(s, Stop | Return | Loop) for s in _statements(body))
