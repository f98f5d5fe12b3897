# ruff: noqa: ISC004  (a table of texts)
"""What each word of the language is for, for `checker explain` and the page that has them all.

docs/reference/language.md has the whole of it in its order; each entry names the section there.
"""

from __future__ import annotations

from model.record import dataclass

PAGE = "docs/reference/language.md"


@dataclass(frozen=True, slots=True)
class Word:
    """A word: where it is written (a section of the page), how, and what it says."""

    section: str
    form: str
    text: str


def _section(name: str, words: dict[str, tuple[str, str]]) -> dict[str, Word]:
    return {w: Word(name, form, text) for w, (form, text) in words.items()}


LANGUAGE: dict[str, Word] = {
    **_section(
        "A file",
        {
            "use": (
                "use lib.virtio.net",
                "Takes over what a module declares: of the library (`lib....`), or a file"
                " beside this one. A module's params, devices and checks stay its own.",
            ),
            "param": (
                "param n in 1..32",
                "A number; everything is proved for every value of its range. A value that is"
                " fixed is a `let`.",
            ),
            "let": ("let n = 2*pairs + 1", "A name for a formula."),
            "assume": (
                "assume n % 2 == 0",
                "A condition that the design relies on. Every verdict holds only under it, and"
                " says so.",
            ),
            "assert": (
                "assert NAME: C",
                "A claim of the author's own about the mapping; the property `assertions` asks"
                " whether it holds.",
            ),
            "check": (
                "check coverage, layering",
                "The properties that are asked for; `check all`: each one that has something to"
                " ask.",
            ),
            "expect": (
                "expect coverage violated",
                "The outcome that the author knows of: `holds`, `violated`, `vacuous` or"
                " `unknown`. Any other fails the run.",
            ),
        },
    ),
    **_section(
        "Formulas",
        {
            "and": ("A and B", "Both hold; also `&&`."),
            "or": ("A or B", "At least one holds; also `||`."),
            "not": ("not A", "It does not hold; also `!`."),
        },
    ),
    **_section(
        "Platforms",
        {
            "platform": (
                "platform NAME(n: 1..8) { ... }",
                "A machine: its CPUs and its interrupt controllers. `platform NAME(4)` puts the"
                " design on one that is imported.",
            ),
            "cpus": ("cpus 32", "How many CPUs the machine has; in formulas, that number."),
            "vectors": (
                "vectors 202 per cpu reserved 15",
                "Interrupt vectors of each CPU, and how many of all of them together are taken.",
            ),
            "controller": (
                "controller c : edge { lines 0..23 }",
                "An interrupt controller: its trigger, its lines by number, and those that are"
                " `reserved`.",
            ),
            "reserved": ("reserved 0..4, 8", "Numbers of a controller that no device is granted."),
            "numbers": (
                "numbers contiguous",
                "What is promised of the numbers of granted lines: `contiguous`, `any` (the"
                " default), or which ones.",
            ),
            "edge": (
                "controller c : edge",
                "A trigger. The controller remembers that a line rose, until the handler is"
                " entered; an edge while the handler runs makes it run again. A line that is up"
                " already has no further edge.",
            ),
            "level": (
                "controller c : level",
                "A trigger. The handler is entered as long as the line is held up, again and"
                " again; a line that nobody lowers is a storm.",
            ),
            "message": (
                "controller c : message",
                "A trigger. Each message (MSI) is remembered until the handler is entered;"
                " there is no pin that stays up.",
            ),
        },
    ),
    **_section(
        "Device types",
        {
            "device_type": (
                "device_type net(n: 1..8) { ... }",
                "The queues of a kind of device, its features, and whether it notifies of"
                " configuration changes.",
            ),
            "id": ("id 1", "The virtio device ID."),
            "feature": (
                "feature mq bit 22",
                "A feature bit. What a device does not fix may be either way, and both are"
                " checked.",
            ),
            "bit": ("feature mq bit 22", "Its number."),
            "queue": (
                "queue rx[i in 0..n-1] at 2*i",
                "In a `device_type`, a family of virtqueues with their indices. In a map,"
                " `queue q -> line E` says where queues go; there q is a variable.",
            ),
            "at": (
                "queue rx[i in 0..n-1] at 2*i",
                "The virtqueue index, linear in the index of the family.",
            ),
            "role": (
                "role rx",
                "What a queue is for, a name that maps may ask for: `q.role == rx`.",
            ),
            "callback": (
                "callback if C",
                "The driver wants used-buffer notifications of the queue; this is so if nothing"
                " is said.",
            ),
            "polled": (
                "polled",
                "The driver wants no notification of the queue, which needs no line.",
            ),
            "slow": (
                "slow",
                "A queue off the fast path, which may share the line of the configuration.",
            ),
            "config_change": (
                "config_change if C",
                "The device notifies of configuration changes.",
            ),
            "pair": (
                "pair rx[i] with tx[i]",
                "Two queues that one CPU ought to serve; `pair_affinity` asks for that.",
            ),
        },
    ),
    **_section(
        "Devices",
        {
            "device": (
                "device NAME : TYPE(...) on TRANSPORT(...) { ... }",
                "A device of the design. `device NAME[n in 0..k-1]` is k of them.",
            ),
            "lines": (
                "lines 1..n of POOL from c",
                "How many lines may be granted; each number of the range is checked. In"
                " formulas, how many are. In a controller, its numbers.",
            ),
            "of": ("lines 2 of msix", "Of which pool of the transport."),
            "from": ("lines 2 from c", "Of which controllers."),
            "shared": ("shared", "Other devices may be on the same lines."),
            "features": ("features mq, no guest_announce", "Features that are fixed, on or off."),
            "no": ("features mq, no guest_announce", "The feature is off."),
            "mode": ("mode irqfd", "Which of the transport's ways to signal is in use."),
            "hint": (
                "hint group(rx[i]) = i",
                "What the driver passes to the transport about a queue. In a transport, `hint"
                " group in 0..7 default 0` says that it takes one.",
            ),
            "affinity": ("affinity line l -> cpu l % cpus", "The CPU that a line fires on."),
            "cpu": ("affinity line l -> cpu E", "A CPU by its number, from 0."),
        },
    ),
    **_section(
        "Transports",
        {
            "transport": (
                "transport NAME { ... }",
                "From queues to lines, and the programs that run: registers, maps, `signal`,"
                " `drive`, `handler`, `service`.",
            ),
            "pool": (
                "pool msix : message",
                "A kind of line that the transport can use, with the triggers that fit."
                " `shared`, `limit E`, `no pending`.",
            ),
            "limit": ("limit 2048", "The most lines of the pool that one device can have."),
            "pending": (
                "pending q",
                "In a condition: the queue has used entries that nobody has seen. `no pending`"
                " of a pool: what comes while a line is masked is gone.",
            ),
            "register": (
                "register status { USED, CONFIG }",
                "Bits that device and driver share. `per line`, `per queue`: one of each;"
                " `clears on read`: reading takes them.",
            ),
            "per": (
                "register status { USED } per line",
                "A register for each line, or each queue.",
            ),
            "clears": (
                "register isr { USED } clears on read",
                "Reading the register clears all that was read, in the same step.",
            ),
            "memory": ("memory tso", "The memory model: `sc`, `tso` or `relaxed`."),
            "sc": ("memory sc", "Stores are seen at once, in order; the default."),
            "tso": (
                "memory tso",
                "Stores wait in a buffer of their CPU, in order; `fence` waits for them.",
            ),
            "relaxed": (
                "memory relaxed",
                "Stores wait in a buffer for each ring; `fence` waits for them.",
            ),
            "suppression": (
                "suppression event_idx",
                "How the driver says which notifications it wants: `none`, `flags`, `event_idx`"
                " or `packed_event`.",
            ),
            "flags": ("suppression flags", "A flag in the available ring: none, or each."),
            "event_idx": (
                "suppression event_idx",
                "`used_event`: the entry from which on the driver wants to be told"
                " (VIRTIO_F_EVENT_IDX).",
            ),
            "packed_event": (
                "suppression packed_event",
                "The driver's event structure of a packed ring.",
            ),
            "map": (
                "map in transport { ... }",
                "A side's rules from queues to lines: `map in transport` or `map in driver` is"
                " the driver's, `map in device` the device's. `coverage` asks whether they"
                " agree.",
            ),
            "driver": ("map in driver { ... }", "The driver's side of the map."),
            "programmed": (
                "map in device { programmed }",
                "The device uses what the driver wrote, as with MSI-X.",
            ),
            "sees": (
                "map in transport sees index, lines",
                "The facts that a layer may map by; `layering` asks whether it depends on others.",
            ),
            "line": (
                "queue q -> line E",
                "The E-th granted line, from 0. In programs `line(q)` is the line of a queue,"
                " `line(config)` that of the configuration, `line[E]` one by number.",
            ),
            "number": (
                "queue q -> number E",
                "An interrupt number, as a driver computes it that does arithmetic on numbers.",
            ),
            "none": ("queue q -> none", "No line; `return none` of a handler: it was not for it."),
            "config": (
                "config -> line 0",
                "The configuration change, as what is mapped, signalled or served.",
            ),
            "otherwise": (
                "queue q -> line 0 otherwise",
                "A rule for all that no rule before it took.",
            ),
            "request": (
                "request lines 0..1 with irq",
                "Which lines the driver requests, each with its handler. Without any: all, with"
                " the only handler.",
            ),
            "with": ("request line 0 with irq", "The handler that a line is requested with."),
            "signal": (
                "signal queue q { ... }",
                "What the device does after it has used buffers of a queue; `signal config`:"
                " after a configuration change. `in MODE`: only then.",
            ),
            "drive": (
                "drive line l while C",
                "A wire: the line is up while a condition over registers holds, and falls with"
                " it. A program does not `raise` it besides.",
            ),
            "resample": (
                "drive line l while C resample",
                "The condition is looked at again only at the end of interrupt (KVM's"
                " resamplefd); programs `raise` the line.",
            ),
            "handler": (
                "handler irq on line l { ... }",
                "What runs when a line fires that was requested with it. It is not entered"
                " again while it runs.",
            ),
            "on": ("handler irq on line l", "The line that a handler runs for, as a variable."),
        },
    ),
    **_section(
        "Policies",
        {
            "policy": (
                "policy NAME sees ... { try ... }",
                "A ladder of ways to map, as `vp_find_vqs()` has: the first wins whose lines"
                " are granted.",
            ),
            "try": (
                "try each { lines 1 + callbacks  ... }",
                "A rung of a policy, tried in turn: its map and its requests; `if C`, `in MODE`.",
            ),
            "default": ("hint group in 0..7 default 0", "The value of a hint that is not given."),
        },
    ),
    **_section(
        "Programs",
        {
            "read": (
                "s = read status",
                "All bits of a register at once, into a local; `s.USED` is one of them.",
            ),
            "set": ("set status.USED", "The device sets bits of a register."),
            "clear": (
                "clear status s",
                "Clears the bits that are set in s, as a write to InterruptACK does; `clear"
                " status.USED`: that bit.",
            ),
            "raise": (
                "raise line(q)",
                "The device drives a line up. On an edge line that is an edge each time in a"
                " transport that never lowers its lines; with a `lower` anywhere in it, a line"
                " stays up until then, and is no edge while it is up. On a level line it stays"
                " up until `lower`.",
            ),
            "lower": (
                "lower line(q)",
                "The device drives a line down. Where any program of the transport does so,"
                " each `raise` of it stays up until then.",
            ),
            "pulse": (
                "pulse line(q)",
                "Up and down at once, as an irqfd does: an edge or a message. On a level line"
                " it is lost while the line is in service.",
            ),
            "mask": (
                "mask l",
                "The line does not fire until `unmask`; what comes meanwhile is kept, as by"
                " `disable_irq()` and MSI-X, but for a pool with `no pending` (a pin masked in an"
                " I/O APIC forgets edges).",
            ),
            "unmask": ("unmask l", "Ends a `mask`."),
            "masked": ("masked l", "In a condition: the line is masked."),
            "asserted": ("asserted l", "In a condition: the device holds the line up."),
            "publish": (
                "publish q",
                "The device writes a used entry and its index; the first step of each `signal"
                " queue`, written or not. `publish config`: the configuration changes.",
            ),
            "drain": ("drain q", "The driver takes all used entries that it sees."),
            "drain_one": ("drain_one q", "The driver takes one used entry."),
            "enable": (
                "enable q",
                "The driver asks to be notified of the queue, in the way of `suppression`. It"
                " has to look once more afterwards.",
            ),
            "disable": ("disable q", "The driver asks not to be notified of the queue."),
            "wants": (
                "wants q",
                "In a condition of the device: the driver asked to be told of what was"
                " published since the last notification.",
            ),
            "wants_last": (
                "wants_last q",
                "The same test on the newest entry only, which is wrong where entries are"
                " published in batches.",
            ),
            "service": (
                "service q",
                "Runs the service program of a queue. Declared, `service NAME(q) { ... }` is"
                " such a program.",
            ),
            "deferred": (
                "service NAME(q) deferred { ... }",
                "It runs after the handler, as NAPI does.",
            ),
            "schedule": (
                "schedule q",
                "Has the deferred service program run later, once. While it is scheduled or runs"
                " nothing more happens: Linux' NAPIF_STATE_MISSED is not modelled.",
            ),
            "complete": (
                "complete q",
                "Gives up the scheduling bit (napi_complete_done()), which is a full barrier;"
                " a program that ends without it runs again, as NAPI polls again. One that has none"
                " at all gives the bit up when it starts, as a tasklet does.",
            ),
            "notify": (
                "notify config",
                "The driver reads the configuration: what serves a configuration change.",
            ),
            "fence": (
                "fence",
                "A full barrier: stores before it are seen before what follows is done. It"
                " matters with `memory tso` and `relaxed`.",
            ),
            "if": (
                "if C { ... } else { ... }",
                "A choice. After a rule or a declaration, `if C` says when it is there.",
            ),
            "else": ("if C { ... } else { ... }", "The other branch."),
            "loop": ("loop { ... }", "For ever, until `stop`."),
            "while": (
                "while C { ... }",
                "A loop as long as a condition holds; of a wire, what it follows.",
            ),
            "stop": ("stop", "Leaves the innermost loop, or else the program."),
            "for": (
                "for q on l where C { ... }",
                "Each queue that the driver mapped to line l; `for q in queues`: all of them.",
            ),
            "queues": (
                "for q in queues { ... }",
                "All queues of the device; in formulas, how many there are.",
            ),
            "where": ("for q on l where C", "Only those for which it holds."),
            "in": (
                "for q in queues",
                "Also of ranges (`param n in 1..8`), sides (`map in device`) and modes (`signal"
                " queue q in irqfd`).",
            ),
            "lock": ("lock NAME { ... }", "One agent of the device at a time is inside."),
            "return": (
                "return none",
                "What a handler tells the kernel: `handled`, which is also meant where there is"
                " no `return`, or `none`.",
            ),
            "handled": ("return handled", "IRQ_HANDLED: the interrupt was for it."),
        },
    ),
}
"""By word, in the order of the page."""

