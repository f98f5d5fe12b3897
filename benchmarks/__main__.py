"""`make bench`: whole commands, each several times in turn, the best of each, and their ratios.

Times on a shared machine drift; only ratios taken in one run are compared with the targets.
"""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HINTED = ROOT / "specs" / "mmio_multi_irq" / "hinted.vq"
POSTED = ROOT / "specs" / "mmio_multi_irq" / "posted.vq"
ROUNDS = 7
MAPS = [w for p in ("layering", "coverage", "irq_limits", "pair_affinity", "economy")
        for w in ("--property", p)]  # fmt: skip
"""The mapping properties: what runs lose is measured by `benchmarks.lost`."""
UNCACHED = {**os.environ, "VQCHECK_NO_CACHE": "1"}
"""No verdict is taken from an earlier run."""


@dataclass(frozen=True)
class Case:
    """A command and what it is called in the table."""

    name: str
    command: tuple[str, ...]


def checker(*words: str) -> tuple[str, ...]:
    """The command line of the checker."""
    return (sys.executable, "-m", "checker.commands.main", *words)


def measure(cases: Iterable[Case]) -> dict[str, float]:
    """The best time of each case in seconds; the cases take turns."""
    for package in ("checker", "model"):  # As installed: not compiled anew in every run.
        compileall.compile_dir(ROOT / package, quiet=1)
    best: dict[str, float] = {}
    every = list(cases)
    for _ in range(ROUNDS):
        for case in every:
            started = time.perf_counter()
            done = subprocess.run(
                case.command, cwd=ROOT, capture_output=True, check=False, env=UNCACHED
            )
            seconds = time.perf_counter() - started
            if done.returncode:
                raise SystemExit(
                    f"{case.name}: exit code {done.returncode}\n{done.stdout.decode()}"
                )
            best[case.name] = min(seconds, best.get(case.name, seconds))
    return best


def fleet(devices: int) -> str:
    """A machine with that many devices, ten queues a device on average."""
    lines = [
        "use lib.virtio.blk",
        "use lib.virtio.net",
        "use lib.linux.virtio_mmio",
        "platform host { cpus 64  controller gic : edge { lines 32..65535 } }",
    ]
    for k in range(devices):
        if k % 2:
            choice = f"net({3 + k % 5}) on virtio_mmio {{ lines 1 }}"
        else:
            choice = f"blk({7 + k % 5}, 0) on virtio_mmio {{ lines 1 }}"
        lines.append(f"device d{k} : {choice}")
    return "\n".join([*lines, "check layering, coverage, irq_limits, economy", ""])


def long_text(lines: int) -> str:
    """That many lines of device types, transports and devices, all different."""
    out: list[str] = []
    k = 0
    while len(out) < lines:
        out += f"""device_type nic{k}(pairs: 1..0x8000) {{
    id {k % 60 + 1}
    queue rx[i in 0..pairs-1] at 2*i      {{ role rx }}
    queue tx[i in 0..pairs-1] at 2*i + 1  {{ role tx }}
    queue ctrl at 2*pairs                 {{ polled }}   # no callback
    config_change
    pair rx[i] with tx[i]
}}
transport t{k} {{
    register status {{ USED, CONFIG }}
    map in transport sees index, lines, callback {{
        queue q -> none                       if not q.callback
        queue q -> line (q.index / 2) % lines
        config  -> line 0
    }}
    map in device {{ programmed }}
    signal queue q {{ set status.USED; raise line(q) }}
    handler on line l {{
        s = read status
        clear status s
        if s.CONFIG {{ notify config }}
        if s.USED {{ for q in queues {{ service q }} }}
    }}
}}
device d{k} : nic{k}({k % 100 + 1}) on t{k} {{ lines 1..{k % 100 + 1} }}""".split("\n")
        k += 1
    return "\n".join([*out, "check coverage", ""])


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        small, large, text = folder / "fleet10.vq", folder / "fleet1000.vq", folder / "long.vq"
        small.write_text(fleet(10))
        large.write_text(fleet(1000))
        text.write_text(long_text(10_000))
        hinted = str(HINTED)
        best = measure(
            [
                Case("python3 -c pass", (sys.executable, "-c", "pass")),
                Case("python3 -c 'import z3'", (sys.executable, "-c", "import z3")),
                Case("checker --help", checker("--help")),
                Case("verify posted", checker("verify", "-q", str(POSTED))),
                Case("verify hinted, 1..32768", checker("verify", "-q", hinted, *MAPS)),
                *(
                    Case(
                        f"verify hinted, {n}",
                        checker("verify", "-q", hinted, *MAPS, "--param", f"pairs={n}"),
                    )
                    for n in (2, 32768)
                ),
                Case("verify, 10 devices", checker("verify", "-q", str(small))),
                Case("verify, 1,000 devices", checker("verify", "-q", str(large))),
                Case("check, 10,000 lines", checker("check", "-q", str(text))),
            ]
        )
    anchor = best["python3 -c 'import z3'"]
    print(f"{'command':<28}{'best of ' + str(ROUNDS):>12}{'of import z3':>14}")
    for name, seconds in best.items():
        print(f"{name:<28}{seconds:>10.3f} s{seconds / anchor:>14.1f}")
    print()
    every, two = best["verify hinted, 1..32768"], best["verify hinted, 2"]
    most = best["verify hinted, 32768"]
    grow = best["verify, 1,000 devices"] / best["verify, 10 devices"]
    print(f"maps of the flagship, pairs in 1..32768 symbolic: {every:.3f} s (target: under 0.5 s)")
    print(f"32768 pairs against 2:    {most / two:.2f} (target: at most 1.5)")
    print(f"1,000 devices against 10: {grow:.1f} times (target: at most 100, and under 5 s)")
    print(f"10,000 lines:             {best['check, 10,000 lines']:.2f} s (target: under 1.5 s)")


if __name__ == "__main__":
    main()
