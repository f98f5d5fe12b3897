"""Programs of a world to a system: which agents there are, and the steps that they make.

device rx[0]     the device's signal program of a queue, which starts with a used entry
device config    the same of a configuration change
handler line 0   what the driver runs for a line: never re-entered while it runs
service rx[0]    a deferred service program (NAPI), which runs while its queue is scheduled
memory ...       stores that become visible, under `memory tso` and `relaxed`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from model.design.mapping import Transport
from model.design.program import (
    Assign,
    Block,
    ChangeConfig,
    Drive,
    Fence,
    Handler,
    If,
    Locked,
    Loop,
    MaskLine,
    QueueAction,
    Return,
    Service,
    Signal,
    Stmt,
    Stop,
    Wire,
)
from model.expr import FALSE, TRUE, Expr, Lit, Var, conj, disj, free, negate, substitute
from model.kernel.system import Cell, Source, Step, System
from model.meaning.cells import Cells
from model.meaning.graph import Do, Graph, StepMaker, Test, Writes, cells_of, mentioned
from model.meaning.lines import Lines
from model.meaning.places import statements
from model.meaning.primitives import OfConfig, OfLine, OfMemory, OfQueue
from model.meaning.programs import Compiler
from model.meaning.queues import Counting, Queues
from model.meaning.stores import Did
from model.meaning.world import LineHere, QueueHere, Scope, World


def verbs(transport: Transport) -> frozenset[str]:
    """What the programs of a transport do to lines and queues, each verb once."""
    programs: list[Block] = [
        *(s.body for s in transport.signals),
        *(h.body for h in transport.handlers),
        *(s.body for s in transport.services),
    ]
    return frozenset(v for body in programs for v in _verbs(body))


def _verbs(body: Block) -> Iterable[str]:
    for s in statements(body):
        match s:
            case Drive(how, _, _):
                yield how
            case MaskLine():
                yield "mask"
            case QueueAction(verb, _, _):
                yield verb
            case _:
                pass


def nested_locks(transport: Transport) -> str:
    """A lock that is taken while another, or itself, is held; '' if none is."""
    services = [s.body for s in transport.services]
    inner = [x for body in services for x in statements(body) if isinstance(x, Locked)]
    for body in (*(s.body for s in transport.signals), *(h.body for h in transport.handlers)):
        for outer in statements(body):
            if isinstance(outer, Locked):
                inside = [x for x in statements(outer.body) if isinstance(x, Locked)]
                served = inner if "serve" in set(_verbs(outer.body)) else []
                for x in (*inside, *served):
                    return f"{outer.name}, {x.name}"
    for x in inner:
        for y in statements(x.body):
            if isinstance(y, Locked):
                return f"{x.name}, {y.name}"
    return ""


def most_published(transport: Transport) -> int:
    """How many entries the signal program of a queue publishes in one run, at most, if no loop."""
    return max(
        (
            sum(v == "publish" for v in _verbs(s.body)) + (0 if _starts_so(s) else 1)
            for s in transport.signals
            if s.queue is not None
        ),
        default=1,
    )


def _starts_so(s: Signal) -> bool:
    return bool(s.body) and isinstance(s.body[0], QueueAction) and s.body[0].verb == "publish"


def is_own(body: Block) -> bool:
    """True for a service program that touches nothing but its own queue."""
    own = QueueAction | If | Loop | Fence | Assign | Stop
    return all(isinstance(s, own) for s in statements(body))


def is_own_and_ends(body: Block) -> bool:
    """The same of one that always gives up its scheduling bit: run for nothing, it comes to rest.

    Without any `complete` the bit is given up at its start.
    """
    if not is_own(body):
        return False
    falls, stopped = _completed(body, frozenset({"complete" not in set(_verbs(body))}))
    return (falls | stopped) == {True}


def _completed(body: Block, done: frozenset[bool]) -> tuple[frozenset[bool], frozenset[bool]]:
    """Whether the bit is given up: where the end of the block is reached, and at a `stop`.

    `done` says the same of its start; each is the set of what may be so.
    """
    stopped: frozenset[bool] = frozenset()
    for s in body:
        match s:
            case QueueAction("complete", _, _):
                done = done and frozenset({True})
            case If(_, then, other, _):
                a, b = _completed(then, done), _completed(other, done)
                done, stopped = a[0] | b[0], stopped | a[1] | b[1]
            case Loop(test, inner, _):
                heads = done | _completed(inner, done)[0]
                out = _completed(inner, heads)[1]
                done = out if test == TRUE else out | heads
            case Stop():
                done, stopped = frozenset(), stopped | done
            case _:
                pass
    return done, stopped


def is_own_at_once(body: Block) -> bool:
    """The same of one that leaves nothing behind in local variables and cannot go on for ever."""
    return is_own(body) and not any(isinstance(s, Loop | Assign) for s in statements(body))


def is_own_alone(body: Block, queue: str) -> bool:
    """True for a loop's body that does nothing but to the queue of its round."""
    return all(isinstance(s, QueueAction) and s.queue.name == queue for s in body)


