"""`checker show`: a design for given values, and what it says to values that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main

POSTED = str(Path(__file__).resolve().parents[2] / "specs" / "mmio_multi_irq" / "posted.vq")


def test_lines_that_the_machine_does_not_have_are_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.vq"
    path.write_text(
        "platform p { controller gic : edge { lines 32..35 reserved 33..34 } }\n"
        "device_type k(n: 1..9) { id 2  queue r[i in 0..n-1] at i }\n"
        "transport t { map in driver { queue q -> line q.index % lines }\n"
        "  map in device { programmed }  handler on line l { for q on l { service q } } }\n"
        "param n in 1..9\n"
        "device d : k(n) on t { lines n }\n"
    )
    assert main(["show", str(path), "--param", "n=3"]) == ExitCode.OK
    assert "  warning: gic has only 2 lines (see irq_limits)\n" in capsys.readouterr().out
    assert main(["show", str(path), "--param", "n=3", "--format", "json"]) == ExitCode.OK
    assert len(json.loads(capsys.readouterr().out)[0]["warnings"]) == 1
    assert main(["show", str(path), "--param", "n=2"]) == ExitCode.OK
    assert "warning" not in capsys.readouterr().out


def test_each_queue_has_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--param", "pairs=2", "--grant", "eth0=2", "--numbers", "24,26"]
    assert main(["show", POSTED, *words, "--format", "json"]) == ExitCode.OK
    (device,) = json.loads(capsys.readouterr().out)
    assert device["numbers"] == [24, 26]
    rows = {s["queue"]: s["driver"] for s in device["sources"]}
    assert rows["rx[0]"] == "line 0 (number 24)"
    assert "25" in rows["rx[1]"]  # irq_base + 1, which nobody granted


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--feature", "eth0.ctrl_qv"], "no such feature. Did you mean `eth0.ctrl_vq`?"),
        (["--feature", "eth0.zz"], "no such feature. It has: ctrl_vq."),
        (["--feature", "eth1.ctrl_vq"], "There is no device `eth1`."),
        (["--grant", "eth0=3"], "`--grant eth0=3`: the design has it in 0..1."),
        (["--grant", "eth0=-1"], "the design has it in 0..1."),
        (["--numbers", "24,25"], "2 given, but `eth0` has 1 line."),
        (["--numbers", "3"], "3 is reserved on ioapic0."),
        (["--numbers", "x"], "expected whole numbers and commas"),
        (["--param", "pairs"], "expected NAME=VALUE with a whole number"),
    ],
)
def test_values_that_cannot_be(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", POSTED, *words]) == ExitCode.USAGE
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("given", "code"), [("pairs=0", "VQ0403"), ("pears=1", "VQ0213")])
@pytest.mark.parametrize("command", ["show", "verify"])
def test_a_parameter_that_the_design_does_not_have_so(
    command: str, given: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, POSTED, "--param", given]) == ExitCode.SPEC
    assert f"error[{code}]" in capsys.readouterr().out
