"""Where a text leaves a source out: rules whose `if` is false of it, loops and tests before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from checker.verdict.finding import Place
from model.design.mapping import MapRule
from model.design.program import Block, ForQueues, Handler, If, Locked, Loop
from model.expr import TRUE, Expr, Undefined, Value, free
from model.meaning.layout import Evaluate
from model.meaning.places import Settable, reached
from model.meaning.rows import Row
from model.span import Span

_IF = re.compile(r"\bif\b")


def not_taken(rules: Iterable[MapRule], row: Row) -> list[Place]:
    """The rules that are about such a source, none of which takes this one."""
    some = [r for r in rules if r.for_config == (row.family is None)]
    return [Place(_condition(r.origin), f"not true of {row.name}") for r in some]


def _condition(rule: Span) -> Span:
    """A rule from its `if` on."""
    found = [m.start() for m in _IF.finditer(rule.text)]
    return Span(rule.source, rule.start + found[-1], rule.end) if found else rule


def passed_over(
    handler: Handler, row: Row, settable: Settable, evaluate: Evaluate, line: int
) -> list[Place]:
    """The loops and tests of the design's facts that keep the handler of the line from it."""
    places = [
        p for p in reached(handler.body, settable) if bool(p.queue) == (row.family is not None)
    ]
    out: dict[tuple[int, int], Place] = {}
    for p in places:
        env: dict[str, Value] = {"l": line}
        env |= {f"{p.queue}.{k.removeprefix('q.')}": v for k, v in row.facts.items()}
        for span, test in _around(handler.body, p.origin):
            if _is_false(test, env, evaluate):
                out[span.start, span.end] = Place(span, f"not true of {row.name}")
    return list(out.values())


def _around(body: Block, target: Span) -> Iterator[tuple[Span, Expr]]:
    """The tests around a statement, each with its place."""
    for s in body:
        if not (s.origin.start <= target.start and target.end <= s.origin.end):
            continue
        match s:
            case If(test, then, _):
                if any(_has(x.origin, target) for x in then):
                    yield _head(s.origin), test
            case ForQueues(where=test) | Loop(test=test):
                yield _head(s.origin), test
            case _:
                pass
        for inner in _blocks(s):
            yield from _around(inner, target)


def _blocks(s: object) -> Iterator[Block]:
    match s:
        case If(_, then, other):
            yield from (then, other)
        case ForQueues() | Loop() | Locked():
            yield s.body
        case _:
            pass


def _has(span: Span, target: Span) -> bool:
    return span.start <= target.start and target.end <= span.end


def _head(span: Span) -> Span:
    """A statement without its block."""
    head = span.text.partition("{")[0].rstrip()
    return Span(span.source, span.start, span.start + len(head))


def _is_false(test: Expr, env: Mapping[str, Value], evaluate: Evaluate) -> bool:
    """Whether the facts of the design alone say so."""
    if test == TRUE or any(n.startswith(("local.", "pending.", "wants")) for n in free(test)):
        return False
    try:
        return not evaluate(test, env)
    except (Undefined, KeyError):
        return False
