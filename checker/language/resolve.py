"""Which declaration a name means: the tables of each module and what it takes from others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar, cast

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.imports import File, in_library
from checker.language.sink import Sink
from checker.language.sorts import POISON, Sort, Typed
from model.record import dataclass

Declared = t.DeviceType | t.Transport | t.Policy | t.Platform | t.Service
D = TypeVar("D", t.DeviceType, t.Transport, t.Policy, t.Platform, t.Service)
KINDS: Mapping[type[Declared], str] = {
    t.DeviceType: "device type",
    t.Transport: "transport",
    t.Policy: "policy",
    t.Platform: "platform",
    t.Service: "service",
}
KEYWORDS: Mapping[type[Declared], str] = {
    t.DeviceType: "device_type",
    t.Transport: "transport",
    t.Policy: "policy",
    t.Platform: "platform",
    t.Service: "service",
}
OWN_MEANING = frozenset("true false min max rank count callbacks base".split())
"""Names of facts and functions."""
PREFIXES = OWN_MEANING | frozenset(
    """device param local reg type arg index pending wants wants_last asserted masked feature grant
    driver number""".split()
)
"""First parts of names in formulas: no variable of a queue and no device may be called so."""


@dataclass(frozen=True, slots=True)
class Found(Generic[D]):
    """A declaration and the module in which its names are looked up."""

    node: D
    scope: Scope


class World:
    """What all modules of a run share: diagnostics, and the numbers that stand for names.

    `is_design`: the file declares devices or asks for something; in a file of only reusable parts
    a role or a feature that nobody declares may still come from whoever uses it.
    """

    def __init__(self, sink: Sink, is_design: bool) -> None:
        self.sink = sink
        self.is_design = is_design
        self.roles: dict[str, int] = {}
        self.families: dict[str, int] = {}
        self.features: set[str] = set()
        self.args: set[str] = set()
        self.type_ids: dict[str, int] = {}
        """The identifier of each device type, of all modules."""
        self.undeclared: list[tuple[t.Name, str]] = []
        """Names that maps of modules compare with, and that no type declares; what each is."""
        self._declared: dict[tuple[str, str], list[t.Ident]] = {}

    def gather(self, scopes: Iterable[Scope]) -> None:
        """Collect the names that maps may compare with, or read by name."""
        for scope in scopes:
            for kind in scope.declared(t.DeviceType):
                self.args.update(p.name.text for p in kind.params)
                self._declare("device type", kind.name)
                for p in kind.params:
                    self._declare("arg", p.name)
                for item in kind.items:
                    if isinstance(item, t.Feature):
                        self.features.add(item.name.text)
                        self._declare("feature", item.name)
                    elif isinstance(item, t.Queue):
                        self.families.setdefault(item.name.text, len(self.families))
                        role = role_of(item)
                        self.roles.setdefault(role, len(self.roles))
                        self._declare("queue family", item.name)
                        own = (i.name for i in item.items if isinstance(i, t.Role))
                        self._declare("role", next(own, item.name))

    def _declare(self, what: str, name: t.Ident) -> None:
        self._declared.setdefault((what, name.text), []).append(name)

    def names(self, what: str) -> list[str]:
        """All declared names of a kind."""
        return [name for kind, name in self._declared if kind == what]

    def means(self, name: t.Ident | t.Name, what: str) -> None:
        """Note where a name is declared that maps compare with: by whichever types have it."""
        for declared in self._declared.get((what, name.text), ()):
            self.sink.means(name, declared)


def role_of(queue: t.Queue) -> str:
    """The role of a family: what it says, or its own name."""
    return next((i.name.text for i in queue.items if isinstance(i, t.Role)), queue.name.text)


class Scope:
    """The names of a module: its own, and those of the modules that it uses."""

    def __init__(self, world: World, file: File, is_main: bool) -> None:
        self.world = world
        self.file = file
        self.is_main = is_main
        self.is_strict = is_main and world.is_design
        """True where a name that no module declares is a mistake, whoever may use this text."""
        self.imports: list[Scope] = []
        self.values: dict[str, Typed] = {}
        """Params and lets that have been read so far."""
        self.lets: set[str] = set()
        self.params: set[str] = set()
        self.places: dict[str, t.Ident] = {}
        """Where each param, let and device is declared."""
        self.devices: set[str] = set()
        self.used: set[str] = set()
        self._own: dict[type[Declared], dict[str, Declared]] = {k: {} for k in KINDS}
        self._declare()

    def _declare(self) -> None:
        sink = self.world.sink
        for item in self.file.tree.items:
            match item:
                case t.DeviceType() | t.Transport() | t.Policy() | t.Platform() | t.Service():
                    table = self._own[type(item)]
                    if item.name.text in table:
                        sink.twice(item.name, table[item.name.text].name, KINDS[type(item)])
                    else:
                        table[item.name.text] = item
                case t.ParamDecl() | t.Let() | t.Device():
                    first = self.places.setdefault(item.name.text, item.name)
                    if first is not item.name:
                        sink.twice(item.name, first, "name")
                    if isinstance(item, t.Device):
                        self.devices.add(first.text)
                    elif isinstance(item, t.ParamDecl):
                        self.params.add(first.text)
                    taken = PREFIXES if isinstance(item, t.Device) else OWN_MEANING
                    check_free(sink, item.name, taken)
                case _:
                    pass

    def declared(self, kind: type[D]) -> Iterable[D]:
        """Its own declarations of a kind, in the order of the text."""
        return cast("Iterable[D]", self._own[kind].values())

    def visible(self, kind: type[D]) -> list[Found[D]]:
        """All declarations of a kind by which something can be meant: own ones first."""
        found = [Found(node, self) for node in self.declared(kind)]
        names = {f.node.name.text for f in found}
        for scope in self.imports:
            for node in scope.declared(kind):
                if node.name.text not in names:
                    names.add(node.name.text)
                    found.append(Found(node, scope))
        return found

    def find(self, kind: type[D], name: t.Ident) -> Found[D] | None:
        """The declaration that a name means; None, reported, if there is none or several."""
        found = self.peek(kind, name.text)
        if len(found) > 1:
            labels = tuple(Label(f.node.name.span, "one of them") for f in found)
            headline = f"{KINDS[kind]} `{name.text}` is declared by {len(found)} modules"
            hint = "rename one of them, or use only one of the modules"
            self.world.sink.error("VQ0207", headline, name.span, hint, *labels)
        elif not found and not self.file.is_partial:
            known = [f.node.name.text for f in self.visible(kind)]
            module = in_library(KEYWORDS[kind], name.text)
            headline = f"there is no {KINDS[kind]} `{name.text}`"
            hint = f"add `use {module}`" if module else self.world.sink.guess(name.text, known)
            args = "(q)" if KEYWORDS[kind] == "service" else ""
            form = f"{KEYWORDS[kind]} {name.text}{args} {{ ... }}"
            hint = hint or ("" if known else f"declare it, `{form}`, or `use` a module that does")
            self.world.sink.error("VQ0205", headline, name.span, hint)
        for f in found:
            self.world.sink.means(name, f.node.name)
        return found[0] if len(found) == 1 else None

    def peek(self, kind: type[D], name: str) -> list[Found[D]]:
        """All that a name can mean."""
        own = self._own[kind].get(name)
        if own is not None:
            return [Found(cast(D, own), self)]
        hits = [(s, s._own[kind].get(name)) for s in self.imports]
        return [Found(cast(D, node), s) for s, node in hits if node is not None]

    def value(self, name: t.Ident | t.Name) -> Typed | None:
        """What a param or a let of that name is; None, not reported, if there is none."""
        text, sink = name.text, self.world.sink
        own = self.values.get(text)
        if own is not None:
            self.used.add(text)
            sink.means(name, self.places.get(text))
            return own
        place = self.places.get(text)
        if place is not None and text not in self.devices:
            declared = Label(place.span, "declared here")
            headline = f"`{text}` is used before it is declared"
            sink.error("VQ0208", headline, name.span, "move the declaration up", declared)
            return POISON
        hits = [s for s in self.imports if text in s.lets]
        if len(hits) > 1:
            also = tuple(Label(s.places[text].span, "one of them") for s in hits)
            headline = f"`{text}` is declared by {len(hits)} modules"
            sink.error("VQ0207", headline, name.span, "use only one of the modules", *also)
            return POISON
        if not hits:
            return None
        sink.means(name, hits[0].places.get(text))
        return hits[0].values[text]

    def value_names(self) -> set[str]:
        """Names of all params and lets that can be read."""
        return set(self.values).union(*(s.lets for s in self.imports))

    def foreign(self, name: str, param: str, at: t.Ident | t.Name) -> None:
        """Report that a reusable declaration reads a param of its own file."""
        headline = f"`{param}` is a param of another file"
        if name != param:
            headline = f"`{name}` reads `{param}`, a param of another file"
        hint = "make it a parameter of the declaration that reads it"
        self.world.sink.error("VQ0211", headline, at.span, hint)


def check_free(sink: Sink, name: t.Ident, taken: Iterable[str] = OWN_MEANING) -> None:
    """Report a name that cannot be given, since it means something already."""
    if name.text in taken:
        headline = f"`{name.text}` has a meaning of its own"
        sink.error("VQ0215", headline, name.span, "choose another name")


def is_poison(*values: Typed) -> bool:
    """True if an error in one of them has been reported."""
    return any(v.sort is Sort.POISON for v in values)
