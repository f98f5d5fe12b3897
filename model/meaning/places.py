"""At which places a program serves something, and under which condition each is reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from model.design.mapping import Transport
from model.design.program import (
    Assign,
    Block,
    ForQueues,
    If,
    Locked,
    Loop,
    NotifyConfig,
    QueueAction,
    ReadRegister,
    Return,
    SetBits,
    Stmt,
    Stop,
)
from model.expr import FALSE, TRUE, Expr, Var, conj, disj, free, negate, substitute
from model.meaning.outcomes import GUESS, MOST_VARIABLES, RUN, leaves, some_outcome
from model.record import dataclass
from model.span import Span

_VOLATILE = ("pending.", "wants.", "wants_last.", "asserted.", "masked.", "reg.")
_TAKES = frozenset({"serve", "schedule", "drain", "drain_one"})

Settable = frozenset[tuple[str, str]]
"""Register bits that can be set: (register, bit)."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A place that serves: the queue variable (empty: the configuration) in the loops around it.

    `alive`, the condition to get there, is over facts of the design, `run.N` and `guess.N` (see
    `model.meaning.outcomes`).
    """

    queue: str
    loops: tuple[ForQueues, ...]
    alive: Expr
    directly: bool
    origin: Span


def reached(body: Block, settable: Settable) -> tuple[Reached, ...]:
    """All places of a program that serve, in order of the text."""
    walk = _Walk(settable)
    walk.block(body, TRUE, {}, ())
    return tuple(walk.found)


def settable_bits(transport: Transport, mode: str) -> Settable:
    """Register bits that some signal program sets; in the given mode, or in any if that is ''."""
    return frozenset(
        (s.register.name, bit)
        for signal in transport.signals
        if not mode or not signal.mode or signal.mode == mode
        for s in statements(signal.body)
        if isinstance(s, SetBits)
        for bit in s.bits
    )


def statements(block: Block) -> Iterable[Stmt]:
    """All statements of a program, in the order of the text."""
    for s in block:
        yield s
        match s:
            case If(_, then, other):
                yield from statements(then)
                yield from statements(other)
            case Loop(_, body) | ForQueues(_, _, _, body) | Locked(_, body):
                yield from statements(body)
            case _:
                pass


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
        self.found: list[Reached] = []
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
                self.found.append(Reached(queue.name, loops, alive, directly, origin))
            case NotifyConfig(origin):
                self.found.append(Reached("", loops, alive, True, origin))
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
            later = conj(end, self.condition(s.test, inside), self._fresh(GUESS))
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
        perhaps = self._fresh(GUESS)
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
                return self._fresh(GUESS)
            return self._fresh(RUN) if any(n.startswith(_VOLATILE) for n in names) else a

        return leaves(test, leaf)

    def _bit(self, name: str, env: _Env) -> Expr:
        _, local, bit = name.split(".")
        read = env.get(local)
        if not isinstance(read, _Read):
            return self._fresh(GUESS)
        if not any((r, bit) in self.settable for r in read.registers):
            return FALSE
        return Var(f"{RUN}{read.number}.{bit}", True)

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
            if n.startswith(RUN) and _number(n) > before and _number(n) not in kept
        ]
        return some_outcome(e, gone) if 0 < len(gone) <= MOST_VARIABLES else e


def _known(env: _Env) -> dict[str, Expr]:
    """The locals whose values are formulas."""
    return {f"local.{n}": v for n, v in env.items() if v is not None and not isinstance(v, _Read)}


def _number(name: str) -> int:
    parts = name.split(".")
    return int(parts[1]) if name.startswith(RUN) else -1


def _locals(body: Block) -> tuple[str, ...]:
    names = (s.name for s in statements(body) if isinstance(s, Assign | ReadRegister))
    return tuple(dict.fromkeys(names))


def _can_leave(body: Block) -> bool:
    return any(isinstance(s, Stop | Return | Loop) for s in statements(body))
