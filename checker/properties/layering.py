"""The mapping that a layer computes depends only on what that layer sees.

# What it asks

Take any two queues of any two devices that look the same through the facts in the layer's `sees`
list. The layer maps both to the same line, the configuration changes of both devices too, and asks
for the same number of lines. It is
non-interference, decided over two copies of the map with everything unseen left free; what the text
mentions does not matter, only what the result depends on.

# Why

"Transport drivers should have no knowledge of a specific type of device" (review of the posted
multi-interrupt patch). A transport that maps by device type must be changed for every new type, and
the device's side must repeat the same table.

# Violated

`queue q -> line (q.index / 2) % lines if device.id == net` in `map in transport sees index, lines`.

# Repaired

The driver passes what it knows (`hint group(rx[i]) = i`), the transport sees `hint`.

# Sources

virtio 1.3 section 4.1.5.1.2 (any event to any vector, whatever the device); Linux struct
virtqueue_info, struct irq_affinity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import assert_never

from checker.engines.engine import Goal, Obligation
from checker.properties.looks import of_params, of_tallies
from checker.properties.property import Property
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Design
from model.design.mapping import Attempt, MapRule, ToLine, ToNone, ToNumber, Transport
from model.expr import (
    FALSE,
    TRUE,
    Expr,
    Lit,
    Tally,
    Undefined,
    Value,
    Var,
    at_most,
    between,
    children,
    conj,
    defined,
    disj,
    equal,
    free,
    implies,
    negate,
    partial,
    rebuild,
    substitute,
    text,
    value,
)
from model.meaning.fact import Fact
from model.record import dataclass
from model.span import Span

_SEEN_AS = {
    "q.index": "index",
    "q.callback": "callback",
    "q.slow": "slow",
    "q.role": "role",
    "q.family": "family",
    "q.nth": "nth",
    "device.id": "id",
    "lines": "lines",
    "base": "base",
    "cpus": "cpus",
}
_BOOL = ("q.callback", "q.slow")


@dataclass(frozen=True, slots=True)
class _View:
    """One map of one layer: its rules, what it asks for, and what it may see."""

    transport: Transport
    layer: str
    attempt: str
    sees: tuple[str, ...]
    rules: tuple[MapRule, ...]
    takes: Expr | None
    when: Expr
    origin: Span

    @property
    def name(self) -> str:
        words = f"{self.layer} layer of {self.transport.name}"
        return f"{words}, attempt {self.attempt}" if self.attempt != "map" else words


def _views(design: Design) -> Iterable[_View]:
    used = {d.transport for d in design.devices}
    for t in design.transports:
        if t.name not in used:
            continue
        d = t.driver
        for a in d.attempts:
            yield _View(t, d.layer, a.name, d.sees, a.rules, a.takes, a.when, _origin(d.origin, a))
        if t.device.sees is not None and not t.device.programmed:
            dev = t.device
            yield _View(t, "device", "map", dev.sees or (), dev.rules, None, TRUE, dev.origin)


def _origin(origin: Span, attempt: Attempt) -> Span:
    return attempt.origin if attempt.takes is not None else origin


def _obligations(design: Design) -> Iterable[Obligation]:
    views = list(_views(design))
    for v in views:
        if "*" not in v.sees:
            yield Obligation("layering", v.name, tuple(_goals(design, v)))


def _formulas(r: MapRule) -> Iterable[Expr]:
    yield r.when
    match r.target:
        case ToLine(e) | ToNumber(e):
            yield e
        case ToNone():
            pass
        case _:
            assert_never(r.target)


def is_seen(name: str, sees: Sequence[str]) -> bool:
    """Whether a layer with this `sees` list sees a fact."""
    if name.startswith("q.hint."):
        return "hint" in sees or name.removeprefix("q.") in sees
    if name.startswith("device.feature."):
        return "features" in sees or f"features.{name.removeprefix('device.feature.')}" in sees
    if name.startswith("device.arg."):
        return "args" in sees or f"args.{name.removeprefix('device.arg.')}" in sees
    if name.startswith(("param.", "arg.")):
        # A transport's own argument is fixed when it is written down, not by the device.
        return name.startswith("arg.") or name.removeprefix("param.") in sees
    return _SEEN_AS.get(name, name) in sees


class _Copy:
    """The facts of one of the two queues, as variables."""

    def __init__(self, design: Design, view: _View, tag: str) -> None:
        self.design = design
        self.view = view
        self.tag = tag
        self.tallies: dict[Tally, Var] = {}

    def at(self, e: Expr) -> Expr:
        """A formula over this copy's facts."""
        settled = self.settle(e)
        names = free(settled)
        return substitute(
            settled, {n: Var(n + self.tag, _is_bool(n)) for n in names if "#" not in n}
        )

    def settle(self, e: Expr) -> Expr:
        """Tallies as variables: facts about a device, like others."""
        if isinstance(e, Tally):
            if e not in self.tallies:
                self.tallies[e] = Var(f"tally#{len(self.tallies)}{self.tag}")
            return self.tallies[e]
        if isinstance(e, Lit | Var):
            return e
        return rebuild(e, self.settle)

    def usual(self, names: Iterable[str]) -> Expr:
        """What a reader expects of numbers: that they are not negative."""
        every = (Var(n + self.tag) for n in sorted(names) if not _is_bool(n))
        return conj(*(at_most(Lit(0), v) for v in every if v.name[:6] not in ("q.role", "q.fami")))

    def result(self, of_config: bool) -> tuple[list[Fact], list[Expr]]:
        """Facts that define `kind` and `line` of the result, and where it is defined."""
        kind, line = Var("kind" + self.tag), Var("line" + self.tag)
        facts: list[Fact] = []
        ok: list[Expr] = []
        reach: Expr = TRUE
        for k, r in enumerate(self.view.rules):
            if r.for_config != of_config:
                continue
            when = self.at(r.when)
            ok += [implies(c, defined(n)) for c, n in partial(when, reach)]
            here = conj(reach, when)
            match r.target:
                case ToLine(e) | ToNumber(e):
                    to = self.at(e)
                    ok += [implies(c, defined(n)) for c, n in partial(to, here)]
                    which = 2 if isinstance(r.target, ToLine) else 3
                    says = conj(equal(kind, Lit(which)), equal(line, to))
                case _:
                    says = conj(equal(kind, Lit(0)), equal(line, Lit(0)))
            facts.append(Fact(f"rule {k + 1}{self.tag}", implies(here, says), r.origin))
            reach = conj(reach, negate(when))
        none = conj(equal(kind, Lit(1)), equal(line, Lit(0)))
        facts.append(Fact(f"no rule{self.tag}", implies(reach, none)))
        return facts, ok

    def domain(self, names: Iterable[str]) -> list[Expr]:
        """What a fact can be at all."""
        out: list[Expr] = []
        for n in sorted(names):
            v = Var(n + self.tag, _is_bool(n))
            match n:
                case "q.role" | "q.family":
                    known = self.design.roles if n == "q.role" else self.design.family_names
                    out.append(between(Lit(-1), v, Lit(len(known) - 1)))
                case "cpus":
                    out.append(at_most(Lit(1), v))
                case "q.index" | "device.id" | "lines" | "base":
                    out.append(at_most(Lit(0), v))
                case _ if n.startswith("q.hint."):
                    out += self._hint(n, v)
                case _:
                    pass  # The number within a family and arguments may be negative.
        out += [at_most(Lit(0), v) for v in self.tallies.values()]
        out += of_params(self.design, self.view.transport, names, self.tag)
        return out

    def related(self, *, of_config: bool) -> list[Expr]:
        """How its tallies are related."""
        return [self.at(e) for e in of_tallies(self.tallies, of_config=of_config)]

    def tried(self) -> Expr:
        """That the attempt is tried, and takes the lines that its rules know of."""
        takes = self.view.takes
        lines = TRUE if takes is None else equal(Var("lines" + self.tag), self.at(takes))
        return conj(self.at(self.view.when), lines)

    def _hint(self, name: str, v: Var) -> list[Expr]:
        for h in self.view.transport.hints:
            if name == f"q.hint.{h.name}":
                # Bounds of a hint are part of the interface, the same for both.
                return [between(h.range.lo, v, h.range.hi)]
        return []


