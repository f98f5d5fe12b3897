"""Every listed defect of the machine is noticed by lock-step with the kernel."""

from __future__ import annotations

import importlib
import random
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from model.design.design import Design
from model.machine.lockstep import Lockstep
from model.meaning.instance import Instance, Setting
from tests.agreement import laws
from tests.agreement.designs import Design as Written
from tests.agreement.designs import Draw, Register, Wire, design
from tests.machine import small
from tests.mutants.machine import MUTANTS, Mutant

SERVE = ("for", "q", None, None, (("service", "q"),))
MASKED = (("mask", ("l",)), SERVE, ("unmask", ("l",)))
STATUS = (Register("status", ("A",)),)
CLEAR = (("read", "s", "status", None), ("clear mask", "status", None, "s"), SERVE)
SPECIAL = [
    Written("message", signal=(("pulse", ("of", "q")),), handlers=(MASKED,)),
    Written(signal=(("raise", ("of", "q")),), handlers=(MASKED,)),
    # One handler masks the line of the other one.
    Written("message", lines=(2, 2), queue_to="q.index % lines", signal=(("pulse", ("of", "q")),),
            handlers=((("mask", ("at", 1)), SERVE, ("unmask", ("at", 1))),)),
    # The configuration lets the line go, so that a raise is an edge only from low to high.
    Written(signal=(("raise", ("of", "q")),), config=True, config_signal=(("lower", ("config",)),),
            handlers=((SERVE,),)),
    Written(registers=STATUS, signal=(("set", "status", None, ("A",)),), handlers=(CLEAR,),
            wires=(Wire((("status", "A"),)),)),
    Written("level", registers=STATUS,
            signal=(("set", "status", None, ("A",)), ("raise", ("of", "q"))),
            handlers=(CLEAR,), wires=(Wire((("status", "A"),), resample=True),)),
    # A wire that nobody takes back, and a raise of the same pin.
    Written(registers=STATUS, signal=(("set", "status", None, ("A",)), ("raise", ("of", "q"))),
            handlers=((SERVE,),), wires=(Wire((("status", "A"),)),)),
    # More stores than a buffer holds, and reads of a register with some of them in it.
    Written(registers=STATUS, signal=(("set", "status", None, ("A",)), ("raise", ("of", "q"))),
            handlers=((SERVE, ("read", "s", "status", None), SERVE),), most=1,
            suppression="flags", memory="tso",
            service=(("disable", "q"), ("enable", "q"), ("disable", "q"), ("enable", "q"))),
]  # fmt: skip
"""For what the library has none of: masks, edges of a pin that is let go, wires, full buffers."""
_LIBRARY = ["ccw", "pci", "mmio", "handshake", "handlers"]


@cache
def subjects() -> list[tuple[Design, Setting]]:
    """Designs whose machines show a defect: of the library, then drawn at random."""
    out = []
    with TemporaryDirectory() as folder:
        for d in SPECIAL:
            made = laws.read(d, Path(folder))
            out += [(made, replace(_setting(d, made), keeps_pending=k)) for k in (True, False)]
    for of in _LIBRARY:  # Those that show most are first.
        for path in (p for p in small.DESIGNS if p.parent.name == of):
            made = small.read(path)
            some = list(small.settings(made))
            out += [(made, s) for s in some[-1:] if Instance(made, s).sources]
    with TemporaryDirectory() as folder:
        out += list(_random(Path(folder)))
    return out


def _random(folder: Path) -> Iterator[tuple[Design, Setting]]:
    for seed in range(60):
        drawn = random.Random(seed)
        d = design(Draw(lambda some, r=drawn: r.choice(list(some))))  # type: ignore[misc]
        try:
            made = laws.read(d, folder)
        except laws.Refused:
            continue
        yield made, _setting(d, made)


def _setting(d: Written, made: Design) -> Setting:
    pool = made.transport(made.devices[0].transport).pools[0]
    given = {"param.n": min(2, d.most), "grant.p": d.lines[1]}
    return Setting(made.devices[0], given, "", pool.triggers[0])


def patch(monkeypatch: pytest.MonkeyPatch, x: Mutant) -> None:
    """The module with its text changed; whoever has imported a name from it gets the new one."""
    module = importlib.import_module(x.module)
    path = Path(str(module.__file__))
    text = path.read_text(encoding="utf-8")
    assert text.count(x.old) >= 1, f"{x.name}: the text is not there"
    made = types.ModuleType(x.module)
    made.__file__ = str(path)
    monkeypatch.setitem(sys.modules, x.module, made)
    exec(compile(text.replace(x.old, x.new), str(path), "exec"), made.__dict__)
    for user in [m for n, m in sys.modules.items() if n.startswith("model.machine.")]:
        for name, thing in list(vars(user).items()):
            if thing is getattr(module, name, made) and hasattr(made, name):
                monkeypatch.setattr(user, name, getattr(made, name))


def noticed(limit: int | None = None) -> str:
    """What lock-step says of the machine as it is; '' if it sees nothing wrong."""
    machine = importlib.import_module("model.machine.machine")
    drawn = random.Random(5)
    for made, setting in subjects()[:limit]:
        try:
            both = Lockstep(machine.Machine(made, setting))
            for _ in range(2):
                found = both.restart() or both.run(drawn.randbytes(100))
                if found is not None:
                    return str(found)
        except Exception as e:  # A defect may as well break the machine.
            return repr(e)
    return ""


def test_nothing_is_noticed_where_there_is_no_defect() -> None:
    assert noticed(40) == ""


@pytest.mark.parametrize("x", MUTANTS, ids=lambda x: x.name)
def test_a_defect_is_noticed(x: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    patch(monkeypatch, x)
    assert noticed() != ""


def test_the_list_is_long_and_has_nothing_twice() -> None:
    assert len(MUTANTS) >= 20
    assert len({(x.module, x.old, x.new) for x in MUTANTS}) == len(MUTANTS)
