"""Platforms: controllers with their lines, CPUs and vectors."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.elaborate_formulas import Formula
from checker.language.elaborate_names import Reads
from checker.language.elaborate_params import parameters
from checker.language.resolve import Found, Scope
from checker.language.sink import Sink
from checker.language.sorts import Typed
from model.design.device import Controller, Interval, Param, Platform, Trigger
from model.expr import Lit
from model.expr_linear import constant
from model.span import Span


class _Placed(Protocol):
    @property
    def span(self) -> Span: ...


N = TypeVar("N")
P = TypeVar("P", bound=_Placed)
_Lines = tuple[int, int, Controller, Interval]
WORDS = {k.value: k for k in Trigger}


def of_kind(items: Sequence[object], kind: type[N]) -> list[N]:
    """The items of a class, in order."""
    return [x for x in items if isinstance(x, kind)]


def only(sink: Sink, items: Sequence[P], what: str) -> P | None:
    """The one item of a list that may hold one; the others are reported."""
    for extra in items[1:]:
        also = Label(items[0].span, "first given here")
        label = Label(extra.span, "and again here")
        sink.error("VQ0404", f"{what} is given twice", label, "leave out one of them", also)
    return items[0] if items else None


def platform_params(found: Found[t.Platform]) -> tuple[dict[str, Typed], tuple[Param, ...]]:
    """The parameters of a platform, named `platform.NAME`."""
    return parameters(found.scope, found.node.params, "platform", "a platform")


def platform(found: Found[t.Platform], values: Mapping[str, Typed]) -> Platform:
    """A platform where its parameters have these values."""
    scope, node = found.scope, found.node
    sink = scope.world.sink
    formula = Formula(scope, Reads("a platform", values))
    cpus = only(sink, of_kind(node.items, t.Cpus), "`cpus`")
    vectors = only(sink, of_kind(node.items, t.Vectors), "`vectors`")
    controllers = of_kind(node.items, t.Controller)
    sink.unique((c.name for c in controllers), "controller")
    made = Platform(
        name=node.name.text,
        cpus=formula.number(cpus.count) if cpus else None,
        vectors_per_cpu=formula.number(vectors.count) if vectors else None,
        vectors_reserved=formula.number(vectors.reserved)
        if vectors and vectors.reserved
        else Lit(0),
        controllers=tuple(_controller(scope, formula, c) for c in controllers),
        origin=node.span,
    )
    if cpus and made.cpus:
        formula.at_least(made.cpus, 1, "the number of CPUs", cpus.count.span)
    if vectors and made.vectors_per_cpu:
        formula.at_least(made.vectors_per_cpu, 1, "the number of vectors", vectors.count.span)
        formula.at_least(made.vectors_reserved, 0, "what is reserved", vectors.span)
    # Messages are numbered apart from the pins of I/O APICs and the like.
    _check_overlap(sink, [c for c in made.controllers if c.trigger is Trigger.MESSAGE])
    _check_overlap(sink, [c for c in made.controllers if c.trigger is not Trigger.MESSAGE])
    return made


def trigger(sink: Sink, name: t.Ident) -> Trigger | None:
    """The trigger of that name; None, reported, if there is none."""
    if name.text not in WORDS:
        sink.unknown("VQ0214", "trigger", name, WORDS)
    return WORDS.get(name.text)


def _controller(scope: Scope, formula: Formula, node: t.Controller) -> Controller:
    sink = scope.world.sink
    lines: list[Interval] = []
    reserved: list[Interval] = []
    for item in of_kind(node.items, t.ControllerLines):
        intervals = [formula.interval(x) for x in item.items]
        (reserved if item.reserved else lines).extend(intervals)
    for i in (*lines, *reserved):
        formula.at_least(i.lo, 0, "a line's number", i.origin)
    if not lines:
        headline = f"controller `{node.name.text}` has no lines"
        sink.error("VQ0405", headline, node.name.span, "say which: `lines 0..23`")
    elif len(lines) == 1 and lines[0].lo is lines[0].hi:
        _note_one_line(sink, lines[0])
    if lines and all(constant(i.lo) is not None and constant(i.hi) is not None for i in lines):
        _check_reserved(sink, node, lines, reserved)
    numbers = only(sink, of_kind(node.items, t.Numbers), "`numbers`")
    if numbers and not numbering(numbers):
        hint = "write `numbers contiguous` or `numbers any`; single numbers belong to a device"
        headline = "a controller's numbers are `contiguous` or `any`"
        sink.error("VQ0214", headline, numbers.span, hint)
    return Controller(
        name=node.name.text,
        trigger=trigger(sink, node.trigger) or Trigger.EDGE,
        lines=tuple(lines),
        reserved=tuple(reserved),
        contiguous=numbers is not None and numbering(numbers) == "contiguous",
        origin=node.span,
    )


def _note_one_line(sink: Sink, line: Interval) -> None:
    """One number is a number here, and how many there are in a device."""
    number, words = constant(line.lo), line.origin.text
    if number is None or number > 1:
        last = f"{number - 1}" if number is not None else f"{words} - 1"
        hint = f"{words} lines are `lines 0..{last}`; one is `lines {words}..{words}`"
        sink.note("VQ0436", f"`lines {words}` is one line, of number {words}", line.origin, hint)


def numbering(numbers: t.Numbers) -> str:
    """`contiguous` or `any`, where it says so; empty where it lists numbers."""
    first = numbers.items[0]
    if len(numbers.items) == 1 and isinstance(first, t.Name):
        return first.text if first.text in ("contiguous", "any") else ""
    return ""


def _check_reserved(
    sink: Sink, node: t.Controller, lines: Sequence[Interval], reserved: Sequence[Interval]
) -> None:
    merged: list[tuple[int, int]] = []
    for lo, hi in sorted((constant(i.lo) or 0, constant(i.hi) or 0) for i in lines):
        if merged and lo <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(hi, merged[-1][1]))
        else:
            merged.append((lo, hi))
    for r in reserved:
        first, last = constant(r.lo), constant(r.hi)
        if first is None or last is None or last < first:
            continue
        at = bisect_right(merged, (first, math.inf)) - 1
        if at < 0 or merged[at][1] < last:
            words = f"{first}" if first == last else f"{first}..{last}"
            headline = f"reserved {words}: not all of it are lines of `{node.name.text}`"
            sink.warning("VQ0408", headline, r.origin)


def _check_overlap(sink: Sink, controllers: Sequence[Controller]) -> None:
    """Numbers are those of the machine, so that no two of these controllers share one."""
    known: list[_Lines] = []
    for c in controllers:
        for i in c.lines:
            lo, hi = constant(i.lo), constant(i.hi)
            if lo is not None and hi is not None and lo <= hi:
                known.append((lo, hi, c, i))
    known.sort(key=lambda k: k[:2])
    for k, after in enumerate(known[1:], 1):
        before = known[k - 1]
        if after[0] <= before[1]:
            _overlap(sink, before, after)
        if before[1] > after[1]:
            known[k] = before  # What follows may lie in the wider one.


def _overlap(sink: Sink, before: _Lines, after: _Lines) -> None:
    first, last = after[0], min(before[1], after[1])
    words = f"{first}" if first == last else f"{first}..{last}"
    headline = f"line {words} belongs to `{before[2].name}` and to `{after[2].name}`"
    if before[2] is after[2]:
        headline = f"line {words} is listed twice in `{after[2].name}`"
    also = Label(before[3].origin, "listed here")
    hint = "number the lines of the controllers one after the other"
    sink.error("VQ0407", headline, Label(after[3].origin, "and here"), hint, also)
