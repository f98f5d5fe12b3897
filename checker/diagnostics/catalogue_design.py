"""What the codes VQ04xx mean: texts that say too little, too much, or nothing that can be."""

from __future__ import annotations

from checker.diagnostics.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        code="VQ0401",
        headline="an empty range",
        explanation="""\
The last number of a range is smaller than its first. A range holds both of its ends. A range
that depends on params is checked later, for all of their values.""",
        wrong="""\
param pairs in 32..1
""",
        right="""\
param pairs in 1..32
""",
    ),
    Entry(
        code="VQ0402",
        headline="a queue index that is not linear",
        explanation="""\
The index of the queues of a family is `A*i + B`, where `A` is a constant other than 0, and `B`
may depend on params. Proofs for any number of queues rest on that.""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i*i { role request }
}
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
""",
    ),
    Entry(
        code="VQ0403",
        headline="a number outside of its range",
        explanation="""\
A constant is outside of the range that its parameter has, or is negative where only counts
make sense. The label shows the range.""",
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
device disk : blk(9) on mmio
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
device disk : blk(2) on mmio
check coverage
""",
    ),
    Entry(
        code="VQ0404",
        headline="given twice",
        explanation="""\
A statement may stand once only, and there is a second one. For programs of signals: each
source has one program in each mode, and one without `in MODE` is for all modes.""",
        wrong="""\
platform small {
    cpus 2
    cpus 4
    controller pic : edge { lines 0..15 }
}
""",
        right="""\
platform small {
    cpus 4
    controller pic : edge { lines 0..15 }
}
""",
    ),
    Entry(
        code="VQ0405",
        headline="a necessary statement is missing",
        explanation="""\
A declaration lacks something without which it means nothing: the `id` of a device type, the
lines of a controller or of an attempt, the side of the driver or of the device in a transport.""",
        wrong="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
    ),
    Entry(
        code="VQ0406",
        headline="more than one driver's side",
        explanation="""\
A transport has one driver's side: `map in transport`, `map in driver`, a policy declared
inside, or `use policy NAME`. Several ways to map, to be tried in order, are the attempts of
one policy.""",
        wrong="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    map in transport { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
    ),
    Entry(
        code="VQ0407",
        headline="lines of two controllers overlap",
        explanation="""\
Interrupt numbers are those of the machine: each belongs to one controller. Messages (MSI) are
numbered apart from wired lines, so that only controllers of the same kind can overlap.""",
        wrong="""\
platform small {
    controller a : edge { lines 0..23 }
    controller b : level { lines 16..39 }
}
""",
        right="""\
platform small {
    controller a : edge { lines 0..23 }
    controller b : level { lines 24..47 }
}
""",
    ),
    Entry(
        code="VQ0409",
        headline="which handler is requested",
        explanation="""\
Without any `request` the only handler of the transport is requested for all lines. Here there
is none, or there are several: say `request lines A..B with NAME`.""",
        wrong="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
}
""",
        right="""\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
    ),
    Entry(
        code="VQ0410",
        headline="which pool of lines",
        explanation="""\
The transport has several pools of lines, and it is not said of which these are: add `of POOL`.""",
        wrong="""\
transport pci {
    pool msix : message
    pool intx : level
    policy ladder {
        try each { lines 1 + callbacks of msix;  config -> line 0;  queue q -> line rank(q) + 1 }
        try one  { lines 1;  config -> line 0;  queue q -> line 0 }
    }
    map in device { programmed }
    handler on line l { for q on l { service q } }
}
""",
        right="""\
transport pci {
    pool msix : message
    pool intx : level
    policy ladder {
        try each { lines 1 + callbacks of msix;  config -> line 0;  queue q -> line rank(q) + 1 }
        try one  { lines 1 of intx;  config -> line 0;  queue q -> line 0 }
    }
    map in device { programmed }
    handler on line l { for q on l { service q } }
}
""",
    ),
    Entry(
        code="VQ0415",
        headline="a controller that does not fit",
        explanation="""\
Lines of a pool have one of its triggers; a transport without pools uses wired lines, which are
`edge` or `level`. The controller that is named has lines of another kind.""",
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
platform small {
    controller pic : edge { lines 0..15 }
    controller msi : message { lines 0..99 }
}
device disk : blk(2) on mmio { lines 2 from msi }
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
platform small {
    controller pic : edge { lines 0..15 }
    controller msi : message { lines 0..99 }
}
device disk : blk(2) on mmio { lines 2 from pic }
check coverage
""",
    ),
    Entry(
        code="VQ0416",
        headline="a list of numbers that cannot be",
        explanation="""\
The numbers of the granted lines are listed one by one: as many as there are lines, each once,
and at most 4096. Where other numbers of lines may be granted (`lines 1..2`), a list would leave
those out without a word; only a ladder takes so many lines as its attempts say.""",
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
device disk : blk(2) on mmio { lines 2;  numbers 5, 6, 7 }
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
device disk : blk(2) on mmio { lines 2;  numbers 5, 6 }
check coverage
""",
    ),
    Entry(
        code="VQ0417",
        headline="a statement on the wrong side",
        explanation="""\
The device sets bits and drives lines; the driver acknowledges, masks, and takes used entries;
only a handler returns something to the kernel; only the driver requests lines. The statement
stands in a program, or in a map, of the other side.""",
        wrong="""\
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { set status.USED;  for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { clear status.USED;  for q in queues { service q } }
}
""",
    ),
    Entry(
        code="VQ0418",
        headline="two platforms, or none",
        explanation="""\
A design is on one platform: the one that its own file declares without parameters, or the one
chosen by `platform NAME(args)`. Other machines belong into modules of their own. Controllers
can be named only if there is a platform.""",
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
platform p { controller a : edge { lines 0..7 } }
platform p2 { controller a : edge { lines 0..7 } }
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
platform p { controller a : edge { lines 0..7 } }
device disk : blk(2) on mmio
check coverage
""",
    ),
    Entry(
        code="VQ0419",
        headline="members that do not fit",
        explanation="""\
`rx[i]` means the queues of an indexed family, and `ctrl` a single queue. A pair joins two
families with the same index, or two single queues.""",
        wrong="""\
device_type net(pairs: 1..4) {
    id 1
    queue rx[i in 0..pairs-1] at 2*i
    queue tx[i in 0..pairs-1] at 2*i + 1
    queue ctrl at 2*pairs { polled }
    pair rx[i] with ctrl[i]
}
""",
        right="""\
device_type net(pairs: 1..4) {
    id 1
    queue rx[i in 0..pairs-1] at 2*i
    queue tx[i in 0..pairs-1] at 2*i + 1
    queue ctrl at 2*pairs { polled }
    pair rx[i] with tx[i]
}
""",
    ),
    Entry(
        code="VQ0420",
        headline="division by zero",
        explanation="""\
`/` and `%` need a divisor of at least 1. Where a divisor depends on params or on lines,
`coverage` reports that it could be less; this one always is.""",
        wrong="""\
param n in 1..8
assume n % 0 == 0
""",
        right="""\
param n in 1..8
assume n % 2 == 0
""",
    ),
    Entry(
        code="VQ0421",
        headline="a parameter that the type does not have",
        explanation="""\
The transport reads a parameter of the device type, and the type of this device has none of that
name. There is no value that could stand for it.""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line q.index % device.arg.pairs;  config -> line 0 }
    map in device { programmed }
    handler on line l { for q in queues { service q } }
}
device_type net(pairs: 1..4) {
    id 1
    queue rx[i in 0..pairs-1] at i
}
device disk : blk(2) on mmio
check coverage
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line q.index % device.arg.n;  config -> line 0 }
    map in device { programmed }
    handler on line l { for q in queues { service q } }
}
device disk : blk(2) on mmio
check coverage
""",
    ),
    Entry(
        code="VQ0422",
        headline="an assumption about several devices",
        explanation="""\
Each device is proved on its own, so an assumption is about params, and at most one device.""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { programmed }
    handler on line l { for q in queues { service q } }
}
device disk : blk(2) on mmio { lines 1..4 }
device tape : blk(2) on mmio { lines 1..4 }
assume disk.lines >= tape.lines
check coverage
""",
        right="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..n-1] at i { role request }
}
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { programmed }
    handler on line l { for q in queues { service q } }
}
device disk : blk(2) on mmio { lines 1..4 }
device tape : blk(2) on mmio { lines 1..4 }
assume disk.lines >= 2
assume tape.lines <= 2
check coverage
""",
    ),
)
