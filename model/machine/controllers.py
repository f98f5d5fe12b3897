"""Interrupt lines from the device's end to Linux: I/O APIC pins, edge and level, and MSI-X.

    EdgePin     a rising edge is delivered (KVM: ioapic_set_irq(), trig_mode 0)
    LevelPin    asked for while it is high; Remote_IRR is set while it is in service. A pulse on it
                (irqfd: 1, then 0) is latched, or refused while Remote_IRR is set (ioapic_service())
    `resample`  the pin stays high until the end of interrupt, and then goes as the condition is
    Vector      an entry of an MSI-X table, with mask bit and pending bit

A wire that follows a condition, and what programs raise, lower and pulse, are inputs of one pin
(KVM: sources of an interrupt, of which kvm_ioapic_set_irq() takes the OR). A pin that is up has no
edge, whichever of them comes. To an entry of a table each of them writes a message.

Where `latched`, a level pin that has been high once is delivered even if it is low again before a
CPU takes it, as by a local APIC; without, the request goes with the level, as in a GIC.
"""

from __future__ import annotations

import struct
from typing import Protocol

from model.machine.linux import IrqDesc

NO_VECTOR = 0xFFFF
_ENTRY = struct.Struct("<QII")  # message address, data, vector control
_CONTROL = struct.Struct("<I")
_MASKED = 1


class Line(Protocol):
    """A line as programs drive it and as Linux takes it."""

    desc: IrqDesc
    wire: bool
    """Whether the condition that it follows held when it was last looked at."""

    def drive(self, how: str) -> None:
        """`raise`, `lower`, `pulse`."""

    def follow(self, condition: bool) -> None:
        """The condition that the wire follows is now so."""

    def mask(self, on: bool) -> None:
        """The driver masks the line, or unmasks it."""

    def asserted(self) -> bool:
        """Whether the device holds it up."""

    def high(self) -> bool:
        """Whether what programs raise and lower holds it up."""

    def waiting(self) -> bool:
        """Whether something has come that no handler has been entered for."""

    def fires(self) -> bool:
        """Whether Linux enters the handlers now."""

    def enter(self) -> None:
        """It does."""

    def eoi(self) -> None:
        """The end of interrupt."""

    def state(self) -> tuple[bool, ...]:
        """What the line remembers."""

    def restore(self, state: tuple[bool, ...]) -> None:
        """Back to what it remembered."""

    def words(self) -> str:
        """What it is like, for readers."""


def _words(what: str, d: IrqDesc) -> str:
    bits = {
        "accepted": d.wanted,
        "in progress": d.in_progress,
        "IRQS_PENDING": d.irq_pending,
        "disabled": d.disabled,
        "killed": d.killed,
    }
    return ", ".join([what, *(name for name, bit in bits.items() if bit)])


class EdgePin:
    """A pin for edges. `lowers`: a raise stays up until a program lowers it; else it is short."""

    __slots__ = ("chip_masked", "desc", "driven", "keeps", "lowers", "wire")

    def __init__(self, *, lowers: bool, keeps: bool) -> None:
        self.desc = IrqDesc()
        self.lowers, self.keeps = lowers, keeps
        self.driven = self.wire = self.chip_masked = False

    def drive(self, how: str) -> None:
        if how == "lower":
            self.driven = False
            return
        was = (self.driven and self.lowers) or self.wire
        if how == "raise" and self.lowers:
            self.driven = True
        if not was and not self.chip_masked:
            self.desc.deliver()

    def follow(self, condition: bool) -> None:
        was, self.wire = (self.driven and self.lowers) or self.wire, condition
        if condition and not was and not self.chip_masked:
            self.desc.deliver()

    def mask(self, on: bool) -> None:
        # Linux masks lazily: the chip goes on delivering, and IRQS_PENDING keeps what comes. A chip
        # without a pending bit, masked for real, forgets it.
        self.chip_masked = on and not self.keeps
        if on:
            self.desc.disable()
        else:
            self.desc.enable()

    def asserted(self) -> bool:
        return (self.driven and self.lowers) or self.wire

    def high(self) -> bool:
        return self.driven

    def waiting(self) -> bool:
        return self.desc.has_come()

    def fires(self) -> bool:
        return self.desc.runs()

    def enter(self) -> None:
        self.desc.begin()

    def eoi(self) -> None:
        return  # An edge was acknowledged when the handlers were entered.

    def state(self) -> tuple[bool, ...]:
        return self.driven, self.wire, self.chip_masked, *self.desc.state()

    def words(self) -> str:
        return _words(f"pin {int(self.asserted())}", self.desc)

    def restore(self, state: tuple[bool, ...]) -> None:
        self.driven, self.wire, self.chip_masked = state[:3]
        self.desc.restore(state[3:])


