"""The words of the ring: features, layouts, errors, and what goes in and comes out.

Sizes and alignments are those of virtio 1.3, 2.7 (split) and 2.8 (packed).
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import NamedTuple

from model.record import dataclass

SIZE_MAX = 32768
Piece = tuple[int, int]
"""Address and length of one piece of a buffer."""
Segments = tuple[Piece, ...]


class Feature(IntFlag):
    """What was negotiated; the numbers are those of `enum vq_feature`."""

    PACKED = 1
    EVENT_IDX = 2
    INDIRECT = 4
    IN_ORDER = 8


NONE = Feature(0)


class Err(IntEnum):
    """Why the ring refused; the numbers are those of `enum vq_err`."""

    SIZE = -1
    ALIGN = -2
    RANGE = -3
    FULL = -4
    EMPTY = -5
    INDEX = -6
    LOOP = -7
    INDIRECT = -8
    ORDER = -9
    JUMP = -10
    ID = -11
    LEN = -12
    SPACE = -13
    FEATURE = -14


class RingError(Exception):
    """The ring refused: its arguments, or what the other side wrote, are not as they must be."""

    def __init__(self, err: Err) -> None:
        super().__init__(err.name)
        self.err = err


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a queue lies, in guest addresses, and what was negotiated."""

    desc: int
    driver: int
    device: int
    size: int
    features: Feature = NONE


class Used(NamedTuple):
    """A buffer that came back: its token, its id on the wire, and the bytes written."""

    token: int
    id: int
    length: int


class Chain(NamedTuple):
    """A buffer that the device took; `handle` is what gives it back."""

    handle: int
    id: int
    readable: Segments
    writable: Segments

    @property
    def writable_bytes(self) -> int:
        """The most that may be reported as written."""
        return sum(length for _, length in self.writable)


def area_bytes(size: int, features: Feature) -> tuple[int, int, int]:
    """How large the descriptor, driver and device area are; RingError if there is no such queue."""
    if features >= Feature.IN_ORDER << 1:
        raise RingError(Err.FEATURE)
    packed = Feature.PACKED in features
    if not 1 <= size <= SIZE_MAX or (not packed and size & (size - 1)):
        raise RingError(Err.SIZE)
    return (16 * size, 4, 4) if packed else (16 * size, 6 + 2 * size, 6 + 8 * size)


def laid_out(gpa: int, size: int, features: Feature = NONE) -> Layout:
    """A layout with the three areas one after the other from a guest address on."""
    desc_bytes, driver_bytes, _ = area_bytes(size, features)
    desc = -(-gpa // 16) * 16
    driver = desc + desc_bytes
    device = -(-(driver + driver_bytes) // 4) * 4
    return Layout(desc, driver, device, size, features)
