"""The virtqueue in plain Python, split and packed, both sides: to read, and the oracle of tests.

The same functions as `vq.h`, with the same checks in the same order and the same bytes in guest
memory, so that every difference is a finding. Errors are `RingError`s. Sections are virtio 1.3's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from model.record import dataclass
from model.ring.layout import (
    Chain,
    Err,
    Feature,
    Layout,
    Piece,
    RingError,
    Segments,
    Used,
    area_bytes,
)

NEXT, WRITE, INDIRECT, AVAIL, USED = 1, 2, 4, 1 << 7, 1 << 15
ENABLE, DISABLE, DESC = 0, 1, 2
"""Flags of a packed event suppression structure (2.8.14)."""


def need_event(event: int, new: int, old: int) -> bool:
    """Whether `event` lies in [old, new) modulo 2^16: the test of EVENT_IDX for a batch."""
    return (new - event - 1) % 65536 < (new - old) % 65536


def passed(event: int, now: int, since: int, most: int) -> bool:
    """Whether the last `since` steps up to `now` passed `event`, where `most` steps pass all."""
    return since > most or need_event(event % 65536, now, (now - since) % 65536)


class Memory:
    """Guest memory: little-endian numbers at guest addresses."""

    def __init__(self, data: bytearray | memoryview, gpa: int) -> None:
        self.data = data
        self.gpa = gpa

    def inside(self, addr: int, length: int) -> bool:
        """Whether all of these bytes are in memory."""
        return self.gpa <= addr and addr + length <= self.gpa + len(self.data)

    def get(self, addr: int, size: int) -> int:
        """The number of so many bytes there."""
        at = addr - self.gpa
        return int.from_bytes(self.data[at : at + size], "little")

    def set(self, addr: int, size: int, value: int) -> None:
        """Write a number of so many bytes there."""
        at = addr - self.gpa
        self.data[at : at + size] = (value % (1 << (8 * size))).to_bytes(size, "little")


@dataclass(frozen=True, slots=True)
class Desc:
    """A descriptor; `next` is the index of the next one (split) or the Buffer ID (packed)."""

    addr: int
    length: int
    flags: int
    next: int


@dataclass(slots=True)
class Held:
    """A buffer that is outstanding: `count` descriptors in the ring, `writable` bytes."""

    id: int
    count: int
    writable: int
    token: int = 0
    hidden: bool = True


def as_u64(value: int) -> int:
    """An address as wide as on the wire."""
    return value % (1 << 64)


class Ring:
    """What all four sides have: the layout, checked, and descriptors in memory."""

    def __init__(self, memory: Memory, at: Layout) -> None:
        sizes = area_bytes(at.size, at.features)
        self.packed = Feature.PACKED in at.features
        if at.desc % 16 or at.driver % (4 if self.packed else 2) or at.device % 4:
            raise RingError(Err.ALIGN)
        for area, size in zip((at.desc, at.driver, at.device), sizes, strict=True):
            if not memory.inside(area, size):
                raise RingError(Err.RANGE)
        self.memory, self.at, self.size, self.sizes = memory, at, at.size, sizes
        self.event_idx = Feature.EVENT_IDX in at.features
        self.in_order = Feature.IN_ORDER in at.features

    def load(self, addr: int) -> Desc:
        """The descriptor at an address: {addr, len, flags, next} or {addr, len, id, flags}."""
        first, length = self.memory.get(addr, 8), self.memory.get(addr + 8, 4)
        x, y = self.memory.get(addr + 12, 2), self.memory.get(addr + 14, 2)
        return Desc(first, length, y, x) if self.packed else Desc(first, length, x, y)

    def store(self, addr: int, d: Desc) -> None:
        """Write a descriptor."""
        self.memory.set(addr, 8, d.addr)
        self.memory.set(addr + 8, 4, d.length)
        self.memory.set(addr + 12, 2, d.next if self.packed else d.flags)
        self.memory.set(addr + 14, 2, d.flags if self.packed else d.next)

    def at_desc(self, i: int) -> int:
        """The address of a descriptor of the ring."""
        return self.at.desc + 16 * i

    def ahead(self, position: tuple[int, int], steps: int) -> tuple[int, int]:
        """A packed position further on, and its wrap counter, which flips at the end (2.8.1)."""
        at, wrap = position[0] + steps, position[1]
        return (at, wrap) if at < self.size else (at - self.size, wrap ^ 1)

    def packed_wants(self, area: int, now: tuple[int, int], since: int) -> bool:
        """Whether a packed event structure asks for a notification (2.8.10)."""
        both = self.memory.get(area, 4)
        flags = both >> 16 & 3
        if flags == DISABLE or flags != DESC or not self.event_idx:
            return flags != DISABLE
        same_lap = (both >> 15 & 1) == now[1]
        return passed((both & 0x7FFF) - (0 if same_lap else self.size), now[0], since, self.size)

    def set_event(self, area: int, flags: int, position: tuple[int, int] = (0, 0)) -> None:
        """Write a packed event structure."""
        self.memory.set(area, 4, flags << 16 | position[1] << 15 | position[0])

    def is_used(self, flags: int, wrap: int) -> bool:
        """2.8.1: both bits equal to the wrap counter."""
        return bool(flags & AVAIL) == bool(flags & USED) == bool(wrap)

    def is_available(self, flags: int, wrap: int) -> bool:
        """2.8.1: AVAIL equal to the wrap counter, USED its inverse."""
        return bool(flags & AVAIL) == bool(wrap) != bool(flags & USED)


class Driver(Ring, ABC):
    """The driver's side; see `vq.h` for what each function answers."""

    def __init__(self, memory: Memory, at: Layout) -> None:
        super().__init__(memory, at)
        self.reset()

    def reset(self) -> None:
        """The queue as new: areas of zeros, nothing outstanding."""
        for area, size in zip(
            (self.at.desc, self.at.driver, self.at.device), self.sizes, strict=True
        ):
            start = area - self.memory.gpa
            self.memory.data[start : start + size] = bytes(size)
        self.free_list = list(range(self.size))  # first in, first out
        self.free = self.size
        self.held: dict[int, Held] = {}  # by id, in the order in which they were added
        self.since = 0
        self.batch: tuple[int, int] | None = None  # in order: the last id, and its length

    @property
    def hidden(self) -> int:
        """Buffers, or packed descriptors, that are added and not published."""
        return sum(self.steps(h) for h in self.held.values() if h.hidden)

    def check(self, segments: Segments, readable: int) -> int:
        """The writable bytes of what shall be added."""
        for addr, length in segments:
            if length == 0:
                raise RingError(Err.EMPTY)
            if not self.memory.inside(as_u64(addr), length):
                raise RingError(Err.RANGE)
        writable = sum(length for _, length in segments[readable:])
        if sum(length for _, length in segments) > 1 << 32 or writable >= 1 << 32:
            raise RingError(Err.LEN)
        return writable

    def add(self, readable: Sequence[Piece], writable: Sequence[Piece], token: int) -> int:
        """Put a buffer into the queue, not yet visible; its id."""
        segments = (*readable, *writable)
        if not segments:
            raise RingError(Err.EMPTY)
        if len(segments) > self.size:
            raise RingError(Err.LOOP)
        total = self.check(segments, len(readable))
        if len(segments) > self.free:
            raise RingError(Err.FULL)
        return self._hold(segments, len(readable), 0, Held(0, len(segments), total, token))

    def add_indirect(
        self, table: int, readable: Sequence[Piece], writable: Sequence[Piece], token: int
    ) -> int:
        """The same by a table at a guest address, which takes one descriptor of the ring."""
        segments = (*readable, *writable)
        if Feature.INDIRECT not in self.at.features:
            raise RingError(Err.FEATURE)
        if not segments:
            raise RingError(Err.EMPTY)
        if len(segments) > self.size:
            raise RingError(Err.LOOP)
        if table % 16:
            raise RingError(Err.ALIGN)
        if not self.memory.inside(table, 16 * len(segments)):
            raise RingError(Err.RANGE)
        total = self.check(segments, len(readable))
        if self.free == 0:
            raise RingError(Err.FULL)
        for i, (addr, length) in enumerate(segments):
            more = not self.packed and i + 1 < len(segments)  # packed tables have no chain: 2.8.8
            flags = (NEXT if more else 0) | (WRITE if i >= len(readable) else 0)
            self.store(table + 16 * i, Desc(addr, length, flags, i + 1 if more else 0))
        whole = ((table, 16 * len(segments)),)
        return self._hold(whole, 1, INDIRECT, Held(0, 1, total, token))

    def _hold(self, segments: Segments, readable: int, flags: int, held: Held) -> int:
        held.id = self.write(segments, readable, flags)
        self.free -= held.count
        self.held[held.id] = held
        self.since += self.steps(held)
        return held.id

    def publish(self) -> None:
        """Make everything that was added available."""
        if self.hidden:
            self.show()
            for held in self.held.values():
                held.hidden = False

    def notify(self) -> bool:
        """Publish; whether the device wants a notification for what is new since the last call."""
        since, self.since = self.since, 0
        self.publish()
        return since > 0 and self.wanted(since)

    def known(self, id: int, length: int) -> Held:  # noqa: A002
        """The published outstanding buffer with this id."""
        held = self.held.get(id)
        if held is None or held.hidden:
            raise RingError(Err.ID)
        if length > held.writable:
            raise RingError(Err.LEN)
        return held

    def next_used(self, id: int, length: int) -> tuple[Held, int]:  # noqa: A002
        """Who is back, by a used entry: with IN_ORDER first the oldest, written in full (2.7.9)."""
        held = self.known(id, length)
        if not self.in_order:
            return held, length
        self.batch = (id, length)
        return self.next_of_batch()

    def next_of_batch(self) -> tuple[Held, int]:
        """The oldest outstanding buffer; the batch ends with its last one."""
        assert self.batch is not None
        last, length = self.batch
        held = next(iter(self.held.values()))
        if held.id != last:
            return held, held.writable
        self.batch = None
        return held, length

    def release(self, held: Held, length: int) -> Used:
        """Take a buffer out of the book-keeping."""
        del self.held[held.id]
        self.free += held.count
        return Used(held.token, held.id, length)

    def detach(self) -> Used | None:
        """A buffer that the device did not use, lowest id first; only before a reset."""
        if not self.held:
            return None
        held = self.held.pop(min(self.held))
        return Used(held.token, held.id, 0)

    def enable_used(self) -> bool:
        """Ask for notifications again; whether there already are used buffers."""
        return self.enable_used_after(0)

    def steps(self, held: Held) -> int:
        """What a buffer counts in hidden and since: 1, or its descriptors when positions count."""
        return held.count if self.packed else 1

    @abstractmethod
    def write(self, segments: Segments, readable: int, flags: int) -> int:
        """Write the descriptors; the id."""

    @abstractmethod
    def show(self) -> None:
        """The store that publishes."""

    @abstractmethod
    def wanted(self, since: int) -> bool:
        """What the device's event structure says."""

    @abstractmethod
    def get_used(self) -> Used | None:
        """Take back one used buffer."""

    @abstractmethod
    def disable_used(self) -> None:
        """Ask for no notifications."""

    @abstractmethod
    def enable_used_after(self, more: int) -> bool:
        """Ask for one when `more` further ones are used."""


