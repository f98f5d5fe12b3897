"""`checker export`: which instance it writes, where to, and what it refuses."""

from pathlib import Path

import pytest

from checker.commands.main import main

SPECS = Path(__file__).resolve().parent.parent.parent / "specs"
POSTED = str(Path(__file__).parent / "posted.vq")


def test_list_numbers_the_instances_of_every_subject(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", POSTED, "--list", "--param", "pairs=1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "eth0, emulated, level lines\n   1  eth0 with 1 level line, emulated: rx[0] on line 0\n"
    )
    assert "\n\neth0, irqfd, level lines\n   1  eth0 with 1 level line, irqfd: rx[0]" in out


def test_subject_and_instance_choose(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", POSTED, "--subject", "irqfd", "--instance", "2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("/* eth0 with 1 level line, irqfd: config on line 0\n")


def test_run_that_never_ends_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", POSTED]) == 0
    assert "which the assertion does not ask about" in capsys.readouterr().err


def test_output_is_written_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "a.pml"
    assert main(["export", POSTED, "--instance", "1", "-o", str(made)]) == 0
    assert capsys.readouterr().out == ""
    assert made.read_text().endswith("}\n")
    assert list(tmp_path.iterdir()) == [made]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--instance", "99"], 2, "`--instance 99`: there are "),
        (["--param", "pairs"], 2, "expected NAME=VALUE with a whole number."),
        (["--param", "pairs=1", "--param", "pairs=2"], 2, "given twice with different values."),
        (["--subject", "moon"], 2, "There is no subject `moon`. There are: eth0, emulated, level"),
        (["-p", "coverag"], 2, "There is no property `coverag`. Did you mean `coverage`?"),
        (["-p", "coverage"], 2, "`coverage` asks about maps, not about runs"),
        (["-o", "/nonexistent/x"], 2, "`/nonexistent/x` cannot be written: No such file"),
        (["--to", "smv"], 2, "'smv' is not one of"),
    ],
)
def test_wrong_command_line(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", POSTED, *arguments]) == code
    assert words in " ".join(capsys.readouterr().err.split())


def test_wrong_design(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", POSTED, "--param", "moon=1"]) == 3
    assert "the design has no param `moon`" in capsys.readouterr().out


def test_design_in_which_nothing_notifies(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(SPECS / "budget" / "ways.vq")]) == 5
    assert "no source ever notifies" in capsys.readouterr().err
