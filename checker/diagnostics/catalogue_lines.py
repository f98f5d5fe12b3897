"""What the codes VQ04xx mean that are about what drives a line."""

from __future__ import annotations

from checker.diagnostics.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        code="VQ0434",
        headline="a signal that drives no line",
        explanation="""\
A note: the program of a `signal` neither raises nor pulses a line, and no `drive` follows a
condition in its mode. The device then sends no interrupt. `coverage` does not find that, as it is
about maps: it asks on which line the device's map puts a queue, not when the line rises.
`no_lost_notifications` finds it, where it is asked for.""",
        wrong="""\
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0 }
    map in device { programmed }
    signal queue q { set status.USED }
    handler on line l { s = read status;  clear status s;  for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0 }
    map in device { programmed }
    signal queue q { set status.USED }
    drive line l while status.USED
    handler on line l { s = read status;  clear status s;  for q in queues { service q } }
}
""",
    ),
)
