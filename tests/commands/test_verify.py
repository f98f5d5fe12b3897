"""`checker verify` as it is typed: what it prints and what it ends with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main

pytestmark = pytest.mark.children

SPECS = Path(__file__).resolve().parents[2] / "specs"
POSTED = str(SPECS / "mmio_multi_irq" / "posted.vq")
HINTED = str(SPECS / "mmio_multi_irq" / "hinted.vq")
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
"""


def _run(*words: str) -> int:
    return main(["verify", *words])


@pytest.fixture
def design(tmp_path: Path) -> Path:
    path = tmp_path / "design.vq"
    path.write_text(TEXT + "device eth0 : nic(4) on mmio { lines 1..8 }\ncheck coverage\n")
    return path


def test_a_design_that_is_as_expected_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(POSTED) == ExitCode.OK
    out = capsys.readouterr().out
    assert "layering                violated (expected)" in out
    assert "6 of 6 properties as expected" in out
    assert "reproduce: checker verify" in out


@pytest.mark.parametrize(
    ("option", "code"),
    [
        (("--param", "pairs=100000"), ExitCode.SPEC),
        (("--param", "nope=1"), ExitCode.SPEC),
        (("--param", "pairs"), ExitCode.USAGE),
        (("--grant", "eth0=3000"), ExitCode.USAGE),
        (("--grant", "nope=3"), ExitCode.USAGE),
        (("--property", "nope"), ExitCode.USAGE),
    ],
)
def test_a_value_of_a_param_is_part_of_the_design_and_other_options_are_not(
    option: tuple[str, str], code: ExitCode
) -> None:
    assert _run("specs/mmio_multi_irq/hinted.vq", "-q", *option) == code


