"""How the programs of a transport drive its lines, where that is hardly what was meant."""

from __future__ import annotations

from collections.abc import Iterator

from checker.diagnostics.diagnostic import Label
from checker.language.sink import Sink
from model.design.mapping import Transport
from model.design.program import Drive, Signal
from model.meaning.places import statements


def check_lines(sink: Sink, transport: Transport) -> None:
    """Report it."""
    _wired_and_driven(sink, transport)


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
