"""From a model's values to a device laid out: the numbers completed, every queue evaluated."""

from __future__ import annotations

from collections.abc import Mapping

from checker.verdict.finding import NotConfirmed
from model.expr import Undefined, Value, value
from model.meaning.layout import Evaluate, TooLarge, lay_out_open
from model.meaning.line_numbers import controllers_of
from model.meaning.rows import Layout, Row
from model.meaning.situation import Situation
from model.record import dataclass

Values = Mapping[str, Value]
_MOST_NUMBERS = 100_000


@dataclass(frozen=True, slots=True)
class Scene:
    """A device laid out for the values of a model."""

    layout: Layout
    given: dict[str, Value]
    evaluate: Evaluate

    def row(self, family: str, nth: int) -> Row | None:
        """The row of a queue; of the configuration for family ''."""
        rows = self.layout.rows
        k = rows.of_family(family, nth) if family else rows.place("config")
        return None if k is None else rows[k]


def scene(situation: Situation, values: Values) -> Scene | NotConfirmed:
    """The device that the model is about, laid out."""
    try:
        return _scene(situation, values)
    except Undefined as e:
        return NotConfirmed(f"a formula has no value: {e}", spurious=False)
    except TooLarge as e:
        return NotConfirmed(f"too large to be laid out: {e}", spurious=True)


def _scene(situation: Situation, values: Values) -> Scene | NotConfirmed:
    devices = situation.devices.devices
    device = devices[int(values.get("device#", 0)) if len(devices) > 1 else 0]
    given: dict[str, Value] = {
        k: v
        for k, v in values.items()
        if k.startswith(("param.", "index.", "feature.", "grant.")) or k == "cpus"
    }
    for p in situation.design.params:
        given.setdefault(f"param.{p.name}", int(value(p.range.lo, given)))
    if device.index:
        given.setdefault(f"index.{device.index.name}", int(value(device.index.range.lo, given)))
    for c in device.features:
        given[f"feature.{c.name}"] = c.present
    for ask in device.lines:
        given.setdefault(f"grant.{ask.pool}", int(value(ask.range.lo, given)))
    numbers: tuple[int, ...] = ()
    if situation.uses_numbers:
        completed = _numbers(situation, values, given)
        if completed is None:
            return NotConfirmed("the interrupt numbers cannot be completed", spurious=True)
        numbers = completed
    layout, evaluate = lay_out_open(situation.design, device, given, numbers)
    return Scene(layout, given, evaluate)


def _numbers(situation: Situation, values: Values, given: Values) -> tuple[int, ...] | None:
    """A numbering of all granted lines that agrees with what the model says of some."""
    lines = int(values.get("lines", 0))
    if lines == 0:
        return ()
    if lines > _MOST_NUMBERS:
        return None
    stated = situation.device.numbers
    if stated and stated.given is not None:
        if len(stated.given) == lines:
            return stated.given
        if situation.attempt.takes is None:
            return None
    base = int(values.get("base", 0))
    known: dict[int, int] = {}
    for name in values:
        if name.startswith("number."):
            ordinal = values.get(f"at.{name.removeprefix('number.')}")
            if ordinal is not None and 0 <= int(ordinal) < lines:
                known[int(ordinal)] = int(values[name])
    if situation.contiguous:
        numbers = range(base, base + lines)
        return tuple(numbers) if set(numbers) <= set(_usable(situation, given, base)) else None
    refused = {
        int(values[f"sought.{name.removeprefix('granted.')}"])
        for name, there in values.items()
        if name.startswith("granted.") and there is False
    }
    return _fill(_usable(situation, given, base), known, refused, lines)


def _fill(
    usable: list[int], known: dict[int, int], refused: set[int], lines: int
) -> tuple[int, ...] | None:
    taken = set(known.values())
    free = [n for n in usable if n not in refused and n not in taken]
    out: list[int] = []
    for k in range(lines):
        if k in known:
            out.append(known[k])
        elif free:
            out.append(free.pop(0))
        else:
            return None
    return tuple(out)


def _usable(situation: Situation, given: Values, base: int) -> list[int]:
    controllers = controllers_of(situation.design, situation.device, situation.attempt.pool)
    if not controllers:
        return list(range(base, base + _MOST_NUMBERS))
    out: set[int] = set()
    for c in controllers:
        for i in c.lines:
            lo, hi = int(value(i.lo, given)), int(value(i.hi, given))
            out.update(range(lo, min(hi, lo + _MOST_NUMBERS) + 1))
        for i in c.reserved:
            out.difference_update(range(int(value(i.lo, given)), int(value(i.hi, given)) + 1))
    return sorted(n for n in out if n >= base)