class Device(Ring, ABC):
    """The device's side; see `vq.h` for what each function answers."""

    def __init__(self, memory: Memory, at: Layout) -> None:
        super().__init__(memory, at)
        self.reset()

    def reset(self) -> None:
        """Nothing taken, everything at its start."""
        self.taken: dict[int, Held] = {}  # by handle, in the order of taking
        self.hidden = 0
        self.since = 0

    def append(self, d: Desc, readable: list[Piece], writable: list[Piece]) -> None:
        """Take what one descriptor refers to."""
        if len(readable) + len(writable) >= self.size:
            raise RingError(Err.LOOP)  # 2.7.5.1: no chain is longer than the queue
        if d.length == 0:
            raise RingError(Err.EMPTY)
        if not self.memory.inside(d.addr, d.length):
            raise RingError(Err.RANGE)
        if writable and not d.flags & WRITE:
            raise RingError(Err.ORDER)
        (writable if d.flags & WRITE else readable).append((d.addr, d.length))

    def table(self, d: Desc) -> int:
        """How many entries an indirect table has (2.7.5.3.1)."""
        if Feature.INDIRECT not in self.at.features or d.flags & NEXT:
            raise RingError(Err.INDIRECT)
        if d.length == 0 or d.length % 16:
            raise RingError(Err.INDIRECT)
        if not self.memory.inside(d.addr, d.length):
            raise RingError(Err.RANGE)
        return d.length // 16

    def whole(self, handle: int, id: int, readable: list[Piece], writable: list[Piece]) -> Chain:  # noqa: A002
        """The chain, if its lengths can be said."""
        chain = Chain(handle, id, tuple(readable), tuple(writable))
        total = sum(length for _, length in readable) + chain.writable_bytes
        if total > 1 << 32 or chain.writable_bytes >= 1 << 32:
            raise RingError(Err.LEN)
        return chain

    def push(self, handle: int, length: int) -> None:
        """Give a buffer back, not yet visible; with IN_ORDER also all that was taken before it."""
        held = self.taken.get(handle)
        if held is None:
            raise RingError(Err.ID)
        if length > held.writable:
            raise RingError(Err.LEN)
        batch = list(self.taken)
        batch = batch[: batch.index(handle) + 1] if self.in_order else [handle]
        steps = 0
        for each in batch:
            steps += self.taken.pop(each).count
            self.freed(each)
        self.since += steps
        self.write(held.id, length, steps)
        self.hidden += steps

    def publish(self) -> None:
        """Make everything that was pushed visible to the driver."""
        if self.hidden:
            self.show()
            self.hidden = 0

    def notify(self) -> bool:
        """Publish; whether the driver wants a notification for what is new since the last call."""
        since, self.since = self.since, 0
        self.publish()
        return since > 0 and self.wanted(since)

    def freed(self, handle: int) -> None:
        """A handle may be taken again."""

    @abstractmethod
    def pop(self) -> Chain | None:
        """Take the next available buffer."""

    @abstractmethod
    def write(self, id: int, length: int, steps: int) -> None:  # noqa: A002
        """Write a used entry and go on by so many steps."""

    @abstractmethod
    def show(self) -> None:
        """The store that publishes."""

    @abstractmethod
    def wanted(self, since: int) -> bool:
        """What the driver's event structure says."""

    @abstractmethod
    def disable_avail(self) -> None:
        """Ask for no notifications."""

    @abstractmethod
    def enable_avail(self) -> bool:
        """Ask for them again; whether buffers already are available."""
