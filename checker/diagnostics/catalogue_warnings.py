"""What the codes VQ04xx mean that are warnings."""

from __future__ import annotations

from checker.diagnostics.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        code="VQ0408",
        headline="a reserved number is not a line",
        explanation="""\
A warning: what is reserved is not among the lines of the controller, so that reserving it has
no effect. Numbers are those of the machine, also for a second controller.""",
        wrong="""\
platform small {
    controller pic : edge { lines 24..47  reserved 0..4 }
}
""",
        right="""\
platform small {
    controller pic : edge { lines 24..47  reserved 24..28 }
}
""",
    ),
    Entry(
        code="VQ0411",
        headline="a rule that is never reached",
        explanation="""\
A warning: rules are tried in order, and one before this always holds. Put the more special
rule first.""",
        wrong="""\
transport mmio {
    map in driver { queue q -> line 0;  queue q -> none if not q.callback;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    map in driver { queue q -> none if not q.callback;  queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
    ),
    Entry(
        code="VQ0412",
        headline="a param that nothing reads",
        explanation="""\
A warning: the design says the same for all values of this param. Often an argument was meant
to be the param and is a constant.""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
param n in 1..4
device disk : blk(2) on mmio
check coverage
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
param n in 1..4
device disk : blk(n) on mmio
check coverage
""",
    ),
    Entry(
        code="VQ0413",
        headline="expected but not checked",
        explanation="""\
A warning: `expect` says how a property comes out that no `check` asks for, so that the
expectation is never tested.""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
device disk : blk(2) on mmio
check coverage
expect layering holds
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
device disk : blk(2) on mmio
check coverage
check layering
expect layering holds
""",
    ),
    Entry(
        code="VQ0414",
        headline="a hint that the transport does not accept",
        explanation="""\
A warning: the driver passes a hint to a transport that has no `hint` of this name. It has no
effect.""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
device disk : blk(2) on mmio { hint group(rq[i]) = i }
check coverage
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    hint group in 0..7
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
device disk : blk(2) on mmio { hint group(rq[i]) = i }
check coverage
""",
    ),
    Entry(
        code="VQ0423",
        headline="the platform has no lines of that kind",
        explanation="""\
A warning: lines are asked for from a pool whose trigger no controller of the platform has, such as
MSI-X vectors on a machine with I/O APICs only. None of them can be granted; `irq_limits` is
violated if the device needs any.""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
platform pins { controller ioapic : edge { lines 0..23 } }
transport pci {
    pool msix : message
    map in transport { queue q -> line 0;  request line 0 with h }
    map in device { programmed }
    handler h on line l { for q in queues { service q } }
}
device disk : blk(2) on pci { lines 0..4 of msix }
check layering
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
platform pc { controller apic : message { lines 0..2047 } }
transport pci {
    pool msix : message
    map in transport { queue q -> line 0;  request line 0 with h }
    map in device { programmed }
    handler h on line l { for q in queues { service q } }
}
device disk : blk(2) on pci { lines 1..4 of msix }
check layering
""",
    ),
)
