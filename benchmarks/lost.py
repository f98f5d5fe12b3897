"""`python -m benchmarks.lost`: losses found, and proofs for any number of queues, whole commands.

Each command is a fresh process; they take turns, and the best time of each counts. The anchor is
what it takes to start Python and load Z3.
"""

from __future__ import annotations

import sys

from benchmarks.__main__ import ROOT, Case, checker, measure
from checker.verdict.verdict import Violated
from checker.verify import Options, verify

FOLDER = ROOT / "specs" / "mmio_multi_irq"
REPAIRED = ("status_per_line", "group_lines", "ack_then_all")
HANDSHAKES = ("event_idx_complete", "event_idx_batch", "packed_complete", "packed_batch")
PROPERTY = "no_lost_notifications"
ANCHOR = "python3 -c 'import z3'"


def _lost(path: str, *words: str) -> tuple[str, ...]:
    return checker("verify", "-q", "-p", PROPERTY, path, *words)


def cases() -> list[Case]:
    """What is measured."""
    out = [Case(ANCHOR, (sys.executable, "-c", "import z3"))]
    for name in ("cleaned_up", *REPAIRED):
        path = str(FOLDER / f"{name}.vq")
        out.append(Case(name, _lost(path)))
        out += [Case(f"{name}, pairs={n}", _lost(path, "--param", f"pairs={n}")) for n in (2, 1024)]
    for name in HANDSHAKES:
        out.append(Case(name, _lost(str(ROOT / "specs" / "handshake" / f"{name}.vq"))))
    return out


def shortest() -> int:
    """Steps of the run in which the clean-up loses a notification."""
    report = verify(FOLDER / "cleaned_up.vq", Options(properties=(PROPERTY,)))
    verdict = report.lines[0].verdict
    assert isinstance(verdict, Violated)
    traces = [f.trace for f in verdict.findings if f.trace is not None]
    return min(len(t.steps) for t in traces)


def main() -> None:
    """Print the table."""
    best = measure(cases())
    print(f"{'command':<32}{'best':>10}{'of import z3':>14}")
    for name, seconds in best.items():
        print(f"{name:<32}{seconds:>8.3f} s{seconds / best[ANCHOR]:>14.1f}")
    print()
    print(f"the clean-up's loss: {shortest()} steps (target: at most 13), ", end="")
    print(f"{best['cleaned_up']:.3f} s (target: under 0.6 s)")
    for name in REPAIRED:
        grown = best[f"{name}, pairs=1024"] / best[f"{name}, pairs=2"]
        print(f"{name}: any number {best[name]:.3f} s (target: under 1.0 s); ", end="")
        print(f"1,024 pairs against 2: {grown:.2f} (target: at most 1.2)")
    slowest = max(best[name] for name in HANDSHAKES)
    print(f"EVENT_IDX and packed, every ring size: at most {slowest:.3f} s (target: under 3 s)")


if __name__ == "__main__":
    main()
