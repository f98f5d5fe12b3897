"""Programs for the ring: weighted random ones, and what the reference makes of a program."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable

from model.ring.layout import Feature, Layout
from model.ring.program import EVENT, MEMORY_BYTES, AnyDevice, AnyDriver, Op, Ran, Run
from model.ring.reference import Memory
from model.ring.reference_packed import PackedDevice, PackedDriver
from model.ring.reference_split import SplitDevice, SplitDriver
from model.ring.ring import Device, Driver

WEIGHTS = {
    Op.ADD: 8,
    Op.ADD_INDIRECT: 3,
    Op.PUBLISH: 4,
    Op.NOTIFY: 4,
    Op.GET_USED: 9,
    Op.ENABLE_USED: 2,
    Op.ENABLE_AFTER: 2,
    Op.DISABLE_USED: 1,
    Op.POP: 9,
    Op.PUSH: 9,
    Op.SHOW: 4,
    Op.CALL: 4,
    Op.ENABLE_AVAIL: 2,
    Op.DISABLE_AVAIL: 1,
    Op.CYCLE: 1,
}
MISTAKES = {Op.PUSH_RAW: 1, Op.RESET: 1, Op.POKE: 8}


def reference(memory: bytearray, gpa: int, at: Layout) -> tuple[AnyDriver, AnyDevice]:
    """Both sides in plain Python."""
    where = Memory(memory, gpa)
    if Feature.PACKED in at.features:
        return PackedDriver(where, at), PackedDevice(where, at)
    return SplitDriver(where, at), SplitDevice(where, at)


def bound(memory: bytearray, gpa: int, at: Layout) -> tuple[AnyDriver, AnyDevice]:
    """Both sides by the C core, a call an operation."""
    return Driver(memory, gpa, at), Device(memory, gpa, at)


def by_reference(program: bytes) -> tuple[Ran, bytearray]:
    """What the reference answers, and the memory that it leaves."""
    memory = bytearray(MEMORY_BYTES)
    return Run(program, memory, reference).run(), memory


def by_calls(program: bytes) -> tuple[Ran, bytearray]:
    """What single calls of the binding answer, and the memory that they leave."""
    memory = bytearray(MEMORY_BYTES)
    return Run(program, memory, bound).run(), memory


def weighted(seed: int, operations: int, hostile: bool) -> bytes:
    """A program that gets far: mostly sensible operations; a hostile one corrupts memory too."""
    r = random.Random(seed)
    weights = WEIGHTS | MISTAKES if hostile else WEIGHTS
    features, size = r.randrange(16), r.choice([0, 1, 2, 2, 3, 4, 6, r.randrange(64)])
    out = bytearray([features, size, 0])
    for op in r.choices(list(weights), list(weights.values()), k=operations):
        out += bytes([op, *operands(r, op, hostile)])
    return bytes(out)


def operands(r: random.Random, op: Op, hostile: bool) -> list[int]:
    """What follows an operation."""
    match op:
        case Op.ADD | Op.ADD_INDIRECT:
            shape = r.choice([1, 8, 9, 9, 10, 17, 18, 4])  # four pieces fit a buffer's table
            if hostile and r.random() < 0.1:
                shape = r.randrange(256)
            return [shape, r.randrange(256)]
        case Op.PUSH:
            return [r.choice([0, 0, 1, 5]), r.choice([0, 1, 7, 200, 255 if hostile else 3])]
        case Op.ENABLE_AFTER | Op.CYCLE:
            return [r.randrange(6)]
        case Op.PUSH_RAW:
            return [r.randrange(8), 0, 0]
        case Op.POKE:
            return poked(r)
        case _:
            return []


def poked(r: random.Random) -> list[int]:
    """An area, an offset that matters, a value that is nearly right."""
    where = r.randrange(4)
    offset = r.choice([0, 2, 4, 6, 8, 10, 12, 14, r.randrange(128)])
    value = r.choice(
        [0, 1, 2, 3, 4, 5, 7, 16, 32, 128, 129, 32768, 32896, 65535, r.randrange(65536)]
    )
    return [where, offset, 0, value & 255, value >> 8]


def corpus(programs: Iterable[bytes]) -> bytes:
    """The programs with the reference's answers, as `core/corpus.c` reads them."""
    out = bytearray()
    for program in programs:
        ran, memory = by_reference(program)
        answer = b"".join(EVENT.pack(e.op, e.result, e.a, e.b, e.c) for e in ran.events)
        out += struct.pack("<II", len(program), len(answer)) + program + answer + memory
    return bytes(out)
