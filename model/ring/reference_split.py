"""The split virtqueue in plain Python (virtio 1.3, 2.7); see `reference.py`.

avail is { flags, idx, ring[size], used_event }, used is { flags, idx, ring[size], avail_event }.
Indices run freely modulo 2^16 and are compared by their difference only.
"""

from __future__ import annotations

from model.ring.layout import Chain, Err, Piece, RingError, Segments, Used
from model.ring.reference import (
    INDIRECT,
    NEXT,
    WRITE,
    Desc,
    Device,
    Driver,
    Held,
    passed,
)


class SplitDriver(Driver):
    """The driver's side."""

    def reset(self) -> None:
        """As new."""
        super().reset()
        self.next_avail = self.last_used = self.used_seen = 0
        self.chains: dict[int, list[int]] = {}
        self.used_event = self.at.driver + 4 + 2 * self.size
        self.avail_event = self.at.device + 4 + 8 * self.size

    def write(self, segments: Segments, readable: int, flags: int) -> int:
        """Descriptors from the free list, and an entry of the avail ring."""
        chain = [self.free_list.pop(0) for _ in segments]
        for k, (addr, length) in enumerate(segments):
            more = k + 1 < len(segments)
            own = flags | (NEXT if more else 0) | (WRITE if k >= readable else 0)
            self.store(self.at_desc(chain[k]), Desc(addr, length, own, chain[k + 1] if more else 0))
        self.chains[chain[0]] = chain
        self.memory.set(self.at.driver + 4 + 2 * (self.next_avail % self.size), 2, chain[0])
        self.next_avail = (self.next_avail + 1) % 65536
        return chain[0]

    def show(self) -> None:
        """avail.idx, after the entries (2.7.13.3.1)."""
        self.memory.set(self.at.driver + 2, 2, self.next_avail)

    def wanted(self, since: int) -> bool:
        """avail_event, or used.flags (2.7.10)."""
        if self.event_idx:
            return passed(self.memory.get(self.avail_event, 2), self.next_avail, since, 65535)
        return not self.memory.get(self.at.device, 2) & 1

    def coming(self) -> int:
        """Published buffers that are not back."""
        return (self.next_avail - self.hidden - self.last_used) % 65536

    def get_used(self) -> Used | None:
        """The entry at last_used."""
        seen = self.used_seen
        if seen == self.last_used:
            seen = self.memory.get(self.at.device + 2, 2)
            if (seen - self.last_used) % 65536 > self.coming():
                raise RingError(Err.JUMP)
            if seen == self.last_used:
                if self.batch is not None:  # idx counts every buffer of a batch at once
                    raise RingError(Err.JUMP)
                return None
        if self.batch is not None:
            held, length = self.next_of_batch()
        else:
            entry = self.at.device + 4 + 8 * (self.last_used % self.size)
            held, length = self.next_used(self.memory.get(entry, 4), self.memory.get(entry + 4, 4))
        self.free_list += self.chains.pop(held.id)
        self.used_seen = seen
        self.last_used = (self.last_used + 1) % 65536
        return self.release(held, length)

    def disable_used(self) -> None:
        """No word for "never" with EVENT_IDX: the entry just passed comes again after 65,536."""
        if self.event_idx:
            self.memory.set(self.used_event, 2, self.last_used - 1)
        else:
            self.memory.set(self.at.driver, 2, 1)

    def enable_used_after(self, more: int) -> bool:
        """The event, then used.idx once more (2.7.14)."""
        if self.event_idx:
            more = min(more, max(self.coming() - 1, 0))
            self.memory.set(self.used_event, 2, self.last_used + more)
        else:
            self.memory.set(self.at.driver, 2, 0)
        return self.memory.get(self.at.device + 2, 2) != self.last_used


class SplitDevice(Device):
    """The device's side."""

    def reset(self) -> None:
        """As new."""
        super().reset()
        self.next_avail = self.avail_seen = self.used = 0
        self.used_event = self.at.driver + 4 + 2 * self.size
        self.avail_event = self.at.device + 4 + 8 * self.size

    def pop(self) -> Chain | None:
        """The entry at next_avail, and the chain from its head on."""
        seen = self.avail_seen
        if seen == self.next_avail:
            seen = self.memory.get(self.at.driver + 2, 2)
            held = (self.next_avail - self.used + self.hidden) % 65536
            if (seen - self.next_avail) % 65536 > self.size - held:
                raise RingError(Err.JUMP)
            if seen == self.next_avail:
                return None
        head = self.memory.get(self.at.driver + 4 + 2 * (self.next_avail % self.size), 2)
        if head >= self.size:
            raise RingError(Err.INDEX)
        if head in self.taken:
            raise RingError(Err.ID)
        readable: list[Piece] = []
        writable: list[Piece] = []
        self.follow(head, Desc(self.at.desc, 16 * self.size, 0, 0), readable, writable)
        chain = self.whole(head, head, readable, writable)
        self.taken[head] = Held(head, 1, chain.writable_bytes)
        self.avail_seen = seen
        self.next_avail = (self.next_avail + 1) % 65536
        return chain

    def follow(
        self, head: int | None, whole: Desc, readable: list[Piece], writable: list[Piece]
    ) -> None:
        """A chain through the ring's table, from its head on. Its last descriptor may refer to an
        indirect table, which has no head: its chain starts at 0, and must not refer to another
        (2.7.5.3)."""
        entries = self.table(whole) if head is None else self.size
        i = head or 0
        while True:
            d = self.load(whole.addr + 16 * i)
            if d.flags & INDIRECT:
                if head is None:
                    raise RingError(Err.INDIRECT)
                return self.follow(None, d, readable, writable)
            self.append(d, readable, writable)
            if not d.flags & NEXT:
                return None
            if d.next >= entries:
                raise RingError(Err.INDEX)
            i = d.next

    def write(self, id: int, length: int, steps: int) -> None:  # noqa: A002
        """One used entry; with a batch, idx goes on by all of it (2.7.9)."""
        entry = self.at.device + 4 + 8 * (self.used % self.size)
        self.memory.set(entry, 4, id)
        self.memory.set(entry + 4, 4, length)
        self.used = (self.used + steps) % 65536

    def show(self) -> None:
        """used.idx, after the entries (2.7.8.2)."""
        self.memory.set(self.at.device + 2, 2, self.used)

    def wanted(self, since: int) -> bool:
        """used_event, or avail.flags (2.7.7.2)."""
        if self.event_idx:
            return passed(self.memory.get(self.used_event, 2), self.used, since, 65535)
        return not self.memory.get(self.at.driver, 2) & 1

    def disable_avail(self) -> None:
        """See SplitDriver.disable_used()."""
        if self.event_idx:
            self.memory.set(self.avail_event, 2, self.next_avail - 1)
        else:
            self.memory.set(self.at.device, 2, 1)

    def enable_avail(self) -> bool:
        """The event, then avail.idx once more (2.7.10)."""
        if self.event_idx:
            self.memory.set(self.avail_event, 2, self.next_avail)
        else:
            self.memory.set(self.at.device, 2, 0)
        return self.memory.get(self.at.driver + 2, 2) != self.next_avail
