"""`python -m benchmarks.machine`: the machine, beside a loop that does nothing, in one run.

Rates drift on a shared machine; what is compared are the ratios of one run. The target of
docs/decisions/0010 for bytes under Hypothesis is 0.8 of a test that does nothing with them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from checker.engines.engine import Budget
from checker.engines.run_question import RunObligation
from checker.engines.runs import instances
from checker.language.load import load
from checker.properties.property import properties
from model.machine.lockstep import Lockstep
from model.machine.machine import Machine
from model.machine.schedule import play, random_schedules
from model.strategies import schedules

SPECS = Path(__file__).resolve().parent.parent / "specs"
DESIGNS = ["mmio_multi_irq/cleaned_up.vq", "handlers/serve_all_level.vq",
           "handshake/event_idx_complete.vq", "pci/ladder.vq"]  # fmt: skip
BYTES, RUNS, EXAMPLES, ROUNDS = 100_000, 1_000, 300, 3


def machines(path: str) -> list[tuple[str, Machine]]:
    """The largest instances that a search would try, one for each subject."""
    known = properties()
    design = load(SPECS / path, {}, known).design
    if design is None:
        raise SystemExit(f"{path} cannot be read")
    out = []
    for o in known["no_lost_notifications"].obligations(design):
        # Of a device in a mode that no attempt leads to, there is nothing to run.
        if isinstance(o, RunObligation) and o.instances:
            last = instances(o, Budget()).tried[-1]
            name = f"{Path(path).stem}: {o.subject}"
            out.append((name, Machine(design, last.setting, frozenset(last.active))))
    return out


class Nothing:
    """An agent that can always step and does nothing."""

    def step(self) -> bool:
        """Nothing."""
        return True


def rate(work: Callable[[], int]) -> float:
    """How many a second of processor time, at best."""
    best = 0.0
    for _ in range(ROUNDS):
        started = time.process_time()
        done = work()
        best = max(best, done / (time.process_time() - started))
    return best


def loop(agents: Sequence[Nothing], schedule: bytes) -> int:
    """The machine's loop over agents that do nothing: what Python alone costs."""
    steps = [a.step for a in agents]
    n, taken = len(steps), 0
    for b in schedule:
        if steps[b % n]():
            taken += 1
    return taken


def examples(body: Callable[[bytes], object]) -> float:
    """Examples a second of a test of schedules."""

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(schedules())
    def test(schedule: bytes) -> None:
        body(schedule)

    def work() -> int:
        test()
        return EXAMPLES

    return rate(work)


def main() -> None:
    """One line a machine."""
    schedule = random.Random(1).randbytes(BYTES)
    bare = rate(lambda: loop([Nothing()] * 4, schedule))
    empty = examples(lambda schedule: None)
    print(f"{'bare loop':52}  {bare:>11,.0f} steps/s")
    print(f"{'empty test under Hypothesis':52}  {empty:>11,.0f} examples/s\n")
    for path in DESIGNS:
        for name, m in machines(path):
            one(name, m, (schedule, bare, empty))


def one(name: str, m: Machine, beside: tuple[bytes, float, float]) -> None:
    """The rates of one machine."""
    schedule, bare, empty = beside

    def steps() -> int:
        m.reset()
        return m.run(schedule)

    def runs() -> int:
        draw = random_schedules(1, 64)
        for _ in range(RUNS):
            play(m, draw())
        return RUNS

    def locked() -> int:
        both = Lockstep(m)
        both.restart()
        both.run(schedule[:2_000])
        return both.number

    taken = rate(steps)
    tested = examples(lambda some: play(m, some))
    words = f"{name} ({len(m.agents)} agents)"
    print(f"{words[:52]:52}  {taken:>11,.0f} steps/s ({taken / bare:.2f} of the bare loop)")
    print(f"{'':52}  {rate(runs):>11,.0f} whole runs/s, {rate(locked):,.0f} steps/s in lock-step")
    print(f"{'':52}  {tested:>11,.0f} examples/s ({tested / empty:.2f} of the empty test)\n")


if __name__ == "__main__":
    main()
