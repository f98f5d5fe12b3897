"""What goes wrong in formulas: one too many, a comparison turned round, a divisor forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from checker.language import tree as t
from checker.mutation.edit import Edit, between, replaced, whole
from model.record import dataclass

_NEAR = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_SIGNS = {"+": "-", "-": "+"}
_BOTH = {"or": ("or", "||"), "and": ("and", "&&")}


@dataclass(frozen=True, slots=True)
class Around:
    """What an operator may know of the file besides the node."""

    text: str
    bits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of each register, by its name."""
    handlers: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    """Of the types of the design's devices."""


def off_by_one(node: object, _around: Around) -> Iterator[Edit]:
    """One more or one less; of a formula that is a place, a bound or a count, one more."""
    match node:
        case t.Number():
            yield replaced(node.span, str(node.value + 1))
            if node.value > 0:
                yield replaced(node.span, str(node.value - 1))
        case t.Target(_, value) | t.LineRef(_, value):
            yield from _one_more(value)
        case t.Takes(value) | t.Range(_, value):
            yield from _one_more(value)
        case t.DeviceLines(count=count):
            yield from _one_more(count)
        case _:
            pass


def _one_more(value: t.Node | t.Range | None) -> Iterator[Edit]:
    """Numbers are changed for themselves, also the last one of a sum; so are the ends of ranges."""
    if value is None or isinstance(value, t.Number | t.Range):
        return
    if isinstance(value, t.Binary) and value.op in "+-" and isinstance(value.right, t.Number):
        return
    span = whole(value.span)
    if span is None:
        return
    if isinstance(value, t.Conditional):
        yield replaced(span, f"({span.text}) + 1")
    else:
        yield Edit(span.end, span.end, " + 1")


def other_comparison(node: object, _around: Around) -> Iterator[Edit]:
    """`<` for `<=`, `==` for `!=`, and the other way round."""
    if isinstance(node, t.Binary) and node.op in _NEAR:
        at = between(node.left.span, node.right.span, (node.op,))
        if at is not None:
            yield replaced(at, _NEAR[node.op])


def other_sign(node: object, _around: Around) -> Iterator[Edit]:
    """`+` for `-`, and the other way round."""
    if isinstance(node, t.Binary) and node.op in _SIGNS:
        at = between(node.left.span, node.right.span, (node.op,))
        if at is not None:
            yield replaced(at, _SIGNS[node.op])


def and_or(node: object, _around: Around) -> Iterator[Edit]:
    """`and` for `or`, and the other way round."""
    if isinstance(node, t.Binary) and node.op in _BOTH:
        at = between(node.left.span, node.right.span, _BOTH[node.op])
        if at is not None:
            yield replaced(at, "and" if node.op == "or" else "or")


def drop_divisor(node: object, around: Around) -> Iterator[Edit]:
    """`%` or `/` and what stands behind it left out."""
    if isinstance(node, t.Binary) and node.op in "%/":
        span, at = whole(node.span), between(node.left.span, node.right.span, (node.op,))
        if span is not None and at is not None:
            yield Edit(len(around.text[: at.start].rstrip()), span.end, "")


def negate(node: object, around: Around) -> Iterator[Edit]:
    """A condition that is true when it should be false."""
    for test in _conditions(node):
        span = whole(test.span)
        if span is None or (isinstance(test, t.Binary) and test.op in ("==", "!=")):
            continue
        if isinstance(test, t.Unary) and test.op == "not":
            yield Edit(span.start, _after_not(test, around.text), "")
        elif isinstance(test, t.Name | t.Attribute | t.Peek | t.Call | t.TallyCall):
            yield replaced(span, f"not {span.text}")
        else:
            yield replaced(span, f"not ({span.text})")


def _after_not(test: t.Unary, text: str) -> int:
    """Where what is negated starts, with a parenthesis of its own."""
    at = test.span.start + (1 if text[test.span.start] == "!" else len("not"))
    return at + len(text[at:]) - len(text[at:].lstrip())


def _conditions(node: object) -> tuple[t.Node, ...]:
    match node:
        case t.IfStmt():
            return tuple(test for test, _ in node.branches)
        case t.ForStmt(where=test) | t.LoopStmt(test) | t.When(test) | t.QueueFlag(_, test):
            return (test,) if test else ()
        case t.Conditional(test) | t.Drive(test=test):
            return (test,)
        case _:
            return ()


def unconditional(node: object, _around: Around) -> Iterator[Edit]:
    """What is done under a condition, done always; or, of several branches, never."""
    match node:
        case t.IfStmt():
            never = len(node.branches) > 1 or node.other is not None
            for test, _ in node.branches:
                yield from _constant(test, "true")
                if never:
                    yield from _constant(test, "false")
        case t.ForStmt(where=test) | t.When(test):
            yield from _constant(test, "true")
        case _:
            pass


def _constant(test: t.Node | None, value: str) -> Iterator[Edit]:
    found = whole(test.span) if test else None
    if found is not None:
        yield replaced(found, value)
