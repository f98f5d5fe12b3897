"""Which sources of an instance are worth trying: those that differ by more than their names."""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import field
from functools import lru_cache

from model.design.mapping import Transport
from model.design.program import ForQueues, If, Loop
from model.expr import TRUE, Eq, Expr, Less, Undefined, Value, Var, free, walk
from model.kernel.system import System
from model.meaning.columns import NOT_AT_ONCE
from model.meaning.instance import Instance, Setting
from model.meaning.places import statements
from model.meaning.programs import Unsupported
from model.meaning.rows import Queues, Row
from model.record import dataclass

_MOST_SOURCES = 12
"""Sources of an instance that are told apart."""


@dataclass(frozen=True, slots=True)
class Laid:
    """An instance, with each of its systems made once."""

    setting: Setting
    instance: Instance
    _systems: dict[frozenset[str], System] = field(default_factory=dict)
    _signatures: dict[frozenset[str], str] = field(default_factory=dict)
    _kinds: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    _candidates: list[Row] = field(default_factory=list)
    _asked: list[Expr] = field(default_factory=list)

    def system(self, active: Iterable[Row]) -> System:
        """The system in which these sources produce. Raises `Undefined`, `Unsupported`."""
        names = frozenset(r.name for r in active)
        if names not in self._systems:
            self._systems[names] = self.instance.system(names)
        return self._systems[names]

    def signature(self, active: Sequence[Row]) -> str:
        """The same for systems alike but for names."""
        names = frozenset(r.name for r in active)
        if names not in self._signatures:
            self._signatures[names] = signature(self.system(active))
        return self._signatures[names]

    def candidates(self) -> list[Row]:
        """Of sources alike, the first, one more on its line, one on another line.

        Two sources of a family are alike if the systems in which only one of them produces are the
        same but for names, and programs decide alike what they ask of them: what one of them does
        may show only beside another. Those of two families never are: each may have a bit of its
        own.
        """
        if not self._candidates:
            self._candidates.extend(self._differing())
        return self._candidates

    def _differing(self) -> list[Row]:
        alike: dict[tuple[str, str, str], list[Row]] = {}
        for r in _some(self.instance, self._questions()):
            alike.setdefault(self._kind(r), []).append(r)
        out: list[Row] = []
        for some in alike.values():
            first = some[0]
            out.append(first)
            near = (r for r in some[1:] if _place(r) == _place(first))
            far = (r for r in some[1:] if _place(r) != _place(first))
            out += [r for r in (next(near, None), next(far, None)) if r is not None]
        return sorted(out, key=lambda r: (r.family is None, r.index))

    def sketch(self, active: Sequence[Row]) -> object:
        """What the system of several sources will most likely be like, without making it.

        The kinds of the sources, and which of them share a line.
        """
        lines: dict[object, int] = {}
        order = sorted(active, key=self._kind)
        places = tuple(lines.setdefault(_place(r), len(lines)) for r in order)
        return tuple(map(self._kind, order)), places, len(self.instance.lines)

    def _kind(self, r: Row) -> tuple[str, str, str]:
        if r.name not in self._kinds:
            decided = repr(_decided(self.instance, self._questions(), r))
            try:
                family = r.family.name if r.family else ""
                self._kinds[r.name] = family, self.signature([r]), decided
            except (Undefined, Unsupported):
                self._kinds[r.name] = r.name, "", ""
        return self._kinds[r.name]

    def _questions(self) -> Sequence[Expr]:
        if not self._asked:
            self._asked.extend(_asked(self.instance.transport))
        return self._asked

    def words(self, active: Iterable[Row]) -> str:
        """What a trace says it is a run of."""
        some = ", ".join(f"{r.name} on {_where(r)}" for r in active)
        s = self.setting
        lines = len(self.instance.lines)
        kind = f"{lines} {s.trigger.value} line{'' if lines == 1 else 's'}"
        mode = f", {s.mode}" if s.mode else ""
        return f"{s.device.name} with {kind}{mode}: {some}"


_Key = tuple[str, tuple[str, ...], tuple[Value | None, ...]]
"""The family of a source, the handlers of its line, what programs decide of it."""
_Place = tuple[int | None, int | None]
"""The lines where the driver and the device have a source."""
_Group = dict[_Place, list[int]]
"""By place the first of the rows that look alike."""


