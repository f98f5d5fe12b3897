"""Small changes of a transport's programs and maps, one at a time: what an engineer would try.

Each is of the design's own data, not of its text: the programs are lowered as those of any design.
Whether a change repairs anything is for others to find out (checker/verdict/repairs.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from model.design.device import Trigger
from model.design.mapping import Transport
from model.design.program import (
    Assign,
    Block,
    ClearBits,
    Fence,
    ForQueues,
    Handler,
    If,
    LineVar,
    Locked,
    Loop,
    MaskLine,
    QueueAction,
    ReadRegister,
    RegisterRef,
    Return,
    Service,
    Signal,
    Stmt,
    Stop,
    Wire,
)
from model.expr import TRUE, Expr, Lit, Var, disj, free, sub, substitute, text
from model.meaning.places import settable_bits
from model.record import dataclass
from model.span import Span

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Edit:
    """A change in words, where it is made, and the transport that it makes."""

    words: str
    at: Span
    makes: Transport


@dataclass(frozen=True, slots=True)
class _Change:
    """Of a block: what it becomes."""

    words: str
    at: Span
    body: Block


def edits(t: Transport, mode: str, trigger: Trigger) -> Iterator[Edit]:
    """Changes of what the driver does, then of its map, then of what the device does."""
    yield from _of_handlers(t, mode, trigger)
    yield from _of_services(t)
    yield from _of_maps(t)
    yield from _of_requests(t)
    yield from _of_signals(t, mode, trigger)


def _of_handlers(t: Transport, mode: str, trigger: Trigger) -> Iterator[Edit]:
    follows = trigger is not Trigger.LEVEL and any(w.mode in ("", mode) for w in t.wires)
    for k, h in enumerate(t.handlers):
        made: Handler
        for c in _Programs(t).changes(h.body):
            made = replace(h, body=c.body)
            yield Edit(c.words, c.at, replace(t, handlers=_with(t.handlers, k, made)))
        for cleared, words in _cleared_first(t, h, mode):
            made = replace(h, body=(cleared, *h.body))
            yield Edit(words, h.origin, replace(t, handlers=_with(t.handlers, k, made)))
        if follows:  # There is no edge as long as its condition stays true.
            high = f"asserted {h.line.name}"
            again = Loop(Var(high.replace(" ", "."), True), h.body, h.origin)
            made = replace(h, body=(again,))
            words = f"do all of it again while the line is high: `while {high} {{ ... }}`"
            yield Edit(words, h.origin, replace(t, handlers=_with(t.handlers, k, made)))


def _cleared_first(t: Transport, h: Handler, mode: str) -> Iterator[tuple[Stmt, str]]:
    """What the device sets, acknowledged before anything is done."""
    for r in t.registers:
        bits = tuple(b for b in r.bits if (r.name, b) in settable_bits(t, mode))
        if bits and r.per != "queue":
            of = h.line if r.per else None
            where = f"{r.name}{f'[{h.line.name}]' if r.per else ''}"
            some = bits[0] if len(bits) == 1 else f"{{{', '.join(bits)}}}"
            clear = ClearBits(RegisterRef(r.name, of), bits, None, h.origin)
            yield clear, f"add `clear {where}.{some}` at the start"


def _of_services(t: Transport) -> Iterator[Edit]:
    for k, s in enumerate(t.services):
        for c in _Programs(t).changes(s.body):
            made: Service = replace(s, body=c.body)
            yield Edit(c.words, c.at, replace(t, services=_with(t.services, k, made)))
        q, look = s.queue.name, Var(f"pending.{s.queue.name}", True)
        fence = (Fence(s.origin),) * (t.memory != "sc")
        if s.deferred:
            again = If(look, (QueueAction("schedule", s.queue, s.origin),), (), s.origin)
            for first in dict.fromkeys(((), fence)):  # `complete` may have waited for all stores.
                made = replace(s, body=(*s.body, *first, again))
                words = "look again at the end: `" + "fence; " * len(first)
                words += f"if pending {q} {{ schedule {q} }}`"
                yield Edit(words, s.origin, replace(t, services=_with(t.services, k, made)))
        else:
            done = If(look, (), (Stop(s.origin),), s.origin)
            made = replace(s, body=(Loop(TRUE, (*s.body, *fence, done), s.origin),))
            stop = f"if not pending {q} {{ stop }}"
            words = f"look again: `loop {{ ... {'fence; ' * len(fence)}{stop} }}`"
            yield Edit(words, s.origin, replace(t, services=_with(t.services, k, made)))


def _of_signals(t: Transport, mode: str, trigger: Trigger) -> Iterator[Edit]:
    for k, s in enumerate(t.signals):
        if s.mode not in ("", mode):
            continue
        for c in _Programs(t).changes(s.body):
            made: Signal = replace(s, body=c.body)
            yield Edit(c.words, c.at, replace(t, signals=_with(t.signals, k, made)))
    told = settable_bits(t, mode)
    for k, w in enumerate(t.wires):
        more = sorted((r, b) for r, b in told if f"reg.{r}.{b}" not in free(w.test))
        if w.mode in ("", mode) and more:
            test = disj(w.test, *(Var(f"reg.{r}.{b}", True) for r, b in more))
            words = f"also `or {' or '.join(f'{r}.{b}' for r, b in more)}`"
            made_wire = replace(w, test=test)
            yield Edit(words, w.origin, replace(t, wires=_with(t.wires, k, made_wire)))
    if told and trigger is Trigger.LEVEL and not any(w.mode in ("", mode) for w in t.wires):
        some = sorted(told)
        test = disj(*(Var(f"reg.{r}.{b}", True) for r, b in some))
        wire = Wire(LineVar("l"), test, False, "", t.origin)
        words = " or ".join(f"{r}.{b}" for r, b in some)
        yield Edit(f"add `drive line l while {words}`", t.origin, replace(t, wires=(wire,)))


def _of_maps(t: Transport) -> Iterator[Edit]:
    """The driver's map as the device's, for what it treats otherwise."""
    if t.device.programmed:
        return
    for k, a in enumerate(t.driver.attempts):
        for r in t.device.rules:
            made = replace(a, rules=(r, *a.rules))
            attempts = _with(t.driver.attempts, k, made)
            words = f"map in the driver as the device does: `{_text(r.origin)}`"
            driver = replace(t.driver, attempts=attempts)
            yield Edit(words, r.origin, replace(t, driver=driver))


def _of_requests(t: Transport) -> Iterator[Edit]:
    """More lines requested with a handler: down to the first, up to the last."""
    last = sub(Var("lines"), Lit(1))
    for k, a in enumerate(t.driver.attempts):
        for j, r in enumerate(a.requests):
            for lines in (replace(r.lines, hi=last), replace(r.lines, lo=Lit(0))):
                if lines == r.lines:
                    continue
                made = replace(a, requests=_with(a.requests, j, replace(r, lines=lines)))
                driver = replace(t.driver, attempts=_with(t.driver.attempts, k, made))
                span = f"{text(lines.lo)}..{text(lines.hi)}"
                words = f"`request lines {span} with {r.handler}`"
                yield Edit(words, r.origin, replace(t, driver=driver))


def _with(some: tuple[_T, ...], k: int, new: _T) -> tuple[_T, ...]:
    return (*some[:k], new, *some[k + 1 :])


class _Programs:
    """Changes of a program of the transport."""

    def __init__(self, t: Transport) -> None:
        self.weak = t.memory != "sc"
        self.bits = {r.name: r.bits for r in t.registers}

    def changes(self, body: Block) -> Iterator[_Change]:
        """Those that read no local before it has a value, and leave nothing unreachable."""
        known, dead = _too_early(body, set()), _unreachable(body)
        every = (
            self._moves(body),
            self._widened(body, {}),
            self._added(body),
            self._left_out(body),
        )
        for some in every:
            for c in some:
                if _too_early(c.body, set()) <= known and _unreachable(c.body) <= dead:
                    yield c

    # Each statement where it is

    def _inside(
        self, body: Block, change: Callable[[Block], Iterator[_Change]]
    ) -> Iterator[_Change]:
        """A change of the blocks inside a block."""
        for k, s in enumerate(body):
            for name in ("then", "other", "body"):
                for c in change(getattr(s, name, ())):
                    part: Any = {name: c.body}
                    made: Any = replace(s, **part)
                    yield replace(c, body=_with(body, k, made))

    def _moves(self, body: Block) -> Iterator[_Change]:
        simple_first = sorted(enumerate(body), key=lambda x: isinstance(x[1], _WITH_BLOCKS))
        for k, s in simple_first:
            others = (*body[:k], *body[k + 1 :])
            for to in range(len(body)):
                moved = (*others[:to], s, *others[to:])
                if to != k and not any(isinstance(x, Stop | Return) for x in moved[:-1]):
                    before = to < k
                    there = others[to] if before else others[to - 1]
                    words = f"do `{_text(s.origin)}` {'before' if before else 'after'}"
                    yield _Change(f"{words} `{_text(there.origin)}`", s.origin, moved)
        yield from self._inside(body, self._moves)

    def _widened(self, body: Block, read: dict[str, str]) -> Iterator[_Change]:
        """Less is asked before something is done; of bits, another one is."""
        read = {**read, **{s.name: s.register.name for s in body if isinstance(s, ReadRegister)}}
        for k, s in enumerate(body):
            for words, new in self._wider(s, read):
                yield _Change(words, s.origin, (*body[:k], *new, *body[k + 1 :]))
        yield from self._inside(body, lambda b: self._widened(b, read))

    def _wider(self, s: Stmt, read: dict[str, str]) -> Iterator[tuple[str, Block]]:
        match s:
            case If(test, then, other):
                for words, new in self._other_bits(test, read):
                    yield words, (replace(s, test=new),)
                if other:
                    yield "do what is in `else` in any case", (replace(s, other=()), *other)
                else:
                    yield f"do what is inside `{_text(s.origin)}` in any case", then
            case ForQueues(queue, line, where, _):
                if where != TRUE:
                    words = f"go through all of them: `{_text(s.origin)}` without `where`"
                    yield words, (replace(s, where=TRUE),)
                if line is not None:
                    words = f"go through all queues: `for {queue.name} in queues`"
                    yield words, (replace(s, line=None),)
            case QueueAction("drain_one", queue):
                words = f"`drain {queue.name}` in place of `{_text(s.origin)}`"
                yield words, (replace(s, verb="drain"),)
            case Return(False):
                yield "`return handled` in place of `return none`", (replace(s, handled=True),)
            case _:
                pass

    def _other_bits(self, test: Expr, read: dict[str, str]) -> Iterator[tuple[str, Expr]]:
        for name in sorted(free(test)):
            local, _, bit = name.removeprefix("local.").rpartition(".")
            for other in self.bits.get(read.get(local, ""), ()):
                if other != bit and name.startswith("local."):
                    new = substitute(test, {name: Var(f"local.{local}.{other}", True)})
                    yield f"test `{local}.{other}`, not `{local}.{bit}`", new

    # What is missing, and what is too much

    def _added(self, body: Block) -> Iterator[_Change]:
        masked = [s for s in body if isinstance(s, MaskLine) and s.masked]
        for m in masked:
            words = f"`unmask` at the end, after `{_text(m.origin)}`"
            yield _Change(words, m.origin, (*body, replace(m, masked=False)))
        for k, s in enumerate(body):
            if isinstance(s, ReadRegister):
                clear = ClearBits(s.register, (), s.name, s.origin)
                of = _text(s.origin).partition("read")[2].strip()
                words = f"add `clear {of} {s.name}` after `{_text(s.origin)}`"
                yield _Change(words, s.origin, (*body[: k + 1], clear, *body[k + 1 :]))
            if self.weak:
                fenced = (*body[: k + 1], Fence(s.origin), *body[k + 1 :])
                yield _Change(f"add `fence` after `{_text(s.origin)}`", s.origin, fenced)
        yield from self._inside(body, self._added)

    def _left_out(self, body: Block) -> Iterator[_Change]:
        for k, s in enumerate(body):
            words = f"leave out `{_text(s.origin)}`"
            yield _Change(words, s.origin, (*body[:k], *body[k + 1 :]))
        yield from self._inside(body, self._left_out)


_WITH_BLOCKS = (If, Loop, ForQueues, Locked)


def _too_early(body: Block, known: set[str]) -> set[str]:
    """Locals that may be read before they have a value; `known`, which have one, is updated."""
    found: set[str] = set()
    for s in body:
        match s:
            case Assign(name, e, _, _):
                found |= _locals(e) - known
                known.add(name)
            case ReadRegister(name, _, _):
                known.add(name)
            case ClearBits(_, _, str(mask), _):
                found |= {mask} - known
            case If(test, then, other):
                found |= _locals(test) - known
                a, b = set(known), set(known)
                found |= _too_early(then, a) | _too_early(other, b)
                known |= a & b
            case Loop(test, inner) | ForQueues(_, _, test, inner):
                found |= _locals(test) - known
                found |= _too_early(inner, set(known))
            case Locked(_, inner):
                found |= _too_early(inner, known)
            case _:
                pass
    return found


def _unreachable(body: Block) -> int:
    """Statements that stand behind one that leaves the block."""
    leaves = next((k for k, s in enumerate(body) if isinstance(s, Stop | Return)), len(body))
    inside = (getattr(s, name, ()) for s in body for name in ("then", "other", "body"))
    return max(0, len(body) - leaves - 1) + sum(map(_unreachable, inside))


def _locals(e: Expr) -> set[str]:
    return {n.split(".")[1] for n in free(e) if n.startswith("local.")}


def _text(span: Span) -> str:
    """The statement as it is written, without its block."""
    return span.text.partition("{")[0].strip().partition("\n")[0]
