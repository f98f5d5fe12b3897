"""What a proof leaves for others to check: questions without a model, as text, and who said so."""

from __future__ import annotations

import hashlib

from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A question that a proof needs to have no model: SMT-LIB 2.6, for any solver.

    `proves` says in words what holds if it has none.
    """

    proves: str
    smtlib: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.smtlib.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Check:
    """What a solver in a process of its own said to a query: `unsat`, `sat`, or why neither."""

    query: Query
    solver: str
    answer: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """All queries of a proof, each answered `unsat` by each of the solvers."""

    queries: tuple[Query, ...]
    solvers: tuple[str, ...]

    @property
    def is_independent(self) -> bool:
        """Whether it was confirmed by another solver than the one that found the proof."""
        return len(self.solvers) > 1
