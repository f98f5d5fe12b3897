"""What the programs of a random design do, said once more: an interpreter and a search of its own.

Nothing of `model` is used. A program is flattened to instructions for the queues and lines that
there are; the state is one list of numbers, and an instruction changes it. `forwards` is what
touches nothing that others see: it is done at once. `loses` goes through all states, breadth first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.agreement.buffers import Buffers, Memory, stored
from tests.agreement.designs import B, Design, S

Act = Callable[[Memory], int]
"""Changes the memory and says where to go on; BLOCKED: it cannot be done now."""
BLOCKED = -1
RING = 2
MANY = 12
"""Distances of indices are told apart up to here."""


class TooMany(Exception):
    """The search went beyond its limit."""


@dataclass
class Instruction:
    act: Act
    forwards: bool
    after: int = 0


@dataclass
class Label:
    at: int = -2


@dataclass
class Ways:
    """Where `stop`, `return handled` and `return none` lead, and how many locks are held there."""

    stop: Label
    back: Label
    none: Label
    held: int = 0
    back_held: int = 0


@dataclass
class Agent:
    name: str
    place: int
    code: list[Instruction] = field(default_factory=list)
    mine: list[int] = field(default_factory=list)
    """Where its local variables are."""
    produces: bool = False
    enters: bool = False
    handled: int | None = None
    """Where it is noted that the interrupt was for some handler; None: that is never asked."""


@dataclass
class Scope:
    agent: Agent
    queues: dict[str, int]
    line: int | None = None
    chain: str = ""
    locks: list[str] = field(default_factory=list)
    in_device: bool = False


class Machine(Buffers):
    """A design with so many queues and lines, of whose sources only some ever produce."""

    def __init__(self, d: Design, queues: int, lines: int, active: Sequence[str]) -> None:
        self.d = d
        self.weak = d.memory != "sc"
        self.rings = queues + d.polled
        self.count = lines
        self.active = active
        self.slots: dict[str, int] = {}
        self.first: Memory = []
        self.agents: list[Agent] = []
        self.buffers = {}
        self.waiting = []
        every = [*d.handlers, d.signal, d.config_signal, d.service or ()]
        self.used = {s[0] for b in every for s in _all(b)}
        self.by_index = d.suppression in ("event_idx", "packed_event")
        self.counted = self.by_index or self.weak or "drain_one" in self.used
        self.resamples = any(w.resample for w in d.wires)
        for k in range(lines):
            for name in ("pending", "high", "masked"):
                self.slot(f"{name}.{k}")
            for w in d.wires:
                for r, b in w.bits:
                    self._bit(r, self._of_line(r, k), b)
        for name in active:
            self._device(name)
        for k in range(lines):
            self._handler(k)
        if d.service is not None and d.deferred:
            for q in range(self.rings):
                self._service(q)
        if self.weak:
            self._memory()
        self.size = len(self.first)
        self.wires: list[list[int]] = [
            [self._bit(r, self._of_line(r, k), b) for w in d.wires for r, b in w.bits]
            for k in range(lines)
        ]
        """Of each line, what it follows."""

    def slot(self, name: str, first: int = 0) -> int:
        if name not in self.slots:
            self.slots[name] = len(self.first)
            self.first.append(first)
        return self.slots[name]

    # What the maps say

    def _number(self, words: str, q: int) -> int:
        e = words.replace("/", "//")
        return int(eval(e, {"q": SimpleNamespace(index=q), "lines": self.count}))

    def line_of(self, q: int) -> int:
        return self._number(self.d.queue_to, q)

    def config_line(self) -> int:
        """Where the configuration is mapped, also if it never changes."""
        return self._number(self.d.config_to, 0)

    def handlers_of(self, line: int | None) -> list[int]:
        """The handlers that are requested for a line, in order."""
        if line is None:
            return []
        return [
            which for lo, hi, which in self.d.requests
            if self._number(lo, 0) <= line <= self._number(hi, 0)
        ]  # fmt: skip

    def _line(self, x: S, s: Scope) -> int | None:
        match x:
            case ("of", q):
                k: int | None = self.line_of(s.queues[q])
            case ("config",):
                k = self.config_line()
            case ("at", k):
                pass
            case _:
                k = s.line
        return k if k is not None and 0 <= k < self.count else None

    # Lines

    def _follows(self, m: Sequence[int], k: int) -> bool:
        return any(m[x] for x in self.wires[k])

    def _of_line(self, register: str, k: int) -> str:
        r = next(r for r in self.d.registers if r.name == register)
        return f"line{k}" if r.per == "line" else ""

    def _bit(self, register: str, of: str, bit: str) -> int:
        return self.slot(f"{register}/{of}/{bit}")

    def _is_level(self) -> bool:
        return self.resamples or self.d.trigger == "level"

    def _is_held(self, m: Sequence[int], k: int) -> bool:
        """Whether what programs raised keeps a pin up: its wire then makes no edge."""
        raised = bool(m[self.slots[f"high.{k}"]]) and "lower" in self.used
        return self.d.trigger == "edge" and raised

    def asserted(self, m: Memory, k: int) -> bool:
        high = bool(m[self.slots[f"high.{k}"]])
        if self.resamples:
            return high
        held = high and (self._is_level() or "lower" in self.used)
        return held or self._follows(m, k)

    def fires(self, m: Memory, k: int) -> bool:
        if m[self.slots[f"masked.{k}"]]:
            return False
        pending = bool(m[self.slots[f"pending.{k}"]])
        return pending or (self._is_level() and self.asserted(m, k))

    def drive(self, m: Memory, how: str, k: int) -> None:
        pending, high = self.slots[f"pending.{k}"], self.slots[f"high.{k}"]
        if how == "lower":
            m[high] = 0
        elif self.resamples:
            m[high] = 1
        elif self._is_level():
            if how == "raise":
                m[high] = 1
            elif m[self.slots[f"place handler {k}"]] == 0 and not m[self.slots[f"masked.{k}"]]:
                m[pending] = 1
        else:
            up = bool(m[high]) and "lower" in self.used
            if self.d.trigger == "edge":
                up = up or self._follows(m, k)
            elif how == "pulse":
                up = False
            if not up:
                self._edge(m, k)
            if how == "raise":
                m[high] = 1

    def _edge(self, m: Memory, k: int) -> None:
        """An edge or a message; without a pending bit, one that comes to a masked line is gone."""
        if self.d.keeps_pending or not self._is_masked(m, k):
            m[self.slots[f"pending.{k}"]] = 1

    # Queues

    def _publish(self, m: Memory, q: int, *, starts: bool) -> bool:
        unseen = self.slot(f"unseen.{q}")
        if not self.counted:
            m[unseen] = 1
            return True
        if m[unseen] >= RING:
            return not starts
        m[unseen] += 1
        if self.weak:
            m[self.slot(f"hidden.{q}")] += 1
        if self.by_index:
            grow = [self.slot(f"{name}.{q}") for name in ("since event", "since decision")]
            grow += [at for store, at in self.waiting if m[store] == stored(q, on=True)]
            for at in grow:
                m[at] = min(m[at] + 1, MANY)
        return True

    def _wants(self, m: Memory, q: int, *, last: bool) -> bool:
        if self.d.suppression == "none":
            return True
        armed = bool(m[self.slot(f"armed.{q}", 1)])
        if not self.by_index:
            return armed
        past, new = self.slot(f"since event.{q}"), self.slot(f"since decision.{q}")
        need = m[past] == 1 if last else 1 <= m[past] <= m[new]
        m[new] = 0
        return armed and need

    def _ring(self, m: Memory, verb: str, q: int) -> None:
        unseen = self.slot(f"unseen.{q}")
        match verb:
            case "publish":
                self._publish(m, q, starts=False)
            case "drain":
                m[unseen] = m[self.slot(f"hidden.{q}")]
            case "drain_one":
                m[unseen] = max(m[self.slot(f"hidden.{q}")], m[unseen] - 1)
            case "schedule":
                m[self.slot(f"scheduled.{q}")] = 1
            case "complete":
                m[self.slot(f"scheduled.{q}")] = 0
            case "enable" | "disable" if self.d.suppression != "none":
                m[self.slot(f"armed.{q}", 1)] = int(verb == "enable")
                if self.by_index and verb == "enable":
                    m[self.slot(f"since event.{q}")] = m[unseen]

    # Store buffers

    def _memory(self) -> None:
        """The agents that let stores arrive."""
        for name in self.active:
            if name != "config":
                self._arrives(f"memory {name}", self._reveals(self.slot(f"hidden.{name}")))
        for name, places in self.buffers.items():
            self._arrives(f"memory {name}", self._oldest(places))

    def _arrives(self, name: str, act: Callable[[Memory], bool]) -> None:
        a = self._agent(name)
        a.code.append(Instruction(lambda m: 1 if act(m) else BLOCKED, False))
        self._finish(a)

    def _all_there(self, s: Scope) -> Callable[[Memory], bool]:
        """Whether what the agent stored has arrived."""
        if not self.weak:
            return lambda m: True
        if s.in_device:
            hidden = [self.slot(f"hidden.{q}") for q in s.queues.values()]
            return lambda m: not any(m[x] for x in hidden)
        name, own = s.agent.name, self.buffers
        return lambda m: (
            not any(
                m[places[0][0]]
                for n, places in own.items()
                if n == name or n.startswith(f"{name} ")
            )
        )

    # Agents

    def _agent(self, name: str) -> Agent:
        a = Agent(name, self.slot(f"place {name}"))
        self.agents.append(a)
        return a

    def _device(self, name: str) -> None:
        a = self._agent(f"device {name}")
        a.produces = True
        q = None if name == "config" else int(name)
        if q is not None:
            self._allocate(q)

        def start(m: Memory) -> int:
            if q is None:
                m[self.slots["config.unseen"]] = 1
                return 1
            return 1 if self._publish(m, q, starts=True) else BLOCKED

        self.slot("config.unseen")
        a.code.append(Instruction(start, False))
        body = self.d.config_signal if q is None else self.d.signal
        if body and body[0] == ("publish", "config" if q is None else "q"):
            body = body[1:]
        scope = Scope(a, {} if q is None else {"q": q}, in_device=True)
        self._program(body, scope)
        self._finish(a)

    def _allocate(self, q: int) -> None:
        for name in ("unseen", "hidden", "since event", "since decision", "scheduled"):
            self.slot(f"{name}.{q}")
        self.slot(f"armed.{q}", 1)

    def _handler(self, k: int) -> None:
        for q in range(self.rings):
            self._allocate(q)
        self.slot("config.unseen")
        a = self._agent(f"handler {k}")
        a.enters = True
        chain = [self.d.handlers[which] for which in self.handlers_of(k)]
        if chain and all(("return", "none") in _all(b) for b in chain):
            a.handled = self.slot(f"handled {k}")
            a.mine.append(a.handled)

        def enter(m: Memory) -> int:
            if not self.fires(m, k):
                return BLOCKED
            m[self.slots[f"pending.{k}"]] = 0
            return 1

        def end(m: Memory) -> int:
            if self.resamples:
                m[self.slots[f"high.{k}"]] = int(self._follows(m, k))
            return len(a.code) - 1

        a.code.append(Instruction(enter, False))
        for n, which in enumerate(self.handlers_of(k)):
            self._one_of_chain(self.d.handlers[which], Scope(a, {}, k, chain=f"{n} {which}"))
        a.code.append(Instruction(end, False))
        self._finish(a)

    def _one_of_chain(self, body: B, s: Scope) -> None:
        back, none = Label(), Label()
        self._block(body, s, Ways(back, back, none))
        back.at = len(s.agent.code)
        at = s.agent.handled
        if at is not None:
            self._do(s, lambda m: _put(m, [at], 1), forwards=True)
        none.at = len(s.agent.code)

    def _service(self, q: int) -> None:
        assert self.d.service is not None
        a = self._agent(f"service {q}")
        completes = any(s[0] == "complete" for s in _all(self.d.service))
        bit = self.slot(f"scheduled.{q}")

        def start(m: Memory) -> int:
            if not m[bit]:
                return BLOCKED
            if not completes:
                m[bit] = 0
            return 1

        a.code.append(Instruction(start, False))
        self._program(self.d.service, Scope(a, {"q": q}))
        self._finish(a)

    def _finish(self, a: Agent) -> None:
        def forget(m: Memory) -> int:
            for x in a.mine:
                m[x] = 0
            return 0

        a.code.append(Instruction(forget, True))

    # Programs to instructions

    def _program(self, body: B, s: Scope) -> None:
        end = Label()
        self._block(body, s, Ways(end, end, end))
        end.at = len(s.agent.code)

    def _block(self, body: B, s: Scope, w: Ways) -> None:
        for x in body:
            self._statement(x, s, w)

    def _do(
        self,
        s: Scope,
        what: Callable[[Memory], Any],
        *,
        forwards: bool = False,
        waits: bool = False,
    ) -> None:
        """An instruction after which the next one follows; `waits`: for the stores before it."""
        k = len(s.agent.code)
        there = self._all_there(s) if waits else None

        def act(m: Memory) -> int:
            if there is not None and not there(m):
                return BLOCKED
            what(m)
            return k + 1

        s.agent.code.append(Instruction(act, forwards))

    def _wish(self, s: Scope, q: int, *, on: bool) -> None:
        """`enable` and `disable`, through the store buffer."""
        places = self._buffer(s.agent.name, q)
        k = len(s.agent.code)

        def act(m: Memory) -> int:
            return k + 1 if self._put(m, places, q, on=on) else BLOCKED

        s.agent.code.append(Instruction(act, False))

    def _jump(self, s: Scope, to: Label, *, forwards: bool = True) -> None:
        s.agent.code.append(Instruction(lambda m: to.at, forwards))

    def _branch(self, s: Scope, c: Callable[[Memory], bool], no: Label, *, forwards: bool) -> None:
        k = len(s.agent.code)
        s.agent.code.append(Instruction(lambda m: k + 1 if c(m) else no.at, forwards))

    def _local(self, s: Scope, name: str) -> int:
        at = self.slot(f"{s.agent.name} {s.chain} {name}")
        if at not in s.agent.mine:
            s.agent.mine.append(at)
        return at

    def _unlock(self, s: Scope, down_to: int) -> None:
        for name in reversed(s.locks[down_to:]):
            at = self.slot(f"lock {name}")

            def release(m: Memory, at: int = at) -> None:
                m[at] = 0

            self._do(s, release, forwards=True)

    def _statement(self, x: S, s: Scope, w: Ways) -> None:
        match x:
            case ("read", name, r, of):
                self._read(name, r, self._place(r, of, s), s)
            case ("set" | "clear" as verb, r, of, bits):
                place = self._place(r, of, s)
                cells = [] if place is None else [self._bit(r, place, b) for b in bits]
                self._do(s, lambda m: _put(m, cells, int(verb == "set")), waits=True)
            case ("clear mask", r, of, name):
                self._clear_mask(name, r, self._place(r, of, s), s)
            case ("raise" | "lower" | "pulse" as how, line):
                self._driven(how, self._line(line, s), s)
            case ("mask" | "unmask" as verb, line):
                k = self._line(line, s)
                cells = [] if k is None else [self.slots[f"masked.{k}"]]
                self._do(s, lambda m: _put(m, cells, int(verb == "mask")))
            case ("notify", _) | ("publish", "config"):
                self._do(s, lambda m: _put(m, [self.slots["config.unseen"]], int(x[0] != "notify")))
            case ("service", q):
                self._serve(s.queues[q], s)
            case (("publish" | "drain" | "drain_one" | "enable" | "disable" | "schedule"
                   | "complete") as verb, q):  # fmt: skip
                self._of_queue(verb, s.queues[q], s)
            case ("if", c, then, other):
                self._if(c, then, other, s, w)
            case ("loop", body):
                self._loop(None, body, s, w)
            case ("while", c, body):
                self._loop(c, body, s, w)
            case ("for", q, line, c, body):
                self._for(q, line, c, body, s, w)
            case ("lock", name, body):
                self._locked(name, body, s, w)
            case ("stop",):
                self._unlock(s, w.held)
                self._jump(s, w.stop)
            case ("return", what):
                self._unlock(s, w.back_held)
                self._jump(s, w.none if what == "none" else w.back)
            case ("let", x, c):
                self._let(x, c, s)
            case ("fence",):
                self._fence(s)
            case _:
                raise TypeError(x)

    def _driven(self, how: str, k: int | None, s: Scope) -> None:
        self._do(s, lambda m: None if k is None else self.drive(m, how, k), waits=True)

    def _of_queue(self, verb: str, q: int, s: Scope) -> None:
        if verb in ("enable", "disable") and self._can_wait(q):
            self._wish(s, q, on=verb == "enable")
            return
        self._do(s, lambda m: self._ring(m, verb, q), waits=verb in ("schedule", "complete"))

    def _fence(self, s: Scope) -> None:
        if self.weak:
            self._do(s, lambda m: None, waits=True)

    def _place(self, register: str, of: Any, s: Scope) -> str | None:
        """Which of the registers of that name; None: that of a line that is not there."""
        if of is None:
            return ""
        if isinstance(of, str):
            return f"queue{s.queues[of]}"
        k = self._line(of, s)
        return None if k is None else f"line{k}"

    def _bits(self, register: str) -> tuple[str, ...]:
        return next(r.bits for r in self.d.registers if r.name == register)

    def _read(self, name: str, register: str, place: str | None, s: Scope) -> None:
        clears = next(r.clears for r in self.d.registers if r.name == register)
        pairs = [
            (
                self._local(s, f"{name}.{b}"),
                None if place is None else self._bit(register, place, b),
            )
            for b in self._bits(register)
        ]

        def act(m: Memory) -> None:
            for local, cell in pairs:
                m[local] = 0 if cell is None else m[cell]
                if clears and cell is not None:
                    m[cell] = 0

        self._do(s, act)

    def _clear_mask(self, name: str, register: str, place: str | None, s: Scope) -> None:
        if place is None:
            self._do(s, lambda m: None, waits=True)
            return
        pairs = [
            (self._local(s, f"{name}.{b}"), self._bit(register, place, b))
            for b in self._bits(register)
        ]
        self._do(s, lambda m: _put(m, [cell for local, cell in pairs if m[local]], 0), waits=True)

    def _serve(self, q: int, s: Scope) -> None:
        body = self.d.service
        if body is None:
            self._do(s, lambda m: self._ring(m, "drain", q))
        elif self.d.deferred:
            self._do(s, lambda m: self._ring(m, "schedule", q), waits=True)
        else:
            inner = Scope(s.agent, {"q": q}, s.line, f"{s.chain}.work")
            self._program(body, inner)

    def _if(self, c: S, then: B, other: B, s: Scope, w: Ways) -> None:
        no, end = Label(), Label()
        self._condition(c, s, no)
        self._block(then, s, w)
        self._jump(s, end)
        no.at = len(s.agent.code)
        self._block(other, s, w)
        end.at = len(s.agent.code)

    def _loop(self, c: S | None, body: B, s: Scope, w: Ways) -> None:
        head, end = Label(len(s.agent.code)), Label()
        if c is not None:
            self._condition(c, s, end)
        self._block(body, s, Ways(end, w.back, w.none, len(s.locks), w.back_held))
        self._jump(s, head, forwards=False)
        end.at = len(s.agent.code)

    def _for(self, q: str, line: S | None, c: S | None, body: B, s: Scope, w: Ways) -> None:
        k = None if line is None else self._line(line, s)
        end = Label()
        for ring in range(self.rings):
            if line is not None and (k is None or self.line_of(ring) != k):
                continue
            after = Label()
            inner = Scope(s.agent, {**s.queues, q: ring}, s.line, s.chain, s.locks, s.in_device)
            if c:
                self._condition(c, inner, after)
            self._block(body, inner, Ways(end, w.back, w.none, len(s.locks), w.back_held))
            after.at = len(s.agent.code)
        end.at = len(s.agent.code)

    def _locked(self, name: str, body: B, s: Scope, w: Ways) -> None:
        at = self.slot(f"lock {name}")
        k = len(s.agent.code)

        def take(m: Memory) -> int:
            if m[at]:
                return BLOCKED
            m[at] = 1
            return k + 1

        s.agent.code.append(Instruction(take, False))
        s.locks.append(name)
        self._block(body, s, w)
        self._unlock(s, len(s.locks) - 1)
        s.locks.pop()

    def _condition(self, c: S, s: Scope, no: Label) -> None:
        """Falls through if it holds, else goes to `no`; each look is an instruction of its own."""
        match c:
            case ("and", a, b):
                self._condition(a, s, no)
                self._condition(b, s, no)
            case ("or", a, b):
                second, yes = Label(), Label()
                self._condition(a, s, second)
                self._jump(s, yes)
                second.at = len(s.agent.code)
                self._condition(b, s, no)
                yes.at = len(s.agent.code)
            case ("not", a):
                is_so = Label()
                self._condition(a, s, is_so)
                self._jump(s, no)
                is_so.at = len(s.agent.code)
            case ("local", x):
                at = self._local(s, x)
                self._branch(s, lambda m: bool(m[at]), no, forwards=True)
            case ("bit", x, bit):
                at = self._local(s, f"{x}.{bit}")
                self._branch(s, lambda m: bool(m[at]), no, forwards=True)
            case ("fact", words):
                holds = self._fact(words, s)
                self._branch(s, lambda m: holds, no, forwards=True)
            case ("pending", q):
                at, hidden = (self.slot(f"{x}.{s.queues[q]}") for x in ("unseen", "hidden"))
                self._branch(s, lambda m: m[at] > m[hidden], no, forwards=False)
            case ("wants" | "wants_last" as how, q):
                ring = s.queues[q]
                self._branch(s, lambda m: self._wants(m, ring, last=how != "wants"), no,
                             forwards=False)  # fmt: skip
            case ("asserted" | "masked" as how, line):
                k = self._line(line, s)
                ask = self.asserted if how == "asserted" else self._is_masked
                self._branch(s, lambda m: k is not None and ask(m, k), no, forwards=False)
            case _:
                raise TypeError(c)

    def _let(self, name: str, c: S, s: Scope) -> None:
        at, no, end = self._local(s, name), Label(), Label()
        self._condition(c, s, no)
        self._do(s, lambda m: _put(m, [at], 1), forwards=True)
        self._jump(s, end)
        no.at = len(s.agent.code)
        self._do(s, lambda m: _put(m, [at], 0), forwards=True)
        end.at = len(s.agent.code)

    def _is_masked(self, m: Memory, k: int) -> bool:
        return bool(m[self.slots[f"masked.{k}"]])

    def _fact(self, words: str, s: Scope) -> bool:
        names: dict[str, Any] = {q: self._facts_of(k) for q, k in s.queues.items()}
        known = {"lines": self.count, "l": s.line, "req": "req", "ctl": "ctl"}
        return bool(eval(words, {**known, **names}))

    def _facts_of(self, q: int) -> SimpleNamespace:
        is_polled = q == self.rings - 1 and self.d.polled
        return SimpleNamespace(index=q, role="ctl" if is_polled else "req", callback=not is_polled)

    # The search

    def step(self, m: tuple[int, ...], a: Agent) -> tuple[int, ...] | None:
        """The memory after the agent's next step; None if it has none now."""
        new = list(m)
        at = a.code[m[a.place]].act(new)
        if at == BLOCKED:
            return None
        while a.code[at].forwards:
            at = a.code[at].act(new)
        new[a.place] = at
        for k in range(self.count):
            rises = self._follows(new, k) and not self._follows(m, k)
            if rises and not self._is_level() and not self._is_held(m, k):
                self._edge(new, k)
        return tuple(new)

    def outcome(self, m: tuple[int, ...], a: Agent) -> bool | None:
        """Whether the interrupt was for some handler, if the agent's next step ends its run.

        None: it does not end it, or nobody asks.
        """
        if a.handled is None:
            return None
        new = list(m)
        at = a.code[m[a.place]].act(new)
        while at != BLOCKED and a.code[at].forwards and at != len(a.code) - 1:
            at = a.code[at].act(new)
        return bool(new[a.handled]) if at == len(a.code) - 1 else None

    def unseen(self, m: tuple[int, ...]) -> list[str]:
        """The sources with work that nobody has seen."""
        at = {n: "config.unseen" if n == "config" else f"unseen.{n}" for n in self.active}
        return [n for n, name in at.items() if m[self.slots[name]]]

    def is_lost(self, m: tuple[int, ...]) -> bool:
        """Some source has work that nobody has seen."""
        return bool(self.unseen(m))


def _put(m: Memory, cells: Sequence[int], to: int) -> None:
    for c in cells:
        m[c] = to


def _all(b: B) -> list[S]:
    """All statements, those inside of others too."""
    out: list[S] = []
    for s in b:
        out.append(s)
        for part in s[1:]:
            if isinstance(part, tuple) and part and isinstance(part[0], tuple):
                out += _all(part)
    return out


def loses(d: Design, queues: int, lines: int, active: Sequence[str], most: int = 20_000) -> bool:
    """Whether everybody can come to rest with work unseen. Raises `TooMany`."""
    machine = Machine(d, queues, lines, active)
    size = len(machine.first)
    first = tuple(machine.first)
    seen = {first}
    todo = deque([first])
    while todo:
        m = todo.popleft()
        rests = True
        for a in machine.agents:
            n = machine.step(m, a)
            if n is None:
                continue
            if not (a.produces and m[a.place] == 0):
                rests = False
            if n not in seen:
                seen.add(n)
                todo.append(n)
        if rests and machine.is_lost(m):
            return True
        if len(seen) > most:
            raise TooMany(f"more than {most} states")
    assert len(machine.first) == size, "a place in memory came up while the search went on"
    return False
