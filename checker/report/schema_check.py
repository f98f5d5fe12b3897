"""Whether a result agrees with the published schema: the part of JSON Schema that it uses.

A keyword that is not known here is an error: nothing is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from checker.report.schema import schema


def _is_number(x: Any) -> bool:
    # True is an int to Python.
    return isinstance(x, int | float) and not isinstance(x, bool)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "object": lambda x: isinstance(x, dict),
    "array": lambda x: isinstance(x, list),
    "string": lambda x: isinstance(x, str),
    "integer": lambda x: _is_number(x) and x == int(x),
    "number": _is_number,
    "boolean": lambda x: isinstance(x, bool),
    "null": lambda x: x is None,
}
_WORDS = frozenset(("$schema", "$id", "$defs", "title", "description", "format", "then"))
"""Keywords that ask for nothing by themselves."""


def wrong(data: Any, part: str = "") -> Iterator[str]:
    """What does not agree with the schema, or with a part of it, each with its place."""
    whole = schema(part)
    yield from _wrong(data, whole, whole, "it")


def _same(a: Any, b: Any) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _wrong(x: Any, s: Mapping[str, Any], whole: Mapping[str, Any], at: str) -> Iterator[str]:
    for word, arg in s.items():
        if word not in _WORDS:
            yield from _ASKS[word](x, arg, s, whole, at)


def _fits(x: Any, s: Mapping[str, Any], whole: Mapping[str, Any], at: str) -> bool:
    return next(_wrong(x, s, whole, at), None) is None


_Ask = Callable[[Any, Any, Mapping[str, Any], Mapping[str, Any], str], Iterator[str]]


def _type(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    kinds = [arg] if isinstance(arg, str) else arg
    if not any(_KINDS[k](x) for k in kinds):
        yield f"{at} is no {' or '.join(kinds)}"


def _one_of_these(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    if not any(_same(x, a) for a in arg):
        yield f"{at} is {x!r}, which is none of {arg}"


def _const(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    if not _same(x, arg):
        yield f"{at} is {x!r} and not {arg!r}"


def _ref(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    yield from _wrong(x, whole["$defs"][arg.removeprefix("#/$defs/")], whole, at)


def _properties(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    for name, inner in arg.items() if isinstance(x, dict) else ():
        if name in x:
            yield from _wrong(x[name], inner, whole, f"{at}.{name}")


def _others(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:
    for name in x if isinstance(x, dict) else ():
        if name in s.get("properties", {}):
            continue
        if arg is False:
            yield f"{at} has `{name}`, which is not known"
        else:
            yield from _wrong(x[name], arg, whole, f"{at}.{name}")


def _names(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    for name in x if isinstance(x, dict) else ():
        yield from _wrong(name, arg, whole, f"the name of {at}.{name}")


def _required(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    if isinstance(x, dict):
        yield from (f"{at} has no `{name}`" for name in arg if name not in x)


def _items(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    for k, inner in enumerate(x if isinstance(x, list) else ()):
        yield from _wrong(inner, arg, whole, f"{at}[{k}]")


def _pattern(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    if isinstance(x, str) and not re.search(arg, x):
        yield f"{at} is {x[:80]!r}, which is not like {arg}"


def _minimum(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    if _is_number(x) and x < arg:
        yield f"{at} is {x}, which is less than {arg}"


def _few(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    if isinstance(x, list) and len(x) < arg:
        yield f"{at} has less than {arg} items"


def _many(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    if isinstance(x, list) and len(x) > arg:
        yield f"{at} has more than {arg} items"


def _all(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    for inner in arg:
        yield from _wrong(x, inner, whole, at)


def _any(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    if not any(_fits(x, inner, whole, at) for inner in arg):
        yield f"{at} has none of the forms that it can have"


def _one(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:  # noqa: ARG001
    if sum(_fits(x, inner, whole, at) for inner in arg) != 1:
        yield f"{at} has not exactly one of the forms that it can have"


def _if(x: Any, arg: Any, s: Any, whole: Any, at: str) -> Iterator[str]:
    if _fits(x, arg, whole, at):
        yield from _wrong(x, s.get("then", {}), whole, at)


_ASKS: dict[str, _Ask] = {
    "type": _type,
    "enum": _one_of_these,
    "const": _const,
    "$ref": _ref,
    "properties": _properties,
    "additionalProperties": _others,
    "propertyNames": _names,
    "required": _required,
    "items": _items,
    "pattern": _pattern,
    "minimum": _minimum,
    "minItems": _few,
    "maxItems": _many,
    "allOf": _all,
    "anyOf": _any,
    "oneOf": _one,
    "if": _if,
}
