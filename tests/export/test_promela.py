"""SPIN, a model checker that shares no code with us, visits the same states and finds the same."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from checker.commands.main import main
from checker.engines.engine import Budget
from checker.engines.run_question import RunObligation, Tried
from checker.engines.run_search import telling
from checker.engines.runs import instances
from checker.export.promela import NotConcrete, promela
from checker.language.load import load
from checker.properties.property import properties
from model.expr import FALSE, TRUE, Add, And, Eq, Ite, Less, Lit, Mul, Not, Or, Var
from model.kernel.explore import explore, replay, shortest
from model.kernel.system import Cell, Step, System

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = Path(__file__).with_name("cleaned_up.pml")
CLEANED_UP = "specs/mmio_multi_irq/cleaned_up.vq"
WHOLE_LIBRARY = "SPIN_LIBRARY" in os.environ
"""`make spin`: every design that asks for it, which takes minutes."""
FEW = (
    CLEANED_UP,
    "specs/mmio_multi_irq/hinted.vq",
    "specs/mmio_multi_irq/posted.vq",
    "specs/mmio/today.vq",
    "specs/ccw/classic.vq",
    "specs/pci/ladder.vq",
)
ALL = sorted(
    str(p.relative_to(ROOT))
    for p in (ROOT / "specs").rglob("*.vq")
    if "no_lost_notifications" in p.read_text() and "lib" not in p.relative_to(ROOT / "specs").parts
)
DESIGNS = ALL if WHOLE_LIBRARY else FEW
EACH = 3 if WHOLE_LIBRARY else 2
"""Instances of a subject that SPIN is asked about; each costs a run of the C compiler."""

MOST = 5_000_000
"""States of an instance: the largest of the library, both ends of a packed ring, has 2,424,249."""

MISSING = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
needs_spin = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


def obligations(design: str) -> list[RunObligation]:
    loaded = load(ROOT / design, {}, properties()).design
    assert loaded is not None
    made = properties()["no_lost_notifications"].obligations(loaded)
    # Of a device in a mode that no attempt leads to, there is nothing to run.
    return [o for o in made if isinstance(o, RunObligation) and o.instances]


def some(obligation: RunObligation) -> list[Tried]:
    """The telling one, the last one, and others from all over the list."""
    found = instances(obligation, Budget())
    tried = list(found.tried)
    assert tried
    assert not found.open
    told = telling(tried)
    assert told is not None
    picked = [told.tried, tried[-1], *tried[:: max(1, len(tried) - 2)]]
    return list({t.words: t for t in picked}.values())[:EACH]


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def verifier(folder: Path, system: System) -> None:
    """SPIN's verifier of the system, as `pan`.

    Without -o2 SPIN leaves variables out of its states that nobody reads, and so has fewer.
    """
    (folder / "model.pml").write_text(promela(system, "a test"))
    run(folder, "spin", "-o2", "-a", "model.pml")
    # Few states: compiling well takes longer than the search.
    run(folder, "gcc", "-O0", "-w", "-DSAFETY", "-DBFS", "-o", "pan", "pan.c")


def spin(folder: Path, system: System) -> tuple[int, bool]:
    """How many states SPIN stores, and whether it finds the assertion violated."""
    verifier(folder, system)
    out = run(folder, "./pan", "-c0")
    assert "Search not completed" not in out
    states = re.search(r"^\s*(\d+) states, stored", out, re.MULTILINE)
    errors = re.search(r"errors: (\d+)", out)
    assert states
    assert errors
    return int(states[1]), int(errors[1]) > 0


def own(system: System) -> tuple[int, bool]:
    reached = explore(system, MOST, stop=False)
    return len(reached.states), reached.bad is not None


def test_all_designs_that_ask_for_it_are_known() -> None:
    assert set(FEW) <= set(ALL)
    assert len(ALL) > 50


def test_spin_is_left_out_only_where_it_is_missing() -> None:
    assert needs_spin.args == (not (shutil.which("spin") and shutil.which("gcc")),)
    assert needs_spin.kwargs["reason"] == "not installed: " + ", ".join(MISSING)


def test_model_of_cleaned_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(ROOT / CLEANED_UP)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("/* eth0 with 2 edge lines: rx[0] on line 0, rx[1] on line 1\n")
    if "UPDATE_GOLDENS" in os.environ:
        GOLDEN.write_text(out)
    assert out == GOLDEN.read_text()


@needs_spin
@pytest.mark.parametrize("design", DESIGNS)
def test_spin_agrees_on_states_and_verdict(design: str, tmp_path: Path) -> None:
    for o in obligations(design):
        for tried in some(o):
            assert spin(tmp_path, tried.system) == own(tried.system), (o.subject, tried.words)


@needs_spin
def test_trail_is_a_shortest_run(tmp_path: Path) -> None:
    told = telling(instances(obligations(CLEANED_UP)[0], Budget()).tried)
    assert told is not None
    system = told.tried.system
    verifier(tmp_path, system)
    run(tmp_path, "./pan")
    out = run(tmp_path, "spin", "-t", "model.pml")
    numbers = {s.name: k for k, s in enumerate(system.steps)}
    steps = [numbers[line.strip()] for line in out.splitlines() if line.strip() in numbers]
    replay(system, steps)
    expected = shortest(system)
    assert expected is not None
    assert len(steps) == len(expected)


A, B, N = Var("a", True), Var("b", True), Var("n.at")
CELLS = (
    Cell("a", False),
    Cell("b", True),
    Cell("n.at", -1, -3, 300, is_bool=False),
    Cell("n at", 0, 0, None, is_bool=False),
)


def system(*steps: Step, bad: object = FALSE) -> System:
    assert isinstance(bad, type(FALSE) | Eq | And)
    return System(CELLS, steps, bad=bad)


SWAP = Step("x", "swap", TRUE, (("a", B), ("b", A)))
UP = Step("x", "100 % up\\", Less(N, Lit(250)), (("n.at", Add((N, Lit(1)))),))
ROUND = Step(
    "y",
    'say "n"',
    Or((Not(Eq(N, Lit(2))), And(()))),
    (
        ("n.at", Ite(And((A, Not(B))), Mul(N, Lit(-1)), Var("n at"))),
        ("a", Eq(A, B)),
        ("b", Less(N, Var("n at"))),
        ("n at", Ite(Less(N, Lit(3)), Lit(2), Lit(0))),
    ),
)


@needs_spin
@pytest.mark.parametrize(
    "made",
    [
        system(),
        system(SWAP),
        system(SWAP, bad=And((A, B))),
        system(SWAP, bad=And((A, Not(B)))),
        system(UP, bad=Eq(N, Lit(250))),
        system(UP, ROUND, bad=Eq(N, Lit(-2))),
        system(SWAP, UP, ROUND, bad=Eq(N, Lit(251))),
    ],
)
def test_spin_agrees_on_each_kind_of_expression(made: System, tmp_path: Path) -> None:
    limited = System(made.cells, tuple(limit(s) for s in made.steps), bad=made.bad)
    assert spin(tmp_path, limited) == own(limited)


def limit(s: Step) -> Step:
    """Only within the bounds of the cells, as a system keeps them of its own."""
    return Step(s.actor, s.verb, And((s.guard, Less(Lit(-4), N), Less(N, Lit(300)))), s.writes)


def test_writes_are_simultaneous() -> None:
    words = promela(system(SWAP), "a swap")
    assert "new_0 = v_b;\n           v_b = v_a;\n           v_a = new_0; new_0 = 0;" in words or (
        "new_0 = v_b" in words and words.index("v_b = v_a") < words.index("v_a = new_0")
    )


def test_names_are_different_and_types_wide_enough() -> None:
    words = promela(system(), "names */ in a comment")
    assert "short v_n_at = -1;" in words
    assert "int v_n_at_2 = 0;" in words
    assert words.startswith("/* names * / in a comment\n")


def test_what_is_not_decided_is_not_exported() -> None:
    with pytest.raises(NotConcrete, match="`fact` is not decided"):
        promela(System((Cell("fact", None),), ()), "a fact")
    chooses = Step("x", "choose", TRUE, (), choices=(Var("c", True),))
    with pytest.raises(NotConcrete, match="`x: choose` chooses a value"):
        promela(System((), (chooses,)), "a choice")
