"""Outcome and strength of each property asked for. Built only in judge.py."""

from __future__ import annotations

from checker.verdict.certificate import Certificate
from checker.verdict.finding import Finding, Place
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """What holds in every state that can be reached: of which case, and how its peers are taken.

    `smtlib` is the condition, over the cells of that case.
    """

    case: str
    peers: str
    smtlib: str


@dataclass(frozen=True, slots=True)
class Proved:
    """For all values at once; `scope` says of what.

    With a `certificate`, solvers that have seen nothing of the proof have confirmed it. A proof
    about runs rests on `invariants`.
    """

    scope: str
    certificate: Certificate | None = None
    invariants: tuple[Invariant, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounded:
    """For every run of chosen instances up to this size, and for nothing beyond: no proof.

    `steps`: the longest of the shortest runs to each state that was visited. `why`: what stands in
    the way of a proof.
    """

    steps: int
    queues: int
    lines: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sampled:
    """For so many runs drawn by chance on so many machines, and for nothing beyond: no proof.

    Of the `steps` of the programs some run took `taken`, and none those in `never`.
    """

    runs: int
    machines: int
    steps: int
    taken: int
    never: tuple[str, ...] = ()

    @property
    def coverage(self) -> str:
        """The same in words."""
        return f"{self.taken} of {self.steps} steps of the programs were taken"


@dataclass(frozen=True, slots=True)
class Holds:
    """It holds; `witness` is that something happened, `needs` the lines that the proof needed."""

    how: Proved | Bounded | Sampled
    witness: str
    needs: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Violated:
    """It does not hold; `open` are questions that stayed undecided beside."""

    findings: tuple[Finding, ...]
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vacuous:
    """Nothing in the design could have made it fail."""

    missing: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Undecided, and why."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not asked of any engine, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Disagree:
    """Two engines say different things: a bug in the tool, never hidden."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An engine broke off: a bug in the tool, and no verdict. `details`: how it came about."""

    where: str
    reason: str
    details: str


Verdict = Holds | Violated | Vacuous | Unknown | Skipped | Disagree | Failed


def outcome(v: Verdict) -> str:
    """The outcome in one word, as `expect` names it."""
    match v:
        case Holds():
            return "holds"
        case Violated():
            return "violated"
        case Vacuous():
            return "vacuous"
        case Unknown():
            return "unknown"
        case Skipped():
            return "skipped"
        case Disagree():
            return "disagree"
        case Failed():
            return "error"


def strength(v: Verdict) -> str:
    """How well it is known: `proved (any number)`, `replayed`, or nothing."""
    match v:
        case Holds(Proved(scope, certificate)):
            return f"proved ({scope})" + (
                ", certified" if certificate and certificate.is_independent else ""
            )
        case Holds(Bounded(steps, queues, lines, _)):
            return f"bounded ({steps} steps, {_count(queues, 'queue')}, {_count(lines, 'line')})"
        case Holds(Sampled(runs)):
            return f"fuzzed ({_count(runs, 'run')})"
        case Violated():
            return "replayed"
        case _:
            return ""


def is_unproved(v: Verdict) -> bool:
    """Whether it holds as far as was searched or drawn, and no proof says that it holds."""
    return isinstance(v, Holds) and not isinstance(v.how, Proved)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")