class _Kinds:
    """Sources that look alike, without their rows: a device may have thousands."""

    def __init__(self, instance: Instance, asked: Sequence[Expr]) -> None:
        self.rows = instance.rows
        self.instance = instance
        self.asked = asked
        self.of: dict[_Key, _Group] = {}
        self.count: dict[tuple[str, tuple[str, ...]], int] = {}
        for x in self.rows.of:
            self._queues(x)
        if self.rows.config:
            self._row(len(self.rows) - 1)

    def _queues(self, x: Queues) -> None:
        where, making = self.rows.places_of(x), self.rows.making
        try:
            found = making.places(x, self.asked)
        except NOT_AT_ONCE:
            for k in where:
                if self.rows[k].callback:
                    self._row(k)
            return
        name, kinds = x.family.name, {}
        for k, facts, seen in zip(where, x.facts, found, strict=True):
            if facts[1]:
                if seen not in kinds:
                    driver, device, *answers = seen
                    chain = () if device is None else making.chain(device)
                    key = (name, chain, tuple(answers))
                    kinds[seen] = self._one(key, (driver, device)), key[:2]
                self._add(*kinds[seen], k)

    def _row(self, k: int) -> None:
        r = self.rows[k]
        name = r.family.name if r.family else ""
        key = (name, r.handlers, _decided(self.instance, self.asked, r))
        self._add(self._one(key, _place(r)), key[:2], k)

    def _one(self, key: _Key, place: _Place) -> list[int]:
        return self.of.setdefault(key, {}).setdefault(place, [])

    def _add(self, some: list[int], group: tuple[str, tuple[str, ...]], k: int) -> None:
        self.count[group] = self.count.get(group, 0) + 1
        if len(some) < _MOST_SOURCES or k < some[-1]:
            insort(some, k)
            del some[_MOST_SOURCES:]


def _some(instance: Instance, asked: Sequence[Expr]) -> list[Row]:
    """Sources to tell apart: some of each family on lines with each chain of handlers.

    Of many, those for which programs decide alike what they ask of a queue or of its line count as
    one kind; and two of each kind are on a line as long as there are lines.
    """
    kinds = _Kinds(instance, asked)
    groups = list(kinds.of.values())
    if max(kinds.count.values(), default=0) <= _each(kinds.count):
        groups = list(_whatever_is_asked(kinds.of).values())
    chosen = {k for g in groups for k in _spread(g)[: _each(groups)]}
    return [instance.rows[k] for k in sorted(chosen)]


def _whatever_is_asked(of: Mapping[_Key, Mapping[_Place, list[int]]]) -> dict[object, _Group]:
    """The same with the answers left out."""
    groups: dict[object, _Group] = {}
    for (family, handlers, _), by_place in of.items():
        group = groups.setdefault((family, handlers), {})
        for place, some in by_place.items():
            group[place] = sorted([*group.get(place, ()), *some])
    return groups


def _each(groups: Sized) -> int:
    return max(3, _MOST_SOURCES // max(1, len(groups)))


def _spread(group: Mapping[_Place, Sequence[int]]) -> list[int]:
    """Two of each line, then the next two of each."""
    rounds = {k: n // 2 for some in group.values() for n, k in enumerate(some)}
    return sorted(rounds, key=lambda k: (rounds[k], k))


def _asked(transport: Transport) -> Iterator[Expr]:
    """What programs ask of queues and lines, each question once."""
    programs = [
        *(s.body for s in transport.signals),
        *(h.body for h in transport.handlers),
        *(s.body for s in transport.services),
    ]
    found: dict[Expr, None] = {}
    for s in (s for body in programs for s in statements(body)):
        test = s.where if isinstance(s, ForQueues) else s.test if isinstance(s, If | Loop) else TRUE
        for e in walk(test):
            if isinstance(e, Eq | Less) or (isinstance(e, Var) and e.is_bool):
                found.setdefault(e)
    yield from found


def _decided(instance: Instance, asked: Iterable[Expr], r: Row) -> tuple[Value | None, ...]:
    """The answers for a source, whatever programs call it; None where it takes more than that."""
    out: list[Value | None] = []
    for e in asked:
        facts: dict[str, Value] = {n: r.facts[q] for n, q in _own(e) if q in r.facts}
        if r.driver.ordinal is not None:
            facts["l"] = r.driver.ordinal
        try:
            out.append(instance.evaluate(e, facts))
        except (KeyError, Undefined):
            out.append(None)
    return tuple(out)


@lru_cache(maxsize=512)
def _own(e: Expr) -> tuple[tuple[str, str], ...]:
    """The names in a question, and the facts of a queue that they are if they are its."""
    return tuple((n, f"q.{n.partition('.')[2]}") for n in sorted(free(e)))


def _where(r: Row) -> str:
    places = [x.ordinal if x.kind == "line" else None for x in (r.device, r.driver)]
    device, driver = ("no line" if k is None else f"line {k}" for k in places)
    return device if device == driver else f"{device} (the driver has it on {driver})"


def _place(r: Row) -> tuple[int | None, int | None]:
    return r.driver.ordinal, r.device.ordinal


def signature(system: System) -> str:
    """The system with its names replaced by numbers: the same for systems alike but for names."""
    names: dict[str, str] = {}

    def number(m: re.Match[str]) -> str:
        return names.setdefault(m[0], f"n{len(names)}")

    parts = [(s.actor, s.guard, s.writes, s.produces, s.enters) for s in system.steps]
    agents = {s.actor: f"a{k}" for k, s in enumerate(system.steps)}
    first = [(c.name, c.initial) for c in system.cells if c.initial]
    text = (
        repr(first)
        + repr([(agents[a], *rest) for a, *rest in parts])
        + repr([x.work for x in system.sources])
    )
    for_writes = re.sub(r"\('([^']*)', ", lambda m: f"(name='{m[1]}', ", text)
    return re.sub(r"name='([^']*)'", number, for_writes)
