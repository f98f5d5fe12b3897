"""What goes wrong in programs: steps missing, in the wrong order, about another thing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from checker.language import tree as t
from checker.language.nodes import nodes
from checker.mutation.edit import Edit, exchanged, removed, replaced, unwrapped
from checker.mutation.formulas import Around

_OTHER_LINE_VERB = {"raise": "pulse", "pulse": "raise", "mask": "unmask", "unmask": "mask"}
_OTHER_QUEUE_VERB = {"enable": "disable", "disable": "enable", "drain": "drain_one"}
_OTHER_RETURN = {"return handled": "return none", "return none": "return handled"}


def drop_acknowledgement(node: object, _around: Around) -> Iterator[Edit]:
    """`clear` left out."""
    if isinstance(node, t.ClearBits | t.ClearMask):
        yield removed(node.span)


def drop_fence(node: object, _around: Around) -> Iterator[Edit]:
    """`fence` left out."""
    if isinstance(node, t.Simple) and node.what == "fence":
        yield removed(node.span)


def drop_statement(node: object, _around: Around) -> Iterator[Edit]:
    """Any other statement left out, with all that is in it."""
    if isinstance(node, t.Block):
        for s in node.stmts:
            is_fence = isinstance(s, t.Simple) and s.what == "fence"
            if not (is_fence or isinstance(s, t.ClearBits | t.ClearMask)):
                yield removed(s.span)


def swap_statements(node: object, _around: Around) -> Iterator[Edit]:
    """Two neighbours the other way round."""
    if isinstance(node, t.Block):
        for a, b in pairwise(node.stmts):
            if a.span.text != b.span.text:
                yield exchanged(a.span, b.span)


def drop_lock(node: object, _around: Around) -> Iterator[Edit]:
    """What is done under a lock, without it."""
    if isinstance(node, t.LockStmt):
        yield unwrapped(node.span, node.body.span)


def other_queues(node: object, around: Around) -> Iterator[Edit]:
    """All queues where it should be those of the line, and the other way round."""
    if isinstance(node, t.Handler):
        for loop in nodes(node.body):
            if isinstance(loop, t.ForStmt):
                head = f"for {loop.queue.text} "
                old = around.text.find("where", loop.span.start, loop.body.span.start)
                end = old if loop.where is not None else loop.body.span.start
                new = f"on {node.line.text} " if loop.line is None else "in queues "
                yield Edit(loop.span.start, end, head + new)


def other_verb(node: object, _around: Around) -> Iterator[Edit]:
    """The statement that is easily taken for it."""
    match node:
        case t.LineStmt() if node.verb in _OTHER_LINE_VERB:
            new, old = _OTHER_LINE_VERB[node.verb], node.verb
        case t.QueueStmt() if node.verb in _OTHER_QUEUE_VERB:
            new, old = _OTHER_QUEUE_VERB[node.verb], node.verb
        case t.Simple() if node.what in _OTHER_RETURN:
            new, old = _OTHER_RETURN[node.what], node.span.text
        case _:
            return
    yield Edit(node.span.start, node.span.start + len(old), new)


def other_bit(node: object, around: Around) -> Iterator[Edit]:
    """Another bit of the same register; of several that are cleared or set, one only."""
    match node:
        case t.SetBits() | t.ClearBits():
            known = around.bits.get(node.register.name.text, ())
            if len(node.bits) == 1:
                yield from _others(node.bits[0], known)
            for bit in node.bits if len(node.bits) > 1 else ():
                verb = "set" if isinstance(node, t.SetBits) else "clear"
                yield replaced(node.span, f"{verb} {node.register.span.text}.{bit.text}")
        case t.ClearMask():
            for name in around.bits.get(node.register.name.text, ()):
                yield replaced(node.span, f"clear {node.register.span.text}.{name}")
        case t.Attribute(t.Name(), name):
            for known in around.bits.values():
                if name.text in known:
                    yield from _others(name, known)
                    return
        case _:
            pass


def _others(bit: t.Ident, known: tuple[str, ...]) -> Iterator[Edit]:
    if bit.text in known and len(known) > 1:
        yield replaced(bit.span, known[(known.index(bit.text) + 1) % len(known)])


def other_line(node: object, _around: Around) -> Iterator[Edit]:
    """The first line, whatever the queue's own line is."""
    if isinstance(node, t.LineRef) and node.of is not None:
        yield replaced(node.span, "line[0]")


def not_deferred(node: object, around: Around) -> Iterator[Edit]:
    """A service that runs in the handler though it is meant to run after it."""
    if isinstance(node, t.Service) and node.deferred:
        at = around.text.find("deferred", node.queue.span.end, node.body.span.start)
        yield Edit(at, at + len("deferred "), "")


def drop_drive(node: object, around: Around) -> Iterator[Edit]:
    """A wire that nothing drives; one that is not looked at again when the handler is done."""
    if isinstance(node, t.Drive):
        yield removed(node.span)
        if node.resample:
            at = around.text.find("resample", node.test.span.end, node.span.end)
            yield Edit(at, at + len("resample"), "")


def keeps_on_read(node: object, around: Around) -> Iterator[Edit]:
    """A register that keeps its bits when it is read."""
    if isinstance(node, t.Register) and node.clears_on_read:
        at = around.text.find("clears", node.span.start, node.span.end)
        yield Edit(len(around.text[:at].rstrip()), node.span.end, "")


def other_trigger(node: object, _around: Around) -> Iterator[Edit]:
    """An edge where it should be a level, and the other way round."""
    if isinstance(node, t.Pool):
        for trigger in node.triggers:
            new = {"edge": "level", "level": "edge"}.get(trigger.text)
            if new is not None:
                yield replaced(trigger.span, new)
