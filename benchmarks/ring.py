"""`python -m benchmarks.ring`: the C ring beside a bare one, Python beside C, sanitized and fuzzed.

Everything is measured in one run, in time of the processor, and told as ratios. The bare ring is a
split queue that checks and suppresses nothing.
"""

from __future__ import annotations

import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.__main__ import ROOT
from model.ring import ring
from model.ring.program import MEMORY_BYTES

RING = ROOT / "model" / "ring"
CORE = [str(p) for p in sorted(RING.glob("vq*.c")) if p.name != "vq_python.c"]
SOURCE = str(ROOT / "benchmarks" / "ring.c")
SANITIZE = ["-fsanitize=address,undefined"]
TRIVIAL = """
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	volatile uint32_t sum = 0;
	for (size_t i = 0; i < size; i++)
		sum += data[i];
	return 0;
}
"""


def built(to: Path, sources: list[str], *flags: str, cc: str = "gcc") -> Path:
    """An executable with the flags of the extension."""
    command = [cc, "-std=gnu11", "-O2", *flags, f"-I{RING}", *sources, "-o", str(to)]
    subprocess.run(command, check=True)
    return to


def numbers(executable: Path, *arguments: str) -> dict[str, float]:
    """What the loops print: a name and nanoseconds a line."""
    done = subprocess.run([executable, *arguments], capture_output=True, text=True, check=True)
    return {name: float(ns) for name, ns in map(str.split, done.stdout.splitlines())}


def best_of(call: Callable[[], object], times: int = 7) -> float:
    """The best time of a call in nanoseconds."""
    least = float("inf")
    for _ in range(times):
        started = time.process_time_ns()
        call()
        least = min(least, time.process_time_ns() - started)
    return least


def batch_of_operations() -> bytes:
    """A program of 4,096 operations that do something: cycles of one buffer, step by step."""
    cycle = bytes([1, 9, 5, 4, 9, 10, 0, 3, 13, 5, 6, 14])  # eight operations
    return bytes([3, 16, 0]) + cycle * 512


def python_beside_c(bench: Path, folder: Path) -> tuple[float, float]:
    """Nanoseconds of one batch, called from Python and looped in C."""
    program = batch_of_operations()
    (folder / "program").write_bytes(program)
    memory = bytearray(MEMORY_BYTES)

    def loop() -> None:
        for _ in range(100):
            ring.run(program, memory)

    in_c = numbers(bench, str(folder / "program"))["file"]
    return best_of(loop, 25) / 100, in_c


def hypothesis_ratio() -> float:
    """Examples a second of byte programs of 64 bytes, against a test that does nothing."""
    always = settings(max_examples=500, deadline=None, database=None)
    program = st.integers(0, 64).flatmap(lambda n: st.binary(min_size=n, max_size=n))

    @always
    @given(program)
    def empty(program: bytes) -> None:
        pass

    @always
    @given(program)
    def full(program: bytes) -> None:
        ring.run(program)

    return best_of(empty, 5) / best_of(full, 5)


def executions(target: Path, runs: int) -> float:
    """libFuzzer's executions a second on a target."""
    command = [str(target), f"-runs={runs}", "-seed=1", "-max_len=96", "-len_control=0"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "DONE" in done.stderr
    return runs / (resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)


def fuzzer_ratio(folder: Path) -> float:
    """libFuzzer on the core against libFuzzer on a target that sums its bytes."""
    trivial = folder / "trivial.c"
    trivial.write_text(TRIVIAL)
    harness = str(ROOT / "tests" / "fuzz" / "ring_fuzz.c")
    ours = built(folder / "ours", [harness, *CORE], "-fsanitize=fuzzer", cc="clang")
    theirs = built(folder / "theirs", [str(trivial)], "-fsanitize=fuzzer", cc="clang")
    return executions(ours, 300_000) / executions(theirs, 300_000)


def show(name: str, value: float, target: str) -> None:
    """A line of the table."""
    print(f"{name:<58}{value:>8.2f}  {target}")


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        plain = built(folder / "plain", [SOURCE, *CORE])
        ns = numbers(plain)
        for name in ("bare", "split", "split-event", "packed", "packed-event"):
            for batch in ("32", "1"):
                own = f"{name}-{batch}"
                label = f"full cycle, {name}, batch {batch}: {ns[own]:.1f} ns; of bare"
                show(label, ns[own] / ns[f"bare-{batch}"], "at most 3, 5 acceptable (batch 32)")
        each = ns["programs"] / ns["events"]
        show(
            f"random programs of {ns['events']:.0f} operations, 1,000 a second",
            1e6 / ns["programs"],
            "",
        )
        show("  nanoseconds an operation", each, "27 for Linux' packed ring, in another run")
        in_python, in_c = python_beside_c(plain, folder)
        show("4,096 operations from Python, of the speed in C", in_c / in_python, "at least 0.75")
        sanitized = numbers(built(folder / "sanitized", [SOURCE, *CORE], *SANITIZE))
        show("sanitized, times slower", sanitized["programs"] / ns["programs"], "at most 30")
        show("Hypothesis, of a test that does nothing", hypothesis_ratio(), "at least 0.8")
        show("libFuzzer, of a trivial target", fuzzer_ratio(folder), "at least 0.25")


if __name__ == "__main__":
    main()
