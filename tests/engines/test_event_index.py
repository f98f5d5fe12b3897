"""The lemmas about event indices: that they hold, and that each assumption is needed."""

from __future__ import annotations

import z3
from hypothesis import given
from hypothesis import strategies as st

from checker.engines import event_index
from checker.engines.engine import Budget

U16 = st.integers(0, 0xFFFF)


def test_they_hold() -> None:
    for kind in ("event_idx", "packed_event"):
        assert event_index.lemmas(kind)
        assert event_index.shown(kind, Budget()) == ""
    assert event_index.lemmas("flags") == ()


def test_a_budget_that_is_used_up_shows_nothing() -> None:
    assert "unknown" in event_index.shown("event_idx", Budget(rlimit=1))


def test_each_assumption_about_a_packed_ring_is_needed() -> None:
    """Without the position being one, or more than a lap behind, both are not the same."""
    needed = set()
    for some in event_index._packed().values():
        for left_out in some[:-1]:
            solver = z3.SolverFor("QF_BV", ctx=some[0].formula.ctx)
            solver.add(*(a.formula for a in some if a is not left_out))
            if solver.check() == z3.sat:
                needed.add(left_out.words)
    assert "the entry asked about is not more than a lap behind" in needed
    assert "distances that fit 16 bits" in needed


def need_event(event: int, new: int, old: int) -> bool:
    """vring_need_event(), by its definition."""
    return (new - event - 1) % 0x10000 < (new - old) % 0x10000


@given(U16, U16, U16)
def test_distances_are_what_a_split_ring_computes(used: int, past: int, new: int) -> None:
    event, old = (used - past) % 0x10000, (used - new) % 0x10000
    assert need_event(event, used, old) == (1 <= past <= new)


@given(st.data(), st.integers(1, 32768))
def test_distances_are_what_a_packed_ring_computes(data: st.DataObject, size: int) -> None:
    """Free-running counters, taken apart into position and wrap bit as a packed ring has them."""
    used = data.draw(st.integers(size, 10 * size))
    past, new = data.draw(st.integers(0, size)), data.draw(st.integers(0, 0xFFFF))
    at, wrap = used % size, used // size % 2
    offset, its_wrap = (used - past) % size, (used - past) // size % 2
    event = offset if wrap == its_wrap else offset - size
    assert need_event(event % 0x10000, at, (at - new) % 0x10000) == (1 <= past <= new)
