"""The C core against the reference: every answer, every byte of guest memory, for any program."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.ring import ring
from model.ring.layout import Err, Feature, RingError
from model.ring.program import GPA, MEMORY_BYTES, Op, Ran, decode, layout_of
from tests.ring.programs import by_calls, by_reference, weighted

COUNT = settings(max_examples=120, deadline=None)


def by_core(program: bytes) -> tuple[Ran, bytearray]:
    """What one call for the whole program answers, and the memory that it leaves."""
    memory = bytearray(MEMORY_BYTES)
    return decode(ring.run(program, memory)), memory


# The length is drawn first: Hypothesis' own choice of lengths is far too short for a ring.
ANY = st.integers(0, 200).flatmap(lambda n: st.binary(min_size=n, max_size=n))


@COUNT
@given(ANY)
def test_any_bytes_are_a_program_and_mean_the_same(program: bytes) -> None:
    assert by_core(program) == by_reference(program)


@COUNT
@given(st.integers(0, 1 << 32), st.integers(1, 100))
def test_hostile_programs_mean_the_same(seed: int, operations: int) -> None:
    program = weighted(seed, operations, hostile=True)
    assert by_core(program) == by_reference(program)


@COUNT
@given(st.integers(0, 1 << 32), st.integers(1, 150))
def test_honest_programs_never_fail_and_lose_nothing(seed: int, operations: int) -> None:
    program = weighted(seed, operations, hostile=False)
    ran, memory = by_core(program)
    assert (ran, memory) == by_reference(program)
    features = layout_of(program).features
    allowed = {Err.FULL}
    if Feature.INDIRECT not in features:
        allowed.add(Err.FEATURE)
    for event in ran.events:
        if event.result < 0 and event.result not in allowed:
            # A chain longer than a tiny queue, and a push where nothing is held, are no fault.
            assert (event.op, event.result) in {
                (Op.ADD, Err.LOOP),
                (Op.ADD_INDIRECT, Err.LOOP),
                (Op.PUSH, Err.ID),
            }
    back = [e.a for e in ran.events if e.op is Op.GET_USED and e.result == 1]
    assert len(back) == len(set(back))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 32), st.integers(1, 60), st.booleans())
def test_single_calls_do_what_the_whole_program_does(
    seed: int, operations: int, hostile: bool
) -> None:
    program = weighted(seed, operations, hostile)
    assert by_calls(program) == by_core(program)


def test_programs_reach_every_operation_error_and_feature() -> None:
    """The comparison is worth what its programs reach."""
    ops: Counter[Op] = Counter()
    errors: Counter[int] = Counter()
    for seed in range(3000):
        ran = decode(ring.run(weighted(seed, 60, hostile=True)))
        ops.update(e.op for e in ran.events if e.result > 0)
        errors.update(e.result for e in ran.events if e.result < 0)
    silent = {Op.NOP, Op.PUBLISH, Op.DISABLE_USED, Op.DISABLE_AVAIL, Op.SHOW, Op.POKE}
    assert set(Op) - set(ops) - silent == {Op.PUSH, Op.PUSH_RAW}  # these answer 0
    set_up = {Err.SIZE, Err.ALIGN, Err.SPACE}  # in core/both.c
    assert {Err(e) for e in errors} == set(Err) - set_up


def test_a_program_without_memory_of_its_own() -> None:
    program = weighted(1, 50, hostile=True)
    assert ring.run(program) == ring.run(program, bytearray(MEMORY_BYTES))


def test_wrong_arguments_are_exceptions() -> None:
    with pytest.raises(ValueError, match="outside guest memory"):
        ring.run(b"", bytearray(10))
    with pytest.raises(TypeError):
        ring.run("text")  # type: ignore[arg-type]
    with pytest.raises(BufferError):
        ring.run(b"", memoryview(bytes(MEMORY_BYTES)))  # type: ignore[arg-type]
    at = layout_of(bytes([0, 2, 0]))
    driver = ring.Driver(bytearray(MEMORY_BYTES), GPA, at)
    for token, piece in ((-1, (GPA, 1)), (0, (-1, 1)), (0, (GPA, 1 << 32)), (0, (1 << 64, 1))):
        with pytest.raises(OverflowError):
            driver.add([piece], [], token)
    with pytest.raises(TypeError):
        driver.add([("a", 1)], [], 0)  # type: ignore[list-item]
    with pytest.raises(RingError) as caught:
        driver.add([], [], 0)
    assert caught.value.err is Err.EMPTY
    assert "no buffer" in ring.explain(Err.EMPTY)


def test_a_side_holds_its_memory() -> None:
    memory = bytearray(MEMORY_BYTES)
    side = ring.Device(memory, GPA, layout_of(b""))
    with pytest.raises(BufferError):
        memory.extend(b"more")
    del side
    memory.extend(b"more")


def test_every_error_has_words_of_its_own() -> None:
    assert len({ring.explain(e) for e in Err}) == len(Err)
