"""Register files of a device, laid out from what its design declares.

    a register              InterruptStatus and InterruptACK: 32 bits to read, and a place beside
                            them where a 1 clears a bit (virtio 1.3, 4.2.2)
    `clears on read`        as the ISR of virtio-pci: one read takes all bits (4.1.4.5)
    `per queue`             indicators, bits in guest memory that either side changes atomically
                            (4.3.2.6)
    `per line`              a status and an acknowledgement for each line

Bits that are not declared read as zero, whatever is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from model.design.mapping import Register
from model.machine.memory import Memory

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
    """A status to read, with the acknowledgement behind it."""

    def __init__(self, window: bytearray, at: int, bits: int) -> None:
        self.window, self.at, self.defined = window, at, (1 << bits) - 1
        self.end = at + _width(bits)

    def read(self) -> int:
        return self.peek()

    def set(self, mask: int) -> None:
        self._write(self.peek() | mask & self.defined)

    def clear(self, mask: int) -> None:
        self._write(self.peek() & ~(mask & self.defined))

    def _write(self, word: int) -> None:
        self.window[self.at : self.end] = word.to_bytes(self.end - self.at, "little")

    def peek(self) -> int:
        return int.from_bytes(self.window[self.at : self.end], "little")


class ShortStatus(StatusRegister):
    """The same of up to eight bits: its first byte has all of them, and is all that changes."""

    def read(self) -> int:
        return self.window[self.at]

    def set(self, mask: int) -> None:
        self.window[self.at] |= mask & self.defined

    def clear(self, mask: int) -> None:
        self.window[self.at] &= ~(mask & self.defined)

    def peek(self) -> int:
        return self.window[self.at]


class IsrRegister(StatusRegister):
    """A read takes it: it returns the bits and leaves none."""

    def read(self) -> int:
        word = self.peek()
        self.clear(word)
        return word


class ShortIsr(IsrRegister, ShortStatus):
    """The same of up to eight bits."""


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


def _width(bits: int) -> int:
    """Bytes of a register: words of 32 bits."""
    return 4 * -(-bits // 32)


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
            if r.per == "queue" and not r.clears_on_read and len(r.bits) <= 8:
                self._indicators(r, names["queue"], memory)
                continue
            for of in names[r.per]:
                self.every[r.name, of] = self._register(r, of)

    def at(self, register: str, of: str) -> BitRegister:
        """The register, of a line or queue where there is one for each."""
        return self.every.get((register, of)) or Nothing()

    def _register(self, r: Register, of: str) -> BitRegister:
        short = len(r.bits) <= 8
        if r.clears_on_read:
            kind: type[StatusRegister] = ShortIsr if short else IsrRegister
        else:
            kind = ShortStatus if short else StatusRegister
        return kind(self.window, self._place(r, of), len(r.bits))

    def _place(self, r: Register, of: str) -> int:
        """The first that is common to all is InterruptStatus; the others follow one another."""
        at = len(self.window)
        if not (r.clears_on_read or r.per or self._taken) and len(r.bits) <= 32:
            self._taken, at = True, INTERRUPT_STATUS
        else:
            self.window.extend(bytes(2 * _width(len(r.bits))))
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
