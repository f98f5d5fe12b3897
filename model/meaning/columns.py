"""Formulas for every queue of a family at once.

A device may have 65,537 queues, and a search lays out a few such devices. What it asks of each
queue is one comprehension here, written once for all devices that ask the same: some 2 µs a queue.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from model.design.mapping import MapRule, ToLine, ToNone, ToNumber
from model.expr import Div, Expr, Mod, Tally, Undefined, Value, divide
from model.kernel.compile import source

Known = Mapping[str, Value]
Counted = Callable[[Tally], Sequence[int] | None]
"""The indices of the queues that a tally counts, the smallest first; None: not known."""
Place = tuple[int, int | None]
"""A rule of a map, by its place among those for queues (-1: none takes it), and an ordinal."""
NOWHERE: Place = (-1, None)


class Column:
    """A function of all queues in the making: its text, and what the names in it stand for.

    A queue is a tuple with a value for each of `own`, in that order; its number in its family is
    `nth`. Raises `KeyError` for a name that nothing is known of.
    """

    def __init__(self, known: Known, counted: Counted, own: Sequence[str], nth: str) -> None:
        self._known = known
        self._counted = counted
        self._at = {name: f"q{k}" for k, name in enumerate(own)} | {nth: "i"}
        self._own = len(own)
        self._values: dict[str, object] = {"divide": divide, "bisect": bisect_left}
        self._params: dict[object, str] = {}

    def formula(self, e: Expr, more: Mapping[str, str] | None = None) -> str:
        """The text of a formula; `more`: what further names are spelled as."""
        return source(e, _Names(self, more or {}), self._divided, self._tally)

    def rules(self, rules: Iterable[MapRule], ordinals: Mapping[int, int]) -> str:
        """The text of where a map's rules for queues put one: a `Place`."""
        text = ""
        for k, r in enumerate(rules):
            to = self._to(r, ordinals)
            text += f"(({k}, {to}) if {self.formula(r.when)} else "
        return text + self._param("nowhere", NOWHERE) + ")" * text.count(" else ")

    def _to(self, r: MapRule, ordinals: Mapping[int, int]) -> str:
        match r.target:
            case ToNone():
                return "None"
            case ToLine(e):
                return self.formula(e)
            case ToNumber(e):
                return f"{self._param('ordinals', ordinals)}.get({self.formula(e)})"

    def of_each(
        self, wanted: Sequence[str], queues: Sequence[object], lo: int
    ) -> list[tuple[Any, ...]]:
        """What these texts come to for each queue, the first of which is number `lo`."""
        names = "".join(f"q{k}, " for k in range(self._own))
        made = _function(tuple(self._params.values()), names, tuple(wanted))
        found: list[tuple[Any, ...]] = made(queues, lo, **self._values)
        return found

    # Names

    def name(self, name: str) -> str:
        """What a name of a formula is spelled as."""
        if name in self._at:
            return self._at[name]
        return self._param(name, self._known[name])

    def _param(self, name: object, stands_for: object) -> str:
        if name not in self._params:
            made = f"a{len(self._params)}"
            self._params[name] = made
            self._values[made] = stands_for
        return self._params[name]

    def _divided(self, d: Div | Mod, left: str, right: str) -> str:
        return f"divide({self._param(('division', id(d)), d)}, {left}, {right})"

    def _tally(self, e: Tally) -> str:
        counted = self._counted(e)
        if counted is None:
            raise TypeError("what is counted is not known")
        if e.below is None:
            return self._param(("tally", id(e)), len(counted))
        return f"bisect({self._param(('tally', id(e)), counted)}, {self.formula(e.below)})"


class _Names(dict[str, str]):
    """The names of a formula as they are spelled, each when it is asked for."""

    def __init__(self, column: Column, more: Mapping[str, str]) -> None:
        super().__init__(more)
        self._column = column

    def __missing__(self, name: str) -> str:
        return self._column.name(name)


@lru_cache(maxsize=256)
def _function(params: tuple[str, ...], names: str, wanted: tuple[str, ...]) -> Any:
    # The text is made from numbers, operators and names given here: nothing of the user's is in it.
    queue = f"({names})" if names else "_"
    made = "".join(f"{w}, " for w in wanted)
    head = f"def f(queues, lo, *, divide, bisect{''.join(f', {p}' for p in params)}):"
    known: dict[str, Any] = {}
    exec(f"{head} return [({made}) for i, {queue} in enumerate(queues, lo)]", known)
    return known["f"]


NOT_AT_ONCE = (KeyError, TypeError, Undefined, RecursionError, SyntaxError, MemoryError)
"""What a formula says that cannot be asked of all queues together: each is then asked by itself."""
