"""Runs with every kind of end, for the tests of what is written for machines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checker.commands.exit_codes import combined, meaning, of_report
from checker.engines import mapping
from checker.engines.child import Asked
from checker.engines.engine import Answered, Budget
from checker.report.report import Report, requiring_proof
from checker.report.run import Provenance, Run
from checker.verify import Options, verify

ROOT = Path(__file__).resolve().parents[2]
CLEANED_UP = ROOT / "specs" / "mmio_multi_irq" / "cleaned_up.vq"
TEXT = """
device_type nic(pairs: 1..64) {
    id 1
    queue rx[i in 0..pairs-1] at 2*i
    queue tx[i in 0..pairs-1] at 2*i + 1
    config_change
}
transport mmio {
    map in transport sees index, lines {
        queue q -> line q.index % lines
        config -> line 0
    }
    map in device { programmed }
    handler on line l { notify config  for q on l { service q } }
}
device eth0 : nic(4) on mmio { lines 1..8 }
"""
RAISES_UNTIL_SEEN = """
device_type disk(n: 1..64) { id 2  queue req[i in 0..n-1] at i }
transport raising {
    pool wired : edge
    map in transport { queue q -> line 0 }
    map in device { queue q -> line 0 }
    signal queue q { publish q  loop { if not pending q { stop }  raise line(q) } }
    handler on line l { for q on l { service q } }
}
device disk0 : disk(1) on raising { lines 1 }
check coverage, no_lost_notifications
"""
"""It holds; a signal program with a loop is searched and not proved."""
ENDS = (
    "holds", "bounded", "violated", "run", "expected", "unknown", "vacuous", "all", "wrong", "crash"
)  # fmt: skip
PROVENANCE = Provenance(
    "verify",
    "2026-11-28T09:00:00Z",
    lambda: (("python", "3.11.7"), ("z3", "5.4.1.0"), ("sources", "sha256:" + "0" * 64)),
    (("rlimit", 1), ("property", ["coverage"]), ("param", {"pairs": 2})),
)


def run_of(*reports: Report) -> Run:
    """As `checker verify` makes it."""
    code = combined(of_report(r) for r in reports)
    return Run(PROVENANCE, reports, int(code), meaning(code, reports))


def every_end(folder: Path) -> dict[str, Run]:
    """One run for each of the ends, and one (`together`) of all their designs."""
    reports = {name: _report(folder, name) for name in ENDS}
    runs = {name: run_of(r) for name, r in reports.items()}
    return {**runs, "together": run_of(*reports.values())}


def _report(folder: Path, name: str) -> Report:
    options = Options()
    text = TEXT + "check coverage\n"
    match name:
        case "bounded":
            text = RAISES_UNTIL_SEEN
        case "violated":
            text = text.replace("q.index % lines", "q.index")
        case "run":
            only = replace(options, properties=("no_lost_notifications",), expectations=False)
            return verify(CLEANED_UP, only)
        case "expected":
            text = text.replace("q.index % lines", "q.index") + "expect coverage violated\n"
        case "unknown":
            options = replace(options, budget=Budget(rlimit=1))
        case "vacuous":
            text = TEXT + "check pair_affinity\n"
        case "all":
            text = TEXT + "check all\n"
        case "wrong":
            text = text.replace("nic(4)", "nik(4)")
        case "crash":
            return _crash(folder, text + "check layering\n")
        case _:
            pass
    path = folder / f"{name}.vq"
    path.write_text(text)
    report = verify(path, options)
    return requiring_proof(report) if name == "bounded" else report


def _crash(folder: Path, text: str) -> Report:
    path = folder / "crash.vq"
    path.write_text(text)
    real = mapping.work

    def work(asked: Asked, budget: Budget, *, keep: bool = False) -> Answered:
        if asked.property == "coverage":
            raise ZeroDivisionError("a <bug> & more\x00")
        return real(asked, budget, keep=keep)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapping, "work", work)
        return verify(path, Options())
