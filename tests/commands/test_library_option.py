"""`--library DIR`: the modules of `use lib....` are those of another folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main

SPECS = Path(__file__).resolve().parents[2] / "specs"
DESIGN = SPECS / "mmio_multi_irq" / "cleaned_up.vq"
MODULE = Path("lib/linux/mmio_multi_irq_cleaned_up.vq")
ASK = ["-p", "coverage", "--param", "pairs=2"]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """One in which the device maps otherwise than the driver."""
    shutil.copytree(SPECS / "lib", tmp_path / "lib")
    text = (tmp_path / MODULE).read_text("utf-8")
    one = "queue q -> line (q.index / 2) % lines\n        config"
    assert text.count(one) == 1
    text = text.replace(one, one.replace("(q.index / 2)", "q.index"))
    (tmp_path / MODULE).write_text(text, encoding="utf-8")
    return tmp_path


def test_another_library_is_read(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(DESIGN), *ASK, "-q"]) == ExitCode.OK
    words = ["verify", str(DESIGN), *ASK, "--library", str(library)]
    assert main(words) == ExitCode.VIOLATED
    said = capsys.readouterr().out
    assert f"--library {library}\n" in said, "the command that reproduces it names the library"
    assert str(MODULE) in said


def test_what_is_kept_of_one_library_is_not_taken_for_another(
    library: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("VQCHECK_NO_CACHE")
    assert main(["verify", str(DESIGN), *ASK, "-q"]) == ExitCode.OK
    capsys.readouterr()
    words = ["verify", str(DESIGN), *ASK, "--library", str(library)]
    assert main(words) == ExitCode.VIOLATED
    assert "cached" not in capsys.readouterr().out
    assert main(words) == ExitCode.VIOLATED
    assert "cached" in capsys.readouterr().out


def test_a_library_has_to_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["verify", str(DESIGN), "--library", str(tmp_path / "none")]
    assert main(words) == ExitCode.USAGE
    assert "does not exist" in capsys.readouterr().err
