"""Formulas that are evaluated again and again: for each queue of a device, say.

A device may have 65,537 queues. From the second dozen of times on a formula is a Python function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from model.expr import Expr, Lit, Tally, Value, value, walk
from model.kernel.compile import formula
from model.record import dataclass

_OFTEN = 24
Known = Mapping[str, Value]


@dataclass(slots=True)
class _Seen:
    e: Expr
    counts: bool
    """Whether a tally is in it."""
    left: int = _OFTEN
    made: Callable[[Known], Value] | None = None


class Formulas:
    """The values of formulas; `settle` replaces tallies by what is counted."""

    def __init__(self, settle: Callable[[Expr, Known], Expr]) -> None:
        self._settle = settle
        self._seen: dict[int, _Seen] = {}

    def value(self, e: Expr, env: Known) -> Value:
        """As `model.expr.value` has it."""
        if isinstance(e, Lit):
            return e.value
        seen = self._seen.get(id(e))
        if seen is None or seen.e is not e:
            counts = any(isinstance(x, Tally) for x in walk(e))
            seen = self._seen[id(e)] = _Seen(e, counts)
        if seen.made is not None:
            return seen.made(env)
        if seen.counts:
            return value(self._settle(e, env), env)
        seen.left -= 1
        if not seen.left:
            seen.made = _made(e)
        return value(e, env)


def _made(e: Expr) -> Callable[[Known], Value] | None:
    try:
        return formula(e)
    except (RecursionError, SyntaxError, MemoryError):  # Too deep for Python's parser.
        return None
