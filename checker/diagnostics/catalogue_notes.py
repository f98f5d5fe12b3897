"""What the codes VQ04xx mean that are notes: what holds, and is easily not what was meant."""

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
    Entry(
        code="VQ0435",
        headline="a role that no queue has",
        explanation="""\
A note: a map or a program of the transport asks for a role (`q.role == rx`) that no queue of a
device on it has, so that the comparison is always false. Another device type that the design
imports has that role, or there would be an error. The same is noted of a role or a queue family
that the transport of a module asks for, and that no device type at all has. It may be meant, if
the transport is for devices that are not in this design; it may be a slip in the `role` of a
queue, or where it is asked for.""",
        wrong="""\
use lib.virtio.net
device_type nic { id 1  queue rx at 0 { role receive }  queue tx at 1 { role transmit } }
transport mmio {
    map in driver { queue q -> line 0 if q.role == rx;  queue q -> line 1 }
    map in device { programmed }
    handler on line l { for q on l { service q } }
}
device eth0 : nic on mmio { lines 2 }
check coverage
""",
        right="""\
use lib.virtio.net
device_type nic { id 1  queue rx at 0 { role rx }  queue tx at 1 { role tx } }
transport mmio {
    map in driver { queue q -> line 0 if q.role == rx;  queue q -> line 1 }
    map in device { programmed }
    handler on line l { for q on l { service q } }
}
device eth0 : nic on mmio { lines 2 }
check coverage
""",
    ),
    Entry(
        code="VQ0436",
        headline="one line where many may be meant",
        explanation="""\
A note: what stands after `lines` in a controller are numbers of lines, so that `lines 24` is the
one line of number 24. In a device `lines 24` says how many. Where one line is meant, a range says
so: `lines 24..24`.""",
        wrong="""\
platform p { controller gic : level { lines 24 } }
""",
        right="""\
platform p { controller gic : level { lines 0..23 } }
""",
    ),
)
