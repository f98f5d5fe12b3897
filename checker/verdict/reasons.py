"""What in a run kept what is left from being seen to: in sentences, each about a step.

Only what the steps do is looked at, and what the lines follow: no program is known by its form.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from checker.verdict.passed_over import has_deferred, left_since, unheard
from checker.verdict.trace import Trace, TraceStep, of_device, setting_of
from model.design.design import Design
from model.design.device import Trigger
from model.expr import Expr, Value, free, value
from model.meaning.instance import Instance
from model.meaning.rows import Row
from model.record import dataclass

_UNDER = " (under "
_SETS = re.compile(r"set (?P<register>.+)\.(?:\{(?P<bits>.+)\}|(?P<bit>[^.{}]+))")
_State = dict[str, Value]


@dataclass(frozen=True, slots=True)
class _Line:
    """The line that the device drives for a source, and the condition that it follows."""

    name: str
    trigger: Trigger
    wire: Expr | None


@dataclass(frozen=True, slots=True)
class _Left:
    """A source that is left: since which step, its line, and the states between all steps."""

    source: str
    since: int
    line: _Line | None
    trace: Trace
    states: tuple[_State, ...]
    is_deferred: bool = True
    """Whether something runs once it is scheduled."""

    def after(self) -> Iterator[tuple[TraceStep, _State]]:
        """The steps since then, each with the state that it finds."""
        for s in self.trace.steps[self.since :]:
            yield s, self.states[s.number - 1]

    def own(self, s: TraceStep) -> bool:
        """Whether the device takes the step for this source."""
        return s.actor == f"device {self.source}"


def reasons(design: Design, trace: Trace) -> tuple[str, ...]:
    """In the order of the steps."""
    setting = setting_of(design, trace.of) if trace.of and trace.sources else None
    if setting is None or trace.of is None:
        return ()
    instance = Instance(design, setting)
    low, _ = instance.lowered(frozenset(trace.of.active))
    states = _states(trace)
    out: list[tuple[int, str]] = []
    for source in trace.sources:
        row = instance.rows.named(source)
        ordinal = None if row is None or row.device.kind != "line" else row.device.ordinal
        line = None
        if ordinal is not None and 0 <= ordinal < len(instance.lines):
            here = instance.lines[ordinal]
            # Of a resampled line the condition is looked at only at the end of an interrupt.
            follows = here.name not in low.lines.resampled
            wire = low.lines.wires.get(here.name) if follows else None
            line = _Line(here.name, setting.trigger, wire)
        left = _Left(
            source,
            left_since(trace, source),
            line,
            trace,
            states,
            row is None or has_deferred(design.transport(setting.device.transport), row),
        )
        if left.since:
            for some in _ALL:
                out += some(left)
            if row is not None and line is None:
                out.append((left.since, _nowhere(row)))
    return tuple(dict.fromkeys(words for _, words in sorted(out)))


def _nowhere(row: Row) -> str:
    """Why the device has no line for a source."""
    landing = row.device
    if landing.kind == "line":
        why = f"{landing.short} is not granted"
    elif landing.fault is not None:
        why = f"its map is undefined ({landing.fault})"
    else:
        why = "its map gives it none" if landing.kind == "none" else "no rule of its map takes it"
    return f"the device has no line for {row.name}: {why}"


def _states(trace: Trace) -> tuple[_State, ...]:
    state = dict(trace.start)
    out = [state]
    for s in trace.steps:
        state = {**state, **dict(s.changes)}
        out.append(state)
    return tuple(out)


def _does(s: TraceStep) -> str:
    return s.verb.split(_UNDER)[0]


def _step(s: TraceStep) -> str:
    at = f" ({os.path.basename(s.origin.source.path)}:{s.origin.line})" if s.origin else ""
    return f"step {s.number}, `{_does(s)}`{at},"


def _cleared(left: _Left) -> Iterator[tuple[int, str]]:
    """A bit that tells of it is cleared, by somebody who has not read it or does not serve it."""
    for s, _ in left.after():
        if of_device(s) or not _does(s).startswith(("clear ", "read ")):
            continue
        for cell in (c for c, v in s.changes if not v):
            register, _, bit = cell.rpartition(".")
            earlier = left.trace.steps[: s.number - 1]
            own = [x for x, _ in left.after() if left.own(x) and _sets(x, register, bit)]
            told = [x for x in own if x.number < s.number]
            reads = [x for x in earlier if _does(x) == f"read {register}" and not of_device(x)]
            if told:
                by = told[-1].number
                how = "set" if (cell, True) in told[-1].changes else "found set"
                words = f"clears `{cell}`, which device {left.source} {how} in step {by}"
                yield s.number, f"{_step(s)} {words}; {_who_read(left, s, reads, by)}"


def _who_read(left: _Left, s: TraceStep, reads: list[TraceStep], since: int) -> str:
    """What came of what is cleared, of which these are the readers before."""
    if _does(s).startswith("read "):
        return f"{s.actor} does not serve {left.source} after it"
    later = [x for x in reads if x.number > since]
    if later:
        x = later[-1]
        return f"{x.actor} read it in step {x.number}, and does not serve {left.source} after that"
    return f"it was last read in step {reads[-1].number}" if reads else "nobody has read it"


def _sets(s: TraceStep, register: str, bit: str) -> bool:
    m = _SETS.fullmatch(_does(s))
    if m is None or m["register"] != register:
        return False
    return bit in (m["bits"].split(", ") if m["bits"] else [m["bit"]])


def _made_no_edge(left: _Left) -> Iterator[tuple[int, str]]:
    """The condition of its line is true already: an edge is where it becomes true."""
    line = left.line
    if line is None or line.wire is None or line.trigger is Trigger.LEVEL:
        return
    for s, before in left.after():
        after = left.states[s.number]
        changed = any(c in free(line.wire) for c, _ in s.changes)
        pending = after.get(f"{line.name}.pending")
        if left.own(s) and changed and not pending and _holds(line.wire, before):
            yield s.number, f"{_step(s)} makes no edge: what {line.name} follows was true already"


def _holds(e: Expr, state: Mapping[str, Value]) -> bool:
    """Cells that a run does not have are never anything but false."""
    return bool(value(e, {**dict.fromkeys(free(e), False), **state}))


def _unheard(left: _Left) -> Iterator[tuple[int, str]]:
    for s in unheard(left.trace):
        if left.own(s):
            why = _why_unheard(left, s)
            yield s.number, f"{_step(s)} changes nothing{': ' * bool(why)}{why}"


def _why_unheard(left: _Left, s: TraceStep) -> str:
    state, line = left.states[s.number - 1], left.line
    verb, _, of = _does(s).partition(" ")
    if verb == "set":
        return "it is set already"
    if verb not in ("raise", "pulse") or line is None or of != line.name:
        return ""
    if state.get(f"{of}.pending"):
        return "an interrupt is pending already"
    if verb == "raise" and state.get(f"{of}.high"):
        return "the line is high already"
    if state.get(f"{of}.masked"):
        return "the line is masked"
    if line.trigger is Trigger.LEVEL and verb == "pulse":
        return "while its handler runs, a level line takes no pulse"
    return "the line is high already"


def _looks(left: _Left) -> Iterator[tuple[int, str]]:
    """Who looked, and saw nothing of it."""
    last: dict[tuple[str, str], tuple[int, str]] = {}
    for s, before in left.after():
        does = _does(s)
        if dict(s.seen).get("it is", True):
            continue
        if does == f"look: pending {left.source}":
            words = _not_visible(left, s)
        elif does in (f"look: wants {left.source}", f"look: wants_last {left.source}"):
            why = _why_not_wanted(left, s, before)
            words = f"finds no{', as ' * bool(why)}{why}: nobody is told"
        else:
            continue
        if words:
            last[s.actor, does] = s.number, f"{_step(s)} {words}"
    yield from last.values()


def _not_visible(left: _Left, s: TraceStep) -> str:
    seen = f"{left.source}.visible"
    later = (x.number for x in left.trace.steps[s.number :] if (seen, True) in x.changes)
    at = next(later, 0)
    return f"finds no: what is used in step {left.since} is visible from step {at} on" if at else ""


def _why_not_wanted(left: _Left, s: TraceStep, before: Mapping[str, Value]) -> str:
    cell = f"{left.source}.notifications enabled"
    if not before.get(cell, True):
        off = [x for x in left.trace.steps[: s.number - 1] if (cell, False) in x.changes]
        return f"notifications are disabled since step {off[-1].number}" if off else ""
    past = before.get(f"{left.source}.used since used_event")
    new = before.get(f"{left.source}.used since last decision")
    if past is None or new is None:
        return ""
    if past > 1 and "wants_last" in s.verb:
        return "used_event names an entry before the newest"
    if past > new:
        return "the device has decided before about the entry that used_event names"
    return "" if past else "the entry that used_event names is not used yet"


def _scheduled(left: _Left) -> Iterator[tuple[int, str]]:
    for s, before in left.after():
        if _does(s) != f"schedule {left.source}":
            continue
        if before.get(f"{left.source}.scheduled"):
            yield s.number, f"{_step(s)} changes nothing: its service is scheduled already"
        elif not left.is_deferred:
            yield s.number, f"{_step(s)} has nothing run: {left.source} has no deferred service"


def _tells_nobody(left: _Left) -> Iterator[tuple[int, str]]:
    """The device does all that it does for it, and no line is to fire."""
    own = [s for s in left.trace.steps[left.since - 1 :] if left.own(s)]
    tells = ("raise ", "pulse ", "look: wants")
    line = left.line
    if line is None or any(_does(s).startswith(tells) for s in own):
        return
    if line.wire is None:
        why = "it raises no line"
    elif not any(_holds(line.wire, left.states[s.number]) for s in own):
        why = f"what {line.name} follows is not true then"
    else:
        return
    yield own[-1].number, f"{_step(own[-1])} is the last that the device does for it, and {why}"


def _taken_down(left: _Left) -> Iterator[tuple[int, str]]:
    """Its level line is high and low again before a handler is entered."""
    line = left.line
    if line is None or line.wire is None or line.trigger is not Trigger.LEVEL:
        return
    up = 0
    for s, before in left.after():
        was, now = _holds(line.wire, before), _holds(line.wire, left.states[s.number])
        if now and not was:
            up = s.number
        if _does(s) == f"enter for {line.name}":
            up = 0
        if was and not now and up:
            words = f"takes {line.name} down, high since step {up}, before its handler is entered"
            yield s.number, f"{_step(s)} {words}"
            up = 0


def _masked(left: _Left) -> Iterator[tuple[int, str]]:
    cell = "" if left.line is None else f"{left.line.name}.masked"
    if left.line is None or not left.states[-1].get(cell):
        return
    at = [s for s in left.trace.steps if (cell, True) in s.changes]
    if at:
        yield at[-1].number, f"{_step(at[-1])} masks {left.line.name}, and nobody unmasks it after"


_ALL = (
    _cleared,
    _taken_down,
    _made_no_edge,
    _unheard,
    _tells_nobody,
    _looks,
    _scheduled,
    _masked,
)
