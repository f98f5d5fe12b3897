"""`checker verify --certify` and `--certificates DIR`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from checker.engines import certify

SPECS = Path(__file__).resolve().parents[2] / "specs"
PROVED = str(SPECS / "mmio_multi_irq" / "group_lines.vq")
LOST = str(SPECS / "mmio_multi_irq" / "cleaned_up.vq")


def test_files_and_index_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "kept"
    words = ["verify", PROVED, "-p", "no_lost_notifications", "-p", "layering"]
    assert main([*words, "--certificates", str(folder)]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "proved (any number of queues, lines and CPUs), certified" in shown
    assert "questions without a model, says each of z3 " in shown
    index = json.loads((folder / "index.json").read_text())
    assert [p["property"] for p in index["proofs"]] == ["no_lost_notifications", "layering"]
    files = {q["file"]: q["sha256"] for p in index["proofs"] for q in p["queries"]}
    assert {str(p.relative_to(folder)) for p in folder.rglob("*.smt2")} == set(files)
    for name, digest in files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    asked = {q["proves"].rpartition(": ")[2] for q in index["proofs"][0]["queries"]}
    assert {
        "the start implies the invariant",
        "every step keeps the invariant",
        "the invariant excludes what is bad",
    } <= asked


def test_a_folder_that_was_made_so_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "index.json").write_text("{}")
    (tmp_path / "kept" / "old.smt2").write_text("")
    words = ["verify", PROVED, "-p", "layering", "-q"]
    assert main([*words, "--certificates", str(tmp_path / "kept")]) == ExitCode.OK
    assert not list(tmp_path.rglob("old.smt2"))
    assert list(tmp_path.rglob("*.smt2"))


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    words = ["verify", PROVED, "-p", "layering", "-q", "--certificates", str(tmp_path)]
    assert main(words) == ExitCode.USAGE
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_without_a_proof_there_is_nothing_to_keep(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept"
    words = ["verify", LOST, "-p", "no_lost_notifications", "-q", "--certificates", str(folder)]
    assert main(words) == ExitCode.OK
    assert "nothing is proved" in capsys.readouterr().err
    assert not folder.exists()


def test_both_solvers_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(certify, "solvers", lambda: ("z3",))
    assert main(["verify", PROVED, "--certify"]) == ExitCode.USAGE
    assert "needs cvc5: pip install" in capsys.readouterr().err
