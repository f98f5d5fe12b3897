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
        headline="expected, and no `check` asks for it",
        explanation="""\
A warning: `expect` says how a property comes out that no `check` asks for. It is checked all the
same, as an expectation that nobody tests would say nothing; a `check` says so to the reader.""",
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
    Entry(
        code="VQ0424",
        headline="nothing signals what is mapped",
        explanation="""\
A warning: the transport has `signal` programs, and none for queues (or for the configuration
change, or in one of its modes), although the driver maps them to a line. The device then never
tells the driver; `no_lost_notifications` is violated by its first step. A transport without any
`signal` is one of which only the maps are to be checked.""",
        wrong="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    signal config { pulse line(config) }
    handler on line l { notify config;  for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    signal queue q { pulse line(q) }
    signal config { pulse line(config) }
    handler on line l { notify config;  for q in queues { service q } }
}
""",
    ),
    Entry(
        code="VQ0425",
        headline="more lines than the controllers have",
        explanation="""\
A warning: a device asks for more lines than there are on the controllers that they may come from,
whatever the parameters are. `irq_limits` is violated; `coverage` and `no_lost_notifications` have
nothing to speak of (`vacuous`).""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
platform small { controller pic : edge { lines 4..5 } }
transport mmio {
    map in driver { queue q -> line q.index % lines }
    map in device { queue q -> line q.index % lines }
    handler on line l { for q on l { service q } }
}
device disk : blk(4) on mmio { lines 3 }
check layering
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
platform small { controller pic : edge { lines 4..5 } }
transport mmio {
    map in driver { queue q -> line q.index % lines }
    map in device { queue q -> line q.index % lines }
    handler on line l { for q on l { service q } }
}
device disk : blk(4) on mmio { lines 1..2 }
check layering
""",
    ),
    Entry(
        code="VQ0426",
        headline="a variable that is called like a family of queues",
        explanation="""\
A warning: in `queue NAME -> ...` of a map, the name is a variable, and the rule takes every
queue for which its `if` holds. Which family a queue is of is asked by `q.family == NAME`.""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue ctl at 0
    queue rq[i in 0..n-1] at 1 + i
}
transport mmio {
    map in driver { queue ctl -> line 0 }
    map in device { programmed }
    handler on line l { for q on l { service q } }
}
device disk : blk(4) on mmio { lines 2 }
check layering
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue ctl at 0
    queue rq[i in 0..n-1] at 1 + i
}
transport mmio {
    map in driver { queue q -> line 0 if q.family == ctl;  queue q -> line 1 otherwise }
    map in device { programmed }
    handler on line l { for q on l { service q } }
}
device disk : blk(4) on mmio { lines 2 }
check layering
""",
    ),
    Entry(
        code="VQ0427",
        headline="a design without a device",
        explanation="""\
A warning: a property of devices is asked for, and the design has none. With `check all` every
property is `skipped` then, by name it is `vacuous`; nothing is checked, and the exit code is 5.""",
        wrong="""\
check coverage
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line q.index % lines }
    map in device { programmed }
    handler on line l { for q on l { service q } }
}
device disk : blk(4) on mmio { lines 1..2 }
check coverage
""",
    ),
    Entry(
        code="VQ0428",
        headline="a line that a wire and a program drive",
        explanation="""\
