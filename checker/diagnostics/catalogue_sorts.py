"""What the codes VQ03xx mean: kinds of values."""

from __future__ import annotations

from checker.diagnostics.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        code="VQ0301",
        headline="a value of the wrong kind",
        explanation="""\
A condition stands where a number is needed, or the other way round. There is no conversion
between them: compare a number to get a condition, and choose a number by a condition with `c ?
1 : 0`. Roles and families are neither; they can only be compared.""",
        wrong="""\
param n in 1..8
assume n % 2
""",
        right="""\
param n in 1..8
assume n % 2 == 0
""",
    ),
    Entry(
        code="VQ0302",
        headline="different kinds are compared",
        explanation="""\
Both sides of a comparison, and both branches of a choice, must be of one kind: two numbers,
two conditions, two roles or two families.""",
        wrong="""\
param n in 1..8
assume n == (n > 4)
""",
        right="""\
param n in 1..8
assume (n == 4) == (n > 3)
""",
    ),
    Entry(
        code="VQ0303",
        headline="not a value",
        explanation="""\
A queue, a line, a device, a register or all bits of it stand where a value is needed, or
something else where a queue or a line is needed. Read a fact of it instead: `q.index`,
`s.USED`, `eth0.lines`.""",
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
assert few: disk < 4
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
assert few: disk.lines < 4
device disk : blk(2) on mmio
check coverage
""",
    ),
    Entry(
        code="VQ0304",
        headline="a fact that is not known there",
        explanation="""\
A fact is read in a place where it does not exist yet or means nothing. A device type knows
nothing of lines; how many lines an attempt takes is decided before there are any; and a
condition of a queue family holds for all of its queues or for none, so that it cannot read
their index.""",
        wrong="""\
device_type blk(n: 1..4) {
    id 2
    queue rq[i in 0..lines-1] at i { role request }
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
        code="VQ0305",
        headline="no such part",
        explanation="""\
After the dot stands a part that this value does not have. A queue has index, nth, role,
family, callback, slow and hint.NAME; a device has lines, queues, callbacks, attempt and
feature.NAME; numbers and conditions have no parts.""",
        wrong="""\
transport mmio {
    map in driver { queue q -> line q.idx % lines;  config -> line 0 }
    map in device { queue q -> line q.index % lines;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    map in driver { queue q -> line q.index % lines;  config -> line 0 }
    map in device { queue q -> line q.index % lines;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
    ),
    Entry(
        code="VQ0306",
        headline="a wrong number of arguments",
        explanation="""\
A device type, transport, platform or function is given more or fewer arguments than it has
parameters. They are told apart by their order, and none has a default.""",
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
device disk : blk on mmio
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
        code="VQ0307",
        headline="which instance of a register",
        explanation="""\
There is one register of this name for each line or queue, so that it must be said which is
meant: `ready[l]`, `isr[q]`. Or there is only one of it, and nothing can be said.""",
        wrong="""\
transport mmio {
    register ready { USED } per line
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l {
        s = read ready
        if s.USED { for q on l { service q } }
    }
}
""",
        right="""\
transport mmio {
    register ready { USED } per line
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l {
        s = read ready[l]
        if s.USED { for q on l { service q } }
    }
}
""",
    ),
    Entry(
        code="VQ0308",
        headline="not a constant",
        explanation="""\
The number must be the same for all values of the params: the identifier of a device type, the
bit of a feature, the numbers of lines that are listed one by one.""",
        wrong="""\
param n in 1..8
device_type blk {
    id n
    queue rq at 0
}
""",
        right="""\
device_type blk {
    id 2
    queue rq at 0
}
""",
    ),
    Entry(
        code="VQ0309",
        headline="what a tally cannot read",
        explanation="""\
The condition of `count(q where C)` and `rank(q where C)` is decided once for a whole queue
family. So it cannot read what differs between the queues of a family (index, nth, hints), nor
another tally, nor a queue other than the one that is counted.""",
        wrong="""\
transport mmio {
    map in driver { queue q -> line count(q where q.index < 4) % lines;  config -> line 0 }
    map in device { programmed }
    handler on line l { for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    map in driver { queue q -> line count(q where q.callback) % lines;  config -> line 0 }
    map in device { programmed }
    handler on line l { for q in queues { service q } }
}
""",
    ),
    Entry(
        code="VQ0310",
        headline="a formula is too large",
        explanation="""\
Each `let` stands for its whole formula, and `min` and `max` hold theirs twice; so a formula
can grow beyond every bound in a few lines. A design that needs this is better written with a
further param.""",
        wrong="""\
param n in 1..8
let a = n*n*n*n
let b = a*a*a*a
let c = b*b*b*b
let d = c*c*c*c
let e = d*d*d*d
let f = e*e*e*e
let g = f*f*f*f
""",
        right="""\
param n in 1..8
let a = n*n*n*n
let b = a*a*a*a
""",
    ),
    Entry(
        code="VQ0311",
        headline="run-time state outside of programs",
        explanation="""\
`pending`, `wants`, `wants_last`, `asserted` and `masked` tell the state of the machine at one
moment. Only programs run at a moment; a map, a policy or an assertion holds for good.""",
        wrong="""\
transport mmio {
    map in driver { queue q -> line 0 if not pending q;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
        right="""\
transport mmio {
    map in driver { queue q -> line 0 if q.callback;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
""",
    ),
)
