"""All nodes of a syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from model.span import Span


def nodes(node: object) -> Iterator[object]:
    """A node of a syntax tree and all below it, in the order of the text."""
    if isinstance(node, tuple):
        for one in node:
            yield from nodes(one)
    elif is_dataclass(node) and not isinstance(node, Span | type):
        yield node
        for f in fields(node):
            yield from nodes(getattr(node, f.name))
