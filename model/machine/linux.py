"""Linux' side of an interrupt line: struct irq_desc, as kernel/irq/chip.c and spurious.c use it.

`irq_pending` is IRQS_PENDING: an interrupt that came while the handlers ran, or while the line was
disabled. `wanted` is the vector that a CPU has accepted and not yet run the flow handler for.
"""

from __future__ import annotations

COUNTED, UNHANDLED = 100_000, 99_900
"""note_interrupt(): of so many interrupts, more than so many that nobody wanted."""


class IrqDesc:
    """One line as Linux sees it."""

    __slots__ = ("count", "disabled", "in_progress", "irq_pending", "killed", "nobodys", "ran",
                 "unhandled", "wanted")  # fmt: skip

    def __init__(self) -> None:
        self.wanted = self.in_progress = self.irq_pending = self.disabled = self.killed = False
        self.count = self.unhandled = 0
        """irq_count and irqs_unhandled."""
        self.ran = self.nobodys = 0
        """How often the handlers have run, and how often it was for none of them."""

    def deliver(self) -> None:
        """A CPU takes an interrupt: handle_edge_irq() up to irq_may_run()."""
        if self.in_progress or self.disabled:
            self.irq_pending = True
        else:
            self.wanted = True

    def has_come(self) -> bool:
        """An interrupt waits for the handlers."""
        return self.wanted or self.irq_pending

    def runs(self) -> bool:
        """Whether the handlers are to be entered now."""
        waits = self.wanted or self.irq_pending
        return waits and not (self.in_progress or self.disabled or self.killed)

    def begin(self) -> None:
        """handle_irq_event(): what came until now is what the handlers run for."""
        self.wanted = self.irq_pending = False
        self.in_progress = True

    def end(self, handled: bool) -> None:
        """The chain of handlers has run."""
        self.in_progress = False
        self.ran += 1
        if not handled:
            self.nobodys += 1
            self.unhandled += 1
        if self.unhandled:  # Nothing is counted while all is well.
            self.count += 1
        if self.count >= COUNTED:
            # "irq N: nobody cared": the line is switched off for good.
            self.killed = self.killed or self.unhandled > UNHANDLED
            self.count = self.unhandled = 0

    def disable(self) -> None:
        """irq_disable(); an interrupt that a CPU has accepted finds the line disabled."""
        self.disabled = True
        if self.wanted:
            self.wanted, self.irq_pending = False, True

    def enable(self) -> None:
        """irq_enable() and check_irq_resend()."""
        self.disabled = False

    def state(self) -> tuple[bool, ...]:
        """Without the spurious detector's counters, which decide nothing for a long time."""
        return self.wanted, self.in_progress, self.irq_pending, self.disabled, self.killed

    def restore(self, state: tuple[bool, ...]) -> None:
        """Back to what it was."""
        self.wanted, self.in_progress, self.irq_pending, self.disabled, self.killed = state
        self.count = self.unhandled = self.ran = self.nobodys = 0
