"""`checker fmt`: what it writes, and when it writes nothing."""

import io
import os
from pathlib import Path

import pytest

from checker.commands.main import main

UGLY, TIDY = "param  a in 1 .. 2;\r\n", "param a in 1..2\n"


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    path = tmp_path / "a.vq"
    path.write_bytes(UGLY.encode())
    return path


def test_it_writes_and_keeps_the_mode(ugly: Path) -> None:
    ugly.chmod(0o640)
    assert main(["fmt", str(ugly)]) == 0
    assert ugly.read_bytes() == TIDY.encode()
    assert ugly.stat().st_mode & 0o777 == 0o640
    assert list(ugly.parent.iterdir()) == [ugly]


def test_a_tidy_file_is_not_touched(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ugly.write_text(TIDY)
    before = ugly.stat()
    assert main(["fmt", str(ugly)]) == 0
    assert ugly.stat() == before
    assert capsys.readouterr().out == ""


def test_a_link_stays_a_link(ugly: Path) -> None:
    link = ugly.with_name("b.vq")
    link.symlink_to(ugly)
    assert main(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert ugly.read_text() == TIDY


def test_check_lists_and_writes_nothing(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", str(ugly.parent)]) == 1
    assert capsys.readouterr().out == f"{ugly} would change\n"
    assert ugly.read_bytes() == UGLY.encode()
    ugly.write_text(TIDY)
    assert main(["fmt", "--check", str(ugly.parent)]) == 0


def test_diff_shows_and_writes_nothing(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--diff", str(ugly)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-2:] == ["-param  a in 1 .. 2;", "+param a in 1..2"]
    assert ugly.read_bytes() == UGLY.encode()


def test_stdout(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--stdout", str(ugly)]) == 0
    assert capsys.readouterr().out == TIDY
    assert ugly.read_bytes() == UGLY.encode()


def test_stdin_goes_to_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    assert main(["fmt", "-"]) == 0
    assert capsys.readouterr().out == TIDY


def test_a_file_with_errors_is_left_alone_and_the_others_are_not(
    ugly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ugly.with_name("wrong.vq")
    wrong.write_text("param  a = 3\n")
    assert main(["fmt", str(ugly.parent)]) == 3
    assert wrong.read_text() == "param  a = 3\n"
    assert ugly.read_text() == TIDY
    said = capsys.readouterr().err
    assert "error[VQ0101]" in said
    assert "1 error" in said


@pytest.mark.parametrize(
    ("data", "code"), [(b"\xff\xfe", "VQ0107"), (b" " * (1 << 20) + b"  ", "VQ0106")]
)
def test_a_file_that_cannot_be_read(
    data: bytes, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.vq"
    path.write_bytes(data)
    assert main(["fmt", str(path)]) == 3
    assert f"error[{code}]" in capsys.readouterr().err
    assert path.read_bytes() == data


def test_usage_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", str(tmp_path / "missing.vq")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert main(["fmt", str(tmp_path)]) == 2
    assert "has no *.vq files" in capsys.readouterr().err
    assert main(["fmt"]) == 2


def test_a_write_that_fails_leaves_the_file_whole(
    ugly: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main(["fmt", str(ugly)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert ugly.read_bytes() == UGLY.encode()
    assert os.listdir(ugly.parent) == ["a.vq"]
