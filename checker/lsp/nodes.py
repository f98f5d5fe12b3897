"""Which parts of a tree stand at a place, and what is declared there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from checker.language import tree as t
from model.span import Span

Declaration = (
    t.ParamDecl
    | t.Let
    | t.Platform
    | t.Controller
    | t.DeviceType
    | t.TypeParam
    | t.Feature
    | t.Queue
    | t.Role
    | t.Device
    | t.Transport
    | t.Pool
    | t.Register
    | t.HintDecl
    | t.Policy
    | t.Attempt
    | t.Handler
    | t.Service
    | t.Signal
    | t.Drive
    | t.Claim
    | t.Index
    | t.Rule
    | t.ForStmt
    | t.Assign
    | t.ReadStmt
    | t.Affinity
    | t.TallyCall
    | t.Hint
    | t.Pair
    | t.LockStmt
)


def children(node: Any) -> Iterator[Any]:
    """The nodes right below a node, blocks and parts of branches among them."""
    todo = [getattr(node, f.name) for f in dataclasses.fields(node)]
    while todo:
        x = todo.pop()
        if isinstance(x, tuple):
            todo += x
        elif dataclasses.is_dataclass(x) and not isinstance(x, Span):
            yield x


def nodes_at(module: t.Module, offset: int) -> list[Any]:
    """All nodes around a character, from the outside in."""
    found: list[Any] = [module]
    while True:
        inner = [n for n in children(found[-1]) if n.span.start <= offset < n.span.end]
        if not inner:
            return found
        found.append(min(inner, key=lambda n: n.span.end - n.span.start))


def declaration(module: t.Module, declared: Span) -> tuple[Declaration | None, list[Any]]:
    """The innermost declaration at the place that a name means, and what is around it."""
    around = nodes_at(module, declared.start)
    for k in range(len(around) - 1, -1, -1):
        if isinstance(around[k], Declaration):
            return around[k], around[:k]
    return None, []


def names_of(node: Declaration) -> tuple[t.Ident, ...]:
    """The names that a declaration gives."""
    match node:
        case t.Register():
            return node.name, *node.bits
        case t.Rule() | t.ForStmt() | t.TallyCall():
            return (node.queue,) if node.queue else ()
        case t.Signal():
            return tuple(n for n in (node.queue, node.mode) if n)
        case t.Drive():
            return tuple(n for n in (node.line, node.mode) if n)
        case t.Handler():
            return (node.name, node.line) if node.name else (node.line,)
        case t.Service():
            return node.name, node.queue
        case t.Affinity():
            return (node.var,)
        case t.Hint():
            return (node.member.index,) if node.member.index else ()
        case t.Pair():
            return (node.first.index,) if node.first.index else ()
        case t.Claim():
            return (node.name,) if node.name else ()
        case _:
            return (node.name,)


def declares(module: t.Module, word: Span) -> tuple[Declaration | None, list[Any]]:
    """The declaration that gives this very name, and what is around it."""
    around = nodes_at(module, word.start)
    for k in range(len(around) - 1, -1, -1):
        node = around[k]
        if isinstance(node, Declaration) and any(n.span == word for n in names_of(node)):
            return node, around[:k]
    return None, []
