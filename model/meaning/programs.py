"""Statements to graphs: what each statement of a program does, once, for every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import assert_never

from model.design.program import (
    Assign,
    Block,
    ChangeConfig,
    ClearBits,
    Drive,
    Fence,
    ForQueues,
    If,
    LineOf,
    LineRef,
    LineVar,
    Locked,
    Loop,
    MaskLine,
    NotifyConfig,
    QueueAction,
    QueueVar,
    ReadRegister,
    RegisterRef,
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
    Div,
    Expr,
    Lit,
    Mod,
    Not,
    Or,
    Undefined,
    Var,
    conj,
    disj,
    equal,
    free,
    ite,
    negate,
    substitute,
    walk,
)
from model.meaning.cells import Cells
from model.meaning.graph import Acquire, Do, Exit, Fault, Graph, Look, Round, Test, Writes
from model.meaning.lines import Lines, either
from model.meaning.primitives import (
    Barrier,
    OfConfig,
    OfLine,
    OfQueue,
    OfRegister,
    Returned,
    Unlock,
)
from model.meaning.queues import Queues
from model.meaning.world import LineHere, QueueHere, Scope, World, register_of
from model.record import dataclass
from model.span import Span

_LOOKS = ("pending.", "wants.", "wants_last.", "asserted.", "masked.")
_DEEPEST = 4


class Unsupported(Exception):
    """A program means nothing that the kernel can say; `origin` is where."""

    def __init__(self, words: str, origin: Span) -> None:
        super().__init__(words)
        self.origin = origin


@dataclass(frozen=True, slots=True)
class Ways:
    """Where a program goes on: out of the loop, out of the program, or out with `return none`."""

    stop: int
    back: int
    none: int


@dataclass(slots=True)
class Compiler:
    """Programs of one device, over its world. `prefix` is in front of the names of its cells."""

    world: World
    cells: Cells
    queues: Queues
    lines: Lines
    prefix: str = ""
    is_device: bool = False
    """True while a program of the device is compiled: lines are those of the device's map."""
    owners: dict[str, int] = field(default_factory=dict)
    locks: set[str] = field(default_factory=set)
    """Cells that hold the number of the agent that has the lock; 0: nobody."""
    ending: bool = False
    """True to go through others at most once: whether loops over them end is asked elsewhere."""
    silent: frozenset[str] = frozenset()
    """Queues whose deferred service program does nothing that anybody could notice."""

    def block(self, body: Block, scope: Scope, graph: Graph, after: int, ways: Ways) -> int:
        """The label where the statements start; they go on at `after`."""
        for s in reversed(body):
            try:
                after = self._statement(s, scope, graph, after, ways)
            except (Undefined, Unsupported) as error:  # Whoever gets here has to know.
                after = graph.add(Fault(error))
        return after

    def _statement(self, s: Stmt, scope: Scope, g: Graph, after: int, ways: Ways) -> int:
        match s:
            case Assign():
                return self._assign(s, scope, g, after)
            case ReadRegister(name, register, origin):
                return self._read(name, register, origin, scope, g, after)
            case SetBits(register, bits, origin):
                return self._bits(
                    register, dict.fromkeys(bits, TRUE), "set", origin, scope, g, after
                )
            case ClearBits():
                return self._clear(s, scope, g, after)
            case Drive(how, line, origin):
                guard = self._all_visible(scope)
                return self._on_line(
                    how, line, lambda at: self.lines.drive(how, at), origin, scope, g, after, guard
                )
            case MaskLine(masked, line, origin):
                verb = "mask" if masked else "unmask"
                return self._on_line(
                    verb,
                    line,
                    lambda at: self.lines.mask(at, on=masked),
                    origin,
                    scope,
                    g,
                    after,
                    TRUE,
                )
            case QueueAction():
                return self._action(s, scope, g, after)
            case NotifyConfig(origin):
                return self._config("notify config", FALSE, origin, g, after)
            case ChangeConfig(origin):
                return self._config("publish config", TRUE, origin, g, after)
            case Fence(origin):
                visible = self._all_visible(scope)
                return g.add(Do("fence", after, {}, visible, origin, does=Barrier()))
            case If(test, then, other, origin):
                yes = self.block(then, scope, g, after, ways)
                no = self.block(other, scope, g, after, ways)
                return self.condition(test, scope, g, yes, no, origin)
            case Loop(test, body, origin):
                if self.ending and self._is_others(scope):
                    # That it ends is shown where the queue, or the line, is the one looked at. That
                    # says nothing of two queues: whether a loop runs may depend on how they differ.
                    first = len(g.nodes)
                    once = self.block(body, scope, g, after, replace(ways, stop=after))
                    once = self.condition(test, scope, g, once, after, origin)
                    return self._after_others(once, first, g)
                head = g.add(Round(0))
                inside = self.block(body, scope, g, head, replace(ways, stop=after))
                g.nodes[head] = Round(self.condition(test, scope, g, inside, after, origin))
                return head
            case ForQueues():
                return self._for(s, scope, g, after, ways)
            case Locked():
                return self._locked(s, scope, g, after, ways)
            case Stop():
                return ways.stop
            case Return(handled):
                to = ways.back if handled else ways.none
                return g.add(Do("", to, {}, shared=False, does=Returned(handled)))
            case _:
                assert_never(s)

    def _is_others(self, scope: Scope) -> bool:
        """Whether a loop is about another queue alone, or about another line and no queue."""
        queues = [q.known for q in scope.queues.values()]
        if queues:
            return queues == [False]
        return scope.line is not None and not scope.line.known

    # Locals and conditions

    def _local(self, scope: Scope, name: str, g: Graph, first: Lit) -> str:
        cell = f"{scope.agent}.{scope.local}{name}"
        g.locals.setdefault(cell, first)
        return cell

    def _assign(self, s: Assign, scope: Scope, g: Graph, after: int) -> int:
        cell = self._local(scope, s.name, g, FALSE if s.is_bool else Lit(0))
        if not any(n.startswith(_LOOKS) for n in free(s.value)):
            return g.add(
                Do("", after, {cell: self._known(s.value, scope, g, s.origin)}, shared=False)
            )
        yes = g.add(Do("", after, {cell: TRUE}, shared=False))
        no = g.add(Do("", after, {cell: FALSE}, shared=False))
        return self.condition(s.value, scope, g, yes, no, s.origin)

    def condition(
        self, e: Expr, scope: Scope, g: Graph, yes: int, no: int, origin: Span | None
    ) -> int:
        """A branch; each look at shared state is an access, as a program in C makes them."""
        match e:
            case Not(a):
                return self.condition(a, scope, g, no, yes, origin)
            case And(args) if args:
                for a in reversed(args):
                    yes = self.condition(a, scope, g, yes, no, origin)
                return yes
            case Or(args) if args:
                for a in reversed(args):
                    no = self.condition(a, scope, g, yes, no, origin)
                return no
            case Lit(v):
                return yes if v else no
            case _:
                return self._atom(e, scope, g, yes, no, origin)

    def _atom(self, e: Expr, scope: Scope, g: Graph, yes: int, no: int, origin: Span | None) -> int:
        looks = [n for n in sorted(free(e)) if n.startswith(_LOOKS)]
        if not looks:
            try:
                return g.add(Test(self._known(e, scope, g, origin), yes, no))
            except (Undefined, Unsupported) as error:
                return g.add(Fault(error))
        if e == Var(looks[0], True):
            return self._look(looks[0], scope, g, yes, no, origin)
        # A look inside of a larger formula: decided first, then the rest with what it was.
        with_it = substitute(e, {looks[0]: TRUE})
        without = substitute(e, {looks[0]: FALSE})
        then = self.condition(with_it, scope, g, yes, no, origin)
        other = self.condition(without, scope, g, yes, no, origin)
        return self._look(looks[0], scope, g, then, other, origin)

    def _look(
        self, name: str, scope: Scope, g: Graph, yes: int, no: int, origin: Span | None
    ) -> int:
        kind, _, of = name.partition(".")
        if kind in ("asserted", "masked"):
            ask = self.lines.asserted if kind == "asserted" else self.lines.masked
            for when, line in reversed(self._lines(_line_ref(of, scope), scope)):
                test = ask(line) if line.known else self.world.choice()
                if kind == "asserted" and line.known:  # Another device may hold it up.
                    test = disj(test, self.lines.foreign)
                does = OfLine(kind, line.ordinal)
                words = f"look: {kind} {line.name}"
                seen = g.add(Look(words, test, yes, no, origin=origin, does=does))
                no_or = no if when == TRUE else g.add(Test(when, seen, no))
                no = seen if when == TRUE else no_or
            return no
        q = scope.queues[of]
        writes: Writes
        if kind == "pending":
            test, writes = self.queues.pending(q), {}
        else:
            test, writes = self.queues.wants(q, last=kind == "wants_last")
        what = OfQueue(kind, q.name)
        words = f"look: {kind} {q.name}"
        return g.add(Look(words, test, yes, no, writes, origin=origin, does=what))

    def _known(self, e: Expr, scope: Scope, g: Graph, origin: Span | None) -> Expr:
        """A formula without looks: locals as cells, facts as far as they are known."""
        by = {n: self._local_value(n, scope, g) for n in sorted(free(e)) if n.startswith("local.")}
        cells = frozenset(v.name for v in by.values())
        known = self.world.fact(substitute(e, by), scope, cells)
        if any(isinstance(x, Div | Mod) for x in walk(known)):
            at = origin or self.world.transport.origin
            raise Unsupported("a local variable cannot be divided", at)
        return known

    def _local_value(self, name: str, scope: Scope, g: Graph) -> Var:
        cell = f"{scope.agent}.{scope.local}{name.removeprefix('local.')}"
        return Var(cell, isinstance(g.locals[cell].value, bool))

    def declare(self, body: Block, scope: Scope, g: Graph) -> None:
        """The local variables of a program: it is compiled from its end, where they are read."""
        for s in body:
            match s:
                case Assign(name, _, is_bool, _):
                    self._local(scope, name, g, FALSE if is_bool else Lit(0))
                case ReadRegister(name, register, _):
                    for bit in register_of(self.world.transport, register.name).bits:
                        self._local(scope, f"{name}.{bit}", g, FALSE)
                case If(_, then, other, _):
                    self.declare((*then, *other), scope, g)
                case Loop() | ForQueues() | Locked():
                    self.declare(s.body, scope, g)
                case _:
                    pass

    # Registers

    def _cells_of(
        self, ref: RegisterRef, scope: Scope
    ) -> list[tuple[Expr, Callable[[str], Var | None]]]:
        """By cases, the cells of a register's bits; none for a register of nobody known."""
        register = register_of(self.world.transport, ref.name)
        name = self.prefix + ref.name

        def at(of: str) -> Callable[[str], Var | None]:
            return lambda bit: self.cells.flag(f"{name}{of}.{bit}")

        def nobody(_: str) -> Var | None:
            return None

        if not register.per:
            return [(TRUE, at(""))]
        if isinstance(ref.of, QueueVar):
            q = scope.queues[ref.of.name]
            return [(TRUE, at(f"[{q.name}]") if q.known else nobody)]
        if ref.of is None:
            return [(TRUE, nobody)]
        some = self._lines(ref.of, scope)
        return [(c, at(f"[{x.name}]") if x.known else nobody) for c, x in some]

    def _read(
        self, name: str, ref: RegisterRef, origin: Span, scope: Scope, g: Graph, after: int
    ) -> int:
        register = register_of(self.world.transport, ref.name)
        writes: Writes = {}
        for bit in register.bits:
            local = self._local(scope, f"{name}.{bit}", g, FALSE)
            got: Expr = FALSE
            for when, cell_of in reversed(self._cells_of(ref, scope)):
                cell = cell_of(bit)
                got = ite(when, cell if cell is not None else self.world.choice(), got)
                if cell is not None and register.clears_on_read:
                    writes[cell.name] = conj(cell, negate(when))
            writes[local] = got
        into = tuple(self._local(scope, f"{name}.{bit}", g, FALSE) for bit in register.bits)
        does = self._of_register("read", ref, scope, register.bits, into)
        # Linux readl(): what comes after it waits for it; it waits for no store before it.
        words = f"read {self._named(ref, scope)}"
        return g.add(Do(words, after, writes, TRUE, origin, does=does))

    def _of_register(
        self,
        verb: str,
        ref: RegisterRef,
        scope: Scope,
        bits: Iterable[str],
        cells: tuple[str, ...] = (),
    ) -> OfRegister:
        if isinstance(ref.of, QueueVar):
            of = scope.queues[ref.of.name].name
            return OfRegister(verb, ref.name, of, tuple(bits), cells)
        some = [] if ref.of is None else self._lines(ref.of, scope)
        of = some[0][1].name if some else ""
        return OfRegister(verb, ref.name, of, tuple(bits), cells, ref.of is None or bool(some))

    def _bits(  # noqa: PLR0913  (a statement and where it goes)
        self,
        ref: RegisterRef,
        bits: Mapping[str, Expr],
        verb: str,
        origin: Span,
        scope: Scope,
        g: Graph,
        after: int,
    ) -> int:
        writes: Writes = {}
        for when, cell_of in self._cells_of(ref, scope):
            for bit, new in bits.items():
                cell = cell_of(bit)
                if cell is None:
                    continue
                to = disj(cell, new) if verb == "set" else conj(cell, negate(new))
                writes[cell.name] = ite(when, to, writes.get(cell.name, cell))
        words = f"{verb} {self._named(ref, scope)}"
        if verb == "set" or all(e == TRUE for e in bits.values()):
            words += "." + ("{" + ", ".join(bits) + "}" if len(bits) > 1 else next(iter(bits)))
        by = tuple(e.name for e in bits.values() if isinstance(e, Var))
        does = self._of_register(verb, ref, scope, bits, by)
        return g.add(Do(words, after, writes, self._all_visible(scope), origin, does=does))

    def _clear(self, s: ClearBits, scope: Scope, g: Graph, after: int) -> int:
        bits: dict[str, Expr] = dict.fromkeys(s.bits, TRUE)
        if s.mask is not None:
            register = register_of(self.world.transport, s.register.name)
            for bit in register.bits:
                bits[bit] = Var(self._local(scope, f"{s.mask}.{bit}", g, FALSE), True)
        return self._bits(s.register, bits, "clear", s.origin, scope, g, after)

    def _named(self, ref: RegisterRef, scope: Scope) -> str:
        if isinstance(ref.of, QueueVar):
            return f"{ref.name}[{scope.queues[ref.of.name].name}]"
        if ref.of is None:
            return ref.name
        some = self._lines(ref.of, scope)
        return f"{ref.name}[{some[0][1].name}]" if some else ref.name

    # Lines

    def _lines(self, ref: LineRef, scope: Scope) -> Sequence[tuple[Expr, LineHere]]:
        return self.world.line(ref, scope, device=self.is_device)

    def _on_line(  # noqa: PLR0913  (a statement and where it goes)
        self,
        verb: str,
        ref: LineRef,
        what: Callable[[LineHere], Writes],
        origin: Span,
        scope: Scope,
        g: Graph,
        after: int,
        guard: Expr,
    ) -> int:
        writes: Writes = {}
        known = [(when, line) for when, line in self._lines(ref, scope) if line.known]
        for when, line in known:
            writes.update(either(when, what(line), self.cells))
        to = known[0][1].name if known else "a line that is not there"
        does = OfLine(verb, known[0][1].ordinal if known else None)
        return g.add(Do(f"{verb} {to}", after, writes, guard, origin, does=does))

    # Queues and the configuration

    def _action(self, s: QueueAction, scope: Scope, g: Graph, after: int) -> int:
        q = scope.queues[s.queue.name]
        match s.verb:
            case "serve":
                return self.serve(q, scope, g, after, s.origin)
            case "schedule":
                return self._schedule(q, scope, g, after, s.origin)
            case "complete":
                writes: Writes = {self.scheduled(q).name: FALSE} if q.known else {}
                guard = self._all_visible(scope)
                does = OfQueue("complete", q.name)
                return g.add(Do(f"complete {q.name}", after, writes, guard, s.origin, does=does))
            case "publish":
                did = self.queues.publish(q, starts=False)
            case "drain" | "drain_one":
                did = self.queues.drain(q, one=s.verb == "drain_one")
            case "enable" | "disable":
                did = self.queues.enable(q, scope.agent, on=s.verb == "enable")
            case _:
                raise Unsupported(f"nothing is known of `{s.verb}`", s.origin)
        does = OfQueue(s.verb, q.name)
        return g.add(Do(f"{s.verb} {q.name}", after, did.writes, did.guard, s.origin, does=does))

    def scheduled(self, q: QueueHere) -> Var:
        """The scheduling bit of a queue's deferred service (NAPI_STATE_SCHED)."""
        return self.cells.flag(f"{q.name}.scheduled")

    def _schedule(self, q: QueueHere, scope: Scope, g: Graph, after: int, origin: Span) -> int:
        there = q.known and q.name not in self.silent
        writes: Writes = {self.scheduled(q).name: TRUE} if there else {}
        visible = self._all_visible(scope)
        does = OfQueue("schedule", q.name)
        return g.add(Do(f"schedule {q.name}", after, writes, visible, origin, does=does))

    def serve(self, q: QueueHere, scope: Scope, g: Graph, after: int, origin: Span) -> int:
        """`service q`: run its service program here, or have it run later."""
        some = self.world.services(q)
        ways = [self._serve_by(x, q, scope, g, after, origin) for x in some]
        first = ways[0]
        for other in ways[1:]:
            first = g.add(Test(self.world.choice(), other, first))
        return first

    def _serve_by(
        self,
        service: Service | None,
        q: QueueHere,
        scope: Scope,
        g: Graph,
        after: int,
        origin: Span,
    ) -> int:
        if service is None:
            did = self.queues.drain(q, one=False)
            does = OfQueue("drain", q.name)
            words = f"service {q.name}"
            return g.add(Do(words, after, did.writes, did.guard, origin, does=does))
        if service.deferred:
            return self._schedule(q, scope, g, after, origin)
        if scope.depth >= _DEEPEST:
            raise Unsupported("a service program that runs itself", origin)
        inner = replace(
            scope,
            queues={service.queue.name: q},
            local=f"{scope.local}{service.name}.",
            depth=scope.depth + 1,
        )
        self.declare(service.body, inner, g)
        return self.block(service.body, inner, g, after, Ways(after, after, after))

    @property
    def config(self) -> Var:
        """The configuration has changed and the driver has not looked."""
        return self.cells.flag(f"{self.prefix}config.unseen")

    def _config(self, verb: str, to: Expr, origin: Span, g: Graph, after: int) -> int:
        does = OfConfig(verb.split()[0])
        return g.add(Do(verb, after, {self.config.name: to}, TRUE, origin, does=does))

    def _all_visible(self, scope: Scope) -> Expr:
        """Writes to registers, lines driven, and barriers come after the stores before them."""
        if not self.queues.weak:
            return TRUE
        if self.is_device:
            return conj(*(self.queues.published(q) for q in scope.queues.values()))
        return self.queues.stores.visible(scope.agent)

    # Loops and locks

    def _for(self, s: ForQueues, scope: Scope, g: Graph, after: int, ways: Ways) -> int:
        inside = replace(ways, stop=after)
        for part in reversed(self.world.loop(s, scope)):
            inner = replace(scope, queues={**scope.queues, s.queue.name: part.queue})
            if part.many and self.ending:
                first = len(g.nodes)
                body = self.block(s.body, inner, g, after, inside)
                body = self.condition(s.where, inner, g, body, after, s.origin)
                body = self._after_others(body, first, g)
                after = g.add(Test(self.world.choice(), body, after))
                continue
            if part.many:
                head = g.add(Round(0))
                body = self.block(s.body, inner, g, head, inside)
                body = self.condition(s.where, inner, g, body, head, s.origin)
                g.nodes[head] = Round(g.add(Test(self.world.choice(), body, after)), free=True)
                after = head
                continue
            body = self.block(s.body, inner, g, after, inside)
            one = self.condition(s.where, inner, g, body, after, s.origin)
            after = one if part.when == TRUE else g.add(Test(part.when, one, after))
        return after

    def _after_others(self, body: int, first: int, g: Graph) -> int:
        """The last of many rounds: those before it left what they write as it may be.

        `first`: the label from which on the round was compiled.
        """
        nodes = (g.nodes[k] for k in range(first, len(g.nodes)))
        written = dict.fromkeys(
            n for x in nodes if isinstance(x, Do) for n in x.writes if n in g.locals
        )
        if not written:
            return body
        some: dict[str, Expr] = {
            n: self.cells.choice() if isinstance(g.locals[n].value, bool) else self.cells.number()
            for n in written
        }
        return g.add(Do("", body, some, shared=False))

    def _locked(self, s: Locked, scope: Scope, g: Graph, after: int, ways: Ways) -> int:
        lock = self.cells.count(f"{self.prefix}lock {s.name}", None, private=True)
        self.locks.add(lock.name)
        mine = Lit(self.owner(scope.agent))
        release: Writes = {lock.name: ite(equal(lock, mine), Lit(0), lock)}

        def released(label: int) -> int:
            return g.add(Do("", label, release, shared=False, does=Unlock(s.name)))

        inner = Ways(released(ways.stop), released(ways.back), released(ways.none))
        body = self.block(s.body, scope, g, released(after), inner)
        return g.add(Acquire(s.name, body, equal(lock, Lit(0)), {lock.name: mine}, s.origin))

    def owner(self, agent: str) -> int:
        """A number for an agent that holds a lock."""
        self.owners.setdefault(agent, len(self.owners) + 1)
        return self.owners[agent]

    def handler(
        self, graph: Graph, body: Block, scope: Scope, after: int, handled: str = ""
    ) -> int:
        """The label where a handler starts; however it ends, the next of the chain goes on.

        `handled`: the local variable that notes that the interrupt was for it, which it was unless
        the handler returns IRQ_NONE.
        """
        self.declare(body, scope, graph)
        back = after
        if handled:
            back = graph.add(Do("", after, {handled: TRUE}, shared=False))
        return self.block(body, scope, graph, back, Ways(back, back, after))

    def program(self, graph: Graph, body: Block, scope: Scope) -> int:
        """The label where a program starts that ends the agent's run."""
        end = graph.add(Exit())
        self.declare(body, scope, graph)
        return self.block(body, scope, graph, end, Ways(end, end, end))


def _line_ref(of: str, scope: Scope) -> LineRef:
    if of == "line(config)":
        return LineOf(None)
    if of.startswith("line("):
        return LineOf(QueueVar(of[5:-1]))
    return LineVar(scope.line_name)
