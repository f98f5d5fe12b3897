"""What each word of the language is, in a line; docs/reference/language.md says it at length."""

from __future__ import annotations

_TEXT = """\
affinity: `affinity line l -> cpu E`, `affinity queue q -> cpu E`: the CPU that lines are pinned to.
all: `check all`: every property that has something to ask; the others are `skipped`.
and: Both conditions hold.
any: `numbers any`: every numbering is possible.
assert: `assert NAME: FORMULA`: a claim of the author's about the mapping, checked as `assertions`.
asserted: `asserted l`: the line is up.
assume: A condition that the design relies on; it is reported with every verdict.
at: `queue rx[i in ...] at 2*i`: the virtqueue index, linear in the family's index.
attempt: `eth0.attempt`: the attempt of the policy that won, compared with its name.
base: The smallest number of the granted lines.
bit: The bit of a feature.
callback: The queue wants used-buffer notifications (the default; with `if C`, where C holds).
callbacks: How many queues have a callback.
check: The properties to be checked; `check all`: every one that has something to ask.
clear: `clear status x`, `clear status.USED`: clears the bits that are set in x; that bit.
clears: `clears on read`: reading the register clears it.
complete: `complete q`: gives up the scheduling bit of the queue's deferred service.
config: The configuration change as a source of notifications.
config_change: The device notifies of configuration changes (with `if C`, where C holds).
contiguous: `numbers contiguous`: the lines of one device are numbered one after the other.
controller: `controller NAME : TRIGGER { lines ... }`: an interrupt controller with its lines.
count: `count(q where C)`: how many queues satisfy C, which reads no `q.index` and no `q.nth`.
cpu: `cpu E`: a CPU by its number; `per cpu`: for each of them.
cpus: How many CPUs the platform has.
default: What a hint is where the driver passes none.
deferred: The service runs after the handler (NAPI, a softirq), not inside it.
device: `device NAME : TYPE(args) on TRANSPORT { ... }`: a device of the design.
device_type: The queues, features and pairs of a kind of device.
disable: `disable q`: no notifications of the queue, please.
drain: `drain q`: the driver takes all used entries.
drain_one: `drain_one q`: the driver takes one used entry.
drive: `drive line l while C`: a wire that follows a condition over registers.
driver: The driver's side, a layer that maps.
edge: An edge of the line is an interrupt; it is remembered where the controller can.
else: What is done where the condition does not hold.
enable: `enable q`: notifications of the queue, please.
event_idx: VIRTIO_F_EVENT_IDX: the driver says from which entry on it asks to be told.
expect: What the author says the outcome is: holds, violated, vacuous, unknown. Else the run fails.
false: The condition that never holds.
family: The queue family that a queue is of; compared with `==` and `!=`.
feature: `feature NAME bit N`: may be there or not; both are checked, unless a device says which.
features: `features a, no b`: which features a device has; others may be either way.
fence: A full barrier: what the agent has stored is visible before it goes on.
flags: VIRTQ_AVAIL_F_NO_INTERRUPT: the driver asks to be told of all, or of none.
for: `for q on l { }`, `for q in queues { }`: the queues that the driver mapped to l; all queues.
from: The controllers that the lines are granted of.
handled: `return handled`: IRQ_HANDLED, which is also meant where there is no `return`.
handler: `handler NAME on line l { }`: what the driver runs when a line fires.
hint: What the driver passes to the transport about a queue.
id: The number of the device type, as in virtio 1.3, section 5.
if: The rule, attempt, flag or block applies only where the condition holds.
in: Where a name takes its values from; `in MODE`: only in that signalling mode.
index: `q.index`: the virtqueue index.
let: `let n = 2*pairs + 1`: a name for a formula.
level: The line interrupts as long as it is up.
limit: How many lines of the pool a device can have.
line: `line E`: the E-th granted line, from 0; `line(q)`: where the map sends q; `line[E]`.
lines: How many lines there are: asked for by a device, taken by an attempt, of a controller.
lock: `lock NAME { }`: one agent of the device at a time.
loop: Again and again, until `stop`.
lower: `lower L`: the device takes the line down.
map: Which line each queue notifies by, as one side has it: rules in order, the first wins.
mask: `mask l`: the line does not fire until it is unmasked.
masked: `masked l`: the line is masked.
max: `max(a, b)`: the larger number.
memory: `sc` (the default), `tso`, `relaxed`: whether stores wait in buffers, and of whom.
message: A message (MSI) is an interrupt; there is no line to look at.
min: `min(a, b)`: the smaller number.
mode: The signalling mode that the device is in, one of those that signals and attempts name.
no: `no FEATURE`: the device does not have it; `no pending`: what comes while masked is gone.
none: No line, on purpose; `return none`: IRQ_NONE, "not mine".
not: The condition does not hold.
notify: `notify config`: the driver reads the configuration.
nth: `q.nth`: the index of a queue inside its family.
number: `number E`: an interrupt number, as a driver has it that computes with numbers.
numbers: Numbers of the granted lines: listed, `contiguous`, or `any`.
of: The pool that lines are of.
on: `on TRANSPORT`: what the device is on; `on line l`: which line a handler runs for.
or: One of the conditions holds, or both.
otherwise: The rule always holds.
packed_event: The event suppression structure of packed rings.
pair: `pair rx[i] with tx[i]`: one CPU ought to serve both.
param: `param pairs in 1..32`: a number; everything is proved for every value of the range.
pending: `pending q`: the queue has used entries that nobody has looked at.
per: `per line`, `per queue`: one register for each; `per cpu`: for each CPU.
platform: A machine: CPUs, vectors and interrupt controllers.
policy: A ladder of ways to map; the first attempt wins whose lines are granted.
polled: The queue has no callback and needs no interrupt (with `if C`, where C holds).
pool: `pool NAME : TRIGGER`: a kind of lines that a transport uses.
programmed: The device uses the line that the driver wrote (MSI-X, CCW).
publish: `publish q`: a used entry and the index are written; `publish config`: it changed.
pulse: `pulse L`: the device fires the line once (irqfd).
queue: A virtqueue: declared in a device type, mapped by rules, signalled, served.
queues: How many queues there are; `for q in queues`: all of them.
raise: `raise L`: the device drives the line up.
rank: `rank(q)`: how many queues with a callback have a smaller index.
read: `x = read status`: all bits of a register at once into a local.
register: `register NAME { A, B }`: bits that device and driver share, bit 0 first.
relaxed: `memory relaxed`: stores to rings wait in buffers, one of each agent for each ring.
request: `request lines A..B with HANDLER`: request_irq().
resample: The line stays up after the handler if its condition still holds.
reserved: Line numbers, or vectors, that are taken by others.
return: What a handler tells the kernel: `return handled`, `return none`.
role: What a queue is for: compared with `==` and `!=`; without one, the name of its family.
sc: `memory sc`: what is stored is visible at once (the default).
schedule: `schedule q`: has the queue's deferred service run later.
sees: The facts that a layer may use; `layering` asks whether it depends on others.
service: The driver's side of a queue: `service NAME(q) { }` declares it, `service q` runs it.
set: `set status.USED`: the device sets bits of a register.
shared: Other devices may be on the same lines.
signal: What the device does after it has used buffers, or changed its configuration.
slow: A slow-path queue, which may share the interrupt of configuration changes.
stop: Leaves the loop, or else the program.
suppression: `none` (the default), `flags`, `event_idx`, `packed_event`: who asks to be told.
transport: From queues to lines: registers, the maps of both sides, signals and handlers.
true: The condition that always holds.
try: `try NAME in MODE if C { }`: one way to map; it wins if its lines are granted and C holds.
tso: `memory tso`: stores to rings wait in one buffer of each agent, in their order.
unmask: `unmask l`: the line may fire again.
use: The declarations of a module: `lib....`, or a path relative to the folder of the file.
vectors: `vectors N per cpu reserved M`: N for each CPU; M of all of them together are taken.
wants: `wants q`: the driver asked to be told of what was published since it was notified last.
wants_last: `wants_last q`: the same test on the newest used entry only.
where: Only the queues that satisfy the condition.
while: As long as the condition holds.
with: The handler of a request; the other queue of a pair.
"""
WORDS = dict(line.split(": ", 1) for line in _TEXT.splitlines())
"""By word, in Markdown."""
