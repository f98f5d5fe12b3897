"""The operators by name: each stands for a defect that is seen in drivers and devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checker.mutation import formulas, maps, programs
from checker.mutation.edit import Edit
from checker.mutation.formulas import Around
from model.record import dataclass

Edits = Callable[[object, Around], Iterator[Edit]]


@dataclass(frozen=True, slots=True)
class Operator:
    """A way to change a text; `words` is the defect that it stands for."""

    name: str
    words: str
    edits: Edits


OPERATORS = (
    Operator("drop-ack", "an acknowledgement is forgotten", programs.drop_acknowledgement),
    Operator("drop-statement", "a statement is left out", programs.drop_statement),
    Operator("swap-statements", "two statements in the wrong order", programs.swap_statements),
    Operator("drop-fence", "a memory barrier is left out", programs.drop_fence),
    Operator("drop-lock", "a lock is not taken", programs.drop_lock),
    Operator("other-queues", "the wrong set of queues is served", programs.other_queues),
    Operator("other-verb", "raise for pulse, enable for disable, ...", programs.other_verb),
    Operator("other-bit", "the wrong bit is set, cleared or looked at", programs.other_bit),
    Operator("other-line", "the first line in place of the queue's own", programs.other_line),
    Operator("not-deferred", "a service runs in the handler", programs.not_deferred),
    Operator("drop-drive", "a wire does not follow its condition", programs.drop_drive),
    Operator("keeps-on-read", "reading a register clears nothing", programs.keeps_on_read),
    Operator("other-trigger", "edge for level, level for edge", programs.other_trigger),
    Operator("negate", "a condition is turned round", formulas.negate),
    Operator("unconditional", "a condition is not looked at", formulas.unconditional),
    Operator("off-by-one", "a number, a place or a bound is off by one", formulas.off_by_one),
    Operator("other-comparison", "< for <=, == for !=", formulas.other_comparison),
    Operator("other-sign", "+ for -, - for +", formulas.other_sign),
    Operator("and-or", "and for or, or for and", formulas.and_or),
    Operator("drop-divisor", "% or / is forgotten", formulas.drop_divisor),
    Operator("drop-rule", "a rule of a map is left out", maps.drop_rule),
    Operator("swap-rules", "rules or attempts in the wrong order", maps.swap_rules),
    Operator("drop-attempt", "a policy does not try something", maps.drop_attempt),
    Operator("drop-request", "a line is not requested", maps.drop_request),
    Operator("other-handler", "a line has the wrong handler", maps.other_handler),
    Operator("by-type", "a transport knows the type of a device", maps.by_type),
    Operator("callback", "a queue with a callback is polled, or not", maps.callback),
    Operator("drop-wish", "a hint, an affinity or a service is left out", maps.drop_wish),
    Operator("other-sharing", "a line is shared, or not", maps.other_sharing),
)
