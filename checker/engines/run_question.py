"""What is asked about runs of a design, and what may come back, as data that knows no solver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from checker.engines.engine import Goal
from checker.verdict.certificate import Query
from checker.verdict.trace import Trace
from model.design.design import Design
from model.design.program import Handler
from model.expr import Expr, Value
from model.kernel.system import System
from model.meaning.focus import Case
from model.meaning.instance import Setting
from model.record import dataclass

Lay = Callable[[Mapping[str, Value]], Setting | None]


IN_ALL = 2_000_000
"""States that are visited in all instances of several sources together, where nothing is proved.

Without it, a device of many kinds of queues had no verdict in a minute, for what it passes over in
the end: each of dozens of instances was gone through until it had too many states.
"""


@dataclass(frozen=True, slots=True)
class InstanceGoal:
    """A question whose model is a device to try: the values, then what they are of.

    Not asked where there is a device already that `is_enough`.
    """

    goal: Goal
    lay: Lay = field(compare=False)
    is_enough: Callable[[Setting], bool] = field(default=lambda setting: False, compare=False)
    queues: Expr | None = None
    """How many queues of the device want notifications."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A handler that some other line may have, if the question has a model."""

    handler: Handler
    possible: Goal


@dataclass(frozen=True, slots=True)
class ProofCase:
    """A source with the handlers of its line: to be proved for any number of peers.

    `possible`: whether there is such a source at all; not if `only_if` has no model. `place`: a
    formula over the facts of maps, `q` being the source's queue and `l` its line, over the
    variables of `possible`.
    """

    case: Case
    peers: tuple[Peer, ...]
    possible: Goal
    place: Callable[[str, Expr], Expr] = field(compare=False)
    words: str
    show: tuple[str, ...] = ()
    """Variables of `possible`, in the order in which a source to try has them small."""
    lay: Callable[[Mapping[str, Value]], tuple[Setting, str] | None] = field(
        default=lambda values: None,
        compare=False,
    )
    """A model of `possible` as a device, and the name of the source."""
    only_if: Goal | None = None


@dataclass(frozen=True, slots=True)
class RunObligation:
    """Everything about the runs of a class of devices in one signalling mode and trigger.

    `premises` are what a proof takes from the maps: each has to be without a model.
    """

    property: str
    subject: str
    design: Design
    instances: tuple[InstanceGoal, ...]
    cases: tuple[ProofCase, ...]
    premises: tuple[Goal, ...]
    goals: tuple[Goal, ...] = ()
    required: tuple[Goal, ...] = ()
    """Witnesses without which nothing is proved; `about` says what is missing."""
    nowhere: str = ""
    """What is said if there is no instance at all, where that proves nothing either."""
    wider: tuple[InstanceGoal, ...] = ()
    """Further instances, for where there is no proof."""
    large: tuple[InstanceGoal, ...] = ()
    """Devices that are too large to be visited whole, and are played by chance."""


@dataclass(frozen=True, slots=True)
class Tried:
    """An instance of which some sources produce, as a system."""

    words: str
    setting: Setting
    system: System
    active: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProofRecord:
    """A proof: of what, the invariant, and how the peers were taken."""

    words: str
    invariant: str
    peers: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """An instance of which every state was visited; `depth` is the longest of shortest runs."""

    words: str
    states: int
    depth: int
    queues: int
    lines: int


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """So many runs on so many machines, and how many of the steps of their programs were taken."""

    runs: int
    machines: int
    steps: int
    taken: int
    never: tuple[str, ...] = ()
    """Steps that no run took."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What is known at the end of an obligation about runs."""

    found: Trace | None
    values: tuple[tuple[str, Value], ...] = ()
    proofs: tuple[ProofRecord, ...] = ()
    unproved: tuple[str, ...] = ()
    """Cases without a proof, and why."""
    explored: tuple[InstanceRecord, ...] = ()
    witness: str = ""
    open: tuple[str, ...] = ()
    """Why there is no verdict, if there is none."""
    seconds: float = 0.0
    rlimit_used: int = 0
    queries: tuple[Query, ...] = ()
    """What the proofs rest on, as text, where that is kept."""
    condition: str = ""
    """What a proof asks of rings besides; '' if nothing."""
    missing: str = ""
    """Why nothing that is known here counts: nothing can happen."""
    passed: tuple[InstanceRecord, ...] = ()
    """Instances with more than so many states, which were not visited whole."""
    fuzzed: Fuzzed | None = None
    """Where runs were drawn by chance."""
