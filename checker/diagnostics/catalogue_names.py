"""What the codes VQ02xx mean: names and modules."""

from __future__ import annotations

from checker.diagnostics.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        code="VQ0201",
        headline="an unknown name",
        explanation="""\
A formula reads a name that stands for nothing there. What it may read are the params and lets
of the file, the parameters of the declaration around it, and the facts that the reference
lists. Names of features, roles and parameters of a device type are not facts by themselves:
they are read as `device.feature.NAME`, `q.role == NAME` and `device.arg.NAME`.""",
        wrong="""\
param pairs in 1..32
let queues_needed = 2*pair + 1
""",
        right="""\
param pairs in 1..32
let queues_needed = 2*pairs + 1
""",
    ),
    Entry(
        code="VQ0202",
        headline="an unknown module",
        explanation="""\
A `use` names a module for which there is no file. `use lib.virtio.net` is looked for in the
standard library; any other path is relative to the folder of the file that says `use`, so that
`use common.nic` there is the file `common/nic.vq`.""",
        wrong="""\
use lib.virtio.no_such_device
param n in 1..4
""",
        right="""\
param n in 1..4
""",
    ),
    Entry(
        code="VQ0203",
        headline="modules use each other in a circle",
        explanation="""\
A module uses itself, by way of others or directly, so that neither can be read first. Move
what both need into a module of its own, and use that from both.""",
    ),
    Entry(
        code="VQ0204",
        headline="a name is declared twice",
        explanation="""\
Two things of the same kind have one name, so that it is not clear which of them is meant.
Params, lets and devices share their names, because formulas read all of them. Variables of
queues and lines must differ from those around them.""",
        wrong="""\
param n in 1..4
param n in 1..8
""",
        right="""\
param n in 1..4
param m in 1..8
""",
    ),
    Entry(
        code="VQ0205",
        headline="an unknown device type, transport, policy, platform or service",
        explanation="""\
A declaration is named that neither this file nor a module that it uses has. `use` is not
transitive: what a used module uses itself has to be used here as well.""",
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
device disk : block(2) on mmio
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
        code="VQ0206",
        headline="an unknown part of a declaration",
        explanation="""\
A pool, queue, register, bit, handler, controller, feature, hint, mode, role or attempt is
named that its declaration does not have. The hint shows the name that is most like it, or all
that there are.""",
        wrong="""\
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
device disk : blk(2) on mmio { hint group(rx[i]) = i }
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
        code="VQ0207",
        headline="a name is declared by two modules",
        explanation="""\
The file uses two modules, and both of them declare this name. A declaration in the file itself
would win; between modules there is no order. Rename one of them, or use only one of the
modules.""",
    ),
    Entry(
        code="VQ0208",
        headline="used before it is declared",
        explanation="""\
Params and lets are read from top to bottom: the range of a param, and the formula of a `let`,
may read what stands before it. All other declarations may stand in any order.""",
        wrong="""\
let queues_needed = 2*pairs + 1
param pairs in 1..32
""",
        right="""\
param pairs in 1..32
let queues_needed = 2*pairs + 1
""",
    ),
    Entry(
        code="VQ0209",
        headline="an unknown fact",
        explanation="""\
`sees` lists the facts that a layer may use: index, callback, slow, role, family, nth, hint,
queues, lines, base, cpus, id, features, args, and params. `hint.NAME`, `features.NAME` and
`args.NAME` name a single one. The tallies `callbacks` and `rank(q)` come with `callback`.""",
        wrong="""\
transport mmio {
    map in driver sees idx, lines { queue q -> line q.index % lines;  config -> line 0 }
    map in device { queue q -> line q.index % lines;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    map in driver sees index, lines { queue q -> line q.index % lines;  config -> line 0 }
    map in device { queue q -> line q.index % lines;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
    ),
    Entry(
        code="VQ0210",
        headline="an unknown property or outcome",
        explanation="""\
`check` and `expect` name properties, and `expect` one of the outcomes `holds`, `violated`,
`vacuous` and `unknown`. `check all` asks for every property there is.""",
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
check covrage
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
        code="VQ0211",
        headline="a param of another file",
        explanation="""\
A param belongs to the file that declares it: a transport, type, platform, policy or service
that other files use cannot read it. Make it a parameter of the declaration, which then gets
its value from whoever uses it.""",
    ),
    Entry(
        code="VQ0212",
        headline="a local without a value",
        explanation="""\
A program reads a local variable to which nothing was assigned before. A local gets its value
by `x = read REGISTER` or by `x = FORMULA`, in a statement that stands above.""",
        wrong="""\
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l {
        if s.USED { for q in queues { service q } }
        s = read status
    }
}
""",
        right="""\
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l {
        s = read status
        if s.USED { for q in queues { service q } }
    }
}
""",
    ),
    Entry(
        code="VQ0213",
        headline="an unknown param was given a value",
        explanation="""\
A value was given for a param that the design's own file does not declare. Params of the
modules that it uses cannot be set.""",
    ),
    Entry(
        code="VQ0214",
        headline="an unknown word",
        explanation="""\
Some places take one of a few words: a trigger is `edge`, `level` or `message`; `memory` is
`sc`, `tso` or `relaxed`; `suppression` is `flags`, `event_idx` or `packed_event`; the numbers
of a controller are `contiguous` or `any`.""",
        wrong="""\
platform small {
    controller pic : rising { lines 0..15 }
}
""",
        right="""\
platform small {
    controller pic : edge { lines 0..15 }
}
""",
    ),
    Entry(
        code="VQ0215",
        headline="a name with a meaning of its own",
        explanation="""\
The name is that of a fact or a function of formulas, such as `base`, `rank` or `true`, or the
first part of one. A second meaning would make formulas hard to read, and so it is not allowed.""",
        wrong="""\
param base in 1..32
""",
        right="""\
param base_line in 1..32
""",
    ),
    Entry(
        code="VQ0216",
        headline="an unknown function",
        explanation="""\
Formulas have the functions `min(a, b)`, `max(a, b)`, `rank(q)`, and the tallies `count(q where
C)` and `rank(q where C)`. A formula of your own gets a name by `let`.""",
        wrong="""\
param n in 1..8
let m = minimum(n, 4)
""",
        right="""\
param n in 1..8
let m = min(n, 4)
""",
    ),
)
