"""What formulas of a type or a transport say of one device, with its tallies in closed form."""

from __future__ import annotations

from collections.abc import Mapping

from model.design.design import Design
from model.design.device import Device, Family
from model.design.facts import facts_read
from model.design.mapping import Transport
from model.expr import (
    FALSE,
    Div,
    Expr,
    Lit,
    Mul,
    Tally,
    Var,
    add,
    at_least_zero,
    conj,
    ite,
    less,
    rebuild,
    sub,
    substitute,
)
from model.expr_linear import linear_in


class DeviceFormulas:
    """Formulas over facts, as formulas over the variables of a situation of the device."""

    def __init__(self, design: Design, device: Device) -> None:
        self.design = design
        self.device = device
        self.transport: Transport = design.transport(device.transport)
        # A feature that the type does not have is not offered.
        self._outer: dict[str, Expr] = {
            n: FALSE for n in facts_read(self.transport) if n.startswith("device.feature.")
        }
        self._outer |= {
            f"type.feature.{f.name}": Var(f"feature.{f.name}", True) for f in device.type.features
        }
        self._outer |= {
            f"device.feature.{f.name}": Var(f"feature.{f.name}", True) for f in device.type.features
        }
        self._outer |= {f"device.arg.{p.name}": Var(f"type.{p.name}") for p in device.type.params}
        self._outer["device.id"] = Lit(device.type.id)
        self.cpus: Expr = Var("cpus")
        if design.platform and design.platform.cpus is not None:
            self.cpus = design.platform.cpus
        self._outer["cpus"] = self.cpus

    def at_device(self, e: Expr) -> Expr:
        """A formula over facts of the device."""
        return self.given(e, {})

    def of_queue(self, e: Expr, f: Family | None, tag: str = "") -> Expr:
        """A formula over the facts of a queue of the family (None: of the configuration)."""
        return self.given(e, self.facts_of(f, tag) if f else {})

    def callback(self, f: Family, tag: str = "") -> Expr:
        """Whether the queue wants notifications."""
        return self.of_queue(f.callback, f, tag)

    def given(self, e: Expr, facts: Mapping[str, Expr]) -> Expr:
        """A formula over facts of the device and what else is given."""
        return self._settle(substitute(e, {**self._outer, **facts}))

    def facts_of(self, f: Family, tag: str) -> dict[str, Expr]:
        """The facts of a queue of the family."""
        own = {"type.i": Var("type.i" + tag)}
        out: dict[str, Expr] = {
            "q.index": Var("q.index" + tag),
            "q.nth": Var("type.i" + tag) if f.indexed else Lit(0),
            "q.role": Lit(self.design.roles.index(f.role)),
            "q.family": Lit(self.design.family_names.index(f.name)),
            "q.callback": self.at_device(substitute(f.callback, own)),
            "q.slow": self.at_device(substitute(f.slow, own)),
        }
        for h in self.transport.hints:
            out[f"q.hint.{h.name}"] = self.at_device(h.default)
        for given in f.hints:
            out[f"q.hint.{given.name}"] = self.at_device(substitute(given.value, own))
        return out

    def index_parts(self, f: Family) -> tuple[int, Expr]:
        """The index of a queue of the family, as (factor of `type.i`, the rest)."""
        parts = linear_in(self.at_device(f.at), "type.i")
        if parts is None:  # Refused with VQ0402 when the design was read.
            raise ValueError(f"the index of `{f.name}` is not linear")
        return parts

    # Tallies

    def _settle(self, e: Expr) -> Expr:
        if isinstance(e, Tally):
            return add(*(self._count(f, e) for f in self.device.families))
        if isinstance(e, Lit | Var):
            return e
        return rebuild(e, self._settle)

    def _count(self, f: Family, tally: Tally) -> Expr:
        """How many queues of the family count."""
        facts = {k: v for k, v in self.facts_of(f, "").items() if k not in ("q.index", "q.nth")}
        counts = conj(self.at_device(f.present), substitute(tally.where, {**self._outer, **facts}))
        below = None if tally.below is None else self._settle(tally.below)
        return ite(counts, self._size(f, below), Lit(0))

    def _size(self, f: Family, below: Expr | None) -> Expr:
        """How many of its queues there are; or how many with an index smaller than `below`."""
        if not f.indexed:
            at = self.at_device(f.at)
            return Lit(1) if below is None else ite(less(at, below), Lit(1), Lit(0))
        lo, hi = self.at_device(f.range.lo), self.at_device(f.range.hi)
        size = at_least_zero(add(sub(hi, lo), Lit(1)))
        if below is None:
            return size
        step, rest = self.index_parts(f)
        first = add(rest, _times(step, lo if step > 0 else hi))
        room = sub(below, first)
        count = Div(add(room, Lit(abs(step) - 1)), Lit(abs(step)))
        some = ite(less(count, size), count, size)
        return ite(less(Lit(0), room), some, Lit(0))


def _times(step: int, e: Expr) -> Expr:
    return Mul(Lit(step), e) if step != 1 else e
