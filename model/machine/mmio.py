"""The common registers of a device at their offsets, and what the driver does to them at the start.

Offsets, names and life cycle are those of virtio-mmio (virtio 1.3, 4.2.2 and 3.1.1); they stand for
the common configuration of every transport. Interrupt registers are the design's own and stand in
the same window (registers.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from enum import IntEnum

from model.machine.controllers import NO_VECTOR
from model.machine.registers import INTERRUPT_ACK, INTERRUPT_STATUS, RegisterFile, StatusRegister
from model.record import dataclass


class At(IntEnum):
    """Offsets, 4.2.2; the two vector registers are those of virtio-pci (4.1.4.3), put here."""

    MAGIC = 0x000
    VERSION = 0x004
    DEVICE_ID = 0x008
    VENDOR_ID = 0x00C
    DEVICE_FEATURES = 0x010
    DEVICE_FEATURES_SEL = 0x014
    DRIVER_FEATURES = 0x020
    DRIVER_FEATURES_SEL = 0x024
    QUEUE_SEL = 0x030
    QUEUE_SIZE_MAX = 0x034
    QUEUE_SIZE = 0x038
    QUEUE_READY = 0x044
    STATUS = 0x070
    QUEUE_DESC = 0x080
    QUEUE_DRIVER = 0x090
    QUEUE_DEVICE = 0x0A0
    QUEUE_RESET = 0x0C0
    CONFIG_VECTOR = 0x0D0
    QUEUE_VECTOR = 0x0D4
    CONFIG_GENERATION = 0x0FC


class Status(IntEnum):
    """Bits of the device status, 2.1."""

    ACKNOWLEDGE = 1
    DRIVER = 2
    DRIVER_OK = 4
    FEATURES_OK = 8
    NEEDS_RESET = 64
    FAILED = 128


EVENT_IDX, VERSION_1, RING_PACKED, RING_RESET = 1 << 29, 1 << 32, 1 << 34, 1 << 40
_MAGIC = 0x74726976


@dataclass(slots=True)
class QueueRegisters:
    """What QueueSel selects."""

    size_max: int
    size: int = 0
    ready: bool = False
    desc: int = 0
    driver: int = 0
    device: int = 0
    vector: int = NO_VECTOR


@dataclass(slots=True)
class Window:
    """The device's side of its registers."""

    device_id: int
    offered: int
    registers: RegisterFile
    queues: dict[int, QueueRegisters]
    vectors: int = 0
    """Entries of the MSI-X table; 0: there is none."""
    status: int = 0
    accepted: int = 0
    generation: int = 0
    config_vector: int = NO_VECTOR
    _selected: int = 0
    _selects: dict[int, int] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """Whether the device may use buffers and notify (2.1.2)."""
        return bool(self.status & Status.DRIVER_OK)

    def _own(self) -> StatusRegister | None:
        for r in self.registers.every.values():
            if isinstance(r, StatusRegister) and r.at == INTERRUPT_STATUS:
                return r
        return None

    def read(self, at: int) -> int:
        """A 32-bit read."""
        if at == INTERRUPT_STATUS:
            own = self._own()
            return own.read() if own else 0
        queue = self.queues.get(self._selected)
        half = 32 * self._selects.get(At.DEVICE_FEATURES_SEL, 0)
        known = {
            At.MAGIC: _MAGIC,
            At.VERSION: 2,
            At.DEVICE_ID: self.device_id,
            At.DEVICE_FEATURES: self.offered >> half & 0xFFFFFFFF if half < 64 else 0,
            At.STATUS: self.status,
            At.CONFIG_GENERATION: self.generation,
            At.CONFIG_VECTOR: self.config_vector,
        }
        if queue is not None:
            known |= {
                At.QUEUE_SIZE_MAX: queue.size_max,
                At.QUEUE_READY: int(queue.ready),
                At.QUEUE_VECTOR: queue.vector,
            }
        return known.get(At(at), 0) if at in At._value2member_map_ else 0

    def write(self, at: int, word: int) -> None:
        """A 32-bit write; what is out of range is ignored, or reads back as refused."""
        if at == INTERRUPT_ACK:
            own = self._own()
            if own:
                own.clear(word)
        elif at == At.STATUS:
            self._set_status(word)
        elif at in (At.DEVICE_FEATURES_SEL, At.DRIVER_FEATURES_SEL):
            self._selects[at] = word
        elif at == At.DRIVER_FEATURES:
            self._accept(word)
        elif at == At.QUEUE_SEL:
            self._selected = word
        elif at == At.CONFIG_VECTOR:
            self.config_vector = self._vector(word)
        elif self._selected in self.queues:
            self._write_queue(at, word, self.queues[self._selected])

    def _write_queue(self, at: int, word: int, q: QueueRegisters) -> None:
        if at == At.QUEUE_VECTOR:
            q.vector = self._vector(word)
        elif at == At.QUEUE_READY:
            q.ready = bool(word & 1) and q.size > 0
        elif at == At.QUEUE_RESET:
            if word & 1 and self.accepted & RING_RESET:  # 2.6.1: only where it was negotiated.
                q.ready, q.size, q.vector = False, 0, NO_VECTOR
        elif q.ready:
            return  # 4.2.2.2: the driver must not; the device does not let it.
        elif at == At.QUEUE_SIZE:
            q.size = word if self._may_have(word, q) else 0
        else:
            self._address(at, word, q)

    def _may_have(self, size: int, q: QueueRegisters) -> bool:
        """2.7: the size of a split ring is a power of two; 2.8: that of a packed one is any."""
        fits = 0 < size <= q.size_max
        return fits and (bool(self.accepted & RING_PACKED) or size & (size - 1) == 0)

    def _address(self, at: int, word: int, q: QueueRegisters) -> None:
        for base, name in ((At.QUEUE_DESC, "desc"), (At.QUEUE_DRIVER, "driver"),
                           (At.QUEUE_DEVICE, "device")):  # fmt: skip
            if at in (base, base + 4):
                shift = 8 * (at - base)
                old = getattr(q, name) & ~(0xFFFFFFFF << shift)
                setattr(q, name, old | word << shift)

    def _vector(self, word: int) -> int:
        """4.1.5.1.2.1: a vector that the table has not is answered by NO_VECTOR."""
        return word if word < self.vectors else NO_VECTOR

    def _accept(self, word: int) -> None:
        half = 32 * self._selects.get(At.DRIVER_FEATURES_SEL, 0)
        if half < 64 and not self.status & Status.FEATURES_OK:
            self.accepted = self.accepted & ~(0xFFFFFFFF << half) | word << half

    def _set_status(self, word: int) -> None:
        if word == 0:
            self.reset()
            return
        word = word & ~Status.NEEDS_RESET | self.status & Status.NEEDS_RESET  # The device's own.
        if word & Status.FEATURES_OK and (
            self.accepted & ~self.offered or not self.accepted & VERSION_1
        ):
            word &= ~Status.FEATURES_OK
        if word & Status.DRIVER_OK and not word & Status.FEATURES_OK:
            word = word & ~Status.DRIVER_OK | Status.NEEDS_RESET
        self.status = word & 0xFF

    def reset(self) -> None:
        """2.4.1 and 4.2.2.1: nothing is left, no queue is ready, no bit is set."""
        self.status = self.accepted = 0
        self.config_vector = NO_VECTOR
        for q in self.queues.values():
            q.size, q.ready, q.vector = 0, False, NO_VECTOR
            q.desc = q.driver = q.device = 0
        for r in self.registers.every.values():
            r.clear(r.peek())


