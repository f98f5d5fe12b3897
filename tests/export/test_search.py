"""The program in C visits the states that our own search visits, and finds the same run."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from checker.commands.main import main
from checker.export.search import search
from checker.export.spelling import NotConcrete
from model.expr import FALSE, TRUE, And, Eq, Less, Lit, Not, Var
from model.kernel.explore import explore
from model.kernel.system import Cell, Step, System
from tests.export.test_promela import (
    CLEANED_UP,
    FEW,
    ROOT,
    ROUND,
    SWAP,
    UP,
    A,
    B,
    N,
    obligations,
    some,
    system,
)  # fmt: skip

WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
CHECKED = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
COMPILERS = [c for c in ("gcc", "clang") if shutil.which(c)]


def built(folder: Path, text: str, *options: str, compiler: str = "gcc") -> Path:
    (folder / "search.c").write_text(text, encoding="utf-8")
    command = (compiler, *WARNINGS, *options, "-o", "search", "search.c")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "search"


def said(program: Path, *options: str) -> tuple[int, str]:
    done = subprocess.run([program, *options], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def number(words: str, name: str) -> int:
    found = re.search(rf"^{name}: (\d+)", words, re.MULTILINE)
    assert found, words
    return int(found[1])


def agrees(program: Path, made: System) -> None:
    """All states, their depth, and the very run that our own search finds first."""
    status, words = said(program, "--all")
    reached = explore(made, stop=False)
    assert number(words, "states") == len(reached.states)
    assert number(words, "depth") == reached.depth()
    assert status == (reached.bad is not None)
    steps = re.findall(r"^ *\d+  (.*)$", words, re.MULTILINE)
    if reached.bad is None:
        assert words.startswith("holds\n")
    else:
        run = reached.run(reached.bad)
        names = [re.sub(r'["\\%]', "'", made.steps[k].name) for k in run]
        assert words.startswith(f"violated after {len(run)} steps\n")
        assert steps == names
    first = explore(made)
    assert number(said(program)[1], "states") == len(first.states)


def inside(s: Step) -> Step:
    """Only where the new number is within the bounds of its cell."""
    new = dict(s.writes).get("n.at", N)
    fits = And((s.guard, Less(Lit(-4), new), Less(new, Lit(301))))
    return Step(s.actor, s.verb, fits, s.writes)


@pytest.mark.parametrize("design", FEW)
def test_it_agrees_on_instances_of_the_library(design: str, tmp_path: Path) -> None:
    for o in obligations(design):
        for tried in some(o)[:2]:
            agrees(built(tmp_path, search(tried.system, tried.words), "-O1"), tried.system)


@pytest.mark.parametrize(
    "made",
    [
        system(),
        system(SWAP, bad=And((A, B))),
        system(SWAP, bad=And((A, Not(B)))),
        system(UP, bad=Eq(N, Lit(250))),
        system(SWAP, UP, ROUND, bad=Eq(N, Lit(251))),
        System((), ()),
    ],
)
def test_it_agrees_on_each_kind_of_expression(made: System, tmp_path: Path) -> None:
    limited = System(made.cells, tuple(map(inside, made.steps)), bad=made.bad)
    for compiler in COMPILERS:
        program = built(tmp_path, search(limited, "some */ of it"), *CHECKED, compiler=compiler)
        agrees(program, limited)


def test_states_of_several_words_are_told_apart(tmp_path: Path) -> None:
    names = [f"cell {k}" for k in range(70)]
    cells = tuple(Cell(n, False) for n in names)
    steps = tuple(
        Step(n, "set", Not(Var(n, True)), ((n, TRUE),)) for n in (names[0], names[63], names[69])
    )
    made = System(cells, steps, bad=And((Var(names[0], True), Var(names[69], True))))
    program = built(tmp_path, search(made, "wide"), *CHECKED)
    agrees(program, made)
    assert len(explore(made, stop=False).states) == 8


def test_what_it_cannot_do_is_said(tmp_path: Path) -> None:
    program = built(tmp_path, search(system(SWAP, UP), "some"), "-O1")
    assert said(program, "--most", "20") == (4, "gave up: too many states (20 states)\n")
    for wrong in (("--most",), ("--most", "x"), ("--most", "0"), ("--nothing",)):
        status, words = said(program, *wrong)
        assert status == 2
        assert words.endswith("[--all] [--most STATES]\n")
    out_of_bounds = Step("x", "leave", TRUE, (("n.at", Lit(301)),))
    program = built(tmp_path, search(system(out_of_bounds), "wrong"), "-O1")
    assert said(program) == (70, "bug: `n.at` leaves its bounds\n")


def test_what_is_not_decided_is_not_exported() -> None:
    with pytest.raises(NotConcrete, match="`fact` is not decided"):
        search(System((Cell("fact", None),), (), bad=FALSE), "a fact")
    chooses = Step("x", "choose", TRUE, (), choices=(Var("c", True),))
    with pytest.raises(NotConcrete, match="`x: choose` chooses a value"):
        search(System((), (chooses,)), "a choice")


def test_the_command_writes_it(tmp_path: Path) -> None:
    out = tmp_path / "search.c"
    assert main(["export", "--to", "c", str(ROOT / CLEANED_UP), "-o", str(out)]) == 0
    program = built(tmp_path, out.read_text(encoding="utf-8"), "-O2")
    status, words = said(program)
    assert status == 1
    assert words.startswith("violated after 13 steps\n   1  device rx[0]: publish rx[0]\n")
