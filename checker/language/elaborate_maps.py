"""Maps and policies: rules, what a layer sees, attempts, and which lines are requested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.elaborate_formulas import Formula
from checker.language.elaborate_names import ATTEMPT_FACTS, check_variable
from checker.language.elaborate_platform import of_kind, only
from checker.language.elaborate_programs import Host
from checker.language.resolve import PREFIXES, Found, Scope
from model.design.device import Interval, Trigger
from model.design.mapping import (
    Attempt,
    DeviceMap,
    DriverMap,
    MapRule,
    Request,
    Target,
    ToLine,
    ToNone,
    ToNumber,
)
from model.expr import TRUE, Expr, Lit, Var, sub
from model.record import dataclass
from model.span import Span

EVERYTHING = ("*",)
"""What a map sees that does not say what it sees."""
SINGLE = "map"
"""The name of the only attempt of a transport without a policy."""
_FACTS = frozenset(
    "index callback slow role family nth hint queues lines base cpus id features args".split()
)


@dataclass(frozen=True, slots=True)
class Requests:
    """What a transport's text says about requests, for attempts that say nothing."""

    nodes: tuple[t.Request, ...]
    handlers: tuple[t.Handler, ...]


def driver_map(scope: Scope, host: Host, node: t.Map, requests: Requests) -> DriverMap:
    """`map in transport` or `map in driver`: one attempt, with whatever is granted."""
    maps = _Maps(scope, host, requests)
    own = of_kind(node.items, t.Request)
    attempt = Attempt(
        name=SINGLE,
        pool=host.pools[0] if host.pools else "",
        takes=None,
        when=TRUE,
        rules=maps.rules(of_kind(node.items, t.Rule)),
        requests=maps.requests(own, node.span),
        origin=node.span,
    )
    for item in of_kind(node.items, t.Programmed):
        hint = "it belongs into `map in device`: the device uses what the driver wrote"
        scope.world.sink.error("VQ0417", "the driver's side is not `programmed`", item.span, hint)
    return DriverMap(node.layer.text, "", maps.sees(node.sees) or EVERYTHING, (attempt,), node.span)


def policy(found: Found[t.Policy], host: Host, requests: Requests) -> DriverMap:
    """A ladder of attempts, in the transport that uses it."""
    node, scope = found.node, found.scope
    sink = scope.world.sink
    maps = _Maps(scope, host, requests)
    sink.unique((a.name for a in node.attempts), "attempt")
    if not node.attempts:
        headline = f"policy `{node.name.text}` has no attempts"
        sink.error("VQ0405", headline, node.name.span, "add `try NAME { ... }`")
    attempts = tuple(maps.attempt(a) for a in node.attempts)
    sees = maps.sees(node.sees) or EVERYTHING
    return DriverMap("transport", node.name.text, sees, attempts, node.span)


def device_map(scope: Scope, host: Host, node: t.Map) -> DeviceMap:
    """`map in device`: the device's side."""
    sink = scope.world.sink
    maps = _Maps(scope, host, Requests((), ()))
    rules = of_kind(node.items, t.Rule)
    programmed = of_kind(node.items, t.Programmed)
    for request in of_kind(node.items, t.Request):
        hint = "it belongs to the driver's side"
        sink.error("VQ0417", "the device does not request lines", request.span, hint)
    if programmed and rules:
        also = Label(rules[0].span, "and yet there is a rule")
        headline = "a `programmed` device has no rules of its own"
        sink.error("VQ0417", headline, programmed[0].span, "leave out one of them", also)
    for rule in rules:
        if rule.target.kind == "number":
            hint = "say which of the granted lines: `line E`"
            headline = "a device does not know interrupt numbers"
            sink.error("VQ0417", headline, rule.target.span, hint)
    return DeviceMap(bool(programmed), maps.rules(rules), maps.sees(node.sees), node.span)


def pool_of(scope: Scope, host: Host, name: t.Ident | None, at: Span) -> str:
    """The pool that lines are of; the only one, if nothing is said."""
    sink = scope.world.sink
    if name is not None:
        sink.means(name, host.places.get(("pool", name.text)))
        if name.text not in host.pools and not host.is_open:
            known = [p for p in host.pools if p]
            hint = sink.guess(name.text, known) or "the transport declares no pools"
            if name.text in [k.value for k in Trigger]:
                hint = (
                    "lines have the trigger of their controller, in the `platform`; a pool of them"
                    f" is `pool NAME : {name.text}` in the `transport`"
                )
            sink.error("VQ0206", f"there is no pool `{name.text}`", name.span, hint)
        return name.text
    if len(host.pools) > 1:
        headline = "the transport has several pools of lines"
        hint = f"say of which: `of {host.pools[0]}`"
        sink.error("VQ0410", headline, at, hint)
    return host.pools[0] if host.pools else ""


