"""Device types: features, queue families, hints and pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.elaborate_formulas import Formula
from checker.language.elaborate_names import Reads, check_variable
from checker.language.elaborate_params import parameters
from checker.language.elaborate_platform import of_kind, only
from checker.language.resolve import Found, Scope, check_free, role_of
from checker.language.sorts import UNKNOWN, Typed, condition, number
from model.design.device import DeviceType, Family, Feature, HintValue, Interval, PairRule
from model.design.program import DRAIN_ONLY
from model.expr import FALSE, TRUE, Expr, Lit, Var, add, free, mul, negate
from model.expr_linear import linear_in
from model.record import dataclass

INDEX = "type.i"


@dataclass(frozen=True, slots=True)
class TypeParts:
    """A device type with its text, and where its families name their service programs."""

    type: DeviceType
    node: t.DeviceType
    services: Mapping[str, t.Ident]
    scope: Scope


def device_type(found: Found[t.DeviceType]) -> TypeParts:
    """A device type, resolved."""
    scope, node = found.scope, found.node
    sink = scope.world.sink
    values, params = parameters(scope, node.params, "type", "a device type")
    features = _features(scope, node, values)
    queues = of_kind(node.items, t.Queue)
    sink.unique((q.name for q in queues), "queue")
    inner = _Inner(scope, values)
    families = [inner.family(q) for q in queues]
    config = only(sink, of_kind(node.items, t.ConfigChange), "`config_change`")
    by_name = {f.name: f for f in families}
    hints = inner.hints(of_kind(node.items, t.Hint), by_name)
    made = DeviceType(
        name=node.name.text,
        id=_identifier(inner, node),
        params=params,
        features=features,
        families=tuple(with_hints(f, hints.get(f.name, ())) for f in families),
        config_change=inner.formula.condition(config.test) if config else FALSE,
        pairs=tuple(p for pair in of_kind(node.items, t.Pair) for p in inner.pair(pair, by_name)),
        origin=node.span,
    )
    services = {
        q.name.text: i.name for q in queues for i in q.items if isinstance(i, t.QueueService)
    }
    return TypeParts(made, node, services, scope)


def with_hints(family: Family, hints: Sequence[HintValue]) -> Family:
    """The family with these hints, which replace its own of the same name."""
    if not hints:
        return family
    names = {h.name for h in hints}
    kept = tuple(h for h in family.hints if h.name not in names)
    return replace(family, hints=(*kept, *hints))


def _identifier(inner: _Inner, node: t.DeviceType) -> int:
    sink = inner.scope.world.sink
    given = only(sink, of_kind(node.items, t.TypeId), "`id`")
    if given is None:
        headline = f"device type `{node.name.text}` has no `id`"
        sink.error("VQ0405", headline, node.name.span, "say which it is: `id 1`")
        return 0
    value = inner.formula.constant(given.value, "an `id`")
    if value is None:
        return 0
    inner.formula.at_least(Lit(value), 0, "an `id`", given.value.span)
    inner.scope.world.type_ids.setdefault(node.name.text, value)
    return value


def _features(scope: Scope, node: t.DeviceType, values: dict[str, Typed]) -> tuple[Feature, ...]:
    """The features; each becomes a condition that formulas of the type can read."""
    sink = scope.world.sink
    nodes = of_kind(node.items, t.Feature)
    params = {p.name.text: p.name for p in reversed(node.params)}
    sink.unique((f.name for f in nodes), "feature")
    formula = Formula(scope, Reads("the bit of a feature"))
    made: list[Feature] = []
    bits: dict[int, t.Feature] = {}
    for f in nodes:
        check_free(sink, f.name, ("true", "false", "min", "max", "rank", "count"))
        if f.name.text in params:
            sink.twice(f.name, params[f.name.text], "name")
        bit = formula.constant(f.bit, "the bit of a feature") if f.bit else None
        if bit is not None and f.bit is not None:
            formula.at_least(Lit(bit), 0, "the bit of a feature", f.bit.span)
            first = bits.setdefault(bit, f)
            if first is not f:
                headline = f"`{first.name.text}` and `{f.name.text}` are both bit {bit}"
                sink.error("VQ0404", headline, f.bit.span, "", Label(first.span, "first here"))
        feature = condition(f"type.feature.{f.name.text}", f.name.span)
        values.setdefault(f.name.text, feature)
        made.append(Feature(f.name.text, bit, f.span))
    return tuple(made)


class _Inner:
    """Reads the families of one type; its parameters and features are `values`."""

    def __init__(self, scope: Scope, values: Mapping[str, Typed]) -> None:
        self.scope = scope
        self.sink = scope.world.sink
        self.values = values
        self.formula = Formula(scope, Reads("a device type", values))

    def indexed(self, index: t.Ident | None) -> Formula:
        """Formulas that may also read the index of a family."""
        if index is None:
            return self.formula
        check_variable(self.scope, index, self.formula.reads)
        reads = Reads("a device type", {**self.values, index.text: number(INDEX, index.span)})
        return Formula(self.scope, reads)

    def family(self, node: t.Queue) -> Family:
        formula = self.indexed(node.index.name if node.index else None)
        zero = Interval(Lit(0), Lit(0), node.span)
        callback, slow = self._flags(node, formula)
        role = only(self.sink, of_kind(node.items, t.Role), "`role`")
        only(self.sink, of_kind(node.items, t.QueueService), "`service`")
        hints = of_kind(node.items, t.QueueHint)
        self.sink.unique((h.name for h in hints), "hint")
        return Family(
            name=node.name.text,
            indexed=node.index is not None,
            range=self.formula.interval(node.index.range) if node.index else zero,
            at=self._at(node, formula),
            present=self._of_family(formula, node.present),
            callback=callback,
            slow=slow,
            role=role.name.text if role else role_of(node),
            hints=tuple(HintValue(h.name.text, formula.number(h.value), h.span) for h in hints),
            service=next(
                (i.name.text for i in node.items if isinstance(i, t.QueueService)), DRAIN_ONLY
            ),
            origin=node.span,
        )

    def _at(self, node: t.Queue, formula: Formula) -> Expr:
        e = formula.number(node.at)
        if UNKNOWN.name in free(e):
            return e
        formula.at_least(e, 0, "a virtqueue index", node.at.span)
        parts = linear_in(e, INDEX)
        if node.index is None:
            return e
        index = node.index.name.text
        if parts is None:
            headline = f"the index of `{node.name.text}` is not linear in `{index}`"
            hint = f"write it as `A*{index} + B`, with a constant A"
            self.sink.error("VQ0402", headline, node.at.span, hint)
            return e
        if parts[0] == 0:
            headline = f"all queues of `{node.name.text}` have the same index"
            hint = f"let it depend on `{index}`"
            self.sink.error("VQ0402", headline, node.at.span, hint)
        return add(mul(Lit(parts[0]), Var(INDEX)), parts[1])

    def _of_family(self, formula: Formula, test: t.Node | None) -> Expr:
        """A condition that holds for all queues of a family or for none."""
        e = formula.condition(test)
        if test is not None and INDEX in free(e):
            headline = "the condition differs between the queues of a family"
            hint = "make them two families"
            self.sink.error("VQ0304", headline, test.span, hint)
        return e

    def _flags(self, node: t.Queue, formula: Formula) -> tuple[Expr, Expr]:
        """Whether it wants notifications, and whether it is slow."""
        flags = of_kind(node.items, t.QueueFlag)
        slow = only(self.sink, [f for f in flags if f.what == "slow"], "`slow`")
        wants = only(self.sink, [f for f in flags if f.what != "slow"], "`callback` or `polled`")
        callback: Expr = TRUE
        if wants:
            test = self._of_family(formula, wants.test)
            callback = negate(test) if wants.what == "polled" else test
        return callback, self._of_family(formula, slow.test) if slow else FALSE

    def hints(
        self, nodes: Sequence[t.Hint], families: Mapping[str, Family]
    ) -> dict[str, list[HintValue]]:
        """`hint NAME(rx[i]) = E` by family."""
        made: dict[str, list[HintValue]] = {}
        first: dict[tuple[str, str], t.Hint] = {}
        for node in nodes:
            family = self.member(node.member, families)
            formula = self.indexed(node.member.index)
            value = formula.number(node.value)
            key = (node.name.text, node.member.name.text)
            if first.setdefault(key, node) is not node:
                self.sink.twice(node.name, first[key].name, f"for `{key[1]}`, hint")
            elif family:
                hint = HintValue(node.name.text, value, node.span)
                made.setdefault(family.name, []).append(hint)
        return made

    def member(self, node: t.Member, families: Mapping[str, Family]) -> Family | None:
        """The family that `rx[i]` or `ctrl` means."""
        family = families.get(node.name.text)
        self.sink.means(node.name, family)
        if family is None:
            self.sink.unknown("VQ0206", "queue", node.name, families)
        elif node.index and not family.indexed:
            headline = f"`{family.name}` is a single queue, without an index"
            also = Label(family.origin, "declared here")
            self.sink.error("VQ0419", headline, node.span, f"write `{family.name}`", also)
            return None
        return family

    def pair(self, node: t.Pair, families: Mapping[str, Family]) -> list[PairRule]:
        first, second = self.member(node.first, families), self.member(node.second, families)
        if first is None or second is None:
            return []
        indices = [m.index.text if m.index else "" for m in (node.first, node.second)]
        if node.second.index and indices[0] == indices[1]:
            self.sink.means(node.second.index, node.first.index)
        headline = ""
        if first is second:
            headline = f"`{first.name}` is paired with itself"
        elif first.indexed != second.indexed or indices[0] != indices[1]:
            headline = "a pair has queues of the same index"
        elif first.indexed and not indices[0]:
            headline = f"`{first.name}` has many queues: which of them is paired?"
        if headline:
            hint = "write `pair A[i] with B[i]`, or `pair A with B` for single queues"
            self.sink.error("VQ0419", headline, node.span, hint)
            return []
        return [PairRule(first.name, second.name, node.span)]
