"""Names in formulas: which fact, parameter or piece of run-time state each of them is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field, replace
from typing import assert_never

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.resolve import OWN_MEANING, Scope, check_free
from checker.language.sink import listed
from checker.language.sorts import POISON, Sort, Typed, condition, literal, number, quoted, tally
from checker.language.synonyms import any_bit, bit_of
from model.expr import TRUE, Lit, Var
from model.record import dataclass
from model.span import Span

TALLY, DEVICE = "tally", "device"
NO_FACTS: frozenset[str] = frozenset()
MAP_FACTS = frozenset({"lines", "base", "cpus", TALLY, DEVICE})
ATTEMPT_FACTS = MAP_FACTS - {"lines", "base"}
"""How many lines to take is decided before there are any."""

_BARE = {
    "lines": ("lines", number("lines")),
    "base": ("base", number("base")),
    "cpus": ("cpus", number("cpus")),
    "queues": (TALLY, tally(TRUE)),
    "callbacks": (TALLY, tally(Var("q.callback", True))),
}
_QUEUE = {
    "index": Sort.INT,
    "nth": Sort.INT,
    "role": Sort.ROLE,
    "family": Sort.FAMILY,
    "callback": Sort.BOOL,
    "slow": Sort.BOOL,
}
_OF_ITS_OWN = frozenset({"index", "nth", "hint"})
"""Facts that differ between the queues of a family, so that a tally cannot read them."""


@dataclass(frozen=True, slots=True)
class Local:
    """A local variable: bits read from a register, or a value of a sort."""

    sort: Sort
    register: t.Register | None
    place: t.Ident


@dataclass(slots=True)
class Run:
    """Run-time state that a program can read: its locals so far; in a `drive`, the registers.

    `is_open`: nothing is known of the transport, so that any register may exist.
    """

    locals: dict[str, Local] = field(default_factory=dict)
    registers: Mapping[str, t.Register] = field(default_factory=dict)
    assigned_later: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    """Registers that a program has to read into a local first."""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What claims (`is_claim`) and assumptions can say of a device; None: it is not known.

    Each name has the place of its declaration.
    """

    features: Mapping[str, Span] | None
    attempts: Mapping[str, Span] | None
    is_claim: bool


@dataclass(frozen=True, slots=True)
class Reads:
    """What a formula may read, beside the params and lets of its module.

    `place` says for messages where it stands. `queues`: variables of queues, each with the first
    part of the names of its facts; `line`: the variable of a line; `facts`: which facts of the
    device; `hints` None: any; `counted`: the variable of the tally that the formula is inside of.
    """

    place: str
    values: Mapping[str, Typed] = field(default_factory=dict)
    queues: Mapping[str, str] = field(default_factory=dict)
    line: str = ""
    facts: frozenset[str] = NO_FACTS
    hints: Mapping[str, t.HintDecl] | Collection[str] | None = ()
    run: Run | None = None
    devices: Mapping[str, DeviceFacts] = field(default_factory=dict)
    counted: str = ""
    outer: Collection[str] = ()
    """Queue variables around a tally, which its condition cannot read."""
    may_be_foreign: bool = False
    places: Mapping[str, t.Ident] = field(default_factory=dict)
    """Where the variables of queues and of the line are declared."""

    def with_queue(self, name: t.Ident, prefix: str, **more: object) -> Reads:
        """The same with one more variable of a queue."""
        queues, places = {**self.queues, name.text: prefix}, {**self.places, name.text: name}
        return replace(self, queues=queues, places=places, **more)  # type: ignore[arg-type]

    def with_line(self, name: t.Ident) -> Reads:
        """The same with a variable of a line."""
        return replace(self, line=name.text, places={**self.places, name.text: name})


@dataclass(frozen=True, slots=True)
class Domain:
    """Names that are meant where a formula is compared with a role, a family and the like.

    `is_open`: a name that is not known may be declared elsewhere, and gets a number. `is_only`:
    nothing but such a name can be meant.
    """

    what: str
    sort: Sort
    numbers: dict[str, int]
    is_open: bool
    is_only: bool
    places: Mapping[str, Span] = field(default_factory=dict)
    """Where the names are declared, if these are names of one device's."""


