"""Agents of a machine: a program as arrays of functions, and where in it the agent stands.

Control flow is that of the program's graph (model/meaning/graph.py): which node follows which, and
between which nodes others may step. What a node does is made in `effects.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, assert_never, cast

from model.expr import Expr, Lit, Value
from model.kernel.compile import predicate
from model.meaning.graph import Acquire, Do, Exit, Fault, Graph, Look, Round, StepMaker, Test
from model.record import dataclass
from model.span import Span

Act = Callable[[], int]
Ready = Callable[[], bool]
PASS, STAND, END, ROUND = range(4)
"""What happens at a node on the way: go on, stop before it, the program ends, a loop's head."""
IDLE = -1


@dataclass(slots=True)
class Effects:
    """What the machine gives to the nodes of one agent."""

    perform: Callable[[object], Callable[[], object] | None]
    """A primitive as something to do; None: nothing."""
    look: Callable[[object], Ready]
    ready: Callable[[object], Ready | None]
    """When an access may be made; None: always."""
    lock: Callable[[str], tuple[Ready, Callable[[], object]]]


@dataclass(slots=True)
class Agent:
    """One agent: `act[n]` does node n and says where it goes on; IDLE: nothing runs."""

    name: str
    kind: str
    """`device`, `handler`, `service`, `memory`."""
    own: str
    """The queue of a device's program, '' for all others."""
    graph: Graph
    maker: StepMaker
    at: int = IDLE
    loc: list[Value] = field(default_factory=list)
    act: list[Act] = field(default_factory=list)
    ready: list[Ready | None] = field(default_factory=list)
    node: list[int] = field(default_factory=list)
    wake: Ready = bool
    begin: Act = int
    leave: Callable[[], object] = int
    produces: bool = False
    enters: bool = False
    first: tuple[Value, ...] = ()
    cells: tuple[str, ...] = ()
    numbers: dict[int, int] = field(default_factory=dict)
    verbs: list[str] = field(default_factory=list)
    origins: list[Span | None] = field(default_factory=list)
    entry: tuple[str, Span | None] = ("", None)
    declined: int = 0
    """Handlers of the chain that have returned IRQ_NONE in this run."""

    def can_step(self) -> bool:
        """Whether its next access may be made now."""
        if self.at == IDLE:
            return self.wake()
        ready = self.ready[self.at]
        return ready is None or ready()

    def step(self) -> bool:
        """Its next access and all that follows until the one after; False: it cannot be made."""
        at = self.at
        if at == IDLE:
            if not self.wake():
                return False
            n = self.begin()
        else:
            ready = self.ready[at]
            if ready is not None and not ready():
                return False
            n = self.act[at]()
        node = self.node
        kind = node[n]
        if kind == PASS and (at == IDLE or node[at] != ROUND):
            act = self.act
            while kind == PASS:
                n = act[n]()
                kind = node[n]
        if kind == STAND:
            self.at = n
        elif kind == END:
            self._end()
        else:
            self._loop(n, set() if at == IDLE or node[at] != ROUND else {at})
        return True

    def _loop(self, n: int, seen: set[int]) -> None:
        """The same, past the heads of loops: a round without an access ends the step."""
        while True:
            kind = self.node[n]
            if kind == END:
                self._end()
                return
            if kind == STAND or (kind == ROUND and n in seen):
                self.at = n
                return
            if kind == ROUND:
                seen.add(n)
            n = self.act[n]()

    def _end(self) -> None:
        self.at = IDLE
        self.leave()
        if self.loc:
            self.loc[:] = self.first

    def doing(self) -> tuple[str, Span | None]:
        """What its next step is, and where that is written."""
        if self.at == IDLE:
            return self.entry
        return self.verbs[self.at], self.origins[self.at]

    def place(self) -> int:
        """Where it stands, as the kernel numbers it; -1: where the kernel never stands."""
        return 0 if self.at == IDLE else self.numbers.get(self.at, -1)

    def state(self) -> tuple[Any, ...]:
        """Where it stands and what it remembers.

        Not what a handler will answer: nothing depends on it but the spurious detector.
        """
        return self.at, tuple(self.loc)

    def restore(self, state: tuple[Any, ...]) -> None:
        """Back to there."""
        self.at, loc = state
        self.loc[:] = loc


