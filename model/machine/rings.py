"""Virtqueues in guest memory, both sides, as far as notifications go: split and packed.

A ring is bytes in guest memory that the two sides read and write; what each side knows beside that
(its own index, its wrap counter) is private to it. `buffers` are as many as the driver ever has
outstanding: it posts all of them at the start and each again when it has taken it.

What decides a notification is written through a store buffer where there is one (memory.py), and
read from memory, where the other side's stores may not have arrived.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Protocol

from model.machine.memory import Memory, Stores

_U16 = struct.Struct("<H")
_get16, _put16 = _U16.unpack_from, _U16.pack_into
_DESC = struct.Struct("<QIHH")  # addr, len, flags, next
_PACKED = struct.Struct("<QIHH")  # addr, len, id, flags
_get_packed, _put_packed = _PACKED.unpack_from, _PACKED.pack_into
_USED = struct.Struct("<II")  # id, len
_get_used, _put_used = _USED.unpack_from, _USED.pack_into
_WRITE = 2  # VIRTQ_DESC_F_WRITE
_AVAIL, _DONE = 1 << 7, 1 << 15  # VIRTQ_DESC_F_AVAIL, VIRTQ_DESC_F_USED
NO_INTERRUPT = 1  # VIRTQ_AVAIL_F_NO_INTERRUPT
FAR = 0x8000
"""As far away as an index can be: a used_event that no used index reaches soon."""
ENABLE, DISABLE, DESC = 0, 1, 2  # RING_EVENT_FLAGS_*
_LENGTH = 64


class RingFault(Exception):
    """A side found in the ring what the other side must not have written."""


class Ring(Protocol):
    """A virtqueue with its driver and its device, and what can be told from its bytes."""

    def publish(self, stores: Stores | None) -> bool:
        """The device uses one buffer; False if the driver has none for it."""

    def room(self) -> bool:
        """Whether there is a buffer for the device to use."""

    def wants(self, *, last: bool) -> bool:
        """The device's decision whether to notify of what it used since the last decision."""

    def pending(self) -> bool:
        """Whether the driver sees used buffers that it has not taken."""

    def drain(self) -> int:
        """The driver takes all used buffers that it sees; how many."""

    def drain_one(self) -> int:
        """The same of one."""

    def enable(self, stores: Stores | None) -> None:
        """The driver asks to be notified of what is used from now on."""

    def disable(self, stores: Stores | None) -> None:
        """The driver asks not to be notified."""

    def unseen(self) -> int:
        """Used buffers that the driver has not taken, visible to it or not."""

    def visible(self) -> int:
        """Those of them that the driver can see."""

    def undecided(self) -> int:
        """Buffers used since the device last decided."""

    def event(self, word: int | None = None) -> int | None:
        """Buffers used since and including the one asked about; None: none is asked about.

        Of what is in memory, or of a word that is on its way there.
        """

    def wish_at(self) -> int:
        """The address of what the driver stores about notifications."""

    def armed(self, word: int | None = None) -> bool:
        """Whether a notification is asked for at all; of what is in memory, or on its way there."""

    def each(self) -> bool:
        """Whether one is asked for of every buffer, which only a packed ring can say."""

    def state(self) -> tuple[int, ...]:
        """What the two sides know by themselves."""

    def restore(self, state: tuple[int, ...]) -> None:
        """Back to what they knew."""

    def words(self) -> dict[str, str]:
        """What stands in memory of it, for readers."""


def need_event(event: int, new: int, old: int) -> bool:
    """vring_need_event(): whether an index in [old, new) is the one asked about, modulo 2^16."""
    return (new - event - 1) & 0xFFFF < (new - old) & 0xFFFF


