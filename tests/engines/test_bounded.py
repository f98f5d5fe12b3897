"""Bounded model checking gives the run that breadth-first search gives: the smallest shortest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.engines import mapping
from checker.engines.bounded import shortest
from checker.engines.engine import Budget, GaveUp, Sat
from checker.language.load import load
from checker.properties.property import properties
from model.expr import FALSE, TRUE, Add, Expr, Ite, Less, Lit, Var, conj, disj, equal, negate
from model.kernel import explore
from model.kernel.system import Cell, Step, System
from model.meaning.instance import Instance

SPECS = Path(__file__).resolve().parents[2] / "specs"

DESIGNS = [
    ("mmio_multi_irq/cleaned_up.vq", 2, ("rx[0]", "rx[1]"), 13),
    ("mmio_multi_irq/cleaned_up.vq", 1, ("rx[0]", "config"), None),
    ("ccw/classic.vq", 1, ("config",), 12),
    ("ccw/classic.vq", 1, ("rx[0]",), None),
    ("mmio_multi_irq/posted.vq", 2, ("tx[0]",), 7),
    ("mmio_multi_irq/posted_qemu.vq", 1, ("rx[0]", "config"), 11),
    ("mmio_multi_irq/hinted.vq", 2, ("rx[0]", "config"), None),
    ("mmio_multi_irq/hinted.vq", 2, ("rx[0]", "rx[1]"), None),
]


def instances(design: str, lines: int) -> Iterator[Instance]:
    """The instances with so many lines, in the order of modes and triggers."""
    known = properties()
    made = load(SPECS / design, {}, known).design
    assert made is not None
    for obligation in known["no_lost_notifications"].obligations(made):
        for asked in obligation.instances:  # type: ignore[union-attr]
            answer, _ = mapping.Asker(Budget()).ask(asked.goal)
            if isinstance(answer, Sat) and answer.values["lines"] == lines:
                setting = asked.lay(answer.values)
                assert setting is not None
                yield Instance(made, setting)
                break


@pytest.mark.parametrize(("design", "lines", "active", "length"), DESIGNS)
def test_it_finds_what_is_known_of_a_design(
    design: str, lines: int, active: tuple[str, ...], length: int | None
) -> None:
    *_, instance = instances(design, lines)
    system = instance.system(set(active))
    found = shortest(system, 14)
    assert found == explore.shortest(system)
    assert (None if found is None else len(found)) == length


def test_a_run_that_is_too_long_is_not_found() -> None:
    *_, instance = instances("mmio_multi_irq/cleaned_up.vq", 2)
    assert shortest(instance.system({"rx[0]", "rx[1]"}), 12) is None


def test_too_small_a_budget_is_an_answer_of_its_own() -> None:
    *_, instance = instances("mmio_multi_irq/cleaned_up.vq", 2)
    found = shortest(instance.system({"rx[0]", "rx[1]"}), 13, Budget(rlimit=1))
    assert isinstance(found, GaveUp)


FLAGS = [Var(n, True) for n in ("a", "b", "c", "d")]
COUNT = Var("n", False)


def conditions() -> st.SearchStrategy[Expr]:
    atoms: list[Expr] = [*FLAGS, Less(COUNT, Lit(2)), Less(Lit(0), COUNT), TRUE, FALSE]
    return st.recursive(
        st.sampled_from(atoms),
        lambda e: st.builds(negate, e) | st.builds(conj, e, e) | st.builds(disj, e, e),
        max_leaves=4,
    )


def numbers() -> st.SearchStrategy[Expr]:
    more: Expr = Ite(Less(COUNT, Lit(3)), Add((COUNT, Lit(1))), COUNT)
    return st.sampled_from([more, Lit(0), Lit(1)])


@st.composite
def systems(draw: st.DrawFn) -> System:
    steps = []
    for k in range(draw(st.integers(1, 5))):
        flags = draw(st.lists(st.sampled_from(FLAGS), min_size=1, max_size=3, unique=True))
        writes = [(v.name, draw(conditions())) for v in flags]
        if draw(st.booleans()):
            writes.append(("n", draw(numbers())))
        steps.append(Step(f"agent {k}", "steps", draw(conditions()), tuple(writes)))
    cells = [Cell(v.name, draw(st.booleans())) for v in FLAGS]
    bad = conj(draw(conditions()), equal(COUNT, Lit(draw(st.integers(0, 2)))))
    return System((*cells, Cell("n", 0, 0, 3, is_bool=False)), tuple(steps), bad=bad)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(systems())
def test_it_gives_the_run_that_breadth_first_search_gives(system: System) -> None:
    reached = explore.explore(system)
    run = None if reached.bad is None else reached.run(reached.bad)
    deepest = len(run) if run is not None else min(reached.depth(), 8)
    assert shortest(system, deepest) == run