def _is_bool(name: str) -> bool:
    return name in _BOOL or name.startswith("device.feature.")


def _names(view: _View) -> set[str]:
    out: set[str] = {"q.index", "device.id", "q.role"}
    formulas = [view.when, *([view.takes] if view.takes else [])]
    for r in view.rules:
        formulas.append(r.when)
        if isinstance(r.target, ToLine):
            formulas.append(r.target.ordinal)
        elif isinstance(r.target, ToNumber):
            formulas.append(r.target.number)
    for e in formulas:
        out |= set(_reads(e))
    return out


def _reads(e: Expr) -> Iterator[str]:
    """The names that a formula reads outside of tallies."""
    if isinstance(e, Var):
        yield e.name
    elif not isinstance(e, Tally):
        for x in children(e):
            yield from _reads(x)


def _goals(design: Design, view: _View) -> Iterable[Goal]:
    yield from _of_sources(design, view, of_config=False)
    if any(r.for_config for r in view.rules):
        yield from _of_sources(design, view, of_config=True)


def _of_sources(design: Design, view: _View, *, of_config: bool) -> Iterable[Goal]:
    """The question about queues, or about the configuration changes of two devices."""
    a, b = _Copy(design, view, "@a"), _Copy(design, view, "@b")
    names = _names(view)
    facts_a, ok_a = a.result(of_config)
    facts_b, ok_b = b.result(of_config)
    for copy in (a, b):
        if view.takes is not None:
            copy.at(view.takes)
        copy.at(view.when)
    same = _same(view, names, a, b)
    plain = [Fact(f"facts{c.tag}", conj(*c.domain(names))) for c in (a, b)]
    plain += [Fact(f"defined{c}", conj(*ok)) for c, ok in (("@a", ok_a), ("@b", ok_b))]
    plain += [Fact(f"related{c.tag}", conj(*c.related(of_config=of_config))) for c in (a, b)]
    # Whether it is tried, and what it takes, is asked apart.
    tried = [Fact(f"tried{c.tag}", c.tried()) for c in (a, b)]
    facts = (*facts_a, *facts_b, *same)
    differ = negate(conj(equal(Var("kind@a"), Var("kind@b")), equal(Var("line@a"), Var("line@b"))))
    show = ("lines@a", "q.index@a", "q.nth@a", "device.id@a", "device.id@b")
    usual = conj(a.usual(names), b.usual(names))
    prefer = (usual, _real(design, names, a), _real(design, names, b))
    tell = _Teller(design, view, names, a, b, of_config)
    yield Goal(
        "map", facts, differ, show, (*plain, *tried), tell=tell.map, prefer=prefer,
        about=view.name,
    )  # fmt: skip
    if view.takes is not None and not of_config:
        takes = (a.at(view.takes), b.at(view.takes))
        when = (a.at(view.when), b.at(view.when))
        # What an attempt would take that neither device tries makes no difference.
        other = disj(negate(equal(*when)), conj(when[0], negate(equal(*takes))))
        yield Goal(
            "takes", tuple(same), other, show, tuple(plain), tell=tell.takes, prefer=prefer,
            about=view.name,
        )  # fmt: skip
    hidden = [
        negate(equal(Var(n + "@a", _is_bool(n)), Var(n + "@b", _is_bool(n))))
        for n in sorted(names)
        if not is_seen(n, view.sees)
    ]
    yield Goal("witness", facts, disj(*hidden), (), tuple(plain), want_model=True, about=view.name)


