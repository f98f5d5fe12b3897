"""`checker doctor`: what is there, what is missing, what that costs."""

import json
from pathlib import Path

import pytest

from checker.commands import doctor
from checker.commands.main import main
from model.ring.ring import binding


def test_what_is_needed_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--format", "json"])
    data = json.loads(capsys.readouterr().out)
    found = {p["name"]: p for p in data["parts"]}
    assert {"vqcheck", "Python", "z3-solver", "lark", "click", "rich", "hypothesis"} <= set(found)
    assert data["ok"] == all(p["found"] for p in data["parts"] if p["needed"])
    assert code == (0 if data["ok"] else 1)


def test_what_is_missing_is_named_with_its_cost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_package", lambda name: "" if name == "z3-solver" else "1.0")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "MISSING  z3-solver" in out
    assert "without it: nothing can be proved or refuted" in out


def test_what_is_optional_may_be_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_tool", lambda *_: "")
    monkeypatch.setattr(doctor, "_library", lambda: "lib (3 modules)")
    assert main(["doctor"]) == 0
    assert "-        spin" in capsys.readouterr().out


def test_how_the_ring_is_bound_is_shown() -> None:
    found = {p.name: p for p in doctor.parts()}
    assert found["ring in C"].found == binding()


def test_a_cache_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert doctor._cache() == ""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert doctor._cache() == str(tmp_path / "vqcheck")


def test_a_tool_that_hangs_or_fails_is_still_found(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\nexit 3\n")
    tool.chmod(0o755)
    assert doctor._tool([str(tool)]) == str(tool)
    assert doctor._tool(["no-such-tool-here"]) == ""
