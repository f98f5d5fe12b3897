"""Who was to serve what a run leaves unserved, and did not: by the run and the programs alone.

The programs say where a handler or a service serves a source at all. The run says who of these was
entered since there was something to be seen, and what kept it away from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from checker.verdict.finding import Place
from checker.verdict.trace import Trace, TraceStep, setting_of
from model.design.design import Design
from model.design.mapping import Transport
from model.design.program import Block, ForQueues, Handler, If, LineVar, Locked, Loop, Return
from model.expr import TRUE, Expr, Undefined, Value, Var, free, negate
from model.meaning.layout import Evaluate, lay_out_open, service_of
from model.meaning.places import Reached, reached, settable_bits, statements
from model.meaning.rows import Row
from model.record import dataclass
from model.span import Span

_FENCE = "fence"


@dataclass(frozen=True, slots=True)
class _Run:
    """The steps of an agent from where it was entered, up to where it is entered again."""

    actor: str
    handler: Handler
    steps: tuple[TraceStep, ...]


def passed_over(design: Design, trace: Trace) -> tuple[Place, ...]:
    """Places that were to serve the sources left, each with why it does not; empty if none are."""
    setting = setting_of(design, trace.of) if trace.of and trace.sources else None
    if setting is None or trace.of is None:
        return ()
    laid, evaluate = lay_out_open(design, setting.device, setting.given, setting.numbers)
    transport = design.transport(setting.device.transport)
    runs = _runs(transport, trace)
    out: dict[tuple[str, int], Place] = {}
    places = sorted(k for n in trace.sources if (k := laid.rows.place(n)) is not None)
    for row in (laid.rows[k] for k in places):
        for p in _of_source(transport, trace, row, runs, evaluate):
            out.setdefault((p.span.source.path, p.span.start), p)
    return tuple(out.values())


def unheard(trace: Trace) -> tuple[TraceStep, ...]:
    """What the device did for a source that is left, and had no effect: what it tells is told."""
    agents = {f"device {source}": source for source in trace.sources}
    mine = (s for s in trace.steps if s.actor in agents and not (s.changes or s.seen))
    return tuple(s for s in mine if s.verb != _FENCE and s.number > _since(trace, agents[s.actor]))


def _of_source(
    transport: Transport, trace: Trace, row: Row, runs: tuple[_Run, ...], evaluate: Evaluate
) -> Iterator[Place]:
    since, took = _since(trace, row.name), _taken(trace, row.name)
    named = False
    for r in (r for r in runs if since and r.steps[-1].number > since):
        places = reached(r.handler.body, settable_bits(transport, ""))
        line = _line_of(r)
        mine = (row.device.kind, row.device.ordinal) == ("line", line)
        for place in (p for p in places if _is_about_kind(p, row)):
            left_out = _left_out(r.handler, place, row, line, evaluate)
            if left_out and not mine:
                continue  # That of another line is not expected to serve it.
            why = left_out or _why_not(transport, r, place, row, since, evaluate)
            end = None if left_out or not why else _way_out(r, place, row, evaluate)
            if end is not None:
                at, how = end
                words = f"{r.actor} ends here, before it serves {row.name} in line"
                yield Place(at, f"{words} {place.origin.line}: {how}")
            elif why:
                yield Place(place.origin, f"{r.actor} was to serve {row.name} here: {why}")
            named = named or bool(why)
        if r.handler.name in row.handlers and not any(_is_about_kind(p, row) for p in places):
            yield Place(
                r.handler.origin,
                f"{r.actor} is entered ({_steps(r)}), and has no place that serves {row.name}",
            )
            named = True
    if took is not None and took[0].origin is not None and "\n" not in took[0].origin.text:
        yield Place(took[0].origin, f"{_took(*took, row.name, since)}, and nobody serves it after")
    elif since and not named:
        yield from _not_entered(transport, row, since, evaluate)


def _left_out(
    handler: Handler, place: Reached, row: Row, line: int | None, evaluate: Evaluate
) -> str:
    """Why the loops around a place never go through the source, whatever is read; '' if they do.

    `line` is that of the handler.
    """
    for loop in place.loops if place.queue else ():
        if loop.queue.name != place.queue:
            continue
        own = isinstance(loop.line, LineVar) and loop.line.name == handler.line.name
        if own and (row.driver.kind, row.driver.ordinal) != ("line", line):
            return f"it goes through the queues that the driver has on its line, and {_has(row)}"
        if not _may_be(loop, row, evaluate):
            return f"its loop leaves it out (`{_head(loop.origin)}`)"
    return ""


def _has(row: Row) -> str:
    """Where the driver has a source."""
    match row.driver.kind:
        case "line":
            return f"it has {row.name} on line {row.driver.ordinal}"
        case "none":
            return f"its map gives {row.name} no line (`none`)"
        case "unmapped":
            return f"no rule of its map takes {row.name}"
        case _:
            return f"its map of {row.name} is undefined ({row.driver.fault})"


def _may_be(loop: ForQueues, row: Row, evaluate: Evaluate) -> bool:
    """False if the facts of the queue alone say that the loop passes over it."""
    own = {f"{loop.queue.name}.{n.removeprefix('q.')}": v for n, v in row.facts.items()}
    return not _is(loop.where, own, evaluate, so=False)


def _head(span: Span) -> str:
    return span.text.partition("{")[0].strip()


def _since(trace: Trace, source: str) -> int:
    """The last step that left something to be seen; 0 if there is none."""
    return max(
        (s.number for s, before, after in _unseen(trace, source) if after > before), default=0
    )


def _taken(trace: Trace, source: str) -> tuple[TraceStep, int] | None:
    """The last step that took something of it, and how much it left."""
    some = [(s, after) for s, before, after in _unseen(trace, source) if after < before]
    return some[-1] if some else None


def left_since(trace: Trace, source: str) -> int:
    """The step that published the first of what is left to be seen; 0 if nothing is left.

    Entries are taken in the order in which they were used: the last ones are left.
    """
    left, put = 0, []
    for s, before, after in _unseen(trace, source):
        left = after
        put += [s.number] * max(0, after - before)
    return put[-left] if 0 < left <= len(put) else 0


def _took(step: TraceStep, left: int, source: str, since: int) -> str:
    if left:
        return (
            f"{step.actor} takes what it sees of {source} in step {step.number}, and leaves {left}"
        )
    return f"{step.actor} takes what {source} has in step {step.number}, before step {since}"


def _unseen(trace: Trace, source: str) -> Iterator[tuple[TraceStep, int, int]]:
    """The steps that change how much of it is unseen: how much it was, and is then."""
    cell = f"{source}.unseen"
    now = int(trace.start.get(cell, 0))
    for s in trace.steps:
        for name, v in s.changes:
            if name == cell:
                yield s, now, int(v)
                now = int(v)


def _runs(transport: Transport, trace: Trace) -> tuple[_Run, ...]:
    """The last run of each handler, of those that are entered."""
    by_origin = {_key(h.origin): h for h in transport.handlers}
    last: dict[tuple[str, str], _Run] = {}
    for k, s in enumerate(trace.steps):
        handler = by_origin.get(_key(s.origin)) if s.origin else None
        if handler is None:
            continue
        steps = [s]
        for later in trace.steps[k + 1 :]:
            if later.actor == s.actor:
                if later.origin is not None and _key(later.origin) in by_origin:
                    break
                steps.append(later)
        last[s.actor, handler.name] = _Run(s.actor, handler, tuple(steps))
    return tuple(last.values())


def _key(span: Span) -> tuple[str, int, int]:
    return span.source.path, span.start, span.end


def _is_about_kind(place: Reached, row: Row) -> bool:
    """Queues are served as queues, the configuration as such."""
    return bool(place.queue) == (row.family is not None)


def _why_not(
    transport: Transport, r: _Run, place: Reached, row: Row, since: int, evaluate: Evaluate
) -> str:
    """What kept the run from there; empty if it did get there after all."""
    source = row.name
    inside = [place.origin, *(s.origin for s in transport.services if not place.directly)]
    here = [s for s in r.steps if _is_in(s.origin, inside) and _is_about(s, source)]
    if any(s.number > since for s in here):
        vain = f"schedule {source}" in {s.verb for s in here} and not has_deferred(transport, row)
        return f"it schedules {source}, which has no deferred service" if vain else ""
    if here:
        return f"it was here in step {here[-1].number}, before step {since}"
    found = _found(r)
    guards = _guards(r.handler.body, place.origin)
    tests = [g.test for g in guards]
    for test in tests:
        names = free(test)
        known = names and names <= found.keys()
        if known and _is(test, {n: found[n][1] for n in names}, evaluate, so=False):
            return f"it does not get here, as {_said(names, found)}"
    for test in tests:
        # What nothing sets in this run is no cell, and so no step has found it.
        unset = sorted(n for n in free(test) - found.keys() if _is_bit(n))
        if unset and _is(test, _values(free(test), found), evaluate, so=False):
            some = ", ".join(n.removeprefix("local.") for n in unset)
            return f"it does not get here, as nothing sets {some} in this run"
    facts = _facts_there(r, place, row, found)
    for g in guards:
        if _is(g.test, facts, evaluate, so=False):
            return f"it does not get here, as `{g.head}` is not so{_with(g.test, facts, evaluate)}"
    return f"it does not get here ({_steps(r)})"


def _facts_there(r: _Run, place: Reached, row: Row, found: _Found) -> dict[str, Value]:
    """What is known where a run was to serve a source: the queue, the line, what it has read."""
    known: dict[str, Value] = {n: v for n, (_, v) in found.items()}
    known[r.handler.line.name] = _line_of(r)
    for name, v in row.facts.items():
        known[f"{place.queue}.{name.removeprefix('q.')}"] = v
    return known


def _line_of(r: _Run) -> int:
    return int(r.actor.rsplit(" ", 1)[1])


def _is(test: Expr, known: Mapping[str, Value], evaluate: Evaluate, *, so: bool) -> bool:
    try:
        return bool(evaluate(test, known)) is so
    except (Undefined, KeyError):
        return False


def _with(test: Expr, known: Mapping[str, Value], evaluate: Evaluate) -> str:
    """The values of what a condition speaks of, as far as it has names."""
    said = []
    for name in sorted(free(test)):
        try:
            v = evaluate(Var(name), known)
        except (Undefined, KeyError):
            continue
        said.append(f"{name.removeprefix('local.')} = {int(v)}")
    return f" ({', '.join(said)})" if said else ""


_Found = Mapping[str, tuple[int, bool | int]]


def _found(r: _Run) -> _Found:
    """What the run read last into each local, and in which step."""
    found: dict[str, tuple[int, bool | int]] = {}
    for s in r.steps:
        found |= {f"local.{name}": (s.number, v) for name, v in s.seen}
    return found


def _said(names: Iterable[str], found: _Found) -> str:
    known = sorted(n for n in names if n in found)
    said = (f"{n.removeprefix('local.')} = {int(found[n][1])}" for n in known)
    at = ", ".join(str(n) for n in sorted({found[n][0] for n in known}))
    return f"step {at} found {', '.join(said)}"


def _is_bit(name: str) -> bool:
    return name.startswith("local.") and name.count(".") == 2


def _values(names: Iterable[str], found: _Found) -> dict[str, Value]:
    known: dict[str, Value] = {n: found[n][1] for n in names if n in found}
    return {**{n: False for n in names if _is_bit(n)}, **known}


def has_deferred(transport: Transport, row: Row) -> bool:
    """Whether something runs once the source is scheduled."""
    service = None if row.family is None else service_of(transport, row.family)
    return service is not None and service.deferred


def _way_out(r: _Run, place: Reached, row: Row, evaluate: Evaluate) -> tuple[Span, str] | None:
    """The `return` before a place that the run came to, by what it had read, and how."""
    found = _found(r)
    facts = _facts_there(r, place, row, found)
    for s in statements(r.handler.body):
        if not isinstance(s, Return) or s.origin.end > place.origin.start:
            continue
        if s in r.handler.body:
            return s.origin, "always"
        guards = [g for g in _guards(r.handler.body, s.origin) if g.test != TRUE]
        names = frozenset[str]().union(*(free(g.test) for g in guards))
        known = {**_values((n for n in names if _is_bit(n)), found), **facts}
        if guards and all(_is(g.test, known, evaluate, so=True) for g in guards):
            if names & found.keys():
                return s.origin, _said(names, found)
            said = (f"`{g.head}`{_with(g.test, known, evaluate)}" for g in guards)
            unset = names and all(_is_bit(n) for n in names)
            return s.origin, "nothing is set" if unset else ", ".join(said)
    return None


def _steps(r: _Run) -> str:
    first, last = r.steps[0].number, r.steps[-1].number
    return f"step {first}" if first == last else f"steps {first} to {last}"


def _is_in(span: Span | None, some: list[Span]) -> bool:
    return span is not None and any(
        span.source.path == x.source.path and x.start <= span.start and span.end <= x.end
        for x in some
    )


def _is_about(s: TraceStep, source: str) -> bool:
    return source in s.verb.split() or any(c.startswith(f"{source}.") for c, _ in s.changes)


@dataclass(frozen=True, slots=True)
class _Guard:
    """A condition that has to be so to get to a place, and how the text says it."""

    test: Expr
    head: str


def _guards(body: Block, target: Span, under: tuple[_Guard, ...] = ()) -> tuple[_Guard, ...]:
    """The conditions around a statement, from the outside in."""
    for s in body:
        inside: list[tuple[Block, tuple[_Guard, ...]]] = []
        head = _head(s.origin)
        match s:
            case If(test, then, other):
                otherwise = _Guard(negate(test), f"else of {head}")
                inside = [(then, (_Guard(test, head),)), (other, (otherwise,))]
            case Loop(test, inner) | ForQueues(_, _, test, inner):
                inside = [(inner, (_Guard(test, head),))]
            case Locked(_, inner):
                inside = [(inner, ())]
        for block, tests in inside:
            found = _guards(block, target, (*under, *tests))
            if found:
                return found
        if _key(s.origin) == _key(target):
            return (*under, _Guard(TRUE, head))
    return ()


def _not_entered(transport: Transport, row: Row, since: int, evaluate: Evaluate) -> Iterator[Place]:
    for h in transport.handlers:
        if h.name in row.handlers:
            for place in reached(h.body, settable_bits(transport, "")):
                if not _is_about_kind(place, row):
                    continue
                left_out = _left_out(h, place, row, row.device.ordinal, evaluate)
                of = "" if row.device.ordinal is None else f" of line {row.device.ordinal}"
                words = f"the handler{of} was to serve {row.name} here: it is not entered after"
                never = f"{row.name} is never served here: {left_out}"
                yield Place(place.origin, never if left_out else f"{words} step {since}")
