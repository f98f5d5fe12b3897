"""A program as a graph of accesses and branches, and the steps that it makes.

An access to shared state is a step of its own. What lies between two accesses (branches on what was
read, local variables, loop ends) touches nothing shared and is part of the step before it. Cells
that nothing can ever change are constants: an access that then does nothing is no step at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field
from typing import assert_never

from model.expr import (
    FALSE,
    TRUE,
    Expr,
    Lit,
    Var,
    conj,
    equal,
    free,
    ite,
    substitute,
)
from model.kernel.system import Cell, Step
from model.meaning.primitives import Primitive
from model.record import dataclass
from model.span import Span

Writes = dict[str, Expr]


@dataclass(slots=True)
class Do:
    """An access (or, not `shared`, something local): under `guard`, `writes`, then `next`."""

    verb: str
    next: int
    writes: Writes = field(default_factory=dict)
    guard: Expr = TRUE
    origin: Span | None = None
    shared: bool = True
    always: bool = False
    """A step even if it changes nothing: what happens before it and after it differs."""
    unhandled: bool = False
    """See `Step`."""
    does: Primitive | None = None


@dataclass(slots=True)
class Look:
    """An access that decides: the test reads shared state."""

    verb: str
    test: Expr
    then: int
    other: int
    writes: Writes = field(default_factory=dict)
    guard: Expr = TRUE
    origin: Span | None = None
    does: Primitive | None = None


@dataclass(slots=True)
class Test:
    """A branch on what is known already: locals, facts."""

    test: Expr
    then: int
    other: int


@dataclass(slots=True)
class Acquire:
    """Take a lock; one with the access that follows it, since nobody can tell them apart."""

    verb: str
    next: int
    guard: Expr
    writes: Writes
    origin: Span | None = None


@dataclass(slots=True)
class Round:
    """The head of a loop: where a round without any access is cut into steps.

    `free`: whether there is another round is open each time, so that one that does nothing is none.
    """

    next: int
    free: bool = False


@dataclass(slots=True)
class Exit:
    """The end of the program."""


@dataclass(slots=True)
class Fault:
    """What means nothing: a division without a value, say. Who gets here, raises the error."""

    error: Exception


Node = Do | Look | Test | Acquire | Round | Exit | Fault


@dataclass(slots=True)
class Graph:
    """The program of one agent. `entry` is its first access, taken when the agent is idle."""

    agent: str
    nodes: list[Node] = field(default_factory=list)
    locals: dict[str, Lit] = field(default_factory=dict)
    """Local variables and what they are when the agent is idle."""
    entry: Do | None = None
    produces: bool = False
    enters: bool = False

    def add(self, node: Node) -> int:
        """A new node's label."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    @property
    def at(self) -> str:
        """The cell of the agent's program counter; 0: idle."""
        return f"{self.agent}.at"

    @property
    def idle(self) -> Expr:
        """Nothing is running."""
        return equal(Var(self.at), Lit(0))


def mentioned(graph: Graph) -> frozenset[str]:
    """Every cell that its steps may read or write: they hang on no other being constant."""
    out: set[str] = {graph.at, *graph.locals}
    for n in (*graph.nodes, *([graph.entry] if graph.entry else [])):
        match n:
            case Do(guard=guard, writes=writes):
                out |= free(guard)
            case Look(test=test, guard=guard, writes=writes):
                out |= free(guard) | free(test)
            case Acquire(guard=guard, writes=writes):
                out |= free(guard)
            case Test(test=test):
                out |= free(test)
                continue
            case Round() | Exit() | Fault():
                continue
            case _:
                assert_never(n)
        out |= writes.keys()
        for e in writes.values():
            out |= free(e)
    return frozenset(out)


@dataclass(frozen=True, slots=True)
class _Access:
    """What becomes a step: `first` if it is the one that an idle agent takes."""

    verb: str
    guard: Expr
    writes: Writes
    origin: Span | None = None
    first: bool = False
    unhandled: bool = False


@dataclass(frozen=True, slots=True)
class _Leaf:
    """Where an agent stands after a step, and what locals are then."""

    at: Expr
    writes: Mapping[str, Expr]


_Seen = Mapping[int, Mapping[str, Expr]]


