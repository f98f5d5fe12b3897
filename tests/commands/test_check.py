"""`checker check`: what it prints, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.commands import files
from checker.commands.exit_codes import ExitCode
from checker.commands.main import main

ROOT = Path(__file__).parents[2]
FINE = (ROOT / "tests/broken/fine.txt").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "fine.vq").write_text(FINE)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "wrong.vq").write_text("param a = 3\nparam line in 1..2\n")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.vq").write_text("nonsense")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_design_that_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "fine.vq"]) == 0
    assert capsys.readouterr().out == "no errors in 1 file\n"


@pytest.mark.usefixtures("folder")
def test_errors_are_shown_with_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "."]) == 3
    assert (
        capsys.readouterr().out
        == """\
error[VQ0101]: unexpected `=`
 --> sub/wrong.vq:1:9
  |
1 | param a = 3
  |         ^ expected `in`
  = hint: a param has a range, `param a in 1..8`; a fixed value is `let a = ...`

error[VQ0101]: unexpected `line`
 --> sub/wrong.vq:2:7
  |
2 | param line in 1..2
  |       ^^^^ expected a name
  = hint: `line` is a word of the language; choose another name

2 errors in 2 files
"""
    )


@pytest.mark.usefixtures("folder")
def test_quiet_prints_errors_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-q", "fine.vq"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["check", "-q", "sub/wrong.vq"]) == 3
    assert "errors in" not in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json", "fine.vq", "sub"]) == 3
    data = json.loads(capsys.readouterr().out)
    assert data["files"] == ["fine.vq", "sub/wrong.vq"]
    assert data["exit_code"] == 3
    assert [d["at"]["line"] for d in data["diagnostics"]] == [1, 2]


@pytest.mark.usefixtures("folder")
def test_github(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "github", "sub"]) == 3
    assert capsys.readouterr().out.startswith(
        "::error file=sub/wrong.vq,line=1,col=9,title=VQ0101::"
    )


def test_a_module_of_two_designs_is_complained_about_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "common.vq").write_text("let a = \n")
    (folder / "one.vq").write_text("use common\n" + FINE)
    (folder / "two.vq").write_text("use common\n" + FINE)
    assert main(["check", "one.vq", "two.vq", "common.vq"]) == 3
    assert "1 error in 3 files" in capsys.readouterr().out


def test_standard_input(folder: Path) -> None:
    command = [sys.executable, "-m", "checker.commands.main", "check", "-"]
    for text, code in ((FINE, 0), ("param a = 3\n", 3)):
        said = subprocess.run(
            command, input=text, capture_output=True, text=True, check=False, cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert said.returncode == code, said.stdout
        assert said.stderr == ""


def test_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder / "none.vq")]) == 2
    assert main(["check"]) == 2
    assert main(["check", "--format", "xml", "fine.vq"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_bundle_in_a_folder_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # `checker fmt .` would damage it, and `checker verify .` verify its copies.
    inputs = tmp_path / "evidence" / "inputs"
    inputs.mkdir(parents=True)
    for name in ("bundle.json", "SHA256SUMS"):
        (tmp_path / "evidence" / name).touch()
    for path in (tmp_path / "own.vq", inputs / "copy.vq"):
        path.write_text("let n = 1\n")
    shown = {
        tmp_path: ["own.vq"],
        tmp_path / "evidence": ["copy.vq"],
        inputs: ["copy.vq"],
    }
    for folder, names in shown.items():
        assert [Path(f).name for f in files.expand([str(folder)])] == names
    (tmp_path / "own.vq").unlink()
    assert main(["check", str(tmp_path)]) == ExitCode.USAGE
    assert "no *.vq files in it but those of bundles; name one:" in capsys.readouterr().err