A warning: with `drive line l while C` the line follows a condition, and in the same mode a program
raises, lowers or pulses it. A pin has one level, up while any of them holds it up: on an edge line
a `raise` is no further edge while C holds, and sets nothing that was not set before; on a level
line it stays up after C is over, until a `lower`. Mostly the bit that the program sets has raised
the line already. A wire with `resample` needs the `raise`, and is not meant.""",
        wrong="""\
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0 }
    map in device { programmed }
    signal queue q { set status.USED;  raise line(q) }
    drive line l while status.USED
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
        code="VQ0429",
        headline="a raise that another program's lower keeps up",
        explanation="""\
A note: whether a `raise` of an edge line stays up is decided for the transport as a whole. Where no
program has a `lower`, each `raise` is an edge. With a `lower` in any of them, be it of another mode
or for the configuration, a line stays up from a `raise` to the next `lower`, and a second `raise`
in between is no edge. This program raises and does not lower: after its first notification nothing
fires, unless the other program lowers that very line.""",
        wrong="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 1 }
    map in device { programmed }
    signal queue q { raise line(q) }
    signal config { raise line(config);  lower line(config) }
    handler on line l { notify config;  for q on l { service q } }
}
""",
        right="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 1 }
    map in device { programmed }
    signal queue q { raise line(q);  lower line(q) }
    signal config { raise line(config);  lower line(config) }
    handler on line l { notify config;  for q on l { service q } }
}
""",
    ),
    Entry(
        code="VQ0430",
        headline="suppression without a memory model",
        explanation="""\
A note: between a driver that enables notifications and looks again, and a device that publishes and
reads whether it is asked for, barriers decide. Without `memory` every store is seen at once (`sc`),
as on no machine, and a barrier that is missing is not found. With `memory tso` stores wait in a
buffer, as on x86, and with `memory relaxed` in no order; a `fence` is then needed where the code
has virtio_mb() or a full barrier.""",
        wrong="""\
transport mmio {
    suppression event_idx
    map in driver { queue q -> line 0 }
    map in device { programmed }
    signal queue q { if wants q { raise line(q) } }
    handler on line l { for q on l { service q } }
}
""",
        right="""\
transport mmio {
    memory tso
    suppression event_idx
    map in driver { queue q -> line 0 }
    map in device { programmed }
    signal queue q { publish q;  fence;  if wants q { raise line(q) } }
    handler on line l { for q on l { service q } }
}
""",
    ),
    Entry(
        code="VQ0431",
        headline="a queue is scheduled, and its service is not deferred",
        explanation="""\
A warning: `schedule q` has the deferred service program of the queue run later, as napi_schedule()
does. This device has none: its service programs run inside the handler (`service q`), so nothing
ever runs for what is scheduled.""",
        wrong="""\
use lib.virtio.blk
transport mmio {
    map in driver { queue q -> line 0;  config -> none }
    map in device { programmed }
    handler on line l { for q on l { schedule q } }
}
service poll(q) { drain q;  complete q }
device disk : blk(1, 0) on mmio { lines 1;  service poll }
check no_lost_notifications
""",
        right="""\
use lib.virtio.blk
transport mmio {
    map in driver { queue q -> line 0;  config -> none }
    map in device { programmed }
    handler on line l { for q on l { schedule q } }
}
service poll(q) deferred { drain q;  complete q }
device disk : blk(1, 0) on mmio { lines 1;  service poll }
check no_lost_notifications
""",
    ),
    Entry(
        code="VQ0432",
        headline="lines whose trigger nobody says",
        explanation="""\
A note: lines have the trigger of the controller that they are granted of, and there are as many as
it has. Without a `platform` there is no controller. Where the transport does not say which lines
fit (`pool wired : edge`, `: level`, `: edge, level`) they are taken to be edge-triggered: what is
right on an edge can fire for ever on a level line, or lose a pulse there. How many lines there are
is not asked either: `irq_limits` is skipped, and a device is granted whatever it asks for.""",
        wrong="""\
use lib.virtio.blk
transport mmio {
    map in driver { queue q -> line 0;  config -> none }
    map in device { programmed }
    signal queue q { pulse line(q) }
    handler on line l { for q on l { service q } }
}
device disk : blk(1, 0) on mmio { lines 1 }
check no_lost_notifications
""",
        right="""\
use lib.virtio.blk
transport mmio {
    map in driver { queue q -> line 0;  config -> none }
    map in device { programmed }
    signal queue q { pulse line(q) }
    handler on line l { for q on l { service q } }
}
platform board {
    controller gic : edge { lines 32..63 }
}
device disk : blk(1, 0) on mmio { lines 1 }
check no_lost_notifications
""",
    ),
    Entry(
        code="VQ0433",
        headline="a resampled line that nobody raises",
        explanation="""\
A warning: with `drive line l while C resample` the condition is looked at at the end of interrupt
only, as KVM does with a resamplefd: the line then stays up if C is true. The first interrupt is
from a `raise`, as a VMM writes to the irqfd; where no program of the mode raises, no handler ever
starts.""",
        wrong="""\
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0 }
    map in device { programmed }
    signal queue q { set status.USED }
    drive line l while status.USED resample
    handler on line l { s = read status;  clear status s;  for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0 }
    map in device { programmed }
    signal queue q { set status.USED;  raise line(q) }
    drive line l while status.USED resample
    handler on line l { s = read status;  clear status s;  for q in queues { service q } }
}
""",
    ),
)
