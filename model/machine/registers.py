"""Register files of a device, laid out from what its design declares.

    a register              InterruptStatus and InterruptACK: 32 bits to read, and a place beside
                            them where a 1 clears a bit (virtio 1.3, 4.2.2)
    `clears on read`        the ISR of virtio-pci: one read takes all bits (4.1.4.5)
    `per queue`             indicators, bits in guest memory that either side changes atomically
                            (4.3.2.6)
    `per line`              a status and an acknowledgement for each line

Bits that are not declared read as zero, whatever is written.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Protocol

from model.design.mapping import Register
from model.machine.memory import Memory

_U32 = struct.Struct("<I")
INTERRUPT_STATUS, INTERRUPT_ACK = 0x060, 0x064
_FIRST = 0x200
"""Where registers stand that no transport has: behind the common ones and the configuration."""


class BitRegister(Protocol):
    """What a program does to a register."""

    def read(self) -> int:
        """The driver's read, with whatever it changes."""

    def set(self, mask: int, /) -> None:
        """The device sets bits and leaves the others."""

    def clear(self, mask: int, /) -> None:
        """Bits are cleared, the others stay."""

    def peek(self) -> int:
        """What is in it; changes nothing."""


class StatusRegister:
    """A status to read, with the acknowledgement in the next word."""

    def __init__(self, window: bytearray, at: int, defined: int) -> None:
        self.window, self.at, self.defined = window, at, defined

    def read(self) -> int:
        word: int = _U32.unpack_from(self.window, self.at)[0]
        return word

    def set(self, mask: int) -> None:
        word = _U32.unpack_from(self.window, self.at)[0]
        _U32.pack_into(self.window, self.at, word | mask & self.defined)

    def clear(self, mask: int) -> None:
        word = _U32.unpack_from(self.window, self.at)[0]
        _U32.pack_into(self.window, self.at, word & ~(mask & self.defined))

    def peek(self) -> int:
        word: int = _U32.unpack_from(self.window, self.at)[0]
        return word


class IsrRegister:
    """One byte that a read takes: it returns the bits and leaves none."""

    def __init__(self, window: bytearray, at: int, defined: int) -> None:
        self.window, self.at, self.defined = window, at, defined

    def read(self) -> int:
        word = self.window[self.at]
        self.window[self.at] = 0
        return word

    def set(self, mask: int) -> None:
        self.window[self.at] |= mask & self.defined

    def clear(self, mask: int) -> None:
        self.window[self.at] &= ~(mask & self.defined)

    def peek(self) -> int:
        return self.window[self.at]


class Indicator:
    """Bits of one queue among those of all queues, in guest memory."""

    def __init__(self, ram: bytearray, at: int, shift: int, defined: int) -> None:
        self.ram, self.at, self.shift, self.defined = ram, at, shift, defined

    def read(self) -> int:
        return self.ram[self.at] >> self.shift & self.defined

    def set(self, mask: int) -> None:
        self.ram[self.at] |= (mask & self.defined) << self.shift

    def clear(self, mask: int) -> None:
        self.ram[self.at] &= ~((mask & self.defined) << self.shift)

    def peek(self) -> int:
        return self.ram[self.at] >> self.shift & self.defined


class Nothing:
    """A register of a line that the device does not have: writes go nowhere, reads are zero."""

    def read(self) -> int:
        return 0

    def set(self, _: int) -> None:
        return

    def clear(self, _: int) -> None:
        return

    def peek(self) -> int:
        return 0


class TooWide(Exception):
    """A register with more bits than one access moves."""


class RegisterFile:
    """All registers of a device, each at its place in the window or in guest memory."""

    def __init__(
        self,
        declared: Sequence[Register],
        lines: Iterable[str],
        queues: Iterable[str],
        memory: Memory,
    ) -> None:
        self.window = bytearray(_FIRST)
        self.every: dict[tuple[str, str], BitRegister] = {}
        self.offsets: dict[tuple[str, str], int] = {}
        self._taken = False
        names = {"": ("",), "line": tuple(lines), "queue": tuple(queues)}
        for r in declared:
            if len(r.bits) > (8 if r.clears_on_read else 32):
                raise TooWide(f"{r.name} has {len(r.bits)} bits")
            if r.per == "queue" and not r.clears_on_read and len(r.bits) <= 8:
                self._indicators(r, names["queue"], memory)
                continue
            for of in names[r.per]:
                self.every[r.name, of] = self._register(r, of)

    def at(self, register: str, of: str) -> BitRegister:
        """The register, of a line or queue where there is one for each."""
        return self.every.get((register, of)) or Nothing()

    def _register(self, r: Register, of: str) -> BitRegister:
        defined = (1 << len(r.bits)) - 1
        if r.clears_on_read:
            return IsrRegister(self.window, self._place(r, of, 1), defined)
        return StatusRegister(self.window, self._place(r, of, 8), defined)

    def _place(self, r: Register, of: str, size: int) -> int:
        at = len(self.window)
        if size == 8 and not r.per and not self._taken:
            self._taken, at = True, INTERRUPT_STATUS
        else:
            self.window.extend(bytes(size))
        self.offsets[r.name, of] = at
        return at

    def _indicators(self, r: Register, queues: Sequence[str], memory: Memory) -> None:
        """As many to a byte as fit."""
        width = len(r.bits)
        each = 8 // width
        at = memory.allocate(-(-len(queues) // each), 8) if queues else 0
        for k, q in enumerate(queues):
            place = at + k // each, width * (k % each)
            self.every[r.name, q] = Indicator(memory.ram, *place, (1 << width) - 1)
            self.offsets[r.name, q] = place[0]
