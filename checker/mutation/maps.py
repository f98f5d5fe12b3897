"""What goes wrong in maps, policies, device types and devices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from checker.language import tree as t
from checker.mutation.edit import Edit, exchanged, removed, replaced, whole
from checker.mutation.formulas import Around


def _items(node: object) -> tuple[object, ...]:
    match node:
        case t.Map() | t.Attempt():
            return node.items
        case _:
            return ()


def drop_rule(node: object, _around: Around) -> Iterator[Edit]:
    """A rule of a map left out."""
    for item in _items(node):
        if isinstance(item, t.Rule):
            yield removed(item.span)


def swap_rules(node: object, _around: Around) -> Iterator[Edit]:
    """Two rules the other way round: the first that fits is taken. So are attempts."""
    rules = [i for i in _items(node) if isinstance(i, t.Rule) and i.queue is not None]
    for a, b in pairwise(rules):
        yield exchanged(a.span, b.span)
    if isinstance(node, t.Policy):
        for one, next_one in pairwise(node.attempts):
            yield exchanged(one.span, next_one.span)


def drop_attempt(node: object, _around: Around) -> Iterator[Edit]:
    """An attempt of a policy left out."""
    if isinstance(node, t.Policy) and len(node.attempts) > 1:
        yield from (removed(a.span) for a in node.attempts)


def drop_request(node: object, _around: Around) -> Iterator[Edit]:
    """A line, or several, that nobody requests."""
    if isinstance(node, t.Request):
        yield removed(node.span)


def other_handler(node: object, around: Around) -> Iterator[Edit]:
    """A line requested with another handler of the transport."""
    if isinstance(node, t.Request) and node.handler.text in around.handlers:
        names = around.handlers
        new = names[(names.index(node.handler.text) + 1) % len(names)]
        if new != node.handler.text:
            yield replaced(node.handler.span, new)


def by_type(node: object, around: Around) -> Iterator[Edit]:
    """A transport that makes a difference between types of devices."""
    if isinstance(node, t.Map) and node.layer.text == "device":
        return
    for item in _items(node):
        if isinstance(item, t.Rule) and item.queue and item.target.kind == "line":
            value = item.target.value
            span = None if value is None or isinstance(value, t.Number) else whole(value.span)
            if span is not None and around.ids:
                new = f"(device.id == {around.ids[0]} ? 0 : {span.text})"
                yield replaced(span, new)


def callback(node: object, around: Around) -> Iterator[Edit]:
    """A queue whose driver waits for no notification, or for one that it does not expect."""
    if not isinstance(node, t.Queue):
        return
    flags = [i for i in node.items if isinstance(i, t.QueueFlag)]
    for flag in flags:
        if flag.what == "polled":
            yield Edit(flag.span.start, flag.span.start + len(flag.what), "callback")
        elif flag.what == "callback":
            yield Edit(flag.span.start, flag.span.start + len(flag.what), "polled")
        else:
            yield removed(flag.span)
    if any(f.what in ("polled", "callback") for f in flags):
        return
    if node.items:
        end = node.items[-1].span.end
        yield Edit(end, end, "; polled")
    elif not around.text[node.span.start : node.span.end].endswith("}"):
        yield Edit(node.span.end, node.span.end, " { polled }")


def drop_wish(node: object, _around: Around) -> Iterator[Edit]:
    """A hint, an affinity or a service program of a device or a queue left out."""
    if isinstance(node, t.Hint | t.QueueHint | t.Affinity | t.DeviceService | t.QueueService):
        yield removed(node.span)


def other_sharing(node: object, around: Around) -> Iterator[Edit]:
    """Lines that others may be on, where none should be; and the other way round."""
    if isinstance(node, t.DeviceLines):
        if node.shared:
            end = around.text.rfind("shared", node.span.start, node.span.end)
            yield Edit(len(around.text[:end].rstrip()), node.span.end, "")
        else:
            yield Edit(node.span.end, node.span.end, " shared")
