"""`python -m benchmarks.ring`: the C ring beside a bare one, Python beside C, sanitized and fuzzed.

Everything is measured in one run, in time of the processor and in short rounds that take turns, and
told as ratios. The bare ring (bare.h) is a split queue that checks and suppresses nothing. With
LINUX_TREE (tests/interop/linux_ring.py) Linux' own ring runs programs beside ours.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from benchmarks.__main__ import ROOT
from model.ring import ring
from model.ring.program import MEMORY_BYTES
from tests.fuzz.ring import FLAGS, GUIDED, SANITIZE, lib_fuzzer_target
from tests.interop.linux_ring import build as built_with_linux
from tests.ring.build import CORE, RING
from tests.ring.test_machine import Queue

HERE = ROOT / "benchmarks"


def built(to: Path, sources: list[Path], *flags: str, cc: str = "gcc") -> Path:
    """An executable with the flags of the extension."""
    command = [cc, "-std=gnu11", "-O2", *flags, f"-I{RING}", *map(str, sources), "-o", str(to)]
    subprocess.run(command, check=True)
    return to


def numbers(executable: Path, *arguments: str) -> dict[str, float]:
    """What the loops print: a name and nanoseconds a line."""
    done = subprocess.run([executable, *arguments], capture_output=True, text=True, check=True)
    return {name: float(ns) for name, ns in map(str.split, done.stdout.splitlines())}


def seconds_of(call: Callable[[], object]) -> float:
    """The processor's time for a call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def in_turn(rounds: int, **calls: Callable[[], float]) -> dict[str, float]:
    """The least that each of these answers; they take turns, so that all meet the same noise."""
    least = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            least[name] = min(least[name], call())
    return least


def batch_of_operations() -> bytes:
    """A program of 4,096 operations that do something: cycles of one buffer, step by step."""
    cycle = bytes([1, 9, 5, 4, 9, 10, 0, 3, 13, 5, 6, 14])  # eight operations
    return bytes([3, 16, 0]) + cycle * 512


def batch_ratio(bench: Path, folder: Path) -> float:
    """The speed of one batch called from Python, of the same in a loop in C."""
    program, calls = batch_of_operations(), 20
    (folder / "program").write_bytes(program)
    memory = bytearray(MEMORY_BYTES)

    def loop() -> None:
        for _ in range(calls):
            ring.run(program, memory)

    least = in_turn(
        40,
        c=lambda: numbers(bench, str(folder / "program"))["file"],
        python=lambda: seconds_of(loop) / calls * 1e9,
    )
    return least["c"] / least["python"]


def hypothesis_ratio() -> float:
    """Examples a second of byte programs of up to 64 bytes, of a test that does nothing."""
    same = settings(max_examples=300, deadline=None, database=None, derandomize=True)
    program = st.integers(0, 64).flatmap(lambda n: st.binary(min_size=n, max_size=n))

    @same
    @given(program)
    def empty(program: bytes) -> None:
        pass

    @same
    @given(program)
    def full(program: bytes) -> None:
        ring.run(program)

    least = in_turn(9, empty=lambda: seconds_of(empty), full=lambda: seconds_of(full))
    return least["empty"] / least["full"]


class Counted(Queue):
    """The state machine of the ring, counting its steps."""

    steps = 0

    @invariant()
    def one_more(self) -> None:
        """After each step."""
        Counted.steps += 1


class Nothing(RuleBasedStateMachine):
    """The rules of tests/ring/test_machine.py, empty: what Hypothesis itself costs."""

    steps = 0

    @initialize(size=st.sampled_from([1, 2, 3, 4, 7, 8]), features=st.integers(0, 15))
    def start(self, size: int, features: int) -> None:
        """As in the other one, and so are the rest."""

    @rule(readable=st.integers(0, 3), writable=st.integers(0, 3), indirect=st.booleans())
    def add(self, readable: int, writable: int, indirect: bool) -> None:
        """Nothing."""

    @rule(ask=st.booleans())
    def publish(self, ask: bool) -> None:
        """Nothing."""

    @rule()
    def pop(self) -> None:
        """Nothing."""

    @precondition(lambda self: True)
    @rule(which=st.integers(0, 7), length=st.integers(0, 8))
    def push(self, which: int, length: int) -> None:
        """Nothing."""

    @rule(ask=st.booleans())
    def show(self, ask: bool) -> None:
        """Nothing."""

    @rule()
    def get_used(self) -> None:
        """Nothing."""

    @rule(more=st.integers(0, 9))
    def enable_used(self, more: int) -> None:
        """Nothing."""

    @rule()
    def enable_avail(self) -> None:
        """Nothing."""

    @rule()
    def enabled_sides_are_told(self) -> None:
        """Nothing."""

    @rule()
    def disable(self) -> None:
        """Nothing."""

    @rule()
    def reset(self) -> None:
        """Nothing."""

    @invariant()
    def no_more_buffers_than_entries(self) -> None:
        """Nothing."""

    @invariant()
    def one_more(self) -> None:
        """After each step."""
        Nothing.steps += 1


def machine_ratio() -> float:
    """Steps a second of the ring's state machine, of one with empty rules."""
    same = settings(
        max_examples=30,
        stateful_step_count=50,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )

    def of(machine: type[Counted | Nothing]) -> Callable[[], float]:
        def a_step() -> float:
            machine.steps = 0
            seconds = seconds_of(lambda: run_state_machine_as_test(machine, settings=same))
            return seconds / machine.steps  # not as many in both: what is drawn differs

        return a_step

    least = in_turn(9, nothing=of(Nothing), queue=of(Counted))
    return least["nothing"] / least["queue"]


