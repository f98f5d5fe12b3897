"""Steps as Python functions on states, for searches that take millions of them.

The same cases as `model.expr.value`, spelled as source text; the two are held against each other by
tests. `Div` and `Mod` do not occur in steps, only in formulas of maps. A state is a tuple of the
values of all cells, or, of a system of truth values, a number with a bit for each cell.

One function does all steps: which of an agent's steps can be taken at all hangs on where it stands,
and that is looked at once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, assert_never

from model.expr import (
    Add,
    And,
    Div,
    Eq,
    Expr,
    Ite,
    Less,
    Lit,
    Mod,
    Mul,
    Not,
    Or,
    Tally,
    Value,
    Var,
    divide,
    free,
)
from model.kernel.system import Step, System
from model.record import dataclass

Packed = tuple[Value, ...]
Move = Callable[[Packed], Packed | None]
Successors = Callable[[Packed], list[tuple[int, Packed]]]
"""The steps that can be taken, by their place among those given, and where each leads."""
Bits = int
"""A state of truth values: bit k is cell k."""
Divided = Callable[[Div | Mod, str, str], str]
"""How a division is spelled, with its operands."""
Counts = Callable[[Tally], str]
"""How a tally is spelled."""
SuccessorsBits = Callable[[Bits], list[Bits]]


def source(
    e: Expr, at: Mapping[str, str], divided: Divided | None = None, counts: Counts | None = None
) -> str:
    """The expression as Python; `at`, `divided`, `counts`: variables, divisions and tallies."""

    def of(x: Expr) -> str:
        return source(x, at, divided, counts)

    match e:
        case Lit(v):
            return repr(v)
        case Var(name):
            return at[name]
        case Not(a):
            return f"(not {of(a)})"
        case And(args):
            return "(" + " and ".join(of(a) for a in args) + ")" if args else "True"
        case Or(args):
            return "(" + " or ".join(of(a) for a in args) + ")" if args else "False"
        case Eq(a, b):
            return f"({of(a)} == {of(b)})"
        case Less(a, b):
            return f"({of(a)} < {of(b)})"
        case Add(args):
            return "(" + " + ".join(of(a) for a in args) + ")" if args else "0"
        case Mul(a, b):
            return f"({of(a)} * {of(b)})"
        case Ite(c, a, b):
            return f"({of(a)} if {of(c)} else {of(b)})"
        case Div(a, b) | Mod(a, b) if divided is not None:
            return divided(e, of(a), of(b))
        case Tally() if counts is not None:
            return counts(e)
        case Div() | Mod() | Tally():
            raise TypeError("a step does not divide or count queues")
        case _:
            assert_never(e)


def formula(e: Expr) -> Callable[[Mapping[str, Value]], Value]:
    """An expression as a function of what its names stand for, as `value` is.

    Raises `TypeError` for one with a tally, and `RecursionError` or `SyntaxError` for one that is
    too deep for Python.
    """
    parts: dict[str, object] = {"divide": divide}

    def divided(d: Div | Mod, left: str, right: str) -> str:
        name = f"d{len(parts)}"
        parts[name] = d
        return f"divide({name}, {left}, {right})"

    text = source(e, {n: f"env[{n!r}]" for n in free(e)}, divided)
    made: Callable[[Mapping[str, Value]], Value] = _function(f"def f(env): return {text}", parts)
    return made


def places(system: System) -> dict[str, int]:
    """Where each cell is in the state."""
    return {c.name: k for k, c in enumerate(system.cells)}


def predicate(e: Expr, at: Mapping[str, int]) -> Callable[[Packed], bool]:
    """A condition as a function."""
    made: Callable[[Packed], bool] = _function(f"def f(s): return {source(e, _items(at))}")
    return made


def move(step: Step, at: Mapping[str, int]) -> Move:
    """A step as a function: the next state, or None where it cannot be taken."""
    to = _tuple(step, _items(at))
    guard = source(step.guard, _items(at))
    made: Move = _function(f"def f(s): return {to} if {guard} else None")
    return made


def successors(steps: Sequence[Step], at: Mapping[str, int]) -> Successors:
    """All steps as one function, which gives them in their order."""
    names = {name: f"c{k}" for name, k in at.items()}
    found = (f"({k}, {_tuple(s, names)})" for k, s in enumerate(steps))
    first = f" [{', '.join(names.values())}] = s"
    made: Successors = _function(_together(first, _text(steps, names, found)))
    return made


def predicate_bits(e: Expr, at: Mapping[str, int]) -> Callable[[Bits], bool]:
    """A condition as a function of a state of truth values."""
    made: Callable[[Bits], bool] = _function(f"def f(s): return bool({source(e, _bits(at))})")
    return made


def successors_bits(steps: Sequence[Step], at: Mapping[str, int]) -> SuccessorsBits:
    """All steps of a system of truth values as one function: where they lead, in their order."""
    names = _bits(at)
    found = (_changed(s, at, names) for s in steps)
    made: SuccessorsBits = _function(_together("", _text(steps, names, found)))
    return made


def _together(first: str, branches: Iterable[str]) -> str:
    return "\n".join(["def f(s):", first, " out = []", *branches, " return out"])


def _items(at: Mapping[str, int]) -> dict[str, str]:
    return {name: f"s[{k}]" for name, k in at.items()}


def _bits(at: Mapping[str, int]) -> dict[str, str]:
    # A comparison makes it a truth value: two of them may be compared with each other.
    return {name: f"(s & {1 << k} != 0)" for name, k in at.items()}


def _tuple(step: Step, names: Mapping[str, str]) -> str:
    """The state after a step."""
    new = {name: source(e, names) for name, e in step.writes}
    return "(" + "".join(f"{new.get(name, old)}, " for name, old in names.items()) + ")"


def _changed(step: Step, at: Mapping[str, int], names: Mapping[str, str]) -> str:
    """The same, of a state of truth values."""
    gone, come, parts = 0, 0, []
    for name, e in step.writes:
        bit = 1 << at[name]
        gone |= bit
        match e:
            case Lit(v):
                come |= bit if v else 0
            case _:
                parts.append(f"({bit} if {source(e, names)} else 0)")
    kept = f"s & {~gone}" if gone else "s"
    return " | ".join([f"({kept})", *([str(come)] if come else []), *parts])


# One function of many steps


@dataclass(frozen=True, slots=True)
class _Way:
    """A step: what its guard says of single cells, what else it says, and what is then done."""

    decided: Mapping[str, Value]
    rest: tuple[Expr, ...]
    found: str


_DEEPEST = 12


def _text(steps: Sequence[Step], names: Mapping[str, str], found: Iterable[str]) -> list[str]:
    """The lines that append to `out` what is found for each step that can be taken."""
    lines: list[str] = []
    for _, some in groupby(zip(steps, found, strict=True), key=lambda x: x[0].actor):
        ways = [w for s, to in some if (w := _way(s.guard, to)) is not None]
        _branches(ways, names, 1, lines)
    return lines


def _way(guard: Expr, found: str) -> _Way | None:
    """None: the guard never holds."""
    decided: dict[str, Value] = {}
    rest: list[Expr] = []
    for e in guard.args if isinstance(guard, And) else (guard,):
        match e:
            case Var(name, True):
                is_so = decided.setdefault(name, True) is True
            case Not(Var(name, True)):
                is_so = decided.setdefault(name, False) is False
            case Eq(Var(name, False), Lit(v)):
                is_so = decided.setdefault(name, v) == v
            case _:
                is_so = True
                rest.append(e)
        if not is_so:
            return None
    return _Way(decided, tuple(rest), found)


def _branches(ways: Sequence[_Way], names: Mapping[str, str], deep: int, lines: list[str]) -> None:
    """What all of them decide is looked at once. Never changes their order: of two that differ in
    such a cell, only one can be taken."""
    blank = " " * deep
    name = _deciding(ways) if len(ways) > 1 and deep <= _DEEPEST else None
    if name is None:
        for w in ways:
            tests = [*(_test(names[n], v) for n, v in w.decided.items())]
            tests += [source(e, names) for e in w.rest]
            lines.append(f"{blank}if {' and '.join(tests) or 'True'}: out.append({w.found})")
        return
    word = "if"
    for v in dict.fromkeys(w.decided[name] for w in ways):
        lines.append(f"{blank}{word} {_test(names[name], v)}:")
        some = [w for w in ways if w.decided[name] == v]
        less = [{n: x for n, x in w.decided.items() if n != name} for w in some]
        inner = [_Way(d, w.rest, w.found) for d, w in zip(less, some, strict=True)]
        _branches(inner, names, deep + 1, lines)
        word = "elif"


def _deciding(ways: Sequence[_Way]) -> str | None:
    """The cell that all of them decide and that tells most of them apart."""
    every = [n for n in ways[0].decided if all(n in w.decided for w in ways)]
    return max(every, key=lambda n: len({w.decided[n] for w in ways}), default=None)


def _test(place: str, v: Value) -> str:
    if isinstance(v, bool):
        return place if v else f"not {place}"
    return f"{place} == {v}"


def _function(words: str, known: Mapping[str, object] | None = None) -> Any:
    # The text is made above from numbers, fixed operators and `s`, `s[k]`, `ck`; of what is the
    # user's it has names alone, in quotes.
    made: dict[str, Any] = dict(known or {})
    exec(words, made)
    return made["f"]
