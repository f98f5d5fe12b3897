"""Hypothesis strategies: schedules, machines and programs of several machines; rings and theirs.

A schedule is bytes, drawn with its length first: any byte means something, and a shorter schedule
is a simpler one. A program of a ring is bytes too (model/ring/program.py), drawn operation by
operation, so that what is left of it when it fails is made of whole ones.

    from hypothesis import given
    from model.strategies import schedules

    @given(schedules())
    def test_nothing_is_lost(schedule):
        assert play(machine, schedule).kind == ""
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from model.design.design import Design
from model.machine.machine import Machine
from model.machine.schedule import LONGEST
from model.meaning.instance import Instance, Setting
from model.record import dataclass
from model.ring.layout import Feature, Layout, laid_out
from model.ring.program import AnyDevice, AnyDriver, Make, Op

GPA, DATA_BYTES = 0x10000, 4096
"""Where drawn rings lie in guest memory, and the room for buffers behind them."""
_FEATURES = int(max(Feature)) * 2 - 1


def schedules(max_size: int = LONGEST) -> st.SearchStrategy[bytes]:
    """Who steps, byte by byte."""
    return st.integers(0, max_size).flatmap(lambda n: st.binary(min_size=n, max_size=n))


@dataclass(frozen=True, slots=True)
class Program:
    """One of several machines, and a schedule for it."""

    machine: int
    schedule: bytes


def programs(machines: int, max_size: int = LONGEST) -> st.SearchStrategy[Program]:
    """A program for one of so many machines."""
    return st.builds(Program, st.integers(0, machines - 1), schedules(max_size))


def machines(design: Design, settings: Sequence[Setting]) -> st.SearchStrategy[Machine]:
    """A machine of a design for one of some values, with some of its sources active."""

    def made(setting: Setting) -> st.SearchStrategy[Machine]:
        names = sorted(r.name for r in Instance(design, setting).sources)
        active = st.sets(st.sampled_from(names), min_size=1) if names else st.just(set[str]())
        return active.map(lambda some: Machine(design, setting, frozenset(some)))

    return st.sampled_from(list(settings)).flatmap(made)


def designs(
    read: Callable[[str], Design], texts: st.SearchStrategy[str]
) -> st.SearchStrategy[Design]:
    """Designs read from drawn texts: the language belongs to whoever reads it."""
    return texts.map(read)


# Rings


def layouts(max_size: int = 64) -> st.SearchStrategy[Layout]:
    """Every layout that virtio 1.3 allows: split and packed, with all features, up to this size.

    No queue has more than 32,768 entries.
    """
    max_size = min(max_size, 32_768)

    def of(features: Feature) -> st.SearchStrategy[Layout]:
        sizes = st.integers(1, max_size)
        if Feature.PACKED not in features:
            sizes = st.integers(0, max_size.bit_length() - 1).map(lambda n: 1 << n)
        return sizes.map(lambda size: laid_out(GPA, size, features))

    return st.integers(0, _FEATURES).map(Feature).flatmap(of)


@dataclass(frozen=True, slots=True)
class Queue:
    """A virtqueue with both of its sides, in memory of its own, whose first byte is at GPA.

    Behind the ring, from the guest address `data` on, are DATA_BYTES for buffers.
    """

    layout: Layout
    memory: bytearray
    driver: AnyDriver
    device: AnyDevice
    data: int


def rings(max_size: int = 64, make: Make | None = None) -> st.SearchStrategy[Queue]:
    """A new queue each time: of the C core, or as `make` makes both sides of it."""

    def made(layout: Layout) -> Queue:
        # The largest of the three areas, behind the last of them, and as a guest aligns it.
        end = layout.device + 16 * layout.size + 16
        data = -(-end // 16) * 16
        memory = bytearray(data + DATA_BYTES - GPA)
        driver, device = (make or _core)(memory, GPA, layout)
        return Queue(layout, memory, driver, device, data)

    return layouts(max_size).map(made)


def _core(memory: bytearray, gpa: int, at: Layout) -> tuple[AnyDriver, AnyDevice]:
    from model.ring.ring import Device, Driver  # noqa: PLC0415  (not for who has another ring)

    return Driver(memory, gpa, at), Device(memory, gpa, at)


_OFTEN = (Op.ADD, Op.POP, Op.PUSH, Op.GET_USED)
_AT_TIMES = (
    Op.PUBLISH, Op.NOTIFY, Op.SHOW, Op.CALL, Op.ADD_INDIRECT, Op.ENABLE_USED, Op.ENABLE_AFTER,
    Op.ENABLE_AVAIL, Op.DISABLE_USED, Op.DISABLE_AVAIL, Op.CYCLE,
)  # fmt: skip
_NEARLY_RIGHT = ((1, 0), (0, 0), (2, 0), (3, 0), (5, 0), (128, 0), (128, 128), (255, 255))
_HOSTILE = (Op.POKE, Op.POKE, Op.PUSH_RAW, Op.RESET)


def ring_programs(max_operations: int = 60, *, hostile: bool = False) -> st.SearchStrategy[bytes]:
    """A program for `model.ring.ring.run()`, and for `model.ring.program.Run` on any ring.

    It says which queue it is for. `hostile`: guest memory is changed behind everybody's back, the
    device gives back what it does not hold, and the queue is reset.
    """
    some = st.sampled_from((*_OFTEN * 4, *_AT_TIMES, *(_HOSTILE * 4 if hostile else ())))
    operation = some.flatmap(lambda op: _operands(op, hostile).map(lambda b: bytes((op, *b))))
    # The length is drawn first: Hypothesis' own choice of lengths is far too short for a ring.
    body = st.integers(0, max_operations).flatmap(
        lambda n: st.lists(operation, min_size=n, max_size=n)
    )
    # Small queues are soon full, and go round soon.
    size = st.sampled_from((0, 1, 2, 3, 4, 6)) | st.integers(0, 63)
    head = st.tuples(st.integers(0, _FEATURES), size, st.just(0)).map(bytes)
    return st.builds(lambda first, rest: first + b"".join(rest), head, body)


def _operands(op: Op, hostile: bool) -> st.SearchStrategy[tuple[int, ...]]:
    """What follows an operation (vq_run.h)."""
    byte = st.integers(0, 255)
    match op:
        case Op.ADD | Op.ADD_INDIRECT:
            # One or two pieces of each kind; else a mistake, an empty buffer among them.
            shape = byte if hostile else st.sampled_from((8, 1, 9, 10, 17, 18))
            return st.tuples(shape, byte)
        case Op.PUSH:
            return st.tuples(st.integers(0, 5), byte if hostile else st.integers(0, 16))
        case Op.ENABLE_AFTER | Op.CYCLE:
            return st.tuples(st.integers(0, 5))
        case Op.PUSH_RAW:
            return st.tuples(st.integers(0, 7), st.just(0), st.just(0))
        case Op.POKE:
            # Indices and flags stand at the beginning of an area; what nearly fits does most harm.
            offset = st.sampled_from(range(0, 16, 2)) | st.integers(0, 127)
            value = st.sampled_from(_NEARLY_RIGHT) | st.tuples(byte, byte)
            return st.tuples(st.integers(0, 3), offset, st.just(0), value).map(
                lambda x: (*x[:3], *x[3])
            )
        case _:
            return st.just(())
