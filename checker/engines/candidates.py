"""Which sources of an instance are worth trying: those that differ by more than their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import field

from model.expr import Undefined
from model.kernel.system import System
from model.meaning.instance import Instance, Setting
from model.meaning.layout import Row
from model.meaning.programs import Unsupported
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
    _candidates: list[Row] = field(default_factory=list)

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
        same but for names. Those of two families never are: each may have a bit of its own.
        """
        if not self._candidates:
            self._candidates.extend(self._differing())
        return self._candidates

    def _differing(self) -> list[Row]:
        alike: dict[tuple[str, str], list[Row]] = {}
        for r in _some(self.instance):
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

    def _kind(self, r: Row) -> tuple[str, str]:
        try:
            return (r.family.name if r.family else "", self.signature([r]))
        except (Undefined, Unsupported):
            return (r.name, "")

    def words(self, active: Iterable[Row]) -> str:
        """What a trace says it is a run of."""
        some = ", ".join(f"{r.name} on {_where(r)}" for r in active)
        s = self.setting
        lines = len(self.instance.lines)
        kind = f"{lines} {s.trigger.value} line{'' if lines == 1 else 's'}"
        mode = f", {s.mode}" if s.mode else ""
        return f"{s.device.name} with {kind}{mode}: {some}"


def _some(instance: Instance) -> list[Row]:
    """Sources to tell apart: some of each family on lines with each chain of handlers."""
    groups: dict[object, list[Row]] = {}
    for r in instance.sources:
        groups.setdefault((r.family and r.family.name, r.handlers), []).append(r)
    each = max(3, _MOST_SOURCES // max(1, len(groups)))
    return sorted((r for some in groups.values() for r in some[:each]), key=instance.sources.index)


def _where(r: Row) -> str:
    return "no line" if r.device.ordinal is None else f"line {r.device.ordinal}"


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
