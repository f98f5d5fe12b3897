"""What search and proofs about one obligation share: the solver, and what has been found out."""

from __future__ import annotations

from dataclasses import field

from checker.engines import mapping
from checker.engines.engine import Answer, Budget, Goal
from checker.engines.run_question import InstanceRecord, ProofRecord, RunObligation
from model.record import dataclass


@dataclass(slots=True)
class Known:
    """What has been found out so far."""

    proofs: list[ProofRecord] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    explored: list[InstanceRecord] = field(default_factory=list)
    passed: dict[str, InstanceRecord] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    witness: str = ""


class Asking:
    """An obligation while it is worked on; `keep`: with what its proofs rest on, as text."""

    def __init__(self, obligation: RunObligation, budget: Budget, *, keep: bool = False) -> None:
        self.obligation = obligation
        self.budget = budget
        self.keep = keep
        self.asker = mapping.Asker(budget, keep=keep)
        self.used = 0
        self.known = Known()

    def ask(self, goal: Goal, *, in_a_proof: bool = True) -> Answer:
        """The answer; what it took is counted."""
        self.asker.keep = self.keep and in_a_proof
        answer, cost = self.asker.ask(goal)
        self.used += cost
        return answer
