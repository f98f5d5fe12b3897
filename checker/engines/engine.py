"""What an engine is asked and what it may answer, as data that knows no solver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from checker.verdict.certificate import Query
from checker.verdict.finding import Finding, NotConfirmed
from model.expr import Expr, Undefined, Value
from model.meaning.fact import Fact
from model.record import dataclass

Tell = Callable[[Mapping[str, Value]], Finding | NotConfirmed]
Refine = Callable[[Mapping[str, Value]], Expr | None]


@dataclass(frozen=True, slots=True)
class Goal:
    """One question: can the facts and `bad` be true together? If not, what `name` says holds.

    `given` are facts that other goals establish (they lead to no text); `show` are the variables
    of a counterexample in the order in which they are made small. A goal with `want_model` is a
    witness: a model is what is hoped for. `about` tells goals of one kind apart in a report.
    """

    name: str
    facts: tuple[Fact, ...]
    bad: Expr
    show: tuple[str, ...] = ()
    given: tuple[Fact, ...] = ()
    about: str = ""
    want_model: bool = False
    prefer: tuple[Expr, ...] = ()
    """Conditions that a counterexample should meet if it can, most wanted first."""
    screen: int | None = None
    """The place of an earlier goal of the obligation; if that one has no model, nor has this."""
    screens: bool = False
    """True for a goal that is only asked to spare others; a model of it is no finding."""
    wider: Goal | None = None
    """Asked instead if a model of this one shows nothing when laid out: the same with more help."""
    refine: Refine | None = field(default=None, compare=False)
    """Of a model's values, a condition under which all is well, true for them: it is asked again
    with that left out, until there is no model, or one of which no such thing is said (None)."""
    required: bool = False
    """True for a witness without which nothing is proved at all; `about` says what is missing."""
    tell: Tell | None = field(default=None, compare=False)
    """Lays the design out for a model's values and says what is seen."""

    def told(self, values: Mapping[str, Value]) -> Finding | NotConfirmed:
        """What is seen when the design is laid out for these values."""
        if self.tell is None:
            return NotConfirmed("the values cannot be laid out", spurious=True)
        try:
            return self.tell(values)
        except Undefined as e:  # Another goal is about that division itself.
            return NotConfirmed(f"a formula has no value: {e}", spurious=True)


@dataclass(frozen=True, slots=True)
class Obligation:
    """Goals that are answered together, in one process: a property of one thing."""

    property: str
    subject: str
    goals: tuple[Goal, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """What an obligation may use. `rlimit` is Z3's count of its own work, for each check; 0: none.

    Time is in seconds of wall clock and only a safety net; memory in MiB of address space, for each
    of its processes. With more than one of these, answers come sooner and are the same.
    """

    rlimit: int = 100_000_000
    timeout_seconds: float = 60.0
    memory_mib: int = 4096
    processes: int = 1


@dataclass(frozen=True, slots=True)
class Unsat:
    """No model: the goal's statement holds. `core`: names of the facts that the proof needed."""

    core: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sat:
    """A model of facts and `bad`: the values of all variables of the goal."""

    values: dict[str, Value] = field(hash=False)


@dataclass(frozen=True, slots=True)
class GaveUp:
    """No answer: `reason` in words (`rlimit used up`, `out of memory`, `timed out after 60 s`)."""

    reason: str


Answer = Unsat | Sat | GaveUp


@dataclass(frozen=True, slots=True)
class Crashed:
    """The engine raised: a bug in the tool, and no verdict. `details`: how it came about."""

    where: str
    reason: str
    details: str
    seconds: float = 0.0
    rlimit_used: int = 0
    queries: tuple[Query, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """Answers of an obligation, one for each goal in order, and what they cost."""

    answers: tuple[Answer, ...]
    seconds: float
    rlimit_used: int = 0
    queries: tuple[Query, ...] = ()
    """What has no model, as text, where that is kept."""
