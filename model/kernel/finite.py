"""All states of a system of truth values, its free choices tried both ways.

Small abstractions are decided by visiting them: exactly, and in the same order every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from model.expr import FALSE, Expr, Lit, substitute, value
from model.kernel.compile import Bits, places, predicate_bits, successors_bits
from model.kernel.explore import TooManyStates
from model.kernel.system import Step, System

_MOST_CHOICES = 8


def is_finite(system: System) -> bool:
    """Whether every cell is a truth value."""
    return all(c.is_bool for c in system.cells)


def reachable(system: System, most: int) -> tuple[list[Bits], bool]:
    """States in the order in which they are reached, and whether the last of them is bad.

    Stops at the first bad one. Raises `TooManyStates`.
    """
    at = places(system)
    after = successors_bits([s for step in system.steps for s in _decided(step)], at)
    is_bad = predicate_bits(system.bad, at)
    order = list(_starts(system))
    for k, first in enumerate(order):
        if is_bad(first):
            return order[: k + 1], True
    seen = set(order)
    for s in order:
        for n in after(s):
            if n in seen:
                continue
            seen.add(n)
            order.append(n)
            if is_bad(n):
                return order, True
        if len(order) > most:
            raise TooManyStates(f"more than {most:,} states")
    return order, False


def _starts(system: System) -> Iterator[Bits]:
    loose = [c.name for c in system.cells if c.initial is None]
    for values in product((False, True), repeat=len(loose)):
        env = {**system.start(), **dict(zip(loose, values, strict=True))}
        if value(system.where, env):
            yield sum(1 << k for k, c in enumerate(system.cells) if env[c.name])


def _decided(step: Step) -> Iterator[Step]:
    """The step with its choices made, each way that differs."""
    if len(step.choices) > _MOST_CHOICES or not all(c.is_bool for c in step.choices):
        raise TooManyStates(f"{step.name} has too many choices")
    seen: set[object] = set()
    for values in product((False, True), repeat=len(step.choices)):
        by: dict[str, Expr] = {c.name: Lit(v) for c, v in zip(step.choices, values, strict=True)}
        guard = substitute(step.guard, by)
        writes = tuple((n, substitute(e, by)) for n, e in step.writes)
        if guard != FALSE and (guard, writes) not in seen:
            seen.add((guard, writes))
            yield Step(step.actor, step.verb, guard, writes)
