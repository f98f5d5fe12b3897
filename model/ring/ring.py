"""The two sides of a virtqueue by the C core: what `vq.h` says, with exceptions for its errors.

A side holds the buffer that it was given: a bytearray cannot be resized while one lives. Both sides
may be in different threads or, on shared memory, in different processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from model.ring import _vq
from model.ring.layout import Chain, Err, Layout, Piece, RingError, Used

if TYPE_CHECKING:
    from typing_extensions import Buffer


def checked(answer: int) -> int:
    """The answer of the core, if it is no error."""
    if answer < 0:
        raise RingError(Err(answer))
    return answer


def used_or_none(answer: int | tuple[int, int, int]) -> Used | None:
    """A buffer that came back, if one did."""
    if isinstance(answer, tuple):
        return Used(*answer)
    checked(answer)
    return None


def _numbers(pieces: Iterable[Piece]) -> list[int]:
    """Address and length of each piece; one of four numbers would pass for two pieces."""
    return [x for addr, length in pieces for x in (addr, length)]


class Driver:
    """The driver's side. Making one fills the queue's areas with zeros."""

    __slots__ = ("_side",)

    def __init__(self, memory: Buffer, gpa: int, at: Layout) -> None:
        side = _vq.driver_new(memory, gpa, at.desc, at.driver, at.device, at.size, at.features)
        if isinstance(side, int):
            raise RingError(Err(side))
        self._side = side

    def add(self, readable: Sequence[Piece], writable: Sequence[Piece], token: int) -> int:
        """Put a buffer into the queue, not yet visible; its id."""
        pieces = _numbers((*readable, *writable))
        return checked(_vq.driver_add(self._side, token, 0, 0, len(readable), *pieces))

    def add_indirect(
        self, table: int, readable: Sequence[Piece], writable: Sequence[Piece], token: int
    ) -> int:
        """The same by an indirect table at this guest address; its id."""
        pieces = _numbers((*readable, *writable))
        return checked(_vq.driver_add(self._side, token, 1, table, len(readable), *pieces))

    def publish(self) -> None:
        """Make everything that was added available."""
        checked(_vq.driver_publish(self._side))

    def notify(self) -> bool:
        """Publish; whether the device wants a notification for what is new since the last call."""
        return bool(checked(_vq.driver_notify(self._side)))

    def get_used(self) -> Used | None:
        """Take back one used buffer."""
        return used_or_none(_vq.driver_get_used(self._side))

    def disable_used(self) -> None:
        """Ask for no used buffer notifications."""
        checked(_vq.driver_disable_used(self._side))

    def enable_used(self) -> bool:
        """Ask for them again; whether there already are used buffers, so that none need come."""
        return self.enable_used_after(0)

    def enable_used_after(self, more: int) -> bool:
        """The same, wanting one only when so many further buffers have been used."""
        return bool(checked(_vq.driver_enable_used(self._side, more)))

    def detach(self) -> Used | None:
        """Take back a buffer that the device did not use; before a reset."""
        return used_or_none(_vq.driver_detach(self._side))

    def reset(self) -> None:
        """The queue as new; what is outstanding is forgotten."""
        checked(_vq.driver_reset(self._side))


class Device:
    """The device's side. Making one writes nothing."""

    __slots__ = ("_side",)

    def __init__(self, memory: Buffer, gpa: int, at: Layout) -> None:
        side = _vq.device_new(memory, gpa, at.desc, at.driver, at.device, at.size, at.features)
        if isinstance(side, int):
            raise RingError(Err(side))
        self._side = side

    def pop(self) -> Chain | None:
        """Take the next available buffer."""
        answer = _vq.device_pop(self._side)
        if isinstance(answer, int):
            checked(answer)
            return None
        handle, id_, readable, *rest = answer
        pieces = tuple(zip(rest[::2], rest[1::2], strict=True))
        return Chain(handle, id_, pieces[:readable], pieces[readable:])

    def push(self, handle: int, length: int) -> None:
        """Give a buffer back with so many bytes written, not yet visible."""
        checked(_vq.device_push(self._side, handle, length))

    def publish(self) -> None:
        """Make everything that was pushed visible to the driver."""
        checked(_vq.device_publish(self._side))

    def notify(self) -> bool:
        """Publish; whether the driver wants a notification for what is new since the last call."""
        return bool(checked(_vq.device_notify(self._side)))

    def disable_avail(self) -> None:
        """Ask for no available buffer notifications."""
        checked(_vq.device_disable_avail(self._side))

    def enable_avail(self) -> bool:
        """Ask for them again; whether buffers already are available."""
        return bool(checked(_vq.device_enable_avail(self._side)))

    def reset(self) -> None:
        """As new; forgets what was taken."""
        checked(_vq.device_reset(self._side))


def need_event(event: int, new: int, old: int) -> bool:
    """Whether `event` lies in [old, new) modulo 2^16: the test of EVENT_IDX for a batch."""
    return bool(_vq.need_event(event, new, old))


def run(program: bytes, memory: bytearray | None = None) -> bytes:
    """A whole program in one call, without the GIL; `program.decode()` reads the answer."""
    return _vq.run(program) if memory is None else _vq.run(program, memory)


def binding() -> str:
    """How the core is bound to Python here (docs/decisions/0008)."""
    return _vq.binding()


def explain(err: Err) -> str:
    """The core's words for an error."""
    return _vq.strerror(-err)
