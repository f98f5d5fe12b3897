"""Roles that a transport of the design asks for, and no queue of a device on it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from checker.language import tree as t
from checker.language.near import nearest
from checker.language.nodes import nodes
from checker.language.resolve import Scope, World
from checker.language.sink import Sink, listed
from model.design.device import Device
from model.span import Span


def check_roles(sink: Sink, transports: Sequence[t.Transport], devices: Sequence[Device]) -> None:
    """Note it: the comparison is false for all of them, which a misspelled role is, too."""
    for node in transports if not sink.has_errors else ():
        on = [d for d in devices if d.transport == node.name.text]
        there = {f.role for d in on for f in d.type.families}
        for name in _compared(node) if there else ():
            if name.text in there:
                continue
            close = nearest(name.text, sorted(there), 1, 0.6)
            also = f"did you mean `{close[0]}`?" if close else f"there is {listed(sorted(there))}"
            headline = f"no queue of a device on `{node.name.text}` has the role `{name.text}`"
            sink.note("VQ0435", headline, name.span, also)


def check_modules(world: World, scopes: Iterable[Scope], devices: Sequence[Device]) -> None:
    """Note the same of what modules ask for, where no type that is known has it at all."""
    used = {d.transport for d in devices}
    idle = [n.span for s in scopes for n in s.declared(t.Transport) if n.name.text not in used]
    for name, what in world.undeclared if used and not world.sink.has_errors else ():
        if not any(_is_within(name.span, span) for span in idle):
            headline = f"no device type that the design knows has the {what} `{name.text}`"
            hint = world.sink.guess(name.text, world.names(what))
            world.sink.note("VQ0435", headline, name.span, hint)


def _is_within(span: Span, other: Span) -> bool:
    return span.source is other.source and other.start <= span.start < other.end


def _compared(node: object) -> Iterator[t.Name]:
    """The names that `q.role` is compared with, in the order of the text."""
    found: list[t.Name] = []
    for x in nodes(node):
        if isinstance(x, t.Binary) and x.op in ("==", "!="):
            for one, other in ((x.left, x.right), (x.right, x.left)):
                if isinstance(one, t.Attribute) and one.name.text == "role":
                    found += [other] if isinstance(other, t.Name) else []
    return iter(sorted(found, key=lambda n: n.span.start))
