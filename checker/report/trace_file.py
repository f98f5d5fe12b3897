"""A trace as `verify --trace FILE.json` writes it, read again: data from outside, so checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from unicodedata import category

from checker.verdict.trace import Subject, Trace, TraceStep
from model.design.device import Trigger
from model.expr import Value

_MOST_STEPS = 100_000
_KINDS = ("lost", "starved", "storm", "unhandled")


class WrongTrace(Exception):
    """What is wrong with the file, and where in it."""


def read_trace(text: str) -> Trace:
    """The trace of a file's text. Raises `WrongTrace`."""
    try:
        data = json.loads(text)
        is_plain = _is_plain(data)
    except (ValueError, RecursionError) as e:
        raise WrongTrace(f"it is not JSON: {e}") from e
    if not is_plain:
        raise WrongTrace("a text in it has a control character, or half of a character")
    top = _Reader(data, "the trace")
    if top.get("schema_version", int) != 1:
        raise WrongTrace("its `schema_version` is not 1")
    kind = top.get("kind", str)
    if kind not in _KINDS:
        raise WrongTrace(f"its `kind` is `{kind}`, not one of {', '.join(_KINDS)}")
    steps = top.get("steps", list)
    if len(steps) > _MOST_STEPS:
        raise WrongTrace(f"it has more than {_MOST_STEPS:,} steps")
    loop = top.data.get("loop")
    if loop is not None and (not _is(loop, int) or not 1 <= loop <= len(steps)):
        raise WrongTrace("its `loop` is not the number of a step")
    if (loop is None) != (kind == "lost"):
        raise WrongTrace(f"a trace of kind `{kind}` has {'no' if kind == 'lost' else 'a'} `loop`")
    return Trace(
        kind,
        top.get("instance", str),
        top.names("unserved"),
        tuple(_step(_Reader(s, f"step {n}"), n) for n, s in enumerate(steps, 1)),
        loop,
        top.values("start"),
        top.names("agents"),
        _subject(top),
    )


def _is_plain(data: object) -> bool:
    """Whether every text in it can be printed: it comes to a terminal."""
    match data:
        case str():
            return all(c.isprintable() or category(c) == "Zs" for c in data)
        case list():
            return all(_is_plain(x) for x in data)
        case dict():
            return all(_is_plain(x) for pair in data.items() for x in pair)
        case _:
            return True


def read_inputs(text: str) -> tuple[tuple[str, str], ...]:
    """The files that the design of a trace consisted of, each with its digest; empty if unsaid.

    Raises `WrongTrace`; the text is that of a trace.
    """
    top = _Reader(json.loads(text), "the trace")
    if "inputs" not in top.data:
        return ()
    every = (_Reader(x, "`inputs`") for x in top.get("inputs", list))
    return tuple((x.get("path", str), x.get("digest", str)) for x in every)


def _step(s: _Reader, number: int) -> TraceStep:
    if s.get("number", int) != number:
        raise WrongTrace(f"step {number} has another number")
    changes = tuple(s.values("changes").items())
    found = tuple(s.values("found").items())
    return TraceStep(number, s.get("actor", str), s.get("action", str), None, changes, found)


def _subject(top: _Reader) -> Subject:
    s = _Reader(top.get("of", dict), "`of`")
    trigger = s.get("trigger", str)
    if trigger not in [t.value for t in Trigger]:
        raise WrongTrace(f"`of` has the trigger `{trigger}`")
    numbers = s.get("numbers", list)
    if not all(_is(n, int) for n in numbers):
        raise WrongTrace("`numbers` in `of` are not all whole numbers")
    return Subject(
        s.get("design", str),
        s.get("device", str),
        tuple(s.values("given").items()),
        s.get("mode", str),
        trigger,
        tuple(numbers),
        s.get("keeps_pending", bool),
        s.names("active"),
    )


def _is(v: object, kind: type) -> bool:
    # True is an int to Python.
    return isinstance(v, kind) and (kind is bool or not isinstance(v, bool))


class _Reader:
    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise WrongTrace(f"{where} is no object")
        self.data: Mapping[str, Any] = data
        self.where = where

    def get(self, name: str, kind: type) -> Any:
        if name not in self.data:
            raise WrongTrace(f"{self.where} has no `{name}`")
        v = self.data[name]
        if not _is(v, kind):
            raise WrongTrace(f"`{name}` of {self.where} is not a {_KIND_WORDS[kind]}")
        return v

    def names(self, name: str) -> tuple[str, ...]:
        some = self.get(name, list)
        if not all(isinstance(x, str) for x in some):
            raise WrongTrace(f"`{name}` of {self.where} has something in it that is no name")
        return tuple(some)

    def values(self, name: str) -> dict[str, Value]:
        some = self.get(name, dict)
        if not all(isinstance(v, int) for v in some.values()):
            raise WrongTrace(f"`{name}` of {self.where} has a value that is no number")
        return dict(some)


_KIND_WORDS = {
    str: "text",
    int: "whole number",
    bool: "truth value",
    list: "list",
    dict: "object",
}
