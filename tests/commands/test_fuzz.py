"""`checker fuzz`: runs by chance, from the command line."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from checker.engines import fuzz as engine
from checker.report.schema import schema
from model.strategies import Program

SPECS = Path(__file__).resolve().parents[2] / "specs"
LOST = SPECS / "handlers" / "no_status_pulse.vq"
SAFE = SPECS / "handlers" / "no_status_edge.vq"


def run(*words: str | Path) -> int:
    return main(["fuzz", "--no-color", "-j", "1", "--database", "none", *map(str, words)])


def data(capsys: pytest.CaptureFixture[str]) -> Any:
    result = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema()).validate(result)
    return result["designs"][0]["properties"][0]


def test_what_is_safe_is_fuzzed_and_not_proved(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SAFE, "--examples", "1300", "--format", "json") == ExitCode.OK
    line = data(capsys)
    assert (line["outcome"], line["strength"]) == ("holds", "fuzzed (1,300 runs)")
    assert line["campaign"]["runs"] == 1300
    assert line["campaign"]["coverage"]["never_taken"] == []
    assert "a notification gets through" in line["witness"]


def test_a_loss_is_found_small_and_the_same_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traces = []
    for _ in range(2):
        assert run(LOST, "--no-expect", "--seed", "5", "--format", "json") == ExitCode.VIOLATED
        (found,) = data(capsys)["violations"]
        traces.append(found["trace"])
    assert traces[0] == traces[1]
    assert len(traces[0]["steps"]) <= 9
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"schema_version": 1, **traces[0]}), encoding="utf-8")
    assert main(["replay", str(path)]) == ExitCode.OK


def test_time_that_is_up_after_a_failure_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    # What had failed was not run again, and Hypothesis took it for flaky: exit code 70.
    fails = engine._Fuzzer._fails

    def fails_and_stops(self: engine._Fuzzer, p: Program) -> bool:
        failed = fails(self, p)
        self.until = 0.0 if failed else self.until
        return failed

    monkeypatch.setattr(engine, "_AT_LEAST", 0)
    monkeypatch.setattr(engine._Fuzzer, "_fails", fails_and_stops)
    assert run(LOST, "--no-expect") == ExitCode.VIOLATED


def test_an_expected_loss_is_as_expected_and_a_missed_one_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(LOST) == ExitCode.OK
    text = SAFE.read_text(encoding="utf-8")
    path = tmp_path / "design.vq"
    path.write_text(text + "expect no_lost_notifications violated\n", encoding="utf-8")
    assert run(path, "--examples", "50") == ExitCode.VIOLATED
    assert "expected violated" in capsys.readouterr().out


def test_failures_are_kept_and_tried_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["fuzz", str(LOST), "--no-color", "-j", "1", "--examples", "300"]
    assert main(words) == ExitCode.OK
    said = capsys.readouterr().out
    (kept,) = (tmp_path / ".hypothesis" / "traces").iterdir()
    assert f"run it again: checker replay .hypothesis/traces/{kept.name}" in said
    assert main(["replay", str(kept)]) == ExitCode.OK
    assert list((tmp_path / ".hypothesis" / "examples").iterdir())
    # One run is enough then, which by chance alone finds nothing.
    assert main([*words[:-1], "1", "--seed", "3"]) == ExitCode.OK


def test_a_folder_that_is_made_is_told_of_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    words = ["fuzz", str(LOST), "--no-color", "-j", "1", "--examples", "50"]
    assert main([*words, "--database", "none"]) == ExitCode.OK
    assert capsys.readouterr().err == ""
    assert main(words) == ExitCode.OK
    assert capsys.readouterr().err == (
        "`.hypothesis` is new: failures are kept there and tried first the next time"
        " (`--database none`: nowhere)\n"
    )
    assert main(words) == ExitCode.OK
    assert capsys.readouterr().err == ""
    assert {p.name for p in tmp_path.iterdir()} <= {".hypothesis", "cache"}
    assert {p.name for p in (tmp_path / ".hypothesis").iterdir()} == {"examples", "traces"}


@pytest.mark.children
def test_where_nothing_fails_no_folder_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert main(["fuzz", str(SAFE), "--examples", "20"]) == ExitCode.OK
    assert capsys.readouterr().err == ""
    assert {p.name for p in tmp_path.iterdir()} <= {"cache"}


def test_a_design_in_which_nothing_happens_is_vacuous(tmp_path: Path) -> None:
    path = tmp_path / "design.vq"
    path.write_text(
        "platform p { controller c : edge { lines 0..3 } }\n"
        "device_type t { id 4  queue q at 0 { role req  polled } }\n"
        "transport w { map in transport { queue q -> none  request line 0 with h }\n"
        "  map in device { queue q -> none }  signal queue q { }\n"
        "  handler h on line l { } }\n"
        "device d : t on w { lines 1 }\ncheck no_lost_notifications\n",
        encoding="utf-8",
    )
    assert run(path, "--examples", "20") == ExitCode.VACUOUS


def test_a_property_about_maps_does_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SAFE, "-p", "coverage") != ExitCode.OK
    assert "it asks about maps, which do not run" in capsys.readouterr().out
    assert run(SAFE, "-p", "covrage") == ExitCode.USAGE


def test_where_only_maps_are_asked_about_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design = tmp_path / "maps.vq"
    text = SAFE.read_text()
    design.write_text(text.replace("check coverage, no_lost_notifications", "check coverage"))
    assert run(design) == ExitCode.VACUOUS
    said = capsys.readouterr().out
    assert "nothing that it checks is about runs" in said
    assert "no `check`" not in said


def test_a_design_with_errors_and_files_that_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "design.vq"
    path.write_text("device", encoding="utf-8")
    assert run(path) == ExitCode.SPEC
    assert run(tmp_path / "none.vq") == ExitCode.USAGE
    assert run(SAFE, "--examples", "0") == ExitCode.USAGE


@pytest.mark.children
def test_what_a_process_dies_of_is_not_lost(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(machine: object, schedule: bytes) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    monkeypatch.setattr(engine, "play", dies)
    assert run(SAFE, "--examples", "20") == ExitCode.INCONCLUSIVE
    said = capsys.readouterr().out
    assert "SIGSEGV" in said
    assert "machine 0 was running the schedule" in said


def test_time_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(SAFE, "--examples", "100000000", "--time", "0.4", "--format", "json")
    assert code == ExitCode.OK
    assert 0 < data(capsys)["campaign"]["runs"] < 100_000_000


DECLINES = """\
device_type blk(n: 1..64) { id 2  queue req[i in 0..n-1] at i { role req } }
platform box { cpus 2  controller c : edge { lines 24..47 } }
param n in 1..8
transport t {
    register status { USED }
    map in transport { queue q -> line q.index % lines; request lines 0..lines-1 with h }
    map in device { queue q -> line q.index % lines }
    signal queue q { set status.USED; raise line(q) }
    handler h on line l {
        s = read status
        if not s.USED { return none }
        clear status s
        for q in queues { service q }
        return handled
    }
}
device d : blk(n) on t { lines LINES }
check no_lost_notifications
"""


def test_interrupts_that_are_nobodys_each_time_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "design.vq"
    path.write_text(DECLINES.replace("LINES", "1..n"), encoding="utf-8")
    assert run(path, "--format", "json") == ExitCode.VIOLATED
    (found,) = data(capsys)["violations"]
    trace = found["trace"]
    assert (trace["kind"], trace["loop"]) == ("unhandled", 1)
    assert any("nobody handled line" in s["action"] for s in trace["steps"])
    again = tmp_path / "run.json"
    again.write_text(json.dumps({"schema_version": 1, **trace}), encoding="utf-8")
    assert main(["replay", str(again)]) == ExitCode.OK


def test_on_one_line_each_interrupt_is_for_somebody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "design.vq"
    path.write_text(DECLINES.replace("LINES", "1"), encoding="utf-8")
    assert run(path, "--examples", "1500", "--format", "json") == ExitCode.OK
    assert data(capsys)["outcome"] == "holds"


@pytest.mark.parametrize(
    "body", ["set status.USED; raise line(q)", ""], ids=["notifies", "forgets to"]
)
def test_what_no_line_can_be_granted_to_is_vacuous(
    body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "design.vq"
    text = DECLINES.replace("LINES", "1").replace("lines 24..47", "lines 24..47; reserved 24..47")
    assert "set status.USED; raise line(q)" in text
    text = text.replace("set status.USED; raise line(q)", body)
    path.write_text(text, encoding="utf-8")
    said = []
    for verb in ("verify", "fuzz"):
        assert main([verb, str(path), "--no-color", "--format", "json"]) == ExitCode.VACUOUS
        said.append(data(capsys))
    assert [x["outcome"] for x in said] == ["vacuous"] * 2
    assert said[0]["missing"] == said[1]["missing"]
    assert "no line can be granted to d" in json.dumps(said[1])
    assert said[0]["asked_at"] == said[1]["asked_at"] is not None


CLEANED = SPECS / "mmio_multi_irq" / "cleaned_up.vq"
ALL = """\
use lib.virtio.requests
use lib.handlers.no_status
platform box { controller c : edge { lines 0..7 } }
device d : requests(2) on no_status { lines 1..2; mode edges }
"""


def test_steps_say_what_they_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(CLEANED, "--no-expect", "--format", "json") == ExitCode.VIOLATED
    trace = data(capsys)["violations"][0]["trace"]
    reads = [s for s in trace["steps"] if s["action"].startswith("read status")]
    assert reads
    assert all(s["found"].keys() == {"s.VRING", "s.CONFIG"} for s in reads)
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"schema_version": 1, **trace}), encoding="utf-8")
    assert main(["replay", str(path)]) == ExitCode.OK
    assert "found s.VRING = 1" in capsys.readouterr().out


def test_what_check_all_finds_no_subject_of_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "d.vq"
    path.write_text(ALL + "check all\n", encoding="utf-8")
    assert run(path, "--examples", "100") == ExitCode.OK
    assert "assertions skipped" in capsys.readouterr().out
    # By name it has to have a subject, as for `verify`.
    path.write_text(ALL + "check no_lost_notifications, assertions\n", encoding="utf-8")
    assert run(path, "--examples", "100") != ExitCode.OK


def test_runs_of_another_design_leave_what_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = ["--database", str(tmp_path / "kept"), "-j", "1", "--no-color"]
    assert main(["fuzz", str(LOST), *kept, "--examples", "300"]) == ExitCode.OK
    assert main(["fuzz", str(SAFE), *kept, "--examples", "50"]) == ExitCode.OK
    capsys.readouterr()
    assert main(["fuzz", str(LOST), *kept, "--examples", "1", "--seed", "9"]) == ExitCode.OK
    assert "violated" in capsys.readouterr().out


def test_what_a_generator_finds_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ["--database", str(tmp_path / "kept"), "-j", "1", "--no-color"]
    monkeypatch.setattr(engine._Fuzzer, "_by_hypothesis", lambda _: None)
    assert main(["fuzz", str(LOST), *kept, "--examples", "3000"]) == ExitCode.OK
    monkeypatch.setattr(engine._Fuzzer, "_by_chance", lambda _: None)
    capsys.readouterr()
    assert main(["fuzz", str(LOST), *kept]) == ExitCode.OK
    assert "violated" in capsys.readouterr().out


@pytest.mark.parametrize("seconds", ["nan", "inf"])
def test_a_time_is_a_number(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SAFE, "--time", seconds) == ExitCode.USAGE
    assert "is no number of seconds" in capsys.readouterr().err


def test_where_nothing_can_be_kept_is_said_before_the_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    words = ["fuzz", str(LOST), "--database", str(tmp_path / "file")]
    assert main(words) == ExitCode.USAGE
    said = capsys.readouterr()
    assert "cannot be written, where failures are kept" in said.err
    assert said.out == ""


def test_a_failure_that_cannot_be_kept_is_a_failure_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "traces").write_text("")
    words = ["fuzz", str(LOST), "-j", "1", "--no-expect", "--database", str(tmp_path)]
    assert main(words) == ExitCode.VIOLATED
    assert "cannot be written" in capsys.readouterr().err
