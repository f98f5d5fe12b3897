"""`python -m benchmarks.spin`: SPIN on exported models, beside our search and the whole command.

One source on each line produces. SPIN's time has in it what it takes to write the verifier and to
compile it; every run stops at the first violation. Each of them gets the same time and memory.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.__main__ import ROOT, UNCACHED, checker
from checker.engines import mapping
from checker.engines.engine import Budget, Sat
from checker.engines.run_question import RunObligation
from checker.export.promela import promela
from checker.export.search import search
from checker.language.load import load
from checker.properties.property import properties
from model.expr import Lit, Var, equal
from model.kernel.explore import explore
from model.kernel.system import System
from model.meaning.instance import Instance

SECONDS, MIB = 100, 4096
DEPTH = 5_000_000
"""Of SPIN's depth first search; its stack is reserved at once, and in its memory here."""
LINES = (2, 3, 4)
DESIGNS = ("cleaned_up", "posted")
SPIN = "spin, breadth"
PROPERTY = "no_lost_notifications"


@dataclass(frozen=True)
class Cost:
    """What a run took and how it ended; `mib` is of its largest process."""

    seconds: float
    mib: float
    outcome: str


def design_path(name: str) -> Path:
    """The design of this name among those with several lines."""
    return ROOT / "specs" / "mmio_multi_irq" / f"{name}.vq"


def system(path: Path, lines: int) -> System:
    """The design with so many lines, and the first queue on each of them producing."""
    design = load(path, {}, properties()).design
    assert design is not None
    obligation = next(iter(properties()[PROPERTY].obligations(design)))
    assert isinstance(obligation, RunObligation)
    ask = obligation.instances[0]
    goal = replace(ask.goal, bad=equal(Var("lines"), Lit(lines)))
    answer, _ = mapping.Asker(Budget()).ask(goal)
    assert isinstance(answer, Sat)
    setting = ask.lay(answer.values)
    assert setting is not None
    instance = Instance(design, setting)
    first: dict[int, str] = {}
    for r in instance.sources:
        if r.family is not None and r.device.ordinal is not None:
            first.setdefault(r.device.ordinal, r.name)
    assert len(first) == lines
    return instance.system(set(first.values()))


def run(command: Sequence[str], folder: Path, seconds: float = SECONDS) -> Cost:
    """One process within the limits; the outcome is what it wrote, or why it ended."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        limited = ("sh", "-c", f'ulimit -v {MIB << 10}; exec "$@"', "sh", *command)
        process = subprocess.Popen(
            limited, cwd=folder, stdout=out, stderr=subprocess.STDOUT, env=UNCACHED
        )
        ended, status, used = 0, 0, None
        while not ended:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if not ended and time.perf_counter() - started > seconds:
                process.kill()
                _, _, used = os.wait4(process.pid, 0)
                process.returncode = -1
                return Cost(seconds, used.ru_maxrss / 1024, "out of time")
            time.sleep(0.002)
        assert used is not None
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        words = out.read().decode(errors="replace")
        return Cost(time.perf_counter() - started, used.ru_maxrss / 1024, words)


def spin(made: System, *, breadth: bool) -> Cost:
    """SPIN: model, verifier, compiler and search."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        Path(folder, "m.pml").write_text(promela(made, "a benchmark"))
        flags = ["-O2", "-w", "-DSAFETY", f"-DMEMLIM={MIB}", *(["-DBFS"] if breadth else [])]
        steps = [
            ["spin", "-a", "m.pml"],
            ["gcc", *flags, "-o", "pan", "pan.c"],
            ["./pan"] if breadth else ["./pan", f"-m{DEPTH}"],
        ]
        last = Cost(0, 0, "")
        most = 0.0
        for command in steps:
            left = SECONDS - (time.perf_counter() - started)
            last = run(command, Path(folder), left)
            most = max(most, last.mib)
        return Cost(time.perf_counter() - started, most, _spin_outcome(last.outcome))


