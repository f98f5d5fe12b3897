"""The whole machine as a state machine of Hypothesis: agents step, states are gone back to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from model.machine.lockstep import Lockstep
from model.machine.machine import Machine
from tests.machine import small

_SOME = ["mmio_multi_irq/cleaned_up.vq", "pci/ladder.vq", "handlers/serve_all_resample.vq",
         "handshake/event_idx_batch.vq", "ccw/classic.vq"]  # fmt: skip
MACHINES = [m for p in _SOME for m in small.machines(small.read(small.SPECS / p), 2)]


class Steps(RuleBasedStateMachine):
    """Rules for the reader; schedules (model/strategies.py) for volume."""

    @initialize(which=st.integers(0, len(MACHINES) - 1))
    def starts(self, which: int) -> None:
        self.both = Lockstep(MACHINES[which])
        self.kept: tuple[Any, Any, int] | None = None
        assert self.both.restart() is None

    @rule(k=st.integers(0, 31))
    def one_agent_steps(self, k: int) -> None:
        found = self.both.step(k % len(self.both.m.agents))
        assert found is None, found

    @rule(schedule=st.binary(min_size=1, max_size=64))
    def some_agents_step(self, schedule: bytes) -> None:
        found = self.both.run(schedule)
        assert found is None, found

    @rule()
    def a_state_is_kept(self) -> None:
        self.kept = self.both.m.state(), self.both.state, self.both.number

    @precondition(lambda self: self.kept is not None)
    @rule()
    def it_is_gone_back_to(self) -> None:
        assert self.kept is not None
        state, self.both.state, self.both.number = self.kept
        self.both.m.restore(state)
        assert self.both.difference("nobody") is None

    @invariant()
    def whoever_cannot_step_changes_nothing(self) -> None:
        if not hasattr(self, "both"):
            return
        m = self.both.m
        before = m.state()
        for k, a in enumerate(m.agents):
            if not a.can_step():
                assert not m.step(k)
        assert m.state() == before


TestSteps = Steps.TestCase
TestSteps.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, derandomize=True, database=None
)


def test_a_source_that_is_not_there_is_refused() -> None:
    made = small.read(small.DESIGNS[0])
    with pytest.raises(ValueError, match="no source 'zz'"):
        Machine(made, next(small.settings(made)), frozenset({"zz"}))