@dataclass(frozen=True)
class Fuzzed:
    """What libFuzzer reached on a target: nanoseconds for a program and for an operation."""

    program: float
    operation: float


def fuzzed(target: Path, seed: int) -> Fuzzed:
    """A run from nothing; programs of up to 96 bytes are about as long as those of the anchors."""
    runs = 150_000
    command = [str(target), f"-runs={runs}", f"-seed={seed}", "-max_len=96", "-len_control=0"]
    command += [f"-artifact_prefix={target}-"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    ns = (resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before) * 1e9
    told = re.search(r"^operations: (\d+)$", done.stderr, re.MULTILINE)
    assert told, done.stderr
    return Fuzzed(ns / runs, ns / int(told[1]))


def fuzzers(folder: Path) -> dict[str, Fuzzed]:
    """libFuzzer on the core as `make fuzz` has it, without sanitizers and with; on a bare ring."""
    bare = folder / "fuzz_bare"
    command = ["clang", *FLAGS, *GUIDED, str(HERE / "bare_fuzz.c"), "-o", str(bare)]
    subprocess.run(command, check=True)
    targets = {
        "bare": bare,
        "ours": lib_fuzzer_target(folder / "fuzz_ours", "-DCOUNT"),
        "sanitized": lib_fuzzer_target(folder / "fuzz_sanitized", "-DCOUNT", "-DTWICE", *SANITIZE),
    }
    best: dict[str, Fuzzed] = {}
    for seed in range(1, 6):
        for name, target in targets.items():
            one = fuzzed(target, seed)
            least = best.get(name, one)
            best[name] = Fuzzed(
                min(one.program, least.program), min(one.operation, least.operation)
            )
    return best


def show(name: str, value: float, target: str = "") -> None:
    """A line of the table."""
    print(f"{name:<64}{value:>8.2f}  {target}", flush=True)


def show_cycles(ns: dict[str, float]) -> None:
    """Full cycles: add, pop, push, get."""
    for batch, target in (("32", "at most 3, 5 acceptable"), ("1", "")):
        bare = ns[f"bare-{batch}"]
        print(f"a bare cycle, batch {batch}: {bare:.1f} ns")
        for name in ("split", "split-event", "packed", "packed-event"):
            own = ns[f"{name}-{batch}"]
            show(f"  cycle, {name}: {own:.1f} ns; of bare", own / bare, target)


def show_programs(ns: dict[str, float]) -> None:
    """Random programs: made, run and forgotten."""
    bare, ours, making = ns["bare-programs"], ns["programs"], ns["making"]
    print(f"a random program of 64 operations, bare: {bare:.0f} ns, {making:.0f} of it to make it")
    show(f"  programs: {ours:.0f} ns; speed of bare", bare / ours, "at least 0.31")
    show("  without what making them costs", (bare - making) / (ours - making))


def show_linux(folder: Path) -> None:
    """The same beside Linux' own packed ring, if its sources are there."""
    tree = os.environ.get("LINUX_TREE")
    if tree is None:
        print("  LINUX_TREE is not set: nothing beside Linux' own ring")
        return
    bench = built_with_linux(Path(tree).resolve(), folder / "linux", HERE / "linux_ring.c")
    every = [numbers(bench) for _ in range(5)]
    ns = {name: min(one[name] for one in every) for name in every[0]}
    print(f"  Linux' own, packed and EVENT_IDX: {ns['linux']:.0f} ns")
    show("  our driver, of Linux' speed", ns["linux"] / ns["driver"], "at least 1")
    show("  both our sides and the events, of it", ns["linux"] / ns["both"], "at least 1")


def show_fuzzers(every: dict[str, Fuzzed]) -> None:
    """What libFuzzer reaches."""
    bare, ours, sanitized = every["bare"], every["ours"], every["sanitized"]
    each = f"{bare.program:.0f} ns a program, {bare.operation:.0f} an operation"
    print(f"libFuzzer on a bare ring: {each}")
    label = f"  on ours: {ours.operation:.0f} ns an operation; speed of bare"
    show(label, bare.operation / ours.operation, "at least 0.25")
    show(f"  on ours: {ours.program:.0f} ns a program; speed of bare", bare.program / ours.program)
    slower = sanitized.program / ours.program
    show("  sanitized and each program twice, times slower", slower, "at most 30")


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        plain = built(folder / "plain", [HERE / "ring.c", *CORE])
        ns = numbers(plain)
        show_cycles(ns)
        show_programs(ns)
        show_linux(folder)
        sanitized = numbers(built(folder / "sanitized", [HERE / "ring.c", *CORE], *SANITIZE))
        slower = sanitized["programs"] / ns["programs"]
        show("  sanitized, times slower", slower, "at most 30")
        ratio = batch_ratio(plain, folder)
        show("4,096 operations in a call from Python, speed of C", ratio, "at least 0.75")
        show("Hypothesis, byte programs: speed of nothing", hypothesis_ratio(), "at least 0.8")
        show("Hypothesis, state machine: speed of nothing", machine_ratio(), "at least 0.85")
        show_fuzzers(fuzzers(folder))


if __name__ == "__main__":
    main()