def chain(node: t.Node) -> tuple[t.Name, tuple[t.Ident, ...]] | None:
    """`a.b.c` as its first name and the rest; None if it does not start with a name."""
    parts: list[t.Ident] = []
    while isinstance(node, t.Attribute):
        parts.append(node.name)
        node = node.base
    return (node, tuple(reversed(parts))) if isinstance(node, t.Name) else None


class Names:
    """Reads names for one formula."""

    def __init__(self, scope: Scope, reads: Reads) -> None:
        self.scope = scope
        self.reads = reads
        self.world = scope.world
        self.sink = scope.world.sink
        self.foreign = ""
        """A param of another file's that was read, where that is allowed."""

    # Comparisons with names

    def domain(self, node: t.Node) -> Domain | None:
        """Which names the other side of a comparison may use."""
        todo = [node]
        while todo:
            leaf = todo.pop()
            if isinstance(leaf, t.Conditional):
                todo += [leaf.other, leaf.then]
            elif (found := self._domain_of(leaf)) is not None:
                return found
        return None

    def _domain_of(self, node: t.Node) -> Domain | None:
        found = chain(node)
        if found is None or len(found[1]) != 1:
            return None
        root, part = found[0].text, found[1][0].text
        is_open = not self.scope.is_strict
        if root in self.reads.queues and part == "role":
            return Domain("role", Sort.ROLE, self.world.roles, is_open, True)
        if root in self.reads.queues and part == "family":
            return Domain("queue family", Sort.FAMILY, self.world.families, is_open, True)
        if root == "device" and part == "id":
            return Domain("device type", Sort.INT, self.world.type_ids, False, False)
        if root in self.reads.devices and part == "attempt":
            names = self.reads.devices[root].attempts
            if names is not None:
                numbers = {n: k for k, n in enumerate(names)}
                return Domain("attempt", Sort.INT, numbers, False, True, names)
        return None

    def of_domain(self, node: t.Name, domain: Domain) -> Typed | None:
        """A name as one of a domain; None if it may be something else."""
        numbers = domain.numbers
        self.world.means(node, domain.what)
        self.sink.means(node, domain.places.get(node.text))
        if node.text in numbers:
            return Typed(Lit(numbers[node.text]), domain.sort)
        if domain.is_open:
            self.world.undeclared.append((node, domain.what))
            numbers[node.text] = len(numbers)
            return Typed(Lit(numbers[node.text]), domain.sort)
        if domain.is_only or not self._exists(node.text):
            self.sink.unknown("VQ0206", domain.what, node, numbers)
            return POISON
        return None

    def _exists(self, name: str) -> bool:
        return name in self._known()

    def _known(self) -> set[str]:
        r = self.reads
        known = {*r.values, *r.queues, *self.scope.value_names(), *r.devices}
        known |= {n for n, (group, _) in _BARE.items() if group in r.facts}
        known |= set(self.scope.places)
        if r.run:
            known |= {*r.run.locals, *r.run.registers}
        return known | ({r.line} if r.line else set())

    # Single names

    def name(self, node: t.Name) -> Typed:
        """What a name that stands alone is."""
        r, text = self.reads, node.text
        if r.run and text in r.run.locals:
            return self._local(node, r.run.locals[text])
        if text in r.values:
            self.sink.means(node, r.values[text].declared)
            return r.values[text]
        if r.line and text == r.line:
            self.sink.means(node, r.places.get(text))
            return number("l")
        if text in _BARE:
            return self._fact(node)
        if text in ("true", "false"):
            return literal(text == "true")
        if text in r.queues:
            hint = f"read a fact of it, such as `{text}.index`"
            return self._not_a_value(node, "a queue", hint)
        own = self.scope.value(node)
        if own is None:
            return self._unknown(node)
        if own.foreign and not r.may_be_foreign:
            self.scope.foreign(text, own.foreign, node)
            return POISON
        self.foreign = self.foreign or own.foreign
        return own

    def _local(self, node: t.Name, local: Local) -> Typed:
        self.sink.means(node, local.place)
        if local.register is not None:
            hint = any_bit(node.text, [b.text for b in local.register.bits])
            return self._not_a_value(node, f"the bits of `{local.register.name.text}`", hint)
        if local.sort is Sort.POISON:
            return POISON
        return Typed(Var(f"local.{node.text}", local.sort is Sort.BOOL), local.sort)

    def _not_a_value(self, node: t.Name, what: str, hint: str) -> Typed:
        self.sink.error("VQ0303", f"`{node.text}` is {what}, not a value", node.span, hint)
        return POISON

    def _fact(self, node: t.Name) -> Typed:
        group, typed = _BARE[node.text]
        if group not in self.reads.facts:
            return self.cannot_read(node.text, node.span)
        if group == TALLY and self.reads.counted:
            return self.not_counted(f"`{node.text}` is a tally itself", node.span)
        return typed

    def cannot_read(self, what: str, span: Span) -> Typed:
        """Report a fact that is not known where the formula stands."""
        self.sink.error("VQ0304", f"`{what}` cannot be read in {self.reads.place}", span)
        return POISON

    def not_counted(self, why: str, span: Span) -> Typed:
        """Report what the condition of a tally reads though it must not."""
        hint = "count by role, family, callback or slow, which a family has as a whole"
        self.sink.error("VQ0309", f"a tally cannot read this: {why}", span, hint)
        return POISON

    def _unknown(self, node: t.Name) -> Typed:
        text, r = node.text, self.reads
        if self.scope.file.is_partial:
            return POISON
        if text in r.outer:
            return self.not_counted(f"`{text}` is not the queue that is counted", node.span)
        if text in self.scope.devices:
            return self._not_a_value(node, "a device", "")
        if r.run and text in r.run.unread and text not in r.run.assigned_later:
            hint = f"read it into a local first: `s = read {text}`"
            return self._not_a_value(node, "a register", hint)
        if r.run and (text in r.run.assigned_later or text in r.run.registers):
            return self._not_read(node)
        hint = ""
        if DEVICE in r.facts and text in self.world.features:
            hint = f"a feature is `device.feature.{text}`"
        elif DEVICE in r.facts and text in self.world.args:
            hint = f"a parameter of the device type is `device.arg.{text}`"
        elif r.queues and text in self.world.roles:
            hint = f"a role is compared: `{next(iter(r.queues))}.role == {text}`"
        elif r.run:
            read = {k: v.register for k, v in r.run.locals.items() if v.register}
            hint = bit_of(text, {**r.run.registers, **read})
        if not hint and self.sink.may_guess:
            devices = self.scope.devices - set(r.devices)
            hint = self.sink.guess(text, self._known() - devices)
        self.sink.error("VQ0201", f"there is no `{text}`", node.span, hint)
        return POISON

    def _not_read(self, node: t.Name) -> Typed:
        if self.reads.run and node.text in self.reads.run.registers:
            register = self.reads.run.registers[node.text]
            hint = f"read one of its bits, such as `{node.text}.{register.bits[0].text}`"
            return self._not_a_value(node, "a register", hint)
        self.sink.error("VQ0212", f"`{node.text}` is read before it has a value", node.span)
        return POISON

    # Names with dots

    def _of_register(
        self, root: t.Name, parts: tuple[t.Ident, ...], register: t.Register, *, is_open: bool
    ) -> Typed:
        """A bit in the condition of a line; of a register `per line`, of that line's own."""
        if register.per == "queue":
            headline = f"there is a register `{root.text}` for each queue, and a line has no queue"
            hint = "follow a register of which there is one, or one `per line`"
            also = Label(register.span, "declared here")
            self.sink.error("VQ0307", headline, root.span, hint, also)
            return POISON
        return self._bit(register, parts, f"reg.{root.text}", is_open)

    def attribute(self, node: t.Attribute) -> Typed:
        """What a name with dots is."""
        found = chain(node)
        if found is None:
            return self._no_parts(node.base)
        root, parts = found
        r, text = self.reads, root.text
        if r.run and text in r.run.locals:
            return self._bit_of_local(root, parts, r.run.locals[text], r.run.is_open)
        if text in r.queues:
            return self._of_queue(root, parts)
        if text == "device":
            return self._of_device_type(root, parts)
        if text in r.devices:
            return self._of_device(root, parts, r.devices[text])
        if r.run and text in r.run.registers:
            self.sink.means(root, r.run.registers[text].name)
            return self._of_register(root, parts, r.run.registers[text], is_open=r.run.is_open)
        if r.run and r.run.is_open and text not in r.values:
            return POISON
        if self.name(root).sort is not Sort.POISON:
            return self._no_parts(root)
        return POISON

    def _no_parts(self, base: t.Node) -> Typed:
        self.sink.error("VQ0305", f"{quoted(base.span)} has no parts", base.span)
        return POISON

    def no_part(self, of: str, part: t.Ident, known: Collection[str]) -> Typed:
        """Report a part that there is not."""
        hint = self.sink.guess(part.text, known)
        self.sink.error("VQ0305", f"{of} has no `{part.text}`", part.span, hint)
        return POISON

    def _bit_of_local(
        self, root: t.Name, parts: tuple[t.Ident, ...], local: Local, is_open: bool
    ) -> Typed:
        self.sink.means(root, local.place)
        if local.register is None:
            return POISON if local.sort is Sort.POISON or is_open else self._no_parts(root)
        return self._bit(local.register, parts, f"local.{root.text}", False)

    def _bit(
        self, register: t.Register, parts: tuple[t.Ident, ...], name: str, is_open: bool
    ) -> Typed:
        known = [b.text for b in register.bits]
        if parts[0].text not in known:
            if is_open:
                return POISON
            hint = self.sink.guess(parts[0].text, known)
            headline = f"register `{register.name.text}` has no bit `{parts[0].text}`"
            self.sink.error("VQ0206", headline, parts[0].span, hint)
            return POISON
        if len(parts) > 1:
            return self.no_part("a bit", parts[1], ())
        self.sink.means(parts[0], next(b for b in register.bits if b.text == parts[0].text))
        return condition(f"{name}.{parts[0].text}")

    def _of_queue(self, root: t.Name, parts: tuple[t.Ident, ...]) -> Typed:
        first, prefix = parts[0], self.reads.queues[root.text]
        self.sink.means(root, self.reads.places.get(root.text))
        if self.reads.counted == root.text and first.text in _OF_ITS_OWN:
            why = f"`{first.text}` differs between the queues of a family"
            return self.not_counted(why, first.span)
        if first.text == "hint" and len(parts) > 1:
            hints = self.reads.hints
            if hints is not None and parts[1].text not in hints:
                return self._no_hint(parts[1], hints)
            if isinstance(hints, Mapping):
                self.sink.means(parts[1], hints[parts[1].text].name)
            if len(parts) > 2:
                return self.no_part("a hint", parts[2], ())
            return number(f"{prefix}.hint.{parts[1].text}")
        if first.text not in _QUEUE:
            return self.no_part("a queue", first, [*_QUEUE, "hint"])
        if len(parts) > 1:
            return self.no_part(f"`{first.text}`", parts[1], ())
        sort = _QUEUE[first.text]
        return Typed(Var(f"{prefix}.{first.text}", sort is Sort.BOOL), sort)

    def _no_hint(self, name: t.Ident, hints: Collection[str]) -> Typed:
        guess = self.sink.guess(name.text, hints)
        hint = guess or f"declare it in the transport: `hint {name.text} in 0..7`"
        headline = f"the transport has no hint `{name.text}`"
        self.sink.error("VQ0206", headline, name.span, hint)
        return POISON

    def _of_device_type(self, root: t.Name, parts: tuple[t.Ident, ...]) -> Typed:
        if DEVICE not in self.reads.facts:
            return self.cannot_read("device", root.span)
        first = parts[0]
        if first.text == "id" and len(parts) == 1:
            return number("device.id")
        groups = {"feature": self.world.features, "arg": self.world.args}
        if first.text not in groups or len(parts) == 1:
            for group, names in groups.items():
                if first.text in names:
                    hint = f"write `device.{group}.{first.text}`"
                    self.sink.error("VQ0305", f"`device` has no `{first.text}`", first.span, hint)
                    return POISON
            return self.no_part("`device`", first, ["id", "feature.NAME", "arg.NAME"])
        if len(parts) > 2:
            return self.no_part(f"`{parts[1].text}`", parts[2], ())
        what = {"feature": "feature", "arg": "parameter of a device type"}[first.text]
        known = groups[first.text]
        if parts[1].text not in known and self.scope.is_strict:
            self.sink.unknown("VQ0206", what, parts[1], known)
            return POISON
        self.world.means(parts[1], first.text)
        name = f"device.{first.text}.{parts[1].text}"
        return condition(name) if first.text == "feature" else number(name)

    def _of_device(self, root: t.Name, parts: tuple[t.Ident, ...], facts: DeviceFacts) -> Typed:
        self.sink.means(root, self.scope.places.get(root.text))
        first = parts[0]
        in_claims = ("queues", "callbacks", "attempt")
        if first.text == "lines" and len(parts) == 1:
            return number(f"{root.text}.lines")
        if first.text in in_claims and len(parts) == 1:
            if not facts.is_claim:
                return self.cannot_read(f"{root.text}.{first.text}", root.span.to(first.span))
            return number(f"{root.text}.{first.text}")
        rest = parts[1:] if first.text == "feature" and len(parts) > 1 else parts
        if facts.features is None:
            return POISON
        if rest[0].text not in facts.features:
            known = ["lines", *(in_claims if facts.is_claim else ()), *facts.features]
            return self.no_part(f"device `{root.text}`", rest[0], known)
        if len(rest) > 1:
            return self.no_part("a feature", rest[1], ())
        self.sink.means(rest[0], facts.features[rest[0].text])
        return condition(f"{root.text}.feature.{rest[0].text}")

    # Run-time state

    def peek(self, node: t.Peek) -> Typed:
        """`pending q`, `asserted l` and the like."""
        r = self.reads
        if isinstance(node.of, t.Ident):
            self.sink.means(node.of, r.places.get(node.of.text))
        elif node.of.of is not None:
            self.sink.means(node.of.of, r.places.get(node.of.of.text))
        if r.run is None:
            why = "the state of the machine, which is known only in programs"
            headline = f"{quoted(node.span)} is {why}"
            self.sink.error("VQ0311", headline, node.span)
            return POISON
        is_line = node.what in ("asserted", "masked")
        match node.of:
            case t.Ident(text) if is_line and text == r.line:
                return condition(f"{node.what}.{text}")
            case t.Ident(text) if not is_line and text in r.queues:
                return condition(f"{node.what}.{text}")
            case t.Ident():
                self.no_variable(node.of, "line" if is_line else "queue")
                return POISON
            case t.LineRef(None, None):
                return condition(f"{node.what}.line(config)")
            case t.LineRef(t.Ident(text)) if text in r.queues:
                return condition(f"{node.what}.line({text})")
            case t.LineRef(t.Ident() as name):
                self.no_variable(name, "queue")
                return POISON
            case t.LineRef():
                hint = "ask for a line variable, `line(q)` or `line(config)`"
                self.sink.error("VQ0303", f"`{node.what}` needs a known line", node.span, hint)
                return POISON
            case _:
                assert_never(node.of)

    def no_variable(self, name: t.Ident, what: str) -> None:
        """Report a name that is not a variable of a queue or of a line."""
        r = self.reads
        known = list(r.queues) if what == "queue" else [r.line] if r.line else []
        other = [r.line] if what == "queue" else list(r.queues)
        code, headline = "VQ0201", f"there is no {what} `{name.text}`"
        if name.text in other or (r.run and name.text in r.run.locals) or name.text in r.values:
            code, headline = "VQ0303", f"`{name.text}` is not a {what}"
        hint = self.sink.guess(name.text, known)
        if not known:
            hint = "no line is known here; `line(q)` is the line of a queue"
            if what == "queue":
                hint = "a queue gets its name by a loop, as in `for q in queues { ... }`"
                hint += f" or `for q on {r.line} {{ ... }}`" if r.line else ""
        self.sink.error(code, headline, name.span, hint)


def check_variable(
    scope: Scope, name: t.Ident, reads: Reads, taken: Collection[str] = OWN_MEANING
) -> None:
    """Report a variable of a queue, a line or an index whose name is taken."""
    check_free(scope.world.sink, name, taken)
    if name.text in reads.queues or name.text in reads.values or name.text == reads.line:
        names = listed([*reads.queues, *([reads.line] if reads.line else []), *reads.values])
        headline = f"`{name.text}` is taken already"
        scope.world.sink.error("VQ0204", headline, name.span, f"names that stand here: {names}")
