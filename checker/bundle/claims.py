"""What the verdicts of a design are claimed for: how ranges and assumptions of two sides differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from model.record import dataclass

_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A difference in words; `is_less` where verdicts of the new side say less, or may do so."""

    about: str
    words: str
    is_less: bool


def claims(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Claimed]:
    """Of two designs as results have them; results of older versions do not tell."""
    yield from _fixed(a, b)
    if "parameters" in a and "parameters" in b:
        yield from _ranges(a, b)
    yield from _assumptions(a, b)


def _fixed(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Claimed]:
    """On the command line."""
    was, now = a["params"], b["params"]
    if was != now:
        old, new = (", ".join(f"{k} = {v}" for k, v in d.items()) or "none" for d in (was, now))
        is_less = any(was.get(name) != value for name, value in now.items())
        yield Claimed("parameters that are fixed", f"{old} -> {new}{_less(is_less)}", is_less)


def _less(is_less: bool) -> str:
    return "; verdicts are about fewer values" if is_less else ""


def _ranges(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Claimed]:
    was = {p["name"]: p for p in a["parameters"]}
    for p in b["parameters"]:
        old = was.pop(p["name"], None)
        if old is None:
            yield Claimed(f"param {p['name']}", f"new: {_range(p)}", False)
        elif _range(old) != _range(p):
            is_wider, is_told = _is_wider(old, p)
            words = f"{_range(old)} -> {_range(p)}"
            if not is_told:
                words += "; verdicts may be about fewer values"
            words += _less(is_told and not is_wider)
            yield Claimed(f"param {p['name']}", words, not is_wider)
    for name, p in was.items():
        words = f"no longer there, it was {_range(p)}; verdicts are not about all its values"
        yield Claimed(f"param {name}", words, True)


def _range(p: Mapping[str, str]) -> str:
    return f"{p['low']}..{p['high']}"


def _is_wider(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether all old values are still there, and whether that can be told."""
    ends = [(old["low"], new["low"], -1), (old["high"], new["high"], 1)]
    told = [(x, y, sign) for x, y, sign in ends if x != y]
    if any(not (_NUMBER.fullmatch(x) and _NUMBER.fullmatch(y)) for x, y, _ in told):
        return False, False
    return all((int(y) - int(x)) * sign > 0 for x, y, sign in told), True


def _assumptions(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Claimed]:
    if any("text" not in p for d in (a, b) for p in d["assumptions"]):
        return
    was, now = ({" ".join(p["text"].split()) for p in d["assumptions"]} for d in (a, b))
    for text in sorted(now - was):
        yield Claimed("assumption", f"new: `{text}`; all verdicts rest on it", True)
    for text in sorted(was - now):
        yield Claimed("assumption", f"no longer made: `{text}`", False)
