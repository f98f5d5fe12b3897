"""The strategies for rings: what they draw is legal, gets far, and is all that there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from model.ring import ring
from model.ring.layout import Err, Feature, Layout
from model.ring.program import MEMORY_BYTES, Make, Op, Ran, decode
from model.strategies import DATA_BYTES, GPA, Queue, layouts, ring_programs, rings
from tests.ring.programs import by_reference, reference

QUICK = settings(max_examples=120, deadline=None, derandomize=True, database=None)
LONG = settings(max_examples=2_000, deadline=None, derandomize=True, database=None)


def by_core(program: bytes) -> Ran:
    return decode(ring.run(program, bytearray(MEMORY_BYTES)))


@pytest.mark.parametrize(
    "wanted",
    [
        lambda x: x.size == 63 and Feature.PACKED in x.features,
        lambda x: x.size == 64 and Feature.PACKED not in x.features,
        lambda x: x.size == 1 and x.features == Feature.EVENT_IDX | Feature.IN_ORDER,
        lambda x: Feature.PACKED | Feature.INDIRECT in x.features,
    ],
)
def test_all_kinds_of_layouts_are_drawn(wanted: Callable[[Layout], bool]) -> None:
    found = find(layouts(), wanted, settings=LONG)
    assert found.desc == GPA


@pytest.mark.parametrize("make", [None, reference], ids=["core", "reference"])
def test_a_buffer_goes_round_a_drawn_ring(make: Make | None) -> None:
    @QUICK
    @given(rings(16, make), st.integers(1, 20))
    def each(q: Queue, buffers: int) -> None:
        assert q.layout.size <= 16
        last = q.data + DATA_BYTES - 8
        for token in range(buffers):  # More than the ring has entries, one after the other.
            q.driver.add([], [(last, 8)], token)
            q.driver.publish()
            chain = q.device.pop()
            assert chain is not None
            assert chain.writable == ((last, 8),)
            q.device.push(chain.handle, 8)
            q.device.publish()
            used = q.driver.get_used()
            assert used is not None
            assert (used.token, used.length) == (token, 8)
        assert not any(q.memory[q.data - GPA :])

    each()


@pytest.mark.parametrize("hostile", [False, True])
def test_the_core_and_the_reference_agree_on_drawn_programs(hostile: bool) -> None:
    @QUICK
    @given(ring_programs(hostile=hostile))
    def each(program: bytes) -> None:
        memory = bytearray(MEMORY_BYTES)
        ran = decode(ring.run(program, memory))
        assert (ran, memory) == by_reference(program)
        if not hostile:
            allowed = {Err.FULL, Err.LOOP, Err.FEATURE, Err.ID}
            assert {e.result for e in ran.events if e.result < 0} <= allowed

    each()


def met(programs: st.SearchStrategy[bytes]) -> Counter[tuple[Op, int]]:
    """In how many of some drawn programs an operation had a result."""
    out: Counter[tuple[Op, int]] = Counter()

    @QUICK
    @given(programs)
    def each(program: bytes) -> None:
        out.update({(e.op, e.result) for e in by_core(program).events})

    each()
    return out


def test_drawn_programs_get_far() -> None:
    seen = met(ring_programs())
    for op in (Op.GET_USED, Op.POP, Op.NOTIFY, Op.CALL, Op.ENABLE_USED):
        assert seen[op, 1] >= 3, op


def test_hostile_programs_reach_errors_that_honest_ones_do_not() -> None:
    taking = [(op, err) for op in (Op.GET_USED, Op.POP) for err in Err]
    honest, hostile = met(ring_programs()), met(ring_programs(hostile=True))
    assert sum(honest[x] for x in taking) == 0
    assert sum(hostile[x] for x in taking) > 0


@given(layouts(65_536))
@QUICK
def test_no_layout_has_more_entries_than_a_queue_may_have(at: Layout) -> None:
    assert at.size <= 32_768


@given(rings(4))
@QUICK
def test_a_piece_is_an_address_and_a_length(q: Queue) -> None:
    with pytest.raises(ValueError, match="unpack"):
        q.driver.add([(q.data, 1, q.data, 7)], [], 1)  # type: ignore[list-item]