class SplitRing:
    """A split virtqueue (virtio 1.3, 2.7)."""

    def __init__(self, memory: Memory, size: int, buffers: int, *, by_index: bool) -> None:
        if size & (size - 1) or not 0 < buffers <= size <= 0x8000:
            raise ValueError(f"{size} is not the size of a split ring with {buffers} buffers")
        self.ram = memory.ram
        self.size, self.mask, self.by_index = size, size - 1, by_index
        self.desc = memory.allocate(16 * size, 16)
        self.avail = memory.allocate(6 + 2 * size, 2)
        self.used = memory.allocate(6 + 8 * size, 4)
        self.used_event = self.avail + 4 + 2 * size
        self.used_idx_at = self.used + 2
        self.last_avail = self.used_idx = self.signalled = 0  # the device's own
        self.last_used = self.avail_idx = 0  # the driver's own
        data = memory.allocate(_LENGTH * buffers, 64)
        for k in range(buffers):
            _DESC.pack_into(self.ram, self.desc + 16 * k, data + _LENGTH * k, _LENGTH, _WRITE, 0)
        self._post(range(buffers))

    # The driver

    def _post(self, heads: Iterable[int]) -> None:
        """2.7.13: the heads into the available ring, then the index."""
        ram, index, entries, mask = self.ram, self.avail_idx, self.avail + 4, self.mask
        for head in heads:
            _put16(ram, entries + 2 * (index & mask), head)
            index += 1
        self.avail_idx = index = index & 0xFFFF
        _put16(ram, self.avail + 2, index)

    def pending(self) -> bool:
        seen: int = _get16(self.ram, self.used_idx_at)[0]
        return seen != self.last_used

    def drain(self) -> int:
        n = self.visible()
        if n > self.size:
            raise RingFault(f"used.idx is {n} ahead, with {self.size} entries")
        self._take(n)
        return n

    def drain_one(self) -> int:
        if not self.pending():
            return 0
        self._take(1)
        return 1

    def _take(self, n: int) -> None:
        """So many buffers, each of which is made available again."""
        ram, last, elements, mask = self.ram, self.last_used, self.used + 4, self.mask
        heads = []
        for k in range(last, last + n):
            head, length = _get_used(ram, elements + 8 * (k & mask))
            if head >= self.size or length > _LENGTH:
                raise RingFault(f"used element {head}, {length} bytes")
            heads.append(head)
        self.last_used = (last + n) & 0xFFFF
        self._post(heads)

    def enable(self, stores: Stores | None) -> None:
        if self.by_index:
            self._event(self.last_used, stores)
        else:
            self._flags(0, stores)

    def disable(self, stores: Stores | None) -> None:
        if self.by_index:  # There is no index that stands for "never".
            self._event((self.last_used + FAR) & 0xFFFF, stores)
        else:
            self._flags(NO_INTERRUPT, stores)

    def _event(self, word: int, stores: Stores | None) -> None:
        if stores is None:
            _put16(self.ram, self.used_event, word)
        else:
            stores.put(self.used_event, 2, word)

    def _flags(self, word: int, stores: Stores | None) -> None:
        if stores is None:
            _put16(self.ram, self.avail, word)
        else:
            stores.put(self.avail, 2, word)

    # The device

    def room(self) -> bool:
        ready: int = _get16(self.ram, self.avail + 2)[0]
        return ready != self.last_avail

    def publish(self, stores: Stores | None) -> bool:
        ram, last, used = self.ram, self.last_avail, self.used_idx
        if _get16(ram, self.avail + 2)[0] == last:
            return False
        head = _get16(ram, self.avail + 4 + 2 * (last & self.mask))[0]
        if head >= self.size:
            raise RingFault(f"available head {head}")
        self.last_avail = (last + 1) & 0xFFFF
        _put_used(ram, self.used + 4 + 8 * (used & self.mask), head, 1)
        self.used_idx = used = (used + 1) & 0xFFFF
        if stores is None:
            _put16(ram, self.used_idx_at, used)
        else:
            stores.put(self.used_idx_at, 2, used)
        return True

    def wants(self, *, last: bool) -> bool:
        if not self.by_index:
            return not _get16(self.ram, self.avail)[0] & NO_INTERRUPT
        event = _get16(self.ram, self.used_event)[0]
        new, old = self.used_idx, self.signalled
        self.signalled = new
        if last:
            return bool((new - 1) & 0xFFFF == event)
        return need_event(event, new, old)

    # What can be told

    def unseen(self) -> int:
        return (self.used_idx - self.last_used) & 0xFFFF

    def visible(self) -> int:
        seen: int = _get16(self.ram, self.used_idx_at)[0]
        return (seen - self.last_used) & 0xFFFF

    def undecided(self) -> int:
        return (self.used_idx - self.signalled) & 0xFFFF

    def event(self, word: int | None = None) -> int | None:
        if not self.by_index:
            flags = _get16(self.ram, self.avail)[0] if word is None else word
            return None if flags & NO_INTERRUPT else 0
        index = _get16(self.ram, self.used_event)[0] if word is None else word
        past = (self.used_idx - index) & 0xFFFF
        return past if past < FAR else None

    def wish_at(self) -> int:
        return self.used_event if self.by_index else self.avail

    def armed(self, word: int | None = None) -> bool:
        return self.event(word) is not None

    def each(self) -> bool:
        return False

    def state(self) -> tuple[int, ...]:
        device = self.last_avail, self.used_idx, self.signalled
        return (*device, self.last_used, self.avail_idx)

    def words(self) -> dict[str, str]:
        used, ram = self.used_idx_at, self.ram
        out = {"used.idx": f"{_get16(ram, used)[0]}", "last_used": f"{self.last_used}"}
        at, name = (self.used_event, "used_event") if self.by_index else (self.avail, "avail.flags")
        return out | {name: f"{_get16(ram, at)[0]:#x}"}

    def restore(self, state: tuple[int, ...]) -> None:
        self.last_avail, self.used_idx, self.signalled, self.last_used, self.avail_idx = state


