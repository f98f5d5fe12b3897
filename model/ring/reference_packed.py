"""The packed virtqueue in plain Python (virtio 1.3, 2.8); see `reference.py`.

Both sides walk over one ring of descriptors, each with a wrap counter. Of several chains that are
published at once, the flags of the very first descriptor are stored last.
"""

from __future__ import annotations

from model.ring.layout import Chain, Err, Piece, RingError, Segments, Used
from model.ring.reference import (
    AVAIL,
    DESC,
    DISABLE,
    ENABLE,
    INDIRECT,
    NEXT,
    USED,
    WRITE,
    Desc,
    Device,
    Driver,
    Held,
)


class PackedDriver(Driver):
    """The driver's side."""

    def reset(self) -> None:
        """As new; wrap counters start at 1 (2.8.1)."""
        super().reset()
        self.avail = self.used = (0, 1)
        self.pending = (0, 0)

    def write(self, segments: Segments, readable: int, flags: int) -> int:
        """A chain from the avail position on, all with the same id."""
        id = self.free_list.pop(0)  # noqa: A001
        hold_back = not self.hidden
        for k, (addr, length) in enumerate(segments):
            place = self.at_desc(self.avail[0])
            own = flags | (AVAIL if self.avail[1] else USED)
            own |= (NEXT if k + 1 < len(segments) else 0) | (WRITE if k >= readable else 0)
            if k == 0 and hold_back:
                self.pending = (place + 14, own)
                own = self.memory.get(place + 14, 2)
            self.store(place, Desc(addr, length, own, id))
            self.avail = self.ahead(self.avail, 1)
        return id

    def show(self) -> None:
        """The flags of the first descriptor, after everything else (2.8.21.1)."""
        self.memory.set(self.pending[0], 2, self.pending[1])

    def wanted(self, since: int) -> bool:
        """The device event suppression."""
        return self.packed_wants(self.at.device, self.avail, since)

    def next_flags(self) -> int:
        """The flags of the descriptor that is used next."""
        return self.memory.get(self.at_desc(self.used[0]) + 14, 2)

    def get_used(self) -> Used | None:
        """The descriptor at the used position; the rest of its chain is skipped (2.8.6)."""
        if self.batch is not None:
            held, length = self.next_of_batch()
        else:
            flags = self.next_flags()
            if not self.is_used(flags, self.used[1]):
                return None
            d = self.load(self.at_desc(self.used[0]))
            held, length = self.next_used(d.next, d.length if flags & WRITE else 0)
        self.used = self.ahead(self.used, held.count)
        self.free_list.append(held.id)
        return self.release(held, length)

    def disable_used(self) -> None:
        """DISABLE."""
        self.set_event(self.at.driver, DISABLE)

    def enable_used_after(self, more: int) -> bool:
        """The event, then the next used descriptor once more (2.8.22)."""
        if self.event_idx:
            coming = self.size - self.free - self.hidden
            more = min(more, max(coming - 1, 0))
            self.set_event(self.at.driver, DESC, self.ahead(self.used, more))
        else:
            self.set_event(self.at.driver, ENABLE)
        return self.batch is not None or self.is_used(self.next_flags(), self.used[1])


class PackedDevice(Device):
    """The device's side. Handles are its own numbers: an id may be anything."""

    def reset(self) -> None:
        """As new."""
        super().reset()
        self.avail = self.used = (0, 1)
        self.pending = (0, 0)
        self.handles = list(range(self.size))  # last in, first out

    def pop(self) -> Chain | None:
        """The chain at the avail position."""
        d = self.load(self.at_desc(self.avail[0]))
        if not self.is_available(d.flags, self.avail[1]):
            return None
        room = self.size - sum(h.count for h in self.taken.values()) - self.hidden
        if room == 0:
            raise RingError(Err.JUMP)
        readable: list[Piece] = []
        writable: list[Piece] = []
        count = 1
        while True:
            if d.flags & INDIRECT:
                for i in range(self.table(d)):  # of the flags in a table only WRITE counts: 2.8.8
                    self.append(self.load(d.addr + 16 * i), readable, writable)
            else:
                self.append(d, readable, writable)
            if not d.flags & NEXT:
                break
            if count == room:
                raise RingError(Err.LOOP)
            d = self.load(self.at_desc(self.ahead(self.avail, count)[0]))
            count += 1
        chain = self.whole(self.handles[0], d.next, readable, writable)
        self.taken[self.handles.pop(0)] = Held(d.next, count, chain.writable_bytes)
        self.avail = self.ahead(self.avail, count)
        return chain

    def freed(self, handle: int) -> None:
        """The handle is the next one to be given out."""
        self.handles.insert(0, handle)

    def write(self, id: int, length: int, steps: int) -> None:  # noqa: A002
        """One used descriptor, and on by all the descriptors that it stands for (2.8.6, 2.8.12)."""
        place = self.at_desc(self.used[0])
        flags = (AVAIL | USED if self.used[1] else 0) | (WRITE if length else 0)
        self.memory.set(place + 8, 4, length)
        self.memory.set(place + 12, 2, id)
        if self.hidden:
            self.memory.set(place + 14, 2, flags)
        else:
            self.pending = (place + 14, flags)
        self.used = self.ahead(self.used, steps)

    def show(self) -> None:
        """The flags of the first one, after everything else."""
        self.memory.set(self.pending[0], 2, self.pending[1])

    def wanted(self, since: int) -> bool:
        """The driver event suppression."""
        return self.packed_wants(self.at.driver, self.used, since)

    def disable_avail(self) -> None:
        """DISABLE."""
        self.set_event(self.at.device, DISABLE)

    def enable_avail(self) -> bool:
        """The event, then the next available descriptor once more."""
        if self.event_idx:
            self.set_event(self.at.device, DESC, self.avail)
        else:
            self.set_event(self.at.device, ENABLE)
        flags = self.memory.get(self.at_desc(self.avail[0]) + 14, 2)
        return self.is_available(flags, self.avail[1])
