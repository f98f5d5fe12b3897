"""Programs: statements with their registers, lines, queues and locals found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import assert_never

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.elaborate_formulas import Formula
from checker.language.elaborate_names import MAP_FACTS, Local, Names, Reads, Run, check_variable
from checker.language.resolve import PREFIXES, Scope, check_free
from checker.language.sink import Sink
from checker.language.sorts import Sort, Typed, mismatch
from model.design import program as p
from model.expr import TRUE, free
from model.record import dataclass

_MAX_BRANCHES = 60
"""Branches of an `if` become one inside the other."""
_DRIVER_VERBS = frozenset("drain drain_one enable disable service schedule complete".split())
_OF_A_RUN = ("local.", "pending.", "wants.", "wants_last.", "asserted.", "masked.")
_SIDES = {
    "signal": "the device",
    "handler": "the driver",
    "service": "the driver",
}


@dataclass(frozen=True, slots=True)
class Host:
    """The transport that maps, policies and programs stand in.

    `is_open`: a policy or a service that no transport uses, so that nothing is known of it.
    """

    values: Mapping[str, Typed] = field(default_factory=dict)
    hints: Mapping[str, t.HintDecl] = field(default_factory=dict)
    registers: Mapping[str, t.Register] = field(default_factory=dict)
    handlers: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    places: Mapping[tuple[str, str], t.Ident] = field(default_factory=dict)
    """Where a `pool` or a `mode` of that name is declared; a mode: where it is named first."""
    is_open: bool = False

    def reads(self, place: str, **more: object) -> Reads:
        """What a formula in the transport may read."""
        hints = None if self.is_open else self.hints
        return replace(Reads(place, self.values, facts=MAP_FACTS, hints=hints), **more)  # type: ignore[arg-type]


def signal(scope: Scope, host: Host, node: t.Signal) -> p.Signal:
    """What the device does after it has used buffers, or changed its configuration."""
    reader = _Program(scope, host, "signal", node.queue, None)
    mode = node.mode.text if node.mode else ""
    queue = p.QueueVar(node.queue.text) if node.queue else None
    return p.Signal(queue, mode, reader.body(node.body), node.span)


def handler(scope: Scope, host: Host, node: t.Handler) -> p.Handler:
    """What the driver runs when a line fires."""
    reader = _Program(scope, host, "handler", None, node.line)
    name = node.name.text if node.name else "handler"
    return p.Handler(name, p.LineVar(node.line.text), reader.body(node.body), node.span)


def service(scope: Scope, host: Host, node: t.Service) -> p.Service:
    """How the driver takes used buffers from a queue."""
    reader = _Program(scope, host, "service", node.queue, None)
    body = reader.body(node.body)
    return p.Service(node.name.text, p.QueueVar(node.queue.text), node.deferred, body, node.span)


def wire(scope: Scope, host: Host, node: t.Drive) -> p.Wire:
    """A line that follows a condition over registers."""
    run = Run(registers=host.registers, is_open=host.is_open)
    check_variable(scope, node.line, Reads(""))
    reads = host.reads("a `drive` condition", run=run).with_line(node.line)
    test = Formula(scope, reads).condition(node.test)
    mode = node.mode.text if node.mode else ""
    return p.Wire(p.LineVar(node.line.text), test, node.resample, mode, node.span)


class _Program:
    """Reads one program; its locals are those assigned so far, in the order of the text."""

    def __init__(
        self, scope: Scope, host: Host, kind: str, queue: t.Ident | None, line: t.Ident | None
    ) -> None:
        self.scope = scope
        self.host = host
        self.kind = kind
        self.sink: Sink = scope.world.sink
        self.run = Run(unread=frozenset(host.registers), is_open=host.is_open)
        self.reads = host.reads(f"a {kind} program", run=self.run)
        if queue:
            check_variable(scope, queue, self.reads, PREFIXES)
            self.reads = self.reads.with_queue(queue, queue.text)
        if line:
            check_variable(scope, line, self.reads)
            self.reads = self.reads.with_line(line)

    def body(self, node: t.Block) -> p.Block:
        """The whole program."""
        self.run.assigned_later = frozenset(_assigned(node))
        return self.block(node)

    def block(self, node: t.Block) -> p.Block:
        out: list[p.Stmt] = []
        for s in node.stmts:
            made = self.statement(s)
            if made is not None:
                out.append(made)
        return tuple(out)

    @property
    def formula(self) -> Formula:
        return Formula(self.scope, self.reads)

    @property
    def names(self) -> Names:
        return Names(self.scope, self.reads)

    def statement(self, s: t.Stmt) -> p.Stmt | None:
        """A statement; None if an error in it leaves nothing that can be said."""
        match s:
            case t.Assign():
                return self._assign(s)
            case t.ReadStmt():
                return self._read(s)
            case t.SetBits():
                self._only_on("signal", "set", s)
                register = self._register(s.register)
                return register and p.SetBits(register[1], self._bits(s, register[0]), s.span)
            case t.ClearBits():
                register = self._register(s.register)
                if register is None:
                    return None
                return p.ClearBits(register[1], self._bits(s, register[0]), None, s.span)
            case t.ClearMask():
                return self._clear_mask(s)
            case t.LineStmt():
                return self._line_statement(s)
            case t.QueueStmt():
                return self._queue_statement(s)
            case t.Simple():
                return self._simple(s)
            case t.IfStmt():
                return self._if(s)
            case t.LoopStmt():
                test = self.formula.condition(s.test) if s.test else TRUE
                return p.Loop(test, self.block(s.body), s.span)
            case t.ForStmt():
                return self._for(s)
            case t.LockStmt():
                return p.Locked(s.name.text, self.block(s.body), s.span)
            case _:
                assert_never(s)

    def _only_on(self, side: str, what: str, s: t.Stmt) -> None:
        """Report a statement of the device in a driver's program, or the other way round."""
        if _SIDES[self.kind] != _SIDES[side]:
            headline = f"`{what}` cannot stand in a {self.kind} program"
            hint = f"`{what}` is something that {_SIDES[side]} does"
            self.sink.error("VQ0417", headline, s.span, hint)

    # Locals and registers

    def _assign(self, s: t.Assign) -> p.Stmt | None:
        value = self.formula.typed(s.value)
        sort = value.sort
        if sort in (Sort.ROLE, Sort.FAMILY):
            wrong = mismatch(s.value.span, sort, Sort.INT)
            self.sink.error("VQ0301", wrong.headline, wrong.label, wrong.hint)
            sort = Sort.POISON
        self._bind(s.name, Local(sort, None, s.name))
        if s.name.text in self.host.registers:
            self._no_local(s.name)
        if sort is Sort.POISON:
            return None
        return p.Assign(s.name.text, value.expr, sort is Sort.BOOL, s.span)

    def _no_local(self, name: t.Ident) -> None:
        """Report a value for a register, which has bits that are set and cleared."""
        register = self.host.registers[name.text]
        verb = "set" if self.kind == "signal" else "clear"
        hint = f"write `{verb} {name.text}.{register.bits[0].text}`; a local needs another name"
        also = Label(register.span, "declared here")
        headline = f"`{name.text}` is a register, and gets no value by `=`"
        self.sink.error("VQ0303", headline, name.span, hint, also)

    def _bind(self, name: t.Ident, local: Local) -> None:
        check_free(self.sink, name)
        if name.text in self.reads.queues or name.text == self.reads.line:
            check_variable(self.scope, name, self.reads)
            return
        before = self.run.locals.get(name.text)
        known = before and Sort.POISON not in (before.sort, local.sort)
        if before and known and _what(before) != _what(local):
            also = Label(before.place.span, f"here it is {_what(before)}")
            headline = f"`{name.text}` is {_what(local)} now, and was {_what(before)}"
            hint = "use another name"
            self.sink.error("VQ0301", headline, name.span, hint, also)
        self.run.locals[name.text] = local

    def _read(self, s: t.ReadStmt) -> p.Stmt | None:
        found = self._register(s.register)
        if found is None:
            self._bind(s.name, Local(Sort.POISON, None, s.name))
            return None
        self._bind(s.name, Local(Sort.INT, found[0], s.name))
        return p.ReadRegister(s.name.text, found[1], s.span)

    def _register(self, ref: t.RegisterRef) -> tuple[t.Register, p.RegisterRef] | None:
        """A register, and which of its instances; None, reported, if there is none."""
        register = self.host.registers.get(ref.name.text)
        if register is None:
            if not self.host.is_open:
                self.sink.unknown("VQ0206", "register", ref.name, self.host.registers)
            return None
        self.sink.means(ref.name, register.name)
        made = self._instance(register, ref)
        return (register, made) if made else None

    def _instance(self, register: t.Register, ref: t.RegisterRef) -> p.RegisterRef | None:
        """Which instance of a register; None if that is reported as wrong."""
        name = register.name.text
        also = Label(register.span, "declared here")
        if not register.per:
            if ref.of is None:
                return p.RegisterRef(name)
            headline, hint = f"there is only one register `{name}`", f"write `{name}`"
        elif ref.of is None:
            headline = f"there is a register `{name}` for each {register.per}"
            hint = f"say which: `{name}[{self._index_for(register)}]`"
        elif register.per == "line":
            line = self._line(ref.of)
            return p.RegisterRef(name, line) if line else None
        elif isinstance(ref.of, t.LineRef):
            headline = f"there is a register `{name}` for each queue, not for each line"
            hint = f"say which queue: `{name}[q]`"
        else:
            queue = self._queue(ref.of)
            return p.RegisterRef(name, queue) if queue else None
        self.sink.error("VQ0307", headline, ref.span, hint, also)
        return None

    def _index_for(self, register: t.Register) -> str:
        """Which instance of a register a program most likely means."""
        queue = next(iter(self.reads.queues), "")
        if register.per != "line":
            return queue or "q"
        return self.reads.line or f"line({queue or 'config'})"

    def _bits(self, s: t.SetBits | t.ClearBits, register: t.Register) -> tuple[str, ...]:
        known = {b.text: b for b in register.bits}
        for bit in s.bits:
            self.sink.means(bit, known.get(bit.text))
            if bit.text not in known:
                hint = self.sink.guess(bit.text, known)
                headline = f"register `{register.name.text}` has no bit `{bit.text}`"
                self.sink.error("VQ0206", headline, bit.span, hint)
        return tuple(b.text for b in s.bits if b.text in known)

    def _clear_mask(self, s: t.ClearMask) -> p.Stmt | None:
        found = self._register(s.register)
        local = self.run.locals.get(s.mask.text)
        self.sink.means(s.mask, local.place if local else None)
        if local is None:
            self._unread_mask(s)
        elif local.register is None:
            if local.sort is not Sort.POISON:
                headline = f"`{s.mask.text}` was not read from a register"
                also = Label(local.place.span, "it gets its value here")
                self.sink.error("VQ0303", headline, s.mask.span, "", also)
        elif found and local.register is not found[0]:
            other = local.register.name.text
            headline = f"`{s.mask.text}` was read from `{other}`, not from `{found[0].name.text}`"
            also = Label(local.place.span, "read here")
            self.sink.error("VQ0303", headline, s.mask.span, "", also)
        elif found:
            return p.ClearBits(found[1], (), s.mask.text, s.span)
        return None

    def _unread_mask(self, s: t.ClearMask) -> None:
        mask, register = s.mask.text, s.register.name.text
        if self.host.is_open:
            return
        known = list(self.run.locals)
        declared = self.host.registers.get(register)
        if declared and any(b.text == mask for b in declared.bits):
            hint = f"a single bit is cleared by `clear {register}.{mask}`"
        else:
            hint = self.sink.guess(mask, known) or f"read it before: `{mask} = read {register}`"
        headline = f"`{mask}` is used before it is read"
        self.sink.error("VQ0212", headline, s.mask.span, hint)

    # Lines and queues

    def _line(self, ref: t.Ident | t.LineRef) -> p.LineRef | None:
        match ref:
            case t.Ident(text):
                if text == self.reads.line:
                    self.sink.means(ref, self.reads.places.get(text))
                    return p.LineVar(text)
                self.names.no_variable(ref, "line")
                return None
            case t.LineRef(None, None):
                return p.LineOf(None)
            case t.LineRef(t.Ident() as name):
                queue = self._queue(name)
                return p.LineOf(queue) if queue else None
            case t.LineRef(_, ordinal):
                return self._line_at(ordinal) if ordinal else p.LineOf(None)
            case _:
                assert_never(ref)

    def _line_at(self, ordinal: t.Node) -> p.LineRef | None:
        """A line by ordinal, which no run decides: who is on which line is not a matter of time."""
        e = self.formula.number(ordinal)
        if any(n.startswith(_OF_A_RUN) for n in free(e)):
            headline = "which line it is would depend on the run"
            hint = "choose it by facts of the design, as in `line[0]` or `line[q.nth % lines]`"
            self.sink.error("VQ0303", headline, ordinal.span, hint)
            return None
        return p.LineAt(e)

    def _queue(self, name: t.Ident) -> p.QueueVar | None:
        if name.text in self.reads.queues:
            self.sink.means(name, self.reads.places.get(name.text))
            return p.QueueVar(name.text)
        self.names.no_variable(name, "queue")
        return None

    def _line_statement(self, s: t.LineStmt) -> p.Stmt | None:
        masks = s.verb in ("mask", "unmask")
        self._only_on("handler" if masks else "signal", s.verb, s)
        line = self._line(s.line)
        if line is None:
            return None
        if masks:
            return p.MaskLine(s.verb == "mask", line, s.span)
        return p.Drive(s.verb, line, s.span)

    def _queue_statement(self, s: t.QueueStmt) -> p.Stmt | None:
        words = s.verb.replace("_", " ")
        self._only_on("handler" if s.verb in _DRIVER_VERBS else "signal", words, s)
        queue = self._queue(s.queue)
        if s.verb == "service" and self.kind == "service":
            headline = "a service program cannot run a service program"
            hint = f"write `schedule {s.queue.text}` to have it run again later"
            self.sink.error("VQ0417", headline, s.span, hint)
        if queue is None:
            return None
        verb = "serve" if s.verb == "service" else s.verb
        return p.QueueAction(verb, queue, s.span)

    def _simple(self, s: t.Simple) -> p.Stmt | None:
        match s.what:
            case "publish config":
                self._only_on("signal", s.what, s)
                return p.ChangeConfig(s.span)
            case "notify config":
                self._only_on("handler", s.what, s)
                return p.NotifyConfig(s.span)
            case "fence":
                return p.Fence(s.span)
            case "stop":
                return p.Stop(s.span)
            case _:
                if self.kind != "handler":
                    headline = f"`{s.what}` cannot stand in a {self.kind} program"
                    hint = "only a handler tells the kernel; `stop` leaves a program"
                    self.sink.error("VQ0417", headline, s.span, hint)
                return p.Return(s.what == "return handled", s.span)

    # Structure

    def _if(self, s: t.IfStmt) -> p.Stmt | None:
        if len(s.branches) > _MAX_BRANCHES:
            headline = f"an `if` with more than {_MAX_BRANCHES} branches"
            self.sink.error("VQ0310", headline, s.branches[_MAX_BRANCHES][0].span)
            return None
        branches = [
            (self.formula.condition(test), self.block(body), test.span.to(body.span))
            for test, body in s.branches
        ]
        left = self.block(s.other) if s.other else ()
        for test_, then, span in reversed(branches[1:]):
            left = (p.If(test_, then, left, span),)
        return p.If(branches[0][0], branches[0][1], left, s.span)

    def _for(self, s: t.ForStmt) -> p.Stmt | None:
        line = self._line(s.line) if s.line else None
        check_variable(self.scope, s.queue, self.reads, PREFIXES)
        if s.queue.text in self.run.locals:
            first = self.run.locals[s.queue.text].place
            self.sink.twice(s.queue, first, "name")
        outer = self.reads
        self.reads = outer.with_queue(s.queue, s.queue.text)
        where = self.formula.condition(s.where) if s.where else TRUE
        body = self.block(s.body)
        self.reads = outer
        if s.line and line is None:
            return None
        return p.ForQueues(p.QueueVar(s.queue.text), line, where, body, s.span)


def _what(local: Local) -> str:
    if local.register is None:
        return local.sort.value
    return f"the bits of `{local.register.name.text}`"


def _assigned(block: t.Block) -> Iterable[str]:
    """Names of all locals that a program gives a value somewhere."""
    for s in block.stmts:
        match s:
            case t.Assign() | t.ReadStmt():
                yield s.name.text
            case t.IfStmt():
                for _, body in s.branches:
                    yield from _assigned(body)
                if s.other:
                    yield from _assigned(s.other)
            case t.LoopStmt() | t.ForStmt() | t.LockStmt():
                yield from _assigned(s.body)
            case _:
                pass