def in_c(made: System) -> Cost:
    """Our search as a program in C: writing, compiling and running it."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        Path(folder, "search.c").write_text(search(made, "a benchmark"))
        built = run(["gcc", "-O2", "-o", "search", "search.c"], Path(folder))
        left = SECONDS - (time.perf_counter() - started)
        last = run(["./search"], Path(folder), left)
        outcome = next(
            (x for x in ("violated", "holds", "out of memory") if x in last.outcome), "out of time"
        )
        most = max(built.mib, last.mib)
        return Cost(time.perf_counter() - started, most, outcome)


def rates() -> Iterable[str]:
    """States a second of the searches alone, where nothing is lost and all is visited."""
    made = system(design_path("status_per_line"), 3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "search.c").write_text(search(made, "a benchmark"))
        (folder / "m.pml").write_text(promela(made, "a benchmark"))
        for command in (
            ["gcc", "-O2", "-o", "search", "search.c"],
            ["spin", "-a", "m.pml"],
            ["gcc", "-O2", "-w", "-DSAFETY", "-DBFS", f"-DMEMLIM={MIB}", "-o", "pan", "pan.c"],
        ):
            run(command, folder)
        best: dict[str, float] = {}
        for _ in range(5):
            for engine, command in (("in C", ["./search"]), (SPIN, ["./pan", "-w24"])):
                words = run(command, folder).outcome
                (states,) = re.findall(
                    r"^states: (\d+)|^ *(\d+) states, stored", words, re.MULTILINE
                )
                (seconds,) = re.findall(
                    r"^(?:seconds:|pan: elapsed time) ([\d.]+)", words, re.MULTILINE
                )
                rate = int("".join(states)) / max(float(seconds), 1e-3)
                best[engine] = max(best.get(engine, 0), rate)
    for engine, rate in best.items():
        ratio = rate / best[SPIN]
        yield f"{engine:<16}{rate / 1e6:>8.2f} M states/s{ratio:>9.1f} times SPIN's"


def _spin_outcome(words: str) -> str:
    if "assertion violated" in words:
        return "violated"
    if words == "out of time":
        return words
    if "out of memory" in words or "memory limit" in words or "reached -DMEMLIM" in words:
        return "out of memory"
    if "max search depth too small" in words:
        return "too deep"
    return "holds" if "errors: 0" in words else "no answer"


def own_search(design: str, lines: int) -> Cost:
    """`explore`, in a process of its own."""
    cost = run((sys.executable, "-m", "benchmarks.spin", design, str(lines)), ROOT)
    if cost.outcome == "out of time":
        return cost
    last = cost.outcome.strip().splitlines()[-1:]
    known = last and last[0] in ("violated", "holds")
    return replace(cost, outcome=last[0] if known else "out of memory")


def command(design: str) -> Cost:
    """The whole command, for every number of lines at once."""
    cost = run(
        checker("verify", "-q", "--no-expect", "-p", PROPERTY, str(design_path(design))), ROOT
    )
    return replace(cost, outcome="violated" if "violated" in cost.outcome else "holds")


def table() -> Iterable[str]:
    """The lines of the table."""
    head = f"{'design, lines':<16}{'engine':<16}{'outcome':<15}"
    yield head + f"{'time':>10}{'memory':>12}{'ratio':>9}"
    for design in DESIGNS:
        whole = command(design)
        yield _row(f"{design}, any", "checker verify", whole, whole)
        for lines in LINES:
            made = system(design_path(design), lines)
            runs: list[tuple[str, Callable[[], Cost]]] = [
                ("explore", partial(own_search, design, lines)),
                ("explore, in C", partial(in_c, made)),
                (SPIN, partial(spin, made, breadth=True)),
                ("spin, depth", partial(spin, made, breadth=False)),
            ]
            for name, call in runs:
                yield _row(f"{design}, {lines}", name, call(), whole)


def _row(what: str, engine: str, cost: Cost, whole: Cost) -> str:
    ratio = cost.seconds / whole.seconds
    return (
        f"{what:<16}{engine:<16}{cost.outcome:<15}{cost.seconds:>8.2f} s{cost.mib:>8.0f} MiB"
        f"{ratio:>9.2f}"
    )


def main(arguments: Sequence[str]) -> None:
    """The table; or, for a design and a number of lines, only our search."""
    if arguments:
        design, lines = arguments
        found = explore(system(design_path(design), int(lines)), 2**40)
        print("holds" if found.bad is None else "violated")
        return
    print(f"each run: at most {SECONDS} s and {MIB} MiB; ratio: time to that of `checker verify`,")
    print("which is for any number of lines and all signalling modes; memory: its largest process")
    for line in table():
        print(line, flush=True)
    print("\nstatus_per_line, 3 lines, the searches alone; target: in C at least 10 times SPIN's")
    for line in rates():
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
