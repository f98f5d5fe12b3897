"""The sources of a device that is laid out: where each side maps them, and who serves them.

A device may have thousands of queues of which a reader looks at a few: a row is made when it is
asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol, overload

from model.design.device import Device, Family
from model.design.mapping import Attempt, MapRule
from model.expr import Expr, Undefined, Value
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a side maps a source.

    `kind`: `line` (with ordinal and, if numbers are known, number; ordinal None: a number that no
    granted line has), `none` (no line, on purpose), `unmapped` (no rule takes it), `undefined` (a
    division outside its domain).
    """

    kind: str
    ordinal: int | None = None
    number: int | None = None
    rule: MapRule | None = None
    fault: Undefined | None = None

    @property
    def short(self) -> str:
        """`line 2`, `line 2 (number 7)`, `number 7`, `no line`."""
        match self.kind:
            case "line" if self.ordinal is None:
                return "a number" if self.number is None else f"number {self.number}"
            case "line" if self.number is not None and self.number != self.ordinal:
                return f"line {self.ordinal} (number {self.number})"
            case "line":
                return f"line {self.ordinal}"
            case _:
                return "no line"


@dataclass(frozen=True, slots=True)
class Row:
    """A source of the device: a queue, or the configuration change (`family` None)."""

    family: Family | None
    nth: int
    index: int
    callback: bool
    facts: Mapping[str, Value]
    driver: Landing
    device: Landing
    handlers: tuple[str, ...]
    """Handlers requested for the line that the device drives."""
    serves: Callable[[bool], bool] = field(compare=False, repr=False)
    """Whether these handlers serve it, surely (True) or perhaps; looked at when asked."""

    @property
    def served(self) -> bool:
        """Surely: some path through one of the handlers serves it."""
        return self.serves(True)

    @property
    def perhaps(self) -> bool:
        """False only if no path does. Where the two differ, nobody could follow a handler."""
        return self.serves(False)

    @property
    def name(self) -> str:
        """`rx[3]`, `ctrl`, `config`."""
        if self.family is None:
            return "config"
        return f"{self.family.name}[{self.nth}]" if self.family.indexed else self.family.name


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues of a family that a device has, by number from `lo` on.

    `facts`: of each its index, whether it wants notifications, whether it is slow, its hints.
    """

    family: Family
    lo: int
    facts: Sequence[tuple[Any, ...]]

    def __len__(self) -> int:
        return len(self.facts)

    def names(self) -> list[str]:
        """`rx[3]`, `ctrl`."""
        f = self.family
        numbers = range(self.lo, self.lo + len(self.facts))
        return [f"{f.name}[{i}]" for i in numbers] if f.indexed else [f.name]


class Making(Protocol):
    """What makes a row, and says of many what it needs no row for."""

    def row(self, x: Queues | None, nth: int) -> Row:
        """Number `nth` of the queues, or the configuration."""

    def places(self, x: Queues, asked: Sequence[Expr]) -> list[tuple[Any, ...]]:
        """Of each of the queues the ordinals where the driver and the device map it, and what the
        formulas come to for it. Raises one of `NOT_AT_ONCE`.
        """

    def chain(self, line: int) -> tuple[str, ...]:
        """The handlers of a line."""


class Rows(Sequence[Row]):
    """The rows of a device in the order of queue indices, the configuration last."""

    def __init__(self, of: Sequence[Queues], making: Making, *, config: bool) -> None:
        self.of = of
        self.config = config
        """Whether the configuration is among them."""
        self.making = making
        self._made: dict[int, Row] = {}
        self._places: dict[int, list[int]] = {}
        self._families = {x.family.name: k for k, x in enumerate(of)}
        self._order = sorted(
            (facts[0], k, i) for k, x in enumerate(of) for i, facts in enumerate(x.facts, x.lo)
        )

    def __len__(self) -> int:
        return len(self._order) + self.config

    @overload
    def __getitem__(self, k: int) -> Row: ...
    @overload
    def __getitem__(self, k: slice) -> list[Row]: ...
    def __getitem__(self, k: int | slice) -> Row | list[Row]:
        if isinstance(k, slice):
            return [self[x] for x in range(len(self))[k]]
        k = range(len(self))[k]
        if k not in self._made:
            if k == len(self._order):
                self._made[k] = self.making.row(None, 0)
            else:
                _, of, nth = self._order[k]
                self._made[k] = self.making.row(self.of[of], nth)
        return self._made[k]

    def __iter__(self) -> Iterator[Row]:
        return (self[k] for k in range(len(self)))

    def place(self, name: str) -> int | None:
        """Which of the rows has this name."""
        if name == "config" and self.config:
            return len(self) - 1
        family, bracket, nth = name.partition("[")
        k = self._families.get(family)
        if k is None or self.of[k].family.indexed != bool(bracket):
            return None
        try:
            return self.of_family(family, int(nth.removesuffix("]")) if bracket else 0)
        except ValueError:
            return None

    def places_of(self, x: Queues) -> list[int]:
        """Which of them the queues of a family are, in the order of these."""
        k = self._families[x.family.name]
        if k not in self._places:
            for of, every in enumerate(self.of):
                self._places[of] = [0] * len(every)
            for place, (_, of, nth) in enumerate(self._order):
                self._places[of][nth - self.of[of].lo] = place
        return self._places[k]

    def of_family(self, family: str, nth: int) -> int | None:
        """Which of them is this queue of the family."""
        k = self._families.get(family)
        if k is None or not 0 <= nth - self.of[k].lo < len(self.of[k]):
            return None
        key = (self.of[k].facts[nth - self.of[k].lo][0], k, nth)
        return bisect_left(self._order, key)

    def named(self, name: str) -> Row | None:
        """The row with this name."""
        k = self.place(name)
        return None if k is None else self[k]

    def callbacks(self) -> dict[str, int]:
        """How many queues of each family want notifications: of those of which any does."""
        found = {x.family.name: sum(bool(f[1]) for f in x.facts) for x in self.of}
        return {name: n for name, n in found.items() if n}


@dataclass(frozen=True, slots=True)
class Layout:
    """A device with all its sources; `attempt` None: nothing that it tries can be granted."""

    device: Device
    attempt: Attempt | None
    lines: int
    numbers: tuple[int, ...]
    rows: Rows
    config: tuple[Landing, Landing] | None = None
    """Where driver and device map the configuration, whether or not it ever changes."""