class _Maps:
    def __init__(self, scope: Scope, host: Host, requests: Requests) -> None:
        self.scope = scope
        self.host = host
        self.sink = scope.world.sink
        self.default = requests
        self.formula = Formula(scope, host.reads("a map"))

    def attempt(self, node: t.Attempt) -> Attempt:
        takes = only(self.sink, of_kind(node.items, t.Takes), "`lines`")
        reads = self.host.reads("what an attempt takes", facts=ATTEMPT_FACTS)
        before = Formula(self.scope, reads)
        count: Expr | None = None
        pool = self.host.pools[0] if self.host.pools else ""
        if takes is None:
            headline = f"attempt `{node.name.text}` does not say how many lines it takes"
            hint = "add `lines 1 + callbacks`, for instance"
            self.sink.error("VQ0405", headline, node.name.span, hint)
        else:
            count = before.number(takes.count)
            before.at_least(count, 0, "a number of lines", takes.count.span)
            pool = pool_of(self.scope, self.host, takes.pool, takes.span)
        if node.mode:
            self.sink.means(node.mode, self.host.places.get(("mode", node.mode.text)))
        if node.mode and not self.host.is_open and node.mode.text not in self.host.modes:
            self.sink.unknown("VQ0206", "mode", node.mode, self.host.modes)
        return Attempt(
            name=node.name.text,
            mode=node.mode.text if node.mode else "",
            pool=pool,
            takes=count,
            when=before.condition(node.test),
            rules=self.rules(of_kind(node.items, t.Rule)),
            requests=self.requests(of_kind(node.items, t.Request), node.name.span),
            origin=node.span,
        )

    # Rules

    def rules(self, nodes: Sequence[t.Rule]) -> tuple[MapRule, ...]:
        """The rules; those after one that always holds are reported."""
        always: dict[bool, t.Rule] = {}
        made: list[MapRule] = []
        for node in nodes:
            for_config = node.queue is None
            rule = self._rule(node)
            if for_config in always:
                also = Label(always[for_config].span, "this rule always holds")
                what = "the configuration" if for_config else "any queue"
                headline = f"the rule is never reached by {what}"
                hint = self._about_family(always[for_config]) or "put it first, or leave it out"
                self.sink.warning("VQ0411", headline, node.span, hint, also)
            elif rule.when == TRUE:
                always[for_config] = node
            made.append(rule)
        return tuple(made)

    def _rule(self, node: t.Rule) -> MapRule:
        formula = self.formula
        if node.queue:
            check_variable(self.scope, node.queue, formula.reads, PREFIXES)
            hint = self._about_family(node)
            if hint:
                headline = f"`{node.queue.text}` is a variable here, for any queue"
                self.sink.warning("VQ0426", headline, node.queue.span, hint)
            reads = self.host.reads("a map").with_queue(node.queue, "q")
            formula = Formula(self.scope, reads)
        when = formula.condition(node.when.test) if node.when else TRUE
        return MapRule(node.queue is None, when, self._target(formula, node.target), node.span)

    def _about_family(self, node: t.Rule) -> str:
        """What to write where a rule names a family of queues; empty if it does not."""
        name = node.queue.text if node.queue else ""
        # Families may have names of one letter, and so have variables.
        if len(name) < 2 or name not in self.scope.world.families:
            return ""
        value = f" {node.target.value.span.text}" if node.target.value else ""
        target = f"{node.target.kind}{value}" if value else "none"
        return f"for the queues `{name}` write `queue q -> {target} if q.family == {name}`"

    def _target(self, formula: Formula, node: t.Target) -> Target:
        if node.value is None:
            return ToNone()
        e = formula.number(node.value)
        if node.kind == "number":
            return ToNumber(e)
        formula.at_least(e, 0, "a line's ordinal", node.value.span)
        return ToLine(e)

    # Requests

    def requests(self, nodes: Sequence[t.Request], at: Span) -> tuple[Request, ...]:
        """What an attempt requests; what the transport says, if it says nothing itself."""
        wanted = nodes or self.default.nodes
        if wanted:
            return tuple(self._request(r) for r in wanted)
        handlers = self.default.handlers
        if self.host.is_open:
            return ()
        if len(handlers) != 1:
            self._which_handler(at)
            return ()
        handler = handlers[0]
        name = handler.name.text if handler.name else "handler"
        every = Interval(Lit(0), sub(Var("lines"), Lit(1)), handler.span)
        return (Request(every, name, TRUE, handler.span),)

    def _which_handler(self, at: Span) -> None:
        handlers = self.default.handlers
        if not handlers:
            headline = "the transport has no handler"
            hint = "add `handler on line l { ... }`"
            self.sink.error("VQ0409", headline, at, hint)
            return
        also = [Label(h.name.span if h.name else h.span, "one of them") for h in handlers]
        first, second = (h.name.text if h.name else "handler" for h in handlers[:2])
        rest = f"`request lines 1..lines-1 with {second}`"
        hint = f"say so, as in `request line 0 with {first}` and {rest}"
        headline = "it is not said which handler is requested for which lines"
        self.sink.error("VQ0409", headline, at, hint, *also)

    def _request(self, node: t.Request) -> Request:
        name = node.handler
        if name.text not in self.host.handlers and not self.host.is_open:
            new = "" if self.host.handlers else f"add `handler {name.text} on line l {{ ... }}`"
            self.sink.unknown("VQ0206", "handler", name, self.host.handlers, new)
        for h in self.default.handlers:
            if (h.name.text if h.name else "handler") == name.text:
                self.sink.means(name, h.name or h.span)
        return Request(
            lines=self.formula.interval(node.lines),
            handler=name.text,
            when=self.formula.condition(node.when.test) if node.when else TRUE,
            origin=node.span,
        )

    # What is seen

    def sees(self, node: t.Sees | None) -> tuple[str, ...] | None:
        """The facts as written; unknown ones are reported."""
        if node is None:
            return None
        first: dict[str, t.Fact] = {}
        for fact in node.facts:
            if first.setdefault(fact.text, fact) is not fact:
                also = Label(first[fact.text].span, "first here")
                headline = f"`{fact.text}` is listed twice"
                self.sink.error("VQ0204", headline, fact.span, "", also)
            else:
                self._fact(fact)
        return tuple(first)

    def _fact(self, fact: t.Fact) -> None:
        group, rest = fact.parts[0], fact.parts[1:]
        params = self.host.values.keys() | (self.scope.params if self.scope.is_main else set())
        members: Mapping[str, Iterable[str] | None] = {
            "hint": None if self.host.is_open else self.host.hints,
            "features": self.scope.world.features if self.scope.is_strict else None,
            "args": self.scope.world.args if self.scope.is_strict else None,
        }
        if group.text not in _FACTS and group.text not in params:
            hint = self.sink.guess(fact.text, _FACTS | params)
            hint = _OTHER_FACTS.get(group.text, hint)
            self.sink.error("VQ0209", f"there is no fact `{fact.text}`", fact.span, hint)
        elif rest and (group.text not in members or len(rest) > 1):
            hint = "only `hint`, `features` and `args` have parts, as in `hint.group`"
            self.sink.error("VQ0209", f"there is no fact `{fact.text}`", fact.span, hint)
        elif rest:
            known = members[group.text]
            self._names_part(group.text, rest[0])
            if known is not None and rest[0].text not in known:
                nothing = f"the transport has no `{group.text}` of that name"
                hint = self.sink.guess(rest[0].text, known) or nothing
                self.sink.error("VQ0209", f"there is no fact `{fact.text}`", fact.span, hint)

    def _names_part(self, group: str, part: t.Ident) -> None:
        """Note what a fact with a part is about."""
        if group != "hint":
            self.scope.world.means(part, group.removesuffix("s"))
        elif part.text in self.host.hints:
            self.sink.means(part, self.host.hints[part.text].name)


_OTHER_FACTS = {
    "all": "a map without `sees` may use all facts: leave it out",
    "everything": "a map without `sees` may use all facts: leave it out",
    "idx": "did you mean `index`?",
    "callbacks": "the tallies `callbacks` and `rank(q)` come with `callback`",
    "feature": "did you mean `features`?",
    "arg": "did you mean `args`?",
    "hints": "did you mean `hint`?",
    "device": "did you mean `id`?",
    "rank": "the tallies `callbacks` and `rank(q)` come with `callback`",
    "count": "`count(q where C)` comes with the facts that C reads",
}