def _same(view: _View, names: Iterable[str], a: _Copy, b: _Copy) -> list[Fact]:
    """Both look the same through what the layer sees."""
    out = []
    for n in sorted(names):
        if is_seen(n, view.sees):
            both = equal(Var(n + "@a", _is_bool(n)), Var(n + "@b", _is_bool(n)))
            out.append(Fact(f"same {n}", both, view.transport.driver.origin))
    for tally, x in a.tallies.items():
        y = b.tallies[tally]
        reads = free(tally.where)
        whole = tally.where == TRUE and tally.below is None
        seen = "queues" in view.sees if whole else all(is_seen(n, view.sees) for n in reads)
        if tally.where == TRUE and tally.below is not None:
            seen = "index" in view.sees
        if seen:
            out.append(Fact(f"same {x.name}", equal(x, y), view.transport.driver.origin))
    return out


def _real(design: Design, names: Iterable[str], copy: _Copy) -> Expr:
    """The queue is one of a device type in scope; what a reader recognises."""
    known = set(names)
    each: list[Expr] = []
    for t in design.types:
        for f in t.families:
            if "type." in " ".join(free(f.at) - {"type.i"}):
                continue
            nth = Var("q.nth" + copy.tag) if "q.nth" in known else Var("nth" + copy.tag)
            lo = f.range.lo if isinstance(f.range.lo, Lit) else Lit(0)
            is_it = [
                equal(Var("device.id" + copy.tag), Lit(t.id)),
                equal(Var("q.role" + copy.tag), Lit(design.roles.index(f.role))),
                at_most(lo, nth) if f.indexed else equal(nth, Lit(0)),
                equal(Var("q.index" + copy.tag), substitute(f.at, {"type.i": nth})),
            ]
            if "q.family" in known:
                k = design.family_names.index(f.name)
                is_it.append(equal(Var("q.family" + copy.tag), Lit(k)))
            if "q.callback" in known and not free(f.callback):
                is_it.append(equal(Var("q.callback" + copy.tag, True), f.callback))
            each.append(conj(*is_it))
    return disj(*each) if each else FALSE


