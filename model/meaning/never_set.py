"""Why a handler never serves: conditions on register bits that no signal program sets."""

from __future__ import annotations

from model.design.program import Handler, If, ReadRegister
from model.expr import free
from model.meaning.places import Settable, statements
from model.meaning.serving import serves
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class NeverSet:
    """Bits (`status.USED`) that nothing sets, and the tests that ask for them."""

    bits: tuple[str, ...]
    tests: tuple[If, ...]


def never_set(handler: Handler, settable: Settable, *, queue: bool) -> NeverSet:
    """What would have to be set for the handler to serve a queue, or the configuration.

    Nothing, if it serves one as it is, or would not even if all of them were set: then the reason
    is another one.
    """
    registers: dict[str, set[str]] = {}
    for s in statements(handler.body):
        if isinstance(s, ReadRegister):
            registers.setdefault(s.name, set()).add(s.register.name)
    missing: dict[tuple[str, str], If] = {}
    for s in statements(handler.body):
        if isinstance(s, If):
            for register, bit in _asked(s, registers):
                if (register, bit) not in settable:
                    missing.setdefault((register, bit), s)

    def places(bits: Settable) -> int:
        found = serves(handler, bits, surely=True)
        return sum(bool(p.queue) == queue for p in found)

    before = places(settable)
    needed = {b: s for b, s in missing.items() if places(settable | {b}) > before}
    if before or not needed:
        return NeverSet((), ())
    return NeverSet(tuple(f"{r}.{b}" for r, b in needed), tuple(dict.fromkeys(needed.values())))


def _asked(s: If, registers: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Register bits that a test asks for, through the local that they were read into."""
    parts = [n.split(".") for n in sorted(free(s.test)) if n.startswith("local.")]
    return [(r, p[2]) for p in parts if len(p) == 3 for r in sorted(registers.get(p[1], ()))]
