"""The safe cells of the handler table, at length: `make table` runs each a million times by chance.

Prints a line for each cell as it ends; the exit code is 1 if one of them loses anything.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from model.machine.schedule import play, random_schedules
from tests.machine import small

LONGEST = 64
"""Bytes of a schedule."""


def cells() -> list[Path]:
    """The designs of the table in which nothing is lost."""
    return [p for p in small.DESIGNS if p.parent.name == "handlers" and p not in small.LOST]


def survives(path: Path, runs: int, seed: int) -> tuple[bool, int, int]:
    """Whether nothing fails; how many runs were made, on how many machines, each in turn."""
    machines = small.machines(small.read(path))
    draw = random_schedules(seed, LONGEST)
    for k in range(runs):
        if play(machines[k % len(machines)], draw()).kind:
            return False, k + 1, len(machines)
    return True, runs, len(machines)


def main(words: list[str]) -> int:
    """The whole table, one cell after the other."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default="", help="one cell by its name")
    asked = options.parse_args(words)
    lost = False
    for path in cells():
        if asked.only in ("", path.stem):
            started = time.monotonic()
            safe, runs, machines = survives(path, asked.runs, asked.seed)
            lost = lost or not safe
            word = "survives" if safe else "FAILS after"
            took = time.monotonic() - started
            print(f"{path.stem}: {word} {runs:,} runs on {machines} machines, {took:.0f} s")
            sys.stdout.flush()
    return int(lost)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
