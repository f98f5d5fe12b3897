"""The verdict on random designs, held against an interpreter that shares no code with the engine.

    proved     nothing goes wrong in any instance of up to three queues
    violated   the interpreter can do the very run, it ends as it says, and none is shorter
    bounded    nothing is lost in so few steps in an instance of that size
    vacuous    nobody is ever served

`AGREEMENT_DESIGNS=2000` draws so many designs, goes further in each, and takes half an hour.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.agreement import laws, whole
from tests.agreement.designs import B, Design, Register, design, drawn, text
from tests.agreement.drawing import examples, read
from tests.agreement.wilder import wilder

SHARDS = 4
LONG = int(os.environ.get("AGREEMENT_DESIGNS", "0"))
DESIGNS = LONG or 40
EFFORT = whole.Effort(20_000) if LONG else whole.Effort(2_000, glance=True, visited=1_500)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_verdict_is_so_in_every_small_instance(tmp_path: Path, shard: int) -> None:
    seen: set[str] = set()
    said: Counter[str] = Counter()
    met = 0

    @examples(DESIGNS // SHARDS, shard, drawn(wilder if shard % 2 else design))
    def each(d: Design) -> None:
        nonlocal met
        got = whole.every_verdict(d, read(d, tmp_path, seen), EFFORT)
        said[got.said] += 1
        met += got.met
        assert not got.wrong, f"{got.wrong}\n{text(d)}"

    each()
    assert said["proved"] > 0
    assert said["lost"] > 1
    assert met > 8


OWN: B = (("for", "q", ("l",), None, (("service", "q"),)),)
RAISE: B = (("raise", ("of", "q")),)
TOLD: B = (("read", "s", "status", None), ("clear mask", "status", None, "s"))
TOLD_OF_LINE: B = (("read", "s", "status", ("l",)), ("clear mask", "status", ("l",), "s"))
ONLY_IF_TOLD: B = (("if", ("bit", "s", "A"), OWN, ()),)

KNOWN = {
    "a status of all lines": (
        "lost",
        Design(
            lines=(2, 2),
            queue_to="q.index % lines",
            registers=(Register("status", ("A",)),),
            signal=(("set", "status", None, ("A",)), *RAISE),
            handlers=((*TOLD, *ONLY_IF_TOLD),),
        ),
    ),
    "a status of each line": (
        "proved",
        Design(
            lines=(1, 2),
            queue_to="q.index % lines",
            registers=(Register("status", ("A",), "line"),),
            signal=(("set", "status", ("of", "q"), ("A",)), *RAISE),
            handlers=((*TOLD_OF_LINE, *ONLY_IF_TOLD),),
        ),
    ),
    "a level that nobody takes back": ("storm", Design("level", signal=RAISE, handlers=(OWN,))),
    "nobody's interrupt": (
        "unhandled",
        Design(signal=RAISE, handlers=((*OWN, ("return", "none")),)),
    ),
    "an edge while it is masked": (
        "lost",
        Design(
            signal=RAISE,
            handlers=((("mask", ("l",)), *OWN, ("unmask", ("l",))),),
            keeps_pending=False,
        ),
    ),
    "a handler of nothing": ("lost", Design(signal=RAISE, handlers=((),))),
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_known_of_a_design_is_said(tmp_path: Path, name: str) -> None:
    want, d = KNOWN[name]
    got = whole.every_verdict(d, laws.read(d, tmp_path), EFFORT)
    assert (got.said, got.wrong) == (want, "")
