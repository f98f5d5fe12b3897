"""One source among any number of others: the world of a proof that counts no queues.

A single source, the line it is on and that line's handler are there exactly. Every other queue is
nobody in particular: what is read of it is arbitrary, and what is written to it is not kept; the
same with every other line. What a formula over facts of the design comes to is a fact of its own
here, undecided and fixed (`Focus.facts` says which), so that a proof holds however it is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from model.design.design import Design
from model.design.device import Device, Family, Trigger
from model.design.mapping import Attempt, Transport
from model.design.program import (
    ForQueues,
    Handler,
    LineAt,
    LineOf,
    LineRef,
    LineVar,
    Service,
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
    equal,
    free,
    ite,
    negate,
    substitute,
    text,
)
from model.kernel.system import Source, System
from model.meaning.cells import Cells
from model.meaning.instance import signal_of
from model.meaning.layout import service_of
from model.meaning.lower import Lowering
from model.meaning.world import LineHere, OneOf, QueueHere, Scope, wires_of
from model.record import dataclass

THE_QUEUE = "the queue"
THE_LINE = "its line"
_OTHER = QueueHere("another queue", known=False)
_OTHER_LINE = LineHere("another line", known=False)
CONFIG_HERE = "fact config is on its line"
"""The name of the undecided fact whether the configuration notifies by the source's line."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a proof is about: a source, what runs for its line, and whoever else may be there.

    `family` None: the configuration. `chain`: the handlers of the line, one after the other.
    `others`: handlers that other lines may have.
    """

    device: Device
    attempt: Attempt
    family: Family | None
    chain: tuple[Handler, ...]
    others: tuple[Handler, ...]
    mode: str
    trigger: Trigger
    keeps_pending: bool = True
    shared: bool = False
    """Whether other devices may be on the line: the handler then runs for them, too."""
    polled: bool = False
    """True of queues of the family that want no notification: nothing of theirs can be lost, but
    what handlers do for them has to end."""
    nobody: bool = False
    """No source is on the line; `family` is None then. Wires and `raise line 3` may drive it."""


class Focus:
    """The world of a case; `facts` are the formulas that its undecided facts stand for.

    They are over the facts of maps (mapping.py), `q` being the source's queue and `l` the ordinal
    of its line.
    """

    def __init__(self, design: Design, case: Case) -> None:
        self.design = design
        self.case = case
        self.transport: Transport = design.transport(case.device.transport)
        self.mode = case.mode
        self.cells = Cells()
        self.facts: dict[str, Expr] = {}
        self.mixed: set[str] = set()
        """Facts that stand in formulas with local variables: what these come to is arbitrary."""
        self.queue = None if case.family is None else QueueHere(THE_QUEUE)
        self.the_line = LineHere(THE_LINE, True, case.trigger, None, case.keeps_pending)
        self.queues = () if self.queue is None else (self.queue,)

    # Facts

    def fact(self, e: Expr, scope: Scope, cells: frozenset[str]) -> Expr:
        """Branches as far as they are known; what is not is a fact of its own, or arbitrary."""
        known = substitute(e, self._given(scope))
        return self._settled(known, scope, cells)

    def _given(self, scope: Scope) -> dict[str, Expr]:
        """The facts that are the same for all values: of the type, and of the family."""
        out: dict[str, Expr] = {"device.id": Lit(self.case.device.type.id)}
        f = self.case.family
        for name, q in scope.queues.items():
            if q.known and f is not None:
                out[f"{name}.role"] = Lit(self.design.roles.index(f.role))
                out[f"{name}.family"] = Lit(self.design.family_names.index(f.name))
                out[f"{name}.callback"] = Lit(not self.case.polled)
                if isinstance(f.slow, Lit):
                    out[f"{name}.slow"] = f.slow
        return out

    def _settled(self, e: Expr, scope: Scope, cells: frozenset[str]) -> Expr:
        match e:
            case Lit():
                return e
            case Var(name) if name in cells:
                return e
            case Not(a):
                return negate(self._settled(a, scope, cells))
            case And(args):
                return conj(*(self._settled(a, scope, cells) for a in args))
            case Or(args):
                return disj(*(self._settled(a, scope, cells) for a in args))
            case Ite(c, a, b):
                test, then, other = (self._settled(x, scope, cells) for x in (c, a, b))
                return ite(test, then, other)
            case Eq() | Less() if free(e) & cells:
                return e if free(e) <= cells else self._mixed(e, cells, self.cells.choice())
            case Eq() | Less():
                return self._atom(e, scope)
            case Var():
                return self._atom(e, scope)
            case _ if free(e) <= cells:
                return e
            case _:
                return self._number(e, scope, cells)

    def _number(self, e: Expr, scope: Scope, cells: frozenset[str]) -> Expr:
        if free(e) & cells:
            return self._mixed(e, cells, self.cells.number())
        if not self._is_ours(e, scope):
            return self.cells.number()
        return self._named(e, scope, is_bool=False)

    def _mixed(self, e: Expr, cells: frozenset[str], value: Expr) -> Expr:
        self.mixed |= free(e) - cells
        return value

    def _atom(self, e: Expr, scope: Scope) -> Expr:
        if not self._is_ours(e, scope):
            return self.cells.choice()
        is_bool = not isinstance(e, Var) or e.is_bool
        return self._named(e, scope, is_bool=is_bool)

    def _is_ours(self, e: Expr, scope: Scope) -> bool:
        """Whether it is about the source, its line, or the device as a whole."""
        for name in free(e):
            owner = name.partition(".")[0]
            if owner in scope.queues and not scope.queues[owner].known:
                return False
            if name == "l" and scope.line is not None and not scope.line.known:
                return False
        return True

    def _named(self, e: Expr, scope: Scope, *, is_bool: bool) -> Expr:
        """One undecided fact for each formula, whatever a program calls the queue."""
        by: dict[str, Expr] = {}
        for x in sorted(free(e)):
            owner, _, rest = x.partition(".")
            if owner in scope.queues:
                by[x] = Var(f"q.{rest}", rest in ("callback", "slow"))
        canonical = substitute(e, by)
        name = f"fact {text(canonical)}"
        self.facts[name] = canonical
        return self.cells.fact(name, is_bool=is_bool)

    def choice(self) -> Expr:
        """An arbitrary truth value, chosen anew by each step."""
        return self.cells.choice()

    # Queues and lines

    def loop(self, s: ForQueues, scope: Scope) -> Sequence[OneOf]:
        """Others, the source if it is among them, and others again."""
        others = OneOf(_OTHER, many=True)
        when = self._goes_through(s, scope) if self.queue is not None else Lit(False)
        if self.queue is None or when == Lit(False):
            return [others]
        return [others, OneOf(self.queue, when), others]

    def _goes_through(self, s: ForQueues, scope: Scope) -> Expr:
        if s.line is None:
            return TRUE
        return disj(*(c for c, line in self.line(s.line, scope, device=False) if line.known))

    def line(self, ref: LineRef, scope: Scope, *, device: bool) -> Sequence[tuple[Expr, LineHere]]:  # noqa: ARG002  (that both maps agree is what coverage shows)
        """The source's line, another one, or either."""
        match ref:
            case LineVar():
                return [(TRUE, scope.line)] if scope.line is not None else []
            case LineAt(e):
                return self._either(equal(Var("l"), e), scope)
            case LineOf() if self.case.nobody:
                return [(TRUE, _OTHER_LINE)]
            case LineOf(None):
                if self.queue is None:
                    return [(TRUE, self.the_line)]
                return self._by(self._config_here())
            case LineOf(queue):
                if queue is not None and scope.queues[queue.name].known:
                    return [(TRUE, self.the_line)]
                return self._by(self.cells.choice())
            case _:
                assert_never(ref)

    def _either(self, same: Expr, scope: Scope) -> Sequence[tuple[Expr, LineHere]]:
        # `l` in the formula's own names is the line of the running handler, if there is one.
        if scope.line is not None and not scope.line.known:
            return self._by(self.cells.choice())
        return self._by(self.fact(same, scope, frozenset()))

    def _config_here(self) -> Expr:
        self.facts[CONFIG_HERE] = TRUE
        return self.cells.fact(CONFIG_HERE)

    def _by(self, test: Expr) -> Sequence[tuple[Expr, LineHere]]:
        return [(test, self.the_line), (negate(test), _OTHER_LINE)]

    def services(self, queue: QueueHere) -> Sequence[Service | None]:
        """The service program of the source; of any other queue, those of all families."""
        f = self.case.family
        if queue.known and f is not None:
            return [service_of(self.transport, f)]
        every = {service_of(self.transport, x) for x in self.case.device.families}
        return sorted(every, key=lambda s: "" if s is None else s.name)

    # The system

    def system(self, *, ending: bool = False) -> System:
        """The source's own agents and one of each kind of peer, before any projection.

        `ending`: for the question whether all of them rest (see model.kernel.rest).
        """
        case = self.case
        every = [s for s in self._every_service() if s is not None]
        low = Lowering(self, self.cells, None, every)
        low.compiler.ending = low.queues.ending = ending
        low.add_line(self.the_line, wires_of(self.transport, self.mode), "handler")
        if self.queue is not None:
            drivers = ["handler", "service", *(f"peer handler {h.name}" for h in case.others)]
            drivers += [f"peer service {s.name}" for s in every if s.deferred]
            low.queues.stores.of = {a: [self.queue] for a in drivers}
        # Whether another device's interrupts ever end is that device's matter.
        foreign = case.shared and not ending
        low.lines.foreign = self.cells.choice() if foreign else FALSE
        if not case.nobody:
            signal = signal_of(self.transport, self.mode, for_config=case.family is None)
            low.device(signal, self.queue, "device")
        low.handler(self.the_line, case.chain, "handler")
        for s in self._own_services():
            low.service(s, self._the_queue(), "service")
        self._peers(low)
        low.memory(self.queues)
        work = low.compiler.config if self.queue is None else low.queues.work(self.queue)
        source = Source(THE_QUEUE if self.queue else "config", work)
        return low.system([source], sliced=not ending)

    def _the_queue(self) -> QueueHere:
        assert self.queue is not None
        return self.queue

    def _own_services(self) -> Iterable[Service]:
        if self.queue is None:
            return []
        return [s for s in self.services(self.queue) if s is not None and s.deferred]

    def _every_service(self) -> Iterable[Service | None]:
        return self.services(_OTHER)

    def _peers(self, low: Lowering) -> None:
        signal = signal_of(self.transport, self.mode, for_config=False)
        low.device(signal, _OTHER, "peer device")
        is_peer = self.case.family is not None or self.case.nobody
        if is_peer and self.case.device.type.config_change != Lit(False):
            signal = signal_of(self.transport, self.mode, for_config=True)
            low.device(signal, None, "peer config")
        for h in self.case.others:
            low.handler(_OTHER_LINE, [h], f"peer handler {h.name}")
        for s in self._every_service():
            if s is not None and s.deferred:
                low.service(s, _OTHER, f"peer service {s.name}")
