"""Cells, steps, and the system they make: what every engine reads, and none adds meaning to."""

from __future__ import annotations

from collections.abc import Mapping

from model.expr import FALSE, TRUE, Expr, Value, Var, value
from model.record import dataclass
from model.span import Span

State = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Cell:
    """A place that holds a value: shared state, a program counter, or a local variable.

    `initial` None: any value, which then never changes (a fact about the design that is not
    decided). `lo` and `hi` bound an integer where its meaning does, and are None where it is
    unbounded. `private` cells are the agents' own and not shown to readers of a trace.
    """

    name: str
    initial: Value | None
    lo: int | None = None
    hi: int | None = None
    private: bool = False
    is_bool: bool = True

    @property
    def var(self) -> Var:
        """The cell, as an expression reads it."""
        return Var(self.name, self.is_bool)


@dataclass(frozen=True, slots=True)
class Step:
    """One access to shared state by one agent: when it may happen and what it changes.

    `writes` are simultaneous: every expression is over the state before the step. `choices` are
    values that the step may choose freely; its expressions read them by name. `produces`: the
    device does something new of its own accord, which it may always do and never has to.
    `enters`: a handler starts to run for its line. `verb` says what the agent does, for readers.
    """

    actor: str
    verb: str
    guard: Expr
    writes: tuple[tuple[str, Expr], ...]
    origin: Span | None = None
    choices: tuple[Var, ...] = ()
    produces: bool = False
    enters: bool = False
    unhandled: bool = False
    """The chain of a line ends, and no handler of it said that the interrupt was for it."""
    sees: tuple[tuple[str, Expr], ...] = ()
    """What the agent finds, for readers: the values that it reads or decides by."""

    @property
    def name(self) -> str:
        """The agent and what it does."""
        return f"{self.actor}: {self.verb}"


@dataclass(frozen=True, slots=True)
class Source:
    """What notifies: a queue or the configuration, and when its work has not been seen."""

    name: str
    work: Expr
    origin: Span | None = None


@dataclass(frozen=True, slots=True)
class System:
    """All that can happen. `quiet`: nobody can step, apart from the device producing new work."""

    cells: tuple[Cell, ...]
    steps: tuple[Step, ...]
    sources: tuple[Source, ...] = ()
    quiet: Expr = TRUE
    bad: Expr = FALSE
    """What must never be: quiet, and the work of a source unseen."""
    never: Expr = FALSE
    """What a proof has to exclude besides: where an abstraction of the meaning would end."""
    where: Expr = TRUE
    """What is known of the facts that are not decided."""

    def start(self) -> dict[str, Value]:
        """The first state; only of a system in which every cell has an initial value."""
        return {c.name: c.initial for c in self.cells if c.initial is not None}


def enabled(step: Step, state: State) -> bool:
    """Whether the step can be taken."""
    return bool(value(step.guard, state))


def take(step: Step, state: State) -> dict[str, Value]:
    """The state after the step."""
    return {**state, **{name: value(e, state) for name, e in step.writes}}
