"""What holds and is not proved: said by a quiet run, and a failure where a proof is required."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from tests.report.runs import RAISES_UNTIL_SEEN, TEXT

pytestmark = pytest.mark.children


@pytest.fixture
def design(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("design.vq")
    path.write_text(RAISES_UNTIL_SEEN)
    return path


def _run(*words: str) -> int:
    return main(["verify", "design.vq", "--no-cache", *words])


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    return re.sub(r" +\d\.\d\d s", " T", capsys.readouterr().out)


def test_without_the_option_bounded_is_as_expected(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run() == ExitCode.OK
    said = capsys.readouterr().out
    assert "no_lost_notifications   holds     bounded (11 steps, 1 queue, 1 line)" in said
    assert "required" not in said


def test_a_quiet_run_says_that_it_is_bounded(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bounded = "no_lost_notifications holds, bounded (11 steps, 1 queue, 1 line): no proof\n"
    assert _run("-q") == ExitCode.OK
    assert capsys.readouterr().out == f"design.vq: {bounded}"
    design.write_text(RAISES_UNTIL_SEEN + "expect coverage violated\n")
    assert _run("-q") == ExitCode.VIOLATED
    said = capsys.readouterr().out
    assert said.endswith(f"\n\ndesign.vq: {bounded}")
    assert "coverage   holds (expected violated)" in said


def test_where_a_proof_is_required_the_table_says_so(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("--require-proof") == ExitCode.INCONCLUSIVE
    assert (
        _said(capsys)
        == """\
design.vq: 1 device (disk on raising), no platform

  property                outcome                       strength                                time
  coverage                holds                         proved (all values) T
  no_lost_notifications   holds (a proof is required)   bounded (11 steps, 1 queue, 1 line) T

no_lost_notifications: every run of chosen devices was visited, as the numbers say; no proof
  - disk0, edge lines: map req with handler: device: its signal program has a loop
  a proof is required, and there is none: it counts as a failure

1 of 2 properties as expected, T (exit code 4)
"""
    )


def test_a_quiet_run_has_it_in_its_table(design: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--require-proof", "-q") == ExitCode.INCONCLUSIVE
    said = capsys.readouterr().out
    assert "  no_lost_notifications   holds (a proof is required)   bounded (" in said
    assert "coverage" not in said


def test_what_is_proved_passes(design: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--require-proof", "-p", "coverage") == ExitCode.OK
    assert "required" not in capsys.readouterr().out


def test_an_expected_holds_has_to_be_proved_too(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design.write_text(RAISES_UNTIL_SEEN + "expect no_lost_notifications holds\n")
    assert _run() == ExitCode.OK
    assert _run("--require-proof") == ExitCode.INCONCLUSIVE
    assert "holds (a proof is required)" in capsys.readouterr().out
    assert _run("--require-proof", "--exit-zero") == ExitCode.OK


def test_an_expected_violation_needs_no_proof_and_its_absence_stays_one(design: Path) -> None:
    violated = TEXT.replace("q.index % lines", "q.index") + "check coverage\n"
    design.write_text(violated + "expect coverage violated\n")
    assert _run("--require-proof") == ExitCode.OK
    design.write_text(RAISES_UNTIL_SEEN + "expect no_lost_notifications violated\n")
    assert _run("--require-proof") == ExitCode.VIOLATED


def test_every_format_shows_it_as_not_passed(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def shown(form: str) -> str:
        assert _run("--require-proof", "--format", form) == ExitCode.INCONCLUSIVE
        return capsys.readouterr().out

    data = json.loads(shown("json"))
    assert data["options"]["require-proof"] is True
    assert data["exit_meaning"] == "a property holds, but is not proved, and a proof is required"
    line = data["designs"][0]["properties"][1]
    assert (line["outcome"], line["expected"], line["as_expected"]) == ("holds", "holds", False)
    assert line["proof_required"]
    last = json.loads(shown("jsonl").splitlines()[-1])
    assert last["completeness"]["as_expected"] == 1
    message = 'message="holds, bounded (11 steps, 1 queue, 1 line) (expected: a proof)"'
    assert f'<failure type="holds" {message}>' in shown("junit")
    results = json.loads(shown("sarif"))["runs"][0]["results"]
    assert [(r["kind"], r["level"]) for r in results] == [("pass", "none"), ("fail", "error")]
    first, last_line = shown("github").splitlines()
    assert first.startswith("::error file=design.vq,line=11,")
    assert "title=no_lost_notifications%3A holds%2C not proved::" in first
    assert "vqcheck: 2 holds (1 bounded); a property holds, but is not proved" in last_line
    page = shown("markdown")
    assert "1 of 2 properties as expected (2 holds (1 bounded))." in page
    assert "| **holds** | bounded (11 steps, 1 queue, 1 line) | holds, proved |" in page


def test_a_verdict_that_is_kept_is_judged_by_the_options_of_this_run(
    design: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VQCHECK_NO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(design.parent.resolve() / "home"))
    words = ["verify", "design.vq"]
    assert main(words) == ExitCode.OK
    capsys.readouterr()
    assert main([*words, "--require-proof"]) == ExitCode.INCONCLUSIVE
    assert "1 of 2 properties as expected, all cached" in capsys.readouterr().out
    assert main(words) == ExitCode.OK
