"""The note VQ0434: `coverage` is about maps, and holds though no signal drives the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main

TEXT = """\
platform board { controller gic : level { lines 32..39 } }
device_type disk { id 2  queue req at 0 }
transport mmio {
    register status { USED }
    map in driver { queue q -> line 0 }
    map in device { queue q -> line 0 }
    signal queue q SIGNAL
    handler irq on line l { s = read status  clear status s  for q on l { service q } }
}
platform board
device d : disk on mmio { lines 1 }
check coverage
"""
BARE = "{ set status.USED }"


@pytest.mark.parametrize(
    ("signal", "mode"),
    [
        (BARE, ""),
        ("{ set status.USED  lower line(q) }", ""),
        (f"in wired {BARE}\n    drive line l while status.USED in irqfd", " in mode `wired`"),
        (f"{BARE}\n    drive line l while status.USED", None),
        ("{ set status.USED  raise line(q) }", None),
        ("{ set status.USED  if wants q { pulse line(q) } }", None),
        (f"in wired {BARE}\n    drive line l while status.USED", None),
    ],
)
def test_a_signal_that_drives_no_line_gets_a_note(
    signal: str, mode: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "d.vq"
    path.write_text(TEXT.replace("SIGNAL", signal))
    main(["check", "--no-color", str(path)])
    headline = f"note[VQ0434]: the signal of a queue drives no line{mode}, and no `drive` does\n"
    said = capsys.readouterr().out
    assert ("VQ0434" in said) == (mode is not None)
    assert mode is None or headline in said


def test_coverage_holds_and_runs_are_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "d.vq"
    path.write_text(TEXT.replace("SIGNAL", BARE))
    assert main(["verify", "--no-color", str(path)]) == ExitCode.OK
    assert "note[VQ0434]" in capsys.readouterr().out
    assert main(["verify", str(path), "-p", "no_lost_notifications"]) == ExitCode.VIOLATED
