"""All small instances of the designs in specs/: three searches say the same.

One is written here, from what `enabled` and `take` say of a step; one is the checker's own, over
compiled steps; one unrolls them in Z3. Systems that are alike but for names count once.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.engines import bounded
from checker.engines.candidates import signature
from checker.engines.engine import Budget
from checker.engines.run_asking import Asking
from checker.engines.run_question import RunObligation
from checker.engines.run_search import Search
from checker.language.load import load
from checker.properties.property import properties
from model.expr import Value, value
from model.kernel.explore import Explored, TooManyStates, explore
from model.kernel.system import System, enabled, take

SPECS = Path(__file__).resolve().parents[2] / "specs"
DESIGNS = sorted(p for p in SPECS.rglob("*.vq") if SPECS / "lib" not in p.parents)
SHARDS = 4
_SMALL, _SMALL_FOR_Z3, _DEEP = 300, 40, 5


def systems(shard: int) -> Iterator[tuple[str, System, Explored]]:
    """The instances that the checker goes through, of designs and all their signalling modes."""
    known = properties()
    seen: set[str] = set()
    for path in DESIGNS[shard::SHARDS]:
        made = load(path, {}, known).design
        if made is None or "\ncheck " not in path.read_text(encoding="utf-8"):
            continue
        for o in known["no_lost_notifications"].obligations(made):
            if isinstance(o, RunObligation):
                for words, system, reached in _small(o, seen):
                    yield f"{path.stem}: {words}", system, reached


def _small(o: RunObligation, seen: set[str]) -> Iterator[tuple[str, System, Explored]]:
    """Those with few states: of one source, and of two where some source alone has few.

    Two sources have at least the states of each.
    """
    some = Search(Asking(o, Budget()))
    some.settings = list(some.new_settings())
    for size in (1, 2):
        tried = list(some.tried(size))
        few = [(t, reached) for t in tried if (reached := _explored(t.system)) is not None]
        for t, reached in few:
            same = signature(t.system)
            if same not in seen:
                seen.add(same)
                yield t.words, t.system, reached
        fits = Counter(id(t.setting) for t, _ in few)
        large = Counter(id(t.setting) for t in tried)
        large.subtract(fits)
        alone = {id(x.setting): len(x.candidates()) for x in some.laid_out()}
        some.settings = [s for s in some.settings if large[id(s)] < alone.get(id(s), 0)]


def _explored(system: System) -> Explored | None:
    try:
        return explore(system, _SMALL)
    except TooManyStates:
        return None


def breadth_first(system: System) -> tuple[int, int | None]:
    """How many states there are, and the steps of the shortest run into a bad one."""
    first = system.start()
    names = list(first)
    depths: dict[tuple[Value, ...], int] = {tuple(first.values()): 0}
    todo = deque(depths)
    while todo:
        s = todo.popleft()
        env = dict(zip(names, s, strict=True))
        if value(system.bad, env):
            return len(depths), depths[s]
        for step in system.steps:
            if enabled(step, env):
                after = take(step, env)
                n = tuple(after[x] for x in names)
                if n not in depths:
                    depths[n] = depths[s] + 1
                    todo.append(n)
    return len(depths), None


@pytest.mark.parametrize("shard", range(SHARDS))
def test_three_searches_agree(shard: int) -> None:
    lost = served = unrolled = 0
    for words, system, reached in systems(shard):
        run = None if reached.bad is None else reached.run(reached.bad)
        states, depth = breadth_first(system)
        assert depth == (None if run is None else len(run)), words
        assert run is not None or states == len(reached.states), words
        lost, served = lost + (run is not None), served + (run is None)
        if len(reached.states) <= _SMALL_FOR_Z3:
            deepest = len(run) if run is not None else _DEEP
            assert bounded.shortest(system, deepest) == run, words
            unrolled += 1
    assert lost > 10
    assert served > 10
    assert unrolled > 10
