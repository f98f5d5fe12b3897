"""A report as plain JSON data and back: only the classes that a report is made of, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from checker.diagnostics import diagnostic
from checker.diagnostics.diagnostic import Severity
from checker.report import report as report_data
from checker.verdict import certificate, finding, trace, verdict
from model.span import Source, Span

_CLASS = "@"
"""The key that names the class; fields have names that are identifiers."""
_SPAN, _MAP, _SEVERITY = "Span", "Map", "Severity"


class Broken(Exception):
    """The data is not that of a report."""


@cache
def _classes() -> dict[str, type[Any]]:
    """By name, all dataclasses of the modules that results are made of."""
    found: dict[str, type[Any]] = {}
    for module in (report_data, diagnostic, certificate, finding, trace, verdict):
        for name, value in vars(module).items():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and hasattr(value, "__dataclass_fields__"):
                found[name] = value
    return found


def encoded(x: object, paths: Sequence[str]) -> object:
    """Plain data. Spans name their file by its place among `paths`; `Broken` for anything else."""
    match x:
        case None | bool() | int() | float() | str():
            return x
        case tuple() | list():
            return [encoded(v, paths) for v in x]
        case Span():
            return {_CLASS: _SPAN, "at": [paths.index(x.source.path), x.start, x.end]}
        case Severity():
            return {_CLASS: _SEVERITY, "value": x.value}
        case Mapping():
            return {
                _CLASS: _MAP,
                "items": [[encoded(k, paths), encoded(v, paths)] for k, v in x.items()],
            }
    cls: type[Any] = type(x)
    if _classes().get(cls.__name__) is not cls:
        raise Broken
    return {
        _CLASS: cls.__name__,
        **{f.name: encoded(getattr(x, f.name), paths) for f in fields(cls)},
    }


def decoded(x: object, sources: Sequence[Source]) -> object:
    """What was encoded; `Broken` if it is something else."""
    if isinstance(x, list):
        return tuple(decoded(v, sources) for v in x)
    if not isinstance(x, dict):
        return x
    name, rest = x[_CLASS], {k: v for k, v in x.items() if k != _CLASS}
    if name == _SPAN:
        return _span(rest["at"], sources)
    if name == _SEVERITY:
        return Severity(rest["value"])
    if name == _MAP:
        return {decoded(k, sources): decoded(v, sources) for k, v in rest["items"]}
    cls = _classes().get(name)
    if cls is None or {f.name for f in fields(cls)} != set(rest):
        raise Broken
    return cls(**{k: decoded(v, sources) for k, v in rest.items()})


def _span(at: list[int], sources: Sequence[Source]) -> Span:
    n, start, end = at
    if not 0 <= n < len(sources) or not 0 <= start <= end <= len(sources[n].text) + 1:
        raise Broken
    return Span(sources[n], start, end)