@dataclass(frozen=True, slots=True)
class _Teller:
    """Evaluates both copies, and shows them side by side."""

    design: Design
    view: _View
    names: set[str]
    a: _Copy
    b: _Copy
    of_config: bool

    def _env(self, values: Mapping[str, Value], copy: _Copy) -> dict[str, Value]:
        out = {n: values.get(n + copy.tag, 0) for n in self.names}
        out.update({v.name: values.get(v.name, 0) for v in copy.tallies.values()})
        return out

    def _outcome(self, values: Mapping[str, Value], copy: _Copy) -> tuple[str, MapRule | None]:
        env = self._env(values, copy)
        for r in self.view.rules:
            if r.for_config != self.of_config:
                continue
            # Tallies are facts here: their variables stand in the settled formula.
            if value(copy.settle(r.when), env):
                match r.target:
                    case ToLine(e):
                        return f"line {value(copy.settle(e), env)}", r
                    case ToNumber(e):
                        return f"number {value(copy.settle(e), env)}", r
                    case ToNone():
                        return "no line", r
        return "no rule", None

    def map(self, values: Mapping[str, Value]) -> Finding | NotConfirmed:
        """Two queues that look the same and are mapped differently."""
        try:
            x, rule_x = self._outcome(values, self.a)
            y, rule_y = self._outcome(values, self.b)
        except Undefined as e:
            return NotConfirmed(f"a map is undefined: {e}", spurious=False)
        if x == y:
            return NotConfirmed("both are mapped the same", spurious=False)
        return self._finding(values, (x, y), (rule_x, rule_y), "map")

    def takes(self, values: Mapping[str, Value]) -> Finding | NotConfirmed:
        """Two devices that look the same and ask for different numbers of lines."""
        asked = []
        for copy in (self.a, self.b):
            env = self._env(values, copy)
            takes = self.view.takes or Lit(0)
            tried = value(copy.settle(self.view.when), env)
            asked.append(f"{value(copy.settle(takes), env)} lines" if tried else "not tried")
        if asked[0] == asked[1]:
            return NotConfirmed("both ask for the same", spurious=False)
        return self._finding(values, (asked[0], asked[1]), (None, None), "takes")

    def _finding(
        self,
        values: Mapping[str, Value],
        got: tuple[str, str],
        rules: tuple[MapRule | None, MapRule | None],
        aspect: str,
    ) -> Finding:
        rows = [("fact", "one queue", "another", "")]
        for n in sorted(self.names, key=lambda n: (not is_seen(n, self.view.sees), n)):
            seen = "seen" if is_seen(n, self.view.sees) else "not seen"
            rows.append((n, self._word(n, values, self.a), self._word(n, values, self.b), seen))
        for k, (x, y) in enumerate(
            zip(self.a.tallies.values(), self.b.tallies.values(), strict=True)
        ):
            same = "seen" if values.get(x.name) == values.get(y.name) else "not seen"
            name = list(self.a.tallies)[k]
            rows.append((text(name), str(values.get(x.name)), str(values.get(y.name)), same))
        rows.append(("mapped to" if aspect == "map" else "asks for", *got, ""))
        one, other = (self._type(values, c) for c in (self.a, self.b))
        places = [Place(r.origin, f"-> {g}") for r, g in zip(rules, got, strict=True) if r]
        if len(places) == 2 and places[0].span == places[1].span:
            places = [Place(places[0].span, "")]
        what = "gives" if aspect == "map" else "asks for"
        if self.of_config:
            what = "gives the configuration change"
        seen_words = ", ".join(self.view.sees) or "nothing"
        return Finding(
            aspect,
            f"the {self.view.name} {what} {got[0]} for {one} and {got[1]} for {other}, "
            f"which look the same to it (it sees {seen_words})",
            (),
            (*places, Place(self.view.transport.driver.origin, "")),
            table=tuple(rows),
            hint=self._hint_for(rules),
        )

    def _hint_for(self, rules: tuple[MapRule | None, MapRule | None]) -> str:
        """What the layer could see instead; a transport has no business with types of devices."""
        read = {n for r in rules if r for e in _formulas(r) for n in free(e)}
        unseen = {_SEEN_AS.get(n, n) for n in read if not is_seen(n, self.view.sees)}
        may_see = sorted(n for n in unseen if n in _SEEN_AS.values() and n != "id")
        by_hint = "let the driver pass what the map needs, as a `hint`, and let the layer see that"
        if not may_see or len(may_see) < len(unseen):
            return by_hint
        return (
            f"let the layer see it: `sees {', '.join((*self.view.sees, *may_see))}`; or {by_hint}"
        )

    def _type(self, values: Mapping[str, Value], copy: _Copy) -> str:
        k = values.get("device.id" + copy.tag)
        name = next((t.name for t in self.design.types if t.id == k), None)
        queue = f"queue {values.get('q.index' + copy.tag, 0)} of "
        article = "an" if name and name[0].lower() in "aeio" else "a"
        return queue + (f"{article} {name} device" if name else f"a device with id {k}")

    def _word(self, n: str, values: Mapping[str, Value], copy: _Copy) -> str:
        v = values.get(n + copy.tag, 0)
        if isinstance(v, bool):
            return "yes" if v else "no"
        if n == "device.id":
            name = next((t.name for t in self.design.types if t.id == v), None)
            return f"{v} ({name})" if name else str(v)
        if n in ("q.role", "q.family"):
            known = self.design.roles if n == "q.role" else self.design.family_names
            return known[v] if 0 <= v < len(known) else "another"
        return str(v)


PROPERTY = Property(
    "layering",
    "a layer maps by nothing but what it sees",
    _obligations,
    "no layer's sight is restricted (`sees`), or nothing is hidden from it",
    scope="any device",
)
