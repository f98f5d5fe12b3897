"""`dataclass`, as `dataclasses` has it, but cheap to define.

The original writes and compiles some six methods for every class: of `checker check` on a small
design that was a quarter, before anything was read. Here `dataclasses` still collects the
fields, so that `fields`, `replace` and `match` work; a method is written when it has been asked
for a few times. Before, `__init__` is done by hand: most classes have few objects in most runs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, slots: Literal[True], frozen: bool = False, eq: bool = True):
        """The decorator, with those options of the original that are in use here."""

        def decorate(cls: type) -> type:
            return _completed(_collected(cls, slots), frozen, eq)

        return decorate


def _collected(cls: Any, slots: bool) -> Any:
    """The class with its fields and slots.

    Notes that are texts are kept out of sight meanwhile: `dataclasses` would search each of them
    for three words that none of our classes uses.
    """
    notes = cls.__annotations__
    assert not any("ClassVar" in n or "InitVar" in n for n in notes.values()), cls
    cls.__annotations__ = dict.fromkeys(notes, object)
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    made.__annotations__ = notes
    for name, note in notes.items():
        made.__dataclass_fields__[name].type = note
    return made


def _completed(cls: Any, frozen: bool, eq: bool) -> Any:
    """The class with what `dataclasses` would have written; what it defines itself stays."""
    methods: dict[str, object] = {"__init__": _Init(cls, "__init__", _init(frozen))}
    methods["__repr__"] = _repr([f.name for f in dataclasses.fields(cls) if f.repr])
    if eq:
        methods["__eq__"] = _Later(cls, "__eq__", _eq)
        methods["__hash__"] = _Later(cls, "__hash__", _hash) if frozen else None
    if frozen:
        methods["__setattr__"], methods["__delattr__"] = _refuses_to_set, _refuses_to_delete
        methods["__getstate__"], methods["__setstate__"] = _state, _set_state
    own = cls.__dict__
    for name, method in methods.items():
        # A class that defines equality has `__hash__ = None` from Python, not of its own.
        if name not in own or (name == "__hash__" and own[name] is None):
            setattr(cls, name, method)
    return cls


_Text = tuple[str, dict[str, object]]
"""A function's text, and what its names stand for."""


class _Later:
    """Stands for a method until somebody asks for it; then the method takes its place."""

    def __init__(self, cls: Any, name: str, text: Callable[[Any], _Text]) -> None:
        self.cls, self.name, self.text = cls, name, text

    def __get__(self, obj: object, owner: type | None = None) -> Any:
        text, known = self.text(self.cls)
        exec(text, known)
        method: Any = known[self.name]
        method.__module__ = self.cls.__module__
        method.__qualname__ = f"{self.cls.__qualname__}.{self.name}"
        if self.name == "__init__":
            notes = {f.name: f.type for f in dataclasses.fields(self.cls) if f.init}
            method.__annotations__ = {**notes, "return": None}
        setattr(self.cls, self.name, method)
        return method if obj is None else method.__get__(obj, owner)


_FEW = 12
"""Objects of a class that are made before its `__init__` is worth writing."""


class _Init(_Later):
    """The same for `__init__`, with the first objects made field by field."""

    def __init__(self, cls: Any, name: str, text: Callable[[Any], _Text]) -> None:
        super().__init__(cls, name, text)
        by_hand = not hasattr(cls, "__post_init__") and all(f.init for f in dataclasses.fields(cls))
        self.left = _FEW if by_hand else 0
        self.setters: list[tuple[Callable[[object, object], None], Any]] | None = None

    def __get__(self, obj: object, owner: type | None = None) -> Any:
        if obj is None or not self.left:
            return super().__get__(obj, owner)
        self.left -= 1
        return partial(self.once, obj)

    def once(self, obj: object, *values: object, **named: object) -> None:
        """What the written method would do; that one tells what is wrong with the arguments."""
        if self.setters is None:
            self.setters = _setters(self.cls)
        if named or len(values) > len(self.setters):
            super().__get__(obj)(*values, **named)
            return
        for value, (put, _) in zip(values, self.setters, strict=False):
            put(obj, value)
        for put, default in self.setters[len(values) :]:
            if default is dataclasses.MISSING:
                super().__get__(obj)(*values)
                return
            put(obj, default())


def _setters(cls: Any) -> list[tuple[Callable[[object, object], None], Any]]:
    """How each field is set, and what makes its default."""
    out = []
    for f in dataclasses.fields(cls):
        default: Any = f.default_factory
        if f.default is not dataclasses.MISSING:
            default = partial(_same, f.default)
        out.append((getattr(cls, f.name).__set__, default))
    return out


def _same(value: object) -> object:
    return value


def _init(frozen: bool) -> Callable[[Any], _Text]:
    def text(cls: Any) -> _Text:
        known: dict[str, object] = {"missing": dataclasses.MISSING}
        signature, body = ["self"], []
        for f in dataclasses.fields(cls):
            name, value, end = f.name, f.name, ""
            if f.default is not dataclasses.MISSING:
                known[f"default_{name}"] = f.default
                value, end = (name if f.init else f"default_{name}"), f"=default_{name}"
            elif f.default_factory is not dataclasses.MISSING:
                known[f"make_{name}"] = f.default_factory
                value, end = f"make_{name}()", "=missing"
                value += f" if {name} is missing else {name}" if f.init else ""
            elif not f.init:
                continue
            signature += [name + end] if f.init else []
            # Through the slot: setting through the object is what a frozen class refuses.
            known[f"set_{name}"] = getattr(cls, name).__set__
            body.append(f"set_{name}(self, {value})" if frozen else f"self.{name} = {value}")
        if hasattr(cls, "__post_init__"):
            body.append("self.__post_init__()")
        lines = "".join(f"\n    {line}" for line in body or ["pass"])
        return f"def __init__({', '.join(signature)}):{lines}", known

    return text


def _eq(cls: Any) -> _Text:
    names = [f.name for f in dataclasses.fields(cls) if f.compare]
    lines = (
        "def __eq__(self, other):",
        "if self is other: return True",
        "if other.__class__ is not self.__class__: return NotImplemented",
        f"return {_tuple('self', names)} == {_tuple('other', names)}",
    )
    return "\n    ".join(lines), {}


def _hash(cls: Any) -> _Text:
    fields = dataclasses.fields(cls)
    names = [f.name for f in fields if (f.compare if f.hash is None else f.hash)]
    return f"def __hash__(self):\n    return hash({_tuple('self', names)})", {}


def _tuple(of: str, names: list[str]) -> str:
    return f"({''.join(f'{of}.{n}, ' for n in names)})"


def _repr(names: list[str]) -> Callable[[Any], str]:
    def shown(self: object) -> str:
        parts = ", ".join(f"{n}={getattr(self, n)!r}" for n in names)
        return f"{self.__class__.__qualname__}({parts})"

    return shown


def _refuses_to_set(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuses_to_delete(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, f.name) for f in dataclasses.fields(self)]


def _set_state(self: Any, state: list[object]) -> None:
    for f, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, f.name, value)
