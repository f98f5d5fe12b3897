"""`checker verify --trace FILE`: which runs are written, where, and when none is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main

SPECS = Path(__file__).resolve().parents[2] / "specs"
POSTED = str(Path(__file__).parent / "posted.vq")
TODAY = str(SPECS / "mmio" / "today.vq")
CLEANED_UP = str(SPECS / "mmio_multi_irq" / "cleaned_up.vq")


def _run(design: str, to: Path, *words: str) -> int:
    return main(["verify", design, "--no-expect", "-q", "--trace", str(to), *words])


def _lost(design: str, to: Path) -> int:
    return _run(design, to, "-p", "no_lost_notifications")


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_svg_is_a_picture(tmp_path: Path) -> None:
    assert _lost(CLEANED_UP, tmp_path / "run.svg") == ExitCode.VIOLATED
    assert _names(tmp_path) == ["run.svg"]
    root = ElementTree.parse(tmp_path / "run.svg").getroot()
    title = root.findtext("{http://www.w3.org/2000/svg}title") or ""
    assert title.startswith("no_lost_notifications violated: ")
    assert "cleaned_up.vq, pairs = 2. " in title


def test_json_is_what_the_report_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = tmp_path / "run.json"
    _run(CLEANED_UP, to, "-p", "no_lost_notifications", "--format", "json")
    report = json.loads(capsys.readouterr().out)
    (violation,) = report["designs"][0]["properties"][0]["violations"]
    text = to.read_text(encoding="utf-8")
    inputs = report["designs"][0]["inputs"]
    assert json.loads(text) == {"schema_version": 1, **violation["trace"], "inputs": inputs}
    assert text.startswith('{\n  "schema_version": 1,\n')


def test_each_file_that_is_asked_for_is_written(tmp_path: Path) -> None:
    # Only the last one was.
    _run(CLEANED_UP, tmp_path / "a.svg", "--trace", str(tmp_path / "b.json"), "--trace",
         str(tmp_path / "b.txt"), "-p", "no_lost_notifications")  # fmt: skip
    assert _names(tmp_path) == ["a.svg", "b.json", "b.txt"]
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
    assert json.loads((tmp_path / "b.json").read_text())["kind"] == "lost"
    first, run, *steps = (tmp_path / "b.txt").read_text().splitlines()
    assert first.startswith("no_lost_notifications violated: ")
    assert run.startswith("  run: eth0 with 2 edge lines")
    assert len(steps) == 13


@pytest.mark.parametrize("suffix", [".svg", ".json", ".txt"])
def test_further_runs_stand_beside_the_first(tmp_path: Path, suffix: str) -> None:
    _lost(POSTED, tmp_path / f"a.b{suffix}")
    assert _names(tmp_path) == [f"a.b-2{suffix}", f"a.b{suffix}"]


def test_properties_that_are_violated_without_a_run_are_passed_over(tmp_path: Path) -> None:
    words = ("-p", "layering", "-p", "no_lost_notifications")
    assert _run(POSTED, tmp_path / "run.json", *words) == ExitCode.VIOLATED
    assert json.loads((tmp_path / "run.json").read_text())["kind"] == "storm"


@pytest.mark.parametrize(("design", "code"), [(POSTED, ExitCode.VIOLATED), (TODAY, ExitCode.OK)])
def test_without_a_run_there_is_no_file(
    design: str, code: ExitCode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(design, tmp_path / "run.svg", "-p", "layering") == code
    assert "run.svg` is not written: no violation is shown by a run" in capsys.readouterr().err
    assert _names(tmp_path) == []


@pytest.mark.parametrize("name", ["run.png", "run", ".svg", "run.svg.doc"])
def test_another_suffix_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert _lost(CLEANED_UP, tmp_path / name) == ExitCode.USAGE
    said = capsys.readouterr()
    assert "expected FILE.svg or FILE.json or FILE.txt" in said.err
    assert said.out == ""
    assert _names(tmp_path) == []


def test_it_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _lost(CLEANED_UP, tmp_path / "no" / "run.svg") == ExitCode.USAGE

    def full(a: str, b: Path) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "run.svg").write_text("old")
    monkeypatch.setattr(os, "replace", full)
    assert _lost(CLEANED_UP, tmp_path / "run.svg") == ExitCode.USAGE
    assert "No space left on device" in capsys.readouterr().err
    assert _names(tmp_path) == ["run.svg"]
    assert (tmp_path / "run.svg").read_text() == "old"