class BootFailed(Exception):
    """The device does not do what a driver needs of it."""


@dataclass(frozen=True, slots=True)
class QueueSetup:
    """Where the driver has put a ring, and the vector that it asks for."""

    index: int
    size: int
    desc: int
    driver: int
    device: int
    vector: int = NO_VECTOR


def boot(w: Window, features: int, queues: Sequence[QueueSetup], config_vector: int) -> None:
    """A driver brings the device up (3.1.1), by writes to its registers alone."""
    if w.read(At.MAGIC) != _MAGIC or w.read(At.VERSION) != 2 or not w.read(At.DEVICE_ID):
        raise BootFailed("this is no virtio device")
    w.write(At.STATUS, 0)
    w.write(At.STATUS, Status.ACKNOWLEDGE)
    w.write(At.STATUS, Status.ACKNOWLEDGE | Status.DRIVER)
    for half in (0, 1):
        w.write(At.DEVICE_FEATURES_SEL, half)
        w.write(At.DRIVER_FEATURES_SEL, half)
        w.write(At.DRIVER_FEATURES, w.read(At.DEVICE_FEATURES) & features >> 32 * half)
    ready = Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK
    w.write(At.STATUS, ready)
    if not w.read(At.STATUS) & Status.FEATURES_OK:
        raise BootFailed(f"the device refuses the features {features:#x}")
    _set_vector(w, At.CONFIG_VECTOR, config_vector)
    for q in queues:
        _set_up(w, q)
    w.write(At.STATUS, ready | Status.DRIVER_OK)
    if not w.runs:
        raise BootFailed("the device does not run")


def _set_up(w: Window, q: QueueSetup) -> None:
    w.write(At.QUEUE_SEL, q.index)
    if w.read(At.QUEUE_READY) or w.read(At.QUEUE_SIZE_MAX) < q.size:
        raise BootFailed(f"queue {q.index} cannot have {q.size} entries")
    w.write(At.QUEUE_SIZE, q.size)
    for at, address in ((At.QUEUE_DESC, q.desc), (At.QUEUE_DRIVER, q.driver),
                        (At.QUEUE_DEVICE, q.device)):  # fmt: skip
        w.write(at, address & 0xFFFFFFFF)
        w.write(at + 4, address >> 32)
    _set_vector(w, At.QUEUE_VECTOR, q.vector)
    w.write(At.QUEUE_READY, 1)
    if not w.read(At.QUEUE_READY):
        raise BootFailed(f"queue {q.index} is not ready")


def _set_vector(w: Window, at: At, vector: int) -> None:
    w.write(at, vector)
    if w.read(at) != vector:
        raise BootFailed(f"the device refuses vector {vector}")
