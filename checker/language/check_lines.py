"""What programs of a transport do, where that is hardly what was meant: to lines, by services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.diagnostics.diagnostic import Label
from checker.language.sink import Sink
from model.design.device import Device, Trigger
from model.design.mapping import Transport
from model.design.program import Drive, QueueAction, Signal
from model.expr import Lit
from model.meaning.layout import service_of
from model.meaning.places import statements


def check_lines(sink: Sink, transport: Transport) -> None:
    """Report it."""
    _wired_and_driven(sink, transport)
    _never_raised(sink, transport)
    _lowered_elsewhere(sink, transport)
    _undriven(sink, transport)


def _drives(signal: Signal) -> Iterator[Drive]:
    return (s for s in statements(signal.body) if isinstance(s, Drive))


def _wired_and_driven(sink: Sink, transport: Transport) -> None:
    """A pin has one level: what a program does to it is lost while the wire holds it up.

    A wire with `resample` is not meant: it holds a line up that a `raise` has raised.
    """
    for wire in transport.wires:
        for signal in transport.signals if not wire.resample else ():
            if wire.mode and signal.mode and wire.mode != signal.mode:
                continue
            for d in _drives(signal):
                mode = f" in mode `{wire.mode or signal.mode}`" if wire.mode or signal.mode else ""
                headline = f"`{d.how}` of a line that follows a condition{mode}"
                hint = (
                    f"leave the `{d.how}` out: the line rises with the condition and falls with it;"
                    " or leave the `drive` out, and drive it by programs alone"
                )
                sink.warning("VQ0428", headline, d.origin, hint, Label(wire.origin, "the wire"))


def _never_raised(sink: Sink, transport: Transport) -> None:
    """A wire with `resample` is looked at when a handler is done: none starts by itself."""
    for wire in transport.wires:
        of_mode = [s for s in transport.signals if s.mode in ("", wire.mode) or not wire.mode]
        drives = [d for s in of_mode for d in _drives(s)]
        if not wire.resample or any(d.how in ("raise", "pulse") for d in drives):
            continue
        mode = f" in mode `{wire.mode}`" if wire.mode else ""
        headline = f"a line with `resample` that no program raises{mode}"
        hint = (
            "`raise` it where the condition becomes true; or leave `resample` out: the line then"
            " follows the condition"
        )
        sink.warning("VQ0433", headline, wire.origin, hint)


def _lowered_elsewhere(sink: Sink, transport: Transport) -> None:
    """Whether a `raise` stays up is decided by all programs of the transport.

    One that never lowers reads as if each `raise` were an edge; with a `lower` in another program,
    be it of another mode, only the first is.
    """
    if transport.pools and all(p.triggers == (Trigger.LEVEL,) for p in transport.pools):
        return  # On a level line a `raise` stays up in any case.
    lowers = [(s, d) for s in transport.signals for d in _drives(s) if d.how == "lower"]
    for signal in transport.signals if lowers else ():
        drives = list(_drives(signal))
        raised = next((d for d in drives if d.how == "raise"), None)
        if raised is None or any(d.how == "lower" for d in drives) or _resampled(transport, signal):
            continue
        other, lower = lowers[0]
        apart = other.mode and signal.mode and other.mode != signal.mode
        mode = f", though it is of mode `{other.mode}`" if apart else ""
        headline = "a `raise` that no `lower` follows is an edge only while the line is low"
        hint = (
            "lower the line in this program too, or `pulse` it; in a transport without any `lower`"
            " each `raise` is an edge"
        )
        words = f"because of this `lower`{mode}"
        sink.note("VQ0429", headline, raised.origin, hint, Label(lower.origin, words))


def _undriven(sink: Sink, transport: Transport) -> None:
    """Maps say where a line is meant; that it rises is said by programs and wires alone."""
    for signal in transport.signals if not sink.has_errors else ():  # One may be in its program.
        wires = [w for w in transport.wires if not w.mode or signal.mode in ("", w.mode)]
        if wires or any(d.how in ("raise", "pulse") for d in _drives(signal)):
            continue
        what = "a queue" if signal.queue else "the configuration"
        mode = f" in mode `{signal.mode}`" if signal.mode else ""
        line = f"line({signal.queue.name if signal.queue else 'config'})"
        headline = f"the signal of {what} drives no line{mode}, and no `drive` does"
        hint = (
            f"`raise {line}` or `pulse {line}` in it, or add `drive line l while ...`; `coverage`"
            " is about maps, and holds without it"
        )
        sink.note("VQ0434", headline, signal.origin, hint)


def check_scheduled(sink: Sink, device: Device, transport: Transport) -> None:
    """Report programs that schedule what never runs: no service of the device is deferred."""
    given = (service_of(transport, f) for f in device.families)
    services = [s for s in given if s is not None]
    bodies = [h.body for h in transport.handlers] + [s.body for s in services]
    actions = (s for b in bodies for s in statements(b) if isinstance(s, QueueAction))
    scheduled = next((s for s in actions if s.verb == "schedule"), None)
    if scheduled is None or any(s.deferred for s in services):
        return
    idle = [s for s in transport.services if s.deferred]
    if idle and not services:
        headline = f"a queue of `{device.name}` is scheduled, and it names no service: nothing runs"
        hint = f"`service {idle[0].name}` in the device has it run then"
        label = Label(idle[0].origin, f"deferred, and not used by `{device.name}`")
        sink.warning("VQ0431", headline, scheduled.origin, hint, label)
        return
    own = next(iter(services), None)
    name = f"`{own.name}`, its service program, is" if own else "a service program that drains is"
    hint = "say `deferred` before its block: it then runs when it is scheduled, as NAPI does"
    also = [Label(own.origin, "not deferred")] if own else []
    headline = f"a queue of `{device.name}` is scheduled, and {name} not deferred: nothing runs"
    sink.warning("VQ0431", headline, scheduled.origin, hint, *also)


def check_triggers(sink: Sink, made: Sequence[tuple[Device, Transport]]) -> None:
    """Note, in a design without a platform, what is assumed of lines whose trigger nobody says.

    Once, at the first such lines: one platform is missing, however many devices there are.
    """
    for device, transport in made:
        open_pools = [p.name for p in transport.pools if not p.triggers]
        lines = next(
            (a for a in device.lines if a.pool in open_pools and a.range.hi != Lit(0)), None
        )
        if lines is None or not (transport.signals or transport.wires):
            continue
        headline = (
            f"without a `platform` the lines of `{device.name}` are taken to be edge-triggered,"
            " and as many as it asks for"
        )
        of = lines.pool or "wired"
        hint = (
            "say on which machine: `platform NAME` of a module, or one of your own with its"
            f" controllers; or say what is meant: `pool {of} : edge` in `{transport.name}`"
        )
        sink.note("VQ0432", headline, lines.origin, hint)
        return


def _resampled(transport: Transport, signal: Signal) -> bool:
    return any(
        w.resample and (not w.mode or not signal.mode or w.mode == signal.mode)
        for w in transport.wires
    )
