"""Programs drawn at random: the search, the unrolling, the proofs and an interpreter of its own.

`designs.py` draws and writes them, `oracle.py` says once more what they do, `laws.py` has what must
be so. A design that breaks a law is made small by Hypothesis.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.agreement import laws
from tests.agreement.designs import Design, Register, design, drawn, text
from tests.agreement.drawing import examples, read

SHARDS = 8
"""Parts of the draws, each with a seed of its own, so that several processes have work."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("designs")


@pytest.mark.parametrize("shard", range(SHARDS))
def test_what_is_lost_is_what_an_interpreter_loses(folder: Path, shard: int) -> None:
    seen: set[str] = set()
    said: Counter[bool | None] = Counter()

    @examples(1000 // SHARDS, shard, drawn(design), st.integers(0, 99))
    def each(d: Design, k: int) -> None:
        made = read(d, folder, seen)
        some = list(laws.small(d, made, queues=2, active=2))
        for x in random.Random(k).sample(some, min(1, len(some))):
            got = laws.with_oracle(d, x, most=600)
            said[got.lost] += 1
            wrong = got.wrong
            if not wrong and k < 4:
                wrong = laws.with_bounded(x, deepest=9, most=400)
            assert not wrong, f"{wrong}\n{text(d)}"

    each()
    assert len(seen) >= 1000 // SHARDS
    assert said[True] > 20
    assert said[False] > 40


@pytest.mark.parametrize("shard", range(SHARDS))
def test_what_is_proved_of_a_case_is_so_in_every_small_instance(folder: Path, shard: int) -> None:
    seen: set[str] = set()
    met = 0

    @examples(48 // SHARDS, shard, drawn(design))
    def each(d: Design) -> None:
        nonlocal met
        got = laws.cases(d, read(d, folder, seen), most=1_500)
        met += got.met
        assert not got.wrong, f"{got.wrong}\n{text(d)}"

    each()
    assert met > 5


SERVE = (("for", "q", None, None, (("service", "q"),)),)


def test_a_pulse_of_a_level_line_is_proved_where_it_wakes_the_handler(folder: Path) -> None:
    # The focus once asked whether a handler of another name was in service: of a cell not there.
    d = Design(
        trigger="level",
        registers=(Register("status", ("A",)),),
        signal=(("pulse", ("of", "q")),),
        handlers=(SERVE,),
    )
    assert laws.ask(laws.read(d, folder)).verdict is not None


def test_a_handler_that_never_ends_is_no_crash(folder: Path) -> None:
    # Once only what a source can notice is left of it, a round of the loop has no step in it, and
    # the loops inside of it were taken for rounds that do nothing.
    body = (
        ("read", "s", "status", ("l",)),
        ("clear mask", "status", ("l",), "s"),
        ("for", "q", ("l",), None, (("service", "q"),)),
    )
    d = Design(
        trigger="level",
        lines=(1, 2),
        registers=(Register("status", ("A",), "line"),),
        signal=(("set", "status", ("of", "q"), ("A",)), ("pulse", ("of", "q"))),
        handlers=((("loop", body),),),
    )
    said = laws.ask(laws.read(d, folder))
    assert not said.is_proved
    assert any("may go on for ever" in x for _, r in said.results for x in r.unproved)


def test_a_peer_waits_for_its_stores_and_then_goes_on(folder: Path) -> None:
    # Counted, a peer once stood at its fence for ever: what empties its buffer is no step of its
    # own. So nobody ever masked the line.
    d = Design(
        trigger="message",
        lines=(2, 2),
        most=1,
        config=True,
        queue_to="1",
        signal=(("pulse", ("of", "q")),),
        config_signal=(("pulse", ("config",)),),
        handlers=((("notify", "config"), *SERVE, ("mask", ("at", 1))), SERVE),
        requests=(("0", "0", 0), ("1", "1", 1)),
        service=(("drain", "q"), ("enable", "q"), ("fence",)),
        suppression="flags",
        memory="tso",
    )
    got = laws.cases(d, laws.read(d, folder))
    assert not got.wrong
    assert got.met > 0
