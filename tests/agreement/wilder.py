"""What the plain shapes of `designs.py` seldom have, put into them on purpose.

Handlers that say `none`, lines that are masked while something is done (with a pending bit and
without), loops until nothing is pending, loops over some queues only, locks, local values, packed
event structures, signal programs that go round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.agreement.designs import B, Design, Draw, Register, S, design, spoiled


def wilder(d: Draw) -> Design:
    """A design with one to three of these."""
    x = design(d, spoil=False)
    for _ in range(d.pick([1, 1, 2, 3])):
        x = d.pick(_CHANGES)(d, x)
    return spoiled(d, x) if d.chance(50) else x


def _each_handler(x: Design, what: Callable[[B], B]) -> Design:
    return replace(x, handlers=tuple(what(b) for b in x.handlers))


def _no_pending(d: Draw, x: Design) -> Design:
    return _masked(d, replace(x, keeps_pending=x.trigger == "level"))


def _masked(d: Draw, x: Design) -> Design:
    """The line is masked while the handler runs, or until the deferred service has run."""
    line: S = ("l",)
    if x.deferred and x.service is not None and d.chance(70):
        last: B = (("unmask", ("of", "q")),)
        again = x.service[-1:] if x.service[-1][0] == "if" and d.chance(50) else ()
        body = (*x.service, *last, *again)
        if d.chance(30):
            body = (*last, *x.service)
        return _each_handler(replace(x, service=body), lambda b: (("mask", line), *b))
    where = d.pick([0, 0, 1])
    return _each_handler(x, lambda b: (*b[:where], ("mask", line), *b[where:], ("unmask", line)))


def _returns(d: Draw, x: Design) -> Design:
    """IRQ_NONE where the status says nothing, or no queue of the line has anything."""
    how = d.pick(["status", "status", "none at the end", "each", "asserted"])

    def told(b: B) -> B:
        if how == "status" and b and b[0][0] == "read":
            _, s, name, _ = b[0]
            bits = next(r.bits for r in x.registers if r.name == name)
            some: S = ("bit", s, bits[0])
            for bit in bits[1:]:
                some = ("or", some, ("bit", s, bit))
            return (b[0], ("if", ("not", some), (("return", "none"),), ()), *b[1:])
        if how == "asserted":
            return (("if", ("not", ("asserted", ("l",))), (("return", "none"),), ()), *b)
        if how == "each":
            serve: B = (("service", "q"), ("return", "handled"))
            one: S = ("if", ("pending", "q"), serve, ())
            return (("for", "q", ("l",), None, (one,)), ("return", "none"))
        return (*b, ("return", "none"))

    return _each_handler(x, told)


def _filtered(d: Draw, x: Design) -> Design:
    """Loops over queues of a role, with a callback, of some indices."""
    facts = ["q.callback", "q.role == req", "q.index == 0", "q.index % 2 == 1", "q.index < 2",
             "not q.callback", "q.index % lines == l"]  # fmt: skip
    fact: S = ("fact", d.pick(facts))
    if d.chance(30):
        fact = ("and", ("pending", "q"), fact)
    x = replace(x, polled=x.polled or d.chance(50))
    return _everywhere(x, lambda s: _where(s, fact))


def _where(s: S, c: S) -> S:
    return (*s[:3], c, s[4]) if s[0] == "for" and s[1] == "q" else s


def _until_none(d: Draw, x: Design) -> Design:
    """Queues are served until nothing is pending."""
    stop: S = ("if", ("not", ("pending", "q")), (("stop",),), ())
    loops: list[S] = [
        ("while", ("pending", "q"), (("service", "q"),)),
        ("loop", (("service", "q"), stop)),
        ("loop", (stop, ("service", "q"))),
        ("if", ("pending", "q"), (("service", "q"),), ()),
    ]
    how = d.pick(loops)
    return _everywhere(x, lambda s: how if s == ("service", "q") else s)


def _everywhere(x: Design, what: Callable[[S], S]) -> Design:
    return _each_handler(x, lambda b: _mapped(b, what))


def _mapped(b: B, what: Callable[[S], S]) -> B:
    """The block with each statement changed, those inside of others first."""

    def inner(s: S) -> S:
        parts = (
            _mapped(p, what) if isinstance(p, tuple) and p and isinstance(p[0], tuple) else p
            for p in s
        )
        return what(tuple(parts))

    return tuple(inner(s) for s in b)


def _locked(d: Draw, x: Design) -> Design:
    """What serves, or all of it, under a lock that the service may want as well."""
    if x.service is not None and d.chance(50):
        x = replace(x, service=(("lock", d.pick(["m", "k"]), x.service),))
    if d.chance(50):
        return _each_handler(x, lambda b: (("lock", "m", b),))
    return _everywhere(x, lambda s: ("lock", "m", (s,)) if s == ("service", "q") else s)


def _remembered(d: Draw, x: Design) -> Design:
    """A look whose answer is used later."""
    look = d.pick([("asserted", ("l",)), ("masked", ("l",)), ("fact", "l == 0")])
    c: S = ("local", "seen")
    c = ("not", c) if d.chance(50) else c
    then: B = d.pick([(("stop",),), (("return", "none"),), (("return", "handled"),)])
    at = d.pick([0, 1, 2])
    return _each_handler(
        x, lambda b: (("let", "seen", look), *b[:at], ("if", c, then, ()), *b[at:])
    )


def _by_index(d: Draw, x: Design) -> Design:
    if x.suppression == "none" or x.service is None:
        return _until_none(d, x)
    return replace(x, suppression=d.pick(["packed_event", "event_idx", "flags"]))


def _batches(d: Draw, x: Design) -> Design:
    """The device uses several buffers, and may ask after each whether to notify."""
    more: S = ("publish", "q")
    if d.chance(30):
        return replace(x, signal=(("publish", "q"), more, *x.signal))
    return replace(x, signal=(*x.signal, more, *x.signal))


def _goes_round(d: Draw, x: Design) -> Design:
    """The signal program waits for something, or looks again."""
    c: S = d.pick([("masked", ("of", "q")), ("asserted", ("of", "q")), ("wants", "q")])
    if d.chance(50):
        return replace(x, signal=(("while", c, (("fence",),)), *x.signal))
    return replace(x, signal=(("loop", (*x.signal, ("if", c, (("stop",),), ()))),))


def _lowered(d: Draw, x: Design) -> Design:
    """A pin that somebody lowers: before it is raised again, or after."""
    if x.trigger == "message":
        return _masked(d, x)
    up, down = ("raise", ("of", "q")), ("lower", ("of", "q"))
    ways: list[B] = [
        (down, up),
        (up, down),
        (up,),
        (("if", ("asserted", ("of", "q")), (down,), ()), up),
    ]
    return replace(
        x, signal=(*(s for s in x.signal if s[0] not in ("raise", "pulse")), *d.pick(ways))
    )


def _both_registers(d: Draw, x: Design) -> Design:
    """A bit of each queue beside what there is already, cleared on a read or by hand."""
    if any(r.name == "mine" for r in x.registers):
        return x
    clears = d.chance(50)
    mine = Register("mine", ("U",), d.pick(["queue", "queue", "line"]), clears)
    of: S | str = "q" if mine.per == "queue" else ("of", "q")
    clear: B = () if clears else (("clear", "mine", of, ("U",)),)
    then = ("if", ("bit", "t", "U"), (*clear, ("service", "q")), ())
    both: S = ("if", ("fact", "q.index >= 0"), (("read", "t", "mine", of), then), ())
    x = replace(x, registers=(*x.registers, mine), signal=(("set", "mine", of, ("U",)), *x.signal))
    return _everywhere(x, lambda s: both if s == ("service", "q") else s)


_CHANGES = [_no_pending, _masked, _returns, _returns, _filtered, _until_none, _locked, _remembered,
            _by_index, _batches, _goes_round, _lowered, _both_registers]  # fmt: skip