class MsixTable:
    """The table of a function, and its pending bits (PCI 3.0, 6.8.2); without `keeps`, none."""

    def __init__(self, size: int, *, keeps: bool) -> None:
        self.keeps = keeps
        self.table = bytearray(_ENTRY.size * size)
        self.pending = bytearray(-(-size // 8))
        for k in range(size):  # As after reset: masked.
            _ENTRY.pack_into(self.table, _ENTRY.size * k, 0, 0, _MASKED)

    def program(self, k: int, address: int, data: int) -> None:
        """The driver writes an entry and unmasks it."""
        _ENTRY.pack_into(self.table, _ENTRY.size * k, address, data, 0)

    def mask(self, k: int, on: bool) -> None:
        """The mask bit of an entry."""
        _CONTROL.pack_into(self.table, _ENTRY.size * k + 12, _MASKED if on else 0)

    def masked(self, k: int) -> bool:
        """Whether an entry is masked."""
        return self.table[_ENTRY.size * k + 12] & _MASKED != 0  # The first byte of the control.

    def note(self, k: int) -> None:
        """A message could not be sent."""
        if self.keeps:
            self.pending[k >> 3] |= 1 << (k & 7)

    def noted(self, k: int) -> bool:
        """Whether one waits."""
        return bool(self.pending[k >> 3] >> (k & 7) & 1)

    def take(self, k: int) -> bool:
        """The same, and then none does."""
        was = self.noted(k)
        self.pending[k >> 3] &= ~(1 << (k & 7))
        return was


class Vector:
    """A line that is an entry of a table: whatever drives it sends a message."""

    __slots__ = ("desc", "driven", "k", "lowers", "table", "wire")

    def __init__(self, table: MsixTable, k: int, *, lowers: bool) -> None:
        self.desc = IrqDesc()
        self.table, self.k, self.lowers = table, k, lowers
        self.driven = self.wire = False

    def drive(self, how: str) -> None:
        if how == "lower":
            self.driven = False
            return
        rises = how == "pulse" or not self.lowers or not self.driven
        if how == "raise" and self.lowers:
            self.driven = True
        if rises:
            self._send()

    def _send(self) -> None:
        if self.table.masked(self.k):
            self.table.note(self.k)
        else:
            self.desc.deliver()

    def follow(self, condition: bool) -> None:
        rises, self.wire = condition and not self.wire, condition
        if rises:
            self._send()

    def mask(self, on: bool) -> None:
        self.table.mask(self.k, on)
        if on:
            self.desc.disable()
            return
        self.desc.enable()
        if self.table.take(self.k):
            self.desc.deliver()

    def asserted(self) -> bool:
        return (self.driven and self.lowers) or self.wire

    def high(self) -> bool:
        return self.driven

    def waiting(self) -> bool:
        return self.desc.has_come() or self.table.noted(self.k)

    def fires(self) -> bool:
        return self.desc.runs()

    def enter(self) -> None:
        self.desc.begin()

    def eoi(self) -> None:
        return

    def state(self) -> tuple[bool, ...]:
        noted = self.table.noted(self.k), self.table.masked(self.k)
        return self.driven, self.wire, *noted, *self.desc.state()

    def words(self) -> str:
        noted = ", pending bit" if self.table.noted(self.k) else ""
        return _words(f"entry {self.k}{', masked' * self.table.masked(self.k)}{noted}", self.desc)

    def restore(self, state: tuple[bool, ...]) -> None:
        self.driven, self.wire, noted, masked = state[:4]
        self.table.mask(self.k, masked)
        self.table.take(self.k)
        if noted:
            self.table.note(self.k)
        self.desc.restore(state[4:])


class LevelPin:
    """A pin that is configured for a level."""

    __slots__ = ("desc", "driven", "latched", "latches", "remote_irr", "resample", "wire")

    def __init__(self, *, resample: bool, latches: bool) -> None:
        self.desc = IrqDesc()
        self.resample, self.latches = resample, latches
        self.driven = self.wire = self.latched = self.remote_irr = False

    def drive(self, how: str) -> None:
        if how == "lower":
            self.driven = False
        elif how == "raise" or self.resample:
            self.driven = True
            self._look()
        elif not (self.remote_irr or self.desc.disabled):
            self.latched = True

    def _look(self) -> None:
        """ioapic_service(): a high pin that is not in service is delivered."""
        free = not (self.remote_irr or self.desc.disabled)
        if self.latches and free and self.asserted():
            self.latched = True

    def follow(self, condition: bool) -> None:
        self.wire = condition
        self._look()

    def mask(self, on: bool) -> None:
        if on:
            self.desc.disable()
        else:
            self.desc.enable()
            self._look()

    def asserted(self) -> bool:
        return self.driven if self.resample else self.driven or self.wire

    def high(self) -> bool:
        return self.driven

    def waiting(self) -> bool:
        return self.latched

    def fires(self) -> bool:
        d = self.desc
        if d.in_progress or d.disabled or d.killed:
            return False
        return self.latched or self.asserted()

    def enter(self) -> None:
        self.latched, self.remote_irr = False, True
        self.desc.begin()

    def eoi(self) -> None:
        if not self.remote_irr:
            return
        self.remote_irr = False
        if self.resample:  # KVM lowers the pin and tells the device, which looks at its condition.
            self.driven = self.wire
        self._look()

    def state(self) -> tuple[bool, ...]:
        own = self.driven, self.wire, self.latched, self.remote_irr
        return *own, *self.desc.state()

    def words(self) -> str:
        more = ", IRR" * self.latched + ", Remote_IRR" * self.remote_irr
        return _words(f"pin {int(self.asserted())}{more}", self.desc)

    def restore(self, state: tuple[bool, ...]) -> None:
        self.driven, self.wire, self.latched, self.remote_irr = state[:4]
        self.desc.restore(state[4:])
