"""An invariant of a finite abstraction, learnt from all of its states.

The states that can be reached are visited. The invariant is a set of clauses, each true in all of
them: it starts from what excludes the bad states, and each state from which a step would break a
clause is excluded by another one, as short as the states that can be reached allow. What comes out
is small, and the solver has shown that every step keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence

import z3

from checker.engines.contexts import fresh
from checker.engines.frame import Frame
from checker.engines.z3_terms import Term
from model.expr import Expr, Var, conj, disj, negate
from model.kernel.compile import Bits
from model.kernel.finite import reachable
from model.kernel.system import System
from model.record import dataclass

_MOST_CLAUSES = 3_000
Literal = tuple[int, bool]
Clause = tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Learnt:
    """The invariant; None: a bad state can be reached."""

    invariant: Expr | None
    states: int


class NotLearnt(Exception):
    """The solver gave no answer, or there was no end of clauses."""


def learn(system: System, most: int, ctx: z3.Context | None = None) -> Learnt:
    """An invariant of a system of truth values. Raises `TooManyStates` and `NotLearnt`."""
    states, is_bad = reachable(system, most)
    if is_bad:
        return Learnt(None, len(states))
    return Learnt(_Learning(system, states, ctx or fresh()).invariant(), len(states))


class _Learning:
    def __init__(self, system: System, states: Sequence[Bits], ctx: z3.Context) -> None:
        self.system = system
        self.names = [c.name for c in system.cells]
        self.size = len(states)
        # By cell, the states (as a set of bits) in which it is true.
        self.true_in = [0] * len(self.names)
        for k in range(len(self.names)):
            bits = bytearray((self.size + 7) // 8)
            for n, s in enumerate(states):
                if s >> k & 1:
                    bits[n >> 3] |= 1 << (n & 7)
            self.true_in[k] = int.from_bytes(bits, "little")
        self.all = (1 << self.size) - 1
        self.frame = Frame(system, ctx)
        self.now = [self.frame.now[n] for n in self.names]
        self.then = [self.frame.then[n] for n in self.names]
        self.step = z3.Solver(ctx=ctx)
        self.step.add(z3.Or([self.frame.fires(s) for s in system.steps], ctx))
        self.rest = z3.Solver(ctx=ctx)
        self.rest.add(self.frame.formula(system.bad))
        self.clauses: list[Clause] = []

    def invariant(self) -> Expr:
        """Clauses that exclude the bad states, and those that every step needs to keep them."""
        while True:
            found = self._model(self.rest)
            if found is None:
                break
            self._exclude(found)
        done = 0
        while done < len(self.clauses):
            clause = self.clauses[done]
            self.step.push()
            self.step.add(*(self._literal(self.then, k, not v) for k, v in clause))
            found = self._model(self.step)
            self.step.pop()
            if found is None:
                done += 1
            else:
                self._exclude(found)
        every = (disj(*(self._expr(k, v) for k, v in c)) for c in self.clauses)
        return conj(self.system.where, *every)

    def _model(self, solver: z3.Solver) -> list[bool] | None:
        answer = solver.check()
        if answer == z3.unsat:
            return None
        if answer != z3.sat:
            raise NotLearnt(solver.reason_unknown())
        model = solver.model()
        return [z3.is_true(model.eval(v, model_completion=True)) for v in self.now]

    def _exclude(self, state: Sequence[bool]) -> None:
        """A clause that is false in this state and true in all that can be reached."""
        kept: dict[int, bool] = dict(enumerate(state))
        for k in range(len(state)):
            value = kept.pop(k)
            if self._meets(kept):
                kept[k] = value
        if self._meets(kept) or len(self.clauses) >= _MOST_CLAUSES:
            raise NotLearnt("a state that can be reached breaks the invariant")
        clause = tuple((k, not v) for k, v in sorted(kept.items()))
        self.clauses.append(clause)
        term = z3.Or([self._literal(self.now, k, v) for k, v in clause], self.frame.ctx)
        self.step.add(term)
        self.rest.add(term)

    def _meets(self, cube: dict[int, bool]) -> bool:
        some = self.all
        for k, v in cube.items():
            some &= self.true_in[k] if v else self.all ^ self.true_in[k]
            if not some:
                return False
        return True

    def _literal(self, over: Sequence[Term], k: int, v: bool) -> Term:
        return over[k] if v else z3.Not(over[k])

    def _expr(self, k: int, v: bool) -> Expr:
        cell = Var(self.names[k], True)
        return cell if v else negate(cell)