def assemble(agent: Agent, effects: Effects) -> None:
    """The program of an agent."""
    graph, maker = agent.graph, agent.maker
    agent.cells = tuple(graph.locals)
    agent.first = tuple(e.value for e in graph.locals.values())
    agent.loc = list(agent.first)
    agent.numbers = dict(maker.numbers)
    agent.produces, agent.enters = graph.produces, graph.enters
    at = {n: k for k, n in enumerate(agent.cells)}
    made = _Assembler(graph, maker, agent, effects, at)
    for label in range(len(graph.nodes)):
        made.add(label)
    entry = graph.entry
    if entry is not None:
        made.enter(entry)


@dataclass(slots=True)
class _Assembler:
    graph: Graph
    maker: StepMaker
    agent: Agent
    effects: Effects
    at: dict[str, int]

    def past(self, label: int) -> int:
        """Where one comes to from a node, past those that do nothing and decide nothing."""
        seen = {label}
        while self.maker.passes(label):
            node = self.graph.nodes[label]
            if isinstance(node, Test) and isinstance(node.test, Lit):
                label = node.then if node.test.value else node.other
            elif isinstance(node, Do) and not node.writes and self._nothing(node.does):
                label = node.next
            else:
                break
            if label in seen:
                break
            seen.add(label)
        return label

    def _nothing(self, does: object) -> bool:
        return does is None or self.effects.perform(does) is None

    def enter(self, entry: Do) -> None:
        perform, after = self.effects.perform(entry.does), self.past(entry.next)

        def begin() -> int:
            if perform is not None:
                perform()
            return after

        self.agent.begin = begin
        self.agent.entry = (entry.verb, entry.origin)

    def add(self, label: int) -> None:
        node, a = self.graph.nodes[label], self.agent
        kind = PASS if self.maker.passes(label) else STAND
        verb, origin = "", None
        ready: Ready | None = None
        match node:
            case Do():
                act, verb, origin = self._do(node), node.verb, node.origin
                ready = self.effects.ready(node.does)
            case Look():
                act, verb, origin = self._look(node), node.verb, node.origin
            case Test(test, then, other):
                act = self._test(test, then, other)
            case Acquire():
                act, ready, verb, origin = self._acquire(label, node)
            case Round(after):
                act, kind, verb = _goto(self.past(after)), ROUND, "goes round"
            case Exit():
                act, kind = _goto(label), END
            case Fault(error):
                act = _raise(error)
            case _:
                assert_never(node)
        a.act.append(act)
        a.ready.append(ready)
        a.node.append(kind)
        a.verbs.append(verb)
        a.origins.append(origin)

    def _do(self, node: Do) -> Act:
        after, perform = self.past(node.next), self.effects.perform(node.does)
        if node.does is None and node.writes:
            return self._assign(node)
        if perform is None:
            return _goto(after)
        do = perform

        def act() -> int:
            do()
            return after

        return act

    def _assign(self, node: Do) -> Act:
        """A local variable gets a value; all of them at once."""
        loc, after = self.agent.loc, self.past(node.next)
        made = [(self.at[n], self._function(e)) for n, e in node.writes.items()]

        def act() -> int:
            new = [(k, f(loc)) for k, f in made]
            for k, v in new:
                loc[k] = v
            return after

        return act

    def _look(self, node: Look) -> Act:
        test = self.effects.look(node.does)
        then, other = self.past(node.then), self.past(node.other)
        return lambda: then if test() else other

    def _test(self, test: Expr, then: int, other: int) -> Act:
        then, other = self.past(then), self.past(other)
        if isinstance(test, Lit):
            return _goto(then if test.value else other)
        loc, holds = self.agent.loc, self._function(test)
        return lambda: then if holds(loc) else other

    def _function(self, e: Expr) -> Callable[[list[Value]], Value]:
        return cast(Callable[[list[Value]], Value], predicate(e, self.at))

    def _acquire(self, label: int, node: Acquire) -> tuple[Act, Ready, str, Span | None]:
        free, take = self.effects.lock(node.verb)
        after = self.maker.taken_with(label)
        if after is None:
            go = self.past(node.next)

            def alone() -> int:
                take()
                return go

            return alone, free, f"lock {node.verb}", node.origin
        follows = self.graph.nodes[after]
        inner: Act
        if isinstance(follows, Look):
            inner, may, verb = self._look(follows), None, follows.verb
        elif isinstance(follows, Do):
            inner, may, verb = self._do(follows), self.effects.ready(follows.does), follows.verb
        else:
            raise AssertionError("a lock is taken with an access")
        only_if = may

        def both() -> int:
            take()
            return inner()

        def ready() -> bool:
            return free() and (only_if is None or only_if())

        return both, ready, f"{verb} (under {node.verb})", follows.origin


def _goto(label: int) -> Act:
    return lambda: label


def _raise(error: Exception) -> Act:
    def act() -> int:
        raise error

    return act
