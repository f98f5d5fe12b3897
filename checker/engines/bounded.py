"""The shortest run of a system into a bad state, found by unrolling its steps in Z3.

One step more at a time, with a variable at each depth for the step that is taken; the first depth
with a model is the shortest. Of its runs the lexicographically smallest is given, by the numbers of
its steps, so that the answer does not depend on the solver. It knows the states of a system no
better than `model.kernel.explore` does, and counts none of them: the two are held against each
other by tests.
"""

from __future__ import annotations

from dataclasses import field

import z3

from checker.engines.contexts import fresh
from checker.engines.engine import Budget, GaveUp
from checker.engines.frame import Frame
from checker.engines.z3_terms import Term
from model.kernel.system import System
from model.record import dataclass


def shortest(
    system: System, most_steps: int, budget: Budget | None = None
) -> tuple[int, ...] | GaveUp | None:
    """The steps of the smallest shortest run into a bad state; None if none is that short.

    The budget is for each of the questions that are asked, one and more for a depth.
    """
    unrolled = _Unrolled(system, budget or Budget())
    for depth in range(most_steps + 1):
        is_bad = unrolled.is_bad()
        answer = unrolled.asked(is_bad)
        if answer == z3.unknown:
            return GaveUp(f"at depth {depth}: {unrolled.reason()}")
        if answer == z3.sat:
            return unrolled.smallest(is_bad)
        unrolled.solver.add(z3.Not(is_bad))
        if depth < most_steps:
            unrolled.step()
    return None


@dataclass(slots=True)
class _Unrolled:
    """The steps taken so far as one formula: cells at each depth, and which step was taken."""

    system: System
    budget: Budget
    ctx: z3.Context = field(default_factory=fresh)
    taken: list[Term] = field(default_factory=list)
    frame: Frame = field(init=False)
    solver: z3.Solver = field(init=False)
    cells: dict[str, Term] = field(init=False)
    """The cells at the last depth."""
    moved: z3.BoolRef = field(init=False)
    """A step from `now` to `then`: the one with the number `which`."""
    which: z3.ArithRef = field(init=False)

    def __post_init__(self) -> None:
        self.frame = Frame(self.system, self.ctx)
        self.which = z3.Int("which step", self.ctx)
        moves = [self.frame.fires(s) for s in self.system.steps]
        each = [z3.Implies(self.which == k, move) for k, move in enumerate(moves)]
        inside = [self.which >= 0, self.which < len(moves)]
        self.moved = z3.And([*inside, *each], self.ctx)
        self.solver = z3.SolverFor("QF_LIA", ctx=self.ctx)
        if self.budget.rlimit:
            self.solver.set("rlimit", self.budget.rlimit)
        self.solver.set("timeout", int(1000 * self.budget.timeout_seconds))
        self.cells = self._cells()
        pairs = [(self.frame.now[n], self.cells[n]) for n in self.cells]
        self.solver.add(z3.substitute(self.frame.start(), *pairs))

    def _cells(self) -> dict[str, Term]:
        depth = len(self.taken)
        return {n: z3.Const(f"{n} @{depth}", t.sort()) for n, t in self.frame.now.items()}

    def step(self) -> None:
        """One step more, whichever."""
        depth, before = len(self.taken), self.cells
        taken = z3.Int(f"taken @{depth}", self.ctx)
        self.taken.append(taken)
        self.cells = self._cells()
        pairs = [(self.which, taken)]
        pairs += [(self.frame.now[n], before[n]) for n in before]
        pairs += [(self.frame.then[n], self.cells[n]) for n in before]
        chosen = dict.fromkeys(self.frame.choices())
        pairs += [(c, z3.Const(f"{c} @{depth}", c.sort())) for c in chosen]
        self.solver.add(z3.substitute(self.moved, *pairs))

    def is_bad(self) -> z3.BoolRef:
        """The last state is bad."""
        pairs = [(self.frame.now[n], self.cells[n]) for n in self.cells]
        return z3.substitute(self.frame.formula(self.system.bad), *pairs)

    def asked(self, *assumed: z3.BoolRef) -> z3.CheckSatResult:
        """What the solver says where these hold too."""
        return self.solver.check(*assumed)

    def reason(self) -> str:
        """Why the solver gave no answer."""
        return str(self.solver.reason_unknown())

    def smallest(self, is_bad: z3.BoolRef) -> tuple[int, ...] | GaveUp:
        """The lexicographically smallest of the runs, one choice fixed after the other."""
        found = [self._value(t) for t in self.taken]
        for k, taken in enumerate(self.taken):
            while (answer := self.asked(is_bad, taken < found[k])) == z3.sat:
                found[k:] = [self._value(t) for t in self.taken[k:]]
            if answer == z3.unknown:
                return GaveUp(f"while the smallest run was looked for: {self.reason()}")
            self.solver.add(taken == found[k])
        return tuple(found)

    def _value(self, taken: z3.ArithRef) -> int:
        return int(self.solver.model().eval(taken, model_completion=True).as_long())