class Lowering:
    """Makes the agents of one device; `system` then turns all of them into steps."""

    def __init__(
        self, world: World, cells: Cells, room: int | None, services: Iterable[Service]
    ) -> None:
        transport = world.transport
        done = verbs(transport)
        used = frozenset(v for s in services for v in _verbs(s.body)) | done
        self.world = world
        self.cells = cells
        batch = most_published(transport)
        counting = Counting(room, 1 + max(batch, room or 0), batch)
        kind = transport.suppression, transport.memory
        counted = "drain_one" in used
        self.queues = Queues(cells, *kind, counted=counted, counting=counting)
        self.lines = Lines(cells, used)
        self.compiler = Compiler(world, cells, self.queues, self.lines)
        self.graphs: list[Graph] = []
        self.followed: list[LineHere] = []
        self.makers: dict[str, StepMaker] = {}
        """By agent: what made its steps, and knows where it stands between them."""
        self._mentioned: list[frozenset[str]] = []
        self._made: list[list[Step]] = []
        """Of each graph."""

    def add_line(self, line: LineHere, wires: Iterable[Wire], agent: str) -> None:
        """A line of the world: what it follows, and which agent's being idle is its rest."""
        self.lines.idle[line.name] = Graph(agent).idle
        self.lines.declare(line)
        for wire in wires:
            scope = Scope("wire", {}, line, wire.line.name)
            condition = self._condition(wire.test, scope, line)
            self.lines.wires[line.name] = disj(self.lines.wire(line), condition)
            if wire.resample:
                self.lines.resampled.add(line.name)
            if line not in self.followed:
                self.followed.append(line)

    def _condition(self, e: Expr, scope: Scope, line: LineHere) -> Expr:
        """The condition of a wire over register cells; of a register `per line`, this line's."""
        by: dict[str, Expr] = {}
        for name in sorted(free(e)):
            if name.startswith("reg."):
                _, register, bit = name.split(".")
                per = next(r.per for r in self.world.transport.registers if r.name == register)
                of = f"[{line.name}]" if per == "line" else ""
                by[name] = self.cells.flag(f"{register}{of}.{bit}")
        cells = frozenset(v.name for v in by.values() if isinstance(v, Var))
        return self.world.fact(substitute(e, by), scope, cells)

    def device(self, signal: Signal | None, q: QueueHere | None, agent: str) -> Graph:
        """The device's side of a source; without a signal program nobody is told."""
        g = Graph(agent, produces=True)
        self.compiler.is_device = True
        queues = (
            {} if signal is None or signal.queue is None or q is None else {signal.queue.name: q}
        )
        scope = Scope(agent, queues)
        body = signal.body if signal is not None else ()
        if body and _publishes(body[0], q):
            body = body[1:]
        start = self.compiler.program(g, body, scope)
        origin = signal.origin if signal is not None else None
        if q is None:
            writes: Writes = {self.compiler.config.name: TRUE}
            does = OfConfig("publish")
            g.entry = Do("publish config", start, writes, TRUE, origin, does=does)
        else:
            did = self.queues.publish(q, starts=True)
            what = OfQueue("publish", q.name)
            g.entry = Do(f"publish {q.name}", start, did.writes, did.guard, origin, does=what)
        self.compiler.is_device = False
        self.graphs.append(g)
        return g

    def handler(self, line: LineHere, chain: Iterable[Handler], agent: str) -> Graph:
        """What runs for a line: its handlers, one after the other."""
        g = Graph(agent, enters=True)
        end: Writes = self.lines.end(line) if line.known else {}
        must = line.known and self.lines.ends_in_a_step(line)
        every = list(chain)
        after = self.compiler.program(g, (), Scope(agent, {}))
        done = None
        if must:
            ends = OfLine("end", line.ordinal)
            words = f"end of interrupt {line.name}"
            done = Do(words, after, end, always=True, does=ends)
            after = g.add(done)
        handled = ""
        if line.known and every and all(may_return_none(h) for h in every):
            handled = f"{agent}.handled"
            g.locals[handled] = FALSE
            # note_interrupt() counts before the end of interrupt, which says nothing of for whom.
            ended = after if done is None else g.add(replace(done, unhandled=True))
            told = Do(f"nobody handled {line.name}", ended, always=True, unhandled=True)
            after = g.add(Test(Var(handled, True), after, g.add(told)))
        for h in reversed(every):
            scope = Scope(agent, {}, line, h.line.name)
            after = self.compiler.handler(g, h.body, scope, after, handled)
        origin = every[0].origin if every else None
        if line.known:
            guard = disj(self.lines.fires(line), self.lines.foreign)
            does = OfLine("enter", line.ordinal)
            words = f"enter for {line.name}"
            g.entry = Do(words, after, self.lines.enter(line), guard, origin, does=does)
        else:
            g.entry = Do(f"enter for {line.name}", after, {}, TRUE, origin)
        self.graphs.append(g)
        return g

    def service(self, service: Service, q: QueueHere, agent: str) -> Graph:
        """A deferred service program: while its queue is scheduled.

        Without a `complete`, the bit is given up when it starts, as a tasklet's is.
        """
        g = Graph(agent)
        scope = Scope(agent, {service.queue.name: q})
        start = self.compiler.program(g, service.body, scope)
        completes = "complete" in set(_verbs(service.body))
        bit = self.compiler.scheduled(q)
        writes: Writes = {} if completes or not q.known else {bit.name: FALSE}
        guard: Expr = bit if q.known else TRUE
        verb = "resume" if completes else "start"
        does = OfQueue(verb, q.name)
        words = f"start service of {q.name}"
        g.entry = Do(words, start, writes, guard, service.origin, does=does)
        self.graphs.append(g)
        return g

    def memory(self, queues: Iterable[QueueHere]) -> None:
        """Stores to the rings of these queues that become visible."""
        if not self.queues.weak:
            return
        for q in queues:
            did, does = self.queues.reveal(q), OfMemory("", q.name)
            self._visible(f"memory of device {q.name}", f"used index of {q.name}", did, does)
        for x in self.queues.stores.arrivals() if self.queues.suppressed else ():
            agent = f"memory of {x.agent}" + (f", {x.queue}" if x.queue else "")
            self._visible(agent, x.words, x.did, OfMemory(x.agent, x.queue))

    def _visible(self, agent: str, what: str, did: Did, does: OfMemory) -> None:
        g = Graph(agent)
        start = self.compiler.program(g, (), Scope(agent, {}))
        g.entry = Do(f"{what} becomes visible", start, did.writes, did.guard, does=does)
        self.graphs.append(g)

    # All of it

    def system(self, sources: Iterable[Source], *, sliced: bool = False) -> System:
        """Steps of all agents, without cells that can never change.

        `sliced`: without what no source can notice either, for a proof; a reader of a run would
        miss it.
        """
        shared = self.cells.every
        own = {c.name: c for g in self.graphs for c in cells_of(g, len(g.nodes) + 1)}
        every = {**shared, **own}
        constants: dict[str, Expr] = {
            n: Lit(c.initial) for n, c in every.items() if c.initial is not None
        }
        changed: AbstractSet[str] | None = None
        while True:
            steps, sizes = self._steps(every, constants, None, changed)
            changed = {
                n for s in steps for n, e in s.writes if n in constants and e != constants[n]
            }
            if not changed:
                break
            for n in changed:
                del constants[n]
        found = tuple(Source(s.name, substitute(s.work, constants), s.origin) for s in sources)
        never = substitute(self.queues.never, constants)
        if sliced:
            wires = (substitute(self.lines.wire(x), constants) for x in self.followed)
            roots = (never, *(s.work for s in found), *wires)
            wanted = frozenset[str]().union(*(free(e) for e in roots))
            steps, sizes = self._slice(every, constants, wanted)
        quiet = conj(*(negate(s.guard) for s in steps if not s.produces))
        bad = conj(quiet, disj(*(s.work for s in found)))
        used = free(bad).union(*(_touched(s) for s in steps))
        cells = tuple(
            Cell(c.name, c.initial, c.lo, sizes.get(n, c.hi), c.private, c.is_bool)
            for n, c in every.items()
            if n not in constants and n in used
        )
        return System(cells, tuple(steps), found, quiet, bad, never)

    def _slice(
        self, every: Mapping[str, Cell], constants: Mapping[str, Expr], wanted: AbstractSet[str]
    ) -> tuple[list[Step], dict[str, int]]:
        """Steps without the cells that neither a guard nor `wanted` depends on.

        What is left out changes nothing that is left, and could always be done: it delays nobody.
        """
        dead = every.keys() - constants.keys() - wanted
        alive: AbstractSet[str] | None = None
        while True:
            steps, sizes = self._steps(every, constants, dead, alive)
            reads = [free(s.guard).union(*(free(e) for _, e in s.writes)) for s in steps]
            alive = dead.intersection(*[frozenset().union(*reads)])
            if not alive:
                break
            dead -= alive
        return [s for s in steps if s.writes or not s.produces], sizes

    def _steps(
        self,
        every: Mapping[str, Cell],
        constants: Mapping[str, Expr],
        dead: AbstractSet[str] | None,
        changed: AbstractSet[str] | None,
    ) -> tuple[list[Step], dict[str, int]]:
        """The steps of all agents; anew for those in which a cell is mentioned that has changed
        its part since the last time.
        """
        sorts = {n: c.is_bool for n, c in every.items()}
        out: list[Step] = []
        sizes = dict.fromkeys(self.compiler.locks, len(self.compiler.owners))
        self._mentioned += [mentioned(g) for g in self.graphs[len(self._mentioned) :]]
        self._made += [[] for _ in self.graphs[len(self._made) :]]
        for k, g in enumerate(self.graphs):
            if changed is None or not changed.isdisjoint(self._mentioned[k]):
                self.makers[g.agent] = StepMaker(g, constants, sorts, self.cells.choices, dead)
                self._made[k] = self.makers[g.agent].steps()
            out += [self._followed(s, constants, dead or frozenset()) for s in self._made[k]]
            sizes[g.at] = len(self.makers[g.agent].numbers)
        return out, sizes

    def _followed(self, step: Step, constants: Mapping[str, Expr], dead: AbstractSet[str]) -> Step:
        """The step with what it does to lines whose condition it changes."""
        writes = dict(step.writes)
        for line in self.followed:
            before = substitute(self.lines.wire(line), constants)
            after = substitute(before, writes)
            if after == before:
                continue
            rises = after
            if self.lines.foreign != FALSE:  # Another device may hold it up already.
                rises = conj(after, negate(self.lines.foreign))
            known = {
                k: substitute(e, constants)
                for k, e in self.lines.follow(line, before, rises, writes).items()
                if k not in dead
            }
            writes.update(known)
        if writes == dict(step.writes):
            return step
        chosen = {v.name: v for v in step.choices}
        if isinstance(self.lines.foreign, Var):
            chosen[self.lines.foreign.name] = self.lines.foreign
        return replace(step, writes=tuple(writes.items()), choices=tuple(chosen.values()))


def may_return_none(h: Handler) -> bool:
    """Whether some path through a handler says that the interrupt was not for it (IRQ_NONE)."""
    return any(isinstance(s, Return) and not s.handled for s in statements(h.body))


def _publishes(s: Stmt, q: QueueHere | None) -> bool:
    """A signal program may say what its first step is, or leave it out."""
    if q is None:
        return isinstance(s, ChangeConfig)
    return isinstance(s, QueueAction) and s.verb == "publish"


def _touched(s: Step) -> frozenset[str]:
    """The cells that a step reads or writes."""
    return free(s.guard).union(*({n} | free(e) for n, e in s.writes))