class StepMaker:
    """The steps of a graph, where `constants` are the cells that never change.

    `sorts` tells Boolean cells from integers, `choices` are the names that a step may choose.
    `dead`, for a proof: cells that nothing reads. What is written to them is left out, and an
    access that does nothing else is no step; nor is taking a lock that is always free.
    """

    def __init__(
        self,
        graph: Graph,
        constants: Mapping[str, Expr],
        sorts: Mapping[str, bool],
        choices: Mapping[str, bool],
        dead: AbstractSet[str] | None = None,
    ) -> None:
        self.graph = graph
        self.constants = constants
        self.sorts = sorts
        self.choices = choices
        self.dead = dead or frozenset()
        self.sliced = dead is not None
        self.numbers: dict[int, int] = {}

    def steps(self) -> list[Step]:
        """In the order in which a program is read, the entry first."""
        graph = self.graph
        if graph.entry is None:
            return []
        entry = graph.entry
        guard = self._known(entry.guard)
        if guard == FALSE:
            return []
        first = _Access(entry.verb, conj(graph.idle, guard), entry.writes, entry.origin, first=True)
        out = [self._step(first, entry.next)]
        made: set[int] = set()
        while len(made) < len(self.numbers):
            label = next(n for n in self.numbers if n not in made)
            made.add(label)
            step = self._access(label)
            if step is not None:
                out.append(step)
        return out

    def passes(self, label: int) -> bool:
        """Whether a node is gone past, as part of the step before it."""
        match self.graph.nodes[label]:
            case Do() as n:
                return self._is_local(n)
            case Look() as n:
                known = isinstance(self._known(n.test), Lit) and not n.writes
                return known and self._known(n.guard) == TRUE
            case Acquire():
                return False
            case _:
                return True

    def taken_with(self, label: int) -> int | None:
        """The access that is one with the taking of a lock; None: there is none."""
        n = self.graph.nodes[label]
        after = self._straight(n.next) if isinstance(n, Acquire) else label
        follows = self.graph.nodes[after]
        is_access = isinstance(follows, Look) or (isinstance(follows, Do) and follows.shared)
        return after if is_access and not self._passed_do(after) else None

    def _passed_do(self, label: int) -> bool:
        n = self.graph.nodes[label]
        return isinstance(n, Do) and self._is_local(n)

    def _access(self, label: int) -> Step | None:
        here = equal(Var(self.graph.at), Lit(self.numbers[label]))
        match self.graph.nodes[label]:
            case Do() as n:
                access = _Access(
                    n.verb, conj(here, n.guard), n.writes, n.origin, unhandled=n.unhandled
                )
                return self._step(access, n.next)
            case Look() as n:
                return self._look(here, n, {}, "")
            case Acquire() as n:
                return self._acquired(here, n)
            case Round():
                # From the head, so that coming back to it is known to be another round.
                return self._step(_Access("goes round", here, {}), label)
            case _:
                raise AssertionError("only accesses have a place")

    def _acquired(self, here: Expr, n: Acquire) -> Step:
        guard, writes = conj(here, n.guard), n.writes
        match self.graph.nodes[self._straight(n.next)]:
            case Do(shared=True) as d if not self._is_local(d):
                both = {**writes, **d.writes}
                verb = f"{d.verb} (under {n.verb})"
                return self._step(_Access(verb, conj(guard, d.guard), both, d.origin), d.next)
            case Look() as d:
                return self._look(guard, d, writes, f" (under {n.verb})")
            case _:
                return self._step(_Access(f"lock {n.verb}", guard, writes, n.origin), n.next)

    def _straight(self, label: int) -> int:
        """Past branches that are decided and heads of loops."""
        while True:
            match self.graph.nodes[label]:
                case Test(Lit(v), then, other):
                    label = then if v else other
                case Do(next=after) as d if self._is_local(d) and not d.writes:
                    label = after
                case _:
                    return label

    def _look(self, here: Expr, n: Look, before: Writes, note: str) -> Step:
        writes = {**before, **n.writes}
        known = {k: self._known(e) for k, e in writes.items()}
        then, other = self._settled(n.then, known), self._settled(n.other, known)
        after = self._either(self._known(n.test), then, other)
        found = {"it is": self._known(n.test)}
        access = _Access(n.verb + note, conj(here, n.guard), writes, n.origin)
        return self._finish(access, after, found)

    def _step(self, access: _Access, after: int) -> Step:
        read = {k: e for k, e in access.writes.items() if k in self.graph.locals}
        agent = f"{self.graph.agent}."
        found = {k.removeprefix(agent): self._known(e) for k, e in read.items()}
        known = {k: self._known(e) for k, e in access.writes.items()}
        return self._finish(access, self._settled(after, known), found)

    def _finish(self, access: _Access, leaf: _Leaf, found: Writes) -> Step:
        every: Writes = {k: self._known(e) for k, e in access.writes.items()}
        every.update(leaf.writes)
        every[self.graph.at] = leaf.at
        kept = tuple(
            (k, e)
            for k, e in every.items()
            if k not in self.dead and not _same(e, k) and e != self.constants.get(k)
        )
        guard = self._known(access.guard)
        chosen: AbstractSet[str] = frozenset()
        if self.choices:
            chosen = free(guard).union(*(free(e) for _, e in kept)) & self.choices.keys()
        return Step(
            self.graph.agent,
            access.verb,
            guard,
            kept,
            access.origin,
            tuple(Var(c, self.choices[c]) for c in sorted(chosen)),
            access.first and self.graph.produces,
            access.first and self.graph.enters,
            access.unhandled,
            tuple(found.items()),
        )

    def _known(self, e: Expr) -> Expr:
        return substitute(e, self.constants)

    def _is_local(self, n: Do) -> bool:
        """Nothing shared is touched, or nothing that could ever be otherwise."""
        if not n.shared:
            return True
        if n.always or self._known(n.guard) != TRUE:
            return False
        for k, e in n.writes.items():
            if k in self.dead:
                continue
            if k in self.graph.locals:
                if not isinstance(self._known(e), Lit):
                    return False
            elif self._known(e) != self._known(self._var(k)):
                return False
        return True

    def _settled(self, label: int, env: Mapping[str, Expr]) -> _Leaf:
        """Follow what is local from a label to the next access."""
        found = self._settle(label, env, {})
        if found is None:
            raise AssertionError("a loop that may end has a way out")
        return found

    def _settle(self, label: int, env: Mapping[str, Expr], seen: _Seen) -> _Leaf | None:
        """The same; None if it comes round to where it was, with nothing done.

        `seen`: heads of loops on the way, with what was known there.
        """
        while True:  # Recursion is for branches alone: loops over queues are long.
            node = self.graph.nodes[label]
            match node:
                case Do() if self._is_local(node) and not self._undoes(node, env):
                    new = {k: self._known(substitute(e, env)) for k, e in node.writes.items()}
                    label, env = node.next, {**env, **new} if new else env
                case Test(test, then, other):
                    c = self._known(substitute(test, env))
                    if not isinstance(c, Lit):
                        a, b = self._settle(then, env, seen), self._settle(other, env, seen)
                        return self._either(c, a, b) if a and b else a or b
                    label = then if c.value else other
                case Look(test=test, then=then, other=other):
                    c = self._known(test)
                    if not isinstance(c, Lit) or node.writes or self._known(node.guard) != TRUE:
                        return self._stand(label, env)
                    label = then if c.value else other
                case Round(after, is_free):
                    if label in seen:
                        idle = is_free and seen[label] == env
                        return None if idle else self._stand(label, env)
                    if not is_free:  # Loops inside of it start anew: that is no idle round.
                        seen = {n: e for n, e in seen.items() if not self._is_free(n)}
                    label, seen = after, {**seen, label: env}
                case Acquire() if self.sliced and self._known(node.guard) == TRUE:
                    # Nobody ever holds it while others can look: it keeps nobody out.
                    held = {k: self._known(e) for k, e in node.writes.items()}
                    label, env = node.next, {**env, **held}
                case Exit():
                    return _Leaf(Lit(0), {**env, **self.graph.locals})
                case Fault(error):
                    raise error
                case _:
                    return self._stand(label, env)

    def _undoes(self, n: Do, env: Mapping[str, Expr]) -> bool:
        """Whether it takes back what the same step has done to a cell that others see.

        `mask l; unmask l` is no step that does nothing: the line is masked in between, and that the
        cell never changes is only true as long as the two are not taken for one. Nor is it nothing
        to clear the bits that the same step has read: that a local never changes is only true as
        long as it is gone by the end of the step.
        """
        seen = {k: e for k, e in n.writes.items() if k not in self.dead | self.graph.locals.keys()}
        return n.shared and any(
            (k in env and env[k] != self._known(e)) or any(self._changed(r, env) for r in free(e))
            for k, e in seen.items()
        )

    def _changed(self, cell: str, env: Mapping[str, Expr]) -> bool:
        """Whether a local that is taken never to change has been written by the same step."""
        never = self.constants.get(cell)
        return never is not None and cell in self.graph.locals and env.get(cell, never) != never

    def _is_free(self, label: int) -> bool:
        node = self.graph.nodes[label]
        return isinstance(node, Round) and node.free

    def _stand(self, label: int, env: Mapping[str, Expr]) -> _Leaf:
        number = self.numbers.setdefault(label, len(self.numbers) + 1)
        return _Leaf(Lit(number), env)

    def _var(self, cell: str) -> Var:
        return Var(cell, self.sorts[cell])

    def _either(self, test: Expr, a: _Leaf, b: _Leaf) -> _Leaf:
        if isinstance(test, Lit):
            return a if test.value else b
        writes: Writes = {}
        for k in dict.fromkeys((*a.writes, *b.writes)):
            old = self._known(self._var(k))
            writes[k] = ite(test, a.writes.get(k, old), b.writes.get(k, old))
        return _Leaf(ite(test, a.at, b.at), writes)


def _same(e: Expr, cell: str) -> bool:
    return isinstance(e, Var) and e.name == cell


def cells_of(graph: Graph, places: int) -> list[Cell]:
    """The agent's own cells: where it stands, and its locals."""
    out = [Cell(graph.at, 0, 0, places, private=True, is_bool=False)]
    for name, first in graph.locals.items():
        is_bool = isinstance(first.value, bool)
        out.append(Cell(name, first.value, private=True, is_bool=is_bool))
    return out
