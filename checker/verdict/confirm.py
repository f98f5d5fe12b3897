"""Whether a run happens: each step once more on the machine, which knows no formula of it."""

from __future__ import annotations

from checker.verdict.trace import Trace, setting_of
from model.design.design import Design
from model.machine.lockstep import found, in_kernel
from model.machine.machine import Machine
from model.machine.replay import NotPossible, replay
from model.machine.replay import Replayed as Replayed


def on_machine(design: Design, trace: Trace) -> Replayed | NotPossible:
    """The run on a machine that is made for it, and whether it ends as it says."""
    if trace.of is None:
        return NotPossible(0, "the run does not say what it is a run of", ())
    setting = setting_of(design, trace.of)
    if setting is None:
        return NotPossible(0, f"the design has no device `{trace.of.device}`", ())
    m = Machine(design, setting, frozenset(trace.of.active))
    return replay(m, trace.steps, trace.sources, trace.loop, kind=trace.kind)


def as_found(design: Design, trace: Trace, seen: Replayed) -> Replayed | NotPossible:
    """The same, unless a step is said to find what it does not find."""
    setting = setting_of(design, trace.of) if trace.of else None
    if setting is None or trace.of is None:
        return seen
    m = Machine(design, setting, frozenset(trace.of.active))
    for s, there in zip(trace.steps, found(m, [s.actor for s in trace.steps]), strict=False):
        wrong = [(k, v) for k, v in s.seen if dict(there).get(k) != v]
        if wrong:
            name, said = wrong[0]
            is_so = f"{name} = {int(dict(there)[name])}" if name in dict(there) else f"no {name}"
            why = f"{s.actor} finds {is_so}, not {name} = {int(said)}"
            return NotPossible(s.number, why, seen.rows[: s.number])
    return seen


def in_the_kernel(design: Design, trace: Trace) -> str:
    """Why the kernel's steps do not have a run of the machine; empty if they do."""
    setting = setting_of(design, trace.of) if trace.of else None
    if setting is None or trace.of is None:
        return ""
    return in_kernel(Machine(design, setting, frozenset(trace.of.active)), trace.steps, trace.loop)