def test_without_expectations_it_is_violated(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(POSTED, "--no-expect", "-q") == ExitCode.VIOLATED
    assert _run(POSTED, "--no-expect", "--exit-zero") == ExitCode.OK
    assert "(expected)" not in capsys.readouterr().out


def test_holding_where_a_violation_is_expected_is_not_as_expected(design: Path) -> None:
    design.write_text(design.read_text() + "expect coverage violated\n")
    assert _run(str(design)) == ExitCode.VIOLATED


def test_a_used_up_budget_is_inconclusive(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(HINTED, "--rlimit", "1") == ExitCode.INCONCLUSIVE
    out = capsys.readouterr().out
    assert "(rlimit) is used up" in out
    assert "holds" not in out


def test_a_time_out_is_inconclusive(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(HINTED, "--timeout", "0.000001") == ExitCode.INCONCLUSIVE
    assert "timed out" in capsys.readouterr().out


def test_a_design_that_checks_nothing_is_vacuous(design: Path) -> None:
    design.write_text(TEXT + "device eth0 : nic(4) on mmio { lines 1..8 }\n")
    assert _run(str(design)) == ExitCode.VACUOUS
    assert _run(str(design), "--property", "coverage") == ExitCode.OK


def test_a_property_that_cannot_fail_is_vacuous(design: Path) -> None:
    assert _run(str(design), "--property", "pair_affinity") == ExitCode.VACUOUS


def test_an_error_of_the_text_ends_with_3(design: Path) -> None:
    design.write_text(design.read_text().replace("nic(4)", "nik(4)"))
    assert _run(str(design)) == ExitCode.SPEC


def test_a_design_without_meaning_ends_with_3(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design.write_text(design.read_text().replace("2*i + 1", "4*i"))
    assert _run(str(design)) == ExitCode.SPEC
    assert "error[VQ0502]" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["--property", "coverige"],
        ["--param", "pairs"],
        ["--param", "pairs=many"],
        ["--param", "pairs=1", "--param", "pairs=2"],
        ["--jobs", "0"],
        ["--format", "xml"],
        ["--timeout", "0"],
    ],
)
def test_wrong_usage_ends_with_2(words: list[str], design: Path) -> None:
    assert _run(str(design), *words) == ExitCode.USAGE


def test_the_first_error_of_several_files_counts(design: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.vq"
    wrong.write_text("device")
    assert _run(str(design), str(wrong)) == ExitCode.SPEC
    assert _run(str(tmp_path)) == ExitCode.SPEC


def test_a_parameter_can_be_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(str(SPECS / "budget" / "one_per_queue.vq"), "--param", "pairs=23") == 1
    assert "holds (expected violated)" in capsys.readouterr().out
    assert _run(HINTED, "--param", "pears=3") == ExitCode.SPEC
    assert _run(HINTED, "--param", "pairs=0") == ExitCode.SPEC


def test_json_accounts_for_every_property(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(POSTED, "--format", "json") == ExitCode.OK
    data = json.loads(capsys.readouterr().out)
    (report,) = data["designs"]
    assert data["exit_code"] == 0
    assert [p["property"] for p in report["properties"]] == [
        "layering",
        "coverage",
        "irq_limits",
        "pair_affinity",
        "economy",
        "no_lost_notifications",
    ]
    for p in report["properties"]:
        assert p["outcome"] in ("holds", "violated")
        assert p["as_expected"]
        evidence = "violations" if p["outcome"] == "violated" else "witness"
        assert p[evidence]


def test_output_is_written_whole_or_not_at_all(
    tmp_path: Path, design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.json"
    assert _run(str(design), "--format", "json", "--output", str(out)) == ExitCode.OK
    assert json.loads(out.read_text())["exit_code"] == 0
    assert capsys.readouterr().out == ""
    assert _run(str(design), "--output", str(tmp_path / "no" / "such.json")) == ExitCode.USAGE
    assert sorted(p.name for p in tmp_path.iterdir()) == ["design.vq", "report.json"]


def test_the_same_run_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for jobs in ("1", "2"):
        _run(POSTED, "--format", "json", "--jobs", jobs)
        data = json.loads(capsys.readouterr().out)
        for p in data["designs"][0]["properties"]:
            del p["seconds"], p["rlimit"]
        del data["designs"][0]["seconds"], data["started"], data["options"]["jobs"]
        said.append(data)
    assert said[0] == said[1]


def test_a_declaration_is_needed_with_a_member_or_a_user_of_it(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(str(design)) == ExitCode.OK
    assert "not needed" not in capsys.readouterr().out  # `device_type`, by its queues.
    design.write_text("param n in 1..9\n" + design.read_text().replace("nic(4)", "nic(n)"))
    assert _run(str(design)) == ExitCode.OK
    assert "not needed" not in capsys.readouterr().out  # `param n`, by the device.


def test_what_is_skipped_is_counted_apart(design: Path, capsys: pytest.CaptureFixture[str]) -> None:
    design.write_text(design.read_text().replace("check coverage", "check all"))
    _run(str(design))
    assert "3 of 4 properties as expected, 3 skipped, " in capsys.readouterr().out


def test_a_design_without_devices_is_told_so(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design.write_text("check all\n")
    assert _run(str(design)) == ExitCode.VACUOUS
    out = capsys.readouterr().out
    assert "warning[VQ0427]: the design has no device" in out
    assert "design.vq: no device\n" in out
    assert "nothing was checked, 7 skipped, " in out


def test_without_a_question_it_says_what_to_do(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design.write_text(design.read_text().replace("check coverage\n", ""))
    assert _run(str(design), "-q") == ExitCode.VACUOUS
    assert "it has no `check`" in capsys.readouterr().out
    design.write_text(TEXT)
    assert _run(str(design)) == ExitCode.VACUOUS
    assert "only declares what designs use" in capsys.readouterr().out


def test_quiet_has_a_table_of_what_is_not_as_expected(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = design.read_text().replace("q.index % lines", "q.index")
    design.write_text(text.replace("check coverage", "check layering, coverage"))
    assert _run(str(design), "-q") == ExitCode.VIOLATED
    out = capsys.readouterr().out
    assert "  coverage   violated" in out
    assert "layering" not in out


@pytest.mark.parametrize(
    ("name", "said"),
    [("all", "`check all` in it asks all"), ("coverage,economy", "-p coverage -p economy.")],
)
def test_one_property_an_option(
    design: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(str(design), "-p", name) == ExitCode.USAGE
    assert said in " ".join(capsys.readouterr().err.split())


def test_lines_that_no_property_needs_are_named(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design.write_text(design.read_text() + "param spare in 1..9\nassume spare > 1\n")
    assert _run(str(design)) == ExitCode.OK
    assert "not needed by any property" in capsys.readouterr().out


def test_where_all_that_is_asked_is_skipped_nothing_was_checked(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TEXT + "device eth0 : nic(4) on mmio { lines 1..8 }\n"
    design.write_text(text + "check all\n")
    assert _run(str(design), "-p", "assertions") == ExitCode.VACUOUS
    design.write_text(text + "check pair_affinity\n")
    assert _run(str(design)) == ExitCode.VACUOUS
    assert "no device has a `pair`" in capsys.readouterr().out


def test_a_written_file_has_the_users_mode_and_a_link_stays_one(
    design: Path, tmp_path: Path
) -> None:
    old = os.umask(0o027)
    try:
        assert _run(str(design), "-o", str(tmp_path / "new.txt")) == ExitCode.OK
    finally:
        os.umask(old)
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o640
    there = tmp_path / "there.txt"
    there.touch(mode=0o600)
    link = tmp_path / "link.txt"
    link.symlink_to(there)
    assert _run(str(design), "-o", str(link)) == ExitCode.OK
    assert link.is_symlink()
    assert "coverage" in there.read_text()
    assert there.stat().st_mode & 0o777 == 0o600
    assert _run(str(design), "-o", "/dev/null") == ExitCode.OK
    assert Path("/dev/null").is_char_device()


def test_what_was_not_needed_is_said_where_all_is_proved_alone(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unneeded = "param spare in 1..8\nassume spare > 1\n"
    text = unneeded + TEXT + "device eth0 : nic(4) on mmio { lines 1..8 }\n"
    design.write_text(text + "check coverage\n")
    assert _run(str(design)) == ExitCode.OK
    assert "not needed by any property" in capsys.readouterr().out
    assert _run(str(design), "-p", "coverage") == ExitCode.OK
    assert "not needed" not in capsys.readouterr().out
    design.write_text(text.replace("q.index % lines", "q.index") + "check coverage\n")
    assert _run(str(design)) == ExitCode.VIOLATED
    assert "not needed" not in capsys.readouterr().out


def test_nothing_is_called_not_needed_where_runs_are_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A proof about runs does not say what it rests on: it is about every queue.
    design = tmp_path / "d.vq"
    design.write_text(
        "use lib.virtio.rng\nuse lib.platform.microvm\nuse lib.linux.virtio_mmio\n"
        "param spare in 1..8\nassume spare > 1\nplatform microvm\n"
        "device rng0 : rng on virtio_mmio { lines 1; mode emulated }\n"
        "check coverage, no_lost_notifications\n"
    )
    assert _run(str(design)) == ExitCode.OK
    said = capsys.readouterr().out
    assert "proved (any number" in said
    assert "not needed" not in said


def test_files_of_the_library_are_named_as_in_the_library(
    design: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    design.write_text(
        "use lib.virtio.blk\nuse lib.platform.two_ioapics\nuse lib.linux.virtio_mmio\n"
        "platform two_ioapics\ndevice b : blk(1, 0) on virtio_mmio { lines 1  mode irqfd }\n"
        "check no_lost_notifications\n"
    )
    monkeypatch.chdir(tmp_path)
    assert _run("design.vq") == ExitCode.VIOLATED
    assert "--> lib/linux/virtio_mmio.vq:" in capsys.readouterr().out


def test_what_is_expected_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # It was a warning, which `--quiet` and pytest did not show, and was never tested.
    path = tmp_path / "d.vq"
    path.write_text(DESIGN_OF_EXPECT + "expect irq_limits violated\n", encoding="utf-8")
    assert main(["verify", "-q", "--no-color", str(path)]) == ExitCode.VIOLATED
    assert "holds (expected violated)" in capsys.readouterr().out
    path.write_text(DESIGN_OF_EXPECT + "expect irq_limits holds\n", encoding="utf-8")
    assert main(["verify", "--no-color", str(path)]) == ExitCode.OK
    out = capsys.readouterr().out
    assert "VQ0413" in out
    assert "2 of 2 properties as expected" in out


DESIGN_OF_EXPECT = """\
use lib.virtio.requests
use lib.handlers.no_status
platform box { controller c : edge { lines 0..7 } }
device d : requests(2) on no_status { lines 1..2; mode edges }
check coverage
"""


def test_values_that_contradict_an_assumption_are_named_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "design.vq"
    params = "param most in 1..8\nparam pairs in 1..4\nassume most <= 2 * pairs\n"
    device = "device eth0 : nic(pairs) on mmio { lines 1..most }\ncheck coverage\n"
    path.write_text(params + TEXT + device)
    assert _run(str(path), "--param", "most=8", "--param", "pairs=1") == ExitCode.SPEC
    said = capsys.readouterr()
    words = "no values satisfy the ranges and assumptions together (given: most = 8, pairs = 1)"
    assert (said.out + said.err).count("VQ0501") == 1
    assert words in said.out + said.err


def test_a_design_from_a_pipe_gets_hints_too() -> None:
    text = (SPECS / "handlers/acknowledge_last_edge.vq").read_text(encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "-m", "checker.commands.main", "verify", "-", "--no-expect"],
        input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == ExitCode.VIOLATED, said.stderr
    assert "\n  hint: do `clear " in said.stdout
    assert "\n  reproduce: checker verify - --property no_lost_notifications" in said.stdout


@pytest.mark.parametrize(
    ("devices", "said"),
    [
        ("device e[k in 0..3] : nic(1) on mmio { lines 1 }", "4 devices (nic on mmio)"),
        ("device e[k in 0..n-1] : nic(1) on mmio { lines 1 }", "devices e[0..n-1] (nic on mmio)"),
        (
            (
                "device a : nic(1) on mmio { lines 1 }\n"
                "device e[k in 1..n] : nic(1) on mmio { lines 1 }"
            ),
            "1 device and devices e[1..n] (nic on mmio)",
        ),
    ],
)
def test_an_array_of_devices_is_as_many(
    devices: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "design.vq"
    path.write_text(f"param n in 1..3\n{TEXT}{devices}\ncheck coverage\n")
    _run(str(path))
    assert f"design.vq: {said}, no platform" in capsys.readouterr().out
