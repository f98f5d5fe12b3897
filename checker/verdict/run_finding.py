"""A run that shows how a property fails, as a finding: in words, with its places and a hint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.engines.run_question import RunObligation, RunResult
from checker.verdict.finding import Finding, Place
from checker.verdict.passed_over import passed_over
from checker.verdict.reasons import reasons
from checker.verdict.trace import Subject, Trace, of_device, setting_of, unrequested
from model.design.design import Design
from model.design.facts import features_read
from model.design.mapping import Transport
from model.design.program import Drive, If, Signal
from model.expr import Undefined, Var, free
from model.meaning.layout import lay_out_open
from model.meaning.places import statements
from model.span import Span

_MOST_NAMED = 4


def run_finding(o: RunObligation, trace: Trace, result: RunResult) -> Finding:
    """What the run shows."""
    values = tuple(
        (k.split(".", 1)[1], str(v)) for k, v in result.values
        if k.startswith(("param.", "index."))
    )  # fmt: skip
    pins = tuple((k.removeprefix("param."), v) for k, v in result.values if k.startswith("param."))
    n = len(trace.steps)
    hint, why = _advice(o.design, trace)
    unserved = passed_over(o.design, trace)
    return Finding(
        trace.kind,
        f"{_words(trace)} (after {n} step{'' if n == 1 else 's'})",
        (*values, *_features(o.design, trace)),
        (*_places_of(trace), *why),
        pins,
        subject=o.subject,
        hint=hint,
        trace=trace,
        unserved_at=unserved,
        reasons=reasons(o.design, trace),
        blamed=(*why, *unserved, *_last_done(trace)),
    )


def _features(design: Design, trace: Trace) -> Iterator[tuple[str, str]]:
    """Those that the design leaves open and that something asks for, as the run has them."""
    device = next((d for d in design.devices if trace.of and d.name == trace.of.device), None)
    if device is None or trace.of is None:
        return
    given, settled = dict(trace.of.given), {c.name for c in device.features}
    for name in features_read(device, design.transport(device.transport)):
        if name not in settled:
            has = given.get(f"feature.{name}", False)  # As it is laid out.
            yield f"{device.name}.{name}", "yes" if has else "no"


def _words(trace: Trace) -> str:
    left = " and ".join(trace.sources)
    match trace.kind:
        case "lost" if trace.sources == ("config",):
            return "the configuration has changed and nobody will look: every agent rests"
        case "lost":
            return f"{left} {_have(trace)} used entries that nobody will look at: every agent rests"
        case "starved":
            return f"{left} {_have(trace)} used entries that are never served, though nobody rests"
        case "unhandled":
            return (
                "a line fires again and again, and no handler ever says that it was for it: Linux"
                " disables the line after 99,900 of 100,000"
            )
        case _ if nobodys := _unrequested_for_ever(trace):
            return f"{nobodys} stays high, and nobody requested it: it fires for ever"
        case _:
            return "a handler is entered for ever, though nothing new is produced"


def _have(trace: Trace) -> str:
    return "has" if len(trace.sources) == 1 else "have"


def _unrequested_for_ever(trace: Trace) -> str:
    """The line that fires all the time, if there is only one and nobody requested it."""
    if trace.loop is None:
        return ""
    every = {unrequested(s) for s in trace.steps if s.number >= trace.loop}
    return every.pop() if len(every) == 1 else ""


# What to do about it


def _advice(design: Design, trace: Trace) -> tuple[str, tuple[Place, ...]]:
    """A hint where the run does not say by itself what is missing, and places it is about."""
    device = next((d for d in design.devices if trace.of and d.name == trace.of.device), None)
    if device is None or trace.of is None:
        return "", ()
    transport, mode = design.transport(device.transport), trace.of.mode
    mute = [s for s in trace.sources if not _signals(transport, mode, s == "config")]
    if trace.kind == "lost" and mute:
        of = "config" if mute[0] == "config" else "queue q"
        where = f" in mode `{mode}`" if mode and transport.modes else ""
        hint = f"nothing signals {mute[0]}{where}: add `signal {of} {{ ... }}`"
        place = Place(transport.origin, "nothing in it signals it")
        return hint, (place,)
    closed = _never_here(design, trace.of, trace) if trace.kind == "lost" else ()
    if closed:
        return "", closed
    nobodys = next((x for s in trace.steps if (x := unrequested(s))), "")
    if nobodys:
        asked = [r for a in transport.driver.attempts for r in a.requests]
        places = tuple(Place(r.origin, "what is requested") for r in asked)
        return f"request {nobodys}, or map nothing to it; `coverage` asks for that", places
    level = trace.of.trigger == "level"
    if trace.kind == "storm" and level and not _lowered(transport, mode):
        return _LET_GO, ()
    return "", ()


_KNOWN = ("device.", "arg.", "param.")


def _never_here(design: Design, of: Subject, trace: Trace) -> tuple[Place, ...]:
    """Tests that keep a handler of the run from serving anything, whatever it reads.

    They leave no step: what is decided by the design is decided before the run.
    """
    setting = setting_of(design, of)
    entered = {s.origin.text for s in trace.steps if s.verb.startswith("enter for ") and s.origin}
    if setting is None or any(s.verb.startswith("service ") for s in trace.steps):
        return ()
    _, evaluate = lay_out_open(design, setting.device, setting.given, setting.numbers)
    transport = design.transport(setting.device.transport)
    out: list[Place] = []
    for h in transport.handlers:
        for s in statements(h.body) if h.origin.text in entered else ():
            if not isinstance(s, If) or not _is_about_design(s):
                continue
            names = sorted(n for n in free(s.test) if n in _COUNTS)
            try:
                values = ", ".join(f"{n} = {evaluate(Var(n), {})}" for n in names)
                if not evaluate(s.test, {}):
                    out.append(
                        Place(s.origin, f"not entered: {values}" if values else "not entered")
                    )
            except (Undefined, KeyError):
                continue
    return tuple(out)


_COUNTS = ("lines", "base", "cpus")


def _is_about_design(s: If) -> bool:
    return all(n in _COUNTS or n.startswith(_KNOWN) for n in free(s.test))


_LET_GO = (
    "nothing lowers the line: a level line follows a condition, `drive line l while REGISTER.BIT`,"
    " or the device lowers it"
)


def _signals(transport: Transport, mode: str, config: bool) -> list[Signal]:
    """The programs that tell of queues, or of the configuration, in a mode."""
    every = [s for s in transport.signals if s.mode in ("", mode)]
    return [s for s in every if (s.queue is None) == config]


def _lowered(transport: Transport, mode: str) -> bool:
    """Whether anything ever lets go of a line: a wire that follows a condition, or `lower`."""
    wires = any(w.mode in ("", mode) for w in transport.wires)
    every = (x for s in transport.signals if s.mode in ("", mode) for x in statements(s.body))
    return wires or any(isinstance(x, Drive) and x.how == "lower" for x in every)


# Where it is written


def _places_of(trace: Trace) -> tuple[Place, ...]:
    """What the text says of the steps, each place once, with the numbers of its steps."""
    spans: dict[tuple[str, int], Span] = {}
    numbers: dict[tuple[str, int], list[int]] = {}
    for s in trace.steps:
        if s.origin is not None and "\n" not in s.origin.text:
            key = (s.origin.source.path, s.origin.start)
            spans.setdefault(key, s.origin)
            numbers.setdefault(key, []).append(s.number)
    return tuple(Place(span, _steps(numbers[key])) for key, span in spans.items())


def _last_done(trace: Trace) -> Iterator[Place]:
    """The last places where the driver did something, latest first: the device did as it should."""
    for s in reversed(trace.steps):
        if s.origin is not None and not of_device(s):
            yield Place(s.origin)


def _steps(numbers: Sequence[int]) -> str:
    some = ", ".join(map(str, numbers[:_MOST_NAMED]))
    more = ", ..." if len(numbers) > _MOST_NAMED else ""
    return f"step{'' if len(numbers) == 1 else 's'} {some}{more}"