class PackedRing:
    """A packed virtqueue (virtio 1.3, 2.8).

    A position is an offset in the ring and a wrap counter: counted modulo twice the size, the
    counter is 1 in the first half.
    """

    def __init__(self, memory: Memory, size: int, buffers: int) -> None:
        if not 0 < buffers <= size <= 0x7FFF:
            raise ValueError(f"{size} is not the size of a packed ring with {buffers} buffers")
        self.ram = memory.ram
        self.size, self.twice = size, 2 * size
        self.ring = memory.allocate(16 * size, 16)
        self.event_at = memory.allocate(4, 4)  # the driver's: le16 off_wrap, le16 flags
        self.to_post = self.last_used = 0  # the driver's positions
        self.to_use = self.used = self.signalled = 0  # the device's
        data = memory.allocate(_LENGTH * buffers, 64)
        for k in range(buffers):
            self._post(k, data + _LENGTH * k)

    def _bits(self, position: int, *, used: bool) -> int:
        wrap = position < self.size
        if used:
            return _AVAIL | _DONE if wrap else 0
        return _AVAIL if wrap else _DONE

    def _flags_at(self, position: int) -> int:
        return self.ring + 16 * (position % self.size) + 14

    def _is(self, position: int, *, used: bool) -> bool:
        flags: int = _get16(self.ram, self._flags_at(position))[0]
        return flags & (_AVAIL | _DONE) == self._bits(position, used=used)

    # The driver

    def _post(self, buffer: int, addr: int) -> None:
        at = self.ring + 16 * (self.to_post % self.size)
        flags = _WRITE | self._bits(self.to_post, used=False)
        _put_packed(self.ram, at, addr, _LENGTH, buffer, flags)
        self.to_post = (self.to_post + 1) % self.twice

    def pending(self) -> bool:
        return self._is(self.last_used, used=True)

    def drain(self) -> int:
        n = 0
        while self.pending():
            self._take()
            n += 1
        return n

    def drain_one(self) -> int:
        if not self.pending():
            return 0
        self._take()
        return 1

    def _take(self) -> None:
        at = self.ring + 16 * (self.last_used % self.size)
        addr, length, buffer, _ = _get_packed(self.ram, at)
        if buffer >= self.size or length > _LENGTH:
            raise RingFault(f"used buffer {buffer}, {length} bytes")
        self.last_used = (self.last_used + 1) % self.twice
        self._post(buffer, addr)

    def enable(self, stores: Stores | None) -> None:
        self._event(self.last_used, DESC, stores)

    def disable(self, stores: Stores | None) -> None:
        self._event(self.last_used, DISABLE, stores)

    def _event(self, position: int, flags: int, stores: Stores | None) -> None:
        wrap = 1 << 15 if position < self.size else 0
        word = flags << 16 | wrap | position % self.size
        if stores is None:
            struct.pack_into("<I", self.ram, self.event_at, word)
        else:
            stores.put(self.event_at, 4, word)

    # The device

    def room(self) -> bool:
        return self._is(self.to_use, used=False)

    def publish(self, stores: Stores | None) -> bool:
        if not self.room():
            return False
        at = self.ring + 16 * (self.to_use % self.size)
        addr, _, buffer, _ = _get_packed(self.ram, at)
        self.to_use = (self.to_use + 1) % self.twice
        to = self.ring + 16 * (self.used % self.size)
        struct.pack_into("<QIH", self.ram, to, addr, 1, buffer)
        flags = _WRITE | self._bits(self.used, used=True)
        if stores is None:
            _put16(self.ram, self._flags_at(self.used), flags)
        else:
            stores.put(self._flags_at(self.used), 2, flags)
        self.used = (self.used + 1) % self.twice
        return True

    def wants(self, *, last: bool) -> bool:
        past, new = self.event(), self.undecided()
        self.signalled = self.used
        if past is None:
            return self.each()
        return past == 1 if last else 1 <= past <= new

    # What can be told

    def unseen(self) -> int:
        return (self.used - self.last_used) % self.twice

    def visible(self) -> int:
        n = 0
        while n < self.size and self._is((self.last_used + n) % self.twice, used=True):
            n += 1
        return n

    def undecided(self) -> int:
        return (self.used - self.signalled) % self.twice

    def event(self, word: int | None = None) -> int | None:
        word = self._driver_event(word)
        if word >> 16 != DESC:
            return None
        offset = word & 0x7FFF
        position = offset if word & FAR else offset + self.size
        return (self.used - position) % self.twice

    def wish_at(self) -> int:
        return self.event_at

    def armed(self, word: int | None = None) -> bool:
        return self._driver_event(word) >> 16 != DISABLE

    def each(self) -> bool:
        return self._driver_event() >> 16 == ENABLE

    def _driver_event(self, word: int | None = None) -> int:
        if word is not None:
            return word
        found: int = struct.unpack_from("<I", self.ram, self.event_at)[0]
        return found

    def state(self) -> tuple[int, ...]:
        return (self.to_post, self.last_used, self.to_use, self.used, self.signalled)

    def words(self) -> dict[str, str]:
        word = self._driver_event()
        head = _get16(self.ram, self._flags_at(self.last_used))[0]
        out = {"next used": f"{self.last_used}, its flags {head:#x}"}
        return out | {"driver event": f"off_wrap {word & 0xFFFF:#x} flags {word >> 16}"}

    def restore(self, state: tuple[int, ...]) -> None:
        self.to_post, self.last_used, self.to_use, self.used, self.signalled = state