NAMES: dict[str, Word] = {
    **_section(
        "Formulas",
        {
            "true": ("true", "The condition that always holds."),
            "false": ("false", "The condition that never holds."),
            "min": ("min(a, b)", "The smaller number."),
            "max": ("max(a, b)", "The larger number."),
            "count": (
                "count(q where C)",
                "How many queues satisfy a condition, which reads no `q.index` and no `q.nth`.",
            ),
            "rank": ("rank(q)", "How many queues with a callback have a smaller index."),
            "index": ("q.index", "The virtqueue index."),
            "nth": ("q.nth", "The index of a queue inside its family."),
            "family": ("q.family == rx", "The queue family that a queue is of."),
            "callbacks": ("callbacks", "How many queues have a callback."),
            "base": ("base", "The smallest number of the granted lines."),
            "attempt": ("eth0.attempt == each", "The attempt of the policy that won."),
        },
    ),
    **_section(
        "Platforms",
        {
            "any": ("numbers any", "Every numbering is possible."),
            "contiguous": (
                "numbers contiguous",
                "The lines of one device are numbered one after the other.",
            ),
        },
    ),
    **_section(
        "A file",
        {"all": ("check all", "Every property that has something to ask; the others are skipped.")},
    ),
}
"""What is no word of the grammar, and yet means something of its own in its place."""

OTHER_NAMES: dict[str, str] = {
    "ack": "clear", "acknowledge": "clear", "status": "register", "interruptstatus": "register",
    "isr": "register", "napi": "deferred", "poll": "deferred", "budget": "deferred",
    "weight": "deferred", "napi_schedule": "schedule",
    "napi_complete_done": "complete", "used_event": "event_idx", "avail_event": "event_idx",
    "off_wrap": "packed_event", "barrier": "fence", "virtio_mb": "fence", "eoi": "level",
    "msi": "message", "msix": "message", "msi-x": "message", "vector": "line", "gsi": "line",
    "irq": "line", "irqf_shared": "shared", "irqfd": "signal", "resamplefd": "resample",
    "spinlock": "lock", "irq_none": "return", "irq_handled": "handled", "wire": "drive",
    "masking": "mask", "indicator": "register",
}  # fmt: skip
"""What engineers call it, and the word of the language that is about it."""
